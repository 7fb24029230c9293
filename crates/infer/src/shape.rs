//! Puts a function into the graph: variables for its values, views for values at the places that a test dominates,
//! and who depends on what. It does not know what instructions give.

use mir::func::Func;
use mir::inst::{Block, EXCEPTION, EdgeId, Edges, Inst, Op, OperandRef, Owns, Val, Vals};

use crate::graph::{Dep, Graph, NO_VAR, Place, Var, View};
use crate::narrow::{self, Filter, Words};

/// Variables that all functions share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Common {
    /// What a handler finds.
    pub(crate) exception: Var,
    /// Whether boxes with builtin parents take part in operators.
    pub(crate) contents: bool,
}

/// A fact in the scope of a block.
struct Entry {
    val: Val,
    filter: Filter,
    /// The entry that held for the value before.
    outer: u32,
    /// The view, once something uses it.
    view: Var,
}

struct Shaper<'a> {
    graph: &'a mut Graph,
    func: &'a Func,
    words: &'a Words,
    common: Common,
    place: Place,
    /// Instruction that gives each value.
    defs: Vec<u32>,
    /// Number of operands of each instruction.
    counts: Vec<u32>,
    entries: Vec<Entry>,
    /// The newest entry of each value.
    current: Vec<u32>,
    /// The block that an edge comes from, when it is the only one.
    only_pred: Vec<Option<Block>>,
    found: Vec<(Val, Filter)>,
}

/// Whether the solver has to look at an instruction when its operands grow.
fn is_looked_at(op: &Op) -> bool {
    !matches!(
        op,
        Op::Int { .. }
            | Op::Float { .. }
            | Op::Bool { .. }
            | Op::Str { .. }
            | Op::Null {}
            | Op::Void {}
            | Op::Eq { .. }
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
    )
}

/// Whether a use is worth a view of its own.
fn wants_view(op: &Op) -> bool {
    !matches!(op, Op::Release { .. } | Op::ReleaseUnwinding { .. } | Op::Outbox { .. } | Op::Discard { .. })
}

/// Adds a function; what it looks at first is in the queue afterwards.
pub(crate) fn add(
    graph: &mut Graph,
    func: &Func,
    id: mir::inst::FuncId,
    words: &Words,
    common: Common,
) -> Place {
    let marks = graph.marks();
    let (ret, insts) = (graph.new_var(), graph.use_start.len() as u32);
    let mut place = Place { ret, vars: ret + 1, insts, shape: u32::MAX };
    graph.new_vars(func.values as usize);
    let mut defs = vec![u32::MAX; func.values as usize];
    let mut counts = Vec::with_capacity(func.insts.len());
    for (i, inst) in func.insts.iter().enumerate() {
        if let Some(def) = defs.get_mut(inst.dst.index()) {
            *def = i as u32;
        }
        graph.use_start.push(graph.uses.len() as u32);
        graph.owner.push(id);
        graph.waits.push(false);
        let (mut operands, mut count) = (0, 0);
        inst.op.visit(|operand| match operand {
            OperandRef::Val(_) | OperandRef::Own(_) => operands += 1,
            OperandRef::Vals(Vals(at)) | OperandRef::Owns(Owns(at)) => operands += func.list(at).len(),
            OperandRef::Edge(e) => count += func.list(func.edges[e.index()].args).len(),
            OperandRef::Edges(Edges(at)) => {
                let edges = func.list(at).iter().map(|e| &func.edges[*e as usize]);
                count += edges.map(|e| func.list(e.args).len()).sum::<usize>();
            }
            _ => {}
        });
        if !inst.unwind.is_none() {
            count += func.list(func.edges[inst.unwind.index()].args).len();
        }
        count += operands;
        counts.push(operands as u32);
        graph.uses.resize(graph.uses.len() + count, NO_VAR);
    }
    let mut shaper = Shaper {
        current: vec![u32::MAX; func.values as usize],
        only_pred: only_preds(func),
        graph,
        func,
        words,
        common,
        place,
        defs,
        counts,
        entries: Vec::new(),
        found: Vec::new(),
    };
    shaper.walk();
    shaper.depend();
    place.shape = graph.close(marks);
    place
}

