//! The loop: one `match` over the opcodes. The position and the window of the newest activation are local variables;
//! whatever may look at activations or change them gets the position written back first (`save`) and is followed by
//! a reload. Slow paths are in `cold`.
//!
//! What every `unsafe` here relies on: `check` has seen that operands have the representations their instructions
//! want, the encoder puts every value into registers below the size of the window, jumps go to the starts of
//! blocks or of copies in front of them, and behind every instruction that does not end a block stands another one.
//! A window has its size in words, all of them initialised. Activations that this loop runs have codes of this tier.

use machine::{CodePtr, Flow, Frame, Machine, Role, TierId};
use mir::inst::FuncId;
use nyrt::heap::Shape;
use nyrt::ops::{arith, compare};
use nyrt::scalar;
use nyrt::value::{ClassId, Ref, Value};

use crate::cold::{self, Step};
use crate::op::{Code, Inst, Word};
use crate::rows::rep;
use crate::stats::Counts;

/// Words of a call before the copies of its operands, if there are any.
const CALL_WORDS: usize = 2;

/// Whether a caller at this instruction gets its result in the register `a`.
#[inline(always)]
fn is_call(op: Code) -> bool {
    let first = Code::Call1 as u16;
    (op as u16).wrapping_sub(first) <= Code::CallClosure as u16 - first
}

