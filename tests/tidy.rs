//! House rules that no compiler checks: file sizes, opening comments, where meaning may live, what may stand at
//! the top of the tree. Crude on purpose; a rule that is wrong in some place is better changed here than bent there.

use std::path::{Path, PathBuf};

const MAX_LINES: usize = 600;

/// Everything that may stand at the top of the tree.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".git",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "benches",
    "clippy.toml",
    "crates",
    "docs",
    "fuzz",
    "nyash.toml",
    "plugins",
    "profiler",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "src",
    "target",
    "tests",
    "tiers",
];

/// Words in tiers that would mean a tier computes what `nyrt` defines.
const MEANING: &[&str] = &[
    "wrapping_add",
    "wrapping_sub",
    "wrapping_mul",
    "wrapping_div",
    "wrapping_rem",
    "wrapping_neg",
    "wrapping_shl",
    "wrapping_shr",
    "overflowing_",
    "checked_div",
    "checked_rem",
    "from_bits",
    "to_bits",
    "powi(",
    "powf(",
    "sqrt(",
    "ErrorKind::DivisionByZero",
    "ErrorKind::IndexError",
    "ErrorKind::MathError",
];

/// Words that are calls of the operating system. Allowed where programs meet it.
const OUTSIDE: &[&str] =
    &["std::fs", "std::env::", "std::process", "std::net", "std::io::std", "SystemTime::now", "Instant::now"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files of ours with one of these endings, sorted. What was built or fetched is not ours.
fn files(below: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    folders.push(path);
                }
            } else if endings.iter().any(|e| name.ends_with(e)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

/// Lines of code with their numbers: comments and what follows `#[cfg(test)]` at the end of a file left out.
fn code(text: &str) -> Vec<(usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, l)| !l.starts_with("#[cfg(test)]"))
        .map(|(i, l)| (i + 1, l.split("//").next().unwrap_or("")))
        .collect()
}

fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Lines of code in Rust files below `folder` that contain one of the words.
fn with_words(folder: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(folder, &[".rs"]) {
        let text = text(&path);
        for (line, code) in code(&text) {
            if let Some(word) = words.iter().find(|w| code.contains(**w)) {
                found.push(format!("{}:{line}: `{word}`", shown(&path)));
            }
        }
    }
    found
}

#[test]
fn files_are_short() {
    let long = files("", &[".rs"]).into_iter().filter_map(|p| {
        let lines = text(&p).lines().count();
        (lines > MAX_LINES).then(|| format!("{}: {lines} lines, at most {MAX_LINES}", shown(&p)))
    });
    none(long.collect());
}

#[test]
fn files_say_what_they_are() {
    let silent = files("", &[".rs"]).into_iter().filter(|p| !text(p).starts_with("//!"));
    none(silent.map(|p| format!("{}: does not begin with `//!`", shown(&p))).collect());
}

#[test]
fn the_top_of_the_tree_is_tidy() {
    let entries = std::fs::read_dir(root()).into_iter().flatten().flatten();
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    none(
        names
            .filter(|n| !TOP.contains(&n.as_str()))
            .map(|n| format!("{n} does not belong at the top"))
            .collect(),
    );
}

#[test]
fn tiers_do_not_say_what_operators_mean() {
    none(
        ["tiers", "crates/machine"]
            .iter()
            .flat_map(|f| with_words(f, MEANING))
            // Random numbers in tests of a tier are no operators of the language.
            .filter(|found| !found.contains("tests.rs"))
            .collect(),
    );
}

#[test]
fn the_operating_system_is_met_at_the_edge() {
    none(
        [
            "crates/syntax/src",
            "crates/mir/src",
            "crates/nyrt/src",
            "crates/link/src",
            "crates/machine/src",
            "tiers",
        ]
        .iter()
        .flat_map(|f| with_words(f, OUTSIDE))
        // Tests of a tier may read the programs of `tests/lang`.
        .filter(|found| !(found.starts_with("tiers/") && found.contains("/tests/")))
        .collect(),
    );
}

#[test]
fn the_runtime_needs_no_standard_library() {
    let lib = text(&root().join("crates/nyrt/src/lib.rs"));
    assert!(lib.contains("#![no_std]"), "crates/nyrt/src/lib.rs is not no_std");
}

#[test]
fn only_the_engine_names_tiers() {
    let tiers = ["interp::", "vm::", "jit::", "llvm::", "wasm::"];
    let elsewhere = with_words("src", &tiers).into_iter().filter(|p| !p.starts_with("src/engine"));
    none(elsewhere.collect());
}

#[test]
fn only_the_report_renders() {
    let words = ["annotate_snippets", "anstream::stderr", "eprint"];
    let elsewhere = with_words("src", &words).into_iter().filter(|p| !p.starts_with("src/report"));
    none(elsewhere.collect());
}

#[test]
fn unsafe_code_is_where_it_is_argued_for() {
    let safe = ["src/main.rs", "crates/syntax/src/lib.rs", "crates/mir/src/lib.rs"];
    let open = safe.iter().filter(|p| !text(&root().join(p)).contains("#![forbid(unsafe_code)]"));
    none(open.map(|p| format!("{p}: forbids no unsafe code")).collect());
}

#[test]
fn no_paths_of_one_machine() {
    // Put together here so that this file does not contain them.
    let words = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let endings = [".rs", ".md", ".toml", ".nyash", ".golden", ".cli", ".expected", "run", ".sh", ".json"];
    let mut problems = Vec::new();
    for path in files("", &endings) {
        let text = text(&path);
        for (i, line) in text.lines().enumerate() {
            if let Some(word) = words.iter().find(|w| line.contains(**w)) {
                problems.push(format!("{}:{}: `{word}`", shown(&path), i + 1));
            }
        }
    }
    none(problems);
}

#[test]
fn dependencies_say_why_they_are_there() {
    let manifest = text(&root().join("Cargo.toml"));
    let mut in_dependencies = false;
    let mut problems = Vec::new();
    for (i, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies && line.contains('=') && !line.contains("path =") && !line.contains('#') {
            problems.push(format!("Cargo.toml:{}: no comment: {line}", i + 1));
        }
    }
    none(problems);
}
