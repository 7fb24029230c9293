//! The state of one isolate: heap, classes, names, globals, the exception in flight. Errors are made here and
//! nowhere else. It is plain data with small helpers; what operations mean is elsewhere, and nothing here runs
//! Nyash code.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::boxes;
use crate::builtin;
use crate::class::ClassTable;
use crate::error::ErrorKind;
use crate::heap::region::PAGE;
use crate::heap::{Heap, HeapConfig, OutOfMemory, RegionSource};
use crate::host::Host;
use crate::names::Names;
use crate::prelude::Prelude;
use crate::shapes;
use crate::task::Tasks;
use crate::trap::{Callout, Trap};
use crate::value::{ClassId, Kind, Ref, Value, class_id};

/// Why no Nyash code runs any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// `--timeout`
    Timeout,
    /// `--fuel`
    Fuel,
    /// The other end of standard output is gone.
    Closed,
    /// The program asked to end with this status.
    Exit(i32),
}

/// Limits that tiers check.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most frames at once.
    pub max_depth: u32,
    /// Steps (calls and back-edges) that are left.
    pub fuel: u64,
    /// Monotonic nanoseconds at which the program is stopped.
    pub deadline_ns: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_depth: 10_000, fuel: u64::MAX, deadline_ns: u64::MAX }
    }
}

/// A variable that lives until the program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Root {
    /// Index into [`Rt::globals`].
    Global(u32),
    /// Instance of a static box.
    Static(ClassId),
}

/// The instance of a static box.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaticBox {
    /// Owned; `None` before the first use.
    pub instance: Option<Value>,
    /// Its `static` block is running.
    pub building: bool,
}

/// The smallest `max_bytes` with which an isolate starts: a page of state, and one for each size of the cells that are
/// made at the start. What it is too small for raises `OutOfMemory`.
pub const SMALLEST_HEAP: u64 = 4 * PAGE as u64;

/// One isolate.
pub struct Rt {
    /// Objects.
    pub heap: Heap,
    /// Classes.
    pub classes: ClassTable,
    /// Names of methods, fields, classes.
    pub names: Names,
    /// Global variables, owned; `None` before they are made.
    pub globals: Vec<Option<Value>>,
    /// Static boxes by class id.
    pub statics: Vec<StaticBox>,
    /// Globals and static boxes in the order in which they were made.
    pub made: Vec<Root>,
    /// Everything outside.
    pub host: Box<dyn Host>,
    /// The exception in flight, owned; `void` when there is none.
    pub thrown: Value,
    /// The call that an operation asks its tier to perform ([`Trap::Call`]).
    pub callout: Callout,
    /// Tasks and who waits for what.
    pub tasks: Tasks,
    /// The compiled functions of the prelude; the loader fills it.
    pub prelude: Prelude,
    /// Number of parameters of every function, `me` included; the loader fills it.
    pub params: Vec<u32>,
    /// The arguments of the command line, for `main(args)`.
    pub args: Vec<String>,
    /// What builtin boxes keep outside of the heap.
    pub boxes: boxes::State,
    /// Why the program is being stopped ([`Trap::Stop`]).
    pub stop: Option<Stop>,
    /// Limits.
    pub limits: Limits,
    /// Raised when there is no memory for another error.
    out_of_memory: Value,
}

impl Rt {
    /// An isolate with the builtin classes and nothing else.
    pub fn new(
        region: Box<dyn RegionSource>,
        config: HeapConfig,
        host: Box<dyn Host>,
    ) -> Result<Rt, OutOfMemory> {
        let mut heap = Heap::new(region, HeapConfig { alloc_fail: None, ..config })?;
        let mut names = Names::default();
        let mut classes = ClassTable::new(&mut names);
        builtin::register(&mut classes, &mut names);
        let boxes = boxes::State::new(&mut names);
        shapes::define(&mut heap.layouts, &mut names);
        let kind = heap.str_new(ErrorKind::OutOfMemory.name())?;
        let message = heap.str_new("Out of memory")?;
        let error = heap.obj_new(class_id::ERROR)?;
        heap.field_set(error.as_ref(), shapes::ERROR_KIND, kind)?;
        heap.field_set(error.as_ref(), shapes::ERROR_MESSAGE, message)?;
        for v in [kind, message, error] {
            heap.make_immortal(v.as_ref());
        }
        heap.fail_allocation(config.alloc_fail);
        Ok(Rt {
            heap,
            classes,
            names,
            globals: Vec::new(),
            statics: Vec::new(),
            made: Vec::new(),
            host,
            thrown: Value::VOID,
            callout: Callout::default(),
            tasks: Tasks::new(),
            prelude: Prelude::default(),
            params: Vec::new(),
            args: Vec::new(),
            boxes,
            stop: None,
            limits: Limits::default(),
            out_of_memory: error,
        })
    }

    /// Throws an ErrorBox. A heap without room for it throws the `OutOfMemory` that was made at the start.
    #[cold]
    pub fn raise(&mut self, kind: ErrorKind, message: &str) -> Trap {
        let error = match kind {
            ErrorKind::OutOfMemory => self.out_of_memory,
            _ => self.error_new(kind.name(), message).unwrap_or(self.out_of_memory),
        };
        self.throw(error)
    }

    /// Throws an owned value. An exception that was in flight is dropped.
    #[cold]
    pub fn throw(&mut self, value: Value) -> Trap {
        let old = core::mem::replace(&mut self.thrown, value);
        self.heap.release(old);
        Trap::Throw
    }

