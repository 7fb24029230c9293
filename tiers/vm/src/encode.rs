//! From a typed function to code: blocks in their order, jumps, copies on edges, the ends of loops. What single
//! instructions become is in `rows`.

use std::collections::HashMap;

use machine::{Malformed, NotReady};
use mir::func::{Func, Rep};
use mir::groups::Flags;
use mir::inst::{Block, EXCEPTION, EdgeId, Edges, FuncId, Inst as Mir, Op, Own, Val};
use mir::types::Signature;
use profiler::Declined;
use smallvec::SmallVec;

use crate::flow::Flow;
use crate::layout::headers;
use crate::live::Live;
use crate::moves::{Move, Moves, one_by_one};
use crate::op::{Code, Inst, Word};
use crate::plan::{Cond, Konst, Plan, Test};
use crate::rows::{Env, is_watched};
use crate::sides::Sides;
use crate::slots::{NONE, Slots};

/// An instruction with the operands where `machine` finds them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    /// Operands are numbers of values in the window, lists lie in [`Encoded::lists`].
    pub(crate) op: Op,
    /// First word of the result.
    pub(crate) dst: u16,
    /// Representation of the result, [`Rep::Unit`] without one.
    pub(crate) rep: Rep,
    /// Its number among the places that go by name ([`Sides::names`]); [`u32::MAX`] for others.
    pub(crate) place: u32,
}

/// The code of a function with what is asked about it.
pub(crate) struct Encoded {
    pub(crate) words: Vec<Word>,
    /// Where the code of each instruction of the function begins, ascending: word, instruction.
    pub(crate) marks: Vec<(u32, u32)>,
    /// First word of every block; [`u32::MAX`] for those that are never reached.
    pub(crate) starts: Vec<u32>,
    pub(crate) sites: Vec<Site>,
    pub(crate) lists: Vec<u32>,
    /// What will be seen.
    pub(crate) sides: Sides,
    pub(crate) slots: Slots,
    pub(crate) konst: Vec<Option<Konst>>,
    /// The first blocks of loops with the values that are alive there, but for the constants that are made at
    /// the start of the function.
    pub(crate) loops: Vec<(Block, Vec<Val>)>,
    /// Where values are in their registers.
    pub(crate) live: Live,
}

/// Where a jump goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Label {
    Block(Block),
    /// The copies of an edge, then its target.
    Stub(EdgeId),
}

/// How a distance is written.
#[derive(Clone, Copy)]
enum Fix {
    /// Into field `c`.
    Rel,
    /// Into the fields `b` and `c`.
    Far,
    /// Into the whole word, counted from another one.
    Data(usize),
}

/// The state of an encoding.
pub(crate) struct Encoder<'a> {
    id: FuncId,
    pub(crate) func: &'a Func,
    pub(crate) signature: &'a Signature,
    pub(crate) env: &'a mut dyn Env,
    pub(crate) plan: &'a Plan,
    pub(crate) out: Encoded,
    pub(crate) flow: &'a Flow,
    order: Vec<Block>,
    /// The first blocks of loops.
    pub(crate) headers: Flags,
    fixes: Vec<(usize, Fix, Label)>,
    stubs: Vec<EdgeId>,
    stub_at: HashMap<EdgeId, u32>,
    /// Whether distances do not fit into 16 bits.
    long: bool,
    /// Instruction being encoded.
    pub(crate) at: u32,
    /// Instructions of the function that are part of the one in front.
    pub(crate) taken: u32,
}

/// More registers than instructions can name.
pub(crate) const TOO_MANY_REGISTERS: NotReady = NotReady::Declined(Declined::TooManyRegisters);
/// A number is too large for its field.
pub(crate) const TOO_WIDE: NotReady = NotReady::Declined(Declined::TooWide);

