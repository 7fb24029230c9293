//! `nyash bench`: what is to be measured, from the command line; what was found, to standard output.

use clap::Args;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;
use syntax::span::SourceMap;

use super::{ErrorFormat, Status, answer, refuse, value};
use crate::bench::columns::{self, Column, Kind, Places, Scratch};
use crate::bench::programs::{self, Group};
use crate::bench::{self, Found, Job, Metric, document, plot, table};
use crate::report::{self, Finding};
use crate::settings;

/// Arguments of `bench`.
#[derive(Args, Debug)]
#[command(after_help = "\
Names of kernels: fib, loop, mandelbrot, sieve, strings, map, dispatch, trees.
Names of are-we-fast-yet programs: Richards, DeltaBlue, Json, CD, Havlak, Bounce, List, Permute, Queens,
  Sieve, Storage, Towers, NBody, Mandelbrot.
`kernels` and `awfy` are all of one kind; NAME=SIZE or NAME=SIZExITERATIONS sets how much is done (fib=35x1).
A name with a `/` or `.nyash` is a program of your own, run whole, in the tiers only.

Every measurement is a process of its own. Columns take turns, and their medians are shown; a program that has
taken more than 5 seconds in a column is not run there again.

Exit codes: 0 all ran and gave the same results; 1 something failed or was wrong; 2 usage error.")]
pub(super) struct BenchArgs {
    /// Tiers to measure, with commas between them; without it all but auto
    #[arg(long, value_name = "TIERS", value_delimiter = ',', value_parser = value(settings::Kind::Tier))]
    tiers: Vec<String>,
    /// Measure other languages too: all that are on PATH, or those named
    #[arg(
        long,
        value_name = "PEERS",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "all"
    )]
    peers: Option<Vec<String>>,
    /// A checkout of smarr/are-we-fast-yet: its programs in other languages; implies --peers
    #[arg(long, value_name = "DIR")]
    suite: Option<PathBuf>,
    /// How often every program is measured in every column
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// Small sizes and one run: shows that all works, not how fast it is
    #[arg(long)]
    quick: bool,
    /// The column that ratios refer to, by its heading; without it the first
    #[arg(long, value_name = "COLUMN")]
    base: Option<String>,
    /// Which tables to print, with commas between them
    #[arg(
        long,
        value_name = "METRICS",
        value_enum,
        value_delimiter = ',',
        default_value = "cpu,first,steady,rss"
    )]
    show: Vec<Metric>,
    /// Write what was found as JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Draw the first metric of --show as an SVG picture
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Give up on a process after so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    timeout: Duration,
    /// The folder `benches` of the repository; without it that of the checkout we are in
    #[arg(long, value_name = "DIR")]
    benches: Option<PathBuf>,
    /// The programs; without it all
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    settings::parse_seconds(text)
}

pub(super) fn bench(args: BenchArgs) -> Status {
    let (job, absent) = match prepare(&args) {
        Ok(ready) => ready,
        Err(finding) => return refuse(&SourceMap::new(), &[finding], ErrorFormat::Text),
    };
    if cfg!(debug_assertions) {
        report::emit_plain(
            &Finding::warning("this nyash was built without optimization; its figures mean nothing")
                .hint("cargo build --release"),
        );
    }
    let found = bench::run(&job, progress());
    show(&args, &job, &found, &absent)
}

/// What is to be measured, and the peers that are not there. Everything that can be wrong is found here, before
/// minutes are spent.
fn prepare(args: &BenchArgs) -> Result<(Job, Vec<&'static str>), Finding> {
    let programs = programs::select(&args.names, args.quick)?;
    let mut places = Places::default();
    if programs.iter().any(|p| p.group != Group::File) {
        places.benches = columns::benches(args.benches.as_deref())?;
    }
    places.suite = args.suite.as_deref().map(columns::suite).transpose()?;

    let mut tiers: Vec<&str> = Vec::new();
    for tier in &args.tiers {
        if !tiers.contains(&tier.as_str()) {
            tiers.push(tier);
        }
    }
    if tiers.is_empty() {
        tiers.extend(settings::TIERS.iter().filter(|t| **t != "auto"));
    }
    let mut columns = columns::tiers(&tiers)
        .map_err(|e| Finding::error(format!("the executable of nyash cannot be found: {e}")))?;
    let everyone = ["all".to_string()];
    let wanted = args.peers.as_deref().or_else(|| args.suite.as_ref().map(|_| &everyone[..]));
    let (peers, absent) = columns::peers(wanted.unwrap_or_default())?;
    columns.extend(peers);
    if columns.iter().any(|c| c.kind == Kind::C) {
        places.scratch = Some(Scratch::new()?);
    }

    let base = match &args.base {
        None => 0,
        Some(name) => position(&columns, name)?,
    };
    if let Some(file) = &args.plot {
        writable(file)?;
    }
    let runs = if args.quick { 1 } else { args.runs };
    Ok((Job { programs, columns, base, runs, deadline: args.timeout, places }, absent))
}

