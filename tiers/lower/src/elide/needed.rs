//! Where values must be alive, told to who moves them. It decides nothing.

use mir::func::Func;
use mir::groups::{Flags, Groups};
use mir::inst::{Op, Val};

use super::{Pass, Use};
use crate::Context;

/// Where values must be alive.
pub(crate) struct Needed {
    uses: Groups<Use>,
    /// Of each value, whether all of it is known.
    known: Flags,
}

impl Needed {
    /// The positions where a value must be alive, because it is used there or something that was reached through it is.
    /// `None` where that is not known: it or such a thing is a parameter of a block further on, or it is appended to.
    pub(crate) fn of(&self, v: Val) -> Option<&[Use]> {
        self.known[v.index()].then(|| self.uses.of(v.index()))
    }
}

/// Where the values of a function must be alive.
pub(crate) fn needed(cx: Context<'_>, func: &Func) -> Needed {
    let pass = Pass::new(cx, func);
    let mut known = Flags::from_elem(true, func.values as usize);
    let appended = func.insts.iter().filter_map(|inst| match inst.op {
        Op::Append { a, .. } => Some(a),
        _ => None,
    });
    let mut work: Vec<Val> = pass.passed.iter().map(|passed| passed.0).chain(appended).collect();
    while let Some(v) = work.pop() {
        if std::mem::replace(&mut known[v.index()], false) {
            pass.lenders(v, |from| work.push(from));
        }
    }
    Needed { uses: pass.uses, known }
}
