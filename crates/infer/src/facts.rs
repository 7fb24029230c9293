//! The result of the analysis, for those who build on it: plain tables, read only.

use mir::func::Rep;
use mir::inst::{ClassIx, FuncId, Global, Val};
use mir::program::Program;
use nyrt::builtin::BuiltinId;
use nyrt::prelude::PreludeFn;
use nyrt::value::{ClassId, Kind, Value, class_id};
use syntax::intern::Symbol;

use crate::classes::{Classes, Resolved};
use crate::copies::Copies;
use crate::effects::{self, AllEffects, Effects};
use crate::graph::Graph;
use crate::inside::Insides;
use crate::known::Left;
use crate::quiet;
use crate::rows::{InstRow, Is, Place, Var};
use crate::solve::{Site, Solver};
use crate::ty::{Kinds, Sets, Slot, Ty};

/// An abstract object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Object {
    /// The instances of exactly this class.
    Class(ClassIx),
    /// What one place of the program makes: arrays, maps, cells, futures, weak references, instances of a builtin
    /// class. The number tells places apart.
    Site(ClassId, u32),
    /// The closures of a function.
    Closure(FuncId),
    /// Instances of any class of the program.
    AnyClass,
    /// Any object that is no instance of a class of the program.
    AnySite,
}

/// What is called where, and what else only the effects are found by.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// Which functions, hubs (behind the functions) and builtins instructions call.
    pub(crate) callees: Vec<(u32, FuncId)>,
    pub(crate) rows: Vec<(u32, BuiltinId)>,
    pub(crate) hubs: usize,
    /// The function of the prelude that asks boxes for their text.
    pub(crate) text: Option<FuncId>,
    pub(crate) instances: Vec<ClassIx>,
    /// Contents by builtin class.
    pub(crate) contents: Var,
    /// Whether methods are read without a call.
    pub(crate) any_bound: bool,
}

/// What is known of a program.
#[derive(Debug)]
pub struct Facts {
    pub(crate) classes: Classes,
    pub(crate) graph: Graph,
    pub(crate) sets: Sets,
    pub(crate) sites: Vec<Site>,
    pub(crate) places: Vec<Place>,
    pub(crate) fields: Var,
    pub(crate) globals: Var,
    pub(crate) captures: Vec<Var>,
    pub(crate) unknown: Ty,
    pub(crate) has_instances: Vec<bool>,
    /// Whether a class or one that inherits from it has instances.
    has_heirs: Vec<bool>,
    has_finalizers: bool,
    may_be_dead: Vec<bool>,
    any_may_be_dead: bool,
    sites_may_be_dead: bool,
    /// What the effects are found by, until they are.
    pub(crate) calls: Calls,
    loud: quiet::Loud,
    effects: AllEffects,
    widest_recursive: u32,
    inside: Insides,
    /// What was copied for these facts.
    pub(crate) copies: Copies,
}

impl Facts {
    /// The facts about values. Effects and deaths are left to [`Facts::complete`].
    pub(crate) fn new(mut solver: Solver<'_>) -> Facts {
        let (mut has_heirs, mut has_finalizers) = (vec![false; solver.has_instances.len()], false);
        let instantiated = solver.classes.info.iter().zip(&solver.has_instances).filter(|(_, has)| **has);
        for (class, _) in instantiated {
            class.order.iter().for_each(|c| has_heirs[c.index()] = true);
            has_finalizers |= class.fini.is_some();
        }
        let unknown = solver.graph.ty(solver.unknown);
        let inside = Insides::new(&mut solver.sets, &solver.graph, &solver.sites, unknown);
        Facts {
            unknown,
            calls: Calls {
                callees: solver.callees,
                rows: solver.rows,
                hubs: solver.hubs.len(),
                text: solver.prelude.get(PreludeFn::Text as usize).copied(),
                instances: solver.instances,
                contents: solver.contents,
                any_bound: solver.any_bound,
            },
            classes: solver.classes,
            graph: solver.graph,
            sets: solver.sets,
            sites: solver.sites,
            places: solver.places,
            fields: solver.fields,
            globals: solver.globals,
            captures: solver.captures,
            has_instances: solver.has_instances,
            has_heirs,
            has_finalizers,
            may_be_dead: solver.may_be_dead,
            any_may_be_dead: solver.any_may_be_dead,
            sites_may_be_dead: solver.any_may_be_dead || solver.sites_may_be_dead,
            loud: quiet::Loud::default(),
            effects: AllEffects::default(),
            widest_recursive: 0,
            inside,
            copies: Copies::default(),
        }
    }

