//! Calls: what is called, with how many arguments, and the new activation. It does not run it.

use mir::func::is_bit;
use mir::inst::{ClassIx, FuncId};
use nyrt::builtin::{self, BuiltinId};
use nyrt::class::{ClassTable, Target};
use nyrt::error::ErrorKind;
use nyrt::ops::method;
use nyrt::trap::{Callout, Trap};
use nyrt::value::{ClassId, Kind, Name, Ref, Value, class_id};
use smallvec::SmallVec;
use syntax::intern::Symbol;

use crate::code::{CALL_STEPS, CodePtr, TierId};
use crate::drops::After;
use crate::frame::{Frame, Role};
use crate::{Flow, Machine};

/// Arguments in a row.
pub type Args = SmallVec<[Value; 8]>;

/// Operands of an instruction: values of a window by their numbers.
#[derive(Clone, Copy)]
pub struct Operands<'a> {
    base: *const Value,
    list: &'a [u32],
}

impl<'a> Operands<'a> {
    /// No operands.
    pub const NONE: Operands<'static> = Operands { base: std::ptr::null(), list: &[] };

    /// The values `base.add(n)` for all `n` in `list`.
    ///
    /// # Safety
    /// They can be read as long as this is used.
    #[inline(always)]
    pub unsafe fn new(base: *const Value, list: &'a [u32]) -> Operands<'a> {
        Operands { base, list }
    }
    /// How many there are.
    #[inline(always)]
    pub fn len(self) -> usize {
        self.list.len()
    }
    /// Whether there are none.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.list.is_empty()
    }
    /// The values.
    #[inline(always)]
    pub fn values(self) -> impl ExactSizeIterator<Item = Value> + 'a {
        let base = self.base;
        // SAFETY: `new` was promised that they can be read.
        self.list.iter().map(move |n| unsafe { Value::read(base.add(*n as usize)) })
    }
    /// The same in a row.
    #[inline]
    pub fn args(self) -> Args {
        self.values().collect()
    }
}

/// How a call began.
pub enum Called {
    /// It is over and gave an owned value.
    Value(Value),
    /// There is a new activation.
    Entered,
}

/// Function numbers from here on mean builtin methods: a builtin method that is bound to a receiver.
const BUILTIN: u32 = 1 << 31;

/// The number that a function value bound to a builtin method has.
pub(crate) fn bound_builtin(id: BuiltinId) -> nyrt::value::FuncId {
    nyrt::value::FuncId(BUILTIN | id.0 as u32)
}

impl Machine {
    /// A new activation. The role says who owns arguments and closure; on failure nothing is consumed.
    pub fn enter(
        &mut self,
        func: nyrt::value::FuncId,
        args: &[Value],
        closure: Ref,
        role: Role,
    ) -> Result<(), Trap> {
        let mut frame = self.open(func, args.len(), closure, role)?;
        frame.set_params(args);
        self.give_counts(&frame, args);
        self.task.frames.push(frame);
        Ok(())
    }

    /// The same with an optional receiver and operands of an instruction.
    #[inline]
    fn enter_from(
        &mut self,
        func: nyrt::value::FuncId,
        receiver: Option<Value>,
        args: Operands<'_>,
        closure: Ref,
        role: Role,
    ) -> Result<Called, Trap> {
        let first = usize::from(receiver.is_some());
        let mut frame = self.open(func, first + args.len(), closure, role)?;
        if frame.code().plain {
            let params = frame.values();
            // SAFETY: the window begins with the parameters as values, `plain` says, and `open` has checked that there
            // are as many as arguments.
            unsafe {
                if let Some(receiver) = receiver {
                    *params = receiver;
                }
                for (i, arg) in args.values().enumerate() {
                    *params.add(first + i) = arg;
                }
            }
        } else {
            let all: Args = receiver.into_iter().chain(args.values()).collect();
            frame.set_params(&all);
            self.give_counts(&frame, &all);
        }
        self.task.frames.push(frame);
        Ok(Called::Entered)
    }

    /// What the code of a new activation takes over is counted for it: whoever called keeps its arguments.
    fn give_counts(&self, frame: &Frame, args: &[Value]) {
        let takes = frame.code().takes;
        if takes == 0 {
            return;
        }
        let given = args.iter().enumerate().filter(|(i, _)| is_bit(takes, *i));
        given.for_each(|(_, arg)| self.rt.heap.retain(*arg));
    }

