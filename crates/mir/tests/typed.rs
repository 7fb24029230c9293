//! Typed functions: what the verifier must find wrong with their representations, signatures and counts, right
//! ones that it must accept, and their text.

use mir::func::{Func, Rep, Types};
use mir::inst::{Effects, FuncId, TABLE, Val};
use mir::program::Program;
use mir::text::{parse, print_program};
use mir::types::{Signature, Signatures, Slot};
use mir::verify::{Fault, verify, verify_program, verify_typed, verify_typed_as};
use proptest::prelude::*;

/// The body is that of `@0`: its parameters are an I64, an F64, a Bool, a reference and an Any, its result an I64.
fn program(body: &str) -> String {
    format!(
        r#"
        global $0 "g"
        class class0 "Base" {{ field "x" field "next" }}
        class class1 "Derived" {{ parent class0 field "y" }}
        func @0 "f" user params 5 captures 1 typed (i64, f64, bool, ref, any) i64 {{ {body} }}
        func @1 "half" user params 2 typed (i64, ref) f64 {{ bb0: %2:f64 = itof %0 return move %2 }}
        func @2 "inner" user params 1 captures 1 typed (any) ref {{ bb0: %1:ref = null return move %1 }}
        func @3 "unknown" user params 0 {{ bb0: unreachable }}
        "#
    )
}

fn read(text: &str) -> Program {
    match parse(text) {
        Ok(program) => program,
        Err(error) => panic!("{error} in {text}"),
    }
}

/// What the typed functions of a program say about themselves. Captured values are I64.
struct Declared(Vec<Option<Signature>>);

impl Declared {
    fn of(program: &Program) -> Declared {
        let slot = |rep| Slot { rep, void: false };
        let signature = |func: &Func| {
            let types = func.types.as_ref()?;
            Some(Signature {
                params: types.reps.iter().take(func.params as usize).map(|rep| slot(*rep)).collect(),
                result: slot(types.result),
                captures: vec![slot(Rep::I64); func.captures as usize].into(),
            })
        };
        Declared(program.funcs.iter().map(signature).collect())
    }
}

impl Signatures for Declared {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.0.get(func.index())?.as_ref()
    }
}

/// Block, instruction and rule of each fault.
fn short(found: Result<(), Vec<Fault>>) -> Vec<String> {
    let place = |f: &Fault| match f.inst {
        Some(i) => format!("{:?}.{i} ", f.block),
        None => String::new(),
    };
    found.err().unwrap_or_default().iter().map(|f| format!("{}{}", place(f), f.what)).collect()
}

