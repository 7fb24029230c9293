//! `agree`: many random programs, or one program, under every configuration.
//!
//!     cargo build --release
//!     cargo run --release -p agree -- --programs 1000000 --seed 1

#![forbid(unsafe_code)]

use agree::batch::{Batch, Summary};
use agree::config::CONFIGS;
use agree::generate::{self, Program};
use agree::judge;
use agree::run::Runner;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
agree [OPTIONS]            compares random programs
agree --reduce FILE        compares one program and makes it small
agree --show N             prints a program

  --programs N             how many (1000)
  --first N                number of the first one (0): a long run can be split, or go on where it was stopped
  --seed N                 of the series (1)
  --jobs N                 programs at once (twice the processors)
  --nyash PATH             the executable (`nyash` beside this one)
  --findings FOLDER        where differences are written (agree-findings)
  --minutes N              time to make one of them small (2)";

struct Options {
    programs: u64,
    first: u64,
    seed: u64,
    jobs: usize,
    nyash: PathBuf,
    findings: PathBuf,
    minutes: u64,
    reduce: Option<PathBuf>,
    show: Option<u64>,
}

fn main() -> ExitCode {
    match options().and_then(|o| work(&o)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(what) => {
            say(&what);
            ExitCode::from(2)
        }
    }
}

fn say(text: &str) {
    // When nobody reads it the exit code still tells.
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn options() -> Result<Options, String> {
    let beside = std::env::current_exe().map_err(|e| e.to_string())?.with_file_name("nyash");
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let mut o = Options {
        programs: 1000,
        first: 0,
        seed: 1,
        jobs: cores * 2,
        nyash: beside,
        findings: PathBuf::from("agree-findings"),
        minutes: 2,
        reduce: None,
        show: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} takes a number, not `{value}`"));
        match name.as_str() {
            "--programs" => o.programs = number()?,
            "--first" => o.first = number()?,
            "--seed" => o.seed = number()?,
            "--jobs" => o.jobs = number()? as usize,
            "--nyash" => o.nyash = PathBuf::from(&value),
            "--findings" => o.findings = PathBuf::from(&value),
            "--minutes" => o.minutes = number()?,
            "--reduce" => o.reduce = Some(PathBuf::from(&value)),
            "--show" => o.show = Some(number()?),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(o)
}

/// Where the executable is, from any folder.
fn executable(o: &Options) -> Result<PathBuf, String> {
    let missing = |e| format!("{}: {e}; build nyash first or name it with --nyash", o.nyash.display());
    o.nyash.canonicalize().map_err(missing)
}

/// Whether all agree.
fn work(o: &Options) -> Result<bool, String> {
    if let Some(index) = o.show {
        say(&generate::program(o.seed, index).text);
        return Ok(true);
    }
    let nyash = executable(o)?;
    let batch = Batch {
        nyash: &nyash,
        configs: CONFIGS,
        seed: o.seed,
        programs: o.first..o.first + o.programs,
        findings: &o.findings,
        jobs: o.jobs,
        reducing: Duration::from_secs(60 * o.minutes),
    };
    if let Some(path) = &o.reduce {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        return one(&batch, &Program::from_text(text)).map_err(|e| e.to_string());
    }
    let names: Vec<&str> = CONFIGS.iter().map(|c| c.name).collect();
    say(&format!("seed {}, programs from {}; {}", o.seed, o.first, names.join("; ")));
    let summary = batch.run(&|done| progress(o, done)).map_err(|e| e.to_string())?;
    for finding in &summary.findings {
        say(&finding.to_string());
    }
    let (seed, first, last) = (o.seed, o.first, o.first + o.programs.saturating_sub(1));
    say(&format!("seed {seed}, programs {first} to {last}, {} configurations: {summary}", CONFIGS.len()));
    Ok(summary.differing == 0)
}

fn progress(o: &Options, summary: &Summary) {
    if summary.programs.is_multiple_of(10_000) {
        // Some of those before it may still be running, as many as there are jobs.
        let next = o.first + summary.programs.saturating_sub(o.jobs as u64);
        say(&format!(
            "{:7} programs, {:8} runs, {:6.0} s, {} differ; go on with --first {next}",
            summary.programs,
            summary.runs,
            summary.time.as_secs_f64(),
            summary.differing
        ));
    }
}

/// Compares one program; makes it small if its runs differ.
fn one(batch: &Batch<'_>, program: &Program) -> std::io::Result<bool> {
    let mut runner = Runner::new(batch.nyash)?;
    let (found, _) = batch.compare(&mut runner, program)?;
    let Some((config, difference)) = found else {
        say("all agree");
        return Ok(true);
    };
    say(&format!("`{}`: {}", config.name, judge::first_line(&difference)));
    let finding = batch.finding(&mut runner, program, &config, difference)?;
    say(&finding.to_string());
    Ok(false)
}
