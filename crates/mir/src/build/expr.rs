//! Expressions. Long chains (`a + b + c ...`, `a.b().c() ...`) are walked along their left spine, so their
//! length is not the depth of this recursion; brackets are, and the parser bounds them.

use syntax::ast::{ArmBody, BinaryOp, ExprId, ExprKind, MatchId, StmtKind, UnaryOp};
use syntax::codes::Code;
use syntax::intern::Symbol;

use super::{Builder, undefined};
use crate::draft::{DraftVar, Home};
use crate::inst::{Op, Owns, Val, Var};

/// The longest initial value that is repeated in advice.
const LONG_VALUE: usize = 30;

impl Builder<'_> {
    /// The value of an expression.
    pub(super) fn expr(&mut self, e: ExprId) -> Val {
        let mut spine = Vec::new();
        let mut at = e;
        while let Some(left) = self.left(at) {
            spine.push(at);
            at = left;
        }
        let mut v = self.leaf(at);
        for e in spine.into_iter().rev() {
            self.f().span = self.ast().expr(e).span;
            v = self.apply(e, v);
        }
        v
    }

    /// The operand that is evaluated first and is a value of its own.
    fn left(&self, e: ExprId) -> Option<ExprId> {
        let ast = self.ast();
        match ast.expr(e).kind {
            ExprKind::Unary(_, a)
            | ExprKind::Await(a)
            | ExprKind::Weak(a)
            | ExprKind::Binary(_, a, _)
            | ExprKind::And(a, _)
            | ExprKind::Or(a, _)
            | ExprKind::Index(a, _) => Some(a),
            ExprKind::Field(a, _) | ExprKind::MethodCall(a, ..) => (!self.is_static_name(a)).then_some(a),
            ExprKind::Call(a, _) => (!matches!(ast.expr(a).kind, ExprKind::Name(_))).then_some(a),
            _ => None,
        }
    }

    fn leaf(&mut self, e: ExprId) -> Val {
        let expr = *self.ast().expr(e);
        self.f().span = expr.span;
        match expr.kind {
            ExprKind::Int(value) => self.f().emit(Op::Int { value }),
            ExprKind::Float(value) => self.f().emit(Op::Float { value }),
            ExprKind::Str(text) => self.f().emit(Op::Str { text }),
            ExprKind::Bool(value) => self.f().emit(Op::Bool { value }),
            ExprKind::Null => self.f().emit(Op::Null {}),
            ExprKind::Name(name) => self.name(name, e),
            ExprKind::Me => match self.me() {
                Some(me) => me,
                None => self.f().void(),
            },
            ExprKind::New { name, targs, args } => self.new_object(name, targs, args, expr.span),
            ExprKind::From { parent, method, args } => self.delegated_call(parent, method, args, expr.span),
            ExprKind::Array(list) => {
                let ast = self.ast();
                let items: Vec<u32> = ast.expr_list(list).iter().map(|e| self.expr(*e).0).collect();
                self.f().span = expr.span;
                let items = Owns(self.f().draft.func.push_list(items));
                self.f().emit(Op::NewArray { items })
            }
            ExprKind::Map(list) => {
                let items = self.args(list);
                self.f().span = expr.span;
                self.f().emit(Op::NewMap { items })
            }
            ExprKind::Function(f) => self.literal(f),
            ExprKind::Match(m) => self.match_expr(m),
            ExprKind::Field(a, field) => self.static_field(a, field),
            ExprKind::MethodCall(a, method, args) => self.static_call(e, a, method, args),
            ExprKind::Call(callee, args) => self.named_call(e, callee, args),
            // Errors were reported; everything else has a left operand.
            _ => self.f().void(),
        }
    }

    fn apply(&mut self, e: ExprId, a: Val) -> Val {
        let expr = *self.ast().expr(e);
        match expr.kind {
            ExprKind::Unary(op, _) => match op {
                UnaryOp::Neg => self.f().emit(Op::Neg { a }),
                UnaryOp::Not => self.f().emit(Op::Not { a }),
                UnaryOp::BitNot => self.f().emit(Op::BitNot { a }),
            },
            ExprKind::Await(_) => self.f().emit(Op::Await { a }),
            ExprKind::Weak(_) => self.f().emit(Op::Weak { a }),
            ExprKind::Binary(op, _, b) => {
                let b = self.expr(b);
                self.f().span = expr.span;
                self.binary(op, a, b)
            }
            ExprKind::And(left, b) => self.short_circuit(left, a, b, true),
            ExprKind::Or(left, b) => self.short_circuit(left, a, b, false),
            ExprKind::Index(_, index) => {
                let index = self.expr(index);
                self.f().span = expr.span;
                self.f().emit(Op::GetIndex { object: a, index })
            }
            ExprKind::Field(object, field) => {
                if matches!(self.ast().expr(object).kind, ExprKind::Me) {
                    self.check_field(field);
                }
                self.f().emit(Op::GetField { object: a, name: field.name })
            }
            ExprKind::MethodCall(recv, method, args) => {
                if method.name == self.words.fini {
                    self.check_weak_fini(recv);
                }
                let args = self.args(args);
                self.f().span = expr.span;
                self.f().emit(Op::CallMethod { object: a, name: method.name, args })
            }
            ExprKind::Call(_, args) => {
                let args = self.args(args);
                self.f().span = expr.span;
                self.f().emit(Op::CallValue { callee: a, args })
            }
            _ => a,
        }
    }

    /// Values of arguments, left to right.
    pub(super) fn args(&mut self, list: syntax::ast::List) -> crate::inst::Vals {
        let values = self.arg_values(list);
        self.f().vals(&values)
    }

    pub(super) fn arg_values(&mut self, list: syntax::ast::List) -> Vec<Val> {
        let ast = self.ast();
        ast.expr_list(list).iter().map(|e| self.expr(*e)).collect()
    }

    pub(super) fn binary(&mut self, op: BinaryOp, a: Val, b: Val) -> Val {
        self.f().emit(match op {
            BinaryOp::Add => Op::Add { a, b },
            BinaryOp::Sub => Op::Sub { a, b },
            BinaryOp::Mul => Op::Mul { a, b },
            BinaryOp::Div => Op::Div { a, b },
            BinaryOp::Rem => Op::Rem { a, b },
            BinaryOp::BitAnd => Op::BitAnd { a, b },
            BinaryOp::BitOr => Op::BitOr { a, b },
            BinaryOp::BitXor => Op::BitXor { a, b },
            BinaryOp::Shl => Op::Shl { a, b },
            BinaryOp::Shr => Op::Shr { a, b },
            BinaryOp::Eq => Op::Eq { a, b },
            BinaryOp::Ne => Op::Ne { a, b },
            BinaryOp::Lt => Op::Lt { a, b },
            BinaryOp::Le => Op::Le { a, b },
            BinaryOp::Gt => Op::Gt { a, b },
            BinaryOp::Ge => Op::Ge { a, b },
        })
    }

    /// The truth of an expression as a Bool.
    pub(super) fn truth(&mut self, e: ExprId) -> Val {
        let a = self.expr(e);
        self.truth_of(e, a)
    }

    fn truth_of(&mut self, e: ExprId, a: Val) -> Val {
        let is_bool = match self.ast().expr(e).kind {
            ExprKind::Bool(_) | ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Unary(UnaryOp::Not, _) => {
                true
            }
            ExprKind::Binary(op, ..) => matches!(
                op,
                BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
            ),
            _ => false,
        };
        if is_bool { a } else { self.f().emit(Op::Truth { a }) }
    }

    fn short_circuit(&mut self, left: ExprId, a: Val, b: ExprId, and: bool) -> Val {
        let result = self.f().new_scalar();
        let a = self.truth_of(left, a);
        self.f().init(result, a);
        let cond = self.f().draft.new_cond();
        let more = self.f().new_block();
        let done = self.f().new_block();
        self.f().emit(Op::CondBegin { cond });
        if and {
            self.f().branch(a, more, done);
        } else {
            self.f().branch(a, done, more);
        }
        self.f().go(more);
        self.f().emit(Op::CondEnter { cond });
        let b = self.truth(b);
        self.f().init(result, b);
        self.f().emit(Op::CondLeave { cond });
        self.f().jump(done);
        self.f().go(done);
        self.f().get(result)
    }

    fn match_expr(&mut self, id: MatchId) -> Val {
        let ast = self.ast();
        let m = &ast.matches[id.index()];
        let subject = self.expr(m.subject);
        let cond = self.f().draft.new_cond();
        let result = self.f().draft.new_var(DraftVar::new(Home::Cond(cond)));
        let done = self.f().new_block();
        self.f().emit(Op::CondBegin { cond });
        let mut open = true;
        for arm in &m.arms {
            self.f().span = arm.span;
            let body = self.f().new_block();
            let next = self.f().new_block();
            let patterns = ast.expr_list(arm.patterns);
            for p in patterns {
                let other = self.f().new_block();
                let is = self.part(cond, |b| {
                    let p = b.expr(*p);
                    b.f().emit(Op::Eq { a: subject, b: p })
                });
                self.f().branch(is, body, other);
                self.f().go(other);
            }
            if patterns.is_empty() {
                self.f().jump(body);
            } else {
                self.f().jump(next);
            }
            self.f().go(body);
            if let Some(guard) = arm.guard {
                let taken = self.f().new_block();
                let is = self.part(cond, |b| b.truth(guard));
                self.f().branch(is, taken, next);
                self.f().go(taken);
            }
            self.f().emit(Op::CondEnter { cond });
            let value = match arm.body {
                ArmBody::Expr(e) => self.expr(e),
                ArmBody::Block(b) => {
                    self.block(b);
                    self.f().void()
                }
            };
            self.f().init(result, value);
            self.f().emit(Op::CondLeave { cond });
            self.f().jump(done);
            self.f().go(next);
            open = arm.guard.is_some() || !patterns.is_empty();
            if !open {
                break;
            }
        }
        if open {
            let void = self.f().void();
            self.f().init(result, void);
            self.f().jump(done);
        }
        self.f().go(done);
        self.f().get(result)
    }

    /// A part of a conditional expression that gives a Bool.
    fn part(&mut self, cond: crate::inst::Cond, f: impl FnOnce(&mut Self) -> Val) -> Val {
        let var: Var = self.f().new_scalar();
        self.f().emit(Op::CondEnter { cond });
        let v = f(self);
        self.f().init(var, v);
        self.f().emit(Op::CondLeave { cond });
        self.f().get(var)
    }

    // ---- names

    /// The value of a name.
    pub(super) fn name(&mut self, name: Symbol, e: ExprId) -> Val {
        if let Some(binding) = self.resolve(name) {
            return self.f().read(binding);
        }
        let other = self.class_named(name).is_some() || self.program.functions.contains_key(&name);
        match self.global_named(name) {
            Some(global) if other => self.global_or(global, |b| b.declared_name(name, e)),
            Some(global) => self.f().emit(Op::GetGlobal { global }),
            None => self.declared_name(name, e),
        }
    }

    /// A global once it is assigned, something else before.
    pub(super) fn global_or(
        &mut self,
        global: crate::inst::Global,
        other: impl FnOnce(&mut Self) -> Val,
    ) -> Val {
        let cond = self.f().draft.new_cond();
        let result = self.f().draft.new_var(DraftVar::new(Home::Cond(cond)));
        let targets = self.targets(3);
        let has = self.f().emit(Op::HasGlobal { global });
        self.f().emit(Op::CondBegin { cond });
        self.f().branch(has, targets[0], targets[1]);
        self.f().go(targets[0]);
        self.f().emit(Op::CondEnter { cond });
        let v = self.f().emit(Op::GetGlobal { global });
        self.f().init(result, v);
        self.f().emit(Op::CondLeave { cond });
        self.f().jump(targets[2]);
        self.f().go(targets[1]);
        self.f().emit(Op::CondEnter { cond });
        let v = other(self);
        self.f().init(result, v);
        self.f().emit(Op::CondLeave { cond });
        self.f().jump(targets[2]);
        self.f().go(targets[2]);
        self.f().get(result)
    }

    fn declared_name(&mut self, name: Symbol, e: ExprId) -> Val {
        if let Some(class) = self.class_named(name)
            && self.program.class(class).is_static
        {
            self.check_declared(class);
            return self.f().emit(Op::GetStatic { class });
        }
        if let Some(func) = self.program.functions.get(&name).copied() {
            return self.f().emit(Op::NewClosure { func, captures: Owns(0) });
        }
        if name == self.words.console
            && let Some(class) = self.console
        {
            let args = self.f().vals(&[]);
            return self.f().emit(Op::NewBuiltin { class, args });
        }
        self.late_value(name, |b| b.no_variable(name, e))
    }

    fn no_variable(&mut self, name: Symbol, e: ExprId) -> Val {
        let text = self.text(name).to_owned();
        let near = self.suggest_name(name);
        self.raise("UndefinedVariable", &format!("Undefined variable '{text}'"));
        let span = self.ast().expr(e).span;
        let declare = format!("declare it with `local {text} = ...`");
        let hint = self.something_else(name).unwrap_or_else(|| undefined(&text, near, declare));
        self.lint(Code::E0302, span, format!("undefined variable '{text}'"), Some(hint));
        self.f().void()
    }

    /// What to do about a name that there is, but not as a value here.
    pub(super) fn something_else(&self, name: Symbol) -> Option<String> {
        let text = self.text(name);
        match self.class_named(name) {
            Some(class) if self.program.class(class).is_interface => Some(format!(
                "'{text}' is an interface: make a box that implements it, and an instance of that"
            )),
            None if !self.boxes.contains_key(&name) => self.unseen_local(name),
            _ => Some(format!("'{text}' is a box; `new {text}()` makes an instance")),
        }
    }

    /// What to do about a function that names a local variable of the top level of its file.
    pub(super) fn unseen_local(&self, name: Symbol) -> Option<String> {
        if self.fns.first().is_none_or(|f| f.top) {
            return None;
        }
        let ast = self.ast();
        let value = ast.stmt_list(ast.items).iter().find_map(|s| match ast.stmt(*s).kind {
            StmtKind::Local { name: n, value, .. } if n.name == name => {
                Some(value.map_or("void", |e| self.sources.text(ast.expr(e).span)))
            }
            _ => None,
        })?;
        let value = if value.len() > LONG_VALUE || value.contains('\n') { "..." } else { value };
        let text = self.text(name);
        Some(format!(
            "'{text}' is a local of the top level, which functions do not see; declare it with `global {text} = {value}`"
        ))
    }

    fn suggest_name(&self, name: Symbol) -> Option<String> {
        let known = self
            .fns
            .iter()
            .flat_map(|f| f.names())
            .chain(self.globals())
            .chain(self.program.functions.keys().copied())
            .chain(self.program.class_names.keys().copied());
        let mut known: Vec<Symbol> = known.collect();
        known.sort_unstable();
        self.nearest(name, known.into_iter())
    }

    /// Ends the block by throwing an error whose text is known now.
    pub(super) fn raise(&mut self, kind: &str, message: &str) {
        let kind = self.intern(kind);
        let message = self.intern(message);
        self.f().end(Op::Raise { kind, message });
    }

    /// Whether an expression is the name of a box, a module or `env`, not of a value.
    pub(super) fn is_static_name(&self, e: ExprId) -> bool {
        let ast = self.ast();
        match ast.expr(e).kind {
            ExprKind::Name(name) => {
                !self.is_variable(name)
                    && (self.class_named(name).is_some()
                        || (self.global_named(name).is_none() && self.is_helper(name)))
            }
            ExprKind::Field(a, _) => {
                matches!(ast.expr(a).kind, ExprKind::Name(n) if n == self.words.env && !self.is_variable(n))
            }
            _ => false,
        }
    }

    /// Whether a name is one of the helpers that `using nyashstd` opens.
    fn is_helper(&self, name: Symbol) -> bool {
        self.program.nyashstd && self.helpers.contains(&name)
    }

    /// Whether a name is a variable of the functions being built.
    pub(super) fn is_variable(&self, name: Symbol) -> bool {
        for f in self.fns.iter().rev() {
            if f.find(name).is_some() {
                return true;
            }
            if f.around == super::state::Around::Nothing {
                break;
            }
        }
        false
    }

    fn check_weak_fini(&mut self, recv: ExprId) {
        let expr = *self.ast().expr(recv);
        if let ExprKind::Field(object, field) = expr.kind
            && matches!(self.ast().expr(object).kind, ExprKind::Me | ExprKind::Name(_))
            && !self.is_static_name(object)
        {
            let object = self.object(object);
            self.f().emit(Op::CheckFini { object, name: field.name });
        }
    }

    /// An object whose field is accessed; names of static boxes included.
    pub(super) fn object(&mut self, e: ExprId) -> Val {
        self.expr(e)
    }

    fn check_field(&mut self, field: syntax::ast::Ident) {
        let known = self.open_members || self.members.contains(&field.name);
        if !known && !self.prelude() && self.reported.insert((field.name, field.span.lo)) {
            let mut names: Vec<Symbol> =
                self.program.classes.iter().flat_map(|c| c.fields.iter().map(|f| f.name)).collect();
            names.sort_unstable();
            let hint = self.nearest(field.name, names.into_iter()).map(|n| format!("did you mean '{n}'?"));
            let text = self.text(field.name).to_owned();
            self.lint(Code::E0411, field.span, format!("no box has a field or method '{text}'"), hint);
        }
    }
}
