//! A function ready to run, and the slow answers about its activations: where they are, what they hold, where
//! exceptions go. It does not run anything.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use machine::{At, Body, Code as Head, Frame, Held, TierId};
use mir::func::{Func, Rep};
use mir::inst::{Block, EXCEPTION, FuncId, Gives, Inst as Mir, Op, Val};
use mir::program::Program;
use mir::types::{Signature, Slot};
use mir::verify::{self, OwnedAt};
use nyrt::heap::Shape;
use nyrt::rt::Rt;
use nyrt::value::{Ref, Value};
use smallvec::SmallVec;
use syntax::span::Span;

use crate::Source;
use crate::encode::{Encoded, Site};
use crate::live::Live;
use crate::op::Word;
use crate::plan::Konst;
use crate::sides::Sides;
use crate::slots::{NONE, param_slots};

/// What is needed to make objects, at addresses that do not change: instructions hold them.
#[allow(clippy::vec_box, reason = "instructions point to them")]
pub(crate) type Shapes = Vec<Box<Shape>>;

/// A function ready to run.
#[repr(C)]
pub(crate) struct VmCode {
    pub(crate) head: Head,
    pub(crate) words: Box<[Word]>,
    pub(crate) marks: Box<[(u32, u32)]>,
    /// The word that [`VmCode::position`] was asked for last, and its answer: who throws in a loop is asked twice each time.
    asked: Cell<(u32, u32)>,
    pub(crate) starts: Box<[u32]>,
    /// Where loops begin, with the values that are alive there.
    pub(crate) loops: Box<[(Block, Vec<Val>)]>,
    /// Constants that were made when the activation began.
    pub(crate) hoisted: Box<[(u16, Konst)]>,
    pub(crate) sites: Box<[Site]>,
    pub(crate) lists: Box<[u32]>,
    /// What places that are not static saw; instructions point into it.
    pub(crate) sides: Rc<Sides>,
    /// First word of each value.
    pub(crate) slots: Box<[u16]>,
    pub(crate) konst: Box<[Option<Konst>]>,
    pub(crate) func: Func,
    pub(crate) signature: Signature,
    /// What it gives is not owned by who gets it.
    pub(crate) lends: bool,
    pub(crate) source: Rc<dyn Source>,
    /// What instructions point to.
    _shapes: Shapes,
    owned: OnceCell<Option<OwnedAt>>,
    /// Where values are in their registers; kept for audits only.
    live: Option<Live>,
}

impl VmCode {
    pub(crate) fn new(
        id: FuncId,
        func: Func,
        signature: Signature,
        encoded: Encoded,
        shapes: Shapes,
        source: Rc<dyn Source>,
        audited: bool,
    ) -> VmCode {
        let words = encoded.words.into_boxed_slice();
        VmCode {
            head: Head::new(id, &func, TierId::VM, encoded.slots.words, words.as_ptr().cast()),
            words,
            marks: encoded.marks.into(),
            asked: Cell::new((u32::MAX, 0)),
            starts: encoded.starts.into(),
            loops: encoded.loops.into(),
            hoisted: encoded.slots.hoisted.into(),
            sites: encoded.sites.into(),
            lists: encoded.lists.into(),
            sides: Rc::new(encoded.sides),
            lends: func.insts.iter().any(|i| matches!(i.op, Op::ReturnLent { .. })),
            slots: encoded.slots.of.into(),
            konst: encoded.konst.into(),
            func,
            signature,
            source,
            _shapes: shapes,
            owned: OnceCell::new(),
            live: audited.then_some(encoded.live),
        }
    }

    /// The instruction of the function that the word at `pc` belongs to.
    pub(crate) fn position(&self, pc: *const ()) -> usize {
        let word = ((pc as usize - self.words.as_ptr() as usize) / size_of::<Word>()) as u32;
        let (asked, at) = self.asked.get();
        if asked == word {
            return at as usize;
        }
        let mark = self.marks.partition_point(|m| m.0 <= word);
        let at = mark.checked_sub(1).map_or(0, |m| self.marks[m].1);
        self.asked.set((word, at));
        at as usize
    }

    /// It.
    pub(crate) fn inst(&self, pc: *const ()) -> &Mir {
        &self.func.insts[self.position(pc)]
    }

