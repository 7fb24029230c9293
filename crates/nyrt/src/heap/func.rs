//! Function values (function, bound receiver, captured values) and futures. It does not call anything.

use super::Heap;
use super::cell::{HEADER, class_word};
use super::region::OutOfMemory;
use crate::value::{FuncId, Kind, Ref, Value, class_id};

/// Offset of the receiver; captures follow it.
pub const FUNC_RECEIVER: u32 = HEADER + 8;
const FUNC_ID: u32 = HEADER;
const FUNC_CAPTURES: u32 = HEADER + 4;

const FUTURE_STATE: u32 = HEADER;
const FUTURE_AUX: u32 = HEADER + 4;
/// Offset of the result of a future.
pub const FUTURE_VALUE: u32 = HEADER + 8;

/// How far a future is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum FutureState {
    /// Its task has not ended.
    Pending = 0,
    /// The value is the result.
    Ready = 1,
    /// The value was thrown by the task.
    Failed = 2,
}

impl Heap {
    /// A function value. `receiver` is `void` for unbound functions; it and the captures are borrowed.
    pub fn func_new(
        &mut self,
        func: FuncId,
        receiver: Value,
        captures: &[Value],
    ) -> Result<Value, OutOfMemory> {
        let n = captures.len() as u64;
        let word = class_word(class_id::FUNCTION, Kind::Func);
        let r = self.alloc(FUNC_RECEIVER as u64 + 16 + 16 * n, word)?;
        self.mem.set::<u32>(r.0 + FUNC_ID, func.0);
        self.mem.set::<u32>(r.0 + FUNC_CAPTURES, n as u32);
        self.retain(receiver);
        self.mem.set_value(r.0 + FUNC_RECEIVER, receiver);
        let mut at = r.0 + FUNC_RECEIVER;
        for &v in captures {
            at += 16;
            self.retain(v);
            self.mem.set_value(at, v);
        }
        Ok(Value::reference(class_id::FUNCTION, Kind::Func, r))
    }

    /// Which function.
    #[inline]
    pub fn func_id(&self, f: Ref) -> FuncId {
        FuncId(self.mem.get::<u32>(f.0 + FUNC_ID))
    }
    /// The bound receiver, borrowed; `void` without one.
    #[inline]
    pub fn func_receiver(&self, f: Ref) -> Value {
        self.mem.value(f.0 + FUNC_RECEIVER)
    }
    /// Number of captured values.
    #[inline]
    pub fn func_captures(&self, f: Ref) -> u32 {
        self.mem.get::<u32>(f.0 + FUNC_CAPTURES)
    }
    /// A captured value, borrowed; `void` for an index that is not there.
    #[inline]
    pub fn func_capture(&self, f: Ref, index: u32) -> Value {
        if index >= self.func_captures(f) {
            debug_assert!(false, "no such capture");
            return Value::VOID;
        }
        self.mem.value(f.0 + FUNC_RECEIVER + 16 + 16 * index)
    }
    /// Changes a captured value: takes an owned one and gives the old one, owned. A function that captures
    /// itself is tied with this.
    pub fn func_set_capture(&mut self, f: Ref, index: u32, v: Value) -> Value {
        if index >= self.func_captures(f) {
            debug_assert!(false, "no such capture");
            return v;
        }
        let at = f.0 + FUNC_RECEIVER + 16 + 16 * index;
        let old = self.mem.value(at);
        self.mem.set_value(at, v);
        old
    }

    /// A pending future. `aux` is for the scheduler (the task it belongs to).
    pub fn future_new(&mut self, aux: u32) -> Result<Value, OutOfMemory> {
        let r = self.alloc(FUTURE_VALUE as u64 + 16, class_word(class_id::FUTURE, Kind::Future))?;
        self.mem.set::<u32>(r.0 + FUTURE_STATE, FutureState::Pending as u32);
        self.mem.set::<u32>(r.0 + FUTURE_AUX, aux);
        self.mem.set_value(r.0 + FUTURE_VALUE, Value::VOID);
        Ok(Value::reference(class_id::FUTURE, Kind::Future, r))
    }
    /// How far it is.
    #[inline]
    pub fn future_state(&self, f: Ref) -> FutureState {
        match self.mem.get::<u32>(f.0 + FUTURE_STATE) {
            0 => FutureState::Pending,
            1 => FutureState::Ready,
            _ => FutureState::Failed,
        }
    }
    /// What the scheduler noted.
    pub fn future_aux(&self, f: Ref) -> u32 {
        self.mem.get::<u32>(f.0 + FUTURE_AUX)
    }
    /// Notes something for the scheduler.
    pub fn future_set_aux(&mut self, f: Ref, aux: u32) {
        self.mem.set::<u32>(f.0 + FUTURE_AUX, aux);
    }
    /// The result or error, borrowed; `void` while pending.
    #[inline]
    pub fn future_value(&self, f: Ref) -> Value {
        self.mem.value(f.0 + FUTURE_VALUE)
    }
    /// Ends a future with an owned value; gives what was there before, owned (`void` the first time).
    pub fn future_finish(&mut self, f: Ref, state: FutureState, v: Value) -> Value {
        let old = self.mem.value(f.0 + FUTURE_VALUE);
        self.mem.set::<u32>(f.0 + FUTURE_STATE, state as u32);
        self.mem.set_value(f.0 + FUTURE_VALUE, v);
        old
    }
}
