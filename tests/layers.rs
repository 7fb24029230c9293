//! The edges between crates are those of `[workspace.metadata.layers]` in the root manifest, and third-party crates
//! stay behind the fences of `[workspace.metadata.fences]`. A new edge is a change of the manifest that people see.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What cargo says about the workspace.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Crate, its dependencies that are ours, its other dependencies; without those for tests only.
fn edges(metadata: &Value) -> BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> {
    let mut edges = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let (mut ours, mut others) = (BTreeSet::new(), BTreeSet::new());
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let name = dependency["name"].as_str().expect("a name");
            if dependency["kind"] == "dev" {
                continue;
            }
            if dependency["path"].is_string() {
                ours.insert(name)
            } else {
                others.insert(name)
            };
        }
        edges.insert(package["name"].as_str().expect("a name"), (ours, others));
    }
    edges
}

#[test]
fn edges_between_crates_are_listed() {
    let metadata = metadata();
    let layers = &metadata["metadata"]["layers"];
    let mut problems = Vec::new();
    for (name, (ours, _)) in edges(&metadata) {
        let Some(row) = layers.get(name) else {
            problems.push(format!("{name} is not in [workspace.metadata.layers]"));
            continue;
        };
        let allowed = texts(&row["uses"]);
        for used in &ours {
            if !allowed.contains(used) {
                problems.push(format!("edge {name} -> {used} is not allowed by [workspace.metadata.layers]"));
            }
            if layers[*used]["rank"].as_u64() >= row["rank"].as_u64() {
                problems.push(format!("edge {name} -> {used} does not go down in rank"));
            }
        }
        for unused in allowed.difference(&ours) {
            problems.push(format!("edge {name} -> {unused} is listed but does not exist"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn no_tier_knows_another_tier() {
    let metadata = metadata();
    let layers = metadata["metadata"]["layers"].as_object().expect("[workspace.metadata.layers]");
    let is_tier = |name: &str| layers.get(name).is_some_and(|row| row["tier"] == true);
    for (name, (ours, _)) in edges(&metadata) {
        if is_tier(name) {
            let other: Vec<_> = ours.iter().filter(|o| is_tier(o)).collect();
            assert!(other.is_empty(), "tier {name} depends on tier {other:?}");
        }
    }
}

#[test]
fn third_parties_stay_behind_their_fences() {
    let metadata = metadata();
    let fences = metadata["metadata"]["fences"].as_object().expect("[workspace.metadata.fences]");
    let mut problems = Vec::new();
    for (name, (_, others)) in edges(&metadata) {
        for other in others {
            match fences.get(other) {
                Some(allowed) if texts(allowed).contains(name) => {}
                Some(allowed) => problems.push(format!("{name} uses {other}, which belongs to {allowed}")),
                None => {
                    problems.push(format!("{name} uses {other}, which is not in [workspace.metadata.fences]"))
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
