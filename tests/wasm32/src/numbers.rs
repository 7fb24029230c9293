//! Text of numbers in both directions, and the kernels of `scalar`.

use alloc::string::String;
use core::f64::consts::{E, PI};

use nyrt::number::{NumberText, parse_float, parse_int};
use nyrt::scalar;

use crate::lab::{Numbers, float, line};

/// Floats where something changes: zeros, subnormals, halves, powers of two and ten, the edges of i64 and f64.
pub(crate) const FLOATS: [f64; 40] = [
    0.0,
    -0.0,
    0.1,
    0.2,
    0.3,
    0.5,
    -0.5,
    1.0,
    -1.0,
    1.5,
    2.5,
    -2.5,
    0.49999999999999994,
    1e-5,
    1e-7,
    1e15,
    1e16,
    1e21,
    1e22,
    1e23,
    123456789.125,
    PI,
    E,
    4503599627370496.5,
    9007199254740991.0,
    9007199254740993.0,
    9223372036854775807.0,
    -9223372036854775808.0,
    9223372036854774784.0,
    18446744073709551616.0,
    5e-324,
    2.2250738585072014e-308,
    2.225073858507201e-308,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    1e300,
    1e-300,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// Integers where something changes.
pub(crate) const INTS: [i64; 20] = [
    0,
    1,
    -1,
    2,
    7,
    -7,
    10,
    63,
    64,
    65,
    255,
    -1000,
    2147483647,
    -2147483648,
    4294967296,
    4294967299,
    9007199254740993,
    9223372036854775806,
    i64::MAX,
    i64::MIN,
];

const TEXTS: [&str; 30] = [
    "",
    " ",
    "0",
    "-0",
    "+7",
    " 42\t",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "1_000",
    "0x10",
    "1e3",
    "1E-3",
    ".5",
    "5.",
    ".",
    "-",
    "inf",
    "-inf",
    "NaN",
    "nan",
    "infinity",
    "2.2250738585072011e-308",
    "1.7976931348623159e308",
    "123456789012345678901234567890",
    "0.1e-400",
    "4.9406564584124654e-324",
    "1e",
    "9007199254740992.9999999999999999999",
    "\u{a0}3\u{2003}",
];

pub(crate) fn report(out: &mut String) {
    line!(out, "== text of numbers");
    for n in INTS {
        line!(out, "{n} {}", NumberText::int(n).as_str());
    }
    let mut numbers = Numbers(1);
    let drawn = (0..4000).map(|_| f64::from_bits(numbers.next()));
    for x in FLOATS.into_iter().chain(drawn) {
        let text = NumberText::float(x);
        let back = parse_float(text.as_str()).map_or(String::from("no number"), float);
        line!(out, "{} -> {back}", float(x));
    }
    for text in TEXTS {
        line!(
            out,
            "{text:?}: {:?} {}",
            parse_int(text),
            parse_float(text).map_or(String::from("none"), float)
        );
    }
    kernels(out);
}

fn kernels(out: &mut String) {
    line!(out, "== kernels");
    for x in FLOATS {
        let rounded = [
            scalar::trunc_to_int(x),
            scalar::floor_to_int(x),
            scalar::ceil_to_int(x),
            scalar::round_to_int(x),
        ];
        line!(out, "{}: {rounded:?}", float(x));
        for y in FLOATS {
            let results = [
                scalar::fmod(x, y),
                scalar::pow_float(x, y),
                scalar::max_float(x, y),
                scalar::min_float(x, y),
            ];
            line!(out, " {}: {}", float(y), results.map(float).join(", "));
        }
    }
    for a in INTS {
        for b in INTS {
            let wrapping = [
                scalar::add(a, b),
                scalar::sub(a, b),
                scalar::mul(a, b),
                scalar::shl(a, b),
                scalar::shr(a, b),
            ];
            let power = scalar::pow_int(a, b as u64);
            line!(out, "{a} {b}: {wrapping:?} {:?} {:?} {power}", scalar::div(a, b), scalar::rem(a, b));
        }
        for x in FLOATS {
            line!(
                out,
                "{a} ? {}: {:?} {}",
                float(x),
                scalar::cmp_int_float(a, x),
                scalar::eq_int_float(a, x)
            );
        }
    }
}
