//! DateTimeBox: a moment, shown in local time. Calendar arithmetic is jiff's; the offset of local time comes from
//! the host.

use alloc::format;
use alloc::string::String;

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::access::{arg, field, int_arg, make_object, make_text, text, text_arg};
use crate::builtin::{Owner, builtins};
use crate::convert::shortened;
use crate::error::ErrorKind;
use crate::rt::Rt;
use crate::shapes::DATETIME_US;
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::DATETIME) => {
        /// Now; or the moment so many seconds after the start of 1970 UTC; or the one that a text such as
        /// `2024-05-01T12:30:00Z`, `2024-05-01 12:30` or `2024-05-01` names (local time unless it says otherwise).
        "DateTimeBox" (; moment: Any) ALLOCATES | OUTSIDE | THROWS -> Instance(DATETIME) => new;
    }
    Owner::Method(class_id::DATETIME) => {
        /// The year.
        "year" () READS | OUTSIDE -> Int => year;
        /// The month, 1 to 12.
        "month" () READS | OUTSIDE -> Int => month;
        /// The day of the month.
        "day" () READS | OUTSIDE -> Int => day;
        /// The hour, 0 to 23.
        "hour" () READS | OUTSIDE -> Int => hour;
        /// The minute.
        "minute" () READS | OUTSIDE -> Int => minute;
        /// The second.
        "second" () READS | OUTSIDE -> Int => second;
        /// Seconds since the start of 1970 UTC.
        "timestamp" () READS -> Int => timestamp;
        /// UTC with milliseconds: `2024-05-01T12:30:00.000Z`.
        "toISOString" () READS | ALLOCATES -> Str => to_iso_string;
        /// Local time in a pattern of the C function `strftime`: `%Y-%m-%d %H:%M:%S`.
        "format" (pattern: Str) READS | ALLOCATES | OUTSIDE | THROWS -> Str => format_box;
        /// The moment so many times 24 hours later.
        "addDays" (days: Int) READS | ALLOCATES | THROWS -> Instance(DATETIME) => add_days;
        /// The moment so many hours later.
        "addHours" (hours: Int) READS | ALLOCATES | THROWS -> Instance(DATETIME) => add_hours;
    }
} }

const MICROS_PER_SECOND: i64 = 1_000_000;

#[cold]
fn out_of_range(rt: &mut Rt) -> Trap {
    rt.raise(ErrorKind::MathError, "DateTimeBox: the moment is outside of the years -9999 to 9999")
}

/// A DateTimeBox, if the calendar reaches that far.
fn make(rt: &mut Rt, micros: Option<i64>) -> Outcome {
    match micros.filter(|micros| Timestamp::from_microsecond(*micros).is_ok()) {
        Some(micros) => make_object(rt, class_id::DATETIME, &[Value::int(micros)]),
        None => Err(out_of_range(rt)),
    }
}

fn new(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    let Some(moment) = args.first() else {
        let now = rt.host.wall_clock_us();
        return make(rt, Some(now));
    };
    match moment.kind() {
        Kind::I64 => make(rt, moment.as_int().and_then(|s| s.checked_mul(MICROS_PER_SECOND))),
        Kind::F64 => {
            let micros = moment.as_float().unwrap_or(0.0) * MICROS_PER_SECOND as f64;
            make(rt, crate::scalar::round_to_int(micros))
        }
        Kind::Str => parse(rt, *moment),
        _ => {
            let got = format!("DateTimeBox takes a number or a StringBox, got {}", rt.type_name(*moment));
            Err(rt.raise(ErrorKind::TypeError, &got))
        }
    }
}

/// The moment that a text names; `ParseError` for other texts.
pub(crate) fn parse(rt: &mut Rt, moment: Value) -> Outcome {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let trimmed = String::from(text(rt, moment).trim());
    if let Ok(moment) = PARSER.parse_timestamp(&trimmed) {
        return make(rt, Some(moment.as_microsecond()));
    }
    match PARSER.parse_datetime(&trimmed) {
        Ok(local) => {
            let micros = local_to_micros(rt, local);
            make(rt, micros)
        }
        Err(_) => {
            let message = format!("{:?} is not a date and time", shortened(&trimmed));
            Err(rt.raise(ErrorKind::ParseError, &message))
        }
    }
}

