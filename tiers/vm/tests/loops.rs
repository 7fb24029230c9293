//! An activation that is in a loop of the interpreter goes on in the same loop here.

mod support;

use std::rc::Rc;

use link::Linked;
use machine::{Config, Machine, Promoter};
use mir::inst::{Block, FuncId, Val};
use support::{Texts, runtime};
use vm::{Vm, enter_loop};

/// Adds up numbers and the length of a text, which it owns twice.
const GENERIC: &str = r#"
func @0 "sum" top params 0 {
bb0:
  %0 = int 0
  %1 = int 0
  %2 = str "ab"
  %3 = int 7
  %4 = add %2, %3
  %5 = retain %4
  jump bb1(%0, %1)
bb1(%6, %7):
  %8 = int 1000
  %9 = lt %7, %8  unwind bb4(exc)
  branch %9, bb2, bb3
bb2:
  %10 = int 3
  %11 = mul %7, %10  unwind bb4(exc)
  %12 = add %6, %11  unwind bb5(exc)
  release move %11  unwind bb6(exc)
  release move %6  unwind bb7(exc)
  %13 = int 1
  %14 = add %7, %13  unwind bb8(exc)
  release move %7  unwind bb9(exc)
  jump bb1(%12, %14)
bb3:
  release move %5  unwind bb10(exc)
  release move %4  unwind bb11(exc)
  release move %7  unwind bb12(exc)
  return move %6
bb4(%20):
  release_unwinding move %7
  release_unwinding move %6
  release_unwinding move %5
  release_unwinding move %4
  throw move %20
bb5(%21):
  release_unwinding move %11
  jump bb4(%21)
bb6(%22):
  release_unwinding move %12
  jump bb4(%22)
bb7(%23):
  release_unwinding move %12
  release_unwinding move %7
  release_unwinding move %5
  release_unwinding move %4
  throw move %23
bb8(%24):
  jump bb7(%24)
bb9(%25):
  release_unwinding move %14
  release_unwinding move %12
  release_unwinding move %5
  release_unwinding move %4
  throw move %25
bb10(%26):
  release_unwinding move %4
  release_unwinding move %7
  release_unwinding move %6
  throw move %26
bb11(%27):
  release_unwinding move %7
  release_unwinding move %6
  throw move %27
bb12(%28):
  release_unwinding move %6
  throw move %28
}"#;

/// The same with types; it owns the text once.
const TYPED: &str = r#"
func @0 "sum" top params 0 typed () any {
bb0:
  %0: i64 = int 0
  %1: i64 = int 0
  %2: ref = str "ab"
  %3: i64 = int 7
  %15: any = box_i %3
  %16: any = box_lit %2, false
  %4: any = add %16, %15
  jump bb1(%0, %1)
bb1(%6: i64, %7: i64):
  %8: i64 = int 1000
  %9: bool = ilt %7, %8
  branch %9, bb2, bb3
bb2:
  %10: i64 = int 3
  %11: i64 = imul %7, %10
  %12: i64 = iadd %6, %11
  %13: i64 = int 1
  %14: i64 = iadd %7, %13
  jump bb1(%12, %14)
bb3:
  %17: ref = unbox_ref %4
  %18: i64 = str_len %17
  %19: i64 = iadd %6, %18
  release_quiet move %4
  %20: any = box_i %19
  return move %20
}"#;

/// Promotes at the first loop that is warm.
struct Now(Rc<Vm>);

impl Promoter for Now {
    fn patience(&self, _: FuncId) -> i32 {
        500
    }
    fn warm(&self, machine: &mut Machine, func: FuncId, at_back_edge: bool) {
        assert!(at_back_edge);
        let code = machine::Tier::prepare(&*self.0, machine, func).unwrap_or_else(|e| panic!("{e:?}"));
        let code = machine.keep(code);
        // Both texts have the same numbers.
        let blocks: Vec<Block> = (0..4).map(Block).collect();
        let values: Vec<Val> = (0..15).map(Val).collect();
        // Nothing does the same as the loop, or nothing holds what is alive there: it goes on where it is.
        assert!(!enter_loop(machine, code, &[], &values));
        assert!(!enter_loop(machine, code, &blocks, &[]));
        assert!(enter_loop(machine, code, &blocks, &values));
    }
}

#[test]
fn a_running_loop_goes_on_with_types() {
    let typed = mir::text::parse(TYPED).unwrap_or_else(|e| panic!("{e}"));
    let vm = Rc::new(Vm::new(Rc::new(Texts::new(&typed))));
    vm.count();
    let (mut rt, _) = runtime(true);
    let linked = Linked::new(&mut rt, mir::text::parse(GENERIC).unwrap_or_else(|e| panic!("{e}")));
    let mut machine = Machine::new(rt, linked, Config { audit: true, ..Config::default() });
    machine.add_tier(Rc::new(interp::Interp));
    machine.add_tier(vm.clone());
    machine.set_promoter(Rc::new(Now(vm.clone())));
    let exit = machine.run(FuncId(0));
    let machine::Exit::Value(value) = exit else { panic!("{exit:?}") };
    // The typed text also adds the length of "ab7", so that it shows who did the end.
    assert_eq!(value.as_int(), Some((0..1000).map(|n| n * 3).sum::<i64>() + 3));
    assert!(vm.executed().all > 500);
    let ended = machine.finish();
    assert!(ended.leaked.is_empty(), "{ended:?}");
}
