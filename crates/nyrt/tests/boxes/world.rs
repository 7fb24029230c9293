//! An isolate over memory and buffers, and short ways to use it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use nyrt::builtin;
use nyrt::class::{ClassDef, MethodDef, Target};
use nyrt::heap::{AllocRegion, DropStep, HeapConfig};
use nyrt::host::{Closed, Host, Stream};
use nyrt::ops;
use nyrt::prelude::{Prelude, PreludeFn};
use nyrt::rt::Rt;
use nyrt::trap::{Outcome, Trap};
use nyrt::value::{ClassId, FuncId, Value};

/// What the host has seen and will say.
#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) lines: VecDeque<String>,
    pub(crate) wall_us: i64,
    pub(crate) now_ns: u64,
    pub(crate) slept: Vec<u64>,
    pub(crate) offset: i32,
    pub(crate) closed: bool,
}

struct Buffers(Rc<RefCell<Outside>>);

impl Host for Buffers {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed> {
        let mut outside = self.0.borrow_mut();
        if outside.closed {
            return Err(Closed);
        }
        let text = std::str::from_utf8(bytes).expect("only whole texts are written");
        match stream {
            Stream::Out => outside.out.push_str(text),
            Stream::Err => outside.err.push_str(text),
        }
        Ok(())
    }
    fn flush(&mut self) -> Result<(), Closed> {
        Ok(())
    }
    fn read_line(&mut self) -> Option<String> {
        self.0.borrow_mut().lines.pop_front()
    }
    fn wall_clock_us(&mut self) -> i64 {
        self.0.borrow().wall_us
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.0.borrow().now_ns
    }
    fn sleep_ns(&mut self, ns: u64) {
        let mut outside = self.0.borrow_mut();
        outside.now_ns += ns;
        outside.slept.push(ns);
    }
    fn entropy(&mut self) -> u64 {
        42
    }
    fn utc_offset_seconds(&mut self, _: i64) -> i32 {
        self.0.borrow().offset
    }
}

/// The function of the `n`-th method that [`World::class`] adds to a class.
pub(crate) const FIRST_METHOD: u32 = 100;

pub(crate) struct World {
    pub(crate) rt: Rt,
    pub(crate) outside: Rc<RefCell<Outside>>,
    before: usize,
}

impl World {
    pub(crate) fn new() -> World {
        World::with_heap(64 << 20)
    }

    pub(crate) fn with_heap(bytes: usize) -> World {
        let outside = Rc::new(RefCell::new(Outside::default()));
        let region = AllocRegion::new(bytes).expect("memory for a test");
        let config = HeapConfig { audit: true, max_bytes: bytes as u64, ..HeapConfig::default() };
        let mut rt =
            Rt::new(Box::new(region), config, Box::new(Buffers(outside.clone()))).expect("an isolate");
        rt.prelude = Prelude::new((0..PreludeFn::ALL.len() as u32).map(FuncId));
        let before = rt.heap.live_objects();
        World { rt, outside, before }
    }

    /// Everything was released.
    pub(crate) fn done(mut self) {
        let thrown = self.rt.take_thrown();
        self.rt.heap.release(thrown);
        let left = self.rt.heap.live_by_class();
        assert_eq!(self.rt.heap.live_objects(), self.before, "left: {left:?}");
    }

    pub(crate) fn str(&mut self, text: &str) -> Value {
        self.rt.heap.str_new(text).expect("room")
    }

    pub(crate) fn array(&mut self, items: &[Value]) -> Value {
        let array = self.rt.heap.arr_from(items).expect("room");
        self.free(items);
        array
    }

    pub(crate) fn strings(&mut self, texts: &[&str]) -> Value {
        let items: Vec<Value> = texts.iter().map(|t| self.str(t)).collect();
        self.array(&items)
    }

    pub(crate) fn ints(&mut self, numbers: &[i64]) -> Value {
        let items: Vec<Value> = numbers.iter().map(|n| Value::int(*n)).collect();
        self.array(&items)
    }

    /// `new class(args)`; the arguments are consumed.
    pub(crate) fn make(&mut self, class: ClassId, args: &[Value]) -> Value {
        let made = builtin::construct(&mut self.rt, class, args);
        self.free(args);
        self.value(made)
    }

    pub(crate) fn free(&mut self, values: &[Value]) {
        for v in values {
            self.rt.heap.release(*v);
        }
    }

