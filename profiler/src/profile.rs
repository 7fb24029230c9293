//! What places that are not static saw while they ran: the classes of receivers where a member goes by name, the kinds of
//! operands of operators on values of unknown kind. A tier keeps it in vectors beside its code and hands it out in this
//! form; later tiers and `--stats` read it.
//!
//! It knows classes and kinds by their numbers only. A place is the number of an instruction of the typed function, which
//! is lowered alike for every tier that asks; a place that never ran saw nothing and is not there.

/// What a function saw.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    /// Places that go by name, ascending.
    pub receivers: Vec<Receivers>,
    /// Operators on values of unknown kind, ascending.
    pub operands: Vec<Operands>,
}

/// The classes that came by at a place, in the order of their first time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receivers {
    /// The instruction.
    pub at: u32,
    /// Number of the class and how often: a count stays at its highest number.
    pub classes: Vec<(u32, u32)>,
}

/// The kinds that came by at an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operands {
    /// The instruction.
    pub at: u32,
    /// Kinds of the left operand.
    pub left: KindSet,
    /// Kinds of the right one.
    pub right: KindSet,
}

/// A set of kinds of values, by the numbers that the runtime gives them; all are below 16.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KindSet(pub u16);

impl KindSet {
    /// The numbers in it, ascending.
    pub fn kinds(self) -> impl Iterator<Item = u8> {
        (0..16).filter(move |kind| self.0 & 1 << kind != 0)
    }
}

impl Profile {
    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.receivers.is_empty() && self.operands.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_kinds_whose_bits_are_set() {
        assert_eq!(KindSet(1 << 3 | 1 << 15 | 1).kinds().collect::<Vec<_>>(), [0, 3, 15]);
        assert_eq!(KindSet::default().kinds().count(), 0);
    }
}
