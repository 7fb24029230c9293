//! ArrayBox.

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
    let a = w.make(class_id::ARRAY, &[]);
    assert_eq!(w.call(a, "isEmpty", &[]), Value::TRUE);
    assert_eq!(w.call(a, "pop", &[]), Value::NULL);
    for (method, n) in [("push", 1), ("add", 2), ("append", 3)] {
        assert_eq!(w.call(a, method, &[int(n)]), Value::VOID);
    }
    for method in ["length", "len", "size"] {
        assert_eq!(w.call(a, method, &[]), int(3));
    }
    assert_eq!(w.call(a, "get", &[int(2)]), int(3));
    assert_eq!(w.call(a, "get", &[int(3)]), Value::NULL);
    assert_eq!(w.call(a, "get", &[int(-1)]), Value::NULL);
    assert_eq!(w.call(a, "set", &[int(3), int(4)]), Value::VOID);
    assert_eq!(w.call(a, "set", &[int(0), int(9)]), Value::VOID);
    assert_eq!(
        w.fails(a, "set", &[int(5), int(0)]),
        "IndexError: set: position 5 is outside of an array of length 4"
    );
    assert!(w.fails(a, "set", &[int(-1), int(0)]).starts_with("IndexError"));
    assert_eq!(w.call(a, "insert", &[int(4), int(5)]), Value::VOID);
    assert_eq!(w.call(a, "insert", &[int(0), int(8)]), Value::VOID);
    assert!(w.fails(a, "insert", &[int(7), int(0)]).starts_with("IndexError"));
    assert_eq!(w.ask(a, "toString", &[]), "[8, 9, 2, 3, 4, 5]");
    assert_eq!(w.call(a, "remove", &[int(1)]), int(9));
    assert_eq!(w.call(a, "remove", &[int(9)]), Value::NULL);
    assert_eq!(w.call(a, "pop", &[]), int(5));
    assert_eq!(w.call(a, "indexOf", &[int(3)]), int(2));
    assert_eq!(w.call(a, "indexOf", &[Value::float(3.0)]), int(2));
    assert_eq!(w.call(a, "indexOf", &[int(7)]), int(-1));
    assert_eq!(w.call(a, "contains", &[int(8)]), Value::TRUE);
    assert_eq!(w.ask(a, "slice", &[int(1)]), "[2, 3, 4]");
    assert_eq!(w.ask(a, "slice", &[int(1), int(3)]), "[2, 3]");
    assert_eq!(w.ask(a, "slice", &[int(1), int(-1)]), "[2, 3, 4]");
    assert_eq!(w.ask(a, "slice", &[int(-5), int(1)]), "[8]");
    assert_eq!(w.ask(a, "slice", &[int(3), int(1)]), "[]");
    w.call(a, "reverse", &[]);
    let dash = w.str("-");
    assert_eq!(w.ask(a, "join", &[dash]), "4-3-2-8");
    w.call(a, "clear", &[]);
    assert_eq!(w.ask(a, "toString", &[]), "[]");
    w.free(&[a]);
    w.done();
}

#[test]
fn equality_of_contents() {
    let mut w = World::new();
    let nested = |w: &mut World, last: Value| {
        let (inner, text) = (w.strings(&["x", "y"]), w.str("z"));
        w.array(&[int(1), inner, text, last])
    };
    let a = nested(&mut w, Value::NULL);
    let b = nested(&mut w, Value::VOID);
    let c = nested(&mut w, int(0));
    let (b2, c2) = (w.rt.heap.own(b), w.rt.heap.own(c));
    assert_eq!(w.call(a, "equals", &[b2]), Value::TRUE);
    assert_eq!(w.call(a, "equals", &[c2]), Value::FALSE);
    assert_eq!(w.call(a, "equals", &[int(1)]), Value::FALSE);
    let inner = w.strings(&["x", "y"]);
    assert_eq!(w.call(a, "indexOf", &[inner]), int(1));
    // Arrays that contain themselves can be compared.
    for v in [a, b] {
        let again = w.rt.heap.own(v);
        w.call(v, "push", &[again]);
    }
    let b2 = w.rt.heap.own(b);
    assert_eq!(w.call(a, "equals", &[b2]), Value::TRUE);
    for v in [a, b] {
        w.call(v, "clear", &[]);
    }
    w.free(&[a, b, c]);
    w.done();
}

#[test]
fn sorting() {
    let mut w = World::new();
    let a = w.array(&[
        int(10),
        Value::float(9.5),
        int(-3),
        Value::float(f64::NAN),
        int(9),
        Value::float(f64::INFINITY),
    ]);
    w.call(a, "sort", &[]);
    assert_eq!(w.say(a), "[-3, 9, 9.5, 10, inf, NaN]");
    let a = w.strings(&["b", "ä", "a", "B", "10", "9"]);
    w.call(a, "sort", &[]);
    assert_eq!(w.say(a), "[10, 9, B, a, b, ä]");
    // One text among numbers: everything by text.
    let s = w.str("5");
    let a = w.array(&[int(10), int(9), s, Value::TRUE, Value::NULL]);
    w.call(a, "sort", &[]);
    assert_eq!(w.say(a), "[10, 5, 9, null, true]");
    // Stable: equal texts keep their order.
    let (s, t) = (w.str("1"), w.str("1"));
    let a = w.array(&[s, int(1), t, int(0)]);
    w.call(a, "sort", &[]);
    let kinds: Vec<bool> =
        (0..4).map(|i| w.rt.heap.arr_peek(a.as_ref(), i).is_some_and(|v| v.as_int().is_some())).collect();
    assert_eq!(kinds, [true, false, true, false]);
    w.free(&[a]);
    let nested = [w.ints(&[2]), w.ints(&[1]), w.ints(&[1, 0])];
    let a = w.array(&nested);
    w.call(a, "sort", &[]);
    assert_eq!(w.say(a), "[[1, 0], [1], [2]]");
    w.done();
}

