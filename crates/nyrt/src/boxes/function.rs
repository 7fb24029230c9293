//! Builtin functions that belong to no value, and the method of weak references.

use alloc::string::String;

use super::access::{arg, make_text, text_arg};
use crate::builtin::{Owner, builtins};
use crate::convert;
use crate::error::ErrorKind;
use crate::ops::text::Parts;
use crate::ops::truth;
use crate::prelude::PreludeFn;
use crate::rt::Rt;
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::Method(class_id::WEAK) => {
        /// The box, or `null` when it is gone.
        "weak_to_strong" () READS -> Target | Null => weak_to_strong;
    }
    Owner::Function => {
        /// Whether a value is of a type; like `v.is(type)`.
        "isType" (value: Any, type_name: Str) READS -> Bool => is_type;
        /// A number as the other kind of number; like `v.as(type)`.
        "asType" (value: Any, type_name: Str) THROWS -> First | Int | Float => as_type;
        /// Raises `AssertionFailed` with the message when the condition is false.
        "assert" (condition: Any; message: Any) THROWS | USER_CODE -> Void via Fail => assert;
    }
} }

fn weak_to_strong(rt: &mut Rt, w: Value, _: &[Value]) -> Outcome {
    Ok(rt.heap.weak_read(w))
}

fn is_type(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    Ok(Value::bool(convert::is_type(rt, arg(args, 0), text_arg(rt, args, 1))))
}

fn as_type(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let name = String::from(text_arg(rt, args, 1));
    convert::as_type(rt, arg(args, 0), &name)
}

fn assert(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    if truth::is_true(rt, arg(args, 0))? {
        return Ok(Value::VOID);
    }
    let mut message = Parts::new();
    match args.get(1) {
        Some(value) => message.add(rt, *value)?,
        None => message.push("assertion failed"),
    }
    match message.plain() {
        Ok(text) => Err(rt.raise(ErrorKind::AssertionFailed, &text)),
        Err(parts) => {
            let kind = make_text(rt, ErrorKind::AssertionFailed.name())?;
            let trap = parts.ask(rt, PreludeFn::Fail, &[kind]);
            rt.heap.release(kind);
            Err(trap)
        }
    }
}
