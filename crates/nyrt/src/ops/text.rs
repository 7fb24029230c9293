//! The text of values (language section 15), joining texts, and writing them out.
//!
//! Whatever the runtime can say itself is text at once. A user box with a `toString` needs Nyash code: then the
//! text is kept as parts, and the prelude puts it together ([`Trap::Call`]).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashSet;
use smallvec::SmallVec;

use crate::boxes::access::{check_room, field, made, push_owned, text};
use crate::boxes::console::wrote;
use crate::boxes::{json, result, user};
use crate::heap::func::FutureState;
use crate::host::Stream;
use crate::number::NumberText;
use crate::prelude::PreludeFn;
use crate::rt::Rt;
use crate::shapes::{ERROR_MESSAGE, JSON_VALUE, REGEX_PATTERN, RESULT_VALUE};
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Ref, Value, class_id};

/// Text with gaps for user boxes whose `toString` has to be asked.
#[derive(Debug, Default)]
pub struct Parts {
    text: String,
    /// Where in the text a user box belongs; borrowed.
    gaps: Vec<(usize, Value)>,
}

/// What is left to do after the text of a part.
enum Open {
    /// The elements of an array from here on.
    Elements(Ref, u32),
    /// A closing text.
    Close(&'static str),
}

impl Parts {
    /// No text.
    pub fn new() -> Parts {
        Parts::default()
    }

    /// Appends a text as it is.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Leaves a gap for the text of a user box.
    pub fn push_box(&mut self, user_box: Value) {
        self.gaps.push((self.text.len(), user_box));
    }

    /// The text so far, to be written to.
    pub(crate) fn text_mut(&mut self) -> &mut String {
        &mut self.text
    }

    /// Whether the text ends with a character and no gap.
    pub(crate) fn ends_with(&self, c: char) -> bool {
        self.text.ends_with(c) && self.gaps.last().is_none_or(|(at, _)| *at < self.text.len())
    }

    /// Fails when the text has become longer than a String can be.
    pub(crate) fn check(&self, rt: &mut Rt) -> Result<(), Trap> {
        check_room(rt, self.text.len() as u64)
    }

    /// Appends the text of a value (borrowed until the parts are finished).
    pub fn add(&mut self, rt: &mut Rt, v: Value) -> Result<(), Trap> {
        let mut stack: SmallVec<[Open; 4]> = SmallVec::new();
        // Arrays that contain the present one: their text would not end.
        let mut around: HashSet<Ref> = HashSet::new();
        let mut next = Some(v);
        loop {
            if let Some(v) = next.take() {
                next = self.begin(rt, v, &mut stack, &mut around)?;
                continue;
            }
            match stack.last_mut() {
                None => return self.check(rt),
                Some(Open::Elements(array, at)) => match rt.heap.arr_peek(*array, *at) {
                    Some(element) => {
                        if *at > 0 {
                            self.push(", ");
                        }
                        *at += 1;
                        next = Some(element);
                        self.check(rt)?;
                    }
                    None => {
                        self.push("]");
                        around.remove(array);
                        stack.pop();
                    }
                },
                Some(Open::Close(end)) => {
                    self.push(end);
                    stack.pop();
                }
            }
        }
    }

    /// Appends the text of a value as far as it comes before that of another value, which is the answer.
    fn begin(
        &mut self,
        rt: &mut Rt,
        v: Value,
        stack: &mut SmallVec<[Open; 4]>,
        around: &mut HashSet<Ref>,
    ) -> Result<Option<Value>, Trap> {
        if rt.heap.is_dead(v) {
            self.push_instance(rt, v);
            return Ok(None);
        }
        match v.kind() {
            Kind::Void => self.push("void"),
            Kind::Null => self.push("null"),
            Kind::Bool => self.push(if v == Value::TRUE { "true" } else { "false" }),
            Kind::I64 => self.push(NumberText::int(v.as_int().unwrap_or(0)).as_str()),
            Kind::F64 => self.push(NumberText::float(v.as_float().unwrap_or(0.0)).as_str()),
            Kind::Str => self.push(text(rt, v)),
            Kind::Arr if around.insert(v.as_ref()) => {
                self.push("[");
                stack.push(Open::Elements(v.as_ref(), 0));
            }
            Kind::Arr => self.push("[...]"),
            Kind::Map => {
                self.push("MapBox(size=");
                self.push(NumberText::int(i64::from(rt.heap.map_len(v.as_ref()))).as_str());
                self.push(")");
            }
            Kind::Future => self.push(match rt.heap.future_state(v.as_ref()) {
                FutureState::Pending => "Future(pending)",
                FutureState::Ready | FutureState::Failed => "Future(ready)",
            }),
            Kind::Obj => return self.begin_object(rt, v, stack),
            Kind::Func | Kind::Weak | Kind::Cell => self.push_name(rt, v),
        }
        Ok(None)
    }

