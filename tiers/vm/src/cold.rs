//! What the loop does seldom or slowly, one function each, outside of it. The position of the activation has been
//! written before any of them runs.

use std::cell::Cell;

use machine::{After, Args, Did, Flow, Machine, Operands, Role};
use mir::func::{Rep, is_bit};
use mir::inst::{FuncId, Op, Val};
use mir::types::Slot;
use nyrt::builtin;
use nyrt::ops::index;
use nyrt::trap::Trap;
use nyrt::value::{Ref, Value, class_id};

use crate::code::{VmCode, boxed, unboxed};
use crate::op::{Code, Inst, Word};
use crate::operands::rep;
use crate::regs::Regs;
use crate::sides::kinds_of;

/// What the loop does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Goes on behind the instruction.
    Next,
    /// Looks at the newest activation again.
    Reload,
    /// Ends.
    Stop,
}

impl From<Flow> for Step {
    fn from(flow: Flow) -> Step {
        match flow {
            Flow::Go => Step::Reload,
            Flow::Stop => Step::Stop,
        }
    }
}

/// The code of the newest activation.
pub(crate) fn code<'a>(m: &Machine) -> Option<&'a VmCode> {
    let frame = m.task.frames.last()?;
    // SAFETY: only the loop calls these functions, and it runs activations of this tier only, whose codes are all made
    // as `VmCode`; codes live as long as the machine.
    Some(unsafe { frame.code().cast::<VmCode>() })
}

/// The instruction was not possible.
#[cold]
#[inline(never)]
pub(crate) fn trapped(m: &mut Machine, trap: Trap) -> Step {
    m.trapped(trap).into()
}

/// Deaths wait.
#[cold]
#[inline(never)]
pub(crate) fn settle(m: &mut Machine) -> Step {
    m.serve_drops(After::Next).into()
}

/// Behind an instruction that is done.
pub(crate) fn done(m: &mut Machine) -> Step {
    if m.drops_wait() { settle(m) } else { Step::Next }
}

pub(crate) fn broken(m: &mut Machine, what: &str) -> Step {
    m.fault(format!("typed code: {what}")).into()
}

/// Writes the result of an instruction.
pub(crate) fn write(regs: Regs, to: u16, rep: Rep, value: Value) {
    match rep {
        Rep::Unit => {}
        Rep::Any => regs.set_any(to, value),
        _ => regs.set(to, unboxed(rep, value)[0]),
    }
}

/// Ends an instruction that the machine did.
pub(crate) fn conclude(m: &mut Machine, regs: Regs, to: u16, rep: Rep, did: Did) -> Step {
    match did {
        Did::Value(value) => {
            write(regs, to, rep, value);
            done(m)
        }
        Did::Nothing => done(m),
        Did::Entered => Step::Reload,
        Did::Trap(trap) => trapped(m, trap),
    }
}

/// An instruction of a site.
#[inline(never)]
pub(crate) fn perform(m: &mut Machine, regs: Regs, site: u32) -> Step {
    let Some(code) = code(m) else { return Step::Stop };
    let site = &code.sites[site as usize];
    // SAFETY: the encoder has numbered operands and lists: whole values in the window.
    let did = unsafe { m.perform(&site.op, regs.values(), &code.lists, code.head.class) };
    conclude(m, regs, site.dst, site.rep, did)
}

/// An operator whose operands are not two numbers of one kind.
#[inline(never)]
pub(crate) fn operator(m: &mut Machine, regs: Regs, inst: Inst, seen: &Cell<u32>) -> Step {
    seen.set(seen.get() | kinds_of(regs.any(inst.b), regs.any(inst.c)));
    any(m, regs, inst)
}

