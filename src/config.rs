//! `nyash.toml`: module names, search paths, settings. Read with positions, so that what is wrong in it
//! is shown in place; unknown keys are warnings, since a newer nyash may know them.
//!
//! It resolves no module (`load`) and applies no setting (`settings`).

use std::io::Read;
use std::path::{Path, PathBuf};
use syntax::hints::nearest;
use syntax::span::{SourceMap, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::report::Finding;
use crate::settings::{FileSetting, SWITCHES};

/// The name of the file.
pub(crate) const FILE_NAME: &str = "nyash.toml";
/// A larger one is a mistake.
const MAX_BYTES: u64 = 1 << 20;
/// How many errors of TOML itself are shown.
const SYNTAX_ERRORS: usize = 3;
/// Sections that other parts of the toolchain read.
const PLUGIN_SECTIONS: &[&str] = &["libraries", "plugins", "box_types", "plugin_paths", "search_paths"];

/// A text and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// `[using.<name>]`
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// Folder or file.
    pub path: Entry,
    /// File in the folder.
    pub main: Option<Entry>,
}

/// What a `nyash.toml` says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    /// Which file; `None` when there is none.
    pub file: Option<PathBuf>,
    /// The folder that its paths start from.
    pub folder: PathBuf,
    /// `[modules]`: dotted name and file.
    pub modules: Vec<(String, Entry)>,
    /// `[using.<name>]`
    pub packages: Vec<(String, Package)>,
    /// `[using.aliases]`: name and module or file.
    pub aliases: Vec<(String, Entry)>,
    /// `[using] paths`
    pub paths: Vec<Entry>,
    /// Switches that are set.
    pub settings: Vec<FileSetting>,
}

/// Looks beside the program, then in the working directory, and reads what it finds.
pub(crate) fn load(beside: Option<&Path>, sources: &mut SourceMap) -> (Config, Vec<Finding>) {
    let places = beside.into_iter().chain([Path::new("")]);
    for folder in places {
        let path = folder.join(FILE_NAME);
        // A missing file is the normal case; everything else about it is worth an error.
        match std::fs::metadata(&path) {
            Ok(m) if m.is_file() => return read(&path, folder, sources),
            _ => continue,
        }
    }
    (Config::default(), Vec::new())
}

fn read(path: &Path, folder: &Path, sources: &mut SourceMap) -> (Config, Vec<Finding>) {
    let config = Config { file: Some(path.into()), folder: folder.into(), ..Config::default() };
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    if let Err(e) = std::fs::File::open(path).and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        let why = crate::load::io_reason(&e);
        return (config, vec![Finding::error(format!("cannot read `{name}`: {why}"))]);
    }
    if bytes.len() as u64 > MAX_BYTES {
        return (config, vec![Finding::error(format!("`{name}` is larger than 1 MiB"))]);
    }
    let lossy = String::from_utf8_lossy(&bytes).into_owned();
    let Ok(id) = sources.add(name.as_str(), lossy) else {
        return (config, vec![Finding::error("the source files exceed 4 GiB together")]);
    };
    let base = sources.file(id).base;
    if let Err(e) = std::str::from_utf8(&bytes) {
        let at = base + u32::try_from(e.valid_up_to()).unwrap_or(0);
        let finding = Finding::error(format!("not UTF-8 at byte offset {}", e.valid_up_to()))
            .at(Span::new(at, at + 3), "this byte does not belong here")
            .hint("save the file as UTF-8");
        return (config, vec![finding]);
    }
    let mut reader = Reader { base, config, findings: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(&sources.file(id).text);
    // What follows the first errors is mostly their consequence.
    for e in errors.into_iter().take(SYNTAX_ERRORS) {
        let at = e.span().map_or(Span::new(base, base), |r| reader.span(r));
        reader.findings.push(Finding::error(first_line(e.message())).at(at, ""));
    }
    if reader.findings.is_empty() {
        reader.top(table.get_ref());
    }
    (reader.config, reader.findings)
}

fn first_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(", ")
}

struct Reader {
    base: u32,
    config: Config,
    findings: Vec<Finding>,
}

type Key<'a, 'i> = &'a Spanned<std::borrow::Cow<'i, str>>;

