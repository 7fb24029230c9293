//! Wrong programs, one mistake each: where it is reported, how, and what is proposed.

use crate::common::parse;

/// Text, `line:column CODE`, a part of the title, a part of the hint (empty: no hint required).
type Row = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const STATEMENTS: &[Row] = &[
    ("x = 1 2", "1:7 E0207", "found number `2`", "line end or `;`"),
    ("\"a\" \"b\"", "1:5 E0207", "found a string", "line end or `;`"),
    ("a, b = 1, 2", "1:2 E0207", "found `,`", "one variable at a time"),
    ("x: Integer = 5", "1:2 E0207", "found `:`", "local x: Integer"),
    ("a = b = c", "1:7 E0207", "found `=`", "one place at a time"),
    ("x\n= 5", "2:1 E0207", "found `=`", "on the line of the variable"),
    ("f = (a) => a", "1:9 E0207", "found `=>`", "fn(x)"),
    ("foo(a) {\n}", "1:8 E0207", "found `{`", "function f(a)"),
    ("public { a }", "1:8 E0207", "found `{`", "body of a box"),
    ("5 = x", "1:1 E0203", "not an assignable place", "`x = 5`"),
    ("f() = 5", "1:1 E0203", "not an assignable place", "a call yields a value"),
    ("(x) = 5", "1:2 E0203", "not an assignable place", "remove the parentheses"),
    ("box B { m() { me = 5 } }", "1:15 E0203", "not an assignable place", "me.f"),
    ("a == b = c", "1:1 E0203", "not an assignable place", "=="),
    ("true = 1", "1:1 E0203", "not an assignable place", "a field `a.b`"),
    ("local 5 = x", "1:7 E0201", "expected a variable, found number `5`", ""),
    ("local [a, b] = c", "1:7 E0201", "expected a variable", "destructuring"),
    ("local x == 5", "1:9 E0201", "expected `=`, found `==`", "`==` compares"),
    ("global x", "1:9 E0201", "expected `=`", "global x = 0"),
    ("nowait f()", "1:9 E0201", "expected `=`", "nowait f = call()"),
    ("print x", "1:7 E0201", "expected `(`", "print(x)"),
    ("print(a, b)", "1:6 E0201", "`print` takes one value", "join texts"),
    ("x = print(a)", "1:5 E0201", "reserved word `print`", "statement without a value"),
    ("include path", "1:9 E0201", "expected a string, found `path`", "literal"),
    ("using \"a\" as 1", "1:14 E0201", "expected an alias", ""),
    ("override m() { }", "1:1 E0201", "reserved word `override`", "body of a box"),
    ("else { }", "1:1 E0201", "`else` without `if`", "closing `}`"),
    ("catch e { }", "1:1 E0201", "`catch` without `try`", "closing `}`"),
    ("try { } finally { } catch { }", "1:21 E0201", "reserved word `catch`", "before `finally`"),
    ("try { } catch (e: Error) { }", "1:17 E0201", "expected `)`, found `:`", "catch (Error e)"),
    ("if x = 5 { }", "1:6 E0201", "assignment in the condition of `if`", "`==`"),
    ("loop x += 5 { }", "1:8 E0201", "assignment in the condition of `loop`", "`==`"),
    ("if x print(1)", "1:6 E0201", "expected `{`", "braces"),
    ("if x: print(1)", "1:5 E0201", "expected `{`, found `:`", "without `:`"),
    ("if x then { }", "1:6 E0201", "expected `{`, found `then`", "braces"),
    ("if x is B { }", "1:6 E0201", "found `is`", "v.is(\"T\")"),
    ("loop x in xs { }", "1:8 E0201", "found `in`", "with an index"),
    ("if x > { }", "1:8 E0201", "expected an expression, found `{`", ""),
    ("throw", "1:6 E0201", "expected an expression, found end of file", ""),
    ("{ static function A.f() { } }", "1:3 E0210", "inside a block", "out of the block"),
];

