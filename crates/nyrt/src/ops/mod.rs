//! What operators mean: one function per operator over the kernels of [`crate::scalar`].
//!
//! Operands are borrowed and results owned. Every function has a short path for numbers that tiers inline and
//! a cold rest. A user box with a builtin parent takes part as that parent's content.

pub mod arith;
pub mod bits;
pub mod compare;
pub mod index;
pub mod map;
pub mod method;
pub mod text;
pub mod truth;

use alloc::format;

use crate::error::ErrorKind;
use crate::rt::Rt;
use crate::trap::Trap;
use crate::value::{Kind, Value, class_id};

/// The content with which a user box takes part in operators: that of its first builtin parent among the value
/// boxes. Other values take part as themselves.
pub(crate) fn operand(rt: &mut Rt, v: Value) -> Result<Value, Trap> {
    if v.kind() != Kind::Obj {
        return Ok(v);
    }
    rt.check_alive(v)?;
    for class in [class_id::STRING, class_id::INTEGER, class_id::FLOAT, class_id::BOOL] {
        if let Some(content) = rt.content(v, class)? {
            return Ok(content);
        }
    }
    Ok(v)
}

/// The error for an operator that does not take such operands.
#[cold]
pub(crate) fn no_operator(rt: &mut Rt, operator: &str, a: Value, b: Value) -> Trap {
    let text = format!("Operator {operator} does not take {} and {}", rt.type_name(a), rt.type_name(b));
    rt.raise(ErrorKind::TypeError, &text)
}

/// The error for an operator that does not take such an operand.
#[cold]
pub(crate) fn no_prefix(rt: &mut Rt, operator: &str, a: Value) -> Trap {
    let text = format!("Operator {operator} does not take {}", rt.type_name(a));
    rt.raise(ErrorKind::TypeError, &text)
}
