//! A program in a runtime with a tier: made from settings, run once or input by input, ended.
//! How it ended is judged in `outcome`.

use host::{Console, Reservation};
use interp::Interp;
use link::Linked;
use machine::{Config, Exit, TierId};
use mir::inst::{ClassIx, FuncId};
use mir::program::Program;
use nyrt::heap::{HeapConfig, SlotType};
use nyrt::host::{Closed, Host, Stream};
use nyrt::prelude::{BOX, Prelude, PreludeFn};
use nyrt::rt::Rt;
use profiler::Stats;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
use syntax::span::SourceMap;

use super::compile::{ClosedProgram, Promotion};
use super::epochs::Epochs;
use super::outcome;
use super::stages::Form;
use super::watch::Watch;
use crate::cli::{ErrorFormat, Status};
use crate::report::{self, Finding};
use crate::settings::{Id, Settings, StatsForm};

/// How many errors that did not end the program are shown: one bad `fini` can fail a million times.
const NOTICES: u64 = 4;

/// The console of the process. The runtime writes through one handle, the end of the program asks
/// through another why writing failed.
struct Outside {
    console: Rc<RefCell<Console>>,
    watch: Rc<RefCell<Watch>>,
}

impl Host for Outside {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed> {
        self.console.borrow_mut().write(stream, bytes)
    }
    fn flush(&mut self) -> Result<(), Closed> {
        self.console.borrow_mut().flush()
    }
    fn read_line(&mut self) -> Option<String> {
        self.watch.borrow_mut().during(|| self.console.borrow_mut().read_line())
    }
    fn wall_clock_us(&mut self) -> i64 {
        self.console.borrow_mut().wall_clock_us()
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.console.borrow_mut().monotonic_ns()
    }
    fn sleep_ns(&mut self, ns: u64) {
        self.console.borrow_mut().sleep_ns(ns);
    }
    fn entropy(&mut self) -> u64 {
        self.console.borrow_mut().entropy()
    }
    fn utc_offset_seconds(&mut self, at: i64) -> i32 {
        self.console.borrow_mut().utc_offset_seconds(at)
    }
}

/// What a program runs on besides tier 0.
enum Above {
    /// Nothing: only what was done before it ran is to be told.
    Nothing(Stats),
    Closed(Rc<Promotion>),
    Growing(Rc<Epochs>),
}

impl Above {
    fn promotion(&self) -> Option<Rc<Promotion>> {
        match self {
            Above::Nothing(_) => None,
            Above::Closed(promotion) => Some(promotion.clone()),
            Above::Growing(epochs) => epochs.last(),
        }
    }
}

/// A program that can run.
pub(super) struct Machine {
    pub(super) core: machine::Machine,
    pub(super) sources: Rc<RefCell<SourceMap>>,
    pub(super) format: ErrorFormat,
    /// What the builder found certain to fail; explains the failure when it comes.
    pub(super) lints: Vec<Finding>,
    settings: Settings,
    /// How many notices there were.
    notices: Rc<Cell<u64>>,
    console: Rc<RefCell<Console>>,
    watch: Rc<RefCell<Watch>>,
    above: Above,
    /// How long it has run.
    ran: Duration,
}

