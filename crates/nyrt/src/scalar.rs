//! Arithmetic and comparison of numbers as pure functions: what every tier must agree on.
//!
//! It knows no values, no heap and no errors; where an operation has no result it answers `None`. Functions
//! of real numbers go through `libm`, so every target gives the same bits.

use core::cmp::Ordering;

/// 2^63 as a float: the first magnitude outside of i64.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// `a + b` modulo 2^64.
#[inline(always)]
pub const fn add(a: i64, b: i64) -> i64 {
    a.wrapping_add(b)
}

/// `a - b` modulo 2^64.
#[inline(always)]
pub const fn sub(a: i64, b: i64) -> i64 {
    a.wrapping_sub(b)
}

/// `a * b` modulo 2^64.
#[inline(always)]
pub const fn mul(a: i64, b: i64) -> i64 {
    a.wrapping_mul(b)
}

/// `-a` modulo 2^64.
#[inline(always)]
pub const fn neg(a: i64) -> i64 {
    a.wrapping_neg()
}

/// `a / b` towards zero; `MIN / -1` is `MIN`. `None` for a zero divisor.
#[inline(always)]
pub const fn div(a: i64, b: i64) -> Option<i64> {
    if b == 0 { None } else { Some(a.wrapping_div(b)) }
}

/// `a % b` with the sign of `a`; `MIN % -1` is 0. `None` for a zero divisor.
#[inline(always)]
pub const fn rem(a: i64, b: i64) -> Option<i64> {
    if b == 0 { None } else { Some(a.wrapping_rem(b)) }
}

/// `a << n`, the count modulo 64.
#[inline(always)]
pub const fn shl(a: i64, n: i64) -> i64 {
    a.wrapping_shl(n as u32)
}

/// Arithmetic `a >> n`, the count modulo 64.
#[inline(always)]
pub const fn shr(a: i64, n: i64) -> i64 {
    a.wrapping_shr(n as u32)
}

/// The nearest float, ties to even.
#[inline(always)]
pub const fn to_float(a: i64) -> f64 {
    a as f64
}

/// A float as the word of a register.
#[inline(always)]
pub const fn float_to_word(x: f64) -> u64 {
    x.to_bits()
}

/// The float that is in a register as this word.
#[inline(always)]
pub const fn word_to_float(word: u64) -> f64 {
    f64::from_bits(word)
}

/// The square root, rounded to the nearest float, the same on every target. `None` below zero.
#[inline(always)]
pub fn square_root(x: f64) -> Option<f64> {
    if x < 0.0 { None } else { Some(libm::sqrt(x)) }
}

/// The C `fmod`: the exact remainder with the sign of `a`.
#[inline]
pub fn fmod(a: f64, b: f64) -> f64 {
    libm::fmod(a, b)
}

/// The integer part, if an i64 can hold it.
#[inline]
pub fn trunc_to_int(x: f64) -> Option<i64> {
    // Both bounds are exact floats; NaN is in no range.
    if (-TWO_63..TWO_63).contains(&x) { Some(x as i64) } else { None }
}

/// The greatest integer not above `x`, if an i64 can hold it.
#[inline]
pub fn floor_to_int(x: f64) -> Option<i64> {
    trunc_to_int(libm::floor(x))
}

/// The least integer not below `x`, if an i64 can hold it.
#[inline]
pub fn ceil_to_int(x: f64) -> Option<i64> {
    trunc_to_int(libm::ceil(x))
}

/// The nearest integer, halves away from zero, if an i64 can hold it.
#[inline]
pub fn round_to_int(x: f64) -> Option<i64> {
    trunc_to_int(libm::round(x))
}