    /// `recv.name(args)`; the arguments are consumed, the receiver is not.
    pub(crate) fn try_call(&mut self, recv: Value, name: &str, args: &[Value]) -> Outcome {
        let name = self.rt.names.intern(name);
        let outcome = match ops::method::find(&mut self.rt, recv, name) {
            Ok(Some(Target::Builtin(id))) => builtin::call(&mut self.rt, id, recv, args),
            Ok(Some(other)) => panic!("a method of the program: {other:?}"),
            Ok(None) => Err(ops::method::no_method(&mut self.rt, recv, name)),
            Err(trap) => Err(trap),
        };
        self.free(args);
        // No class of these tests has a `fini`, so nothing has to be called.
        assert_eq!(self.rt.heap.drop_step(0), DropStep::Done);
        outcome
    }

    pub(crate) fn call(&mut self, recv: Value, name: &str, args: &[Value]) -> Value {
        let outcome = self.try_call(recv, name, args);
        self.value(outcome)
    }

    /// The text of `recv.name(args)`.
    pub(crate) fn ask(&mut self, recv: Value, name: &str, args: &[Value]) -> String {
        let result = self.call(recv, name, args);
        self.say(result)
    }

    /// Kind and message of the error of `recv.name(args)`.
    pub(crate) fn fails(&mut self, recv: Value, name: &str, args: &[Value]) -> String {
        let outcome = self.try_call(recv, name, args);
        self.error(outcome)
    }

    pub(crate) fn function(&mut self, name: &str, args: &[Value]) -> Outcome {
        let id = builtin::find_function(name).unwrap_or_else(|| panic!("no function {name}"));
        let outcome = builtin::call(&mut self.rt, id, Value::VOID, args);
        self.free(args);
        outcome
    }

    pub(crate) fn value(&mut self, outcome: Outcome) -> Value {
        match outcome {
            Ok(value) => value,
            Err(trap) => panic!("{trap:?}: {}", self.error(Err(trap))),
        }
    }

    /// The text of a value, which is consumed.
    pub(crate) fn say(&mut self, v: Value) -> String {
        let text = ops::text::text_of(&mut self.rt, v);
        let text = self.value(text);
        let copy = String::from(self.rt.heap.str_text(text.as_ref()));
        self.free(&[text, v]);
        copy
    }

    pub(crate) fn error(&mut self, outcome: Outcome) -> String {
        match outcome {
            Err(Trap::Throw) => {
                let thrown = self.rt.take_thrown();
                let kind = self.rt.error_kind(thrown).expect("an ErrorBox");
                let text = format!("{kind}: {}", self.rt.error_message(thrown).unwrap_or(""));
                self.free(&[thrown]);
                text
            }
            Err(trap) => panic!("{trap:?}"),
            Ok(value) => panic!("no error but {}", self.say(value)),
        }
    }

    /// The prelude function that is to be called, and its arguments (owned).
    pub(crate) fn callout(&mut self, outcome: Outcome) -> (PreludeFn, Vec<Value>) {
        let (func, args) = self.user_call(outcome);
        (PreludeFn::ALL[func.0 as usize], args)
    }

    pub(crate) fn user_call(&mut self, outcome: Outcome) -> (FuncId, Vec<Value>) {
        assert_eq!(outcome, Err(Trap::Call));
        let callout = std::mem::take(&mut self.rt.callout);
        (callout.func.expect("a function"), callout.args.to_vec())
    }

    /// A user box with these methods (name, number of parameters).
    pub(crate) fn class(&mut self, name: &str, parents: &[ClassId], methods: &[(&str, u32)]) -> ClassId {
        let rt = &mut self.rt;
        let name = rt.names.intern(name);
        let id = rt.classes.declare(name);
        let mut defs = Vec::new();
        for (name, params) in methods {
            let func = FuncId((rt.params.len() as u32).max(FIRST_METHOD));
            rt.params.resize(func.0 as usize, 0);
            rt.params.push(params + 1);
            defs.push(MethodDef { name: rt.names.intern(name), func, is_static: false });
        }
        let def = ClassDef { parents, methods: &defs, ..ClassDef::default() };
        rt.classes.define(id, &def, &mut rt.heap.layouts, &mut rt.names);
        id
    }

    pub(crate) fn instance(&mut self, class: ClassId) -> Value {
        self.rt.heap.obj_new(class).expect("room")
    }

    pub(crate) fn out(&self) -> String {
        self.outside.borrow().out.clone()
    }
}
