//! Places that make a box and fill it alike: one copy of the box serves them. It knows what the function of a place puts
//! into what it makes, and nothing when others may fill it, too, or when what is put there becomes another type by copies.

use mir::inst::{ClassIx, FuncId, Op, Val};
use mir::program::Program;
use syntax::intern::Symbol;

use crate::containers::DEPTH;
use crate::facts::Facts;
use crate::ty::{Kinds, Ty};

/// What calls put into the instance that a place makes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Filling {
    class: ClassIx,
    /// Ascending.
    given: Vec<Given>,
}

/// What a method gets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Given {
    to: Callee,
    /// The position among its arguments; no content where it has none.
    at: u32,
    content: Content,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Callee {
    /// A constructor, or another function that is called with it as `me`.
    Func(FuncId),
    Method(Symbol),
}

/// What an argument can be, without what is one type for all copies anyhow: which integers, and which arrays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Content {
    /// Its kinds, those of its elements, and so on.
    kinds: [u16; DEPTH as usize + 1],
    /// The class of what is innermost.
    class: Option<ClassIx>,
}

/// What fills the instance of a class that a function makes. `is_copied` tells of other classes whether they are copied.
pub(crate) fn filling(
    program: &Program,
    facts: &Facts,
    id: FuncId,
    class: ClassIx,
    mut is_copied: impl FnMut(ClassIx) -> bool,
) -> Option<Filling> {
    let func = program.func(id);
    let is_one = |v: Val| {
        let ty = facts.ty(id, v);
        ty.has(Kinds::USER) && facts.user_classes(ty).is_some_and(|all| all.contains(&class))
    };
    let constructs = |callee: FuncId, args: &[u32]| {
        program.func(callee).has_me && args.first().is_some_and(|me| is_one(Val(*me)))
    };
    let mut given = Vec::new();
    let mut is_made = false;
    for (at, inst) in func.insts.iter().enumerate() {
        let (to, args) = match inst.op {
            Op::NewObject { class: c } if c == class => {
                // With two of them nothing says which one is filled with what.
                if core::mem::replace(&mut is_made, true) {
                    return None;
                }
                continue;
            }
            Op::Retain { .. }
            | Op::Release { .. }
            | Op::ReleaseUnwinding { .. }
            | Op::Discard { .. }
            | Op::Eq { .. }
            | Op::Ne { .. } => continue,
            Op::CallMethod { object, name, args } if is_one(object) => {
                (Callee::Method(name), func.list(args.0))
            }
            Op::Call { func: callee, args } if constructs(callee, func.list(args.0)) => {
                (Callee::Func(callee), func.list(args.0).get(1..).unwrap_or_default())
            }
            ref op => {
                let mut escapes = false;
                func.uses(op, |v, _| escapes |= is_one(v));
                if escapes {
                    return None;
                }
                continue;
            }
        };
        if args.is_empty() {
            given.push(Given { to, at: 0, content: Content::default() });
        }
        for (n, arg) in args.iter().enumerate() {
            let content = content(facts, facts.at(id, at as u32, Val(*arg)), class, &mut is_copied)?;
            given.push(Given { to, at: n as u32, content });
        }
    }
    given.sort_unstable();
    given.dedup();
    Some(Filling { class, given })
}

/// What an argument can be; nothing when it is not known before there are copies, or mixed.
fn content(
    facts: &Facts,
    mut ty: Ty,
    filled: ClassIx,
    is_copied: &mut impl FnMut(ClassIx) -> bool,
) -> Option<Content> {
    let mut content = Content::default();
    for kinds in &mut content.kinds {
        *kinds = ty.kinds.bits();
        match ty.kinds - Kinds::NOTHING {
            Kinds::ARR => ty = facts.elem(ty),
            Kinds::USER => {
                let [class] = facts.classes(ty)? else { return None };
                content.class = Some(*class);
                return (*class != filled && !is_copied(*class)).then_some(content);
            }
            Kinds::BOOL | Kinds::INT | Kinds::FLOAT | Kinds::STR => return Some(content),
            other => return other.is_empty().then_some(content),
        }
    }
    None
}
