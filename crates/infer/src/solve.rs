//! The solver: variables grow until nothing changes. It holds the tables of functions, classes and sites; what the
//! instructions mean is in `transfer` and `calls`.

use hashbrown::{HashMap, HashSet};
use mir::func::Func;
use mir::inst::{ClassIx, FuncId, Op, Val};
use mir::program::Program;
use nyrt::builtin::BuiltinId;
use nyrt::prelude::{self, PreludeFn};
use nyrt::value::{ClassId, class_id};
use smallvec::SmallVec;
use syntax::intern::Symbol;

use crate::World;
use crate::assign;
use crate::classes::Classes;
use crate::graph::{Graph, THROWN};
use crate::hub::{Hub, HubKey, Shared};
use crate::known::{Known, Left};
use crate::lengths::lengths_that_shrink;
use crate::named::Named;
use crate::narrow::{Context, OfAny, Words};
use crate::ranges::Range;
use crate::rows::{Dep, NO_VAR, Place, Var, View};
use crate::shape;
use crate::ty::{Kinds, SetId, Sets, Ty};

/// An abstract object that is made at a place of the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) kind: Kinds,
    /// Its builtin class.
    pub(crate) class: ClassId,
    /// The function of a closure.
    pub(crate) func: FuncId,
    /// Elements, keys, content of a cell, target, result, or what it keeps.
    pub(crate) a: Var,
    /// Values of a map, or the lengths that an array has when code looks at it, with `void` when it may get shorter.
    pub(crate) b: Var,
    /// The instruction that makes it; large numbers are none.
    pub(crate) inst: u32,
    /// The name of a method that is bound to what `a` says.
    pub(crate) bound: Option<Symbol>,
    pub(crate) escaped: bool,
}

/// Where integers stop that grow, in a place that belongs to no function or to one that compares with many.
const STEPS: [i64; 2] = [-1, 0];
/// Functions that compare with more integers stop at few.
const MANY_STEPS: usize = 24;

/// What joining two types counts; each member of a set that is made for it counts 1. So much is ordinary for an instruction,
/// and in any program. Most programs take 1 to 5 for an instruction.
const JOIN: u64 = 8;
const ORDINARY: u64 = 10;
const LITTLE: u64 = 8000;

/// Where integers stop that grow, in a function: at those that it compares something with.
fn steps(func: &Func) -> Box<[i64]> {
    let mut steps = STEPS.to_vec();
    let mut ints: Vec<(Val, i64)> = Vec::new();
    let mut compared: Vec<Val> = Vec::new();
    for inst in &func.insts {
        match inst.op {
            Op::Int { value } => ints.push((inst.dst, value)),
            Op::Lt { a, b }
            | Op::Le { a, b }
            | Op::Gt { a, b }
            | Op::Ge { a, b }
            | Op::Eq { a, b }
            | Op::Ne { a, b } => compared.extend([a, b]),
            _ => {}
        }
    }
    ints.sort_unstable();
    let named = compared.iter().filter_map(|v| ints.binary_search_by_key(v, |(int, _)| *int).ok());
    steps.extend(named.map(|at| ints[at].1));
    steps.sort_unstable();
    steps.dedup();
    if steps.len() > MANY_STEPS { STEPS.into() } else { steps.into() }
}

/// Where functions have lain in the graph before.
struct Before<'a> {
    places: Vec<Place>,
    /// [`Known::origin`]
    origin: &'a [FuncId],
}

