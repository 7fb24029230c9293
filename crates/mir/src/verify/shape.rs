//! The shape of a function: every number is in range, blocks end where they must, edges fit their targets.
//! After it, the other phases may use the numbers of the function as they are.

use syntax::intern::Symbol;

use crate::func::is_bit;
use crate::inst::{Block, ClassIx, EXCEPTION, EdgeId, Gives, Inst, Op, OperandRef, Owns, Val, Vals};
use crate::program::Parent;
use crate::text::list;
use crate::verify::{Def, Defs, Faults, What};

/// How many values a function may have for each one that is defined, and how many in any case.
const SPARSE: (usize, usize) = (16, 1024);

/// Checks the shape and finds the definitions.
pub(super) fn check(faults: &mut Faults<'_>) -> Defs {
    let func = faults.func;
    let mut defs = Defs { params: func.params, of: Vec::new() };
    if func.blocks.is_empty() {
        faults.whole(What::NoBlocks);
    }
    if func.spans.len() != func.insts.len() {
        faults.whole(What::Spans);
    }
    if func.has_me && func.params == 0 {
        faults.whole(What::NoMe);
    }
    if func.params > func.values {
        faults.whole(What::BadVal(Val(func.params - 1)));
    }
    if !func.class.is_none() && func.class.index() >= faults.program.classes.len() {
        faults.whole(What::BadClass(func.class));
    }
    if !func.outer.is_none() && func.outer.index() >= faults.program.funcs.len() {
        faults.whole(What::BadFunc(func.outer));
    }
    layout(faults);
    if !faults.list.is_empty() {
        return defs;
    }
    let count = definitions(faults);
    let values = (func.values - func.params) as usize;
    if values > count.saturating_mul(SPARSE.0).saturating_add(SPARSE.1) {
        faults.whole(What::Sparse);
        return defs;
    }
    defs.of = vec![Def::Never; values];
    for block in func.block_ids() {
        for v in list(func, func.blocks[block.index()].params).unwrap_or_default() {
            define(faults, &mut defs, Val(*v), Def::Param(block), block, None);
        }
        let start = func.blocks[block.index()].start;
        for (i, inst) in func.block_insts(block).iter().enumerate() {
            let i = i as u32;
            if !inst.dst.is_none() {
                define(faults, &mut defs, inst.dst, Def::Inst(start + i), block, Some(i));
            }
        }
    }
    let taken = func.takes();
    for block in func.block_ids() {
        let insts = func.block_insts(block);
        for (i, inst) in insts.iter().enumerate() {
            let mut checker = Checker { faults, defs: &defs, taken, block, at: i as u32 };
            checker.inst(inst, i + 1 == insts.len());
        }
    }
    defs
}

/// Blocks follow each other, have a list of parameters and end once.
fn layout(faults: &mut Faults<'_>) {
    let func = faults.func;
    let mut next = 0;
    for block in func.block_ids() {
        let b = &func.blocks[block.index()];
        if b.start != next || b.end < b.start || b.end as usize > func.insts.len() {
            faults.add(block, None, What::Layout);
            return;
        }
        next = b.end;
        match list(func, b.params) {
            None => faults.add(block, None, What::BadList(b.params)),
            Some(params) if block == Block(0) && !params.is_empty() => {
                faults.add(block, None, What::EntryParams);
            }
            Some(_) => {}
        }
        if !func.block_insts(block).last().is_some_and(|last| last.op.row().effects.ends_block()) {
            faults.add(block, None, What::NoEnd);
        }
    }
    if next as usize != func.insts.len() {
        faults.whole(What::Layout);
    }
}

/// Number of definitions in the text of the function.
fn definitions(faults: &Faults<'_>) -> usize {
    let func = faults.func;
    let params: usize = func.blocks.iter().map(|b| list(func, b.params).unwrap_or_default().len()).sum();
    params + func.insts.iter().filter(|i| !i.dst.is_none()).count()
}

