//! Expressions of a type. All operators are in parentheses, so that an expression fits everywhere.

use super::Gen;
use super::types::{Elem, Ty, Var};

/// Integers around which something happens.
pub(super) const INTS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "63",
    "64",
    "65",
    "100",
    "255",
    "(-1)",
    "(-2)",
    "(-7)",
    "2147483647",
    "2147483648",
    "(-2147483648)",
    "4294967296",
    "9007199254740992",
    "9007199254740993",
    "4611686018427387904",
    "9223372036854775807",
    "(-9223372036854775808)",
    "(-9223372036854775807)",
    "0x7FFF",
    "0xFFFFFFFFFFFFFFFF",
];

/// Floats of the same sort.
pub(super) const FLOATS: &[&str] = &[
    "0.0",
    "(-0.0)",
    "1.0",
    "0.5",
    "0.1",
    "(-1.5)",
    "2.5",
    "3.0",
    "1e300",
    "(-1e300)",
    "1e-310",
    "9007199254740993.0",
    "9223372036854775807.0",
    "(1.0 / 0.0)",
    "(-1.0 / 0.0)",
    "(0.0 / 0.0)",
    "1e15",
    "123456.789",
];

/// Texts with one, two, three and four bytes per character.
pub(super) const TEXTS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"ab\"",
    "\"é\"",
    "\"日本\"",
    "\"𝄞x\"",
    "\"0\"",
    "\"12\"",
    "\"true\"",
    "\"a,b\"",
    "\"\\t\\\"\"",
    "\"x y\"",
    "\"Straße\"",
    "\"\\u00e9\"",
    "\"z\"",
];

impl Gen {
    /// A value without calls and variables.
    pub(super) fn literal(&mut self, ty: Ty) -> String {
        match ty {
            Ty::Int if self.one_in(3) => self.pick(INTS).to_owned(),
            Ty::Int => self.below(20).to_string(),
            Ty::Float => self.pick(FLOATS).to_owned(),
            Ty::Str => self.pick(TEXTS).to_owned(),
            Ty::Bool => self.pick(&["true", "false"]).to_owned(),
            Ty::Opt(_) => "null".to_owned(),
            Ty::Arr(Elem::Obj(_)) => "[]".to_owned(),
            Ty::Arr(e) => self.list(e),
            Ty::Map(Elem::Obj(_)) => "%{}".to_owned(),
            Ty::Map(e) => {
                let (a, b) = (self.literal(e.ty()), self.literal(e.ty()));
                self.pick_text(&["%{}".to_owned(), format!("%{{\"a\" => {a}, \"é\" => {b}}}")])
            }
            Ty::Fun => self.pick(&["fn(x) { return x }", "fn(x) { return x * 2 + 1 }"]).to_owned(),
            Ty::Any => match self.below(7) {
                0 | 1 => self.literal(Ty::Int),
                2 => self.literal(Ty::Float),
                3 => self.literal(Ty::Str),
                4 => self.literal(Ty::Bool),
                5 => self.pick(&["null", "void"]).to_owned(),
                _ => self.list(Elem::Int),
            },
            Ty::Obj(_) | Ty::Future => "null".to_owned(),
        }
    }

    fn list(&mut self, e: Elem) -> String {
        let values: Vec<String> = (0..self.below(5)).map(|_| self.literal(e.ty())).collect();
        format!("[{}]", values.join(", "))
    }

    fn pick_text(&mut self, list: &[String]) -> String {
        list.get(self.rng.below(list.len())).cloned().unwrap_or_default()
    }

    /// The smallest expression of a type: a variable, a field, a literal.
    pub(super) fn atom(&mut self, ty: Ty) -> String {
        if !self.one_in(4)
            && let Some(text) = self.place_of(ty)
        {
            return text;
        }
        match ty {
            Ty::Obj(c) => match self.object_place(c) {
                Some(text) => text,
                None => self.new_object(c),
            },
            Ty::Future => "void".to_owned(),
            _ => self.literal(ty),
        }
    }

    fn new_object(&mut self, c: usize) -> String {
        let family = self.world.family(c);
        let of = self.pick(&family);
        self.cost += 3 * self.times;
        let id = self.fresh("");
        format!("new C{of}({id})")
    }

    /// A variable or field of exactly this type.
    fn place_of(&mut self, ty: Ty) -> Option<String> {
        if let Ty::Obj(c) = ty {
            return self.object_place(c);
        }
        if self.one_in(4)
            && let Some(text) = self.field_of(ty)
        {
            return Some(text);
        }
        self.variable(|v| v.ty == ty).map(|v| v.name)
    }

