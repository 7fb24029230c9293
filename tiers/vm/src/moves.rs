//! Copies that happen at once as a sequence of copies. It knows registers as numbers only.

use smallvec::SmallVec;

/// `to = from`, both of `width` words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    pub(crate) to: u16,
    pub(crate) from: u16,
    pub(crate) width: u32,
}

impl Move {
    /// Whether a copy writes what this one reads. Registers of different width may overlap.
    fn is_hurt_by(self, other: Move) -> bool {
        let (from, to) = (u32::from(self.from), u32::from(other.to));
        from < to + other.width && to < from + self.width
    }
}

/// Copies, mostly few.
pub(crate) type Moves = SmallVec<[Move; 4]>;

/// A copy may go ahead when no other one still has to read its target; when none may, the rest are cycles and one value
/// is put aside into `scratch`, which has room for the widest.
pub(crate) fn one_by_one(mut moves: Moves, scratch: u16) -> Moves {
    let mut out = Moves::new();
    moves.retain(|m| m.to != m.from);
    while !moves.is_empty() {
        let before = moves.len();
        let mut i = 0;
        while i < moves.len() {
            let ready = moves.iter().enumerate().all(|(j, m)| i == j || !m.is_hurt_by(moves[i]));
            if ready {
                out.push(moves.swap_remove(i));
            } else {
                i += 1;
            }
        }
        if moves.len() == before {
            // Only one value can be put aside at a time. Whatever reads it is freed by that, so that by the time the next
            // cycle is met nothing waits for `scratch` any more.
            let aside = moves[0];
            out.push(Move { to: scratch, ..aside });
            for m in &mut moves {
                if m.from == aside.from && m.width == aside.width {
                    m.from = scratch;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does the copies one by one and at once, and compares.
    fn check(pairs: &[(u16, u16, u32)]) {
        let mut expected: Vec<u32> = (0..40).collect();
        for (to, from, width) in pairs {
            for k in 0..*width {
                expected[*to as usize + k as usize] = u32::from(*from) + k;
            }
        }
        let mut regs: Vec<u32> = (0..40).collect();
        let moves = pairs.iter().map(|&(to, from, width)| Move { to, from, width }).collect();
        for m in one_by_one(moves, 36) {
            for k in 0..m.width as usize {
                regs[m.to as usize + k] = regs[m.from as usize + k];
            }
        }
        assert_eq!(regs[..36], expected[..36], "{pairs:?}");
    }

    #[test]
    fn copies_that_happen_at_once() {
        check(&[]);
        check(&[(1, 1, 1), (2, 2, 1)]);
        check(&[(1, 2, 1), (2, 1, 1)]);
        check(&[(1, 2, 1), (2, 3, 1), (3, 1, 1), (4, 1, 1), (5, 5, 1)]);
        check(&[(1, 2, 1), (2, 1, 1), (3, 4, 1), (4, 3, 1), (6, 1, 1), (7, 3, 1)]);
        check(&[(1, 0, 1), (2, 1, 1), (3, 2, 1), (4, 3, 1)]);
        check(&[(2, 4, 2), (4, 2, 2)]);
        check(&[(2, 4, 2), (4, 6, 2), (6, 2, 2), (8, 10, 1), (10, 8, 1)]);
    }
}
