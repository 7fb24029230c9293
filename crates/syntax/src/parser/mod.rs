//! Tokens to tree: a hand-written recursive-descent parser, split by grammar area. This file holds
//! the cursor, the boundaries of statements and the messages; it does not know single constructs.
//!
//! Invariants: every loop consumes a token or ends; recursion is bounded by [`MAX_NESTING`]
//! (`enter`), chains of operators, calls, prefixes and `else if` do not recurse at all; after a
//! failure ([`Failed`]) a message has been reported, and the nearest list (statements, members, arms,
//! bracketed items) goes on behind the damage.

mod control;
mod decl;
mod expr;
mod group;
mod keyword;
mod literal;
mod matching;
mod recover;
mod stmt;

use crate::ast::*;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::hints;
use crate::intern::{Interner, Symbol};
use crate::span::Span;
use crate::token::{Token, TokenKind};
use crate::{MAX_DIAGNOSTICS, MAX_NESTING};
use hashbrown::HashSet;

/// What the parser hands back.
pub(crate) struct Outcome {
    pub(crate) ast: Ast,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) incomplete: bool,
}

/// Builds the tree of a text from its tokens.
pub(crate) fn parse(text: &str, base: u32, tokens: &[Token], names: &mut Interner) -> Outcome {
    let mut p = Parser::new(text, base, tokens, names);
    p.ast.items = p.statements(None);
    Outcome { ast: p.ast, diagnostics: p.diagnostics, incomplete: p.incomplete }
}

/// Something could not be parsed, and that has been reported.
#[derive(Clone, Copy, Debug)]
struct Failed;

type Result<T> = std::result::Result<T, Failed>;

/// A token that is not trivia.
#[derive(Clone, Copy)]
struct Tok {
    kind: TokenKind,
    /// Whether a line ended between the previous token and this one.
    newline: bool,
    /// Whether unknown characters stand before it; they were reported, more would be an echo.
    damaged: bool,
    /// Whether the line before it ends with unknown characters: an operand may be lost there.
    lost: bool,
    span: Span,
}

/// What a block belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    If,
    Try,
    Member,
    Other,
}

struct Parser<'t, 'n> {
    text: &'t str,
    base: u32,
    toks: Vec<Tok>,
    pos: usize,
    names: &'n mut Interner,
    ast: Ast,
    diagnostics: Vec<Diagnostic>,
    incomplete: bool,
    /// Inside brackets, where line ends do not count.
    lines_ignored: bool,
    depth: u32,
    too_deep: bool,
    /// Token of the last report; a second one there would be its echo.
    last_report: Option<usize>,
    /// Reports about tokens before this one are echoes too.
    silent_until: usize,
    /// Bodies that lost their `{`, or boxes that were closed too early: as many `}` will be left over.
    lost_openers: u32,
    /// The blocks around the current token, the innermost last.
    open_blocks: Vec<(usize, Body)>,
    /// First token of the innermost statement begun last.
    statement_start: usize,
    /// The names that the file declares or assigns, once somebody asked.
    bound: Option<HashSet<&'t str>>,
    // Scratch stacks of unfinished lists, shared by all levels of nesting.
    stmt_stack: Vec<StmtId>,
    expr_stack: Vec<ExprId>,
    operands: Vec<expr::Operand>,
    operators: Vec<expr::Pending>,
    prefixes: Vec<(TokenKind, u32)>,
}

/// What has to be put back when a construct is given up half-way.
#[derive(Clone, Copy)]
struct Mark {
    lines_ignored: bool,
    depth: u32,
    blocks: usize,
    exprs: usize,
    operands: usize,
    operators: usize,
    prefixes: usize,
}

