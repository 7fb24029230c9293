//! What Nyash programs mean: values, the heap and its counting, operators, builtin boxes, dispatch,
//! tasks and errors.
//!
//! It knows no syntax, no MIR and no tier, and makes no OS call: everything from outside comes through
//! [`host::Host`], so the crate compiles for wasm32 (`no_std`, `alloc`).
//!
//! Start with [`value`], then [`heap`], [`ops`] and [`boxes`].
//!
//! Conventions every function here follows:
//! - a [`value::Value`] is plain data; who owns a count is said in the documentation. Unless stated
//!   otherwise **arguments are borrowed and results are owned** (one count belongs to the caller);
//! - what can fail returns [`trap::Outcome`]; a failing function has consumed nothing;
//! - nothing here calls back into Nyash code: an operation that needs it answers
//!   [`trap::Trap::Call`] and the tier performs the call in its place.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod boxes;
pub mod builtin;
pub mod class;
pub mod convert;
pub mod error;
pub mod gives;
pub mod heap;
pub mod host;
pub mod names;
pub mod number;
pub mod ops;
pub mod prelude;
pub mod rt;
pub mod scalar;
mod selectors;
pub mod shapes;
pub mod task;
pub mod trap;
pub mod value;
