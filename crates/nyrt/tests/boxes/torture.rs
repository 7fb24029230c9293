//! Every builtin with every kind of argument, and with allocations that fail: no panic, nothing lost.

use nyrt::builtin::{self, Owner};
use nyrt::error::ErrorKind;
use nyrt::heap::DropStep;
use nyrt::trap::{Outcome, Trap};
use nyrt::value::{Value, class_id};

use crate::world::World;

/// A small generator of repeatable numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// One value of every kind.
fn pool(w: &mut World) -> Vec<Value> {
    let text = w.class("Spoken", &[], &[("toString", 0), ("equals", 1), ("get", 1)]);
    let heir = w.class("Heir", &[class_id::STRING, class_id::ARRAY, class_id::INTEGER], &[]);
    let (spoken, heir, dead) = (w.instance(text), w.instance(heir), w.instance(text));
    w.rt.heap.begin_fini(dead);
    assert_eq!(w.rt.heap.drop_step(0), DropStep::Done);
    let mixed = w.array(&[Value::int(3), Value::NULL, Value::float(0.5)]);
    let own = w.rt.heap.own(spoken);
    let boxes = w.array(&[own]);
    let map = w.make(class_id::MAP, &[]);
    let key = w.str("k");
    let own = w.rt.heap.own(boxes);
    w.call(map, "set", &[key, own]);
    let mut all = vec![
        Value::VOID,
        Value::NULL,
        Value::TRUE,
        Value::int(0),
        Value::int(1),
        Value::int(-1),
        Value::int(i64::MAX),
        Value::int(i64::MIN),
        Value::float(f64::NAN),
        Value::float(-2.5),
        Value::float(1e300),
        w.str(""),
        w.str("a"),
        w.str("Straße 日本 12"),
        w.str("{\"k\": [1, {}]}"),
        w.str("(a|b)+"),
        w.str("%Y-%m-%d"),
        w.ints(&[3, 1, 2]),
        w.strings(&["b", "a"]),
        mixed,
        boxes,
        map,
        spoken,
        heir,
        dead,
    ];
    let own = w.rt.heap.own(map);
    all.push(w.make(class_id::JSON, &[own]));
    let pattern = w.str("[a-z]");
    all.push(w.make(class_id::REGEX, &[pattern]));
    all.push(w.make(class_id::BUFFER, &[]));
    all.push(w.make(class_id::RESULT, &[Value::int(1)]));
    all.push(w.rt.heap.weak_of(boxes).expect("room"));
    all.push(w.rt.heap.future_new(0).expect("room"));
    for class in [class_id::MATH, class_id::CONSOLE, class_id::TIME, class_id::TIMER] {
        all.push(w.make(class, &[]));
    }
    all.push(w.make(class_id::DATETIME, &[Value::int(1_714_566_600)]));
    all.push(w.make(class_id::RANDOM, &[]));
    let message = w.str("lost");
    all.push(w.make(class_id::ERROR, &[message]));
    all.push(w.make(class_id::INTENT, &[Value::int(1), Value::int(2)]));
    all
}

/// Releases whatever an operation left behind; whether it failed for lack of memory.
fn settle(w: &mut World, outcome: Outcome) -> bool {
    let mut out_of_memory = false;
    match outcome {
        Ok(value) => w.free(&[value]),
        Err(Trap::Call) => {
            let callout = std::mem::take(&mut w.rt.callout);
            w.free(&callout.args);
        }
        Err(Trap::Throw) => {
            let thrown = w.rt.take_thrown();
            out_of_memory = w.rt.error_kind(thrown).expect("an ErrorBox") == ErrorKind::OutOfMemory.name();
            w.free(&[thrown]);
        }
        Err(Trap::Suspend) => w.rt.tasks.awaiting = None,
        Err(Trap::Stop) => panic!("nothing stops"),
    }
    assert_eq!(w.rt.heap.drop_step(0), DropStep::Done);
    out_of_memory
}

/// How many calls gave a value, and how many failed for lack of memory.
fn torture(failing: bool) -> (usize, usize) {
    let (mut values_given, mut memory_failures) = (0, 0);
    for (id, row) in builtin::rows() {
        let mut w = World::with_heap(8 << 20);
        let mut dice = Dice(u64::from(id.0) + 1);
        let rounds = if failing { 60 } else { 250 };
        let mut values = Vec::new();
        for round in 0..rounds {
            // Calls change what they get (and finalize it), so now and then there is a new set.
            if round % 20 == 0 {
                w.free(&values);
                values = pool(&mut w);
            }
            let count = if dice.roll(8) == 0 {
                dice.roll(4)
            } else {
                row.min() + dice.roll(row.max() - row.min() + 1)
            };
            let args: Vec<Value> = (0..count).map(|_| values[dice.roll(values.len())]).collect();
            let fitting: Vec<Value> = match row.owner {
                Owner::Method(class) => values.iter().copied().filter(|v| v.class() == class).collect(),
                _ => Vec::new(),
            };
            let recv = if fitting.is_empty() || dice.roll(10) == 0 {
                values[dice.roll(values.len())]
            } else {
                fitting[dice.roll(fitting.len())]
            };
            if failing {
                w.rt.heap.fail_allocation(Some(1 + dice.roll(6) as u64));
            }
            let outcome = builtin::call(&mut w.rt, id, recv, &args);
            w.rt.heap.fail_allocation(None);
            values_given += usize::from(outcome.is_ok());
            memory_failures += usize::from(settle(&mut w, outcome));
        }
        w.free(&values);
        // Arrays and maps may have got into themselves.
        w.rt.heap.collect();
        assert_eq!(w.rt.heap.drop_step(0), DropStep::Done);
        let left = w.rt.heap.live_by_class();
        assert!(left.is_empty(), "{}: {left:?}", row.title());
    }
    (values_given, memory_failures)
}

#[test]
fn any_arguments() {
    let (given, _) = torture(false);
    assert!(given > 10_000, "{given}");
}

#[test]
fn failing_allocations() {
    let (given, failed) = torture(true);
    assert!(given > 1000 && failed > 1000, "{given} {failed}");
}
