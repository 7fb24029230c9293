//! Trees to functions: every piece of sugar of the language ends here.
//!
//! It resolves names, closures, boxes and control flow and gives functions over variables; [`crate::own`]
//! and [`crate::ssa`] finish them. It does not know what operators mean.

use syntax::ast::Ast;
use syntax::diag::Diagnostic;
use syntax::span::SourceMap;

use crate::inst::{Builtin, FuncId};
use crate::program::Program;

/// One source file to build.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'a> {
    /// Its tree.
    pub ast: &'a Ast,
    /// What it is.
    pub kind: UnitKind,
    /// Which unit each `include` and file-loading `using` of this file means: position of the first byte of the
    /// statement's path literal or dotted name, index into the units of the same [`build`] call.
    pub links: &'a [(u32, usize)],
}

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnitKind {
    /// The program's file: `Main.main` is started after its top-level code.
    Main,
    /// Included or used by another unit.
    Part,
    /// The runtime's own Nyash code: may extend builtin boxes and call builtin functions named `__...`.
    Prelude,
    /// One input of a REPL: top-level `local` makes a global, the last expression is the result.
    Repl,
}

/// What the runtime offers by name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Builtin boxes that `new`, `from` and `is` may name.
    pub boxes: Vec<(String, Builtin)>,
    /// Builtin functions by name: `isType`, `string.create` (opened by `using nyashstd`), `__sort` (prelude only)...
    pub functions: Vec<KnownFunction>,
}

/// A builtin function.
#[derive(Clone, Debug)]
pub struct KnownFunction {
    /// Its name.
    pub name: String,
    /// Its number.
    pub id: Builtin,
    /// Fewest arguments.
    pub min: u32,
    /// Most arguments.
    pub max: u32,
}

/// The result of [`build`].
#[derive(Debug, Default)]
pub struct Built {
    /// Top-level function of each unit, in order.
    pub tops: Vec<FuncId>,
    /// Compile errors and warnings. With an error nothing may be run.
    pub diagnostics: Vec<Diagnostic>,
    /// What is certain to fail at run time if it is reached; `nyash check` reports it.
    pub lints: Vec<Diagnostic>,
}

/// Builds all units of a program (or one more input of a REPL) into `program`.
pub fn build(program: &mut Program, sources: &SourceMap, units: &[Unit<'_>], known: &Known) -> Built {
    let _ = (program, sources, units, known);
    Built::default()
}
