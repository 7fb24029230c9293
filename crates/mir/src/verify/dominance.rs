//! Every use of a value is dominated by its definition, also along exceptions from the middle of a block.
//!
//! Blocks are cut behind each instruction with an unwind edge, so that control leaves a part only at its
//! end and the result of such an instruction belongs to the next part. Dominators of the parts come from the
//! algorithm of Lengauer and Tarjan with path compression, all loops instead of recursion.

use crate::func::Func;
use crate::inst::{Block, EXCEPTION, EdgeId, Val};
use crate::verify::{Def, Defs, Faults, What, ways_on};

const NONE: u32 = u32::MAX;

/// Reports the uses that are not dominated by their definitions.
pub(super) fn check(faults: &mut Faults<'_>, defs: &Defs) {
    let func = faults.func;
    let parts = Parts::new(func);
    let tree = Tree::new(&parts);
    let good = |v: Val, at: usize| {
        let Some(slot) = defs.slot(v) else { return true };
        let here = parts.of_inst[at];
        match defs.of[slot] {
            Def::Never => false,
            Def::Param(block) => tree.dominates(parts.first[block.index()], here),
            Def::Inst(d) => match parts.behind(func, d as usize) {
                there if there == here => (d as usize) < at,
                there => tree.dominates(there, here),
            },
        }
    };
    for block in func.block_ids() {
        let b = func.blocks[block.index()];
        for at in b.start as usize..b.end as usize {
            if !tree.reached(parts.of_inst[at]) {
                continue;
            }
            let inst = &func.insts[at];
            let mut wrong = |v: Val| {
                if v != EXCEPTION && !good(v, at) {
                    faults.add(block, Some(at as u32 - b.start), What::NotDominated(v));
                }
            };
            func.uses(&inst.op, |v, _| wrong(v));
            func.edges_of(inst, |e| func.vals(func.edges[e.index()].args).for_each(&mut wrong));
        }
    }
}

/// The parts of all blocks and the ways between them.
struct Parts {
    /// First part of each block.
    first: Vec<u32>,
    /// The part each instruction stands in.
    of_inst: Vec<u32>,
    /// Where the successors of each part begin in `next`.
    next_of: Vec<u32>,
    next: Vec<u32>,
}

impl Parts {
    fn new(func: &Func) -> Parts {
        let mut this = Parts {
            first: Vec::with_capacity(func.blocks.len()),
            of_inst: Vec::with_capacity(func.insts.len()),
            next_of: vec![0],
            next: Vec::new(),
        };
        let mut part = 0;
        for block in func.block_ids() {
            this.first.push(part);
            for inst in func.block_insts(block) {
                this.of_inst.push(part);
                part += u32::from(!inst.unwind.is_none() && !inst.op.row().effects.ends_block());
            }
            part += 1;
        }
        for (at, inst) in func.insts.iter().enumerate() {
            let ends = inst.op.row().effects.ends_block();
            if inst.unwind.is_none() && !ends {
                continue;
            }
            let mut go = |e: EdgeId| this.next.push(this.first[func.edges[e.index()].to.index()]);
            ways_on(func, at, &mut go);
            if !inst.unwind.is_none() {
                go(inst.unwind);
            }
            if !ends {
                this.next.push(this.of_inst[at] + 1);
            }
            this.next_of.push(this.next.len() as u32);
        }
        this
    }

    /// The part in which the result of an instruction is there.
    fn behind(&self, func: &Func, at: usize) -> u32 {
        let inst = &func.insts[at];
        self.of_inst[at] + u32::from(!inst.unwind.is_none() && !inst.op.row().effects.ends_block())
    }

    fn len(&self) -> usize {
        self.next_of.len() - 1
    }

    fn next(&self, part: u32) -> &[u32] {
        &self.next[self.next_of[part as usize] as usize..self.next_of[part as usize + 1] as usize]
    }
}

/// The dominator tree: each reached part with its place and the size of what is below it in preorder.
struct Tree {
    /// Number of each part in depth-first order, `NONE` when it is not reached.
    number: Vec<u32>,
    /// By number: place in the preorder of the dominator tree.
    place: Vec<u32>,
    /// By number: size of the subtree.
    size: Vec<u32>,
}

impl Tree {
    fn new(parts: &Parts) -> Tree {
        let walk = Walk::new(parts);
        let idom = dominators(parts, &walk);
        // An immediate dominator has a smaller number, so one pass in each direction numbers the tree.
        let n = idom.len();
        let mut size = vec![1; n];
        for w in (1..n).rev() {
            size[idom[w] as usize] += size[w];
        }
        let mut place = vec![0; n];
        let mut free = vec![1; n];
        for w in 1..n {
            let up = idom[w] as usize;
            place[w] = free[up];
            free[up] += size[w];
            free[w] = place[w] + 1;
        }
        Tree { number: walk.number, place, size }
    }

