//! Runs typed MIR text through the tier, with the interpreter beside it for functions that have no types.

#![allow(dead_code, reason = "every test file uses another part of it")]

pub(crate) mod backend;
pub(crate) mod closed;

use std::cell::RefCell;
use std::rc::Rc;

use interp::Interp;
use link::Linked;
use machine::{Body, Config, Ended, Exit, Flow, Machine, NotReady, Tier, TierId};
use mir::func::{Func, Rep};
use mir::inst::{FuncId, Op};
use mir::program::Program;
use mir::types::{Signature, Signatures, Slot};
use nyrt::heap::{AllocRegion, HeapConfig, SlotType};
use nyrt::host::{Closed, Host, Stream};
use nyrt::rt::Rt;
use profiler::Declined;
use vm::{Source, Vm};

/// What was written to standard output.
#[derive(Clone, Default)]
pub(crate) struct Written(Rc<RefCell<Vec<u8>>>);

/// A host that only writes.
struct TestHost {
    written: Written,
    now: u64,
}

impl Host for TestHost {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed> {
        if let Stream::Out = stream {
            self.written.0.borrow_mut().extend_from_slice(bytes);
        }
        Ok(())
    }
    fn flush(&mut self) -> Result<(), Closed> {
        Ok(())
    }
    fn read_line(&mut self) -> Option<String> {
        None
    }
    fn wall_clock_us(&mut self) -> i64 {
        0
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.now += 1000;
        self.now
    }
    fn sleep_ns(&mut self, ns: u64) {
        self.now += ns;
    }
    fn entropy(&mut self) -> u64 {
        4
    }
    fn utc_offset_seconds(&mut self, _: i64) -> i32 {
        0
    }
}

/// The functions of a text that are typed.
pub(crate) struct Texts {
    funcs: Vec<Func>,
    signatures: Vec<Signature>,
}

impl Texts {
    /// References are `null` when they are zero, units are `void`.
    pub(crate) fn new(program: &Program) -> Texts {
        let slot = |rep: Rep| Slot { rep, void: rep == Rep::Unit };
        let signatures = program.funcs.iter().map(|f| match &f.types {
            Some(types) => {
                let mut captures = vec![slot(Rep::Any); f.captures as usize];
                for inst in &f.insts {
                    if let Op::CaptureGet { index } = inst.op {
                        captures[index as usize] = slot(f.rep(inst.dst));
                    }
                }
                Signature {
                    params: types.reps[..f.params as usize].iter().map(|r| slot(*r)).collect(),
                    result: slot(types.result),
                    captures: captures.into(),
                }
            }
            None => Signature::generic(f),
        });
        Texts { signatures: signatures.collect(), funcs: program.funcs.clone() }
    }
}

impl Signatures for Texts {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.signatures.get(func.index())
    }
    fn takes(&self, func: FuncId) -> u32 {
        self.funcs.get(func.index()).map_or(0, Func::takes)
    }
}

impl Source for Texts {
    fn typed(&self, _: &Machine, func: FuncId) -> Result<Func, Declined> {
        let typed = self.funcs.get(func.index()).filter(|f| f.types.is_some());
        typed.cloned().ok_or(Declined::NotReached)
    }
}

/// The interpreter, except that functions with types are the other tier's from the start.
struct First(Rc<Vm>);

impl Tier for First {
    fn id(&self) -> TierId {
        TierId::INTERP
    }
    fn prepare(&self, machine: &mut Machine, func: FuncId) -> Result<Box<dyn Body>, NotReady> {
        match self.0.prepare(machine, func) {
            Err(NotReady::Declined(Declined::NotReached)) => Interp.prepare(machine, func),
            other => other,
        }
    }
    fn run(&self, machine: &mut Machine) -> Flow {
        Interp.run(machine)
    }
}

/// How a run is set up.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    pub(crate) audit: bool,
    pub(crate) max_depth: u32,
    pub(crate) fuel: u64,
    pub(crate) counting: bool,
    /// The slots of fields: by class and position.
    pub(crate) slot: fn(u32, usize) -> SlotType,
}

impl Default for Options {
    fn default() -> Options {
        Options { audit: true, max_depth: 2000, fuel: u64::MAX, counting: false, slot: |_, _| SlotType::Any }
    }
}

/// A runtime with a heap of some megabytes.
pub(crate) fn runtime(audit: bool) -> (Rt, Written) {
    let written = Written::default();
    let host = TestHost { written: written.clone(), now: 0 };
    let region = AllocRegion::new(64 << 20).expect("memory");
    let config = HeapConfig { audit, ..HeapConfig::default() };
    (Rt::new(Box::new(region), config, Box::new(host)).expect("a runtime"), written)
}

/// A program with its tiers.
pub(crate) struct World {
    pub(crate) machine: Machine,
    pub(crate) vm: Rc<Vm>,
    written: Written,
}

impl World {
    pub(crate) fn new(text: &str, options: Options) -> World {
        let program = mir::text::parse(text).unwrap_or_else(|e| panic!("{e}"));
        if let Err(faults) = mir::verify::verify_program(&program) {
            panic!("{faults:?}");
        }
        let (mut rt, written) = runtime(options.audit);
        rt.limits.max_depth = options.max_depth;
        rt.limits.fuel = options.fuel;
        let vm = Rc::new(Vm::new(Rc::new(Texts::new(&program))));
        if options.counting {
            vm.count();
        }
        let linked = Linked::with_layouts(&mut rt, program, &|class, field| (options.slot)(class.0, field));
        let mut machine = Machine::new(rt, linked, Config { audit: options.audit, ..Config::default() });
        machine.add_tier(Rc::new(First(vm.clone())));
        machine.add_tier(vm.clone());
        World { machine, vm, written }
    }

    /// Runs the first function and ends the program.
    pub(crate) fn run(mut self) -> Ran {
        let exit = self.machine.run(FuncId(0));
        let ended = self.machine.finish();
        let out = String::from_utf8(self.written.0.borrow().clone()).expect("text");
        Ran { out, exit, ended, world: self }
    }
}

/// How a program went.
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) exit: Exit,
    pub(crate) ended: Ended,
    pub(crate) world: World,
}

impl Ran {
    /// `3`, `uncaught Kind: message`, `limit Depth`...
    pub(crate) fn exit(&self) -> String {
        match &self.exit {
            Exit::Value(v) => format!("{v:?}"),
            Exit::Uncaught(u) => format!("uncaught {}: {}", u.kind.as_deref().unwrap_or("-"), u.message),
            Exit::Limit(kind, _) => format!("limit {kind:?}"),
            other => format!("{other:?}"),
        }
    }
}

pub(crate) fn run(text: &str) -> Ran {
    World::new(text, Options::default()).run()
}

/// The exit of a program; nothing may be left over.
pub(crate) fn exit(text: &str) -> String {
    let ran = run(text);
    assert!(ran.ended.leaked.is_empty() && ran.ended.error.is_none(), "{:?}", ran.ended);
    ran.exit()
}
