//! The tier as a back end of the conformance suite, and the interpreter for functions in generic form.

use std::fmt::Write;
use std::rc::Rc;

use conform::{Answer, Backend, Datum, End, Unit, world};
use interp::Interp;
use machine::{Config, Exit, LimitKind, Machine};
use mir::func::Func;
use mir::inst::FuncId;
use mir::types::{Signature, Signatures};
use nyrt::value::Value;
use profiler::Declined;
use vm::{Source, Vm};

use super::First;
use super::closed::Plant;

/// The functions of a unit.
struct Code {
    unit: Unit,
    /// Signatures of functions in generic form.
    generic: Vec<Signature>,
    plant: Option<Plant>,
}

impl Signatures for Code {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.unit.signature(func).or_else(|| self.generic.get(func.index()))
    }
    fn takes(&self, func: FuncId) -> u32 {
        self.unit.takes(func)
    }
}

impl Source for Code {
    fn typed(&self, _: &Machine, func: FuncId) -> Result<Func, Declined> {
        let typed = self.unit.program.funcs.get(func.index()).filter(|f| f.types.is_some());
        let mut f = typed.cloned().ok_or(Declined::NotReached)?;
        if let Some(plant) = self.plant {
            plant(&mut f);
        }
        Ok(f)
    }
}

/// Runs units: typed functions in the VM, the others in the interpreter.
#[derive(Default)]
pub(crate) struct Bytecode {
    loaded: Option<(Machine, Vec<FuncId>)>,
    plant: Option<Plant>,
}

impl Bytecode {
    /// With a change of every typed function.
    pub(crate) fn planted(plant: Plant) -> Bytecode {
        Bytecode { plant: Some(plant), ..Bytecode::default() }
    }
}

impl Backend for Bytecode {
    fn load(&mut self, unit: &Unit) {
        // A function value is called by generic code, one function for each number of arguments.
        let (mut source, first) = (unit.source.clone(), unit.program.funcs.len() as u32);
        let through: Vec<FuncId> = (0..4).map(|n| FuncId(first + n)).collect();
        for (n, func) in through.iter().enumerate() {
            let args: Vec<String> = (0..n).map(|i| format!("%{i}")).collect();
            let (args, called, result) = (args.join(", "), n, n + 1);
            let _ = writeln!(
                source,
                "func @{} \"through\" user params {} {{ bb0: %{result} = call_value %{called} ({args}) return move %{result} }}",
                func.0,
                n + 1
            );
        }
        let program = Rc::new(mir::text::parse(&source).expect("functions that call function values"));
        let unit = Unit { source, program, ..unit.clone() };
        let (rt, linked) = world::load(&unit);
        let generic = unit.program.funcs.iter().map(Signature::generic).collect();
        let vm = Rc::new(Vm::new(Rc::new(Code { unit, generic, plant: self.plant })));
        // No audit: it does not know that arguments are kept by who calls. Answers say what is left.
        let mut machine = Machine::new(rt, linked, Config::default());
        machine.add_tier(Rc::new(First(vm.clone())));
        machine.add_tier(vm);
        self.loaded = Some((machine, through));
    }

    fn run(&mut self, func: FuncId, args: &[Datum], closure: Option<&Datum>) -> Answer {
        let (machine, through) = self.loaded.as_mut().expect("a unit");
        let func = if closure.is_some() { through[args.len()] } else { func };
        let all: Vec<Datum> = args.iter().chain(closure).cloned().collect();
        call(machine, func, &all, args.len())
    }
}

/// The interpreter alone.
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
        call(self.machine.as_mut().expect("a unit"), func, args, args.len())
    }
}

/// Calls a function; the first `shown` arguments are part of the answer.
fn call(machine: &mut Machine, func: FuncId, args: &[Datum], shown: usize) -> Answer {
    let before = machine.rt.heap.live_objects() as i64;
    let values = world::make(&mut machine.rt, &machine.linked, args);
    // The call owns its arguments.
    values.iter().for_each(|v| machine.rt.heap.retain(*v));
    let exit = machine.call(func, &values);
    let after = values[..shown].iter().map(|v| world::show(&machine.rt, *v)).collect();
    let (end, result) = match exit {
        Exit::Value(value) => (End::Value(world::show(&machine.rt, value)), value),
        // Uncaught, these two errors are limits for the command line.
        Exit::Uncaught(error) | Exit::Limit(LimitKind::Heap | LimitKind::Depth, error) => {
            (End::Threw(error.kind.unwrap_or_default(), error.message), Value::VOID)
        }
        Exit::Fault(what) => (End::Fault(what), Value::VOID),
        _ => (End::Limit, Value::VOID),
    };
    world::release(&mut machine.rt, &values);
    world::release(&mut machine.rt, &[result]);
    Answer { end, after, left: machine.rt.heap.live_objects() as i64 - before }
}
