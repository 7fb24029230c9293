//! The tree of dominators of a function where a block is two nodes: `2b` its beginning, from which exceptions leave,
//! `2b + 1` its end. Blocks that only clean up behind an exception, which are more than half of all, are not in it, and
//! most others are one node, `2b + 1`, since no exception leaves them for a block that is.
//! It does not know what is said about values at them.

use mir::func::Func;
use mir::inst::{Block, Inst, Op};
use mir::tree::Tree;

/// No node, no position.
pub(crate) const NONE: u32 = u32::MAX;

/// What is known of the edges that lead to a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum From {
    /// There is none.
    Nowhere,
    /// There is one, by which the last instruction of that block goes on.
    Block(Block),
    /// There are several, or one of an exception.
    Several,
}

/// The tree, with the vectors that it is computed in, which serve one function after the other.
#[derive(Debug, Default)]
pub(crate) struct Dominators {
    /// The nodes that can be reached, in reverse postorder.
    pub(crate) order: Vec<u32>,
    /// By position in `order`.
    tree: Tree,
    /// Positions of the first child and of the next sibling.
    pub(crate) child: Vec<u32>,
    pub(crate) sibling: Vec<u32>,
    /// By block, whether it is left out.
    cleans: Vec<bool>,
    /// By block, whether its beginning is a node of its own.
    leaves: Vec<bool>,
    from: Vec<From>,
    /// Successors of each node as a range of one list.
    list: Vec<u32>,
    ranges: Vec<(u32, u32)>,
    /// Predecessors likewise, as positions.
    preds: Vec<u32>,
    starts: Vec<u32>,
    /// Positions by node.
    number: Vec<u32>,
    stack: Vec<(u32, u32)>,
}

impl Dominators {
    /// The block that leads to a block, when it is the only one, and does so by its last instruction.
    pub(crate) fn only_pred(&self, block: Block) -> Option<Block> {
        match self.from[block.index()] {
            From::Block(pred) => Some(pred),
            From::Nowhere | From::Several => None,
        }
    }

    /// Whether a block only cleans up behind an exception.
    pub(crate) fn cleans(&self, block: Block) -> bool {
        self.cleans[block.index()]
    }

    /// Whether the end of a block stands for its beginning, too.
    pub(crate) fn is_one(&self, block: Block) -> bool {
        !self.leaves[block.index()]
    }

    /// Whether a node can be reached and is not left out.
    pub(crate) fn is_reached(&self, node: u32) -> bool {
        self.number[node as usize] != NONE
    }

    /// Whether an edge from one node to another goes back to the beginning of a loop. The functions that the builder
    /// makes have one way into each of their loops, so that no others go up.
    pub(crate) fn goes_back(&self, from: u32, to: u32) -> bool {
        self.is_reached(from) && self.number[to as usize] <= self.number[from as usize]
    }

    /// Whether every way to a node goes through another one. What cannot be reached is not asked about.
    pub(crate) fn dominates(&self, node: u32, below: u32) -> bool {
        let (wanted, at) = (self.number[node as usize], self.number[below as usize]);
        wanted != NONE && at != NONE && self.tree.is_above(wanted, at)
    }

    /// The nodes that dominate a node, from below.
    pub(crate) fn above(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.number[node as usize];
        core::iter::from_fn(move || {
            if at == 0 || at == NONE {
                return None;
            }
            at = self.tree.parent(at);
            self.order.get(at as usize).copied()
        })
    }

    /// Computes the tree of a function.
    pub(crate) fn compute(&mut self, func: &Func) {
        self.find_cleaning(func);
        self.successors(func);
        self.reverse_postorder(func.blocks.len());
        self.predecessors();
        let count = self.order.len();
        let (starts, preds) = (&self.starts, &self.preds);
        self.tree.dominate(count as u32, |at| {
            &preds[starts[at as usize - 1] as usize..starts[at as usize] as usize]
        });
        refill(&mut self.child, count, NONE);
        refill(&mut self.sibling, count, NONE);
        for i in 1..count {
            self.sibling[i] =
                core::mem::replace(&mut self.child[self.tree.parent(i as u32) as usize], i as u32);
        }
    }

