//! Counting that nobody can observe goes: a value that is loaded from a place, retained, used and released needs no
//! count of its own while the place keeps it alive.
//!
//! Values that are passed into each other's block parameters form a *web*; a web loses its counts as a whole. Its
//! values are alive where they are used if nothing between their definition and the use changes the places they
//! were loaded from, and the objects with these places are alive for the same reason or because their owner is. Where
//! a value of such a web is consumed (returned, stored), it is retained there.
//!
//! The death of objects is the same with and without: what a web's value refers to cannot die while it is used.

mod apply;
mod needed;

use std::cell::Cell;

use mir::func::Func;
use mir::groups::{Flags, Groups};
use mir::inst::{Block, EXCEPTION, FuncId, Inst, Op, Val};
use smallvec::SmallVec;

use crate::effects::{Needs, disturbs, never_disturbs};
use crate::lent::Lent;
use crate::{Context, Lowered};

pub(crate) use needed::needed;

/// Most instructions that are looked at for one function; what was not decided by then keeps its counts.
const BUDGET: usize = 2_000_000;
/// Most times that the choice is revised.
const ROUNDS: usize = 12;

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    /// Alive during the whole call, or no reference.
    Always,
    /// As long as this value, and as what it depends on itself.
    From(Val, Place),
    /// Has a count of its own.
    Owned,
    /// The same value with a count of its own that may be superfluous.
    Retained(Val),
    /// Parameter of a block.
    Param(Block),
    /// The same reference in another representation, with its count.
    Moved(Val),
    /// Result of this call: it is alive as long as what it was reached through from the arguments.
    Lent(u32),
}

/// What borrowed values depend on.
#[derive(Clone, PartialEq, Eq, Default)]
struct Ground {
    /// Places that must not change.
    needs: Needs,
    /// Values with counts of their own.
    roots: SmallVec<[Val; 2]>,
    /// Parameters of the function, as bits.
    params: u64,
}

impl Ground {
    fn add_root(&mut self, v: Val) {
        if !self.roots.contains(&v) {
            self.roots.push(v);
        }
    }

    fn join(&mut self, other: &Ground) {
        self.needs.join(&other.needs);
        other.roots.iter().for_each(|r| self.add_root(*r));
        self.params |= other.params;
    }
}

/// Which place a value was loaded from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// The value itself.
    Same,
    Field(u32),
    /// A field that the analysis has no place for.
    Unknown,
    Element,
    Entry,
    Cell,
    Global,
}

/// A position: block and index of the instruction in the function.
pub(crate) type Use = (u32, u32);

/// A way into a block: predecessor, instruction, number of the edge.
type Pred = (u32, u32, u32);

struct Pass<'a> {
    cx: Context<'a>,
    func: &'a Func,
    source: Vec<Source>,
    /// Definition: block, and instruction or `NONE` for parameters.
    def: Vec<(u32, u32)>,
    /// Uses that need the value alive.
    uses: Groups<Use>,
    /// Arguments of edges with the parameters that get them.
    passed: Vec<(Val, Val, Use)>,
    releases: Vec<u32>,
    /// Union-find over values.
    web: Vec<Cell<u32>>,
    /// Ways into each block.
    preds: Groups<Pred>,
    budget: usize,
}

const NO_INST: u32 = u32::MAX;

/// Removes counting of borrowed values from a typed function.
pub(crate) fn borrow(cx: Context<'_>, id: FuncId, lowered: &mut Lowered) {
    let func = &mut lowered.func;
    let candidates = func.insts.iter().any(|inst| matches!(inst.op, Op::Retain { .. }));
    if !candidates {
        return;
    }
    let (chosen, lent) = Pass::new(cx, func).choose(id);
    if chosen.iter().any(|c| *c) {
        apply::apply(lowered, &chosen, &lent);
    }
}

