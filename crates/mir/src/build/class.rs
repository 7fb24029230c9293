//! Boxes: their parents, fields and members, and what section 16 of the language page checks about them.
//! The code of the members is built in `member`.

use core::cmp::Reverse;

use hashbrown::{HashMap, HashSet};
use syntax::ast::{Ast, BoxDecl, BoxId, ExprKind, Ident, Member, StmtKind, Visibility};
use syntax::codes::Code;
use syntax::diag::Diagnostic;
use syntax::intern::Symbol;
use syntax::span::Span;

use super::call::count;
use super::{Builder, Declared};
use crate::inst::{ClassIx, FuncId};
use crate::program::{Field, Method, Parent};

/// A method or constructor whose code is built once all classes are known.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    pub(super) id: FuncId,
    pub(super) unit: usize,
    pub(super) func: syntax::ast::FuncId,
    pub(super) name: Symbol,
    pub(super) class: ClassIx,
    pub(super) has_me: bool,
}

impl Builder<'_> {
    fn decl(&self, d: Declared) -> &BoxDecl {
        &self.units[d.unit].ast.boxes[d.decl.index()]
    }

    pub(super) fn check_classes(&mut self) {
        let declared = self.declared.clone();
        for d in &declared {
            self.unit = d.unit;
            if d.class.is_none() {
                self.extend_builtin(*d);
            } else {
                self.parents(*d);
                self.members_of(*d);
            }
        }
        self.static_functions();
        for d in &declared {
            self.unit = d.unit;
            if !d.class.is_none() {
                self.break_cycle(d.class);
            }
        }
        for d in &declared {
            if !d.class.is_none() {
                self.unit = d.unit;
                self.fields(*d);
            }
        }
        for d in &declared {
            if !d.class.is_none() {
                self.unit = d.unit;
                self.check_members(*d);
            }
        }
        for c in &self.program.classes {
            self.members.extend(c.fields.iter().map(|f| f.name).chain(c.methods.iter().map(|m| m.name)));
            self.open_members |= c.parents.iter().any(|p| matches!(p, Parent::Builtin(_)));
        }
    }

    fn parents(&mut self, d: Declared) {
        let decl = self.decl(d).clone();
        let mut parents = Vec::new();
        for p in &decl.parents {
            if let Some(class) = self.class_named(p.name.name) {
                let (is_interface, tparams, span) = {
                    let c = self.program.class(class);
                    (c.is_interface, c.tparams, c.span)
                };
                let text = self.text(p.name.name).to_owned();
                if is_interface {
                    self.error(
                        Diagnostic::new(
                            Code::E0404,
                            p.name.span,
                            format!("interface '{text}' cannot be a parent"),
                        )
                        .label("an interface")
                        .other(span, "declared as an interface here")
                        .hint(format!("write `box {} interface {text}`", self.text(decl.name.name))),
                    );
                    continue;
                }
                if p.targs != 0 && p.targs != tparams {
                    self.type_arguments(p.name, p.targs, tparams, span);
                }
                parents.push(Parent::User(class));
            } else if let Some(builtin) = self.builtin_named(p.name.name) {
                parents.push(Parent::Builtin(builtin));
            } else {
                self.unknown(Code::E0401, "parent", p.name, false);
            }
        }
        let mut interfaces = Vec::new();
        for i in &decl.interfaces {
            match self.class_named(i.name) {
                Some(class) if self.program.class(class).is_interface => interfaces.push(class),
                Some(class) => {
                    let text = self.text(i.name).to_owned();
                    let span = self.program.class(class).span;
                    self.error(
                        Diagnostic::new(Code::E0402, i.span, format!("'{text}' is not an interface"))
                            .label("a box, not an interface")
                            .other(span, "declared here")
                            .hint(format!("to inherit from it write `from {text}`")),
                    );
                }
                None => self.unknown(Code::E0402, "interface", *i, true),
            }
        }
        let class = &mut self.program.classes[d.class.index()];
        class.parents = parents;
        class.interfaces = interfaces;
    }

    fn unknown(&mut self, code: Code, what: &str, name: Ident, interfaces: bool) {
        let text = self.text(name.name).to_owned();
        let mut names: Vec<Symbol> = self
            .program
            .class_names
            .iter()
            .filter(|(_, c)| self.program.class(**c).is_interface == interfaces)
            .map(|(n, _)| *n)
            .collect();
        if !interfaces {
            names.extend(self.boxes.keys().copied());
        }
        names.sort_unstable();
        let near = self.nearest(name.name, names.into_iter());
        let mut d =
            Diagnostic::new(code, name.span, format!("unknown {what} '{text}'")).label("not declared");
        d = match near {
            Some(near) => d.hint(format!("did you mean '{near}'?")),
            None if interfaces => d.hint(format!("declare it: `interface box {text} {{ ... }}`")),
            None => d.hint(format!("declare it: `box {text} {{ ... }}`, or include the file that does")),
        };
        self.error(d);
    }

    /// Methods that the prelude writes for a builtin box.
    fn extend_builtin(&mut self, d: Declared) {
        let decl = self.decl(d).clone();
        let Some(builtin) = self.builtin_named(decl.name.name) else { return };
        for m in &decl.members {
            if let Member::Method { func, .. } = m {
                let (method, pending) = self.new_method(d.unit, *func, decl.name.name, ClassIx::NONE, false);
                self.program.builtin_methods.push((builtin, method));
                self.pending.push(pending);
            }
        }
    }

    fn new_method(
        &mut self,
        unit: usize,
        func: syntax::ast::FuncId,
        box_name: Symbol,
        class: ClassIx,
        is_static: bool,
    ) -> (Method, Pending) {
        let decl = self.units[unit].ast.func(func);
        let name = decl.name.map_or(Symbol(0), |n| n.name);
        let arity = decl.params.len() as u32;
        let full = format!("{}.{}", self.text(box_name), self.text(name));
        let full = self.intern(&full);
        let id = self.new_func(full, decl.span);
        self.program.func_params(id, arity + u32::from(!is_static));
        (
            Method { name, func: id, arity, is_static },
            Pending { id, unit, func, name: full, class, has_me: !is_static },
        )
    }

    fn members_of(&mut self, d: Declared) {
        let decl = self.decl(d).clone();
        let ast = self.units[d.unit].ast;
        let mut methods: Vec<Method> = Vec::new();
        let mut constructors: Vec<(u32, FuncId)> = Vec::new();
        let mut places: HashMap<u32, Span> = HashMap::new();
        let mut pending: Vec<Pending> = Vec::new();
        let mut has_init = false;
        for m in &decl.members {
            match m {
                Member::Field { value, .. } => has_init |= value.is_some(),
                Member::StaticBlock(_) => {}
                Member::Signature { name, arity } => {
                    methods.push(Method {
                        name: name.name,
                        func: FuncId::NONE,
                        arity: *arity,
                        is_static: false,
                    });
                }
                Member::Constructor(func) => {
                    let f = ast.func(*func);
                    let arity = f.params.len() as u32;
                    let span = f.name.map_or(f.span, |n| n.span);
                    if let Some(first) = places.insert(arity, span) {
                        let name = self.text(decl.name.name).to_owned();
                        self.error(
                            Diagnostic::new(
                                Code::E0407,
                                span,
                                format!("'{name}' has two constructors with {}", count(arity, "parameter")),
                            )
                            .label("the second one")
                            .other(first, "the first one")
                            .hint("constructors of a box differ in their number of parameters; every spelling counts as `birth`"),
                        );
                        continue;
                    }
                    let (m, p) = self.new_method(d.unit, *func, decl.name.name, d.class, false);
                    constructors.push((arity, m.func));
                    pending.push(p);
                }
                Member::Method { func, is_static, .. } => {
                    // `static` changes nothing in a static box, whose methods have its one instance.
                    let is_static = *is_static && !decl.is_static;
                    let (m, p) = self.new_method(d.unit, *func, decl.name.name, d.class, is_static);
                    // A later declaration of the same name replaces an earlier one.
                    if let Some(old) = methods.iter_mut().find(|o| o.name == m.name) {
                        *old = m;
                    } else {
                        methods.push(m);
                    }
                    pending.push(p);
                }
            }
        }
        self.pending.extend(pending);
        let init = has_init.then(|| self.part_of(decl.name, "<fields>"));
        let begins = has_init
            || !decl.parents.is_empty()
            || decl.members.iter().any(|m| matches!(m, Member::StaticBlock(_)));
        let static_init = (decl.is_static && begins).then(|| self.part_of(decl.name, "<static>"));
        let class = &mut self.program.classes[d.class.index()];
        class.methods = methods;
        class.constructors = constructors;
        class.init = init;
        class.static_init = static_init;
    }

    fn part_of(&mut self, name: Ident, part: &str) -> FuncId {
        let full = format!("{}.{part}", self.text(name.name));
        let full = self.intern(&full);
        let id = self.new_func(full, name.span);
        self.program.func_params(id, 1);
        id
    }

    /// `static function B.m(p) { }` adds a method without receiver.
    fn static_functions(&mut self) {
        for unit in 0..self.units.len() {
            self.unit = unit;
            let ast = self.ast();
            for s in &ast.stmts {
                let StmtKind::StaticFunction { target, func } = s.kind else { continue };
                let Some(class) = self.class_named(target.name) else {
                    self.unknown(Code::E0414, "box", target, false);
                    continue;
                };
                let (m, p) = self.new_method(unit, func, target.name, class, true);
                let methods = &mut self.program.classes[class.index()].methods;
                match methods.iter_mut().find(|o| o.name == m.name) {
                    Some(old) => *old = m,
                    None => methods.push(m),
                }
                self.pending.push(p);
            }
        }
    }

    /// Reports a cycle of parents and cuts it, so that later walks end.
    fn break_cycle(&mut self, class: ClassIx) {
        let Some(path) = self.cycle(class) else { return };
        let span = self.program.class(class).span;
        let names: Vec<String> =
            path.iter().map(|c| self.text(self.program.class(*c).name).to_owned()).collect();
        let title = format!("the parents of '{}' form a cycle", names[0]);
        self.error(
            Diagnostic::new(Code::E0406, span, title)
                .label(names.join(" from "))
                .hint("a box cannot inherit from itself; remove one of these `from`"),
        );
        self.program.classes[class.index()].parents.retain(|p| matches!(p, Parent::Builtin(_)));
    }

    /// The way from a class by its parents back to itself.
    fn cycle(&self, class: ClassIx) -> Option<Vec<ClassIx>> {
        let mut seen = HashSet::new();
        // Each class on the way with the next of its parents.
        let mut way = vec![(class, 0)];
        while let Some((at, next)) = way.last_mut() {
            let parent = self.program.class(*at).parents.get(*next);
            *next += 1;
            match parent {
                Some(Parent::User(p)) if *p == class => {
                    return Some(way.iter().map(|(at, _)| *at).chain([class]).collect());
                }
                Some(Parent::User(p)) if seen.insert(*p) => way.push((*p, 0)),
                Some(_) => {}
                None => drop(way.pop()),
            }
        }
        None
    }

    /// Declared fields, then those that the box's own methods assign through `me`.
    fn fields(&mut self, d: Declared) {
        let decl = self.decl(d).clone();
        let mut fields: Vec<Field> = Vec::new();
        let mut known: HashMap<Symbol, usize> = HashMap::new();
        for m in &decl.members {
            if let Member::Field { name, weak, visibility, .. } = m {
                let public = *visibility == Visibility::Public;
                let at = *known.entry(name.name).or_insert(fields.len());
                match fields.get_mut(at) {
                    Some(old) => {
                        old.weak |= *weak;
                        old.public |= public;
                    }
                    None => fields.push(Field { name: name.name, weak: *weak, public }),
                }
            }
        }
        let stores = self.me_stores(d.unit, decl.span);
        if !stores.is_empty() {
            let ancestors = self.program.ancestors_first(d.class);
            let inherited = ancestors.iter().flat_map(|a| &self.program.class(*a).fields);
            let inherited: HashSet<Symbol> = inherited.map(|f| f.name).collect();
            for (_, inside, name) in stores {
                if inside == d.decl && !inherited.contains(&name) && !known.contains_key(&name) {
                    known.insert(name, fields.len());
                    fields.push(Field { name, weak: false, public: false });
                }
            }
        }
        let class = &mut self.program.classes[d.class.index()];
        class.fields = fields;
        class.has_visibility = decl.has_groups;
    }

    /// Where `me.f = e` stands within a stretch of a file.
    fn me_stores(&mut self, unit: usize, within: Span) -> Vec<MeStore> {
        if self.stores.len() <= unit {
            self.stores.resize_with(self.units.len(), || None);
        }
        let stores = self.stores[unit].get_or_insert_with(|| all_me_stores(self.units[unit].ast));
        let from = stores.partition_point(|(at, ..)| *at < within.lo);
        let to = stores.partition_point(|(at, ..)| *at < within.hi);
        stores[from..to].to_vec()
    }

    fn check_members(&mut self, d: Declared) {
        let decl = self.decl(d).clone();
        let ast = self.units[d.unit].ast;
        for m in &decl.members {
            let Member::Method { func, is_override, .. } = m else { continue };
            let Some(name) = ast.func(*func).name else { continue };
            let inherited = self.program.class(d.class).parents.clone().iter().find_map(|p| match p {
                Parent::User(p) => self.program.find_method(*p, name.name).map(|(c, _)| c),
                Parent::Builtin(_) => None,
            });
            match (is_override, inherited) {
                (Some(place), None) if !self.has_builtin_ancestor(d.class) => {
                    self.no_override(*place, name, d, &decl)
                }
                (None, Some(parent)) if name.name != self.words.fini => {
                    let (text, parent_name) =
                        (self.text(name.name).to_owned(), self.program.class(parent).name);
                    let parent_text = self.text(parent_name).to_owned();
                    self.diagnostics.push(
                        Diagnostic::new(
                            Code::W0601,
                            name.span,
                            format!("method '{text}' hides the one of '{parent_text}'"),
                        )
                        .label("hidden without `override`")
                        .hint(format!("write `override {text}(...)` to show that it is meant")),
                    );
                }
                _ => {}
            }
        }
        for i in self.program.class(d.class).interfaces.clone() {
            self.check_interface(d, i, &decl);
        }
    }

    fn no_override(&mut self, place: Span, name: Ident, d: Declared, decl: &BoxDecl) {
        let text = self.text(name.name).to_owned();
        let mut names: Vec<Symbol> = self
            .program
            .ancestors_first(d.class)
            .into_iter()
            .filter(|c| *c != d.class)
            .flat_map(|c| self.program.class(c).methods.iter().map(|m| m.name))
            .collect();
        names.sort_unstable();
        let near = self.nearest(name.name, names.into_iter());
        let title = format!("no parent of '{}' has a method '{text}' to override", self.text(decl.name.name));
        let mut e = Diagnostic::new(Code::E0405, name.span, title).label("nothing to override");
        e = e.other(place, "`override` promises a method of a parent");
        e = match near {
            Some(near) => e.hint(format!("did you mean '{near}'?")),
            None => e.hint("remove `override`, or add the method to the parent"),
        };
        self.error(e);
    }

    fn check_interface(&mut self, d: Declared, interface: ClassIx, decl: &BoxDecl) {
        if self.has_builtin_ancestor(d.class) && self.program.class(interface).methods.is_empty() {
            return;
        }
        for wanted in self.program.class(interface).methods.clone() {
            let found = self.program.find_method(d.class, wanted.name).map(|(_, m)| m);
            let (box_name, name) = (self.text(decl.name.name).to_owned(), self.text(wanted.name).to_owned());
            let of = self.text(self.program.class(interface).name).to_owned();
            let span = self.program.class(interface).span;
            match found {
                Some(m) if m.arity == wanted.arity => {}
                Some(m) => {
                    let at = self.program.func(m.func).span;
                    self.error(
                        Diagnostic::new(
                            Code::E0403,
                            decl.name.span,
                            format!(
                                "'{box_name}' does not implement '{of}': '{name}' takes {} instead of {}",
                                count(m.arity, "parameter"),
                                wanted.arity
                            ),
                        )
                        .label("wrong number of parameters")
                        .other(Span::new(at.lo, at.lo + name.len() as u32), "this method")
                        .other(span, "the interface")
                        .hint(format!("give '{name}' {}", count(wanted.arity, "parameter"))),
                    );
                }
                None => {
                    let names: Vec<Symbol> =
                        self.program.class(d.class).methods.iter().map(|m| m.name).collect();
                    let near = self.nearest(wanted.name, names.into_iter());
                    let e = Diagnostic::new(
                        Code::E0403,
                        decl.name.span,
                        format!("'{box_name}' does not implement '{of}': method '{name}' is missing"),
                    )
                    .label(format!("'{name}' is missing"))
                    .other(span, "the interface");
                    self.error(match near {
                        Some(near) => e.hint(format!("is '{near}' meant to be '{name}'?")),
                        None => {
                            e.hint(format!("add a method `{name}` with {}", count(wanted.arity, "parameter")))
                        }
                    });
                }
            }
        }
    }
}

