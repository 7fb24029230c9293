//! How often each instruction was executed, for `--stats`. It knows the tables of opcodes and of MIR only.

use std::cell::Cell;

use mir::inst::TABLE;

use crate::op::{ALL, Code, Mark};

/// A counter for each opcode.
#[derive(Debug)]
pub(crate) struct Counts {
    executed: Box<[Cell<u64>]>,
    /// By row of MIR: what the runtime did because the loop has no instruction for it.
    runtime: Box<[Cell<u64>]>,
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
        Counts { executed: zeros(ALL.len()), runtime: zeros(TABLE.len()), changes: Cell::new(0) }
    }

    /// The runtime does an instruction of this row.
    pub(crate) fn add_runtime(&self, row: usize) {
        if let Some(count) = self.runtime.get(row) {
            count.set(count.get() + 1);
        }
    }

    /// What the runtime did at all.
    pub(crate) fn by_row(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        TABLE.iter().zip(&self.runtime).map(|(row, n)| (row.mnemonic, n.get())).filter(|(_, n)| *n > 0)
    }

    #[inline(always)]
    pub(crate) fn add(&self, op: Code) {
        if let Some(count) = self.executed.get(op as usize) {
            count.set(count.get() + 1);
        }
    }

    /// An instruction changes so many counts.
    #[inline(always)]
    pub(crate) fn add_changes(&self, changes: u64) {
        self.changes.set(self.changes.get() + changes);
    }

    pub(crate) fn sums(&self) -> Executed {
        let mut sums = Executed { counting: self.changes.get(), ..Executed::default() };
        for (op, count) in self.by_op() {
            sums.all += count;
            if op.row().mark == Mark::Any {
                sums.on_any += count;
            }
        }
        sums
    }

    /// What was executed at all.
    pub(crate) fn by_op(&self) -> impl Iterator<Item = (Code, u64)> + '_ {
        ALL.iter().zip(&self.executed).map(|(op, n)| (*op, n.get())).filter(|(_, n)| *n > 0)
    }
}
