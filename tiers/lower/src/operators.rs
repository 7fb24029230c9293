//! Constants, operators and counting.

use infer::{Kinds, Ty};
use mir::func::Rep;
use mir::inst::{Inst, Op, Own, Val};

use crate::body::{Body, Held};
use crate::convert::{PLAIN, plain};

/// Kinds of values whose truth is a bit of them.
const TRUTHS: Kinds = Kinds::VOID.union(Kinds::NULL).union(Kinds::BOOL);

/// What two operands have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pair {
    Ints,
    /// Numbers of which at least one is a Float: both as Floats.
    Floats,
    Other,
}

fn pair(a: Ty, b: Ty) -> Pair {
    let number = |t: Ty| t.kinds == Kinds::INT || t.kinds == Kinds::FLOAT;
    match (number(a), number(b)) {
        (true, true) if a.kinds == Kinds::INT && b.kinds == Kinds::INT => Pair::Ints,
        (true, true) => Pair::Floats,
        _ => Pair::Other,
    }
}

/// Whether every value of a type is an object that is equal to itself only.
fn identity(ty: Ty) -> bool {
    let others = Kinds::STR | Kinds::INT | Kinds::FLOAT | Kinds::BOOL;
    !ty.kinds.intersects(others)
}

impl Body<'_> {
    /// Constants.
    pub(crate) fn constant(&mut self, inst: Inst) -> bool {
        let rep = match inst.op {
            Op::Int { .. } => Rep::I64,
            Op::Float { .. } => Rep::F64,
            Op::Bool { .. } => Rep::Bool,
            Op::Str { .. } => Rep::Ref,
            Op::Null {} | Op::Void {} => self.rep(inst.dst),
            _ => return false,
        };
        self.give_op(inst.dst, plain(rep), Held::Scalar, inst.op);
        true
    }

    /// Operators and counting; whether it was one that is known to be simple.
    pub(crate) fn operator(&mut self, inst: Inst) -> bool {
        let dst = inst.dst;
        match inst.op {
            Op::Add { a, b } => {
                self.arithmetic(dst, a, b, |a, b| Op::IAdd { a, b }, Some(|a, b| Op::FAdd { a, b }))
                    || self.join_texts(dst, a, b)
            }
            Op::AddReuse { a, b } => {
                self.arithmetic(dst, a, b, |a, b| Op::IAdd { a, b }, Some(|a, b| Op::FAdd { a, b }))
                    || self.append(inst, a, b)
            }
            Op::Sub { a, b } => {
                self.arithmetic(dst, a, b, |a, b| Op::ISub { a, b }, Some(|a, b| Op::FSub { a, b }))
            }
            Op::Mul { a, b } => {
                self.arithmetic(dst, a, b, |a, b| Op::IMul { a, b }, Some(|a, b| Op::FMul { a, b }))
            }
            Op::Div { a, b } => self.division(dst, a, b, |a, b| Op::IDiv { a, b }, |a, b| Op::FDiv { a, b }),
            Op::Rem { a, b } => self.division(dst, a, b, |a, b| Op::IRem { a, b }, |a, b| Op::FRem { a, b }),
            Op::BitAnd { a, b } => self.arithmetic(dst, a, b, |a, b| Op::IAnd { a, b }, None),
            Op::BitOr { a, b } => self.arithmetic(dst, a, b, |a, b| Op::IOr { a, b }, None),
            Op::BitXor { a, b } => self.arithmetic(dst, a, b, |a, b| Op::IXor { a, b }, None),
            Op::Shl { a, b } => self.arithmetic(dst, a, b, |a, b| Op::IShl { a, b }, None),
            Op::Shr { a, b } => self.arithmetic(dst, a, b, |a, b| Op::IShr { a, b }, None),
            Op::Eq { a, b } => self.equal(dst, a, b, false),
            Op::Ne { a, b } => self.equal(dst, a, b, true),
            Op::Lt { a, b } => self.order(dst, a, b, |a, b| Op::ILt { a, b }, |a, b| Op::FLt { a, b }),
            Op::Le { a, b } => self.order(dst, a, b, |a, b| Op::ILe { a, b }, |a, b| Op::FLe { a, b }),
            Op::Gt { a, b } => {
                self.order(dst, a, b, |a, b| Op::ILt { a: b, b: a }, |a, b| Op::FLt { a: b, b: a })
            }
            Op::Ge { a, b } => {
                self.order(dst, a, b, |a, b| Op::ILe { a: b, b: a }, |a, b| Op::FLe { a: b, b: a })
            }
            Op::Neg { a } => match self.ty(a).kinds {
                Kinds::INT => self.unary(dst, a, Rep::I64, |a| Op::INeg { a }),
                Kinds::FLOAT => self.unary(dst, a, Rep::F64, |a| Op::FNeg { a }),
                _ => false,
            },
            Op::BitNot { a } if self.ty(a).kinds == Kinds::INT => {
                self.unary(dst, a, Rep::I64, |a| Op::INot { a })
            }
            Op::Truth { a } => self.truth(dst, a, false),
            Op::Not { a } => self.truth(dst, a, true),
            Op::Retain { a } => self.retain(dst, a),
            Op::Release { a } => self.release(a.0, false),
            Op::ReleaseUnwinding { a } => self.release(a.0, true),
            Op::Outbox { a } if !self.slot(a.0).rep.counts() => true,
            _ => false,
        }
    }

    fn unary(&mut self, dst: Val, a: Val, rep: Rep, op: fn(Val) -> Op) -> bool {
        let a = self.borrow_as(a, rep);
        self.give_op(dst, plain(rep), Held::Scalar, op(a));
        true
    }

    /// A number of the source as F64.
    fn float(&mut self, v: Val) -> Val {
        if self.ty(v).kinds == Kinds::INT {
            let int = self.borrow_as(v, Rep::I64);
            return self.emit(Op::IToF { a: int }, Rep::F64);
        }
        self.borrow_as(v, Rep::F64)
    }

    fn arithmetic(
        &mut self,
        dst: Val,
        a: Val,
        b: Val,
        ints: fn(Val, Val) -> Op,
        floats: Option<fn(Val, Val) -> Op>,
    ) -> bool {
        match (pair(self.ty(a), self.ty(b)), floats) {
            (Pair::Ints, _) => {
                let (a, b) = (self.borrow_as(a, Rep::I64), self.borrow_as(b, Rep::I64));
                self.give_op(dst, plain(Rep::I64), Held::Scalar, ints(a, b));
                true
            }
            (Pair::Floats, Some(floats)) => {
                let (a, b) = (self.float(a), self.float(b));
                self.give_op(dst, plain(Rep::F64), Held::Scalar, floats(a, b));
                true
            }
            _ => false,
        }
    }

    /// Integers may divide by zero.
    fn division(
        &mut self,
        dst: Val,
        a: Val,
        b: Val,
        ints: fn(Val, Val) -> Op,
        floats: fn(Val, Val) -> Op,
    ) -> bool {
        if pair(self.ty(a), self.ty(b)) != Pair::Ints {
            return self.arithmetic(dst, a, b, ints, Some(floats));
        }
        let (a, b) = (self.borrow_as(a, Rep::I64), self.borrow_as(b, Rep::I64));
        self.give(dst, plain(Rep::I64), Held::Scalar, |body, dst| body.emit_throwing(ints(a, b), dst));
        true
    }

    fn order(
        &mut self,
        dst: Val,
        a: Val,
        b: Val,
        ints: fn(Val, Val) -> Op,
        floats: fn(Val, Val) -> Op,
    ) -> bool {
        // An Integer and a Float compare as reals, not as Floats.
        let op = match (self.ty(a).kinds, self.ty(b).kinds) {
            (Kinds::INT, Kinds::INT) => ints(self.borrow_as(a, Rep::I64), self.borrow_as(b, Rep::I64)),
            (Kinds::FLOAT, Kinds::FLOAT) => floats(self.borrow_as(a, Rep::F64), self.borrow_as(b, Rep::F64)),
            _ => return false,
        };
        self.give_op(dst, plain(Rep::Bool), Held::Scalar, op);
        true
    }

    fn equal(&mut self, dst: Val, a: Val, b: Val, not: bool) -> bool {
        let (ta, tb) = (self.ty(a), self.ty(b));
        let nothing = Kinds::VOID | Kinds::NULL;
        let reference = |body: &Self, v: Val| body.slot(v).rep == Rep::Ref;
        let op = match (ta.kinds, tb.kinds) {
            (Kinds::INT, Kinds::INT) => {
                let (a, b) = (self.borrow_as(a, Rep::I64), self.borrow_as(b, Rep::I64));
                if not { Op::INe { a, b } } else { Op::IEq { a, b } }
            }
            (Kinds::FLOAT, Kinds::FLOAT) => {
                let (a, b) = (self.borrow_as(a, Rep::F64), self.borrow_as(b, Rep::F64));
                if not { Op::FNe { a, b } } else { Op::FEq { a, b } }
            }
            (Kinds::BOOL, Kinds::BOOL) => {
                let (a, b) = (self.borrow_as(a, Rep::Bool), self.borrow_as(b, Rep::Bool));
                return self.give_bool(dst, Op::BEq { a, b }, not);
            }
            (_, k) if nothing.contains(k) && reference(self, a) => {
                let a = self.val(a);
                return self.give_bool(dst, Op::RZero { a }, not);
            }
            (k, _) if nothing.contains(k) && reference(self, b) => {
                let b = self.val(b);
                return self.give_bool(dst, Op::RZero { a: b }, not);
            }
            _ if reference(self, a) && reference(self, b) => {
                let (x, y) = (self.val(a), self.val(b));
                let text = Kinds::STR | nothing;
                if identity(ta) || identity(tb) {
                    return self.give_bool(dst, Op::REq { a: x, b: y }, not);
                }
                if text.contains(ta.kinds) && text.contains(tb.kinds) {
                    return self.give_bool(dst, Op::SEq { a: x, b: y }, not);
                }
                return false;
            }
            _ => return false,
        };
        self.give_op(dst, plain(Rep::Bool), Held::Scalar, op);
        true
    }

    /// A Bool or its opposite.
    pub(crate) fn give_bool(&mut self, dst: Val, op: Op, not: bool) -> bool {
        if not {
            let a = self.emit(op, Rep::Bool);
            self.give_op(dst, plain(Rep::Bool), Held::Scalar, Op::BNot { a });
        } else {
            self.give_op(dst, plain(Rep::Bool), Held::Scalar, op);
        }
        true
    }

    fn truth(&mut self, dst: Val, a: Val, not: bool) -> bool {
        let ty = self.ty(a);
        match ty.kinds {
            Kinds::BOOL => {
                let v = self.borrow_as(a, Rep::Bool);
                if not {
                    self.give_op(dst, plain(Rep::Bool), Held::Scalar, Op::BNot { a: v });
                } else if self.rep(dst) == Rep::Bool {
                    self.alias(dst, v);
                } else {
                    self.give_op(dst, plain(Rep::Any), Held::Scalar, Op::BoxB { a: v });
                }
                true
            }
            kinds if TRUTHS.contains(kinds) && self.slot(a).rep == Rep::Any => {
                let v = self.val(a);
                self.truth_of_element(dst, a, not) || self.give_bool(dst, Op::UnboxB { a: v }, not)
            }
            Kinds::INT => {
                let a = self.borrow_as(a, Rep::I64);
                let b = self.emit(Op::Int { value: 0 }, Rep::I64);
                self.give_op(
                    dst,
                    plain(Rep::Bool),
                    Held::Scalar,
                    if not { Op::IEq { a, b } } else { Op::INe { a, b } },
                );
                true
            }
            Kinds::FLOAT => {
                let a = self.borrow_as(a, Rep::F64);
                let b = self.emit(Op::Float { value: 0.0 }, Rep::F64);
                self.give_op(
                    dst,
                    plain(Rep::Bool),
                    Held::Scalar,
                    if not { Op::FEq { a, b } } else { Op::FNe { a, b } },
                );
                true
            }
            _ if self.slot(a).rep == Rep::Ref && !ty.kinds.contains(Kinds::STR) && !self.may_be_dead(ty) => {
                let a = self.val(a);
                self.give_bool(dst, Op::RZero { a }, !not)
            }
            _ => false,
        }
    }

    /// `a + b` of texts, or of a text and an Integer.
    fn join_texts(&mut self, dst: Val, a: Val, b: Val) -> bool {
        let (x, y) = (self.ty(a).kinds, self.ty(b).kinds);
        if !matches!((x, y), (Kinds::STR, Kinds::STR | Kinds::INT) | (Kinds::INT, Kinds::STR)) {
            return false;
        }
        let (a, b) = (self.key(a), self.key(b));
        self.give(dst, plain(Rep::Ref), Held::Owned, |body, dst| {
            body.emit_throwing(Op::StrJoin { a, b }, dst)
        });
        true
    }

    /// `a = a + b` where `a` is text.
    fn append(&mut self, inst: Inst, a: Val, b: Val) -> bool {
        if self.facts().ty(self.id, a).kinds != Kinds::STR {
            // A copy of `a` in another representation could not give its count away, and what is no text has none to give.
            if self.slot(a).rep != Rep::Any || PLAIN.contains(self.ty(a).kinds) {
                self.generic(Inst { op: Op::Add { a, b }, ..inst });
                return true;
            }
            return false;
        }
        let (a, b) = (self.val(a), self.key(b));
        self.give(inst.dst, plain(Rep::Ref), Held::Owned, |body, dst| {
            body.emit_throwing(Op::Append { a, b }, dst)
        });
        true
    }

    fn retain(&mut self, dst: Val, a: Val) -> bool {
        let (from, to) = (self.slot(a), self.rep(dst));
        if !from.rep.counts() && from.rep == to {
            let v = self.val(a);
            self.alias(dst, v);
            return true;
        }
        if !from.rep.counts() || !to.counts() {
            let v = self.val(a);
            self.convert_to(v, from, Held::Scalar, dst);
            return true;
        }
        let v = self.val(a);
        if from.rep == Rep::Any && PLAIN.contains(self.facts().ty(self.id, a).kinds) {
            self.give_op(dst, from, Held::Scalar, Op::Plain { a: v });
            return true;
        }
        let owned = self.emit(Op::Retain { a: v }, from.rep);
        if from.rep == to {
            self.alias(dst, owned);
        } else {
            self.convert_to(owned, from, Held::Owned, dst);
        }
        true
    }

    fn release(&mut self, v: Val, unwinding: bool) -> bool {
        if !self.slot(v).rep.counts() {
            return true;
        }
        // The verifier's idea of a scalar is the source's: literals and the like.
        if self.held(v) == Held::Scalar {
            return true;
        }
        let a = Own(self.val(v));
        let kinds = self.ty(v).kinds;
        if PLAIN.contains(kinds) {
            self.emit_to(Op::Forget { a }, Val::NONE);
        } else if self.facts().dies_quietly(self.ty(v)) {
            self.emit_to(Op::ReleaseQuiet { a }, Val::NONE);
        } else if unwinding {
            self.emit_to(Op::ReleaseUnwinding { a }, Val::NONE);
        } else {
            self.emit_throwing(Op::Release { a }, Val::NONE);
        }
        true
    }
}
