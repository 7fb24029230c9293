//! Which representations the operands and results of each instruction have in typed MIR, and the signatures of
//! typed functions. It checks one instruction at a time and knows no facts about a program.

use crate::func::{Func, Rep};
use crate::inst::{FuncId, Gives, Inst, Op, OperandRef, Owns, Val, Vals};

/// How a parameter or result is passed between typed functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Slot {
    /// Its representation.
    pub rep: Rep,
    /// For a unit: whether it is `void` rather than `null`; for a reference: whether zero stands for `void`.
    pub void: bool,
}

/// How a typed function is called.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Signature {
    /// Its parameters, `me` included.
    pub params: Box<[Slot]>,
    /// Its result.
    pub result: Slot,
    /// Its captured values.
    pub captures: Box<[Slot]>,
}

/// The signatures of all functions of a program by number; those that are never called may be missing.
pub trait Signatures {
    /// The signature of a function.
    fn signature(&self, func: FuncId) -> Option<&Signature>;
    /// The parameters that it takes, as bits ([`Op::Take`]); nothing for functions that nobody has looked at.
    fn takes(&self, _func: FuncId) -> u32 {
        0
    }
}

/// What an operand must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// This representation.
    Rep(Rep),
    /// A counted one: reference or Any.
    Counted,
    /// Any of them.
    Free,
}

impl Want {
    /// Whether a representation is what is wanted.
    pub fn takes(self, rep: Rep) -> bool {
        match self {
            Want::Rep(wanted) => rep == wanted,
            Want::Counted => rep.counts(),
            Want::Free => true,
        }
    }
}

/// Calls `f` for every operand that is a value, in order, with what it must be. Edge arguments are not included.
pub fn operands(func: &Func, op: &Op, mut f: impl FnMut(Val, Want)) {
    let wants: &[Want] = match op {
        Op::IAdd { .. }
        | Op::ISub { .. }
        | Op::IMul { .. }
        | Op::IDiv { .. }
        | Op::IRem { .. }
        | Op::IAnd { .. }
        | Op::IOr { .. }
        | Op::IXor { .. }
        | Op::IShl { .. }
        | Op::IShr { .. }
        | Op::INeg { .. }
        | Op::INot { .. }
        | Op::IEq { .. }
        | Op::INe { .. }
        | Op::ILt { .. }
        | Op::ILe { .. }
        | Op::IToF { .. }
        | Op::BoxI { .. }
        | Op::Switch { .. } => &[Want::Rep(Rep::I64)],
        Op::FAdd { .. }
        | Op::FSub { .. }
        | Op::FMul { .. }
        | Op::FDiv { .. }
        | Op::FRem { .. }
        | Op::FNeg { .. }
        | Op::FSqrt { .. }
        | Op::FEq { .. }
        | Op::FNe { .. }
        | Op::FLt { .. }
        | Op::FLe { .. }
        | Op::BoxF { .. } => &[Want::Rep(Rep::F64)],
        Op::BNot { .. } | Op::BEq { .. } | Op::BoxB { .. } | Op::Branch { .. } => &[Want::Rep(Rep::Bool)],
        Op::REq { .. }
        | Op::RZero { .. }
        | Op::SEq { .. }
        | Op::BoxRef { .. }
        | Op::BoxMove { .. }
        | Op::BoxLit { .. }
        | Op::ClosureIs { .. }
        | Op::Check { .. }
        | Op::CheckAlive { .. }
        | Op::Load { .. }
        | Op::ArrLen { .. }
        | Op::MapLen { .. }
        | Op::StrLen { .. }
        | Op::Take { .. }
        | Op::CellGet { .. } => &[Want::Rep(Rep::Ref)],
        Op::StoreRaw { .. }
        | Op::Store { .. }
        | Op::CellSet { .. }
        | Op::ArrPush { .. }
        | Op::MapGet { .. }
        | Op::MapHas { .. }
        | Op::MapSet { .. }
        | Op::Append { .. }
        | Op::CallClosure { .. } => &[Want::Rep(Rep::Ref), Want::Free],
        Op::ArrGet { .. } | Op::StrAt { .. } | Op::StrCode { .. } => {
            &[Want::Rep(Rep::Ref), Want::Rep(Rep::I64)]
        }
        Op::ArrSet { .. } => &[Want::Rep(Rep::Ref), Want::Rep(Rep::I64), Want::Free],
        Op::Swap { .. } => &[Want::Rep(Rep::Ref)],
        Op::ArrSetMove { .. } | Op::ArrSwap { .. } => {
            &[Want::Rep(Rep::Ref), Want::Rep(Rep::I64), Want::Rep(Rep::Ref)]
        }
        Op::ArrPushMove { .. } => &[Want::Rep(Rep::Ref)],
        Op::StrJoin { .. }
        | Op::GlobalSet { .. }
        | Op::CallDirect { .. }
        | Op::CallLent { .. }
        | Op::CallGiving { .. }
        | Op::CallNative { .. }
        | Op::ArrayOf { .. }
        | Op::ClosureOf { .. }
        | Op::CellOf { .. }
        | Op::Return { .. }
        | Op::ReturnLent { .. } => &[Want::Free],
        Op::ClassIs { .. }
        | Op::Retain { .. }
        | Op::Lend { .. }
        | Op::Release { .. }
        | Op::ReleaseUnwinding { .. }
        | Op::ReleaseQuiet { .. }
        | Op::Forget { .. } => &[Want::Counted],
        // The rest is typed as the runtime functions are that do it.
        _ => &[Want::Rep(Rep::Any)],
    };
    let mut at = 0;
    let mut next = |v: Val| {
        let want = wants.get(at).or(wants.last()).copied().unwrap_or(Want::Free);
        at += 1;
        f(v, want);
    };
    op.operands(&mut |operand| match operand.get() {
        OperandRef::Val(v) => next(v),
        OperandRef::Own(v) => next(v.0),
        OperandRef::Vals(Vals(at)) => func.vals(at).for_each(&mut next),
        OperandRef::Owns(Owns(at)) => func.vals(at).for_each(&mut next),
        _ => {}
    });
}

