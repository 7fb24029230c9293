//! The command line: flags, files, limits, bad input. `tests/cli/*.cli` hold several cases each; the format is
//! described in `docs/testing.md`. `BLESS=1` writes what was found where it does not match.

#[path = "common/case.rs"]
mod case;
mod common;
#[path = "common/sections.rs"]
mod sections;

use case::Case;
use common::{Ended, files, folder, name, nyash, run, run_with_open_input};
use libtest_mimic::{Arguments, Failed, Trial};
use sections::matches;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

fn main() {
    let arguments = Arguments::from_args();
    let root = folder("cli");
    let mut trials = Vec::new();
    for path in files(&root, ".cli") {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let group = name(&path, &root);
        // Cases of one file are blessed one after the other.
        let lock = Arc::new(Mutex::new(()));
        for (index, case) in case::parse(&text).into_iter().enumerate() {
            let case = Arc::new(case);
            for tier in tiers(&case) {
                let (case, path, lock, group) = (case.clone(), path.clone(), lock.clone(), group.clone());
                let mut name = format!("{group}::{}", case.name);
                if let Some((variable, value)) = tier {
                    name = format!("{name} ({variable}={value})");
                }
                trials.push(Trial::test(name, move || {
                    check(&path, &group, index, &case, tier, &lock).map_err(Failed::from)
                }));
            }
        }
    }
    trials.push(Trial::test("--stats tells time where it was spent", || times().map_err(Failed::from)));
    let last = "--stats counts the end of the program as part of the run";
    trials.push(Trial::test(last, || time_of_the_end().map_err(Failed::from)));
    libtest_mimic::run(&arguments, trials).exit();
}

/// What a finalizer takes that runs when the program ends is in the time of the tier that runs it.
fn time_of_the_end() -> Result<(), String> {
    const PROGRAM: &str =
        "box Last { fini() { local t = new TimerBox()  local i = 0  loop(i < 50000) { i = i + 1 }
        print(t.elapsed()) } }  global kept = new Last()";
    for tier in ["interp", "vm"] {
        let mut command = nyash(Path::new(env!("CARGO_TARGET_TMPDIR")));
        command.args(["--tier", tier, "--stats=json", "-e", PROGRAM]);
        let ended = run(&mut command, b"", Duration::from_secs(20));
        let taken: f64 = ended.out().trim().parse().map_err(|e| format!("{e}: {}", ended.out()))?;
        let document: serde_json::Value =
            serde_json::from_str(&ended.err()).map_err(|e| format!("{e}: {}", ended.err()))?;
        let ns = document.pointer(&format!("/data/tiers/{tier}/ns")).and_then(serde_json::Value::as_f64);
        if ns.is_none_or(|ns| ns < taken * 1e6) {
            return Err(format!("{tier}: {ns:?} ns of which a finalizer took {taken} ms"));
        }
    }
    Ok(())
}

/// The times of `--stats` differ from run to run, but not which of them are zero.
fn times() -> Result<(), String> {
    const PROGRAM: &str = "local s = 0  local i = 0  loop(i < 5000) { s = s + i % 7  i = i + 1 }  print(s)";
    // In `auto` the loop begins in the interpreter and goes on in the VM.
    let expected = [
        ("interp", "/tiers/interp/ns /phases/analyse", "/tiers/vm/ns /phases/lower /phases/encode"),
        ("vm", "/tiers/vm/ns /phases/analyse /phases/lower /phases/encode", ""),
        ("auto", "/tiers/interp/ns /tiers/vm/ns /phases/analyse /phases/lower /phases/encode", ""),
    ];
    for (tier, some, none) in expected {
        let mut command = nyash(Path::new(env!("CARGO_TARGET_TMPDIR")));
        command.args(["--tier", tier, "--stats=json", "-e", PROGRAM]);
        let found = run(&mut command, b"", Duration::from_secs(20)).err();
        let document: serde_json::Value =
            serde_json::from_str(&found).map_err(|e| format!("{e}: {found}"))?;
        let ns = |path: &str| document.pointer(&format!("/data{path}")).and_then(serde_json::Value::as_u64);
        let wrong = |path: &&str, is_right: bool| (!is_right).then(|| format!("{tier}: {path}: {found}"));
        let some = some.split_whitespace().find_map(|path| wrong(&path, ns(path).is_some_and(|ns| ns > 0)));
        let none = none.split_whitespace().find_map(|path| wrong(&path, ns(path) == Some(0)));
        some.or(none).map_or(Ok(()), Err)?;
    }
    Ok(())
}

