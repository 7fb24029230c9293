//! What was loaded, stored, tested or checked a moment ago is not loaded, tested or checked again. Where ways join, what is
//! known on all of them is known; a loop begins with nothing, and so does a handler: what a running loop of
//! the interpreter has no value for must not live across its beginning.
//!
//! References are not taken from stores: a stored one has been given away. It does not remove anything that throws
//! but checks that cannot fail.

use mir::func::Func;
use mir::groups::{Flags, Groups};
use mir::inst::{Block, EdgeId, Inst, Op, Val};
use smallvec::{Array, SmallVec};

use crate::body::definitions_first;
use crate::effects::{Needs, disturbs};
use crate::rewrite::{drop_unreached, found, remove, rename};
use crate::{Context, Lowered};

/// Most things that are remembered of each sort.
const MOST: usize = 24;

/// What is known at a place.
#[derive(Clone, Default)]
struct Known {
    /// Fields: object, place, content.
    fields: SmallVec<[(Val, u32, Val); 4]>,
    /// Results of tests.
    tests: SmallVec<[(Op, Val); 2]>,
    /// References that are not zero.
    nonzero: SmallVec<[Val; 4]>,
}

struct Pass<'a> {
    cx: Context<'a>,
    func: &'a Func,
    /// What stands for a value now.
    alias: Vec<Val>,
    /// The value that is the same reference: a retained or lent one is what it was made from.
    same: Vec<Val>,
    /// Instructions that are not needed any more.
    gone: Flags,
    /// What a test is: of which reference, and whether it holds when the reference is zero.
    zero_tests: Vec<Option<(Val, bool)>>,
    ways: Ways,
}

/// How every block is entered.
struct Ways {
    /// By block: the blocks and edges that lead to it.
    all: Groups<(Block, EdgeId)>,
    /// Blocks that exceptions lead to.
    handlers: Flags,
}

/// Removes what is done twice on one path.
pub(crate) fn forward(cx: Context<'_>, lowered: &mut Lowered) {
    let func = &lowered.func;
    // Nothing is done twice where less than two say something.
    if func.insts.iter().filter(|inst| says_something(&inst.op)).nth(1).is_none() {
        return;
    }
    let values = func.values as usize;
    let mut pass = Pass {
        cx,
        func,
        alias: (0..func.values).map(Val).collect(),
        same: (0..func.values).map(Val).collect(),
        gone: Flags::from_elem(false, func.insts.len()),
        zero_tests: vec![None; values],
        ways: Ways::new(func),
    };
    pass.run();
    let Pass { alias, gone, .. } = pass;
    if !gone.contains(&true) {
        return;
    }
    remove(&mut lowered.func, &gone);
    rename(lowered, &alias);
    drop_unreached(lowered);
}

/// Whether something is known behind an instruction: those that [`Pass::block`] names.
fn says_something(op: &Op) -> bool {
    matches!(
        op,
        Op::Load { .. }
            | Op::StoreRaw { .. }
            | Op::RZero { .. }
            | Op::BNot { .. }
            | Op::ClassIs { .. }
            | Op::Check { .. }
    )
}

impl Ways {
    fn new(func: &Func) -> Ways {
        let mut handlers = Flags::from_elem(false, func.blocks.len());
        let mut all = Vec::with_capacity(func.edges.len());
        for block in func.block_ids() {
            for inst in func.block_insts(block) {
                func.edges_of(inst, |e| {
                    let to = func.edges[e.index()].to;
                    if e == inst.unwind {
                        handlers[to.index()] = true;
                    } else {
                        all.push((to.0, (block, e)));
                    }
                });
            }
        }
        Ways { all: Groups::new(func.blocks.len(), &all), handlers }
    }

    /// The blocks at whose ends the same is known as at the beginning of this one, with the edges by which they lead to it.
    /// An exception leaves from the middle of a block: of handlers nothing is said.
    fn leading_to(&self, block: Block) -> &[(Block, EdgeId)] {
        if self.handlers[block.index()] { &[] } else { self.all.of(block.index()) }
    }
}