/// The representation of what an instruction gives; `None` when it gives nothing or the result says itself what it is.
pub fn result(inst: &Inst) -> Option<Rep> {
    if inst.op.row().gives == Gives::Nothing {
        return None;
    }
    Some(match inst.op {
        Op::Int { .. }
        | Op::IAdd { .. }
        | Op::ISub { .. }
        | Op::IMul { .. }
        | Op::IDiv { .. }
        | Op::IRem { .. }
        | Op::IAnd { .. }
        | Op::IOr { .. }
        | Op::IXor { .. }
        | Op::IShl { .. }
        | Op::IShr { .. }
        | Op::INeg { .. }
        | Op::INot { .. }
        | Op::UnboxI { .. }
        | Op::ArrLen { .. }
        | Op::MapLen { .. }
        | Op::StrLen { .. }
        | Op::StrCode { .. } => Rep::I64,
        Op::Float { .. }
        | Op::IToF { .. }
        | Op::FAdd { .. }
        | Op::FSub { .. }
        | Op::FMul { .. }
        | Op::FDiv { .. }
        | Op::FRem { .. }
        | Op::FNeg { .. }
        | Op::FSqrt { .. }
        | Op::UnboxF { .. } => Rep::F64,
        Op::Bool { .. }
        | Op::Eq { .. }
        | Op::Ne { .. }
        | Op::Lt { .. }
        | Op::Le { .. }
        | Op::Gt { .. }
        | Op::Ge { .. }
        | Op::Truth { .. }
        | Op::Not { .. }
        | Op::HasGlobal { .. }
        | Op::IsCaught { .. }
        | Op::IEq { .. }
        | Op::INe { .. }
        | Op::ILt { .. }
        | Op::ILe { .. }
        | Op::FEq { .. }
        | Op::FNe { .. }
        | Op::FLt { .. }
        | Op::FLe { .. }
        | Op::BNot { .. }
        | Op::BEq { .. }
        | Op::REq { .. }
        | Op::RZero { .. }
        | Op::SEq { .. }
        | Op::UnboxB { .. }
        | Op::ClassIs { .. }
        | Op::ClosureIs { .. }
        | Op::MapHas { .. } => Rep::Bool,
        Op::Str { .. }
        | Op::NewObject { .. }
        | Op::GetStatic { .. }
        | Op::UnboxRef { .. }
        | Op::UnboxMove { .. }
        | Op::UnboxLit { .. }
        | Op::ArrayOf { .. }
        | Op::ClosureOf { .. }
        | Op::CellOf { .. }
        | Op::StrAt { .. }
        | Op::StrJoin { .. }
        | Op::Append { .. }
        | Op::Swap { .. }
        | Op::Take { .. }
        | Op::ArrSwap { .. } => Rep::Ref,
        // Unit, zero references or Any.
        Op::Null {} | Op::Void {} => return None,
        Op::Retain { .. }
        | Op::Lend { .. }
        | Op::Load { .. }
        | Op::ArrGet { .. }
        | Op::MapGet { .. }
        | Op::CellGet { .. }
        | Op::CaptureGet { .. }
        | Op::GlobalGet { .. }
        | Op::CallDirect { .. }
        | Op::CallLent { .. }
        | Op::CallGiving { .. }
        | Op::CallClosure { .. }
        | Op::CallNative { .. } => return None,
        _ => Rep::Any,
    })
}

impl Signature {
    /// The signature of a function that knows nothing about its parameters.
    pub fn generic(func: &Func) -> Signature {
        let any = Slot { rep: Rep::Any, void: false };
        Signature {
            params: vec![any; func.params as usize].into(),
            result: any,
            captures: vec![any; func.captures as usize].into(),
        }
    }
}
