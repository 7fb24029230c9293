//! Calls of small functions become their bodies: getters, setters, predicates, accessors of containers. Only bodies
//! that can neither throw nor call are taken, so that no trace and no limit tells the difference: the call's step and
//! its depth are counted by [`Op::Inlined`] where it stood.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use mir::func::{BlockData, Edge, Func};
use mir::inst::{Block, EXCEPTION, EdgeId, FuncId, Inst, Op, OperandRef, Own, Owns, Val, Vals};
use smallvec::SmallVec;
use syntax::span::Span;

use crate::lent::{self, Lent};
use crate::rewrite::rename;
use crate::{Context, Lowered, body, elide, owned};

/// Most instructions of a generic function that is considered.
const LARGEST_SOURCE: usize = 60;
/// Most instructions of a body that is taken.
const LARGEST_BODY: usize = 28;
/// A function does not grow beyond this by taking bodies.
const LARGEST_RESULT: usize = 4000;
/// How many functions deep bodies are looked at for the sake of a call. Looking at one asks for those that it calls, on the
/// stack of the host.
const DEEPEST: u32 = 64;

/// What is known of the bodies of functions, as far as it was asked for.
#[derive(Debug, Default)]
pub struct Bodies {
    known: RefCell<Vec<Entry>>,
    /// How many functions are being looked at.
    asked: Cell<u32>,
    /// Whether somebody has asked for a function that is being looked at.
    goes_round: Cell<bool>,
    /// Functions that were lowered on the way to what is known of them, until somebody wants them.
    lowered: RefCell<HashMap<FuncId, Lowered>>,
    /// Likewise those that were only translated.
    translated: RefCell<HashMap<FuncId, Lowered>>,
}

/// What is known of a function.
#[derive(Clone, Debug, Default)]
enum Entry {
    #[default]
    Nothing,
    /// It is being looked at; what calls of itself are taken for.
    Asked(Option<Rc<Lent>>),
    Known(Body),
}

#[derive(Clone, Debug, Default)]
struct Body {
    /// It may stand for calls.
    small: Option<Rc<Func>>,
    /// It lends its result.
    lent: Option<Rc<Lent>>,
    /// The parameters that it takes, as bits.
    takes: u32,
}

impl Bodies {
    fn entry(&self, id: FuncId) -> Entry {
        self.known.borrow().get(id.index()).cloned().unwrap_or_default()
    }

    fn set(&self, id: FuncId, entry: Entry) {
        let mut known = self.known.borrow_mut();
        if known.len() <= id.index() {
            known.resize(id.index() + 1, Entry::Nothing);
        }
        if let Some(slot) = known.get_mut(id.index()) {
            *slot = entry;
        }
    }

    /// What was lowered on the way already, up to [`crate::Stage::Placed`].
    pub(crate) fn lowered(&self, id: FuncId) -> Option<Lowered> {
        self.lowered.borrow_mut().remove(&id)
    }

    /// What was translated on the way already: [`crate::Stage::Translated`].
    pub(crate) fn translated(&self, id: FuncId) -> Option<Lowered> {
        self.translated.borrow_mut().remove(&id)
    }

    /// Does something, and tells whether it has asked for a function that is being looked at: what came of that may be
    /// otherwise once the function is known.
    fn watched<T>(&self, f: impl FnOnce() -> T) -> (T, bool) {
        let before = self.goes_round.replace(false);
        let found = f();
        (found, self.goes_round.replace(before))
    }

    /// The parameters that a function takes, as bits; nothing as long as nobody has asked for its calls.
    pub fn takes(&self, id: FuncId) -> u32 {
        match self.entry(id) {
            Entry::Known(body) => body.takes,
            Entry::Nothing | Entry::Asked(_) => 0,
        }
    }

    /// What the result of a function depends on that was found to lend it.
    pub(crate) fn lent(&self, id: FuncId) -> Option<Rc<Lent>> {
        match self.entry(id) {
            Entry::Nothing => None,
            Entry::Asked(lent) => lent,
            Entry::Known(body) => body.lent,
        }
    }
}

/// The parameters that a function takes over from whoever calls it, as bits.
pub(crate) fn takes(cx: Context<'_>, id: FuncId) -> u32 {
    body(cx, id).takes
}

