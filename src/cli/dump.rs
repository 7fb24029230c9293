//! `--dump`: what a program becomes on its way, for those who want to see it.

use super::{Dump, ErrorFormat, Status, answer, refuse};
use crate::engine::{self, Front};
use crate::report;

pub(super) fn dump(what: Dump, mut front: Front, format: ErrorFormat) -> Status {
    // Tokens and tree exist for wrong programs too; seeing them helps to find out what is wrong.
    if matches!(what, Dump::Mir | Dump::Facts) && !front.has_errors() {
        front.build();
    }
    let broken = front.has_errors();
    let text = match what {
        Dump::Tokens => {
            each_file(&front, |unit, text, base| syntax::dump::tokens(&unit.parsed.tokens, text, base))
        }
        Dump::Ast => {
            each_file(&front, |unit, _, _| syntax::dump::tree(&unit.parsed.ast, &front.program.names))
        }
        Dump::Mir | Dump::Facts if broken => String::new(),
        Dump::Mir => engine::mir_text(&front),
        Dump::Facts => engine::facts_text(&front),
    };
    let written = answer(&text);
    if broken {
        return refuse(&front.sources, &front.findings, format);
    }
    report::emit(&report::findings(&front.sources, &front.findings, false));
    written
}

/// The program's own file first; the others follow under their names.
fn each_file(front: &Front, show: impl Fn(&crate::load::Unit, &str, u32) -> String) -> String {
    let mut out = String::new();
    for (i, unit) in front.loaded.units.iter().enumerate() {
        let file = front.sources.file(unit.file);
        if i > 0 {
            out.push_str(&format!("\n// {}\n", file.name));
        }
        out.push_str(&show(unit, &file.text, file.base));
        if !out.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}
