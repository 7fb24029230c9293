//! Quiet objects: those whose death nobody can notice, because no `fini` runs and no weak reference turns `null`, for
//! them and everything that only they keep alive. It looks at the solved graph.

use crate::solve::Solver;
use crate::ty::{Kinds, Sets, Ty};

/// What is not quiet.
#[derive(Debug, Default)]
pub(crate) struct Loud {
    pub(crate) classes: Vec<bool>,
    pub(crate) sites: Vec<bool>,
    /// Whether an unknown object may be loud.
    pub(crate) any_class: bool,
    pub(crate) any_site: bool,
}

impl Loud {
    /// Whether the death of a value may be noticed.
    pub(crate) fn is_loud(&self, members: &Sets, ty: Ty) -> bool {
        let user = ty.has(Kinds::USER)
            && match members.classes(ty.objs) {
                Some(mut all) => all.any(|c| self.classes[c as usize]),
                None => self.any_class,
            };
        user || ty.has(Kinds::SITES)
            && (members.has_any_site(ty.objs) && self.any_site
                || members.sites(ty.objs).any(|s| self.sites[s as usize]))
    }
}

/// Finds what is loud.
pub(crate) fn find(solver: &Solver<'_>) -> Loud {
    let mut loud = Loud {
        classes: solver.classes.info.iter().map(|c| c.fini.is_some()).collect(),
        sites: vec![false; solver.sites.len()],
        any_class: false,
        any_site: false,
    };
    mark_weak(solver, &mut loud);
    // A few rounds: what keeps something loud is loud.
    loop {
        let mut changed = false;
        let any_class = solver.instances.iter().any(|c| loud.classes[c.index()]);
        changed |= core::mem::replace(&mut loud.any_class, any_class) != any_class;
        let unknown = solver.graph.ty(solver.unknown);
        let any_site = loud.any_site
            || loud.is_loud(&solver.sets, unknown)
            || unknown.has(Kinds::USER) && unknown == Ty::ANY && any_class
            || unknown == Ty::ANY && loud.sites.iter().any(|s| *s)
            // A method that is read without a call keeps its receiver.
            || solver.any_bound && any_class;
        changed |= core::mem::replace(&mut loud.any_site, any_site) != any_site;
        for (i, info) in solver.classes.info.iter().enumerate() {
            if loud.classes[i] || !solver.has_instances[i] {
                continue;
            }
            let field = |place: &u32| {
                !solver.classes.weak[*place as usize]
                    && loud.is_loud(&solver.sets, solver.graph.ty(solver.fields + place))
            };
            let content =
                |c: &nyrt::value::ClassId| loud.is_loud(&solver.sets, solver.graph.ty(solver.contents + c.0));
            if info.fields.iter().any(|(_, p)| field(p)) || info.contents.iter().any(content) {
                loud.classes[i] = true;
                changed = true;
            }
        }
        for (i, site) in solver.sites.iter().enumerate() {
            if loud.sites[i] || site.kind == Kinds::WEAK {
                continue;
            }
            let mut found = [site.a, site.b]
                .iter()
                .any(|v| *v != crate::graph::NO_VAR && loud.is_loud(&solver.sets, solver.graph.ty(*v)));
            if site.kind == Kinds::FUNC {
                let count = solver.program.funcs.get(site.func.index()).map_or(0, |f| f.captures);
                let first = solver.captures.get(site.func.index()).copied().unwrap_or(0);
                found |= (first..first + count).any(|v| loud.is_loud(&solver.sets, solver.graph.ty(v)));
            }
            if found {
                loud.sites[i] = true;
                changed = true;
            }
        }
        if !changed {
            return loud;
        }
    }
}

/// What a weak reference is ever made to.
fn mark_weak(solver: &Solver<'_>, loud: &mut Loud) {
    let mut seen: Vec<Ty> = Vec::new();
    for (i, weak) in solver.classes.weak.iter().enumerate() {
        if *weak {
            seen.push(solver.graph.ty(solver.fields + i as u32));
        }
    }
    for weak in solver.sites.iter().filter(|site| site.kind == Kinds::WEAK) {
        seen.push(solver.graph.ty(weak.a));
    }
    for ty in seen {
        if ty.has(Kinds::USER) {
            match solver.sets.classes(ty.objs) {
                Some(all) => all.for_each(|c| loud.classes[c as usize] = true),
                None => loud.classes.iter_mut().for_each(|c| *c = true),
            }
        }
        if ty.has(Kinds::SITES) {
            solver.sets.sites(ty.objs).for_each(|s| loud.sites[s as usize] = true);
            loud.any_site |= solver.sets.has_any_site(ty.objs);
        }
    }
    // A weak reference to any object may be one to each of those that escaped.
    if loud.any_site {
        loud.sites.iter_mut().for_each(|s| *s = true);
    }
}
