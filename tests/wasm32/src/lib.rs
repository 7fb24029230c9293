//! The smoke program of the wasm32 check: a report on number text, hashing, layouts, the heap, the operators and
//! every builtin, whose bytes must be the same natively and in WebAssembly.
//!
//! It does not judge whether a line is right (the tests of nyrt and of the language do), only that both targets
//! say the same. Floats are printed with their bits; the sign and payload of a NaN belong to the machine and are not.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod builtins;
mod hashes;
mod heap;
mod lab;
mod layouts;
mod numbers;
mod operators;
#[cfg(target_arch = "wasm32")]
mod wasm;

use alloc::string::String;

/// The report.
pub fn report() -> String {
    let mut out = String::new();
    numbers::report(&mut out);
    hashes::report(&mut out);
    layouts::report(&mut out);
    heap::report(&mut out);
    operators::report(&mut out);
    builtins::report(&mut out);
    out.push_str("end of report\n");
    out
}
