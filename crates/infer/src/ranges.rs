//! Which integers a value can be: ranges, interned so that a type stays two words, and what arithmetic makes of them.
//! What the operators mean is in `nyrt::scalar`; a test compares. It does not know programs.

use hashbrown::HashMap;

/// A set of integers without holes; its bounds are in [`Ranges`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Range(u16);

impl Range {
    /// No integer.
    pub const NONE: Range = Range(0);
    /// Every integer.
    pub const ALL: Range = Range(1);

    /// Whether it has no integer.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// The least and the greatest integer of a range.
pub(crate) type Bounds = (i64, i64);

const NONE: Bounds = (i64::MAX, i64::MIN);
const ALL: Bounds = (i64::MIN, i64::MAX);
/// How many elements, characters and entries something can have: the heap counts them with 32 bits.
pub(crate) const MOST: i64 = u32::MAX as i64;

/// The interned ranges. When there are more than their numbers can tell apart, new ones become [`Range::ALL`].
#[derive(Clone, Debug)]
pub(crate) struct Ranges {
    bounds: Vec<Bounds>,
    by_bounds: HashMap<Bounds, Range>,
}

impl Default for Ranges {
    fn default() -> Ranges {
        Ranges { bounds: vec![NONE, ALL], by_bounds: HashMap::from_iter([(ALL, Range::ALL)]) }
    }
}

impl Ranges {
    /// The bounds of a range; of none, the least is greater than the greatest.
    pub(crate) fn bounds(&self, range: Range) -> Bounds {
        self.bounds.get(range.0 as usize).copied().unwrap_or(ALL)
    }

    /// The range from the least to the greatest; none if that is nothing.
    pub(crate) fn of(&mut self, bounds: Bounds) -> Range {
        if bounds.0 > bounds.1 {
            return Range::NONE;
        }
        if let Some(range) = self.by_bounds.get(&bounds) {
            return *range;
        }
        let Ok(number) = u16::try_from(self.bounds.len()) else { return Range::ALL };
        self.bounds.push(bounds);
        self.by_bounds.insert(bounds, Range(number));
        Range(number)
    }

    /// The least range that has both.
    pub(crate) fn join(&mut self, a: Range, b: Range) -> Range {
        if a == b || b == Range::NONE || a == Range::ALL {
            return a;
        }
        if a == Range::NONE || b == Range::ALL {
            return b;
        }
        let (a, b) = (self.bounds(a), self.bounds(b));
        self.of((a.0.min(b.0), a.1.max(b.1)))
    }
}

/// How an integer compares with another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Relation {
    Less,
    AtMost,
    More,
    AtLeast,
    Same,
    Other,
}

impl Relation {
    /// What is left of a range whose integers compare like that with one of `b`.
    pub(crate) fn narrow(self, (lo, hi): Bounds, b: Bounds) -> Bounds {
        match self {
            _ if b.0 > b.1 => NONE,
            Relation::Less if b.1 == i64::MIN => NONE,
            Relation::Less => (lo, hi.min(b.1 - 1)),
            Relation::AtMost => (lo, hi.min(b.1)),
            Relation::More if b.0 == i64::MAX => NONE,
            Relation::More => (lo.max(b.0 + 1), hi),
            Relation::AtLeast => (lo.max(b.0), hi),
            Relation::Same => (lo.max(b.0), hi.min(b.1)),
            Relation::Other if b.0 < b.1 => (lo, hi),
            // One integer can only be cut off at an end.
            Relation::Other if lo == hi && lo == b.0 => NONE,
            Relation::Other => (lo + i64::from(lo == b.0), hi - i64::from(hi == b.0)),
        }
    }
}

/// The integers between two exact results; all, when the exact result does not fit.
fn exact(lo: i128, hi: i128) -> Bounds {
    match (i64::try_from(lo), i64::try_from(hi)) {
        (Ok(lo), Ok(hi)) => (lo, hi),
        _ => ALL,
    }
}