/// Encodes a function that was checked.
pub(crate) fn encode(
    id: FuncId,
    func: &Func,
    flow: &Flow,
    signature: &Signature,
    env: &mut dyn Env,
) -> Result<Encoded, NotReady> {
    let plan = Plan::new(func, flow, env);
    let live = Live::new(func, flow, &plan).ok_or(NotReady::Declined(Declined::TooEntangled))?;
    let mut long = false;
    loop {
        let slots = Slots::new(func, flow, &plan, &live, &signature.params).ok_or(TOO_MANY_REGISTERS)?;
        if let Some(at) = unplaced(func, flow, &plan, &slots) {
            return Err(NotReady::Malformed(Malformed { func: id, at }));
        }
        let mut encoder = Encoder {
            id,
            func,
            signature,
            env,
            plan: &plan,
            flow,
            order: Vec::new(),
            headers: headers(func, flow),
            fixes: Vec::new(),
            stubs: Vec::new(),
            stub_at: HashMap::new(),
            long,
            at: 0,
            taken: 0,
            out: Encoded {
                words: Vec::with_capacity(func.insts.len()),
                marks: Vec::with_capacity(func.insts.len()),
                starts: vec![u32::MAX; func.blocks.len()],
                sites: Vec::new(),
                lists: vec![0],
                sides: Sides::new(func.insts.iter().filter(|i| is_watched(&i.op)).count()),
                slots,
                konst: plan.konst.clone(),
                loops: loops(func, flow, &plan, &live),
                live: Live::default(),
            },
        };
        encoder.whole()?;
        if encoder.fix() {
            return Ok(Encoded { live, ..encoder.out });
        }
        if long {
            // Long jumps reach everything.
            return Err(encoder.malformed());
        }
        long = true;
    }
}

/// The first instruction that reads a value without a register. One that nothing writes has none: a fault of the lowering,
/// which must not become a read of some other register.
fn unplaced(func: &Func, flow: &Flow, plan: &Plan, slots: &Slots) -> Option<usize> {
    let placed =
        |v: Val| func.rep(v) == Rep::Unit || slots.of.get(v.index()).is_some_and(|slot| *slot != NONE);
    for block in func.block_ids().filter(|b| flow.reached(*b)) {
        let data = func.blocks[block.index()];
        for at in data.start..data.end {
            let mut all = true;
            plan.reads(func, block, at, |v| all &= placed(v));
            if !all {
                return Some(at as usize);
            }
        }
    }
    None
}

/// The first blocks of loops in their order, with what is alive there.
fn loops(func: &Func, flow: &Flow, plan: &Plan, live: &Live) -> Vec<(Block, Vec<Val>)> {
    let targets = func.edges.iter().zip(&flow.back).filter(|(_, back)| **back).map(|(e, _)| e.to);
    let mut loops: Vec<(Block, Vec<Val>)> = targets.map(|block| (block, Vec::new())).collect();
    loops.sort_unstable_by_key(|l| l.0);
    loops.dedup_by_key(|l| l.0);
    if loops.is_empty() {
        return loops;
    }
    let start = |block: Block| 2 * func.blocks[block.index()].start;
    for v in (0..func.values).map(Val).filter(|v| !plan.hoisted[v.index()]) {
        for &(from, to) in live.of(v) {
            let first = loops.partition_point(|l| start(l.0) < from);
            loops[first..].iter_mut().take_while(|l| start(l.0) < to).for_each(|l| l.1.push(v));
        }
    }
    loops
}

