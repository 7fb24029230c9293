//! What instructions do in their short ways, one function each, part of the loop that calls them. An answer of
//! nothing means that the instruction is not done and nothing has happened: `cold` does it.

use std::cell::Cell;

use machine::Machine;
use nyrt::scalar;
use nyrt::value::{ClassId, Kind, Ref, Value};

use crate::op::Inst;
use crate::operands::rep;
use crate::regs::Regs;
use crate::sides::kinds;

/// The condition of an instruction that jumps by the class of an object.
#[inline(always)]
pub(crate) fn class_is(m: &Machine, regs: Regs, reg: u16, class: u16) -> bool {
    m.rt.heap.class_is(regs.object(reg), ClassId(u32::from(class)))
}

/// The same of a whole value, whose tag says it.
#[inline(always)]
pub(crate) fn any_class_is(regs: Regs, reg: u16, class: u16) -> bool {
    regs.word(reg) == Value::reference(ClassId(u32::from(class)), Kind::Obj, Ref::NONE).tag()
}

/// Whether a function value is of this function.
#[inline(always)]
pub(crate) fn closure_is(m: &Machine, callee: Ref, func: u64) -> bool {
    !callee.is_none() && m.rt.heap.func_id(callee).0 == func as u32
}

// ---- values of unknown kind

/// A reference as a whole value.
#[inline(always)]
pub(crate) fn boxed(m: &Machine, object: Ref, void: bool) -> Value {
    if void { m.rt.heap.value_or_void(object) } else { m.rt.heap.value_or_null(object) }
}

/// The reference that a value is, zero for others.
#[inline(always)]
pub(crate) fn unboxed(value: Value) -> u64 {
    if value.is_ref() { value.payload() } else { 0 }
}

/// What an operator saw.
#[inline(always)]
fn note(seen: &Cell<u32>, kinds: u32) {
    seen.set(seen.get() | kinds);
}

const INTS: u32 = kinds(Kind::I64 as u8, Kind::I64 as u8);
const FLOATS: u32 = kinds(Kind::F64 as u8, Kind::F64 as u8);

/// Two integers or two floats.
#[inline(always)]
pub(crate) fn numbers(
    regs: Regs,
    inst: &Inst,
    seen: &Cell<u32>,
    ints: fn(i64, i64) -> i64,
    floats: fn(f64, f64) -> f64,
) -> Option<Value> {
    let (a, b) = (regs.any(inst.b), regs.any(inst.c));
    if let (Some(a), Some(b)) = (a.as_int(), b.as_int()) {
        note(seen, INTS);
        return Some(Value::int(ints(a, b)));
    }
    let (a, b) = (a.as_float()?, b.as_float()?);
    note(seen, FLOATS);
    Some(Value::float(floats(a, b)))
}

/// Two integers.
#[inline(always)]
pub(crate) fn integers(
    regs: Regs,
    inst: &Inst,
    seen: &Cell<u32>,
    ints: fn(i64, i64) -> i64,
) -> Option<Value> {
    let (a, b) = (regs.any(inst.b).as_int()?, regs.any(inst.c).as_int()?);
    note(seen, INTS);
    Some(Value::int(ints(a, b)))
}

/// The order of two integers or two floats.
#[inline(always)]
pub(crate) fn order(
    regs: Regs,
    inst: &Inst,
    seen: &Cell<u32>,
    ints: fn(&i64, &i64) -> bool,
    floats: fn(&f64, &f64) -> bool,
) -> Option<u64> {
    let (a, b) = (regs.any(inst.b), regs.any(inst.c));
    if let (Some(a), Some(b)) = (a.as_int(), b.as_int()) {
        note(seen, INTS);
        return Some(u64::from(ints(&a, &b)));
    }
    let (a, b) = (a.as_float()?, b.as_float()?);
    note(seen, FLOATS);
    Some(u64::from(floats(&a, &b)))
}

/// A reference with a count.
#[inline(always)]
pub(crate) fn retain(m: &Machine, regs: Regs, inst: &Inst) -> u32 {
    let object = regs.object(inst.b);
    m.rt.heap.retain_some(object);
    object.0
}

