//! Which code a method call means: lookup with the rules for `null`, dead boxes and `fini`. It calls nothing.

use alloc::format;

use crate::boxes::Words;
use crate::class::Target;
use crate::error::ErrorKind;
use crate::rt::Rt;
use crate::trap::Trap;
use crate::value::{Name, Value};

/// What `recv.name(...)` calls. The caller checks the number of arguments of functions of the program; builtins
/// check theirs. `Target::Builtin` goes to [`crate::builtin::call`] with the receiver as it is.
///
/// `None` when there is no such method, so that the caller can look for a field that holds a function before it
/// raises [`no_method`].
#[inline]
pub fn find(rt: &mut Rt, recv: Value, name: Name) -> Result<Option<Target>, Trap> {
    let words = rt.boxes.words;
    if recv.is_nothing() {
        return if words.of_nothing(name) {
            Ok(rt.classes.universal(name))
        } else {
            Err(null_reference(rt, recv, name))
        };
    }
    if name == words.fini {
        // The body of a user's `fini` runs within the drop machine only.
        return Ok(rt.classes.universal(name));
    }
    if rt.heap.is_dead(recv) {
        return if words.of_dead(name) {
            Ok(rt.classes.universal(name))
        } else {
            rt.check_alive(recv).map(|()| None)
        };
    }
    Ok(rt.classes.method(recv.class(), name))
}

#[cold]
fn null_reference(rt: &mut Rt, recv: Value, name: Name) -> Trap {
    let what = if recv == Value::NULL { "null" } else { "void" };
    let text = format!("Method '{}' called on {what}", rt.names.text(name));
    rt.raise(ErrorKind::NullReference, &text)
}

/// The error for a method that a value does not have.
#[cold]
pub fn no_method(rt: &mut Rt, recv: Value, name: Name) -> Trap {
    let text = format!("{} has no method '{}'", rt.type_name(recv), rt.names.text(name));
    rt.raise(ErrorKind::NoMethod, &text)
}

impl Words {
    /// Methods that `null` and `void` have.
    fn of_nothing(&self, name: Name) -> bool {
        [self.to_string, self.type_name, self.equals, self.is_null, self.is_not_null, self.get_or_default]
            .contains(&name)
    }

    /// Methods that a dead box has.
    fn of_dead(&self, name: Name) -> bool {
        name == self.to_string || name == self.type_name
    }
}
