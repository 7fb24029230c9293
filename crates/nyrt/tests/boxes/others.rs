//! Results, errors, buffers, patterns, intents, random numbers, time.

use nyrt::prelude::PreludeFn;
use nyrt::value::{Value, class_id};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::world::World;

fn int(n: i64) -> Value {
    Value::int(n)
}

#[test]
fn results_and_errors() {
    let mut w = World::new();
    let ok = w.make(class_id::RESULT, &[int(5)]);
    let err = w.make(class_id::RESULT, &[Value::NULL, int(6)]);
    for method in ["is_ok", "isOk"] {
        assert_eq!((w.call(ok, method, &[]), w.call(err, method, &[])), (Value::TRUE, Value::FALSE));
    }
    for method in ["is_err", "isErr"] {
        assert_eq!((w.call(ok, method, &[]), w.call(err, method, &[])), (Value::FALSE, Value::TRUE));
    }
    for method in ["get_value", "getValue"] {
        assert_eq!((w.call(ok, method, &[]), w.call(err, method, &[])), (int(5), Value::NULL));
    }
    for method in ["get_error", "getError"] {
        assert_eq!((w.call(ok, method, &[]), w.call(err, method, &[])), (Value::NULL, int(6)));
    }
    assert_eq!(w.ask(err, "toString", &[]), "Err(6)");
    let message = w.str("lost");
    let error = w.make(class_id::ERROR, &[message]);
    assert_eq!(w.ask(error, "kind", &[]), "Error");
    assert_eq!(w.ask(error, "message", &[]), "lost");
    assert_eq!(w.ask(error, "toString", &[]), "lost");
    let (kind, message) = (w.str("NetError"), w.ints(&[404]));
    let other = w.make(class_id::ERROR, &[kind, message]);
    assert_eq!(w.ask(other, "kind", &[]), "NetError");
    assert_eq!(w.ask(other, "message", &[]), "[404]");
    let class = w.class("Why", &[], &[("toString", 0)]);
    let why = w.instance(class);
    let outcome = nyrt::builtin::construct(&mut w.rt, class_id::ERROR, &[why]);
    let (function, args) = w.callout(outcome);
    assert_eq!(function, PreludeFn::Error);
    assert_eq!(args.len(), function.params() as usize);
    w.free(&args);
    let own = w.rt.heap.own(why);
    let outcome = w.function("assert", &[Value::FALSE, own]);
    let (function, args) = w.callout(outcome);
    assert_eq!(function, PreludeFn::Fail);
    w.free(&args);
    w.free(&[ok, err, error, other, why]);
    w.done();
}

#[test]
fn assertions() {
    let mut w = World::new();
    assert_eq!(w.function("assert", &[int(1)]), Ok(Value::VOID));
    let message = w.str("must hold");
    let outcome = w.function("assert", &[int(0), message]);
    assert_eq!(w.error(outcome), "AssertionFailed: must hold");
    w.done();
}

#[test]
fn buffers() {
    let mut w = World::new();
    let b = w.make(class_id::BUFFER, &[]);
    let data = w.ints(&[1, 2, 255]);
    assert_eq!(w.call(b, "write", &[data]), int(3));
    let data = w.str("é");
    assert_eq!(w.call(b, "write", &[data]), int(5));
    assert_eq!(w.ask(b, "readAll", &[]), "[1, 2, 255, 195, 169]");
    assert_eq!(w.ask(b, "read", &[int(2)]), "[1, 2]");
    assert_eq!(w.ask(b, "read", &[int(-1)]), "[]");
    assert_eq!(w.call(b, "length", &[]), int(3));
    let part = w.call(b, "slice", &[int(1), int(99)]);
    assert_eq!(w.ask(part, "readAll", &[]), "[195, 169]");
    let same = w.rt.heap.own(part);
    assert_eq!(w.call(part, "append", &[same]), int(4));
    let other = w.rt.heap.own(b);
    assert_eq!(w.call(part, "is_shared_with", &[other]), Value::FALSE);
    let other = w.rt.heap.own(b);
    assert_eq!(w.call(part, "share_reference", &[other]), Value::VOID);
    let other = w.rt.heap.own(part);
    assert_eq!(w.call(b, "is_shared_with", &[other]), Value::TRUE);
    w.call(b, "clear", &[]);
    assert_eq!(w.call(part, "length", &[]), int(0));
    let data = w.ints(&[256]);
    assert_eq!(w.fails(b, "write", &[data]), "MathError: BufferBox.write: 256 is not a byte (0 to 255)");
    assert!(w.fails(b, "write", &[int(1)]).starts_with("TypeError"));
    let data = w.array(&[Value::TRUE]);
    assert!(w.fails(b, "write", &[data]).ends_with("got BoolBox"));
    assert!(w.fails(b, "append", &[int(1)]).starts_with("TypeError"));
    w.free(&[b, part]);
    w.done();
}

