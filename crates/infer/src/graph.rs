//! The graph that the solver works on: a variable for every place that has a type, and what depends on it. All of it
//! is dense vectors. It does not know what instructions mean.

use std::collections::VecDeque;

use hashbrown::HashSet;
use mir::inst::FuncId;
use mir::program::Program;

use crate::narrow::Filter;
use crate::rows::{
    Dep, Dependents, Grew, InstRow, Link, Meets, NO_CALL, NO_LINK, NO_VAR, Place, Shape, Var, VarRow, View,
};
use crate::ty::Ty;

/// What a handler finds, in all functions.
pub(crate) const THROWN: Var = 0;

/// An instruction that was looked at so often waits for the others: what it depends on grows in many steps, and each
/// look at it may connect places. In a large graph, what is looked at again much later is no longer at hand for the
/// processor, which costs more than a few looks for nothing.
const EAGER: [u8; 2] = [2, 5];
/// A graph for functions of so many instructions is large.
const LARGE: usize = 60_000;
/// A variable that was spread so often waits for what is to be looked at before it is spread again: then everything
/// that is behind it learns at once what came in many steps, as where functions hand on and on what each of them adds to.
/// Sooner, few steps are saved, and what waits is looked at too early.
const HASTY: u8 = 16;

/// So many links of an instruction are looked through before all are.
const NEAR: u32 = 16;

/// So many times the functions of a program fit into the graph, with their copies.
const ROOM: usize = 4;

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) vars: Vec<VarRow>,
    pub(crate) deps: Vec<Dep>,
    links: Vec<Link>,
    pub(crate) views: Vec<View>,
    /// Links of instructions that make many, and of nobody.
    far: HashSet<(Var, Dep)>,
    /// The instruction that is being looked at.
    looked_at: u32,
    /// What instructions call besides [`InstRow::calls`].
    called: HashSet<u64>,
    pub(crate) insts: Vec<InstRow>,
    /// By function and position, which of the function's instructions in `insts` it is; [`NO_ROW`] for others.
    pub(crate) numbers: Vec<u32>,
    pub(crate) uses: Vec<Var>,
    shapes: Vec<Shape>,
    /// Where the variables of each shape end.
    ends: Vec<Var>,
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
    /// Variables that have grown and wait until no instruction is in `next`.
    patient: Vec<Var>,
}

