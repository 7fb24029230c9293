//! Where values live: for each one the stretches of the function in which its register must not be used for anything
//! else. It knows nothing of registers.
//!
//! Positions: instruction `i` reads at `2i` and writes at `2i + 1`; a block's parameters are written at twice the
//! number of its first instruction. A stretch includes its beginning and excludes its end.

use mir::func::Func;
use mir::groups::Groups;
use mir::inst::{Block, Gives, Op, Val};

use crate::flow::{Flow, edges_from};
use crate::plan::Plan;

/// A stretch of positions.
pub(crate) type Range = (u32, u32);

/// The ranges of all values.
#[derive(Debug, Default)]
pub(crate) struct Live {
    first: Vec<u32>,
    ranges: Vec<Range>,
}

/// Most steps; a function that takes more is not worth encoding.
const MOST_STEPS: usize = 50_000_000;

/// A way into a block: the block it comes from and the position up to which values are alive there.
type Pred = (u32, u32);

impl Live {
    /// The ranges of a value, ascending, none touching another.
    pub(crate) fn of(&self, v: Val) -> &[Range] {
        &self.ranges[self.first[v.index()] as usize..self.first[v.index() + 1] as usize]
    }

    /// Whether the register of a value, no parameter of the function, is its own before an instruction or, if `written`, behind
    /// it.
    pub(crate) fn holds(&self, v: Val, at: usize, written: bool) -> bool {
        let position = 2 * at as u32 + u32::from(written);
        self.of(v).iter().any(|(from, to)| (*from..*to).contains(&position))
    }

    /// `None` when it takes too long.
    pub(crate) fn new(func: &Func, flow: &Flow, plan: &Plan) -> Option<Live> {
        let values = func.values as usize;
        let defs = Defs::new(func);
        let preds = preds(func, flow);
        let mut used: Vec<(u32, Pred)> = Vec::with_capacity(2 * func.insts.len());
        for block in func.block_ids().filter(|b| flow.reached(*b)) {
            each_use(func, plan, block, |v, end| used.push((v.0, (block.0, end))));
        }
        let uses = Groups::new(values, &used);
        let mut live = Live { first: Vec::with_capacity(values + 1), ranges: Vec::with_capacity(values) };
        let mut seen = vec![u32::MAX; func.blocks.len()];
        let mut work = Vec::new();
        let mut own: Vec<Range> = Vec::with_capacity(16);
        let mut steps = 0;
        for v in 0..values as u32 {
            live.first.push(live.ranges.len() as u32);
            let Some((block, def)) = defs.of[v as usize] else { continue };
            if v < func.params || !plan.has_register(func, Val(v)) || !flow.reached(Block(block)) {
                continue;
            }
            own.clear();
            own.push((def, def + 1));
            work.extend_from_slice(uses.of(v as usize));
            while let Some((at, end)) = work.pop() {
                steps += 1;
                if at == block && def < end {
                    own.push((def, end));
                    continue;
                }
                let start = 2 * func.blocks[at as usize].start;
                match own.last_mut() {
                    // Mostly the walk goes up block by block, and what touches need not be sorted.
                    Some(last) if last.0 <= end && start <= last.1 => {
                        *last = (last.0.min(start), last.1.max(end));
                    }
                    _ => own.push((start, end)),
                }
                if std::mem::replace(&mut seen[at as usize], v) != v {
                    work.extend_from_slice(preds.of(at as usize));
                }
            }
            if steps > MOST_STEPS {
                return None;
            }
            own.sort_unstable();
            let from = live.ranges.len();
            for &(start, end) in &own {
                match live.ranges.get_mut(from..).and_then(|r| r.last_mut()) {
                    Some(last) if last.1 >= start => last.1 = last.1.max(end),
                    _ => live.ranges.push((start, end)),
                }
            }
        }
        live.first.push(live.ranges.len() as u32);
        Some(live)
    }
}

/// Where values are written: block and position.
struct Defs {
    of: Vec<Option<(u32, u32)>>,
}

impl Defs {
    fn new(func: &Func) -> Defs {
        let mut of = vec![None; func.values as usize];
        for (i, block) in func.blocks.iter().enumerate() {
            for v in func.list(block.params) {
                of[*v as usize] = Some((i as u32, 2 * block.start));
            }
            for at in block.start..block.end {
                let inst = &func.insts[at as usize];
                if inst.op.row().gives != Gives::Nothing {
                    of[inst.dst.index()] = Some((i as u32, 2 * at + 1));
                }
            }
        }
        Defs { of }
    }
}

/// Calls `f` for every value that a block reads from a register and the position up to which it has to be there.
fn each_use(func: &Func, plan: &Plan, block: Block, mut f: impl FnMut(Val, u32)) {
    let data = func.blocks[block.index()];
    for at in data.start..data.end {
        // Deaths after a `fini` that the program calls are told apart by its receiver.
        let late = matches!(func.insts[at as usize].op, Op::CallMethod { .. } | Op::CheckAlive { .. });
        plan.reads(func, block, at, |v| f(v, if late { 2 * at + 2 } else { 2 * at + 1 }));
    }
    edges_from(func, block, |e, at, _| {
        let edge = func.edges[e.index()];
        for (param, v) in func.block_params(edge.to).zip(func.vals(edge.args)) {
            // Constants are made where they go, and what nobody needs goes nowhere.
            let goes = v.0 < func.values && plan.konst[v.index()].is_none() && plan.has_register(func, param);
            if goes && plan.has_register(func, v) {
                f(v, 2 * at + 2);
            }
        }
    });
}

/// The ways into each block. Whatever a handler reads is alive up to the last instruction that may throw to it.
fn preds(func: &Func, flow: &Flow) -> Groups<Pred> {
    let mut ways: Vec<(u32, Pred)> = Vec::with_capacity(func.edges.len());
    // Of each block that is led to: the last of the ways.
    let mut last = vec![usize::MAX; func.blocks.len()];
    for block in func.block_ids().filter(|b| flow.reached(*b)) {
        edges_from(func, block, |e, at, _| {
            let (to, end) = (func.edges[e.index()].to, 2 * at + 2);
            match ways.get_mut(last[to.index()]) {
                Some((_, way)) if way.0 == block.0 => way.1 = way.1.max(end),
                _ => {
                    last[to.index()] = ways.len();
                    ways.push((to.0, (block.0, end)));
                }
            }
        });
    }
    Groups::new(func.blocks.len(), &ways)
}
