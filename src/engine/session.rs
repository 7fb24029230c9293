//! The state behind the REPL: a program that grows input by input in a runtime that lives on. It reads no input
//! and shows no value.

use machine::Exit;
use mir::build::{self, UnitKind};
use mir::inst::{ClassIx, FuncId};
use nyrt::builtin::Owner;
use nyrt::value::{ClassId, Kind};
use std::collections::BTreeSet;
use std::path::PathBuf;
use syntax::span::{FileId, SourceMap};

use super::machine::Machine;
use super::outcome;
use crate::cli::{ErrorFormat, Status};
use crate::config::{self, Config};
use crate::load;
use crate::repl::Known;
use crate::report::{self, Finding};
use crate::settings::{self, Id};

/// A value as the REPL shows it.
#[derive(Debug)]
pub(crate) struct Value {
    /// Its text.
    pub text: String,
    /// Whether it is a String, which is shown in quotes.
    is_string: bool,
}

impl Value {
    /// With quotes and escapes where it is a String.
    pub(crate) fn shown(&self) -> String {
        if self.is_string { format!("{:?}", self.text) } else { self.text.clone() }
    }
}

/// How an input of the REPL ended.
#[derive(Debug)]
pub(crate) enum Ran {
    /// It ran; the value of its last expression, unless that is `void`.
    Value(Option<Value>),
    /// It did not run or failed; this was reported.
    Failed,
    /// The session is over.
    Stopped(Status),
}

/// A growing program.
pub(crate) struct Session {
    machine: Machine,
    config: Config,
    lax_locals: bool,
    history: Option<PathBuf>,
    inputs: usize,
    /// The functions that the last input was built into.
    last: std::ops::Range<usize>,
}

impl Session {
    /// An empty program with the settings of flags, environment and `nyash.toml`.
    pub(crate) fn new(flags: &[(Id, String)]) -> Result<Session, Status> {
        let mut sources = SourceMap::new();
        let mut program = mir::program::Program::new();
        let (config, mut findings) = config::load(None, &mut sources);
        let (settings, wrong) = settings::resolve(flags, &config.settings);
        findings.extend(wrong);
        findings.extend(super::build_prelude(&mut program, &mut sources).err());
        report::emit(&report::findings(&sources, &findings, true));
        if findings.iter().any(Finding::is_error) {
            return Err(Status::WRONG);
        }
        let history = history_file(&settings.row(Id::History).value);
        let lax_locals = settings.lax_locals;
        let machine = Machine::new(program, sources, &settings, Vec::new(), ErrorFormat::Text, None)?;
        Ok(Session { machine, config, lax_locals, history, inputs: 0, last: 0..0 })
    }

    /// Where the inputs are kept between sessions.
    pub(crate) fn history_file(&self) -> Option<PathBuf> {
        self.history.clone()
    }

    /// Builds and runs an input.
    pub(crate) fn run(&mut self, text: &str) -> Ran {
        let Some(top) = self.build(text) else { return Ran::Failed };
        let exit = self.machine.run(top);
        match exit {
            Exit::Value(value) if value.kind() == Kind::Void => self.flushed(None),
            Exit::Value(value) => {
                let is_string = value.kind() == Kind::Str;
                let text = self.machine.core.call_text(value);
                self.machine.core.release(value);
                match text {
                    Ok(text) => self.flushed(Some(Value { text, is_string })),
                    Err(exit) => self.failed(&exit),
                }
            }
            exit => self.failed(&exit),
        }
    }

    /// What the input printed is shown before its value.
    fn flushed(&mut self, value: Option<Value>) -> Ran {
        match self.machine.core.rt.host.flush() {
            Ok(()) => Ran::Value(value),
            Err(_) => Ran::Stopped(Status::PIPE),
        }
    }

    /// Errors and limits end the input, not the session.
    fn failed(&mut self, exit: &Exit) -> Ran {
        let status = outcome::judge(&mut self.machine, exit).status;
        match exit {
            Exit::Closed | Exit::Status(_) | Exit::Fault(_) => Ran::Stopped(status),
            Exit::Value(_) | Exit::Uncaught(_) | Exit::Limit(..) => Ran::Failed,
        }
    }

    /// The type of an expression's value.
    pub(crate) fn type_of(&mut self, expression: &str) -> Ran {
        // The line end keeps a comment at the end of the expression from swallowing the rest.
        self.run(&format!("({expression}\n).type_name()"))
    }

    /// The middle language of an input, or of the last one when it is the same text.
    pub(crate) fn mir_of(&mut self, text: &str, is_last: bool) -> Option<String> {
        if !is_last {
            self.build(text)?;
        }
        let program = &self.machine.core.linked.program;
        let texts: Vec<String> = self
            .last
            .clone()
            .filter_map(|i| Some((i, program.funcs.get(i)?)))
            .map(|(i, f)| {
                mir::text::print_func(program, FuncId(i as u32), f, Some(&self.machine.sources.borrow()))
            })
            .collect();
        Some(texts.join("\n"))
    }