/// Compares an integer with a float as real numbers; `None` for NaN.
#[inline]
pub fn cmp_int_float(a: i64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    if b >= TWO_63 {
        return Some(Ordering::Less);
    }
    if b < -TWO_63 {
        return Some(Ordering::Greater);
    }
    // `b` fits, so the cast is exact up to the fraction, which is exact too.
    let whole = b as i64;
    Some(match a.cmp(&whole) {
        Ordering::Equal => {
            let fraction = b - whole as f64;
            if fraction > 0.0 {
                Ordering::Less
            } else if fraction < 0.0 {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        }
        unequal => unequal,
    })
}

/// Whether an integer and a float are the same real number.
#[inline]
pub fn eq_int_float(a: i64, b: f64) -> bool {
    cmp_int_float(a, b) == Some(Ordering::Equal)
}

/// `a` to the power `n` modulo 2^64.
pub const fn pow_int(a: i64, n: u64) -> i64 {
    let (mut result, mut base, mut n) = (1i64, a, n);
    while n != 0 {
        if n & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        n >>= 1;
    }
    result
}

/// `a` to the power `b` in floats.
#[inline]
pub fn pow_float(a: f64, b: f64) -> f64 {
    libm::pow(a, b)
}

/// The greater float; a NaN operand gives the other one.
#[inline]
pub fn max_float(a: f64, b: f64) -> f64 {
    libm::fmax(a, b)
}

/// The lesser float; a NaN operand gives the other one.
#[inline]
pub fn min_float(a: f64, b: f64) -> f64 {
    libm::fmin(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CORNERS: [i64; 11] = [0, 1, -1, 2, -2, 63, 64, i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1];

    fn low64(x: i128) -> i64 {
        (x as u128 & u64::MAX as u128) as u64 as i64
    }

    #[test]
    fn corner_values_against_wide_arithmetic() {
        for a in CORNERS {
            for b in CORNERS {
                check_against_i128(a, b);
            }
        }
    }

    fn check_against_i128(a: i64, b: i64) {
        let (wide_a, wide_b) = (a as i128, b as i128);
        assert_eq!(add(a, b), low64(wide_a + wide_b));
        assert_eq!(sub(a, b), low64(wide_a - wide_b));
        assert_eq!(mul(a, b), low64(wide_a * wide_b));
        assert_eq!(neg(a), low64(-wide_a));
        if b == 0 {
            assert_eq!((div(a, b), rem(a, b)), (None, None));
        } else {
            assert_eq!(div(a, b), Some(low64(wide_a / wide_b)));
            assert_eq!(rem(a, b), Some((wide_a % wide_b) as i64));
        }
        let count = wide_b.rem_euclid(64) as u32;
        assert_eq!(shl(a, b), low64(wide_a << count));
        assert_eq!(shr(a, b), low64(wide_a >> count));
    }

    #[test]
    fn integers_and_floats_compare_as_reals() {
        use Ordering::{Equal, Greater, Less};
        // Computed with Python's exact int/float comparison.
        let table: [(i64, f64, Option<Ordering>); 14] = [
            (i64::MAX, 9223372036854775807.0, Some(Less)), // the float is 2^63
            (i64::MIN, -9223372036854775808.0, Some(Equal)),
            (9007199254740993, 9007199254740992.0, Some(Greater)),
            (9007199254740992, 9007199254740992.0, Some(Equal)),
            (0, -0.0, Some(Equal)),
            (0, 5e-324, Some(Less)),
            (0, -5e-324, Some(Greater)),
            (3, 3.5, Some(Less)),
            (-3, -3.5, Some(Greater)),
            (4, 3.5, Some(Greater)),
            (1, f64::INFINITY, Some(Less)),
            (1, f64::NEG_INFINITY, Some(Greater)),
            (1, f64::NAN, None),
            (i64::MIN, -9223372036854777856.0, Some(Greater)),
        ];
        for (a, b, expected) in table {
            assert_eq!(cmp_int_float(a, b), expected, "{a} ? {b}");
            assert_eq!(eq_int_float(a, b), expected == Some(Equal), "{a} == {b}");
        }
    }

    #[test]
    fn rounding() {
        // x, then truncated, floor, ceil and round as Python's exact integers.
        let table: [(f64, [i64; 4]); 5] = [
            (2.5, [2, 2, 3, 3]),
            (-2.5, [-2, -3, -2, -3]),
            (0.49999999999999994, [0, 0, 1, 0]),
            (-0.0, [0, 0, 0, 0]),
            (9223372036854774784.0, [9223372036854774784; 4]),
        ];
        for (x, expected) in table {
            let ours = [trunc_to_int(x), floor_to_int(x), ceil_to_int(x), round_to_int(x)];
            assert_eq!(ours, expected.map(Some), "{x}");
        }
        assert_eq!(trunc_to_int(-9223372036854775808.0), Some(i64::MIN));
        for x in [9223372036854775808.0, -9223372036854777856.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(
                (trunc_to_int(x), floor_to_int(x), ceil_to_int(x), round_to_int(x)),
                (None, None, None, None)
            );
        }
    }

    #[test]
    fn powers() {
        assert_eq!(pow_int(2, 10), 1024);
        assert_eq!(pow_int(0, 0), 1);
        assert_eq!(pow_int(-3, 3), -27);
        assert_eq!(pow_int(2, 63), i64::MIN);
        assert_eq!(pow_int(2, 64), 0);
        // pow(3, 41, 2**64) in Python, as two's complement
        assert_eq!(pow_int(3, 41), -420491770248316829);
        assert_eq!(pow_float(2.0, 0.5), core::f64::consts::SQRT_2);
    }

    proptest! {
        #[test]
        fn any_integers(a: i64, b: i64) {
            check_against_i128(a, b);
        }

        #[test]
        fn small_divisors(a: i64, b in -70i64..70) {
            check_against_i128(a, b);
        }

        #[test]
        fn remainder_of_floats_is_exact(a: f64, b: f64) {
            // Rust's operator is the IEEE remainder that truncates, computed independently of libm.
            let (ours, rust) = (fmod(a, b), a % b);
            prop_assert!(ours.to_bits() == rust.to_bits() || (ours.is_nan() && rust.is_nan()));
        }

        #[test]
        fn mixed_comparison_agrees_where_floats_are_exact(a in -(1i64 << 53)..(1i64 << 53), b: f64) {
            prop_assert_eq!(cmp_int_float(a, b), (a as f64).partial_cmp(&b));
        }
    }
}
