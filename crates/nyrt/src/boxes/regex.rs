//! RegexBox: patterns of the `regex` crate, which searches in linear time. A box keeps its pattern; what was
//! compiled lately is kept ready by pattern.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use regex::Regex;

use super::access::{arg, array_of, check_room, field, made, make_object, make_text, text, text_arg};
use crate::builtin::{Owner, builtins};
use crate::convert::shortened;
use crate::error::ErrorKind;
use crate::rt::Rt;
use crate::shapes::REGEX_PATTERN;
use crate::trap::{Outcome, Trap};
use crate::value::{Value, class_id};

/// How many compiled patterns are kept.
const KEPT: usize = 32;

builtins! { pub(crate) ROWS {
    Owner::New(class_id::REGEX) => {
        /// A regular expression; a bad one raises `ParseError`.
        "RegexBox" (pattern: Str) ALLOCATES | THROWS -> Instance(REGEX) => new;
    }
    Owner::Method(class_id::REGEX) => {
        /// Whether it matches anywhere in the text.
        "test" "isMatch" (text: Str) READS -> Bool => test;
        /// The first match; `null` when there is none.
        "find" (text: Str) READS | ALLOCATES -> Str | Null => find;
        /// ArrayBox of all matches that do not overlap.
        "findAll" (text: Str) READS | ALLOCATES -> ArrayOf(Str) => find_all;
        /// With every match replaced; `$1` and `${name}` in the replacement are groups, `$$` is a dollar sign.
        "replace" "replaceAll" (text: Str, replacement: Str) READS | ALLOCATES -> Str => replace;
        /// ArrayBox of the pieces between the matches.
        "split" (text: Str) READS | ALLOCATES -> ArrayOf(Str) => split;
        /// The pattern.
        "pattern" () READS -> Str => pattern;
    }
} }

/// Compiled patterns, the one used last at the end.
#[derive(Default)]
pub(crate) struct Compiled {
    kept: Vec<(String, Arc<Regex>)>,
}

impl Compiled {
    fn get(&mut self, pattern: &str) -> Option<Arc<Regex>> {
        let at = self.kept.iter().rposition(|(kept, _)| kept == pattern)?;
        let entry = self.kept.remove(at);
        let regex = entry.1.clone();
        self.kept.push(entry);
        Some(regex)
    }

    fn keep(&mut self, pattern: &str, regex: Arc<Regex>) {
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        self.kept.push((pattern.into(), regex));
    }
}

/// The compiled pattern, or `ParseError`.
fn compiled(rt: &mut Rt, pattern: Value) -> Result<Arc<Regex>, Trap> {
    let pattern = String::from(text(rt, pattern));
    if let Some(regex) = rt.boxes.patterns.get(&pattern) {
        return Ok(regex);
    }
    match Regex::new(&pattern) {
        Ok(regex) => {
            let regex = Arc::new(regex);
            rt.boxes.patterns.keep(&pattern, regex.clone());
            Ok(regex)
        }
        Err(error) => {
            let why = match &error {
                regex::Error::CompiledTooBig(_) => String::from("it is too big"),
                // The last line says what is wrong, the ones before show where.
                other => {
                    let all = format!("{other}");
                    let last = all.lines().last().unwrap_or("").trim();
                    String::from(last.strip_prefix("error: ").unwrap_or(last))
                }
            };
            let message = format!("Bad pattern {:?}: {why}", shortened(&pattern));
            Err(rt.raise(ErrorKind::ParseError, &message))
        }
    }
}

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    compiled(rt, arg(args, 0))?;
    let pattern = rt.heap.own(arg(args, 0));
    make_object(rt, class_id::REGEX, &[pattern])
}

fn own(rt: &mut Rt, r: Value) -> Result<Arc<Regex>, Trap> {
    let pattern = field(rt, r, REGEX_PATTERN);
    compiled(rt, pattern)
}

fn test(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let regex = own(rt, r)?;
    Ok(Value::bool(regex.is_match(text_arg(rt, args, 0))))
}

fn slice(rt: &mut Rt, s: Value, (from, to): (usize, usize)) -> Outcome {
    made(rt, |heap| heap.str_slice(s.as_ref(), from as u32, to as u32))
}

fn find(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let regex = own(rt, r)?;
    match regex.find(text_arg(rt, args, 0)).map(|m| (m.start(), m.end())) {
        Some(range) => slice(rt, arg(args, 0), range),
        None => Ok(Value::NULL),
    }
}

fn find_all(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let regex = own(rt, r)?;
    let ranges: Vec<_> = regex.find_iter(text_arg(rt, args, 0)).map(|m| (m.start(), m.end())).collect();
    array_of(rt, ranges, |rt, range| slice(rt, arg(args, 0), range))
}

fn replace(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let regex = own(rt, r)?;
    let (mut out, mut from) = (String::new(), 0);
    let ranges: Vec<_> = regex.find_iter(text_arg(rt, args, 0)).map(|m| (m.start(), m.end())).collect();
    if ranges.is_empty() {
        return Ok(rt.heap.own(arg(args, 0)));
    }
    let dollars = text_arg(rt, args, 1).matches('$').count();
    for (start, end) in ranges {
        // A group is a part of the match, so this is the most that the replacement can become.
        let longest = text_arg(rt, args, 1).len().saturating_add(dollars.saturating_mul(end - start));
        check_room(rt, out.len().saturating_add(longest) as u64)?;
        let (whole, replacement) = (text_arg(rt, args, 0), text_arg(rt, args, 1));
        out.push_str(whole.get(from..start).unwrap_or(""));
        // Searching again from the known start finds the same match, with its groups.
        match regex.captures_at(whole, start) {
            Some(groups) if dollars > 0 => groups.expand(replacement, &mut out),
            _ => out.push_str(replacement),
        }
        from = end;
    }
    out.push_str(text_arg(rt, args, 0).get(from..).unwrap_or(""));
    make_text(rt, &out)
}

fn split(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let regex = own(rt, r)?;
    let whole = text_arg(rt, args, 0);
    let (mut ranges, mut from) = (Vec::new(), 0);
    for m in regex.find_iter(whole) {
        ranges.push((from, m.start()));
        from = m.end();
    }
    ranges.push((from, whole.len()));
    array_of(rt, ranges, |rt, range| slice(rt, arg(args, 0), range))
}

fn pattern(rt: &mut Rt, r: Value, _: &[Value]) -> Outcome {
    Ok(rt.heap.own(field(rt, r, REGEX_PATTERN)))
}
