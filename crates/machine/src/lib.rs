//! What happens between instructions, for every tier alike: activations and their stack, calls, exceptions, deaths,
//! static boxes, tasks, limits, the end of a program. A tier is a loop over instructions of its own form; activations
//! of different tiers lie on one stack in any order.
//!
//! It knows no syntax, no tier and no form of instructions but generic MIR, and it makes no OS call. Nyash calls
//! never nest natively: activations lie in a vector per task, their windows on a stack of chunks.
//!
//! Reading order: `code` and `tier` (what a tier is), `frame`, `calls`, `unwind`, `drops`, `tasks`, `end`, `generic`.
//!
//! Steps for `--fuel`: one for every call of a function of the program and one for every jump along an edge
//! that closes a loop ([`mir::loops`]), the same in all tiers.

mod audit;
mod calls;
mod code;
mod drops;
mod end;
mod frame;
mod frames;
mod generic;
mod members;
mod stack;
mod statics;
mod tasks;
mod tier;
mod trace;
mod unwind;

use std::rc::Rc;

use hashbrown::{HashMap, HashSet};
use link::Linked;
use mir::inst::{FuncId, Op};
use nyrt::rt::{Rt, Stop};
use nyrt::task::{TaskId, Tasks};
use nyrt::trap::Trap;
use nyrt::value::{Kind, Ref, Value, class_id};

use trace::Failures;

pub use audit::{At, Held};
pub use calls::{Args, Called, Operands};
pub use code::{Body, CALL_STEPS, Code, CodePtr, TierId};
pub use drops::After;
pub use end::Ended;
pub use frame::{Frame, Role, Task};
pub use frames::Frames;
pub use generic::Did;
pub use stack::Stack;
pub use tier::{Malformed, NotReady, Promoter, Tier};
pub use trace::{Trace, TraceEntry};

/// Calls nest at least so deep, whatever functions look like.
const LEAST_DEPTH: usize = 1000;

/// How the machine behaves.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Registers (of two words) of one task's activations if all of them were of the widest function in the
    /// interpreter. Calls nest no deeper than that, in all tiers, but [`LEAST_DEPTH`] they do.
    pub stack_values: usize,
    /// The number of values of the widest function of which many activations may be on one stack. `None`: the widest one for
    /// which [`mir::func::FuncKind::may_nest`] says so when a run begins.
    pub widest: Option<u32>,
    /// Check all counts at every step (`NYASH_AUDIT=1`).
    pub audit: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config { stack_values: 16 << 20, widest: None, audit: false }
    }
}

/// An error that nobody caught, as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Uncaught {
    /// The kind of an ErrorBox, nothing for other values.
    pub kind: Option<String>,
    /// The message of an ErrorBox, the text of other values.
    pub message: String,
    /// Where it came from.
    pub trace: Trace,
}

/// Why a program was stopped from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitKind {
    /// `--fuel`
    Fuel,
    /// `--timeout`
    Timeout,
    /// `--max-depth`: an uncaught `StackOverflow`.
    Depth,
    /// `--max-heap`: an uncaught `OutOfMemory`.
    Heap,
}

/// How a run ended.
#[derive(Debug)]
pub enum Exit {
    /// With a value, owned by the receiver ([`Machine::release`]).
    Value(Value),
    /// With an error.
    Uncaught(Uncaught),
    /// At a limit.
    Limit(LimitKind, Uncaught),
    /// The other end of standard output is gone.
    Closed,
    /// The program asked to end with this status.
    Status(i32),
    /// A function breaks the rules of MIR, or the heap audit found wrong counts: a fault of ours.
    Fault(String),
}

/// Something that the user should see on standard error although the program goes on.
#[derive(Debug)]
pub enum Notice {
    /// An error left the body of a `fini` that the program did not call.
    FiniFailed(Uncaught),
    /// A task failed and nobody awaited it.
    Unawaited(Uncaught),
}