/// An instruction on values of unknown kind that the loop could not do: the machine's instruction for it.
#[inline(never)]
pub(crate) fn any(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let (a, b) = (Val(u32::from(inst.b / 2)), Val(u32::from(inst.c / 2)));
    let (op, rep) = match inst.op {
        Code::AnyAdd => (Op::Add { a, b }, Rep::Any),
        Code::AnySub => (Op::Sub { a, b }, Rep::Any),
        Code::AnyMul => (Op::Mul { a, b }, Rep::Any),
        Code::AnyAnd => (Op::BitAnd { a, b }, Rep::Any),
        Code::AnyOr => (Op::BitOr { a, b }, Rep::Any),
        Code::AnyXor => (Op::BitXor { a, b }, Rep::Any),
        Code::AnyShl => (Op::Shl { a, b }, Rep::Any),
        Code::AnyShr => (Op::Shr { a, b }, Rep::Any),
        Code::AnyEq => (Op::Eq { a, b }, Rep::Bool),
        Code::AnyNe => (Op::Ne { a, b }, Rep::Bool),
        Code::AnyLt => (Op::Lt { a, b }, Rep::Bool),
        Code::AnyLe => (Op::Le { a, b }, Rep::Bool),
        Code::AnyGt => (Op::Gt { a, b }, Rep::Bool),
        Code::AnyGe => (Op::Ge { a, b }, Rep::Bool),
        Code::AnyTruth => (Op::Truth { a }, Rep::Bool),
        Code::AnyNot => (Op::Not { a }, Rep::Bool),
        _ => return broken(m, "an operator that is none"),
    };
    // SAFETY: operands of these instructions are pairs of registers at even numbers: whole values in the window.
    let did = unsafe { m.perform(&op, regs.values(), &[0], mir::inst::ClassIx::NONE) };
    conclude(m, regs, inst.a, rep, did)
}

/// An end of a block that throws, or should not have been reached.
#[cold]
#[inline(never)]
pub(crate) fn end(m: &mut Machine, regs: Regs, site: u32) -> Step {
    let Some(code) = code(m) else { return Step::Stop };
    // Operands are numbered as for the machine.
    let get = |v: Val| regs.any(2 * v.0 as u16);
    match code.sites[site as usize].op {
        Op::Throw { value } => m.unwind(get(value.0), Default::default()).into(),
        Op::Rethrow { value } => m.rethrow(get(value.0)).into(),
        Op::Raise { kind, message } => {
            let trap = m.raise_named(kind, message);
            trapped(m, trap)
        }
        _ => broken(m, "what cannot be reached was reached"),
    }
}

/// A division by zero: the machine's instruction throws what it throws.
#[cold]
#[inline(never)]
pub(crate) fn divided_by_zero(m: &mut Machine, _: Regs, inst: Inst) -> Step {
    let mut operands = [Value::int(1), Value::int(0)];
    let (a, b) = (Val(0), Val(1));
    let op = if inst.op == Code::IRem { Op::Rem { a, b } } else { Op::Div { a, b } };
    // SAFETY: both operands are in the array.
    match unsafe { m.perform(&op, operands.as_mut_ptr(), &[0], mir::inst::ClassIx::NONE) } {
        Did::Trap(trap) => trapped(m, trap),
        _ => broken(m, "a division by zero has a result"),
    }
}

/// The root of a negative number.
#[cold]
#[inline(never)]
pub(crate) fn no_root(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let x = regs.float(inst.b);
    let sqrt = builtin::find_method(class_id::FLOAT, "sqrt");
    match sqrt.map(|id| builtin::call(&mut m.rt, id, Value::float(x), &[])) {
        Some(Err(trap)) => trapped(m, trap),
        _ => broken(m, "a negative number has a root"),
    }
}

/// A reference that must not be zero is.
#[cold]
#[inline(never)]
pub(crate) fn check(m: &mut Machine) -> Step {
    let Some(code) = code(m) else { return Step::Stop };
    let Some(pc) = m.task.frames.last().map(|f| f.pc) else { return Step::Stop };
    let Op::Check { action, name, void, .. } = code.inst(pc).op else { return broken(m, "no check") };
    let object = if void { Value::VOID } else { Value::NULL };
    let class = code.head.class;
    let outcome = match action {
        0 => m.get_field(object, name, class),
        1 => m.set_field(object, name, Value::VOID, class),
        _ => m.call_method(object, name, Operands::NONE, class).map(|_| Value::VOID),
    };
    match outcome {
        Err(trap) => trapped(m, trap),
        Ok(_) => broken(m, "null has members"),
    }
}

/// A dead box is used.
#[cold]
#[inline(never)]
pub(crate) fn check_alive(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let object = m.rt.heap.value_of(regs.object(inst.a));
    match m.rt.check_alive(object) {
        Err(trap) => trapped(m, trap),
        Ok(()) => Step::Next,
    }
}

/// The heap is full.
#[cold]
#[inline(never)]
pub(crate) fn out_of_memory(m: &mut Machine) -> Step {
    let trap = m.out_of_memory();
    trapped(m, trap)
}

/// More calls are nested than may be.
#[cold]
#[inline(never)]
pub(crate) fn overflow(m: &mut Machine) -> Step {
    let trap = m.stack_overflow();
    trapped(m, trap)
}

/// The step of a call whose body follows ends the granted ones.
#[cold]
#[inline(never)]
pub(crate) fn inlined(m: &mut Machine) -> Step {
    m.safepoint_of_step().into()
}

