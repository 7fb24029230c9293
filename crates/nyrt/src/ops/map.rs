//! What maps do for a key: look, ask, set. Keys are Integers, Bools and Strings by value and boxes by identity; the
//! map is neither dead nor anything else.

use alloc::format;

use crate::boxes::access::made;
use crate::error::ErrorKind;
use crate::heap::map::is_key;
use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{Ref, Value};

/// Fails for what cannot be a key.
#[inline(always)]
pub(crate) fn check_key(rt: &mut Rt, key: Value) -> Result<(), Trap> {
    if is_key(key) { Ok(()) } else { Err(no_key(rt, key)) }
}

#[cold]
#[inline(never)]
fn no_key(rt: &mut Rt, key: Value) -> Trap {
    let text = format!("{} cannot be the key of a MapBox", rt.type_name(key));
    rt.raise(ErrorKind::TypeError, &text)
}

/// The value of a key, **borrowed** from the map; `null` when the key is absent.
#[inline(always)]
pub fn peek(rt: &mut Rt, map: Ref, key: Value) -> Outcome {
    check_key(rt, key)?;
    Ok(rt.heap.map_peek(map, key).unwrap_or(Value::NULL))
}

/// Whether a key is there.
#[inline(always)]
pub fn has(rt: &mut Rt, map: Ref, key: Value) -> Result<bool, Trap> {
    check_key(rt, key)?;
    Ok(rt.heap.map_has(map, key))
}

/// Sets the value of a key, both borrowed; the old value is released after the store.
#[inline(always)]
pub fn set(rt: &mut Rt, map: Ref, key: Value, value: Value) -> Result<(), Trap> {
    check_key(rt, key)?;
    if let Some(old) = made(rt, |heap| heap.map_set(map, key, value))? {
        rt.heap.release(old);
    }
    Ok(())
}
