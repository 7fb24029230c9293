//! Cells from size-classed free lists, larger ones from runs of pages.
//!
//! The heads of the free lists and the allocation countdown lie in the region at fixed offsets, because compiled
//! code allocates inline. A list that runs empty is refilled by carving cells off the class's current page. It
//! does not know what cells are for.

use super::Heap;
use super::cell::{COUNT_ONE, FREE_WORD, HEADER, STORAGE_WORD};
use super::pages::{LARGE, TAIL};
use super::region::{OutOfMemory, PAGE, PAGE_SHIFT, REGION_MAX, STATE};
use crate::value::Ref;

/// Number of size classes; class 0 is not used.
pub const CLASSES: usize = 46;
/// Largest cell of a size class; larger ones take whole pages.
pub const SMALL_MAX: u32 = 32768;
/// Bytes carved at once when a free list is empty.
const CARVE: u32 = 2048;

/// Offset of the heads of the free lists, one u32 per class.
pub const FREE_HEADS: u32 = STATE;
/// Offset of the next uncarved cell of each class's page.
pub const BUMPS: u32 = FREE_HEADS + 4 * CLASSES as u32;
/// Offset of the end of each class's page.
pub const BUMP_ENDS: u32 = BUMPS + 4 * CLASSES as u32;
/// Offset of the u32 that counts down to the next allocation which has to look up (fault injection).
pub const COUNTDOWN: u32 = BUMP_ENDS + 4 * CLASSES as u32;

/// Cell sizes by class: steps of 8 to 128, four per doubling to 8 KiB, then what divides a page well.
pub const SIZES: [u32; CLASSES] = sizes();

const fn sizes() -> [u32; CLASSES] {
    let mut t = [0; CLASSES];
    let mut i = 1;
    while i <= 16 {
        t[i] = 8 * i as u32;
        i += 1;
    }
    while i <= 40 {
        let k = i as u32 - 17;
        t[i] = (5 + k % 4) << (5 + k / 4);
        i += 1;
    }
    t[41] = 10920;
    t[42] = 13104;
    t[43] = 16384;
    t[44] = 21840;
    t[45] = 32768;
    t
}

/// The class of a cell of `size` bytes, `1..=SMALL_MAX`.
#[inline(always)]
pub const fn size_class(size: u32) -> usize {
    if size <= 128 {
        size.div_ceil(8) as usize
    } else if size <= 8192 {
        let n = size - 1;
        let e = 31 - n.leading_zeros();
        (17 + (e - 7) * 4 + ((n >> (e - 2)) & 3)) as usize
    } else if size <= 10920 {
        41
    } else if size <= 13104 {
        42
    } else if size <= 16384 {
        43
    } else if size <= 21840 {
        44
    } else {
        45
    }
}

impl Heap {
    /// A cell of `size` bytes with count 1 and the class word; the rest of it is undefined.
    #[inline(always)]
    pub(crate) fn alloc(&mut self, size: u64, class_word: u32) -> Result<Ref, OutOfMemory> {
        if size > SMALL_MAX as u64 {
            return self.alloc_large(size, class_word);
        }
        self.alloc_small(size_class(size as u32), class_word)
    }

    /// [`Heap::alloc`] when the size class is known.
    #[inline(always)]
    pub(crate) fn alloc_small(&mut self, size_class: usize, class_word: u32) -> Result<Ref, OutOfMemory> {
        let head = FREE_HEADS + 4 * size_class as u32;
        let left = self.mem.get::<u32>(COUNTDOWN);
        self.mem.set::<u32>(COUNTDOWN, left.wrapping_sub(1));
        let cell = self.mem.get::<u32>(head);
        if cell == 0 || left == 0 {
            return self.alloc_slow(size_class, class_word, left == 0);
        }
        self.mem.set::<u32>(head, self.mem.get::<u32>(cell));
        self.mem.set::<u64>(cell, COUNT_ONE as u64 | (class_word as u64) << 32);
        Ok(Ref(cell))
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self, class: usize, class_word: u32, event: bool) -> Result<Ref, OutOfMemory> {
        if event {
            self.countdown_event()?;
        }
        let head = FREE_HEADS + 4 * class as u32;
        if self.mem.get::<u32>(head) == 0 {
            self.refill(class)?;
        }
        let cell = self.mem.get::<u32>(head);
        self.mem.set::<u32>(head, self.mem.get::<u32>(cell));
        self.mem.set::<u32>(cell, COUNT_ONE);
        self.mem.set::<u32>(cell + 4, class_word);
        Ok(Ref(cell))
    }