type Variable = (&'static str, &'static str);

/// Under what a case runs besides what it says itself: a session of the REPL does the same in every tier.
fn tiers(case: &Case) -> Vec<Option<Variable>> {
    let mut tiers = vec![None];
    if case.args.first().is_some_and(|verb| verb == "repl") {
        let more =
            [("NYASH_TIER", "interp"), ("NYASH_TIER", "vm"), ("NYASH_STRESS", "promote-every=2,rc-audit")];
        let named = |v: &Variable| case.env.iter().any(|(name, _)| name == v.0);
        tiers.extend(more.into_iter().filter(|v| !named(v)).map(Some));
    }
    tiers
}

fn check(
    path: &Path,
    group: &str,
    index: usize,
    case: &Case,
    tier: Option<Variable>,
    lock: &Mutex<()>,
) -> Result<(), String> {
    if let Some(problem) = &case.problem {
        return Err(problem.clone());
    }
    if case.not_as_root && is_root() {
        return Ok(());
    }
    let folder = scratch(group, index, tier)?;
    case.prepare(&folder)?;
    let mut command = nyash(&folder);
    command.args(&case.args).envs(case.env.iter().map(|(k, v)| (k, v))).envs(tier);
    let ended = match case.read_only {
        Some(lines) => case::run_and_hang_up(&mut command, lines, case.within),
        None if case.stdout_to.is_some() => case::run_into(&mut command, case)?,
        None if case.keep_open => run_with_open_input(&mut command, &case.stdin, case.within),
        None => run(&mut command, &case.stdin, case.within),
    };
    if ended.late {
        return Err(format!("still running after {:?}", case.within));
    }
    let found = Found::new(ended);
    if matches(&case.stdout, &found.stdout)
        && matches(&case.stderr, &found.stderr)
        && case.exit.split("|").any(|code| code == found.exit)
    {
        return Ok(());
    }
    if std::env::var_os("BLESS").is_some() {
        let _one = lock.lock().unwrap_or_else(PoisonError::into_inner);
        return case::bless(path, index, &found.stdout, &found.stderr, &found.exit);
    }
    let head = |text: &str| text.chars().take(3000).collect::<String>();
    Err(format!(
        "expected exit {}, found {}\n--- expected stdout\n{}--- found stdout\n{}--- expected stderr\n{}--- found stderr\n{}",
        case.exit,
        found.exit,
        head(&case.stdout),
        head(&found.stdout),
        head(&case.stderr),
        head(&found.stderr)
    ))
}

struct Found {
    stdout: String,
    stderr: String,
    exit: String,
}

impl Found {
    fn new(ended: Ended) -> Found {
        let exit = ended.code.map_or("signal".into(), |c| c.to_string());
        Found { stdout: ended.out(), stderr: ended.err(), exit }
    }
}

/// Files are readable to root whatever their mode.
fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|s| s.lines().any(|l| l.starts_with("Uid:") && l.split_whitespace().nth(2) == Some("0")))
}

fn scratch(group: &str, index: usize, tier: Option<Variable>) -> Result<PathBuf, String> {
    let case = format!("{index}{}", tier.map_or("", |(_, value)| value));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(group).join(case);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    }
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    Ok(folder)
}
