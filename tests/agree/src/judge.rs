//! Compares runs. What may differ between tiers (language section 19): the numbers of instances in default texts.

use crate::config::{Checks, Config};
use crate::generate::Program;
use crate::run::Seen;

/// How two runs differ, or what is wrong with one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// What differs.
    pub what: What,
    /// That of the reference.
    pub expected: String,
    /// That of the other run.
    pub found: String,
}

/// What can differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Standard output, which has the log of the finalizers.
    Output,
    /// Standard error: messages and traces.
    Errors,
    /// The exit code.
    Code,
    /// How many objects are alive at the end.
    Live,
    /// A crash, an internal error, no end.
    Crash,
    /// Objects that are alive although nothing stopped the program.
    Leak,
    /// The program is refused before it runs.
    Refused,
}

/// How a program ended, for statistics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// By itself.
    Normal,
    /// With an uncaught error.
    Uncaught,
    /// By fuel.
    Fuel,
    /// At another limit.
    Limit,
    /// Otherwise: that is a finding.
    Wrong,
}

/// How a run ended.
pub fn end(seen: &Seen) -> End {
    let first = seen.err.lines().find(|l| l.starts_with("error:")).unwrap_or("");
    match seen.code {
        _ if seen.late => End::Wrong,
        None => End::Wrong,
        // Without a word it is what `main` returned.
        Some(70 | 101) if !first.is_empty() || seen.err.contains("panicked") => End::Wrong,
        Some(6) if first.contains("--fuel") => End::Fuel,
        Some(6) => End::Limit,
        Some(1) if first.starts_with("error: uncaught") => End::Uncaught,
        Some(2) if first.starts_with("error: line") => End::Wrong,
        // What `main` returns is an exit code too.
        _ => End::Normal,
    }
}

/// Whether activations were given up with what they own.
fn abandoned(seen: &Seen) -> bool {
    seen.err.contains("error: limit:") || seen.err.contains("Deadlock")
}

/// What is wrong with a run, whatever the others do.
pub fn improper(seen: &Seen) -> Option<Difference> {
    let wrong = |what, found: String| Some(Difference { what, expected: String::new(), found });
    let how = format!("exit code {:?}\n{}", seen.code, seen.err);
    match end(seen) {
        End::Wrong if seen.late => wrong(What::Crash, "no end".to_owned()),
        End::Wrong if seen.code == Some(2) => wrong(What::Refused, how),
        End::Wrong => wrong(What::Crash, how),
        _ if seen.heap.is_none() => wrong(What::Crash, format!("no statistics\n{how}")),
        _ if !abandoned(seen) && seen.heap.is_some_and(|h| h.live != 0) => {
            wrong(What::Leak, format!("{:?}", seen.heap))
        }
        _ => None,
    }
}

/// How a run differs from the reference.
pub fn compare(program: &Program, config: &Config, reference: &Seen, seen: &Seen) -> Option<Difference> {
    if let Some(wrong) = improper(seen) {
        return Some(wrong);
    }
    let same = match config.checks {
        Checks::Same => true,
        Checks::SameButCollections => ![reference, seen].iter().any(|s| notices_collections(program, s)),
        Checks::ProperEnd => false,
    };
    if !same {
        return None;
    }
    let differ = |what, a: &str, b: &str| {
        let (a, b) = (plain(a), plain(b));
        (a != b).then_some(Difference { what, expected: a, found: b })
    };
    let code = |s: &Seen| format!("{:?}", s.code);
    let live = |s: &Seen| format!("{:?}", s.heap.map(|h| h.live));
    differ(What::Output, &reference.out, &seen.out)
        .or_else(|| differ(What::Code, &code(reference), &code(seen)))
        .or_else(|| differ(What::Errors, &reference.err, &seen.err))
        // What given up activations own is up to the tier.
        .or_else(
            || if abandoned(reference) { None } else { differ(What::Live, &live(reference), &live(seen)) },
        )
}

/// Whether a program notices when cyclic garbage is found: its finalizers print, weak references to it read as null.
fn notices_collections(program: &Program, seen: &Seen) -> bool {
    seen.heap.is_some_and(|h| h.finalizers > 0 || h.garbage > 0 && program.text.contains("weak "))
}

/// A text with `#?` for the numbers of instances.
fn plain(text: &str) -> String {
    const MARK: &str = " instance #";
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push_str(MARK);
        out.push('?');
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// The first line in which two texts differ.
pub fn first_line(difference: &Difference) -> String {
    let (mut a, mut b) = (difference.expected.lines(), difference.found.lines());
    let mut line = 1;
    loop {
        match (a.next(), b.next()) {
            (None, None) => return format!("{:?}", difference.what),
            (x, y) if x == y => line += 1,
            (x, y) => {
                let show = |l: Option<&str>| l.map_or("<nothing>".to_owned(), |l| format!("{l:?}"));
                return format!(
                    "{:?}, line {line}: expected {}, found {}",
                    difference.what,
                    show(x),
                    show(y)
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CONFIGS;
    use crate::run::HeapSeen;

    fn seen() -> Seen {
        Seen {
            out: "1\n~C0 3\n".into(),
            err: String::new(),
            code: Some(0),
            heap: Some(HeapSeen::default()),
            late: false,
        }
    }

    fn differs(change: impl Fn(&mut Seen)) -> Option<What> {
        let program = Program { text: String::new(), index: 0, fuel: 1, depth: 1 };
        let mut other = seen();
        change(&mut other);
        compare(&program, &CONFIGS[0], &seen(), &other).map(|d| d.what)
    }

    #[test]
    fn every_part_of_a_run_is_compared() {
        assert_eq!(differs(|_| ()), None);
        assert_eq!(differs(|s| s.out = "1\n".into()), Some(What::Output));
        assert_eq!(differs(|s| s.err = "warning: x\n".into()), Some(What::Errors));
        assert_eq!(differs(|s| s.code = Some(3)), Some(What::Code));
        assert_eq!(differs(|s| s.heap = Some(HeapSeen { live: 1, ..HeapSeen::default() })), Some(What::Leak));
        assert_eq!(differs(|s| s.heap = None), Some(What::Crash));
        assert_eq!(differs(|s| s.code = None), Some(What::Crash));
        assert_eq!(differs(|s| s.late = true), Some(What::Crash));
    }

    #[test]
    fn a_fault_is_told_from_a_number_that_main_returns() {
        let ended = |code, err: &str| end(&Seen { code: Some(code), err: err.into(), ..seen() });
        assert_eq!(ended(70, ""), End::Normal);
        assert_eq!(ended(101, "warning: x\n"), End::Normal);
        assert_eq!(ended(70, "error: internal: x\n"), End::Wrong);
        assert_eq!(ended(101, "thread 'main' panicked at x\n"), End::Wrong);
    }

    #[test]
    fn numbers_of_instances_may_differ() {
        assert_eq!(plain("<C0 instance #123> and <C1 instance #7>"), "<C0 instance #?> and <C1 instance #?>");
    }
}
