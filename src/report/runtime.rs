//! Errors that end a running program: uncaught exceptions with their trace, and limits. It does not
//! know why they arose.

use annotate_snippets::{Group, Level};
use serde_json::{Value, json};
use std::borrow::Cow;
use syntax::span::{Location, SourceMap, Span};

use super::excerpt::{self, Mark};
use super::{json, renderer};

/// How many lines of a trace are shown at each end.
const TRACE_HEAD: usize = 16;
const TRACE_TAIL: usize = 6;

/// The longest message that is shown whole.
const MESSAGE_CHARS: usize = 4000;

const ERROR: &str = "\u{1b}[1m\u{1b}[91merror\u{1b}[0m";
const WARNING: &str = "\u{1b}[1m\u{1b}[33mwarning\u{1b}[0m";

/// One active call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Frame {
    /// Name of the function, `Box.method` for methods.
    pub(crate) function: String,
    /// The call, or the throw in the innermost one.
    pub(crate) span: Span,
}

/// Active calls, innermost first. The tier keeps both ends of a long trace.
#[derive(Clone, Default, Debug)]
pub(crate) struct Trace {
    /// The innermost calls.
    pub(crate) first: Vec<Frame>,
    /// How many calls between the two ends are not known any more.
    pub(crate) left_out: usize,
    /// The outermost calls of a long trace.
    pub(crate) last: Vec<Frame>,
}

/// An exception that nobody caught.
#[derive(Clone, Debug)]
pub(crate) struct Uncaught {
    /// Kind of an ErrorBox; `None` for other values.
    pub(crate) kind: Option<String>,
    /// The message of an ErrorBox, else the text of the value.
    pub(crate) message: String,
    /// Where it was thrown and how the program got there.
    pub(crate) trace: Trace,
    /// What to do.
    pub(crate) hint: Option<String>,
}

/// A limit that no `catch` can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Limit {
    /// `--timeout`
    Timeout,
    /// `--fuel`
    Fuel,
}

/// An uncaught exception as text with colour codes.
pub(crate) fn uncaught(sources: &SourceMap, error: &Uncaught) -> String {
    let mut out = match &error.kind {
        Some(kind) => format!("{ERROR}: uncaught {kind}: {}\n", cut(&error.message)),
        None => format!("{ERROR}: uncaught {}\n", cut(&error.message)),
    };
    body(&mut out, sources, &error.trace, Level::ERROR);
    if let Some(hint) = &error.hint {
        out.push_str(&format!("  = help: {}\n", super::shorten(hint, super::TITLE_CHARS)));
    }
    if let Some(kind) = error.kind.as_deref().filter(|k| is_known(k)) {
        out.push_str(&format!("  = note: nyash explain {kind}\n"));
    }
    out
}

/// Something that went wrong although the program goes on, as text with colour codes.
pub(crate) fn notice(sources: &SourceMap, what: &str, error: &Uncaught) -> String {
    let mut out = match &error.kind {
        Some(kind) => format!("{WARNING}: {what}: {kind}: {}\n", cut(&error.message)),
        None => format!("{WARNING}: {what}: {}\n", cut(&error.message)),
    };
    body(&mut out, sources, &error.trace, Level::WARNING);
    out
}

/// A limit that ended the program as text with colour codes. `value` is what it was set to.
pub(crate) fn limit(sources: &SourceMap, limit: Limit, value: &str, trace: &Trace) -> String {
    let mut out = format!("{ERROR}: limit: {}\n", what_ran_out(limit, value));
    body(&mut out, sources, trace, Level::ERROR);
    let (flag, variable) = switch(limit);
    out.push_str(&format!("  = help: raise the limit with {flag} or {variable}\n"));
    out
}

fn what_ran_out(limit: Limit, value: &str) -> String {
    match limit {
        Limit::Timeout => format!("the program ran longer than {value} seconds (--timeout)"),
        Limit::Fuel => format!("the program used up its {value} steps (--fuel)"),
    }
}

fn switch(limit: Limit) -> (&'static str, &'static str) {
    match limit {
        Limit::Timeout => ("--timeout", "NYASH_TIMEOUT"),
        Limit::Fuel => ("--fuel", "NYASH_FUEL"),
    }
}

