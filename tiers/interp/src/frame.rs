//! Activations and the tasks they belong to. It does not run anything.

use mir::inst::{ClassIx, EdgeId, Inst};
use nyrt::heap::DropStack;
use nyrt::value::{Ref, Value};

use crate::code::Code;
use crate::drops::DropRun;
use crate::stack::Stack;
use crate::trace::Pending;

/// What happens when an activation returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Its value is the result of the caller's current instruction.
    Call,
    /// The same, and the activation owns its arguments.
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
pub(crate) struct Frame {
    /// The instruction it is at. The loop keeps the position of the newest activation for itself and
    /// writes it here before anything outside of the loop looks.
    pub(crate) pc: *const Inst,
    /// Its registers.
    pub(crate) regs: *mut Value,
    code: *const Code,
    /// The function value it was entered through.
    pub(crate) closure: Ref,
    pub(crate) role: Role,
}

impl Frame {
    /// An activation at the start of its function.
    pub(crate) fn new(code: &Code, regs: *mut Value, closure: Ref, role: Role) -> Frame {
        Frame { pc: code.insts.as_ptr(), regs, code, closure, role }
    }
    /// Its function.
    #[inline(always)]
    pub(crate) fn code<'a>(&self) -> &'a Code {
        // SAFETY: prepared functions are freed only together with the interpreter that holds all frames, and
        // no reference given out here is kept beyond a step of it.
        unsafe { &*self.code }
    }
    /// The instruction it is at.
    #[inline(always)]
    pub(crate) fn inst<'a>(&self) -> &'a Inst {
        // SAFETY: `pc` points into the instructions of `code`, which live as long.
        unsafe { &*self.pc }
    }
    /// Position of the instruction in its function.
    pub(crate) fn position(&self) -> usize {
        (self.pc as usize - self.code().insts.as_ptr() as usize) / size_of::<Inst>()
    }
    /// Goes on to the next instruction.
    #[inline(always)]
    pub(crate) fn advance(&mut self) {
        // SAFETY: only done for instructions that do not end a block, and `Code::prepare` has checked that
        // the last one of the function does.
        self.pc = unsafe { self.pc.add(1) };
    }
    /// Goes along an edge of the function.
    pub(crate) fn follow(&mut self, edge: EdgeId) {
        let code = self.code();
        let edge = &code.edges[edge.index()];
        for m in code.moves(edge) {
            self.set(m.to as usize, self.get(m.from as usize));
        }
        self.pc = &raw const code.insts[edge.pc as usize];
    }
    /// A register.
    #[inline(always)]
    pub(crate) fn get(&self, reg: usize) -> Value {
        debug_assert!(reg < self.code().regs as usize);
        // SAFETY: the window has `code.regs` values, and `Code::prepare` has checked the registers of all instructions.
        unsafe { *self.regs.add(reg) }
    }
    /// Writes a register.
    #[inline(always)]
    pub(crate) fn set(&mut self, reg: usize, v: Value) {
        debug_assert!(reg < self.code().regs as usize);
        // SAFETY: as in `get`.
        unsafe { *self.regs.add(reg) = v }
    }
}

/// One task: its activations and what belongs to them.
pub(crate) struct Task {
    pub(crate) frames: Vec<Frame>,
    pub(crate) stack: Stack,
    /// Deaths in progress, the newest last.
    pub(crate) runs: Vec<DropRun>,
    /// Depth of the drop stack that belongs to interrupted deaths; what is above has to be served.
    pub(crate) drop_base: usize,
    /// The drop stack while the task is not current.
    pub(crate) drops: DropStack,
    /// Values handed over by `outbox`, each with the depth of the activation whose statement has it.
    pub(crate) outbox: Vec<(usize, Value)>,
    pub(crate) pending: Pending,
    /// Static boxes that are being set up, the newest last.
    pub(crate) statics: Vec<ClassIx>,
}

impl Task {
    /// A task without activations.
    pub(crate) fn new(stack_values: usize) -> Task {
        Task {
            frames: Vec::new(),
            stack: Stack::new(stack_values),
            runs: Vec::new(),
            drop_base: 0,
            drops: DropStack::default(),
            outbox: Vec::new(),
            pending: Pending::default(),
            statics: Vec::new(),
        }
    }
}
