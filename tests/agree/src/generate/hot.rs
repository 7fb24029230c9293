//! Scenes with loops that run hundreds of times, so that code changes its tier inside of them, and with values that
//! change their type when it has long been running.

use super::Gen;
use super::expr::{FLOATS, INTS};
use super::types::{Elem, Ty};

impl Gen {
    fn rounds(&mut self) -> u64 {
        [120, 350, 700, 1500][self.below(4)]
    }

    /// What happens late in a loop: `at` is the round.
    fn late(&mut self, i: &str, rounds: u64, what: &str) {
        let at = rounds / 2 + self.below(rounds as usize / 2) as u64;
        self.line(&format!("if {i} == {at} {{ {what} }}"));
    }

    /// Numbers: sums that overflow, become floats, meet null.
    pub(super) fn hot_numbers(&mut self) {
        let rounds = self.rounds();
        let start = self.pick(&["0", "1", "9223372036854775000", "(-9223372036854775000)", "0.5"]);
        self.line(&format!("local acc = {start}"));
        self.line("local n = 0");
        let values: Vec<&str> =
            (0..4).map(|_| if self.one_in(4) { self.pick(FLOATS) } else { self.pick(INTS) }).collect();
        self.line(&format!("local list = [{}]", values.join(", ")));
        let step = match self.below(7) {
            0 => "acc = acc + @",
            1 => "acc = acc * 3 + @",
            2 => "acc = acc - list[@ & 3]",
            3 => "acc = (acc + @) % 1000003",
            4 => "acc = acc + (@ << (@ & 63))",
            5 => "acc = acc + @ / 7 - (@ % 5)",
            _ => "acc = acc + list[@ & 3] * 2",
        };
        let call = self.step_function();
        let caught = self.one_in(3);
        self.counted(rounds, |g, i| {
            let step = step.replace('@', i);
            if caught {
                g.line(&format!("try {{ {step} }} catch (e) {{ n = n + 1 acc = 0 }}"));
            } else {
                g.line(&step);
            }
            let mask = g.pick(&[3, 7, 15, 63]);
            g.line(&format!("if ({i} & {mask}) == 3 {{ n = n + 1 }}"));
            if let Some(name) = &call
                && g.one_in(2)
            {
                g.line(&format!("n = n + {name}({i})"));
            }
            match g.below(6) {
                0 => g.late(i, rounds, "acc = 0.5"),
                1 => g.late(i, rounds, "list[1] = 1.5"),
                2 => g.late(i, rounds, "acc = 9223372036854775807"),
                3 if caught => g.late(i, rounds, "list[2] = null"),
                4 => g.late(i, rounds, "list.push(\"x\") print(acc)"),
                _ => {}
            }
            if g.one_in(4) {
                g.assignment();
            }
            if g.one_in(6) {
                g.late(i, rounds, "break");
            }
        });
        self.line("print(\"\" + acc + \" \" + n + \" \" + list)");
        self.line("return n");
    }

    /// A function of its own that takes the number of the round.
    fn step_function(&mut self) -> Option<String> {
        if self.one_in(3) {
            return None;
        }
        let f = self.fresh("step");
        let body = match self.below(5) {
            0 => "return n * n",
            1 => "if n % 3 == 0 { return 1 } return n",
            2 => "local a = [n, n + 1] return a[n & 1]",
            3 => {
                "local i = 0 local s = 0 loop (i < 4) { i = i + 1 if i == 3 { continue } s = s + i * n } return s"
            }
            _ => "return ((n >> 1) ^ n) & 0xFF",
        };
        self.line(&format!("function {f}(n) {{ {body} }}"));
        Some(f)
    }

