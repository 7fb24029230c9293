//! What functions do besides giving a result, with everything that they call. It looks at the solved graph.

use bitflags::bitflags;
use mir::inst::{FuncId, Global, Op};
use nyrt::builtin::{self, BuiltinId, Effects as Row, Owner};
use nyrt::prelude::PreludeFn;
use nyrt::value::class_id;

use crate::quiet::Loud;
use crate::solve::Solver;
use crate::ty::{Kinds, Ty};

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
    /// Fields by place ([`crate::Facts::place`]), a bit each.
    fields: Vec<u64>,
    /// Globals, a bit each.
    globals: Vec<u64>,
}

fn set(bits: &mut Vec<u64>, at: u32) -> bool {
    let word = at as usize / 64;
    if bits.len() <= word {
        bits.resize(word + 1, 0);
    }
    let old = bits[word];
    bits[word] |= 1 << (at % 64);
    old != bits[word]
}

fn merge(to: &mut Vec<u64>, from: &[u64]) -> bool {
    if to.len() < from.len() {
        to.resize(from.len(), 0);
    }
    let mut changed = false;
    for (to, from) in to.iter_mut().zip(from) {
        changed |= *to | from != *to;
        *to |= from;
    }
    changed
}

impl Effects {
    /// Whether it may write a field, by place.
    pub fn writes_field(&self, place: u32) -> bool {
        self.fields.get(place as usize / 64).is_some_and(|w| w >> (place % 64) & 1 != 0)
    }
    /// Whether it may write a global.
    pub fn writes_global(&self, global: Global) -> bool {
        self.globals.get(global.index() / 64).is_some_and(|w| w >> (global.0 % 64) & 1 != 0)
    }
    /// Whether it may do anything at all: it runs unknown code, or other tasks while it waits.
    pub fn unknown(&self) -> bool {
        self.does.intersects(Does::UNKNOWN | Does::SUSPEND)
    }
    /// The places of fields that it may write.
    pub fn fields(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.fields.len() as u32 * 64).filter(|p| self.writes_field(*p))
    }
    /// The globals that it may write.
    pub fn globals(&self) -> impl Iterator<Item = Global> + '_ {
        (0..self.globals.len() as u32 * 64).map(Global).filter(|g| self.writes_global(*g))
    }
    fn merge(&mut self, other: &Effects) -> bool {
        let does = self.does | other.does;
        let mut changed = does != self.does;
        self.does = does;
        changed |= merge(&mut self.fields, &other.fields);
        changed |= merge(&mut self.globals, &other.globals);
        changed
    }
}

