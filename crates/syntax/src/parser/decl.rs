//! Declarations: functions, boxes, interfaces, members, parameters, types.

use super::*;
use TokenKind as T;

impl Parser<'_, '_> {
    /// `box`, `static box`, `static function`, `interface box`.
    pub(super) fn declaration(&mut self) -> Result<StmtKind> {
        let lo = self.cur().span.lo;
        let is_static = self.at(T::Static);
        if is_static && matches!(self.ahead(1).kind, T::Function | T::Fn) {
            return self.static_function();
        }
        let is_interface = self.at(T::Interface);
        if is_static || is_interface {
            let word = kind_text(self.bump().kind);
            if !self.at(T::Box) {
                let what = if is_static { "`box` or `function`" } else { "`box`" };
                return Err(self.expected_hint(what, format!("write `{word} box Name {{ ... }}`")));
            }
        }
        self.bump();
        self.box_decl(lo, is_static, is_interface).map(StmtKind::Box)
    }

    /// `static function B.f(a) { }`
    fn static_function(&mut self) -> Result<StmtKind> {
        let opener = self.pos;
        let keyword = self.bump();
        if self.depth > 0 {
            let d = Diagnostic::new(Code::E0210, keyword.span, "`static function` inside a block")
                .label("only at the top level of a file")
                .hint("move the declaration out of the block");
            self.report(d);
        }
        self.bump();
        let target = self.ident("a box name")?;
        if !self.at(T::Dot) {
            let text = self.names.text(target.name).to_owned();
            return Err(self.expected_hint(
                "`.`",
                format!("a static function belongs to a box: `static function Box.{text}() {{ ... }}`"),
            ));
        }
        self.bump();
        let name = self.any_word("a method name")?;
        let func = self.function(Some(name), opener)?;
        Ok(StmtKind::StaticFunction { target, func })
    }

    /// `function f(a) { }`, the current token being the keyword.
    pub(super) fn function_declaration(&mut self) -> Result<StmtKind> {
        let opener = self.pos;
        self.bump();
        let name = self.ident("a function name")?;
        if self.at(T::Dot) {
            return Err(self.expected_hint(
                "`(`",
                "a method for a box is added with `static function Box.name(a) { ... }`",
            ));
        }
        Ok(StmtKind::Function(self.function(Some(name), opener)?))
    }

    /// Parameters and body of a function that began at the token `opener`.
    pub(super) fn function(&mut self, name: Option<Ident>, opener: usize) -> Result<FuncId> {
        self.function_with(name, opener, Body::Other)
    }

    fn function_with(&mut self, name: Option<Ident>, opener: usize, body: Body) -> Result<FuncId> {
        let params = self.params()?;
        self.annotation()?;
        if body == Body::Member && !self.at(T::LBrace) {
            let text = name.map_or("name", |n| self.names.text(n.name)).to_owned();
            return Err(self.expected_hint("`{`", format!("a method needs a body: `{text}() {{ ... }}`")));
        }
        let body = self.body(body)?;
        let span = self.span_from(self.tok_at(opener).span.lo);
        Ok(self.func_node(Func { name, params, body, span }))
    }

    /// `(a, b: Type)`
    pub(super) fn params(&mut self) -> Result<Vec<Ident>> {
        if !self.at(T::LParen) {
            return Err(
                self.expected_hint("`(`", "parameters stand in parentheses, also when there are none: `()`")
            );
        }
        let mut params = Vec::new();
        if self.ahead(1).kind == T::LBrace {
            let open = self.pos;
            self.bump();
            self.missing_close(open, T::RParen);
            return Ok(params);
        }
        self.group(T::RParen, "`,`", &mut |p| {
            if matches!(p.kind(), T::Local | T::Outbox | T::Weak) && p.ahead(1).kind == T::Ident {
                p.expected_hint("a parameter", "parameters are plain names");
                p.bump();
            }
            params.push(p.ident("a parameter")?);
            p.annotation()?;
            if p.at(T::Assign) {
                return Err(p.expected_hint("`,` or `)`", "parameters have no default values"));
            }
            if p.at(T::Ident) && !p.cur().newline {
                return Err(p.expected_hint(
                    "`,` or `)`",
                    "separate parameters by `,`; a type follows the name: `a: T`",
                ));
            }
            Ok(())
        })?;
        let [comma, close] = [2, 1].map(|n| self.tok_at(self.pos.saturating_sub(n)));
        if comma.kind == T::Comma && close.kind == T::RParen && !params.is_empty() {
            let d = Diagnostic::new(Code::E0201, comma.span, "expected a parameter, found `)`")
                .label("nothing follows this comma")
                .hint("remove the comma");
            self.push_diagnostic(d);
        }
        Ok(params)
    }

