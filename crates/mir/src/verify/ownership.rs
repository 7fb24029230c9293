//! Counts: every owned value is consumed exactly once on every path, and who owns what is a property of the
//! position. What is borrowed is only asked not to be consumed; how long its owner lives is not known here.

use crate::func::Func;
use crate::inst::{Block, EXCEPTION, EdgeId, Gives, Inst, Op, Val};
use crate::verify::dominance::reached_blocks;
use crate::verify::{Def, Defs, Faults, What, ways_on};

/// What a value is, in the order in which ways into a block join: the greater one wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    /// Nothing reached it yet.
    Nothing,
    /// A scalar made by `int`.
    Int,
    /// A scalar that is a Bool.
    Bool,
    /// A scalar.
    Scalar,
    /// Someone else's.
    Borrowed,
    /// With one count.
    Owned,
}

impl Kind {
    /// What the instruction gives.
    fn of(op: &Op) -> Kind {
        match (op, op.row().gives) {
            (Op::Int { .. }, _) => Kind::Int,
            (
                Op::Bool { .. }
                | Op::Eq { .. }
                | Op::Ne { .. }
                | Op::Lt { .. }
                | Op::Le { .. }
                | Op::Gt { .. }
                | Op::Ge { .. }
                | Op::Truth { .. }
                | Op::Not { .. }
                | Op::HasGlobal { .. }
                | Op::IsCaught { .. },
                _,
            ) => Kind::Bool,
            (_, Gives::Owned) => Kind::Owned,
            (_, Gives::Borrowed) => Kind::Borrowed,
            (_, Gives::Scalar | Gives::Nothing) => Kind::Scalar,
        }
    }

    fn join(self, other: Kind) -> Kind {
        match (self, other) {
            (Kind::Int, Kind::Bool) | (Kind::Bool, Kind::Int) => Kind::Scalar,
            _ => self.max(other),
        }
    }
}

/// The values that are owned at every position of a function.
#[derive(Clone, Debug)]
pub struct OwnedAt {
    /// At the start of each block, parameters included, in order; `None` for blocks that are never reached.
    entry: Vec<Option<Box<[Val]>>>,
}

impl OwnedAt {
    /// What is owned at the start of a block, by number.
    pub fn at_entry(&self, block: Block) -> &[Val] {
        self.entry.get(block.index()).and_then(|e| e.as_deref()).unwrap_or_default()
    }

    /// What is owned before the instruction with this position in the function, by number. The function must
    /// be the one that was checked.
    pub fn before(&self, func: &Func, at: usize) -> Vec<Val> {
        self.walk(func, at, at)
    }

    /// What is owned after that instruction, if it ended without throwing.
    pub fn after(&self, func: &Func, at: usize) -> Vec<Val> {
        self.walk(func, at, at.saturating_add(1))
    }

    fn walk(&self, func: &Func, at: usize, end: usize) -> Vec<Val> {
        let block = func.blocks.partition_point(|b| b.end as usize <= at);
        let Some(start) = func.blocks.get(block).map(|b| b.start as usize) else { return Vec::new() };
        let mut owned = Owned::default();
        self.at_entry(Block(block as u32)).iter().for_each(|v| owned.insert(*v));
        for inst in func.insts.get(start..end.min(func.insts.len())).unwrap_or_default() {
            func.uses(&inst.op, |v, consumed| {
                if consumed {
                    owned.remove(v);
                }
            });
            if inst.op.row().gives == Gives::Owned {
                owned.insert(inst.dst);
            }
        }
        owned.sorted()
    }
}

/// Whether the instruction has consumed its operands even when it throws.
fn consumes_on_throw(op: &Op) -> bool {
    op.row().effects.ends_block() || matches!(op, Op::Release { .. })
}

/// A set of values with constant-time changes that gives its members without looking at others.
#[derive(Default)]
struct Owned {
    members: Vec<Val>,
    /// Where each value is among the members, plus one.
    place: Vec<u32>,
}

impl Owned {
    fn contains(&self, v: Val) -> bool {
        self.place.get(v.index()).is_some_and(|p| *p != 0)
    }

    fn insert(&mut self, v: Val) {
        if self.contains(v) || v.is_none() || v == EXCEPTION {
            return;
        }
        if self.place.len() <= v.index() {
            self.place.resize(v.index() + 1, 0);
        }
        self.members.push(v);
        self.place[v.index()] = self.members.len() as u32;
    }

