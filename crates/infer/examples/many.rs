//! Writes a program of about so many lines, for `speed`: `cargo run --release -p infer --example many -- 10000 > many.nyash`.
//! A head with a container that all parts share, then as many parts as fit; a part has two boxes and a function of its own.

use std::io::Write;

const HEAD: &str = include_str!("many_head.nyash");
/// `#` stands for the number of the part.
const PART: &str = include_str!("many_part.nyash");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lines: usize = std::env::args().nth(1).ok_or("how many lines?")?.parse()?;
    let parts = lines.saturating_sub(HEAD.lines().count()) / PART.lines().count();
    let mut out = std::io::stdout();
    out.write_all(HEAD.as_bytes())?;
    for i in 0..parts.max(1) {
        out.write_all(PART.replace('#', &i.to_string()).as_bytes())?;
    }
    Ok(())
}
