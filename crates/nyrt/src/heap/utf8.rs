//! Code point positions in strings. ASCII texts need no search; for others the last position of a few strings
//! is remembered, so that walking through a text by position stays linear.

use super::Heap;
use super::region::OutOfMemory;
use crate::value::{Ref, Value};

#[derive(Clone, Copy, Default)]
struct Crumb {
    string: u32,
    chars: u32,
    bytes: u32,
}

/// Remembered positions.
#[derive(Default)]
pub(crate) struct Crumbs {
    crumbs: [Crumb; 8],
}

#[inline(always)]
fn place(s: Ref) -> usize {
    (s.0 >> 5) as usize & 7
}

impl Crumbs {
    pub(crate) fn forget(&mut self, s: Ref) {
        let crumb = &mut self.crumbs[place(s)];
        if crumb.string == s.0 {
            *crumb = Crumb::default();
        }
    }
}

fn starts_char(b: u8) -> bool {
    b & 0xC0 != 0x80
}

/// The byte position `n` characters after `at`, which is at most the end.
fn forward(text: &[u8], at: usize, mut n: u32) -> usize {
    let mut i = at;
    // Eight bytes at a time: a continuation byte has its top bits 10.
    while n >= 8 && i + 8 <= text.len() {
        let mut w = [0; 8];
        w.copy_from_slice(&text[i..i + 8]);
        let w = u64::from_le_bytes(w);
        let cont = (w >> 7) & !(w >> 6) & 0x0101_0101_0101_0101;
        n -= 8 - cont.count_ones();
        i += 8;
    }
    // The block may have ended inside a character.
    while i < text.len() && !starts_char(text[i]) {
        i += 1;
    }
    while n > 0 && i < text.len() {
        i += 1;
        while i < text.len() && !starts_char(text[i]) {
            i += 1;
        }
        n -= 1;
    }
    i
}

fn backward(text: &[u8], at: usize, mut n: u32) -> usize {
    let mut i = at;
    while n > 0 && i > 0 {
        i -= 1;
        while i > 0 && !starts_char(text[i]) {
            i -= 1;
        }
        n -= 1;
    }
    i
}

impl Heap {
    /// The byte position of a code point position; positions behind the end give the length.
    pub fn str_offset(&mut self, s: Ref, chars: u32) -> u32 {
        let total = self.str_chars(s);
        let len = self.str_len(s);
        if chars >= total {
            return len;
        }
        if total == len {
            return chars;
        }
        let crumb = self.strings.crumbs.crumbs[place(s)];
        let (from_chars, from_bytes) = if crumb.string == s.0 { (crumb.chars, crumb.bytes) } else { (0, 0) };
        let text = self.str_bytes(s);
        let to_crumb = from_chars.abs_diff(chars);
        let at = if to_crumb <= chars && to_crumb <= total - chars {
            if chars >= from_chars {
                forward(text, from_bytes as usize, to_crumb)
            } else {
                backward(text, from_bytes as usize, to_crumb)
            }
        } else if chars <= total - chars {
            forward(text, 0, chars)
        } else {
            backward(text, len as usize, total - chars)
        } as u32;
        self.strings.crumbs.crumbs[place(s)] = Crumb { string: s.0, chars, bytes: at };
        at
    }

    /// The code point position of a byte position at a character boundary.
    pub fn str_char_index(&mut self, s: Ref, offset: u32) -> u32 {
        if self.str_is_ascii(s) {
            return offset;
        }
        let crumb = self.strings.crumbs.crumbs[place(s)];
        let (from_chars, from_bytes) =
            if crumb.string == s.0 && crumb.bytes <= offset { (crumb.chars, crumb.bytes) } else { (0, 0) };
        let part = &self.str_bytes(s)[from_bytes as usize..offset as usize];
        let chars = from_chars + part.iter().filter(|&&b| starts_char(b)).count() as u32;
        self.strings.crumbs.crumbs[place(s)] = Crumb { string: s.0, chars, bytes: offset };
        chars
    }

    /// The character at a code point position.
    pub fn str_char_at(&mut self, s: Ref, chars: u32) -> Option<char> {
        if chars >= self.str_chars(s) {
            return None;
        }
        let at = self.str_offset(s, chars) as usize;
        self.str_text(s).get(at..)?.chars().next()
    }

    /// The number of the character at a position, -1 outside.
    pub fn str_code_at(&mut self, s: Ref, at: i64) -> i64 {
        let found = u32::try_from(at).ok().and_then(|at| self.str_char_at(s, at));
        found.map_or(-1, |c| i64::from(u32::from(c)))
    }

    /// The characters from one code point position to another as a string.
    pub fn str_substring(&mut self, s: Ref, from: u32, to: u32) -> Result<Value, OutOfMemory> {
        let a = self.str_offset(s, from);
        let b = if to <= from { a } else { self.str_offset(s, to) };
        self.str_slice(s, a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_heap;
    use ::alloc::string::String;
    use ::alloc::vec::Vec;

    #[test]
    fn positions_agree_with_a_vector_of_characters() {
        let mut h = test_heap();
        let text: String = "aé漢🦀".repeat(50);
        let chars: Vec<char> = text.chars().collect();
        let s = h.str_new(&text).unwrap().as_ref();
        let mut at = 7;
        for step in 0..2000 {
            at = (at * 31 + step) % (chars.len() + 3);
            assert_eq!(h.str_char_at(s, at as u32), chars.get(at).copied(), "position {at}");
            let bytes = h.str_offset(s, at as u32);
            assert_eq!(h.str_char_index(s, bytes), at.min(chars.len()) as u32);
        }
    }

    #[test]
    fn a_walk_by_position_is_linear() {
        let mut h = test_heap();
        let text = "ä".repeat(300_000);
        let s = h.str_new(&text).unwrap().as_ref();
        for i in 0..300_000 {
            assert_eq!(h.str_char_at(s, i), Some('ä'));
        }
    }
}