/// There is no room for another activation: the call is done again when some was made.
#[cold]
#[inline(never)]
pub(crate) fn make_room(m: &mut Machine, regs: Regs, inst: Inst, data: *const Word) -> Step {
    if m.task.frames.make_room() { Step::Reload } else { no_room(m, regs, inst, data) }
}

/// More calls are nested than may be; what the call gives is gone with it.
#[cold]
#[inline(never)]
fn no_room(m: &mut Machine, regs: Regs, inst: Inst, data: *const Word) -> Step {
    let Some(Operated { args, takes, .. }) = operands(m, regs, inst, data) else {
        return broken(m, "a call without a signature");
    };
    let trap = m.stack_overflow();
    given(&args, takes).for_each(|arg| m.rt.heap.release(arg));
    trapped(m, trap)
}

/// What a call calls, and with what.
struct Operated {
    func: FuncId,
    args: Args,
    /// The arguments that bring their counts, as bits.
    takes: u32,
}

/// The arguments that bring their counts.
fn given(args: &[Value], takes: u32) -> impl Iterator<Item = Value> {
    args.iter().enumerate().filter(move |(i, _)| is_bit(takes, *i)).map(|(_, arg)| *arg)
}

/// The operands of a call as whole values.
fn operands(m: &Machine, regs: Regs, inst: Inst, data: *const Word) -> Option<Operated> {
    let code = code(m)?;
    // SAFETY: the word behind a call holds the function.
    let func = FuncId(unsafe { (*data).bits } as u32);
    let signature = code.source.signature(func)?;
    let slots = VmCode::param_words(signature)?;
    // The encoder wrote as many words of operands as the signature asks for.
    let listed = |word: usize| {
        // SAFETY: they lie behind the call.
        unsafe { (*data.add(2 + word / 4)).shorts[word % 4] }
    };
    // SAFETY: all bits of a word are good numbers.
    let of_call = unsafe { (*data).shorts };
    let word = |n: usize| -> u64 {
        regs.word(match (inst.op, n) {
            (Code::Call1 | Code::Call2 | Code::Call4, 0) => inst.b,
            (Code::Call1 | Code::Call2 | Code::Call4, 1) => inst.c,
            (Code::Call4, _) => of_call[n],
            _ => listed(n),
        })
    };
    let args = signature.params.iter().zip(slots).map(|(param, slot)| {
        let slot = slot as usize;
        let words = match param.rep {
            Rep::Unit => [0; 2],
            Rep::Any => [word(slot), word(slot + 1)],
            _ => [word(slot), 0],
        };
        boxed(&m.rt, *param, words)
    });
    Some(Operated { func, args: args.collect(), takes: code.source.takes(func) })
}

/// A call of a function that this tier does not run, or cannot enter just now.
#[inline(never)]
pub(crate) fn call(m: &mut Machine, regs: Regs, inst: Inst, data: *const Word) -> Step {
    let Some(Operated { func, args, takes }) = operands(m, regs, inst, data) else {
        return broken(m, "a call without a signature");
    };
    let closure = match inst.op {
        Code::CallClosure => regs.object(inst.c),
        _ => Ref::NONE,
    };
    if takes == 0 {
        return match m.enter(link::func_id(func), &args, closure, Role::Call) {
            Ok(()) => Step::Reload,
            Err(trap) => trapped(m, trap),
        };
    }
    // Nobody takes the counts over there: the activation owns all of its arguments until it ends.
    let kept = args.iter().enumerate().filter(|(i, _)| !is_bit(takes, *i));
    kept.for_each(|(_, arg)| m.rt.heap.retain(*arg));
    match m.enter(link::func_id(func), &args, closure, Role::CallWithArgs) {
        Ok(()) => Step::Reload,
        Err(trap) => {
            args.iter().for_each(|arg| m.rt.heap.release(*arg));
            trapped(m, trap)
        }
    }
}

/// A return to somebody else than a call of this tier.
#[inline(never)]
pub(crate) fn returned(m: &mut Machine, words: [u64; 2]) -> Step {
    let Some(code) = code(m) else { return Step::Stop };
    let value = boxed(&m.rt, code.signature.result, words);
    if code.lends {
        m.rt.heap.retain(value);
    }
    m.returned(value).into()
}

