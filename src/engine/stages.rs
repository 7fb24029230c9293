//! What a built program becomes on its way to a tier, as text: for `--dump` and for nobody else. It runs nothing.

use mir::inst::FuncId;
use syntax::hints::nearest;

use super::Front;
use super::compile::{Analysed, ClosedProgram};
use super::machine::Machine;
use crate::cli::{ErrorFormat, Status};
use crate::report::Finding;

/// A function in one of the forms that it takes, or why it has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Typed MIR.
    Typed,
    /// Instructions of the VM.
    Bytecode,
}

/// The functions of these names, or all of the program's own.
pub(crate) fn select(front: &Front, names: &[String]) -> Result<Vec<FuncId>, Finding> {
    let program = &front.program;
    let name = |i: usize| program.names.text(program.funcs[i].name);
    let own = front.prelude_funcs..program.funcs.len();
    if names.is_empty() {
        return Ok(own.map(|i| FuncId(i as u32)).collect());
    }
    let mut found = Vec::new();
    for wanted in names {
        let before = found.len();
        found.extend(own.clone().filter(|i| name(*i) == wanted).map(|i| FuncId(i as u32)));
        if found.len() == before {
            let finding = Finding::error(format!("the program has no function `{wanted}`"));
            return Err(match nearest(wanted, own.map(name)) {
                Some(near) => finding.hint(format!("did you mean `{near}`?")),
                None => finding.hint("methods are called `Box.method`, the program itself `<top>`"),
            });
        }
    }
    Ok(found)
}

/// The middle language of functions.
pub(crate) fn mir_text(front: &Front, funcs: &[FuncId]) -> String {
    let program = &front.program;
    join(funcs.iter().map(|id| mir::text::print_func(program, *id, program.func(*id), Some(&front.sources))))
}

/// What is known of a built program before it runs, with the copies that a run makes: of all of it, or of some functions
/// only.
pub(crate) fn facts_text(front: &Front, names: &[String]) -> String {
    let Some(&top) = front.tops.first() else { return String::new() };
    let analysed = Analysed::new(front.program.clone(), top, &front.settings);
    match names {
        [] => analysed.facts_text(&front.sources, None),
        _ => join(names.iter().map(|name| analysed.facts_text(&front.sources, Some(name)))),
    }
}

/// Functions in a form that they have in a tier, with the copies that were made of them behind.
pub(crate) fn form_text(
    front: Front,
    funcs: &[FuncId],
    form: Form,
    format: ErrorFormat,
) -> Result<String, Status> {
    let Front { sources, program, settings, tops, .. } = front;
    let names: Vec<_> = funcs.iter().map(|id| program.func(*id).name).collect();
    let before = program.funcs.len();
    let Some(&top) = tops.first() else { return Ok(String::new()) };
    let (program, closed) = ClosedProgram::new(Analysed::new(program, top, &settings), &settings);
    let mut machine = Machine::new(program, sources, &settings, Vec::new(), format, Some(closed))?;
    let program = &machine.core.linked.program;
    let copies = (before..program.funcs.len()).map(|i| FuncId(i as u32));
    let copies = copies.filter(|id| names.contains(&program.func(*id).name));
    let all: Vec<FuncId> = funcs.iter().copied().chain(copies).collect();
    Ok(join(all.into_iter().map(|id| machine.form(id, form))))
}

/// Texts with an empty line between them.
fn join(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join("\n")
}
