//! Builds and runs programs for tests: source or MIR text in, output and exit out.

#![allow(dead_code, reason = "every test file uses another part of it")]

use std::cell::RefCell;
use std::rc::Rc;

use interp::Interp;
use link::Linked;
use machine::{Config, Exit, Machine};
use mir::build::{self, Unit, UnitKind};
use mir::inst::FuncId;
use mir::program::Program;
use nyrt::heap::{AllocRegion, HeapConfig};
use nyrt::host::{Closed, Host, Stream};
use nyrt::rt::Rt;
use syntax::span::SourceMap;

/// What was written to both streams.
#[derive(Clone, Default)]
pub(crate) struct Written(Rc<RefCell<(Vec<u8>, Vec<u8>)>>);

impl Written {
    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.borrow().0.clone()).expect("text")
    }
    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.0.borrow().1.clone()).expect("text")
    }
}

/// A host whose clock goes on by a microsecond whenever it is read, and which never really sleeps.
struct TestHost {
    written: Written,
    now: u64,
}

impl Host for TestHost {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed> {
        let mut written = self.written.0.borrow_mut();
        match stream {
            Stream::Out => written.0.extend_from_slice(bytes),
            Stream::Err => written.1.extend_from_slice(bytes),
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

/// A program under construction, prelude included.
pub(crate) struct World {
    pub(crate) program: Program,
    sources: SourceMap,
}

impl World {
    pub(crate) fn new() -> World {
        let mut world = World { program: Program::new(), sources: SourceMap::new() };
        link::build_prelude(&mut world.program, &mut world.sources).expect("a prelude without errors");
        world
    }
    /// Adds the main file of a program; nothing when it has an error.
    pub(crate) fn try_main(&mut self, text: &str) -> Option<FuncId> {
        let file = self.sources.add("main.nyash", text).expect("a small file");
        let source = self.sources.file(file);
        let parsed = syntax::parse(&source.text, source.base, &mut self.program.names);
        let unit = Unit { ast: &parsed.ast, kind: UnitKind::Main, links: &[] };
        if !parsed.diagnostics.is_empty() {
            return None;
        }
        let built = build::build(&mut self.program, &self.sources, &[unit], &link::known(false));
        if built.diagnostics.is_empty() { built.tops.first().copied() } else { None }
    }
    fn build(&mut self, name: &str, text: &str, kind: UnitKind) -> FuncId {
        let file = self.sources.add(name, text).expect("a small file");
        let source = self.sources.file(file);
        let parsed = syntax::parse(&source.text, source.base, &mut self.program.names);
        assert!(parsed.diagnostics.is_empty(), "{name}: {:?}", parsed.diagnostics);
        let unit = Unit { ast: &parsed.ast, kind, links: &[] };
        let built = build::build(&mut self.program, &self.sources, &[unit], &link::known(false));
        let errors: Vec<_> = built.diagnostics.iter().map(|d| &d.title).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        built.tops[0]
    }
    /// Adds one input of a REPL.
    pub(crate) fn repl(&mut self, text: &str) -> FuncId {
        self.build("<input>", text, UnitKind::Repl)
    }
    /// An interpreter for what was built so far.
    pub(crate) fn interp(&mut self) -> (Machine, Written) {
        let (mut rt, written) = runtime(HeapConfig { audit: true, ..HeapConfig::default() });
        let linked = Linked::new(&mut rt, std::mem::take(&mut self.program));
        (Interp::machine(rt, linked, Config { audit: true, ..Config::default() }), written)
    }
    /// Adds the main file of a program.
    pub(crate) fn main(&mut self, text: &str) -> FuncId {
        let top = self.build("main.nyash", text, UnitKind::Main);
        if let Err(faults) = mir::verify::verify_program(&self.program) {
            panic!("{faults:?}\n{}", mir::text::print_program(&self.program, None));
        }
        top
    }
}

/// A runtime with a heap of some megabytes.
pub(crate) fn runtime(config: HeapConfig) -> (Rt, Written) {
    let written = Written::default();
    let host = TestHost { written: written.clone(), now: 0 };
    let region = AllocRegion::new(64 << 20).expect("memory");
    (Rt::new(Box::new(region), config, Box::new(host)).expect("a runtime"), written)
}

/// How a program went.
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) exit: Exit,
    pub(crate) ended: machine::Ended,
    pub(crate) interp: Machine,
}

impl Ran {
    /// `value 3`, `uncaught Kind: message`, `limit Depth`...
    pub(crate) fn exit(&self) -> String {
        match &self.exit {
            Exit::Value(v) => format!("{v:?}"),
            Exit::Uncaught(u) => format!("uncaught {}: {}", u.kind.as_deref().unwrap_or("-"), u.message),
            Exit::Limit(kind, _) => format!("limit {kind:?}"),
            other => format!("{other:?}"),
        }
    }
}

/// Options of a run.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    pub(crate) audit: bool,
    pub(crate) max_depth: u32,
    pub(crate) fuel: u64,
    pub(crate) deadline_ns: u64,
    pub(crate) max_heap: u64,
    /// This allocation fails.
    pub(crate) fail: Option<u64>,
    /// The cycle collector runs whenever it can.
    pub(crate) cycles: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            audit: true,
            max_depth: 2000,
            fuel: u64::MAX,
            deadline_ns: u64::MAX,
            max_heap: 64 << 20,
            fail: None,
            cycles: false,
        }
    }
}

pub(crate) fn run_program(program: Program, top: FuncId, options: Options) -> Ran {
    run_prepared(program, top, options, |_| {})
}

/// The same; `prepare` gets the machine before it runs.
pub(crate) fn run_prepared(
    program: Program,
    top: FuncId,
    options: Options,
    prepare: impl FnOnce(&mut Machine),
) -> Ran {
    let config = HeapConfig {
        audit: options.audit,
        max_bytes: options.max_heap,
        cycle_always: options.cycles,
        alloc_fail: options.fail,
    };
    let (mut rt, written) = runtime(config);
    rt.limits.max_depth = options.max_depth;
    rt.limits.fuel = options.fuel;
    rt.limits.deadline_ns = options.deadline_ns;
    let linked = Linked::new(&mut rt, program);
    let mut interp = Interp::machine(rt, linked, Config { audit: options.audit, ..Config::default() });
    prepare(&mut interp);
    let exit = interp.run(top);
    let ended = interp.finish();
    Ran { out: written.out(), err: written.err(), exit, ended, interp }
}

/// Runs a source text in audit mode.
pub(crate) fn run(text: &str) -> Ran {
    run_with(text, Options::default())
}

pub(crate) fn run_with(text: &str, options: Options) -> Ran {
    let mut world = World::new();
    let top = world.main(text);
    run_program(world.program, top, options)
}

/// Runs a source text in audit mode and compares what it prints; nothing may be left over.
pub(crate) fn check(text: &str, expected: &str) {
    let ran = run(text);
    assert_eq!(ran.out.trim_end(), expected.trim(), "{}\n{}\n{:?}", ran.exit(), ran.err, ran.ended);
    assert!(matches!(ran.exit, Exit::Value(_)), "{}", ran.exit());
    assert!(ran.ended.leaked.is_empty() && ran.ended.error.is_none(), "{:?}", ran.ended);
}
