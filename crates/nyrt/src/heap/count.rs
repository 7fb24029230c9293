//! Retain and release. A release that takes the last count drops the object through the drop machine
//! ([`super::drop`]) as far as that needs no user code; it does not run `fini` bodies.

use super::Heap;
use super::cell::{BUFFERED, COUNT_ONE, STICKY};
use crate::value::{Kind, Ref, Value};

impl Heap {
    /// One more owner.
    #[inline(always)]
    pub fn retain(&self, v: Value) {
        if v.is_ref() {
            self.retain_ref(v.as_ref());
        }
    }

    /// One more owner of a cell. The 2^25th makes the count sticky.
    #[inline(always)]
    pub fn retain_ref(&self, r: Ref) {
        let word = self.count_word(r);
        if word & STICKY == 0 {
            self.set_count_word(r, word + COUNT_ONE);
        }
    }

    /// A borrowed value as an owned one.
    #[inline(always)]
    pub fn own(&self, v: Value) -> Value {
        self.retain(v);
        v
    }

    /// One owner less. What dies without a `fini` is freed at once; a `fini` that has to run waits on the drop
    /// stack, so after releasing the tier compares [`Heap::drop_depth`] with what it was and calls
    /// [`Heap::drop_step`] when it grew. Several releases before that are served last first.
    #[inline(always)]
    pub fn release(&mut self, v: Value) {
        if v.is_ref() {
            self.release_ref(v.as_ref());
        }
    }

    /// [`Heap::release`] for a cell.
    #[inline(always)]
    pub fn release_ref(&mut self, r: Ref) {
        if self.decrement(r) {
            self.dying(r);
        }
    }

    /// Takes one count away; whether it was the last. A container that keeps owners becomes a candidate for
    /// the cycle collector.
    #[inline(always)]
    pub(crate) fn decrement(&mut self, r: Ref) -> bool {
        let word = self.count_word(r);
        if word & STICKY != 0 {
            return false;
        }
        debug_assert!(word >= COUNT_ONE, "released too often: {:#x}", r.0);
        let word = word - COUNT_ONE;
        self.set_count_word(r, word);
        if word < COUNT_ONE {
            return true;
        }
        if word & BUFFERED == 0 && self.kind_bits(r) != Kind::Str as u8 {
            self.candidate(r);
        }
        false
    }
}