    /// Carves cells off the class's page into its free list, in ascending order.
    fn refill(&mut self, class: usize) -> Result<(), OutOfMemory> {
        if self.collects_always() {
            self.collect_silent();
        }
        let at = 4 * class as u32;
        let size = SIZES[class];
        let mut from = self.mem.get::<u32>(BUMPS + at);
        let mut end = self.mem.get::<u32>(BUMP_ENDS + at);
        if from == end {
            let page = self.take_pages(1)?;
            self.pages.set_small(page, class);
            from = page << PAGE_SHIFT;
            end = from + PAGE / size * size;
        }
        let upto = from + (CARVE / size).max(1).min((end - from) / size) * size;
        let mut cell = upto;
        let mut next = self.mem.get::<u32>(FREE_HEADS + at);
        while cell > from {
            cell -= size;
            self.mem.set::<u32>(cell, next);
            self.mem.set::<u32>(cell + 4, FREE_WORD);
            next = cell;
        }
        self.mem.set::<u32>(FREE_HEADS + at, next);
        self.mem.set::<u32>(BUMPS + at, upto);
        self.mem.set::<u32>(BUMP_ENDS + at, end);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn alloc_large(&mut self, size: u64, class_word: u32) -> Result<Ref, OutOfMemory> {
        let left = self.mem.get::<u32>(COUNTDOWN);
        self.mem.set::<u32>(COUNTDOWN, left.wrapping_sub(1));
        if left == 0 {
            self.countdown_event()?;
        }
        if size >= REGION_MAX - 2 * PAGE as u64 {
            return Err(OutOfMemory);
        }
        let n = size.div_ceil(PAGE as u64) as u32;
        let page = self.take_pages(n)?;
        self.pages.set_large(page, n);
        let cell = page << PAGE_SHIFT;
        self.mem.set::<u32>(cell, COUNT_ONE);
        self.mem.set::<u32>(cell + 4, class_word);
        Ok(Ref(cell))
    }

    /// Uncounted storage with room for `bytes` after its header; it has one owner.
    #[inline]
    pub(crate) fn alloc_storage(&mut self, bytes: u64) -> Result<Ref, OutOfMemory> {
        self.alloc(HEADER as u64 + bytes, STORAGE_WORD)
    }

    /// Bytes of a cell including its header, as the allocator rounded it.
    pub(crate) fn cell_size(&self, r: Ref) -> u64 {
        let page = r.0 >> PAGE_SHIFT;
        match self.pages.tag(page) {
            LARGE => self.pages.run(page) as u64 * PAGE as u64,
            class => SIZES[class as usize] as u64,
        }
    }

    /// Bytes a cell of `size` bytes will really have.
    pub(crate) fn rounded(size: u64) -> u64 {
        if size <= SMALL_MAX as u64 {
            SIZES[size_class(size as u32)] as u64
        } else {
            size.next_multiple_of(PAGE as u64)
        }
    }

    /// Makes a large cell longer where it stands, if the pages behind it are free.
    pub(crate) fn extend(&mut self, r: Ref, size: u64) -> bool {
        let page = r.0 >> PAGE_SHIFT;
        if self.pages.tag(page) != LARGE {
            return false;
        }
        let have = self.pages.run(page);
        let want = size.div_ceil(PAGE as u64);
        if want <= have as u64 {
            return true;
        }
        let more = want - have as u64;
        if more > u32::MAX as u64 || !self.take_pages_at(page + have, more as u32) {
            return false;
        }
        self.pages.set_large(page, want as u32);
        true
    }

    /// Gives a cell back. Nothing may refer to it any more.
    #[inline]
    pub(crate) fn free(&mut self, r: Ref) {
        let page = r.0 >> PAGE_SHIFT;
        let class = self.pages.tag(page);
        if self.audit_mode {
            self.poison(r);
        }
        if class == LARGE {
            return self.free_large(page);
        }
        debug_assert!(class != TAIL && self.class_word(r) != FREE_WORD, "freed twice: {:#x}", r.0);
        let head = FREE_HEADS + 4 * class as u32;
        self.mem.set::<u32>(r.0, self.mem.get::<u32>(head));
        self.mem.set::<u32>(r.0 + 4, FREE_WORD);
        self.mem.set::<u32>(head, r.0);
    }

    #[cold]
    #[inline(never)]
    fn free_large(&mut self, page: u32) {
        let n = self.pages.run(page);
        self.pages.put_run(page, n);
    }

    #[cold]
    fn poison(&mut self, r: Ref) {
        let size = self.cell_size(r).min(SMALL_MAX as u64) as u32;
        self.mem.fill(r.0 + HEADER, size - HEADER, 0xDD);
    }

    #[cold]
    fn countdown_event(&mut self) -> Result<(), OutOfMemory> {
        let fail = self.alloc_fail == Some(self.allocations());
        self.counted += self.countdown_from as u64 + 1;
        self.arm_countdown();
        if fail { Err(OutOfMemory) } else { Ok(()) }
    }

    /// Sets the countdown to the next event.
    pub(crate) fn arm_countdown(&mut self) {
        let far = 1 << 30;
        self.countdown_from = match self.alloc_fail {
            Some(n) if n > self.counted => (n - self.counted - 1).min(far) as u32,
            _ => far as u32,
        };
        self.mem.set::<u32>(COUNTDOWN, self.countdown_from);
    }

    /// Allocations since the start.
    pub fn allocations(&self) -> u64 {
        self.counted + self.countdown_from.wrapping_sub(self.mem.get::<u32>(COUNTDOWN)) as u64
    }

    /// Lets the `n`-th allocation from now on fail (1 = the next one); `None` switches it off.
    pub fn fail_allocation(&mut self, n: Option<u64>) {
        self.counted = self.allocations();
        self.alloc_fail = n.map(|n| self.counted + n);
        self.arm_countdown();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_their_sizes() {
        for size in 1..=SMALL_MAX {
            let class = size_class(size);
            assert!(SIZES[class] >= size, "{size} in {class}");
            assert!(class == 1 || SIZES[class - 1] < size, "{size} fits below {class}");
        }
    }

    #[test]
    fn no_class_wastes_an_eighth_of_a_page() {
        for size in &SIZES[1..] {
            assert!(PAGE % size <= PAGE / 8);
            assert!(size.is_multiple_of(8));
        }
    }
}
