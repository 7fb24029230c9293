//! Programs in several tiers: what the analysis found goes into layouts and into typed functions, and warm functions
//! move from the interpreter to the VM. It decides nothing (`profiler` does) and translates nothing (`lower` does); it
//! hands things on.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use infer::{Facts, World};
use lower::{Bodies, Context, Known, Layouts, Names, Place, SignatureTable};
use machine::{Body, Flow, Machine, NotReady, Promoter, Tier, TierId};
use mir::expected::{of_call, of_round};
use mir::func::{Func, Rep};
use mir::inst::{Block, ClassIx, FuncId, Val};
use mir::program::Program;
use mir::types::{Signature, Signatures, Slot};
use nyrt::heap::SlotType;
use profiler::{Decision, Declined, Phase, Stats, Step, Thresholds, Warmth, Work, decide};
use syntax::intern::Symbol;
use syntax::span::SourceMap;
use vm::Vm;

use crate::settings::{Settings, StatsForm};

/// A program and what is known of it before it runs.
#[derive(Clone)]
pub(super) struct Analysed {
    program: Program,
    found: Found,
}

/// What is known of a program.
#[derive(Clone)]
struct Found {
    facts: Rc<Facts>,
    signatures: Rc<SignatureTable>,
    /// How long that took, when somebody will look at it.
    took: Option<Duration>,
}

impl Found {
    fn new(program: &Program, facts: Facts, start: Option<Instant>) -> Found {
        let signatures = Rc::new(SignatureTable::new(program, &facts));
        Found { facts: Rc::new(facts), signatures, took: start.map(|s| s.elapsed()) }
    }
}

impl Analysed {
    /// Analyses a program that starts with this function. Boxes that hold things and functions that make them are copied
    /// for what they are used for, unless the settings say otherwise.
    pub(super) fn new(mut program: Program, top: FuncId, settings: &Settings) -> Analysed {
        let start = is_measured(settings).then(Instant::now);
        let world = World { entries: vec![top] };
        let facts = if settings.specialize {
            infer::specialize(&mut program, &world)
        } else {
            infer::analyse(&program, &world)
        };
        let found = Found::new(&program, facts, start);
        Analysed { program, found }
    }

    /// What is known of it in words, or of the functions of one name.
    pub(super) fn facts_text(&self, sources: &SourceMap, function: Option<&str>) -> String {
        infer::print(&self.found.facts, &self.program, sources, function)
    }
}

/// Whether anybody will look at the statistics: clocks are read only then.
pub(super) fn is_measured(settings: &Settings) -> bool {
    settings.stats != StatsForm::Off
}

/// A program about which everything is known.
pub(super) struct ClosedProgram {
    facts: Rc<Facts>,
    signatures: Rc<SignatureTable>,
    known: Known,
    /// Of one run: what lowering knows of layouts depends on which boxes are declared by then.
    bodies: Bodies,
    names: Names,
    /// Of all epochs of a program together.
    stats: Rc<RefCell<Stats>>,
    /// [`is_measured`]
    measured: bool,
    /// [`Context::early_drop`]
    early_drop: bool,
}

impl ClosedProgram {
    /// The program for a runtime, and what is known of it for the tiers.
    pub(super) fn new(analysed: Analysed, settings: &Settings) -> (Program, ClosedProgram) {
        let Analysed { program, found } = analysed;
        let closed = ClosedProgram::with(&program, found, settings, Rc::default());
        (program, closed)
    }

    /// A program that has grown, until it grows again: so far it has run what these functions reach. Copies would have to
    /// stand for objects that are there already, so there are none.
    pub(super) fn of_epoch(
        program: &Program,
        entries: Vec<FuncId>,
        settings: &Settings,
        stats: Rc<RefCell<Stats>>,
    ) -> ClosedProgram {
        let start = is_measured(settings).then(Instant::now);
        let found = Found::new(program, infer::analyse(program, &World { entries }), start);
        ClosedProgram::with(program, found, settings, stats)
    }

