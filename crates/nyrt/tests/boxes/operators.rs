//! Operators: tables from the language page, and properties against wide integers.

use nyrt::ops::{arith, bits, compare, index, truth};
use nyrt::rt::Rt;
use nyrt::trap::Outcome;
use nyrt::value::{Value, class_id};
use proptest::prelude::*;

use crate::world::World;

type Operator = fn(&mut Rt, Value, Value) -> Outcome;
type Wide = fn(i128, i128) -> i128;
type Float = fn(f64, f64) -> f64;

fn apply(w: &mut World, operator: Operator, a: Value, b: Value) -> Outcome {
    let outcome = operator(&mut w.rt, a, b);
    w.free(&[a, b]);
    outcome
}

fn gives(w: &mut World, operator: Operator, a: Value, b: Value) -> String {
    let outcome = apply(w, operator, a, b);
    let value = w.value(outcome);
    w.say(value)
}

fn fails(w: &mut World, operator: Operator, a: Value, b: Value) -> String {
    let outcome = apply(w, operator, a, b);
    w.error(outcome)
}

const INT: fn(i64) -> Value = Value::int;
const FLOAT: fn(f64) -> Value = Value::float;

#[test]
fn arithmetic_of_numbers() {
    let w = &mut World::new();
    let table: [(Operator, Value, Value, &str); 22] = [
        (arith::add, INT(i64::MAX), INT(1), "-9223372036854775808"),
        (arith::sub, INT(i64::MIN), INT(1), "9223372036854775807"),
        (arith::mul, INT(1 << 62), INT(4), "0"),
        (arith::div, INT(-7), INT(2), "-3"),
        (arith::div, INT(i64::MIN), INT(-1), "-9223372036854775808"),
        (arith::rem, INT(-7), INT(2), "-1"),
        (arith::rem, INT(7), INT(-2), "1"),
        (arith::rem, INT(i64::MIN), INT(-1), "0"),
        (arith::add, INT(1), FLOAT(0.5), "1.5"),
        (arith::add, FLOAT(0.5), INT(1), "1.5"),
        (arith::sub, FLOAT(1.5), FLOAT(1.5), "0"),
        (arith::mul, INT(3), FLOAT(0.1), "0.30000000000000004"),
        (arith::div, INT(1), FLOAT(0.0), "inf"),
        (arith::div, FLOAT(-1.0), FLOAT(0.0), "-inf"),
        (arith::div, FLOAT(0.0), INT(0), "NaN"),
        (arith::rem, FLOAT(-7.5), INT(2), "-1.5"),
        (arith::rem, FLOAT(1.0), FLOAT(0.0), "NaN"),
        (arith::add, Value::TRUE, Value::TRUE, "2"),
        (arith::add, Value::FALSE, Value::FALSE, "0"),
        (bits::shl, INT(1), INT(64), "1"),
        (bits::shr, INT(-8), INT(1), "-4"),
        (bits::xor, INT(6), INT(3), "5"),
    ];
    for (operator, a, b, expected) in table {
        assert_eq!(gives(w, operator, a, b), expected, "{a:?} {b:?}");
    }
    assert_eq!(fails(w, arith::div, INT(1), INT(0)), "DivisionByZero: Division by zero");
    assert_eq!(fails(w, arith::rem, INT(1), INT(0)), "DivisionByZero: Modulo by zero");
}

#[test]
fn texts_join_and_repeat() {
    let mut w = World::new();
    let table: [(Value, &str); 7] = [
        (INT(5), "5"),
        (FLOAT(3.0), "3"),
        (FLOAT(0.1), "0.1"),
        (Value::TRUE, "true"),
        (Value::NULL, "null"),
        (Value::VOID, "void"),
        (FLOAT(f64::NAN), "NaN"),
    ];
    for (v, text) in table {
        let (left, right) = (w.str("é-"), w.str("-é"));
        assert_eq!(gives(&mut w, arith::add, left, v), format!("é-{text}"));
        assert_eq!(gives(&mut w, arith::add, v, right), format!("{text}-é"));
    }
    let (left, array) = (w.str("a = "), w.strings(&["x", "y"]));
    assert_eq!(gives(&mut w, arith::add, left, array), "a = [x, y]");
    for (count, expected) in [(3, "ababab"), (1, "ab"), (0, ""), (-1, "")] {
        let text = w.str("ab");
        assert_eq!(gives(&mut w, arith::mul, text, INT(count)), expected);
    }
    let text = w.str("ab");
    assert!(fails(&mut w, arith::mul, text, INT(i64::MAX)).starts_with("OutOfMemory"));
    w.done();
}

