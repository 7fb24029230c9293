//! Boxes and functions: first what there is, then bodies from the lowest rank upwards, so that what a call costs is
//! known where it is written.

use super::Gen;
use super::types::{Class, Elem, Field, Function, Selector, Ty, Var};

/// Most steps of a method and of a function.
const METHOD: u64 = 60;
const FUNCTION: u64 = 250;

impl Gen {
    pub(super) fn plan(&mut self) {
        for i in 0..2 + self.below(3) {
            let params = if self.one_in(3) { vec![Ty::Int, Ty::Int] } else { vec![Ty::Int] };
            let ret = self.pick(&[Ty::Int, Ty::Int, Ty::Int, Ty::Float, Ty::Str, Ty::Bool, Ty::Any]);
            self.world.selectors.push(Selector { name: format!("m{i}"), params, ret, cost: 0 });
        }
        for i in 0..2 + self.below(4) {
            let parent = (i > 0 && !self.one_in(3)).then(|| self.below(i));
            let mut class = Class { name: format!("C{i}"), parent, ..Class::default() };
            class.mixin = self.one_in(6);
            class.fini = self.one_in(2);
            for s in 0..self.world.selectors.len() {
                if parent.is_none() || self.one_in(2) {
                    class.own.push(s);
                }
            }
            class.interface = class.own.contains(&0) && self.one_in(4);
            self.world.classes.push(class);
            for f in 0..self.below(4) {
                let (ty, weak) = self.field_type(i);
                let field = Field { name: format!("f{i}_{f}"), ty, weak };
                self.world.classes[i].fields.push(field);
            }
        }
        self.world.statics = self.one_in(2);
    }

    fn field_type(&mut self, class: usize) -> (Ty, bool) {
        let ty = match self.below(12) {
            0..3 => Ty::Int,
            3 => Ty::Float,
            4 => Ty::Str,
            5 => Ty::Bool,
            6 | 7 => Ty::Opt(self.below(class + 1)),
            8 => Ty::Arr(self.elem()),
            9 => Ty::Map(self.elem()),
            _ => Ty::Any,
        };
        (ty, matches!(ty, Ty::Opt(_)) && self.one_in(3))
    }

    /// What an array holds.
    pub(super) fn elem(&mut self) -> Elem {
        match self.below(7) {
            0 | 1 => Elem::Int,
            2 => Elem::Float,
            3 => Elem::Str,
            4 if !self.world.classes.is_empty() => Elem::Obj(self.below(self.world.classes.len())),
            _ => Elem::Mixed,
        }
    }

    pub(super) fn write_globals(&mut self) {
        self.line("global log = []");
        self.line("global finis = 0");
        let mut globals = Vec::new();
        for i in 0..self.below(4) {
            let ty = match self.below(5) {
                0 => Ty::Any,
                1 => Ty::Float,
                2 => Ty::Arr(Elem::Mixed),
                _ => Ty::Int,
            };
            let value = self.literal(ty);
            self.line(&format!("global g{i} = {value}"));
            globals.push(Var { name: format!("g{i}"), ty, fixed: false });
        }
        self.world.globals = globals;
    }

    /// The texts of all boxes.
    pub(super) fn class_texts(&mut self) -> String {
        let count = self.world.classes.len();
        let mut methods = vec![String::new(); count];
        let mut mixin = String::new();
        self.indent = 1;
        for s in 0..self.world.selectors.len() {
            self.selectors = s;
            let mut most = 0;
            for (c, text) in methods.iter_mut().enumerate() {
                if self.world.classes[c].own.contains(&s) {
                    let (method, cost) = self.method_text(c, s);
                    text.push_str(&method);
                    most = most.max(cost);
                    // Overrides call what they override.
                    self.world.selectors[s].cost = most;
                }
            }
            if s == 0 {
                let (method, cost) = self.method_text(usize::MAX, s);
                mixin = method;
                self.world.selectors[s].cost = most.max(cost);
            }
        }
        self.selectors = 0;
        let mut heads = Vec::new();
        for c in 0..count {
            heads.push(self.class_head(c));
        }
        self.indent = 0;
        self.selectors = self.world.selectors.len();
        self.aside(|g| {
            let arity = g.world.selectors.first().map_or(1, |s| s.params.len());
            let params = if arity == 2 { "p0, p1" } else { "p0" };
            g.line(&format!("interface box I0 {{ m0({params}) }}"));
            g.out.push_str(&format!("box Mix {{\n{mixin}}}\n"));
            for (head, body) in heads.iter().zip(&methods) {
                g.out.push_str(head);
                g.out.push_str(body);
                g.out.push_str("}\n");
            }
            if g.world.statics {
                g.out.push_str(
                    "static box S {\n  count = 0\n  static { me.list = [] }\n  bump(n) {\n    me.count = me.count + n\n    me.list.push(n)\n    if me.list.length() > 8 { me.list.clear() }\n    return me.count\n  }\n}\n",
                );
            }
        })
    }