impl<'t, 'n> Parser<'t, 'n> {
    fn new(text: &'t str, base: u32, tokens: &[Token], names: &'n mut Interner) -> Self {
        let mut toks = Vec::with_capacity(tokens.len() * 2 / 3 + 1);
        let mut newline = false;
        let mut damaged = false;
        let mut lost = false;
        for t in tokens {
            match t.kind {
                TokenKind::Newline => {
                    newline = true;
                    lost |= damaged;
                }
                TokenKind::BlockComment => {
                    let lo = (t.span.lo - base) as usize;
                    let hi = (t.span.hi - base) as usize;
                    newline |= text.get(lo..hi).is_some_and(|c| c.contains('\n'));
                }
                TokenKind::Unknown => damaged = true,
                kind if kind.is_trivia() => {}
                kind => {
                    toks.push(Tok { kind, newline, damaged, lost, span: t.span });
                    newline = false;
                    lost = false;
                    damaged = false;
                }
            }
        }
        let end = base + text.len() as u32;
        toks.push(Tok {
            kind: TokenKind::Eof,
            newline: true,
            damaged,
            lost: false,
            span: Span::new(end, end),
        });
        Parser {
            text,
            base,
            toks,
            pos: 0,
            names,
            ast: Ast::default(),
            diagnostics: Vec::new(),
            incomplete: false,
            lines_ignored: false,
            depth: 0,
            too_deep: false,
            last_report: None,
            silent_until: 0,
            lost_openers: 0,
            open_blocks: Vec::new(),
            statement_start: 0,
            bound: None,
            stmt_stack: Vec::new(),
            expr_stack: Vec::new(),
            operands: Vec::new(),
            operators: Vec::new(),
            prefixes: Vec::new(),
        }
    }

    // ---- cursor

    fn tok_at(&self, index: usize) -> Tok {
        let end = Span::new(self.base, self.base);
        let eof = Tok { kind: TokenKind::Eof, newline: true, damaged: false, lost: false, span: end };
        self.toks.get(index).or(self.toks.last()).copied().unwrap_or(eof)
    }

    #[inline]
    fn cur(&self) -> Tok {
        self.tok_at(self.pos)
    }

    #[inline]
    fn kind(&self) -> TokenKind {
        self.cur().kind
    }

    fn ahead(&self, n: usize) -> Tok {
        self.tok_at(self.pos + n)
    }

    #[inline]
    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    /// Takes the current token; the end of the file is never passed.
    #[inline]
    fn bump(&mut self) -> Tok {
        let t = self.cur();
        if t.kind != TokenKind::Eof {
            self.pos += 1;
        }
        t
    }

