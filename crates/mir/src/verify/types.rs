//! Representations: in a typed function every operand, result, edge argument and return value has the one that the
//! table of [`crate::types`] and the signatures of the callees say. It does not know which values hold what at run
//! time: whether an Any really is an Integer where it is unboxed, the lowering has to know.

use crate::func::{Func, Rep, Types, is_bit};
use crate::inst::{Block, EXCEPTION, EdgeId, FuncId, Inst, Op, Own, Val, Vals};
use crate::types::{self, Signature, Signatures, Slot, Want};
use crate::verify::{Defs, Faults, What};

/// Checks a typed function; the function has the right shape. With `signatures`, calls are checked against those of
/// their callees, with `own` the function itself against its own.
pub(super) fn check(
    faults: &mut Faults<'_>,
    defs: &Defs,
    types: &Types,
    own: Option<&Signature>,
    signatures: Option<&dyn Signatures>,
) {
    let func = faults.func;
    if types.reps.len() != defs.params as usize + defs.of.len() {
        let (given, wanted) = (types.reps.len() as u32, func.values);
        faults.whole(What::Reps { given, wanted });
        return;
    }
    if let Some(own) = own {
        own_signature(faults, types, own);
    }
    for block in func.block_ids() {
        for (at, inst) in func.block_insts(block).iter().enumerate() {
            let mut checker = Checker { faults, types, own, signatures, block, at: at as u32 };
            checker.inst(inst);
        }
    }
}

/// The function's parameters, captured values and result.
fn own_signature(faults: &mut Faults<'_>, types: &Types, own: &Signature) {
    let func = faults.func;
    if own.params.len() != func.params as usize {
        faults.whole(What::Arity { given: func.params, wanted: own.params.len() as u32 });
    }
    if own.captures.len() != func.captures as usize {
        faults.whole(What::Captures { given: func.captures, wanted: own.captures.len() as u32 });
    }
    for (i, slot) in own.params.iter().enumerate().take(func.params as usize) {
        let value = Val(i as u32);
        if func.rep(value) != slot.rep {
            faults.whole(What::Rep { value, given: func.rep(value), wanted: Want::Rep(slot.rep) });
        }
    }
    if types.result != own.result.rep {
        faults.whole(What::ResultRep { given: types.result, wanted: own.result.rep });
    }
}

/// Checks one instruction.
struct Checker<'f, 'a> {
    faults: &'f mut Faults<'a>,
    types: &'f Types,
    own: Option<&'f Signature>,
    signatures: Option<&'f dyn Signatures>,
    block: Block,
    at: u32,
}

impl Checker<'_, '_> {
    fn wrong(&mut self, what: What) {
        self.faults.add(self.block, Some(self.at), what);
    }

    fn inst(&mut self, inst: &Inst) {
        let func = self.faults.func;
        types::operands(func, &inst.op, |value, want| self.value(value, want));
        if let Op::Return { value: Own(value) } | Op::ReturnLent { value } = inst.op {
            self.value(value, Want::Rep(self.types.result));
        }
        match inst.op {
            Op::CallDirect { func: callee, args }
            | Op::CallLent { func: callee, args }
            | Op::CallClosure { func: callee, args, .. } => {
                self.call(callee, args, inst.dst);
                self.gives(callee, 0);
            }
            Op::CallGiving { func: callee, args, given } => {
                self.call(callee, args, inst.dst);
                self.gives(callee, given);
                let args = func.vals(args.0).enumerate();
                args.filter(|(i, _)| is_bit(given, *i)).for_each(|(_, v)| self.value(v, Want::Rep(Rep::Ref)));
            }
            _ => {}
        }
        if !inst.dst.is_none() {
            self.result(inst, inst.dst);
        }
        func.edges_of(inst, |edge| self.edge(edge));
    }

    /// Calls bring the counts that their functions take.
    fn gives(&mut self, callee: FuncId, given: u32) {
        if let Some(wanted) = self.signatures.map(|s| s.takes(callee)).filter(|wanted| *wanted != given) {
            self.wrong(What::Taken { given, wanted });
        }
    }

    fn value(&mut self, value: Val, wanted: Want) {
        let given = self.faults.func.rep(value);
        if !wanted.takes(given) {
            self.wrong(What::Rep { value, given, wanted });
        }
    }

    fn slot(&mut self, value: Val, slot: Option<Slot>) {
        if let Some(slot) = slot {
            self.value(value, Want::Rep(slot.rep));
        }
    }

    fn result(&mut self, inst: &Inst, value: Val) {
        match (inst.op, types::result(inst)) {
            (_, Some(rep)) => self.value(value, Want::Rep(rep)),
            (Op::Retain { a } | Op::Lend { a }, None) => {
                self.value(value, Want::Rep(self.faults.func.rep(a)))
            }
            (Op::Null {} | Op::Void {}, None) => {
                let given = self.faults.func.rep(value);
                if !matches!(given, Rep::Unit | Rep::Ref | Rep::Any) {
                    self.wrong(What::NothingRep { value, given });
                }
            }
            (Op::CaptureGet { index }, None) => {
                let slot = self.own.and_then(|own| own.captures.get(index as usize)).copied();
                self.slot(value, slot);
            }
            // The layout of the field, array, cell or global says it, which is not known here.
            _ => {}
        }
    }

    fn call(&mut self, callee: FuncId, args: Vals, dst: Val) {
        let Some(signatures) = self.signatures else { return };
        let Some(signature) = signatures.signature(callee) else {
            return self.wrong(What::NoSignature(callee));
        };
        let func = self.faults.func;
        let (given, wanted) = (func.list(args.0).len(), signature.params.len());
        if given != wanted {
            self.wrong(What::Arity { given: given as u32, wanted: wanted as u32 });
        }
        for (value, slot) in func.vals(args.0).zip(signature.params.iter()) {
            self.slot(value, Some(*slot));
        }
        self.slot(dst, Some(signature.result));
    }

    /// Arguments are represented as the parameters that they go to; the exception is an Any.
    fn edge(&mut self, edge: EdgeId) {
        let func: &Func = self.faults.func;
        let edge = &func.edges[edge.index()];
        for (arg, param) in func.vals(edge.args).zip(func.block_params(edge.to)) {
            let given = if arg == EXCEPTION { Rep::Any } else { func.rep(arg) };
            let wanted = func.rep(param);
            if given != wanted {
                self.wrong(What::EdgeRep { arg, given, param, wanted });
            }
        }
    }
}
