//! What the builder must know about a function's names before it builds it: which are used by function
//! literals inside, which are assigned, whether a `match` arm is a block. Of scopes it knows those of the parameters
//! and of the outermost variables of literals, so its answers are by name and on the safe side.

use hashbrown::{HashMap, HashSet};
use syntax::ast::{ArmBody, Ast, BlockId, Expr, ExprId, ExprKind, Ident, List, Stmt, StmtKind};
use syntax::intern::Symbol;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// Names that function literals use and do not declare before.
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
    pub(super) scan: Scan,
    /// The function, then the literals in it; each comes behind the one that it is in.
    literals: Vec<Literal>,
    /// The one that is being looked at.
    within: usize,
    /// Blocks and expressions still to be looked at, with the literal that they are in.
    work: Vec<(Item, usize)>,
}

/// The names of a function literal.
#[derive(Debug, Default)]
struct Literal {
    outer: usize,
    /// Where each name is its own from: 0 for parameters, and behind their declarations for the variables of its
    /// outermost block.
    own: HashMap<Symbol, u32>,
    /// Where each name is used first, here or in a literal inside that does not declare it.
    used: HashMap<Symbol, u32>,
}

impl Literal {
    fn use_at(&mut self, name: Symbol, at: u32) {
        self.used.entry(name).and_modify(|first| *first = at.min(*first)).or_insert(at);
    }
}

enum Item {
    Block(BlockId),
    /// The outermost block of a literal.
    Body(BlockId),
    Expr(ExprId),
}

impl<'a> Scanner<'a> {
    pub(super) fn new(ast: &'a Ast) -> Scanner<'a> {
        let function = vec![Literal::default()];
        Scanner { ast, scan: Scan::default(), literals: function, within: 0, work: Vec::new() }
    }

    pub(super) fn declare(&mut self, name: Ident) {
        self.declared(name.name);
        self.used(name.name, name.span.lo);
    }

    /// Declares a name that is the literal's own from a place on.
    fn declare_own(&mut self, name: Symbol, from: u32) {
        self.declared(name);
        let own = &mut self.literals[self.within].own;
        // Declared twice in one block, it is an error elsewhere.
        own.entry(name).and_modify(|at| *at = from.min(*at)).or_insert(from);
    }

    fn declared(&mut self, name: Symbol) {
        if !self.scan.declared.insert(name) {
            self.scan.assigned.insert(name);
        }
    }

    pub(super) fn block(&mut self, block: BlockId) {
        self.work.push((Item::Block(block), 0));
        self.drain();
    }

    pub(super) fn expr(&mut self, expr: ExprId) {
        self.work.push((Item::Expr(expr), 0));
        self.drain();
    }

    pub(super) fn stmts(&mut self, list: List) {
        self.list(list, false);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some((item, within)) = self.work.pop() {
            self.within = within;
            match item {
                Item::Block(b) => self.list(self.ast.block(b).stmts, false),
                Item::Body(b) => self.list(self.ast.block(b).stmts, true),
                Item::Expr(e) => self.one_expr(e),
            }
        }
        self.within = 0;
        self.capture();
    }

    /// Finds what literals use and do not declare before, from the inside to the outside.
    fn capture(&mut self) {
        while self.literals.len() > 1 {
            let Some(Literal { outer, own, used }) = self.literals.pop() else { return };
            for (name, at) in used {
                if own.get(&name).is_none_or(|from| at < *from) {
                    self.scan.captured.insert(name);
                    self.literals[outer].use_at(name, at);
                }
            }
        }
    }

    fn later(&mut self, expr: ExprId) {
        self.work.push((Item::Expr(expr), self.within));
    }

    fn later_block(&mut self, block: BlockId) {
        self.work.push((Item::Block(block), self.within));
    }

    fn later_all(&mut self, list: List) {
        for e in self.ast.expr_list(list) {
            self.later(*e);
        }
    }

    fn store(&mut self, name: Symbol, at: u32) {
        self.scan.assigned.insert(name);
        self.scan.stored.push(name);
        self.used(name, at);
    }

    fn used(&mut self, name: Symbol, at: u32) {
        self.literals[self.within].use_at(name, at);
    }

    /// Looks at statements; `body` says whether they are the outermost ones of a literal.
    fn list(&mut self, list: List, body: bool) {
        for s in self.ast.stmt_list(list) {
            let Stmt { kind, span } = *self.ast.stmt(*s);
            match kind {
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
                    if body {
                        self.declare_own(name.name, span.hi);
                    } else {
                        self.declare(name);
                    }
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
                        c.name.into_iter().for_each(|n| self.declare(n));
                        self.later_block(c.body);
                    }
                    t.finally.into_iter().for_each(|b| self.later_block(b));
                }
                StmtKind::Nowait { name, value } => {
                    // Declares the name or assigns it.
                    self.scan.declared.insert(name.name);
                    self.scan.assigned.insert(name.name);
                    self.used(name.name, name.span.lo);
                    self.later(value);
                }
                StmtKind::Function(f) => {
                    let func = self.ast.func(f);
                    func.name.into_iter().for_each(|n| self.declare(n));
                    self.literal(f);
                }
                StmtKind::Assign { place, value, .. } => {
                    let to = self.ast.expr(place);
                    if let ExprKind::Name(n) = to.kind {
                        self.store(n, to.span.lo);
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
        let outside = core::mem::replace(&mut self.within, self.literals.len());
        self.literals.push(Literal { outer: outside, ..Literal::default() });
        for p in &func.params {
            self.declare_own(p.name, 0);
        }
        self.work.push((Item::Body(func.body), self.within));
        self.within = outside;
    }

    fn one_expr(&mut self, e: ExprId) {
        let Expr { kind, span } = *self.ast.expr(e);
        match kind {
            ExprKind::Error
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Bool(_)
            | ExprKind::Null
            | ExprKind::Void => {}
            ExprKind::Name(n) => self.used(n, span.lo),
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
