//! Tree to source. The text has the tree's meaning: parsing it gives the same tree (`dump::tree`).
//! Comments and the layout of the original are not in the tree and not in the text. The printer keeps
//! its own stack, since chains of operators, calls and `else if` are as deep as the source is long.

mod decl;

use crate::ast::*;
use crate::intern::{Interner, Symbol};
use std::borrow::Cow;
use std::fmt::Write;

/// The source of a tree. `Error` nodes, which no source has, become a comment.
pub fn print(ast: &Ast, names: &Interner) -> String {
    let mut p = Printer { ast, names, out: String::new(), work: Vec::new(), indent: 0 };
    p.stmts(ast.items);
    p.run();
    p.out
}

/// A piece that waits to be written.
enum Work {
    Text(Cow<'static, str>),
    Name(Symbol),
    /// An expression where operators weaker than the level need parentheses.
    Expr(ExprId, u8),
    Stmt(StmtId),
    Line,
    Indent,
    Outdent,
}

struct Printer<'a> {
    ast: &'a Ast,
    names: &'a Interner,
    out: String,
    work: Vec<Work>,
    indent: usize,
}

/// The level of unary operators and of the operands of members and calls.
const UNARY: u8 = 9;
const POSTFIX: u8 = 10;

fn level(kind: ExprKind) -> u8 {
    match kind {
        ExprKind::Or(..) => 1,
        ExprKind::And(..) => 2,
        ExprKind::Binary(op, ..) => match op {
            BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => 3,
            BinaryOp::Eq | BinaryOp::Ne => EQUAL,
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 5,
            BinaryOp::Shl | BinaryOp::Shr => 6,
            BinaryOp::Add | BinaryOp::Sub => 7,
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => 8,
        },
        ExprKind::Unary(..) | ExprKind::Await(_) | ExprKind::Weak(_) => UNARY,
        _ => POSTFIX,
    }
}

/// The level of `==`, of which patterns are made.
const EQUAL: u8 = 4;

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
    }
}

