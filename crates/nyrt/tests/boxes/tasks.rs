//! The protocol of tasks as a tier uses it.

use nyrt::error::ErrorKind;
use nyrt::task::{self, Next, TaskId};
use nyrt::trap::Trap;
use nyrt::value::{Value, class_id};

use crate::world::World;

const FOREVER: u64 = u64::MAX;

#[test]
fn awaiting_a_result() {
    let mut w = World::new();
    let (id, future) = task::spawn(&mut w.rt).expect("a task");
    assert_eq!(w.call(future, "ready", &[]), Value::FALSE);
    assert_eq!(task::await_value(&mut w.rt, future), Err(Trap::Suspend));
    task::suspend(&mut w.rt);
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Run(id));
    let text = w.str("done");
    task::finish(&mut w.rt, Ok(text));
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Run(TaskId::MAIN));
    // The same operation again.
    assert_eq!(w.ask(future, "get", &[]), "done");
    assert_eq!(w.call(future, "ready", &[]), Value::TRUE);
    assert_eq!(task::await_value(&mut w.rt, Value::int(3)), Ok(Value::int(3)));
    task::finish(&mut w.rt, Ok(Value::VOID));
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Finished);
    w.free(&[future]);
    w.done();
}

#[test]
fn errors_go_to_who_awaits_or_are_noted() {
    let mut w = World::new();
    let (_, seen) = task::spawn(&mut w.rt).expect("a task");
    let (_, unseen) = task::spawn(&mut w.rt).expect("a task");
    let sleeper = w.make(class_id::TIME, &[]);
    assert_eq!(w.try_call(sleeper, "sleep", &[Value::int(0)]), Err(Trap::Suspend));
    task::suspend(&mut w.rt);
    for kind in ["First", "Second"] {
        assert!(matches!(task::next(&mut w.rt, FOREVER), Next::Run(_)));
        let error = w.rt.error_new(kind, "failed").expect("room");
        task::finish(&mut w.rt, Err(error));
    }
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Run(TaskId::MAIN));
    assert_eq!(w.try_call(sleeper, "sleep", &[Value::int(0)]), Ok(Value::VOID));
    let outcome = task::await_value(&mut w.rt, seen);
    assert_eq!(w.error(outcome), "First: failed");
    task::finish(&mut w.rt, Ok(Value::VOID));
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Finished);
    let errors = task::unawaited(&mut w.rt);
    assert_eq!(errors.len(), 1);
    assert_eq!(w.rt.error_kind(errors[0]), Some("Second"));
    w.free(&errors);
    w.free(&[seen, unseen, sleeper]);
    w.done();
}

#[test]
fn sleeping() {
    let mut w = World::new();
    let time = w.make(class_id::TIME, &[]);
    let (id, future) = task::spawn(&mut w.rt).expect("a task");
    assert_eq!(w.try_call(time, "sleep", &[Value::int(20)]), Err(Trap::Suspend));
    task::suspend(&mut w.rt);
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Run(id));
    assert_eq!(w.try_call(time, "sleep", &[Value::float(5.5)]), Err(Trap::Suspend));
    task::suspend(&mut w.rt);
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Run(id));
    assert_eq!(w.try_call(time, "sleep", &[Value::float(5.5)]), Ok(Value::VOID));
    // The second sleep of a task is a new one.
    assert_eq!(w.try_call(time, "sleep", &[Value::int(100)]), Err(Trap::Suspend));
    task::suspend(&mut w.rt);
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Run(TaskId::MAIN));
    assert_eq!(w.try_call(time, "sleep", &[Value::int(20)]), Ok(Value::VOID));
    assert_eq!(w.outside.borrow().slept, [5_500_000, 14_500_000]);
    // A deadline ends the waiting.
    assert_eq!(task::await_value(&mut w.rt, future), Err(Trap::Suspend));
    task::suspend(&mut w.rt);
    assert_eq!(task::next(&mut w.rt, 50_000_000), Next::Deadline);
    assert_eq!(w.outside.borrow().now_ns, 50_000_000);
    w.free(&[time]);
}

#[test]
fn deadlock_is_raised_in_the_main_task() {
    let mut w = World::new();
    let (id, future) = task::spawn(&mut w.rt).expect("a task");
    assert_eq!(task::await_value(&mut w.rt, future), Err(Trap::Suspend));
    task::suspend(&mut w.rt);
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Run(id));
    // It waits for itself.
    assert_eq!(task::await_value(&mut w.rt, future), Err(Trap::Suspend));
    task::suspend(&mut w.rt);
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Deadlock);
    assert_eq!(task::break_deadlock(&mut w.rt), Ok(TaskId::MAIN));
    assert_eq!(w.rt.error_kind(w.rt.thrown), Some(ErrorKind::Deadlock.name()));
    let error = w.rt.take_thrown();
    task::finish(&mut w.rt, Err(error));
    assert_eq!(task::next(&mut w.rt, FOREVER), Next::Deadlock);
    assert_eq!(task::break_deadlock(&mut w.rt), Err(Trap::Throw));
}
