//! Text forms of tokens and trees for `--dump=tokens` and `--dump=ast`: one line per token or node,
//! children indented below their parent, the same text for the same tree on every machine. Positions
//! of nodes are left out, so that two sources of one meaning can be compared.

use crate::ast::*;
use crate::intern::{Interner, Symbol};
use crate::token::Token;
use std::fmt::Write;

/// Deeper lines are not indented further but say their depth, so that the dump of a chain of a
/// hundred thousand calls stays linear in size.
const MAX_INDENT: usize = 60;

/// All tokens, trivia included: offsets in the file, kind, text.
pub fn tokens(tokens: &[Token], text: &str, base: u32) -> String {
    let mut out = String::new();
    for t in tokens {
        let (lo, hi) = (t.span.lo.saturating_sub(base), t.span.hi.saturating_sub(base));
        let piece = text.get(lo as usize..hi as usize).unwrap_or("");
        let _ = writeln!(out, "{lo}..{hi} {} {piece:?}", t.kind.name());
    }
    out
}

/// The tree of a file.
pub fn tree(ast: &Ast, names: &Interner) -> String {
    let mut d = Dump { ast, names, out: String::new(), work: Vec::new() };
    d.stmts(0, ast.items);
    d.run();
    d.out
}

/// A node that waits to be written. `label` says what it is to its parent.
struct Work {
    depth: usize,
    label: &'static str,
    node: Node,
}

enum Node {
    Line(String),
    Expr(ExprId),
    Stmt(StmtId),
    Block(BlockId),
    Func(FuncId),
    Member(BoxId, usize),
}

struct Dump<'a> {
    ast: &'a Ast,
    names: &'a Interner,
    out: String,
    work: Vec<Work>,
}

