//! When functions change tiers, and what the tiers did. All of it is plain data and pure functions: it runs nothing,
//! knows no program and no tier, and reads no clock.
//!
//! `policy` decides, `reasons` is the table of why something is not promoted, `profile` is what places that are
//! not static saw, `stats` is what `--stats` shows.

#![forbid(unsafe_code)]

mod policy;
mod profile;
mod reasons;
mod stats;

pub use policy::{
    BACK_EDGE_WEIGHT, CALL_WEIGHT, Decision, Step, Thresholds, Warmth, Work, decide, first_patience,
};
pub use profile::{KindSet, Operands, Profile, Receivers};
pub use reasons::Declined;
pub use stats::{Phase, Seen, Stats, Tier};
