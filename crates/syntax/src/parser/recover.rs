//! Going on after an error: where the next statement, member or item begins, and which bracket is the
//! one without a partner. Nothing here reports twice, and every scan consumes what it looks at.

use super::*;

impl Parser<'_, '_> {
    /// Skips a bracketed group, or one token when none begins here. A closing brace ends the brackets
    /// open inside it, since a missing `)` is likelier than a missing `}`.
    pub(super) fn skip_group(&mut self) {
        let mut open: Vec<TokenKind> = Vec::new();
        loop {
            let kind = self.kind();
            match kind {
                TokenKind::Eof => return,
                TokenKind::LParen | TokenKind::LBracket | TokenKind::LBrace | TokenKind::MapOpen => {
                    open.push(kind);
                }
                TokenKind::RParen | TokenKind::RBracket if open.last().is_some_and(|o| closes(*o, kind)) => {
                    open.pop();
                }
                TokenKind::RBrace if !open.is_empty() => {
                    if !open.iter().any(|o| closes(*o, kind)) {
                        return;
                    }
                    while open.pop().is_some_and(|o| !closes(o, kind)) {}
                }
                _ => {}
            }
            self.bump();
            if open.is_empty() {
                return;
            }
        }
    }

    /// Goes to the end of a damaged statement: behind `;`, or before a line end that ends statements,
    /// a `}`, or the end of the file.
    pub(super) fn sync_statement(&mut self) {
        loop {
            let t = self.cur();
            match t.kind {
                TokenKind::Eof | TokenKind::RBrace => return,
                TokenKind::Semi => {
                    self.bump();
                    return;
                }
                _ if t.newline && !continues_line(t.kind) => return,
                _ => self.skip_group(),
            }
        }
    }

    /// After a damaged condition: goes to the `{` of the body when it stands on this line.
    pub(super) fn sync_brace(&mut self) -> bool {
        loop {
            let t = self.cur();
            match t.kind {
                TokenKind::LBrace => return true,
                TokenKind::Eof | TokenKind::RBrace | TokenKind::Semi => return false,
                _ if t.newline => return false,
                _ => self.skip_group(),
            }
        }
    }

    /// After a damaged item of a bracketed list: goes to the next `,` or to the closing bracket.
    pub(super) fn sync_item(&mut self, close: TokenKind) -> bool {
        loop {
            let t = self.cur();
            match t.kind {
                TokenKind::Comma => return true,
                kind if kind == close => return true,
                TokenKind::Eof | TokenKind::RBrace | TokenKind::Semi => return false,
                kind if t.newline && begins_statement(kind) => return false,
                _ => self.skip_group(),
            }
        }
    }

    /// Whether the closing bracket follows soon, so that a new line inside the list rather lacks a
    /// comma than follows a lost bracket. Looks at a bounded number of tokens.
    pub(super) fn closes_ahead(&self, from: usize, close: TokenKind) -> bool {
        const FAR: usize = 200;
        let mut open: Vec<TokenKind> = Vec::new();
        for i in from..from + FAR {
            let t = self.tok_at(i);
            match t.kind {
                TokenKind::LParen | TokenKind::LBracket | TokenKind::LBrace | TokenKind::MapOpen => {
                    open.push(t.kind)
                }
                kind @ (TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace) => match open.pop() {
                    Some(o) if closes(o, kind) => {}
                    Some(_) => return false,
                    None => return kind == close,
                },
                TokenKind::Eof => return false,
                TokenKind::Semi | TokenKind::Assign if open.is_empty() => return false,
                kind if open.is_empty() && t.newline && begins_statement(kind) => return false,
                _ => {}
            }
        }
        false
    }

    /// After a damaged member of a box: goes to the next line or `,` outside brackets.
    pub(super) fn sync_member(&mut self) {
        loop {
            let t = self.cur();
            match t.kind {
                TokenKind::Eof | TokenKind::RBrace => return,
                TokenKind::Comma | TokenKind::Semi => {
                    self.bump();
                    return;
                }
                _ if t.newline && !continues_line(t.kind) => return,
                _ => self.skip_group(),
            }
        }
    }

    /// After a damaged arm of a `match`: goes to the next line or `,` outside brackets.
    pub(super) fn sync_arm(&mut self) {
        self.sync_member();
    }

    /// Reports a bracket without partner. `open` is the token that opened the group.
    pub(super) fn missing_close(&mut self, open: usize, close: TokenKind) -> Failed {
        if self.is_echo() {
            return Failed;
        }
        let text = kind_text(close);
        let opener = self.tok_at(open);
        let found = self.cur();
        let end = self.prev_span().hi;
        let mut d = if matches!(found.kind, TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace) {
            Diagnostic::new(
                Code::E0204,
                found.span,
                format!("expected `{text}`, found {}", found.kind.describe()),
            )
            .label(format!("expected `{text}`"))
        } else {
            Diagnostic::new(Code::E0204, Span::new(end, end), format!("missing closing `{text}`"))
                .label(format!("expected `{text}`"))
        };
        d = d.other(opener.span, format!("to close this {}", opener.kind.describe()));
        if close == TokenKind::RBrace {
            let at_end = found.kind == TokenKind::Eof;
            if let Some((suspect, closing)) = at_end.then(|| self.suspect_brace()).flatten() {
                if suspect != open {
                    d = d.other(self.tok_at(suspect).span, "perhaps it is this one that is not closed");
                }
                d = d.other(self.tok_at(closing).span, "this `}` closes it, but stands further left");
            }
            d = d.hint("every `{` needs its `}`");
        } else {
            d = d.hint(format!("add `{text}`, or a comma when the list goes on"));
        }
        self.report(d)
    }

    /// The first brace whose partner stands further left than the line it is opened on: probably the
    /// partner was meant for an outer brace. One linear scan, done once, at the end of the file.
    fn suspect_brace(&self) -> Option<(usize, usize)> {
        let mut open: Vec<(usize, u32)> = Vec::new();
        let mut indent = 0;
        for (i, t) in self.toks.iter().enumerate() {
            if t.newline || i == 0 {
                let before = self.text.get(..(t.span.lo.saturating_sub(self.base)) as usize).unwrap_or("");
                let line = before.rfind('\n').map_or(0, |n| n + 1);
                indent = (before.len() - line) as u32;
            }
            match t.kind {
                TokenKind::LBrace | TokenKind::MapOpen => open.push((i, indent)),
                TokenKind::RBrace => match open.pop() {
                    Some((at, level)) if t.newline && indent < level => return Some((at, i)),
                    _ => {}
                },
                _ => {}
            }
        }
        None
    }
}

fn closes(open: TokenKind, close: TokenKind) -> bool {
    matches!(
        (open, close),
        (TokenKind::LParen, TokenKind::RParen)
            | (TokenKind::LBracket, TokenKind::RBracket)
            | (TokenKind::LBrace | TokenKind::MapOpen, TokenKind::RBrace)
    )
}

/// Whether a line that begins with this token continues the line before.
pub(super) fn continues_line(kind: TokenKind) -> bool {
    kind == TokenKind::Dot || (kind != TokenKind::Minus && expr::binary(kind).is_some())
}

/// Whether this word begins a statement and nothing else.
pub(super) fn begins_statement(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Local
            | T::Outbox
            | T::Global
            | T::Box
            | T::Static
            | T::Interface
            | T::Print
            | T::If
            | T::Else
            | T::Loop
            | T::While
            | T::Break
            | T::Continue
            | T::Return
            | T::Try
            | T::Catch
            | T::Finally
            | T::Throw
            | T::Nowait
            | T::Include
            | T::Using
    )
}
