//! Copies of classes and functions for the places that use them, so that containers which hold different things in
//! different places are different classes with different layouts. A copy has the names of its original, so nothing
//! that a program can see changes. It rewrites generic MIR and decides by facts; the facts that it gives are those of
//! the program as it is afterwards.

use hashbrown::HashMap;
use mir::func::Func;
use mir::inst::{ClassIx, FuncId, Op, Vals};
use mir::program::{Parent, Program};

use crate::classes::Resolved;
use crate::facts::{Facts, Object};
use crate::ty::{Kinds, Ty};
use crate::{World, analyse, merge};

/// Each round may find out what the copies of the last one are for.
const ROUNDS: u32 = 5;
/// How deep the contents of contents are looked at.
const DEPTH: u32 = 2;
/// Functions longer than this are not copied for a call.
const LONGEST: usize = 120;

/// Specializes a program and gives the facts of the result. The program grows at most to about twice its size.
pub fn specialize(program: &mut Program, world: &World, facts: Facts) -> Facts {
    let mut facts = facts;
    let mut copier = Copier::new(program, &facts);
    for _ in 0..ROUNDS {
        let copies = copier.copies;
        // What the copies took the place of is not reached any more.
        copier.budget = copier.most.saturating_sub(size(program, &facts));
        copier.factories(program, &facts);
        copier.classes(program, &facts);
        if copier.copies == copies && !copier.all {
            // The containers are what they can be, so what else is mixed is so by itself.
            copier.all = true;
            copier.classes(program, &facts);
        }
        if copier.copies == copies {
            break;
        }
        facts = analyse(program, world);
    }
    if merge::merge(program, &facts, &copier.origin, &copier.func_origin) {
        facts = analyse(program, world);
    }
    facts
}

/// Reached instructions.
fn size(program: &Program, facts: &Facts) -> usize {
    let reached = program.funcs.iter().enumerate().filter(|(i, _)| facts.reached(FuncId(*i as u32)));
    reached.map(|(_, f)| f.insts.len()).sum()
}

struct Copier {
    /// Most instructions that the program may have, and what copies may still take.
    most: usize,
    budget: usize,
    copies: u32,
    /// Whether classes are looked at that are no containers.
    all: bool,
    /// What each class and function is a copy of; originals themselves.
    origin: Vec<ClassIx>,
    func_origin: Vec<FuncId>,
}

/// A place that makes an instance.
struct NewAt {
    func: FuncId,
    inst: usize,
    class: ClassIx,
}

impl Copier {
    fn new(program: &Program, facts: &Facts) -> Copier {
        Copier {
            most: 2 * size(program, facts).max(200),
            budget: 0,
            copies: 0,
            all: false,
            origin: (0..program.classes.len() as u32).map(ClassIx).collect(),
            func_origin: (0..program.funcs.len() as u32).map(FuncId).collect(),
        }
    }

    /// Copies functions that make containers, one for each call.
    fn factories(&mut self, program: &mut Program, facts: &Facts) {
        let mut calls: HashMap<FuncId, Vec<(FuncId, usize)>> = HashMap::new();
        let mut order: Vec<FuncId> = Vec::new();
        for (i, func) in program.funcs.iter().enumerate() {
            let id = FuncId(i as u32);
            if !facts.reached(id) {
                continue;
            }
            for (at, inst) in func.insts.iter().enumerate() {
                let Some(callee) = callee(program, facts, id, func, at, &inst.op) else { continue };
                if callee != id && self.is_factory(program, facts, callee) {
                    let list = calls.entry(callee).or_default();
                    if list.is_empty() {
                        order.push(callee);
                    }
                    list.push((id, at));
                }
            }
        }
        for callee in order {
            let places = calls.remove(&callee).unwrap_or_default();
            // The first call keeps the original.
            for (func, at) in places.into_iter().skip(1) {
                let size = program.func(callee).insts.len();
                if self.budget < size {
                    return;
                }
                self.budget -= size;
                self.copies += 1;
                let copy = self.copy_func(program, callee, FuncId::NONE);
                redirect(program, func, at, copy);
            }
        }
    }

