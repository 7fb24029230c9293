//! The native side of the comparison: prints the report. It does not know what is in it.

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().lock().write_all(wasm32_smoke::report().as_bytes())
}