impl Pass<'_> {
    /// Walks the blocks, each behind those that lead to it but for loops.
    fn run(&mut self) {
        let mut ends: Vec<Option<Known>> = vec![None; self.func.blocks.len()];
        // How many blocks still ask what is known at the end of one.
        let mut asked = vec![0u32; self.func.blocks.len()];
        for (from, _) in self.func.block_ids().flat_map(|block| self.ways.leading_to(block)) {
            asked[from.index()] += 1;
        }
        for block in definitions_first(self.func) {
            let mut known = self.known_at(block, &mut ends, &mut asked);
            self.block(block, &mut known);
            if asked[block.index()] > 0 {
                ends[block.index()] = Some(known);
            }
        }
    }

    /// What is known at the beginning of a block, by what is known at the ends of those that were walked.
    fn known_at(&self, block: Block, ends: &mut [Option<Known>], asked: &mut [u32]) -> Known {
        let ways = self.ways.leading_to(block);
        let walked = ways.iter().all(|(from, _)| ends[from.index()].is_some());
        let mut all: Option<Known> = None;
        for (from, edge) in ways {
            asked[from.index()] -= 1;
            let end = &mut ends[from.index()];
            let known = match asked[from.index()] {
                0 => end.take(),
                _ if walked => end.clone(),
                _ => None,
            };
            let Some(mut known) = known.filter(|_| walked) else { continue };
            self.tested(*from, *edge, &mut known);
            match &mut all {
                Some(all) => all.meet(&known),
                None => all = Some(known),
            }
        }
        all.unwrap_or_default()
    }

    /// What the branch at the end of a block says about a reference on one of its ways.
    fn tested(&self, block: Block, edge: EdgeId, known: &mut Known) {
        let last = self.func.blocks[block.index()].end as usize - 1;
        let Op::Branch { cond, then, els } = self.func.insts[last].op else { return };
        if then == els {
            return;
        }
        if let Some((v, if_zero)) = self.zero_tests[found(&self.alias, cond).index()]
            && if_zero == (edge == els)
        {
            known.set_nonzero(v);
        }
    }

    fn block(&mut self, block: Block, known: &mut Known) {
        let data = self.func.blocks[block.index()];
        for at in data.start as usize..data.end as usize {
            let inst = self.func.insts[at];
            match inst.op {
                Op::Retain { a } | Op::Lend { a } => self.same[inst.dst.index()] = self.reference(a),
                Op::Load { object, class, field } => {
                    let object = self.reference(object);
                    let Some(place) = self.cx.facts.place(class, field) else { continue };
                    let rep = self.func.rep(inst.dst);
                    match known.field(object, place).filter(|v| self.func.rep(*v) == rep) {
                        Some(v) => self.replace(at, inst.dst, v),
                        None => known.set_field(object, place, inst.dst),
                    }
                }
                Op::StoreRaw { object, class, field, value } => {
                    let (object, value) = (self.reference(object), found(&self.alias, value));
                    match self.cx.facts.place(class, field) {
                        Some(place) => {
                            known.fields.retain(|f| f.1 != place);
                            known.set_field(object, place, value);
                        }
                        None => known.fields.clear(),
                    }
                }
                Op::RZero { a } => {
                    self.test(at, inst, Op::RZero { a: self.reference(a) }, known);
                }
                Op::BNot { a } => {
                    self.test(at, inst, Op::BNot { a: found(&self.alias, a) }, known);
                }
                Op::ClassIs { a, class } => {
                    self.test(at, inst, Op::ClassIs { a: self.reference(a), class }, known);
                }
                Op::Check { object, .. } => {
                    let object = self.reference(object);
                    if known.nonzero.contains(&object) {
                        self.gone[at] = true;
                    } else {
                        known.set_nonzero(object);
                    }
                }
                _ => self.effects(&inst, known),
            }
        }
    }

    /// The first value that is the same reference.
    fn reference(&self, v: Val) -> Val {
        self.same[found(&self.alias, v).index()]
    }

    /// A test that depends on nothing but values.
    fn test(&mut self, at: usize, inst: Inst, op: Op, known: &mut Known) {
        if let Some((_, v)) = known.tests.iter().find(|(other, _)| *other == op) {
            return self.replace(at, inst.dst, *v);
        }
        self.zero_tests[inst.dst.index()] = match op {
            Op::RZero { a } => Some((a, true)),
            Op::BNot { a } => self.zero_tests[a.index()].map(|(v, if_zero)| (v, !if_zero)),
            _ => None,
        };
        remember(&mut known.tests, (op, inst.dst));
    }

    fn replace(&mut self, at: usize, dst: Val, by: Val) {
        self.alias[dst.index()] = by;
        self.gone[at] = true;
    }

    /// Forgets the fields that an instruction may write.
    fn effects(&self, inst: &Inst, known: &mut Known) {
        if let Op::Store { class, field, .. } = inst.op {
            match self.cx.facts.place(class, field) {
                Some(place) => known.fields.retain(|f| f.1 != place),
                None => known.fields.clear(),
            }
        }
        // Garbage may be collected at a call, and its finalizers write what they like.
        let calls = matches!(inst.op, Op::Inlined { .. }) || inst.op.row().effects.runs_user_code();
        if calls && self.cx.facts.has_finalizers() {
            known.fields.clear();
        }
        let mut needs = Needs::default();
        known.fields.retain(|f| {
            needs.fields.clear();
            needs.fields.push(f.1);
            !disturbs(self.cx, inst, &needs)
        });
    }
}

impl Known {
    /// Keeps what the other one knows, too.
    fn meet(&mut self, other: &Known) {
        self.fields.retain(|f| other.fields.contains(f));
        self.tests.retain(|t| other.tests.contains(t));
        self.nonzero.retain(|v| other.nonzero.contains(v));
    }

    fn field(&self, object: Val, place: u32) -> Option<Val> {
        self.fields.iter().find(|f| f.0 == object && f.1 == place).map(|f| f.2)
    }
    fn set_field(&mut self, object: Val, place: u32, content: Val) {
        remember(&mut self.fields, (object, place, content));
    }
    fn set_nonzero(&mut self, v: Val) {
        remember(&mut self.nonzero, v);
    }
}

/// Adds something and forgets the oldest when there is too much.
fn remember<A: Array>(list: &mut SmallVec<A>, what: A::Item) {
    if list.len() == MOST {
        list.remove(0);
    }
    list.push(what);
}
