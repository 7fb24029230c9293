//! Findings as JSON for tools. The envelope `{schema, version, data}` is the same for every verb;
//! `docs/json.md` describes the schemas. It adds no facts to the text form.

use serde_json::{Value, json};
use syntax::diag::Severity;
use syntax::span::{SourceMap, Span};

use super::Finding;

/// The common frame of all JSON output: which schema `data` follows and which nyash wrote it.
pub(crate) fn envelope(schema: &str, data: Value) -> String {
    let mut text = json!({
        "schema": format!("nyash/{schema}/1"),
        "version": env!("CARGO_PKG_VERSION"),
        "data": data,
    })
    .to_string();
    text.push('\n');
    text
}

/// A finding. `line` and `column` count from 1, columns in code points; `start` and `end` are byte
/// offsets in the file.
pub(crate) fn finding_json(sources: &SourceMap, f: &Finding) -> Value {
    json!({
        "severity": match f.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "code": f.code.map(|c| c.name()),
        "title": f.title,
        "place": f.span.map(|s| position_json(sources, s)),
        "label": f.label,
        "labels": f.labels.iter().map(|l| json!({
            "place": position_json(sources, l.span),
            "text": l.text,
        })).collect::<Vec<_>>(),
        "hints": f.hints,
    })
}

/// A place in a source file, `null` when it belongs to none.
pub(super) fn position_json(sources: &SourceMap, span: Span) -> Value {
    let (Some(id), Some(from)) = (sources.file_at(span.lo), sources.locate(span.lo)) else {
        return Value::Null;
    };
    let base = sources.file(id).base;
    let to = sources.locate(span.hi).filter(|to| to.file == from.file).unwrap_or(from);
    json!({
        "file": from.file,
        "line": from.line,
        "column": from.column,
        "endLine": to.line,
        "endColumn": to.column,
        "start": span.lo - base,
        "end": span.hi.saturating_sub(base),
    })
}
