//! The middle language: one table of instructions, functions in SSA form with block parameters, the
//! builder that turns trees into it, and the passes that finish it.
//!
//! It knows syntax trees, but no value representation, no heap and no tier. All sugar of the language
//! ends in [`build`]; counting is placed in [`own`] and nowhere else; [`ssa`] turns variables into
//! values.
//!
//! Typed MIR is the same with a representation for every value ([`types`]); tiers/lower makes it.
//!
//! Reading order: [`inst`] (what there is), [`func`], [`program`], [`build`], [`own`], [`ssa`],
//! [`text`], [`verify`].

#![forbid(unsafe_code)]

pub mod build;
mod draft;
pub mod expected;
pub mod func;
pub mod groups;
pub mod inst;
pub mod loops;
pub mod operand;
mod own;
pub mod program;
mod ssa;
pub mod text;
pub mod tree;
pub mod types;
pub mod verify;
