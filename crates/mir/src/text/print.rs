//! Writes programs and functions as text. It never fails: what is out of range is written with a `?`.

use std::fmt::Write;

use syntax::intern::{Interner, Symbol};
use syntax::span::{SourceMap, Span};

use super::{KINDS, list};
use crate::func::Func;
use crate::inst::{EXCEPTION, EdgeId, FuncId, Inst, OperandRef, Val};
use crate::program::{Class, Method, Parent, Program};

/// The whole program; with `sources`, every instruction has its line and column as a comment.
pub fn print_program(program: &Program, sources: Option<&SourceMap>) -> String {
    let mut p = Printer { program, sources, out: String::new() };
    p.tables();
    for (i, func) in program.funcs.iter().enumerate() {
        if !p.out.is_empty() {
            p.out.push('\n');
        }
        p.func(FuncId(i as u32), func);
    }
    p.out
}

/// One function, which need not be among those of the program.
pub fn print_func(program: &Program, id: FuncId, func: &Func, sources: Option<&SourceMap>) -> String {
    let mut p = Printer { program, sources, out: String::new() };
    p.func(id, func);
    p.out
}

/// One instruction of a function.
pub fn print_inst(program: &Program, func: &Func, inst: &Inst) -> String {
    let mut p = Printer { program, sources: None, out: String::new() };
    p.inst(func, inst);
    p.out
}

struct Printer<'a> {
    program: &'a Program,
    sources: Option<&'a SourceMap>,
    out: String,
}

/// Writes formatted text; a `String` takes everything.
macro_rules! put {
    ($p:expr, $($arg:tt)*) => {{ let _ = write!($p.out, $($arg)*); }};
}

