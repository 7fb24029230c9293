//! Variables become values: the draft becomes a [`Func`] in SSA form with block parameters.
//!
//! A variable with one store is the stored value. One with several becomes a parameter of the blocks that need it where
//! different values come together. It changes neither the order of instructions nor who owns what.

use smallvec::SmallVec;
use syntax::intern::Symbol;

use crate::draft::{Draft, EXCEPTION_VAR, Placed};
use crate::func::{BlockData, Edge, Func};
use crate::groups::Groups;
use crate::inst::{Block, EXCEPTION, EdgeId, Edges, Gives, Inst, Op, OperandRef, Own, Owns, Val, Vals, Var};

/// A way into a block: from which block, at which instruction, by which edge, and whether as an exception.
#[derive(Clone, Copy)]
struct Way {
    from: Block,
    at: u32,
    edge: EdgeId,
    unwind: bool,
}

/// An instruction that reads or stores a variable.
#[derive(Clone, Copy)]
struct Access {
    block: Block,
    at: u32,
    /// What is read, if it reads.
    read: Option<Val>,
    /// What the variable is behind it: [`Val::NONE`] when it is what it was at the beginning of the block.
    now: Val,
}

/// What is known of a block while a variable is looked at.
#[derive(Clone, Copy)]
struct Here {
    /// The variable whose accesses these are.
    var: Var,
    accesses: (u32, u32),
    /// The variable that is needed at the beginning, and what it is there.
    live: Var,
    value: Val,
    /// Whether that is a parameter.
    is_param: bool,
}

const NO_VAR: Var = Var(u32::MAX);

struct Pass<'a> {
    draft: &'a mut Draft,
    order: Vec<Block>,
    /// Positions in `order`, by block.
    number: Vec<u32>,
    /// By block.
    ways: Groups<Way>,
    /// The only value of variables that are stored once.
    single: Vec<Option<Val>>,
    /// By block.
    here: Vec<Here>,
    alias: Aliases,
    params: Vec<Vec<Val>>,
    args: Args,
}

/// Of every value.
struct Aliases {
    /// What it really is when it was read from a variable, or is a parameter that is always the same.
    of: Vec<Val>,
    /// What the source calls it.
    names: Vec<Option<Symbol>>,
}

impl Aliases {
    fn new(draft: &Draft) -> Aliases {
        let of = (0..draft.gives.len() as u32).map(Val).collect();
        let mut alias = Aliases { of, names: vec![None; draft.gives.len()] };
        draft.names.iter().for_each(|(value, name)| alias.call(*value, Some(*name)));
        alias
    }

    /// The first name that a value gets is its name.
    fn call(&mut self, v: Val, name: Option<Symbol>) {
        if let Some(known) = self.names.get_mut(v.index()) {
            *known = known.or(name);
        }
    }

    fn resolve(&self, v: Val) -> Val {
        let mut v = v;
        while v != EXCEPTION && !v.is_none() && self.of[v.index()] != v {
            v = self.of[v.index()];
        }
        v
    }
}

/// The arguments of every edge; none for edges that no reachable block has and those into blocks without parameters.
type Args = Vec<Vec<Val>>;

/// Finishes a draft.
pub(crate) fn construct(mut draft: Draft) -> Func {
    let order = draft.reverse_postorder();
    let blocks = draft.blocks.len();
    let mut number = vec![0; blocks];
    for (at, block) in order.iter().enumerate() {
        number[block.index()] = at as u32;
    }
    let alias = Aliases::new(&draft);
    let here = Here { var: NO_VAR, accesses: (0, 0), live: NO_VAR, value: Val::NONE, is_param: false };
    let mut pass = Pass {
        ways: find_ways(&draft, &order),
        single: vec![None; draft.vars.len()],
        here: vec![here; blocks],
        params: vec![Vec::new(); blocks],
        args: vec![Vec::new(); draft.func.edges.len()],
        number,
        alias,
        order,
        draft: &mut draft,
    };
    pass.find_single();
    let accesses = pass.find_accesses();
    for var in 0..pass.draft.vars.len() as u32 {
        pass.place(Var(var), accesses.of(var as usize));
    }
    let bodies = pass.rename();
    pass.drop_redundant_params();
    let Pass { order, params, args, alias, .. } = pass;
    finish(draft, &order, &params, &args, &alias, bodies)
}

fn find_ways(draft: &Draft, order: &[Block]) -> Groups<Way> {
    let mut ways = Vec::with_capacity(draft.func.edges.len());
    for b in order {
        for (at, (inst, _)) in draft.blocks[b.index()].iter().enumerate() {
            draft.func.edges_of(inst, |edge| {
                let to = draft.func.edges[edge.index()].to;
                ways.push((to.0, Way { from: *b, at: at as u32, edge, unwind: edge == inst.unwind }));
            });
        }
    }
    Groups::new(draft.blocks.len(), &ways)
}