impl Encoder<'_> {
    /// The instruction is not as the lowering makes it.
    pub(crate) fn malformed(&self) -> NotReady {
        NotReady::Malformed(Malformed { func: self.id, at: self.at as usize })
    }

    // ---- words

    /// Adds an instruction.
    pub(crate) fn emit(&mut self, op: Code, a: u16, b: u16, c: u16) {
        let at = self.out.words.len() as u32;
        match self.out.marks.last_mut() {
            Some(last) if last.0 == at => last.1 = self.at,
            _ => self.out.marks.push((at, self.at)),
        }
        self.out.words.push(Word { inst: Inst { op, a, b, c } });
    }
    /// Adds an instruction with one wide field.
    pub(crate) fn emit_wide(&mut self, op: Code, a: u16, wide: u32) {
        self.emit(op, a, wide as u16, (wide >> 16) as u16);
    }
    /// Adds a word of data.
    pub(crate) fn data(&mut self, bits: u64) {
        self.out.words.push(Word { bits });
    }
    /// The register of a value.
    pub(crate) fn reg(&self, v: Val) -> u16 {
        self.out.slots.of[v.index()]
    }
    /// The constant that a value is, if it has no register.
    fn bare_konst(&self, v: Val) -> Option<Konst> {
        self.plan.konst[v.index()]
    }
    /// Writes a constant.
    pub(crate) fn emit_konst(&mut self, to: u16, konst: Konst) {
        match konst {
            Konst::One(bits) => match i32::try_from(bits as i64) {
                Ok(n) => self.emit_wide(Code::Int, to, n as u32),
                Err(_) => {
                    self.emit(Code::Const, to, 0, 0);
                    self.data(bits);
                }
            },
            Konst::Two(tag, payload) => {
                self.emit(Code::Const2, to, 0, 0);
                self.data(tag);
                self.data(payload);
            }
        }
    }
    /// Adds a jump whose distance is not known yet.
    fn jump(&mut self, op: Code, a: u16, b: u16, to: Label) {
        let fix = if matches!(op, Code::Jump | Code::Back) { Fix::Far } else { Fix::Rel };
        self.fixes.push((self.out.words.len(), fix, to));
        self.emit(op, a, b, 0);
    }

    /// Writes the distances. False when one does not fit.
    fn fix(&mut self) -> bool {
        for &(at, fix, to) in &self.fixes {
            let target = match to {
                Label::Block(block) => self.out.starts[block.index()],
                Label::Stub(edge) => self.stub_at.get(&edge).copied().unwrap_or(0),
            };
            let from = if let Fix::Data(from) = fix { from } else { at };
            let distance = i64::from(target) - from as i64;
            let word = &mut self.out.words[at];
            // SAFETY: all bits of a word are good numbers.
            let shorts = unsafe { &mut word.shorts };
            match fix {
                Fix::Rel => match i16::try_from(distance) {
                    Ok(short) => shorts[3] = short as u16,
                    Err(_) => return false,
                },
                Fix::Far => (shorts[2], shorts[3]) = (distance as u16, (distance >> 16) as u16),
                Fix::Data(_) => word.bits = distance as u64,
            }
        }
        true
    }

    // ---- blocks

    fn whole(&mut self) -> Result<(), NotReady> {
        for (slot, konst) in self.out.slots.hoisted.clone() {
            self.emit_konst(slot, konst);
        }
        self.order = self.layout();
        for i in 0..self.order.len() {
            self.block(self.order[i], self.order.get(i + 1).copied())?;
        }
        let mut done = 0;
        while let Some(edge) = self.stubs.get(done).copied() {
            done += 1;
            let at = self.out.words.len() as u32;
            self.stub_at.insert(edge, at);
            self.follow(edge, None);
        }
        Ok(())
    }

    fn block(&mut self, block: Block, next: Option<Block>) -> Result<(), NotReady> {
        self.out.starts[block.index()] = self.out.words.len() as u32;
        let data = self.func.blocks[block.index()];
        self.taken = 0;
        for at in data.start..data.end - 1 {
            self.at = at;
            if self.taken > 0 {
                self.taken -= 1;
                continue;
            }
            if !self.plan.folded[at as usize] {
                let inst = self.func.insts[at as usize];
                self.row(inst)?;
            }
        }
        self.at = data.end - 1;
        self.end(block, self.func.insts[self.at as usize], next)
    }

    fn end(&mut self, block: Block, inst: Mir, next: Option<Block>) -> Result<(), NotReady> {
        match inst.op {
            Op::Jump { to } => {
                if self.flow.back[to.index()] && self.latch(block, to, next) {
                    return Ok(());
                }
                self.follow(to, next);
            }
            Op::Branch { then, els, .. } => {
                let Some(cond) = self.plan.cond(block) else { return Err(self.malformed()) };
                let falls = |e: EdgeId| Some(self.target(e)) == next && !self.flow.back[e.index()];
                if self.long {
                    // Over the next word or not: every distance that counts is a wide one.
                    self.test(cond, Label::Stub(EdgeId::NONE));
                    if let Some((at, ..)) = self.fixes.pop() {
                        // SAFETY: all bits of a word are good numbers.
                        unsafe { self.out.words[at].shorts[3] = 2 };
                    }
                    let (then, els) = (self.way(then), self.way(els));
                    self.jump(Code::Jump, 0, 0, els);
                    self.jump(Code::Jump, 0, 0, then);
                } else if falls(then) && !falls(els) {
                    let to = self.way(els);
                    self.test(Cond { not: !cond.not, ..cond }, to);
                    self.follow(then, next);
                } else {
                    let to = self.way(then);
                    self.test(cond, to);
                    self.follow(els, next);
                }
            }
            Op::Switch { on, to: Edges(to) } => {
                let ways: Vec<EdgeId> = self.func.list(to).iter().map(|e| EdgeId(*e)).collect();
                let from = self.out.words.len();
                self.emit_wide(Code::Switch, self.reg(on), ways.len() as u32);
                for edge in ways {
                    let label = self.way(edge);
                    self.fixes.push((self.out.words.len(), Fix::Data(from), label));
                    self.data(0);
                }
            }
            Op::Return { value: Own(value) } | Op::ReturnLent { value } => match self.func.rep(value) {
                Rep::Unit => self.emit(Code::Return0, 0, 0, 0),
                Rep::Any => self.emit(Code::Return2, self.reg(value), 0, 0),
                _ => match self.plan.small(value) {
                    Some(n) => self.emit_wide(Code::ReturnInt, 0, n as u32),
                    None => self.emit(Code::Return1, self.reg(value), 0, 0),
                },
            },
            _ => {
                let site = self.site(inst);
                self.emit_wide(Code::End, 0, site);
            }
        }
        Ok(())
    }

    // ---- edges

    /// What an edge copies: registers, then constants.
    pub(crate) fn copies(&self, edge: EdgeId) -> (Moves, SmallVec<[(u16, Konst); 2]>) {
        let edge = self.func.edges[edge.index()];
        let (mut moves, mut konsts) = (Moves::new(), SmallVec::new());
        for (param, arg) in self.func.block_params(edge.to).zip(self.func.vals(edge.args)) {
            let to = self.reg(param);
            if to == NONE || arg == EXCEPTION {
                continue;
            }
            match self.bare_konst(arg) {
                Some(konst) => konsts.push((to, konst)),
                None => {
                    let width = crate::slots::width(self.func.rep(param));
                    moves.push(Move { to, from: self.reg(arg), width });
                }
            }
        }
        moves.retain(|m| m.to != m.from);
        (moves, konsts)
    }

    fn copy(&mut self, edge: EdgeId) {
        let (moves, konsts) = self.copies(edge);
        for m in one_by_one(moves, self.out.slots.scratch) {
            self.emit(if m.width == 2 { Code::Mov2 } else { Code::Mov }, m.to, m.from, 0);
        }
        for (to, konst) in konsts {
            self.emit_konst(to, konst);
        }
    }

    /// Where to jump for an edge: straight to its target if there is nothing to do on the way.
    fn way(&mut self, edge: EdgeId) -> Label {
        let (moves, konsts) = self.copies(edge);
        if moves.is_empty() && konsts.is_empty() && !self.flow.back[edge.index()] {
            return Label::Block(self.target(edge));
        }
        if self.stub_at.insert(edge, 0).is_none() {
            self.stubs.push(edge);
        }
        Label::Stub(edge)
    }

    /// Whether the function or a loop begins here without any code before `to`, where a loop begins: places where steps are
    /// counted must be told apart.
    fn is_empty_start(&self, to: Block) -> bool {
        let here = self.out.words.len() as u32;
        let begins = |l: &(Block, Vec<Val>)| self.out.starts[l.0.index()] == here;
        self.headers[to.index()] && (here == 0 || self.out.loops.iter().any(begins))
    }

    /// Goes along an edge from here.
    fn follow(&mut self, edge: EdgeId, next: Option<Block>) {
        self.copy(edge);
        let to = self.target(edge);
        if self.flow.back[edge.index()] {
            self.jump(Code::Back, 0, 0, Label::Block(to));
        } else if next != Some(to) || self.is_empty_start(to) {
            self.jump(Code::Jump, 0, 0, Label::Block(to));
        }
    }

    /// The end of a loop whose first block does nothing but test: the test is done here once more.
    fn latch(&mut self, block: Block, edge: EdgeId, next: Option<Block>) -> bool {
        let header = self.func.edges[edge.index()].to;
        let data = self.func.blocks[header.index()];
        let (Some(cond), false) = (self.plan.cond(header), self.long) else { return false };
        let Op::Branch { then, els, .. } = self.func.insts[data.end as usize - 1].op else { return false };
        if !self.is_silent(header) || self.flow.back[then.index()] || self.flow.back[els.index()] {
            return false;
        }
        let inside = |e: EdgeId| {
            let to = self.func.edges[e.index()].to;
            to > header && to <= block
        };
        let (body, exit, not) =
            if inside(then) || !inside(els) { (then, els, cond.not) } else { (els, then, !cond.not) };
        let Some((op, a, b)) = self.back_test(Cond { not, ..cond }) else { return false };
        let before = self.out.words.len();
        self.copy(edge);
        let (op, dropped) = self.with_increment(op, a, block, before == self.out.words.len());
        if dropped {
            self.out.words.pop();
            self.out.marks.pop();
        }
        let body = self.way(body);
        let from = self.out.words.len();
        self.jump(op, a, b, body);
        self.fixes.push((self.out.words.len(), Fix::Data(from), Label::Block(header)));
        self.data(0);
        self.follow(exit, next);
        true
    }

    /// A test of a loop's end with the addition of 1 to its first register in front of it, if that is what stands there.
    fn with_increment(&self, op: Code, a: u16, block: Block, bare: bool) -> (Code, bool) {
        let with = match op {
            Code::BackILt => Code::IncBackILt,
            Code::BackILe => Code::IncBackILe,
            Code::BackILtI => Code::IncBackILtI,
            Code::BackILeI => Code::IncBackILeI,
            _ => return (op, false),
        };
        let last = self.out.words.len().saturating_sub(1);
        // Nothing may jump between the two.
        if !bare || self.out.starts[block.index()] as usize > last {
            return (op, false);
        }
        let Some((at, _)) = self.out.marks.last() else { return (op, false) };
        if *at as usize != last {
            return (op, false);
        }
        // SAFETY: marks are at instructions.
        let inst = unsafe { self.out.words[last].inst };
        if inst.op == Code::IAddI && inst.a == a && inst.b == a && inst.c == 1 {
            (with, true)
        } else {
            (op, false)
        }
    }

    // ---- tests

    fn test(&mut self, cond: Cond, to: Label) {
        let (op, a, b) = self.jump_test(cond);
        self.jump(op, a, b, to);
    }

    /// The instruction that jumps when a condition holds, with its first two fields.
    fn jump_test(&self, Cond { test, not }: Cond) -> (Code, u16, u16) {
        let reg = |v: Val| self.reg(v);
        let pick = |yes: Code, no: Code| if not { no } else { yes };
        match test {
            Test::True(a) => (pick(Code::JTrue, Code::JFalse), reg(a), 0),
            Test::IEq(a, b) => (pick(Code::JIEq, Code::JINe), reg(a), reg(b)),
            Test::INe(a, b) => (pick(Code::JINe, Code::JIEq), reg(a), reg(b)),
            Test::ILt(a, b) if not => (Code::JILe, reg(b), reg(a)),
            Test::ILt(a, b) => (Code::JILt, reg(a), reg(b)),
            Test::ILe(a, b) if not => (Code::JILt, reg(b), reg(a)),
            Test::ILe(a, b) => (Code::JILe, reg(a), reg(b)),
            Test::IEqI(a, n) => (pick(Code::JIEqI, Code::JINeI), reg(a), n as u16),
            Test::INeI(a, n) => (pick(Code::JINeI, Code::JIEqI), reg(a), n as u16),
            Test::ILtI(a, n) => (pick(Code::JILtI, Code::JIGeI), reg(a), n as u16),
            Test::ILeI(a, n) => (pick(Code::JILeI, Code::JIGtI), reg(a), n as u16),
            Test::IGtI(a, n) => (pick(Code::JIGtI, Code::JILeI), reg(a), n as u16),
            Test::IGeI(a, n) => (pick(Code::JIGeI, Code::JILtI), reg(a), n as u16),
            Test::FEq(a, b) => (pick(Code::JFEq, Code::JFNe), reg(a), reg(b)),
            Test::FNe(a, b) => (pick(Code::JFNe, Code::JFEq), reg(a), reg(b)),
            Test::FLt(a, b) => (pick(Code::JFLt, Code::JFNlt), reg(a), reg(b)),
            Test::FLe(a, b) => (pick(Code::JFLe, Code::JFNle), reg(a), reg(b)),
            Test::REq(a, b) => (pick(Code::JREq, Code::JRNe), reg(a), reg(b)),
            Test::Zero(a) => (pick(Code::JZero, Code::JNonzero), reg(a), 0),
            Test::Nothing(a) => (pick(Code::JNothing, Code::JSomething), reg(a), 0),
            Test::Same(a, b) => (pick(Code::JSame, Code::JDiffer), reg(a), reg(b)),
            Test::ClassIs(a, class) if self.func.rep(a) == Rep::Any => {
                (pick(Code::JAnyClassIs, Code::JAnyClassIsNot), reg(a), class)
            }
            Test::ClassIs(a, class) => (pick(Code::JClassIs, Code::JClassIsNot), reg(a), class),
            Test::ClosureIs(a, func) => (pick(Code::JClosureIs, Code::JClosureIsNot), reg(a), func),
        }
    }

    /// The same for the end of a loop, where not every test has a form.
    fn back_test(&self, cond: Cond) -> Option<(Code, u16, u16)> {
        let (op, a, b) = self.jump_test(cond);
        let op = match op {
            Code::JILt => Code::BackILt,
            Code::JILe => Code::BackILe,
            Code::JILtI => Code::BackILtI,
            Code::JILeI => Code::BackILeI,
            Code::JIGeI => Code::BackIGeI,
            Code::JNonzero => Code::BackNonzero,
            _ => return None,
        };
        Some((op, a, b))
    }
}
