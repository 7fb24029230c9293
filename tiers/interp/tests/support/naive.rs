//! A second tier for tests: generic MIR again, but with everything that a tier may choose chosen differently. Windows begin
//! with a word pair that means nothing, positions are numbers, parameters are kept apart from registers, every
//! instruction goes through [`Machine::perform`]. It is slow and obviously right.

use std::cell::Cell;
use std::ptr::without_provenance;

use machine::{At, Body, Code, CodePtr, Flow, Frame, Held, Machine, NotReady, Promoter, Tier, TierId};
use mir::func::Func;
use mir::inst::{EXCEPTION, EdgeId, FuncId, Gives, Inst, Op, Val};
use mir::loops;
use nyrt::rt::Rt;
use nyrt::value::Value;
use syntax::span::Span;

/// Values before the registers.
const PAD: usize = 1;

#[repr(C)]
struct Plain {
    head: Code,
    f: Func,
    closing: Vec<bool>,
}

impl Plain {
    fn new(id: FuncId, f: &Func) -> Plain {
        let words = 2 * (PAD as u32 + f.params + f.values);
        Plain {
            head: Code::new(id, f, TierId::VM, words, without_provenance(0)),
            f: f.clone(),
            closing: loops::closing(f).into_vec(),
        }
    }
    fn at(frame: &Frame) -> usize {
        frame.pc.addr()
    }
    fn inst(&self, frame: &Frame) -> &Inst {
        &self.f.insts[Plain::at(frame)]
    }
    /// The register that has number 0.
    fn base(&self, frame: &Frame) -> *mut Value {
        // SAFETY: the window has PAD + params + values values.
        unsafe { frame.values().add(PAD + self.f.params as usize) }
    }
    fn reg(&self, frame: &Frame, v: Val) -> Value {
        assert!(v.0 < self.f.values);
        // SAFETY: see `base`.
        unsafe { *self.base(frame).add(v.index()) }
    }
    fn set(&self, frame: &mut Frame, v: Val, value: Value) {
        assert!(v.0 < self.f.values);
        // SAFETY: see `base`.
        unsafe { *self.base(frame).add(v.index()) = value }
    }
    /// Goes along an edge; says whether it closes a loop.
    fn follow(&self, frame: &mut Frame, edge: EdgeId, thrown: Option<Value>) -> bool {
        let closing = self.closing[edge.index()];
        let edge = &self.f.edges[edge.index()];
        let target = &self.f.blocks[edge.to.index()];
        let args: Vec<Value> = self
            .f
            .vals(edge.args)
            .map(|v| if v == EXCEPTION { thrown.expect("an unwind edge") } else { self.reg(frame, v) })
            .collect();
        for (to, value) in self.f.vals(target.params).zip(args) {
            self.set(frame, to, value);
        }
        frame.pc = without_provenance(target.start as usize);
        closing
    }
}

// SAFETY: `repr(C)` with the head first; `new` counts the words, and parameters are not plain.
unsafe impl Body for Plain {
    fn op(&self, frame: &Frame) -> Op {
        self.inst(frame).op
    }
    fn position(&self, frame: &Frame) -> Option<usize> {
        Some(Plain::at(frame))
    }
    fn span(&self, frame: &Frame) -> Span {
        self.f.spans[Plain::at(frame)]
    }
    fn step_span(&self, frame: &Frame) -> Span {
        self.span(frame)
    }
    fn get(&self, _: &Rt, frame: &Frame, val: Val) -> Value {
        self.reg(frame, val)
    }
    fn catch(&self, frame: &mut Frame, value: Value) -> bool {
        let unwind = self.inst(frame).unwind;
        if !unwind.is_none() {
            self.follow(frame, unwind, Some(value));
        }
        !unwind.is_none()
    }
    fn give(&self, rt: &mut Rt, frame: &mut Frame, value: Value) {
        match self.inst(frame).dst {
            Val::NONE => rt.heap.release(value),
            dst => self.set(frame, dst, value),
        }
    }
    fn take_given(&self, _: &Rt, frame: &mut Frame) -> Value {
        let inst = self.inst(frame);
        if inst.op.row().gives == Gives::Owned { self.reg(frame, inst.dst) } else { Value::VOID }
    }
    fn advance(&self, frame: &mut Frame) {
        frame.pc = without_provenance(Plain::at(frame) + 1);
    }
    fn set_params(&self, frame: &mut Frame, args: &[Value]) {
        for (i, arg) in args.iter().enumerate() {
            // SAFETY: see `base`.
            unsafe { *frame.values().add(PAD + i) = *arg };
            self.set(frame, Val(i as u32), *arg);
        }
    }
    fn param(&self, _: &Rt, frame: &Frame, index: usize) -> Value {
        assert!(index < self.f.params as usize);
        // SAFETY: see `base`.
        unsafe { *frame.values().add(PAD + index) }
    }
    fn held(&self, _: &Rt, frame: &Frame, at: At, held: &mut Held<'_>) -> bool {
        held.generic(self.head.func, Plain::at(frame), at, &|v| self.reg(frame, v))
    }
}