fn position(columns: &[Column], name: &str) -> Result<usize, Finding> {
    // Headings contain spaces, names of peers do not: both are taken.
    let plain = |text: &str| text.replace(' ', "");
    columns.iter().position(|c| plain(&c.name) == plain(name)).ok_or_else(|| {
        let all = columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        Finding::error(format!("there is no column `{name}`")).hint(format!("the columns are {all}"))
    })
}

/// Whether a file can be written; it stays as it is.
fn writable(file: &Path) -> Result<(), Finding> {
    match std::fs::OpenOptions::new().append(true).create(true).open(file) {
        Ok(_) => Ok(()),
        Err(e) => Err(unwritable(file, &e)),
    }
}

fn unwritable(file: &Path, e: &std::io::Error) -> Finding {
    Finding::error(format!("cannot write `{}`: {}", file.display(), crate::load::io_reason(e)))
}

/// Says on a terminal what is being measured; elsewhere nothing.
fn progress() -> impl FnMut(&str) {
    let watched = std::io::stderr().is_terminal();
    move |what: &str| {
        if watched {
            report::emit(&format!("\r{:78}\r{what:.78}", ""));
        }
    }
}

fn show(args: &BenchArgs, job: &Job, found: &Found, absent: &[&str]) -> Status {
    progress()("");
    if let (Some(file), Some(metric)) = (&args.plot, args.show.first()) {
        let picture = plot::svg(job, found, *metric, &about(job));
        if let Err(e) = std::fs::write(file, picture) {
            report::emit_plain(&unwritable(file, &e));
            return Status::UNCAUGHT;
        }
    }
    let text = if args.json {
        report::envelope("bench", document::data(job, found, absent, &document::machine()))
    } else {
        table::report(job, found, &args.show, &heading(args, job, absent))
    };
    match answer(&text) {
        Status::OK if !found.problems.is_empty() => Status::UNCAUGHT,
        status => status,
    }
}

fn about(job: &Job) -> String {
    let runs = match job.runs {
        1 => "one run".to_string(),
        n => format!("medians of {n} runs, all columns in turn"),
    };
    format!(
        "nyash {}, {runs}, {}-{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::env::consts::OS
    )
}

/// The lines before the tables.
fn heading(args: &BenchArgs, job: &Job, absent: &[&str]) -> Vec<String> {
    let mut lines = vec![about(job)];
    for column in job.columns.iter().filter(|c| c.kind != Kind::Tier) {
        lines.push(format!("{}: {}", column.name, column.version));
    }
    if !absent.is_empty() {
        lines.push(format!("not on PATH: {}", absent.join(", ")));
    }
    let has = |group: Group| job.programs.iter().any(|p| p.group == group);
    let languages = job.columns.iter().any(|c| !matches!(c.kind, Kind::Tier | Kind::C));
    if has(Group::Awfy) && languages && job.places.suite.is_none() {
        lines.push("without --suite DIR the are-we-fast-yet programs run in the tiers only".into());
    }
    if args.quick {
        let slow: Vec<_> = programs::slow().filter(|s| !job.programs.iter().any(|p| p.name == *s)).collect();
        let groups = args.names.is_empty() || args.names.iter().any(|n| n == Group::Awfy.name());
        if groups && !slow.is_empty() {
            lines.push(format!("not quick and left out: {}", slow.join(", ")));
        }
        lines.push("small sizes and one run: nothing follows about speed".into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_help_names_every_program() {
        let help = super::super::Cli::command()
            .find_subcommand("bench")
            .and_then(|c| c.get_after_help().map(ToString::to_string))
            .expect("there is help");
        let words: Vec<&str> = help.split(|c: char| !c.is_alphanumeric()).collect();
        for name in programs::names() {
            assert!(words.contains(&name), "{name} is not in the help");
        }
    }
}
