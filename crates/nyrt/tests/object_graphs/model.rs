//! What the language page says about the life of boxes, written down naively: counts, finalizers, weak reads and
//! collections over plain vectors. It shares no code with the heap.

use crate::REGS;

/// What the body of a `fini` does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    Nothing,
    /// Stores `me` in a register.
    Resurrect(usize),
    /// Stores what its weak field reads in a register.
    Weak(usize),
    /// Clears a register.
    Clear(usize),
    /// Stores a new object that refers to `me` in its own field.
    New,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Shape {
    Obj,
    Arr,
    Map,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) shape: Shape,
    pub(crate) fini: Option<Act>,
    /// Fields (two), elements, or map values with their keys.
    pub(crate) content: Vec<(u8, Option<usize>)>,
    pub(crate) weak: Option<usize>,
    pub(crate) count: usize,
    pub(crate) finalized: bool,
    pub(crate) in_fini: bool,
    pub(crate) dead: bool,
    /// Weak references read `null`.
    pub(crate) unseen: bool,
    pub(crate) freed: bool,
}

/// The language page, written down naively.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) nodes: Vec<Node>,
    pub(crate) regs: [Option<usize>; REGS],
    pub(crate) log: Vec<usize>,
}

impl Model {
    pub(crate) fn new_node(&mut self, shape: Shape, fini: Option<Act>) -> usize {
        let content = if shape == Shape::Obj { vec![(0, None), (1, None)] } else { Vec::new() };
        self.nodes.push(Node {
            shape,
            fini,
            content,
            weak: None,
            count: 1,
            finalized: false,
            in_fini: false,
            dead: false,
            unseen: false,
            freed: false,
        });
        self.nodes.len() - 1
    }
    pub(crate) fn retain(&mut self, n: Option<usize>) -> Option<usize> {
        if let Some(n) = n {
            self.nodes[n].count += 1;
        }
        n
    }
    pub(crate) fn release(&mut self, n: Option<usize>) {
        if let Some(n) = n {
            self.nodes[n].count -= 1;
            if self.nodes[n].count == 0 {
                self.die(n);
            }
        }
    }
    pub(crate) fn set_reg(&mut self, reg: usize, n: Option<usize>) {
        let old = std::mem::replace(&mut self.regs[reg], n);
        self.release(old);
    }
    pub(crate) fn body(&mut self, n: usize, act: Act) {
        self.log.push(n);
        self.nodes[n].in_fini = true;
        match act {
            Act::Nothing => {}
            Act::Resurrect(reg) => {
                self.retain(Some(n));
                self.set_reg(reg, Some(n));
            }
            Act::Weak(reg) => {
                let target = self.read_weak(n);
                self.retain(target);
                self.set_reg(reg, target);
            }
            Act::Clear(reg) => self.set_reg(reg, None),
            Act::New => {
                let new = self.new_node(Shape::Obj, Some(Act::Nothing));
                self.nodes[new].content[0].1 = self.retain(Some(n));
                let old = self.nodes[n].content[1].1.replace(new);
                self.release(old);
            }
        }
        self.nodes[n].in_fini = false;
        self.nodes[n].finalized = true;
    }
    pub(crate) fn read_weak(&self, n: usize) -> Option<usize> {
        self.nodes[n].weak.filter(|&t| !self.nodes[t].unseen)
    }
    pub(crate) fn die(&mut self, n: usize) {
        if let (Some(act), false) = (self.nodes[n].fini, self.nodes[n].finalized) {
            self.nodes[n].count = 1;
            self.body(n, act);
            self.nodes[n].count -= 1;
            if self.nodes[n].count > 0 {
                return;
            }
        }
        self.nodes[n].unseen = true;
        self.empty(n);
        self.nodes[n].freed = true;
    }
    /// Drops the content from the last to the first.
    pub(crate) fn empty(&mut self, n: usize) {
        if self.nodes[n].shape == Shape::Obj {
            for i in (0..2).rev() {
                let child = self.nodes[n].content[i].1.take();
                self.release(child);
            }
        } else {
            let content = std::mem::take(&mut self.nodes[n].content);
            for (_, child) in content.into_iter().rev() {
                self.release(child);
            }
        }
    }
    pub(crate) fn explicit(&mut self, n: usize) {
        if self.nodes[n].dead || self.nodes[n].in_fini {
            return;
        }
        self.nodes[n].count += 1;
        if let (Some(act), false) = (self.nodes[n].fini, self.nodes[n].finalized) {
            self.body(n, act);
        }
        self.nodes[n].finalized = true;
        self.nodes[n].dead = true;
        self.nodes[n].unseen = true;
        self.empty(n);
        self.release(Some(n));
    }
    pub(crate) fn reach(&self, from: impl Iterator<Item = usize>) -> Vec<bool> {
        let mut seen = vec![false; self.nodes.len()];
        let mut todo: Vec<usize> = from.collect();
        while let Some(n) = todo.pop() {
            if !std::mem::replace(&mut seen[n], true) {
                todo.extend(self.nodes[n].content.iter().filter_map(|c| c.1));
            }
        }
        seen
    }
    pub(crate) fn unreachable(&self) -> Vec<usize> {
        let live = self.reach(self.regs.iter().flatten().copied());
        (0..self.nodes.len()).filter(|&n| !live[n] && !self.nodes[n].freed).collect()
    }
    pub(crate) fn collect(&mut self) {
        let mut garbage = self.unreachable();
        loop {
            let mut finis: Vec<usize> = garbage
                .iter()
                .copied()
                .filter(|&n| self.nodes[n].fini.is_some() && !self.nodes[n].finalized)
                .collect();
            if finis.is_empty() {
                break;
            }
            garbage.iter().for_each(|&n| self.nodes[n].count += 1);
            finis.sort_unstable();
            while let Some(n) = finis.pop() {
                // An earlier body may have finalized it by bringing it back and dropping it.
                if let (Some(act), false) = (self.nodes[n].fini, self.nodes[n].finalized) {
                    self.body(n, act);
                }
            }
            let members = self.reach(garbage.iter().copied());
            let still: Vec<usize> = self.unreachable().into_iter().filter(|&n| members[n]).collect();
            for &n in &garbage {
                self.nodes[n].count -= 1;
            }
            garbage = still;
        }
        for &n in &garbage {
            self.nodes[n].unseen = true;
            self.nodes[n].freed = true;
        }
        for &n in &garbage {
            for (_, child) in std::mem::take(&mut self.nodes[n].content) {
                if let Some(c) = child {
                    self.nodes[c].count -= 1;
                }
            }
        }
    }
}
