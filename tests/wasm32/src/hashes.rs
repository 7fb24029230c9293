//! Hashes of bytes, words and texts.

use alloc::string::String;
use alloc::vec::Vec;

use nyrt::heap::hash;

use crate::lab::{Numbers, line};
use crate::numbers::INTS;

pub(crate) fn report(out: &mut String) {
    line!(out, "== hashes");
    let data: Vec<u8> = (0..300u32).map(|i| (i * 7 + 3) as u8).collect();
    for end in 0..data.len() {
        line!(out, "{end} bytes: {:016x} {:08x}", hash::bytes(&data[..end]), hash::text(&data[..end]));
    }
    for text in ["", "a", "hello", "Grüße", "日本語", "🦀🦀", "e\u{301}"] {
        line!(out, "{text:?}: {:016x} {:08x}", hash::bytes(text.as_bytes()), hash::text(text.as_bytes()));
    }
    for kind in 0..16 {
        let hashes: Vec<u32> = INTS.iter().map(|n| hash::word(kind, *n as u64)).collect();
        line!(out, "kind {kind}: {hashes:x?}");
    }
    let mut numbers = Numbers(2);
    for _ in 0..200 {
        let n = numbers.next();
        line!(out, "{n:016x}: {:08x}", hash::word(3, n));
    }
}