#[test]
fn an_owned_text_grows_in_place() {
    let mut w = World::new();
    let mut text = w.str("start");
    let before = w.rt.heap.allocations();
    for i in 0..10_000 {
        text = arith::add_owned(&mut w.rt, text, INT(i % 10)).expect("a text");
    }
    assert!(w.rt.heap.allocations() - before < 40);
    assert_eq!(w.rt.heap.str_len(text.as_ref()), 10_005);
    // Shared, so copied; and appended to itself.
    let other = w.rt.heap.own(text);
    let longer = arith::add_owned(&mut w.rt, text, other).expect("a text");
    assert_eq!(w.rt.heap.str_len(longer.as_ref()), 20_010);
    assert_eq!(w.rt.heap.str_len(other.as_ref()), 10_005);
    w.free(&[longer, other]);
    // What fails consumes nothing.
    let (text, array) = (w.str("x"), w.ints(&[1]));
    let outcome = arith::add_owned(&mut w.rt, array, INT(1));
    assert!(w.error(outcome).starts_with("TypeError"));
    w.free(&[text, array]);
    w.done();
}

#[test]
fn what_operators_do_not_take() {
    let mut w = World::new();
    let operators: [(Operator, &str); 9] = [
        (arith::sub, "-"),
        (arith::mul, "*"),
        (arith::div, "/"),
        (arith::rem, "%"),
        (bits::and, "&"),
        (bits::shl, "<<"),
        (compare::lt, "<"),
        (compare::ge, ">="),
        (arith::add, "+"),
    ];
    for (operator, symbol) in operators {
        let array = w.ints(&[1]);
        let expected = format!("TypeError: Operator {symbol} does not take ArrayBox and IntegerBox");
        assert_eq!(fails(&mut w, operator, array, INT(1)), expected);
        let expected = format!("TypeError: Operator {symbol} does not take NullBox and VoidBox");
        assert_eq!(fails(&mut w, operator, Value::NULL, Value::VOID), expected);
    }
    let (a, b) = (w.str("1"), w.str("2"));
    assert_eq!(
        fails(&mut w, compare::lt, a, INT(2)),
        "TypeError: Operator < does not take StringBox and IntegerBox"
    );
    assert_eq!(
        fails(&mut w, arith::sub, b, INT(2)),
        "TypeError: Operator - does not take StringBox and IntegerBox"
    );
    assert!(fails(&mut w, bits::or, FLOAT(1.0), INT(1)).contains("FloatBox"));
    assert!(fails(&mut w, arith::sub, Value::TRUE, Value::TRUE).contains("BoolBox"));
    let negated = arith::neg(&mut w.rt, Value::TRUE);
    assert_eq!(w.error(negated), "TypeError: Operator - does not take BoolBox");
    let inverted = bits::not(&mut w.rt, FLOAT(1.0));
    assert_eq!(w.error(inverted), "TypeError: Operator ~ does not take FloatBox");
    w.done();
}

#[test]
fn comparison_and_equality() {
    let mut w = World::new();
    let big = 9_007_199_254_740_993;
    let table: [(Operator, Value, Value, bool); 14] = [
        (compare::lt, INT(3), FLOAT(3.25), true),
        (compare::lt, FLOAT(3.25), INT(10), true),
        (compare::gt, INT(big), FLOAT(9_007_199_254_740_992.0), true),
        (compare::eq, INT(big), FLOAT(9_007_199_254_740_992.0), false),
        (compare::eq, INT(2), FLOAT(2.0), true),
        (compare::le, FLOAT(f64::NAN), INT(1), false),
        (compare::ge, FLOAT(f64::NAN), FLOAT(f64::NAN), false),
        (compare::eq, FLOAT(f64::NAN), FLOAT(f64::NAN), false),
        (compare::ne, FLOAT(f64::NAN), FLOAT(f64::NAN), true),
        (compare::eq, FLOAT(0.0), FLOAT(-0.0), true),
        (compare::eq, Value::NULL, Value::VOID, true),
        (compare::eq, Value::NULL, Value::FALSE, false),
        (compare::eq, Value::TRUE, INT(1), false),
        (compare::eq, INT(0), Value::VOID, false),
    ];
    for (operator, a, b, expected) in table {
        assert_eq!(operator(&mut w.rt, a, b), Ok(Value::bool(expected)), "{a:?} {b:?}");
    }
    let (a, b, c) = (w.str("äb"), w.str("äb"), w.str("z"));
    assert_eq!(compare::eq(&mut w.rt, a, b), Ok(Value::TRUE));
    // By UTF-8 bytes: C3 comes after 7A.
    assert_eq!(compare::gt(&mut w.rt, a, c), Ok(Value::TRUE));
    assert_eq!(compare::eq(&mut w.rt, a, INT(1)), Ok(Value::FALSE));
    let (x, y) = (w.ints(&[1]), w.ints(&[1]));
    assert_eq!(compare::eq(&mut w.rt, x, y), Ok(Value::FALSE));
    assert_eq!(compare::eq(&mut w.rt, x, x), Ok(Value::TRUE));
    let (p, q) = (w.rt.heap.weak_of(x).expect("room"), w.rt.heap.weak_of(x).expect("room"));
    assert_eq!(compare::eq(&mut w.rt, p, q), Ok(Value::TRUE));
    assert_eq!(compare::eq(&mut w.rt, p, x), Ok(Value::FALSE));
    w.free(&[a, b, c, x, y, p, q]);
    w.done();
}

