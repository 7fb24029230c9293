//! Which functions call each other in circles: each strongly connected part of who calls whom is one group. It does not
//! know what functions do.

use mir::groups::Groups;

/// Groups of functions that reach each other; callers have smaller numbers than what they call, but for their own group.
#[derive(Debug, Default)]
pub(crate) struct Circles {
    /// By function, its group.
    pub(crate) of: Vec<u32>,
    /// How many groups there are.
    pub(crate) count: usize,
}

/// No number yet.
const NONE: u32 = u32::MAX;

/// Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972) along callers, with a stack of its own: chains
/// of calls can be as long as the program.
struct Walk<'a> {
    callers: &'a Groups<u32>,
    circles: Circles,
    /// By function, when it was found, and the earliest function that it reaches and that is in no group yet.
    found: Vec<u32>,
    earliest: Vec<u32>,
    next: u32,
    /// Functions that were found and are in no group yet.
    open: Vec<u32>,
    /// The functions on the way with the next of their callers.
    way: Vec<(u32, usize)>,
}

impl Circles {
    /// The groups of so many functions.
    pub(crate) fn find(count: usize, callers: &Groups<u32>) -> Circles {
        let circles = Circles { of: vec![NONE; count], count: 0 };
        let (found, earliest) = (vec![NONE; count], vec![NONE; count]);
        let mut walk = Walk { callers, circles, found, earliest, next: 0, open: Vec::new(), way: Vec::new() };
        for func in 0..count as u32 {
            if walk.found[func as usize] == NONE {
                walk.from(func);
            }
        }
        walk.circles
    }
}

impl Walk<'_> {
    fn from(&mut self, func: u32) {
        self.enter(func);
        while let Some((func, next)) = self.way.last_mut() {
            let func = *func;
            let caller = self.callers.of(func as usize).get(*next).copied();
            *next += 1;
            match caller {
                Some(to) if self.found[to as usize] == NONE => self.enter(to),
                Some(to) if self.circles.of[to as usize] == NONE => {
                    self.reaches(func, self.found[to as usize])
                }
                Some(_) => {}
                None => self.leave(func),
            }
        }
    }

    fn enter(&mut self, func: u32) {
        self.found[func as usize] = self.next;
        self.earliest[func as usize] = self.next;
        self.next += 1;
        self.open.push(func);
        self.way.push((func, 0));
    }

    fn reaches(&mut self, func: u32, found: u32) {
        let earliest = &mut self.earliest[func as usize];
        *earliest = found.min(*earliest);
    }

    fn leave(&mut self, func: u32) {
        self.way.pop();
        let earliest = self.earliest[func as usize];
        if let Some((before, _)) = self.way.last() {
            self.reaches(*before, earliest);
        }
        if earliest == self.found[func as usize] {
            while let Some(member) = self.open.pop() {
                self.circles.of[member as usize] = self.circles.count as u32;
                if member == func {
                    break;
                }
            }
            self.circles.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_call_each_other_are_one_group() {
        // 0 calls 1, 1 and 2 each other, 2 calls 3, 3 calls 4, 4 itself and 5, 5 calls 3; nobody calls 6.
        let calls = [(0, 1), (1, 2), (2, 1), (2, 3), (3, 4), (4, 4), (4, 5), (5, 3)];
        let pairs = calls.map(|(caller, callee)| (callee, caller));
        let circles = Circles::find(7, &Groups::new(7, &pairs));
        let of = |func: usize| circles.of[func];
        assert_eq!(circles.count, 4);
        assert_eq!((of(1), of(3), of(3)), (of(2), of(4), of(5)));
        assert!(of(0) < of(1) && of(1) < of(3));
        assert!([of(0), of(1), of(3)].iter().all(|group| *group != of(6)));
    }
}
