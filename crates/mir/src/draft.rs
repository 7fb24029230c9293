//! A function while it is being built: blocks that are still open, variables instead of values where a
//! name may be assigned, scopes as instructions. [`crate::own`] and [`crate::ssa`] turn it into a [`Func`].

use syntax::intern::Symbol;
use syntax::span::Span;

use crate::func::{Edge, Func};
use crate::inst::{Block, Cond, EdgeId, Gives, Inst, Op, Scope, Val, Var};

/// Where a variable lives: when that ends, its value dies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Home {
    /// To the end of a scope.
    Scope(Scope),
    /// To the end of the statement that has this conditional part.
    Cond(Cond),
    /// The function's exception variable: its value moves in with the exception and out with a read.
    Exception,
}

/// A variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DraftVar {
    /// Where it lives.
    pub(crate) home: Home,
    /// Holds integers made by the builder, so nothing dies.
    pub(crate) scalar: bool,
    /// A consuming read takes the value out.
    pub(crate) movable: bool,
    /// Its scope hands the value to the caller's statement instead of finalizing it.
    pub(crate) outbox: bool,
    /// What the source calls it.
    pub(crate) name: Option<Symbol>,
}

impl DraftVar {
    /// A variable that the source does not name.
    pub(crate) fn new(home: Home) -> DraftVar {
        DraftVar { home, scalar: false, movable: false, outbox: false, name: None }
    }

    /// The same, from which a consuming read takes the value.
    pub(crate) fn movable(self) -> DraftVar {
        DraftVar { movable: true, ..self }
    }
}

/// An instruction with its place.
pub(crate) type Placed = (Inst, Span);

/// A function under construction.
pub(crate) struct Draft {
    /// Everything but blocks and instructions.
    pub(crate) func: Func,
    /// The blocks; the first is the entry.
    pub(crate) blocks: Vec<Vec<Placed>>,
    /// The variables; the first is the exception variable.
    pub(crate) vars: Vec<DraftVar>,
    /// What the source calls the parameters.
    pub(crate) names: Vec<(Val, Symbol)>,
    /// What each value is.
    pub(crate) gives: Vec<Gives>,
    /// Number of scopes.
    pub(crate) scopes: u32,
    /// Number of conditional parts.
    pub(crate) conds: u32,
}

/// The variable in which a handler finds the exception.
pub(crate) const EXCEPTION_VAR: Var = Var(0);

impl Draft {
    pub(crate) fn new(name: Symbol, span: Span, params: u32) -> Draft {
        let mut func = Func::new(name, span);
        func.params = params;
        Draft {
            func,
            blocks: vec![Vec::new()],
            vars: vec![DraftVar::new(Home::Exception).movable()],
            names: Vec::new(),
            gives: vec![Gives::Borrowed; params as usize],
            scopes: 0,
            conds: 0,
        }
    }

    pub(crate) fn new_block(&mut self) -> Block {
        self.blocks.push(Vec::new());
        Block(self.blocks.len() as u32 - 1)
    }

    pub(crate) fn new_var(&mut self, var: DraftVar) -> Var {
        self.vars.push(var);
        Var(self.vars.len() as u32 - 1)
    }

    pub(crate) fn new_scope(&mut self) -> Scope {
        self.scopes += 1;
        Scope(self.scopes - 1)
    }

    pub(crate) fn new_cond(&mut self) -> Cond {
        self.conds += 1;
        Cond(self.conds - 1)
    }

    pub(crate) fn new_val(&mut self, gives: Gives) -> Val {
        self.gives.push(gives);
        Val(self.gives.len() as u32 - 1)
    }

    pub(crate) fn new_edge(&mut self, to: Block) -> EdgeId {
        self.func.edges.push(Edge { to, args: 0 });
        EdgeId(self.func.edges.len() as u32 - 1)
    }

    /// The instruction with a new destination if it gives something.
    pub(crate) fn inst(&mut self, op: Op) -> Inst {
        let dst = match op.row().gives {
            Gives::Nothing => Val::NONE,
            gives => self.new_val(gives),
        };
        Inst { op, dst, unwind: EdgeId::NONE }
    }

    /// Calls `f` with every block that control may reach directly from this instruction.
    pub(crate) fn successors(&self, inst: &Inst, mut f: impl FnMut(Block)) {
        self.func.edges_of(inst, |e| f(self.func.edges[e.index()].to));
        if let Op::EnterTry { handler, .. } = inst.op {
            f(handler);
        }
    }

    /// The blocks that can be reached from the entry, each after at least one of its predecessors and, loops
    /// aside, after all of them.
    pub(crate) fn reverse_postorder(&self) -> Vec<Block> {
        let mut seen = vec![false; self.blocks.len()];
        let mut order = Vec::with_capacity(self.blocks.len());
        // The successors of the blocks on the way here that were not visited yet, the newest block's last.
        let mut next = vec![Block(0)];
        // Each block with the length of `next` when all of its successors were visited.
        let mut stack: Vec<(Block, usize)> = Vec::new();
        loop {
            let done = stack.last().map_or(0, |(_, done)| *done);
            if next.len() > done {
                let Some(block) = next.pop().filter(|b| !seen[b.index()]) else { continue };
                seen[block.index()] = true;
                stack.push((block, next.len()));
                for (inst, _) in &self.blocks[block.index()] {
                    self.successors(inst, |s| next.push(s));
                }
            } else if let Some((block, _)) = stack.pop() {
                order.push(block);
            } else {
                break;
            }
        }
        order.reverse();
        order
    }
}
