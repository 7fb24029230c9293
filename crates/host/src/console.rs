//! Console, clocks, randomness and local time of a process: the `Host` of the command line.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nyrt::host::{Closed, Host, Stream};

use crate::streams;

/// Output is written when this much has gathered.
const BUFFER: usize = 32 << 10;

/// Standard streams (`streams`) and clocks of this process.
pub struct Console {
    out: Vec<u8>,
    /// Somebody watches: lines are shown at once.
    interactive: bool,
    /// Why writing stopped, unless the other end just went away.
    failure: Option<io::Error>,
    closed: bool,
    started: Instant,
    zone: Option<TimeZone>,
}

impl Default for Console {
    fn default() -> Console {
        Console::new()
    }
}

impl Console {
    /// The streams of this process.
    pub fn new() -> Console {
        Console {
            out: Vec::new(),
            interactive: streams::out_is_terminal(),
            failure: None,
            closed: false,
            started: Instant::now(),
            zone: None,
        }
    }

    /// Why standard output cannot be written any more, when the reason is not a closed pipe (a full disk).
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    fn note(&mut self, result: io::Result<()>) -> Result<(), Closed> {
        match result {
            Ok(()) => Ok(()),
            Err(e) => {
                self.closed = true;
                if e.kind() != io::ErrorKind::BrokenPipe {
                    self.failure = Some(e);
                }
                Err(Closed)
            }
        }
    }

    fn write_out(&mut self) -> Result<(), Closed> {
        if self.closed {
            return Err(Closed);
        }
        if self.out.is_empty() {
            return Ok(());
        }
        let result = streams::write_out(&self.out);
        self.out.clear();
        self.note(result)
    }
}

impl Host for Console {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed> {
        match stream {
            Stream::Out => {
                if self.closed {
                    return Err(Closed);
                }
                self.out.extend_from_slice(bytes);
                if self.out.len() >= BUFFER || self.interactive && bytes.contains(&b'\n') {
                    self.write_out()?;
                }
                Ok(())
            }
            Stream::Err => {
                // Both streams often end in one terminal or file: keep the order in which things were said. A
                // closed standard output does not keep anything from standard error.
                let _ = self.write_out();
                streams::write_err(bytes).map_err(|_| Closed)
            }
        }
    }

    fn flush(&mut self) -> Result<(), Closed> {
        self.write_out()
    }

    fn read_line(&mut self) -> Option<String> {
        // A prompt has to be seen before its answer is read.
        let _ = self.write_out();
        let line = streams::read_line().ok().filter(|line| !line.is_empty())?;
        Some(line_text(line))
    }

    fn wall_clock_us(&mut self) -> i64 {
        let us = |d: Duration| i64::try_from(d.as_micros()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => us(after),
            Err(before) => -us(before.duration()),
        }
    }

    fn monotonic_ns(&mut self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn sleep_ns(&mut self, ns: u64) {
        // Whoever reads our output should not wait longer than we do.
        let _ = self.write_out();
        std::thread::sleep(Duration::from_nanos(ns));
    }

    fn entropy(&mut self) -> u64 {
        // The standard library keys its hash tables from the system's random source.
        RandomState::new().build_hasher().finish()
    }

    fn utc_offset_seconds(&mut self, at: i64) -> i32 {
        let zone = self.zone.get_or_insert_with(TimeZone::system);
        // Moments outside of the calendar of `jiff` get the offset of the nearest one inside.
        let at = at.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        Timestamp::from_second(at).map_or(0, |t| zone.to_offset(t).seconds())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.write_out();
    }
}

/// A line without its line end; what is not UTF-8 is replaced.
fn line_text(mut line: Vec<u8>) -> String {
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    match String::from_utf8(line) {
        Ok(text) => text,
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_their_ends_only() {
        assert_eq!(line_text(b"a b \r\n".to_vec()), "a b ");
        assert_eq!(line_text(b"last".to_vec()), "last");
        assert_eq!(line_text(b"\n".to_vec()), "");
        assert_eq!(line_text(b"x\r".to_vec()), "x\r");
        assert_eq!(line_text(b"\xffy\n".to_vec()), "\u{fffd}y");
    }

    #[test]
    fn clocks_go_forward_and_seeds_differ() {
        let mut c = Console::new();
        let a = c.monotonic_ns();
        c.sleep_ns(1000);
        assert!(c.monotonic_ns() > a);
        // After the year 2020 and before 2200.
        assert!((1_577_000_000_000_000..7_258_000_000_000_000).contains(&c.wall_clock_us()));
        assert_ne!(c.entropy(), c.entropy());
    }

    #[test]
    fn offsets_are_those_of_a_zone() {
        let mut c = Console::new();
        c.zone = TimeZone::get("Europe/Berlin").ok().or(Some(TimeZone::UTC));
        let summer = c.utc_offset_seconds(1_720_000_000);
        let winter = c.utc_offset_seconds(1_705_000_000);
        assert!((summer, winter) == (7200, 3600) || (summer, winter) == (0, 0));
        c.utc_offset_seconds(i64::MAX);
    }
}