/// The effects of all functions.
pub(crate) fn find(solver: &Solver<'_>, loud: &Loud) -> Vec<Effects> {
    let funcs = solver.program.funcs.len();
    let count = funcs + solver.hubs.len();
    let mut all = vec![Effects::default(); count];
    let mut callers: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut edge = |callee: FuncId, caller: FuncId| {
        if let Some(list) = callers.get_mut(callee.index())
            && list.last() != Some(&caller.0)
        {
            list.push(caller.0);
        }
    };
    for (id, func) in &solver.callees {
        let owner = solver.graph.owner(*id);
        if func.is_none() {
            all[owner.index()].does |= Does::all();
        } else {
            edge(*func, owner);
        }
    }
    for (id, row) in &solver.rows {
        let owner = solver.graph.owner(*id);
        let mut does = row_does(*row);
        let receiver = if owner.index() < funcs { solver.graph.operand(*id, 0) } else { Ty::ANY };
        if builtin::row(*row).effects.contains(Row::RELEASES) && loud.is_loud(&solver.sets, receiver) {
            does |= Does::DEATHS | Does::THROW;
        }
        all[owner.index()].does |= does;
    }
    let finis: Vec<FuncId> =
        solver.instances.iter().filter_map(|c| solver.classes.info[c.index()].fini).collect();
    let text = solver.prelude.get(PreludeFn::Text as usize).copied().unwrap_or(FuncId::NONE);
    for (i, place) in solver.places.iter().enumerate().filter(|(_, p)| p.is_reached()) {
        let id = FuncId(i as u32);
        let func = solver.program.func(id);
        for (at, inst) in func.insts.iter().enumerate() {
            let effects = &mut all[i];
            if asks_for_text(solver, place.insts + at as u32, &inst.op) {
                edge(text, id);
            }
            local(solver, loud, place.insts + at as u32, &inst.op, effects);
        }
        if all[i].does.contains(Does::DEATHS) {
            finis.iter().for_each(|fini| edge(*fini, id));
        }
    }
    let mut work: Vec<u32> = (0..count as u32).collect();
    while let Some(func) = work.pop() {
        let effects = core::mem::take(&mut all[func as usize]);
        for caller in &callers[func as usize] {
            if *caller != func && all[*caller as usize].merge(&effects) {
                work.push(*caller);
            }
        }
        all[func as usize] = effects;
    }
    all
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

/// Whether an operation may ask boxes for their text.
fn asks_for_text(solver: &Solver<'_>, id: u32, op: &Op) -> bool {
    let boxes = Kinds::USER | Kinds::ARR | Kinds::BUILTIN;
    let (a, b) = (solver.graph.operand(id, 0), solver.graph.operand(id, 1));
    match op {
        Op::Print { .. } => a.has(boxes),
        Op::Add { .. } | Op::AddReuse { .. } => {
            a.has(Kinds::STR | Kinds::USER) && b.has(boxes) || b.has(Kinds::STR | Kinds::USER) && a.has(boxes)
        }
        _ => false,
    }
}

/// What one instruction does by itself, without what it calls.
fn local(solver: &Solver<'_>, loud: &Loud, id: u32, op: &Op, effects: &mut Effects) {
    let a = solver.graph.operand(id, 0);
    let number = |ty: Ty| ty.only(Kinds::NUMBER);
    let dies =
        |ty: Ty| if loud.is_loud(&solver.sets, ty) { Does::DEATHS | Does::THROW } else { Does::empty() };
    let does = match op {
        Op::Sub { .. } | Op::Mul { .. } | Op::Lt { .. } | Op::Le { .. } | Op::Gt { .. } | Op::Ge { .. }
            if number(a) && number(solver.graph.operand(id, 1)) =>
        {
            Does::empty()
        }
        Op::Add { .. } | Op::AddReuse { .. } if number(a) && number(solver.graph.operand(id, 1)) => {
            Does::empty()
        }
        Op::Div { .. } | Op::Rem { .. } if a.only(Kinds::FLOAT) && number(solver.graph.operand(id, 1)) => {
            Does::empty()
        }
        Op::BitAnd { .. } | Op::BitOr { .. } | Op::BitXor { .. } | Op::Shl { .. } | Op::Shr { .. }
            if a.only(Kinds::INT) && solver.graph.operand(id, 1).only(Kinds::INT) =>
        {
            Does::empty()
        }
        Op::Neg { .. } if number(a) => Does::empty(),
        Op::BitNot { .. } if a.only(Kinds::INT) => Does::empty(),
        Op::Truth { .. } | Op::Not { .. } if !a.has(Kinds::REFS - Kinds::STR) => Does::empty(),
        Op::GetField { name, .. } if is_plain(solver, a, *name) => Does::empty(),
        Op::SetField { name, .. } => {
            let mut does = if is_plain(solver, a, *name) { Does::empty() } else { Does::THROW };
            let places = match solver.classes_of(a) {
                Some(all) => all.iter().filter_map(|c| solver.classes.field(*c, *name)).collect(),
                None => solver.classes.by_name.get(name).cloned().unwrap_or_default(),
            };
            for place in places {
                set(&mut effects.fields, place);
                if !solver.classes.weak[place as usize] {
                    does |= dies(solver.graph.ty(solver.fields + place));
                }
            }
            if a.has(Kinds::BUILTIN) {
                does |= Does::OBJECTS | Does::DEATHS | Does::THROW;
            }
            does
        }
        Op::SetGlobal { global, .. } => {
            set(&mut effects.globals, global.0);
            dies(solver.graph.ty(solver.globals + global.0))
        }
        Op::SetCell { .. } => {
            let contents = solver.sites_of(a, Kinds::CELL);
            contents.iter().fold(Does::CELLS, |d, s| d | dies(solver.graph.ty(s.a)))
        }
        Op::SetIndex { .. } => {
            let mut does = Does::THROW;
            for (kinds, what) in
                [(Kinds::ARR, Does::ARRAYS), (Kinds::MAP, Does::MAPS), (Kinds::BUILTIN, Does::OBJECTS)]
            {
                if a.has(kinds) {
                    does |= what | dies(Ty { kinds, objs: a.objs });
                }
            }
            does
        }
        Op::SetContent { .. } => Does::OBJECTS | Does::THROW | dies(a),
        Op::GetContent { .. } => Does::OBJECTS | Does::THROW,
        Op::Release { .. } | Op::ReleaseUnwinding { .. } => dies(a),
        Op::Discard { .. } => dies(a),
        Op::DropOutbox {} => Does::DEATHS | Does::THROW,
        Op::Print { .. } => Does::OUTSIDE | Does::THROW,
        Op::ExternCall { .. } => Does::OUTSIDE | Does::THROW,
        Op::Await { .. } if !a.has(Kinds::FUTURE) => Does::empty(),
        Op::Await { .. } => Does::SUSPEND | Does::THROW | Does::UNKNOWN,
        Op::GetStatic { class } if solver.program.class(*class).static_init.is_none() => {
            Does::SETUP | Does::THROW
        }
        Op::GetStatic { .. } | Op::CallOnce { .. } | Op::DeclareBox { .. } => Does::SETUP | Does::THROW,
        op if op.row().effects.throws() => Does::THROW,
        _ => Does::empty(),
    };
    effects.does |= does;
}

/// Whether touching a field of such values cannot throw.
fn is_plain(solver: &Solver<'_>, object: Ty, name: syntax::intern::Symbol) -> bool {
    object.only(Kinds::USER)
        && !solver.any_may_be_dead
        && solver.classes_of(object).is_some_and(|all| {
            all.iter().all(|c| {
                solver.classes.field(*c, name).is_some()
                    && !solver.may_be_dead[c.index()]
                    && !solver.classes.restricted[c.index()]
            })
        })
}
