//! What functions do besides giving a result, with everything that they call. It looks at the solved graph.

use core::cell::RefCell;

use bitflags::bitflags;
use hashbrown::HashMap;
use mir::func::Func;
use mir::groups::Groups;
use mir::inst::{FuncId, Global, Op, Val};
use mir::program::Program;
use nyrt::builtin::{self, BuiltinId, Effects as Row, Owner};
use nyrt::value::class_id;
use smallvec::SmallVec;
use syntax::intern::Symbol;

use crate::circles::Circles;
use crate::facts::Facts;
use crate::quiet::Loud;
use crate::recursion;
use crate::rows::{Place, Var};
use crate::shape::is_literal;
use crate::ty::{Kinds, Ty};
use crate::written::Written;

bitflags! {
    /// What a function may do.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct Does: u16 {
        /// Throw.
        const THROW = 1;
        /// Make the task wait, so that other tasks run.
        const SUSPEND = 2;
        /// Run code that is not known.
        const UNKNOWN = 4;
        /// Write elements of arrays.
        const ARRAYS = 8;
        /// Write entries of maps.
        const MAPS = 16;
        /// Write variables of closures.
        const CELLS = 32;
        /// Change a builtin object, or the content of a builtin parent.
        const OBJECTS = 64;
        /// Let something die whose death is noticed: any `fini` may run.
        const DEATHS = 128;
        /// Be seen outside of the program, or depend on it.
        const OUTSIDE = 256;
        /// Set up a static box, run an included file, or make a box known.
        const SETUP = 512;
    }
}

/// What a function may do, and which places it may write.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// What it may do.
    pub does: Does,
    /// Fields by place ([`crate::Facts::place`]).
    fields: Written,
    globals: Written,
}

impl Effects {
    /// Whether it may write a field, by place.
    pub fn writes_field(&self, place: u32) -> bool {
        self.fields.contains(place)
    }
    /// Whether it may write a global.
    pub fn writes_global(&self, global: Global) -> bool {
        self.globals.contains(global.0)
    }
    /// Whether it may do anything at all: it runs unknown code, or other tasks while it waits.
    pub fn unknown(&self) -> bool {
        self.does.intersects(Does::UNKNOWN | Does::SUSPEND)
    }
    /// Whether it may write any global.
    pub fn writes_globals(&self) -> bool {
        !self.globals.is_empty()
    }
    fn merge(&mut self, other: &Effects) {
        self.does |= other.does;
        self.fields.merge(&other.fields);
        self.globals.merge(&other.globals);
    }
}

/// The effects of functions, behind them of hubs and of what any `fini` does. Functions that call each other share theirs.
#[derive(Debug, Default)]
pub(crate) struct AllEffects {
    all: Vec<Effects>,
    /// Whose each function has.
    groups: Vec<u32>,
}

impl AllEffects {
    pub(crate) fn of(&self, func: FuncId) -> Option<&Effects> {
        self.all.get(*self.groups.get(func.index())? as usize)
    }

    /// What all `fini` do together.
    pub(crate) fn of_any_fini(&self) -> Option<&Effects> {
        self.all.get(*self.groups.last()? as usize)
    }
}