#[rustfmt::skip]
const WORDS: &[Row] = &[
    ("let x = 5", "1:1 E0209", "`let`", "`local`"),
    ("var x = 5, y = 6", "1:1 E0209", "`var`", "`local`"),
    ("const K = 1", "1:1 E0209", "`const`", "`local`"),
    ("def f(x): return x", "1:1 E0209", "`def`", "`function`"),
    ("func f(x) { return x }", "1:1 E0209", "`func`", "`function`"),
    ("class Foo { x }", "1:1 E0209", "`class`", "`box`"),
    ("class Foo extends Bar { x }", "1:1 E0209", "`class`", "`box`"),
    ("box Foo extends Bar { x }", "1:9 E0209", "`extends`", "`from`"),
    ("if a { } elif b { } else { }", "1:10 E0209", "`elif`", "else if"),
    ("if a { } elseif b { }", "1:10 E0209", "`elseif`", "else if"),
    ("for i in xs { f(i) }", "1:1 E0209", "`for`", "loop i < n"),
    ("for (i = 0; i < 9; i++) { f(i) }", "1:1 E0209", "`for`", "loop i < n"),
    ("switch (x) { case 1: f() }", "1:1 E0209", "`switch`", "match value"),
    ("unless x { }", "1:1 E0209", "`unless`", "if not"),
    ("do { f() } while x", "1:1 E0209", "`do`", "loop { ... }"),
    ("try { } except { }", "1:9 E0209", "`except`", "catch (e)"),
    ("raise \"x\"", "1:1 E0209", "`raise`", "throw"),
    ("import foo", "1:1 E0209", "`import`", "using"),
    ("functoin foo() { return 1 }", "1:1 E0209", "`functoin`", "did you mean `function`?"),
    ("retrun 5", "1:1 E0209", "`retrun`", "did you mean `return`?"),
    ("lcoal x = 1", "1:1 E0209", "`lcoal`", "did you mean `local`?"),
    ("wihle (x) { f() }", "1:1 E0209", "`wihle`", "did you mean `while`?"),
    ("if a { } esle { }", "1:10 E0209", "`esle`", "did you mean `else`?"),
    ("local match = 1", "1:7 E0206", "`match` used as a variable", "match_"),
    ("box = 2", "1:1 E0206", "`box` used as a variable", "box_"),
    ("function loop() { }", "1:10 E0206", "`loop` used as a function name", "loop_"),
    ("function f(from) { }", "1:12 E0206", "`from` used as a parameter", "from_"),
    ("x = loop", "1:5 E0201", "reserved word `loop`", "no value"),
    ("x = box", "1:5 E0201", "reserved word `box`", "new Name"),
];

#[rustfmt::skip]
const EXPRESSIONS: &[Row] = &[
    ("x = = 1", "1:5 E0201", "found `=`", "`==`"),
    ("x = 1 + * 2", "1:9 E0201", "found `*`", "`*` needs a value on its left"),
    ("x = (1 + )", "1:10 E0201", "found `)`", "`+` needs a value on its right"),
    ("x = 1 +\nlocal y = 2", "1:8 E0201", "end of the line", "`+` needs a value"),
    ("x = and b", "1:5 E0201", "reserved word `and`", "value on its left"),
    ("x++", "1:2 E0208", "`++`", "x += 1"),
    ("++x", "1:1 E0208", "`++`", "x += 1"),
    ("x--\ny = 1", "1:2 E0208", "`--`", "x -= 1"),
    ("x = a === b", "1:7 E0208", "`===`", "`==`"),
    ("x = a !== b", "1:7 E0208", "`!==`", "`!=`"),
    ("x = a <> b", "1:7 E0208", "`<>`", "`!=`"),
    ("x = a ** b", "1:7 E0208", "`**`", "pow"),
    ("x = a ? b : c", "1:7 E0208", "`?`", "`if`"),
    ("x = a ?? b", "1:7 E0208", "`??`", "get_or_default"),
    ("x := 5", "1:3 E0208", "`:=`", "local x = e"),
    ("local x := 5", "1:9 E0208", "`:=`", "local x = e"),
    ("p->x", "1:2 E0208", "`->`", "`.`"),
    ("a?.b", "1:2 E0208", "`?.`", "if x"),
    ("a..b", "1:2 E0208", "`..`", "ranges"),
    ("a::b", "1:2 E0208", "`::`", "`.`"),
    ("x = +1", "1:5 E0201", "found `+`", "needs a value"),
    ("a.5", "1:3 E0201", "expected a name after `.`", "[5]"),
    ("x = ()", "1:6 E0201", "expected an expression", "`void`"),
    ("x = (1, 2)", "1:7 E0201", "expected `)`, found `,`", "[a, b]"),
    ("a[]", "1:2 E0201", "expected an index", "push"),
    ("a[1, 2]", "1:2 E0201", "expected one index", "a[i][j]"),
    ("f(1 2)", "1:5 E0201", "expected `,` or `)`", "separate"),
    ("f(a, , b)", "1:6 E0201", "found `,`", "missing value"),
    ("f(a: 1)", "1:4 E0201", "found `:`", "by position"),
    ("f(a; b)", "1:4 E0201", "found `;`", "separated by `,`"),
    ("f(x => 1)", "1:5 E0201", "found `=>`", "fn(x)"),
    ("m = { 1 => 2 }", "1:5 E0201", "found `{`", "%{"),
    ("m = %{ \"a\": 1 }", "1:11 E0201", "expected `=>`, found `:`", "joined by `=>`"),
    ("x = new P", "1:10 E0201", "expected `(`", "new P()"),
    ("from P(1)", "1:6 E0205", "`from P(...)` needs a method", "from P.birth(...)"),
    ("from P.m", "1:9 E0201", "expected `(`", "from P.m()"),
    ("x = fn g(a) { }", "1:8 E0201", "has no name", "assign the literal"),
    ("y = if a { 1 } else { 2 }", "1:5 E0201", "reserved word `if`", "match c"),
    ("match x { 1 -> 2 }", "1:13 E0208", "`->`", "`=>`"),
    ("match x { 1: 2 }", "1:12 E0201", "expected `=>`", "pattern => value"),
    ("match x { 1, 2 => 3 }", "1:12 E0201", "expected `=>`", "`|`"),
    ("match x { 1 || 2 => 3 }", "1:13 E0201", "expected `=>`", "single `|`"),
    ("match x { else => 3 }", "1:11 E0201", "expected a pattern", "_ =>"),
];

