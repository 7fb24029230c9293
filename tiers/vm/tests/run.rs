//! Typed MIR text through the tier: what each family of instructions does, beside what the interpreter does with
//! functions that have no types. Expected values are worked out by hand from the table of instructions.

mod support;

use machine::NotReady;
use mir::inst::FuncId;
use support::{Options, World, exit, run};

/// The whole program is one typed function; its result as the exit shows it.
fn body(text: &str) -> String {
    exit(&format!("func @0 \"top\" top params 0 typed () any {{\n{text}\n}}"))
}

const FIB: &str = r#"
func @0 "top" top params 0 typed () any {
bb0:
  %0: i64 = int 20
  %1: i64 = call_direct @1 (%0)
  %2: any = box_i %1
  return move %2
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
  %6: i64 = int 2
  %7: i64 = isub %0, %6
  %8: i64 = call_direct @1 (%7)
  %9: i64 = iadd %5, %8
  return move %9
}
"#;

#[test]
fn calls_return_to_their_callers() {
    assert_eq!(exit(FIB), "6765");
}

#[test]
fn integers_wrap_and_shift_by_six_bits() {
    let text = r#"
bb0:
  %0: i64 = int 9223372036854775807
  %1: i64 = int 2
  %2: i64 = iadd %0, %1
  %3: i64 = int 67
  %4: i64 = ishl %1, %3
  %5: i64 = ixor %2, %4
  %6: i64 = inot %5
  %7: any = box_i %6
  return move %7"#;
    // MAX + 2 wraps to MIN + 1; 2 << (67 & 63) = 16; (MIN + 1) ^ 16 = MIN + 17; the complement of that.
    assert_eq!(body(text), format!("{}", !(i64::MIN + 17)));
}

#[test]
fn quotients_go_towards_zero_and_by_small_numbers_too() {
    let text = r#"
bb0:
  %0: i64 = int -7
  %1: i64 = int 100000
  %2: i64 = imul %0, %1
  %3: i64 = int 2
  %4: i64 = idiv %0, %3
  %5: i64 = irem %0, %3
  %6: i64 = idiv %2, %1
  %7: i64 = int -1
  %8: i64 = int -9223372036854775808
  %9: i64 = idiv %8, %7
  %10: bool = ieq %9, %8
  %11: bool = bnot %10
  %12: i64 = imul %4, %5
  %13: i64 = iadd %12, %6
  branch %11, bb1, bb2
bb1:
  %14: i64 = int 0
  jump bb3(%14)
bb2:
  jump bb3(%13)
bb3(%15: i64):
  %16: any = box_i %15
  return move %16"#;
    // -3 * -1 + -7, and MIN / -1 is MIN.
    assert_eq!(body(text), "-4");
}

