//! The outside of a program that is fuzzed: output goes into buffers, the clock goes on when it is looked at,
//! nobody really sleeps, and nothing is random.

use nyrt::host::{Closed, Host, Stream};
use std::cell::RefCell;
use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;

/// How much of the output is kept as text.
const KEPT: usize = 4096;

/// What was written.
#[derive(Default)]
pub struct Output {
    /// Its beginning, of both streams.
    pub text: String,
    /// Bytes.
    pub length: u64,
    hasher: DefaultHasher,
}

impl Output {
    /// Stands for all of it.
    pub fn digest(&self) -> u64 {
        self.hasher.finish()
    }
}

/// The outside.
pub struct Buffer {
    /// What was written, for whoever made this.
    pub output: Rc<RefCell<Output>>,
    /// The reader goes away after so many bytes.
    pub closes_after: u64,
    /// Lines of standard input that are left.
    pub lines: u32,
    /// The clock.
    pub now: u64,
}

impl Host for Buffer {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed> {
        let mut output = self.output.borrow_mut();
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains('\u{FFFD}') || std::str::from_utf8(bytes).is_ok(), "output that is not UTF-8");
        if output.text.len() < KEPT {
            output.text.extend(text.chars().take(KEPT));
        }
        output.length += bytes.len() as u64;
        output.hasher.write_u8(stream as u8);
        output.hasher.write(bytes);
        if output.length > self.closes_after { Err(Closed) } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Closed> {
        if self.output.borrow().length > self.closes_after { Err(Closed) } else { Ok(()) }
    }

    fn read_line(&mut self) -> Option<String> {
        self.lines = self.lines.checked_sub(1)?;
        Some(["", "help", "12", "é"][self.lines as usize % 4].to_owned())
    }

    fn wall_clock_us(&mut self) -> i64 {
        self.now = self.now.saturating_add(1000);
        (self.now / 1000) as i64
    }

    fn monotonic_ns(&mut self) -> u64 {
        self.now = self.now.saturating_add(1000);
        self.now
    }

    fn sleep_ns(&mut self, ns: u64) {
        self.now = self.now.saturating_add(ns);
    }

    fn entropy(&mut self) -> u64 {
        4
    }

    fn utc_offset_seconds(&mut self, _: i64) -> i32 {
        3600
    }
}