#[test]
fn truth_of_values() {
    let mut w = World::new();
    let falsy = [Value::NULL, Value::VOID, Value::FALSE, INT(0), FLOAT(0.0), FLOAT(-0.0), w.str("")];
    for v in falsy {
        assert_eq!(truth::truth(&mut w.rt, v), Ok(Value::FALSE), "{v:?}");
        assert_eq!(truth::not(&mut w.rt, v), Ok(Value::TRUE), "{v:?}");
    }
    let truthy = [Value::TRUE, INT(-1), FLOAT(f64::NAN), w.str("0"), w.ints(&[])];
    for v in truthy {
        assert_eq!(truth::is_true(&mut w.rt, v), Ok(true), "{v:?}");
    }
    w.free(&falsy);
    w.free(&truthy);
    w.done();
}

#[test]
fn a_user_box_stands_for_its_builtin_parent() {
    let mut w = World::new();
    let (name, age) = (w.class("Name", &[class_id::STRING], &[]), w.class("Age", &[class_id::INTEGER], &[]));
    let (n, m, a) = (w.instance(name), w.instance(name), w.instance(age));
    let text = w.str("Ann");
    w.rt.set_content(n, class_id::STRING, text).expect("a content");
    w.rt.set_content(a, class_id::INTEGER, INT(7)).expect("a content");
    let sum = arith::add(&mut w.rt, a, INT(1));
    assert_eq!(sum, Ok(INT(8)));
    assert_eq!(arith::neg(&mut w.rt, a), Ok(INT(-7)));
    assert_eq!(compare::lt(&mut w.rt, a, FLOAT(7.5)), Ok(Value::TRUE));
    assert_eq!(bits::and(&mut w.rt, a, a), Ok(INT(7)));
    let joined = arith::add(&mut w.rt, n, a).map(|v| w.say(v));
    assert_eq!(joined, Ok("Ann7".into()));
    let twice = arith::mul(&mut w.rt, n, INT(2)).map(|v| w.say(v));
    assert_eq!(twice, Ok("AnnAnn".into()));
    // Made without arguments at first use.
    assert_eq!(compare::lt(&mut w.rt, m, n), Ok(Value::TRUE));
    // Equality is identity, truth is that of a box.
    let text = w.str("Ann");
    assert_eq!(compare::eq(&mut w.rt, n, text), Ok(Value::FALSE));
    assert_eq!(truth::is_true(&mut w.rt, m), Ok(true));
    // Methods and arguments too.
    assert_eq!(w.ask(n, "toUpper", &[]), "ANN");
    let other = w.rt.heap.own(n);
    assert_eq!(w.call(text, "startsWith", &[other]), Value::TRUE);
    assert_eq!(w.ask(n, "toString", &[]), "Ann");
    let other = w.rt.heap.own(a);
    assert_eq!(
        w.fails(text, "find", &[other]),
        "TypeError: StringBox.find: argument 1 (part) must be a StringBox, got Age"
    );
    w.free(&[n, m, a, text]);
    w.done();
}

#[test]
fn dead_boxes() {
    let mut w = World::new();
    let class = w.class("Conn", &[], &[]);
    let dead = w.instance(class);
    w.call(dead, "fini", &[]);
    w.call(dead, "fini", &[]);
    let truth = truth::truth(&mut w.rt, dead);
    assert_eq!(w.error(truth), "UseAfterFini: Conn is used after fini");
    assert_eq!(w.fails(dead, "is", &[]).split(':').next(), Some("UseAfterFini"));
    assert_eq!(w.fails(dead, "other", &[]).split(':').next(), Some("UseAfterFini"));
    assert_eq!(compare::eq(&mut w.rt, dead, dead), Ok(Value::TRUE));
    assert_eq!(w.ask(dead, "type_name", &[]), "Conn");
    assert!(w.ask(dead, "toString", &[]).starts_with("<Conn instance #"));
    let sum = arith::add(&mut w.rt, dead, INT(1));
    assert!(w.error(sum).starts_with("UseAfterFini"));
    let array = w.ints(&[1, 2]);
    w.call(array, "fini", &[]);
    assert!(w.fails(array, "length", &[]).starts_with("UseAfterFini"));
    let element = index::get(&mut w.rt, array, INT(0));
    assert!(w.error(element).starts_with("UseAfterFini"));
    w.free(&[dead, array]);
    w.done();
}

