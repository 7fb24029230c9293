//! BoolBox.

use super::access::arg;
use crate::builtin::{Owner, builtins};
use crate::convert;
use crate::ops::truth;
use crate::rt::Rt;
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::BOOL) => {
        /// A Bool, whether a number is not zero, or the text `true` or `false` in any case; `false` without argument.
        "BoolBox" (; value: Any) THROWS -> Bool => new;
    }
    Owner::Method(class_id::BOOL) => {
        /// The opposite.
        "not" () -> Bool => not;
        /// Whether both are true.
        "and" (other: Any) THROWS -> Bool => and;
        /// Whether one of both is true.
        "or" (other: Any) THROWS -> Bool => or;
    }
    Owner::Function => {
        /// The Bool that a value converts to.
        "bool.create" (value: Any) THROWS -> Bool => new;
    }
} }

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    match args.first() {
        Some(value) => convert::to_bool(rt, *value),
        None => Ok(Value::FALSE),
    }
}

fn own(b: Value) -> bool {
    b == Value::TRUE
}

fn not(_: &mut Rt, b: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(!own(b)))
}

fn and(rt: &mut Rt, b: Value, args: &[Value]) -> Outcome {
    let other = truth::is_true(rt, arg(args, 0))?;
    Ok(Value::bool(own(b) && other))
}

fn or(rt: &mut Rt, b: Value, args: &[Value]) -> Outcome {
    let other = truth::is_true(rt, arg(args, 0))?;
    Ok(Value::bool(own(b) || other))
}
