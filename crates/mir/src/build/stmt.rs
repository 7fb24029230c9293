//! Statements.

use syntax::ast::{self, BlockId, ExprId, ExprKind, List, StmtId, StmtKind};
use syntax::codes::Code;
use syntax::diag::Diagnostic;
use syntax::intern::Symbol;

use super::state::{Binding, Exit, ScopeKind};
use super::{Builder, UnitKind};
use crate::inst::{Block, Op, Own, Val};

impl Builder<'_> {
    /// A block with a scope of its own.
    pub(super) fn block(&mut self, block: BlockId) {
        self.f().enter(ScopeKind::Plain);
        self.statements(self.ast().block(block).stmts);
        self.f().leave();
    }

    pub(super) fn statements(&mut self, list: List) {
        let ast = self.ast();
        self.statement_slice(ast.stmt_list(list));
    }

    pub(super) fn statement_slice(&mut self, list: &[StmtId]) {
        let ast = self.ast();
        for (i, s) in list.iter().enumerate() {
            let stmt = ast.stmt(*s);
            self.f().span = stmt.span;
            match stmt.kind {
                StmtKind::Fini(code) => return self.fini_block(code, &list[i + 1..]),
                StmtKind::Local { fini: Some(code), .. } => {
                    self.statement(*s);
                    return self.fini_block(code, &list[i + 1..]);
                }
                _ => self.statement(*s),
            }
        }
    }

    /// Names that a statement declares in the scope it stands in.
    pub(super) fn declared_by(&self, s: StmtId) -> Option<Symbol> {
        let ast = self.ast();
        match ast.stmt(s).kind {
            StmtKind::Local { name, .. } | StmtKind::Nowait { name, .. } => Some(name.name),
            StmtKind::Function(f) => ast.func(f).name.map(|n| n.name),
            _ => None,
        }
    }

    fn statement(&mut self, s: StmtId) {
        let ast = self.ast();
        let stmt = ast.stmt(s);
        match stmt.kind {
            StmtKind::Error | StmtKind::Empty | StmtKind::StaticFunction { .. } | StmtKind::Fini(_) => {}
            StmtKind::Block(b) => self.block(b),
            StmtKind::Local { name, value, outbox, .. } => self.local(name, value, outbox),
            StmtKind::Global { name, value } => {
                self.in_statement(|b| {
                    let value = b.expr(value);
                    let global = b.program.global(name.name);
                    b.f().emit(Op::SetGlobal { global, value: Own(value) });
                });
            }
            StmtKind::If { cond, then, els } => self.if_statement(cond, then, els),
            StmtKind::Loop { cond, body } => self.loop_statement(cond, body),
            StmtKind::Break => self.exit(Exit::Break, None),
            StmtKind::Continue => self.exit(Exit::Continue, None),
            StmtKind::Return(value) => {
                self.f().enter(ScopeKind::Statement);
                let value = match value {
                    Some(e) => self.expr(e),
                    None => self.f().void(),
                };
                self.drop_outbox();
                self.exit(Exit::Return, Some(value));
                self.f().leave();
            }
            StmtKind::Throw(e) => {
                self.f().enter(ScopeKind::Statement);
                let value = self.expr(e);
                self.f().span = stmt.span;
                self.f().end(Op::Throw { value: Own(value) });
                self.f().leave();
            }
            StmtKind::Print(value) => self.in_statement(|b| {
                let a = match value {
                    Some(e) => b.expr(e),
                    None => {
                        let text = b.intern("");
                        b.f().emit(Op::Str { text })
                    }
                };
                b.f().span = stmt.span;
                b.f().emit(Op::Print { a });
            }),
            StmtKind::Try(t) => self.try_statement(t),
            StmtKind::Nowait { name, value } => self.in_statement(|b| {
                let callee = b.task(value);
                let future = b.f().emit(Op::Spawn { callee });
                b.nowait_target(name, future);
            }),
            StmtKind::Include { path_span, .. } => self.run_unit(path_span.lo),
            StmtKind::Using { target_span, .. } => self.run_unit(target_span.lo),
            StmtKind::Box(id) => {
                let place = ast.boxes[id.index()].name.span.lo;
                if let Some(class) = self.by_place.get(&place).copied()
                    && self.program.class(class).is_nested
                {
                    self.f().emit(Op::DeclareBox { class });
                }
            }
            StmtKind::Function(f) => self.inner_function(f),
            StmtKind::Assign { place, op, value } => self.in_statement(|b| b.assign(place, op, value)),
            StmtKind::Expr(e) => self.in_statement(|b| {
                b.expr(e);
            }),
        }
    }

    /// Runs `f` in a statement's scope: temporaries die at its end.
    fn in_statement(&mut self, f: impl FnOnce(&mut Self)) {
        let span = self.f().span;
        self.f().enter(ScopeKind::Statement);
        f(self);
        self.f().span = span;
        self.drop_outbox();
        self.f().leave();
    }

    /// What calls of this statement handed over by `outbox` dies at its end.
    fn drop_outbox(&mut self) {
        if self.program.has_outbox {
            self.f().emit(Op::DropOutbox {});
        }
    }

    /// A condition: its temporaries die before what it decides begins.
    pub(super) fn condition(&mut self, e: ExprId) -> Val {
        let var = self.f().new_scalar();
        self.in_statement(|b| {
            let v = b.truth(e);
            b.f().init(var, v);
        });
        self.f().get(var)
    }

    fn local(&mut self, name: ast::Ident, value: Option<ExprId>, outbox: bool) {
        let global = self.units[self.unit].kind == UnitKind::Repl
            && self.fns.len() == 1
            && self.f().top
            && self.f().scopes.len() == 2;
        if global {
            return self.in_statement(|b| {
                let value = match value {
                    Some(e) => b.expr(e),
                    None => b.f().void(),
                };
                let global = b.program.global(name.name);
                b.f().emit(Op::SetGlobal { global, value: Own(value) });
            });
        }
        let literal =
            self.f().scan.captured.contains(&name.name) && value.is_some_and(|e| self.contains_literal(e));
        let cell = self.f().needs_cell(name.name, literal);
        if cell && literal && self.f().bound_here(name.name).is_none() {
            // A function literal sees the variable it initializes.
            let void = self.f().void();
            self.declare_local(name.name, void, true);
        }
        self.in_statement(|b| {
            let value = match value {
                Some(e) => b.expr(e),
                None => b.f().void(),
            };
            if outbox {
                b.declare_outbox(name.name, value);
            } else {
                b.declare_local(name.name, value, cell);
            }
        });
    }

    /// A variable whose value the scope hands on instead of finalizing it.
    fn declare_outbox(&mut self, name: Symbol, value: Val) {
        let cell = self.f().needs_cell(name, true);
        self.declare_local(name, value, cell);
        if let Some(Binding::Var(var) | Binding::Cell(var)) = self.f().bound_here(name) {
            self.f().draft.vars[var.index()].outbox = true;
        }
    }

    /// Whether a function literal occurs in an expression, so that it may see the variable it initializes.
    fn contains_literal(&self, e: ExprId) -> bool {
        let span = self.ast().expr(e).span;
        // The literals of an expression lie within its span.
        let literals = &self.literals[self.unit];
        let i = literals.partition_point(|lo| *lo < span.lo);
        literals.get(i).is_some_and(|lo| *lo < span.hi)
    }

    fn nowait_target(&mut self, name: ast::Ident, future: Val) {
        if let Some(binding) = self.resolve(name.name)
            && !matches!(binding, Binding::Val(_) | Binding::Capture(_))
        {
            return self.f().write(binding, future);
        }
        match self.global_named(name.name) {
            Some(global) => {
                self.f().emit(Op::SetGlobal { global, value: Own(future) });
            }
            None => {
                let cell = self.f().needs_cell(name.name, false);
                self.declare_local(name.name, future, cell);
            }
        }
    }

    fn if_statement(&mut self, cond: ExprId, then: BlockId, els: Option<BlockId>) {
        let ast = self.ast();
        let done = self.f().new_block();
        let (mut cond, mut then, mut els) = (cond, then, els);
        // An `else if` chain is walked, not nested: it may be long.
        loop {
            let yes = self.f().new_block();
            let no = self.f().new_block();
            self.f().span = ast.expr(cond).span;
            let c = self.condition(cond);
            self.f().branch(c, yes, no);
            self.f().go(yes);
            self.block(then);
            self.f().jump(done);
            self.f().go(no);
            let Some(block) = els else { break };
            match ast.stmt_list(ast.block(block).stmts) {
                [one] if matches!(ast.stmt(*one).kind, StmtKind::If { .. }) => {
                    if let StmtKind::If { cond: c, then: t, els: e } = ast.stmt(*one).kind {
                        (cond, then, els) = (c, t, e);
                    }
                }
                _ => {
                    self.block(block);
                    break;
                }
            }
        }
        self.f().jump(done);
        self.f().go(done);
    }

    fn run_unit(&mut self, place: u32) {
        if let Some(unit) = self.linked(place) {
            let func = self.tops[unit];
            self.f().emit(Op::CallOnce { func });
        }
    }

    /// A function declared by a statement inside a block.
    fn inner_function(&mut self, f: ast::FuncId) {
        let ast = self.ast();
        let Some(name) = ast.func(f).name else { return };
        let declared_at_top = self.fns.len() == 1 && self.f().top && self.f().scopes.len() == 2;
        if declared_at_top {
            return;
        }
        let cell = self.f().needs_cell(name.name, true);
        if cell && self.f().bound_here(name.name).is_none() {
            let void = self.f().void();
            self.declare_local(name.name, void, true);
        }
        self.in_statement(|b| {
            let value = b.literal(f);
            b.declare_local(name.name, value, cell);
        });
    }

    // ---- assignment

    fn assign(&mut self, place: ExprId, op: Option<ast::BinaryOp>, value: ExprId) {
        let ast = self.ast();
        let span = self.f().span;
        match ast.expr(place).kind {
            ExprKind::Name(name) => {
                let old = op.map(|_| self.name(name, place));
                let mut v = self.expr(value);
                self.f().span = span;
                if let (Some(op), Some(old)) = (op, old) {
                    v = self.binary(op, old, v);
                }
                self.assign_name(name, place, v);
            }
            ExprKind::Field(object, field) => {
                let object = self.object(object);
                let name = field.name;
                let old = op.map(|_| self.f().emit(Op::GetField { object, name }));
                let mut v = self.expr(value);
                self.f().span = span;
                if let (Some(op), Some(old)) = (op, old) {
                    v = self.binary(op, old, v);
                }
                self.f().emit(Op::SetField { object, name, value: Own(v) });
            }
            ExprKind::Index(object, index) => {
                let object = self.expr(object);
                let index = self.expr(index);
                let old = op.map(|_| self.f().emit(Op::GetIndex { object, index }));
                let mut v = self.expr(value);
                self.f().span = span;
                if let (Some(op), Some(old)) = (op, old) {
                    v = self.binary(op, old, v);
                }
                self.f().emit(Op::SetIndex { object, index, value: v });
            }
            // Reported by the parser.
            _ => {
                self.expr(value);
            }
        }
    }

    fn assign_name(&mut self, name: Symbol, place: ExprId, value: Val) {
        if let Some(binding) = self.resolve(name)
            && !matches!(binding, Binding::Val(_) | Binding::Capture(_))
        {
            return self.f().write(binding, value);
        }
        let top = self.f().top;
        let global = match self.global_named(name) {
            Some(g) => Some(g),
            None if top => Some(self.program.global(name)),
            None => None,
        };
        match global {
            Some(global) => {
                self.f().emit(Op::SetGlobal { global, value: Own(value) });
            }
            None => self.undeclared(name, place),
        }
    }

    fn undeclared(&mut self, name: Symbol, place: ExprId) {
        let span = self.ast().expr(place).span;
        let text = self.text(name).to_owned();
        let known: Vec<Symbol> = self.fns.iter().flat_map(|f| f.names()).chain(self.globals()).collect();
        let mut d = Diagnostic::new(Code::E0301, span, format!("assignment to undeclared variable '{text}'"))
            .label("not declared here");
        d = match (self.unseen_local(name), self.nearest(name, known.into_iter())) {
            (Some(hint), _) => d.hint(hint),
            (None, Some(near)) => {
                d.hint(format!("did you mean '{near}'? To make a new variable write `local {text} = ...`"))
            }
            (None, None) => d.hint(format!(
                "write `local {text} = ...` to declare it here, or `global {text} = ...` at the top level"
            )),
        };
        self.error(d);
    }

    pub(super) fn targets(&mut self, n: usize) -> Vec<Block> {
        (0..n).map(|_| self.f().new_block()).collect()
    }
}
