//! JSONBox and JSON text. A document is parsed straight into maps, arrays and plain values of the heap; a JSONBox
//! refers to one of them, so parts of a document share it.

use alloc::format;
use alloc::string::String;
use core::fmt;

use hashbrown::HashSet;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use super::access::{arg, array_of, field, made, make_object, push_owned, text};
use super::{array, map};
use crate::builtin::{Owner, builtins};
use crate::error::ErrorKind;
use crate::heap::Heap;
use crate::number::NumberText;
use crate::ops::{self, text::Parts};
use crate::prelude::PreludeFn;
use crate::rt::Rt;
use crate::shapes::JSON_VALUE;
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Ref, Value, class_id};

/// Deepest nesting that is parsed: the parser recurses.
const DEPTH: u32 = 256;

builtins! { pub(crate) ROWS {
    Owner::New(class_id::JSON) => {
        /// The document that a String contains (`ParseError` for bad ones), or a MapBox or ArrayBox as document.
        "JSONBox" (document: Any to Document) ALLOCATES | THROWS -> Instance(JSON) => new;
    }
    Owner::Method(class_id::JSON) => {
        /// The value of a key, of an array the element at a position: objects and arrays as JSONBox, others as plain
        /// values, `null` when absent.
        "get" (key: Any) READS | ALLOCATES -> Any => get;
        /// Sets the value of a key, or an element of an array.
        "set" (key: Any to Document, value: Any to Document) WRITES | THROWS | RELEASES -> Void => set;
        /// Whether the key or the position is there.
        "has" (key: Any) READS -> Bool => has;
        /// The keys in the order of their text; of an array the positions.
        "keys" () READS | ALLOCATES -> ArrayOf(Any) => keys;
        /// Number of keys or elements; 0 for plain values.
        "size" "length" "len" () READS -> Int => size;
        /// Compact JSON with the keys in the order of insertion.
        "stringify" "toJSON" () READS | ALLOCATES | USER_CODE -> Str via Json => stringify_box;
    }
} }

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let document = arg(args, 0);
    let value = match document.kind() {
        Kind::Str => {
            // The parser makes boxes while it reads, so it reads a copy.
            let source = String::from(text(rt, document));
            parse(rt, &source)?
        }
        Kind::Arr | Kind::Map => rt.heap.own(document),
        _ => match rt.content(document, class_id::STRING)? {
            Some(content) => return new(rt, Value::VOID, &[content]),
            None => {
                let got =
                    format!("JSONBox takes a StringBox, MapBox or ArrayBox, got {}", rt.type_name(document));
                return Err(rt.raise(ErrorKind::TypeError, &got));
            }
        },
    };
    make_object(rt, class_id::JSON, &[value])
}

/// The boxes of a JSON document, or `ParseError`.
fn parse(rt: &mut Rt, source: &str) -> Outcome {
    let mut reader = serde_json::Deserializer::from_str(source);
    reader.disable_recursion_limit();
    let mut trap = None;
    let build = Build { rt: &mut *rt, trap: &mut trap, depth: 0 };
    let result = match build.deserialize(&mut reader) {
        Ok(value) => match reader.end() {
            Ok(()) => return Ok(value),
            Err(error) => {
                rt.heap.release(value);
                error
            }
        },
        Err(error) => error,
    };
    if let Some(trap) = trap {
        return Err(trap);
    }
    let all = format!("{result}");
    let (line, column) = (result.line(), result.column());
    let why = all.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&all);
    Err(rt.raise(ErrorKind::ParseError, &format!("Bad JSON at line {line}, column {column}: {why}")))
}

/// Builds the next value of the document.
struct Build<'a> {
    rt: &'a mut Rt,
    /// Why building failed, when it was not the text.
    trap: &'a mut Option<Trap>,
    depth: u32,
}

impl Build<'_> {
    fn done<E: serde::de::Error>(self, outcome: Outcome) -> Result<Value, E> {
        outcome.map_err(|trap| {
            *self.trap = Some(trap);
            E::custom("out of memory")
        })
    }

    fn inner(&mut self) -> Build<'_> {
        Build { rt: &mut *self.rt, trap: &mut *self.trap, depth: self.depth + 1 }
    }

    fn check_depth<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.depth < DEPTH { Ok(()) } else { Err(E::custom("nested too deeply")) }
    }
}

