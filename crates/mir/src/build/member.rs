//! The code of declared functions and of boxes: methods, constructors, initial values, `static` blocks.

use std::rc::Rc;
use syntax::ast::Member;

use super::scan::Scanner;
use super::state::{FnState, ScopeKind};
use super::{Builder, Declared};
use crate::func::FuncKind;
use crate::inst::{FuncId, Op, Own, Val};

impl Builder<'_> {
    /// Builds everything declared, now that all of it is known.
    pub(super) fn build_pending(&mut self) {
        for p in core::mem::take(&mut self.pending) {
            self.unit = p.unit;
            self.function(p.id, p.func, p.name, p.class, p.has_me);
        }
        for d in self.declared.clone() {
            if d.class.is_none() {
                continue;
            }
            self.unit = d.unit;
            if let Some(init) = self.program.class(d.class).init {
                self.build_init(d, init);
            }
            if let Some(init) = self.program.class(d.class).static_init {
                self.build_static(d, init);
            }
        }
    }

    /// Begins a function of a class that only has `me`.
    fn begin_part(&mut self, d: Declared, id: FuncId) {
        let ast = self.ast();
        let decl = &ast.boxes[d.decl.index()];
        let name = self.program.func(id).name;
        let mut f = FnState::new(id, name, decl.span, 1, FuncKind::Init);
        let mut scanner = Scanner::new(ast);
        for m in &decl.members {
            match m {
                Member::Field { value: Some(e), .. } => scanner.expr(*e),
                Member::StaticBlock(b) => scanner.block(*b),
                _ => {}
            }
        }
        f.scan = Rc::new(scanner.scan);
        f.class = d.class;
        f.me = Some(Val(0));
        f.draft.func.has_me = true;
        self.fns.push(f);
        self.f().enter(ScopeKind::Plain);
    }

    /// Initial values of the box's own fields, in declaration order.
    fn build_init(&mut self, d: Declared, id: FuncId) {
        self.begin_part(d, id);
        let ast = self.ast();
        for m in &ast.boxes[d.decl.index()].members {
            if let Member::Field { name, value: Some(e), .. } = m {
                self.f().span = name.span;
                self.f().enter(ScopeKind::Statement);
                let value = self.expr(*e);
                self.f().emit(Op::SetField { object: Val(0), name: name.name, value: Own(value) });
                self.f().leave();
            }
        }
        self.return_void();
        self.finish();
    }

    /// First use of a static box: initial values, then the `static { }` blocks.
    fn build_static(&mut self, d: Declared, id: FuncId) {
        self.begin_part(d, id);
        self.f().enter(ScopeKind::Statement);
        self.initial_values(d.class, Val(0));
        self.f().leave();
        let ast = self.ast();
        for m in &ast.boxes[d.decl.index()].members {
            if let Member::StaticBlock(b) = m {
                self.block(*b);
            }
        }
        self.return_void();
        self.finish();
    }
}
