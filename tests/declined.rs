//! Functions that stay in the interpreter, each for another reason of the table in `profiler`: programs that have one, and
//! `--stats` says why. What no program can bring about, faults of ours and loops without an entry, is tested where it is
//! found.

mod common;

use common::{Ended, nyash, proper_end, run};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

fn ran(args: &[&str], text: &str) -> Ended {
    let mut command = nyash(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.args(args);
    run(&mut command, text.as_bytes(), Duration::from_secs(120))
}

/// Runs a program in the VM as far as it goes: what it prints, and the member `declined`.
fn declined(text: &str) -> (String, Value) {
    declined_with("4G", text)
}

/// The same with so much memory for its boxes.
fn declined_with(max_heap: &str, text: &str) -> (String, Value) {
    let ended = ran(&["--tier=vm", "--stats=json", "--max-heap", max_heap, "-"], text);
    proper_end(&ended).unwrap_or_else(|e| panic!("{e}"));
    let stats: Value = serde_json::from_str(&ended.err()).unwrap_or_else(|e| panic!("{e}: {}", ended.err()));
    (ended.out(), stats["data"]["declined"].clone())
}

/// The text of lines made from numbers.
fn lines(count: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "{}", line(i));
        text
    })
}

#[test]
fn too_many_instructions() {
    let steps = lines(70_000, |_| "x = x + 1".into());
    let (out, declined) = declined(&format!("function f(x) {{\n{steps}return x\n}}\nprint(f(1))\n"));
    assert_eq!((out.as_str(), declined), ("70001\n", json!({"too many instructions": 1})));
}

#[test]
fn too_many_registers() {
    let items = lines(66_000, |_| "1,".into());
    let (out, declined) = declined(&format!("function f(x) {{\nreturn [{items}x].size()\n}}\nprint(f(1))\n"));
    assert_eq!((out.as_str(), declined), ("66001\n", json!({"too many registers": 1})));
}

#[test]
fn a_number_too_large_for_an_instruction() {
    // The offset of the last field: each is a word.
    let (fields, assigned) = (lines(8300, |i| format!("f{i}")), lines(8300, |i| format!("me.f{i} = {i}")));
    let class = format!("box Wide {{\n{fields}birth() {{\n{assigned}}}\n}}\n");
    let (out, declined) = declined(&format!("{class}local w = new Wide()\nprint(w.f8299)\n"));
    // The constructor, and what reads the field.
    assert_eq!((out.as_str(), declined), ("8299\n", json!({"a number too large for an instruction": 2})));
}

#[test]
fn too_many_values_in_too_many_blocks() {
    let (values, blocks) = (4500, 6500);
    let made = lines(values, |i| format!("local a{i} = x + {i}"));
    let passed = lines(blocks, |i| format!("if x == {i} {{ x = x + 1 }}"));
    let used = lines(values, |i| format!("s = s + a{i}"));
    let (out, declined) = declined(&format!(
        "function f(x) {{\n{made}{passed}local s = 0\n{used}return s\n}}\nprint(f(0 - 5))\n"
    ));
    let sum: u32 = (0..values).sum::<u32>() - 5 * values;
    assert_eq!((out, declined), (format!("{sum}\n"), json!({"too many values in too many blocks": 1})));
}

#[test]
fn no_memory_for_its_constants() {
    let large = "x".repeat(1 << 20);
    let text = format!(
        "function f() {{ return \"{large}\".length() }}\ntry {{ print(f()) }} catch (e) {{ print(e.kind()) }}\n"
    );
    let (out, declined) = declined_with("512K", &text);
    assert_eq!((out.as_str(), declined), ("OutOfMemory\n", json!({"no memory for its constants": 1})));
}

#[test]
fn not_reached_by_the_analysis() {
    let ended = ran(&["--dump=typed", "-", "f"], "function f() { return 1 }");
    let said = ended.out().ends_with("\"f\": none, not reached by the analysis\n");
    assert!(said, "{}{}", ended.out(), ended.err());
}