/// Shows notices.
pub type Reporter = Box<dyn FnMut(&mut Rt, &Linked, &Notice)>;

/// What the loop does after something outside of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Goes on with the newest activation.
    Go,
    /// Ends; the machine's exit or [`Rt::stop`] says why.
    Stop,
}

/// Steps between two looks at the limits.
const QUANTUM: i64 = 1024;

/// A program and its state.
pub struct Machine {
    /// The runtime.
    pub rt: Rt,
    /// The program. After it has grown, [`Linked::link_more`] must be called before the next run.
    pub linked: Linked,
    config: Config,
    reporter: Reporter,
    tiers: Vec<Rc<dyn Tier>>,
    promoter: Option<Rc<dyn Promoter>>,
    /// What runs when a function is called now; nothing where nobody has called it yet.
    entries: Vec<Option<CodePtr>>,
    /// All codes, freed with the machine; those above the first tier when an epoch ends.
    codes: Vec<CodePtr>,
    /// What has run in codes that went with their epochs.
    ran_before: HashSet<(TierId, FuncId)>,
    /// [`Machine::max_depth`]
    depth: usize,
    /// Top-level functions of included files that have begun.
    begun: Vec<bool>,
    /// The current task.
    pub task: Task,
    parked: HashMap<TaskId, Task>,
    /// Errors with which tasks ended and where those came from, until somebody awaits or reports them.
    failures: Failures,
    /// Steps until the next look at the limits, and how many there were after the last one.
    ticks: i64,
    granted: i64,
    /// Steps that were taken before those.
    steps: u64,
    /// How the main task ended while others go on.
    main_end: Option<Exit>,
    exit: Option<Exit>,
    ended: Ended,
    /// What the main task threw, while its text is made.
    thrown_by_main: Option<(Value, Trace)>,
    audited: audit::Audited,
    /// Whether activations were given up, with what they own: by a limit, or tasks that wait for ever.
    abandoned: bool,
    /// Owned by the caller of the machine while it makes the text of it.
    lent: Option<Value>,
    /// Whether the last run was stopped from outside: no code of the program runs any more.
    halted: bool,
    /// The step that a limit stopped was that of a call whose body stands at its place.
    stopped_inside: bool,
}

/// How deep calls may nest.
fn deepest(rt: &Rt, linked: &Linked, config: Config) -> usize {
    let nesting = || linked.program.funcs.iter().filter(|f| f.kind.may_nest());
    let widest = config.widest.or_else(|| nesting().map(|f| f.values).max()).unwrap_or(0);
    let fit = config.stack_values / widest.max(1) as usize;
    fit.max(LEAST_DEPTH).min(rt.limits.max_depth as usize)
}

impl Machine {
    /// A machine for a linked program; it needs a tier ([`Machine::add_tier`]).
    pub fn new(rt: Rt, linked: Linked, config: Config) -> Machine {
        let depth = deepest(&rt, &linked, config);
        Machine {
            rt,
            linked,
            config,
            reporter: Box::new(plain_report),
            tiers: Vec::new(),
            promoter: None,
            entries: Vec::new(),
            codes: Vec::new(),
            ran_before: HashSet::new(),
            begun: Vec::new(),
            depth,
            task: Task::new(depth, stack::ROOMY),
            parked: HashMap::new(),
            failures: Failures::default(),
            ticks: 0,
            granted: 0,
            steps: 0,
            main_end: None,
            exit: None,
            ended: Ended::default(),
            thrown_by_main: None,
            audited: audit::Audited::new(),
            abandoned: false,
            lent: None,
            halted: false,
            stopped_inside: false,
        }
    }

    /// Most activations of a task: `--max-depth`, or as many as its stack has memory for.
    #[inline(always)]
    pub fn max_depth(&self) -> usize {
        self.depth
    }

