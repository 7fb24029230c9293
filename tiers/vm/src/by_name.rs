//! Members by name: fields and methods of values of which the lowering did not know enough. What a name means for a class is
//! asked of the runtime once at each place and kept in `sides`; what a dead box, a builtin box or a value without the member does,
//! the runtime says each time.

use std::rc::Rc;

use machine::{Machine, Operands, TierId};
use mir::func::Rep;
use mir::inst::{FuncId, Op};
use nyrt::class::Target;
use nyrt::ops::method;
use nyrt::value::{Kind, Ref, Value};
use syntax::intern::Symbol;

use crate::by_value::{callee_of, enter_near};
use crate::code::VmCode;
use crate::cold::{Step, broken, code, conclude, done, perform, trapped, write};
use crate::encode::Site;
use crate::op::Inst;
use crate::operands::{rep, result_field};
use crate::regs::Regs;
use crate::sides::{Callee, Means};
use crate::slots::param_slots;

/// The row of MIR that a site stands for, if the runtime does it now.
pub(crate) fn runtime_row(m: &Machine, regs: Regs, site: u32) -> Option<usize> {
    let code = code(m)?;
    let site = code.sites.get(site as usize)?;
    if let Op::CallValue { callee, args } = site.op {
        let args = *code.lists.get(args.0 as usize)?;
        let known = callee_of(m, regs.any(2 * callee.0 as u16), args as usize).is_some();
        return (!known).then(|| site.op.row_index());
    }
    let (Op::GetField { object, .. } | Op::SetField { object, .. } | Op::CallMethod { object, .. }) = site.op
    else {
        return Some(site.op.row_index());
    };
    let (_, found) = code.sides.names.get(site.place as usize)?;
    let object = regs.any(2 * object.0 as u16);
    let known = !m.rt.heap.is_dead(object) && found.borrow().knows(object.class());
    (!known).then(|| site.op.row_index())
}

/// What the name at a site means for an object; `None` for a dead one, about which the runtime is asked.
fn meaning(
    m: &mut Machine,
    code: &VmCode,
    site: &Site,
    object: Value,
    ask: impl FnOnce(&mut Machine) -> Means,
) -> Option<Means> {
    let (_, found) = code.sides.names.get(site.place as usize)?;
    if m.rt.heap.is_dead(object) {
        return None;
    }
    if let Some(means) = found.borrow_mut().see(object.class()) {
        return Some(means);
    }
    let means = ask(m);
    found.borrow_mut().add(object.class(), means.clone());
    Some(means)
}

/// The number of a field that an object has and that may be touched here.
fn field(m: &mut Machine, code: &VmCode, site: &Site, object: Value, name: Symbol) -> Option<u32> {
    let means = meaning(m, code, site, object, |m| {
        let (name, from) = (m.linked.name(&mut m.rt, name), m.linked.class_or_none(code.head.class));
        match m.field_slot(object, name) {
            Some(slot) if m.rt.classes.field_visible(object.class(), name, from) => Means::Field(slot),
            _ => Means::Ask,
        }
    });
    match means {
        Some(Means::Field(slot)) => Some(slot),
        _ => None,
    }
}

/// A field of a value of unknown kind.
#[inline(never)]
pub(crate) fn get_field(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let Some(code) = code(m) else { return Step::Stop };
    let site = &code.sites[inst.wide() as usize];
    let Op::GetField { object, name } = site.op else { return broken(m, "no field") };
    let object = regs.any(2 * object.0 as u16);
    let outcome = match field(m, code, site, object, name) {
        Some(slot) => Ok(m.rt.heap.field_get(object.as_ref(), slot)),
        None => m.get_field(object, name, code.head.class),
    };
    match outcome {
        Ok(value) => {
            write(regs, site.dst, site.rep, value);
            Step::Next
        }
        Err(trap) => trapped(m, trap),
    }
}

