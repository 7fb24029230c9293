//! The hash table inside a map: entries in insertion order with tombstones, and an index of entry numbers once
//! there are more than a few. It does not count references; `map` does.

use super::Heap;
use super::cell::HEADER;
use super::hash;
use super::region::OutOfMemory;
use crate::value::{Kind, Ref, Value};

/// Offset of the number of live entries.
pub(super) const MAP_LIVE: u32 = HEADER;
/// Offset of the number of entries with tombstones.
pub const MAP_USED: u32 = HEADER + 4;
/// Offset of the number of entries for which there is room.
pub const MAP_CAP: u32 = HEADER + 8;
/// Offset of the reference to the entries.
pub const MAP_ENTRIES: u32 = HEADER + 12;
/// Offset of the reference to the index, 0 for small maps.
pub const MAP_INDEX: u32 = HEADER + 16;
/// Offset of the log2 of the number of index places.
pub const MAP_BITS: u32 = HEADER + 20;
pub(super) const MAP_SIZE: u64 = HEADER as u64 + 24;

/// Bytes of an entry: key, value, hash, whether it lives.
pub(super) const ENTRY: u32 = 40;
pub(super) const ENTRY_VALUE: u32 = 16;
const ENTRY_HASH: u32 = 32;
const ENTRY_LIVE: u32 = 36;
/// Maps up to this many entries are searched without an index.
const SMALL: u32 = 8;
/// Most entries.
const ENTRIES_MAX: u64 = 1 << 26;

/// Address of an entry of a storage.
#[inline(always)]
pub(super) fn entry(storage: Ref, i: u32) -> u32 {
    storage.0 + HEADER + i * ENTRY
}

impl Heap {
    /// The hash under which maps find a key.
    #[inline]
    fn key_hash(&self, key: Value) -> u32 {
        match key.as_str() {
            Some(s) => self.str_hash(s),
            None => hash::word(key.kind() as u8, key.payload()),
        }
    }

    #[inline(always)]
    pub(super) fn entry_live(&self, at: u32) -> bool {
        self.mem.get::<u32>(at + ENTRY_LIVE) != 0
    }

    #[inline(always)]
    pub(super) fn map_storage(&self, m: Ref) -> Ref {
        Ref(self.mem.get::<u32>(m.0 + MAP_ENTRIES))
    }

    #[inline(always)]
    pub(super) fn map_used(&self, m: Ref) -> u32 {
        self.mem.get::<u32>(m.0 + MAP_USED)
    }

    /// The number of the entry with this key.
    #[inline]
    pub(super) fn map_find(&self, m: Ref, key: Value) -> Option<u32> {
        match key.tag() {
            Value::TAG_STR => self.map_find_text(m, key.as_ref()),
            Value::TAG_I64 => self.map_find_int(m, key.payload()),
            _ => self.map_find_word(m, key),
        }
    }

    #[inline(never)]
    fn map_find_int(&self, m: Ref, n: u64) -> Option<u32> {
        let is = |at: u32| self.mem.get::<u64>(at + 8) == n && self.mem.get::<u64>(at) == Value::TAG_I64;
        self.map_probe(m, || hash::word(Kind::I64 as u8, n), is)
    }

    /// A key that is equal to nothing but itself. The key of a tombstone is `void`, which is no key.
    #[inline(never)]
    fn map_find_word(&self, m: Ref, key: Value) -> Option<u32> {
        let is = |at: u32| self.mem.value(at) == key;
        self.map_probe(m, || hash::word(key.kind() as u8, key.payload()), is)
    }

    #[inline(never)]
    fn map_find_text(&self, m: Ref, text: Ref) -> Option<u32> {
        let hash = self.str_hash(text);
        let is = |at: u32| {
            let key = self.mem.value(at);
            key.tag() == Value::TAG_STR
                && (key.as_ref() == text
                    || self.mem.get::<u32>(at + ENTRY_HASH) == hash && self.str_same(key.as_ref(), text))
        };
        self.map_probe(m, || hash, is)
    }

    /// Looks at the entries where a key of this hash can be.
    #[inline(always)]
    fn map_probe(&self, m: Ref, hash: impl Fn() -> u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        let storage = self.map_storage(m);
        let index = self.mem.get::<u32>(m.0 + MAP_INDEX);
        if index == 0 {
            return (0..self.map_used(m)).find(|&i| is(entry(storage, i)));
        }
        let mask = (1u32 << self.mem.get::<u32>(m.0 + MAP_BITS)) - 1;
        let mut place = hash() & mask;
        loop {
            let i = self.mem.get::<u32>(index + HEADER + 4 * place);
            if i == 0 {
                return None;
            }
            if is(entry(storage, i - 1)) {
                return Some(i - 1);
            }
            place = (place + 1) & mask;
        }
    }