/// Checks a table of bodies with the faults that they have; without signatures first, then with them.
fn check(cases: &[(&str, &[&str])], signatures: bool) {
    let mut failed = String::new();
    for (body, expected) in cases {
        let program = read(&program(body));
        let func = &program.funcs[0];
        let found = short(match signatures {
            true => verify_typed_as(&program, FuncId(0), func, &Declared::of(&program)),
            false => verify(&program, func),
        });
        if found != *expected {
            failed += &format!("{body}\n  expected {expected:#?}\n  found {found:#?}\n");
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn operands() {
    check(
        &[
            ("bb0: %5:i64 = iadd %0, %1 unreachable", &["bb0.0 %1 is f64 and must be i64"]),
            (
                "bb0: %5:i64 = isub %4, %2 unreachable",
                &["bb0.0 %4 is any and must be i64", "bb0.0 %2 is bool and must be i64"],
            ),
            ("bb0: %5:f64 = fadd %1, %0 unreachable", &["bb0.0 %0 is i64 and must be f64"]),
            ("bb0: %5:f64 = itof %1 unreachable", &["bb0.0 %1 is f64 and must be i64"]),
            ("bb0: %5:bool = bnot %4 unreachable", &["bb0.0 %4 is any and must be bool"]),
            ("bb0: %5:bool = rzero %4 unreachable", &["bb0.0 %4 is any and must be ref"]),
            ("bb0: %5:bool = seq %3, %4 unreachable", &["bb0.0 %4 is any and must be ref"]),
            ("bb0: %5:any = box_i %4 unreachable", &["bb0.0 %4 is any and must be i64"]),
            ("bb0: %5:any = box_ref %0, true unreachable", &["bb0.0 %0 is i64 and must be ref"]),
            ("bb0: %5:i64 = unbox_i %3 unreachable", &["bb0.0 %3 is ref and must be any"]),
            ("bb0: %5:bool = class_is %0, class0 unreachable", &["bb0.0 %0 is i64 and must be ref or any"]),
            ("bb0: check %4, 0, \"x\", true unreachable", &["bb0.0 %4 is any and must be ref"]),
            ("bb0: %5:i64 = load %4, class0, \"x\" unreachable", &["bb0.0 %4 is any and must be ref"]),
            ("bb0: %5:i64 = arr_get %3, %4 unreachable", &["bb0.0 %4 is any and must be i64"]),
            ("bb0: arr_set %3, %1, %4 unreachable", &["bb0.0 %1 is f64 and must be i64"]),
            ("bb0: arr_push %4, %0 unreachable", &["bb0.0 %4 is any and must be ref"]),
            (
                "bb0: %5:ref = swap %3, class0, \"x\", move %0 unreachable",
                &["bb0.0 %0 is i64 and must be ref"],
            ),
            (
                "bb0: %5:ref = arr_swap %3, %1, move %0 unreachable",
                &["bb0.0 %1 is f64 and must be i64", "bb0.0 %0 is i64 and must be ref"],
            ),
            // A value that nobody counts has nothing to retain or release.
            ("bb0: %5:i64 = retain %0 unreachable", &["bb0.0 %0 is i64 and must be ref or any"]),
            ("bb0: release move %0 unreachable", &["bb0.0 %0 is i64 and must be ref or any"]),
            ("bb0: release_quiet move %2 unreachable", &["bb0.0 %2 is bool and must be ref or any"]),
            ("bb0: forget move %1 unreachable", &["bb0.0 %1 is f64 and must be ref or any"]),
            // Generic instructions know boxed values only.
            (
                "bb0: %5:any = add %0, %3 unreachable",
                &["bb0.0 %0 is i64 and must be any", "bb0.0 %3 is ref and must be any"],
            ),
            ("bb0: print %0 unreachable", &["bb0.0 %0 is i64 and must be any"]),
            ("bb0: %5:any = call_method %3, \"m\" () unreachable", &["bb0.0 %3 is ref and must be any"]),
            ("bb0: %5:any = call_method %4, \"m\" (%0) unreachable", &["bb0.0 %0 is i64 and must be any"]),
            ("bb0: %5:any = get_index %4, %3 unreachable", &["bb0.0 %3 is ref and must be any"]),
            ("bb0: %5:ref = array_of (%4, %3, %0) unreachable", &[]),
            ("bb0: throw move %3", &["bb0.0 %3 is ref and must be any"]),
        ],
        false,
    );
}

#[test]
fn results() {
    check(
        &[
            ("bb0: %5:f64 = int 1 unreachable", &["bb0.0 %5 is f64 and must be i64"]),
            ("bb0: %5:any = str \"a\" unreachable", &["bb0.0 %5 is any and must be ref"]),
            ("bb0: %5:i64 = null unreachable", &["bb0.0 %5 is i64 and must be unit, ref or any"]),
            ("bb0: %5:bool = void unreachable", &["bb0.0 %5 is bool and must be unit, ref or any"]),
            ("bb0: %5:i64 = ilt %0, %0 unreachable", &["bb0.0 %5 is i64 and must be bool"]),
            ("bb0: %5:i64 = itof %0 unreachable", &["bb0.0 %5 is i64 and must be f64"]),
            ("bb0: %5:i64 = box_i %0 unreachable", &["bb0.0 %5 is i64 and must be any"]),
            ("bb0: %5:ref = get_field %4, \"x\" unreachable", &["bb0.0 %5 is ref and must be any"]),
            ("bb0: %5:any = eq %4, %4 unreachable", &["bb0.0 %5 is any and must be bool"]),
            ("bb0: %5:any = retain %3 release move %5 unreachable", &["bb0.0 %5 is any and must be ref"]),
            ("bb0: %5:any = lend %3 unreachable", &["bb0.0 %5 is any and must be ref"]),
            ("bb0: return move %1", &["bb0.0 %1 is f64 and must be i64"]),
            (
                "bb0: %5:i64 = int 1 branch %5, bb1, bb1 bb1: unreachable",
                &["bb0.1 %5 is i64 and must be bool"],
            ),
            ("bb0: switch %4, [bb1] bb1: unreachable", &["bb0.0 %4 is any and must be i64"]),
        ],
        false,
    );
}

#[test]
fn edges() {
    check(
        &[
            (
                "bb0: jump bb1(%0) bb1(%5:f64): unreachable",
                &["bb0.0 %0 is i64 and passed to %5, which is f64"],
            ),
            (
                "bb0: branch %2, bb1(%3), bb1(%4) bb1(%5:any): unreachable",
                &["bb0.0 %3 is ref and passed to %5, which is any"],
            ),
            (
                "bb0: %5:i64 = idiv %0, %0 unwind bb1(exc) return move %5 bb1(%6:ref): unreachable",
                &["bb0.0 exc is any and passed to %6, which is ref"],
            ),
        ],
        false,
    );
}

#[test]
fn shape_of_typed_instructions() {
    check(
        &[
            (
                "bb0: %5:f64 = call_direct @1 (%0) unreachable",
                &["bb0.0 1 arguments for a function with 2 parameters"],
            ),
            (
                "bb0: %5:ref = call_closure %3, @2 () unreachable",
                &["bb0.0 0 arguments for a function with 1 parameters"],
            ),
            (
                "bb0: %5:ref = closure_of @2 () unreachable",
                &["bb0.0 0 captured values for a function that has 1"],
            ),
            ("bb0: %5:i64 = capture_get 1 unreachable", &["bb0.0 there is no captured value 1"]),
            ("bb0: check %3, 3, \"x\", true unreachable", &["bb0.0 there is no action 3"]),
            (
                "bb0: %5:i64 = load %3, class0, \"y\" unreachable",
                &["bb0.0 class0 and its parents have no such field"],
            ),
            (
                "bb0: store_raw %3, class1, \"z\", %0 unreachable",
                &["bb0.0 class1 and its parents have no such field"],
            ),
            (
                "bb0: var_init v0, %0 unreachable",
                &["bb0.0 this instruction exists only before SSA construction"],
            ),
            // The field of a parent.
            ("bb0: %5:i64 = load %3, class1, \"x\" return move %5", &[]),
        ],
        false,
    );
}

#[test]
fn calls_against_signatures() {
    check(
        &[
            ("bb0: %5:f64 = call_direct @1 (%0, %3) return move %0", &[]),
            (
                "bb0: %5:f64 = call_direct @1 (%1, %4) return move %0",
                &["bb0.0 %1 is f64 and must be i64", "bb0.0 %4 is any and must be ref"],
            ),
            ("bb0: %5:any = call_direct @1 (%0, %3) unreachable", &["bb0.0 %5 is any and must be f64"]),
            ("bb0: %5:any = call_direct @3 () unreachable", &["bb0.0 @3 has no signature"]),
            ("bb0: %5:ref = call_closure %3, @2 (%3) unreachable", &["bb0.0 %3 is ref and must be any"]),
            ("bb0: %5:i64 = call_closure %3, @2 (%4) unreachable", &["bb0.0 %5 is i64 and must be ref"]),
            ("bb0: %5:any = capture_get 0 unreachable", &["bb0.0 %5 is any and must be i64"]),
        ],
        true,
    );
}

#[test]
fn the_function_against_its_signature() {
    let mut program = read(&program("bb0: return move %0"));
    let mut declared = Declared::of(&program);
    let func = program.funcs[0].clone();
    let any = Slot { rep: Rep::Any, void: false };
    declared.0[0] = Some(Signature { params: vec![any; 5].into(), result: any, captures: vec![any].into() });
    assert_eq!(
        short(verify_typed_as(&program, FuncId(0), &func, &declared)),
        [
            "%0 is i64 and must be any",
            "%1 is f64 and must be any",
            "%2 is bool and must be any",
            "%3 is ref and must be any",
            "the function gives i64 and its signature says any"
        ]
    );
    // Who it is does not matter to its calls.
    assert_eq!(verify_typed(&program, &func, &declared), Ok(()));
    declared.0[0] = Some(Signature { params: Box::new([]), result: any, captures: Box::new([]) });
    assert_eq!(
        short(verify_typed_as(&program, FuncId(0), &func, &declared)),
        [
            "5 arguments for a function with 0 parameters",
            "1 captured values for a function that has 0",
            "the function gives i64 and its signature says any"
        ]
    );
    assert_eq!(short(verify_typed_as(&program, FuncId(3), &func, &declared)), ["@3 has no signature"]);
    program.funcs[0].types = Some(Types { reps: vec![Rep::I64], result: Rep::I64 });
    assert_eq!(short(verify(&program, &program.funcs[0])), ["1 representations for 5 values"]);
}

#[test]
fn counts() {
    check(
        &[
            // A call gives its result to the caller; there is nothing to release when it is no reference.
            ("bb0: %5:f64 = call_direct @1 (%0, %3) return move %0", &[]),
            ("bb0: %5:i64 = call_direct @1 (%0, %3) return move %5", &[]),
            (
                "bb0: %5:ref = call_direct @1 (%0, %3) return move %0",
                &["bb0.1 %5 is owned and not consumed on this path"],
            ),
            (
                "bb0: %5:any = call_direct @1 (%0, %3) %6:i64 = idiv %0, %0 release move %5 return move %6",
                &["bb0.1 %5 is owned and lost if this throws"],
            ),
            // Parameters of the function that are no references may be consumed, the others are borrowed.
            ("bb0: jump bb1(%0) bb1(%5:i64): return move %5", &[]),
            ("bb0: release move %3 return move %0", &["bb0.0 %3 is borrowed and must not be consumed"]),
            ("bb0: store %3, class0, \"x\", move %0 return move %0", &[]),
            (
                "bb0: store %3, class0, \"next\", move %4 return move %0",
                &["bb0.0 %4 is borrowed and must not be consumed"],
            ),
            // What a field or element holds stays with it.
            ("bb0: %5:i64 = load %3, class0, \"x\" return move %5", &[]),
            (
                "bb0: %5:ref = load %3, class0, \"next\" release move %5 return move %0",
                &["bb0.1 %5 is borrowed and must not be consumed"],
            ),
            ("bb0: %5:ref = arr_get %3, %0 %6:ref = retain %5 release move %6 return move %0", &[]),
            (
                "bb0: %5:ref = lend %3 release move %5 return move %0",
                &["bb0.1 %5 is borrowed and must not be consumed"],
            ),
            // Boxes of borrowed references are borrowed, moved ones owned.
            (
                "bb0: %5:any = box_ref %3, true release move %5 return move %0",
                &["bb0.1 %5 is borrowed and must not be consumed"],
            ),
            ("bb0: %5:ref = retain %3 %6:any = box_move move %5, true release move %6 return move %0", &[]),
            (
                "bb0: %5:any = retain %4 %6:ref = unbox_move move %5 return move %0",
                &["bb0.2 %6 is owned and not consumed on this path"],
            ),
            ("bb0: %5:any = retain %4 forget move %5 return move %0", &[]),
            ("bb0: %5:any = retain %4 release_quiet move %5 return move %0", &[]),
            // A zero reference may take the place of an owned one.
            (
                "bb0: %5:ref = retain %3 branch %2, bb1, bb2 bb1: jump bb3(%5)
                 bb2: release move %5 %6:ref = null jump bb3(%6) bb3(%7:ref): release move %7 return move %0",
                &[],
            ),
        ],
        false,
    );
}

#[test]
fn a_fault_says_where_it_is() {
    let program = read(&program("bb0: %5:i64 = iadd %0, %1 return move %5"));
    let found = verify(&program, &program.funcs[0]).err().unwrap_or_default();
    assert_eq!(
        found[0].to_string(),
        "f: bb0 instruction 0 `%5:i64 = iadd %0, %1`: %1 is f64 and must be i64"
    );
}

/// Typed rows do not exist in functions without representations.
#[test]
fn typed_rows_in_generic_functions() {
    let program = read("func @0 \"f\" user params 1 { bb0: %1 = ineg %0 return move %1 }");
    assert_eq!(
        short(verify(&program, &program.funcs[0])),
        ["bb0.0 this instruction exists only in typed functions"]
    );
}

const GOLDEN: &str = r#"class class0 "Node" {
  field "next"
  field "value"
}

func @0 "sum" user params 2 typed (ref, f64) f64 {
bb0:
  %2:i64 = int 0
  %3:i64 = arr_len %0
  jump bb1(%2, %1)
bb1(%4:i64, %5:f64):
  %6:bool = ilt %4, %3
  branch %6, bb2, bb3
bb2:
  %7:f64 = arr_get %0, %4
  %8:f64 = fadd %5, %7
  %9:i64 = int 1
  %10:i64 = iadd %4, %9
  jump bb1(%10, %8)
bb3:
  return move %5
}

func @1 "last" user params 1 captures 1 typed (ref) any {
bb0:
  %1:ref = retain %0
  check %0, 0, "next", true  unwind bb2(exc, %1)
  %2:ref = load %0, class0, "next"  ; Node
  %3:bool = rzero %2
  branch %3, bb1, bb3
bb1:
  %4:any = box_move move %1, true
  return move %4
bb2(%5:any, %6:ref):
  release_unwinding move %6
  rethrow move %5
bb3:
  release_quiet move %1
  %7:unit = void
  %8:any = capture_get 0
  %9:any = retain %8
  return move %9
}
"#;

#[test]
fn golden_text() {
    let program = read(GOLDEN);
    assert_eq!(print_program(&program, None), GOLDEN);
    assert_eq!(verify_program(&program), Ok(()));
    let sum = &program.funcs[0];
    assert_eq!(sum.types.as_ref().map(|t| t.result), Some(Rep::F64));
    let reps = [0, 1, 2, 6, 8].map(|v| sum.rep(Val(v)));
    assert_eq!(reps, [Rep::Ref, Rep::F64, Rep::I64, Rep::Bool, Rep::F64]);
    assert_eq!(program.funcs[1].rep(Val(7)), Rep::Unit);
}

/// Values that are no longer used keep their numbers, and a representation.
#[test]
fn numbers_without_definitions() {
    let text = "func @0 \"f\" user params 0 typed () unit values 9 {\nbb0:\n  unreachable\n}\n";
    let program = read(text);
    assert_eq!(program.funcs[0].types.as_ref().map(|t| t.reps.len()), Some(9));
    assert_eq!(verify_program(&program), Ok(()));
    assert_eq!(print_program(&program, None), text);
    let program = read("func @0 \"f\" user params 0 typed () unit values 4000000000 { bb0: unreachable }");
    assert_eq!(short(verify_program(&program)), ["the number of values is far above what is defined"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Texts of typed functions that are nearly right: an error, or a program that reads back and is verified
    /// without a panic.
    #[test]
    fn nearly_right_texts(cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..8, "[ -~\n]{0,4}"), 1..4)) {
        let mut text = GOLDEN.to_string();
        for (at, len, insert) in cuts {
            let start = at.index(text.len());
            let end = (start + len).min(text.len());
            text.replace_range(start..end, &insert);
        }
        if let Ok(program) = parse(&text) {
            let printed = print_program(&program, None);
            prop_assert_eq!(print_program(&read(&printed), None), printed);
            let _ = verify_program(&program);
            for func in &program.funcs {
                let _ = verify_typed(&program, func, &Declared::of(&program));
            }
        }
    }
}

#[test]
fn wrong_texts() {
    let cases = [
        ("func @0 \"f\" user typed i64 {", "1:24: expected `(`"),
        ("func @0 \"f\" user params 1 typed (int) i64 {", "1:34: expected a representation like `i64`"),
        ("func @0 \"f\" user params 2 typed (i64 i64) i64 {", "1:38: expected `,` or `)`"),
        (
            "func @0 \"f\" user params 2 typed (i64) i64 {",
            "1:38: expected a representation for each parameter",
        ),
        ("func @0 \"f\" user typed () {", "1:27: expected a representation like `i64`"),
        ("func @0 \"f\" user typed () i64 { bb0: %0 = int 1 }", "1:41: expected `:` and a representation"),
        ("func @0 \"f\" user typed () i64 { bb0(%0): }", "1:39: expected `:` and a representation"),
        (
            "func @0 \"f\" user typed () i64 { bb0: %0:i32 = int 1 }",
            "1:41: expected a representation like `i64`",
        ),
        // Room is made for representations that the text has, not for those that a number promises.
        ("func @0 \"f\" user typed () i64 { bb0: %4000000000:i64 = int 1 }", "1:50: the number is too large"),
        ("func @0 \"f\" user { bb0: %0:i64 = int 1 }", "1:27: expected `=`"),
    ];
    for (text, expected) in cases {
        match parse(text) {
            Ok(_) => panic!("{text} was accepted"),
            Err(error) => assert_eq!(error.to_string(), expected, "{text}"),
        }
    }
}

/// Every row of typed MIR says what its operands are: no row is taken for one of the runtime's functions by accident.
#[test]
fn rows_that_take_any() {
    let takes_any = ["unbox_i", "unbox_f", "unbox_b", "unbox_ref", "unbox_move", "unbox_lit", "plain"];
    let program = read(&program("bb0: unreachable"));
    for row in TABLE.iter().filter(|row| row.effects.0 & Effects::TYPED.0 != 0) {
        let mut func = program.funcs[0].clone();
        let list = func.push_list([0]);
        let mut reader = Reader { list };
        let Some(Ok(op)) = mir::inst::Op::read(row.mnemonic, &mut reader) else { panic!("{}", row.mnemonic) };
        let mut wants = Vec::new();
        mir::types::operands(&func, &op, |_, want| wants.push(want));
        let any = wants.first() == Some(&mir::types::Want::Rep(Rep::Any));
        assert_eq!(any, takes_any.contains(&row.mnemonic), "{}: {wants:?}", row.mnemonic);
    }
}

/// Makes every operand the first of its kind.
struct Reader {
    list: u32,
}

impl mir::inst::ReadOperand for Reader {
    type Error = ();
    fn operand(&mut self, operand: &mut dyn mir::inst::Operand) -> Result<(), ()> {
        use mir::inst::{OperandRef, Own, Owns, Vals};
        match operand.get() {
            OperandRef::Val(_) => operand.set(OperandRef::Val(Val(0))),
            OperandRef::Own(_) => operand.set(OperandRef::Own(Own(Val(0)))),
            OperandRef::Vals(_) => operand.set(OperandRef::Vals(Vals(self.list))),
            OperandRef::Owns(_) => operand.set(OperandRef::Owns(Owns(self.list))),
            _ => {}
        }
        Ok(())
    }
}
