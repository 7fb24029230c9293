//! What people write who come from other languages, and what it is called here: characters, words,
//! operators. Only proposals; whether something is wrong is decided by the lexer and the parser.

use crate::token::{KEYWORDS, TokenKind};

/// What to write instead of a character that begins no token.
pub(crate) fn character(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{00AB}' | '\u{00BB}' => {
            "strings stand in straight quotes: `\"`"
        }
        '\u{2018}' | '\u{2019}' | '`' => "strings stand in straight quotes: `\"` or `'`",
        '\u{00A0}' | '\u{3000}' | '\u{2003}' | '\u{200B}' | '\u{FEFF}' => "use an ordinary space here",
        '\u{2013}' | '\u{2014}' | '\u{2212}' => "the minus sign is `-`",
        '\u{00D7}' => "multiplication is written `*`",
        '\u{00F7}' => "division is written `/`",
        '\u{2260}' => "this comparison is written `!=`",
        '\u{2264}' => "this comparison is written `<=`",
        '\u{2265}' => "this comparison is written `>=`",
        '\u{FF08}' | '\u{FF09}' => "use the ASCII parentheses `(` and `)`",
        '\u{FF0C}' => "use the ASCII comma `,`",
        '\u{FF1B}' => "use the ASCII semicolon `;`",
        '$' => "names begin with a letter or `_`; there is no interpolation, join texts with `+`",
        '@' => "names begin with a letter or `_`; there are no annotations",
        '\\' => "a line continues without a mark inside brackets and after an operator",
        _ => return None,
    })
}

/// What a word of another language stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Foreign {
    /// The keyword that begins the same construct here, when there is one.
    pub(crate) acts_as: Option<TokenKind>,
    /// What to write, as a sentence.
    pub hint: &'static str,
}

/// The meaning of a word that other languages use for what this one spells differently. Also useful
/// for names that turn out to be undefined: `nil`, `None`, `self`.
pub fn foreign_word(word: &str) -> Option<Foreign> {
    use TokenKind as T;
    let (acts_as, hint) = match word {
        "let" | "var" | "const" | "val" | "my" | "auto" | "mut" => {
            (Some(T::Local), "variables are declared with `local`: `local x = 1`")
        }
        "def" | "func" | "fun" | "proc" | "sub" | "lambda" | "method" => {
            (Some(T::Function), "functions are declared with `function` or `fn`: `function f(a) { ... }`")
        }
        "class" | "struct" | "object" | "type" | "record" => {
            (Some(T::Box), "types are declared with `box`: `box Point { x, y }`")
        }
        "trait" | "protocol" => {
            (Some(T::Interface), "interfaces are declared with `interface box I { m(a) }`")
        }
        "elif" | "elseif" | "elsif" => (Some(T::Else), "write `else if`"),
        "for" | "foreach" => {
            (None, "there is no `for`: count with `local i = 0  loop i < n { ...  i += 1 }`")
        }
        "do" | "repeat" => (None, "endless loops are written `loop { ... }`; leave them with `break`"),
        "until" => (None, "write `loop not done { ... }`"),
        "unless" => (None, "write `if not condition { ... }`"),
        "switch" | "case" | "when" | "select" => {
            (None, "choose with `match value { 1 | 2 => ...  _ => ... }`")
        }
        "None" | "nil" | "NULL" | "Null" | "undefined" | "nullptr" | "none" => {
            (Some(T::Null), "the absent box is `null`, the absence of a value `void`")
        }
        "True" | "TRUE" => (Some(T::True), "write `true`"),
        "False" | "FALSE" => (Some(T::False), "write `false`"),
        "self" | "Self" => (Some(T::Me), "the receiver is called `me`"),
        "super" | "parent" | "base" => (None, "call the parent's method with `from Parent.method(args)`"),
        "raise" | "raises" => (Some(T::Throw), "write `throw`"),
        "except" | "rescue" => (Some(T::Catch), "write `catch (e) { ... }`"),
        "ensure" => (Some(T::Finally), "write `finally { ... }`"),
        "defer" => (Some(T::Function), "code that runs when a block is left is written `fini { ... }`"),
        "import" | "require" | "use" | "uses" => {
            (Some(T::Using), "modules are opened with `using name` or `using \"file\"`")
        }
        "echo" | "puts" | "println" | "printf" | "say" => (Some(T::Print), "write `print(value)`"),
        "async" | "go" | "spawn" => (None, "start a task with `nowait f = call()` and wait with `await f`"),
        "extends" => (Some(T::From), "parents follow the word `from`: `box B from A { ... }`"),
        "ret" => (Some(T::Return), "write `return`"),
        "last" | "exit" => (None, "a loop is left with `break`, a function with `return`"),
        "next" => (Some(T::Continue), "write `continue`"),
        "yield" => (None, "there are no generators; collect the values in an array"),
        "export" => (None, "everything at the top level of a file is visible to those who use it"),
        "delete" | "del" => (None, "a box is finalized with `x.fini()`, a variable dies with its block"),
        "typeof" => (None, "ask a value with `v.type_name()` or `v.is(\"T\")`"),
        "instanceof" | "is" => (None, "ask a value with `v.is(\"T\")`"),
        "then" | "begin" => (None, "the body stands in braces: `{ ... }`"),
        "end" | "fi" | "done" | "endif" => (None, "a body ends with `}`"),
        "pass" => (None, "an empty body is written `{ }`"),
        _ => return None,
    };
    Some(Foreign { acts_as, hint })
}