    fn with(
        program: &Program,
        found: Found,
        settings: &Settings,
        stats: Rc<RefCell<Stats>>,
    ) -> ClosedProgram {
        let Found { facts, signatures, took } = found;
        let find = |text| program.names.find(text);
        let closed = ClosedProgram {
            signatures,
            facts,
            known: Known::default(),
            bodies: Bodies::default(),
            names: Names { get: find("get"), set: find("set"), fini: find("fini") },
            stats,
            measured: is_measured(settings),
            early_drop: !settings.stress.no_early_drop,
        };
        if let Some(took) = took {
            closed.took(Phase::Analyse, took);
        }
        closed
    }

    /// How a class's own field lies in its instances.
    pub(super) fn slot(&self, program: &Program, class: ClassIx, field: usize) -> SlotType {
        match self.facts.layout(program, class, field) {
            infer::Slot::Bool => SlotType::Bool,
            infer::Slot::I64 => SlotType::I64,
            infer::Slot::F64 => SlotType::F64,
            infer::Slot::Ref => SlotType::Ref,
            infer::Slot::RefOrVoid => SlotType::RefOrVoid,
            infer::Slot::Any => SlotType::Any,
        }
    }

    /// [`Facts::widest_recursive`]
    pub(super) fn widest_recursive(&self) -> u32 {
        self.facts.widest_recursive()
    }

    /// What was done so far.
    pub(super) fn stats(&self) -> Stats {
        self.stats.borrow().clone()
    }

    fn spent(&self, phase: Phase, start: Option<Instant>) {
        if let Some(start) = start {
            self.took(phase, start.elapsed());
        }
    }

    fn took(&self, phase: Phase, time: Duration) {
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.stats.borrow_mut().spent(phase, ns);
    }

    fn now(&self) -> Option<Instant> {
        self.measured.then(Instant::now)
    }

    /// A function in typed form.
    pub(super) fn lower(&self, machine: &Machine, func: FuncId) -> Result<lower::Lowered, Declined> {
        let start = self.now();
        let layouts = Linked { machine };
        let context = Context {
            program: &machine.linked.program,
            facts: &self.facts,
            signatures: &self.signatures,
            layouts: &layouts,
            known: &self.known,
            names: self.names,
            bodies: &self.bodies,
            early_drop: self.early_drop,
        };
        let lowered = lower::lower(context, func);
        self.spent(Phase::Lower, start);
        lowered
    }
}

impl Signatures for ClosedProgram {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.signatures.signature(func)
    }
    fn takes(&self, func: FuncId) -> u32 {
        self.bodies.takes(func)
    }
}

impl vm::Source for ClosedProgram {
    fn typed(&self, machine: &Machine, func: FuncId) -> Result<Func, Declined> {
        self.lower(machine, func).map(|lowered| lowered.func)
    }
}

/// The layouts of a linked program.
struct Linked<'a> {
    machine: &'a Machine,
}

impl Layouts for Linked<'_> {
    fn place(&self, class: ClassIx, field: Symbol) -> Option<Place> {
        let (rt, linked) = (&self.machine.rt, &self.machine.linked);
        let name = rt.names.find(linked.program.names.text(field))?;
        let layout = rt.heap.layouts.get(linked.class_or_none(class)?);
        let field = layout.field(name)?;
        let (rep, void) = match field.slot {
            SlotType::Bool => (Rep::Bool, false),
            SlotType::I64 => (Rep::I64, false),
            SlotType::F64 => (Rep::F64, false),
            SlotType::Ref => (Rep::Ref, false),
            SlotType::RefOrVoid => (Rep::Ref, true),
            SlotType::Any => (Rep::Any, false),
            // Fields of builtin boxes only.
            SlotType::I32 | SlotType::Str => return None,
        };
        Some(Place { offset: field.offset, slot: Slot { rep, void }, weak: field.weak })
    }

    fn visible(&self, class: ClassIx, field: Symbol, from: ClassIx) -> bool {
        let (rt, linked) = (&self.machine.rt, &self.machine.linked);
        let name = rt.names.find(linked.program.names.text(field));
        match (linked.class_or_none(class), name) {
            (Some(class), Some(name)) => rt.classes.field_visible(class, name, linked.class_or_none(from)),
            _ => false,
        }
    }
}

/// The VM with a clock: what runs in it between two changes of the tier is its time.
struct Timed {
    vm: Rc<Vm>,
    closed: Rc<ClosedProgram>,
}

