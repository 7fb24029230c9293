//! Writes a function as an exchange says it has to be. It decides nothing.

use std::collections::BTreeMap;

use mir::func::{BlockData, Edge, Func, Rep};
use mir::inst::{Block, EdgeId, Inst, Op, OperandRef, Own, Val, Vals};
use smallvec::{SmallVec, smallvec};

use super::Early;
use super::ways::Late;

/// What stands for some instructions, by position.
type Edits = BTreeMap<usize, SmallVec<[Inst; 2]>>;

/// The write becomes a swap that gives what was kept; on ways that leave before it nothing is kept.
pub(super) fn late(func: &mut Func, late: &Late) {
    let Inst { op: Op::Retain { a: read }, dst: kept, .. } = func.insts[late.retain] else { return };
    let names: Vec<(Val, Val)> = vec![(kept, read)];
    let copies = copy(func, late, &names);
    let copied: Vec<_> = late.shared.iter().map(|block| span(func, *block)).collect();
    let in_copy = |at: usize| copied.iter().any(|span| span.contains(&at));
    let mut edits = Edits::new();
    edits.insert(late.retain, smallvec![]);
    if !late.handed.is_empty() {
        let zero = fresh(func);
        edits.insert(late.retain, smallvec![Inst { op: Op::Null {}, dst: zero, unwind: EdgeId::NONE }]);
        for (at, edge) in &late.handed {
            let Edge { to, args } = func.edges[edge.index()];
            let args: Vec<u32> = func.vals(args).map(|v| name(v, &[(kept, zero)]).0).collect();
            let args = func.push_list(args);
            change_edge(func, &mut edits, *at, *edge, Edge { to, args });
        }
    }
    for at in late.releases.iter().filter(|at| !in_copy(**at)) {
        edits.insert(*at, smallvec![]);
    }
    let uses: Vec<usize> = late.uses.iter().copied().filter(|at| !in_copy(*at)).collect();
    let edges: Vec<(usize, EdgeId)> = late.edges.iter().copied().filter(|(at, _)| !in_copy(*at)).collect();
    for at in uses {
        let now = current(func, &edits, at);
        let inst = renamed(func, now, &names);
        edits.insert(at, smallvec![inst]);
    }
    for (at, edge) in edges {
        let Edge { to, args } = func.edges[edge.index()];
        let Some((_, copy)) = copies.blocks.iter().find(|(of, _)| *of == to) else { continue };
        change_edge(func, &mut edits, at, edge, Edge { to: *copy, args });
    }
    let swap = swap(func, func.insts[late.write].op, kept);
    edits.insert(late.write, swap);
    splice(func, &edits);
    for (data, insts) in copies.data {
        append(func, data, insts);
    }
}

/// The retain becomes a swap with what was written later.
pub(super) fn early(func: &mut Func, early: &Early) {
    let kept = func.insts[early.retain].dst;
    let Op::Retain { a: read } = func.insts[early.retain].op else { return };
    let write = func.insts[early.write].op;
    let mut front: SmallVec<[Inst; 2]> = early.moved.iter().map(|at| func.insts[*at]).collect();
    let mut edits = Edits::new();
    for at in &early.moved {
        edits.insert(*at, smallvec![]);
    }
    let mut names = Vec::new();
    if let (true, Some(value)) = (early.lent, written(write)) {
        let lent = fresh(func);
        front.push(Inst { op: Op::Lend { a: value }, dst: lent, unwind: EdgeId::NONE });
        names.push((value, lent));
    }
    for at in (early.retain + 1..early.write).filter(|at| !early.moved.contains(at)) {
        let inst = renamed(func, func.insts[at], &names);
        // A store might throw for all that its row says, and what is owned there is another thing now.
        let insts = match inst.op {
            Op::Store { .. } => {
                let old = fresh(func);
                let mut insts = swap(func, inst.op, old);
                insts.push(Inst {
                    op: Op::ReleaseQuiet { a: Own(old) },
                    dst: Val::NONE,
                    unwind: EdgeId::NONE,
                });
                insts
            }
            _ => smallvec![inst],
        };
        edits.insert(at, insts);
    }
    // The place is named as when it was read: its object is known there.
    let place = func.insts.iter().find(|inst| inst.dst == read).map(|inst| inst.op);
    let write = match (write, place) {
        (Op::Store { class, field, value, .. }, Some(Op::Load { object, .. })) => {
            Op::Store { object, class, field, value }
        }
        (Op::ArrSet { value, .. }, Some(Op::ArrGet { array, index })) => Op::ArrSet { array, index, value },
        (Op::ArrSetMove { value, .. }, Some(Op::ArrGet { array, index })) => {
            Op::ArrSetMove { array, index, value }
        }
        (other, _) => other,
    };
    front.extend(swap(func, write, kept));
    edits.insert(early.retain, front);
    edits.insert(early.write, smallvec![]);
    splice(func, &edits);
}

