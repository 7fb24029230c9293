//! The columns: tiers of this executable, other languages found on PATH, the C compiler; and the command that runs a
//! program in one of them. It measures nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use syntax::hints::nearest;

use super::programs::{Group, Program};
use crate::report::Finding;

/// What a column runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// This executable with `--tier`.
    Tier,
    /// JavaScript.
    Js,
    /// Lua.
    Lua,
    /// Python.
    Python,
    /// C, compiled before it is measured.
    C,
}

/// A column of the report.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Its heading.
    pub name: String,
    /// What it runs.
    pub kind: Kind,
    /// The executable, or the compiler.
    pub program: PathBuf,
    /// What comes before the program's file.
    pub args: Vec<OsString>,
    /// What it says about itself, one line.
    pub version: String,
}

/// Where files are.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The folder `benches` of the repository.
    pub benches: PathBuf,
    /// A checkout of are-we-fast-yet.
    pub suite: Option<PathBuf>,
    /// Where compiled C goes.
    pub scratch: Option<Scratch>,
}

/// A peer that may be there.
struct Peer {
    /// Its name in options.
    id: &'static str,
    /// Its heading.
    name: &'static str,
    executable: &'static str,
    args: &'static [&'static str],
    kind: Kind,
    version: &'static str,
}

const PEERS: &[Peer] = &[
    Peer { id: "node", name: "node", executable: "node", args: &[], kind: Kind::Js, version: "--version" },
    Peer { id: "bun", name: "bun", executable: "bun", args: &[], kind: Kind::Js, version: "--version" },
    Peer { id: "luajit", name: "luajit", executable: "luajit", args: &[], kind: Kind::Lua, version: "-v" },
    Peer {
        id: "luajit-joff",
        name: "luajit -joff",
        executable: "luajit",
        args: &["-joff"],
        kind: Kind::Lua,
        version: "-v",
    },
    Peer { id: "lua5.4", name: "lua5.4", executable: "lua5.4", args: &[], kind: Kind::Lua, version: "-v" },
    // -B: nothing is written into folders of others.
    Peer {
        id: "pypy3",
        name: "pypy3",
        executable: "pypy3",
        args: &["-B"],
        kind: Kind::Python,
        version: "--version",
    },
    Peer {
        id: "python3",
        name: "python3",
        executable: "python3",
        args: &["-B"],
        kind: Kind::Python,
        version: "--version",
    },
    Peer { id: "cc", name: "cc -O2", executable: "cc", args: &[], kind: Kind::C, version: "--version" },
];

/// The names of all peers.
pub(crate) fn peer_names() -> impl Iterator<Item = &'static str> + Clone {
    PEERS.iter().map(|p| p.id)
}

/// A column per tier.
pub(crate) fn tiers(names: &[&str]) -> std::io::Result<Vec<Column>> {
    let own = std::env::current_exe()?;
    let column = |name: &&str| Column {
        name: (*name).to_string(),
        kind: Kind::Tier,
        program: own.clone(),
        args: vec!["run".into(), format!("--tier={name}").into()],
        version: concat!("nyash ", env!("CARGO_PKG_VERSION")).into(),
    };
    Ok(names.iter().map(column).collect())
}

/// The peers that are wanted and there, and the names of those that are not there. `all` wants every one.
pub(crate) fn peers(wanted: &[String]) -> Result<(Vec<Column>, Vec<&'static str>), Finding> {
    if let Some(strange) = wanted.iter().find(|w| *w != "all" && !peer_names().any(|p| p == w.as_str())) {
        let all = peer_names().collect::<Vec<_>>().join(", ");
        let finding = Finding::error(format!("there is no peer `{strange}`"));
        return Err(match nearest(strange, peer_names()) {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding.hint(format!("the peers are {all}")),
        });
    }
    let (mut there, mut absent) = (Vec::new(), Vec::new());
    for peer in PEERS.iter().filter(|p| wanted.iter().any(|w| w == "all" || w == p.id)) {
        match on_path(peer.executable) {
            Some(program) => there.push(column(peer, program)),
            None => absent.push(peer.name),
        }
    }
    Ok((there, absent))
}

