//! The loop: one `match` over the opcodes. The position and the window of the newest activation are local variables;
//! whatever may look at activations or change them gets the position written back first (`save`) and is followed by
//! a reload. Slow paths are in `cold`.
//!
//! What every `unsafe` here relies on: `check` has seen that operands have the representations their instructions
//! want, the encoder puts every value into registers below the size of the window, jumps go to the starts of
//! blocks or of copies in front of them, and behind every instruction that does not end a block stands another one.
//! A window has its size in words, all of them initialised. Activations that this loop runs have codes of this tier.

use std::cell::Cell;
use std::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};

use machine::{CodePtr, Flow, Frame, Machine, Role, TierId};
use mir::inst::FuncId;
use nyrt::heap::Shape;
use nyrt::ops::compare;
use nyrt::scalar;
use nyrt::value::{Ref, Value};

use crate::by_name;
use crate::by_value;
use crate::cold::{self, Step};
use crate::native;
use crate::op::{CALL_WORDS, Code, Inst, Word};
use crate::operands::rep;
use crate::ops;
use crate::regs::Regs;
use crate::stats::{self, Counts};

/// Runs the newest activation and those that follow while they are of this tier.
#[allow(clippy::neg_cmp_op_on_partial_ord, reason = "a NaN is not less")]
pub(crate) fn run<const STATS: bool>(m: &mut Machine, counts: &Counts) -> Flow {
    'frame: loop {
        if m.look() == Flow::Stop {
            return Flow::Stop;
        }
        let Some(frame) = m.task.frames.last() else { return Flow::Stop };
        if frame.tier() != TierId::VM {
            return Flow::Go;
        }
        let mut pc: *const Word = frame.pc.cast();
        // SAFETY: of the newest activation until it calls or returns, which is when this changes.
        let mut regs = unsafe { Regs::new(frame.window) };
        loop {
            // SAFETY: `pc` is at an instruction, see above.
            let inst: &Inst = unsafe { &(*pc).inst };
            if STATS {
                // SAFETY: see above.
                unsafe { stats::count(m, regs, pc, counts) };
            }

            // Data behind the instruction.
            macro_rules! data {
                ($n:expr) => {
                    // SAFETY: the encoder writes as much data as the instruction has.
                    unsafe { (*pc.add($n)).bits }
                };
            }
            // ---- what comes next
            macro_rules! next {
                () => {
                    next!(1)
                };
                ($words:expr) => {{
                    // SAFETY: see above.
                    pc = unsafe { pc.add($words) };
                    continue;
                }};
            }
            macro_rules! go {
                ($distance:expr) => {{
                    // SAFETY: see above.
                    pc = unsafe { pc.offset($distance as isize) };
                    continue;
                }};
            }
            macro_rules! save {
                () => {
                    // SAFETY: the loop runs the newest activation.
                    unsafe { (*m.task.frames.newest()).pc = pc.cast() }
                };
            }
            // Something outside of the loop does the rest.
            macro_rules! step {
                ($step:expr) => {
                    step!($step, 1)
                };
                ($step:expr, $words:expr) => {{
                    save!();
                    match $step {
                        Step::Next => next!($words),
                        Step::Reload => continue 'frame,
                        Step::Stop => return Flow::Stop,
                    }
                }};
            }
            // The instruction is done but for deaths that it may have caused.
            macro_rules! settle {
                () => {{
                    if m.drops_wait() {
                        step!(cold::settle(m))
                    }
                    next!()
                }};
            }
            macro_rules! int {
                ($value:expr) => {
                    int!($value, 1)
                };
                ($value:expr, $words:expr) => {{
                    regs.set(inst.a, $value as u64);
                    next!($words)
                }};
            }
            macro_rules! float {
                ($value:expr) => {{
                    let value: f64 = $value;
                    regs.set(inst.a, scalar::float_to_word(value));
                    next!()
                }};
            }
            macro_rules! any {
                ($value:expr) => {{
                    regs.set_any(inst.a, $value);
                    next!()
                }};
            }
            macro_rules! done {
                ($done:expr) => {{
                    $done;
                    next!()
                }};
            }
            // What has a short way and a function for everything else.
            macro_rules! done_or {
                ($done:expr, $cold:ident) => {{
                    if $done {
                        next!()
                    }
                    step!(cold::$cold(m, regs, *inst))
                }};
            }
            macro_rules! int_or {
                ($value:expr, $cold:ident) => {{
                    if let Some(value) = $value {
                        int!(value)
                    }
                    step!(cold::$cold(m, regs, *inst))
                }};
            }
            // An operator on values of unknown kind, with a short way for numbers.
            macro_rules! operator {
                ($write:ident, $short:ident, $($case:expr),+) => {{
                    let seen = data!(1) as *const Cell<u32>;
                    // SAFETY: the data is the address of a cell that the code keeps.
                    let seen: &Cell<u32> = unsafe { &*seen };
                    if let Some(value) = ops::$short(regs, inst, seen, $($case),+) {
                        regs.$write(inst.a, value);
                        next!(2)
                    }
                    step!(cold::operator(m, regs, *inst, seen), 2)
                }};
            }
            // A whole value in the representation that field `c` names.
            macro_rules! unboxed {
                ($value:expr, $words:expr) => {{
                    let value: Value = $value;
                    match inst.c {
                        rep::NULL | rep::VOID => {}
                        rep::ANY => regs.set_any(inst.a, value),
                        rep::REF => regs.set(inst.a, ops::unboxed(value)),
                        _ => regs.set(inst.a, value.payload()),
                    }
                    next!($words)
                }};
            }
            macro_rules! jump_if {
                ($cond:expr) => {{
                    if $cond {
                        go!(inst.c as i16)
                    }
                    next!()
                }};
            }
            // The end of a loop: the step is counted at its beginning, as if the test were there.
            macro_rules! back_if {
                ($cond:expr) => {{
                    if m.tick() {
                        let to_start = data!(1) as i64 as isize;
                        // SAFETY: the data is the distance to the start of a block.
                        pc = unsafe { pc.offset(to_start) };
                        save!();
                        continue 'frame;
                    }
                    if $cond {
                        go!(inst.c as i16)
                    }
                    next!(2)
                }};
            }
            macro_rules! inc_back_if {
                ($cond:expr) => {{
                    regs.set(inst.a, scalar::add(regs.int(inst.a), 1) as u64);
                    back_if!($cond)
                }};
            }
            macro_rules! release {
                ($old:expr) => {{
                    let old: Ref = $old;
                    if !old.is_none() {
                        m.rt.heap.release_ref(old);
                        settle!()
                    }
                    next!()
                }};
            }
            macro_rules! release_any {
                ($old:expr) => {{
                    let old: Value = $old;
                    release!(if old.is_ref() { old.as_ref() } else { Ref::NONE })
                }};
            }
            // A reference that is not zero.
            macro_rules! checked {
                ($reg:expr) => {{
                    let object = regs.object($reg);
                    if object.is_none() {
                        step!(cold::check(m))
                    }
                    object
                }};
            }
            // A call: the copies of the operands are made by `$copy`, which gets the callee's window.
            macro_rules! call {
                ($closure:expr, $copy:expr) => {{
                    let func = FuncId(data!(1) as u32);
                    let callee: CodePtr = match m.entry(func) {
                        Some(callee) if callee.tier == TierId::VM => callee,
                        // SAFETY: the data of the call.
                        _ => step!(cold::call(m, regs, *inst, unsafe { pc.add(1) }), CALL_WORDS),
                    };
                    if !m.task.frames.has_room() {
                        // SAFETY: the data of the call.
                        step!(cold::make_room(m, regs, *inst, unsafe { pc.add(1) }), CALL_WORDS)
                    }
                    let window = m.task.stack.push(callee.words as usize);
                    // SAFETY: of the callee; every window has four words and room for the parameters.
                    let callee_regs = unsafe { Regs::new(window) };
                    let copy = $copy;
                    copy(callee_regs);
                    save!();
                    let start = callee.start;
                    m.task.frames.push(Frame::at(callee, TierId::VM, start, window, $closure, Role::Near));
                    if m.tick() {
                        continue 'frame;
                    }
                    (pc, regs) = (start.cast(), callee_regs);
                    continue;
                }};
            }
            // Copies `$n` operands that are listed behind the call.
            macro_rules! listed {
                ($n:expr) => {
                    |window: Regs| {
                        for word in 0..$n as usize {
                            let from = data!(3 + word / 4) >> (16 * (word % 4));
                            window.set(word as u16, regs.word(from as u16));
                        }
                    }
                };
            }
            // A return: `$write` gets the caller's window and register for the result.
            macro_rules! returns {
                ($words:expr, $write:expr) => {{
                    // SAFETY: the loop runs the newest activation.
                    let own = unsafe { m.task.frames.newest() };
                    // SAFETY: it is one; nothing else looks at it.
                    if unsafe { (*own).role } == Role::Near && m.task.outbox.is_empty() {
                        // SAFETY: below an activation with this role lies its caller, which is of this tier, stands at
                        // its call, and is the newest one from here on. Behind a call stands another instruction.
                        unsafe {
                            let caller = own.sub(1);
                            let at: *const Word = (*caller).pc.cast();
                            let window = Regs::new((*caller).window);
                            let write = $write;
                            write(window, (*at).inst.a);
                            m.task.stack.pop(regs.window());
                            m.task.frames.drop_newest();
                            (pc, regs) = (at.add(CALL_WORDS), window);
                        }
                        continue;
                    }
                    let words: [u64; 2] = $words;
                    step!(cold::returned(m, words))
                }};
            }

            match inst.op {
                Code::Mov => int!(regs.word(inst.b)),
                Code::Mov2 => any!(regs.any(inst.b)),
                Code::Int => int!(inst.wide() as i32 as i64),
                Code::Const => int!(data!(1), 2),
                Code::Const2 => {
                    regs.set(inst.a, data!(1));
                    regs.set(inst.a + 1, data!(2));
                    next!(3)
                }

                Code::IAdd => int!(scalar::add(regs.int(inst.b), regs.int(inst.c))),
                Code::ISub => int!(scalar::sub(regs.int(inst.b), regs.int(inst.c))),
                Code::IMul => int!(scalar::mul(regs.int(inst.b), regs.int(inst.c))),
                Code::IDiv => int_or!(scalar::div(regs.int(inst.b), regs.int(inst.c)), divided_by_zero),
                Code::IRem => int_or!(scalar::rem(regs.int(inst.b), regs.int(inst.c)), divided_by_zero),
                Code::IAnd => int!(regs.int(inst.b) & regs.int(inst.c)),
                Code::IOr => int!(regs.int(inst.b) | regs.int(inst.c)),
                Code::IXor => int!(regs.int(inst.b) ^ regs.int(inst.c)),
                Code::IShl => int!(scalar::shl(regs.int(inst.b), regs.int(inst.c))),
                Code::IShr => int!(scalar::shr(regs.int(inst.b), regs.int(inst.c))),
                Code::IAddI => int!(scalar::add(regs.int(inst.b), inst.c as i16 as i64)),
                Code::IMulI => int!(scalar::mul(regs.int(inst.b), inst.c as i16 as i64)),
                // The encoder takes no zero.
                Code::IDivI => int!(scalar::div(regs.int(inst.b), inst.c as i16 as i64).unwrap_or(0)),
                Code::IRemI => int!(scalar::rem(regs.int(inst.b), inst.c as i16 as i64).unwrap_or(0)),
                Code::IAndI => int!(regs.int(inst.b) & inst.c as i16 as i64),
                Code::IShlI => int!(scalar::shl(regs.int(inst.b), inst.c as i16 as i64)),
                Code::IShrI => int!(scalar::shr(regs.int(inst.b), inst.c as i16 as i64)),
                Code::INeg => int!(scalar::neg(regs.int(inst.b))),
                Code::INot => int!(!regs.int(inst.b)),
                Code::IEq => int!((regs.int(inst.b) == regs.int(inst.c))),
                Code::INe => int!((regs.int(inst.b) != regs.int(inst.c))),
                Code::ILt => int!((regs.int(inst.b) < regs.int(inst.c))),
                Code::ILe => int!((regs.int(inst.b) <= regs.int(inst.c))),
                Code::IToF => float!(scalar::to_float(regs.int(inst.b))),
                Code::FAdd => float!(regs.float(inst.b) + regs.float(inst.c)),
                Code::FSub => float!(regs.float(inst.b) - regs.float(inst.c)),
                Code::FMul => float!(regs.float(inst.b) * regs.float(inst.c)),
                Code::FDiv => float!(regs.float(inst.b) / regs.float(inst.c)),
                Code::FRem => float!(scalar::fmod(regs.float(inst.b), regs.float(inst.c))),
                Code::FNeg => float!(-regs.float(inst.b)),
                Code::FSqrt => {
                    int_or!(scalar::square_root(regs.float(inst.b)).map(scalar::float_to_word), no_root)
                }
                Code::FEq => int!((regs.float(inst.b) == regs.float(inst.c))),
                Code::FNe => int!((regs.float(inst.b) != regs.float(inst.c))),
                Code::FLt => int!((regs.float(inst.b) < regs.float(inst.c))),
                Code::FLe => int!((regs.float(inst.b) <= regs.float(inst.c))),
                Code::BNot => int!(regs.word(inst.b) ^ 1),
                Code::BEq | Code::REq => int!((regs.word(inst.b) == regs.word(inst.c))),
                Code::RZero => int!((regs.word(inst.b) == 0)),
                Code::SEq => int!(m.rt.heap.str_same(regs.object(inst.b), regs.object(inst.c))),
                Code::ClassIs => int!(ops::class_is(m, regs, inst.b, inst.c)),
                Code::AnyClassIs => int!(ops::any_class_is(regs, inst.b, inst.c)),
                Code::ClosureIs => int!(ops::closure_is(m, regs.object(inst.b), data!(1)), 2),
                Code::BoxI => any!(Value::int(regs.int(inst.b))),
                Code::BoxF => any!(Value::float(regs.float(inst.b))),
                Code::BoxB => any!(Value::bool(regs.word(inst.b) != 0)),
                Code::BoxRef => any!(ops::boxed(m, regs.object(inst.b), inst.c != 0)),
                Code::UnboxRef => int!(ops::unboxed(regs.any(inst.b))),
                Code::AnyAdd => operator!(set_any, numbers, scalar::add, Add::add),
                Code::AnySub => operator!(set_any, numbers, scalar::sub, Sub::sub),
                Code::AnyMul => operator!(set_any, numbers, scalar::mul, Mul::mul),
                Code::AnyAnd => operator!(set_any, integers, BitAnd::bitand),
                Code::AnyOr => operator!(set_any, integers, BitOr::bitor),
                Code::AnyXor => operator!(set_any, integers, BitXor::bitxor),
                Code::AnyShl => operator!(set_any, integers, scalar::shl),
                Code::AnyShr => operator!(set_any, integers, scalar::shr),
                Code::AnyEq => int!(compare::same(&m.rt, regs.any(inst.b), regs.any(inst.c))),
                Code::AnyNe => int!(!compare::same(&m.rt, regs.any(inst.b), regs.any(inst.c))),
                Code::AnyLt => operator!(set, order, PartialOrd::lt, PartialOrd::lt),
                Code::AnyLe => operator!(set, order, PartialOrd::le, PartialOrd::le),
                Code::AnyGt => operator!(set, order, PartialOrd::gt, PartialOrd::gt),
                Code::AnyGe => operator!(set, order, PartialOrd::ge, PartialOrd::ge),
                Code::AnyNothing => int!(regs.any(inst.b).is_nothing()),
                Code::AnySomething => int!(!regs.any(inst.b).is_nothing()),
                Code::AnyTruth => int_or!(regs.any(inst.b).as_bool(), any),
                Code::AnyNot => int_or!(regs.any(inst.b).as_bool().map(|b| !b), any),
                Code::Retain => int!(ops::retain(m, regs, inst)),
                Code::RetainAny => any!(m.rt.heap.own(regs.any(inst.b))),
                Code::Release => release!(regs.object(inst.a)),
                Code::ReleaseAny => release_any!(regs.any(inst.a)),
                Code::Load8 => int!(m.rt.heap.load_i64(regs.object(inst.b), u32::from(inst.c))),
                Code::LoadBool => int!(m.rt.heap.load_bool(regs.object(inst.b), u32::from(inst.c))),
                Code::LoadRef => int!(m.rt.heap.load_ref(regs.object(inst.b), u32::from(inst.c)).0),
                Code::LoadRefCheck => {
                    let object = m.rt.heap.load_ref(regs.object(inst.b), u32::from(inst.c));
                    regs.set(inst.a, u64::from(object.0));
                    if object.is_none() {
                        step!(cold::check(m))
                    }
                    next!()
                }
                Code::LoadAny => any!(m.rt.heap.load_any(regs.object(inst.b), u32::from(inst.c))),
                Code::LoadRefOwn => int!(ops::load_own(m, regs.object(inst.b), inst.c).0),
                Code::CheckLoad8 => int!(m.rt.heap.load_i64(checked!(inst.b), u32::from(inst.c))),
                Code::CheckLoadRef => int!(m.rt.heap.load_ref(checked!(inst.b), u32::from(inst.c)).0),
                Code::Store8 => done!(ops::store8(m, regs, inst)),
                Code::StoreBool => done!(ops::store_bool(m, regs, inst)),
                Code::StoreRawAny => done!(ops::store_any(m, regs, inst)),
                Code::StoreRawRef => done!(ops::store_ref(m, regs, inst)),
                Code::StoreRef => release!(ops::store_ref(m, regs, inst)),
                Code::StoreAny => release_any!(ops::store_any(m, regs, inst)),
                Code::Swap => int!(ops::swap(m, regs, inst, data!(1) as u16), 2),
                Code::Check => {
                    checked!(inst.a);
                    next!()
                }
                Code::CheckAlive => done_or!(!m.rt.heap.is_dead_ref(regs.object(inst.a)), check_alive),
                Code::ArrLen => int!(m.rt.heap.arr_len(regs.object(inst.b))),
                Code::ArrGetI => int_or!(ops::arr_get_i(m, regs, inst), arr_get),
                Code::ArrGetF => int_or!(ops::arr_get_f(m, regs, inst), arr_get),
                Code::ArrGetB => int_or!(ops::arr_get_b(m, regs, inst), arr_get),
                Code::ArrGetRef => int_or!(ops::arr_get_ref(m, regs, inst), arr_get),
                Code::ArrGetAny => any!(m.rt.heap.arr_get_any(regs.object(inst.b), regs.int(inst.c))),
                Code::ArrSetI => done_or!(ops::arr_set_i(m, regs, inst), arr_set),
                Code::ArrSetF => done_or!(ops::arr_set_f(m, regs, inst), arr_set),
                Code::ArrSetB => done_or!(ops::arr_set_b(m, regs, inst), arr_set),
                Code::ArrSetRef => match ops::arr_set_ref(m, regs, inst) {
                    Some(old) => release!(old),
                    None => step!(cold::arr_set(m, regs, *inst)),
                },
                Code::ArrSetMove => match ops::arr_set_move(m, regs, inst) {
                    Some(old) => release!(old),
                    None => step!(cold::arr_set(m, regs, *inst)),
                },
                Code::ArrSetAny => match ops::arr_set_any(m, regs, inst) {
                    Some(old) => release_any!(old),
                    None => step!(cold::arr_set(m, regs, *inst)),
                },
                Code::ArrSwap => match ops::arr_swap(m, regs, inst, data!(1) as u16) {
                    Some(old) => int!(old, 2),
                    None => step!(cold::arr_swap(m, regs, *inst, data!(1) as u16), 2),
                },
                Code::ArrPushI => done_or!(ops::arr_push_i(m, regs, inst), arr_push),
                Code::ArrPushF => done_or!(ops::arr_push_f(m, regs, inst), arr_push),
                Code::ArrPushB => done_or!(ops::arr_push_b(m, regs, inst), arr_push),
                Code::ArrPushRef => done_or!(ops::arr_push_ref(m, regs, inst), arr_push),
                Code::ArrPushMove => done_or!(ops::arr_push_move(m, regs, inst), arr_push),
                Code::ArrPushAny => done_or!(ops::arr_push_any(m, regs, inst), arr_push),
                Code::StrLen => int!(m.rt.heap.str_chars(regs.object(inst.b))),
                Code::StrAt => int_or!(ops::str_at(m, regs, inst), str_at),
                Code::StrPoint => int!(ops::str_code(m, regs, inst)),
                Code::StrJoin => step!(cold::str_join(m, regs, *inst, data!(1)), 2),
                Code::Append => step!(cold::append(m, regs, *inst, data!(1)), 2),
                Code::MapLen => int!(m.rt.heap.map_len(regs.object(inst.b))),
                Code::MapGetI => step!(cold::map_get::<{ rep::I64 }>(m, regs, *inst, data!(1)), 2),
                Code::MapGetRef => step!(cold::map_get::<{ rep::REF }>(m, regs, *inst, data!(1)), 2),
                Code::MapGetAny => step!(cold::map_get::<{ rep::ANY }>(m, regs, *inst, data!(1)), 2),
                Code::MapHasI => step!(cold::map_has::<{ rep::I64 }>(m, regs, *inst)),
                Code::MapHasRef => step!(cold::map_has::<{ rep::REF }>(m, regs, *inst)),
                Code::MapHasAny => step!(cold::map_has::<{ rep::ANY }>(m, regs, *inst)),
                Code::MapSetI => step!(cold::map_set::<{ rep::I64 }>(m, regs, *inst, data!(1)), 2),
                Code::MapSetRef => step!(cold::map_set::<{ rep::REF }>(m, regs, *inst, data!(1)), 2),
                Code::MapSetAny => step!(cold::map_set::<{ rep::ANY }>(m, regs, *inst, data!(1)), 2),
                Code::CellGet => unboxed!(m.rt.heap.cell_peek(regs.object(inst.b)), 1),
                Code::CellSet => step!(cold::cell_set(m, regs, *inst)),
                Code::CaptureGet => unboxed!(cold::capture(m, inst.b), 1),
                Code::GlobalGet => {
                    let global = data!(1) as u32;
                    let Some(value) = m.rt.global(global) else { step!(cold::no_global(m, global), 2) };
                    unboxed!(value, 2)
                }
                Code::GlobalSet => step!(cold::global_set(m, regs, *inst, data!(1) as u32), 2),
                Code::GetStatic => step!(cold::get_static(m, regs, *inst, data!(1) as u32), 2),
                Code::NewObject => {
                    let address = data!(1) as *const Shape;
                    // SAFETY: the data is the address of a shape that the code keeps.
                    match m.rt.heap.obj_of(unsafe { *address }) {
                        Ok(object) => int!(object.0, 2),
                        Err(_) => step!(cold::out_of_memory(m), 2),
                    }
                }
                Code::NewArray => match m.rt.heap.arr_new() {
                    Ok(array) => int!(array.payload()),
                    Err(_) => step!(cold::out_of_memory(m)),
                },
                Code::Call1 => call!(Ref::NONE, |window: Regs| {
                    window.set(0, regs.word(inst.b));
                }),
                Code::Call2 => call!(Ref::NONE, |window: Regs| {
                    window.set(0, regs.word(inst.b));
                    window.set(1, regs.word(inst.c));
                }),
                Code::Call4 => call!(Ref::NONE, |window: Regs| {
                    let more = data!(1);
                    window.set(0, regs.word(inst.b));
                    window.set(1, regs.word(inst.c));
                    window.set(2, regs.word((more >> 32) as u16));
                    window.set(3, regs.word((more >> 48) as u16));
                }),
                Code::CallN => call!(Ref::NONE, listed!(inst.b)),
                Code::CallClosure => call!(regs.object(inst.c), listed!(inst.b)),
                Code::GetField => step!(by_name::get_field(m, regs, *inst)),
                Code::SetField => step!(by_name::set_field(m, regs, *inst)),
                Code::CallMethod => step!(by_name::call_method(m, regs, *inst, data!(1) as u16), CALL_WORDS),
                Code::CallValue => step!(by_value::call_value(m, regs, *inst, data!(1) as u16), CALL_WORDS),
                Code::BoxResult => done!(ops::box_result(m, regs, inst)),
                Code::Make => step!(native::make(m, regs, *inst, pc), native::words(inst.b)),
                Code::CallNative => {
                    step!(native::call(m, regs, *inst, pc), native::words(inst.b))
                }
                Code::Perform => step!(cold::perform(m, regs, inst.wide())),
                Code::Skip => next!(1 + inst.a as usize),
                Code::Inlined => {
                    if m.task.frames.len() >= m.max_depth() {
                        step!(cold::overflow(m))
                    }
                    if m.tick() {
                        step!(cold::inlined(m))
                    }
                    next!()
                }
                Code::DropOutbox => {
                    if m.task.outbox.is_empty() {
                        next!()
                    }
                    step!(cold::drop_outbox(m))
                }
                Code::Jump => go!(inst.wide() as i32),
                Code::Back => {
                    let due = m.tick();
                    // SAFETY: see above.
                    pc = unsafe { pc.offset(inst.wide() as i32 as isize) };
                    if due {
                        save!();
                        continue 'frame;
                    }
                    continue;
                }
                Code::JTrue | Code::JNonzero => jump_if!(regs.word(inst.a) != 0),
                Code::JFalse | Code::JZero => jump_if!(regs.word(inst.a) == 0),
                Code::JIEq | Code::JREq => jump_if!(regs.word(inst.a) == regs.word(inst.b)),
                Code::JINe | Code::JRNe => jump_if!(regs.word(inst.a) != regs.word(inst.b)),
                Code::JILt => jump_if!(regs.int(inst.a) < regs.int(inst.b)),
                Code::JILe => jump_if!(regs.int(inst.a) <= regs.int(inst.b)),
                Code::JIEqI => jump_if!(regs.int(inst.a) == inst.b as i16 as i64),
                Code::JINeI => jump_if!(regs.int(inst.a) != inst.b as i16 as i64),
                Code::JILtI => jump_if!(regs.int(inst.a) < inst.b as i16 as i64),
                Code::JILeI => jump_if!(regs.int(inst.a) <= inst.b as i16 as i64),
                Code::JIGtI => jump_if!(regs.int(inst.a) > inst.b as i16 as i64),
                Code::JIGeI => jump_if!(regs.int(inst.a) >= inst.b as i16 as i64),
                Code::JFEq => jump_if!(regs.float(inst.a) == regs.float(inst.b)),
                Code::JFNe => jump_if!(regs.float(inst.a) != regs.float(inst.b)),
                Code::JFLt => jump_if!(regs.float(inst.a) < regs.float(inst.b)),
                Code::JFLe => jump_if!(regs.float(inst.a) <= regs.float(inst.b)),
                Code::JFNlt => jump_if!(!(regs.float(inst.a) < regs.float(inst.b))),
                Code::JFNle => jump_if!(!(regs.float(inst.a) <= regs.float(inst.b))),
                Code::JNothing => jump_if!(regs.any(inst.a).is_nothing()),
                Code::JSomething => jump_if!(!regs.any(inst.a).is_nothing()),
                Code::JSame => jump_if!(compare::same(&m.rt, regs.any(inst.a), regs.any(inst.b))),
                Code::JDiffer => jump_if!(!compare::same(&m.rt, regs.any(inst.a), regs.any(inst.b))),
                Code::JClassIs => jump_if!(ops::class_is(m, regs, inst.a, inst.b)),
                Code::JClassIsNot => jump_if!(!ops::class_is(m, regs, inst.a, inst.b)),
                Code::JAnyClassIs => jump_if!(ops::any_class_is(regs, inst.a, inst.b)),
                Code::JAnyClassIsNot => jump_if!(!ops::any_class_is(regs, inst.a, inst.b)),
                Code::JClosureIs => jump_if!(ops::closure_is(m, regs.object(inst.a), u64::from(inst.b))),
                Code::JClosureIsNot => jump_if!(!ops::closure_is(m, regs.object(inst.a), u64::from(inst.b))),
                Code::BackNonzero => back_if!(regs.word(inst.a) != 0),
                Code::BackILt => back_if!(regs.int(inst.a) < regs.int(inst.b)),
                Code::BackILe => back_if!(regs.int(inst.a) <= regs.int(inst.b)),
                Code::BackILtI => back_if!(regs.int(inst.a) < inst.b as i16 as i64),
                Code::BackILeI => back_if!(regs.int(inst.a) <= inst.b as i16 as i64),
                Code::BackIGeI => back_if!(regs.int(inst.a) >= inst.b as i16 as i64),
                Code::IncBackILt => inc_back_if!(regs.int(inst.a) < regs.int(inst.b)),
                Code::IncBackILe => inc_back_if!(regs.int(inst.a) <= regs.int(inst.b)),
                Code::IncBackILtI => inc_back_if!(regs.int(inst.a) < inst.b as i16 as i64),
                Code::IncBackILeI => inc_back_if!(regs.int(inst.a) <= inst.b as i16 as i64),
                Code::Switch => {
                    // There is at least one way; the last one is for everything else.
                    let way = regs.word(inst.a).min(u64::from(inst.wide()) - 1);
                    let distance = data!(1 + way as usize) as i64;
                    go!(distance)
                }
                Code::Return1 => {
                    let value = regs.word(inst.a);
                    returns!([value, 0], |window: Regs, to: u16| window.set(to, value))
                }
                Code::Return2 => {
                    let value = regs.any(inst.a);
                    returns!([value.tag(), value.payload()], |window: Regs, to: u16| {
                        window.set(to, value.tag());
                        window.set(to + 1, value.payload());
                    })
                }
                Code::Return0 => returns!([0; 2], |_: Regs, _: u16| {}),
                Code::ReturnInt => {
                    let value = inst.wide() as i32 as i64 as u64;
                    returns!([value, 0], |window: Regs, to: u16| window.set(to, value))
                }
                Code::End => step!(cold::end(m, regs, inst.wide())),
            }
        }
    }
}
