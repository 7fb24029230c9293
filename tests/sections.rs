//! Every section of the language page has tests: the folders of `tests/lang` follow its table of contents, and each
//! sentence a program names in its first line is counted. `cargo test --test sections -- --nocapture` prints the counts.

#![allow(clippy::print_stderr, reason = "the counts are the answer to those who ask for them")]

#[path = "common/mod.rs"]
mod common;

use common::{files, folder, name};
use std::collections::BTreeMap;

/// Chapters of `tests/lang` and the section of the language page that each covers.
const CHAPTERS: &[(&str, u32)] = &[
    ("01-source", 1),
    ("02-grammar", 2),
    ("03-program", 3),
    ("04-names", 4),
    ("05-values", 5),
    ("06-operators", 6),
    ("07-functions", 7),
    ("08-boxes", 8),
    ("09-builtin-parents", 9),
    ("10-finalization", 10),
    ("11-weak", 11),
    ("12-exceptions", 12),
    ("13-futures", 13),
    ("14-modules", 14),
    ("15-text", 15),
    ("16-static-checks", 16),
    ("17-builtins", 17),
    ("18-environment", 18),
];

/// The least number of programs a chapter needs to count as covered.
const LEAST: usize = 3;

#[test]
fn every_section_has_tests() {
    let root = folder("lang");
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for path in files(&root, ".nyash") {
        let chapter = name(&path, &root).split('/').next().unwrap_or("").to_string();
        *count.entry(chapter).or_default() += 1;
    }
    let mut problems = Vec::new();
    let mut total = 0;
    for (chapter, section) in CHAPTERS {
        let programs = count.remove(*chapter).unwrap_or(0);
        total += programs;
        eprintln!("section {section:2}  {programs:4} programs  {chapter}");
        if programs < LEAST {
            problems.push(format!("section {section} ({chapter}) has {programs} programs"));
        }
    }
    eprintln!("in all      {total:4} programs");
    problems.extend(count.keys().map(|c| format!("`{c}` is no chapter of the language page")));
    if total < 500 {
        problems.push(format!("{total} programs; at least 500 are wanted"));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The first line says which sentence of the page the program shows.
#[test]
fn every_program_says_what_it_shows() {
    let root = folder("lang");
    let mut problems = Vec::new();
    for path in files(&root, ".nyash") {
        let is_part = path.components().any(|c| c.as_os_str().to_string_lossy().ends_with(".d"))
            && path.file_name().is_some_and(|n| n != "main.nyash");
        if is_part {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
        let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or("").to_string();
        if !first.starts_with("//") && !first.starts_with('#') && !first.starts_with("/*") {
            problems.push(format!("{}: {first:?}", name(&path, &root)));
        }
    }
    assert!(problems.is_empty(), "programs that do not begin with a comment:\n{}", problems.join("\n"));
}
