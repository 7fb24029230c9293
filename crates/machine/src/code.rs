//! What all prepared functions have in common: a head that the machine reads, and the slow questions that it asks
//! the tier which made the rest. It knows no instruction stream.

use std::cell::Cell;
use std::ops::Deref;
use std::ptr::NonNull;

use mir::func::{Func, FuncKind};
use mir::inst::{ClassIx, FuncId, Op, Val};
use nyrt::rt::Rt;
use nyrt::value::Value;
use syntax::intern::Symbol;
use syntax::span::Span;

use crate::audit::{At, Held};
use crate::frame::Frame;

/// Which tier made a code and runs it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(transparent)]
pub struct TierId(pub u8);

impl TierId {
    /// Generic MIR.
    pub const INTERP: TierId = TierId(0);
    /// Typed register bytecode.
    pub const VM: TierId = TierId(1);
    /// Machine code made while the program runs.
    pub const JIT: TierId = TierId(2);
}

/// What a call takes off [`Code::patience`]; a jump backwards takes 1.
pub const CALL_STEPS: i32 = 10;

/// The head of a prepared function. A tier's own type is `repr(C)` and begins with it ([`Body`]).
pub struct Code {
    /// The function.
    pub func: FuncId,
    /// Its name, for traces.
    pub name: Symbol,
    /// What it was made from.
    pub kind: FuncKind,
    /// The class whose code it is, for the visibility of fields.
    pub class: ClassIx,
    /// Number of parameters, `me` included.
    pub params: u32,
    /// Whether the first parameter is `me`.
    pub has_me: bool,
    /// The parameters whose counts it takes over, as bits ([`Op::Take`]): whoever enters it without such counts takes them.
    pub takes: u32,
    /// Who runs it.
    pub tier: TierId,
    /// Whether the window begins with the parameters, one [`Value`] of two words each, in order.
    pub plain: bool,
    /// Size of the window in words of 8 bytes.
    pub words: u32,
    /// Position of the first instruction.
    pub start: *const (),
    /// See [`Code::spend`].
    patience: Cell<i32>,
    /// See [`Code::note_run`].
    ran: Cell<bool>,
    body: Option<NonNull<dyn Body>>,
}

impl Code {
    /// A head for a function of the program; parameters are not plain.
    pub fn new(func: FuncId, f: &Func, tier: TierId, words: u32, start: *const ()) -> Code {
        Code {
            func,
            name: f.name,
            kind: f.kind,
            class: f.class,
            params: f.params,
            has_me: f.has_me,
            takes: f.takes(),
            tier,
            plain: false,
            words,
            start,
            patience: Cell::new(0),
            ran: Cell::new(false),
            body: None,
        }
    }

    /// Counts steps. When it gives false, nothing was counted and somebody outside of the loop has to look
    /// ([`crate::Machine::warm`]). Codes of other tiers than the interpreter never have patience: one test
    /// serves the interpreter for both "warm" and "not mine".
    #[inline(always)]
    pub fn spend(&self, steps: i32) -> bool {
        let left = self.patience.get() - steps;
        if left < 0 {
            return false;
        }
        self.patience.set(left);
        true
    }

    /// An activation begins or goes on here: for statistics ([`crate::Machine::functions_run`]), so that a tier may leave
    /// it out when nobody wants any.
    #[inline(always)]
    pub fn note_run(&self) {
        self.ran.set(true);
    }

    /// Whether an activation was ever here.
    pub(crate) fn has_run(&self) -> bool {
        self.ran.get()
    }

    /// How many steps are left until the function is warm.
    pub fn patience(&self) -> i32 {
        self.patience.get()
    }

    /// Sets the steps after which the promoter is asked (again). Means nothing for codes of other tiers.
    pub fn set_patience(&self, steps: i32) {
        if self.tier == TierId::INTERP {
            self.patience.set(steps.max(0));
        }
    }
}

/// A prepared function, as entries and activations hold it: a thin pointer to the head. Whoever else has one drops it
/// before the run ends ([`Machine::entry`](crate::Machine::entry) gives it again).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodePtr(NonNull<Code>);

