//! Source text to a built program, as the command does it, with the files of one text instead of the file
//! system.

use mir::build::{self, Known, Unit, UnitKind};
use mir::inst::FuncId;
use mir::program::Program;
use std::sync::LazyLock;
use syntax::Parsed;
use syntax::ast::StmtKind;
use syntax::diag::{Diagnostic, Severity};
use syntax::span::SourceMap;

/// Begins the next file of a text.
const NEXT_FILE: &str = "#--- ";

/// A program without errors.
pub struct Built {
    /// Its files, the prelude first.
    pub sources: SourceMap,
    /// What it was built into.
    pub program: Program,
    /// Its top-level function.
    pub top: Option<FuncId>,
}

/// Name and text of each file of a text; the first one has no name.
pub fn files(text: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    let (mut name, mut start, mut at) = ("", 0, 0);
    for line in text.split_inclusive('\n') {
        if let Some(next) = line.strip_prefix(NEXT_FILE) {
            out.push((name, &text[start..at]));
            name = next.trim();
            start = at + line.len();
        }
        at += line.len();
    }
    out.push((name, &text[start..]));
    out
}

/// Builds a program, or says what is wrong with it.
pub fn build(text: &str) -> Result<Built, String> {
    let mut sources = SourceMap::new();
    let mut program = Program::new();
    build_prelude(&mut program, &mut sources);
    build_into(text, sources, program)
}

/// The same without the prelude.
pub fn build_alone(text: &str) -> Result<Built, String> {
    build_into(text, SourceMap::new(), Program::new())
}

fn build_into(text: &str, mut sources: SourceMap, mut program: Program) -> Result<Built, String> {
    let files = files(text);
    let mut parsed: Vec<Parsed> = Vec::new();
    for (name, text) in &files {
        let id = sources.add(*name, *text).map_err(|_| "too large")?;
        let file = sources.file(id);
        parsed.push(syntax::parse(&file.text, file.base, &mut program.names));
    }
    let wrong = |list: &[Diagnostic]| {
        let error = list.iter().find(|d| d.severity() == Severity::Error);
        error.map_or(Ok(()), |d| Err(format!("{} {}: {}", d.code.name(), d.title, sources.text(d.span))))
    };
    for unit in &parsed {
        wrong(&unit.diagnostics)?;
    }
    let mut links = Vec::new();
    for unit in &parsed {
        links.push(unit_links(unit, &files, &program).ok_or("no such file")?);
    }
    let units: Vec<Unit<'_>> = parsed
        .iter()
        .zip(&links)
        .enumerate()
        .map(|(i, (unit, links))| Unit {
            ast: &unit.ast,
            kind: if i == 0 { UnitKind::Main } else { UnitKind::Part },
            links,
        })
        .collect();
    let built = build::build(&mut program, &sources, &units, &KNOWN);
    for d in built.diagnostics.iter().chain(&built.lints) {
        assert!(sources.file_at(d.span.lo).is_some(), "{} `{}` has no place", d.code.name(), d.title);
    }
    wrong(&built.diagnostics)?;
    let top = built.tops.first().copied();
    Ok(Built { sources, program, top })
}

/// What the statements of a file that name others mean; `None` when there is no such file.
fn unit_links(unit: &Parsed, files: &[(&str, &str)], program: &Program) -> Option<Vec<(u32, usize)>> {
    let mut links = Vec::new();
    for stmt in &unit.ast.stmts {
        let (target, span) = match stmt.kind {
            StmtKind::Include { path, path_span } => (path, path_span),
            StmtKind::Using { target, target_span, is_file: true, .. } => (target, target_span),
            _ => continue,
        };
        let name = program.names.text(target);
        links.push((span.lo, files.iter().position(|(file, _)| *file == name)?));
    }
    Some(links)
}

/// What the runtime offers by name.
static KNOWN: LazyLock<Known> = LazyLock::new(|| link::known(false));

fn build_prelude(program: &mut Program, sources: &mut SourceMap) {
    let built = link::build_prelude(program, sources);
    assert!(built.is_ok(), "the prelude has an error: {built:?}");
}
