//! Bytecode as text: what the encoder makes of small functions. The texts are worked out by hand from the table of
//! instructions and the rules in `plan`, `slots` and `encode`.

mod support;

use mir::inst::FuncId;
use support::{Options, World};

/// The code of function `func`, without the line about the function, with runs of spaces made one.
fn code(text: &str, func: u32) -> Vec<String> {
    let mut world = World::new(text, Options::default());
    let dump = world.vm.dump(&mut world.machine, FuncId(func)).unwrap_or_else(|e| panic!("{e:?}"));
    dump.lines().skip(1).map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn constants_become_part_of_instructions_and_calls_take_operands_where_they_are() {
    let text = r#"
func @0 "top" top params 0 typed () any {
bb0:
  %0: any = null
  return move %0
}
func @1 "fib" user params 1 typed (i64) i64 {
bb0:
  %1: i64 = int 2
  %2: bool = ilt %0, %1
  branch %2, bb1, bb2
bb1:
  return move %0
bb2:
  %3: i64 = int 1
  %4: i64 = isub %0, %3
  %5: i64 = call_direct @1 (%4)
  %6: i64 = isub %0, %1
  %7: i64 = call_direct @1 (%6)
  %8: i64 = iadd %5, %7
  return move %8
}"#;
    // The parameter stays in r0; a call is two words long.
    let expected = [
        "0 jige_i r0, 2, -> 2",
        "1 return r0",
        "2 iadd_i r1, r0, -1",
        "3 call1 r1, r1, @1",
        "5 iadd_i r2, r0, -2",
        "6 call1 r2, r2, @1",
        "8 iadd r1, r1, r2",
        "9 return r1",
    ];
    assert_eq!(code(text, 1), expected);
}

#[test]
fn loops_have_no_copies_and_test_at_their_end() {
    let text = r#"
func @0 "top" top params 0 typed () any {
bb0:
  %0: i64 = int 0
  %1: i64 = int 0
  jump bb1(%0, %1)
bb1(%2: i64, %3: i64):
  %4: i64 = int 1000
  %5: bool = ilt %3, %4
  branch %5, bb2, bb3
bb2:
  %6: i64 = int 7
  %7: i64 = irem %3, %6
  %8: i64 = iadd %2, %7
  %9: i64 = int 1
  %10: i64 = iadd %3, %9
  jump bb1(%8, %10)
bb3:
  %11: any = box_i %2
  return move %11
}"#;
    let expected = [
        // What dies first gets the first register.
        "0 int r1, 0",
        "1 int r0, 0",
        "2 jige_i r0, 1000, -> 7",
        "3 irem_i r2, r0, 7",
        "4 iadd r1, r1, r2",
        "5 inc_back_ilt_i r0, 1000, -> 3",
        "7 box_i r4:5, r1",
        "8 return_any r4:5",
    ];
    assert_eq!(code(text, 0), expected);
}

#[test]
fn tests_go_straight_to_where_they_lead() {
    // `while a < b and b < 10`, as the builder makes it: both ways meet in a block that tests once more.
    let text = r#"
func @0 "top" top params 0 typed () any {
bb0:
  %0: any = null
  return move %0
}
func @1 "f" user params 2 typed (i64, i64) i64 {
bb0:
  jump bb1(%1)
bb1(%2: i64):
  %3: bool = ilt %0, %2
  branch %3, bb2, bb3
bb2:
  %4: i64 = int 10
  %5: bool = ilt %2, %4
  jump bb4(%5)
bb3:
  %6: bool = bool false
  jump bb4(%6)
bb4(%7: bool):
  branch %7, bb5, bb6
bb5:
  %8: i64 = int 1
  %9: i64 = iadd %2, %8
  jump bb1(%9)
bb6:
  return move %2
}"#;
    let expected = [
        "0 mov r2, r1",
        "1 jile r2, r0, -> 6",
        "2 jige_i r2, 10, -> 6",
        "3 iadd_i r2, r2, 1",
        "4 back_ilt r0, r2, -> 2",
        "6 return r2",
    ];
    assert_eq!(code(text, 1), expected);
}
