//! Copies of classes and functions for the places that use them, so that containers which hold different things in
//! different places are different classes with different layouts. A copy has the names of its original, so nothing
//! that a program can see changes. It rewrites generic MIR and decides by facts; the facts that it gives are those of
//! the program as it is afterwards.

use hashbrown::HashMap;
use mir::func::Func;
use mir::inst::{ClassIx, FuncId, Op, Vals};
use mir::program::{Parent, Program};
use smallvec::SmallVec;
use syntax::span::Span;

use crate::World;
use crate::alike::{self, Filling};
use crate::classes::Resolved;
use crate::containers::{DEPTH, fits, is_container, is_filled_elsewhere, is_mixed, members};
use crate::copies::{Copies, Numbered};
use crate::facts::{Facts, Object};
use crate::rows::{InstRow, Is};
use crate::shares;
use crate::solve::Solver;
use crate::ty::Kinds;
use crate::undo::Undo;

/// Copies are expected to cost the analysis at most so many thirds of what the program itself does.
const THIRDS: usize = 4;
/// They may cost so many instructions in any case.
const SMALL: usize = 1000;
/// There is at most one copy for so many functions that the program reaches, or so many in a small program.
const FUNCS_FOR_COPY: usize = 2;
const FEW: usize = 16;
/// What a copied function costs besides its instructions, in instructions.
const PER_COPY: usize = 20;
/// Functions that make more instances than this are not looked through for what fills them.
const LOOKED_THROUGH: usize = 8;
/// How many copies may lie within one another.
const NESTED: usize = 4;

/// Analyses a program that nobody adds to any more and specializes it; gives the facts of the result. Copies are decided
/// by the facts of the program as it was, so that with copies it is analysed once more. Where copies of functions may be
/// all that a class needs, only the facts with them decide whether it is copied, too. Where everything flows into
/// everything, copies tell nothing apart, and each of them is one more thing that everything may be: there are none, and
/// those with which it turns out to be so are taken back.
pub fn specialize(program: &mut Program, world: &World) -> Facts {
    let mut solver = Solver::new(program, None);
    solver.run(world);
    let (is_mixed, ordinary) = (solver.is_mixed(), solver.ordinary);
    let mut facts = Facts::new(solver);
    if is_mixed {
        return facts.complete(program);
    }
    let mut copier = Copier::new(program, &facts);
    for may_wait in [true, false] {
        let before = copier.chains.len();
        copier.begin(program, &facts, may_wait);
        copier.run(program, &facts);
        if copier.chains.len() > before {
            copier.change(program);
            let mut solver = Solver::new(program, Some(facts.into_left().of(&copier.func_origin)));
            if !solver.try_run(world, ordinary) {
                let left = solver.into_left();
                copier.take_back(program, before);
                let mut solver = Solver::new(program, Some(left.of(&copier.known)));
                solver.run(world);
                facts = Facts::new(solver);
                break;
            }
            facts = Facts::new(solver);
        }
        if !copier.waits {
            break;
        }
    }
    let Copier { func_origin, made_for, classes, chains, .. } = copier;
    if chains.len() > 1 {
        facts.copies = Copies {
            funcs: Numbered::new(func_origin.iter().map(|f| f.index()).zip(made_for)),
            classes: Numbered::new(classes.iter().map(|(class, place)| (class.index(), *place))),
            places: chains.into_iter().map(|chain| (chain.place, chain.within)).collect(),
        };
    }
    facts.complete(program)
}

struct Copier {
    /// How many copies there may be.
    most: usize,
    /// What copies may still cost, in instructions.
    budget: usize,
    /// What each function is a copy of; originals themselves.
    func_origin: Vec<FuncId>,
    /// The function that the facts know instead of it.
    known: Vec<FuncId>,
    /// By function, which copy it was made for; 0 for originals.
    made_for: Vec<u32>,
    /// By class what it is a copy of, and which copy it was made for.
    classes: Vec<(ClassIx, u32)>,
    /// The copies.
    chains: Vec<Chain>,
    changes: Vec<(FuncId, usize, Change)>,
    /// What the program was before the copies that are being made.
    undo: Undo,
    class_copies: Vec<ClassCopy>,
    /// The position among them of the copy that serves what is filled like this; none if that is the original.
    alike: HashMap<Filling, Option<usize>>,
    /// [`shares::find`]
    shares: Vec<u32>,
    /// By function, how many of [`shares::ALL`] functions like it are expected to be called; of originals all are.
    expected: Vec<u32>,
    /// What is known of the originals.
    factory: Vec<Option<bool>>,
    container: Vec<Option<bool>>,
    class_costs: Vec<Option<usize>>,
    /// Whether a place keeps the original already.
    func_kept: Vec<bool>,
    class_kept: Vec<bool>,
    /// Whether classes may wait for copies of functions, and whether one does.
    may_wait: bool,
    waits: bool,
}

