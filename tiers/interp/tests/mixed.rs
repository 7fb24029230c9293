//! Activations of two tiers on one stack: the programs of `tests/lang` run in the interpreter alone and with functions
//! that move to another tier before their first call, later, or inside of a loop. Nothing may be different.

#[path = "support/naive.rs"]
mod naive;
mod support;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use naive::{Mover, Naive};
use support::{Options, Ran, World, run_prepared, run_program};

/// Patience, and which functions move: those whose number leaves the first when divided by the second.
const MOVES: [(i32, (u32, u32)); 5] = [(0, (0, 1)), (0, (0, 2)), (0, (1, 2)), (10, (0, 1)), (10, (1, 2))];

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|e| e == "nyash") {
            found.push(path);
        }
    }
}

/// Everything that a program shows.
fn shown(ran: &Ran) -> String {
    let ended = (&ran.ended.error, &ran.ended.leaked);
    format!("{}\n{:?}\n{}\n{ended:?}\n{}", ran.exit(), trace(ran), ran.out, ran.err)
}

fn trace(ran: &Ran) -> Option<&machine::Trace> {
    match &ran.exit {
        machine::Exit::Uncaught(u) | machine::Exit::Limit(_, u) => Some(&u.trace),
        _ => None,
    }
}

/// Runs a program alone and in all mixtures; gives how many functions were moved at calls and in loops, nothing
/// when it cannot be built.
fn compare(name: &str, text: &str, options: Options) -> Option<(u32, u32)> {
    let mut world = World::new();
    let top = world.try_main(text)?;
    let alone = shown(&run_program(world.program, top, options));
    let mut sum = (0, 0);
    for (patience, only) in MOVES {
        let mut world = World::new();
        let top = world.try_main(text)?;
        let mover = Rc::new(Mover { patience, only, moved: Cell::new((0, 0)) });
        let mixed = run_prepared(world.program, top, options, |m| {
            m.add_tier(Rc::new(Naive));
            m.set_promoter(mover.clone());
        });
        assert_eq!(alone, shown(&mixed), "{name}, patience {patience}, {only:?}");
        let moved = mover.moved.get();
        sum = (sum.0 + moved.0, sum.1 + moved.1);
    }
    Some(sum)
}

#[test]
fn tiers_mix_on_one_stack() {
    let mut found = Vec::new();
    programs(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lang")), &mut found);
    found.sort();
    let (mut ran, mut calls, mut loops) = (0, 0, 0);
    for (i, path) in found.iter().enumerate() {
        let text = String::from_utf8_lossy(&std::fs::read(path).expect("a file")).into_owned();
        // An audit takes long in programs that keep much alive.
        let options = Options {
            audit: i % 4 == 0,
            fuel: 20_000,
            max_depth: 300,
            cycles: i % 3 == 0,
            ..Options::default()
        };
        if let Some(moved) = compare(&path.display().to_string(), &text, options) {
            (ran, calls, loops) = (ran + 1, calls + moved.0, loops + moved.1);
        }
    }
    assert!(ran > 500 && calls > 4000 && loops > 40, "{ran} programs, {calls} and {loops} moves");
}

#[test]
fn fuel_ends_mixed_programs_at_the_same_place() {
    let text = "function f(n) { local i = 0 loop (i < n) { i = i + 1 } return i }
                local s = 0 loop (true) { s = s + f(3) print(s) }";
    for fuel in [1, 2, 3, 50, 777, 1024, 3000] {
        compare("fuel", text, Options { fuel, ..Options::default() }).expect("a program");
    }
}
