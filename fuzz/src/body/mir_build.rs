//! Trees to functions: what the builder accepts without an error passes the verifier and keeps its meaning as
//! text.

use crate::front;
use mir::text::{parse, print_program};
use mir::verify::verify_program;

/// Checks a program.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(built) = front::build(&text) else { return };
    let printed = print_program(&built.program, None);
    if let Err(faults) = verify_program(&built.program) {
        panic!("the verifier refuses what was built: {} in {}", faults[0].what, faults[0]);
    }
    print_program(&built.program, Some(&built.sources));
    let again = match parse(&printed) {
        Ok(again) => again,
        Err(error) => panic!("the printed program cannot be read in {error}"),
    };
    if print_program(&again, None) != printed {
        panic!("another program after printing");
    }
    if let Err(faults) = verify_program(&again) {
        panic!("the verifier refuses what was printed: {} in {}", faults[0].what, faults[0]);
    }
}