impl<'de> DeserializeSeed<'de> for Build<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Build<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::NULL)
    }
    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::bool(b))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::int(n))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(i64::try_from(n).map_or(Value::float(n as f64), Value::int))
    }
    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(Value::float(x))
    }
    fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<Value, E> {
        let string = made(self.rt, |heap| heap.str_new(s));
        self.done(string)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let array = made(self.rt, Heap::arr_new);
        let array = self.inner().done(array)?;
        let result = loop {
            match items.next_element_seed(self.inner()) {
                Ok(Some(item)) => {
                    if let Err(trap) = push_owned(self.rt, array, item) {
                        *self.trap = Some(trap);
                        break Err(A::Error::custom("out of memory"));
                    }
                }
                Ok(None) => break Ok(array),
                Err(error) => break Err(error),
            }
        };
        if result.is_err() {
            self.rt.heap.release(array);
        }
        result
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let object = made(self.rt, Heap::map_new);
        let object = self.inner().done(object)?;
        let result = loop {
            let key = match entries.next_key_seed(self.inner()) {
                Ok(Some(key)) => key,
                Ok(None) => break Ok(object),
                Err(error) => break Err(error),
            };
            let value = match entries.next_value_seed(self.inner()) {
                Ok(value) => value,
                Err(error) => {
                    self.rt.heap.release(key);
                    break Err(error);
                }
            };
            let stored = ops::map::set(self.rt, object.as_ref(), key, value);
            self.rt.heap.release(key);
            self.rt.heap.release(value);
            if let Err(trap) = stored {
                *self.trap = Some(trap);
                break Err(A::Error::custom("out of memory"));
            }
        };
        if result.is_err() {
            self.rt.heap.release(object);
        }
        result
    }
}

fn content(rt: &Rt, j: Value) -> Value {
    field(rt, j, JSON_VALUE)
}

/// The value at a key or position, borrowed.
fn peek(rt: &Rt, j: Value, key: Value) -> Option<Value> {
    let document = content(rt, j);
    match (document.kind(), key.kind()) {
        (Kind::Map, Kind::Str) => rt.heap.map_peek(document.as_ref(), key),
        (Kind::Arr, Kind::I64) => rt.heap.arr_peek(document.as_ref(), u32::try_from(key.as_int()?).ok()?),
        _ => None,
    }
}

fn get(rt: &mut Rt, j: Value, args: &[Value]) -> Outcome {
    let Some(value) = peek(rt, j, arg(args, 0)) else { return Ok(Value::NULL) };
    let value = rt.heap.own(value);
    match value.kind() {
        Kind::Map | Kind::Arr => make_object(rt, class_id::JSON, &[value]),
        _ => Ok(value),
    }
}

fn set(rt: &mut Rt, j: Value, args: &[Value]) -> Outcome {
    let (document, key, mut value) = (content(rt, j), arg(args, 0), arg(args, 1));
    if value.class() == class_id::JSON {
        value = content(rt, value);
    }
    match (document.kind(), key.as_int()) {
        (Kind::Map, _) if key.kind() == Kind::Str => ops::map::set(rt, document.as_ref(), key, value)?,
        (Kind::Arr, Some(at)) => array::set_element(rt, document, at, value)?,
        _ => {
            let what = match document.kind() {
                Kind::Map => "an object needs a StringBox as key",
                Kind::Arr => "an array needs an IntegerBox as position",
                _ => "this document is neither an object nor an array",
            };
            let message = format!("JSONBox.set: {what}, got {}", rt.type_name(key));
            return Err(rt.raise(ErrorKind::TypeError, &message));
        }
    }
    Ok(Value::VOID)
}

fn has(rt: &mut Rt, j: Value, args: &[Value]) -> Outcome {
    Ok(Value::bool(peek(rt, j, arg(args, 0)).is_some()))
}

fn keys(rt: &mut Rt, j: Value, _: &[Value]) -> Outcome {
    let document = content(rt, j);
    if document.kind() == Kind::Map {
        let mut all = map::entries(rt, document);
        all.sort_by(|(x, _), (y, _)| text(rt, *x).cmp(text(rt, *y)));
        return array_of(rt, all, |rt, (key, _)| Ok(rt.heap.own(key)));
    }
    let length = length(rt, j);
    array_of(rt, 0..length, |_, at| Ok(Value::int(i64::from(at))))
}

fn length(rt: &Rt, j: Value) -> u32 {
    let document = content(rt, j);
    match document.kind() {
        Kind::Map => rt.heap.map_len(document.as_ref()),
        Kind::Arr => rt.heap.arr_len(document.as_ref()),
        _ => 0,
    }
}

