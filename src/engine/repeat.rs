//! Runs one program many times, each time in a runtime of its own and under other settings. What is known of the
//! program before it runs is found once for all runs that want to know the same. It does not know why they are wanted.

use super::compile::{Analysed, ClosedProgram};
use super::machine::Machine;
use super::{Front, read};
use crate::cli::{ErrorFormat, Status};
use crate::load::Input;
use crate::report;
use crate::settings::{self, Id};

/// A program that was read.
pub(crate) struct Repeated {
    front: Front,
    /// With specialized containers, and without.
    analysed: [Option<Analysed>; 2],
}

impl Repeated {
    /// Reads and builds a program.
    pub(crate) fn new(input: &Input) -> Repeated {
        let mut front = read(input, &[]);
        if !front.has_errors() {
            front.build();
        }
        Repeated { front, analysed: [None, None] }
    }

    /// Runs it to its end, or says what is wrong with it. How names are resolved was settled when it was built.
    pub(crate) fn run(&mut self, flags: &[(Id, String)]) -> Status {
        let front = &self.front;
        report::emit(&report::findings(&front.sources, &front.findings, false));
        if front.has_errors() {
            return Status::WRONG;
        }
        let (settings, _) = settings::resolve(flags, &[]);
        let Some(&top) = front.tops.first() else { return Status::OK };
        let [specialized, plain] = &mut self.analysed;
        let analysed = if settings.specialize { specialized } else { plain }
            .get_or_insert_with(|| Analysed::new(front.program.clone(), top, &settings))
            .clone();
        let (program, closed) = ClosedProgram::new(analysed, &settings);
        let sources = front.sources.clone();
        match Machine::new(program, sources, &settings, Vec::new(), ErrorFormat::Text, Some(closed)) {
            Ok(mut machine) => {
                machine.lints.clone_from(&front.lints);
                machine.run_to_end(top)
            }
            Err(status) => status,
        }
    }
}