/// For each block the only block that leads to it, and only by its last instruction, if there is one.
fn only_preds(func: &Func) -> Vec<Option<Block>> {
    let mut edges = vec![0u32; func.blocks.len()];
    let mut from = vec![Block::NONE; func.blocks.len()];
    for block in func.block_ids() {
        for inst in func.block_insts(block) {
            func.edges_of(inst, |e| {
                let to = func.edges[e.index()].to.index();
                edges[to] += 1;
                from[to] = if e == inst.unwind { Block::NONE } else { block };
            });
        }
    }
    edges.iter().zip(&from).map(|(n, b)| (*n == 1 && !b.is_none()).then_some(*b)).collect()
}

/// Dominators where a block is two nodes: `2b` its beginning, from which exceptions leave, `2b + 1` its end. Gives the
/// nodes that can be reached, each after the one that dominates it directly, with that one's position.
fn dominators(func: &Func) -> Vec<(u32, u32)> {
    let blocks = func.blocks.len();
    // Successors of each node as a range of one list.
    let mut list: Vec<u32> = Vec::with_capacity(func.edges.len() + blocks);
    let mut ranges: Vec<(u32, u32)> = Vec::with_capacity(blocks * 2);
    for block in func.block_ids() {
        let insts = func.block_insts(block);
        let from = list.len() as u32;
        list.push(block.0 * 2 + 1);
        for inst in insts.iter().filter(|i| !i.unwind.is_none()) {
            let to = func.edges[inst.unwind.index()].to.0 * 2;
            if list.last() != Some(&to) {
                list.push(to);
            }
        }
        ranges.push((from, list.len() as u32));
        let from = list.len() as u32;
        if let Some(last) = insts.last() {
            func.edges_of(last, |e| {
                if e != last.unwind {
                    list.push(func.edges[e.index()].to.0 * 2);
                }
            });
        }
        ranges.push((from, list.len() as u32));
    }
    let succs = |node: u32| {
        let (from, to) = ranges[node as usize];
        &list[from as usize..to as usize]
    };
    // Reverse postorder.
    let mut order: Vec<u32> = Vec::with_capacity(blocks * 2);
    let mut number = vec![u32::MAX; blocks * 2];
    let mut stack: Vec<(u32, usize)> = Vec::new();
    if blocks > 0 {
        stack.push((0, 0));
        number[0] = 0;
    }
    while let Some((node, next)) = stack.last_mut() {
        match succs(*node).get(*next) {
            Some(&to) => {
                *next += 1;
                if number[to as usize] == u32::MAX {
                    number[to as usize] = 0;
                    stack.push((to, 0));
                }
            }
            None => {
                order.push(*node);
                stack.pop();
            }
        }
    }
    order.reverse();
    for (i, node) in order.iter().enumerate() {
        number[*node as usize] = i as u32;
    }
    // Predecessors likewise.
    let mut starts = vec![0u32; order.len() + 1];
    let targets = || order.iter().flat_map(|node| succs(*node)).map(|to| number[*to as usize]);
    targets().for_each(|to| starts[to as usize + 1] += 1);
    for i in 0..order.len() {
        starts[i + 1] += starts[i];
    }
    let mut preds = vec![0u32; starts[order.len()] as usize];
    let mut next = starts.clone();
    for (i, node) in order.iter().enumerate() {
        for to in succs(*node) {
            let at = &mut next[number[*to as usize] as usize];
            preds[*at as usize] = i as u32;
            *at += 1;
        }
    }
    let mut idom = vec![u32::MAX; order.len()];
    if let Some(first) = idom.first_mut() {
        *first = 0;
    }
    let mut changed = true;
    while changed {
        changed = false;
        for at in 1..order.len() {
            let mut new = u32::MAX;
            let range = starts[at] as usize..starts[at + 1] as usize;
            for &p in preds[range].iter().filter(|p| idom[**p as usize] != u32::MAX) {
                new = if new == u32::MAX { p } else { meet(&idom, new, p) };
            }
            if idom[at] != new {
                idom[at] = new;
                changed = true;
            }
        }
    }
    order.into_iter().zip(idom).collect()
}

