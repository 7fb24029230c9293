//! Facts as text, for people and for golden files.

use std::fmt::Write;

use hashbrown::{HashMap, HashSet};
use mir::func::{Func, FuncKind};
use mir::inst::{Block, ClassIx, EXCEPTION, FuncId, Global, Op, Val};
use mir::program::Program;
use syntax::span::{SourceMap, Span};

use crate::effects::Does;
use crate::facts::Facts;
use crate::ty::{Kinds, Ty};
use crate::words::{Words, joined};

/// Places and fields that are named in a list.
const LISTED: usize = 8;
/// Characters of the program that stand for a value without a name.
const QUOTED: usize = 32;

/// What is known of a program, or of the functions of one name and their copies: classes with their fields, then functions
/// with parameters, result, effects and what they make, for functions of one name all values too. The functions of the
/// runtime's own code are left out; of a whole program, copies that nothing reaches.
pub fn print(facts: &Facts, program: &Program, sources: &SourceMap, function: Option<&str>) -> String {
    let funcs = || program.funcs.iter().enumerate().map(|(i, func)| (FuncId(i as u32), func));
    let main = funcs().find(|(id, func)| func.kind == FuncKind::Top && facts.reached(*id));
    let file = main.and_then(|(_, func)| sources.locate(func.span.lo)).map_or("", |at| at.file);
    let words = Words { facts, program, sources, file };
    let mut printer = Printer { words, made: made(facts), fields: fields(&words), out: String::new() };
    if function.is_none() {
        for i in 0..program.classes.len() {
            printer.class(ClassIx(i as u32));
        }
        for (i, name) in program.globals.iter().enumerate() {
            let ty = words.ty(facts.global(Global(i as u32)));
            printer.line(format_args!("global {}: {ty}", program.names.text(*name)));
        }
    }
    for (id, func) in funcs() {
        let name = program.names.text(func.name);
        let wanted = match function {
            Some(wanted) => name == wanted,
            None => {
                let is_runtime = func.kind == FuncKind::Top || is_copy(facts.copies.func(id));
                !name.starts_with("__") && (facts.reached(id) || !is_runtime)
            }
        };
        if wanted {
            printer.func(id, func, function.is_some());
        }
    }
    printer.out
}

/// Whether it is a copy and not the original.
fn is_copy(copy: Option<crate::copies::CopyOf>) -> bool {
    copy.is_some_and(|copy| copy.number > 1)
}

/// The arrays and maps that each function makes.
fn made(facts: &Facts) -> HashMap<FuncId, Vec<u32>> {
    let mut made: HashMap<FuncId, Vec<u32>> = HashMap::new();
    for site in 0..facts.sites.len() as u32 {
        if let (Some((func, _)), true) =
            (facts.site_place(site), facts.site_kind(site).intersects(Kinds::ARR | Kinds::MAP))
        {
            made.entry(func).or_default().push(site);
        }
    }
    made
}

/// The places of fields with their names, `Point.x` of the class that declares a place first, in the order of the names.
fn fields(words: &Words<'_>) -> Vec<(String, u32)> {
    let mut fields = Vec::new();
    let mut seen = HashSet::new();
    for (i, class) in words.program.classes.iter().enumerate() {
        let id = ClassIx(i as u32);
        for field in &class.fields {
            if let Some(place) = words.facts.place(id, field.name).filter(|place| seen.insert(*place)) {
                let name = words.program.names.text(field.name);
                fields.push((format!("{}.{name}", words.short_class(id)), place));
            }
        }
    }
    fields.sort();
    fields
}

struct Printer<'a> {
    words: Words<'a>,
    made: HashMap<FuncId, Vec<u32>>,
    fields: Vec<(String, u32)>,
    out: String,
}

