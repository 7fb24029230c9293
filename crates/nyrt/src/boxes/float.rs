//! FloatBox. Real functions come from `libm`, so every target gives the same bits.

use alloc::format;

use super::access::{arg, float_of};
use crate::builtin::{Owner, builtins};
use crate::convert;
use crate::error::ErrorKind;
use crate::number::NumberText;
use crate::rt::Rt;
use crate::scalar;
use crate::trap::{Outcome, Trap};
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::FLOAT) => {
        /// A number or numeric text as Float; 0.0 without argument.
        "FloatBox" (; value: Any) THROWS -> Float => new;
    }
    Owner::Method(class_id::FLOAT) => {
        /// Without its sign.
        "abs" () -> Float => abs;
        /// The greatest Integer that is not greater.
        "floor" () THROWS -> Int => floor;
        /// The least Integer that is not less.
        "ceil" () THROWS -> Int => ceil;
        /// The nearest Integer, halves away from zero.
        "round" () THROWS -> Int => round;
        /// The Integer without the fraction.
        "toInteger" "toInt" () THROWS -> Int => to_integer;
        /// Itself.
        "toFloat" () -> Float => to_float;
        /// The greater one.
        "max" (other: Num) -> Float => max;
        /// The lesser one.
        "min" (other: Num) -> Float => min;
        /// To the power of a number.
        "pow" (exponent: Num) -> Float => pow;
        /// The square root; negative numbers raise `MathError`.
        "sqrt" () THROWS -> Float => sqrt;
        /// The sine.
        "sin" () -> Float => sin;
        /// The cosine.
        "cos" () -> Float => cos;
        /// The tangent.
        "tan" () -> Float => tan;
        /// The natural logarithm; numbers that are not positive raise `MathError`.
        "log" () THROWS -> Float => log;
        /// The decimal logarithm; numbers that are not positive raise `MathError`.
        "log10" () THROWS -> Float => log10;
        /// e to this power.
        "exp" () -> Float => exp;
        /// Whether it is not a number.
        "isNaN" () -> Bool => is_nan;
        /// Whether it is an infinity.
        "isInfinite" () -> Bool => is_infinite;
        /// Whether it is neither an infinity nor NaN.
        "isFinite" () -> Bool => is_finite;
    }
} }

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    match args.first() {
        Some(value) => convert::to_float(rt, *value),
        None => Ok(Value::float(0.0)),
    }
}

/// An Integer, or `MathError` because there is none.
pub(crate) fn integer_or_error(rt: &mut Rt, what: &str, x: f64, result: Option<i64>) -> Outcome {
    match result {
        Some(n) => Ok(Value::int(n)),
        None => Err(no_result(rt, what, x, "is not in the range of Integers")),
    }
}

#[cold]
fn no_result(rt: &mut Rt, what: &str, x: f64, why: &str) -> Trap {
    let number = NumberText::float(x);
    rt.raise(ErrorKind::MathError, &format!("{what}: {} {why}", number.as_str()))
}

/// The square root, or `MathError` for a negative number.
pub(crate) fn square_root(rt: &mut Rt, x: f64) -> Outcome {
    match scalar::square_root(x) {
        Some(root) => Ok(Value::float(root)),
        None => Err(no_result(rt, "sqrt", x, "is negative")),
    }
}

/// A logarithm, or `MathError` for a number that is not positive.
pub(crate) fn logarithm(rt: &mut Rt, what: &str, x: f64, f: fn(f64) -> f64) -> Outcome {
    if x <= 0.0 { Err(no_result(rt, what, x, "is not positive")) } else { Ok(Value::float(f(x))) }
}

fn abs(_: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(libm::fabs(float_of(x))))
}

fn floor(rt: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    let x = float_of(x);
    integer_or_error(rt, "floor", x, scalar::floor_to_int(x))
}

fn ceil(rt: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    let x = float_of(x);
    integer_or_error(rt, "ceil", x, scalar::ceil_to_int(x))
}

fn round(rt: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    let x = float_of(x);
    integer_or_error(rt, "round", x, scalar::round_to_int(x))
}

fn to_integer(rt: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    let x = float_of(x);
    integer_or_error(rt, "toInteger", x, scalar::trunc_to_int(x))
}

fn to_float(_: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    Ok(x)
}

fn max(_: &mut Rt, x: Value, args: &[Value]) -> Outcome {
    Ok(Value::float(scalar::max_float(float_of(x), float_of(arg(args, 0)))))
}

fn min(_: &mut Rt, x: Value, args: &[Value]) -> Outcome {
    Ok(Value::float(scalar::min_float(float_of(x), float_of(arg(args, 0)))))
}

fn pow(_: &mut Rt, x: Value, args: &[Value]) -> Outcome {
    Ok(Value::float(scalar::pow_float(float_of(x), float_of(arg(args, 0)))))
}

fn sqrt(rt: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    square_root(rt, float_of(x))
}

fn sin(_: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(libm::sin(float_of(x))))
}

fn cos(_: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(libm::cos(float_of(x))))
}

fn tan(_: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(libm::tan(float_of(x))))
}

fn log(rt: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    logarithm(rt, "log", float_of(x), libm::log)
}

fn log10(rt: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    logarithm(rt, "log10", float_of(x), libm::log10)
}

fn exp(_: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(libm::exp(float_of(x))))
}

fn is_nan(_: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(float_of(x).is_nan()))
}

fn is_infinite(_: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(float_of(x).is_infinite()))
}

fn is_finite(_: &mut Rt, x: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(float_of(x).is_finite()))
}
