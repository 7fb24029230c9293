//! Tasks: their starts, switches and ends, by the protocol of `nyrt::task`, which chooses who runs. It also
//! looks at the limits.

use std::mem;

use nyrt::error::ErrorKind;
use nyrt::rt::Stop;
use nyrt::task::{self, Next, TaskId};
use nyrt::trap::{Outcome, Trap};
use nyrt::value::{Kind, Value};

use crate::drops::After;
use crate::frame::Role;
use crate::stack;
use crate::trace::Trace;
use crate::{Exit, Flow, Machine, QUANTUM};

/// What a task takes beside the heap while it waits, about: its first registers, its activations, its entry in
/// tables. It counts towards `--max-heap`, else tasks would be a way around it.
const TASK_BYTES: u64 = 2048;

impl Machine {
    /// Starts a task that calls a function value without arguments; gives its Future.
    pub(crate) fn spawn(&mut self, callee: Value) -> Outcome {
        debug_assert_eq!(callee.kind(), Kind::Func);
        let closure = callee.as_ref();
        let func = self.rt.heap.func_id(closure);
        let stats = self.rt.heap.stats();
        if stats.bytes + TASK_BYTES * (self.parked.len() as u64 + 1) > stats.max_bytes {
            return Err(self.rt.raise(ErrorKind::OutOfMemory, "Out of memory"));
        }
        let next = self.new_task(stack::SMALL);
        let starter = mem::replace(&mut self.task, next);
        let entered = self.enter(func, &[], closure, Role::Root);
        let mut started = mem::replace(&mut self.task, starter);
        entered?;
        // Its call is a step of the task. Here nobody would look whether it was allowed, or each tier somewhere else.
        self.ticks += 1;
        started.is_new = true;
        let (id, future) = task::spawn(&mut self.rt)?;
        self.rt.heap.retain_ref(closure);
        self.parked.insert(id, started);
        Ok(future)
    }

    /// The current task gives way at its current instruction.
    pub(crate) fn suspend(&mut self) -> Flow {
        task::suspend(&mut self.rt);
        let id = self.rt.tasks.current();
        self.task.drops = self.rt.heap.suspend_drops();
        let next = self.new_task(stack::SMALL);
        let task = mem::replace(&mut self.task, next);
        self.parked.insert(id, task);
        self.switch()
    }

    /// Makes the next ready task the current one; the last one is parked or has ended.
    fn switch(&mut self) -> Flow {
        let deadline = self.rt.limits.deadline_ns;
        let next = task::next(&mut self.rt, deadline);
        if next == Next::Finished || next == Next::Deadlock && self.rt.tasks.main_ended() {
            self.note_unawaited();
            // What nobody took may have been the last to hold a box with a finalizer, which may do what other tasks wait for.
            if self.drops_wait() {
                return self.serve_drops(After::Switch);
            }
        }
        match next {
            Next::Run(id) => self.resume(id),
            Next::Finished => {
                self.exit = self.main_end.take();
                Flow::Stop
            }
            Next::Deadline => {
                self.rt.stop = Some(Stop::Timeout);
                Flow::Stop
            }
            Next::Deadlock => self.deadlock(),
        }
    }

    /// All tasks that are left wait for each other.
    fn deadlock(&mut self) -> Flow {
        match task::break_deadlock(&mut self.rt) {
            Ok(main) => match self.resume(main) {
                Flow::Go => self.trapped(Trap::Throw),
                Flow::Stop => Flow::Stop,
            },
            Err(_) => {
                // Nobody is left who could take the error. An earlier one of the main task goes first.
                let error = self.rt.take_thrown();
                let problem = self.describe(error, Trace::default());
                self.rt.heap.release(error);
                self.abandoned = true;
                self.exit = Some(match self.main_end.take() {
                    Some(end) if !matches!(end, Exit::Value(_)) => end,
                    _ => Exit::Uncaught(problem),
                });
                Flow::Stop
            }
        }
    }

    fn resume(&mut self, id: TaskId) -> Flow {
        let Some(mut task) = self.parked.remove(&id) else {
            return self.fault(format!("{id:?} is not there"));
        };
        let none = self.rt.heap.resume_drops(mem::take(&mut task.drops));
        debug_assert!(none.is_empty(), "the last task left deaths behind");
        if mem::take(&mut task.is_new) {
            self.ticks -= 1;
        }
        self.task = task;
        Flow::Go
    }

