//! repl
pub(crate) fn repl(_flags: Vec<(crate::settings::Id, String)>) -> crate::cli::Status { crate::cli::Status::OK }