/// Runs the newest activation and those that follow while they are of this tier.
pub(crate) fn run<const STATS: bool>(m: &mut Machine, counts: &Counts) -> Flow {
    'frame: loop {
        if m.look() == Flow::Stop {
            return Flow::Stop;
        }
        let Some(frame) = m.task.frames.last() else { return Flow::Stop };
        if frame.tier() != TierId::VM {
            return Flow::Go;
        }
        let (mut pc, mut regs): (*const Word, *mut u64) = (frame.pc.cast(), frame.window);
        loop {
            // SAFETY: `pc` is at an instruction, see above.
            let inst: Inst = unsafe { (*pc).inst };
            if STATS {
                counts.add(inst.op);
            }

            // Registers as what they hold.
            macro_rules! reg {
                ($r:expr) => {
                    // SAFETY: a register of the window, see above.
                    unsafe { *regs.add($r as usize) }
                };
            }
            macro_rules! i {
                ($r:expr) => {
                    reg!($r) as i64
                };
            }
            macro_rules! f {
                ($r:expr) => {
                    f64::from_bits(reg!($r))
                };
            }
            macro_rules! r {
                ($r:expr) => {
                    Ref(reg!($r) as u32)
                };
            }
            macro_rules! any {
                ($r:expr) => {
                    Value::from_words(reg!($r), reg!($r + 1))
                };
            }
            macro_rules! set {
                ($r:expr, $bits:expr) => {{
                    let bits: u64 = $bits;
                    // SAFETY: a register of the window, see above.
                    unsafe { *regs.add($r as usize) = bits }
                }};
            }
            // A word of another window; every window has four.
            macro_rules! put {
                ($window:expr, $n:expr, $bits:expr) => {{
                    let (window, bits): (*mut u64, u64) = ($window, $bits);
                    // SAFETY: a register of that window, see above.
                    unsafe { *window.add($n) = bits }
                }};
            }
            macro_rules! set_any {
                ($r:expr, $value:expr) => {{
                    let value: Value = $value;
                    set!($r, value.tag());
                    set!($r + 1, value.payload());
                }};
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
                    if let Some(frame) = m.task.frames.last_mut() {
                        frame.pc = pc.cast();
                    }
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
                () => {
                    settle!(1)
                };
                ($words:expr) => {{
                    if m.drops_wait() {
                        step!(cold::settle(m), $words)
                    }
                    next!($words)
                }};
            }
            macro_rules! int {
                ($value:expr) => {{
                    set!(inst.a, $value as u64);
                    next!()
                }};
            }
            macro_rules! float {
                ($value:expr) => {{
                    let value: f64 = $value;
                    set!(inst.a, value.to_bits());
                    next!()
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
            macro_rules! any_value {
                ($f:path) => {{
                    let (a, b) = (any!(inst.b), any!(inst.c));
                    if a.tag() == Value::TAG_I64 && b.tag() == Value::TAG_I64
                        || a.tag() == Value::TAG_F64 && b.tag() == Value::TAG_F64
                    {
                        if let Ok(value) = $f(&mut m.rt, a, b) {
                            set_any!(inst.a, value);
                            next!()
                        }
                    }
                    step!(cold::any(m, regs, inst))
                }};
            }
            macro_rules! any_bits {
                ($f:path) => {{
                    let (a, b) = (any!(inst.b), any!(inst.c));
                    if let (Some(a), Some(b)) = (a.as_int(), b.as_int()) {
                        set_any!(inst.a, Value::int($f(a, b)));
                        next!()
                    }
                    step!(cold::any(m, regs, inst))
                }};
            }
            macro_rules! any_order {
                ($op:tt) => {{
                    let (a, b) = (any!(inst.b), any!(inst.c));
                    if let (Some(a), Some(b)) = (a.as_int(), b.as_int()) {
                        int!((a $op b))
                    }
                    if let (Some(a), Some(b)) = (a.as_float(), b.as_float()) {
                        int!((a $op b))
                    }
                    step!(cold::any(m, regs, inst))
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
            // A call: the copies of the operands are made by `$copy`, which gets the callee's window.
            macro_rules! call {
                ($closure:expr, $copy:expr) => {{
                    let func = FuncId(data!(1) as u32);
                    let callee: CodePtr = match m.entry(func) {
                        Some(callee) if callee.tier == TierId::VM => callee,
                        // SAFETY: the data of the call.
                        _ => step!(cold::call(m, regs, inst, unsafe { pc.add(1) }), CALL_WORDS),
                    };
                    if m.task.frames.len() >= m.max_depth() {
                        step!(cold::overflow(m), CALL_WORDS)
                    }
                    let Some(window) = m.task.stack.push(callee.words as usize) else {
                        step!(cold::overflow(m), CALL_WORDS)
                    };
                    let copy = $copy;
                    copy(window);
                    save!();
                    let start = callee.start;
                    m.task.frames.push(Frame::at(callee, TierId::VM, start, window, $closure, Role::Call));
                    if m.tick() {
                        continue 'frame;
                    }
                    (pc, regs) = (start.cast(), window);
                    continue;
                }};
            }
            // Copies `$n` operands that are listed behind the call.
            macro_rules! listed {
                ($n:expr) => {
                    |window: *mut u64| {
                        for word in 0..$n as usize {
                            let from = data!(3 + word / 4) >> (16 * (word % 4));
                            put!(window, word, reg!(from as u16));
                        }
                    }
                };
            }
            // A return: `$write` gets the caller's window and register for the result.
            macro_rules! returns {
                ($words:expr, $write:expr) => {{
                    let plain = m.task.outbox.is_empty();
                    match m.task.frames.as_slice() {
                        [.., caller, own]
                            if plain && own.role == Role::Call && caller.tier() == TierId::VM =>
                        {
                            let (at, window): (*const Word, *mut u64) = (caller.pc.cast(), caller.window);
                            // SAFETY: callers stand at an instruction.
                            let call = unsafe { (*at).inst };
                            if is_call(call.op) {
                                let own = regs;
                                // SAFETY: behind a call stands another instruction.
                                (pc, regs) = (unsafe { at.add(CALL_WORDS) }, window);
                                let write = $write;
                                write(window, call.a as usize);
                                m.task.stack.pop(own);
                                m.task.frames.pop();
                                continue;
                            }
                        }
                        _ => {}
                    }
                    let words: [u64; 2] = $words;
                    step!(cold::returned(m, words))
                }};
            }

            match inst.op {
                Code::Mov => int!(reg!(inst.b)),
                Code::Mov2 => {
                    set_any!(inst.a, any!(inst.b));
                    next!()
                }
                Code::Int => int!(inst.wide() as i32 as i64),
                Code::Const => {
                    set!(inst.a, data!(1));
                    next!(2)
                }
                Code::Const2 => {
                    set!(inst.a, data!(1));
                    set!(inst.a + 1, data!(2));
                    next!(3)
                }

                Code::IAdd => int!(scalar::add(i!(inst.b), i!(inst.c))),
                Code::ISub => int!(scalar::sub(i!(inst.b), i!(inst.c))),
                Code::IMul => int!(scalar::mul(i!(inst.b), i!(inst.c))),
                Code::IDiv => match scalar::div(i!(inst.b), i!(inst.c)) {
                    Some(n) => int!(n),
                    None => step!(cold::divided_by_zero(m, false)),
                },
                Code::IRem => match scalar::rem(i!(inst.b), i!(inst.c)) {
                    Some(n) => int!(n),
                    None => step!(cold::divided_by_zero(m, true)),
                },
                Code::IAnd => int!(i!(inst.b) & i!(inst.c)),
                Code::IOr => int!(i!(inst.b) | i!(inst.c)),
                Code::IXor => int!(i!(inst.b) ^ i!(inst.c)),
                Code::IShl => int!(scalar::shl(i!(inst.b), i!(inst.c))),
                Code::IShr => int!(scalar::shr(i!(inst.b), i!(inst.c))),
                Code::IAddI => int!(scalar::add(i!(inst.b), inst.c as i16 as i64)),
                Code::IMulI => int!(scalar::mul(i!(inst.b), inst.c as i16 as i64)),
                // The encoder takes no zero.
                Code::IDivI => int!(scalar::div(i!(inst.b), inst.c as i16 as i64).unwrap_or(0)),
                Code::IRemI => int!(scalar::rem(i!(inst.b), inst.c as i16 as i64).unwrap_or(0)),
                Code::IAndI => int!(i!(inst.b) & inst.c as i16 as i64),
                Code::IShlI => int!(scalar::shl(i!(inst.b), inst.c as i16 as i64)),
                Code::IShrI => int!(scalar::shr(i!(inst.b), inst.c as i16 as i64)),
                Code::INeg => int!(scalar::neg(i!(inst.b))),
                Code::INot => int!(!i!(inst.b)),
                Code::IEq => int!((i!(inst.b) == i!(inst.c))),
                Code::INe => int!((i!(inst.b) != i!(inst.c))),
                Code::ILt => int!((i!(inst.b) < i!(inst.c))),
                Code::ILe => int!((i!(inst.b) <= i!(inst.c))),

                Code::IToF => float!(scalar::to_float(i!(inst.b))),
                Code::FAdd => float!(f!(inst.b) + f!(inst.c)),
                Code::FSub => float!(f!(inst.b) - f!(inst.c)),
                Code::FMul => float!(f!(inst.b) * f!(inst.c)),
                Code::FDiv => float!(f!(inst.b) / f!(inst.c)),
                Code::FRem => float!(scalar::fmod(f!(inst.b), f!(inst.c))),
                Code::FNeg => float!(-f!(inst.b)),
                Code::FSqrt => {
                    let x = f!(inst.b);
                    if x < 0.0 {
                        step!(cold::no_root(m, x))
                    }
                    float!(x.sqrt())
                }
                Code::FEq => int!((f!(inst.b) == f!(inst.c))),
                Code::FNe => int!((f!(inst.b) != f!(inst.c))),
                Code::FLt => int!((f!(inst.b) < f!(inst.c))),
                Code::FLe => int!((f!(inst.b) <= f!(inst.c))),

                Code::BNot => int!(reg!(inst.b) ^ 1),
                Code::BEq | Code::REq => int!((reg!(inst.b) == reg!(inst.c))),
                Code::RZero => int!((reg!(inst.b) == 0)),
                Code::SEq => int!(m.rt.heap.str_same(r!(inst.b), r!(inst.c))),
                Code::ClassIs => int!(m.rt.heap.class_is(r!(inst.b), ClassId(u32::from(inst.c)))),
                Code::ClosureIs => {
                    let callee = r!(inst.b);
                    let is = !callee.is_none() && m.rt.heap.func_id(callee).0 == data!(1) as u32;
                    set!(inst.a, u64::from(is));
                    next!(2)
                }

                Code::BoxI => {
                    let n = i!(inst.b);
                    set_any!(inst.a, Value::int(n));
                    next!()
                }
                Code::BoxF => {
                    let x = f!(inst.b);
                    set_any!(inst.a, Value::float(x));
                    next!()
                }
                Code::BoxB => {
                    let b = reg!(inst.b);
                    set_any!(inst.a, Value::from_words(Value::TAG_BOOL, b));
                    next!()
                }
                Code::BoxRef => {
                    let object = r!(inst.b);
                    let nothing = if inst.c != 0 { Value::VOID } else { Value::NULL };
                    set_any!(inst.a, if object.is_none() { nothing } else { m.rt.heap.value_of(object) });
                    next!()
                }
                Code::UnboxRef => {
                    let value = any!(inst.b);
                    int!(if value.is_ref() { value.payload() } else { 0 })
                }
                Code::AnyAdd => any_value!(arith::add),
                Code::AnySub => any_value!(arith::sub),
                Code::AnyMul => any_value!(arith::mul),
                Code::AnyAnd => any_bits!(std::ops::BitAnd::bitand),
                Code::AnyOr => any_bits!(std::ops::BitOr::bitor),
                Code::AnyXor => any_bits!(std::ops::BitXor::bitxor),
                Code::AnyShl => any_bits!(scalar::shl),
                Code::AnyShr => any_bits!(scalar::shr),
                Code::AnyEq => int!(compare::same(&m.rt, any!(inst.b), any!(inst.c))),
                Code::AnyNe => int!(!compare::same(&m.rt, any!(inst.b), any!(inst.c))),
                Code::AnyLt => any_order!(<),
                Code::AnyLe => any_order!(<=),
                Code::AnyGt => any_order!(>),
                Code::AnyGe => any_order!(>=),
                Code::AnyTruth => match any!(inst.b).as_bool() {
                    Some(b) => int!(b),
                    None => step!(cold::any(m, regs, inst)),
                },
                Code::AnyNot => match any!(inst.b).as_bool() {
                    Some(b) => int!(!b),
                    None => step!(cold::any(m, regs, inst)),
                },

                Code::Retain => {
                    let object = r!(inst.b);
                    m.rt.heap.retain_some(object);
                    int!(object.0)
                }
                Code::RetainAny => {
                    let value = any!(inst.b);
                    m.rt.heap.retain(value);
                    set_any!(inst.a, value);
                    next!()
                }
                Code::Release => release!(r!(inst.a)),
                Code::ReleaseAny => {
                    let value = any!(inst.a);
                    if value.is_ref() {
                        m.rt.heap.release_ref(value.as_ref());
                        settle!()
                    }
                    next!()
                }

                Code::Load8 => int!(m.rt.heap.load_i64(r!(inst.b), u32::from(inst.c))),
                Code::LoadBool => int!(m.rt.heap.load_bool(r!(inst.b), u32::from(inst.c))),
                Code::LoadRef => int!(m.rt.heap.load_ref(r!(inst.b), u32::from(inst.c)).0),
                Code::LoadAny => {
                    set_any!(inst.a, m.rt.heap.load_any(r!(inst.b), u32::from(inst.c)));
                    next!()
                }
                Code::LoadRefOwn => {
                    let object = m.rt.heap.load_ref(r!(inst.b), u32::from(inst.c));
                    m.rt.heap.retain_some(object);
                    int!(object.0)
                }
                Code::CheckLoad8 => {
                    let object = r!(inst.b);
                    if object.is_none() {
                        step!(cold::check(m))
                    }
                    int!(m.rt.heap.load_i64(object, u32::from(inst.c)))
                }
                Code::CheckLoadRef => {
                    let object = r!(inst.b);
                    if object.is_none() {
                        step!(cold::check(m))
                    }
                    int!(m.rt.heap.load_ref(object, u32::from(inst.c)).0)
                }
                Code::Store8 => {
                    m.rt.heap.store_i64(r!(inst.a), u32::from(inst.b), i!(inst.c));
                    next!()
                }
                Code::StoreBool => {
                    m.rt.heap.store_bool(r!(inst.a), u32::from(inst.b), reg!(inst.c) != 0);
                    next!()
                }
                Code::StoreRawAny => {
                    m.rt.heap.store_any(r!(inst.a), u32::from(inst.b), any!(inst.c));
                    next!()
                }
                Code::StoreRawRef => {
                    m.rt.heap.store_ref(r!(inst.a), u32::from(inst.b), r!(inst.c));
                    next!()
                }
                Code::StoreRef => release!(m.rt.heap.store_ref(r!(inst.a), u32::from(inst.b), r!(inst.c))),
                Code::StoreAny => {
                    let old = m.rt.heap.store_any(r!(inst.a), u32::from(inst.b), any!(inst.c));
                    if old.is_ref() {
                        m.rt.heap.release_ref(old.as_ref());
                        settle!()
                    }
                    next!()
                }
                Code::Check => {
                    if reg!(inst.a) == 0 {
                        step!(cold::check(m))
                    }
                    next!()
                }
                Code::CheckAlive => {
                    let object = r!(inst.a);
                    if m.rt.heap.is_dead_ref(object) {
                        step!(cold::check_alive(m, object))
                    }
                    next!()
                }

                Code::ArrLen => int!(m.rt.heap.arr_len(r!(inst.b))),
                Code::ArrGetI => match m.rt.heap.arr_get_i64(r!(inst.b), i!(inst.c)) {
                    Some(n) => int!(n),
                    None => step!(cold::arr_get(m, regs, inst)),
                },
                Code::ArrGetF => match m.rt.heap.arr_get_f64(r!(inst.b), i!(inst.c)) {
                    Some(x) => float!(x),
                    None => step!(cold::arr_get(m, regs, inst)),
                },
                Code::ArrGetB => match m.rt.heap.arr_get_bool(r!(inst.b), i!(inst.c)) {
                    Some(b) => int!(b),
                    None => step!(cold::arr_get(m, regs, inst)),
                },
                Code::ArrGetRef => match m.rt.heap.arr_get_ref(r!(inst.b), i!(inst.c)) {
                    Some(object) => int!(object.0),
                    None => step!(cold::arr_get(m, regs, inst)),
                },
                Code::ArrGetAny => {
                    set_any!(inst.a, m.rt.heap.arr_get_any(r!(inst.b), i!(inst.c)));
                    next!()
                }
                Code::ArrSetI => match m.rt.heap.arr_set_i64(r!(inst.a), i!(inst.b), i!(inst.c)) {
                    true => next!(),
                    false => step!(cold::arr_set(m, regs, inst)),
                },
                Code::ArrSetF => match m.rt.heap.arr_set_f64(r!(inst.a), i!(inst.b), f!(inst.c)) {
                    true => next!(),
                    false => step!(cold::arr_set(m, regs, inst)),
                },
                Code::ArrSetB => match m.rt.heap.arr_set_bool(r!(inst.a), i!(inst.b), reg!(inst.c) != 0) {
                    true => next!(),
                    false => step!(cold::arr_set(m, regs, inst)),
                },
                Code::ArrSetRef => match m.rt.heap.arr_set_ref(r!(inst.a), i!(inst.b), r!(inst.c)) {
                    Some(old) => release!(old),
                    None => step!(cold::arr_set(m, regs, inst)),
                },
                Code::ArrSetAny => match m.rt.heap.arr_set_any(r!(inst.a), i!(inst.b), any!(inst.c)) {
                    Some(old) => {
                        m.rt.heap.release(old);
                        settle!()
                    }
                    None => step!(cold::arr_set(m, regs, inst)),
                },
                Code::ArrPushI => match m.rt.heap.arr_push_i64(r!(inst.a), i!(inst.b)) {
                    true => next!(),
                    false => step!(cold::arr_push(m, regs, inst)),
                },
                Code::ArrPushF => match m.rt.heap.arr_push_f64(r!(inst.a), f!(inst.b)) {
                    true => next!(),
                    false => step!(cold::arr_push(m, regs, inst)),
                },
                Code::ArrPushB => match m.rt.heap.arr_push_bool(r!(inst.a), reg!(inst.b) != 0) {
                    true => next!(),
                    false => step!(cold::arr_push(m, regs, inst)),
                },
                Code::ArrPushRef => match m.rt.heap.arr_push_ref(r!(inst.a), r!(inst.b)) {
                    true => next!(),
                    false => step!(cold::arr_push(m, regs, inst)),
                },
                Code::ArrPushAny => match m.rt.heap.arr_push_any(r!(inst.a), any!(inst.b)) {
                    true => next!(),
                    false => step!(cold::arr_push(m, regs, inst)),
                },
                Code::StrLen => int!(m.rt.heap.str_chars(r!(inst.b))),
                Code::Append => step!(cold::append(m, regs, inst)),

                Code::CellGet => {
                    let value = m.rt.heap.cell_peek(r!(inst.b));
                    match inst.c {
                        rep::NULL | rep::VOID => {}
                        rep::ANY => set_any!(inst.a, value),
                        rep::REF => set!(inst.a, if value.is_ref() { value.payload() } else { 0 }),
                        _ => set!(inst.a, value.payload()),
                    }
                    next!()
                }
                Code::CellSet => step!(cold::cell_set(m, regs, inst)),
                Code::CaptureGet => {
                    let value = cold::capture(m, inst.b);
                    match inst.c {
                        rep::NULL | rep::VOID => {}
                        rep::ANY => set_any!(inst.a, value),
                        rep::REF => set!(inst.a, if value.is_ref() { value.payload() } else { 0 }),
                        _ => set!(inst.a, value.payload()),
                    }
                    next!()
                }
                Code::GlobalGet => {
                    let global = data!(1) as u32;
                    let Some(value) = m.rt.global(global) else { step!(cold::no_global(m, global), 2) };
                    match inst.c {
                        rep::NULL | rep::VOID => {}
                        rep::ANY => set_any!(inst.a, value),
                        rep::REF => set!(inst.a, if value.is_ref() { value.payload() } else { 0 }),
                        _ => set!(inst.a, value.payload()),
                    }
                    next!(2)
                }
                Code::GlobalSet => step!(cold::global_set(m, regs, inst, data!(1) as u32), 2),
                Code::GetStatic => step!(cold::get_static(m, regs, inst, data!(1) as u32), 2),

                Code::NewObject => {
                    let address = data!(1) as *const Shape;
                    // SAFETY: the data is the address of a shape that the code keeps.
                    let shape = unsafe { *address };
                    match m.rt.heap.obj_of(shape) {
                        Ok(object) => {
                            set!(inst.a, u64::from(object.0));
                            next!(2)
                        }
                        Err(_) => step!(cold::out_of_memory(m), 2),
                    }
                }
                Code::Call1 => call!(Ref::NONE, |window: *mut u64| {
                    put!(window, 0, reg!(inst.b));
                }),
                Code::Call2 => call!(Ref::NONE, |window: *mut u64| {
                    put!(window, 0, reg!(inst.b));
                    put!(window, 1, reg!(inst.c));
                }),
                Code::Call4 => call!(Ref::NONE, |window: *mut u64| {
                    let more = data!(1);
                    put!(window, 0, reg!(inst.b));
                    put!(window, 1, reg!(inst.c));
                    put!(window, 2, reg!((more >> 32) as u16));
                    put!(window, 3, reg!((more >> 48) as u16));
                }),
                Code::CallN => call!(Ref::NONE, listed!(inst.b)),
                Code::CallClosure => call!(r!(inst.c), listed!(inst.b)),
                Code::CallNative | Code::Perform => step!(cold::perform(m, regs, inst.wide())),
                Code::Skip => next!(1 + inst.a as usize),
                Code::Inlined => {
                    if m.task.frames.len() >= m.max_depth() {
                        step!(cold::overflow(m))
                    }
                    if m.tick() {
                        // SAFETY: see above.
                        pc = unsafe { pc.add(1) };
                        save!();
                        continue 'frame;
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
                Code::JTrue | Code::JNonzero => jump_if!(reg!(inst.a) != 0),
                Code::JFalse | Code::JZero => jump_if!(reg!(inst.a) == 0),
                Code::JIEq | Code::JREq => jump_if!(reg!(inst.a) == reg!(inst.b)),
                Code::JINe | Code::JRNe => jump_if!(reg!(inst.a) != reg!(inst.b)),
                Code::JILt => jump_if!(i!(inst.a) < i!(inst.b)),
                Code::JILe => jump_if!(i!(inst.a) <= i!(inst.b)),
                Code::JIEqI => jump_if!(i!(inst.a) == inst.b as i16 as i64),
                Code::JINeI => jump_if!(i!(inst.a) != inst.b as i16 as i64),
                Code::JILtI => jump_if!(i!(inst.a) < inst.b as i16 as i64),
                Code::JILeI => jump_if!(i!(inst.a) <= inst.b as i16 as i64),
                Code::JIGtI => jump_if!(i!(inst.a) > inst.b as i16 as i64),
                Code::JIGeI => jump_if!(i!(inst.a) >= inst.b as i16 as i64),
                Code::JFEq => jump_if!(f!(inst.a) == f!(inst.b)),
                Code::JFNe => jump_if!(f!(inst.a) != f!(inst.b)),
                Code::JFLt => jump_if!(f!(inst.a) < f!(inst.b)),
                Code::JFLe => jump_if!(f!(inst.a) <= f!(inst.b)),
                #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "a NaN is not less")]
                Code::JFNlt => jump_if!(!(f!(inst.a) < f!(inst.b))),
                #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "a NaN is not less")]
                Code::JFNle => jump_if!(!(f!(inst.a) <= f!(inst.b))),
                Code::JClassIs => jump_if!(m.rt.heap.class_is(r!(inst.a), ClassId(u32::from(inst.b)))),
                Code::JClassIsNot => jump_if!(!m.rt.heap.class_is(r!(inst.a), ClassId(u32::from(inst.b)))),
                Code::BackTrue | Code::BackNonzero => back_if!(reg!(inst.a) != 0),
                Code::BackFalse => back_if!(reg!(inst.a) == 0),
                Code::BackIEq => back_if!(reg!(inst.a) == reg!(inst.b)),
                Code::BackINe => back_if!(reg!(inst.a) != reg!(inst.b)),
                Code::BackILt => back_if!(i!(inst.a) < i!(inst.b)),
                Code::BackILe => back_if!(i!(inst.a) <= i!(inst.b)),
                Code::BackIEqI => back_if!(i!(inst.a) == inst.b as i16 as i64),
                Code::BackINeI => back_if!(i!(inst.a) != inst.b as i16 as i64),
                Code::BackILtI => back_if!(i!(inst.a) < inst.b as i16 as i64),
                Code::BackILeI => back_if!(i!(inst.a) <= inst.b as i16 as i64),
                Code::BackIGtI => back_if!(i!(inst.a) > inst.b as i16 as i64),
                Code::BackIGeI => back_if!(i!(inst.a) >= inst.b as i16 as i64),
                Code::IncBackILt => {
                    set!(inst.a, reg!(inst.a).wrapping_add(1));
                    back_if!(i!(inst.a) < i!(inst.b))
                }
                Code::IncBackILe => {
                    set!(inst.a, reg!(inst.a).wrapping_add(1));
                    back_if!(i!(inst.a) <= i!(inst.b))
                }
                Code::IncBackILtI => {
                    set!(inst.a, reg!(inst.a).wrapping_add(1));
                    back_if!(i!(inst.a) < inst.b as i16 as i64)
                }
                Code::IncBackILeI => {
                    set!(inst.a, reg!(inst.a).wrapping_add(1));
                    back_if!(i!(inst.a) <= inst.b as i16 as i64)
                }
                Code::Switch => {
                    // There is at least one way; the last one is for everything else.
                    let way = reg!(inst.a).min(u64::from(inst.wide()) - 1);
                    let distance = data!(1 + way as usize) as i64;
                    go!(distance)
                }

                Code::Return1 => {
                    let value = reg!(inst.a);
                    returns!([value, 0], |window, to: usize| put!(window, to, value))
                }
                Code::Return2 => {
                    let value = any!(inst.a);
                    returns!([value.tag(), value.payload()], |window, to: usize| {
                        put!(window, to, value.tag());
                        put!(window, to + 1, value.payload());
                    })
                }
                Code::Return0 => returns!([0; 2], |_: *mut u64, _: usize| {}),
                Code::ReturnInt => {
                    let value = inst.wide() as i32 as i64 as u64;
                    returns!([value, 0], |window, to: usize| put!(window, to, value))
                }
                Code::End => step!(cold::end(m, regs, inst.wide())),
            }
        }
    }
}
