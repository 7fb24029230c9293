//! Tasks: who runs next, who waits for what. It holds no frames and runs nothing; a tier does.
//!
//! # Protocol for tiers
//!
//! Task 0 is the main task and current from the start. A tier keeps one stack of frames per [`TaskId`].
//!
//! - *Start*: `nowait` calls [`spawn`], which gives the task's id and its Future and puts the task at the end of
//!   the ready queue; the current task goes on.
//! - *Suspend*: an operation that must wait sets [`Tasks::awaiting`] and answers [`Trap::Suspend`] without having
//!   changed anything. The tier saves the frame **at** that instruction (and the task's drop work,
//!   [`crate::heap::Heap::suspend_drops`]) and calls [`suspend`].
//! - *Resume*: when the task becomes current again the tier **does the same operation again**, with the same
//!   operands. It then gives its result (the future is settled, the time has passed), or suspends once more.
//! - *Switch*: after a suspension or the end of a task, [`next`] says who is current now. It sleeps through the
//!   host when nobody is ready but somebody waits for a time.
//! - *End*: [`finish`] takes the result of the current task or what it threw. The program ends when [`next`] says
//!   [`Next::Finished`]; then [`unawaited`] gives the errors to be noted on standard error.
//! - *Deadlock*: [`Next::Deadlock`] means that every task waits for a task. The tier calls [`break_deadlock`]; it
//!   makes the main task current with an exception in flight at its suspended instruction. If the main task has
//!   ended before, the error has no task to go to and ends the program.
//!
//! # Order
//!
//! Ready tasks run first in, first out. Sleepers wake in the order of a virtual clock that stands still while
//! code runs and jumps to the due time of whoever wakes next (ties in the order of going to sleep), so a faster
//! or slower tier cannot change the order. Nobody wakes before the real time has passed either. Sleepers are
//! looked at when nobody is ready, or after [`PATIENCE`] switches so that busy tasks cannot starve them.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::boxes::access::made;
use crate::error::ErrorKind;
use crate::heap::func::FutureState;
use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Ref, Value};

/// Number of switches between ready tasks after which a sleeper that is due is woken all the same.
const PATIENCE: u32 = 256;

/// A task; 0 is the main one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TaskId(pub u32);

impl TaskId {
    /// The task that runs the program's top-level code and `main`.
    pub const MAIN: TaskId = TaskId(0);
}

/// What a task waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// That the future in this cell is settled. The frame that awaits keeps the cell alive.
    Future(Ref),
    /// That this many nanoseconds pass; 0 lets the other ready tasks run.
    Sleep(u64),
}

/// Who runs next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// This task; it is current now.
    Run(TaskId),
    /// All tasks have ended.
    Finished,
    /// Tasks are left and each waits for another.
    Deadlock,
    /// The given deadline came before anybody woke.
    Deadline,
}

struct Sleeper {
    task: TaskId,
    /// On the host's monotonic clock.
    real_due: u64,
}

/// The scheduler's data.
pub struct Tasks {
    /// What the operation that answered `Trap::Suspend` waits for.
    pub awaiting: Option<Wait>,
    current: TaskId,
    started: u32,
    /// Tasks that have not ended.
    living: u32,
    main_ended: bool,
    /// With each: whether its sleep is over.
    ready: VecDeque<(TaskId, bool)>,
    /// By virtual due time, then by the order of going to sleep.
    sleepers: BTreeMap<(u64, u64), Sleeper>,
    sleeps: u64,
    virtual_now: u64,
    /// Whether the current task was woken because its sleep is over.
    slept: bool,
    switches: u32,
    waiters: BTreeMap<Ref, Vec<TaskId>>,
    /// The Future of every task that has not ended; one count of each is the scheduler's.
    pub(crate) futures: BTreeMap<TaskId, Value>,
    /// Futures that failed while nobody waited; one count of each is the scheduler's.
    pub(crate) failed: Vec<Value>,
}

impl Default for Tasks {
    fn default() -> Tasks {
        Tasks::new()
    }
}

impl Tasks {
    /// Only the main task, which runs.
    pub fn new() -> Tasks {
        Tasks {
            awaiting: None,
            current: TaskId::MAIN,
            started: 1,
            living: 1,
            main_ended: false,
            ready: VecDeque::new(),
            sleepers: BTreeMap::new(),
            sleeps: 0,
            virtual_now: 0,
            slept: false,
            switches: 0,
            waiters: BTreeMap::new(),
            futures: BTreeMap::new(),
            failed: Vec::new(),
        }
    }

