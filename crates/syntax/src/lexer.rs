//! Text to tokens. The patterns stand at [`TokenKind`]; here is what patterns say badly: strings,
//! comments, words outside ASCII, unknown characters. It does not know the grammar, and it does not
//! look into literals beyond their end.

use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::hints;
use crate::span::Span;
use crate::token::{Token, TokenKind};
use logos::Logos;

/// The tokens of a text and what is wrong with them.
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Where the text becomes doubtful because its last string has no end: an earlier string that
    /// spans lines may have lost its quote, and all that follows is inside out.
    pub(crate) doubtful_from: Option<u32>,
}

/// Splits a text into tokens that cover it without gaps. `base` is the position of its first byte;
/// the caller has made sure that `base + text.len()` fits.
pub(crate) fn lex(text: &str, base: u32) -> Lexed {
    let mut out =
        Lexer { text, base, tokens: Vec::with_capacity((text.len() / 4).min(1 << 20)), errors: Vec::new() };
    let mut first_long: [Option<Span>; 2] = [None, None];
    let mut doubtful_from = None;
    let mut skip = 0;
    if text.starts_with('\u{FEFF}') {
        skip = '\u{FEFF}'.len_utf8();
        out.push(TokenKind::Space, 0, skip);
    }
    let mut raw = TokenKind::lexer(text.get(skip..).unwrap_or(""));
    while let Some(result) = raw.next() {
        let start = raw.span().start + skip;
        let mut end = raw.span().end + skip;
        let mut kind = result.unwrap_or(TokenKind::Unknown);
        match kind {
            TokenKind::Ident => {
                end += word_tail(out.rest(end));
                kind = TokenKind::keyword(out.slice(start, end)).unwrap_or(TokenKind::Ident);
            }
            TokenKind::Int | TokenKind::Float | TokenKind::BadNumber => {
                let tail = word_tail(out.rest(end));
                if tail > 0 {
                    end += tail;
                    kind = TokenKind::BadNumber;
                }
            }
            TokenKind::LineComment => {
                end += find(out.rest(end), b'\n').unwrap_or(text.len() - end);
            }
            TokenKind::BlockComment => match out.rest(end).find("*/") {
                Some(at) => end += at + 2,
                None => {
                    let span = out.span(start, end);
                    end = text.len();
                    out.error(
                        Diagnostic::new(Code::E0103, span, "unterminated comment")
                            .label("this comment has no end")
                            .hint("close the comment with `*/`"),
                    );
                }
            },
            TokenKind::Str => {
                let single = out.slice(start, end) == "'";
                let long = &mut first_long[usize::from(single)];
                match string_end(out.rest(end), if single { b'\'' } else { b'"' }) {
                    Some(len) => {
                        let body = out.slice(end, end + len);
                        if long.is_none() && body.contains('\n') {
                            *long = Some(out.span(start, end));
                        }
                        end += len;
                    }
                    None => {
                        kind = TokenKind::Unterminated;
                        let mut d = Diagnostic::new(Code::E0102, out.span(start, end), "unterminated string")
                            .label("this string has no end")
                            .hint(if single {
                                "close the string with `'`"
                            } else {
                                "close the string with `\"`"
                            });
                        if let Some(earlier) = *long {
                            d = d
                                .other(earlier, "or this string, which spans lines, lacks its closing quote");
                        }
                        let from = long.map_or(out.base + start as u32, |s| s.lo);
                        doubtful_from = Some(from);
                        out.error(d);
                        end = text.len();
                    }
                }
            }
            TokenKind::Unknown => {
                let c = out.rest(start).chars().next().unwrap_or('\0');
                end = start + c.len_utf8();
                if unicode_ident::is_xid_start(c) {
                    end += word_len(out.rest(end));
                    kind = TokenKind::Ident;
                } else {
                    out.unknown(c, start, end);
                }
            }
            _ => {}
        }
        let bump = end - skip - raw.span().end;
        if bump > 0 {
            raw.bump(bump);
        }
        out.push(kind, start, end);
    }
    Lexed { tokens: out.tokens, diagnostics: out.errors, doubtful_from }
}

struct Lexer<'t> {
    text: &'t str,
    base: u32,
    tokens: Vec<Token>,
    errors: Vec<Diagnostic>,
}

impl<'t> Lexer<'t> {
    fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or("")
    }

    fn rest(&self, from: usize) -> &'t str {
        self.text.get(from..).unwrap_or("")
    }

    fn span(&self, from: usize, to: usize) -> Span {
        Span::new(self.base + from as u32, self.base + to as u32)
    }

    fn push(&mut self, kind: TokenKind, from: usize, to: usize) {
        let span = self.span(from, to);
        self.tokens.push(Token { kind, span });
    }

    /// Binary garbage must not fill the memory with messages.
    fn error(&mut self, d: Diagnostic) {
        if self.errors.len() < crate::MAX_DIAGNOSTICS {
            self.errors.push(d);
        }
    }

    /// Reports an unknown character, once for a run of adjacent ones.
    fn unknown(&mut self, c: char, from: usize, to: usize) {
        let span = self.span(from, to);
        let adjacent = self.tokens.last().is_some_and(|t| t.kind == TokenKind::Unknown);
        if adjacent {
            if let Some(last) =
                self.errors.last_mut().filter(|d| d.code == Code::E0101 && d.span.hi == span.lo)
            {
                last.span.hi = span.hi;
            }
            return;
        }
        let shown = if c.is_control() || c.is_whitespace() || c == '\u{FEFF}' {
            format!("U+{:04X}", u32::from(c))
        } else {
            format!("`{c}`")
        };
        let mut d = Diagnostic::new(Code::E0101, span, format!("unexpected character {shown}"))
            .label("no token begins like this");
        if let Some(hint) = hints::character(c) {
            d = d.hint(hint);
        }
        self.error(d);
    }
}

/// Length of the part of a word that the ASCII pattern did not take.
fn word_tail(rest: &str) -> usize {
    if rest.as_bytes().first().is_none_or(u8::is_ascii) {
        return 0;
    }
    word_len(rest)
}

fn word_len(rest: &str) -> usize {
    rest.find(|c| !unicode_ident::is_xid_continue(c)).unwrap_or(rest.len())
}

/// Length of the rest of a string, closing quote included.
fn string_end(rest: &str, quote: u8) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut i = 0;
    loop {
        let b = *bytes.get(i)?;
        // Both the quote and the backslash are ASCII, so neither is ever part of another character.
        i += if b == b'\\' { 2 } else { 1 };
        if b == quote {
            return Some(i);
        }
    }
}

fn find(text: &str, byte: u8) -> Option<usize> {
    text.as_bytes().iter().position(|b| *b == byte)
}
