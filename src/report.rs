//! The only place that turns findings about a program into text: diagnostics with source excerpts,
//! uncaught errors with traces, limits, plain errors of the command itself, and their JSON form.
//!
//! It decides nothing: what is an error, which exit status follows and what a program means is known
//! elsewhere. Everything goes to standard error; standard output belongs to the program.
//!
//! The first line is fixed by the language page and read by tools: `error: line N: TITLE` for compile
//! errors and `error: uncaught ...` for run-time errors. What follows it is for people.

mod excerpt;
mod json;
mod runtime;

pub(crate) use json::{envelope, finding_json};
pub(crate) use runtime::{Frame, Limit, Trace, Uncaught, limit, limit_json, notice, uncaught, uncaught_json};

use annotate_snippets::{Group, Level, Renderer};
use host::streams;
use std::borrow::Cow;
use std::io::Write;
use syntax::codes::Code;
use syntax::diag::{Diagnostic, Label, Severity};
use syntax::span::{SourceMap, Span};

/// How many compile errors `run` shows; the rest is counted.
const SHOWN: usize = 20;
/// The longest title; texts of users may end up in titles.
const TITLE_CHARS: usize = 300;

/// One thing to tell the user, about a place in a source file or about none.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// Whether the program can run in spite of it.
    pub severity: Severity,
    /// The row of the table of codes, for `nyash explain`.
    pub code: Option<Code>,
    /// One line.
    pub title: String,
    /// The main place.
    pub span: Option<Span>,
    /// What to say at the main place.
    pub label: String,
    /// Other places.
    pub labels: Vec<Label>,
    /// What to do.
    pub hints: Vec<String>,
}

impl Finding {
    /// An error without a place: files, flags.
    pub(crate) fn error(title: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Error,
            code: None,
            title: title.into(),
            span: None,
            label: String::new(),
            labels: Vec::new(),
            hints: Vec::new(),
        }
    }
    /// A warning without a place.
    pub(crate) fn warning(title: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::error(title) }
    }
    /// With a place and words for it.
    pub(crate) fn at(mut self, span: Span, label: impl Into<String>) -> Finding {
        self.span = Some(span);
        self.label = label.into();
        self
    }
    /// With a code.
    pub(crate) fn code(mut self, code: Code) -> Finding {
        self.code = Some(code);
        self
    }
    /// With advice.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Finding {
        self.hints.push(hint.into());
        self
    }
    /// Whether it keeps the program from running.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl From<Diagnostic> for Finding {
    fn from(d: Diagnostic) -> Finding {
        Finding {
            severity: d.severity(),
            code: Some(d.code),
            title: d.title,
            // The default span belongs to no file: the builder uses it for what has no place.
            span: (d.span != Span::default()).then_some(d.span),
            label: d.label,
            labels: d.labels,
            hints: d.hint.into_iter().collect(),
        }
    }
}

/// One finding as text, with colour codes; [`emit`] removes them where they do not belong.
pub(crate) fn finding(sources: &SourceMap, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let place = finding.span.and_then(|s| sources.locate(s.lo));
    let title = shorten(&finding.title, TITLE_CHARS);
    let title = match place {
        Some(place) if is_source(place.file) => format!("line {}: {title}", place.line),
        Some(place) => format!("{} line {}: {title}", place.file, place.line),
        None => title.into_owned(),
    };
    let mut group = Group::with_title(level.primary_title(title));
    let mut marks = Vec::new();
    if let Some(span) = finding.span {
        marks.push(excerpt::Mark { span, text: &finding.label, primary: true });
    }
    marks.extend(finding.labels.iter().map(|l| excerpt::Mark {
        span: l.span,
        text: &l.text,
        primary: false,
    }));
    group = group.elements(excerpt::elements(sources, &marks));
    group =
        group.elements(finding.hints.iter().map(|h| Level::HELP.message(clean(&shorten(h, TITLE_CHARS)))));
    if let Some(code) = finding.code {
        group = group.element(Level::NOTE.message(format!("nyash explain {}", code.name())));
    }
    let mut text = renderer().render(&[group]);
    text.push('\n');
    text
}

/// Whether a file is program text; others (nyash.toml) are named in the first line, which otherwise
/// speaks of the program.
fn is_source(name: &str) -> bool {
    !name.ends_with(".toml")
}

/// All findings as text, errors first, separated by blank lines. With `all` not only the first ones.
pub(crate) fn findings(sources: &SourceMap, list: &[Finding], all: bool) -> String {
    let mut out = String::new();
    let errors = list.iter().filter(|f| f.is_error()).count();
    let ordered = list.iter().filter(|f| f.is_error()).chain(list.iter().filter(|f| !f.is_error()));
    let shown = if all { list.len() } else { SHOWN };
    for (i, f) in ordered.take(shown).enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(&finding(sources, f));
    }
    if errors > shown {
        out.push_str(&format!(
            "\nerror: {} more errors; `nyash check FILE` shows all of them\n",
            errors - shown
        ));
    }
    out
}

/// Writes to standard error; with colour only where NO_COLOR, CLICOLOR and the terminal say so. What cannot be
/// written is lost: there is nobody left to tell.
pub(crate) fn emit(text: &str) {
    if streams::are_captured() {
        let _ = streams::write_err(anstream::adapter::strip_str(text).to_string().as_bytes());
        return;
    }
    let mut err = anstream::stderr().lock();
    let _ = err.write_all(text.as_bytes());
    let _ = err.flush();
}

/// Writes a finding that has no place.
pub(crate) fn emit_plain(f: &Finding) {
    emit(&finding(&SourceMap::new(), f));
}

/// Writes what was asked for (a list, a page, JSON) to standard output. `false`: the reader is gone.
pub(crate) fn emit_answer(text: &str) -> bool {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

/// What a panic of this program means for the user.
pub(crate) fn internal(what: &str, place: &str) -> String {
    format!(
        "error: internal: {what}\n  at {place}\n  = help: this is a bug of nyash, not of the program; please report it \
         with the program and the version ({})\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// The renderer. Plain ASCII marks: they look the same in logs, terminals and tests.
fn renderer() -> Renderer {
    Renderer::styled()
}

/// A text on one line, cut after so many characters.
fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    let cut = text.char_indices().nth(limit).map_or(text.len(), |(i, _)| i);
    let line = text.find(['\n', '\r']).unwrap_or(text.len());
    if cut.min(line) == text.len() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}...", &text[..cut.min(line)]))
}

/// A hint may quote the program: escape codes in it must not reach the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
