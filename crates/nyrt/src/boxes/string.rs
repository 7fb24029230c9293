//! StringBox: immutable text whose positions count code points. It does not know how text is stored.

use alloc::string::String;
use alloc::vec::Vec;

use super::access::{arg, array_of, check_room, clamp, int_arg, made, make_text, text, text_arg};
use crate::builtin::{Owner, builtins};
use crate::number;
use crate::ops::text::{Parts, join_two, text_of};
use crate::rt::Rt;
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::STRING) => {
        /// The text of any value; `""` without argument.
        "StringBox" (; value: Any) ALLOCATES | USER_CODE -> Str via Text => new;
    }
    Owner::Method(class_id::STRING) => {
        /// Number of code points.
        "length" "len" "size" () READS -> Length => length;
        /// Number of UTF-8 bytes.
        "byteLength" () READS -> Int => byte_length;
        /// Whether it has no characters.
        "isEmpty" () READS -> Bool => is_empty;
        /// The character at a position, `void` outside.
        "get" "charAt" (position: Int) READS | ALLOCATES -> Str | Void => char_at;
        /// The code point at a position, -1 outside.
        "charCodeAt" (position: Int) READS -> Int => char_code_at;
        /// The part from `start` up to but without `end`, both clamped; `""` when `start` is greater.
        "substring" (start: Int; end: Int) READS | ALLOCATES -> Str => substring;
        /// Position of the first `part` at or after `from`, -1 when there is none.
        "find" "indexOf" (part: Str; from: Int) READS -> Int => find;
        /// Position of the last `part`, -1 when there is none.
        "lastIndexOf" (part: Str) READS -> Int => find_last;
        /// Whether `part` occurs.
        "contains" (part: Str) READS -> Bool => contains;
        /// Whether it begins with `part`.
        "startsWith" (part: Str) READS -> Bool => starts_with;
        /// Whether it ends with `part`.
        "endsWith" (part: Str) READS -> Bool => ends_with;
        /// ArrayBox of the pieces between the separators; an empty separator gives "", each character, "".
        "split" (separator: Str) READS | ALLOCATES -> ArrayOf(Str) => split;
        /// With every `part` replaced.
        "replace" "replaceAll" (part: Str, replacement: Str) READS | ALLOCATES -> Str => replace;
        /// Without white space at both ends.
        "trim" () READS | ALLOCATES -> Str => trim;
        /// In upper case.
        "toUpper" "toUpperCase" () READS | ALLOCATES -> Str => to_upper;
        /// In lower case.
        "toLower" "toLowerCase" () READS | ALLOCATES -> Str => to_lower;
        /// With the text of a value behind it.
        "concat" (value: Any) READS | ALLOCATES | USER_CODE -> Str via Text => concat;
        /// `count` times; `""` for a count below one.
        "repeat" (count: Int) READS | ALLOCATES -> Str => repeat;
        /// The texts of the elements with this text between them.
        "join" (array: Array) READS | ALLOCATES | USER_CODE -> Str via Text => join;
        /// The Integer it is, 0 when it is none.
        "toInteger" "toInt" () READS -> Int => to_integer;
        /// The Float it is, 0.0 when it is none.
        "toFloat" () READS -> Float => to_float;
    }
    Owner::Function => {
        /// The text of a value.
        "string.create" (value: Any) ALLOCATES | USER_CODE -> Str via Text => new;
        /// The text in upper case.
        "string.upper" (text: Str) READS | ALLOCATES -> Str => upper_of;
        /// The text in lower case.
        "string.lower" (text: Str) READS | ALLOCATES -> Str => lower_of;
    }
} }

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    match args.first() {
        Some(value) => text_of(rt, *value),
        None => Ok(rt.heap.str_empty()),
    }
}

fn length(rt: &mut Rt, s: Value, _: &[Value]) -> Outcome {
    Ok(Value::int(i64::from(rt.heap.str_chars(s.as_ref()))))
}

fn byte_length(rt: &mut Rt, s: Value, _: &[Value]) -> Outcome {
    Ok(Value::int(i64::from(rt.heap.str_len(s.as_ref()))))
}

fn is_empty(rt: &mut Rt, s: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(rt.heap.str_len(s.as_ref()) == 0))
}

fn char_at(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    get(rt, s, int_arg(args, 0))
}

/// `s[i]`.
pub(crate) fn get(rt: &mut Rt, s: Value, at: i64) -> Outcome {
    if let Some(c) = rt.heap.str_ascii_at(s.as_ref(), at) {
        return Ok(rt.heap.str_ascii(c));
    }
    match u32::try_from(at).ok().and_then(|at| rt.heap.str_char_at(s.as_ref(), at)) {
        Some(c) => made(rt, |heap| heap.str_char(c)),
        None => Ok(Value::VOID),
    }
}

