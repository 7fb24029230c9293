//! Statements that can stand anywhere.

use super::Gen;
use super::types::{Elem, Ty};

impl Gen {
    pub(super) fn statement(&mut self) {
        if !self.afford(1) {
            return;
        }
        let deep = self.nesting > 3;
        match self.below(30) {
            0..5 => self.local(),
            5..10 => self.assignment(),
            10..14 => self.print(),
            14 | 15 => self.field_assignment(),
            16..18 => self.change_container(),
            18 | 19 => self.call_statement(),
            20 | 21 if !deep => self.branch(),
            22 | 23 if !deep => self.small_loop(),
            24 if !deep => self.try_statement(),
            25 => self.local_closure(),
            26 => self.leave(),
            27 if !deep => self.scope_block(),
            28 => self.throw(),
            _ => self.narrowed(),
        }
    }

    fn local(&mut self) {
        let ty = self.value_type();
        let value = self.expr(ty, 3);
        let name = self.fresh("v");
        self.line(&format!("local {name} = {value}"));
        self.declare(&name, ty);
    }

    /// Texts are cut, or a loop would double them until nothing else fits.
    fn value_for(&mut self, ty: Ty) -> String {
        let value = self.expr(ty, 3);
        if ty == Ty::Str { format!("({value}).substring(0, 40)") } else { value }
    }

    pub(super) fn assignment(&mut self) {
        let Some(var) = self.variable(|v| !v.fixed && v.ty != Ty::Future) else { return self.local() };
        if var.ty == Ty::Int && self.one_in(3) {
            let value = self.expr(Ty::Int, 2);
            let op = self.pick(&["+=", "-=", "*="]);
            return self.line(&format!("{} {op} {value}", var.name));
        }
        let value = self.value_for(var.ty);
        self.line(&format!("{} = {value}", var.name));
    }

    fn field_assignment(&mut self) {
        let ty = match self.value_type() {
            Ty::Obj(c) => Ty::Opt(c),
            Ty::Fun => Ty::Any,
            other => other,
        };
        let Some(place) = self.field_of(ty) else { return self.assignment() };
        let value = self.value_for(ty);
        self.line(&format!("{place} = {value}"));
    }

    pub(super) fn print(&mut self) {
        let ty = self.value_type();
        let value = self.expr(ty, 3);
        let name = self.fresh("t");
        match ty {
            Ty::Str => self.line(&format!("print(\"{name} \" + {value})")),
            _ if self.one_in(4) => self.line(&format!("print({value})")),
            _ => self.line(&format!("print(\"{name} \" + {value})")),
        }
    }

    /// A container at hand grows, shrinks, or gets another value.
    fn change_container(&mut self) {
        let var = self.variable(|v| matches!(v.ty, Ty::Arr(_) | Ty::Map(_)));
        let Some(var) = var else { return self.local() };
        let name = var.name;
        match var.ty {
            Ty::Arr(e) => {
                let value = self.expr(e.ty(), 2);
                let i = self.expr(Ty::Int, 1);
                let line = match self.below(8) {
                    0..3 => format!("{name}.push({value})"),
                    3 | 4 => format!("if {name}.length() > 1 {{ {name}[{}] = {value} }}", self.below(2)),
                    5 => format!("{name}.pop()"),
                    6 => format!("{name}.remove({i})"),
                    _ if matches!(e, Elem::Int | Elem::Float | Elem::Str) => {
                        format!("{name}.{}()", self.pick(&["sort", "reverse", "clear"]))
                    }
                    _ => format!("{name}.reverse()"),
                };
                self.line(&line);
                if self.one_in(3) {
                    self.line(&format!("if {name}.length() > 12 {{ {name}.clear() }}"));
                }
            }
            Ty::Map(e) => {
                let value = self.expr(e.ty(), 2);
                let key = self.pick(&["\"a\"", "\"b\"", "\"é\"", "1", "true", "(-9223372036854775808)"]);
                let line = match self.below(5) {
                    0 | 1 => format!("{name}.set({key}, {value})"),
                    2 => format!("{name}[{key}] = {value}"),
                    3 => format!("{name}.delete({key})"),
                    _ => format!("print({name}.keys())"),
                };
                self.line(&line);
            }
            _ => {}
        }
    }

    fn call_statement(&mut self) {
        let ty = self.pick(&[Ty::Int, Ty::Int, Ty::Float, Ty::Str, Ty::Any]);
        match self.call(ty, 2) {
            Some(call) if !call.starts_with('(') => self.line(&call),
            Some(call) => self.line(&format!("print({call})")),
            None => self.print(),
        }
    }

    fn branch(&mut self) {
        let cond_ty = if self.one_in(4) { Ty::Any } else { Ty::Bool };
        let cond = self.expr(cond_ty, 2);
        let both = self.one_in(2);
        self.line(&format!("if {cond} {{"));
        self.inside(|g| g.statements(3));
        if both {
            self.line("} else {");
            self.inside(|g| g.statements(3));
        }
        self.line("}");
    }