    /// A type, ignored: `Name`, `a.b`, `Box<T, U>`. Nested arguments are counted, not recursed into.
    pub(super) fn type_name(&mut self) -> Result<()> {
        let mut open = 0_u32;
        loop {
            let t = self.cur();
            if t.kind != T::Ident && (t.newline || recover::begins_statement(t.kind)) {
                return Err(self.expected("a type"));
            }
            self.any_word("a type")?;
            while self.eat(T::Dot) {
                self.any_word("a type")?;
            }
            if self.eat(T::Lt) {
                open += 1;
                continue;
            }
            while open > 0 && self.close_angle() {
                open -= 1;
            }
            if open == 0 {
                return Ok(());
            }
            if !self.eat(T::Comma) {
                return Err(self.expected("`,` or `>`"));
            }
        }
    }

    /// A `>`, also the first half of `>>` and `>=`.
    fn close_angle(&mut self) -> bool {
        let rest = match self.kind() {
            T::Gt => {
                self.bump();
                return true;
            }
            T::Shr => T::Gt,
            T::Ge => T::Assign,
            _ => return false,
        };
        if let Some(t) = self.toks.get_mut(self.pos) {
            t.kind = rest;
            t.span.lo += 1;
            t.newline = false;
        }
        true
    }

    /// `<T, U>`: the number of type arguments.
    pub(super) fn targs(&mut self) -> Result<u32> {
        self.bump();
        let mut count = 0;
        loop {
            self.type_name()?;
            count += 1;
            if self.close_angle() {
                return Ok(count);
            }
            if !self.eat(T::Comma) {
                return Err(self.expected("`,` or `>`"));
            }
        }
    }

    /// `<T, U>` of a declaration: plain names.
    fn tparams(&mut self) -> Result<u32> {
        self.bump();
        let mut count = 0;
        loop {
            self.ident("a type parameter")?;
            count += 1;
            if self.close_angle() {
                return Ok(count);
            }
            if !self.eat(T::Comma) {
                return Err(self.expected("`,` or `>`"));
            }
        }
    }

    /// A box from its name on.
    fn box_decl(&mut self, lo: u32, is_static: bool, is_interface: bool) -> Result<BoxId> {
        let name = self.ident("a box name")?;
        let tparams = if self.at(T::Lt) { self.tparams()? } else { 0 };
        let mut parents = Vec::new();
        let mut interfaces = Vec::new();
        let extends = self.at_word("extends");
        if extends {
            let span = self.here();
            self.unknown_keyword(span, "extends", "parents follow the word `from`: `box B from A { ... }`");
        }
        let colon = self.at(T::Colon) && !self.ahead(1).newline;
        if extends || colon || self.at(T::From) {
            self.bump();
            loop {
                let name = self.ident("a parent's name")?;
                let targs = if self.at(T::Lt) { self.targs()? } else { 0 };
                parents.push(Parent { name, targs });
                if !self.eat(T::Comma) {
                    break;
                }
            }
        }
        if self.at(T::Interface) || self.at_word("implements") {
            self.bump();
            loop {
                interfaces.push(self.ident("an interface's name")?);
                if !self.eat(T::Comma) {
                    break;
                }
            }
        }
        if !self.at(T::LBrace) {
            let hint = match self.kind() {
                T::LParen => {
                    "a box has no parameters here; they belong to its constructor `birth(a) { ... }`"
                }
                T::From => "`from` stands before `interface`",
                _ => "the members stand in braces: `box Name { ... }`",
            };
            return Err(self.expected_hint("`{`", hint));
        }
        if is_interface && !(parents.is_empty() && interfaces.is_empty()) {
            let d = Diagnostic::new(Code::E0210, name.span, "an interface has no parents")
                .label("this interface names some")
                .hint("list all methods in the interface itself");
            self.push_diagnostic(d);
        }
        let mut decl = BoxDecl {
            name,
            is_static,
            is_interface,
            tparams,
            parents,
            interfaces,
            has_groups: false,
            members: Vec::new(),
            span: Span::new(lo, lo),
        };
        self.members(&mut decl)?;
        decl.span = self.span_from(lo);
        self.ast.boxes.push(decl);
        Ok(BoxId(self.ast.boxes.len() as u32 - 1))
    }