    /// Whether so many activations as there may be can have windows of so many words, or a function's own are no wider in
    /// the interpreter: a code in which the bodies of callees stand may need more than that.
    pub fn has_room_for(&self, func: FuncId, words: u32) -> bool {
        let own = self.linked.program.funcs.get(func.index()).map_or(0, |f| f.values as usize);
        (words as usize).div_ceil(2) <= own.max(self.config.stack_values / self.depth.max(1))
    }

    /// Whether counts are checked at every step.
    pub fn audits(&self) -> bool {
        self.config.audit
    }

    /// Replaces how notices are shown; without this they are plain lines on standard error.
    pub fn set_reporter(&mut self, reporter: Reporter) {
        self.reporter = reporter;
    }

    /// Runs the top-level code of a file until it and all tasks that it has started have ended. Globals, static
    /// boxes and everything else live on; [`Machine::finish`] ends the program.
    pub fn run(&mut self, top: FuncId) -> Exit {
        self.call(top, &[])
    }

    /// The same with arguments, which the call owns.
    pub fn call(&mut self, func: FuncId, args: &[Value]) -> Exit {
        self.begin_run();
        match self.enter(link::func_id(func), args, Ref::NONE, Role::Root) {
            Ok(()) => self.drive(),
            Err(trap) => self.root_trapped(trap),
        }
        self.end_run()
    }

    /// The text of a value (borrowed) as `print` shows it.
    pub fn call_text(&mut self, value: Value) -> Result<String, Exit> {
        self.begin_run();
        self.lent = Some(value);
        let flow = match nyrt::ops::text::text_of(&mut self.rt, value) {
            Ok(text) => self.end_task(Ok(text)),
            Err(Trap::Call) => self.enter_callout(Role::Root),
            Err(trap) => self.trapped(trap),
        };
        if flow == Flow::Go {
            self.drive();
        }
        self.lent = None;
        match self.end_run() {
            Exit::Value(v) => {
                let text = self.plain_text(v);
                self.release(v);
                Ok(text)
            }
            other => Err(other),
        }
    }

    /// Gives back a count, for instance that of [`Exit::Value`]. A `fini` that becomes due runs.
    pub fn release(&mut self, v: Value) {
        self.begin_run();
        self.rt.heap.release(v);
        let flow = if self.drops_wait() {
            self.serve_drops(After::TaskEnd(Ok(Value::VOID)))
        } else {
            self.end_task(Ok(Value::VOID))
        };
        if flow == Flow::Go {
            self.drive();
        }
        self.end_run();
    }

    /// A task without activations whose stack begins with so many words.
    pub(crate) fn new_task(&self, first: usize) -> Task {
        Task::new(self.depth, first)
    }

    fn begin_run(&mut self) {
        self.entries.resize(self.linked.program.funcs.len(), None);
        self.begun.resize(self.linked.program.funcs.len(), false);
        self.depth = deepest(&self.rt, &self.linked, self.config);
        self.rt.tasks = Tasks::new();
        self.task = self.new_task(stack::ROOMY);
        self.parked.clear();
        self.failures = Failures::default();
        self.rt.heap.suspend_drops();
        self.exit = None;
        self.main_end = None;
        self.thrown_by_main = None;
        self.stopped_inside = false;
    }

    fn end_run(&mut self) -> Exit {
        self.charge();
        self.ticks = 0;
        self.granted = 0;
        if let Some(exit) = self.exit.take() {
            return exit;
        }
        self.halted = self.rt.stop.is_some();
        self.abandoned |= self.halted;
        let trace = match self.rt.stop {
            Some(Stop::Fuel | Stop::Timeout) => self.trace_of_step(),
            _ => Trace::default(),
        };
        let limit = |kind, name: &str, message: &str, trace| {
            Exit::Limit(kind, Uncaught { kind: Some(name.into()), message: message.into(), trace })
        };
        match self.rt.stop.take() {
            Some(Stop::Fuel) => limit(LimitKind::Fuel, "Fuel", "Out of fuel", trace),
            Some(Stop::Timeout) => limit(LimitKind::Timeout, "Timeout", "Time limit reached", trace),
            Some(Stop::Closed) => Exit::Closed,
            Some(Stop::Exit(status)) => Exit::Status(status),
            None => self.main_end.take().unwrap_or(Exit::Value(Value::VOID)),
        }
    }

