//! The heap of one isolate: a region, cells with counts, and what the runtime puts into cells.
//!
//! It knows classes only by their layouts ([`layout`]) and makes no errors except [`OutOfMemory`]. Nothing here
//! calls back into Nyash code: a `fini` that has to run waits on the drop stack ([`drop`]).
//!
//! Who owns what: values passed in are borrowed, values returned are owned, unless the documentation says
//! otherwise. A failing function has consumed and changed nothing.

pub mod alloc;
pub mod array;
pub mod audit;
pub mod bytes;
pub mod cell;
pub mod count;
pub mod cycle;
pub mod drop;
pub mod func;
pub mod hash;
pub mod layout;
pub mod map;
mod map_table;
mod mem;
pub mod object;
mod pages;
pub mod region;
pub mod string;
pub mod typed;
mod utf8;
pub mod weak;

use ::alloc::boxed::Box;
use ::alloc::vec::Vec;

pub use array::Elem;
pub use drop::{DropStack, DropStep};
pub use layout::{Field, FieldSpec, Layout, LayoutSpec, LayoutTable, SlotType};
pub use region::{AllocRegion, OutOfMemory, RegionSource};
pub use typed::Shape;

use crate::value::{ClassId, Kind};

/// How a heap behaves.
#[derive(Clone, Copy, Debug)]
pub struct HeapConfig {
    /// Most bytes the heap may use (`--max-heap`).
    pub max_bytes: u64,
    /// Poison freed cells (`NYASH_AUDIT=1`); [`Heap::audit`] works in either case.
    pub audit: bool,
    /// The cycle collector is due at every new candidate, and frees what it can when cells run out.
    pub cycle_always: bool,
    /// The n-th allocation fails.
    pub alloc_fail: Option<u64>,
}

impl Default for HeapConfig {
    fn default() -> HeapConfig {
        HeapConfig { max_bytes: region::REGION_MAX, audit: false, cycle_always: false, alloc_fail: None }
    }
}

/// Sizes for `--stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapStats {
    /// Allocations since the start.
    pub allocations: u64,
    /// Bytes of pages in use.
    pub bytes: u64,
    /// Most bytes of pages that were in use at once.
    pub peak_bytes: u64,
    /// The limit.
    pub max_bytes: u64,
}

/// The heap of one isolate.
pub struct Heap {
    pub(crate) mem: mem::Memory,
    pub(crate) source: Box<dyn RegionSource>,
    pub(crate) pages: pages::Pages,
    /// Layouts of all classes.
    pub layouts: LayoutTable,
    pub(crate) strings: string::Strings,
    pub(crate) weak: weak::WeakTable,
    pub(crate) drops: DropStack,
    pub(crate) cycles: cycle::Cycles,
    pub(crate) dead_natives: Vec<(ClassId, u32)>,
    pub(crate) serial: u64,
    /// The last value that came to a field that cannot hold it, for the audit.
    pub(crate) misfit: Option<(SlotType, Kind)>,
    pub(crate) audit_mode: bool,
    pub(crate) alloc_fail: Option<u64>,
    pub(crate) counted: u64,
    pub(crate) countdown_from: u32,
}

impl Heap {
    /// A heap over a region. Fails when not even the first pages can be had.
    pub fn new(mut source: Box<dyn RegionSource>, config: HeapConfig) -> Result<Heap, OutOfMemory> {
        let page = region::PAGE as u64;
        let reserved = source.reserved().min(region::REGION_MAX);
        if reserved < 2 * page || !source.commit(page) {
            return Err(OutOfMemory);
        }
        let mut mem = mem::Memory::new(source.base());
        mem.set_end(page);
        mem.fill(region::STATE, region::PAGE - region::STATE, 0);
        let pages =
            pages::Pages::new((reserved / page) as u32, (config.max_bytes.min(reserved) / page) as u32);
        let mut heap = Heap {
            mem,
            source,
            pages,
            layouts: LayoutTable::new(),
            strings: string::Strings::default(),
            weak: weak::WeakTable::default(),
            drops: DropStack::default(),
            cycles: cycle::Cycles::new(config.cycle_always),
            dead_natives: Vec::new(),
            serial: 0,
            misfit: None,
            audit_mode: config.audit,
            alloc_fail: None,
            counted: 0,
            countdown_from: 0,
        };
        heap.arm_countdown();
        heap.make_immortal_strings()?;
        heap.fail_allocation(config.alloc_fail);
        Ok(heap)
    }

    /// Where offset 0 is; compiled code adds references to it.
    pub fn base(&self) -> *mut u8 {
        self.mem.base()
    }

    /// The next native thing whose object has died: its class and its index in the class's side table.
    pub fn take_dead_native(&mut self) -> Option<(ClassId, u32)> {
        self.dead_natives.pop()
    }

    /// Changes the limit of `--max-heap`.
    pub fn set_max_bytes(&mut self, bytes: u64) {
        self.pages.set_limit((bytes / region::PAGE as u64).min(u32::MAX as u64) as u32);
    }

    /// Sizes.
    pub fn stats(&self) -> HeapStats {
        let page = region::PAGE as u64;
        HeapStats {
            allocations: self.allocations(),
            bytes: self.pages.in_use() as u64 * page,
            peak_bytes: self.pages.peak() as u64 * page,
            max_bytes: self.pages.limit() as u64 * page,
        }
    }
}

#[cfg(test)]
pub(crate) fn test_heap() -> Heap {
    let region = AllocRegion::new(64 << 20).expect("memory for a test");
    Heap::new(Box::new(region), HeapConfig { audit: true, ..HeapConfig::default() })
        .expect("a heap for a test")
}
