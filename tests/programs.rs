//! The fourteen are-we-fast-yet programs give the results of the suite, at sizes that are quick in the slowest tier.
//! Each program compares its result itself and the harness ends with 1 when it is wrong. The eight kernels print the
//! results of their equivalents in other languages.

mod common;

use common::{TIERS, nyash, run};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(300);

/// Name and inner iterations for which the suite documents a result.
const PROGRAMS: &[(&str, u32)] = &[
    ("Richards", 1),
    ("DeltaBlue", 10),
    ("Json", 1),
    ("CD", 10),
    ("Havlak", 1),
    ("Bounce", 1),
    ("List", 1),
    ("Permute", 1),
    ("Queens", 1),
    ("Sieve", 1),
    ("Storage", 1),
    ("Towers", 1),
    ("NBody", 1),
    ("Mandelbrot", 1),
];

/// Name, size and result of the kernels. The results are those of `benches/peers/python` and `benches/peers/c`; there are
/// 168 primes up to 1000, and 610 is the Fibonacci number 15.
const KERNELS: &[(&str, u32, &str)] = &[
    ("fib", 15, "610"),
    ("loop", 1000, "2997"),
    ("mandelbrot", 20, "9568"),
    ("sieve", 1000, "168"),
    ("strings", 50, "6012"),
    ("map", 5000, "12739082"),
    ("dispatch", 1000, "3997"),
    ("trees", 6, "4016"),
];

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (name, inner) in PROGRAMS {
        for tier in TIERS {
            trials.push(Trial::test(format!("{name}::{tier}"), move || {
                check(name, *inner, tier).map_err(Failed::from)
            }));
        }
    }
    for (name, size, result) in KERNELS {
        for tier in TIERS {
            trials.push(Trial::test(format!("kernel {name}::{tier}"), move || {
                kernel(name, *size, result, tier).map_err(Failed::from)
            }));
        }
    }
    trials.push(Trial::test("a wrong name is refused", || wrong_name().map_err(Failed::from)));
    libtest_mimic::run(&arguments, trials).exit();
}

fn harness(words: &[&str], tier: &str) -> common::Ended {
    let mut command = nyash(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.args(["run", &format!("--tier={tier}"), "benches/programs/awfy/harness.nyash"]).args(words);
    run(&mut command, b"", DEADLINE)
}

fn check(name: &str, inner: u32, tier: &str) -> Result<(), String> {
    let ended = harness(&[name, "1", &inner.to_string()], tier);
    if ended.late {
        return Err(format!("still running after {DEADLINE:?}"));
    }
    if ended.code != Some(0) {
        return Err(format!("exit code {:?}\n{}{}", ended.code, ended.out(), ended.err()));
    }
    let out = ended.out();
    let head = format!("{name}: iterations=1 average: ");
    if !out
        .lines()
        .last()
        .is_some_and(|l| l.starts_with(&head) && l.ends_with("us") && l.contains("us total: "))
    {
        return Err(format!("the last line is not the summary:\n{out}"));
    }
    Ok(())
}

fn kernel(name: &str, size: u32, result: &str, tier: &str) -> Result<(), String> {
    let file = format!("benches/programs/kernels/{name}.nyash");
    let mut command = nyash(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.args(["run", &format!("--tier={tier}"), &file, &size.to_string(), "2"]);
    let ended = run(&mut command, b"", DEADLINE);
    if ended.late || ended.code != Some(0) {
        return Err(format!("exit code {:?}\n{}{}", ended.code, ended.out(), ended.err()));
    }
    let head = format!("{name}: iterations=1 runtime: ");
    let out = ended.out();
    let lines: Vec<&str> = out.lines().collect();
    let is_time = |l: &&str| l.starts_with(&head) && l.ends_with("us");
    if lines.len() == 3 && lines.iter().take(2).all(is_time) && lines[2] == format!("result: {result}") {
        return Ok(());
    }
    Err(format!("expected two times and `result: {result}`, found\n{out}"))
}

fn wrong_name() -> Result<(), String> {
    let ended = harness(&["Nothing", "1", "1"], TIERS[0]);
    if ended.code == Some(0) { Err("it exits with 0".into()) } else { Ok(()) }
}
