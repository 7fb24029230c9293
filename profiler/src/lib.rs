//! When functions change tiers, and what the tiers did. All of it is plain data and pure functions: it runs nothing,
//! knows no program and no tier, and reads no clock.
//!
//! `policy` decides, `reasons` is the table of why something is not promoted, `stats` is what `--stats` shows.

#![forbid(unsafe_code)]

mod policy;
mod reasons;
mod stats;

pub use policy::{BACK_EDGE_WEIGHT, CALL_WEIGHT, Decision, Thresholds, Warmth, decide, first_patience};
pub use reasons::Declined;
pub use stats::{Phase, Stats, Tier};
