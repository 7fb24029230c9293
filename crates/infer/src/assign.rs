//! Definite assignment: which fields of a new box somebody may read while they are still `void`. It follows the code
//! that constructs the box until other code can see it; whatever is not assigned then may be read.

use mir::func::Func;
use mir::inst::{Block, ClassIx, FuncId, Inst, Op, Val};
use mir::program::Program;
use smallvec::SmallVec;
use syntax::intern::Symbol;

use crate::classes::{Classes, Resolved};

/// Fields of the class by position; later ones than this many always count as not assigned.
type Mask = u128;
const MOST_FIELDS: usize = 128;
/// Instructions that are looked at for one construction before the rest counts as unknown.
const BUDGET: u32 = 4000;
const DEPTH: u32 = 12;

/// The places of fields that may be read before they are assigned when an instance of `class` is made by calling
/// `steps` with it. Other code can see the instance of a static box from the beginning.
pub(crate) fn unassigned(
    program: &Program,
    classes: &Classes,
    class: ClassIx,
    steps: &[FuncId],
    is_static: bool,
) -> Vec<u32> {
    let fields = &classes.info[class.index()].fields;
    let all = Mask::MAX.checked_shl(fields.len() as u32).map_or(Mask::MAX, |others| !others);
    let mut walk = Walk { program, classes, class, is_static, all, read: 0, budget: BUDGET };
    let mut assigned = 0;
    for step in steps {
        assigned = walk.function(*step, assigned, 0);
    }
    walk.read |= !assigned;
    let places = fields.iter().enumerate().filter(|(i, _)| *i >= MOST_FIELDS || walk.read & (1 << i) != 0);
    places.map(|(_, (_, place))| *place).collect()
}

struct Walk<'a> {
    program: &'a Program,
    classes: &'a Classes,
    class: ClassIx,
    is_static: bool,
    /// All fields. Where they are assigned, nothing is read too early.
    all: Mask,
    /// Fields that may be read too early.
    read: Mask,
    budget: u32,
}