/// The effects of all functions, and [`Facts::widest_recursive`].
pub(crate) fn find(program: &Program, facts: &Facts, loud: &Loud) -> (AllEffects, u32) {
    let funcs = program.funcs.len();
    let calls = &facts.calls;
    // Behind the functions and hubs stands what any `fini` does.
    let any_fini = FuncId((funcs + calls.hubs) as u32);
    let mut all = vec![Effects::default(); any_fini.index() + 1];
    let mut edges: Vec<(FuncId, FuncId)> = Vec::with_capacity(calls.callees.len());
    for (id, func) in &calls.callees {
        let owner = facts.graph.owner(*id);
        if func.is_none() {
            all[owner.index()].does |= Does::all();
        } else {
            edges.push((*func, owner));
        }
    }
    for (id, row) in &calls.rows {
        let owner = facts.graph.owner(*id);
        let mut does = row_does(*row);
        let receiver = if owner.index() < funcs { facts.graph.operand(*id, 0) } else { Ty::ANY };
        if builtin::row(*row).effects.contains(Row::RELEASES) && loud.is_loud(&facts.sets, receiver) {
            does |= Does::DEATHS | Does::THROW;
        }
        all[owner.index()].does |= does;
    }
    let finis = calls.instances.iter().filter_map(|c| facts.classes.info[c.index()].fini);
    edges.extend(finis.map(|fini| (fini, any_fini)));
    let is_quiet = loud.is_empty();
    let stores = RefCell::default();
    for (i, place) in facts.places.iter().enumerate().filter(|(_, p)| p.is_reached()) {
        let id = FuncId(i as u32);
        let mut asks = false;
        let own = &mut all[i];
        let func = program.func(id);
        let look = Look { facts, loud, is_quiet, func, place: *place, stores: &stores };
        for (at, inst) in (0..).zip(&func.insts) {
            if !look.is_idle(&inst.op) {
                asks = asks || look.asks_for_text(at, &inst.op);
                look.local(at, &inst.op, own);
            }
        }
        if asks {
            edges.extend(calls.text.map(|text| (text, id)));
        }
    }
    let deaths = (0..any_fini.0).filter(|i| all[*i as usize].does.contains(Does::DEATHS));
    edges.extend(deaths.map(|i| (any_fini, FuncId(i))));
    let known = edges.into_iter().filter(|(callee, _)| callee.index() < all.len());
    let pairs: Vec<(u32, u32)> = known.map(|(callee, caller)| (callee.0, caller.0)).collect();
    let callers = Groups::new(all.len(), &pairs);
    let widest = widest_recursive(program, facts, &pairs, &callers, all.len());
    (spread(all, &callers), widest)
}

/// [`Facts::widest_recursive`], from who calls whom among so many functions, hubs and what stands for any `fini`.
fn widest_recursive(
    program: &Program,
    facts: &Facts,
    pairs: &[(u32, u32)],
    callers: &Groups<u32>,
    count: usize,
) -> u32 {
    // What is not known may call anything that can be called at all.
    let open = facts.calls.callees.iter().any(|(_, func)| func.is_none());
    let recursive = if open { vec![true; count] } else { recursion::find(count, pairs, callers) };
    let reached = program.funcs.iter().zip(&facts.places).zip(recursive).filter(|((_, p), _)| p.is_reached());
    let counts = reached.filter(|((func, _), recursive)| *recursive && func.kind.may_nest());
    counts.map(|((func, _), _)| func.values).max().unwrap_or(0)
}

/// Who calls has the effects of what it calls. Functions that call each other have the same.
fn spread(own: Vec<Effects>, callers: &Groups<u32>) -> AllEffects {
    let circles = Circles::find(own.len(), callers);
    let mut all = vec![Effects::default(); circles.count];
    for (effects, group) in own.into_iter().zip(&circles.of) {
        let group = &mut all[*group as usize];
        if *group == Effects::default() {
            *group = effects;
        } else {
            group.merge(&effects);
        }
    }
    let members: Vec<(u32, u32)> = (0..).zip(&circles.of).map(|(func, group)| (*group, func)).collect();
    let members = Groups::new(circles.count, &members);
    // Which group a group has got something from last.
    let mut got = vec![u32::MAX; circles.count];
    // What is called has larger numbers.
    for group in (0..circles.count).rev() {
        let effects = core::mem::take(&mut all[group]);
        let callers = members.of(group).iter().flat_map(|func| callers.of(*func as usize));
        for to in callers.map(|caller| circles.of[*caller as usize] as usize).filter(|to| *to != group) {
            if core::mem::replace(&mut got[to], group as u32) != group as u32 {
                all[to].merge(&effects);
            }
        }
        all[group] = effects;
    }
    AllEffects { all, groups: circles.of }
}