impl Printer<'_> {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = self.out.write_fmt(text);
        self.out.push('\n');
    }

    fn class(&mut self, class: ClassIx) {
        let Words { facts, program, .. } = self.words;
        let c = program.class(class);
        if c.is_interface || program.names.text(c.name).starts_with("__") {
            return;
        }
        let name = self.words.class(class);
        if !facts.has_instances(class) {
            if !is_copy(facts.copies.class(class)) {
                self.line(format_args!("box {name}: no instances"));
            }
            return;
        }
        let quiet = if facts.quiet(class) { "quiet" } else { "its death is noticed" };
        let dead = if facts.may_be_dead(class) { ", may be dead" } else { "" };
        self.line(format_args!("box {name}: {quiet}{dead}"));
        for (i, field) in c.fields.iter().enumerate() {
            let ty = facts.field(class, field.name).unwrap_or(Ty::ANY);
            let weak = if field.weak { "weak " } else { "" };
            let slot = format!("{:?}", facts.layout(program, class, i)).to_lowercase();
            let makers = self.words.makers(ty);
            let made = match makers.is_empty() {
                true => String::new(),
                false => format!("; made at {}", joined(&makers, ", ", LISTED)),
            };
            let (name, ty) = (program.names.text(field.name), self.words.ty(ty));
            self.line(format_args!("  {weak}{name}: {ty}; {slot}{made}"));
        }
    }

    fn func(&mut self, id: FuncId, func: &Func, values: bool) {
        let Words { facts, program, .. } = self.words;
        let name = self.words.func(id);
        if !facts.reached(id) {
            self.line(format_args!("{name}: not reached"));
            return;
        }
        let param = |i: u32| {
            let ty = self.words.ty(facts.param(id, i));
            match func.name_of(Val(i)) {
                _ if func.has_me && i == 0 => format!("me: {ty}"),
                Some(name) => format!("{}: {ty}", program.names.text(name)),
                None => ty,
            }
        };
        let params: Vec<String> = (0..func.params).map(param).collect();
        let result = self.words.ty(facts.ret(id));
        self.line(format_args!("{name}({}) -> {result}", params.join(", ")));
        for i in 0..func.captures {
            let ty = self.words.ty(facts.capture(id, i));
            self.line(format_args!("  captures {ty}"));
        }
        self.effects(id);
        self.makes(id, func);
        if values {
            self.values(id, func);
        }
    }

    fn effects(&mut self, id: FuncId) {
        let Words { facts, program, .. } = self.words;
        let Some(effects) = facts.effects(id) else { return };
        let mut does: Vec<String> = effects.does.iter_names().map(|(name, _)| name.to_lowercase()).collect();
        if effects.does == Does::all() {
            does = vec!["anything".to_owned()];
        }
        let fields = self.fields.iter().filter(|(_, place)| effects.writes_field(*place));
        let mut places: Vec<&str> = fields.map(|(name, _)| name.as_str()).collect();
        let globals = (0..).map(Global).zip(&program.globals).filter(|(g, _)| effects.writes_global(*g));
        places.extend(globals.map(|(_, name)| program.names.text(*name)));
        if !places.is_empty() {
            does.push(format!("writes {}", joined(&places, " and ", LISTED)));
        }
        self.line(format_args!("  {}", if does.is_empty() { "pure".to_owned() } else { does.join(", ") }));
    }

    /// The arrays and maps that a function makes, with their lengths as far as they help to know what is inside.
    fn makes(&mut self, id: FuncId, func: &Func) {
        let facts = self.words.facts;
        for site in self.made.get(&id).cloned().unwrap_or_default() {
            let Some((_, inst)) = facts.site_place(site) else { continue };
            let place = self.words.place(span(func, inst));
            let ty = self.words.ty(facts.site_ty(site));
            let lengths = facts.site_lengths(site);
            let length = match facts.range(lengths) {
                _ if lengths.is_none() => String::new(),
                (..=0, _) => String::new(),
                (least, _) => format!(", at least {least} long"),
            };
            let shrinks = if lengths.has(Kinds::VOID) { ", may get shorter" } else { "" };
            self.line(format_args!("  makes at {place} {ty}{length}{shrinks}"));
        }
    }

    /// Every value in the order of the code, and where tests say more of one, what it is there.
    fn values(&mut self, id: FuncId, func: &Func) {
        let facts = self.words.facts;
        let thrown = thrown(func);
        for (b, block) in func.block_ids().zip(&func.blocks) {
            if only_cleans_up(func, b) {
                continue;
            }
            for v in func.vals(block.params) {
                let ty = facts.ty(id, v);
                let text = if thrown.contains(&v) { " (thrown)" } else { "" };
                self.value("", block.span, (func, v), ty, text.to_owned());
            }
            for inst in block.start..block.end {
                let at = span(func, inst);
                let mut narrowed = Vec::new();
                facts.narrowed(id, inst, |v, ty| narrowed.push((v, ty)));
                for (v, ty) in narrowed {
                    self.value("sees ", at, (func, v), ty, String::new());
                }
                if let Some(made) = func.insts.get(inst as usize).filter(|i| !i.dst.is_none()) {
                    let ty = facts.ty(id, made.dst);
                    let text = quoted(self.words.sources.text(at));
                    self.value("", at, (func, made.dst), ty, text);
                }
            }
        }
    }

    /// A value at a place, with its name or else `text`.
    fn value(&mut self, sees: &str, at: Span, (func, v): (&Func, Val), ty: Ty, text: String) {
        let name = match func.name_of(v) {
            Some(name) => format!(" {}", self.words.program.names.text(name)),
            None if func.has_me && v == Val(0) => " me".to_owned(),
            None => text,
        };
        let (place, ty) = (self.words.place(at), self.words.ty(ty));
        self.line(format_args!("  {place} {sees}{v:?}{name}: {ty}"));
    }
}

/// The values that handlers get.
fn thrown(func: &Func) -> Vec<Val> {
    let mut thrown = Vec::new();
    for edge in &func.edges {
        let params = func.block_params(edge.to).zip(func.vals(edge.args));
        thrown.extend(params.filter(|(_, arg)| *arg == EXCEPTION).map(|(param, _)| param));
    }
    thrown
}

/// Whether a block is what an exception does on its way out, which stands nowhere in the program.
fn only_cleans_up(func: &Func, block: Block) -> bool {
    let insts = func.block_insts(block);
    let is_cleanup =
        |op: &Op| matches!(op, Op::ReleaseUnwinding { .. } | Op::Discard { .. } | Op::Rethrow { .. });
    insts.iter().all(|inst| is_cleanup(&inst.op) || matches!(inst.op, Op::Jump { .. }))
        && insts.iter().any(|inst| is_cleanup(&inst.op))
}

/// A piece of a program in a line.
fn quoted(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let shown: String = line.chars().take(QUOTED).collect();
    let more = if shown.len() < text.len() { "..." } else { "" };
    if shown.is_empty() { String::new() } else { format!(" `{shown}{more}`") }
}

/// Where an instruction stands.
fn span(func: &Func, inst: u32) -> Span {
    func.spans.get(inst as usize).copied().unwrap_or_default()
}
