//! Random functions, walked along random ways: whatever an instruction reads must be what was written last into the
//! registers of its value. The walk knows nothing of liveness or of how registers were chosen.

use mir::func::{BlockData, Edge, Func, Rep, Types};
use mir::inst::{Block, ClassIx, EXCEPTION, EdgeId, Gives, Inst, Op, Own, Val};
use mir::types::Slot;
use syntax::intern::Symbol;
use syntax::span::Span;

use super::{NONE, Slots, width};
use crate::flow::{Flow, edges_from};
use crate::live::Live;
use crate::plan::{Facts, Plan};

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) % n.max(1) as u64) as usize
    }
}

struct NoFacts;

impl Facts for NoFacts {
    fn literal(&mut self, _: Symbol) -> u64 {
        0
    }
    fn class(&self, _: ClassIx) -> Option<u16> {
        None
    }
}

const NOWHERE: Inst = Inst { op: Op::Unreachable {}, dst: Val::NONE, unwind: EdgeId::NONE };

/// A function whose blocks, edges and parameters are decided, and whose instructions are decided by kind.
fn skeleton(random: &mut Random) -> Func {
    let mut f = Func::new(Symbol(0), Span::default());
    let mut reps = vec![Rep::I64, Rep::Any];
    f.params = 2;
    let blocks = 2 + random.below(10);
    for b in 0..blocks {
        // The first block has no parameters; every other one takes a whole value first, for what is thrown.
        let params: Vec<u32> = (0..if b == 0 { 0 } else { 1 + random.below(4) })
            .map(|i| {
                reps.push(if i == 0 || random.below(3) == 0 { Rep::Any } else { Rep::I64 });
                reps.len() as u32 - 1
            })
            .collect();
        let params = f.push_list(params);
        f.blocks.push(BlockData { params, start: 0, end: 0, span: Span::default() });
    }
    for b in 0..blocks {
        let start = f.insts.len() as u32;
        let mut edge = |f: &mut Func| {
            f.edges.push(Edge { to: Block(1 + random.below(blocks - 1) as u32), args: 0 });
            EdgeId(f.edges.len() as u32 - 1)
        };
        for kind in 0..edge(&mut f).0 % 5 + 1 {
            let unwind = if kind == 2 { edge(&mut f) } else { EdgeId::NONE };
            reps.push(if kind % 2 == 0 { Rep::Any } else { Rep::I64 });
            let dst = Val(reps.len() as u32 - 1);
            let op = match kind {
                1 => Op::Int { value: 70_000 + i64::from(dst.0) },
                3 => Op::IAdd { a: Val::NONE, b: Val::NONE },
                _ => Op::Add { a: Val::NONE, b: Val::NONE },
            };
            f.insts.push(Inst { op, dst, unwind });
        }
        let op = match edge(&mut f).0 % 4 {
            0 => Op::Return { value: Own(Val(1)) },
            1 => Op::Jump { to: edge(&mut f) },
            _ => {
                reps.push(Rep::Bool);
                let dst = Val(reps.len() as u32 - 1);
                f.insts.push(Inst { op: Op::ILt { a: Val::NONE, b: Val::NONE }, dst, unwind: EdgeId::NONE });
                Op::Branch { cond: dst, then: edge(&mut f), els: edge(&mut f) }
            }
        };
        f.insts.push(Inst { op, ..NOWHERE });
        (f.blocks[b].start, f.blocks[b].end) = (start, f.insts.len() as u32);
    }
    f.values = reps.len() as u32;
    f.spans = vec![Span::default(); f.insts.len()];
    f.types = Some(Types { reps, result: Rep::Any });
    f
}

/// Fills the operands and arguments with values that are there on every way.
fn fill(f: &mut Func, random: &mut Random) {
    let flow = Flow::new(f);
    for b in 0..f.blocks.len() {
        let block = Block(b as u32);
        let mut known: Vec<Val> = (0..f.params).map(Val).collect();
        for other in f.block_ids().filter(|o| flow.reached(*o) && flow.reached(block)) {
            if flow.dominates(other, block) {
                known.extend(f.block_params(other));
                if other != block {
                    // What comes behind something that throws is not there in handlers.
                    let safe = f.block_insts(other).iter().take_while(|i| i.unwind.is_none());
                    known.extend(safe.map(|i| i.dst).filter(|d| !d.is_none()));
                }
            }
        }
        let mut pick = |f: &Func, known: &[Val], rep: Rep| {
            let fit: Vec<Val> = known.iter().copied().filter(|v| f.rep(*v) == rep).collect();
            fit[random.below(fit.len())]
        };
        for at in f.blocks[b].start as usize..f.blocks[b].end as usize {
            let mut inst = f.insts[at];
            match &mut inst.op {
                Op::IAdd { a, b } | Op::ILt { a, b } => {
                    (*a, *b) = (pick(f, &known, Rep::I64), pick(f, &known, Rep::I64));
                }
                Op::Add { a, b } => (*a, *b) = (pick(f, &known, Rep::Any), pick(f, &known, Rep::Any)),
                Op::Return { value } => value.0 = pick(f, &known, Rep::Any),
                _ => {}
            }
            f.insts[at] = inst;
            let mut edges = Vec::new();
            f.edges_of(&inst, |e| edges.push((e, e == inst.unwind)));
            for (e, unwind) in edges {
                let params: Vec<Val> = f.block_params(f.edges[e.index()].to).collect();
                let args: Vec<u32> = params
                    .iter()
                    .enumerate()
                    .map(|(i, p)| if unwind && i == 0 { EXCEPTION.0 } else { pick(f, &known, f.rep(*p)).0 })
                    .collect();
                f.edges[e.index()].args = f.push_list(args);
            }
            if !inst.dst.is_none() {
                known.push(inst.dst);
            }
        }
    }
}

