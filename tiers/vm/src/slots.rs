//! Registers: which words of the window hold which value. Parameters of blocks share a register with the arguments
//! that they receive wherever their lives do not cross, so that loops have no copies.
//!
//! The words of a function's parameters depend on its signature alone, so that callers write them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use mir::func::{Func, Rep};
use mir::inst::{Op, Val};
use mir::types::Slot;
use smallvec::SmallVec;

use crate::flow::Flow;
use crate::live::{Live, Range};
use crate::plan::{Konst, Plan};

/// No register.
pub(crate) const NONE: u16 = u16::MAX;

/// Fewest words of a window: callers may write so many without looking.
pub(crate) const FEWEST: u32 = 4;

/// Most words of a window.
const MOST: u32 = NONE as u32 - 8;

/// Words that a value takes.
pub(crate) fn width(rep: Rep) -> u32 {
    match rep {
        Rep::Unit => 0,
        Rep::Any => 2,
        Rep::I64 | Rep::F64 | Rep::Bool | Rep::Ref => 1,
    }
}

/// The first word of each parameter, and the number of words in front of everything else. `None` when there are too
/// many.
pub(crate) fn param_slots(params: &[Slot]) -> Option<(Vec<u16>, u32)> {
    let mut next = 0u32;
    let mut slots = Vec::with_capacity(params.len());
    for param in params {
        let width = width(param.rep);
        if width == 2 {
            next = next.next_multiple_of(2);
        }
        slots.push(if width == 0 { NONE } else { next as u16 });
        next += width;
        if next > MOST {
            return None;
        }
    }
    Some((slots, next))
}

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Slots {
    /// The first word of each value, [`NONE`] for those that have none.
    pub(crate) of: Vec<u16>,
    /// Constants to be made at the start.
    pub(crate) hoisted: Vec<(u16, Konst)>,
    /// Two words for copies that go round, the first at an even number.
    pub(crate) scratch: u16,
    /// Size of the window.
    pub(crate) words: u32,
}

/// Values that share a register.
struct Classes {
    parent: Vec<u32>,
    ranges: Vec<SmallVec<[Range; 2]>>,
}

impl Classes {
    fn find(&mut self, v: u32) -> u32 {
        let mut root = v;
        while self.parent[root as usize] != root {
            root = self.parent[root as usize];
        }
        let mut at = v;
        while self.parent[at as usize] != root {
            at = std::mem::replace(&mut self.parent[at as usize], root);
        }
        root
    }

    /// Lets two values share a register if their lives do not cross.
    fn join(&mut self, a: Val, b: Val) {
        let (mut a, mut b) = (self.find(a.0), self.find(b.0));
        if self.ranges[a as usize].len() < self.ranges[b as usize].len() {
            (a, b) = (b, a);
        }
        let (large, small) = (&self.ranges[a as usize], &self.ranges[b as usize]);
        if a == b || large.is_empty() || small.is_empty() || cross(large, small) {
            return;
        }
        let small = std::mem::take(&mut self.ranges[b as usize]);
        let large = &mut self.ranges[a as usize];
        if small.len() * 8 < large.len() {
            for range in small {
                let at = large.partition_point(|r| r.0 < range.0);
                large.insert(at, range);
            }
        } else {
            large.extend(small);
            large.sort_unstable();
        }
        self.parent[b as usize] = a;
    }
}

/// Whether some range of one list meets one of the other; the first list is the longer one.
fn cross(large: &[Range], small: &[Range]) -> bool {
    small.iter().any(|&(start, end)| {
        let after = large.partition_point(|r| r.1 <= start);
        large.get(after).is_some_and(|r| r.0 < end)
    })
}

