//! A value that is retained just before its owner lets it go is handed over instead: `return x` of a local, what a
//! condition leaves behind. Nobody can tell: there was a count at every moment in between, and there is one now.

use mir::func::Func;
use mir::inst::{Op, Val};

use crate::Lowered;
use crate::rewrite::{remove, rename};

/// Removes pairs of a retain and a release of the same value with nothing that could throw between them.
pub(crate) fn hand_over(lowered: &mut Lowered) {
    let func = &lowered.func;
    let mut alias: Vec<Val> = (0..func.values).map(Val).collect();
    let mut gone = vec![false; func.insts.len()];
    for block in func.block_ids() {
        let data = func.blocks[block.index()];
        for at in data.start as usize..data.end as usize {
            if let Op::Retain { a } = func.insts[at].op
                && let Some(release) = release_of(func, at + 1..data.end as usize, a, func.insts[at].dst)
                && !gone[release]
            {
                (gone[at], gone[release]) = (true, true);
                alias[func.insts[at].dst.index()] = a;
            }
        }
    }
    if !gone.contains(&true) {
        return;
    }
    remove(&mut lowered.func, &gone);
    rename(lowered, &alias);
}

/// Where `a` is released, if until then nothing throws and neither it nor its copy is given away.
fn release_of(func: &Func, insts: std::ops::Range<usize>, a: Val, copy: Val) -> Option<usize> {
    for at in insts {
        let inst = &func.insts[at];
        if let Op::Release { a: released } | Op::ReleaseQuiet { a: released } = inst.op
            && released.0 == a
        {
            return Some(at);
        }
        let mut given = false;
        func.uses(&inst.op, |v, consumed| given |= consumed && (v == a || v == copy));
        let effects = inst.op.row().effects;
        // An append takes its operand without saying so.
        if given || effects.throws() || effects.ends_block() || matches!(inst.op, Op::Append { .. }) {
            return None;
        }
    }
    None
}
