//! Exceptions: from the instruction that threw to the block that takes the value, leaving activations
//! on the way. It does not know which types a `catch` takes; MIR tests that.

use nyrt::trap::Trap;
use nyrt::value::Value;

use crate::frame::Role;
use crate::trace::Trace;
use crate::{Flow, Machine};

impl Machine {
    /// The current instruction gave no value.
    #[cold]
    pub fn trapped(&mut self, trap: Trap) -> Flow {
        match trap {
            Trap::Throw => {
                let value = self.rt.take_thrown();
                // What a task threw goes on where it is awaited.
                let trace = self.failures.take(value);
                self.go_on_throwing(value, trace)
            }
            Trap::Call => self.perform_callout(),
            Trap::Suspend => self.suspend(),
            Trap::Stop => Flow::Stop,
        }
    }

    /// The activation that runs was left at an instruction which goes on throwing what it had taken up.
    #[cold]
    pub fn rethrow(&mut self, value: Value) -> Flow {
        let trace = self.task.pending.take(self.task.frames.len(), value);
        if trace.is_empty() { self.unwind(value, trace) } else { self.find_handler(value, trace, true) }
    }

    /// Looks for who takes an exception that the current instruction threw. The value is owned.
    pub fn unwind(&mut self, value: Value, trace: Trace) -> Flow {
        self.find_handler(value, trace, false)
    }

    /// `noted`: the newest activation is in the trace already.
    fn find_handler(&mut self, value: Value, mut trace: Trace, mut noted: bool) -> Flow {
        loop {
            let depth = self.task.frames.len();
            let Some(frame) = self.task.frames.last_mut() else { return self.task_failed(value, trace) };
            if !noted {
                trace.note(frame);
            }
            noted = false;
            if frame.code().body().catch(frame, value) {
                self.task.pending.keep(depth, value, trace);
                return Flow::Go;
            }
            let role = frame.role;
            let receiver = if role == Role::Fini { frame.param(&self.rt, 0) } else { Value::VOID };
            self.leave_frame();
            match role {
                Role::Call | Role::Near | Role::CallWithArgs | Role::CallWithClosure => {}
                Role::Fini => return self.fini_failed(receiver, value, trace),
                Role::Static => self.static_failed(),
                Role::Root => return self.task_failed(value, trace),
                Role::Text => return self.main_failed(value, trace),
            }
            if self.drops_wait() {
                return self.go_on_throwing(value, trace);
            }
        }
    }

    /// Takes the newest activation off its stack, with what it owns.
    pub fn leave_frame(&mut self) {
        let depth = self.task.frames.len();
        let Some(frame) = self.task.frames.pop() else { return };
        if !self.task.outbox.is_empty() {
            self.hand_outbox_over(depth);
        }
        match frame.role {
            Role::CallWithArgs | Role::Root | Role::Text => {
                // What is released last dies first: the arguments die right to left.
                for index in 0..frame.code().params as usize {
                    let param = frame.param(&self.rt, index);
                    self.rt.heap.release(param);
                }
                if !frame.closure.is_none() {
                    self.rt.heap.release_ref(frame.closure);
                }
            }
            Role::CallWithClosure => self.rt.heap.release_ref(frame.closure),
            Role::Call | Role::Near | Role::Fini | Role::Static => {}
        }
        self.task.stack.pop(frame.window);
    }

    /// Hands an owned value over to the statement of the caller.
    pub fn outbox(&mut self, value: Value) {
        self.task.outbox.push((self.task.frames.len() - 1, value));
    }

    /// What a function handed over and its caller's statement did not take belongs to the next caller.
    pub(crate) fn hand_outbox_over(&mut self, depth: usize) {
        for entry in self.task.outbox.iter_mut().filter(|e| e.0 >= depth) {
            entry.0 = depth - 1;
        }
    }

    /// End of a statement: what calls in it handed over dies, the newest first.
    #[cold]
    pub fn drop_outbox(&mut self) {
        let depth = self.task.frames.len();
        // What is released last dies first.
        let heap = &mut self.rt.heap;
        self.task.outbox.retain(|&(owner, v)| {
            if owner >= depth {
                heap.release(v);
            }
            owner < depth
        });
    }
}