    #[inline]
    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    fn slice(&self, span: Span) -> &'t str {
        let lo = span.lo.saturating_sub(self.base) as usize;
        let hi = span.hi.saturating_sub(self.base) as usize;
        self.text.get(lo..hi).unwrap_or("")
    }

    /// The text of the current token.
    fn word(&self) -> &'t str {
        self.slice(self.cur().span)
    }

    /// Whether the current token is this contextual keyword.
    fn at_word(&self, word: &str) -> bool {
        self.at(TokenKind::Ident) && self.word() == word
    }

    /// End of the last token taken.
    fn prev_span(&self) -> Span {
        match self.pos.checked_sub(1) {
            Some(i) => self.tok_at(i).span,
            None => Span::new(self.base, self.base),
        }
    }

    fn span_from(&self, lo: u32) -> Span {
        Span::new(lo, self.prev_span().hi.max(lo))
    }

    /// Whether a line end that counts stands before the current token.
    #[inline]
    fn at_line_start(&self) -> bool {
        !self.lines_ignored && self.cur().newline
    }

    /// Whether the token at `index` follows the one before it without any space.
    fn adjacent(&self, index: usize) -> bool {
        index > 0 && self.tok_at(index - 1).span.hi == self.tok_at(index).span.lo
    }

    // ---- nesting

    fn mark(&self) -> Mark {
        Mark {
            lines_ignored: self.lines_ignored,
            depth: self.depth,
            blocks: self.open_blocks.len(),
            exprs: self.expr_stack.len(),
            operands: self.operands.len(),
            operators: self.operators.len(),
            prefixes: self.prefixes.len(),
        }
    }

    fn reset(&mut self, mark: Mark) {
        self.lines_ignored = mark.lines_ignored;
        self.depth = mark.depth;
        self.open_blocks.truncate(mark.blocks);
        self.expr_stack.truncate(mark.exprs);
        self.operands.truncate(mark.operands);
        self.operators.truncate(mark.operators);
        self.prefixes.truncate(mark.prefixes);
    }

    /// Enters a construct that nests, `opener` being its first token. Too deep, the whole group is
    /// skipped, so that what follows is still parsed.
    fn enter(&mut self, opener: usize) -> Result<()> {
        if self.depth < MAX_NESTING {
            self.depth += 1;
            return Ok(());
        }
        Err(self.nesting_error(opener))
    }

    fn nesting_error(&mut self, opener: usize) -> Failed {
        if !self.too_deep {
            self.too_deep = true;
            let d = Diagnostic::new(Code::E0202, self.tok_at(opener).span, "nesting too deep")
                .label(format!("more than {MAX_NESTING} levels here"))
                .hint("move the inner part into a function or a variable of its own");
            self.push_diagnostic(d);
        }
        self.pos = opener;
        self.skip_group();
        Failed
    }

    // ---- tree

    fn expr_node(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.ast.exprs.push(Expr { kind, span });
        ExprId(self.ast.exprs.len() as u32 - 1)
    }

    fn push_stmt(&mut self, kind: StmtKind, span: Span) {
        self.ast.stmts.push(Stmt { kind, span });
        self.stmt_stack.push(StmtId(self.ast.stmts.len() as u32 - 1));
    }

    fn block_node(&mut self, stmts: List, span: Span) -> BlockId {
        self.ast.blocks.push(Block { stmts, span });
        BlockId(self.ast.blocks.len() as u32 - 1)
    }

    fn func_node(&mut self, func: Func) -> FuncId {
        self.ast.funcs.push(func);
        FuncId(self.ast.funcs.len() as u32 - 1)
    }

    fn take_stmts(&mut self, from: usize) -> List {
        let start = self.ast.stmt_lists.len() as u32;
        self.ast.stmt_lists.extend(self.stmt_stack.drain(from.min(self.stmt_stack.len())..));
        List { start, len: self.ast.stmt_lists.len() as u32 - start }
    }

    fn take_exprs(&mut self, from: usize) -> List {
        let start = self.ast.expr_lists.len() as u32;
        self.ast.expr_lists.extend(self.expr_stack.drain(from.min(self.expr_stack.len())..));
        List { start, len: self.ast.expr_lists.len() as u32 - start }
    }

    /// The current token as a name, taken.
    fn take_ident(&mut self) -> Ident {
        let t = self.bump();
        let name = self.names.intern(self.slice(t.span));
        Ident { name, span: t.span }
    }

    /// A name that is declared or referred to; `what` says which for the message.
    fn ident(&mut self, what: &str) -> Result<Ident> {
        let t = self.cur();
        if t.kind == TokenKind::Ident {
            return Ok(self.take_ident());
        }
        if t.kind.is_keyword() && !self.at_line_start() {
            self.reserved_word(what);
            return Ok(self.take_ident());
        }
        Err(self.expected(what))
    }

    /// A name in a place where every word is one.
    fn any_word(&mut self, what: &str) -> Result<Ident> {
        if self.kind().is_word() { Ok(self.take_ident()) } else { Err(self.expected(what)) }
    }

    fn expect(&mut self, kind: TokenKind) -> Result<Tok> {
        if self.at(kind) { Ok(self.bump()) } else { Err(self.expected(kind.describe())) }
    }

    // ---- messages

    fn push_diagnostic(&mut self, d: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(d);
        }
    }

    /// Whether a report about the current token would only be the echo of another.
    fn is_echo(&self) -> bool {
        self.last_report == Some(self.pos)
            || self.cur().damaged
            || self.pos < self.silent_until
            || (self.too_deep && self.at(TokenKind::Eof))
            || self.diagnostics.len() >= MAX_DIAGNOSTICS
    }

    /// Reports something about the current token, unless something was said about it already.
    fn report(&mut self, d: Diagnostic) -> Failed {
        if !self.is_echo() {
            self.last_report = Some(self.pos);
            if self.at(TokenKind::Eof) && self.diagnostics.is_empty() {
                self.incomplete = true;
            }
            self.push_diagnostic(d);
        }
        Failed
    }

    /// How messages call the current token.
    fn found(&self) -> String {
        let t = self.cur();
        match t.kind {
            TokenKind::Ident => format!("`{}`", self.excerpt(t.span)),
            TokenKind::Int | TokenKind::Float | TokenKind::BadNumber => {
                format!("number `{}`", self.excerpt(t.span))
            }
            TokenKind::Str => "a string".to_owned(),
            kind if kind.is_keyword() => format!("reserved word `{}`", self.excerpt(t.span)),
            kind => kind.describe().to_owned(),
        }
    }

    /// A text short enough for a message.
    fn excerpt(&self, span: Span) -> String {
        let text = self.slice(span);
        if text.len() <= 40 {
            return text.to_owned();
        }
        let mut short: String = text.chars().take(37).collect();
        short.push_str("...");
        short
    }

    /// Where the current token stands; at the end of the file, behind the last token.
    fn here(&self) -> Span {
        let t = self.cur();
        if t.kind == TokenKind::Eof {
            let end = self.prev_span().hi;
            return Span::new(end, end);
        }
        t.span
    }

    /// Reports that something else was expected here.
    fn expected(&mut self, what: &str) -> Failed {
        let d = self.expected_diagnostic(what);
        self.report(d)
    }

    fn expected_hint(&mut self, what: &str, hint: impl Into<String>) -> Failed {
        let mut d = self.expected_diagnostic(what);
        if d.code != Code::E0208 {
            d.hint = Some(hint.into());
        }
        self.report(d)
    }

    fn expected_diagnostic(&self, what: &str) -> Diagnostic {
        let t = self.cur();
        // A bracket or `=` is missed at the end of the line, whatever the next line begins with.
        let at_line_end = t.newline
            && (matches!(what, "`{`" | "`(`" | "`=`")
                || t.kind == TokenKind::RBrace
                || recover::begins_statement(t.kind));
        let (place, found) = if at_line_end && self.pos > 0 {
            let end = self.prev_span().hi;
            (Span::new(end, end), "the end of the line".to_owned())
        } else {
            (self.here(), self.found())
        };
        let title = format!("expected {what}, found {found}");
        let mut d = Diagnostic::new(Code::E0201, place, title).label(format!("expected {what}"));
        if let Some(op) = self.foreign_operator_at(self.pos) {
            d = Diagnostic::new(
                Code::E0208,
                self.op_span(self.pos, op.tokens),
                format!("unknown operator `{}`", op.text),
            )
            .label("no such operator")
            .hint(op.hint);
        } else if let Some(hint) = self.hint_here() {
            d = d.hint(hint);
        }
        d
    }

    /// What can be proposed from the current token alone.
    fn hint_here(&self) -> Option<String> {
        let t = self.cur();
        match t.kind {
            TokenKind::Ident => {
                let word = self.slice(t.span);
                if let Some(f) = hints::foreign_word(word) {
                    return Some(f.hint.to_owned());
                }
                hints::near_keyword(word).map(|k| format!("did you mean `{k}`?"))
            }
            TokenKind::Assign => Some("`=` assigns and is a statement; equality is `==`".to_owned()),
            TokenKind::FatArrow => Some(
                "`=>` stands in `match` arms and `%{ }`; a function literal is `fn(x) { return x }`"
                    .to_owned(),
            ),
            TokenKind::Plus => Some("there is no unary `+`".to_owned()),
            kind if kind.is_keyword() && !t.newline => {
                Some(format!("`{}` is a reserved word; choose another name", kind_text(kind)))
            }
            _ => None,
        }
    }

    fn reserved_word(&mut self, what: &str) {
        let word = kind_text(self.kind());
        let d = Diagnostic::new(Code::E0206, self.here(), format!("reserved word `{word}` used as {what}"))
            .label("cannot be a name here")
            .hint(format!("choose another name, for example `{word}_`"));
        self.report(d);
    }

    fn foreign_operator_at(&self, index: usize) -> Option<hints::ForeignOperator> {
        let second = if self.adjacent(index + 1) { self.tok_at(index + 1).kind } else { TokenKind::Eof };
        let third = if self.adjacent(index + 2) { self.tok_at(index + 2).kind } else { TokenKind::Eof };
        hints::foreign_operator(self.tok_at(index).kind, second, third)
    }

    /// How far the line of a token is indented, as far as that can be told cheaply.
    fn indent_of(&self, index: usize) -> u32 {
        const FAR: usize = 1000;
        let mut i = index;
        while i > 0 && !self.tok_at(i).newline {
            if index - i > FAR {
                return 0;
            }
            i -= 1;
        }
        let lo = self.tok_at(i).span.lo.saturating_sub(self.base) as usize;
        let before = self.text.get(..lo).unwrap_or("");
        before.bytes().rev().take(FAR).take_while(|b| *b != b'\n').count() as u32
    }

    fn op_span(&self, index: usize, tokens: usize) -> Span {
        self.tok_at(index).span.to(self.tok_at(index + tokens.saturating_sub(1)).span)
    }

    fn unknown_operator(&mut self, op: &hints::ForeignOperator) -> Failed {
        let d = Diagnostic::new(
            Code::E0208,
            self.op_span(self.pos, op.tokens),
            format!("unknown operator `{}`", op.text),
        )
        .label("no such operator")
        .hint(op.hint);
        self.report(d)
    }
}

/// The spelling of a token of fixed spelling.
fn kind_text(kind: TokenKind) -> &'static str {
    kind.describe().trim_matches('`')
}