    /// `{ members }`
    fn members(&mut self, decl: &mut BoxDecl) -> Result<()> {
        let open = self.pos;
        self.enter(open)?;
        let mark = self.mark();
        self.lines_ignored = false;
        self.bump();
        let mut strayed = false;
        while !self.eat(T::RBrace) {
            if self.at(T::Eof) {
                self.missing_close(open, T::RBrace);
                break;
            }
            let before = self.pos;
            let inner = self.mark();
            if self.at_stray_statement(decl.is_interface) {
                self.stray_statement(open, strayed);
                strayed = true;
                continue;
            }
            let member = if decl.is_interface { self.signature(decl) } else { self.member(decl) };
            if member.is_ok() {
                self.eat(T::Comma);
                continue;
            }
            self.reset(inner);
            if self.pos == before {
                self.skip_group();
            }
            self.sync_member();
        }
        self.lines_ignored = mark.lines_ignored;
        self.depth = mark.depth - 1;
        Ok(())
    }

    /// Whether a statement stands where members are: a word that begins statements, not used as the
    /// name of a field or method.
    fn at_stray_statement(&self, interface: bool) -> bool {
        let (t, next) = (self.cur(), self.ahead(1));
        let is_name = next.newline
            || matches!(next.kind, T::Comma | T::Colon | T::Assign | T::RBrace | T::Eof)
            || next.kind == T::LParen && (interface || self.body_follows());
        let is_modifier = matches!(t.kind, T::Static | T::Interface | T::Box | T::Local);
        t.newline && recover::begins_statement(t.kind) && !is_modifier && !is_name
    }

    /// Reports and skips a statement among the members. Most probably a `}` too many stands before it,
    /// so the rest of the method follows, and then one `}` is left over.
    fn stray_statement(&mut self, open: usize, again: bool) {
        if !again {
            let d = Diagnostic::new(
                Code::E0201,
                self.here(),
                format!("expected a member, found {}", self.found()),
            )
            .label("this is a statement")
            .other(self.tok_at(open).span, "directly in the body of this box")
            .hint("statements stand in methods; is there a `}` too many before this one?");
            self.report(d);
            self.lost_openers += 1;
        }
        let (before, mark, first) = (self.pos, self.mark(), self.stmt_stack.len());
        if self.statement().is_err() {
            self.reset(mark);
            if self.pos == before {
                self.skip_group();
            }
            self.sync_statement();
        }
        self.eat(T::Semi);
        self.stmt_stack.truncate(first);
    }

    /// `m(a)` of an interface.
    fn signature(&mut self, decl: &mut BoxDecl) -> Result<()> {
        let name = self.member_name()?;
        if !self.at(T::LParen) {
            return Err(self.expected_hint("`(`", "an interface lists methods only: `m(a)`"));
        }
        let arity = self.params()?.len() as u32;
        self.annotation()?;
        if self.at(T::LBrace) {
            let d = Diagnostic::new(Code::E0210, self.here(), "method with a body in an interface")
                .label("no body here")
                .hint(
                    "list name and parameters only; the boxes that implement the interface have the bodies",
                );
            self.report(d);
            self.block()?;
        }
        decl.members.push(Member::Signature { name, arity });
        Ok(())
    }

