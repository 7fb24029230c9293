//! Closed-world analysis of whole programs: what every value, field, element, parameter and result can be, what
//! functions do besides giving a result, and whose death anybody can notice.
//!
//! It works on generic MIR before anything runs and is sound without exceptions: whoever relies on a fact needs no
//! test at run time. Where it cannot know, a type is [`Ty::ANY`]. It knows the table of builtins, but no heap, no
//! layout and no tier, and it changes no program (except `specialize`, which is asked to).
//!
//! Reading order: `ty` and `ranges` (the lattice), `classes`, `graph`, `dominators`, `filled`, `stable` and `shape` (functions become a graph), `narrow`
//! (what tests say), `solve`, `transfer`, `calls`, `hub` and `named` (what instructions mean), `settled` (whether it was done, in tests), `assign` (fields before their
//! first value), `inside` (what is in containers), `circles`, `written` and `effects`, `quiet`, `facts` (the result), `print` and `words`; `containers` (what is better off as several), `alike` (what is filled alike),
//! `shares` (what copies are expected to cost), `specialize`, `known`, `copies` and `undo` (copies of it).

#![forbid(unsafe_code)]

mod alike;
mod assign;
mod calls;
mod circles;
mod classes;
mod containers;
mod copies;
mod dominators;
mod effects;
mod facts;
mod filled;
mod graph;
mod hub;
mod inside;
mod known;
mod lengths;
mod named;
mod narrow;
mod print;
mod quiet;
mod ranges;
mod recursion;
mod rows;
#[cfg(debug_assertions)]
mod settled;
mod shape;
mod shares;
mod solve;
mod specialize;
mod stable;
mod transfer;
mod ty;
mod undo;
mod words;
mod written;

use mir::inst::{ClassIx, FuncId};
use mir::program::Program;
use syntax::intern::Symbol;

pub use classes::Resolved;
pub use effects::{Does, Effects};
pub use facts::{Facts, Object};
pub use print::print;
pub use ranges::Range;
pub use specialize::specialize;
pub use ty::{Kinds, SetId, Slot, Ty};

/// What is around a program.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The functions that the runtime calls: the top-level code of the main file. What they do not reach does not
    /// exist. Their parameters can be anything.
    pub entries: Vec<FuncId>,
}

/// Analyses a program that nobody adds to any more.
pub fn analyse(program: &Program, world: &World) -> Facts {
    let mut solver = solve::Solver::new(program, None);
    solver.run(world);
    Facts::new(solver).complete(program)
}

/// What a method name means on the instances of a class.
pub fn resolve(program: &Program, class: ClassIx, name: Symbol) -> Resolved {
    classes::Classes::new(program).resolve(program, class, Some(name), program.names.text(name))
}