/// A copy.
struct Chain {
    copied: Copied,
    /// What it was made for.
    place: Span,
    /// The copy in which the place lies.
    within: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Copied {
    Nothing,
    Func(FuncId),
    Class(ClassIx),
}

/// What becomes of an instruction that a copy was made for. What is copied has to be as it was, so this comes last.
enum Change {
    /// It calls the copy.
    Call(FuncId),
    /// It makes an instance of a copy, by its position in [`Copier::class_copies`].
    Object(usize),
}

/// A copy of a class, and the functions that take the places of others in it.
struct ClassCopy {
    class: ClassIx,
    funcs: HashMap<FuncId, FuncId>,
}

/// A place that makes an instance.
struct NewAt {
    func: FuncId,
    inst: usize,
    class: ClassIx,
    /// Whether its function has at most [`LOOKED_THROUGH`] such places.
    makes_few: bool,
}

impl Copier {
    fn new(program: &Program, facts: &Facts) -> Copier {
        let (classes, funcs) = (program.classes.len(), program.funcs.len());
        let reached = || (0..funcs as u32).map(FuncId).filter(|f| facts.reached(*f));
        let size: usize = reached().map(|f| program.func(f).insts.len()).sum();
        Copier {
            most: (reached().count() / FUNCS_FOR_COPY).max(FEW),
            budget: (size * THIRDS / 3).max(SMALL),
            func_origin: (0..funcs as u32).map(FuncId).collect(),
            known: Vec::new(),
            made_for: vec![0; funcs],
            classes: (0..classes as u32).map(|i| (ClassIx(i), 0)).collect(),
            chains: vec![Chain { copied: Copied::Nothing, place: Span::default(), within: 0 }],
            changes: Vec::new(),
            undo: Undo::default(),
            class_copies: Vec::new(),
            alike: HashMap::new(),
            shares: Vec::new(),
            expected: vec![shares::ALL; funcs],
            factory: Vec::new(),
            container: Vec::new(),
            class_costs: Vec::new(),
            func_kept: Vec::new(),
            class_kept: Vec::new(),
            may_wait: false,
            waits: false,
        }
    }

    /// Copies are decided by facts that know all there is now.
    fn begin(&mut self, program: &Program, facts: &Facts, may_wait: bool) {
        let (classes, funcs) = (program.classes.len(), program.funcs.len());
        self.undo = Undo::new(program);
        self.known = (0..funcs as u32).map(FuncId).collect();
        self.factory = vec![None; funcs];
        self.container = vec![None; classes];
        self.class_costs = vec![None; classes];
        self.class_copies.clear();
        self.alike.clear();
        self.shares = shares::find(program, facts);
        self.func_kept = vec![false; funcs];
        self.class_kept = vec![false; classes];
        (self.may_wait, self.waits) = (may_wait, false);
    }

    /// Makes the places that copies were made for use them.
    fn change(&mut self, program: &mut Program) {
        for (func, at, change) in self.changes.drain(..) {
            match change {
                Change::Call(copy) => {
                    let op = redirected(&mut program.funcs[func.index()], at, copy);
                    self.undo.set(program, func, at, op);
                }
                // With the calls that construct the instance.
                Change::Object(copy) => {
                    let ClassCopy { class, funcs } = &self.class_copies[copy];
                    let new = |f: FuncId| funcs.get(&f).copied().unwrap_or(f);
                    for (at, op) in made_other(program.func(func), at, *class, new) {
                        self.undo.set(program, func, at, op);
                    }
                }
            }
        }
    }

    /// The program is what it was before the last copies, when there were so many. Nothing can be copied any more: only what
    /// is said of the copies that are left is right afterwards.
    fn take_back(&mut self, program: &mut Program, chains: usize) {
        core::mem::take(&mut self.undo).undo(program);
        let (funcs, classes) = (program.funcs.len(), program.classes.len());
        self.chains.truncate(chains);
        self.func_origin.truncate(funcs);
        self.made_for.truncate(funcs);
        self.classes.truncate(classes);
        self.known = (0..funcs as u32).map(FuncId).collect();
    }

