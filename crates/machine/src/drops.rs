//! Deaths that need user code: the heap's drop machine says which `fini` body is due, this file runs it as an
//! activation and lets the interrupted instruction go on afterwards. It does not decide what dies.

use mir::inst::Op;
use nyrt::heap::DropStep;
use nyrt::value::{Ref, Value};

use crate::frame::Role;
use crate::trace::Trace;
use crate::{Flow, Machine};

/// What was interrupted by deaths and goes on after them.
pub enum After {
    /// The instruction of the newest activation is done but for the deaths it caused.
    Next,
    /// An exception on its way.
    Throw(Value, Trace),
    /// A `fini` body has returned and its result died.
    Fini,
    /// The instruction of the newest activation, which has not begun.
    Again,
    /// What stands behind the instruction of the newest activation, which is done and did not cause the deaths.
    Behind,
    /// The current task has ended with this result or error.
    TaskEnd(Result<Value, Value>),
    /// The current task has ended and another one is due.
    Switch,
    /// The program ends; another step of it is due.
    ProgramEnd,
}

/// One run of the drop machine above a depth of its stack. Runs nest: a body that runs may cause deaths.
pub(crate) struct DropRun {
    /// Depth of the drop stack below the run.
    base: usize,
    /// Number of activations when it began.
    pub(crate) depth: usize,
    pub(crate) after: After,
    /// The object whose `fini` the program called: its error is not an accident to be reported.
    explicit: Ref,
    /// Trace of the first error of a body.
    trace: Option<Trace>,
}

impl DropRun {
    /// Values that the run holds.
    pub(crate) fn roots(&self) -> impl Iterator<Item = Value> + use<> {
        match self.after {
            After::Throw(v, _) | After::TaskEnd(Ok(v) | Err(v)) => Some(v),
            _ => None,
        }
        .into_iter()
    }
}

impl Machine {
    /// Whether something died whose death is not complete.
    #[inline(always)]
    pub fn drops_wait(&self) -> bool {
        self.rt.heap.drop_depth() != self.task.drop_base
    }

    /// Completes the deaths above the current base, then goes on with `after`.
    #[cold]
    pub fn serve_drops(&mut self, after: After) -> Flow {
        let explicit = match (&after, self.task.frames.last()) {
            (After::Next, Some(frame)) => match frame.code().body().op(frame) {
                Op::CallMethod { object, name, .. } if Some(name) == self.linked.fini => {
                    let receiver = frame.code().body().get(&self.rt, frame, object);
                    if receiver.is_ref() { receiver.as_ref() } else { Ref::NONE }
                }
                _ => Ref::NONE,
            },
            _ => Ref::NONE,
        };
        let (base, depth) = (self.task.drop_base, self.task.frames.len());
        self.task.runs.push(DropRun { base, depth, after, explicit, trace: None });
        self.go_on_dropping()
    }

    fn go_on_dropping(&mut self) -> Flow {
        let base = self.task.drop_base;
        loop {
            match self.rt.heap.drop_step(base) {
                DropStep::Done => return self.drops_done(None),
                DropStep::Failed(error) => return self.drops_done(Some(error)),
                DropStep::RunFini { func, object } => {
                    match self.enter(func, &[object], Ref::NONE, Role::Fini) {
                        Ok(()) => {
                            self.task.drop_base = self.rt.heap.drop_depth();
                            return Flow::Go;
                        }
                        Err(_) => {
                            let error = self.rt.take_thrown();
                            self.note_failed_fini(object, error, Trace::default());
                            self.rt.heap.fini_returned(base, Err(error));
                        }
                    }
                }
            }
        }
    }

    /// A `fini` body has ended. Its activation is gone, its result is dropped.
    pub(crate) fn fini_ended(&mut self, result: Result<(), Value>) -> Flow {
        let Some(run) = self.task.runs.last() else { return Flow::Go };
        self.task.drop_base = run.base;
        self.rt.heap.fini_returned(run.base, result);
        self.go_on_dropping()
    }

    /// An exception has left a `fini` body.
    pub(crate) fn fini_failed(&mut self, object: Value, error: Value, trace: Trace) -> Flow {
        self.note_failed_fini(object, error, trace);
        self.fini_ended(Err(error))
    }

    fn note_failed_fini(&mut self, object: Value, error: Value, trace: Trace) {
        let Some(run) = self.task.runs.last() else { return };
        if !object.is_ref() || run.explicit != object.as_ref() {
            let problem = self.describe(error, trace.clone());
            self.report(&crate::Notice::FiniFailed(problem));
        }
        if let Some(run) = self.task.runs.last_mut() {
            run.trace.get_or_insert(trace);
        }
    }

    fn drops_done(&mut self, error: Option<Value>) -> Flow {
        let Some(run) = self.task.runs.pop() else { return Flow::Go };
        let trace = run.trace.unwrap_or_default();
        match run.after {
            After::Next => match error {
                None => {
                    self.advance();
                    Flow::Go
                }
                Some(error) if self.reports_only() => {
                    self.rt.heap.release(error);
                    self.done()
                }
                Some(error) => self.throw_after_all(error, trace),
            },
            After::Throw(value, trace) => {
                self.release_all(error);
                self.go_on_throwing(value, trace)
            }
            After::Fini => match error {
                None => self.fini_ended(Ok(())),
                Some(error) => self.fini_ended(Err(error)),
            },
            After::Again => {
                self.release_all(error);
                if self.drops_wait() { self.serve_drops(After::Again) } else { Flow::Go }
            }
            After::Behind => {
                self.release_all(error);
                if self.drops_wait() {
                    return self.serve_drops(After::Behind);
                }
                self.advance();
                Flow::Go
            }
            After::TaskEnd(result) => {
                self.release_all(error);
                if self.drops_wait() {
                    self.serve_drops(After::TaskEnd(result))
                } else {
                    self.end_task(result)
                }
            }
            After::Switch => {
                self.release_all(error);
                self.after_task_end()
            }
            After::ProgramEnd => {
                self.note_end_error(error, trace);
                self.program_end()
            }
        }
    }

    fn release_all(&mut self, error: Option<Value>) {
        if let Some(error) = error {
            self.rt.heap.release(error);
        }
    }

    /// Whether the current instruction leaves errors of finalizers at the report.
    fn reports_only(&self) -> bool {
        self.task.frames.last().is_some_and(|f| {
            matches!(f.code().body().op(f), Op::ReleaseUnwinding { .. } | Op::Discard { .. })
        })
    }

    /// The instruction was done, but a death that it caused failed. What it took is gone
    /// (`Op::consumes_when_throwing`); an instruction that throws gives nothing, so what it gave goes.
    fn throw_after_all(&mut self, error: Value, trace: Trace) -> Flow {
        if let Some(frame) = self.task.frames.last_mut() {
            let given = frame.code().body().take_given(&self.rt, frame);
            self.rt.heap.release(given);
        }
        self.go_on_throwing(error, trace)
    }

    /// Throws once what still dies is dead.
    pub fn go_on_throwing(&mut self, value: Value, trace: Trace) -> Flow {
        if self.drops_wait() {
            self.serve_drops(After::Throw(value, trace))
        } else {
            self.unwind(value, trace)
        }
    }

    /// The current instruction is done but for the deaths that it caused.
    pub fn done(&mut self) -> Flow {
        if self.drops_wait() {
            return self.serve_drops(After::Next);
        }
        self.advance();
        Flow::Go
    }

    pub(crate) fn advance(&mut self) {
        if let Some(frame) = self.task.frames.last_mut() {
            frame.code().body().advance(frame);
        }
    }
}