    fn reached(&self, part: u32) -> bool {
        self.number[part as usize] != NONE
    }

    fn dominates(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.number[a as usize], self.number[b as usize]);
        if a == NONE || b == NONE {
            return false;
        }
        let (a, b) = (a as usize, b as usize);
        self.place[a] <= self.place[b] && self.place[b] - self.place[a] < self.size[a]
    }
}

/// A depth-first walk from the entry.
struct Walk {
    /// Number of each part, `NONE` when it is not reached.
    number: Vec<u32>,
    /// The part of each number.
    part: Vec<u32>,
    /// By number: the number it was reached from.
    parent: Vec<u32>,
}

impl Walk {
    fn new(parts: &Parts) -> Walk {
        let mut this = Walk { number: vec![NONE; parts.len()], part: Vec::new(), parent: Vec::new() };
        // Parts still to visit with the number they were seen from.
        let mut stack = vec![(0, 0)];
        while let Some((part, from)) = stack.pop() {
            if this.number[part as usize] != NONE {
                continue;
            }
            let number = this.part.len() as u32;
            this.number[part as usize] = number;
            this.part.push(part);
            this.parent.push(from);
            stack.extend(parts.next(part).iter().map(|next| (*next, number)));
        }
        this
    }
}

/// The immediate dominator of every number; that of the entry is itself.
fn dominators(parts: &Parts, walk: &Walk) -> Vec<u32> {
    let n = walk.part.len();
    // Predecessors of number w: `pred[pred_of[w]..pred_of[w + 1]]`.
    let mut pred_of = vec![0u32; n + 1];
    let reached = |next: &u32| walk.number[*next as usize] as usize;
    for part in &walk.part {
        parts.next(*part).iter().map(reached).for_each(|w| pred_of[w + 1] += 1);
    }
    for w in 0..n {
        pred_of[w + 1] += pred_of[w];
    }
    let mut free = pred_of.clone();
    let mut pred = vec![0u32; pred_of[n] as usize];
    for (v, part) in walk.part.iter().enumerate() {
        for w in parts.next(*part).iter().map(reached) {
            pred[free[w] as usize] = v as u32;
            free[w] += 1;
        }
    }

    let mut forest = Forest {
        ancestor: vec![NONE; n],
        label: (0..n as u32).collect(),
        semi: (0..n as u32).collect(),
        path: Vec::new(),
    };
    let mut idom = vec![0u32; n];
    // Numbers whose semidominator is w, as a linked list.
    let mut bucket = vec![NONE; n];
    let mut after = vec![NONE; n];
    for w in (1..n).rev() {
        for v in &pred[pred_of[w] as usize..pred_of[w + 1] as usize] {
            let u = forest.best(*v);
            forest.semi[w] = forest.semi[w].min(forest.semi[u as usize]);
        }
        let semi = forest.semi[w] as usize;
        after[w] = bucket[semi];
        bucket[semi] = w as u32;
        let parent = walk.parent[w];
        forest.ancestor[w] = parent;
        let mut v = core::mem::replace(&mut bucket[parent as usize], NONE);
        while v != NONE {
            let u = forest.best(v);
            let below = forest.semi[u as usize] < forest.semi[v as usize];
            idom[v as usize] = if below { u } else { parent };
            v = after[v as usize];
        }
    }
    for w in 1..n {
        if idom[w] != forest.semi[w] {
            idom[w] = idom[idom[w] as usize];
        }
    }
    idom
}

/// The forest of numbers that are done, with compressed paths.
struct Forest {
    ancestor: Vec<u32>,
    label: Vec<u32>,
    semi: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    /// The number with the smallest semidominator on the way from `v` up to, without it, the root of its tree.
    fn best(&mut self, v: u32) -> u32 {
        let mut x = v;
        while self.ancestor[x as usize] != NONE && self.ancestor[self.ancestor[x as usize] as usize] != NONE {
            self.path.push(x);
            x = self.ancestor[x as usize];
        }
        while let Some(x) = self.path.pop() {
            let up = self.ancestor[x as usize] as usize;
            if self.semi[self.label[up] as usize] < self.semi[self.label[x as usize] as usize] {
                self.label[x as usize] = self.label[up];
            }
            self.ancestor[x as usize] = self.ancestor[up];
        }
        self.label[v as usize]
    }
}

/// The blocks that can be reached from the entry, in the order in which they were found.
pub(super) fn reached_blocks(func: &Func) -> Vec<Block> {
    let mut seen = vec![false; func.blocks.len()];
    let mut order = vec![Block(0)];
    seen[0] = true;
    let mut at = 0;
    while let Some(block) = order.get(at).copied() {
        at += 1;
        for inst in func.block_insts(block) {
            func.edges_of(inst, |e| {
                let to = func.edges[e.index()].to;
                if !core::mem::replace(&mut seen[to.index()], true) {
                    order.push(to);
                }
            });
        }
    }
    order
}
