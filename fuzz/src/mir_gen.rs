//! Random functions of the middle language, from the table of instructions: the shape is right, numbers are
//! mostly in range, what they mean together is chance.

use agree::rng::Rng;
use mir::inst::{Gives, Op, Operand, OperandRef, ReadOperand, TABLE};
use std::fmt::Write;

/// A program with a few classes, globals and functions.
pub fn program(rng: &mut Rng) -> String {
    let mut out = String::new();
    let ok = |_: std::fmt::Result| ();
    let (globals, classes, funcs) = (rng.below(3), rng.below(3), rng.below(3) + 1);
    if rng.one_in(4) {
        out.push_str("outbox\n");
    }
    for i in 0..globals {
        ok(writeln!(out, "global ${i} \"g{}\"", rng.below(3)));
    }
    for i in 0..classes {
        ok(write!(out, "class class{i} \"C{}\"", rng.below(2)));
        for word in [" static", " interface", " nested", " visibility", " tparams 2"] {
            if rng.one_in(5) {
                out.push_str(word);
            }
        }
        out.push_str(" {\n");
        for _ in 0..rng.below(3) {
            let n = rng.below(classes + 1);
            ok(match rng.below(8) {
                0 => writeln!(out, "  parent class{n}"),
                1 => writeln!(out, "  parent builtin{n}"),
                2 => writeln!(out, "  interface class{n}"),
                3 => writeln!(out, "  field \"f{n}\" weak public"),
                4 => writeln!(out, "  method \"m\" @{} {} static", rng.below(funcs), rng.below(3)),
                5 => writeln!(out, "  constructor {} @{}", rng.below(3), rng.below(funcs)),
                6 => writeln!(out, "  init @{}", rng.below(funcs)),
                _ => writeln!(out, "  static_init @{}", rng.below(funcs)),
            });
        }
        out.push_str("}\n");
    }
    if rng.one_in(3) {
        ok(writeln!(out, "builtin_method builtin{} \"len\" @{} 0", rng.below(9), rng.below(funcs)));
        ok(writeln!(out, "export \"main\" @{}", rng.below(funcs)));
    }
    for i in 0..funcs {
        func(rng, &mut out, i);
    }
    out
}

/// Writes operands of one instruction.
struct Operands<'a> {
    rng: &'a mut Rng,
    out: String,
    /// Values and blocks that exist.
    values: usize,
    blocks: usize,
    params: &'a [usize],
}

impl Operands<'_> {
    fn value(&mut self) -> String {
        if self.rng.one_in(60) { "%-".into() } else { format!("%{}", self.rng.below(self.values + 1)) }
    }

    fn values(&mut self, mark: &str) -> String {
        let n = self.rng.below(4);
        (0..n).map(|_| format!("{mark}{}", self.value())).collect::<Vec<_>>().join(", ")
    }

    /// An edge with as many arguments as the block takes, mostly.
    fn edge(&mut self, unwinds: bool) -> String {
        let to = self.rng.below(self.blocks) + usize::from(self.blocks > 1 && self.rng.one_in(2));
        let mut wanted = self.params.get(to).copied().unwrap_or(0);
        if self.rng.one_in(30) {
            wanted += 1;
        }
        let args: Vec<String> =
            (0..wanted).map(|i| if unwinds && i == 0 { "exc".into() } else { self.value() }).collect();
        if args.is_empty() { format!("bb{to}") } else { format!("bb{to}({})", args.join(", ")) }
    }
}