    /// Reports an input that is not UTF-8.
    pub(crate) fn refuse(&mut self, bytes: &[u8]) {
        let shared = self.machine.sources.clone();
        let mut sources = shared.borrow_mut();
        if let Some(file) = self.add(&syntax::decode(bytes, 0).0, &mut sources) {
            // Decoded again because the position of a file is known only once it was added.
            let broken = syntax::decode(bytes, sources.file(file).base).1;
            show(&sources, &broken.map(Finding::from).into_iter().collect::<Vec<_>>());
        }
    }

    /// Adds an input to the program; reports what is wrong with it.
    fn build(&mut self, text: &str) -> Option<FuncId> {
        let shared = self.machine.sources.clone();
        self.build_in(text, &mut shared.borrow_mut())
    }

    /// Gives an input its place among the sources.
    fn add(&mut self, text: &str, sources: &mut SourceMap) -> Option<FileId> {
        self.inputs += 1;
        let file = sources.add(format!("<input {}>", self.inputs), text).ok();
        if file.is_none() {
            show(sources, &[Finding::error("the inputs exceed 4 GiB together")]);
        }
        file
    }

    fn build_in(&mut self, text: &str, sources: &mut SourceMap) -> Option<FuncId> {
        let file = self.add(text, sources)?;
        let program = &mut self.machine.core.linked.program;
        let base = sources.file(file).base;
        let parsed = syntax::parse(text, base, &mut program.names);
        let loaded = load::load_input(parsed, file, &self.config, sources, &mut program.names);
        if show(sources, &loaded.findings) {
            return None;
        }
        let units: Vec<build::Unit<'_>> = loaded
            .units
            .iter()
            .enumerate()
            .map(|(i, u)| build::Unit {
                ast: &u.parsed.ast,
                kind: if i == 0 { UnitKind::Repl } else { UnitKind::Part },
                links: &u.links,
            })
            .collect();
        let first = program.funcs.len();
        let built = build::build(program, sources, &units, &link::known(self.lax_locals));
        let findings: Vec<Finding> = built.diagnostics.into_iter().map(Finding::from).collect();
        let wrong = show(sources, &findings);
        self.machine.lints.extend(built.lints.into_iter().map(Finding::from));
        let core = &mut self.machine.core;
        core.linked.link_more(&mut core.rt);
        if wrong {
            return None;
        }
        self.last = first..core.linked.program.funcs.len();
        built.tops.first().copied()
    }

    /// What can be completed now.
    pub(crate) fn names(&self) -> Known {
        let mut out = Known::default();
        let core = &self.machine.core;
        let program = &core.linked.program;
        let text = |name| program.names.text(name).to_string();
        for (i, name) in program.globals.iter().enumerate() {
            let Some(value) = core.rt.global(i as u32) else { continue };
            if program.awaited.contains_key(name) {
                continue;
            }
            out.members.insert(text(*name), self.members_of(value.class()));
            out.names.insert(text(*name));
        }
        for name in program.functions.keys() {
            out.names.insert(text(*name));
        }
        for (name, class) in &program.class_names {
            out.members.insert(text(*name), self.members_of(core.linked.class(*class)));
            out.names.insert(text(*name));
        }
        out.names.extend(nyrt::value::BUILTIN_CLASSES.iter().map(|(_, name)| name.to_string()));
        out.names.retain(|n| !n.starts_with("__"));
        out.any_member = nyrt::builtin::rows()
            .filter(|(_, row)| matches!(row.owner, Owner::Every | Owner::Method(_)))
            .flat_map(|(_, row)| row.names.iter().map(|n| n.to_string()))
            .collect();
        out
    }

    /// Methods and fields of a class with all its parents.
    fn members_of(&self, class: ClassId) -> BTreeSet<String> {
        let core = &self.machine.core;
        let methods = core.rt.classes.method_names(class);
        let mut out: BTreeSet<String> = methods.iter().map(|n| core.rt.names.text(*n).to_string()).collect();
        let program = &core.linked.program;
        for i in 0..program.classes.len() {
            let ix = ClassIx(i as u32);
            if core.linked.class(ix) == class {
                for ancestor in program.ancestors_first(ix) {
                    let fields = &program.class(ancestor).fields;
                    out.extend(fields.iter().map(|f| program.names.text(f.name).to_string()));
                }
            }
        }
        out.retain(|n| !n.starts_with("__"));
        out
    }

    /// Ends the program: its finalizers run.
    pub(crate) fn end(mut self) -> Status {
        let status = self.machine.end(Status::OK);
        let status = self.machine.close(status);
        // The process ends, as in `engine::run`.
        std::mem::forget(self.machine);
        status
    }
}

/// Reports findings; whether there is an error among them.
fn show(sources: &SourceMap, findings: &[Finding]) -> bool {
    report::emit(&report::findings(sources, findings, false));
    findings.iter().any(Finding::is_error)
}

/// `NYASH_HISTORY`, else a file in the XDG state folder, whose folders are made.
fn history_file(chosen: &str) -> Option<PathBuf> {
    if !chosen.is_empty() {
        return Some(PathBuf::from(chosen));
    }
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    let own = state.join("nyash");
    std::fs::create_dir_all(&own).ok()?;
    Some(own.join("history"))
}
