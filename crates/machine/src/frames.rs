//! The activations of a task in one block of memory, the newest last. Like a `Vec`, but one comparison says both
//! whether there is room and whether calls are nested too deeply, and who runs the newest activation need not ask whether there is
//! one. It does not know what activations are.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::frame::Frame;

/// Activations that there is room for at first.
const FIRST: usize = 16;

/// Activations of a task.
pub struct Frames {
    first: *mut Frame,
    /// One past the newest.
    top: *mut Frame,
    /// Where [`Frames::has_room`] says no: the end of the block, or before it where calls would be nested too deeply.
    limit: *mut Frame,
    capacity: usize,
    most: usize,
}

impl Frames {
    /// None, and room for `most` by way of [`Frames::has_room`]; nothing is allocated yet.
    pub(crate) fn new(most: usize) -> Frames {
        let nowhere = NonNull::dangling().as_ptr();
        Frames { first: nowhere, top: nowhere, limit: nowhere, capacity: 0, most }
    }

    /// Whether [`Frames::push`] finds room at once and the calls are not nested too deeply.
    #[inline(always)]
    pub fn has_room(&self) -> bool {
        self.top != self.limit
    }

    /// Makes room if calls may be nested more deeply; false if not.
    #[cold]
    #[inline(never)]
    pub fn make_room(&mut self) -> bool {
        if self.len() >= self.most {
            return false;
        }
        if self.len() == self.capacity {
            self.grow();
        }
        true
    }

    /// Adds an activation, however deeply calls are nested.
    #[inline(always)]
    pub fn push(&mut self, frame: Frame) {
        if self.top == self.limit && self.len() == self.capacity {
            self.grow();
        }
        // SAFETY: `top` is below the end of the block: below `limit`, or the length is below the capacity.
        unsafe {
            self.top.write(frame);
            self.top = self.top.add(1);
        }
    }

    /// Removes the newest activation.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<Frame> {
        if self.is_empty() {
            return None;
        }
        // SAFETY: there is one below `top`.
        unsafe {
            self.top = self.top.sub(1);
            Some(self.top.read())
        }
    }

    /// Removes all.
    pub(crate) fn clear(&mut self) {
        self.top = self.first;
    }

    /// The newest activation.
    ///
    /// # Safety
    /// There is one.
    #[inline(always)]
    pub unsafe fn newest(&mut self) -> *mut Frame {
        debug_assert!(!self.is_empty());
        // SAFETY: the caller says that there is one below `top`.
        unsafe { self.top.sub(1) }
    }

    /// Removes the newest activation.
    ///
    /// # Safety
    /// There is one.
    #[inline(always)]
    pub unsafe fn drop_newest(&mut self) {
        // SAFETY: as in `newest`. Activations need no dropping.
        self.top = unsafe { self.newest() };
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let len = self.len();
        let capacity = (self.capacity * 2).max(FIRST);
        let layout = block(capacity);
        // SAFETY: the layout is not empty. What there was is copied into a block that is larger, and freed with the layout
        // that it was allocated with.
        unsafe {
            let first: *mut Frame = alloc(layout).cast();
            if first.is_null() {
                handle_alloc_error(layout);
            }
            self.first.copy_to_nonoverlapping(first, len);
            self.free();
            (self.first, self.top) = (first, first.add(len));
            self.limit = first.add(capacity.min(self.most).max(len));
        }
        self.capacity = capacity;
    }

    /// # Safety
    /// Nothing uses the block afterwards.
    unsafe fn free(&mut self) {
        if self.capacity > 0 {
            // SAFETY: `grow` allocated it with this layout.
            unsafe { dealloc(self.first.cast(), block(self.capacity)) }
        }
    }
}

/// The layout of a block. Activations are few enough for their sizes not to overflow: there are fewer than 2^33.
fn block(capacity: usize) -> Layout {
    match Layout::array::<Frame>(capacity) {
        Ok(layout) => layout,
        Err(_) => unreachable!("{capacity} activations"),
    }
}

impl Deref for Frames {
    type Target = [Frame];
    #[inline(always)]
    fn deref(&self) -> &[Frame] {
        // SAFETY: all activations from the first to `top` were written.
        unsafe { std::slice::from_raw_parts(self.first, self.top.offset_from_unsigned(self.first)) }
    }
}

impl DerefMut for Frames {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [Frame] {
        // SAFETY: as in `deref`.
        unsafe { std::slice::from_raw_parts_mut(self.first, self.top.offset_from_unsigned(self.first)) }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        // SAFETY: the last use.
        unsafe { self.free() }
    }
}
