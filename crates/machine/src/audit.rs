//! The roots of the heap audit: every count that activations and tasks hold. Which registers hold one at a
//! position, `mir::verify` knows.

use hashbrown::HashMap;
use mir::inst::{FuncId, Val};
use mir::program::Program;
use mir::verify::{self, OwnedAt};
use nyrt::value::Value;

use crate::drops::After;
use crate::frame::{Frame, Role, Task};
use crate::{Exit, Flow, Machine};

/// What is known of the functions that were audited.
pub(crate) type Audited = HashMap<FuncId, OwnedAt>;

/// How far the current instruction of an activation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// Nothing of it is done.
    Before,
    /// It is a call, and another activation is above: what it gives is gone.
    Calling,
    /// It is done.
    After,
    /// It has thrown.
    Thrown,
}

impl Machine {
    /// Recomputes all counts of the heap. Gives the number of steps until it is worth doing again: an audit takes
    /// time in proportion to everything that is alive.
    pub(crate) fn audit(&mut self) -> Result<i64, Flow> {
        // What tasks hold that wait for ever is held by nobody that is known.
        if self.abandoned {
            return Ok(i64::from(i32::MAX));
        }
        let mut roots: Vec<Value> = self.rt.roots().collect();
        let mut audited = std::mem::take(&mut self.audited);
        for task in self.parked.values().chain([&self.task]) {
            self.task_roots(task, &mut audited, &mut roots);
        }
        self.audited = audited;
        roots.extend(self.thrown_by_main.iter().map(|t| t.0).chain(self.lent));
        if let Some(Exit::Value(v)) = &self.main_end {
            roots.push(*v);
        }
        let size = roots.len() + self.task.frames.len();
        let suspended: Vec<_> = self.parked.values().map(|t| &t.drops).collect();
        let found = self.rt.heap.audit(&mut roots.into_iter().filter(|v| v.is_ref()), &suspended);
        match found {
            Ok(()) => Ok(1 + (size + self.rt.heap.live_objects()) as i64 / 16),
            Err(report) => Err(self.fault(format!("the heap audit found wrong counts:\n{report}"))),
        }
    }

    fn task_roots(&self, task: &Task, audited: &mut Audited, roots: &mut Vec<Value>) {
        roots.extend(task.outbox.iter().map(|o| o.1));
        roots.extend(task.runs.iter().flat_map(|run| run.roots()));
        for (i, frame) in task.frames.iter().enumerate() {
            let run = task.runs.iter().find(|run| run.depth == i + 1);
            let at = match run.map(|run| &run.after) {
                Some(After::Next) => At::After,
                Some(After::Throw(..)) => At::Thrown,
                _ if i + 1 < task.frames.len() => At::Calling,
                _ => At::Before,
            };
            self.frame_roots(frame, at, audited, roots);
        }
    }

    fn frame_roots(&self, frame: &Frame, at: At, audited: &mut Audited, roots: &mut Vec<Value>) {
        let code = frame.code();
        if matches!(frame.role, Role::CallWithArgs | Role::Root | Role::Text) {
            roots.extend((0..code.params as usize).map(|index| frame.param(&self.rt, index)));
        }
        if matches!(frame.role, Role::CallWithClosure | Role::Root) && !frame.closure.is_none() {
            roots.push(self.rt.heap.value_of(frame.closure));
        }
        let mut held = Held { program: &self.linked.program, audited, roots };
        // What cannot be said is not audited; the verifier reports it elsewhere.
        code.body().held(&self.rt, frame, at, &mut held);
    }
}

/// Where a tier puts the values that an activation owns.
pub struct Held<'a> {
    program: &'a Program,
    audited: &'a mut Audited,
    roots: &'a mut Vec<Value>,
}

impl Held<'_> {
    /// The program.
    pub fn program(&self) -> &Program {
        self.program
    }

    /// A value that the activation owns.
    pub fn push(&mut self, value: Value) {
        self.roots.push(value);
    }

    /// For tiers that keep to generic MIR: what is owned at a position of it, read by `get`. False for functions that
    /// break the rules of ownership.
    pub fn generic(&mut self, id: FuncId, position: usize, at: At, get: &dyn Fn(Val) -> Value) -> bool {
        let Some(func) = self.program.funcs.get(id.index()) else { return false };
        if !self.audited.contains_key(&id) {
            let Ok(owned) = verify::owned_at(self.program, func) else { return false };
            self.audited.insert(id, owned);
        }
        let (Some(owned), Some(inst)) = (self.audited.get(&id), func.insts.get(position)) else {
            return false;
        };
        let mut held = match at {
            At::After => owned.after(func, position),
            At::Before | At::Calling | At::Thrown => owned.before(func, position),
        };
        if at == At::Thrown && inst.op.consumes_when_throwing() {
            func.uses(&inst.op, |v, consumed| held.retain(|h| !consumed || *h != v));
        }
        self.roots.extend(held.into_iter().map(get));
        true
    }
}
