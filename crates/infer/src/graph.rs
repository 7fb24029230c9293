//! The graph that the solver works on: a variable for every place that has a type, and what depends on it. All of it
//! is dense vectors. It does not know what instructions mean.

use std::collections::VecDeque;

use hashbrown::HashSet;
use mir::inst::FuncId;
use mir::program::Program;

use crate::narrow::Filter;
use crate::rows::{
    Dep, Dependents, Grew, InstRow, Is, Meets, NO_CALL, NO_VAR, Place, Shape, Var, VarRow, View,
};
use crate::ty::Ty;

/// What a handler finds, in all functions.
pub(crate) const THROWN: Var = 0;

/// An instruction that was looked at so often waits for the others: what it depends on grows in many steps, and each
/// look at it may connect places. In a large graph, what is looked at again much later is no longer at hand for the
/// processor, which costs more than a few looks for nothing.
const EAGER: [u8; 2] = [2, 5];
/// A variable that was spread so often waits for what is to be looked at before it is spread again: then everything
/// that is behind it learns at once what came in many steps, as where functions hand on and on what each of them adds to.
/// Sooner, few steps are saved, and what waits is looked at too early.
const HASTY: u8 = 16;
/// A graph of so many instructions is large.
const LARGE: usize = 60_000;

/// So many times the functions of a program fit into the graph: copies have at most three times the instructions.
const ROOM: usize = 4;

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) vars: Vec<VarRow>,
    pub(crate) deps: Vec<Dep>,
    links: Vec<(Dep, u32)>,
    pub(crate) views: Vec<View>,
    /// Which variables are connected with which, and which instructions look at which variables, as far as links say it.
    connected: HashSet<u64>,
    subscribed: HashSet<u64>,
    /// What instructions call besides [`InstRow::calls`].
    called: HashSet<u64>,
    pub(crate) insts: Vec<InstRow>,
    pub(crate) uses: Vec<Var>,
    shapes: Vec<Shape>,
    /// Where the variables of each shape end.
    ends: Vec<Var>,
    /// Instructions that the solver has to look at, by function.
    looked_at: Vec<u32>,
    /// What variables are from the beginning: constants, and what was thrown; by function.
    pub(crate) given: Vec<(Var, Ty)>,
    /// Instructions to be looked at, the next one last: what is called before what is left of the caller, and what has
    /// just changed before both, so that what the processor has at hand is used again.
    next: Vec<u32>,
    /// One of [`EAGER`].
    eager: u8,
    /// Those that were looked at often, and hubs, when all others are done: so that they see many changes at once.
    later: VecDeque<u32>,
    /// Hubs are the owners from this number on.
    hubs: u32,
    /// Variables that have grown, the next one last.
    dirty: Vec<Var>,
    /// Those of them that wait for the instructions, but for `later`.
    patient: Vec<Var>,
}

fn range((from, to): (u32, u32)) -> core::ops::Range<usize> {
    from as usize..to as usize
}

/// A pair as one number, which is hashed faster.
fn pair(a: u32, b: u32) -> u64 {
    u64::from(a) << 32 | u64::from(b)
}

/// Adds a copy of a part of a vector to it, and gives the copy.
fn copy_within<T: Copy>(all: &mut Vec<T>, part: (u32, u32)) -> &mut [T] {
    let from = all.len();
    all.extend_from_within(range(part));
    &mut all[from..]
}

impl Graph {
    /// A graph with room for the functions of a program, and for copies of them. Not all are reached, and few programs
    /// have so many operands and dependencies for an instruction, but memory that nobody writes costs nothing: less
    /// than to move what is there when there is no room any more.
    pub(crate) fn new(program: &Program) -> Graph {
        let (mut vars, mut insts) = (0, 0);
        for func in &program.funcs {
            vars += func.values as usize + 1;
            insts += func.insts.len();
        }
        let mut all = Vec::with_capacity(vars * ROOM);
        all.push(VarRow::NEW);
        Graph {
            vars: all,
            insts: Vec::with_capacity(insts * ROOM),
            uses: Vec::with_capacity(insts * ROOM * 3 / 2),
            deps: Vec::with_capacity(insts * ROOM * 3 / 4),
            looked_at: Vec::with_capacity(insts * ROOM / 3),
            given: Vec::with_capacity(insts * 2 / 3),
            links: Vec::with_capacity(insts),
            views: Vec::with_capacity(insts / 2),
            shapes: Vec::with_capacity(program.funcs.len() * ROOM),
            ends: Vec::with_capacity(program.funcs.len() * ROOM),
            next: Vec::with_capacity(insts / 2),
            connected: HashSet::with_capacity(insts / 8),
            eager: EAGER[usize::from(insts >= LARGE)],
            hubs: program.funcs.len() as u32,
            ..Graph::default()
        }
    }

