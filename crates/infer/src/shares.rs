//! In how many of the copies of a class each of its functions is expected to be called: who makes an instance mostly calls
//! few of its methods, and what nobody calls costs the analysis nothing. It is a guess, by which nothing but the number of
//! copies is bounded.

use mir::inst::FuncId;
use mir::program::Program;

use crate::facts::Facts;

/// What is called in every copy.
pub(crate) const ALL: u32 = 1000;
/// What a copy costs that is not called.
const LEAST: u32 = 100;
/// So far calls from method to method are followed.
const DEPTH: usize = 8;

/// By function, in how many of [`ALL`] copies of its class it is called: as many as there would be if the calls of it from
/// elsewhere were one for each instance, and where a function of its class is called that calls it.
pub(crate) fn find(program: &Program, facts: &Facts) -> Vec<u32> {
    let funcs = &program.funcs;
    let mut calls = vec![0u32; funcs.len()];
    let mut within: Vec<(FuncId, FuncId)> = Vec::new();
    let mut shares = vec![0u32; funcs.len()];
    for (inst, callee) in &facts.calls.callees {
        let Some(func) = funcs.get(callee.index()).filter(|f| f.has_me) else { continue };
        let caller = facts.graph.owner(*inst);
        match funcs.get(caller.index()) {
            Some(from) if from.class == func.class => within.push((caller, *callee)),
            Some(_) => calls[callee.index()] += 1,
            // A call by name on any box, or on one of many.
            None => shares[callee.index()] = ALL,
        }
    }
    for class in &program.classes {
        let made: u32 = class.constructors.iter().filter_map(|m| calls.get(m.1.index())).sum();
        for method in class.methods.iter().map(|m| m.func.index()).filter(|m| *m < funcs.len()) {
            let called = ALL.saturating_mul(calls[method].min(made)).checked_div(made);
            shares[method] = shares[method].max(called.unwrap_or(ALL)).max(LEAST);
        }
        for func in class.constructors.iter().map(|m| m.1).chain(class.init) {
            shares[func.index()] = ALL;
        }
    }
    for _ in 0..DEPTH {
        let mut grew = false;
        for (caller, callee) in &within {
            let share = shares[caller.index()];
            grew |= share > shares[callee.index()];
            shares[callee.index()] = share.max(shares[callee.index()]);
        }
        if !grew {
            break;
        }
    }
    shares
}
