//! Truth: `false`, `0`, `0.0`, `""`, `null` and `void` are false, everything else is true.

use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Value};

/// Whether a value is true; a dead box raises `UseAfterFini`.
#[inline(always)]
pub fn is_true(rt: &mut Rt, v: Value) -> Result<bool, Trap> {
    match v.as_bool() {
        Some(b) => Ok(b),
        None => is_true_rest(rt, v),
    }
}

#[inline(never)]
fn is_true_rest(rt: &mut Rt, v: Value) -> Result<bool, Trap> {
    Ok(match v.kind() {
        Kind::Void | Kind::Null => false,
        Kind::Bool | Kind::I64 => v.payload() != 0,
        // Both zeros are false, NaN is true.
        Kind::F64 => v.as_float() != Some(0.0),
        Kind::Str => rt.heap.str_len(v.as_ref()) != 0,
        _ => {
            rt.check_alive(v)?;
            true
        }
    })
}

/// Truth as a Bool.
#[inline(always)]
pub fn truth(rt: &mut Rt, v: Value) -> Outcome {
    Ok(Value::bool(is_true(rt, v)?))
}

/// `not v`.
#[inline(always)]
pub fn not(rt: &mut Rt, v: Value) -> Outcome {
    Ok(Value::bool(!is_true(rt, v)?))
}
