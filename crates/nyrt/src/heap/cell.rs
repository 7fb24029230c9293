//! The 8-byte header of every cell: a count word with flags and an immutable class word.
//!
//! Count word: the count above [`COUNT_SHIFT`] bits of flags. The top bit makes a count sticky: it is set when
//! the count overflows into it (or from birth for immortal cells) and the cell is never freed by counting.
//! Class word: class id in 28 bits, kind in the top 4. Kinds below [`Kind::FIRST_REF`] mark storage that one
//! owner has for itself and nobody counts. It does not know what cells contain.

use super::Heap;
use crate::value::{ClassId, Kind, Ref, Value};

/// Bits of flags below the count.
pub const COUNT_SHIFT: u32 = 6;
/// One count.
pub const COUNT_ONE: u32 = 1 << COUNT_SHIFT;
/// The count is sticky.
pub const STICKY: u32 = 0x8000_0000;
/// In the candidate buffer of the cycle collector.
pub const BUFFERED: u32 = 1;
/// A weak cell points here.
pub const HAS_WEAK: u32 = 4;
/// `fini` has run, or must not run any more.
pub const FINALIZED: u32 = 8;
/// The body of `fini` is running.
pub const IN_FINI: u32 = 16;
/// Finalized explicitly: nothing of it may be used.
pub const DEAD: u32 = 32;

/// Class word of a cell on a free list; its count word is the next one.
pub const FREE_WORD: u32 = 0xFFFF_FFFF;
/// Class word of uncounted storage.
pub const STORAGE_WORD: u32 = 0;
/// Bytes of the header.
pub const HEADER: u32 = 8;

/// The class word of a class and kind.
#[inline(always)]
pub const fn class_word(class: ClassId, kind: Kind) -> u32 {
    class.0 | (kind as u32) << 28
}

impl Heap {
    #[inline(always)]
    pub(crate) fn count_word(&self, r: Ref) -> u32 {
        self.mem.get::<u32>(r.0)
    }
    #[inline(always)]
    pub(crate) fn set_count_word(&self, r: Ref, word: u32) {
        self.mem.set::<u32>(r.0, word);
    }
    #[inline(always)]
    pub(crate) fn class_word(&self, r: Ref) -> u32 {
        self.mem.get_at::<u32>(r, 4)
    }
    #[inline(always)]
    pub(crate) fn set_flags(&self, r: Ref, flags: u32) {
        self.set_count_word(r, self.count_word(r) | flags);
    }
    #[inline(always)]
    pub(crate) fn clear_flags(&self, r: Ref, flags: u32) {
        self.set_count_word(r, self.count_word(r) & !flags);
    }
    #[inline(always)]
    pub(crate) fn has_flags(&self, r: Ref, flags: u32) -> bool {
        self.count_word(r) & flags != 0
    }
    /// The kind bits of a cell (below [`Kind::FIRST_REF`] for storage).
    #[inline(always)]
    pub(crate) fn kind_bits(&self, r: Ref) -> u8 {
        (self.class_word(r) >> 28) as u8
    }
    /// The class of a counted cell.
    #[inline(always)]
    pub fn class_of(&self, r: Ref) -> ClassId {
        ClassId(self.class_word(r) & 0x0FFF_FFFF)
    }
    /// The value that refers to a counted cell; it owns nothing.
    #[inline(always)]
    pub fn value_of(&self, r: Ref) -> Value {
        let word = self.class_word(r) as u64;
        Value::from_words(word & 0x0FFF_FFFF | (word >> 28) << 32, r.0 as u64)
    }
    /// How many owners a cell has; `None` when the count is sticky.
    #[inline]
    pub fn count_of(&self, r: Ref) -> Option<u32> {
        let word = self.count_word(r);
        if word & STICKY == 0 { Some(word >> COUNT_SHIFT) } else { None }
    }
    /// Whether the caller's count is the only one, so that the cell may be changed in place.
    #[inline(always)]
    pub fn is_unique(&self, r: Ref) -> bool {
        self.count_word(r) >> COUNT_SHIFT == 1
    }
    /// Whether a value is a box that was finalized explicitly: using it raises `UseAfterFini`.
    #[inline(always)]
    pub fn is_dead(&self, v: Value) -> bool {
        v.is_ref() && self.has_flags(v.as_ref(), DEAD)
    }
    /// Whether the body of its `fini` is running.
    #[inline]
    pub fn is_in_fini(&self, v: Value) -> bool {
        v.is_ref() && self.has_flags(v.as_ref(), IN_FINI)
    }
    /// Makes a count sticky, so that the cell lives to the end.
    pub fn make_immortal(&self, r: Ref) {
        self.set_flags(r, STICKY);
    }
}
