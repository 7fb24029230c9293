//! Calls and accesses whose target is known by name: functions, boxes, parents, external interfaces.

use syntax::ast::{ExprId, ExprKind, Ident, List};
use syntax::codes::Code;
use syntax::diag::Diagnostic;
use syntax::intern::Symbol;
use syntax::span::Span;

use super::{Builder, undefined};
use crate::inst::{Builtin, ClassIx, FuncId, Op, Own, Owns, Val};
use crate::program::Parent;

impl Builder<'_> {
    fn arity_error(&mut self, what: &str, wanted: &str, got: usize, span: Span) -> Val {
        let message = format!("{what} takes {wanted}, got {got}");
        self.raise("ArityError", &message);
        self.lint(Code::E0415, span, message, None);
        self.f().void()
    }

    /// `f(args)` with a name.
    pub(super) fn named_call(&mut self, e: ExprId, callee: ExprId, args: List) -> Val {
        let span = self.ast().expr(e).span;
        let ExprKind::Name(name) = self.ast().expr(callee).kind else { return self.f().void() };
        if let Some(binding) = self.resolve(name) {
            let callee = self.f().read(binding);
            let args = self.args(args);
            self.f().span = span;
            return self.f().emit(Op::CallValue { callee, args });
        }
        let func = self.program.functions.get(&name).copied();
        if let Some(global) = self.global_named(name) {
            let callee = match func {
                Some(func) => {
                    self.global_or(global, |b| b.f().emit(Op::NewClosure { func, captures: Owns(0) }))
                }
                None => self.f().emit(Op::GetGlobal { global }),
            };
            let args = self.args(args);
            self.f().span = span;
            return self.f().emit(Op::CallValue { callee, args });
        }
        if let Some(func) = func {
            let values = self.arg_values(args);
            self.f().span = span;
            let params = self.program.func(func).params;
            if params as usize != values.len() {
                let what = format!("function {}", self.text(name));
                return self.arity_error(&what, &arguments(params), values.len(), span);
            }
            let args = self.f().vals(&values);
            return self.f().emit(Op::Call { func, args });
        }
        if let Some(known) = self.functions.get(&name).cloned() {
            let internal = known.name.starts_with("__");
            if !internal || self.prelude() {
                return self.builtin_call(&known, args, span);
            }
        }
        let callee = self.late_function(name, |b| b.no_function(name, span));
        let args = self.args(args);
        self.f().span = span;
        self.f().emit(Op::CallValue { callee, args })
    }

    fn no_function(&mut self, name: Symbol, span: Span) -> Val {
        let text = self.text(name).to_owned();
        let mut names: Vec<Symbol> =
            self.program.functions.keys().copied().chain(self.functions.keys().copied()).collect();
        names.sort_unstable();
        let near = self.nearest(name, names.into_iter().filter(|n| !self.text(*n).starts_with("__")));
        // A statement that is written like a call.
        let near = near.or_else(|| syntax::hints::nearest(&text, ["print"]).map(str::to_owned));
        self.raise("UndefinedFunction", &format!("Undefined function '{text}'"));
        let declare = format!("declare it: `function {text}(...) {{ ... }}`, or include the file that does");
        let hint = self.something_else(name).unwrap_or_else(|| undefined(&text, near, declare));
        self.lint(Code::E0302, span, format!("undefined function '{text}'"), Some(hint));
        self.f().void()
    }

    fn builtin_call(&mut self, known: &super::KnownFunction, args: List, span: Span) -> Val {
        let mut values = self.arg_values(args);
        self.f().span = span;
        let n = values.len() as u32;
        if n < known.min || n > known.max {
            let what = format!("function {}", known.name);
            return self.arity_error(&what, &between(known.min, known.max), values.len(), span);
        }
        let assert = self.text(self.words.assert) == known.name;
        if assert
            && n == 1
            && let Some(first) = self.ast().expr_list(args).first()
        {
            // Without a message the text of the condition is the message.
            let text = self.sources.text(self.ast().expr(*first).span).to_owned();
            let text = self.intern(&text);
            values.push(self.f().emit(Op::Str { text }));
        }
        let args = self.f().vals(&values);
        self.f().emit(Op::CallBuiltin { builtin: known.id, args })
    }

    /// Throws `UndefinedBox` when a box that is declared inside a block is not known yet.
    pub(super) fn check_declared(&mut self, class: ClassIx) {
        if self.program.class(class).is_nested {
            self.f().emit(Op::CheckBox { class });
        }
    }

    /// `new Name<...>(args)`.
    pub(super) fn new_object(&mut self, name: Ident, targs: u32, args: List, span: Span) -> Val {
        let values = self.arg_values(args);
        self.f().span = span;
        let text = self.text(name.name).to_owned();
        if let Some(class) = self.class_named(name.name) {
            let c = self.program.class(class);
            let (tparams, is_interface, is_static, declared) =
                (c.tparams, c.is_interface, c.is_static, c.span);
            if is_interface {
                self.error(
                    Diagnostic::new(Code::E0408, name.span, format!("interface '{text}' cannot be created"))
                        .label("`new` of an interface")
                        .other(declared, "declared as an interface here")
                        .hint("make a box that implements it and create that"),
                );
                return self.f().void();
            }
            if targs != 0 && targs != tparams {
                self.type_arguments(name, targs, tparams, declared);
            }
            if is_static {
                self.diagnostics.push(
                    Diagnostic::new(Code::W0602, name.span, format!("'{text}' is a static box"))
                        .label("this makes a separate instance")
                        .hint(format!("use `{text}` itself to reach its one instance")),
                );
            }
            return self.construct(class, &values, span);
        }
        if let Some(class) = self.boxes.get(&name.name).copied() {
            let args = self.f().vals(&values);
            return self.f().emit(Op::NewBuiltin { class, args });
        }
        self.late_object(name, &values, |b| b.no_box(name, span))
    }

    fn no_box(&mut self, name: Ident, span: Span) -> Val {
        let text = self.text(name.name).to_owned();
        let mut names: Vec<Symbol> =
            self.program.class_names.keys().copied().chain(self.boxes.keys().copied()).collect();
        names.sort_unstable();
        let near = self.nearest(name.name, names.into_iter());
        self.f().span = span;
        self.raise("UndefinedBox", &format!("Undefined box '{text}'"));
        let declare = format!("declare it: `box {text} {{ ... }}`, or include the file that does");
        let hint = undefined(&text, near, declare);
        self.lint(Code::E0414, name.span, format!("undefined box '{text}'"), Some(hint));
        self.f().void()
    }

    pub(super) fn type_arguments(&mut self, name: Ident, got: u32, wanted: u32, declared: Span) {
        let text = self.text(name.name).to_owned();
        let title = match wanted {
            0 => format!("box '{text}' has no type parameters, got {got} type argument{}", plural(got)),
            _ => format!(
                "box '{text}' has {wanted} type parameter{}, got {got} type argument{}",
                plural(wanted),
                plural(got)
            ),
        };
        self.error(
            Diagnostic::new(Code::E0410, name.span, title)
                .label("wrong number of type arguments")
                .other(declared, "declared here")
                .hint("give as many type arguments as the box has type parameters, or none"),
        );
    }

    /// Makes an instance: allocation, initial values, constructor.
    pub(super) fn construct(&mut self, class: ClassIx, values: &[Val], span: Span) -> Val {
        self.check_declared(class);
        let n = values.len() as u32;
        let constructor = self.program.class(class).constructors.iter().find(|(arity, _)| *arity == n);
        let constructor = constructor.map(|(_, f)| *f);
        if constructor.is_none() {
            let mut counts: Vec<u32> =
                self.program.class(class).constructors.iter().map(|(a, _)| *a).collect();
            counts.sort_unstable();
            if n != 0 || !counts.is_empty() {
                let wanted = match counts.as_slice() {
                    [] => "no arguments".to_owned(),
                    [one] => arguments(*one),
                    [first @ .., last] => {
                        let first: Vec<String> = first.iter().map(u32::to_string).collect();
                        format!("{} or {last} arguments", first.join(", "))
                    }
                };
                let what = format!("new {}", self.text(self.program.class(class).name));
                return self.arity_error(&what, &wanted, values.len(), span);
            }
        }
        let object = self.f().emit(Op::NewObject { class });
        self.f().emit(Op::Unborn { object });
        self.initial_values(class, object);
        if let Some(func) = constructor {
            let args: Vec<Val> = core::iter::once(object).chain(values.iter().copied()).collect();
            let args = self.f().vals(&args);
            self.f().emit(Op::Call { func, args });
        }
        self.f().emit(Op::Born { object });
        object
    }

    /// Calls the code that sets initial values, parents first.
    pub(super) fn initial_values(&mut self, class: ClassIx, object: Val) {
        for ancestor in self.program.ancestors_first(class) {
            if let Some(func) = self.program.class(ancestor).init {
                let args = self.f().vals(&[object]);
                self.f().emit(Op::Call { func, args });
            }
        }
    }

    /// `from Parent.method(args)`.
    pub(super) fn delegated_call(&mut self, parent: Ident, method: Ident, args: List, span: Span) -> Val {
        let class = self.f().class;
        if class.is_none() {
            return self.no_receiver("there is no parent here", span);
        }
        let user = self.class_named(parent.name).map(Parent::User);
        let builtin = self.boxes.get(&parent.name).copied().map(Parent::Builtin);
        let parents = self.program.class(class).parents.clone();
        let Some(found) = parents.iter().copied().find(|p| Some(*p) == user || Some(*p) == builtin) else {
            self.not_a_parent(parent, class, &parents);
            return self.f().void();
        };
        let values = self.arg_values(args);
        self.f().span = span;
        let Some(me) = self.me() else {
            return self.no_receiver("a static method has no receiver", span);
        };
        let is_constructor = self.words.constructors.contains(&method.name) || method.name == parent.name;
        match found {
            Parent::User(p) if is_constructor => self.parent_constructor(p, me, &values, span),
            Parent::User(p) => self.parent_method(p, me, method, &values, span),
            Parent::Builtin(b) if is_constructor => {
                let args = self.f().vals(&values);
                let value = self.f().emit(Op::NewBuiltin { class: b, args });
                self.f().emit(Op::SetContent { object: me, class: b, value: Own(value) });
                self.f().void()
            }
            Parent::Builtin(class) => self.content_call(me, class, method.name, &values),
        }
    }

    fn no_receiver(&mut self, label: &str, span: Span) -> Val {
        self.error(
            Diagnostic::new(Code::E0409, span, "`from` outside a method of a box")
                .label(label)
                .hint("call the function or method by its own name"),
        );
        self.f().void()
    }

    fn not_a_parent(&mut self, parent: Ident, class: ClassIx, parents: &[Parent]) {
        let text = self.text(parent.name).to_owned();
        let name = self.text(self.program.class(class).name).to_owned();
        let declared = self.program.class(class).span;
        let title = format!("'{text}' is not a direct parent of '{name}'");
        let names: Vec<Symbol> = parents.iter().map(|p| self.parent_name(*p)).collect();
        let hint = match (self.nearest(parent.name, names.iter().copied()), names.as_slice()) {
            (Some(near), _) => format!("did you mean '{near}'?"),
            (None, []) => format!("declare it: `box {name} from {text}`"),
            (None, _) => {
                let list: Vec<String> = names.iter().map(|n| format!("'{}'", self.text(*n))).collect();
                format!("the direct parents of '{name}' are {}", list.join(", "))
            }
        };
        self.error(
            Diagnostic::new(Code::E0409, parent.span, title)
                .label("not in the `from` list")
                .other(declared, "the box is declared here")
                .hint(hint),
        );
    }

    pub(super) fn parent_name(&self, parent: Parent) -> Symbol {
        match parent {
            Parent::User(p) => self.program.class(p).name,
            Parent::Builtin(b) => self.builtin_names.get(&b).copied().unwrap_or(Symbol(0)),
        }
    }

    fn parent_constructor(&mut self, parent: ClassIx, me: Val, values: &[Val], span: Span) -> Val {
        let n = values.len() as u32;
        let constructors = self.program.class(parent).constructors.clone();
        match constructors.iter().find(|(arity, _)| *arity == n) {
            Some((_, func)) => self.call_with_me(*func, me, values),
            None if constructors.is_empty() && n == 0 => self.f().void(),
            None => {
                let what = format!("the constructor of {}", self.text(self.program.class(parent).name));
                let wanted = constructors.first().map_or("no arguments".to_owned(), |(a, _)| arguments(*a));
                self.arity_error(&what, &wanted, values.len(), span)
            }
        }
    }

    fn call_with_me(&mut self, func: FuncId, me: Val, values: &[Val]) -> Val {
        let args: Vec<Val> = core::iter::once(me).chain(values.iter().copied()).collect();
        let args = self.f().vals(&args);
        self.f().emit(Op::Call { func, args })
    }

    fn parent_method(&mut self, parent: ClassIx, me: Val, method: Ident, values: &[Val], span: Span) -> Val {
        let name = self.text(self.program.class(parent).name).to_owned();
        let text = self.text(method.name).to_owned();
        if let Some((_, m)) = self.program.find_method(parent, method.name) {
            if m.arity as usize != values.len() {
                let what = format!("method {name}.{text}");
                return self.arity_error(&what, &arguments(m.arity), values.len(), span);
            }
            if m.is_static {
                let args = self.f().vals(values);
                return self.f().emit(Op::Call { func: m.func, args });
            }
            return self.call_with_me(m.func, me, values);
        }
        match self.builtin_ancestors(parent).as_slice() {
            [] => {}
            [one] => return self.content_call(me, *one, method.name, values),
            _ => {
                let args = self.f().vals(values);
                return self.f().emit(Op::CallContent { object: me, name: method.name, args });
            }
        }
        if method.name == self.words.fini && values.is_empty() {
            // A parent without `fini` has nothing to do.
            return self.f().void();
        }
        if method.name == self.words.to_string
            && values.is_empty()
            && let Some(known) = self.functions.get(&self.program.names.intern("__default_text")).cloned()
        {
            let args = self.f().vals(&[me]);
            return self.f().emit(Op::CallBuiltin { builtin: known.id, args });
        }
        self.raise("NoMethod", &format!("Box '{name}' has no method '{text}'"));
        let names: Vec<Symbol> = self.program.class(parent).methods.iter().map(|m| m.name).collect();
        let near = self.nearest(method.name, names.into_iter());
        self.lint(
            Code::E0302,
            method.span,
            format!("box '{name}' has no method '{text}'"),
            near.map(|n| format!("did you mean '{n}'?")),
        );
        self.f().void()
    }

    fn content_call(&mut self, me: Val, class: Builtin, name: Symbol, values: &[Val]) -> Val {
        let object = self.f().emit(Op::GetContent { object: me, class });
        let args = self.f().vals(values);
        self.f().emit(Op::CallMethod { object, name, args })
    }

    fn builtin_ancestors(&self, class: ClassIx) -> Vec<Builtin> {
        let mut found = Vec::new();
        for ancestor in self.program.ancestors_first(class) {
            for parent in &self.program.class(ancestor).parents {
                if let Parent::Builtin(b) = parent
                    && !found.contains(b)
                {
                    found.push(*b);
                }
            }
        }
        found
    }

    pub(super) fn has_builtin_ancestor(&self, class: ClassIx) -> bool {
        !self.builtin_ancestors(class).is_empty()
    }

    /// `S.field` where `S` is the name of a box, or `env.iface` alone.
    pub(super) fn static_field(&mut self, a: ExprId, field: Ident) -> Val {
        let ExprKind::Name(name) = self.ast().expr(a).kind else { return self.no_static(field) };
        let Some(class) = self.class_named(name) else { return self.no_static(field) };
        self.check_declared(class);
        if self.program.class(class).is_static {
            let object = self.static_object(name, class);
            return self.f().emit(Op::GetField { object, name: field.name });
        }
        match self.program.find_method(class, field.name) {
            Some((_, m)) if m.is_static => self.f().emit(Op::NewClosure { func: m.func, captures: Owns(0) }),
            _ => {
                let text =
                    format!("Box '{}' has no static member '{}'", self.text(name), self.text(field.name));
                self.raise("NoField", &text);
                self.f().void()
            }
        }
    }

    /// The instance of a static box, or the global of the same name once there is one.
    fn static_object(&mut self, name: Symbol, class: ClassIx) -> Val {
        match self.global_named(name) {
            Some(global) => self.global_or(global, |b| b.f().emit(Op::GetStatic { class })),
            None => self.f().emit(Op::GetStatic { class }),
        }
    }

    fn no_static(&mut self, member: Ident) -> Val {
        let text = format!("No member '{}' here", self.text(member.name));
        self.raise("NoMethod", &text);
        self.f().void()
    }

    /// `S.m(args)`, `string.create(s)`, `env.console.log(v)`.
    pub(super) fn static_call(&mut self, e: ExprId, a: ExprId, method: Ident, args: List) -> Val {
        let ast = self.ast();
        let span = ast.expr(e).span;
        if let ExprKind::Field(_, iface) = ast.expr(a).kind {
            let args = self.args(args);
            self.f().span = span;
            return self.f().emit(Op::ExternCall { iface: iface.name, method: method.name, args });
        }
        let ExprKind::Name(name) = ast.expr(a).kind else { return self.no_static(method) };
        let Some(class) = self.class_named(name) else { return self.helper_call(name, method, args, span) };
        self.check_declared(class);
        let found = self.program.find_method(class, method.name).map(|(_, m)| m);
        let hidden = self.global_named(name).is_some();
        if let Some(m) = found
            && m.is_static
            && !hidden
        {
            let values = self.arg_values(args);
            self.f().span = span;
            if m.arity as usize != values.len() {
                let what = format!("method {}.{}", self.text(name), self.text(method.name));
                return self.arity_error(&what, &arguments(m.arity), values.len(), span);
            }
            let args = self.f().vals(&values);
            return self.f().emit(Op::Call { func: m.func, args });
        }
        if self.program.class(class).is_static || hidden {
            let object = self.static_object(name, class);
            let args = self.args(args);
            self.f().span = span;
            return self.f().emit(Op::CallMethod { object, name: method.name, args });
        }
        let (name, text) = (self.text(name).to_owned(), self.text(method.name).to_owned());
        self.raise("NoMethod", &format!("Box '{name}' has no static method '{text}'"));
        let hint = found.map(|_| format!("'{text}' needs an instance: `new {name}(...).{text}(...)`"));
        self.lint(Code::E0302, method.span, format!("box '{name}' has no static method '{text}'"), hint);
        self.f().void()
    }

    fn helper_call(&mut self, name: Symbol, method: Ident, args: List, span: Span) -> Val {
        let text = format!("{}.{}", self.text(name), self.text(method.name));
        let known = self.program.names.find(&text).and_then(|n| self.functions.get(&n).cloned());
        if let Some(known) = known {
            return self.builtin_call(&known, args, span);
        }
        if name == self.words.console
            && let Some(class) = self.console
        {
            let none = self.f().vals(&[]);
            let object = self.f().emit(Op::NewBuiltin { class, args: none });
            let args = self.args(args);
            self.f().span = span;
            return self.f().emit(Op::CallMethod { object, name: method.name, args });
        }
        self.raise("NoMethod", &format!("There is no '{text}'"));
        self.lint(Code::E0302, method.span, format!("there is no '{text}'"), None);
        self.f().void()
    }

    pub(super) fn builtin_named(&self, name: Symbol) -> Option<Builtin> {
        self.boxes.get(&name).copied()
    }
}

fn plural(n: u32) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// `1 argument`, `2 arguments`.
fn arguments(n: u32) -> String {
    count(n, "argument")
}

/// `no things`, `1 thing`, `2 things`.
pub(super) fn count(n: u32, what: &str) -> String {
    match n {
        0 => format!("no {what}s"),
        _ => format!("{n} {what}{}", plural(n)),
    }
}

fn between(min: u32, max: u32) -> String {
    if min == max { arguments(min) } else { format!("{min} to {max} arguments") }
}