pub(crate) struct Solver<'a> {
    pub(crate) program: &'a Program,
    before: Option<Before<'a>>,
    pub(crate) classes: Classes,
    pub(crate) words: Words,
    of_any: OfAny,
    pub(crate) graph: Graph,
    pub(crate) sets: Sets,
    pub(crate) sites: Vec<Site>,
    pub(crate) site_kinds: Vec<Kinds>,
    by_inst: HashMap<(u32, u32), u32>,
    by_func: HashMap<FuncId, u32>,
    pub(crate) places: Vec<Place>,
    /// Variables of fields by place, globals, first captures by function, contents by builtin class.
    pub(crate) fields: Var,
    pub(crate) globals: Var,
    pub(crate) captures: Vec<Var>,
    pub(crate) contents: Var,
    /// What is inside of objects that may be any.
    pub(crate) unknown: Var,
    /// Where results go that nobody takes.
    pub(crate) nowhere: Var,
    /// Grows (is looked at again) when a class gets its first instance.
    pub(crate) births: Var,
    pub(crate) instances: Vec<ClassIx>,
    pub(crate) has_instances: Vec<bool>,
    /// Classes whose instances an explicit `fini()` may reach.
    pub(crate) may_be_dead: Vec<bool>,
    pub(crate) any_may_be_dead: bool,
    /// Whether it may reach something else than instances of classes.
    pub(crate) sites_may_be_dead: bool,
    /// Whether methods are read without a call.
    pub(crate) any_bound: bool,
    constructed: HashSet<(ClassIx, FuncId)>,
    /// By instruction and name, the classes of which it has called methods that depend on nothing but the class: what it
    /// gives them and where their results go is always the same.
    pub(crate) called_on: HashMap<(u32, Option<Symbol>), SetId>,
    pub(crate) hubs: Vec<Hub>,
    pub(crate) shared: HashMap<HubKey, Shared>,
    /// Made with the first hub for boxes of any class.
    pub(crate) named: Option<Named>,
    /// What is done to fields of boxes of any class, by name.
    pub(crate) reads: HashMap<Symbol, Var>,
    pub(crate) writes: HashMap<Symbol, Var>,
    pub(crate) weak_writes: HashMap<Symbol, Option<Var>>,
    /// Which functions, hubs (behind the functions) and builtins instructions call.
    pub(crate) callees: Vec<(u32, FuncId)>,
    pub(crate) rows: Vec<(u32, BuiltinId)>,
    pub(crate) prelude: Vec<FuncId>,
    pub(crate) prelude_array: Ty,
    pub(crate) get: Option<Symbol>,
    pub(crate) set: Option<Symbol>,
    pub(crate) fini: Option<Symbol>,
    pub(crate) equals: Option<Symbol>,
    to_string: Option<Symbol>,
    /// Where integers stop that grow, by function.
    steps: HashMap<FuncId, Box<[i64]>>,
    buffers: shape::Buffers,
    /// How much may be joined in what is reached for it to be ordinary, and whether to stop at more.
    pub(crate) ordinary: u64,
    at_least: u64,
    pub(crate) may_stop: bool,
}

