//! Puts a function into the graph: variables for its values, views for values at the places that a test dominates,
//! and who depends on what. It does not know what instructions give.

use mir::func::Func;
use mir::inst::{Block, EXCEPTION, EdgeId, FuncId, Inst, Op, Val};
use mir::program::Program;

use crate::dominators::{Dominators, NONE, refill};
use crate::filled::{self, Filled};
use crate::graph::{Graph, THROWN};
use crate::narrow::{self, Filter, Words};
use crate::ranges::{Ranges, Relation};
use crate::rows::{Dep, InstRow, Is, Meets, NO_VAR, Place, Shape, Var};
use crate::ty::{Kinds, Ty};

/// A fact in the scope of a block.
#[derive(Debug)]
struct Entry {
    val: Val,
    filter: Filter,
    /// The entry that held for the value before.
    outer: u32,
    /// The view, once something uses it.
    view: Var,
}

/// The vectors that functions are shaped in, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    dominators: Dominators,
    /// Instruction that gives each value.
    defs: Vec<u32>,
    entries: Vec<Entry>,
    /// The newest entry of each value.
    current: Vec<u32>,
    found: Vec<(Val, Filter)>,
    /// Entries that get a view.
    missing: Vec<u32>,
    /// Positions in the tree, and the number of entries below it when it is left.
    stack: Vec<(u32, Option<usize>)>,
    /// Whether a block was visited.
    seen: Vec<bool>,
    /// What depends on which variable.
    pairs: Vec<(Var, Dep)>,
    filled: Vec<Filled>,
    starts: Vec<u32>,
}

struct Shaper<'a> {
    graph: &'a mut Graph,
    ranges: &'a mut Ranges,
    program: &'a Program,
    func: &'a Func,
    id: FuncId,
    words: &'a Words,
    /// Whether boxes with builtin parents take part in operators.
    contents: bool,
    place: Place,
    /// Where the vectors of the graph ended before it.
    marks: Shape,
    /// Whether the instruction that is being added uses a view.
    uses_view: bool,
    buffers: &'a mut Buffers,
}

/// What an instruction gives whatever its operands are.
fn gives(op: &Op, ranges: &mut Ranges) -> Option<Ty> {
    let kinds = match op {
        Op::Int { value } => return Some(Ty::int(ranges.of((*value, *value)))),
        Op::Float { .. } => Kinds::FLOAT,
        Op::Str { .. } => Kinds::STR,
        Op::Null {} => Kinds::NULL,
        Op::Void {} => Kinds::VOID,
        Op::Bool { .. }
        | Op::Eq { .. }
        | Op::Ne { .. }
        | Op::Truth { .. }
        | Op::Not { .. }
        | Op::HasGlobal { .. }
        | Op::IsCaught { .. } => Kinds::BOOL,
        _ => return None,
    };
    Some(Ty::of(kinds))
}

/// Whether an operation is a literal.
pub(crate) fn is_literal(op: &Op) -> bool {
    matches!(
        op,
        Op::Int { .. } | Op::Float { .. } | Op::Bool { .. } | Op::Str { .. } | Op::Null {} | Op::Void {}
    )
}

/// Whether the solver has to look at an instruction when its operands grow.
fn is_looked_at(op: &Op) -> bool {
    let gives_the_same = matches!(
        op,
        Op::Eq { .. }
            | Op::Ne { .. }
            | Op::Truth { .. }
            | Op::Not { .. }
            | Op::HasGlobal { .. }
            | Op::IsCaught { .. }
            | Op::CheckFini { .. }
            | Op::DeclareBox { .. }
            | Op::CheckBox { .. }
            | Op::Print { .. }
            | Op::Retain { .. }
            | Op::Release { .. }
            | Op::ReleaseUnwinding { .. }
            | Op::Discard { .. }
            | Op::Outbox { .. }
            | Op::DropOutbox {}
            | Op::Jump { .. }
            | Op::Branch { .. }
            | Op::Switch { .. }
            | Op::Return { .. }
            | Op::Rethrow { .. }
            | Op::Raise { .. }
            | Op::Unreachable {}
    );
    !gives_the_same && !is_literal(op)
}