fn size(rt: &mut Rt, j: Value, _: &[Value]) -> Outcome {
    Ok(Value::int(i64::from(length(rt, j))))
}

fn stringify_box(rt: &mut Rt, j: Value, _: &[Value]) -> Outcome {
    let document = content(rt, j);
    stringify(rt, document)
}

/// Compact JSON of a value.
pub(crate) fn stringify(rt: &mut Rt, v: Value) -> Outcome {
    let mut parts = Parts::new();
    write(rt, &mut parts, v)?;
    match parts.plain() {
        Ok(text) => made(rt, |heap| heap.str_new(&text)),
        Err(parts) => Err(parts.ask(rt, PreludeFn::Json, &[])),
    }
}

/// A container whose contents are being written.
enum Open {
    /// Elements from here on.
    Array(Ref, u32),
    /// Entries from here on.
    Object(Ref, u32),
}

/// Appends the compact JSON of a value; gaps are to become JSON strings.
pub(crate) fn write(rt: &mut Rt, parts: &mut Parts, v: Value) -> Result<(), Trap> {
    let mut stack: SmallVec<[Open; 8]> = SmallVec::new();
    let mut around: HashSet<Ref> = HashSet::new();
    let mut next = Some(v);
    loop {
        if let Some(mut v) = next.take() {
            while v.class() == class_id::JSON && v.kind() == Kind::Obj {
                v = content(rt, v);
            }
            if matches!(v.kind(), Kind::Arr | Kind::Map) && !around.insert(v.as_ref()) {
                return Err(rt.raise(ErrorKind::TypeError, "A document that contains itself has no JSON"));
            }
            match v.kind() {
                Kind::Arr => {
                    parts.push("[");
                    stack.push(Open::Array(v.as_ref(), 0));
                }
                Kind::Map => {
                    parts.push("{");
                    stack.push(Open::Object(v.as_ref(), 0));
                }
                _ => write_plain(rt, parts, v)?,
            }
            parts.check(rt)?;
            continue;
        }
        match stack.last_mut() {
            None => return Ok(()),
            Some(Open::Array(array, at)) => match rt.heap.arr_peek(*array, *at) {
                Some(element) => {
                    if *at > 0 {
                        parts.push(",");
                    }
                    *at += 1;
                    next = Some(element);
                }
                None => {
                    parts.push("]");
                    around.remove(array);
                    stack.pop();
                }
            },
            Some(Open::Object(object, at)) => match rt.heap.map_next(*object, *at) {
                Some((behind, key, value)) => {
                    // Entries that were removed leave positions, so the first one may not be at 0.
                    if !parts.ends_with('{') {
                        parts.push(",");
                    }
                    *at = behind;
                    write_text(rt, parts, key)?;
                    parts.push(":");
                    next = Some(value);
                }
                None => {
                    parts.push("}");
                    around.remove(object);
                    stack.pop();
                }
            },
        }
    }
}

fn write_plain(rt: &mut Rt, parts: &mut Parts, v: Value) -> Result<(), Trap> {
    match v.kind() {
        Kind::Void | Kind::Null => parts.push("null"),
        Kind::Bool => parts.push(if v == Value::TRUE { "true" } else { "false" }),
        Kind::I64 => parts.push(NumberText::int(v.as_int().unwrap_or(0)).as_str()),
        // JSON has no infinities and no NaN.
        Kind::F64 => match v.as_float() {
            Some(x) if x.is_finite() => parts.push(NumberText::float(x).as_str()),
            _ => parts.push("null"),
        },
        _ => return write_text(rt, parts, v),
    }
    Ok(())
}

/// Appends the text of a value as JSON string.
fn write_text(rt: &mut Rt, parts: &mut Parts, v: Value) -> Result<(), Trap> {
    if v.kind() == Kind::Str {
        quote(parts.text_mut(), text(rt, v));
        return Ok(());
    }
    let mut inner = Parts::new();
    inner.add(rt, v)?;
    match inner.plain() {
        Ok(text) => quote(parts.text_mut(), &text),
        Err(_) => parts.push_box(v),
    }
    Ok(())
}

/// Appends a text as JSON string with quotes.
pub(crate) fn quote(out: &mut String, text: &str) {
    use fmt::Write;
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            8 => "\\b",
            12 => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(text.get(plain..at).unwrap_or(""));
        plain = at + 1;
        if escape.is_empty() {
            // Writing to a String does not fail.
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(text.get(plain..).unwrap_or(""));
    out.push('"');
}
