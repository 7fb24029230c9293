//! `nyash run`: a program with its arguments.

use std::io::IsTerminal;
use std::path::PathBuf;
use syntax::span::SourceMap;

use super::{ErrorFormat, RunArgs, Status, dump, refuse};
use crate::engine;
use crate::load::Input;
use crate::report::{self, Finding};

pub(super) fn run(args: RunArgs) -> Status {
    let mut words = args.program.into_iter();
    let input = match args.eval {
        Some(code) => Input::Code(code),
        None => match words.next() {
            Some(file) if file != "-" => Input::File(PathBuf::from(file)),
            None if std::io::stdin().is_terminal() => {
                let finding =
                    Finding::error("there is no program to run").hint("name a file, or `-` to type it here");
                return refuse(&SourceMap::new(), &[finding], args.error_format);
            }
            _ => Input::Stdin,
        },
    };
    let mut front = engine::read(&input, &args.settings.given());
    // Arguments that are not UTF-8 reach the program with replacement characters: its strings are text.
    let words: Vec<String> = words.map(|w| w.to_string_lossy().into_owned()).collect();
    if let Some(what) = args.dump {
        return dump::dump(what, front, &words, args.error_format);
    }
    if !front.has_errors() {
        front.build();
    }
    if front.has_errors() {
        return refuse(&front.sources, &front.findings, args.error_format);
    }
    if args.error_format == ErrorFormat::Text {
        report::emit(&report::findings(&front.sources, &front.findings, false));
    }
    engine::run(front, words, args.error_format)
}
