//! Generic operators over Any, which typed functions use where facts are missing: the same functions in typed and in
//! generic form, to be compared with a tier that runs generic MIR.

use std::fmt::Write;

use mir::func::Rep;
use mir::inst::FuncId;

use crate::{Datum, Unit, corner};

/// Operators of two operands and what they give.
const BINARY: [(&str, &str); 16] = [
    ("add", "any"),
    ("sub", "any"),
    ("mul", "any"),
    ("div", "any"),
    ("rem", "any"),
    ("bit_and", "any"),
    ("bit_or", "any"),
    ("bit_xor", "any"),
    ("shl", "any"),
    ("shr", "any"),
    ("eq", "bool"),
    ("ne", "bool"),
    ("lt", "bool"),
    ("le", "bool"),
    ("gt", "bool"),
    ("ge", "bool"),
];

/// Operators of one operand and what they give.
const UNARY: [(&str, &str); 4] = [("neg", "any"), ("bit_not", "any"), ("truth", "bool"), ("not", "bool")];

/// The functions in one form.
fn unit(typed: bool) -> Unit {
    let mut source = String::from("class class0 \"Thing\" { field \"value\" }\n");
    let mark = |rep: &'static str| if typed { format!(":{rep}") } else { String::new() };
    let head = |i: usize, row: &str, params: &str, n: usize, result: &str| match typed {
        true => format!("func @{i} \"{row}\" user params {n} typed ({params}) {result}"),
        false => format!("func @{i} \"{row}\" user params {n}"),
    };
    for (i, (row, result)) in BINARY.into_iter().enumerate() {
        let head = head(i, row, "any, any", 2, result);
        let _ = writeln!(source, "{head} {{ bb0: %2{} = {row} %0, %1 return move %2 }}", mark(result));
    }
    for (i, (row, result)) in UNARY.into_iter().enumerate() {
        let head = head(BINARY.len() + i, row, "any", 1, result);
        let _ = writeln!(source, "{head} {{ bb0: %1{} = {row} %0 return move %1 }}", mark(result));
    }
    // The string that grows is one that nobody else has.
    let head = head(BINARY.len() + UNARY.len(), "add_reuse", "any, any", 2, "any");
    let any = mark("any");
    let _ = writeln!(
        source,
        "{head} {{ bb0: %2{any} = add %0, %1 %3{any} = add_reuse %2, %1 unwind bb1(exc, %2)
         release move %2 unwind bb1(exc, %3) return move %3
         bb1(%4{any}, %5{any}): release_unwinding move %5 rethrow move %4 }}"
    );
    Unit::read(&source, &[], &[&[Rep::Any]])
}

/// The functions in typed and in generic form.
pub fn units() -> (Unit, Unit) {
    (unit(true), unit(false))
}

/// Calls of them with all corner values.
pub fn calls() -> Vec<(FuncId, Vec<Datum>)> {
    let values = corner::any();
    let mut calls = Vec::new();
    let reuse = BINARY.len() + UNARY.len();
    for func in (0..BINARY.len()).chain([reuse]) {
        for a in &values {
            calls.extend(values.iter().map(|b| (FuncId(func as u32), vec![a.clone(), b.clone()])));
            calls.push((FuncId(func as u32), vec![a.clone(), Datum::Same(0)]));
        }
    }
    for func in BINARY.len()..reuse {
        calls.extend(values.iter().map(|a| (FuncId(func as u32), vec![a.clone()])));
        calls.push((FuncId(func as u32), vec![Datum::Dead(0)]));
    }
    calls
}
