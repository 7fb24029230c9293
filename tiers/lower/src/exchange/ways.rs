//! Ways through a function: what lies between two instructions, and what becomes of a kept value on the ways that leave
//! before it is overwritten. It does not know which places are written.

use std::collections::BTreeSet;

use mir::func::{Edge, Func};
use mir::groups::{Flags, Groups};
use mir::inst::{Block, EdgeId, Gives, Inst, Op, Val};
use smallvec::SmallVec;

use crate::Context;
use crate::body::definitions_first;
use crate::effects::{Needs, disturbs};

/// A write that gives the count of what it drops to who kept it.
#[derive(Debug, Default)]
pub(super) struct Late {
    pub(super) retain: usize,
    pub(super) write: usize,
    /// Instructions that use the kept value before the write: they find it in its place.
    pub(super) uses: Vec<usize>,
    /// Releases of the kept value on ways that leave before the write.
    pub(super) releases: Vec<usize>,
    /// Edges from before the write that hand the kept value over to be released: they hand over zero.
    pub(super) handed: Vec<(usize, EdgeId)>,
    /// Edges from before the write into blocks of `shared`.
    pub(super) edges: Vec<(usize, EdgeId)>,
    /// Blocks to which ways from before and from behind the write come with the kept value.
    pub(super) shared: Vec<Block>,
}

pub(super) struct Ways<'a> {
    cx: Context<'a>,
    func: &'a Func,
    /// The blocks, definitions first.
    pub(super) order: Vec<Block>,
    /// By value, the instruction that defines it.
    defs: Vec<u32>,
    /// By block, the instructions that lead to it.
    preds: Groups<usize>,
    /// Blocks that loops of other tiers may enter.
    headers: Flags,
    pub(super) budget: usize,
}

