//! Field layouts of the builtin classes whose values are objects, with the numbers of their slots. What the
//! fields mean, the boxes know.

use alloc::vec::Vec;

use crate::heap::{FieldSpec, LayoutSpec, LayoutTable, SlotType};
use crate::names::Names;
use crate::value::{ClassId, class_id};

/// ErrorBox: its kind, a string.
pub const ERROR_KIND: u32 = 0;
/// ErrorBox: its message, a string.
pub const ERROR_MESSAGE: u32 = 1;
/// ErrorBox: native index of the trace.
pub const ERROR_TRACE: u32 = 2;
/// ResultBox: whether it is Ok.
pub const RESULT_OK: u32 = 0;
/// ResultBox: the value or the error.
pub const RESULT_VALUE: u32 = 1;
/// TimerBox: monotonic nanoseconds at its start.
pub const TIMER_START: u32 = 0;
/// DateTimeBox: microseconds since 1970.
pub const DATETIME_US: u32 = 0;
/// RandomBox: native index of the generator.
pub const RANDOM_NATIVE: u32 = 0;
/// BufferBox: its byte storage ([`crate::heap::bytes`]), shared by `share_reference`.
pub const BUFFER_BYTES: u32 = 0;
/// RegexBox: the pattern, a string.
pub const REGEX_PATTERN: u32 = 0;
/// RegexBox: native index of the compiled pattern.
pub const REGEX_NATIVE: u32 = 1;
/// JSONBox: the document as boxes.
pub const JSON_VALUE: u32 = 0;
/// IntentBox: its name.
pub const INTENT_NAME: u32 = 0;
/// IntentBox: its payload.
pub const INTENT_PAYLOAD: u32 = 1;

type Shape = (ClassId, &'static [(&'static str, SlotType)], Option<u32>);

/// Names that begin with `@` cannot be written in a program.
const SHAPES: &[Shape] = &[
    (
        class_id::ERROR,
        &[("@kind", SlotType::Str), ("@message", SlotType::Str), ("@native", SlotType::I32)],
        Some(ERROR_TRACE),
    ),
    (class_id::RESULT, &[("@ok", SlotType::Bool), ("@value", SlotType::Any)], None),
    (class_id::MATH, &[], None),
    (class_id::CONSOLE, &[], None),
    (class_id::TIME, &[], None),
    (class_id::TIMER, &[("@start", SlotType::I64)], None),
    (class_id::DATETIME, &[("@us", SlotType::I64)], None),
    (class_id::RANDOM, &[("@native", SlotType::I32)], Some(RANDOM_NATIVE)),
    (class_id::BUFFER, &[("@bytes", SlotType::Ref)], None),
    (class_id::REGEX, &[("@pattern", SlotType::Str), ("@native", SlotType::I32)], Some(REGEX_NATIVE)),
    (class_id::JSON, &[("@value", SlotType::Any)], None),
    (class_id::INTENT, &[("name", SlotType::Any), ("payload", SlotType::Any)], None),
];

/// Gives the builtin classes their layouts.
pub(crate) fn define(layouts: &mut LayoutTable, names: &mut Names) {
    for &(class, fields, native) in SHAPES {
        let own: Vec<FieldSpec> = fields
            .iter()
            .map(|&(name, slot)| FieldSpec { name: names.intern(name), slot, weak: false })
            .collect();
        layouts.define(class, &LayoutSpec { parent: None, own: &own, fini: None, native });
    }
}
