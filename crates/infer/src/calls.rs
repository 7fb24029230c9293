//! Calls: of functions, of methods by name, of builtins by what their rows say. It does not know instructions.

use mir::inst::{ClassIx, FuncId, Val};
use nyrt::builtin::{self, BuiltinId, Effects, Gives, ParamKind, Store};
use nyrt::prelude::PreludeFn;
use nyrt::value::{ClassId, class_id};
use smallvec::SmallVec;
use syntax::intern::Symbol;

use crate::classes::{Resolved, kind_of, rows_of_text};
use crate::lengths::lengths_that_shrink;
use crate::rows::Var;
use crate::solve::Solver;
use crate::ty::{Kinds, SetId, Ty};

/// More classes than this are compared with those of which an instruction has called the methods before.
const FEW_CLASSES: usize = 4;

/// Marks builtin rows among the callees of an instruction.
pub(crate) const ROW: u32 = 1 << 31;

impl Solver<'_> {
    /// Operands of an instruction.
    pub(crate) fn args(&self, id: u32, from: usize, count: usize) -> SmallVec<[Var; 4]> {
        let uses = self.graph.uses_of(id).get(from..).unwrap_or_default();
        SmallVec::from_slice(&uses[..count.min(uses.len())])
    }

    /// Whether it is new that an instruction calls a function.
    pub(crate) fn note_call(&mut self, id: u32, func: FuncId) -> bool {
        let new = self.graph.note_call(id, func.0);
        if new {
            self.callees.push((id, func));
        }
        new
    }

    /// A function is called; without the right number of arguments that throws.
    pub(crate) fn call(&mut self, id: u32, func: FuncId, me: Option<Ty>, args: &[Var], dst: Var) {
        let Some(f) = self.program.funcs.get(func.index()) else { return };
        let first = u32::from(me.is_some());
        if f.params as usize != args.len() + first as usize {
            return;
        }
        let Some(place) = self.reach(func) else { return };
        if let Some(me) = me {
            self.raise(place.var(Val(0)), me);
        }
        if self.note_call(id, func) {
            if self.graph.owner(id) == func {
                // Its parameters are computed from themselves.
                (place.vars..place.vars + f.params).for_each(|param| self.graph.goes_around(param));
            }
            for (i, arg) in args.iter().enumerate() {
                self.connect_new(*arg, place.var(Val(first + i as u32)));
            }
            self.connect_new(place.ret, dst);
        }
    }

    /// A function value is called.
    pub(crate) fn call_any(&mut self, id: u32, callee: Ty, args: &[Var], dst: Var) {
        for at in self.sites_of(callee, Kinds::FUNC) {
            let Some(site) = self.site_in(at, Kinds::FUNC) else { continue };
            match site.bound {
                Some(name) => {
                    self.graph.subscribe(site.a, id);
                    let receiver = self.graph.ty(site.a);
                    let program = self.program;
                    self.method(id, receiver, Some(name), program.names.text(name), args, dst);
                }
                None => self.call(id, site.func, None, args, dst),
            }
        }
        if self.is_unknown(callee, Kinds::FUNC) {
            self.call_unknown(id, args, dst);
        }
    }

    /// A method that is read without a call. Called, it does what the method does.
    pub(crate) fn bound_method(&mut self, id: u32, name: Symbol, receiver: Ty) -> Ty {
        let (site, ty) = self.site_at(id, class_id::FUNCTION);
        let index = self.sets.sites(ty.objs).next();
        if let Some(index) = index {
            self.sites[index as usize].bound = Some(name);
            self.raise(site.a, receiver);
            if site.escaped {
                self.escape_bound(site.a, name);
            }
        }
        ty
    }

    /// Anybody may call a bound method: with the receiver anything may happen that its methods of that name do, and
    /// anything can come out of it.
    pub(crate) fn escape_bound(&mut self, receiver: Var, name: Symbol) {
        let receiver = self.graph.ty(receiver);
        let text = self.program.names.text(name);
        self.any_bound = true;
        self.any_may_be_dead = true;
        self.sites_may_be_dead = true;
        self.leak(receiver);
        self.leak_contents();
        for class in self.classes_of(receiver).unwrap_or_else(|| self.instances.as_slice().into()) {
            for content in self.classes.info[class.index()].contents.clone() {
                self.lazy_content(content);
                self.leak(self.graph.ty(self.contents + content.0));
            }
            match self.classes.resolve(self.program, class, Some(name), text) {
                Resolved::Func(func) => {
                    let me = self.instance(class);
                    self.enter_unknown(func);
                    if let Some(place) = self.reach(func) {
                        self.raise(place.var(Val(0)), me);
                    }
                }
                Resolved::Static(func) => self.enter_unknown(func),
                Resolved::OnContent(_, func) => {
                    self.enter_unknown(func);
                    if let Some(place) = self.reach(func) {
                        self.raise(place.var(Val(0)), Ty::ANY);
                    }
                }
                Resolved::Builtin(..) | Resolved::Every(_) | Resolved::None => {}
            }
        }
        for (_, m) in &self.program.builtin_methods {
            self.enter_unknown(m.func);
        }
        self.call_prelude(PreludeFn::AllEqual, &[Ty::ANY]);
        self.call_prelude(PreludeFn::IndexOf, &[Ty::ANY, Ty::ANY]);
        self.call_prelude(PreludeFn::Contains, &[Ty::ANY, Ty::ANY]);
        self.call_prelude(PreludeFn::Sort, &[Ty::ANY]);
    }

    /// A function value that may be any is called.
    pub(crate) fn call_unknown(&mut self, id: u32, args: &[Var], dst: Var) {
        for arg in args {
            self.leak(self.graph.ty(*arg));
        }
        self.note_call(id, FuncId::NONE);
        self.raise(dst, Ty::ANY);
    }

    /// What is in the objects of some kinds flows to a place.
    pub(crate) fn inside(&mut self, ty: Ty, kinds: Kinds, second: bool, to: Var) {
        for at in self.sites_of(ty, kinds) {
            let Some(site) = self.site_in(at, kinds) else { continue };
            self.connect(if second { site.b } else { site.a }, to);
        }
        if self.is_unknown(ty, kinds) {
            self.connect(self.unknown, to);
        }
    }

    /// A value is put into the objects of some kinds.
    fn put(&mut self, ty: Ty, kinds: Kinds, second: bool, value: Var) {
        for at in self.sites_of(ty, kinds) {
            let Some(site) = self.site_in(at, kinds) else { continue };
            self.connect(value, if second { site.b } else { site.a });
        }
        if self.is_unknown(ty, kinds) {
            self.connect(value, self.unknown);
        }
    }

    /// A method by name is called on a value.
    pub(crate) fn method(
        &mut self,
        id: u32,
        object: Ty,
        name: Option<Symbol>,
        text: &str,
        args: &[Var],
        dst: Var,
    ) {
        if name.is_some() && name == self.fini {
            self.explicit_fini(id, object, args, dst);
            return;
        }
        if matches!(text, "toString" | "type_name") && self.fini.is_some() && object.has(Kinds::USER) {
            // Dead boxes have these, whatever their class says.
            self.raise(dst, Ty::of(Kinds::STR));
        }
        match self.class_positions(object) {
            Some(classes) if classes.len() <= FEW_CLASSES => {
                for at in classes {
                    let class = self.sets.class_at(at);
                    self.method_of(id, class, name, text, args, dst);
                }
            }
            Some(classes) => self.method_of_many(id, (object.objs, classes), name, text, args, dst),
            None => self.method_of_any(id, name, args, dst),
        }
        self.builtin_method(id, object, name, text, args, dst);
    }

    /// A method is called on instances of the classes of a set. They mostly came one by one, so those are left out of which the
    /// instruction has called the method before, if nothing but their class says what that does.
    fn method_of_many(
        &mut self,
        id: u32,
        (set, classes): (SetId, core::ops::Range<usize>),
        name: Option<Symbol>,
        text: &str,
        args: &[Var],
        dst: Var,
    ) {
        let before = self.called_on.get(&(id, name)).and_then(|set| self.sets.class_positions(*set));
        let is_first = before.is_none();
        let mut before = before.unwrap_or(0..0);
        let mut fixed = true;
        if !(is_first && self.method_of_set(id, set, name, args, dst)) {
            for at in classes {
                let class = self.sets.class_at(at);
                while before.start < before.end && self.sets.class_at(before.start) < class {
                    before.start += 1;
                }
                if before.start == before.end || self.sets.class_at(before.start) != class {
                    fixed &= self.method_of(id, class, name, text, args, dst);
                }
            }
        }
        if fixed {
            self.called_on.insert((id, name), set);
        }
    }

    /// Gives whether nothing but the class says what that does.
    pub(crate) fn method_of(
        &mut self,
        id: u32,
        class: ClassIx,
        name: Option<Symbol>,
        text: &str,
        args: &[Var],
        dst: Var,
    ) -> bool {
        match self.classes.resolve(self.program, class, name, text) {
            Resolved::Func(func) => {
                let me = self.instance(class);
                self.call(id, func, Some(me), args, dst);
                return true;
            }
            Resolved::Static(func) => {
                self.call(id, func, None, args, dst);
                return true;
            }
            Resolved::Builtin(parent, row) => {
                let content = self.content_of(id, parent);
                self.row_call(id, row, content, args, dst);
            }
            Resolved::OnContent(parent, func) => {
                let content = self.content_of(id, parent);
                self.call(id, func, Some(content), args, dst);
            }
            Resolved::Every(row) => {
                let me = self.instance(class);
                self.row_call(id, row, me, args, dst);
            }
            Resolved::None => {
                let Some(place) = name.and_then(|n| self.classes.field(class, n)) else { return true };
                let field = self.fields + place;
                self.graph.subscribe(field, id);
                let callee = self.graph.ty(field);
                self.call_any(id, callee, args, dst);
            }
        }
        false
    }

    /// The content that boxes have for a builtin parent.
    fn content_of(&mut self, id: u32, parent: ClassId) -> Ty {
        self.lazy_content(parent);
        let var = self.contents + parent.0;
        self.graph.subscribe(var, id);
        self.graph.ty(var)
    }

    fn builtin_method(
        &mut self,
        id: u32,
        object: Ty,
        name: Option<Symbol>,
        text: &str,
        args: &[Var],
        dst: Var,
    ) {
        let mut left = object.kinds - Kinds::USER - Kinds::CELL;
        if name.is_none_or(|n| !self.words.of_nothing(n)) {
            left -= Kinds::NOTHING;
        }
        if left.is_empty() {
            return;
        }
        if let Some(name) = name.filter(|_| !self.program.builtin_methods.is_empty()) {
            for class in (0..class_id::FIRST_USER.0).map(ClassId).filter(|c| left.intersects(kind_of(*c))) {
                match self.classes.prelude_method(class, name) {
                    Some((func, true)) => self.call(id, func, None, args, dst),
                    Some((func, false)) => {
                        let me = object.part(kind_of(class));
                        self.call(id, func, Some(me), args, dst);
                    }
                    None => {}
                }
            }
        }
        let rows = match name {
            Some(name) => self.classes.rows_of(name),
            None => rows_of_text(text),
        };
        let Some(rows) = rows else { return };
        for (class, row) in &rows.methods {
            let kind = kind_of(*class);
            if !left.contains(kind) {
                continue;
            }
            let receiver = object.part(kind);
            if kind == Kinds::BUILTIN {
                let mut known = self.sites_of(object, kind).filter_map(|at| self.site_in(at, kind));
                let known = known.any(|s| s.class == *class);
                if !known && !self.is_unknown(object, kind) {
                    continue;
                }
            } else {
                left -= kind;
            }
            self.row_call(id, *row, receiver, args, dst);
        }
        if let Some(row) = rows.every.filter(|_| !left.is_empty()) {
            self.row_call(id, row, object.part(left), args, dst);
        }
    }

    /// A method of one of the builtin parents of a box.
    pub(crate) fn content_method(&mut self, id: u32, object: Ty, name: Symbol, args: &[Var], dst: Var) {
        let mut parents: Vec<ClassId> = Vec::new();
        let classes = self.classes_of(object).unwrap_or_else(|| self.instances.as_slice().into());
        self.graph.subscribe(self.births, id);
        for class in classes {
            for parent in &self.classes.info[class.index()].contents {
                crate::classes::push_new(&mut parents, *parent);
            }
        }
        let text = self.program.names.text(name);
        for parent in parents {
            let content = self.content_of(id, parent);
            self.builtin_method(id, content, Some(name), text, args, dst);
        }
    }

    /// `x.fini()`.
    fn explicit_fini(&mut self, id: u32, object: Ty, args: &[Var], dst: Var) {
        if !args.is_empty() || object.only(Kinds::NOTHING) || object.is_none() {
            return;
        }
        self.sites_may_be_dead |= object.has(Kinds::SITES);
        match self.classes_of(object) {
            Some(classes) => classes.iter().for_each(|c| self.may_be_dead[c.index()] = true),
            None => self.any_may_be_dead = true,
        }
        if let Some(row) = builtin::find_universal("fini") {
            self.note_row(id, row);
        }
        self.raise(dst, Ty::of(Kinds::VOID));
    }

    fn note_row(&mut self, id: u32, row: BuiltinId) {
        if self.graph.note_call(id, ROW | u32::from(row.0)) {
            self.rows.push((id, row));
        }
    }

    /// A value as a row sees it that wants a builtin class.
    fn seen(&mut self, id: u32, ty: Ty, class: ClassId) -> Ty {
        let own = ty.part(kind_of(class));
        if !ty.has(Kinds::USER) || !self.classes.has_contents {
            return own;
        }
        let content = self.content_of(id, class);
        self.sets.join(own, content)
    }

    /// A builtin is called.
    pub(crate) fn row_call(&mut self, id: u32, row_id: BuiltinId, receiver: Ty, args: &[Var], dst: Var) {
        let row = builtin::row(row_id);
        if args.len() < row.min() || args.len() > row.max() {
            return;
        }
        for (arg, param) in args.iter().zip(row.params) {
            let ty = self.graph.ty(*arg);
            let stands_in = self.classes.has_contents && ty.has(Kinds::USER);
            if ty.is_none() || !ty.has(taken_by(param.kind)) && !stands_in {
                return;
            }
        }
        self.note_row(id, row_id);
        for (arg, param) in args.iter().zip(row.params) {
            match param.store {
                None | Some(Store::Kept) => {}
                Some(Store::Elem) => self.put(receiver, Kinds::ARR, false, *arg),
                Some(Store::Key) => self.put(receiver, Kinds::MAP, false, *arg),
                Some(Store::Value) => self.put(receiver, Kinds::MAP, true, *arg),
                Some(Store::Document) => {
                    self.leak(self.graph.ty(*arg));
                    self.leak_contents();
                }
                Some(Store::ElemsToFirst) => {
                    let from = self.graph.ty(*arg);
                    let from = self.seen(id, from, class_id::ARRAY);
                    let first = args.first().map_or(Ty::NONE, |a| self.graph.ty(*a));
                    let to = self.seen(id, first, class_id::ARRAY);
                    // It gives no array, so the place is free.
                    let between = self.site_at(id, class_id::ARRAY).0.a;
                    self.inside(from, Kinds::ARR, false, between);
                    self.put(to, Kinds::ARR, false, between);
                }
            }
        }
        if row.effects.contains(Effects::SHORTENS) {
            for at in self.sites_of(receiver, Kinds::ARR) {
                let Some(site) = self.site_in(at, Kinds::ARR) else { continue };
                self.raise(site.b, lengths_that_shrink());
            }
        }
        for f in row.via {
            self.via(id, *f, receiver, args);
        }
        for gives in row.gives {
            self.give(*gives, id, receiver, args, dst);
        }
        let kept = row.params.iter().zip(args).filter(|(p, _)| p.store == Some(Store::Kept));
        for (_, arg) in kept {
            for gives in row.gives {
                if let Gives::Instance(class) = gives {
                    let (site, _) = self.site_at(id, *class);
                    self.connect(*arg, site.a);
                }
            }
        }
    }

    /// A function of the prelude may run in the place of a builtin.
    fn via(&mut self, id: u32, f: PreludeFn, receiver: Ty, args: &[Var]) {
        let func = self.prelude.get(f as usize).copied().unwrap_or(FuncId::NONE);
        if !func.is_none() {
            self.note_call(id, func);
        }
        let arg = args.first().map_or(Ty::NONE, |a| self.graph.ty(*a)).with_any_int();
        let array =
            if receiver.has(Kinds::ARR) { receiver.part(Kinds::ARR) } else { Ty::ANY.part(Kinds::ARR) };
        match f {
            // Reached from the beginning.
            PreludeFn::Text | PreludeFn::Print | PreludeFn::Json | PreludeFn::Error | PreludeFn::Fail => {}
            PreludeFn::AllEqual => {
                // Only methods of the program have to be asked. They see what is in arrays in arrays.
                if self.equals.is_some_and(|n| self.classes.is_selector(n)) {
                    self.leak(receiver);
                    self.leak(arg);
                    self.leak_contents();
                    self.call_prelude(f, &[array_of_any()]);
                }
            }
            PreludeFn::IndexOf | PreludeFn::Contains => {
                if receiver.has(Kinds::MAP) {
                    self.leak(receiver);
                    self.leak_contents();
                }
                self.call_prelude(f, &[array, arg]);
            }
            PreludeFn::Sort => self.call_prelude(f, &[array]),
        }
    }

    /// One of the things that a row gives flows to a place.
    pub(crate) fn give(&mut self, gives: Gives, id: u32, receiver: Ty, args: &[Var], to: Var) {
        let first = args.first().copied();
        match gives {
            Gives::Void => self.raise(to, Ty::of(Kinds::VOID)),
            Gives::Null => self.raise(to, Ty::of(Kinds::NULL)),
            Gives::Bool => self.raise(to, Ty::of(Kinds::BOOL)),
            Gives::Int => self.raise(to, Ty::of(Kinds::INT)),
            Gives::Float => self.raise(to, Ty::of(Kinds::FLOAT)),
            Gives::Length => {
                let ints = self.lengths(id, receiver);
                self.raise(to, Ty::int(ints));
            }
            Gives::Outside => {
                if !self.is_inside(id, receiver, first) {
                    self.raise(to, Ty::of(Kinds::NULL));
                }
            }
            Gives::Number => {
                let mut kinds = Kinds::INT;
                for arg in args {
                    let of = self.operator_kinds(self.graph.ty(*arg));
                    if of.contains(Kinds::FLOAT) {
                        kinds |= Kinds::FLOAT;
                    }
                    if !of.contains(Kinds::INT) {
                        kinds -= Kinds::INT;
                    }
                }
                self.raise(to, Ty::of(kinds));
            }
            Gives::Str => self.raise(to, Ty::of(Kinds::STR)),
            Gives::ArrayOf(elements) => {
                let (site, ty) = self.site_at(id, class_id::ARRAY);
                for element in elements {
                    self.give(*element, id, receiver, args, site.a);
                }
                self.make_array(id, site, 0);
                self.raise(to, ty);
            }
            Gives::Map => {
                let (_, ty) = self.site_at(id, class_id::MAP);
                self.raise(to, ty);
            }
            Gives::Instance(class) => {
                let (_, ty) = self.site_at(id, class);
                self.raise(to, ty);
            }
            Gives::Recv => self.raise(to, receiver),
            Gives::First => {
                if let Some(first) = first {
                    self.connect(first, to);
                }
            }
            Gives::Elem => self.inside(receiver, Kinds::ARR, false, to),
            Gives::ElemOfFirst => {
                let ty = first.map_or(Ty::NONE, |f| self.graph.ty(f));
                let array = self.seen(id, ty, class_id::ARRAY);
                self.inside(array, Kinds::ARR, false, to);
            }
            Gives::Key => self.inside(receiver, Kinds::MAP, false, to),
            Gives::Value => self.inside(receiver, Kinds::MAP, true, to),
            Gives::Kept => self.inside(receiver, Kinds::BUILTIN, false, to),
            Gives::Target => {
                self.inside(receiver, Kinds::WEAK, false, to);
            }
            Gives::Awaited => self.inside(receiver, Kinds::FUTURE, false, to),
            Gives::Any => {
                self.leak_contents();
                self.raise(to, Ty::ANY);
            }
        }
    }
}

fn array_of_any() -> Ty {
    Ty::ANY.part(Kinds::ARR)
}

fn taken_by(kind: ParamKind) -> Kinds {
    match kind {
        ParamKind::Any => Kinds::ANY,
        ParamKind::Int => Kinds::INT,
        ParamKind::Num => Kinds::NUMBER,
        ParamKind::Str => Kinds::STR,
        ParamKind::Bool => Kinds::BOOL,
        ParamKind::Array => Kinds::ARR,
        ParamKind::Buffer => Kinds::BUILTIN,
    }
}