fn char_code_at(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    Ok(Value::int(rt.heap.str_code_at(s.as_ref(), int_arg(args, 0))))
}

fn substring(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    let end = args.get(1).and_then(|v| v.as_int()).map_or(u32::MAX, clamp);
    let start = clamp(int_arg(args, 0));
    made(rt, |heap| heap.str_substring(s.as_ref(), start, end))
}

/// A byte offset in `s` as a position, -1 for none.
fn position(rt: &mut Rt, s: Value, offset: Option<usize>) -> Outcome {
    let at = offset.map(|offset| rt.heap.str_char_index(s.as_ref(), offset as u32));
    Ok(Value::int(at.map_or(-1, i64::from)))
}

fn find(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    let from = args.get(1).map_or(0, |v| clamp(v.as_int().unwrap_or(0)));
    let start = rt.heap.str_offset(s.as_ref(), from) as usize;
    let rest = text(rt, s).get(start..).unwrap_or("");
    let found = rest.find(text_arg(rt, args, 0)).map(|at| start + at);
    position(rt, s, found)
}

fn find_last(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    let found = text(rt, s).rfind(text_arg(rt, args, 0));
    position(rt, s, found)
}

fn contains(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    Ok(Value::bool(text(rt, s).contains(text_arg(rt, args, 0))))
}

fn starts_with(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    Ok(Value::bool(text(rt, s).starts_with(text_arg(rt, args, 0))))
}

fn ends_with(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    Ok(Value::bool(text(rt, s).ends_with(text_arg(rt, args, 0))))
}

/// Where `part` lies within `whole`, of which it is a slice.
fn range_in(whole: &str, part: &str) -> (u32, u32) {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    (start as u32, (start + part.len()) as u32)
}

fn split(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    let whole = text(rt, s);
    let pieces: Vec<(u32, u32)> =
        whole.split(text_arg(rt, args, 0)).map(|piece| range_in(whole, piece)).collect();
    array_of(rt, pieces, |rt, (from, to)| made(rt, |heap| heap.str_slice(s.as_ref(), from, to)))
}

fn replace(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    let (whole, part, new) = (text(rt, s), text_arg(rt, args, 0), text_arg(rt, args, 1));
    let count = whole.matches(part).count();
    if count == 0 {
        return Ok(rt.heap.own(s));
    }
    let longest = whole.len().saturating_add(count.saturating_mul(new.len()));
    check_room(rt, longest as u64)?;
    let result = text(rt, s).replace(text_arg(rt, args, 0), text_arg(rt, args, 1));
    make_text(rt, &result)
}

fn trim(rt: &mut Rt, s: Value, _: &[Value]) -> Outcome {
    let whole = text(rt, s);
    let (from, to) = range_in(whole, whole.trim());
    made(rt, |heap| heap.str_slice(s.as_ref(), from, to))
}

fn to_upper(rt: &mut Rt, s: Value, _: &[Value]) -> Outcome {
    let result = text(rt, s).to_uppercase();
    make_text(rt, &result)
}

fn to_lower(rt: &mut Rt, s: Value, _: &[Value]) -> Outcome {
    let result = text(rt, s).to_lowercase();
    make_text(rt, &result)
}

fn upper_of(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    to_upper(rt, arg(args, 0), &[])
}

fn lower_of(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    to_lower(rt, arg(args, 0), &[])
}

fn concat(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    join_two(rt, s, arg(args, 0))
}

fn repeat(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    repeated(rt, s, int_arg(args, 0))
}

/// `s * n`.
pub(crate) fn repeated(rt: &mut Rt, s: Value, count: i64) -> Outcome {
    let count = count.max(0) as u64;
    if count == 1 {
        return Ok(rt.heap.own(s));
    }
    // Lengths are counted in 64 bits before they are known to fit: `usize` has 32 on wasm32.
    check_room(rt, (text(rt, s).len() as u64).saturating_mul(count))?;
    let source = text(rt, s);
    let result = if source.is_empty() { String::new() } else { source.repeat(count as usize) };
    make_text(rt, &result)
}

fn join(rt: &mut Rt, s: Value, args: &[Value]) -> Outcome {
    let separator = String::from(text(rt, s));
    let mut parts = Parts::new();
    parts.add_elements(rt, arg(args, 0), &separator)?;
    parts.finish(rt)
}

fn to_integer(rt: &mut Rt, s: Value, _: &[Value]) -> Outcome {
    Ok(Value::int(number::parse_int(text(rt, s)).unwrap_or(0)))
}

fn to_float(rt: &mut Rt, s: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(number::parse_float(text(rt, s)).unwrap_or(0.0)))
}
