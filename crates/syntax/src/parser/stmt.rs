//! Statements: lists of them and their boundaries, declarations of variables, control flow,
//! assignments.

use super::*;
use TokenKind as T;

impl Parser<'_, '_> {
    /// The statements up to the end of the file, or up to the `}` of the block that the token
    /// `open` begins; the brace is left to the caller.
    pub(super) fn statements(&mut self, open: Option<usize>) -> List {
        let first = self.stmt_stack.len();
        loop {
            match self.kind() {
                T::Eof => break,
                T::RBrace if open.is_some() => break,
                _ if open.is_some() && self.block_lacks_end() => break,
                T::RBrace | T::RParen | T::RBracket => {
                    self.unmatched();
                    continue;
                }
                T::Semi => {
                    let t = self.bump();
                    self.push_stmt(StmtKind::Empty, t.span);
                    continue;
                }
                _ => {}
            }
            let before = self.pos;
            self.statement_start = before;
            let mark = self.mark();
            if self.statement().is_ok() && self.end_of_statement(before).is_ok() {
                continue;
            }
            self.reset(mark);
            if self.pos == before {
                self.skip_group();
            }
            self.sync_statement();
            let span = self.span_from(self.tok_at(before).span.lo);
            self.push_stmt(StmtKind::Error, span);
        }
        self.take_stmts(first)
    }

    /// A closing bracket that nothing opened.
    pub(super) fn unmatched(&mut self) {
        if self.at(T::RBrace) && self.lost_openers > 0 {
            self.lost_openers -= 1;
            self.bump();
            return;
        }
        let text = self.kind().describe();
        let d = Diagnostic::new(Code::E0204, self.here(), format!("unmatched {text}"))
            .label("no bracket is open here")
            .hint(format!("remove this {text}, or add its partner before"));
        self.report(d);
        self.bump();
    }

    /// Makes sure that a statement that began at the token `start` is followed by a boundary.
    fn end_of_statement(&mut self, start: usize) -> Result<()> {
        let t = self.cur();
        if t.newline || matches!(t.kind, T::RBrace | T::Eof) {
            return if t.newline && t.kind == T::Assign { Err(self.not_separated(start)) } else { Ok(()) };
        }
        if t.kind == T::Semi {
            self.bump();
            return Ok(());
        }
        if t.kind.is_word() { Ok(()) } else { Err(self.not_separated(start)) }
    }

    fn not_separated(&mut self, start: usize) -> Failed {
        let t = self.cur();
        if matches!(t.kind, T::RParen | T::RBracket) {
            self.unmatched();
            return Failed;
        }
        if self.foreign_operator_at(self.pos).is_some() {
            return self.expected("the end of the statement");
        }
        let first = self.tok_at(start);
        let word = self.slice(first.span);
        let brace_after_name = first.kind == T::Ident && t.kind == T::LBrace;
        if let Some(hint) = self.keyword_hint(word).filter(|_| brace_after_name) {
            return self.unknown_keyword(first.span, word, &hint);
        }
        let hint = match t.kind {
            T::Assign if t.newline => "the `=` stands on the line of the variable",
            T::Assign => "`=` makes a statement of its own; assign to one place at a time",
            T::PlusAssign | T::MinusAssign | T::StarAssign | T::SlashAssign | T::PercentAssign => {
                "an assignment is a statement of its own"
            }
            T::Comma => "assign to one variable at a time; several are declared with `local a = 1, b = 2`",
            T::Colon => "a type annotation belongs to a declaration: `local x: Integer = 1`",
            T::FatArrow => "a function literal is written `fn(x) { return x }`",
            T::LBrace if matches!(word, "public" | "private" | "init") => {
                "groups of fields stand in the body of a box"
            }
            T::LBrace if first.kind == T::Ident => "a function is declared with `function f(a) { ... }`",
            _ => "separate two statements by a line end or `;`",
        };
        let found = self.found();
        let d = Diagnostic::new(
            Code::E0207,
            self.here(),
            format!("expected the end of the statement, found {found}"),
        )
        .label("the statement is complete before this")
        .hint(hint);
        self.report(d)
    }