/// What to write instead of a method that arrays, maps or texts have in other languages.
pub fn foreign_method(class: &str, name: &str) -> Option<&'static str> {
    Some(match (class, name) {
        (
            "ArrayBox",
            "forEach" | "foreach" | "each" | "map" | "filter" | "reduce" | "any" | "all" | "some" | "every",
        ) => "go through the elements: `local i = 0  loop i < a.length() { ...  i += 1 }`",
        ("ArrayBox", "includes" | "has") => "write `contains(value)`",
        ("ArrayBox", "shift" | "popleft" | "removeFirst") => {
            "the first element is taken out with `remove(0)`"
        }
        ("ArrayBox", "unshift" | "prepend" | "pushFront") => {
            "an element is put in front with `insert(0, value)`"
        }
        ("ArrayBox", "splice" | "removeAt" | "delete") => "an element is taken out with `remove(position)`",
        ("ArrayBox", "first" | "front") => "the first element is `a[0]`",
        ("ArrayBox", "last" | "back") => "the last element is `a[a.length() - 1]`",
        ("ArrayBox" | "StringBox" | "MapBox", "count") => "write `length()`",
        ("ArrayBox", "concat" | "extend" | "addAll") => "append the elements one by one with `push`",
        ("MapBox", "forEach" | "entries" | "items" | "each") => {
            "go through the array `m.keys()`; `m[k]` is the value of a key"
        }
        ("StringBox", "substr" | "slice") => "write `substring(start, end)`",
        ("StringBox", "includes") => "write `contains(part)`",
        ("StringBox", "strip") => "write `trim()`",
        ("StringBox", "upper") => "write `toUpper()`",
        ("StringBox", "lower") => "write `toLower()`",
        ("StringBox", "format") => "texts and values are joined with `+`",
        _ => return None,
    })
}

/// The reserved word that a word probably misspells.
pub fn near_keyword(word: &str) -> Option<&'static str> {
    let extra = ["fini", "implements", "public", "private"];
    nearest(word, KEYWORDS.iter().copied().chain(extra))
}

/// The candidate that a word probably misspells: one slip in a short word, two in a longer one.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    if !(3..=40).contains(&length) {
        return None;
    }
    let limit = if length <= 4 { 1 } else { 2 };
    candidates
        .into_iter()
        .filter(|c| c.len() > 2 && c.len().abs_diff(word.len()) <= 4)
        .map(|c| (strsim::osa_distance(word, c), c))
        .filter(|(d, _)| *d > 0 && *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// An operator that does not exist here: how many tokens it takes, how it looks, what to do, and the
/// operator it may be read as so that the parser can go on.
pub(crate) struct ForeignOperator {
    pub(crate) tokens: usize,
    pub(crate) text: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) acts_as: Option<TokenKind>,
}

/// Recognizes adjacent tokens that together look like an operator of another language.
pub(crate) fn foreign_operator(
    first: TokenKind,
    second: TokenKind,
    third: TokenKind,
) -> Option<ForeignOperator> {
    use TokenKind as T;
    let (tokens, text, acts_as, hint) = match (first, second, third) {
        (T::EqEq, T::Assign, _) => {
            (2, "===", Some(T::EqEq), "equality is `==`; boxes are compared by identity")
        }
        (T::BangEq, T::Assign, _) => (2, "!==", Some(T::BangEq), "inequality is `!=`"),
        (T::Assign, T::EqEq, _) => (2, "===", Some(T::EqEq), "equality is `==`"),
        (T::Lt, T::Gt, _) => (2, "<>", Some(T::BangEq), "inequality is `!=`"),
        (T::Tilde, T::Assign, _) => (2, "~=", Some(T::BangEq), "inequality is `!=`"),
        (T::Plus, T::Plus, _) => (2, "++", None, "write `x += 1`"),
        (T::Star, T::Star, _) => (2, "**", Some(T::Star), "powers are written `x.pow(n)`"),
        (T::Colon, T::Assign, _) => {
            (2, ":=", Some(T::Assign), "declare with `local x = e`, assign with `x = e`")
        }
        (T::Minus, T::Gt, _) => (2, "->", None, "members are reached with `.`, arms of `match` use `=>`"),
        (T::Question, T::Dot, _) => (2, "?.", None, "test first: `if x { x.f }`"),
        (T::Question, T::Question, _) => (2, "??", Some(T::PipePipe), "use `if`, or `x.get_or_default(d)`"),
        (T::Question, ..) => {
            (1, "?", None, "there is no conditional operator; use `if`, or `match c { true => a  _ => b }`")
        }
        (T::Dot, T::Dot, T::Dot) => (3, "...", None, "arguments and elements are listed one by one"),
        (T::Dot, T::Dot, _) => {
            (2, "..", None, "there are no ranges; count with `loop i < n { ...  i += 1 }`")
        }
        (T::Colon, T::Colon, _) => (2, "::", None, "members are reached with `.`"),
        (T::Pipe, T::Gt, _) => (2, "|>", None, "chain calls with `.`"),
        (T::Shr, T::Gt, _) => {
            (2, ">>>", Some(T::Shr), "`>>` is the arithmetic shift; mask the result for a logical one")
        }
        _ => return None,
    };
    Some(ForeignOperator { tokens, text, hint, acts_as })
}
