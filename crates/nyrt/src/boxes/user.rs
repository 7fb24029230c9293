//! What builtins want to know about user boxes: their methods, parents and contents.

use crate::builtin;
use crate::class::Target;
use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{ClassId, Kind, Name, Value, class_id};

/// Whether a value is an instance of a user box that (or a user parent of which) has a method with this name and
/// number of parameters. A dead box has none.
pub(crate) fn has_method(rt: &Rt, v: Value, name: Name, params: u32) -> bool {
    if v.kind() != Kind::Obj || v.class() < class_id::FIRST_USER || rt.heap.is_dead(v) {
        return false;
    }
    match rt.classes.method(v.class(), name) {
        // `me` is a parameter too. What the loader said nothing about is taken to fit.
        Some(Target::Func(func)) => rt.params.get(func.0 as usize).is_none_or(|n| *n == params + 1),
        _ => false,
    }
}

/// The content that a user box has for its first builtin parent, borrowed.
pub(crate) fn first_content(rt: &mut Rt, v: Value) -> Result<Option<Value>, Trap> {
    if v.kind() != Kind::Obj || v.class() < class_id::FIRST_USER {
        return Ok(None);
    }
    match rt.classes.get(v.class()).contents().first() {
        Some((class, _)) => rt.content(v, *class),
        None => Ok(None),
    }
}

/// Whether an instance is of a box with this name (with or without `Box`), or of the builtin class.
pub(crate) fn is_instance(rt: &Rt, v: Value, name: &str, builtin_class: Option<ClassId>) -> bool {
    if v.class() < class_id::FIRST_USER {
        return false;
    }
    if builtin_class.is_some_and(|class| rt.classes.is_subclass(v.class(), class)) {
        return true;
    }
    rt.classes.get(v.class()).order().iter().any(|class| {
        let of = rt.class_name(*class);
        of == name || of.strip_suffix("Box") == Some(name)
    })
}

impl Rt {
    /// The content that a user box has for a builtin parent, borrowed from the box; a builtin value of that class is
    /// its own content. At first use it is made without arguments. `None` for what has no such parent.
    pub fn content(&mut self, v: Value, class: ClassId) -> Result<Option<Value>, Trap> {
        if v.class() == class {
            return Ok(Some(v));
        }
        let Some(slot) = self.content_slot(v, class) else { return Ok(None) };
        self.check_alive(v)?;
        let content = self.heap.field_peek(v.as_ref(), slot);
        if content.kind() != Kind::Void {
            return Ok(Some(content));
        }
        let content = builtin::construct(self, class, &[])?;
        super::access::set_field(self, v, slot, content);
        Ok(Some(content))
    }

    /// Makes an owned value the content for a builtin parent (`from P.birth(args)`); the old one is dropped. A
    /// box without that parent keeps nothing.
    pub fn set_content(&mut self, v: Value, class: ClassId, content: Value) -> Outcome {
        match self.content_slot(v, class) {
            Some(slot) => super::access::set_field(self, v, slot, content),
            None => self.heap.release(content),
        }
        Ok(Value::VOID)
    }
}
