//! The graph that the solver works on: a variable for every place that has a type, and what depends on it. All of it
//! is dense vectors. It does not know what instructions mean.

use hashbrown::HashSet;
use mir::inst::{FuncId, Val};

use crate::narrow::Filter;
use crate::ty::Ty;

/// A variable of the graph.
pub(crate) type Var = u32;

/// No variable.
pub(crate) const NO_VAR: Var = u32::MAX;

/// What has to be done when a variable grows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dep {
    /// An instruction has to be looked at again.
    Inst(u32),
    /// The variable flows there.
    Copy(Var),
    /// It flows into a view, through its filter.
    View(Var),
}

/// Where a function lies in the graph.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Variable of its first value; [`NO_VAR`] when it is not reached.
    pub(crate) vars: Var,
    /// Its first instruction.
    pub(crate) insts: u32,
    /// Variable of its result.
    pub(crate) ret: Var,
    /// Its row in [`Graph::shapes`].
    pub(crate) shape: u32,
}

/// What the graph has of one function: ranges of its vectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The first is the variable of the result.
    pub(crate) vars: (u32, u32),
    pub(crate) insts: (u32, u32),
    pub(crate) uses: (u32, u32),
    pub(crate) deps: (u32, u32),
    pub(crate) looked_at: (u32, u32),
    pub(crate) thrown: (u32, u32),
}

impl Place {
    pub(crate) const NONE: Place = Place { vars: NO_VAR, insts: 0, ret: NO_VAR, shape: u32::MAX };
    pub(crate) fn is_reached(self) -> bool {
        self.vars != NO_VAR
    }
    pub(crate) fn var(self, v: Val) -> Var {
        self.vars + v.0
    }
}

/// A view: a value at the places that a test dominates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) base: Var,
    pub(crate) filter: Filter,
}

impl View {
    /// No view.
    const NONE: View = View { base: NO_VAR, filter: Filter::Truthy };
}

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) types: Vec<Ty>,
    /// Per variable its dependents that are known when a function is reached: a range of `deps`.
    pub(crate) ranges: Vec<(u32, u32)>,
    pub(crate) deps: Vec<Dep>,
    /// Per variable the head of the list of later ones.
    heads: Vec<u32>,
    links: Vec<(Dep, u32)>,
    /// Views by variable; others have no base.
    pub(crate) views: Vec<View>,
    linked: HashSet<(Var, u32, bool)>,
    /// Per instruction the start of its operands in `uses`.
    pub(crate) use_start: Vec<u32>,
    /// Variables that instructions use: operands in order, then the arguments of their edges in order.
    pub(crate) uses: Vec<Var>,
    /// Functions by instruction.
    pub(crate) owner: Vec<FuncId>,
    pub(crate) shapes: Vec<Shape>,
    /// Instructions that the solver has to look at, and variables that get what was thrown, by function.
    pub(crate) looked_at: Vec<u32>,
    pub(crate) thrown: Vec<Var>,
    /// Instructions to be looked at, and whether they wait.
    queue: std::collections::VecDeque<u32>,
    pub(crate) waits: Vec<bool>,
    dirty: Vec<Var>,
    is_dirty: Vec<bool>,
}

impl Graph {
    pub(crate) fn new_var(&mut self) -> Var {
        let var = self.types.len() as Var;
        self.new_vars(1);
        var
    }

    pub(crate) fn new_vars(&mut self, count: usize) {
        let len = self.types.len() + count;
        self.types.resize(len, Ty::NONE);
        self.ranges.resize(len, (0, 0));
        self.heads.resize(len, u32::MAX);
        self.views.resize(len, View::NONE);
        self.is_dirty.resize(len, false);
    }

    /// Adds a function that is a copy of one in another graph, or that one itself: its shape is the same. Variables that
    /// are smaller than the result's are shared by all functions, and the same in all graphs.
    pub(crate) fn copy(&mut self, from: &Graph, shape: Shape, id: FuncId) -> Place {
        let range = |r: (u32, u32)| r.0 as usize..r.1 as usize;
        let shared = shape.vars.0;
        let (ret, insts) = (self.types.len() as Var, self.use_start.len() as u32);
        let (by, inst_by) = (ret.wrapping_sub(shared), insts.wrapping_sub(shape.insts.0));
        let moved = |v: Var| if v < shared || v == NO_VAR { v } else { v.wrapping_add(by) };
        let marks = self.marks();
        self.new_vars(range(shape.vars).len());
        let (uses, deps) = (self.uses.len() as u32, self.deps.len() as u32);
        let (use_by, dep_by) = (uses.wrapping_sub(shape.uses.0), deps.wrapping_sub(shape.deps.0));
        for (to, var) in (ret as usize..).zip(range(shape.vars)) {
            let (a, b) = from.ranges[var];
            self.ranges[to] = if a == b { (0, 0) } else { (a.wrapping_add(dep_by), b.wrapping_add(dep_by)) };
            let View { base, filter } = from.views[var];
            self.views[to] = View { base: moved(base), filter };
        }
        self.uses.extend(from.uses[range(shape.uses)].iter().map(|v| moved(*v)));
        self.deps.extend(from.deps[range(shape.deps)].iter().map(|dep| match *dep {
            Dep::Inst(inst) => Dep::Inst(inst.wrapping_add(inst_by)),
            Dep::Copy(var) => Dep::Copy(moved(var)),
            Dep::View(var) => Dep::View(moved(var)),
        }));
        let starts = from.use_start[range(shape.insts)].iter();
        self.use_start.extend(starts.map(|at| at.wrapping_add(use_by)));
        self.owner.resize(self.use_start.len(), id);
        self.waits.resize(self.use_start.len(), false);
        for inst in &from.looked_at[range(shape.looked_at)] {
            self.looked_at.push(inst.wrapping_add(inst_by));
            self.enqueue(inst.wrapping_add(inst_by));
        }
        for var in &from.thrown[range(shape.thrown)] {
            self.thrown.push(moved(*var));
            self.set(moved(*var), Ty::ANY);
        }
        let shape = self.close(marks);
        Place { vars: ret + 1, insts, ret, shape }
    }

