//! `cargo bench`: what a program costs inside one process: reading, checking, MIR, analysis, linking, lowering, encoding, and
//! running it in each tier. Whole processes and other languages are measured by `nyash bench`.
//!
//! It drives the crates as `src/engine.rs` does, with a host that has no output. `cargo bench -- PART` measures what has
//! PART in its name; every figure takes about two seconds.

#[path = "tiers/above.rs"]
mod above;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use host::Reservation;
use interp::Interp;
use link::Linked;
use machine::{Config, Exit, Machine};
use mir::build::{self, Unit, UnitKind};
use mir::inst::FuncId;
use mir::program::Program;
use nyrt::heap::HeapConfig;
use nyrt::host::{Closed, Host, Stream};
use nyrt::rt::Rt;
use syntax::Parsed;
use syntax::span::SourceMap;
use vm::Vm;

use above::{Closed as Analysed, add_vm};

/// The kernels with sizes that take milliseconds.
const KERNELS: &[(&str, &str)] = &[
    ("fib", "18"),
    ("loop", "50000"),
    ("mandelbrot", "20"),
    ("sieve", "5000"),
    ("strings", "300"),
    ("map", "3000"),
    ("dispatch", "10000"),
    ("trees", "6"),
];

/// Makes a machine of a tier that is ready to run a program from this function, with a size for it.
type Make = fn(Program, FuncId, &str) -> Machine;

/// Every tier, and the choice among them. Analysing the program does not count, making code while it runs does.
const TIERS: &[(&str, Make)] = &[
    ("auto", |program, top, size| with_vm(program, top, size, CALLS)),
    ("interp", |program, _, size| {
        let (rt, linked) = linked(program, size, None);
        Interp::machine(rt, linked, Config::default())
    }),
    ("vm", |program, top, size| with_vm(program, top, size, 0)),
];

/// Calls after which `auto` moves a function, as `NYASH_VM_THRESHOLD` is without being set.
const CALLS: u32 = 50;

/// How much heap a kernel may need.
const HEAP: u64 = 256 << 20;

/// A host whose output goes nowhere; only its clock is real.
struct Silent(Instant);

impl Host for Silent {
    fn write(&mut self, _: Stream, bytes: &[u8]) -> Result<(), Closed> {
        black_box(bytes);
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
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
    fn sleep_ns(&mut self, ns: u64) {
        std::thread::sleep(Duration::from_nanos(ns));
    }
    fn entropy(&mut self) -> u64 {
        4
    }
    fn utc_offset_seconds(&mut self, _: i64) -> i32 {
        0
    }
}

/// A kernel with its harness in front of it, as one text: `include` is the business of the command.
fn source(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/programs/kernels");
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).expect("a file of the repository");
    let kernel = read(&format!("{name}.nyash")).replace("include \"harness.nyash\"", "");
    format!("{}\n{kernel}", read("harness.nyash"))
}

/// A text that is ready to be parsed, the runtime's own code built before it.
fn world(text: &str) -> (Program, SourceMap, u32) {
    let (mut program, mut sources) = (Program::new(), SourceMap::new());
    link::build_prelude(&mut program, &mut sources).expect("a prelude without errors");
    let id = sources.add("kernel.nyash", text.to_string()).expect("a short text");
    let base = sources.file(id).base;
    (program, sources, base)
}

fn to_mir(program: &mut Program, sources: &SourceMap, parsed: &Parsed) -> FuncId {
    let unit = Unit { ast: &parsed.ast, kind: UnitKind::Main, links: &[] };
    let built = build::build(program, sources, &[unit], &link::known(false));
    assert!(built.diagnostics.is_empty(), "the kernels have no errors");
    *built.tops.first().expect("a top-level function")
}

/// A program in a runtime, with the fields that its analysis has found.
fn linked(program: Program, size: &str, closed: Option<&Analysed>) -> (Rt, Linked) {
    let region = Reservation::new(HEAP).expect("address space");
    let config = HeapConfig { max_bytes: HEAP, ..HeapConfig::default() };
    let mut rt = Rt::new(Box::new(region), config, Box::new(Silent(Instant::now()))).expect("a heap");
    rt.args = vec![size.to_string()];
    let linked = match closed.map(|closed| closed.slots(&program)) {
        Some(slots) => Linked::with_layouts(&mut rt, program, &|class, field| slots[class.index()][field]),
        None => Linked::new(&mut rt, program),
    };
    (rt, linked)
}