    /// Whether the `}` of the current block is missing before this token: `catch` in the block of its
    /// `try`, `else` in the block of its `if`, a method in the block of another.
    fn block_lacks_end(&mut self) -> bool {
        let t = self.cur();
        let Some((innermost, body)) = self.open_blocks.last().copied() else { return false };
        let open = match t.kind {
            T::Else if body == Body::If => innermost,
            T::Catch | T::Finally if body == Body::Try => innermost,
            T::Ident if t.newline && self.ahead(1).kind == T::LParen => {
                let in_box = self.open_blocks.iter().any(|(_, b)| *b == Body::Member);
                if !in_box || !self.body_follows() || self.keyword_hint(self.word()).is_some() {
                    return false;
                }
                if self.is_echo() {
                    return true;
                }
                // Blocks that begin on lines at least as far to the right should have ended before.
                let indent = self.indent_of(self.pos);
                let inner = self.open_blocks.iter().rev().take_while(|(o, _)| self.indent_of(*o) >= indent);
                inner.last().map_or(innermost, |(o, _)| *o)
            }
            _ => return false,
        };
        self.missing_close(open, T::RBrace);
        true
    }

    /// `{ ... }`
    pub(super) fn block(&mut self) -> Result<BlockId> {
        self.body(Body::Other)
    }

    /// The block of a construct.
    pub(super) fn body(&mut self, body: Body) -> Result<BlockId> {
        if !self.at(T::LBrace) {
            let hint = match self.kind() {
                T::Colon => "the body stands in braces: `{ ... }`, without `:`",
                T::FatArrow => "the body stands in braces: `{ ... }`, without `=>`",
                _ if self.at_word("then") || self.at_word("do") || self.at_word("begin") => {
                    "the body stands in braces: `{ ... }`"
                }
                _ => "the body stands in braces, even a single statement: `{ ... }`",
            };
            self.lost_openers += u32::from(self.cur().newline);
            return Err(self.expected_hint("`{`", hint));
        }
        let open = self.pos;
        self.enter(open)?;
        let mark = self.mark();
        self.open_blocks.push((open, body));
        self.lines_ignored = false;
        self.bump();
        let stmts = self.statements(Some(open));
        self.open_blocks.truncate(mark.blocks);
        if !self.eat(T::RBrace) {
            self.missing_close(open, T::RBrace);
        }
        self.lines_ignored = mark.lines_ignored;
        self.depth = mark.depth - 1;
        let span = self.span_from(self.tok_at(open).span.lo);
        Ok(self.block_node(stmts, span))
    }

    pub(super) fn statement(&mut self) -> Result<()> {
        let t = self.cur();
        let lo = t.span.lo;
        if t.kind.is_keyword() && self.reserved_as_variable() {
            self.reserved_word("a variable");
            let name = self.take_ident();
            let place = self.expr_node(ExprKind::Name(name.name), name.span);
            return self.assignment(place, lo, name.span.lo);
        }
        let kind = match t.kind {
            T::LBrace => StmtKind::Block(self.block()?),
            T::Local | T::Outbox => return self.local(),
            T::Global => self.global()?,
            T::If => return self.if_statement(),
            T::Loop | T::While => self.loop_statement()?,
            T::Break => self.word_statement(StmtKind::Break),
            T::Continue => self.word_statement(StmtKind::Continue),
            T::Return => {
                self.bump();
                let next = self.cur();
                let value = !next.newline && expr::begins_expr(next.kind) || self.foreign_value();
                StmtKind::Return(if value { Some(self.expr()?) } else { None })
            }
            T::Throw => {
                self.bump();
                StmtKind::Throw(self.expr()?)
            }
            T::Print => self.print()?,
            T::Try => self.try_statement()?,
            T::Nowait => {
                self.bump();
                let name = self.ident("a variable")?;
                if !self.at(T::Assign) {
                    return Err(self.expected_hint("`=`", "the future needs a variable: `nowait f = call()`"));
                }
                self.bump();
                StmtKind::Nowait { name, value: self.expr()? }
            }
            T::Include => self.include()?,
            T::Using => self.using()?,
            T::Box | T::Interface | T::Static => self.declaration()?,
            T::Function | T::Fn if self.ahead(1).kind.is_word() => self.function_declaration()?,
            T::Ident if self.at_word("fini") && self.fini_follows() => {
                self.bump();
                StmtKind::Fini(self.block()?)
            }
            T::Else | T::Catch | T::Finally => return self.orphan(),
            T::Override => {
                return Err(
                    self.expected_hint("a statement", "`override` marks a method in the body of a box")
                );
            }
            T::Ident => return self.word_or_expression(),
            _ => return self.expression_statement(),
        };
        let span = self.span_from(lo);
        self.push_stmt(kind, span);
        Ok(())
    }