    /// The exception in flight, owned by the caller from now on.
    pub fn take_thrown(&mut self) -> Value {
        core::mem::replace(&mut self.thrown, Value::VOID)
    }

    /// An ErrorBox.
    pub fn error_new(&mut self, kind: &str, message: &str) -> Result<Value, OutOfMemory> {
        let kind = self.heap.str_new(kind)?;
        let made = self.heap.str_new(message).and_then(|m| match self.heap.obj_new(class_id::ERROR) {
            Ok(error) => Ok((m, error)),
            Err(e) => {
                self.heap.release(m);
                Err(e)
            }
        });
        let (message, error) = match made {
            Ok(both) => both,
            Err(e) => {
                self.heap.release(kind);
                return Err(e);
            }
        };
        self.heap.field_set(error.as_ref(), shapes::ERROR_KIND, kind)?;
        self.heap.field_set(error.as_ref(), shapes::ERROR_MESSAGE, message)?;
        Ok(error)
    }

    /// Fails with `UseAfterFini` for a box that was finalized explicitly.
    #[inline]
    pub fn check_alive(&mut self, v: Value) -> Result<(), Trap> {
        if self.heap.is_dead(v) { Err(self.use_after_fini(v)) } else { Ok(()) }
    }

    #[cold]
    fn use_after_fini(&mut self, v: Value) -> Trap {
        let text = alloc::format!("{} is used after fini", self.type_name(v));
        self.raise(ErrorKind::UseAfterFini, &text)
    }

    /// The name of a class.
    pub fn class_name(&self, class: ClassId) -> &str {
        if class.0 as usize >= self.classes.len() {
            return "?";
        }
        self.classes.get(class).name().map_or("?", |name| self.names.text(name))
    }

    /// The name of a value's class, `type_name()`.
    pub fn type_name(&self, v: Value) -> &str {
        self.class_name(v.class())
    }

    /// The slot of a user box that holds its content for a builtin parent.
    #[inline]
    pub fn content_slot(&self, v: Value, builtin: ClassId) -> Option<u32> {
        if v.kind() != Kind::Obj || v.class() < class_id::FIRST_USER {
            return None;
        }
        self.classes.content_slot(v.class(), builtin)
    }

    /// The instance of a static box, borrowed.
    pub fn static_box(&self, class: ClassId) -> StaticBox {
        self.statics.get(class.0 as usize).copied().unwrap_or_default()
    }

    /// Notes the instance of a static box (owned) whose `static` block is about to run.
    pub fn begin_static(&mut self, class: ClassId, instance: Value) {
        let at = class.0 as usize;
        if self.statics.len() <= at {
            self.statics.resize(at + 1, StaticBox::default());
        }
        self.made.push(Root::Static(class));
        let old = self.statics[at].instance.replace(instance);
        self.statics[at].building = true;
        self.heap.release(old.unwrap_or(Value::VOID));
    }

    /// The `static` block has ended.
    pub fn end_static(&mut self, class: ClassId) {
        if let Some(s) = self.statics.get_mut(class.0 as usize) {
            s.building = false;
        }
    }

    /// The value of a global, borrowed; `None` when nothing has made it yet.
    #[inline]
    pub fn global(&self, index: u32) -> Option<Value> {
        self.globals.get(index as usize).copied().flatten()
    }

    /// Sets a global to an owned value and makes it if it is new; gives the old value, owned.
    pub fn set_global(&mut self, index: u32, v: Value) -> Value {
        let at = index as usize;
        if self.globals.len() <= at {
            self.globals.resize(at + 1, None);
        }
        match self.globals[at].replace(v) {
            Some(old) => old,
            None => {
                self.made.push(Root::Global(index));
                Value::VOID
            }
        }
    }

    /// Takes out the global or static box that was made last, owned, for finalization at program end.
    pub fn take_last_root(&mut self) -> Option<Value> {
        while let Some(root) = self.made.pop() {
            let value = match root {
                Root::Global(i) => self.globals.get_mut(i as usize).and_then(Option::take),
                Root::Static(c) => self.statics.get_mut(c.0 as usize).and_then(|s| s.instance.take()),
            };
            if value.is_some() {
                return value;
            }
        }
        None
    }

    /// All values that this structure owns, for [`Heap::audit`].
    pub fn roots(&self) -> impl Iterator<Item = Value> + '_ {
        let globals = self.globals.iter().flatten().copied();
        let statics = self.statics.iter().filter_map(|s| s.instance);
        globals
            .chain(statics)
            .chain(self.callout.args.iter().copied())
            .chain(self.tasks.roots())
            .chain([self.thrown])
    }

    /// The kind of an ErrorBox, if the value is one.
    pub fn error_kind(&self, v: Value) -> Option<&str> {
        self.error_text(v, shapes::ERROR_KIND)
    }

    /// The message of an ErrorBox, if the value is one.
    pub fn error_message(&self, v: Value) -> Option<&str> {
        self.error_text(v, shapes::ERROR_MESSAGE)
    }

    fn error_text(&self, v: Value, slot: u32) -> Option<&str> {
        if v.class() != class_id::ERROR {
            return None;
        }
        let text: Option<Ref> = self.heap.field_peek(v.as_ref(), slot).as_str();
        Some(text.map_or("", |r| self.heap.str_text(r)))
    }
}
