//! Bracketed groups: arguments, elements, maps, parentheses, and what happens when one is damaged.

use super::expr::{Operand, begins_expr};
use super::*;

impl Parser<'_, '_> {
    /// `[i]`
    pub(super) fn index(&mut self) -> Result<ExprId> {
        let first = self.expr_stack.len();
        let place = self.cur().span;
        let list = self.expr_group(TokenKind::RBracket, first)?;
        match *self.ast.expr_list(list) {
            [only] => Ok(only),
            [] => {
                let d =
                    Diagnostic::new(Code::E0201, self.span_from(place.lo), "expected an index, found `[]`")
                        .label("which element?")
                        .hint("append with `a.push(v)`; an element is `a[i]`");
                self.push_diagnostic(d);
                Ok(self.expr_node(ExprKind::Error, place))
            }
            [first, ..] => {
                let d = Diagnostic::new(
                    Code::E0201,
                    self.span_from(place.lo),
                    "expected one index, found several",
                )
                .label("one index only")
                .hint("elements of nested arrays are `a[i][j]`; a part is `a.slice(i, j)`");
                self.push_diagnostic(d);
                Ok(first)
            }
        }
    }

    /// `(a, b)`
    pub(super) fn args(&mut self) -> Result<List> {
        let first = self.expr_stack.len();
        self.expr_group(TokenKind::RParen, first)
    }

    pub(super) fn expr_group(&mut self, close: TokenKind, first: usize) -> Result<List> {
        let done = self.group(close, "`,`", &mut |p| {
            let before = p.expr_stack.len();
            let result = p.expr();
            p.expr_stack.truncate(before);
            let e = result.unwrap_or_else(|_| p.error_expr());
            p.expr_stack.push(e);
            result.map(|_| ())
        });
        let list = self.take_exprs(first);
        done.map(|()| list)
    }

    /// An `Error` node at the current place.
    pub(super) fn error_expr(&mut self) -> ExprId {
        let at = self.here().lo;
        self.expr_node(ExprKind::Error, Span::new(at, at))
    }

    /// A bracketed list, the current token being its opener. A damaged item is skipped; a missing
    /// closing bracket is reported and, when the next token begins a line, taken for granted.
    pub(super) fn group(
        &mut self,
        close: TokenKind,
        separator: &str,
        item: &mut dyn FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let open = self.pos;
        self.enter(open)?;
        let mark = self.mark();
        self.bump();
        self.lines_ignored = true;
        let result = self.group_items(open, close, separator, item, mark);
        self.lines_ignored = mark.lines_ignored;
        self.depth = mark.depth - 1;
        result
    }

    pub(super) fn group_items(
        &mut self,
        open: usize,
        close: TokenKind,
        separator: &str,
        item: &mut dyn FnMut(&mut Self) -> Result<()>,
        mark: Mark,
    ) -> Result<()> {
        while !self.eat(close) {
            if self.closing_is_missing(close) {
                self.missing_close(open, close);
                return if self.cur().newline { Ok(()) } else { Err(Failed) };
            }
            let before = self.pos;
            if item(self).is_err() {
                self.reset(Mark { exprs: self.expr_stack.len(), lines_ignored: true, ..mark });
                if !self.sync_item(close) {
                    return Err(Failed);
                }
            }
            if self.eat(TokenKind::Comma) || self.at(close) {
                continue;
            }
            if self.at(TokenKind::Semi) && self.closes_ahead(self.pos + 1, close) {
                self.expected_hint(
                    &format!("{separator} or {}", close.describe()),
                    "items are separated by `,`",
                );
                self.bump();
                continue;
            }
            if self.at(TokenKind::LBrace) && close != TokenKind::RBrace {
                // `if (a {`: the body begins, so the bracket is taken for closed.
                self.missing_close(open, close);
                return Ok(());
            }
            if self.closing_is_missing(close) || (self.cur().newline && !self.closes_ahead(self.pos, close)) {
                self.missing_close(open, close);
                return if self.cur().newline { Ok(()) } else { Err(Failed) };
            }
            if matches!(self.kind(), TokenKind::RParen | TokenKind::RBracket) {
                self.missing_close(open, close);
                self.bump();
                return Ok(());
            }
            let what = format!("{separator} or {}", close.describe());
            let comma_lost = begins_expr(self.kind()) && self.foreign_operator_at(self.pos).is_none();
            if comma_lost {
                self.expected_hint(&what, "separate the items with `,`");
            } else if self.at(TokenKind::Colon) && close == TokenKind::RParen {
                self.expected_hint(&what, "arguments have no names, they go by position");
            } else {
                self.expected(&what);
            }
            if (!comma_lost || self.pos == before) && !self.sync_item(close) {
                return Err(Failed);
            }
            self.eat(TokenKind::Comma);
        }
        Ok(())
    }

