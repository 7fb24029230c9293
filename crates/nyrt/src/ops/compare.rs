//! `== != < <= > >=` and `equals`.

use alloc::vec::Vec;
use core::cmp::Ordering;

use hashbrown::HashSet;

use super::{no_operator, operand};
use crate::boxes::user;
use crate::rt::Rt;
use crate::scalar;
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Ref, Value};

/// The order of two numbers as reals; `None` with NaN or when one is no number.
#[inline]
pub fn numbers(a: Value, b: Value) -> Option<Ordering> {
    match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => scalar::cmp_int_float(a, b.as_float()?),
        (None, Some(b)) => scalar::cmp_int_float(b, a.as_float()?).map(Ordering::reverse),
        (None, None) => a.as_float()?.partial_cmp(&b.as_float()?),
    }
}

/// `a == b`; never fails.
#[inline(always)]
pub fn same(rt: &Rt, a: Value, b: Value) -> bool {
    if a.tag() == b.tag() && a.tag() != Value::TAG_F64 {
        // By value, by identity, or texts.
        return a.payload() == b.payload()
            || a.tag() == Value::TAG_STR && rt.heap.str_same(a.as_ref(), b.as_ref());
    }
    // References of two kinds, and references and others, are not the same.
    !a.is_ref() && !b.is_ref() && same_rest(a, b)
}

#[inline(never)]
fn same_rest(a: Value, b: Value) -> bool {
    numbers(a, b) == Some(Ordering::Equal) || a.is_nothing() && b.is_nothing()
}

/// `a == b` as a Bool.
#[inline(always)]
pub fn eq(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    Ok(Value::bool(same(rt, a, b)))
}

/// `a != b` as a Bool.
#[inline(always)]
pub fn ne(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    Ok(Value::bool(!same(rt, a, b)))
}

macro_rules! orders {
    ($($(#[$doc:meta])* $name:ident $symbol:tt $literal:literal $holds:expr;)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        pub fn $name(rt: &mut Rt, a: Value, b: Value) -> Outcome {
            if a.tag() == Value::TAG_I64 && b.tag() == Value::TAG_I64 {
                return Ok(Value::bool((a.payload() as i64) $symbol (b.payload() as i64)));
            }
            if a.tag() == Value::TAG_F64 && b.tag() == Value::TAG_F64 {
                return Ok(Value::bool(f64::from_bits(a.payload()) $symbol f64::from_bits(b.payload())));
            }
            let order = order(rt, $literal, a, b)?;
            Ok(Value::bool(order.is_some_and($holds)))
        }
    )*};
}

orders! {
    /// `a < b`.
    lt < "<" Ordering::is_lt;
    /// `a <= b`.
    le <= "<=" Ordering::is_le;
    /// `a > b`.
    gt > ">" Ordering::is_gt;
    /// `a >= b`.
    ge >= ">=" Ordering::is_ge;
}

/// Order of two numbers or two Strings; `None` with NaN.
#[inline(never)]
fn order(rt: &mut Rt, operator: &str, a: Value, b: Value) -> Result<Option<Ordering>, Trap> {
    let (x, y) = (operand(rt, a)?, operand(rt, b)?);
    match (x.kind(), y.kind()) {
        (Kind::Str, Kind::Str) => Ok(Some(rt.heap.str_cmp(x.as_ref(), y.as_ref()))),
        (Kind::I64 | Kind::F64, Kind::I64 | Kind::F64) => Ok(numbers(x, y)),
        _ => Err(no_operator(rt, operator, a, b)),
    }
}

/// The answer of `a.equals(b)` as far as the runtime knows it.
#[derive(Debug, PartialEq)]
pub enum Equal {
    /// Equal.
    Yes,
    /// Not equal.
    No,
    /// Equal if the left one of each of these pairs (borrowed) says so by its own `equals`.
    Ask(Vec<(Value, Value)>),
}

/// `a.equals(b)`: arrays element by element, user boxes by their own `equals`, everything else as `==`.
pub fn equals(rt: &Rt, a: Value, b: Value) -> Equal {
    let mut asked = Vec::new();
    let mut stack = alloc::vec![(a, b)];
    // Pairs of arrays that are being compared: meeting one again adds nothing.
    let mut seen: HashSet<(Ref, Ref)> = HashSet::new();
    while let Some((x, y)) = stack.pop() {
        if x.kind() == Kind::Arr && y.kind() == Kind::Arr {
            let (x, y) = (x.as_ref(), y.as_ref());
            let length = rt.heap.arr_len(x);
            if length != rt.heap.arr_len(y) {
                return Equal::No;
            }
            if x == y || !seen.insert((x, y)) {
                continue;
            }
            // The last pair first, so that the first one is on top.
            for i in (0..length).rev() {
                if let (Some(x), Some(y)) = (rt.heap.arr_peek(x, i), rt.heap.arr_peek(y, i)) {
                    stack.push((x, y));
                }
            }
        } else if user::has_method(rt, x, rt.boxes.words.equals, 1) {
            asked.push((x, y));
        } else if !same(rt, x, y) {
            return Equal::No;
        }
    }
    if asked.is_empty() { Equal::Yes } else { Equal::Ask(asked) }
}
