//! `a[i]` and `a[i] = v`: `get` and `set` of arrays, maps, strings and of boxes that have these methods.

use alloc::format;

use smallvec::SmallVec;

use super::method;
use crate::boxes::{array, map, string};
use crate::builtin;
use crate::class::Target;
use crate::error::ErrorKind;
use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{FuncId, Kind, Name, Value};

/// `a[i]`.
#[inline]
pub fn get(rt: &mut Rt, a: Value, i: Value) -> Outcome {
    match (a.kind(), i.as_int()) {
        (Kind::Arr, Some(at)) if !rt.heap.is_dead(a) => Ok(array::element(rt, a, at)),
        (Kind::Str, Some(at)) => string::get(rt, a, at),
        (Kind::Map, _) if !rt.heap.is_dead(a) => map::entry(rt, a, i),
        _ => call(rt, a, rt.boxes.words.get, &[i]),
    }
}

/// `a[i] = v`.
#[inline]
pub fn set(rt: &mut Rt, a: Value, i: Value, v: Value) -> Result<(), Trap> {
    match (a.kind(), i.as_int()) {
        (Kind::Arr, Some(at)) if !rt.heap.is_dead(a) => array::set_element(rt, a, at, v),
        (Kind::Map, _) if !rt.heap.is_dead(a) => super::map::set(rt, a.as_ref(), i, v),
        _ => {
            let result = call(rt, a, rt.boxes.words.set, &[i, v])?;
            rt.heap.release(result);
            Ok(())
        }
    }
}

/// The method of that name, builtin or of the program.
#[inline(never)]
fn call(rt: &mut Rt, a: Value, name: Name, args: &[Value]) -> Outcome {
    match method::find(rt, a, name)? {
        Some(Target::Builtin(id)) => builtin::call(rt, id, a, args),
        Some(Target::Func(func)) => {
            let all: SmallVec<[Value; 4]> = [a].iter().chain(args).copied().collect();
            checked_call(rt, func, name, &all)
        }
        Some(Target::Static(func)) => checked_call(rt, func, name, args),
        Some(Target::OnContent { parent, func }) => {
            let content = rt.content(a, parent)?.unwrap_or(Value::VOID);
            let all: SmallVec<[Value; 4]> = [content].iter().chain(args).copied().collect();
            checked_call(rt, func, name, &all)
        }
        None => Err(method::no_method(rt, a, name)),
    }
}

fn checked_call(rt: &mut Rt, func: FuncId, name: Name, args: &[Value]) -> Outcome {
    if rt.params.get(func.0 as usize).is_some_and(|n| *n as usize != args.len()) {
        let name = rt.names.text(name);
        let text = format!("Method '{name}' takes another number of arguments than an index gives");
        return Err(rt.raise(ErrorKind::ArityError, &text));
    }
    Err(rt.call_function(Some(func), args))
}
