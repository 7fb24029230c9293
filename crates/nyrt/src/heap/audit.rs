//! Checks of the whole heap: recomputes every count from all cells and the owners outside, and counts what is
//! still alive; says when a field was to hold what it cannot. It changes nothing.

use ::alloc::format;
use ::alloc::string::String;
use ::alloc::vec::Vec;

use hashbrown::HashMap;

use super::cell::{COUNT_SHIFT, STICKY};
use super::drop::{How, Work};
use super::{DropStack, Heap};
use crate::value::{ClassId, Kind, Ref, Value};

/// Most lines of a report.
const LINES: usize = 20;

impl Heap {
    /// Compares every count with the owners: `roots` are all values owned outside the heap (globals, frames,
    /// the exception in flight, native tables), `suspended` the drop work of tasks that are not running.
    pub fn audit(
        &self,
        roots: &mut dyn Iterator<Item = Value>,
        suspended: &[&DropStack],
    ) -> Result<(), String> {
        if let Some((slot, kind)) = self.misfit {
            return Err(format!("heap audit: a {slot:?} field was to hold a {kind:?}\n"));
        }
        let mut owners: HashMap<u32, u32> = HashMap::new();
        let mut own = |r: Ref| *owners.entry(r.0).or_insert(0) += 1;
        for v in roots {
            if v.is_ref() {
                own(v.as_ref());
            }
        }
        self.each_cell(|r| self.each_child(r, &mut own));
        self.owners_in_drops(&self.drops, &mut own);
        for &drops in suspended {
            self.owners_in_drops(drops, &mut own);
        }
        let mut report = String::new();
        let mut wrong = 0;
        let mut seen = 0;
        self.each_cell(|r| {
            if self.kind_bits(r) < Kind::FIRST_REF {
                return;
            }
            let word = self.count_word(r);
            let found = owners.get(&r.0).copied().unwrap_or(0);
            seen += owners.contains_key(&r.0) as usize;
            if word & STICKY == 0 && word >> COUNT_SHIFT != found {
                wrong += 1;
                if wrong <= LINES {
                    report +=
                        &format!("{:?}: count {}, owners {found}\n", self.value_of(r), word >> COUNT_SHIFT);
                }
            }
        });
        if seen != owners.len() {
            report += &format!("{} references to freed cells\n", owners.len() - seen);
        } else if wrong == 0 {
            return Ok(());
        }
        Err(format!("heap audit: {wrong} wrong counts\n{report}"))
    }

    fn owners_in_drops(&self, drops: &DropStack, own: &mut impl FnMut(Ref)) {
        for &(_, v) in &drops.errors {
            if v.is_ref() {
                own(v.as_ref());
            }
        }
        for work in &drops.work {
            match work {
                // The collector's own count covers its bodies.
                Work::Fini { how: How::Cycle, .. } | Work::Running { how: How::Cycle, .. } => {}
                Work::Fini { obj, .. } | Work::Running { obj, .. } | Work::Release(obj) => own(*obj),
                Work::Elements { data, elem, next } => self.each_element(*data, *elem, *next, &mut *own),
                Work::Entries { data, next } => self.each_entry(*data, *next, &mut *own),
                Work::Cycle(garbage) => garbage.members.iter().for_each(|&r| own(r)),
                Work::Members { members, .. } => members.iter().for_each(|&r| own(r)),
                Work::Fields { obj, after, .. } | Work::Values { cell: obj, after, .. } => {
                    if *after == super::drop::After::Release {
                        own(*obj);
                    }
                }
                Work::Begin(_) => {}
            }
        }
    }

    /// Counted cells that are alive, without the immortal ones. Zero at the end of a program that was
    /// finalized completely.
    pub fn live_objects(&self) -> usize {
        let mut n = 0;
        self.each_cell(|r| n += self.is_mortal(r) as usize);
        n
    }

    /// What [`Heap::live_objects`] counts, by class, for the report of a leak.
    pub fn live_by_class(&self) -> Vec<(ClassId, usize)> {
        let mut counts: Vec<(ClassId, usize)> = Vec::new();
        self.each_cell(|r| {
            if self.is_mortal(r) {
                let class = self.class_of(r);
                match counts.iter_mut().find(|(c, _)| *c == class) {
                    Some((_, n)) => *n += 1,
                    None => counts.push((class, 1)),
                }
            }
        });
        counts.sort();
        counts
    }

    fn is_mortal(&self, r: Ref) -> bool {
        self.kind_bits(r) >= Kind::FIRST_REF && self.count_word(r) & STICKY == 0
    }
}
