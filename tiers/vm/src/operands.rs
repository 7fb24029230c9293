//! Operands as instructions have them: which register, in which representation; calls and what is made of values, which have
//! many of them. It does not know what is done with them.

use machine::NotReady;
use mir::func::Rep;
use mir::inst::{Builtin, FuncId, Gives, Inst as Mir, Op, OperandRef, Own, Val, Vals};
use mir::types::Slot;

use crate::encode::{Encoder, Site, TOO_MANY_REGISTERS, TOO_WIDE};
use crate::op::Code;
use crate::slots::{NONE, param_slots};

/// How an instruction finds a value and what it makes of it: a field of the instruction.
pub(crate) mod rep {
    /// Nowhere; `null`.
    pub(crate) const NULL: u16 = 0;
    /// Nowhere; `void`.
    pub(crate) const VOID: u16 = 1;
    /// An integer.
    pub(crate) const I64: u16 = 2;
    /// A float.
    pub(crate) const F64: u16 = 3;
    /// A truth value.
    pub(crate) const BOOL: u16 = 4;
    /// A reference, zero is `null`.
    pub(crate) const REF: u16 = 5;
    /// Everything.
    pub(crate) const ANY: u16 = 6;
    /// Besides a representation in a register: whoever gets the value has no count of it yet.
    pub(crate) const LENT: u64 = 1 << 16;
    /// A reference, zero is `void`: results of functions only.
    pub(crate) const REF_OR_VOID: u16 = 7;
}

/// Most arguments of a builtin with its receiver.
pub(crate) const MOST_NATIVE_ARGS: usize = 6;

/// What [`Code::Make`] makes.
pub(crate) mod made {
    pub(crate) const ARRAY: u16 = 0;
    pub(crate) const CLOSURE: u16 = 1;
    pub(crate) const CELL: u16 = 2;
}

/// A representation as a field of an instruction.
pub(crate) fn rep_field(rep: Rep) -> u16 {
    match rep {
        Rep::Unit => rep::NULL,
        Rep::I64 => rep::I64,
        Rep::F64 => rep::F64,
        Rep::Bool => rep::BOOL,
        Rep::Ref => rep::REF,
        Rep::Any => rep::ANY,
    }
}

/// How a function's result comes.
pub(crate) fn result_field(slot: Slot) -> u16 {
    match (slot.rep, slot.void) {
        (Rep::Unit, true) => rep::VOID,
        (Rep::Ref, true) => rep::REF_OR_VOID,
        (rep, _) => rep_field(rep),
    }
}

