//! The text of the middle language: reading it never panics, what can be read prints to a text that reads and
//! prints the same, and the verifier gives faults, never a panic.

use mir::inst::FuncId;
use mir::text::{parse, print_func, print_inst, print_program};
use mir::verify::{owned_at, verify_program};

/// Checks a text.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let program = match parse(&text) {
        Ok(program) => program,
        Err(error) => {
            let lines = text.bytes().filter(|b| *b == b'\n').count() as u32 + 1;
            assert!(error.line >= 1 && error.line <= lines, "an error in line {} of {lines}", error.line);
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let printed = print_program(&program, None);
    let again = match parse(&printed) {
        Ok(again) => again,
        Err(error) => panic!("the printed program cannot be read in {error} of\n{printed}"),
    };
    let twice = print_program(&again, None);
    if printed != twice {
        let differ = printed.lines().zip(twice.lines()).find(|(a, b)| a != b).unwrap_or(("", ""));
        panic!("another program after printing in {differ:?} of\n{printed}");
    }
    let found = verify_program(&program).is_ok();
    assert_eq!(found, verify_program(&again).is_ok(), "the verifier is of two minds");
    for (i, func) in program.funcs.iter().enumerate() {
        if let Err(faults) = owned_at(&program, func) {
            assert!(!faults.is_empty());
            assert!(faults.iter().all(|f| !f.to_string().is_empty()));
        }
        print_func(&program, FuncId(i as u32), func, None);
        func.insts.iter().take(50).for_each(|inst| drop(print_inst(&program, func, inst)));
    }
}
