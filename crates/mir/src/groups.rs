//! Items by a small number, all in one vector: for the many short lists of a pass over blocks.

use smallvec::SmallVec;

/// A truth value for each value, block or instruction of a function; most functions have few.
pub type Flags = SmallVec<[bool; 64]>;

/// The items of each number, in the order in which they were given.
#[derive(Debug)]
pub struct Groups<T> {
    /// Where those of each number begin, and where the last ones end.
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy> Groups<T> {
    /// Of pairs of a number below `count` and an item.
    pub fn new(count: usize, pairs: &[(u32, T)]) -> Groups<T> {
        // While they are filled in, the start of each group stands one place further on, where its end will be.
        let mut starts = vec![0; count + 2];
        for (number, _) in pairs {
            starts[*number as usize + 2] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut items: Vec<T> = pairs.iter().map(|pair| pair.1).collect();
        for (number, item) in pairs {
            let place = &mut starts[*number as usize + 1];
            items[*place as usize] = *item;
            *place += 1;
        }
        Groups { starts, items }
    }

    /// The items of a number.
    pub fn of(&self, number: usize) -> &[T] {
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
