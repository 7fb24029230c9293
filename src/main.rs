//! The `nyash` command: reads programs, checks them, runs them and says what happened.
//!
//! Reading order: [`cli`] (verbs and flags), [`load`] (files), [`engine`] (how a program is put together and
//! run), [`report`] (all texts on standard error).

#![forbid(unsafe_code)]

mod bench;
mod cli;
mod config;
mod engine;
mod load;
mod repl;
mod report;
mod settings;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        let what = info.payload_as_str().unwrap_or("panic");
        let place = info.location().map_or_else(|| "unknown place".to_string(), ToString::to_string);
        report::emit(&report::internal(what, &place));
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|v| v != "0") {
            report::emit(&format!("{}\n", std::backtrace::Backtrace::force_capture()));
        }
    }));
    let status = catch_unwind(AssertUnwindSafe(cli::main)).unwrap_or(cli::Status::INTERNAL);
    ExitCode::from(status.0)
}