    /// Whether a function gives a container that it makes and that would be better off as several.
    fn is_factory(&self, program: &Program, facts: &Facts, id: FuncId) -> bool {
        let func = program.func(id);
        if func.insts.len() > LONGEST || !func.outer.is_none() || func.captures > 0 {
            return false;
        }
        let ret = facts.ret(id);
        facts.objects(ret).into_iter().any(|object| match object {
            Object::Site(_, site) => {
                let kind = facts.site_kind(site);
                let own = Ty { kinds: kind, objs: ret.objs };
                facts.site_maker(site) == Some(id) && is_mixed(facts, &self.origin, own, DEPTH)
            }
            Object::Class(class) => {
                let makes = |op: &Op| matches!(op, Op::NewObject { class: c } if *c == class);
                func.insts.iter().any(|i| makes(&i.op)) && self.is_candidate(program, facts, class)
            }
            _ => false,
        })
    }

    /// Whether instances of a class hold different things in different places.
    fn is_candidate(&self, program: &Program, facts: &Facts, class: ClassIx) -> bool {
        let c = program.class(class);
        let copied = facts.order(class).iter().all(|a| {
            let a = program.class(*a);
            !a.has_visibility && !a.is_nested && a.parents.iter().all(|p| matches!(p, Parent::User(_)))
        });
        if !copied || c.is_interface || c.is_static {
            return false;
        }
        let fields = facts.order(class).iter().flat_map(|a| &program.class(*a).fields);
        fields.filter_map(|f| facts.field(class, f.name)).any(|ty| {
            let holds = self.all || ty.only(Kinds::ARR | Kinds::MAP | Kinds::NOTHING);
            holds && is_mixed(facts, &self.origin, ty, DEPTH)
        })
    }

    /// Copies classes, one for each place that makes an instance.
    fn classes(&mut self, program: &mut Program, facts: &Facts) {
        let mut places: Vec<NewAt> = Vec::new();
        for (i, func) in program.funcs.iter().enumerate() {
            let id = FuncId(i as u32);
            if !facts.reached(id) {
                continue;
            }
            for (at, inst) in func.insts.iter().enumerate() {
                if let Op::NewObject { class } = inst.op {
                    places.push(NewAt { func: id, inst: at, class });
                }
            }
        }
        let mut candidate: Vec<Option<bool>> = vec![None; program.classes.len()];
        let mut first = vec![true; program.classes.len()];
        for place in places {
            let class = place.class;
            let known = &mut candidate[class.index()];
            if !*known.get_or_insert_with(|| self.is_candidate(program, facts, class)) {
                continue;
            }
            // The first place keeps the original.
            if core::mem::replace(&mut first[class.index()], false) {
                continue;
            }
            let size = self.class_size(program, facts, class);
            if size > self.budget {
                continue;
            }
            self.budget -= size;
            self.copies += 1;
            self.copy_class(program, facts, &place);
        }
    }

    /// Instructions of what a copy of a class and its ancestors needs.
    fn class_size(&self, program: &Program, facts: &Facts, class: ClassIx) -> usize {
        let own = |c: &ClassIx| members(program, *c).into_iter();
        let all = facts.order(class).iter().flat_map(own).filter(|f| facts.reached(*f));
        all.map(|f| program.func(f).insts.len()).sum()
    }

    /// Copies a function and the closures in it.
    fn copy_func(&mut self, program: &mut Program, id: FuncId, outer: FuncId) -> FuncId {
        let copy = FuncId(program.funcs.len() as u32);
        let mut func = program.func(id).clone();
        if !outer.is_none() {
            func.outer = outer;
        }
        program.funcs.push(func);
        self.func_origin.push(self.func_origin[id.index()]);
        for at in 0..program.func(copy).insts.len() {
            if let Op::NewClosure { func: inner, captures } = program.func(copy).insts[at].op
                && program.func(inner).outer == id
            {
                let inner = self.copy_func(program, inner, copy);
                program.funcs[copy.index()].insts[at].op = Op::NewClosure { func: inner, captures };
            }
        }
        copy
    }