/// Writes a field of a value of unknown kind.
#[inline(never)]
pub(crate) fn set_field(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let Some(code) = code(m) else { return Step::Stop };
    let site = &code.sites[inst.wide() as usize];
    let Op::SetField { object, name, value } = site.op else { return broken(m, "no field") };
    let (object, value) = (regs.any(2 * object.0 as u16), regs.any(2 * value.0.0 as u16));
    let Some(slot) = field(m, code, site, object, name) else { return perform(m, regs, inst.wide()) };
    match m.rt.heap.field_set(object.as_ref(), slot, value) {
        Ok(old) => {
            m.rt.heap.release(old);
            done(m)
        }
        Err(_) => {
            let trap = m.out_of_memory();
            // A store takes its operand in any case.
            m.rt.heap.release(value);
            trapped(m, trap)
        }
    }
}

/// What calling a method of an object means, with operands by their numbers.
fn method_meaning(
    m: &mut Machine,
    code: &VmCode,
    site: &Site,
    receiver: (Value, u32),
    name: Symbol,
    args: &[u32],
) -> Means {
    let (object, number) = receiver;
    if object.kind() != Kind::Obj || site.rep != Rep::Any {
        return Means::Ask;
    }
    let name = m.linked.name(&mut m.rt, name);
    let (func, me) = match method::find(&mut m.rt, object, name) {
        Ok(Some(Target::Func(func))) => (FuncId(func.0), Some(number)),
        Ok(Some(Target::Static(func))) => (FuncId(func.0), None),
        _ => return Means::Ask,
    };
    let Some(signature) = code.source.signature(func) else { return Means::Ask };
    let operands: Vec<u32> = me.into_iter().chain(args.iter().copied()).collect();
    let Some((slots, count)) = param_slots(&signature.params) else { return Means::Ask };
    if operands.len() != slots.len() {
        return Means::Ask;
    }
    let mut words = vec![0; count as usize].into_boxed_slice();
    for ((operand, slot), param) in operands.into_iter().zip(slots).zip(&signature.params) {
        // Of what is no whole value the payload is the word: operands fit their parameters.
        let (tag, payload) = (2 * operand as u16, 2 * operand as u16 + 1);
        match param.rep {
            Rep::Unit => {}
            Rep::Any => words[slot as usize..][..2].copy_from_slice(&[tag, payload]),
            _ => words[slot as usize] = payload,
        }
    }
    Means::Func(Rc::new(Callee { func, words, result: result_field(signature.result) }))
}

/// Enters a method that has code of this tier, if there is room.
fn enter(m: &mut Machine, regs: Regs, callee: &Callee, how: u16) -> Option<Step> {
    let code = m.entry(callee.func).filter(|code| code.tier == TierId::VM)?;
    enter_near(m, regs, code, Ref::NONE, (callee.result, how), |window| {
        for (to, from) in callee.words.iter().enumerate() {
            window.set(to as u16, regs.word(*from));
        }
    })
}

/// A method by name.
#[inline(never)]
pub(crate) fn call_method(m: &mut Machine, regs: Regs, inst: Inst, how: u16) -> Step {
    let Some(code) = code(m) else { return Step::Stop };
    let site = &code.sites[inst.wide() as usize];
    let Op::CallMethod { object: number, name, args } = site.op else { return broken(m, "no method") };
    let len = code.lists[args.0 as usize] as usize;
    let list = &code.lists[args.0 as usize + 1..][..len];
    let object = regs.any(2 * number.0 as u16);
    let means =
        meaning(m, code, site, object, |m| method_meaning(m, code, site, (object, number.0), name, list));
    if let Some(Means::Func(callee)) = means
        && let Some(step) = enter(m, regs, &callee, how)
    {
        return step;
    }
    regs.set(how, u64::from(rep::ANY));
    // SAFETY: the encoder has numbered the operands: whole values in the window.
    let args = unsafe { Operands::new(regs.values(), list) };
    let called = m.call_method(object, name, args, code.head.class);
    conclude(m, regs, site.dst, site.rep, called.into())
}