    /// Objects of several boxes behind one call; fields that change their type; deaths every round.
    pub(super) fn hot_objects(&mut self) {
        let rounds = self.rounds().min(700);
        let c = self.below(self.world.classes.len());
        let family = self.world.family(c);
        let kinds: Vec<String> = (0..4).map(|i| format!("new C{}({i})", self.pick(&family))).collect();
        self.line(&format!("local list = [{}]", kinds.join(", ")));
        self.line("local acc = 0");
        self.line("local text = \"\"");
        let known: Vec<usize> = (0..self.world.selectors.len()).filter(|s| self.world.knows(c, *s)).collect();
        let quiet = self.world.classes.iter().position(|k| !k.fini).unwrap_or(0);
        let number: Vec<String> =
            self.world.fields(c).into_iter().filter(|f| f.ty == Ty::Int).map(|f| f.name).collect();
        let anything: Vec<String> =
            self.world.fields(c).into_iter().filter(|f| f.ty == Ty::Any).map(|f| f.name).collect();
        // Methods print; so a round that calls one is not too frequent.
        let every = self.pick(&[16u64, 50, 100]);
        let loud = self.one_in(2);
        self.counted(rounds, |g, i| {
            g.line(&format!("local o = list[{i} & 3]"));
            g.declare_fixed("o", Ty::Obj(c));
            g.line(&format!("acc = acc + o.id + {i}"));
            if let Some(f) = number.first() {
                g.line(&format!("o.{f} = o.{f} + {i}"));
            }
            if let Some(f) = anything.first() {
                let what = g.literal(Ty::Any);
                g.late(i, rounds, &format!("o.{f} = {what}"));
                g.line(&format!("if o.{f} == {i} {{ acc = acc + 1 }}"));
            }
            let times = g.times;
            g.times = (times / every).max(1);
            if !known.is_empty() {
                let s = g.pick(&known);
                let selector = g.world.selectors[s].clone();
                if g.afford(selector.cost) {
                    let args = g.args(&selector.params, 1);
                    g.line(&format!("if {i} % {every} == 1 {{ text = \"\" + o.{}({args}) }}", selector.name));
                }
            }
            if loud {
                let made = g.pick(&family);
                g.line(&format!("if {i} % {every} == 2 {{ local t = new C{made}({i}) acc = acc + t.id }}"));
            }
            g.times = times;
            if !g.world.classes[quiet].fini && g.world.classes[quiet].fields.is_empty() {
                g.line(&format!("local q = new C{quiet}({i}) acc = acc + q.id"));
            }
            match g.below(5) {
                0 => g.late(i, rounds, "list[1] = list[0]"),
                1 => {
                    let other = g.pick(&family);
                    g.late(i, rounds, &format!("list[2] = new C{other}(500)"));
                }
                2 => g.late(i, rounds, "o.id = 1.5"),
                3 => g.late(i, rounds, "list.set(3, null)"),
                _ => {}
            }
        });
        self.line("print(\"\" + acc + \" \" + text)");
        self.line("return 3");
    }

    /// Texts, arrays that grow, maps.
    pub(super) fn hot_texts(&mut self) {
        let rounds = self.rounds().min(700);
        let e = self.pick(&[Elem::Int, Elem::Float, Elem::Str]);
        let (first, second) = (self.literal(e.ty()), self.literal(e.ty()));
        self.line(&format!("local list = [{first}] local map = %{{}} local text = \"\" local sum = 0"));
        let alien = self.literal(Ty::Any);
        let piece = self.literal(Ty::Str);
        let form = self.below(4);
        self.counted(rounds, |g, i| {
            g.line(&format!("list.push({second})"));
            g.line(&format!(
                "if list.length() > 50 {{ sum = sum + list.length() list.clear() list.push({first}) }}"
            ));
            match form {
                0 => g.line(&format!(
                    "text = text + {piece} if text.length() > 90 {{ text = text.substring(3, 40) }}"
                )),
                1 => g.line(&format!("map.set({i} % 17, {i}) sum = sum + map.get({i} % 17)")),
                2 => g.line(&format!(
                    "map.set(\"k\" + ({i} % 11), list[0]) if {i} % 29 == 0 {{ map.delete(\"k3\") }}"
                )),
                _ => g.line(&format!("text = \"\" + {i} + {piece} sum = sum + text.length()")),
            }
            match g.below(4) {
                0 => g.late(i, rounds, &format!("list.push({alien})")),
                1 => g.late(i, rounds, &format!("map.set({i}, {alien})")),
                _ => {}
            }
        });
        self.line(
            "print(\"\" + sum + \" \" + text + \" \" + map.size() + \" \" + map.keys() + \" \" + list)",
        );
        self.line("return sum");
    }
}
