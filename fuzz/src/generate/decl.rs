//! Boxes and functions of a program: first what there is (so that everything can be used from everywhere), then
//! their text.

use super::{Gen, Kind, Place, Var};

/// What a program declares.
#[derive(Default)]
pub(super) struct World {
    pub(super) boxes: Vec<BoxPlan>,
    pub(super) funcs: Vec<FuncPlan>,
    pub(super) globals: Vec<Var>,
}

/// A box.
#[derive(Clone, Default)]
pub(super) struct BoxPlan {
    pub(super) name: String,
    pub(super) is_static: bool,
    pub(super) is_interface: bool,
    pub(super) parents: Vec<usize>,
    pub(super) builtin: Option<&'static str>,
    pub(super) interfaces: Vec<usize>,
    pub(super) fields: Vec<Field>,
    /// Numbers of parameters.
    pub(super) constructors: Vec<usize>,
    pub(super) methods: Vec<Method>,
    pub(super) type_params: usize,
}

#[derive(Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    weak: bool,
}

#[derive(Clone)]
pub(super) struct Method {
    pub(super) name: String,
    pub(super) arity: usize,
    pub(super) is_static: bool,
}

/// A function.
#[derive(Clone)]
pub(super) struct FuncPlan {
    pub(super) name: String,
    pub(super) arity: usize,
}

impl BoxPlan {
    pub(super) fn is_plain(&self) -> bool {
        !self.is_static && !self.is_interface
    }
}

impl World {
    /// Fields of a box and of its parents.
    pub(super) fn fields(&self, of: usize) -> Vec<Field> {
        self.lineage(of).iter().flat_map(|b| self.boxes[*b].fields.clone()).collect()
    }

    /// Methods of a box and of its parents.
    pub(super) fn methods(&self, of: usize) -> Vec<Method> {
        self.lineage(of).iter().flat_map(|b| self.boxes[*b].methods.clone()).collect()
    }

    /// The box and its parents.
    fn lineage(&self, of: usize) -> Vec<usize> {
        let mut out = vec![of];
        let mut at = 0;
        while let Some(next) = out.get(at).copied() {
            at += 1;
            for parent in &self.boxes[next].parents {
                if !out.contains(parent) {
                    out.push(*parent);
                }
            }
        }
        out
    }
}

const BUILTIN_PARENTS: &[&str] =
    &["StringBox", "ArrayBox", "MapBox", "IntegerBox", "ErrorBox", "BufferBox", "FloatBox"];

