//! Sets of small numbers that share what they have in common: changing one makes a new one in a few steps,
//! and two sets with the same members have the same name. With them a state for every block costs what
//! changes between blocks, not what is owned in them.
//!
//! A set is a binary tree over the bits of the number, whose leaves are words of 64 members. Equal trees are
//! made only once.

use hashbrown::HashMap;

/// A set in [`Sets`]; equal sets are equal names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Set(u32);

impl Set {
    /// Nothing.
    pub(super) const EMPTY: Set = Set(0);
}

/// All sets that were made.
#[derive(Clone, Debug)]
pub(super) struct Sets {
    /// Levels of inner nodes above the leaves.
    levels: u32,
    /// The two halves of each inner node; the first one is the empty set on every level.
    inner: Vec<[u32; 2]>,
    inner_ids: HashMap<[u32; 2], u32>,
    leaves: Vec<u64>,
    leaf_ids: HashMap<u64, u32>,
}

impl Sets {
    /// For members below `end`.
    pub(super) fn new(end: usize) -> Sets {
        let words = end.div_ceil(64).max(1);
        Sets {
            levels: words.next_power_of_two().trailing_zeros(),
            inner: vec![[0, 0]],
            inner_ids: HashMap::from_iter([([0, 0], 0)]),
            leaves: vec![0],
            leaf_ids: HashMap::from_iter([(0, 0)]),
        }
    }

    fn leaf(&self, set: Set, member: usize) -> u32 {
        let mut node = set.0;
        for level in (0..self.levels).rev() {
            node = self.inner[node as usize][member >> (6 + level) & 1];
        }
        node
    }

    pub(super) fn contains(&self, set: Set, member: usize) -> bool {
        self.leaves[self.leaf(set, member) as usize] >> (member % 64) & 1 != 0
    }

    pub(super) fn insert(&mut self, set: Set, member: usize) -> Set {
        let word = self.leaves[self.leaf(set, member) as usize];
        self.with_word(set, member, word | 1 << (member % 64))
    }

    pub(super) fn remove(&mut self, set: Set, member: usize) -> Set {
        let word = self.leaves[self.leaf(set, member) as usize];
        self.with_word(set, member, word & !(1 << (member % 64)))
    }

    fn with_word(&mut self, set: Set, member: usize, word: u64) -> Set {
        // The nodes on the way to the leaf, by level.
        let mut way = [0; usize::BITS as usize];
        let mut node = set.0;
        for level in (0..self.levels).rev() {
            way[level as usize] = node;
            node = self.inner[node as usize][member >> (6 + level) & 1];
        }
        let mut node = *self.leaf_ids.entry(word).or_insert_with(|| {
            self.leaves.push(word);
            self.leaves.len() as u32 - 1
        });
        for level in 0..self.levels {
            let mut halves = self.inner[way[level as usize] as usize];
            halves[member >> (6 + level) & 1] = node;
            node = *self.inner_ids.entry(halves).or_insert_with(|| {
                self.inner.push(halves);
                self.inner.len() as u32 - 1
            });
        }
        Set(node)
    }

    /// The members in order.
    pub(super) fn members(&self, set: Set) -> Vec<usize> {
        self.only_in(set, Set::EMPTY)
    }

    /// The members of `a` that are not in `b`, in order.
    pub(super) fn only_in(&self, a: Set, b: Set) -> Vec<usize> {
        let mut found = Vec::new();
        let mut work = vec![(self.levels, 0usize, a.0, b.0)];
        while let Some((level, first, a, b)) = work.pop() {
            if a == b || a == 0 {
                continue;
            }
            let Some(below) = level.checked_sub(1) else {
                let mut word = self.leaves[a as usize] & !self.leaves[b as usize];
                while word != 0 {
                    found.push(first + word.trailing_zeros() as usize);
                    word &= word - 1;
                }
                continue;
            };
            let ([a0, a1], [b0, b1]) = (self.inner[a as usize], self.inner[b as usize]);
            work.push((below, first + (64 << below), a1, b1));
            work.push((below, first, a0, b0));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{Set, Sets};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn like_a_tree_set(
            end in 1usize..2000,
            steps in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), any::<bool>()), 0..200),
        ) {
            let mut sets = Sets::new(end);
            let mut made: Vec<(Set, BTreeSet<usize>)> = vec![(Set::EMPTY, BTreeSet::new())];
            for (index, add, older) in steps {
                let member = index.index(end);
                let from = if older { index.index(made.len()) } else { made.len() - 1 };
                let (mut set, mut model) = made[from].clone();
                prop_assert_eq!(sets.contains(set, member), model.contains(&member));
                if add {
                    model.insert(member);
                    set = sets.insert(set, member);
                } else {
                    model.remove(&member);
                    set = sets.remove(set, member);
                }
                made.push((set, model));
            }
            for (set, model) in &made {
                prop_assert_eq!(sets.members(*set), model.iter().copied().collect::<Vec<_>>());
                let (last, last_model) = &made[made.len() - 1];
                prop_assert_eq!(set == last, model == last_model);
                let only: Vec<usize> = model.difference(last_model).copied().collect();
                prop_assert_eq!(sets.only_in(*set, *last), only);
            }
        }
    }
}
