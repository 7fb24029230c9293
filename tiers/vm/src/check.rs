//! Whether a typed function keeps the rules that the encoding and the loop rely on: numbers in range, and every
//! operand in the representation that its instruction wants. It does not look at counts or dominance.

use machine::Malformed;
use mir::func::{Func, Rep};
use mir::inst::{EXCEPTION, EdgeId, FuncId, Gives, Op, OperandRef, Own, Val};
use mir::types::{self, Signature, Signatures, Want};

/// Checks a function; the position of the first wrong instruction otherwise.
pub(crate) fn check(
    id: FuncId,
    f: &Func,
    signature: &Signature,
    signatures: &dyn Signatures,
) -> Result<(), Malformed> {
    let mut at = 0;
    whole(f)
        .and_then(|()| entry(f, signature))
        .and_then(|()| holds(signatures.takes(id) == f.takes()))
        .and_then(|()| insts(f, signatures, &mut at))
        .ok_or(Malformed { func: id, at })
}

fn holds(it: bool) -> Option<()> {
    it.then_some(())
}

fn list(f: &Func, at: u32) -> Option<&[u32]> {
    let len = *f.lists.get(at as usize)? as usize;
    f.lists.get(at as usize + 1..(at as usize + 1).checked_add(len)?)
}

/// Tables, blocks and edges.
fn whole(f: &Func) -> Option<()> {
    let reps = &f.types.as_ref()?.reps;
    holds(reps.len() == f.values as usize && f.params <= f.values && f.spans.len() == f.insts.len())?;
    holds(f.insts.len() < 1 << 29 && !f.insts.is_empty() && !f.blocks.is_empty())?;
    let mut next = 0;
    for block in &f.blocks {
        holds(block.start == next && block.end > block.start && block.end as usize <= f.insts.len())?;
        next = block.end;
        holds(list(f, block.params)?.iter().all(|v| *v >= f.params && *v < f.values))?;
        let (last, rest) = f.insts[block.start as usize..block.end as usize].split_last()?;
        holds(last.op.row().effects.ends_block())?;
        holds(rest.iter().all(|i| !i.op.row().effects.ends_block()))?;
    }
    holds(next as usize == f.insts.len() && list(f, f.blocks[0].params)?.is_empty())?;
    for edge in &f.edges {
        let params = list(f, f.blocks.get(edge.to.index())?.params)?;
        let args = list(f, edge.args)?;
        holds(params.len() == args.len())?;
        for (param, arg) in params.iter().zip(args) {
            let rep = if *arg == EXCEPTION.0 { Rep::Any } else { *reps.get(*arg as usize)? };
            holds(rep == reps[*param as usize])?;
        }
    }
    Some(())
}

/// Parameters and result are as callers see them.
fn entry(f: &Func, signature: &Signature) -> Option<()> {
    let types = f.types.as_ref()?;
    holds(signature.params.len() == f.params as usize && signature.result.rep == types.result)?;
    holds(signature.params.iter().zip(&types.reps).all(|(param, rep)| param.rep == *rep))
}

fn insts(f: &Func, signatures: &dyn Signatures, at: &mut usize) -> Option<()> {
    let value = |v: Val| v.0 < f.values;
    let edge = |e: EdgeId| e.index() < f.edges.len();
    for (i, inst) in f.insts.iter().enumerate() {
        *at = i;
        let row = inst.op.row();
        holds(!row.effects.is_early())?;
        holds(inst.unwind.is_none() || edge(inst.unwind))?;
        let mut good = true;
        inst.op.operands(&mut |operand| {
            good &= match operand.get() {
                OperandRef::Val(v) => value(v),
                OperandRef::Own(v) => value(v.0),
                OperandRef::Vals(l) => list(f, l.0).is_some_and(|l| l.iter().all(|v| *v < f.values)),
                OperandRef::Owns(l) => list(f, l.0).is_some_and(|l| l.iter().all(|v| *v < f.values)),
                OperandRef::Edge(e) => edge(e),
                OperandRef::Edges(l) => {
                    list(f, l.0).is_some_and(|l| !l.is_empty() && l.iter().all(|e| edge(EdgeId(*e))))
                }
                _ => true,
            };
        });
        holds(good)?;
        types::operands(f, &inst.op, |v, want| {
            // A reference in place of an Any would be read as two registers.
            good &= want.takes(f.rep(v)) || (want == Want::Free);
        });
        holds(good)?;
        match inst.op {
            Op::CallDirect { func, args }
            | Op::CallLent { func, args }
            | Op::CallGiving { func, args, .. }
            | Op::CallClosure { func, args, .. } => {
                // Callee and caller go by the same counts.
                let given = if let Op::CallGiving { given, .. } = inst.op { given } else { 0 };
                holds(signatures.takes(func) == given)?;
                let signature = signatures.signature(func)?;
                let args = list(f, args.0)?;
                holds(args.len() == signature.params.len())?;
                let fits = args.iter().zip(&signature.params).all(|(a, p)| f.rep(Val(*a)) == p.rep);
                holds(fits && !inst.dst.is_none() && f.rep(inst.dst) == signature.result.rep)?;
            }
            Op::Return { value: Own(value) } | Op::ReturnLent { value } => {
                holds(f.rep(value) == f.types.as_ref()?.result)?
            }
            Op::Take { a } => holds(a.0 < f.params && i < f.takes().count_ones() as usize)?,
            Op::Retain { a } | Op::Lend { a } => holds(f.rep(a) == f.rep(inst.dst))?,
            Op::NewArray { .. } | Op::NewClosure { .. } | Op::NewCell { .. } => return None,
            _ => {}
        }
        if row.gives == Gives::Nothing {
            holds(inst.dst.is_none())?;
        } else {
            holds(value(inst.dst) && inst.dst.0 >= f.params)?;
            holds(types::result(inst).is_none_or(|rep| rep == f.rep(inst.dst)))?;
        }
        if let Op::Null {} | Op::Void {} = inst.op {
            holds(matches!(f.rep(inst.dst), Rep::Unit | Rep::Ref | Rep::Any))?;
        }
    }
    Some(())
}