    pub(crate) fn new_var(&mut self) -> Var {
        self.new_vars(1)
    }

    /// Adds variables and gives the first.
    pub(crate) fn new_vars(&mut self, count: usize) -> Var {
        let first = self.vars.len();
        self.vars.resize(first + count, VarRow::NEW);
        first as Var
    }

    /// Adds instructions of a function, without operands.
    pub(crate) fn new_insts(&mut self, owner: FuncId, count: usize) -> u32 {
        let first = self.insts.len();
        self.insts.resize(
            first + count,
            InstRow {
                owner,
                uses: (0, 0),
                calls: NO_CALL,
                waits: false,
                looks: 0,
                reads_ints: true,
                is: Is::Plain,
            },
        );
        first as u32
    }

    /// An instruction of the function that is being added is looked at.
    pub(crate) fn look_at(&mut self, inst: u32) {
        self.looked_at.push(inst);
    }

    /// Adds a view to the function that is being added. Gives its variable and what the base has to do.
    pub(crate) fn new_view(&mut self, base: Var, value: Var, filter: Filter, other: Var) -> (Var, Dep) {
        let var = self.new_var();
        self.vars[var as usize].meets = Meets::Nothing;
        self.views.push(View { var, base, value, filter, other });
        (var, Dep::View(self.views.len() as u32 - 1))
    }

    /// The variable of the value that a variable of a place is or is a view of.
    pub(crate) fn value(&self, place: Place, var: Var) -> Var {
        let Some(shape) = self.shapes.get(place.shape as usize) else { return var };
        let views = &self.views[shape.views.0 as usize..shape.views.1 as usize];
        // The views are the last variables of a function.
        let first = shape.vars.1 - views.len() as u32;
        let view = var.checked_sub(first).and_then(|at| views.get(at as usize));
        view.map_or(var, |view| view.value)
    }

    /// The instructions of the function at a place that are looked at.
    pub(crate) fn looked_at(&self, place: Place) -> &[u32] {
        self.shape(place).map_or(&[], |shape| &self.looked_at[range(shape.looked_at)])
    }

    /// The shape of what lies at a place.
    pub(crate) fn shape(&self, place: Place) -> Option<Shape> {
        self.shapes.get(place.shape as usize).copied()
    }

    /// Forgets everything but the shapes of the functions that lie in it, for another analysis of a program that has grown:
    /// what is reached again lies where it has lain, in memory that is there already. The variables of other places
    /// are new ones.
    pub(crate) fn renew(&mut self, program: &Program) {
        self.links.clear();
        self.connected.clear();
        self.subscribed.clear();
        self.called.clear();
        self.next.clear();
        self.later.clear();
        self.dirty.clear();
        self.patient.clear();
        self.hubs = program.funcs.len() as u32;
        self.vars[THROWN as usize] = VarRow::NEW;
    }

    /// A function that lies in it is reached again.
    pub(crate) fn reach_again(&mut self, place: Place) {
        let Some(shape) = self.shape(place) else { return };
        for row in &mut self.vars[range(shape.vars)] {
            *row = row.anew();
        }
        for row in &mut self.insts[range(shape.insts)] {
            *row = row.anew();
        }
        self.start(shape.given, |var| var);
        self.await_all(shape);
    }

    /// Adds a function that is a copy of one that lies in it.
    pub(crate) fn copy(&mut self, shape: Shape, id: FuncId) -> Place {
        let shared = shape.vars.0;
        let marks = self.marks();
        let by = |to: (u32, u32), from: (u32, u32)| to.0.wrapping_sub(from.0);
        let (var_by, inst_by) = (by(marks.vars, shape.vars), by(marks.insts, shape.insts));
        let (use_by, dep_by) = (by(marks.uses, shape.uses), by(marks.deps, shape.deps));
        let view_by = by(marks.views, shape.views);
        // Smaller variables than its own are those that all functions share.
        let moved = |v: Var| if v < shared || v == NO_VAR { v } else { v.wrapping_add(var_by) };
        let moved_range = |(from, to): (u32, u32), by: u32| (from.wrapping_add(by), to.wrapping_add(by));
        for row in copy_within(&mut self.vars, shape.vars) {
            *row = VarRow { deps: moved_range(row.deps, dep_by), ..row.anew() };
        }
        for v in copy_within(&mut self.views, shape.views) {
            *v = View {
                var: moved(v.var),
                base: moved(v.base),
                value: moved(v.value),
                other: moved(v.other),
                ..*v
            };
        }
        for var in copy_within(&mut self.uses, shape.uses) {
            *var = moved(*var);
        }
        for dep in copy_within(&mut self.deps, shape.deps) {
            *dep = match *dep {
                Dep::Inst(inst) => Dep::Inst(inst.wrapping_add(inst_by)),
                Dep::Copy(var) => Dep::Copy(moved(var)),
                Dep::View(view) => Dep::View(view.wrapping_add(view_by)),
            };
        }
        for row in copy_within(&mut self.insts, shape.insts) {
            *row = InstRow { owner: id, uses: moved_range(row.uses, use_by), ..row.anew() };
        }
        for inst in copy_within(&mut self.looked_at, shape.looked_at) {
            *inst = inst.wrapping_add(inst_by);
        }
        // A copy is not copied, nor reached again.
        self.start(shape.given, moved);
        let (ret, insts) = (marks.vars.0, marks.insts.0);
        Place { vars: ret + 1, insts, ret, shape: self.close(marks) }
    }

