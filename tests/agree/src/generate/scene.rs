//! Scenes: functions that each go through one thing that tiers like to do differently, one after the other at the
//! top of the program. What escapes from one ends up in a `catch`, except where the program is to end with it.

use super::Gen;
use super::expr::{FLOATS, INTS, TEXTS};
use super::types::{Elem, Ty};

/// Most steps of a scene.
const SCENE: u64 = 8_000;

impl Gen {
    /// Writes the functions of the scenes. Gives their names.
    pub(super) fn scene_functions(&mut self) -> Vec<String> {
        // Many boxes are long enough.
        let count = if self.many { self.below(2) } else { 3 + self.below(5) };
        (0..count)
            .map(|_| {
                if self.one_in(12) {
                    return self.errors_that_pass_on();
                }
                let name = self.fresh("scene");
                let (text, _) = self.function_body(&[], Some(Ty::Int), SCENE, |g| g.scene());
                self.out.push_str(&format!("function {name}() {{\n{text}}}\n"));
                name
            })
            .collect()
    }

    fn scene(&mut self) {
        match self.below(24) {
            0..5 => {
                for _ in 0..6 + self.below(14) {
                    self.statement();
                }
                let value = self.expr(Ty::Int, 3);
                self.line(&format!("return {value}"));
            }
            5..9 => self.hot_numbers(),
            9..12 => self.hot_objects(),
            12 => self.hot_texts(),
            13 => self.overflow(),
            14 | 15 => self.tasks(),
            16 => self.weak_references(),
            17 => self.resurrection(),
            18 => self.circles(),
            19 => self.explicit_fini(),
            20 => self.failing_fini(),
            21 => self.extremes(),
            22 => self.outside_of_arrays(),
            _ => self.callbacks(),
        }
    }

    /// What runs: the scenes, and how the program ends.
    pub(super) fn write_top(&mut self, scenes: &[String]) {
        let in_main = self.one_in(3);
        if in_main {
            self.line("static box Main { main() {");
        }
        self.indent += usize::from(in_main);
        self.budget = 1000;
        for name in scenes {
            let call = format!("print(\"{name} \" + {name}())");
            if self.one_in(25) {
                self.line(&call);
            } else {
                self.line(&format!("try {{ {call} }} catch (e) {{ print(\"{name} failed \" + told(e)) }}"));
            }
        }
        for _ in 0..self.below(4) {
            let (risk, ret) = (std::mem::take(&mut self.risk), self.ret.take());
            self.statement();
            (self.risk, self.ret) = (risk, ret);
        }
        self.line("print(\"finis \" + finis + \" \" + log.join(\",\"))");
        match self.below(24) {
            0 => {
                self.fuel = 20_000 + self.below(30_000) as u64;
                let n = self.fresh("n");
                let object = self.expr(Ty::Obj(0), 1);
                self.line(&format!("local {n} = 0"));
                self.line(&format!("local o{n} = null"));
                self.line(&format!(
                    "loop {{ {n} = {n} + 1 if {n} % 4000 == 0 {{ print({n}) o{n} = {object} }} }}"
                ));
            }
            1 => {
                let value = self.thrown_value();
                self.line(&format!("throw {value}"));
            }
            2 if in_main => {
                let value = self.expr(Ty::Int, 2);
                self.line(&format!("return {value}"));
            }
            _ => {}
        }
        self.indent -= usize::from(in_main);
        if in_main {
            self.line("} }");
        }
    }

    /// A recursion that has no end but the limit.
    fn overflow(&mut self) {
        let f = self.fresh("deep");
        let keep = match self.below(3) {
            0 => "local keep = [n, \"x\" + n]".to_owned(),
            1 => "local keep = n * 1.5".to_owned(),
            _ => String::new(),
        };
        let body = match self.below(3) {
            0 => format!("return {f}(n + 1) + 1"),
            1 => format!("try {{ return {f}(n + 1) + 1 }} finally {{ n = n - 1 }}"),
            _ => format!("local r = {f}(n + 1) return r - n"),
        };
        self.line(&format!("function {f}(n) {{ {keep} {body} }}"));
        self.line(&format!("try {{ print({f}(0)) }} catch (e) {{ print(told(e)) }}"));
        if self.one_in(2) {
            // Every activation holds a box that prints, up to the limit or nearly.
            let (c, most) = (self.below(self.world.classes.len()), 5 + self.below(20));
            let g = self.fresh("down");
            self.line(&format!("function {g}(n) {{ local held = new C{c}(n) if n == {most} {{ return {f}(0) }} return {g}(n + 1) }}"));
            self.line(&format!(
                "try {{ print({g}(0)) }} catch (StackOverflow e) {{ print(\"deep enough\") }}"
            ));
        }
        self.line("return 0");
    }

