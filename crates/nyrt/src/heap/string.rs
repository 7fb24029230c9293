//! Strings: immutable UTF-8 with their count of code points, appended in place when nobody else looks.
//!
//! It does not know what text values have or which methods strings have; code point positions are in
//! [`super::utf8`].

use core::cmp::Ordering;

use super::Heap;
use super::cell::{HEADER, STICKY, class_word};
use super::hash;
use super::region::OutOfMemory;
use super::utf8::Crumbs;
use crate::value::{Kind, Ref, Value, class_id};

/// Offset of the length in bytes.
pub const STR_LEN: u32 = HEADER;
/// Offset of the capacity in bytes.
pub const STR_CAP: u32 = HEADER + 4;
/// Offset of the hash, 0 while not computed.
pub const STR_HASH: u32 = HEADER + 8;
/// Offset of the number of code points; equal to the length exactly for ASCII texts.
pub const STR_CHARS: u32 = HEADER + 12;
/// Offset of the first byte.
pub const STR_BYTES: u32 = HEADER + 16;

/// Longest text in bytes.
pub const STR_MAX: u64 = 1 << 31;

/// The strings that always exist.
pub(crate) struct Strings {
    empty: u32,
    ascii: [u32; 128],
    pub(crate) crumbs: Crumbs,
}

impl Default for Strings {
    fn default() -> Strings {
        Strings { empty: 0, ascii: [0; 128], crumbs: Crumbs::default() }
    }
}

impl Heap {
    pub(crate) fn make_immortal_strings(&mut self) -> Result<(), OutOfMemory> {
        for c in 0..128u8 {
            let r = self.str_alloc(1, 1)?;
            self.mem.bytes_mut(r.0 + STR_BYTES, 1)[0] = c;
            self.mem.set::<u32>(r.0 + STR_CHARS, 1);
            self.set_flags(r, STICKY);
            self.strings.ascii[c as usize] = r.0;
        }
        let r = self.str_alloc(0, 0)?;
        self.set_flags(r, STICKY);
        self.strings.empty = r.0;
        Ok(())
    }

    /// A string cell whose bytes and code point count the caller fills in.
    fn str_alloc(&mut self, len: u64, room: u64) -> Result<Ref, OutOfMemory> {
        if len > STR_MAX {
            return Err(OutOfMemory);
        }
        let size = STR_BYTES as u64 + room.min(STR_MAX).max(len);
        let r = self.alloc(size, class_word(class_id::STRING, Kind::Str))?;
        let cap = Heap::rounded(size) - STR_BYTES as u64;
        self.mem.set::<u32>(r.0 + STR_LEN, len as u32);
        self.mem.set::<u32>(r.0 + STR_CAP, cap as u32);
        self.mem.set::<u32>(r.0 + STR_HASH, 0);
        self.mem.set::<u32>(r.0 + STR_CHARS, 0);
        Ok(r)
    }

    /// The empty string; owned, though it is never freed.
    #[inline]
    pub fn str_empty(&self) -> Value {
        Value::str(Ref(self.strings.empty))
    }

    /// The string of one ASCII character; owned, though it is never freed.
    #[inline]
    pub fn str_ascii(&self, c: u8) -> Value {
        Value::str(Ref(self.strings.ascii[(c & 127) as usize]))
    }

    /// A string with this text.
    pub fn str_new(&mut self, text: &str) -> Result<Value, OutOfMemory> {
        self.str_counted(text, None)
    }

    /// A string of one character.
    pub fn str_char(&mut self, c: char) -> Result<Value, OutOfMemory> {
        if c.is_ascii() {
            Ok(self.str_ascii(c as u8))
        } else {
            self.str_counted(c.encode_utf8(&mut [0; 4]), Some(1))
        }
    }

    pub(crate) fn str_counted(&mut self, text: &str, chars: Option<u32>) -> Result<Value, OutOfMemory> {
        match text.as_bytes() {
            [] => return Ok(self.str_empty()),
            &[c] => return Ok(self.str_ascii(c)),
            _ => {}
        }
        let r = self.str_alloc(text.len() as u64, text.len() as u64)?;
        let chars = chars.unwrap_or_else(|| text.chars().count() as u32);
        self.mem.bytes_mut(r.0 + STR_BYTES, text.len() as u32).copy_from_slice(text.as_bytes());
        self.mem.set::<u32>(r.0 + STR_CHARS, chars);
        Ok(Value::str(r))
    }

