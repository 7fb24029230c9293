//! Expressions: operators by precedence without recursion, prefixes, chains of calls, primaries.

use super::*;

/// A finished operand with its extent, parentheses included (the node's own span excludes them).
#[derive(Clone, Copy)]
pub(super) struct Operand {
    pub(super) id: ExprId,
    pub(super) lo: u32,
    pub(super) hi: u32,
}

/// An operator that waits for its right operand.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    kind: TokenKind,
    level: u8,
}

/// The level of `==`: what a pattern of `match` is made of, so that `|` separates alternatives.
pub(super) const EQUAL: u8 = 4;

/// The binding strength of a binary operator; all are left associative.
pub(super) fn binary(kind: TokenKind) -> Option<u8> {
    use TokenKind as T;
    Some(match kind {
        T::PipePipe | T::Or => 1,
        T::AmpAmp | T::And => 2,
        T::Amp | T::Pipe | T::Caret => 3,
        T::EqEq | T::BangEq => EQUAL,
        T::Lt | T::Le | T::Gt | T::Ge => 5,
        T::Shl | T::Shr => 6,
        T::Plus | T::Minus => 7,
        T::Star | T::Slash | T::Percent => 8,
        _ => return None,
    })
}

fn operation(kind: TokenKind, a: ExprId, b: ExprId) -> ExprKind {
    use TokenKind as T;
    let op = match kind {
        T::PipePipe | T::Or => return ExprKind::Or(a, b),
        T::AmpAmp | T::And => return ExprKind::And(a, b),
        T::Amp => BinaryOp::BitAnd,
        T::Pipe => BinaryOp::BitOr,
        T::Caret => BinaryOp::BitXor,
        T::EqEq => BinaryOp::Eq,
        T::BangEq => BinaryOp::Ne,
        T::Lt => BinaryOp::Lt,
        T::Le => BinaryOp::Le,
        T::Gt => BinaryOp::Gt,
        T::Ge => BinaryOp::Ge,
        T::Shl => BinaryOp::Shl,
        T::Shr => BinaryOp::Shr,
        T::Minus => BinaryOp::Sub,
        T::Star => BinaryOp::Mul,
        T::Slash => BinaryOp::Div,
        T::Percent => BinaryOp::Rem,
        _ => BinaryOp::Add,
    };
    ExprKind::Binary(op, a, b)
}

/// Whether an expression can begin with this token.
pub(super) fn begins_expr(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Ident
            | T::Int
            | T::Float
            | T::BadNumber
            | T::Str
            | T::Unterminated
            | T::True
            | T::False
            | T::Null
            | T::Void
            | T::Me
            | T::This
            | T::LParen
            | T::LBracket
            | T::MapOpen
            | T::Function
            | T::Fn
            | T::Match
            | T::New
            | T::From
            | T::Minus
            | T::Bang
            | T::Not
            | T::Tilde
            | T::Await
            | T::Weak
    )
}

impl Parser<'_, '_> {
    /// A whole expression.
    pub(super) fn expr(&mut self) -> Result<ExprId> {
        self.expr_from(1).map(|o| o.id)
    }

    /// An expression of operators at least as strong as `level`.
    pub(super) fn expr_from(&mut self, level: u8) -> Result<Operand> {
        let (operands, operators) = (self.operands.len(), self.operators.len());
        loop {
            let operand = self.unary()?;
            self.operands.push(operand);
            let Some(pending) = self.operator(level)? else { break };
            self.reduce(operators, pending.level);
            self.operators.push(pending);
        }
        self.reduce(operators, 0);
        let result = self.operands.pop().ok_or(Failed);
        self.operands.truncate(operands);
        result
    }