#[test]
fn indexing() {
    let mut w = World::new();
    let (array, map, text) = (w.ints(&[10, 20]), w.make(class_id::MAP, &[]), w.str("aé"));
    let key = w.str("k");
    index::set(&mut w.rt, map, key, INT(5)).expect("an entry");
    index::set(&mut w.rt, array, INT(2), INT(30)).expect("an element");
    assert_eq!(index::get(&mut w.rt, array, INT(2)), Ok(INT(30)));
    assert_eq!(index::get(&mut w.rt, array, INT(-1)), Ok(Value::NULL));
    assert_eq!(index::get(&mut w.rt, map, key), Ok(INT(5)));
    let letter = index::get(&mut w.rt, text, INT(1)).map(|v| w.say(v));
    assert_eq!(letter, Ok("é".into()));
    assert_eq!(index::get(&mut w.rt, text, INT(2)), Ok(Value::VOID));
    let outside = index::set(&mut w.rt, array, INT(5), INT(1)).map(|()| Value::VOID);
    assert!(w.error(outside).starts_with("IndexError"));
    let wrong = index::get(&mut w.rt, array, key);
    assert_eq!(
        w.error(wrong),
        "TypeError: ArrayBox.get: argument 1 (position) must be an IntegerBox, got StringBox"
    );
    let null = index::get(&mut w.rt, Value::NULL, INT(0));
    assert!(w.error(null).starts_with("NullReference"));
    let number = index::get(&mut w.rt, INT(5), INT(0));
    assert_eq!(w.error(number), "NoMethod: IntegerBox has no method 'get'");

    // `get` of a user box is called by the tier.
    let class = w.class("Grid", &[], &[("get", 1)]);
    let grid = w.instance(class);
    let outcome = index::get(&mut w.rt, grid, INT(4));
    let (func, args) = w.user_call(outcome);
    assert_eq!((func.0, args.as_slice()), (crate::world::FIRST_METHOD, [grid, INT(4)].as_slice()));
    w.free(&args);
    w.free(&[array, map, text, key, grid]);
    w.done();
}

fn numbers() -> impl Strategy<Value = Value> {
    let ints = prop_oneof![any::<i64>(), -3i64..4, Just(i64::MIN), Just(i64::MAX)];
    let floats = prop_oneof![any::<f64>(), -3.0..3.0f64, Just(9_223_372_036_854_775_808.0)];
    prop_oneof![ints.prop_map(Value::int), floats.prop_map(Value::float)]
}

fn as_float(v: Value) -> f64 {
    v.as_float().unwrap_or_else(|| v.as_int().map_or(0.0, |n| n as f64))
}

proptest! {
    #[test]
    fn operators_on_numbers(a in numbers(), b in numbers()) {
        let mut w = World::with_heap(4 << 20);
        let low = |n: i128| Value::int(n as i64);
        let same = |x: Value, y: Value| match (x.as_float(), y.as_float()) {
            (Some(x), Some(y)) => x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan(),
            _ => x == y,
        };
        let table: [(Operator, Wide, Float); 3] = [
            (arith::add, |x, y| x + y, |x, y| x + y),
            (arith::sub, |x, y| x - y, |x, y| x - y),
            (arith::mul, |x, y| x * y, |x, y| x * y),
        ];
        for (operator, wide, float) in table {
            let expected = match (a.as_int(), b.as_int()) {
                (Some(x), Some(y)) => low(wide(x.into(), y.into())),
                _ => Value::float(float(as_float(a), as_float(b))),
            };
            let result = operator(&mut w.rt, a, b).expect("a number");
            prop_assert!(same(result, expected), "{:?} {:?}: {:?}", a, b, result);
        }
        let less = compare::lt(&mut w.rt, a, b).expect("a Bool") == Value::TRUE;
        let greater = compare::gt(&mut w.rt, a, b).expect("a Bool") == Value::TRUE;
        let equal = compare::same(&w.rt, a, b);
        let ordered = !as_float(a).is_nan() && !as_float(b).is_nan();
        prop_assert_eq!(u8::from(less) + u8::from(greater) + u8::from(equal), u8::from(ordered));
        prop_assert_eq!(compare::le(&mut w.rt, a, b).expect("a Bool") == Value::TRUE, less || equal);
        prop_assert_eq!(compare::lt(&mut w.rt, b, a).expect("a Bool") == Value::TRUE, greater);
    }
}
