//! JSONBox and toJSON.

use nyrt::prelude::PreludeFn;
use nyrt::value::{Value, class_id};
use proptest::prelude::*;

use crate::world::World;

fn document(w: &mut World, source: &str) -> Value {
    let source = w.str(source);
    w.make(class_id::JSON, &[source])
}

fn rejected(w: &mut World, source: &str) -> String {
    let source = w.str(source);
    let outcome = nyrt::builtin::construct(&mut w.rt, class_id::JSON, &[source]);
    w.free(&[source]);
    w.error(outcome)
}

#[test]
fn reading_and_changing() {
    let mut w = World::new();
    let j = document(&mut w, r#"{"name": "Ann", "tags": ["a", {"deep": 1}], "n": 12, "x": 1.5, "no": null}"#);
    let key = |w: &mut World, k: &str| w.str(k);
    for (k, expected) in [("name", "Ann"), ("n", "12"), ("x", "1.5"), ("no", "null"), ("missing", "null")] {
        let k = key(&mut w, k);
        assert_eq!(w.ask(j, "get", &[k]), expected);
    }
    let k = key(&mut w, "tags");
    let tags = w.call(j, "get", &[k]);
    assert_eq!(w.rt.type_name(tags), "JSONBox");
    let deep = w.call(tags, "get", &[Value::int(1)]);
    let k = key(&mut w, "deep");
    assert_eq!(w.call(deep, "get", &[k]), Value::int(1));
    // Parts share the document.
    let (k, v) = (key(&mut w, "deep"), w.ints(&[7]));
    w.call(deep, "set", &[k, v]);
    let k = key(&mut w, "missing");
    assert_eq!(w.call(j, "has", &[k]), Value::FALSE);
    let k = key(&mut w, "no");
    assert_eq!(w.call(j, "has", &[k]), Value::TRUE);
    assert_eq!(w.ask(j, "keys", &[]), "[n, name, no, tags, x]");
    assert_eq!(w.call(tags, "size", &[]), Value::int(2));
    assert_eq!(
        w.ask(j, "stringify", &[]),
        r#"{"name":"Ann","tags":["a",{"deep":[7]}],"n":12,"x":1.5,"no":null}"#
    );
    let (k, v) = (key(&mut w, "more"), w.rt.heap.own(deep));
    w.call(j, "set", &[k, v]);
    assert!(w.ask(j, "toString", &[]).ends_with(r#","more":{"deep":[7]}}"#));
    assert!(w.fails(j, "set", &[Value::int(1), Value::int(1)]).starts_with("TypeError"));
    assert!(w.fails(tags, "set", &[Value::int(9), Value::int(1)]).starts_with("IndexError"));
    w.free(&[j, tags, deep]);
    w.done();
}

#[test]
fn bad_documents() {
    let mut w = World::new();
    assert_eq!(
        rejected(&mut w, "{\n  \"a\": x}"),
        "ParseError: Bad JSON at line 2, column 8: expected value"
    );
    for source in ["", "{", "[1,]", "{\"a\" 1}", "\"\\x\"", "01", "1 2", "nul", "[1e999]", "{a:1}"] {
        assert!(rejected(&mut w, source).starts_with("ParseError: Bad JSON at line 1"), "{source:?}");
    }
    let deep = "[".repeat(100_000);
    assert!(rejected(&mut w, &deep).contains("nested too deeply"));
    let outcome = nyrt::builtin::construct(&mut w.rt, class_id::JSON, &[Value::int(1)]);
    assert!(w.error(outcome).starts_with("TypeError"));
    let legal = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let j = document(&mut w, &legal);
    assert_eq!(w.say(j), legal);
    w.done();
}

#[test]
fn numbers_and_escapes() {
    let mut w = World::new();
    for (source, expected) in [
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854776000"),
        ("-0", "-0"),
        ("1.0", "1"),
        ("1e3", "1000"),
        (r#""\u00e9\n\"\\\/\ud83c\udf88""#, "\"é\\n\\\"\\\\/🎈\""),
        (" true ", "true"),
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
    ] {
        let j = document(&mut w, source);
        assert_eq!(w.say(j), expected, "{source}");
    }
    w.done();
}

#[test]
fn json_of_maps() {
    let mut w = World::new();
    let m = w.make(class_id::MAP, &[]);
    let (k, v) = (w.str("z\n"), w.strings(&["q\""]));
    w.call(m, "set", &[k, v]);
    w.call(m, "set", &[Value::int(2), Value::float(f64::NAN)]);
    w.call(m, "set", &[Value::TRUE, Value::VOID]);
    assert_eq!(w.ask(m, "toJSON", &[]), r#"{"z\n":["q\""],"2":null,"true":null}"#);
    let gone = w.str("z\n");
    w.call(m, "delete", &[gone]);
    assert_eq!(w.ask(m, "toJSON", &[]), r#"{"2":null,"true":null}"#);

    let class = w.class("Card", &[], &[("toString", 0)]);
    let card = w.instance(class);
    w.call(m, "set", &[Value::int(2), card]);
    let outcome = w.try_call(m, "toJSON", &[]);
    let (function, args) = w.callout(outcome);
    assert_eq!(function, PreludeFn::Json);
    let first = w.rt.heap.arr_peek(args[0].as_ref(), 0).and_then(|v| v.as_str()).expect("a text");
    assert_eq!(w.rt.heap.str_text(first), r#"{"2":"#);
    assert_eq!(w.rt.heap.arr_peek(args[0].as_ref(), 1), Some(card));
    w.free(&args);
    // The text of a document with a box in it: its `toString` leads to the same question, not to itself.
    let own = w.rt.heap.own(m);
    let j = w.make(class_id::JSON, &[own]);
    let outcome = w.try_call(j, "toString", &[]);
    let (function, args) = w.callout(outcome);
    assert_eq!(function, PreludeFn::Json);
    w.free(&args);
    let own = w.rt.heap.own(m);
    w.call(m, "set", &[Value::int(3), own]);
    assert!(w.fails(m, "toJSON", &[]).starts_with("TypeError: A document that contains itself"));
    w.call(m, "clear", &[]);
    w.free(&[m, j]);
    w.done();
}

fn any_document() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
        any::<f64>()
            .prop_filter("finite, not whole", |x| x.is_finite() && x.fract() != 0.0)
            .prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn documents_read_back(value in any_document()) {
        let mut w = World::with_heap(4 << 20);
        let j = document(&mut w, &value.to_string());
        let text = w.say(j);
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
        w.done();
    }

    #[test]
    fn garbage_is_an_error(source in "[\\[\\]{}\",:0-9a-z. \\\\-]{0,20}") {
        let mut w = World::with_heap(4 << 20);
        let text = w.str(&source);
        let outcome = nyrt::builtin::construct(&mut w.rt, class_id::JSON, &[text]);
        w.free(&[text]);
        let expected = serde_json::from_str::<serde_json::Value>(&source).is_ok();
        prop_assert_eq!(outcome.is_ok(), expected);
        match outcome {
            Ok(value) => w.free(&[value]),
            outcome => { let text = w.error(outcome); prop_assert!(text.starts_with("ParseError")); }
        }
        w.done();
    }
}
