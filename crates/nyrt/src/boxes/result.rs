//! ResultBox: a value, or why there is none.

use super::access::{arg, field, make_object};
use crate::builtin::{Owner, builtins};
use crate::rt::Rt;
use crate::shapes::{RESULT_OK, RESULT_VALUE};
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::RESULT) => {
        /// Ok with a value; with a second argument Err with that error.
        "ResultBox" (value: Any to Kept; error: Any to Kept) ALLOCATES -> Instance(RESULT) => new;
    }
    Owner::Method(class_id::RESULT) => {
        /// Whether it has a value.
        "is_ok" "isOk" () READS -> Bool => is_ok;
        /// Whether it has an error.
        "is_err" "isErr" () READS -> Bool => is_err;
        /// The value; `null` when there is an error.
        "get_value" "getValue" () READS -> Kept | Null => get_value;
        /// The error; `null` when there is a value.
        "get_error" "getError" () READS -> Kept | Null => get_error;
    }
} }

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let fields = match args.get(1) {
        Some(error) => [Value::FALSE, rt.heap.own(*error)],
        None => [Value::TRUE, rt.heap.own(arg(args, 0))],
    };
    make_object(rt, class_id::RESULT, &fields)
}

/// Whether it has a value.
pub(crate) fn has_value(rt: &Rt, r: Value) -> bool {
    field(rt, r, RESULT_OK) == Value::TRUE
}

fn is_ok(rt: &mut Rt, r: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(has_value(rt, r)))
}

fn is_err(rt: &mut Rt, r: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(!has_value(rt, r)))
}

fn get_value(rt: &mut Rt, r: Value, _: &[Value]) -> Outcome {
    Ok(if has_value(rt, r) { rt.heap.own(field(rt, r, RESULT_VALUE)) } else { Value::NULL })
}

fn get_error(rt: &mut Rt, r: Value, _: &[Value]) -> Outcome {
    Ok(if has_value(rt, r) { Value::NULL } else { rt.heap.own(field(rt, r, RESULT_VALUE)) })
}