/// Whether what an instruction does depends on which integers it is given. What is called with them and where they are
/// stored are places that they flow to by themselves.
fn reads_ints(op: &Op) -> bool {
    !matches!(
        op,
        Op::Lt { .. }
            | Op::Le { .. }
            | Op::Gt { .. }
            | Op::Ge { .. }
            | Op::SetGlobal { .. }
            | Op::NewCell { .. }
            | Op::SetCell { .. }
            | Op::GetField { .. }
            | Op::SetField { .. }
            | Op::SetIndex { .. }
            | Op::NewMap { .. }
            | Op::NewClosure { .. }
            | Op::Call { .. }
            | Op::CallValue { .. }
            | Op::CallMethod { .. }
            | Op::CallBuiltin { .. }
            | Op::ExternCall { .. }
            | Op::Throw { .. }
    )
}

/// Whether a use is worth a view of its own.
fn wants_view(op: &Op) -> bool {
    !matches!(op, Op::Release { .. } | Op::ReleaseUnwinding { .. } | Op::Outbox { .. } | Op::Discard { .. })
}

/// Adds a function, which is looked at next. `contents` says whether boxes with builtin parents take part in operators.
pub(crate) fn add(
    (graph, ranges): (&mut Graph, &mut Ranges),
    program: &Program,
    id: FuncId,
    words: &Words,
    contents: bool,
    buffers: &mut Buffers,
) -> Place {
    let func = program.func(id);
    let mut marks = graph.marks(id);
    marks.numbers = graph.new_numbers(func.insts.len());
    let ret = graph.new_var();
    let mut place = Place { ret, vars: ret + 1, shape: u32::MAX };
    graph.new_vars_like(func.values as usize, Meets::Ways);
    refill(&mut buffers.defs, func.values as usize, NONE);
    refill(&mut buffers.current, func.values as usize, NONE);
    buffers.entries.clear();
    for (i, inst) in func.insts.iter().enumerate() {
        if let Some(def) = buffers.defs.get_mut(inst.dst.index()) {
            *def = i as u32;
            graph.vars[place.var(inst.dst) as usize].meets = Meets::Nothing;
        }
    }
    buffers.dominators.compute(func);
    filled::find(func, words, &buffers.dominators, &buffers.defs, &mut buffers.filled);
    let mut shaper =
        Shaper { graph, ranges, program, func, id, words, contents, place, marks, uses_view: false, buffers };
    shaper.walk();
    shaper.depend();
    place.shape = graph.close(marks);
    place
}