impl Printer<'_> {
    fn tables(&mut self) {
        let program = self.program;
        if program.has_outbox {
            self.out.push_str("outbox\n");
        }
        for (i, name) in program.globals.iter().enumerate() {
            put!(self, "global ${i} ");
            self.name(*name);
            self.out.push('\n');
        }
        for (i, class) in program.classes.iter().enumerate() {
            self.class(i, class);
        }
        for (class, method) in &program.builtin_methods {
            put!(self, "builtin_method {class:?} ");
            self.method(method);
        }
        let functions = program.functions.iter().map(|(name, f)| (*name, format!("{f:?}"), f.0));
        self.exports(functions.collect());
        let classes = program.class_names.iter().map(|(name, c)| (*name, format!("{c:?}"), c.0));
        self.exports(classes.collect());
    }

    /// By number, then by text, so that the order in the hash table does not show.
    fn exports(&mut self, mut exports: Vec<(Symbol, String, u32)>) {
        let names = &self.program.names;
        exports.sort_by(|a, b| (a.2, text(names, a.0)).cmp(&(b.2, text(names, b.0))));
        for (name, target, _) in exports {
            self.out.push_str("export ");
            self.name(name);
            put!(self, " {target}\n");
        }
    }

    fn class(&mut self, index: usize, class: &Class) {
        put!(self, "class class{index} ");
        self.name(class.name);
        for (is, word) in [
            (class.is_static, " static"),
            (class.is_interface, " interface"),
            (class.is_nested, " nested"),
            (class.has_visibility, " visibility"),
        ] {
            if is {
                self.out.push_str(word);
            }
        }
        if class.tparams != 0 {
            put!(self, " tparams {}", class.tparams);
        }
        self.out.push_str(" {");
        self.comment(Vec::new(), class.span);
        for parent in &class.parents {
            match parent {
                Parent::User(c) => put!(self, "  parent {c:?}\n"),
                Parent::Builtin(b) => put!(self, "  parent {b:?}\n"),
            }
        }
        for interface in &class.interfaces {
            put!(self, "  interface {interface:?}\n");
        }
        for field in &class.fields {
            self.out.push_str("  field ");
            self.name(field.name);
            self.out.push_str(if field.weak { " weak" } else { "" });
            self.out.push_str(if field.public { " public\n" } else { "\n" });
        }
        for method in &class.methods {
            self.out.push_str("  method ");
            self.method(method);
        }
        for (args, func) in &class.constructors {
            put!(self, "  constructor {args} {func:?}\n");
        }
        if let Some(func) = class.init {
            put!(self, "  init {func:?}\n");
        }
        if let Some(func) = class.static_init {
            put!(self, "  static_init {func:?}\n");
        }
        self.out.push_str("}\n");
    }

    fn method(&mut self, method: &Method) {
        self.name(method.name);
        put!(self, " {:?} {}", method.func, method.arity);
        self.out.push_str(if method.is_static { " static\n" } else { "\n" });
    }

    fn func(&mut self, id: FuncId, func: &Func) {
        put!(self, "func {id:?} ");
        self.name(func.name);
        let kind = KINDS.iter().find(|(_, kind)| *kind == func.kind).map_or("?", |(word, _)| word);
        put!(self, " {kind}");
        if !func.class.is_none() {
            put!(self, " class {:?}", func.class);
        }
        if !func.outer.is_none() {
            put!(self, " outer {:?}", func.outer);
        }
        put!(self, " params {}", func.params);
        if func.has_me {
            self.out.push_str(" me");
        }
        if func.captures != 0 {
            put!(self, " captures {}", func.captures);
        }
        if let Some(types) = &func.types {
            self.out.push_str(" typed (");
            for i in 0..func.params {
                put!(self, "{}{}", if i == 0 { "" } else { ", " }, func.rep(Val(i)).word());
            }
            put!(self, ") {}", types.result.word());
        }
        if func.values != shown_values(func) {
            put!(self, " values {}", func.values);
        }
        self.out.push_str(" {");
        self.comment(Vec::new(), func.span);
        for (i, block) in func.blocks.iter().enumerate() {
            put!(self, "bb{i}");
            self.params(func, block.params);
            self.out.push_str(":\n");
            let range = block.start as usize..block.end as usize;
            let Some(insts) = func.insts.get(range.clone()) else {
                put!(self, "  ? {range:?}\n");
                continue;
            };
            for (at, inst) in range.zip(insts) {
                self.out.push_str("  ");
                let names = self.inst(func, inst);
                self.comment(names, func.spans.get(at).copied().unwrap_or_default());
            }
        }
        self.out.push_str("}\n");
    }

    /// Writes an instruction and gives the names of the functions, classes and globals in it.
    fn inst(&mut self, func: &Func, inst: &Inst) -> Vec<Symbol> {
        if !inst.dst.is_none() {
            self.def(func, inst.dst);
            self.out.push_str(" = ");
        }
        self.out.push_str(inst.op.row().mnemonic);
        let mut names = Vec::new();
        let mut first = true;
        inst.op.operands(&mut |operand| {
            let operand = operand.get();
            let is_list = matches!(operand, OperandRef::Vals(_) | OperandRef::Owns(_));
            self.out.push_str(if first || is_list { " " } else { ", " });
            first = false;
            self.operand(func, operand);
            let name = match operand {
                OperandRef::Func(f) => self.program.funcs.get(f.index()).map(|f| f.name),
                OperandRef::Class(c) => self.program.classes.get(c.index()).map(|c| c.name),
                OperandRef::Global(g) => self.program.globals.get(g.index()).copied(),
                _ => None,
            };
            names.extend(name);
        });
        if !inst.unwind.is_none() {
            self.out.push_str("  unwind ");
            self.edge(func, inst.unwind);
        }
        names
    }

    fn operand(&mut self, func: &Func, operand: OperandRef) {
        match operand {
            OperandRef::Val(v) => self.val(v),
            OperandRef::Own(v) => {
                self.out.push_str("move ");
                self.val(v.0);
            }
            OperandRef::Vals(l) => self.vals(func, l.0, ""),
            OperandRef::Owns(l) => self.vals(func, l.0, "move "),
            OperandRef::Edge(e) => self.edge(func, e),
            OperandRef::Edges(l) => self.list(func, l.0, ['[', ']'], |p, e| p.edge(func, EdgeId(e))),
            OperandRef::Name(s) => self.name(s),
            OperandRef::Func(x) => put!(self, "{x:?}"),
            OperandRef::Class(x) => put!(self, "{x:?}"),
            OperandRef::Global(x) => put!(self, "{x:?}"),
            OperandRef::Builtin(x) => put!(self, "{x:?}"),
            OperandRef::Var(x) => put!(self, "{x:?}"),
            OperandRef::Scope(x) => put!(self, "{x:?}"),
            OperandRef::Cond(x) => put!(self, "{x:?}"),
            OperandRef::Block(x) => put!(self, "{x:?}"),
            OperandRef::Int(x) => put!(self, "{x}"),
            OperandRef::Index(x) => put!(self, "{x}"),
            OperandRef::Bool(x) => put!(self, "{x}"),
            OperandRef::Float(x) => self.float(x),
        }
    }

    fn val(&mut self, v: Val) {
        if v == EXCEPTION {
            self.out.push_str("exc");
        } else {
            put!(self, "{v:?}");
        }
    }

    fn vals(&mut self, func: &Func, at: u32, mark: &str) {
        self.list(func, at, ['(', ')'], |p, v| {
            p.out.push_str(mark);
            p.val(Val(v));
        });
    }

    fn list(&mut self, func: &Func, at: u32, around: [char; 2], mut each: impl FnMut(&mut Self, u32)) {
        self.out.push(around[0]);
        match list(func, at) {
            Some(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.out.push_str(if i == 0 { "" } else { ", " });
                    each(self, *item);
                }
            }
            None => put!(self, "? list {at}"),
        }
        self.out.push(around[1]);
    }

    fn edge(&mut self, func: &Func, edge: EdgeId) {
        let Some(e) = func.edges.get(edge.index()) else {
            put!(self, "? {edge:?}");
            return;
        };
        put!(self, "{:?}", e.to);
        self.args(func, e.args);
    }

    /// A value where it is defined: in typed MIR with its representation.
    fn def(&mut self, func: &Func, v: Val) {
        self.val(v);
        if func.types.is_some() {
            put!(self, ":{}", func.rep(v).word());
        }
    }

    /// Parameters of a block; none are not written.
    fn params(&mut self, func: &Func, at: u32) {
        if list(func, at).is_none_or(|l| !l.is_empty()) {
            self.list(func, at, ['(', ')'], |p, v| p.def(func, Val(v)));
        }
    }

    /// Arguments of an edge; none are not written.
    fn args(&mut self, func: &Func, at: u32) {
        if list(func, at).is_none_or(|l| !l.is_empty()) {
            self.vals(func, at, "");
        }
    }

    /// The shortest text that reads back as the same bits.
    fn float(&mut self, x: f64) {
        if !x.is_nan() {
            put!(self, "{x:?}");
        } else if x.to_bits() == f64::NAN.to_bits() {
            self.out.push_str("nan");
        } else {
            put!(self, "nan:0x{:016x}", x.to_bits());
        }
    }

    fn name(&mut self, symbol: Symbol) {
        match text(&self.program.names, symbol) {
            Some(text) => quote(&mut self.out, text),
            None => put!(self, "? name {}", symbol.0),
        }
    }

    /// Ends a line, with the source position and the names behind the numbers in it.
    fn comment(&mut self, names: Vec<Symbol>, span: Span) {
        let place = self.sources.and_then(|s| s.locate(span.lo));
        if place.is_some() || !names.is_empty() {
            self.out.push_str("  ;");
        }
        if let Some(place) = place {
            put!(self, " {}:{}", place.line, place.column);
        }
        for name in names {
            self.out.push(' ');
            match text(&self.program.names, name) {
                Some(t) if !t.chars().any(char::is_control) => self.out.push_str(t),
                _ => self.name(name),
            }
        }
        self.out.push('\n');
    }
}