impl Tier for Timed {
    fn id(&self) -> TierId {
        self.vm.id()
    }
    fn prepare(&self, machine: &mut Machine, func: FuncId) -> Result<Box<dyn Body>, NotReady> {
        self.vm.prepare(machine, func)
    }
    fn run(&self, machine: &mut Machine) -> Flow {
        let (start, before) = (Instant::now(), self.closed.stats.borrow().making_ns());
        let flow = self.vm.run(machine);
        let ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut stats = self.closed.stats.borrow_mut();
        // What it calls for the first time is made ready meanwhile.
        let making = stats.making_ns() - before;
        stats.ran(profiler::Tier::Vm, ns.saturating_sub(making));
        flow
    }
}

/// Moves warm functions to the VM.
pub(super) struct Promotion {
    pub(super) closed: Rc<ClosedProgram>,
    pub(super) vm: Rc<Vm>,
    thresholds: Thresholds,
    first_patience: i32,
    /// What warm functions have executed, and which of them stay in the interpreter.
    work: RefCell<Work>,
    declined: RefCell<HashSet<FuncId>>,
    /// What was left of the patience of functions that are asked before it has ended.
    asked_early: RefCell<HashMap<FuncId, i32>>,
    /// What functions do, by the block with which the loop begins, if they are warm by a loop.
    steps: RefCell<HashMap<(FuncId, Option<Block>), Step>>,
    /// Promoted functions, for activations that are still in a loop of tier 0.
    loops: RefCell<HashMap<FuncId, Rc<Promoted>>>,
    /// `promote-every=N`, and how many calls and loop rounds of tier 0 there were.
    every: Option<u64>,
    asked: Cell<u64>,
}

/// Where a function in the VM has the places of its generic form.
struct Promoted {
    blocks: Vec<Block>,
    values: Vec<Val>,
}

/// Functions with fewer instructions count as if each call executed all of them.
const SMALL: usize = 60;

fn thresholds(settings: &Settings) -> Thresholds {
    Thresholds { vm: settings.vm_threshold() }
}

/// The steps that a function has before anybody decides about it.
pub(super) fn first_patience(settings: &Settings) -> i32 {
    match settings.stress.promote_every {
        Some(_) => 0,
        None => profiler::first_patience(thresholds(settings)),
    }
}

impl Promotion {
    /// Adds a VM for a program to the machine that runs it. Its instructions are counted together with those of `before`.
    pub(super) fn new(
        machine: &mut Machine,
        closed: ClosedProgram,
        before: Option<&Vm>,
        settings: &Settings,
    ) -> Promotion {
        let closed = Rc::new(closed);
        let vm = match before {
            Some(before) => before.with_source(closed.clone()),
            None => Vm::new(closed.clone()),
        };
        let vm = Rc::new(vm);
        if is_measured(settings) {
            vm.count();
            machine.add_tier(Rc::new(Timed { vm: vm.clone(), closed: closed.clone() }));
        } else {
            machine.add_tier(vm.clone());
        }
        let (work, declined, asked_early, steps, loops, asked) = Default::default();
        Promotion {
            closed,
            vm,
            thresholds: thresholds(settings),
            first_patience: first_patience(settings),
            work,
            declined,
            asked_early,
            steps,
            loops,
            every: settings.stress.promote_every,
            asked,
        }
    }

    /// Makes a function's code for the VM, which its calls run from now on.
    fn promote(&self, machine: &mut Machine, func: FuncId, in_loop: bool) -> bool {
        let lowered = match self.closed.lower(machine, func) {
            Ok(lowered) => lowered,
            Err(why) => {
                self.closed.stats.borrow_mut().declined(why);
                return false;
            }
        };
        let lower::Lowered { func: typed, blocks, values } = lowered;
        let start = self.closed.now();
        let made = self.vm.prepare_typed(machine, func, typed);
        self.closed.spent(Phase::Encode, start);
        let why = match made {
            Ok(body) => {
                let code = machine.keep(body);
                machine.set_entry(func, code);
                self.loops.borrow_mut().insert(func, Rc::new(Promoted { blocks, values }));
                let mut stats = self.closed.stats.borrow_mut();
                stats.promoted(in_loop);
                return true;
            }
            Err(NotReady::Declined(why)) => why,
            Err(NotReady::Malformed(fault)) => {
                // The interpreter goes on with it; whoever works on nyash has to see it.
                if cfg!(debug_assertions) {
                    machine.fault(format!("malformed typed code: {fault:?}"));
                }
                Declined::Malformed
            }
            Err(NotReady::Trap(_)) => {
                let thrown = machine.rt.take_thrown();
                machine.rt.heap.release(thrown);
                Declined::NoMemory
            }
        };
        self.closed.stats.borrow_mut().declined(why);
        false
    }
}

