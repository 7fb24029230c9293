//! Typed MIR text through the tier: fields, arrays, cells, closures and texts. Expected values are worked out by hand
//! from the table of instructions.

mod support;

use nyrt::heap::SlotType;
use support::{Options, World, exit};

/// The whole program is one typed function; its result as the exit shows it.
fn body(text: &str) -> String {
    exit(&format!("func @0 \"top\" top params 0 typed () any {{\n{text}\n}}"))
}

const LIST: &str = r#"
class class0 "Node" {
  field "next" public
  field "value" public
  field "weight" public
  field "done" public
  field "any" public
}
func @0 "top" top params 0 typed () any {
bb0:
  %0: ref = null
  %1: i64 = int 0
  jump bb1(%0, %1)
bb1(%2: ref, %3: i64):
  %4: i64 = int 5
  %5: bool = ilt %3, %4
  branch %5, bb2, bb3
bb2:
  %6: ref = new_object class0  unwind bb7(exc)
  store %6, class0, "next", move %2  unwind bb8(exc)
  store_raw %6, class0, "value", %3
  %7: f64 = itof %3
  store_raw %6, class0, "weight", %7
  %8: bool = ieq %3, %1
  store_raw %6, class0, "done", %8
  %9: any = box_i %3
  store %6, class0, "any", move %9  unwind bb8(exc)
  %10: i64 = int 1
  %11: i64 = iadd %3, %10
  jump bb1(%6, %11)
bb3:
  %12: f64 = float 0.0
  jump bb4(%2, %12)
bb4(%13: ref, %14: f64):
  %15: bool = rzero %13
  branch %15, bb6, bb5
bb5:
  check %13, 0, "value", false  unwind bb9(exc)
  %16: i64 = load %13, class0, "value"
  %17: f64 = load %13, class0, "weight"
  %18: any = load %13, class0, "any"
  %19: i64 = unbox_i %18
  %20: i64 = imul %16, %19
  %21: f64 = itof %20
  %22: f64 = fadd %14, %21
  %23: f64 = fadd %22, %17
  %24: ref = load %13, class0, "next"
  %25: ref = retain %24
  release_quiet move %13
  jump bb4(%25, %23)
bb6:
  release_quiet move %13
  %26: any = box_f %14
  return move %26
bb7(%27: any):
  release_unwinding move %2
  throw move %27
bb8(%28: any):
  release_unwinding move %6
  throw move %28
bb9(%29: any):
  release_unwinding move %13
  throw move %29
}"#;

#[test]
fn fields_of_every_slot() {
    let slot = |_: u32, field: usize| {
        [SlotType::Ref, SlotType::I64, SlotType::F64, SlotType::Bool, SlotType::Any][field]
    };
    let ran = World::new(LIST, Options { slot, ..Options::default() }).run();
    // The sum of n * n + n for n below 5.
    assert_eq!(ran.exit(), "40.0", "{:?}", ran.ended);
    assert!(ran.ended.leaked.is_empty(), "{:?}", ran.ended);
}

#[test]
fn members_of_nothing_throw_what_they_throw_in_generic_code() {
    let text = |action: u32, void: bool| {
        format!(
            r#"
bb0:
  %0: ref = null
  check %0, {action}, "name", {void}
  %1: any = null
  return move %1"#
        )
    };
    assert_eq!(body(&text(0, false)), "uncaught NullReference: Field 'name' of null");
    assert_eq!(body(&text(1, true)), "uncaught NullReference: Field 'name' of void");
    assert!(body(&text(2, true)).starts_with("uncaught NullReference: "), "{}", body(&text(2, true)));
}

