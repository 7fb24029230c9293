//! Faults as a lowering or an encoding may have them, planted into typed functions one at a time: each has to be caught, and
//! by the check that is written beside it. Checks in their order: the verifier, the conformance suite, the audit of counts,
//! and random programs compared with the interpreter.

mod support;

use std::rc::Rc;

use agree::generate;
use conform::{check, generate as functions, suites};
use mir::func::{BlockData, Edge, Func, Rep};
use mir::inst::{Block, EXCEPTION, EdgeId, Inst, Op, Own, Val};
use support::backend::Bytecode;
use support::closed::{Closed, Limits, Plant};

/// Who finds a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Check {
    Verifier,
    Suite,
    Audit,
    Programs,
    /// Nobody.
    Missed,
}

/// A fault.
struct Fault {
    what: &'static str,
    plant: Plant,
    caught: Check,
}

const FAULTS: &[Fault] = &[
    Fault { what: "an addition of 32 bits", plant: short_addition, caught: Check::Suite },
    Fault { what: "the operands of a subtraction exchanged", plant: exchanged, caught: Check::Suite },
    Fault { what: "less instead of less or equal", plant: less, caught: Check::Suite },
    Fault { what: "a shift that looks at five bits of its count", plant: short_shift, caught: Check::Suite },
    Fault { what: "a call in place that counts no step", plant: uncounted, caught: Check::Suite },
    Fault { what: "a count too many", plant: counted_twice, caught: Check::Suite },
    Fault { what: "a release is missing", plant: kept, caught: Check::Suite },
    Fault { what: "a retain is missing", plant: not_retained, caught: Check::Verifier },
    Fault { what: "a count too many where there are loops", plant: counted_in_loops, caught: Check::Audit },
    Fault { what: "a release too many", plant: released_twice, caught: Check::Verifier },
    Fault { what: "a release before the last use", plant: released_early, caught: Check::Verifier },
    Fault { what: "an unwind edge is lost", plant: no_unwind, caught: Check::Verifier },
    Fault { what: "a constant taken for another one", plant: neighbouring_constant, caught: Check::Suite },
    Fault { what: "a field at the place of another one", plant: other_field, caught: Check::Programs },
    Fault { what: "a test for null is missing", plant: never_null, caught: Check::Programs },
    Fault { what: "a class test with the answers exchanged", plant: other_class, caught: Check::Suite },
    Fault { what: "finalizers in the other order", plant: other_order, caught: Check::Programs },
    Fault { what: "an exchange that loses what was there", plant: exchange_loses, caught: Check::Suite },
    Fault { what: "an exchange that counts what was there", plant: exchange_counts, caught: Check::Suite },
    Fault { what: "a call that keeps what it is to give", plant: not_given, caught: Check::Verifier },
    Fault { what: "a call that gives what it still counts", plant: given_and_kept, caught: Check::Suite },
    Fault { what: "a parameter counted instead of taken", plant: not_taken, caught: Check::Suite },
    Fault { what: "what is taken is counted", plant: taken_twice, caught: Check::Suite },
    Fault { what: "a store that does not happen", plant: not_stored, caught: Check::Programs },
];

/// Programs that are tried.
const PROGRAMS: u64 = 60;

/// Programs with what random ones seldom have.
const WRITTEN: &[&str] = &[
    "box Loud { n birth(n) { me.n = n } fini() { print(\"fini \" + me.n) } }
     function two() { local a = new Loud(1) local b = new Loud(2) print(a.n + b.n) }
     two() two()",
    "box Node { value next birth(v) { me.value = v me.next = null } }
     function last(n) { return n.next.next.value }
     local n = new Node(1) n.next = new Node(2) n.next.next = new Node(3)
     print(last(n)) n.next.next = null
     try { print(last(n)) } catch (e) { print(e) }",
    "box Pair { left right birth(l, r) { me.left = l me.right = r } sum() { return me.left * 10 + me.right } }
     local p = new Pair(1, 2) p.right = p.right + 4 p.left = p.left + 1 print(p.sum())",
    "box A { name() { return \"a\" } } box B { name() { return \"b\" } }
     function ask(x) { return x.name() }
     print(ask(new A()) + ask(new B()))",
    "box Chain { head count birth() { me.count = 0 } add(n) { me.count = me.count + 1 me.head = new Link(n, me.head) } }
     box Link { n next birth(n, next) { me.next = next me.n = [n] } }
     local c = new Chain() local i = 0 loop(i < 4) { c.add(new Link(i, null)) i = i + 1 } print(c.count)",
    "function pick(n) { local r = 0 try { if n > 2 { throw n } r = 1 } catch (e) { r = e * 100 } return r }
     print(pick(1) + pick(3))",
];