impl Promoter for Promotion {
    fn patience(&self, _: FuncId) -> i32 {
        self.first_patience
    }

    fn warm(&self, machine: &mut Machine, func: FuncId, at_back_edge: bool) {
        match self.every {
            Some(every) => {
                self.asked.set(self.asked.get() + 1);
                if !self.asked.get().is_multiple_of(every) {
                    return ask_again(machine, func, at_back_edge, 0);
                }
                let thresholds = Thresholds { vm: Some(0) };
                self.decide(machine, func, at_back_edge, thresholds);
            }
            None => self.decide(machine, func, at_back_edge, self.thresholds),
        }
        // The function may have been promoted by another activation.
        let promoted = self.loops.borrow().get(&func).cloned();
        if let (true, Some(p), Some(code)) = (at_back_edge, promoted, machine.entry(func))
            && !vm::enter_loop(machine, code, &p.blocks, &p.values)
        {
            self.closed.stats.borrow_mut().declined(Declined::NoLoopEntry);
        }
    }
}

/// The promoter is asked again after so many steps of the function.
pub(super) fn ask_again(machine: &Machine, func: FuncId, at_back_edge: bool, steps: i32) {
    if let Some(code) = machine.entry(func) {
        code.set_patience(steps);
    }
    if at_back_edge && let Some(frame) = machine.task.frames.last() {
        frame.code().set_patience(steps);
    }
}

impl Promotion {
    /// What becomes of a function that is warm.
    fn decide(&self, machine: &mut Machine, func: FuncId, at_back_edge: bool, thresholds: Thresholds) {
        if self.loops.borrow().contains_key(&func) {
            return;
        }
        let step = self.step(machine, func, at_back_edge);
        let left = self.asked_early.borrow_mut().remove(&func).unwrap_or(0);
        let warmth = Warmth {
            size: machine.linked.program.func(func).insts.len() as u32,
            work: self.work.borrow_mut().add(thresholds, func.index(), step, left),
            declined: self.declined.borrow().contains(&func),
            steps: machine.steps(),
        };
        match decide(thresholds, warmth) {
            Decision::Never => {}
            Decision::Later(patience) => {
                if let Some(code) = machine.entry(func) {
                    code.set_patience(patience);
                }
            }
            Decision::Promote => {
                if !self.promote(machine, func, at_back_edge) {
                    self.declined.borrow_mut().insert(func);
                } else if let (false, Some(caller)) = (at_back_edge, machine.task.frames.last()) {
                    // A call from one tier into the other takes as long as a few rounds of a short loop, so whoever
                    // calls again and again is to move as soon as it is worth it, too.
                    let code = caller.code();
                    let left = code.patience();
                    *self.asked_early.borrow_mut().entry(code.func).or_default() += left;
                    code.set_patience(0);
                }
            }
        }
    }

    /// What a function does: it is called, or the loop goes round in which its newest activation is.
    fn step(&self, machine: &Machine, func: FuncId, at_back_edge: bool) -> Step {
        let code = machine.linked.program.func(func);
        // It would take longer to count than there is to gain.
        if code.insts.len() < SMALL && !at_back_edge {
            return Step::Call { instructions: code.insts.len() as u64 };
        }
        let frame = machine.task.frames.last().filter(|_| at_back_edge);
        let at = frame.and_then(|frame| frame.code().body().position(frame));
        let block = at.and_then(|at| code.block_ids().find(|b| code.blocks[b.index()].start as usize == at));
        if at_back_edge && block.is_none() {
            return Step::Round { instructions: of_call(code), calls_values: false };
        }
        let count = || match block {
            None => Step::Call { instructions: of_call(code) },
            Some(block) => {
                let round = of_round(code, block);
                Step::Round { instructions: round.instructions, calls_values: round.calls_values }
            }
        };
        *self.steps.borrow_mut().entry((func, block)).or_insert_with(count)
    }
}