    /// The binary operator here, taken, if it continues the expression.
    fn operator(&mut self, level: u8) -> Result<Option<Pending>> {
        let t = self.cur();
        let Some(found) = binary(t.kind) else { return Ok(None) };
        if found < level || (t.kind == TokenKind::Minus && self.at_line_start()) {
            return Ok(None);
        }
        if self.adjacent(self.pos + 1) {
            if let Some(op) = self.foreign_operator_at(self.pos) {
                let failed = self.unknown_operator(&op);
                let Some(kind) = op.acts_as else { return Err(failed) };
                self.pos += op.tokens;
                return Ok(Some(Pending { kind, level: binary(kind).unwrap_or(1) }));
            }
            let after = self.ahead(2);
            if t.kind == TokenKind::Minus
                && self.ahead(1).kind == TokenKind::Minus
                && (after.newline || !begins_expr(after.kind))
            {
                let op =
                    hints::ForeignOperator { tokens: 2, text: "--", hint: "write `x -= 1`", acts_as: None };
                return Err(self.unknown_operator(&op));
            }
        }
        self.bump();
        Ok(Some(Pending { kind: t.kind, level: found }))
    }

    /// Applies waiting operators above `base` that bind at least as strongly as `level`.
    fn reduce(&mut self, base: usize, level: u8) {
        while self.operators.len() > base {
            let Some(top) = self.operators.last().copied().filter(|p| p.level >= level) else { return };
            self.operators.pop();
            let (Some(b), Some(a)) = (self.operands.pop(), self.operands.pop()) else { return };
            let span = Span::new(a.lo, b.hi);
            let id = self.expr_node(operation(top.kind, a.id, b.id), span);
            self.operands.push(Operand { id, lo: a.lo, hi: b.hi });
        }
    }

    /// Prefix operators and their operand.
    fn unary(&mut self) -> Result<Operand> {
        use TokenKind as T;
        let base = self.prefixes.len();
        while matches!(self.kind(), T::Minus | T::Bang | T::Not | T::Tilde | T::Await | T::Weak) {
            if self.depth as usize + self.prefixes.len() - base >= MAX_NESTING as usize {
                return Err(self.nesting_error(self.pos));
            }
            let t = self.bump();
            self.prefixes.push((t.kind, t.span.lo));
        }
        let mut operand = match self.minimum(base) {
            Some(o) => o,
            None => {
                // The operand's own nesting counts on top of the prefixes around it.
                let around = (self.prefixes.len() - base) as u32;
                self.depth += around;
                let o = self.postfix()?;
                self.depth -= around;
                o
            }
        };
        while self.prefixes.len() > base {
            let Some((kind, lo)) = self.prefixes.pop() else { break };
            let e = operand.id;
            let node = match kind {
                T::Minus => ExprKind::Unary(UnaryOp::Neg, e),
                T::Tilde => ExprKind::Unary(UnaryOp::BitNot, e),
                T::Await => ExprKind::Await(e),
                T::Weak => ExprKind::Weak(e),
                _ => ExprKind::Unary(UnaryOp::Not, e),
            };
            let id = self.expr_node(node, Span::new(lo, operand.hi));
            operand = Operand { id, lo, hi: operand.hi };
        }
        Ok(operand)
    }

    /// `-9223372036854775808`: the one literal that needs its sign.
    fn minimum(&mut self, base: usize) -> Option<Operand> {
        let t = self.cur();
        let lo = match self.prefixes.last() {
            Some((TokenKind::Minus, lo)) if self.prefixes.len() > base => *lo,
            _ => return None,
        };
        if t.kind != TokenKind::Int || t.span.hi - t.span.lo < 19 {
            return None;
        }
        if literal::decimal(self.slice(t.span)) != Some(literal::MIN_MAGNITUDE) {
            return None;
        }
        let next = self.ahead(1);
        let continues = match next.kind {
            TokenKind::Dot => true,
            TokenKind::LParen | TokenKind::LBracket => self.lines_ignored || !next.newline,
            _ => false,
        };
        if continues {
            return None;
        }
        self.bump();
        self.prefixes.pop();
        let id = self.expr_node(ExprKind::Int(i64::MIN), Span::new(lo, t.span.hi));
        Some(Operand { id, lo, hi: t.span.hi })
    }

