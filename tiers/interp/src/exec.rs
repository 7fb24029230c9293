//! The loop: one `match` over the instructions. The position, the registers and the function of the newest
//! activation are local variables; whatever may look at activations or change them gets the position
//! written back first and is followed by a reload.

use mir::inst::{Inst, Op, Val};
use nyrt::ops::{arith, bits, compare, index, text, truth};
use nyrt::trap::Outcome;
use nyrt::value::{Ref, Value};
use nyrt::{host::Stream, task};

use crate::calls::Called;
use crate::code::Code;
use crate::drops::After;
use crate::frame::{Frame, Role};
use crate::{Flow, Interp};

/// A binary operator.
type Binary = fn(&mut nyrt::rt::Rt, Value, Value) -> Outcome;

impl Interp {
    /// Runs until something says [`Flow::Stop`]. The current task has an activation.
    pub(crate) fn run_loop(&mut self) {
        'frame: loop {
            if (self.ticks <= 0 || self.rt.heap.collect_due()) && self.safepoint() == Flow::Stop {
                return;
            }
            let Some(frame) = self.task.frames.last() else { return };
            let (mut pc, mut regs, mut code): (*const Inst, *mut Value, &Code) =
                (frame.pc, frame.regs, frame.code());
            loop {
                // SAFETY: `pc` is an instruction of `code`: it starts at one, jumps go to the starts of blocks, and
                // the next one exists after all that do not end a block (checked by `Code::prepare`).
                let inst = unsafe { &*pc };

                macro_rules! get {
                    ($v:expr) => {{
                        let v: Val = $v;
                        debug_assert!(v.0 < code.regs);
                        // SAFETY: the window has `code.regs` registers and `Code::prepare` has checked all operands.
                        unsafe { *regs.add(v.index()) }
                    }};
                }
                macro_rules! set {
                    ($value:expr) => {{
                        let value: Value = $value;
                        debug_assert!(inst.dst.0 < code.regs);
                        // SAFETY: as in `get`; `Code::prepare` has checked that what gives a value has a destination.
                        unsafe { *regs.add(inst.dst.index()) = value }
                    }};
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
                        if let Some(frame) = self.task.frames.last_mut() {
                            frame.pc = pc;
                        }
                    };
                }
                // Something outside of the loop decides what is next.
                macro_rules! slow {
                    ($flow:expr) => {{
                        save!();
                        match $flow {
                            Flow::Go => continue 'frame,
                            Flow::Stop => return,
                        }
                    }};
                }
                // The instruction is done but for deaths that it may have caused.
                macro_rules! settle {
                    () => {{
                        if self.drops_wait() {
                            slow!(self.serve_drops(After::Next));
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
                            Err(trap) => slow!(self.trapped(trap)),
                        }
                    };
                }
                // The instruction gives this outcome; something may have died.
                macro_rules! give_settled {
                    ($outcome:expr) => {
                        match $outcome {
                            Ok(value) => {
                                set!(value);
                                settle!()
                            }
                            Err(trap) => slow!(self.trapped(trap)),
                        }
                    };
                }
                // The same for instructions without a result.
                macro_rules! perform {
                    ($outcome:expr) => {
                        match $outcome {
                            Ok(_) => settle!(),
                            Err(trap) => slow!(self.trapped(trap)),
                        }
                    };
                }
                macro_rules! binary {
                    ($f:expr, $a:expr, $b:expr) => {{
                        let (a, b) = (get!($a), get!($b));
                        give!($f(&mut self.rt, a, b))
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
                            Err(trap) => slow!(self.trapped(trap)),
                        }
                    }};
                }
                macro_rules! follow {
                    ($edge:expr) => {{
                        // SAFETY: `Code::prepare` has checked all edges.
                        let edge = unsafe { code.edges.get_unchecked($edge.index()) };
                        for m in code.moves(edge) {
                            // SAFETY: `Code::prepare` made the moves from checked registers.
                            unsafe { *regs.add(m.to as usize) = *regs.add(m.from as usize) }
                        }
                        // SAFETY: the start of a block, checked by `Code::prepare`.
                        pc = unsafe { code.insts.as_ptr().add(edge.pc as usize) };
                        if edge.back {
                            self.ticks -= 1;
                            if self.ticks <= 0 || self.rt.heap.collect_due() {
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
                    Op::Str { text } => give!(self.linked.text(&mut self.rt, text)),
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
                            give!(arith::add(&mut self.rt, x, y))
                        }
                        match arith::add_owned(&mut self.rt, x, y) {
                            Ok(value) => {
                                // The count of the old value is gone; the release that follows finds nothing.
                                // SAFETY: as in `get`.
                                unsafe { *regs.add(a.index()) = Value::VOID };
                                set!(value);
                                next!()
                            }
                            Err(trap) => slow!(self.trapped(trap)),
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
                        set!(Value::bool(compare::same(&self.rt, a, b)));
                        next!()
                    }
                    Op::Ne { a, b } => {
                        let (a, b) = (get!(a), get!(b));
                        set!(Value::bool(!compare::same(&self.rt, a, b)));
                        next!()
                    }
                    Op::Lt { a, b } => binary!(compare::lt, a, b),
                    Op::Le { a, b } => binary!(compare::le, a, b),
                    Op::Gt { a, b } => binary!(compare::gt, a, b),
                    Op::Ge { a, b } => binary!(compare::ge, a, b),
                    Op::Neg { a } => {
                        let a = get!(a);
                        give!(arith::neg(&mut self.rt, a))
                    }
                    Op::BitNot { a } => {
                        let a = get!(a);
                        give!(bits::not(&mut self.rt, a))
                    }
                    Op::Truth { a } => {
                        let a = get!(a);
                        give!(truth::truth(&mut self.rt, a))
                    }
                    Op::Not { a } => {
                        let a = get!(a);
                        give!(truth::not(&mut self.rt, a))
                    }

                    Op::GetGlobal { global } => match self.rt.global(global.0) {
                        Some(value) => {
                            set!(self.rt.heap.own(value));
                            next!()
                        }
                        None => slow!(self.no_global(global)),
                    },
                    Op::HasGlobal { global } => {
                        set!(Value::bool(self.rt.global(global.0).is_some()));
                        next!()
                    }
                    Op::SetGlobal { global, value } => {
                        let old = self.rt.set_global(global.0, get!(value.0));
                        self.rt.heap.release(old);
                        settle!()
                    }
                    Op::NewCell { value } => {
                        let value = get!(value.0);
                        match self.rt.heap.cell_new(value) {
                            Ok(cell) => {
                                set!(cell);
                                next!()
                            }
                            Err(_) => slow!(self.out_of_memory()),
                        }
                    }
                    Op::GetCell { cell } => {
                        set!(self.rt.heap.cell_get(get!(cell).as_ref()));
                        next!()
                    }
                    Op::SetCell { cell, value } => {
                        let old = self.rt.heap.cell_set(get!(cell).as_ref(), get!(value.0));
                        self.rt.heap.release(old);
                        settle!()
                    }
                    Op::Capture { index } => {
                        let closure = self.task.frames.last().map_or(Ref::NONE, |f| f.closure);
                        set!(self.rt.heap.func_capture(closure, index));
                        next!()
                    }
                    Op::GetStatic { class } => {
                        let id = self.linked.class(class);
                        match self.rt.static_box(id) {
                            s if !s.building && s.instance.is_some() => {
                                set!(s.instance.unwrap_or(Value::VOID));
                                next!()
                            }
                            _ => slow!(self.static_box(class)),
                        }
                    }

                    Op::GetField { object, name } => {
                        let object = get!(object);
                        give!(self.get_field(object, name, code.class))
                    }
                    Op::SetField { object, name, value } => {
                        let (object, value) = (get!(object), get!(value.0));
                        match self.set_field(object, name, value, code.class) {
                            Ok(_) => settle!(),
                            Err(trap) => {
                                // A store takes its operand in any case.
                                self.rt.heap.release(value);
                                slow!(self.trapped(trap))
                            }
                        }
                    }
                    Op::GetIndex { object, index: at } => {
                        let (object, at) = (get!(object), get!(at));
                        give!(index::get(&mut self.rt, object, at))
                    }
                    Op::SetIndex { object, index: at, value } => {
                        let (object, at, value) = (get!(object), get!(at), get!(value));
                        perform!(index::set(&mut self.rt, object, at, value))
                    }
                    Op::NewObject { class } => {
                        let id = self.linked.class(class);
                        match self.rt.heap.obj_new(id) {
                            Ok(object) => {
                                set!(object);
                                next!()
                            }
                            Err(_) => slow!(self.out_of_memory()),
                        }
                    }
                    Op::Discard { object } => {
                        let object = get!(object.0);
                        self.rt.heap.discard(object);
                        settle!()
                    }
                    Op::NewBuiltin { class, args } => {
                        let args = self.arguments(code.list(args.0));
                        give_settled!(nyrt::builtin::construct(
                            &mut self.rt,
                            link::builtin_class(class),
                            &args
                        ))
                    }
                    Op::SetContent { object, class, value } => {
                        let (object, value) = (get!(object), get!(value.0));
                        perform!(self.rt.set_content(object, link::builtin_class(class), value))
                    }
                    Op::GetContent { object, class } => {
                        let object = get!(object);
                        match self.rt.content(object, link::builtin_class(class)) {
                            Ok(content) => {
                                set!(self.rt.heap.own(content.unwrap_or(Value::VOID)));
                                next!()
                            }
                            Err(trap) => slow!(self.trapped(trap)),
                        }
                    }
                    Op::NewArray { items } => {
                        let items = self.arguments(code.list(items.0));
                        match self.rt.heap.arr_from(&items) {
                            Ok(array) => {
                                items.iter().for_each(|v| self.rt.heap.release(*v));
                                set!(array);
                                next!()
                            }
                            Err(_) => slow!(self.out_of_memory()),
                        }
                    }
                    Op::NewMap { items } => {
                        let items = self.arguments(code.list(items.0));
                        give_settled!(self.new_map(&items))
                    }
                    Op::NewClosure { func, captures } => {
                        let captures = self.arguments(code.list(captures.0));
                        match self.rt.heap.func_new(link::func_id(func), Value::VOID, &captures) {
                            Ok(closure) => {
                                captures.iter().for_each(|v| self.rt.heap.release(*v));
                                set!(closure);
                                next!()
                            }
                            Err(_) => slow!(self.out_of_memory()),
                        }
                    }
                    Op::Weak { a } => {
                        let a = get!(a);
                        give!(self.weak(a))
                    }
                    Op::IsCaught { value, name } => {
                        let value = get!(value);
                        set!(Value::bool(self.is_caught(value, name)));
                        next!()
                    }
                    Op::CheckFini { object, name } => {
                        let object = get!(object);
                        perform!(self.check_fini(object, name))
                    }
                    Op::DeclareBox { class } => {
                        self.linked.declare(class);
                        next!()
                    }
                    Op::CheckBox { class } => {
                        if self.linked.is_declared(class) {
                            next!()
                        }
                        slow!(self.undeclared_box(class))
                    }

                    Op::Call { func, args } => {
                        let Some(callee) = self.ready(func) else { slow!(self.prepare_then_again(func)) };
                        let args = code.list(args.0);
                        if args.len() != callee.params as usize || self.task.frames.len() >= self.max_depth()
                        {
                            called!(self.call_func(func, args))
                        }
                        let Some(window) = self.task.stack.push(callee.regs as usize) else {
                            called!(Err(self.stack_overflow()))
                        };
                        for (i, arg) in args.iter().enumerate() {
                            // SAFETY: checked registers; the window has at least `params` values.
                            unsafe { *window.add(i) = *regs.add(*arg as usize) }
                        }
                        save!();
                        self.task.frames.push(Frame::new(callee, window, Ref::NONE, Role::Call));
                        self.ticks -= 1;
                        if self.ticks <= 0 || self.rt.heap.collect_due() {
                            continue 'frame;
                        }
                        (pc, regs, code) = (callee.insts.as_ptr(), window, callee);
                        continue;
                    }
                    Op::CallValue { callee, args } => {
                        let callee = get!(callee);
                        called!(self.call_value(callee, code.list(args.0)))
                    }
                    Op::CallMethod { object, name, args } => {
                        let object = get!(object);
                        called!(self.call_method(object, name, code.list(args.0), code.class))
                    }
                    Op::CallContent { object, name, args } => {
                        let object = get!(object);
                        called!(self.call_content(object, name, code.list(args.0)))
                    }
                    Op::CallBuiltin { builtin, args } => {
                        let args = self.arguments(code.list(args.0));
                        let id = nyrt::builtin::BuiltinId(builtin.0 as u16);
                        give_settled!(nyrt::builtin::call(&mut self.rt, id, Value::VOID, &args))
                    }
                    Op::ExternCall { iface, method, args } => {
                        let args = self.arguments(code.list(args.0));
                        let names = &self.linked.program.names;
                        let (iface, method) = (names.text(iface), names.text(method));
                        give_settled!(nyrt::builtin::call_external(&mut self.rt, iface, method, &args))
                    }
                    Op::CallOnce { func } => match self.begun.get_mut(func.index()) {
                        Some(begun) if !*begun => {
                            *begun = true;
                            called!(self.call_func(func, &[]))
                        }
                        _ => next!(),
                    },
                    Op::Spawn { callee } => {
                        let callee = get!(callee);
                        give!(self.spawn(callee))
                    }
                    Op::Await { a } => {
                        let a = get!(a);
                        give!(task::await_value(&mut self.rt, a))
                    }
                    Op::Print { a } => {
                        let a = get!(a);
                        perform!(text::print(&mut self.rt, Stream::Out, a))
                    }

                    Op::Retain { a } => {
                        let a = get!(a);
                        self.rt.heap.retain(a);
                        set!(a);
                        next!()
                    }
                    Op::Release { a } | Op::ReleaseUnwinding { a } => {
                        let a = get!(a.0);
                        self.rt.heap.release(a);
                        settle!()
                    }
                    Op::Outbox { a } => {
                        let depth = self.task.frames.len() - 1;
                        self.task.outbox.push((depth, get!(a.0)));
                        next!()
                    }
                    Op::DropOutbox {} => {
                        if self.task.outbox.is_empty() {
                            next!()
                        }
                        self.drop_outbox();
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
                        let plain = self.task.frames.last().is_some_and(|f| f.role == Role::Call);
                        if !plain || !self.task.outbox.is_empty() {
                            slow!(self.returned(value))
                        }
                        self.task.stack.pop(regs);
                        self.task.frames.pop();
                        let Some(caller) = self.task.frames.last() else { return };
                        (pc, regs, code) = (caller.pc, caller.regs, caller.code());
                        // SAFETY: as for `inst`.
                        let inst = unsafe { &*pc };
                        if inst.dst.is_none() {
                            self.rt.heap.release(value);
                            settle!()
                        }
                        // SAFETY: as in `set`.
                        unsafe { *regs.add(inst.dst.index()) = value }
                        next!()
                    }
                    Op::Throw { value } => {
                        let value = get!(value.0);
                        slow!(self.unwind(value, Default::default()))
                    }
                    Op::Rethrow { value } => {
                        let value = get!(value.0);
                        slow!(self.rethrow(value))
                    }
                    Op::Raise { kind, message } => slow!(self.raise_named(kind, message)),
                    // `unreachable`, and what is in typed functions or unfinished ones only.
                    _ => {
                        slow!(self.fault(format!("{:?} was reached in {:?}", inst.op, code.func)))
                    }
                }
            }
        }
    }
}