    /// What another analysis can use. Nothing else is left.
    pub(crate) fn into_left(self) -> Left {
        Left { graph: self.graph, places: self.places, ranges: self.sets.ranges }
    }

    /// Those instructions of a function that are wanted and do more than give what their operation always gives, ascending.
    pub(crate) fn rows(&self, func: FuncId, wanted: impl Fn(&InstRow) -> bool) -> Vec<InstRow> {
        let Some(place) = self.places.get(func.index()) else { return Vec::new() };
        let all = self.graph.rows(*place).iter().filter(|row| row.is != Is::Idle && wanted(row));
        let mut all: Vec<InstRow> = all.copied().collect();
        all.sort_unstable_by_key(|row| row.at);
        all
    }

    /// Adds what functions do and whose death is noticed.
    pub(crate) fn complete(mut self, program: &Program) -> Facts {
        self.loud = quiet::find(program, &self);
        (self.effects, self.widest_recursive) = effects::find(program, &self, &self.loud);
        self.calls = Calls::default();
        self.graph.close_up();
        self
    }

    /// Whether anything calls a function. What is said about others is [`Ty::ANY`].
    pub fn reached(&self, func: FuncId) -> bool {
        self.places.get(func.index()).is_some_and(|p| p.is_reached())
    }

    /// What a value can be, wherever it is used.
    pub fn ty(&self, func: FuncId, val: Val) -> Ty {
        match self.places.get(func.index()) {
            Some(place) if place.is_reached() && !val.is_none() => self.graph.find_ty(place.var(val)),
            _ => Ty::ANY,
        }
    }

    /// What an operand of an instruction, or an argument of an edge by which it ends its block, can be there. For
    /// other values and for arguments of unwind edges the same as [`Facts::ty`].
    pub fn at(&self, func: FuncId, inst: u32, val: Val) -> Ty {
        let Some(place) = self.places.get(func.index()).filter(|p| p.is_reached()) else { return Ty::ANY };
        if val.is_none() {
            return Ty::ANY;
        }
        let own = place.var(val);
        let mut found = None;
        for var in self.graph.narrowed(*place, inst) {
            if self.graph.value(*place, *var) == own {
                // The same value may stand in several places; the views differ only for unwind edges.
                found = found.or(Some(*var));
            }
        }
        self.graph.find_ty(found.unwrap_or(own))
    }

    /// What a parameter can be; `me` is the first.
    pub fn param(&self, func: FuncId, i: u32) -> Ty {
        self.ty(func, Val(i))
    }

    /// The least and the greatest integer of a type.
    pub fn range(&self, ty: Ty) -> (i64, i64) {
        self.sets.ranges.bounds(ty.ints)
    }

    /// What a function gives.
    pub fn ret(&self, func: FuncId) -> Ty {
        match self.places.get(func.index()) {
            Some(place) if place.is_reached() => self.graph.ty(place.ret),
            _ => Ty::ANY,
        }
    }

    /// What a captured value of a closure of the function can be.
    pub fn capture(&self, func: FuncId, i: u32) -> Ty {
        match self.captures.get(func.index()) {
            Some(first) if self.reached(func) => self.graph.find_ty(first + i),
            _ => Ty::ANY,
        }
    }

    /// What a global can be once it is assigned.
    pub fn global(&self, global: Global) -> Ty {
        self.graph.find_ty(self.globals + global.0)
    }

    /// What a field of the instances of a class can be, when the class or an ancestor declares it.
    pub fn field(&self, class: ClassIx, name: Symbol) -> Option<Ty> {
        Some(self.graph.ty(self.fields + self.place(class, name)?))
    }

    /// The place of a field: a number that classes share which inherit the field.
    pub fn place(&self, class: ClassIx, name: Symbol) -> Option<u32> {
        self.classes.field(class, name)
    }

    /// How an own field of a class lies in its instances, by its position in `Class::fields`.
    pub fn layout(&self, program: &Program, class: ClassIx, field: usize) -> Slot {
        let name = program.classes.get(class.index()).and_then(|c| c.fields.get(field)).map(|f| f.name);
        match name.and_then(|n| self.field(class, n)) {
            Some(ty) if self.has_heirs.get(class.index()) == Some(&true) => ty.slot(),
            _ => Slot::Any,
        }
    }

