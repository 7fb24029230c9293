//! Where values must be alive, told to who moves them. It decides nothing.

use mir::func::Func;
use mir::inst::{Op, Val};
use smallvec::SmallVec;

use super::{Pass, Use};
use crate::Context;

/// For each value the positions where it must be alive, because it is used there or something that was reached through it
/// is. `None` where that is not known: it or such a thing is a parameter of a block further on, or it is appended to.
pub(crate) fn needed(cx: Context<'_>, func: &Func) -> Vec<Option<SmallVec<[Use; 4]>>> {
    let mut pass = Pass::new(cx, func);
    let uses = std::mem::take(&mut pass.uses);
    let mut needed: Vec<_> = uses.into_iter().map(Some).collect();
    let appended = func.insts.iter().filter_map(|inst| match inst.op {
        Op::Append { a, .. } => Some(a),
        _ => None,
    });
    let mut work: Vec<Val> = pass.passed.iter().map(|passed| passed.0).chain(appended).collect();
    while let Some(v) = work.pop() {
        if needed[v.index()].take().is_some() {
            pass.lenders(v, |from| work.push(from));
        }
    }
    needed
}
