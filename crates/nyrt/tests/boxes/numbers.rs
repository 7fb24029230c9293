//! IntegerBox, FloatBox, BoolBox, MathBox and conversions.

use nyrt::convert;
use nyrt::value::{Value, class_id};

use crate::world::World;

fn int(n: i64) -> Value {
    Value::int(n)
}

fn float(x: f64) -> Value {
    Value::float(x)
}

#[test]
fn integer_and_bool() {
    let mut w = World::new();
    assert_eq!(w.call(int(-5), "abs", &[]), int(5));
    assert_eq!(w.call(int(i64::MIN), "abs", &[]), int(i64::MIN));
    assert_eq!(w.call(int(3), "max", &[int(4)]), int(4));
    assert_eq!(w.call(int(3), "min", &[int(4)]), int(3));
    assert_eq!(w.call(int(2), "pow", &[int(10)]), float(1024.0));
    assert_eq!(w.call(int(2), "pow", &[int(-1)]), float(0.5));
    assert_eq!(w.call(int(2), "toFloat", &[]), float(2.0));
    assert_eq!(w.call(int(2), "toInteger", &[]), int(2));
    assert!(w.fails(int(2), "max", &[float(1.0)]).starts_with("TypeError"));
    assert_eq!(w.call(Value::TRUE, "not", &[]), Value::FALSE);
    assert_eq!(w.call(Value::TRUE, "and", &[int(0)]), Value::FALSE);
    assert_eq!(w.call(Value::FALSE, "or", &[int(7)]), Value::TRUE);
    w.done();
}

#[test]
fn float_methods() {
    let mut w = World::new();
    for (x, floor, ceil, round, trunc) in [(2.5, 2, 3, 3, 2), (-2.5, -3, -2, -3, -2), (-0.4, -1, 0, 0, 0)] {
        assert_eq!(w.call(float(x), "floor", &[]), int(floor));
        assert_eq!(w.call(float(x), "ceil", &[]), int(ceil));
        assert_eq!(w.call(float(x), "round", &[]), int(round));
        assert_eq!(w.call(float(x), "toInteger", &[]), int(trunc));
    }
    for method in ["floor", "ceil", "round", "toInteger"] {
        for x in [f64::NAN, f64::INFINITY, 1e300] {
            assert!(w.fails(float(x), method, &[]).starts_with("MathError"), "{method} {x}");
        }
    }
    assert_eq!(w.call(float(-1.5), "abs", &[]), float(1.5));
    assert_eq!(w.call(float(1.5), "max", &[int(2)]), float(2.0));
    assert_eq!(w.call(float(1.5), "min", &[int(2)]), float(1.5));
    assert_eq!(w.call(float(2.0), "pow", &[float(0.5)]), float(std::f64::consts::SQRT_2));
    assert_eq!(w.ask(float(9.0), "sqrt", &[]), "3");
    assert_eq!(w.fails(float(-4.0), "sqrt", &[]), "MathError: sqrt: -4 is negative");
    assert_eq!(w.call(float(1.0), "log", &[]), float(0.0));
    assert_eq!(w.call(float(1000.0), "log10", &[]), float(3.0));
    assert_eq!(w.fails(float(0.0), "log", &[]), "MathError: log: 0 is not positive");
    assert!(w.fails(float(-1.0), "log10", &[]).starts_with("MathError"));
    assert_eq!(w.call(float(0.0), "exp", &[]), float(1.0));
    assert_eq!(w.call(float(0.0), "sin", &[]), float(0.0));
    assert_eq!(w.call(float(0.0), "cos", &[]), float(1.0));
    assert_eq!(w.call(float(0.0), "tan", &[]), float(0.0));
    for (x, nan, infinite, finite) in
        [(f64::NAN, true, false, false), (f64::NEG_INFINITY, false, true, false), (1.0, false, false, true)]
    {
        assert_eq!(w.call(float(x), "isNaN", &[]), Value::bool(nan));
        assert_eq!(w.call(float(x), "isInfinite", &[]), Value::bool(infinite));
        assert_eq!(w.call(float(x), "isFinite", &[]), Value::bool(finite));
    }
    w.done();
}

#[test]
fn math() {
    let mut w = World::new();
    let m = w.make(class_id::MATH, &[]);
    for (method, args, expected) in [
        ("abs", [int(-3), Value::VOID], int(3)),
        ("abs", [float(-3.5), Value::VOID], float(3.5)),
        ("sqrt", [int(9), Value::VOID], float(3.0)),
        ("floor", [float(-1.5), Value::VOID], int(-2)),
        ("ceil", [float(1.2), Value::VOID], int(2)),
        ("round", [float(2.5), Value::VOID], int(3)),
        ("round", [int(i64::MAX), Value::VOID], int(i64::MAX)),
        ("log", [float(1.0), Value::VOID], float(0.0)),
        ("log10", [int(100), Value::VOID], float(2.0)),
        ("exp", [int(0), Value::VOID], float(1.0)),
    ] {
        assert_eq!(w.call(m, method, &args[..1]), expected, "{method}");
    }
    for (method, x, y, expected) in [
        ("max", int(3), int(9), int(9)),
        ("min", int(3), int(9), int(3)),
        ("max", int(3), float(2.5), float(3.0)),
        ("min", float(2.5), int(3), float(2.5)),
        ("pow", int(2), int(10), int(1024)),
        ("pow", int(2), int(64), int(0)),
        ("pow", int(2), int(-1), float(0.5)),
        ("pow", float(2.0), int(3), float(8.0)),
    ] {
        assert_eq!(w.call(m, method, &[x, y]), expected, "{method}");
    }
    assert!(w.fails(m, "sqrt", &[int(-1)]).starts_with("MathError"));
    assert!(w.fails(m, "log", &[int(0)]).starts_with("MathError"));
    assert!(w.fails(m, "sin", &[Value::TRUE]).starts_with("TypeError"));
    assert_eq!(w.ask(m, "getPi", &[]), "3.141592653589793");
    assert_eq!(w.ask(m, "getE", &[]), "2.718281828459045");
    w.free(&[m]);
    w.done();
}

