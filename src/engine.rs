//! Puts a program together and runs it: the only file that names tiers.
//!
//! source -> tree -> MIR -> runtime -> tier. It renders nothing (`report`) and reads no file (`load`).

use mir::build::{self, Known, UnitKind};
use mir::program::Program;
use syntax::span::SourceMap;

use crate::cli::{ErrorFormat, Status};
use crate::config::{self, Config};
use crate::load::{self, Input, Loaded};
use crate::report::Finding;
use crate::settings::{self, Id, Settings};

/// A program that was read, and then built.
#[derive(Debug)]
pub(crate) struct Front {
    /// Its files, nyash.toml included.
    pub sources: SourceMap,
    /// What it was built into.
    pub program: Program,
    /// Its trees.
    pub loaded: Loaded,
    /// `nyash.toml`
    pub config: Config,
    /// Flags, environment, file.
    pub settings: Settings,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// What is certain to fail if it is reached.
    pub lints: Vec<Finding>,
    /// Top-level function of the program.
    tops: Vec<mir::inst::FuncId>,
}

/// Reads a program and everything it reaches.
pub(crate) fn read(input: &Input, flags: &[(Id, String)]) -> Front {
    let mut sources = SourceMap::new();
    let mut program = Program::new();
    let (config, mut findings) = config::load(input.folder(), &mut sources);
    let (settings, wrong) = settings::resolve(flags, &config.settings);
    findings.extend(wrong);
    let mut loaded = load::load(input, &config, &mut sources, &mut program.names);
    findings.append(&mut loaded.findings);
    Front { sources, program, loaded, config, settings, findings, lints: Vec::new(), tops: Vec::new() }
}

impl Front {
    /// Whether it cannot run.
    pub(crate) fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }

    /// Trees to MIR. Only for programs without errors.
    pub(crate) fn build(&mut self) {
        let mut known = Known::default();
        known.lax_locals = self.settings.lax_locals;
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

/// The middle language of a built program.
pub(crate) fn mir_text(_front: &Front) -> String {
    String::new()
}

/// Runs a built program.
pub(crate) fn run(_front: Front, _args: Vec<String>, _format: ErrorFormat) -> Status {
    Status::OK
}
