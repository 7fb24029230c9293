//! A value that is kept somewhere just before its owner lets it go is handed over instead: `return x` of a local, what a
//! condition leaves behind, a new box that becomes an element. Nobody can tell: there was a count at every moment in
//! between, and there is one now.

use mir::func::{Func, Rep};
use mir::groups::Flags;
use mir::inst::{Inst, Op, Own, Val};

use crate::rewrite::{remove, rename};
use crate::{Context, Lowered};

/// Removes pairs of a retain, or a store that retains, and a release of the same value with nothing that could throw
/// between them.
pub(crate) fn hand_over(cx: Context<'_>, lowered: &mut Lowered) {
    let func = &mut lowered.func;
    let mut alias: Vec<Val> = (0..func.values).map(Val).collect();
    let mut gone = Flags::from_elem(false, func.insts.len());
    for block in func.block_ids() {
        let data = func.blocks[block.index()];
        for at in data.start as usize..data.end as usize {
            let rest = at + 1..data.end as usize;
            match func.insts[at].op {
                Op::Retain { a } => {
                    let copy = func.insts[at].dst;
                    if let Some(release) = release_of(func, rest, a, Some(copy)).filter(|r| !gone[*r]) {
                        (gone[at], gone[release]) = (true, true);
                        alias[copy.index()] = a;
                    }
                }
                op => {
                    if let Some((value, op)) = moving(cx, func, op)
                        && let Some(release) = release_of(func, rest, value, None).filter(|r| !gone[*r])
                    {
                        func.insts[at].op = op;
                        gone[release] = true;
                    }
                }
            }
        }
    }
    if !gone.contains(&true) {
        return;
    }
    remove(&mut lowered.func, &gone);
    rename(lowered, &alias);
}

/// What an instruction that keeps a reference is when the reference brings its count.
fn moving(cx: Context<'_>, func: &Func, op: Op) -> Option<(Val, Op)> {
    let (value, op) = match op {
        Op::ArrPush { array, value } => (value, Op::ArrPushMove { array, value: Own(value) }),
        // The old element might have a `fini` that throws: then the new one has been taken and not thrown back.
        Op::ArrSet { array, index, value } if !cx.facts.has_finalizers() => {
            (value, Op::ArrSetMove { array, index, value: Own(value) })
        }
        _ => return None,
    };
    (func.rep(value) == Rep::Ref).then_some((value, op))
}

/// Where `a` is released, if until then nothing throws and neither it nor its copy is given away. Without a copy it is
/// not used either, and nothing else dies: what has taken it keeps it alive.
fn release_of(func: &Func, insts: std::ops::Range<usize>, a: Val, copy: Option<Val>) -> Option<usize> {
    for at in insts {
        let inst = &func.insts[at];
        let released = released(inst);
        if released == Some(a) {
            return Some(at);
        }
        let mut given = copy.is_none() && released.is_some();
        func.uses(&inst.op, |v, consumed| {
            given |= match copy {
                Some(copy) => consumed && (v == a || v == copy),
                None => v == a,
            };
        });
        let effects = inst.op.row().effects;
        // An append takes its operand without saying so.
        if given || effects.throws() || effects.ends_block() || matches!(inst.op, Op::Append { .. }) {
            return None;
        }
    }
    None
}

/// The value that an instruction does nothing but release.
fn released(inst: &Inst) -> Option<Val> {
    match inst.op {
        Op::Release { a } | Op::ReleaseQuiet { a } => Some(a.0),
        _ => None,
    }
}
