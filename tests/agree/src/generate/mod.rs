//! Programs made from a number. They are well typed for the most part, so that most of them reach their end, and they
//! print what they compute, the finalizers that run included. Loops are counted and calls go to what was written
//! before, so nearly all of them end; fuel is the guard for the rest.
//!
//! It knows the language, nothing of how it is run. The same numbers give the same text on every machine.

mod class;
mod expr;
mod hot;
mod many;
mod passing;
mod scene;
mod stmt;
mod tasks;
mod types;

use crate::rng::Rng;
use types::{Ty, Var, World};

/// A program and under which limits it is run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// The source. Its first line is a comment with the rest of this.
    pub text: String,
    /// Its number in the series.
    pub index: u64,
    /// `--fuel`
    pub fuel: u64,
    /// `--max-depth`
    pub depth: u32,
}

/// Begins the first line of a program.
const HEAD: &str = "// agree:";
/// Far above what programs need that end by themselves.
const FUEL: u64 = 400_000;

/// One of so many programs has the scene of many boxes.
const MANY: usize = 15;

/// The `index`-th program of a series.
pub fn program(seed: u64, index: u64) -> Program {
    let mut writer = Gen::new(Rng::new(seed, index));
    // By a generator of its own, so that the other programs do not depend on it.
    writer.many = Rng::new(!seed, index).one_in(MANY);
    writer.program();
    if writer.one_in(8) {
        // Ends anywhere: the logarithm is what is uniform.
        let most = 16 << writer.below(11);
        writer.fuel = 1 + writer.below(most) as u64;
    }
    let Gen { out, fuel, depth, .. } = writer;
    let text = format!(
        "{HEAD} seed={seed} index={index} fuel={fuel} depth={depth}
{out}"
    );
    Program { text, index, fuel, depth }
}

impl Program {
    /// A program from its text.
    pub fn from_text(text: String) -> Program {
        let head = text.lines().next().and_then(|l| l.strip_prefix(HEAD)).unwrap_or("");
        let number = |name: &str| {
            head.split_ascii_whitespace().find_map(|w| w.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
        };
        let (fuel, depth) = (number("fuel").unwrap_or(FUEL), number("depth").unwrap_or(1500) as u32);
        let index = number("index").unwrap_or(0);
        Program { text, index, fuel, depth }
    }
}

/// The state of a program in the making.
struct Gen {
    rng: Rng,
    out: String,
    indent: usize,
    /// Number of the next name.
    names: u32,
    /// Variables, innermost block last.
    scopes: Vec<Vec<Var>>,
    world: World,
    /// Selectors below this rank and functions below the other one may be called.
    selectors: usize,
    functions: usize,
    /// The box and selector whose method is being written.
    method: Option<(usize, usize)>,
    /// What `return` gives; nothing where it may not stand.
    ret: Option<Ty>,
    /// Loops that `break` may leave.
    loops: u32,
    /// Depth of blocks.
    nesting: u32,
    /// How often the current place runs for one run of the current function.
    times: u64,
    /// Estimated steps of the current function.
    cost: u64,
    /// Most of them.
    budget: u64,
    /// One of so many places may fail; 0: none.
    risk: usize,
    /// Whether there is a scene of many boxes.
    many: bool,
    fuel: u64,
    depth: u32,
}

impl Gen {
    fn new(rng: Rng) -> Gen {
        Gen {
            rng,
            out: String::new(),
            indent: 0,
            names: 0,
            scopes: vec![Vec::new()],
            world: World::default(),
            selectors: 0,
            functions: 0,
            method: None,
            ret: None,
            loops: 0,
            nesting: 0,
            times: 1,
            cost: 0,
            budget: 0,
            risk: 0,
            many: false,
            fuel: FUEL,
            depth: 1500,
        }
    }

    fn program(&mut self) {
        self.depth = [300, 800, 1500, 2500][self.below(4)];
        self.risk = [0, 0, 60, 25][self.below(4)];
        self.plan();
        self.write_helpers();
        self.write_globals();
        let classes = self.class_texts();
        // Declarations are known before the first statement: their place must not matter.
        let late = self.one_in(3);
        if !late {
            self.out.push_str(&classes);
        }
        self.write_functions();
        let mut scenes = self.scene_functions();
        if self.many {
            scenes.push(self.many_boxes());
        }
        self.write_top(&scenes);
        if late {
            self.out.push_str(&classes);
        }
    }