    /// Everything of a box up to its selectors.
    fn class_head(&mut self, c: usize) -> String {
        let class = self.world.classes[c].clone();
        let mut parents: Vec<String> = class.parent.iter().map(|p| format!("C{p}")).collect();
        if class.mixin {
            parents.push("Mix".into());
        }
        let mut head = format!("box {}", class.name);
        if !parents.is_empty() {
            head.push_str(&format!(" from {}", parents.join(", ")));
        }
        if class.interface {
            head.push_str(" interface I0");
        }
        head.push_str(" {\n");
        // Values of fields: some at the declaration, some in the constructor, some never.
        let mut sets = String::new();
        if class.parent.is_none() {
            head.push_str("  id\n");
        }
        for field in &class.fields {
            let weak = if field.weak { "weak " } else { "" };
            let value = match field.ty {
                Ty::Opt(of) if of < c && !field.weak && self.one_in(2) => format!("new C{of}(id + 100)"),
                Ty::Opt(_) => "null".to_owned(),
                ty => self.literal(ty),
            };
            if !field.weak && !value.starts_with("new") && self.one_in(2) {
                head.push_str(&format!("  {} = {value}\n", field.name));
            } else {
                head.push_str(&format!("  {weak}{}\n", field.name));
                if !field.weak && !self.risky() {
                    sets.push_str(&format!("    me.{} = {value}\n", field.name));
                }
            }
        }
        let birth = match class.parent {
            Some(p) => format!("from C{p}.birth(id)"),
            None => "me.id = id".to_owned(),
        };
        head.push_str(&format!("  birth(id) {{\n    {birth}\n{sets}  }}\n"));
        if class.parent.is_none() {
            head.push_str(&format!("  toString() {{ return \"{}:\" + me.id }}\n", class.name));
        }
        if class.fini {
            head.push_str(&self.fini_text(c));
        }
        head
    }

    fn fini_text(&mut self, c: usize) -> String {
        let class = self.world.classes[c].clone();
        let inherited =
            class.parent.is_some_and(|p| self.world.lineage(p).iter().any(|a| self.world.classes[*a].fini));
        let parent = match class.parent {
            Some(p) if inherited && self.one_in(2) => format!("    from C{p}.fini()\n"),
            _ => String::new(),
        };
        let extra = match self.below(4) {
            0 => "    finis = finis + 1\n".to_owned(),
            1 => format!("    log.push(\"{}\" + me.id)\n", class.name),
            2 => match class.fields.iter().find(|f| matches!(f.ty, Ty::Int | Ty::Str | Ty::Opt(_))) {
                Some(f) => format!("    print(\"  had \" + me.{})\n", f.name),
                None => String::new(),
            },
            _ => String::new(),
        };
        format!("  fini() {{\n    print(\"~{} \" + me.id)\n{extra}{parent}  }}\n", class.name)
    }

    /// A method of a box, or of the mixin.
    fn method_text(&mut self, c: usize, s: usize) -> (String, u64) {
        let selector = self.world.selectors[s].clone();
        let mut params: Vec<(String, Ty)> =
            selector.params.iter().enumerate().map(|(i, t)| (format!("p{i}"), *t)).collect();
        let list = params.iter().map(|p| p.0.clone()).collect::<Vec<_>>().join(", ");
        let is_box = c != usize::MAX;
        if is_box {
            params.push(("me".to_owned(), Ty::Obj(c)));
            self.method = Some((c, s));
        }
        let (text, cost) = self.function_body(&params, Some(selector.ret), METHOD, |g| {
            if is_box {
                g.fix("me");
            }
            for _ in 0..g.below(4) {
                g.statement();
            }
            g.return_value(selector.ret);
        });
        self.method = None;
        let overrides =
            is_box && self.world.classes[c].parent.is_some_and(|p| self.world.knows(p, s)) && self.one_in(2);
        let word = if overrides { "override " } else { "" };
        (format!("  {word}{}({list}) {{\n{text}  }}\n", selector.name), cost)
    }

    /// Makes a variable one that is never assigned.
    pub(super) fn fix(&mut self, name: &str) {
        for var in self.scopes.iter_mut().flatten().filter(|v| v.name == name) {
            var.fixed = true;
        }
    }

    pub(super) fn return_value(&mut self, ty: Ty) {
        let value = self.expr(ty, 2);
        self.line(&format!("return {value}"));
    }

    pub(super) fn write_functions(&mut self) {
        for i in 0..1 + self.below(4) {
            let params: Vec<Ty> = (0..self.below(4)).map(|_| self.param_type()).collect();
            let ret = if self.one_in(3) { self.value_type() } else { Ty::Int };
            self.functions = i;
            let named: Vec<(String, Ty)> =
                params.iter().enumerate().map(|(k, t)| (format!("a{k}"), *t)).collect();
            let (text, cost) = self.function_body(&named, Some(ret), FUNCTION, |g| {
                for _ in 0..1 + g.below(6) {
                    g.statement();
                }
                g.return_value(ret);
            });
            let list = named.iter().map(|p| p.0.clone()).collect::<Vec<_>>().join(", ");
            self.out.push_str(&format!("function h{i}({list}) {{\n{text}}}\n"));
            self.world.functions.push(Function { name: format!("h{i}"), params, ret, cost });
        }
        self.functions = self.world.functions.len();
    }

    fn param_type(&mut self) -> Ty {
        match self.below(8) {
            0..3 => Ty::Int,
            3 => Ty::Any,
            4 => Ty::Fun,
            5 => Ty::Arr(Elem::Int),
            _ => Ty::Obj(self.below(self.world.classes.len())),
        }
    }

    /// The type of a value that is wanted for its own sake.
    pub(super) fn value_type(&mut self) -> Ty {
        match self.below(20) {
            0..6 => Ty::Int,
            6 | 7 => Ty::Float,
            8 | 9 => Ty::Str,
            10 => Ty::Bool,
            11..14 => Ty::Obj(self.below(self.world.classes.len())),
            14 => Ty::Opt(self.below(self.world.classes.len())),
            15 | 16 => Ty::Arr(self.elem()),
            17 => Ty::Map(self.elem()),
            18 => Ty::Fun,
            _ => Ty::Any,
        }
    }
}
