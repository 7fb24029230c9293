//! Raw access to the region: the only file that turns offsets into pointers.
//!
//! Invariant of the whole heap: every offset that reaches these functions lies in a cell (or in the allocator
//! state) inside the committed part of the region. Debug builds check it at each access.

use super::region::GUARD;
use crate::value::{Ref, Value};

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
    /// What lies at an offset from a cell. The sum is made in the width of addresses, so that it is part of the
    /// instruction that reads.
    #[inline(always)]
    pub(crate) fn get_at<T: Plain>(&self, cell: Ref, off: u32) -> T {
        // SAFETY: as in `get`; cells end within the region, so the sum is the same in either width.
        unsafe { self.ptr_at::<T>(cell, off).read() }
    }
    /// [`Memory::get_at`] for writing.
    #[inline(always)]
    pub(crate) fn set_at<T: Plain>(&self, cell: Ref, off: u32, value: T) {
        // SAFETY: as in `set` and `get_at`.
        unsafe { self.ptr_at::<T>(cell, off).write(value) }
    }
    #[inline(always)]
    fn ptr_at<T>(&self, cell: Ref, off: u32) -> *mut T {
        debug_assert!(!self.ptr::<T>(cell.0 + off, 1).is_null());
        self.base.wrapping_add(cell.0 as usize).wrapping_add(off as usize).cast()
    }
    #[inline(always)]
    pub(crate) fn value_at(&self, cell: Ref, off: u32) -> Value {
        Value::from_words(self.get_at::<u64>(cell, off), self.get_at::<u64>(cell, off + 8))
    }
    #[inline(always)]
    pub(crate) fn set_value_at(&self, cell: Ref, off: u32, v: Value) {
        self.set_at::<u64>(cell, off, v.tag());
        self.set_at::<u64>(cell, off + 8, v.payload());
    }
    /// Zeroes what follows the header of a cell of so many bytes, a multiple of 8 being there. A call costs more than a
    /// few stores, and the compiler makes a call of every loop that zeroes.
    #[inline(always)]
    pub(crate) fn zero_cell(&self, cell: Ref, size: u32) {
        if size > 8 {
            let first: *mut u64 = self.ptr_at(cell, 8);
            // SAFETY: as in `set`: every store is within the `size` bytes of the cell, rounded up to 8.
            unsafe {
                first.write(0);
                if size > 72 {
                    return core::ptr::write_bytes(first.cast::<u8>(), 0, size as usize - 8);
                }
                if size > 16 {
                    first.add(1).write(0);
                    if size > 24 {
                        first.add(2).write(0);
                        if size > 32 {
                            first.add(3).write(0);
                            Memory::zero_rest(first, size);
                        }
                    }
                }
            }
        }
    }
    /// The fifth word and what follows, of at most eight.
    ///
    /// # Safety
    /// `first` is the first word after the header of a cell of `size` bytes, rounded up to 8.
    #[inline(always)]
    unsafe fn zero_rest(first: *mut u64, size: u32) {
        // SAFETY: every store is within the cell.
        unsafe {
            if size > 40 {
                first.add(4).write(0);
            }
            if size > 48 {
                first.add(5).write(0);
            }
            if size > 56 {
                first.add(6).write(0);
            }
            if size > 64 {
                first.add(7).write(0);
            }
        }
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
