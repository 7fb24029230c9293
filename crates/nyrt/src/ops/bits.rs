//! `& | ^ ~ << >>`.

use super::{no_operator, no_prefix, operand};
use crate::rt::Rt;
use crate::scalar;
use crate::trap::Outcome;
use crate::value::Value;

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident $symbol:literal $kernel:expr;)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        pub fn $name(rt: &mut Rt, a: Value, b: Value) -> Outcome {
            match (a.as_int(), b.as_int()) {
                (Some(a), Some(b)) => Ok(Value::int($kernel(a, b))),
                _ => rest(rt, $symbol, a, b, $kernel),
            }
        }
    )*};
}

operators! {
    /// `a & b`.
    and "&" |a: i64, b: i64| a & b;
    /// `a | b`.
    or "|" |a: i64, b: i64| a | b;
    /// `a ^ b`.
    xor "^" |a: i64, b: i64| a ^ b;
    /// `a << b`, the count modulo 64.
    shl "<<" scalar::shl;
    /// `a >> b`, arithmetic, the count modulo 64.
    shr ">>" scalar::shr;
}

#[inline(never)]
fn rest(rt: &mut Rt, operator: &str, a: Value, b: Value, kernel: fn(i64, i64) -> i64) -> Outcome {
    let (x, y) = (operand(rt, a)?, operand(rt, b)?);
    match (x.as_int(), y.as_int()) {
        (Some(x), Some(y)) => Ok(Value::int(kernel(x, y))),
        _ => Err(no_operator(rt, operator, a, b)),
    }
}

/// `~a`.
#[inline(always)]
pub fn not(rt: &mut Rt, a: Value) -> Outcome {
    match a.as_int() {
        Some(n) => Ok(Value::int(!n)),
        None => not_rest(rt, a),
    }
}

#[inline(never)]
fn not_rest(rt: &mut Rt, a: Value) -> Outcome {
    match operand(rt, a)?.as_int() {
        Some(n) => Ok(Value::int(!n)),
        None => Err(no_prefix(rt, "~", a)),
    }
}
