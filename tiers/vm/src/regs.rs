//! The registers of an activation, read and written as what they hold. It does not know which holds what: code does.

use nyrt::scalar;
use nyrt::value::{Ref, Value};

/// A window.
#[derive(Clone, Copy)]
pub(crate) struct Regs(*mut u64);

impl Regs {
    /// The registers of a window.
    ///
    /// # Safety
    /// Only registers of that window are asked for, as long as it is one; an instruction names no others: the
    /// encoder puts all values below the size of the window, with room for a pair at every one of them. A caller
    /// may write the first four words of the window of its callee, and its parameters.
    #[inline(always)]
    pub(crate) unsafe fn new(window: *mut u64) -> Regs {
        Regs(window)
    }
    /// Where they are.
    #[inline(always)]
    pub(crate) fn window(self) -> *mut u64 {
        self.0
    }
    /// Them as whole values, by half the number of a register.
    #[inline(always)]
    pub(crate) fn values(self) -> *mut Value {
        self.0.cast()
    }
    /// A word.
    #[inline(always)]
    pub(crate) fn word(self, reg: u16) -> u64 {
        // SAFETY: the contract of `new`; all words of a window are initialised.
        unsafe { *self.0.add(reg as usize) }
    }
    /// The word behind one.
    #[inline(always)]
    pub(crate) fn second(self, reg: u16) -> u64 {
        // SAFETY: as in `word`; there is room for a pair.
        unsafe { *self.0.add(reg as usize + 1) }
    }
    /// An integer.
    #[inline(always)]
    pub(crate) fn int(self, reg: u16) -> i64 {
        self.word(reg) as i64
    }
    /// A float.
    #[inline(always)]
    pub(crate) fn float(self, reg: u16) -> f64 {
        scalar::word_to_float(self.word(reg))
    }
    /// A reference.
    #[inline(always)]
    pub(crate) fn object(self, reg: u16) -> Ref {
        Ref(self.word(reg) as u32)
    }
    /// A whole value.
    #[inline(always)]
    pub(crate) fn any(self, reg: u16) -> Value {
        // SAFETY: as in `second`; two words are a value.
        unsafe { Value::read(self.0.add(reg as usize).cast()) }
    }
    /// Writes a word.
    #[inline(always)]
    pub(crate) fn set(self, reg: u16, word: u64) {
        // SAFETY: as in `word`.
        unsafe { *self.0.add(reg as usize) = word }
    }
    /// Writes a whole value.
    #[inline(always)]
    pub(crate) fn set_any(self, reg: u16, value: Value) {
        self.set(reg, value.tag());
        // SAFETY: as in `second`.
        unsafe { *self.0.add(reg as usize + 1) = value.payload() }
    }
}
