//! Measures parsing: `cargo run --release -p syntax --example speed -- FILE...` prints size, best time
//! of five and rate of each file.

use std::io::Write;
use std::time::Instant;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    for file in std::env::args().skip(1) {
        let bytes = std::fs::read(&file)?;
        let (text, _) = syntax::decode(&bytes, 1);
        let mut best = f64::INFINITY;
        let mut errors = 0;
        let mut nodes = 0;
        for _ in 0..5 {
            let mut names = syntax::intern::Interner::new();
            let start = Instant::now();
            let parsed = syntax::parse(&text, 1, &mut names);
            best = best.min(start.elapsed().as_secs_f64());
            errors = parsed.diagnostics.len();
            nodes = parsed.ast.exprs.len() + parsed.ast.stmts.len();
        }
        let mb = text.len() as f64 / 1e6;
        writeln!(
            out,
            "{file}: {mb:.1} MB, {nodes} nodes, {errors} diagnostics, {:.1} ms, {:.0} MB/s",
            best * 1e3,
            mb / best
        )?;
    }
    Ok(())
}
