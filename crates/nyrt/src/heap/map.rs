//! Maps: insertion order, integers, booleans and strings as keys by value, other boxes by identity.
//! It does not know texts of keys or the methods of MapBox.

use super::Heap;
use super::cell::{HEADER, class_word};
use super::map_table::{ENTRY_VALUE, MAP_LIVE, MAP_SIZE, entry};
use super::region::OutOfMemory;
use crate::value::{Kind, Ref, Value, class_id};

pub use super::map_table::{MAP_BITS, MAP_CAP, MAP_ENTRIES, MAP_INDEX, MAP_USED, is_key};

impl Heap {
    /// An empty map.
    pub fn map_new(&mut self) -> Result<Value, OutOfMemory> {
        let r = self.alloc(MAP_SIZE, class_word(class_id::MAP, Kind::Map))?;
        self.mem.fill(r.0 + HEADER, MAP_SIZE as u32 - HEADER, 0);
        Ok(Value::reference(class_id::MAP, Kind::Map, r))
    }

    /// Number of entries.
    #[inline]
    pub fn map_len(&self, m: Ref) -> u32 {
        self.mem.get::<u32>(m.0 + MAP_LIVE)
    }

    /// The value of a key, owned.
    #[inline]
    pub fn map_get(&self, m: Ref, key: Value) -> Option<Value> {
        Some(self.own(self.map_peek(m, key)?))
    }

    /// The value of a key, borrowed from the map.
    #[inline]
    pub fn map_peek(&self, m: Ref, key: Value) -> Option<Value> {
        let i = self.map_find(m, key)?;
        Some(self.mem.value(entry(self.map_storage(m), i) + ENTRY_VALUE))
    }

    /// Whether a key is there.
    #[inline]
    pub fn map_has(&self, m: Ref, key: Value) -> bool {
        self.map_find(m, key).is_some()
    }

    /// Sets the value of a key (both borrowed; [`is_key`] must hold). Gives the old value, owned, to be
    /// released after the store. A key that is there keeps its place in the order.
    #[inline]
    pub fn map_set(&mut self, m: Ref, key: Value, value: Value) -> Result<Option<Value>, OutOfMemory> {
        debug_assert!(is_key(key));
        if let Some(i) = self.map_find(m, key) {
            let at = entry(self.map_storage(m), i) + ENTRY_VALUE;
            let old = self.mem.value(at);
            self.retain(value);
            self.mem.set_value(at, value);
            return Ok(Some(old));
        }
        self.map_append(m, key, value)?;
        self.retain(key);
        self.retain(value);
        Ok(None)
    }

    /// Takes an entry out: its key and value, owned.
    pub fn map_remove(&mut self, m: Ref, key: Value) -> Option<(Value, Value)> {
        let i = self.map_find(m, key)?;
        let at = entry(self.map_storage(m), i);
        let pair = (self.mem.value(at), self.mem.value(at + ENTRY_VALUE));
        self.map_bury(m, i);
        Some(pair)
    }

    /// The first entry at or behind a position in insertion order: the position behind it, key and value
    /// (borrowed). Start with 0. The map may change between two calls: removed entries are not seen, changed
    /// and appended ones are; only an insertion that makes the table grow can move positions to the front.
    pub fn map_next(&self, m: Ref, mut pos: u32) -> Option<(u32, Value, Value)> {
        let storage = self.map_storage(m);
        while pos < self.map_used(m) {
            let at = entry(storage, pos);
            pos += 1;
            if self.entry_live(at) {
                return Some((pos, self.mem.value(at), self.mem.value(at + ENTRY_VALUE)));
            }
        }
        None
    }

    /// Empties a map; entries are dropped from the last to the first and its memory goes back.
    pub fn map_clear(&mut self, m: Ref) {
        let base = self.drop_depth();
        self.detach_entries(m);
        self.run_quiet(base);
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_heap;
    use super::*;
    use ::alloc::format;
    use ::alloc::vec::Vec;

    #[test]
    fn keys_keep_their_kind_and_order() {
        let mut h = test_heap();
        let m = h.map_new().unwrap().as_ref();
        let one = h.str_new("1x").unwrap();
        let same = h.str_new("1x").unwrap();
        h.map_set(m, Value::int(1), Value::int(10)).unwrap();
        h.map_set(m, one, Value::int(20)).unwrap();
        h.map_set(m, Value::TRUE, Value::int(30)).unwrap();
        assert_eq!(h.map_set(m, same, Value::int(21)), Ok(Some(Value::int(20))));
        assert_eq!(h.map_get(m, Value::int(1)), Some(Value::int(10)));
        assert_eq!(h.map_get(m, Value::TRUE), Some(Value::int(30)));
        assert_eq!(h.map_get(m, Value::FALSE), None);
        let mut pos = 0;
        let mut values = Vec::new();
        while let Some((next, _, v)) = h.map_next(m, pos) {
            pos = next;
            values.push(v.as_int().unwrap());
        }
        assert_eq!(values, [10, 21, 30]);
        h.release_ref(m);
        h.release(one);
        h.release(same);
        assert_eq!(h.live_objects(), 0);
    }

    #[test]
    fn many_keys_come_and_go() {
        let mut h = test_heap();
        let m = h.map_new().unwrap().as_ref();
        for round in 0..3 {
            for i in 0..5000 {
                let k = h.str_new(&format!("key {i}")).unwrap();
                assert_eq!(h.map_set(m, k, Value::int(i)), Ok(None), "{round} {i}");
                h.release(k);
            }
            for i in 0..5000 {
                let k = h.str_new(&format!("key {i}")).unwrap();
                let (key, v) = h.map_remove(m, k).unwrap();
                assert_eq!(v, Value::int(i));
                h.release(key);
                h.release(k);
            }
            assert_eq!(h.map_len(m), 0);
        }
        h.map_clear(m);
        h.release_ref(m);
        assert_eq!(h.live_objects(), 0);
    }
}