/// The tier.
pub(crate) struct Naive;

impl Tier for Naive {
    fn id(&self) -> TierId {
        TierId::VM
    }
    fn prepare(&self, _: &mut Machine, _: FuncId) -> Result<Box<dyn Body>, NotReady> {
        unreachable!("only by promotion")
    }
    fn run(&self, m: &mut Machine) -> Flow {
        loop {
            if m.look() == Flow::Stop {
                return Flow::Stop;
            }
            let Some(frame) = m.task.frames.last_mut() else { return Flow::Stop };
            if frame.tier() != TierId::VM {
                return Flow::Go;
            }
            // SAFETY: only `Plain` has this tier.
            let code: &Plain = unsafe { frame.code().cast() };
            let inst = code.inst(frame);
            let on = match inst.op {
                Op::Jump { to } => Some(to),
                Op::Branch { cond, then, els } => {
                    Some(if code.reg(frame, cond) == Value::TRUE { then } else { els })
                }
                Op::Switch { on, to } => {
                    let ways: Vec<Val> = code.f.vals(to.0).collect();
                    let on = code.reg(frame, on).as_int().and_then(|n| usize::try_from(n).ok());
                    Some(EdgeId(ways[on.unwrap_or(usize::MAX).min(ways.len() - 1)].0))
                }
                _ => None,
            };
            if let Some(edge) = on {
                if code.follow(frame, edge, None) {
                    m.tick();
                }
                continue;
            }
            let (base, value) = (code.base(frame), |v: Val, frame: &Frame| code.reg(frame, v));
            let flow = match inst.op {
                Op::Return { value: v } => {
                    let v = value(v.0, frame);
                    m.returned(v)
                }
                Op::Throw { value: v } => {
                    let v = value(v.0, frame);
                    m.unwind(v, machine::Trace::default())
                }
                Op::Rethrow { value: v } => {
                    let v = value(v.0, frame);
                    m.rethrow(v)
                }
                Op::Raise { kind, message } => {
                    let trap = m.raise_named(kind, message);
                    m.trapped(trap)
                }
                _ => {
                    // SAFETY: the registers are the values from `base`, and the verifier has checked the function.
                    let did = unsafe { m.perform(&inst.op, base, &code.f.lists, code.head.class) };
                    m.conclude(did)
                }
            };
            if flow == Flow::Stop {
                return Flow::Stop;
            }
        }
    }
}

/// Moves functions to [`Naive`] when they have taken `patience` steps.
pub(crate) struct Mover {
    pub(crate) patience: i32,
    /// Only functions whose number leaves this rest when divided by the other one: (1, 2) is every odd one.
    pub(crate) only: (u32, u32),
    /// How many were moved at a call and inside of a loop.
    pub(crate) moved: Cell<(u32, u32)>,
}

impl Mover {
    fn code(&self, m: &mut Machine, func: FuncId) -> CodePtr {
        let code = Plain::new(func, &m.linked.program.funcs[func.index()]);
        m.keep(Box::new(code))
    }
}

impl Promoter for Mover {
    fn patience(&self, _: FuncId) -> i32 {
        self.patience
    }
    fn warm(&self, m: &mut Machine, func: FuncId, at_back_edge: bool) {
        if func.0 % self.only.1 != self.only.0 {
            return;
        }
        let (calls, loops) = self.moved.get();
        let code = match m.entry(func) {
            Some(code) if code.tier == TierId::VM => code,
            _ => {
                let code = self.code(m, func);
                m.set_entry(func, code);
                code
            }
        };
        if !at_back_edge {
            return self.moved.set((calls + 1, loops));
        }
        let frame = m.task.frames.last().expect("the activation with the loop");
        let (body, values) = (frame.code().body(), m.linked.program.funcs[func.index()].values);
        let at = body.position(frame).expect("a position");
        let mut window = vec![0u64; 2 * PAD];
        let params = (0..code.params as usize).map(|i| body.param(&m.rt, frame, i));
        for v in params.chain((0..values).map(|v| body.get(&m.rt, frame, Val(v)))) {
            window.extend([v.tag(), v.payload()]);
        }
        m.replace_newest(code, without_provenance(at), &window);
        self.moved.set((calls, loops + 1));
    }
}
