//! What the table says about results, stores, releases and calls of the prelude, compared with what every row does on
//! sample receivers and arguments.

use std::collections::BTreeSet;

use nyrt::builtin::{self, Builtin, BuiltinId, Effects, Gives, Owner, ParamKind, Store};
use nyrt::prelude::PreludeFn;
use nyrt::rt::Rt;
use nyrt::task;
use nyrt::trap::Trap;
use nyrt::value::{BUILTIN_CLASSES, ClassId, Kind, Value, class_id};

use crate::world::World;

type Maker = fn(&mut World) -> Value;

/// Values that together are of every kind.
fn anything() -> Vec<Maker> {
    vec![
        |_| Value::VOID,
        |_| Value::NULL,
        |_| Value::TRUE,
        |_| Value::int(1),
        |_| Value::int(-3),
        |_| Value::float(2.5),
        |w| w.str("12"),
        |w| w.str("[1, {\"a\": null}]"),
        |w| w.str("2024-02-29"),
        |w| w.make(class_id::ARRAY, &[]),
        |w| w.ints(&[3, 1, 2]),
        mixed_array,
        |w| w.make(class_id::MAP, &[]),
        full_map,
        talking_box,
        boxed_text,
        |w| w.make(class_id::BUFFER, &[]),
    ]
}

fn of_kind(kind: ParamKind) -> Vec<Maker> {
    match kind {
        ParamKind::Any => anything(),
        ParamKind::Int => {
            vec![|_| Value::int(0), |_| Value::int(1), |_| Value::int(3), |_| Value::int(-1), |_| {
                Value::int(99)
            }]
        }
        ParamKind::Num => {
            vec![|_| Value::int(2), |_| Value::int(-2), |_| Value::float(0.5), |_| Value::float(-7.0)]
        }
        ParamKind::Str => vec![
            |w| w.str(""),
            |w| w.str("a"),
            |w| w.str("IntegerBox"),
            |w| w.str("FloatBox"),
            |w| w.str("2024-02-29"),
            boxed_text,
        ],
        ParamKind::Bool => vec![|_| Value::TRUE, |_| Value::FALSE],
        ParamKind::Array => {
            vec![
                |w| w.make(class_id::ARRAY, &[]),
                |w| w.ints(&[3, 1, 2]),
                |w| w.strings(&["b", "a", "c"]),
                mixed_array,
            ]
        }
        ParamKind::Buffer => vec![|w| w.make(class_id::BUFFER, &[]), full_buffer],
    }
}

fn user_class(w: &mut World, name: &str, parents: &[ClassId], methods: &[(&str, u32)]) -> ClassId {
    let name_id = w.rt.names.intern(name);
    match w.rt.classes.find(name_id) {
        Some(class) => class,
        None => w.class(name, parents, methods),
    }
}

/// A box that must be asked for its text and for equality, and that has a `fini`.
fn talking_box(w: &mut World) -> Value {
    let class = user_class(w, "Talker", &[], &[("toString", 0), ("equals", 1), ("fini", 0)]);
    w.instance(class)
}

/// A user box with a String in it.
fn boxed_text(w: &mut World) -> Value {
    let class = user_class(w, "Text", &[class_id::STRING], &[]);
    let v = w.instance(class);
    let text = w.str("b");
    w.rt.set_content(v, class_id::STRING, text).expect("stored");
    v
}

fn mixed_array(w: &mut World) -> Value {
    let items = [Value::int(1), w.str("one"), Value::float(1.5), talking_box(w), Value::NULL, w.ints(&[1])];
    w.array(&items)
}

fn full_map(w: &mut World) -> Value {
    let m = w.make(class_id::MAP, &[]);
    let (text, thing, key) = (w.str("12"), talking_box(w), talking_box(w));
    for (key, value) in [(text, thing), (Value::int(1), Value::float(0.5)), (key, Value::VOID)] {
        w.rt.heap.map_set(m.as_ref(), key, value).expect("room");
        w.free(&[key, value]);
    }
    m
}