/// The instructions from a retain to a write of the same block become two blocks, one for when what was read is zero
/// and one for when it is not; the rest of the block becomes a third.
pub(super) fn split(func: &mut Func, read: Val, retain: usize, write: usize) {
    let Some(block) = func.block_ids().find(|block| span(func, *block).contains(&retain)) else { return };
    let (end, at) = (func.blocks[block.index()].end as usize, func.spans[retain]);
    let with_spans = |range: std::ops::Range<usize>, func: &Func| -> Vec<_> {
        range.map(|at| (func.insts[at], func.spans[at])).collect()
    };
    let mut nonzero = with_spans(retain..write + 1, func);
    let rest = with_spans(write + 1..end, func);
    let mut zero = Vec::new();
    let mut names: Vec<(Val, Val)> = Vec::new();
    for (inst, span) in &nonzero {
        let mut copied = renamed(func, *inst, &names);
        if !inst.dst.is_none() {
            copied.dst = value_like(func, func.rep(inst.dst));
            names.push((inst.dst, copied.dst));
        }
        copy_edges(func, &mut copied, &names, &[]);
        zero.push((copied, *span));
    }
    let first = func.blocks.len() as u32;
    let edge = |func: &mut Func, to: u32| {
        func.edges.push(Edge { to: Block(to), args: 0 });
        EdgeId(func.edges.len() as u32 - 1)
    };
    let plain = |op, dst| Inst { op, dst, unwind: EdgeId::NONE };
    for half in [&mut nonzero, &mut zero] {
        half.push((plain(Op::Jump { to: edge(func, first + 2) }, Val::NONE), at));
    }
    let is_zero = value_like(func, Rep::Bool);
    let (then, els) = (edge(func, first + 1), edge(func, first));
    let test = plain(Op::RZero { a: read }, is_zero);
    let branch = plain(Op::Branch { cond: is_zero, then, els }, Val::NONE);
    let mut edits: Edits = (retain + 1..end).map(|at| (at, smallvec![])).collect();
    edits.insert(retain, smallvec![test, branch]);
    splice(func, &edits);
    for insts in [nonzero, zero, rest] {
        append(func, BlockData { params: 0, ..func.blocks[block.index()] }, insts);
    }
}

/// A block behind all others.
fn append(func: &mut Func, data: BlockData, insts: Vec<(Inst, syntax::span::Span)>) {
    let start = func.insts.len() as u32;
    func.spans.extend(insts.iter().map(|i| i.1));
    func.insts.extend(insts.iter().map(|i| i.0));
    func.blocks.push(BlockData { start, end: func.insts.len() as u32, ..data });
}

/// The edges of a copied instruction become its own, with other names for what they pass on, to the copies of blocks
/// that are copied, too.
fn copy_edges(func: &mut Func, inst: &mut Inst, names: &[(Val, Val)], blocks: &[(Block, Block)]) {
    let mut edges: SmallVec<[EdgeId; 2]> = SmallVec::new();
    func.edges_of(inst, |e| edges.push(e));
    for e in edges {
        let Edge { to, args } = func.edges[e.index()];
        let to = blocks.iter().find(|(of, _)| *of == to).map_or(to, |(_, copy)| *copy);
        let args: Vec<u32> = func.vals(args).map(|v| name(v, names).0).collect();
        let args = func.push_list(args);
        func.edges.push(Edge { to, args });
        redirect(func, inst, e, EdgeId(func.edges.len() as u32 - 1));
    }
}

/// A write that gives what was there.
fn swap(func: &mut Func, write: Op, gives: Val) -> SmallVec<[Inst; 2]> {
    let plain = |op, dst| Inst { op, dst, unwind: EdgeId::NONE };
    match write {
        Op::Store { object, class, field, value } => {
            smallvec![plain(Op::Swap { object, class, field, value }, gives)]
        }
        Op::ArrSetMove { array, index, value } => {
            smallvec![plain(Op::ArrSwap { array, index, value }, gives)]
        }
        Op::ArrSet { array, index, value } => {
            let own = fresh(func);
            let swap = Op::ArrSwap { array, index, value: Own(own) };
            smallvec![plain(Op::Retain { a: value }, own), plain(swap, gives)]
        }
        other => smallvec![plain(other, Val::NONE)],
    }
}

fn written(write: Op) -> Option<Val> {
    match write {
        Op::Store { value: Own(v), .. } | Op::ArrSetMove { value: Own(v), .. } => Some(v),
        _ => None,
    }
}

