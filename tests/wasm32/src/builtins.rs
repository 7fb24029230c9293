//! Every row of the table of builtins, called with every combination of sample arguments of its parameters' kinds
//! on sample receivers. A row that is added to the table is tried without a word here.

use alloc::string::String;
use alloc::vec::Vec;

use nyrt::builtin::{self, Builtin, BuiltinId, Owner, ParamKind};
use nyrt::rt::Rt;
use nyrt::trap::Outcome;
use nyrt::value::{BUILTIN_CLASSES, ClassId, Value, class_id};

use crate::lab::{isolate, line, outcome, shown, trapped};
use crate::numbers::{FLOATS, INTS};

/// What a sample is made of: literals, and boxes by their constructor.
#[derive(Clone, Copy)]
enum Sample {
    Plain(Value),
    Int(i64),
    Real(f64),
    Text(&'static str),
    Array(&'static [Sample]),
    New(ClassId, &'static [Sample]),
    /// A box on which a method has been called.
    After(ClassId, &'static [Sample], &'static str, &'static [Sample]),
}

use Sample::{After, Array, Int, New, Plain, Real, Text};

const NUMBERS: &[Sample] = &[Int(3), Int(1), Int(2), Int(-5), Int(1 << 40)];
const REALS: &[Sample] = &[Real(0.1), Real(-2.5), Real(1e300), Real(f64::INFINITY), Real(-0.0)];
const WORDS: &[Sample] = &[Text("pear"), Text("Äpfel"), Text("apple"), Text("日本"), Text("")];
const MIXED: &[Sample] =
    &[Int(1), Text("one"), Real(1.0), Plain(Value::NULL), Plain(Value::TRUE), Array(NUMBERS)];
const DOCUMENT: &str = r#" {"a": [1, 2.50, -0.0, 1e300, 1E-7, 12345678901234567890, 0.1e1], "b": {"c": null, "d": "\u00e9\ud83e\udd80\n"}, "é": true} "#;
const BUFFER: Sample = After(class_id::BUFFER, &[], "write", &[Text("Grüße, bytes")]);

fn samples(kind: ParamKind) -> &'static [Sample] {
    match kind {
        ParamKind::Any => {
            &[Int(7), Text("2024-02-29T12:30:00Z"), Real(1.5), Plain(Value::NULL), Array(MIXED), BUFFER]
        }
        ParamKind::Int => {
            &[Int(0), Int(2), Int(-1), Int(100), Int((1 << 32) + 1), Int(i64::MAX), Int(i64::MIN)]
        }
        ParamKind::Num => &[Int(3), Int(-2), Int(i64::MAX), Real(0.5), Real(-1e10), Real(f64::NAN)],
        ParamKind::Str => &[
            Text(""),
            Text("a"),
            Text("b, "),
            Text("%Y-%m-%d %H:%M:%S %A"),
            Text("(\\w)(\\d+)?"),
            Text("日"),
        ],
        ParamKind::Bool => &[Plain(Value::TRUE), Plain(Value::FALSE)],
        ParamKind::Array => &[Array(&[]), Array(NUMBERS), Array(REALS), Array(WORDS), Array(MIXED)],
        ParamKind::Buffer => &[New(class_id::BUFFER, &[]), BUFFER],
    }
}

fn receivers(class: ClassId) -> &'static [Sample] {
    match class {
        class_id::STRING => {
            &[Text(""), Text("a, b, 日a1b22"), Text(" Grüße ß ǅ İ 🦀\t"), Text("12"), Text("-1.5e3")]
        }
        class_id::INTEGER => &[Int(0), Int(-5), Int(97), Int((1 << 53) + 1), Int(i64::MIN)],
        class_id::FLOAT => {
            &[Real(0.0), Real(-2.5), Real(0.1), Real(1e21), Real(f64::NAN), Real(f64::NEG_INFINITY)]
        }
        class_id::BOOL => &[Plain(Value::TRUE), Plain(Value::FALSE)],
        class_id::ARRAY => samples(ParamKind::Array),
        class_id::MAP => &[
            New(class_id::MAP, &[]),
            After(class_id::MAP, &[], "set", &[Text("a"), Int(1)]),
            After(class_id::MAP, &[], "set", &[Int(2), Array(WORDS)]),
        ],
        class_id::DATETIME => &[
            New(class_id::DATETIME, &[]),
            New(class_id::DATETIME, &[Int(0)]),
            New(class_id::DATETIME, &[Int(-62_135_596_801)]),
            New(class_id::DATETIME, &[Text("2024-02-29 23:59:59.999")]),
            New(class_id::DATETIME, &[Text("1900-12-31T00:00:00+05:30")]),
        ],
        class_id::RANDOM => &[
            New(class_id::RANDOM, &[]),
            After(class_id::RANDOM, &[], "seed", &[Int(42)]),
            After(class_id::RANDOM, &[], "seed", &[Int(-1)]),
        ],
        class_id::RESULT => {
            &[New(class_id::RESULT, &[Int(1)]), New(class_id::RESULT, &[Plain(Value::NULL), Text("wrong")])]
        }
        class_id::ERROR => {
            &[New(class_id::ERROR, &[Text("message")]), New(class_id::ERROR, &[Text("Kind"), Int(5)])]
        }
        class_id::BUFFER => samples(ParamKind::Buffer),
        class_id::REGEX => &[
            New(class_id::REGEX, &[Text("(\\w)(\\d+)?")]),
            New(class_id::REGEX, &[Text("(?i)[äé-ü]|\\bb\\b")]),
            New(class_id::REGEX, &[Text("^(?P<year>\\d{4})-(?P<month>\\d\\d)")]),
        ],
        class_id::JSON => &[
            New(class_id::JSON, &[Text(DOCUMENT)]),
            New(class_id::JSON, &[Array(NUMBERS)]),
            New(class_id::JSON, &[Text("[1, [2, {\"a\": \"b\"}]]")]),
        ],
        class_id::INTENT => &[New(class_id::INTENT, &[Text("name"), Array(WORDS)])],
        class_id::MATH => &[New(class_id::MATH, &[])],
        class_id::CONSOLE => &[New(class_id::CONSOLE, &[])],
        class_id::TIME => &[New(class_id::TIME, &[])],
        class_id::TIMER => &[New(class_id::TIMER, &[])],
        _ => &[],
    }
}

fn make(rt: &mut Rt, sample: Sample) -> Outcome {
    match sample {
        Plain(v) => Ok(v),
        Int(n) => Ok(Value::int(n)),
        Real(x) => Ok(Value::float(x)),
        Text(text) => rt.heap.str_new(text).map_err(|_| nyrt::trap::Trap::Stop),
        Array(items) => {
            let array = builtin::construct(rt, class_id::ARRAY, &[])?;
            for item in items {
                let v = make(rt, *item)?;
                let pushed = rt.heap.arr_push(array.as_ref(), v);
                rt.heap.release(v);
                pushed.map_err(|_| nyrt::trap::Trap::Stop)?;
            }
            Ok(array)
        }
        New(class, args) => with_args(rt, args, |rt, args| builtin::construct(rt, class, args)),
        After(class, args, method, more) => {
            let made = make(rt, New(class, args))?;
            let Some(id) = builtin::find_method(class, method) else { return Ok(made) };
            let result = with_args(rt, more, |rt, more| builtin::call(rt, id, made, more))?;
            rt.heap.release(result);
            Ok(made)
        }
    }
}

/// Makes the arguments for one call and releases them afterwards.
fn with_args(rt: &mut Rt, args: &[Sample], call: impl FnOnce(&mut Rt, &[Value]) -> Outcome) -> Outcome {
    let mut values = Vec::new();
    for arg in args {
        values.push(make(rt, *arg)?);
    }
    let result = call(rt, &values);
    for v in values {
        rt.heap.release(v);
    }
    result
}

pub(crate) fn report(out: &mut String) {
    line!(out, "== builtins");
    let Some(mut rt) = isolate() else {
        line!(out, "no memory for an isolate");
        return;
    };
    mathematics(out, &mut rt);
    for (id, row) in builtin::rows() {
        line!(out, "{} {:?} {:?}", row.title(), row.names, row.effects);
        match row.owner {
            Owner::Method(class) => receivers(class).iter().for_each(|r| calls(out, &mut rt, id, row, *r)),
            Owner::Every => {
                for (class, _) in BUILTIN_CLASSES {
                    receivers(*class).iter().for_each(|r| calls(out, &mut rt, id, row, *r));
                }
            }
            Owner::New(_) | Owner::Function | Owner::External => {
                calls(out, &mut rt, id, row, Plain(Value::VOID));
            }
        }
    }
    line!(out, "live {}, {:?}", rt.heap.live_objects(), rt.heap.stats());
    line!(out, "reference {:016x}", nyrt::heap::hash::bytes(builtin::reference().as_bytes()));
}

/// Calls a row on one receiver with every number of arguments it takes and all combinations of samples.
fn calls(out: &mut String, rt: &mut Rt, id: BuiltinId, row: &Builtin, receiver: Sample) {
    for count in row.min()..=row.max() {
        let choices: Vec<&[Sample]> = row.params[..count].iter().map(|p| samples(p.kind)).collect();
        let combinations: usize = choices.iter().map(|c| c.len()).product();
        for mut number in 0..combinations {
            let mut args: Vec<Sample> = Vec::new();
            for choice in &choices {
                args.push(choice[number % choice.len()]);
                number /= choice.len();
            }
            one_call(out, rt, id, receiver, &args);
        }
    }
}

fn one_call(out: &mut String, rt: &mut Rt, id: BuiltinId, receiver: Sample, args: &[Sample]) {
    let before = rt.heap.live_objects();
    let receiver = match make(rt, receiver) {
        Ok(receiver) => receiver,
        Err(trap) => {
            let text = trapped(rt, trap);
            line!(out, " no receiver: {text}");
            return;
        }
    };
    let mut given = shown(rt, receiver);
    let result = with_args(rt, args, |rt, args| {
        for arg in args {
            given.push_str("; ");
            given.push_str(&shown(rt, *arg));
        }
        builtin::call(rt, id, receiver, args)
    });
    let result = outcome(rt, result);
    let depth = rt.heap.drop_depth();
    let after = shown(rt, receiver);
    rt.heap.release(receiver);
    rt.heap.drop_step(0);
    line!(
        out,
        " {given} -> {result}; then {after}, drops {depth}, kept {}",
        rt.heap.live_objects() as i64 - before as i64
    );
}

/// The functions of numbers on all corner values, where targets are likeliest to differ.
fn mathematics(out: &mut String, rt: &mut Rt) {
    let rows = builtin::rows().filter(|(_, row)| row.owner == Owner::Method(class_id::MATH));
    let math = match builtin::construct(rt, class_id::MATH, &[]) {
        Ok(math) => math,
        Err(trap) => {
            let text = trapped(rt, trap);
            line!(out, "no MathBox: {text}");
            return;
        }
    };
    let angles = (0..200).map(|i| f64::from(i) * 0.37 - 31.0);
    let numbers: Vec<Value> =
        FLOATS.into_iter().chain(angles).map(Value::float).chain(INTS.into_iter().map(Value::int)).collect();
    for (id, row) in rows.filter(|(_, row)| row.max() == 1) {
        for &x in &numbers {
            let result = builtin::call(rt, id, math, &[x]);
            let (x, result) = (shown(rt, x), outcome(rt, result));
            line!(out, "{} {x}: {result}", row.title());
        }
    }
    rt.heap.release(math);
}
