//! StringBox: a table by hand, and its positions against vectors of characters.

use nyrt::value::{Value, class_id};
use proptest::prelude::*;

use crate::world::World;

fn int(n: i64) -> Value {
    Value::int(n)
}

#[test]
fn methods() {
    let mut w = World::new();
    let s = w.str("Grüße, Welt");
    let x = |w: &mut World, text: &str| w.str(text);
    assert_eq!(w.call(s, "length", &[]), int(11));
    assert_eq!(w.call(s, "len", &[]), int(11));
    assert_eq!(w.call(s, "size", &[]), int(11));
    assert_eq!(w.call(s, "byteLength", &[]), int(13));
    assert_eq!(w.call(s, "isEmpty", &[]), Value::FALSE);
    assert_eq!(w.ask(s, "charAt", &[int(2)]), "ü");
    assert_eq!(w.call(s, "get", &[int(11)]), Value::VOID);
    assert_eq!(w.call(s, "get", &[int(-1)]), Value::VOID);
    assert_eq!(w.call(s, "charCodeAt", &[int(3)]), int(223));
    assert_eq!(w.call(s, "charCodeAt", &[int(99)]), int(-1));
    assert_eq!(w.ask(s, "substring", &[int(2), int(5)]), "üße");
    assert_eq!(w.ask(s, "substring", &[int(7)]), "Welt");
    assert_eq!(w.ask(s, "substring", &[int(5), int(2)]), "");
    assert_eq!(w.ask(s, "substring", &[int(i64::MIN), int(i64::MAX)]), "Grüße, Welt");
    let part = x(&mut w, "e");
    assert_eq!(w.call(s, "indexOf", &[part]), int(4));
    let part = x(&mut w, "e");
    assert_eq!(w.call(s, "find", &[part, int(5)]), int(8));
    let part = x(&mut w, "");
    assert_eq!(w.call(s, "find", &[part, int(99)]), int(11));
    let part = x(&mut w, "e");
    assert_eq!(w.call(s, "lastIndexOf", &[part]), int(8));
    let part = x(&mut w, "q");
    assert_eq!(w.call(s, "lastIndexOf", &[part]), int(-1));
    for (method, part, expected) in [
        ("contains", "ße,", true),
        ("contains", "", true),
        ("contains", "x", false),
        ("startsWith", "Gr", true),
        ("startsWith", "r", false),
        ("endsWith", "elt", true),
        ("endsWith", "el", false),
    ] {
        let part = x(&mut w, part);
        assert_eq!(w.call(s, method, &[part]), Value::bool(expected), "{method}");
    }
    assert_eq!(w.ask(s, "toUpper", &[]), "GRÜSSE, WELT");
    assert_eq!(w.ask(s, "toLowerCase", &[]), "grüße, welt");
    let (from, to) = (x(&mut w, "e"), x(&mut w, "EE"));
    assert_eq!(w.ask(s, "replaceAll", &[from, to]), "GrüßEE, WEElt");
    let (from, to) = (x(&mut w, "q"), x(&mut w, "EE"));
    assert_eq!(w.ask(s, "replace", &[from, to]), "Grüße, Welt");
    assert_eq!(w.ask(s, "concat", &[int(5)]), "Grüße, Welt5");
    assert_eq!(w.ask(s, "repeat", &[int(2)]), "Grüße, WeltGrüße, Welt");
    assert_eq!(w.ask(s, "repeat", &[int(-2)]), "");
    let padded = x(&mut w, " \t\u{3000}a b\n ");
    assert_eq!(w.ask(padded, "trim", &[]), "a b");
    let comma = x(&mut w, ", ");
    let array = w.array(&[int(1), Value::NULL, Value::float(0.5)]);
    assert_eq!(w.ask(comma, "join", &[array]), "1, null, 0.5");
    w.free(&[s, padded, comma]);
    w.done();
}

#[test]
fn splitting() {
    let mut w = World::new();
    for (text, separator, expected) in [
        ("a,b,,c", ",", "[a, b, , c]"),
        ("abc", "", "[, a, b, c, ]"),
        ("", "", "[, ]"),
        ("", ",", "[]"),
        (",", ",", "[, ]"),
        ("aXbXc", "X", "[a, b, c]"),
        ("日本語", "本", "[日, 語]"),
    ] {
        let (s, separator) = (w.str(text), w.str(separator));
        let pieces = w.call(s, "split", &[separator]);
        // One empty piece and no piece have the same text.
        if expected == "[]" {
            assert_eq!(w.rt.heap.arr_len(pieces.as_ref()), 1);
        }
        assert_eq!(w.say(pieces), expected, "{text:?}");
        w.free(&[s]);
    }
    w.done();
}

#[test]
fn numbers_in_texts() {
    let mut w = World::new();
    for (text, integer, float) in [
        ("42", "42", "42"),
        (" -7 ", "-7", "-7"),
        ("3.7", "0", "3.7"),
        ("abc", "0", "0"),
        ("", "0", "0"),
        ("9223372036854775808", "0", "9223372036854776000"),
        ("1e3", "0", "1000"),
        ("-inf", "0", "-inf"),
    ] {
        let s = w.str(text);
        assert_eq!(w.ask(s, "toInteger", &[]), integer, "{text:?}");
        assert_eq!(w.ask(s, "toInt", &[]), integer, "{text:?}");
        assert_eq!(w.ask(s, "toFloat", &[]), float, "{text:?}");
        w.free(&[s]);
    }
    w.done();
}

