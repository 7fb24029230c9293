//! Diagnostics as data: code, title, labels, hint. Rendering happens in the command only
//! (`src/report.rs`); the code's page text is in `codes`.

use crate::codes::Code;
use crate::span::Span;

/// How serious a diagnostic is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// The program cannot run.
    Error,
    /// The program runs; something looks wrong.
    Warning,
}

/// A stretch of source text with a remark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be said about it; may be empty.
    pub text: String,
}

/// One finding about the source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Row of the table of codes.
    pub code: Code,
    /// One line, lower case, no period.
    pub title: String,
    /// The main place.
    pub span: Span,
    /// What to say at the main place; may be empty.
    pub label: String,
    /// Other places.
    pub labels: Vec<Label>,
    /// What to do, as a sentence.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A diagnostic with a title and a place.
    pub fn new(code: Code, span: Span, title: impl Into<String>) -> Diagnostic {
        Diagnostic { code, title: title.into(), span, label: String::new(), labels: Vec::new(), hint: None }
    }
    /// With words at the main place.
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.label = text.into();
        self
    }
    /// With another place.
    pub fn other(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }
    /// With advice.
    pub fn hint(mut self, text: impl Into<String>) -> Diagnostic {
        self.hint = Some(text.into());
        self
    }
    /// How serious it is: a property of the code.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}
