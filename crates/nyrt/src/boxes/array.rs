//! ArrayBox. It does not know how elements are stored.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::access::{arg, clamp, elements, int_arg, made, text_arg};
use crate::builtin::{Owner, builtins};
use crate::error::ErrorKind;
use crate::heap::Heap;
use crate::ops::compare::{self, Equal};
use crate::ops::text::Parts;
use crate::prelude::PreludeFn;
use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::ARRAY) => {
        /// An empty array.
        "ArrayBox" () ALLOCATES -> ArrayOf() => new;
    }
    Owner::Method(class_id::ARRAY) => {
        /// Appends a value.
        "push" "add" "append" (value: Any to Elem) WRITES -> Void => push;
        /// Takes the last element out; `null` when there is none.
        "pop" () WRITES | SHORTENS -> Elem | Null => pop;
        /// Number of elements.
        "length" "len" "size" () READS -> Length => length;
        /// Whether there are no elements.
        "isEmpty" () READS -> Bool => is_empty;
        /// The element at a position, `null` outside. `a[i]` is the same.
        "get" (position: Int) READS -> Elem | Outside => get;
        /// Replaces an element; the position after the last one appends, others raise `IndexError`. `a[i] = v` is the
        /// same.
        "set" (position: Int, value: Any to Elem) WRITES | THROWS | RELEASES -> Void => set;
        /// Inserts before a position, which may be the length; others raise `IndexError`.
        "insert" (position: Int, value: Any to Elem) WRITES | THROWS -> Void => insert;
        /// Takes an element out; `null` outside.
        "remove" (position: Int) WRITES | SHORTENS -> Elem | Null => remove;
        /// Position of the first element that `equals` the value, -1 when there is none.
        "indexOf" (value: Any) READS | USER_CODE -> Int via IndexOf => index_of;
        /// Whether an element `equals` the value.
        "contains" (value: Any) READS | USER_CODE -> Bool via Contains => contains;
        /// Removes all elements, the last one first.
        "clear" () WRITES | RELEASES | SHORTENS -> Void => clear;
        /// The texts of the elements with the separator between them.
        "join" (separator: Str) READS | ALLOCATES | USER_CODE -> Str via Text => join;
        /// Sorts in place and stably: numbers numerically (NaN last), anything else by text.
        "sort" () WRITES | USER_CODE -> Void via Sort => sort;
        /// Turns the order around, in place.
        "reverse" () WRITES -> Void => reverse;
        /// A copy of the elements from `start` up to but without `end`; a negative `end` means the end.
        "slice" (start: Int; end: Int) READS | ALLOCATES -> ArrayOf(Elem) => slice;
    }
    Owner::Function => {
        /// An empty array.
        "array.create" () ALLOCATES -> ArrayOf() => new;
    }
} }

fn new(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    made(rt, Heap::arr_new)
}

fn push(rt: &mut Rt, a: Value, args: &[Value]) -> Outcome {
    let value = arg(args, 0);
    made(rt, |heap| heap.arr_push(a.as_ref(), value))?;
    Ok(Value::VOID)
}

fn pop(rt: &mut Rt, a: Value, _: &[Value]) -> Outcome {
    Ok(rt.heap.arr_pop(a.as_ref()).unwrap_or(Value::NULL))
}

fn len(rt: &Rt, a: Value) -> u32 {
    rt.heap.arr_len(a.as_ref())
}

fn length(rt: &mut Rt, a: Value, _: &[Value]) -> Outcome {
    Ok(Value::int(i64::from(len(rt, a))))
}

fn is_empty(rt: &mut Rt, a: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(len(rt, a) == 0))
}

fn get(rt: &mut Rt, a: Value, args: &[Value]) -> Outcome {
    Ok(element(rt, a, int_arg(args, 0)))
}

/// `a[i]`, owned.
#[inline]
pub(crate) fn element(rt: &Rt, a: Value, at: i64) -> Value {
    u32::try_from(at).ok().and_then(|at| rt.heap.arr_get(a.as_ref(), at)).unwrap_or(Value::NULL)
}

#[cold]
fn no_position(rt: &mut Rt, what: &str, a: Value, at: i64) -> Trap {
    let text = format!("{what}: position {at} is outside of an array of length {}", len(rt, a));
    rt.raise(ErrorKind::IndexError, &text)
}

fn set(rt: &mut Rt, a: Value, args: &[Value]) -> Outcome {
    set_element(rt, a, int_arg(args, 0), arg(args, 1))?;
    Ok(Value::VOID)
}

/// `a[i] = v`.
#[inline]
pub(crate) fn set_element(rt: &mut Rt, a: Value, at: i64, value: Value) -> Result<(), Trap> {
    let length = len(rt, a);
    match u32::try_from(at) {
        Ok(at) if at < length => {
            let old = made(rt, |heap| heap.arr_set(a.as_ref(), at, value))?;
            rt.heap.release(old);
            Ok(())
        }
        Ok(at) if at == length => made(rt, |heap| heap.arr_push(a.as_ref(), value)),
        _ => Err(no_position(rt, "set", a, at)),
    }
}