    /// Whether the current token cannot belong to the group.
    pub(super) fn closing_is_missing(&self, close: TokenKind) -> bool {
        let t = self.cur();
        match t.kind {
            TokenKind::Eof | TokenKind::Semi => true,
            TokenKind::RBrace => close != TokenKind::RBrace,
            kind => t.newline && recover::begins_statement(kind),
        }
    }

    /// `( expr )`; the operand's extent includes the parentheses.
    pub(super) fn parenthesized(&mut self) -> Result<Operand> {
        let (open, t) = (self.pos, self.cur());
        if self.ahead(1).kind == TokenKind::RParen {
            self.pos += 1;
            let hint = if self.ahead(1).kind == TokenKind::FatArrow {
                "a function literal is written `fn() { return x }`"
            } else {
                "parentheses need an expression inside; the empty value is `void`"
            };
            return Err(self.expected_hint("an expression", hint));
        }
        let mut inner = Err(Failed);
        let mut seen = 0_u32;
        self.group(TokenKind::RParen, "an operator", &mut |p| {
            if seen == 1 && inner.is_ok() {
                let place = p.prev_span();
                let d = Diagnostic::new(Code::E0201, place, "expected `)`, found `,`")
                    .label("parentheses hold one expression")
                    .hint("several values make an array: `[a, b]`");
                p.report(d);
            }
            seen += 1;
            let e = p.expr_from(1);
            if seen == 1 {
                inner = e;
            }
            e.map(|_| ())
        })?;
        if seen == 1 && self.pos > open + 1 && self.tok_at(self.pos - 2).kind == TokenKind::Comma {
            let place = self.tok_at(self.pos - 2).span;
            let d = Diagnostic::new(Code::E0201, place, "expected `)`, found `,`")
                .label("parentheses hold one expression")
                .hint("an array of one element is `[a]`");
            self.push_diagnostic(d);
        }
        let at = self.tok_at(open).span.hi;
        let id = match inner {
            Ok(o) => o.id,
            Err(_) => self.expr_node(ExprKind::Error, Span::new(at, at)),
        };
        Ok(Operand { id, lo: t.span.lo, hi: self.prev_span().hi })
    }

    /// `%{ k => v }`
    pub(super) fn map(&mut self) -> Result<ExprKind> {
        let first = self.expr_stack.len();
        let done = self.group(TokenKind::RBrace, "`,`", &mut |p| {
            let before = p.expr_stack.len();
            let pair = p.map_entry();
            p.expr_stack.truncate(before);
            let (k, v) = match pair {
                Ok(kv) => kv,
                Err(_) => (p.error_expr(), p.error_expr()),
            };
            p.expr_stack.push(k);
            p.expr_stack.push(v);
            pair.map(|_| ())
        });
        let list = self.take_exprs(first);
        done.map(|()| ExprKind::Map(list))
    }

    pub(super) fn map_entry(&mut self) -> Result<(ExprId, ExprId)> {
        let key = self.expr()?;
        if matches!(self.kind(), TokenKind::Colon | TokenKind::Assign) {
            self.expected_hint("`=>`", "key and value of a map are joined by `=>`: `%{ \"a\" => 1 }`");
            self.bump();
        } else {
            self.expect(TokenKind::FatArrow)?;
        }
        let value = self.expr()?;
        Ok((key, value))
    }
}
