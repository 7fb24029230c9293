//! Source excerpts: which lines of which files are shown for a set of marked places. It does not know
//! what is wrong there.
//!
//! Only the neighbourhood of the marks is handed to the renderer, so a message costs the same in a
//! file of ten lines and in one with a line of many megabytes.

use annotate_snippets::{Annotation, AnnotationKind, Element, Origin, Snippet};
use syntax::span::{SourceMap, Span};

/// A longer line is cut around the mark.
const LONG_LINE: usize = 400;
/// A mark so far into its line that the beginning of the line is not even looked at.
const FAR: usize = 4000;
/// How much of such a line is shown before the mark.
const BEFORE: usize = 60;
/// How much of a long line is shown from the mark on.
const AFTER: usize = 100;
/// Marks that are further apart (in lines) get excerpts of their own.
const APART: usize = 40;

/// A place to be shown.
pub(super) struct Mark<'a> {
    /// Where.
    pub(super) span: Span,
    /// What to say; may be empty.
    pub(super) text: &'a str,
    /// Whether it is the place the message is about.
    pub(super) primary: bool,
}

/// A mark on its line.
struct Placed<'a> {
    mark: &'a Mark<'a>,
    file: usize,
    line: usize,
    column: usize,
    /// Byte offsets in the file.
    line_start: usize,
    line_end: usize,
    lo: usize,
    hi: usize,
}

/// The parts of a message that show the marked places: per file its name and position, then excerpts.
pub(super) fn elements(sources: &SourceMap, marks: &[Mark<'_>]) -> Vec<Element<'static>> {
    let mut placed: Vec<Placed<'_>> = marks.iter().filter_map(|m| place(sources, m)).collect();
    let Some(first) = placed.iter().find(|p| p.mark.primary).or(placed.first()) else { return Vec::new() };
    let main_file = first.file;
    placed.sort_by_key(|p| (p.file != main_file, p.file, p.line, p.lo));
    let mut out = Vec::new();
    for of_file in placed.chunk_by(|a, b| a.file == b.file) {
        let Some(file) = sources.files().get(of_file[0].file) else { continue };
        for near in of_file.chunk_by(|a, b| !a.is_long() && !b.is_long() && b.line - a.line <= APART) {
            let excerpt = snippet(&file.text, near);
            if near[0].is_far() {
                // The column of a cut line is not that of the file: it has to be said.
                out.push(
                    Origin::path(file.name.clone()).line(near[0].line).char_column(near[0].column).into(),
                );
                out.push(excerpt.into());
            } else {
                out.push(excerpt.path(file.name.clone()).into());
            }
        }
    }
    out
}

impl Placed<'_> {
    fn is_long(&self) -> bool {
        self.line_end - self.line_start > LONG_LINE
    }

    /// Whether the beginning of the line cannot be shown; nearer ones are cut by the renderer.
    fn is_far(&self) -> bool {
        self.is_long() && self.lo - self.line_start > FAR
    }
}

/// Finds a mark's line. A mark over several lines is shown on its first one.
fn place<'a>(sources: &SourceMap, mark: &'a Mark<'a>) -> Option<Placed<'a>> {
    let id = sources.file_at(mark.span.lo)?;
    let file = sources.file(id);
    let at = sources.locate(mark.span.lo)?;
    let (line, column) = (at.line as usize, at.column as usize);
    let lo = floor((mark.span.lo - file.base) as usize, &file.text).max(file.start());
    let line_start = file.text.get(..lo)?.rfind('\n').map_or(file.start(), |i| i + 1);
    let line_end = file.text.get(lo..)?.find('\n').map_or(file.text.len(), |i| lo + i);
    let hi = ceil((mark.span.hi.saturating_sub(file.base) as usize).clamp(lo, line_end), &file.text);
    Some(Placed { mark, file: id.0 as usize, line, column, line_start, line_end, lo, hi })
}

/// One excerpt for marks on neighbouring lines, or for one mark on a long line.
fn snippet(text: &str, near: &[Placed<'_>]) -> Snippet<'static, Annotation<'static>> {
    let (Some(first), Some(last)) = (near.first(), near.last()) else { return Snippet::source("") };
    let mut from = first.line_start;
    let mut to = last.line_end;
    let (mut before, mut after) = ("", "");
    if first.is_long() {
        if first.is_far() {
            from = floor(first.lo.saturating_sub(BEFORE).max(from), text);
        }
        let end = ceil((first.lo + AFTER).min(to), text);
        (before, after) =
            (if from > first.line_start { "..." } else { "" }, if end < to { "..." } else { "" });
        to = end;
    }
    let shown = text.get(from..to).unwrap_or("");
    let source = format!("{before}{shown}{after}");
    let shift = |offset: usize| offset.clamp(from, to) - from + before.len();
    let mut out = Snippet::source(source).line_start(first.line);
    for p in near {
        let kind = if p.mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let label = (!p.mark.text.is_empty()).then(|| super::shorten(p.mark.text, 200).into_owned());
        out = out.annotation(kind.span(shift(p.lo)..shift(p.hi)).label(label));
    }
    out
}

/// The nearest character boundary at or before an offset.
fn floor(mut at: usize, text: &str) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The nearest character boundary at or after an offset.
fn ceil(mut at: usize, text: &str) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
