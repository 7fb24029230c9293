//! How a run ended: what is reported and which exit status follows. DESIGN section 6 has the table.

use link::Linked;
use machine::{Ended, Exit, LimitKind, Notice, TraceEntry};
use mir::program::Program;
use syntax::span::SourceMap;

use super::advice;
use super::machine::Machine;
use crate::cli::{ErrorFormat, Status};
use crate::report::{self, Frame, Limit, Trace, Uncaught};
use crate::settings::Id;

/// What follows from how a run ended.
pub(super) struct Judged {
    /// The exit status so far.
    pub(super) status: Status,
    /// Whether code of the program may still run.
    pub(super) goes_on: bool,
}

/// Reports how a run ended.
pub(super) fn judge(machine: &mut Machine, exit: &Exit) -> Judged {
    // What the program printed comes before what is said about it.
    let closed = machine.core.rt.host.flush().is_err();
    let program = &machine.core.linked.program;
    let (status, goes_on) = match exit {
        _ if closed => (Status::PIPE, false),
        Exit::Value(value) => (Status::of_result(value.as_int()), true),
        Exit::Status(status) => (Status::of_result(Some(i64::from(*status))), true),
        Exit::Closed => (Status::PIPE, false),
        Exit::Uncaught(error) => {
            let hint = hint(machine, error);
            uncaught(machine, &readable(program, error, hint));
            (Status::UNCAUGHT, true)
        }
        Exit::Limit(kind, error) => limit(machine, *kind, error),
        Exit::Fault(what) => {
            report::emit(&report::internal(what, "tier interp"));
            (Status::INTERNAL, false)
        }
    };
    Judged { status, goes_on }
}

/// Reports what the finalization at the end of the program brought.
pub(super) fn judge_end(machine: &mut Machine, ended: &Ended, status: Status) -> Status {
    if let Some(exit) = &ended.stopped {
        return judge(machine, exit).status;
    }
    let mut status = status;
    // An exception that was in flight wins over those of finalizers; those were noted.
    if let Some(error) = &ended.error
        && status != Status::UNCAUGHT
        && status != Status::LIMIT
    {
        let _ = machine.core.rt.host.flush();
        let hint = hint(machine, error);
        uncaught(machine, &readable(&machine.core.linked.program, error, hint));
        status = Status::UNCAUGHT;
    }
    if !ended.leaked.is_empty() {
        let list: Vec<String> = ended.leaked.iter().map(|(class, n)| format!("{n} {class}")).collect();
        report::emit(&report::internal(
            &format!("objects are alive after the end: {}", list.join(", ")),
            "heap audit",
        ));
        return Status::INTERNAL;
    }
    status
}

/// Shows an error that did not end the program.
pub(super) fn notice(sources: &SourceMap, linked: &Linked, notice: &Notice, format: ErrorFormat) {
    let (what, name, error) = match notice {
        Notice::FiniFailed(error) => ("an error left a `fini`", "finiFailed", error),
        Notice::Unawaited(error) => ("a task that nobody awaited failed", "unawaited", error),
    };
    let error = readable(&linked.program, error, None);
    report::emit(&match format {
        ErrorFormat::Text => report::notice(sources, what, &error),
        ErrorFormat::Json => report::envelope("error", report::uncaught_json(sources, name, &error)),
    });
}

fn hint(machine: &Machine, error: &machine::Uncaught) -> Option<String> {
    let core = &machine.core;
    let at = error.trace.first().first().map(|e| e.span);
    let kind = error.kind.as_deref()?;
    advice::advice(&core.rt, &core.linked, &machine.lints, kind, &error.message, at)
}

fn uncaught(machine: &Machine, error: &Uncaught) {
    report::emit(&match machine.format {
        ErrorFormat::Text => report::uncaught(&machine.sources.borrow(), error),
        ErrorFormat::Json => {
            report::envelope("error", report::uncaught_json(&machine.sources.borrow(), "uncaught", error))
        }
    });
}

fn limit(machine: &Machine, kind: LimitKind, error: &machine::Uncaught) -> (Status, bool) {
    let program = &machine.core.linked.program;
    let (limit, id) = match kind {
        // Exceptions that a program may catch: nobody did. docs/decisions/0006.
        LimitKind::Depth => {
            let (most, value) = (machine.core.max_depth(), machine.limit_value(Id::MaxDepth));
            let hint = if most < machine.core.rt.limits.max_depth as usize {
                format!(
                    "calls nest at most {most} deep here, where the widest function that is called again has many \
                     variables; split it, or use a loop"
                )
            } else {
                format!(
                    "calls nest at most {value} deep; raise the limit with --max-depth or NYASH_MAX_DEPTH"
                )
            };
            uncaught(machine, &readable(program, error, Some(hint)));
            return (Status::LIMIT, true);
        }
        LimitKind::Heap => {
            let value = machine.limit_value(Id::MaxHeap);
            let hint =
                format!("the heap may take {value}; raise the limit with --max-heap or NYASH_MAX_HEAP");
            uncaught(machine, &readable(program, error, Some(hint)));
            return (Status::LIMIT, true);
        }
        LimitKind::Timeout => (Limit::Timeout, Id::Timeout),
        LimitKind::Fuel => (Limit::Fuel, Id::Fuel),
    };
    let value = machine.limit_value(id);
    let trace = trace(program, &error.trace);
    report::emit(&match machine.format {
        ErrorFormat::Text => report::limit(&machine.sources.borrow(), limit, value, &trace),
        ErrorFormat::Json => {
            report::envelope("error", report::limit_json(&machine.sources.borrow(), limit, value, &trace))
        }
    });
    (Status::LIMIT, false)
}

/// Ends a process whose program waits for input when its time is over.
pub(super) fn out_of_time_text(limit: &str) {
    report::emit(&report::limit(&SourceMap::new(), Limit::Timeout, limit, &Trace::default()));
    std::process::exit(i32::from(Status::LIMIT.0));
}

/// The same for tools.
pub(super) fn out_of_time_json(limit: &str) {
    let data = report::limit_json(&SourceMap::new(), Limit::Timeout, limit, &Trace::default());
    report::emit(&report::envelope("error", data));
    std::process::exit(i32::from(Status::LIMIT.0));
}

/// An error with names instead of numbers.
fn readable(program: &Program, error: &machine::Uncaught, hint: Option<String>) -> Uncaught {
    Uncaught {
        kind: error.kind.clone(),
        message: error.message.clone(),
        trace: trace(program, &error.trace),
        hint,
    }
}

fn trace(program: &Program, trace: &machine::Trace) -> Trace {
    let frame = |e: &TraceEntry| Frame { function: program.names.text(e.func).to_string(), span: e.span };
    Trace {
        first: trace.first().iter().map(frame).collect(),
        left_out: trace.left_out(),
        last: trace.last().map(frame).collect(),
    }
}
