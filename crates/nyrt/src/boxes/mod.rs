//! The builtin boxes, one file per family. Each declares its rows for the table in [`crate::builtin`] and has the
//! functions behind them.

pub(crate) mod access;
pub(crate) mod array;
pub(crate) mod bool;
pub(crate) mod buffer;
pub(crate) mod console;
pub(crate) mod datetime;
pub(crate) mod error;
pub(crate) mod float;
pub(crate) mod function;
pub(crate) mod future;
pub(crate) mod integer;
pub(crate) mod intent;
pub(crate) mod json;
pub(crate) mod map;
pub(crate) mod math;
mod natives;
pub(crate) mod prelude_fns;
pub(crate) mod random;
pub(crate) mod regex;
pub(crate) mod result;
pub(crate) mod string;
pub(crate) mod time;
pub(crate) mod universal;
pub(crate) mod user;

pub use natives::{State, Words};