fn insert(rt: &mut Rt, a: Value, args: &[Value]) -> Outcome {
    let (at, value) = (int_arg(args, 0), arg(args, 1));
    match u32::try_from(at) {
        Ok(position) if position <= len(rt, a) => {
            made(rt, |heap| heap.arr_insert(a.as_ref(), position, value))?;
            Ok(Value::VOID)
        }
        _ => Err(no_position(rt, "insert", a, at)),
    }
}

fn remove(rt: &mut Rt, a: Value, args: &[Value]) -> Outcome {
    let at = u32::try_from(int_arg(args, 0)).ok();
    Ok(at.and_then(|at| rt.heap.arr_remove(a.as_ref(), at)).unwrap_or(Value::NULL))
}

/// Position of the first element that equals a value; `None` when user code has to be asked.
fn position_of(rt: &Rt, a: Value, value: Value) -> Option<i64> {
    let r = a.as_ref();
    let mut at = 0;
    while let Some(element) = rt.heap.arr_peek(r, at) {
        match compare::equals(rt, element, value) {
            Equal::Yes => return Some(i64::from(at)),
            Equal::No => at += 1,
            Equal::Ask(_) => return None,
        }
    }
    Some(-1)
}

fn index_of(rt: &mut Rt, a: Value, args: &[Value]) -> Outcome {
    match position_of(rt, a, arg(args, 0)) {
        Some(at) => Ok(Value::int(at)),
        None => Err(rt.call_prelude(PreludeFn::IndexOf, &[a, arg(args, 0)])),
    }
}

fn contains(rt: &mut Rt, a: Value, args: &[Value]) -> Outcome {
    has_element(rt, a, arg(args, 0))
}

/// Whether an element of `a` equals a value.
pub(crate) fn has_element(rt: &mut Rt, a: Value, value: Value) -> Outcome {
    match position_of(rt, a, value) {
        Some(at) => Ok(Value::bool(at >= 0)),
        None => Err(rt.call_prelude(PreludeFn::Contains, &[a, value])),
    }
}

fn clear(rt: &mut Rt, a: Value, _: &[Value]) -> Outcome {
    rt.heap.arr_clear(a.as_ref());
    Ok(Value::VOID)
}

fn join(rt: &mut Rt, a: Value, args: &[Value]) -> Outcome {
    let separator = String::from(text_arg(rt, args, 0));
    let mut parts = Parts::new();
    parts.add_elements(rt, a, &separator)?;
    parts.finish(rt)
}

/// Order of two numbers with NaN behind everything else.
fn numeric(x: &Value, y: &Value) -> Ordering {
    let is_nan = |v: &Value| v.as_float().is_some_and(f64::is_nan);
    compare::numbers(*x, *y).unwrap_or_else(|| is_nan(x).cmp(&is_nan(y)))
}

fn sort(rt: &mut Rt, a: Value, _: &[Value]) -> Outcome {
    let mut items = elements(rt, a);
    if items.iter().all(|v| matches!(v.kind(), Kind::I64 | Kind::F64)) {
        items.sort_by(numeric);
    } else if items.iter().all(|v| v.kind() == Kind::Str) {
        items.sort_by(|x, y| rt.heap.str_cmp(x.as_ref(), y.as_ref()));
    } else {
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            let mut parts = Parts::new();
            parts.add(rt, item)?;
            match parts.plain() {
                Ok(key) => keyed.push((key, item)),
                Err(_) => return Err(rt.call_prelude(PreludeFn::Sort, &[a])),
            }
        }
        keyed.sort_by(|x, y| x.0.cmp(&y.0));
        items = keyed.into_iter().map(|(_, item)| item).collect();
    }
    refill(rt, a, &items)?;
    Ok(Value::VOID)
}

/// Makes these (borrowed) values the first elements of an array. What it has more of, because it was added while it
/// was sorted, stays behind them.
pub(crate) fn refill(rt: &mut Rt, a: Value, items: &[Value]) -> Result<(), Trap> {
    // Between two stores an element may be in the array twice or not at all.
    for item in items {
        rt.heap.retain(*item);
    }
    let mut result = Ok(());
    for (at, item) in items.iter().enumerate() {
        result = set_element(rt, a, at as i64, *item);
        if result.is_err() {
            break;
        }
    }
    for item in items {
        rt.heap.release(*item);
    }
    result
}

fn reverse(rt: &mut Rt, a: Value, _: &[Value]) -> Outcome {
    rt.heap.arr_reverse(a.as_ref());
    Ok(Value::VOID)
}

fn slice(rt: &mut Rt, a: Value, args: &[Value]) -> Outcome {
    let end = args.get(1).and_then(|v| v.as_int()).filter(|end| *end >= 0).map_or(u32::MAX, clamp);
    let start = clamp(int_arg(args, 0));
    made(rt, |heap| heap.arr_slice(a.as_ref(), start, end))
}
