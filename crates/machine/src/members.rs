//! Fields, bound methods, and the errors of instructions that need a word about names. What fields and
//! methods a class has, `nyrt` knows.

use mir::inst::{ClassIx, Global};
use nyrt::class::Target;
use nyrt::convert;
use nyrt::error::ErrorKind;
use nyrt::ops::{index, method};
use nyrt::trap::{Outcome, Trap};
use nyrt::value::{Kind, Name, Value};
use syntax::intern::Symbol;

use crate::Machine;
use crate::calls::bound_builtin;

impl Machine {
    /// The slot of a field that the object has.
    #[inline]
    pub fn field_slot(&self, object: Value, name: Name) -> Option<u32> {
        if object.kind() != Kind::Obj {
            return None;
        }
        self.rt.heap.layouts.get(object.class()).slot_of(name)
    }

    /// Fails with `Visibility` if code of the class `from` may not touch the field.
    #[inline(always)]
    pub fn check_visible(&mut self, object: Value, name: Name, from: ClassIx) -> Result<(), Trap> {
        let from = self.linked.class_or_none(from);
        // A box may touch its own fields.
        if from == Some(object.class()) || self.rt.classes.field_visible(object.class(), name, from) {
            return Ok(());
        }
        Err(self.not_visible(object, name))
    }

    #[cold]
    fn not_visible(&mut self, object: Value, name: Name) -> Trap {
        let text =
            format!("Field '{}' is private in {}", self.rt.names.text(name), self.rt.type_name(object));
        self.rt.raise(ErrorKind::Visibility, &text)
    }

    /// A field, or the method of that name bound to the object.
    #[inline]
    pub fn get_field(&mut self, object: Value, name: Symbol, from: ClassIx) -> Outcome {
        let name = self.linked.name(&mut self.rt, name);
        if let Some(slot) = self.field_slot(object, name)
            && !self.rt.heap.is_dead(object)
        {
            self.check_visible(object, name, from)?;
            return Ok(self.rt.heap.field_get(object.as_ref(), slot));
        }
        self.bound_method(object, name)
    }

    #[cold]
    fn bound_method(&mut self, object: Value, name: Name) -> Outcome {
        if object.is_nothing() {
            return Err(self.field_of_nothing(object, name));
        }
        self.rt.check_alive(object)?;
        let (func, receiver) = match method::find(&mut self.rt, object, name)? {
            Some(Target::Func(func)) => (func, object),
            Some(Target::Static(func)) => (func, Value::VOID),
            Some(Target::Builtin(id)) => (bound_builtin(id), object),
            Some(Target::OnContent { parent, func }) => {
                (func, self.rt.content(object, parent)?.unwrap_or(Value::VOID))
            }
            None => return Err(self.no_field(object, name)),
        };
        match self.rt.heap.func_new(func, receiver, &[]) {
            Ok(bound) => Ok(bound),
            Err(_) => Err(self.out_of_memory()),
        }
    }

    #[cold]
    fn field_of_nothing(&mut self, object: Value, name: Name) -> Trap {
        let what = if object == Value::NULL { "null" } else { "void" };
        let text = format!("Field '{}' of {what}", self.rt.names.text(name));
        self.rt.raise(ErrorKind::NullReference, &text)
    }

    #[cold]
    fn no_field(&mut self, object: Value, name: Name) -> Trap {
        let text = format!("{} has no field '{}'", self.rt.type_name(object), self.rt.names.text(name));
        self.rt.raise(ErrorKind::NoField, &text)
    }

    /// Stores an owned value; the old one is released after the store.
    #[inline]
    pub fn set_field(&mut self, object: Value, name: Symbol, value: Value, from: ClassIx) -> Outcome {
        let name = self.linked.name(&mut self.rt, name);
        let Some(slot) = self.field_slot(object, name) else {
            return Err(match object.is_nothing() {
                true => self.field_of_nothing(object, name),
                false => self.no_field(object, name),
            });
        };
        self.rt.check_alive(object)?;
        self.check_visible(object, name, from)?;
        match self.rt.heap.field_set(object.as_ref(), slot, value) {
            Ok(old) => {
                self.rt.heap.release(old);
                Ok(Value::VOID)
            }
            Err(_) => Err(self.out_of_memory()),
        }
    }

    /// Fails with `WeakFini` if the field is declared `weak`.
    pub(crate) fn check_fini(&mut self, object: Value, name: Symbol) -> Outcome {
        let name = self.linked.name(&mut self.rt, name);
        let weak = self
            .field_slot(object, name)
            .and_then(|slot| self.rt.heap.layouts.get(object.class()).fields().get(slot as usize))
            .is_some_and(|f| f.weak);
        if !weak {
            return Ok(Value::VOID);
        }
        let text = format!("fini called through the weak field '{}'", self.rt.names.text(name));
        Err(self.rt.raise(ErrorKind::WeakFini, &text))
    }

    /// A map of keys and values that alternate.
    pub(crate) fn new_map(&mut self, items: &[Value]) -> Outcome {
        let Ok(map) = self.rt.heap.map_new() else {
            return Err(self.out_of_memory());
        };
        for pair in items.chunks_exact(2) {
            if let Err(trap) = index::set(&mut self.rt, map, pair[0], pair[1]) {
                self.rt.heap.release(map);
                return Err(trap);
            }
        }
        Ok(map)
    }

    /// `weak a`.
    pub(crate) fn weak(&mut self, a: Value) -> Outcome {
        self.rt.check_alive(a)?;
        match self.rt.heap.weak_of(a) {
            Ok(weak) => Ok(weak),
            Err(_) => Err(self.out_of_memory()),
        }
    }

    /// Whether `catch (name e)` takes a value.
    pub(crate) fn is_caught(&self, value: Value, name: Symbol) -> bool {
        let name = self.linked.program.names.text(name);
        matches!(name, "Exception" | "Error" | "ErrorBox" | "Any")
            || self.rt.error_kind(value) == Some(name)
            || convert::is_type(&self.rt, value, name)
    }

    /// Throws `OutOfMemory`.
    #[cold]
    pub fn out_of_memory(&mut self) -> Trap {
        self.rt.raise(ErrorKind::OutOfMemory, "Out of memory")
    }

    #[cold]
    pub(crate) fn no_global(&mut self, global: Global) -> Trap {
        let name = self.linked.program.globals.get(global.index()).copied();
        let name = name.map_or("?", |n| self.linked.program.names.text(n));
        let text = format!("Variable '{name}' is not defined");
        self.rt.raise(ErrorKind::UndefinedVariable, &text)
    }

    #[cold]
    pub(crate) fn undeclared_box(&mut self, class: ClassIx) -> Trap {
        let name = self.linked.program.names.text(self.linked.program.class(class).name);
        let text = format!("Box '{name}' is not declared yet");
        self.rt.raise(ErrorKind::UndefinedBox, &text)
    }

    /// Throws an ErrorBox whose kind and message the builder knew.
    #[cold]
    pub fn raise_named(&mut self, kind: Symbol, message: Symbol) -> Trap {
        let names = &self.linked.program.names;
        match self.rt.error_new(names.text(kind), names.text(message)) {
            Ok(error) => self.rt.throw(error),
            Err(_) => self.rt.raise(ErrorKind::OutOfMemory, "Out of memory"),
        }
    }
}
