//! A reference that is read out of a place, kept, and then overwritten there takes the count of its place along: the
//! place is *swapped*. A stack that gives its top, a list that gets a new head need no counts then.
//!
//! Two shapes are found. `R` is the retain of what was read, `W` the write that drops it from its place; nothing changes
//! the place from the read to `W`.
//!
//! - *Late*: `W` comes while `R`'s count is still there. Up to `W` the place keeps the reference alive, `W` gives its
//!   count to who had it from `R`. Ways that leave before `W` have no count to give back.
//! - *Early*: another store took `R`'s count before `W`, and what `W` writes is known at `R`: the place is swapped there.
//!   An element may be swapped where its position is inside of the array, which is sure when it is not `null`. When nobody
//!   has asked for that, what lies between `R` and `W` is written twice, and a test in front chooses.
//!
//! It is for programs without finalizers: the moments of deaths between a store and the next instruction are nobody's
//! business, and a store cannot throw. How values flow along ways is in [`ways`]; this file knows places.

mod apply;
mod ways;

use mir::func::{Func, Rep};
use mir::inst::{Inst, Op, Own, Val};

use crate::effects::{Needs, disturbs};
use crate::rewrite::drop_unreached;
use crate::{Context, Lowered};

/// Most exchanges in one function: each looks at the function anew.
const MOST: usize = 64;
/// Most instructions that are written twice.
const LARGEST_SPLIT: usize = 12;
/// Most instructions that are looked at for one function.
const BUDGET: usize = 1_000_000;

/// What is read or written, by values that name it for as long as nothing disturbs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// The object and the field's place in the facts.
    Field(Val, u32),
    /// The array and the index.
    Element(Val, Val),
}

/// A write of a reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Write {
    at: usize,
    place: Place,
    value: Val,
    /// The value brings its count.
    moves: bool,
}

/// What is done at once.
#[derive(Debug)]
enum Exchange {
    Late(ways::Late),
    Early(Early),
    /// An early one is possible where what was read is not zero.
    Split(Early),
}

/// A place that is swapped when it is read.
#[derive(Debug)]
struct Early {
    retain: usize,
    write: usize,
    /// Definitions of the written value that go in front.
    moved: Vec<usize>,
    /// The written value is used between: by instructions up to the write it is called as who keeps it, lent.
    lent: bool,
}

struct Pass<'a> {
    cx: Context<'a>,
    func: &'a Func,
    ways: ways::Ways<'a>,
    /// The first value that is the same reference.
    same: Vec<Val>,
    writes: Vec<Write>,
}

/// Makes exchanges of reads that keep and of writes that drop.
pub(crate) fn exchange(cx: Context<'_>, lowered: &mut Lowered) {
    if cx.facts.has_finalizers() {
        return;
    }
    // What is given by the swaps that were made: what was read before.
    let mut given: Vec<(Val, Val)> = Vec::new();
    // What was read and is tested now.
    let mut tested: Vec<Val> = Vec::new();
    let mut budget = BUDGET;
    for _ in 0..MOST {
        let Some(mut pass) = Pass::new(cx, &lowered.func, &given, budget) else { break };
        let found = pass.find(&tested);
        budget = pass.ways.budget;
        let Some((read, kept, exchange)) = found else { break };
        match exchange {
            Exchange::Late(late) => apply::late(&mut lowered.func, &late),
            Exchange::Early(early) => apply::early(&mut lowered.func, &early),
            Exchange::Split(early) => {
                apply::split(&mut lowered.func, read, early.retain, early.write);
                tested.push(read);
                continue;
            }
        }
        given.push((kept, read));
        drop_unreached(lowered);
    }
}

