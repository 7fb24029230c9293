//! What the rows over numbers mean, once more and in another way than in the runtime: integers as 128-bit numbers that
//! are cut to 64 bits, conversions by rounding bit by bit. Nothing here calls code of ours.

use crate::{Datum, End, float};

fn low64(x: i128) -> i64 {
    let low = x.rem_euclid(1 << 64);
    if low >= 1 << 63 { (low - (1 << 64)) as i64 } else { low as i64 }
}

fn by_zero(what: &str) -> End {
    End::Threw("DivisionByZero".into(), format!("{what} by zero"))
}

/// Bit by bit with a function of two bits.
fn bits(a: i64, b: i64, f: fn(bool, bool) -> bool) -> i64 {
    let bit = |x: i64, i: u32| (i128::from(x).rem_euclid(1 << 64) >> i) % 2 == 1;
    let sum: i128 = (0..64).map(|i| if f(bit(a, i), bit(b, i)) { 1i128 << i } else { 0 }).sum();
    low64(sum)
}

/// The float nearest to an integer, ties to even, from its bits.
pub fn nearest(a: i64) -> f64 {
    let mut magnitude = i128::from(a).unsigned_abs();
    let negative = a < 0;
    if magnitude == 0 {
        return 0.0;
    }
    let mut exponent = 0u64;
    let mut lost = 0u32;
    let mut weight = 0;
    while magnitude >= 1 << 53 {
        lost |= ((magnitude & 1) as u32) << weight;
        weight += 1;
        magnitude >>= 1;
        exponent += 1;
    }
    let half = if weight == 0 { u32::MAX } else { 1 << (weight - 1) };
    if weight > 0 && (lost > half || (lost == half && magnitude % 2 == 1)) {
        magnitude += 1;
        if magnitude == 1 << 53 {
            magnitude >>= 1;
            exponent += 1;
        }
    }
    while magnitude < 1 << 52 {
        magnitude <<= 1;
        exponent = exponent.wrapping_sub(1);
    }
    let biased = exponent.wrapping_add(1075);
    let fraction = (magnitude - (1 << 52)) as u64;
    f64::from_bits(u64::from(negative) << 63 | biased << 52 | fraction)
}

/// What a row gives for operands of its representations; `None` for a row that is not about numbers.
pub fn answer(row: &str, args: &[Datum]) -> Option<End> {
    let value = |d| Some(End::Value(d));
    Some(match *args {
        [Datum::Int(a), Datum::Int(b)] => {
            let (x, y) = (i128::from(a), i128::from(b));
            let int = |n| value(Datum::Int(low64(n)));
            return match row {
                "iadd" => int(x + y),
                "isub" => int(x - y),
                "imul" => int(x * y),
                "idiv" if y == 0 => Some(by_zero("Division")),
                "idiv" => int(x / y),
                "irem" if y == 0 => Some(by_zero("Modulo")),
                "irem" => int(x - (x / y) * y),
                "iand" => int(bits(a, b, |p, q| p && q).into()),
                "ior" => int(bits(a, b, |p, q| p || q).into()),
                "ixor" => int(bits(a, b, |p, q| p != q).into()),
                "ishl" => int(x * (1i128 << y.rem_euclid(64))),
                "ishr" => int(x.div_euclid(1i128 << y.rem_euclid(64))),
                "ieq" => value(Datum::Bool(x - y == 0)),
                "ine" => value(Datum::Bool(x - y != 0)),
                "ilt" => value(Datum::Bool(x - y < 0)),
                "ile" => value(Datum::Bool(x - y <= 0)),
                _ => None,
            };
        }
        [Datum::Int(a)] => {
            let x = i128::from(a);
            match row {
                "ineg" => End::Value(Datum::Int(low64(-x))),
                "inot" => End::Value(Datum::Int(low64(-x - 1))),
                "itof" => End::Value(float(nearest(a))),
                "box_i" => End::Value(Datum::Int(a)),
                _ => return None,
            }
        }
        [Datum::Float(a), Datum::Float(b)] => {
            let (x, y) = (f64::from_bits(a), f64::from_bits(b));
            let nan = x.is_nan() || y.is_nan();
            return match row {
                "fadd" => value(float(x + y)),
                "fsub" => value(float(x - y)),
                "fmul" => value(float(x * y)),
                "fdiv" => value(float(x / y)),
                // The operator of Rust is the C `fmod` of the compiler, which the runtime does not use.
                "frem" => value(float(x % y)),
                "feq" => value(Datum::Bool(!nan && (order(a) == order(b)))),
                "fne" => value(Datum::Bool(nan || (order(a) != order(b)))),
                "flt" => value(Datum::Bool(!nan && order(a) < order(b))),
                "fle" => value(Datum::Bool(!nan && order(a) <= order(b))),
                _ => None,
            };
        }
        [Datum::Float(a)] => {
            let x = f64::from_bits(a);
            match row {
                "fneg" if x.is_nan() => End::Value(float(x)),
                "fneg" => End::Value(Datum::Float(a ^ 1 << 63)),
                "fsqrt" if x < 0.0 => {
                    End::Threw("MathError".into(), format!("sqrt: {} is negative", shown(x)))
                }
                "fsqrt" => End::Value(float(x.sqrt())),
                "box_f" => End::Value(float(x)),
                _ => return None,
            }
        }
        [Datum::Bool(a), Datum::Bool(b)] if row == "beq" => {
            End::Value(Datum::Bool(u8::from(a) + u8::from(b) != 1))
        }
        [Datum::Bool(a)] => match row {
            "bnot" => End::Value(Datum::Bool(u8::from(a) == 0)),
            "box_b" => End::Value(Datum::Bool(a)),
            _ => return None,
        },
        _ => return None,
    })
}

/// The place of a float that is not NaN in the order of all floats; both zeros have the same one.
fn order(bits: u64) -> i128 {
    let magnitude = i128::from(bits & !(1 << 63));
    if bits >> 63 == 1 { -magnitude } else { magnitude }
}

/// The text of a float: the shortest digits that read back, without exponent and without `.0`.
fn shown(x: f64) -> String {
    format!("{x}")
}
