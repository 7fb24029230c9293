//! Generic instructions one by one, for loops that meet them seldom or not in a form of their own: what an instruction
//! does apart from where its result goes and what comes next. Values are found by number in a window of the caller; which
//! tier that belongs to does not matter here.

use mir::inst::{ClassIx, Op, Val};
use nyrt::builtin::{self, BuiltinId};
use nyrt::host::Stream;
use nyrt::ops::{arith, bits, compare, index, text, truth};
use nyrt::task;
use nyrt::trap::{Outcome, Trap};
use nyrt::value::{Ref, Value};

use crate::Machine;
use crate::calls::{Called, Operands};

/// What an instruction did. Deaths may wait in every case ([`Machine::drops_wait`]).
#[derive(Clone, Copy, Debug)]
pub enum Did {
    /// It gave this value: owned, borrowed or scalar, as its row says.
    Value(Value),
    /// It is done and gives nothing.
    Nothing,
    /// There is a new activation, whose result is that of the instruction; or the instruction is to be done again.
    /// The newest activation goes on.
    Entered,
    /// It gave nothing, for [`Machine::trapped`].
    Trap(Trap),
}

impl From<Outcome> for Did {
    #[inline]
    fn from(outcome: Outcome) -> Did {
        match outcome {
            Ok(value) => Did::Value(value),
            Err(trap) => Did::Trap(trap),
        }
    }
}

impl From<Result<Called, Trap>> for Did {
    #[inline]
    fn from(called: Result<Called, Trap>) -> Did {
        match called {
            Ok(Called::Value(value)) => Did::Value(value),
            Ok(Called::Entered) => Did::Entered,
            Err(trap) => Did::Trap(trap),
        }
    }
}

/// The outcome of an instruction that gives nothing.
fn nothing<T>(outcome: Result<T, Trap>) -> Did {
    match outcome {
        Ok(_) => Did::Nothing,
        Err(trap) => Did::Trap(trap),
    }
}

