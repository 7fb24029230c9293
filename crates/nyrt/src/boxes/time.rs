//! TimeBox (the clock, waiting) and TimerBox (a stop watch).

use super::access::{arg, field, float_of, make_object, set_field};
use super::datetime;
use crate::builtin::{Owner, builtins};
use crate::rt::Rt;
use crate::shapes::TIMER_START;
use crate::task;
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::TIME) => {
        /// The clock.
        "TimeBox" () ALLOCATES -> Instance(TIME) => new;
    }
    Owner::Method(class_id::TIME) => {
        /// Milliseconds since the start of 1970 UTC.
        "now" () OUTSIDE -> Int => now;
        /// Lets other tasks run until so many milliseconds have passed.
        "sleep" (milliseconds: Num) SUSPENDS | OUTSIDE -> Void => sleep;
        /// The present local time in a pattern of the C function `strftime`.
        "format" (pattern: Str) OUTSIDE | ALLOCATES | THROWS -> Str => format;
        /// The DateTimeBox that a text names; `ParseError` for other texts.
        "parse" (text: Str) OUTSIDE | ALLOCATES | THROWS -> Instance(DATETIME) => parse;
    }
    Owner::New(class_id::TIMER) => {
        /// A stop watch that runs.
        "TimerBox" () ALLOCATES | OUTSIDE -> Instance(TIMER) => new_timer;
    }
    Owner::Method(class_id::TIMER) => {
        /// Milliseconds since it was made or reset: a Float, exact to the microsecond.
        "elapsed" () READS | OUTSIDE -> Float => elapsed;
        /// Starts again at 0.
        "reset" () WRITES | OUTSIDE -> Void => reset;
    }
} }

fn new(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    make_object(rt, class_id::TIME, &[])
}

fn now(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    Ok(Value::int(rt.host.wall_clock_us().div_euclid(1000)))
}

fn sleep(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    const NS_PER_MS: f64 = 1e6;
    let ms = arg(args, 0);
    // Negative times and NaN become 0, endless ones the longest.
    let ns = match ms.as_int() {
        Some(ms) => u64::try_from(ms).unwrap_or(0).saturating_mul(1_000_000),
        None => (float_of(ms) * NS_PER_MS) as u64,
    };
    task::sleep(rt, ns)
}

fn format(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    datetime::format_now(rt, arg(args, 0))
}

fn parse(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    datetime::parse(rt, arg(args, 0))
}

fn new_timer(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    let start = Value::int(rt.host.monotonic_ns() as i64);
    make_object(rt, class_id::TIMER, &[start])
}

fn elapsed(rt: &mut Rt, t: Value, _: &[Value]) -> Outcome {
    let start = field(rt, t, TIMER_START).as_int().unwrap_or(0);
    let ns = (rt.host.monotonic_ns() as i64).wrapping_sub(start);
    Ok(Value::float((ns / 1000) as f64 / 1000.0))
}

fn reset(rt: &mut Rt, t: Value, _: &[Value]) -> Outcome {
    let start = Value::int(rt.host.monotonic_ns() as i64);
    set_field(rt, t, TIMER_START, start);
    Ok(Value::VOID)
}
