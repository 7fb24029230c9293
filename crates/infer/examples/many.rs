//! Writes a program of about so many lines: `cargo run --release -p infer --example many -- 10038 > many.nyash`. Its shape is
//! `mixed`, or what is named behind the number: a file of `shapes`, with a head, a part that is repeated as often as fits, and an
//! end. `docs/performance.md` has what the analysis of them takes.

use std::io::Write;

/// In the part and the end `#` is the number of the part, from 1, and `@` the one before.
macro_rules! shapes {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("shapes/", $name, ".nyash")))),*] };
}
const SHAPES: &[(&str, &str)] = shapes! {
    "mixed" "filled" "held" "joined" "handed" "mapped" "closures" "linked" "stacks" "states"
};
const PARTS: &str = "// ---- parts\n";
const END: &str = "// ---- end\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let lines: usize = args.next().ok_or("how many lines?")?.parse()?;
    let name = args.next().unwrap_or_else(|| "mixed".to_owned());
    let names = || SHAPES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let shape = SHAPES.iter().find(|(shape, _)| *shape == name);
    let (_, text) = shape.ok_or_else(|| format!("no shape {name}; there are {}", names()))?;
    let (head, rest) = text.split_once(PARTS).ok_or("no parts")?;
    let (part, end) = rest.split_once(END).ok_or("no end")?;
    let left = lines.saturating_sub(head.lines().count() + end.lines().count());
    let parts = (left / part.lines().count()).max(1);
    let numbered =
        |text: &str, i: usize| text.replace('#', &i.to_string()).replace('@', &(i - 1).to_string());
    let mut out = std::io::stdout();
    out.write_all(head.as_bytes())?;
    for i in 1..=parts {
        out.write_all(numbered(part, i).as_bytes())?;
    }
    out.write_all(numbered(end, parts).as_bytes())?;
    Ok(())
}
