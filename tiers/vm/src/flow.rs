//! The shape of a function's control flow: which blocks are reached, who dominates whom, which edges close loops,
//! how deep blocks lie in loops. It looks at no values.

use mir::func::Func;
use mir::groups::{Flags, Groups};
use mir::inst::{Block, EdgeId};
use mir::loops;
use mir::tree::Tree;

/// Most ways that are followed to see which blocks lie in which loops; blocks that are not found are taken to lie in
/// fewer, which costs speed only.
const MOST_STEPS: usize = 1_000_000;

/// A block without a place.
const NOWHERE: u32 = u32::MAX;

/// The control flow of a function.
#[derive(Debug)]
pub(crate) struct Flow {
    /// Position of each block in reverse postorder, [`NOWHERE`] for those that are never reached.
    order: Vec<u32>,
    /// Dominators by position in reverse postorder.
    tree: Tree,
    /// Of each edge: whether it closes a loop.
    pub(crate) back: Flags,
    /// In how many loops a block lies.
    pub(crate) depth: Vec<u32>,
}

/// Calls `f` for every edge out of a block with the position of its instruction and whether it is for exceptions.
pub(crate) fn edges_from(func: &Func, block: Block, mut f: impl FnMut(EdgeId, u32, bool)) {
    let data = func.blocks[block.index()];
    for at in data.start..data.end {
        let inst = &func.insts[at as usize];
        if at + 1 < data.end && inst.unwind.is_none() {
            continue;
        }
        func.edges_of(inst, |e| f(e, at, e == inst.unwind));
    }
}

impl Flow {
    pub(crate) fn new(func: &Func) -> Flow {
        let blocks = func.blocks.len();
        let mut ways: Vec<(u32, Block)> = Vec::with_capacity(func.edges.len());
        for block in func.block_ids() {
            edges_from(func, block, |e, _, _| {
                let way = (block.0, func.edges[e.index()].to);
                if ways.last() != Some(&way) {
                    ways.push(way);
                }
            });
        }
        let succs = Groups::new(blocks, &ways);
        let mut postorder = Vec::with_capacity(blocks);
        let mut seen = Flags::from_elem(false, blocks);
        let mut stack = Vec::with_capacity(blocks);
        stack.push((Block(0), 0usize));
        seen[0] = true;
        while let Some((block, next)) = stack.last_mut() {
            match succs.of(block.index()).get(*next) {
                Some(to) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[to.index()], true) {
                        stack.push((*to, 0));
                    }
                }
                None => {
                    postorder.push(*block);
                    stack.pop();
                }
            }
        }
        let mut order = vec![NOWHERE; blocks];
        for (at, block) in postorder.iter().rev().enumerate() {
            order[block.index()] = at as u32;
        }
        let tree = dominators(&postorder, &succs, &order);
        let mut flow = Flow { order, tree, back: loops::closing(func), depth: vec![0; blocks] };
        flow.find_loops(func);
        flow
    }

    /// Whether control can come to a block.
    pub(crate) fn reached(&self, block: Block) -> bool {
        self.order[block.index()] != NOWHERE
    }

    /// Whether every way to `b` leads through `a`; both are reached.
    pub(crate) fn dominates(&self, a: Block, b: Block) -> bool {
        self.tree.is_above(self.order[a.index()], self.order[b.index()])
    }

    /// A loop is its first block and whatever leads to one of its ends without leaving through the first block.
    fn find_loops(&mut self, func: &Func) {
        if !self.back.contains(&true) {
            return;
        }
        let mut ends: Vec<(Block, Block)> = Vec::new();
        let mut ways: Vec<(u32, Block)> = Vec::with_capacity(func.edges.len());
        for block in func.block_ids().filter(|b| self.reached(*b)) {
            edges_from(func, block, |e, _, _| {
                let to = func.edges[e.index()].to;
                if self.back[e.index()] {
                    ends.push((to, block));
                }
                if ways.last() != Some(&(to.0, block)) {
                    ways.push((to.0, block));
                }
            });
        }
        let preds = Groups::new(func.blocks.len(), &ways);
        ends.sort_unstable();
        let mut seen = vec![NOWHERE; func.blocks.len()];
        let (mut budget, mut number) = (MOST_STEPS, 0);
        for of_loop in ends.chunk_by(|a, b| a.0 == b.0) {
            let Some((header, _)) = of_loop.first() else { continue };
            let mut work: Vec<Block> = of_loop.iter().map(|(_, end)| *end).chain([*header]).collect();
            while let Some(block) = work.pop() {
                if std::mem::replace(&mut seen[block.index()], number) == number {
                    continue;
                }
                self.depth[block.index()] += 1;
                let preds = preds.of(block.index());
                budget = budget.saturating_sub(preds.len());
                if block != *header && budget > 0 {
                    work.extend_from_slice(preds);
                }
            }
            number += 1;
        }
    }
}

/// The tree over positions in reverse postorder.
fn dominators(postorder: &[Block], succs: &Groups<Block>, order: &[u32]) -> Tree {
    let mut ways: Vec<(u32, u32)> = Vec::with_capacity(2 * postorder.len());
    for block in postorder {
        ways.extend(succs.of(block.index()).iter().map(|to| (order[to.index()], order[block.index()])));
    }
    let preds = Groups::new(postorder.len(), &ways);
    let mut tree = Tree::default();
    tree.dominate(postorder.len() as u32, |at| preds.of(at as usize));
    tree
}
