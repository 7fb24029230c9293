//! Takes the counts of borrowed values out of a function. It does not choose them.

use mir::inst::{EXCEPTION, EdgeId, Inst, Op, OperandRef, Own, Val};
use smallvec::SmallVec;

use crate::Lowered;
use crate::rewrite::{rename, taken};

/// Takes the counting of the chosen values out.
pub(super) fn apply(lowered: &mut Lowered, chosen: &[bool], lent: &[bool]) {
    let func = &mut lowered.func;
    let is = |v: Val| v != EXCEPTION && chosen.get(v.index()).copied().unwrap_or(false);
    let mut alias: Vec<Val> = (0..func.values).map(Val).collect();
    for inst in &func.insts {
        if let Op::Retain { a } = inst.op
            && is(inst.dst)
            && !lent[inst.dst.index()]
        {
            alias[inst.dst.index()] = a;
        }
    }
    let insts = taken(&mut func.insts);
    let spans = taken(&mut func.spans);
    let mut blocks = std::mem::take(&mut func.blocks);
    for data in &mut blocks {
        let start = func.insts.len() as u32;
        for at in data.start..data.end {
            let mut inst = insts[at as usize];
            let span = spans[at as usize];
            match inst.op {
                Op::Retain { a } if is(inst.dst) && lent[inst.dst.index()] => inst.op = Op::Lend { a },
                Op::Retain { .. } if is(inst.dst) => continue,
                Op::Release { a }
                | Op::ReleaseUnwinding { a }
                | Op::ReleaseQuiet { a }
                | Op::Forget { a }
                    if is(a.0) =>
                {
                    continue;
                }
                Op::BoxMove { a, void } if is(a.0) => inst.op = Op::BoxRef { a: a.0, void },
                Op::UnboxMove { a } if is(a.0) => inst.op = Op::UnboxRef { a: a.0 },
                _ => {}
            }
            // What is consumed needs a count now.
            let mut consumed: SmallVec<[Val; 2]> = SmallVec::new();
            func.uses(&inst.op, |v, consumes| {
                if consumes && is(v) {
                    consumed.push(v);
                }
            });
            for v in consumed {
                let kept = Val(func.values);
                func.values += 1;
                let rep = func.rep(v);
                if let Some(types) = &mut func.types {
                    types.reps.push(rep);
                }
                func.insts.push(Inst { op: Op::Retain { a: v }, dst: kept, unwind: EdgeId::NONE });
                func.spans.push(span);
                let mut taken = false;
                inst.op.operands_mut(&mut |operand| match operand.get() {
                    OperandRef::Own(o) if o.0 == v && !taken => {
                        taken = true;
                        operand.set(OperandRef::Own(Own(kept)));
                    }
                    _ => {}
                });
            }
            func.insts.push(inst);
            func.spans.push(span);
        }
        (data.start, data.end) = (start, func.insts.len() as u32);
    }
    func.blocks = blocks;
    rename(lowered, &alias);
}