impl Reader {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        // The file has at most 1 MiB, so its offsets are small.
        Span::new(self.base + range.start as u32, self.base + range.end as u32)
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "modules" => self.section(key, value, |r, t| r.modules(String::new(), t)),
                "using" => self.section(key, value, Reader::using),
                name @ ("limits" | "tiers") => {
                    let name = name.to_string();
                    self.section(key, value, |r, t| r.settings(&name, t));
                }
                name if PLUGIN_SECTIONS.contains(&name) => {
                    let at = self.span(key.span());
                    self.findings.push(
                        Finding::warning(format!("`{name}` has no effect: this build loads no plugins"))
                            .at(at, ""),
                    );
                }
                _ => {
                    let known = ["modules", "using", "limits", "tiers"];
                    self.unknown(key, "section", known.iter().chain(PLUGIN_SECTIONS).copied());
                }
            }
        }
    }

    fn section(
        &mut self,
        key: Key<'_, '_>,
        value: &Spanned<DeValue<'_>>,
        read: impl FnOnce(&mut Reader, &DeTable<'_>),
    ) {
        match value.get_ref().as_table() {
            Some(table) => read(self, table),
            None => self.wrong(value, &format!("a table: `[{}]`", key.get_ref())),
        }
    }

    /// `a.b = "x"` and `"a.b" = "x"` name the same module.
    fn modules(&mut self, prefix: String, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            match value.get_ref().as_table() {
                Some(inner) => self.modules(format!("{name}."), inner),
                None => {
                    if let Some(entry) = self.text(value, "a path: \"folder/file.nyash\"") {
                        self.config.modules.push((name, entry));
                    }
                }
            }
        }
    }

    fn using(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "paths" => {
                    let Some(list) = value.get_ref().as_array() else {
                        self.wrong(value, "a list of folders: [\"lib\", \"vendor\"]");
                        continue;
                    };
                    for item in list.iter() {
                        if let Some(entry) = self.text(item, "a folder: \"lib\"") {
                            self.config.paths.push(entry);
                        }
                    }
                }
                "aliases" => self.section(key, value, |r, t| r.aliases(String::new(), t)),
                name => match value.get_ref().as_table() {
                    Some(inner) => self.package(name.to_string(), value, inner),
                    None => self.unknown(key, "key", ["paths", "aliases"].into_iter()),
                },
            }
        }
    }

    fn aliases(&mut self, prefix: String, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            match value.get_ref().as_table() {
                Some(inner) => self.aliases(format!("{name}."), inner),
                None => {
                    if let Some(entry) = self.text(value, "the name of a module or a path") {
                        self.config.aliases.push((name, entry));
                    }
                }
            }
        }
    }

    /// `[using.<name>]`; a table of tables is a dotted name.
    fn package(&mut self, name: String, whole: &Spanned<DeValue<'_>>, table: &DeTable<'_>) {
        if !table.is_empty() && table.values().all(|v| v.get_ref().is_table()) {
            for (key, value) in table {
                if let Some(inner) = value.get_ref().as_table() {
                    self.package(format!("{name}.{}", key.get_ref()), value, inner);
                }
            }
            return;
        }
        let (mut path, mut main) = (None, None);
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "path" => path = self.text(value, "a path: \"lib/json\""),
                "main" => main = self.text(value, "a file in `path`: \"json.nyash\""),
                // Written by package tools; nothing here depends on them.
                "kind" | "version" | "bid" => {}
                _ => self.unknown(key, "key", ["path", "main"].into_iter()),
            }
        }
        match path {
            Some(path) => self.config.packages.push((name, Package { path, main })),
            None if table.contains_key("path") => {}
            None => {
                let at = self.span(whole.span());
                self.findings.push(
                    Finding::error(format!("`[using.{name}]` has no path"))
                        .at(at, "")
                        .hint("add `path = \"folder\"` or `path = \"file.nyash\"`"),
                );
            }
        }
    }

    fn settings(&mut self, section: &str, table: &DeTable<'_>) {
        let known = || SWITCHES.iter().filter_map(|s| s.key.filter(|k| k.0 == section).map(|k| (s.id, k.1)));
        for (key, value) in table {
            // Both `max-heap` and `max_heap` are natural in TOML.
            let name = key.get_ref().replace('_', "-");
            let Some((id, _)) = known().find(|(_, k)| *k == name) else {
                self.unknown(key, "key", known().map(|(_, k)| k));
                continue;
            };
            let text = match value.get_ref() {
                DeValue::String(s) => s.to_string(),
                DeValue::Integer(i) if i.radix() == 10 => i.as_str().to_string(),
                DeValue::Float(f) => f.as_str().to_string(),
                DeValue::Integer(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_) => {
                    self.wrong(value, "a number or a text");
                    continue;
                }
            };
            let span = self.span(value.span());
            self.config.settings.push(FileSetting { id, value: text, span });
        }
    }

    fn text(&mut self, value: &Spanned<DeValue<'_>>, expected: &str) -> Option<Entry> {
        let span = self.span(value.span());
        match value.get_ref().as_str() {
            Some(text) => Some(Entry { text: text.to_string(), span }),
            None => {
                self.wrong(value, expected);
                None
            }
        }
    }

    fn wrong(&mut self, value: &Spanned<DeValue<'_>>, expected: &str) {
        let at = self.span(value.span());
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.findings.push(
            Finding::error(format!(
                "expected {}, found {found}",
                expected.split(':').next().unwrap_or(expected)
            ))
            .at(at, format!("expected {expected}")),
        );
    }

    fn unknown<'a>(&mut self, key: Key<'_, '_>, what: &str, known: impl Iterator<Item = &'a str>) {
        let name = key.get_ref().to_string();
        let at = self.span(key.span());
        let known: Vec<&str> = known.collect();
        let finding = Finding::warning(format!("unknown {what} `{name}`")).at(at, "has no effect");
        self.findings.push(match nearest(&name, known.iter().copied()) {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding.hint(format!("known here: {}", known.join(", "))),
        });
    }
}
