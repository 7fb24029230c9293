//! Programs of several files for tests and measurements: `include` with paths relative to the including file.

use std::path::{Path, PathBuf};

use mir::build::{self, Unit, UnitKind};
use mir::inst::FuncId;
use mir::program::Program;
use syntax::Parsed;
use syntax::ast::StmtKind;
use syntax::span::SourceMap;

struct File {
    path: PathBuf,
    parsed: Parsed,
    links: Vec<(u32, usize)>,
}

/// Builds the program of a file.
pub(crate) fn load(path: &Path) -> Result<(Program, FuncId), String> {
    let (mut program, mut sources) = (Program::new(), SourceMap::new());
    link::build_prelude(&mut program, &mut sources).map_err(|_| "the prelude is wrong")?;
    let mut files: Vec<File> = Vec::new();
    file(path, &mut program, &mut sources, &mut files)?;
    let units: Vec<Unit<'_>> = files
        .iter()
        .enumerate()
        .map(|(i, f)| Unit {
            ast: &f.parsed.ast,
            kind: if i == 0 { UnitKind::Main } else { UnitKind::Part },
            links: &f.links,
        })
        .collect();
    let built = build::build(&mut program, &sources, &units, &link::known(false));
    let wrong = built.diagnostics.iter().find(|d| d.severity() == syntax::diag::Severity::Error);
    match (wrong, built.tops.first()) {
        (Some(d), _) => Err(d.title.clone()),
        (None, Some(top)) => Ok((program, *top)),
        (None, None) => Err("no code".to_owned()),
    }
}

fn file(
    path: &Path,
    program: &mut Program,
    sources: &mut SourceMap,
    files: &mut Vec<File>,
) -> Result<usize, String> {
    let path = path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))?;
    if let Some(at) = files.iter().position(|f| f.path == path) {
        return Ok(at);
    }
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let id = sources.add(path.display().to_string(), text).map_err(|_| "too much text")?;
    let source = sources.file(id);
    let parsed = syntax::parse(&source.text, source.base, &mut program.names);
    let includes: Vec<(u32, String)> = parsed
        .ast
        .stmts
        .iter()
        .filter_map(|s| match s.kind {
            StmtKind::Include { path, path_span } => {
                Some((path_span.lo, program.names.text(path).to_owned()))
            }
            _ => None,
        })
        .collect();
    let at = files.len();
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    files.push(File { path, parsed, links: Vec::new() });
    for (place, name) in includes {
        let to = file(&folder.join(name), program, sources, files)?;
        files[at].links.push((place, to));
    }
    Ok(at)
}
