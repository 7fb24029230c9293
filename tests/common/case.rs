//! Cases of `tests/cli`: how they are written, the files they need, and blessing. It judges nothing.
//!
//! ```text
//! === name of the case
//! # what it shows
//! $ nyash --fuel 10 loop.nyash 'an argument'
//! env: NYASH_TIMEOUT=1          a variable
//! stdin: text\n                 standard input; escapes \n \t \\ \xNN; repeatable
//! keep open: yes                standard input does not end
//! within: 5                     seconds, default 10
//! stdout to: /dev/full          standard output is this file
//! hang up after: 1              read so many lines of standard output, then close it
//! repeat: FILE 1000 text        append the text so many times to a file (`-` is standard input)
//! append: FILE text             append the text once
//! folder: NAME                  make a folder
//! mode: FILE 000                set permissions; the case is skipped for root
//! link: NAME TARGET             make a symbolic link
//! --- file NAME                 a file, its text follows
//! --- stdout                    what is expected; `...` any lines, `[..]` any characters
//! --- stderr
//! --- exit 2                    or `0|141` where both are right
//! ```

#![allow(unreachable_pub, reason = "a module of a harness")]

use crate::common::Ended;
use crate::sections::{Section, join, split};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One call of the command.
#[derive(Default)]
pub struct Case {
    pub name: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub stdin: Vec<u8>,
    pub within: Duration,
    pub read_only: Option<usize>,
    pub keep_open: bool,
    pub stdout_to: Option<String>,
    pub not_as_root: bool,
    pub stdout: String,
    pub stderr: String,
    pub exit: String,
    /// What is wrong with the case itself.
    pub problem: Option<String>,
    steps: Vec<Step>,
}

enum Step {
    Append { file: String, bytes: Vec<u8>, times: usize },
    Folder(String),
    Mode(String, u32),
    Link(String, String),
}

/// The cases of a file.
pub fn parse(text: &str) -> Vec<Case> {
    pieces(text).iter().map(|piece| parse_one(piece)).collect()
}

/// The texts of the cases, each with its heading.
fn pieces(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("=== ") {
            out.push(String::new());
        }
        if let Some(last) = out.last_mut() {
            last.push_str(line);
        }
    }
    out
}

fn parse_one(text: &str) -> Case {
    let mut case = Case { within: Duration::from_secs(10), exit: "0".into(), ..Case::default() };
    for section in split(text) {
        match section.heading.split_once(' ').unwrap_or((&section.heading, "")) {
            ("", _) => {
                for line in section.text.lines() {
                    if let Err(problem) = header(&mut case, line) {
                        case.problem = Some(problem);
                    }
                }
            }
            ("file", name) => {
                case.steps.push(Step::Append {
                    file: name.into(),
                    bytes: section.text.into_bytes(),
                    times: 1,
                });
            }
            ("stdout", _) => case.stdout = section.text,
            ("stderr", _) => case.stderr = section.text,
            ("exit", code) => case.exit = code.into(),
            (other, _) => case.problem = Some(format!("unknown section `{other}`")),
        }
    }
    case
}

fn header(case: &mut Case, line: &str) -> Result<(), String> {
    if line.trim().is_empty() || line.starts_with("# ") {
        return Ok(());
    }
    if let Some(name) = line.strip_prefix("=== ") {
        case.name = name.trim().into();
        return Ok(());
    }
    if let Some(command) = line.strip_prefix("$ nyash") {
        case.args = words(command);
        return Ok(());
    }
    let (key, value) = line.split_once(": ").ok_or_else(|| format!("cannot read `{line}`"))?;
    let (first, rest) = value.split_once(' ').unwrap_or((value, ""));
    let number = |text: &str| text.parse::<usize>().map_err(|_| format!("`{text}` is no number"));
    match key {
        "env" => {
            let (name, value) = value.split_once('=').ok_or("env needs NAME=VALUE")?;
            case.env.push((name.into(), value.into()));
        }
        "stdin" => case.stdin.extend(unescape(value)),
        "within" => case.within = Duration::from_secs(number(value)? as u64),
        "keep open" => case.keep_open = value == "yes",
        "stdout to" => case.stdout_to = Some(value.into()),
        "hang up after" => case.read_only = Some(number(value)?),
        "repeat" => {
            let (count, text) = rest.split_once(' ').ok_or("repeat needs FILE COUNT TEXT")?;
            let (bytes, times) = (unescape(text), number(count)?);
            match first {
                "-" => case.stdin.extend(bytes.repeat(times)),
                _ => case.steps.push(Step::Append { file: first.into(), bytes, times }),
            }
        }
        "append" => case.steps.push(Step::Append { file: first.into(), bytes: unescape(rest), times: 1 }),
        "folder" => case.steps.push(Step::Folder(value.into())),
        "mode" => {
            let mode = u32::from_str_radix(rest, 8).map_err(|e| e.to_string())?;
            case.steps.push(Step::Mode(first.into(), mode));
            case.not_as_root = true;
        }
        "link" => case.steps.push(Step::Link(first.into(), rest.into())),
        _ => return Err(format!("unknown header `{key}`")),
    }
    Ok(())
}