    fn push_name(&mut self, rt: &mut Rt, v: Value) {
        self.push(&format!("<{}>", rt.type_name(v)));
    }

    fn begin_object(
        &mut self,
        rt: &mut Rt,
        v: Value,
        stack: &mut SmallVec<[Open; 4]>,
    ) -> Result<Option<Value>, Trap> {
        match v.class() {
            class_id::ERROR => return Ok(Some(field(rt, v, ERROR_MESSAGE))),
            class_id::RESULT => {
                self.push(if result::has_value(rt, v) { "Ok(" } else { "Err(" });
                stack.push(Open::Close(")"));
                return Ok(Some(field(rt, v, RESULT_VALUE)));
            }
            class_id::BUFFER => {
                let length = crate::boxes::buffer::length_of(rt, v);
                self.push(&format!("BufferBox({length} bytes)"));
            }
            class_id::REGEX => {
                self.push("RegexBox(");
                stack.push(Open::Close(")"));
                return Ok(Some(field(rt, v, REGEX_PATTERN)));
            }
            class_id::JSON => {
                let mut inner = Parts::new();
                json::write(rt, &mut inner, field(rt, v, JSON_VALUE))?;
                match inner.plain() {
                    Ok(text) => self.push(&text),
                    // Its `toString` asks the boxes in it.
                    Err(_) => self.push_box(v),
                }
            }
            class if class.0 < class_id::FIRST_USER.0 => self.push_name(rt, v),
            _ if user::has_method(rt, v, rt.boxes.words.to_string, 0) => self.push_box(v),
            _ => match user::first_content(rt, v)? {
                Some(content) => return Ok(Some(content)),
                None => self.push_instance(rt, v),
            },
        }
        Ok(None)
    }

    /// Appends the text that a user box has without its own `toString`.
    pub(crate) fn add_default(&mut self, rt: &mut Rt, v: Value) -> Result<(), Trap> {
        match user::first_content(rt, v)? {
            Some(content) => self.add(rt, content),
            None if user::has_method(rt, v, rt.boxes.words.to_string, 0) => {
                self.push_instance(rt, v);
                Ok(())
            }
            None => self.add(rt, v),
        }
    }

    fn push_instance(&mut self, rt: &mut Rt, v: Value) {
        self.push(&format!("<{} instance #{}>", rt.type_name(v), v.as_ref().0));
    }

    /// Appends the texts of the elements of an array with a separator between them.
    pub fn add_elements(&mut self, rt: &mut Rt, array: Value, separator: &str) -> Result<(), Trap> {
        let mut at = 0;
        while let Some(element) = rt.heap.arr_peek(array.as_ref(), at) {
            if at > 0 {
                self.push(separator);
            }
            self.add(rt, element)?;
            at += 1;
        }
        Ok(())
    }

    /// The text if it has no gaps, otherwise the parts again.
    pub fn plain(self) -> Result<String, Parts> {
        if self.gaps.is_empty() { Ok(self.text) } else { Err(self) }
    }

    /// The text as a String, or the prelude has to make it.
    pub fn finish(self, rt: &mut Rt) -> Outcome {
        if self.gaps.is_empty() {
            return made(rt, |heap| heap.str_new(&self.text));
        }
        Err(self.ask(rt, PreludeFn::Text, &[]))
    }

    /// Asks a prelude function whose first argument is an array of the parts (Strings, and user boxes in the
    /// gaps), followed by `more` (borrowed).
    pub fn ask(self, rt: &mut Rt, prelude: PreludeFn, more: &[Value]) -> Trap {
        match self.into_array(rt) {
            Ok(array) => {
                let mut args: SmallVec<[Value; 4]> = SmallVec::new();
                args.push(array);
                args.extend_from_slice(more);
                let trap = rt.call_prelude(prelude, &args);
                rt.heap.release(array);
                trap
            }
            Err(trap) => trap,
        }
    }