/// What a builtin does by itself.
fn row_does(id: BuiltinId) -> Does {
    let row = builtin::row(id);
    let mut does = Does::empty();
    // Wrong arguments and a full heap.
    if row.effects.intersects(Row::THROWS | Row::ALLOCATES | Row::USER_CODE) || row.max() > 0 {
        does |= Does::THROW;
    }
    if row.effects.contains(Row::SUSPENDS) {
        // Other tasks run.
        does |= Does::SUSPEND | Does::THROW | Does::UNKNOWN;
    }
    if row.effects.contains(Row::OUTSIDE) {
        does |= Does::OUTSIDE;
    }
    if row.effects.contains(Row::WRITES) {
        does |= match row.owner {
            Owner::Method(class_id::ARRAY) => Does::ARRAYS,
            Owner::Method(class_id::MAP) => Does::MAPS,
            Owner::Every | Owner::Function => Does::ARRAYS | Does::MAPS | Does::OBJECTS,
            // A document is made of arrays and maps.
            Owner::Method(class_id::JSON) => Does::ARRAYS | Does::MAPS | Does::OBJECTS,
            _ => Does::OBJECTS,
        };
    }
    if row.effects.contains(Row::WRITES) && row.owner == Owner::Every {
        does |= Does::DEATHS;
    }
    does
}

/// What the instructions of a function are looked at with.
struct Look<'a> {
    facts: &'a Facts,
    loud: &'a Loud,
    /// Whether nobody notices any death.
    is_quiet: bool,
    func: &'a Func,
    place: Place,
    /// What storing in the fields of a name does, in boxes of any class.
    stores: &'a RefCell<HashMap<Symbol, Effects>>,
}