impl Deref for CodePtr {
    type Target = Code;
    #[inline(always)]
    fn deref(&self) -> &Code {
        // SAFETY: codes are freed together with the machine that holds all activations and entries, or between two runs
        // when there are none of either, and they are shared: nobody has a unique reference after `own`.
        unsafe { self.0.as_ref() }
    }
}

impl CodePtr {
    /// Takes a body over; [`CodePtr::free`] gives it back.
    pub(crate) fn own(body: Box<dyn Body>) -> CodePtr {
        let body = NonNull::from(Box::leak(body));
        let mut head = body.cast::<Code>();
        // SAFETY: by the contract of `Body` the value begins with its head; it is not shared yet.
        unsafe { head.as_mut().body = Some(body) };
        CodePtr(head)
    }

    /// Frees what [`CodePtr::own`] took.
    ///
    /// # Safety
    /// Once, and no copy of the pointer is used afterwards.
    pub(crate) unsafe fn free(self) {
        if let Some(body) = self.body {
            // SAFETY: `own` leaked the box; the caller promises that this is the only time.
            drop(unsafe { Box::from_raw(body.as_ptr()) });
        }
    }

    /// The tier's own type.
    ///
    /// # Safety
    /// The code was made as a `T`. A tier whose codes are all of one type may use [`Code::tier`] as the proof.
    #[inline(always)]
    pub unsafe fn cast<'a, T: Body>(self) -> &'a T {
        // SAFETY: the caller promises the type, a body begins with its head, and it lives as long as the machine.
        unsafe { self.0.cast::<T>().as_ref() }
    }

    /// The tier's answers.
    #[inline]
    pub fn body<'a>(self) -> &'a dyn Body {
        match self.body {
            // SAFETY: as for `deref`; `own` has set it.
            Some(body) => unsafe { body.as_ref() },
            // Only `own` makes a `CodePtr`.
            None => unreachable!("a code that the machine does not own"),
        }
    }
}

/// What a tier answers about its activations. All of it is slow and asked outside of loops; `frame.pc` is
/// the instruction the activation is at (for a caller: the one that called), `frame.window` its window.
///
/// # Safety
/// The type is `repr(C)`, its first field is the [`Code`] of the function, and [`Code::words`],
/// [`Code::params`], [`Code::plain`] and [`Code::start`] are true of it.
pub unsafe trait Body {
    /// The generic instruction that the current one stands for. Its operands are meant for [`Body::get`].
    fn op(&self, frame: &Frame) -> Op;

    /// Its position in the generic function, if there is one: what a promoter needs to enter a loop in another
    /// code. There, [`Body::get`] reads every value that is live.
    fn position(&self, frame: &Frame) -> Option<usize>;

    /// Where the current instruction is in the source.
    fn span(&self, frame: &Frame) -> Span;

    /// The same for an activation that stands at the start of its function or of a loop because a step has just been
    /// counted: [`mir::func::BlockData::span`].
    fn step_span(&self, frame: &Frame) -> Span;

    /// A value that the current instruction uses, as [`Body::op`] names it.
    fn get(&self, rt: &Rt, frame: &Frame, val: Val) -> Value;

    /// The current instruction threw `value` (owned). If it has an unwind edge: follows it, so that the activation goes
    /// on in the handler, and gives true.
    fn catch(&self, frame: &mut Frame, value: Value) -> bool;

    /// The result of the current instruction, owned (or what the instruction gives by its row), converted to how
    /// the tier keeps it. Nothing happens to the position. What nobody takes is released.
    fn give(&self, rt: &mut Rt, frame: &mut Frame, value: Value);

    /// The owned value that the current instruction has just given, which is not given after all; `void` if it
    /// gives nothing that is owned.
    fn take_given(&self, rt: &Rt, frame: &mut Frame) -> Value;

    /// Goes on to the next instruction. The current one does not end a block.
    fn advance(&self, frame: &mut Frame);

    /// Writes the parameters of an activation that begins; there are as many as [`Code::params`].
    fn set_params(&self, frame: &mut Frame, args: &[Value]);

    /// A parameter: the value the activation was entered with, also when it has run for a long time.
    fn param(&self, rt: &Rt, frame: &Frame, index: usize) -> Value;

    /// The values that the activation owns at its position, for the audit. False when it cannot be said.
    fn held(&self, rt: &Rt, frame: &Frame, at: At, held: &mut Held<'_>) -> bool;
}
