//! ErrorBox: what run-time errors are, and what programs may throw.

use super::access::{arg, field, make_text, out_of_memory};
use crate::builtin::{Owner, builtins};
use crate::heap::OutOfMemory;
use crate::ops::text::Parts;
use crate::prelude::PreludeFn;
use crate::rt::Rt;
use crate::shapes::{ERROR_KIND, ERROR_MESSAGE};
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::ERROR) => {
        /// An error with a message and the kind `Error`; with two arguments kind and message.
        "ErrorBox" (message: Any; message_after_kind: Any) ALLOCATES | USER_CODE -> Instance(ERROR) via Error => new;
    }
    Owner::Method(class_id::ERROR) => {
        /// The message.
        "message" () READS -> Str => message;
        /// The kind: `TypeError`, `IndexError`, ... or `Error`.
        "kind" () READS -> Str => kind;
    }
} }

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let (mut kind, mut message) = (Parts::new(), Parts::new());
    if args.len() > 1 {
        kind.add(rt, arg(args, 0))?;
    } else {
        kind.push("Error");
    }
    // A kind is a name; a box with a `toString` of its own is none.
    let kind = kind.plain().unwrap_or_else(|_| "Error".into());
    message.add(rt, arg(args, args.len() - 1))?;
    match message.plain() {
        Ok(message) => make(rt, &kind, &message),
        Err(parts) => {
            let kind = make_text(rt, &kind)?;
            let trap = parts.ask(rt, PreludeFn::Error, &[kind]);
            rt.heap.release(kind);
            Err(trap)
        }
    }
}

/// An error of a kind with a message.
pub(crate) fn make(rt: &mut Rt, kind: &str, message: &str) -> Outcome {
    match rt.error_new(kind, message) {
        Ok(error) => Ok(error),
        Err(OutOfMemory) => Err(out_of_memory(rt)),
    }
}

fn message(rt: &mut Rt, e: Value, _: &[Value]) -> Outcome {
    Ok(rt.heap.own(field(rt, e, ERROR_MESSAGE)))
}

fn kind(rt: &mut Rt, e: Value, _: &[Value]) -> Outcome {
    Ok(rt.heap.own(field(rt, e, ERROR_KIND)))
}