    fn word_statement(&mut self, kind: StmtKind) -> StmtKind {
        self.bump();
        kind
    }

    /// Whether a reserved word is used like a variable: `match = 1`.
    fn reserved_as_variable(&self) -> bool {
        let next = self.ahead(1);
        let value = matches!(self.kind(), T::Me | T::This | T::True | T::False | T::Null | T::Void);
        !value && !next.newline && assign_op(next.kind).is_some()
    }

    /// Whether something stands here that was meant as a value: `return +1`.
    fn foreign_value(&self) -> bool {
        let t = self.cur();
        !t.newline && matches!(t.kind, T::Plus | T::LBrace | T::Dot)
    }

    /// Whether `fini` is followed by a brace on its line.
    fn fini_follows(&self) -> bool {
        let brace = self.ahead(1);
        brace.kind == T::LBrace && !brace.newline
    }

    /// `local a = 1, b` and `outbox a`: several statements in the same scope.
    pub(super) fn local(&mut self) -> Result<()> {
        let mut lo = self.cur().span.lo;
        let outbox = self.at(T::Outbox);
        self.bump();
        loop {
            if matches!(self.kind(), T::LBracket | T::LParen | T::LBrace | T::MapOpen) {
                return Err(self.expected_hint(
                    "a variable",
                    "there is no destructuring; declare one variable after the other",
                ));
            }
            let name = self.ident("a variable")?;
            self.annotation()?;
            let value = if self.initializer()? { Some(self.expr()?) } else { None };
            let fini = if self.at_word("fini") && !self.cur().newline && self.fini_follows() {
                self.bump();
                Some(self.block()?)
            } else {
                None
            };
            let span = self.span_from(lo);
            self.push_stmt(StmtKind::Local { name, value, outbox, fini }, span);
            if fini.is_some() || !self.eat(T::Comma) {
                return Ok(());
            }
            lo = self.cur().span.lo;
        }
    }

    /// Whether `=` follows, taken; `:=` and `==` are reported and taken for it.
    pub(super) fn initializer(&mut self) -> Result<bool> {
        let t = self.cur();
        if t.newline {
            return Ok(false);
        }
        if t.kind == T::EqEq {
            self.expected_hint("`=`", "a first value is given with `=`; `==` compares");
            self.bump();
            return Ok(true);
        }
        if t.kind == T::Assign && self.adjacent(self.pos + 1) && self.ahead(1).kind == T::EqEq {
            self.expected("`=`");
        }
        Ok(self.eat(T::Assign))
    }

    /// `: type`, ignored.
    pub(super) fn annotation(&mut self) -> Result<()> {
        if !self.at(T::Colon) || self.ahead(1).newline {
            return Ok(());
        }
        if self.adjacent(self.pos + 1) && self.ahead(1).kind == T::Assign {
            self.expected_hint("`=`", "a first value is given with `=`");
            self.bump();
            return Ok(());
        }
        self.bump();
        self.type_name()
    }

    fn global(&mut self) -> Result<StmtKind> {
        self.bump();
        let name = self.ident("a variable")?;
        self.annotation()?;
        if !self.at(T::Assign) {
            let text = self.names.text(name.name).to_owned();
            return Err(
                self.expected_hint("`=`", format!("a global needs a first value: `global {text} = 0`"))
            );
        }
        self.bump();
        Ok(StmtKind::Global { name, value: self.expr()? })
    }

    /// `print(e)`, `print()`
    fn print(&mut self) -> Result<StmtKind> {
        self.bump();
        if !self.at(T::LParen) {
            if expr::begins_expr(self.kind()) && !self.cur().newline {
                self.expected_hint("`(`", "the value stands in parentheses: `print(x)`");
                return Ok(StmtKind::Print(Some(self.expr()?)));
            }
            return Err(self.expected_hint("`(`", "write `print(x)`, or `print()` for an empty line"));
        }
        let open = self.cur().span;
        let args = self.args()?;
        let (first, count) = {
            let list = self.ast.expr_list(args);
            (list.first().copied(), list.len())
        };
        if count > 1 {
            let d = Diagnostic::new(Code::E0201, self.span_from(open.lo), "`print` takes one value")
                .label(format!("{count} values"))
                .hint("join texts with `+`: `print(a + \" \" + b)`");
            self.push_diagnostic(d);
        }
        Ok(StmtKind::Print(first))
    }

