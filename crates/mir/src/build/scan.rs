//! What the builder must know about a function's names before it builds it: which are used by function
//! literals inside, which are assigned, whether a `match` arm is a block. It knows no scopes, so its answers
//! are by name and on the safe side.

use hashbrown::HashSet;
use syntax::ast::{ArmBody, Ast, BlockId, ExprId, ExprKind, List, StmtKind};
use syntax::intern::Symbol;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// Names that occur inside function literals.
    pub(super) captured: HashSet<Symbol>,
    /// Names that are assigned or declared more than once.
    pub(super) assigned: HashSet<Symbol>,
    /// Names that are assigned by `=` or a compound assignment, declared or not.
    pub(super) stored: Vec<Symbol>,
    /// Names that are declared, parameters included.
    pub(super) declared: HashSet<Symbol>,
    /// An arm of a `match` is a block, so an expression can assign variables.
    pub(super) block_arm: bool,
    /// `me` occurs.
    pub(super) me: bool,
}

pub(super) struct Scanner<'a> {
    ast: &'a Ast,
    literals: u32,
    pub(super) scan: Scan,
    /// Blocks and expressions still to be looked at, with their literal depth.
    work: Vec<(Item, u32)>,
}

enum Item {
    Block(BlockId),
    Expr(ExprId),
}

impl<'a> Scanner<'a> {
    pub(super) fn new(ast: &'a Ast) -> Scanner<'a> {
        Scanner { ast, literals: 0, scan: Scan::default(), work: Vec::new() }
    }

    pub(super) fn declare(&mut self, name: Symbol) {
        if !self.scan.declared.insert(name) {
            self.scan.assigned.insert(name);
        }
        if self.literals > 0 {
            self.scan.captured.insert(name);
        }
    }

    pub(super) fn block(&mut self, block: BlockId) {
        self.work.push((Item::Block(block), self.literals));
        self.drain();
    }

    pub(super) fn expr(&mut self, expr: ExprId) {
        self.work.push((Item::Expr(expr), self.literals));
        self.drain();
    }

    pub(super) fn stmts(&mut self, list: List) {
        self.list(list);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some((item, literals)) = self.work.pop() {
            self.literals = literals;
            match item {
                Item::Block(b) => self.list(self.ast.block(b).stmts),
                Item::Expr(e) => self.one_expr(e),
            }
        }
        self.literals = 0;
    }

    fn later(&mut self, expr: ExprId) {
        self.work.push((Item::Expr(expr), self.literals));
    }

    fn later_block(&mut self, block: BlockId) {
        self.work.push((Item::Block(block), self.literals));
    }

    fn later_all(&mut self, list: List) {
        for e in self.ast.expr_list(list) {
            self.later(*e);
        }
    }

    fn store(&mut self, name: Symbol) {
        self.scan.assigned.insert(name);
        self.scan.stored.push(name);
        self.used(name);
    }

    fn used(&mut self, name: Symbol) {
        if self.literals > 0 {
            self.scan.captured.insert(name);
        }
    }

    fn list(&mut self, list: List) {
        for s in self.ast.stmt_list(list) {
            match self.ast.stmt(*s).kind {
                StmtKind::Error
                | StmtKind::Empty
                | StmtKind::Break
                | StmtKind::Continue
                | StmtKind::Include { .. }
                | StmtKind::Using { .. }
                | StmtKind::Box(_)
                | StmtKind::StaticFunction { .. }
                | StmtKind::Return(None)
                | StmtKind::Print(None) => {}
                StmtKind::Block(b) | StmtKind::Fini(b) => self.later_block(b),
                StmtKind::Local { name, value, fini, .. } => {
                    self.declare(name.name);
                    value.into_iter().for_each(|e| self.later(e));
                    fini.into_iter().for_each(|b| self.later_block(b));
                }
                StmtKind::Global { value, .. } => self.later(value),
                StmtKind::If { cond, then, els } => {
                    self.later(cond);
                    self.later_block(then);
                    els.into_iter().for_each(|b| self.later_block(b));
                }
                StmtKind::Loop { cond, body } => {
                    cond.into_iter().for_each(|e| self.later(e));
                    self.later_block(body);
                }
                StmtKind::Return(Some(e))
                | StmtKind::Throw(e)
                | StmtKind::Print(Some(e))
                | StmtKind::Expr(e) => {
                    self.later(e);
                }
                StmtKind::Try(t) => {
                    let t = &self.ast.tries[t.index()];
                    self.later_block(t.body);
                    for c in &t.catches {
                        c.name.into_iter().for_each(|n| self.declare(n.name));
                        self.later_block(c.body);
                    }
                    t.finally.into_iter().for_each(|b| self.later_block(b));
                }
                StmtKind::Nowait { name, value } => {
                    // Declares the name or assigns it.
                    self.scan.declared.insert(name.name);
                    self.scan.assigned.insert(name.name);
                    self.used(name.name);
                    self.later(value);
                }
                StmtKind::Function(f) => {
                    let func = self.ast.func(f);
                    func.name.into_iter().for_each(|n| self.declare(n.name));
                    self.literal(f);
                }
                StmtKind::Assign { place, value, .. } => {
                    if let ExprKind::Name(n) = self.ast.expr(place).kind {
                        self.store(n);
                    } else {
                        self.later(place);
                    }
                    self.later(value);
                }
            }
        }
    }

    fn literal(&mut self, f: syntax::ast::FuncId) {
        let func = self.ast.func(f);
        let outside = self.literals;
        self.literals += 1;
        for p in &func.params {
            self.declare(p.name);
        }
        self.later_block(func.body);
        self.literals = outside;
    }

    fn one_expr(&mut self, e: ExprId) {
        match self.ast.expr(e).kind {
            ExprKind::Error
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Bool(_)
            | ExprKind::Null
            | ExprKind::Void => {}
            ExprKind::Name(n) => self.used(n),
            ExprKind::Me => self.scan.me = true,
            ExprKind::Unary(_, a) | ExprKind::Await(a) | ExprKind::Weak(a) | ExprKind::Field(a, _) => {
                self.later(a)
            }
            ExprKind::Binary(_, a, b) | ExprKind::And(a, b) | ExprKind::Or(a, b) | ExprKind::Index(a, b) => {
                self.later(a);
                self.later(b);
            }
            ExprKind::Call(a, list) | ExprKind::MethodCall(a, _, list) => {
                self.later(a);
                self.later_all(list);
            }
            ExprKind::New { args, .. } => self.later_all(args),
            ExprKind::From { args, .. } => {
                self.scan.me = true;
                self.later_all(args);
            }
            ExprKind::Array(list) | ExprKind::Map(list) => self.later_all(list),
            ExprKind::Function(f) => self.literal(f),
            ExprKind::Match(m) => {
                let m = &self.ast.matches[m.index()];
                self.later(m.subject);
                for arm in &m.arms {
                    self.later_all(arm.patterns);
                    arm.guard.into_iter().for_each(|g| self.later(g));
                    match arm.body {
                        ArmBody::Expr(e) => self.later(e),
                        ArmBody::Block(b) => {
                            self.scan.block_arm = true;
                            self.later_block(b);
                        }
                    }
                }
            }
        }
    }
}