fn meet(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = idom[a as usize];
        }
        while b > a {
            b = idom[b as usize];
        }
    }
    a
}

impl Shaper<'_> {
    /// Goes through the function down the tree of dominators, with the facts that hold.
    fn walk(&mut self) {
        let nodes = dominators(self.func);
        // First child and next sibling of each.
        let mut child = vec![u32::MAX; nodes.len()];
        let mut sibling = vec![u32::MAX; nodes.len()];
        for (i, (_, idom)) in nodes.iter().enumerate().skip(1) {
            sibling[i] = core::mem::replace(&mut child[*idom as usize], i as u32);
        }
        // Position, and the number of entries below it when it is left.
        let mut stack: Vec<(u32, Option<usize>)> = Vec::new();
        if !nodes.is_empty() {
            stack.push((0, None));
        }
        let mut seen = vec![false; self.func.blocks.len()];
        while let Some((at, left)) = stack.pop() {
            if let Some(entries) = left {
                while self.entries.len() > entries {
                    if let Some(e) = self.entries.pop() {
                        self.current[e.val.index()] = e.outer;
                    }
                }
                continue;
            }
            stack.push((at, Some(self.entries.len())));
            let node = nodes[at as usize].0;
            let block = Block(node / 2);
            if node.is_multiple_of(2) {
                self.edge_facts(block);
            } else {
                seen[block.index()] = true;
                self.block(block);
            }
            let mut next = child[at as usize];
            while next != u32::MAX {
                stack.push((next, None));
                next = sibling[next as usize];
            }
        }
        for block in self.func.block_ids().filter(|b| !seen[b.index()]) {
            self.block(block);
        }
    }

    /// What the branch says by which the block is reached.
    fn edge_facts(&mut self, block: Block) {
        let Some(pred) = self.only_pred[block.index()] else { return };
        let Some(Inst { op: Op::Branch { cond, then, els }, .. }) = self.func.block_insts(pred).last() else {
            return;
        };
        if then == els {
            return;
        }
        let holds = self.func.edges[then.index()].to == block;
        let mut found = core::mem::take(&mut self.found);
        narrow::condition(self.words, self.func, &self.defs, *cond, holds, &mut found);
        for (val, filter) in found.drain(..) {
            self.learn(val, filter);
        }
        self.found = found;
    }

    fn learn(&mut self, val: Val, filter: Filter) {
        let Some(outer) = self.current.get(val.index()).copied() else { return };
        let constant = self.defs[val.index()];
        if self.func.insts.get(constant as usize).is_some_and(|i| {
            matches!(
                i.op,
                Op::Int { .. }
                    | Op::Float { .. }
                    | Op::Bool { .. }
                    | Op::Str { .. }
                    | Op::Null {}
                    | Op::Void {}
            )
        }) {
            return;
        }
        // The same was learned before?
        let mut at = outer;
        for _ in 0..4 {
            let Some(e) = self.entries.get(at as usize) else { break };
            let same = match (e.filter, filter) {
                (Filter::Keep(a), Filter::Keep(b)) => b.contains(a),
                (a, b) => a == b,
            };
            if same {
                return;
            }
            at = e.outer;
        }
        self.current[val.index()] = self.entries.len() as u32;
        self.entries.push(Entry { val, filter, outer, view: NO_VAR });
    }

    fn block(&mut self, block: Block) {
        let (from, to) = {
            let b = &self.func.blocks[block.index()];
            (b.start as usize, b.end as usize)
        };
        let func = self.func;
        for i in from..to {
            let inst = &func.insts[i];
            let mut at = self.graph.use_start[self.place.insts as usize + i] as usize;
            let views = wants_view(&inst.op);
            func.uses(&inst.op, |v, _| {
                self.graph.uses[at] = self.var(v, views);
                at += 1;
            });
            func.edges_of(inst, |e| {
                for v in func.vals(func.edges[e.index()].args) {
                    self.graph.uses[at] = match (v, e == inst.unwind) {
                        (EXCEPTION, _) => self.common.exception,
                        (v, true) => self.place.var(v),
                        (v, false) => self.var(v, true),
                    };
                    at += 1;
                }
            });
            let mut found = core::mem::take(&mut self.found);
            narrow::success(self.words, self.common.contents, func, inst, |v, f| found.push((v, f)));
            for (val, filter) in found.drain(..) {
                self.learn(val, filter);
            }
            self.found = found;
        }
    }

    /// The variable of a value here; `make` says whether a new view is worth it.
    fn var(&mut self, v: Val, make: bool) -> Var {
        let Some(&newest) = self.current.get(v.index()) else { return self.common.exception };
        let mut missing: Vec<u32> = Vec::new();
        let mut at = newest;
        let mut var = self.place.var(v);
        while let Some(e) = self.entries.get(at as usize) {
            if e.view != NO_VAR {
                var = e.view;
                break;
            }
            missing.push(at);
            at = e.outer;
        }
        if !make {
            return var;
        }
        for at in missing.into_iter().rev() {
            let view = self.graph.new_var();
            let entry = &mut self.entries[at as usize];
            entry.view = view;
            self.graph.views[view as usize] = View { base: var, filter: entry.filter };
            var = view;
        }
        var
    }

    /// Writes down who depends on what.
    fn depend(&mut self) {
        let first = self.place.vars;
        let func = self.func;
        let mut pairs: Vec<(Var, Dep)> = Vec::new();
        for var in first..self.graph.types.len() as Var {
            let base = self.graph.views[var as usize].base;
            if base != NO_VAR {
                pairs.push((base, Dep::View(var)));
            }
        }
        for (i, inst) in func.insts.iter().enumerate() {
            let id = self.place.insts + i as u32;
            let mut at = self.graph.use_start[id as usize] as usize;
            let looked_at = is_looked_at(&inst.op);
            if looked_at {
                self.graph.looked_at.push(id);
                self.graph.enqueue(id);
            }
            let operands = self.counts[i] as usize;
            for k in 0..operands {
                let used = self.graph.uses[at + k];
                match inst.op {
                    _ if looked_at => pairs.push((used, Dep::Inst(id))),
                    Op::Retain { .. } => pairs.push((used, Dep::Copy(self.place.var(inst.dst)))),
                    Op::Return { .. } => pairs.push((used, Dep::Copy(self.place.ret))),
                    _ => {}
                }
            }
            at += operands;
            func.edges_of(inst, |e: EdgeId| {
                let edge = func.edges[e.index()];
                let params = func.list(func.blocks[edge.to.index()].params);
                for (k, _) in func.list(edge.args).iter().enumerate() {
                    if let Some(param) = params.get(k) {
                        pairs.push((self.graph.uses[at], Dep::Copy(self.place.var(Val(*param)))));
                    }
                    at += 1;
                }
            });
        }
        // Group by variable. What depends on a variable of another function or a shared one is linked later by hand.
        let count = self.graph.types.len() - first as usize;
        let mut starts = vec![0u32; count + 1];
        for (var, dep) in &pairs {
            match var.checked_sub(first) {
                Some(at) => starts[at as usize + 1] += 1,
                None => self.foreign(*var, *dep),
            }
        }
        for i in 0..count {
            starts[i + 1] += starts[i];
        }
        let base = self.graph.deps.len() as u32;
        for i in 0..count {
            self.graph.ranges[first as usize + i] = (base + starts[i], base + starts[i + 1]);
        }
        let total = starts[count] as usize;
        self.graph.deps.resize(base as usize + total, Dep::Copy(NO_VAR));
        for (var, dep) in pairs {
            if let Some(at) = var.checked_sub(first) {
                let slot = &mut starts[at as usize];
                self.graph.deps[base as usize + *slot as usize] = dep;
                *slot += 1;
            }
        }
    }

    /// A dependency on a shared variable. Exceptions are any value from the beginning.
    fn foreign(&mut self, var: Var, dep: Dep) {
        if let Dep::Copy(to) = dep {
            let ty = self.graph.ty(var);
            self.graph.thrown.push(to);
            self.graph.set(to, ty);
        }
    }
}