    /// The task whose code runs.
    pub fn current(&self) -> TaskId {
        self.current
    }

    /// Whether the main task has ended.
    pub fn main_ended(&self) -> bool {
        self.main_ended
    }

    /// A new ready task; its future becomes the scheduler's.
    pub(crate) fn start(&mut self, future: Value) -> TaskId {
        let task = TaskId(self.started);
        self.started += 1;
        self.living += 1;
        self.futures.insert(task, future);
        self.ready.push_back((task, false));
        task
    }

    /// The current task gives way because of [`Tasks::awaiting`], at this time of the monotonic clock.
    pub fn suspend(&mut self, now: u64) {
        match self.awaiting.take() {
            Some(Wait::Future(cell)) => self.waiters.entry(cell).or_default().push(self.current),
            Some(Wait::Sleep(0)) => self.ready.push_back((self.current, true)),
            Some(Wait::Sleep(ns)) => {
                let due = (self.virtual_now.saturating_add(ns), self.sleeps);
                self.sleeps += 1;
                self.sleepers.insert(due, Sleeper { task: self.current, real_due: now.saturating_add(ns) });
            }
            None => self.ready.push_back((self.current, false)),
        }
        self.slept = false;
    }

    /// Asked by an operation that sleeps: whether the current task's sleep is over. Answers once.
    pub(crate) fn take_slept(&mut self) -> bool {
        core::mem::take(&mut self.slept)
    }

    /// The current task has ended; gives its future, the count of which is now the caller's.
    pub(crate) fn end_current(&mut self) -> Option<Value> {
        self.living -= 1;
        self.slept = false;
        if self.current == TaskId::MAIN {
            self.main_ended = true;
        }
        self.futures.remove(&self.current)
    }

    /// Makes those ready that wait for a future, in the order in which they came; whether there were any.
    pub(crate) fn wake_waiters(&mut self, cell: Ref) -> bool {
        let Some(tasks) = self.waiters.remove(&cell) else { return false };
        self.ready.extend(tasks.into_iter().map(|task| (task, false)));
        true
    }

    /// When the next sleeper may wake, on the monotonic clock.
    fn next_due(&self) -> Option<u64> {
        self.sleepers.first_key_value().map(|(_, sleeper)| sleeper.real_due)
    }

    fn wake_sleeper(&mut self) {
        if let Some(((due, _), sleeper)) = self.sleepers.pop_first() {
            self.virtual_now = self.virtual_now.max(due);
            self.ready.push_back((sleeper.task, true));
        }
    }

    /// Chooses the next task, or says until when to sleep first.
    pub(crate) fn choose(&mut self, mut now: impl FnMut() -> u64) -> Result<Next, u64> {
        if self.ready.is_empty() {
            match self.next_due() {
                Some(due) if due > now() => return Err(due),
                Some(_) => self.wake_sleeper(),
                None => return Ok(if self.living == 0 { Next::Finished } else { Next::Deadlock }),
            }
        } else if self.switches >= PATIENCE {
            self.switches = 0;
            let now = now();
            while self.next_due().is_some_and(|due| due <= now) {
                self.wake_sleeper();
            }
        }
        self.switches += 1;
        let Some((task, slept)) = self.ready.pop_front() else { return Ok(Next::Deadlock) };
        if self.ready.is_empty() {
            self.switches = 0;
        }
        self.current = task;
        self.slept = slept;
        Ok(Next::Run(task))
    }

    /// Makes the main task current although what it waits for has not happened; whether there is a main task.
    pub(crate) fn resume_main(&mut self) -> bool {
        self.waiters.retain(|_, tasks| {
            tasks.retain(|task| *task != TaskId::MAIN);
            !tasks.is_empty()
        });
        self.current = TaskId::MAIN;
        !self.main_ended
    }
}

/// `nowait`: a new task at the end of the ready queue; its id and its Future (owned).
pub fn spawn(rt: &mut Rt) -> Result<(TaskId, Value), Trap> {
    let future = made(rt, |heap| heap.future_new(0))?;
    let kept = rt.heap.own(future);
    let task = rt.tasks.start(kept);
    Ok((task, future))
}

