//! What a module without imports needs: an allocator, a panic handler and its exports. It does not know the report.

use alloc::string::{String, ToString};
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::{Cell, RefCell};
use core::panic::PanicInfo;
use core::ptr::null_mut;

const WASM_PAGE: usize = 65536;
/// Blocks are powers of two from 16 bytes on; a class is the log2 of the size.
const SMALLEST: u32 = 4;
const CLASSES: usize = 32;

/// Free lists of blocks by power of two over memory that only grows: enough for a program that ends.
struct Blocks {
    /// Address of the first free block of a class, 0 for none. A free block begins with the address of the next.
    free: [Cell<usize>; CLASSES],
    /// Memory from here to `end` has not been handed out.
    fresh: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: a module without shared memory has one thread.
unsafe impl Sync for Blocks {}

impl Blocks {
    /// Memory for a block that is aligned to its size up to a page of WebAssembly.
    fn grow(&self, size: usize) -> Option<usize> {
        let align = size.min(WASM_PAGE);
        let mut at = self.fresh.get().checked_next_multiple_of(align)?;
        if at.checked_add(size)? > self.end.get() {
            let pages = size.div_ceil(WASM_PAGE).max(16);
            let old = wasm32::memory_grow(0, pages);
            if old == usize::MAX {
                return None;
            }
            let start = old * WASM_PAGE;
            // Somebody else has grown the memory, or it is the first time: what was left is lost.
            if start != self.end.get() {
                at = start;
            }
            // The end of the last page can lie at 4 GiB, which no address is: that page stays unused.
            self.end.set((start + (pages - 1) * WASM_PAGE).saturating_add(WASM_PAGE));
            if at.checked_add(size)? > self.end.get() {
                return None;
            }
        }
        self.fresh.set(at + size);
        Some(at)
    }

    fn class(layout: Layout) -> Option<usize> {
        let size = layout.size().max(layout.align()).max(1 << SMALLEST);
        let class = size.checked_next_power_of_two()?.trailing_zeros() as usize;
        (layout.align() <= WASM_PAGE).then_some(class)
    }
}

// SAFETY: a block is at least as large and aligned as asked, and is on a free list or handed out, never both.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = Blocks::class(layout) else { return null_mut() };
        let head = &self.free[class];
        let at = head.get();
        if at == 0 {
            return self.grow(1 << class).map_or(null_mut(), |at| at as *mut u8);
        }
        // SAFETY: a block on a free list is not handed out, aligned to 16 bytes and holds the address of the next.
        head.set(unsafe { *(at as *const usize) });
        at as *mut u8
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = Blocks::class(layout) else { return };
        // SAFETY: the caller gives the block back, it is aligned to 16 bytes and at least as large.
        unsafe { *block.cast::<usize>() = self.free[class].get() };
        self.free[class].set(block as usize);
    }
}

#[global_allocator]
static BLOCKS: Blocks =
    Blocks { free: [const { Cell::new(0) }; CLASSES], fresh: Cell::new(0), end: Cell::new(0) };

/// The report, or what a panic said.
struct Text(RefCell<String>);

// SAFETY: a module without shared memory has one thread.
unsafe impl Sync for Text {}

static TEXT: Text = Text(RefCell::new(String::new()));

fn set_text(text: String) {
    if let Ok(mut place) = TEXT.0.try_borrow_mut() {
        *place = text;
    }
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    set_text(info.to_string());
    wasm32::unreachable()
}

/// Makes the report.
#[unsafe(no_mangle)]
pub extern "C" fn run() {
    set_text(crate::report());
}

/// Where the report is.
#[unsafe(no_mangle)]
pub extern "C" fn text() -> usize {
    TEXT.0.borrow().as_ptr() as usize
}

/// How long it is.
#[unsafe(no_mangle)]
pub extern "C" fn text_len() -> usize {
    TEXT.0.borrow().len()
}
