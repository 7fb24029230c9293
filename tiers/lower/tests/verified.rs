//! What the lowering makes of every test program is typed MIR by the verifier's rules.

use std::path::{Path, PathBuf};

use lower::{Context, Known, Layouts, Names, Place, SignatureTable};
use mir::build::{self, Unit, UnitKind};
use mir::inst::{ClassIx, FuncId};
use mir::program::Program;
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

fn verify(name: &Path, program: &Program, top: FuncId) -> usize {
    let facts = infer::analyse(program, &infer::World { entries: vec![top] });
    let signatures = SignatureTable::new(program, &facts);
    let (known, bodies) = (Known::default(), lower::Bodies::default());
    let context = Context {
        program,
        facts: &facts,
        signatures: &signatures,
        layouts: &Rows { program, facts: &facts },
        known: &known,
        names: Names::default(),
        bodies: &bodies,
        early_drop: true,
    };
    let mut count = 0;
    for id in (0..program.funcs.len() as u32).map(FuncId) {
        let Ok(lower::Lowered { func: typed, .. }) = lower::lower(context, id) else { continue };
        if let Err(faults) = mir::verify::verify(program, &typed) {
            let text = mir::text::print_func(program, id, &typed, None);
            let source = mir::text::print_func(program, id, program.func(id), None);
            panic!("{}: {faults:#?}\n{source}\n{text}", name.display());
        }
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
    assert!(count > 5000, "only {count} functions");
}

#[test]
fn random_programs() {
    let mut count = 0;
    for index in 0..400 {
        let text = agree::generate::program(3, index).text;
        // Not those with warnings.
        if let Some((program, top)) = build(&text) {
            count += verify(Path::new("random"), &program, top);
        }
    }
    assert!(count > 2500, "only {count} functions");
}
