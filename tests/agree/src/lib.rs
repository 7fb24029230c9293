//! The differential test `agree`: random programs, run under several configurations, that all have to do the same.
//!
//! [`generate`] makes programs from numbers, [`run`] runs one with the `nyash` command and says what was seen,
//! [`judge`] compares, [`reduce`] makes a program small that keeps its difference, [`batch`] does all of it for many
//! programs at once. It knows `nyash` as a program only: what is compared is what a user sees.

#![forbid(unsafe_code)]

pub mod batch;
pub mod config;
pub mod generate;
pub mod judge;
pub mod reduce;
pub mod rng;
pub mod run;
mod worker;
