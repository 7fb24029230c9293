//! Every program of `tests/lang` in every tier: output, first line of the error, exit code. The format of
//! the directives is described in `docs/testing.md`.
//!
//! `NYASH_TEST_AUDIT=1` runs all of them with the heap audit, `NYASH_TEST_STRESS=MODES` under the modes of
//! `NYASH_STRESS`. With `alloc-fail` a program may end otherwise than it says, but it has to end properly.

mod common;

use common::{Ended, TIERS, audited, difference, files, folder, name, proper_end, run, stress};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Far above what any of these programs needs.
const DEADLINE: Duration = Duration::from_secs(30);

/// Programs that keep so much alive that a collection at every chance takes minutes.
const LONG_UNDER_CYCLES: &[&str] = &["10-finalization/long-chain"];

/// What a program says about itself.
#[derive(Default)]
struct Expected {
    out: String,
    /// First line of standard error.
    first_error: Option<ErrorLine>,
    errors: Vec<String>,
    code: Option<i32>,
    args: Vec<String>,
    stdin: String,
    env: Vec<(String, String)>,
    /// Number of directives.
    checks: usize,
}

enum ErrorLine {
    Uncaught(String),
    Compile { line: u32, word: String },
}

fn main() {
    let arguments = Arguments::from_args();
    let root = folder("lang");
    let mut trials = Vec::new();
    for path in programs(&root) {
        if stress().contains("cycle") && LONG_UNDER_CYCLES.contains(&name(&path, &root).as_str()) {
            continue;
        }
        for tier in TIERS {
            let path = path.clone();
            let name = format!("{}::{tier}", name(&path, &root));
            trials.push(Trial::test(name, move || check(&path, tier, None).map_err(Failed::from)));
        }
        // With 1 every function moves after its first call, and every loop after its first rounds. With 3 they move one
        // after the other while the program runs, as with the default in programs that run longer than these.
        for calls in ["1", "3"] {
            let (path, name) = (path.clone(), format!("{}::auto after {calls}", name(&path, &root)));
            trials.push(Trial::test(name, move || check(&path, "auto", Some(calls)).map_err(Failed::from)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// The files that are tests: of a folder `x.d` only its `main.nyash`.
fn programs(root: &Path) -> Vec<PathBuf> {
    let part = |p: &PathBuf| {
        let folders = p.parent().into_iter().flat_map(Path::ancestors);
        let in_folder_test =
            folders.take_while(|a| *a != root).any(|a| a.extension().is_some_and(|e| e == "d"));
        let is_its_main = p.file_name().is_some_and(|n| n == "main.nyash")
            && p.parent().and_then(Path::extension).is_some_and(|e| e == "d");
        in_folder_test && !is_its_main
    };
    files(root, ".nyash").into_iter().filter(|p| !part(p)).collect()
}

/// Runs a program in a tier, which functions reach after so many calls.
fn check(path: &Path, tier: &str, threshold: Option<&str>) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let expected = directives(&String::from_utf8_lossy(&bytes))?;
    let (Some(parent), Some(file)) = (path.parent(), path.file_name()) else {
        return Err("no file name".into());
    };
    let mut command = audited(parent);
    command.arg("run").arg(format!("--tier={tier}")).arg(file).args(&expected.args);
    command.envs(threshold.map(|calls| ("NYASH_VM_THRESHOLD", calls)));
    command.envs(expected.env.iter().map(|(k, v)| (k, v)));
    let ended = run(&mut command, expected.stdin.as_bytes(), DEADLINE);
    match judge(&expected, &ended) {
        Err(_) if stress().contains("alloc-fail") => proper_end(&ended),
        judged => judged,
    }
}

fn judge(expected: &Expected, ended: &Ended) -> Result<(), String> {
    let (out, err) = (ended.out(), ended.err());
    let context = || format!("--- standard error ---\n{err}");
    if ended.late {
        return Err(format!("still running after {DEADLINE:?}\n{}", context()));
    }
    if out != expected.out {
        return Err(format!("{}\n{}", difference("standard output", &expected.out, &out), context()));
    }
    // Warnings (a finalizer failed, a parent's method is hidden) may come before.
    let first = err.lines().find(|l| l.starts_with("error:")).unwrap_or("");
    match &expected.first_error {
        Some(ErrorLine::Uncaught(text)) => {
            let want = format!("error: uncaught {text}");
            if first != want {
                return Err(format!(
                    "first line of standard error:\n  expected {want:?}\n  found    {first:?}\n{}",
                    context()
                ));
            }
        }
        Some(ErrorLine::Compile { line, word }) => {
            let want = format!("error: line {line}: ");
            if !first.strip_prefix(&want).is_some_and(|title| title.contains(word.as_str())) {
                return Err(format!(
                    "first line of standard error:\n  expected {want:?} with {word:?}\n  found    {first:?}\n{}",
                    context()
                ));
            }
        }
        None => {}
    }
    for text in &expected.errors {
        if !err.lines().any(|l| l.contains(text.as_str())) {
            return Err(format!("no line of standard error contains {text:?}\n{}", context()));
        }
    }
    let code = expected.code.unwrap_or(match expected.first_error {
        Some(ErrorLine::Uncaught(_)) => 1,
        Some(ErrorLine::Compile { .. }) => 2,
        None => 0,
    });
    if ended.code != Some(code) {
        return Err(format!("exit code: expected {code}, found {:?}\n{}", ended.code, context()));
    }
    Ok(())
}

/// Reads the comments. A test without any directive checks nothing and is refused.
fn directives(text: &str) -> Result<Expected, String> {
    let mut e = Expected::default();
    for (i, line) in text.lines().enumerate() {
        let Some(at) = line.rfind("// expect").or_else(|| {
            let trimmed = line.trim_start();
            (trimmed.starts_with("// args:")
                || trimmed.starts_with("// stdin:")
                || trimmed.starts_with("// env:"))
            .then(|| line.len() - trimmed.len())
        }) else {
            continue;
        };
        let directive = &line[at + 3..];
        let rest = |prefix: &str| directive.strip_prefix(prefix).map(|r| r.strip_prefix(' ').unwrap_or(r));
        e.checks += 1;
        if let Some(text) = rest("expect:") {
            e.out.push_str(text);
            e.out.push('\n');
        } else if let Some(text) = rest("expect uncaught:") {
            e.first_error = Some(ErrorLine::Uncaught(text.trim_end().into()));
        } else if let Some(text) = rest("expect compile error:") {
            let (line, word) =
                text.split_once(':').ok_or_else(|| format!("line {}: expected `N: text`", i + 1))?;
            let line =
                line.trim().parse().map_err(|_| format!("line {}: `{line}` is no line number", i + 1))?;
            e.first_error = Some(ErrorLine::Compile { line, word: word.trim().into() });
        } else if let Some(text) = rest("expect stderr:") {
            e.errors.push(text.trim_end().into());
        } else if let Some(text) = rest("expect exit:") {
            e.code =
                Some(text.trim().parse().map_err(|_| format!("line {}: `{text}` is no exit code", i + 1))?);
        } else if let Some(text) = rest("args:") {
            e.args = text.split_whitespace().map(str::to_string).collect();
            e.checks -= 1;
        } else if let Some(text) = rest("stdin:") {
            e.stdin.push_str(text);
            e.stdin.push('\n');
            e.checks -= 1;
        } else if let Some((name, value)) = rest("env:").and_then(|t| t.trim().split_once('=')) {
            e.env.push((name.into(), value.into()));
            e.checks -= 1;
        } else {
            return Err(format!("line {}: unknown directive `{directive}`", i + 1));
        }
    }
    if e.checks == 0 {
        return Err("the program has no directive, so it checks nothing".into());
    }
    Ok(e)
}
