//! Owned values move at their last use. A parameter that a function keeps on every way is *taken*: whoever calls gives a
//! count along, which the function hands on to where it keeps the value. Whoever would have released its own count
//! behind the call gives that one; whoever keeps the value counts it in front of the call instead of within it.
//!
//! It is for values whose deaths nobody notices: a last use is earlier than the end of a block or of a statement. Where
//! a value that has a count must be alive is asked of `elide`.

mod last;

use mir::func::{Func, Rep, is_bit};
use mir::groups::Flags;
use mir::inst::{EdgeId, FuncId, Gives, Inst, Op, Own, Val};

use crate::rewrite::{drop_unreached, rename};
use crate::{Context, Lowered, count, elide, translate};

/// Most instructions of a generic function that is considered.
const LARGEST: usize = 250;
/// Most values that are moved in one function: after each one it is looked at anew.
const MOST: usize = 64;

/// A function with the parameters taken that it keeps on every way on which it returns: taking them costs no change of a
/// count, wherever they come from. Nothing when there is none.
pub(crate) fn find(cx: Context<'_>, id: FuncId) -> Option<Lowered> {
    let func = cx.program.func(id);
    let fits = cx.early_drop
        && func.insts.len() <= LARGEST
        && func.captures == 0
        && func.outer.is_none()
        && cx.facts.reached(id);
    if !fits {
        return None;
    }
    // A receiver is the caller's own in most calls.
    let first = u32::from(func.has_me);
    let may = |i: &u32| {
        let ty = cx.facts.param(id, *i);
        let is_reference = cx.signatures.of(id).params.get(*i as usize).is_some_and(|p| p.rep == Rep::Ref);
        is_reference && cx.facts.dies_quietly(ty) && is_kept(func, Val(*i))
    };
    let mut takes = (first..func.params.min(u32::BITS)).filter(may).fold(0, |all, i| all | 1 << i);
    // What one parameter costs does not depend on the others, but for what is tried last.
    while takes != 0 {
        let mut typed = translate(cx, id, &mut |_, _| {});
        count(cx, id, &mut typed, takes, &mut |_, _| {});
        let free = free(&typed.func);
        if free == takes {
            return Some(typed);
        }
        takes &= free;
    }
    None
}

/// Whether a generic function might keep a value.
fn is_kept(func: &Func, v: Val) -> bool {
    func.insts.iter().any(|inst| match inst.op {
        Op::Retain { a } => a == v,
        Op::SetIndex { value, .. } => value == v,
        Op::Call { args, .. } | Op::CallMethod { args, .. } => func.vals(args.0).any(|arg| arg == v),
        _ => false,
    })
}

/// The parameters that are taken and not released again where the function may still return, as bits.
fn free(func: &Func) -> u32 {
    let mut returns = Flags::from_elem(false, func.blocks.len());
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for block in func.block_ids().rev() {
            let mut can = false;
            for inst in func.block_insts(block) {
                can |= matches!(inst.op, Op::Return { .. });
                func.edges_of(inst, |e| can |= returns[func.edges[e.index()].to.index()]);
            }
            changed |= can && !std::mem::replace(&mut returns[block.index()], can);
        }
    }
    let takes = func.takes();
    let taken = &func.insts[..takes.count_ones() as usize];
    taken.iter().fold(0, |all, inst| {
        let Op::Take { a } = inst.op else { return all };
        let released = func.block_ids().filter(|b| returns[b.index()]).any(|b| {
            let drops = |i: &Inst| matches!(i.op, Op::ReleaseQuiet { a } if a.0 == inst.dst);
            func.block_insts(b).iter().any(drops)
        });
        if released { all } else { all | 1 << a.0 }
    })
}