    fn into_array(self, rt: &mut Rt) -> Outcome {
        let array = made(rt, |heap| heap.arr_new())?;
        match self.fill(rt, array) {
            Ok(()) => Ok(array),
            Err(trap) => {
                rt.heap.release(array);
                Err(trap)
            }
        }
    }

    fn fill(&self, rt: &mut Rt, array: Value) -> Result<(), Trap> {
        let mut from = 0;
        for (at, user_box) in &self.gaps {
            let piece = self.text.get(from..*at).unwrap_or("");
            let piece = made(rt, |heap| heap.str_new(piece))?;
            push_owned(rt, array, piece)?;
            made(rt, |heap| heap.arr_push(array.as_ref(), *user_box))?;
            from = *at;
        }
        let rest = self.text.get(from..).unwrap_or("");
        let rest = made(rt, |heap| heap.str_new(rest))?;
        push_owned(rt, array, rest)
    }
}

/// The text of a value as a String.
#[inline]
pub fn text_of(rt: &mut Rt, v: Value) -> Outcome {
    if v.kind() == Kind::Str {
        return Ok(rt.heap.own(v));
    }
    if let Some(n) = v.as_int() {
        return made(rt, |heap| heap.str_new(itoa::Buffer::new().format(n)));
    }
    let mut parts = Parts::new();
    parts.add(rt, v)?;
    parts.finish(rt)
}

/// A user box with a String as content stands for that text next to `+`; other values for themselves, and so does a
/// dead box, whose content is gone and whose text is not.
fn joined_as(rt: &mut Rt, v: Value) -> Result<Value, Trap> {
    if v.kind() != Kind::Obj || rt.heap.is_dead(v) {
        return Ok(v);
    }
    Ok(rt.content(v, class_id::STRING)?.unwrap_or(v))
}

/// The texts of both values in one String.
pub fn join_two(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return made(rt, |heap| heap.str_concat(a, b));
    }
    let (a, b) = (joined_as(rt, a)?, joined_as(rt, b)?);
    if a.kind() == Kind::Str {
        // The count taken here makes the text shared, so it is copied once and not changed.
        rt.heap.retain(a);
        let joined = append_owned(rt, a, b);
        if joined.is_err() {
            rt.heap.release(a);
        }
        return joined;
    }
    let mut parts = Parts::new();
    parts.add(rt, a)?;
    parts.add(rt, b)?;
    parts.finish(rt)
}

/// [`join_two`] where the caller gives its count of the String `a` away when the answer is a value.
pub fn append_owned(rt: &mut Rt, a: Value, b: Value) -> Outcome {
    if let Some(b) = b.as_str() {
        return made(rt, |heap| heap.str_concat_owned(a.as_ref(), b));
    }
    if let Some(n) = b.as_int() {
        return made(rt, |heap| heap.str_append_owned(a.as_ref(), itoa::Buffer::new().format(n)));
    }
    let b = joined_as(rt, b)?;
    let mut parts = Parts::new();
    parts.add(rt, b)?;
    if parts.gaps.is_empty() {
        return made(rt, |heap| heap.str_append_owned(a.as_ref(), &parts.text));
    }
    parts.text.insert_str(0, text(rt, a));
    let shift = text(rt, a).len();
    for (at, _) in &mut parts.gaps {
        *at += shift;
    }
    parts.finish(rt)
}

/// Writes the text of a value and a newline; `print(v)`.
pub fn print(rt: &mut Rt, stream: Stream, v: Value) -> Outcome {
    if let Some(s) = v.as_str() {
        let text = rt.heap.str_text(s).as_bytes();
        let written = rt.host.write(stream, text).and_then(|()| rt.host.write(stream, b"\n"));
        return wrote(rt, stream, written);
    }
    let mut parts = Parts::new();
    parts.add(rt, v)?;
    if !parts.gaps.is_empty() {
        let stream = Value::int(if stream == Stream::Out { 1 } else { 2 });
        return Err(parts.ask(rt, PreludeFn::Print, &[stream]));
    }
    parts.push("\n");
    let written = rt.host.write(stream, parts.text.as_bytes());
    wrote(rt, stream, written)
}

/// An empty line; `print()`.
pub fn print_nothing(rt: &mut Rt) -> Outcome {
    let written = rt.host.write(Stream::Out, b"\n");
    wrote(rt, Stream::Out, written)
}
