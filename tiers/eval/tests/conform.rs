//! The evaluator against the conformance suite of typed MIR, against the interpreter, and against random functions.

mod support;

use std::collections::BTreeSet;

use conform::{check, compare, generate, generic, suites};
use mir::inst::TABLE;
use support::{Evaluator, Generic};

/// All of them or a panic that shows them.
fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_suite_has_every_typed_row() {
    let suites = suites();
    let mut covered = BTreeSet::new();
    for suite in &suites {
        for case in &suite.cases {
            // A case is about a row that its function, or one that it calls, really has.
            let has = |row| {
                suite.unit.program.funcs.iter().any(|f| f.insts.iter().any(|i| i.op.row().mnemonic == row))
            };
            assert!(has(case.row), "{}", case.row);
            covered.insert(case.row);
        }
    }
    let typed = TABLE.iter().filter(|row| row.effects.is_typed()).map(|row| row.mnemonic);
    let missing: Vec<_> = typed.filter(|row| !covered.contains(row)).collect();
    assert!(missing.is_empty(), "rows that no case is about: {missing:?}");
}

#[test]
fn the_evaluator_conforms() {
    let mut cases = 0;
    for suite in suites() {
        cases += suite.cases.len();
        none(check(&mut Evaluator::default(), &suite, 20));
    }
    assert!(cases > 10_000, "{cases}");
}

#[test]
fn random_functions() {
    none(check(&mut Evaluator::default(), &generate::suite(1, 400), 5));
}

#[test]
fn generic_operators_as_in_the_interpreter() {
    let (typed, plain) = generic::units();
    let calls = generic::calls();
    let (wrong, compared) =
        compare((&mut Evaluator::default(), &typed), (&mut Generic::default(), &plain), &calls, 20);
    none(wrong);
    // Text of user boxes needs a machine; nearly everything else does not.
    assert!(compared * 10 > calls.len() * 9, "{compared} of {}", calls.len());
}

/// A suite that accepts everything would pass, too: each row over numbers, done as any other row of the same operands and
/// result, must be found.
#[test]
fn the_suite_tells_rows_apart() {
    let suite = conform::pure::suite();
    let lines: Vec<&str> = suite.unit.source.lines().collect();
    let mut exchanged = 0;
    let mut missed = Vec::new();
    for (i, func) in suite.unit.program.funcs.iter().enumerate() {
        let row = func.insts[0].op.row().mnemonic;
        for other in suite.unit.program.funcs.iter().filter(|f| f.types == func.types) {
            let other = other.insts[0].op.row().mnemonic;
            // Each function is two lines, the second one with the instruction.
            let mut text = lines.clone();
            let wrong = text[2 * i + 1].replace(&format!("= {row} "), &format!("= {other} "));
            text[2 * i + 1] = &wrong;
            if other == row {
                continue;
            }
            exchanged += 1;
            let cases = suite.cases.iter().filter(|case| case.func.index() == i).cloned().collect();
            let changed = conform::Suite { unit: conform::Unit::read(&text.join("\n"), &[], &[]), cases };
            if check(&mut Evaluator::default(), &changed, 1).is_empty() {
                missed.push(format!("{row} done as {other}"));
            }
        }
    }
    // 10 rows of two integers, 5 of two floats, 4 tests of each, 2 of one integer, 2 of one float.
    assert!(exchanged >= 10 * 9 + 5 * 4 + 2 * (4 * 3) + 2 * 2, "{exchanged}");
    none(missed);
}
