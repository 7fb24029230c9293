//! What is decided before registers are: which constants become part of instructions, which comparisons become part
//! of branches, and which values therefore need no register. It emits nothing.

use mir::func::{Func, Rep};
use mir::groups::Flags;
use mir::inst::{Block, Inst, Op, Own, Val};
use nyrt::value::{Ref, Value};

use crate::flow::Flow;
use crate::needed::needed;

/// A constant as the words of its registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Konst {
    /// In one register.
    One(u64),
    /// In two.
    Two(u64, u64),
}

impl Konst {
    /// The words of its registers; the second one is 0 if there is none.
    pub(crate) fn words(self) -> [u64; 2] {
        match self {
            Konst::One(bits) => [bits, 0],
            Konst::Two(tag, payload) => [tag, payload],
        }
    }

    /// How many registers it takes.
    pub(crate) fn width(self) -> u32 {
        match self {
            Konst::One(_) => 1,
            Konst::Two(..) => 2,
        }
    }

    /// As a number that fits the field of an instruction.
    fn short(self) -> Option<i16> {
        match self {
            Konst::One(bits) => i16::try_from(bits as i64).ok(),
            Konst::Two(..) => None,
        }
    }
}

/// What a branch tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Test {
    True(Val),
    IEq(Val, Val),
    INe(Val, Val),
    ILt(Val, Val),
    ILe(Val, Val),
    IEqI(Val, i16),
    INeI(Val, i16),
    ILtI(Val, i16),
    ILeI(Val, i16),
    IGtI(Val, i16),
    IGeI(Val, i16),
    FEq(Val, Val),
    FNe(Val, Val),
    FLt(Val, Val),
    FLe(Val, Val),
    REq(Val, Val),
    Zero(Val),
    Nothing(Val),
    Same(Val, Val),
    ClassIs(Val, u16),
    ClosureIs(Val, u16),
}

impl Test {
    /// Calls `f` for every value that it reads.
    pub(crate) fn uses(self, mut f: impl FnMut(Val)) {
        match self {
            Test::True(a)
            | Test::IEqI(a, _)
            | Test::INeI(a, _)
            | Test::ILtI(a, _)
            | Test::ILeI(a, _)
            | Test::IGtI(a, _)
            | Test::IGeI(a, _)
            | Test::Zero(a)
            | Test::Nothing(a)
            | Test::ClassIs(a, _)
            | Test::ClosureIs(a, _) => f(a),
            Test::IEq(a, b)
            | Test::INe(a, b)
            | Test::ILt(a, b)
            | Test::ILe(a, b)
            | Test::FEq(a, b)
            | Test::FNe(a, b)
            | Test::FLt(a, b)
            | Test::FLe(a, b)
            | Test::REq(a, b)
            | Test::Same(a, b) => {
                f(a);
                f(b);
            }
        }
    }
}

impl Test {
    /// Whether it looks into the object that a reference leads to.
    fn looks(self, func: &Func) -> bool {
        match self {
            Test::Same(..) | Test::ClosureIs(..) => true,
            Test::ClassIs(a, _) => func.rep(a) == Rep::Ref,
            _ => false,
        }
    }
}

/// A branch: what it tests, and whether the other way round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cond {
    pub(crate) test: Test,
    pub(crate) not: bool,
}

/// The decisions about a function.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Of each value, the constant that it is.
    pub(crate) konst: Vec<Option<Konst>>,
    /// Of each value, whether some instruction reads it from a register.
    pub(crate) read: Flags,
    /// Constants that are made once, at the start of the function.
    pub(crate) hoisted: Flags,
    /// Instructions that became part of a branch, or are left out.
    pub(crate) folded: Flags,
    /// Values that are kept nowhere.
    gone: Flags,
    /// Number of uses of each value.
    pub(crate) uses: Vec<u32>,
    /// Of each block that ends with a branch, what it tests.
    conds: Vec<Option<Cond>>,
}

