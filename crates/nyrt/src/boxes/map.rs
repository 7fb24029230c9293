//! MapBox: entries in the order of insertion; Integers, Bools and Strings are keys by value, boxes by identity.

use alloc::vec::Vec;

use super::access::{arg, array_of, made};
use crate::boxes::json;
use crate::builtin::{Owner, builtins};
use crate::heap::Heap;
use crate::ops;
use crate::rt::Rt;
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::MAP) => {
        /// An empty map.
        "MapBox" () ALLOCATES -> Map => new;
    }
    Owner::Method(class_id::MAP) => {
        /// Sets the value of a key; a key that is there keeps its place. Float, `null` and `void` are no keys.
        "set" "put" (key: Any to Key, value: Any to Value) WRITES | THROWS | RELEASES -> Void => set;
        /// The value of a key, `null` when it is absent. `m[k]` is the same.
        "get" (key: Any) READS | THROWS -> Value | Null => get;
        /// Whether the key is there.
        "has" "containsKey" "contains" (key: Any) READS | THROWS -> Bool => has;
        /// Whether a value `equals` this one.
        "containsValue" (value: Any) READS | USER_CODE -> Bool via Contains => contains_value;
        /// Removes a key; whether it was there.
        "delete" "remove" (key: Any) WRITES | THROWS | RELEASES -> Bool => delete;
        /// ArrayBox of the keys in the order of insertion.
        "keys" () READS | ALLOCATES -> ArrayOf(Key) => keys;
        /// ArrayBox of the values in the order of their keys.
        "values" () READS | ALLOCATES -> ArrayOf(Value) => values;
        /// Number of entries.
        "size" "length" "len" () READS -> Length => size;
        /// Whether there are no entries.
        "isEmpty" () READS -> Bool => is_empty;
        /// Removes all entries, the last one first.
        "clear" () WRITES | RELEASES -> Void => clear;
        /// Compact JSON with the keys in the order of insertion.
        "toJSON" () READS | ALLOCATES | USER_CODE -> Str via Json => to_json;
    }
} }

fn new(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    made(rt, Heap::map_new)
}

fn set(rt: &mut Rt, m: Value, args: &[Value]) -> Outcome {
    ops::map::set(rt, m.as_ref(), arg(args, 0), arg(args, 1))?;
    Ok(Value::VOID)
}

fn get(rt: &mut Rt, m: Value, args: &[Value]) -> Outcome {
    entry(rt, m, arg(args, 0))
}

/// `m[k]`.
pub(crate) fn entry(rt: &mut Rt, m: Value, key: Value) -> Outcome {
    let value = ops::map::peek(rt, m.as_ref(), key)?;
    Ok(rt.heap.own(value))
}

fn has(rt: &mut Rt, m: Value, args: &[Value]) -> Outcome {
    Ok(Value::bool(ops::map::has(rt, m.as_ref(), arg(args, 0))?))
}

fn contains_value(rt: &mut Rt, m: Value, args: &[Value]) -> Outcome {
    let all = values(rt, m, &[])?;
    let found = super::array::has_element(rt, all, arg(args, 0));
    rt.heap.release(all);
    found
}

fn delete(rt: &mut Rt, m: Value, args: &[Value]) -> Outcome {
    ops::map::check_key(rt, arg(args, 0))?;
    match rt.heap.map_remove(m.as_ref(), arg(args, 0)) {
        Some((key, value)) => {
            // Finalizers that wait are served last first: the value goes before its key, as when a map dies.
            rt.heap.release(key);
            rt.heap.release(value);
            Ok(Value::TRUE)
        }
        None => Ok(Value::FALSE),
    }
}

/// Borrowed keys and values in order.
pub(crate) fn entries(rt: &Rt, m: Value) -> Vec<(Value, Value)> {
    let (mut all, mut position) = (Vec::new(), 0);
    while let Some((next, key, value)) = rt.heap.map_next(m.as_ref(), position) {
        all.push((key, value));
        position = next;
    }
    all
}

fn keys(rt: &mut Rt, m: Value, _: &[Value]) -> Outcome {
    let all = entries(rt, m);
    array_of(rt, all, |rt, (key, _)| Ok(rt.heap.own(key)))
}

fn values(rt: &mut Rt, m: Value, _: &[Value]) -> Outcome {
    let all = entries(rt, m);
    array_of(rt, all, |rt, (_, value)| Ok(rt.heap.own(value)))
}

fn size(rt: &mut Rt, m: Value, _: &[Value]) -> Outcome {
    Ok(Value::int(i64::from(rt.heap.map_len(m.as_ref()))))
}

fn is_empty(rt: &mut Rt, m: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(rt.heap.map_len(m.as_ref()) == 0))
}

fn clear(rt: &mut Rt, m: Value, _: &[Value]) -> Outcome {
    rt.heap.map_clear(m.as_ref());
    Ok(Value::VOID)
}

fn to_json(rt: &mut Rt, m: Value, _: &[Value]) -> Outcome {
    json::stringify(rt, m)
}