impl Machine {
    /// Reserves the heap and links the program. `closed` is what is known of a program that nothing is added to; without
    /// it (a REPL) the program may grow before every [`Machine::run`].
    pub(super) fn new(
        program: Program,
        sources: SourceMap,
        settings: &Settings,
        args: Vec<String>,
        format: ErrorFormat,
        closed: Option<ClosedProgram>,
    ) -> Result<Machine, Status> {
        let region = Reservation::new(settings.max_heap).map_err(|e| {
            refuse(&format!("cannot reserve address space for the heap: {e}"), "try a smaller --max-heap")
        })?;
        let console = Rc::new(RefCell::new(Console::new()));
        let end = match format {
            ErrorFormat::Text => outcome::out_of_time_text,
            ErrorFormat::Json => outcome::out_of_time_json,
        };
        let watch = Rc::new(RefCell::new(Watch::new(&settings.row(Id::Timeout).value, end)));
        let outside = Outside { console: console.clone(), watch: watch.clone() };
        let config = HeapConfig {
            max_bytes: settings.max_heap,
            audit: settings.audit,
            cycle_always: settings.stress.cycle_always,
            alloc_fail: settings.stress.alloc_fail,
        };
        let mut rt = Rt::new(Box::new(region), config, Box::new(outside))
            .map_err(|_| refuse("there is no memory for the heap", "other programs may have it all"))?;
        rt.limits.max_depth = settings.max_depth;
        rt.args = args;
        rt.prelude = prelude(&program);
        let linked = match &closed {
            Some(closed) if !settings.stress.any_fields => {
                let slots: Vec<Vec<SlotType>> = slots(&program, closed);
                Linked::with_layouts(&mut rt, program, &|class, field| slots[class.index()][field])
            }
            _ => Linked::new(&mut rt, program),
        };
        let widest = closed.as_ref().map(|closed| closed.widest_recursive());
        let config = Config { audit: settings.audit, widest, ..Config::default() };
        let mut core = Interp::machine(rt, linked, config);
        let above = match closed {
            _ if settings.vm_threshold().is_none() => {
                Above::Nothing(closed.map_or_else(Stats::default, |closed| closed.stats()))
            }
            Some(closed) => {
                let promotion = Rc::new(Promotion::new(&mut core, closed, None, settings));
                core.set_promoter(promotion.clone());
                Above::Closed(promotion)
            }
            None => Above::Growing(Rc::new(Epochs::new(settings))),
        };
        let sources = Rc::new(RefCell::new(sources));
        let shown = sources.clone();
        let notices = Rc::new(Cell::new(0));
        let count = notices.clone();
        core.set_reporter(Box::new(move |rt, linked, problem| {
            count.set(count.get() + 1);
            if count.get() > NOTICES {
                return;
            }
            // What the program printed before comes before.
            let _ = rt.host.flush();
            outcome::notice(&shown.borrow(), linked, problem, format);
        }));
        Ok(Machine {
            core,
            sources,
            format,
            lints: Vec::new(),
            settings: settings.clone(),
            notices,
            console,
            watch,
            above,
            ran: Duration::ZERO,
        })
    }

    /// Grants the program its time and fuel, from now on.
    fn grant(&mut self) {
        self.watch.borrow_mut().grant(self.settings.timeout);
        let rt = &mut self.core.rt;
        rt.limits.fuel = self.settings.fuel.unwrap_or(u64::MAX);
        rt.limits.deadline_ns = match self.settings.timeout {
            Some(timeout) => {
                let ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
                rt.host.monotonic_ns().saturating_add(ns)
            }
            None => u64::MAX,
        };
    }

    /// Runs a top-level function and what it starts.
    pub(super) fn run(&mut self, top: FuncId) -> Exit {
        if let Above::Growing(epochs) = &self.above {
            epochs.begin(&mut self.core, top);
        }
        self.grant();
        let start = Instant::now();
        let exit = self.core.run(top);
        self.ran += start.elapsed();
        exit
    }

    /// Runs a program from its top-level function to its last finalizer.
    pub(super) fn run_to_end(&mut self, top: FuncId) -> Status {
        let exit = self.run(top);
        let judged = outcome::judge(self, &exit);
        if let Exit::Value(value) = exit {
            self.core.release(value);
        }
        let status = if judged.goes_on { self.end(judged.status) } else { judged.status };
        self.close(status)
    }

    /// Finalizes what is left. `status` stays unless something worse happens.
    pub(super) fn end(&mut self, status: Status) -> Status {
        let start = Instant::now();
        let ended = self.core.finish();
        self.ran += start.elapsed();
        outcome::judge_end(self, &ended, status)
    }

    /// Writes what is left and gives the exit status. Nothing runs afterwards.
    pub(super) fn close(&mut self, status: Status) -> Status {
        let written = self.core.rt.host.flush();
        if self.settings.stats != StatsForm::Off {
            report::emit(&self.stats());
        }
        if self.settings.gc_stats {
            report::emit(&gc_stats(&self.core.rt));
        }
        if self.notices.get() > NOTICES {
            let what = format!("{} more errors left finalizers or tasks", self.notices.get() - NOTICES);
            report::emit_plain(&Finding::warning(what));
        }
        let failure = self.console.borrow_mut().take_failure();
        match (written, failure) {
            (_, Some(e)) => refuse(&format!("standard output cannot be written: {e}"), "is the disk full?"),
            (Err(Closed), None) => Status::PIPE,
            (Ok(()), None) => status,
        }
    }