#[rustfmt::skip]
const DECLARATIONS: &[Row] = &[
    ("function f { }", "1:12 E0201", "expected `(`", "()"),
    ("function f(a b) { }", "1:14 E0201", "expected `,` or `)`", "separate parameters"),
    ("function f(a = 1) { }", "1:14 E0201", "expected `,` or `)`", "no default values"),
    ("function f(a,) { }", "1:13 E0201", "expected a parameter", "remove the comma"),
    ("function A.f() { }", "1:11 E0201", "expected `(`", "static function"),
    ("static function f() { }", "1:18 E0201", "expected `.`", "Box.f"),
    ("static P { }", "1:8 E0201", "expected `box` or `function`", "static box"),
    ("interface P { }", "1:11 E0201", "expected `box`", "interface box"),
    ("box P(x) { }", "1:6 E0201", "expected `{`", "constructor"),
    ("box P { x; y }", "1:10 E0201", "found `;`", "line ends or `,`"),
    ("box P { \"x\" }", "1:9 E0201", "expected a member", "without quotes"),
    ("box P { birth { } }", "1:15 E0201", "expected `(`", "birth()"),
    ("box P { function m() { } }", "1:9 E0201", "expected a member", "without a keyword"),
    ("box P { def m() { } }", "1:9 E0201", "expected a member", "without a keyword"),
    ("box P { var x }", "1:9 E0201", "expected a member", "bare name"),
    ("box P { local x = 1 }", "1:9 E0201", "expected a member", "bare name"),
    ("box P { public m() { } }", "1:9 E0201", "expected a member", "group of fields"),
    ("box P { public { m() { } } }", "1:19 E0201", "expected a field or `}`", "outside of the group"),
    ("box P { init { a = 1 } }", "1:18 E0201", "expected a field or `}`", "a = ..."),
    ("box P { overide m() { } }", "1:9 E0201", "expected a member", "`override`"),
    ("box P { override x }", "1:20 E0201", "expected `(`", "before methods only"),
    ("box P { override birth() { } }", "1:18 E0412", "constructor `birth`", "remove `override`"),
    ("box P { m() }", "1:13 E0201", "expected `{`", "m() { ... }"),
    ("box P { static { } }", "1:9 E0210", "in a plain box", "static box"),
    ("interface box P { m() { } }", "1:23 E0210", "with a body", "name and parameters only"),
    ("interface box P from Q { m() }", "1:15 E0210", "no parents", "in the interface itself"),
    ("box P { public { initt } privat { x } }", "1:33 E0201", "expected `(`", "`private`"),
];

