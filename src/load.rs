//! Reads a program: its file and everything it reaches by `include` and `using`, all of it before
//! anything runs. It reads and parses; it gives names no meaning and builds nothing.
//!
//! Every file is read once, however often and in whatever circle it is named: files are told apart
//! by their canonical paths.

mod read;
mod resolve;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use syntax::Parsed;
use syntax::ast::StmtKind;
use syntax::codes::Code;
use syntax::intern::Interner;
use syntax::span::{FileId, SourceMap, Span};

use crate::config::Config;
use crate::report::Finding;

pub(crate) use read::io_reason;

/// Where the program comes from.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// A file.
    File(PathBuf),
    /// `-`
    Stdin,
    /// `-e CODE`
    Code(String),
}

impl Input {
    /// The folder of the program's file.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Input::File(path) => path.parent(),
            Input::Stdin | Input::Code(_) => None,
        }
    }

    /// As shown in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Input::File(path) => path.display().to_string(),
            Input::Stdin => "<stdin>".into(),
            Input::Code(_) => "<code>".into(),
        }
    }
}

/// One file of a program.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Its text.
    pub file: FileId,
    /// Its tree.
    pub parsed: Parsed,
    /// For each `include` and `using`: position of the path or name, index of the unit it means.
    pub links: Vec<(u32, usize)>,
}

/// All files of a program; the first one is the program's own.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The files in order of discovery.
    pub units: Vec<Unit>,
    /// What is wrong with them.
    pub findings: Vec<Finding>,
}

/// Reads a program.
pub(crate) fn load(input: &Input, config: &Config, sources: &mut SourceMap, names: &mut Interner) -> Loaded {
    let mut loader =
        Loader { config, sources, names, seen: HashMap::new(), queue: Vec::new(), out: Loaded::default() };
    match read::main(input) {
        Ok(bytes) => {
            let folder = input.folder().map(Path::to_path_buf).unwrap_or_default();
            if let Input::File(path) = input
                && let Ok(real) = path.canonicalize()
            {
                loader.seen.insert(real, 0);
            }
            loader.unit(&input.name(), &bytes, folder);
        }
        Err(finding) => loader.out.findings.push(*finding),
    }
    loader.run();
    loader.out
}

/// Reads the files that one more input of a REPL reaches. `unit` is its tree.
pub(crate) fn load_input(
    parsed: Parsed,
    file: FileId,
    config: &Config,
    sources: &mut SourceMap,
    names: &mut Interner,
) -> Loaded {
    let mut loader =
        Loader { config, sources, names, seen: HashMap::new(), queue: Vec::new(), out: Loaded::default() };
    loader.parsed(parsed, file, PathBuf::new());
    loader.run();
    loader.out
}

struct Loader<'a> {
    config: &'a Config,
    sources: &'a mut SourceMap,
    names: &'a mut Interner,
    /// Canonical path to unit.
    seen: HashMap<PathBuf, usize>,
    /// Units whose statements are still to be followed, with their folders. A list, not recursion: chains of
    /// includes may be as long as they like.
    queue: Vec<(usize, PathBuf)>,
    out: Loaded,
}

/// A statement that names another file.
struct Reference {
    target: String,
    span: Span,
    kind: ReferenceKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ReferenceKind {
    Include,
    UsingFile,
    UsingName,
}

impl Loader<'_> {
    /// Follows what was found until nothing is left.
    fn run(&mut self) {
        let mut next = 0;
        while let Some((unit, folder)) = self.queue.get(next).cloned() {
            next += 1;
            for reference in self.references(unit) {
                // The program's own file runs already: naming it again means nothing.
                if let Some(target) = self.follow(&reference, &folder)
                    && target != 0
                    && let Some(u) = self.out.units.get_mut(unit)
                {
                    u.links.push((reference.span.lo, target));
                }
            }
        }
    }

    /// Every `include` and `using` of a file, also those inside blocks.
    fn references(&self, unit: usize) -> Vec<Reference> {
        let Some(unit) = self.out.units.get(unit) else { return Vec::new() };
        let reference =
            |target, span, kind| Reference { target: self.names.text(target).to_string(), span, kind };
        unit.parsed
            .ast
            .stmts
            .iter()
            .filter_map(|s| match s.kind {
                StmtKind::Include { path, path_span } => {
                    Some(reference(path, path_span, ReferenceKind::Include))
                }
                StmtKind::Using { target, target_span, is_file: true, .. } => {
                    Some(reference(target, target_span, ReferenceKind::UsingFile))
                }
                StmtKind::Using { target, target_span, .. } => {
                    Some(reference(target, target_span, ReferenceKind::UsingName))
                }
                _ => None,
            })
            .collect()
    }

    /// The unit that a reference means; reads it when it is new.
    fn follow(&mut self, reference: &Reference, folder: &Path) -> Option<usize> {
        let found = match reference.kind {
            ReferenceKind::Include => resolve::include(&reference.target, folder),
            ReferenceKind::UsingFile => resolve::file(&reference.target, folder, self.config),
            ReferenceKind::UsingName => match resolve::module(&reference.target, self.config) {
                Ok(Some(path)) => Ok(path),
                Ok(None) => return None,
                Err(finding) => Err(finding),
            },
        };
        let path = match found {
            Ok(path) => path,
            Err(missing) => {
                self.out.findings.push(missing.into_finding(reference.span));
                return None;
            }
        };
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if let Some(unit) = self.seen.get(&real) {
            return Some(*unit);
        }
        match read::part(&path) {
            Ok(bytes) => {
                let unit = self.unit(&path.display().to_string(), &bytes, resolve::folder_of(&path))?;
                self.seen.insert(real, unit);
                Some(unit)
            }
            Err(why) => {
                let finding = Finding::error(format!("cannot read `{}`: {}", path.display(), why.reason))
                    .code(Code::E0503)
                    .at(reference.span, why.reason);
                self.out.findings.push(match why.hint {
                    Some(hint) => finding.hint(hint),
                    None => finding,
                });
                None
            }
        }
    }

    /// Takes a text in.
    fn unit(&mut self, name: &str, bytes: &[u8], folder: PathBuf) -> Option<usize> {
        let (text, broken) = syntax::decode(bytes, 0);
        let Ok(file) = self.sources.add(name, text) else {
            self.out.findings.push(
                Finding::error("the source files of the program exceed 4 GiB together")
                    .code(Code::E0108)
                    .hint("keep data out of the source, for example in a file that the program reads"),
            );
            return None;
        };
        let source = self.sources.file(file);
        if broken.is_some() {
            // Decoded again because the position of a file is known only once it was added.
            self.out.findings.extend(syntax::decode(bytes, source.base).1.map(Finding::from));
            return None;
        }
        let parsed = syntax::parse(&source.text, source.base, self.names);
        Some(self.parsed(parsed, file, folder))
    }

    fn parsed(&mut self, mut parsed: Parsed, file: FileId, folder: PathBuf) -> usize {
        self.out.findings.extend(std::mem::take(&mut parsed.diagnostics).into_iter().map(Finding::from));
        let unit = self.out.units.len();
        self.out.units.push(Unit { file, parsed, links: Vec::new() });
        self.queue.push((unit, folder));
        unit
    }
}
