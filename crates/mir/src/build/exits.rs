//! Control flow that leaves scopes: loops, `break`, `continue`, `return`, `try`, `finally`, `fini` blocks.

use hashbrown::{HashMap, HashSet};
use syntax::ast::{BlockId, Catch, ExprId, StmtId, StmtKind, TryId};
use syntax::intern::Symbol;

use super::Builder;
use super::state::{Binding, Exit, Finally, Hoisted, ScopeKind};
use crate::draft::EXCEPTION_VAR;
use crate::inst::{Block, Op, Own, Scope, Val, Var};

/// Most variables, times the `fini` blocks that they are declared behind, that are not cells.
const MOST_TOLD: usize = 1024;

impl Builder<'_> {
    pub(super) fn loop_statement(&mut self, cond: Option<ExprId>, body: BlockId) {
        let head = self.f().new_block();
        let turn = self.f().new_block();
        let done = self.f().new_block();
        self.f().jump(head);
        self.f().go(head);
        match cond {
            Some(cond) => {
                let c = self.condition(cond);
                self.f().branch(c, turn, done);
            }
            None => self.f().jump(turn),
        }
        self.f().go(turn);
        self.f().enter(ScopeKind::Loop { next: head, done });
        self.statements(self.ast().block(body).stmts);
        self.f().leave();
        self.f().jump(head);
        self.f().go(done);
    }

    /// Leaves scopes from the innermost outwards for an exit. A `finally` on the way takes over.
    pub(super) fn exit(&mut self, exit: Exit, value: Option<Val>) {
        let depth = self.f().scopes.len();
        self.exit_from(exit, value, depth);
    }

    fn exit_from(&mut self, exit: Exit, value: Option<Val>, depth: usize) {
        let mut held = value.and_then(|value| self.hold(value, depth));
        for i in (0..depth).rev() {
            let entry = &self.f().scopes[i];
            let (scope, kind) = (entry.scope, entry.kind.clone());
            if i == 0 {
                // The root scope holds the result; returning it leaves the scope.
                break;
            }
            if let Some((at, var)) = held
                && at == i
            {
                let value = self.f().get(var);
                held = self.hold(value, i);
            }
            self.f().emit(Op::Leave { scope });
            match kind {
                ScopeKind::Loop { next, done } if exit != Exit::Return => {
                    self.f().jump(if exit == Exit::Break { done } else { next });
                    return;
                }
                ScopeKind::Protected(i) => {
                    let fin = &mut self.f().finallys[i];
                    let n = match fin.exits.iter().position(|e| *e == exit) {
                        Some(n) => n,
                        None => {
                            fin.exits.push(exit);
                            fin.exits.len() - 1
                        }
                    };
                    self.finally_from(i, n as i64 + 2, None);
                    return;
                }
                _ => {}
            }
        }
        match exit {
            Exit::Return => {
                let var = self.f().result;
                let value = self.f().get(var);
                self.f().end(Op::Return { value: Own(value) });
            }
            // Outside a loop: a compile error that the parser has reported.
            Exit::Break | Exit::Continue => self.f().end(Op::Unreachable {}),
        }
    }

    /// Puts a value that is being returned where it outlives the scopes up to the nearest handler. With a `try` it
    /// stands in the `try`'s own scope, which is given with the variable: its handler knows nothing of the value, so
    /// it has to go on when that scope is left and not before.
    fn hold(&mut self, value: Val, depth: usize) -> Option<(usize, Var)> {
        let handler = self.f().scopes[..depth]
            .iter()
            .rposition(|s| matches!(s.kind, ScopeKind::Try | ScopeKind::Protected(_)));
        let kind = handler.map(|i| (i, self.f().scopes[i].scope, self.f().scopes[i].kind.clone()));
        match kind {
            Some((_, _, ScopeKind::Protected(index))) => {
                let var = self.f().finallys[index].result;
                self.f().set(var, value);
                None
            }
            Some((i, scope, _)) => {
                let var = self.f().new_movable(scope);
                self.f().init(var, value);
                Some((i, var))
            }
            None => {
                let var = self.f().result;
                self.f().init(var, value);
                None
            }
        }
    }

    pub(super) fn try_statement(&mut self, id: TryId) {
        let t = self.ast().tries[id.index()].clone();
        match t.finally {
            Some(finally) => {
                self.open_finally();
                self.try_catch(t.body, &t.catches);
                self.close_finally(|b| b.block(finally));
            }
            None => self.try_catch(t.body, &t.catches),
        }
    }

    fn try_catch(&mut self, body: BlockId, catches: &[Catch]) {
        if catches.is_empty() {
            return self.block(body);
        }
        let handler = self.f().new_block();
        let done = self.f().new_block();
        self.f().enter_try(ScopeKind::Try, handler);
        self.block(body);
        self.f().leave();
        self.f().jump(done);
        self.f().go(handler);
        let scope = self.f().enter(ScopeKind::Plain);
        let caught = self.f().new_movable(scope);
        let value = self.f().get(EXCEPTION_VAR);
        self.f().init(caught, value);
        let mut open = true;
        for c in catches {
            self.f().span = c.span;
            let next = self.f().new_block();
            match c.class {
                Some(class) if !self.catches_all(class.name) => {
                    let here = self.f().new_block();
                    let value = self.f().get(caught);
                    let is = self.f().emit(Op::IsCaught { value, name: class.name });
                    self.f().branch(is, here, next);
                    self.f().go(here);
                }
                _ => open = false,
            }
            self.f().enter(ScopeKind::Plain);
            if let Some(name) = c.name {
                let value = self.f().get(caught);
                // The variable is another owner of the exception.
                let value = self.f().emit(Op::Retain { a: value });
                let cell = self.f().needs_cell(name.name, false);
                self.f().declare(name.name, value, cell);
            }
            self.statements(self.ast().block(c.body).stmts);
            self.f().leave();
            self.f().emit(Op::Leave { scope });
            self.f().jump(done);
            self.f().go(next);
            if !open {
                break;
            }
        }
        if open {
            let value = self.f().get(caught);
            self.f().end(Op::Rethrow { value: Own(value) });
        }
        self.f().scopes.pop();
        self.f().go(done);
    }

    fn catches_all(&self, name: Symbol) -> bool {
        self.words.catch_all.contains(&name)
    }

    /// Begins what a `finally` protects.
    fn open_finally(&mut self) {
        let scope = self.f().enter(ScopeKind::Statement);
        let way = self.f().new_scalar();
        let exception = self.f().new_movable(scope);
        let result = self.f().new_movable(scope);
        let entry = self.f().new_block();
        let void = self.f().void();
        self.f().init(result, void);
        self.f().finallys.push(Finally { way, exception, result, entry, exits: Vec::new() });
        let index = self.f().finallys.len() - 1;
        let handler = self.f().new_block();
        let here = self.f().block;
        self.f().go(handler);
        let value = self.f().get(EXCEPTION_VAR);
        self.finally_from(index, 1, Some(value));
        self.f().go(here);
        self.f().enter_try(ScopeKind::Protected(index), handler);
    }

    /// Goes on with the code of a `finally`: which way control came, and with which exception. That is not said before:
    /// what is stored once here and read behind it is no variable of all the code that is protected.
    fn finally_from(&mut self, index: usize, way: i64, exception: Option<Val>) {
        let Finally { way: on, exception: thrown, entry, .. } = self.f().finallys[index].clone();
        let value = exception.unwrap_or_else(|| self.f().void());
        self.f().init(thrown, value);
        let way = self.f().emit(Op::Int { value: way });
        self.f().init(on, way);
        self.f().jump(entry);
    }

    /// Ends what it protects, writes its code, and goes on where control came from.
    fn close_finally(&mut self, code: impl FnOnce(&mut Self)) {
        let Some(ScopeKind::Protected(index)) = self.f().scopes.last().map(|s| s.kind.clone()) else {
            return;
        };
        self.f().leave();
        self.finally_from(index, 0, None);
        let entry = self.f().finallys[index].entry;
        self.f().go(entry);
        code(self);
        self.finish_finally(index);
    }

    fn finish_finally(&mut self, index: usize) {
        let fin = self.f().finallys[index].clone();
        let on = self.f().get(fin.way);
        let normal = self.f().new_block();
        let thrown = self.f().new_block();
        let mut targets: Vec<Block> = vec![normal, thrown];
        for _ in &fin.exits {
            targets.push(self.f().new_block());
        }
        self.f().switch(on, &targets);
        self.f().go(thrown);
        let value = self.f().get(fin.exception);
        self.f().end(Op::Rethrow { value: Own(value) });
        for (exit, block) in fin.exits.iter().zip(&targets[2..]) {
            self.f().go(*block);
            let value = (*exit == Exit::Return).then(|| self.f().get(fin.result));
            let depth = self.f().scopes.len();
            self.exit_from(*exit, value, depth);
        }
        self.f().go(normal);
        self.f().leave();
    }

    /// `fini { ... }`: the rest of the block is protected by it. What the rest declares belongs to the block, so
    /// its variables begin as `void` here; the first one of a block makes them for all that follow.
    pub(super) fn fini_block(&mut self, code: BlockId, rest: &[StmtId]) {
        let scope = self.f().block_scope();
        let is_first = self.f().hoisted.iter().all(|(of, _)| *of != scope);
        if is_first {
            let hoisted = self.hoist(scope, rest);
            self.f().hoisted.push((scope, hoisted));
        }
        self.open_finally();
        let Some(ScopeKind::Protected(index)) = self.f().scopes.last().map(|s| s.kind.clone()) else {
            return;
        };
        // The names that the rest declares are not visible in the `fini` block, so its code comes first.
        let here = self.f().block;
        let protected = self.f().scopes.pop();
        let entry = self.f().finallys[index].entry;
        self.f().go(entry);
        self.block(code);
        let after = self.f().block;
        self.f().scopes.extend(protected);
        self.f().go(here);
        self.statement_slice(rest);
        if is_first {
            self.f().hoisted.pop();
        }
        self.f().leave();
        self.finally_from(index, 0, None);
        self.f().go(after);
        self.finish_finally(index);
    }

    /// Makes the variables of what a block declares behind a `fini`.
    fn hoist(&mut self, scope: Scope, rest: &[StmtId]) -> HashMap<Symbol, Hoisted> {
        let mut names: Vec<Symbol> = rest.iter().filter_map(|s| self.declared_by(*s)).collect();
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(*name) && self.f().bound_here(*name).is_none());
        let ast = self.ast();
        let is_fini = |s: &&StmtId| {
            matches!(ast.stmt(**s).kind, StmtKind::Fini(_) | StmtKind::Local { fini: Some(_), .. })
        };
        let blocks = 1 + rest.iter().filter(is_fini).count();
        // What happens in front of any `fini` block reaches it, so each would need to be told of each variable.
        // A cell is the same value everywhere.
        let in_cell = blocks * names.len() > MOST_TOLD;
        let mut hoisted = HashMap::new();
        for name in names {
            let var = self.f().new_var(scope);
            let void = self.f().void();
            let first = if in_cell { self.f().emit(Op::NewCell { value: Own(void) }) } else { void };
            self.f().init(var, first);
            hoisted.insert(name, Hoisted { var, in_cell });
        }
        hoisted
    }

    /// The variable that was made beforehand for a declaration in the rest of a block with `fini`.
    fn hoisted_var(&mut self, name: Symbol) -> Option<Hoisted> {
        let here = self.f().block_scope();
        self.f().hoisted.iter_mut().filter(|(scope, _)| *scope == here).find_map(|(_, all)| all.remove(&name))
    }

    /// Declares a name in the innermost naming scope; again in one scope means assignment.
    pub(super) fn declare_local(&mut self, name: Symbol, value: Val, cell: bool) {
        if let Some(binding) = self.f().bound_here(name) {
            return self.f().write(binding, value);
        }
        match self.hoisted_var(name) {
            Some(Hoisted { var, in_cell: true }) => {
                let cell = self.f().get(var);
                self.f().emit(Op::SetCell { cell, value: Own(value) });
                self.f().bind(name, Binding::Cell(var));
            }
            Some(Hoisted { var, in_cell: false }) => {
                let value = if cell { self.f().emit(Op::NewCell { value: Own(value) }) } else { value };
                self.f().set(var, value);
                self.f().bind(name, if cell { Binding::Cell(var) } else { Binding::Var(var) });
            }
            None => self.f().declare(name, value, cell),
        }
    }
}
