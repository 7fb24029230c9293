//! Growable byte storage behind BufferBox: a counted cell that several boxes can share. It is not a value of
//! the program.

use super::Heap;
use super::cell::{HEADER, class_word};
use super::region::OutOfMemory;
use crate::value::{ClassId, Kind, Ref, Value};

/// Class of byte storages; programs never see one.
pub const BYTES: ClassId = ClassId(40);

const LEN: u32 = HEADER;
const CAP: u32 = HEADER + 4;
const DATA: u32 = HEADER + 8;

impl Heap {
    /// An empty byte storage.
    pub fn bytes_new(&mut self) -> Result<Value, OutOfMemory> {
        let r = self.alloc(HEADER as u64 + 16, class_word(BYTES, Kind::Cell))?;
        self.mem.fill(r.0 + HEADER, 16, 0);
        Ok(Value::reference(BYTES, Kind::Cell, r))
    }
    /// Number of bytes.
    pub fn bytes_len(&self, b: Ref) -> u32 {
        self.mem.get::<u32>(b.0 + LEN)
    }
    /// The bytes.
    pub fn bytes(&self, b: Ref) -> &[u8] {
        match self.bytes_len(b) {
            0 => &[],
            len => self.mem.bytes(self.mem.get::<u32>(b.0 + DATA) + HEADER, len),
        }
    }
    /// The bytes, to be changed.
    pub fn bytes_mut(&mut self, b: Ref) -> &mut [u8] {
        match self.bytes_len(b) {
            0 => &mut [],
            len => {
                let at = self.mem.get::<u32>(b.0 + DATA) + HEADER;
                self.mem.bytes_mut(at, len)
            }
        }
    }
    /// Appends bytes.
    pub fn bytes_append(&mut self, b: Ref, more: &[u8]) -> Result<(), OutOfMemory> {
        let len = self.bytes_len(b);
        self.bytes_resize(b, len as u64 + more.len() as u64)?;
        let at = len as usize;
        self.bytes_mut(b)[at..].copy_from_slice(more);
        Ok(())
    }
    /// Makes room for this many bytes without changing the length.
    pub fn bytes_reserve(&mut self, b: Ref, room: u64) -> Result<(), OutOfMemory> {
        let len = self.bytes_len(b);
        if room <= self.mem.get::<u32>(b.0 + CAP) as u64 {
            return Ok(());
        }
        let old = Ref(self.mem.get::<u32>(b.0 + DATA));
        let data = self.alloc_storage(room.max(len as u64 * 2).max(24))?;
        let cap = (self.cell_size(data) - HEADER as u64).min(u32::MAX as u64);
        if !old.is_none() {
            self.mem.copy(old.0 + HEADER, data.0 + HEADER, len);
            self.free(old);
        }
        self.mem.set::<u32>(b.0 + DATA, data.0);
        self.mem.set::<u32>(b.0 + CAP, cap as u32);
        Ok(())
    }
    /// Makes it this long; new bytes are 0.
    pub fn bytes_resize(&mut self, b: Ref, new: u64) -> Result<(), OutOfMemory> {
        let len = self.bytes_len(b);
        self.bytes_reserve(b, new)?;
        let new = new as u32;
        if new > len {
            self.mem.fill(self.mem.get::<u32>(b.0 + DATA) + HEADER + len, new - len, 0);
        }
        self.mem.set::<u32>(b.0 + LEN, new);
        Ok(())
    }
    /// Removes bytes from the front; at most all.
    pub fn bytes_remove_front(&mut self, b: Ref, n: u32) {
        let n = n.min(self.bytes_len(b));
        let data = self.bytes_mut(b);
        data.copy_within(n as usize.., 0);
        let left = data.len() as u32 - n;
        self.mem.set::<u32>(b.0 + LEN, left);
    }
    /// The storage cell behind it, handed out when it dies.
    pub(crate) fn bytes_data(&self, b: Ref) -> Ref {
        Ref(self.mem.get::<u32>(b.0 + DATA))
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_heap;

    #[test]
    fn grow_and_shrink() {
        let mut h = test_heap();
        let b = h.bytes_new().unwrap().as_ref();
        assert_eq!(h.bytes(b), b"");
        for _ in 0..1000 {
            h.bytes_append(b, b"abc").unwrap();
        }
        assert_eq!(h.bytes_len(b), 3000);
        h.bytes_remove_front(b, 2998);
        assert_eq!(h.bytes(b), b"bc");
        h.bytes_resize(b, 4).unwrap();
        assert_eq!(h.bytes(b), b"bc\0\0");
        h.bytes_remove_front(b, 99);
        assert_eq!(h.bytes(b), b"");
        h.release_ref(b);
        assert_eq!(h.live_objects(), 0);
    }
}
