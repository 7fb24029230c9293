//! `mir_text` under libFuzzer; what is checked is in `nyash_fuzz::body::mir_text`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nyash_fuzz::fuzzed("mir_text", data));