/// The place of the error and how the program got there.
fn body(out: &mut String, sources: &SourceMap, trace: &Trace, level: Level<'static>) {
    // The runtime's own code is no source a user could look at: the first place that is one is shown.
    if let Some(frame) = trace.first.iter().find(|f| located(sources, f).is_some()) {
        let marks = [Mark { span: frame.span, text: "", primary: true }];
        let group = Group::with_level(level).elements(excerpt::elements(sources, &marks));
        out.push_str(&renderer().render(&[group]));
        out.push('\n');
    }
    let whole: Vec<Frame>;
    let (first, last) = if trace.left_out == 0 {
        // Nothing is missing between the two ends.
        whole = trace.first.iter().chain(&trace.last).cloned().collect();
        (runs(&whole), Vec::new())
    } else {
        (runs(&trace.first), runs(&trace.last))
    };
    let in_all = first.len() + last.len();
    if in_all <= TRACE_HEAD + TRACE_TAIL + 1 {
        lines(out, sources, &first);
        left_out(out, trace.left_out);
        lines(out, sources, &last);
        return;
    }
    let head = first.len().min(TRACE_HEAD);
    let tail = last.len().min(TRACE_TAIL);
    // Without a second end the whole trace is in the first one.
    let end = if last.is_empty() { first.len() - TRACE_TAIL } else { first.len() };
    lines(out, sources, &first[..head]);
    let hidden = first[head..end].iter().chain(&last[..last.len() - tail]).map(|r| r.len()).sum::<usize>();
    left_out(out, trace.left_out + hidden);
    lines(out, sources, &first[end..]);
    lines(out, sources, &last[last.len() - tail..]);
}

/// A message as far as people read it: it may hold all that the program has read.
fn cut(message: &str) -> Cow<'_, str> {
    match message.char_indices().nth(MESSAGE_CHARS) {
        Some((at, _)) => {
            let left = message[at..].chars().count();
            Cow::Owned(format!("{}... ({left} more characters)", &message[..at]))
        }
        None => Cow::Borrowed(message),
    }
}

/// Where a frame is, if users can look there.
fn located<'a>(sources: &'a SourceMap, frame: &Frame) -> Option<Location<'a>> {
    sources.locate(frame.span.lo).filter(|p| p.file != link::PRELUDE)
}

/// Equal neighbours (recursion) together.
fn runs(frames: &[Frame]) -> Vec<&[Frame]> {
    frames.chunk_by(|a, b| a == b).collect()
}

fn left_out(out: &mut String, calls: usize) {
    if calls > 0 {
        out.push_str(&format!("  ... {calls} more calls ...\n"));
    }
}

fn lines(out: &mut String, sources: &SourceMap, runs: &[&[Frame]]) {
    for run in runs {
        let Some(frame) = run.first() else { continue };
        let place = located(sources, frame)
            .map_or_else(|| "builtin".to_string(), |p| format!("{}:{}:{}", p.file, p.line, p.column));
        out.push_str(&format!("  at {} ({place})", frame.function));
        if run.len() > 1 {
            out.push_str(&format!(", {} times", run.len()));
        }
        out.push('\n');
    }
}

/// Whether `nyash explain` has a page for a kind; programs make kinds of their own.
fn is_known(kind: &str) -> bool {
    nyrt::error::ErrorKind::ALL.iter().any(|k| k.name() == kind)
}

/// An uncaught exception for tools.
pub(crate) fn uncaught_json(sources: &SourceMap, what: &str, error: &Uncaught) -> Value {
    json!({
        "what": what,
        "kind": error.kind,
        "message": error.message,
        "hint": error.hint,
        "trace": trace_json(sources, &error.trace),
    })
}

/// A limit for tools.
pub(crate) fn limit_json(sources: &SourceMap, limit: Limit, value: &str, trace: &Trace) -> Value {
    let (flag, variable) = switch(limit);
    json!({
        "what": "limit",
        "flag": flag,
        "variable": variable,
        "value": value,
        "message": what_ran_out(limit, value),
        "trace": trace_json(sources, trace),
    })
}

fn trace_json(sources: &SourceMap, trace: &Trace) -> Value {
    let frames = |list: &[Frame]| -> Vec<Value> {
        list.iter()
            .map(|f| json!({ "function": f.function, "place": json::position_json(sources, f.span) }))
            .collect()
    };
    json!({ "innermost": frames(&trace.first), "leftOut": trace.left_out, "outermost": frames(&trace.last) })
}
