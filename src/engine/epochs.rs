//! A program that grows between its runs, in the tiers above the interpreter. Layouts cannot follow what is known of it,
//! because later inputs store other things, but code can: within a run the program is a closed one, made of all that has
//! run so far. It is analysed when a run has lasted as long as that takes and something of it is warm, and what was made of
//! it goes with the run. It does not know what inputs are.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use machine::{Machine, Promoter};
use mir::inst::FuncId;
use profiler::Stats;

use super::compile::{ClosedProgram, Promotion, ask_again, first_patience};
use crate::settings::Settings;

/// Steps of a run for every function of the program before it is analysed: in the interpreter they take about as long
/// as the analysis. So a long session of short inputs is not slower than without.
const STEPS: usize = 100;
/// Steps of one function until somebody looks whether those of the run suffice.
const ROUND: i32 = 200;

/// Promotes in one run after the other.
pub(super) struct Epochs {
    settings: Settings,
    /// The top-level functions that have run, and the one that runs.
    tops: RefCell<Vec<FuncId>>,
    /// The last promotion; it belongs to this run when that is so.
    last: RefCell<Option<Rc<Promotion>>>,
    is_current: Cell<bool>,
    is_eager: bool,
    /// Steps of warm functions in this run.
    waited: Cell<usize>,
    /// Of all runs.
    stats: Rc<RefCell<Stats>>,
    /// Time for the analysis, which is spent while the program runs.
    analysing: Cell<Duration>,
}

impl Epochs {
    /// Of a program of which nothing has run.
    pub(super) fn new(settings: &Settings) -> Epochs {
        let (tops, last, is_current, waited, stats, analysing) = Default::default();
        let is_eager = settings.vm_threshold().is_some_and(|calls| calls <= 1)
            || settings.stress.promote_every.is_some();
        Epochs { settings: settings.clone(), tops, last, is_current, is_eager, waited, stats, analysing }
    }

    /// The next thing that runs is this top-level function.
    pub(super) fn begin(self: &Rc<Epochs>, machine: &mut Machine, top: FuncId) {
        self.tops.borrow_mut().push(top);
        self.is_current.set(false);
        self.waited.set(0);
        machine.start_epoch(self.clone(), first_patience(&self.settings));
    }

    /// The last promotion that there was.
    pub(super) fn last(&self) -> Option<Rc<Promotion>> {
        self.last.borrow().clone()
    }

    /// What was done in all runs so far.
    pub(super) fn stats(&self) -> Stats {
        self.stats.borrow().clone()
    }

    /// How much of the time of the runs went into the analysis.
    pub(super) fn analysing(&self) -> Duration {
        self.analysing.get()
    }

    /// Whether the run has not lasted long enough to be worth an analysis, after a round more. Who wants to see everything
    /// in the VM does not wait.
    fn waits(&self, machine: &Machine) -> bool {
        if self.is_current.get() || self.is_eager {
            return false;
        }
        self.waited.set(self.waited.get().saturating_add(ROUND as usize));
        self.waited.get() < STEPS * machine.linked.program.funcs.len()
    }

    /// The promotion of this run.
    fn promotion(&self, machine: &mut Machine) -> Rc<Promotion> {
        let last = self.last();
        if self.is_current.replace(true)
            && let Some(current) = last
        {
            return current;
        }
        let start = Instant::now();
        let (program, entries) = (&machine.linked.program, self.tops.borrow().clone());
        let closed = ClosedProgram::of_epoch(program, entries, &self.settings, self.stats.clone());
        self.analysing.set(self.analysing.get() + start.elapsed());
        let before = last.as_ref().map(|last| &*last.vm);
        let current = Rc::new(Promotion::new(machine, closed, before, &self.settings));
        *self.last.borrow_mut() = Some(current.clone());
        current
    }
}

impl Promoter for Epochs {
    fn patience(&self, _: FuncId) -> i32 {
        first_patience(&self.settings)
    }

    fn warm(&self, machine: &mut Machine, func: FuncId, at_back_edge: bool) {
        match self.waits(machine) {
            true => ask_again(machine, func, at_back_edge, ROUND),
            false => self.promotion(machine).warm(machine, func, at_back_edge),
        }
    }
}
