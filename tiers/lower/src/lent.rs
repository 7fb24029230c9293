//! Results that are lent: what a function gives is alive anyway, because it was a parameter or was reached from one through
//! places that have not changed since. Whoever calls gets it without a count and takes one only to keep it.
//!
//! A function lends always or never, whoever calls it; code that cannot lend (another tier, a call by name) takes a
//! count on the way out, and a call that expects a lent result gives one back that it got.

use mir::func::Func;
use mir::groups::Flags;
use mir::inst::{EdgeId, FuncId, Gives, Inst, Op, Own, Val};

use crate::effects::Needs;
use crate::rewrite::taken;
use crate::{Context, Lowered, body, elide, inline};

/// Most instructions of a generic function that is considered.
const LARGEST: usize = 120;

/// What a lent result depends on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Lent {
    /// The places through which it was reached.
    pub(crate) needs: Needs,
    /// The parameters from which, as bits.
    pub(crate) params: u64,
}

/// Whether a function may turn out to lend its result, by a look at what it returns.
fn may_lend(cx: Context<'_>, id: FuncId) -> bool {
    let func = cx.program.func(id);
    let fits = func.insts.len() <= LARGEST
        && func.captures == 0
        && func.outer.is_none()
        && func.params < u64::BITS
        && cx.facts.reached(id)
        && cx.signatures.of(id).result.rep.counts();
    // A value without instruction is a parameter.
    fits && func.insts.iter().all(|inst| match inst.op {
        Op::Return { value } => {
            func.insts.iter().position(|i| i.dst == value.0).is_none_or(|at| may_be_lent(cx, id, at))
        }
        _ => true,
    })
}

/// Whether an instruction may turn out to give a value that can be lent.
fn may_be_lent(cx: Context<'_>, id: FuncId, at: usize) -> bool {
    match cx.program.func(id).insts[at].op {
        Op::GetField { .. } | Op::GetIndex { .. } | Op::GetGlobal { .. } | Op::Retain { .. } => true,
        Op::Null {} | Op::Str { .. } => true,
        Op::Call { .. } | Op::CallMethod { .. } => {
            inline::calls(cx, id, at).into_iter().all(|callee| callee == id || inline::lends(cx, callee, id))
        }
        _ => false,
    }
}

/// What the results of a function depend on if it lends them, and its body then. `assume` is told what is taken for
/// granted about calls of itself.
pub(crate) fn find(cx: Context<'_>, id: FuncId, assume: impl Fn(Option<&Lent>)) -> Option<(Lent, Func)> {
    if !cx.early_drop || !may_lend(cx, id) {
        return None;
    }
    // Calls of itself lend what they get, and then what was found; that must be found again.
    let mut before = Lent { needs: Needs::default(), params: u64::MAX };
    assume(Some(&before));
    let mut with_counts = body::translate(cx, id);
    lend(&mut with_counts);
    let is_own = |inst: &Inst| matches!(inst.op, Op::CallLent { func, .. } if func == id);
    if !with_counts.func.insts.iter().any(is_own) {
        return found(cx, id, with_counts);
    }
    for round in 0..3 {
        let (lent, typed) = found(cx, id, with_counts.clone())?;
        if round > 0 && lent == before {
            return Some((lent, typed));
        }
        assume(Some(&lent));
        before = lent;
    }
    None
}

/// What the results of a function depend on that gives them back without counts.
fn found(cx: Context<'_>, id: FuncId, mut typed: Lowered) -> Option<(Lent, Func)> {
    elide::borrow(cx, id, &mut typed);
    Some((elide::lent(cx, &typed.func)?, typed.func))
}

/// Results are given back without their counts.
pub(crate) fn lend(lowered: &mut Lowered) {
    let func = &mut lowered.func;
    let mut owned = Flags::from_elem(false, func.values as usize);
    for inst in &func.insts {
        if !inst.dst.is_none() {
            owned[inst.dst.index()] = inst.op.row().gives == Gives::Owned;
        }
    }
    for block in func.block_ids() {
        func.block_params(block).for_each(|p| owned[p.index()] = true);
    }
    let insts = taken(&mut func.insts);
    let spans = taken(&mut func.spans);
    let mut blocks = std::mem::take(&mut func.blocks);
    for data in &mut blocks {
        let start = func.insts.len() as u32;
        for at in data.start as usize..data.end as usize {
            let mut push = |op: Op, dst: Val| {
                func.insts.push(Inst { op, dst, unwind: EdgeId::NONE });
                func.spans.push(spans[at]);
            };
            match insts[at].op {
                Op::Return { value: Own(value) } if !owned[value.index()] => {
                    push(Op::ReturnLent { value }, Val::NONE);
                }
                Op::Return { value: Own(value) } => {
                    let kept = Val(func.values);
                    push(Op::Lend { a: value }, kept);
                    // Something else keeps it alive.
                    push(Op::ReleaseQuiet { a: Own(value) }, Val::NONE);
                    push(Op::ReturnLent { value: kept }, Val::NONE);
                    func.values += 1;
                    if let Some(types) = &mut func.types {
                        let rep = types.reps[value.index()];
                        types.reps.push(rep);
                    }
                }
                _ => {
                    func.insts.push(insts[at]);
                    func.spans.push(spans[at]);
                }
            }
        }
        (data.start, data.end) = (start, func.insts.len() as u32);
    }
    func.blocks = blocks;
}
