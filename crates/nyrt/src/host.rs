//! What the runtime needs from outside, as one trait. It does not say how it is done:
//! `crates/host` does it with an operating system, tests with buffers.

use alloc::string::String;

/// Where text goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// The other end of a stream is gone; the program ends quietly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed;

/// The outside of an isolate.
pub trait Host {
    /// Writes bytes; buffered, in order per stream.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed>;
    /// Writes out what is buffered.
    fn flush(&mut self) -> Result<(), Closed>;
    /// One line of standard input without its line end, `None` at the end. Invalid UTF-8 is replaced.
    fn read_line(&mut self) -> Option<String>;
    /// Microseconds since 1970-01-01 UTC.
    fn wall_clock_us(&mut self) -> i64;
    /// Nanoseconds of a clock that never goes back.
    fn monotonic_ns(&mut self) -> u64;
    /// Waits; timers of tasks and `TimeBox.sleep` use it when nothing else can run.
    fn sleep_ns(&mut self, ns: u64);
    /// A random seed for generators that the program did not seed.
    fn entropy(&mut self) -> u64;
    /// Offset of local time from UTC in seconds at a moment (seconds since 1970).
    fn utc_offset_seconds(&mut self, at: i64) -> i32;
}
