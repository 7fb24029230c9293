//! What each instruction of typed MIR that does not end a block becomes. It knows the opcodes but not what they do.

use machine::NotReady;
use mir::func::Rep;
use mir::inst::{ClassIx, FuncId, Inst as Mir, Op, Own, Val};
use mir::types::Signature;
use nyrt::heap::{Field, SlotType};
use syntax::intern::Symbol;

use crate::encode::{Encoder, TOO_WIDE};
use crate::op::Code;
use crate::operands::{made, rep_field};
use crate::plan::Facts;
use crate::slots::NONE;

/// What the encoding asks about the program it belongs to.
pub(crate) trait Env: Facts {
    /// How a function is called.
    fn signature(&self, func: FuncId) -> Option<Signature>;
    /// Where a field is.
    fn field(&mut self, class: ClassIx, name: Symbol) -> Option<Field>;
    /// The address of what is needed to make an instance of a class.
    fn shape(&mut self, class: ClassIx) -> Option<u64>;
}

/// Whether the kinds of the operands of an instruction are noted while it runs.
pub(crate) fn is_watched(op: &Op) -> bool {
    matches!(
        op,
        Op::Add { .. }
            | Op::Sub { .. }
            | Op::Mul { .. }
            | Op::BitAnd { .. }
            | Op::BitOr { .. }
            | Op::BitXor { .. }
            | Op::Shl { .. }
            | Op::Shr { .. }
            | Op::Lt { .. }
            | Op::Le { .. }
            | Op::Gt { .. }
            | Op::Ge { .. }
    )
}