    fn object_place(&mut self, c: usize) -> Option<String> {
        let family = self.world.family(c);
        self.variable(|v| matches!(v.ty, Ty::Obj(d) if family.contains(&d))).map(|v| v.name)
    }

    /// A field of some object at hand.
    pub(super) fn field_of(&mut self, ty: Ty) -> Option<String> {
        let var = self.variable(|v| matches!(v.ty, Ty::Obj(_)))?;
        let Ty::Obj(c) = var.ty else { return None };
        let fields: Vec<String> =
            self.world.fields(c).into_iter().filter(|f| f.ty == ty).map(|f| f.name).collect();
        let at = self.below(fields.len());
        fields.get(at).map(|f| format!("{}.{f}", var.name))
    }

    /// An expression.
    pub(super) fn expr(&mut self, ty: Ty, depth: u32) -> String {
        if depth == 0 || self.one_in(5) {
            return self.atom(ty);
        }
        let d = depth - 1;
        if self.one_in(4)
            && let Some(call) = self.call(ty, d)
        {
            return call;
        }
        if self.one_in(14) {
            let (a, b) = (self.expr(ty, d), self.expr(ty, d));
            let subject = self.expr(Ty::Int, d);
            let guard =
                if self.one_in(3) { format!(" if {}", self.expr(Ty::Bool, d)) } else { String::new() };
            return format!("(match ({subject} & 3) {{ 0 => {a}, 1 | 2{guard} => {b}, _ => {a} }})");
        }
        match ty {
            Ty::Int => self.int(d),
            Ty::Float => self.float(d),
            Ty::Str => self.text(d),
            Ty::Bool => self.bool(d),
            Ty::Obj(c) => self.object(c, d),
            Ty::Opt(c) => match self.below(4) {
                0 => "null".to_owned(),
                1 => self.atom(ty),
                _ => self.expr(Ty::Obj(c), d),
            },
            Ty::Arr(e) => match self.below(4) {
                0 => self.atom(ty),
                1 => format!("{}.slice({})", self.atom(ty), self.below(3)),
                _ => {
                    let values: Vec<String> =
                        (0..self.below(5)).map(|_| self.expr(e.ty(), d.min(1))).collect();
                    format!("[{}]", values.join(", "))
                }
            },
            Ty::Map(e) => {
                let (a, b) = (self.expr(e.ty(), d.min(1)), self.expr(e.ty(), d.min(1)));
                format!("%{{\"a\" => {a}, \"b\" => {b}}}")
            }
            Ty::Fun => self.closure(),
            Ty::Any => {
                let inner = match self.below(8) {
                    0 | 1 => Ty::Int,
                    2 => Ty::Float,
                    3 => Ty::Str,
                    4 => Ty::Bool,
                    5 => Ty::Obj(self.below(self.world.classes.len())),
                    _ => return self.atom(Ty::Any),
                };
                self.expr(inner, d)
            }
            Ty::Future => self.atom(ty),
        }
    }

    /// A call that gives a type, of what is cheap enough.
    pub(super) fn call(&mut self, ty: Ty, d: u32) -> Option<String> {
        let gives = |ret: Ty| ret == ty || ty == Ty::Any;
        if self.one_in(3) {
            let fits: Vec<_> =
                self.world.functions.iter().take(self.functions).filter(|f| gives(f.ret)).cloned().collect();
            let at = self.below(fits.len());
            if let Some(f) = fits.get(at)
                && self.afford(f.cost)
            {
                return Some(format!("{}({})", f.name, self.args(&f.params, d)));
            }
        }
        let selectors: Vec<usize> = (0..self.selectors)
            .filter(|s| self.world.selectors.get(*s).is_some_and(|x| gives(x.ret)))
            .collect();
        // The method that is overridden.
        if let Some((c, s)) = self.method
            && self.one_in(3)
            && self.world.selectors.get(s).is_some_and(|x| gives(x.ret))
            && let Some(parent) = self.world.classes.get(c).and_then(|k| k.parent)
            && self.world.knows(parent, s)
            && self.afford(self.world.selectors[s].cost)
        {
            let selector = self.world.selectors[s].clone();
            return Some(format!("from C{parent}.{}({})", selector.name, self.args(&selector.params, d)));
        }
        let at = self.below(selectors.len());
        let s = *selectors.get(at)?;
        let knowing: Vec<usize> = (0..self.world.classes.len()).filter(|c| self.world.knows(*c, s)).collect();
        let var = self.variable(|v| matches!(v.ty, Ty::Obj(c) if knowing.contains(&c)));
        let object = match (var, knowing.is_empty()) {
            (Some(v), _) => v.name,
            (None, true) => return None,
            (None, false) => {
                let c = self.pick(&knowing);
                format!("({})", self.new_object(c))
            }
        };
        let selector = self.world.selectors[s].clone();
        self.afford(selector.cost)
            .then(|| format!("{object}.{}({})", selector.name, self.args(&selector.params, d)))
    }