impl Shaper<'_> {
    /// Goes through the function down the tree of dominators, with the facts that hold.
    fn walk(&mut self) {
        let mut stack = core::mem::take(&mut self.buffers.stack);
        if !self.buffers.dominators.order.is_empty() {
            stack.push((0, None));
        }
        refill(&mut self.buffers.seen, self.func.blocks.len(), false);
        while let Some((at, left)) = stack.pop() {
            if let Some(entries) = left {
                let b = &mut *self.buffers;
                for e in b.entries.drain(entries..).rev() {
                    b.current[e.val.index()] = e.outer;
                }
                continue;
            }
            stack.push((at, Some(self.buffers.entries.len())));
            let node = self.buffers.dominators.order[at as usize];
            let block = Block(node / 2);
            if node.is_multiple_of(2) || self.buffers.dominators.is_one(block) {
                self.edge_facts(block);
            }
            if !node.is_multiple_of(2) {
                self.buffers.seen[block.index()] = true;
                self.block(block);
            }
            let mut next = self.buffers.dominators.child[at as usize];
            while next != NONE {
                stack.push((next, None));
                next = self.buffers.dominators.sibling[next as usize];
            }
        }
        self.buffers.stack = stack;
        for block in self.func.block_ids() {
            if self.buffers.dominators.cleans(block) {
                self.cleaning(block);
            } else if !self.buffers.seen[block.index()] {
                self.block(block);
            }
        }
    }

    /// A block that only cleans up behind an exception: nothing depends on its instructions, and what they release is not
    /// known better there than elsewhere. What the last one throws or hands on goes its way.
    fn cleaning(&mut self, block: Block) {
        if let Some(Inst { op: Op::Jump { to }, .. }) = self.func.block_insts(block).last() {
            let from = self.graph.uses.len();
            self.edge(block, *to, true);
            self.graph.uses.truncate(from);
        }
    }

    /// What the branch says by which the block is reached.
    fn edge_facts(&mut self, block: Block) {
        let Some(pred) = self.buffers.dominators.only_pred(block) else { return };
        let Some(Inst { op: Op::Branch { cond, then, els }, .. }) = self.func.block_insts(pred).last() else {
            return;
        };
        if then == els {
            return;
        }
        let holds = self.func.edges[then.index()].to == block;
        let mut found = core::mem::take(&mut self.buffers.found);
        narrow::condition(self.words, self.func, &self.buffers.defs, *cond, holds, &mut found);
        for (val, filter) in found.drain(..) {
            self.learn(val, filter);
        }
        self.buffers.found = found;
    }

    fn learn(&mut self, val: Val, filter: Filter) {
        let Some(outer) = self.buffers.current.get(val.index()).copied() else { return };
        let constant = self.buffers.defs[val.index()];
        if self.func.insts.get(constant as usize).is_some_and(|i| is_literal(&i.op)) {
            return;
        }
        // The same was learned before?
        let mut at = outer;
        for _ in 0..4 {
            let Some(e) = self.buffers.entries.get(at as usize) else { break };
            let same = match (e.filter, filter) {
                (Filter::Keep(a), Filter::Keep(b)) => b.contains(a),
                (a, b) => a == b,
            };
            if same {
                return;
            }
            at = e.outer;
        }
        self.buffers.current[val.index()] = self.buffers.entries.len() as u32;
        self.buffers.entries.push(Entry { val, filter, outer, view: NO_VAR });
    }

    fn block(&mut self, block: Block) {
        let func = self.func;
        let data = func.blocks[block.index()];
        let (words, contents) = (self.words, self.contents);
        for i in data.start..data.end {
            let inst = &func.insts[i as usize];
            let from = self.graph.uses.len() as u32;
            self.uses_view = false;
            self.operands(inst);
            if i + 1 == data.end {
                func.edges_of(inst, |e| self.edge(block, e, e == inst.unwind));
            } else if !inst.unwind.is_none() {
                self.edge(block, inst.unwind, true);
            }
            self.note(i, inst, from);
            narrow::success(words, contents, func, inst, |val, filter| self.learn(val, filter));
        }
    }

    fn operands(&mut self, inst: &Inst) {
        if let Some(ty) = gives(&inst.op, self.ranges) {
            self.graph.give(self.place.var(inst.dst), ty);
        }
        let views = wants_view(&inst.op);
        let dep = match inst.op {
            Op::Retain { .. } => Some(Dep::Copy(self.place.var(inst.dst))),
            Op::Return { .. } => Some(Dep::Copy(self.place.ret)),
            _ => is_looked_at(&inst.op).then(|| Dep::Inst(self.graph.next_row())),
        };
        self.func.uses(&inst.op, |v, _| {
            let var = self.var(v, views);
            self.graph.uses.push(var);
            if let Some(dep) = dep {
                self.pair(var, dep);
            }
        });
    }

    /// Writes down what the shape says of an instruction, whose variables begin at a place of `uses`. They are needed only
    /// if somebody looks at it, or if one is a view.
    fn note(&mut self, at: u32, inst: &Inst, from: u32) {
        let (mut is, mut reads_ints) = (Is::Idle, reads_ints(&inst.op));
        if is_looked_at(&inst.op) {
            is = match inst.op {
                Op::NewObject { .. } => Is::Object,
                Op::NewClosure { .. } => Is::Closure,
                _ => Is::Plain,
            };
            if let Some((object, index)) = self.words.reads_element(self.func, &inst.op) {
                reads_ints = true;
                if self.is_below_length(object, index) {
                    is = Is::Below;
                }
            } else if let Some(filled) = self.buffers.filled.iter().find(|f| f.inst == at).copied() {
                for v in [filled.from, filled.to] {
                    let var = self.place.var(v);
                    self.graph.uses.push(var);
                    self.pair(var, Dep::Inst(self.graph.next_row()));
                }
                is = Is::Filled(filled.inclusive);
            }
        } else if !self.uses_view {
            self.graph.uses.truncate(from as usize);
            return;
        }
        let uses = (from, self.graph.uses.len() as u32);
        let row = self.graph.new_inst(InstRow { reads_ints, ..InstRow::new(self.id, at, uses, is) });
        self.graph.numbers[(self.marks.numbers.0 + at) as usize] = row - self.marks.insts.0;
    }

    /// Whether a test has found that a value is less than a length of an object.
    fn is_below_length(&self, object: Val, index: Val) -> bool {
        let mut at = self.buffers.current.get(index.index()).copied().unwrap_or(NONE);
        while let Some(e) = self.buffers.entries.get(at as usize) {
            if let Filter::Compared(Relation::Less, length) = e.filter
                && let Some(op) = self.def(length)
                && self.words.asks_length(self.func, &op).is_some_and(|o| self.is_same(o, object))
            {
                return true;
            }
            at = e.outer;
        }
        false
    }

    /// Whether two values are one, wherever they were read.
    fn is_same(&self, a: Val, b: Val) -> bool {
        let (mut a, mut b) = (self.source(a), self.source(b));
        while a != b {
            match (self.def(a), self.def(b)) {
                (Some(Op::GetField { object: x, name }), Some(Op::GetField { object: y, name: other }))
                    if name == other && self.words.stable(self.program).is_stable(self.id, name) =>
                {
                    (a, b) = (self.source(x), self.source(y));
                }
                _ => return false,
            }
        }
        true
    }

    /// What a value is a further reference to.
    fn source(&self, v: Val) -> Val {
        let mut v = v;
        while let Some(Op::Retain { a }) = self.def(v) {
            v = a;
        }
        v
    }

    fn def(&self, v: Val) -> Option<Op> {
        let at = self.buffers.defs.get(v.index())?;
        self.func.insts.get(*at as usize).map(|inst| inst.op)
    }

    /// The arguments of an edge flow into the parameters of its block.
    fn edge(&mut self, from: Block, e: EdgeId, unwinds: bool) {
        let func = self.func;
        let edge = func.edges[e.index()];
        let params = func.list(func.blocks[edge.to.index()].params);
        if self.buffers.dominators.goes_back(from.0 * 2 + 1, edge.to.0 * 2) {
            for param in params {
                self.graph.goes_around(self.place.var(Val(*param)));
            }
        }
        for (k, v) in func.vals(edge.args).enumerate() {
            if v == EXCEPTION {
                if let Some(param) = params.get(k) {
                    self.graph.give(self.place.var(Val(*param)), Ty::ANY);
                }
                continue;
            }
            let var = if unwinds { self.place.var(v) } else { self.var(v, true) };
            self.graph.uses.push(var);
            if let Some(param) = params.get(k) {
                self.pair(var, Dep::Copy(self.place.var(Val(*param))));
            }
        }
    }

    /// Something depends on a variable, of this function or a shared one. Of those, exceptions are any value from the
    /// beginning.
    fn pair(&mut self, var: Var, dep: Dep) {
        if var >= self.place.vars {
            self.buffers.pairs.push((var, dep));
        } else if let Dep::Copy(to) = dep {
            self.graph.give(to, self.graph.ty(var));
        }
    }

    /// The variable of a value here; `make` says whether a new view is worth it.
    fn var(&mut self, v: Val, make: bool) -> Var {
        let Some(&newest) = self.buffers.current.get(v.index()) else { return THROWN };
        let mut var = self.place.var(v);
        if newest == NONE {
            return var;
        }
        let mut missing = core::mem::take(&mut self.buffers.missing);
        let mut at = newest;
        while let Some(e) = self.buffers.entries.get(at as usize) {
            if e.view != NO_VAR {
                var = e.view;
                break;
            }
            missing.push(at);
            at = e.outer;
        }
        for at in missing.drain(..).rev().filter(|_| make) {
            let entry = &mut self.buffers.entries[at as usize];
            let other = match entry.filter {
                Filter::Compared(_, other) => self.place.var(other),
                _ => NO_VAR,
            };
            let (view, dep) = self.graph.new_view(var, self.place.var(v), entry.filter, other);
            entry.view = view;
            self.buffers.pairs.push((var, dep));
            if other != NO_VAR {
                self.buffers.pairs.push((other, dep));
            }
            var = view;
        }
        self.buffers.missing = missing;
        self.uses_view |= var != self.place.var(v);
        var
    }

    /// Writes down who depends on what, by variable.
    fn depend(&mut self) {
        let first = self.place.vars;
        let Buffers { pairs, starts, .. } = &mut *self.buffers;
        let count = self.graph.vars.len() - first as usize;
        refill(starts, count, 0);
        pairs.iter().for_each(|(var, _)| starts[(var - first) as usize] += 1);
        let mut at = self.graph.deps.len() as u32;
        self.graph.deps.resize(at as usize + pairs.len(), Dep::Copy(NO_VAR));
        for (row, start) in self.graph.vars[first as usize..].iter_mut().zip(starts.iter_mut()) {
            let end = at + *start;
            row.deps = at;
            *start = at;
            at = end;
        }
        for (var, dep) in pairs.drain(..) {
            let slot = &mut starts[(var - first) as usize];
            self.graph.deps[*slot as usize] = dep;
            *slot += 1;
        }
    }
}
