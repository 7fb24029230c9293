//! Short ways for builtins to look at their arguments and to make results; a full heap becomes the error
//! `OutOfMemory` here.

use alloc::vec::Vec;

use crate::error::ErrorKind;
use crate::heap::string::STR_MAX;
use crate::heap::{Heap, OutOfMemory};
use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{ClassId, Kind, Value};

/// The `n`-th argument; `void` when it is not given.
#[inline]
pub(crate) fn arg(args: &[Value], n: usize) -> Value {
    args.get(n).copied().unwrap_or(Value::VOID)
}

/// The `n`-th argument of a parameter that takes Integers; 0 when it is not given.
#[inline]
pub(crate) fn int_arg(args: &[Value], n: usize) -> i64 {
    arg(args, n).as_int().unwrap_or(0)
}

/// The `n`-th argument of a parameter that takes Strings.
pub(crate) fn text_arg<'a>(rt: &'a Rt, args: &[Value], n: usize) -> &'a str {
    text(rt, arg(args, n))
}

/// A number as float.
#[inline]
pub(crate) fn float_of(v: Value) -> f64 {
    match v.as_int() {
        Some(n) => n as f64,
        None => v.as_float().unwrap_or(0.0),
    }
}

/// A position as the heap counts: negative ones are 0, large ones the largest.
#[inline]
pub(crate) fn clamp(at: i64) -> u32 {
    at.clamp(0, i64::from(u32::MAX)) as u32
}

/// The text of a String; `""` for anything else.
#[inline]
pub(crate) fn text(rt: &Rt, v: Value) -> &str {
    match v.as_str() {
        Some(r) => rt.heap.str_text(r),
        None => "",
    }
}

/// The error for a full heap.
#[cold]
pub(crate) fn out_of_memory(rt: &mut Rt) -> Trap {
    rt.raise(ErrorKind::OutOfMemory, "Out of memory")
}

/// The result of a heap operation, or the error for a full heap.
#[inline]
pub(crate) fn made<T>(
    rt: &mut Rt,
    make: impl FnOnce(&mut Heap) -> Result<T, OutOfMemory>,
) -> Result<T, Trap> {
    match make(&mut rt.heap) {
        Ok(value) => Ok(value),
        Err(OutOfMemory) => Err(out_of_memory(rt)),
    }
}

/// A String.
pub(crate) fn make_text(rt: &mut Rt, text: &str) -> Outcome {
    made(rt, |heap| heap.str_new(text))
}

/// Fails when no String of so many bytes can be made: asked before its text is built outside of the heap, where no
/// limit holds and every page costs time.
pub(crate) fn check_room(rt: &mut Rt, bytes: u64) -> Result<(), Trap> {
    let most = rt.heap.stats().max_bytes.min(STR_MAX);
    if bytes > most { Err(out_of_memory(rt)) } else { Ok(()) }
}

/// An ArrayBox of what `make` gives (owned) for each item.
pub(crate) fn array_of<T>(
    rt: &mut Rt,
    items: impl IntoIterator<Item = T>,
    mut make: impl FnMut(&mut Rt, T) -> Outcome,
) -> Outcome {
    let array = made(rt, Heap::arr_new)?;
    for item in items {
        let pushed = make(rt, item).and_then(|value| push_owned(rt, array, value));
        if let Err(trap) = pushed {
            rt.heap.release(array);
            return Err(trap);
        }
    }
    Ok(array)
}

/// Appends an owned value to an array; on failure the value is released.
pub(crate) fn push_owned(rt: &mut Rt, array: Value, value: Value) -> Result<(), Trap> {
    let pushed = made(rt, |heap| heap.arr_push(array.as_ref(), value));
    rt.heap.release(value);
    pushed
}

/// An object of a builtin class whose first fields are these (owned) values.
pub(crate) fn make_object(rt: &mut Rt, class: ClassId, fields: &[Value]) -> Outcome {
    let made_object = made(rt, |heap| heap.obj_new(class));
    let object = match made_object {
        Ok(object) => object,
        Err(trap) => {
            for value in fields {
                rt.heap.release(*value);
            }
            return Err(trap);
        }
    };
    for (slot, value) in fields.iter().enumerate() {
        set_field(rt, object, slot as u32, *value);
    }
    Ok(object)
}

/// Stores an owned value in a field of a builtin object. Only weak fields can fail, and builtin objects have none.
pub(crate) fn set_field(rt: &mut Rt, object: Value, slot: u32, value: Value) {
    if let Ok(old) = rt.heap.field_set(object.as_ref(), slot, value) {
        rt.heap.release(old);
    }
}

/// A field of a builtin object, borrowed from it.
#[inline]
pub(crate) fn field(rt: &Rt, object: Value, slot: u32) -> Value {
    rt.heap.field_peek(object.as_ref(), slot)
}

/// The elements of an array, borrowed from it; none for anything else.
pub(crate) fn elements(rt: &Rt, array: Value) -> Vec<Value> {
    if array.kind() != Kind::Arr {
        return Vec::new();
    }
    let r = array.as_ref();
    (0..rt.heap.arr_len(r)).filter_map(|i| rt.heap.arr_peek(r, i)).collect()
}