    /// The variable of a function that is being added has this type from the beginning, whatever else may flow there.
    pub(crate) fn give(&mut self, var: Var, ty: Ty) {
        // Most instructions with the same handler follow one another.
        if self.given.last() != Some(&(var, ty)) {
            self.given.push((var, ty));
        }
    }

    /// The variables of a function get what they have from the beginning.
    fn start(&mut self, given: (u32, u32), moved: impl Fn(Var) -> Var) {
        for at in range(given) {
            let (var, ty) = self.given[at];
            let row = &mut self.vars[moved(var) as usize];
            // What nothing depends on need not be told to anybody.
            if row.deps.0 == row.deps.1 {
                row.ty = ty;
            } else {
                self.set(moved(var), ty);
            }
        }
    }

    /// Where the vectors end.
    pub(crate) fn marks(&self) -> Shape {
        let at = |n: usize| (n as u32, n as u32);
        Shape {
            vars: at(self.vars.len()),
            views: at(self.views.len()),
            insts: at(self.insts.len()),
            uses: at(self.uses.len()),
            deps: at(self.deps.len()),
            looked_at: at(self.looked_at.len()),
            given: at(self.given.len()),
        }
    }

    /// What was added since is one function, whose instructions are the next to be looked at, in their order.
    pub(crate) fn close(&mut self, since: Shape) -> u32 {
        let now = self.marks();
        let to = |a: (u32, u32), b: (u32, u32)| (a.0, b.1);
        let shape = Shape {
            vars: to(since.vars, now.vars),
            views: to(since.views, now.views),
            insts: to(since.insts, now.insts),
            uses: to(since.uses, now.uses),
            deps: to(since.deps, now.deps),
            looked_at: to(since.looked_at, now.looked_at),
            given: to(since.given, now.given),
        };
        self.start(shape.given, |var| var);
        self.shapes.push(shape);
        self.ends.push(shape.vars.1);
        self.await_all(shape);
        self.shapes.len() as u32 - 1
    }

    /// The instructions of a function are the next to be looked at.
    fn await_all(&mut self, shape: Shape) {
        for inst in self.looked_at[range(shape.looked_at)].iter().rev() {
            self.insts[*inst as usize].waits = true;
            self.next.push(*inst);
        }
    }

    /// Nothing grows any more, and nothing is copied from here.
    pub(crate) fn close_up(&mut self) {
        self.deps = Vec::new();
        self.links = Vec::new();
        self.connected = HashSet::new();
        self.subscribed = HashSet::new();
        self.called = HashSet::new();
        self.looked_at = Vec::new();
        self.given = Vec::new();
    }

    pub(crate) fn ty(&self, var: Var) -> Ty {
        self.vars[var as usize].ty
    }

    /// The type of a variable that there may not be.
    pub(crate) fn find_ty(&self, var: Var) -> Ty {
        self.vars.get(var as usize).map_or(Ty::ANY, |row| row.ty)
    }

    /// The function of an instruction.
    pub(crate) fn owner(&self, inst: u32) -> FuncId {
        self.insts[inst as usize].owner
    }

    /// The variables that an instruction uses.
    pub(crate) fn uses_of(&self, inst: u32) -> &[Var] {
        let (from, to) = self.insts[inst as usize].uses;
        &self.uses[from as usize..to as usize]
    }

    /// The type of the n-th operand.
    pub(crate) fn operand(&self, inst: u32, n: usize) -> Ty {
        self.uses_of(inst).get(n).map_or(Ty::NONE, |v| self.ty(*v))
    }

