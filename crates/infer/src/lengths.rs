//! How long arrays are at least, whether they can get shorter, and so where reading an element cannot give `null`. It
//! does not know how numbers are computed.

use crate::ranges::{MOST, Range};
use crate::rows::{Is, Var};
use crate::solve::{Site, Solver};
use crate::ty::{Kinds, Ty};

/// The lengths of an array that may be anything and get shorter.
pub(crate) fn lengths_that_shrink() -> Ty {
    Ty::of(Kinds::INT | Kinds::VOID)
}

impl Solver<'_> {
    /// An instruction makes an array with so many elements, or fills it before anybody looks at it.
    pub(crate) fn make_array(&mut self, id: u32, site: Site, count: usize) {
        let mut least = i64::try_from(count).unwrap_or(MOST);
        if let Some(row) = self.graph.insts.get(id as usize)
            && let Is::Filled(inclusive) = row.is
            && let [.., from, to] = *self.graph.uses_of(id)
        {
            let (from, to) = (self.graph.ty(from), self.graph.ty(to));
            if from.is_none() || to.is_none() {
                // Nobody comes to the end of the loop yet.
                return;
            }
            let (from, to) = (self.integers(from), self.integers(to));
            least = match (from, to) {
                (Some(from), Some(to)) => to.0.saturating_sub(from.1).saturating_add(i64::from(inclusive)),
                _ => 0,
            };
        }
        let ints = self.sets.ranges.of((least.clamp(0, MOST), MOST));
        self.raise(site.b, Ty::int(ints));
    }

    /// The least and the greatest value of a type that is nothing but integers.
    fn integers(&self, ty: Ty) -> Option<(i64, i64)> {
        ty.only(Kinds::INT).then(|| self.sets.ranges.bounds(ty.ints))
    }

    /// How long a receiver can be. An instruction is looked at again when that changes.
    pub(crate) fn lengths(&mut self, id: u32, receiver: Ty) -> Range {
        let mut all = Range::NONE;
        if receiver.kinds != Kinds::ARR || self.is_unknown(receiver, Kinds::ARR) {
            all = self.sets.ranges.of((0, MOST));
        }
        for at in self.sites_of(receiver, Kinds::ARR) {
            let Some(site) = self.site_in(at, Kinds::ARR) else { continue };
            self.graph.subscribe(site.b, id);
            all = self.sets.ranges.join(all, self.graph.ty(site.b).ints);
        }
        let (lo, hi) = self.sets.ranges.bounds(all);
        self.sets.ranges.of((lo.max(0), hi.min(MOST)))
    }

    /// Whether an instruction reads only what is in an array.
    pub(crate) fn is_inside(&mut self, id: u32, receiver: Ty, position: Option<Var>) -> bool {
        let Some(row) = self.graph.insts.get(id as usize).filter(|row| row.reads_ints) else { return false };
        let is_below = row.is == Is::Below;
        let Some(position) = position.map(|v| self.graph.ty(v)) else { return false };
        let (lo, hi) = self.sets.ranges.bounds(position.ints);
        // A box that stands for an Integer can stand for any.
        if lo < 0 || position.has(Kinds::USER) || self.is_unknown(receiver, Kinds::ARR) {
            return false;
        }
        // A box is asked for its length, but what gives it is its content.
        let same = !self.graph.operand(id, 0).has(Kinds::USER);
        let is_below = same && is_below;
        self.sites_of(receiver, Kinds::ARR).all(|at| {
            let Some(site) = self.site_in(at, Kinds::ARR) else { return true };
            self.graph.subscribe(site.b, id);
            let lengths = self.graph.ty(site.b);
            is_below && !lengths.has(Kinds::VOID) || hi < self.sets.ranges.bounds(lengths.ints).0
        })
    }
}
