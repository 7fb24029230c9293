//! Counts: every owned value is consumed exactly once on every path, and who owns what is a property of the
//! position. What is borrowed is only asked not to be consumed; how long its owner lives is not known here.

use std::collections::BTreeSet;

use crate::func::Func;
use crate::inst::{Block, EXCEPTION, EdgeId, Gives, Inst, Op, Val};
use crate::verify::dominance::reached_blocks;
use crate::verify::sets::{Set, Sets};
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

/// Whether a value is counted by nobody because of its representation. What gives it may say otherwise: a call gives
/// its result to the caller, who has nothing to release when that is an I64.
fn uncounted(func: &Func, v: Val) -> bool {
    func.types.is_some() && !func.rep(v).counts()
}

impl Kind {
    /// What the instruction gives.
    fn of(func: &Func, inst: &Inst) -> Kind {
        let op = &inst.op;
        if uncounted(func, inst.dst) {
            return Kind::Scalar;
        }
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
    /// Number of the function's parameters; a member of a set is the number of a value less these.
    params: u32,
    sets: Sets,
    /// At the start of each block, parameters included.
    entry: Vec<Set>,
}

impl OwnedAt {
    /// What is owned at the start of a block, by number; nothing for blocks that are never reached.
    pub fn at_entry(&self, block: Block) -> Vec<Val> {
        let set = self.entry.get(block.index()).copied().unwrap_or(Set::EMPTY);
        self.sets.members(set).into_iter().map(|member| Val(member as u32 + self.params)).collect()
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
        let mut owned: BTreeSet<Val> = self.at_entry(Block(block as u32)).into_iter().collect();
        for inst in func.insts.get(start..end.min(func.insts.len())).unwrap_or_default() {
            func.uses(&inst.op, |v, consumed| {
                if consumed {
                    owned.remove(&v);
                }
            });
            if inst.op.row().gives == Gives::Owned && !uncounted(func, inst.dst) {
                owned.insert(inst.dst);
            }
        }
        owned.into_iter().collect()
    }
}

/// Follows the owned values along all ways; the function has the right shape.
pub(super) fn check(faults: &mut Faults<'_>, defs: &Defs) -> OwnedAt {
    let func = faults.func;
    let order = reached_blocks(func);
    let mut flow = Flow {
        faults,
        func,
        defs,
        kinds: kinds(func, defs, &order),
        sets: Sets::new(defs.of.len()),
        owned: Set::EMPTY,
        entry: vec![None; func.blocks.len()],
        block: Block(0),
        at: 0,
    };
    flow.entry[0] = Some(Set::EMPTY);
    let mut entry = vec![Set::EMPTY; func.blocks.len()];
    // In this order every block has been reached before its turn.
    for block in &order {
        entry[block.index()] = flow.block(*block);
    }
    OwnedAt { params: defs.params, sets: flow.sets, entry }
}

/// Kinds of all values but the function's parameters. Block parameters are the join of what they receive.
fn kinds(func: &Func, defs: &Defs, order: &[Block]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = defs
        .of
        .iter()
        .map(|def| match def {
            Def::Inst(at) => Kind::of(func, &func.insts[*at as usize]),
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
                        None if uncounted(func, arg) => work.push((param as u32, Kind::Scalar)),
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
    sets: Sets,
    /// What is owned at the present position.
    owned: Set,
    /// What is owned at the start of each block besides its parameters.
    entry: Vec<Option<Set>>,
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
            None if uncounted(self.func, v) => Kind::Scalar,
            None => Kind::Borrowed,
        }
    }

    fn owns(&self, v: Val) -> bool {
        self.defs.slot(v).is_some_and(|slot| self.sets.contains(self.owned, slot))
    }

    /// Makes an owned value part of the state.
    fn gain(&mut self, v: Val) {
        if let Some(slot) = self.defs.slot(v)
            && self.kinds[slot] == Kind::Owned
        {
            self.owned = self.sets.insert(self.owned, slot);
        }
    }

    /// Takes a value out of the state; whether it was in it.
    fn lose(&mut self, v: Val) -> bool {
        let owns = self.owns(v);
        if let (true, Some(slot)) = (owns, self.defs.slot(v)) {
            self.owned = self.sets.remove(self.owned, slot);
        }
        owns
    }

    fn vals(&self, members: Vec<usize>) -> Vec<Val> {
        members.into_iter().map(|member| Val(member as u32 + self.defs.params)).collect()
    }

    /// Follows a block and gives what is owned at its start.
    fn block(&mut self, block: Block) -> Set {
        let Some(entry) = self.entry[block.index()] else { return Set::EMPTY };
        self.owned = entry;
        self.func.block_params(block).for_each(|param| self.gain(param));
        let with_params = self.owned;
        self.block = block;
        let start = self.func.blocks[block.index()].start as usize;
        for (i, inst) in self.func.block_insts(block).iter().enumerate() {
            self.at = i as u32;
            self.inst(inst, start + i);
        }
        with_params
    }

    fn inst(&mut self, inst: &Inst, at: usize) {
        let func = self.func;
        let effects = inst.op.row().effects;
        self.scalars(&inst.op);
        let (mut borrowed, mut consumed) = (Vec::new(), Vec::new());
        func.uses(&inst.op, |v, consumes| if consumes { &mut consumed } else { &mut borrowed }.push(v));
        for v in borrowed.iter().chain(&consumed) {
            if self.kind(*v) == Kind::Owned && !self.owns(*v) {
                self.wrong(What::Consumed(*v));
            }
        }
        for v in &consumed {
            if self.kind(*v) == Kind::Borrowed {
                self.wrong(What::NotOwned(*v));
            }
        }
        let early = inst.op.consumes_when_throwing();
        if effects.throws() && !early {
            self.throw(inst);
        }
        let mut taken = Vec::with_capacity(consumed.len());
        for v in consumed {
            if self.lose(v) {
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
        self.gain(inst.dst);
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
            // Representations say it there.
            _ if self.func.types.is_some() => {}
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
        for v in self.vals(self.sets.members(self.owned)) {
            self.wrong(what(v));
        }
    }

    /// Control takes an edge: owned arguments move, the rest must be what other ways into the block have.
    fn pass(&mut self, edge: EdgeId, unwind: bool) {
        let func = self.func;
        let edge = &func.edges[edge.index()];
        let before = self.owned;
        let mut moved = Vec::new();
        let mut exceptions = 0;
        for (arg, param) in func.vals(edge.args).zip(func.block_params(edge.to)) {
            match self.kind(arg) {
                _ if arg == EXCEPTION => exceptions += 1,
                Kind::Owned if self.lose(arg) => moved.push(arg),
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
        self.owned = before;
    }

    fn arrive(&mut self, to: Block) {
        let known = *self.entry[to.index()].get_or_insert(self.owned);
        if known == self.owned {
            return;
        }
        for value in self.vals(self.sets.only_in(known, self.owned)) {
            self.wrong(What::OwnedElsewhere { value, to });
        }
        for value in self.vals(self.sets.only_in(self.owned, known)) {
            self.wrong(What::OwnedHere { value, to });
        }
    }
}