impl Gen<'_> {
    pub(super) fn program(&mut self) {
        self.plan();
        for i in 0..self.world.globals.len() {
            let var = self.world.globals[i].clone();
            let value = self.expr(var.kind, 1);
            self.line(&format!("{}{} = {value}", if i % 2 == 0 { "global " } else { "" }, var.name));
        }
        let first = self.below(4);
        (0..first).for_each(|_| self.statement());
        for i in 0..self.world.boxes.len() {
            self.write_box(i, "");
        }
        for i in 0..self.world.funcs.len() {
            self.write_function(i);
        }
        let count = self.below(12) + 1;
        (0..count).for_each(|_| self.statement());
        if self.rarely(3) {
            let at = Place { in_function: true, ..Place::default() };
            let body = self.body(&[], at, false, 8);
            self.line(&format!("static box Main {{ main() {body} }}"));
        }
    }

    fn plan(&mut self) {
        for _ in 0..self.below(6) {
            let plan = self.plan_box();
            self.world.boxes.push(plan);
        }
        for i in 0..self.below(4) {
            let arity = self.below(4);
            self.world.funcs.push(FuncPlan { name: format!("f{i}"), arity });
        }
        for i in 0..self.below(4) {
            let kind = self.any_kind();
            self.world.globals.push(Var { name: format!("g{i}"), kind });
        }
    }

    fn plan_box(&mut self) -> BoxPlan {
        let known = self.world.boxes.len();
        let mut plan = BoxPlan { name: format!("B{known}"), ..BoxPlan::default() };
        match self.below(8) {
            6 => plan.is_static = true,
            7 => plan.is_interface = true,
            _ => {}
        }
        let mut arities = vec![0, 1, 2];
        for _ in 0..self.below(4) {
            let arity = self.pick(&arities, 0);
            // Few names, so that methods hide and override each other; one name has one number of parameters.
            let name = self.pick(&["m", "n", "get", "toString", "equals", "length", "run"], "m");
            let arity = match name {
                "toString" | "length" => 0,
                "equals" | "get" => 1,
                _ => arity,
            };
            if !plan.methods.iter().any(|m| m.name == name) {
                let is_static = plan.is_plain() && self.rarely(8);
                plan.methods.push(Method { name: name.to_owned(), arity, is_static });
            }
        }
        if plan.is_interface {
            return plan;
        }
        for i in 0..self.below(4) {
            let kind = self.any_kind();
            let weak = self.rarely(5);
            plan.fields.push(Field { name: format!("a{}", known * 3 + i), kind, weak });
        }
        if plan.is_static {
            return plan;
        }
        for _ in 0..self.below(3) {
            let parent = self.below(known);
            if self.world.boxes.get(parent).is_some_and(BoxPlan::is_plain) && !plan.parents.contains(&parent)
            {
                plan.parents.push(parent);
            }
        }
        if self.rarely(8) {
            plan.builtin = Some(self.pick(BUILTIN_PARENTS, "ArrayBox"));
        }
        if self.rarely(3)
            && let Some(i) = self.world.boxes.iter().position(|b| b.is_interface)
        {
            plan.interfaces.push(i);
            for wanted in self.world.boxes[i].methods.clone() {
                plan.methods.retain(|m| m.name != wanted.name);
                plan.methods.push(Method { is_static: false, ..wanted });
            }
        }
        for _ in 0..self.below(3) {
            let at = self.below(arities.len());
            plan.constructors.push(arities.remove(at));
        }
        plan.type_params = if self.rarely(10) { 2 } else { 0 };
        plan
    }

    /// Writes a box; `suffix` makes the name of a copy.
    pub(super) fn write_box(&mut self, index: usize, suffix: &str) {
        let plan = self.world.boxes[index].clone();
        let mut head = format!("box {}{suffix}", plan.name);
        if plan.is_interface {
            let list: Vec<String> =
                plan.methods.iter().map(|m| format!("{}({})", m.name, params(m.arity))).collect();
            self.line(&format!("interface {head} {{ {} }}", list.join(" ")));
            return;
        }
        if plan.is_static {
            head.insert_str(0, "static ");
        }
        if plan.type_params > 0 {
            head.push_str("<T, U>");
        }
        let names =
            |list: &[usize]| list.iter().map(|i| self.world.boxes[*i].name.clone()).collect::<Vec<_>>();
        let generic = |i: &usize| if self.world.boxes[*i].type_params > 0 { "<IntegerBox, B0>" } else { "" };
        let mut parents: Vec<String> =
            plan.parents.iter().map(|i| format!("{}{}", self.world.boxes[*i].name, generic(i))).collect();
        parents.extend(plan.builtin.map(str::to_owned));
        if !parents.is_empty() {
            head.push_str(&format!(" from {}", parents.join(", ")));
        }
        if !plan.interfaces.is_empty() {
            head.push_str(&format!(" interface {}", names(&plan.interfaces).join(", ")));
        }
        self.line(&format!("{head} {{"));
        self.indent += 1;
        self.write_fields(&plan);
        let at = Place { me: Some(index), in_function: true, ..Place::default() };
        if plan.is_static && self.rarely(2) {
            // Nothing leaves it early, as nothing leaves a `fini` block.
            let body = self.body(&[], Place { fini: Some(0), ..at }, false, 3);
            self.line(&format!("static {body}"));
        }
        for arity in &plan.constructors {
            let word = self.pick(&["birth", "birth", "init", "pack", "constructor"], "birth");
            let vars = self.param_vars(*arity);
            let body = self.body(&vars, at, false, 5);
            self.line(&format!("{word}({}) {body}", params(*arity)));
        }
        for m in &plan.methods {
            let inherited =
                plan.parents.iter().any(|p| self.world.methods(*p).iter().any(|o| o.name == m.name));
            let word = if inherited && !m.is_static && self.below(4) != 0 { "override " } else { "" };
            let word = if m.is_static { "static " } else { word };
            let me = if m.is_static { None } else { at.me };
            let vars = self.param_vars(m.arity);
            let body = self.body(&vars, Place { me, ..at }, false, 6);
            self.line(&format!("{word}{}({}) {body}", m.name, params(m.arity)));
        }
        if !plan.is_static && self.rarely(2) {
            let body = self.body(&[], at, false, 4);
            self.line(&format!("fini() {body}"));
        }
        self.indent -= 1;
        self.line("}");
    }

    fn write_fields(&mut self, plan: &BoxPlan) {
        let style = self.below(8);
        let scopes = std::mem::take(&mut self.scopes);
        self.scopes.push(Vec::new());
        let mut group = Vec::new();
        for f in &plan.fields {
            let weak = if f.weak { "weak " } else { "" };
            if style < 6 && self.rarely(3) {
                let value = self.expr(f.kind, 1);
                self.line(&format!("{weak}{} = {value}", f.name));
            } else if style < 5 {
                self.line(&format!("{weak}{}", f.name));
            } else {
                group.push(format!("{weak}{}", f.name));
            }
        }
        self.scopes = scopes;
        if !group.is_empty() {
            let word = self.pick(&["init", "public", "private"], "init");
            self.line(&format!("{word} {{ {} }}", group.join(", ")));
        }
    }

    fn write_function(&mut self, index: usize) {
        let plan = self.world.funcs[index].clone();
        let vars = self.param_vars(plan.arity);
        let at = Place { in_function: true, ..Place::default() };
        let body = self.body(&vars, at, false, 7);
        let word = self.pick(&["function", "fn"], "function");
        let line = match self.world.boxes.first() {
            Some(b) if index == 3 && b.is_plain() => {
                format!("static function {}.{}({}) {body}", b.name, plan.name, params(plan.arity))
            }
            _ => format!("{word} {}({}) {body}", plan.name, params(plan.arity)),
        };
        self.line(&line);
    }

    /// Parameters with kinds that callers probably give.
    pub(super) fn param_vars(&mut self, count: usize) -> Vec<Var> {
        (0..count)
            .map(|i| {
                let kind = match i {
                    0 => Kind::Int,
                    1 => self.an_object().map_or(Kind::Str, Kind::Obj),
                    _ => Kind::Func(1),
                };
                Var { name: format!("p{i}"), kind }
            })
            .collect()
    }
}

/// The text of a list of parameters.
pub(super) fn params(count: usize) -> String {
    (0..count).map(|i| format!("p{i}")).collect::<Vec<_>>().join(", ")
}
