//! Words that were meant as keywords: misspelled ones and those of other languages.

use super::*;
use TokenKind as T;

impl<'t> Parser<'t, '_> {
    /// A statement that begins with a name: mostly an expression or assignment, sometimes a keyword
    /// that is misspelled or belongs to another language.
    pub(super) fn word_or_expression(&mut self) -> Result<()> {
        let (t, next) = (self.cur(), self.ahead(1));
        let stray = !next.newline
            && (next.kind.is_word() && !matches!(next.kind, T::And | T::Or)
                || matches!(next.kind, T::Str | T::Int | T::Float | T::LBrace)
                || next.kind == T::LParen && self.body_follows());
        if stray {
            let word = self.slice(t.span);
            match self.keyword_hint(word) {
                Some(hint) if !self.is_bound(word) => return self.misspelled(word, &hint),
                _ => {}
            }
        }
        self.expression_statement()
    }

    /// Whether the parentheses behind the current word are followed by a brace, as in `for (...) {`.
    /// Looks at a bounded number of tokens.
    pub(super) fn body_follows(&self) -> bool {
        const FAR: usize = 200;
        let mut open = 0_usize;
        for i in self.pos + 1..self.pos + FAR {
            match self.tok_at(i).kind {
                T::LParen => open += 1,
                T::RParen if open == 1 => {
                    let next = self.tok_at(i + 1);
                    return next.kind == T::LBrace && !next.newline;
                }
                T::RParen => open -= 1,
                T::Eof => return false,
                _ => {}
            }
        }
        false
    }

    /// What to write instead of a word that stands where only a keyword makes sense.
    pub(super) fn keyword_hint(&self, word: &str) -> Option<String> {
        if let Some(f) = hints::foreign_word(word) {
            return Some(f.hint.to_owned());
        }
        hints::near_keyword(word).map(|k| format!("did you mean `{k}`?"))
    }

    pub(super) fn unknown_keyword(&mut self, span: Span, word: &str, hint: &str) -> Failed {
        let d = Diagnostic::new(Code::E0209, span, format!("unknown keyword `{word}`"))
            .label("no statement begins like this")
            .hint(hint);
        self.report(d)
    }

    /// Whether the file gives this name a meaning somewhere; then it is no misspelled keyword. The names
    /// are collected once.
    fn is_bound(&mut self, word: &str) -> bool {
        if self.bound.is_none() {
            self.bound = Some(self.bound_names());
        }
        self.bound.as_ref().is_some_and(|b| b.contains(word))
    }

    fn bound_names(&self) -> HashSet<&'t str> {
        let mut bound = HashSet::new();
        let mut before = T::Eof;
        for pair in self.toks.windows(2) {
            let [name, after] = pair else { continue };
            let declared = matches!(
                before,
                T::Local
                    | T::Outbox
                    | T::Global
                    | T::Nowait
                    | T::Function
                    | T::Fn
                    | T::Box
                    | T::LParen
                    | T::Comma
            );
            if name.kind == T::Ident && (declared || after.kind == T::Assign) {
                bound.insert(self.slice(name.span));
            }
            before = name.kind;
        }
        bound
    }

    /// Reports a misspelled keyword and parses on as if it were right.
    pub(super) fn misspelled(&mut self, word: &str, hint: &str) -> Result<()> {
        let lo = self.cur().span.lo;
        let acts_as = hints::foreign_word(word)
            .map_or_else(|| hints::near_keyword(word).and_then(T::keyword), |f| f.acts_as);
        let failed = self.unknown_keyword(self.cur().span, word, hint);
        if hints::foreign_word(word).is_some() && self.pos >= self.silent_until {
            // The rest of the line follows rules of another language.
            let line = self.toks.iter().skip(self.pos + 1).position(|t| t.newline);
            self.silent_until = line.map_or(self.toks.len(), |n| self.pos + 1 + n);
        }
        let next = self.ahead(1).kind;
        let callable = next == T::Ident && self.ahead(2).kind == T::LParen;
        let kind = match acts_as {
            Some(T::Local | T::Outbox) if next == T::Ident => return self.local(),
            Some(T::Function | T::Fn) if callable => self.function_declaration()?,
            Some(T::Box) if next == T::Ident => self.declaration()?,
            Some(T::If) => return self.if_statement(),
            Some(T::Loop | T::While) => self.loop_statement()?,
            Some(T::Return) => {
                self.bump();
                StmtKind::Return(Some(self.expr()?))
            }
            Some(T::Throw) => {
                self.bump();
                StmtKind::Throw(self.expr()?)
            }
            Some(T::Try) => self.try_statement()?,
            Some(T::Else | T::Finally) if next == T::LBrace => {
                self.bump();
                StmtKind::Block(self.block()?)
            }
            _ => return Err(failed),
        };
        let span = self.span_from(lo);
        self.push_stmt(kind, span);
        Ok(())
    }
}
