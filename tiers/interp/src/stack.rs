//! The register stack of a task: windows of values on the heap of the host, in chunks that never move.
//! It does not know what the values are and counts no references.

use std::ptr::NonNull;

use nyrt::value::Value;

/// Values in the first chunk of a task; every further one doubles the size up to [`LARGEST`].
const FIRST: usize = 64;
const LARGEST: usize = 64 * 1024;

/// One allocation.
struct Chunk {
    values: NonNull<Value>,
    len: usize,
    /// Where the chunk's free part began when the next chunk was started.
    left_at: *mut Value,
}

/// A stack of register windows. All of its memory is initialised from the start, so reading a register
/// that no instruction has written gives some old value, never undefined bytes.
pub(crate) struct Stack {
    chunks: Vec<Chunk>,
    /// Index of the chunk that holds the newest window.
    current: usize,
    top: *mut Value,
    end: *mut Value,
    /// Values that may still be allocated.
    budget: usize,
}

impl Stack {
    /// A stack for at most about `budget` values; nothing is allocated yet.
    pub(crate) fn new(budget: usize) -> Stack {
        let nowhere = NonNull::dangling().as_ptr();
        Stack { chunks: Vec::new(), current: 0, top: nowhere, end: nowhere, budget }
    }

    /// A window of `n` values, `None` when the budget is used up.
    #[inline(always)]
    pub(crate) fn push(&mut self, n: usize) -> Option<*mut Value> {
        let base = self.top;
        if (self.end as usize - base as usize) / size_of::<Value>() < n {
            return self.push_in_next(n);
        }
        // SAFETY: at least `n` values lie between `top` and `end`, which are in (or one past) one chunk.
        self.top = unsafe { base.add(n) };
        Some(base)
    }

    #[cold]
    #[inline(never)]
    fn push_in_next(&mut self, n: usize) -> Option<*mut Value> {
        let next = if self.chunks.is_empty() { 0 } else { self.current + 1 };
        if self.chunks.get(next).is_some_and(|c| c.len < n) {
            for chunk in self.chunks.drain(next..) {
                self.budget += chunk.len;
                chunk.free();
            }
        }
        if next == self.chunks.len() {
            let wanted = self.chunks.last().map_or(FIRST, |c| (c.len * 2).min(LARGEST)).max(n);
            let len = if wanted <= self.budget { wanted } else { n };
            if len > self.budget {
                return None;
            }
            self.budget -= len;
            self.chunks.push(Chunk::new(len));
        }
        if next > 0 {
            self.chunks[self.current].left_at = self.top;
        }
        self.current = next;
        let chunk = &self.chunks[next];
        let base = chunk.values.as_ptr();
        // SAFETY: `n <= chunk.len`, checked above for an old chunk and made so for a new one.
        (self.top, self.end) = unsafe { (base.add(n), base.add(chunk.len)) };
        Some(base)
    }

    /// Gives the newest window back; `base` is what [`Stack::push`] gave for it.
    #[inline(always)]
    pub(crate) fn pop(&mut self, base: *mut Value) {
        self.top = base;
        if self.current > 0 && base == self.chunks[self.current].values.as_ptr() {
            self.pop_chunk();
        }
    }

    #[cold]
    #[inline(never)]
    fn pop_chunk(&mut self) {
        self.current -= 1;
        let chunk = &self.chunks[self.current];
        self.top = chunk.left_at;
        // SAFETY: one past the end of the chunk.
        self.end = unsafe { chunk.values.as_ptr().add(chunk.len) };
    }
}

impl Chunk {
    fn new(len: usize) -> Chunk {
        let values = Box::leak(vec![Value::VOID; len].into_boxed_slice());
        let left_at = values.as_mut_ptr();
        Chunk { values: NonNull::from(values).cast(), len, left_at }
    }

    fn free(self) {
        let slice = std::ptr::slice_from_raw_parts_mut(self.values.as_ptr(), self.len);
        // SAFETY: `new` leaked a boxed slice of this address and length, and a chunk is freed once.
        drop(unsafe { Box::from_raw(slice) });
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for chunk in self.chunks.drain(..) {
            chunk.free();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keep_their_place_across_chunks() {
        let mut stack = Stack::new(1 << 20);
        let mut bases = Vec::new();
        for i in 0..1000i64 {
            let base = stack.push(7).unwrap();
            // SAFETY: the window has seven values.
            unsafe { *base.add(6) = Value::int(i) };
            bases.push(base);
        }
        for (i, base) in bases.into_iter().enumerate().rev() {
            // SAFETY: as above; the window has not been given back.
            assert_eq!(unsafe { *base.add(6) }.as_int(), Some(i as i64));
            stack.pop(base);
        }
        assert_eq!(stack.current, 0);
    }

    #[test]
    fn the_budget_is_a_limit() {
        let mut stack = Stack::new(1000);
        let mut n = 0;
        while stack.push(10).is_some() {
            n += 1;
        }
        assert!((90..=100).contains(&n), "{n}");
        assert!(stack.push(100_000).is_none());
    }

    #[test]
    fn a_window_larger_than_a_chunk() {
        let mut stack = Stack::new(1 << 24);
        let small = stack.push(10).unwrap();
        let large = stack.push(500_000).unwrap();
        // SAFETY: the window has 500,000 values.
        unsafe { *large.add(499_999) = Value::int(1) };
        stack.pop(large);
        let again = stack.push(300).unwrap();
        stack.pop(again);
        stack.pop(small);
    }
}