    /// What the elements of the arrays of a type can be; reading outside gives `null` besides.
    pub fn elem(&self, ty: Ty) -> Ty {
        self.inside.inside(ty.objs).elem
    }
    /// What the keys of the maps of a type can be.
    pub fn map_key(&self, ty: Ty) -> Ty {
        self.inside.inside(ty.objs).key
    }
    /// What the values of the maps of a type can be; reading an absent key gives `null` besides.
    pub fn map_value(&self, ty: Ty) -> Ty {
        self.inside.inside(ty.objs).value
    }
    /// What the variable cells of a type can hold.
    pub fn cell(&self, ty: Ty) -> Ty {
        self.inside.inside(ty.objs).cell
    }
    /// What the futures of a type can give.
    pub fn future(&self, ty: Ty) -> Ty {
        self.inside.inside(ty.objs).future
    }
    /// How a value of this type is represented.
    pub fn rep(&self, ty: Ty) -> Rep {
        ty.rep()
    }

    /// The classes of a type, when it is `null`, `void` or an instance of one of them.
    pub fn classes(&self, ty: Ty) -> Option<&[ClassIx]> {
        if ty.kinds - Kinds::NOTHING != Kinds::USER {
            return None;
        }
        self.inside.classes(ty.objs)
    }

    /// The builtin class of a type, when it is `null`, `void` or an instance of that class with fields.
    pub fn builtin_class(&self, ty: Ty) -> Option<ClassId> {
        if ty.kinds - Kinds::NOTHING != Kinds::BUILTIN || self.sets.has_any_site(ty.objs) {
            return None;
        }
        let mut classes = self.sets.sites(ty.objs).map(|site| &self.sites[site as usize]);
        let first = classes.find(|site| site.kind == Kinds::BUILTIN)?.class;
        classes.all(|site| site.kind != Kinds::BUILTIN || site.class == first).then_some(first)
    }

    /// The functions of a type, when it is `null`, `void` or a closure of one of them.
    pub fn closures(&self, ty: Ty) -> Option<&[FuncId]> {
        if ty.kinds - Kinds::NOTHING != Kinds::FUNC {
            return None;
        }
        self.inside.closures(ty.objs)
    }

    /// The abstract objects of a type.
    pub fn objects(&self, ty: Ty) -> Vec<Object> {
        let mut all = Vec::new();
        if ty.has(Kinds::USER) {
            match self.sets.classes(ty.objs) {
                Some(classes) => all.extend(classes.map(|c| Object::Class(ClassIx(c)))),
                None => all.push(Object::AnyClass),
            }
        }
        if ty.has(Kinds::SITES) && self.sets.has_any_site(ty.objs) {
            all.push(Object::AnySite);
        }
        for id in self.sets.sites(ty.objs) {
            let site = &self.sites[id as usize];
            if ty.has(site.kind) {
                let object = if site.kind == Kinds::FUNC {
                    Object::Closure(site.func)
                } else {
                    Object::Site(site.class, id)
                };
                all.push(object);
            }
        }
        all
    }

    /// The classes of a type that are classes of the program; `None` for any.
    pub(crate) fn user_classes(&self, ty: Ty) -> Option<&[ClassIx]> {
        if !ty.has(Kinds::USER) {
            return Some(&[]);
        }
        self.inside.classes(ty.objs)
    }

    /// The kind of what a place of the program makes.
    pub(crate) fn site_kind(&self, site: u32) -> Kinds {
        self.sites.get(site as usize).map_or(Kinds::empty(), |s| s.kind)
    }

    /// The function in which a place makes something.
    pub(crate) fn site_maker(&self, site: u32) -> Option<FuncId> {
        self.site_place(site).map(|(func, _)| func)
    }

    /// The same with the position of the instruction in it.
    pub(crate) fn site_place(&self, site: u32) -> Option<(FuncId, u32)> {
        let inst = self.sites.get(site as usize)?.inst;
        let row = self.graph.insts.get(inst as usize)?;
        self.reached(row.owner).then_some((row.owner, row.at))
    }

    /// The type of the object that a place of the program makes.
    pub(crate) fn site_ty(&self, site: u32) -> Ty {
        let objs = self.sets.find_site(site).unwrap_or_default();
        Ty::boxes(self.site_kind(site), objs)
    }

    /// How long the arrays are that a place of the program makes, and `void` when they may get shorter.
    pub(crate) fn site_lengths(&self, site: u32) -> Ty {
        match self.sites.get(site as usize) {
            Some(site) if site.kind == Kinds::ARR => self.graph.find_ty(site.b),
            _ => Ty::NONE,
        }
    }

    /// What is narrowed where an instruction uses it: its operands that can be less there than they are elsewhere.
    pub(crate) fn narrowed(&self, func: FuncId, inst: u32, mut f: impl FnMut(Val, Ty)) {
        let Some(place) = self.places.get(func.index()).filter(|p| p.is_reached()) else { return };
        let mut seen: Vec<Var> = Vec::new();
        for var in self.graph.narrowed(*place, inst) {
            let base = self.graph.value(*place, *var);
            let ty = self.graph.find_ty(*var);
            if !seen.contains(&base)
                && ty != self.graph.find_ty(base)
                && let Some(v) = base.checked_sub(place.vars)
            {
                f(Val(v), ty);
            }
            seen.push(base);
        }
    }

