//! IntegerBox.

use super::access::{arg, int_arg};
use crate::builtin::{Owner, builtins};
use crate::convert;
use crate::rt::Rt;
use crate::scalar;
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::INTEGER) => {
        /// An Integer, a Float without its fraction, or text that is a decimal number; 0 without argument.
        "IntegerBox" (; value: Any) THROWS -> Int => new;
    }
    Owner::Method(class_id::INTEGER) => {
        /// Without its sign (wrapping).
        "abs" () -> Int => abs;
        /// The greater one.
        "max" (other: Int) -> Int => max;
        /// The lesser one.
        "min" (other: Int) -> Int => min;
        /// To the power of an Integer, as Float.
        "pow" (exponent: Int) -> Float => pow;
        /// As Float.
        "toFloat" () -> Float => to_float;
        /// Itself.
        "toInteger" "toInt" () -> Int => to_integer;
    }
    Owner::Function => {
        /// The Integer that a value converts to.
        "integer.create" (value: Any) THROWS -> Int => new;
    }
} }

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    match args.first() {
        Some(value) => convert::to_integer(rt, *value),
        None => Ok(Value::int(0)),
    }
}

fn own(n: Value) -> i64 {
    n.as_int().unwrap_or(0)
}

fn abs(_: &mut Rt, n: Value, _: &[Value]) -> Outcome {
    Ok(Value::int(own(n).wrapping_abs()))
}

fn max(_: &mut Rt, n: Value, args: &[Value]) -> Outcome {
    Ok(Value::int(own(n).max(int_arg(args, 0))))
}

fn min(_: &mut Rt, n: Value, args: &[Value]) -> Outcome {
    Ok(Value::int(own(n).min(int_arg(args, 0))))
}

fn pow(_: &mut Rt, n: Value, args: &[Value]) -> Outcome {
    Ok(Value::float(scalar::pow_float(scalar::to_float(own(n)), super::access::float_of(arg(args, 0)))))
}

fn to_float(_: &mut Rt, n: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(scalar::to_float(own(n))))
}

fn to_integer(_: &mut Rt, n: Value, _: &[Value]) -> Outcome {
    Ok(n)
}