    /// Makes all copies. What lies in a copy is looked at like what lies in the original.
    fn run(&mut self, program: &mut Program, facts: &Facts) {
        let mut at = 0;
        while at < program.funcs.len() {
            let id = FuncId(at as u32);
            at += 1;
            if !facts.reached(self.known[id.index()]) {
                continue;
            }
            let rows = self.rows(program, facts, id);
            let makes_few = rows.iter().filter(|row| row.is == Is::Object).count() <= LOOKED_THROUGH;
            for row in rows {
                let inst = row.at as usize;
                match program.func(id).insts[inst].op {
                    Op::NewObject { class } => {
                        self.object(program, facts, NewAt { func: id, inst, class, makes_few });
                    }
                    _ => self.call(program, facts, id, inst),
                }
            }
        }
    }

    /// The instructions of a function that make instances, or call what is better off as several.
    fn rows(&mut self, program: &Program, facts: &Facts, id: FuncId) -> Vec<InstRow> {
        let mut rows = objects_and_calls(facts, self.known[id.index()]);
        let funcs = facts.places.len();
        rows.retain(|row| row.callee(funcs).is_none_or(|callee| self.is_factory(program, facts, callee)));
        rows
    }

    /// Copies a function that makes a container for one of its calls.
    fn call(&mut self, program: &mut Program, facts: &Facts, id: FuncId, at: usize) {
        let func = program.func(id);
        let known = self.known[id.index()];
        let Some(callee) = callee(program, facts, known, func, at, &func.insts[at].op) else { return };
        // The copy of a class has copies of what it calls.
        let made = self.func_origin[callee.index()];
        let known = self.known[callee.index()];
        if made == self.func_origin[id.index()] || !self.is_factory(program, facts, known) {
            return;
        }
        // The first call keeps the original.
        if !core::mem::replace(&mut self.func_kept[callee.index()], true) {
            return;
        }
        let expected = self.expected[id.index()];
        let cost = cost(program.func(callee), expected);
        let place = span(func, at);
        if cost <= self.budget && self.nest(Copied::Func(made), id, place) {
            self.budget -= cost;
            let copy = self.copy_func(program, facts, callee, FuncId::NONE, expected);
            self.changes.push((id, at, Change::Call(copy)));
        }
    }

    /// Copies the class of an instance that is made at a place.
    fn object(&mut self, program: &mut Program, facts: &Facts, place: NewAt) {
        let class = place.class;
        if !self.is_container(program, facts, class) {
            return;
        }
        let filling = self.filling(program, facts, &place);
        if let Some(found) = filling.as_ref().and_then(|filling| self.alike.get(filling)) {
            self.changes.extend(found.map(|copy| (place.func, place.inst, Change::Object(copy))));
            return;
        }
        // The first place keeps the original.
        let is_kept = core::mem::replace(&mut self.class_kept[class.index()], true);
        let copy = if is_kept { self.copy_class_for(program, facts, &place) } else { None };
        if let Some(filling) = filling.filter(|_| copy.is_some() || !is_kept) {
            self.alike.insert(filling, copy);
        }
    }

    /// What fills the instance that a place makes, if the place is not in a copy: each of those may fill it otherwise. For each
    /// place its function is looked through.
    fn filling(&mut self, program: &Program, facts: &Facts, place: &NewAt) -> Option<Filling> {
        if self.made_for[place.func.index()] != 0 || !place.makes_few {
            return None;
        }
        alike::filling(program, facts, place.func, place.class, |class| {
            self.is_container(program, facts, class)
        })
    }

    /// Copies a class for a place if there is room for the copy, and gives its position among the copies.
    fn copy_class_for(&mut self, program: &mut Program, facts: &Facts, place: &NewAt) -> Option<usize> {
        let class = place.class;
        let known = self.class_costs[class.index()];
        let cost = known.unwrap_or_else(|| self.class_cost(program, facts, class));
        self.class_costs[class.index()] = Some(cost);
        let expected = self.expected[place.func.index()];
        let cost = cost * expected as usize / shares::ALL as usize;
        let span = span(program.func(place.func), place.inst);
        let (made, _) = self.classes[class.index()];
        if cost > self.budget || !self.nest(Copied::Class(made), place.func, span) {
            return None;
        }
        self.budget -= cost;
        let copy = self.copy_class(program, facts, class, expected)?;
        self.class_copies.push(copy);
        let at = self.class_copies.len() - 1;
        self.changes.push((place.func, place.inst, Change::Object(at)));
        Some(at)
    }

