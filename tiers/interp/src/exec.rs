//! The loop: one `match` over the instructions. The position, the registers and the function of the newest
//! activation are local variables; whatever may look at activations or change them gets the position
//! written back first and is followed by a reload.

use machine::{After, CALL_STEPS, Called, Did, Flow, Frame, Machine, Operands, Role, TierId};
use mir::inst::{Inst, Op, Val};
use nyrt::ops::{arith, bits, compare, index, truth};
use nyrt::trap::Outcome;
use nyrt::value::{Ref, Value};

use crate::code::Prepared;

/// A binary operator.
type Binary = fn(&mut nyrt::rt::Rt, Value, Value) -> Outcome;

/// Runs the newest activation and those that follow while they are of this tier.
pub(crate) fn run(m: &mut Machine) -> Flow {
    'frame: loop {
        if m.look() == Flow::Stop {
            return Flow::Stop;
        }
        let Some(frame) = m.task.frames.last() else { return Flow::Stop };
        if frame.tier() != TierId::INTERP {
            return Flow::Go;
        }
        // SAFETY: all codes of this tier are made as `Prepared`.
        let mut code: &Prepared = unsafe { frame.code().cast() };
        code.head.note_run();
        let (mut pc, mut regs): (*const Inst, *mut Value) = (frame.pc.cast(), frame.values());
        loop {
            // SAFETY: `pc` is an instruction of `code`: it starts at one, jumps go to the starts of blocks, and
            // the next one exists after all that do not end a block (checked by `Prepared::prepare`).
            let inst = unsafe { &*pc };
            #[cfg(feature = "observe")]
            crate::observe::look(code, pc, regs);

            macro_rules! get {
                    ($v:expr) => {{
                        let v: Val = $v;
                        debug_assert!(v.0 < code.regs);
                        // SAFETY: the window has `code.regs` registers and `Prepared::prepare` has checked all operands.
                        unsafe { Value::read(regs.add(v.index())) }
                    }};
                }
            macro_rules! set {
                    ($value:expr) => {{
                        let value: Value = $value;
                        debug_assert!(inst.dst.0 < code.regs);
                        // SAFETY: as in `get`; `Prepared::prepare` has checked that what gives a value has a destination.
                        unsafe { *regs.add(inst.dst.index()) = value }
                    }};
                }
            macro_rules! operands {
                ($list:expr) => {
                    // SAFETY: `Prepared::prepare` has checked the list, and chunks of the stack never move.
                    unsafe { Operands::new(regs, code.list($list.0)) }
                };
            }
            macro_rules! next {
                () => {{
                    // SAFETY: see `inst`; only used after instructions that do not end a block.
                    pc = unsafe { pc.add(1) };
                    continue;
                }};
            }
            macro_rules! save {
                () => {
                    // SAFETY: the loop runs the newest activation.
                    unsafe { (*m.task.frames.newest()).pc = pc.cast() }
                };
            }
            // Something outside of the loop decides what is next.
            macro_rules! slow {
                ($flow:expr) => {{
                    save!();
                    match $flow {
                        Flow::Go => continue 'frame,
                        Flow::Stop => return Flow::Stop,
                    }
                }};
            }
            // The instruction is done but for deaths that it may have caused.
            macro_rules! settle {
                () => {{
                    if m.drops_wait() {
                        slow!(m.serve_drops(After::Next));
                    }
                    next!()
                }};
            }
            // The instruction gives this outcome and lets nothing die.
            macro_rules! give {
                ($outcome:expr) => {
                    match $outcome {
                        Ok(value) => {
                            set!(value);
                            next!()
                        }
                        Err(trap) => slow!(m.trapped(trap)),
                    }
                };
            }
            // An instruction without an arm of its own.
            macro_rules! generic {
                    () => {{
                        save!();
                        // SAFETY: `Prepared::prepare` has checked operands and lists; registers are the values of the window.
                        match unsafe { m.perform(&inst.op, regs, &code.lists, code.head.class) } {
                            Did::Value(value) => {
                                set!(value);
                                settle!()
                            }
                            Did::Nothing => settle!(),
                            Did::Entered => continue 'frame,
                            Did::Trap(trap) => slow!(m.trapped(trap)),
                        }
                    }};
                }
            macro_rules! binary {
                ($f:expr, $a:expr, $b:expr) => {{
                    let (a, b) = (get!($a), get!($b));
                    give!($f(&mut m.rt, a, b))
                }};
            }
            macro_rules! called {
                ($called:expr) => {{
                    save!();
                    match $called {
                        Ok(Called::Value(value)) => {
                            set!(value);
                            settle!()
                        }
                        Ok(Called::Entered) => continue 'frame,
                        Err(trap) => slow!(m.trapped(trap)),
                    }
                }};
            }
            macro_rules! follow {
                ($edge:expr) => {{
                    // SAFETY: `Prepared::prepare` has checked all edges.
                    let edge = unsafe { code.edges.get_unchecked($edge.index()) };
                    for m in code.moves(edge) {
                        // SAFETY: `Prepared::prepare` made the moves from checked registers.
                        unsafe { *regs.add(m.to as usize) = Value::read(regs.add(m.from as usize)) }
                    }
                    // SAFETY: the start of a block, checked by `Prepared::prepare`.
                    pc = unsafe { code.insts.as_ptr().add(edge.pc as usize) };
                    if edge.back {
                        let due = m.tick();
                        if !code.head.spend(1) {
                            save!();
                            m.warm(code.head.func, true);
                            continue 'frame;
                        }
                        if due {
                            save!();
                            continue 'frame;
                        }
                    }
                    continue;
                }};
            }

            match inst.op {
                Op::Int { value } => {
                    set!(Value::int(value));
                    next!()
                }
                Op::Float { value } => {
                    set!(Value::float(value));
                    next!()
                }
                Op::Bool { value } => {
                    set!(Value::bool(value));
                    next!()
                }
                Op::Str { text } => give!(m.linked.text(&mut m.rt, text)),
                Op::Null {} => {
                    set!(Value::NULL);
                    next!()
                }
                Op::Void {} => {
                    set!(Value::VOID);
                    next!()
                }

                Op::Add { a, b } => binary!(arith::add, a, b),
                Op::AddReuse { a, b } => {
                    let (x, y) = (get!(a), get!(b));
                    if x.as_str().is_none() {
                        give!(arith::add(&mut m.rt, x, y))
                    }
                    match arith::add_owned(&mut m.rt, x, y) {
                        Ok(value) => {
                            // The count of the old value is gone; the release that follows finds nothing.
                            // SAFETY: as in `get`.
                            unsafe { *regs.add(a.index()) = Value::VOID };
                            set!(value);
                            next!()
                        }
                        Err(trap) => slow!(m.trapped(trap)),
                    }
                }
                Op::Sub { a, b } => binary!(arith::sub, a, b),
                Op::Mul { a, b } => binary!(arith::mul, a, b),
                Op::Div { a, b } => binary!(arith::div as Binary, a, b),
                Op::Rem { a, b } => binary!(arith::rem as Binary, a, b),
                Op::BitAnd { a, b } => binary!(bits::and, a, b),
                Op::BitOr { a, b } => binary!(bits::or, a, b),
                Op::BitXor { a, b } => binary!(bits::xor, a, b),
                Op::Shl { a, b } => binary!(bits::shl, a, b),
                Op::Shr { a, b } => binary!(bits::shr, a, b),
                Op::Eq { a, b } => {
                    let (a, b) = (get!(a), get!(b));
                    set!(Value::bool(compare::same(&m.rt, a, b)));
                    next!()
                }
                Op::Ne { a, b } => {
                    let (a, b) = (get!(a), get!(b));
                    set!(Value::bool(!compare::same(&m.rt, a, b)));
                    next!()
                }
                Op::Lt { a, b } => binary!(compare::lt, a, b),
                Op::Le { a, b } => binary!(compare::le, a, b),
                Op::Gt { a, b } => binary!(compare::gt, a, b),
                Op::Ge { a, b } => binary!(compare::ge, a, b),
                Op::Neg { a } => {
                    let a = get!(a);
                    give!(arith::neg(&mut m.rt, a))
                }
                Op::BitNot { a } => {
                    let a = get!(a);
                    give!(bits::not(&mut m.rt, a))
                }
                Op::Truth { a } => {
                    let a = get!(a);
                    give!(truth::truth(&mut m.rt, a))
                }
                Op::Not { a } => {
                    let a = get!(a);
                    give!(truth::not(&mut m.rt, a))
                }

                Op::GetGlobal { global } => match m.rt.global(global.0) {
                    Some(value) => {
                        set!(m.rt.heap.own(value));
                        next!()
                    }
                    None => generic!(),
                },
                Op::SetGlobal { global, value } => {
                    let old = m.rt.set_global(global.0, get!(value.0));
                    m.rt.heap.release(old);
                    settle!()
                }
                Op::GetCell { cell } => {
                    set!(m.rt.heap.cell_get(get!(cell).as_ref()));
                    next!()
                }
                Op::SetCell { cell, value } => {
                    let old = m.rt.heap.cell_set(get!(cell).as_ref(), get!(value.0));
                    m.rt.heap.release(old);
                    settle!()
                }
                Op::Capture { index } => {
                    let closure = m.task.frames.last().map_or(Ref::NONE, |f| f.closure);
                    set!(m.rt.heap.func_capture(closure, index));
                    next!()
                }
                Op::GetStatic { class } => {
                    let id = m.linked.class(class);
                    match m.rt.static_box(id) {
                        s if !s.building && s.instance.is_some() => {
                            set!(s.instance.unwrap_or(Value::VOID));
                            next!()
                        }
                        _ => generic!(),
                    }
                }

                Op::GetField { object, name } => {
                    let object = get!(object);
                    give!(m.get_field(object, name, code.head.class))
                }
                Op::SetField { object, name, value } => {
                    let (object, value) = (get!(object), get!(value.0));
                    match m.set_field(object, name, value, code.head.class) {
                        Ok(_) => settle!(),
                        Err(trap) => {
                            // A store takes its operand in any case.
                            m.rt.heap.release(value);
                            slow!(m.trapped(trap))
                        }
                    }
                }
                Op::GetIndex { object, index: at } => {
                    let (object, at) = (get!(object), get!(at));
                    give!(index::get(&mut m.rt, object, at))
                }
                Op::SetIndex { object, index: at, value } => {
                    let (object, at, value) = (get!(object), get!(at), get!(value));
                    match index::set(&mut m.rt, object, at, value) {
                        Ok(_) => settle!(),
                        Err(trap) => slow!(m.trapped(trap)),
                    }
                }
                Op::NewObject { class } => {
                    let id = m.linked.class(class);
                    match m.rt.heap.obj_new(id) {
                        Ok(object) => {
                            set!(object);
                            next!()
                        }
                        Err(_) => {
                            let trap = m.out_of_memory();
                            slow!(m.trapped(trap))
                        }
                    }
                }

                Op::Call { func, args } => {
                    let list = code.list(args.0);
                    let Some(callee) = m.entry(func) else { called!(m.call_func(func, operands!(args))) };
                    // Only codes of this tier have patience.
                    if list.len() != callee.params as usize
                        || !m.task.frames.has_room()
                        || !callee.spend(CALL_STEPS)
                    {
                        called!(m.call_func(func, operands!(args)))
                    }
                    // SAFETY: `spend` is false for codes of other tiers; those of this one are made as `Prepared`.
                    let callee_code: &Prepared = unsafe { callee.cast() };
                    let window = m.task.stack.push(callee.words as usize);
                    let params: *mut Value = window.cast();
                    for (i, arg) in list.iter().enumerate() {
                        // SAFETY: checked registers; the window has at least `params` values.
                        unsafe { *params.add(i) = *regs.add(*arg as usize) }
                    }
                    save!();
                    let start = callee_code.insts.as_ptr();
                    m.task.frames.push(Frame::at(
                        callee,
                        TierId::INTERP,
                        start.cast(),
                        window,
                        Ref::NONE,
                        Role::Near,
                    ));
                    callee.note_run();
                    if m.tick() {
                        continue 'frame;
                    }
                    (pc, regs, code) = (start, params, callee_code);
                    continue;
                }
                Op::CallMethod { object, name, args } => {
                    let object = get!(object);
                    called!(m.call_method(object, name, operands!(args), code.head.class))
                }

                Op::Retain { a } => {
                    let a = get!(a);
                    m.rt.heap.retain(a);
                    set!(a);
                    next!()
                }
                Op::Release { a } | Op::ReleaseUnwinding { a } => {
                    let a = get!(a.0);
                    m.rt.heap.release(a);
                    settle!()
                }
                Op::DropOutbox {} => {
                    if m.task.outbox.is_empty() {
                        next!()
                    }
                    m.drop_outbox();
                    settle!()
                }

                Op::Jump { to } => follow!(to),
                Op::Branch { cond, then, els } => {
                    if get!(cond) == Value::TRUE {
                        follow!(then)
                    }
                    follow!(els)
                }
                Op::Switch { on, to } => {
                    let ways = code.list(to.0);
                    let on = get!(on).as_int().unwrap_or(-1) as u64;
                    let way = ways[on.min(ways.len() as u64 - 1) as usize];
                    follow!(mir::inst::EdgeId(way))
                }
                Op::Return { value } => {
                    let value = get!(value.0);
                    // SAFETY: the loop runs the newest activation.
                    let own = unsafe { m.task.frames.newest() };
                    // SAFETY: it is one; below one with such a role lies its caller. Nothing else looks at them.
                    let plain = unsafe {
                        match (*own).role {
                            Role::Near => true,
                            Role::Call => (*own.sub(1)).tier() == TierId::INTERP,
                            _ => false,
                        }
                    };
                    if !plain || !m.task.outbox.is_empty() {
                        slow!(m.returned(value))
                    }
                    m.task.stack.pop(regs.cast());
                    // SAFETY: the caller is of this tier and the newest one from here on. All codes of this tier are made
                    // as `Prepared`.
                    unsafe {
                        let caller = own.sub(1);
                        (pc, regs) = ((*caller).pc.cast(), (*caller).values());
                        code = (*caller).code().cast();
                        m.task.frames.drop_newest();
                    }
                    // SAFETY: as for `inst`.
                    let inst = unsafe { &*pc };
                    if inst.dst.is_none() {
                        m.rt.heap.release(value);
                        settle!()
                    }
                    // SAFETY: as in `set`.
                    unsafe { *regs.add(inst.dst.index()) = value }
                    next!()
                }
                Op::Throw { value } => {
                    let value = get!(value.0);
                    slow!(m.unwind(value, Default::default()))
                }
                Op::Rethrow { value } => {
                    let value = get!(value.0);
                    slow!(m.rethrow(value))
                }
                Op::Raise { kind, message } => {
                    let trap = m.raise_named(kind, message);
                    slow!(m.trapped(trap))
                }

                // Everything that needs no arm here, and what no function has that was prepared.
                _ => generic!(),
            }
        }
    }
}
