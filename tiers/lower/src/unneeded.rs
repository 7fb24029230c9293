//! Values that are only carried to where they are forgotten need not be carried: what conditions and statements leave behind
//! of numbers. Blocks lose such parameters, so that more of them have none.
//!
//! A value with an owner is forgotten where it would have been passed on. Values that may hold references are never
//! forgotten, so nothing dies earlier or later.

use mir::func::{Func, Rep};
use mir::groups::Flags;
use mir::inst::{Block, EXCEPTION, EdgeId, Gives, Inst, Op, Own, Val};

use crate::Lowered;
use crate::rewrite::{remove, taken};

/// Takes out parameters of blocks that are only forgotten.
pub(crate) fn drop_carried(lowered: &mut Lowered) {
    let func = &mut lowered.func;
    let carried = carried(func);
    if !carried.contains(&true) {
        return;
    }
    let is = |v: Val| carried.get(v.index()).copied().unwrap_or(false);
    let owned = owned(func);
    let gone: Flags = func.insts.iter().map(|i| matches!(i.op, Op::Forget { a } if is(a.0))).collect();
    remove(func, &gone);

    // Who passes on what: the arguments go, those with owners are forgotten in front of the jump.
    let mut forgotten: Vec<(Block, Vec<Val>)> = Vec::new();
    for block in func.block_ids() {
        let last = func.blocks[block.index()].end as usize - 1;
        if let Op::Jump { to } = func.insts[last].op {
            let edge = func.edges[to.index()];
            let pairs = func.vals(edge.args).zip(func.block_params(edge.to));
            let lost = pairs.filter(|(arg, param)| is(*param) && !is(*arg) && owned[arg.index()]);
            let lost: Vec<Val> = lost.map(|(arg, _)| arg).collect();
            if !lost.is_empty() {
                forgotten.push((block, lost));
            }
        }
    }
    for i in 0..func.edges.len() {
        let edge = func.edges[i];
        let pairs = func.vals(edge.args).zip(func.block_params(edge.to));
        let args: Vec<u32> = pairs.filter(|(_, param)| !is(*param)).map(|(arg, _)| arg.0).collect();
        if args.len() < func.list(edge.args).len() {
            func.edges[i].args = func.push_list(args);
        }
    }
    for i in 0..func.blocks.len() {
        let params: Vec<u32> = func.block_params(Block(i as u32)).filter(|p| !is(*p)).map(|p| p.0).collect();
        if params.len() < func.list(func.blocks[i].params).len() {
            func.blocks[i].params = func.push_list(params);
        }
    }
    forget_before_jumps(func, &forgotten);
}

/// Of each value, whether it is a parameter that is only forgotten or passed on to such parameters.
fn carried(func: &Func) -> Flags {
    let mut carried = Flags::from_elem(false, func.values as usize);
    for block in func.block_ids().skip(1) {
        func.block_params(block).filter(|p| func.rep(*p) == Rep::Any).for_each(|p| carried[p.index()] = true);
    }
    if !carried.contains(&true) {
        return carried;
    }
    for inst in &func.insts {
        if !matches!(inst.op, Op::Forget { .. }) {
            func.uses(&inst.op, |v, _| carried[v.index()] = false);
        }
    }
    let owned = owned(func);
    let jumps = jumps(func);
    // Given along an edge that has no place to forget it: then it stays itself.
    let mut passed: Vec<(Val, Val)> = Vec::new();
    for (i, edge) in func.edges.iter().enumerate() {
        for (arg, param) in func.vals(edge.args).zip(func.block_params(edge.to)) {
            if arg == EXCEPTION || owned[arg.index()] && !jumps[i] {
                carried[param.index()] = false;
            }
            if arg != EXCEPTION {
                passed.push((param, arg));
            }
        }
    }
    // Passed to one that stays.
    passed.sort_unstable();
    let mut stay: Vec<Val> = passed.iter().map(|(param, _)| *param).filter(|p| !carried[p.index()]).collect();
    stay.dedup();
    while let Some(param) = stay.pop() {
        let first = passed.partition_point(|(p, _)| *p < param);
        for (_, arg) in passed[first..].iter().take_while(|(p, _)| *p == param) {
            if std::mem::replace(&mut carried[arg.index()], false) {
                stay.push(*arg);
            }
        }
    }
    carried
}

/// Of each value, whether somebody has to let it go.
fn owned(func: &Func) -> Flags {
    let mut owned = Flags::from_elem(false, func.values as usize);
    for inst in func.insts.iter().filter(|i| i.op.row().gives == Gives::Owned && !i.dst.is_none()) {
        owned[inst.dst.index()] = func.rep(inst.dst).counts();
    }
    for block in func.block_ids() {
        func.block_params(block).for_each(|p| owned[p.index()] = func.rep(p).counts());
    }
    owned
}

/// Of each edge, whether a jump goes along it.
fn jumps(func: &Func) -> Flags {
    let mut jumps = Flags::from_elem(false, func.edges.len());
    for inst in &func.insts {
        if let Op::Jump { to: EdgeId(to) } = inst.op {
            jumps[to as usize] = true;
        }
    }
    jumps
}

fn forget_before_jumps(func: &mut Func, forgotten: &[(Block, Vec<Val>)]) {
    let (insts, spans) = (taken(&mut func.insts), taken(&mut func.spans));
    let mut forgotten = forgotten.iter().peekable();
    for i in 0..func.blocks.len() {
        let data = func.blocks[i];
        let start = func.insts.len() as u32;
        let (from, last) = (data.start as usize, data.end as usize - 1);
        func.insts.extend_from_slice(&insts[from..last]);
        func.spans.extend_from_slice(&spans[from..last]);
        if let Some((_, vals)) = forgotten.next_if(|(block, _)| block.index() == i) {
            for v in vals {
                let op = Op::Forget { a: Own(*v) };
                func.insts.push(Inst { op, dst: Val::NONE, unwind: EdgeId::NONE });
                func.spans.push(spans[last]);
            }
        }
        func.insts.push(insts[last]);
        func.spans.push(spans[last]);
        (func.blocks[i].start, func.blocks[i].end) = (start, func.insts.len() as u32);
    }
}
