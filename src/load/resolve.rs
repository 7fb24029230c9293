//! Which file an `include` or a `using` means. It opens nothing; it asks only what exists.
//!
//! - `include "p"`: beside the including file, in the parent of its folder, in the working directory.
//! - `using "p"`: the same, then the folders of `[using] paths`.
//! - `using a.b`: `[using.aliases]`, `[modules]`, `[using.a.b]`, then `a/b.nyash` in `[using] paths`;
//!   paths in `nyash.toml` start from its folder.

use std::path::{Component, Path, PathBuf};
use syntax::codes::Code;
use syntax::hints::nearest;
use syntax::span::Span;

use crate::config::{Config, Entry, Package};
use crate::report::Finding;

/// The module that the runtime brings along: nothing to load.
const BUILTIN: &str = "nyashstd";
/// How many entries of a folder are compared with a misspelled name.
const NEAR_ENTRIES: usize = 2000;
/// A longer chain of aliases is a circle.
const MAX_ALIASES: usize = 32;

/// Nothing was found.
#[derive(Debug)]
pub(super) struct Missing {
    code: Code,
    title: String,
    label: String,
    /// The entry of `nyash.toml` that names the file.
    named_at: Option<Span>,
    hints: Vec<String>,
}

impl Missing {
    pub(super) fn into_finding(self, at: Span) -> Finding {
        let mut finding = Finding::error(self.title).code(self.code).at(at, self.label);
        if let Some(span) = self.named_at {
            finding.labels.push(syntax::diag::Label { span, text: "named here".into() });
        }
        finding.hints = self.hints;
        finding
    }
}

/// `include "target"` in a file of `folder`.
pub(super) fn include(target: &str, folder: &Path) -> Result<PathBuf, Missing> {
    first_of(target, &around(target, folder))
}

/// `using "target"` in a file of `folder`.
pub(super) fn file(target: &str, folder: &Path, config: &Config) -> Result<PathBuf, Missing> {
    let mut places = around(target, folder);
    if Path::new(target).is_relative() {
        places.extend(config.paths.iter().map(|p| config.folder.join(&p.text).join(target)));
    }
    first_of(target, &places)
}

/// `using target`; `None` for the runtime's own module.
pub(super) fn module(target: &str, config: &Config) -> Result<Option<PathBuf>, Missing> {
    let mut name = target;
    for _ in 0..MAX_ALIASES {
        if name == BUILTIN {
            return Ok(None);
        }
        if let Some((_, entry)) = config.modules.iter().find(|(n, _)| n == name) {
            return named(target, entry, config.folder.join(&entry.text)).map(Some);
        }
        if let Some((_, package)) = config.packages.iter().find(|(n, _)| n == name) {
            return named(target, &package.path, package_file(name, package, config)).map(Some);
        }
        match config.aliases.iter().find(|(n, _)| n == name) {
            Some((_, entry)) if looks_like_path(&entry.text) => {
                return named(target, entry, config.folder.join(&entry.text)).map(Some);
            }
            Some((_, entry)) => name = &entry.text,
            None => return search(name, config).map(Some),
        }
    }
    Err(Missing {
        code: Code::E0502,
        title: format!("the aliases of module `{target}` form a circle"),
        label: "never arrives at a file".into(),
        named_at: config.aliases.iter().find(|(n, _)| n == target).map(|(_, e)| e.span),
        hints: vec!["let one of them name a file".into()],
    })
}

/// The folder that paths in a file start from.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}

fn looks_like_path(text: &str) -> bool {
    text.contains(['/', '\\']) || text.ends_with(".nyash")
}

fn around(target: &str, folder: &Path) -> Vec<PathBuf> {
    if Path::new(target).is_absolute() {
        return vec![PathBuf::from(target)];
    }
    vec![folder.join(target), folder.join("..").join(target), PathBuf::from(target)]
}

fn first_of(target: &str, places: &[PathBuf]) -> Result<PathBuf, Missing> {
    if target.is_empty() {
        return Err(missing_file(target, Vec::new(), &[]));
    }
    if let Some(path) = places.iter().find(|p| p.exists()) {
        return Ok(tidy(path));
    }
    let near = places.iter().find_map(|p| near_file(p)).map(|p| {
        // Shown the way the program would have to write it.
        let name = p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let written = Path::new(target).with_file_name(name);
        format!("did you mean `{}`?", written.display())
    });
    Err(missing_file(target, near.into_iter().collect(), places))
}

