//! `nyash check`: everything that can be said about a program without running it.

use serde_json::json;
use std::path::PathBuf;

use super::{CheckArgs, Status, answer};
use crate::engine::{self, Front};
use crate::load::Input;
use crate::report::{self, Finding};
use syntax::codes::Code;

pub(super) fn check(args: &CheckArgs) -> Status {
    let mut documents = Vec::new();
    let (mut errors, mut warnings) = (0, 0);
    let mut shown = false;
    let mut facts = Vec::new();
    for file in &args.files {
        let input = if file == "-" { Input::Stdin } else { Input::File(PathBuf::from(file)) };
        let mut front = engine::read(&input, &[]);
        if !front.has_errors() {
            front.build();
            front.findings.append(&mut front.lints);
        }
        // `--facts Box.method app.nyash`: a function that is taken for a file.
        let name = file.to_string_lossy();
        if args.facts.as_deref() == Some("") && args.files.len() > 1 && !name.ends_with(".nyash") {
            let missing = front.findings.iter_mut().find(|f| f.code == Some(Code::E0501));
            if let Some(finding) = missing {
                finding.hints = vec![format!("a function is named with `=`: `--facts={name}`")];
            }
        }
        if let Some(function) = args.facts.as_deref().filter(|_| !front.has_errors()) {
            match known(&front, function) {
                Ok(text) => facts.push(text),
                Err(finding) => front.findings.push(finding),
            }
        }
        errors += front.findings.iter().filter(|f| f.is_error()).count();
        warnings += front.findings.iter().filter(|f| !f.is_error()).count();
        if args.json {
            documents.extend(front.findings.iter().map(|f| report::finding_json(&front.sources, f)));
        } else {
            let text = report::findings(&front.sources, &front.findings, true);
            let apart = if shown && !text.is_empty() { "\n" } else { "" };
            shown |= !text.is_empty();
            report::emit(&format!("{apart}{text}"));
        }
    }
    let status = if errors == 0 { Status::OK } else { Status::WRONG };
    if args.json {
        let data = json!({ "errors": errors, "warnings": warnings, "findings": documents });
        let written = answer(&report::envelope("check", data));
        return if written == Status::OK { status } else { written };
    }
    // What was asked for comes on standard output, findings beside it as always.
    let written = if facts.is_empty() { Status::OK } else { answer(&facts.join("\n")) };
    if errors + warnings > 0 {
        report::emit(&format!("\n{}\n", summary(errors, warnings)));
    }
    if written == Status::OK { status } else { written }
}

/// What is known of a program, or of one of its functions.
fn known(front: &Front, function: &str) -> Result<String, Finding> {
    let names: Vec<String> =
        Some(function).filter(|f| !f.is_empty()).map(str::to_owned).into_iter().collect();
    engine::select(front, &names)?;
    Ok(engine::facts_text(front, &names))
}

fn summary(errors: usize, warnings: usize) -> String {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, w) => count(w, "warning"),
        (e, 0) => count(e, "error"),
        (e, w) => format!("{}, {}", count(e, "error"), count(w, "warning")),
    }
}
