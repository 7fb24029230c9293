//! Where the last uses of a value are on each way, and what has to be written there. It does not know why a value is
//! looked at.

use mir::func::{BlockData, Edge, Func, Rep};
use mir::groups::{Flags, Groups};
use mir::inst::{Block, EXCEPTION, EdgeId, Inst, Op, Own, Val};
use syntax::span::Span;

use super::{kept_by, moving};
use crate::Context;
use crate::elide::Use;
use crate::rewrite::taken;

/// How control flows in a function.
pub(super) struct Ways {
    /// Edges into each block: predecessor, instruction, edge.
    preds: Groups<(u32, u32, EdgeId)>,
}

impl Ways {
    pub(super) fn new(func: &Func) -> Ways {
        let mut ways = Vec::with_capacity(func.edges.len());
        for block in func.block_ids() {
            let data = func.blocks[block.index()];
            for at in data.start..data.end {
                func.edges_of(&func.insts[at as usize], |e| {
                    ways.push((func.edges[e.index()].to.0, (block.0, at, e)));
                });
            }
        }
        Ways { preds: Groups::new(func.blocks.len(), &ways) }
    }
}

/// What becomes of a value.
pub(super) struct Plan {
    value: Val,
    /// Instructions that take its count along.
    moves: Vec<usize>,
    /// It is released in front of these instructions,
    before: Vec<usize>,
    /// behind these,
    behind: Vec<usize>,
    /// at the beginnings of these blocks, into which all ways lead with it,
    starts: Vec<Block>,
    /// on these edges,
    edges: Vec<EdgeId>,
    /// and when these instructions throw to whoever has called.
    thrown: Vec<usize>,
}

/// What becomes of a value that is defined by the instruction at `def`; nothing when it has no last use that could take
/// its count along and is released somewhere already. What is not known to be `needed` is needed until the end.
pub(super) fn plan(
    cx: Context<'_>,
    func: &Func,
    ways: &Ways,
    value: Val,
    def: usize,
    needed: Option<&[Use]>,
) -> Option<Plan> {
    let is_taken = matches!(func.insts[def].op, Op::Take { .. });
    let ends: Vec<Use>;
    let uses = match needed {
        Some(uses) => uses,
        None if is_taken => {
            ends = all_ends(func);
            &ends
        }
        None => return None,
    };
    let home = func.blocks.partition_point(|b| b.end as usize <= def);
    let alive = Alive::new(func, ways, uses, home as u32, def as u32);
    let mut plan = Plan {
        value,
        moves: Vec::new(),
        before: Vec::new(),
        behind: Vec::new(),
        starts: Vec::new(),
        edges: Vec::new(),
        thrown: Vec::new(),
    };
    for block in func.block_ids() {
        if block.index() == home || alive.enters[block.index()] {
            let from =
                if block.index() == home { def + 1 } else { func.blocks[block.index()].start as usize };
            plan.follow(cx, func, &alive, block, from, def);
        }
    }
    // Where it is released on all ways into a block, one release does.
    plan.edges.sort_unstable();
    for block in func.block_ids() {
        let into = ways.preds.of(block.index());
        if !into.is_empty() && into.iter().all(|(_, _, e)| plan.edges.binary_search(e).is_ok()) {
            plan.starts.push(block);
            plan.edges.retain(|e| func.edges[e.index()].to != block);
        }
    }
    (is_taken || !plan.moves.is_empty()).then_some(plan)
}

/// The instructions with which the function ends.
fn all_ends(func: &Func) -> Vec<Use> {
    let last = |block: Block| func.blocks[block.index()].end - 1;
    let ends = func.block_ids().filter(|block| {
        let inst = &func.insts[last(*block) as usize];
        let mut goes_on = false;
        func.edges_of(inst, |_| goes_on = true);
        !goes_on
    });
    ends.map(|block| (block.0, last(block))).collect()
}

/// Where a value is needed.
struct Alive {
    /// Blocks at whose beginnings it is.
    enters: Flags,
    /// By block: one past the last instruction that needs it.
    used: Vec<u32>,
    /// By block: one past the last instruction with an edge to a block that needs it.
    leaves: Vec<u32>,
    /// The uses, sorted.
    uses: Vec<Use>,
}

impl Alive {
    fn new(func: &Func, ways: &Ways, uses: &[Use], home: u32, def: u32) -> Alive {
        let blocks = func.blocks.len();
        let mut alive = Alive {
            enters: Flags::from_elem(false, blocks),
            used: vec![0; blocks],
            leaves: vec![0; blocks],
            uses: uses.to_vec(),
        };
        alive.uses.sort_unstable();
        let mut work = Vec::new();
        // The edges that lead to where it is needed are needed themselves.
        let reach = |alive: &mut Alive, block: u32, at: u32, work: &mut Vec<u32>| {
            let here = block == home && def < at;
            if !here && !std::mem::replace(&mut alive.enters[block as usize], true) {
                work.push(block);
            }
        };
        for &(block, at) in uses {
            let used = &mut alive.used[block as usize];
            *used = (*used).max(at + 1);
            reach(&mut alive, block, at, &mut work);
        }
        while let Some(block) = work.pop() {
            for &(pred, at, _) in ways.preds.of(block as usize) {
                let leaves = &mut alive.leaves[pred as usize];
                *leaves = (*leaves).max(at + 1);
                reach(&mut alive, pred, at, &mut work);
            }
        }
        alive
    }

    /// How often the instruction at a position needs it.
    fn times(&self, block: Block, at: usize) -> usize {
        let at = (block.0, at as u32);
        self.uses.partition_point(|u| *u <= at) - self.uses.partition_point(|u| *u < at)
    }
}

