//! Arrays that are filled in a counting loop before anybody else sees them, found by how the code looks: how often the
//! loop runs is how long they are at least. It does not know what the bounds of the loop are.

use mir::func::Func;
use mir::inst::{Block, Inst, Op, Val};
use nyrt::value::class_id;

use crate::dominators::Dominators;
use crate::narrow::Words;

/// Only so many arrays of a function are looked at: each is looked for in the whole function.
const MOST: usize = 16;

/// An array that is filled in a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    /// The instruction that makes it.
    pub(crate) inst: u32,
    /// The first number that the loop counts.
    pub(crate) from: Val,
    /// The last one, or the one after the last.
    pub(crate) to: Val,
    pub(crate) inclusive: bool,
}

/// A loop that counts up by one.
struct Loop {
    header: Block,
    /// Where it goes when it is done, and from nowhere else.
    exit: Block,
    from: Val,
    to: Val,
    inclusive: bool,
}

struct Finder<'a> {
    func: &'a Func,
    words: &'a Words,
    dominators: &'a Dominators,
    /// Instruction that gives each value.
    defs: &'a [u32],
}

/// Finds the arrays of a function.
pub(crate) fn find(func: &Func, words: &Words, dominators: &Dominators, defs: &[u32], out: &mut Vec<Filled>) {
    out.clear();
    let finder = Finder { func, words, dominators, defs };
    let empty = func.insts.iter().enumerate().filter(|(_, inst)| is_empty_array(func, inst));
    for (at, inst) in empty.take(MOST) {
        if let Some(found) = finder.filled(at as u32, inst.dst) {
            out.push(found);
        }
    }
}

fn is_empty_array(func: &Func, inst: &Inst) -> bool {
    match inst.op {
        Op::NewBuiltin { class, args } => class.0 == class_id::ARRAY.0 && func.list(args.0).is_empty(),
        Op::NewArray { items } => func.list(items.0).is_empty(),
        _ => false,
    }
}

impl Finder<'_> {
    fn filled(&self, at: u32, array: Val) -> Option<Filled> {
        // Most arrays are filled in no loop, and looking for what appends is cheap.
        let append = self.func.insts.iter().position(|inst| self.appends(inst, array))?;
        let found = self.counting_loop(self.block_of(append as u32)?)?;
        let uses = self.uses(array);
        let made = self.block_of(at)?;
        let seen_after = |block: &Block| self.dominators.dominates(start(found.exit), start(*block));
        let in_order = made != found.header
            && self.dominators.dominates(end(made), start(found.header))
            && uses.iter().all(seen_after);
        in_order.then_some(Filled { inst: at, from: found.from, to: found.to, inclusive: found.inclusive })
    }

    /// Whether an instruction appends another value to an array.
    fn appends(&self, inst: &Inst, array: Val) -> bool {
        match inst.op {
            Op::CallMethod { object, name, args } if object == array && self.words.is_push(name) => {
                matches!(self.func.list(args.0), [value] if *value != array.0)
            }
            _ => false,
        }
    }

    /// The blocks that use an array for something else than appending to it. It may die anywhere.
    fn uses(&self, array: Val) -> Vec<Block> {
        let mut uses = Vec::new();
        for block in self.func.block_ids() {
            for inst in self.func.block_insts(block) {
                let dies = matches!(inst.op, Op::Release { .. } | Op::ReleaseUnwinding { .. });
                if !dies && !self.appends(inst, array) {
                    self.func.uses(&inst.op, |v, _| {
                        if v == array {
                            uses.push(block);
                        }
                    });
                }
                self.func.edges_of(inst, |e| {
                    let args = self.func.edges[e.index()].args;
                    if self.func.vals(args).any(|v| v == array) {
                        uses.push(block);
                    }
                });
            }
        }
        uses
    }

    /// The loop whose every round goes through a block.
    fn counting_loop(&self, push: Block) -> Option<Loop> {
        self.dominators.above(start(push)).filter(|node| node % 2 == 1).find_map(|node| {
            let header = Block(node / 2);
            let Op::Branch { cond, then, els } = self.func.block_insts(header).last()?.op else {
                return None;
            };
            let (counter, to, inclusive) = match self.def(cond)? {
                Op::Lt { a, b } => (a, b, false),
                Op::Le { a, b } => (a, b, true),
                Op::Gt { a, b } => (b, a, false),
                Op::Ge { a, b } => (b, a, true),
                _ => return None,
            };
            let (body, exit) = (self.func.edges[then.index()].to, self.func.edges[els.index()].to);
            let leads = |block: Block| self.dominators.only_pred(block) == Some(header);
            if body == exit || !leads(body) || !leads(exit) || !self.is_fixed(to, header) {
                return None;
            }
            let inside = self.dominators.dominates(start(body), start(push));
            let from = if inside { self.first_count(header, counter, push)? } else { return None };
            Some(Loop { header, exit, from, to, inclusive })
        })
    }

    /// With what a loop begins to count whose every round adds one to the counter and goes through a block.
    fn first_count(&self, header: Block, counter: Val, push: Block) -> Option<Val> {
        let params = self.func.list(self.func.blocks[header.index()].params);
        let position = params.iter().position(|p| *p == counter.0)?;
        let mut first = None;
        for block in self.func.block_ids().filter(|b| self.dominators.is_reached(start(*b))) {
            for inst in self.func.block_insts(block) {
                let mut fits = true;
                self.func.edges_of(inst, |e| {
                    let edge = self.func.edges[e.index()];
                    if edge.to != header {
                        return;
                    }
                    let arg = self.func.list(edge.args).get(position).map(|v| Val(*v));
                    let (false, Some(arg)) = (e == inst.unwind, arg) else {
                        fits = false;
                        return;
                    };
                    if !self.dominators.dominates(start(header), end(block)) {
                        fits &= first.replace(arg).is_none();
                    } else {
                        fits &= self.dominators.dominates(end(push), end(block));
                        fits &= self.is_next(arg, counter);
                    }
                });
                if !fits {
                    return None;
                }
            }
        }
        first
    }

    /// Whether a value is the number after the counter.
    fn is_next(&self, v: Val, counter: Val) -> bool {
        let one = |v: Val| matches!(self.def(v), Some(Op::Int { value: 1 }));
        match self.def(v) {
            Some(Op::Add { a, b } | Op::AddReuse { a, b }) => {
                a == counter && one(b) || one(a) && b == counter
            }
            _ => false,
        }
    }

    /// Whether a value is the same in all rounds of a loop.
    fn is_fixed(&self, v: Val, header: Block) -> bool {
        let at = self.defs.get(v.index()).copied().unwrap_or(u32::MAX);
        if at == u32::MAX {
            return v.0 < self.func.params;
        }
        matches!(self.def(v), Some(Op::Int { .. }))
            || self
                .block_of(at)
                .is_some_and(|b| b != header && self.dominators.dominates(end(b), start(header)))
    }

    fn def(&self, v: Val) -> Option<Op> {
        let at = self.defs.get(v.index())?;
        self.func.insts.get(*at as usize).map(|inst| inst.op)
    }

    fn block_of(&self, inst: u32) -> Option<Block> {
        let at = self.func.blocks.partition_point(|b| b.end <= inst);
        let block = self.func.blocks.get(at)?;
        (block.start <= inst).then_some(Block(at as u32))
    }
}

/// The beginning of a block, as a node of the tree of dominators.
fn start(block: Block) -> u32 {
    block.0 * 2
}

/// The end of a block.
fn end(block: Block) -> u32 {
    block.0 * 2 + 1
}