/// Whether a function lends its result to a call that stands in `asker`.
pub(crate) fn lends(cx: Context<'_>, id: FuncId, asker: FuncId) -> bool {
    match cx.bodies.entry(id) {
        // Nobody else may rely on what is not certain yet.
        Entry::Asked(lent) => {
            cx.bodies.goes_round.set(true);
            id == asker && lent.is_some()
        }
        _ => body(cx, id).lent.is_some(),
    }
}

/// The body of a function if it may stand for calls.
fn small_body(cx: Context<'_>, id: FuncId) -> Option<Rc<Func>> {
    body(cx, id).small
}

fn body(cx: Context<'_>, id: FuncId) -> Body {
    match cx.bodies.entry(id) {
        Entry::Known(body) => return body,
        Entry::Asked(_) => {
            cx.bodies.goes_round.set(true);
            return Body::default();
        }
        // It stays like this for good: whoever calls it has to know the same.
        Entry::Nothing if cx.bodies.asked.get() == DEEPEST => {
            cx.bodies.set(id, Entry::Known(Body::default()));
            return Body::default();
        }
        Entry::Nothing => cx.bodies.set(id, Entry::Asked(None)),
    }
    cx.bodies.asked.set(cx.bodies.asked.get() + 1);
    let (body, _) = cx.bodies.watched(|| look_at(cx, id));
    cx.bodies.asked.set(cx.bodies.asked.get() - 1);
    cx.bodies.set(id, Entry::Known(body.clone()));
    body
}

/// Finds out about a function, and first about those that it calls.
fn look_at(cx: Context<'_>, id: FuncId) -> Body {
    let assume = |lent: Option<&Lent>| cx.bodies.set(id, Entry::Asked(lent.cloned().map(Rc::new)));
    let found = lent::find(cx, id, assume);
    cx.bodies.set(id, Entry::Asked(None));
    let source = cx.program.func(id);
    let fits = source.insts.len() <= LARGEST_SOURCE && source.captures == 0 && cx.facts.reached(id);
    let (lent, small) = match found {
        Some((lent, typed)) => (Some(Rc::new(lent)), Some(typed).filter(|typed| fits && is_small(typed))),
        None if fits => (None, plain(cx, id)),
        None => (None, None),
    };
    let small = small.map(Rc::new);
    if small.is_some() || lent.is_some() {
        return Body { small, lent, takes: 0 };
    }
    let (found, goes_round) = cx.bodies.watched(|| owned::find(cx, id));
    let takes = found.as_ref().map_or(0, |typed| typed.func.takes());
    if let Some(typed) = found.filter(|_| !goes_round) {
        cx.bodies.lowered.borrow_mut().insert(id, typed);
    }
    Body { small, lent, takes }
}

/// The functions of the program one of which an instruction of a generic function calls, whatever happens; nothing where
/// that is not certain.
pub(crate) fn calls(cx: Context<'_>, id: FuncId, at: usize) -> SmallVec<[FuncId; 4]> {
    match cx.program.func(id).insts[at].op {
        Op::Call { func, .. } => SmallVec::from_slice(&[func]),
        Op::CallMethod { object, name, .. } => {
            let classes = cx.facts.classes(cx.facts.at(id, at as u32, object)).unwrap_or_default();
            let method = |class| cx.program.find_method(class, name).map(|(_, method)| method.func);
            let funcs = classes.iter().map(|class| method(*class).filter(|func| !func.is_none()));
            funcs.collect::<Option<_>>().unwrap_or_default()
        }
        _ => SmallVec::new(),
    }
}

/// Whether a generic function has something that no body has which stands for calls.
fn is_never_small(cx: Context<'_>, id: FuncId) -> bool {
    let insts = &cx.program.func(id).insts;
    (0..insts.len()).any(|at| match insts[at].op {
        Op::NewObject { .. } | Op::NewArray { .. } | Op::NewMap { .. } => true,
        Op::NewClosure { .. } | Op::NewCell { .. } | Op::CallValue { .. } | Op::Spawn { .. } => true,
        _ => !calls(cx, id, at).is_empty(),
    })
}

