//! MIR text straight into the interpreter: what no source program makes, and functions that break the rules.

mod support;

use machine::Exit;
use mir::inst::FuncId;
use support::{Options, run_program};

fn run(text: &str) -> (String, Exit) {
    let program = mir::text::parse(text).unwrap_or_else(|e| panic!("{e:?}"));
    let ran = run_program(program, FuncId(0), Options::default());
    (ran.out, ran.exit)
}

fn value(text: &str) -> Option<i64> {
    match run(text) {
        (_, Exit::Value(v)) => v.as_int(),
        (_, other) => panic!("{other:?}"),
    }
}

#[test]
fn edges_copy_all_at_once() {
    let text = r#"
func @0 "top" top params 0 {
bb0:
  %0 = int 1
  %1 = int 2
  %2 = int 30
  %3 = int 0
  jump bb1(%0, %1, %2, %3)
bb1(%4, %5, %6, %7):
  %8 = int 4
  %9 = lt %7, %8
  branch %9, bb2, bb3
bb2:
  %10 = int 1
  %11 = add %7, %10
  jump bb1(%5, %6, %4, %11)
bb3:
  %12 = int 100
  %13 = mul %4, %12
  %14 = add %13, %5
  return move %14
}"#;
    // Four rotations of (1, 2, 30) give (2, 30, 1).
    assert_eq!(value(text), Some(230));
}

#[test]
fn a_switch_takes_its_last_way_for_everything_else() {
    for (on, expected) in [(0, 10), (1, 11), (2, 12), (7, 12), (-1, 12)] {
        let text = format!(
            r#"
func @0 "top" top params 0 {{
bb0:
  %0 = int {on}
  switch %0, [bb1, bb2, bb3]
bb1:
  %1 = int 10
  return move %1
bb2:
  %2 = int 11
  return move %2
bb3:
  %3 = int 12
  return move %3
}}"#
        );
        assert_eq!(value(&text), Some(expected), "{on}");
    }
}

#[test]
fn what_breaks_the_rules_is_a_fault() {
    for (what, body) in [
        ("a value that is not there", "%0 = int 1\n  return move %9"),
        ("an instruction that nobody should reach", "unreachable"),
        ("a function that is not there", "%0 = call @5 ()\n  return move %0"),
    ] {
        let text = format!("func @0 \"top\" top params 0 values 2 {{\nbb0:\n  {body}\n}}");
        let Ok(program) = mir::text::parse(&text) else { continue };
        let ran = run_program(program, FuncId(0), Options { audit: false, ..Options::default() });
        assert!(matches!(ran.exit, Exit::Fault(_)), "{what}: {:?}", ran.exit);
    }
}
