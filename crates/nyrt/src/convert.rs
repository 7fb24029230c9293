//! Conversions between the value kinds: constructors of the value boxes, `as`, and type names (`is`).

use alloc::format;

use crate::boxes::access::text;
use crate::boxes::float::integer_or_error;
use crate::boxes::user;
use crate::builtin;
use crate::error::ErrorKind;
use crate::number;
use crate::ops::operand;
use crate::rt::Rt;
use crate::scalar;
use crate::trap::{Outcome, Trap};
use crate::value::{BUILTIN_CLASSES, ClassId, Kind, Value, class_id};

#[cold]
fn no_conversion(rt: &mut Rt, v: Value, to: ClassId) -> Trap {
    let wanted = builtin::class_name(to);
    let text = match v.kind() {
        Kind::Str => {
            format!("the text {:?} is not {} {wanted}", shortened(text(rt, v)), builtin::article(wanted))
        }
        _ => format!("{} cannot be converted to {wanted}", rt.type_name(v)),
    };
    rt.raise(ErrorKind::TypeError, &text)
}

/// The beginning of a text, short enough for a message.
pub(crate) fn shortened(text: &str) -> alloc::string::String {
    const MOST: usize = 40;
    if text.chars().nth(MOST).is_none() {
        text.into()
    } else {
        text.chars().take(MOST).chain("...".chars()).collect()
    }
}

/// `new IntegerBox(v)`: an Integer, a Float without its fraction, or text that is a decimal number.
pub fn to_integer(rt: &mut Rt, v: Value) -> Outcome {
    let x = operand(rt, v)?;
    match x.kind() {
        Kind::I64 => Ok(x),
        Kind::F64 => {
            let x = x.as_float().unwrap_or(0.0);
            integer_or_error(rt, "IntegerBox", x, scalar::trunc_to_int(x))
        }
        Kind::Str => match number::parse_int(text(rt, x)) {
            Some(n) => Ok(Value::int(n)),
            None => Err(no_conversion(rt, x, class_id::INTEGER)),
        },
        _ => Err(no_conversion(rt, v, class_id::INTEGER)),
    }
}

/// `new FloatBox(v)`: a number or numeric text.
pub fn to_float(rt: &mut Rt, v: Value) -> Outcome {
    let x = operand(rt, v)?;
    match x.kind() {
        Kind::F64 => Ok(x),
        Kind::I64 => Ok(Value::float(scalar::to_float(x.as_int().unwrap_or(0)))),
        Kind::Str => match number::parse_float(text(rt, x)) {
            Some(n) => Ok(Value::float(n)),
            None => Err(no_conversion(rt, x, class_id::FLOAT)),
        },
        _ => Err(no_conversion(rt, v, class_id::FLOAT)),
    }
}

/// `new BoolBox(v)`: a Bool, whether a number is not zero, or the text `true` or `false` in any case.
pub fn to_bool(rt: &mut Rt, v: Value) -> Outcome {
    let x = operand(rt, v)?;
    match x.kind() {
        Kind::Bool => Ok(x),
        Kind::I64 => Ok(Value::bool(x.as_int() != Some(0))),
        Kind::F64 => Ok(Value::bool(x.as_float() != Some(0.0))),
        Kind::Str if text(rt, x).eq_ignore_ascii_case("true") => Ok(Value::TRUE),
        Kind::Str if text(rt, x).eq_ignore_ascii_case("false") => Ok(Value::FALSE),
        Kind::Str => Err(no_conversion(rt, x, class_id::BOOL)),
        _ => Err(no_conversion(rt, v, class_id::BOOL)),
    }
}

/// The builtin class that a type name means: box names with or without `Box`, and the short names of kinds.
pub fn builtin_class(name: &str) -> Option<ClassId> {
    match name {
        "Int" | "I64" => return Some(class_id::INTEGER),
        "F64" => return Some(class_id::FLOAT),
        "Boolean" => return Some(class_id::BOOL),
        "Unit" => return Some(class_id::VOID),
        _ => {}
    }
    let same = |class: &str| class == name || class.strip_suffix("Box") == Some(name);
    BUILTIN_CLASSES.iter().find(|(id, class)| *id != class_id::CELL && same(class)).map(|(id, _)| *id)
}

/// `v.is(name)`: whether a value is of a type; an instance is of its box and all parents.
pub fn is_type(rt: &Rt, v: Value, name: &str) -> bool {
    match builtin_class(name) {
        Some(class) if v.class() == class => true,
        class => v.kind() == Kind::Obj && user::is_instance(rt, v, name, class),
    }
}

/// `v.as(name)`: converts Integer and Float, anything else stays as it is.
pub fn as_type(rt: &mut Rt, v: Value, name: &str) -> Outcome {
    match (builtin_class(name), v.kind()) {
        (Some(class_id::INTEGER), Kind::F64) => to_integer(rt, v),
        (Some(class_id::FLOAT), Kind::I64) => to_float(rt, v),
        _ => Ok(rt.heap.own(v)),
    }
}
