//! What a program was before functions and classes were added to it and instructions changed, so that it can be that
//! again. It does not know why it is changed.

use mir::inst::{FuncId, Op};
use mir::program::Program;

/// How to get a program back.
#[derive(Debug, Default)]
pub(crate) struct Undo {
    funcs: usize,
    classes: usize,
    /// Instructions and what they were, in the order in which they were changed.
    insts: Vec<(FuncId, usize, Op)>,
}

impl Undo {
    /// A program is to become again what it is now.
    pub(crate) fn new(program: &Program) -> Undo {
        Undo { funcs: program.funcs.len(), classes: program.classes.len(), insts: Vec::new() }
    }

    /// Changes what an instruction does.
    pub(crate) fn set(&mut self, program: &mut Program, func: FuncId, at: usize, op: Op) {
        let inst = &mut program.funcs[func.index()].insts[at];
        self.insts.push((func, at, core::mem::replace(&mut inst.op, op)));
    }

    /// Takes back what was done. What was added to the lists of operands of a function stays there, used by nobody.
    pub(crate) fn undo(self, program: &mut Program) {
        for (func, at, op) in self.insts.into_iter().rev() {
            program.funcs[func.index()].insts[at].op = op;
        }
        program.funcs.truncate(self.funcs);
        program.classes.truncate(self.classes);
    }
}