/// What the plan has to know of the program.
pub(crate) trait Facts {
    /// The words of a literal text's reference.
    fn literal(&mut self, text: syntax::intern::Symbol) -> u64;
    /// The number of a class if it is short.
    fn class(&self, class: mir::inst::ClassIx) -> Option<u16>;
}

impl Plan {
    pub(crate) fn new(func: &Func, flow: &Flow, facts: &mut dyn Facts) -> Plan {
        let values = func.values as usize;
        let (needed, left_out) = needed(func, flow);
        let mut uses = vec![0u32; values];
        for block in func.block_ids().filter(|b| flow.reached(*b)) {
            let start = func.blocks[block.index()].start as usize;
            for (i, inst) in func.block_insts(block).iter().enumerate() {
                if !left_out[start + i] && !matches!(inst.op, Op::Forget { .. }) {
                    func.uses(&inst.op, |v, _| uses[v.index()] += 1);
                }
                func.edges_of(inst, |e| {
                    let edge = func.edges[e.index()];
                    for (param, arg) in func.block_params(edge.to).zip(func.vals(edge.args)) {
                        if arg.0 < func.values && needed[param.index()] {
                            uses[arg.index()] += 1;
                        }
                    }
                });
            }
        }
        let mut plan = Plan {
            konst: vec![None; values],
            read: Flags::new(),
            hoisted: Flags::new(),
            folded: left_out,
            gone: needed.iter().map(|needed| !needed).collect(),
            uses,
            conds: vec![None; func.blocks.len()],
        };
        for inst in &func.insts {
            if let Some(konst) = konst(func, inst, facts).or_else(|| plan.boxed(&inst.op)) {
                plan.konst[inst.dst.index()] = Some(konst);
            }
        }
        for block in func.block_ids().filter(|b| flow.reached(*b)) {
            plan.fold_branch(func, block, facts);
        }
        let (mut read, mut hoisted) = (Flags::from_elem(false, values), Flags::from_elem(false, values));
        for block in func.block_ids().filter(|b| flow.reached(*b)) {
            let data = func.blocks[block.index()];
            let in_loop = flow.depth[block.index()] > 0;
            for at in data.start..data.end {
                plan.reads(func, block, at, |v| {
                    read[v.index()] = true;
                    hoisted[v.index()] |= in_loop && plan.konst[v.index()].is_some();
                });
            }
        }
        (plan.read, plan.hoisted) = (read, hoisted);
        plan
    }

    /// What the branch at the end of a block tests.
    pub(crate) fn cond(&self, block: Block) -> Option<Cond> {
        self.conds[block.index()]
    }

    /// Whether a value is kept in registers of its own.
    pub(crate) fn has_register(&self, func: &Func, v: Val) -> bool {
        func.rep(v) != Rep::Unit
            && (!self.gone[v.index()] || v.0 < func.params)
            && (self.konst[v.index()].is_none() || self.read[v.index()])
    }

    /// The number that takes the place of a second operand.
    pub(crate) fn short(&self, v: Val) -> Option<i16> {
        self.konst[v.index()].and_then(Konst::short)
    }

