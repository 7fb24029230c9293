//! Every section of the language page has tests: the folders of `tests/lang` follow its table of contents, and each
//! sentence a program names in its first line is counted. `cargo test --test sections -- --nocapture` prints the counts.

#![allow(clippy::print_stderr, reason = "the counts are the answer to those who ask for them")]

#[path = "common/mod.rs"]
mod common;

use common::{files, folder, name};
use std::collections::BTreeMap;
use std::path::Path;

/// Sections that say nothing a program could show by itself.
const ABOUT_THE_PAGE: &[&str] = &["What back ends may differ in", "Decisions", "Clarifications"];

/// The least number of programs a chapter needs to count as covered.
const LEAST: usize = 3;

/// Numbers and titles of the sections of the language page.
fn sections() -> Vec<(u32, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md");
    let text = std::fs::read_to_string(page).expect("the language page");
    let heading = |line: &str| {
        let (number, title) = line.strip_prefix("## ")?.split_once(". ")?;
        Some((number.parse().ok()?, title.to_string()))
    };
    text.lines().filter_map(heading).filter(|(_, title)| !ABOUT_THE_PAGE.contains(&title.as_str())).collect()
}

#[test]
fn every_section_has_tests() {
    let root = folder("lang");
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for path in files(&root, ".nyash") {
        let chapter = name(&path, &root).split('/').next().unwrap_or("").to_string();
        *count.entry(chapter).or_default() += 1;
    }
    let total: usize = count.values().sum();
    let mut problems = Vec::new();
    for (section, title) in sections() {
        let prefix = format!("{section:02}-");
        let chapters: Vec<String> = count.keys().filter(|c| c.starts_with(&prefix)).cloned().collect();
        let programs: usize = chapters.iter().filter_map(|c| count.remove(c)).sum();
        eprintln!("section {section:2}  {programs:4} programs  {title}");
        if programs < LEAST {
            problems.push(format!("section {section} ({title}) has {programs} programs"));
        }
    }
    eprintln!("in all      {total:4} programs");
    problems.extend(count.keys().map(|c| format!("`{c}` belongs to no section of the language page")));
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
