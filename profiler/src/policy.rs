//! The policy: a pure function of counters and thresholds.
//!
//! Tier 0 counts down: a call takes [`CALL_WEIGHT`], a jump backwards [`BACK_EDGE_WEIGHT`]. At the end of its patience a
//! function is warm, and [`decide`] says what happens.

/// What a call takes of a function's patience.
pub const CALL_WEIGHT: i32 = 10;
/// What a jump backwards takes.
pub const BACK_EDGE_WEIGHT: i32 = 1;

/// When functions are promoted, in calls; a jump backwards counts a tenth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thresholds {
    /// To the bytecode VM; `None`: never.
    pub vm: Option<u32>,
}

/// A function that has become warm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Warmth {
    /// Instructions of its generic code.
    pub size: u32,
    /// How often it became warm before.
    pub rounds: u32,
    /// It became warm in a loop, not at a call.
    pub in_loop: bool,
    /// A tier has declined it.
    pub declined: bool,
    /// Calls and loop rounds of the whole program so far.
    pub steps: u64,
}

/// What to do with a warm function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Make code of the next tier and run that from now on.
    Promote,
    /// Ask again after so much more warmth.
    Later(i32),
    /// Do not ask again.
    Never,
}

/// Instructions for which one threshold of warmth pays; larger functions have to be as much warmer as they are larger: what
/// making code costs grows with them, what a call or a round gains does not.
const USUAL_SIZE: u32 = 50;

/// How many thresholds of steps a program has to take before anything of it is promoted. Most programs that are shorter than
/// this end before they get back what the first promotion costs: the code that makes code is not in any cache.
const SETTLED: u64 = 60;

/// How many thresholds of steps make a program a long one. Until then a function has to be worth it by itself: warm enough for
/// its size, and one in so many of all steps. A longer program would pay too long for what is left in the interpreter.
const LONG: u64 = 200;
const WORTHWHILE: u64 = 4;

/// The patience that a function starts with: the highest number when it is never to be promoted.
pub fn first_patience(thresholds: Thresholds) -> i32 {
    match thresholds.vm {
        None => i32::MAX,
        Some(calls) => warmth(calls),
    }
}

/// Calls as warmth, at least that of one step: a threshold of 0 means the first call.
fn warmth(calls: u32) -> i32 {
    i32::try_from(calls).unwrap_or(i32::MAX).saturating_mul(CALL_WEIGHT).max(1)
}

/// What happens to a function whose patience has ended.
pub fn decide(thresholds: Thresholds, function: Warmth) -> Decision {
    let Some(calls) = thresholds.vm else { return Decision::Never };
    if function.declined {
        return Decision::Never;
    }
    // Thresholds of 0 and 1 are for tests: everything at once.
    if calls <= 1 {
        return Decision::Promote;
    }
    let threshold = u64::from(calls);
    let promote = if function.steps < SETTLED * threshold {
        false
    } else if function.steps < LONG * threshold {
        let warm = u64::from(function.rounds) + 1;
        let weight = if function.in_loop { BACK_EDGE_WEIGHT } else { CALL_WEIGHT };
        let steps = (warm * threshold).saturating_mul((CALL_WEIGHT / weight) as u64);
        warm > u64::from(function.size / USUAL_SIZE) && steps.saturating_mul(WORTHWHILE) >= function.steps
    } else {
        true
    };
    if promote { Decision::Promote } else { Decision::Later(warmth(calls)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Warmth = Warmth { size: 30, rounds: 14, in_loop: false, declined: false, steps: 1800 };

    #[test]
    fn patience_is_counted_in_calls() {
        assert_eq!(first_patience(Thresholds { vm: Some(30) }), 300);
        assert_eq!(first_patience(Thresholds { vm: Some(0) }), 1);
        assert_eq!(first_patience(Thresholds { vm: Some(u32::MAX) }), i32::MAX);
        assert_eq!(first_patience(Thresholds { vm: None }), i32::MAX);
    }

    #[test]
    fn warm_functions_are_promoted_once() {
        let thresholds = Thresholds { vm: Some(30) };
        assert_eq!(decide(thresholds, SMALL), Decision::Promote);
        assert_eq!(decide(thresholds, Warmth { declined: true, ..SMALL }), Decision::Never);
        assert_eq!(decide(Thresholds { vm: None }, SMALL), Decision::Never);
    }

    #[test]
    fn short_programs_are_left_alone() {
        let thresholds = Thresholds { vm: Some(30) };
        assert_eq!(decide(thresholds, Warmth { steps: 1799, ..SMALL }), Decision::Later(300));
        assert_eq!(decide(Thresholds { vm: Some(1) }, Warmth { steps: 0, ..SMALL }), Decision::Promote);
    }

    #[test]
    fn large_functions_have_to_be_warmer() {
        let (thresholds, large) = (Thresholds { vm: Some(30) }, Warmth { size: 20 * USUAL_SIZE, ..SMALL });
        assert_eq!(decide(thresholds, large), Decision::Later(300));
        assert_eq!(decide(thresholds, Warmth { rounds: 19, ..large }), Decision::Later(300));
        assert_eq!(decide(thresholds, Warmth { rounds: 20, ..large }), Decision::Promote);
        assert_eq!(decide(Thresholds { vm: Some(0) }, large), Decision::Promote);
        assert_eq!(decide(thresholds, Warmth { steps: 6000, ..large }), Decision::Promote);
        let largest = Warmth { size: u32::MAX, rounds: u32::MAX, ..SMALL };
        assert_eq!(decide(thresholds, largest), Decision::Promote);
    }

    #[test]
    fn short_programs_promote_what_takes_a_good_part_of_them() {
        let thresholds = Thresholds { vm: Some(30) };
        let one_in_four = Warmth { rounds: 15, steps: 1920, ..SMALL };
        assert_eq!(decide(thresholds, one_in_four), Decision::Promote);
        assert_eq!(decide(thresholds, Warmth { steps: 1921, ..one_in_four }), Decision::Later(300));
        // A round of a loop is a step, too, but takes a tenth of a call's patience.
        let in_loop = Warmth { rounds: 1, in_loop: true, ..one_in_four };
        assert_eq!(decide(thresholds, in_loop), Decision::Promote);
        assert_eq!(decide(thresholds, Warmth { rounds: 0, ..in_loop }), Decision::Later(300));
        assert_eq!(decide(thresholds, Warmth { rounds: 0, steps: 6000, ..in_loop }), Decision::Promote);
    }
}
