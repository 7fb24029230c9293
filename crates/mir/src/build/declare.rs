//! What the files declare, before anything is built: boxes, functions, global variables, links between files.

use syntax::ast::{BlockId, ExprKind, List, StmtKind};
use syntax::codes::Code;
use syntax::diag::Diagnostic;
use syntax::intern::Symbol;

use super::class::Pending;
use super::{Builder, Declared, UnitKind};
use crate::func::Func;
use crate::inst::{ClassIx, FuncId};
use crate::program::Class;

impl Builder<'_> {
    pub(super) fn new_func(&mut self, name: Symbol, span: syntax::span::Span) -> FuncId {
        self.program.funcs.push(Func::new(name, span));
        FuncId(self.program.funcs.len() as u32 - 1)
    }

    pub(super) fn declare_units(&mut self) {
        for unit in 0..self.units.len() {
            self.unit = unit;
            let name = self.intern("<top>");
            let top = self.new_func(name, syntax::span::Span::default());
            self.tops.push(top);
        }
        for unit in 0..self.units.len() {
            self.unit = unit;
            let ast = self.ast();
            let top_level: hashbrown::HashSet<u32> = ast
                .stmt_list(ast.items)
                .iter()
                .filter_map(|s| match ast.stmt(*s).kind {
                    StmtKind::Box(b) => Some(b.0),
                    _ => None,
                })
                .collect();
            for i in 0..ast.boxes.len() as u32 {
                self.declare_box(syntax::ast::BoxId(i), !top_level.contains(&i));
            }
            for s in ast.stmt_list(ast.items) {
                match ast.stmt(*s).kind {
                    StmtKind::Function(f) => {
                        let func = ast.func(f);
                        if let Some(name) = func.name {
                            let id = self.new_func(name.name, func.span);
                            self.program.func_params(id, func.params.len() as u32);
                            // A later declaration of the same name replaces an earlier one.
                            self.program.functions.insert(name.name, id);
                            self.pending.push(Pending {
                                id,
                                unit,
                                func: f,
                                name: name.name,
                                class: ClassIx::NONE,
                                has_me: false,
                            });
                        }
                    }
                    StmtKind::Using { target, alias, is_file, .. } => {
                        self.declare_using(target, alias, is_file)
                    }
                    _ => {}
                }
            }
        }
        for unit in 0..self.units.len() {
            self.unit = unit;
            let mut scopes = vec![Vec::new()];
            let items = self.ast().items;
            self.find_globals(items, &mut scopes);
        }
    }

    fn declare_using(&mut self, target: Symbol, alias: Option<syntax::ast::Ident>, is_file: bool) {
        if target == self.words.nyashstd && !is_file {
            self.program.nyashstd = true;
        }
        if let Some(alias) = alias {
            // The module's box of the same name: the last part of the dotted name, or of the file's stem.
            let text = self.text(target);
            let last = if is_file {
                let file = text.rsplit('/').next().unwrap_or(text);
                file.strip_suffix(".nyash").unwrap_or(file)
            } else {
                text.rsplit('.').next().unwrap_or(text)
            }
            .to_owned();
            let name = self.intern(&last);
            self.program.aliases.insert(alias.name, name);
        }
    }

    fn declare_box(&mut self, id: syntax::ast::BoxId, nested: bool) {
        let ast = self.ast();
        let decl = &ast.boxes[id.index()];
        if self.prelude() && self.boxes.contains_key(&decl.name.name) {
            // Extends a builtin box; `build_classes` adds the methods.
            self.declared.push(Declared { unit: self.unit, decl: id, class: ClassIx::NONE });
            return;
        }
        let class = ClassIx(self.program.classes.len() as u32);
        self.program.classes.push(Class {
            name: decl.name.name,
            span: decl.name.span,
            is_static: decl.is_static,
            is_interface: decl.is_interface,
            is_nested: nested,
            parents: Vec::new(),
            interfaces: Vec::new(),
            fields: Vec::new(),
            has_visibility: false,
            methods: Vec::new(),
            constructors: Vec::new(),
            tparams: decl.tparams,
            init: None,
            static_init: None,
        });
        self.declared.push(Declared { unit: self.unit, decl: id, class });
        self.by_place.insert(decl.name.span.lo, class);
        let old = self.program.class_names.insert(decl.name.name, class);
        if let Some(old) = old
            && self.units[self.unit].kind != UnitKind::Repl
            && self.by_place.values().any(|c| *c == old)
        {
            let title = format!("box '{}' is declared twice", self.text(decl.name.name));
            let first = self.program.class(old).span;
            self.error(
                Diagnostic::new(Code::E0413, decl.name.span, title)
                    .label("declared again here")
                    .other(first, "first declared here")
                    .hint("give one of the two another name"),
            );
        }
    }

    /// Finds the globals that the top-level code of a file makes: names assigned outside functions that no
    /// `local` of an enclosing block declares.
    fn find_globals(&mut self, list: List, scopes: &mut Vec<Vec<Symbol>>) {
        let ast = self.ast();
        for s in ast.stmt_list(list) {
            match ast.stmt(*s).kind {
                StmtKind::Local { name, fini, .. } => {
                    if let Some(scope) = scopes.last_mut() {
                        scope.push(name.name);
                    }
                    if self.units[self.unit].kind == UnitKind::Repl && scopes.len() == 1 {
                        self.program.global(name.name);
                    }
                    fini.into_iter().for_each(|b| self.globals_in(b, None, scopes));
                }
                StmtKind::Nowait { name, .. } => {
                    if self.units[self.unit].kind == UnitKind::Repl && scopes.len() == 1 {
                        self.program.global(name.name);
                    }
                    if self.global_named(name.name).is_none()
                        && let Some(scope) = scopes.last_mut()
                    {
                        scope.push(name.name);
                    }
                }
                StmtKind::Global { name, .. } => {
                    self.program.global(name.name);
                }
                StmtKind::Function(f) if scopes.len() > 1 => {
                    if let (Some(name), Some(scope)) = (ast.func(f).name, scopes.last_mut()) {
                        scope.push(name.name);
                    }
                }
                StmtKind::Assign { place, .. } => {
                    if let ExprKind::Name(n) = ast.expr(place).kind
                        && !scopes.iter().any(|s| s.contains(&n))
                    {
                        self.program.global(n);
                    }
                }
                StmtKind::Block(b) | StmtKind::Fini(b) => self.globals_in(b, None, scopes),
                StmtKind::Loop { body, .. } => self.globals_in(body, None, scopes),
                StmtKind::If { then, els, .. } => {
                    self.globals_in(then, None, scopes);
                    let mut els = els;
                    // A long `else if` chain is a list here, not a nest.
                    while let Some(b) = els {
                        els = None;
                        match ast.stmt_list(ast.block(b).stmts) {
                            [one] if matches!(ast.stmt(*one).kind, StmtKind::If { .. }) => {
                                if let StmtKind::If { then, els: next, .. } = ast.stmt(*one).kind {
                                    self.globals_in(then, None, scopes);
                                    els = next;
                                }
                            }
                            _ => self.globals_in(b, None, scopes),
                        }
                    }
                }
                StmtKind::Try(t) => {
                    let t = &ast.tries[t.index()];
                    self.globals_in(t.body, None, scopes);
                    for c in &t.catches {
                        self.globals_in(c.body, c.name.map(|n| n.name), scopes);
                    }
                    t.finally.into_iter().for_each(|b| self.globals_in(b, None, scopes));
                }
                _ => {}
            }
        }
    }

    fn globals_in(&mut self, block: BlockId, name: Option<Symbol>, scopes: &mut Vec<Vec<Symbol>>) {
        scopes.push(name.into_iter().collect());
        let stmts = self.ast().block(block).stmts;
        self.find_globals(stmts, scopes);
        scopes.pop();
    }

    /// The unit that an `include` or `using` at a position means.
    pub(super) fn linked(&self, place: u32) -> Option<usize> {
        self.units[self.unit].links.iter().find(|(at, _)| *at == place).map(|(_, unit)| *unit)
    }
}
