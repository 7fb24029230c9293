//! The translation of one function: its blocks one by one, its values under the same numbers where they keep their
//! meaning, and the edges, on which representations may change. What an instruction becomes is in the families.

use infer::{Facts, Ty};
use mir::func::{BlockData, Edge, Func, Rep, Types};
use mir::groups::{Flags, Groups};
use mir::inst::{Block, EXCEPTION, EdgeId, Edges, FuncId, Gives, Inst, Op, OperandRef, Own, Val, Vals};
use mir::types::Slot;
use smallvec::SmallVec;
use syntax::span::Span;

use crate::rewrite::drop_unreached;
use crate::{Context, Lowered, convert};

/// Parameters of a block, or what they receive.
pub(crate) type Params = SmallVec<[Val; 4]>;

/// Who keeps a value, in the order in which ways into a block join: the greater one wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Held {
    /// Nobody: it is no reference, or lives as long as the program.
    Scalar,
    /// Somebody else.
    Borrowed,
    /// Whoever has it has a count.
    Owned,
}

/// The instruction of the source that last read an element of an array of Bools, with operands of the result.
#[derive(Clone, Copy)]
pub(crate) struct BoolGet {
    pub(crate) at: usize,
    pub(crate) dst: Val,
    pub(crate) array: Val,
    pub(crate) index: Val,
}

/// A function being translated.
pub(crate) struct Body<'a> {
    pub(crate) cx: Context<'a>,
    pub(crate) id: FuncId,
    /// The generic function.
    pub(crate) src: &'a Func,
    /// The instruction of it that is being translated.
    pub(crate) at: usize,
    /// The result so far: edges and lists.
    pub(crate) out: Func,
    reps: Vec<Rep>,
    /// The value of the result that stands for a value of the source.
    map: Vec<Val>,
    /// Who keeps a value of the source (as the verifier says it).
    held: Vec<Held>,
    pub(crate) bool_get: Option<BoolGet>,
    /// By block of the result, its parameters.
    params: Vec<Params>,
    /// Its instructions, each with its block, in the order in which they were written.
    insts: Vec<(u32, (Inst, Span))>,
    /// The block of the result that is being written.
    current: usize,
    /// The block of the source that is being translated.
    source: Block,
    /// Blocks that are not on the main path.
    cold: Vec<usize>,
    /// The others as they were written, each with the block of the source that it is for.
    order: Vec<(Block, usize)>,
}

/// Translates a function that the facts know.
pub(crate) fn translate(cx: Context<'_>, id: FuncId) -> Lowered {
    let src = cx.program.func(id);
    let mut out = Func::new(src.name, src.span);
    (out.class, out.outer, out.params, out.has_me) = (src.class, src.outer, src.params, src.has_me);
    (out.captures, out.kind) = (src.captures, src.kind);
    out.edges.reserve(src.edges.len() + src.edges.len() / 2);
    out.lists.reserve(src.lists.len() + src.lists.len() / 2);
    let signature = cx.signatures.of(id);
    let mut reps: Vec<Rep> = (0..src.values).map(|v| convert::slot(cx.facts.ty(id, Val(v))).rep).collect();
    for (rep, slot) in reps.iter_mut().zip(&signature.params) {
        *rep = slot.rep;
    }
    let mut body = Body {
        cx,
        id,
        src,
        at: 0,
        out,
        reps,
        map: (0..src.values).map(Val).collect(),
        held: held(src),
        bool_get: None,
        params: src.block_ids().map(|block| src.block_params(block).collect()).collect(),
        insts: Vec::with_capacity(2 * src.insts.len()),
        current: 0,
        cold: Vec::new(),
        source: Block(0),
        order: Vec::with_capacity(src.blocks.len()),
    };
    for block in definitions_first(src) {
        body.block(block);
    }
    // They lie as in the source.
    body.order.sort_by_key(|w| w.0);
    body.finish()
}

/// The blocks that are reached, each behind those that dominate it: a handler may stand before the only block that comes to it,
/// and what a value is called must be known where it is used.
pub(crate) fn definitions_first(src: &Func) -> Vec<Block> {
    let next = |block: Block| {
        let mut next: SmallVec<[Block; 4]> = SmallVec::new();
        for inst in src.block_insts(block) {
            src.edges_of(inst, |e| next.push(src.edges[e.index()].to));
        }
        next
    };
    let mut seen = Flags::from_elem(false, src.blocks.len());
    seen[0] = true;
    let mut order = Vec::with_capacity(src.blocks.len());
    let mut way = Vec::with_capacity(src.blocks.len());
    way.push((Block(0), next(Block(0))));
    while let Some((block, ahead)) = way.last_mut() {
        match ahead.pop() {
            Some(to) => {
                if !std::mem::replace(&mut seen[to.index()], true) {
                    way.push((to, next(to)));
                }
            }
            None => {
                order.push(*block);
                way.pop();
            }
        }
    }
    order.reverse();
    order
}