impl Encoder<'_> {
    /// The representation of a value that is stored.
    pub(crate) fn set_rep(&self, value: Val) -> u16 {
        match self.func.rep(value) {
            Rep::Unit if self.is_void(value) => rep::VOID,
            other => rep_field(other),
        }
    }

    /// Which one of `null` and `void` a unit is: all values that meet in it are the same.
    fn is_void(&self, mut value: Val) -> bool {
        for _ in 0..=self.func.values {
            if value.0 < self.func.params {
                return self.signature.params.get(value.index()).is_some_and(|p| p.void);
            }
            if let Some(def) = self.func.insts.iter().find(|i| i.dst == value) {
                return match def.op {
                    Op::CallDirect { func, .. }
                    | Op::CallLent { func, .. }
                    | Op::CallGiving { func, .. }
                    | Op::CallClosure { func, .. } => self.env.signature(func).is_some_and(|s| s.result.void),
                    Op::Null {} => false,
                    _ => true,
                };
            }
            let arg = self.func.edges.iter().find_map(|e| {
                let at = self.func.block_params(e.to).position(|p| p == value)?;
                self.func.vals(e.args).nth(at).filter(|a| *a != value)
            });
            match arg {
                Some(arg) => value = arg,
                None => break,
            }
        }
        true
    }

    pub(crate) fn call(
        &mut self,
        dst: Val,
        func: FuncId,
        args: Vals,
        closure: Option<Val>,
    ) -> Result<(), NotReady> {
        let signature = self.env.signature(func).ok_or_else(|| self.malformed())?;
        let (slots, words) = param_slots(&signature.params).ok_or(TOO_MANY_REGISTERS)?;
        // The register that each word of the callee's parameters is copied from; gaps get anything.
        let mut from = vec![0u16; words as usize];
        for (arg, slot) in self.func.vals(args.0).zip(slots) {
            if slot == NONE {
                continue;
            }
            from[slot as usize] = self.reg(arg);
            if self.func.rep(arg) == Rep::Any {
                from[slot as usize + 1] = self.reg(arg) + 1;
            }
        }
        let dst = self.reg(dst);
        let head = u64::from(func.0);
        let at = |i: usize| from.get(i).copied().unwrap_or(0);
        match (closure, from.len()) {
            (None, 0..=1) => self.emit(Code::Call1, dst, at(0), 0),
            (None, 2) => self.emit(Code::Call2, dst, at(0), at(1)),
            (None, 3..=4) => {
                self.emit(Code::Call4, dst, at(0), at(1));
                self.data(head | u64::from(at(2)) << 32 | u64::from(at(3)) << 48);
                return Ok(());
            }
            (None, n) => self.emit(Code::CallN, dst, n as u16, 0),
            (Some(callee), n) => self.emit(Code::CallClosure, dst, n as u16, self.reg(callee)),
        }
        self.data(head);
        if closure.is_some() || from.len() > 4 {
            self.emit(Code::Skip, from.len().div_ceil(4) as u16, 0, 0);
            for four in from.chunks(4) {
                let short = |i: usize| u64::from(four.get(i).copied().unwrap_or(0));
                self.data(short(0) | short(1) << 16 | short(2) << 32 | short(3) << 48);
            }
        }
        Ok(())
    }

    pub(crate) fn native(&mut self, dst: Val, builtin: Builtin, args: Vals) -> Result<(), NotReady> {
        let args: Vec<Val> = self.func.vals(args.0).collect();
        if args.len() > MOST_NATIVE_ARGS {
            return Err(self.malformed());
        }
        let (rep, to) =
            if dst.is_none() { (rep::NULL, NONE) } else { (rep_field(self.func.rep(dst)), self.reg(dst)) };
        self.emit(Code::CallNative, to, args.len() as u16, rep);
        self.data(u64::from(builtin.0));
        self.operands(&args);
        Ok(())
    }

    /// Registers and representations of values, two in a word.
    fn operands(&mut self, vals: &[Val]) {
        let operand = |v: &Val| u64::from(self.reg(*v)) | u64::from(self.set_rep(*v)) << 16;
        let words: Vec<u64> =
            vals.chunks(2).map(|two| operand(&two[0]) | two.get(1).map_or(0, operand) << 32).collect();
        words.into_iter().for_each(|word| self.data(word));
    }

    pub(crate) fn make(&mut self, dst: Val, what: u16, func: FuncId, items: &[Val]) -> Result<(), NotReady> {
        let count = u16::try_from(items.len()).map_err(|_| TOO_WIDE)?;
        self.emit(Code::Make, self.reg(dst), count, what);
        self.data(u64::from(func.0));
        self.operands(items);
        Ok(())
    }

    /// An instruction for the machine, with its operands renumbered.
    pub(crate) fn site(&mut self, inst: Mir) -> u32 {
        let mut op = inst.op;
        let number = |this: &Self, v: Val| Val(u32::from(this.reg(v) / 2));
        op.operands_mut(&mut |operand| match operand.get() {
            OperandRef::Val(v) => operand.set(OperandRef::Val(number(self, v))),
            OperandRef::Own(v) => operand.set(OperandRef::Own(Own(number(self, v.0)))),
            OperandRef::Vals(l) => operand.set(OperandRef::Vals(Vals(self.list(l.0)))),
            _ => {}
        });
        let gives = inst.op.row().gives != Gives::Nothing;
        let rep = if gives { self.func.rep(inst.dst) } else { Rep::Unit };
        let dst = if gives { self.reg(inst.dst) } else { NONE };
        let by_name = matches!(op, Op::GetField { .. } | Op::SetField { .. } | Op::CallMethod { .. });
        let place = if by_name { self.out.sides.name(self.at) } else { u32::MAX };
        self.out.sites.push(Site { op, dst, rep, place });
        self.out.sites.len() as u32 - 1
    }

    fn list(&mut self, at: u32) -> u32 {
        let vals: Vec<u32> = self.func.vals(at).map(|v| u32::from(self.reg(v) / 2)).collect();
        if vals.is_empty() {
            return 0;
        }
        let at = self.out.lists.len() as u32;
        self.out.lists.push(vals.len() as u32);
        self.out.lists.extend(vals);
        at
    }
}
