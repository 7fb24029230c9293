//! One function: parameters, body, result; function literals and tasks with what they capture.

use std::rc::Rc;

use syntax::ast;
use syntax::codes::Code;
use syntax::diag::Diagnostic;
use syntax::intern::Symbol;
use syntax::span::Span;

use super::scan::Scanner;
use super::state::{Around, Binding, Captured, Exit, FnState, ScopeKind};
use super::{Builder, UnitKind};
use crate::func::FuncKind;
use crate::inst::{ClassIx, FuncId, Op, Own, Owns, Val};
use crate::{own, ssa};

impl Builder<'_> {
    /// Builds a declared function or method into its place.
    pub(super) fn function(
        &mut self,
        id: FuncId,
        func: ast::FuncId,
        name: Symbol,
        class: ClassIx,
        has_me: bool,
    ) {
        let ast = self.ast();
        let decl = ast.func(func);
        let params = decl.params.len() as u32 + u32::from(has_me);
        let mut f = FnState::new(id, name, decl.span, params, self.user_kind());
        let mut scanner = Scanner::new(ast);
        for p in &decl.params {
            scanner.declare(*p);
        }
        scanner.block(decl.body);
        f.scan = Rc::new(scanner.scan);
        f.class = class;
        f.me = has_me.then_some(Val(0));
        f.draft.func.has_me = has_me;
        self.fns.push(f);
        self.body(&decl.params, u32::from(has_me), decl.body);
        self.finish();
    }

    pub(super) fn user_kind(&self) -> FuncKind {
        if self.prelude() { FuncKind::Prelude } else { FuncKind::User }
    }

    fn body(&mut self, params: &[ast::Ident], first: u32, body: ast::BlockId) {
        self.f().enter(ScopeKind::Plain);
        for (i, p) in params.iter().enumerate() {
            let value = Val(first + i as u32);
            self.f().draft.names.push((value, p.name));
            let assigned = self.f().scan.assigned.contains(&p.name);
            if assigned {
                let cell = self.f().needs_cell(p.name, false);
                self.f().declare(p.name, value, cell);
            } else {
                self.f().bind(p.name, Binding::Val(value));
            }
        }
        if self.lax_locals {
            self.declare_lax();
        }
        self.statements(self.ast().block(body).stmts);
        self.return_void();
    }

    pub(super) fn return_void(&mut self) {
        let void = self.f().void();
        self.exit(Exit::Return, Some(void));
    }

    /// `NYASH_LAX_LOCALS`: names that are assigned and declared nowhere are variables of the function.
    fn declare_lax(&mut self) {
        let scan = self.f().scan.clone();
        for name in &scan.stored {
            let known = scan.declared.contains(name)
                || self.f().bound_here(*name).is_some()
                || self.global_named(*name).is_some();
            if !known {
                let void = self.f().void();
                let cell = self.f().needs_cell(*name, false);
                self.f().declare(*name, void, cell);
            }
        }
    }

    /// Finishes the innermost function and puts it in its place.
    pub(super) fn finish(&mut self) -> Vec<Captured> {
        let Some(mut f) = self.fns.pop() else { return Vec::new() };
        f.draft.func.class = f.class;
        f.draft.func.captures = f.captures.len() as u32;
        if let Some(outer) = self.fns.last()
            && f.around != Around::Nothing
        {
            f.draft.func.outer = outer.id;
        }
        own::place(&mut f.draft);
        self.program.funcs[f.id.index()] = ssa::construct(f.draft);
        f.captures
    }

    /// The top-level code of a file.
    pub(super) fn build_top(&mut self, unit: usize) {
        self.unit = unit;
        let ast = self.ast();
        let kind = self.units[unit].kind;
        let span = ast.stmt_list(ast.items).first().map_or(Span::default(), |s| ast.stmt(*s).span);
        let name = self.intern("<top>");
        let mut f = FnState::new(self.tops[unit], name, span, 0, FuncKind::Top);
        let mut scanner = Scanner::new(ast);
        scanner.stmts(ast.items);
        f.scan = Rc::new(scanner.scan);
        f.top = true;
        f.unit = unit;
        self.fns.push(f);
        self.f().enter(ScopeKind::Plain);
        if kind == UnitKind::Repl {
            self.fill_awaited();
        }
        let items = ast.stmt_list(ast.items);
        match items.split_last() {
            Some((last, before)) if kind == UnitKind::Repl => {
                self.statement_slice(before);
                match ast.stmt(*last).kind {
                    ast::StmtKind::Expr(e) => {
                        self.f().span = ast.stmt(*last).span;
                        self.f().enter(ScopeKind::Statement);
                        let value = self.expr(e);
                        self.exit(Exit::Return, Some(value));
                        self.f().leave();
                    }
                    _ => self.statement_slice(core::slice::from_ref(last)),
                }
            }
            _ => self.statement_slice(items),
        }
        if kind == UnitKind::Main {
            self.start_main();
        }
        self.return_void();
        self.finish();
    }

    /// `static box Main` with a method `main` is called after the top-level code of the program's file.
    fn start_main(&mut self) {
        let Some(class) = self.class_named(self.words.main_box) else { return };
        let here =
            self.declared.iter().any(|d| d.class == class && self.units[d.unit].kind == UnitKind::Main);
        let Some((_, method)) = self.program.find_method(class, self.words.main) else { return };
        if !here || self.program.class(class).is_interface {
            return;
        }
        if !self.program.class(class).is_static {
            return self.main_is_not_started(class);
        }
        self.f().span = self.program.class(class).span;
        self.f().enter(ScopeKind::Statement);
        let object = self.f().emit(Op::GetStatic { class });
        let mut args = Vec::new();
        if method.arity == 1
            && let Some(known) = self.functions.get(&self.words.main_args)
        {
            let builtin = known.id;
            let none = self.f().vals(&[]);
            args.push(self.f().emit(Op::CallBuiltin { builtin, args: none }));
        }
        let args = self.f().vals(&args);
        let name = self.words.main;
        let value = self.f().emit(Op::CallMethod { object, name, args });
        self.exit(Exit::Return, Some(value));
        self.f().leave();
    }

    /// A box `Main` that is not static and that the program does not mention was probably meant to be started.
    fn main_is_not_started(&mut self, class: ClassIx) {
        let main = self.words.main_box;
        let mentions = |e: &ast::Expr| match e.kind {
            ast::ExprKind::New { name, .. } => name.name == main,
            ast::ExprKind::Name(name) => name == main,
            _ => false,
        };
        if !self.units.iter().any(|u| u.ast.exprs.iter().any(mentions)) {
            let d =
                Diagnostic::new(Code::W0603, self.program.class(class).span, "nothing starts 'Main.main'")
                    .label("not a static box")
                    .hint("a program begins with `main` of a `static box Main`");
            self.diagnostics.push(d);
        }
    }

    // ---- names

    /// What a name stands for among the variables of the innermost function and those around it.
    pub(super) fn resolve(&mut self, name: Symbol) -> Option<Binding> {
        self.resolve_at(self.fns.len() - 1, name)
    }

    fn resolve_at(&mut self, level: usize, name: Symbol) -> Option<Binding> {
        if let Some(found) = self.fns[level].find(name) {
            return Some(found);
        }
        if self.fns[level].around == Around::Nothing || level == 0 {
            return None;
        }
        if let Some(i) = self.fns[level].captures.iter().position(|c| c.name == Some(name)) {
            let cell = self.fns[level].captures[i].cell;
            return Some(if cell { Binding::CaptureCell(i as u32) } else { Binding::Capture(i as u32) });
        }
        let outer = self.resolve_at(level - 1, name)?;
        let f = &mut self.fns[level];
        let cell = match f.around {
            Around::ByReference => matches!(outer, Binding::Cell(_) | Binding::CaptureCell(_)),
            Around::ByValue => f.scan.assigned.contains(&name),
            Around::Nothing => return None,
        };
        f.captures.push(Captured { name: Some(name), cell });
        let i = f.captures.len() as u32 - 1;
        Some(if cell { Binding::CaptureCell(i) } else { Binding::Capture(i) })
    }

    /// The receiver, captured if need be.
    pub(super) fn me(&mut self) -> Option<Val> {
        let binding = self.me_at(self.fns.len() - 1)?;
        Some(self.f().read(binding))
    }

    fn me_at(&mut self, level: usize) -> Option<Binding> {
        if let Some(me) = self.fns[level].me {
            return Some(Binding::Val(me));
        }
        if self.fns[level].around == Around::Nothing || level == 0 {
            return None;
        }
        if let Some(i) = self.fns[level].captures.iter().position(|c| c.name.is_none()) {
            return Some(Binding::Capture(i as u32));
        }
        self.me_at(level - 1)?;
        let f = &mut self.fns[level];
        f.captures.push(Captured { name: None, cell: false });
        Some(Binding::Capture(f.captures.len() as u32 - 1))
    }

    // ---- functions inside functions

    /// A function literal or a function declared inside a block.
    pub(super) fn literal(&mut self, func: ast::FuncId) -> Val {
        let ast = self.ast();
        let decl = ast.func(func);
        let name = match decl.name {
            Some(n) => n.name,
            None => self.intern("<function>"),
        };
        let id = self.new_func(name, decl.span);
        let params = decl.params.len() as u32;
        let mut f = FnState::new(id, name, decl.span, params, self.user_kind());
        f.around = Around::ByReference;
        f.scan = self.f().scan.clone();
        f.class = self.f().class;
        self.fns.push(f);
        self.body(&decl.params, 0, decl.body);
        let captured = self.finish();
        self.closure(id, &captured, Around::ByReference)
    }

    /// The function that a `nowait` runs, with the values it needs.
    pub(super) fn task(&mut self, value: ast::ExprId) -> Val {
        let name = self.intern("<task>");
        let span = self.ast().expr(value).span;
        let id = self.new_func(name, span);
        let mut f = FnState::new(id, name, span, 0, FuncKind::Task);
        f.around = Around::ByValue;
        f.scan = self.f().scan.clone();
        f.class = self.f().class;
        self.fns.push(f);
        self.f().enter(ScopeKind::Plain);
        self.f().enter(ScopeKind::Statement);
        let result = self.expr(value);
        self.exit(Exit::Return, Some(result));
        self.f().leave();
        self.f().leave();
        self.f().end(Op::Unreachable {});
        let captured = self.finish();
        self.closure(id, &captured, Around::ByValue)
    }

    fn closure(&mut self, func: FuncId, captured: &[Captured], around: Around) -> Val {
        let mut values = Vec::with_capacity(captured.len());
        for c in captured {
            let value = match c.name {
                None => self.me(),
                Some(name) => match (self.resolve(name), c.cell) {
                    (Some(Binding::Cell(var)), true) if around == Around::ByReference => {
                        Some(self.f().get(var))
                    }
                    (Some(Binding::CaptureCell(index)), true) if around == Around::ByReference => {
                        Some(self.f().emit(Op::Capture { index }))
                    }
                    (Some(binding), cell) => {
                        let value = self.f().read(binding);
                        Some(if cell { self.f().emit(Op::NewCell { value: Own(value) }) } else { value })
                    }
                    (None, _) => None,
                },
            };
            let value = value.unwrap_or_else(|| self.f().void());
            values.push(value);
        }
        let captures = Owns(self.f().draft.func.push_list(values.iter().map(|v| v.0)));
        self.f().emit(Op::NewClosure { func, captures })
    }
}
