//! What a function is made ready for on its first call: edges become positions with a sequence of
//! copies, and every index in it is checked once, so that the loop need not check any.

use machine::{At, Body, Code, Frame, Held, Malformed, TierId};
use mir::func::Func;
use mir::inst::{EXCEPTION, EdgeId, FuncId, Gives, Inst, Op, OperandRef, Val};
use mir::loops;
use nyrt::rt::Rt;
use nyrt::value::Value;
use syntax::span::Span;

/// A function ready to run. Register `n` is the value at `n` of the window.
#[repr(C)]
pub(crate) struct Prepared {
    pub(crate) head: Code,
    /// Size of the window: the values, then the slot [`Prepared::exception`], then the one that breaks cycles of copies.
    pub(crate) regs: u32,
    pub(crate) insts: Box<[Inst]>,
    pub(crate) edges: Box<[Edge]>,
    moves: Box<[Move]>,
    pub(crate) lists: Box<[u32]>,
    spans: Box<[Span]>,
}

/// Where an edge goes.
#[derive(Clone, Copy)]
pub(crate) struct Edge {
    /// Position of the target's first instruction.
    pub(crate) pc: u32,
    first_move: u32,
    moves: u32,
    /// Whether it closes a loop.
    pub(crate) back: bool,
}

/// `to = from`, both registers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Move {
    pub(crate) to: u32,
    pub(crate) from: u32,
}

impl Prepared {
    /// Register that receives a thrown value before the copies of an unwind edge run.
    #[inline(always)]
    pub(crate) fn exception(&self) -> usize {
        self.regs as usize - 2
    }

    /// The copies of an edge, in an order in which they can be done one by one.
    #[inline(always)]
    pub(crate) fn moves(&self, edge: &Edge) -> &[Move] {
        // SAFETY: `prepare` made the range from the moves it pushed.
        unsafe { self.moves.get_unchecked(edge.first_move as usize..(edge.first_move + edge.moves) as usize) }
    }

    /// A list of operands.
    #[inline(always)]
    pub(crate) fn list(&self, at: u32) -> &[u32] {
        // SAFETY: `prepare` has checked every list that an instruction names.
        unsafe {
            let len = *self.lists.get_unchecked(at as usize) as usize;
            self.lists.get_unchecked(at as usize + 1..at as usize + 1 + len)
        }
    }

    /// Checks a function and makes it ready.
    pub(crate) fn prepare(id: FuncId, f: &Func) -> Result<Prepared, Malformed> {
        let mut at = 0;
        Self::prepare_checked(id, f, &mut at).ok_or(Malformed { func: id, at })
    }

    fn prepare_checked(id: FuncId, f: &Func, at: &mut usize) -> Option<Prepared> {
        let (exception, scratch) = (f.values, f.values.checked_add(1)?);
        if f.params > f.values || f.spans.len() != f.insts.len() || f.insts.is_empty() {
            return None;
        }
        let list = |at: u32| {
            let len = *f.lists.get(at as usize)? as usize;
            f.lists.get(at as usize + 1..at as usize + 1 + len)
        };
        let reg = |v: u32| v < f.values;
        let regs = |at: u32| list(at).is_some_and(|l| l.iter().all(|v| reg(*v)));
        let edge = |e: EdgeId| e.index() < f.edges.len();
        for (i, inst) in f.insts.iter().enumerate() {
            *at = i;
            let gives = inst.op.row().gives != Gives::Nothing;
            let mut good = (if gives { reg(inst.dst.0) } else { inst.dst.is_none() })
                && (inst.unwind.is_none() || edge(inst.unwind));
            let effects = inst.op.row().effects;
            good &= !effects.is_early() && !effects.is_typed();
            inst.op.operands(&mut |operand| {
                good &= match operand.get() {
                    OperandRef::Val(v) => reg(v.0),
                    OperandRef::Own(v) => reg(v.0.0),
                    OperandRef::Vals(l) => regs(l.0),
                    OperandRef::Owns(l) => regs(l.0),
                    OperandRef::Edge(e) => edge(e),
                    OperandRef::Edges(l) => {
                        list(l.0).is_some_and(|l| !l.is_empty() && l.iter().all(|e| edge(EdgeId(*e))))
                    }
                    _ => true,
                };
            });
            if !good {
                return None;
            }
        }
        // The loop goes on to the next instruction after everything that does not end a block.
        if !f.insts.last().is_some_and(|last| last.op.row().effects.ends_block()) {
            return None;
        }

        let mut moves = Vec::new();
        let mut edges = Vec::with_capacity(f.edges.len());
        let mut pairs = Vec::new();
        let closing = loops::closing(f);
        for (e, back) in f.edges.iter().zip(closing) {
            let target = f.blocks.get(e.to.index())?;
            let (params, args) = (list(target.params)?, list(e.args)?);
            if params.len() != args.len() || target.start as usize >= f.insts.len() || !regs(target.params) {
                return None;
            }
            pairs.clear();
            for (to, from) in params.iter().zip(args) {
                let from = if *from == EXCEPTION.0 { exception } else { *from };
                if from > exception {
                    return None;
                }
                pairs.push(Move { to: *to, from });
            }
            let first_move = moves.len() as u32;
            one_by_one(&mut pairs, scratch, &mut moves);
            edges.push(Edge { pc: target.start, first_move, moves: moves.len() as u32 - first_move, back });
        }
        let regs = f.values.checked_add(2)?;
        let insts = f.insts.clone().into_boxed_slice();
        let mut head = Code::new(id, f, TierId::INTERP, regs.checked_mul(2)?, insts.as_ptr().cast());
        head.plain = true;
        Some(Prepared {
            head,
            regs,
            insts,
            edges: edges.into_boxed_slice(),
            moves: moves.into_boxed_slice(),
            lists: f.lists.clone().into_boxed_slice(),
            spans: f.spans.clone().into_boxed_slice(),
        })
    }
}

