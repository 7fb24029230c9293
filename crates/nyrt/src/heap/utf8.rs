//! Code point positions in strings. ASCII texts need no search; of a few others the last position is remembered, so
//! that walking through them by position stays linear, and where many characters are where somebody jumps about.

use ::alloc::vec::Vec;

use super::Heap;
use super::region::OutOfMemory;
use crate::value::{Ref, Value};

/// How many strings are remembered.
const STRINGS: usize = 8;
/// Of how many characters one is found at once.
const EVERY: u32 = 64;

/// What is remembered of a string.
#[derive(Default)]
struct Crumb {
    /// The last position.
    chars: u32,
    bytes: u32,
    /// Characters that were walked over in long walks.
    walked: u32,
    /// Where every [`EVERY`]th character begins, as far as the string went when these were looked for. Strings only grow.
    index: Vec<u32>,
}

impl Crumb {
    /// A character of the index that is not behind a position, and where it begins.
    fn before(&self, chars: u32) -> (u32, u32) {
        let at = (chars / EVERY).min((self.index.len() as u32).saturating_sub(1));
        self.index.get(at as usize).map_or((0, 0), |bytes| (at * EVERY, *bytes))
    }
}

/// Remembered positions.
#[derive(Default)]
pub(crate) struct Crumbs {
    /// The strings; 0 is none.
    strings: [u32; STRINGS],
    crumbs: [Crumb; STRINGS],
    /// The one that makes room next.
    oldest: usize,
}

impl Crumbs {
    pub(crate) fn forget(&mut self, s: Ref) {
        if let Some(at) = self.strings.iter().position(|known| *known == s.0) {
            self.strings[at] = 0;
            self.crumbs[at] = Crumb::default();
        }
    }

    /// The place of a string.
    fn of(&mut self, s: Ref) -> usize {
        match self.strings.iter().position(|known| *known == s.0) {
            Some(at) => at,
            None => self.make_room(s),
        }
    }

    #[cold]
    fn make_room(&mut self, s: Ref) -> usize {
        let at = self.oldest;
        self.oldest = (at + 1) % STRINGS;
        self.strings[at] = s.0;
        self.crumbs[at] = Crumb::default();
        at
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
        let place = self.strings.crumbs.of(s);
        let crumb = &self.strings.crumbs.crumbs[place];
        let mut from = if chars <= total - chars { (0, 0) } else { (total, len) };
        for near in [(crumb.chars, crumb.bytes), crumb.before(chars)] {
            if near.0.abs_diff(chars) < from.0.abs_diff(chars) {
                from = near;
            }
        }
        let (text, steps) = (self.str_bytes(s), from.0.abs_diff(chars));
        let at = match from.0 <= chars {
            true => forward(text, from.1 as usize, steps),
            false => backward(text, from.1 as usize, steps),
        } as u32;
        self.remember(s, place, (chars, at), steps);
        at
    }

    /// The code point position of a byte position at a character boundary.
    pub fn str_char_index(&mut self, s: Ref, offset: u32) -> u32 {
        if self.str_is_ascii(s) {
            return offset;
        }
        let place = self.strings.crumbs.of(s);
        let crumb = &self.strings.crumbs.crumbs[place];
        let known = crumb.index.partition_point(|bytes| *bytes <= offset) as u32;
        let mut from = known.checked_sub(1).map_or((0, 0), |at| crumb.before(at * EVERY));
        if (from.1..=offset).contains(&crumb.bytes) {
            from = (crumb.chars, crumb.bytes);
        }
        let part = &self.str_bytes(s)[from.1 as usize..offset as usize];
        let steps = part.iter().filter(|&&b| starts_char(b)).count() as u32;
        self.remember(s, place, (from.0 + steps, offset), steps);
        from.0 + steps
    }

    /// Remembers a position that was found in a number of steps.
    fn remember(&mut self, s: Ref, place: usize, (chars, bytes): (u32, u32), steps: u32) {
        let total = self.str_chars(s);
        let crumb = &mut self.strings.crumbs.crumbs[place];
        (crumb.chars, crumb.bytes) = (chars, bytes);
        if steps <= EVERY {
            return;
        }
        // Looking at the whole string costs no more than what was walked so far.
        crumb.walked = crumb.walked.saturating_add(steps);
        if crumb.walked > total {
            crumb.walked = 0;
            self.look_for_chars(s, place);
        }
    }

    #[cold]
    fn look_for_chars(&mut self, s: Ref, place: usize) {
        let mut index = core::mem::take(&mut self.strings.crumbs.crumbs[place].index);
        index.clear();
        // Without memory it only takes longer.
        if index.try_reserve_exact((self.str_chars(s) / EVERY + 1) as usize).is_ok() {
            let begin = (0..).zip(self.str_bytes(s)).filter(|(_, b)| starts_char(**b));
            index.extend(begin.step_by(EVERY as usize).map(|(at, _)| at));
        }
        self.strings.crumbs.crumbs[place].index = index;
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

    #[test]
    fn two_strings_in_turn_and_one_from_both_ends_are_linear() {
        let mut h = test_heap();
        const N: u32 = 300_000;
        let [s, t] = ["ä", "漢"].map(|c| h.str_new(&c.repeat(N as usize)).unwrap().as_ref());
        for i in 0..N {
            assert_eq!(h.str_char_at(s, i), Some('ä'));
            assert_eq!(h.str_char_at(t, i), Some('漢'));
            assert_eq!(h.str_char_at(s, N - 1 - i), Some('ä'));
            assert_eq!(h.str_offset(t, N / 2 + i / 2), (N / 2 + i / 2) * 3);
        }
    }

    #[test]
    fn positions_in_strings_that_grow_and_die() {
        let (mut h, mut seed) = (test_heap(), 5_u32);
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % below
        };
        // More strings than are remembered.
        let mut texts: Vec<String> = (0..11).map(|i| "aé漢🦀".repeat(i * 40 + 1)).collect();
        let mut strings: Vec<_> = texts.iter().map(|t| h.str_new(t).unwrap()).collect();
        for _ in 0..60_000 {
            let which = if random(4) == 0 { random(texts.len()) } else { random(2) + 8 };
            let (text, s) = (&mut texts[which], &mut strings[which]);
            match random(400) {
                0 => {
                    h.release(*s);
                    *text = "🦀ü".repeat(random(200) + 1);
                    *s = h.str_new(text).unwrap();
                }
                1..10 if text.len() < 4000 => {
                    text.push_str("xß漢");
                    *s = h.str_append_owned(s.as_ref(), "xß漢").unwrap();
                }
                n => {
                    let at = random(text.chars().count() + 2);
                    let bytes = text.char_indices().nth(at).map_or(text.len(), |(bytes, _)| bytes) as u32;
                    if n % 2 == 0 {
                        assert_eq!(h.str_offset(s.as_ref(), at as u32), bytes);
                    } else {
                        let chars = at.min(text.chars().count()) as u32;
                        assert_eq!(h.str_char_index(s.as_ref(), bytes), chars);
                    }
                }
            }
        }
    }
}
