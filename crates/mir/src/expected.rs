//! How many instructions a call of a function executes, and a round of one of its loops, as far as the shape of the
//! function tells: every way out of a block is as likely as the others, a loop goes round once, and nothing throws. It
//! looks at no values, and counts nothing of what is called.

use crate::func::Func;
use crate::groups::Flags;
use crate::inst::{Block, EdgeId, Op};
use crate::loops::Ways;

/// What a round of a loop is expected to do.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Round {
    /// How many instructions it executes.
    pub instructions: u64,
    /// It may call function values.
    pub calls_values: bool,
}

/// Instructions of a call, each loop once.
pub fn of_call(func: &Func) -> u64 {
    if func.blocks.is_empty() {
        return 0;
    }
    let shape = Shape::new(func);
    let order = shape.in_order(Block(0));
    shape.expected(&order, |_| true).instructions
}

/// A round of the loop that begins with a block, each loop in it once.
pub fn of_round(func: &Func, start: Block) -> Round {
    if start.index() >= func.blocks.len() {
        return Round::default();
    }
    let shape = Shape::new(func);
    let order = shape.in_order(start);
    let inside = shape.inside(&order, start);
    shape.expected(&order, |block| inside[block.index()])
}

struct Shape<'a> {
    func: &'a Func,
    ways: Ways,
    closing: Flags,
}

impl Shape<'_> {
    fn new(func: &Func) -> Shape<'_> {
        let ways = Ways::new(func);
        let closing = ways.closing(func);
        Shape { func, ways, closing }
    }

    /// The blocks that a block leads to, each with whether the way closes a loop.
    fn next(&self, block: Block) -> impl Iterator<Item = (Block, bool)> + '_ {
        self.ways.of(block).iter().filter_map(|way| self.target(*way))
    }

    /// Where a way leads that is not for exceptions, and whether it closes a loop.
    fn target(&self, (edge, unwinds): (EdgeId, bool)) -> Option<(Block, bool)> {
        (!unwinds).then(|| (self.func.edges[edge.index()].to, self.closing[edge.index()]))
    }

    /// The blocks that can be reached from one without closing a loop, each before those that it leads to.
    fn in_order(&self, start: Block) -> Vec<Block> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.func.blocks.len()];
        seen[start.index()] = true;
        // Each with the number of its ways that were looked at.
        let mut on_way = vec![(start, 0)];
        while let Some((block, at)) = on_way.last_mut() {
            let Some(way) = self.ways.of(*block).get(*at) else {
                order.push(*block);
                on_way.pop();
                continue;
            };
            *at += 1;
            if let Some((to, false)) = self.target(*way)
                && !core::mem::replace(&mut seen[to.index()], true)
            {
                on_way.push((to, 0));
            }
        }
        order.reverse();
        order
    }

    /// Which of these blocks lie in the loop that begins with the first of them: a way leads back from there.
    fn inside(&self, order: &[Block], start: Block) -> Vec<bool> {
        let mut inside = vec![false; self.func.blocks.len()];
        inside[start.index()] = true;
        // The end of a loop in the loop knows that it is inside once the beginning of that loop does.
        let mut changed = true;
        while changed {
            changed = false;
            for block in order.iter().rev().filter(|b| **b != start) {
                if !inside[block.index()] && self.next(*block).any(|(to, _)| inside[to.index()]) {
                    inside[block.index()] = true;
                    changed = true;
                }
            }
        }
        inside
    }

    /// What is executed from the first of these blocks on, in those for which `counts` holds, until a loop is closed.
    fn expected(&self, order: &[Block], counts: impl Fn(Block) -> bool) -> Round {
        let mut often = vec![0.0; self.func.blocks.len()];
        let Some(start) = order.first() else { return Round::default() };
        often[start.index()] = 1.0;
        let (mut sum, mut calls_values) = (0.0, false);
        for block in order {
            let times = often[block.index()];
            let insts = self.func.block_insts(*block);
            sum += times * insts.len() as f64;
            calls_values |= times > 0.0 && insts.iter().any(|i| matches!(i.op, Op::CallValue { .. }));
            let ways = || self.next(*block).filter(|(to, _)| counts(*to));
            let share = times / ways().count().max(1) as f64;
            ways().filter(|(_, closes)| !closes).for_each(|(to, _)| often[to.index()] += share);
        }
        Round { instructions: sum as u64, calls_values }
    }
}
