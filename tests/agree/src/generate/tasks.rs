//! Scenes with tasks: who runs when, what they share, how they fail.

use super::Gen;
use super::types::Ty;

impl Gen {
    pub(super) fn tasks(&mut self) {
        let w = self.fresh("work");
        let yields = match self.below(3) {
            0 => "new TimeBox().sleep(0)",
            1 => "await sub",
            _ => "if n % 2 == 0 { await sub }",
        };
        let held = self.below(self.world.classes.len());
        let fails = self.one_in(3);
        let end = if fails { "if n == 2 { throw new ErrorBox(\"Task\", \"of \" + n) }" } else { "" };
        let tell = self.fresh("sub");
        self.line(
            &format!("function {tell}(n) {{ shared.push(\"s\" + n) return n * 2 }}").replace("shared", "log"),
        );
        self.line(&format!(
            "function {w}(n, shared) {{ local held = new C{held}(n) shared.push(\"a\" + n) nowait sub = {tell}(n) \
             {yields} shared.push(\"b\" + n) {end} return n + await sub }}"
        ));
        self.line("local shared = []");
        let count = 1 + self.below(4);
        let mut names = Vec::new();
        for i in 0..count {
            let name = self.fresh("t");
            self.line(&format!("nowait {name} = {w}({i}, shared)"));
            names.push(name);
            if self.one_in(2) {
                self.line(&format!("shared.push(\"m{i}\")"));
            }
        }
        if self.one_in(3) {
            names.reverse();
        }
        self.line("local sum = 0");
        for name in &names {
            match self.below(5) {
                0 => self.line(&format!("print({name}.ready())")),
                1 => self.line(&format!("try {{ sum = sum + {name}.get() }} catch (e) {{ print(told(e)) }}")),
                2 if !fails => {
                    self.line(&format!("sum = sum + await {name}"));
                    self.declare_fixed(name, Ty::Future);
                }
                _ => self.line(&format!("try {{ sum = sum + await {name} }} catch (e) {{ print(told(e)) }}")),
            }
        }
        self.line("print(shared.join(\" \"))");
        self.declare("sum", Ty::Int);
        self.risk = 0;
        for _ in 0..self.below(4) {
            self.statement();
        }
        self.line("return sum");
    }
}