/// One more reference.
fn fresh(func: &mut Func) -> Val {
    value_like(func, Rep::Ref)
}

fn value_like(func: &mut Func, rep: Rep) -> Val {
    func.values += 1;
    if let Some(types) = &mut func.types {
        types.reps.push(rep);
    }
    Val(func.values - 1)
}

/// Blocks that are written once more, to be put behind all others.
#[derive(Default)]
struct Copies {
    blocks: Vec<(Block, Block)>,
    data: Vec<(BlockData, Vec<(Inst, syntax::span::Span)>)>,
}

/// The shared blocks for ways from before the write: without the release.
fn copy(func: &mut Func, late: &Late, names: &[(Val, Val)]) -> Copies {
    let first = func.blocks.len() as u32;
    let mut copies = Copies::default();
    for (i, block) in late.shared.iter().enumerate() {
        copies.blocks.push((*block, Block(first + i as u32)));
    }
    for block in &late.shared {
        let mut names = names.to_vec();
        let params: Vec<Val> = func.block_params(*block).collect();
        let copied: Vec<u32> = params
            .iter()
            .map(|param| {
                let copied = value_like(func, func.rep(*param));
                names.push((*param, copied));
                copied.0
            })
            .collect();
        let params = func.push_list(copied);
        let mut insts = Vec::new();
        for at in span(func, *block).filter(|at| !late.releases.contains(at)) {
            let mut inst = renamed(func, func.insts[at], &names);
            copy_edges(func, &mut inst, &names, &copies.blocks);
            insts.push((inst, func.spans[at]));
        }
        copies.data.push((BlockData { params, ..func.blocks[block.index()] }, insts));
    }
    copies
}

fn span(func: &Func, block: Block) -> std::ops::Range<usize> {
    let data = func.blocks[block.index()];
    data.start as usize..data.end as usize
}

fn name(v: Val, names: &[(Val, Val)]) -> Val {
    names.iter().find(|(old, _)| *old == v).map_or(v, |(_, now)| *now)
}

/// An instruction with other names for its operands; those of its edges stay.
fn renamed(func: &mut Func, mut inst: Inst, names: &[(Val, Val)]) -> Inst {
    inst.op.operands_mut(&mut |operand| match operand.get() {
        OperandRef::Val(v) => operand.set(OperandRef::Val(name(v, names))),
        OperandRef::Own(v) => operand.set(OperandRef::Own(Own(name(v.0, names)))),
        OperandRef::Vals(Vals(list)) => {
            let vals: Vec<u32> = func.vals(list).map(|v| name(v, names).0).collect();
            operand.set(OperandRef::Vals(Vals(func.push_list(vals))));
        }
        _ => {}
    });
    inst
}

/// An instruction as it is with the edits so far.
fn current(func: &Func, edits: &Edits, at: usize) -> Inst {
    edits.get(&at).and_then(|now| now.first().copied()).unwrap_or(func.insts[at])
}

/// One of the edges of an instruction leads elsewhere.
fn change_edge(func: &mut Func, edits: &mut Edits, at: usize, from: EdgeId, to: Edge) {
    func.edges.push(to);
    let mut inst = current(func, edits, at);
    redirect(func, &mut inst, from, EdgeId(func.edges.len() as u32 - 1));
    edits.insert(at, smallvec![inst]);
}

/// One of the edges of an instruction becomes another one.
fn redirect(func: &mut Func, inst: &mut Inst, from: EdgeId, to: EdgeId) {
    if inst.unwind == from {
        inst.unwind = to;
        return;
    }
    inst.op.operands_mut(&mut |operand| match operand.get() {
        OperandRef::Edge(e) if e == from => operand.set(OperandRef::Edge(to)),
        OperandRef::Edges(mir::inst::Edges(list)) => {
            let edges: Vec<u32> =
                func.list(list).iter().map(|e| if EdgeId(*e) == from { to.0 } else { *e }).collect();
            operand.set(OperandRef::Edges(mir::inst::Edges(func.push_list(edges))));
        }
        _ => {}
    });
}

/// Writes the instructions once more, with others in some places.
fn splice(func: &mut Func, edits: &Edits) {
    let (insts, spans) = (std::mem::take(&mut func.insts), std::mem::take(&mut func.spans));
    for data in &mut func.blocks {
        let start = func.insts.len() as u32;
        for at in data.start as usize..data.end as usize {
            match edits.get(&at) {
                Some(now) => {
                    func.insts.extend(now.iter().copied());
                    func.spans.extend(now.iter().map(|_| spans[at]));
                }
                None => {
                    func.insts.push(insts[at]);
                    func.spans.push(spans[at]);
                }
            }
        }
        (data.start, data.end) = (start, func.insts.len() as u32);
    }
}