impl<'a> Pass<'a> {
    /// Nothing when there is nothing to look for.
    fn new(cx: Context<'a>, func: &'a Func, given: &[(Val, Val)], budget: usize) -> Option<Pass<'a>> {
        let is_kept = |inst: &Inst| matches!(inst.op, Op::Retain { .. }) && func.rep(inst.dst) == Rep::Ref;
        let overwrites =
            |inst: &Inst| matches!(inst.op, Op::Store { .. } | Op::ArrSet { .. } | Op::ArrSetMove { .. });
        if budget == 0 || !func.insts.iter().any(is_kept) || !func.insts.iter().any(overwrites) {
            return None;
        }
        let ways = ways::Ways::new(cx, func, budget);
        let mut same: Vec<Val> = (0..func.values).map(Val).collect();
        for block in &ways.order {
            for inst in func.block_insts(*block) {
                if let Op::Retain { a } | Op::Lend { a } = inst.op {
                    same[inst.dst.index()] = same[a.index()];
                } else if let Some((_, read)) = given.iter().find(|g| g.0 == inst.dst) {
                    same[inst.dst.index()] = same[read.index()];
                }
            }
        }
        let mut pass = Pass { cx, func, ways, same, writes: Vec::new() };
        pass.writes = (0..func.insts.len()).filter_map(|at| pass.written(at)).collect();
        Some(pass)
    }

    /// The first exchange, with the value that is read and the one that keeps it.
    fn find(&mut self, tested: &[Val]) -> Option<(Val, Val, Exchange)> {
        for retain in 0..self.func.insts.len() {
            let Inst { op: Op::Retain { a: read }, dst: kept, .. } = self.func.insts[retain] else {
                continue;
            };
            let Some(place) = self.read(read) else { continue };
            let writes: Vec<Write> = self.writes.iter().filter(|w| w.place == place).copied().collect();
            for write in writes {
                let found = self.late(read, retain, write).map(Exchange::Late);
                let found = found.or_else(|| self.early(read, retain, write, tested));
                if let Some(found) = found {
                    return Some((read, kept, found));
                }
            }
        }
        None
    }

    /// Where a value was read.
    fn read(&self, v: Val) -> Option<Place> {
        let inst = &self.func.insts[self.ways.def(v)?];
        if self.func.rep(v) != Rep::Ref {
            return None;
        }
        match inst.op {
            Op::Load { object, class, field } => {
                Some(Place::Field(self.same[object.index()], self.cx.facts.place(class, field)?))
            }
            Op::ArrGet { array, index } => Some(Place::Element(self.same[array.index()], index)),
            _ => None,
        }
    }

    fn written(&self, at: usize) -> Option<Write> {
        let (place, value, moves) = match self.func.insts[at].op {
            Op::Store { object, class, field, value: Own(value) } => {
                let place = self.cx.facts.place(class, field)?;
                (Place::Field(self.same[object.index()], place), value, true)
            }
            Op::ArrSetMove { array, index, value: Own(value) } => {
                (Place::Element(self.same[array.index()], index), value, true)
            }
            Op::ArrSet { array, index, value } => {
                (Place::Element(self.same[array.index()], index), value, false)
            }
            _ => return None,
        };
        (self.func.rep(value) == Rep::Ref).then_some(Write { at, place, value, moves })
    }

    /// What the content of a place depends on, its object aside.
    fn needs(place: Place) -> Needs {
        match place {
            Place::Field(_, field) => Needs { fields: vec![field], ..Needs::default() },
            Place::Element(..) => Needs { arrays: true, ..Needs::default() },
        }
    }

    /// The write drops what is still kept.
    fn late(&mut self, read: Val, retain: usize, write: Write) -> Option<ways::Late> {
        let kept = self.func.insts[retain].dst;
        if write.value == kept {
            return None;
        }
        let needs = Self::needs(write.place);
        let between = self.ways.between(retain, write.at, &needs)?;
        self.ways.between(self.ways.def(read)?, retain, &needs)?;
        if matches!(write.place, Place::Element(..)) && !self.ways.nonzero(&self.same, read, write.at) {
            return None;
        }
        let late = self.ways.leaving(&self.same, read, retain, write.at, &between)?;
        Some(late)
    }

    /// The write drops what was kept for somebody else.
    fn early(&mut self, read: Val, retain: usize, write: Write, tested: &[Val]) -> Option<Exchange> {
        let block = self.ways.block_of(retain);
        if write.at < retain || self.ways.block_of(write.at) != block {
            return None;
        }
        let kept = self.func.insts[retain].dst;
        let needs = Self::needs(write.place);
        self.ways.between(self.ways.def(read)?, retain, &needs)?;
        let inside =
            !matches!(write.place, Place::Element(..)) || self.ways.nonzero(&self.same, read, retain);
        if !inside && (tested.contains(&read) || !self.can_be_split(retain, write.at)) {
            return None;
        }
        let mut taken = false;
        for at in retain + 1..write.at {
            let inst = &self.func.insts[at];
            let effects = inst.op.row().effects;
            let stores = matches!(inst.op, Op::Store { .. } | Op::Swap { .. } | Op::ArrSwap { .. });
            let drops = matches!(inst.op, Op::ReleaseQuiet { .. } | Op::Forget { .. });
            let swaps = matches!(inst.op, Op::Store { value: Own(v), .. } if self.func.rep(v) == Rep::Ref);
            if effects.throws() && !swaps
                || effects.ends_block()
                || self.reads(inst, write.place)
                || disturbs(self.cx, inst, &needs)
            {
                return None;
            }
            // Whoever took it keeps it alive as long as nothing dies and nothing else is stored.
            if taken && (stores || drops) {
                return None;
            }
            let mut takes = false;
            self.func.uses(&inst.op, |v, consumed| takes |= consumed && v == kept);
            if takes && !stores {
                return None;
            }
            taken |= takes;
        }
        let (moved, lent) = self.known_before(retain, write)?;
        let early = Early { retain, write: write.at, moved, lent };
        taken.then_some(if inside { Exchange::Early(early) } else { Exchange::Split(early) })
    }

    /// Whether a few instructions of a block can be written twice: nobody else uses what they give.
    fn can_be_split(&self, first: usize, last: usize) -> bool {
        let func = self.func;
        let given = |v: Val| self.ways.def(v).is_some_and(|at| (first..=last).contains(&at));
        let mut outside = (0..func.insts.len()).filter(|at| !(first..=last).contains(at));
        last - first < LARGEST_SPLIT
            && outside.all(|at| {
                let (inst, mut free) = (&func.insts[at], true);
                func.uses(&inst.op, |v, _| free &= !given(v));
                func.edges_of(inst, |e| free &= !func.vals(func.edges[e.index()].args).any(given));
                free
            })
    }

    /// Whether an instruction looks at such a place, in whatever object.
    fn reads(&self, inst: &Inst, place: Place) -> bool {
        match (inst.op, place) {
            (Op::Load { class, field, .. }, Place::Field(_, place)) => {
                self.cx.facts.place(class, field).is_none_or(|p| p == place)
            }
            (Op::ArrGet { .. }, Place::Element(..)) => true,
            _ => false,
        }
    }

    /// What has to be moved in front of the retain so that the written value is known there, and whether it is used
    /// before it is written.
    fn known_before(&self, retain: usize, write: Write) -> Option<(Vec<usize>, bool)> {
        let func = self.func;
        let between = |at: usize| (retain..write.at).contains(&at);
        let used = (retain + 1..write.at).any(|at| {
            let mut used = false;
            func.uses(&func.insts[at].op, |v, _| used |= v == write.value);
            used
        });
        let Some(def) = self.ways.def(write.value).filter(|at| between(*at)) else {
            return Some((Vec::new(), used && write.moves));
        };
        let known = match func.insts[def].op {
            Op::Null {} | Op::Str { .. } => true,
            // Who is kept here is alive there.
            Op::Retain { a } => !used && self.ways.def(a).is_none_or(|at| !between(at)),
            _ => false,
        };
        known.then(|| (vec![def], false))
    }
}
