//! Random programs have to do the same under every configuration (`tests/agree/src/config.rs`): output with the log of
//! the finalizers, errors, exit code, live objects. Two thousand programs with a fixed seed; `docs/testing.md` says
//! how to run more of them and what to do with a difference.

mod common;

use agree::batch::{Batch, Summary};
use agree::config::{CONFIGS, Config};
use agree::generate::Program;
use agree::judge::{self, End, What};
use agree::run::{Runner, Seen};
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
    trials.push(Trial::test("every amount of fuel ends programs at the same place", || {
        fuel_is_the_same().map_err(Failed::from)
    }));
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

/// Small functions whose bodies take the place of their calls, loops that begin with the function or with each other, and
/// jumps of all kinds.
const STEPS: &str = "
box P { x birth(x) { me.x = x } get() { return me.x } add(n) { me.x = me.x + n return me } }
function spin(p, n) { loop { n = n - p.get() if n < 0 { break } } return n }
function table(n) {
  local rows = [] local i = 0
  loop (i < n) {
    i = i + 1
    local row = rows
    if i == 2 { continue }
    local j = 0
    loop (j < i and row.length() < 9) { try { j = j + 1 if j == 3 { throw j } } catch (e) { j = j + e } finally { row.push(j) } }
  }
  return rows.length()
}
function nest(n) { loop { loop { if n > 3 { return n } n = n + 1 } } }
local p = new P(1)
loop { print(spin(p, 3) + table(4) + nest(0) + p.add(1).get()) }
";

fn fuel_is_the_same() -> Result<(), String> {
    let configs = || CONFIGS.iter().filter(|c| ["vm", "auto after 1"].contains(&c.name));
    let mut runner = Runner::new(Path::new(NYASH)).map_err(|e| e.to_string())?;
    let mut run = |program: &Program, config| runner.run(program, config, 0).map_err(|e| e.to_string());
    for fuel in (1..80).chain([500, 1023, 1024, 1025, 5000]) {
        let program = Program { text: STEPS.to_owned(), index: 0, fuel, depth: 100 };
        let reference = run(&program, &CONFIGS[0])?;
        if judge::end(&reference) != End::Fuel {
            return Err(reference.err);
        }
        for config in configs() {
            if let Some(d) = judge::compare(&program, config, &reference, &run(&program, config)?) {
                return Err(format!("{fuel} steps, {}: {}", config.name, judge::first_line(&d)));
            }
        }
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