    pub(super) fn args(&mut self, params: &[Ty], d: u32) -> String {
        let args: Vec<String> = params.iter().map(|p| self.expr(*p, d.min(1))).collect();
        args.join(", ")
    }

    fn int(&mut self, d: u32) -> String {
        match self.below(20) {
            0..7 => {
                let (a, b) = (self.expr(Ty::Int, d), self.expr(Ty::Int, d));
                let op = self.pick(&["+", "+", "-", "-", "*", "&", "|", "^"]);
                format!("({a} {op} {b})")
            }
            7 => {
                let (a, b) = (self.expr(Ty::Int, d), self.expr(Ty::Int, d));
                format!("({a} {} {b})", self.pick(&["<<", ">>"]))
            }
            8 | 9 => {
                let a = self.expr(Ty::Int, d);
                let b = if self.risky() {
                    self.expr(Ty::Int, d)
                } else {
                    self.pick(&["2", "3", "7", "(-1)", "(-3)", "1000"]).to_owned()
                };
                format!("({a} {} {b})", self.pick(&["/", "%"]))
            }
            10 => format!("({}{})", self.pick(&["-", "~"]), self.expr(Ty::Int, d)),
            11 => format!("{}.length()", self.atom_text()),
            12 => {
                let e = self.elem();
                format!("{}.length()", self.atom(Ty::Arr(e)))
            }
            13 => {
                let (a, i) = (self.atom(Ty::Arr(Elem::Int)), self.expr(Ty::Int, d));
                if self.risky() {
                    format!("({a}[{i}] + 1)")
                } else {
                    format!("at({a}, {i}, {})", self.below(9))
                }
            }
            14 => match self.variable(|v| v.ty == Ty::Fun) {
                // What it calls was paid for where it was made.
                Some(f) if self.afford(8) => format!("{}({})", f.name, self.expr(Ty::Int, d)),
                _ => self.atom(Ty::Int),
            },
            15 if self.world.statics => match self.below(2) {
                0 => format!("S.bump({})", self.expr(Ty::Int, d)),
                _ => "S.count".to_owned(),
            },
            16 => match self.variable(|v| v.ty == Ty::Future) {
                Some(f) => format!("(await {})", f.name),
                None => self.atom(Ty::Int),
            },
            17 => format!("({} + {})", self.expr(Ty::Bool, d), self.expr(Ty::Bool, d)),
            18 => {
                let (a, b) = (self.expr(Ty::Int, d), self.expr(Ty::Int, d));
                format!("({a}).{}({b})", self.pick(&["max", "min"]))
            }
            _ => format!("({}).indexOf({})", self.atom_text(), self.literal(Ty::Str)),
        }
    }

    fn atom_text(&mut self) -> String {
        self.atom(Ty::Str)
    }

    fn float(&mut self, d: u32) -> String {
        match self.below(8) {
            0..3 => {
                let (a, b) = (self.expr(Ty::Float, d), self.expr(Ty::Float, d));
                format!("({a} {} {b})", self.pick(&["+", "-", "*", "/", "%"]))
            }
            3 | 4 => {
                let (a, b) = (self.expr(Ty::Int, d), self.expr(Ty::Float, d));
                let (a, b) = if self.one_in(2) { (a, b) } else { (b, a) };
                format!("({a} {} {b})", self.pick(&["+", "-", "*", "/", "%"]))
            }
            5 => format!("({}).toFloat()", self.expr(Ty::Int, d)),
            6 => format!("(-{})", self.expr(Ty::Float, d)),
            _ => format!("({}).abs()", self.expr(Ty::Float, d)),
        }
    }