impl Plan {
    /// Follows a block from where the value has its count to where it has none.
    fn follow(&mut self, cx: Context<'_>, func: &Func, alive: &Alive, block: Block, from: usize, def: usize) {
        let end = func.blocks[block.index()].end as usize;
        let (used, leaves) = (alive.used[block.index()] as usize, alive.leaves[block.index()] as usize);
        if used.max(leaves) <= from {
            // Nobody needs it.
            return self.behind.push(def);
        }
        for at in from..end {
            let inst = &func.insts[at];
            let effects = inst.op.row().effects;
            let mut consumed = false;
            func.uses(&inst.op, |v, consumes| consumed |= consumes && v == self.value && !is_release(inst));
            if effects.ends_block() {
                return self.leave(func, alive, inst, at, consumed);
            }
            if effects.throws() && !(consumed && inst.op.consumes_when_throwing()) {
                if inst.unwind.is_none() {
                    self.thrown.push(at);
                } else if !alive.enters[func.edges[inst.unwind.index()].to.index()] {
                    self.edges.push(inst.unwind);
                }
            }
            if consumed {
                return;
            }
            // What throws from here goes another way than what follows.
            if used <= at + 1 && leaves <= at + 1 {
                let moves = kept_by(cx, inst) == Some(self.value) && alive.times(block, at) == 1;
                if moves { &mut self.moves } else { &mut self.behind }.push(at);
                return;
            }
        }
    }

    /// The end of a block that the value reaches with its count.
    fn leave(&mut self, func: &Func, alive: &Alive, inst: &Inst, at: usize, consumed: bool) {
        if consumed {
            return;
        }
        let mut goes_on = false;
        func.edges_of(inst, |e| {
            goes_on = true;
            if !alive.enters[func.edges[e.index()].to.index()] {
                self.edges.push(e);
            }
        });
        if !goes_on {
            self.before.push(at);
        }
    }
}

fn is_release(inst: &Inst) -> bool {
    matches!(inst.op, Op::ReleaseQuiet { .. })
}

/// Writes what was planned; gives what values are called now.
pub(super) fn apply(func: &mut Func, plan: &Plan) -> Vec<Val> {
    let release = Inst { op: Op::ReleaseQuiet { a: Own(plan.value) }, dst: Val::NONE, unwind: EdgeId::NONE };
    let mut alias: Vec<Val> = (0..func.values).map(Val).collect();
    let insts = taken(&mut func.insts);
    let spans = taken(&mut func.spans);
    let mut blocks = std::mem::take(&mut func.blocks);
    let outer = Block(blocks.len() as u32);
    let mut thrown_at = None;
    for (i, data) in blocks.iter_mut().enumerate() {
        let start = func.insts.len() as u32;
        let push = |func: &mut Func, inst: Inst, span: Span| {
            func.insts.push(inst);
            func.spans.push(span);
        };
        if plan.starts.contains(&Block(i as u32)) {
            push(func, release, spans[data.start as usize]);
        }
        for at in data.start as usize..data.end as usize {
            let (mut inst, span) = (insts[at], spans[at]);
            if plan.before.contains(&at) {
                push(func, release, span);
            }
            if matches!(inst.op, Op::ReleaseQuiet { a } if a.0 == plan.value) {
                continue;
            }
            if plan.thrown.contains(&at) {
                let args = func.lists.len() as u32;
                func.lists.extend([1, EXCEPTION.0]);
                inst.unwind = EdgeId(func.edges.len() as u32);
                func.edges.push(Edge { to: outer, args });
                thrown_at.get_or_insert(span);
            }
            if plan.moves.contains(&at) {
                match moving(inst.op) {
                    Some(op) => inst.op = op,
                    None => {
                        alias[inst.dst.index()] = plan.value;
                        continue;
                    }
                }
            }
            push(func, inst, span);
            if plan.behind.contains(&at) {
                push(func, release, span);
            }
        }
        (data.start, data.end) = (start, func.insts.len() as u32);
    }
    func.blocks = blocks;
    if let Some(span) = thrown_at {
        let (param, params) = exception(func);
        let rethrow = Inst { op: Op::Rethrow { value: Own(param) }, dst: Val::NONE, unwind: EdgeId::NONE };
        block(func, params, [release, rethrow], span);
    }
    for edge in &plan.edges {
        let Edge { to, args } = func.edges[edge.index()];
        let span = func.blocks[to.index()].span;
        let thrown = func.vals(args).any(|v| v == EXCEPTION);
        let (mut params, mut inner, mut outer) = (0, args, 0);
        if thrown {
            let (param, list) = exception(func);
            params = list;
            let args: Vec<u32> =
                func.vals(args).map(|v| if v == EXCEPTION { param.0 } else { v.0 }).collect();
            inner = func.push_list(args);
            outer = func.push_list([EXCEPTION.0]);
        }
        let between = Block(func.blocks.len() as u32);
        func.edges.push(Edge { to, args: inner });
        let on = EdgeId(func.edges.len() as u32 - 1);
        let jump = Inst { op: Op::Jump { to: on }, dst: Val::NONE, unwind: EdgeId::NONE };
        block(func, params, [release, jump], span);
        func.edges[edge.index()] = Edge { to: between, args: outer };
    }
    alias
}

/// A parameter for an exception, in a list of its own.
fn exception(func: &mut Func) -> (Val, u32) {
    let param = Val(func.values);
    func.values += 1;
    if let Some(types) = &mut func.types {
        types.reps.push(Rep::Any);
    }
    (param, func.push_list([param.0]))
}

/// Adds a block.
fn block(func: &mut Func, params: u32, insts: [Inst; 2], span: Span) {
    let start = func.insts.len() as u32;
    func.insts.extend(insts);
    func.spans.extend([span; 2]);
    func.blocks.push(BlockData { params, start, end: start + 2, span });
}