    /// What `--stats` prints.
    fn stats(&self) -> String {
        let (mut stats, ran) = match &self.above {
            Above::Nothing(stats) => (stats.clone(), self.ran),
            Above::Closed(promotion) => (promotion.closed.stats(), self.ran),
            Above::Growing(epochs) => (epochs.stats(), self.ran.saturating_sub(epochs.analysing())),
        };
        // What ran in no other tier ran in this one.
        stats.ran_rest(profiler::Tier::Interp, ran);
        stats.functions = [TierId::INTERP, TierId::VM].map(|tier| self.core.functions_run(tier) as u64);
        if let Some(promotion) = self.above.promotion() {
            let Promotion { closed, vm, .. } = &*promotion;
            let executed = vm.executed();
            (stats.instructions, stats.any, stats.counts) =
                (executed.all, executed.on_any, executed.counting);
            stats.executed = vm.executed_by_name();
            stats.runtime = vm.runtime_by_name();
            stats.seen = super::seen::seen(&self.core, closed, vm, &self.sources.borrow());
        }
        let heap = self.core.rt.heap.stats();
        (stats.allocations, stats.peak_bytes) = (heap.allocations, heap.peak_bytes);
        match self.settings.stats {
            StatsForm::Json => {
                let version = env!("CARGO_PKG_VERSION");
                format!(
                    "{{\"schema\":\"nyash/stats/1\",\"version\":\"{version}\",\"data\":{}}}\n",
                    stats.json()
                )
            }
            StatsForm::Text | StatsForm::Off => stats.text(),
        }
    }

    /// A function as text in a form that it has in a tier above the interpreter, or a line that says why there is none.
    pub(super) fn form(&mut self, func: FuncId, form: Form) -> String {
        let Some(promotion) = self.above.promotion() else {
            return none(&self.core, func, "--tier=interp");
        };
        let Promotion { closed, vm, .. } = &*promotion;
        let made = match form {
            Form::Typed => closed.lower(&self.core, func).map(|lowered| {
                let sources = self.sources.borrow();
                mir::text::print_func(&self.core.linked.program, func, &lowered.func, Some(&sources))
            }),
            Form::Bytecode => match vm.dump(&mut self.core, func) {
                Ok(text) => Ok(text),
                Err(machine::NotReady::Declined(why)) => Err(why),
                Err(machine::NotReady::Malformed(_)) => Err(profiler::Declined::Malformed),
                Err(machine::NotReady::Trap(_)) => Err(profiler::Declined::NoMemory),
            },
        };
        made.unwrap_or_else(|why| none(&self.core, func, why.text()))
    }

    /// The value of a limit as the user wrote it.
    pub(super) fn limit_value(&self, id: Id) -> &str {
        &self.settings.row(id).value
    }
}

/// A function that does not exist in a form.
fn none(core: &machine::Machine, func: FuncId, why: &str) -> String {
    let program = &core.linked.program;
    format!("func {func:?} {:?}: none, {why}\n", program.names.text(program.func(func).name))
}

/// The slots of all classes' own fields under the facts.
fn slots(program: &Program, closed: &ClosedProgram) -> Vec<Vec<SlotType>> {
    let classes = program.classes.iter().enumerate();
    classes
        .map(|(i, class)| {
            (0..class.fields.len()).map(|f| closed.slot(program, ClassIx(i as u32), f)).collect()
        })
        .collect()
}

fn refuse(what: &str, hint: &str) -> Status {
    report::emit_plain(&Finding::error(what).hint(hint));
    Status::UNCAUGHT
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

/// What `--gc-stats` prints.
fn gc_stats(rt: &Rt) -> String {
    let (gc, heap) = (rt.heap.gc_stats(), rt.heap.stats());
    let mut out = String::from("gc:");
    for (name, value) in [
        ("collections", gc.collections),
        ("candidates", gc.candidates),
        ("visited", gc.visited),
        ("garbage", gc.garbage),
        ("finalizers", gc.finalizers),
        ("threshold", gc.threshold),
        ("allocations", heap.allocations),
        ("bytes", heap.bytes),
        ("peak", heap.peak_bytes),
        ("live", rt.heap.live_objects() as u64),
    ] {
        out.push_str(&format!(" {name}={value}"));
    }
    out.push('\n');
    out
}