fn text(names: &Interner, symbol: Symbol) -> Option<&str> {
    ((symbol.0 as usize) < names.len()).then(|| names.text(symbol))
}

/// Writes a text in quotes such that it is one line.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// How many values a reader of the text sees: one more than the highest number in it.
fn shown_values(func: &Func) -> u32 {
    let mut shown = func.params;
    let mut see = |v: u32| {
        if v != Val::NONE.0 && v != EXCEPTION.0 {
            shown = shown.max(v.saturating_add(1));
        }
    };
    let mut lists = Vec::new();
    for block in &func.blocks {
        lists.push(block.params);
    }
    for block in &func.blocks {
        let insts = func.insts.get(block.start as usize..block.end as usize).unwrap_or_default();
        for inst in insts {
            see(inst.dst.0);
            let mut edges = |e: EdgeId| lists.extend(func.edges.get(e.index()).map(|e| e.args));
            edges(inst.unwind);
            let mut vals = Vec::new();
            inst.op.operands(&mut |operand| match operand.get() {
                OperandRef::Val(v) => see(v.0),
                OperandRef::Own(v) => see(v.0.0),
                OperandRef::Vals(l) => vals.push(l.0),
                OperandRef::Owns(l) => vals.push(l.0),
                OperandRef::Edge(e) => edges(e),
                OperandRef::Edges(l) => {
                    list(func, l.0).unwrap_or_default().iter().for_each(|e| edges(EdgeId(*e)));
                }
                _ => {}
            });
            lists.extend(vals);
        }
    }
    for at in lists {
        list(func, at).unwrap_or_default().iter().for_each(|v| see(*v));
    }
    shown
}