fn full_buffer(w: &mut World) -> Value {
    let b = w.make(class_id::BUFFER, &[]);
    let text = w.str("bytes");
    w.call(b, "write", &[text]);
    b
}

fn document(w: &mut World) -> Value {
    let text = w.str("{\"a\": [1, 2], \"b\": null, \"c\": \"d\"}");
    w.make(class_id::JSON, &[text])
}

fn document_of_boxes(w: &mut World) -> Value {
    let m = full_map(w);
    let key = w.rt.heap.str_new("12").expect("room");
    w.rt.heap.map_clear(m.as_ref());
    let thing = talking_box(w);
    w.rt.heap.map_set(m.as_ref(), key, thing).expect("room");
    w.free(&[key, thing]);
    w.make(class_id::JSON, &[m])
}

fn future(w: &mut World, result: Result<Value, Value>) -> Value {
    let (id, future) = task::spawn(&mut w.rt).expect("a task");
    assert_eq!(task::await_value(&mut w.rt, future), Err(Trap::Suspend));
    task::suspend(&mut w.rt);
    assert_eq!(task::next(&mut w.rt, u64::MAX), task::Next::Run(id));
    task::finish(&mut w.rt, result);
    assert_eq!(task::next(&mut w.rt, u64::MAX), task::Next::Run(task::TaskId::MAIN));
    future
}

/// No receiver, and a line to be read.
fn line_of_input(w: &mut World) -> Value {
    w.outside.borrow_mut().lines = ["a line".into()].into();
    Value::VOID
}

fn receivers(class: ClassId) -> Vec<Maker> {
    match class {
        class_id::VOID => vec![|_| Value::VOID],
        class_id::NULL => vec![|_| Value::NULL],
        class_id::BOOL => of_kind(ParamKind::Bool),
        class_id::INTEGER => of_kind(ParamKind::Int),
        class_id::FLOAT => vec![|_| Value::float(1.5), |_| Value::float(-0.0), |_| Value::float(f64::NAN)],
        class_id::STRING => {
            vec![|w| w.str(""), |w| w.str("a, b, 12"), |w| w.str("Grüße"), |w| w.str("12"), boxed_text]
        }
        class_id::ARRAY => of_kind(ParamKind::Array),
        class_id::MAP => vec![|w| w.make(class_id::MAP, &[]), full_map],
        class_id::FUTURE => vec![
            |w| {
                let thing = talking_box(w);
                future(w, Ok(thing))
            },
            |w| future(w, Ok(Value::int(7))),
            |w| {
                let error = w.str("wrong");
                future(w, Err(error))
            },
        ],
        class_id::WEAK => vec![
            |w| {
                let thing = talking_box(w);
                let weak = w.rt.heap.weak_of(thing).expect("room");
                // Something else keeps the box.
                w.rt.set_global(0, thing);
                weak
            },
            |w| {
                let thing = w.ints(&[1]);
                let weak = w.rt.heap.weak_of(thing).expect("room");
                w.free(&[thing]);
                weak
            },
        ],
        class_id::RESULT => vec![
            |w| {
                let thing = talking_box(w);
                w.make(class_id::RESULT, &[thing])
            },
            |w| w.make(class_id::RESULT, &[Value::VOID, Value::int(5)]),
        ],
        class_id::ERROR => vec![|w| {
            let text = w.str("message");
            w.make(class_id::ERROR, &[text])
        }],
        class_id::DATETIME => vec![|w| w.make(class_id::DATETIME, &[Value::int(0)])],
        class_id::BUFFER => of_kind(ParamKind::Buffer),
        class_id::REGEX => vec![|w| {
            let pattern = w.str("[a-c]");
            w.make(class_id::REGEX, &[pattern])
        }],
        class_id::JSON => vec![document, document_of_boxes, |w| {
            let a = w.ints(&[1, 2]);
            w.make(class_id::JSON, &[a])
        }],
        class_id::INTENT => vec![|w| {
            let (name, payload) = (w.str("name"), talking_box(w));
            w.make(class_id::INTENT, &[name, payload])
        }],
        class_id::MATH => vec![|w| w.make(class_id::MATH, &[])],
        class_id::CONSOLE => vec![|w| w.make(class_id::CONSOLE, &[]), |w| {
            line_of_input(w);
            w.make(class_id::CONSOLE, &[])
        }],
        class_id::TIME => vec![|w| w.make(class_id::TIME, &[])],
        class_id::TIMER => vec![|w| w.make(class_id::TIMER, &[])],
        class_id::RANDOM => vec![|w| w.make(class_id::RANDOM, &[])],
        _ => Vec::new(),
    }
}

