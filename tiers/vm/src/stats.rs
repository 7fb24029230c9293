//! How often each instruction was executed and what it worked on, for `--stats`. It performs nothing.

use std::cell::Cell;

use machine::Machine;
use mir::inst::TABLE;
use nyrt::value::{Ref, Value};

use crate::op::{ALL, Code, Inst, Mark, Word};
use crate::operands::rep;
use crate::regs::Regs;
use crate::{by_name, cold, native, ops};

/// A counter for each opcode.
#[derive(Debug)]
pub(crate) struct Counts {
    executed: Box<[Cell<u64>]>,
    /// By opcode: what a function outside of the loop did.
    outside: Box<[Cell<u64>]>,
    /// By row of MIR: what the runtime did because the loop has no instruction for it.
    runtime: Box<[Cell<u64>]>,
    /// Instructions on values of unknown kind.
    on_any: Cell<u64>,
    /// How often a count of references was changed.
    changes: Cell<u64>,
}

/// Sums over all instructions that were executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Executed {
    /// Instructions.
    pub all: u64,
    /// Those on values of unknown kind.
    pub on_any: u64,
    /// Changes of counts that they made.
    pub counting: u64,
}

impl Counts {
    pub(crate) fn new() -> Counts {
        let zeros = |n| std::iter::repeat_n(Cell::new(0), n).collect();
        Counts {
            executed: zeros(ALL.len()),
            outside: zeros(ALL.len()),
            runtime: zeros(TABLE.len()),
            on_any: Cell::new(0),
            changes: Cell::new(0),
        }
    }

    fn add(&self, m: &Machine, inst: &Inst, at: *const Word) {
        add(&self.executed, inst.op as usize);
        let is_any = match inst.op.row().mark {
            Mark::Plain => false,
            Mark::Any => true,
            Mark::ByRep => inst.c == rep::ANY,
            Mark::ByOperands => cold::code(m).is_some_and(|code| code.has_any(at.cast())),
        };
        self.on_any.set(self.on_any.get() + u64::from(is_any));
    }

    pub(crate) fn sums(&self) -> Executed {
        let all = self.executed.iter().map(Cell::get).sum();
        Executed { all, on_any: self.on_any.get(), counting: self.changes.get() }
    }

    /// What was executed at all, by name, most often first.
    pub(crate) fn executed(&self) -> Vec<(&'static str, u64)> {
        sorted(opcodes(&self.executed))
    }

    /// What the runtime did at all, by names of instructions and of rows of MIR, most often first.
    pub(crate) fn runtime(&self) -> Vec<(&'static str, u64)> {
        let rows = TABLE.iter().zip(&self.runtime).map(|(row, n)| (row.mnemonic, n.get()));
        sorted(opcodes(&self.outside).chain(rows))
    }
}

fn add(counts: &[Cell<u64>], at: usize) {
    if let Some(count) = counts.get(at) {
        count.set(count.get() + 1);
    }
}

