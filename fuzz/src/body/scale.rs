//! Time: a text that is four times as long may not take much more than four times as long in any step from text
//! to what is known of a program before it runs. An input is a pattern, `BEFORE`, `UNIT` and `AFTER` separated by
//! lines `#--- repeat`; the unit is repeated.

use infer::World;
use mir::text::print_program;
use mir::verify::verify_program;
use std::time::Duration;
use syntax::intern::Interner;
use syntax::{dump, print};

/// Bytes of the shorter text.
const SHORT: usize = 24 << 10;
/// What nobody waits for is not examined.
const ENOUGH: Duration = Duration::from_millis(120);

/// Steps with their times.
type Times = Vec<(&'static str, Duration)>;

/// Checks a pattern.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if text.is_empty() {
        return;
    }
    let long = measure(&text, 4 * SHORT);
    if long.iter().all(|(_, time)| *time < ENOUGH) {
        return;
    }
    // A busy machine disturbs a measurement, but not three of them.
    let mut slow: Option<(&str, Duration, Duration)> = None;
    for _ in 0..3 {
        let (short, long) = (measure(&text, SHORT), measure(&text, 4 * SHORT));
        let found =
            long.iter().zip(&short).find(|((_, long), (_, short))| *long > ENOUGH && *long > *short * 9);
        let Some(((step, long), (_, short))) = found else { return };
        slow = Some((step, *short, *long));
    }
    if let Some((step, short, long)) = slow {
        panic!("{step} takes {short:?} for {SHORT} bytes and {long:?} for four times as many");
    }
}

/// The text of a pattern.
pub fn repeated(pattern: &str, size: usize) -> String {
    let parts: Vec<&str> = pattern.split("#--- repeat\n").collect();
    let (before, unit, after) = match parts.as_slice() {
        [before, unit, after] => (*before, *unit, *after),
        _ => ("", pattern, ""),
    };
    let times = size / unit.len().max(1);
    format!("{before}{}{after}", unit.repeat(times))
}

fn measure(pattern: &str, size: usize) -> Times {
    let text = repeated(pattern, size);
    let mut times = Times::new();
    let mut names = Interner::new();
    let parsed = timed(&mut times, "parsing", || syntax::parse(&text, 1, &mut names));
    timed(&mut times, "dumping", || dump::tree(&parsed.ast, &names));
    timed(&mut times, "printing", || print::print(&parsed.ast, &names));
    if parsed.has_errors() {
        return times;
    }
    if let Ok(mut built) = timed(&mut times, "building", || crate::front::build(&text)) {
        timed(&mut times, "verifying", || verify_program(&built.program).is_ok());
        let text = timed(&mut times, "printing MIR", || print_program(&built.program, Some(&built.sources)));
        timed(&mut times, "reading MIR", || mir::text::parse(&text).is_ok());
        if let Some(top) = built.top {
            let world = World { entries: vec![top] };
            timed(&mut times, "analysing", || infer::specialize(&mut built.program, &world));
        }
    }
    times
}

fn timed<T>(times: &mut Times, step: &'static str, f: impl FnOnce() -> T) -> T {
    let start = processor_time();
    let result = f();
    times.push((step, processor_time().saturating_sub(start)));
    result
}

/// Time that this thread has spent.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Where the system does not say what a thread has spent, the clock has to do.
#[cfg(not(target_os = "linux"))]
fn processor_time() -> Duration {
    use std::{sync::LazyLock, time::Instant};
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
