//! What cannot become a String is refused before its text is built outside of the heap.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use host::{Console, Reservation};
use nyrt::heap::HeapConfig;
use nyrt::ops;
use nyrt::rt::Rt;
use nyrt::value::Value;

/// The allocator of the system, which remembers the largest block that was asked for.
struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator with the arguments that came, and its answer goes back.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from the system's allocator, with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

#[test]
fn a_text_that_cannot_be_is_not_built() {
    let region = Reservation::full().expect("address space");
    let mut rt = Rt::new(Box::new(region), HeapConfig::default(), Box::new(Console::new())).expect("a heap");
    let x = rt.heap.str_new("xy").expect("room");
    // One byte more than a String holds, as long as the whole region, and longer than anything.
    for count in [(1 << 30) + 1, 1 << 31, i64::MAX] {
        assert!(ops::arith::mul(&mut rt, x, Value::int(count)).is_err(), "{count}");
        let thrown = rt.take_thrown();
        rt.heap.release(thrown);
    }
    assert!(LARGEST.load(Ordering::Relaxed) < 100 << 20);
    rt.heap.release(x);
    assert_eq!(rt.heap.live_objects(), 0);
}
