//! IntentBox: a name and a payload, readable as fields too.

use super::access::{arg, field, make_object};
use crate::builtin::{Owner, builtins};
use crate::rt::Rt;
use crate::shapes::{INTENT_NAME, INTENT_PAYLOAD};
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::INTENT) => {
        /// A message with a name and anything as payload.
        "IntentBox" (name: Any to Kept, payload: Any to Kept) ALLOCATES -> Instance(INTENT) => new;
    }
    Owner::Method(class_id::INTENT) => {
        /// The name.
        "getName" () READS -> Kept => get_name;
        /// The payload.
        "getPayload" () READS -> Kept => get_payload;
    }
} }

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let fields = [rt.heap.own(arg(args, 0)), rt.heap.own(arg(args, 1))];
    make_object(rt, class_id::INTENT, &fields)
}

fn get_name(rt: &mut Rt, i: Value, _: &[Value]) -> Outcome {
    Ok(rt.heap.own(field(rt, i, INTENT_NAME)))
}

fn get_payload(rt: &mut Rt, i: Value, _: &[Value]) -> Outcome {
    Ok(rt.heap.own(field(rt, i, INTENT_PAYLOAD)))
}