#[test]
fn wrong_arguments() {
    let mut w = World::new();
    let s = w.str("abc");
    assert_eq!(w.fails(s, "substring", &[]), "ArityError: StringBox.substring takes 1 to 2 arguments, got 0");
    assert_eq!(w.fails(s, "length", &[int(1)]), "ArityError: StringBox.length takes no arguments, got 1");
    assert_eq!(w.fails(s, "split", &[]), "ArityError: StringBox.split takes 1 argument, got 0");
    assert_eq!(
        w.fails(s, "split", &[int(1)]),
        "TypeError: StringBox.split: argument 1 (separator) must be a StringBox, got IntegerBox"
    );
    let part = w.str("b");
    assert_eq!(
        w.fails(s, "find", &[part, Value::float(1.0)]),
        "TypeError: StringBox.find: argument 2 (from) must be an IntegerBox, got FloatBox"
    );
    assert_eq!(w.fails(s, "nothing", &[]), "NoMethod: StringBox has no method 'nothing'");
    w.free(&[s]);
    w.done();
}

#[test]
fn too_long_texts_are_errors() {
    let mut w = World::with_heap(4 << 20);
    let s = w.str(&"ab".repeat(1000));
    assert!(w.fails(s, "repeat", &[int(i64::MAX)]).starts_with("OutOfMemory"));
    assert!(w.fails(s, "repeat", &[int(10_000)]).starts_with("OutOfMemory"));
    let (part, long) = (w.str("a"), w.str(&"x".repeat(10_000)));
    assert!(w.fails(s, "replace", &[part, long]).starts_with("OutOfMemory"));
    w.free(&[s]);
    w.done();
}

#[test]
fn constructor_and_helpers() {
    let mut w = World::new();
    let empty = w.make(class_id::STRING, &[]);
    assert_eq!(w.say(empty), "");
    let text = w.make(class_id::STRING, &[Value::float(2.0)]);
    assert_eq!(w.say(text), "2");
    let arg = w.str("aB");
    let upper = w.function("string.upper", &[arg]);
    assert_eq!(upper.map(|v| w.say(v)), Ok("AB".into()));
    let made = w.function("string.create", &[Value::NULL]);
    assert_eq!(made.map(|v| w.say(v)), Ok("null".into()));
    w.done();
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,12}", "[aäß日🎈]{0,10}", "\\PC{0,12}"]
}

proptest! {
    #[test]
    fn positions_against_characters(text in texts(), i in -3i64..16, j in -3i64..16, part in "[a-cäß]{0,2}") {
        let mut w = World::with_heap(4 << 20);
        let chars: Vec<char> = text.chars().collect();
        let part_chars: Vec<char> = part.chars().collect();
        let s = w.str(&text);
        let clamp = |i: i64| (i.max(0) as usize).min(chars.len());
        prop_assert_eq!(w.call(s, "length", &[]), int(chars.len() as i64));

        let model = usize::try_from(i).ok().and_then(|i| chars.get(i));
        let found = w.call(s, "charAt", &[int(i)]);
        let found = if found == Value::VOID { None } else { Some(w.say(found)) };
        prop_assert_eq!(found, model.map(char::to_string));
        let code = w.call(s, "charCodeAt", &[int(i)]);
        prop_assert_eq!(code, int(model.map_or(-1, |c| i64::from(u32::from(*c)))));

        let model: String = chars.get(clamp(i)..clamp(j)).unwrap_or(&[]).iter().collect();
        prop_assert_eq!(w.ask(s, "substring", &[int(i), int(j)]), model);
        let model: String = chars[clamp(i)..].iter().collect();
        prop_assert_eq!(w.ask(s, "substring", &[int(i)]), model);

        let starts = |at: &usize| chars[*at..].starts_with(&part_chars);
        let model = (clamp(i)..=chars.len()).find(starts).map_or(-1, |at| at as i64);
        let arg = w.str(&part);
        prop_assert_eq!(w.call(s, "find", &[arg, int(i)]), int(model));
        let model = (0..=chars.len()).rev().find(starts).map_or(-1, |at| at as i64);
        let arg = w.str(&part);
        prop_assert_eq!(w.call(s, "lastIndexOf", &[arg]), int(model));
        w.free(&[s]);
        w.done();
    }

    #[test]
    fn split_and_join_are_inverse(text in texts(), separator in "[a-cä]{1,2}") {
        let mut w = World::with_heap(4 << 20);
        let (s, first, second) = (w.str(&text), w.str(&separator), w.str(&separator));
        let pieces = w.call(s, "split", &[first]);
        let joined = w.ask(pieces, "join", &[second]);
        prop_assert_eq!(joined, text);
        w.free(&[s, pieces]);
        w.done();
    }
}