    /// Appends an entry for a key that is not there; the values are stored as they are.
    pub(super) fn map_append(&mut self, m: Ref, key: Value, value: Value) -> Result<(), OutOfMemory> {
        let hash = self.key_hash(key);
        if self.map_used(m) == self.mem.get::<u32>(m.0 + MAP_CAP) {
            self.map_rebuild(m)?;
        }
        let i = self.map_used(m);
        let at = entry(self.map_storage(m), i);
        self.mem.set_value(at, key);
        self.mem.set_value(at + ENTRY_VALUE, value);
        self.mem.set::<u32>(at + ENTRY_HASH, hash);
        self.mem.set::<u32>(at + ENTRY_LIVE, 1);
        self.mem.set::<u32>(m.0 + MAP_USED, i + 1);
        self.mem.set::<u32>(m.0 + MAP_LIVE, self.mem.get::<u32>(m.0 + MAP_LIVE) + 1);
        let index = self.mem.get::<u32>(m.0 + MAP_INDEX);
        if index != 0 {
            self.index_insert(index, self.mem.get::<u32>(m.0 + MAP_BITS), hash, i);
        }
        Ok(())
    }

    fn index_insert(&mut self, index: u32, bits: u32, hash: u32, i: u32) {
        let mask = (1u32 << bits) - 1;
        let mut place = hash & mask;
        while self.mem.get::<u32>(index + HEADER + 4 * place) != 0 {
            place = (place + 1) & mask;
        }
        self.mem.set::<u32>(index + HEADER + 4 * place, i + 1);
    }

    /// Leaves the tombstones behind and makes room: twice as much if the map is mostly alive.
    fn map_rebuild(&mut self, m: Ref) -> Result<(), OutOfMemory> {
        let live = self.mem.get::<u32>(m.0 + MAP_LIVE) as u64;
        let want = (live + live / 2).max(live + 4);
        if want > ENTRIES_MAX {
            return Err(OutOfMemory);
        }
        let storage = self.alloc_storage(want * ENTRY as u64)?;
        let cap = (self.cell_size(storage) - HEADER as u64) / ENTRY as u64;
        let (mut index, mut bits) = (0, 0);
        if cap > SMALL as u64 {
            // At most half of the places are taken.
            bits = (cap * 2).next_power_of_two().trailing_zeros();
            match self.alloc_storage(4 << bits) {
                Ok(r) => index = r.0,
                Err(e) => {
                    self.free(storage);
                    return Err(e);
                }
            }
            self.mem.fill(index + HEADER, 4 << bits, 0);
        }
        let old = self.map_storage(m);
        let mut n = 0;
        for i in 0..self.map_used(m) {
            let from = entry(old, i);
            if self.entry_live(from) {
                self.mem.copy(from, entry(storage, n), ENTRY);
                if index != 0 {
                    self.index_insert(index, bits, self.mem.get::<u32>(from + ENTRY_HASH), n);
                }
                n += 1;
            }
        }
        for r in [old, Ref(self.mem.get::<u32>(m.0 + MAP_INDEX))] {
            if !r.is_none() {
                self.free(r);
            }
        }
        self.mem.set::<u32>(m.0 + MAP_USED, n);
        self.mem.set::<u32>(m.0 + MAP_CAP, cap as u32);
        self.mem.set::<u32>(m.0 + MAP_ENTRIES, storage.0);
        self.mem.set::<u32>(m.0 + MAP_INDEX, index);
        self.mem.set::<u32>(m.0 + MAP_BITS, bits);
        Ok(())
    }

    /// Makes an entry a tombstone; its key and value are the caller's.
    pub(super) fn map_bury(&mut self, m: Ref, i: u32) {
        let at = entry(self.map_storage(m), i);
        self.mem.set_value(at, Value::VOID);
        self.mem.set_value(at + ENTRY_VALUE, Value::VOID);
        self.mem.set::<u32>(at + ENTRY_LIVE, 0);
        self.mem.set::<u32>(m.0 + MAP_LIVE, self.mem.get::<u32>(m.0 + MAP_LIVE) - 1);
        // Without an index nothing else knows the number of the last entry.
        if self.mem.get::<u32>(m.0 + MAP_INDEX) == 0 && i + 1 == self.map_used(m) {
            self.mem.set::<u32>(m.0 + MAP_USED, i);
        }
    }

    /// Makes the map empty and puts its entries on the drop stack.
    pub(crate) fn detach_entries(&mut self, m: Ref) {
        let (storage, used) = (self.map_storage(m), self.map_used(m));
        let index = Ref(self.mem.get::<u32>(m.0 + MAP_INDEX));
        self.mem.fill(m.0 + HEADER, MAP_SIZE as u32 - HEADER, 0);
        if !index.is_none() {
            self.free(index);
        }
        if used > 0 {
            self.drops.push_entries(storage, used);
        } else if !storage.is_none() {
            self.free(storage);
        }
    }
}

/// Whether a value can be a key: integers, booleans, strings by value, other boxes by identity.
#[inline(always)]
pub fn is_key(v: Value) -> bool {
    const NO_KEYS: u32 = 1 << Kind::F64 as u32 | 1 << Kind::Null as u32 | 1 << Kind::Void as u32;
    NO_KEYS >> (v.tag() >> 32) & 1 == 0
}