    fn weak_references(&mut self) {
        let c = self.below(self.world.classes.len());
        let n = self.fresh("Holder");
        self.line(&format!("box {n} {{ weak seen strong birth(s) {{ me.seen = s me.strong = null }} look() {{ if me.seen == null {{ return \"gone\" }} return \"\" + me.seen }} }}"));
        self.line(&format!("local owner = new C{c}(1)"));
        self.line(&format!("local h = new {n}(owner)"));
        self.line("local w = weak owner");
        self.line("print(h.look() + \" \" + (w.weak_to_strong() == owner))");
        self.declare("owner", Ty::Obj(c));
        for _ in 0..self.below(4) {
            self.statement();
        }
        let other = self.expr(Ty::Obj(c), 1);
        match self.below(3) {
            0 => self.line("owner = null"),
            1 => self.line(&format!("owner = {other}")),
            _ => self.line("{ local last = owner h.strong = last owner = null print(\"kept \" + h.look()) }"),
        }
        self.line("print(h.look() + \" \" + (w.weak_to_strong() == null))");
        self.line("h.strong = null");
        self.line("print(h.look() + \" \" + (w.weak_to_strong() == null))");
        self.line(&format!("h.seen = new C{c}(2)"));
        self.line("print(h.look())");
        self.line("return 1");
    }

    fn resurrection(&mut self) {
        let (n, c) = (self.fresh("R"), self.below(self.world.classes.len()));
        let times = 1 + self.below(4);
        self.line("local saved = []");
        self.line(&format!(
            "box {n} {{ n keep home birth(n, home) {{ me.n = n me.home = home me.keep = new C{c}(n) }} \
             fini() {{ print(\"~{n} \" + me.n) if me.n % 2 == 1 {{ me.home.push(me) }} }} toString() {{ return \"{n}:\" + me.n }} }}"
        ));
        self.counted(times as u64, |g, i| g.line(&format!("local r = new {n}({i}, saved)")));
        self.line("print(\"saved \" + saved.length() + \" \" + saved.join(\",\"))");
        self.line("if saved.length() > 0 { local again = saved[0] print(again.n + 1) again.n = 77 print(again) saved.clear() }");
        self.line("return saved.length()");
    }

    /// Garbage in circles. Its finalizers print in some programs.
    fn circles(&mut self) {
        let n = self.fresh("N");
        let loud = self.one_in(3);
        let fini = if loud { format!("fini() {{ print(\"~{n} \" + me.n) }}") } else { String::new() };
        self.line(&format!(
            "box {n} {{ n other items birth(n) {{ me.n = n me.other = null me.items = [] }} {fini} }}"
        ));
        self.line("local sum = 0");
        let count = 1 + self.below(if loud { 5 } else { 40 });
        let form = self.below(4);
        self.counted(count as u64, |g, i| {
            g.line(&format!("local a = new {n}({i}) local b = new {n}({i} + 1000)"));
            g.line(match form {
                0 => "a.other = b b.other = a",
                1 => "a.items.push(b) b.items.push(a) a.items.push(a)",
                2 => "a.other = fn() { return b } b.items.push(a)",
                _ => "a.items = %{\"k\" => a} b.other = a",
            });
            g.line("sum = sum + a.n + b.n");
            if g.one_in(2) {
                g.line(&format!(
                    "if {i} % 3 == 0 {{ a.other = null b.other = null a.items = null b.items = null }}"
                ));
            }
        });
        self.line("return sum");
    }

    fn explicit_fini(&mut self) {
        let c = self.below(self.world.classes.len());
        let held = self.expr(Ty::Obj(c), 1);
        self.line(&format!("local x = {held}"));
        self.line("local y = x");
        self.line("local list = [x, 1]");
        self.line("x.fini()");
        self.line("print(x == y)");
        for _ in 0..2 + self.below(3) {
            let s = self.below(self.world.selectors.len());
            let selector = self.world.selectors[s].clone();
            let args = self.args(&selector.params, 1);
            let usage = match self.below(6) {
                0 => format!("print(y.{}({args}))", selector.name),
                1 => "print(y.id)".to_owned(),
                2 => "y.id = 5".to_owned(),
                3 => "if y { print(1) }".to_owned(),
                4 => "print((weak y) == null)".to_owned(),
                _ => "y.fini() print(list[0].type_name())".to_owned(),
            };
            self.line(&format!("try {{ {usage} print(\"used\") }} catch (e) {{ print(told(e)) }}"));
        }
        self.line("return list.length()");
    }