#[test]
fn every_planted_fault_is_caught() {
    let programs: Vec<(Rc<Closed>, Limits, String)> = WRITTEN
        .iter()
        .map(|text| ((*text).to_owned(), 100_000, 500))
        .chain((0..PROGRAMS).map(|i| generate::program(2, i)).map(|p| (p.text, p.fuel.min(20_000), p.depth)))
        .map(|(text, fuel, depth)| {
            let limits = Limits { fuel, depth, audit: false };
            let closed = Rc::new(Closed::new(&text));
            let right = closed.run(None, limits);
            (closed, limits, right)
        })
        .collect();
    // Without a fault nothing is caught.
    for (closed, limits, right) in &programs {
        assert_eq!(&closed.run(Some(None), *limits), right);
    }
    let mut wrong = Vec::new();
    for Fault { what, plant, caught } in FAULTS {
        let (by, how) = catch(*plant, &programs);
        if by != *caught {
            wrong.push(format!("{what}: caught by {by:?}, not {caught:?}: {how}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(FAULTS.iter().all(|f| f.caught != Check::Missed) && FAULTS.len() >= 10);
}

/// The first check that sees a fault, and what it says.
fn catch(plant: Plant, programs: &[(Rc<Closed>, Limits, String)]) -> (Check, String) {
    for (closed, ..) in programs {
        if let Some(fault) = closed.verified(plant) {
            return (Check::Verifier, fault);
        }
    }
    for suite in suites().into_iter().chain([functions::suite(1, 100)]) {
        if let Some(first) = check(&mut Bytecode::planted(plant), &suite, 1).pop() {
            return (Check::Suite, first);
        }
    }
    for (closed, limits, _) in programs {
        let seen =
            closed.run(Some(Some(plant)), Limits { audit: true, fuel: limits.fuel.min(2000), ..*limits });
        if seen.contains("heap audit") || seen == STRAY {
            return (Check::Audit, seen);
        }
    }
    for (closed, limits, right) in programs {
        let seen = run(closed, plant, *limits);
        if seen != *right {
            return (Check::Programs, format!("{seen}\ninstead of\n{right}"));
        }
    }
    (Check::Missed, String::new())
}

/// What is said of a run in which the heap itself was touched where nothing is.
const STRAY: &str = "a stray access";

/// A run with a fault. The heap may notice it first.
fn run(closed: &Rc<Closed>, plant: Plant, limits: Limits) -> String {
    let run = std::panic::AssertUnwindSafe(|| closed.run(Some(Some(plant)), limits));
    std::panic::catch_unwind(run).unwrap_or_else(|_| STRAY.to_owned())
}

// ---- how functions are changed

/// Writes all instructions once more; `change` gets each one, where to put what stands for it, and new values.
fn rewrite(f: &mut Func, mut change: impl FnMut(Inst, &mut Vec<Inst>, &mut dyn FnMut(Rep) -> Val)) {
    let (insts, spans) = (std::mem::take(&mut f.insts), std::mem::take(&mut f.spans));
    let mut blocks: Vec<BlockData> = std::mem::take(&mut f.blocks);
    for block in &mut blocks {
        let start = f.insts.len() as u32;
        for at in block.start as usize..block.end as usize {
            let mut out = Vec::new();
            let (values, types) = (&mut f.values, &mut f.types);
            change(insts[at], &mut out, &mut |rep| {
                *values += 1;
                types.as_mut().expect("typed").reps.push(rep);
                Val(*values - 1)
            });
            for inst in out {
                f.insts.push(inst);
                f.spans.push(spans[at]);
            }
        }
        (block.start, block.end) = (start, f.insts.len() as u32);
    }
    f.blocks = blocks;
}

fn plain(op: Op, dst: Val) -> Inst {
    Inst { op, dst, unwind: EdgeId::NONE }
}

/// Changes instructions in their places.
fn each(f: &mut Func, change: impl Fn(&mut Op)) {
    f.insts.iter_mut().for_each(|inst| change(&mut inst.op));
}

/// Values that only branches look at.
fn branched_on(f: &Func) -> Vec<Val> {
    f.insts
        .iter()
        .filter_map(|i| if let Op::Branch { cond, .. } = i.op { Some(cond) } else { None })
        .collect()
}

// ---- the faults

fn short_addition(f: &mut Func) {
    rewrite(f, |inst, out, fresh| match inst.op {
        Op::IAdd { .. } => {
            let (half, sum, up) = (fresh(Rep::I64), fresh(Rep::I64), fresh(Rep::I64));
            out.push(plain(Op::Int { value: 32 }, half));
            out.push(plain(inst.op, sum));
            out.push(plain(Op::IShl { a: sum, b: half }, up));
            out.push(plain(Op::IShr { a: up, b: half }, inst.dst));
        }
        _ => out.push(inst),
    });
}

fn exchanged(f: &mut Func) {
    each(f, |op| {
        if let Op::ISub { a, b } = op {
            std::mem::swap(a, b);
        }
    });
}

fn less(f: &mut Func) {
    each(f, |op| {
        if let Op::ILe { a, b } = *op {
            *op = Op::ILt { a, b };
        }
    });
}

fn short_shift(f: &mut Func) {
    rewrite(f, |inst, out, fresh| match inst.op {
        Op::IShl { a, b } => {
            let (mask, count) = (fresh(Rep::I64), fresh(Rep::I64));
            out.push(plain(Op::Int { value: 31 }, mask));
            out.push(plain(Op::IAnd { a: b, b: mask }, count));
            out.push(plain(Op::IShl { a, b: count }, inst.dst));
        }
        _ => out.push(inst),
    });
}

fn uncounted(f: &mut Func) {
    rewrite(f, |inst, out, _| {
        if !matches!(inst.op, Op::Inlined { .. }) {
            out.push(inst);
        }
    });
}

fn counted_twice(f: &mut Func) {
    count_more(f);
}

fn count_more(f: &mut Func) {
    let reps = f.types.as_ref().expect("typed").reps.clone();
    rewrite(f, |inst, out, fresh| {
        out.push(inst);
        if matches!(inst.op, Op::Retain { .. }) {
            let more = fresh(reps[inst.dst.index()]);
            out.push(plain(inst.op, more));
            out.push(plain(Op::Forget { a: Own(more) }, Val::NONE));
        }
    });
}

fn kept(f: &mut Func) {
    for inst in &mut f.insts {
        if let Op::Release { a } | Op::ReleaseQuiet { a } = inst.op {
            *inst = plain(Op::Forget { a }, Val::NONE);
        }
    }
}

fn not_retained(f: &mut Func) {
    each(f, |op| {
        if let Op::Retain { a } = *op {
            *op = Op::Lend { a };
        }
    });
}

fn counted_in_loops(f: &mut Func) {
    if mir::loops::closing(f).contains(&true) {
        count_more(f);
    }
}

fn released_twice(f: &mut Func) {
    rewrite(f, |inst, out, _| {
        out.push(inst);
        if matches!(inst.op, Op::Release { .. } | Op::ReleaseQuiet { .. }) {
            out.push(inst);
        }
    });
}

fn released_early(f: &mut Func) {
    for at in 1..f.insts.len() {
        let (before, here) = (f.insts[at - 1], f.insts[at]);
        let (Op::Release { a: Own(a) } | Op::ReleaseQuiet { a: Own(a) }) = here.op else { continue };
        let mut uses = false;
        f.uses(&before.op, |v, _| uses |= v == a);
        if uses && !before.op.row().effects.ends_block() {
            f.insts.swap(at - 1, at);
        }
    }
}

fn no_unwind(f: &mut Func) {
    f.insts.iter_mut().for_each(|inst| inst.unwind = EdgeId::NONE);
}

fn neighbouring_constant(f: &mut Func) {
    each(f, |op| {
        if let Op::Int { value } = op {
            *value ^= 1;
        }
    });
}

fn other_field(f: &mut Func) {
    let loads: Vec<Inst> = f.insts.iter().copied().filter(|i| matches!(i.op, Op::Load { .. })).collect();
    let reps: Vec<Rep> = loads.iter().map(|i| f.rep(i.dst)).collect();
    for at in 0..f.insts.len() {
        let rep = f.rep(f.insts[at].dst);
        if rep.counts() {
            continue;
        }
        let Op::Load { class, field, .. } = &mut f.insts[at].op else { continue };
        let other = loads.iter().zip(&reps).find_map(|(i, r)| match i.op {
            Op::Load { class: c, field: other, .. } if c == *class && other != *field && *r == rep => {
                Some(other)
            }
            _ => None,
        });
        *field = other.unwrap_or(*field);
    }
}

fn never_null(f: &mut Func) {
    let tested = branched_on(f);
    for inst in &mut f.insts {
        if matches!(inst.op, Op::RZero { .. }) && tested.contains(&inst.dst) {
            inst.op = Op::Bool { value: false };
        }
    }
}

fn other_class(f: &mut Func) {
    let tests: Vec<Val> =
        f.insts.iter().filter(|i| matches!(i.op, Op::ClassIs { .. })).map(|i| i.dst).collect();
    for inst in &mut f.insts {
        if let Op::Branch { cond, then, els } = &mut inst.op
            && tests.contains(cond)
        {
            std::mem::swap(then, els);
        }
    }
}

fn other_order(f: &mut Func) {
    let counts = |inst: &Inst| matches!(inst.op, Op::Release { .. } | Op::ReleaseQuiet { .. });
    let releases: Vec<usize> = (0..f.insts.len()).filter(|at| counts(&f.insts[*at])).collect();
    // Where only these two values are owned, so that the way of an exception between them is easily written.
    let [first, second] = releases[..] else { return };
    let (Op::Release { a: Own(a) }, Op::Release { a: Own(b) }) = (f.insts[first].op, f.insts[second].op)
    else {
        return;
    };
    if second != first + 1 {
        return;
    }
    let exception = Val(f.values);
    f.values += 1;
    f.types.as_mut().expect("typed").reps.push(Rep::Any);
    let (params, args) = (f.push_list([exception.0]), f.push_list([EXCEPTION.0]));
    let start = f.insts.len() as u32;
    let handler = Block(f.blocks.len() as u32);
    f.blocks.push(BlockData { params, start, end: start + 2, span: f.spans[first] });
    f.insts.push(plain(Op::ReleaseUnwinding { a: Own(a) }, Val::NONE));
    f.insts.push(plain(Op::Rethrow { value: Own(exception) }, Val::NONE));
    f.spans.extend([f.spans[first]; 2]);
    f.edges.push(Edge { to: handler, args });
    f.insts[first] =
        Inst { op: Op::Release { a: Own(b) }, dst: Val::NONE, unwind: EdgeId(f.edges.len() as u32 - 1) };
    f.insts[second] = plain(Op::Release { a: Own(a) }, Val::NONE);
}

fn exchange_loses(f: &mut Func) {
    rewrite(f, |inst, out, fresh| match inst.op {
        Op::Swap { .. } | Op::ArrSwap { .. } => {
            let old = fresh(Rep::Ref);
            out.push(plain(inst.op, old));
            out.push(plain(Op::Forget { a: Own(old) }, Val::NONE));
            out.push(plain(Op::Null {}, inst.dst));
        }
        _ => out.push(inst),
    });
}

fn exchange_counts(f: &mut Func) {
    rewrite(f, |inst, out, fresh| {
        out.push(inst);
        if let Op::Swap { .. } | Op::ArrSwap { .. } = inst.op {
            let more = fresh(Rep::Ref);
            out.push(plain(Op::Retain { a: inst.dst }, more));
            out.push(plain(Op::Forget { a: Own(more) }, Val::NONE));
        }
    });
}

fn not_given(f: &mut Func) {
    each(f, |op| {
        if let Op::CallGiving { given, .. } = op {
            *given = 0;
        }
    });
}

fn given_and_kept(f: &mut Func) {
    let of: Vec<Vec<Val>> = f
        .insts
        .iter()
        .map(|inst| match inst.op {
            Op::CallGiving { args, .. } => f.vals(args.0).collect(),
            _ => Vec::new(),
        })
        .collect();
    let mut of = of.into_iter();
    rewrite(f, |inst, out, fresh| {
        let args = of.next().unwrap_or_default();
        if let Op::CallGiving { given, .. } = inst.op {
            for (_, arg) in args.iter().enumerate().filter(|(i, _)| given >> i & 1 == 1) {
                let more = fresh(Rep::Ref);
                out.push(plain(Op::Retain { a: *arg }, more));
                out.push(plain(Op::Forget { a: Own(more) }, Val::NONE));
            }
        }
        out.push(inst);
    });
}

fn not_taken(f: &mut Func) {
    each(f, |op| {
        if let Op::Take { a } = *op {
            *op = Op::Retain { a };
        }
    });
}

fn taken_twice(f: &mut Func) {
    let (begin, mut taken) = (f.takes().count_ones(), Vec::new());
    rewrite(f, |inst, out, fresh| {
        out.push(inst);
        taken.extend(matches!(inst.op, Op::Take { .. }).then_some(inst.dst));
        if begin > 0 && taken.len() == begin as usize {
            for a in taken.drain(..) {
                let more = fresh(Rep::Ref);
                out.push(plain(Op::Retain { a }, more));
                out.push(plain(Op::Forget { a: Own(more) }, Val::NONE));
            }
        }
    });
}

fn not_stored(f: &mut Func) {
    // Only where the same function has read the field: constructors have nothing to lose.
    let read: Vec<_> = f
        .insts
        .iter()
        .filter_map(|i| if let Op::Load { field, .. } = i.op { Some(field) } else { None })
        .collect();
    rewrite(f, |inst, out, _| {
        if !matches!(inst.op, Op::StoreRaw { field, .. } if read.contains(&field)) {
            out.push(inst);
        }
    });
}
