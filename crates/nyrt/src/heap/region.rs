//! Address space of one isolate's heap, handed in from outside.
//!
//! A reference is the offset of a cell from the base of the region. The width and the shift of references
//! are the constants of this file and of nothing else. It does not know who provides the memory
//! (`crates/host` maps it; [`AllocRegion`] takes it from the allocator, for tests and wasm32).

use core::alloc::Layout;

/// Log2 of what a reference counts in: references are byte offsets.
pub const REF_SHIFT: u32 = 0;
/// Most bytes that references of this width can address.
pub const REGION_MAX: u64 = 1 << (32 + REF_SHIFT);
/// Bytes at the start of the region that nobody may touch: the reference 0 is no object.
pub const GUARD: u32 = 4096;
/// Offset of the allocator state which compiled code reads ([`super::alloc`]).
pub const STATE: u32 = GUARD;
/// Log2 of the size of a heap page.
pub const PAGE_SHIFT: u32 = 16;
/// Bytes of a heap page. The first page holds guard and state, cells begin at the second.
pub const PAGE: u32 = 1 << PAGE_SHIFT;

/// The heap cannot give more memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

/// Reserved address space whose front part is made usable on demand.
///
/// # Safety
/// `base` must stay the same and stay valid for the life of the source, be aligned to at least 16 bytes, and
/// after `commit(end)` answered `true` the bytes `GUARD..end` must be readable and writable by the heap alone.
pub unsafe trait RegionSource {
    /// Where offset 0 is.
    fn base(&self) -> *mut u8;
    /// Reserved bytes, at most [`REGION_MAX`].
    fn reserved(&self) -> u64;
    /// Makes everything below `end` usable except the guard; `false` when the system refuses.
    fn commit(&mut self, end: u64) -> bool;
}

/// A region taken from the global allocator: everything is committed at once.
pub struct AllocRegion {
    base: *mut u8,
    layout: Layout,
}

impl AllocRegion {
    /// Takes `bytes` (rounded up to whole pages, at least two).
    pub fn new(bytes: usize) -> Result<AllocRegion, OutOfMemory> {
        let page = PAGE as usize;
        let size = bytes.max(2 * page).checked_next_multiple_of(page).ok_or(OutOfMemory)?;
        let layout = Layout::from_size_align(size, 16).map_err(|_| OutOfMemory)?;
        // SAFETY: the layout has a size of at least two pages, so it is not zero.
        let base = unsafe { alloc::alloc::alloc_zeroed(layout) };
        if base.is_null() { Err(OutOfMemory) } else { Ok(AllocRegion { base, layout }) }
    }
}

impl Drop for AllocRegion {
    fn drop(&mut self) {
        // SAFETY: `base` came from the same allocator with the same layout and is freed only here.
        unsafe { alloc::alloc::dealloc(self.base, self.layout) }
    }
}

// SAFETY: the allocation lives as long as `self`, is 16-byte aligned and usable from its first byte on.
unsafe impl RegionSource for AllocRegion {
    fn base(&self) -> *mut u8 {
        self.base
    }
    fn reserved(&self) -> u64 {
        self.layout.size() as u64
    }
    fn commit(&mut self, end: u64) -> bool {
        end <= self.reserved()
    }
}