    /// The current task has no activation any more and ends with an owned value or error.
    pub(crate) fn end_task(&mut self, result: Result<Value, Value>) -> Flow {
        if !self.task.outbox.is_empty() {
            // What is released last dies first.
            for (_, v) in mem::take(&mut self.task.outbox) {
                self.rt.heap.release(v);
            }
            if self.drops_wait() {
                return self.serve_drops(After::TaskEnd(result));
            }
        }
        let id = self.rt.tasks.current();
        if id == TaskId::MAIN {
            if let Ok(value) = result {
                self.main_end.get_or_insert(Exit::Value(value));
            }
            task::finish(&mut self.rt, Ok(Value::VOID));
        } else {
            task::finish(&mut self.rt, result);
        }
        // The scheduler's count of the future may have been the last one.
        self.after_task_end()
    }

    /// The deaths that the end of a task caused are complete.
    pub(crate) fn after_task_end(&mut self) -> Flow {
        if self.drops_wait() { self.serve_drops(After::Switch) } else { self.switch() }
    }

    /// An exception has left the first activation of the current task.
    pub(crate) fn task_failed(&mut self, error: Value, trace: Trace) -> Flow {
        let id = self.rt.tasks.current();
        if id != TaskId::MAIN {
            self.failures.keep(error, trace);
            return if self.drops_wait() {
                self.serve_drops(After::TaskEnd(Err(error)))
            } else {
                self.end_task(Err(error))
            };
        }
        self.main_failed(error, trace)
    }

    /// Counts a step: a call or the end of a loop's round. When it gives true, the loop has to leave for [`Machine::look`].
    #[inline(always)]
    pub fn tick(&mut self) -> bool {
        self.ticks -= 1;
        self.ticks <= 0 || self.rt.heap.collect_due()
    }

    /// What the loop of a tier begins with whenever an activation begins or goes on: a safepoint if one is due.
    #[inline(always)]
    pub fn look(&mut self) -> Flow {
        if self.ticks <= 0 || self.rt.heap.collect_due() { self.safepoint() } else { Flow::Go }
    }

    /// Steps so far: calls and ends of loops' rounds, of all tasks and in every tier.
    pub fn steps(&self) -> u64 {
        self.steps + (self.granted - self.ticks) as u64
    }

    /// Takes the steps since the last look off the fuel.
    pub(crate) fn charge(&mut self) {
        let used = (self.granted - self.ticks) as u64;
        self.steps += used;
        let fuel = &mut self.rt.limits.fuel;
        if *fuel != u64::MAX {
            *fuel = fuel.saturating_sub(used);
        }
    }

    /// Between two instructions, at calls and ends of loops: limits, garbage, audit.
    #[cold]
    pub fn safepoint(&mut self) -> Flow {
        if self.ticks <= 0 && self.steps_used() == Flow::Stop {
            return Flow::Stop;
        }
        if self.rt.heap.collect_due() {
            self.rt.heap.collect();
            if self.drops_wait() {
                return self.serve_drops(After::Again);
            }
        }
        Flow::Go
    }

    /// The same in the middle of the newest activation's instruction, which has counted a step and does nothing else:
    /// the activation goes on behind it.
    #[cold]
    pub fn safepoint_of_step(&mut self) -> Flow {
        if self.ticks <= 0 && self.steps_used() == Flow::Stop {
            self.stopped_inside = true;
            return Flow::Stop;
        }
        if self.rt.heap.collect_due() {
            self.rt.heap.collect();
            if self.drops_wait() {
                return self.serve_drops(After::Behind);
            }
        }
        self.advance();
        Flow::Go
    }

    /// The steps that were granted are used up: looks at the limits and grants more.
    fn steps_used(&mut self) -> Flow {
        self.charge();
        let limits = &self.rt.limits;
        if limits.fuel == 0 {
            self.rt.stop = Some(Stop::Fuel);
            return Flow::Stop;
        }
        if limits.deadline_ns != u64::MAX && self.rt.host.monotonic_ns() >= limits.deadline_ns {
            self.rt.stop = Some(Stop::Timeout);
            return Flow::Stop;
        }
        self.granted = self.rt.limits.fuel.min(QUANTUM as u64) as i64;
        if self.config.audit {
            match self.audit() {
                Ok(steps) => self.granted = self.granted.min(steps),
                Err(flow) => return flow,
            }
        }
        self.ticks = self.granted;
        Flow::Go
    }
}