    /// Calls `f` for every value that the instruction at `at` of a block reads from a register. Arguments of edges
    /// are not among them: constants need no register there, and moves read the others.
    pub(crate) fn reads(&self, func: &Func, block: Block, at: u32, mut f: impl FnMut(Val)) {
        let op = &func.insts[at as usize].op;
        if self.folded[at as usize] || matches!(op, Op::Forget { .. }) {
            return;
        }
        let (skip_a, skip_b) = match *op {
            Op::Branch { .. } => {
                if let Some(cond) = self.cond(block) {
                    cond.test.uses(f);
                }
                return;
            }
            Op::IAdd { .. } | Op::IMul { .. } | Op::IAnd { .. } => match self.immediate(op) {
                Some((_, _, swapped)) => (swapped, !swapped),
                None => (false, false),
            },
            Op::ISub { .. } | Op::IShl { .. } | Op::IShr { .. } | Op::IDiv { .. } | Op::IRem { .. } => {
                (false, self.immediate(op).is_some())
            }
            Op::Eq { .. } | Op::Ne { .. } => {
                if let Some(a) = self.nothing(op) {
                    return f(a);
                }
                (false, false)
            }
            Op::Return { value: Own(value) } | Op::ReturnLent { value } if self.small(value).is_some() => {
                return;
            }
            Op::BoxI { .. } | Op::BoxF { .. } | Op::BoxB { .. } | Op::BoxLit { .. }
                if self.konst[func.insts[at as usize].dst.index()].is_some() =>
            {
                return;
            }
            _ => (false, false),
        };
        let mut n = 0;
        func.uses(op, |v, _| {
            if !(n == 0 && skip_a || n == 1 && skip_b) && func.rep(v) != Rep::Unit {
                f(v);
            }
            n += 1;
        });
    }

    /// A constant of one register as a number of 32 bits.
    pub(crate) fn small(&self, v: Val) -> Option<i32> {
        match self.konst[v.index()]? {
            Konst::One(bits) => i32::try_from(bits as i64).ok(),
            Konst::Two(..) => None,
        }
    }

    /// The operand that stays, the number that the other one is, and whether that was the first one.
    pub(crate) fn immediate(&self, op: &Op) -> Option<(Val, i16, bool)> {
        match *op {
            Op::IAdd { a, b } | Op::IMul { a, b } | Op::IAnd { a, b } => match self.short(b) {
                Some(n) => Some((a, n, false)),
                None => Some((b, self.short(a)?, true)),
            },
            Op::ISub { a, b } => Some((a, self.short(b)?.checked_neg()?, false)),
            Op::IShl { a, b } | Op::IShr { a, b } => Some((a, self.short(b)?, false)),
            Op::IDiv { a, b } | Op::IRem { a, b } => Some((a, self.short(b).filter(|n| *n != 0)?, false)),
            _ => None,
        }
    }

    /// The operand that is compared with `null` or `void`.
    pub(crate) fn nothing(&self, op: &Op) -> Option<Val> {
        let (Op::Eq { a, b } | Op::Ne { a, b }) = *op else { return None };
        let is_nothing = |v: Val| match self.konst[v.index()] {
            Some(Konst::Two(tag, payload)) => Value::from_words(tag, payload).is_nothing(),
            _ => false,
        };
        if is_nothing(b) { Some(a) } else { is_nothing(a).then_some(b) }
    }

    /// The constant that is a whole value made of a constant.
    fn boxed(&self, op: &Op) -> Option<Konst> {
        let word = |v: Val| match self.konst[v.index()] {
            Some(Konst::One(bits)) => Some(bits),
            _ => None,
        };
        let value = match *op {
            Op::BoxI { a } => Value::int(word(a)? as i64),
            Op::BoxF { a } => Value::float(nyrt::scalar::word_to_float(word(a)?)),
            Op::BoxB { a } => Value::bool(word(a)? != 0),
            // The only references that are constants are texts.
            Op::BoxLit { a, .. } => Value::str(Ref(u32::try_from(word(a)?).ok().filter(|r| *r != 0)?)),
            _ => return None,
        };
        Some(Konst::Two(value.tag(), value.payload()))
    }