#[test]
fn arrays_keep_their_elements_and_widen() {
    let text = r#"
bb0:
  %0: ref = array_of ()
  %2: i64 = int 10
  %3: i64 = int 0
  jump bb2(%3)
bb1(%1: any):
  release_unwinding move %0
  throw move %1
bb2(%4: i64):
  %5: bool = ilt %4, %2
  branch %5, bb3, bb4
bb3:
  %6: i64 = imul %4, %4
  arr_push %0, %6  unwind bb1(exc)
  %7: i64 = int 1
  %8: i64 = iadd %4, %7
  jump bb2(%8)
bb4:
  %9: i64 = int 3
  %10: i64 = int 100
  arr_set %0, %9, %10  unwind bb1(exc)
  %11: i64 = arr_get %0, %9
  %12: i64 = int 9
  %13: i64 = arr_get %0, %12
  %14: i64 = iadd %11, %13
  %15: f64 = float 0.5
  arr_push %0, %15  unwind bb1(exc)
  %16: any = arr_get %0, %2
  %17: any = arr_get %0, %10
  %18: any = null
  %19: bool = eq %17, %18
  %20: i64 = arr_len %0
  %21: i64 = iadd %14, %20
  %22: f64 = itof %21
  %23: f64 = unbox_f %16
  %24: f64 = fadd %22, %23
  release_quiet move %0
  branch %19, bb5, bb6
bb5:
  %25: any = box_f %24
  return move %25
bb6:
  %26: any = null
  return move %26"#;
    // 100 + 81 + 11 + 0.5, and null outside.
    assert_eq!(body(text), "192.5");
    let outside = text.replace("arr_set %0, %9, %10", "arr_set %0, %10, %10");
    assert!(body(&outside).starts_with("uncaught IndexError"), "{}", body(&outside));
}

#[test]
fn closures_cells_and_globals() {
    let text = r#"
global $0 "counter"
func @0 "top" top params 0 typed () any {
bb0:
  %0: i64 = int 5
  %1: any = box_i %0
  %2: ref = cell_of %1
  %3: any = box_ref %2, false
  %4: ref = closure_of @1 (%3)  unwind bb1(exc)
  %6: i64 = int 2
  %7: i64 = call_closure %4, @1 (%6)  unwind bb2(exc)
  %8: i64 = call_closure %4, @1 (%7)  unwind bb2(exc)
  %9: i64 = cell_get %2
  %10: i64 = iadd %8, %9
  global_set $0, move %10  unwind bb2(exc)
  %11: i64 = global_get $0  unwind bb2(exc)
  %12: any = box_i %11
  release_quiet move %4
  release_quiet move %2
  return move %12
bb1(%5: any):
  release_unwinding move %2
  throw move %5
bb2(%13: any):
  release_unwinding move %4
  release_unwinding move %2
  throw move %13
}
func @1 "add" user params 1 captures 1 typed (i64) i64 {
bb0:
  %1: ref = capture_get 0
  %2: i64 = cell_get %1
  %3: i64 = iadd %2, %0
  cell_set %1, move %3
  return move %3
}"#;
    // 5 + 2 = 7, 7 + 7 = 14; 14 + 14.
    assert_eq!(exit(text), "28");
}

#[test]
fn text_grows_in_place_and_is_compared() {
    let text = r#"
bb0:
  %0: ref = str "ab"
  %1: ref = retain %0
  %2: i64 = int 0
  jump bb1(%1, %2)
bb1(%3: ref, %4: i64):
  %5: i64 = int 3
  %6: bool = ilt %4, %5
  branch %6, bb2, bb3
bb2:
  %7: any = box_i %4
  %8: ref = append %3, %7  unwind bb4(exc)
  release_quiet move %3
  %9: i64 = int 1
  %10: i64 = iadd %4, %9
  jump bb1(%8, %10)
bb3:
  %11: ref = str "ab012"
  %12: bool = seq %3, %11
  release_quiet move %3
  %13: any = box_b %12
  return move %13
bb4(%14: any):
  release_unwinding move %3
  throw move %14"#;
    assert_eq!(body(text), "true");
}

#[test]
fn what_a_branch_tests_may_be_gone_when_it_jumps() {
    let texts = r#"
bb0:
  %0: ref = str "text "
  %1: i64 = int 1
  %2: ref = str_join %0, %1
  %3: ref = str_join %0, %1  unwind bb3(exc)
  %4: any = box_ref %2, false
  %5: any = box_ref %3, false
  %6: bool = eq %4, %5
  release_quiet move %2
  branch %6, bb1, bb2
bb1:
  release_quiet move %3
  %7: any = box_i %1
  return move %7
bb2:
  release_quiet move %3
  %8: any = null
  return move %8
bb3(%9: any):
  release_unwinding move %2
  throw move %9"#;
    assert_eq!(body(texts), "1");
    let class = r#"
class class0 "Node" {
  field "next" public
}
func @0 "top" top params 0 typed () any {
bb0:
  %0: ref = new_object class0
  %1: bool = class_is %0, class0
  release_quiet move %0
  branch %1, bb1, bb2
bb1:
  %2: i64 = int 1
  %3: any = box_i %2
  return move %3
bb2:
  %4: any = null
  return move %4
}"#;
    assert_eq!(exit(class), "1");
}
