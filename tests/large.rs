//! Programs that are too large to be written down: every tier runs them.

mod common;

use common::{nyash, proper_end, run};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// What a program prints in a tier.
fn printed(tier: &str, text: &str) -> String {
    let mut command = nyash(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.args(["--tier", tier, "-"]);
    let ended = run(&mut command, text.as_bytes(), Duration::from_secs(120));
    proper_end(&ended).unwrap_or_else(|e| panic!("{tier}: {e}"));
    format!("{}{}", ended.out(), ended.err())
}

fn prints(text: &str, expected: &str) {
    for tier in ["interp", "vm", "auto"] {
        assert_eq!(printed(tier, text), expected, "{tier}");
    }
}

/// The text of lines made from numbers.
fn lines(count: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "{}", line(i));
        text
    })
}

#[test]
fn functions_that_call_each_other_in_a_long_chain() {
    let chain = lines(4000, |i| format!("function f{}(x) {{ return f{i}(x) + 1 }}", i + 1));
    let program = format!("function f0(x) {{ return x }}\n{chain}local i = 0\nlocal s = 0\n");
    prints(&format!("{program}loop(i < 100) {{ s = s + f4000(i) i = i + 1 }}\nprint(s)\n"), "404950\n");
}

#[test]
fn closures_that_call_each_other_in_a_long_chain() {
    let chain =
        lines(2000, |i| format!("function f{}(x) {{ return (fn(y) {{ return f{i}(y) + 1 }})(x) }}", i + 1));
    prints(&format!("function f0(x) {{ return x }}\n{chain}print(f2000(1))\n"), "2001\n");
}

#[test]
fn calls_of_a_wide_function_nest_a_thousand_deep() {
    let values = lines(2000, |i| format!("local v{i} = n + {i}"));
    let sum: Vec<String> = (0..2000).map(|i| format!("v{i}")).collect();
    let body = format!(
        "{values}if n == 0 {{ return 0 }}\nlocal r = f(n - 1) + 1\nif r < 0 {{ return {} }}\nreturn r",
        sum.join(" + ")
    );
    prints(&format!("function f(n) {{\n{body}\n}}\nprint(f(990))\n"), "990\n");
}