    /// A part of a string as a string; `from..to` are byte positions at character boundaries.
    pub fn str_slice(&mut self, s: Ref, from: u32, to: u32) -> Result<Value, OutOfMemory> {
        let len = self.str_len(s);
        let (from, to) = (from.min(len), to.min(len));
        if from >= to {
            return Ok(self.str_empty());
        }
        if from == 0 && to == len {
            return Ok(self.own(Value::str(s)));
        }
        let n = to - from;
        if n == 1 {
            return Ok(self.str_ascii(self.str_bytes(s)[from as usize]));
        }
        let Some(part) = self.str_text(s).get(from as usize..to as usize) else {
            debug_assert!(false, "inside a character");
            return Ok(self.str_empty());
        };
        let chars = if self.str_is_ascii(s) { n } else { part.chars().count() as u32 };
        let r = self.str_alloc(n as u64, n as u64)?;
        self.mem.copy(s.0 + STR_BYTES + from, r.0 + STR_BYTES, n);
        self.mem.set::<u32>(r.0 + STR_CHARS, chars);
        Ok(Value::str(r))
    }

    /// The bytes.
    #[inline]
    pub fn str_bytes(&self, s: Ref) -> &[u8] {
        self.mem.bytes(s.0 + STR_BYTES, self.str_len(s))
    }

    /// The text.
    #[inline]
    pub fn str_text(&self, s: Ref) -> &str {
        // SAFETY: strings are made from `str`s, from their concatenations and from slices at character boundaries.
        unsafe { core::str::from_utf8_unchecked(self.str_bytes(s)) }
    }

    /// Length in bytes.
    #[inline(always)]
    pub fn str_len(&self, s: Ref) -> u32 {
        self.mem.get::<u32>(s.0 + STR_LEN)
    }

    /// Length in code points.
    #[inline(always)]
    pub fn str_chars(&self, s: Ref) -> u32 {
        self.mem.get::<u32>(s.0 + STR_CHARS)
    }

    /// Whether positions are byte positions.
    #[inline(always)]
    pub fn str_is_ascii(&self, s: Ref) -> bool {
        self.str_len(s) == self.str_chars(s)
    }

    /// Both texts in one string.
    pub fn str_concat(&mut self, a: Ref, b: Ref) -> Result<Value, OutOfMemory> {
        let (la, lb) = (self.str_len(a), self.str_len(b));
        if la == 0 {
            return Ok(self.own(Value::str(b)));
        }
        if lb == 0 {
            return Ok(self.own(Value::str(a)));
        }
        let len = la as u64 + lb as u64;
        let r = self.str_alloc(len, len)?;
        self.mem.copy(a.0 + STR_BYTES, r.0 + STR_BYTES, la);
        self.mem.copy(b.0 + STR_BYTES, r.0 + STR_BYTES + la, lb);
        self.mem.set::<u32>(r.0 + STR_CHARS, self.str_chars(a) + self.str_chars(b));
        Ok(Value::str(r))
    }

    /// Both texts in one string; consumes the count of `a`, whose cell is reused when that was the only one.
    /// On failure `a` still belongs to the caller.
    pub fn str_concat_owned(&mut self, a: Ref, b: Ref) -> Result<Value, OutOfMemory> {
        let (la, lb) = (self.str_len(a), self.str_len(b));
        if lb == 0 {
            return Ok(Value::str(a));
        }
        if !self.is_unique(a) || la == 0 || a == b {
            let joined = self.str_concat(a, b)?;
            self.release_ref(a);
            return Ok(joined);
        }
        let chars = self.str_chars(a) + self.str_chars(b);
        let r = self.str_reserve(a, lb as u64)?;
        self.mem.copy(b.0 + STR_BYTES, r.0 + STR_BYTES + la, lb);
        self.str_grown(r, la + lb, chars);
        Ok(Value::str(r))
    }

    /// Like [`Heap::str_concat_owned`] with a text from outside the heap.
    pub fn str_append_owned(&mut self, a: Ref, text: &str) -> Result<Value, OutOfMemory> {
        let la = self.str_len(a);
        let chars = self.str_chars(a) + text.chars().count() as u32;
        let lb = text.len() as u64;
        if lb == 0 {
            return Ok(Value::str(a));
        }
        let r = if self.is_unique(a) {
            self.str_reserve(a, lb)?
        } else {
            let r = self.str_alloc(la as u64 + lb, la as u64 + lb)?;
            self.mem.copy(a.0 + STR_BYTES, r.0 + STR_BYTES, la);
            self.release_ref(a);
            r
        };
        self.mem.bytes_mut(r.0 + STR_BYTES + la, lb as u32).copy_from_slice(text.as_bytes());
        self.str_grown(r, la + lb as u32, chars);
        Ok(Value::str(r))
    }