impl Dump<'_> {
    fn run(&mut self) {
        // Children are pushed in order behind the mark and then reversed, so that the first one is
        // written first.
        self.work.reverse();
        while let Some(w) = self.work.pop() {
            let mark = self.work.len();
            let depth = w.depth + 1;
            let line = match w.node {
                Node::Line(text) => text,
                Node::Expr(e) => self.expr(depth, e),
                Node::Stmt(s) => self.stmt(depth, s),
                Node::Block(b) => {
                    self.stmts(depth, self.ast.block(b).stmts);
                    "Block".to_owned()
                }
                Node::Func(f) => self.func(depth, f),
                Node::Member(b, i) => self.member(depth, b, i),
            };
            if let Some(children) = self.work.get_mut(mark..) {
                children.reverse();
            }
            for _ in 0..w.depth.min(MAX_INDENT) {
                self.out.push_str("  ");
            }
            if w.depth > MAX_INDENT {
                let _ = write!(self.out, "[{}] ", w.depth);
            }
            self.out.push_str(w.label);
            self.out.push_str(&line);
            self.out.push('\n');
        }
    }

    fn text(&self, s: Symbol) -> &str {
        self.names.text(s)
    }

    fn name(&self, i: Ident) -> &str {
        self.names.text(i.name)
    }

    fn push(&mut self, depth: usize, label: &'static str, node: Node) {
        self.work.push(Work { depth, label, node });
    }

    fn push_expr(&mut self, depth: usize, label: &'static str, e: ExprId) {
        self.push(depth, label, Node::Expr(e));
    }

    fn push_block(&mut self, depth: usize, label: &'static str, b: BlockId) {
        self.push(depth, label, Node::Block(b));
    }

    fn stmts(&mut self, depth: usize, list: List) {
        let ast = self.ast;
        for s in ast.stmt_list(list) {
            self.push(depth, "", Node::Stmt(*s));
        }
    }

    fn exprs(&mut self, depth: usize, label: &'static str, list: List) {
        let ast = self.ast;
        for e in ast.expr_list(list) {
            self.push_expr(depth, label, *e);
        }
    }

    fn func(&mut self, depth: usize, f: FuncId) -> String {
        let ast = self.ast;
        let func = ast.func(f);
        let params: Vec<&str> = func.params.iter().map(|p| self.name(*p)).collect();
        let line = format!("Func {}({})", func.name.map_or("", |n| self.name(n)), params.join(", "));
        self.stmts(depth, ast.block(func.body).stmts);
        line
    }

    fn expr(&mut self, d: usize, e: ExprId) -> String {
        match self.ast.expr(e).kind {
            ExprKind::Error => "Error".to_owned(),
            ExprKind::Int(v) => format!("Int {v}"),
            ExprKind::Float(v) => format!("Float {v:?}"),
            ExprKind::Str(s) => format!("Str {:?}", self.text(s)),
            ExprKind::Bool(v) => format!("Bool {v}"),
            ExprKind::Null => "Null".to_owned(),
            ExprKind::Void => "Void".to_owned(),
            ExprKind::Name(s) => format!("Name {}", self.text(s)),
            ExprKind::Me => "Me".to_owned(),
            ExprKind::Unary(op, a) => {
                self.push_expr(d, "", a);
                format!("Unary {op:?}")
            }
            ExprKind::Binary(op, a, b) => {
                self.pair(d, a, b);
                format!("Binary {op:?}")
            }
            ExprKind::And(a, b) => {
                self.pair(d, a, b);
                "And".to_owned()
            }
            ExprKind::Or(a, b) => {
                self.pair(d, a, b);
                "Or".to_owned()
            }
            ExprKind::Await(a) => {
                self.push_expr(d, "", a);
                "Await".to_owned()
            }
            ExprKind::Weak(a) => {
                self.push_expr(d, "", a);
                "Weak".to_owned()
            }
            ExprKind::Field(a, name) => {
                self.push_expr(d, "", a);
                format!("Field {}", self.name(name))
            }
            ExprKind::Index(a, b) => {
                self.pair(d, a, b);
                "Index".to_owned()
            }
            ExprKind::Call(a, args) => {
                self.push_expr(d, "", a);
                self.exprs(d, "arg: ", args);
                "Call".to_owned()
            }
            ExprKind::MethodCall(a, name, args) => {
                self.push_expr(d, "", a);
                self.exprs(d, "arg: ", args);
                format!("MethodCall {}", self.name(name))
            }
            ExprKind::New { name, targs, args } => {
                self.exprs(d, "arg: ", args);
                let targs = if targs > 0 { format!(" <{targs}>") } else { String::new() };
                format!("New {}{targs}", self.name(name))
            }
            ExprKind::From { parent, method, args } => {
                self.exprs(d, "arg: ", args);
                format!("From {}.{}", self.name(parent), self.name(method))
            }
            ExprKind::Array(list) => {
                self.exprs(d, "", list);
                "Array".to_owned()
            }
            ExprKind::Map(list) => {
                let ast = self.ast;
                for pair in ast.expr_list(list).chunks(2) {
                    if let [k, v] = pair {
                        self.push_expr(d, "key: ", *k);
                        self.push_expr(d, "value: ", *v);
                    }
                }
                "Map".to_owned()
            }
            ExprKind::Function(f) => {
                self.push(d, "", Node::Func(f));
                "Function".to_owned()
            }
            ExprKind::Match(m) => {
                self.match_arms(d, m);
                "Match".to_owned()
            }
        }
    }

    fn pair(&mut self, d: usize, a: ExprId, b: ExprId) {
        self.push_expr(d, "", a);
        self.push_expr(d, "", b);
    }

    fn match_arms(&mut self, d: usize, m: MatchId) {
        let ast = self.ast;
        let Some(m) = ast.matches.get(m.index()) else { return };
        self.push_expr(d, "", m.subject);
        for arm in &m.arms {
            let line = if arm.patterns.len == 0 { "Arm _" } else { "Arm" };
            self.push(d, "", Node::Line(line.to_owned()));
            self.exprs(d + 1, "pattern: ", arm.patterns);
            if let Some(g) = arm.guard {
                self.push_expr(d + 1, "guard: ", g);
            }
            match arm.body {
                ArmBody::Expr(e) => self.push_expr(d + 1, "value: ", e),
                ArmBody::Block(b) => self.push_block(d + 1, "", b),
            }
        }
    }

    fn stmt(&mut self, d: usize, s: StmtId) -> String {
        match self.ast.stmt(s).kind {
            StmtKind::Error => "Error".to_owned(),
            StmtKind::Empty => "Empty".to_owned(),
            StmtKind::Block(b) => {
                self.stmts(d, self.ast.block(b).stmts);
                "Block".to_owned()
            }
            StmtKind::Local { name, value, outbox, fini } => {
                if let Some(e) = value {
                    self.push_expr(d, "", e);
                }
                if let Some(b) = fini {
                    self.push_block(d, "fini: ", b);
                }
                format!("{} {}", if outbox { "Outbox" } else { "Local" }, self.name(name))
            }
            StmtKind::Global { name, value } => {
                self.push_expr(d, "", value);
                format!("Global {}", self.name(name))
            }
            StmtKind::If { cond, then, els } => {
                self.push_expr(d, "", cond);
                self.push_block(d, "then: ", then);
                if let Some(b) = els {
                    self.push_block(d, "else: ", b);
                }
                "If".to_owned()
            }
            StmtKind::Loop { cond, body } => {
                if let Some(e) = cond {
                    self.push_expr(d, "", e);
                }
                self.push_block(d, "", body);
                "Loop".to_owned()
            }
            StmtKind::Break => "Break".to_owned(),
            StmtKind::Continue => "Continue".to_owned(),
            StmtKind::Return(value) => {
                self.optional(d, value);
                "Return".to_owned()
            }
            StmtKind::Throw(e) => {
                self.push_expr(d, "", e);
                "Throw".to_owned()
            }
            StmtKind::Print(value) => {
                self.optional(d, value);
                "Print".to_owned()
            }
            StmtKind::Try(t) => {
                self.try_parts(d, t);
                "Try".to_owned()
            }
            StmtKind::Nowait { name, value } => {
                self.push_expr(d, "", value);
                format!("Nowait {}", self.name(name))
            }
            StmtKind::Fini(b) => {
                self.stmts(d, self.ast.block(b).stmts);
                "Fini".to_owned()
            }
            StmtKind::Include { path, .. } => format!("Include {:?}", self.text(path)),
            StmtKind::Using { target, is_file, alias, .. } => {
                let alias = alias.map_or(String::new(), |a| format!(" as {}", self.name(a)));
                let target = self.text(target);
                if is_file { format!("Using {target:?}{alias}") } else { format!("Using {target}{alias}") }
            }
            StmtKind::Box(b) => self.box_decl(d, b),
            StmtKind::Function(f) => self.func(d, f),
            StmtKind::StaticFunction { target, func } => {
                self.push(d, "", Node::Func(func));
                format!("StaticFunction {}", self.name(target))
            }
            StmtKind::Assign { place, op, value } => {
                self.pair(d, place, value);
                op.map_or("Assign".to_owned(), |op| format!("Assign {op:?}"))
            }
            StmtKind::Expr(e) => {
                self.push_expr(d, "", e);
                "Expr".to_owned()
            }
        }
    }

    fn optional(&mut self, d: usize, e: Option<ExprId>) {
        if let Some(e) = e {
            self.push_expr(d, "", e);
        }
    }

    fn try_parts(&mut self, d: usize, t: TryId) {
        let ast = self.ast;
        let Some(t) = ast.tries.get(t.index()) else { return };
        self.push_block(d, "", t.body);
        for c in &t.catches {
            let class = c.class.map_or(String::new(), |i| format!(" {}", self.name(i)));
            let name = c.name.map_or(String::new(), |i| format!(" as {}", self.name(i)));
            self.push(d, "", Node::Line(format!("Catch{class}{name}")));
            self.push_block(d + 1, "", c.body);
        }
        if let Some(b) = t.finally {
            self.push_block(d, "finally: ", b);
        }
    }

    fn box_decl(&mut self, d: usize, id: BoxId) -> String {
        let ast = self.ast;
        let Some(decl) = ast.boxes.get(id.index()) else { return "Error".to_owned() };
        let mut line = String::new();
        if decl.is_static {
            line.push_str("Static ");
        }
        line.push_str(if decl.is_interface { "Interface " } else { "Box " });
        line.push_str(self.name(decl.name));
        if decl.tparams > 0 {
            let _ = write!(line, " <{}>", decl.tparams);
        }
        for (i, p) in decl.parents.iter().enumerate() {
            let _ = write!(line, "{} {}", if i == 0 { " from" } else { "," }, self.name(p.name));
            if p.targs > 0 {
                let _ = write!(line, " <{}>", p.targs);
            }
        }
        for (i, n) in decl.interfaces.iter().enumerate() {
            let _ = write!(line, "{} {}", if i == 0 { " interface" } else { "," }, self.name(*n));
        }
        if decl.has_groups {
            line.push_str(" groups");
        }
        for i in 0..decl.members.len() {
            self.push(d, "", Node::Member(id, i));
        }
        line
    }

    fn member(&mut self, d: usize, id: BoxId, i: usize) -> String {
        let ast = self.ast;
        let Some(member) = ast.boxes.get(id.index()).and_then(|b| b.members.get(i)) else {
            return "Error".to_owned();
        };
        match *member {
            Member::Field { name, weak, visibility, value } => {
                self.optional(d, value);
                let shown =
                    if visibility == Visibility::Plain { String::new() } else { format!("{visibility:?} ") };
                format!("{shown}{}Field {}", if weak { "Weak " } else { "" }, self.name(name))
            }
            Member::StaticBlock(b) => {
                self.stmts(d, ast.block(b).stmts);
                "StaticBlock".to_owned()
            }
            Member::Constructor(f) => {
                self.push(d, "", Node::Func(f));
                "Constructor".to_owned()
            }
            Member::Method { func, is_override, is_static } => {
                self.push(d, "", Node::Func(func));
                format!(
                    "{}{}Method",
                    if is_override.is_some() { "Override " } else { "" },
                    if is_static { "Static " } else { "" }
                )
            }
            Member::Signature { name, arity } => format!("Signature {}/{arity}", self.name(name)),
        }
    }
}
