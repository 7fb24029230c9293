//! `+ - * / %` and unary `-`.

use super::{no_operator, no_prefix, operand, text};
use crate::boxes::string;
use crate::error::ErrorKind;
use crate::rt::Rt;
use crate::scalar;
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Value};

/// Both operands as floats if both are numbers and one is a Float.
#[inline]
fn floats(a: Value, b: Value) -> Option<(f64, f64)> {
    let a = a.as_float().or(a.as_int().map(scalar::to_float))?;
    let b = b.as_float().or(b.as_int().map(scalar::to_float))?;
    Some((a, b))
}

macro_rules! fast {
    ($a:ident, $b:ident, $int:expr, $float:expr) => {
        if $a.tag() == Value::TAG_I64 && $b.tag() == Value::TAG_I64 {
            return Ok(Value::int($int($a.payload() as i64, $b.payload() as i64)));
        }
        if $a.tag() == Value::TAG_F64 && $b.tag() == Value::TAG_F64 {
            return Ok(Value::float($float(f64::from_bits($a.payload()), f64::from_bits($b.payload()))));
        }
    };
}

fn float_add(a: f64, b: f64) -> f64 {
    a + b
}

fn float_sub(a: f64, b: f64) -> f64 {
    a - b
}

fn float_mul(a: f64, b: f64) -> f64 {
    a * b
}

fn float_div(a: f64, b: f64) -> f64 {
    a / b
}

/// `a + b`.
#[inline(always)]
pub fn add(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    fast!(a, b, scalar::add, float_add);
    add_rest(rt, a, b)
}

#[inline(never)]
fn add_rest(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    if a.kind() == Kind::Str || b.kind() == Kind::Str {
        return text::join_two(rt, a, b);
    }
    if let Some((a, b)) = floats(a, b) {
        return Ok(Value::float(a + b));
    }
    if let (Some(a), Some(b)) = (a.as_bool(), b.as_bool()) {
        return Ok(Value::int(i64::from(a) + i64::from(b)));
    }
    let (x, y) = (operand(rt, a)?, operand(rt, b)?);
    if x != a || y != b {
        return add(rt, x, y);
    }
    Err(no_operator(rt, "+", a, b))
}

/// `a + b` where the caller gives its count of `a` away **when the answer is a value**: a String that nobody else
/// has grows in place. With any other answer `a` still belongs to the caller.
#[inline(always)]
pub fn add_owned(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    fast!(a, b, scalar::add, float_add);
    add_owned_rest(rt, a, b)
}

#[inline(never)]
fn add_owned_rest(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    if a.kind() == Kind::Str {
        return text::append_owned(rt, a, b);
    }
    let sum = add_rest(rt, a, b)?;
    rt.heap.release(a);
    Ok(sum)
}

/// `a - b`.
#[inline(always)]
pub fn sub(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    fast!(a, b, scalar::sub, float_sub);
    numeric_rest(rt, "-", a, b, scalar::sub, float_sub)
}

/// Mixed numbers and contents of user boxes.
#[inline(never)]
fn numeric_rest(
    rt: &mut Rt,
    operator: &str,
    a: Value,
    b: Value,
    int: fn(i64, i64) -> i64,
    float: fn(f64, f64) -> f64,
) -> Outcome {
    let (x, y) = (operand(rt, a)?, operand(rt, b)?);
    if let (Some(x), Some(y)) = (x.as_int(), y.as_int()) {
        return Ok(Value::int(int(x, y)));
    }
    match floats(x, y) {
        Some((x, y)) => Ok(Value::float(float(x, y))),
        None => Err(no_operator(rt, operator, a, b)),
    }
}

/// `a * b`; a String times an Integer repeats.
#[inline(always)]
pub fn mul(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    fast!(a, b, scalar::mul, float_mul);
    mul_rest(rt, a, b)
}

#[inline(never)]
fn mul_rest(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    let (x, y) = (operand(rt, a)?, operand(rt, b)?);
    if let (Kind::Str, Some(count)) = (x.kind(), y.as_int()) {
        return string::repeated(rt, x, count);
    }
    numeric_rest(rt, "*", a, b, scalar::mul, float_mul)
}

#[cold]
fn by_zero(rt: &mut Rt, text: &str) -> Trap {
    rt.raise(ErrorKind::DivisionByZero, text)
}

/// `a / b`: of Integers truncated, a zero divisor raises `DivisionByZero`; of Floats as IEEE says.
#[inline(always)]
pub fn div(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int()) {
        return match scalar::div(x, y) {
            Some(n) => Ok(Value::int(n)),
            None => Err(by_zero(rt, "Division by zero")),
        };
    }
    if let (Some(x), Some(y)) = (a.as_float(), b.as_float()) {
        return Ok(Value::float(x / y));
    }
    div_rest(rt, "/", a, b, div, float_div)
}

/// `a % b` with the sign of `a`: of Integers a zero divisor raises `DivisionByZero`; of Floats the C `fmod`.
#[inline(always)]
pub fn rem(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int()) {
        return match scalar::rem(x, y) {
            Some(n) => Ok(Value::int(n)),
            None => Err(by_zero(rt, "Modulo by zero")),
        };
    }
    div_rest(rt, "%", a, b, rem, scalar::fmod)
}

#[inline(never)]
fn div_rest(
    rt: &mut Rt,
    operator: &str,
    a: Value,
    b: Value,
    again: fn(&mut Rt, Value, Value) -> Outcome,
    float: fn(f64, f64) -> f64,
) -> Outcome {
    let (x, y) = (operand(rt, a)?, operand(rt, b)?);
    if x.as_int().is_some() && y.as_int().is_some() {
        return again(rt, x, y);
    }
    match floats(x, y) {
        Some((x, y)) => Ok(Value::float(float(x, y))),
        None => Err(no_operator(rt, operator, a, b)),
    }
}

/// `-a`.
#[inline(always)]
pub fn neg(rt: &mut Rt, a: Value) -> Outcome {
    if let Some(n) = a.as_int() {
        return Ok(Value::int(scalar::neg(n)));
    }
    if let Some(x) = a.as_float() {
        return Ok(Value::float(-x));
    }
    neg_rest(rt, a)
}

#[inline(never)]
fn neg_rest(rt: &mut Rt, a: Value) -> Outcome {
    let x = operand(rt, a)?;
    if x != a && matches!(x.kind(), Kind::I64 | Kind::F64) { neg(rt, x) } else { Err(no_prefix(rt, "-", a)) }
}
