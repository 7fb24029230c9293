//! What the builder makes of real sources keeps the rules and reads back from its text: the language tests,
//! the benchmarks, the examples.

use std::fs;
use std::path::{Path, PathBuf};

use mir::build::{Known, KnownFunction, Unit, UnitKind, build};
use mir::inst::Builtin;
use mir::program::Program;
use mir::text::{parse, print_program};
use mir::verify::verify_program;
use syntax::diag::Severity;
use syntax::span::SourceMap;

const BOXES: &[&str] = &[
    "ArrayBox",
    "BoolBox",
    "BufferBox",
    "ConsoleBox",
    "DateTimeBox",
    "ErrorBox",
    "FloatBox",
    "IntegerBox",
    "JSONBox",
    "MapBox",
    "MathBox",
    "RandomBox",
    "RegexBox",
    "ResultBox",
    "StringBox",
    "TimeBox",
    "TimerBox",
];

fn known() -> Known {
    let boxes = BOXES.iter().enumerate().map(|(i, name)| ((*name).into(), Builtin(i as u32))).collect();
    let function = |(i, name): (usize, &&str)| KnownFunction {
        name: (*name).into(),
        id: Builtin(i as u32),
        min: 0,
        max: 9,
    };
    let functions = ["isType", "asType", "typeOf", "sleep"].iter().enumerate().map(function).collect();
    Known { boxes, functions, lax_locals: false }
}

/// All sources below a folder, in order.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "nyash") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Builds a source. `None` when it is wrong, or needs other files.
fn built(text: &str) -> Option<Program> {
    let mut program = Program::new();
    let mut map = SourceMap::new();
    map.add("test.nyash", text).ok()?;
    let parsed = syntax::parse(text, map.files()[0].base, &mut program.names);
    if parsed.has_errors() {
        return None;
    }
    let unit = Unit { ast: &parsed.ast, kind: UnitKind::Main, links: &[] };
    let made = build(&mut program, &map, &[unit], &known());
    let wrong = made.diagnostics.iter().any(|d| d.severity() == Severity::Error);
    (!wrong).then_some(program)
}

fn check(folder: &str, at_least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut failed = Vec::new();
    let mut right = 0;
    for path in sources(&root) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let Some(program) = built(&text) else { continue };
        right += 1;
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        if let Err(faults) = verify_program(&program) {
            failed.push(format!("{name}: {}", faults[0]));
            continue;
        }
        let printed = print_program(&program, None);
        match parse(&printed) {
            Err(error) => failed.push(format!("{name}: {error}")),
            Ok(again) => {
                let same = again.funcs.iter().zip(&program.funcs).all(|(a, b)| {
                    (&a.blocks, &a.edges, &a.lists, a.values) == (&b.blocks, &b.edges, &b.lists, b.values)
                });
                if !same || print_program(&again, None) != printed {
                    failed.push(format!("{name}: reads back as something else"));
                }
                if let Err(faults) = verify_program(&again) {
                    failed.push(format!("{name}: read back: {}", faults[0]));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} of {right}:\n{}", failed.len(), failed.join("\n"));
    assert!(right >= at_least, "only {right} sources of {folder} could be built");
}

#[test]
fn language_tests() {
    check("tests/lang", 500);
}

#[test]
fn benchmarks() {
    check("benches/programs", 2);
}

#[test]
fn examples() {
    check("docs/examples", 5);
}
