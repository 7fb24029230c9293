//! The tree of dominators of a function where a block is two nodes: `2b` its beginning, from which exceptions leave,
//! `2b + 1` its end. It does not know what is said about values at them.

use mir::func::Func;
use mir::inst::Block;

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
    /// By position in `order`, the position of the node that dominates it directly.
    idom: Vec<u32>,
    /// Positions of the first child and of the next sibling.
    pub(crate) child: Vec<u32>,
    pub(crate) sibling: Vec<u32>,
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

    /// Whether a node can be reached.
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
        let wanted = self.number[node as usize];
        let mut at = self.number[below as usize];
        if wanted == NONE || at == NONE {
            return false;
        }
        while at > wanted {
            at = self.idom[at as usize];
        }
        at == wanted
    }

    /// The nodes that dominate a node, from below.
    pub(crate) fn above(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.number[node as usize];
        core::iter::from_fn(move || {
            if at == 0 || at == NONE {
                return None;
            }
            at = self.idom[at as usize];
            self.order.get(at as usize).copied()
        })
    }

    /// Computes the tree of a function.
    pub(crate) fn compute(&mut self, func: &Func) {
        self.successors(func);
        self.reverse_postorder(func.blocks.len());
        self.predecessors();
        self.solve();
        let count = self.order.len();
        refill(&mut self.child, count, NONE);
        refill(&mut self.sibling, count, NONE);
        for i in 1..count {
            self.sibling[i] = core::mem::replace(&mut self.child[self.idom[i] as usize], i as u32);
        }
    }

    fn successors(&mut self, func: &Func) {
        refill(&mut self.from, func.blocks.len(), From::Nowhere);
        self.list.clear();
        self.ranges.clear();
        let (list, known) = (&mut self.list, &mut self.from);
        for block in func.block_ids() {
            let insts = func.block_insts(block);
            let from = list.len() as u32;
            list.push(block.0 * 2 + 1);
            for inst in insts.iter().filter(|i| !i.unwind.is_none()) {
                let to = func.edges[inst.unwind.index()].to;
                known[to.index()] = From::Several;
                if list.last() != Some(&(to.0 * 2)) {
                    list.push(to.0 * 2);
                }
            }
            self.ranges.push((from, list.len() as u32));
            let from = list.len() as u32;
            if let Some(last) = insts.last() {
                func.edges_of(last, |e| {
                    if e != last.unwind {
                        let to = func.edges[e.index()].to;
                        let known = &mut known[to.index()];
                        *known = if *known == From::Nowhere { From::Block(block) } else { From::Several };
                        list.push(to.0 * 2);
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
        if blocks > 0 {
            self.stack.push((0, self.ranges[0].0));
            self.number[0] = 0;
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

    fn solve(&mut self) {
        refill(&mut self.idom, self.order.len(), NONE);
        let idom = &mut self.idom;
        if let Some(first) = idom.first_mut() {
            *first = 0;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for at in 1..idom.len() {
                let mut new = NONE;
                let preds = self.starts[at - 1] as usize..self.starts[at] as usize;
                for &p in self.preds[preds].iter().filter(|p| idom[**p as usize] != NONE) {
                    new = if new == NONE { p } else { meet(idom, new, p) };
                }
                if idom[at] != new {
                    idom[at] = new;
                    changed = true;
                }
            }
        }
    }
}

/// Makes `count` times `with` out of a vector.
pub(crate) fn refill<T: Clone>(vec: &mut Vec<T>, count: usize, with: T) {
    vec.clear();
    vec.resize(count, with);
}

fn meet(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = idom[a as usize];
        }
        while b > a {
            b = idom[b as usize];
        }
    }
    a
}
