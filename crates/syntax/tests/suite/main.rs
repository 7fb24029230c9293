//! Tests of the crate through its public face. Expected values come from the language page.

mod checks;
mod common;
mod errors;
mod grammar;
mod incomplete;
mod lexer;
mod limits;
mod literals;
mod pages;
mod printing;
mod recovery;
