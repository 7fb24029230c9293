//! Bytes of source files: what can be read, what cannot, and how to say so.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::Path;
use syntax::codes::Code;
use syntax::hints::nearest;

use super::Input;
use crate::report::Finding;

/// The largest source file. Far above any program, far below what would make a message impossible.
const MAX_BYTES: u64 = 64 << 20;

/// Verbs that a mistyped first argument may have meant.
const VERBS: &[&str] = &["run", "check", "repl", "explain", "env", "completions", "help"];

/// Why a file was not read.
pub(super) struct Unreadable {
    pub(super) reason: String,
    pub(super) hint: Option<String>,
}

impl Unreadable {
    fn new(reason: impl Into<String>) -> Unreadable {
        Unreadable { reason: reason.into(), hint: None }
    }
    fn hint(mut self, hint: impl Into<String>) -> Unreadable {
        self.hint = Some(hint.into());
        self
    }
    fn too_large() -> Unreadable {
        Unreadable::new("a source file may have at most 64 MiB")
            .hint("keep data out of the source, for example in a file that the program reads")
    }
}

/// The reason of an input-output error in plain words.
pub(crate) fn io_reason(e: &std::io::Error) -> String {
    match e.kind() {
        ErrorKind::NotFound => "no such file".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::NotADirectory => "a part of the path is not a folder".into(),
        ErrorKind::InvalidInput => "the path contains a zero byte".into(),
        _ => e.to_string(),
    }
}

/// The bytes of the program's own source.
pub(super) fn main(input: &Input) -> Result<Vec<u8>, Box<Finding>> {
    let (name, code) = (tail(&input.name()), Code::E0503);
    let failed = |e: Unreadable| {
        let finding = Finding::error(format!("cannot read `{name}`: {}", e.reason)).code(code);
        Box::new(match e.hint {
            Some(hint) => finding.hint(hint),
            None => finding,
        })
    };
    match input {
        Input::Code(text) => Ok(text.clone().into_bytes()),
        Input::Stdin => limited(std::io::stdin().lock(), 0).map_err(failed),
        Input::File(path) => {
            let opened = File::open(path).and_then(|f| f.metadata().map(|m| (f, m)));
            let (file, metadata) = match opened {
                Ok(both) => both,
                Err(e) if e.kind() == ErrorKind::NotFound => return Err(Box::new(missing(path))),
                Err(e) => return Err(failed(Unreadable::new(io_reason(&e)))),
            };
            if metadata.is_dir() {
                let main = path.join("main.nyash");
                let e = Unreadable::new("it is a folder");
                return Err(failed(match main.is_file() {
                    true => e.hint(format!("did you mean `{}`?", main.display())),
                    false => e.hint("name the file to run"),
                }));
            }
            // Pipes and process substitution are fine here: somebody named them on the command line.
            whole(file, &metadata).map_err(failed)
        }
    }
}

/// The bytes of a file that the program names.
pub(super) fn part(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let metadata = std::fs::metadata(path).map_err(|e| Unreadable::new(io_reason(&e)))?;
    if metadata.is_dir() {
        return Err(Unreadable::new("it is a folder").hint("name a file in it"));
    }
    if !metadata.is_file() {
        // Opening a pipe or a device could wait for ever.
        return Err(Unreadable::new("it is not a regular file"));
    }
    File::open(path).map_err(|e| Unreadable::new(io_reason(&e))).and_then(|f| whole(f, &metadata))
}

/// The end of a long path: what tells it from others, and the reason still fits on the line.
fn tail(path: &str) -> String {
    const SHOWN: usize = 100;
    match path.char_indices().rev().nth(SHOWN) {
        Some((at, _)) => format!("...{}", &path[at..]),
        None => path.to_string(),
    }
}

fn whole(file: File, metadata: &Metadata) -> Result<Vec<u8>, Unreadable> {
    if metadata.len() > MAX_BYTES {
        return Err(Unreadable::too_large());
    }
    limited(file, metadata.len())
}

fn limited(reader: impl Read, expected: u64) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0) + 1);
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| Unreadable::new(io_reason(&e)))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Unreadable::too_large());
    }
    Ok(bytes)
}

/// The program's file does not exist: a slip in its name, or in a verb?
fn missing(path: &Path) -> Finding {
    let shown = tail(&path.display().to_string());
    let finding = Finding::error(format!("cannot find `{shown}`")).code(Code::E0501);
    if let Some(near) = super::resolve::near_file(path) {
        return finding.hint(format!("did you mean `{}`?", near.display()));
    }
    let verb = path.to_str().and_then(|word| nearest(word, VERBS.iter().copied()));
    match verb {
        Some(verb) => finding.hint(format!("did you mean the command `nyash {verb}`?")),
        None => finding.hint("`nyash --help` shows how to run a program"),
    }
}
