//! What the code of a REPL names before it is declared. Such code looks into a global variable, which a later input fills
//! with a function: the one of that name, or one that gives what a box is asked for. It does not know what is said when
//! nothing has come.

use syntax::ast::Ident;
use syntax::intern::Symbol;
use syntax::span::Span;

use super::state::{Exit, FnState, ScopeKind};
use super::{Builder, UnitKind};
use crate::inst::{ClassIx, FuncId, Global, Op, Own, Owns, Val};
use crate::program::Awaited;

impl Builder<'_> {
    /// The global variable of the user's program with that name.
    pub(super) fn global_named(&self, name: Symbol) -> Option<Global> {
        self.program.find_global(name).filter(|_| !self.program.awaited.contains_key(&name))
    }

    /// The names of all of them.
    pub(super) fn globals(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.program.globals.iter().copied().filter(|name| !self.program.awaited.contains_key(name))
    }

    /// Whether what is missing may be declared before this code runs, as top-level code does at once.
    fn may_come(&mut self) -> bool {
        !self.f().top && self.units.first().is_some_and(|u| u.kind == UnitKind::Repl)
    }

    /// A function, or another value to be called, of which nothing is known; `missing` is done when nothing has come.
    pub(super) fn late_function(&mut self, name: Symbol, missing: impl FnOnce(&mut Self) -> Val) -> Val {
        if !self.may_come() {
            return missing(self);
        }
        let global = self.program.await_global(name, Awaited::Value);
        self.global_or(global, missing)
    }

    /// The value of a name of which nothing is known.
    pub(super) fn late_value(&mut self, name: Symbol, missing: impl FnOnce(&mut Self) -> Val) -> Val {
        if !self.may_come() {
            return missing(self);
        }
        let global = self.program.await_global(name, Awaited::Value);
        let instance = self.intern(&format!("static {}", self.text(name)));
        let instance = self.program.await_global(instance, Awaited::Static(name));
        self.global_or(global, |b| {
            let callee = b.global_or(instance, missing);
            let args = b.f().vals(&[]);
            b.f().emit(Op::CallValue { callee, args })
        })
    }

    /// An instance of a box of which nothing is known.
    pub(super) fn late_object(
        &mut self,
        name: Ident,
        values: &[Val],
        missing: impl FnOnce(&mut Self) -> Val,
    ) -> Val {
        if !self.may_come() {
            return missing(self);
        }
        let count = values.len() as u32;
        let maker = self.intern(&format!("new {}/{count}", self.text(name.name)));
        let maker = self.program.await_global(maker, Awaited::New(name.name, count));
        let callee = self.global_or(maker, missing);
        let args = self.f().vals(values);
        self.f().emit(Op::CallValue { callee, args })
    }

    /// Gives the code of earlier inputs what this one declares.
    pub(super) fn fill_awaited(&mut self) {
        let mut awaited: Vec<(Symbol, Awaited)> =
            self.program.awaited.iter().map(|(name, what)| (*name, *what)).collect();
        awaited.sort_unstable_by_key(|(name, _)| *name);
        for (name, what) in awaited {
            let Some(global) = self.program.find_global(name) else { continue };
            let Some(func) = self.awaited_function(name, what) else { continue };
            let value = self.f().emit(Op::NewClosure { func, captures: Owns(0) });
            self.f().emit(Op::SetGlobal { global, value: Own(value) });
        }
    }

    fn awaited_function(&mut self, name: Symbol, what: Awaited) -> Option<FuncId> {
        match what {
            Awaited::Value => {
                // Functions of this input come behind its top-level code.
                let first = *self.tops.first()?;
                self.program.functions.get(&name).copied().filter(|func| *func > first)
            }
            Awaited::Static(of) => {
                let class = self.declared_here(of).filter(|c| self.program.class(*c).is_static)?;
                Some(self.giver(name, 0, class, |b, _, _| {
                    b.check_declared(class);
                    b.f().emit(Op::GetStatic { class })
                }))
            }
            Awaited::New(of, count) => {
                let class = self.declared_here(of).filter(|c| !self.program.class(*c).is_interface)?;
                let name = self.intern(&format!("new {}", self.text(of)));
                Some(self.giver(name, count, class, |b, values, span| b.construct(class, values, span)))
            }
        }
    }

    fn declared_here(&self, name: Symbol) -> Option<ClassIx> {
        let class = self.class_named(name)?;
        self.declared.iter().any(|d| d.class == class).then_some(class)
    }

    /// A function that gives what a box is asked for.
    fn giver(
        &mut self,
        name: Symbol,
        params: u32,
        class: ClassIx,
        value: impl FnOnce(&mut Self, &[Val], Span) -> Val,
    ) -> FuncId {
        let span = self.program.class(class).span;
        let id = self.new_func(name, span);
        self.program.func_params(id, params);
        self.fns.push(FnState::new(id, name, span, params, self.user_kind()));
        self.f().enter(ScopeKind::Plain);
        self.f().enter(ScopeKind::Statement);
        let params: Vec<Val> = (0..params).map(Val).collect();
        let value = value(self, &params, span);
        self.exit(Exit::Return, Some(value));
        self.f().leave();
        self.f().leave();
        self.f().end(Op::Unreachable {});
        self.finish();
        id
    }
}
