//! Which edges close loops: the one definition of the step that `--fuel` counts beside calls, for every tier and for
//! generic and typed functions alike. It looks at no values.
//!
//! An edge closes a loop when its target lies on the way by which a depth-first walk came to it. The functions that
//! the builder makes have one way into each of their loops, so that this is the same as "the target dominates the
//! edge", whatever the order of the walk, and stays so when a pass takes branches away that are never taken.

use crate::func::Func;
use crate::groups::Flags;
use crate::inst::{Block, EdgeId};

/// Of every edge whether it closes a loop. Edges of exceptions are ways, too, but never close one: a handler that
/// ends a round of a loop goes back by an edge of its own.
///
/// It takes a walk only where some edge leads to the same place or further up, and linear time in any case. What an
/// edge or a block names need not exist.
pub fn closing(func: &Func) -> Flags {
    Ways::new(func).closing(func)
}

/// Edges by the block that they leave.
pub(crate) struct Ways {
    /// Where those of each block begin in `edges`.
    first: Vec<u32>,
    /// With whether they are for exceptions.
    edges: Vec<(EdgeId, bool)>,
    /// Whether some edge leads to its own block or an earlier one.
    upwards: bool,
}

/// Where a block is in the walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Never,
    /// On the way to where the walk is.
    OnWay,
    Done,
}

impl Ways {
    pub(crate) fn new(func: &Func) -> Ways {
        let mut first = Vec::with_capacity(func.blocks.len() + 1);
        let mut edges = Vec::with_capacity(func.edges.len());
        let mut upwards = false;
        for (at, block) in func.blocks.iter().enumerate() {
            first.push(edges.len() as u32);
            let insts = func.insts.get(block.start as usize..block.end as usize).unwrap_or_default();
            for inst in insts {
                if inst.unwind.is_none() && !inst.op.row().effects.ends_block() {
                    continue;
                }
                func.edges_of(inst, |e| {
                    let Some(edge) = func.edges.get(e.index()) else { return };
                    upwards |= edge.to.index() <= at;
                    edges.push((e, e == inst.unwind));
                });
            }
        }
        first.push(edges.len() as u32);
        Ways { first, edges, upwards }
    }

    /// Those that leave a block, with whether they are for exceptions.
    pub(crate) fn of(&self, block: Block) -> &[(EdgeId, bool)] {
        let range = self.first[block.index()] as usize..self.first[block.index() + 1] as usize;
        &self.edges[range]
    }

    /// [`closing`]
    pub(crate) fn closing(&self, func: &Func) -> Flags {
        let mut closing = Flags::from_elem(false, func.edges.len());
        if self.upwards {
            self.walk(func, &mut closing);
        }
        closing
    }

    fn walk(&self, func: &Func, closing: &mut [bool]) {
        let mut seen = vec![Seen::Never; func.blocks.len()];
        // The blocks on the way, each with the next of its edges.
        let mut way: Vec<(Block, u32)> = vec![(Block(0), self.first[0])];
        seen[0] = Seen::OnWay;
        while let Some((block, next)) = way.last_mut() {
            if *next == self.first[block.index() + 1] {
                seen[block.index()] = Seen::Done;
                way.pop();
                continue;
            }
            let (edge, unwind) = self.edges[*next as usize];
            *next += 1;
            let to = func.edges[edge.index()].to;
            match seen.get(to.index()) {
                Some(Seen::OnWay) => closing[edge.index()] |= !unwind,
                Some(Seen::Never) => {
                    seen[to.index()] = Seen::OnWay;
                    way.push((to, self.first[to.index()]));
                }
                Some(Seen::Done) | None => {}
            }
        }
    }
}