fn column(peer: &Peer, found: PathBuf) -> Column {
    // What is on PATH may be a script that looks for the real one first, and that is not what is to be measured.
    let real = match peer.kind {
        Kind::Python => said(&found, &["-c", "import sys; print(sys.executable)"]).map(PathBuf::from),
        _ => None,
    };
    let program = real.filter(|p| p.is_file()).unwrap_or(found);
    let version = said(&program, &[peer.version]).unwrap_or_default();
    let args = peer.args.iter().map(OsString::from).collect();
    Column { name: peer.name.into(), kind: peer.kind, program, args, version }
}

/// The first line that a command prints.
fn said(program: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Some(String::from_utf8_lossy(&text).lines().next()?.trim().to_string())
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|p| is_executable(p))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// The command that runs a program in a column, or why there cannot be one. Nothing when the program does not exist in
/// that language.
pub(crate) fn command(
    program: &Program,
    column: &Column,
    places: &Places,
) -> Option<Result<Command, String>> {
    let amount = program.amount.map(|a| (a.size.to_string(), a.iterations.to_string()));
    let (size, iterations) = amount.unwrap_or_default();
    let mut command = Command::new(&column.program);
    command.args(&column.args);
    match (program.group, column.kind) {
        (Group::File, Kind::Tier) => {
            command.arg(&program.file);
        }
        (Group::Kernels, Kind::Tier) => {
            let file = format!("{}.nyash", program.name);
            command.arg(places.benches.join("programs/kernels").join(file)).args([size, iterations]);
        }
        (Group::Awfy, Kind::Tier) => {
            command.arg(places.benches.join("programs/awfy/harness.nyash"));
            command.args([&program.name, &iterations, &size]);
        }
        (Group::Kernels, Kind::C) => {
            let built = compiled(&program.name, &column.program, places);
            return Some(built.map(|executable| {
                let mut command = Command::new(executable);
                command.args([size, iterations]);
                command
            }));
        }
        (Group::Kernels, kind) => {
            let (folder, ending) = match kind {
                Kind::Js => ("js", "js"),
                Kind::Lua => ("lua", "lua"),
                _ => ("python", "py"),
            };
            // Lua looks for the harness in the working folder.
            command.current_dir(places.benches.join("peers").join(folder));
            command.arg(format!("{}.{ending}", program.name)).args([size, iterations]);
        }
        (Group::Awfy, kind) => {
            let (folder, harness) = harness(kind)?;
            command.current_dir(places.suite.as_ref()?.join("benchmarks").join(folder));
            command.args([harness, &program.name, &iterations, &size]);
        }
        (Group::File, _) => return None,
    }
    Some(Ok(command))
}

/// The folder of a language in the suite, and its harness.
fn harness(kind: Kind) -> Option<(&'static str, &'static str)> {
    match kind {
        Kind::Js => Some(("JavaScript", "harness.js")),
        Kind::Lua => Some(("Lua", "harness.lua")),
        Kind::Python => Some(("Python", "harness.py")),
        Kind::Tier | Kind::C => None,
    }
}

/// A checkout of the suite, as an absolute path.
pub(crate) fn suite(folder: &Path) -> Result<PathBuf, Finding> {
    for kind in [Kind::Js, Kind::Lua, Kind::Python] {
        let Some((language, harness)) = harness(kind) else { continue };
        let file = Path::new("benchmarks").join(language).join(harness);
        if !folder.join(&file).is_file() {
            let what = format!("`{}` is no checkout of are-we-fast-yet", folder.display());
            return Err(Finding::error(format!("{what}: there is no {}", file.display()))
                .hint("git clone https://github.com/smarr/are-we-fast-yet, and name that folder"));
        }
    }
    absolute(folder)
}

/// The folder `benches`: the given one, or that of the checkout we are in.
pub(crate) fn benches(given: Option<&Path>) -> Result<PathBuf, Finding> {
    let is_it = |folder: &Path| folder.join("programs/kernels/harness.nyash").is_file();
    if let Some(folder) = given {
        if is_it(folder) {
            return absolute(folder);
        }
        let what = format!("`{}` has no programs/kernels/harness.nyash", folder.display());
        return Err(Finding::error(what).hint("--benches is the folder `benches` of the repository of nyash"));
    }
    let here = absolute(Path::new("."))?;
    here.ancestors().map(|a| a.join("benches")).find(|f| is_it(f)).ok_or_else(|| {
        Finding::error("the programs to measure are not here")
            .hint("run it in a checkout of the repository of nyash, or name its folder with --benches")
            .hint("a program of your own needs neither: `nyash bench ./program.nyash`")
    })
}