/// An element that is not stored as the loop expected.
#[cold]
#[inline(never)]
pub(crate) fn arr_get(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let value = m.rt.heap.arr_get_any(regs.object(inst.b), regs.int(inst.c));
    let (rep, fits) = match inst.op {
        Code::ArrGetI => (Rep::I64, value.as_int().is_some()),
        Code::ArrGetF => (Rep::F64, value.as_float().is_some()),
        // Outside false.
        Code::ArrGetB => (Rep::Bool, value.as_bool().is_some() || value == Value::NULL),
        _ => (Rep::Ref, value.is_ref() || value.is_nothing()),
    };
    if !fits {
        return broken(m, "an element of another kind");
    }
    write(regs, inst.a, rep, value);
    Step::Next
}

/// A value that goes into an array, by the opcode.
fn item(m: &Machine, regs: Regs, op: Code, reg: u16) -> Value {
    let rep = match op {
        Code::ArrSetI | Code::ArrPushI => Rep::I64,
        Code::ArrSetF | Code::ArrPushF => Rep::F64,
        Code::ArrSetB | Code::ArrPushB => Rep::Bool,
        Code::ArrSetRef | Code::ArrPushRef | Code::ArrSetMove | Code::ArrPushMove => Rep::Ref,
        _ => Rep::Any,
    };
    boxed(&m.rt, Slot { rep, void: false }, [regs.word(reg), regs.second(reg)])
}

/// An element that does not fit where it goes, or goes behind the end.
#[inline(never)]
pub(crate) fn arr_set(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let (array, value) = (m.rt.heap.value_of(regs.object(inst.a)), item(m, regs, inst.op, inst.c));
    match index::set(&mut m.rt, array, Value::int(regs.int(inst.b)), value) {
        Ok(()) => {
            if inst.op == Code::ArrSetMove {
                m.rt.heap.release(value);
            }
            done(m)
        }
        Err(trap) => trapped(m, trap),
    }
}

/// An element that is given out of an array of whole values.
#[inline(never)]
pub(crate) fn arr_swap(m: &mut Machine, regs: Regs, inst: Inst, value: u16) -> Step {
    let value = boxed(&m.rt, Slot { rep: Rep::Ref, void: false }, [regs.word(value), 0]);
    let (array, at) = (regs.object(inst.b), regs.int(inst.c));
    match m.rt.heap.arr_set_any(array, at, value) {
        Some(old) if old.is_ref() || old.is_nothing() => {
            // The array has a count of its own.
            m.rt.heap.release(value);
            write(regs, inst.a, Rep::Ref, old);
            Step::Next
        }
        _ => broken(m, "an element of another kind"),
    }
}

/// An element that does not fit or has no room.
#[inline(never)]
pub(crate) fn arr_push(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let value = item(m, regs, inst.op, inst.b);
    match m.rt.heap.arr_push(regs.object(inst.a), value) {
        Ok(()) => {
            if inst.op == Code::ArrPushMove {
                m.rt.heap.release(value);
            }
            done(m)
        }
        Err(_) => out_of_memory(m),
    }
}

/// A character outside of the text, or of one that is not ASCII.
#[inline(never)]
pub(crate) fn str_at(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let text = Value::str(regs.object(inst.b));
    match index::get(&mut m.rt, text, Value::int(regs.int(inst.c))) {
        Ok(value) => {
            write_field(regs, inst.a, rep::REF, value);
            Step::Next
        }
        Err(trap) => trapped(m, trap),
    }
}

/// Two texts, or a text and an integer, as one text.
#[inline(never)]
pub(crate) fn str_join(m: &mut Machine, regs: Regs, inst: Inst, reps: u64) -> Step {
    let (a, b) = (by_field(m, regs, inst.b, reps as u16), by_field(m, regs, inst.c, (reps >> 16) as u16));
    match nyrt::ops::arith::add(&mut m.rt, a, b) {
        Ok(value) => {
            regs.set(inst.a, value.payload());
            done(m)
        }
        Err(trap) => trapped(m, trap),
    }
}

/// The value of a key.
#[inline(never)]
pub(crate) fn map_get<const KEY: u16>(m: &mut Machine, regs: Regs, inst: Inst, rep: u64) -> Step {
    let key = by_field(m, regs, inst.c, KEY);
    match nyrt::ops::map::peek(&mut m.rt, regs.object(inst.b), key) {
        Ok(value) => {
            write_field(regs, inst.a, rep as u16, value);
            Step::Next
        }
        Err(trap) => trapped(m, trap),
    }
}

/// Whether a key is there.
#[inline(never)]
pub(crate) fn map_has<const KEY: u16>(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let key = by_field(m, regs, inst.c, KEY);
    match nyrt::ops::map::has(&mut m.rt, regs.object(inst.b), key) {
        Ok(has) => {
            regs.set(inst.a, u64::from(has));
            Step::Next
        }
        Err(trap) => trapped(m, trap),
    }
}