    /// What a copy of a class and its ancestors is expected to cost, as often as one is made.
    fn class_cost(&self, program: &Program, facts: &Facts, class: ClassIx) -> usize {
        let own = |c: &ClassIx| members(program, *c).into_iter();
        let all = facts.order(class).iter().flat_map(own).filter(|f| facts.reached(*f));
        all.map(|f| cost(program.func(f), self.shares[f.index()])).sum()
    }

    /// A copy is made for a place in a function, unless it lies within a copy of the same or too deep, or there are enough.
    fn nest(&mut self, copied: Copied, func: FuncId, place: Span) -> bool {
        let within = self.made_for[func.index()];
        let (mut at, mut depth) = (within, 0);
        while at != 0 {
            let outer = &self.chains[at as usize];
            depth += 1;
            if outer.copied == copied || depth == NESTED {
                return false;
            }
            at = outer.within;
        }
        // The first row is no copy.
        if self.chains.len() > self.most {
            return false;
        }
        self.chains.push(Chain { copied, place, within });
        true
    }

    /// Whether a function gives a container that it makes and that would be better off as several.
    fn is_factory(&mut self, program: &Program, facts: &Facts, id: FuncId) -> bool {
        if let Some(known) = self.factory[id.index()] {
            return known;
        }
        let func = program.func(id);
        let ret = facts.ret(id);
        let is = fits(func)
            && facts.objects(ret).into_iter().any(|object| match object {
                Object::Site(_, site) => {
                    let own = ret.part(facts.site_kind(site));
                    facts.site_maker(site) == Some(id) && is_mixed(facts, own, DEPTH)
                }
                Object::Class(class) => {
                    let makes = |op: &Op| matches!(op, Op::NewObject { class: c } if *c == class);
                    func.insts.iter().any(|i| makes(&i.op)) && self.is_container(program, facts, class)
                }
                _ => false,
            });
        self.factory[id.index()] = Some(is);
        is
    }

    /// Whether instances of a class hold different things in different places, as far as that is known yet.
    fn is_container(&mut self, program: &Program, facts: &Facts, class: ClassIx) -> bool {
        if let Some(known) = self.container[class.index()] {
            return known;
        }
        let mut is = is_container(program, facts, class);
        if is && self.may_wait && is_filled_elsewhere(program, facts, class) {
            (is, self.waits) = (false, true);
        }
        self.container[class.index()] = Some(is);
        is
    }

    /// Copies a function and the closures in it.
    fn copy_func(
        &mut self,
        program: &mut Program,
        facts: &Facts,
        id: FuncId,
        outer: FuncId,
        expected: u32,
    ) -> FuncId {
        let copy = FuncId(program.funcs.len() as u32);
        let mut func = program.func(id).clone();
        if !outer.is_none() {
            func.outer = outer;
        }
        program.funcs.push(func);
        self.func_origin.push(self.func_origin[id.index()]);
        self.known.push(self.known[id.index()]);
        self.made_for.push(self.chains.len() as u32 - 1);
        self.func_kept.push(false);
        self.expected.push(expected);
        for row in facts.rows(self.known[id.index()], |row| row.is == Is::Closure) {
            let at = row.at as usize;
            if let Op::NewClosure { func: inner, captures } = program.func(copy).insts[at].op
                && program.func(inner).outer == id
            {
                let inner = self.copy_func(program, facts, inner, copy, expected);
                program.funcs[copy.index()].insts[at].op = Op::NewClosure { func: inner, captures };
            }
        }
        copy
    }

