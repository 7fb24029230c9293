//! Whether the solver is done: when everything is told and looked at once more, nothing grows. Tests run with this check,
//! which finds what depends on something and was not told. It does not know what is right.

use crate::graph::THROWN;
use crate::rows::Var;
use crate::solve::Solver;
use crate::ty::{SetId, Ty};

impl Solver<'_> {
    /// Stops a program for tests where something grows that has settled.
    pub(crate) fn assert_settled(&mut self) {
        // What the check joins was not joined by the analysis.
        let joined = self.sets.joined;
        self.may_stop = false;
        let before: Vec<Ty> = self.graph.vars.iter().map(|row| row.ty).collect();
        // Those of another analysis that are not reached in this one are left out.
        let mut vars: Vec<Var> = (self.unknown..before.len() as Var).chain([THROWN]).collect();
        for place in self.places.clone().into_iter().filter(|place| place.is_reached()) {
            if let Some(shape) = self.graph.shape(place) {
                vars.extend(shape.vars.0..shape.vars.1);
            }
            self.graph.look_again(place);
        }
        // What goes through a hub is called once more without it, which is to give the same.
        self.called_on.values_mut().for_each(|set| *set = SetId(0));
        self.look_at_hubs_again();
        for var in &vars {
            if before[*var as usize] != Ty::NONE {
                self.graph.tell(*var);
            }
        }
        self.settle();
        for var in vars {
            let (was, is) = (before[var as usize], self.graph.ty(var));
            assert_eq!(was, is, "variable {var} of function {:?} has not settled", self.graph.func_of(var));
        }
        self.sets.joined = joined;
    }
}
