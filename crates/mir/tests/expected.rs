//! How many instructions calls and rounds are expected to execute, in functions written down here. Expected values are
//! counted by hand.

use mir::expected::{of_call, of_round};
use mir::inst::Block;
use mir::text::parse;

/// What a call of a function is expected to execute, and a round of each of its loops that begin with these blocks.
fn expected(body: &str, loops: &[u32]) -> (u64, Vec<u64>) {
    let text = format!("global $0 \"g\"\nfunc @0 \"f\" user params 1 {{\n{body}\n}}");
    let program = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let func = &program.funcs[0];
    let rounds = loops.iter().map(|b| of_round(func, Block(*b)).instructions).collect();
    (of_call(func), rounds)
}

#[test]
fn every_way_is_as_likely_as_the_others() {
    let two = "bb0: branch %0, bb1, bb2
               bb1: %1 = null %2 = null %3 = null %4 = null return move %1
               bb2: %5 = null return move %5";
    // 1, and half of 5 and of 2.
    assert_eq!(expected(two, &[]).0, 4);
    assert_eq!(expected("bb0: %1 = null return move %1", &[]).0, 2);
}

#[test]
fn a_loop_goes_round_once() {
    let text = "bb0: %1 = null jump bb1
                bb1: branch %0, bb2, bb3
                bb2: %2 = null %3 = null %4 = null jump bb1
                bb3: %5 = null %6 = null %7 = null %8 = null %9 = null return move %5";
    // 2, 1, and half of 4 and of 6; a round is never what follows.
    assert_eq!(expected(text, &[1]), (8, vec![5]));
}

#[test]
fn a_loop_in_a_loop_is_part_of_its_round() {
    let text = "bb0: jump bb1
                bb1: %1 = null jump bb2
                bb2: %2 = null branch %0, bb2, bb3
                bb3: %3 = null %4 = null branch %0, bb1, bb4
                bb4: unreachable";
    // 2, 2, and half of 3.
    assert_eq!(expected(text, &[1, 2]).1, [5, 2]);
}

#[test]
fn nothing_throws() {
    let text = "bb0: %1 = get_global $0 unwind bb1(exc) return move %1
                bb1(%2): release move %2 %3 = null %4 = null %5 = null return move %3";
    assert_eq!(expected(text, &[]).0, 2);
}

#[test]
fn rounds_that_call_function_values_are_told() {
    let text = "global $0 \"g\"
                func @0 \"f\" user params 1 {
                bb0: jump bb1
                bb1: %1 = call_value %0 () release move %1 branch %0, bb1, bb2
                bb2: %2 = null branch %0, bb2, bb3
                bb3: %3 = call @0 (%0) release move %3 branch %0, bb3, bb4
                bb4: unreachable
                }";
    let program = parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let calls = |block| of_round(&program.funcs[0], Block(block)).calls_values;
    assert_eq!([1, 2, 3].map(calls), [true, false, false]);
}

#[test]
fn what_is_not_there_takes_nothing() {
    assert_eq!(expected("bb0: unreachable", &[7]).1, [0]);
}
