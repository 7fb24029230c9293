//! What was measured as text: one table per metric, with ratios to the base and their geometric means.

use std::fmt::Write;

use super::programs::Group;
use super::{Cell, Found, Job, Metric, Row, mean};

/// The whole report. `about` stands before the tables.
pub(crate) fn report(job: &Job, found: &Found, metrics: &[Metric], about: &[String]) -> String {
    let mut out = String::new();
    for line in about {
        let _ = writeln!(out, "{line}");
    }
    for metric in metrics {
        // Programs without a harness say nothing about iterations.
        if found.rows.iter().any(|r| r.cells.iter().any(|c| c.value(*metric).is_some())) {
            let _ = writeln!(out, "\n{}, {}{}", metric.title(), metric.unit(), ratio_note(job));
            out.push_str(&table(job, found, *metric));
        }
    }
    let section = |out: &mut String, title: &str, lines: &[String]| {
        if !lines.is_empty() {
            let _ = writeln!(out, "\n{title}:");
            lines.iter().for_each(|line| {
                let _ = writeln!(out, "  {line}");
            });
        }
    };
    section(&mut out, "Worth knowing", &found.notes);
    section(&mut out, "Did not run or was wrong", &found.problems);
    out
}

fn ratio_note(job: &Job) -> String {
    match job.columns.get(job.base) {
        Some(base) if job.columns.len() > 1 => {
            format!("; in brackets: times that of {}", base.name)
        }
        _ => String::new(),
    }
}

/// A number with about three figures.
pub(super) fn figure(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 0.1 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}

fn table(job: &Job, found: &Found, metric: Metric) -> String {
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut heading = vec!["program".to_string()];
    heading.extend(job.columns.iter().map(|c| c.name.clone()));
    lines.push(heading);
    for row in &found.rows {
        let mut line = vec![row.program.label()];
        line.extend((0..job.columns.len()).map(|c| cell(row, metric, c, job.base)));
        lines.push(line);
    }
    if job.columns.len() > 1 {
        for (name, rows) in groups(&found.rows) {
            if rows.len() < 2 {
                continue;
            }
            let mut line = vec![name];
            line.extend((0..job.columns.len()).map(|c| {
                match mean(rows.iter().copied(), metric, c, job.base) {
                    Some((m, n)) if n == rows.len() => format!("({})", figure(m)),
                    Some((m, n)) => format!("of {n}: ({})", figure(m)),
                    None => "-".into(),
                }
            }));
            lines.push(line);
        }
    }
    aligned(&lines)
}

/// The rows by group when there are several, and all of them.
pub(super) fn groups(rows: &[Row]) -> Vec<(String, Vec<&Row>)> {
    let mut groups = Vec::new();
    for group in [Group::Kernels, Group::Awfy, Group::File] {
        let of_group: Vec<&Row> = rows.iter().filter(|r| r.program.group == group).collect();
        if !of_group.is_empty() && of_group.len() < rows.len() {
            groups.push((format!("mean of {}", group.name()), of_group));
        }
    }
    groups.push(("geometric mean".to_string(), rows.iter().collect()));
    groups
}

fn cell(row: &Row, metric: Metric, column: usize, base: usize) -> String {
    let Some(cell) = row.cells.get(column) else { return String::new() };
    let Some(value) = cell.value(metric) else {
        return match cell {
            Cell::Problem(_) => "failed".into(),
            _ => "-".into(),
        };
    };
    match row.ratio(metric, column, base) {
        Some(ratio) if column != base => format!("{} ({})", figure(value), figure(ratio)),
        _ => figure(value),
    }
}

/// The first column to the left, the others to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |c: usize| lines.iter().filter_map(|l| l.get(c)).map(|t| t.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for line in lines {
        let mut text = String::new();
        for (at, (word, &width)) in line.iter().zip(&widths).enumerate() {
            let _ = if at == 0 { write!(text, "{word:width$}") } else { write!(text, "  {word:>width$}") };
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_figures() {
        let shown: Vec<String> =
            [1234.5, 99.95, 12.34, 1.234, 0.5, 0.0123].iter().map(|v| figure(*v)).collect();
        assert_eq!(shown, ["1234", "100.0", "12.3", "1.23", "0.50", "0.012"]);
    }

    #[test]
    fn columns_are_aligned() {
        let line = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let text = aligned(&[line(&["program", "a", "long"]), line(&["x", "10", "1"])]);
        assert_eq!(text, "program   a  long\nx        10     1\n");
    }
}