#[test]
fn patterns() {
    let mut w = World::new();
    let pattern = w.str(r"(\d+)-(?P<b>\w)");
    let r = w.make(class_id::REGEX, &[pattern]);
    let text = |w: &mut World, t: &str| w.str(t);
    let s = text(&mut w, "x 12-a 3-é!");
    let own = |w: &World| w.rt.heap.own(s);
    let arg = own(&w);
    assert_eq!(w.call(r, "test", &[arg]), Value::TRUE);
    let arg = own(&w);
    assert_eq!(w.ask(r, "find", &[arg]), "12-a");
    let arg = own(&w);
    assert_eq!(w.ask(r, "findAll", &[arg]), "[12-a, 3-é]");
    let (arg, by) = (own(&w), text(&mut w, "<$b$1$$>"));
    assert_eq!(w.ask(r, "replace", &[arg, by]), "x <a12$> <é3$>!");
    let (arg, by) = (own(&w), text(&mut w, "_"));
    assert_eq!(w.ask(r, "replaceAll", &[arg, by]), "x _ _!");
    let arg = own(&w);
    assert_eq!(w.ask(r, "split", &[arg]), "[x ,  , !]");
    let arg = text(&mut w, "none");
    assert_eq!(w.call(r, "find", &[arg]), Value::NULL);
    let arg = text(&mut w, "none");
    assert_eq!(w.call(r, "isMatch", &[arg]), Value::FALSE);
    assert_eq!(w.ask(r, "pattern", &[]), r"(\d+)-(?P<b>\w)");
    // Empty matches and word boundaries see what stands around them.
    let pattern = w.str(r"\b");
    let edge = w.make(class_id::REGEX, &[pattern]);
    let (arg, by) = (text(&mut w, "ab cd"), text(&mut w, "|$0"));
    assert_eq!(w.ask(edge, "replace", &[arg, by]), "|ab| |cd|");
    let bad = w.str("a(");
    let outcome = nyrt::builtin::construct(&mut w.rt, class_id::REGEX, &[bad]);
    assert_eq!(w.error(outcome), "ParseError: Bad pattern \"a(\": unclosed group");
    w.free(&[r, s, edge, bad]);
    w.done();
}

#[test]
fn many_patterns() {
    let mut w = World::new();
    let mut all = Vec::new();
    for i in 0..100 {
        let pattern = w.str(&format!("^{i}$"));
        all.push(w.make(class_id::REGEX, &[pattern]));
    }
    for (i, r) in all.iter().enumerate() {
        let text = w.str(&i.to_string());
        assert_eq!(w.call(*r, "test", &[text]), Value::TRUE);
    }
    w.free(&all);
    w.done();
}

#[test]
fn intents() {
    let mut w = World::new();
    let (name, payload) = (w.str("open"), w.ints(&[1]));
    let i = w.make(class_id::INTENT, &[name, payload]);
    assert_eq!(w.ask(i, "getName", &[]), "open");
    assert_eq!(w.ask(i, "getPayload", &[]), "[1]");
    assert_eq!(w.ask(i, "toString", &[]), "<IntentBox>");
    let slot = w.rt.names.find("payload").and_then(|n| w.rt.heap.layouts.get(class_id::INTENT).slot_of(n));
    assert!(slot.is_some());
    w.free(&[i]);
    w.done();
}

