//! `--dump`: what a program becomes on its way, for those who want to see it.

use super::{Dump, ErrorFormat, Status, answer, refuse};
use crate::engine::{self, Form, Front};
use crate::report;

/// Prints a stage of a program, of all of its functions or of those named.
pub(super) fn dump(what: Dump, mut front: Front, names: &[String], format: ErrorFormat) -> Status {
    // Tokens and tree exist for wrong programs too; seeing them helps to find out what is wrong.
    let trees = matches!(what, Dump::Tokens | Dump::Ast);
    if !trees && !front.has_errors() {
        front.build();
    }
    let broken = front.has_errors();
    if broken && !trees {
        return refuse(&front.sources, &front.findings, format);
    }
    let funcs = match engine::select(&front, if trees { &[] } else { names }) {
        Ok(funcs) => funcs,
        Err(finding) => return refuse(&front.sources, &[finding], format),
    };
    let found = report::findings(&front.sources, &front.findings, false);
    let text = match what {
        Dump::Tokens => {
            each_file(&front, |unit, text, base| syntax::dump::tokens(&unit.parsed.tokens, text, base))
        }
        Dump::Ast => {
            each_file(&front, |unit, _, _| syntax::dump::tree(&unit.parsed.ast, &front.program.names))
        }
        Dump::Mir => engine::mir_text(&front, &funcs),
        Dump::Facts => engine::facts_text(&front, names),
        Dump::Typed | Dump::Bytecode => {
            let form = if what == Dump::Typed { Form::Typed } else { Form::Bytecode };
            match engine::form_text(front, &funcs, form, format) {
                Ok(text) => {
                    report::emit(&found);
                    return answer(&text);
                }
                Err(status) => return status,
            }
        }
    };
    let written = answer(&text);
    if broken {
        return refuse(&front.sources, &front.findings, format);
    }
    report::emit(&found);
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
