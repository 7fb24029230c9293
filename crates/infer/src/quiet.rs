//! Quiet objects: those whose death nobody can notice, because no `fini` runs and no weak reference turns `null`, for
//! them and everything that only they keep alive. It looks at the solved graph.

use mir::program::Program;

use crate::facts::Facts;
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
    /// Whether all objects are quiet.
    pub(crate) fn is_empty(&self) -> bool {
        !(self.any_class || self.any_site || self.classes.contains(&true) || self.sites.contains(&true))
    }

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
pub(crate) fn find(program: &Program, facts: &Facts) -> Loud {
    let mut loud = Loud {
        classes: facts.classes.info.iter().map(|c| c.fini.is_some()).collect(),
        sites: vec![false; facts.sites.len()],
        any_class: false,
        any_site: false,
    };
    mark_weak(facts, &mut loud);
    // A few rounds: what keeps something loud is loud.
    loop {
        let mut changed = false;
        let any_class = facts.calls.instances.iter().any(|c| loud.classes[c.index()]);
        changed |= core::mem::replace(&mut loud.any_class, any_class) != any_class;
        let unknown = facts.unknown;
        let any_site = loud.any_site
            || loud.is_loud(&facts.sets, unknown)
            || unknown.has(Kinds::USER) && unknown == Ty::ANY && any_class
            || unknown == Ty::ANY && loud.sites.iter().any(|s| *s)
            // A method that is read without a call keeps its receiver.
            || facts.calls.any_bound && any_class;
        changed |= core::mem::replace(&mut loud.any_site, any_site) != any_site;
        for (i, info) in facts.classes.info.iter().enumerate() {
            if loud.classes[i] || !facts.has_instances[i] {
                continue;
            }
            let field = |place: &u32| {
                !facts.classes.weak[*place as usize]
                    && loud.is_loud(&facts.sets, facts.graph.ty(facts.fields + place))
            };
            let content = |c: &nyrt::value::ClassId| {
                loud.is_loud(&facts.sets, facts.graph.ty(facts.calls.contents + c.0))
            };
            if info.fields.iter().any(|(_, p)| field(p)) || info.contents.iter().any(content) {
                loud.classes[i] = true;
                changed = true;
            }
        }
        for (i, site) in facts.sites.iter().enumerate() {
            if loud.sites[i] || site.kind == Kinds::WEAK {
                continue;
            }
            let mut found = [site.a, site.b]
                .iter()
                .any(|v| *v != crate::rows::NO_VAR && loud.is_loud(&facts.sets, facts.graph.ty(*v)));
            if site.kind == Kinds::FUNC {
                let count = program.funcs.get(site.func.index()).map_or(0, |f| f.captures);
                let first = facts.captures.get(site.func.index()).copied().unwrap_or(0);
                found |= (first..first + count).any(|v| loud.is_loud(&facts.sets, facts.graph.ty(v)));
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
fn mark_weak(facts: &Facts, loud: &mut Loud) {
    let mut seen: Vec<Ty> = Vec::new();
    for (i, weak) in facts.classes.weak.iter().enumerate() {
        if *weak {
            seen.push(facts.graph.ty(facts.fields + i as u32));
        }
    }
    for weak in facts.sites.iter().filter(|site| site.kind == Kinds::WEAK) {
        seen.push(facts.graph.ty(weak.a));
    }
    for ty in seen {
        if ty.has(Kinds::USER) {
            match facts.sets.classes(ty.objs) {
                Some(all) => all.for_each(|c| loud.classes[c as usize] = true),
                None => loud.classes.iter_mut().for_each(|c| *c = true),
            }
        }
        if ty.has(Kinds::SITES) {
            facts.sets.sites(ty.objs).for_each(|s| loud.sites[s as usize] = true);
            loud.any_site |= facts.sets.has_any_site(ty.objs);
        }
    }
    // A weak reference to any object may be one to each of those that escaped.
    if loud.any_site {
        loud.sites.iter_mut().for_each(|s| *s = true);
    }
}