fn between(corners: [i128; 4]) -> Bounds {
    let least = corners.into_iter().min().unwrap_or(i128::MIN);
    exact(least, corners.into_iter().max().unwrap_or(i128::MAX))
}

fn wide((lo, hi): Bounds) -> (i128, i128) {
    (i128::from(lo), i128::from(hi))
}

pub(crate) fn add(a: Bounds, b: Bounds) -> Bounds {
    let (a, b) = (wide(a), wide(b));
    exact(a.0 + b.0, a.1 + b.1)
}

pub(crate) fn sub(a: Bounds, b: Bounds) -> Bounds {
    let (a, b) = (wide(a), wide(b));
    exact(a.0 - b.1, a.1 - b.0)
}

pub(crate) fn mul(a: Bounds, b: Bounds) -> Bounds {
    let (a, b) = (wide(a), wide(b));
    between([a.0 * b.0, a.0 * b.1, a.1 * b.0, a.1 * b.1])
}

pub(crate) fn div(a: Bounds, b: Bounds) -> Bounds {
    if b.0 <= 0 {
        return ALL;
    }
    let (a, b) = (wide(a), wide(b));
    between([a.0 / b.0, a.0 / b.1, a.1 / b.0, a.1 / b.1])
}

pub(crate) fn rem(a: Bounds, b: Bounds) -> Bounds {
    if b.0 <= 0 {
        return ALL;
    }
    let most = b.1 - 1;
    let lo = if a.0 >= 0 { 0 } else { -most };
    (lo, if a.0 >= 0 { most.min(a.1) } else { most })
}

pub(crate) fn neg(a: Bounds) -> Bounds {
    let a = wide(a);
    exact(-a.1, -a.0)
}

pub(crate) fn bit_not(a: Bounds) -> Bounds {
    (!a.1, !a.0)
}

pub(crate) fn bit_and(a: Bounds, b: Bounds) -> Bounds {
    match (a.0 >= 0, b.0 >= 0) {
        (true, true) => (0, a.1.min(b.1)),
        (true, false) => (0, a.1),
        (false, true) => (0, b.1),
        (false, false) => ALL,
    }
}

/// Of `|` and of `^`: the bits below the highest one may all be there.
pub(crate) fn bit_or(a: Bounds, b: Bounds) -> Bounds {
    if a.0 < 0 || b.0 < 0 {
        return ALL;
    }
    let zeros = (a.1 | b.1).leading_zeros();
    (0, u64::MAX.checked_shr(zeros).map_or(0, |all| all as i64))
}

pub(crate) fn shl(a: Bounds, b: Bounds) -> Bounds {
    if a.0 < 0 || b.0 < 0 || b.1 > 62 {
        return ALL;
    }
    let a = wide(a);
    exact(a.0 << b.0, a.1 << b.1)
}