fn missing_file(target: &str, mut hints: Vec<String>, places: &[PathBuf]) -> Missing {
    let mut tried: Vec<String> = Vec::new();
    for place in places {
        let shown = tidy(place).display().to_string();
        if !tried.contains(&shown) {
            tried.push(shown);
        }
    }
    if tried.len() > 1 {
        hints.push(format!("looked for {}", tried.join(", ")));
    }
    if hints.is_empty() {
        hints.push("paths start from the folder of the file they stand in".into());
    }
    Missing {
        code: Code::E0501,
        title: if target.is_empty() { "the path is empty".into() } else { format!("cannot find `{target}`") },
        label: if target.is_empty() { "expected the path of a file" } else { "no such file" }.into(),
        named_at: None,
        hints,
    }
}

/// A file that `nyash.toml` names.
fn named(module: &str, entry: &Entry, path: PathBuf) -> Result<PathBuf, Missing> {
    if path.exists() {
        return Ok(tidy(&path));
    }
    let near = near_file(&path).map(|p| format!("did you mean `{}`?", p.display()));
    Err(Missing {
        code: Code::E0501,
        title: format!("the file of module `{module}` is missing: `{}`", tidy(&path).display()),
        label: "no such file".into(),
        named_at: Some(entry.span),
        hints: vec![near.unwrap_or_else(|| {
            "correct the path in nyash.toml; it starts from the folder of that file".into()
        })],
    })
}

/// `path/main` of a package; a `path` that is a file needs no `main`.
fn package_file(name: &str, package: &Package, config: &Config) -> PathBuf {
    let path = config.folder.join(&package.path.text);
    match &package.main {
        Some(main) => path.join(&main.text),
        None if path.is_dir() => {
            let last = name.rsplit('.').next().unwrap_or(name);
            path.join(format!("{last}.nyash"))
        }
        None => path,
    }
}

/// `a.b.c` as `a/b/c.nyash` in the search paths.
fn search(name: &str, config: &Config) -> Result<PathBuf, Missing> {
    let relative = PathBuf::from(name.replace('.', "/")).with_extension("nyash");
    let places: Vec<PathBuf> =
        config.paths.iter().map(|p| config.folder.join(&p.text).join(&relative)).collect();
    if let Some(path) = places.iter().find(|p| p.is_file()) {
        return Ok(tidy(path));
    }
    let known = [BUILTIN].into_iter().chain(
        (config.modules.iter().map(|(n, _)| n.as_str()))
            .chain(config.packages.iter().map(|(n, _)| n.as_str()))
            .chain(config.aliases.iter().map(|(n, _)| n.as_str())),
    );
    let mut hints: Vec<String> =
        nearest(name, known).map(|n| format!("did you mean `{n}`?")).into_iter().collect();
    hints.push(match &config.file {
        Some(file) => format!("name it in `[modules]` of {}, or load a file: `using \"file.nyash\"`", file.display()),
        None => "name it in `[modules]` of a nyash.toml beside the program, or load a file: `using \"file.nyash\"`".into(),
    });
    Err(Missing {
        code: Code::E0502,
        title: format!("unknown module `{name}`"),
        label: if config.file.is_some() { "not in nyash.toml" } else { "there is no nyash.toml" }.into(),
        named_at: None,
        hints,
    })
}

/// A file whose name is close to one that does not exist.
pub(super) fn near_file(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let with_ending = path.with_file_name(format!("{name}.nyash"));
    if with_ending.is_file() {
        return Some(tidy(&with_ending));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut entries: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .take(NEAR_ENTRIES)
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter(|n| n.ends_with(".nyash"))
        .collect();
    // The order of a folder's entries is the file system's business, that of messages is not.
    entries.sort();
    let near = nearest(name, entries.iter().map(String::as_str))?;
    Some(tidy(&path.with_file_name(near)))
}

/// Without `.` and `x/..`, as people write paths. Only for files that were found or are named in messages:
/// with symbolic links `x/..` may be elsewhere, so such a path stays as it is.
fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            _ => out.push(part),
        }
    }
    let same = match (out.canonicalize(), path.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => !path.exists(),
    };
    if same { out } else { path.to_path_buf() }
}