impl Pass<'_> {
    fn find_single(&mut self) {
        let mut stores = vec![0u32; self.draft.vars.len()];
        for b in &self.order {
            for (inst, _) in &self.draft.blocks[b.index()] {
                if let Op::VarInit { var, value } = inst.op {
                    stores[var.index()] += 1;
                    self.single[var.index()] = Some(value);
                }
            }
        }
        for (var, n) in stores.iter().enumerate() {
            if *n != 1 || var == EXCEPTION_VAR.index() {
                self.single[var] = None;
            }
        }
    }

    /// Of each variable with several stores, block by block.
    fn find_accesses(&self) -> Groups<Access> {
        let mut all: Vec<(u32, Access)> = Vec::new();
        let mut now: Vec<(Block, Val)> = vec![(Block::NONE, Val::NONE); self.draft.vars.len()];
        for b in &self.order {
            for (at, (inst, _)) in self.draft.blocks[b.index()].iter().enumerate() {
                let (var, read) = match inst.op {
                    Op::VarInit { var, .. } => (var, None),
                    Op::VarGet { var } => (var, Some(inst.dst)),
                    _ => continue,
                };
                if self.single[var.index()].is_some() {
                    continue;
                }
                let now = &mut now[var.index()];
                if now.0 != *b {
                    *now = (*b, Val::NONE);
                }
                if let Op::VarInit { value, .. } = inst.op {
                    now.1 = value;
                }
                all.push((var.0, Access { block: *b, at: at as u32, read, now: now.1 }));
            }
        }
        Groups::new(self.draft.vars.len(), &all)
    }

    /// Finds out what a variable is wherever it is read, and gives parameters to the blocks where it is one thing or
    /// another. It looks at the blocks in which the variable is needed only.
    fn place(&mut self, var: Var, accesses: &[Access]) {
        let mut from = 0;
        for of_block in accesses.chunk_by(|a, b| a.block == b.block) {
            let Some(first) = of_block.first() else { continue };
            let here = &mut self.here[first.block.index()];
            (here.var, here.accesses) = (var, (from, from + of_block.len() as u32));
            from += of_block.len() as u32;
        }
        let live = self.find_live(var, accesses);
        while self.find_values(var, accesses, &live) {}
        let mut at = (Block::NONE, Val::NONE);
        for access in accesses {
            if at.0 != access.block {
                let here = &self.here[access.block.index()];
                at = (access.block, if here.live == var { here.value } else { Val::NONE });
            }
            let value = if access.now.is_none() { at.1 } else { access.now };
            if let Some(read) = access.read {
                debug_assert!(!value.is_none(), "variable {var:?} read before a store");
                self.alias.of[read.index()] = self.alias.resolve(value);
            }
        }
        for block in live.iter().map(|at| self.order[*at as usize]) {
            let here = self.here[block.index()];
            if here.is_param {
                self.params[block.index()].push(here.value);
                for way in self.ways.of(block.index()) {
                    let value = self.by(way, var, accesses);
                    self.args[way.edge.index()].push(value);
                }
            }
        }
    }

    /// The positions of the blocks at whose entry a variable is needed, in order: it walks from each read against the
    /// control flow up to a store.
    fn find_live(&mut self, var: Var, accesses: &[Access]) -> Vec<u32> {
        let mut live: Vec<u32> = Vec::new();
        let mut work: Vec<Block> = Vec::new();
        let mut need = |here: &mut [Here], work: &mut Vec<Block>, block: Block| {
            let here = &mut here[block.index()];
            if here.live != var {
                (here.live, here.is_param) = (var, false);
                work.push(block);
                live.push(self.number[block.index()]);
            }
        };
        for access in accesses.iter().filter(|a| a.read.is_some() && a.now.is_none()) {
            need(&mut self.here, &mut work, access.block);
        }
        while let Some(block) = work.pop() {
            for way in self.ways.of(block.index()) {
                let arrives = way.unwind && var == EXCEPTION_VAR;
                if !arrives && stored(&self.here[way.from.index()], way, var, accesses).is_none() {
                    need(&mut self.here, &mut work, way.from);
                }
            }
        }
        live.sort_unstable();
        live
    }

    /// Finds what a variable is at the entries of the blocks that need it, as if no way went back; where one does and
    /// brings something else there has to be a parameter, and all has to be found anew.
    fn find_values(&mut self, var: Var, accesses: &[Access], live: &[u32]) -> bool {
        for at in live.iter().copied() {
            let block = self.order[at as usize];
            if self.here[block.index()].is_param {
                continue;
            }
            let mut only = None;
            let mut same = true;
            for way in self.ways.of(block.index()).iter().filter(|way| self.number[way.from.index()] < at) {
                let value = self.by(way, var, accesses);
                // What was thrown is a parameter of the block that catches it.
                same &= value != EXCEPTION && *only.get_or_insert(value) == value;
            }
            match only.filter(|_| same) {
                Some(value) => self.here[block.index()].value = value,
                None => self.add_param(block, var),
            }
        }
        let mut changed = false;
        for at in live.iter().copied() {
            let block = self.order[at as usize];
            let Here { is_param, value, .. } = self.here[block.index()];
            let mut back =
                self.ways.of(block.index()).iter().filter(|way| self.number[way.from.index()] >= at);
            if !is_param && back.any(|way| self.by(way, var, accesses) != value) {
                self.add_param(block, var);
                changed = true;
            }
        }
        changed
    }

    fn add_param(&mut self, block: Block, var: Var) {
        let value = self.draft.new_val(Gives::Owned);
        self.alias.of.push(value);
        self.alias.names.push(self.draft.vars[var.index()].name);
        let here = &mut self.here[block.index()];
        (here.value, here.is_param) = (value, true);
    }

    /// What a variable is that comes by a way.
    fn by(&self, way: &Way, var: Var, accesses: &[Access]) -> Val {
        if way.unwind && var == EXCEPTION_VAR {
            return EXCEPTION;
        }
        let from = &self.here[way.from.index()];
        let value = stored(from, way, var, accesses).unwrap_or(from.value);
        self.alias.resolve(value)
    }

    /// Takes the variables out of the blocks, which it gives.
    fn rename(&mut self) -> Vec<Vec<Placed>> {
        let mut bodies = core::mem::take(&mut self.draft.blocks);
        for b in &self.order {
            bodies[b.index()].retain(|(inst, _)| match inst.op {
                Op::VarInit { var, value } => {
                    let value = self.alias.resolve(value);
                    self.alias.call(value, self.draft.vars[var.index()].name);
                    false
                }
                Op::VarGet { var } => {
                    let value = self.single[var.index()].unwrap_or(inst.dst);
                    self.alias.of[inst.dst.index()] = self.alias.resolve(value);
                    false
                }
                _ => true,
            });
        }
        bodies
    }
}