fn opcodes(counts: &[Cell<u64>]) -> impl Iterator<Item = (&'static str, u64)> + '_ {
    ALL.iter().zip(counts).map(|(op, n)| (op.row().name, n.get()))
}

fn sorted(all: impl Iterator<Item = (&'static str, u64)>) -> Vec<(&'static str, u64)> {
    let mut all: Vec<_> = all.filter(|(_, n)| *n > 0).collect();
    all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    all
}

/// Counts an instruction that comes next, also as one of the runtime if that does it, and its function as one that ran.
///
/// # Safety
/// `at` is where the instruction stands.
pub(crate) unsafe fn count(m: &Machine, regs: Regs, at: *const Word, counts: &Counts) {
    // SAFETY: an instruction stands there.
    let inst = unsafe { &(*at).inst };
    counts.add(m, inst, at);
    if let Some(frame) = m.task.frames.last() {
        frame.code().note_run();
    }
    let asks = matches!(
        inst.op,
        Code::GetField | Code::SetField | Code::CallMethod | Code::CallValue | Code::Perform
    );
    if asks && let Some(row) = by_name::runtime_row(m, regs, inst.wide()) {
        add(&counts.runtime, row);
    }
    if is_outside(regs, inst) {
        add(&counts.outside, inst.op as usize);
    }
    // SAFETY: an instruction stands there.
    let changes = unsafe { counts_changed(m, regs, at) };
    counts.changes.set(counts.changes.get() + changes);
}

/// Whether a function of the runtime does an instruction, as it comes or with these operands.
fn is_outside(regs: Regs, inst: &Inst) -> bool {
    let ints = || regs.any(inst.b).as_int().is_some() && regs.any(inst.c).as_int().is_some();
    let floats = || regs.any(inst.b).as_float().is_some() && regs.any(inst.c).as_float().is_some();
    match inst.op {
        Code::StrJoin
        | Code::Append
        | Code::MapGetI
        | Code::MapGetRef
        | Code::MapGetAny
        | Code::MapHasI
        | Code::MapHasRef
        | Code::MapHasAny
        | Code::MapSetI
        | Code::MapSetRef
        | Code::MapSetAny
        | Code::CellSet
        | Code::GlobalSet
        | Code::GetStatic
        | Code::CallNative
        | Code::Make
        | Code::End => true,
        Code::AnyAdd
        | Code::AnySub
        | Code::AnyMul
        | Code::AnyLt
        | Code::AnyLe
        | Code::AnyGt
        | Code::AnyGe => !ints() && !floats(),
        Code::AnyAnd | Code::AnyOr | Code::AnyXor | Code::AnyShl | Code::AnyShr => !ints(),
        Code::AnyTruth | Code::AnyNot => regs.any(inst.b).as_bool().is_none(),
        _ => false,
    }
}

/// How many counts an instruction is about to change: those of `null` and of what has none do not. What dies of it
/// changes more, and so does what the runtime does for it.
///
/// # Safety
/// `at` is where the instruction stands.
unsafe fn counts_changed(m: &Machine, regs: Regs, at: *const Word) -> u64 {
    // SAFETY: an instruction stands there.
    let inst = unsafe { &(*at).inst };
    let heap = &m.rt.heap;
    let some = |object: Ref| u64::from(!object.is_none());
    let any = |value: Value| u64::from(value.is_ref());
    match inst.op {
        Code::Retain => some(regs.object(inst.b)),
        Code::RetainAny => any(regs.any(inst.b)),
        Code::Release => some(regs.object(inst.a)),
        Code::ReleaseAny => any(regs.any(inst.a)),
        Code::LoadRefOwn => some(heap.load_ref(regs.object(inst.b), u32::from(inst.c))),
        // The new one comes with its count.
        Code::StoreRef => some(heap.load_ref(regs.object(inst.a), u32::from(inst.b))),
        Code::StoreAny => any(heap.load_any(regs.object(inst.a), u32::from(inst.b))),
        Code::ArrSetRef => {
            let old = heap.arr_get_any(regs.object(inst.a), regs.int(inst.b));
            any(old) + some(regs.object(inst.c))
        }
        Code::ArrSetAny => {
            let old = heap.arr_get_any(regs.object(inst.a), regs.int(inst.b));
            any(old) + any(regs.any(inst.c))
        }
        Code::ArrSetMove => any(heap.arr_get_any(regs.object(inst.a), regs.int(inst.b))),
        Code::ArrPushRef => some(regs.object(inst.b)),
        Code::ArrPushAny => any(regs.any(inst.b)),
        // A value in, a value out, as far as there is any.
        Code::MapSetI | Code::MapSetRef | Code::MapSetAny | Code::CellSet | Code::GlobalSet => 1,
        // SAFETY: an instruction with so many operands stands there.
        Code::Make => (0..inst.b as usize).map(|n| any(unsafe { native::operand(m, regs, at, n) })).sum(),
        Code::BoxResult if regs.word(inst.b) & rep::LENT != 0 => any(ops::result(m, regs, inst)),
        _ => 0,
    }
}
