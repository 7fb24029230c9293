//! Reads the text of a program. Every wrong text gives an error with its place; the time is linear in the
//! length of the text, and nothing recurs with its depth.

use core::fmt;

use syntax::intern::Symbol;
use syntax::span::Span;

use super::KINDS;
use crate::func::{BlockData, Edge, Func, Rep, Types};
use crate::inst::{
    Block, Builtin, ClassIx, Cond, EXCEPTION, EdgeId, Edges, FuncId, Global, Inst, Op, Operand, OperandRef,
    Own, Owns, ReadOperand, Scope, Val, Vals, Var,
};
use crate::program::{Class, Field, Method, Parent, Program};

/// Why a text is not a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// From 1.
    pub line: u32,
    /// From 1, in code points.
    pub column: u32,
    /// What is wrong there.
    pub what: Wrong,
}

/// What is wrong at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// Something else must stand here.
    Expected(&'static str),
    /// No instruction has this name.
    UnknownInstruction(String),
    /// A function, class, global or block must have the next number, which is this one.
    OutOfOrder(u32),
    /// A number that does not fit.
    NumberTooLarge,
    /// A text without its closing quote.
    OpenText,
    /// An escape that does not exist.
    BadEscape,
    /// A name that was exported before.
    Duplicate,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        match &self.what {
            Wrong::Expected(what) => write!(f, "expected {what}"),
            Wrong::UnknownInstruction(name) => write!(f, "no instruction is named `{name}`"),
            Wrong::OutOfOrder(next) => write!(f, "the next number must be {next}"),
            Wrong::NumberTooLarge => write!(f, "the number is too large"),
            Wrong::OpenText => write!(f, "the closing `\"` is missing"),
            Wrong::BadEscape => write!(f, "no such escape"),
            Wrong::Duplicate => write!(f, "the name was exported before"),
        }
    }
}

impl core::error::Error for ParseError {}

/// Reads a program. Spans are not part of the text: all of them are the default span.
pub fn parse(text: &str) -> Result<Program, ParseError> {
    let mut parser = Parser { text, at: 0, program: Program::new() };
    match parser.program() {
        Ok(()) => Ok(parser.program),
        Err((at, what)) => {
            let before = text.get(..at).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |i| i + 1);
            let line = before.bytes().filter(|b| *b == b'\n').count() as u32 + 1;
            let column = before[line_start..].chars().count() as u32 + 1;
            Err(ParseError { line, column, what })
        }
    }
}

/// Byte position and what is wrong there.
type Error = (usize, Wrong);

/// Numbers from here on mean something else than an index.
const ID_END: u32 = EXCEPTION.0;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    program: Program,
}

/// The instruction being read: operands that are lists or edges go to the function.
struct Operands<'p, 'a> {
    parser: &'p mut Parser<'a>,
    func: &'p mut Func,
    first: bool,
}

impl ReadOperand for Operands<'_, '_> {
    type Error = Error;

    fn operand(&mut self, operand: &mut dyn Operand) -> Result<(), Error> {
        let kind = operand.get();
        let is_list = matches!(kind, OperandRef::Vals(_) | OperandRef::Owns(_));
        if !self.first && !is_list {
            self.parser.expect(",", "`,`")?;
        }
        self.first = false;
        operand.set(self.parser.operand(self.func, kind)?);
        Ok(())
    }
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Skips spaces and comments and gives what follows.
    fn next(&mut self) -> &'a str {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with(';') {
                return trimmed;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn wrong<T>(&self, what: Wrong) -> Result<T, Error> {
        Err((self.at, what))
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.next().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str, what: &'static str) -> Result<(), Error> {
        if self.eat(token) { Ok(()) } else { self.wrong(Wrong::Expected(what)) }
    }