/// Words of a command line; both kinds of quotes hold a word together.
fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => out.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    out
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&kind, after)) = rest.split_first() else { break };
        rest = after;
        match kind {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'x' => {
                let (digits, after) = rest.split_at(rest.len().min(2));
                rest = after;
                let value = std::str::from_utf8(digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
                out.extend(value);
            }
            other => out.push(other),
        }
    }
    out
}

impl Case {
    /// Makes the files of the case.
    pub fn prepare(&self, folder: &Path) -> Result<(), String> {
        self.steps.iter().try_for_each(|step| step.perform(folder)).map_err(|e| e.to_string())
    }
}

impl Step {
    fn perform(&self, folder: &Path) -> std::io::Result<()> {
        match self {
            Step::Append { file, bytes, times } => {
                let path = folder.join(file);
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                let mut out = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
                // Large files in large pieces.
                let per_piece = (1 << 16) / bytes.len().max(1) + 1;
                let piece = bytes.repeat(per_piece.min(*times));
                for _ in 0..times / per_piece {
                    out.write_all(&piece)?;
                }
                out.write_all(&bytes.repeat(times % per_piece))
            }
            Step::Folder(name) => std::fs::create_dir_all(folder.join(name)),
            Step::Mode(name, mode) => {
                use std::os::unix::fs::PermissionsExt;
                std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(*mode))
            }
            Step::Link(name, target) => std::os::unix::fs::symlink(target, folder.join(name)),
        }
    }
}

/// Runs a command whose reader goes away after some lines.
pub fn run_and_hang_up(command: &mut Command, lines: usize, within: Duration) -> Ended {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary under test starts");
    let mut stdout = String::new();
    {
        let mut reader = BufReader::with_capacity(1, child.stdout.take().expect("piped"));
        for _ in 0..lines {
            let _ = reader.read_line(&mut stdout);
        }
    }
    let start = Instant::now();
    let (code, late) = loop {
        if let Some(status) = child.try_wait().expect("the process can be waited for") {
            break (status.code(), false);
        }
        if start.elapsed() > within {
            let _ = child.kill();
            let _ = child.wait();
            break (None, true);
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let mut stderr = Vec::new();
    let _ = child.stderr.take().expect("piped").read_to_end(&mut stderr);
    Ended { stdout: stdout.into_bytes(), stderr, code, late }
}

/// Runs a command whose standard output is a file that exists.
pub fn run_into(command: &mut Command, case: &Case) -> Result<Ended, String> {
    let path = case.stdout_to.as_deref().unwrap_or("/dev/null");
    let file = std::fs::OpenOptions::new().write(true).open(path).map_err(|e| e.to_string())?;
    let output = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(Stdio::piped())
        .output()
        .map_err(|e| e.to_string())?;
    Ok(Ended { stdout: Vec::new(), stderr: output.stderr, code: output.status.code(), late: false })
}

/// Writes what was found into the file.
pub fn bless(path: &Path, index: usize, stdout: &str, stderr: &str, exit: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let start = text.find("=== ").unwrap_or(0);
    let mut pieces = pieces(&text);
    let Some(piece) = pieces.get_mut(index) else { return Err("the file has changed".into()) };
    let is_input = |s: &Section| s.heading.is_empty() || s.heading.starts_with("file ");
    let mut sections: Vec<Section> = split(piece).into_iter().filter(is_input).collect();
    if let Some(last) = sections.last_mut() {
        last.text = format!("{}\n", last.text.trim_end());
    }
    for (heading, text) in [("stdout", stdout), ("stderr", stderr)] {
        if !text.is_empty() {
            sections.push(Section { heading: heading.into(), text: text.into() });
        }
    }
    sections.push(Section { heading: format!("exit {exit}"), text: "\n".into() });
    *piece = join(&sections);
    let all = format!("{}{}", &text[..start], pieces.concat());
    std::fs::write(path, all.trim_end().to_string() + "\n").map_err(|e| e.to_string())
}
