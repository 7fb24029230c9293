//! Which functions may be on the stack of one task more than once. It looks at who calls whom, not at when.

use mir::inst::FuncId;

/// The functions that calls may come back to, or that lie between two such circles; `edges` lead from callees to callers.
/// All others are on a stack at most once.
pub(crate) fn find(count: usize, edges: &[(FuncId, FuncId)]) -> Vec<bool> {
    let up = Targets::new(count, edges.iter().copied());
    let down = Targets::new(count, edges.iter().map(|(callee, caller)| (*caller, *callee)));
    let above_circles = behind_circles(&down);
    behind_circles(&up).into_iter().zip(above_circles).map(|(below, above)| below && above).collect()
}

/// The functions that a way along the edges leads to from a circle, those of circles included: what is left when
/// functions that nothing leads to are taken away until there are none.
fn behind_circles(targets: &Targets) -> Vec<bool> {
    let count = targets.count();
    let mut leads = vec![0u32; count];
    targets.all.iter().for_each(|to| leads[*to as usize] += 1);
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

/// By function where edges lead from it.
pub(crate) struct Targets {
    /// Where the targets of each begin in `all`, and the end.
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Targets {
    /// Edges of `count` functions; those with others are left out.
    pub(crate) fn new(count: usize, edges: impl Iterator<Item = (FuncId, FuncId)> + Clone) -> Targets {
        let edges = edges.filter(|(from, to)| from.index() < count && to.index() < count);
        let mut starts = vec![0u32; count + 1];
        edges.clone().for_each(|(from, _)| starts[from.index() + 1] += 1);
        for i in 0..count {
            starts[i + 1] += starts[i];
        }
        let (mut next, mut all) = (starts.clone(), vec![0u32; starts[count] as usize]);
        for (from, to) in edges {
            let at = &mut next[from.index()];
            all[*at as usize] = to.0;
            *at += 1;
        }
        Targets { starts, all }
    }

    /// How many functions there are.
    pub(crate) fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// Where edges lead from a function.
    pub(crate) fn of(&self, func: usize) -> &[u32] {
        &self.all[self.starts[func] as usize..self.starts[func + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_and_what_lies_between_them() {
        // 0 calls 1, 1 and 2 each other, 2 calls 3, 3 calls 4, 4 itself, 4 calls 5; nobody calls 6.
        let calls = [(0, 1), (1, 2), (2, 1), (2, 3), (3, 4), (4, 4), (4, 5)];
        let edges = calls.map(|(caller, callee)| (FuncId(callee), FuncId(caller)));
        assert_eq!(find(7, &edges), [false, true, true, true, true, false, false]);
    }
}
