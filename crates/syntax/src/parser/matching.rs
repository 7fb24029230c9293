//! `match`: arms, patterns, guards.

use super::*;

impl Parser<'_, '_> {
    /// `match e { arms }`, the current token being `match`.
    pub(super) fn match_expr(&mut self) -> Result<MatchId> {
        self.enter(self.pos)?;
        let mark = self.mark();
        self.bump();
        let subject = self.condition("match")?;
        if !self.at(TokenKind::LBrace) {
            return Err(self.expected_hint("`{`", "the arms stand in braces: `match x { 1 => a  _ => b }`"));
        }
        let open = self.pos;
        self.lines_ignored = false;
        self.bump();
        let mut arms = Vec::new();
        let result = loop {
            if self.eat(TokenKind::RBrace) {
                break Ok(());
            }
            if self.at(TokenKind::Eof) {
                break Err(self.missing_close(open, TokenKind::RBrace));
            }
            let before = self.pos;
            let inner = self.mark();
            match self.arm() {
                Ok(arm) => {
                    arms.push(arm);
                    self.eat(TokenKind::Comma);
                }
                Err(Failed) => {
                    self.reset(inner);
                    if self.pos == before {
                        self.skip_group();
                    }
                    self.sync_arm();
                }
            }
        };
        self.lines_ignored = mark.lines_ignored;
        self.depth = mark.depth - 1;
        result?;
        self.ast.matches.push(Match { subject, arms });
        Ok(MatchId(self.ast.matches.len() as u32 - 1))
    }

    fn arm(&mut self) -> Result<Arm> {
        let lo = self.cur().span.lo;
        let first = self.expr_stack.len();
        let rest_pattern =
            self.at_word("_") && matches!(self.ahead(1).kind, TokenKind::FatArrow | TokenKind::If);
        if rest_pattern {
            self.bump();
        } else if self.at(TokenKind::Else) {
            self.expected_hint("a pattern", "the arm for everything else is `_ => ...`");
            self.bump();
        } else {
            loop {
                let pattern = self.expr_from(expr::EQUAL)?;
                self.expr_stack.push(pattern.id);
                if !self.eat(TokenKind::Pipe) {
                    break;
                }
            }
        }
        let patterns = self.take_exprs(first);
        let guard = if self.eat(TokenKind::If) { Some(self.expr()?) } else { None };
        self.fat_arrow()?;
        let body = if self.at(TokenKind::LBrace) {
            ArmBody::Block(self.block()?)
        } else {
            ArmBody::Expr(self.expr()?)
        };
        Ok(Arm { patterns, guard, body, span: self.span_from(lo) })
    }

    fn fat_arrow(&mut self) -> Result<()> {
        let hint = match self.kind() {
            TokenKind::FatArrow => {
                self.bump();
                return Ok(());
            }
            TokenKind::Colon => "an arm is written `pattern => value`",
            TokenKind::Minus if self.ahead(1).kind == TokenKind::Gt => "an arm is written `pattern => value`",
            TokenKind::Comma => "alternatives are separated by `|`: `1 | 2 => ...`",
            TokenKind::PipePipe | TokenKind::Or => {
                "alternatives are separated by a single `|`: `1 | 2 => ...`"
            }
            TokenKind::Amp | TokenKind::Caret | TokenKind::AmpAmp | TokenKind::And => {
                "put this pattern in parentheses, or write a guard: `_ if a && b => ...`"
            }
            _ => return self.expect(TokenKind::FatArrow).map(|_| ()),
        };
        Err(self.expected_hint("`=>`", hint))
    }
}
