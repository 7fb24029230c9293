//! Methods that every value has.

use alloc::format;
use alloc::string::String;

use super::access::{arg, array_of, make_text, text_arg};
use super::json;
use crate::builtin::{Owner, builtins};
use crate::convert;
use crate::error::ErrorKind;
use crate::ops::compare::{self, Equal};
use crate::ops::text;
use crate::prelude::PreludeFn;
use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::Every => {
        /// Its text.
        "toString" () READS | ALLOCATES | USER_CODE -> Str via Text | Json => to_string;
        /// The name of its box.
        "type_name" () ALLOCATES -> Str => type_name;
        /// Arrays element by element, user boxes by their own `equals`, everything else as `==`.
        "equals" (other: Any) READS | USER_CODE -> Bool via AllEqual => equals;
        /// Whether it is of a type; an instance is of its box and of all parents.
        "is" (type_name: Str) READS -> Bool => is;
        /// A number as the other kind of number; anything else unchanged.
        "as" (type_name: Str) THROWS -> Recv | Int | Float => as_type;
        /// Finalizes the box now. A second time nothing happens.
        "fini" () WRITES | RELEASES -> Void => fini;
        /// Whether it is `null` or `void`.
        "is_null" () -> Bool => is_null;
        /// Whether it is neither `null` nor `void`.
        "is_not_null" () -> Bool => is_not_null;
        /// Itself, or the argument in place of `null` and `void`.
        "get_or_default" (default: Any) -> Recv | First => get_or_default;
    }
} }

fn to_string(rt: &mut Rt, v: Value, _: &[Value]) -> Outcome {
    // The prelude comes back to this for documents with user boxes in them, so it must not ask for their text.
    if v.class() == class_id::JSON { json::stringify(rt, v) } else { text::text_of(rt, v) }
}

fn type_name(rt: &mut Rt, v: Value, _: &[Value]) -> Outcome {
    let name = String::from(rt.type_name(v));
    make_text(rt, &name)
}

/// Fails for `null` and `void`, which have only a few methods, and for dead boxes.
fn check(rt: &mut Rt, v: Value, what: &str) -> Result<(), Trap> {
    if v.is_nothing() {
        let name = if v == Value::NULL { "null" } else { "void" };
        return Err(rt.raise(ErrorKind::NullReference, &format!("Method '{what}' called on {name}")));
    }
    rt.check_alive(v)
}

fn equals(rt: &mut Rt, v: Value, args: &[Value]) -> Outcome {
    rt.check_alive(v)?;
    match compare::equals(rt, v, arg(args, 0)) {
        Equal::Yes => Ok(Value::TRUE),
        Equal::No => Ok(Value::FALSE),
        Equal::Ask(pairs) => {
            let sides = pairs.into_iter().flat_map(|(x, y)| [x, y]);
            let pairs = array_of(rt, sides, |rt, side| Ok(rt.heap.own(side)))?;
            let trap = rt.call_prelude(PreludeFn::AllEqual, &[pairs]);
            rt.heap.release(pairs);
            Err(trap)
        }
    }
}

fn is(rt: &mut Rt, v: Value, args: &[Value]) -> Outcome {
    check(rt, v, "is")?;
    Ok(Value::bool(convert::is_type(rt, v, text_arg(rt, args, 0))))
}

fn as_type(rt: &mut Rt, v: Value, args: &[Value]) -> Outcome {
    check(rt, v, "as")?;
    let name = String::from(text_arg(rt, args, 0));
    convert::as_type(rt, v, &name)
}

fn fini(rt: &mut Rt, v: Value, _: &[Value]) -> Outcome {
    if v.is_nothing() {
        check(rt, v, "fini")?;
    }
    rt.heap.begin_fini(v);
    Ok(Value::VOID)
}

fn is_null(rt: &mut Rt, v: Value, _: &[Value]) -> Outcome {
    rt.check_alive(v)?;
    Ok(Value::bool(v.is_nothing()))
}

fn is_not_null(rt: &mut Rt, v: Value, _: &[Value]) -> Outcome {
    rt.check_alive(v)?;
    Ok(Value::bool(!v.is_nothing()))
}

fn get_or_default(rt: &mut Rt, v: Value, args: &[Value]) -> Outcome {
    rt.check_alive(v)?;
    Ok(rt.heap.own(if v.is_nothing() { arg(args, 0) } else { v }))
}