/// Who keeps the values of a generic function; parameters of blocks are the join of what they receive.
fn held(src: &Func) -> Vec<Held> {
    let mut held = vec![Held::Scalar; src.values as usize];
    held[..src.params as usize].fill(Held::Borrowed);
    for inst in &src.insts {
        if let Some(slot) = held.get_mut(inst.dst.index()) {
            *slot = match inst.op.row().gives {
                Gives::Owned => Held::Owned,
                Gives::Borrowed => Held::Borrowed,
                Gives::Scalar | Gives::Nothing => Held::Scalar,
            };
        }
    }
    // Most values are passed forward, so that two rounds do; the bound is the length of the longest chain.
    loop {
        let mut changed = false;
        for edge in &src.edges {
            for (arg, param) in src.vals(edge.args).zip(src.block_params(edge.to)) {
                let gets = if arg == EXCEPTION { Held::Owned } else { held[arg.index()] };
                if gets > held[param.index()] {
                    held[param.index()] = gets;
                    changed = true;
                }
            }
        }
        if !changed {
            return held;
        }
    }
}

impl<'a> Body<'a> {
    pub(crate) fn facts(&self) -> &'a Facts {
        self.cx.facts
    }

    /// What is known about a value of the source where the current instruction stands.
    pub(crate) fn ty(&self, v: Val) -> Ty {
        self.cx.facts.at(self.id, self.at as u32, v)
    }

    /// How a value of the source is kept, by what is known about it everywhere.
    pub(crate) fn slot(&self, v: Val) -> Slot {
        let slot = convert::slot(self.cx.facts.ty(self.id, v));
        Slot { rep: self.reps[v.index()], ..slot }
    }

    /// The value of the result for a value of the source.
    pub(crate) fn val(&self, v: Val) -> Val {
        if v == EXCEPTION { v } else { self.map[v.index()] }
    }

    /// From here on uses of `dst` mean `v`.
    pub(crate) fn alias(&mut self, dst: Val, v: Val) {
        self.map[dst.index()] = v;
    }

    /// Who keeps a value of the source.
    pub(crate) fn held(&self, v: Val) -> Held {
        self.held[v.index()]
    }

    /// Representation of a value of the result.
    pub(crate) fn rep(&self, v: Val) -> Rep {
        self.reps[v.index()]
    }

    fn span(&self) -> Span {
        self.src.spans.get(self.at).copied().unwrap_or_default()
    }

    /// The unwind edge of the current instruction, translated.
    pub(crate) fn unwind(&mut self) -> EdgeId {
        match self.src.insts[self.at].unwind {
            EdgeId::NONE => EdgeId::NONE,
            edge => self.edge(edge, true),
        }
    }

    /// A new value.
    pub(crate) fn fresh(&mut self, rep: Rep) -> Val {
        self.reps.push(rep);
        Val(self.reps.len() as u32 - 1)
    }

    pub(crate) fn push(&mut self, inst: Inst) {
        let span = self.span();
        self.insts.push((self.current as u32, (inst, span)));
    }

    /// An instruction that gives a new value and cannot throw.
    pub(crate) fn emit(&mut self, op: Op, rep: Rep) -> Val {
        let dst = self.fresh(rep);
        self.emit_to(op, dst);
        dst
    }

    /// An instruction that cannot throw, with a given result.
    pub(crate) fn emit_to(&mut self, op: Op, dst: Val) {
        self.push(Inst { op, dst, unwind: EdgeId::NONE });
    }

    /// An instruction that may throw as the current one.
    pub(crate) fn emit_throwing(&mut self, op: Op, dst: Val) {
        let unwind = self.unwind();
        self.push(Inst { op, dst, unwind });
    }

    /// A new block with parameters of these representations; it is not written yet.
    pub(crate) fn new_block(&mut self, reps: &[Rep]) -> (usize, Params) {
        let params: Params = reps.iter().map(|rep| self.fresh(*rep)).collect();
        self.params.push(params.clone());
        (self.params.len() - 1, params)
    }

    /// Values that are the parameters of a block.
    pub(crate) fn set_params(&mut self, block: usize, params: Params) {
        self.params[block] = params;
    }

    /// What follows is written into this block, which stands next in the result.
    pub(crate) fn write_into(&mut self, block: usize) {
        self.current = block;
        self.order.push((self.source, block));
    }

    /// Writes a block that is not on the main path; what follows is still written where it was.
    pub(crate) fn write_apart(&mut self, reps: &[Rep], write: impl FnOnce(&mut Self, Params)) -> usize {
        let (block, params) = self.new_block(reps);
        self.cold.push(block);
        let before = std::mem::replace(&mut self.current, block);
        write(self, params);
        self.current = before;
        block
    }

    /// An edge of the result.
    pub(crate) fn edge_to(&mut self, block: usize, args: &[Val]) -> EdgeId {
        let args = self.out.push_list(args.iter().map(|v| v.0));
        self.out.edges.push(Edge { to: Block(block as u32), args });
        EdgeId(self.out.edges.len() as u32 - 1)
    }

    /// Goes on in another block of the result.
    pub(crate) fn jump_to(&mut self, block: usize, args: &[Val]) {
        let to = self.edge_to(block, args);
        self.emit_to(Op::Jump { to }, Val::NONE);
    }

    fn block(&mut self, block: Block) {
        self.source = block;
        self.write_into(block.index());
        let data = self.src.blocks[block.index()];
        for at in data.start..data.end {
            self.at = at as usize;
            self.inst(self.src.insts[at as usize]);
        }
    }

    /// Whether an edge of the source needs no conversion.
    fn fits(&self, edge: Edge) -> bool {
        self.src
            .vals(edge.args)
            .zip(self.src.block_params(edge.to))
            .all(|(arg, param)| self.arg_slot(arg).rep == self.slot(param).rep)
    }

    fn arg_slot(&self, arg: Val) -> Slot {
        if arg == EXCEPTION { convert::ANY } else { Slot { rep: self.rep(self.val(arg)), ..self.slot(arg) } }
    }

    /// An edge of the source as one of the result. Where representations change it goes through a block of its own.
    pub(crate) fn edge(&mut self, edge: EdgeId, unwind: bool) -> EdgeId {
        let edge = self.src.edges[edge.index()];
        if self.fits(edge) {
            let args: Params = self.src.vals(edge.args).map(|v| self.val(v)).collect();
            return self.edge_to(edge.to.index(), &args);
        }
        let between = self.write_apart(if unwind { &[Rep::Any] } else { &[] }, |body, params| {
            let args = body.edge_args(edge, params.first().copied());
            body.jump_to(edge.to.index(), &args);
        });
        self.edge_to(between, if unwind { &[EXCEPTION] } else { &[] })
    }

    /// The unwind edge of the current instruction by way of a release of a value of the result.
    pub(crate) fn unwind_releasing(&mut self, spare: Val) -> EdgeId {
        let between = self.write_apart(&[Rep::Any], |body, params| {
            body.emit_to(Op::ReleaseUnwinding { a: Own(spare) }, Val::NONE);
            let exception = params.first().copied().unwrap_or(EXCEPTION);
            match body.src.insts[body.at].unwind {
                EdgeId::NONE => body.emit_to(Op::Rethrow { value: Own(exception) }, Val::NONE),
                edge => {
                    let edge = body.src.edges[edge.index()];
                    let args = body.edge_args(edge, Some(exception));
                    body.jump_to(edge.to.index(), &args);
                }
            }
        });
        self.edge_to(between, &[EXCEPTION])
    }

    /// The arguments of an edge in the representations of its target's parameters, converted here.
    fn edge_args(&mut self, edge: Edge, exception: Option<Val>) -> Params {
        let src = self.src;
        let mut args = Params::new();
        for (arg, param) in src.vals(edge.args).zip(src.block_params(edge.to)) {
            let wanted = self.slot(param);
            args.push(if arg == EXCEPTION {
                let exception = exception.unwrap_or(EXCEPTION);
                self.convert(exception, convert::ANY, Held::Owned, wanted.rep)
            } else {
                self.own_as(arg, wanted.rep)
            });
        }
        args
    }

    /// A jump of the source: conversions stand before it.
    fn jump(&mut self, edge: EdgeId) {
        let edge = self.src.edges[edge.index()];
        let args = self.edge_args(edge, None);
        self.jump_to(edge.to.index(), &args);
    }

    fn inst(&mut self, inst: Inst) {
        match inst.op {
            Op::Jump { to } => self.jump(to),
            Op::Branch { cond, then, els } => {
                let cond = self.borrow_as(cond, Rep::Bool);
                let (then, els) = (self.edge(then, false), self.edge(els, false));
                self.emit_to(Op::Branch { cond, then, els }, Val::NONE);
            }
            Op::Switch { on, to } => {
                let on = self.borrow_as(on, Rep::I64);
                let edges: Vec<EdgeId> = self.src.list(to.0).iter().map(|e| EdgeId(*e)).collect();
                let edges: Vec<u32> = edges.into_iter().map(|e| self.edge(e, false).0).collect();
                let to = Edges(self.out.push_list(edges));
                self.emit_to(Op::Switch { on, to }, Val::NONE);
            }
            Op::Return { value } => {
                let rep = self.cx.signatures.of(self.id).result.rep;
                let value = Own(self.own_as(value.0, rep));
                self.emit_to(Op::Return { value }, Val::NONE);
            }
            Op::Unreachable {} => self.emit_to(Op::Unreachable {}, Val::NONE),
            _ if self.constant(inst) || self.operator(inst) || self.member(inst) || self.call(inst) => {}
            _ => self.generic(inst),
        }
    }

    /// The instruction as a call of the runtime: every operand is Any.
    pub(crate) fn generic(&mut self, inst: Inst) {
        let mut op = inst.op;
        op.operands_mut(&mut |operand| {
            let to = match operand.get() {
                OperandRef::Val(v) => OperandRef::Val(self.any(v)),
                OperandRef::Own(v) => OperandRef::Own(Own(self.own_as(v.0, Rep::Any))),
                OperandRef::Vals(l) => OperandRef::Vals(self.any_list(l)),
                other => other,
            };
            operand.set(to);
        });
        self.runtime(Inst { op, ..inst });
    }

    /// Values of the source as Any.
    pub(crate) fn any_list(&mut self, list: Vals) -> Vals {
        let src = self.src;
        let vals: SmallVec<[u32; 8]> = src.list(list.0).iter().map(|v| self.any(Val(*v)).0).collect();
        Vals(self.out.push_list(vals))
    }

    /// An instruction whose operands are those of the result and whose `dst` is a value of the source.
    pub(crate) fn runtime(&mut self, inst: Inst) {
        let row = inst.op.row();
        let unwind = if row.effects.throws() { self.unwind() } else { EdgeId::NONE };
        if inst.dst.is_none() {
            return self.push(Inst { unwind, ..inst });
        }
        let rep = mir::types::result(&inst).unwrap_or(Rep::Any);
        let held = match row.gives {
            Gives::Owned => Held::Owned,
            Gives::Borrowed => Held::Borrowed,
            Gives::Scalar | Gives::Nothing => Held::Scalar,
        };
        self.give(inst.dst, convert::plain(rep), held, |body, dst| {
            body.push(Inst { op: inst.op, dst, unwind })
        });
    }

    /// The blocks in their order, without those that nothing reaches any more.
    fn finish(mut self) -> Lowered {
        let order: Vec<usize> = self.order.iter().map(|w| w.1).chain(self.cold.iter().copied()).collect();
        let mut number = vec![Block::NONE; self.params.len()];
        for (i, block) in order.iter().enumerate() {
            number[*block] = Block(i as u32);
        }
        let insts = Groups::new(self.params.len(), &self.insts);
        self.out.insts.reserve_exact(self.insts.len());
        self.out.spans.reserve_exact(self.insts.len());
        self.out.blocks.reserve_exact(order.len());
        for block in order {
            let params = self.out.push_list(self.params[block].iter().map(|v| v.0));
            let start = self.out.insts.len() as u32;
            for (inst, span) in insts.of(block) {
                self.out.insts.push(*inst);
                self.out.spans.push(*span);
            }
            let end = self.out.insts.len() as u32;
            let span = self.src.blocks.get(block).map(|b| b.span).unwrap_or_default();
            self.out.blocks.push(BlockData { params, start, end, span });
        }
        self.out.edges.iter_mut().for_each(|e| e.to = number[e.to.index()]);
        self.out.values = self.reps.len() as u32;
        let result = self.cx.signatures.of(self.id).result.rep;
        self.out.types = Some(Types { reps: self.reps, result });
        number.truncate(self.src.blocks.len());
        let mut lowered = Lowered { func: self.out, values: self.map, blocks: number };
        drop_unreached(&mut lowered);
        lowered
    }
}
