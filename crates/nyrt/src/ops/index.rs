//! `a[i]` and `a[i] = v`: `get` and `set` of arrays, maps, strings and of boxes that have these methods.

use alloc::format;

use smallvec::SmallVec;

use crate::boxes::{array, map, string};
use crate::builtin;
use crate::class::Target;
use crate::error::ErrorKind;
use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Value};

/// `a[i]`.
#[inline]
pub fn get(rt: &mut Rt, a: Value, i: Value) -> Outcome {
    match (a.kind(), i.as_int()) {
        (Kind::Arr, Some(at)) if !rt.heap.is_dead(a) => Ok(array::element(rt, a, at)),
        (Kind::Str, Some(at)) => string::get(rt, a, at),
        (Kind::Map, _) if !rt.heap.is_dead(a) => map::entry(rt, a, i),
        _ => call(rt, a, "get", &[i]),
    }
}

/// `a[i] = v`.
#[inline]
pub fn set(rt: &mut Rt, a: Value, i: Value, v: Value) -> Result<(), Trap> {
    match (a.kind(), i.as_int()) {
        (Kind::Arr, Some(at)) if !rt.heap.is_dead(a) => array::set_element(rt, a, at, v),
        (Kind::Map, _) if !rt.heap.is_dead(a) => map::set_entry(rt, a, i, v),
        _ => {
            let result = call(rt, a, "set", &[i, v])?;
            rt.heap.release(result);
            Ok(())
        }
    }
}

/// The method of that name, builtin or of the program.
#[inline(never)]
fn call(rt: &mut Rt, a: Value, name: &str, args: &[Value]) -> Outcome {
    if a.is_nothing() {
        let text = format!(
            "{} has no elements: '{name}' needs a box",
            if a == Value::NULL { "null" } else { "void" }
        );
        return Err(rt.raise(ErrorKind::NullReference, &text));
    }
    rt.check_alive(a)?;
    let target = rt.names.find(name).and_then(|name| rt.classes.method(a.class(), name));
    match target {
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
        None => {
            let text = format!("{} has no method '{name}'", rt.type_name(a));
            Err(rt.raise(ErrorKind::NoMethod, &text))
        }
    }
}

fn checked_call(rt: &mut Rt, func: crate::value::FuncId, name: &str, args: &[Value]) -> Outcome {
    if rt.params.get(func.0 as usize).is_some_and(|n| *n as usize != args.len()) {
        let text = format!("method '{name}' takes another number of arguments than an index gives");
        return Err(rt.raise(ErrorKind::ArityError, &text));
    }
    Err(rt.call_function(Some(func), args))
}