    fn include(&mut self) -> Result<StmtKind> {
        self.bump();
        let span = self.cur().span;
        if !matches!(self.kind(), T::Str | T::Unterminated) {
            return Err(self.expected_hint("a string", "the path is a literal: `include \"lib/util.nyash\"`"));
        }
        let path = self.string_literal();
        Ok(StmtKind::Include { path, path_span: span })
    }

    fn using(&mut self) -> Result<StmtKind> {
        self.bump();
        let span = self.cur().span;
        let is_file = matches!(self.kind(), T::Str | T::Unterminated);
        let target = if is_file {
            self.string_literal()
        } else {
            let first = self.ident("a module")?;
            let mut dotted = self.names.text(first.name).to_owned();
            while self.at(T::Dot) {
                self.bump();
                let part = self.any_word("a name after `.`")?;
                dotted.push('.');
                dotted.push_str(self.names.text(part.name));
            }
            self.names.intern(&dotted)
        };
        let target_span = self.span_from(span.lo);
        let alias = if self.at_word("as") && !self.cur().newline {
            self.bump();
            Some(self.ident("an alias")?)
        } else {
            None
        };
        Ok(StmtKind::Using { target, target_span, is_file, alias })
    }

    pub(super) fn expression_statement(&mut self) -> Result<()> {
        let lo = self.cur().span.lo;
        let operand = self.expr_from(1)?;
        if self.cur().newline || assign_op(self.kind()).is_none() {
            self.push_stmt(StmtKind::Expr(operand.id), Span::new(lo, operand.hi));
            return Ok(());
        }
        let inner = self.ast.expr(operand.id).span.lo;
        self.assignment(operand.id, lo, inner)
    }

    /// `place = e`, the current token being the operator. `inner` is where the place itself begins,
    /// behind parentheses that must not be there.
    fn assignment(&mut self, place: ExprId, lo: u32, inner: u32) -> Result<()> {
        let Some(op) = assign_op(self.kind()) else { return Err(self.expected("`=`")) };
        let target = *self.ast.expr(place);
        let is_place = matches!(target.kind, ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..));
        if self.adjacent(self.pos + 1) && self.ahead(1).kind == T::EqEq && op.is_none() {
            return Err(self.expected("the end of the statement"));
        }
        let operator = self.bump();
        let value = self.expr()?;
        if (!is_place || inner != lo) && !matches!(target.kind, ExprKind::Error) {
            self.no_place(target, value, operator.span, is_place);
            if let Some(node) = self.ast.exprs.get_mut(place.index()).filter(|_| !is_place) {
                node.kind = ExprKind::Error;
            }
        }
        let span = self.span_from(lo);
        self.push_stmt(StmtKind::Assign { place, op, value }, span);
        Ok(())
    }

    fn no_place(&mut self, target: Expr, value: ExprId, operator: Span, is_place: bool) {
        let value = *self.ast.expr(value);
        let hint = match target.kind {
            _ if is_place => "remove the parentheses".to_owned(),
            ExprKind::Call(..) | ExprKind::MethodCall(..) | ExprKind::From { .. } | ExprKind::New { .. } => {
                "a call yields a value, not a place; compare with `==`, or call a method that sets it"
                    .to_owned()
            }
            ExprKind::Me => "`me` is fixed; assign to a field: `me.f = e`".to_owned(),
            ExprKind::Binary(BinaryOp::Eq, ..) | ExprKind::And(..) | ExprKind::Or(..) => {
                "compare with `==`".to_owned()
            }
            _ if matches!(value.kind, ExprKind::Name(_)) => {
                let (a, b) = (self.excerpt(value.span), self.excerpt(target.span));
                format!("did you mean `{a} = {b}`?")
            }
            _ => "assign to a variable, a field `a.b` or an element `a[i]`".to_owned(),
        };
        let d = Diagnostic::new(Code::E0203, target.span, "not an assignable place")
            .label("cannot be assigned to")
            .other(operator, "this assigns")
            .hint(hint);
        self.push_diagnostic(d);
    }
}

/// `Some(None)` for `=`, `Some(Some(op))` for `op=`.
pub(super) fn assign_op(kind: TokenKind) -> Option<Option<BinaryOp>> {
    Some(match kind {
        T::Assign => None,
        T::PlusAssign => Some(BinaryOp::Add),
        T::MinusAssign => Some(BinaryOp::Sub),
        T::StarAssign => Some(BinaryOp::Mul),
        T::SlashAssign => Some(BinaryOp::Div),
        T::PercentAssign => Some(BinaryOp::Rem),
        _ => return None,
    })
}
