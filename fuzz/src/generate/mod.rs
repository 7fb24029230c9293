//! Bytes to programs: grammar-aware, mostly valid and mostly well typed, so that building and running them gets
//! deep. When the bytes run out, every decision is the simplest one and the program ends soon.
//!
//! `decl` plans and writes boxes and functions, `stmt` statements, `expr` expressions, `call` calls.

mod call;
mod decl;
mod expr;
mod stmt;

use arbitrary::Unstructured;
use decl::World;

/// A program.
pub fn program(bytes: &[u8]) -> String {
    let mut g = Gen {
        u: Unstructured::new(bytes),
        out: String::new(),
        indent: 0,
        world: World::default(),
        scopes: vec![Vec::new()],
        at: Place::default(),
        names: 0,
        left: 40 + bytes.len() as i32 / 8,
    };
    g.program();
    g.out
}

/// The input of a fuzzer as text: after a `P` the bytes decide about a program, otherwise they are the text.
pub fn text_or_program(data: &[u8]) -> Vec<u8> {
    match data {
        [b'P', rest @ ..] => program(rest).into_bytes(),
        _ => data.to_vec(),
    }
}

/// What a value probably is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Any,
    Int,
    Float,
    Str,
    Bool,
    Arr,
    Map,
    /// Index into [`World::boxes`].
    Obj(usize),
    /// With so many parameters.
    Func(usize),
    Future,
    Weak,
    Error,
}

/// A variable.
#[derive(Clone, Debug)]
struct Var {
    name: String,
    kind: Kind,
}

/// Where in the program a statement stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The box whose `me` is known.
    me: Option<usize>,
    in_function: bool,
    /// Loops of the function around it.
    loops: u32,
    /// Inside a `fini` block: so many of the loops are outside of it.
    fini: Option<u32>,
    /// Blocks around it.
    depth: u32,
}

struct Gen<'b> {
    u: Unstructured<'b>,
    out: String,
    indent: usize,
    world: World,
    scopes: Vec<Vec<Var>>,
    at: Place,
    names: u32,
    /// Statements and expressions that may still be written.
    left: i32,
}

impl Gen<'_> {
    /// A number below `n`, 0 when the bytes are used up.
    fn below(&mut self, n: usize) -> usize {
        if n < 2 { 0 } else { self.u.int_in_range(0..=n - 1).unwrap_or(0) }
    }

    /// True once in `n` times, false when the bytes are used up.
    fn rarely(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn pick<T: Copy>(&mut self, list: &[T], default: T) -> T {
        let at = self.below(list.len());
        list.get(at).copied().unwrap_or(default)
    }

    /// Whether something large may begin.
    fn more(&mut self) -> bool {
        self.left -= 1;
        self.left > 0 && !self.u.is_empty()
    }

    fn line(&mut self, text: &str) {
        (0..self.indent).for_each(|_| self.out.push_str("  "));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// A new variable of the innermost block.
    fn declare(&mut self, name: &str, kind: Kind) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(Var { name: name.to_owned(), kind });
        }
    }

    /// A name for a new variable; sometimes one that exists.
    fn new_name(&mut self) -> String {
        if self.rarely(12)
            && let Some(var) = self.variable(None)
        {
            return var.name;
        }
        let prefix = self.pick(&["v", "v", "v", "x", "é", "list", "init", "as"], "v");
        self.fresh(prefix)
    }

    /// A variable that is known here, of a kind if one is wanted.
    fn variable(&mut self, kind: Option<Kind>) -> Option<Var> {
        let fits = |v: &&Var| kind.is_none_or(|k| v.kind == k);
        let count = self.scopes.iter().flatten().filter(fits).count();
        let at = self.below(count);
        // The newest first: they are the ones that the program is about.
        self.scopes.iter().rev().flat_map(|s| s.iter().rev()).filter(fits).nth(at).cloned()
    }

    /// Writes into a text of its own.
    fn aside(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let outer = std::mem::take(&mut self.out);
        write(self);
        std::mem::replace(&mut self.out, outer)
    }

    /// The body of a function in braces; `params` are known in it. Variables around it stay known for closures.
    fn body(&mut self, params: &[Var], at: Place, closure: bool, statements: usize) -> String {
        let outer = std::mem::replace(&mut self.at, at);
        let hidden = if closure { Vec::new() } else { std::mem::take(&mut self.scopes) };
        self.scopes.push(params.to_vec());
        self.indent += 1;
        let text = self.aside(|g| {
            let count = g.below(statements + 1);
            (0..count).for_each(|_| g.statement());
            if g.at.fini.is_none() && g.below(3) != 0 {
                let kind = g.any_kind();
                let value = g.expr(kind, 2);
                g.line(&format!("return {value}"));
            }
        });
        self.indent -= 1;
        self.scopes.pop();
        if !closure {
            self.scopes = hidden;
        }
        self.at = outer;
        format!("{{\n{text}{}}}", "  ".repeat(self.indent))
    }

    /// The kind of a value that someone might want.
    fn any_kind(&mut self) -> Kind {
        match self.below(14) {
            0..3 => Kind::Int,
            3 => Kind::Str,
            4 => Kind::Bool,
            5 => Kind::Arr,
            6 => Kind::Map,
            7..11 => self.an_object().map_or(Kind::Int, Kind::Obj),
            11 => Kind::Func(self.below(3)),
            12 => self.pick(&[Kind::Float, Kind::Future, Kind::Weak, Kind::Error], Kind::Float),
            _ => Kind::Any,
        }
    }

    /// A plain box.
    fn an_object(&mut self) -> Option<usize> {
        let plain = self.world.boxes.iter().filter(|b| b.is_plain()).count();
        let at = self.below(plain);
        self.world.boxes.iter().enumerate().filter(|(_, b)| b.is_plain()).nth(at).map(|(i, _)| i)
    }
}
