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
        if self.at(TokenKind::Int) && self.adjacent(self.pos) {
            let index = self.excerpt(self.cur().span);
            return self.expected_hint(
                "a name after `.`",
                format!("elements are reached with brackets: `[{index}]`"),
            );
        }
        self.expected("a name after `.`")
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
        let before = self.tok_at(self.pos.saturating_sub(1)).kind;
        if t.lost && self.pos > self.statement_start && (before == T::Assign || binary(before).is_some()) {
            let at = self.prev_span().hi;
            return Ok(self.operand(ExprKind::Error, Span::new(at, at)));
        }
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
            T::From => self.parent_call()?,
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
            T::Comma => self.expected_hint(what, "write the missing value, or remove the comma"),
            kind if binary(kind).is_some() && self.foreign_operator_at(self.pos).is_none() => {
                self.expected_hint(what, format!("{} needs a value on its left", t.kind.describe()))
            }
            T::RParen | T::RBracket | T::RBrace | T::Semi | T::Local | T::Return
                if self.pos > 0 && binary(self.tok_at(self.pos - 1).kind).is_some() =>
            {
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
    fn parent_call(&mut self) -> Result<ExprKind> {
        self.bump();
        let parent = self.ident("a parent's name")?;
        if self.at(TokenKind::LParen) && !self.at_line_start() {
            let p = self.names.text(parent.name).to_owned();
            let d = Diagnostic::new(Code::E0205, parent.span, format!("`from {p}(...)` needs a method"))
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