impl<'a> Solver<'a> {
    pub(crate) fn new(program: &'a Program, known: Option<Known<'a>>) -> Solver<'a> {
        let classes = Classes::new(program);
        let mut sets = Sets::new(program.classes.len());
        let (mut graph, before) = match known {
            Some(Known { left: Left { mut graph, places, ranges }, origin }) => {
                graph.renew(program);
                // What is given to its variables has the numbers of its ranges.
                sets.ranges = ranges;
                (graph, Some(Before { places, origin }))
            }
            None => (Graph::new(program), None),
        };
        graph.set(THROWN, Ty::ANY);
        let unknown = graph.new_var();
        let nowhere = graph.new_var();
        let births = graph.new_var();
        let fields = graph.new_vars(classes.places as usize);
        let globals = graph.new_vars(program.globals.len());
        let contents = graph.new_vars(class_id::FIRST_USER.0 as usize);
        let mut captures = Vec::with_capacity(program.funcs.len());
        for func in &program.funcs {
            captures.push(graph.new_vars(func.captures as usize));
        }
        let names = &program.names;
        let insts: usize = program.funcs.iter().map(|f| f.insts.len()).sum();
        let mut solver = Solver {
            words: Words::new(program, &classes),
            of_any: OfAny::new(),
            sets,
            sites: Vec::new(),
            site_kinds: Vec::new(),
            by_inst: HashMap::new(),
            by_func: HashMap::new(),
            places: vec![Place::NONE; program.funcs.len()],
            fields,
            globals,
            captures,
            contents,
            unknown,
            nowhere,
            births,
            instances: Vec::new(),
            has_instances: vec![false; program.classes.len()],
            may_be_dead: vec![false; program.classes.len()],
            any_may_be_dead: false,
            sites_may_be_dead: false,
            any_bound: false,
            constructed: HashSet::new(),
            called_on: HashMap::new(),
            hubs: Vec::new(),
            shared: HashMap::new(),
            named: None,
            reads: HashMap::new(),
            writes: HashMap::new(),
            weak_writes: HashMap::new(),
            callees: Vec::with_capacity(insts / 8),
            rows: Vec::with_capacity(insts / 4),
            prelude: Vec::new(),
            prelude_array: Ty::NONE,
            get: names.find("get"),
            set: names.find("set"),
            fini: names.find("fini"),
            equals: names.find("equals"),
            to_string: names.find("toString"),
            steps: HashMap::new(),
            buffers: shape::Buffers::default(),
            ordinary: LITTLE,
            at_least: 0,
            may_stop: false,
            program,
            before,
            classes,
            graph,
        };
        solver.start_prelude();
        solver
    }

    /// Finds the functions of the prelude and reaches those that anything may need.
    fn start_prelude(&mut self) {
        let names = &self.program.names;
        let class = names.find(prelude::BOX).and_then(|n| self.program.class_names.get(&n)).copied();
        let Some(class) = class else { return };
        for f in PreludeFn::ALL {
            let method = names.find(f.name()).and_then(|n| self.classes.user_method(class, n));
            self.prelude.push(method.map_or(FuncId::NONE, |m| m.0));
        }
        // Parts of texts: strings, and boxes that are asked for theirs.
        let array = self.new_site(Kinds::ARR, class_id::ARRAY, u32::MAX);
        let parts = Ty::ANY.part(Kinds::STR | Kinds::USER);
        let parts = self.only_classes(parts);
        self.raise(self.sites[array as usize].a, parts);
        self.raise(self.sites[array as usize].b, lengths_that_shrink());
        self.prelude_array = Ty::boxes(Kinds::ARR, self.sets.site(array));
        let array = self.prelude_array;
        let (text, number) = (Ty::of(Kinds::STR), Ty::of(Kinds::INT));
        self.call_prelude(PreludeFn::Text, &[array]);
        self.call_prelude(PreludeFn::Json, &[array]);
        self.call_prelude(PreludeFn::Print, &[array, number]);
        self.call_prelude(PreludeFn::Error, &[array, text]);
        self.call_prelude(PreludeFn::Fail, &[array, text]);
    }

    /// A type without its sites.
    pub(crate) fn only_classes(&mut self, ty: Ty) -> Ty {
        let kinds = ty.kinds - Kinds::SITES;
        let first_site = self.sets.first_site;
        let objs = self.sets.filter(ty.objs, |m| m != crate::ty::ANY_SITE && m < first_site);
        Ty { objs, ..ty.part(kinds) }
    }

    /// The runtime may call a function of the prelude with arguments of these types.
    pub(crate) fn call_prelude(&mut self, f: PreludeFn, args: &[Ty]) {
        let Some(func) = self.prelude.get(f as usize).copied().filter(|f| !f.is_none()) else { return };
        self.enter(func, args);
    }

    /// A function is called with arguments of these types by nobody in particular.
    pub(crate) fn enter(&mut self, func: FuncId, args: &[Ty]) {
        let Some(place) = self.reach(func) else { return };
        if self.program.func(func).params as usize == args.len() {
            for (i, ty) in args.iter().enumerate() {
                self.raise(place.var(Val(i as u32)), *ty);
            }
        }
    }

    /// Solves for a world.
    pub(crate) fn run(&mut self, world: &World) {
        for entry in &world.entries {
            let params = self.program.funcs.get(entry.index()).map_or(0, |f| f.params);
            self.enter(*entry, &vec![Ty::ANY; params as usize]);
        }
        self.settle();
        #[cfg(debug_assertions)]
        if !(self.may_stop && self.is_mixed()) {
            self.assert_settled();
        }
    }

    /// The same, unless that turns out to be mixed. Gives whether it is solved. What was ordinary for the program `before` is so
    /// from the beginning, whichever functions are reached first.
    pub(crate) fn try_run(&mut self, world: &World, before: u64) -> bool {
        (self.may_stop, self.at_least) = (true, before);
        self.run(world);
        !self.is_mixed()
    }

    /// Whether much more is joined than in most programs: everything flows into everything, in sets that grow one by one.
    pub(crate) fn is_mixed(&self) -> bool {
        self.sets.joined > self.ordinary.max(self.at_least)
    }

    /// What another analysis can use.
    pub(crate) fn into_left(self) -> Left {
        Left { graph: self.graph, places: self.places, ranges: self.sets.ranges }
    }

    /// Tells and looks at what waits, until nothing does.
    pub(crate) fn settle(&mut self) {
        loop {
            while let Some(var) = self.graph.next_dirty() {
                self.spread(var);
            }
            if let Some(site) = self.sets.lost.pop() {
                self.escape(site);
            } else if let Some(inst) = self.graph.next_inst()
                && !(self.may_stop && self.is_mixed())
            {
                self.transfer(inst);
            } else {
                return;
            }
        }
    }

    fn spread(&mut self, var: Var) {
        let ty = self.graph.ty(var);
        let mut left = self.graph.dependents(var);
        while let Some(dep) = self.graph.next_dependent(&mut left) {
            match dep {
                Dep::Inst(inst) => self.graph.enqueue(inst),
                Dep::Copy(to) => self.raise(to, ty),
                Dep::View(view) => {
                    let View { var, base, filter, other, .. } = self.graph.views[view as usize];
                    let ty = self.graph.ty(base);
                    let other = if other == NO_VAR { Ty::NONE } else { self.graph.ty(other) };
                    let mut context = Context {
                        program: self.program,
                        classes: &self.classes,
                        site_kinds: &self.site_kinds,
                        of_any: &mut self.of_any,
                    };
                    let narrowed = context.narrow(&mut self.sets, ty, filter, other);
                    self.raise(var, narrowed);
                }
            }
        }
    }

    /// Values of this type reach a variable.
    #[inline(always)]
    pub(crate) fn raise(&mut self, var: Var, ty: Ty) {
        // Half of what reaches places is all that they had before.
        let old = self.graph.ty(var);
        if ty == old {
            return;
        }
        if old == Ty::NONE {
            self.graph.set(var, ty);
        } else {
            self.add(var, old, ty);
        }
    }

    #[inline(never)]
    fn add(&mut self, var: Var, old: Ty, ty: Ty) {
        self.sets.joined += JOIN;
        let mut new = self.sets.join(old, ty);
        if new != old {
            if new.ints != old.ints && !old.ints.is_none() && self.graph.grow(var) {
                new.ints = self.widened(var, old.ints, new.ints);
            }
            self.graph.set(var, new);
        }
    }

    /// What integers that grow again and again end as: up to the next integer that the code of the variable names.
    fn widened(&mut self, var: Var, old: Range, new: Range) -> Range {
        let owner = self.graph.func_of(var);
        let steps: &[i64] = match owner {
            Some(func) => self.steps.entry(func).or_insert_with(|| steps(self.program.func(func))),
            None => &STEPS,
        };
        let (old, (lo, hi)) = (self.sets.ranges.bounds(old), self.sets.ranges.bounds(new));
        let below = || steps.iter().rev().find(|s| **s <= lo).copied().unwrap_or(i64::MIN);
        let above = || steps.iter().find(|s| **s >= hi).copied().unwrap_or(i64::MAX);
        let lo = if lo < old.0 { below() } else { lo };
        let hi = if hi > old.1 { above() } else { hi };
        self.sets.ranges.of((lo, hi))
    }

    /// Whatever reaches one variable reaches the other.
    pub(crate) fn connect(&mut self, from: Var, to: Var) {
        if self.graph.connect(from, to) {
            self.raise(to, self.graph.ty(from));
        }
    }

    /// The same, when that was not said before.
    pub(crate) fn connect_new(&mut self, from: Var, to: Var) {
        self.graph.connect_new(from, to);
        self.raise(to, self.graph.ty(from));
    }

    /// Values of this type may be anywhere from now on.
    pub(crate) fn leak(&mut self, ty: Ty) {
        if ty.has(Kinds::SITES) {
            self.sets.union(ty.objs, Sets::ANY);
        }
    }

    /// So may everything that can be reached from what is anywhere.
    pub(crate) fn leak_contents(&mut self) {
        self.raise(self.unknown, Ty::ANY);
    }

    /// An object became one of any.
    fn escape(&mut self, site: u32) {
        let Some(found) = self.sites.get_mut(site as usize) else { return };
        if core::mem::replace(&mut found.escaped, true) {
            return;
        }
        let Site { kind, func, a, b, bound, .. } = *found;
        if let Some(name) = bound {
            self.escape_bound(a, name);
            return;
        }
        if kind == Kinds::FUNC {
            self.enter_unknown(func);
            return;
        }
        if kind == Kinds::ARR {
            self.raise(b, lengths_that_shrink());
        }
        for var in [a, if kind == Kinds::ARR { NO_VAR } else { b }] {
            if var != NO_VAR {
                self.connect(var, self.unknown);
                self.connect(self.unknown, var);
            }
        }
    }

    /// Somebody unknown may call a function and look at its result.
    pub(crate) fn enter_unknown(&mut self, func: FuncId) {
        let Some(f) = self.program.funcs.get(func.index()) else { return };
        let Some(place) = self.reach(func) else { return };
        for i in u32::from(f.has_me)..f.params {
            self.raise(place.var(Val(i)), Ty::ANY);
        }
        self.raise(place.ret, Ty::ANY);
    }

    /// Puts a function into the graph.
    pub(crate) fn reach(&mut self, func: FuncId) -> Option<Place> {
        let place = self.places.get(func.index()).copied()?;
        if place.is_reached() {
            return Some(place);
        }
        let before = self.before.as_ref().and_then(|before| {
            let origin = *before.origin.get(func.index())?;
            let place = *before.places.get(origin.index())?;
            Some((origin, place, self.graph.shape(place)?))
        });
        let place = match before {
            Some((origin, place, _)) if origin == func => {
                self.graph.reach_again(place);
                place
            }
            Some((_, _, shape)) => self.graph.copy(shape, func),
            None => shape::add(
                (&mut self.graph, &mut self.sets.ranges),
                self.program,
                func,
                &self.words,
                self.classes.has_contents,
                &mut self.buffers,
            ),
        };
        self.places[func.index()] = place;
        self.ordinary += self.program.func(func).insts.len() as u64 * ORDINARY;
        Some(place)
    }

    fn new_site(&mut self, kind: Kinds, class: ClassId, inst: u32) -> u32 {
        let a = self.graph.new_var();
        let b = if kind.intersects(Kinds::MAP | Kinds::ARR) { self.graph.new_var() } else { NO_VAR };
        self.sites.push(Site { kind, class, func: FuncId::NONE, a, b, inst, bound: None, escaped: false });
        self.site_kinds.push(kind);
        self.sites.len() as u32 - 1
    }

    /// The object of a class that an instruction makes.
    pub(crate) fn site_at(&mut self, inst: u32, class: ClassId) -> (Site, Ty) {
        let kind = crate::classes::kind_of(class);
        let site = match self.by_inst.get(&(inst, class.0)) {
            Some(site) => *site,
            None => {
                let site = self.new_site(kind, class, inst);
                self.by_inst.insert((inst, class.0), site);
                site
            }
        };
        (self.sites[site as usize], Ty::boxes(kind, self.sets.site(site)))
    }

    /// The closures of a function.
    pub(crate) fn closure(&mut self, func: FuncId) -> Ty {
        let site = match self.by_func.get(&func) {
            Some(site) => *site,
            None => {
                let site = self.new_site(Kinds::FUNC, class_id::FUNCTION, u32::MAX);
                self.sites[site as usize].func = func;
                self.by_func.insert(func, site);
                site
            }
        };
        Ty::boxes(Kinds::FUNC, self.sets.site(site))
    }

    /// Where the sites of a type are that may be of some kinds; [`Solver::site_in`] gives them. Nothing is copied: many
    /// instructions go through many sites, and connect places meanwhile.
    pub(crate) fn sites_of(&self, ty: Ty, kinds: Kinds) -> core::ops::Range<usize> {
        if ty.has(kinds) { self.sets.site_positions(ty.objs) } else { 0..0 }
    }

    /// The site at a position, if it is of some kinds.
    pub(crate) fn site_in(&self, position: usize, kinds: Kinds) -> Option<Site> {
        let site = self.sites.get(self.sets.site_at(position) as usize)?;
        kinds.contains(site.kind).then_some(*site)
    }

    /// Whether a type may be an unknown object of some kinds.
    pub(crate) fn is_unknown(&self, ty: Ty, kinds: Kinds) -> bool {
        ty.has(kinds) && self.sets.has_any_site(ty.objs)
    }

    /// The classes of a type, `None` for any.
    pub(crate) fn classes_of(&self, ty: Ty) -> Option<SmallVec<[ClassIx; 4]>> {
        if !ty.has(Kinds::USER) {
            return Some(SmallVec::new());
        }
        self.sets.classes(ty.objs).map(|all| all.map(ClassIx).collect())
    }

    /// Where the classes of a type are; [`Sets::class_at`] gives them. `None` for any.
    pub(crate) fn class_positions(&self, ty: Ty) -> Option<core::ops::Range<usize>> {
        if ty.has(Kinds::USER) { self.sets.class_positions(ty.objs) } else { Some(0..0) }
    }

    /// The type of the instances of a class.
    pub(crate) fn instance(&mut self, class: ClassIx) -> Ty {
        Ty::boxes(Kinds::USER, self.sets.class(class.0))
    }

    /// An instance of a class is made by calling `steps` with it.
    pub(crate) fn construct(&mut self, class: ClassIx, steps: &[FuncId], is_static: bool) {
        let me = self.instance(class);
        if !self.has_instances[class.index()] {
            self.has_instances[class.index()] = true;
            self.instances.push(class);
            // The type says nothing; whoever waits for classes is woken.
            let births = Ty::boxes(self.graph.ty(self.births).kinds, SetId(self.instances.len() as u32));
            self.graph.set(self.births, births);
            if let Some(fini) = self.classes.info[class.index()].fini {
                self.enter(fini, &[me]);
            }
            if let Some((func, false)) = self.to_string.and_then(|n| self.classes.user_method(class, n)) {
                self.enter(func, &[me]);
            }
        }
        let last = steps.last().copied().unwrap_or(FuncId::NONE);
        if self.constructed.insert((class, last)) {
            for place in assign::unassigned(self.program, &self.classes, class, steps, is_static) {
                self.raise(self.fields + place, Ty::of(Kinds::VOID));
            }
        }
    }
}