/// An instruction of which the graph has no row.
const NO_ROW: u32 = u32::MAX;

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
            insts: Vec::with_capacity(insts * ROOM / 3),
            numbers: Vec::with_capacity(insts),
            uses: Vec::with_capacity(insts * ROOM / 2),
            deps: Vec::with_capacity(insts * ROOM * 3 / 4),
            links: Vec::with_capacity(insts),
            views: Vec::with_capacity(insts / 2),
            shapes: Vec::with_capacity(program.funcs.len() * ROOM),
            ends: Vec::with_capacity(program.funcs.len() * ROOM),
            next: Vec::with_capacity(insts / 2),
            looked_at: NO_ROW,
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
        self.new_vars_like(count, VarRow::NEW.meets)
    }

    /// Adds variables in which such ways meet.
    pub(crate) fn new_vars_like(&mut self, count: usize, meets: Meets) -> Var {
        let first = self.vars.len();
        let deps = self.deps.len() as u32;
        self.vars.resize(first + count, VarRow { deps, meets, ..VarRow::NEW });
        first as Var
    }

    /// Adds an instruction.
    pub(crate) fn new_inst(&mut self, row: InstRow) -> u32 {
        let at = self.next_row();
        self.insts.push(row);
        at
    }

    /// The row that the next instruction gets.
    pub(crate) fn next_row(&self) -> u32 {
        self.insts.len() as u32
    }

    /// Makes room for the numbers of so many instructions.
    pub(crate) fn new_numbers(&mut self, count: usize) -> (u32, u32) {
        let from = self.numbers.len();
        self.numbers.resize(from + count, NO_ROW);
        (from as u32, self.numbers.len() as u32)
    }

    /// A loop or a recursion leads into a variable.
    pub(crate) fn goes_around(&mut self, var: Var) {
        let meets = &mut self.vars[var as usize].meets;
        if *meets != Meets::Given {
            *meets = Meets::Loop;
        }
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

    /// The instructions of the function at a place.
    pub(crate) fn rows(&self, place: Place) -> &[InstRow] {
        self.shape(place).map_or(&[], |shape| &self.insts[range(shape.insts)])
    }

    /// The row of an instruction of the function at a place, by its position in the function.
    pub(crate) fn find(&self, place: Place, at: u32) -> Option<u32> {
        let shape = self.shape(place)?;
        let number = *self.numbers[range(shape.numbers)].get(at as usize)?;
        (number != NO_ROW).then(|| shape.insts.0 + number)
    }

    /// The variables that an instruction uses; none if all of them are values and nobody looks at it.
    pub(crate) fn narrowed(&self, place: Place, at: u32) -> &[Var] {
        self.find(place, at).map_or(&[], |row| self.uses_of(row))
    }

    /// The shape of what lies at a place.
    pub(crate) fn shape(&self, place: Place) -> Option<Shape> {
        self.shapes.get(place.shape as usize).copied()
    }

    /// Forgets everything but the shapes of the functions that lie in it, for another analysis of a program that has grown:
    /// what is reached again lies where it has lain, in memory that is there already. The variables of other places
    /// are new ones. Nothing is left in any variable but what it is given: what else it had has the numbers of the other
    /// analysis.
    pub(crate) fn renew(&mut self, program: &Program) {
        self.links.clear();
        self.far.clear();
        self.looked_at = NO_ROW;
        self.called.clear();
        self.next.clear();
        self.later.clear();
        self.dirty.clear();
        self.patient.clear();
        self.hubs = program.funcs.len() as u32;
        self.vars.iter_mut().for_each(|row| *row = row.anew());
        self.vars[THROWN as usize] = VarRow::NEW;
    }

    /// A function that lies in it is reached again.
    pub(crate) fn reach_again(&mut self, place: Place) {
        let Some(shape) = self.shape(place) else { return };
        self.insts[range(shape.insts)].iter_mut().for_each(|row| *row = row.anew());
        self.start(shape);
    }

    /// Adds a function that is a copy of one that lies in it.
    pub(crate) fn copy(&mut self, shape: Shape, id: FuncId) -> Place {
        let shared = shape.vars.0;
        let marks = self.marks(id);
        let by = |to: (u32, u32), from: (u32, u32)| to.0.wrapping_sub(from.0);
        let (var_by, inst_by) = (by(marks.vars, shape.vars), by(marks.insts, shape.insts));
        let (use_by, dep_by) = (by(marks.uses, shape.uses), by(marks.deps, shape.deps));
        let view_by = by(marks.views, shape.views);
        // Smaller variables than its own are those that all functions share.
        let moved = |v: Var| if v < shared || v == NO_VAR { v } else { v.wrapping_add(var_by) };
        for row in copy_within(&mut self.vars, shape.vars) {
            *row = VarRow { deps: row.deps.wrapping_add(dep_by), ..row.anew() };
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
            let (from, to) = row.uses;
            let uses = (from.wrapping_add(use_by), to.wrapping_add(use_by));
            *row = InstRow { owner: id, uses, ..row.anew() };
        }
        let numbers = shape.numbers;
        Place { vars: marks.vars.0 + 1, ret: marks.vars.0, shape: self.close(Shape { numbers, ..marks }) }
    }

    /// The variable of a function that is being added has this type from the beginning, whatever flows there.
    pub(crate) fn give(&mut self, var: Var, ty: Ty) {
        let row = &mut self.vars[var as usize];
        (row.ty, row.meets) = (ty, Meets::Given);
    }

    /// Where the vectors end, which is where a function begins.
    pub(crate) fn marks(&self, func: FuncId) -> Shape {
        let at = |n: usize| (n as u32, n as u32);
        Shape {
            func,
            vars: at(self.vars.len()),
            views: at(self.views.len()),
            insts: at(self.insts.len()),
            numbers: at(self.numbers.len()),
            uses: at(self.uses.len()),
            deps: at(self.deps.len()),
        }
    }

    /// What was added since is one function.
    pub(crate) fn close(&mut self, since: Shape) -> u32 {
        let to = |(from, _): (u32, u32), now: usize| (from, now as u32);
        let shape = Shape {
            func: since.func,
            vars: to(since.vars, self.vars.len()),
            views: to(since.views, self.views.len()),
            insts: to(since.insts, self.insts.len()),
            numbers: since.numbers,
            uses: to(since.uses, self.uses.len()),
            deps: to(since.deps, self.deps.len()),
        };
        self.shapes.push(shape);
        self.ends.push(shape.vars.1);
        self.start(shape);
        self.shapes.len() as u32 - 1
    }

    /// What variables of a function have from the beginning is told to those that depend on them, and its instructions are
    /// the next to be looked at, in their order.
    fn start(&mut self, shape: Shape) {
        let rows = &mut self.vars[range(shape.vars)];
        for at in 0..rows.len() {
            if rows[at].meets == Meets::Given {
                let end = rows.get(at + 1).map_or(shape.deps.1, |next| next.deps);
                if rows[at].deps < end {
                    rows[at].grew = Grew::More;
                    self.dirty.push(shape.vars.0 + at as Var);
                }
            }
        }
        let waiting = self.insts[range(shape.insts)].iter().enumerate().rev().filter(|(_, row)| row.waits);
        self.next.extend(waiting.map(|(at, _)| shape.insts.0 + at as u32));
    }

    /// Nothing grows any more, and nothing is copied from here.
    pub(crate) fn close_up(&mut self) {
        self.deps = Vec::new();
        self.links = Vec::new();
        self.far = HashSet::new();
        self.called = HashSet::new();
        self.next = Vec::new();
        self.later = VecDeque::new();
        self.dirty = Vec::new();
        self.patient = Vec::new();
        self.ends = Vec::new();
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
        &self.uses[range(self.insts[inst as usize].uses)]
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
        self.looked_at = inst;
        Some(inst)
    }

    /// Whether it is new that an instruction calls something: a function, a hub, or a builtin, whose numbers begin at
    /// [`ROW`](crate::calls::ROW).
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
        self.link_once(var, Dep::Inst(inst));
    }

    /// Whatever reaches `from` reaches `to`, from now on. The caller sends what is there already.
    pub(crate) fn connect(&mut self, from: Var, to: Var) -> bool {
        from != to && self.link_once(from, Dep::Copy(to))
    }

    /// The same, for places that nobody else connects.
    pub(crate) fn connect_new(&mut self, from: Var, to: Var) {
        if from != to {
            self.link(from, Dep::Copy(to), NO_LINK);
        }
    }

    /// Something depends on a variable, unless the instruction that is being looked at has said that before. When several
    /// say it, it is so several times, and once more for the first few of an instruction that makes many. Most instructions
    /// make few links, and made them just now: looking through those is cheaper than to look for one among all.
    fn link_once(&mut self, from: Var, dep: Dep) -> bool {
        let first = self.insts.get(self.looked_at as usize).map(|row| row.made);
        let mut at = first.unwrap_or(NO_LINK);
        let mut left = if first.is_some() { NEAR } else { 0 };
        while left > 0 {
            let Some(link) = self.links.get(at as usize) else { break };
            if link.from == from && link.dep == dep {
                return false;
            }
            (at, left) = (link.made, left - 1);
        }
        if left == 0 && !self.far.insert((from, dep)) {
            return false;
        }
        self.link(from, dep, first.unwrap_or(NO_LINK));
        if let Some(row) = self.insts.get_mut(self.looked_at as usize) {
            row.made = self.links.len() as u32 - 1;
        }
        true
    }

    fn link(&mut self, from: Var, dep: Dep, made: u32) {
        let head = &mut self.vars[from as usize].links;
        self.links.push(Link { from, dep, next: *head, made });
        *head = self.links.len() as u32 - 1;
    }

    /// The integers of a variable grow; whether they are to be widened.
    pub(crate) fn grow(&mut self, var: Var) -> bool {
        let row = &mut self.vars[var as usize];
        let patience = row.meets.patience();
        row.grown = row.grown.saturating_add(1);
        !matches!(row.meets, Meets::Given | Meets::Nothing) && row.grown > patience
    }

    /// The function in whose code a variable lies.
    pub(crate) fn func_of(&self, var: Var) -> Option<FuncId> {
        let at = self.ends.partition_point(|end| *end <= var);
        self.shapes.get(at).filter(|shape| shape.vars.0 <= var).map(|shape| shape.func)
    }

    /// Where the dependents of a variable are that the shape of its function says.
    fn deps_of(&self, var: Var) -> core::ops::Range<usize> {
        let to = self.vars.get(var as usize + 1).map_or(self.deps.len(), |next| next.deps as usize);
        self.vars[var as usize].deps as usize..to
    }

    /// Everything that depends on a variable is told once more.
    #[cfg(debug_assertions)]
    pub(crate) fn tell(&mut self, var: Var) {
        if core::mem::replace(&mut self.vars[var as usize].grew, Grew::More) == Grew::Nothing {
            self.dirty.push(var);
        }
    }

    /// All instructions of the function at a place are looked at once more.
    #[cfg(debug_assertions)]
    pub(crate) fn look_again(&mut self, place: Place) {
        let Some(shape) = self.shape(place) else { return };
        for inst in shape.insts.0..shape.insts.1 {
            if self.insts[inst as usize].is != crate::rows::Is::Idle {
                self.enqueue(inst);
            }
        }
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
        // The last one first: the other way round generated programs take a thirtieth more steps.
        if self.next.is_empty() { self.patient.pop() } else { None }
    }

    /// Everything that depends on a variable and may change by how it has grown. Who subscribes to a variable wants to
    /// know of everything. They count as told.
    pub(crate) fn dependents(&mut self, var: Var) -> Dependents {
        let row = &mut self.vars[var as usize];
        let grew = core::mem::replace(&mut row.grew, Grew::Nothing);
        let (links, deps) = (row.links, self.deps_of(var));
        Dependents { at: deps.start as u32, end: deps.end as u32, links, only_ints: grew == Grew::Ints }
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
        let Link { dep, next, .. } = *self.links.get(left.links as usize)?;
        left.links = next;
        Some(dep)
    }
}
