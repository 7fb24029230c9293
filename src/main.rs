//! The `nyash` command.

fn main() {}