    /// Functions that every program has.
    fn write_helpers(&mut self) {
        self.out.push_str(
            "function told(e) {\n  if isType(e, \"ErrorBox\") { return e.kind() + \": \" + e.message() }\n  return \"\" + e\n}\n\
             function or_else(a, b) {\n  if a == null { return b }\n  return a\n}\n\
             function at(a, i, d) {\n  if i < 0 || i >= a.length() { return d }\n  local v = a[i]\n  if v == null { return d }\n  return v\n}\n",
        );
    }

    fn below(&mut self, n: usize) -> usize {
        self.rng.below(n)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.rng.one_in(n)
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.rng.below(list.len())]
    }

    /// Whether something may fail here.
    fn risky(&mut self) -> bool {
        self.risk > 0 && self.rng.one_in(self.risk)
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn declare(&mut self, name: &str, ty: Ty) {
        self.declare_var(name, ty, false);
    }

    /// A variable that is only read.
    fn declare_fixed(&mut self, name: &str, ty: Ty) {
        self.declare_var(name, ty, true);
    }

    fn declare_var(&mut self, name: &str, ty: Ty, fixed: bool) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(Var { name: name.to_owned(), ty, fixed });
        }
    }

    /// A variable that fits, newer ones more often.
    fn variable(&mut self, fits: impl Fn(&Var) -> bool) -> Option<Var> {
        let all: Vec<&Var> = self.scopes.iter().flatten().filter(|v| fits(v)).collect();
        let bound = self.rng.below(all.len()) + 1;
        let at = all.len().checked_sub(1 + self.rng.below(bound))?;
        all.get(at).map(|v| (*v).clone())
    }

    /// Spends steps; says whether there are enough.
    fn afford(&mut self, steps: u64) -> bool {
        let all = steps.saturating_mul(self.times);
        let fits = self.cost.saturating_add(all) <= self.budget;
        if fits {
            self.cost += all;
        }
        fits
    }

    /// Writes into a text of its own.
    fn aside(&mut self, write: impl FnOnce(&mut Gen)) -> String {
        let outer = std::mem::take(&mut self.out);
        write(self);
        std::mem::replace(&mut self.out, outer)
    }

    /// Writes a block with scope and indentation; `head` stands before the brace, `tail` after the closing one.
    fn block(&mut self, head: &str, tail: &str, write: impl FnOnce(&mut Gen)) {
        self.line(&format!("{head} {{"));
        self.inside(write);
        self.line(&format!("}}{tail}"));
    }

    fn inside(&mut self, write: impl FnOnce(&mut Gen)) {
        self.indent += 1;
        self.nesting += 1;
        self.scopes.push(Vec::new());
        write(self);
        self.scopes.pop();
        self.nesting -= 1;
        self.indent -= 1;
    }

    /// A loop that runs `count` times; gives the write function the name of its counter.
    fn counted(&mut self, count: u64, write: impl FnOnce(&mut Gen, &str)) {
        let i = self.fresh("i");
        self.line(&format!("local {i} = 0"));
        let (times, loops) = (self.times, self.loops);
        self.times = self.times.saturating_mul(count);
        self.loops += 1;
        self.block(&format!("loop ({i} < {count})"), "", |g| {
            g.line(&format!("{i} = {i} + 1"));
            g.declare_fixed(&i, Ty::Int);
            write(g, &i);
        });
        self.times = times;
        self.loops = loops;
    }

    /// Writes the body of a function: variables outside are not seen, costs are counted apart. Gives the text between
    /// the braces and the estimated steps.
    fn function_body(
        &mut self,
        params: &[(String, Ty)],
        ret: Option<Ty>,
        budget: u64,
        write: impl FnOnce(&mut Gen),
    ) -> (String, u64) {
        let scope = params.iter().map(|(n, t)| Var { name: n.clone(), ty: *t, fixed: false }).collect();
        let globals = self.world.globals.clone();
        let scopes = std::mem::replace(&mut self.scopes, vec![globals, scope]);
        let outer = (self.cost, self.budget, self.times, self.loops, self.ret, self.nesting);
        (self.cost, self.budget, self.times, self.loops, self.ret, self.nesting) = (2, budget, 1, 0, ret, 0);
        self.indent += 1;
        let text = self.aside(write);
        self.indent -= 1;
        let cost = self.cost;
        (self.cost, self.budget, self.times, self.loops, self.ret, self.nesting) = outer;
        self.scopes = scopes;
        (text, cost)
    }
}
