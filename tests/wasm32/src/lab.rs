//! Where the report is made: an isolate over a host without an outside, and how values and traps are written.
//! It does not know what is tried.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use nyrt::heap::{AllocRegion, HeapConfig};
use nyrt::host::{Closed, Host, Stream};
use nyrt::number::NumberText;
use nyrt::ops::text::text_of;
use nyrt::rt::Rt;
use nyrt::trap::{Outcome, Trap};
use nyrt::value::{Kind, Value};

/// Bytes of the region; small enough that programs can fill it.
pub(crate) const REGION: usize = 4 << 20;

/// Appends a line. Writing to a String does not fail.
macro_rules! line {
    ($out:expr, $($what:tt)*) => {{
        use core::fmt::Write;
        let _ = writeln!($out, $($what)*);
    }};
}
pub(crate) use line;

/// Numbers of the generator splitmix64, the same on every target.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// A host whose clock goes on by a fixed step and whose output is counted.
#[derive(Default)]
struct Still {
    now: u64,
}

impl Host for Still {
    fn write(&mut self, _: Stream, bytes: &[u8]) -> Result<(), Closed> {
        self.now += bytes.len() as u64;
        Ok(())
    }
    fn flush(&mut self) -> Result<(), Closed> {
        Ok(())
    }
    fn read_line(&mut self) -> Option<String> {
        self.now += 1_000_000;
        Some(format!("line at {}", self.now))
    }
    fn wall_clock_us(&mut self) -> i64 {
        // 2024-02-29T12:30:45.678901Z
        1_709_209_845_678_901 + self.now as i64 / 1000
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.now += 1_234_567;
        self.now
    }
    fn sleep_ns(&mut self, ns: u64) {
        self.now = self.now.saturating_add(ns);
    }
    fn entropy(&mut self) -> u64 {
        0x0123_4567_89AB_CDEF
    }
    fn utc_offset_seconds(&mut self, at: i64) -> i32 {
        // One hour ahead, two in the summer half of a year of 365 days.
        if at.rem_euclid(31_536_000) < 15_768_000 { 3600 } else { 7200 }
    }
}

/// An isolate with nothing in it.
pub(crate) fn isolate() -> Option<Rt> {
    let region = AllocRegion::new(REGION).ok()?;
    let config = HeapConfig { max_bytes: REGION as u64, audit: true, ..HeapConfig::default() };
    Rt::new(Box::new(region), config, Box::new(Still::default())).ok()
}

/// Bits and text of a float.
pub(crate) fn float(x: f64) -> String {
    let text = NumberText::float(x);
    if x.is_nan() { text.as_str().into() } else { format!("{:016x} {}", x.to_bits(), text.as_str()) }
}

/// A value as the report writes it.
pub(crate) fn shown(rt: &mut Rt, v: Value) -> String {
    if let Some(x) = v.as_float() {
        return float(x);
    }
    let class = String::from(rt.type_name(v));
    // Functions of the program have no text without the tier that knows them.
    let text = match text_of(rt, v) {
        Ok(text) => {
            let copy = text.as_str().map_or(String::new(), |r| rt.heap.str_text(r).into());
            rt.heap.release(text);
            copy
        }
        Err(trap) => trapped(rt, trap),
    };
    let mut out = format!("{class} ");
    // The start tells lines apart, the hash covers the rest.
    match text.char_indices().nth(200) {
        Some((end, _)) => {
            let hash = nyrt::heap::hash::bytes(text.as_bytes());
            let _ = write!(out, "{:?}... {} bytes, hash {hash:016x}", &text[..end], text.len());
        }
        None => {
            let _ = write!(out, "{text:?}");
        }
    }
    if v.kind() == Kind::Str {
        let (chars, ascii) = (rt.heap.str_chars(v.as_ref()), rt.heap.str_is_ascii(v.as_ref()));
        let _ = write!(out, " chars {chars} ascii {ascii}");
    }
    out
}

/// Why there is no value; afterwards the isolate is as if nothing had happened.
pub(crate) fn trapped(rt: &mut Rt, trap: Trap) -> String {
    match trap {
        Trap::Throw => {
            let thrown = rt.take_thrown();
            let kind = String::from(rt.error_kind(thrown).unwrap_or("?"));
            let text = format!("{kind}: {}", rt.error_message(thrown).unwrap_or("?"));
            rt.heap.release(thrown);
            text
        }
        Trap::Call => {
            let callout = core::mem::take(&mut rt.callout);
            let mut text = String::from("call with");
            for arg in callout.args {
                let _ = write!(text, " {}", rt.type_name(arg));
                if arg.kind() == Kind::Arr {
                    let _ = write!(text, " of {}", rt.heap.arr_len(arg.as_ref()));
                }
                rt.heap.release(arg);
            }
            text
        }
        Trap::Suspend => format!("suspend {:?}", rt.tasks.awaiting.take()),
        Trap::Stop => format!("stop {:?}", rt.stop.take()),
    }
}

/// The result of an operation, which is given up.
pub(crate) fn outcome(rt: &mut Rt, outcome: Outcome) -> String {
    match outcome {
        Ok(v) => {
            let text = shown(rt, v);
            rt.heap.release(v);
            text
        }
        Err(trap) => trapped(rt, trap),
    }
}
