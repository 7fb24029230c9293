//! The rows that need no heap: functions over plain numbers, with the kernels of `nyrt::scalar`.

use mir::inst::{Op, Val};
use nyrt::scalar;
use nyrt::value::{Kind, Value};

use crate::word::Word;

/// Why a pure row gives nothing.
#[derive(Clone, PartialEq, Debug)]
pub enum Refused {
    /// There is no result. What is thrown then, the operator of the runtime says.
    NoResult,
    /// An operand is not what the row takes: the lowering is wrong.
    Operand(Val, Word),
}

/// Operands by number.
struct Operands<'a>(&'a dyn Fn(Val) -> Word);

impl Operands<'_> {
    fn int(&self, v: Val) -> Result<i64, Refused> {
        match (self.0)(v) {
            Word::I64(n) => Ok(n),
            other => Err(Refused::Operand(v, other)),
        }
    }
    fn float(&self, v: Val) -> Result<f64, Refused> {
        match (self.0)(v) {
            Word::F64(x) => Ok(x),
            other => Err(Refused::Operand(v, other)),
        }
    }
    fn bool(&self, v: Val) -> Result<bool, Refused> {
        match (self.0)(v) {
            Word::Bool(b) => Ok(b),
            other => Err(Refused::Operand(v, other)),
        }
    }
    fn bool_or_nothing(&self, v: Val) -> Result<bool, Refused> {
        match (self.0)(v) {
            Word::Any(value) if value.is_nothing() => Ok(false),
            _ => Ok(self.any(v, Kind::Bool)? == Value::TRUE),
        }
    }
    fn any(&self, v: Val, kind: Kind) -> Result<Value, Refused> {
        match (self.0)(v) {
            Word::Any(value) if value.kind() == kind => Ok(value),
            other => Err(Refused::Operand(v, other)),
        }
    }
}

/// What a pure row gives for its operands; `None` for a row that is not pure.
pub fn pure(op: &Op, get: &dyn Fn(Val) -> Word) -> Option<Result<Word, Refused>> {
    let is_pure = matches!(
        op,
        Op::Int { .. }
            | Op::Float { .. }
            | Op::Bool { .. }
            | Op::IAdd { .. }
            | Op::ISub { .. }
            | Op::IMul { .. }
    ) || matches!(
        op,
        Op::IDiv { .. } | Op::IRem { .. } | Op::IAnd { .. } | Op::IOr { .. } | Op::IXor { .. }
    ) || matches!(
        op,
        Op::IShl { .. } | Op::IShr { .. } | Op::INeg { .. } | Op::INot { .. } | Op::IToF { .. }
    ) || matches!(op, Op::IEq { .. } | Op::INe { .. } | Op::ILt { .. } | Op::ILe { .. })
        || matches!(
            op,
            Op::FAdd { .. } | Op::FSub { .. } | Op::FMul { .. } | Op::FDiv { .. } | Op::FRem { .. }
        )
        || matches!(op, Op::FNeg { .. } | Op::FEq { .. } | Op::FNe { .. })
        || matches!(op, Op::FLt { .. } | Op::FLe { .. } | Op::BNot { .. } | Op::BEq { .. })
        || matches!(op, Op::BoxI { .. } | Op::BoxF { .. } | Op::BoxB { .. })
        || matches!(op, Op::UnboxI { .. } | Op::UnboxF { .. } | Op::UnboxB { .. });
    is_pure.then(|| apply(op, &Operands(get)))
}

fn apply(op: &Op, of: &Operands<'_>) -> Result<Word, Refused> {
    Ok(match *op {
        Op::Int { value } => Word::I64(value),
        Op::Float { value } => Word::F64(value),
        Op::Bool { value } => Word::Bool(value),

        Op::IAdd { a, b } => Word::I64(scalar::add(of.int(a)?, of.int(b)?)),
        Op::ISub { a, b } => Word::I64(scalar::sub(of.int(a)?, of.int(b)?)),
        Op::IMul { a, b } => Word::I64(scalar::mul(of.int(a)?, of.int(b)?)),
        Op::IDiv { a, b } => Word::I64(scalar::div(of.int(a)?, of.int(b)?).ok_or(Refused::NoResult)?),
        Op::IRem { a, b } => Word::I64(scalar::rem(of.int(a)?, of.int(b)?).ok_or(Refused::NoResult)?),
        Op::IAnd { a, b } => Word::I64(of.int(a)? & of.int(b)?),
        Op::IOr { a, b } => Word::I64(of.int(a)? | of.int(b)?),
        Op::IXor { a, b } => Word::I64(of.int(a)? ^ of.int(b)?),
        Op::IShl { a, b } => Word::I64(scalar::shl(of.int(a)?, of.int(b)?)),
        Op::IShr { a, b } => Word::I64(scalar::shr(of.int(a)?, of.int(b)?)),
        Op::INeg { a } => Word::I64(scalar::neg(of.int(a)?)),
        Op::INot { a } => Word::I64(!of.int(a)?),
        Op::IEq { a, b } => Word::Bool(of.int(a)? == of.int(b)?),
        Op::INe { a, b } => Word::Bool(of.int(a)? != of.int(b)?),
        Op::ILt { a, b } => Word::Bool(of.int(a)? < of.int(b)?),
        Op::ILe { a, b } => Word::Bool(of.int(a)? <= of.int(b)?),
        Op::IToF { a } => Word::F64(scalar::to_float(of.int(a)?)),

        Op::FAdd { a, b } => Word::F64(of.float(a)? + of.float(b)?),
        Op::FSub { a, b } => Word::F64(of.float(a)? - of.float(b)?),
        Op::FMul { a, b } => Word::F64(of.float(a)? * of.float(b)?),
        Op::FDiv { a, b } => Word::F64(of.float(a)? / of.float(b)?),
        Op::FRem { a, b } => Word::F64(scalar::fmod(of.float(a)?, of.float(b)?)),
        Op::FNeg { a } => Word::F64(-of.float(a)?),
        Op::FEq { a, b } => Word::Bool(of.float(a)? == of.float(b)?),
        Op::FNe { a, b } => Word::Bool(of.float(a)? != of.float(b)?),
        Op::FLt { a, b } => Word::Bool(of.float(a)? < of.float(b)?),
        Op::FLe { a, b } => Word::Bool(of.float(a)? <= of.float(b)?),

        Op::BNot { a } => Word::Bool(!of.bool(a)?),
        Op::BEq { a, b } => Word::Bool(of.bool(a)? == of.bool(b)?),
        Op::BoxI { a } => Word::Any(Value::int(of.int(a)?)),
        Op::BoxF { a } => Word::Any(Value::float(of.float(a)?)),
        Op::BoxB { a } => Word::Any(Value::bool(of.bool(a)?)),
        Op::UnboxI { a } => Word::I64(of.any(a, Kind::I64)?.payload() as i64),
        Op::UnboxF { a } => {
            let value = of.any(a, Kind::F64)?;
            Word::F64(value.as_float().ok_or(Refused::Operand(a, Word::Any(value)))?)
        }
        Op::UnboxB { a } => Word::Bool(of.bool_or_nothing(a)?),
        _ => Word::Unit,
    })
}