impl Walk<'_> {
    fn bit(&self, name: Symbol) -> Option<Mask> {
        let fields = &self.classes.info[self.class.index()].fields;
        let at = fields.iter().position(|(n, _)| *n == name)?;
        Some(if at < MOST_FIELDS { 1 << at } else { 0 })
    }

    /// Whether there is nothing more to find, since all is assigned.
    fn is_done(&self, assigned: Mask) -> bool {
        self.all & !assigned == 0
    }

    /// From here on other code sees the instance.
    fn escape(&mut self, assigned: Mask) -> Mask {
        self.read |= !assigned;
        Mask::MAX
    }

    /// Follows a function whose first parameter is the instance; gives what is assigned when it returns.
    fn function(&mut self, id: FuncId, assigned: Mask, depth: u32) -> Mask {
        if self.is_done(assigned) {
            return Mask::MAX;
        }
        let func = self.program.func(id);
        self.budget = self.budget.saturating_sub(func.insts.len() as u32);
        if depth > DEPTH || self.budget == 0 || func.blocks.is_empty() {
            return self.escape(assigned);
        }
        let mut alias = vec![false; func.values as usize];
        if let Some(me) = alias.first_mut() {
            *me = true;
        }
        for inst in &func.insts {
            if let Op::Retain { a } = inst.op
                && alias.get(a.index()) == Some(&true)
                && let Some(copy) = alias.get_mut(inst.dst.index())
            {
                *copy = true;
            }
        }
        let mut before: Vec<Option<Mask>> = vec![None; func.blocks.len()];
        before[0] = Some(assigned);
        let mut result = Mask::MAX;
        let mut work = vec![Block(0)];
        while let Some(block) = work.pop() {
            let Some(mut state) = before[block.index()] else { continue };
            for inst in func.block_insts(block) {
                if self.is_done(state) {
                    break;
                }
                let mut to: SmallVec<[(Block, Mask); 2]> = SmallVec::new();
                let unwinds = state;
                state = self.inst(func, inst, &alias, state, depth);
                func.edges_of(inst, |e| {
                    let edge = &func.edges[e.index()];
                    to.push((edge.to, if e == inst.unwind { unwinds & state } else { state }));
                });
                if let Op::Return { .. } = inst.op {
                    result &= state;
                }
                for (to, state) in to {
                    let old = before[to.index()];
                    let new = old.map_or(state, |o| o & state);
                    if old != Some(new) && !self.is_done(new) {
                        before[to.index()] = Some(new);
                        work.push(to);
                        self.budget = self.budget.saturating_sub(func.block_insts(to).len() as u32);
                    }
                }
            }
            if self.budget == 0 {
                return self.escape(assigned);
            }
        }
        result
    }

    fn inst(&mut self, func: &Func, inst: &Inst, alias: &[bool], state: Mask, depth: u32) -> Mask {
        let is = |v: Val| alias.get(v.index()) == Some(&true);
        let mut escapes = false;
        func.edges_of(inst, |e| escapes |= func.vals(func.edges[e.index()].args).any(is));
        if escapes {
            return self.escape(state);
        }
        match inst.op {
            Op::SetField { object, name, value } if is(object) && !is(value.0) => match self.bit(name) {
                Some(bit) => {
                    // The old value of a field that was assigned dies.
                    let seen = self.is_static && self.classes.has_fini && state & bit != 0;
                    let state = if seen { self.escape(state) } else { state };
                    state | bit
                }
                None => state,
            },
            Op::GetField { object, name } if is(object) => match self.bit(name) {
                Some(bit) => {
                    self.read |= bit & !state;
                    state
                }
                None => self.escape(state),
            },
            Op::Call { func: callee, args } => {
                let args = func.list(args.0);
                let first = args.first().is_some_and(|v| is(Val(*v)));
                let rest = args.iter().skip(1).any(|v| is(Val(*v)));
                if first && !rest && self.program.func(callee).has_me {
                    self.function(callee, state, depth + 1)
                } else if first || rest || self.is_static {
                    self.escape(state)
                } else {
                    state
                }
            }
            Op::CallMethod { object, name, args } => {
                let args = func.list(args.0);
                if args.iter().any(|v| is(Val(*v))) {
                    return self.escape(state);
                }
                if !is(object) {
                    return if self.is_static { self.escape(state) } else { state };
                }
                let text = self.program.names.text(name);
                match self.classes.resolve(self.program, self.class, Some(name), text) {
                    Resolved::Func(callee)
                        if self.program.func(callee).params as usize == args.len() + 1 && text != "fini" =>
                    {
                        self.function(callee, state, depth + 1)
                    }
                    _ => self.escape(state),
                }
            }
            Op::Retain { .. } | Op::Eq { .. } | Op::Ne { .. } | Op::IsCaught { .. } => state,
            Op::Release { .. } | Op::ReleaseUnwinding { .. } => {
                if self.is_static && self.classes.has_fini {
                    self.escape(state)
                } else {
                    state
                }
            }
            op => {
                let mut escapes =
                    self.is_static && op.row().effects.runs_user_code() && !self.is_harmless(&op);
                func.uses(&op, |v, _| escapes |= is(v));
                if escapes { self.escape(state) } else { state }
            }
        }
    }

    /// Whether an instruction that may run user code cannot run any that looks at a static box.
    fn is_harmless(&self, op: &Op) -> bool {
        match op {
            Op::NewBuiltin { class, .. } => nyrt::builtin::constructor(nyrt::value::ClassId(class.0))
                .is_some_and(|id| {
                    !nyrt::builtin::row(id).effects.contains(nyrt::builtin::Effects::USER_CODE)
                }),
            Op::SetField { .. } | Op::SetCell { .. } | Op::SetGlobal { .. } => !self.classes.has_fini,
            _ => false,
        }
    }
}