fn define(faults: &mut Faults<'_>, defs: &mut Defs, v: Val, def: Def, block: Block, inst: Option<u32>) {
    match defs.slot(v) {
        Some(slot) if defs.of[slot] == Def::Never => defs.of[slot] = def,
        None if v.0 >= defs.params => faults.add(block, inst, What::BadVal(v)),
        _ => faults.add(block, inst, What::DefinedTwice(v)),
    }
}

/// Checks one instruction.
struct Checker<'f, 'a> {
    faults: &'f mut Faults<'a>,
    defs: &'f Defs,
    /// The parameters that are taken, as bits.
    taken: u32,
    block: Block,
    at: u32,
}

impl Checker<'_, '_> {
    fn wrong(&mut self, what: What) {
        self.faults.add(self.block, Some(self.at), what);
    }

    fn inst(&mut self, inst: &Inst, last: bool) {
        let row = inst.op.row();
        if row.effects.is_early() {
            self.wrong(What::Early);
            return;
        }
        if row.effects.is_typed() && self.faults.func.types.is_none() {
            self.wrong(What::Typed);
            return;
        }
        if row.effects.ends_block() && !last {
            self.wrong(What::EndInside);
        }
        match row.gives {
            Gives::Nothing if !inst.dst.is_none() => self.wrong(What::Result),
            Gives::Scalar | Gives::Borrowed | Gives::Owned if inst.dst.is_none() => {
                self.wrong(What::NoResult)
            }
            _ => {}
        }
        if let Op::Take { a } = inst.op {
            self.take(a);
        } else {
            inst.op.operands(&mut |operand| self.operand(operand.get()));
        }
        if !inst.unwind.is_none() {
            if !row.effects.throws() {
                self.wrong(What::UnwindOnQuiet);
            }
            self.edge(inst.unwind, true);
        }
        self.fits(&inst.op);
    }

    /// Parameters are taken one after the other where the function begins.
    fn take(&mut self, a: Val) {
        let before = self.taken & 1u32.checked_shl(a.0).unwrap_or(0).wrapping_sub(1);
        let in_turn =
            is_bit(self.taken, a.index()) && a.0 < self.defs.params && before.count_ones() == self.at;
        if self.block != Block(0) || !in_turn {
            self.wrong(What::TakenHere(a));
        }
    }

    fn operand(&mut self, operand: OperandRef) {
        let program = self.faults.program;
        match operand {
            OperandRef::Val(v) => self.val(v),
            OperandRef::Own(v) => self.val(v.0),
            OperandRef::Vals(l) => self.vals(l.0),
            OperandRef::Owns(l) => self.vals(l.0),
            OperandRef::Edge(e) => self.edge(e, false),
            OperandRef::Edges(l) => match list(self.faults.func, l.0) {
                None => self.wrong(What::BadList(l.0)),
                Some([]) => self.wrong(What::NoWays),
                Some(edges) => edges.iter().for_each(|e| self.edge(EdgeId(*e), false)),
            },
            OperandRef::Name(s) if s.0 as usize >= program.names.len() => self.wrong(What::BadName(s)),
            OperandRef::Func(x) if x.index() >= program.funcs.len() => self.wrong(What::BadFunc(x)),
            OperandRef::Class(x) if x.index() >= program.classes.len() => self.wrong(What::BadClass(x)),
            OperandRef::Global(x) if x.index() >= program.globals.len() => self.wrong(What::BadGlobal(x)),
            _ => {}
        }
    }

    fn val(&mut self, v: Val) {
        if v == EXCEPTION {
            self.wrong(What::ExceptionHere);
        } else if is_bit(self.taken, v.index()) {
            self.wrong(What::TakenElsewhere(v));
        } else if v.0 >= self.defs.params {
            match self.defs.slot(v) {
                None => self.wrong(What::BadVal(v)),
                Some(slot) if self.defs.of[slot] == Def::Never => self.wrong(What::Undefined(v)),
                Some(_) => {}
            }
        }
    }

    fn vals(&mut self, at: u32) {
        match list(self.faults.func, at) {
            None => self.wrong(What::BadList(at)),
            Some(vals) => vals.iter().for_each(|v| self.val(Val(*v))),
        }
    }

