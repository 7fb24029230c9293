//! In which order the code of blocks lies, and which blocks need none. It emits nothing.

use mir::func::Func;
use mir::groups::Flags;
use mir::inst::{Block, EdgeId, Op};

use crate::encode::Encoder;
use crate::flow::Flow;

/// Which blocks loops go back to.
pub(crate) fn headers(func: &Func, flow: &Flow) -> Flags {
    let mut headers = Flags::from_elem(false, func.blocks.len());
    let back = func.edges.iter().zip(&flow.back).filter(|(_, back)| **back);
    back.for_each(|(edge, _)| headers[edge.to.index()] = true);
    headers
}

impl Encoder<'_> {
    /// The blocks in the order of their code: whatever is likely next comes next, handlers come last. Blocks that do
    /// nothing but jump are left out.
    pub(crate) fn layout(&self) -> Vec<Block> {
        let mut order = Vec::new();
        let mut placed = Flags::from_elem(false, self.func.blocks.len());
        let (mut later, mut handlers) = (vec![Block(0)], Vec::new());
        while let Some(start) = later.pop().or_else(|| handlers.pop()) {
            let mut next = Some(start);
            while let Some(block) = next.filter(|b| !std::mem::replace(&mut placed[b.index()], true)) {
                order.push(block);
                let insts = self.func.block_insts(block);
                for inst in insts.iter().filter(|i| !i.unwind.is_none()) {
                    handlers.push(self.func.edges[inst.unwind.index()].to);
                }
                let target = |e: EdgeId| self.target(e);
                next = match insts.last().map(|i| i.op) {
                    Some(Op::Jump { to }) => Some(target(to)),
                    Some(Op::Branch { then, els, .. }) => {
                        let (then, els) = (target(then), target(els));
                        let (first, second) = if self.worth(els, &placed) > self.worth(then, &placed) {
                            (els, then)
                        } else {
                            (then, els)
                        };
                        later.push(second);
                        Some(first)
                    }
                    Some(Op::Switch { to, .. }) => {
                        later.extend(self.func.list(to.0).iter().rev().map(|e| target(EdgeId(*e))));
                        later.pop()
                    }
                    _ => None,
                };
            }
        }
        order
    }

    /// How much a block is worth being next: not if it is placed, little if it throws, else by its loops.
    fn worth(&self, block: Block, placed: &[bool]) -> u32 {
        let last = self.func.block_insts(block).last().map(|i| i.op);
        let leaves = !matches!(
            last,
            Some(
                Op::Jump { .. }
                    | Op::Branch { .. }
                    | Op::Switch { .. }
                    | Op::Return { .. }
                    | Op::ReturnLent { .. }
            )
        );
        match (placed[block.index()], leaves) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2 + self.flow.depth[block.index()],
        }
    }

    /// Where control ends up that goes along an edge: behind blocks that do nothing but jump. Where a loop begins is
    /// where its steps are counted.
    pub(crate) fn target(&self, edge: EdgeId) -> Block {
        let mut block = self.func.edges[edge.index()].to;
        // The bound is for cycles that are no loops.
        for _ in 0..self.func.blocks.len() {
            if self.headers[block.index()] {
                break;
            }
            let data = self.func.blocks[block.index()];
            let Op::Jump { to } = self.func.insts[data.end as usize - 1].op else { break };
            let (moves, konsts) = self.copies(to);
            let does = !moves.is_empty() || !konsts.is_empty() || self.flow.back[to.index()];
            if does || !self.is_silent(block) {
                break;
            }
            block = self.func.edges[to.index()].to;
        }
        block
    }

    /// Whether nothing stands in a block but its end.
    pub(crate) fn is_silent(&self, block: Block) -> bool {
        let data = self.func.blocks[block.index()];
        (data.start..data.end - 1).all(|at| {
            let inst = &self.func.insts[at as usize];
            let konst = !inst.dst.is_none() && self.plan.konst[inst.dst.index()].is_some();
            let quiet = || !self.plan.read[inst.dst.index()] || self.plan.hoisted[inst.dst.index()];
            self.plan.folded[at as usize]
                || konst && quiet()
                || matches!(inst.op, Op::Forget { .. })
                || !inst.dst.is_none() && matches!(inst.op, Op::Null {} | Op::Void {}) && !konst
        })
    }
}
