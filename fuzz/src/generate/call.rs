//! Calls: of functions, methods, builtin methods (from the runtime's own table), constructors and parents.

use super::{Gen, Kind};
use nyrt::builtin::{Owner, ParamKind, rows};
use nyrt::value::{ClassId, class_id};

/// Classes whose methods are called, with a way to make one.
const MAKERS: &[(ClassId, &str)] = &[
    (class_id::MATH, "new MathBox()"),
    (class_id::CONSOLE, "console"),
    (class_id::TIME, "new TimeBox()"),
    (class_id::TIMER, "new TimerBox()"),
    (class_id::DATETIME, "new DateTimeBox(0)"),
    (class_id::RANDOM, "new RandomBox()"),
    (class_id::RESULT, "new ResultBox([1])"),
    (class_id::ERROR, "new ErrorBox(\"T\", \"m\")"),
    (class_id::BUFFER, "new BufferBox()"),
    (class_id::REGEX, "new RegexBox(\"a(b|c)*\")"),
    (class_id::JSON, "new JSONBox(\"{\\\"k\\\": [1, {}]}\")"),
    (class_id::INTENT, "new IntentBox(\"n\", [1])"),
];

impl Gen<'_> {
    /// So many arguments, of the kinds that parameters have ([`Gen::param_vars`]).
    pub(super) fn args(&mut self, count: usize, depth: u32) -> String {
        let count = if self.rarely(50) { count + 1 } else { count };
        let mut args = Vec::new();
        for i in 0..count {
            let kind = match i {
                0 => Kind::Int,
                1 => self.an_object().map_or(Kind::Str, Kind::Obj),
                _ => Kind::Func(1),
            };
            let kind = if self.rarely(6) { self.any_kind() } else { kind };
            args.push(self.expr(kind, depth));
        }
        args.join(", ")
    }

    pub(super) fn new_object(&mut self, of: usize, depth: u32) -> String {
        let Some(plan) = self.world.boxes.get(of) else { return "null".to_owned() };
        let type_args = if plan.type_params > 0 { "<StringBox, B0>" } else { "" };
        let (name, constructors) = (plan.name.clone(), plan.constructors.clone());
        let arity = self.pick(&constructors, 0);
        // A box may need another one of its kind for its constructor, and that one another.
        let args = if depth == 0 {
            (0..arity).map(|i| ["1", "null", "fn(p0) { return p0 }"][i.min(2)]).collect::<Vec<_>>().join(", ")
        } else {
            self.args(arity, depth - 1)
        };
        format!("new {name}{type_args}({args})")
    }

    /// A call whose result is probably of a kind.
    pub(super) fn call_for(&mut self, kind: Kind, depth: u32) -> String {
        match kind {
            Kind::Int | Kind::Str | Kind::Bool | Kind::Float | Kind::Arr | Kind::Map => {
                self.builtin_method(depth)
            }
            _ => self.some_call(depth),
        }
    }

    /// Any call.
    pub(super) fn some_call(&mut self, depth: u32) -> String {
        let d = depth.saturating_sub(1);
        match self.below(10) {
            0 | 1 => self.method(d).unwrap_or_else(|| self.builtin_method(d)),
            2 => self.builtin_method(d),
            3 | 4 => {
                let at = self.below(self.world.funcs.len());
                match self.world.funcs.get(at).cloned() {
                    // The fourth one is a method of the first box.
                    Some(f) if at != 3 => format!("{}({})", f.name, self.args(f.arity, d)),
                    _ => self.builtin_method(d),
                }
            }
            5 => {
                let arity = self.below(3);
                let callee = match self.variable(Some(Kind::Func(arity))) {
                    Some(var) => var.name,
                    None => format!("({})", self.function(arity, d)),
                };
                format!("{callee}({})", self.args(arity, d))
            }
            6 => self.parent_call(d).unwrap_or_else(|| self.builtin_method(d)),
            7 => {
                let names = [
                    "string.create",
                    "string.upper",
                    "integer.create",
                    "array.create",
                    "isType",
                    "env.console.log",
                ];
                let name = self.pick(&names, "isType");
                let args = self.list(d, 2);
                // The helpers are known after `using nyashstd` only.
                if name.starts_with("env") || name == "isType" {
                    format!("{name}({args})")
                } else {
                    "[].length()".into()
                }
            }
            8 => match self.an_object() {
                Some(b) => self.new_object(b, d),
                None => "new ArrayBox()".to_owned(),
            },
            _ => {
                let kind = self.any_kind();
                let name =
                    self.pick(&["toString", "type_name", "fini", "is_null", "get", "m", "run"], "toString");
                format!("{}.{name}()", self.atom_place(kind))
            }
        }
    }

    /// A method of a user box.
    fn method(&mut self, depth: u32) -> Option<String> {
        let of = self.below(self.world.boxes.len());
        let plan = self.world.boxes.get(of)?.clone();
        let methods = self.world.methods(of);
        let at = self.below(methods.len());
        let method = methods.get(at)?.clone();
        let object = if plan.is_static || method.is_static {
            plan.name
        } else if plan.is_interface {
            let object = self.an_object()?;
            self.atom_place(Kind::Obj(object))
        } else if depth > 0 && self.rarely(3) {
            format!("({})", self.expr(Kind::Obj(of), depth - 1))
        } else {
            self.atom_place(Kind::Obj(of))
        };
        // Without call it is a bound method.
        if self.rarely(8) && !method.is_static {
            return Some(format!("{object}.{}", method.name));
        }
        Some(format!("{object}.{}({})", method.name, self.args(method.arity, depth)))
    }

    /// `from Parent.method(...)` where there is a parent.
    fn parent_call(&mut self, depth: u32) -> Option<String> {
        let me = self.world.boxes.get(self.at.me?)?.clone();
        if let Some(builtin) = me.builtin
            && (me.parents.is_empty() || self.rarely(2))
        {
            let method = self.pick(&["birth", "toString", "length", "push", "get"], "birth");
            return Some(format!("from {builtin}.{method}({})", self.list(depth, 1)));
        }
        let parent = *me.parents.first()?;
        let plan = self.world.boxes.get(parent)?.clone();
        let methods = self.world.methods(parent);
        if self.rarely(2) || methods.is_empty() {
            let arity = plan.constructors.first().copied().unwrap_or(0);
            return Some(format!("from {}.birth({})", plan.name, self.args(arity, depth)));
        }
        let at = self.below(methods.len());
        let method = methods.get(at).filter(|m| !m.is_static)?.clone();
        Some(format!("from {}.{}({})", plan.name, method.name, self.args(method.arity, depth)))
    }

    /// A method of a builtin box with arguments that it takes.
    pub(super) fn builtin_method(&mut self, depth: u32) -> String {
        let (class, object) = match self.below(12) {
            0 | 1 => (class_id::STRING, self.atom_place(Kind::Str)),
            2..5 => (class_id::ARRAY, self.atom_place(Kind::Arr)),
            5 | 6 => (class_id::MAP, self.atom_place(Kind::Map)),
            7 => (class_id::INTEGER, self.atom_place(Kind::Int)),
            8 => (class_id::FLOAT, self.atom_place(Kind::Float)),
            9 => (class_id::FUTURE, self.atom_place(Kind::Future)),
            _ => {
                let at = self.below(MAKERS.len());
                let (class, maker) = MAKERS[at];
                (class, format!("({maker})"))
            }
        };
        let methods: Vec<_> =
            rows().map(|(_, row)| row).filter(|row| row.owner == Owner::Method(class)).collect();
        let Some(row) = methods.get(self.below(methods.len())) else { return format!("{object}.toString()") };
        let name = self.pick(row.names, "toString");
        let optional = row.max() - row.min();
        let count = row.min() + self.below(optional + 1);
        let mut args = Vec::new();
        for param in row.params.iter().take(count) {
            let kind = match param.kind {
                ParamKind::Any => self.any_kind(),
                ParamKind::Int => Kind::Int,
                ParamKind::Num => self.pick(&[Kind::Int, Kind::Float], Kind::Int),
                ParamKind::Str => Kind::Str,
                ParamKind::Bool => Kind::Bool,
                ParamKind::Array => Kind::Arr,
                ParamKind::Buffer => {
                    args.push("new BufferBox()".to_owned());
                    continue;
                }
            };
            args.push(self.expr(kind, depth.min(2)));
        }
        format!("{object}.{name}({})", args.join(", "))
    }
}