    /// A primary and what follows it: members, calls, elements.
    fn postfix(&mut self) -> Result<Operand> {
        let mut o = self.primary()?;
        loop {
            let t = self.cur();
            let kind = match t.kind {
                TokenKind::Dot => {
                    if let Some(op) = self.foreign_operator_at(self.pos) {
                        return Err(self.unknown_operator(&op));
                    }
                    let number = self.prev_span();
                    self.bump();
                    if !self.kind().is_word() {
                        return Err(self.name_after_dot(number));
                    }
                    let name = self.take_ident();
                    if self.at(TokenKind::LParen) && !self.at_line_start() {
                        let args = self.args()?;
                        ExprKind::MethodCall(o.id, name, args)
                    } else {
                        ExprKind::Field(o.id, name)
                    }
                }
                TokenKind::LParen if !self.at_line_start() => {
                    let args = self.args()?;
                    ExprKind::Call(o.id, args)
                }
                TokenKind::LBracket if !self.at_line_start() => {
                    let index = self.index()?;
                    ExprKind::Index(o.id, index)
                }
                _ => return Ok(o),
            };
            let span = self.span_from(o.lo);
            o = Operand { id: self.expr_node(kind, span), lo: o.lo, hi: span.hi };
        }
    }

    fn name_after_dot(&mut self, before: Span) -> Failed {
        let text = self.slice(before);
        if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            return self.expected_hint(
                "a name after `.`",
                format!("a number has digits on both sides of its dot: `{text}.0`"),
            );
        }
        self.expected("a name after `.`")
    }

    /// `[i]`
    fn index(&mut self) -> Result<ExprId> {
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

    fn expr_group(&mut self, close: TokenKind, first: usize) -> Result<List> {
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

    fn group_items(
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
            if self.closing_is_missing(close) || (self.cur().newline && !self.closes_ahead(close)) {
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
    fn closing_is_missing(&self, close: TokenKind) -> bool {
        let t = self.cur();
        match t.kind {
            TokenKind::Eof | TokenKind::Semi => true,
            TokenKind::RBrace => close != TokenKind::RBrace,
            kind => t.newline && recover::begins_statement(kind),
        }
    }

    fn leaf(&mut self, kind: ExprKind) -> Operand {
        let t = self.bump();
        self.operand(kind, t.span)
    }

    fn operand(&mut self, kind: ExprKind, span: Span) -> Operand {
        Operand { id: self.expr_node(kind, span), lo: span.lo, hi: span.hi }
    }

    fn primary(&mut self) -> Result<Operand> {
        use TokenKind as T;
        let t = self.cur();
        let lo = t.span.lo;
        let kind = match t.kind {
            T::Ident => {
                let name = self.names.intern(self.slice(t.span));
                return Ok(self.leaf(ExprKind::Name(name)));
            }
            T::Int => self.int_literal(),
            T::Float => self.float_literal(),
            T::BadNumber => self.bad_number(),
            T::Str | T::Unterminated => ExprKind::Str(self.string_literal()),
            T::True => return Ok(self.leaf(ExprKind::Bool(true))),
            T::False => return Ok(self.leaf(ExprKind::Bool(false))),
            T::Null => return Ok(self.leaf(ExprKind::Null)),
            T::Void => return Ok(self.leaf(ExprKind::Void)),
            T::Me | T::This => return Ok(self.leaf(ExprKind::Me)),
            T::LParen => return self.parenthesized(),
            T::LBracket => {
                let first = self.expr_stack.len();
                ExprKind::Array(self.expr_group(T::RBracket, first)?)
            }
            T::MapOpen => self.map()?,
            T::Function | T::Fn => {
                let opener = self.pos;
                self.bump();
                if self.at(T::Ident) {
                    let d = Diagnostic::new(Code::E0201, self.here(), "a function literal has no name")
                        .label("remove this name")
                        .hint("assign the literal: `local f = fn(a) { ... }`, or declare the function as a statement");
                    self.report(d);
                    self.bump();
                }
                ExprKind::Function(self.function(None, opener)?)
            }
            T::Match => ExprKind::Match(self.match_expr()?),
            T::New => self.new_expr()?,
            T::From => self.from_expr()?,
            _ => return Err(self.no_expression()),
        };
        let span = self.span_from(lo);
        Ok(self.operand(kind, span))
    }

    fn no_expression(&mut self) -> Failed {
        use TokenKind as T;
        let t = self.cur();
        let what = "an expression";
        match t.kind {
            T::Dot if self.ahead(1).kind == T::Int && self.adjacent(self.pos + 1) => {
                let digits = self.excerpt(self.ahead(1).span);
                let span = t.span.to(self.ahead(1).span);
                let d = Diagnostic::new(Code::E0104, span, format!("malformed number `.{digits}`"))
                    .label("no digit before the dot")
                    .hint(format!("write `0.{digits}`"));
                self.report(d)
            }
            T::LBrace => self.expected_hint(what, "a map is written `%{ key => value }`"),
            T::Print => self.expected_hint(
                what,
                "`print(...)` is a statement without a value; in an arm of `match` write `{ print(x) }`",
            ),
            T::If => self.expected_hint(
                what,
                "`if` is a statement; choose a value with `match c { true => a  _ => b }`",
            ),
            T::Loop | T::While => self.expected_hint(what, "loops are statements and have no value"),
            T::And | T::Or => {
                self.expected_hint(what, format!("{} needs a value on its left", t.kind.describe()))
            }
            T::RParen | T::RBracket if self.pos > 0 && binary(self.tok_at(self.pos - 1).kind).is_some() => {
                let op = self.tok_at(self.pos - 1).kind.describe();
                self.expected_hint(what, format!("{op} needs a value on its right"))
            }
            T::Box => self.expected_hint(what, "instances are made with `new Name(...)`"),
            T::Catch | T::Finally | T::Else => {
                self.expected_hint(what, format!("{} belongs to the statement before it", t.kind.describe()))
            }
            T::Nowait => self.expected_hint(what, "a task is started by the statement `nowait f = call()`"),
            _ => self.expected(what),
        }
    }

    /// `( expr )`; the operand's extent includes the parentheses.
    fn parenthesized(&mut self) -> Result<Operand> {
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
    fn map(&mut self) -> Result<ExprKind> {
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

    fn map_entry(&mut self) -> Result<(ExprId, ExprId)> {
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

    /// `new Name<targs>(args)`
    fn new_expr(&mut self) -> Result<ExprKind> {
        self.bump();
        let name = self.ident("a box name")?;
        let targs = if self.at(TokenKind::Lt) { self.targs()? } else { 0 };
        if !self.at(TokenKind::LParen) || self.at_line_start() {
            let text = self.names.text(name.name).to_owned();
            if matches!(self.kind(), TokenKind::Dot | TokenKind::LBracket | TokenKind::LBrace)
                && !self.at_line_start()
            {
                return Err(self.expected_hint("`(`", format!("an instance is made with `new {text}(...)`")));
            }
            self.expected_hint("`(`", format!("write `new {text}()`"));
            return Ok(ExprKind::New { name, targs, args: List::default() });
        }
        let args = self.args()?;
        Ok(ExprKind::New { name, targs, args })
    }

    /// `from Parent.method(args)`
    fn from_expr(&mut self) -> Result<ExprKind> {
        self.bump();
        let parent = self.ident("a parent's name")?;
        if self.at(TokenKind::LParen) && !self.at_line_start() {
            let p = self.names.text(parent.name).to_owned();
            let d = Diagnostic::new(Code::E0205, parent.span, "`from` needs a method")
                .label(format!("which method of `{p}`?"))
                .hint(format!("the constructor of the parent is called with `from {p}.birth(...)`"));
            self.report(d);
            let method = Ident { name: self.names.intern("birth"), span: parent.span };
            let args = self.args()?;
            return Ok(ExprKind::From { parent, method, args });
        }
        self.expect(TokenKind::Dot)?;
        let method = self.any_word("a method name")?;
        if !self.at(TokenKind::LParen) || self.at_line_start() {
            let (p, m) = (self.names.text(parent.name).to_owned(), self.names.text(method.name).to_owned());
            self.expected_hint("`(`", format!("`from` calls a method: `from {p}.{m}()`"));
            return Ok(ExprKind::From { parent, method, args: List::default() });
        }
        let args = self.args()?;
        Ok(ExprKind::From { parent, method, args })
    }
}
