//! Calls of functions that are known only when they happen, into code of this tier: of a function value here, of a method
//! by name in `by_name`. The result comes as the loop's own calls have it, and a register of the caller says until then what it will
//! be. What cannot be entered like that, the runtime calls.

use machine::{CodePtr, Frame, Machine, Operands, Role, TierId};
use mir::func::{Rep, is_bit};
use mir::inst::{FuncId, Op};
use nyrt::value::{Kind, Ref, Value};

use crate::code::{VmCode, unboxed};
use crate::cold::{Step, broken, code, conclude};
use crate::op::Inst;
use crate::operands::{rep, result_field};
use crate::regs::Regs;

/// Enters a function that has code of this tier, if there is room: `copy` writes its parameters into its window, `result` is how
/// its result comes and the register that says so.
pub(crate) fn enter_near(
    m: &mut Machine,
    regs: Regs,
    code: CodePtr,
    closure: Ref,
    (result, how): (u16, u16),
    copy: impl FnOnce(Regs),
) -> Option<Step> {
    if !m.task.frames.has_room() {
        return None;
    }
    let window = m.task.stack.push(code.words as usize);
    // SAFETY: of the callee, whose window has room for its parameters.
    let window_regs = unsafe { Regs::new(window) };
    copy(window_regs);
    // SAFETY: all codes of this tier are made as `VmCode`.
    let vm = unsafe { code.cast::<VmCode>() };
    if code.takes != 0 {
        // The arguments stay with who calls.
        for (_, slot) in vm.slots.iter().enumerate().take(32).filter(|(i, _)| is_bit(code.takes, *i)) {
            m.rt.heap.retain_some(window_regs.object(*slot));
        }
    }
    regs.set(how, u64::from(result) | if vm.lends { rep::LENT } else { 0 });
    m.task.frames.push(Frame::at(code, TierId::VM, code.start, window, closure, Role::Near));
    // If that was the last step, whoever looks at the newest activation sees it.
    m.tick();
    Some(Step::Reload)
}

/// The code of this tier that a value means when it is called with so many arguments. Bound methods have a receiver
/// that might be dead.
pub(crate) fn callee_of(m: &Machine, callee: Value, args: usize) -> Option<CodePtr> {
    if callee.kind() != Kind::Func {
        return None;
    }
    // Those of builtin methods have no entry.
    let code = m.entry(FuncId(m.rt.heap.func_id(callee.as_ref()).0))?;
    (code.tier == TierId::VM && !code.has_me && code.params as usize == args).then_some(code)
}

/// A call of a function value.
#[inline(never)]
pub(crate) fn call_value(m: &mut Machine, regs: Regs, inst: Inst, how: u16) -> Step {
    let Some(code) = code(m) else { return Step::Stop };
    let site = &code.sites[inst.wide() as usize];
    let Op::CallValue { callee, args } = site.op else { return broken(m, "no function value") };
    let len = code.lists[args.0 as usize] as usize;
    let list = &code.lists[args.0 as usize + 1..][..len];
    let callee = regs.any(2 * callee.0 as u16);
    if site.rep == Rep::Any
        && let Some(of) = callee_of(m, callee, len)
    {
        // SAFETY: all codes of this tier are made as `VmCode`.
        let vm = unsafe { of.cast::<VmCode>() };
        let result = result_field(vm.signature.result);
        let entered = enter_near(m, regs, of, callee.as_ref(), (result, how), |window| {
            for ((operand, slot), param) in list.iter().zip(&vm.slots).zip(&vm.signature.params) {
                let arg = regs.any(2 * *operand as u16);
                match param.rep {
                    Rep::Unit => {}
                    Rep::Any => window.set_any(*slot, arg),
                    rep => window.set(*slot, unboxed(rep, arg)[0]),
                }
            }
        });
        if let Some(step) = entered {
            return step;
        }
    }
    regs.set(how, u64::from(rep::ANY));
    // SAFETY: the encoder has numbered the operands: whole values in the window.
    let args = unsafe { Operands::new(regs.values(), list) };
    let called = m.call_value(callee, args);
    conclude(m, regs, site.dst, site.rep, called.into())
}