/// What a container has in it.
#[derive(Default)]
struct Inside {
    elements: Vec<Value>,
    keys: Vec<Value>,
    values: Vec<Value>,
}

impl Inside {
    fn of(rt: &Rt, v: Value) -> Inside {
        let mut inside = Inside::default();
        match v.kind() {
            Kind::Arr => {
                let at = |i| rt.heap.arr_peek(v.as_ref(), i);
                inside.elements.extend((0..rt.heap.arr_len(v.as_ref())).filter_map(at));
            }
            Kind::Map => {
                let mut position = 0;
                while let Some((next, key, value)) = rt.heap.map_next(v.as_ref(), position) {
                    inside.keys.push(key);
                    inside.values.push(value);
                    position = next;
                }
            }
            _ => {}
        }
        inside
    }
}

/// One call, for judging what came of it.
struct Call<'a> {
    row: &'a Builtin,
    /// The receiver as the row sees it.
    recv: Value,
    args: &'a [Value],
    before: Inside,
    before_first: Inside,
}

impl Call<'_> {
    fn admits(&self, rt: &Rt, gives: Gives, result: Value) -> bool {
        let ints = || self.args.iter().all(|v| v.kind() == Kind::I64);
        let fresh = |v: Value| !self.args.contains(&v) && self.recv != v && rt.heap.is_unique(v.as_ref());
        match gives {
            Gives::Void => result == Value::VOID,
            Gives::Null => result == Value::NULL,
            Gives::Bool => result.kind() == Kind::Bool,
            Gives::Length => result.as_int().is_some_and(|n| u32::try_from(n).is_ok()),
            Gives::Int => result.kind() == Kind::I64,
            Gives::Float => result.kind() == Kind::F64,
            Gives::Number => result.kind() == if ints() { Kind::I64 } else { Kind::F64 },
            Gives::Str => result.kind() == Kind::Str,
            Gives::ArrayOf(of) => {
                let inside = Inside::of(rt, result).elements;
                result.kind() == Kind::Arr
                    && fresh(result)
                    && inside.iter().all(|v| of.iter().any(|gives| self.admits(rt, *gives, *v)))
            }
            Gives::Map => {
                result.kind() == Kind::Map && fresh(result) && rt.heap.map_len(result.as_ref()) == 0
            }
            Gives::Instance(class) => result.class() == class && fresh(result),
            Gives::Recv => result == self.recv,
            Gives::First => Some(&result) == self.args.first(),
            Gives::Elem => self.before.elements.contains(&result),
            Gives::Outside => {
                let at = self.args.first().and_then(|v| v.as_int()).and_then(|at| usize::try_from(at).ok());
                result == Value::NULL && at.is_none_or(|at| at >= self.before.elements.len())
            }
            Gives::ElemOfFirst => self.before_first.elements.contains(&result),
            Gives::Key => self.before.keys.contains(&result),
            Gives::Value => self.before.values.contains(&result),
            Gives::Kept => (0..rt.heap.layouts.get(self.recv.class()).fields().len() as u32)
                .any(|slot| rt.heap.field_peek(self.recv.as_ref(), slot) == result),
            Gives::Target => rt.global(0) == Some(result),
            Gives::Awaited => rt.heap.future_value(self.recv.as_ref()) == result,
            Gives::Any => true,
        }
    }

    /// What is new in a container must have been put there by an argument that the table says goes there.
    fn check_stores(&self, rt: &Rt) {
        let after = Inside::of(rt, self.recv);
        let came = |now: &[Value], before: &[Value], place: Store| {
            for v in now.iter().filter(|v| !before.contains(v)) {
                let told = |(arg, param): (&Value, &builtin::Param)| arg == v && param.store == Some(place);
                assert!(
                    self.args.iter().zip(self.row.params).any(told),
                    "{}: {place:?} {v:?}",
                    self.row.title()
                );
            }
        };
        came(&after.elements, &self.before.elements, Store::Elem);
        came(&after.keys, &self.before.keys, Store::Key);
        came(&after.values, &self.before.values, Store::Value);
        // Nobody can read what `fini` has ended.
        let is_shorter = after.elements.len() < self.before.elements.len() && !rt.heap.is_dead(self.recv);
        assert!(!is_shorter || self.row.effects.contains(Effects::SHORTENS), "{}", self.row.title());
        let first = Inside::of(rt, self.args.first().copied().unwrap_or(Value::VOID));
        let from: Vec<Value> = (self.args.iter().zip(self.row.params))
            .filter(|(_, param)| param.store == Some(Store::ElemsToFirst))
            .flat_map(|(arg, _)| Inside::of(rt, *arg).elements)
            .collect();
        let told = |v: &Value| self.before_first.elements.contains(v) || from.contains(v);
        assert!(first.elements.iter().all(told), "{}", self.row.title());
        // Only the receiver gets shorter.
        assert!(first.elements.len() >= self.before_first.elements.len(), "{}", self.row.title());
    }
}

