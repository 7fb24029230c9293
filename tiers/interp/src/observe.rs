//! A look at every instruction before it is done, for tests that compare what happens with what an analysis said. It
//! exists with the feature `observe` only.

use std::cell::RefCell;

use mir::inst::{FuncId, Inst};
use nyrt::value::Value;

use crate::code::Prepared;

/// Gets the function, the number of the instruction in it, and the registers.
pub type Observer = Box<dyn FnMut(FuncId, usize, &dyn Fn(u32) -> Value)>;

thread_local! {
    static OBSERVER: RefCell<Option<Observer>> = const { RefCell::new(None) };
}

/// From now on this is called for every instruction on this thread.
pub fn observe(observer: Option<Observer>) {
    OBSERVER.with(|o| *o.borrow_mut() = observer);
}

/// The next instruction is `pc` of `code`.
#[allow(clippy::not_unsafe_ptr_arg_deref, reason = "called by the loop only, with what it runs on")]
pub(crate) fn look(code: &Prepared, pc: *const Inst, regs: *const Value) {
    OBSERVER.with(|o| {
        let Some(observer) = &mut *o.borrow_mut() else { return };
        let at = (pc as usize - code.insts.as_ptr() as usize) / size_of::<Inst>();
        let get = |reg: u32| {
            if reg >= code.regs {
                return Value::VOID;
            }
            // SAFETY: the loop's window has `code.regs` registers; memory of the stack is always some value's bytes.
            unsafe { *regs.add(reg as usize) }
        };
        observer(code.head.func, at, &get);
    });
}