/// The result of a function in the register where it left it, as a whole value.
#[inline(always)]
pub(crate) fn box_result(m: &Machine, regs: Regs, inst: &Inst) {
    let value = result(m, regs, inst);
    if regs.word(inst.b) & rep::LENT != 0 {
        m.rt.heap.retain(value);
    }
    regs.set_any(inst.a, value);
}

/// What a function gave, by the register that says how.
pub(crate) fn result(m: &Machine, regs: Regs, inst: &Inst) -> Value {
    match regs.word(inst.b) as u16 {
        rep::ANY => regs.any(inst.a),
        rep::I64 => Value::int(regs.int(inst.a)),
        rep::F64 => Value::float(regs.float(inst.a)),
        rep::BOOL => Value::bool(regs.word(inst.a) != 0),
        rep::REF => boxed(m, regs.object(inst.a), false),
        rep::REF_OR_VOID => boxed(m, regs.object(inst.a), true),
        rep::VOID => Value::VOID,
        _ => Value::NULL,
    }
}

// ---- fields

/// The reference in a field, with a count.
#[inline(always)]
pub(crate) fn load_own(m: &Machine, object: Ref, offset: u16) -> Ref {
    let object = m.rt.heap.load_ref(object, u32::from(offset));
    m.rt.heap.retain_some(object);
    object
}

/// Stores eight bytes.
#[inline(always)]
pub(crate) fn store8(m: &mut Machine, regs: Regs, inst: &Inst) {
    m.rt.heap.store_i64(regs.object(inst.a), u32::from(inst.b), regs.int(inst.c));
}

/// Stores a truth value.
#[inline(always)]
pub(crate) fn store_bool(m: &mut Machine, regs: Regs, inst: &Inst) {
    m.rt.heap.store_bool(regs.object(inst.a), u32::from(inst.b), regs.word(inst.c) != 0);
}

/// Stores a whole value; gives the old one.
#[inline(always)]
pub(crate) fn store_any(m: &mut Machine, regs: Regs, inst: &Inst) -> Value {
    m.rt.heap.store_any(regs.object(inst.a), u32::from(inst.b), regs.any(inst.c))
}

/// Stores a reference; gives the old one.
#[inline(always)]
pub(crate) fn store_ref(m: &mut Machine, regs: Regs, inst: &Inst) -> Ref {
    m.rt.heap.store_ref(regs.object(inst.a), u32::from(inst.b), regs.object(inst.c))
}

/// Stores a reference that is owned; gives the old one as a word.
#[inline(always)]
pub(crate) fn swap(m: &mut Machine, regs: Regs, inst: &Inst, value: u16) -> u64 {
    u64::from(m.rt.heap.store_ref(regs.object(inst.b), u32::from(inst.c), regs.object(value)).0)
}

// ---- elements

/// An element that is an integer.
#[inline(always)]
pub(crate) fn arr_get_i(m: &Machine, regs: Regs, inst: &Inst) -> Option<u64> {
    Some(m.rt.heap.arr_get_i64(regs.object(inst.b), regs.int(inst.c))? as u64)
}

/// An element that is a float.
#[inline(always)]
pub(crate) fn arr_get_f(m: &Machine, regs: Regs, inst: &Inst) -> Option<u64> {
    Some(scalar::float_to_word(m.rt.heap.arr_get_f64(regs.object(inst.b), regs.int(inst.c))?))
}

/// An element that is a truth value.
#[inline(always)]
pub(crate) fn arr_get_b(m: &Machine, regs: Regs, inst: &Inst) -> Option<u64> {
    Some(u64::from(m.rt.heap.arr_get_bool(regs.object(inst.b), regs.int(inst.c))?))
}

/// An element that is a reference.
#[inline(always)]
pub(crate) fn arr_get_ref(m: &Machine, regs: Regs, inst: &Inst) -> Option<u64> {
    Some(u64::from(m.rt.heap.arr_get_ref(regs.object(inst.b), regs.int(inst.c))?.0))
}

/// A character of an ASCII text.
#[inline(always)]
pub(crate) fn str_at(m: &Machine, regs: Regs, inst: &Inst) -> Option<u64> {
    let c = m.rt.heap.str_ascii_at(regs.object(inst.b), regs.int(inst.c))?;
    Some(m.rt.heap.str_ascii(c).payload())
}