/// What a block has stored into a variable before a way leaves it.
fn stored(from: &Here, way: &Way, var: Var, accesses: &[Access]) -> Option<Val> {
    if from.var != var {
        return None;
    }
    let of_block = &accesses[from.accesses.0 as usize..from.accesses.1 as usize];
    let before = of_block.partition_point(|a| a.at < way.at);
    before.checked_sub(1).map(|last| of_block[last].now).filter(|now| !now.is_none())
}

impl Pass<'_> {
    /// A parameter that is the same value on every way into its block (or itself, around a loop) is that value.
    /// Besides fewer parameters this keeps one name for one value: a read before a join and a read behind it agree.
    fn drop_redundant_params(&mut self) {
        if self.params.iter().all(Vec::is_empty) {
            return;
        }
        let edges = self.draft.func.edges.iter().enumerate().filter(|(e, _)| !self.args[*e].is_empty());
        let incoming: Vec<(u32, usize)> = edges.map(|(e, edge)| (edge.to.0, e)).collect();
        let incoming = Groups::new(self.params.len(), &incoming);
        loop {
            let mut changed = false;
            for b in &self.order {
                for (i, param) in self.params[b.index()].iter().enumerate() {
                    if self.alias.of[param.index()] != *param {
                        continue;
                    }
                    let mut only = None;
                    let same = incoming.of(b.index()).iter().all(|e| {
                        let arg = self.args[*e].get(i).map_or(Val::NONE, |v| self.alias.resolve(*v));
                        arg == *param || *only.get_or_insert(arg) == arg
                    });
                    if let (true, Some(value)) = (same, only)
                        && value != EXCEPTION
                        && !value.is_none()
                    {
                        self.alias.of[param.index()] = value;
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        for (b, params) in self.params.iter_mut().enumerate() {
            let stays: SmallVec<[bool; 8]> = params.iter().map(|v| self.alias.of[v.index()] == *v).collect();
            if !stays.contains(&false) {
                continue;
            }
            let keep = |list: &mut Vec<Val>| {
                let mut stays = stays.iter();
                list.retain(|_| stays.next().copied().unwrap_or(true));
            };
            keep(params);
            incoming.of(b).iter().for_each(|e| keep(&mut self.args[*e]));
        }
    }
}

/// Lays the blocks out, numbers values densely, drops constants nobody uses.
fn finish(
    draft: Draft,
    order: &[Block],
    params: &[Vec<Val>],
    args: &[Vec<Val>],
    alias: &Aliases,
    mut bodies: Vec<Vec<Placed>>,
) -> Func {
    let old = draft.func;
    let mut used = vec![false; draft.gives.len()];
    let mut mark = |v: Val| {
        let v = alias.resolve(v);
        if v != EXCEPTION && !v.is_none() {
            used[v.index()] = true;
        }
    };
    for b in order {
        for (inst, _) in &bodies[b.index()] {
            old.uses(&inst.op, |v, _| mark(v));
        }
    }
    for list in args {
        list.iter().for_each(|v| mark(*v));
    }
    let mut count = 0;
    for b in order {
        bodies[b.index()].retain(|(inst, _)| {
            !matches!(
                inst.op,
                Op::Void {}
                    | Op::Null {}
                    | Op::Int { .. }
                    | Op::Float { .. }
                    | Op::Bool { .. }
                    | Op::Str { .. }
            ) || used[inst.dst.index()]
        });
        count += bodies[b.index()].len();
    }

    // Blocks stay in the order of the source, cleanup (made last) behind; unreachable ones go.
    let mut layout = order.to_vec();
    layout[1..].sort_unstable();
    let mut place = vec![Block::NONE; bodies.len()];
    for (i, b) in layout.iter().enumerate() {
        place[b.index()] = Block(i as u32);
    }
    let mut number = vec![Val::NONE; draft.gives.len()];
    let mut values = old.params;
    for i in 0..old.params {
        number[i as usize] = Val(i);
    }
    for b in &layout {
        let results = bodies[b.index()].iter().map(|(i, _)| i.dst).filter(|v| !v.is_none());
        for v in params[b.index()].iter().copied().chain(results) {
            number[v.index()] = Val(values);
            values += 1;
        }
    }
    let name = |v: Val| match alias.resolve(v) {
        EXCEPTION => EXCEPTION,
        v => number[v.index()],
    };

    let mut func = Func::new(old.name, old.span);
    (func.class, func.outer, func.params, func.has_me) = (old.class, old.outer, old.params, old.has_me);
    (func.captures, func.kind, func.values) = (old.captures, old.kind, values);
    let named = number.iter().zip(&alias.names).filter(|(v, _)| !v.is_none());
    func.names = named.filter_map(|(v, name)| Some((*v, (*name)?))).collect();
    func.names.sort_unstable_by_key(|(v, _)| v.0);
    func.insts.reserve_exact(count);
    func.spans.reserve_exact(count);
    func.blocks.reserve_exact(layout.len());
    func.edges.reserve(old.edges.len());
    for b in &layout {
        let params = func.push_list(params[b.index()].iter().map(|v| name(*v).0));
        let start = func.insts.len() as u32;
        for (inst, span) in &bodies[b.index()] {
            let mut op = inst.op;
            op.operands_mut(&mut |operand| match operand.get() {
                OperandRef::Val(v) => operand.set(OperandRef::Val(name(v))),
                OperandRef::Own(v) => operand.set(OperandRef::Own(Own(name(v.0)))),
                OperandRef::Vals(Vals(at)) => {
                    let at = func.push_list(old.vals(at).map(|v| name(v).0));
                    operand.set(OperandRef::Vals(Vals(at)));
                }
                OperandRef::Owns(Owns(at)) => {
                    let at = func.push_list(old.vals(at).map(|v| name(v).0));
                    operand.set(OperandRef::Owns(Owns(at)));
                }
                OperandRef::Edge(e) => {
                    let e = copy_edge(&mut func, &old, args, &place, &name, e);
                    operand.set(OperandRef::Edge(e));
                }
                OperandRef::Edges(Edges(at)) => {
                    let edges: Vec<u32> = old
                        .list(at)
                        .iter()
                        .map(|e| copy_edge(&mut func, &old, args, &place, &name, EdgeId(*e)).0)
                        .collect();
                    let at = func.push_list(edges);
                    operand.set(OperandRef::Edges(Edges(at)));
                }
                _ => {}
            });
            let dst = if inst.dst.is_none() { Val::NONE } else { name(inst.dst) };
            let unwind = if inst.unwind.is_none() {
                EdgeId::NONE
            } else {
                copy_edge(&mut func, &old, args, &place, &name, inst.unwind)
            };
            func.insts.push(Inst { op, dst, unwind });
            func.spans.push(*span);
        }
        let span = func.spans.get(start as usize).copied().unwrap_or_default();
        func.blocks.push(BlockData { params, start, end: func.insts.len() as u32, span });
    }
    func.edges.shrink_to_fit();
    func.lists.shrink_to_fit();
    func
}

fn copy_edge(
    func: &mut Func,
    old: &Func,
    args: &[Vec<Val>],
    place: &[Block],
    name: &impl Fn(Val) -> Val,
    edge: EdgeId,
) -> EdgeId {
    let to = place[old.edges[edge.index()].to.index()];
    let args = func.push_list(args[edge.index()].iter().map(|v| name(*v).0));
    func.edges.push(Edge { to, args });
    EdgeId(func.edges.len() as u32 - 1)
}
