//! Which functions may be on the stack of one task more than once. It looks at who calls whom, not at when.

use mir::groups::Groups;

/// The functions that calls may come back to, or that lie between two such circles. Pairs are of a callee and a caller, and
/// `callers` is made of them. All others are on a stack at most once.
pub(crate) fn find(count: usize, pairs: &[(u32, u32)], callers: &Groups<u32>) -> Vec<bool> {
    let calls: Vec<(u32, u32)> = pairs.iter().map(|(callee, caller)| (*caller, *callee)).collect();
    let below = behind_circles(count, pairs, callers);
    let above = behind_circles(count, &calls, &Groups::new(count, &calls));
    below.into_iter().zip(above).map(|(below, above)| below && above).collect()
}

/// The functions that a way along pairs leads to from a circle, those of circles included: what is left when functions
/// that nothing leads to are taken away until there are none.
fn behind_circles(count: usize, pairs: &[(u32, u32)], targets: &Groups<u32>) -> Vec<bool> {
    let mut leads = vec![0u32; count];
    pairs.iter().for_each(|(_, to)| leads[*to as usize] += 1);
    let mut ready: Vec<usize> = (0..count).filter(|func| leads[*func] == 0).collect();
    let mut left = vec![true; count];
    while let Some(func) = ready.pop() {
        left[func] = false;
        for to in targets.of(func).iter().map(|to| *to as usize) {
            leads[to] -= 1;
            if leads[to] == 0 {
                ready.push(to);
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_and_what_lies_between_them() {
        // 0 calls 1, 1 and 2 each other, 2 calls 3, 3 calls 4, 4 itself, 4 calls 5; nobody calls 6.
        let calls = [(0, 1), (1, 2), (2, 1), (2, 3), (3, 4), (4, 4), (4, 5)];
        let pairs = calls.map(|(caller, callee)| (callee, caller));
        assert_eq!(find(7, &pairs, &Groups::new(7, &pairs)), [false, true, true, true, true, false, false]);
    }
}