impl Encoder<'_> {
    /// Encodes an instruction that does not end a block.
    pub(crate) fn row(&mut self, inst: Mir) -> Result<(), NotReady> {
        let dst = inst.dst;
        match inst.op {
            Op::Int { .. }
            | Op::Float { .. }
            | Op::Bool { .. }
            | Op::Str { .. }
            | Op::Null {}
            | Op::Void {} => {
                self.constant(dst);
            }
            Op::BoxI { .. } | Op::BoxF { .. } | Op::BoxB { .. } | Op::BoxLit { .. }
                if self.plan.konst[dst.index()].is_some() =>
            {
                self.constant(dst);
            }

            Op::IAdd { a, b } => self.arithmetic(inst, Code::IAdd, Some(Code::IAddI), a, b),
            Op::ISub { a, b } => self.arithmetic(inst, Code::ISub, Some(Code::IAddI), a, b),
            Op::IMul { a, b } => self.arithmetic(inst, Code::IMul, Some(Code::IMulI), a, b),
            Op::IDiv { a, b } => self.arithmetic(inst, Code::IDiv, Some(Code::IDivI), a, b),
            Op::IRem { a, b } => self.arithmetic(inst, Code::IRem, Some(Code::IRemI), a, b),
            Op::IAnd { a, b } => self.arithmetic(inst, Code::IAnd, Some(Code::IAndI), a, b),
            Op::IOr { a, b } => self.arithmetic(inst, Code::IOr, None, a, b),
            Op::IXor { a, b } => self.arithmetic(inst, Code::IXor, None, a, b),
            Op::IShl { a, b } => self.arithmetic(inst, Code::IShl, Some(Code::IShlI), a, b),
            Op::IShr { a, b } => self.arithmetic(inst, Code::IShr, Some(Code::IShrI), a, b),
            Op::INeg { a } => self.unary(Code::INeg, dst, a),
            Op::INot { a } => self.unary(Code::INot, dst, a),
            Op::IEq { a, b } => self.binary(Code::IEq, dst, a, b),
            Op::INe { a, b } => self.binary(Code::INe, dst, a, b),
            Op::ILt { a, b } => self.binary(Code::ILt, dst, a, b),
            Op::ILe { a, b } => self.binary(Code::ILe, dst, a, b),
            Op::IToF { a } => self.unary(Code::IToF, dst, a),
            Op::FAdd { a, b } => self.binary(Code::FAdd, dst, a, b),
            Op::FSub { a, b } => self.binary(Code::FSub, dst, a, b),
            Op::FMul { a, b } => self.binary(Code::FMul, dst, a, b),
            Op::FDiv { a, b } => self.binary(Code::FDiv, dst, a, b),
            Op::FRem { a, b } => self.binary(Code::FRem, dst, a, b),
            Op::FNeg { a } => self.unary(Code::FNeg, dst, a),
            Op::FSqrt { a } => self.unary(Code::FSqrt, dst, a),
            Op::FEq { a, b } => self.binary(Code::FEq, dst, a, b),
            Op::FNe { a, b } => self.binary(Code::FNe, dst, a, b),
            Op::FLt { a, b } => self.binary(Code::FLt, dst, a, b),
            Op::FLe { a, b } => self.binary(Code::FLe, dst, a, b),
            Op::BNot { a } => self.unary(Code::BNot, dst, a),
            Op::BEq { a, b } => self.binary(Code::BEq, dst, a, b),
            Op::REq { a, b } => self.binary(Code::REq, dst, a, b),
            Op::RZero { a } => self.unary(Code::RZero, dst, a),
            Op::SEq { a, b } => self.binary(Code::SEq, dst, a, b),
            Op::ClassIs { a, class } => {
                let class = self.env.class(class).ok_or(TOO_WIDE)?;
                let any = self.func.rep(a) == Rep::Any;
                let op = if any { Code::AnyClassIs } else { Code::ClassIs };
                self.emit(op, self.reg(dst), self.reg(a), class);
            }
            Op::ClosureIs { a, func } => {
                self.unary(Code::ClosureIs, dst, a);
                self.data(u64::from(func.0));
            }

            Op::BoxI { a } => self.unary(Code::BoxI, dst, a),
            Op::BoxF { a } => self.unary(Code::BoxF, dst, a),
            Op::BoxB { a } => self.unary(Code::BoxB, dst, a),
            Op::BoxRef { a, void } | Op::BoxMove { a: Own(a), void } => {
                self.emit(Code::BoxRef, self.reg(dst), self.reg(a), u16::from(void));
            }
            Op::BoxLit { a, void } => self.emit(Code::BoxRef, self.reg(dst), self.reg(a), u16::from(void)),
            // The payload is the number.
            Op::UnboxI { a } | Op::UnboxF { a } | Op::UnboxB { a } => {
                self.emit(Code::Mov, self.reg(dst), self.reg(a) + 1, 0);
            }
            Op::UnboxRef { a } | Op::UnboxLit { a } | Op::UnboxMove { a: Own(a) } => {
                self.unary(Code::UnboxRef, dst, a);
            }
            // What is taken stays where the parameter is.
            Op::Forget { .. } | Op::Take { .. } => {}
            Op::Lend { a } | Op::Plain { a } => {
                let any = self.func.rep(a) == Rep::Any;
                self.unary(if any { Code::Mov2 } else { Code::Mov }, dst, a);
            }

            Op::Add { a, b } => self.operator(Code::AnyAdd, dst, a, b)?,
            Op::Sub { a, b } => self.operator(Code::AnySub, dst, a, b)?,
            Op::Mul { a, b } => self.operator(Code::AnyMul, dst, a, b)?,
            Op::BitAnd { a, b } => self.operator(Code::AnyAnd, dst, a, b)?,
            Op::BitOr { a, b } => self.operator(Code::AnyOr, dst, a, b)?,
            Op::BitXor { a, b } => self.operator(Code::AnyXor, dst, a, b)?,
            Op::Shl { a, b } => self.operator(Code::AnyShl, dst, a, b)?,
            Op::Shr { a, b } => self.operator(Code::AnyShr, dst, a, b)?,
            Op::Eq { a, b } => match self.plan.nothing(&inst.op) {
                Some(a) => self.unary(Code::AnyNothing, dst, a),
                None => self.binary(Code::AnyEq, dst, a, b),
            },
            Op::Ne { a, b } => match self.plan.nothing(&inst.op) {
                Some(a) => self.unary(Code::AnySomething, dst, a),
                None => self.binary(Code::AnyNe, dst, a, b),
            },
            Op::Lt { a, b } => self.operator(Code::AnyLt, dst, a, b)?,
            Op::Le { a, b } => self.operator(Code::AnyLe, dst, a, b)?,
            Op::Gt { a, b } => self.operator(Code::AnyGt, dst, a, b)?,
            Op::Ge { a, b } => self.operator(Code::AnyGe, dst, a, b)?,
            Op::Truth { a } => self.unary(Code::AnyTruth, dst, a),
            Op::Not { a } => self.unary(Code::AnyNot, dst, a),

            Op::Retain { a } => {
                let any = self.func.rep(a) == Rep::Any;
                self.unary(if any { Code::RetainAny } else { Code::Retain }, dst, a);
            }
            Op::Release { a: Own(a) }
            | Op::ReleaseUnwinding { a: Own(a) }
            | Op::ReleaseQuiet { a: Own(a) } => {
                let any = self.func.rep(a) == Rep::Any;
                self.emit(if any { Code::ReleaseAny } else { Code::Release }, self.reg(a), 0, 0);
            }

            Op::Check { object, .. } => {
                if !self.check_and_load(object)? {
                    self.emit(Code::Check, self.reg(object), 0, 0);
                }
            }
            Op::CheckAlive { object } => self.emit(Code::CheckAlive, self.reg(object), 0, 0),
            Op::Load { object, class, field } => self.load(inst, object, class, field)?,
            Op::StoreRaw { object, class, field, value } => {
                let (offset, slot) = self.place(class, field)?;
                let op = match (slot, self.func.rep(value)) {
                    (SlotType::Bool, Rep::Bool) => Code::StoreBool,
                    (SlotType::I64, Rep::I64) | (SlotType::F64, Rep::F64) => Code::Store8,
                    (SlotType::Any, Rep::Any) => Code::StoreRawAny,
                    (SlotType::Ref | SlotType::RefOrVoid | SlotType::Str, Rep::Ref) => Code::StoreRawRef,
                    _ => return Err(self.malformed()),
                };
                self.emit(op, self.reg(object), offset, self.reg(value));
            }
            Op::Store { object, class, field, value: Own(value) } => {
                let (offset, slot) = self.place(class, field)?;
                let op = match (slot, self.func.rep(value)) {
                    (SlotType::Any, Rep::Any) => Code::StoreAny,
                    (SlotType::Ref | SlotType::RefOrVoid | SlotType::Str, Rep::Ref) => Code::StoreRef,
                    _ => return Err(self.malformed()),
                };
                self.emit(op, self.reg(object), offset, self.reg(value));
            }
            Op::Swap { object, class, field, value: Own(value) } => {
                let (offset, SlotType::Ref | SlotType::RefOrVoid | SlotType::Str) =
                    self.place(class, field)?
                else {
                    return Err(self.malformed());
                };
                match self.next().map(|next| next.op) {
                    // A store that is known not to throw.
                    Some(Op::ReleaseQuiet { a }) if a.0 == dst => {
                        self.taken = 1;
                        self.emit(Code::StoreRef, self.reg(object), offset, self.reg(value));
                    }
                    _ => {
                        self.emit(Code::Swap, self.reg(dst), self.reg(object), offset);
                        self.data(u64::from(self.reg(value)));
                    }
                }
            }

            Op::ArrLen { array } => self.unary(Code::ArrLen, dst, array),
            Op::ArrGet { array, index } => {
                let op = match self.func.rep(dst) {
                    Rep::I64 => Code::ArrGetI,
                    Rep::F64 => Code::ArrGetF,
                    Rep::Bool => Code::ArrGetB,
                    Rep::Ref => Code::ArrGetRef,
                    Rep::Any => Code::ArrGetAny,
                    Rep::Unit => return Ok(()),
                };
                self.binary(op, dst, array, index);
            }
            Op::ArrSet { array, index, value } => {
                let op = match self.func.rep(value) {
                    Rep::I64 => Code::ArrSetI,
                    Rep::F64 => Code::ArrSetF,
                    Rep::Bool => Code::ArrSetB,
                    Rep::Ref => Code::ArrSetRef,
                    Rep::Any => Code::ArrSetAny,
                    Rep::Unit => return Err(self.malformed()),
                };
                self.emit(op, self.reg(array), self.reg(index), self.reg(value));
            }
            Op::ArrPush { array, value } => {
                let op = match self.func.rep(value) {
                    Rep::I64 => Code::ArrPushI,
                    Rep::F64 => Code::ArrPushF,
                    Rep::Bool => Code::ArrPushB,
                    Rep::Ref => Code::ArrPushRef,
                    Rep::Any => Code::ArrPushAny,
                    Rep::Unit => return Err(self.malformed()),
                };
                self.emit(op, self.reg(array), self.reg(value), 0);
            }
            Op::ArrSetMove { array, index, value: Own(value) } => {
                self.emit(Code::ArrSetMove, self.reg(array), self.reg(index), self.reg(value));
            }
            Op::ArrSwap { array, index, value: Own(value) } => {
                self.binary(Code::ArrSwap, dst, array, index);
                self.data(u64::from(self.reg(value)));
            }
            Op::ArrPushMove { array, value: Own(value) } => {
                self.emit(Code::ArrPushMove, self.reg(array), self.reg(value), 0);
            }
            Op::StrLen { a } => self.unary(Code::StrLen, dst, a),
            Op::StrAt { a, index } => self.binary(Code::StrAt, dst, a, index),
            Op::StrCode { a, index } => self.binary(Code::StrPoint, dst, a, index),
            Op::StrJoin { a, b } => {
                self.binary(Code::StrJoin, dst, a, b);
                self.reps(a, self.set_rep(b));
            }
            Op::Append { a, b } => {
                self.binary(Code::Append, dst, a, b);
                self.reps(b, 0);
            }
            Op::MapLen { map } => self.unary(Code::MapLen, dst, map),
            Op::MapGet { map, key } => {
                let op = self.by_key(key, [Code::MapGetI, Code::MapGetRef, Code::MapGetAny])?;
                self.binary(op, dst, map, key);
                self.data(u64::from(rep_field(self.func.rep(dst))));
            }
            Op::MapHas { map, key } => {
                let op = self.by_key(key, [Code::MapHasI, Code::MapHasRef, Code::MapHasAny])?;
                self.binary(op, dst, map, key);
            }
            Op::MapSet { map, key, value } => {
                let op = self.by_key(key, [Code::MapSetI, Code::MapSetRef, Code::MapSetAny])?;
                self.emit(op, self.reg(map), self.reg(key), self.reg(value));
                self.reps(value, 0);
            }

            Op::CellGet { cell } => {
                let rep = rep_field(self.func.rep(dst));
                self.emit(Code::CellGet, self.reg(dst), self.reg(cell), rep);
            }
            Op::CellSet { cell, value: Own(value) } => {
                let rep = self.set_rep(value);
                self.emit(Code::CellSet, self.reg(cell), self.reg(value), rep);
            }
            Op::CaptureGet { index } => {
                let index = u16::try_from(index).map_err(|_| TOO_WIDE)?;
                self.emit(Code::CaptureGet, self.reg(dst), index, rep_field(self.func.rep(dst)));
            }
            Op::GlobalGet { global } => {
                self.emit(Code::GlobalGet, self.reg(dst), 0, rep_field(self.func.rep(dst)));
                self.data(u64::from(global.0));
            }
            Op::GlobalSet { global, value: Own(value) } => {
                let rep = self.set_rep(value);
                self.emit(Code::GlobalSet, self.reg(value), 0, rep);
                self.data(u64::from(global.0));
            }
            Op::GetStatic { class } => {
                self.emit(Code::GetStatic, self.reg(dst), 0, 0);
                self.data(u64::from(class.0));
            }
            Op::NewObject { class } => {
                self.emit(Code::NewObject, self.reg(dst), 0, 0);
                let shape = self.env.shape(class).ok_or_else(|| self.malformed())?;
                self.data(shape);
            }

            Op::ArrayOf { items } if items.0 == 0 && self.func.rep(dst) == Rep::Ref => {
                self.emit(Code::NewArray, self.reg(dst), 0, 0);
            }
            Op::ArrayOf { items } => {
                let items: Vec<Val> = self.func.vals(items.0).collect();
                self.make(dst, made::ARRAY, FuncId::NONE, &items)?;
            }
            Op::ClosureOf { func, captures } => {
                let captures: Vec<Val> = self.func.vals(captures.0).collect();
                self.make(dst, made::CLOSURE, func, &captures)?;
            }
            Op::CellOf { value } => self.make(dst, made::CELL, FuncId::NONE, &[value])?,
            Op::CallDirect { func, args }
            | Op::CallLent { func, args }
            | Op::CallGiving { func, args, .. } => self.call(dst, func, args, None)?,
            Op::CallClosure { callee, func, args } => self.call(dst, func, args, Some(callee))?,
            Op::CallNative { builtin, args } => self.native(dst, builtin, args)?,
            Op::Inlined { .. } => self.emit(Code::Inlined, 0, 0, 0),
            Op::DropOutbox {} => self.emit(Code::DropOutbox, 0, 0, 0),
            _ => {
                let site = self.site(inst);
                // A result that nobody keeps has no register and is not written.
                let dst = if inst.dst.is_none() { NONE } else { self.reg(dst) };
                match inst.op {
                    Op::GetField { .. } => self.emit_wide(Code::GetField, dst, site),
                    Op::SetField { .. } => self.emit_wide(Code::SetField, dst, site),
                    Op::CallMethod { .. } => self.call_unknown(Code::CallMethod, dst, site),
                    Op::CallValue { .. } => self.call_unknown(Code::CallValue, dst, site),
                    _ => self.emit_wide(Code::Perform, dst, site),
                }
            }
        }
        Ok(())
    }

    /// A call of what is known only when it happens.
    fn call_unknown(&mut self, op: Code, dst: u16, site: u32) {
        // Copies go through this register at jumps only.
        let how = self.out.slots.scratch;
        self.emit_wide(op, dst, site);
        self.data(u64::from(how));
        self.emit(Code::BoxResult, dst, how, 0);
    }

    fn constant(&mut self, dst: Val) {
        let needed = self.plan.read[dst.index()] && !self.plan.hoisted[dst.index()];
        if let (true, Some(konst)) = (needed, self.plan.konst[dst.index()]) {
            self.emit_konst(self.reg(dst), konst);
        }
    }

    fn unary(&mut self, op: Code, dst: Val, a: Val) {
        self.emit(op, self.reg(dst), self.reg(a), 0);
    }

    fn binary(&mut self, op: Code, dst: Val, a: Val, b: Val) {
        self.emit(op, self.reg(dst), self.reg(a), self.reg(b));
    }

    /// An operator on values of unknown kind.
    fn operator(&mut self, op: Code, dst: Val, a: Val, b: Val) -> Result<(), NotReady> {
        self.binary(op, dst, a, b);
        let seen = self.out.sides.operator(self.at).ok_or_else(|| self.malformed())?;
        self.data(seen);
        Ok(())
    }

    fn arithmetic(&mut self, inst: Mir, op: Code, short: Option<Code>, a: Val, b: Val) {
        match (short, self.plan.immediate(&inst.op)) {
            (Some(short), Some((a, n, _))) => self.emit(short, self.reg(inst.dst), self.reg(a), n as u16),
            _ => self.binary(op, inst.dst, a, b),
        }
    }

    /// The opcode for a key that is an integer, a reference, or of unknown kind.
    fn by_key(&self, key: Val, ops: [Code; 3]) -> Result<Code, NotReady> {
        match self.func.rep(key) {
            Rep::I64 => Ok(ops[0]),
            Rep::Ref => Ok(ops[1]),
            Rep::Any => Ok(ops[2]),
            Rep::Unit | Rep::F64 | Rep::Bool => Err(self.malformed()),
        }
    }

    /// The representation of an operand and another one as data.
    fn reps(&mut self, first: Val, second: u16) {
        let first = u64::from(self.set_rep(first));
        self.data(first | u64::from(second) << 16);
    }

    // ---- fields

    fn place(&mut self, class: ClassIx, field: Symbol) -> Result<(u16, SlotType), NotReady> {
        let field = self.env.field(class, field).filter(|f| !f.weak).ok_or_else(|| self.malformed())?;
        Ok((u16::try_from(field.offset).map_err(|_| TOO_WIDE)?, field.slot))
    }

    /// The next instruction of the block, if it is not the last one.
    fn next(&self) -> Option<Mir> {
        let at = self.at as usize + 1;
        let inst = *self.func.insts.get(at)?;
        (!inst.op.row().effects.ends_block() && !self.plan.folded[at]).then_some(inst)
    }

    fn load(&mut self, inst: Mir, object: Val, class: ClassIx, field: Symbol) -> Result<(), NotReady> {
        let (offset, slot) = self.place(class, field)?;
        let mut dst = inst.dst;
        let op = match (slot, self.func.rep(dst)) {
            (SlotType::Bool, Rep::Bool) => Code::LoadBool,
            (SlotType::I64, Rep::I64) | (SlotType::F64, Rep::F64) => Code::Load8,
            (SlotType::Any, Rep::Any) => Code::LoadAny,
            (SlotType::Ref | SlotType::RefOrVoid | SlotType::Str, Rep::Ref) => match self.next() {
                Some(Mir { op: Op::Retain { a }, dst: owned, .. })
                    if a == inst.dst && self.plan.uses[a.index()] == 1 =>
                {
                    self.taken = 1;
                    dst = owned;
                    Code::LoadRefOwn
                }
                Some(Mir { op: Op::Check { object, .. }, .. }) if object == inst.dst => {
                    // What throws is the test.
                    (self.taken, self.at) = (1, self.at + 1);
                    Code::LoadRefCheck
                }
                _ => Code::LoadRef,
            },
            _ => return Err(self.malformed()),
        };
        self.emit(op, self.reg(dst), self.reg(object), offset);
        Ok(())
    }

    /// A test for zero with the load behind it as one instruction.
    fn check_and_load(&mut self, object: Val) -> Result<bool, NotReady> {
        let Some(Mir { op: Op::Load { object: loaded, class, field }, dst, .. }) = self.next() else {
            return Ok(false);
        };
        if loaded != object {
            return Ok(false);
        }
        let (offset, slot) = self.place(class, field)?;
        let op = match (slot, self.func.rep(dst)) {
            (SlotType::I64, Rep::I64) | (SlotType::F64, Rep::F64) => Code::CheckLoad8,
            (SlotType::Ref | SlotType::RefOrVoid | SlotType::Str, Rep::Ref) => Code::CheckLoadRef,
            _ => return Ok(false),
        };
        self.taken = 1;
        self.emit(op, self.reg(dst), self.reg(object), offset);
        Ok(true)
    }
}
