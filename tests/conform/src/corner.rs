//! Values at which operations go wrong first.

use mir::func::Rep;

use crate::{Datum, float, text};

/// Integers: both ends, both sides of zero, shift counts, where floats stop being exact.
pub const INTS: [i64; 24] = [
    0,
    1,
    -1,
    2,
    -2,
    3,
    7,
    -10,
    62,
    63,
    64,
    65,
    -63,
    -64,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
    i64::MIN + 1,
    1 << 53,
    (1 << 53) + 1,
    (1 << 53) - 1,
    -(1 << 53) - 1,
    0x5555_5555_5555_5555,
    u32::MAX as i64,
];

/// Floats: zeros, infinities, NaN, the smallest and greatest, around 2^53 and 2^63.
pub const FLOATS: [f64; 22] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.5,
    3.0,
    0.1,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    f64::MAX,
    f64::MIN,
    f64::EPSILON,
    9_007_199_254_740_992.0,
    9_007_199_254_740_994.0,
    9_223_372_036_854_775_808.0,
    -9_223_372_036_854_775_808.0,
    1e300,
];

/// Values of every kind, for rows that take an Any.
pub fn any() -> Vec<Datum> {
    let mut all = vec![Datum::Void, Datum::Null, Datum::Bool(false), Datum::Bool(true)];
    all.extend([0, 1, -1, 3, 63, 64, i64::MAX, i64::MIN, (1 << 53) + 1].map(Datum::Int));
    all.extend(
        [
            0.0,
            -0.0,
            1.0,
            -2.5,
            f64::NAN,
            f64::INFINITY,
            5e-324,
            9_007_199_254_740_992.0,
            9_223_372_036_854_775_808.0,
        ]
        .map(float),
    );
    all.extend(["", "a", "é", "a longer text that no short form can hold"].map(text));
    all.extend([Datum::Array(vec![]), Datum::Array(vec![Datum::Int(1)]), object()]);
    all
}

/// An instance of the first class of [`crate::generic::units`].
pub fn object() -> Datum {
    Datum::Object(0, vec![Datum::Int(1)])
}

/// All corner values of a representation.
pub fn of(rep: Rep) -> Vec<Datum> {
    match rep {
        Rep::Unit => vec![Datum::Null],
        Rep::I64 => INTS.map(Datum::Int).to_vec(),
        Rep::F64 => FLOATS.map(float).to_vec(),
        Rep::Bool => vec![Datum::Bool(false), Datum::Bool(true)],
        Rep::Ref => any().into_iter().filter(|d| !is_number(d)).collect(),
        Rep::Any => any(),
    }
}

fn is_number(d: &Datum) -> bool {
    matches!(d, Datum::Int(_) | Datum::Float(_) | Datum::Bool(_) | Datum::Void)
}
