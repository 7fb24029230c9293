//! What the runtime offers by name, for the builder; and the runtime's own Nyash code as part of a program.
//! It links nothing.

use mir::build::{self, Known, KnownFunction, Unit, UnitKind};
use mir::inst::Builtin;
use mir::program::Program;
use nyrt::builtin::Owner;
use nyrt::value::class_id;
use syntax::diag::Diagnostic;
use syntax::span::SourceMap;

/// The name of the runtime's own source among the files of a program.
pub const PRELUDE: &str = "<prelude>";

/// Builtin boxes and functions.
pub fn known(lax_locals: bool) -> Known {
    let boxes = nyrt::value::BUILTIN_CLASSES
        .iter()
        .filter(|(id, _)| *id != class_id::CELL)
        .map(|(id, name)| (name.to_string(), Builtin(id.0)))
        .collect();
    let mut functions = Vec::new();
    for (id, row) in
        nyrt::builtin::rows().filter(|(_, r)| matches!(r.owner, Owner::Function | Owner::External))
    {
        functions.extend(row.names.iter().map(|name| KnownFunction {
            name: name.to_string(),
            id: Builtin(u32::from(id.0)),
            min: row.min() as u32,
            max: row.max() as u32,
        }));
    }
    Known { boxes, functions, lax_locals }
}

/// Builds the runtime's own Nyash code into a program that is still empty. What is wrong with it is a fault of
/// ours: nothing (`None`) when the source map is full.
pub fn build_prelude(program: &mut Program, sources: &mut SourceMap) -> Result<(), Option<Diagnostic>> {
    let file = sources.add(PRELUDE, nyrt::prelude::SOURCE).map_err(|_| None)?;
    let source = sources.file(file);
    let parsed = syntax::parse(&source.text, source.base, &mut program.names);
    let unit = Unit { ast: &parsed.ast, kind: UnitKind::Prelude, links: &[] };
    let built = build::build(program, sources, &[unit], &known(false));
    let wrong = parsed.diagnostics.into_iter().chain(built.diagnostics).next();
    wrong.map_or(Ok(()), |d| Err(Some(d)))
}