pub(crate) fn shr(a: Bounds, b: Bounds) -> Bounds {
    if a.0 < 0 || b.0 < 0 || b.1 > 63 {
        return ALL;
    }
    (a.0 >> b.1, a.1 >> b.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nyrt::scalar;

    const CORNERS: [i64; 15] =
        [i64::MIN, i64::MIN + 1, -65, -64, -8, -3, -1, 0, 1, 2, 7, 8, 63, i64::MAX - 1, i64::MAX];

    fn all_ranges() -> Vec<Bounds> {
        let of = |(i, lo): (usize, &i64)| CORNERS[i..].iter().map(|hi| (*lo, *hi)).collect::<Vec<_>>();
        CORNERS.iter().enumerate().flat_map(of).collect()
    }

    fn inside((lo, hi): Bounds) -> impl Iterator<Item = i64> {
        CORNERS.into_iter().filter(move |n| lo <= *n && *n <= hi)
    }

    fn holds(of: fn(Bounds, Bounds) -> Bounds, op: impl Fn(i64, i64) -> Option<i64>) {
        for a in all_ranges() {
            for b in all_ranges() {
                let found = of(a, b);
                for x in inside(a) {
                    for result in inside(b).filter_map(|y| op(x, y)) {
                        assert!(found.0 <= result && result <= found.1, "{x} in {a:?}, {b:?}: {result}");
                    }
                }
            }
        }
    }

    #[test]
    fn arithmetic_stays_inside() {
        holds(add, |x, y| Some(scalar::add(x, y)));
        holds(sub, |x, y| Some(scalar::sub(x, y)));
        holds(mul, |x, y| Some(scalar::mul(x, y)));
        holds(div, scalar::div);
        holds(rem, scalar::rem);
        holds(|a, _| neg(a), |x, _| Some(scalar::neg(x)));
        holds(|a, _| bit_not(a), |x, _| Some(!x));
        holds(bit_and, |x, y| Some(x & y));
        holds(bit_or, |x, y| Some(x | y));
        holds(bit_or, |x, y| Some(x ^ y));
        holds(shl, |x, y| Some(scalar::shl(x, y)));
        holds(shr, |x, y| Some(scalar::shr(x, y)));
    }

    #[test]
    fn arithmetic_says_something() {
        assert_eq!(add((0, 7), (1, 1)), (1, 8));
        assert_eq!(sub((0, 7), (0, 7)), (-7, 7));
        assert_eq!(mul((-2, 3), (-5, 4)), (-15, 12));
        assert_eq!(div((-7, 9), (2, 2)), (-3, 4));
        assert_eq!(rem((0, 100), (10, 10)), (0, 9));
        assert_eq!(rem((-5, 3), (10, 10)), (-9, 9));
        assert_eq!(bit_and((i64::MIN, i64::MAX), (65535, 65535)), (0, 65535));
        assert_eq!(bit_or((0, 5), (0, 8)), (0, 15));
        assert_eq!(shl((1, 3), (0, 2)), (1, 12));
        assert_eq!(shr((16, 64), (2, 4)), (1, 16));
        assert_eq!(add((0, i64::MAX), (1, 1)), ALL);
    }

    #[test]
    fn relations_keep_what_compares() {
        type Compares = fn(&i64, &i64) -> bool;
        let relations: [(Relation, Compares); 6] = [
            (Relation::Less, i64::lt),
            (Relation::AtMost, i64::le),
            (Relation::More, i64::gt),
            (Relation::AtLeast, i64::ge),
            (Relation::Same, i64::eq),
            (Relation::Other, i64::ne),
        ];
        for (relation, compares) in relations {
            for a in all_ranges() {
                for b in all_ranges() {
                    let (lo, hi) = relation.narrow(a, b);
                    for x in inside(a).filter(|x| inside(b).any(|y| compares(x, &y))) {
                        assert!(lo <= x && x <= hi, "{x} in {a:?} {relation:?} {b:?}");
                    }
                    assert!(lo > hi || a.0 <= lo && hi <= a.1, "{a:?} {relation:?} {b:?} grows");
                    assert_eq!(relation.narrow(a, NONE), NONE);
                }
            }
        }
        assert_eq!(Relation::Less.narrow((0, 100), (8, 8)), (0, 7));
        assert_eq!(Relation::Other.narrow((0, 6), (0, 0)), (1, 6));
        assert_eq!(Relation::Other.narrow((0, 0), (0, 0)), NONE);
    }

    #[test]
    fn a_full_table_says_less_but_nothing_wrong() {
        let mut ranges = Ranges::default();
        for n in 0..70_000 {
            let range = ranges.of((n, n));
            let (lo, hi) = ranges.bounds(range);
            assert!(lo <= n && n <= hi);
        }
        assert_eq!(ranges.of((69_999, 69_999)), Range::ALL);
        assert_eq!(ranges.of((3, 2)), Range::NONE);
    }
}