    fn text(&mut self, d: u32) -> String {
        match self.below(11) {
            0..3 => {
                let other = self.pick(&[Ty::Int, Ty::Float, Ty::Bool, Ty::Str, Ty::Any]);
                let (a, b) = (self.expr(Ty::Str, d), self.expr(other, d));
                if self.one_in(2) { format!("({a} + {b})") } else { format!("({b} + {a})") }
            }
            3 => format!("(\"\" + {})", self.expr(Ty::Any, d)),
            4 => {
                let (a, b) = (self.expr(Ty::Int, d), self.expr(Ty::Int, d));
                format!("{}.substring({a}, {b})", self.atom_text())
            }
            5 => format!("{}.{}()", self.atom_text(), self.pick(&["toUpper", "toLower", "trim"])),
            6 => format!("({} * ({} & 3))", self.atom_text(), self.expr(Ty::Int, d)),
            7 => {
                let (a, b) = (self.literal(Ty::Str), self.literal(Ty::Str));
                format!("{}.replace({a}, {b})", self.atom_text())
            }
            8 => {
                let e = self.pick(&[Elem::Int, Elem::Str, Elem::Mixed]);
                format!("{}.join(\"-\")", self.atom(Ty::Arr(e)))
            }
            9 => {
                let i = self.expr(Ty::Int, d);
                format!("(\"\" + {}[{i}])", self.atom_text())
            }
            _ => format!("({}).type_name()", self.expr(Ty::Int, d)),
        }
    }

    fn bool(&mut self, d: u32) -> String {
        match self.below(10) {
            0..3 => {
                let ty = self.pick(&[Ty::Int, Ty::Int, Ty::Float, Ty::Str]);
                let (a, b) = (self.expr(ty, d), self.expr(ty, d));
                format!("({a} {} {b})", self.pick(&["<", "<=", ">", ">="]))
            }
            3 => {
                let (a, b) = (self.expr(Ty::Int, d), self.expr(Ty::Float, d));
                format!("({a} {} {b})", self.pick(&["<", "<=", ">", ">=", "==", "!="]))
            }
            4 | 5 => {
                let (x, y) = (self.value_type(), self.value_type());
                let y = if self.one_in(3) { y } else { x };
                let (a, b) = (self.expr(x, d.min(1)), self.expr(y, d.min(1)));
                format!("({a} {} {b})", self.pick(&["==", "!="]))
            }
            6 => {
                let (a, b) = (self.expr(Ty::Bool, d), self.expr(Ty::Any, d));
                format!("({a} {} {b})", self.pick(&["&&", "||"]))
            }
            7 => format!("(not {})", self.expr(Ty::Any, d)),
            8 => {
                let kind = self.pick(&["Integer", "Float", "String", "Bool", "Array", "C0", "C1"]);
                format!("isType({}, \"{kind}\")", self.expr(Ty::Any, d))
            }
            _ => {
                let text = self.literal(Ty::Str);
                format!("{}.contains({text})", self.atom_text())
            }
        }
    }

    fn object(&mut self, c: usize, d: u32) -> String {
        let family = self.world.family(c);
        let of = self.pick(&family);
        match self.below(4) {
            0 | 1 => self.new_object(c),
            2 => match self.place_of(Ty::Opt(of)) {
                Some(place) => format!("or_else({place}, {})", self.expr(Ty::Obj(c), d)),
                None => self.atom(Ty::Obj(c)),
            },
            _ => match self.place_of(Ty::Arr(Elem::Obj(of))) {
                Some(place) => {
                    let i = self.expr(Ty::Int, d);
                    let default = self.atom(Ty::Obj(c));
                    format!("at({place}, {i} & 3, {default})")
                }
                None => self.atom(Ty::Obj(c)),
            },
        }
    }

    /// A function literal. What it calls is written without calls, so that its price is small.
    pub(super) fn closure(&mut self) -> String {
        let p = self.fresh("p");
        let (selectors, functions) = (self.selectors, self.functions);
        (self.selectors, self.functions) = (0, 0);
        let fixed_loops = std::mem::take(&mut self.loops);
        // Calls of closures inside would make it expensive.
        let outer = self.scopes.clone();
        for scope in &mut self.scopes {
            scope.retain(|v| !matches!(v.ty, Ty::Fun | Ty::Future));
        }
        self.scopes.push(vec![Var { name: p.clone(), ty: Ty::Int, fixed: false }]);
        let captured = self.variable(|v| v.ty == Ty::Int && !v.fixed && v.name != p);
        let value = self.expr(Ty::Int, 2);
        self.scopes = outer;
        self.loops = fixed_loops;
        (self.selectors, self.functions) = (selectors, functions);
        match captured {
            Some(v) if self.rng.one_in(2) => {
                let n = v.name;
                format!("fn({p}) {{ {n} = {n} + {p} return {value} }}")
            }
            _ => format!("fn({p}) {{ return {value} }}"),
        }
    }
}