/// `await v`: the result of a Future that is settled; waits for one that is not. Anything else is its own result.
pub fn await_value(rt: &mut Rt, v: Value) -> Outcome {
    if v.kind() != Kind::Future {
        rt.check_alive(v)?;
        return Ok(rt.heap.own(v));
    }
    let cell = v.as_ref();
    match rt.heap.future_state(cell) {
        FutureState::Ready => Ok(rt.heap.own(rt.heap.future_value(cell))),
        FutureState::Failed => {
            if let Some(at) = rt.tasks.failed.iter().position(|failed| failed.as_ref() == cell) {
                let noticed = rt.tasks.failed.remove(at);
                rt.heap.release(noticed);
            }
            let error = rt.heap.own(rt.heap.future_value(cell));
            Err(rt.throw(error))
        }
        FutureState::Pending => {
            rt.tasks.awaiting = Some(Wait::Future(cell));
            Err(Trap::Suspend)
        }
    }
}

/// `TimeBox.sleep`: void when the time has passed.
pub(crate) fn sleep(rt: &mut Rt, ns: u64) -> Outcome {
    if rt.tasks.take_slept() {
        return Ok(Value::VOID);
    }
    rt.tasks.awaiting = Some(Wait::Sleep(ns));
    Err(Trap::Suspend)
}

/// The operation of the current task answered [`Trap::Suspend`].
pub fn suspend(rt: &mut Rt) {
    let now = rt.host.monotonic_ns();
    rt.tasks.suspend(now);
}

/// The current task has ended with a result or with what it threw (owned, consumed). Those that wait for it become
/// ready. The result of the main task is not for anybody: it is dropped.
pub fn finish(rt: &mut Rt, result: Result<Value, Value>) {
    let (state, value) = match result {
        Ok(value) => (FutureState::Ready, value),
        Err(error) => (FutureState::Failed, error),
    };
    let Some(future) = rt.tasks.end_current() else {
        rt.heap.release(value);
        return;
    };
    let old = rt.heap.future_finish(future.as_ref(), state, value);
    rt.heap.release(old);
    let awaited = rt.tasks.wake_waiters(future.as_ref());
    if state == FutureState::Failed && !awaited {
        rt.tasks.failed.push(future);
    } else {
        rt.heap.release(future);
    }
}

/// Who runs next. Sleeps through the host while nobody is ready, at most until `deadline` on its monotonic clock.
pub fn next(rt: &mut Rt, deadline: u64) -> Next {
    loop {
        let Rt { tasks, host, .. } = rt;
        match tasks.choose(|| host.monotonic_ns()) {
            Ok(next) => return next,
            Err(due) => {
                let now = rt.host.monotonic_ns();
                if now >= deadline {
                    return Next::Deadline;
                }
                // What the program has said must not wait with it; a closed pipe shows at the next write.
                let _ = rt.host.flush();
                rt.host.sleep_ns(due.min(deadline).saturating_sub(now));
            }
        }
    }
}

/// After [`Next::Deadlock`]: raises `Deadlock` in the main task, which is current now. `Err` when the main task has
/// ended: then the error is in flight without a task.
pub fn break_deadlock(rt: &mut Rt) -> Result<TaskId, Trap> {
    let main_waits = rt.tasks.resume_main();
    let trap = rt.raise(ErrorKind::Deadlock, "All tasks wait for each other");
    if main_waits { Ok(TaskId::MAIN) } else { Err(trap) }
}

/// At the end of the program: what tasks threw that nobody awaited, in the order in which they failed (owned).
pub fn unawaited(rt: &mut Rt) -> Vec<Value> {
    let failed = core::mem::take(&mut rt.tasks.failed);
    let mut errors = Vec::new();
    for future in failed {
        errors.push(rt.heap.own(rt.heap.future_value(future.as_ref())));
        rt.heap.release(future);
    }
    errors
}

impl Tasks {
    /// The futures that the scheduler owns, for [`crate::heap::Heap::audit`].
    pub fn roots(&self) -> impl Iterator<Item = Value> + '_ {
        self.futures.values().chain(&self.failed).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Ref = Ref(8);
    const B: Ref = Ref(16);

    fn start(tasks: &mut Tasks) -> TaskId {
        tasks.start(Value::NULL)
    }

    fn wait(tasks: &mut Tasks, wait: Wait, now: u64) {
        tasks.awaiting = Some(wait);
        tasks.suspend(now);
    }

