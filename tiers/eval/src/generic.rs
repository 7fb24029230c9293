//! Generic rows in typed functions, as far as they need no machine: each is the function of `nyrt` that means it.

use mir::func::Func;
use mir::func::Rep;
use mir::inst::{Inst, Op, Val};
use nyrt::builtin;
use nyrt::class::Target;
use nyrt::convert;
use nyrt::host::Stream;
use nyrt::ops::{arith, bits, compare, index, method, text, truth};
use nyrt::rt::Rt;
use nyrt::trap::Outcome;
use nyrt::value::Value;

use crate::{Did, Eval, Step, Stop, Word};

impl Eval<'_> {
    pub(crate) fn generic_row(&mut self, func: &Func, inst: &Inst) -> Step<Did> {
        match inst.op {
            Op::Str { text } => {
                let text = self.linked.text(self.rt, text);
                let text = text.map_err(|trap| self.trap(trap))?;
                Ok(Did::Gives(Word::Ref(text.as_ref())))
            }
            Op::Null {} => self.nothing(func.rep(inst.dst), Value::NULL),
            Op::Void {} => self.nothing(func.rep(inst.dst), Value::VOID),
            Op::Add { a, b } => self.binary(arith::add, a, b, Rep::Any),
            Op::AddReuse { a, b } => self.add_reuse(a, b),
            Op::Sub { a, b } => self.binary(arith::sub, a, b, Rep::Any),
            Op::Mul { a, b } => self.binary(arith::mul, a, b, Rep::Any),
            Op::Div { a, b } => self.binary(arith::div, a, b, Rep::Any),
            Op::Rem { a, b } => self.binary(arith::rem, a, b, Rep::Any),
            Op::BitAnd { a, b } => self.binary(bits::and, a, b, Rep::Any),
            Op::BitOr { a, b } => self.binary(bits::or, a, b, Rep::Any),
            Op::BitXor { a, b } => self.binary(bits::xor, a, b, Rep::Any),
            Op::Shl { a, b } => self.binary(bits::shl, a, b, Rep::Any),
            Op::Shr { a, b } => self.binary(bits::shr, a, b, Rep::Any),
            Op::Eq { a, b } => self.binary(compare::eq, a, b, Rep::Bool),
            Op::Ne { a, b } => self.binary(compare::ne, a, b, Rep::Bool),
            Op::Lt { a, b } => self.binary(compare::lt, a, b, Rep::Bool),
            Op::Le { a, b } => self.binary(compare::le, a, b, Rep::Bool),
            Op::Gt { a, b } => self.binary(compare::gt, a, b, Rep::Bool),
            Op::Ge { a, b } => self.binary(compare::ge, a, b, Rep::Bool),
            Op::Neg { a } => self.unary(arith::neg, a, Rep::Any),
            Op::BitNot { a } => self.unary(bits::not, a, Rep::Any),
            Op::Truth { a } => self.unary(truth::truth, a, Rep::Bool),
            Op::Not { a } => self.unary(truth::not, a, Rep::Bool),
            Op::GetIndex { object, index } => self.binary(index::get, object, index, Rep::Any),
            Op::SetIndex { object, index, value } => {
                let (object, at, value) = (self.any(object)?, self.any(index)?, self.any(value)?);
                let done = index::set(self.rt, object, at, value);
                done.map_err(|trap| self.trap(trap))?;
                Ok(Did::Nothing)
            }
            Op::Print { a } => {
                let a = self.any(a)?;
                let printed = text::print(self.rt, Stream::Out, a);
                self.outcome(printed, Rep::Any)?;
                Ok(Did::Nothing)
            }
            Op::HasGlobal { global } => Ok(Did::Gives(Word::Bool(self.rt.global(global.0).is_some()))),
            Op::IsCaught { value, name } => {
                let value = self.any(value)?;
                let name = self.linked.program.names.text(name);
                let taken = matches!(name, "Exception" | "Error" | "ErrorBox" | "Any")
                    || self.rt.error_kind(value) == Some(name)
                    || convert::is_type(self.rt, value, name);
                Ok(Did::Gives(Word::Bool(taken)))
            }
            Op::NewObject { class } => {
                let object = self.rt.heap.obj_new(self.linked.class(class));
                let object = object.map_err(|_| self.out_of_memory())?;
                Ok(Did::Gives(Word::Ref(object.as_ref())))
            }
            Op::Retain { a } => {
                let word = self.get(a)?;
                if let Some(r) = word.reference() {
                    self.rt.heap.retain_ref(r);
                }
                Ok(Did::Gives(word))
            }
            Op::Release { a } | Op::ReleaseUnwinding { a } => {
                self.release(a.0)?;
                Ok(Did::Nothing)
            }
            Op::Raise { kind, message } => {
                let names = &self.linked.program.names;
                let error = self.rt.error_new(names.text(kind), names.text(message));
                match error {
                    Ok(error) => Err(Stop::Throw(error)),
                    Err(_) => Err(self.out_of_memory()),
                }
            }
            _ => Err(Stop::NotHere(inst.op.row().mnemonic.into())),
        }
    }

    /// The error of an integer division that has no result: that of the operator over boxed integers.
    pub(crate) fn no_result(&mut self, op: &Op) -> Step<Did> {
        let (f, a, b): (fn(&mut Rt, Value, Value) -> Outcome, _, _) = match *op {
            Op::IDiv { a, b } => (arith::div, a, b),
            Op::IRem { a, b } => (arith::rem, a, b),
            _ => return Err(Stop::Fault("the row always has a result".into())),
        };
        let (a, b) = (Value::int(self.int(a)?), Value::int(self.int(b)?));
        let outcome = f(self.rt, a, b);
        self.outcome(outcome, Rep::I64)
    }

    /// A row that is a method of floats, with the method's result and error.
    pub(crate) fn float_method(&mut self, a: Val, name: &str) -> Step<Did> {
        let Word::F64(x) = self.get(a)? else { return Err(Stop::Fault(format!("{a:?} is no f64"))) };
        let (x, name) = (Value::float(x), self.rt.names.intern(name));
        let found = method::find(self.rt, x, name);
        match found.map_err(|trap| self.trap(trap))? {
            Some(Target::Builtin(id)) => {
                let outcome = builtin::call(self.rt, id, x, &[]);
                self.outcome(outcome, Rep::F64)
            }
            _ => Err(Stop::Fault("floats have no such method".into())),
        }
    }

    fn nothing(&mut self, rep: Rep, value: Value) -> Step<Did> {
        match Word::unboxed(value, rep) {
            Some(word) => Ok(Did::Gives(word)),
            None => Err(Stop::Fault(format!("{} has no {value:?}", rep.word()))),
        }
    }

    /// One owner less.
    pub(crate) fn release(&mut self, v: Val) -> Step<()> {
        if let Some(r) = self.get(v)?.reference() {
            self.rt.heap.release_ref(r);
        }
        Ok(())
    }

    pub(crate) fn outcome(&mut self, outcome: Outcome, rep: Rep) -> Step<Did> {
        let value = outcome.map_err(|trap| self.trap(trap))?;
        match Word::unboxed(value, rep) {
            Some(word) => Ok(Did::Gives(word)),
            None => Err(Stop::Fault(format!("gave {value:?} and must give {}", rep.word()))),
        }
    }

    fn unary(&mut self, f: fn(&mut Rt, Value) -> Outcome, a: Val, rep: Rep) -> Step<Did> {
        let a = self.any(a)?;
        let outcome = f(self.rt, a);
        self.outcome(outcome, rep)
    }

    fn binary(&mut self, f: fn(&mut Rt, Value, Value) -> Outcome, a: Val, b: Val, rep: Rep) -> Step<Did> {
        let (a, b) = (self.any(a)?, self.any(b)?);
        let outcome = f(self.rt, a, b);
        self.outcome(outcome, rep)
    }

    fn add_reuse(&mut self, a: Val, b: Val) -> Step<Did> {
        let (x, y) = (self.any(a)?, self.any(b)?);
        if x.as_str().is_none() {
            return self.binary(arith::add, a, b, Rep::Any);
        }
        let outcome = arith::add_owned(self.rt, x, y);
        if outcome.is_ok() {
            self.set(a, Word::Any(Value::VOID))?;
        }
        self.outcome(outcome, Rep::Any)
    }
}
