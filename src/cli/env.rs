//! `nyash env`: the table of switches with what they are set to and by whom.

use serde_json::json;
use std::fmt::Write;
use syntax::span::SourceMap;

use super::{ErrorFormat, Status, answer, refuse};
use crate::config;
use crate::report;
use crate::settings::{self, Id, Row, Stability};

pub(super) fn env(as_json: bool, flags: Vec<(Id, String)>) -> Status {
    let mut sources = SourceMap::new();
    let (config, mut findings) = config::load(None, &mut sources);
    let (settings, wrong) = settings::resolve(&flags, &config.settings);
    findings.extend(wrong);
    if findings.iter().any(|f| f.is_error()) {
        return refuse(&sources, &findings, ErrorFormat::Text);
    }
    report::emit(&report::findings(&sources, &findings, true));
    answer(&if as_json { as_document(&settings.rows) } else { as_table(&settings.rows) })
}

fn stability(row: &Row) -> &'static str {
    match row.switch.stability {
        Stability::Stable => "stable",
        Stability::Compatibility => "compatibility",
        Stability::Internal => "internal",
    }
}

fn as_document(rows: &[Row]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|r| {
            json!({
                "name": r.switch.name,
                "value": r.value,
                "default": r.switch.default,
                "origin": r.origin.name(),
                "stability": stability(r),
                "flag": r.switch.flag,
                "key": r.switch.key.map(|(section, key)| format!("{section}.{key}")),
                "about": r.switch.about,
            })
        })
        .collect();
    report::envelope("env", json!({ "switches": rows }))
}

fn as_table(rows: &[Row]) -> String {
    let shown = |text: &str| if text.is_empty() { "-".to_string() } else { text.to_string() };
    let width = rows.iter().map(|r| r.value.chars().count()).max().unwrap_or(0).max(5);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:17} {:width$} {:8} {:8} {:14} flag, key in nyash.toml, meaning",
        "name", "value", "default", "origin", "stability"
    );
    for r in rows {
        let flag = r.switch.flag.map(|f| format!("{f}, ")).unwrap_or_default();
        let key = r.switch.key.map(|(s, k)| format!("[{s}] {k}, ")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{:17} {:width$} {:8} {:8} {:14} {flag}{key}{}",
            r.switch.name,
            shown(&r.value),
            shown(r.switch.default),
            r.origin.name(),
            stability(r),
            r.switch.about
        );
    }
    out
}