    /// An activation that still lacks its arguments and is not on the stack of activations yet. Always inlined: an
    /// activation in a result would be copied in wider pieces than it was written in, which stalls each call.
    #[inline(always)]
    fn open(
        &mut self,
        func: nyrt::value::FuncId,
        args: usize,
        closure: Ref,
        role: Role,
    ) -> Result<Frame, Trap> {
        let mut code = self.code(FuncId(func.0))?;
        if args != code.params as usize {
            return Err(self.wrong_count(code, args));
        }
        if !code.spend(CALL_STEPS) && code.tier == TierId::INTERP {
            code = self.warmed(code.func)?;
        }
        if self.task.frames.len() >= self.max_depth() {
            return Err(self.stack_overflow());
        }
        let window = self.task.stack.push(code.words as usize);
        self.ticks -= 1;
        Ok(Frame::new(code, window, closure, role))
    }

    /// The code of a function that has become warm, which may be another one now.
    #[cold]
    fn warmed(&mut self, func: FuncId) -> Result<CodePtr, Trap> {
        self.warm(func, false);
        self.code(func)
    }

    #[cold]
    fn wrong_count(&mut self, code: CodePtr, got: usize) -> Trap {
        let me = usize::from(code.has_me);
        let wanted = match (code.params as usize).saturating_sub(me) {
            0 => "no arguments".into(),
            1 => "1 argument".into(),
            n => format!("{n} arguments"),
        };
        let name = self.linked.program.names.text(code.name);
        let text = format!("{name} takes {wanted}, got {}", got.saturating_sub(me));
        self.rt.raise(ErrorKind::ArityError, &text)
    }

    /// Throws `StackOverflow`.
    #[cold]
    pub fn stack_overflow(&mut self) -> Trap {
        let text = match self.task.frames.len() {
            1 => "More than 1 call is nested".into(),
            n => format!("More than {n} calls are nested"),
        };
        self.rt.raise(ErrorKind::StackOverflow, &text)
    }

    /// A function of the program by number.
    pub fn call_func(&mut self, func: FuncId, args: Operands<'_>) -> Result<Called, Trap> {
        self.enter_from(link::func_id(func), None, args, Ref::NONE, Role::Call)
    }

    /// A function value; whoever calls keeps it alive.
    pub fn call_value(&mut self, callee: Value, args: Operands<'_>) -> Result<Called, Trap> {
        self.call_closure(callee, args, Role::Call)
    }

    fn call_closure(&mut self, callee: Value, args: Operands<'_>, role: Role) -> Result<Called, Trap> {
        if callee.kind() != Kind::Func {
            return Err(self.not_a_function(callee));
        }
        let closure = callee.as_ref();
        let (func, receiver) = (self.rt.heap.func_id(closure), self.rt.heap.func_receiver(closure));
        if func.0 & BUILTIN != 0 {
            let result = builtin::call(&mut self.rt, BuiltinId(func.0 as u16), receiver, &args.args())?;
            if role == Role::CallWithClosure {
                self.rt.heap.release_ref(closure);
            }
            return Ok(Called::Value(result));
        }
        let code = self.code(FuncId(func.0))?;
        if code.has_me {
            self.rt.check_alive(receiver)?;
        }
        self.enter_from(func, code.has_me.then_some(receiver), args, closure, role)
    }

    #[cold]
    fn not_a_function(&mut self, v: Value) -> Trap {
        let text = format!("{} is not a function", self.rt.type_name(v));
        self.rt.raise(ErrorKind::TypeError, &text)
    }

    /// A method by name, or a function held in the field of that name.
    #[inline]
    pub fn call_method(
        &mut self,
        object: Value,
        name: Symbol,
        args: Operands<'_>,
        from: ClassIx,
    ) -> Result<Called, Trap> {
        let name = self.linked.name(&mut self.rt, name);
        match method::find(&mut self.rt, object, name)? {
            Some(target) => self.call_target(target, object, args),
            None => self.call_field(object, name, args, from),
        }
    }

