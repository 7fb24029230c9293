//! Every operator on the cross product of values of every kind.

use alloc::string::String;
use alloc::vec::Vec;

use nyrt::ops::{arith, bits, compare, index, truth};
use nyrt::rt::Rt;
use nyrt::trap::{Outcome, Trap};
use nyrt::value::Value;

use crate::lab::{isolate, line, outcome, shown};

type Binary = fn(&mut Rt, Value, Value) -> Outcome;
type Unary = fn(&mut Rt, Value) -> Outcome;

const BINARY: [(&str, Binary); 18] = [
    ("+", arith::add),
    ("+ owned", added_owned),
    ("-", arith::sub),
    ("*", arith::mul),
    ("/", arith::div),
    ("%", arith::rem),
    ("&", bits::and),
    ("|", bits::or),
    ("^", bits::xor),
    ("<<", bits::shl),
    (">>", bits::shr),
    ("==", compare::eq),
    ("!=", compare::ne),
    ("<", compare::lt),
    ("<=", compare::le),
    (">", compare::gt),
    (">=", compare::ge),
    ("[]", index::get),
];

const UNARY: [(&str, Unary); 4] =
    [("-", arith::neg), ("~", bits::not), ("not", truth::not), ("truth", truth::truth)];

/// The form that takes over a count of `a`.
fn added_owned(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    let owned = rt.heap.own(a);
    arith::add_owned(rt, owned, b).inspect_err(|_| rt.heap.release(owned))
}

const TEXTS: [&str; 7] =
    ["", "a", "abc", "12", "Grüße", "日本語", "a long text that needs a cell of its own"];

/// Values of every kind; owned.
fn values(rt: &mut Rt) -> Result<Vec<Value>, Trap> {
    let ints = [0, 1, -1, 3, -7, 64, 1 << 32, (1 << 32) + 3, (1 << 53) + 1, i64::MAX, i64::MIN];
    let floats = [
        0.0,
        -0.0,
        0.1,
        -2.5,
        3.0,
        9007199254740992.0,
        9223372036854775808.0,
        1e300,
        f64::INFINITY,
        f64::NAN,
    ];
    let mut all: Vec<Value> = [Value::VOID, Value::NULL, Value::TRUE, Value::FALSE].into();
    all.extend(ints.map(Value::int));
    all.extend(floats.map(Value::float));
    for text in TEXTS {
        all.push(rt.heap.str_new(text).map_err(|_| Trap::Stop)?);
    }
    let (array, map) =
        (rt.heap.arr_from(&all).map_err(|_| Trap::Stop)?, rt.heap.map_new().map_err(|_| Trap::Stop)?);
    for key in [Value::TRUE, Value::int(1), Value::int(1 << 32)] {
        nyrt::ops::index::set(rt, map, key, array)?;
    }
    let error = rt.error_new("SomeError", "a message").map_err(|_| Trap::Stop)?;
    let function = rt.heap.func_new(nyrt::value::FuncId(0), Value::NULL, &[]).map_err(|_| Trap::Stop)?;
    all.extend([array, map, error, function]);
    Ok(all)
}

pub(crate) fn report(out: &mut String) {
    line!(out, "== operators");
    let Some(mut rt) = isolate() else {
        line!(out, "no memory for an isolate");
        return;
    };
    let all = match values(&mut rt) {
        Ok(all) => all,
        Err(trap) => {
            line!(out, "no values: {trap:?}");
            return;
        }
    };
    for &a in &all {
        let text = shown(&mut rt, a);
        line!(out, "{text}");
        for (name, operator) in UNARY {
            let result = operator(&mut rt, a);
            let result = outcome(&mut rt, result);
            line!(out, " {name} {result}");
        }
        for &b in &all {
            let text = shown(&mut rt, b);
            line!(out, " with {text}: equals {:?}", compare::equals(&rt, a, b));
            for (name, operator) in BINARY {
                let result = operator(&mut rt, a, b);
                let result = outcome(&mut rt, result);
                line!(out, "  {name} {result}");
            }
        }
    }
    for v in all {
        rt.heap.release(v);
    }
    line!(out, "live {}", rt.heap.live_objects());
}
