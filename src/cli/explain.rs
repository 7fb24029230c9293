//! `nyash explain`: the page of a compile-time code or of a run-time error kind. The texts stand in the
//! tables of `syntax` and `nyrt`.

use nyrt::error::ErrorKind;
use std::fmt::Write;
use syntax::codes::Code;
use syntax::diag::Severity;
use syntax::hints::nearest;

use super::{Status, answer};
use crate::report::{self, Finding};

pub(super) fn explain(code: Option<&str>) -> Status {
    let Some(code) = code else { return answer(&list()) };
    if let Some(code) = Code::ALL.iter().find(|c| c.name().eq_ignore_ascii_case(code)) {
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        return answer(&format!(
            "{} ({severity}): {}\n\n{}\n",
            code.name(),
            code.title(),
            code.page().trim()
        ));
    }
    if let Some(kind) = ErrorKind::ALL.iter().find(|k| k.name().eq_ignore_ascii_case(code)) {
        return answer(&format!("{} (run-time error)\n\n{}\n", kind.name(), kind.page().trim()));
    }
    let known = Code::ALL.iter().map(|c| c.name()).chain(ErrorKind::ALL.iter().map(|k| k.name()));
    let finding = Finding::error(format!("there is no code or error kind `{code}`"));
    report::emit_plain(&match nearest(code, known.clone())
        .or_else(|| nearest(&code.to_ascii_uppercase(), known))
    {
        Some(near) => finding.hint(format!("did you mean `nyash explain {near}`?")),
        None => finding.hint("`nyash explain` without a code lists all of them"),
    });
    Status::WRONG
}

fn list() -> String {
    let mut out = String::from("Compile-time codes:\n");
    for code in Code::ALL {
        let _ = writeln!(out, "  {}  {}", code.name(), code.title());
    }
    out.push_str("\nKinds of run-time errors:\n");
    for kind in ErrorKind::ALL {
        let _ = writeln!(out, "  {}", kind.name());
    }
    out
}
