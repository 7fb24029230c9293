//! Runs the fuzz targets for a bounded time, on any stable toolchain.
//!
//! ```text
//! bounded SECONDS [SEED] [TARGET...]     each target for so long; fails at the first finding of each
//! bounded --all SECONDS [SEED] [TARGET...]     goes on after a finding
//! bounded --input TARGET FILE            one input again
//! bounded --shrink TARGET FILE SECONDS   makes an input that panics small
//! bounded --show TARGET SEED INDEX       the text of an input
//! bounded --seeds TARGET FOLDER          the corpus as files, for a fuzzer to start from
//! ```

use nyash_fuzz::corpus::Corpus;
use nyash_fuzz::{TARGETS, Target, driver, target};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match command(&args) {
        Ok(status) => ExitCode::from(status as u8),
        Err(error) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(io::stderr(), "bounded: {error}");
            ExitCode::from(2)
        }
    }
}

fn command(args: &[&str]) -> io::Result<i32> {
    match args {
        ["--work", name, seed, first, seconds, progress] => {
            driver::work(named(name)?, number(seed)?, number(first)?, number(seconds)?, Path::new(progress))
        }
        ["--shrink", name, file, seconds] => driver::shrink(named(name)?, Path::new(file), number(seconds)?),
        ["--input", name, file] => driver::one(named(name)?, Path::new(file)),
        ["--show", name, seed, index] => {
            let input = driver::input(named(name)?, &Corpus::load(), number(seed)?, number(index)?);
            io::stdout().write_all(&input)?;
            Ok(0)
        }
        ["--seeds", name, folder] => seeds(named(name)?, Path::new(folder)),
        ["--all", rest @ ..] => bounded(rest, true),
        rest => bounded(rest, false),
    }
}

fn bounded(args: &[&str], all: bool) -> io::Result<i32> {
    let [seconds, rest @ ..] = args else { return Err(io::Error::other("say how many seconds")) };
    let seconds: f64 = number(seconds)?;
    let (seed, names) = match rest {
        [first, names @ ..] if first.parse::<u64>().is_ok() => (number(first)?, names),
        names => (1, names),
    };
    let corpus = Corpus::load();
    let mut failed = 0;
    for target in TARGETS.iter().filter(|t| names.is_empty() || names.contains(&t.name)) {
        failed += i32::from(!report(target, &corpus, seconds, seed, all)?);
    }
    driver::clean_up();
    Ok(failed.min(1))
}

/// Runs a target and says how that went.
fn report(target: &Target, corpus: &Corpus, seconds: f64, seed: u64, all: bool) -> io::Result<bool> {
    let run = driver::run(target, corpus, seconds, seed, all)?;
    let mut out = io::stdout();
    let outcome = match run.findings.len() {
        0 => "ok",
        _ => "FAILED",
    };
    let (inputs, time) = (run.inputs, run.time.as_secs_f64());
    writeln!(out, "fuzz {:<10} {inputs:>9} inputs {time:>7.1} s  {outcome}  ({})", target.name, target.what)?;
    for finding in &run.findings {
        let mut hasher = DefaultHasher::new();
        finding.input.hash(&mut hasher);
        let path = driver::failures()?.join(format!("{}-{:016x}.txt", target.name, hasher.finish()));
        std::fs::write(&path, &finding.input)?;
        writeln!(out, "  {}", finding.failure)?;
        writeln!(out, "  seed {seed}, input {}, saved as {}", finding.index, path.display())?;
        writeln!(out, "---- {} bytes", finding.input.len())?;
        out.write_all(&finding.input)?;
        writeln!(out, "\n----")?;
    }
    Ok(run.findings.is_empty())
}

fn seeds(target: &Target, folder: &Path) -> io::Result<i32> {
    std::fs::create_dir_all(folder)?;
    let corpus = Corpus::load();
    let texts = if target.name == "mir_text" { corpus.mir() } else { corpus.wrong() };
    for (i, text) in texts.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{i:05}")), text)?;
    }
    Ok(0)
}

fn named(name: &str) -> io::Result<&'static Target> {
    target(name).ok_or_else(|| io::Error::other(format!("there is no target `{name}`")))
}

fn number<T: std::str::FromStr>(text: &str) -> io::Result<T> {
    text.parse().map_err(|_| io::Error::other(format!("`{text}` is no number")))
}