fn local_to_micros(rt: &mut Rt, local: DateTime) -> Option<i64> {
    // The offset belongs to the moment that is looked for: guess with the one at the same reading in UTC, then
    // take the one at the guess.
    let utc = Offset::UTC.to_timestamp(local).ok()?;
    let guess = utc.as_second() - i64::from(rt.host.utc_offset_seconds(utc.as_second()));
    let offset = Offset::from_seconds(rt.host.utc_offset_seconds(guess)).unwrap_or(Offset::UTC);
    Some(offset.to_timestamp(local).ok()?.as_microsecond())
}

fn moment(rt: &Rt, d: Value) -> Timestamp {
    let micros = field(rt, d, DATETIME_US).as_int().unwrap_or(0);
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The local reading of a moment, and the offset.
fn local(rt: &mut Rt, moment: Timestamp) -> (DateTime, Offset) {
    let offset = Offset::from_seconds(rt.host.utc_offset_seconds(moment.as_second())).unwrap_or(Offset::UTC);
    (offset.to_datetime(moment), offset)
}

fn part(rt: &mut Rt, d: Value, part: fn(&DateTime) -> i64) -> Outcome {
    let moment = moment(rt, d);
    Ok(Value::int(part(&local(rt, moment).0)))
}

fn year(rt: &mut Rt, d: Value, _: &[Value]) -> Outcome {
    part(rt, d, |local| i64::from(local.year()))
}

fn month(rt: &mut Rt, d: Value, _: &[Value]) -> Outcome {
    part(rt, d, |local| i64::from(local.month()))
}

fn day(rt: &mut Rt, d: Value, _: &[Value]) -> Outcome {
    part(rt, d, |local| i64::from(local.day()))
}

fn hour(rt: &mut Rt, d: Value, _: &[Value]) -> Outcome {
    part(rt, d, |local| i64::from(local.hour()))
}

fn minute(rt: &mut Rt, d: Value, _: &[Value]) -> Outcome {
    part(rt, d, |local| i64::from(local.minute()))
}

fn second(rt: &mut Rt, d: Value, _: &[Value]) -> Outcome {
    part(rt, d, |local| i64::from(local.second()))
}

fn timestamp(rt: &mut Rt, d: Value, _: &[Value]) -> Outcome {
    let micros = field(rt, d, DATETIME_US).as_int().unwrap_or(0);
    Ok(Value::int(micros.div_euclid(MICROS_PER_SECOND)))
}

fn to_iso_string(rt: &mut Rt, d: Value, _: &[Value]) -> Outcome {
    // Truncated downwards, so that the text never names a later moment.
    let micros = field(rt, d, DATETIME_US).as_int().unwrap_or(0);
    let (seconds, fraction) = (micros.div_euclid(MICROS_PER_SECOND), micros.rem_euclid(MICROS_PER_SECOND));
    let utc = Offset::UTC.to_datetime(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH));
    let (date, time) = (utc.date(), utc.time());
    let text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        fraction / 1000
    );
    make_text(rt, &text)
}

fn format_box(rt: &mut Rt, d: Value, args: &[Value]) -> Outcome {
    let moment = moment(rt, d);
    format_moment(rt, moment, arg(args, 0))
}

/// The local reading of now in a pattern.
pub(crate) fn format_now(rt: &mut Rt, pattern: Value) -> Outcome {
    match Timestamp::from_microsecond(rt.host.wall_clock_us()) {
        Ok(now) => format_moment(rt, now, pattern),
        Err(_) => Err(out_of_range(rt)),
    }
}

fn format_moment(rt: &mut Rt, moment: Timestamp, pattern: Value) -> Outcome {
    let (local, offset) = local(rt, moment);
    let mut parts = BrokenDownTime::from(local);
    parts.set_offset(Some(offset));
    let mut out = String::new();
    match parts.format(text_arg(rt, &[pattern], 0), &mut out) {
        Ok(()) => make_text(rt, &out),
        Err(_) => {
            let message = format!("{:?} is not a date pattern", shortened(text(rt, pattern)));
            Err(rt.raise(ErrorKind::ParseError, &message))
        }
    }
}

fn add(rt: &mut Rt, d: Value, count: i64, seconds: i64) -> Outcome {
    let moment = moment(rt, d);
    let later =
        count.checked_mul(seconds).and_then(|s| moment.checked_add(SignedDuration::from_secs(s)).ok());
    make(rt, later.map(|later| later.as_microsecond()))
}

fn add_days(rt: &mut Rt, d: Value, args: &[Value]) -> Outcome {
    add(rt, d, int_arg(args, 0), 24 * 60 * 60)
}

fn add_hours(rt: &mut Rt, d: Value, args: &[Value]) -> Outcome {
    add(rt, d, int_arg(args, 0), 60 * 60)
}
