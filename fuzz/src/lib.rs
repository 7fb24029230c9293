//! What is fuzzed, without a fuzzer: every target is a body, a function from bytes that panics when something
//! is wrong, and a source of inputs for it.
//!
//! Two loops drive the bodies. `bounded` (`src/bin/bounded.rs`) runs each for some seconds with generated
//! inputs on any stable toolchain; the thin targets in `fuzz_targets/` run them under libFuzzer.
//!
//! Inputs are texts wherever possible, so that a failing one can be read. A text may hold several files:
//! a line `#--- NAME` begins the next one, which `include "NAME"` of the others means.

pub mod body;
pub mod corpus;
pub mod driver;
pub mod front;
pub mod generate;
pub mod host;
pub mod mir_gen;
pub mod mutate;

use agree::rng::Rng;
use corpus::Corpus;

/// Something to fuzz.
pub struct Target {
    /// Its name, that of the body and of the file in `fuzz_targets/`.
    pub name: &'static str,
    /// What it shows.
    pub what: &'static str,
    /// Panics when something is wrong.
    pub body: fn(&[u8]),
    /// Makes the next input.
    pub input: fn(&mut Rng, &Corpus) -> Vec<u8>,
    /// Makes an input from the bytes of a fuzzer.
    pub from_bytes: fn(&[u8]) -> Vec<u8>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "parse",
        what: "text to tokens and tree, and back",
        body: body::parse::run,
        input: |rng, corpus| match rng.below(8) {
            0 => rng.bytes(400),
            1 => mutate::tokens(rng),
            2..4 => generated(rng),
            4 => mutate::text(rng, corpus.wrong(), 12).into_bytes(),
            _ => mutate::bytes(rng, corpus),
        },
        from_bytes: generate::text_or_program,
    },
    Target {
        name: "mir_text",
        what: "the text of the middle language",
        body: body::mir_text::run,
        input: |rng, corpus| match rng.below(8) {
            0 => rng.bytes(300),
            1..4 => mir_gen::program(rng).into_bytes(),
            _ => mutate::mir(rng, corpus).into_bytes(),
        },
        from_bytes: <[u8]>::to_vec,
    },
    Target {
        name: "mir_build",
        what: "trees to functions that the verifier accepts",
        body: body::mir_build::run,
        input: nyash_input,
        from_bytes: generate::text_or_program,
    },
    Target {
        name: "program",
        what: "whole programs under limits, audited",
        body: body::program::run,
        input: |rng, corpus| {
            let mut text = body::program::settings(rng).into_bytes();
            text.extend(nyash_input(rng, corpus));
            text
        },
        from_bytes: generate::text_or_program,
    },
    Target {
        name: "scale",
        what: "time that grows with the length of the text only",
        body: body::scale::run,
        input: |rng, corpus| mutate::pattern(rng, corpus).into_bytes(),
        from_bytes: <[u8]>::to_vec,
    },
];

/// A generated program, mostly a short one.
fn generated(rng: &mut Rng) -> Vec<u8> {
    let most = if rng.one_in(3) { 6000 } else { 1500 };
    generate::program(&rng.bytes(most)).into_bytes()
}

/// Programs: wild ones, meaningful ones and changed ones of the tests.
fn nyash_input(rng: &mut Rng, corpus: &Corpus) -> Vec<u8> {
    match rng.below(6) {
        0..3 => generated(rng),
        // Those of `agree` get further before something fails.
        3 => agree::generate::program(rng.next(), 0).text.into_bytes(),
        _ => mutate::text(rng, corpus.right(), 6).into_bytes(),
    }
}

/// The target with a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|t| t.name == name)
}

/// Runs a target on the bytes of a fuzzer.
pub fn fuzzed(name: &str, data: &[u8]) {
    if let Some(target) = target(name) {
        (target.body)(&(target.from_bytes)(data));
    }
}
