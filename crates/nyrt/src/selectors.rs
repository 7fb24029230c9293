//! Dense rows for method calls: per name a row from class id to what the name means for the class. A lookup is two
//! loads and no hash. It does not know how methods are found; the class table fills a row when it is first needed.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::class::Target;
use crate::value::{ClassId, Name};

/// What one name means for all classes.
#[derive(Debug, Default)]
struct Row {
    /// The class of the first target.
    first: u32,
    /// From there on as far as classes differ from the rest.
    targets: Box<[Option<Target>]>,
    /// What it means for all other classes.
    rest: Option<Target>,
    filled: bool,
}

/// Rows by name.
#[derive(Debug, Default)]
pub(crate) struct Selectors {
    rows: Vec<Row>,
}

impl Selectors {
    /// What a name means for a class; `None` when the row is not filled yet.
    #[inline(always)]
    pub(crate) fn get(&self, class: ClassId, name: Name) -> Option<Option<Target>> {
        let row = self.rows.get(name.0 as usize)?;
        match row.targets.get(class.0.wrapping_sub(row.first) as usize) {
            Some(target) => Some(*target),
            None if row.filled => Some(row.rest),
            None => None,
        }
    }

    /// Fills the row of a name. `method` says what it means for each of the first `classes` classes.
    pub(crate) fn fill(
        &mut self,
        name: Name,
        rest: Option<Target>,
        classes: u32,
        method: impl Fn(ClassId) -> Option<Target>,
    ) {
        let at = name.0 as usize;
        if at >= self.rows.len() {
            self.rows.resize_with(at + 1, Row::default);
        }
        let differs = |class: &u32| method(ClassId(*class)) != rest;
        let first = (0..classes).find(differs).unwrap_or(0);
        let end = (first..classes).rev().find(differs).map_or(first, |last| last + 1);
        let targets = (first..end).map(|class| method(ClassId(class))).collect();
        self.rows[at] = Row { first, targets, rest, filled: true };
    }

    /// Methods have been added: rows are filled anew.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }
}
