//! What was measured as JSON; `docs/json.md` describes it.

use serde_json::{Value, json};

use super::columns::Kind;
use super::measure::Sample;
use super::{Cell, Found, Job, Metric, Row, mean, table};

/// The `data` of the document.
pub(crate) fn data(job: &Job, found: &Found, absent: &[&str], machine: &Value) -> Value {
    json!({
        "machine": machine,
        "runs": job.runs,
        "base": job.columns.get(job.base).map(|c| &c.name),
        "columns": job.columns.iter().map(|c| json!({
            "name": c.name,
            "kind": match c.kind {
                Kind::Tier => "tier",
                Kind::Js => "javascript",
                Kind::Lua => "lua",
                Kind::Python => "python",
                Kind::C => "c",
            },
            "version": c.version,
        })).collect::<Vec<_>>(),
        "absent": absent,
        "programs": found.rows.iter().map(|r| program(job, r)).collect::<Vec<_>>(),
        "means": means(job, found),
        "notes": found.notes,
        "problems": found.problems,
    })
}

fn program(job: &Job, row: &Row) -> Value {
    let cells = job.columns.iter().zip(&row.cells).enumerate();
    json!({
        "name": row.program.name,
        "group": row.program.group.name(),
        "size": row.program.amount.map(|a| a.size),
        "iterations": row.program.amount.map(|a| a.iterations),
        "cells": cells.filter_map(|(at, (column, cell))| match cell {
            Cell::None => None,
            Cell::Problem(why) => Some(json!({ "column": column.name, "problem": why })),
            Cell::Samples(samples) => Some(json!({
                "column": column.name,
                "medians": by_metric(|m| cell.value(m)),
                "ratios": by_metric(|m| row.ratio(m, at, job.base)),
                "runs": samples.iter().map(sample).collect::<Vec<_>>(),
            })),
        }).collect::<Vec<_>>(),
    })
}

/// `{cpu: ..., wall: ...}`, null where there is nothing.
fn by_metric(value: impl Fn(Metric) -> Option<f64>) -> Value {
    Metric::ALL
        .iter()
        .map(|m| (m.name().to_string(), json!(value(*m))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn sample(s: &Sample) -> Value {
    json!({
        "cpuMs": s.cpu.as_secs_f64() * 1e3,
        "wallMs": s.wall.as_secs_f64() * 1e3,
        "peakBytes": s.peak_bytes,
        "iterationsUs": s.iterations_us,
    })
}

fn means(job: &Job, found: &Found) -> Vec<Value> {
    let mut list = Vec::new();
    for (name, rows) in table::groups(&found.rows) {
        let group = name.strip_prefix("mean of ").unwrap_or("all");
        for (at, column) in job.columns.iter().enumerate() {
            for metric in Metric::ALL {
                if let Some((ratio, programs)) = mean(rows.iter().copied(), *metric, at, job.base) {
                    list.push(json!({
                        "group": group,
                        "column": column.name,
                        "metric": metric.name(),
                        "ratio": ratio,
                        "programs": programs,
                    }));
                }
            }
        }
    }
    list
}

/// What is worth knowing about the machine.
pub(crate) fn machine() -> Value {
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_string())
    });
    json!({
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "processor": processor,
        "cores": std::thread::available_parallelism().map_or(0, |n| n.get()),
        "optimized": !cfg!(debug_assertions),
    })
}