/// Makes values with counts of parameters. They are not released yet.
pub(crate) fn take(lowered: &mut Lowered, takes: u32) {
    if takes == 0 {
        return;
    }
    let func = &mut lowered.func;
    let mut alias: Vec<Val> = (0..func.values).map(Val).collect();
    let (mut begin, mut lent) = (Vec::new(), Vec::new());
    let fresh = |func: &mut Func, op: Op, to: &mut Vec<Inst>| {
        let dst = Val(func.values);
        func.values += 1;
        if let Some(types) = &mut func.types {
            types.reps.push(Rep::Ref);
        }
        to.push(Inst { op, dst, unwind: EdgeId::NONE });
        dst
    };
    for param in (0..func.params).map(Val).filter(|p| is_bit(takes, p.index())) {
        let taken = fresh(func, Op::Take { a: param }, &mut begin);
        alias[param.index()] = taken;
        // To be passed on would give the count away.
        let is_passed = func.edges.iter().any(|edge| func.vals(edge.args).any(|v| v == param));
        if is_passed {
            let passed = fresh(func, Op::Lend { a: taken }, &mut lent);
            for i in 0..func.edges.len() {
                let args = func.edges[i].args;
                let args: Vec<u32> = func.list(args).to_vec();
                if args.contains(&param.0) {
                    let args = args.into_iter().map(|v| if v == param.0 { passed.0 } else { v });
                    func.edges[i].args = func.push_list(args);
                }
            }
        }
    }
    begin.append(&mut lent);
    let added = begin.len();
    let span = func.spans.first().copied().unwrap_or(func.span);
    // Operands first: those of the new instructions stay.
    rename(lowered, &alias);
    let func = &mut lowered.func;
    func.insts.splice(0..0, begin);
    func.spans.splice(0..0, std::iter::repeat_n(span, added));
    for (i, block) in func.blocks.iter_mut().enumerate() {
        block.start += if i == 0 { 0 } else { added as u32 };
        block.end += added as u32;
    }
}

/// Releases values with counts behind their last uses instead of where they would be left, or lets the last use have the
/// count. Of others than parameters only those are looked at that have a last use which can.
pub(crate) fn place(cx: Context<'_>, lowered: &mut Lowered) {
    let mut done: Vec<Val> = Vec::new();
    while done.len() < MOST {
        let func = &lowered.func;
        let values: Vec<(Val, usize)> =
            candidates(cx, func).into_iter().filter(|(v, _)| !done.contains(v)).collect();
        if values.is_empty() {
            return;
        }
        let needed = elide::needed(cx, func);
        let ways = last::Ways::new(func);
        let found = values.into_iter().find_map(|(v, def)| {
            done.push(v);
            last::plan(cx, func, &ways, v, def, needed.of(v))
        });
        let Some(plan) = found else { return };
        let alias = last::apply(&mut lowered.func, &plan);
        rename(lowered, &alias);
        drop_unreached(lowered);
    }
}

/// Values with counts that might be moved, with their definitions: those that are taken first.
fn candidates(cx: Context<'_>, func: &Func) -> Vec<(Val, usize)> {
    let mut kept = Flags::from_elem(false, func.values as usize);
    let mut quiet = Flags::from_elem(false, func.values as usize);
    for inst in &func.insts {
        if let Some(v) = kept_by(cx, inst) {
            kept[v.index()] = true;
        }
        if let Op::ReleaseQuiet { a } = inst.op {
            quiet[a.0.index()] = true;
        }
    }
    // Deaths that are noticed stay where they are.
    for inst in &func.insts {
        if let Op::Release { a } | Op::ReleaseUnwinding { a } | Op::Forget { a } = inst.op {
            quiet[a.0.index()] = false;
        }
    }
    let all = func.insts.iter().enumerate().filter(|(_, inst)| {
        let owned = inst.op.row().gives == Gives::Owned && func.rep(inst.dst) == Rep::Ref;
        let v = inst.dst.index();
        matches!(inst.op, Op::Take { .. }) || owned && kept[v] && quiet[v]
    });
    all.map(|(at, inst)| (inst.dst, at)).collect()
}

/// The reference that an instruction counts to keep it.
fn kept_by(cx: Context<'_>, inst: &Inst) -> Option<Val> {
    match inst.op {
        Op::Retain { a } => Some(a),
        Op::ArrPush { value, .. } => Some(value),
        // As in `handover`: what is replaced might throw when it dies.
        Op::ArrSet { value, .. } if !cx.facts.has_finalizers() => Some(value),
        _ => None,
    }
}

/// The same instruction when the reference brings its count; nothing for a retain, which goes.
fn moving(op: Op) -> Option<Op> {
    match op {
        Op::ArrPush { array, value } => Some(Op::ArrPushMove { array, value: Own(value) }),
        Op::ArrSet { array, index, value } => Some(Op::ArrSetMove { array, index, value: Own(value) }),
        _ => None,
    }
}