impl<'a> Ways<'a> {
    pub(super) fn new(cx: Context<'a>, func: &'a Func, budget: usize) -> Ways<'a> {
        let mut defs = vec![u32::MAX; func.values as usize];
        let mut preds = Vec::with_capacity(func.edges.len());
        for (at, inst) in func.insts.iter().enumerate() {
            if !inst.dst.is_none() {
                defs[inst.dst.index()] = at as u32;
            }
            func.edges_of(inst, |e| preds.push((func.edges[e.index()].to.0, at)));
        }
        let mut ways = Ways {
            cx,
            func,
            order: definitions_first(func),
            defs,
            preds: Groups::new(func.blocks.len(), &preds),
            headers: Flags::from_elem(false, func.blocks.len()),
            budget: budget.saturating_sub(func.insts.len()),
        };
        for (edge, _) in mir::loops::closing(func).iter().enumerate().filter(|(_, closes)| **closes) {
            ways.headers[func.edges[edge].to.index()] = true;
        }
        ways
    }

    /// The instruction that defines a value; none for parameters.
    pub(super) fn def(&self, v: Val) -> Option<usize> {
        self.defs.get(v.index()).filter(|at| **at != u32::MAX).map(|at| *at as usize)
    }

    pub(super) fn block_of(&self, at: usize) -> Block {
        Block(self.func.blocks.partition_point(|b| b.end as usize <= at) as u32)
    }

    fn range(&self, block: Block) -> std::ops::Range<usize> {
        let data = self.func.blocks[block.index()];
        data.start as usize..data.end as usize
    }

    fn spend(&mut self, instructions: usize) -> Option<()> {
        self.budget = self.budget.saturating_sub(instructions);
        (self.budget > 0).then_some(())
    }

    /// The instructions on all ways from one to another one, without both, as spans; nothing when not all ways to the second
    /// come by the first, when a loop begins between them, or when something disturbs what is needed.
    pub(super) fn between(
        &mut self,
        first: usize,
        last: usize,
        needs: &Needs,
    ) -> Option<Vec<std::ops::Range<usize>>> {
        let mut spans = Vec::new();
        let mut seen = BTreeSet::new();
        let mut work = vec![last];
        while let Some(end) = work.pop() {
            let block = self.block_of(end);
            let range = self.range(block);
            let here = range.contains(&first) && first < end;
            let span = if here { first + 1 } else { range.start }..end;
            self.spend(span.len() + 1)?;
            if self.func.insts[span.clone()].iter().any(|inst| disturbs(self.cx, inst, needs)) {
                return None;
            }
            spans.push(span);
            if here {
                continue;
            }
            if block == Block(0) || self.headers[block.index()] {
                return None;
            }
            if seen.insert(block) {
                for at in self.preds.of(block.index()) {
                    if *at == first {
                        continue;
                    }
                    // A way by an exception comes from the middle of its instruction, which may have been done.
                    if disturbs(self.cx, &self.func.insts[*at], needs) {
                        return None;
                    }
                    work.push(*at);
                }
            }
        }
        Some(spans)
    }

    /// Whether a reference is known not to be zero when an instruction is reached: no way from its definition leads there
    /// without a test or a use that says so.
    pub(super) fn nonzero(&mut self, same: &[Val], v: Val, to: usize) -> bool {
        let Some(def) = self.def(v) else { return false };
        let is = |other: Val| same[other.index()] == same[v.index()];
        let mut seen = BTreeSet::new();
        let mut work = vec![def + 1];
        while let Some(start) = work.pop() {
            for at in start..self.range(self.block_of(start)).end {
                if at == to || self.spend(1).is_none() {
                    return false;
                }
                let inst = &self.func.insts[at];
                let mut ahead: SmallVec<[EdgeId; 2]> = SmallVec::new();
                match inst.op {
                    Op::Load { object, .. } | Op::StoreRaw { object, .. } if is(object) => break,
                    _ => match self.if_zero(inst, same, v) {
                        Some(edge) => ahead.push(edge),
                        None => self.func.edges_of(inst, |e| ahead.push(e)),
                    },
                }
                for e in ahead {
                    let block = self.func.edges[e.index()].to;
                    if seen.insert(block) {
                        work.push(self.range(block).start);
                    }
                }
                // Only the exception goes on with zero.
                if matches!(inst.op, Op::Check { object, .. } if is(object)) {
                    break;
                }
            }
        }
        true
    }

    /// The way that a branch goes only when a reference is zero.
    fn if_zero(&self, inst: &Inst, same: &[Val], v: Val) -> Option<EdgeId> {
        let Op::Branch { cond, then, els } = inst.op else { return None };
        let (tested, if_zero) = self.zero_test(cond)?;
        (same[tested.index()] == same[v.index()]).then_some(if if_zero { then } else { els })
    }

    /// Which reference a Bool is a test of, and whether it is true for zero.
    fn zero_test(&self, cond: Val) -> Option<(Val, bool)> {
        match self.func.insts[self.def(cond)?].op {
            Op::RZero { a } => Some((a, true)),
            Op::BNot { a } => self.zero_test(a).map(|(v, if_zero)| (v, !if_zero)),
            _ => None,
        }
    }

    /// What happens to the kept value between its retain and a write, on all ways: nothing when something else than a
    /// release takes it there, or when it might not be alive without its count.
    pub(super) fn leaving(
        &mut self,
        same: &[Val],
        read: Val,
        retain: usize,
        write: usize,
        between: &[std::ops::Range<usize>],
    ) -> Option<Late> {
        let func = self.func;
        let kept = func.insts[retain].dst;
        let keeper = self.keeper(read);
        let mut late = Late { retain, write, ..Late::default() };
        // With whether zero is kept: nobody misses that.
        let mut entered: BTreeSet<(Block, bool)> = BTreeSet::new();
        let mut edges: Vec<(usize, EdgeId)> = Vec::new();
        // Whether something may see it dead on a way that leaves, and whether its place may be gone there.
        let (mut strict, mut lost) = (false, keeper.is_none());
        let mut reached = false;
        let mut work = vec![(retain + 1, false)];
        while let Some((start, zero)) = work.pop() {
            let end = self.range(self.block_of(start)).end;
            for at in start..end {
                if at == write {
                    reached = true;
                    break;
                }
                self.spend(1)?;
                let inst = &func.insts[at];
                if released(inst) == Some(kept) {
                    late.releases.push(at);
                    break;
                }
                let (mut used, mut takes) = (false, matches!(inst.op, Op::Append { a, .. } if a == kept));
                func.uses(&inst.op, |v, consumed| {
                    used |= v == kept;
                    takes |= consumed && v == kept;
                });
                let leaves = !between.iter().any(|span| span.start <= at && at <= span.end);
                let drops = released(inst).is_some() || matches!(inst.op, Op::Jump { .. });
                strict |= !zero && leaves && (used || !drops);
                lost |= !zero
                    && keeper
                        .as_ref()
                        .is_some_and(|k| disturbs(self.cx, inst, &k.0) || takes_of(func, inst, k.1));
                let mut ways = 0;
                let if_zero = self.if_zero(inst, same, read);
                func.edges_of(inst, |e| {
                    ways += 1;
                    let Edge { to, args } = func.edges[e.index()];
                    if func.vals(args).any(|v| v == kept) {
                        late.handed.push((at, e));
                        takes |= !self.only_releases(e, kept);
                        return;
                    }
                    edges.push((at, e));
                    takes |= self.headers[to.index()];
                    let zero = zero || if_zero == Some(e);
                    if entered.insert((to, zero)) {
                        work.push((func.blocks[to.index()].start as usize, zero));
                    }
                });
                if takes || ways == 0 && inst.op.row().effects.ends_block() {
                    return None;
                }
                if used {
                    late.uses.push(at);
                }
            }
        }
        if !reached || strict && lost {
            return None;
        }
        let behind = self.behind(kept, write)?;
        let entered: BTreeSet<Block> = entered.into_iter().map(|(block, _)| block).collect();
        late.shared = entered.intersection(&behind).copied().collect();
        edges.retain(|(_, e)| late.shared.contains(&func.edges[e.index()].to));
        late.edges = edges;
        let in_shared = |at: &usize| late.shared.contains(&self.block_of(*at));
        let simple = late.shared.iter().all(|block| self.is_simple(*block));
        (simple && !late.handed.iter().any(|(at, _)| in_shared(at))).then_some(late)
    }

    /// Whether the block behind an edge does nothing with the kept value that it is given, but releases it before it
    /// does anything that could be seen.
    fn only_releases(&self, edge: EdgeId, kept: Val) -> bool {
        let func = self.func;
        let Edge { to, args } = func.edges[edge.index()];
        let mut given = func.vals(args).zip(func.block_params(to)).filter(|(arg, _)| *arg == kept);
        let (Some((_, param)), None) = (given.next(), given.next()) else { return false };
        let drops = func.block_insts(to).iter().map_while(released);
        let uses: usize = func.insts.iter().map(|inst| uses_of(func, inst, param)).sum();
        uses == 1 && drops.into_iter().any(|v| v == param)
    }

    /// Blocks that are entered with the kept value after the write.
    fn behind(&mut self, kept: Val, write: usize) -> Option<BTreeSet<Block>> {
        let func = self.func;
        let mut entered = BTreeSet::new();
        // As a swap the write does not throw.
        let mut work = vec![write + 1];
        while let Some(start) = work.pop() {
            for at in start..self.range(self.block_of(start)).end {
                self.spend(1)?;
                let inst = &func.insts[at];
                let mut takes = false;
                func.uses(&inst.op, |v, consumed| takes |= consumed && v == kept);
                let early = inst.op.consumes_when_throwing();
                if takes && early {
                    break;
                }
                func.edges_of(inst, |e| {
                    let edge = &func.edges[e.index()];
                    let passed = func.vals(edge.args).any(|v| v == kept);
                    if !passed && entered.insert(edge.to) {
                        work.push(func.blocks[edge.to.index()].start as usize);
                    }
                });
                if takes {
                    break;
                }
            }
        }
        Some(entered)
    }

    /// Whether a block can be written once more for other ways: a part of a handler, whose values nobody uses elsewhere.
    fn is_simple(&self, block: Block) -> bool {
        let func = self.func;
        let plain = func
            .block_insts(block)
            .iter()
            .all(|inst| inst.dst.is_none() && inst.unwind.is_none() && !matches!(inst.op, Op::Switch { .. }));
        let mut elsewhere = func.block_ids().filter(|b| *b != block).flat_map(|b| func.block_insts(b));
        let params: SmallVec<[Val; 4]> = func.block_params(block).collect();
        plain
            && (params.is_empty()
                || !elsewhere.any(|inst| params.iter().any(|param| uses_of(func, inst, *param) > 0)))
    }

    /// What keeps a value alive that was read: places that must stay as they are, and a value that must not be given away.
    fn keeper(&self, read: Val) -> Option<(Needs, Val)> {
        let mut needs = Needs::default();
        let mut v = read;
        loop {
            if v.0 < self.func.params {
                return Some((needs, Val::NONE));
            }
            let place = match self.func.insts[self.def(v)?].op {
                Op::Load { object, class, field } => {
                    let field = self.cx.facts.place(class, field)?;
                    (object, Needs { fields: vec![field], ..Needs::default() })
                }
                Op::ArrGet { array, .. } => (array, Needs { arrays: true, ..Needs::default() }),
                Op::MapGet { map, .. } => (map, Needs { maps: true, ..Needs::default() }),
                Op::CellGet { cell } => (cell, Needs { cells: true, ..Needs::default() }),
                Op::GlobalGet { .. } => {
                    needs.join(&Needs { globals: true, ..Needs::default() });
                    return Some((needs, Val::NONE));
                }
                Op::BoxRef { a, .. } | Op::UnboxRef { a } | Op::Lend { a } => (a, Needs::default()),
                Op::GetStatic { .. } | Op::CaptureGet { .. } => return Some((needs, Val::NONE)),
                op if op.row().gives == Gives::Borrowed => return None,
                _ => return Some((needs, v)),
            };
            needs.join(&place.1);
            v = place.0;
        }
    }
}

/// The value that an instruction does nothing but release.
fn released(inst: &Inst) -> Option<Val> {
    match inst.op {
        Op::Release { a } | Op::ReleaseUnwinding { a } | Op::ReleaseQuiet { a } | Op::Forget { a } => {
            Some(a.0)
        }
        _ => None,
    }
}

/// How often an instruction uses a value or passes it on.
fn uses_of(func: &Func, inst: &Inst, value: Val) -> usize {
    let mut uses = 0;
    func.uses(&inst.op, |v, _| uses += usize::from(v == value));
    func.edges_of(inst, |e| uses += func.vals(func.edges[e.index()].args).filter(|v| *v == value).count());
    uses
}

/// Whether an instruction takes the count of a value or passes it on.
fn takes_of(func: &Func, inst: &Inst, owner: Val) -> bool {
    let mut takes = matches!(inst.op, Op::Append { a, .. } if a == owner);
    func.uses(&inst.op, |v, consumed| takes |= consumed && v == owner);
    func.edges_of(inst, |e| takes |= func.vals(func.edges[e.index()].args).any(|v| v == owner));
    takes
}
