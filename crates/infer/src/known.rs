//! What an analysis leaves for the next one of the same program with other copies. It does not know what that is used for.

use mir::inst::FuncId;

use crate::graph::Graph;
use crate::ranges::Ranges;
use crate::rows::Place;

/// What an analysis leaves for another one.
pub(crate) struct Left {
    pub(crate) graph: Graph,
    pub(crate) places: Vec<Place>,
    pub(crate) ranges: Ranges,
}

impl Left {
    /// The same for a program in which each function is one of the other, or a copy of it.
    pub(crate) fn of(self, origin: &[FuncId]) -> Known<'_> {
        Known { left: self, origin }
    }
}

/// What another analysis has left of the functions of this one.
pub(crate) struct Known<'a> {
    pub(crate) left: Left,
    /// By function which one of that analysis it is, or is a copy of.
    pub(crate) origin: &'a [FuncId],
}