/// Walks along random ways and looks who is in the registers.
fn walk(f: &Func, plan: &Plan, slots: &Slots, random: &mut Random) {
    let mut owner = vec![Val::NONE; slots.words as usize];
    let words = |v: Val| {
        let first = slots.of[v.index()] as usize;
        assert!(first != NONE as usize, "{v:?} has no register");
        first..first + width(f.rep(v)) as usize
    };
    let write = |owner: &mut Vec<Val>, v: Val| {
        if plan.has_register(f, v) {
            words(v).for_each(|word| owner[word] = v);
        }
    };
    let read = |owner: &[Val], v: Val| {
        words(v).for_each(|word| {
            let there = owner[word];
            let same = there == v
                || plan.hoisted[v.index()]
                    && !there.is_none()
                    && plan.konst[there.index()] == plan.konst[v.index()];
            assert!(same, "{there:?} is where {v:?} should be in {f:?}");
        });
    };
    (0..f.params).for_each(|v| write(&mut owner, Val(v)));
    (0..f.values).map(Val).filter(|v| plan.hoisted[v.index()]).for_each(|v| write(&mut owner, v));
    let mut block = Block(0);
    for _ in 0..200 {
        let data = f.blocks[block.index()];
        let mut next = None;
        for at in data.start..data.end {
            let inst = &f.insts[at as usize];
            plan.reads(f, block, at, |v| read(&owner, v));
            let mut ways = Vec::new();
            edges_from(f, block, |e, from, unwind| {
                if from == at {
                    ways.push((e, unwind));
                }
            });
            if let Some(&(e, _)) = ways.get(random.below(ways.len() + 1)).or(ways.last().filter(|w| !w.1)) {
                let edge = f.edges[e.index()];
                for (param, arg) in f.block_params(edge.to).zip(f.vals(edge.args)) {
                    if plan.has_register(f, param) && arg != EXCEPTION && plan.konst[arg.index()].is_none() {
                        read(&owner, arg);
                    }
                }
                f.block_params(edge.to).for_each(|p| write(&mut owner, p));
                next = Some(edge.to);
                break;
            }
            let gives = inst.op.row().gives != Gives::Nothing && !plan.folded[at as usize];
            if gives && !plan.hoisted[inst.dst.index()] {
                write(&mut owner, inst.dst);
            }
        }
        match next {
            Some(to) => block = to,
            None => return,
        }
    }
}

#[test]
fn what_is_read_is_what_was_written() {
    for seed in 0..600 {
        let random = &mut Random(seed * 7919 + 1);
        let mut f = skeleton(random);
        fill(&mut f, random);
        let flow = Flow::new(&f);
        let plan = Plan::new(&f, &flow, &mut NoFacts);
        let live = Live::new(&f, &flow, &plan).expect("a small function");
        let params = [Rep::I64, Rep::Any].map(|rep| Slot { rep, void: false });
        let slots = Slots::new(&f, &flow, &plan, &live, &params).expect("few registers");
        for _ in 0..20 {
            walk(&f, &plan, &slots, random);
        }
    }
}

#[test]
fn the_walk_finds_registers_that_are_shared_wrongly() {
    let mut found = 0;
    for seed in 0..50 {
        let random = &mut Random(seed * 104729 + 1);
        let mut f = skeleton(random);
        fill(&mut f, random);
        let flow = Flow::new(&f);
        let plan = Plan::new(&f, &flow, &mut NoFacts);
        let live = Live::new(&f, &flow, &plan).expect("a small function");
        let params = [Rep::I64, Rep::Any].map(|rep| Slot { rep, void: false });
        let mut slots = Slots::new(&f, &flow, &plan, &live, &params).expect("few registers");
        // Everything that is one word wide in one register.
        for v in (f.params..f.values).filter(|v| width(f.rep(Val(*v))) == 1) {
            if slots.of[v as usize] != NONE {
                slots.of[v as usize] = slots.scratch;
            }
        }
        let wrong = std::panic::AssertUnwindSafe(|| {
            for _ in 0..20 {
                walk(&f, &plan, &slots, random);
            }
        });
        found += usize::from(std::panic::catch_unwind(wrong).is_err());
    }
    assert!(found > 10, "{found}");
}
