//! The text of values, printing, and what is left to the prelude.

use nyrt::host::Stream;
use nyrt::ops::text;
use nyrt::prelude::PreludeFn;
use nyrt::rt::Stop;
use nyrt::trap::Trap;
use nyrt::value::{Value, class_id};

use crate::world::World;

#[test]
fn texts_of_builtin_values() {
    let mut w = World::new();
    let inner = w.strings(&["a", "b"]);
    let array = w.array(&[Value::int(1), Value::float(-0.0), Value::NULL, Value::VOID, Value::TRUE, inner]);
    assert_eq!(w.say(array), "[1, -0, null, void, true, [a, b]]");
    let map = w.make(class_id::MAP, &[]);
    w.call(map, "set", &[Value::int(1), Value::int(2)]);
    assert_eq!(w.say(map), "MapBox(size=1)");
    let message = w.str("broken");
    let error = w.make(class_id::ERROR, &[message]);
    let result = w.make(class_id::RESULT, &[Value::VOID, error]);
    let array = w.array(&[result]);
    let result = w.make(class_id::RESULT, &[array]);
    assert_eq!(w.say(result), "Ok([Err(broken)])");
    let buffer = w.make(class_id::BUFFER, &[]);
    let data = w.str("äb");
    assert_eq!(w.call(buffer, "write", &[data]), Value::int(3));
    assert_eq!(w.say(buffer), "BufferBox(3 bytes)");
    let pattern = w.str("a+");
    let regex = w.make(class_id::REGEX, &[pattern]);
    assert_eq!(w.say(regex), "RegexBox(a+)");
    let document = w.str(" {\"b\": [1, 2.50, null], \"a\": {}} ");
    let json = w.make(class_id::JSON, &[document]);
    assert_eq!(w.say(json), r#"{"b":[1,2.5,null],"a":{}}"#);
    for class in [class_id::MATH, class_id::CONSOLE, class_id::TIME, class_id::TIMER, class_id::RANDOM] {
        let v = w.make(class, &[]);
        let name = w.rt.type_name(v).to_string();
        assert_eq!(w.say(v), format!("<{name}>"));
    }
    let future = w.rt.heap.future_new(0).expect("room");
    assert_eq!(w.say(future), "Future(pending)");
    w.done();
}

#[test]
fn an_array_in_itself_has_a_text() {
    let mut w = World::new();
    let array = w.ints(&[1]);
    let again = w.rt.heap.own(array);
    w.call(array, "push", &[again]);
    assert_eq!(w.ask(array, "toString", &[]), "[1, [...]]");
    // The same array twice is no cycle.
    let twin = w.ints(&[2]);
    let (a, b) = (w.rt.heap.own(twin), w.rt.heap.own(twin));
    let both = w.array(&[a, b]);
    assert_eq!(w.say(both), "[[2], [2]]");
    w.call(array, "clear", &[]);
    w.free(&[array, twin]);
    w.done();
}

#[test]
fn deep_arrays_need_no_stack() {
    let mut w = World::new();
    let mut array = w.ints(&[]);
    for _ in 0..100_000 {
        array = w.array(&[array]);
    }
    let text = w.ask(array, "toString", &[]);
    assert_eq!(text.len(), 200_002);
    let other = w.rt.heap.own(array);
    assert_eq!(w.call(array, "equals", &[other]), Value::TRUE);
    w.free(&[array]);
    w.done();
}

#[test]
fn texts_of_user_boxes() {
    let mut w = World::new();
    let plain = w.class("Plain", &[], &[("toString", 1)]);
    let asked = w.class("Asked", &[plain], &[("toString", 0)]);
    let heir = w.class("Heir", &[class_id::ARRAY], &[]);
    let p = w.instance(plain);
    // A `toString` with parameters is another method.
    let outcome = text::text_of(&mut w.rt, p).map(|v| w.say(v)).expect("a text");
    assert!(outcome.starts_with("<Plain instance #") && outcome.ends_with('>'), "{outcome}");
    let h = w.instance(heir);
    assert_eq!(w.ask(h, "toString", &[]), "[]");
    w.call(h, "push", &[Value::int(4)]);
    assert_eq!(w.ask(h, "toString", &[]), "[4]");

    // What needs user code is put together by the prelude.
    let a = w.instance(asked);
    let (one, two) = (w.rt.heap.own(a), w.rt.heap.own(a));
    let array = w.array(&[Value::int(1), one, two]);
    let outcome = text::text_of(&mut w.rt, array);
    let (function, args) = w.callout(outcome);
    assert_eq!(function, PreludeFn::Text);
    let parts: Vec<Value> = (0..).map_while(|i| w.rt.heap.arr_peek(args[0].as_ref(), i)).collect();
    let said: Vec<&str> = parts.iter().map(|v| v.as_str().map_or("box", |r| w.rt.heap.str_text(r))).collect();
    assert_eq!(said, ["[1, ", "box", ", ", "box", "]"]);
    assert_eq!(parts[1], a);
    w.free(&args);

    let left = w.str("x");
    let outcome = nyrt::ops::arith::add_owned(&mut w.rt, left, a);
    let (function, args) = w.callout(outcome);
    assert_eq!((function, w.rt.heap.arr_len(args[0].as_ref())), (PreludeFn::Text, 3));
    w.free(&args);

    let outcome = text::print(&mut w.rt, Stream::Err, a);
    let (function, args) = w.callout(outcome);
    assert_eq!((function, args[1]), (PreludeFn::Print, Value::int(2)));
    w.free(&args);

    let outcome = w.function("__default_text", &[a]);
    let default = outcome.map(|v| w.say(v)).expect("a text");
    assert!(default.starts_with("<Asked instance #"), "{default}");
    w.free(&[p, h, left, array]);
    w.done();
}

#[test]
fn printing() {
    let mut w = World::new();
    let (s, array) = (w.str("héllo"), w.ints(&[1, 2]));
    for v in [s, Value::int(5), Value::float(0.1), array, Value::VOID] {
        assert_eq!(text::print(&mut w.rt, Stream::Out, v), Ok(Value::VOID));
    }
    assert_eq!(text::print_nothing(&mut w.rt), Ok(Value::VOID));
    assert_eq!(w.out(), "héllo\n5\n0.1\n[1, 2]\nvoid\n\n");
    w.outside.borrow_mut().closed = true;
    assert_eq!(text::print(&mut w.rt, Stream::Err, s), Ok(Value::VOID));
    assert_eq!(text::print(&mut w.rt, Stream::Out, s), Err(Trap::Stop));
    assert_eq!(w.rt.stop, Some(Stop::Closed));
    w.free(&[s, array]);
    w.done();
}

#[test]
fn console() {
    let mut w = World::new();
    let console = w.make(class_id::CONSOLE, &[]);
    for method in ["log", "println", "print", "info"] {
        let text = w.str(method);
        assert_eq!(w.call(console, method, &[text]), Value::VOID);
    }
    w.call(console, "warn", &[Value::NULL]);
    w.call(console, "error", &[Value::int(1)]);
    assert_eq!(w.out(), "log\nprintln\nprint\ninfo\n");
    assert_eq!(w.outside.borrow().err, "null\n1\n");
    w.outside.borrow_mut().lines.push_back("a line".into());
    assert_eq!(w.ask(console, "readLine", &[]), "a line");
    assert_eq!(w.call(console, "readLine", &[]), Value::NULL);
    let id = nyrt::builtin::call_external(&mut w.rt, "console", "log", &[Value::int(7)]);
    assert_eq!(id, Ok(Value::VOID));
    let id = nyrt::builtin::call_external(&mut w.rt, "env.console", "log", &[Value::int(8)]);
    assert_eq!(id, Ok(Value::VOID));
    assert!(w.out().ends_with("7\n8\n"));
    let unknown = nyrt::builtin::call_external(&mut w.rt, "disk", "erase", &[]);
    assert_eq!(w.error(unknown), "NoMethod: No external method env.disk.erase");
    w.free(&[console]);
    w.done();
}

#[test]
fn methods_of_nothing() {
    let mut w = World::new();
    for (v, name) in [(Value::NULL, "null"), (Value::VOID, "void")] {
        assert_eq!(w.ask(v, "toString", &[]), name);
        assert_eq!(w.call(v, "equals", &[Value::NULL]), Value::TRUE);
        assert_eq!(w.call(v, "is_null", &[]), Value::TRUE);
        assert_eq!(w.call(v, "is_not_null", &[]), Value::FALSE);
        assert_eq!(w.call(v, "get_or_default", &[Value::int(3)]), Value::int(3));
        let expected = format!("NullReference: Method 'length' called on {name}");
        assert_eq!(w.fails(v, "length", &[]), expected);
        for method in ["is", "as", "fini"] {
            assert!(w.fails(v, method, &[]).starts_with("NullReference"), "{method}");
        }
    }
    assert_eq!(w.ask(Value::NULL, "type_name", &[]), "NullBox");
    assert_eq!(w.ask(Value::VOID, "type_name", &[]), "VoidBox");
    let s = w.str("x");
    assert_eq!(w.ask(s, "get_or_default", &[Value::int(3)]), "x");
    assert_eq!(w.call(s, "is_null", &[]), Value::FALSE);
    w.free(&[s]);
    w.done();
}