impl Look<'_> {
    /// The n-th operand of an operation at a position of the function.
    fn operand(&self, at: u32, op: &Op, n: usize) -> Ty {
        if let Some(row) = self.facts.graph.find(self.place, at) {
            return self.facts.graph.operand(row, n);
        }
        let mut operands: SmallVec<[Val; 4]> = SmallVec::new();
        self.func.uses(op, |v, _| operands.push(v));
        operands.get(n).map_or(Ty::NONE, |v| self.facts.graph.find_ty(self.place.var(*v)))
    }

    fn ty(&self, var: Var) -> Ty {
        self.facts.graph.ty(var)
    }

    /// What the death of a value does.
    fn dies(&self, ty: Ty) -> Does {
        if self.loud.is_loud(&self.facts.sets, ty) { Does::DEATHS | Does::THROW } else { Does::empty() }
    }

    /// Whether an operation does nothing, whatever it is done to. Most instructions are like that.
    fn is_idle(&self, op: &Op) -> bool {
        match op {
            Op::Retain { .. } | Op::Jump { .. } | Op::Branch { .. } | Op::Return { .. } => true,
            Op::Release { .. } | Op::ReleaseUnwinding { .. } | Op::Discard { .. } => self.is_quiet,
            op => is_literal(op),
        }
    }

    /// Whether an operation may ask boxes for their text.
    fn asks_for_text(&self, at: u32, op: &Op) -> bool {
        let boxes = Kinds::USER | Kinds::ARR | Kinds::BUILTIN;
        match op {
            Op::Print { .. } => self.operand(at, op, 0).has(boxes),
            Op::Add { .. } | Op::AddReuse { .. } => {
                let (a, b) = (self.operand(at, op, 0), self.operand(at, op, 1));
                a.has(Kinds::STR | Kinds::USER) && b.has(boxes)
                    || b.has(Kinds::STR | Kinds::USER) && a.has(boxes)
            }
            _ => false,
        }
    }

    /// What one instruction does by itself, without what it calls.
    fn local(&self, at: u32, op: &Op, effects: &mut Effects) {
        let facts = self.facts;
        let ty = |n: usize| self.operand(at, op, n);
        // Whoever throws anyway need not be asked: types lie far apart.
        let throws = effects.does.contains(Does::THROW);
        let numbers = || throws || ty(0).only(Kinds::NUMBER) && ty(1).only(Kinds::NUMBER);
        let does = match op {
            Op::Sub { .. }
            | Op::Mul { .. }
            | Op::Lt { .. }
            | Op::Le { .. }
            | Op::Gt { .. }
            | Op::Ge { .. }
            | Op::Add { .. }
            | Op::AddReuse { .. }
                if numbers() =>
            {
                Does::empty()
            }
            Op::Div { .. } | Op::Rem { .. } if throws || ty(0).only(Kinds::FLOAT) && numbers() => {
                Does::empty()
            }
            Op::BitAnd { .. } | Op::BitOr { .. } | Op::BitXor { .. } | Op::Shl { .. } | Op::Shr { .. }
                if throws || ty(0).only(Kinds::INT) && ty(1).only(Kinds::INT) =>
            {
                Does::empty()
            }
            Op::Neg { .. } if throws || ty(0).only(Kinds::NUMBER) => Does::empty(),
            Op::BitNot { .. } if throws || ty(0).only(Kinds::INT) => Does::empty(),
            Op::Truth { .. } | Op::Not { .. } if throws || !ty(0).has(Kinds::REFS - Kinds::STR) => {
                Does::empty()
            }
            Op::GetField { name, .. } if throws || self.is_plain(ty(0), *name) => Does::empty(),
            Op::SetField { name, .. } => {
                let a = ty(0);
                let mut does = if self.is_plain(a, *name) { Does::empty() } else { Does::THROW };
                match facts.user_classes(a) {
                    Some(all) => {
                        let places = all.iter().filter_map(|c| facts.classes.field(*c, *name));
                        places.for_each(|place| self.stored(place, effects));
                    }
                    None => {
                        let mut stores = self.stores.borrow_mut();
                        let all = stores.entry(*name).or_insert_with(|| {
                            let mut all = Effects::default();
                            let places = facts.classes.by_name.get(name).into_iter().flatten();
                            places.for_each(|place| self.stored(*place, &mut all));
                            all
                        });
                        effects.merge(all);
                    }
                }
                if a.has(Kinds::BUILTIN) {
                    does |= Does::OBJECTS | Does::DEATHS | Does::THROW;
                }
                does
            }
            Op::SetGlobal { global, .. } => {
                effects.globals.insert(global.0);
                self.dies(self.ty(facts.globals + global.0))
            }
            Op::SetCell { .. } => {
                let cells = facts.sets.sites(ty(0).objs).filter_map(|s| facts.sites.get(s as usize));
                let cells = cells.filter(|s| s.kind == Kinds::CELL && ty(0).has(Kinds::CELL));
                cells.fold(Does::CELLS, |does, s| does | self.dies(self.ty(s.a)))
            }
            Op::SetIndex { .. } => {
                let (a, mut does) = (ty(0), Does::THROW);
                for (kinds, what) in
                    [(Kinds::ARR, Does::ARRAYS), (Kinds::MAP, Does::MAPS), (Kinds::BUILTIN, Does::OBJECTS)]
                {
                    if a.has(kinds) {
                        does |= what | self.dies(a.part(kinds));
                    }
                }
                does
            }
            Op::SetContent { .. } => Does::OBJECTS | Does::THROW | self.dies(ty(0)),
            Op::GetContent { .. } => Does::OBJECTS | Does::THROW,
            Op::Release { .. } | Op::ReleaseUnwinding { .. } | Op::Discard { .. }
                if effects.does.contains(Does::DEATHS | Does::THROW) =>
            {
                Does::empty()
            }
            Op::Release { .. } | Op::ReleaseUnwinding { .. } | Op::Discard { .. } => self.dies(ty(0)),
            Op::DropOutbox {} => Does::DEATHS | Does::THROW,
            Op::Print { .. } | Op::ExternCall { .. } => Does::OUTSIDE | Does::THROW,
            Op::Await { .. } if !ty(0).has(Kinds::FUTURE) => Does::empty(),
            Op::Await { .. } => Does::SUSPEND | Does::THROW | Does::UNKNOWN,
            Op::GetStatic { .. } | Op::CallOnce { .. } | Op::DeclareBox { .. } => Does::SETUP | Does::THROW,
            op if op.row().effects.throws() => Does::THROW,
            _ => Does::empty(),
        };
        effects.does |= does;
    }

    /// What storing in a field does, by its place.
    fn stored(&self, place: u32, effects: &mut Effects) {
        effects.fields.insert(place);
        if !self.facts.classes.weak[place as usize] {
            effects.does |= self.dies(self.ty(self.facts.fields + place));
        }
    }

    /// Whether touching a field of such values cannot throw.
    fn is_plain(&self, object: Ty, name: Symbol) -> bool {
        let facts = self.facts;
        object.only(Kinds::USER)
            && facts.user_classes(object).is_some_and(|all| {
                all.iter().all(|c| {
                    facts.classes.field(*c, name).is_some()
                        && !facts.may_be_dead(*c)
                        && !facts.classes.restricted[c.index()]
                })
            })
    }
}