    fn run(tasks: &mut Tasks, now: u64) -> u32 {
        match tasks.choose(|| now) {
            Ok(Next::Run(task)) => task.0,
            other => panic!("nobody runs: {other:?}"),
        }
    }

    #[test]
    fn first_in_first_out() {
        let mut t = Tasks::new();
        for expected in 1..=3 {
            assert_eq!(start(&mut t), TaskId(expected));
        }
        wait(&mut t, Wait::Future(A), 0);
        assert_eq!(run(&mut t, 0), 1);
        wait(&mut t, Wait::Sleep(0), 0);
        assert_eq!(run(&mut t, 0), 2);
        assert!(t.end_current().is_some());
        assert!(t.wake_waiters(A) && !t.wake_waiters(A));
        assert_eq!(run(&mut t, 0), 3);
        t.end_current();
        assert_eq!(run(&mut t, 0), 1);
        assert!(t.take_slept() && !t.take_slept());
        t.end_current();
        assert_eq!(run(&mut t, 0), 0);
        assert!(!t.take_slept());
        assert!(t.end_current().is_none());
        assert_eq!(t.choose(|| 0), Ok(Next::Finished));
    }

    #[test]
    fn waiters_wake_in_their_order() {
        let mut t = Tasks::new();
        start(&mut t);
        start(&mut t);
        wait(&mut t, Wait::Future(A), 0);
        assert_eq!(run(&mut t, 0), 1);
        wait(&mut t, Wait::Future(A), 0);
        assert_eq!(run(&mut t, 0), 2);
        t.wake_waiters(A);
        t.end_current();
        assert_eq!((run(&mut t, 0), run(&mut t, 0)), (0, 1));
    }

    #[test]
    fn sleepers_wake_by_the_virtual_clock_and_never_early() {
        let mut t = Tasks::new();
        start(&mut t);
        start(&mut t);
        wait(&mut t, Wait::Sleep(10), 100);
        assert_eq!(run(&mut t, 100), 1);
        // Much real time has passed, but by the virtual clock this one is due first.
        wait(&mut t, Wait::Sleep(5), 120);
        assert_eq!(run(&mut t, 120), 2);
        wait(&mut t, Wait::Sleep(10), 120);
        assert_eq!(t.choose(|| 120), Err(125));
        assert_eq!(run(&mut t, 125), 1);
        t.end_current();
        // Equal due times: in the order of going to sleep.
        assert_eq!(run(&mut t, 130), 0);
        assert!(t.take_slept());
        t.end_current();
        assert_eq!(run(&mut t, 130), 2);
    }

    #[test]
    fn sleeping_is_relative_to_the_last_awakening() {
        let mut t = Tasks::new();
        start(&mut t);
        wait(&mut t, Wait::Sleep(10), 0);
        assert_eq!(run(&mut t, 0), 1);
        wait(&mut t, Wait::Sleep(25), 0);
        assert_eq!(run(&mut t, 10), 0);
        wait(&mut t, Wait::Sleep(10), 10);
        assert_eq!(run(&mut t, 20), 0);
        wait(&mut t, Wait::Sleep(10), 20);
        assert_eq!(run(&mut t, 40), 1);
    }

    #[test]
    fn busy_tasks_do_not_starve_sleepers() {
        let mut t = Tasks::new();
        start(&mut t);
        start(&mut t);
        wait(&mut t, Wait::Sleep(1), 0);
        for _ in 0..4 * PATIENCE {
            if run(&mut t, 1_000) == 0 {
                return;
            }
            wait(&mut t, Wait::Sleep(0), 0);
        }
        panic!("the main task sleeps for ever");
    }

    #[test]
    fn deadlock_goes_to_the_main_task() {
        let mut t = Tasks::new();
        start(&mut t);
        wait(&mut t, Wait::Future(A), 0);
        assert_eq!(run(&mut t, 0), 1);
        wait(&mut t, Wait::Future(B), 0);
        assert_eq!(t.choose(|| 0), Ok(Next::Deadlock));
        assert!(t.resume_main());
        assert_eq!(t.current(), TaskId::MAIN);
        assert!(!t.wake_waiters(A));
        t.end_current();
        assert_eq!(t.choose(|| 0), Ok(Next::Deadlock));
        assert!(!t.resume_main());
    }
}
