//! The programs of `docs/examples` do what their `.expected` files say, in every tier, with `.stdin` as input where
//! there is one; the README's program prints what it says; the generated pages are fresh.

mod common;

use common::{TIERS, audited, difference, files, name, run};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(60);

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples");
    let mut trials = Vec::new();
    for path in files(&root, ".nyash") {
        for tier in TIERS {
            let path = path.clone();
            let name = format!("{}::{tier}", name(&path, &root));
            trials.push(Trial::test(name, move || check(&path, tier).map_err(Failed::from)));
        }
    }
    trials.push(Trial::test("README", || readme().map_err(Failed::from)));
    trials.push(Trial::test("builtins", || {
        page("builtins.md", &nyrt::builtin::reference()).map_err(Failed::from)
    }));
    trials.push(Trial::test("instructions", || page("mir.md", &instructions()).map_err(Failed::from)));
    if trials.len() == 3 {
        trials.push(Trial::test("there are examples", || Err(Failed::from("docs/examples is empty"))));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// A generated page is what its table says; `BLESS=1` writes it.
fn page(name: &str, wanted: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(&path, wanted).map_err(|e| e.to_string());
    }
    let found = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
    if found == wanted {
        return Ok(());
    }
    Err(difference(&format!("docs/{name} (BLESS=1 writes it)"), wanted, &found))
}

/// The table of instructions as a page.
fn instructions() -> String {
    let mut out = String::from(
        "# Instructions of the middle language\n\nGenerated from the table in `crates/mir/src/inst.rs`. Those marked *early* exist \
         only while a function is built, those marked *typed* only in typed functions.\n\n| instruction | operands | gives | may | meaning |\n|---|---|---|---|---|\n",
    );
    for row in mir::inst::TABLE {
        let e = row.effects;
        let may = [
            (e.suspends(), "suspend"),
            (e.runs_user_code() && !e.suspends(), "run user code"),
            (e.throws() && !e.runs_user_code(), "throw"),
            (e.ends_block(), "end the block"),
            (e.is_early(), "*early*"),
            (e.is_typed(), "*typed*"),
        ];
        let may: Vec<&str> = may.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        let gives = format!("{:?}", row.gives).to_lowercase();
        let doc = row.doc.trim().replace('|', "\\|");
        out += &format!(
            "| `{}` | {} | {gives} | {} | {doc} |\n",
            row.mnemonic,
            row.operands.join(", "),
            may.join(", ")
        );
    }
    out
}

/// The program in the README prints what its comments say.
fn readme() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("README.md")).map_err(|e| e.to_string())?;
    let block = text.split_once("```nyash\n").and_then(|(_, rest)| rest.split_once("```"));
    let (program, _) = block.ok_or("the README shows no program")?;
    let expected: String =
        program.lines().filter_map(|l| l.split_once("// ")).map(|(_, said)| format!("{said}\n")).collect();
    let ended = run(audited(root).arg("-"), program.as_bytes(), DEADLINE);
    if ended.out() == expected && ended.code == Some(0) {
        return Ok(());
    }
    Err(format!("{}\n{}", difference("standard output", &expected, &ended.out()), ended.err()))
}

fn check(path: &Path, tier: &str) -> Result<(), String> {
    let read = |ending: &str| std::fs::read_to_string(path.with_extension(ending));
    let expected = read("expected").map_err(|e| format!("the file with the expected output: {e}"))?;
    let stdin = read("stdin").unwrap_or_default();
    let folder = path.parent().ok_or("no folder")?;
    let mut command = audited(folder);
    command.arg(format!("--tier={tier}")).args(path.file_name());
    let ended = run(&mut command, stdin.as_bytes(), DEADLINE);
    if ended.late {
        return Err(format!("still running after {DEADLINE:?}"));
    }
    if ended.out() != expected {
        return Err(format!("{}\n{}", difference("standard output", &expected, &ended.out()), ended.err()));
    }
    match ended.code {
        Some(0) => Ok(()),
        code => Err(format!("exit code {code:?}\n{}", ended.err())),
    }
}