#[test]
fn random_numbers_are_those_of_the_documented_generator() {
    let mut w = World::new();
    let r = w.make(class_id::RANDOM, &[]);
    w.call(r, "seed", &[int(7)]);
    let mut model = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..100 {
        let expected = (model.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0;
        assert_eq!(w.call(r, "random", &[]), Value::float(expected));
        assert_eq!(w.call(r, "randBool", &[]), Value::bool(model.next_u64() % 2 == 1));
        // 8 divides 2^64: no draw is repeated.
        let expected = 10 + (model.next_u64() >> 61) as i64;
        assert_eq!(w.call(r, "randInt", &[int(10), int(17)]), int(expected));
    }
    w.call(r, "seed", &[int(7)]);
    let mut seen = [0; 3];
    for _ in 0..300 {
        let n = w.call(r, "randInt", &[int(-1), int(1)]).as_int().expect("an Integer");
        seen[(n + 1) as usize] += 1;
    }
    assert!(seen.iter().all(|n| *n > 50), "{seen:?}");
    w.call(r, "randInt", &[int(i64::MIN), int(i64::MAX)]);
    assert!(w.fails(r, "randInt", &[int(2), int(1)]).starts_with("MathError"));
    let array = w.ints(&[1, 2, 3, 4, 5, 6, 7, 8]);
    let own = w.rt.heap.own(array);
    let shuffled = w.call(r, "shuffle", &[own]);
    assert_eq!(w.ask(array, "toString", &[]), "[1, 2, 3, 4, 5, 6, 7, 8]");
    w.call(shuffled, "sort", &[]);
    assert_eq!(w.say(shuffled), "[1, 2, 3, 4, 5, 6, 7, 8]");
    let own = w.rt.heap.own(array);
    assert!(w.call(r, "choice", &[own]).as_int().is_some_and(|n| (1..9).contains(&n)));
    let empty = w.ints(&[]);
    assert_eq!(w.call(r, "choice", &[empty]), Value::NULL);
    let text = w.ask(r, "randString", &[int(50)]);
    assert!(text.len() == 50 && text.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_eq!(w.call(r, "probability", &[int(0)]), Value::FALSE);
    assert_eq!(w.call(r, "probability", &[int(1)]), Value::TRUE);
    w.free(&[r, array]);
    for _ in 0..10 {
        let r = w.make(class_id::RANDOM, &[]);
        w.free(&[r]);
    }
    w.done();
}

#[test]
fn time_and_timers() {
    let mut w = World::new();
    w.outside.borrow_mut().wall_us = 1_714_566_600_123_456;
    let (time, timer) = (w.make(class_id::TIME, &[]), w.make(class_id::TIMER, &[]));
    assert_eq!(w.call(time, "now", &[]), int(1_714_566_600_123));
    let pattern = w.str("%Y/%m/%d %H:%M");
    assert_eq!(w.ask(time, "format", &[pattern]), "2024/05/01 12:30");
    w.outside.borrow_mut().now_ns += 1_234_567;
    assert_eq!(w.call(timer, "elapsed", &[]), Value::float(1.234));
    w.call(timer, "reset", &[]);
    assert_eq!(w.ask(timer, "elapsed", &[]), "0");
    w.free(&[time, timer]);
    w.done();
}

#[test]
fn dates() {
    let mut w = World::new();
    w.outside.borrow_mut().offset = 2 * 3600;
    // 1714566600 is 2024-05-01T12:30:00Z (date -u -d @1714566600).
    let d = w.make(class_id::DATETIME, &[int(1_714_566_600)]);
    for (method, expected) in [
        ("year", 2024),
        ("month", 5),
        ("day", 1),
        ("hour", 14),
        ("minute", 30),
        ("second", 0),
        ("timestamp", 1_714_566_600),
    ] {
        assert_eq!(w.call(d, method, &[]), int(expected), "{method}");
    }
    assert_eq!(w.ask(d, "toISOString", &[]), "2024-05-01T12:30:00.000Z");
    let pattern = w.str("%a %d %b %Y %T %z");
    assert_eq!(w.ask(d, "format", &[pattern]), "Wed 01 May 2024 14:30:00 +0200");
    let pattern = w.str("%!");
    assert!(w.fails(d, "format", &[pattern]).starts_with("ParseError"));
    let later = w.call(d, "addDays", &[int(31)]);
    assert_eq!(w.ask(later, "toISOString", &[]), "2024-06-01T12:30:00.000Z");
    let earlier = w.call(d, "addHours", &[int(-13)]);
    assert_eq!(w.ask(earlier, "toISOString", &[]), "2024-04-30T23:30:00.000Z");
    assert!(w.fails(d, "addDays", &[int(i64::MAX)]).starts_with("MathError"));
    assert!(w.fails(d, "addHours", &[int(1 << 40)]).starts_with("MathError"));
    for (text, expected) in [
        ("2024-05-01T12:30:00Z", "2024-05-01T12:30:00.000Z"),
        ("2024-05-01T12:30:00.25+01:00", "2024-05-01T11:30:00.250Z"),
        ("2024-05-01 12:30:00", "2024-05-01T10:30:00.000Z"),
        (" 2024-05-01 12:30 ", "2024-05-01T10:30:00.000Z"),
        ("2024-05-01", "2024-04-30T22:00:00.000Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
    ] {
        let text = w.str(text);
        let parsed = w.make(class_id::DATETIME, &[text]);
        assert_eq!(w.ask(parsed, "toISOString", &[]), expected);
        w.free(&[parsed]);
    }
    let time = w.make(class_id::TIME, &[]);
    let text = w.str("yesterday");
    assert_eq!(w.fails(time, "parse", &[text]), "ParseError: \"yesterday\" is not a date and time");
    let outcome = nyrt::builtin::construct(&mut w.rt, class_id::DATETIME, &[int(i64::MAX)]);
    assert!(w.error(outcome).starts_with("MathError"));
    let outcome = nyrt::builtin::construct(&mut w.rt, class_id::DATETIME, &[Value::TRUE]);
    assert!(w.error(outcome).starts_with("TypeError"));
    w.free(&[d, later, earlier, time]);
    w.done();
}