    /// Finds the blocks that release what an exception leaves behind and pass it on to the caller. Nothing that tests have
    /// found is of use there, and they lead only to others like that.
    fn find_cleaning(&mut self, func: &Func) {
        refill(&mut self.cleans, func.blocks.len(), false);
        // Where one leads to another one, that mostly comes later.
        for block in func.block_ids().rev() {
            let Some((last, others)) = func.block_insts(block).split_last() else { continue };
            let passes_on = match last.op {
                Op::Rethrow { .. } => last.unwind.is_none(),
                Op::Jump { to } => self.cleans[func.edges[to.index()].to.index()],
                _ => false,
            };
            self.cleans[block.index()] = passes_on
                && others.iter().all(|inst| {
                    inst.unwind.is_none()
                        && matches!(inst.op, Op::ReleaseUnwinding { .. } | Op::Discard { .. })
                });
        }
    }

    fn successors(&mut self, func: &Func) {
        let handler = |inst: &Inst| (!inst.unwind.is_none()).then(|| func.edges[inst.unwind.index()].to);
        refill(&mut self.from, func.blocks.len(), From::Nowhere);
        refill(&mut self.leaves, func.blocks.len(), false);
        let (known, cleans, leaves) = (&mut self.from, &self.cleans, &mut self.leaves);
        for block in func.block_ids().filter(|b| !cleans[b.index()]) {
            for to in func.block_insts(block).iter().filter_map(handler).filter(|to| !cleans[to.index()]) {
                known[to.index()] = From::Several;
                leaves[block.index()] = true;
            }
        }
        self.list.clear();
        self.ranges.clear();
        let list = &mut self.list;
        let start = |block: Block| block.0 * 2 + u32::from(!leaves[block.index()]);
        for block in func.block_ids() {
            let insts = func.block_insts(block);
            let from = list.len() as u32;
            if leaves[block.index()] {
                list.push(block.0 * 2 + 1);
                for to in insts.iter().filter_map(handler).filter(|to| !cleans[to.index()]) {
                    if list.last() != Some(&start(to)) {
                        list.push(start(to));
                    }
                }
            }
            self.ranges.push((from, list.len() as u32));
            let from = list.len() as u32;
            if let Some(last) = insts.last().filter(|_| !cleans[block.index()]) {
                func.edges_of(last, |e| {
                    if e != last.unwind {
                        let to = func.edges[e.index()].to;
                        let known = &mut known[to.index()];
                        *known = if *known == From::Nowhere { From::Block(block) } else { From::Several };
                        if !cleans[to.index()] {
                            list.push(start(to));
                        }
                    }
                });
            }
            self.ranges.push((from, list.len() as u32));
        }
    }

    fn reverse_postorder(&mut self, blocks: usize) {
        refill(&mut self.number, blocks * 2, NONE);
        self.order.clear();
        self.stack.clear();
        if let Some(leaves) = self.leaves.first() {
            let first = usize::from(!*leaves);
            self.stack.push((first as u32, self.ranges[first].0));
            self.number[first] = 0;
        }
        while let Some((node, next)) = self.stack.last_mut() {
            if *next == self.ranges[*node as usize].1 {
                self.order.push(*node);
                self.stack.pop();
                continue;
            }
            let to = self.list[*next as usize];
            *next += 1;
            if self.number[to as usize] == NONE {
                self.number[to as usize] = 0;
                self.stack.push((to, self.ranges[to as usize].0));
            }
        }
        self.order.reverse();
        for (i, node) in self.order.iter().enumerate() {
            self.number[*node as usize] = i as u32;
            if !self.leaves[*node as usize / 2] {
                self.number[*node as usize - 1] = i as u32;
            }
        }
    }

    /// Groups the predecessors of each node; afterwards those of position `i` end at `starts[i]`.
    fn predecessors(&mut self) {
        let (list, ranges, number) = (&self.list, &self.ranges, &self.number);
        let succs = |node: u32| {
            let (from, to) = ranges[node as usize];
            list[from as usize..to as usize].iter().map(|to| number[*to as usize] as usize)
        };
        refill(&mut self.starts, self.order.len(), 0);
        let targets = || self.order.iter().flat_map(|node| succs(*node));
        targets().for_each(|to| self.starts[to] += 1);
        let mut total = 0;
        for start in &mut self.starts {
            total += core::mem::replace(start, total);
        }
        refill(&mut self.preds, total as usize, NONE);
        for (i, node) in self.order.iter().enumerate() {
            for to in succs(*node) {
                self.preds[self.starts[to] as usize] = i as u32;
                self.starts[to] += 1;
            }
        }
    }
}

