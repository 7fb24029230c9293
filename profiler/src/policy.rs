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
    /// What it has executed, and what all that were warm have ([`Work::add`]).
    pub work: (u64, u64),
    /// A tier has declined it.
    pub declined: bool,
    /// Calls and loop rounds of the whole program so far.
    pub steps: u64,
}

/// What functions have executed in tier 0, in instructions, as far as they have become warm.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// By function, and all together.
    own: Vec<u64>,
    all: u64,
}

/// What a function does again and again, and how many instructions of the function itself that executes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It is called.
    Call {
        /// Loops count once.
        instructions: u64,
    },
    /// A loop of it goes round.
    Round {
        /// Loops within the loop count once.
        instructions: u64,
        /// Function values may be called in it.
        calls_values: bool,
    },
}

impl Work {
    /// A function has become warm by such steps. Gives what it and what all have executed. Steps count as usual ones at
    /// least, as they do in the clock, but rounds that call function values: the clock counts those calls, too, and what they
    /// do is no work of the loop. What is called by name mostly moves together with the loop. `left` is what was left of its
    /// patience, if it is asked before that has ended.
    pub fn add(&mut self, thresholds: Thresholds, func: usize, step: Step, left: i32) -> (u64, u64) {
        if self.own.len() <= func {
            self.own.resize(func + 1, 0);
        }
        let (weight, instructions) = match step {
            Step::Call { instructions } => (CALL_WEIGHT, instructions.max(USUAL_STEP)),
            Step::Round { instructions, calls_values: true } => (BACK_EDGE_WEIGHT, instructions),
            Step::Round { instructions, calls_values: false } => {
                (BACK_EDGE_WEIGHT, instructions.max(USUAL_STEP))
            }
        };
        let used = first_patience(thresholds).saturating_sub(left).max(0);
        let times = used.unsigned_abs() / weight.unsigned_abs();
        let work = u64::from(times).saturating_mul(instructions);
        self.own[func] = self.own[func].saturating_add(work);
        self.all = self.all.saturating_add(work);
        (self.own[func], self.all)
    }
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

/// Instructions that a step of a program usually executes. Steps are the clock of the policy, but for what is warm the work
/// is known better, and a program whose steps are long is not a short one.
const USUAL_STEP: u64 = 40;

/// How many thresholds of usual steps a program has to take before anything of it is promoted. Most programs that are
/// shorter than this end before they get back what the first promotion costs: the code that makes code is not in any cache.
const SETTLED: u64 = 60;

/// How many thresholds of usual steps make a program a long one. Until then a function has to be worth it by itself: it has
/// executed one in so many of all instructions, and so many thresholds of its size, because what making code costs
/// grows with that. A longer program would pay too long for what is left in the interpreter.
const LONG: u64 = 200;
const WORTHWHILE: u64 = 4;
const PAYS: (u64, u64) = (1, 2);

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
    let (threshold, (own, all)) = (u64::from(calls), function.work);
    let clock = all.max(function.steps.saturating_mul(USUAL_STEP));
    let promote = if clock < SETTLED * threshold * USUAL_STEP {
        false
    } else if clock < LONG * threshold * USUAL_STEP {
        own.saturating_mul(WORTHWHILE) >= clock
            && own.saturating_mul(PAYS.1) >= u64::from(function.size) * threshold * PAYS.0
    } else {
        true
    };
    if promote { Decision::Promote } else { Decision::Later(warmth(calls)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function that has done a quarter of the work of a program that has just settled, with a threshold of 30 calls.
    const SMALL: Warmth = Warmth { size: 30, work: (18_000, 18_000), declined: false, steps: 1800 };

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
    fn programs_of_long_steps_are_not_short() {
        let thresholds = Thresholds { vm: Some(30) };
        let long = Warmth { size: 2000, work: (72_000, 72_000), steps: 36, ..SMALL };
        assert_eq!(decide(thresholds, long), Decision::Promote);
        assert_eq!(decide(thresholds, Warmth { work: (71_999, 71_999), ..long }), Decision::Later(300));
    }

    #[test]
    fn large_functions_have_to_have_executed_more() {
        let (thresholds, large) = (Thresholds { vm: Some(30) }, Warmth { size: 1200, ..SMALL });
        assert_eq!(decide(thresholds, large), Decision::Promote);
        assert_eq!(decide(thresholds, Warmth { size: 1201, ..large }), Decision::Later(300));
        assert_eq!(decide(Thresholds { vm: Some(0) }, Warmth { size: 1201, ..large }), Decision::Promote);
        assert_eq!(decide(thresholds, Warmth { size: 1201, steps: 6000, ..large }), Decision::Promote);
        let largest = Warmth { size: u32::MAX, work: (u64::MAX, u64::MAX), ..SMALL };
        assert_eq!(decide(thresholds, largest), Decision::Promote);
    }

    #[test]
    fn short_programs_promote_what_takes_a_good_part_of_them() {
        let thresholds = Thresholds { vm: Some(30) };
        let one_in_four = Warmth { work: (18_000, 18_000), ..SMALL };
        assert_eq!(decide(thresholds, one_in_four), Decision::Promote);
        assert_eq!(decide(thresholds, Warmth { steps: 1801, ..one_in_four }), Decision::Later(300));
        assert_eq!(
            decide(thresholds, Warmth { work: (18_000, 72_001), ..one_in_four }),
            Decision::Later(300)
        );
        assert_eq!(decide(thresholds, Warmth { steps: 6000, ..one_in_four }), Decision::Promote);
    }

    #[test]
    fn work_is_what_warmth_stands_for() {
        let (mut work, thresholds) = (Work::default(), Thresholds { vm: Some(30) });
        let call = |instructions| Step::Call { instructions };
        let round = |instructions| Step::Round { instructions, calls_values: false };
        assert_eq!(work.add(thresholds, 3, call(50), 0), (1500, 1500));
        assert_eq!(work.add(thresholds, 0, round(100), 0), (30_000, 31_500));
        assert_eq!(work.add(thresholds, 0, round(1), 0), (42_000, 43_500));
        assert_eq!(work.add(thresholds, 3, call(u64::MAX), 0), (u64::MAX, u64::MAX));
    }

    #[test]
    fn what_is_called_as_a_value_is_not_work_of_the_loop() {
        let (mut work, thresholds) = (Work::default(), Thresholds { vm: Some(30) });
        let round = |instructions| Step::Round { instructions, calls_values: true };
        assert_eq!(work.add(thresholds, 0, round(6), 0), (1800, 1800));
        assert_eq!(work.add(thresholds, 0, round(100), 0), (31_800, 31_800));
    }

    #[test]
    fn who_is_asked_early_has_done_less() {
        let (mut work, thresholds) = (Work::default(), Thresholds { vm: Some(30) });
        let round = Step::Round { instructions: 50, calls_values: false };
        assert_eq!(work.add(thresholds, 0, round, 290), (500, 500));
        assert_eq!(work.add(thresholds, 0, Step::Call { instructions: 50 }, 300), (500, 500));
        assert_eq!(work.add(thresholds, 0, round, i32::MAX), (500, 500));
    }
}
