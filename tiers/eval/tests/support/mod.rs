//! The evaluator and the interpreter as back ends.

#![allow(dead_code, reason = "every test file uses another part of it")]

use conform::{Answer, Backend, Datum, End, Unit, world};
use eval::{Eval, Typed, Word};
use interp::Interp;
use link::Linked;
use machine::{Config, Exit, LimitKind, Machine};
use mir::func::Func;
use mir::inst::FuncId;
use mir::types::{Signature, Signatures};
use nyrt::rt::Rt;
use nyrt::value::{Ref, Value};

/// The functions of a unit.
struct Code(Unit);

impl Signatures for Code {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.0.signature(func)
    }
    fn takes(&self, func: FuncId) -> u32 {
        self.0.takes(func)
    }
}

impl Typed for Code {
    fn func(&self, func: FuncId) -> Option<&Func> {
        self.0.program.funcs.get(func.index()).filter(|f| f.types.is_some())
    }
}

/// The evaluator.
#[derive(Default)]
pub(crate) struct Evaluator {
    loaded: Option<(Code, Rt, Linked)>,
}

impl Backend for Evaluator {
    fn load(&mut self, unit: &Unit) {
        let (rt, linked) = world::load(unit);
        self.loaded = Some((Code(unit.clone()), rt, linked));
    }

    fn run(&mut self, func: FuncId, args: &[Datum], closure: Option<&Datum>) -> Answer {
        let (code, rt, linked) = self.loaded.as_mut().expect("a unit");
        let before = rt.heap.live_objects() as i64;
        let all: Vec<Datum> = args.iter().chain(closure).cloned().collect();
        let values = world::make(rt, linked, &all);
        let words: Vec<Word> = (0..args.len())
            .map(|i| Word::unboxed(values[i], code.0.rep(func, i)).expect("an argument that fits"))
            .collect();
        let called = closure.and(values.last()).map_or(Ref::NONE, |v| v.as_ref());
        let end = Eval::new(rt, linked, code, 100_000).call(func, &words, called);
        let after = values[..args.len()].iter().map(|v| world::show(rt, *v)).collect();
        let (end, result) = match end {
            eval::End::Value(word) => {
                let value = word.boxed(&rt.heap, false);
                (End::Value(world::show(rt, value)), value)
            }
            eval::End::Threw(value) => (world::threw(rt, value), value),
            eval::End::Stopped => (End::Limit, Value::VOID),
            eval::End::NotHere(what) => (End::NotHere(what), Value::VOID),
            eval::End::Fault(what) => (End::Fault(what), Value::VOID),
        };
        world::release(rt, &values);
        world::release(rt, &[result]);
        Answer { end, after, left: rt.heap.live_objects() as i64 - before }
    }
}

/// The interpreter, which runs generic functions.
#[derive(Default)]
pub(crate) struct Generic {
    machine: Option<Machine>,
}

impl Backend for Generic {
    fn load(&mut self, unit: &Unit) {
        let (rt, linked) = world::load(unit);
        self.machine = Some(Interp::machine(rt, linked, Config::default()));
    }

    fn run(&mut self, func: FuncId, args: &[Datum], _: Option<&Datum>) -> Answer {
        let machine = self.machine.as_mut().expect("a unit");
        let before = machine.rt.heap.live_objects() as i64;
        let values = world::make(&mut machine.rt, &machine.linked, args);
        // The call owns its arguments.
        values.iter().for_each(|v| machine.rt.heap.retain(*v));
        let exit = machine.call(func, &values);
        let after = values.iter().map(|v| world::show(&machine.rt, *v)).collect();
        let end = match exit {
            Exit::Value(value) => {
                let shown = world::show(&machine.rt, value);
                machine.release(value);
                End::Value(shown)
            }
            // Uncaught, these two errors are limits for the command line.
            Exit::Uncaught(error) | Exit::Limit(LimitKind::Heap | LimitKind::Depth, error) => {
                End::Threw(error.kind.unwrap_or_default(), error.message)
            }
            Exit::Fault(what) => End::Fault(what),
            _ => End::Limit,
        };
        world::release(&mut machine.rt, &values);
        Answer { end, after, left: machine.rt.heap.live_objects() as i64 - before }
    }
}
