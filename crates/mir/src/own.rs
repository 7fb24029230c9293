//! Places every retain, release and move, as section 10 of the language page orders deaths.
//!
//! It walks the draft along its control flow with a stack of owners: scopes, variables and temporaries in
//! the order of their birth. Leaving a scope releases what stands above its mark, newest first; whatever may
//! throw gets an unwind edge into a chain of cleanup blocks that release the same owners. Stacks are
//! persistent lists, so one cleanup block serves every instruction that throws with the same owners.
//!
//! It does not know types: a value that may be a reference is treated as one.

use hashbrown::HashMap;
use syntax::span::Span;

use crate::draft::{Draft, DraftVar, EXCEPTION_VAR, Home, Placed};
use crate::inst::{Block, Cond, EdgeId, Gives, Inst, Op, OperandRef, Own, Owns, Scope, Val, Var};

/// An owner or a mark on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    Scope(Scope),
    Try(Scope, Block),
    Temp(Val),
    Unborn(Val),
    Var(Var),
    /// The temporaries of conditional parts, the first `n` of them; they are variables that hold `void`
    /// where the part did not run.
    Hoisted(Cond, u32),
    CondMark(Cond),
}

/// All hoisted temporaries that there will be.
const ALL: u32 = u32::MAX;

/// A stack: index into `Pass::nodes`; 0 is the empty one.
type Stack = u32;

struct Node {
    owner: Owner,
    below: Stack,
    /// The cleanup block that begins with this owner.
    cleanup: Option<Block>,
}

#[derive(Default)]
struct CondPart {
    vars: Vec<Var>,
    /// Where `void` is stored into them: block and position in its finished instructions.
    begin: Option<(Block, usize)>,
}

struct Pass<'a> {
    draft: &'a mut Draft,
    nodes: Vec<Node>,
    /// The nodes of variables: one that is born on several ways to a block is the same owner there.
    of_vars: HashMap<(Var, Stack), Stack>,
    conds: Vec<CondPart>,
    entry: Vec<Option<Stack>>,
    /// Stacks whose cleanup block was promised and is not written yet.
    promised: Vec<Stack>,
    out: Vec<Placed>,
    /// The variable that a value was read from.
    read_of: Vec<Option<Var>>,
    block: Block,
    stack: Stack,
    span: Span,
}

/// Makes ownership explicit. Afterwards the draft has no scope instructions; `var_init` is a plain store
/// and `var_set` does not occur.
pub(crate) fn place(draft: &mut Draft) {
    let order = draft.reverse_postorder();
    let conds = (0..draft.conds).map(|_| CondPart::default()).collect();
    let read_of = vec![None; draft.gives.len()];
    let mut pass = Pass {
        nodes: vec![Node { owner: Owner::Scope(Scope::NONE), below: 0, cleanup: None }],
        of_vars: HashMap::new(),
        conds,
        entry: vec![None; draft.blocks.len()],
        promised: Vec::new(),
        out: Vec::new(),
        read_of,
        block: Block(0),
        stack: 0,
        span: draft.func.span,
        draft,
    };
    pass.entry[0] = Some(0);
    for block in order {
        pass.walk(block);
    }
    pass.write_cleanups();
    pass.initialize_hoisted();
}