    fn str_grown(&mut self, r: Ref, len: u32, chars: u32) {
        self.mem.set::<u32>(r.0 + STR_LEN, len);
        self.mem.set::<u32>(r.0 + STR_CHARS, chars);
        self.mem.set::<u32>(r.0 + STR_HASH, 0);
    }

    /// Room for `more` bytes behind a string that only the caller owns: the same cell, or a larger one to
    /// which the text has moved (the old one is gone).
    fn str_reserve(&mut self, s: Ref, more: u64) -> Result<Ref, OutOfMemory> {
        let len = self.str_len(s) as u64;
        let cap = self.mem.get::<u32>(s.0 + STR_CAP) as u64;
        let need = len + more;
        if need <= cap {
            return Ok(s);
        }
        if need > STR_MAX {
            return Err(OutOfMemory);
        }
        let want = need.max(cap * 2).min(STR_MAX);
        for room in [want, need] {
            let size = STR_BYTES as u64 + room;
            if self.extend(s, size) {
                self.mem.set::<u32>(s.0 + STR_CAP, (Heap::rounded(size) - STR_BYTES as u64) as u32);
                return Ok(s);
            }
            if let Ok(r) = self.str_alloc(len, room) {
                self.mem.copy(s.0 + STR_BYTES, r.0 + STR_BYTES, len as u32);
                self.mem.set::<u32>(r.0 + STR_CHARS, self.str_chars(s));
                self.str_free(s);
                return Ok(r);
            }
        }
        Err(OutOfMemory)
    }

    /// The cell of a dead string.
    #[inline]
    pub(crate) fn str_free(&mut self, s: Ref) {
        if !self.str_is_ascii(s) {
            self.strings.crumbs.forget(s);
        }
        self.free(s);
    }

    /// Same text.
    #[inline]
    pub fn str_eq(&self, a: Ref, b: Ref) -> bool {
        self.str_same(a, b)
    }

    /// Order of the UTF-8 bytes.
    pub fn str_cmp(&self, a: Ref, b: Ref) -> Ordering {
        self.str_bytes(a).cmp(self.str_bytes(b))
    }

    /// Keyed hash of the text, never 0; remembered in the cell.
    #[inline]
    pub fn str_hash(&self, s: Ref) -> u32 {
        match self.mem.get::<u32>(s.0 + STR_HASH) {
            0 => {
                let h = hash::text(self.str_bytes(s));
                self.mem.set::<u32>(s.0 + STR_HASH, h);
                h
            }
            h => h,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_heap;
    use super::*;

    #[test]
    fn appending_to_a_unique_string_is_linear() {
        let mut h = test_heap();
        let mut s = h.str_new("start").unwrap();
        let part = h.str_new("é!").unwrap();
        let before = h.allocations();
        for _ in 0..100_000 {
            s = h.str_concat_owned(s.as_ref(), part.as_ref()).unwrap();
        }
        assert!(h.allocations() - before < 40);
        assert_eq!(h.str_chars(s.as_ref()), 200_005);
        assert_eq!(h.str_len(s.as_ref()), 300_005);
        assert!(h.str_text(s.as_ref()).ends_with("é!é!"));
        h.release(s);
        h.release(part);
        assert_eq!(h.live_objects(), 0);
    }

    #[test]
    fn a_shared_string_is_not_changed() {
        let mut h = test_heap();
        let a = h.str_new("ab").unwrap();
        h.retain(a);
        let b = h.str_concat_owned(a.as_ref(), a.as_ref()).unwrap();
        assert_eq!(h.str_text(a.as_ref()), "ab");
        assert_eq!(h.str_text(b.as_ref()), "abab");
        let c = h.str_append_owned(a.as_ref(), "ü").unwrap();
        assert_eq!(h.str_text(c.as_ref()), "abü");
        assert_eq!(h.str_chars(c.as_ref()), 3);
        h.release(b);
        h.release(c);
        assert_eq!(h.live_objects(), 0);
    }

    #[test]
    fn order_and_hash() {
        let mut h = test_heap();
        let a = h.str_new("Zebra").unwrap().as_ref();
        let b = h.str_new("apple").unwrap().as_ref();
        let c = h.str_new("apple").unwrap().as_ref();
        assert_eq!(h.str_cmp(a, b), Ordering::Less);
        assert!(h.str_eq(b, c) && !h.str_eq(a, b));
        assert_eq!(h.str_hash(b), h.str_hash(c));
        assert_ne!(h.str_hash(a), h.str_hash(b));
    }
}
