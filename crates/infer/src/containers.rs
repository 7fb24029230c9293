//! Which boxes and functions would be better off as several: boxes that hold different things in different places, and
//! functions that make containers for their callers. It decides by facts, and copies nothing.

use mir::func::Func;
use mir::inst::{ClassIx, FuncId, Op, Val};
use mir::program::{Parent, Program};
use nyrt::builtin::{self, Store};
use nyrt::value::class_id;
use smallvec::SmallVec;

use crate::facts::{Facts, Object};
use crate::rows::InstRow;
use crate::ty::{Kinds, Ty};

/// How deep the contents of contents are looked at.
pub(crate) const DEPTH: u32 = 2;
/// Functions longer than this are not copied for a call.
const LONGEST: usize = 120;
/// A class waits for copies of functions if it has at most so many fields that may need them: for each of them all of its
/// code is looked through.
const FIELDS: usize = 8;

/// Whether instances of a class hold different things in different places.
pub(crate) fn is_container(program: &Program, facts: &Facts, class: ClassIx) -> bool {
    let copied = facts.order(class).iter().all(|a| {
        let a = program.class(*a);
        !a.has_visibility && !a.is_nested && a.parents.iter().all(|p| matches!(p, Parent::User(_)))
    });
    let c = program.class(class);
    if !copied || c.is_interface || c.is_static {
        return false;
    }
    !is_linked(program, facts, class) && mixed_fields(program, facts, class).next().is_some()
}

/// Whether instances of a class are linked: a field is for nothing but another one. Mostly those are made in other places,
/// and what one makes, the other changes: every copy would hold what all hold, and all of them would meet wherever one is
/// used. A field that is also for other things holds contents.
fn is_linked(program: &Program, facts: &Facts, class: ClassIx) -> bool {
    let mut fields = facts.order(class).iter().flat_map(|a| &program.class(*a).fields);
    fields.any(|f| {
        let ty = facts.field(class, f.name).unwrap_or_default();
        facts.classes(ty).is_some_and(|all| *all == [class])
    })
}

/// What the fields of a class can be that hold containers which would be better off as several, when copies of the class
/// can make them that.
fn mixed_fields(program: &Program, facts: &Facts, class: ClassIx) -> impl Iterator<Item = Ty> {
    let fields = facts.order(class).iter().flat_map(|a| &program.class(*a).fields);
    fields.filter_map(move |f| facts.field(class, f.name)).filter(move |ty| {
        let holds = ty.only(Kinds::ARR | Kinds::MAP | Kinds::NOTHING);
        holds
            && is_mixed(facts, *ty, DEPTH)
            && !is_tree(facts, class, *ty)
            && facts.objects(*ty).into_iter().any(|object| is_told_apart(program, facts, class, object))
    })
}

/// Whether a container in a field of a class holds boxes of several classes, of which one is the class itself, an ancestor or an
/// heir, as in trees of widgets or nodes of a language: whoever makes one puts it where all others are, so that copies of
/// the class hold copies of all others.
fn is_tree(facts: &Facts, class: ClassIx, containers: Ty) -> bool {
    let related =
        |other: &ClassIx| facts.order(*other).contains(&class) || facts.order(class).contains(other);
    let inside = [facts.elem(containers), facts.map_value(containers)];
    inside.into_iter().filter_map(|ty| facts.classes(ty)).any(|all| all.len() > 1 && all.iter().any(related))
}

/// Whether a container in a field of a class can hold less when the class is copied: its code makes it, or somebody who is
/// copied himself, or it is one of several that hold different things. What others make and fill stays as it is.
fn is_told_apart(program: &Program, facts: &Facts, class: ClassIx, object: Object) -> bool {
    let Object::Site(_, site) = object else { return false };
    let Some(maker) = facts.site_maker(site) else { return false };
    facts.order(class).contains(&program.func(maker).class)
        || is_given(program, facts, object)
        || !is_mixed(facts, facts.site_ty(site), DEPTH)
}

/// Whether an object comes from a function that makes it and gives it, and that can be copied for its calls.
fn is_given(program: &Program, facts: &Facts, object: Object) -> bool {
    let Object::Site(_, site) = object else { return false };
    facts
        .site_maker(site)
        .is_some_and(|f| fits(program.func(f)) && facts.objects(facts.ret(f)).contains(&object))
}

/// Whether all that makes a class a container comes from functions that make something and give it. Those are copied for
/// their calls, and then the containers of each field are its own: mostly they hold one sort of things.
pub(crate) fn is_filled_elsewhere(program: &Program, facts: &Facts, class: ClassIx) -> bool {
    let is_given = |object| is_given(program, facts, object);
    let given = |ty| facts.objects(ty).into_iter().all(is_given) && !puts_several(program, facts, class, ty);
    mixed_fields(program, facts, class).count() <= FIELDS && mixed_fields(program, facts, class).all(given)
}