    /// An instruction has to be looked at.
    pub(crate) fn enqueue(&mut self, inst: u32) {
        let row = &mut self.insts[inst as usize];
        if core::mem::replace(&mut row.waits, true) {
            return;
        }
        if row.looks < self.eager && row.owner.0 < self.hubs {
            self.next.push(inst);
        } else {
            self.later.push_back(inst);
        }
    }

    pub(crate) fn next_inst(&mut self) -> Option<u32> {
        let inst = self.next.pop().or_else(|| self.later.pop_front())?;
        let row = &mut self.insts[inst as usize];
        row.waits = false;
        row.looks = row.looks.saturating_add(1);
        Some(inst)
    }

    /// Whether it is new that an instruction calls something.
    pub(crate) fn note_call(&mut self, inst: u32, what: u32) -> bool {
        let first = &mut self.insts[inst as usize].calls;
        if *first == NO_CALL {
            *first = what;
            return true;
        }
        *first != what && self.called.insert(pair(inst, what))
    }

    /// The instruction is looked at again whenever the variable grows.
    pub(crate) fn subscribe(&mut self, var: Var, inst: u32) {
        if self.subscribed.insert(pair(var, inst)) {
            self.link(var, Dep::Inst(inst));
        }
    }

    /// Whatever reaches `from` reaches `to`, from now on. The caller sends what is there already.
    pub(crate) fn connect(&mut self, from: Var, to: Var) -> bool {
        let new = from != to && self.connected.insert(pair(from, to));
        if new {
            self.link(from, Dep::Copy(to));
        }
        new
    }

    /// The same, for places that nobody else connects.
    pub(crate) fn connect_new(&mut self, from: Var, to: Var) {
        if from != to {
            self.link(from, Dep::Copy(to));
        }
    }

    fn link(&mut self, var: Var, dep: Dep) {
        let head = &mut self.vars[var as usize].links;
        self.links.push((dep, *head));
        *head = self.links.len() as u32 - 1;
    }

    /// The integers of a variable grow; whether they are to be widened.
    pub(crate) fn grow(&mut self, var: Var) -> bool {
        let row = &mut self.vars[var as usize];
        let patience = row.meets.patience();
        row.grown = row.grown.saturating_add(1);
        row.meets != Meets::Nothing && row.grown > patience
    }

    /// The function in whose code a variable lies.
    pub(crate) fn func_of(&self, var: Var) -> Option<FuncId> {
        let at = self.ends.partition_point(|end| *end <= var);
        let shape =
            self.shapes.get(at).filter(|shape| shape.vars.0 <= var && shape.insts.0 < shape.insts.1)?;
        Some(self.owner(shape.insts.0))
    }

    /// The variable has this type now.
    pub(crate) fn set(&mut self, var: Var, ty: Ty) {
        let row = &mut self.vars[var as usize];
        let only_ints = row.ty.kinds == ty.kinds && row.ty.objs == ty.objs;
        row.ty = ty;
        let grew = if only_ints && row.grew != Grew::More { Grew::Ints } else { Grew::More };
        if core::mem::replace(&mut row.grew, grew) == Grew::Nothing {
            self.dirty.push(var);
        }
    }

    /// The next variable whose dependents have to be told that it has grown.
    pub(crate) fn next_dirty(&mut self) -> Option<Var> {
        while let Some(var) = self.dirty.pop() {
            let row = &mut self.vars[var as usize];
            if row.spread < HASTY {
                row.spread += 1;
                return Some(var);
            }
            self.patient.push(var);
        }
        // What waited last stands before the others where functions call one another.
        if self.next.is_empty() { self.patient.pop() } else { None }
    }

    /// Everything that depends on a variable and may change by how it has grown. Who subscribes to a variable wants to
    /// know of everything. They count as told.
    pub(crate) fn dependents(&mut self, var: Var) -> Dependents {
        let row = &mut self.vars[var as usize];
        let grew = core::mem::replace(&mut row.grew, Grew::Nothing);
        Dependents { at: row.deps.0, end: row.deps.1, links: row.links, only_ints: grew == Grew::Ints }
    }

    /// The next of them.
    pub(crate) fn next_dependent(&self, left: &mut Dependents) -> Option<Dep> {
        for dep in &self.deps[left.at as usize..left.end as usize] {
            left.at += 1;
            match *dep {
                Dep::Inst(inst) if left.only_ints && !self.insts[inst as usize].reads_ints => {}
                dep => return Some(dep),
            }
        }
        let (dep, next) = *self.links.get(left.links as usize)?;
        left.links = next;
        Some(dep)
    }
}
