//! What a value of typed MIR is while the evaluator runs: a representation with its contents. It does not count.

use mir::func::Rep;
use nyrt::heap::Heap;
use nyrt::value::{Ref, Value};

/// A value with its representation.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Word {
    /// Always the same nothing.
    Unit,
    /// An integer.
    I64(i64),
    /// A float.
    F64(f64),
    /// A truth value.
    Bool(bool),
    /// A reference or zero.
    Ref(Ref),
    /// A value with its kind.
    Any(Value),
}

impl Word {
    /// How it is represented.
    pub fn rep(self) -> Rep {
        match self {
            Word::Unit => Rep::Unit,
            Word::I64(_) => Rep::I64,
            Word::F64(_) => Rep::F64,
            Word::Bool(_) => Rep::Bool,
            Word::Ref(_) => Rep::Ref,
            Word::Any(_) => Rep::Any,
        }
    }

    /// The value with its kind, with the same owner; zero and unit become `void` or `null`.
    pub fn boxed(self, heap: &Heap, void: bool) -> Value {
        let nothing = if void { Value::VOID } else { Value::NULL };
        match self {
            Word::Unit | Word::Ref(Ref::NONE) => nothing,
            Word::I64(n) => Value::int(n),
            Word::F64(x) => Value::float(x),
            Word::Bool(b) => Value::bool(b),
            Word::Ref(r) => heap.value_of(r),
            Word::Any(v) => v,
        }
    }

    /// A value in a representation, with the same owner; `None` when the representation does not have it.
    pub fn unboxed(v: Value, rep: Rep) -> Option<Word> {
        Some(match rep {
            Rep::Unit if v.is_nothing() => Word::Unit,
            Rep::I64 => Word::I64(v.as_int()?),
            Rep::F64 => Word::F64(v.as_float()?),
            Rep::Bool => Word::Bool(v.as_bool()?),
            Rep::Ref if v.is_nothing() => Word::Ref(Ref::NONE),
            Rep::Ref if v.is_ref() => Word::Ref(v.as_ref()),
            Rep::Any => Word::Any(v),
            Rep::Unit | Rep::Ref => return None,
        })
    }

    /// The reference that it holds and that is counted, if it holds one.
    pub fn reference(self) -> Option<Ref> {
        match self {
            Word::Ref(r) if !r.is_none() => Some(r),
            Word::Any(v) if v.is_ref() => Some(v.as_ref()),
            _ => None,
        }
    }
}
