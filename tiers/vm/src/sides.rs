//! Vectors beside the code of a function: per place that goes by name, what the name means for the classes that came by and how
//! often they did; per operator on values of unknown kind, which kinds it saw. The runtime is asked once for every class
//! at a place; a program of this tier does not grow, so that what it said stays true.
//!
//! It performs nothing: `cold` does, and asks here first.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use mir::inst::FuncId;
use nyrt::value::{ClassId, Value};
use profiler::{KindSet, Operands, Profile, Receivers};

/// What a name means at a place for the objects of a class that are alive.
#[derive(Clone, Debug)]
pub(crate) enum Means {
    /// Only the runtime can say, each time.
    Ask,
    /// A field that may be touched here: its number.
    Field(u32),
    /// A function of the program.
    Func(Rc<Callee>),
}

/// A function with how it is called from a place.
#[derive(Debug)]
pub(crate) struct Callee {
    pub(crate) func: FuncId,
    /// The register that each word of its parameters is copied from; gaps get anything.
    pub(crate) words: Box<[u16]>,
    /// How its result comes, as a field of an instruction.
    pub(crate) result: u16,
}

/// A class at a place.
#[derive(Debug)]
struct Line {
    class: ClassId,
    count: u32,
    means: Means,
}

/// What a place found: a table from the number of a class to its line.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The class of the first entry.
    first: u32,
    /// One more than the number of the line; 0 without one.
    by_class: Vec<u16>,
    lines: Vec<Line>,
}

impl Found {
    fn line(&self, class: ClassId) -> Option<usize> {
        let entry = *self.by_class.get(class.0.checked_sub(self.first)? as usize)?;
        usize::from(entry).checked_sub(1)
    }

    /// What the name means for a class, if it has come by before; counts it.
    #[inline]
    pub(crate) fn see(&mut self, class: ClassId) -> Option<Means> {
        let at = self.line(class)?;
        let line = self.lines.get_mut(at)?;
        line.count = line.count.saturating_add(1);
        Some(line.means.clone())
    }

    /// Whether the runtime need not be asked about a class.
    pub(crate) fn knows(&self, class: ClassId) -> bool {
        let line = self.line(class).and_then(|at| self.lines.get(at));
        line.is_some_and(|line| !matches!(line.means, Means::Ask))
    }

    /// A class comes by for the first time.
    pub(crate) fn add(&mut self, class: ClassId, means: Means) {
        // More classes than that at one place are asked about each time.
        let Ok(entry) = u16::try_from(self.lines.len() + 1) else { return };
        if self.by_class.is_empty() {
            self.first = class.0;
        }
        let before = self.first.saturating_sub(class.0) as usize;
        drop(self.by_class.splice(..0, std::iter::repeat_n(0, before)));
        self.first -= before as u32;
        let at = (class.0 - self.first) as usize;
        if at >= self.by_class.len() {
            self.by_class.resize(at + 1, 0);
        }
        if let Some(slot) = self.by_class.get_mut(at) {
            *slot = entry;
            self.lines.push(Line { class, count: 1, means });
        }
    }
}

/// Kinds of two operands as bits: the left one's in the lower half.
#[inline(always)]
pub(crate) const fn kinds(left: u8, right: u8) -> u32 {
    1 << left | 1 << (right + 16)
}

/// The vectors of a function.
#[derive(Debug, Default)]
pub(crate) struct Sides {
    /// Places that go by name: instruction, what was found.
    pub(crate) names: Vec<(u32, RefCell<Found>)>,
    /// Instructions of the operators.
    pub(crate) operators: Vec<u32>,
    /// The kinds that they saw; code knows their addresses.
    pub(crate) operands: Rc<[Cell<u32>]>,
}

impl Sides {
    /// Sides with room for the operands of so many operators.
    pub(crate) fn new(operators: usize) -> Sides {
        Sides { operands: std::iter::repeat_n(Cell::new(0), operators).collect(), ..Sides::default() }
    }

    /// A place for one more operator: the address of the kinds that it saw. Nothing when there was no room for it.
    pub(crate) fn operator(&mut self, at: u32) -> Option<u64> {
        let cell = self.operands.get(self.operators.len())?;
        self.operators.push(at);
        Some(&raw const *cell as u64)
    }

    /// A place for one more member by name; its number.
    pub(crate) fn name(&mut self, at: u32) -> u32 {
        self.names.push((at, RefCell::default()));
        self.names.len() as u32 - 1
    }

    /// What was seen.
    pub(crate) fn profile(&self) -> Profile {
        let receivers = self.names.iter().map(|(at, found)| {
            let classes = found.borrow().lines.iter().map(|line| (line.class.0, line.count)).collect();
            Receivers { at: *at, classes }
        });
        let operands = self.operators.iter().zip(self.operands.iter()).map(|(at, cell)| Operands {
            at: *at,
            left: KindSet(cell.get() as u16),
            right: KindSet((cell.get() >> 16) as u16),
        });
        Profile {
            receivers: receivers.filter(|r| !r.classes.is_empty()).collect(),
            operands: operands
                .filter(|o| *o != Operands { at: o.at, left: KindSet(0), right: KindSet(0) })
                .collect(),
        }
    }
}

/// The kinds of two values that an operator is given.
pub(crate) fn kinds_of(a: Value, b: Value) -> u32 {
    kinds(a.kind() as u8, b.kind() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_found_in_any_order() {
        let mut found = Found::default();
        for class in [70, 3, 400, 69, 0] {
            assert!(found.see(ClassId(class)).is_none());
            found.add(ClassId(class), Means::Field(class));
        }
        for class in [0, 3, 69, 70, 400] {
            assert!(
                matches!(found.see(ClassId(class)), Some(Means::Field(slot)) if slot == class),
                "{class}"
            );
        }
        for class in [1, 4, 71, 401, u32::MAX] {
            assert!(found.see(ClassId(class)).is_none(), "{class}");
        }
        found.add(ClassId(5), Means::Ask);
        assert!(found.knows(ClassId(69)) && !found.knows(ClassId(5)) && !found.knows(ClassId(6)));
    }

    #[test]
    fn a_profile_has_what_was_seen_and_nothing_else() {
        let mut sides = Sides::new(2);
        let (first, second) = (sides.name(4), sides.name(9));
        assert_eq!((first, second), (0, 1));
        assert!(sides.operator(5).is_some() && sides.operator(6).is_some() && sides.operator(7).is_none());
        {
            let mut found = sides.names[1].1.borrow_mut();
            found.add(ClassId(66), Means::Ask);
            found.add(ClassId(64), Means::Ask);
            found.see(ClassId(66));
        }
        sides.operands[1].set(kinds_of(Value::int(1), Value::NULL));
        let profile = sides.profile();
        assert_eq!(profile.receivers, [Receivers { at: 9, classes: vec![(66, 2), (64, 1)] }]);
        assert_eq!(profile.operands, [Operands { at: 6, left: KindSet(1 << 3), right: KindSet(1 << 1) }]);
    }

    #[test]
    fn counts_stay_at_their_highest_number() {
        let mut found = Found::default();
        found.add(ClassId(64), Means::Ask);
        found.lines[0].count = u32::MAX;
        found.see(ClassId(64));
        assert_eq!(found.lines[0].count, u32::MAX);
    }
}
