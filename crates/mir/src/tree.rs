//! Trees of dominators: which node is above which, and the lowest one above two. It does not know what the nodes are.
//!
//! A handler that thousands of blocks lead to does not climb the whole tree from each of them: every node knows one
//! further up, how far depends on its depth alone. By these and the direct ones every node above is reached in a number
//! of steps that grows with the logarithm of the depth (Myers, "An applicative random-access stack", 1983).

/// What lies above a node. Nodes above are smaller.
#[derive(Clone, Copy, Debug)]
struct Above {
    /// The node directly above; the top itself at the top.
    parent: u32,
    /// How many nodes are above.
    depth: u32,
    /// A node further up.
    jump: u32,
}

const TOP: Above = Above { parent: 0, depth: 0, jump: 0 };

/// A tree; its top is node 0.
#[derive(Debug, Default)]
pub struct Tree {
    above: Vec<Above>,
}

impl Tree {
    /// Becomes the tree of dominators of a graph whose nodes are numbered in reverse postorder.
    pub fn dominate<'a>(&mut self, count: u32, preds: impl Fn(u32) -> &'a [u32]) {
        self.above.clear();
        self.above.reserve(count as usize);
        self.above.push(TOP);
        for node in 1..count {
            let before = preds(node).iter().copied().filter(|p| *p < node);
            let parent = before.reduce(|a, b| self.meet(a, b)).unwrap_or(0);
            self.push_below(parent);
        }
        // Edges that go back were left out: they change nothing where every loop has one way in, which is so in what the
        // builder makes. Elsewhere less is said than is true.
        let goes_round = |node: u32| preds(node).iter().all(|p| *p < node || self.is_above(node, *p));
        if !(1..count).all(goes_round) {
            self.above.iter_mut().skip(1).for_each(|above| *above = Above { depth: 1, ..TOP });
        }
    }

    /// Adds the next node directly below another one.
    fn push_below(&mut self, parent: u32) {
        let above = self.above[parent as usize];
        let next = self.above[above.jump as usize];
        let even = above.depth - next.depth == next.depth - self.above[next.jump as usize].depth;
        let jump = if even { next.jump } else { parent };
        self.above.push(Above { parent, depth: above.depth + 1, jump });
    }

    /// The node directly above a node.
    pub fn parent(&self, node: u32) -> u32 {
        self.above[node as usize].parent
    }

    /// Whether a node is another one or lies above it.
    pub fn is_above(&self, node: u32, below: u32) -> bool {
        let depth = self.above[node as usize].depth;
        self.above[below as usize].depth >= depth && self.ancestor(below, depth) == node
    }

    /// The node at a depth that is not greater, above a node.
    fn ancestor(&self, mut at: u32, depth: u32) -> u32 {
        loop {
            let above = self.above[at as usize];
            if above.depth <= depth {
                return at;
            }
            at = if self.above[above.jump as usize].depth >= depth { above.jump } else { above.parent };
        }
    }

    /// The lowest node that is above two or one of them.
    fn meet(&self, mut a: u32, mut b: u32) -> u32 {
        let depth = self.above[a as usize].depth.min(self.above[b as usize].depth);
        (a, b) = (self.ancestor(a, depth), self.ancestor(b, depth));
        while a != b {
            let (above, other) = (self.above[a as usize], self.above[b as usize]);
            (a, b) = if above.jump != other.jump {
                (above.jump, other.jump)
            } else {
                (above.parent, other.parent)
            };
        }
        a
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_climbing_says() {
        let mut seed = 7_u32;
        let mut random = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % below
        };
        for round in 1..60 {
            // Deep trees and wide ones.
            let parents: Vec<u32> =
                (0..80).map(|n: u32| n.saturating_sub(1 + random(n.clamp(1, round)))).collect();
            let mut tree = Tree::default();
            tree.dominate(80, |node| core::slice::from_ref(&parents[node as usize]));
            let way = |node: u32| {
                let up = |n: &u32| (*n != 0).then(|| parents[*n as usize]);
                std::iter::successors(Some(node), up).collect::<Vec<_>>()
            };
            for (a, b) in (0..80).flat_map(|a| (0..80).map(move |b| (a, b))) {
                assert_eq!(tree.is_above(a, b), way(b).contains(&a), "{a} {b} of {parents:?}");
                let lowest = way(a).into_iter().find(|n| way(b).contains(n));
                assert_eq!(Some(tree.meet(a, b)), lowest, "{a} {b} of {parents:?}");
            }
        }
    }
}