#[test]
fn constructors_convert() {
    let mut w = World::new();
    let text = |w: &mut World, t: &str| w.str(t);
    assert_eq!(w.make(class_id::INTEGER, &[]), int(0));
    assert_eq!(w.make(class_id::INTEGER, &[float(-3.9)]), int(-3));
    let t = text(&mut w, " 42 ");
    assert_eq!(w.make(class_id::INTEGER, &[t]), int(42));
    assert_eq!(w.make(class_id::FLOAT, &[]), float(0.0));
    assert_eq!(w.make(class_id::FLOAT, &[int(2)]), float(2.0));
    let t = text(&mut w, "2.5e1");
    assert_eq!(w.make(class_id::FLOAT, &[t]), float(25.0));
    assert_eq!(w.make(class_id::BOOL, &[]), Value::FALSE);
    assert_eq!(w.make(class_id::BOOL, &[float(0.5)]), Value::TRUE);
    let t = text(&mut w, "TRUE");
    assert_eq!(w.make(class_id::BOOL, &[t]), Value::TRUE);
    let t = text(&mut w, "False");
    assert_eq!(w.make(class_id::BOOL, &[t]), Value::FALSE);

    let bad = [
        (class_id::INTEGER, text(&mut w, "3.7"), "TypeError: the text \"3.7\" is not an IntegerBox"),
        (class_id::INTEGER, Value::TRUE, "TypeError: BoolBox cannot be converted to IntegerBox"),
        (class_id::INTEGER, Value::NULL, "TypeError: NullBox cannot be converted to IntegerBox"),
        (class_id::INTEGER, float(f64::NAN), "MathError: IntegerBox: NaN is not in the range of Integers"),
        (class_id::FLOAT, text(&mut w, "x"), "TypeError: the text \"x\" is not a FloatBox"),
        (class_id::BOOL, text(&mut w, "yes"), "TypeError: the text \"yes\" is not a BoolBox"),
        (class_id::BOOL, Value::VOID, "TypeError: VoidBox cannot be converted to BoolBox"),
    ];
    for (class, v, expected) in bad {
        let outcome = nyrt::builtin::construct(&mut w.rt, class, &[v]);
        assert_eq!(w.error(outcome), expected);
        w.free(&[v]);
    }
    w.done();
}

#[test]
fn type_names() {
    let mut w = World::new();
    let (text, array) = (w.str("x"), w.ints(&[]));
    let table: [(Value, &[&str]); 8] = [
        (int(1), &["Integer", "IntegerBox", "Int", "I64"]),
        (float(1.0), &["Float", "FloatBox", "F64"]),
        (Value::TRUE, &["Bool", "BoolBox", "Boolean"]),
        (Value::VOID, &["Void", "VoidBox", "Unit"]),
        (Value::NULL, &["Null", "NullBox"]),
        (text, &["String", "StringBox"]),
        (array, &["Array", "ArrayBox"]),
        (Value::FALSE, &["Bool"]),
    ];
    for (v, names) in table {
        for name in names {
            assert!(convert::is_type(&w.rt, v, name), "{v:?} {name}");
        }
        assert!(!convert::is_type(&w.rt, v, "Map") && !convert::is_type(&w.rt, v, ""));
    }
    assert!(!convert::is_type(&w.rt, int(1), "Float"));
    let animal = w.class("Animal", &[class_id::STRING], &[]);
    let dog = w.class("DogBox", &[animal], &[]);
    let d = w.instance(dog);
    for name in ["DogBox", "Dog", "Animal", "String", "StringBox"] {
        assert!(convert::is_type(&w.rt, d, name), "{name}");
    }
    assert!(!convert::is_type(&w.rt, d, "Integer") && !convert::is_type(&w.rt, d, "Cat"));
    assert_eq!(convert::as_type(&mut w.rt, float(3.9), "Int"), Ok(int(3)));
    assert_eq!(convert::as_type(&mut w.rt, int(3), "Float"), Ok(float(3.0)));
    assert_eq!(convert::as_type(&mut w.rt, int(3), "String"), Ok(int(3)));
    let name = w.str("F64");
    assert_eq!(w.call(int(3), "as", &[name]), float(3.0));
    let name = w.str("Integer");
    assert_eq!(w.function("isType", &[int(3), name]), Ok(Value::TRUE));
    w.free(&[text, array, d]);
    w.done();
}
