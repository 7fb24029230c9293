//! `nyash bench`: the form of its JSON and of its picture, with the smallest program. No figure is judged: how fast
//! something is depends on the machine.

mod common;

use common::{Ended, TIERS, nyash, run};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

fn bench(args: &[&str]) -> Ended {
    let mut command = nyash(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.arg("bench").args(args);
    run(&mut command, b"", Duration::from_secs(120))
}

fn document(args: &[&str]) -> Value {
    let ended = bench(args);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out(), ended.err());
    serde_json::from_slice(&ended.stdout).expect("JSON")
}

/// Members of an object, sorted.
fn members(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn the_document_has_the_members_that_the_page_describes() {
    let tiers = format!("--tiers={}", TIERS.join(","));
    let document = document(&[&tiers, "--runs=2", "--json", "fib=10x3"]);
    assert_eq!(document["schema"], "nyash/bench/1");
    let data = &document["data"];
    assert_eq!(
        members(data),
        ["absent", "base", "columns", "machine", "means", "notes", "problems", "programs", "runs"]
    );
    assert_eq!(data["runs"], 2);
    assert_eq!(data["base"], TIERS[0]);
    assert_eq!(data["problems"], Value::Array(Vec::new()));
    assert_eq!(members(&data["columns"][0]), ["kind", "name", "version"]);
    assert_eq!(members(&data["machine"]), ["architecture", "cores", "optimized", "processor", "system"]);
    let program = &data["programs"][0];
    assert_eq!(
        (&program["name"], &program["group"], &program["size"], &program["iterations"]),
        (&"fib".into(), &"kernels".into(), &10.into(), &3.into())
    );
    let cells = program["cells"].as_array().expect("cells");
    assert_eq!(cells.len(), TIERS.len());
    for (cell, tier) in cells.iter().zip(TIERS) {
        assert_eq!(cell["column"], **tier);
        assert_eq!(members(&cell["medians"]), ["cpu", "first", "rss", "steady", "wall"]);
        assert_eq!(members(&cell["ratios"]), ["cpu", "first", "rss", "steady", "wall"]);
        assert!(cell["medians"]["wall"].as_f64().is_some_and(|ms| ms > 0.0));
        let runs = cell["runs"].as_array().expect("runs");
        assert_eq!(runs.len(), 2);
        for run in runs {
            assert_eq!(members(run), ["cpuMs", "iterationsUs", "peakBytes", "wallMs"]);
            assert_eq!(run["iterationsUs"].as_array().map(Vec::len), Some(3));
        }
    }
    assert_eq!(members(&data["means"][0]), ["column", "group", "metric", "programs", "ratio"]);
}

#[test]
fn a_program_that_fails_is_a_problem_of_its_cell() {
    let ended = bench(&["--tiers=interp", "--runs=1", "--json", "NBody=7x1"]);
    assert_eq!(ended.code, Some(1));
    let document: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    let cell = &document["data"]["programs"][0]["cells"][0];
    assert_eq!(members(cell), ["column", "problem"]);
    assert_eq!(document["data"]["problems"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_picture_is_a_document_of_its_own() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench.svg");
    let ended = bench(&["--tiers=interp", "--runs=1", "fib=5x1", "--plot", &file.to_string_lossy()]);
    assert_eq!(ended.code, Some(0), "{}", ended.err());
    let picture = std::fs::read_to_string(&file).expect("a picture");
    assert!(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(picture.ends_with("</svg>\n"));
    for part in ["CPU time of the process (ms, less is better)", ">interp</text>", ">fib=5x1</text>"] {
        assert!(picture.contains(part), "{part} is missing in\n{picture}");
    }
}
