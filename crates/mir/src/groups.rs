//! Items by a small number, all in one vector: for the many short lists of a pass over blocks.

/// The items of each number, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Groups<T> {
    /// Where those of each number begin, and where the last ones end.
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy> Groups<T> {
    /// Of pairs of a number below `count` and an item.
    pub(crate) fn new(count: usize, pairs: &[(u32, T)]) -> Groups<T> {
        let mut starts = vec![0; count + 1];
        for (number, _) in pairs {
            starts[*number as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut places = vec![0; pairs.len()];
        for (at, (number, _)) in pairs.iter().enumerate() {
            let place = &mut next[*number as usize];
            places[*place as usize] = at;
            *place += 1;
        }
        let items = places.into_iter().map(|at: usize| pairs[at].1).collect();
        Groups { starts, items }
    }

    /// The items of a number.
    pub(crate) fn of(&self, number: usize) -> &[T] {
        &self.items[self.starts[number] as usize..self.starts[number + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_order() {
        let groups = Groups::new(4, &[(2, 'a'), (0, 'b'), (2, 'c'), (3, 'd'), (2, 'e')]);
        assert_eq!(
            [0, 1, 2, 3].map(|n| groups.of(n).to_vec()),
            [vec!['b'], vec![], vec!['a', 'c', 'e'], vec!['d']]
        );
        assert!(Groups::<u8>::new(1, &[]).of(0).is_empty());
    }
}