    /// Whether an operand or the result of it is a value of unknown type.
    pub(crate) fn has_any(&self, pc: *const ()) -> bool {
        let inst = self.inst(pc);
        let mut any = !inst.dst.is_none() && self.func.rep(inst.dst) == Rep::Any;
        self.func.uses(&inst.op, |v, _| any |= self.func.rep(v) == Rep::Any);
        any
    }

    /// The words of a value; zeros if it has none.
    fn words_of(&self, frame: &Frame, v: Val) -> [u64; 2] {
        if let Some(konst) = self.konst[v.index()] {
            return konst.words();
        }
        let slot = self.slots[v.index()];
        if slot == NONE {
            return [0; 2];
        }
        assert!(u32::from(slot) + 2 <= self.head.words, "a register of another function");
        // SAFETY: the window has `words` words.
        unsafe { [*frame.window.add(slot as usize), *frame.window.add(slot as usize + 1)] }
    }

    fn set_words(&self, frame: &mut Frame, v: Val, words: [u64; 2]) {
        let slot = self.slots[v.index()];
        if slot == NONE || self.func.rep(v) == Rep::Unit {
            return;
        }
        assert!(u32::from(slot) + 2 <= self.head.words, "a register of another function");
        // SAFETY: the window has `words` words; a pair begins below the last one.
        unsafe {
            *frame.window.add(slot as usize) = words[0];
            if self.func.rep(v) == Rep::Any {
                *frame.window.add(slot as usize + 1) = words[1];
            }
        }
    }

    /// A value of the function as a whole one. Zero of a reference is `void` here, which nobody counts.
    fn value(&self, rt: &Rt, frame: &Frame, v: Val) -> Value {
        boxed(rt, Slot { rep: self.func.rep(v), void: true }, self.words_of(frame, v))
    }
}

/// The words of a value in some representation as a whole value.
pub(crate) fn boxed(rt: &Rt, slot: Slot, words: [u64; 2]) -> Value {
    let nothing = if slot.void { Value::VOID } else { Value::NULL };
    match slot.rep {
        Rep::Unit => nothing,
        Rep::I64 => Value::int(words[0] as i64),
        Rep::F64 => Value::float(nyrt::scalar::word_to_float(words[0])),
        Rep::Bool => Value::bool(words[0] != 0),
        Rep::Ref if words[0] == 0 => nothing,
        Rep::Ref => rt.heap.value_of(Ref(words[0] as u32)),
        Rep::Any => Value::from_words(words[0], words[1]),
    }
}

/// A whole value as words in some representation, which it has.
#[inline(always)]
pub(crate) fn unboxed(rep: Rep, value: Value) -> [u64; 2] {
    match rep {
        Rep::Unit => [0; 2],
        Rep::I64 | Rep::F64 | Rep::Bool => [value.payload(), 0],
        Rep::Ref if value.is_ref() => [value.payload(), 0],
        Rep::Ref => [0; 2],
        Rep::Any => [value.tag(), value.payload()],
    }
}