    fn member_name(&mut self) -> Result<Ident> {
        if self.kind().is_word() {
            return Ok(self.take_ident());
        }
        Err(match self.kind() {
            T::Semi => self.expected_hint("a member", "members are separated by line ends or `,`"),
            T::Str => self.expected_hint("a member", "the names of members are written without quotes"),
            _ => self.expected_hint(
                "a member",
                "a box holds fields `name`, methods `name(a) { ... }` and constructors `birth(a) { ... }`",
            ),
        })
    }

    fn member(&mut self, decl: &mut BoxDecl) -> Result<()> {
        let t = self.cur();
        let next = self.ahead(1);
        let modifies = next.kind.is_word() && !next.newline;
        if next.kind == T::LBrace && t.kind.is_word() {
            return self.braced_member(decl);
        }
        match t.kind {
            T::Weak if modifies => {
                self.bump();
                return self.field(decl, true);
            }
            T::Override | T::Static if modifies => return self.modified_method(decl),
            T::Function | T::Fn if modifies && self.ahead(2).kind == T::LParen => {
                let hint = "a method is written without a keyword: `name(a) { ... }`";
                self.expected_hint("a member", hint);
                self.bump();
            }
            T::Local if modifies => {
                self.expected_hint("a member", "a field is its bare name: `x` or `x = 0`");
                self.bump();
            }
            T::Ident if modifies => self.modifier_word(),
            _ => {}
        }
        if self.ahead(1).kind == T::LParen && self.kind().is_word() {
            return self.method(decl, None, false, self.pos);
        }
        self.field(decl, false)
    }

    /// A word before a member that is a modifier in other languages: reported and skipped.
    fn modifier_word(&mut self) {
        let word = self.word();
        let hint = match word {
            "public" | "private" => "visibility is a group of fields: `public { a, b }`",
            "protected" | "internal" => "there are `public { }` and `private { }` groups only",
            "def" | "func" | "fun" | "virtual" | "abstract" => {
                "a method is written without a keyword: `name(a) { ... }`"
            }
            "let" | "var" | "const" => "a field is its bare name: `x` or `x = 0`",
            _ if self.ahead(2).kind == T::LParen && hints::nearest(word, ["override"]).is_some() => {
                "did you mean `override`?"
            }
            _ => return,
        };
        self.expected_hint("a member", hint);
        self.bump();
    }

    /// A member that is a word and a brace: groups of fields, `static { }`.
    fn braced_member(&mut self, decl: &mut BoxDecl) -> Result<()> {
        let t = self.cur();
        let visibility = match self.word() {
            "init" => Visibility::Plain,
            "public" => Visibility::Public,
            "private" => Visibility::Private,
            "static" => {
                if !decl.is_static {
                    let d = Diagnostic::new(Code::E0210, t.span, "`static { }` in a plain box")
                        .label("runs in static boxes only")
                        .hint("declare the box as `static box`, or put the code into a constructor");
                    self.report(d);
                }
                self.bump();
                let block = self.block()?;
                decl.members.push(Member::StaticBlock(block));
                return Ok(());
            }
            word => {
                let hint = match (word, hints::nearest(word, ["init", "public", "private", "static"])) {
                    ("fini" | "birth" | "pack" | "constructor" | "main", _) => {
                        format!("a method needs parentheses: `{word}() {{ ... }}`")
                    }
                    (_, Some(near)) => format!("did you mean `{near}`?"),
                    _ => format!(
                        "a method needs parentheses: `{word}() {{ ... }}`; groups are `init`, `public`, `private`"
                    ),
                };
                self.bump();
                return Err(self.expected_hint("`(`", hint));
            }
        };
        self.bump();
        decl.has_groups |= visibility != Visibility::Plain;
        self.field_group(decl, visibility)
    }