fn absolute(folder: &Path) -> Result<PathBuf, Finding> {
    folder.canonicalize().map_err(|e| {
        Finding::error(format!("cannot read `{}`: {}", folder.display(), crate::load::io_reason(&e)))
    })
}

/// A folder for what is compiled; it goes with this value.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A new folder among the temporary files.
    pub(crate) fn new() -> Result<Scratch, Finding> {
        let folder = std::env::temp_dir().join(format!("nyash-bench-{}", std::process::id()));
        match std::fs::create_dir(&folder) {
            Ok(()) => Ok(Scratch(folder)),
            Err(e) => Err(Finding::error(format!("cannot make the folder `{}`: {e}", folder.display()))),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is a temporary file like others.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The executable of a kernel in C, compiled when it is asked for the first time.
fn compiled(name: &str, compiler: &Path, places: &Places) -> Result<PathBuf, String> {
    let scratch = places.scratch.as_ref().ok_or("there is no folder to compile to")?;
    let executable = scratch.0.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if executable.exists() {
        return Ok(executable);
    }
    let output = Command::new(compiler)
        // Without contraction floats are the same as everywhere else.
        .args(["-O2", "-ffp-contract=off", "-o"])
        .arg(&executable)
        .arg(places.benches.join("peers/c").join(format!("{name}.c")))
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("the compiler does not start: {e}"))?;
    if output.status.success() {
        return Ok(executable);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let error = said.lines().find(|l| l.contains("error")).or_else(|| said.lines().next());
    Err(format!("it does not compile: {}", error.unwrap_or("the compiler says nothing")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier() -> Column {
        let args = vec!["run".into(), "--tier=interp".into()];
        Column {
            name: "interp".into(),
            kind: Kind::Tier,
            program: "nyash".into(),
            args,
            version: String::new(),
        }
    }

    fn words(name: &str, column: &Column, places: &Places) -> Option<(Vec<String>, Option<String>)> {
        let program = super::super::programs::select(&[name.to_string()], false).expect("known").remove(0);
        let command = command(&program, column, places)?.expect("a command");
        let words = command.get_args().map(|a| a.to_string_lossy().replace('\\', "/")).collect();
        Some((words, command.get_current_dir().map(|d| d.to_string_lossy().replace('\\', "/"))))
    }

    #[test]
    fn tiers_run_the_programs_of_the_repository() {
        let places = Places { benches: "b".into(), ..Places::default() };
        let (kernel, _) = words("fib=20x3", &tier(), &places).expect("runs");
        assert_eq!(kernel, ["run", "--tier=interp", "b/programs/kernels/fib.nyash", "20", "3"]);
        let (awfy, _) = words("NBody=1x7", &tier(), &places).expect("runs");
        assert_eq!(awfy, ["run", "--tier=interp", "b/programs/awfy/harness.nyash", "NBody", "7", "1"]);
    }

    #[test]
    fn peers_run_the_suite_only_when_it_is_named() {
        let lua = Column { kind: Kind::Lua, args: vec!["-joff".into()], ..tier() };
        let mut places = Places { benches: "b".into(), ..Places::default() };
        assert_eq!(words("NBody", &lua, &places), None);
        places.suite = Some("s".into());
        let (args, folder) = words("NBody=1x7", &lua, &places).expect("runs");
        assert_eq!(args, ["-joff", "harness.lua", "NBody", "7", "1"]);
        assert_eq!(folder.as_deref(), Some("s/benchmarks/Lua"));
        let (args, folder) = words("fib=20x3", &lua, &places).expect("runs");
        assert_eq!(args, ["-joff", "fib.lua", "20", "3"]);
        assert_eq!(folder.as_deref(), Some("b/peers/lua"));
    }

    #[test]
    fn peers_are_named_in_the_table() {
        let wrong = peers(&["noode".to_string()]).expect_err("refused");
        assert_eq!(wrong.hints, ["did you mean `node`?"]);
        assert!(peers(&[]).expect("none").0.is_empty());
    }
}