// SAFETY: `repr(C)`, the head is first; `new` gives the size of the window in words and the address of the first
// word; parameters are not plain.
unsafe impl Body for VmCode {
    fn op(&self, frame: &Frame) -> Op {
        self.inst(frame.pc).op
    }
    fn position(&self, _: &Frame) -> Option<usize> {
        None
    }
    fn span(&self, frame: &Frame) -> Span {
        self.func.spans.get(self.position(frame.pc)).copied().unwrap_or_default()
    }
    fn step_span(&self, frame: &Frame) -> Span {
        let word = (frame.pc as usize - self.words.as_ptr() as usize) / size_of::<Word>();
        let starts = |block: Block| self.starts.get(block.index()).is_some_and(|at| *at as usize == word);
        // No loop begins with the first word.
        let block =
            if word == 0 { Some(Block(0)) } else { self.loops.iter().map(|l| l.0).find(|b| starts(*b)) };
        match block.and_then(|b| self.func.blocks.get(b.index())) {
            Some(block) => block.span,
            None => self.span(frame),
        }
    }
    fn get(&self, rt: &Rt, frame: &Frame, val: Val) -> Value {
        self.value(rt, frame, val)
    }
    fn catch(&self, frame: &mut Frame, value: Value) -> bool {
        let unwind = self.inst(frame.pc).unwind;
        if unwind.is_none() {
            return false;
        }
        let edge = self.func.edges[unwind.index()];
        let args: SmallVec<[[u64; 2]; 8]> = self
            .func
            .vals(edge.args)
            .map(|v| if v == EXCEPTION { unboxed(Rep::Any, value) } else { self.words_of(frame, v) })
            .collect();
        for (param, words) in self.func.block_params(edge.to).zip(args) {
            self.set_words(frame, param, words);
        }
        let start = self.starts[edge.to.index()];
        frame.pc = (&raw const self.words[start as usize]).cast();
        true
    }
    fn give(&self, rt: &mut Rt, frame: &mut Frame, value: Value) {
        let dst = self.inst(frame.pc).dst;
        if dst.is_none() {
            return rt.heap.release(value);
        }
        self.set_words(frame, dst, unboxed(self.func.rep(dst), value));
        // From code that does not lend: the places that keep it alive do so without this count.
        if matches!(self.inst(frame.pc).op, Op::CallLent { .. }) {
            rt.heap.release(value);
        }
    }
    fn take_given(&self, rt: &Rt, frame: &mut Frame) -> Value {
        let inst = self.inst(frame.pc);
        if inst.op.row().gives != Gives::Owned || inst.dst.is_none() || !self.func.rep(inst.dst).counts() {
            return Value::VOID;
        }
        self.value(rt, frame, inst.dst)
    }
    fn advance(&self, frame: &mut Frame) {
        let word = (frame.pc as usize - self.words.as_ptr() as usize) / size_of::<Word>();
        let next = self.marks.partition_point(|m| m.0 as usize <= word);
        let (done, rest) = self.marks.split_at(next);
        // What does not end a block is followed by something; words of the same instruction are done, too.
        let is_other = |m: &&(u32, u32)| done.last().is_none_or(|done| done.1 != m.1);
        let at = rest.iter().find(is_other).map_or(word, |m| m.0 as usize);
        frame.pc = (&raw const self.words[at]).cast();
    }
    fn set_params(&self, frame: &mut Frame, args: &[Value]) {
        for (i, arg) in args.iter().enumerate() {
            let v = Val(i as u32);
            self.set_words(frame, v, unboxed(self.func.rep(v), *arg));
        }
    }
    fn param(&self, rt: &Rt, frame: &Frame, index: usize) -> Value {
        match self.signature.params.get(index) {
            Some(slot) => boxed(rt, *slot, self.words_of(frame, Val(index as u32))),
            None => Value::VOID,
        }
    }
    fn held(&self, rt: &Rt, frame: &Frame, at: At, held: &mut Held<'_>) -> bool {
        let Some(owned) = self.owned(held.program()) else { return false };
        let position = self.position(frame.pc);
        let op = self.func.insts[position].op;
        let mut vals = match at {
            At::After => owned.after(&self.func, position),
            At::Before | At::Calling | At::Thrown => owned.before(&self.func, position),
        };
        let calls = matches!(op, Op::CallGiving { .. });
        if at == At::Thrown && op.consumes_when_throwing() || at == At::Calling && calls {
            self.func.uses(&op, |v, consumed| vals.retain(|h| !consumed || *h != v));
        }
        // What is only forgotten from here on may have lost its register, and is no reference.
        let there = |v: Val| {
            let kept = v.0 < self.func.params || self.konst[v.index()].is_some();
            kept || self.live.as_ref().is_none_or(|l| l.holds(v, position, at == At::After))
        };
        // What was given along and is not taken yet.
        for inst in self.func.insts.iter().take(self.func.takes().count_ones() as usize).skip(position) {
            if let Op::Take { a } = inst.op {
                held.push(self.value(rt, frame, a));
            }
        }
        for v in vals.into_iter().filter(|v| self.func.rep(*v).counts() && there(*v)) {
            held.push(self.value(rt, frame, v));
        }
        true
    }
}

impl VmCode {
    /// Who owns what where.
    pub(crate) fn owned(&self, program: &Program) -> Option<&OwnedAt> {
        self.owned.get_or_init(|| verify::owned_at(program, &self.func).ok()).as_ref()
    }

    /// The numbers and sizes of the words where the parameters lie.
    pub(crate) fn param_words(signature: &Signature) -> Option<Vec<u16>> {
        param_slots(&signature.params).map(|p| p.0)
    }
}