/// A `me.f = e`: where it stands, in which box, the field.
pub(super) type MeStore = (u32, BoxId, Symbol);

/// By ascending place.
fn all_me_stores(ast: &Ast) -> Vec<MeStore> {
    let mut stores: Vec<(u32, Symbol)> = ast
        .stmts
        .iter()
        .filter_map(|s| match s.kind {
            StmtKind::Assign { place, .. } => match ast.expr(place).kind {
                ExprKind::Field(object, field) if matches!(ast.expr(object).kind, ExprKind::Me) => {
                    Some((s.span.lo, field.name))
                }
                _ => None,
            },
            _ => None,
        })
        .collect();
    stores.sort_unstable_by_key(|(at, _)| *at);
    // Boxes as they begin, outer ones first, and those that a store may stand in.
    let mut boxes: Vec<(Span, BoxId)> =
        ast.boxes.iter().enumerate().map(|(i, b)| (b.span, BoxId(i as u32))).collect();
    boxes.sort_unstable_by_key(|(span, _)| (span.lo, Reverse(span.hi)));
    let mut boxes = boxes.into_iter().peekable();
    let mut open: Vec<(Span, BoxId)> = Vec::new();
    let inside = stores.into_iter().filter_map(|(at, name)| {
        while let Some(next) = boxes.next_if(|(span, _)| span.lo <= at) {
            while open.pop_if(|(span, _)| span.hi <= next.0.lo).is_some() {}
            open.push(next);
        }
        while open.pop_if(|(span, _)| span.hi <= at).is_some() {}
        open.last().map(|(_, inside)| (at, *inside, name))
    });
    inside.collect()
}
