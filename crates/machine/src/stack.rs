//! The register stack of a task: windows of 8-byte words on the heap of the host, in chunks that never move.
//! It does not know what the words are, counts no references and has no end: how deep calls may nest is said elsewhere.

use std::ptr::NonNull;

/// Words in the first chunk of a task that was started by `nowait`; every further one doubles the size up to [`LARGEST`].
pub(crate) const SMALL: usize = 128;
/// The same of the main task, which mostly is the only one: calls and returns should not cross chunks.
pub(crate) const ROOMY: usize = 16 * 1024;
const LARGEST: usize = 128 * 1024;

/// One allocation.
struct Chunk {
    words: NonNull<u64>,
    len: usize,
    /// Where the chunk's free part began when the next chunk was started.
    left_at: *mut u64,
}

/// A stack of register windows. All of its memory is initialised from the start, so reading a register
/// that no instruction has written gives some old word (at first 0, which is `void`), never undefined bytes.
pub struct Stack {
    chunks: Vec<Chunk>,
    /// Index of the chunk that holds the newest window.
    current: usize,
    top: *mut u64,
    end: *mut u64,
    /// The first word of the newest window's chunk; nothing for the first chunk, which is never left.
    bottom: *mut u64,
    /// Words in the first chunk.
    first: usize,
}

impl Stack {
    /// A stack with `first` words in its first chunk; nothing is allocated yet.
    pub(crate) fn new(first: usize) -> Stack {
        let nowhere = NonNull::dangling().as_ptr();
        Stack {
            chunks: Vec::new(),
            current: 0,
            top: nowhere,
            end: nowhere,
            bottom: std::ptr::null_mut(),
            first,
        }
    }

    /// A window of `n` words.
    #[inline(always)]
    pub fn push(&mut self, n: usize) -> *mut u64 {
        let base = self.top;
        if (self.end as usize - base as usize) / size_of::<u64>() < n {
            return self.push_in_next(n);
        }
        // SAFETY: at least `n` words lie between `top` and `end`, which are in (or one past) one chunk.
        self.top = unsafe { base.add(n) };
        base
    }

    #[cold]
    #[inline(never)]
    fn push_in_next(&mut self, n: usize) -> *mut u64 {
        let next = if self.chunks.is_empty() { 0 } else { self.current + 1 };
        if self.chunks.get(next).is_some_and(|c| c.len < n) {
            self.chunks.drain(next..).for_each(Chunk::free);
        }
        if next == self.chunks.len() {
            let len = self.chunks.last().map_or(self.first, |c| (c.len * 2).min(LARGEST));
            self.chunks.push(Chunk::new(len.max(n)));
        }
        if next > 0 {
            self.chunks[self.current].left_at = self.top;
        }
        self.current = next;
        let chunk = &self.chunks[next];
        let base = chunk.words.as_ptr();
        self.bottom = if next > 0 { base } else { std::ptr::null_mut() };
        // SAFETY: `n <= chunk.len`, checked above for an old chunk and made so for a new one.
        (self.top, self.end) = unsafe { (base.add(n), base.add(chunk.len)) };
        base
    }

    /// Gives the newest window back; `base` is what [`Stack::push`] gave for it.
    #[inline(always)]
    pub fn pop(&mut self, base: *mut u64) {
        self.top = base;
        if base == self.bottom {
            self.pop_chunk();
        }
    }

    #[cold]
    #[inline(never)]
    fn pop_chunk(&mut self) {
        self.current -= 1;
        let chunk = &self.chunks[self.current];
        self.top = chunk.left_at;
        self.bottom = if self.current > 0 { chunk.words.as_ptr() } else { std::ptr::null_mut() };
        // SAFETY: one past the end of the chunk.
        self.end = unsafe { chunk.words.as_ptr().add(chunk.len) };
    }
}

impl Chunk {
    fn new(len: usize) -> Chunk {
        let words = Box::leak(vec![0u64; len].into_boxed_slice());
        let left_at = words.as_mut_ptr();
        Chunk { words: NonNull::from(words).cast(), len, left_at }
    }

    fn free(self) {
        let slice = std::ptr::slice_from_raw_parts_mut(self.words.as_ptr(), self.len);
        // SAFETY: `new` leaked a boxed slice of this address and length, and a chunk is freed once.
        drop(unsafe { Box::from_raw(slice) });
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.chunks.drain(..).for_each(Chunk::free);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keep_their_place_across_chunks() {
        let mut stack = Stack::new(SMALL);
        let mut bases = Vec::new();
        for i in 0..1000usize {
            let base = stack.push(7);
            // SAFETY: the window has seven words.
            unsafe { *base.add(6) = i as u64 };
            bases.push(base);
        }
        for (i, base) in bases.into_iter().enumerate().rev() {
            // SAFETY: as above; the window has not been given back.
            assert_eq!(unsafe { *base.add(6) }, i as u64);
            stack.pop(base);
        }
        assert_eq!(stack.current, 0);
    }

    #[test]
    fn a_window_larger_than_a_chunk() {
        let mut stack = Stack::new(SMALL);
        let small = stack.push(10);
        let large = stack.push(500_000);
        // SAFETY: the window has 500,000 words.
        unsafe { *large.add(499_999) = 1 };
        stack.pop(large);
        let again = stack.push(300);
        stack.pop(again);
        stack.pop(small);
    }
}
