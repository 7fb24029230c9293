//! MathBox: functions of numbers. It has no state.

use super::access::{arg, float_of};
use super::float::{integer_or_error, logarithm, square_root};
use crate::builtin::{Owner, builtins};
use crate::rt::Rt;
use crate::scalar;
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::MATH) => {
        /// Mathematical functions.
        "MathBox" () ALLOCATES -> Instance(MATH) => new;
    }
    Owner::Method(class_id::MATH) => {
        /// Without its sign; of an Integer an Integer (wrapping).
        "abs" (x: Num) -> Number => abs;
        /// The greater one; of two Integers an Integer.
        "max" (x: Num, y: Num) -> Number => max;
        /// The lesser one; of two Integers an Integer.
        "min" (x: Num, y: Num) -> Number => min;
        /// `x` to the power `y`; an Integer (wrapping) when both are and `y` is not negative.
        "pow" (x: Num, y: Num) -> Int | Float => pow;
        /// The square root; negative numbers raise `MathError`.
        "sqrt" (x: Num) THROWS -> Float => sqrt;
        /// The sine.
        "sin" (x: Num) -> Float => sin;
        /// The cosine.
        "cos" (x: Num) -> Float => cos;
        /// The tangent.
        "tan" (x: Num) -> Float => tan;
        /// The natural logarithm; numbers that are not positive raise `MathError`.
        "log" (x: Num) THROWS -> Float => log;
        /// The decimal logarithm; numbers that are not positive raise `MathError`.
        "log10" (x: Num) THROWS -> Float => log10;
        /// e to the power `x`.
        "exp" (x: Num) -> Float => exp;
        /// The greatest Integer not above `x`.
        "floor" (x: Num) THROWS -> Int => floor;
        /// The least Integer not below `x`.
        "ceil" (x: Num) THROWS -> Int => ceil;
        /// The nearest Integer, halves away from zero.
        "round" (x: Num) THROWS -> Int => round;
        /// The ratio of a circle's circumference to its diameter.
        "getPi" () -> Float => get_pi;
        /// The base of the natural logarithm.
        "getE" () -> Float => get_e;
    }
} }

fn new(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    super::access::make_object(rt, class_id::MATH, &[])
}

fn abs(_: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let x = arg(args, 0);
    Ok(match x.as_int() {
        Some(n) => Value::int(n.wrapping_abs()),
        None => Value::float(libm::fabs(float_of(x))),
    })
}

fn max(_: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let (x, y) = (arg(args, 0), arg(args, 1));
    Ok(match (x.as_int(), y.as_int()) {
        (Some(x), Some(y)) => Value::int(x.max(y)),
        _ => Value::float(scalar::max_float(float_of(x), float_of(y))),
    })
}

fn min(_: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let (x, y) = (arg(args, 0), arg(args, 1));
    Ok(match (x.as_int(), y.as_int()) {
        (Some(x), Some(y)) => Value::int(x.min(y)),
        _ => Value::float(scalar::min_float(float_of(x), float_of(y))),
    })
}

fn pow(_: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let (x, y) = (arg(args, 0), arg(args, 1));
    Ok(match (x.as_int(), y.as_int().map(u64::try_from)) {
        (Some(x), Some(Ok(y))) => Value::int(scalar::pow_int(x, y)),
        _ => Value::float(scalar::pow_float(float_of(x), float_of(y))),
    })
}

fn sqrt(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    square_root(rt, float_of(arg(args, 0)))
}

fn sin(_: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    Ok(Value::float(libm::sin(float_of(arg(args, 0)))))
}

fn cos(_: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    Ok(Value::float(libm::cos(float_of(arg(args, 0)))))
}

fn tan(_: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    Ok(Value::float(libm::tan(float_of(arg(args, 0)))))
}

fn log(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    logarithm(rt, "log", float_of(arg(args, 0)), libm::log)
}

fn log10(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    logarithm(rt, "log10", float_of(arg(args, 0)), libm::log10)
}

fn exp(_: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    Ok(Value::float(libm::exp(float_of(arg(args, 0)))))
}

/// Integers are their own floor, ceiling and rounding, also where a Float would lose digits.
fn to_whole(rt: &mut Rt, what: &str, args: &[Value], f: fn(f64) -> Option<i64>) -> Outcome {
    let x = arg(args, 0);
    if x.as_int().is_some() {
        return Ok(x);
    }
    let x = float_of(x);
    integer_or_error(rt, what, x, f(x))
}

fn floor(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    to_whole(rt, "floor", args, scalar::floor_to_int)
}

fn ceil(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    to_whole(rt, "ceil", args, scalar::ceil_to_int)
}

fn round(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    to_whole(rt, "round", args, scalar::round_to_int)
}

fn get_pi(_: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(core::f64::consts::PI))
}

fn get_e(_: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(core::f64::consts::E))
}
