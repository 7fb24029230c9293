//! Operators and builtin boxes through the public interface of the crate, without a tier: user boxes are made by
//! hand, and calls into Nyash code are looked at instead of performed.

#![allow(clippy::expect_used, reason = "a test stops where its expectation fails")]

mod arrays;
mod gives;
mod json;
mod maps;
mod numbers;
mod operators;
mod others;
mod strings;
mod table;
mod tasks;
mod texts;
mod torture;
mod world;