#[rustfmt::skip]
const BRACKETS_AND_CHARACTERS: &[Row] = &[
    ("x = (1 + 2", "1:11 E0204", "missing closing `)`", "add `)`"),
    ("x = [1, 2)", "1:10 E0204", "expected `]`, found `)`", "add `]`"),
    ("if (a { }", "1:6 E0204", "missing closing `)`", "add `)`"),
    ("if a) { }", "1:5 E0204", "unmatched `)`", "remove this `)`"),
    ("function f(a { }", "1:13 E0204", "missing closing `)`", "add `)`"),
    ("try { } catch (e { }", "1:17 E0204", "missing closing `)`", "add `)`"),
    (")", "1:1 E0204", "unmatched `)`", "remove this `)`"),
    ("f() }", "1:5 E0204", "unmatched `}`", "remove this `}`"),
    ("if a {", "1:7 E0204", "missing closing `}`", "every `{`"),
    ("x = “a”", "1:5 E0101", "`“`", "straight quotes"),
    ("x = a – b", "1:7 E0101", "`–`", "`-`"),
    ("x = a ≠ b", "1:7 E0101", "`≠`", "`!=`"),
    ("x = $a", "1:5 E0101", "`$`", "begin with a letter"),
    ("x =\u{A0}1", "1:4 E0101", "U+00A0", "ordinary space"),
    ("x = \u{1}", "1:5 E0101", "U+0001", ""),
];

const TABLES: &[&[Row]] = &[STATEMENTS, WORDS, EXPRESSIONS, DECLARATIONS, BRACKETS_AND_CHARACTERS];

#[test]
fn one_mistake_is_one_message_at_its_place() {
    for (text, place, title, hint) in TABLES.iter().copied().flatten() {
        let s = parse(text);
        let messages = s.messages();
        let first = messages.first().map_or("", String::as_str);
        assert!(first.starts_with(&format!("{place} ")) && first.contains(title), "{text:?}: {messages:?}");
        let given = s.parsed.diagnostics[0].hint.as_deref().unwrap_or("");
        assert!(given.contains(hint), "{text:?}: hint {given:?}");
        // A typographic quote has a partner, which is a character of its own.
        let expected = if text.contains('“') { 2 } else { 1 };
        assert_eq!(messages.len(), expected, "{text:?}: {messages:?}");
    }
}

#[test]
fn most_mistakes_have_a_hint() {
    let rows: Vec<&Row> = TABLES.iter().copied().flatten().collect();
    let hints = rows.iter().filter(|r| parse(r.0).parsed.diagnostics[0].hint.is_some()).count();
    assert!(hints * 10 >= rows.len() * 6, "{hints} of {}", rows.len());
}

#[test]
fn texts_of_diagnostics_are_uniform() {
    for (text, ..) in TABLES.iter().copied().flatten() {
        for d in parse(text).parsed.diagnostics {
            assert!(!d.title.ends_with('.'), "{}", d.title);
            assert!(!d.title.starts_with(|c: char| c.is_uppercase()), "{}", d.title);
            assert!(!d.title.contains('\n') && !d.label.is_empty(), "{}", d.title);
        }
    }
}

#[test]
fn a_name_that_the_program_declares_is_no_misspelled_keyword() {
    for text in ["local let = 1\nlet print(let)", "retrun = 1\nretrun f()", "function f(def) { def f() }"] {
        assert!(parse(text).codes().is_empty(), "{text}: {:?}", parse(text).messages());
    }
}

#[test]
fn words_of_other_languages() {
    let hint = |w| syntax::hints::foreign_word(w).map(|f| f.hint);
    assert!(hint("nil").is_some_and(|h| h.contains("`null`")));
    assert!(hint("None").is_some_and(|h| h.contains("`null`")));
    assert!(hint("self").is_some_and(|h| h.contains("`me`")));
    assert_eq!(hint("count"), None);
    let method = syntax::hints::foreign_method;
    assert!(method("ArrayBox", "forEach").is_some_and(|h| h.contains("loop")));
    assert!(method("StringBox", "strip").is_some_and(|h| h.contains("`trim()`")));
    assert_eq!(method("Person", "forEach"), None);
    assert_eq!(syntax::hints::nearest("lenght", ["length", "len", "size"]), Some("length"));
    assert_eq!(syntax::hints::nearest("x", ["y"]), None);
}