    fn fold_branch(&mut self, func: &Func, block: Block, facts: &dyn Facts) {
        let data = func.blocks[block.index()];
        let Op::Branch { cond, .. } = func.insts[data.end as usize - 1].op else { return };
        let (mut tested, mut not) = (cond, false);
        let mut folds = Vec::new();
        let test = loop {
            let found = (data.start..data.end).rev().find(|at| func.insts[*at as usize].dst == tested);
            let single = self.uses[tested.index()] == 1;
            let Some(at) = found.filter(|_| single) else { break Test::True(tested) };
            let op = func.insts[at as usize].op;
            if let Op::BNot { a } = op {
                folds.push(at);
                (tested, not) = (a, !not);
                continue;
            }
            match self.test(op, facts) {
                // What is looked at may be gone at the end of the block.
                Some((test, _)) if test.looks(func) && !self.is_last(func, at, data.end - 1, &folds) => {
                    break Test::True(tested);
                }
                Some((test, opposite)) => {
                    folds.push(at);
                    not ^= opposite;
                    break test;
                }
                None => break Test::True(tested),
            }
        };
        for at in folds {
            self.folded[at as usize] = true;
            self.gone[func.insts[at as usize].dst.index()] = true;
        }
        self.conds[block.index()] = Some(Cond { test, not });
    }

    /// Whether nothing is done between an instruction and the end of its block but what is folded or only forgotten.
    fn is_last(&self, func: &Func, at: u32, end: u32, folds: &[u32]) -> bool {
        (at + 1..end).all(|i| {
            let forgotten = matches!(func.insts[i as usize].op, Op::Forget { .. });
            forgotten || self.folded[i as usize] || folds.contains(&i)
        })
    }

    /// What an instruction tests, and whether it gives the opposite of that.
    fn test(&self, op: Op, facts: &dyn Facts) -> Option<(Test, bool)> {
        let same = |a, b| self.nothing(&op).map_or(Test::Same(a, b), Test::Nothing);
        let test = match op {
            Op::Ne { a, b } => return Some((same(a, b), true)),
            Op::Eq { a, b } => same(a, b),
            Op::IEq { a, b } => match (self.short(a), self.short(b)) {
                (_, Some(n)) => Test::IEqI(a, n),
                (Some(n), _) => Test::IEqI(b, n),
                _ => Test::IEq(a, b),
            },
            Op::INe { a, b } => match (self.short(a), self.short(b)) {
                (_, Some(n)) => Test::INeI(a, n),
                (Some(n), _) => Test::INeI(b, n),
                _ => Test::INe(a, b),
            },
            Op::ILt { a, b } => match (self.short(a), self.short(b)) {
                (_, Some(n)) => Test::ILtI(a, n),
                (Some(n), _) => Test::IGtI(b, n),
                _ => Test::ILt(a, b),
            },
            Op::ILe { a, b } => match (self.short(a), self.short(b)) {
                (_, Some(n)) => Test::ILeI(a, n),
                (Some(n), _) => Test::IGeI(b, n),
                _ => Test::ILe(a, b),
            },
            Op::FEq { a, b } => Test::FEq(a, b),
            Op::FNe { a, b } => Test::FNe(a, b),
            Op::FLt { a, b } => Test::FLt(a, b),
            Op::FLe { a, b } => Test::FLe(a, b),
            Op::REq { a, b } => Test::REq(a, b),
            Op::RZero { a } => Test::Zero(a),
            Op::ClassIs { a, class } => Test::ClassIs(a, facts.class(class)?),
            Op::ClosureIs { a, func } => Test::ClosureIs(a, u16::try_from(func.0).ok()?),
            _ => return None,
        };
        Some((test, false))
    }
}

fn konst(func: &Func, inst: &Inst, facts: &mut dyn Facts) -> Option<Konst> {
    Some(match inst.op {
        Op::Int { value } => Konst::One(value as u64),
        Op::Float { value } => Konst::One(nyrt::scalar::float_to_word(value)),
        Op::Bool { value } => Konst::One(u64::from(value)),
        Op::Str { text } => Konst::One(facts.literal(text)),
        Op::Null {} | Op::Void {} => {
            let value = if inst.op == (Op::Null {}) { Value::NULL } else { Value::VOID };
            match func.rep(inst.dst) {
                Rep::Any => Konst::Two(value.tag(), value.payload()),
                Rep::Ref => Konst::One(0),
                _ => return None,
            }
        }
        _ => return None,
    })
}
