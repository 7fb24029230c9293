//! What is checked of an input, one file per target. A body panics when something is wrong and knows nothing of
//! where its inputs come from.

pub mod mir_build;
pub mod mir_text;
pub mod parse;
pub mod program;
pub mod scale;
