//! Statements.

use super::{Gen, Kind, Place};

impl Gen<'_> {
    pub(super) fn statement(&mut self) {
        if !self.more() || self.at.depth > 6 {
            let kind = self.any_kind();
            let value = self.atom(kind);
            self.line(&format!("print({value})"));
            return;
        }
        match self.below(32) {
            0..3 => self.print_something(),
            3..8 => self.local(),
            8..12 => self.assignment(),
            12 | 13 => {
                let call = self.some_call(2);
                self.line(&call);
            }
            14 | 15 => self.branches(),
            16..18 => self.counted_loop(),
            18 => self.open_loop(),
            19..22 => self.try_statement(),
            22 => self.leave(),
            23 => self.nowait(),
            24 => self.await_statement(),
            25 => self.fini_statement(),
            26 => self.nested_declaration(),
            27 => self.block("", ""),
            28 => self.closure(),
            29 => self.match_statement(),
            30 => self.weird(),
            _ => self.throw(),
        }
    }

    /// A block whose variables end with it.
    fn block(&mut self, before: &str, after: &str) {
        self.line(&format!("{before}{{"));
        self.inside(3);
        self.line(&format!("}}{after}"));
    }

    /// Statements of an inner block.
    fn inside(&mut self, most: usize) {
        self.scopes.push(Vec::new());
        self.indent += 1;
        self.at.depth += 1;
        for _ in 0..self.below(most + 1) {
            self.statement();
        }
        self.at.depth -= 1;
        self.indent -= 1;
        self.scopes.pop();
    }

    fn print_something(&mut self) {
        let kind = self.any_kind();
        let value = self.expr(kind, 3);
        match self.below(6) {
            5 => self.line(&format!("env.console.log({value})")),
            4 => self.line(&format!("console.log({value})")),
            _ => self.line(&format!("print({value})")),
        }
    }

    fn local(&mut self) {
        let kind = self.any_kind();
        let value = self.expr(kind, 3);
        let name = self.new_name();
        let word = if self.at.in_function && self.rarely(8) { "outbox" } else { "local" };
        match self.below(8) {
            6 => self.line(&format!("{word} {name}")),
            7 => {
                let other = self.new_name();
                self.line(&format!("{word} {name}: Some<Thing> = {value}, {other}"));
                self.declare(&other, Kind::Any);
            }
            _ => self.line(&format!("{word} {name} = {value}")),
        }
        self.declare(&name, kind);
        if word == "outbox" && self.at.fini.is_none() && self.rarely(2) {
            self.line(&format!("return {name}"));
        }
    }

    fn assignment(&mut self) {
        let kind = self.any_kind();
        let op = self.pick(&["=", "=", "=", "+=", "-=", "*=", "/=", "%="], "=");
        let (place, kind) = match self.below(6) {
            0 | 1 => match self.variable(None) {
                Some(var) => (var.name, var.kind),
                None => return self.local(),
            },
            2 => match self.pick_global() {
                Some((name, kind)) => (name, kind),
                None => return self.local(),
            },
            3 | 4 => match self.a_field(2) {
                Some(field) => field,
                None => return self.local(),
            },
            _ => {
                let (container, index) =
                    if self.rarely(2) { (Kind::Map, Kind::Str) } else { (Kind::Arr, Kind::Int) };
                (format!("{}[{}]", self.atom_place(container), self.expr(index, 1)), kind)
            }
        };
        let value = self.expr(kind, 3);
        self.line(&format!("{place} {op} {value}"));
    }

    fn branches(&mut self) {
        let cond = self.expr(Kind::Bool, 2);
        self.line(&format!("if {cond} {{"));
        self.inside(3);
        if self.rarely(3) {
            let cond = self.expr(Kind::Any, 2);
            self.line(&format!("}} else if {cond} {{"));
            self.inside(3);
        }
        if self.below(2) == 1 {
            self.line("} else {");
            self.inside(3);
        }
        self.line("}");
    }

    fn counted_loop(&mut self) {
        let i = self.fresh("i");
        let most = self.below(4) + 1;
        let word = self.pick(&["loop", "loop", "while"], "loop");
        self.line(&format!("local {i} = 0"));
        self.line(&format!("{word} ({i} < {most}) {{"));
        self.indent += 1;
        self.line(&format!("{i} = {i} + 1"));
        self.indent -= 1;
        self.at.loops += 1;
        self.declare(&i, Kind::Int);
        self.inside(4);
        self.at.loops -= 1;
        self.line("}");
    }

    fn open_loop(&mut self) {
        let head = self.pick(&["loop {", "loop() {", "loop (true) {", "while 1 {"], "loop {");
        self.line(head);
        self.at.loops += 1;
        self.inside(3);
        self.at.loops -= 1;
        self.line("break }");
    }

    fn try_statement(&mut self) {
        self.block("try ", "");
        let catches = self.below(3);
        for _ in 0..catches {
            let e = self.fresh("e");
            let (head, kind) = match self.below(7) {
                0..3 => (format!("catch ({e}) "), Kind::Any),
                3 => (format!("catch {e} "), Kind::Any),
                4 => {
                    let kinds =
                        ["Exception", "TypeError", "DivisionByZero", "IndexError", "NullReference", "Any"];
                    (format!("catch ({} {e}) ", self.pick(&kinds, "Any")), Kind::Error)
                }
                5 => match self.an_object() {
                    Some(b) => (format!("catch ({} {e}) ", self.world.boxes[b].name), Kind::Obj(b)),
                    None => ("catch () ".to_owned(), Kind::Any),
                },
                _ => ("catch ".to_owned(), Kind::Any),
            };
            self.scopes.push(Vec::new());
            if head.contains(&e) {
                self.declare(&e, kind);
            }
            self.block(&head, "");
            self.scopes.pop();
        }
        if catches == 0 || self.rarely(3) {
            self.block("finally ", "");
        }
    }

    /// `break`, `continue` or `return` where they may stand.
    fn leave(&mut self) {
        let inner = self.at.loops - self.at.fini.unwrap_or(0).min(self.at.loops);
        let cond = self.expr(Kind::Bool, 1);
        if inner > 0 && self.below(3) != 2 {
            let word = self.pick(&["break", "continue"], "break");
            self.line(&format!("if {cond} {{ {word} }}"));
        } else if self.at.fini.is_none() && (self.at.in_function || self.rarely(4)) {
            let kind = self.any_kind();
            let value = self.expr(kind, 2);
            self.line(&format!("if {cond} {{ return {value} }}"));
        }
    }

    fn throw(&mut self) {
        if self.at.fini.is_some() || (!self.at.in_function && self.at.depth == 0) {
            return;
        }
        let kind = if self.rarely(2) { Kind::Error } else { self.any_kind() };
        let value = self.expr(kind, 2);
        let cond = self.expr(Kind::Bool, 1);
        self.line(&format!("if {cond} {{ throw {value} }}"));
    }

    fn nowait(&mut self) {
        let name = self.new_name();
        let value = if self.rarely(4) { self.expr(Kind::Any, 2) } else { self.some_call(2) };
        self.line(&format!("nowait {name} = {value}"));
        self.declare(&name, Kind::Future);
    }

    fn await_statement(&mut self) {
        let value = self.expr(Kind::Future, 2);
        let name = self.new_name();
        self.line(&format!("local {name} = await {value}"));
        self.declare(&name, Kind::Any);
    }

    fn fini_statement(&mut self) {
        let outer = self.at.fini;
        match self.below(3) {
            0 => {
                self.at.fini = Some(self.at.loops);
                self.block("fini ", "");
            }
            1 => {
                let kind = self.any_kind();
                let value = self.expr(kind, 2);
                let name = self.new_name();
                self.at.fini = Some(self.at.loops);
                self.declare(&name, kind);
                self.block(&format!("local {name} = {value} fini "), "");
            }
            _ => {
                let object = self.an_object().map_or(Kind::Any, Kind::Obj);
                let value = self.atom_place(object);
                self.line(&format!("{value}.fini()"));
            }
        }
        self.at.fini = outer;
    }

    /// A box or function inside a block.
    fn nested_declaration(&mut self) {
        if self.rarely(3) && !self.world.boxes.is_empty() {
            let index = self.below(self.world.boxes.len());
            let suffix = self.fresh("_");
            let plan = &self.world.boxes[index];
            let made = plan.is_plain().then(|| format!("{}{suffix}", plan.name));
            let type_args = if plan.type_params > 0 { "<B0, B0>" } else { "" };
            let arity = plan.constructors.first().copied().unwrap_or(0);
            self.write_box(index, &suffix);
            if let Some(name) = made {
                let args = self.args(arity, 1);
                let var = self.new_name();
                self.line(&format!("local {var} = new {name}{type_args}({args})"));
                self.declare(&var, Kind::Obj(index));
            }
            return;
        }
        let name = self.fresh("h");
        let arity = self.below(3);
        let vars = self.param_vars(arity);
        let at = Place { in_function: true, ..self.at };
        let body = self.body(&vars, Place { loops: 0, fini: None, ..at }, true, 4);
        self.line(&format!("function {name}({}) {body}", super::decl::params(arity)));
        self.declare(&name, Kind::Func(arity));
    }

    fn closure(&mut self) {
        let kind = Kind::Func(self.below(3));
        let value = self.expr(kind, 3);
        let name = self.new_name();
        self.declare(&name, kind);
        self.line(&format!("local {name} = {value}"));
    }

    fn match_statement(&mut self) {
        let text = self.match_expr(Kind::Any, 2);
        self.line(&text);
    }

    /// What sane programs do not do.
    fn weird(&mut self) {
        match self.below(12) {
            0 => self.line(";"),
            1 => self.line("assert(true, \"fine\")"),
            2 => {
                let value = self.expr(Kind::Bool, 2);
                self.line(&format!("try {{ assert({value}) }} catch (e) {{ print(e) }}"));
            }
            3 => self.line("using nyashstd"),
            4 => {
                let value = self.expr(Kind::Any, 2);
                self.line(&value);
            }
            5 => self.line("print(undefined_name)"),
            6 => {
                let value = self.expr(Kind::Arr, 1);
                self.line(&format!("({value}).sort()"));
            }
            // Garbage in a circle.
            7 => {
                let name = self.fresh("c");
                self.line(&format!(
                    "local {name} = [] {name}.push({name}) {name}.push(%{{\"me\" => {name}}})"
                ));
                self.declare(&name, Kind::Arr);
            }
            8 => match self.a_field(1) {
                Some((place, _)) => {
                    let value = self.atom(Kind::Any);
                    self.line(&format!("{place} = [{place}, {value}, fn() {{ return {value} }}]"));
                }
                None => self.line("print()"),
            },
            9 => {
                let value = self.expr(Kind::Str, 2);
                let name = self.fresh("s");
                self.line(&format!("local {name} = {value}"));
                self.line(&format!("{name} = {name} + {name} {name} += \"é\""));
                self.declare(&name, Kind::Str);
            }
            10 => {
                let value = self.expr(Kind::Any, 1);
                self.line(&format!("global late = {value}"));
            }
            _ => self.line("if false { print(late) }"),
        }
    }
}
