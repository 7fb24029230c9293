//! Builtin functions that only the prelude and the code that the builder adds can call.

use alloc::string::String;
use alloc::vec::Vec;

use super::access::{arg, array_of, elements, int_arg, make_text, text, text_arg};
use super::{array, json};
use crate::builtin::{Owner, builtins};
use crate::host::Stream;
use crate::ops::text::{Parts, print};
use crate::rt::Rt;
use crate::trap::Outcome;
use crate::value::{Kind, Value};

builtins! { pub(crate) ROWS {
    Owner::Function => {
        /// The arguments of the command line.
        "__args" () ALLOCATES -> ArrayOf(Str) => args;
        /// Whether a value is a String itself, not a box with one.
        "__is_string" (value: Any) -> Bool => is_string;
        /// The text of a value without its own `toString`.
        "__default_text" (value: Any) ALLOCATES | USER_CODE -> Str via Text => default_text;
        /// Writes a text and a newline to a stream: 1 is standard output, 2 standard error.
        "__print" (text: Str, stream: Int) OUTSIDE -> Void => write;
        /// A text as JSON string.
        "__quote" (text: Str) ALLOCATES -> Str => quote;
        /// An ErrorBox.
        "__error" (kind: Str, message: Str) ALLOCATES -> Instance(ERROR) => error;
        /// Makes the items, sorted by their keys, the elements of the array.
        "__sort_by" (array: Array, items: Array to ElemsToFirst, keys: Array) WRITES | RELEASES -> Void => sort_by;
    }
} }

fn args(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    let all = rt.args.clone();
    array_of(rt, all, |rt, text| make_text(rt, &text))
}

fn is_string(_: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    Ok(Value::bool(arg(args, 0).kind() == Kind::Str))
}

fn default_text(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let mut parts = Parts::new();
    parts.add_default(rt, arg(args, 0))?;
    parts.finish(rt)
}

fn write(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let stream = if int_arg(args, 1) == 2 { Stream::Err } else { Stream::Out };
    print(rt, stream, arg(args, 0))
}

fn quote(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let mut out = String::new();
    json::quote(&mut out, text_arg(rt, args, 0));
    make_text(rt, &out)
}

fn error(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let (kind, message) = (String::from(text_arg(rt, args, 0)), String::from(text_arg(rt, args, 1)));
    super::error::make(rt, &kind, &message)
}

fn sort_by(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let (items, keys) = (elements(rt, arg(args, 1)), elements(rt, arg(args, 2)));
    let mut keyed: Vec<(Value, Value)> = keys.into_iter().zip(items).collect();
    keyed.sort_by(|x, y| text(rt, x.0).cmp(text(rt, y.0)));
    let sorted: Vec<Value> = keyed.into_iter().map(|(_, item)| item).collect();
    array::refill(rt, arg(args, 0), &sorted)?;
    Ok(Value::VOID)
}
