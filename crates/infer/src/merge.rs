//! Undoes copies of classes that turned out alike: those that hold the same and flow to the same places would only
//! make calls go several ways.

use hashbrown::HashMap;
use mir::inst::{ClassIx, FuncId, Op};
use mir::program::Program;

use crate::facts::{Facts, Object};
use crate::specialize::{make_other, members};
use crate::ty::{Kinds, Ty};

/// How deep contents are compared.
const DEPTH: u32 = 3;

/// Merges copies; whether there were any. `origin` and `func_origin` say what is a copy of what.
pub(crate) fn merge(
    program: &mut Program,
    facts: &Facts,
    origin: &[ClassIx],
    func_origin: &[FuncId],
) -> bool {
    let groups = alike(program, facts, origin, func_origin);
    // Copies that are in one set, by union.
    let mut into: Vec<u32> = (0..program.classes.len() as u32).collect();
    for all in facts.class_sets() {
        for (i, a) in all.iter().enumerate() {
            for b in all.iter().skip(i + 1).filter(|b| groups[a.index()] == groups[b.index()]) {
                let (a, b) = (root(&into, a.0), root(&into, b.0));
                into[a.max(b) as usize] = a.min(b);
            }
        }
    }
    let mut changed = false;
    for from in 0..program.classes.len() as u32 {
        let to = root(&into, from);
        if to != from {
            replace(program, facts, ClassIx(from), ClassIx(to));
            changed = true;
        }
    }
    changed
}

fn root(into: &[u32], mut at: u32) -> u32 {
    while into[at as usize] != at {
        at = into[at as usize];
    }
    at
}

/// Numbers classes so that copies of one original whose fields hold the same, up to copies with one number, have one
/// number.
fn alike(program: &Program, facts: &Facts, origin: &[ClassIx], func_origin: &[FuncId]) -> Vec<u32> {
    let mut groups: Vec<u32> = origin.iter().map(|c| c.0).collect();
    let mut count = 0;
    // Groups only split, so this ends; the bound keeps it short.
    for _ in 0..8 {
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut next = vec![0; groups.len()];
        for class in (0..groups.len() as u32).map(ClassIx) {
            let mut key = vec![origin[class.index()].0];
            if facts.has_instances(class) {
                let fields = facts.order(class).iter().flat_map(|a| &program.class(*a).fields);
                for field in fields {
                    let ty = facts.field(class, field.name).unwrap_or(Ty::ANY);
                    write(facts, ty, &groups, func_origin, DEPTH, &mut key);
                }
            } else {
                // Without instances there is nothing to merge.
                key.extend([u32::MAX, class.0]);
            }
            let new = numbers.len() as u32;
            next[class.index()] = *numbers.entry(key).or_insert(new);
        }
        groups = next;
        if numbers.len() == count {
            break;
        }
        count = numbers.len();
    }
    groups
}

/// A type as numbers that are the same for types that are alike.
fn write(facts: &Facts, ty: Ty, groups: &[u32], func_origin: &[FuncId], depth: u32, out: &mut Vec<u32>) {
    out.push(u32::from(ty.kinds.bits()));
    let mut inside: Vec<u32> = Vec::new();
    for object in facts.objects(ty) {
        inside.push(match object {
            Object::Class(c) => groups.get(c.index()).map_or(0, |g| g * 4),
            Object::Closure(f) => func_origin.get(f.index()).map_or(1, |f| f.0 * 4 + 1),
            Object::Site(class, _) => class.0 * 4 + 2,
            Object::AnyClass => 3,
            Object::AnySite => 7,
        });
    }
    inside.sort_unstable();
    inside.dedup();
    out.push(inside.len() as u32);
    out.extend(inside);
    if depth > 0 {
        let all = [
            (Kinds::ARR, facts.elem(ty)),
            (Kinds::MAP, facts.map_key(ty)),
            (Kinds::MAP, facts.map_value(ty)),
            (Kinds::CELL, facts.cell(ty)),
            (Kinds::FUTURE, facts.future(ty)),
        ];
        for (_, inner) in all.into_iter().filter(|(kinds, _)| ty.has(*kinds)) {
            write(facts, inner, groups, func_origin, depth - 1, out);
        }
    }
}

/// Whatever makes instances of one copy makes instances of the other.
fn replace(program: &mut Program, facts: &Facts, from: ClassIx, to: ClassIx) {
    let funcs: HashMap<FuncId, FuncId> = facts
        .order(from)
        .iter()
        .zip(facts.order(to))
        .flat_map(|(a, b)| members(program, *a).into_iter().zip(members(program, *b)))
        .collect();
    for func in &mut program.funcs {
        for at in 0..func.insts.len() {
            if matches!(func.insts[at].op, Op::NewObject { class } if class == from) {
                make_other(func, at, to, |f| funcs.get(&f).copied().unwrap_or(f));
            }
        }
    }
}