    pub(super) fn statements(&mut self, most: usize) {
        for _ in 0..1 + self.below(most) {
            self.statement();
        }
    }

    fn small_loop(&mut self) {
        let count = 1 + self.below(6) as u64;
        if !self.afford(count) {
            return self.print();
        }
        self.counted(count, |g, _| g.statements(4));
    }

    pub(super) fn try_statement(&mut self) {
        const RISK: usize = 12;
        let (risk, loops) = (self.risk, self.loops);
        // What it does not catch, another one around it does.
        let passes_on = risk == RISK && self.one_in(2);
        self.risk = RISK;
        self.line("try {");
        self.inside(|g| g.statements(4));
        if self.one_in(2) {
            let class = self.thrown_value();
            self.inside(|g| {
                let cond = g.expr(Ty::Bool, 1);
                g.line(&format!("if {cond} {{ throw {class} }}"));
            });
        }
        self.risk = risk;
        let e = self.fresh("e");
        let form = match self.below(if passes_on { 4 } else { 6 }) {
            0 => "TypeError ",
            1 => "C0 ",
            2 => "DivisionByZero ",
            _ => "",
        };
        if !form.is_empty() {
            self.line(&format!("}} catch ({form}{e}) {{"));
            self.inside(|g| {
                g.line(&format!("print(\"{form}\" + {e})"));
                g.statements(2);
            });
        }
        if !passes_on {
            self.line(&format!("}} catch ({e}) {{"));
            self.inside(|g| {
                g.line(&format!("print(\"caught \" + told({e}))"));
                // What it was assigned where the error came from.
                if let Some(var) = g.variable(|v| matches!(v.ty, Ty::Any | Ty::Int | Ty::Str)) {
                    g.line(&format!("print(\"{0} is \" + {0})", var.name));
                }
                g.statements(2);
            });
        }
        if passes_on && form.is_empty() || self.one_in(3) {
            self.line("} finally {");
            self.inside(|g| {
                // Nothing here replaces what is going on.
                (g.loops, g.risk) = (0, 0);
                let ret = g.ret.take();
                g.print();
                g.ret = ret;
            });
        }
        (self.risk, self.loops) = (risk, loops);
        self.line("}");
    }

    pub(super) fn thrown_value(&mut self) -> String {
        match self.below(5) {
            0 | 1 => format!("new ErrorBox(\"E{}\", \"m\")", self.below(3)),
            2 => self.expr(Ty::Obj(0), 1),
            3 => self.expr(Ty::Int, 1),
            _ => self.expr(Ty::Str, 1),
        }
    }

    fn local_closure(&mut self) {
        let value = self.closure();
        let name = self.fresh("c");
        self.line(&format!("local {name} = {value}"));
        self.declare_fixed(&name, Ty::Fun);
    }

    fn leave(&mut self) {
        let cond = self.expr(Ty::Bool, 1);
        if self.loops > 0 {
            let word = self.pick(&["break", "continue"]);
            self.line(&format!("if {cond} {{ {word} }}"));
        } else if let Some(ty) = self.ret
            && self.one_in(2)
        {
            let value = self.expr(ty, 2);
            self.line(&format!("if {cond} {{ return {value} }}"));
        }
    }

    fn throw(&mut self) {
        if !self.risky() {
            return self.assignment();
        }
        let (cond, value) = (self.expr(Ty::Bool, 1), self.thrown_value());
        self.line(&format!("if {cond} {{ throw {value} }}"));
    }

    /// A block with a box that dies at its end, or with code that runs there.
    fn scope_block(&mut self) {
        let tail = self.one_in(3);
        self.line("{");
        self.inside(|g| {
            let ty = Ty::Obj(g.below(g.world.classes.len()));
            let value = g.expr(ty, 1);
            let name = g.fresh("v");
            g.line(&format!("local {name} = {value}"));
            g.declare(&name, ty);
            if tail {
                let what = g.expr(Ty::Int, 1);
                g.line(&format!("fini {{ print(\"block {name} \" + {what}) }}"));
            }
            g.statements(3);
        });
        self.line("}");
    }

    /// A value of any type is used as what it turns out to be.
    fn narrowed(&mut self) {
        let Some(var) = self.variable(|v| v.ty == Ty::Any) else { return self.local() };
        let (ty, name) =
            self.pick(&[(Ty::Int, "Integer"), (Ty::Float, "Float"), (Ty::Str, "String"), (Ty::Bool, "Bool")]);
        self.line(&format!("if isType({}, \"{name}\") {{", var.name));
        self.inside(|g| {
            let n = g.fresh("n");
            g.line(&format!("local {n} = {}", var.name));
            g.declare(&n, ty);
            g.statements(2);
        });
        self.line("}");
    }
}