/// Makes `count` times `with` out of a vector.
pub(crate) fn refill<T: Clone>(vec: &mut Vec<T>, count: usize, with: T) {
    vec.clear();
    vec.resize(count, with);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function whose blocks branch to two blocks each.
    fn function(blocks: &[(usize, usize)]) -> Func {
        let body: Vec<String> =
            blocks.iter().enumerate().map(|(i, (a, b))| format!("bb{i}: branch %0, bb{a}, bb{b}")).collect();
        let text = format!("func @0 \"f\" user params 1 {{ {} }}", body.join(" "));
        match mir::text::parse(&text) {
            Ok(program) => program.func(mir::inst::FuncId(0)).clone(),
            Err(error) => panic!("{error} in {text}"),
        }
    }

    /// The blocks that are reached without going through `without`.
    fn reached(blocks: &[(usize, usize)], without: Option<usize>) -> Vec<bool> {
        let mut seen = vec![false; blocks.len()];
        let mut stack = vec![0];
        while let Some(block) = stack.pop() {
            if Some(block) != without && !core::mem::replace(&mut seen[block], true) {
                stack.extend([blocks[block].0, blocks[block].1]);
            }
        }
        seen
    }

    /// Whether every edge that goes back leads to a block that dominates where it comes from.
    fn is_reducible(
        blocks: &[(usize, usize)],
        tree: &Dominators,
        dominates: impl Fn(usize, usize) -> bool,
    ) -> bool {
        let goes_back = |from: usize, to: usize| tree.goes_back(from as u32 * 2 + 1, to as u32 * 2);
        (0..blocks.len()).all(|from| {
            [blocks[from].0, blocks[from].1].into_iter().all(|to| !goes_back(from, to) || dominates(to, from))
        })
    }

    #[test]
    fn what_it_says_is_what_going_without_a_block_shows() {
        let (mut seed, mut exact) = (7_u32, 0);
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as usize % below
        };
        let mut tree = Dominators::default();
        for _ in 0..400 {
            // Mostly forwards, as programs are.
            let count = 2 + random(40);
            let blocks: Vec<(usize, usize)> = (0..count)
                .map(|i| {
                    let mut next = || match random(12) {
                        0 => random(count),
                        _ => (i + 1 + random(3)).min(count - 1),
                    };
                    (next(), next())
                })
                .collect();
            tree.compute(&function(&blocks));
            let all = reached(&blocks, None);
            let without: Vec<Vec<bool>> = (0..count).map(|b| reached(&blocks, Some(b))).collect();
            let dominates = |a: usize, b: usize| all[a] && all[b] && !without[a][b];
            let is_exact = is_reducible(&blocks, &tree, dominates);
            exact += usize::from(is_exact);
            for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
                let said = tree.dominates(a as u32 * 2, b as u32 * 2);
                assert!(said == dominates(a, b) || !is_exact && !said, "{a} above {b} in {blocks:?}");
            }
        }
        assert!((100..400).contains(&exact), "{exact}");
    }

    #[test]
    fn what_only_cleans_up_is_left_out() {
        // bb2 cleans up by way of bb3, bb7 behind an object that was not finished; bb4 gives the error to a handler, bb5,
        // where the function goes on.
        let text = "func @0 \"f\" user params 1 {
            bb0: branch %0, bb1, bb6
            bb1: %1 = neg %0 unwind bb2(exc) %2 = neg %0 unwind bb4(exc) return move %2
            bb2(%3): release_unwinding move %1 jump bb3(%3)
            bb3(%4): rethrow move %4
            bb4(%5): rethrow move %5 unwind bb5(exc)
            bb5(%6): return move %6
            bb6: %7 = new_object class0 %8 = neg %0 unwind bb7(exc) return move %7
            bb7(%9): discard move %7 rethrow move %9
        }";
        let program = mir::text::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let mut tree = Dominators::default();
        tree.compute(program.func(mir::inst::FuncId(0)));
        let left_out: Vec<u32> = (0..8).filter(|b| tree.cleans(Block(*b))).collect();
        let reached: Vec<u32> = (0..8).filter(|b| tree.is_reached(b * 2)).collect();
        assert_eq!((left_out, reached), (vec![2, 3, 7], vec![0, 1, 4, 5, 6]));
        assert!(tree.dominates(4 * 2, 5 * 2) && !tree.dominates(2 * 2, 5 * 2));
    }
}