/// Sets the value of a key.
#[inline(never)]
pub(crate) fn map_set<const KEY: u16>(m: &mut Machine, regs: Regs, inst: Inst, rep: u64) -> Step {
    let key = by_field(m, regs, inst.b, KEY);
    let value = by_field(m, regs, inst.c, rep as u16);
    match nyrt::ops::map::set(&mut m.rt, regs.object(inst.a), key, value) {
        Ok(()) => done(m),
        Err(trap) => trapped(m, trap),
    }
}

/// `append`: the count of the string goes to the result.
#[inline(never)]
pub(crate) fn append(m: &mut Machine, regs: Regs, inst: Inst, reps: u64) -> Step {
    let (a, b) = (regs.object(inst.b), by_field(m, regs, inst.c, reps as u16));
    match nyrt::ops::arith::add_owned(&mut m.rt, Value::str(a), b) {
        Ok(value) => {
            // What releases the old value finds nothing.
            regs.set(inst.b, 0);
            regs.set(inst.a, value.payload());
            done(m)
        }
        Err(trap) => trapped(m, trap),
    }
}

/// Writes a value as a field of an instruction says.
#[inline(always)]
pub(crate) fn write_field(regs: Regs, to: u16, field: u16, value: Value) {
    if field == rep::ANY {
        regs.set_any(to, value);
    } else if field == rep::REF {
        regs.set(to, crate::ops::unboxed(value));
    } else if field > rep::VOID {
        regs.set(to, value.payload());
    }
}

/// The words of a value as a field of an instruction says.
#[inline(always)]
pub(crate) fn by_field(m: &Machine, regs: Regs, reg: u16, field: u16) -> Value {
    if field == rep::I64 {
        return Value::int(regs.int(reg));
    }
    if field == rep::ANY {
        return regs.any(reg);
    }
    if field == rep::REF {
        return m.rt.heap.value_or_null(regs.object(reg));
    }
    match field {
        rep::F64 => Value::float(regs.float(reg)),
        rep::BOOL => Value::bool(regs.word(reg) != 0),
        rep::VOID => Value::VOID,
        _ => Value::NULL,
    }
}

/// Assigns a global.
#[inline(never)]
pub(crate) fn global_set(m: &mut Machine, regs: Regs, inst: Inst, global: u32) -> Step {
    let value = by_field(m, regs, inst.a, inst.c);
    let old = m.rt.set_global(global, value);
    m.rt.heap.release(old);
    done(m)
}

/// A global that has no value.
#[cold]
#[inline(never)]
pub(crate) fn no_global(m: &mut Machine, global: u32) -> Step {
    let op = Op::GetGlobal { global: mir::inst::Global(global) };
    // SAFETY: there are no operands.
    match unsafe { m.perform(&op, std::ptr::null_mut(), &[0], mir::inst::ClassIx::NONE) } {
        Did::Trap(trap) => trapped(m, trap),
        _ => broken(m, "a global has a value after all"),
    }
}

/// Assigns a variable cell.
#[inline(never)]
pub(crate) fn cell_set(m: &mut Machine, regs: Regs, inst: Inst) -> Step {
    let value = by_field(m, regs, inst.b, inst.c);
    let old = m.rt.heap.cell_set(regs.object(inst.a), value);
    m.rt.heap.release(old);
    done(m)
}

/// A captured value of the running closure.
#[inline(never)]
pub(crate) fn capture(m: &Machine, index: u16) -> Value {
    let closure = m.task.frames.last().map_or(Ref::NONE, |f| f.closure);
    m.rt.heap.func_capture(closure, u32::from(index))
}

/// The instance of a static box.
#[inline(never)]
pub(crate) fn get_static(m: &mut Machine, regs: Regs, inst: Inst, class: u32) -> Step {
    let class = mir::inst::ClassIx(class);
    if let Some(instance) = m.static_instance(class) {
        regs.set(inst.a, instance.payload());
        return Step::Next;
    }
    // SAFETY: there are no operands.
    let did = unsafe { m.perform(&Op::GetStatic { class }, std::ptr::null_mut(), &[0], class) };
    conclude(m, regs, inst.a, Rep::Ref, did)
}

/// Hands what statements were given over.
#[cold]
#[inline(never)]
pub(crate) fn drop_outbox(m: &mut Machine) -> Step {
    m.drop_outbox();
    done(m)
}