/// A machine whose functions move to the VM after so many calls.
fn with_vm(mut program: Program, top: FuncId, size: &str, calls: u32) -> Machine {
    let closed = Analysed::new(&mut program, top);
    let (rt, linked) = linked(program, size, Some(&closed));
    let mut machine = Interp::machine(rt, linked, Config::default());
    add_vm(&mut machine, closed, calls);
    machine
}

/// Text to MIR.
fn built(text: &str) -> (Program, FuncId) {
    let (mut program, sources, base) = world(text);
    let parsed = syntax::parse(text, base, &mut program.names);
    let top = to_mir(&mut program, &sources, &parsed);
    (program, top)
}

/// Text to an analysed program in a runtime.
fn analysed(text: &str) -> (Rt, Linked, Analysed) {
    let (mut program, top) = built(text);
    let closed = Analysed::new(&mut program, top);
    let (rt, linked) = linked(program, "1", Some(&closed));
    (rt, linked, closed)
}

/// What happens before a program runs, over the largest kernel.
fn front(c: &mut Criterion) {
    let text = source("dispatch");
    let mut group = c.benchmark_group("front");
    group.bench_function("parse", |b| {
        b.iter(|| syntax::parse(black_box(&text), 1, &mut syntax::intern::Interner::new()));
    });
    group.bench_function("prelude", |b| b.iter(|| world(black_box(""))));
    group.bench_function("mir", |b| {
        b.iter_batched(
            || {
                let (mut program, sources, base) = world(&text);
                let parsed = syntax::parse(&text, base, &mut program.names);
                (program, sources, parsed)
            },
            |(mut program, sources, parsed)| {
                let top = to_mir(&mut program, &sources, &parsed);
                (program, sources, parsed, top)
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("analyse", |b| {
        b.iter_batched(
            || built(&text),
            |(mut program, top)| {
                let closed = Analysed::new(&mut program, top);
                (program, closed)
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("link", |b| {
        b.iter_batched(|| built(&text).0, |program| linked(program, "1", None), BatchSize::PerIteration);
    });
    group.finish();
}

/// What is done for the tiers above the interpreter, over all functions of the largest kernel. A run does it for those that
/// are warm.
fn code(c: &mut Criterion) {
    let text = source("dispatch");
    let mut group = c.benchmark_group("code");
    group.bench_function("lower", |b| {
        b.iter_batched(
            || analysed(&text),
            |(rt, linked, closed)| {
                let all = closed.lower_all(&linked, &rt);
                (rt, linked, closed, all)
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("encode", |b| {
        b.iter_batched(
            || {
                let (rt, linked, closed) = analysed(&text);
                let all = closed.lower_all(&linked, &rt);
                let machine = Interp::machine(rt, linked, Config::default());
                (machine, Vm::new(Rc::new(closed)), all)
            },
            |(mut machine, vm, all)| {
                let made: Vec<_> = all
                    .into_iter()
                    .map(|(func, lowered)| vm.prepare_typed(&mut machine, func, lowered.func))
                    .collect();
                assert!(made.iter().all(Result::is_ok), "the kernels can be encoded");
                (machine, vm, made)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Runs a kernel to the end of its last finalizer.
fn finish(mut machine: Machine, top: FuncId) -> Machine {
    let exit = machine.run(top);
    assert!(matches!(&exit, Exit::Value(v) if v.as_int() == Some(0)), "the kernel failed");
    machine.finish();
    machine
}

fn run(c: &mut Criterion) {
    for (tier, make) in TIERS {
        let mut group = c.benchmark_group(format!("run {tier}"));
        for (name, size) in KERNELS {
            let text = source(name);
            group.bench_function(format!("{name} {size}"), |b| {
                b.iter_batched(
                    || {
                        let (program, top) = built(&text);
                        (make(program, top, size), top)
                    },
                    |(machine, top)| finish(machine, top),
                    BatchSize::PerIteration,
                );
            });
        }
        group.finish();
    }
}

/// Short and rough: the figures show a change of some percent, and all of them take about a minute.
fn settings() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .without_plots()
}

criterion_group! { name = tiers; config = settings(); targets = front, code, run }
criterion_main!(tiers);