    /// Where the current task is after a step that it had no right to, innermost first.
    fn trace_of_step(&self) -> Trace {
        let mut trace = Trace::default();
        let mut frames = self.task.frames.iter().rev();
        match frames.next().map(|newest| (newest, newest.code().body().op(newest))) {
            Some((newest, Op::Inlined { func })) if self.stopped_inside => {
                if let Some(func) = self.linked.program.funcs.get(func.index()) {
                    trace.note_inlined(func);
                }
                trace.note(newest);
            }
            Some((newest, _)) => trace.note_start(newest),
            None => {}
        }
        frames.for_each(|frame| trace.note(frame));
        trace
    }

    /// An error as text, without running code: user boxes show their default form.
    pub(crate) fn describe(&self, v: Value, trace: Trace) -> Uncaught {
        Uncaught {
            kind: self.rt.error_kind(v).map(String::from),
            message: match self.rt.error_message(v) {
                Some(message) => message.into(),
                None => self.plain_text(v),
            },
            trace,
        }
    }

    /// The text of a value as far as it needs no code.
    fn plain_text(&self, v: Value) -> String {
        match v.kind() {
            Kind::Str => self.rt.heap.str_text(v.as_ref()).into(),
            Kind::Obj if v.class() >= class_id::FIRST_USER => {
                format!("<{} instance #{}>", self.rt.type_name(v), v.as_ref().0)
            }
            Kind::Void => "void".into(),
            Kind::Null => "null".into(),
            Kind::Bool => (v == Value::TRUE).to_string(),
            Kind::I64 => v.as_int().unwrap_or(0).to_string(),
            Kind::F64 => nyrt::number::NumberText::float(v.as_float().unwrap_or(0.0)).as_str().into(),
            _ => format!("<{}>", self.rt.type_name(v)),
        }
    }

    /// How an error that nobody caught ends the run.
    pub(crate) fn uncaught_exit(problem: Uncaught) -> Exit {
        match problem.kind.as_deref() {
            Some("StackOverflow") => Exit::Limit(LimitKind::Depth, problem),
            Some("OutOfMemory") => Exit::Limit(LimitKind::Heap, problem),
            _ => Exit::Uncaught(problem),
        }
    }

    pub(crate) fn report(&mut self, notice: &Notice) {
        (self.reporter)(&mut self.rt, &self.linked, notice);
    }

    /// Ends the run: something is wrong with the program's code or with us.
    pub fn fault(&mut self, what: String) -> Flow {
        self.exit = Some(Exit::Fault(what));
        Flow::Stop
    }
}

/// A notice as one line on standard error.
fn plain_report(rt: &mut Rt, _: &Linked, notice: &Notice) {
    let (what, problem) = match notice {
        Notice::FiniFailed(problem) => ("error in fini", problem),
        Notice::Unawaited(problem) => ("error in a task that nobody awaited", problem),
    };
    let line = match &problem.kind {
        Some(kind) => format!("{what}: {kind}: {}\n", problem.message),
        None => format!("{what}: {}\n", problem.message),
    };
    // When standard error is gone there is nobody to tell.
    let _ = rt.host.write(nyrt::host::Stream::Err, line.as_bytes());
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.task.frames.clear();
        self.parked.clear();
        self.entries.clear();
        for code in self.codes.drain(..) {
            // SAFETY: `keep` made it, once; all entries and activations that pointed to it are gone.
            unsafe { code.free() };
        }
    }
}