    /// The word that comes next, possibly empty; it is not consumed.
    fn peek_word(&mut self) -> &'a str {
        let next = self.next();
        let end = next.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(next.len());
        &next[..end]
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek_word() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    fn digits(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn number(&mut self) -> Result<u32, Error> {
        self.next();
        let start = self.at;
        let digits = self.digits();
        if digits.is_empty() {
            return self.wrong(Wrong::Expected("a number"));
        }
        digits.parse().map_err(|_| (start, Wrong::NumberTooLarge))
    }

    /// A number behind a prefix, `u32::MAX` for `-`.
    fn id(&mut self, prefix: &str, what: &'static str) -> Result<u32, Error> {
        let next = self.next();
        let start = self.at;
        let Some(tail) = next.strip_prefix(prefix) else { return self.wrong(Wrong::Expected(what)) };
        if tail.starts_with('-') {
            self.at += prefix.len() + 1;
            return Ok(u32::MAX);
        }
        if !tail.starts_with(|c: char| c.is_ascii_digit()) {
            return self.wrong(Wrong::Expected(what));
        }
        self.at += prefix.len();
        match self.digits().parse() {
            Ok(n) if n < ID_END => Ok(n),
            _ => Err((start, Wrong::NumberTooLarge)),
        }
    }

    /// A number that must be the next one.
    fn next_id(&mut self, prefix: &str, what: &'static str, next: usize) -> Result<(), Error> {
        self.next();
        let start = self.at;
        match self.id(prefix, what)? {
            n if n as usize == next => Ok(()),
            _ => Err((start, Wrong::OutOfOrder(next as u32))),
        }
    }

    fn name(&mut self) -> Result<Symbol, Error> {
        let next = self.next();
        let Some(body) = next.strip_prefix('"') else {
            return self.wrong(Wrong::Expected("a text in quotes"));
        };
        let start = self.at;
        let mut text = String::new();
        let mut chars = body.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += i + 2;
                    return Ok(self.program.names.intern(&text));
                }
                '\n' => break,
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some(c @ ('"' | '\\')) => text.push(c),
                    Some('u') => {
                        let hex = body.get(i + 2..).and_then(|t| t.strip_prefix('{'));
                        let hex = hex.and_then(|t| t.get(..t.find('}').filter(|n| *n <= 6)?));
                        let hex = hex.filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
                        let c = hex.and_then(|h| char::from_u32(u32::from_str_radix(h, 16).ok()?));
                        let (Some(hex), Some(c)) = (hex, c) else {
                            return Err((start + 1 + i, Wrong::BadEscape));
                        };
                        text.push(c);
                        // The braces and what is between them.
                        chars.nth(hex.len() + 1);
                    }
                    _ => return Err((start + 1 + i, Wrong::BadEscape)),
                },
                c => text.push(c),
            }
        }
        Err((start, Wrong::OpenText))
    }

    fn program(&mut self) -> Result<(), Error> {
        while !self.next().is_empty() {
            let start = self.at;
            let word = self.peek_word();
            self.at += word.len();
            match word {
                "outbox" => self.program.has_outbox = true,
                "global" => {
                    self.next_id("$", "a global like `$0`", self.program.globals.len())?;
                    let name = self.name()?;
                    self.program.globals.push(name);
                }
                "class" => self.class()?,
                "builtin_method" => {
                    let class = Builtin(self.id("builtin", "a builtin class like `builtin3`")?);
                    let method = self.method()?;
                    self.program.builtin_methods.push((class, method));
                }
                "export" => self.export()?,
                "func" => self.func()?,
                _ => {
                    let what = "`func`, `class`, `global`, `export`, `builtin_method` or `outbox`";
                    return Err((start, Wrong::Expected(what)));
                }
            }
        }
        Ok(())
    }

    fn export(&mut self) -> Result<(), Error> {
        self.next();
        let start = self.at;
        let name = self.name()?;
        let before = if self.next().starts_with('@') {
            let func = self.func_id()?;
            self.program.functions.insert(name, func).is_some()
        } else {
            let class = ClassIx(self.id("class", "a function or class")?);
            self.program.class_names.insert(name, class).is_some()
        };
        if before { Err((start, Wrong::Duplicate)) } else { Ok(()) }
    }

    fn func_id(&mut self) -> Result<FuncId, Error> {
        self.id("@", "a function like `@0`").map(FuncId)
    }

    fn class_id(&mut self) -> Result<ClassIx, Error> {
        self.id("class", "a class like `class0`").map(ClassIx)
    }

    fn method(&mut self) -> Result<Method, Error> {
        let name = self.name()?;
        let func = self.func_id()?;
        let arity = self.number()?;
        Ok(Method { name, func, arity, is_static: self.eat_word("static") })
    }

    fn class(&mut self) -> Result<(), Error> {
        self.next_id("class", "a class like `class0`", self.program.classes.len())?;
        let mut class = Class {
            name: self.name()?,
            span: Span::default(),
            is_static: self.eat_word("static"),
            is_interface: self.eat_word("interface"),
            is_nested: self.eat_word("nested"),
            has_visibility: self.eat_word("visibility"),
            tparams: if self.eat_word("tparams") { self.number()? } else { 0 },
            parents: Vec::new(),
            interfaces: Vec::new(),
            fields: Vec::new(),
            methods: Vec::new(),
            constructors: Vec::new(),
            init: None,
            static_init: None,
        };
        self.expect("{", "`{`")?;
        while !self.eat("}") {
            let start = self.at;
            let word = self.peek_word();
            self.at += word.len();
            match word {
                "parent" => class.parents.push(if self.peek_word().starts_with("class") {
                    Parent::User(self.class_id()?)
                } else {
                    Parent::Builtin(Builtin(self.id("builtin", "a class like `class0` or `builtin0`")?))
                }),
                "interface" => class.interfaces.push(self.class_id()?),
                "field" => class.fields.push(Field {
                    name: self.name()?,
                    weak: self.eat_word("weak"),
                    public: self.eat_word("public"),
                }),
                "method" => class.methods.push(self.method()?),
                "constructor" => class.constructors.push((self.number()?, self.func_id()?)),
                "init" => class.init = Some(self.func_id()?),
                "static_init" => class.static_init = Some(self.func_id()?),
                _ => return Err((start, Wrong::Expected("a part of a class or `}`"))),
            }
        }
        self.program.classes.push(class);
        Ok(())
    }

    fn func(&mut self) -> Result<(), Error> {
        self.next_id("@", "a function like `@0`", self.program.funcs.len())?;
        let mut func = Func::new(self.name()?, Span::default());
        let kind = self.peek_word();
        let Some((_, kind)) = KINDS.iter().find(|(word, _)| *word == kind).copied() else {
            return self.wrong(Wrong::Expected("a kind of function like `user`"));
        };
        func.kind = kind;
        self.at += self.peek_word().len();
        if self.eat_word("class") {
            func.class = self.class_id()?;
        }
        if self.eat_word("outer") {
            func.outer = self.func_id()?;
        }
        if self.eat_word("params") {
            func.params = self.number()?;
        }
        func.has_me = self.eat_word("me");
        if self.eat_word("captures") {
            func.captures = self.number()?;
        }
        func.values = func.params;
        if self.eat_word("typed") {
            self.expect("(", "`(`")?;
            let mut reps = Vec::new();
            while !self.eat(")") {
                if !reps.is_empty() {
                    self.expect(",", "`,` or `)`")?;
                }
                reps.push(self.rep()?);
            }
            if reps.len() != func.params as usize {
                return self.wrong(Wrong::Expected("a representation for each parameter"));
            }
            func.types = Some(Types { reps, result: self.rep()? });
        }
        let values = if self.eat_word("values") { Some(self.number()?) } else { None };
        self.expect("{", "`{`")?;
        while !self.eat("}") {
            let word = self.peek_word();
            if word.strip_prefix("bb").is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit())) {
                self.block(&mut func)?;
            } else {
                self.inst(&mut func)?;
            }
        }
        func.values = values.unwrap_or(func.values);
        if let Some(types) = &mut func.types {
            // For what is nowhere defined any will do. So many undefined values as are left out here are a fault of
            // their own.
            if func.values as usize <= self.text.len().saturating_mul(16).saturating_add(1024) {
                types.reps.resize(func.values as usize, Rep::Any);
            }
        }
        self.program.funcs.push(func);
        Ok(())
    }

    fn block(&mut self, func: &mut Func) -> Result<(), Error> {
        self.next_id("bb", "a block like `bb0`", func.blocks.len())?;
        let params =
            if self.next().starts_with('(') { self.list(func, ["(", ")"], |p, f| p.def(f))? } else { 0 };
        self.expect(":", "`:`")?;
        let at = func.insts.len() as u32;
        func.blocks.push(BlockData { params, start: at, end: at, span: Span::default() });
        Ok(())
    }

    fn inst(&mut self, func: &mut Func) -> Result<(), Error> {
        if func.blocks.is_empty() {
            return self.wrong(Wrong::Expected("`bb0:` or `}`"));
        }
        let mut dst = Val::NONE;
        if self.next().starts_with('%') {
            dst = Val(self.def(func)?);
            self.expect("=", "`=`")?;
        }
        let mnemonic = self.peek_word();
        if mnemonic.is_empty() {
            return self.wrong(Wrong::Expected("an instruction, a block or `}`"));
        }
        let start = self.at;
        self.at += mnemonic.len();
        let mut operands = Operands { parser: self, func, first: true };
        let Some(op) = Op::read(mnemonic, &mut operands) else {
            let name = mnemonic.chars().take(40).collect();
            return Err((start, Wrong::UnknownInstruction(name)));
        };
        let op = op?;
        let unwind = if self.eat_word("unwind") { EdgeId(self.edge(func)?) } else { EdgeId::NONE };
        func.insts.push(Inst { op, dst, unwind });
        func.spans.push(Span::default());
        if let Some(block) = func.blocks.last_mut() {
            block.end = func.insts.len() as u32;
        }
        Ok(())
    }

    /// A value; the function has at least as many as the highest number says.
    fn val(&mut self, func: &mut Func) -> Result<u32, Error> {
        if self.eat_word("exc") {
            return Ok(EXCEPTION.0);
        }
        let v = self.id("%", "a value like `%0`")?;
        if v < ID_END {
            func.values = func.values.max(v + 1);
        }
        Ok(v)
    }

    /// A value where it is defined: in typed functions with its representation.
    fn def(&mut self, func: &mut Func) -> Result<u32, Error> {
        let v = self.val(func)?;
        if func.types.is_some() {
            self.expect(":", "`:` and a representation")?;
            let start = self.at;
            let rep = self.rep()?;
            let values = func.values as usize;
            // The text is at least as long as what is reserved for it, but for numbers that no finished function has.
            if values > self.text.len() {
                return Err((start, Wrong::NumberTooLarge));
            }
            if let Some(types) = &mut func.types {
                types.reps.resize(types.reps.len().max(values), Rep::Any);
                if let Some(slot) = types.reps.get_mut(v as usize) {
                    *slot = rep;
                }
            }
        }
        Ok(v)
    }

    fn rep(&mut self) -> Result<Rep, Error> {
        let word = self.peek_word();
        let Some(rep) = Rep::ALL.into_iter().find(|rep| rep.word() == word) else {
            return self.wrong(Wrong::Expected("a representation like `i64`"));
        };
        self.at += word.len();
        Ok(rep)
    }

    fn moved(&mut self, func: &mut Func) -> Result<u32, Error> {
        if !self.eat_word("move") {
            return self.wrong(Wrong::Expected("`move`"));
        }
        self.val(func)
    }

    fn edge(&mut self, func: &mut Func) -> Result<u32, Error> {
        let to = Block(self.id("bb", "a block like `bb0`")?);
        let args =
            if self.next().starts_with('(') { self.list(func, ["(", ")"], |p, f| p.val(f))? } else { 0 };
        func.edges.push(Edge { to, args });
        Ok(func.edges.len() as u32 - 1)
    }

    /// Items between brackets, as a list of the function.
    fn list(
        &mut self,
        func: &mut Func,
        around: [&'static str; 2],
        mut each: impl FnMut(&mut Self, &mut Func) -> Result<u32, Error>,
    ) -> Result<u32, Error> {
        self.expect(around[0], if around[0] == "(" { "`(`" } else { "`[`" })?;
        let mut items = Vec::new();
        while !self.eat(around[1]) {
            if !items.is_empty() {
                self.expect(",", "`,` or the end of the list")?;
            }
            items.push(each(self, func)?);
        }
        Ok(func.push_list(items))
    }

    fn operand(&mut self, func: &mut Func, kind: OperandRef) -> Result<OperandRef, Error> {
        Ok(match kind {
            OperandRef::Val(_) => OperandRef::Val(Val(self.val(func)?)),
            OperandRef::Own(_) => OperandRef::Own(Own(Val(self.moved(func)?))),
            OperandRef::Vals(_) => OperandRef::Vals(Vals(self.list(func, ["(", ")"], |p, f| p.val(f))?)),
            OperandRef::Owns(_) => OperandRef::Owns(Owns(self.list(func, ["(", ")"], |p, f| p.moved(f))?)),
            OperandRef::Edge(_) => OperandRef::Edge(EdgeId(self.edge(func)?)),
            OperandRef::Edges(_) => OperandRef::Edges(Edges(self.list(func, ["[", "]"], |p, f| p.edge(f))?)),
            OperandRef::Name(_) => OperandRef::Name(self.name()?),
            OperandRef::Func(_) => OperandRef::Func(self.func_id()?),
            OperandRef::Class(_) => OperandRef::Class(self.class_id()?),
            OperandRef::Global(_) => OperandRef::Global(Global(self.id("$", "a global like `$0`")?)),
            OperandRef::Builtin(_) => {
                OperandRef::Builtin(Builtin(self.id("builtin", "a builtin like `builtin0`")?))
            }
            OperandRef::Var(_) => OperandRef::Var(Var(self.id("v", "a variable like `v0`")?)),
            OperandRef::Scope(_) => OperandRef::Scope(Scope(self.id("s", "a scope like `s0`")?)),
            OperandRef::Cond(_) => OperandRef::Cond(Cond(self.id("c", "a conditional part like `c0`")?)),
            OperandRef::Block(_) => OperandRef::Block(Block(self.id("bb", "a block like `bb0`")?)),
            OperandRef::Index(_) => OperandRef::Index(self.number()?),
            OperandRef::Int(_) => OperandRef::Int(self.int()?),
            OperandRef::Float(_) => OperandRef::Float(self.float()?),
            OperandRef::Bool(_) => match self.peek_word() {
                "true" | "false" => OperandRef::Bool(self.eat_word("true") || !self.eat_word("false")),
                _ => return self.wrong(Wrong::Expected("`true` or `false`")),
            },
        })
    }

    /// Consumes the characters that numbers are made of.
    fn numeric(&mut self) -> &'a str {
        let next = self.next();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':');
        let end = next.find(|c| !part(c)).unwrap_or(next.len());
        self.at += end;
        &next[..end]
    }

    fn int(&mut self) -> Result<i64, Error> {
        self.next();
        let start = self.at;
        let text = self.numeric();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err((start, Wrong::Expected("an integer")));
        }
        text.parse().map_err(|_| (start, Wrong::NumberTooLarge))
    }

    fn float(&mut self) -> Result<f64, Error> {
        self.next();
        let start = self.at;
        let text = self.numeric();
        let value = match text {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            _ => match text.strip_prefix("nan:0x") {
                Some(bits) => {
                    let hex = bits.bytes().all(|b| b.is_ascii_hexdigit());
                    let bits = u64::from_str_radix(bits, 16).ok().filter(|_| hex);
                    bits.map(f64::from_bits).filter(|x| x.is_nan())
                }
                None => {
                    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
                    text.parse().ok().filter(|_| plain)
                }
            },
        };
        value.ok_or((start, Wrong::Expected("a float")))
    }
}