/// What the results of a function that gives them back by [`Op::ReturnLent`] depend on, when it is only its
/// parameters and places that are reached from them. Its counting must have been taken out.
pub(crate) fn lent(cx: Context<'_>, func: &Func) -> Option<Lent> {
    let pass = Pass::new(cx, func);
    let mut ground = Ground::default();
    for inst in &func.insts {
        match inst.op {
            Op::ReturnLent { value } => ground.join(&pass.ground(value)),
            Op::Return { .. } => return None,
            _ => {}
        }
    }
    let Ground { needs, roots, params } = ground;
    (roots.is_empty() && !needs.unknown).then_some(Lent { needs, params })
}

impl<'a> Pass<'a> {
    fn new(cx: Context<'a>, func: &'a Func) -> Pass<'a> {
        let n = func.values as usize;
        let mut pass = Pass {
            cx,
            func,
            source: vec![Source::Owned; n],
            def: vec![(0, NO_INST); n],
            uses: Groups::new(0, &[]),
            passed: Vec::new(),
            releases: vec![0; n],
            web: (0..func.values).map(Cell::new).collect(),
            preds: Groups::new(func.blocks.len(), &[]),
            budget: BUDGET,
        };
        pass.source[..func.params as usize].fill(Source::Always);
        let mut ways = Vec::with_capacity(func.edges.len());
        let mut used = Vec::with_capacity(2 * func.insts.len());
        for block in func.block_ids() {
            for param in func.block_params(block) {
                pass.source[param.index()] =
                    if func.rep(param).counts() { Source::Param(block) } else { Source::Always };
                pass.def[param.index()] = (block.0, NO_INST);
            }
            let data = func.blocks[block.index()];
            for at in data.start..data.end {
                pass.inst(block.0, at, &mut ways, &mut used);
            }
        }
        pass.preds = Groups::new(func.blocks.len(), &ways);
        pass.count_passing(&mut used);
        pass.count_borrowing(&mut used);
        pass.uses = Groups::new(n, &used);
        pass
    }

    /// Whoever uses what is borrowed from a value needs that value, too.
    fn count_borrowing(&self, used: &mut Vec<(u32, Use)>) {
        let is_borrowed =
            |(v, _): &(u32, Use)| matches!(self.source[*v as usize], Source::From(..) | Source::Lent(_));
        let own: Vec<(u32, Use)> = used.iter().copied().filter(is_borrowed).collect();
        if own.is_empty() {
            return;
        }
        let own = Groups::new(self.source.len(), &own);
        let mut work = Vec::new();
        for v in 0..self.source.len() {
            let uses = own.of(v);
            if uses.is_empty() {
                continue;
            }
            work.push(Val(v as u32));
            while let Some(at) = work.pop() {
                self.lenders(at, |from| {
                    used.extend(uses.iter().map(|at| (from.0, *at)));
                    work.push(from);
                });
            }
        }
    }

    /// The values through which a borrowed one was reached, one step back.
    fn lenders(&self, v: Val, mut f: impl FnMut(Val)) {
        match self.source[v.index()] {
            Source::From(from, _) if !from.is_none() => f(from),
            Source::Lent(at) => {
                if let Op::CallLent { args, .. } = self.func.insts[at as usize].op {
                    self.func.vals(args.0).for_each(f);
                }
            }
            _ => {}
        }
    }

    /// A value that is passed to a parameter is used if the parameter is; one that is only released there is not.
    fn count_passing(&self, used: &mut Vec<(u32, Use)>) {
        if self.passed.is_empty() {
            return;
        }
        let by_param: Vec<(u32, (Val, Use))> =
            self.passed.iter().map(|(arg, param, at)| (param.0, (*arg, *at))).collect();
        let by_param = Groups::new(self.source.len(), &by_param);
        let mut taken = Flags::from_elem(false, self.source.len());
        let mut work: Vec<u32> = used.iter().map(|(v, _)| *v).collect();
        while let Some(v) = work.pop() {
            if std::mem::replace(&mut taken[v as usize], true) {
                continue;
            }
            for (arg, at) in by_param.of(v as usize) {
                used.push((arg.0, *at));
                work.push(arg.0);
            }
        }
    }

    fn inst(&mut self, block: u32, at: u32, ways: &mut Vec<(u32, Pred)>, used: &mut Vec<(u32, Use)>) {
        let func = self.func;
        let inst = &func.insts[at as usize];
        if !inst.dst.is_none() {
            self.def[inst.dst.index()] = (block, at);
            self.source[inst.dst.index()] = self.source_of(inst, at);
        }
        match inst.op {
            Op::Release { a } | Op::ReleaseUnwinding { a } | Op::ReleaseQuiet { a } | Op::Forget { a } => {
                self.releases[a.0.index()] += 1;
                // Whose death is noticed must not die before its owner here would let it go.
                if !matches!(inst.op, Op::ReleaseQuiet { .. } | Op::Forget { .. }) {
                    used.push((a.0.0, (block, at)));
                }
            }
            Op::BoxMove { a, .. } | Op::UnboxMove { a } => {
                self.unite(a.0, inst.dst);
                used.push((a.0.0, (block, at)));
            }
            op => func.uses(&op, |v, _| used.push((v.0, (block, at)))),
        }
        if let Op::Append { a, .. } = inst.op {
            // What releases it afterwards finds nothing: only the append decides.
            self.source[a.index()] = Source::Owned;
        }
        if let Op::CallGiving { .. } = inst.op {
            // It is given with a count of its own.
            func.uses(&inst.op, |v, given| {
                if given {
                    self.source[v.index()] = Source::Owned;
                }
            });
        }
        func.edges_of(inst, |e| {
            let edge = &func.edges[e.index()];
            ways.push((edge.to.0, (block, at, e.0)));
            for (arg, param) in func.vals(edge.args).zip(func.block_params(edge.to)) {
                if !func.rep(param).counts() {
                    continue;
                }
                if arg == EXCEPTION {
                    self.source[param.index()] = Source::Owned;
                } else {
                    self.unite(arg, param);
                    self.passed.push((arg, param, (block, at)));
                }
            }
        });
    }

    fn source_of(&self, inst: &Inst, at: u32) -> Source {
        match inst.op {
            Op::CallLent { .. } => Source::Lent(at),
            Op::Load { object, class, field } => {
                let place = self.cx.facts.place(class, field);
                Source::From(object, place.map_or(Place::Unknown, Place::Field))
            }
            Op::ArrGet { array, .. } => Source::From(array, Place::Element),
            Op::MapGet { map, .. } => Source::From(map, Place::Entry),
            Op::CellGet { cell } => Source::From(cell, Place::Cell),
            Op::GlobalGet { .. } => Source::From(Val::NONE, Place::Global),
            Op::BoxRef { a, .. } | Op::UnboxRef { a } | Op::Lend { a } => Source::From(a, Place::Same),
            Op::Retain { a } => Source::Retained(a),
            Op::BoxMove { a, .. } | Op::UnboxMove { a } => Source::Moved(a.0),
            Op::CaptureGet { .. } | Op::GetStatic { .. } => Source::Always,
            _ if !self.func.rep(inst.dst).counts() => Source::Always,
            op => match op.row().gives {
                mir::inst::Gives::Scalar => Source::Always,
                _ => Source::Owned,
            },
        }
    }

    fn root(&self, v: Val) -> usize {
        let mut at = v.0;
        while self.web[at as usize].get() != at {
            // Ways become half as long, so that long chains are climbed once.
            let up = self.web[at as usize].get();
            self.web[at as usize].set(self.web[up as usize].get());
            at = up;
        }
        at as usize
    }

    fn unite(&mut self, a: Val, b: Val) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            let (low, high) = (a.min(b), a.max(b));
            self.web[high].set(low as u32);
        }
    }

    /// Which values lose their counts, and which of these have to be values of their own.
    fn choose(mut self, id: FuncId) -> (Flags, Flags) {
        let n = self.func.values as usize;
        let members: Vec<(u32, u32)> = (0..n as u32).map(|v| (self.root(Val(v)) as u32, v)).collect();
        let members = Groups::new(n, &members);
        // A web can go when none of its values has a count that it got elsewhere, and when there is something to gain.
        let mut good: Flags = (0..n)
            .map(|root| {
                let is = |f: &dyn Fn(usize) -> bool| members.of(root).iter().any(|v| f(*v as usize));
                is(&|v| matches!(self.source[v], Source::Retained(_)))
                    && is(&|v| self.releases[v] > 0)
                    && !is(&|v| self.source[v] == Source::Owned)
            })
            .collect();
        // What a web needs includes what the webs need that it was loaded through; when one of these keeps its counts
        // its values are roots, which must not be consumed meanwhile. Start with all and take back.
        let mut webs: Vec<usize> = (0..n).filter(|root| good[*root]).collect();
        let mut done = false;
        for _ in 0..ROUNDS {
            let needs = self.needs(&webs, &members, &good);
            let before = webs.len();
            webs.retain(|root| {
                good[*root] = self.holds(id, members.of(*root), &good, &needs);
                good[*root]
            });
            done = webs.len() == before;
            if done {
                break;
            }
        }
        if !done {
            return (Flags::from_elem(false, n), Flags::new());
        }
        let chosen: Flags = (0..n as u32).map(|v| good[self.root(Val(v))]).collect();
        // Passing an owned value to a block would give its count away.
        let mut lent = Flags::from_elem(false, n);
        for (arg, ..) in &self.passed {
            if let Source::Retained(of) = self.source[arg.index()]
                && chosen[arg.index()]
            {
                lent[arg.index()] = self.is_owned(of, &chosen);
            }
        }
        (chosen, lent)
    }

    /// Whether a value has a count of its own, once the chosen ones have lost theirs.
    fn is_owned(&self, mut v: Val, chosen: &[bool]) -> bool {
        loop {
            match self.source[v.index()] {
                Source::Always | Source::From(..) | Source::Lent(_) => return false,
                Source::Owned => return true,
                Source::Param(_) | Source::Moved(_) => return !chosen[v.index()],
                Source::Retained(of) if chosen[v.index()] => v = of,
                Source::Retained(_) => return true,
            }
        }
    }

    /// What the values of each web depend on.
    fn needs(&self, webs: &[usize], members: &Groups<u32>, good: &[bool]) -> Vec<Ground> {
        let mut all: Vec<Ground> = std::iter::repeat_with(Ground::default).take(good.len()).collect();
        let mut changed = true;
        while changed {
            changed = false;
            for &root in webs {
                let mut mine = all[root].clone();
                for v in members.of(root) {
                    if let Source::Retained(a) = self.source[*v as usize] {
                        self.chain(a, good, &all, &mut mine);
                    }
                }
                if mine != all[root] {
                    all[root] = mine;
                    changed = true;
                }
            }
        }
        all
    }

    /// What a borrowed value depends on, also when it is a parameter of a block: then it is borrowed on all ways.
    fn ground(&self, v: Val) -> Ground {
        let good = Flags::from_elem(false, self.func.values as usize);
        let mut seen = Flags::from_elem(false, self.func.values as usize);
        let (mut ground, mut work) = (Ground::default(), vec![v]);
        while let Some(v) = work.pop() {
            let mut one = Ground::default();
            self.chain(v, &good, &[], &mut one);
            for root in std::mem::take(&mut one.roots) {
                if !matches!(self.source[root.index()], Source::Param(_)) {
                    ground.add_root(root);
                } else if !std::mem::replace(&mut seen[root.index()], true) {
                    work.extend(self.passed.iter().filter(|p| p.1 == root).map(|p| p.0));
                }
            }
            ground.join(&one);
        }
        ground
    }

    /// Follows a borrowed value to who keeps it.
    fn chain(&self, v: Val, good: &[bool], all: &[Ground], mine: &mut Ground) {
        let mut work: SmallVec<[Val; 8]> = SmallVec::from_slice(&[v]);
        while let Some(v) = work.pop() {
            let root = self.root(v);
            if good[root] {
                mine.join(&all[root]);
                continue;
            }
            match self.source[v.index()] {
                Source::Always => {
                    if v.0 < self.func.params.min(u64::BITS) {
                        mine.params |= 1 << v.0;
                    }
                }
                Source::From(_, place) => {
                    match place {
                        Place::Same => {}
                        Place::Unknown => mine.needs.unknown = true,
                        Place::Field(name) if mine.needs.fields.contains(&name) => {}
                        Place::Field(name) => mine.needs.fields.push(name),
                        Place::Element => mine.needs.arrays = true,
                        Place::Entry => mine.needs.maps = true,
                        Place::Cell => mine.needs.cells = true,
                        Place::Global => mine.needs.globals = true,
                    }
                    self.lenders(v, |from| work.push(from));
                }
                Source::Lent(at) => {
                    let Op::CallLent { func, args } = self.func.insts[at as usize].op else { continue };
                    match self.cx.bodies.lent(func) {
                        Some(lent) => {
                            mine.needs.join(&lent.needs);
                            let args = self.func.vals(args.0).enumerate();
                            work.extend(args.filter(|(i, _)| lent.params >> i & 1 == 1).map(|(_, v)| v));
                        }
                        None => mine.needs.unknown = true,
                    }
                }
                Source::Owned | Source::Retained(_) | Source::Param(_) | Source::Moved(_) => {
                    mine.add_root(v);
                }
            }
        }
    }

    /// Whether the values of a web are alive wherever they are used.
    fn holds(&mut self, id: FuncId, web: &[u32], good: &[bool], needs: &[Ground]) -> bool {
        let Some(first) = web.first() else { return false };
        let Ground { needs, roots, .. } = &needs[self.root(Val(*first))];
        // A parameter that nobody gave a value to keep is no borrowed one.
        if roots.iter().any(|r| good[self.root(*r)]) {
            return false;
        }
        let mut seen = vec![NO_INST; self.func.blocks.len()];
        if roots.is_empty() && never_disturbs(self.cx, id, needs) {
            return true;
        }
        web.iter().all(|v| self.alive(Val(*v), needs, roots, &mut seen))
    }

    /// Walks back from every use to the definition.
    fn alive(&mut self, v: Val, needs: &Needs, roots: &[Val], seen: &mut [u32]) -> bool {
        let (def_block, def_at) = self.def[v.index()];
        let mut work: Vec<Use> = self.uses.of(v.index()).to_vec();
        let func = self.func;
        while let Some((block, at)) = work.pop() {
            let data = func.blocks[block as usize];
            let here = block == def_block && (def_at == NO_INST || def_at < at);
            let from = if here && def_at != NO_INST { def_at + 1 } else { data.start };
            for i in from..=at {
                let inst = &func.insts[i as usize];
                if self.budget == 0 {
                    return false;
                }
                self.budget -= 1;
                if disturbs(self.cx, inst, needs) || self.consumes(inst, roots) {
                    return false;
                }
            }
            if here && def_at != NO_INST || std::mem::replace(&mut seen[block as usize], v.0) == v.0 {
                continue;
            }
            for (pred, at, edge) in self.preds.of(block as usize) {
                // From here on the count has another name, also where the value itself is passed.
                let args = func.edges[*edge as usize].args;
                if !roots.is_empty() && func.vals(args).any(|v| roots.contains(&v)) {
                    return false;
                }
                if !here {
                    work.push((*pred, *at));
                }
            }
        }
        true
    }

    /// Whether an instruction takes the count of one of these values.
    fn consumes(&self, inst: &Inst, roots: &[Val]) -> bool {
        if roots.is_empty() {
            return false;
        }
        let func = self.func;
        let mut takes = false;
        func.uses(&inst.op, |v, consumes| takes |= consumes && roots.contains(&v));
        takes |= matches!(inst.op, Op::Append { a, .. } if roots.contains(&a));
        takes
    }
}