/// What was seen of a row.
#[derive(Default)]
struct Seen {
    gives: BTreeSet<usize>,
    via: BTreeSet<usize>,
    released: bool,
}

fn call(w: &mut World, id: BuiltinId, receiver: Maker, makers: &[Maker], seen: &mut Seen) {
    let row = builtin::row(id);
    let recv = receiver(w);
    let args: Vec<Value> = makers.iter().map(|make| make(w)).collect();
    let sight = match row.owner {
        Owner::Method(class) => w.rt.content(recv, class).expect("made").unwrap_or(recv),
        _ => recv,
    };
    let mut seen_args = args.clone();
    for (arg, param) in seen_args.iter_mut().zip(row.params) {
        if param.kind == ParamKind::Str {
            *arg = w.rt.content(*arg, class_id::STRING).expect("made").unwrap_or(*arg);
        }
    }
    let first = seen_args.first().copied().unwrap_or(Value::VOID);
    let (before, before_first) = (Inside::of(&w.rt, sight), Inside::of(&w.rt, first));
    let this = Call { row, recv: sight, args: &seen_args, before, before_first };
    let depth = w.rt.heap.drop_depth();
    let outcome = builtin::call(&mut w.rt, id, recv, &args);
    if w.rt.heap.drop_depth() > depth {
        assert!(row.effects.contains(Effects::RELEASES), "{} releases", row.title());
        seen.released = true;
    }
    match outcome {
        Ok(result) => {
            let admits: Vec<usize> =
                (0..row.gives.len()).filter(|i| this.admits(&w.rt, row.gives[*i], result)).collect();
            assert!(!admits.is_empty(), "{} gives {result:?}", row.title());
            seen.gives.extend(admits);
            this.check_stores(&w.rt);
            w.free(&[result]);
        }
        Err(Trap::Call) => {
            let (function, given) = w.callout(Err(Trap::Call));
            let at = row.via.iter().position(|via| *via == function);
            seen.via.insert(at.unwrap_or_else(|| panic!("{} asks {function:?}", row.title())));
            w.free(&given);
        }
        Err(Trap::Throw) => {
            // A future that failed throws what its task threw; everything else has to say that it throws, but for
            // wrong types and a full heap.
            let thrown = w.rt.take_thrown();
            let kind = w.rt.error_kind(thrown).unwrap_or("").to_string();
            let wrong = ["TypeError", "NullReference", "OutOfMemory"].contains(&&*kind);
            assert!(wrong || row.effects.contains(Effects::THROWS), "{} throws {kind}", row.title());
            w.free(&[thrown]);
        }
        Err(Trap::Suspend) => assert!(row.effects.contains(Effects::SUSPENDS), "{} suspends", row.title()),
        Err(Trap::Stop) => panic!("{} stops", row.title()),
    }
    w.free(&args);
    w.free(&[recv]);
    w.outside.borrow_mut().lines.clear();
    let global = w.rt.set_global(0, Value::VOID);
    w.free(&[global]);
    // Nobody is there to run the bodies.
    while let nyrt::heap::DropStep::RunFini { .. } = w.rt.heap.drop_step(0) {
        w.rt.heap.fini_returned(0, Ok(()));
    }
}

