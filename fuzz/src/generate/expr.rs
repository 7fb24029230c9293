//! Expressions of a wanted kind; now and then of another one.

use super::{Gen, Kind, Place};

#[rustfmt::skip]
const INTS: &[&str] = &[
    "0", "1", "2", "3", "5", "10", "100", "255", "0x7F", "1000003", "4294967296", "9223372036854775807",
    "0xFFFFFFFFFFFFFFFF", "(-1)", "(-9223372036854775808)",
];
const FLOATS: &[&str] = &["0.5", "1.5", "0.0", "(-0.0)", "1e308", "2.5e-8", "3.0", "9007199254740993.0"];
#[rustfmt::skip]
const STRINGS: &[&str] = &[
    "\"\"", "\"a\"", "\"key\"", "'b\\n'", "\"é名\"", "\"12\"", "\"3.5\"", "\"\\u0000\\ud83d\\ude00\"", "\"x y z\"",
    "\"a,b,,c\"", "\"{\\\"k\\\": [1, 2.5, null, {}]}\"", "\"[a-z]+\"", "\"(\"", "\"IntegerBox\"", "\"%Y-%m-%d\"",
    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
];

impl Gen<'_> {
    /// An expression that is probably of a kind.
    pub(super) fn expr(&mut self, kind: Kind, depth: u32) -> String {
        if depth == 0 || !self.more() {
            return self.atom(kind);
        }
        let d = depth - 1;
        match self.below(20) {
            0..5 => return self.atom(kind),
            5 | 6 => return self.call_for(kind, d),
            7 => return self.match_expr(kind, d),
            8 if self.rarely(3) => {
                let other = self.any_kind();
                return self.expr(other, d);
            }
            9 => {
                if let Some((place, _)) = self.a_field(d) {
                    return place;
                }
            }
            10 if self.rarely(4) => return format!("await {}", self.expr(Kind::Any, d)),
            11 => return format!("({})", self.expr(kind, d)),
            _ => {}
        }
        match kind {
            Kind::Int => match self.below(8) {
                7 => format!("-{}", self.expr(kind, d)),
                6 => format!("~{}", self.expr(kind, d)),
                _ => {
                    let op = self.pick(&["+", "-", "*", "%", "/", "&", "|", "^", "<<", ">>"], "+");
                    format!("{} {op} {}", self.expr(kind, d), self.expr(kind, d))
                }
            },
            Kind::Float => {
                let op = self.pick(&["+", "-", "*", "/", "%"], "+");
                let other = self.pick(&[Kind::Float, Kind::Int], Kind::Float);
                format!("{} {op} {}", self.expr(kind, d), self.expr(other, d))
            }
            Kind::Str => {
                let other = self.any_kind();
                match self.below(4) {
                    3 => format!("{} + {}", self.expr(other, d), self.expr(kind, d)),
                    2 => format!("{} * {}", self.expr(kind, d), self.below(5)),
                    _ => format!("{} + {}", self.expr(kind, d), self.expr(other, d)),
                }
            }
            Kind::Bool => self.condition(d),
            Kind::Arr => {
                let items = self.list(d, 4);
                format!("[{items}]")
            }
            Kind::Map => {
                let mut pairs = Vec::new();
                for _ in 0..self.below(4) {
                    let key = self.pick(&[Kind::Str, Kind::Int, Kind::Bool, Kind::Any], Kind::Str);
                    let value = self.any_kind();
                    pairs.push(format!("{} => {}", self.expr(key, d), self.expr(value, d)));
                }
                format!("%{{{}}}", pairs.join(", "))
            }
            Kind::Obj(b) => self.new_object(b, d),
            Kind::Func(arity) => self.function(arity, d),
            Kind::Weak => {
                let object = self.an_object().map_or(Kind::Arr, Kind::Obj);
                format!("weak {}", self.expr(object, d))
            }
            Kind::Error => {
                let text = self.expr(Kind::Str, d);
                if self.rarely(3) {
                    format!("new ErrorBox(\"Kind\", {text})")
                } else {
                    format!("new ErrorBox({text})")
                }
            }
            Kind::Future => self.call_for(Kind::Any, d),
            Kind::Any => {
                let kind = self.any_kind();
                if kind == Kind::Any { self.atom(kind) } else { self.expr(kind, d) }
            }
        }
    }

    fn condition(&mut self, d: u32) -> String {
        let kind = self.any_kind();
        match self.below(7) {
            0 | 1 => {
                let op = self.pick(&["<", "<=", ">", ">="], "<");
                let kind = self.pick(&[Kind::Int, Kind::Int, Kind::Float, Kind::Str], Kind::Int);
                format!("{} {op} {}", self.expr(kind, d), self.expr(kind, d))
            }
            2 | 3 => {
                let op = self.pick(&["==", "!="], "==");
                format!("{} {op} {}", self.expr(kind, d), self.expr(kind, d))
            }
            4 | 5 => {
                let op = self.pick(&["and", "or", "&&", "||"], "and");
                format!("{} {op} {}", self.expr(Kind::Bool, d), self.expr(kind, d))
            }
            _ => {
                let op = self.pick(&["not ", "!"], "not ");
                format!("{op}{}", self.expr(kind, d))
            }
        }
    }

    /// Something short of a kind: a variable, a literal, `me`.
    pub(super) fn atom(&mut self, kind: Kind) -> String {
        let choice = self.below(8);
        if choice < 5
            && let Some(var) = self.variable(Some(kind))
        {
            return var.name;
        }
        if choice == 5
            && let Some((name, _)) = self.pick_global()
        {
            return name;
        }
        if choice == 6
            && let Some(var) = self.variable(None)
        {
            return var.name;
        }
        match kind {
            Kind::Int => self.pick(INTS, "0").to_owned(),
            Kind::Float => self.pick(FLOATS, "0.5").to_owned(),
            Kind::Str => self.pick(STRINGS, "\"\"").to_owned(),
            Kind::Bool => self.pick(&["true", "false"], "true").to_owned(),
            Kind::Arr => self
                .pick(&["[]", "[1, 2, 3]", "[\"a\", \"b\"]", "[true, 1.5, null]", "[[]]"], "[]")
                .to_owned(),
            Kind::Map => self.pick(&["%{}", "%{\"key\" => 1}", "%{1 => [], true => void}"], "%{}").to_owned(),
            Kind::Obj(b) if self.at.me == Some(b) && self.below(3) != 0 => {
                self.pick(&["me", "this"], "me").to_owned()
            }
            Kind::Obj(b) => self.new_object(b, 0),
            Kind::Func(n) => format!("fn({}) {{ return {n} }}", super::decl::params(n)),
            Kind::Weak => "weak [1]".to_owned(),
            Kind::Error => "new ErrorBox(\"bad\")".to_owned(),
            Kind::Future | Kind::Any => {
                self.pick(&["null", "void", "1", "\"a\"", "2.5", "[]", "true"], "null").to_owned()
            }
        }
    }

    /// Something that a member can be asked of.
    pub(super) fn atom_place(&mut self, kind: Kind) -> String {
        let atom = self.atom(kind);
        let simple = atom.chars().all(|c| c.is_alphanumeric() || c == '_');
        if simple { atom } else { format!("({atom})") }
    }

    pub(super) fn pick_global(&mut self) -> Option<(String, Kind)> {
        let at = self.below(self.world.globals.len());
        self.world.globals.get(at).map(|g| (g.name.clone(), g.kind))
    }

    /// `object.field`, and the kind of the field.
    pub(super) fn a_field(&mut self, depth: u32) -> Option<(String, Kind)> {
        let any = self.below(self.world.boxes.len());
        let of = if self.below(3) == 2 { any } else { self.at.me.unwrap_or(any) };
        let plan = self.world.boxes.get(of)?;
        let (is_static, is_interface, name) = (plan.is_static, plan.is_interface, plan.name.clone());
        if is_interface {
            return None;
        }
        let fields = self.world.fields(of);
        let at = self.below(fields.len());
        let field = fields.get(at)?.clone();
        let object = if self.at.me == Some(of) && self.below(4) != 3 {
            "me".to_owned()
        } else if is_static {
            name
        } else if depth > 0 && self.rarely(4) {
            format!("({})", self.expr(Kind::Obj(of), depth - 1))
        } else {
            self.atom_place(Kind::Obj(of))
        };
        Some((format!("{object}.{}", field.name), field.kind))
    }

    /// Several expressions.
    pub(super) fn list(&mut self, depth: u32, most: usize) -> String {
        let mut items = Vec::new();
        let kind = self.any_kind();
        for _ in 0..self.below(most + 1) {
            items.push(self.expr(kind, depth));
        }
        items.join(", ")
    }

    pub(super) fn function(&mut self, arity: usize, depth: u32) -> String {
        let vars = self.param_vars(arity);
        let at = Place { in_function: true, loops: 0, fini: None, depth: self.at.depth + 1, ..self.at };
        let statements = if depth > 0 && self.at.depth < 5 { 3 } else { 1 };
        let body = self.body(&vars, at, true, statements);
        let word = self.pick(&["fn", "function "], "fn");
        format!("{word}({}) {body}", super::decl::params(arity))
    }

    pub(super) fn match_expr(&mut self, kind: Kind, depth: u32) -> String {
        let subject = self.pick(&[Kind::Int, Kind::Str, Kind::Bool, Kind::Any], Kind::Int);
        let mut out = format!("match {} {{ ", self.expr(subject, depth));
        for _ in 0..self.below(3) + 1 {
            let pattern = match self.below(4) {
                3 => "_".to_owned(),
                2 => format!("{} | {}", self.atom(subject), self.atom(subject)),
                _ => self.atom(subject),
            };
            out.push_str(&pattern);
            if self.rarely(4) {
                out.push_str(&format!(" if {}", self.expr(Kind::Bool, depth.min(1))));
            }
            if self.rarely(4) && self.at.depth < 5 {
                self.scopes.push(Vec::new());
                self.at.depth += 1;
                let inside = self.aside(|g| (0..g.below(3)).for_each(|_| g.statement()));
                self.at.depth -= 1;
                self.scopes.pop();
                out.push_str(&format!(" => {{\n{inside}}}, "));
            } else {
                out.push_str(&format!(" => {}, ", self.expr(kind, depth)));
            }
        }
        out.push('}');
        out
    }
}
