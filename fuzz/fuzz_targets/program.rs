//! `program` under libFuzzer; what is checked is in `nyash_fuzz::body::program`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nyash_fuzz::fuzzed("program", data));
