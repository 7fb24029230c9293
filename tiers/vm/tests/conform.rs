//! The tier against the conformance suite of typed MIR, against the interpreter, and against random functions.

mod support;

use conform::{Suite, check, compare, generate, generic, suites};
use support::backend::{Bytecode, Generic};

/// All of them or a panic that shows them.
fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_tier_conforms() {
    let mut cases = 0;
    for suite in suites() {
        cases += suite.cases.len();
        none(check(&mut Bytecode::default(), &suite, 20));
    }
    assert!(cases > 10_000, "{cases}");
}

/// Constants become parts of instructions: every row over numbers once more with each operand written down.
#[test]
fn the_tier_conforms_with_constants() {
    let suite = conform::pure::with_constants();
    assert!(suite.cases.len() > 10_000, "{}", suite.cases.len());
    none(check(&mut Bytecode::default(), &suite, 20));
}

#[test]
fn random_functions() {
    for seed in 1..=3 {
        let suite: Suite = generate::suite(seed, 400);
        none(check(&mut Bytecode::default(), &suite, 5));
    }
}

#[test]
fn generic_operators_as_in_the_interpreter() {
    let (typed, plain) = generic::units();
    let calls = generic::calls();
    let (wrong, compared) =
        compare((&mut Bytecode::default(), &typed), (&mut Generic::default(), &plain), &calls, 20);
    none(wrong);
    assert_eq!(compared, calls.len());
}
