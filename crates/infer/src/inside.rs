//! What is in the objects of sets: elements, keys, values, and the classes and functions that a set is of. It is found
//! when the solver is done, for those sets that anything is of then; most others were only there on the way. It does not
//! know which instructions put it there.

use mir::inst::{ClassIx, FuncId};

use crate::graph::Graph;
use crate::solve::Site;
use crate::ty::{Kinds, SetId, Sets, Ty};

/// Sets that are only found in others have at most so many objects that are looked into, and one more for each other set.
const FOUND_INSIDE: usize = 100;

/// What is in the objects of a set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Inside {
    pub(crate) elem: Ty,
    pub(crate) key: Ty,
    pub(crate) value: Ty,
    pub(crate) cell: Ty,
    pub(crate) future: Ty,
}

impl Inside {
    const ANY: Inside = Inside::all(Ty::ANY);

    const fn all(ty: Ty) -> Inside {
        Inside { elem: ty, key: ty, value: ty, cell: ty, future: ty }
    }
}

/// A set that was looked into, and where its classes and functions lie if that is all it can be.
#[derive(Debug)]
struct Row {
    inside: Inside,
    classes: Option<(u32, u32)>,
    closures: Option<(u32, u32)>,
}

/// The sets that were looked into. Others may be of anything, with anything in it.
#[derive(Debug, Default)]
pub(crate) struct Insides {
    /// By set, which of the rows is about it; [`NO_ROW`] for others.
    by_set: Vec<u32>,
    rows: Vec<Row>,
    classes: Vec<ClassIx>,
    closures: Vec<FuncId>,
}

const NO_ROW: u32 = u32::MAX;

/// The sets that are looked into, in the order in which they were found.
struct Wanted {
    all: Vec<SetId>,
    by_set: Vec<u32>,
}

impl Wanted {
    #[inline]
    fn add(&mut self, ty: Ty) {
        if self.by_set.get(ty.objs.0 as usize).is_none_or(|row| *row == NO_ROW) {
            self.add_new(ty.objs);
        }
    }

    fn add_new(&mut self, set: SetId) {
        let at = set.0 as usize;
        if at >= self.by_set.len() {
            self.by_set.resize(at + 1, NO_ROW);
        }
        self.by_set[at] = self.all.len() as u32;
        self.all.push(set);
    }
}

impl Insides {
    /// Looks into the sets of all variables and sites, and into those that are found there, as far as they are few: what is
    /// in the containers that are in several containers can be another set for each depth.
    pub(crate) fn new(sets: &mut Sets, graph: &Graph, sites: &[Site], unknown: Ty) -> Insides {
        // Nothing may become "any" any more: it would have to be followed.
        sets.most = usize::MAX;
        let mut wanted = Wanted { all: Vec::new(), by_set: vec![NO_ROW; sets.len()] };
        graph.vars.iter().for_each(|row| wanted.add(row.ty));
        for (at, site) in sites.iter().enumerate() {
            wanted.add(Ty::boxes(site.kind, sets.site(at as u32)));
        }
        let known = wanted.all.len();
        let mut left = known + FOUND_INSIDE;
        let mut all = Insides { rows: Vec::with_capacity(known), ..Insides::default() };
        while let Some(set) = wanted.all.get(all.rows.len()).copied() {
            if all.rows.len() >= known {
                let Some(rest) = left.checked_sub(sets.site_positions(set).len()) else { break };
                left = rest;
            }
            let row = all.look(sets, graph, sites, unknown, set);
            let Inside { elem, key, value, cell, future } = row.inside;
            all.rows.push(row);
            [elem, key, value, cell, future].into_iter().for_each(|ty| wanted.add(ty));
        }
        all.by_set = wanted.by_set;
        all
    }

    fn look(&mut self, sets: &mut Sets, graph: &Graph, sites: &[Site], unknown: Ty, set: SetId) -> Row {
        let any_site = sets.has_any_site(set);
        let mut inside = if any_site { Inside::all(unknown) } else { Inside::default() };
        let (classes, closures) = (self.classes.len(), self.closures.len());
        let mut bound = false;
        for position in sets.site_positions(set) {
            let site = &sites[sets.site_at(position) as usize];
            bound |= site.bound.is_some();
            let place = match site.kind {
                Kinds::ARR => &mut inside.elem,
                Kinds::MAP => {
                    inside.value = sets.join(inside.value, graph.ty(site.b));
                    &mut inside.key
                }
                Kinds::CELL => &mut inside.cell,
                Kinds::FUTURE => &mut inside.future,
                Kinds::FUNC => {
                    self.closures.push(site.func);
                    continue;
                }
                _ => continue,
            };
            *place = sets.join(*place, graph.ty(site.a));
        }
        if any_site || bound {
            self.closures.truncate(closures);
        }
        let known = sets.classes(set).map(|all| self.classes.extend(all.map(ClassIx)));
        Row {
            inside,
            classes: known.map(|()| (classes as u32, self.classes.len() as u32)),
            closures: (!any_site && !bound).then_some((closures as u32, self.closures.len() as u32)),
        }
    }

    fn row(&self, set: SetId) -> Option<&Row> {
        self.rows.get(*self.by_set.get(set.0 as usize)? as usize)
    }

    pub(crate) fn inside(&self, set: SetId) -> Inside {
        self.row(set).map_or(Inside::ANY, |row| row.inside)
    }

    /// The classes of the program that a set is of; `None` when it may be of any.
    pub(crate) fn classes(&self, set: SetId) -> Option<&[ClassIx]> {
        let (from, to) = self.row(set)?.classes?;
        self.classes.get(from as usize..to as usize)
    }

    /// The functions of the closures of a set; `None` when there may be others.
    pub(crate) fn closures(&self, set: SetId) -> Option<&[FuncId]> {
        let (from, to) = self.row(set)?.closures?;
        self.closures.get(from as usize..to as usize)
    }
}