#[test]
fn division_by_zero_goes_to_the_handler_with_its_error() {
    let text = r#"
func @0 "top" top params 0 typed () any {
bb0:
  %0: i64 = int 1
  %1: i64 = int 0
  %2: i64 = call_direct @1 (%0, %1)  unwind bb1(exc)
  %3: any = box_i %2
  return move %3
bb1(%4: any):
  %5: any = call_method %4, "message" ()  unwind bb2(exc)
  release move %4  unwind bb3(exc)
  return move %5
bb2(%6: any):
  release_unwinding move %4
  rethrow move %6
bb3(%7: any):
  release_unwinding move %5
  rethrow move %7
}
func @1 "divide" user params 2 typed (i64, i64) i64 {
bb0:
  %2: i64 = irem %0, %1
  return move %2
}"#;
    let ran = run(text);
    assert!(ran.exit().starts_with("Str#"), "{}", ran.exit());
    let ran = run(r#"
func @0 "top" top params 0 typed () any {
bb0:
  %0: i64 = int 1
  %1: i64 = int 0
  %2: i64 = irem %0, %1
  %3: any = box_i %2
  return move %3
}"#);
    assert_eq!(ran.exit(), "uncaught DivisionByZero: Modulo by zero");
}

#[test]
fn a_loop_of_integers() {
    let text = r#"
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
  return move %11"#;
    let expected: i64 = (0..1000).map(|i| i % 7).sum();
    assert_eq!(body(text), expected.to_string());
}

#[test]
fn copies_on_edges_happen_at_once() {
    let text = r#"
bb0:
  %0: i64 = int 1
  %1: i64 = int 2
  %2: i64 = int 30
  %3: i64 = int 0
  jump bb1(%0, %1, %2, %3)
bb1(%4: i64, %5: i64, %6: i64, %7: i64):
  %8: i64 = int 4
  %9: bool = ilt %7, %8
  branch %9, bb2, bb3
bb2:
  %10: i64 = int 1
  %11: i64 = iadd %7, %10
  jump bb1(%5, %6, %4, %11)
bb3:
  %12: i64 = int 100
  %13: i64 = imul %4, %12
  %14: i64 = iadd %13, %5
  %15: any = box_i %14
  return move %15"#;
    // Four rotations of (1, 2, 30) give (2, 30, 1).
    assert_eq!(body(text), "230");
}

#[test]
fn floats_and_ways_that_join_in_a_test() {
    // while steps < 50 and zr * zr + zi * zi <= 4 for c = 0.3 + 0.5i and c = 1: the second one escapes after 3 steps
    // (0, 1, 2, 5), the first one never.
    let text = |re: &str, im: &str| {
        format!(
            r#"
bb0:
  %0: f64 = float {re}
  %1: f64 = float {im}
  %2: f64 = float 0.0
  %3: f64 = float 0.0
  %4: i64 = int 0
  jump bb1(%2, %3, %4)
bb1(%5: f64, %6: f64, %7: i64):
  %8: i64 = int 50
  %9: bool = ilt %7, %8
  branch %9, bb2, bb3
bb2:
  %10: f64 = fmul %5, %5
  %11: f64 = fmul %6, %6
  %12: f64 = fadd %10, %11
  %13: f64 = float 4.0
  %14: bool = fle %12, %13
  jump bb4(%14)
bb3:
  %15: bool = bool false
  jump bb4(%15)
bb4(%16: bool):
  branch %16, bb5, bb6
bb5:
  %17: f64 = fmul %5, %5
  %18: f64 = fmul %6, %6
  %19: f64 = fsub %17, %18
  %20: f64 = fadd %19, %0
  %21: f64 = float 2.0
  %22: f64 = fmul %21, %5
  %23: f64 = fmul %22, %6
  %24: f64 = fadd %23, %1
  %25: i64 = int 1
  %26: i64 = iadd %7, %25
  jump bb1(%20, %24, %26)
bb6:
  %27: any = box_i %7
  return move %27"#
        )
    };
    assert_eq!(body(&text("1.0", "0.0")), "3");
    assert_eq!(body(&text("0.3", "0.5")), "50");
}

#[test]
fn comparisons_with_nan_are_false() {
    let text = |op: &str| {
        format!(
            r#"
bb0:
  %0: f64 = float 0.0
  %1: f64 = fdiv %0, %0
  %2: bool = {op} %1, %0
  branch %2, bb1, bb2
bb1:
  %3: i64 = int 1
  jump bb3(%3)
bb2:
  %4: i64 = int 0
  jump bb3(%4)
bb3(%5: i64):
  %6: any = box_i %5
  return move %6"#
        )
    };
    assert_eq!(["flt", "fle", "feq", "fne"].map(|op| body(&text(op))), ["0", "0", "0", "1"]);
}

#[test]
fn a_switch_takes_its_last_way_for_everything_else() {
    for (on, expected) in [(0, 10), (1, 11), (2, 12), (7, 12), (-1, 12)] {
        let text = format!(
            r#"
bb0:
  %0: i64 = int {on}
  switch %0, [bb1, bb2, bb3]
bb1:
  %1: i64 = int 10
  jump bb4(%1)
bb2:
  %2: i64 = int 11
  jump bb4(%2)
bb3:
  %3: i64 = int 12
  jump bb4(%3)
bb4(%4: i64):
  %5: any = box_i %4
  return move %5"#
        );
        assert_eq!(body(&text), expected.to_string());
    }
}

#[test]
fn operators_of_unknown_kinds_fall_back_to_the_runtime() {
    let text = r#"
bb0:
  %0: i64 = int 3
  %1: any = box_i %0
  %2: f64 = float 0.5
  %3: any = box_f %2
  %4: any = add %1, %3
  %5: any = mul %4, %1  unwind bb3(exc)
  release_quiet move %4
  %6: any = sub %5, %3  unwind bb4(exc)
  %7: bool = lt %6, %5  unwind bb4(exc)
  release_quiet move %5
  branch %7, bb1, bb2
bb1:
  return move %6
bb2:
  %8: any = null
  return move %8
bb3(%9: any):
  release_unwinding move %4
  throw move %9
bb4(%10: any):
  release_unwinding move %5
  throw move %10"#;
    // (3 + 0.5) * 3 - 0.5
    assert_eq!(body(text), "10.0");
}

#[test]
fn arguments_of_all_widths_reach_typed_and_untyped_functions() {
    let text = r#"
func @0 "top" top params 0 typed () any {
bb0:
  %0: i64 = int 1
  %1: f64 = float 2.5
  %2: any = box_f %1
  %3: bool = bool true
  %4: ref = str "five"
  %5: i64 = int 4
  %6: any = call_direct @1 (%0, %2, %3, %4, %5)
  %9: any = box_i %0
  %10: any = box_b %3
  %11: any = box_lit %4, false
  %12: any = box_i %5
  %7: any = call_direct @2 (%9, %2, %10, %11, %12)  unwind bb1(exc)
  %8: any = add %6, %7  unwind bb2(exc)
  release_quiet move %6
  release_quiet move %7
  return move %8
bb1(%13: any):
  release_unwinding move %6
  throw move %13
bb2(%14: any):
  release_unwinding move %7
  release_unwinding move %6
  throw move %14
}
func @1 "typed" user params 5 typed (i64, any, bool, ref, i64) any {
bb0:
  %5: i64 = str_len %3
  %6: i64 = iadd %5, %0
  %7: i64 = imul %6, %4
  %8: any = box_i %7
  %9: any = add %8, %1
  branch %2, bb1, bb2
bb1:
  return move %9
bb2:
  release move %9
  %10: any = null
  return move %10
}
func @2 "generic" user params 5 {
bb0:
  %5 = int 100
  %6 = add %0, %5
  %7 = add %6, %1  unwind bb1(exc)
  release move %6  unwind bb2(exc)
  return move %7
bb1(%8):
  release_unwinding move %6
  throw move %8
bb2(%9):
  release_unwinding move %7
  throw move %9
}"#;
    // (4 + 1) * 4 + 2.5, and 1 + 100 + 2.5.
    assert_eq!(exit(text), "126.0");
}

#[test]
fn generic_functions_call_typed_ones_and_get_their_errors() {
    let text = r#"
func @0 "top" top params 0 {
bb0:
  %0 = int 10
  %1 = call @1 (%0)  unwind bb1(exc)
  %2 = call @1 (%1)  unwind bb2(exc)
  release move %1  unwind bb3(exc)
  return move %2
bb1(%3):
  throw move %3
bb2(%4):
  release_unwinding move %1
  release_unwinding move %4
  %5 = int -1
  return move %5
bb3(%6):
  release_unwinding move %2
  throw move %6
}
func @1 "half" user params 1 typed (i64) i64 {
bb0:
  %1: i64 = int 5
  %2: i64 = isub %0, %1
  %3: i64 = idiv %0, %2
  return move %3
}"#;
    // 10 / 5 = 2; 2 / -3 = 0.
    assert_eq!(exit(text), "0");
    assert_eq!(exit(&text.replace("int 5", "int 10")), "uncaught DivisionByZero: Division by zero");
}

#[test]
fn calls_nest_as_deep_as_they_may() {
    let text = r#"
func @0 "top" top params 0 typed () any {
bb0:
  %0: i64 = int 0
  %1: i64 = call_direct @1 (%0)
  %2: any = box_i %1
  return move %2
}
func @1 "down" user params 1 typed (i64) i64 {
bb0:
  %1: i64 = int 1
  %2: i64 = iadd %0, %1
  %3: i64 = call_direct @1 (%2)
  return move %3
}"#;
    assert_eq!(exit(text), "limit Depth");
}

#[test]
fn fuel_is_taken_by_calls_and_loops() {
    // 1 for the program, 21891 for fib(20) and its calls.
    let with = |fuel| World::new(FIB, Options { fuel, ..Options::default() }).run().exit();
    assert_eq!(with(21_893), "6765");
    assert_eq!(with(21_000), "limit Fuel");
}

#[test]
fn a_value_that_nothing_writes_is_refused() {
    // A lowering that forgets to rename would do this; the register of somebody else must not be read instead.
    let text = "func @0 \"top\" top params 0 typed () any {\nbb0:\n  %0: any = void\n  return move %0\n}\n\
                func @1 \"four\" user params 1 typed (i64) i64 {\nbb0:\n  %1: i64 = iadd %0, %0\n  \
                %2: i64 = iadd %1, %1\n  return move %2\n}";
    let World { mut machine, vm, .. } = World::new(text, Options::default());
    let whole = machine.linked.program.func(FuncId(1)).clone();
    let mut broken = whole.clone();
    broken.insts.remove(0);
    broken.spans.remove(0);
    broken.blocks[0].end -= 1;
    assert!(vm.prepare_typed(&mut machine, FuncId(1), whole).is_ok());
    match vm.prepare_typed(&mut machine, FuncId(1), broken) {
        Err(NotReady::Malformed(fault)) => assert_eq!((fault.func, fault.at), (FuncId(1), 0)),
        other => panic!("{:?}", other.err()),
    }
}