    fn copy_class(
        &mut self,
        program: &mut Program,
        facts: &Facts,
        class: ClassIx,
        expected: u32,
    ) -> Option<ClassCopy> {
        let order: Vec<ClassIx> = facts.order(class).to_vec();
        let mut classes: HashMap<ClassIx, ClassIx> = HashMap::new();
        for class in &order {
            let copy = ClassIx(program.classes.len() as u32);
            classes.insert(*class, copy);
            program.classes.push(program.class(*class).clone());
            let (origin, _) = self.classes[class.index()];
            self.classes.push((origin, self.chains.len() as u32 - 1));
        }
        let mut funcs: HashMap<FuncId, FuncId> = HashMap::new();
        let mut copied: Vec<FuncId> = Vec::new();
        for class in &order {
            for func in members(program, *class) {
                // What is not reached never runs.
                if facts.reached(func) && program.func(func).has_me && !funcs.contains_key(&func) {
                    let from = program.funcs.len();
                    let copy = self.copy_func(
                        program,
                        facts,
                        func,
                        FuncId::NONE,
                        expected * self.shares[func.index()] / shares::ALL,
                    );
                    copied.extend((from..program.funcs.len()).map(|i| FuncId(i as u32)));
                    funcs.insert(func, copy);
                }
            }
        }
        for func in copied {
            let rows = objects_and_calls(facts, self.known[func.index()]);
            let f = &mut program.funcs[func.index()];
            f.class = classes.get(&f.class).copied().unwrap_or(f.class);
            within(f, &rows, &funcs);
        }
        let new = |f: FuncId| funcs.get(&f).copied().unwrap_or(f);
        for class in &order {
            let Some(copy) = classes.get(class) else { continue };
            let c = &mut program.classes[copy.index()];
            for parent in &mut c.parents {
                if let Parent::User(p) = parent {
                    *p = classes.get(p).copied().unwrap_or(*p);
                }
            }
            c.methods.iter_mut().for_each(|m| m.func = new(m.func));
            c.constructors.iter_mut().for_each(|m| m.1 = new(m.1));
            c.init = c.init.map(new);
            c.static_init = None;
        }
        Some(ClassCopy { class: *classes.get(&class)?, funcs })
    }
}

/// The instructions of a function that make instances of classes or call functions.
fn objects_and_calls(facts: &Facts, id: FuncId) -> Vec<InstRow> {
    facts.rows(id, |row| row.is == Is::Object || row.callee(facts.places.len()).is_some())
}

/// Where an instruction stands.
fn span(func: &Func, at: usize) -> Span {
    func.spans.get(at).copied().unwrap_or_default()
}

/// What the instructions become with which a place makes an instance of another class, whose functions `new` gives.
fn made_other(
    f: &Func,
    at: usize,
    class: ClassIx,
    new: impl Fn(FuncId) -> FuncId,
) -> SmallVec<[(usize, Op); 4]> {
    let object = f.insts[at].dst;
    let mut changed = SmallVec::from_iter([(at, Op::NewObject { class })]);
    for (at, inst) in f.insts.iter().enumerate().skip(at + 1) {
        match inst.op {
            Op::Call { func, args } if f.list(args.0).first() == Some(&object.0) => {
                changed.push((at, Op::Call { func: new(func), args }));
            }
            Op::Release { a } if a.0 != object => {}
            _ => break,
        }
    }
    changed
}

/// What a copy of a function costs, in instructions, when so many of [`shares::ALL`] such copies are called.
fn cost(func: &Func, expected: u32) -> usize {
    (func.insts.len() + PER_COPY) * expected as usize / shares::ALL as usize
}

/// Calls between the copied functions go to the copies, unless they are about another, new instance.
fn within(f: &mut Func, rows: &[InstRow], funcs: &HashMap<FuncId, FuncId>) {
    let objects = rows.iter().filter(|row| row.is == Is::Object);
    let mut made: Vec<u32> = objects.map(|row| f.insts[row.at as usize].dst.0).collect();
    made.sort_unstable();
    for at in rows.iter().map(|row| row.at as usize) {
        if let Op::Call { func, args } = f.insts[at].op
            && let Some(copy) = funcs.get(&func)
            && f.list(args.0).first().is_some_and(|me| made.binary_search(me).is_err())
        {
            f.insts[at].op = Op::Call { func: *copy, args };
        }
    }
}

/// The one function that an instruction calls, if that is certain before it runs.
fn callee(program: &Program, facts: &Facts, id: FuncId, func: &Func, at: usize, op: &Op) -> Option<FuncId> {
    match *op {
        Op::Call { func, .. } => Some(func),
        Op::CallMethod { object, name, args } => {
            let ty = facts.at(id, at as u32, object);
            let [class] = facts.classes(ty)? else { return None };
            if ty.has(Kinds::NOTHING) || facts.may_be_dead(*class) || program.names.text(name) == "fini" {
                return None;
            }
            match facts.resolve(program, *class, name) {
                Resolved::Func(callee)
                    if program.func(callee).params as usize == func.list(args.0).len() + 1 =>
                {
                    // Whatever the class: a static box has no other receiver. Others are copied as classes.
                    program.class(*class).is_static.then_some(callee)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// What an instruction becomes that calls a copy from now on.
fn redirected(f: &mut Func, at: usize, copy: FuncId) -> Op {
    match f.insts[at].op {
        Op::CallMethod { object, args, .. } => {
            let all: Vec<u32> = core::iter::once(object.0).chain(f.list(args.0).iter().copied()).collect();
            Op::Call { func: copy, args: Vals(f.push_list(all)) }
        }
        Op::Call { args, .. } => Op::Call { func: copy, args },
        op => op,
    }
}
