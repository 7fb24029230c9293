//! Puts a program together and runs it: the only file that names tiers.
//!
//! source -> tree -> MIR -> runtime -> tier. It renders nothing (`report`) and reads no file (`load`).

mod advice;
mod compile;
mod epochs;
mod machine;
mod outcome;
mod repeat;
mod seen;
mod session;
mod stages;
mod watch;

use mir::build::{self, UnitKind};
use mir::inst::FuncId;
use mir::program::Program;
use syntax::span::SourceMap;

use crate::cli::{ErrorFormat, Status};
use crate::config;
use crate::load::{self, Input, Loaded};
use crate::report::Finding;
use crate::settings::{self, Id, Settings};
use compile::{Analysed, ClosedProgram};
use machine::Machine;
pub(crate) use repeat::Repeated;
pub(crate) use session::{Ran, Session, Value};
pub(crate) use stages::{Form, facts_text, form_text, mir_text, select};

/// A program that was read, and then built.
#[derive(Debug)]
pub(crate) struct Front {
    /// Its files, nyash.toml included.
    pub sources: SourceMap,
    /// What it was built into.
    pub program: Program,
    /// Its trees.
    pub loaded: Loaded,
    /// Flags, environment, file.
    pub settings: Settings,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// What is certain to fail if it is reached.
    pub lints: Vec<Finding>,
    /// Top-level function of the program.
    tops: Vec<FuncId>,
    /// How many functions belong to the runtime.
    prelude_funcs: usize,
}

/// Reads a program and everything it reaches.
pub(crate) fn read(input: &Input, flags: &[(Id, String)]) -> Front {
    let mut sources = SourceMap::new();
    let mut program = Program::new();
    let (config, mut findings) = config::load(input.folder(), &mut sources);
    let (settings, wrong) = settings::resolve(flags, &config.settings);
    findings.extend(wrong);
    // First of all, so that the classes and functions of the program follow those of the runtime.
    findings.extend(build_prelude(&mut program, &mut sources).err());
    let prelude_funcs = program.funcs.len();
    // Without its configuration the program would only be misunderstood.
    let mut loaded = Loaded::default();
    if !findings.iter().any(Finding::is_error) {
        loaded = load::load(input, &config, &mut sources, &mut program.names);
        findings.append(&mut loaded.findings);
    }
    Front { sources, program, loaded, settings, findings, lints: Vec::new(), tops: Vec::new(), prelude_funcs }
}

impl Front {
    /// Whether it cannot run.
    pub(crate) fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }

    /// Trees to MIR. Only for programs without errors.
    pub(crate) fn build(&mut self) {
        let known = link::known(self.settings.lax_locals);
        for unit in &mut self.loaded.units {
            // Only dumps need them, and they are larger than the text.
            unit.parsed.tokens = Vec::new();
        }
        let units: Vec<build::Unit<'_>> = self
            .loaded
            .units
            .iter()
            .enumerate()
            .map(|(i, u)| build::Unit {
                ast: &u.parsed.ast,
                kind: if i == 0 { UnitKind::Main } else { UnitKind::Part },
                links: &u.links,
            })
            .collect();
        let built = build::build(&mut self.program, &self.sources, &units, &known);
        self.findings.extend(built.diagnostics.into_iter().map(Finding::from));
        self.lints.extend(built.lints.into_iter().map(Finding::from));
        self.tops = built.tops;
    }
}

/// Builds the runtime's own Nyash code into a program that is still empty.
fn build_prelude(program: &mut Program, sources: &mut SourceMap) -> Result<(), Finding> {
    link::build_prelude(program, sources).map_err(|wrong| {
        let what = wrong.map_or("does not fit".to_owned(), |d| format!("has an error: {}", d.title));
        Finding::error(format!("internal: the prelude {what}"))
    })
}

/// Runs a built program to its end.
pub(crate) fn run(front: Front, args: Vec<String>, format: ErrorFormat) -> Status {
    let Front { sources, program, loaded, settings, lints, tops, .. } = front;
    // The trees take more memory than everything else that is there now.
    drop(loaded);
    let Some(&top) = tops.first() else { return Status::OK };
    let (program, closed) = ClosedProgram::new(Analysed::new(program, top, &settings), &settings);
    match Machine::new(program, sources, &settings, args, format, Some(closed)) {
        Ok(mut machine) => {
            machine.lints = lints;
            let status = machine.run_to_end(top);
            // The process ends: freeing every table one by one would only take time.
            std::mem::forget(machine);
            status
        }
        Err(status) => status,
    }
}