impl Pass<'_> {
    fn walk(&mut self, block: Block) {
        let Some(stack) = self.entry[block.index()] else { return };
        self.block = block;
        self.stack = stack;
        let insts = core::mem::take(&mut self.draft.blocks[block.index()]);
        self.out = Vec::with_capacity(insts.len());
        for (inst, span) in insts {
            self.span = span;
            self.inst(inst);
        }
        self.draft.blocks[block.index()] = core::mem::take(&mut self.out);
    }

    fn inst(&mut self, inst: Inst) {
        match inst.op {
            Op::Enter { scope } => self.push(Owner::Scope(scope)),
            Op::EnterTry { scope, handler } => {
                self.entry[handler.index()] = Some(self.stack);
                self.push(Owner::Try(scope, handler));
            }
            Op::Leave { scope } => self.leave(scope),
            Op::CondBegin { cond } => {
                self.conds[cond.index()].begin = Some((self.block, self.out.len()));
                self.push(Owner::Hoisted(cond, ALL));
            }
            Op::CondEnter { cond } => self.push(Owner::CondMark(cond)),
            Op::CondLeave { cond } => self.leave_cond(cond),
            Op::Unborn { object } => self.replace(Owner::Temp(object), Owner::Unborn(object)),
            Op::Born { object } => self.replace(Owner::Unborn(object), Owner::Temp(object)),
            Op::VarGet { var } => {
                self.note_read(inst.dst, var);
                self.out.push((inst, self.span));
            }
            Op::VarInit { var, value } => {
                let value = self.consume(value);
                self.emit(Op::VarInit { var, value });
                match self.draft.vars[var.index()].home {
                    Home::Scope(scope) if !self.draft.vars[var.index()].scalar => self.bear(scope, var),
                    Home::Cond(cond) => {
                        let vars = &mut self.conds[cond.index()].vars;
                        if !vars.contains(&var) {
                            vars.push(var);
                        }
                    }
                    Home::Scope(_) | Home::Exception => {}
                }
            }
            Op::VarSet { var, value } => {
                self.reuse(var, value);
                let value = self.consume(value);
                if self.draft.vars[var.index()].scalar {
                    self.emit(Op::VarInit { var, value });
                } else {
                    let old = self.read(var);
                    self.emit(Op::VarInit { var, value });
                    self.emit(Op::Release { a: Own(old) });
                }
            }
            _ => self.ordinary(inst),
        }
    }

    /// An instruction that stays: its consumed operands are taken from the stack, its exceptions get an edge,
    /// its owned result becomes a temporary.
    fn ordinary(&mut self, mut inst: Inst) {
        let mut taken: Vec<Val> = Vec::new();
        let mut op = inst.op;
        let mut lists: Vec<(usize, u32)> = Vec::new();
        op.operands_mut(&mut |operand| match operand.get() {
            OperandRef::Own(Own(v)) => {
                let v = self.countable(v);
                taken.push(v);
                operand.set(OperandRef::Own(Own(v)));
            }
            OperandRef::Owns(Owns(at)) => {
                for i in 0..self.draft.func.list(at).len() {
                    let v = Val(self.draft.func.list(at)[i]);
                    let v = self.countable(v);
                    taken.push(v);
                    lists.push((at as usize + 1 + i, v.0));
                }
            }
            _ => {}
        });
        for (at, v) in lists {
            self.draft.func.lists[at] = v;
        }
        inst.op = op;
        let effects = inst.op.row().effects;
        let leaves = effects.ends_block();
        let gone = inst.op.consumes_when_throwing();
        if effects.throws() && !gone {
            inst.unwind = self.unwind();
        }
        for v in &taken {
            self.forget(*v);
        }
        if effects.throws() && gone {
            inst.unwind = self.unwind();
        }
        let mut targets = Vec::new();
        if leaves {
            self.draft.func.edges_of(&Inst { unwind: EdgeId::NONE, ..inst }, |e| targets.push(e));
        }
        for e in targets {
            let to = self.draft.func.edges[e.index()].to;
            let stack = self.stack;
            let entry = &mut self.entry[to.index()];
            debug_assert!(
                entry.is_none_or(|s| s == stack),
                "owners differ at the entry of {to:?} in {:?}",
                self.draft.func.span
            );
            entry.get_or_insert(stack);
        }
        self.out.push((inst, self.span));
        if !inst.dst.is_none() && self.draft.gives[inst.dst.index()] == Gives::Owned {
            self.push(Owner::Temp(inst.dst));
        }
    }

    /// Emits an instruction of the pass itself, with an unwind edge for the present owners.
    fn emit(&mut self, op: Op) -> Val {
        let mut inst = self.draft.inst(op);
        if op.row().effects.throws() {
            inst.unwind = self.unwind();
        }
        self.out.push((inst, self.span));
        inst.dst
    }

    fn read(&mut self, var: Var) -> Val {
        let v = self.emit(Op::VarGet { var });
        self.note_read(v, var);
        v
    }

    fn note_read(&mut self, v: Val, var: Var) {
        if self.read_of.len() <= v.index() {
            self.read_of.resize(self.draft.gives.len().max(v.index() + 1), None);
        }
        self.read_of[v.index()] = Some(var);
    }

    /// A value whose count can be given away: the value itself if it is a temporary or no reference, else a
    /// retained copy, which becomes a temporary.
    fn countable(&mut self, v: Val) -> Val {
        let gives = self.draft.gives[v.index()];
        // Only owned results are temporaries; looking for others would search the whole stack in vain.
        if gives == Gives::Scalar || (gives == Gives::Owned && self.find(Owner::Temp(v))) {
            return v;
        }
        if let Some(Some(var)) = self.read_of.get(v.index()).copied()
            && self.draft.vars[var.index()].movable
        {
            // The variable gives its value up; it is not read again on this path.
            self.remove(Owner::Var(var));
            self.draft.gives[v.index()] = Gives::Owned;
            self.push(Owner::Temp(v));
            return v;
        }
        let copy = self.emit(Op::Retain { a: v });
        self.push(Owner::Temp(copy));
        copy
    }

    /// Takes the count of a value off the stack.
    fn consume(&mut self, v: Val) -> Val {
        let v = self.countable(v);
        self.forget(v);
        v
    }

    fn forget(&mut self, v: Val) {
        if self.draft.gives[v.index()] == Gives::Owned {
            self.remove(Owner::Temp(v));
        }
    }

    /// `x = x + e`: the addition may reuse the string that the variable is about to lose.
    fn reuse(&mut self, var: Var, value: Val) {
        if let Some((inst, _)) = self.out.last_mut()
            && inst.dst == value
            && let Op::Add { a, b } = inst.op
            && self.read_of.get(a.index()).copied().flatten() == Some(var)
        {
            inst.op = Op::AddReuse { a, b };
        }
    }

    fn push(&mut self, owner: Owner) {
        let next = self.nodes.len() as Stack;
        let node = match owner {
            Owner::Var(var) => *self.of_vars.entry((var, self.stack)).or_insert(next),
            _ => next,
        };
        if node == next {
            self.nodes.push(Node { owner, below: self.stack, cleanup: None });
        }
        self.stack = node;
    }

    fn find(&self, owner: Owner) -> bool {
        let mut at = self.stack;
        while at != 0 {
            if self.nodes[at as usize].owner == owner {
                return true;
            }
            at = self.nodes[at as usize].below;
        }
        false
    }

    /// Takes owners off down to (and with) the one that `stop` finds; they are given newest first.
    fn pop_to(&mut self, mut stop: impl FnMut(Owner) -> bool) -> Vec<Owner> {
        let mut popped = Vec::new();
        while self.stack != 0 {
            let owner = self.nodes[self.stack as usize].owner;
            self.stack = self.nodes[self.stack as usize].below;
            popped.push(owner);
            if stop(owner) {
                break;
            }
        }
        popped
    }

    fn remove(&mut self, owner: Owner) {
        if !self.find(owner) {
            return;
        }
        let mut popped = self.pop_to(|o| o == owner);
        popped.pop();
        for o in popped.into_iter().rev() {
            self.push(o);
        }
    }

    fn replace(&mut self, owner: Owner, by: Owner) {
        if !self.find(owner) {
            return;
        }
        let mut popped = self.pop_to(|o| o == owner);
        popped.pop();
        self.push(by);
        for o in popped.into_iter().rev() {
            self.push(o);
        }
    }

    /// A variable begins to own: it is the newest owner of its scope, below the scopes opened since.
    fn bear(&mut self, scope: Scope, var: Var) {
        let mut above = Vec::new();
        // The first mark above the scope's own mark is where younger scopes begin.
        let mut at = self.stack;
        let mut split = self.stack;
        while at != 0 {
            let node = &self.nodes[at as usize];
            match node.owner {
                Owner::Scope(s) | Owner::Try(s, _) if s == scope => break,
                Owner::Scope(_) | Owner::Try(..) => split = node.below,
                // An older variable of the scope: its mark need not be looked for.
                Owner::Var(v) if self.draft.vars[v.index()].home == Home::Scope(scope) => break,
                _ => {}
            }
            at = node.below;
        }
        while self.stack != split {
            above.push(self.nodes[self.stack as usize].owner);
            self.stack = self.nodes[self.stack as usize].below;
        }
        self.push(Owner::Var(var));
        for o in above.into_iter().rev() {
            self.push(o);
        }
    }

    fn leave(&mut self, scope: Scope) {
        while self.stack != 0 {
            let node = self.stack;
            let owner = self.nodes[node as usize].owner;
            self.stack = self.nodes[node as usize].below;
            match owner {
                Owner::Scope(s) | Owner::Try(s, _) if s == scope => return,
                Owner::Scope(_) | Owner::Try(..) | Owner::CondMark(_) => {}
                Owner::Temp(v) => {
                    self.emit(Op::Release { a: Own(v) });
                }
                Owner::Unborn(v) => {
                    self.emit(Op::Discard { object: Own(v) });
                }
                Owner::Var(var) => {
                    let v = self.read(var);
                    if self.draft.vars[var.index()].outbox {
                        self.emit(Op::Outbox { a: Own(v) });
                    } else {
                        self.emit(Op::Release { a: Own(v) });
                    }
                }
                Owner::Hoisted(cond, n) => {
                    let n = self.conds[cond.index()].vars.len().min(n as usize);
                    let below = self.stack;
                    for i in (0..n).rev() {
                        self.stack = below;
                        if i > 0 {
                            self.push(Owner::Hoisted(cond, i as u32));
                        }
                        let var = self.conds[cond.index()].vars[i];
                        let v = self.read(var);
                        self.emit(Op::Release { a: Own(v) });
                    }
                    self.stack = below;
                }
            }
        }
    }

    /// The temporaries of a conditional part become variables that live to the end of the statement.
    fn leave_cond(&mut self, cond: Cond) {
        let mut popped = self.pop_to(|o| o == Owner::CondMark(cond));
        popped.pop();
        for owner in popped.into_iter().rev() {
            match owner {
                Owner::Temp(v) | Owner::Unborn(v) => self.hoist(cond, v),
                // Variables of their own: until here the inner ones are released where an exception passes them.
                Owner::Hoisted(inner, _) => {
                    for var in self.conds[inner.index()].vars.clone() {
                        let v = self.read(var);
                        self.hoist(cond, v);
                    }
                }
                Owner::Scope(_) | Owner::Try(..) | Owner::Var(_) | Owner::CondMark(_) => {}
            }
        }
    }

    fn hoist(&mut self, cond: Cond, value: Val) {
        let home = Home::Cond(cond);
        let var = self.draft.new_var(DraftVar::new(home));
        self.emit(Op::VarInit { var, value });
        self.conds[cond.index()].vars.push(var);
    }

    /// The edge to the cleanup of the present owners, none when there is nothing to clean up.
    fn unwind(&mut self) -> EdgeId {
        match self.cleanup(self.stack) {
            Some(block) => self.draft.new_edge(block),
            None => EdgeId::NONE,
        }
    }

    /// The next owner from the top that matters to an exception.
    fn skip_marks(&self, mut stack: Stack) -> Stack {
        while stack != 0 {
            let node = &self.nodes[stack as usize];
            match node.owner {
                Owner::Scope(_) | Owner::CondMark(_) => stack = node.below,
                _ => break,
            }
        }
        stack
    }

    fn cleanup(&mut self, stack: Stack) -> Option<Block> {
        let at = self.skip_marks(stack);
        if at == 0 {
            return None;
        }
        if let Owner::Try(_, handler) = self.nodes[at as usize].owner {
            return Some(handler);
        }
        if let Some(block) = self.nodes[at as usize].cleanup {
            return Some(block);
        }
        let block = self.draft.new_block();
        self.nodes[at as usize].cleanup = Some(block);
        self.promised.push(at);
        Some(block)
    }

    fn write_cleanups(&mut self) {
        while let Some(at) = self.promised.pop() {
            let Some(block) = self.nodes[at as usize].cleanup else { continue };
            self.out = Vec::new();
            self.block = block;
            self.stack = 0;
            let mut at = at;
            loop {
                match self.nodes[at as usize].owner {
                    Owner::Temp(v) => drop(self.emit(Op::ReleaseUnwinding { a: Own(v) })),
                    Owner::Unborn(v) => drop(self.emit(Op::Discard { object: Own(v) })),
                    Owner::Var(var) => self.release_var_unwinding(var),
                    Owner::Hoisted(cond, n) => {
                        let vars = self.conds[cond.index()].vars.clone();
                        for var in vars.iter().take(n as usize).rev() {
                            self.release_var_unwinding(*var);
                        }
                    }
                    Owner::Scope(_) | Owner::Try(..) | Owner::CondMark(_) => {}
                }
                at = self.skip_marks(self.nodes[at as usize].below);
                if at == 0 {
                    let value = self.read(EXCEPTION_VAR);
                    self.emit(Op::Rethrow { value: Own(value) });
                    break;
                }
                // Temporaries of one statement are released in one block; everything older has a block that all
                // cleanups share, else their code would grow with the square of the number of variables.
                let next = match self.nodes[at as usize].owner {
                    Owner::Temp(_) => self.nodes[at as usize].cleanup,
                    _ => self.cleanup(at),
                };
                if let Some(next) = next {
                    let to = self.draft.new_edge(next);
                    self.emit(Op::Jump { to });
                    break;
                }
            }
            self.draft.blocks[block.index()] = core::mem::take(&mut self.out);
        }
    }

    fn release_var_unwinding(&mut self, var: Var) {
        let v = self.read(var);
        self.emit(Op::ReleaseUnwinding { a: Own(v) });
    }

    fn initialize_hoisted(&mut self) {
        let mut places: Vec<(Block, usize, Vec<Var>)> = Vec::new();
        for cond in &mut self.conds {
            if let Some((block, at)) = cond.begin
                && !cond.vars.is_empty()
            {
                places.push((block, at, core::mem::take(&mut cond.vars)));
            }
        }
        // Later positions first, so that earlier ones stay right.
        places.sort_by_key(|(block, at, _)| core::cmp::Reverse((*block, *at)));
        for (block, at, vars) in places {
            let mut stores = Vec::new();
            for var in vars {
                let void = self.draft.inst(Op::Void {});
                let store = self.draft.inst(Op::VarInit { var, value: void.dst });
                stores.push((void, self.span));
                stores.push((store, self.span));
            }
            self.draft.blocks[block.index()].splice(at..at, stores);
        }
    }
}
