//! How the main task ends with an error, and the end of the program: cycles, then globals and static boxes,
//! last made first.

use std::mem;

use nyrt::ops::text;
use nyrt::task;
use nyrt::trap::Trap;
use nyrt::value::Value;

use crate::drops::After;
use crate::frame::Role;
use crate::trace::Trace;
use crate::{Exit, Flow, Machine, Uncaught};

/// What the end of a program brought.
#[derive(Debug, Default)]
pub struct Ended {
    /// The first error of a finalizer. All of them were reported.
    pub error: Option<Uncaught>,
    /// What stopped the finalization: a limit, a closed stream, a fault.
    pub stopped: Option<Exit>,
    /// Objects that are still alive, by class: after a complete finalization there are none. Counted in
    /// audit mode only.
    pub leaked: Vec<(String, usize)>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Cycles,
    Variables,
    LastCycles,
    Done,
}

impl Machine {
    /// An exception has left the main task.
    pub(crate) fn main_failed(&mut self, error: Value, trace: Trace) -> Flow {
        if let Some((first, trace)) = self.thrown_by_main.take() {
            // Making the text of the first one failed.
            self.rt.heap.release(error);
            let problem = self.describe(first, trace);
            return self.main_described(first, problem);
        }
        if self.drops_wait() {
            return self.serve_drops(After::Throw(error, trace));
        }
        if self.rt.error_kind(error).is_none() {
            match text::text_of(&mut self.rt, error) {
                Ok(text) => {
                    let mut problem = self.describe(error, trace);
                    problem.message = self.plain_text(text);
                    self.rt.heap.release(text);
                    return self.main_described(error, problem);
                }
                Err(Trap::Call) => {
                    self.thrown_by_main = Some((error, trace));
                    return self.enter_callout(Role::Text);
                }
                Err(Trap::Throw) => {
                    let second = self.rt.take_thrown();
                    self.rt.heap.release(second);
                }
                Err(Trap::Suspend | Trap::Stop) => return Flow::Stop,
            }
        }
        let problem = self.describe(error, trace);
        self.main_described(error, problem)
    }

    /// The text of what the main task threw is made.
    pub(crate) fn text_made(&mut self, text: Value) -> Flow {
        let Some((error, trace)) = self.thrown_by_main.take() else { return Flow::Stop };
        let mut problem = self.describe(error, trace);
        problem.message = self.plain_text(text);
        self.rt.heap.release(text);
        self.main_described(error, problem)
    }

    fn main_described(&mut self, error: Value, problem: Uncaught) -> Flow {
        self.main_end = Some(Machine::uncaught_exit(problem));
        self.rt.heap.release(error);
        if self.drops_wait() {
            return self.serve_drops(After::TaskEnd(Ok(Value::VOID)));
        }
        self.end_task(Ok(Value::VOID))
    }

    /// A run could not even begin.
    pub(crate) fn root_trapped(&mut self, trap: Trap) {
        if self.trapped(trap) == Flow::Go {
            self.drive();
        }
    }

    /// Ends the program: unreachable cycles die, then globals and static boxes in reverse order of their making, then
    /// cycles that only they had kept alive. After a run that was stopped from outside nothing of this happens.
    pub fn finish(&mut self) -> Ended {
        if self.halted {
            return Ended::default();
        }
        self.begin_run();
        self.ended = Ended::default();
        if self.program_end() == Flow::Go {
            self.drive();
        }
        let mut ended = mem::take(&mut self.ended);
        match self.end_run() {
            Exit::Value(_) => {}
            Exit::Uncaught(problem) => drop(ended.error.get_or_insert(problem)),
            other => ended.stopped = Some(other),
        }
        if self.config.audit && !self.abandoned && ended.stopped.is_none() {
            let live = self.rt.heap.live_by_class();
            ended.leaked = live.into_iter().map(|(c, n)| (self.rt.class_name(c).into(), n)).collect();
        }
        ended
    }

    /// The next step of the end of the program.
    pub(crate) fn program_end(&mut self) -> Flow {
        loop {
            match self.ended.stage {
                Stage::Cycles => {
                    self.ended.stage = Stage::Variables;
                    self.rt.heap.collect();
                }
                Stage::Variables => match self.rt.take_last_root() {
                    Some(value) => self.rt.heap.release(value),
                    None => {
                        self.ended.stage = Stage::LastCycles;
                        self.rt.heap.collect();
                    }
                },
                // Finalizers of the last cycles may have made variables again.
                Stage::LastCycles if self.rt.made.is_empty() => {
                    self.ended.stage = Stage::Done;
                    return self.end_task(Ok(Value::VOID));
                }
                Stage::LastCycles => self.ended.stage = Stage::Variables,
                Stage::Done => return Flow::Stop,
            }
            if self.drops_wait() {
                return self.serve_drops(After::ProgramEnd);
            }
        }
    }

    /// A finalizer failed at the end of the program; the rest goes on.
    pub(crate) fn note_end_error(&mut self, error: Option<Value>, trace: Trace) {
        let Some(error) = error else { return };
        let problem = self.describe(error, trace);
        self.ended.error.get_or_insert(problem);
        self.rt.heap.release(error);
    }

    /// Errors of tasks that nobody awaited.
    pub(crate) fn note_unawaited(&mut self) {
        for error in task::unawaited(&mut self.rt) {
            let trace = self.failures.take(error);
            let problem = self.describe(error, trace);
            self.report(&crate::Notice::Unawaited(problem));
            self.rt.heap.release(error);
        }
    }
}
