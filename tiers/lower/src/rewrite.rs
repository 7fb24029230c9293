//! What every pass over typed MIR does at its end: values get other names, instructions go, blocks that nothing leads to
//! go with them. It decides nothing.

use mir::func::{BlockData, Edge, Func};
use mir::groups::Flags;
use mir::inst::{Block, EdgeId, Edges, OperandRef, Own, Val};

use crate::Lowered;

/// Uses of a value become uses of what stands for it, in the function and in what is known of its origin.
pub(crate) fn rename(lowered: &mut Lowered, alias: &[Val]) {
    rename_values(&mut lowered.func, |v| found(alias, v));
    lowered.values.iter_mut().for_each(|v| *v = found(alias, *v));
}

/// What a value is called now, when `alias` says for every value what stands for it; what is no value stays.
pub(crate) fn found(alias: &[Val], mut v: Val) -> Val {
    while let Some(of) = alias.get(v.index()).filter(|of| **of != v) {
        v = *of;
    }
    v
}

/// Replaces the uses of values.
fn rename_values(func: &mut Func, find: impl Fn(Val) -> Val) {
    let mut done = Flags::from_elem(false, func.lists.len());
    let mut list = |lists: &mut Vec<u32>, at: u32| {
        if std::mem::replace(&mut done[at as usize], true) {
            return;
        }
        let len = lists[at as usize] as usize;
        for v in &mut lists[at as usize + 1..at as usize + 1 + len] {
            *v = find(Val(*v)).0;
        }
    };
    for edge in &func.edges {
        list(&mut func.lists, edge.args);
    }
    for inst in &mut func.insts {
        inst.op.operands_mut(&mut |operand| match operand.get() {
            OperandRef::Val(v) => operand.set(OperandRef::Val(find(v))),
            OperandRef::Own(v) => operand.set(OperandRef::Own(Own(find(v.0)))),
            OperandRef::Vals(l) => list(&mut func.lists, l.0),
            OperandRef::Owns(l) => list(&mut func.lists, l.0),
            OperandRef::Edges(Edges(_)) => {}
            _ => {}
        });
    }
}

/// What a list held, and the list empty with room for as much and a little more: for passes that write it anew.
pub(crate) fn taken<T>(list: &mut Vec<T>) -> Vec<T> {
    let room = list.len() + list.len() / 8 + 4;
    std::mem::replace(list, Vec::with_capacity(room))
}

/// Takes instructions out.
pub(crate) fn remove(func: &mut Func, gone: &[bool]) {
    let mut kept = 0;
    for data in &mut func.blocks {
        let start = kept as u32;
        for at in (data.start as usize..data.end as usize).filter(|at| !gone[*at]) {
            (func.insts[kept], func.spans[kept]) = (func.insts[at], func.spans[at]);
            kept += 1;
        }
        (data.start, data.end) = (start, kept as u32);
    }
    func.insts.truncate(kept);
    func.spans.truncate(kept);
}

/// Takes out the blocks that nothing leads to, and the edges that nothing goes along.
pub(crate) fn drop_unreached(lowered: &mut Lowered) {
    let func = &mut lowered.func;
    let mut reached = Flags::from_elem(false, func.blocks.len());
    let mut work = vec![Block(0)];
    reached[0] = true;
    let mut used = 0;
    while let Some(block) = work.pop() {
        for inst in func.block_insts(block) {
            func.edges_of(inst, |e| {
                used += 1;
                let to = func.edges[e.index()].to;
                if !std::mem::replace(&mut reached[to.index()], true) {
                    work.push(to);
                }
            });
        }
    }
    // An edge belongs to one instruction.
    if used == func.edges.len() && !reached.contains(&false) {
        return;
    }
    let mut number = vec![Block::NONE; func.blocks.len()];
    let (mut blocks, mut kept) = (0, 0);
    for i in (0..reached.len()).filter(|i| reached[*i]) {
        number[i] = Block(blocks as u32);
        let data = func.blocks[i];
        let range = data.start as usize..data.end as usize;
        let end = kept + range.len();
        func.insts.copy_within(range.clone(), kept);
        func.spans.copy_within(range, kept);
        func.blocks[blocks] = BlockData { start: kept as u32, end: end as u32, ..data };
        (blocks, kept) = (blocks + 1, end);
    }
    func.blocks.truncate(blocks);
    func.insts.truncate(kept);
    func.spans.truncate(kept);
    let edges = std::mem::replace(&mut func.edges, Vec::with_capacity(used));
    for inst in &mut func.insts {
        let kept = &mut func.edges;
        let mut keep = |edge: EdgeId| {
            let old = edges[edge.index()];
            kept.push(Edge { to: number[old.to.index()], args: old.args });
            EdgeId(kept.len() as u32 - 1)
        };
        let lists = &mut func.lists;
        inst.op.operands_mut(&mut |operand| match operand.get() {
            OperandRef::Edge(e) => operand.set(OperandRef::Edge(keep(e))),
            OperandRef::Edges(Edges(at)) => {
                let at = at as usize;
                let len = lists[at] as usize;
                lists[at + 1..at + 1 + len].iter_mut().for_each(|e| *e = keep(EdgeId(*e)).0);
            }
            _ => {}
        });
        if !inst.unwind.is_none() {
            inst.unwind = keep(inst.unwind);
        }
    }
    for block in lowered.blocks.iter_mut().filter(|b| !b.is_none()) {
        *block = number[block.index()];
    }
}