    /// `{ a, weak b: T  c }`: every word in it is a name, commas and line ends are optional.
    fn field_group(&mut self, decl: &mut BoxDecl, visibility: Visibility) -> Result<()> {
        let open = self.pos;
        self.bump();
        while !self.eat(T::RBrace) {
            if self.at(T::Eof) {
                self.missing_close(open, T::RBrace);
                break;
            }
            let before = self.pos;
            if self.grouped_field(decl, visibility).is_ok() {
                self.eat(T::Comma);
                continue;
            }
            if self.pos == before {
                self.skip_group();
            }
            self.sync_member();
        }
        Ok(())
    }

    fn grouped_field(&mut self, decl: &mut BoxDecl, visibility: Visibility) -> Result<()> {
        let weak = self.at(T::Weak) && self.ahead(1).kind.is_word();
        if weak {
            self.bump();
        }
        if !self.kind().is_word() {
            return Err(self.expected_hint("a field or `}`", "a group lists names: `{ a, b }`"));
        }
        let name = self.take_ident();
        self.annotation()?;
        match self.kind() {
            T::LParen => {
                let hint = "methods stand outside of the group; they are always public";
                Err(self.expected_hint("a field or `}`", hint))
            }
            T::Assign => {
                let text = self.names.text(name.name).to_owned();
                let hint = format!("first values stand at bare fields: `{text} = ...` outside of the group");
                Err(self.expected_hint("a field or `}`", hint))
            }
            _ => {
                decl.members.push(Member::Field { name, weak, visibility, value: None });
                Ok(())
            }
        }
    }

    /// `name`, `name: type`, `name = e`
    fn field(&mut self, decl: &mut BoxDecl, weak: bool) -> Result<()> {
        let name = self.member_name()?;
        self.annotation()?;
        let value = if self.initializer()? { Some(self.expr()?) } else { None };
        decl.members.push(Member::Field { name, weak, visibility: Visibility::Plain, value });
        let t = self.cur();
        if t.newline || t.kind.is_word() || matches!(t.kind, T::Comma | T::RBrace | T::Eof) {
            return Ok(());
        }
        Err(match t.kind {
            T::Semi => {
                self.expected_hint("the end of the member", "members are separated by line ends or `,`")
            }
            _ => self.expected("the end of the member"),
        })
    }

    /// `override m() { }`, `static m() { }`, both.
    fn modified_method(&mut self, decl: &mut BoxDecl) -> Result<()> {
        let opener = self.pos;
        let mut is_override = None;
        let mut is_static = false;
        while self.ahead(1).kind.is_word() && !self.ahead(1).newline {
            match self.kind() {
                T::Override => is_override = Some(self.cur().span),
                T::Static => is_static = true,
                _ => break,
            }
            self.bump();
        }
        if matches!(self.kind(), T::Function | T::Fn) && self.ahead(1).kind.is_word() {
            self.expected_hint("a method", "a method is written without a keyword: `name(a) { ... }`");
            self.bump();
        }
        if self.ahead(1).kind != T::LParen {
            self.bump();
            return Err(self.expected_hint("`(`", "`override` and `static` stand before methods only"));
        }
        if is_override.is_some() && self.is_constructor(decl) {
            let title = format!("constructor `{}` marked `override`", self.word());
            let d = Diagnostic::new(Code::E0412, self.here(), title)
                .label("constructors are never overrides")
                .hint("remove `override`; call the parent's constructor with `from Parent.birth(...)`");
            self.report(d);
        }
        self.method(decl, is_override, is_static, opener)
    }

    /// Whether the current token spells a constructor of this box.
    fn is_constructor(&self, decl: &BoxDecl) -> bool {
        let word = self.word();
        matches!(word, "birth" | "init" | "pack" | "constructor") || word == self.names.text(decl.name.name)
    }

    fn method(
        &mut self,
        decl: &mut BoxDecl,
        is_override: Option<Span>,
        is_static: bool,
        opener: usize,
    ) -> Result<()> {
        let constructor = self.is_constructor(decl) && !is_static;
        let name = self.take_ident();
        let func = self.function_with(Some(name), opener, Body::Member)?;
        decl.members.push(if constructor {
            Member::Constructor(func)
        } else {
            Member::Method { func, is_override, is_static }
        });
        Ok(())
    }
}
