//! Variables become values: the draft becomes a [`Func`] in SSA form with block parameters.
//!
//! A variable with one store is the stored value. One with several becomes a parameter of every block that
//! needs it and can be entered in more than one way. It changes neither the order of instructions nor who
//! owns what.

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;
use syntax::intern::Symbol;

use crate::draft::{Draft, EXCEPTION_VAR, Placed};
use crate::func::{BlockData, Edge, Func};
use crate::groups::Groups;
use crate::inst::{Block, EXCEPTION, EdgeId, Edges, Inst, Op, OperandRef, Own, Owns, Val, Vals, Var};

/// A way into a block: from which block, at which instruction, and whether as an exception.
#[derive(Clone, Copy)]
struct Way {
    from: Block,
    at: u32,
    unwind: bool,
}

struct Pass<'a> {
    draft: &'a mut Draft,
    order: Vec<Block>,
    /// By block.
    ways: Groups<Way>,
    /// The only value of variables that are stored once.
    single: Vec<Option<Val>>,
    /// Variables needed at the entry of each block, in order.
    live: Vec<Vec<Var>>,
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
    let alias = Aliases::new(&draft);
    let mut pass = Pass {
        ways: find_ways(&draft, &order),
        single: vec![None; draft.vars.len()],
        live: vec![Vec::new(); blocks],
        params: vec![Vec::new(); blocks],
        args: vec![Vec::new(); draft.func.edges.len()],
        alias,
        order,
        draft: &mut draft,
    };
    pass.find_single();
    pass.find_live();
    let bodies = pass.rename();
    pass.drop_redundant_params();
    let Pass { order, params, args, alias, .. } = pass;
    finish(draft, &order, &params, &args, &alias, bodies)
}

fn find_ways(draft: &Draft, order: &[Block]) -> Groups<Way> {
    let mut ways = Vec::with_capacity(draft.func.edges.len());
    for b in order {
        for (at, (inst, _)) in draft.blocks[b.index()].iter().enumerate() {
            draft.func.edges_of(inst, |e| {
                let to = draft.func.edges[e.index()].to;
                ways.push((to.0, Way { from: *b, at: at as u32, unwind: e == inst.unwind }));
            });
        }
    }
    Groups::new(draft.blocks.len(), &ways)
}

/// What the variables are at a place.
struct Now {
    values: Vec<Val>,
    /// Those that are something: a function of many blocks with few variables in each is cleared quickly.
    set: Vec<Var>,
}

impl Now {
    fn clear(&mut self) {
        for var in self.set.drain(..) {
            self.values[var.index()] = Val::NONE;
        }
    }

    fn insert(&mut self, var: Var, value: Val) {
        self.values[var.index()] = value;
        self.set.push(var);
    }

    fn get(&self, var: Var) -> Val {
        self.values[var.index()]
    }
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

    /// Finds for every variable with several stores the blocks at whose entry its value is needed, by walking
    /// from each read against the control flow up to a store.
    fn find_live(&mut self) {
        let mut first_store: HashMap<(Block, Var), u32> = HashMap::new();
        let mut work: Vec<(Block, Var)> = Vec::new();
        let mut seen: HashSet<(Block, Var)> = HashSet::new();
        for b in &self.order {
            for (at, (inst, _)) in self.draft.blocks[b.index()].iter().enumerate() {
                match inst.op {
                    Op::VarInit { var, .. } if self.single[var.index()].is_none() => {
                        first_store.entry((*b, var)).or_insert(at as u32);
                    }
                    Op::VarGet { var }
                        if self.single[var.index()].is_none()
                            && !first_store.contains_key(&(*b, var))
                            && seen.insert((*b, var)) =>
                    {
                        work.push((*b, var));
                    }
                    _ => {}
                }
            }
        }
        while let Some((b, var)) = work.pop() {
            self.live[b.index()].push(var);
            for way in self.ways.of(b.index()) {
                let stored = first_store.get(&(way.from, var)).is_some_and(|at| *at < way.at);
                let arrives = stored || (way.unwind && var == EXCEPTION_VAR);
                if !arrives && seen.insert((way.from, var)) {
                    work.push((way.from, var));
                }
            }
        }
        for live in &mut self.live {
            live.sort_unstable();
        }
    }

    /// Takes the variables out of the blocks, which it gives.
    fn rename(&mut self) -> Vec<Vec<Placed>> {
        let mut bodies = core::mem::take(&mut self.draft.blocks);
        let mut entry: Vec<Vec<Val>> = vec![Vec::new(); bodies.len()];
        let mut now = Now { values: vec![Val::NONE; self.draft.vars.len()], set: Vec::new() };
        for at in 0..self.order.len() {
            let b = self.order[at];
            now.clear();
            let live = core::mem::take(&mut self.live[b.index()]);
            let with_params = has_params(self.ways.of(b.index()));
            if with_params {
                self.params[b.index()] = live
                    .iter()
                    .map(|var| {
                        let v = self.draft.new_val(crate::inst::Gives::Owned);
                        self.alias.of.push(v);
                        self.alias.names.push(self.draft.vars[var.index()].name);
                        v
                    })
                    .collect();
            }
            let values = if with_params { &self.params } else { &entry };
            for (var, value) in live.iter().zip(&values[b.index()]) {
                now.insert(*var, *value);
            }
            self.live[b.index()] = live;
            bodies[b.index()].retain(|(inst, _)| match inst.op {
                Op::VarInit { var, value } => {
                    let value = self.alias.resolve(value);
                    self.alias.call(value, self.draft.vars[var.index()].name);
                    if self.single[var.index()].is_none() {
                        now.insert(var, value);
                    }
                    false
                }
                Op::VarGet { var } => {
                    let value = match self.single[var.index()] {
                        Some(v) => self.alias.resolve(v),
                        None => now.get(var),
                    };
                    debug_assert!(!value.is_none(), "variable {var:?} read before a store");
                    self.alias.of[inst.dst.index()] = value;
                    false
                }
                _ => {
                    self.leave(inst, &now, &mut entry);
                    true
                }
            });
        }
        bodies
    }

    /// Says for every edge of an instruction what the variables are that are needed where it leads.
    fn leave(&mut self, inst: &Inst, now: &Now, entry: &mut [Vec<Val>]) {
        let (func, live, ways, args) = (&self.draft.func, &self.live, &self.ways, &mut self.args);
        func.edges_of(inst, |e| {
            let to = func.edges[e.index()].to;
            let unwind = e == inst.unwind;
            let value = |var: &Var| if unwind && *var == EXCEPTION_VAR { EXCEPTION } else { now.get(*var) };
            let values = live[to.index()].iter().map(value).collect();
            if has_params(ways.of(to.index())) {
                args[e.index()] = values;
            } else {
                entry[to.index()] = values;
            }
        });
    }
}

/// Whether what a block needs are its parameters, and not the values of the only block before it.
fn has_params(ways: &[Way]) -> bool {
    ways.len() != 1 || ways[0].unwind
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
