//! What the builder makes of real sources keeps the rules and reads back from its text: the language tests,
//! the benchmarks, the examples.

#[path = "built/sources.rs"]
mod sources;

use std::fs;
use std::path::Path;

use mir::func::Func;
use mir::text::{parse, print_program};
use mir::verify::verify_program;
use sources::{built, sources};

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
                    // Places in the source are not part of the text.
                    let blocks =
                        |f: &Func| f.blocks.iter().map(|b| (b.params, b.start, b.end)).collect::<Vec<_>>();
                    (blocks(a), &a.edges, &a.lists, a.values) == (blocks(b), &b.edges, &b.lists, b.values)
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
