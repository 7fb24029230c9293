//! MapBox.

use nyrt::prelude::PreludeFn;
use nyrt::value::{Value, class_id};
use proptest::prelude::*;

use crate::world::World;

fn int(n: i64) -> Value {
    Value::int(n)
}

#[test]
fn methods() {
    let mut w = World::new();
    let m = w.make(class_id::MAP, &[]);
    assert_eq!(w.call(m, "isEmpty", &[]), Value::TRUE);
    let one = w.str("1");
    for (key, value) in [(int(1), 10), (one, 20), (Value::TRUE, 30)] {
        assert_eq!(w.call(m, "set", &[key, int(value)]), Value::VOID);
    }
    let boxed = w.ints(&[]);
    let key = w.rt.heap.own(boxed);
    w.call(m, "put", &[key, int(40)]);
    assert_eq!(w.call(m, "get", &[int(1)]), int(10));
    let key = w.str("1");
    assert_eq!(w.call(m, "get", &[key]), int(20));
    assert_eq!(w.call(m, "get", &[Value::FALSE]), Value::NULL);
    let key = w.rt.heap.own(boxed);
    assert_eq!(w.call(m, "get", &[key]), int(40));
    let other = w.ints(&[]);
    assert_eq!(w.call(m, "has", &[other]), Value::FALSE);
    for method in ["has", "containsKey", "contains"] {
        assert_eq!(w.call(m, method, &[int(1)]), Value::TRUE);
    }
    for method in ["size", "length", "len"] {
        assert_eq!(w.call(m, method, &[]), int(4));
    }
    // A key that is there keeps its place.
    w.call(m, "set", &[int(1), int(11)]);
    assert_eq!(w.ask(m, "keys", &[]), "[1, 1, true, []]");
    assert_eq!(w.ask(m, "values", &[]), "[11, 20, 30, 40]");
    assert_eq!(w.call(m, "containsValue", &[Value::float(30.0)]), Value::TRUE);
    assert_eq!(w.call(m, "containsValue", &[int(31)]), Value::FALSE);
    assert_eq!(w.call(m, "delete", &[int(1)]), Value::TRUE);
    assert_eq!(w.call(m, "remove", &[int(1)]), Value::FALSE);
    w.call(m, "set", &[int(1), int(12)]);
    assert_eq!(w.ask(m, "values", &[]), "[20, 30, 40, 12]");
    for (key, name) in [(Value::float(1.0), "FloatBox"), (Value::NULL, "NullBox"), (Value::VOID, "VoidBox")] {
        let expected = format!("TypeError: {name} cannot be the key of a MapBox");
        assert_eq!(w.fails(m, "get", &[key]), expected);
        assert_eq!(w.fails(m, "set", &[key, int(1)]), expected);
        assert_eq!(w.fails(m, "has", &[key]), expected);
        assert_eq!(w.fails(m, "delete", &[key]), expected);
    }
    w.call(m, "clear", &[]);
    assert_eq!(w.ask(m, "toString", &[]), "MapBox(size=0)");
    w.free(&[m, boxed]);
    w.done();
}

#[test]
fn values_of_user_boxes_are_asked() {
    let mut w = World::new();
    let class = w.class("Card", &[], &[("equals", 1)]);
    let (m, card) = (w.make(class_id::MAP, &[]), w.instance(class));
    w.call(m, "set", &[int(1), card]);
    let outcome = w.try_call(m, "containsValue", &[int(5)]);
    let (function, args) = w.callout(outcome);
    assert_eq!((function, args[1]), (PreludeFn::Contains, int(5)));
    assert_eq!(w.rt.heap.arr_peek(args[0].as_ref(), 0), Some(card));
    w.free(&args);
    w.free(&[m]);
    w.done();
}

#[derive(Clone, Debug, PartialEq)]
enum Key {
    Int(i64),
    Text(String),
    Bool(bool),
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        (0i64..6).prop_map(Key::Int),
        "[a-c0-3]{1,2}".prop_map(Key::Text),
        any::<bool>().prop_map(Key::Bool)
    ]
}

fn value(w: &mut World, key: &Key) -> Value {
    match key {
        Key::Int(n) => int(*n),
        Key::Text(s) => w.str(s),
        Key::Bool(b) => Value::bool(*b),
    }
}

proptest! {
    #[test]
    fn maps_against_a_list_of_pairs(steps in prop::collection::vec((key(), 0..3u8, any::<i64>()), 0..80)) {
        let mut w = World::with_heap(4 << 20);
        let m = w.make(class_id::MAP, &[]);
        let mut model: Vec<(Key, i64)> = Vec::new();
        for (k, step, n) in steps {
            let at = model.iter().position(|(key, _)| *key == k);
            let arg = value(&mut w, &k);
            match step {
                0 => {
                    w.call(m, "set", &[arg, int(n)]);
                    match at {
                        Some(at) => model[at].1 = n,
                        None => model.push((k, n)),
                    }
                }
                1 => prop_assert_eq!(w.call(m, "get", &[arg]), at.map_or(Value::NULL, |at| int(model[at].1))),
                _ => {
                    prop_assert_eq!(w.call(m, "delete", &[arg]), Value::bool(at.is_some()));
                    at.map(|at| model.remove(at));
                }
            }
            prop_assert_eq!(w.call(m, "size", &[]), int(model.len() as i64));
        }
        let values: Vec<i64> = model.iter().map(|(_, n)| *n).collect();
        prop_assert_eq!(w.ask(m, "values", &[]), format!("{values:?}"));
        w.free(&[m]);
        w.done();
    }
}