impl Slots {
    /// `None` when there are too many registers.
    pub(crate) fn new(func: &Func, flow: &Flow, plan: &Plan, live: &Live, params: &[Slot]) -> Option<Slots> {
        let mut classes = Classes {
            parent: (0..func.values).collect(),
            ranges: (0..func.values).map(|v| SmallVec::from_slice(live.of(Val(v)))).collect(),
        };
        // What is taken stays where its parameter is, which nobody else writes.
        let taken = &func.insts[..func.takes().count_ones() as usize];
        let own = |v: Val| {
            v.0 >= func.params
                && v.0 < func.values
                && !plan.hoisted[v.index()]
                && plan.has_register(func, v)
                && !taken.iter().any(|inst| inst.dst == v)
        };
        for v in (0..func.values).map(Val).filter(|v| plan.hoisted[v.index()]) {
            classes.ranges[v.index()].clear();
        }
        join_edges(func, flow, &mut classes, &|v| own(v) && plan.konst[v.index()].is_none());

        let (mut of, mut next) = param_slots(params)?;
        of.resize(func.values as usize, NONE);
        for inst in taken {
            if let Op::Take { a } = inst.op {
                of[inst.dst.index()] = of[a.index()];
            }
        }
        let mut hoisted: Vec<(u16, Konst)> = Vec::new();
        let mut known = std::collections::HashMap::new();
        for v in (0..func.values).map(Val).filter(|v| plan.hoisted[v.index()]) {
            let Some(konst) = plan.konst[v.index()] else { continue };
            of[v.index()] = *known.entry(konst).or_insert_with(|| {
                if let Konst::Two(..) = konst {
                    next = next.next_multiple_of(2);
                }
                let slot = next.min(MOST) as u16;
                next += if let Konst::Two(..) = konst { 2 } else { 1 };
                hoisted.push((slot, konst));
                slot
            });
        }

        let mut roots: Vec<(Range, u32)> = (0..func.values)
            .filter(|v| own(Val(*v)) && classes.parent[*v as usize] == *v)
            .filter_map(|v| {
                let ranges = &classes.ranges[v as usize];
                Some(((ranges.first()?.0, ranges.last()?.1), v))
            })
            .collect();
        roots.sort_unstable();
        let mut pool = Pool::new(next);
        for ((start, end), v) in roots {
            of[v as usize] = pool.take(start, end, width(func.rep(Val(v))))?;
        }
        for v in (0..func.values).filter(|v| own(Val(*v))) {
            of[v as usize] = of[classes.find(v) as usize];
        }
        let scratch = pool.next.next_multiple_of(2);
        let words = (scratch + 2).max(FEWEST);
        (words <= MOST).then_some(Slots { of, hoisted, scratch: scratch as u16, words })
    }
}

/// Parameters of blocks with their arguments: loops first, then deep blocks before others.
fn join_edges(func: &Func, flow: &Flow, classes: &mut Classes, own: &dyn Fn(Val) -> bool) {
    let mut edges: Vec<(Reverse<(bool, u32)>, usize)> = func
        .edges
        .iter()
        .enumerate()
        .filter(|(_, e)| flow.reached(e.to) && e.args != 0)
        .map(|(i, e)| (Reverse((flow.back[i], flow.depth[e.to.index()])), i))
        .collect();
    edges.sort_unstable();
    for (_, i) in edges {
        let edge = func.edges[i];
        for (param, arg) in func.block_params(edge.to).zip(func.vals(edge.args)) {
            if own(param) && own(arg) {
                classes.join(param, arg);
            }
        }
    }
    // A count changes nothing of the value.
    for inst in &func.insts {
        if let Op::Retain { a } | Op::Lend { a } | Op::Plain { a } = inst.op
            && own(a)
            && own(inst.dst)
        {
            classes.join(a, inst.dst);
        }
    }
}

/// Words that are free, and words that will be.
struct Pool {
    next: u32,
    single: BinaryHeap<Reverse<u32>>,
    pairs: BinaryHeap<Reverse<u32>>,
    /// End of a life, its first word, its width.
    busy: BinaryHeap<Reverse<(u32, u32, u32)>>,
}

impl Pool {
    fn new(next: u32) -> Pool {
        Pool { next, single: BinaryHeap::new(), pairs: BinaryHeap::new(), busy: BinaryHeap::new() }
    }

    /// A register for a life; lives come in the order in which they begin.
    fn take(&mut self, start: u32, end: u32, width: u32) -> Option<u16> {
        while let Some(&Reverse((over, slot, width))) = self.busy.peek() {
            if over > start {
                break;
            }
            self.busy.pop();
            if width == 2 { &mut self.pairs } else { &mut self.single }.push(Reverse(slot));
        }
        let free = if width == 2 { &mut self.pairs } else { &mut self.single };
        let slot = match free.pop() {
            Some(Reverse(slot)) => slot,
            None => {
                if width == 2 && self.next % 2 == 1 {
                    self.single.push(Reverse(self.next));
                    self.next += 1;
                }
                let slot = self.next;
                self.next += width;
                slot
            }
        };
        self.busy.push(Reverse((end, slot, width)));
        (self.next <= MOST).then_some(slot as u16)
    }
}

#[cfg(test)]
mod tests;
