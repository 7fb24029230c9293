//! Colours of the REPL's line, straight from the lexer: what is coloured as a keyword is one.

use nu_ansi_term::{Color, Style};
use reedline::{Highlighter, StyledText};
use syntax::intern::Interner;
use syntax::token::TokenKind;

/// Paints tokens.
pub(super) struct Colours {
    on: bool,
}

impl Colours {
    /// With colours unless NO_COLOR or CLICOLOR say otherwise.
    pub(super) fn from_environment() -> Colours {
        Colours { on: anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never }
    }
}

impl Highlighter for Colours {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut out = StyledText::new();
        if !self.on || line.starts_with(':') {
            out.push((Style::new(), line.to_string()));
            return out;
        }
        for token in syntax::parse(line, 0, &mut Interner::new()).tokens {
            let text = line.get(token.span.lo as usize..token.span.hi as usize).unwrap_or("");
            if !text.is_empty() {
                out.push((style(token.kind), text.to_string()));
            }
        }
        out
    }
}

fn style(kind: TokenKind) -> Style {
    match kind {
        TokenKind::LineComment | TokenKind::BlockComment => Style::new().fg(Color::DarkGray),
        TokenKind::Str => Style::new().fg(Color::Green),
        TokenKind::Int | TokenKind::Float => Style::new().fg(Color::Cyan),
        TokenKind::True | TokenKind::False | TokenKind::Null | TokenKind::Void => {
            Style::new().fg(Color::Cyan)
        }
        TokenKind::Unknown | TokenKind::Unterminated | TokenKind::BadNumber => Style::new().fg(Color::Red),
        kind if kind.is_keyword() => Style::new().fg(Color::Purple).bold(),
        _ => Style::new(),
    }
}