/// The body of a function that does not lend, if it may stand for calls.
fn plain(cx: Context<'_>, id: FuncId) -> Option<Func> {
    if is_never_small(cx, id) {
        return None;
    }
    let (mut typed, goes_round) = cx.bodies.watched(|| body::translate(cx, id));
    if !only_goes_on(&typed.func) {
        // Then it is wanted as it is, sooner or later.
        if !goes_round {
            cx.bodies.translated.borrow_mut().insert(id, typed);
        }
        return None;
    }
    if cx.early_drop {
        elide::borrow(cx, id, &mut typed);
    }
    (typed.func.insts.len() <= LARGEST_BODY).then_some(typed.func)
}

/// Whether a body may stand for a call.
fn is_small(func: &Func) -> bool {
    func.insts.len() <= LARGEST_BODY && only_goes_on(func)
}

/// Whether a body neither throws nor calls nor has loops, nor knows the activation that it stands in.
fn only_goes_on(func: &Func) -> bool {
    func.block_ids().all(|block| {
        func.block_insts(block).iter().all(|inst| {
            let effects = inst.op.row().effects;
            let stays = match inst.op {
                Op::Return { .. } | Op::ReturnLent { .. } | Op::Jump { .. } | Op::Branch { .. } => true,
                // These know the activation that they stand in.
                Op::CaptureGet { .. } | Op::Capture { .. } | Op::Outbox { .. } => false,
                _ => !effects.throws() && !effects.ends_block(),
            };
            let mut forward = true;
            func.edges_of(inst, |e| forward &= func.edges[e.index()].to > block);
            stays && forward
        })
    })
}

/// The function of the program that an instruction calls, with its arguments.
fn callee(op: &Op) -> Option<(FuncId, Vals)> {
    match *op {
        Op::CallDirect { func, args } | Op::CallLent { func, args } => Some((func, args)),
        _ => None,
    }
}

/// Puts small bodies in the place of their calls.
pub(crate) fn small_calls(cx: Context<'_>, id: FuncId, lowered: &mut Lowered) {
    let func = &mut lowered.func;
    let calls = |inst: &Inst| callee(&inst.op).is_some_and(|(callee, _)| callee != id);
    if !func.insts.iter().any(calls) {
        return;
    }
    let old = std::mem::replace(func, Func { edges: Vec::new(), ..func.clone() });
    let mut splice = Splice {
        numbers: vec![Block::NONE; old.blocks.len()],
        first_new_edge: old.edges.len(),
        alias: (0..old.values).map(Val).collect(),
        func,
        old: &old,
    };
    splice.run(cx, id);
    let Splice { numbers, alias, .. } = splice;
    rename(lowered, &alias);
    for block in lowered.blocks.iter_mut().filter(|b| !b.is_none()) {
        *block = numbers[block.index()];
    }
}

struct Splice<'f, 'o> {
    func: &'f mut Func,
    old: &'o Func,
    /// The new number of every old block.
    numbers: Vec<Block>,
    /// Edges from here on have new block numbers already.
    first_new_edge: usize,
    /// Results of calls that are values of bodies.
    alias: Vec<Val>,
}

impl Splice<'_, '_> {
    fn run(&mut self, cx: Context<'_>, id: FuncId) {
        let old = self.old;
        self.func.edges = old.edges.clone();
        self.func.blocks.clear();
        self.func.insts.clear();
        self.func.spans.clear();
        for block in old.block_ids() {
            let data = old.blocks[block.index()];
            self.numbers[block.index()] = Block(self.func.blocks.len() as u32);
            self.open(data.params, data.span);
            for at in data.start..data.end {
                let (inst, span) = (old.insts[at as usize], old.spans[at as usize]);
                let call = callee(&inst.op)
                    .filter(|(callee, _)| *callee != id && self.func.insts.len() < LARGEST_RESULT);
                match call.and_then(|(callee, args)| Some((callee, args, small_body(cx, callee)?))) {
                    Some((callee, args, body)) => self.splice(inst, callee, args, span, &body),
                    None => self.push(inst, span),
                }
            }
        }
        for edge in &mut self.func.edges[..self.first_new_edge] {
            edge.to = self.numbers[edge.to.index()];
        }
    }

    /// Begins a block with a list of parameters.
    fn open(&mut self, params: u32, span: Span) {
        let at = self.func.insts.len() as u32;
        self.func.blocks.push(BlockData { params, start: at, end: at, span });
    }