impl Machine {
    /// Performs an instruction of the newest activation that does not end a block. `class` is the class whose code
    /// it is ([`crate::Code::class`]). The position of the activation must have been written. Consumed
    /// operands are gone as `mir::inst` says; [`Op::AddReuse`] may put `void` in the place of `a`.
    ///
    /// # Safety
    /// Operand `n` is the value `base.add(n)`, which can be read and written, for all operands of the instruction;
    /// every list that it names lies in `lists`, the length before the numbers.
    #[inline(never)]
    pub unsafe fn perform(&mut self, op: &Op, base: *mut Value, lists: &[u32], class: ClassIx) -> Did {
        // SAFETY: the caller's promise.
        let get = |v: Val| unsafe { *base.add(v.index()) };
        let list = |at: u32| {
            // SAFETY: the caller's promise.
            unsafe {
                let len = *lists.get_unchecked(at as usize) as usize;
                let list = lists.get_unchecked(at as usize + 1..at as usize + 1 + len);
                Operands::new(base, list)
            }
        };
        let rt = &mut self.rt;
        match *op {
            Op::Int { value } => Did::Value(Value::int(value)),
            Op::Float { value } => Did::Value(Value::float(value)),
            Op::Bool { value } => Did::Value(Value::bool(value)),
            Op::Str { text } => self.linked.text(rt, text).into(),
            Op::Null {} => Did::Value(Value::NULL),
            Op::Void {} => Did::Value(Value::VOID),

            Op::Add { a, b } => arith::add(rt, get(a), get(b)).into(),
            Op::AddReuse { a, b } => {
                let (x, y) = (get(a), get(b));
                if x.as_str().is_none() {
                    return arith::add(rt, x, y).into();
                }
                let outcome = arith::add_owned(rt, x, y);
                if outcome.is_ok() {
                    // The count of the old value is gone; the release that follows finds nothing.
                    // SAFETY: the caller's promise.
                    unsafe { *base.add(a.index()) = Value::VOID };
                }
                outcome.into()
            }
            Op::Sub { a, b } => arith::sub(rt, get(a), get(b)).into(),
            Op::Mul { a, b } => arith::mul(rt, get(a), get(b)).into(),
            Op::Div { a, b } => arith::div(rt, get(a), get(b)).into(),
            Op::Rem { a, b } => arith::rem(rt, get(a), get(b)).into(),
            Op::BitAnd { a, b } => bits::and(rt, get(a), get(b)).into(),
            Op::BitOr { a, b } => bits::or(rt, get(a), get(b)).into(),
            Op::BitXor { a, b } => bits::xor(rt, get(a), get(b)).into(),
            Op::Shl { a, b } => bits::shl(rt, get(a), get(b)).into(),
            Op::Shr { a, b } => bits::shr(rt, get(a), get(b)).into(),
            Op::Eq { a, b } => Did::Value(Value::bool(compare::same(rt, get(a), get(b)))),
            Op::Ne { a, b } => Did::Value(Value::bool(!compare::same(rt, get(a), get(b)))),
            Op::Lt { a, b } => compare::lt(rt, get(a), get(b)).into(),
            Op::Le { a, b } => compare::le(rt, get(a), get(b)).into(),
            Op::Gt { a, b } => compare::gt(rt, get(a), get(b)).into(),
            Op::Ge { a, b } => compare::ge(rt, get(a), get(b)).into(),
            Op::Neg { a } => arith::neg(rt, get(a)).into(),
            Op::BitNot { a } => bits::not(rt, get(a)).into(),
            Op::Truth { a } => truth::truth(rt, get(a)).into(),
            Op::Not { a } => truth::not(rt, get(a)).into(),

            Op::GetGlobal { global } => match rt.global(global.0) {
                Some(value) => Did::Value(rt.heap.own(value)),
                None => Did::Trap(self.no_global(global)),
            },
            Op::HasGlobal { global } => Did::Value(Value::bool(rt.global(global.0).is_some())),
            Op::SetGlobal { global, value } => {
                let old = rt.set_global(global.0, get(value.0));
                rt.heap.release(old);
                Did::Nothing
            }
            Op::NewCell { value } => match rt.heap.cell_new(get(value.0)) {
                Ok(cell) => Did::Value(cell),
                Err(_) => Did::Trap(self.out_of_memory()),
            },
            Op::GetCell { cell } => Did::Value(rt.heap.cell_get(get(cell).as_ref())),
            Op::SetCell { cell, value } => {
                let old = rt.heap.cell_set(get(cell).as_ref(), get(value.0));
                rt.heap.release(old);
                Did::Nothing
            }
            Op::Capture { index } => {
                let closure = self.task.frames.last().map_or(Ref::NONE, |f| f.closure);
                Did::Value(rt.heap.func_capture(closure, index))
            }
            Op::GetStatic { class } => match self.static_instance(class) {
                Some(instance) => Did::Value(instance),
                None => self.static_box(class),
            },

            Op::GetField { object, name } => self.get_field(get(object), name, class).into(),
            Op::SetField { object, name, value } => {
                let value = get(value.0);
                let outcome = self.set_field(get(object), name, value, class);
                if outcome.is_err() {
                    // A store takes its operand in any case.
                    self.rt.heap.release(value);
                }
                nothing(outcome)
            }
            Op::GetIndex { object, index: at } => index::get(rt, get(object), get(at)).into(),
            Op::SetIndex { object, index: at, value } => {
                nothing(index::set(rt, get(object), get(at), get(value)))
            }
            Op::NewObject { class } => match rt.heap.obj_new(self.linked.class(class)) {
                Ok(object) => Did::Value(object),
                Err(_) => Did::Trap(self.out_of_memory()),
            },
            Op::Discard { object } => {
                rt.heap.discard(get(object.0));
                Did::Nothing
            }
            Op::NewBuiltin { class, args } => {
                builtin::construct(rt, link::builtin_class(class), &list(args.0).args()).into()
            }
            Op::SetContent { object, class, value } => {
                nothing(rt.set_content(get(object), link::builtin_class(class), get(value.0)))
            }
            Op::GetContent { object, class } => match rt.content(get(object), link::builtin_class(class)) {
                Ok(content) => Did::Value(rt.heap.own(content.unwrap_or(Value::VOID))),
                Err(trap) => Did::Trap(trap),
            },
            Op::NewArray { items } => {
                let items = list(items.0);
                match rt.heap.arr_from(&items.args()) {
                    Ok(array) => {
                        items.values().for_each(|v| rt.heap.release(v));
                        Did::Value(array)
                    }
                    Err(_) => Did::Trap(self.out_of_memory()),
                }
            }
            Op::NewMap { items } => self.new_map(&list(items.0).args()).into(),
            Op::NewClosure { func, captures } => {
                let captures = list(captures.0);
                match rt.heap.func_new(link::func_id(func), Value::VOID, &captures.args()) {
                    Ok(closure) => {
                        captures.values().for_each(|v| rt.heap.release(v));
                        Did::Value(closure)
                    }
                    Err(_) => Did::Trap(self.out_of_memory()),
                }
            }
            Op::Weak { a } => self.weak(get(a)).into(),
            Op::IsCaught { value, name } => Did::Value(Value::bool(self.is_caught(get(value), name))),
            Op::CheckFini { object, name } => nothing(self.check_fini(get(object), name)),
            Op::DeclareBox { class } => {
                self.linked.declare(class);
                Did::Nothing
            }
            Op::CheckBox { class } if self.linked.is_declared(class) => Did::Nothing,
            Op::CheckBox { class } => Did::Trap(self.undeclared_box(class)),

            Op::Call { func, args } => self.call_func(func, list(args.0)).into(),
            Op::CallValue { callee, args } => self.call_value(get(callee), list(args.0)).into(),
            Op::CallMethod { object, name, args } => {
                self.call_method(get(object), name, list(args.0), class).into()
            }
            Op::CallContent { object, name, args } => {
                self.call_content(get(object), name, list(args.0)).into()
            }
            Op::CallBuiltin { builtin, args } => {
                let id = BuiltinId(builtin.0 as u16);
                builtin::call(rt, id, Value::VOID, &list(args.0).args()).into()
            }
            Op::ExternCall { iface, method, args } => {
                let names = &self.linked.program.names;
                let (iface, method) = (names.text(iface), names.text(method));
                builtin::call_external(rt, iface, method, &list(args.0).args()).into()
            }
            Op::CallOnce { func } => match self.begun.get_mut(func.index()) {
                Some(begun) if !*begun => {
                    *begun = true;
                    self.call_func(func, Operands::NONE).into()
                }
                _ => Did::Nothing,
            },
            Op::Spawn { callee } => self.spawn(get(callee)).into(),
            Op::Await { a } => task::await_value(rt, get(a)).into(),
            Op::Print { a } => nothing(text::print(rt, Stream::Out, get(a))),

            Op::Retain { a } => {
                let a = get(a);
                rt.heap.retain(a);
                Did::Value(a)
            }
            Op::Release { a } | Op::ReleaseUnwinding { a } => {
                rt.heap.release(get(a.0));
                Did::Nothing
            }
            Op::Outbox { a } => {
                self.outbox(get(a.0));
                Did::Nothing
            }
            Op::DropOutbox {} => {
                self.drop_outbox();
                Did::Nothing
            }

            // What ends a block, what is in unfinished functions only, what is done on typed operands.
            _ => self.not_performed(op),
        }
    }

    /// An instruction that should not be where it is.
    #[cold]
    fn not_performed(&mut self, op: &Op) -> Did {
        let func = self.task.frames.last().map(|f| f.code().func);
        self.fault(format!("{op:?} was reached in {:?}", func.unwrap_or(mir::inst::FuncId::NONE)));
        Did::Trap(Trap::Stop)
    }

    /// Does what follows from an instruction of the newest activation that was performed outside of its loop: gives its
    /// value, serves deaths, goes on to the next one.
    pub fn conclude(&mut self, did: Did) -> crate::Flow {
        match did {
            Did::Value(value) => {
                self.give(value);
                self.done()
            }
            Did::Nothing => self.done(),
            Did::Entered => crate::Flow::Go,
            Did::Trap(trap) => self.trapped(trap),
        }
    }
}
