//! Traces: which functions an exception passed on its way, and where in them it was. It does not render.

use std::collections::VecDeque;

use mir::func::{Func, FuncKind};
use nyrt::value::Value;
use syntax::intern::Symbol;
use syntax::span::Span;

use crate::frame::Frame;

/// Entries kept from each end of a long trace.
const KEPT: usize = 64;

/// One activation that an exception left or stopped in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceEntry {
    /// Name of the function.
    pub func: Symbol,
    /// Where it was.
    pub span: Span,
}

/// The activations from the one that threw outwards.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Trace {
    first: Vec<TraceEntry>,
    last: VecDeque<TraceEntry>,
    left_out: usize,
}

impl Trace {
    /// The innermost activations.
    pub fn first(&self) -> &[TraceEntry] {
        &self.first
    }
    /// How many activations between [`Trace::first`] and [`Trace::last`] are not kept.
    pub fn left_out(&self) -> usize {
        self.left_out
    }
    /// The outermost activations of a trace too long to be kept whole.
    pub fn last(&self) -> impl ExactSizeIterator<Item = &TraceEntry> {
        self.last.iter()
    }
    fn push(&mut self, entry: TraceEntry) {
        if self.first.len() < KEPT {
            return self.first.push(entry);
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(entry);
    }
    /// Adds an activation unless it runs the runtime's own code.
    pub(crate) fn note(&mut self, frame: &Frame) {
        let code = frame.code();
        if code.kind != FuncKind::Prelude {
            self.push(TraceEntry { func: code.name, span: code.body().span(frame) });
        }
    }
    /// Adds a function that begins and has no activation because its body stands in place of its call.
    pub(crate) fn note_inlined(&mut self, f: &Func) {
        if f.kind != FuncKind::Prelude {
            let span = f.blocks.first().map(|b| b.span).unwrap_or_default();
            self.push(TraceEntry { func: f.name, span });
        }
    }
    /// Adds an activation that stands at the start of its function or of a loop.
    pub(crate) fn note_start(&mut self, frame: &Frame) {
        let code = frame.code();
        if code.kind != FuncKind::Prelude {
            self.push(TraceEntry { func: code.name, span: code.body().step_span(frame) });
        }
    }
    /// Whether nothing was noted.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

/// Traces of exceptions that cleanup code or a `catch` has taken up and may throw on.
#[derive(Default)]
pub(crate) struct Pending {
    traces: Vec<(usize, Value, Trace)>,
}

/// Exceptions on their way within one activation: one for each `finally` or `fini` block nested in the other.
/// Older ones were caught for good; that many is a guess on the safe side, a lost trace is no error.
const PER_FRAME: usize = 8;

impl Pending {
    /// `value` was taken up in the activation at `depth`.
    pub(crate) fn keep(&mut self, depth: usize, value: Value, trace: Trace) {
        while self.traces.last().is_some_and(|t| t.0 > depth) {
            self.traces.pop();
        }
        let here = self.traces.iter().rev().take_while(|t| t.0 == depth).count();
        if here >= PER_FRAME {
            self.traces.remove(self.traces.len() - here);
        }
        self.traces.push((depth, value, trace));
    }

    /// `value` goes on from the activation at `depth`: its trace so far.
    pub(crate) fn take(&mut self, depth: usize, value: Value) -> Trace {
        while self.traces.last().is_some_and(|t| t.0 > depth) {
            self.traces.pop();
        }
        let here = self.traces.iter().rev().take_while(|t| t.0 == depth).position(|t| t.1 == value);
        match here {
            Some(back) => {
                let at = self.traces.len() - 1 - back;
                let trace = std::mem::take(&mut self.traces[at].2);
                self.traces.truncate(at);
                trace
            }
            None => Trace::default(),
        }
    }
}

/// Most failures that are remembered.
const FAILURES: usize = 64;

/// Errors that have left a task, each with its trace.
#[derive(Default)]
pub(crate) struct Failures {
    traces: VecDeque<(Value, Trace)>,
}

impl Failures {
    /// A task ended with an error. The trace of an old one is lost when there are too many.
    pub(crate) fn keep(&mut self, error: Value, trace: Trace) {
        if self.traces.len() == FAILURES {
            self.traces.pop_front();
        }
        self.traces.push_back((error, trace));
    }

    /// Somebody takes the error up: its trace so far.
    pub(crate) fn take(&mut self, error: Value) -> Trace {
        let at = self.traces.iter().position(|t| t.0 == error);
        at.and_then(|at| self.traces.remove(at)).map_or_else(Trace::default, |t| t.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u32) -> TraceEntry {
        TraceEntry { func: Symbol(n), span: Span::new(n, n) }
    }

    #[test]
    fn a_long_trace_keeps_both_ends() {
        let mut trace = Trace::default();
        (0..1000).for_each(|n| trace.push(entry(n)));
        assert_eq!(trace.first().len(), 64);
        assert_eq!(trace.first()[63], entry(63));
        assert_eq!(trace.left_out(), 1000 - 128);
        assert_eq!(trace.last().copied().collect::<Vec<_>>(), (936..1000).map(entry).collect::<Vec<_>>());
    }

    #[test]
    fn a_pending_trace_goes_on() {
        let mut pending = Pending::default();
        let mut trace = Trace::default();
        trace.push(entry(1));
        pending.keep(3, Value::int(7), trace.clone());
        pending.keep(3, Value::int(8), Trace::default());
        pending.keep(5, Value::int(9), Trace::default());
        assert_eq!(pending.take(3, Value::int(7)), trace);
        assert!(pending.take(3, Value::int(7)).is_empty());
        assert!(pending.traces.is_empty());
    }
}