/// All ways to take one thing of each list.
fn combinations(choices: &[Vec<Maker>]) -> Vec<Vec<Maker>> {
    let mut all = vec![Vec::new()];
    for choice in choices {
        all = all
            .iter()
            .flat_map(|head: &Vec<Maker>| choice.iter().map(move |c| [&head[..], &[*c]].concat()))
            .collect();
    }
    all
}

#[test]
fn every_row_does_what_the_table_says_and_nothing_more() {
    let mut w = World::new();
    for (id, row) in builtin::rows() {
        let mut seen = Seen::default();
        let on: Vec<Maker> = match row.owner {
            Owner::Method(class) => receivers(class),
            Owner::Every => {
                BUILTIN_CLASSES.iter().flat_map(|(class, _)| receivers(*class)).chain(anything()).collect()
            }
            Owner::New(_) | Owner::Function | Owner::External => vec![|_| Value::VOID, line_of_input],
        };
        assert!(!on.is_empty(), "no receiver for {}", row.title());
        for count in row.min()..=row.max() {
            let choices: Vec<Vec<Maker>> = row.params[..count].iter().map(|p| of_kind(p.kind)).collect();
            for args in combinations(&choices) {
                on.iter().for_each(|receiver| call(&mut w, id, *receiver, &args, &mut seen));
            }
        }
        judge(row, &seen);
    }
}

/// The table does not say more than what happens: every alternative was met.
fn judge(row: &Builtin, seen: &Seen) {
    let title = row.title();
    // No sample sleeps long enough, and a failed assertion gives nothing.
    let waits = row.effects.contains(Effects::SUSPENDS);
    for (i, gives) in row.gives.iter().enumerate() {
        assert!(waits || seen.gives.contains(&i), "{title} never gave {gives:?}");
    }
    for (i, via) in row.via.iter().enumerate() {
        assert!(seen.via.contains(&i), "{title} never asked {via:?}");
    }
    assert_eq!(row.effects.contains(Effects::USER_CODE), !row.via.is_empty(), "{title}");
    if row.effects.contains(Effects::RELEASES) {
        assert!(seen.released, "{title} never released");
    }
}

#[test]
fn every_function_of_the_prelude_is_asked_by_a_row() {
    for function in PreludeFn::ALL {
        assert!(builtin::rows().any(|(_, row)| row.via.contains(function)), "{function:?}");
    }
}

#[test]
fn results_in_words() {
    let words = |class, name| {
        let id = builtin::find_method(class, name).expect("a method");
        builtin::row(id).result()
    };
    assert_eq!(words(class_id::ARRAY, "pop"), "element or `null`");
    assert_eq!(words(class_id::ARRAY, "push"), "`void`");
    assert_eq!(words(class_id::STRING, "split"), "ArrayBox of StringBox");
    assert_eq!(words(class_id::RANDOM, "shuffle"), "ArrayBox of element of `array`");
    assert_eq!(words(class_id::MATH, "abs"), "number");
}
