//! Sets of numbers of fields and globals: what functions may write. It does not know who writes.

use core::cmp::Ordering;

/// A set of more words is one of everything, so that what functions hand up to who calls them stays small in programs of
/// any size. A function that writes so much has little left for anybody to rely on.
const MOST: usize = 128;

/// A set of numbers: words that are not empty, by ascending position. A large program has many fields, of which most
/// functions write a few.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Written {
    words: Vec<(u32, u64)>,
    /// Everything is in it; then there are no words.
    all: bool,
}

impl Written {
    pub(crate) fn insert(&mut self, number: u32) {
        self.or(number / 64, 1 << (number % 64));
    }

    /// Adds a word.
    fn or(&mut self, position: u32, word: u64) {
        if self.all {
            return;
        }
        let at = self.words.partition_point(|(p, _)| *p < position);
        match self.words.get_mut(at) {
            Some((p, own)) if *p == position => *own |= word,
            _ => self.words.insert(at, (position, word)),
        }
        self.bound();
    }

    pub(crate) fn merge(&mut self, other: &Written) {
        if other.all {
            *self = Written { words: Vec::new(), all: true };
        }
        if self.all {
            return;
        }
        // Few words are looked up; many, which who calls many others has, are gone through side by side.
        let (own, others) = (&self.words, &other.words);
        if others.len() <= 4 || others.len() * 8 < own.len() {
            return others.iter().for_each(|(position, word)| self.or(*position, *word));
        }
        let mut all = Vec::with_capacity(own.len().max(others.len()));
        let (mut i, mut k) = (0, 0);
        while let (Some(&(p, word)), Some(&(q, more))) = (own.get(i), others.get(k)) {
            all.push(match p.cmp(&q) {
                Ordering::Less => (p, word),
                Ordering::Equal => (p, word | more),
                Ordering::Greater => (q, more),
            });
            i += usize::from(p <= q);
            k += usize::from(q <= p);
        }
        all.extend_from_slice(&own[i..]);
        all.extend_from_slice(&others[k..]);
        self.words = all;
        self.bound();
    }

    fn bound(&mut self) {
        if self.words.len() > MOST {
            *self = Written { words: Vec::new(), all: true };
        }
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        let found = self.words.binary_search_by_key(&(number / 64), |(p, _)| *p);
        self.all || found.is_ok_and(|at| self.words[at].1 >> (number % 64) & 1 != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: impl IntoIterator<Item = u32>) -> Written {
        let mut set = Written::default();
        numbers.into_iter().for_each(|n| set.insert(n));
        set
    }

    #[test]
    fn merging_joins_few_and_many() {
        for count in [3, 50] {
            let (even, odd) = (of((0..count).map(|n| n * 2000)), of((0..count).map(|n| n * 2000 + 1000)));
            let mut both = even.clone();
            both.merge(&odd);
            assert_eq!(both, of((0..count * 2).map(|n| n * 1000)));
            assert!(both.contains(1000) && !even.contains(1000) && !both.contains(1001));
        }
        assert!(Written::default().is_empty() && !of([7]).is_empty());
    }

    #[test]
    fn what_is_large_is_everything() {
        let many = |from: u32, count: u32| of((from..from + count).map(|n| n * 64));
        let most = many(0, MOST as u32);
        assert!(!most.contains(u32::MAX));
        let all = many(0, MOST as u32 + 1);
        assert!(all.contains(u32::MAX) && all.contains(1) && !all.is_empty());
        let mut merged = most.clone();
        merged.merge(&many(1000, 1));
        assert_eq!(merged, all);
        let mut merged = most.clone();
        merged.merge(&many(1000, 100));
        assert_eq!(merged, all);
        let mut merged = of([7]);
        merged.merge(&all);
        assert_eq!(merged, all);
        merged.merge(&most);
        assert_eq!(merged, all);
    }
}