    fn edge(&mut self, edge: EdgeId, unwind: bool) {
        let func = self.faults.func;
        let Some(edge) = func.edges.get(edge.index()) else { return self.wrong(What::BadEdge(edge)) };
        let Some(target) = func.blocks.get(edge.to.index()) else {
            return self.wrong(What::BadBlock(edge.to));
        };
        if edge.to == Block(0) {
            self.wrong(What::EntryTarget);
        }
        let Some(args) = list(func, edge.args) else { return self.wrong(What::BadList(edge.args)) };
        let wanted = list(func, target.params).unwrap_or_default().len() as u32;
        if args.len() as u32 != wanted {
            self.wrong(What::EdgeArgs { to: edge.to, given: args.len() as u32, wanted });
        }
        for v in args.iter().map(|v| Val(*v)).filter(|v| !(unwind && *v == EXCEPTION)) {
            self.val(v);
        }
    }

    /// Numbers that must fit each other.
    fn fits(&mut self, op: &Op) {
        let (program, func) = (self.faults.program, self.faults.func);
        let len = |at| list(func, at).unwrap_or_default().len() as u32;
        match op {
            Op::Call { func: callee, args }
            | Op::CallDirect { func: callee, args }
            | Op::CallLent { func: callee, args }
            | Op::CallClosure { func: callee, args, .. } => {
                let (given, wanted) = (len(args.0), program.funcs.get(callee.index()).map(|f| f.params));
                if wanted.is_some_and(|wanted| wanted != given) {
                    self.wrong(What::Arity { given, wanted: wanted.unwrap_or(0) });
                }
            }
            Op::CallGiving { func: callee, args, given } => {
                let (count, wanted) = (len(args.0), program.funcs.get(callee.index()).map(|f| f.params));
                if wanted.is_some_and(|wanted| wanted != count) {
                    self.wrong(What::Arity { given: count, wanted: wanted.unwrap_or(0) });
                }
                if given.checked_shr(count).unwrap_or(0) != 0 {
                    self.wrong(What::Taken { given: *given, wanted: 0 });
                }
            }
            Op::CallOnce { func: callee } => {
                let wanted = program.funcs.get(callee.index()).map_or(0, |f| f.params);
                if wanted != 0 {
                    self.wrong(What::Arity { given: 0, wanted });
                }
            }
            Op::NewClosure { func: callee, captures: Owns(captures) }
            | Op::ClosureOf { func: callee, captures: Vals(captures) } => {
                let (given, wanted) = (len(*captures), program.funcs.get(callee.index()).map(|f| f.captures));
                if wanted.is_some_and(|wanted| wanted != given) {
                    self.wrong(What::Captures { given, wanted: wanted.unwrap_or(0) });
                }
            }
            Op::Capture { index } | Op::CaptureGet { index } if *index >= func.captures => {
                self.wrong(What::BadCapture(*index));
            }
            Op::Check { action, .. } if *action > 2 => self.wrong(What::BadAction(*action)),
            Op::Load { class, field, .. }
            | Op::Store { class, field, .. }
            | Op::StoreRaw { class, field, .. }
            | Op::Swap { class, field, .. }
                if !self.has_field(*class, *field) =>
            {
                self.wrong(What::NoField(*field, *class));
            }
            _ => {}
        }
    }

    /// Whether a class or one of those it comes from declares a field. Classes may come from each other in a circle
    /// as far as this phase knows.
    fn has_field(&self, class: ClassIx, field: Symbol) -> bool {
        let program = self.faults.program;
        let mut waiting = vec![class];
        let mut seen = Vec::new();
        while let Some(class) = waiting.pop() {
            let Some(class_data) = program.classes.get(class.index()) else { continue };
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            if class_data.fields.iter().any(|f| f.name == field) {
                return true;
            }
            waiting.extend(class_data.parents.iter().filter_map(|parent| match parent {
                Parent::User(parent) => Some(*parent),
                Parent::Builtin(_) => None,
            }));
        }
        false
    }
}