/// Whether the code of a class itself puts different things into the containers of a type, so that nothing but copies of
/// the class helps. What comes out of them is what was put there.
fn puts_several(program: &Program, facts: &Facts, class: ClassIx, containers: Ty) -> bool {
    let containers = facts.objects(containers);
    let mut kinds = Kinds::empty();
    for id in facts.order(class).iter().flat_map(|c| members(program, *c)).filter(|f| facts.reached(*f)) {
        let func = program.func(id);
        let mut defs = None;
        let stores = |row: &InstRow| {
            matches!(func.insts[row.at as usize].op, Op::SetIndex { .. } | Op::CallMethod { .. })
        };
        for at in facts.rows(id, stores).into_iter().map(|row| row.at as usize) {
            let (object, values) = stored(func, facts, &func.insts[at].op);
            if values.is_empty() {
                continue;
            }
            let is_one = |at: usize, object: Val| {
                facts.objects(facts.at(id, at as u32, object)).iter().any(|o| containers.contains(o))
            };
            if is_one(at, object) {
                let defs: &Vec<u32> = defs.get_or_insert_with(|| definitions(func));
                let read = |v: &Val| read_from(func, defs, *v).is_some_and(|(at, object)| is_one(at, object));
                for value in values.into_iter().filter(|v| !read(v)) {
                    let ty = facts.at(id, at as u32, value);
                    kinds |= ty.kinds - Kinds::NOTHING;
                    if kinds.bits().count_ones() > 1 || is_mixed_inside(facts, ty, DEPTH) {
                        return true;
                    }
                }
            }
        }
    }
    false
}

/// The instruction that gives each value; larger numbers than there are for others.
fn definitions(func: &Func) -> Vec<u32> {
    let mut defs = vec![u32::MAX; func.values as usize];
    for (at, inst) in func.insts.iter().enumerate() {
        if let Some(def) = defs.get_mut(inst.dst.index()) {
            *def = at as u32;
        }
    }
    defs
}

/// The instruction that a value was read from an object with, and the object.
fn read_from(func: &Func, defs: &[u32], value: Val) -> Option<(usize, Val)> {
    let mut value = value;
    loop {
        let at = *defs.get(value.index())? as usize;
        match func.insts.get(at)?.op {
            Op::Retain { a } => value = a,
            Op::GetIndex { object, .. } | Op::CallMethod { object, .. } => return Some((at, object)),
            _ => return None,
        }
    }
}

/// The object of an instruction, and what it puts into it if that is a container.
fn stored(func: &Func, facts: &Facts, op: &Op) -> (Val, SmallVec<[Val; 2]>) {
    let mut values = SmallVec::new();
    let object = match *op {
        Op::SetIndex { object, value, .. } => {
            values.push(value);
            object
        }
        Op::CallMethod { object, name, args } => {
            let rows = facts.classes.rows_of(name).map_or(&[][..], |rows| &rows.methods);
            for (_, row) in rows.iter().filter(|(c, _)| matches!(*c, class_id::ARRAY | class_id::MAP)) {
                let args = func.vals(args.0).zip(builtin::row(*row).params);
                let kept = |store| matches!(store, Some(Store::Elem | Store::Key | Store::Value));
                values.extend(args.filter(|(_, param)| kept(param.store)).map(|(arg, _)| arg));
            }
            object
        }
        _ => Val::NONE,
    };
    (object, values)
}

/// Whether a function can be copied for a call.
pub(crate) fn fits(func: &Func) -> bool {
    func.insts.len() <= LONGEST && func.outer.is_none() && func.captures == 0
}

/// Whether a container of values of this type would be better off as several. Boxes of several classes are what
/// programs mean when they stand in a field, but not when they are elements.
pub(crate) fn is_mixed(facts: &Facts, ty: Ty, depth: u32) -> bool {
    let kinds = ty.kinds - Kinds::NOTHING;
    if kinds.bits().count_ones() > 1 {
        return true;
    }
    match kinds {
        Kinds::USER => facts.classes(ty).is_none(),
        Kinds::FUNC => facts.closures(ty).is_none_or(|all| all.len() > 1),
        Kinds::ARR => is_mixed_inside(facts, facts.elem(ty), depth),
        Kinds::MAP => {
            is_mixed_inside(facts, facts.map_key(ty), depth)
                || is_mixed_inside(facts, facts.map_value(ty), depth)
        }
        _ => false,
    }
}

/// The same, when this is what is in the container.
fn is_mixed_inside(facts: &Facts, ty: Ty, depth: u32) -> bool {
    let several =
        ty.kinds - Kinds::NOTHING == Kinds::USER && facts.classes(ty).is_none_or(|all| all.len() > 1);
    depth > 0 && (several || is_mixed(facts, ty, depth - 1))
}

/// The code of the members of one class that has a receiver.
pub(crate) fn members(program: &Program, class: ClassIx) -> Vec<FuncId> {
    let c = program.class(class);
    let methods = c.methods.iter().filter(|m| !m.func.is_none() && !m.is_static).map(|m| m.func);
    c.constructors.iter().map(|m| m.1).chain(methods).chain(c.init).collect()
}
