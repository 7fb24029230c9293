//! Wrong functions and the faults the verifier must find in them, and right ones it must accept.

use mir::func::Func;
use mir::inst::{ClassIx, EdgeId, Edges, FuncId, Op, Val, Vals};
use mir::program::Program;
use mir::text::parse;
use mir::verify::{Fault, owned_at, verify, verify_program};
use syntax::intern::Symbol;

/// The body is that of `@0`, which has two parameters and one captured value.
fn program(body: &str) -> String {
    format!(
        r#"
        global $0 "g"
        class class0 "C" {{}}
        func @0 "f" user params 2 captures 1 {{ {body} }}
        func @1 "callee" user params 2 captures 2 {{ bb0: %2 = void return move %2 }}
        func @2 "file" top params 0 {{ bb0: %0 = void return move %0 }}
        "#
    )
}

fn read(text: &str) -> Program {
    match parse(text) {
        Ok(program) => program,
        Err(error) => panic!("{error} in {text}"),
    }
}

fn faults(text: &str) -> Vec<Fault> {
    let program = read(text);
    verify(&program, &program.funcs[0]).err().unwrap_or_default()
}

/// Block, instruction and rule of each fault.
fn short(faults: &[Fault]) -> Vec<String> {
    let place = |f: &Fault| match f.inst {
        Some(i) => format!("{:?}.{i} ", f.block),
        None if f.block.is_none() => String::new(),
        None => format!("{:?} ", f.block),
    };
    faults.iter().map(|f| format!("{}{}", place(f), f.what)).collect()
}

