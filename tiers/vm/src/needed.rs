//! Which values somebody needs. What is only passed around, or made and forgotten, costs nothing: its instructions
//! and copies are left out. It looks at instructions one by one and trusts what their rows say.

use mir::func::Func;
use mir::groups::{Flags, Groups};
use mir::inst::{Gives, Op, OperandRef, Val};

use crate::flow::Flow;

/// Whether an instruction may be left out when nobody needs what it gives.
fn only_gives(op: &Op) -> bool {
    let row = op.row();
    let reads = !row.effects.throws() && !row.effects.ends_block() && row.gives != Gives::Nothing;
    let mut takes = false;
    op.operands(&mut |operand| takes |= matches!(operand.get(), OperandRef::Own(_) | OperandRef::Owns(_)));
    // Counts belong to somebody who gives them back.
    reads && !takes && row.gives != Gives::Owned
}

/// Of every value, whether it is needed; and of every instruction, whether it is left out.
pub(crate) fn needed(func: &Func, flow: &Flow) -> (Flags, Flags) {
    let mut needed = Flags::from_elem(false, func.values as usize);
    let mut def = vec![u32::MAX; func.values as usize];
    let mut passed: Vec<(u32, Val)> = Vec::new();
    let mut work: Vec<Val> = Vec::new();
    for block in func.block_ids().filter(|b| flow.reached(*b)) {
        let data = func.blocks[block.index()];
        for at in data.start..data.end {
            let inst = &func.insts[at as usize];
            if only_gives(&inst.op) {
                def[inst.dst.index()] = at;
            } else if !matches!(inst.op, Op::Forget { .. }) {
                func.uses(&inst.op, |v, _| work.push(v));
            }
            func.edges_of(inst, |e| {
                let edge = func.edges[e.index()];
                for (param, arg) in func.block_params(edge.to).zip(func.vals(edge.args)) {
                    if arg.0 < func.values {
                        passed.push((param.0, arg));
                    }
                }
            });
        }
    }
    let args = Groups::new(func.values as usize, &passed);
    while let Some(v) = work.pop() {
        if std::mem::replace(&mut needed[v.index()], true) {
            continue;
        }
        work.extend_from_slice(args.of(v.index()));
        if let Some(inst) = func.insts.get(def[v.index()] as usize) {
            func.uses(&inst.op, |v, _| work.push(v));
        }
    }
    let mut left_out = Flags::from_elem(false, func.insts.len());
    for (v, at) in def.iter().enumerate().filter(|(_, at)| **at != u32::MAX) {
        left_out[*at as usize] = !needed[v];
    }
    // What an instruction gives that stays is written, needed or not.
    for inst in func.insts.iter().filter(|i| !i.dst.is_none() && !only_gives(&i.op)) {
        needed[inst.dst.index()] = true;
    }
    (needed, left_out)
}
