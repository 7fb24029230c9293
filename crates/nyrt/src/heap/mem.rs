//! Raw access to the region: the only file that turns offsets into pointers.
//!
//! Invariant of the whole heap: every offset that reaches these functions lies in a cell (or in the allocator
//! state) inside the committed part of the region. Debug builds check it at each access.

use super::region::GUARD;
use crate::value::Value;

/// What may be read and written as plain bits.
pub(crate) trait Plain: Copy {}
impl Plain for u8 {}
impl Plain for u32 {}
impl Plain for i32 {}
impl Plain for u64 {}
impl Plain for i64 {}
impl Plain for f64 {}

/// Base of the region and end of its committed part.
pub(crate) struct Memory {
    base: *mut u8,
    end: u64,
}

impl Memory {
    pub(crate) fn new(base: *mut u8) -> Memory {
        Memory { base, end: 0 }
    }
    pub(crate) fn base(&self) -> *mut u8 {
        self.base
    }
    /// Everything below `end` is committed.
    pub(crate) fn set_end(&mut self, end: u64) {
        self.end = end;
    }
    #[inline(always)]
    fn ptr<T>(&self, off: u32, count: usize) -> *mut T {
        debug_assert!(
            off >= GUARD
                && off as u64 + (size_of::<T>() * count) as u64 <= self.end
                && (off as usize).is_multiple_of(align_of::<T>()),
            "stray access at {off:#x}"
        );
        self.base.wrapping_add(off as usize).cast()
    }
    #[inline(always)]
    pub(crate) fn get<T: Plain>(&self, off: u32) -> T {
        // SAFETY: by the invariant of this file the offset lies in committed memory of this heap, aligned for
        // `T` because all cells are 8-byte aligned and fields are laid out by alignment; all bits are valid.
        unsafe { self.ptr::<T>(off, 1).read() }
    }
    #[inline(always)]
    pub(crate) fn set<T: Plain>(&self, off: u32, value: T) {
        // SAFETY: as in `get`; no Rust reference covers cell memory while the heap writes to it, because
        // slices are handed out only for the immutable bytes of strings and byte buffers.
        unsafe { self.ptr::<T>(off, 1).write(value) }
    }
    #[inline(always)]
    pub(crate) fn value(&self, off: u32) -> Value {
        Value::from_words(self.get::<u64>(off), self.get::<u64>(off + 8))
    }
    #[inline(always)]
    pub(crate) fn set_value(&self, off: u32, v: Value) {
        self.set::<u64>(off, v.tag());
        self.set::<u64>(off + 8, v.payload());
    }
    /// Bytes of a string or buffer.
    #[inline(always)]
    pub(crate) fn bytes(&self, off: u32, len: u32) -> &[u8] {
        // SAFETY: in committed memory by the invariant; the region outlives `self`, and what changes bytes of
        // strings and buffers takes the heap mutably, so nothing writes while the slice lives.
        unsafe { core::slice::from_raw_parts(self.ptr::<u8>(off, len as usize), len as usize) }
    }
    /// Bytes of a string or buffer, to be changed.
    #[inline(always)]
    pub(crate) fn bytes_mut(&mut self, off: u32, len: u32) -> &mut [u8] {
        // SAFETY: as in `bytes`; `&mut self` makes the slice the only access.
        unsafe { core::slice::from_raw_parts_mut(self.ptr::<u8>(off, len as usize), len as usize) }
    }
    /// Moves bytes; the ranges may overlap.
    #[inline(always)]
    pub(crate) fn copy(&self, from: u32, to: u32, len: u32) {
        // SAFETY: both ranges lie in committed memory by the invariant; `copy` allows overlap.
        unsafe {
            core::ptr::copy(
                self.ptr::<u8>(from, len as usize),
                self.ptr::<u8>(to, len as usize),
                len as usize,
            )
        }
    }
    #[inline(always)]
    pub(crate) fn fill(&self, off: u32, len: u32, byte: u8) {
        // SAFETY: in committed memory by the invariant.
        unsafe { core::ptr::write_bytes(self.ptr::<u8>(off, len as usize), byte, len as usize) }
    }
}