    fn push(&mut self, inst: Inst, span: Span) {
        self.func.insts.push(inst);
        self.func.spans.push(span);
        if let Some(block) = self.func.blocks.last_mut() {
            block.end = self.func.insts.len() as u32;
        }
    }

    fn new_edge(&mut self, to: Block, args: &[u32]) -> EdgeId {
        let args = self.func.push_list(args.iter().copied());
        self.func.edges.push(Edge { to, args });
        EdgeId(self.func.edges.len() as u32 - 1)
    }

    fn splice(&mut self, call: Inst, callee: FuncId, args: Vals, span: Span, body: &Func) {
        self.push(Inst { op: Op::Inlined { func: callee }, dst: Val::NONE, unwind: call.unwind }, span);
        // Parameters are the arguments, every other value of the body gets a new number.
        let args: Vec<Val> = self.old.vals(args.0).collect();
        let base = self.func.values;
        let values: Vec<Val> = (0..body.values)
            .map(|v| args.get(v as usize).copied().unwrap_or(Val(base + v - body.params)))
            .collect();
        self.func.values += body.values - body.params;
        if let (Some(types), Some(of_body)) = (&mut self.func.types, &body.types) {
            types.reps.resize(base as usize, mir::func::Rep::Any);
            types.reps.extend_from_slice(&of_body.reps[body.params as usize..]);
        }
        self.alias.extend((base..self.func.values).map(Val));
        if body.blocks.len() == 1 {
            for inst in body.block_insts(Block(0)) {
                match inst.op {
                    Op::Return { value: Own(value) } | Op::ReturnLent { value } => {
                        if !call.dst.is_none() {
                            self.alias[call.dst.index()] = values[value.index()];
                        }
                    }
                    _ => {
                        let inst = self.translate(*inst, body, &values, 0);
                        self.push(inst, span);
                    }
                }
            }
            return;
        }
        // The entry has no parameters and nothing leads back to it: it goes on in the caller's block.
        let first = self.func.blocks.len() as u32 - 1;
        let after = Block(first + body.blocks.len() as u32);
        for block in body.block_ids() {
            if block != Block(0) {
                let params: Vec<u32> = body.block_params(block).map(|v| values[v.index()].0).collect();
                let params = self.func.push_list(params);
                self.open(params, span);
            }
            for inst in body.block_insts(block) {
                let inst = match inst.op {
                    Op::Return { value: Own(value) } | Op::ReturnLent { value } => {
                        let value = values[value.index()].0;
                        let args: &[u32] = if call.dst.is_none() { &[] } else { &[value] };
                        let to = self.new_edge(after, args);
                        Inst { op: Op::Jump { to }, dst: Val::NONE, unwind: EdgeId::NONE }
                    }
                    _ => self.translate(*inst, body, &values, first),
                };
                self.push(inst, span);
            }
        }
        let params = if call.dst.is_none() { 0 } else { self.func.push_list([call.dst.0]) };
        self.open(params, span);
    }

    /// An instruction of a body whose blocks begin at `first`.
    fn translate(&mut self, mut inst: Inst, body: &Func, values: &[Val], first: u32) -> Inst {
        let value = |v: Val| if v == EXCEPTION || v.is_none() { v } else { values[v.index()] };
        inst.dst = value(inst.dst);
        let func = &mut *self.func;
        inst.op.operands_mut(&mut |operand| {
            let list = |func: &mut Func, at: u32| {
                let vals: Vec<u32> = body.vals(at).map(|v| value(v).0).collect();
                func.push_list(vals)
            };
            let to = match operand.get() {
                OperandRef::Val(v) => OperandRef::Val(value(v)),
                OperandRef::Own(v) => OperandRef::Own(Own(value(v.0))),
                OperandRef::Vals(l) => OperandRef::Vals(Vals(list(func, l.0))),
                OperandRef::Owns(l) => OperandRef::Owns(Owns(list(func, l.0))),
                OperandRef::Edge(e) => {
                    let edge = body.edges[e.index()];
                    let args = list(func, edge.args);
                    func.edges.push(Edge { to: Block(first + edge.to.0), args });
                    OperandRef::Edge(EdgeId(func.edges.len() as u32 - 1))
                }
                other => other,
            };
            operand.set(to);
        });
        inst
    }
}