    /// Where the vectors end.
    pub(crate) fn marks(&self) -> Shape {
        let at = |n: usize| (n as u32, n as u32);
        Shape {
            vars: at(self.types.len()),
            insts: at(self.use_start.len()),
            uses: at(self.uses.len()),
            deps: at(self.deps.len()),
            looked_at: at(self.looked_at.len()),
            thrown: at(self.thrown.len()),
        }
    }

    /// What was added since is one function.
    pub(crate) fn close(&mut self, since: Shape) -> u32 {
        let now = self.marks();
        let to = |a: (u32, u32), b: (u32, u32)| (a.0, b.1);
        self.shapes.push(Shape {
            vars: to(since.vars, now.vars),
            insts: to(since.insts, now.insts),
            uses: to(since.uses, now.uses),
            deps: to(since.deps, now.deps),
            looked_at: to(since.looked_at, now.looked_at),
            thrown: to(since.thrown, now.thrown),
        });
        self.shapes.len() as u32 - 1
    }

    pub(crate) fn ty(&self, var: Var) -> Ty {
        self.types[var as usize]
    }

    /// An instruction that stands in no function and has no operands.
    pub(crate) fn new_inst(&mut self, owner: FuncId) -> u32 {
        self.use_start.push(self.uses.len() as u32);
        self.owner.push(owner);
        self.waits.push(false);
        self.use_start.len() as u32 - 1
    }

    /// The variables that an instruction uses.
    pub(crate) fn uses_of(&self, inst: u32) -> &[Var] {
        let from = self.use_start[inst as usize] as usize;
        let to = self.use_start.get(inst as usize + 1).map_or(self.uses.len(), |e| *e as usize);
        &self.uses[from..to]
    }

    /// The type of the n-th operand.
    pub(crate) fn operand(&self, inst: u32, n: usize) -> Ty {
        self.uses_of(inst).get(n).map_or(Ty::NONE, |v| self.ty(*v))
    }

    /// Puts an instruction into the queue.
    pub(crate) fn enqueue(&mut self, inst: u32) {
        if !self.waits[inst as usize] {
            self.waits[inst as usize] = true;
            self.queue.push_back(inst);
        }
    }

    pub(crate) fn next_inst(&mut self) -> Option<u32> {
        let inst = self.queue.pop_front()?;
        self.waits[inst as usize] = false;
        Some(inst)
    }

    /// The instruction is looked at again whenever the variable grows.
    pub(crate) fn subscribe(&mut self, var: Var, inst: u32) {
        if self.linked.insert((var, inst, false)) {
            self.link(var, Dep::Inst(inst));
        }
    }

    /// Whatever reaches `from` reaches `to`, from now on. The caller sends what is there already.
    pub(crate) fn connect(&mut self, from: Var, to: Var) -> bool {
        let new = from != to && self.linked.insert((from, to, true));
        if new {
            self.link(from, Dep::Copy(to));
        }
        new
    }

    fn link(&mut self, var: Var, dep: Dep) {
        let head = &mut self.heads[var as usize];
        self.links.push((dep, *head));
        *head = self.links.len() as u32 - 1;
    }

    /// The variable has this type now.
    pub(crate) fn set(&mut self, var: Var, ty: Ty) {
        self.types[var as usize] = ty;
        if !self.is_dirty[var as usize] {
            self.is_dirty[var as usize] = true;
            self.dirty.push(var);
        }
    }

    pub(crate) fn next_dirty(&mut self) -> Option<Var> {
        let var = self.dirty.pop()?;
        self.is_dirty[var as usize] = false;
        Some(var)
    }

    /// Calls `f` for everything that depends on a variable.
    pub(crate) fn dependents(&self, var: Var, mut f: impl FnMut(Dep)) {
        let (from, to) = self.ranges[var as usize];
        self.deps[from as usize..to as usize].iter().for_each(|d| f(*d));
        let mut at = self.heads[var as usize];
        while let Some((dep, next)) = self.links.get(at as usize) {
            f(*dep);
            at = *next;
        }
    }
}