    fn remove(&mut self, v: Val) -> bool {
        if !self.contains(v) {
            return false;
        }
        let at = core::mem::take(&mut self.place[v.index()]) as usize - 1;
        self.members.swap_remove(at);
        if let Some(moved) = self.members.get(at) {
            self.place[moved.index()] = at as u32 + 1;
        }
        true
    }

    fn clear(&mut self) {
        for v in self.members.drain(..) {
            self.place[v.index()] = 0;
        }
    }

    fn sorted(&self) -> Vec<Val> {
        let mut members = self.members.clone();
        members.sort_unstable();
        members
    }
}

/// Follows the owned values along all ways; the function has the right shape.
pub(super) fn check(faults: &mut Faults<'_>, defs: &Defs) -> OwnedAt {
    let func = faults.func;
    let order = reached_blocks(func);
    let kinds = kinds(func, defs, &order);
    let mut flow = Flow {
        faults,
        func,
        defs,
        kinds,
        owned: Owned::default(),
        entry: vec![None; func.blocks.len()],
        block: Block(0),
        at: 0,
    };
    flow.entry[0] = Some(Box::default());
    // In this order every block has been reached before its turn.
    for block in &order {
        flow.block(*block);
    }
    let entry = core::mem::take(&mut flow.entry);
    let with_params = |(block, entry): (usize, Option<Box<[Val]>>)| {
        let mut all = entry?.into_vec();
        all.extend(func.block_params(Block(block as u32)).filter(|v| flow.kind(*v) == Kind::Owned));
        all.sort_unstable();
        Some(all.into_boxed_slice())
    };
    OwnedAt { entry: entry.into_iter().enumerate().map(with_params).collect() }
}

/// Kinds of all values but the function's parameters. Block parameters are the join of what they receive.
fn kinds(func: &Func, defs: &Defs, order: &[Block]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = defs
        .of
        .iter()
        .map(|def| match def {
            Def::Inst(at) => Kind::of(&func.insts[*at as usize].op),
            Def::Never | Def::Param(_) => Kind::Nothing,
        })
        .collect();
    // For each value the parameters that it is passed to.
    let mut passed: Vec<(u32, u32)> = Vec::new();
    let mut work: Vec<(u32, Kind)> = Vec::new();
    for block in order {
        for inst in func.block_insts(*block) {
            func.edges_of(inst, |e| {
                let edge = &func.edges[e.index()];
                for (arg, param) in func.vals(edge.args).zip(func.block_params(edge.to)) {
                    let Some(param) = defs.slot(param) else { continue };
                    match defs.slot(arg) {
                        Some(arg) => {
                            passed.push((arg as u32, param as u32));
                            work.push((param as u32, kinds[arg]));
                        }
                        None if arg == EXCEPTION => work.push((param as u32, Kind::Owned)),
                        None => work.push((param as u32, Kind::Borrowed)),
                    }
                }
            });
        }
    }
    passed.sort_unstable();
    while let Some((param, kind)) = work.pop() {
        let joined = kinds[param as usize].join(kind);
        if joined == kinds[param as usize] {
            continue;
        }
        kinds[param as usize] = joined;
        let first = passed.partition_point(|(arg, _)| *arg < param);
        let all = passed[first..].iter().take_while(|(arg, _)| *arg == param);
        work.extend(all.map(|(_, to)| (*to, joined)));
    }
    kinds
}

struct Flow<'f, 'a> {
    faults: &'f mut Faults<'a>,
    func: &'a Func,
    defs: &'f Defs,
    kinds: Vec<Kind>,
    /// What is owned at the present position.
    owned: Owned,
    /// What is owned at the start of each block besides its parameters, in order.
    entry: Vec<Option<Box<[Val]>>>,
    block: Block,
    at: u32,
}

impl Flow<'_, '_> {
    fn wrong(&mut self, what: What) {
        self.faults.add(self.block, Some(self.at), what);
    }

    fn kind(&self, v: Val) -> Kind {
        match self.defs.slot(v) {
            Some(slot) => self.kinds[slot],
            None => Kind::Borrowed,
        }
    }

    fn block(&mut self, block: Block) {
        let Some(entry) = self.entry[block.index()].as_deref() else { return };
        self.owned.clear();
        entry.iter().for_each(|v| self.owned.insert(*v));
        for param in self.func.block_params(block) {
            if self.kind(param) == Kind::Owned {
                self.owned.insert(param);
            }
        }
        self.block = block;
        let start = self.func.blocks[block.index()].start as usize;
        for (i, inst) in self.func.block_insts(block).iter().enumerate() {
            self.at = i as u32;
            self.inst(inst, start + i);
        }
    }