#[test]
fn user_boxes_are_asked_by_the_prelude() {
    let mut w = World::new();
    let class = w.class("Card", &[], &[("equals", 1), ("toString", 0)]);
    let card = w.instance(class);
    let own = w.rt.heap.own(card);
    let a = w.array(&[int(1), own]);

    // Found before a card has to be asked.
    assert_eq!(w.call(a, "indexOf", &[int(1)]), int(0));
    let outcome = w.try_call(a, "indexOf", &[int(2)]);
    let (function, args) = w.callout(outcome);
    assert_eq!((function, args.as_slice()), (PreludeFn::IndexOf, [a, int(2)].as_slice()));
    w.free(&args);
    let outcome = w.try_call(a, "contains", &[int(2)]);
    let (function, args) = w.callout(outcome);
    assert_eq!((function, args.as_slice()), (PreludeFn::Contains, [a, int(2)].as_slice()));
    w.free(&args);
    let outcome = w.try_call(a, "sort", &[]);
    let (function, args) = w.callout(outcome);
    assert_eq!((function, args.as_slice()), (PreludeFn::Sort, [a].as_slice()));
    w.free(&args);
    let own = w.rt.heap.own(card);
    let b = w.array(&[int(1), own]);
    let own = w.rt.heap.own(b);
    let outcome = w.try_call(a, "equals", &[own]);
    let (function, args) = w.callout(outcome);
    assert_eq!(function, PreludeFn::AllEqual);
    assert_eq!(w.rt.heap.arr_len(args[0].as_ref()), 2);
    w.free(&args);
    // What differs elsewhere needs no question.
    w.call(b, "set", &[int(0), int(5)]);
    let own = w.rt.heap.own(b);
    assert_eq!(w.call(a, "equals", &[own]), Value::FALSE);

    // The end of the prelude's `sort`.
    let (items, keys) = (w.call(a, "slice", &[int(0)]), w.strings(&["z", "c"]));
    let own = w.rt.heap.own(a);
    assert_eq!(w.function("__sort_by", &[own, items, keys]), Ok(Value::VOID));
    assert_eq!(w.rt.heap.arr_peek(a.as_ref(), 0), Some(card));
    assert_eq!(w.rt.heap.arr_peek(a.as_ref(), 1), Some(int(1)));
    w.free(&[a, b, card]);
    w.done();
}

#[derive(Clone, Debug)]
enum Step {
    Push(i64),
    Pop,
    Set(i64, i64),
    Insert(i64, i64),
    Remove(i64),
    Reverse,
    Sort,
    Slice(i64, i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        any::<i64>().prop_map(Step::Push),
        (0i64..9).prop_map(Step::Push),
        Just(Step::Pop),
        (-1i64..8, 0i64..9).prop_map(|(i, n)| Step::Set(i, n)),
        (-1i64..8, 0i64..9).prop_map(|(i, n)| Step::Insert(i, n)),
        (-1i64..8).prop_map(Step::Remove),
        Just(Step::Reverse),
        Just(Step::Sort),
        (-1i64..8, -1i64..8).prop_map(|(i, j)| Step::Slice(i, j)),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    #[test]
    fn arrays_against_vectors(steps in steps()) {
        let mut w = World::with_heap(4 << 20);
        let mut a = w.make(class_id::ARRAY, &[]);
        let mut model: Vec<i64> = Vec::new();
        for step in steps {
            match step {
                Step::Push(n) => { w.call(a, "push", &[int(n)]); model.push(n); }
                Step::Pop => prop_assert_eq!(w.call(a, "pop", &[]), model.pop().map_or(Value::NULL, int)),
                Step::Set(i, n) => {
                    let length = model.len() as i64;
                    let outcome = w.try_call(a, "set", &[int(i), int(n)]);
                    match i {
                        i if i >= 0 && i < length => { prop_assert!(outcome.is_ok()); model[i as usize] = n; }
                        i if i == length => { prop_assert!(outcome.is_ok()); model.push(n); }
                        _ => { let text = w.error(outcome); prop_assert!(text.starts_with("IndexError")); }
                    }
                }
                Step::Insert(i, n) => {
                    let outcome = w.try_call(a, "insert", &[int(i), int(n)]);
                    if (0..=model.len() as i64).contains(&i) {
                        prop_assert!(outcome.is_ok());
                        model.insert(i as usize, n);
                    } else {
                        let text = w.error(outcome);
                        prop_assert!(text.starts_with("IndexError"));
                    }
                }
                Step::Remove(i) => {
                    let expected = if (0..model.len() as i64).contains(&i) { int(model.remove(i as usize)) } else { Value::NULL };
                    prop_assert_eq!(w.call(a, "remove", &[int(i)]), expected);
                }
                Step::Reverse => { w.call(a, "reverse", &[]); model.reverse(); }
                Step::Sort => { w.call(a, "sort", &[]); model.sort(); }
                Step::Slice(i, j) => {
                    let part = w.call(a, "slice", &[int(i), int(j)]);
                    w.free(&[a]);
                    a = part;
                    let end = if j < 0 { model.len() } else { (j as usize).min(model.len()) };
                    model = model.get(i.max(0) as usize..end).unwrap_or(&[]).to_vec();
                }
            }
            prop_assert_eq!(w.ask(a, "toString", &[]), format!("{model:?}"));
        }
        w.free(&[a]);
        w.done();
    }
}
