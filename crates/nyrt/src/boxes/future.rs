//! FutureBox and waiting for it.

use crate::builtin::{Owner, builtins};
use crate::heap::func::FutureState;
use crate::rt::Rt;
use crate::task;
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::Method(class_id::FUTURE) => {
        /// `await`: the result of the task, or its exception.
        "get" () READS | THROWS | SUSPENDS -> Awaited => get;
        /// Whether the task has ended.
        "ready" () READS -> Bool => ready;
    }
} }

fn get(rt: &mut Rt, f: Value, _: &[Value]) -> Outcome {
    task::await_value(rt, f)
}

fn ready(rt: &mut Rt, f: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(rt.heap.future_state(f.as_ref()) != FutureState::Pending))
}
