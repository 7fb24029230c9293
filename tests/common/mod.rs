//! What the harnesses share: running the `nyash` binary with a deadline, listing files, comparing texts.
//! It knows no test format.

#![allow(dead_code, unreachable_pub, reason = "a module of several harnesses; each uses a part of it")]

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The binary under test.
pub const NYASH: &str = env!("CARGO_BIN_EXE_nyash");

/// Every tier that exists; a test runs in each of them. `vm` is `auto` with a threshold of 0
/// (`NYASH_VM_THRESHOLD`), `auto` has the default one; the language tests add 1 and 3.
pub const TIERS: &[&str] = &["interp", "vm", "auto"];

/// More output than this is not kept: a test that prints so much is broken.
const MAX_OUTPUT: u64 = 64 << 20;

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// It ran longer than the deadline and was killed.
    pub late: bool,
}

impl Ended {
    /// Standard output as text.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
    /// Standard error as text.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// A command that sees none of the switches of whoever runs the tests.
pub fn nyash(folder: &Path) -> Command {
    let mut command = Command::new(NYASH);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|n| n.starts_with("NYASH_") || n.starts_with("CLICOLOR") || n == "NO_COLOR")
        {
            command.env_remove(name);
        }
    }
    command
}

/// The same for programs of the language, under the modes that are asked for (`NYASH_TEST_STRESS`).
pub fn audited(folder: &Path) -> Command {
    let mut command = nyash(folder);
    let modes = stress();
    if modes.contains("rc-audit") {
        // The audit looks at every activation at every call: ten thousand of them would take minutes. The language
        // promises a thousand.
        command.env("NYASH_MAX_DEPTH", "1500");
    }
    if !modes.is_empty() {
        command.env("NYASH_STRESS", modes);
    }
    command
}

/// The modes of `NYASH_STRESS` that the whole suite runs under; `NYASH_TEST_AUDIT=1` is `rc-audit`.
pub fn stress() -> String {
    if std::env::var_os("NYASH_TEST_AUDIT").is_some_and(|v| v == "1") {
        return "rc-audit".to_owned();
    }
    std::env::var("NYASH_TEST_STRESS").unwrap_or_default()
}

/// Whether a run that need not do what is expected of it (an allocation failed) came to a proper end.
pub fn proper_end(ended: &Ended) -> Result<(), String> {
    match ended.code {
        _ if ended.late => Err(format!("no end\n{}", ended.err())),
        None | Some(70 | 101) => Err(format!("exit code {:?}\n{}", ended.code, ended.err())),
        _ => Ok(()),
    }
}

/// Runs a command to its end, at most so long.
pub fn run(command: &mut Command, stdin: &[u8], deadline: Duration) -> Ended {
    run_to(command, stdin, deadline, true)
}

/// The same with a standard input that does not end.
pub fn run_with_open_input(command: &mut Command, stdin: &[u8], deadline: Duration) -> Ended {
    run_to(command, stdin, deadline, false)
}

fn run_to(command: &mut Command, stdin: &[u8], deadline: Duration, close: bool) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary under test starts");
    let mut input = child.stdin.take().expect("piped");
    let (mut output, mut errors) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    std::thread::scope(|scope| {
        let input = scope.spawn(move || {
            // A program need not read its input.
            let _ = input.write_all(stdin);
            (!close).then_some(input)
        });
        let output = scope.spawn(move || read(&mut output));
        let errors = scope.spawn(move || read(&mut errors));
        let start = Instant::now();
        let mut pause = Duration::from_micros(300);
        let (code, late) = loop {
            if let Some(status) = child.try_wait().expect("the process can be waited for") {
                break (status.code(), false);
            }
            if start.elapsed() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                break (None, true);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        drop(input.join());
        Ended {
            stdout: output.join().unwrap_or_default(),
            stderr: errors.join().unwrap_or_default(),
            code,
            late,
        }
    })
}

fn read(from: &mut impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = from.take(MAX_OUTPUT).read_to_end(&mut bytes);
    bytes
}

/// The folder `tests/<name>` of the repository.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// All files below a folder whose names end so, sorted. Folders whose names begin with `_` hold parts of tests,
/// not tests.
pub fn files(below: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![below.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !entry.file_name().to_string_lossy().starts_with('_') {
                    folders.push(path);
                }
            } else if path.file_name().and_then(OsStr::to_str).is_some_and(|n| n.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path as the name of a test: relative, without ending.
pub fn name(path: &Path, below: &Path) -> String {
    path.strip_prefix(below).unwrap_or(path).with_extension("").to_string_lossy().into_owned()
}

/// Says where two texts differ: the first differing line and its neighbourhood.
pub fn difference(what: &str, expected: &str, found: &str) -> String {
    let (mut e, mut f) = (expected.lines(), found.lines());
    let mut line = 1;
    loop {
        match (e.next(), f.next()) {
            (None, None) => return format!("{what} differs in its line ends"),
            (a, b) if a == b => line += 1,
            (a, b) => {
                let show = |l: Option<&str>| l.map_or("<nothing>".to_string(), |l| format!("{l:?}"));
                return format!(
                    "{what}, line {line}:\n  expected {}\n  found    {}\n--- whole {what} ---\n{}",
                    show(a),
                    show(b),
                    found.chars().take(4000).collect::<String>()
                );
            }
        }
    }
}
