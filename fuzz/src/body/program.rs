//! Whole programs from text to the last finalizer, under limits: nothing panics, the run ends, no rule of the
//! middle language is broken, the heap audit finds no wrong count and nothing is alive at the end.
//!
//! The first line of an input may set up the run: `#~ fuel=500 heap=262144 depth=40 fail=17 close=100 cycle
//! audit=0 twice`.

use crate::front;
use crate::host::{Buffer, Output};
use agree::rng::Rng;

use interp::Interp;
use link::Linked;
use machine::{Config, Exit, LimitKind, Machine};
use mir::inst::FuncId;
use mir::program::Program;
use nyrt::heap::{AllocRegion, HeapConfig};
use nyrt::prelude::{BOX, Prelude, PreludeFn};
use nyrt::rt::Rt;
use std::cell::RefCell;
use std::rc::Rc;

/// How a program is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Settings {
    fuel: u64,
    heap: u64,
    depth: u32,
    /// Nanoseconds of the clock that goes on by looking at it.
    time: u64,
    /// The allocation that fails.
    fail: Option<u64>,
    /// Standard output is closed after so many bytes.
    close: u64,
    /// Collect cycles as often as possible.
    cycle: bool,
    audit: bool,
    /// Run it once more, without audit: nothing else may happen.
    twice: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            fuel: 3000,
            heap: 2 << 20,
            depth: 100,
            time: u64::MAX,
            fail: None,
            close: u64::MAX,
            cycle: false,
            audit: true,
            twice: false,
        }
    }
}

/// The first line of an input.
pub fn settings(rng: &mut Rng) -> String {
    let mut out = format!("#~ fuel={} depth={}", 1 << rng.below(13), 1 << rng.below(9));
    let mut add = |one_in: usize, text: &dyn Fn(&mut Rng) -> String| {
        if rng.one_in(one_in) {
            let text = text(rng);
            out.push(' ');
            out.push_str(&text);
        }
    };
    add(3, &|rng| format!("heap={}", (4 + rng.below(30)) << 16));
    add(3, &|rng| format!("fail={}", rng.below(150) + 1));
    add(10, &|rng| format!("close={}", rng.below(200)));
    add(10, &|rng| format!("time={}", rng.below(100_000)));
    add(3, &|_| "cycle".to_owned());
    add(4, &|_| "twice".to_owned());
    out.push('\n');
    out
}

fn read_settings(text: &str) -> Settings {
    let mut settings = Settings::default();
    let Some(line) = text.strip_prefix("#~").and_then(|t| t.lines().next()) else { return settings };
    for word in line.split_ascii_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or((word, "1"));
        let Ok(value) = value.parse::<u64>() else { continue };
        match name {
            "fuel" => settings.fuel = value.min(100_000),
            "heap" => settings.heap = value.clamp(4 << 16, 16 << 20),
            "depth" => settings.depth = value.min(10_000) as u32,
            "time" => settings.time = value,
            "fail" => settings.fail = Some(value),
            "close" => settings.close = value,
            "cycle" => settings.cycle = value != 0,
            "audit" => settings.audit = value != 0,
            "twice" => settings.twice = value != 0,
            _ => {}
        }
    }
    settings
}

/// Checks a program.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let settings = read_settings(&text);
    let first = run_once(&text, settings);
    // The clock goes on by being looked at, which the audit does as well.
    if settings.twice && settings.audit && settings.time == u64::MAX {
        let plain = run_once(&text, Settings { audit: false, ..settings });
        if first != plain {
            panic!("the audit changes what a program does in {first:?}\nwithout it {plain:?}");
        }
    }
}

/// What others see of a run.
#[derive(PartialEq, Eq, Debug)]
struct Seen {
    exit: String,
    text: String,
    length: u64,
    digest: u64,
}

fn run_once(text: &str, settings: Settings) -> Option<Seen> {
    let built = front::build(text).ok()?;
    // What the verifier refuses is a finding of `mir_build`, and anything may happen when it is run.
    mir::verify::verify_program(&built.program).ok()?;
    let output = Rc::new(RefCell::new(Output::default()));
    let host = Buffer { output: output.clone(), closes_after: settings.close, lines: 3, now: 0 };
    let region = AllocRegion::new(settings.heap as usize).ok()?;
    let config = HeapConfig {
        max_bytes: settings.heap,
        audit: settings.audit,
        cycle_always: settings.cycle,
        alloc_fail: settings.fail,
    };
    let mut rt = Rt::new(Box::new(region), config, Box::new(host)).ok()?;
    rt.limits.max_depth = settings.depth;
    rt.limits.fuel = settings.fuel;
    rt.limits.deadline_ns = settings.time;
    rt.args = vec!["an argument".to_owned(), "é".to_owned()];
    rt.prelude = prelude(&built.program);
    let linked = Linked::new(&mut rt, built.program);
    let mut interp = Interp::machine(rt, linked, Config { audit: settings.audit, ..Config::default() });
    let exit = execute(&mut interp, built.top?);
    let output = output.borrow();
    Some(Seen { exit, text: output.text.clone(), length: output.length, digest: output.digest() })
}

/// Runs a program to its end and says how it ended.
fn execute(interp: &mut Machine, top: FuncId) -> String {
    let exit = interp.run(top);
    let mut seen = match &exit {
        Exit::Fault(what) => panic!("a fault in {what}"),
        Exit::Value(value) => format!("{:?}", value.as_int()),
        Exit::Uncaught(error) => format!("uncaught {:?}: {}", error.kind, error.message),
        Exit::Limit(kind, _) => format!("limit {kind:?}"),
        Exit::Closed => "closed".to_owned(),
        Exit::Status(status) => format!("status {status}"),
    };
    let goes_on = !matches!(&exit, Exit::Closed | Exit::Limit(LimitKind::Fuel | LimitKind::Timeout, _));
    if let Exit::Value(value) = exit {
        interp.release(value);
    }
    if !goes_on {
        return seen;
    }
    let ended = interp.finish();
    if let Some(Exit::Fault(what)) = &ended.stopped {
        panic!("a fault at the end in {what}");
    }
    seen.push_str(&format!(
        ", then {:?} {}",
        ended.error.as_ref().map(|e| &e.message),
        ended.stopped.is_some()
    ));
    if ended.stopped.is_none() {
        assert!(ended.leaked.is_empty(), "objects are alive after the end in {:?}", ended.leaked);
    }
    seen
}

/// The functions of the prelude that the runtime calls.
fn prelude(program: &Program) -> Prelude {
    let class = program.names.find(BOX).and_then(|name| program.class_names.get(&name));
    let methods = class.map_or(&[][..], |c| &program.class(*c).methods);
    Prelude::new(PreludeFn::ALL.iter().filter_map(|f| {
        let name = program.names.find(f.name())?;
        methods.iter().find(|m| m.name == name).map(|m| link::func_id(m.func))
    }))
}