impl Prepared {
    /// The instruction an activation of this function is at.
    fn inst(&self, frame: &Frame) -> &Inst {
        &self.insts[self.at(frame)]
    }
    /// Its position.
    fn at(&self, frame: &Frame) -> usize {
        (frame.pc as usize - self.insts.as_ptr() as usize) / size_of::<Inst>()
    }
    fn reg(&self, frame: &Frame, reg: usize) -> Value {
        assert!(reg < self.regs as usize, "a register of another function");
        // SAFETY: the window has `regs` values.
        unsafe { *frame.values().add(reg) }
    }
    fn set(&self, frame: &mut Frame, reg: usize, v: Value) {
        assert!(reg < self.regs as usize, "a register of another function");
        // SAFETY: the window has `regs` values.
        unsafe { *frame.values().add(reg) = v }
    }
}

// SAFETY: `repr(C)`, the head is first; `prepare` made it with the size of the window in words, parameters in
// the first registers, and the address of the first instruction.
unsafe impl Body for Prepared {
    fn op(&self, frame: &Frame) -> Op {
        self.inst(frame).op
    }
    fn position(&self, frame: &Frame) -> Option<usize> {
        Some(self.at(frame))
    }
    fn span(&self, frame: &Frame) -> Span {
        self.spans.get(self.at(frame)).copied().unwrap_or_default()
    }
    fn step_span(&self, frame: &Frame) -> Span {
        // The first instruction is the one of the source: nothing is taken away in generic functions.
        self.span(frame)
    }
    fn get(&self, _: &Rt, frame: &Frame, val: Val) -> Value {
        self.reg(frame, val.index())
    }
    fn catch(&self, frame: &mut Frame, value: Value) -> bool {
        let unwind = self.inst(frame).unwind;
        if unwind.is_none() {
            return false;
        }
        self.set(frame, self.exception(), value);
        let edge = &self.edges[unwind.index()];
        for m in self.moves(edge) {
            self.set(frame, m.to as usize, self.reg(frame, m.from as usize));
        }
        frame.pc = (&raw const self.insts[edge.pc as usize]).cast();
        true
    }
    fn give(&self, rt: &mut Rt, frame: &mut Frame, value: Value) {
        let dst = self.inst(frame).dst;
        if dst.is_none() {
            return rt.heap.release(value);
        }
        self.set(frame, dst.index(), value);
    }
    fn take_given(&self, _: &Rt, frame: &mut Frame) -> Value {
        let inst = self.inst(frame);
        if inst.op.row().gives != Gives::Owned || inst.dst.is_none() {
            return Value::VOID;
        }
        self.reg(frame, inst.dst.index())
    }
    fn advance(&self, frame: &mut Frame) {
        let next = self.at(frame) + 1;
        // `prepare` has checked that the last instruction ends a block, and those are not advanced over.
        frame.pc = (&raw const self.insts[next]).cast();
    }
    fn set_params(&self, frame: &mut Frame, args: &[Value]) {
        for (reg, arg) in args.iter().enumerate() {
            self.set(frame, reg, *arg);
        }
    }
    fn param(&self, _: &Rt, frame: &Frame, index: usize) -> Value {
        self.reg(frame, index)
    }
    fn held(&self, _: &Rt, frame: &Frame, at: At, held: &mut Held<'_>) -> bool {
        held.generic(self.head.func, self.at(frame), at, &|v| self.reg(frame, v.index()))
    }
}

/// Turns copies that happen at once into a sequence: a copy may go ahead when nobody still has to read its target;
/// when none may, the rest are cycles and one value is put aside.
fn one_by_one(pairs: &mut Vec<Move>, scratch: u32, out: &mut Vec<Move>) {
    pairs.retain(|m| m.to != m.from);
    while !pairs.is_empty() {
        let before = pairs.len();
        let mut i = 0;
        while i < pairs.len() {
            let to = pairs[i].to;
            if pairs.iter().all(|m| m.from != to) {
                out.push(pairs.swap_remove(i));
            } else {
                i += 1;
            }
        }
        if pairs.len() == before {
            let put_aside = pairs[0].from;
            out.push(Move { to: scratch, from: put_aside });
            pairs.iter_mut().filter(|m| m.from == put_aside).for_each(|m| m.from = scratch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(u32, u32)]) {
        let mut regs: Vec<u32> = (0..20).collect();
        let mut expected = regs.clone();
        for (to, from) in pairs {
            expected[*to as usize] = *from;
        }
        let mut list: Vec<Move> = pairs.iter().map(|&(to, from)| Move { to, from }).collect();
        let mut out = Vec::new();
        one_by_one(&mut list, 19, &mut out);
        for m in out {
            regs[m.to as usize] = regs[m.from as usize];
        }
        assert_eq!(regs[..19], expected[..19], "{pairs:?}");
    }

    #[test]
    fn copies_that_happen_at_once() {
        check(&[]);
        check(&[(1, 1), (2, 2)]);
        check(&[(1, 2), (2, 1)]);
        check(&[(1, 2), (2, 3), (3, 1), (4, 1), (5, 5)]);
        check(&[(1, 2), (2, 1), (3, 4), (4, 3), (6, 1), (7, 3)]);
        check(&[(1, 0), (2, 1), (3, 2), (4, 3)]);
    }
}