    fn copy_class(&mut self, program: &mut Program, facts: &Facts, place: &NewAt) {
        let order: Vec<ClassIx> = facts.order(place.class).to_vec();
        let mut classes: HashMap<ClassIx, ClassIx> = HashMap::new();
        for class in &order {
            let copy = ClassIx(program.classes.len() as u32);
            classes.insert(*class, copy);
            program.classes.push(program.class(*class).clone());
            self.origin.push(self.origin[class.index()]);
        }
        let mut funcs: HashMap<FuncId, FuncId> = HashMap::new();
        let mut copied: Vec<FuncId> = Vec::new();
        for class in &order {
            for func in members(program, *class) {
                // What is not reached never runs.
                if facts.reached(func) && program.func(func).has_me && !funcs.contains_key(&func) {
                    let from = program.funcs.len();
                    let copy = self.copy_func(program, func, FuncId::NONE);
                    copied.extend((from..program.funcs.len()).map(|i| FuncId(i as u32)));
                    funcs.insert(func, copy);
                }
            }
        }
        for func in copied {
            let f = &mut program.funcs[func.index()];
            f.class = classes.get(&f.class).copied().unwrap_or(f.class);
            within(f, &funcs);
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
        // The place itself, with the calls that construct the instance.
        let Some(class) = classes.get(&place.class) else { return };
        make_other(&mut program.funcs[place.func.index()], place.inst, *class, new);
    }
}

/// A place makes an instance of another class, whose functions `new` gives.
pub(crate) fn make_other(f: &mut Func, at: usize, class: ClassIx, new: impl Fn(FuncId) -> FuncId) {
    let object = f.insts[at].dst;
    f.insts[at].op = Op::NewObject { class };
    for at in at + 1..f.insts.len() {
        match f.insts[at].op {
            Op::Call { func, args } if f.list(args.0).first() == Some(&object.0) => {
                f.insts[at].op = Op::Call { func: new(func), args };
            }
            Op::Release { a } if a.0 != object => {}
            _ => break,
        }
    }
}

/// Whether a container of values of this type would be better off as several. Boxes of several classes are what
/// programs mean when they stand in a field, but not when they are elements.
fn is_mixed(facts: &Facts, origin: &[ClassIx], ty: Ty, depth: u32) -> bool {
    let kinds = ty.kinds - Kinds::NOTHING;
    if kinds.bits().count_ones() > 1 {
        return true;
    }
    let inner = |ty: Ty| {
        let several = ty.kinds - Kinds::NOTHING == Kinds::USER
            && facts.classes(ty).is_none_or(|all| {
                let mut from = all.iter().map(|c| origin.get(c.index()));
                let first = from.next();
                from.any(|o| Some(o) != first)
            });
        depth > 0 && (several || is_mixed(facts, origin, ty, depth - 1))
    };
    match kinds {
        Kinds::USER => facts.classes(ty).is_none(),
        Kinds::FUNC => facts.closures(ty).is_none_or(|all| all.len() > 1),
        Kinds::ARR => inner(facts.elem(ty)),
        Kinds::MAP => inner(facts.map_key(ty)) || inner(facts.map_value(ty)),
        _ => false,
    }
}

/// The code of the members of one class that has a receiver.
pub(crate) fn members(program: &Program, class: ClassIx) -> Vec<FuncId> {
    let c = program.class(class);
    let methods = c.methods.iter().filter(|m| !m.func.is_none() && !m.is_static).map(|m| m.func);
    c.constructors.iter().map(|m| m.1).chain(methods).chain(c.init).collect()
}

/// Calls between the copied functions go to the copies, unless they are about another, new instance.
fn within(f: &mut Func, funcs: &HashMap<FuncId, FuncId>) {
    let mut made = vec![false; f.values as usize];
    for inst in &f.insts {
        if let (Op::NewObject { .. }, Some(made)) = (inst.op, made.get_mut(inst.dst.index())) {
            *made = true;
        }
    }
    for at in 0..f.insts.len() {
        if let Op::Call { func, args } = f.insts[at].op
            && let Some(copy) = funcs.get(&func)
            && f.list(args.0).first().is_some_and(|me| !made[*me as usize])
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

/// An instruction calls a copy from now on.
fn redirect(program: &mut Program, func: FuncId, at: usize, copy: FuncId) {
    let f = &mut program.funcs[func.index()];
    f.insts[at].op = match f.insts[at].op {
        Op::CallMethod { object, args, .. } => {
            let all: Vec<u32> = core::iter::once(object.0).chain(f.list(args.0).iter().copied()).collect();
            Op::Call { func: copy, args: Vals(f.push_list(all)) }
        }
        Op::Call { args, .. } => Op::Call { func: copy, args },
        op => op,
    };
}
