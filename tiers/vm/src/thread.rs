//! Shortens ways through blocks that only test a truth value which their predecessors have just made: what `and` and
//! `or` leave behind. Loops and what counts as a step stay as they are.

use mir::func::{Edge, Func};
use mir::inst::{Block, EdgeId, Inst, Op, Val};

use crate::flow::{Flow, edges_from};

/// A block that has one parameter and only branches on it.
#[derive(Clone, Copy)]
struct Test {
    then: EdgeId,
    els: EdgeId,
}

/// Rewrites the function. `back` afterwards holds for every edge of it whether it closes a loop.
pub(crate) fn shorten(func: &mut Func, flow: &mut Flow) {
    let Some(tests) = tests(func, flow) else { return };
    let bools: Vec<Option<bool>> = {
        let mut bools = vec![None; func.values as usize];
        for inst in &func.insts {
            if let Op::Bool { value } = inst.op {
                bools[inst.dst.index()] = Some(value);
            }
        }
        bools
    };
    let decided = decided(func);
    let mut changed = false;
    for block in func.block_ids().filter(|b| flow.reached(*b)) {
        let last = func.blocks[block.index()].end as usize - 1;
        match func.insts[last].op {
            Op::Jump { to } => {
                let Some((test, arg)) = target(func, &tests, to) else { continue };
                if !allowed(func, flow, block, test) {
                    continue;
                }
                let known = decided[block.index()].filter(|(cond, _)| *cond == arg).map(|(_, holds)| holds);
                changed = true;
                func.insts[last].op = match known.or(bools[arg.index()]) {
                    Some(value) => Op::Jump { to: if value { test.then } else { test.els } },
                    None => Op::Branch { cond: arg, then: test.then, els: test.els },
                };
            }
            Op::Branch { cond, then, els } => {
                let way = |to: EdgeId, holds: bool| {
                    let (test, arg) = target(func, &tests, to)?;
                    // What was tested here is known there.
                    let value = if arg == cond { holds } else { bools[arg.index()]? };
                    allowed(func, flow, block, test).then_some(if value { test.then } else { test.els })
                };
                let (on_true, on_false) = (way(then, true), way(els, false));
                changed |= on_true.is_some() || on_false.is_some();
                let (then, els) = (on_true.unwrap_or(then), on_false.unwrap_or(els));
                func.insts[last].op = Op::Branch { cond, then, els };
            }
            _ => {}
        }
    }
    if !changed {
        return;
    }
    let depth = std::mem::take(&mut flow.depth);
    *flow = Flow::new(func);
    flow.depth = depth;
}

/// Of each block that one branch alone leads to: what that tested, and whether it held.
fn decided(func: &Func) -> Vec<Option<(Val, bool)>> {
    let mut ways = vec![0u32; func.blocks.len()];
    let mut decided = vec![None; func.blocks.len()];
    for inst in &func.insts {
        func.edges_of(inst, |e| ways[func.edges[e.index()].to.index()] += 1);
        if let Op::Branch { cond, then, els } = inst.op {
            decided[func.edges[then.index()].to.index()] = Some((cond, true));
            decided[func.edges[els.index()].to.index()] = Some((cond, false));
        }
    }
    decided.iter_mut().zip(ways).filter(|(_, ways)| *ways != 1).for_each(|(known, _)| *known = None);
    decided
}

/// The blocks that only test their parameter, if there are any.
fn tests(func: &Func, flow: &Flow) -> Option<Vec<Option<Test>>> {
    let mut tests: Vec<Option<Test>> = func.block_ids().map(|block| test(func, block)).collect();
    if tests.iter().all(Option::is_none) {
        return None;
    }
    let mut uses = vec![0u32; func.values as usize];
    for inst in &func.insts {
        func.uses(&inst.op, |v, _| uses[v.index()] += 1);
    }
    for edge in &func.edges {
        func.vals(edge.args).filter(|v| v.0 < func.values).for_each(|v| uses[v.index()] += 1);
    }
    for block in func.block_ids() {
        if func.block_params(block).any(|param| uses[param.index()] != 1) {
            tests[block.index()] = None;
        }
    }
    // The first block of a loop stays: who dominates its end must not change.
    for block in func.block_ids().filter(|b| flow.reached(*b)) {
        edges_from(func, block, |e, _, unwind| {
            if flow.back[e.index()] || unwind {
                tests[func.edges[e.index()].to.index()] = None;
            }
        });
    }
    Some(tests)
}

/// What a block tests that does nothing else.
fn test(func: &Func, block: Block) -> Option<Test> {
    let (mut params, insts) = (func.block_params(block), func.block_insts(block));
    match (params.next(), params.next(), insts) {
        (Some(param), None, [Inst { op: Op::Branch { cond, then, els }, .. }]) if *cond == param => {
            Some(Test { then: *then, els: *els })
        }
        _ => None,
    }
}

fn target(func: &Func, tests: &[Option<Test>], to: EdgeId) -> Option<(Test, Val)> {
    let Edge { to, args } = func.edges[to.index()];
    let test = tests[to.index()]?;
    match func.list(args) {
        [arg] if *arg < func.values => Some((test, Val(*arg))),
        _ => None,
    }
}

/// Whether going on from `block` where the test goes leaves the steps as they are.
fn allowed(func: &Func, flow: &Flow, block: Block, test: Test) -> bool {
    [test.then, test.els]
        .into_iter()
        .all(|e| !flow.back[e.index()] && !flow.dominates(func.edges[e.index()].to, block))
}
