//! Random programs have to do the same under every configuration (`tests/agree/src/config.rs`): output with the log of
//! the finalizers, errors, exit code, live objects. Two thousand programs with a fixed seed; `docs/testing.md` says
//! how to run more of them and what to do with a difference.

mod common;

use agree::batch::{Batch, Summary};
use agree::config::{CONFIGS, Config};
use agree::judge::What;
use agree::run::Seen;
use common::NYASH;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::time::Duration;

const SEED: u64 = 1;
const PROGRAMS: u64 = 2000;
/// Programs of one trial.
const TOGETHER: u64 = 50;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for first in (0..PROGRAMS).step_by(TOGETHER as usize) {
        let name = format!("seed-{SEED}/{first:04}-{:04}", first + TOGETHER - 1);
        trials.push(Trial::test(name, move || all_agree(first).map_err(Failed::from)));
    }
    trials.push(Trial::test("most programs end normally", || most_end_normally().map_err(Failed::from)));
    trials.push(Trial::test("a difference is found and made small", || {
        differences_are_found().map_err(Failed::from)
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

fn batch(configs: &'static [Config], first: u64, count: u64, findings: &str) -> Result<Summary, String> {
    let findings = Path::new(env!("CARGO_TARGET_TMPDIR")).join(findings);
    let batch = Batch {
        nyash: Path::new(NYASH),
        configs,
        seed: SEED,
        programs: first..first + count,
        findings: &findings,
        // The harness runs several trials at once.
        jobs: 1,
        reducing: Duration::from_secs(60),
    };
    batch.run(&|_| ()).map_err(|e| e.to_string())
}

fn all_agree(first: u64) -> Result<(), String> {
    let summary = batch(CONFIGS, first, TOGETHER, "agree")?;
    if summary.differing == 0 {
        return Ok(());
    }
    let findings: Vec<String> = summary.findings.iter().map(ToString::to_string).collect();
    Err(format!("{}\n{summary}", findings.join("\n")))
}

/// A generator whose programs fail early would compare little.
fn most_end_normally() -> Result<(), String> {
    let summary = batch(&CONFIGS[..1], 0, 300, "agree")?;
    let [normal, uncaught, fuel, ..] = summary.ends;
    if normal * 100 < summary.programs * 60 || uncaught == 0 || fuel == 0 {
        return Err(summary.to_string());
    }
    Ok(())
}

/// The last line of a program's output goes missing.
fn lose_the_last_line(seen: &mut Seen) {
    if let Some(at) = seen.out.trim_end().rfind('\n') {
        seen.out.truncate(at + 1);
    }
}

fn differences_are_found() -> Result<(), String> {
    static ALTERED: [Config; 2] =
        [CONFIGS[0], Config { name: "altered", alter: Some(lose_the_last_line), ..CONFIGS[0] }];
    let summary = batch(&ALTERED, 0, 1, "agree-altered")?;
    let Some(finding) = summary.findings.first() else { return Err("nothing was found".into()) };
    // Two lines of output are the least that shows it.
    let code = finding.small.lines().filter(|l| !l.starts_with("//")).count();
    if finding.difference.what != What::Output || code > 4 {
        return Err(finding.to_string());
    }
    Ok(())
}
