//! Activations and the tasks they belong to. It does not run anything.

use mir::inst::ClassIx;
use nyrt::heap::DropStack;
use nyrt::rt::Rt;
use nyrt::value::{Ref, Value};

use crate::code::{CodePtr, TierId};
use crate::drops::DropRun;
use crate::frames::Frames;
use crate::stack::Stack;
use crate::trace::Pending;

/// What happens when an activation returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Its value is the result of the caller's current instruction.
    Call,
    /// The same, and the caller has a code of the same tier, which knows from its instruction alone where the result goes.
    Near,
    /// As [`Role::Call`], and the activation owns its arguments.
    CallWithArgs,
    /// The same, and the activation owns its closure.
    CallWithClosure,
    /// The body of a `fini` that the drop machine asked for.
    Fini,
    /// Sets up a static box; afterwards the caller's instruction is done again.
    Static,
    /// The first of its task.
    Root,
    /// Makes the text of what the main task threw.
    Text,
}

/// One activation.
pub struct Frame {
    /// The instruction it is at, as its tier counts them. A loop keeps the position of the newest activation for
    /// itself and writes it here before anything outside of the loop looks.
    pub pc: *const (),
    /// Its window: [`crate::Code::words`] words on the task's stack.
    pub window: *mut u64,
    code: CodePtr,
    /// The function value it was entered through.
    pub closure: Ref,
    /// What happens when it returns.
    pub role: Role,
    /// The code's.
    tier: TierId,
}

impl Frame {
    /// An activation at the start of its function. Whoever makes it writes the parameters.
    #[inline(always)]
    pub fn new(code: CodePtr, window: *mut u64, closure: Ref, role: Role) -> Frame {
        Frame { pc: code.start, window, code, closure, role, tier: code.tier }
    }
    /// The same for a caller that knows the tier and the start.
    #[inline(always)]
    pub fn at(
        code: CodePtr,
        tier: TierId,
        pc: *const (),
        window: *mut u64,
        closure: Ref,
        role: Role,
    ) -> Frame {
        debug_assert!(code.tier == tier);
        Frame { pc, window, code, closure, role, tier }
    }
    /// Its function.
    #[inline(always)]
    pub fn code(&self) -> CodePtr {
        self.code
    }
    /// Who runs it.
    #[inline(always)]
    pub fn tier(&self) -> TierId {
        self.tier
    }
    /// The window as values: register `n` of an interpreter is `values().add(n)`.
    #[inline(always)]
    pub fn values(&self) -> *mut Value {
        self.window.cast()
    }
    pub(crate) fn replace(&mut self, code: CodePtr, pc: *const (), window: *mut u64) {
        if self.role == Role::Near && code.tier != self.tier {
            self.role = Role::Call;
        }
        (self.code, self.tier, self.pc, self.window) = (code, code.tier, pc, window);
    }
    /// Writes the parameters of an activation that begins.
    #[inline]
    pub(crate) fn set_params(&mut self, args: &[Value]) {
        debug_assert!(args.len() == self.code.params as usize);
        if self.code.plain {
            for (i, arg) in args.iter().enumerate() {
                // SAFETY: the window begins with the parameters as values, `plain` says, and there are so many of them.
                unsafe { *self.values().add(i) = *arg }
            }
        } else {
            self.code.body().set_params(self, args);
        }
    }
    /// A parameter.
    pub(crate) fn param(&self, rt: &Rt, index: usize) -> Value {
        self.code.body().param(rt, self, index)
    }
}

/// One task: its activations and what belongs to them.
pub struct Task {
    /// Activations, the newest last.
    pub frames: Frames,
    /// Their windows.
    pub stack: Stack,
    /// Deaths in progress, the newest last.
    pub(crate) runs: Vec<DropRun>,
    /// Depth of the drop stack that belongs to interrupted deaths; what is above has to be served.
    pub(crate) drop_base: usize,
    /// The drop stack while the task is not current.
    pub(crate) drops: DropStack,
    /// Values handed over by `outbox`, each with the depth of the activation whose statement has it.
    pub outbox: Vec<(usize, Value)>,
    pub(crate) pending: Pending,
    /// Static boxes that are being set up, the newest last.
    pub(crate) statics: Vec<ClassIx>,
    /// It has not begun: its first step is not counted yet.
    pub(crate) is_new: bool,
}

impl Task {
    /// A task without activations whose calls may nest so deep and whose stack begins with so many words.
    pub(crate) fn new(max_depth: usize, first: usize) -> Task {
        Task {
            frames: Frames::new(max_depth),
            stack: Stack::new(first),
            runs: Vec::new(),
            drop_base: 0,
            drops: DropStack::default(),
            outbox: Vec::new(),
            pending: Pending::default(),
            statics: Vec::new(),
            is_new: false,
        }
    }
}