/// Checks a table of bodies with the faults that they have.
fn check(cases: &[(&str, &[&str])]) {
    let mut failed = String::new();
    for (body, expected) in cases {
        let found = short(&faults(&program(body)));
        if found != *expected {
            failed += &format!("{body}\n  expected {expected:#?}\n  found {found:#?}\n");
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn shape() {
    check(&[
        ("", &["the function has no blocks"]),
        ("bb0:", &["bb0 the block must end with an instruction that ends blocks"]),
        ("bb0: %2 = int 1", &["bb0 the block must end with an instruction that ends blocks"]),
        (
            "bb0: jump bb1 bb1: print %0 bb2: unreachable",
            &["bb1 the block must end with an instruction that ends blocks"],
        ),
        ("bb0: jump bb1 unreachable bb1: unreachable", &["bb0.0 this may only stand at the end of a block"]),
        ("bb0(%2): unreachable", &["bb0 the entry block must not have parameters"]),
        ("bb0: jump bb1 bb1: jump bb0", &["bb1.0 no edge may lead to the entry block"]),
        ("bb0: print %0 unwind bb0 unreachable", &["bb0.0 no edge may lead to the entry block"]),
        ("bb0: jump bb7", &["bb0.0 there is no block bb7"]),
        ("bb0: jump bb-", &["bb0.0 there is no block bb-"]),
        ("bb0: jump bb1 bb1(%2): unreachable", &["bb0.0 0 arguments for bb1, which has 1 parameters"]),
        (
            "bb0: jump bb1(%0, %1) bb1(%2): unreachable",
            &["bb0.0 2 arguments for bb1, which has 1 parameters"],
        ),
        ("bb0: %2 = int 0 switch %2, []", &["bb0.1 a switch needs at least one way"]),
        ("bb0: %2 = int 0 switch %2, [bb1, bb2] bb1: unreachable", &["bb0.1 there is no block bb2"]),
        ("bb0: print %9 unreachable", &["bb0.0 %9 is nowhere defined"]),
        ("bb0: print %- unreachable", &["bb0.0 there is no value %-"]),
        ("bb0: print exc unreachable", &["bb0.0 exc may only be an argument of an unwind edge"]),
        (
            "bb0: jump bb1(exc) bb1(%2): rethrow move %2",
            &["bb0.0 exc may only be an argument of an unwind edge"],
        ),
        (
            "bb0: %2 = eq %0, %1 unwind bb1(exc) unreachable bb1(%3): rethrow move %3",
            &["bb0.0 an unwind edge on an instruction that does not throw"],
        ),
        (
            "bb0: jump bb1 unwind bb1 bb1: unreachable",
            &["bb0.0 an unwind edge on an instruction that does not throw"],
        ),
        ("bb0: int 1 unreachable", &["bb0.0 the instruction gives a value, which needs a number"]),
        ("bb0: call @1 (%0, %1) unreachable", &["bb0.0 the instruction gives a value, which needs a number"]),
        ("bb0: %2 = print %0 unreachable", &["bb0.0 the instruction gives nothing"]),
        ("bb0: %1 = int 1 unreachable", &["bb0.0 %1 is defined more than once"]),
        ("bb0: %2 = int 1 %2 = int 2 unreachable", &["bb0.1 %2 is defined more than once"]),
        ("bb0: jump bb1(%0, %0) bb1(%2, %2): unreachable", &["bb1 %2 is defined more than once"]),
        ("bb0: %2 = var_get v0 unreachable", &["bb0.0 this instruction exists only before SSA construction"]),
        ("bb0: leave s3 unreachable", &["bb0.0 this instruction exists only before SSA construction"]),
        (
            "bb0: enter_try s0, bb1 unreachable bb1: unreachable",
            &["bb0.0 this instruction exists only before SSA construction"],
        ),
        ("bb0: %4000000 = int 1 unreachable", &["the number of values is far above what is defined"]),
    ]);
}

#[test]
fn numbers_of_the_program() {
    check(&[
        ("bb0: %2 = call @9 () return move %2", &["bb0.0 there is no function @9"]),
        ("bb0: call_once @- unreachable", &["bb0.0 there is no function @-"]),
        ("bb0: call_once @1 unreachable", &["bb0.0 0 arguments for a function with 2 parameters"]),
        ("bb0: %2 = call @1 (%0) return move %2", &["bb0.0 1 arguments for a function with 2 parameters"]),
        (
            "bb0: %2 = call @1 (%0, %1, %0) return move %2",
            &["bb0.0 3 arguments for a function with 2 parameters"],
        ),
        ("bb0: %2 = new_object class1 return move %2", &["bb0.0 there is no class class1"]),
        ("bb0: declare_box class- unreachable", &["bb0.0 there is no class class-"]),
        ("bb0: %2 = get_global $1 return move %2", &["bb0.0 there is no global $1"]),
        (
            "bb0: %2 = new_closure @1 () return move %2",
            &["bb0.0 0 captured values for a function that has 2"],
        ),
        ("bb0: %2 = capture 1 unreachable", &["bb0.0 there is no captured value 1"]),
    ]);
}

#[test]
fn dominance() {
    check(&[
        ("bb0: print %2 %2 = int 1 unreachable", &["bb0.0 %2 may not be defined here"]),
        ("bb0: %2 = bit_not %2 unreachable", &["bb0.0 %2 may not be defined here"]),
        (
            "bb0: %2 = bool true branch %2, bb1, bb2 bb1: %3 = int 1 jump bb3 bb2: jump bb3
             bb3: print %3 unreachable",
            &["bb3.0 %3 may not be defined here"],
        ),
        (
            "bb0: %2 = bool true branch %2, bb1, bb2 bb1: %3 = int 1 jump bb3(%3) bb2: jump bb3(%3)
             bb3(%4): unreachable",
            &["bb2.0 %3 may not be defined here"],
        ),
        // A parameter is known in its block, not in the other one.
        (
            "bb0: %2 = bool true branch %2, bb1(%0), bb2 bb1(%3): unreachable bb2: print %3 unreachable",
            &["bb2.0 %3 may not be defined here"],
        ),
        // The result of an instruction that throws does not exist where its exception goes.
        (
            "bb0: %2 = sub %0, %1 unwind bb1(exc, %2) unreachable bb1(%3, %4): rethrow move %3",
            &["bb0.0 %2 may not be defined here"],
        ),
        (
            "bb0: %2 = sub %0, %1 unwind bb1(exc) unreachable bb1(%3): print %2 rethrow move %3",
            &["bb1.0 %2 may not be defined here"],
        ),
        // What is defined between two instructions that throw to the same block is not known there.
        (
            "bb0: check_box class0 unwind bb1(exc) %2 = int 1 check_box class0 unwind bb1(exc) unreachable
             bb1(%3): print %2 rethrow move %3",
            &["bb1.0 %2 may not be defined here"],
        ),
        // A loop: what its body defines is not known at its head.
        (
            "bb0: jump bb1 bb1: %2 = bool true branch %2, bb2, bb3 bb2: %3 = int 1 jump bb1
             bb3: print %3 unreachable",
            &["bb3.0 %3 may not be defined here"],
        ),
        (
            "bb0: jump bb2 bb1: %2 = int 1 jump bb2 bb2: print %2 unreachable",
            &["bb2.0 %2 may not be defined here"],
        ),
    ]);
}

#[test]
fn conditions() {
    check(&[
        ("bb0: branch %0, bb1, bb1 bb1: unreachable", &["bb0.0 %0 must be a Bool"]),
        ("bb0: %2 = int 1 branch %2, bb1, bb1 bb1: unreachable", &["bb0.1 %2 must be a Bool"]),
        ("bb0: %2 = bool true switch %2, [bb1] bb1: unreachable", &["bb0.1 %2 must be made by `int`"]),
        ("bb0: %2 = sub %0, %1 switch %2, [bb1] bb1: unreachable", &["bb0.1 %2 must be made by `int`"]),
        (
            "bb0: %2 = int 1 %3 = truth %0 branch %3, bb1(%2), bb1(%3)
             bb1(%4): branch %4, bb2, bb2 bb2: unreachable",
            &["bb1.0 %4 must be a Bool"],
        ),
    ]);
}

#[test]
fn ownership() {
    check(&[
        // Borrowed values have no count to give.
        ("bb0: return move %0", &["bb0.0 %0 is borrowed and must not be consumed"]),
        ("bb0: %2 = capture 0 return move %2", &["bb0.1 %2 is borrowed and must not be consumed"]),
        ("bb0: %2 = get_static class0 return move %2", &["bb0.1 %2 is borrowed and must not be consumed"]),
        ("bb0: jump bb1(%0) bb1(%2): return move %2", &["bb1.0 %2 is borrowed and must not be consumed"]),
        // Lost.
        ("bb0: %2 = retain %0 %3 = void return move %3", &["bb0.2 %2 is owned and not consumed on this path"]),
        (
            "bb0: %2 = retain %0 %3 = retain %0 %4 = void return move %4",
            &[
                "bb0.3 %2 is owned and not consumed on this path",
                "bb0.3 %3 is owned and not consumed on this path",
            ],
        ),
        ("bb0: %2 = retain %0 %3 = retain %1 throw move %3", &["bb0.2 %2 is owned and lost if this throws"]),
        ("bb0: %2 = retain %0 raise \"E\", \"m\"", &["bb0.1 %2 is owned and lost if this throws"]),
        ("bb0: %2 = retain %0 print %1 return move %2", &["bb0.1 %2 is owned and lost if this throws"]),
        // What an instruction consumes is still owned when it throws, but not what a store has taken.
        ("bb0: %2 = retain %0 %3 = new_cell move %2 return move %3", &["bb0.1 %2 is owned and lost if this throws"]),
        (
            "bb0: %2 = retain %0 set_global $0, move %2 unwind bb1(exc) %3 = void return move %3
             bb1(%4): release_unwinding move %2 rethrow move %4",
            &["bb1.0 %2 is used after it was consumed"],
        ),
        (
            "bb0: %2 = retain %0 %3 = new_cell move %2 unwind bb1(exc) return move %3
             bb1(%4): release_unwinding move %2 release_unwinding move %2 rethrow move %4",
            &["bb1.1 %2 is used after it was consumed"],
        ),
        // Except by `release`: its operand is gone in any case.
        (
            "bb0: %2 = retain %0 release move %2 unwind bb1(exc) %3 = void return move %3
             bb1(%4): release_unwinding move %2 rethrow move %4",
            &["bb1.0 %2 is used after it was consumed"],
        ),
        // The result does not exist yet when the instruction throws.
        (
            "bb0: %2 = retain %0 print %1 unwind bb1(exc) return move %2 bb1(%3): rethrow move %3",
            &["bb1.0 %2 is owned and lost if this throws"],
        ),
        // The exception is owned, too.
        (
            "bb0: print %0 unwind bb1 unreachable bb1: %2 = void return move %2",
            &["bb0.0 the unwind edge does not pass exc on"],
        ),
        (
            "bb0: print %0 unwind bb1(exc, exc) unreachable
             bb1(%2, %3): release_unwinding move %2 rethrow move %3",
            &["bb0.0 exc is owned and passed twice"],
        ),
        (
            "bb0: print %0 unwind bb1(exc) unreachable bb1(%2): %3 = void return move %3",
            &["bb1.1 %2 is owned and not consumed on this path"],
        ),
        // Used too late, or twice.
        ("bb0: %2 = retain %0 release move %2 print %2 unreachable", &["bb0.2 %2 is used after it was consumed"]),
        ("bb0: %2 = retain %0 release move %2 return move %2", &["bb0.2 %2 is used after it was consumed"]),
        (
            "bb0: %2 = retain %0 %3 = new_array (move %2, move %2) unwind bb1(exc) return move %3
             bb1(%4): release_unwinding move %2 rethrow move %4",
            &["bb0.1 %2 is consumed and used once more here"],
        ),
        (
            "bb0: %2 = retain %0 set_field %2, \"next\", move %2 unwind bb1(exc) unreachable
             bb1(%4): rethrow move %4",
            &["bb0.1 %2 is consumed and used once more here"],
        ),
        // Edges.
        (
            "bb0: %2 = retain %0 jump bb1(%2, %2) bb1(%3, %4): release move %3 unwind bb2(exc) return move %4
             bb2(%5): release_unwinding move %4 rethrow move %5",
            &["bb0.1 %2 is owned and passed twice"],
        ),
        (
            "bb0: %2 = retain %0 release move %2 jump bb1(%2) bb1(%3): return move %3",
            &["bb0.2 %2 is used after it was consumed"],
        ),
        (
            "bb0: %2 = truth %0 branch %2, bb1, bb2 bb1: %3 = retain %0 jump bb3(%3) bb2: jump bb3(%1)
             bb3(%4): return move %4",
            &["bb2.0 %1 is borrowed and passed to %4, which is owned"],
        ),
        (
            "bb0: %2 = retain %0 %3 = eq %0, %1 branch %3, bb1, bb2 bb1: release move %2 jump bb3 bb2: jump bb3
             bb3: %4 = void return move %4",
            &["bb2.0 %2 is owned on this way into bb3 and not on another"],
        ),
        (
            "bb0: %2 = retain %0 %3 = eq %0, %1 branch %3, bb1, bb2 bb1: jump bb3 bb2: release move %2 jump bb3
             bb3: return move %2",
            &["bb2.1 %2 is not owned on this way into bb3 and is on another"],
        ),
        (
            "bb0: %2 = retain %0 %3 = eq %0, %1 branch %3, bb1, bb2 bb1: return move %2
             bb2: %4 = void return move %4",
            &["bb2.1 %2 is owned and not consumed on this path"],
        ),
        // A parameter that receives a count on one way must be consumed on all.
        (
            "bb0: %2 = null %3 = eq %0, %1 branch %3, bb1, bb2 bb1: %4 = retain %0 jump bb3(%4) bb2: jump bb3(%2)
             bb3(%5): %6 = void return move %6",
            &["bb3.1 %5 is owned and not consumed on this path"],
        ),
        // Each turn of the loop takes one more.
        (
            "bb0: jump bb1 bb1: %2 = retain %0 %3 = eq %0, %1 branch %3, bb1, bb2 bb2: return move %2",
            &["bb1.2 %2 is owned on this way into bb1 and not on another"],
        ),
        // The loop consumes what was made before it.
        (
            "bb0: %2 = retain %0 jump bb1
             bb1: release_unwinding move %2 %3 = eq %0, %1 branch %3, bb1, bb2 bb2: %4 = void return move %4",
            &["bb1.2 %2 is not owned on this way into bb1 and is on another"],
        ),
        // Two instructions throw to one handler with different owners.
        (
            "bb0: print %0 unwind bb1(exc) %2 = retain %0 print %0 unwind bb1(exc) return move %2
             bb1(%3): rethrow move %3",
            &["bb0.2 %2 is owned on this way into bb1 and not on another"],
        ),
        // A switch loses it on its last way.
        (
            "bb0: %2 = retain %0 %3 = int 1 switch %3, [bb1, bb1, bb2] bb1: return move %2
             bb2: %4 = void return move %4",
            &["bb2.1 %2 is owned and not consumed on this path"],
        ),
        (
            "bb0: %2 = retain %0 %3 = retain %1 rethrow move %3 unwind bb1(exc) bb1(%4): rethrow move %4",
            &["bb1.0 %2 is owned and lost if this throws"],
        ),
    ]);
}

#[test]
fn right() {
    let right: &[&str] = &[
        "bb0: unreachable",
        "bb0: %2 = int 1 return move %2",
        // Nothing counts scalars.
        "bb0: %2 = int 1 %3 = new_array (move %2, move %2) unwind bb1(exc) set_field %3, \"x\", move %2 unwind bb2(exc)
         return move %3
         bb1(%4): rethrow move %4
         bb2(%5): release_unwinding move %3 jump bb1(%5)",
        // Counts may be left behind where control does not get.
        "bb0: %2 = retain %0 unreachable",
        // A handler.
        "bb0: %2 = retain %0 %3 = add %2, %1 unwind bb1(exc) release move %2 unwind bb3(exc) return move %3
         bb1(%4): release_unwinding move %2 jump bb2(%4)
         bb2(%5): %6 = is_caught %5, \"E\" branch %6, bb4, bb5
         bb3(%7): release_unwinding move %3 jump bb2(%7)
         bb4: return move %5
         bb5: rethrow move %5",
        // A variable with several values.
        "bb0: %2 = retain %0 %3 = int 1 jump bb1(%2, %3)
         bb1(%4, %5): %6 = lt %5, %0 unwind bb4(exc, %4) branch %6, bb2, bb3
         bb2: %7 = add_reuse %4, %5 unwind bb4(exc, %4) release move %4 unwind bb5(exc)
              %8 = sub %5, %5 unwind bb4(exc, %7) jump bb1(%7, %8)
         bb3: return move %4
         bb4(%9, %10): release_unwinding move %10 rethrow move %9
         bb5(%11): release_unwinding move %7 rethrow move %11",
        // Void on one way, an owned value on the other.
        "bb0: %2 = void %3 = truth %0 branch %3, bb1, bb2(%2)
         bb1: %4 = call @1 (%0, %1) jump bb2(%4)
         bb2(%5): release move %5 return move %2",
        // Loops with scalars only, and with borrowed values only.
        "bb0: %2 = int 0 jump bb1(%2, %0) bb1(%3, %4): print %4 %5 = bool true branch %5, bb1(%3, %1), bb2
         bb2: return move %3",
        "bb0: %2 = bool true %3 = bool false branch %2, bb1(%2), bb1(%3)
         bb1(%4): branch %4, bb2, bb2 bb2: unreachable",
        "bb0: %2 = int 0 %3 = int 1 %4 = not %0 branch %4, bb1(%2), bb1(%3)
         bb1(%5): switch %5, [bb2, bb3] bb2: unreachable bb3: unreachable",
        // Blocks that are never reached are only asked for their shape.
        "bb0: unreachable bb1: release move %2 %2 = retain %0 unreachable",
        // Values from before an instruction that throws are known to its handler.
        "bb0: %2 = int 1 print %0 unwind bb1(exc, %2) unreachable bb1(%3, %4): print %2 unwind bb2(exc) rethrow move %3
         bb2(%5): release_unwinding move %3 rethrow move %5",
        // An exception thrown here and caught here.
        "bb0: %2 = retain %0 throw move %2 unwind bb1(exc) bb1(%3): return move %3",
        "bb0: raise \"E\", \"m\" unwind bb1(exc) bb1(%2): return move %2",
        "bb0: %2 = retain %0 %3 = retain %1 %4 = new_closure @1 (move %2, move %3) unwind bb1(exc) return move %4
         bb1(%5): release_unwinding move %3 release_unwinding move %2 rethrow move %5",
        // An object whose constructor throws.
        "bb0: %2 = new_object class0 %3 = call @1 (%2, %0) unwind bb1(exc) release move %3 unwind bb1(exc) return move %2
         bb1(%4): discard move %2 rethrow move %4",
    ];
    for body in right {
        assert_eq!(short(&faults(&program(body))), [""; 0], "{body}");
    }
}

#[test]
fn tables_of_a_program() {
    let cases = [
        (r#"class class0 "C" { parent class3 }"#, "`class0`: there is no class class3"),
        (r#"class class0 "C" { interface class1 }"#, "`class0`: there is no class class1"),
        (r#"class class0 "C" { method "m" @4 0 }"#, "`class0`: there is no function @4"),
        (r#"class class0 "C" { method "m" @- 0 }"#, "`class0`: there is no function @-"),
        (r#"class class0 "C" { init @0 }"#, "`class0`: 1 arguments for a function with 0 parameters"),
        (
            r#"class class0 "C" { constructor 1 @0 }"#,
            "`class0`: 2 arguments for a function with 0 parameters",
        ),
        (r#"class class0 "C" { method "m" @0 0 }"#, "`class0`: 1 arguments for a function with 0 parameters"),
        (r#"export "x" @1"#, "`export`: there is no function @1"),
        (r#"export "x" class0"#, "`export`: there is no class class0"),
        (r#"builtin_method builtin1 "m" @8 0"#, "`builtin_method builtin1`: there is no function @8"),
    ];
    for (table, expected) in cases {
        let text = format!("{table} func @0 \"f\" user params 0 {{ bb0: unreachable }}");
        let program = read(&text);
        let found: Vec<String> =
            verify_program(&program).unwrap_err().iter().map(|fault| fault.to_string()).collect();
        assert_eq!(found, [expected], "{table}");
    }
    let right = r#"
        class class0 "I" interface { method "m" @- 1 }
        class class1 "C" static { interface class0 method "m" @0 0 static }
        export "C" class1
        func @0 "C.m" user class class1 params 0 { bb0: %0 = void return move %0 }"#;
    assert!(verify_program(&read(right)).is_ok());
}

#[test]
fn a_fault_says_where_it_is() {
    let found = faults(&program("bb0: jump bb1 bb1: %2 = retain %0 release move %2 print %2 unreachable"));
    assert_eq!(found[0].to_string(), "f: bb1 instruction 2 `print %2`: %2 is used after it was consumed");
    let found = faults(&program("bb0: jump bb1 bb1: %2 = int 1"));
    assert_eq!(found[0].to_string(), "f: bb1: the block must end with an instruction that ends blocks");
    let found = faults(&program(""));
    assert_eq!(found[0].to_string(), "f: the function has no blocks");
}

#[test]
fn large_functions() {
    use std::fmt::Write;
    let n = 50_000;
    // A list with one cleanup block for each length, as the builder makes it for nested temporaries.
    let (mut body, mut cleanup) = (String::from("bb0:"), String::new());
    for i in 1..n {
        let unwind = if i > 1 { format!("unwind bb{}(exc)", n - i + 1) } else { String::new() };
        let _ = writeln!(body, " %{} = weak %0 {unwind}", i + 1);
        let _ = write!(cleanup, "bb{}(%{}): release_unwinding move %{} ", n - i, n + i, i + 1);
        let _ = match i {
            1 => writeln!(cleanup, "rethrow move %{}", n + i),
            _ => writeln!(cleanup, "jump bb{}(%{})", n - i + 1, n + i),
        };
    }
    let cleanup = cleanup.lines().rev().collect::<Vec<_>>().join("\n");
    // The last handler is not used by an instruction before this one.
    let _ = writeln!(body, "print %0 unwind bb1(exc) unreachable\n{cleanup}");
    assert_eq!(short(&faults(&program(&body))), [""; 0]);

    // A long chain of blocks.
    let mut body = String::from("bb0: jump bb1\n");
    for i in 1..n {
        let _ = writeln!(body, "bb{i}: jump bb{}", i + 1);
    }
    let _ = writeln!(body, "bb{n}: unreachable");
    assert_eq!(short(&faults(&program(&body))), [""; 0]);

    // Many counts at once.
    let mut body = String::from("bb0: ");
    for i in 0..n {
        let _ = writeln!(body, "%{} = retain %0", i + 2);
    }
    let all = |mark| (0..n).map(|i| format!("{mark}%{}", i + 2)).collect::<Vec<_>>();
    let (array, exc) = (n + 2, n + 3);
    let _ = write!(
        body,
        "%{array} = new_array ({}) unwind bb1(exc) return move %{array}",
        all("move ").join(", ")
    );
    let _ = write!(body, "bb1(%{exc}): {} rethrow move %{exc}", all("release_unwinding move ").join(" "));
    assert_eq!(short(&faults(&program(&body))), [""; 0]);
}

/// The program of a right function, whose parts are then damaged: what no text can say.
fn damaged(damage: impl FnOnce(&mut Func)) -> Vec<String> {
    let text = program("bb0: %2 = call @1 (%0, %1) unwind bb1(exc) return move %2 bb1(%3): rethrow move %3");
    let mut program = read(&text);
    damage(&mut program.funcs[0]);
    short(&verify(&program, &program.funcs[0]).err().unwrap_or_default())
}

#[test]
fn damaged_parts() {
    assert_eq!(
        damaged(|f| f.blocks[1].start = 1),
        ["bb1 the instructions of the blocks must follow each other"]
    );
    assert_eq!(
        damaged(|f| f.blocks[1].end = 9),
        ["bb1 the instructions of the blocks must follow each other"]
    );
    assert_eq!(damaged(|f| f.blocks.truncate(1)), ["the instructions of the blocks must follow each other"]);
    assert_eq!(damaged(|f| f.spans.clear()), ["there must be one span for each instruction"]);
    assert_eq!(damaged(|f| f.blocks[1].params = 99), ["bb1 there is no list 99"]);
    assert_eq!(damaged(|f| f.insts[0].unwind = EdgeId(7)), ["bb0.0 there is no edge7"]);
    assert_eq!(damaged(|f| f.edges[0].args = u32::MAX), ["bb0.0 there is no list 4294967295"]);
    assert_eq!(
        damaged(|f| f.insts[0].op = Op::Call { func: FuncId(1), args: Vals(50) })[0],
        "bb0.0 there is no list 50"
    );
    assert_eq!(
        damaged(|f| f.insts[1].op = Op::Switch { on: Val(2), to: Edges(50) }),
        ["bb0.1 there is no list 50"]
    );
    assert_eq!(
        damaged(|f| f.insts[1].op = Op::Raise { kind: Symbol(900), message: Symbol(0) }),
        ["bb0.1 there is no name 900"]
    );
    assert_eq!(damaged(|f| f.lists[1] = 5_000)[0], "bb0.0 there is no list 1");
    assert_eq!(damaged(|f| f.values = 2)[..2], ["bb0.0 there is no value %2", "bb1 there is no value %3"]);
    assert_eq!(damaged(|f| f.values = u32::MAX), ["the number of values is far above what is defined"]);
    assert_eq!(damaged(|f| f.params = 9), ["there is no value %8"]);
    assert_eq!(
        damaged(|f| (f.params, f.has_me, f.values) = (0, true, 4))[0],
        "a function with `me` must have a parameter"
    );
    assert_eq!(damaged(|f| f.class = ClassIx(5)), ["there is no class class5"]);
    assert_eq!(damaged(|f| f.outer = FuncId(5)), ["there is no function @5"]);
}

#[test]
fn owned_positions() {
    let text = program(
        "bb0: %2 = retain %0 %3 = null %4 = truth %1 unwind bb3(exc) branch %4, bb1, bb2(%3)
         bb1: %5 = weak %1 unwind bb3(exc) jump bb2(%5)
         bb2(%6): release move %6 unwind bb3(exc) return move %2
         bb3(%7): release_unwinding move %2 rethrow move %7
         bb4: unreachable",
    );
    let program = read(&text);
    let func = &program.funcs[0];
    let owned = owned_at(&program, func).unwrap();
    let numbers = |vals: &[Val]| vals.iter().map(|v| v.0).collect::<Vec<_>>();
    let entries: Vec<_> = func.block_ids().map(|b| numbers(&owned.at_entry(b))).collect();
    assert_eq!(entries, [vec![], vec![2], vec![2, 6], vec![2, 7], vec![]]);
    let before: Vec<_> = (0..func.insts.len()).map(|at| numbers(&owned.before(func, at))).collect();
    let expected: [&[u32]; 11] = [&[], &[2], &[2], &[2], &[2], &[2, 5], &[2, 6], &[2], &[2, 7], &[7], &[]];
    assert_eq!(before, expected);
    let after: Vec<_> = (0..func.insts.len()).map(|at| numbers(&owned.after(func, at))).collect();
    let expected: [&[u32]; 11] = [&[2], &[2], &[2], &[2], &[2, 5], &[2, 5], &[2], &[], &[7], &[], &[]];
    assert_eq!(after, expected);
    assert!(owned.before(func, 900).is_empty());
}
