//! MIR as text: [`print_program`] and [`print_func`] write it, [`parse`] reads it back.
//!
//! Printing is deterministic, and reading what was printed gives the same program again, source positions
//! aside: those are comments. Both follow the table of instructions and know no instruction by name.
//!
//! ```text
//! outbox                                     the program uses `outbox`
//! global $0 "limit"
//! class class0 "Point" static {              also: interface, nested, visibility, tparams 2
//!   parent class1                            or builtin3
//!   interface class2
//!   field "x" weak public
//!   method "len" @3 0 static                 code (`@-` for a signature), number of arguments
//!   constructor 2 @4
//!   init @5
//!   static_init @6
//! }
//! builtin_method builtin3 "len" @7 0
//! export "main" @0                           a name of the top level: function or class
//!
//! func @0 "main" user class class0 outer @1 params 1 me captures 2 values 9 {
//! bb0:
//!   %1 = int 1
//!   %2 = call_method %0, "get" (%1)  unwind bb2(exc)    ; 12:5
//!   jump bb1(%2)
//! bb1(%3):
//!   return move %3
//! }
//! ```
//!
//! `move` marks what an instruction consumes, `exc` is the thrown value, `-` instead of a number means none.
//! Numbers of functions, classes, globals and blocks run from 0 without gaps. `values` is written only when
//! it is not what the text shows. `;` begins a comment, line ends mean no more than spaces.

mod parse;
mod print;

pub use parse::{ParseError, Wrong, parse};
pub use print::{print_func, print_inst, print_program};

use crate::func::{Func, FuncKind};

/// The words for the kinds of functions.
const KINDS: [(&str, FuncKind); 5] = [
    ("user", FuncKind::User),
    ("top", FuncKind::Top),
    ("init", FuncKind::Init),
    ("task", FuncKind::Task),
    ("prelude", FuncKind::Prelude),
];

/// The entries of a list, `None` when there is no such list.
pub(crate) fn list(func: &Func, at: u32) -> Option<&[u32]> {
    let at = at as usize;
    let len = *func.lists.get(at)? as usize;
    func.lists.get(at + 1..)?.get(..len)
}