/// The number of a character.
#[inline(always)]
pub(crate) fn str_code(m: &mut Machine, regs: Regs, inst: &Inst) -> i64 {
    let (s, at) = (regs.object(inst.b), regs.int(inst.c));
    m.rt.heap.str_ascii_at(s, at).map_or_else(|| m.rt.heap.str_code_at(s, at), i64::from)
}

/// Replaces an integer.
#[inline(always)]
pub(crate) fn arr_set_i(m: &mut Machine, regs: Regs, inst: &Inst) -> bool {
    m.rt.heap.arr_set_i64(regs.object(inst.a), regs.int(inst.b), regs.int(inst.c))
}

/// Replaces a float.
#[inline(always)]
pub(crate) fn arr_set_f(m: &mut Machine, regs: Regs, inst: &Inst) -> bool {
    m.rt.heap.arr_set_f64(regs.object(inst.a), regs.int(inst.b), regs.float(inst.c))
}

/// Replaces a truth value.
#[inline(always)]
pub(crate) fn arr_set_b(m: &mut Machine, regs: Regs, inst: &Inst) -> bool {
    m.rt.heap.arr_set_bool(regs.object(inst.a), regs.int(inst.b), regs.word(inst.c) != 0)
}

/// Replaces a reference; gives the old one.
#[inline(always)]
pub(crate) fn arr_set_ref(m: &mut Machine, regs: Regs, inst: &Inst) -> Option<Ref> {
    m.rt.heap.arr_set_ref(regs.object(inst.a), regs.int(inst.b), regs.object(inst.c))
}

/// Replaces a reference by one that is owned; gives the old one.
#[inline(always)]
pub(crate) fn arr_set_move(m: &mut Machine, regs: Regs, inst: &Inst) -> Option<Ref> {
    m.rt.heap.arr_set_ref_move(regs.object(inst.a), regs.int(inst.b), regs.object(inst.c))
}

/// Replaces a reference by one that is owned; gives the old one as a word.
#[inline(always)]
pub(crate) fn arr_swap(m: &mut Machine, regs: Regs, inst: &Inst, value: u16) -> Option<u64> {
    let old = m.rt.heap.arr_set_ref_move(regs.object(inst.b), regs.int(inst.c), regs.object(value))?;
    Some(u64::from(old.0))
}

/// Replaces a value; gives the old one.
#[inline(always)]
pub(crate) fn arr_set_any(m: &mut Machine, regs: Regs, inst: &Inst) -> Option<Value> {
    m.rt.heap.arr_set_any(regs.object(inst.a), regs.int(inst.b), regs.any(inst.c))
}

/// Appends an integer.
#[inline(always)]
pub(crate) fn arr_push_i(m: &mut Machine, regs: Regs, inst: &Inst) -> bool {
    m.rt.heap.arr_push_i64(regs.object(inst.a), regs.int(inst.b))
}

/// Appends a float.
#[inline(always)]
pub(crate) fn arr_push_f(m: &mut Machine, regs: Regs, inst: &Inst) -> bool {
    m.rt.heap.arr_push_f64(regs.object(inst.a), regs.float(inst.b))
}

/// Appends a truth value.
#[inline(always)]
pub(crate) fn arr_push_b(m: &mut Machine, regs: Regs, inst: &Inst) -> bool {
    m.rt.heap.arr_push_bool(regs.object(inst.a), regs.word(inst.b) != 0)
}

/// Appends a reference.
#[inline(always)]
pub(crate) fn arr_push_ref(m: &mut Machine, regs: Regs, inst: &Inst) -> bool {
    m.rt.heap.arr_push_ref(regs.object(inst.a), regs.object(inst.b))
}

/// Appends a reference that is owned.
#[inline(always)]
pub(crate) fn arr_push_move(m: &mut Machine, regs: Regs, inst: &Inst) -> bool {
    m.rt.heap.arr_push_ref_move(regs.object(inst.a), regs.object(inst.b))
}

/// Appends a value.
#[inline(always)]
pub(crate) fn arr_push_any(m: &mut Machine, regs: Regs, inst: &Inst) -> bool {
    m.rt.heap.arr_push_any(regs.object(inst.a), regs.any(inst.b))
}