impl Printer<'_> {
    fn run(&mut self) {
        self.work.reverse();
        while let Some(w) = self.work.pop() {
            let mark = self.work.len();
            match w {
                Work::Text(t) => self.out.push_str(&t),
                Work::Name(s) => self.out.push_str(self.names.text(s)),
                Work::Expr(e, least) => self.expr(e, least),
                Work::Stmt(s) => self.stmt(s),
                Work::Line => {
                    self.out.push('\n');
                    for _ in 0..self.indent {
                        self.out.push_str("    ");
                    }
                }
                Work::Indent => self.indent += 1,
                Work::Outdent => self.indent = self.indent.saturating_sub(1),
            }
            // What a piece consists of was pushed in order; the first part is written next.
            if let Some(parts) = self.work.get_mut(mark..) {
                parts.reverse();
            }
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn text(&mut self, text: impl Into<Cow<'static, str>>) {
        self.work.push(Work::Text(text.into()));
    }

    fn name(&mut self, name: Ident) {
        self.work.push(Work::Name(name.name));
    }

    fn push(&mut self, e: ExprId, least: u8) {
        self.work.push(Work::Expr(e, least));
    }

    /// Statements, each on its own line.
    fn stmts(&mut self, list: List) {
        let ast = self.ast;
        for (i, s) in ast.stmt_list(list).iter().enumerate() {
            if i > 0 {
                self.work.push(Work::Line);
            }
            self.work.push(Work::Stmt(*s));
        }
    }

    fn block(&mut self, b: BlockId) {
        let stmts = self.ast.block(b).stmts;
        if stmts.len == 0 {
            self.text("{ }");
            return;
        }
        self.text("{");
        self.work.push(Work::Indent);
        self.work.push(Work::Line);
        self.stmts(stmts);
        self.work.push(Work::Outdent);
        self.work.push(Work::Line);
        self.text("}");
    }

    fn exprs(&mut self, list: List) {
        let ast = self.ast;
        for (i, e) in ast.expr_list(list).iter().enumerate() {
            if i > 0 {
                self.text(", ");
            }
            self.push(*e, 0);
        }
    }

    fn args(&mut self, list: List) {
        self.text("(");
        self.exprs(list);
        self.text(")");
    }

    fn type_args(&mut self, count: u32) {
        if count > 0 {
            let names: Vec<String> = (1..=count).map(|i| format!("T{i}")).collect();
            self.text(format!("<{}>", names.join(", ")));
        }
    }

    fn expr(&mut self, id: ExprId, least: u8) {
        let e = self.ast.expr(id);
        let own = level(e.kind);
        if own < least {
            self.text("(");
            self.push(id, 0);
            self.text(")");
            return;
        }
        match e.kind {
            ExprKind::Error => self.text("/* error */ void"),
            // Only hexadecimal literals and the smallest integer are negative; the former give both.
            ExprKind::Int(v) if v < 0 => self.text(format!("0x{v:X}")),
            ExprKind::Int(v) => self.text(v.to_string()),
            ExprKind::Float(v) if v.is_finite() => self.text(format!("{v:?}")),
            ExprKind::Float(_) => self.text("1e999"),
            ExprKind::Str(s) => self.text(quote(self.names.text(s))),
            ExprKind::Bool(v) => self.text(if v { "true" } else { "false" }),
            ExprKind::Null => self.text("null"),
            ExprKind::Void => self.text("void"),
            ExprKind::Name(s) => self.work.push(Work::Name(s)),
            ExprKind::Me => self.text("me"),
            ExprKind::Unary(op, a) => {
                self.text(match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::Not => "!",
                    UnaryOp::BitNot => "~",
                });
                self.push(a, UNARY);
            }
            ExprKind::Await(a) => {
                self.text("await ");
                self.push(a, UNARY);
            }
            ExprKind::Weak(a) => {
                self.text("weak ");
                self.push(a, UNARY);
            }
            ExprKind::Binary(op, a, b) => self.binary(symbol(op), own, a, b),
            ExprKind::And(a, b) => self.binary("and", own, a, b),
            ExprKind::Or(a, b) => self.binary("or", own, a, b),
            ExprKind::Field(a, name) => {
                self.push(a, POSTFIX);
                self.text(".");
                self.name(name);
            }
            ExprKind::Index(a, b) => {
                self.push(a, POSTFIX);
                self.text("[");
                self.push(b, 0);
                self.text("]");
            }
            ExprKind::Call(f, args) => {
                // A field that is called without parentheses would be a method.
                let field = matches!(self.ast.expr(f).kind, ExprKind::Field(..));
                self.push(f, if field { POSTFIX + 1 } else { POSTFIX });
                self.args(args);
            }
            ExprKind::MethodCall(a, name, args) => {
                self.push(a, POSTFIX);
                self.text(".");
                self.name(name);
                self.args(args);
            }
            ExprKind::New { name, targs, args } => {
                self.text("new ");
                self.name(name);
                self.type_args(targs);
                self.args(args);
            }
            ExprKind::From { parent, method, args } => {
                self.text("from ");
                self.name(parent);
                self.text(".");
                self.name(method);
                self.args(args);
            }
            ExprKind::Array(list) => {
                self.text("[");
                self.exprs(list);
                self.text("]");
            }
            ExprKind::Map(list) => {
                self.text("%{");
                let ast = self.ast;
                for (i, e) in ast.expr_list(list).iter().enumerate() {
                    self.text(match i {
                        0 => " ",
                        i if i % 2 == 1 => " => ",
                        _ => ", ",
                    });
                    self.push(*e, 0);
                }
                self.text(" }");
            }
            ExprKind::Function(f) => {
                self.text("fn");
                self.func_rest(f);
            }
            ExprKind::Match(m) => self.match_expr(m),
        }
    }

    fn binary(&mut self, op: &'static str, own: u8, a: ExprId, b: ExprId) {
        self.push(a, own);
        self.text(format!(" {op} "));
        self.push(b, own + 1);
    }

    fn match_expr(&mut self, m: MatchId) {
        let ast = self.ast;
        let Some(m) = ast.matches.get(m.index()) else { return };
        self.text("match ");
        self.push(m.subject, 0);
        self.text(" {");
        self.work.push(Work::Indent);
        for arm in &m.arms {
            self.work.push(Work::Line);
            if arm.patterns.len == 0 {
                self.text("_");
            }
            for (i, e) in ast.expr_list(arm.patterns).iter().enumerate() {
                if i > 0 {
                    self.text(" | ");
                }
                // Alone, the name `_` would be the arm for everything else.
                let alone = arm.patterns.len == 1
                    && matches!(ast.expr(*e).kind, ExprKind::Name(s) if self.names.text(s) == "_");
                self.push(*e, if alone { POSTFIX + 1 } else { EQUAL });
            }
            if let Some(g) = arm.guard {
                self.text(" if ");
                self.push(g, 0);
            }
            self.text(" => ");
            match arm.body {
                ArmBody::Expr(e) => {
                    self.push(e, 0);
                    self.text(",");
                }
                ArmBody::Block(b) => self.block(b),
            }
        }
        self.work.push(Work::Outdent);
        self.work.push(Work::Line);
        self.text("}");
    }

    /// Parameters and body.
    fn func_rest(&mut self, f: FuncId) {
        let ast = self.ast;
        let func = ast.func(f);
        self.text("(");
        for (i, p) in func.params.iter().enumerate() {
            if i > 0 {
                self.text(", ");
            }
            self.name(*p);
        }
        self.text(") ");
        self.block(func.body);
    }

    fn stmt(&mut self, id: StmtId) {
        match self.ast.stmt(id).kind {
            StmtKind::Error => self.text("/* error */;"),
            StmtKind::Empty => self.text(";"),
            StmtKind::Block(b) => self.block(b),
            StmtKind::Local { name, value, outbox, fini } => {
                self.text(if outbox { "outbox " } else { "local " });
                self.name(name);
                if let Some(e) = value {
                    self.text(" = ");
                    self.push(e, 0);
                }
                if let Some(b) = fini {
                    self.text(" fini ");
                    self.block(b);
                }
            }
            StmtKind::Global { name, value } => {
                self.text("global ");
                self.name(name);
                self.text(" = ");
                self.push(value, 0);
            }
            StmtKind::If { cond, then, els } => {
                self.text("if ");
                self.push(cond, 0);
                self.text(" ");
                self.block(then);
                if let Some(b) = els {
                    self.text(" else ");
                    match self.ast.stmt_list(self.ast.block(b).stmts) {
                        [only] if self.is_else_if(b, *only) => self.work.push(Work::Stmt(*only)),
                        _ => self.block(b),
                    }
                }
            }
            StmtKind::Loop { cond, body } => {
                self.text("loop ");
                if let Some(e) = cond {
                    self.push(e, 0);
                    self.text(" ");
                }
                self.block(body);
            }
            StmtKind::Break => self.text("break"),
            StmtKind::Continue => self.text("continue"),
            StmtKind::Return(value) => {
                self.text("return");
                if let Some(e) = value {
                    self.text(" ");
                    self.push(e, 0);
                }
            }
            StmtKind::Throw(e) => {
                self.text("throw ");
                self.push(e, 0);
            }
            StmtKind::Print(value) => {
                self.text("print(");
                if let Some(e) = value {
                    self.push(e, 0);
                }
                self.text(")");
            }
            StmtKind::Try(t) => self.try_stmt(t),
            StmtKind::Nowait { name, value } => {
                self.text("nowait ");
                self.name(name);
                self.text(" = ");
                self.push(value, 0);
            }
            StmtKind::Fini(b) => {
                self.text("fini ");
                self.block(b);
            }
            StmtKind::Include { path, .. } => {
                let path = quote(self.names.text(path));
                self.text(format!("include {path}"));
            }
            StmtKind::Using { target, is_file, alias, .. } => {
                let target = self.names.text(target);
                let target = if is_file { quote(target) } else { target.to_owned() };
                self.text(format!("using {target}"));
                if let Some(a) = alias {
                    self.text(" as ");
                    self.name(a);
                }
            }
            StmtKind::Box(b) => self.box_decl(b),
            StmtKind::Function(f) => {
                self.text("function ");
                self.func_name(f);
                self.func_rest(f);
            }
            StmtKind::StaticFunction { target, func } => {
                self.text("static function ");
                self.name(target);
                self.text(".");
                self.func_name(func);
                self.func_rest(func);
            }
            StmtKind::Assign { place, op, value } => {
                self.push(place, 0);
                self.text(op.map_or(" = ".to_owned(), |op| format!(" {}= ", symbol(op))));
                self.push(value, 0);
            }
            StmtKind::Expr(e) => self.push(e, 0),
        }
    }

    fn func_name(&mut self, f: FuncId) {
        if let Some(n) = self.ast.func(f).name {
            self.name(n);
        }
    }

    /// Whether a block stands for `else if`: then it has no braces of its own.
    fn is_else_if(&self, b: BlockId, only: StmtId) -> bool {
        let s = self.ast.stmt(only);
        matches!(s.kind, StmtKind::If { .. }) && s.span == self.ast.block(b).span
    }

    fn try_stmt(&mut self, t: TryId) {
        let ast = self.ast;
        let Some(t) = ast.tries.get(t.index()) else { return };
        self.text("try ");
        self.block(t.body);
        for c in &t.catches {
            self.text(" catch (");
            if let Some(class) = c.class {
                self.name(class);
                self.text(" ");
            }
            if let Some(name) = c.name {
                self.name(name);
            }
            self.text(") ");
            self.block(c.body);
        }
        if let Some(b) = t.finally {
            self.text(" finally ");
            self.block(b);
        }
    }
}

/// A string literal with this text.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\0' => out.push_str("\\0"),
            '\u{8}' => out.push_str("\\b"),
            '\u{C}' => out.push_str("\\f"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