impl ReadOperand for Operands<'_> {
    type Error = ();

    fn operand(&mut self, operand: &mut dyn Operand) -> Result<(), ()> {
        let n = self.rng.below(3);
        let text = match operand.get() {
            OperandRef::Val(_) => self.value(),
            OperandRef::Own(_) => format!("move {}", self.value()),
            OperandRef::Vals(_) => format!("({})", self.values("")),
            OperandRef::Owns(_) => format!("({})", self.values("move ")),
            OperandRef::Edge(_) => self.edge(false),
            OperandRef::Edges(_) => format!("[{}, {}]", self.edge(false), self.edge(false)),
            OperandRef::Name(_) => ["\"a\"", "\"\\\"\\n\\u{e9}\"", "\"toString\""][n].into(),
            OperandRef::Func(_) => format!("@{n}"),
            OperandRef::Class(_) => format!("class{n}"),
            OperandRef::Global(_) => format!("${n}"),
            OperandRef::Builtin(_) => format!("builtin{}", self.rng.below(40)),
            OperandRef::Int(_) => ["0", "-9223372036854775808", "9223372036854775807"][n].into(),
            OperandRef::Float(_) => ["0.5", "nan:0xfff8000000000001", "-inf"][n].into(),
            OperandRef::Index(_) => n.to_string(),
            OperandRef::Bool(_) => ["true", "false", "true"][n].into(),
            OperandRef::Var(_) => format!("v{n}"),
            OperandRef::Scope(_) => format!("s{n}"),
            OperandRef::Cond(_) => format!("c{n}"),
            OperandRef::Block(_) => format!("bb{}", self.rng.below(self.blocks)),
        };
        let is_list = matches!(operand.get(), OperandRef::Vals(_) | OperandRef::Owns(_));
        self.out.push_str(if self.out.is_empty() || is_list { " " } else { ", " });
        self.out.push_str(&text);
        Ok(())
    }
}

/// Writing to a String does not fail.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn func(rng: &mut Rng, out: &mut String, index: usize) {
    let params = rng.below(3);
    put(out, format_args!("func @{index} \"f{index}\" user params {params}"));
    if rng.one_in(3) {
        put(out, format_args!(" captures {}", rng.below(3)));
    }
    if rng.one_in(10) {
        put(out, format_args!(" values {}", rng.below(30)));
    }
    out.push_str(" {\n");
    let blocks = rng.below(5) + 1;
    let shapes: Vec<usize> = (0..blocks).map(|b| if b == 0 { 0 } else { rng.below(3) }).collect();
    let mut values = params;
    for (b, count) in shapes.iter().enumerate() {
        let list: Vec<String> = (0..*count).map(|i| format!("%{}", values + i)).collect();
        values += count;
        match list.is_empty() {
            true => put(out, format_args!("bb{b}:\n")),
            false => put(out, format_args!("bb{b}({}):\n", list.join(", "))),
        }
        for _ in 0..rng.below(5) {
            inst(rng, out, &mut values, blocks, &shapes, false);
        }
        inst(rng, out, &mut values, blocks, &shapes, true);
    }
    out.push_str("}\n");
}

/// An instruction that ends a block, or one that does not.
fn inst(rng: &mut Rng, out: &mut String, values: &mut usize, blocks: usize, shapes: &[usize], end: bool) {
    let rows: Vec<_> = TABLE
        .iter()
        .filter(|r| {
            r.effects.ends_block() == end
                && (!(r.effects.is_early() || r.effects.is_typed()) || rng.one_in(40))
        })
        .collect();
    let Some(row) = rng.pick(&rows) else { return };
    let mut operands = Operands { rng, out: String::new(), values: *values, blocks, params: shapes };
    // The result of reading is of no use here: the operands were written while they were asked for.
    let _ = Op::read(row.mnemonic, &mut operands);
    let text = std::mem::take(&mut operands.out);
    let unwind = (row.effects.throws() && operands.rng.one_in(3)).then(|| operands.edge(true));
    out.push_str("  ");
    if row.gives != Gives::Nothing {
        put(out, format_args!("%{values} = "));
        *values += 1;
    }
    out.push_str(row.mnemonic);
    out.push_str(&text);
    if let Some(edge) = unwind {
        put(out, format_args!(" unwind {edge}"));
    }
    out.push('\n');
}
