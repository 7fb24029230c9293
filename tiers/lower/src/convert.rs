//! Representations: which one a type has, and values from one into another. Conversions follow the facts and test
//! nothing; every pair has an answer, and those that the facts exclude give a constant that is never used.

use infer::{Kinds, Ty};
use mir::func::Rep;
use mir::inst::{Op, Own, Val};
use mir::types::Slot;

use crate::body::{Body, Held};

/// A value about which nothing is known.
pub(crate) const ANY: Slot = Slot { rep: Rep::Any, void: false };

/// Kinds of values that are no references.
pub(crate) const PLAIN: Kinds = Kinds::ANY.difference(Kinds::REFS);

/// How values of a type are kept.
pub(crate) fn slot(ty: Ty) -> Slot {
    Slot { rep: ty.rep(), void: ty.has(Kinds::VOID) }
}

impl Body<'_> {
    /// A value of the source as Any, still with its owner.
    pub(crate) fn any(&mut self, v: Val) -> Val {
        self.borrow_as(v, Rep::Any)
    }

    /// A value of the source in a representation, still with its owner.
    pub(crate) fn borrow_as(&mut self, v: Val, wanted: Rep) -> Val {
        let held = match self.held(v) {
            Held::Owned => Held::Borrowed,
            held => held,
        };
        self.convert(self.val(v), self.slot(v), held, wanted)
    }

    /// A consumed value of the source in a representation.
    pub(crate) fn own_as(&mut self, v: Val, wanted: Rep) -> Val {
        self.convert(self.val(v), self.slot(v), self.held(v), wanted)
    }

    /// A value of the result in another representation.
    pub(crate) fn convert(&mut self, v: Val, from: Slot, held: Held, wanted: Rep) -> Val {
        if from.rep == wanted {
            return v;
        }
        let dst = self.fresh(wanted);
        self.convert_to(v, from, held, dst);
        dst
    }

    /// The same into a given value, whose representation is another one.
    pub(crate) fn convert_to(&mut self, v: Val, from: Slot, held: Held, dst: Val) {
        let void = from.void;
        let op = match (from.rep, self.rep(dst)) {
            (Rep::I64, Rep::Any) => Op::BoxI { a: v },
            (Rep::F64, Rep::Any) => Op::BoxF { a: v },
            (Rep::Bool, Rep::Any) => Op::BoxB { a: v },
            (Rep::Ref, Rep::Any) => match held {
                Held::Scalar => Op::BoxLit { a: v, void },
                Held::Borrowed => Op::BoxRef { a: v, void },
                Held::Owned => Op::BoxMove { a: Own(v), void },
            },
            (Rep::Any, Rep::Ref) => match held {
                Held::Scalar => Op::UnboxLit { a: v },
                Held::Borrowed => Op::UnboxRef { a: v },
                Held::Owned => Op::UnboxMove { a: Own(v) },
            },
            (Rep::Any, Rep::I64) => Op::UnboxI { a: v },
            (Rep::Any, Rep::F64) => Op::UnboxF { a: v },
            (Rep::Any, Rep::Bool) => Op::UnboxB { a: v },
            (_, Rep::I64) => Op::Int { value: 0 },
            (_, Rep::F64) => Op::Float { value: 0.0 },
            (_, Rep::Bool) => Op::Bool { value: false },
            (_, Rep::Any | Rep::Ref | Rep::Unit) if void => Op::Void {},
            (_, Rep::Any | Rep::Ref | Rep::Unit) => Op::Null {},
        };
        self.emit_to(op, dst);
        let moved = matches!(op, Op::BoxMove { .. } | Op::UnboxMove { .. });
        if held == Held::Owned && from.rep.counts() && !moved {
            self.emit_to(Op::Forget { a: Own(v) }, Val::NONE);
        }
    }

    /// Writes an instruction whose result is kept in some way, and brings the result into the representation of
    /// `dst`, a value of the source.
    pub(crate) fn give(&mut self, dst: Val, from: Slot, held: Held, emit: impl FnOnce(&mut Self, Val)) {
        if self.rep(dst) == from.rep {
            return emit(self, dst);
        }
        let made = self.fresh(from.rep);
        emit(self, made);
        self.convert_to(made, from, held, dst);
    }

    /// The same for an instruction that cannot throw.
    pub(crate) fn give_op(&mut self, dst: Val, from: Slot, held: Held, op: Op) {
        self.give(dst, from, held, |body, dst| body.emit_to(op, dst));
    }

    /// A borrowed value, made by `emit`, in `dst`, a value of the source that is owned.
    pub(crate) fn give_retained(&mut self, dst: Val, from: Slot, emit: impl FnOnce(&mut Self, Val)) {
        if !from.rep.counts() {
            return self.give(dst, from, Held::Scalar, emit);
        }
        let loaded = self.fresh(from.rep);
        emit(self, loaded);
        if from.rep == Rep::Any && PLAIN.contains(self.facts().ty(self.id, dst).kinds) {
            return self.give_op(dst, from, Held::Scalar, Op::Plain { a: loaded });
        }
        self.give_op(dst, from, Held::Owned, Op::Retain { a: loaded });
    }
}

/// A representation without zero, or with a zero that is `null`.
pub(crate) const fn plain(rep: Rep) -> Slot {
    Slot { rep, void: false }
}
