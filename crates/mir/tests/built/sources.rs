//! Programs of the repository, built with the names of the builtin boxes.

use std::path::{Path, PathBuf};

use mir::build::{Known, KnownFunction, Unit, UnitKind, build};
use mir::inst::Builtin;
use mir::program::Program;
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
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
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
pub(crate) fn built(text: &str) -> Option<Program> {
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
