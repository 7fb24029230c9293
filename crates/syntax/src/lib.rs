//! Nyash source text to tree and diagnostics: [`parse`] never fails, it returns what it understood and
//! what is wrong. The crate reads no files, renders no messages and knows no types; names are resolved
//! by those who read the tree.
//!
//! A tree ([`ast::Ast`]) carries no trivia. [`Parsed::tokens`] covers the text without gaps, comments
//! and white space included, so that tree and tokens together say everything about the text.

#![forbid(unsafe_code)]

pub mod ast;
mod check;
pub mod codes;
pub mod diag;
pub mod dump;
pub mod hints;
pub mod intern;
mod lexer;
mod parser;
pub mod print;
pub mod span;
pub mod token;

use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::intern::Interner;
use crate::span::Span;
use crate::token::Token;
use std::borrow::Cow;

/// How many diagnostics one file can have; what comes after them helps nobody.
pub const MAX_DIAGNOSTICS: usize = 100;

/// How deep brackets, blocks and functions may nest.
pub const MAX_NESTING: u32 = 200;

/// What became of a text.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The tree. Parts that could not be understood are `Error` nodes.
    pub ast: ast::Ast,
    /// All tokens, trivia included, in order and without gaps.
    pub tokens: Vec<Token>,
    /// In order of position.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the first thing wrong is that the text ends too early.
    incomplete: bool,
}

impl Parsed {
    /// Whether the text ended inside an open construct and was right up to there, so that more lines
    /// may complete it. A prompt that reads several lines asks this.
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Whether some diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity() == diag::Severity::Error)
    }
}

/// Parses a text. `base` is the position of its first byte (`SourceFile::base`), so that spans are
/// positions of the whole program.
pub fn parse(text: &str, base: u32, names: &mut Interner) -> Parsed {
    if text.len() as u64 + u64::from(base) >= u64::from(u32::MAX) {
        let d = Diagnostic::new(Code::E0108, Span::new(base, base), "the source text is too large")
            .label("all files of a program share 4 GiB")
            .hint("keep data out of the source, for example in a file that the program reads");
        return Parsed { diagnostics: vec![d], ..Parsed::default() };
    }
    let lexed = lexer::lex(text, base);
    let parser::Outcome { ast, mut diagnostics, mut incomplete } =
        parser::parse(text, base, &lexed.tokens, names);
    if let Some(from) = lexed.doubtful_from {
        // What follows a lost quote was read inside out: anything said about it would mislead.
        incomplete = diagnostics.iter().all(|d| d.span.lo >= from);
        diagnostics.retain(|d| d.span.lo < from);
    } else if lexed.diagnostics.iter().any(|d| d.code == Code::E0103) {
        incomplete = lexed.diagnostics.len() == 1 && (diagnostics.is_empty() || incomplete);
    } else if !lexed.diagnostics.is_empty() {
        incomplete = false;
    }
    diagnostics.extend(lexed.diagnostics);
    if diagnostics.iter().all(|d| tree_is_sound(d.code)) {
        check::check(&ast, &mut diagnostics);
    }
    diagnostics.sort_by_key(|d| d.span.lo);
    diagnostics.truncate(MAX_DIAGNOSTICS);
    Parsed { ast, tokens: lexed.tokens, diagnostics, incomplete }
}

/// Whether a tree keeps the shape its author meant, although this was reported.
fn tree_is_sound(code: Code) -> bool {
    use Code as C;
    matches!(
        code,
        C::E0101
            | C::E0104
            | C::E0105
            | C::E0106
            | C::E0203
            | C::E0205
            | C::E0206
            | C::E0208
            | C::E0210
            | C::E0412
    )
}

/// The text of a file's bytes, with a diagnostic when they are not UTF-8. The text is then a lossy
/// one, good for showing the place: up to the offset it agrees with the bytes, and there the
/// diagnostic's span covers its replacement character.
pub fn decode(bytes: &[u8], base: u32) -> (Cow<'_, str>, Option<Diagnostic>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(e) => {
            let offset = e.valid_up_to();
            let byte = bytes.get(offset).copied().unwrap_or(0);
            let lo = base.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
            let span = Span::new(lo, lo.saturating_add(char::REPLACEMENT_CHARACTER.len_utf8() as u32));
            let d =
                Diagnostic::new(Code::E0107, span, format!("source is not UTF-8 at byte offset {offset}"))
                    .label(format!("byte 0x{byte:02X} does not belong here"))
                    .hint("save the file as UTF-8");
            (String::from_utf8_lossy(bytes), Some(d))
        }
    }
}
