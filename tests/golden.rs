//! Golden tests: a program and what `nyash` makes of it in one file. `tests/golden/<stage>/*.golden` with the
//! stages `errors` (messages of wrong programs), `check` (what only `nyash check` reports), `tokens`, `ast`, `mir` and `facts`,
//! whose files may have a section `facts NAME` for each function of which all values are shown.
//!
//! `BLESS=1` writes what was found into the files; read the difference before committing it.

mod common;
#[path = "common/sections.rs"]
mod sections;

use common::{difference, files, folder, name, nyash, run};
use libtest_mimic::{Arguments, Failed, Trial};
use sections::{Section, join, split};
use std::path::{Path, PathBuf};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);
/// The name under which messages know the program.
const INPUT: &str = "input.nyash";

fn main() {
    let arguments = Arguments::from_args();
    let root = folder("golden");
    let mut trials = Vec::new();
    for path in files(&root, ".golden") {
        let name = name(&path, &root);
        let stage = name.split('/').next().unwrap_or("").to_string();
        trials.push(Trial::test(name, move || check(&path, &stage).map_err(Failed::from)));
    }
    let errors = root.join("errors");
    let wrong = errors.clone();
    trials.push(Trial::test("errors have a place", move || places(&wrong).map_err(Failed::from)));
    trials.push(Trial::test("errors have advice", move || advice(&errors).map_err(Failed::from)));
    libtest_mimic::run(&arguments, trials).exit();
}

fn check(path: &Path, stage: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let mut parts = split(&text).into_iter();
    let program = parts.next().map(|s| s.text).unwrap_or_default();
    let folder = scratch(path)?;
    std::fs::write(folder.join(INPUT), &program).map_err(|e| e.to_string())?;
    let mut sections = vec![Section { heading: String::new(), text: program }];
    let mut headings: Vec<String> = parts.map(|s| s.heading).collect();
    if headings.is_empty() {
        // A new file.
        headings.push(stage.to_owned());
    }
    for heading in headings {
        let function = heading.strip_prefix("facts ");
        sections.push(section(&folder, stage, function)?);
    }
    let now = join(&sections);
    if now == text {
        return Ok(());
    }
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(path, now).map_err(|e| e.to_string());
    }
    Err(difference("the golden file", &text, &now))
}

/// What `nyash` makes of the program in a folder, or of one function of it.
fn section(folder: &Path, stage: &str, function: Option<&str>) -> Result<Section, String> {
    let mut command = nyash(folder);
    match stage {
        "errors" => command.args(["run", INPUT]),
        "check" => command.args(["check", INPUT]),
        "tokens" | "ast" | "mir" | "facts" => command.args(["run", &format!("--dump={stage}"), INPUT]),
        _ => return Err(format!("there is no stage `{stage}`")),
    };
    command.args(function);
    let ended = run(&mut command, b"", DEADLINE);
    let text = match stage {
        "errors" | "check" => ended.err(),
        // Wrong programs have tokens too.
        "tokens" => ended.out(),
        _ if ended.code != Some(0) => return Err(format!("exit code {:?}\n{}", ended.code, ended.err())),
        "mir" => renumber(&ended.out()),
        _ => ended.out(),
    };
    let code = ended.code.map_or("signal".to_string(), |c| c.to_string());
    let heading = match (stage, function) {
        ("errors" | "check", _) => format!("exit {code}"),
        (_, Some(name)) => format!("{stage} {name}"),
        (_, None) => stage.to_string(),
    };
    Ok(Section { heading, text })
}

/// Numbers functions from the first one of the program and hides the numbers of builtins: both depend on the size of the
/// runtime's tables, which is not what these tests are about.
fn renumber(text: &str) -> String {
    let number = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let first: u32 = text.split_once("func @").and_then(|(_, rest)| number(rest).parse().ok()).unwrap_or(0);
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['@', 'b']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let word = if found.starts_with('@') { "@" } else { "builtin" };
        let Some(after) = found.strip_prefix(word) else {
            out.push('b');
            rest = &found[1..];
            continue;
        };
        let digits = number(after);
        out.push_str(word);
        match digits.parse::<u32>() {
            Ok(n) if word == "@" && n >= first => out.push_str(&(n - first).to_string()),
            Ok(_) if word == "builtin" => out.push('N'),
            _ => out.push_str(&digits),
        }
        rest = &after[digits.len()..];
    }
    out + rest
}

/// A folder of its own for each test.
fn scratch(path: &Path) -> Result<PathBuf, String> {
    let root = folder("golden");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("golden").join(name(path, &root));
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    Ok(folder)
}

/// Every message of `errors` shows the place it is about.
fn places(errors: &Path) -> Result<(), String> {
    let without: Vec<String> = messages(errors)?
        .into_iter()
        .filter(|(_, message)| !message.contains("--> "))
        .map(|(path, _)| name(&path, errors))
        .collect();
    if without.is_empty() { Ok(()) } else { Err(format!("without a place: {}", without.join(", "))) }
}

/// At least 150 wrong programs, and at least 60 of 100 messages say what to do.
fn advice(errors: &Path) -> Result<(), String> {
    let messages = messages(errors)?;
    let with = messages.iter().filter(|(_, m)| m.contains("= help: ")).count();
    if messages.len() < 150 {
        return Err(format!("only {} wrong programs", messages.len()));
    }
    if with * 100 < messages.len() * 60 {
        return Err(format!("only {with} of {} messages say what to do", messages.len()));
    }
    Ok(())
}

fn messages(errors: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
        Ok((path, split(&text).into_iter().skip(1).map(|s| s.text).collect()))
    };
    files(errors, ".golden").into_iter().map(read).collect()
}
