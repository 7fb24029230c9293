//! The bounded run: workers (processes of their own, so that stack overflows, aborts and endless loops are
//! findings too) feed a body until their time is up; this side watches them and makes failing inputs small.

mod minimize;
mod worker;

pub use worker::{one, shrink, work};

use crate::Target;
use crate::corpus::Corpus;
use agree::rng::Rng;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// An input that takes longer hangs.
const HANG: Duration = Duration::from_secs(20);
/// Time to make a failing input small.
const MINIMIZING: Duration = Duration::from_secs(45);

/// What went wrong with an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// A panic: where, and its message.
    Panic(String, String),
    /// The process ended in another way.
    Crash(String),
    /// It did not end.
    Hang,
}

impl Failure {
    /// Whether another failure probably has the same cause.
    fn is_like(&self, other: &Failure) -> bool {
        match (self, other) {
            (Failure::Panic(a, why), Failure::Panic(b, other)) => a == b && shape(why) == shape(other),
            _ => self == other,
        }
    }
}

/// What a message says apart from the input at hand: what stands before the first ` in `, without numbers.
fn shape(message: &str) -> String {
    let shape = message.split(" in ").next().unwrap_or(message);
    shape.chars().filter(|c| !c.is_ascii_digit()).collect()
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Panic(place, message) => write!(f, "panic at {place}: {message}"),
            Failure::Crash(how) => write!(f, "the process ended with {how}"),
            Failure::Hang => write!(f, "no end after {} s", HANG.as_secs()),
        }
    }
}

/// A failing input.
pub struct Finding {
    /// What went wrong.
    pub failure: Failure,
    /// The input, made small.
    pub input: Vec<u8>,
    /// Its number in the run.
    pub index: u64,
}

/// How a run of one target went.
pub struct Run {
    /// Inputs that were tried.
    pub inputs: u64,
    /// The time that took.
    pub time: Duration,
    /// What was found, each cause once.
    pub findings: Vec<Finding>,
}

/// The `index`-th input of a run: first the corpus as it is, then what the target makes.
pub fn input(target: &Target, corpus: &Corpus, seed: u64, index: u64) -> Vec<u8> {
    let texts = if target.name == "mir_text" { corpus.mir() } else { corpus.wrong() };
    match texts.get(index as usize) {
        Some(text) => text.clone().into_bytes(),
        None => (target.input)(&mut Rng::new(seed, index), corpus),
    }
}

/// Runs a target for a time; ends at the first finding unless all are wanted.
pub fn run(target: &Target, corpus: &Corpus, seconds: f64, seed: u64, all: bool) -> std::io::Result<Run> {
    let mut run = Run { inputs: 0, time: Duration::ZERO, findings: Vec::new() };
    let whole = Duration::from_secs_f64(seconds);
    let mut next = 0;
    while run.time < whole && (all || run.findings.is_empty()) {
        let start = Instant::now();
        let (end, failure) = watch(target, seed, next, (whole - run.time).as_secs_f64())?;
        run.time += start.elapsed();
        run.inputs += end - next;
        next = end;
        let Some(failure) = failure else { break };
        if run.findings.iter().any(|f| f.failure.is_like(&failure)) {
            continue;
        }
        let index = end.saturating_sub(1);
        let input = input(target, corpus, seed, index);
        let (input, failure) = minimize::minimize(target, input, failure, MINIMIZING)?;
        if !run.findings.iter().any(|f| f.failure.is_like(&failure)) {
            run.findings.push(Finding { failure, input, index });
        }
    }
    Ok(run)
}

/// Runs a worker from an input on. Gives the number after the last input it began, and what went wrong with that.
fn watch(target: &Target, seed: u64, first: u64, seconds: f64) -> std::io::Result<(u64, Option<Failure>)> {
    let progress = scratch(&format!("{}.progress", target.name))?;
    fs::write(&progress, first.to_le_bytes())?;
    let mut command = worker_command()?;
    command
        .arg("--work")
        .arg(target.name)
        .arg(seed.to_string())
        .arg(first.to_string())
        .arg(seconds.to_string());
    let child = command.arg(&progress).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let at = || fs::read(&progress).ok().and_then(|b| b.try_into().ok()).map_or(first, u64::from_le_bytes);
    let mut last = (at(), Instant::now());
    let ended = wait(child, &mut || {
        let now = at();
        if now != last.0 {
            last = (now, Instant::now());
        }
        // Loading the corpus counts as well, at the start.
        last.1.elapsed() > HANG
    })?;
    Ok((at(), ended.failure()))
}

/// A process of this program.
fn worker_command() -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    Ok(command)
}

/// How a worker ended.
struct EndedWorker {
    /// `None` when it had to be stopped.
    status: Option<ExitStatus>,
    output: String,
}

impl EndedWorker {
    fn failure(&self) -> Option<Failure> {
        let Some(status) = self.status else { return Some(Failure::Hang) };
        match (status.code(), self.output.split_once('\n')) {
            (Some(0), _) => None,
            (Some(worker::PANICKED), Some((place, message))) => {
                Some(Failure::Panic(place.to_owned(), message.trim_end().to_owned()))
            }
            _ => Some(Failure::Crash(status.to_string())),
        }
    }
}

/// Waits for a worker, which is stopped as soon as `stuck` says so.
fn wait(mut child: Child, stuck: &mut dyn FnMut() -> bool) -> std::io::Result<EndedWorker> {
    let mut pause = Duration::from_micros(300);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if stuck() {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    };
    // What a worker says fits into the pipe, so it never waits for this.
    let mut output = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_end(&mut output)?;
    }
    Ok(EndedWorker { status, output: String::from_utf8_lossy(&output).into_owned() })
}

/// The folder for failing inputs, in cargo's target folder.
pub fn failures() -> std::io::Result<PathBuf> {
    let exe = std::env::current_exe()?;
    let folder = exe.parent().and_then(Path::parent).unwrap_or(Path::new(".")).join("fuzz-failures");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A file of this run.
fn scratch(name: &str) -> std::io::Result<PathBuf> {
    let folder = failures()?.join(format!("run-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    Ok(folder.join(name))
}

/// Removes the files of this run.
pub fn clean_up() {
    if let Ok(path) = scratch("") {
        // Left-over files do no harm.
        let _ = fs::remove_dir_all(path);
    }
}
