//! The side of the bounded run that runs bodies, in a process of its own.

use super::{Failure, input, minimize};
use crate::Target;
use crate::corpus::Corpus;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Exit code after a panic; place and message are on standard output then.
pub(super) const PANICKED: i32 = 3;

/// Most memory of a worker: an input that needs more is a finding, not the end of the machine.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 6 << 30;

/// Place and message of the last panic.
static PANIC: Mutex<(String, String)> = Mutex::new((String::new(), String::new()));

/// Feeds a target from the `first` input on until the time is up. `progress` holds the number after the current
/// input.
pub fn work(target: &Target, seed: u64, first: u64, seconds: f64, progress: &Path) -> std::io::Result<i32> {
    prepare();
    let corpus = Corpus::load();
    let mut progress = File::create(progress)?;
    let (start, time) = (Instant::now(), Duration::from_secs_f64(seconds));
    let mut index = first;
    while start.elapsed() < time {
        let data = input(target, &corpus, seed, index);
        index += 1;
        progress.seek(SeekFrom::Start(0))?;
        progress.write_all(&index.to_le_bytes())?;
        if let Some(failure) = failure(target, &data) {
            return Ok(tell(&failure));
        }
    }
    Ok(0)
}

/// Runs a target on the contents of a file.
pub fn one(target: &Target, path: &Path) -> std::io::Result<i32> {
    prepare();
    Ok(failure(target, &fs::read(path)?).map_or(0, |f| tell(&f)))
}

/// Makes the contents of a file on which a target panics small.
pub fn shrink(target: &Target, path: &Path, seconds: f64) -> std::io::Result<i32> {
    prepare();
    let input = fs::read(path)?;
    let Some(first) = failure(target, &input) else { return Ok(0) };
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    minimize::shrink(input, first.clone(), end, &mut |candidate| {
        let found = failure(target, candidate);
        if found.as_ref().is_some_and(|f| f.is_like(&first)) {
            fs::write(path, candidate)?;
        }
        Ok(found)
    })?;
    Ok(0)
}

fn prepare() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let limit = Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) };
        // Where it cannot be limited the run goes on without.
        let _ = setrlimit(Resource::As, limit);
    }
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or("?".to_owned(), |l| format!("{}:{}", l.file(), l.line()));
        let message = info.payload_as_str().unwrap_or("").to_owned();
        if let Ok(mut last) = PANIC.lock() {
            *last = (place, message);
        }
    }));
}

/// Runs a body; how it panicked.
fn failure(target: &Target, data: &[u8]) -> Option<Failure> {
    if catch_unwind(AssertUnwindSafe(|| (target.body)(data))).is_ok() {
        return None;
    }
    let (place, message) = PANIC.lock().map(|p| p.clone()).unwrap_or_default();
    Some(Failure::Panic(place, message.chars().take(3000).collect()))
}

/// Says on standard output how a body panicked; gives the exit code.
fn tell(failure: &Failure) -> i32 {
    if let Failure::Panic(place, message) = failure {
        // When nobody reads it the exit code still tells.
        let _ = writeln!(std::io::stdout(), "{place}\n{message}");
    }
    PANICKED
}