    /// Finalizers that fail while something else goes on.
    fn failing_fini(&mut self) {
        let (n, c) = (self.fresh("F"), self.below(self.world.classes.len()));
        let thrown = self.pick(&["\"text\"", "new ErrorBox(\"Bad\", \"fini\")", "me.n"]);
        self.line(&format!(
            "box {n} {{ n part birth(n) {{ me.n = n me.part = new C{c}(n) }} \
             fini() {{ print(\"~{n} \" + me.n) if me.n % 2 == 0 {{ throw {thrown} }} }} }}"
        ));
        let way = self.below(5);
        let f = self.fresh("leave");
        let body = match way {
            0 => format!("local a = new {n}(n) local b = new {n}(n + 1) return 5"),
            1 => format!("local a = new {n}(n) throw \"first\""),
            2 => format!(
                "local list = [new {n}(n), new {n}(n + 1), new {n}(n + 2)] list.clear() return list.length()"
            ),
            3 => format!("local a = new {n}(n) a = new {n}(n + 3) return 1"),
            _ => format!(
                "local i = 0 loop (i < 3) {{ i = i + 1 local a = new {n}(n + i) if i == 2 {{ break }} }} return i"
            ),
        };
        self.line(&format!("function {f}(n) {{ {body} }}"));
        self.counted(3, |g, i| {
            g.line(&format!("try {{ print({f}({i})) }} catch (e) {{ print(\"caught \" + told(e)) }}"));
        });
        self.line("return 2");
    }

    /// Operators on the values around which they have their exceptions.
    fn extremes(&mut self) {
        let pool = if self.one_in(2) { INTS } else { FLOATS };
        let mut list: Vec<&str> = (0..3 + self.below(5)).map(|_| self.pick(pool)).collect();
        if self.one_in(3) {
            let other = self.pick(if pool.len() == INTS.len() { FLOATS } else { INTS });
            list.push(other);
        }
        if self.one_in(4) {
            list.push(self.pick(TEXTS));
        }
        let f = self.fresh("ops");
        let ops: Vec<&str> = (0..3)
            .map(|_| {
                self.pick(&["+", "-", "*", "/", "%", "<", "<=", "==", "!=", ">", "&", "|", "^", "<<", ">>"])
            })
            .collect();
        let shown: Vec<String> = ops.iter().map(|op| format!("\"{op}\" + (a {op} b)")).collect();
        self.line(&format!("function {f}(a, b) {{ return {} }}", shown.join(" + \" \" + ")));
        self.line(&format!("local list = [{}]", list.join(", ")));
        let n = list.len();
        self.counted(n as u64, |g, i| {
            g.counted(n as u64, |g, j| {
                g.line(&format!(
                    "try {{ print({f}(list[{i} - 1], list[{j} - 1])) }} catch (e) {{ print(told(e)) }}"
                ));
            });
        });
        self.line("return list.length()");
    }

    /// Reads outside of arrays give null, which goes on into operators and calls.
    fn outside_of_arrays(&mut self) {
        let e = self.elem();
        let values: Vec<String> = (0..3).map(|_| self.expr(e.ty(), 1)).collect();
        self.line(&format!("local list = [{}]", values.join(", ")));
        let usage = match e {
            Elem::Int | Elem::Float => "sum = sum + list[i]".to_owned(),
            Elem::Str => "text = list[i] + text".to_owned(),
            Elem::Obj(_) => {
                let s = self.below(self.world.selectors.len());
                let selector = self.world.selectors[s].clone();
                format!("list[i].{}({})", selector.name, self.args(&selector.params, 1))
            }
            Elem::Mixed => "text = text + list[i]".to_owned(),
        };
        let from = self.pick(&["-2", "0", "1"]);
        self.line(&format!("local i = {from} local sum = 0 local text = \"\""));
        self.line("loop (i < 6) {");
        self.line(&format!("  try {{ {usage} }} catch (e) {{ print(i + \" \" + told(e)) }}"));
        self.line("  i = i + 1");
        self.line("}");
        self.line("print(text.length())");
        self.line("list[3] = list[0] try { list[9] = 1 } catch (IndexError e) { print(e) }");
        self.line("return sum");
    }

    /// Functions in containers, called with boxes that die meanwhile.
    fn callbacks(&mut self) {
        let c = self.below(self.world.classes.len());
        self.line("local total = 0");
        self.declare("total", Ty::Int);
        self.line("local list = []");
        let count = 2 + self.below(4);
        self.counted(count as u64, |g, i| {
            g.line(&format!("local base = {i} * 10"));
            g.line(&format!("local held = new C{c}(base)"));
            g.declare_fixed("base", Ty::Int);
            g.line("list.push(fn(x) { total = total + x base = base + 1 return base })");
            if g.one_in(2) {
                g.line("list.push(fn(x) { return held })");
            }
            if g.one_in(2) {
                g.line("list.push(held.m0)");
            }
        });
        let two = self.world.selectors.first().is_some_and(|s| s.params.len() == 2);
        self.line("local k = 0");
        self.line("loop (k < list.length()) {");
        self.line("  local f = list[k]");
        self.line("  try { print(f(k)) } catch (ArityError e) { print(\"arity\") }");
        if two {
            self.line("  try { print(f(k, 1)) } catch (e) { print(\"one\") }");
        }
        self.line("  k = k + 1");
        self.line("}");
        if self.one_in(2) {
            self.line("list.clear()");
        }
        self.line("return total");
    }
}
