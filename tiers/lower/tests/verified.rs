//! What the lowering makes of every test program is typed MIR by the verifier's rules, behind each of its stages, with and
//! without copies of containers, and whether it takes counts out or not.

use std::path::{Path, PathBuf};

use lower::{Bodies, Context, Known, Layouts, Names, Place, SignatureTable, Stage};
use mir::build::{self, Unit, UnitKind};
use mir::func::Func;
use mir::inst::{ClassIx, FuncId, Op, Val};
use mir::program::Program;
use mir::types::{Signature, Signatures};
use mir::verify::{Fault, What, verify_typed_as};
use syntax::intern::Symbol;
use syntax::span::SourceMap;

/// Fields in a row, as wide as the facts say.
struct Rows<'a> {
    program: &'a Program,
    facts: &'a infer::Facts,
}

impl Layouts for Rows<'_> {
    fn place(&self, class: ClassIx, field: Symbol) -> Option<Place> {
        let offset = self.facts.place(class, field)? * 16 + 8;
        let classes = self.program.ancestors_first(class).into_iter().map(|c| self.program.class(c));
        let weak = classes.flat_map(|c| &c.fields).any(|f| f.name == field && f.weak);
        Some(Place { offset, slot: lower::field_slot(self.facts.field(class, field)?), weak })
    }
    fn visible(&self, _: ClassIx, _: Symbol, _: ClassIx) -> bool {
        true
    }
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut entries: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "nyash") {
            out.push(path);
        }
    }
}

/// A program of one file; `None` when it needs others or has errors on purpose.
fn build(text: &str) -> Option<(Program, FuncId)> {
    let (mut program, mut sources) = (Program::new(), SourceMap::new());
    link::build_prelude(&mut program, &mut sources).expect("a prelude without errors");
    let file = sources.add("main.nyash", text).ok()?;
    let source = sources.file(file);
    let parsed = syntax::parse(&source.text, source.base, &mut program.names);
    if !parsed.diagnostics.is_empty() || text.contains("include ") || text.contains("using ") {
        return None;
    }
    let unit = Unit { ast: &parsed.ast, kind: UnitKind::Main, links: &[] };
    let built = build::build(&mut program, &sources, &[unit], &link::known(false));
    built.diagnostics.is_empty().then(|| (program, built.tops[0]))
}

/// How calls are made.
struct Calls<'a> {
    signatures: &'a SignatureTable,
    bodies: &'a Bodies,
}

impl Signatures for Calls<'_> {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.signatures.signature(func)
    }
    fn takes(&self, func: FuncId) -> u32 {
        self.bodies.takes(func)
    }
}

/// What the verifier says against a function at a stage.
fn faults(stage: Stage, program: &Program, id: FuncId, func: &Func, calls: &Calls<'_>) -> Vec<Fault> {
    let mut faults = verify_typed_as(program, id, func, calls).err().unwrap_or_default();
    // Parameters that are taken are released where `owned` places that, which is decided by the uses that are left
    // then. Until then all that is missing are these releases.
    if (Stage::Taken..Stage::Placed).contains(&stage) {
        let taken = |v: Val| func.insts.iter().any(|i| matches!(i.op, Op::Take { .. }) && i.dst == v);
        faults.retain(|f| !matches!(f.what, What::Lost(v) | What::LostOnThrow(v) if taken(v)));
    }
    faults
}

/// Verifies every function of a program behind every stage; how many functions.
fn verify(name: &Path, program: &Program, top: FuncId) -> usize {
    let world = infer::World { entries: vec![top] };
    let facts = infer::analyse(program, &world);
    let mut copies = program.clone();
    let copied = infer::specialize(&mut copies, &world);
    verify_under(name, program, &facts, true)
        + verify_under(name, &copies, &copied, true)
        + verify_under(name, &copies, &copied, false)
}

fn verify_under(name: &Path, program: &Program, facts: &infer::Facts, early_drop: bool) -> usize {
    let signatures = SignatureTable::new(program, facts);
    let (known, bodies) = (Known::default(), Bodies::default());
    let find = |text| program.names.find(text);
    let context = Context {
        program,
        facts,
        signatures: &signatures,
        layouts: &Rows { program, facts },
        known: &known,
        names: Names { get: find("get"), set: find("set"), fini: find("fini") },
        bodies: &bodies,
        early_drop,
    };
    let calls = Calls { signatures: &signatures, bodies: &bodies };
    let mut count = 0;
    for id in (0..program.funcs.len() as u32).map(FuncId) {
        let lowered = lower::lower_watched(context, id, |stage, func| {
            let faults = faults(stage, program, id, func, &calls);
            if !faults.is_empty() {
                let text = mir::text::print_func(program, id, func, None);
                let source = mir::text::print_func(program, id, program.func(id), None);
                panic!("{}, {stage:?}: {faults:#?}\n{source}\n{text}", name.display());
            }
        });
        let Ok(lowered) = lowered else { continue };
        // Who calls relies on it.
        assert_eq!(lowered.func.takes(), bodies.takes(id), "{}: {id:?}", name.display());
        // What was kept from finding out about it is the same function.
        let Ok(kept) = lower::lower(context, id) else {
            panic!("{}: {id:?} is declined now", name.display())
        };
        let text = |lowered: &lower::Lowered| mir::text::print_func(program, id, &lowered.func, None);
        assert_eq!(text(&kept), text(&lowered), "{}: {id:?}", name.display());
        assert_eq!((kept.values, kept.blocks), (lowered.values, lowered.blocks), "{}", name.display());
        count += 1;
    }
    count
}

#[test]
fn all_test_programs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    files(&root.join("tests/lang"), &mut paths);
    files(&root.join("docs/examples"), &mut paths);
    let mut count = 0;
    for path in &paths {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        if let Some((program, top)) = build(&text) {
            count += verify(path, &program, top);
        }
    }
    assert!(count > 15_000, "only {count} functions");
}

#[test]
fn random_programs() {
    let mut count = 0;
    for index in 0..200 {
        let text = agree::generate::program(3, index).text;
        // Not those with warnings.
        if let Some((program, top)) = build(&text) {
            count += verify(Path::new("random"), &program, top);
        }
    }
    assert!(count > 3750, "only {count} functions");
}
