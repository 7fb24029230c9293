//! `nyash serve`: runs programs one after another in one process, each under the settings that come with the request.
//! For `tests/agree`, whose programs are so short that starting processes and reading them again would take nearly
//! all of the time. What a run shows is what `nyash run FILE` shows with the same variables; `agree` compares that, too.
//!
//! Requests are lines of standard input: `read FILE`, then `run NAME=VALUE ...` as often as wanted. A `run` is answered
//! with `EXIT-CODE OUTPUT-BYTES ERROR-BYTES`, a line end, and these bytes. The end of the requests ends the process.

use host::streams;
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use syntax::span::SourceMap;

use super::{ErrorFormat, Status, refuse};
use crate::engine::Repeated;
use crate::load::Input;
use crate::report::Finding;
use crate::settings::{self, Id};

pub(super) fn serve() -> Status {
    match requests() {
        Ok(()) => Status::OK,
        Err(what) => refuse(&SourceMap::new(), &[Finding::error(what)], ErrorFormat::Text),
    }
}

fn requests() -> Result<(), String> {
    let mut program = None;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|e| e.to_string())?;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match (verb, &mut program) {
            ("read", program) => *program = Some(Repeated::new(&Input::File(PathBuf::from(rest)))),
            ("run", Some(program)) => {
                let flags = rest.split_ascii_whitespace().map(settings::given).collect::<Result<_, _>>()?;
                answer(program, flags).map_err(|e| e.to_string())?;
            }
            ("run", None) => return Err("there is no program to run".into()),
            _ => return Err(format!("there is no request `{verb}`")),
        }
    }
    Ok(())
}

/// Runs a program and tells what it wrote.
fn answer(program: &mut Repeated, flags: Vec<(Id, String)>) -> io::Result<()> {
    let (status, written) = streams::captured(|| {
        // As `main` does: a panic ends the run, not those that come.
        catch_unwind(AssertUnwindSafe(|| program.run(&flags))).unwrap_or(Status::INTERNAL)
    });
    let mut out = io::stdout().lock();
    let head = format!("{} {} {}\n", status.0, written.out.len(), written.err.len());
    out.write_all(&[head.as_bytes(), &written.out, &written.err].concat())?;
    out.flush()
}