    /// A class and its user ancestors in lookup order.
    pub fn order(&self, class: ClassIx) -> &[ClassIx] {
        self.classes.info.get(class.index()).map_or(&[], |info| &info.order)
    }

    /// Whether instances of a class exist.
    pub fn has_instances(&self, class: ClassIx) -> bool {
        self.has_instances.get(class.index()).copied().unwrap_or(true)
    }

    /// Whether an explicit `fini()` can have made an instance of a class dead.
    pub fn may_be_dead(&self, class: ClassIx) -> bool {
        self.any_may_be_dead || self.may_be_dead.get(class.index()).copied().unwrap_or(true)
    }

    /// Whether an explicit `fini()` can have made a value dead.
    pub fn value_may_be_dead(&self, ty: Ty) -> bool {
        let user = ty.has(Kinds::USER)
            && match self.sets.classes(ty.objs) {
                Some(mut all) => all.any(|c| self.may_be_dead(ClassIx(c))),
                None => self.any_may_be_dead || self.may_be_dead.contains(&true),
            };
        user || ty.has(Kinds::SITES) && self.sites_may_be_dead
    }

    /// Whether nobody can notice when an instance of exactly this class dies, nor what dies with it.
    pub fn quiet(&self, class: ClassIx) -> bool {
        self.loud.classes.get(class.index()).is_some_and(|loud| !loud)
    }

    /// The same for any value of a type.
    pub fn dies_quietly(&self, ty: Ty) -> bool {
        !self.loud.is_loud(&self.sets, ty)
    }

    /// Whether there are boxes whose death runs a `fini`.
    pub fn has_finalizers(&self) -> bool {
        self.has_finalizers
    }

    /// What a function may do, with everything it calls. `None` when it is not reached.
    pub fn effects(&self, func: FuncId) -> Option<&Effects> {
        self.effects.of(func).filter(|_| self.reached(func))
    }

    /// What the finalizers of all boxes that have instances may do together. `None` when there are none.
    pub fn finalizers(&self) -> Option<&Effects> {
        self.effects.of_any_fini().filter(|_| self.has_finalizers)
    }

    /// The number of values of the widest function of which many activations may be on one stack
    /// ([`mir::func::FuncKind::may_nest`]). Where anything may be called, that can be any function; else it is one that
    /// calls come back to, or one between two of those.
    pub fn widest_recursive(&self) -> u32 {
        self.widest_recursive
    }

    /// What a method name means on instances of a class.
    pub fn resolve(&self, program: &Program, class: ClassIx, name: Symbol) -> Resolved {
        self.classes.resolve(program, class, Some(name), program.names.text(name))
    }

    /// Whether a value fits a type; `class` gives the class of a class id of the runtime. Contents of arrays and maps
    /// are not looked at.
    pub fn admits(&self, ty: Ty, value: Value, class: impl Fn(ClassId) -> Option<ClassIx>) -> bool {
        let kind = match value.kind() {
            Kind::Void => Kinds::VOID,
            Kind::Null => Kinds::NULL,
            Kind::Bool => Kinds::BOOL,
            Kind::I64 => Kinds::INT,
            Kind::F64 => Kinds::FLOAT,
            Kind::Str => Kinds::STR,
            Kind::Arr => Kinds::ARR,
            Kind::Map => Kinds::MAP,
            Kind::Obj if value.class() >= class_id::FIRST_USER => Kinds::USER,
            Kind::Obj => Kinds::BUILTIN,
            Kind::Func => Kinds::FUNC,
            Kind::Future => Kinds::FUTURE,
            Kind::Weak => Kinds::WEAK,
            Kind::Cell => Kinds::CELL,
        };
        if !ty.kinds.contains(kind) {
            return false;
        }
        match kind {
            Kinds::INT => {
                let (lo, hi) = self.sets.ranges.bounds(ty.ints);
                value.as_int().is_some_and(|n| lo <= n && n <= hi)
            }
            Kinds::USER => match self.sets.classes(ty.objs) {
                Some(mut all) => class(value.class()).is_some_and(|c| all.any(|o| o == c.0)),
                None => true,
            },
            Kinds::BUILTIN => {
                self.sets.has_any_site(ty.objs)
                    || self.sets.sites(ty.objs).any(|s| self.sites[s as usize].class == value.class())
            }
            _ => true,
        }
    }
}