    fn inst(&mut self, inst: &Inst, at: usize) {
        let func = self.func;
        let effects = inst.op.row().effects;
        self.scalars(&inst.op);
        let (mut borrowed, mut consumed) = (Vec::new(), Vec::new());
        func.uses(&inst.op, |v, consumes| if consumes { &mut consumed } else { &mut borrowed }.push(v));
        for v in borrowed.iter().chain(&consumed) {
            if self.kind(*v) == Kind::Owned && !self.owned.contains(*v) {
                self.wrong(What::Consumed(*v));
            }
        }
        for v in &consumed {
            if self.kind(*v) == Kind::Borrowed {
                self.wrong(What::NotOwned(*v));
            }
        }
        let early = consumes_on_throw(&inst.op);
        if effects.throws() && !early {
            self.throw(inst);
        }
        let mut taken = Vec::with_capacity(consumed.len());
        for v in consumed {
            if self.owned.remove(v) {
                taken.push(v);
            } else if self.kind(v) == Kind::Owned && taken.contains(&v) {
                self.wrong(What::ConsumedHere(v));
            }
        }
        for v in borrowed {
            if self.kind(v) == Kind::Owned && taken.contains(&v) {
                self.wrong(What::ConsumedHere(v));
            }
        }
        if effects.throws() && early {
            self.throw(inst);
        }
        if self.defs.slot(inst.dst).is_some() && self.kind(inst.dst) == Kind::Owned {
            self.owned.insert(inst.dst);
        }
        let mut ways = 0;
        ways_on(func, at, |e| {
            ways += 1;
            self.pass(e, false);
        });
        let leaves = effects.ends_block() && !effects.throws() && ways == 0;
        if leaves && !matches!(inst.op, Op::Unreachable {}) {
            self.lost(What::Lost);
        }
    }

    /// Operands that are made by the builder and no values of the program.
    fn scalars(&mut self, op: &Op) {
        match op {
            Op::Branch { cond, .. } if self.kind(*cond) != Kind::Bool => self.wrong(What::NotBool(*cond)),
            Op::Switch { on, .. } if self.kind(*on) != Kind::Int => self.wrong(What::NotInt(*on)),
            _ => {}
        }
    }

    fn throw(&mut self, inst: &Inst) {
        if inst.unwind.is_none() {
            self.lost(What::LostOnThrow);
        } else {
            self.pass(inst.unwind, true);
        }
    }

    fn lost(&mut self, what: fn(Val) -> What) {
        for v in self.owned.sorted() {
            self.wrong(what(v));
        }
    }

    /// Control takes an edge: owned arguments move, the rest must be what other ways into the block have.
    fn pass(&mut self, edge: EdgeId, unwind: bool) {
        let func = self.func;
        let edge = &func.edges[edge.index()];
        let mut moved = Vec::new();
        let mut exceptions = 0;
        for (arg, param) in func.vals(edge.args).zip(func.block_params(edge.to)) {
            match self.kind(arg) {
                _ if arg == EXCEPTION => exceptions += 1,
                Kind::Owned if self.owned.remove(arg) => moved.push(arg),
                Kind::Owned if moved.contains(&arg) => self.wrong(What::PassedTwice(arg)),
                Kind::Owned => self.wrong(What::Consumed(arg)),
                Kind::Borrowed if self.kind(param) == Kind::Owned => {
                    self.wrong(What::BorrowedArg { arg, param });
                }
                _ => {}
            }
        }
        match exceptions {
            0 if unwind => self.wrong(What::ExceptionLost),
            0 | 1 => {}
            _ => self.wrong(What::PassedTwice(EXCEPTION)),
        }
        self.arrive(edge.to);
        moved.into_iter().for_each(|v| self.owned.insert(v));
    }

    fn arrive(&mut self, to: Block) {
        let Some(known) = self.entry[to.index()].take() else {
            self.entry[to.index()] = Some(self.owned.sorted().into_boxed_slice());
            return;
        };
        let missing = known.iter().filter(|v| !self.owned.contains(**v)).count();
        if missing != 0 || known.len() != self.owned.members.len() {
            for value in known.iter().copied().filter(|v| !self.owned.contains(*v)).collect::<Vec<_>>() {
                self.wrong(What::OwnedElsewhere { value, to });
            }
            for value in self.owned.sorted().into_iter().filter(|v| known.binary_search(v).is_err()) {
                self.wrong(What::OwnedHere { value, to });
            }
        }
        self.entry[to.index()] = Some(known);
    }
}