    /// A function held in a field.
    fn call_field(
        &mut self,
        object: Value,
        name: Name,
        args: Operands<'_>,
        from: ClassIx,
    ) -> Result<Called, Trap> {
        let Some(slot) = self.field_slot(object, name) else {
            return Err(method::no_method(&mut self.rt, object, name));
        };
        self.check_visible(object, name, from)?;
        let callee = self.rt.heap.field_get(object.as_ref(), slot);
        let called = self.call_closure(callee, args, Role::CallWithClosure);
        if called.is_err() {
            self.rt.heap.release(callee);
        }
        called
    }

    /// A method of a builtin parent on the content of a box: the first parent that has it, else what every value has.
    pub fn call_content(&mut self, object: Value, name: Symbol, args: Operands<'_>) -> Result<Called, Trap> {
        let name = self.linked.name(&mut self.rt, name);
        self.rt.check_alive(object)?;
        let parents: SmallVec<[ClassId; 4]> = match object.class() {
            class if class >= class_id::FIRST_USER => {
                self.rt.classes.get(class).contents().iter().map(|c| c.0).collect()
            }
            _ => SmallVec::new(),
        };
        let own = |classes: &ClassTable, p: ClassId| classes.declared_method(p, name).map(|t| (p, t));
        let found = parents.iter().find_map(|p| own(&self.rt.classes, *p)).or_else(|| {
            let first = *parents.first()?;
            self.rt.classes.method(first, name).map(|t| (first, t))
        });
        let Some((parent, target)) = found else { return Err(method::no_method(&mut self.rt, object, name)) };
        let content = self.rt.content(object, parent)?.unwrap_or(Value::VOID);
        self.call_target(target, content, args)
    }

    fn call_target(&mut self, target: Target, object: Value, args: Operands<'_>) -> Result<Called, Trap> {
        match target {
            Target::Func(func) => self.enter_from(func, Some(object), args, Ref::NONE, Role::Call),
            Target::Static(func) => self.enter_from(func, None, args, Ref::NONE, Role::Call),
            Target::Builtin(id) => builtin::call(&mut self.rt, id, object, &args.args()).map(Called::Value),
            Target::OnContent { parent, func } => {
                let content = self.rt.content(object, parent)?.unwrap_or(Value::VOID);
                self.enter_from(func, Some(content), args, Ref::NONE, Role::Call)
            }
        }
    }
}

impl Machine {
    /// Performs the call that an operation asked for; its result is that of the current instruction.
    #[cold]
    pub fn perform_callout(&mut self) -> Flow {
        self.enter_callout(Role::CallWithArgs)
    }

    pub(crate) fn enter_callout(&mut self, role: Role) -> Flow {
        let Callout { func, args } = std::mem::take(&mut self.rt.callout);
        let Some(func) = func else {
            return self.fault("a call without a function: the prelude is missing".into());
        };
        match self.enter(func, &args, Ref::NONE, role) {
            Ok(()) => Flow::Go,
            Err(trap) => {
                args.iter().rev().for_each(|v| self.rt.heap.release(*v));
                self.trapped(trap)
            }
        }
    }

    /// The newest activation returns an owned value to somebody else than a plain call.
    #[cold]
    pub fn returned(&mut self, value: Value) -> Flow {
        let Some(role) = self.task.frames.last().map(|f| f.role) else { return Flow::Stop };
        self.leave_frame();
        match role {
            Role::Call | Role::Near | Role::CallWithArgs | Role::CallWithClosure => {
                self.give(value);
                self.done()
            }
            Role::Fini => {
                self.rt.heap.release(value);
                if self.drops_wait() { self.serve_drops(After::Fini) } else { self.fini_ended(Ok(())) }
            }
            Role::Static => {
                self.rt.heap.release(value);
                self.static_done();
                if self.drops_wait() { self.serve_drops(After::Again) } else { Flow::Go }
            }
            Role::Root => {
                if self.drops_wait() {
                    self.serve_drops(After::TaskEnd(Ok(value)))
                } else {
                    self.end_task(Ok(value))
                }
            }
            Role::Text => self.text_made(value),
        }
    }

    /// Writes the result of the current instruction of the newest activation.
    pub fn give(&mut self, value: Value) {
        match self.task.frames.last_mut() {
            Some(frame) => frame.code().body().give(&mut self.rt, frame, value),
            None => self.rt.heap.release(value),
        }
    }
}
