//! Control flow: conditions and their bodies, `if`, `loop`, `try`.

use super::stmt::assign_op;
use super::*;
use TokenKind as T;

impl Parser<'_, '_> {
    /// A condition up to its `{`; damage in it does not lose the body.
    pub(super) fn condition(&mut self, word: &str) -> Result<ExprId> {
        let mark = self.mark();
        let cond = match self.expr() {
            Ok(e) => e,
            Err(Failed) => {
                self.reset(mark);
                if !self.sync_brace() {
                    return Err(Failed);
                }
                return Ok(self.error_expr());
            }
        };
        if assign_op(self.kind()).is_some() {
            let d =
                Diagnostic::new(Code::E0201, self.here(), format!("assignment in the condition of `{word}`"))
                    .label("this assigns")
                    .hint("compare with `==`");
            self.report(d);
            return if self.sync_brace() { Ok(cond) } else { Err(Failed) };
        }
        if matches!(self.kind(), T::RParen | T::RBracket) && !self.cur().newline {
            self.unmatched();
        }
        if !self.at(T::LBrace) && self.last_report != Some(self.pos) {
            self.lost_openers += u32::from(self.cur().newline);
            self.no_body();
            if !self.sync_brace() {
                return Err(Failed);
            }
        }
        Ok(cond)
    }

    pub(super) fn no_body(&mut self) {
        let t = self.cur();
        let hint = match t.kind {
            T::Colon => "the body stands in braces: `{ ... }`, without `:`",
            T::Semi => "there is no `for`; count with `local i = 0  loop i < n { ...  i += 1 }`",
            T::Ident if self.at_word("then") || self.at_word("do") => "the body stands in braces: `{ ... }`",
            T::Ident if self.at_word("is") || self.at_word("instanceof") => "ask a value with `v.is(\"T\")`",
            T::Ident if self.at_word("in") => "walk an array with an index: `loop i < a.length() { ... }`",
            _ => "the body stands in braces, even a single statement: `{ ... }`",
        };
        self.expected_hint("`{`", hint);
    }

    /// `if` with its chain of `else if`, collected first and nested from the last to the first, so that
    /// long chains need no recursion.
    pub(super) fn if_statement(&mut self) -> Result<()> {
        let mut links = Vec::new();
        let mut els = None;
        loop {
            let lo = self.bump().span.lo;
            let cond = self.condition("if")?;
            let then = self.body(Body::If)?;
            links.push((lo, cond, then));
            let t = self.cur();
            let chained = if t.kind == T::Else {
                self.bump();
                self.at(T::If)
            } else if t.kind == T::Ident && matches!(self.word(), "elif" | "elseif" | "elsif") {
                let word = self.word();
                self.unknown_keyword(t.span, word, "write `else if`");
                true
            } else {
                break;
            };
            if !chained {
                els = Some(self.block()?);
                break;
            }
        }
        let hi = self.prev_span().hi;
        while let Some((lo, cond, then)) = links.pop() {
            let span = Span::new(lo, hi);
            let first = self.stmt_stack.len();
            self.push_stmt(StmtKind::If { cond, then, els }, span);
            if links.is_empty() {
                return Ok(());
            }
            let stmts = self.take_stmts(first);
            els = Some(self.block_node(stmts, span));
        }
        Ok(())
    }

    /// `loop`, `while`, with or without condition.
    pub(super) fn loop_statement(&mut self) -> Result<StmtKind> {
        let word = kind_text(self.bump().kind);
        let endless =
            self.at(T::LParen) && self.ahead(1).kind == T::RParen && self.ahead(2).kind == T::LBrace;
        if endless {
            self.pos += 2;
        }
        let cond = if self.at(T::LBrace) { None } else { Some(self.condition(word)?) };
        Ok(StmtKind::Loop { cond, body: self.block()? })
    }

    pub(super) fn try_statement(&mut self) -> Result<StmtKind> {
        self.bump();
        let body = self.body(Body::Try)?;
        let mut catches = Vec::new();
        loop {
            let t = self.cur();
            let foreign = t.kind == T::Ident && matches!(self.word(), "except" | "rescue");
            if foreign {
                let word = self.word();
                self.unknown_keyword(t.span, word, "write `catch (e) { ... }`");
            } else if t.kind != T::Catch {
                break;
            }
            self.bump();
            let (class, name) = self.catch_head()?;
            let body = self.body(Body::Try)?;
            catches.push(Catch { class, name, body, span: self.span_from(t.span.lo) });
        }
        let finally = if self.eat(T::Finally) { Some(self.block()?) } else { None };
        if self.at(T::Catch) {
            return Err(self.expected_hint("a statement", "`catch` stands before `finally`"));
        }
        self.ast.tries.push(Try { body, catches, finally });
        Ok(StmtKind::Try(TryId(self.ast.tries.len() as u32 - 1)))
    }

    /// What stands between `catch` and its block: nothing, `e`, `()`, `(e)` or `(T e)`.
    pub(super) fn catch_head(&mut self) -> Result<(Option<Ident>, Option<Ident>)> {
        if !self.at(T::LParen) {
            return Ok((None, if self.at(T::LBrace) { None } else { Some(self.ident("a variable")?) }));
        }
        let mut words: Vec<Ident> = Vec::new();
        let mut swapped = false;
        self.group(T::RParen, "a name", &mut |p| {
            words.push(p.ident("a name")?);
            if p.at(T::Colon) {
                swapped = true;
                p.expected_hint("`)`", "the type stands first: `catch (Error e)`");
                p.bump();
            }
            if p.kind().is_word() {
                words.push(p.ident("a variable")?);
            }
            Ok(())
        })?;
        Ok(match words[..] {
            [name] => (None, Some(name)),
            [name, class] if swapped => (Some(class), Some(name)),
            [class, name, ..] => (Some(class), Some(name)),
            [] => (None, None),
        })
    }

    /// `else`, `catch`, `finally` without what they belong to. Their bodies are parsed all the same.
    pub(super) fn orphan(&mut self) -> Result<()> {
        let (t, partner) = (self.cur(), if self.at(T::Else) { "if" } else { "try" });
        let text = kind_text(t.kind);
        let d = Diagnostic::new(Code::E0201, t.span, format!("`{text}` without `{partner}`"))
            .label(format!("no `{partner}` ends right before this"))
            .hint(format!("`{text}` follows the closing `}}` of its `{partner}`"));
        self.report(d);
        self.bump();
        if t.kind == T::Else && self.at(T::If) {
            return self.if_statement();
        }
        if t.kind == T::Catch {
            self.catch_head()?;
        }
        let body = self.block()?;
        let span = self.span_from(t.span.lo);
        self.push_stmt(StmtKind::Block(body), span);
        Ok(())
    }
}
