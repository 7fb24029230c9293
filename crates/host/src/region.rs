//! The heap region as one mapping: address space is reserved at once, memory comes when it is first used.
//!
//! Systems that overcommit get the whole range mapped writable; where that is refused the range is reserved
//! without access and made accessible in chunks. The first page and the page behind the end are never
//! accessible, so a stray access of compiled code faults instead of hitting foreign memory.

use std::io;

use memmap2::{MmapMut, MmapOptions};
use nyrt::heap::RegionSource;
use nyrt::heap::region::{GUARD, PAGE, REGION_MAX};

/// Smallest region that is worth trying.
const MIN: u64 = 16 << 20;

enum Mapping {
    /// Everything is writable.
    Whole(MmapMut),
    /// Accessible below `committed` only.
    #[cfg(unix)]
    Chunks { base: *mut u8, len: usize, committed: u64 },
}

/// A reserved region.
pub struct Reservation {
    mapping: Mapping,
    reserved: u64,
}

impl Reservation {
    /// Reserves address space for a heap of at most `bytes`. When the system has limits on address space the
    /// region is smaller.
    pub fn new(bytes: u64) -> io::Result<Reservation> {
        let mut reserved = bytes.clamp(MIN, REGION_MAX).next_multiple_of(PAGE as u64);
        loop {
            match Reservation::exactly(reserved) {
                Ok(r) => return Ok(r),
                Err(e) if reserved / 2 < MIN => return Err(e),
                Err(_) => reserved = (reserved / 2).next_multiple_of(PAGE as u64),
            }
        }
    }

    /// The whole range that references can address.
    pub fn full() -> io::Result<Reservation> {
        Reservation::new(REGION_MAX)
    }

    fn exactly(reserved: u64) -> io::Result<Reservation> {
        // One page more than the heap uses: the guard behind its end.
        let len = usize::try_from(reserved + PAGE as u64).map_err(|_| io::ErrorKind::OutOfMemory)?;
        match MmapOptions::new().len(len).no_reserve_swap().map_anon() {
            Ok(mut map) => {
                guard(&mut map, reserved)?;
                Ok(Reservation { mapping: Mapping::Whole(map), reserved })
            }
            Err(e) => Reservation::without_access(len, reserved).map_err(|_| e),
        }
    }

    #[cfg(unix)]
    fn without_access(len: usize, reserved: u64) -> io::Result<Reservation> {
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
        // SAFETY: a new private mapping at an address the system chooses touches no existing memory.
        let base = unsafe {
            mmap_anonymous(
                core::ptr::null_mut(),
                len,
                ProtFlags::empty(),
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )
        }?;
        Ok(Reservation { mapping: Mapping::Chunks { base: base.cast(), len, committed: 0 }, reserved })
    }

    #[cfg(not(unix))]
    fn without_access(_len: usize, _reserved: u64) -> io::Result<Reservation> {
        Err(io::ErrorKind::OutOfMemory.into())
    }
}

/// Takes the access from the first page and from what lies behind the region.
#[cfg(unix)]
fn guard(map: &mut MmapMut, reserved: u64) -> io::Result<()> {
    use rustix::mm::{MprotectFlags, mprotect};
    let base = map.as_mut_ptr();
    for (at, len) in [(0, GUARD as usize), (reserved as usize, PAGE as usize)] {
        // SAFETY: both ranges lie inside the mapping, which is `reserved + PAGE` bytes long, and nobody holds a
        // reference into it.
        unsafe { mprotect(base.wrapping_add(at).cast(), len, MprotectFlags::empty()) }?;
    }
    Ok(())
}

/// Without a way to protect a part of a mapping there are no guards.
#[cfg(not(unix))]
fn guard(_map: &mut MmapMut, _reserved: u64) -> io::Result<()> {
    Ok(())
}

// SAFETY: the mapping stays where it is until `self` is dropped and is page aligned; it is private and nobody
// else gets its address; `commit` answers `true` only when the range is writable.
unsafe impl RegionSource for Reservation {
    fn base(&self) -> *mut u8 {
        match &self.mapping {
            Mapping::Whole(map) => map.as_ptr().cast_mut(),
            #[cfg(unix)]
            Mapping::Chunks { base, .. } => *base,
        }
    }

    fn reserved(&self) -> u64 {
        self.reserved
    }

    fn commit(&mut self, end: u64) -> bool {
        if end > self.reserved {
            return false;
        }
        match &mut self.mapping {
            Mapping::Whole(_) => true,
            #[cfg(unix)]
            Mapping::Chunks { base, committed, .. } => {
                use rustix::mm::{MprotectFlags, mprotect};
                let from = (*committed).max(GUARD as u64);
                if end <= from {
                    return true;
                }
                let flags = MprotectFlags::READ | MprotectFlags::WRITE;
                let at = base.wrapping_add(from as usize).cast();
                // SAFETY: the range lies inside the reserved mapping and was not accessible before, so nobody
                // relies on its protection.
                let ok = unsafe { mprotect(at, (end - from) as usize, flags) }.is_ok();
                if ok {
                    *committed = end;
                }
                ok
            }
        }
    }
}

#[cfg(unix)]
impl Drop for Reservation {
    fn drop(&mut self) {
        if let Mapping::Chunks { base, len, .. } = self.mapping {
            // SAFETY: the mapping was made by `without_access` with this length and is unmapped only here. An
            // error would mean that the range is not mapped; there is nothing to do about it.
            let _ = unsafe { rustix::mm::munmap(base.cast(), len) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nyrt::heap::{Heap, HeapConfig};

    fn fill(region: Reservation, max_bytes: u64) -> usize {
        let config = HeapConfig { max_bytes, ..HeapConfig::default() };
        let mut heap = Heap::new(Box::new(region), config).unwrap();
        let array = heap.arr_new().unwrap();
        let mut n = 0;
        while let Ok(inner) = heap.arr_new() {
            if heap.arr_push(array.as_ref(), inner).is_err() {
                heap.release(inner);
                break;
            }
            heap.release(inner);
            n += 1;
        }
        heap.release(array);
        assert_eq!(heap.live_objects(), 0);
        n
    }

    #[test]
    fn a_mapped_region_holds_a_heap() {
        let n = fill(Reservation::full().unwrap(), 32 << 20);
        assert!(n > 500_000, "{n}");
    }

    #[cfg(unix)]
    #[test]
    fn a_region_committed_in_chunks_holds_the_same_heap() {
        let reserved = 64 << 20;
        let region = Reservation::without_access(reserved + PAGE as usize, reserved as u64).unwrap();
        assert_eq!(fill(region, 32 << 20), fill(Reservation::full().unwrap(), 32 << 20));
    }

    #[test]
    fn the_whole_region_can_be_addressed() {
        let mut heap = Heap::new(Box::new(Reservation::full().unwrap()), HeapConfig::default()).unwrap();
        // Reserved, not touched: only the headers of these cells are written.
        let mut kept = Vec::new();
        loop {
            let s = heap.bytes_new().unwrap();
            kept.push(s);
            if heap.bytes_reserve(s.as_ref(), 1 << 29).is_err() {
                break;
            }
        }
        assert_eq!(kept.len(), 8);
        for v in kept {
            heap.release(v);
        }
        assert_eq!(heap.live_objects(), 0);
    }
}
