//! What tests say about values: filters on types, and which tests and instructions imply which filter. It does not
//! know where in a function they hold.

use core::cell::OnceCell;

use hashbrown::HashMap;
use mir::func::Func;
use mir::inst::{Inst, Op, Val};
use mir::program::Program;
use nyrt::builtin::{self, Builtin, Gives, Owner};
use nyrt::value::class_id;
use syntax::intern::Symbol;

use crate::classes::{Classes, kind_of};
use crate::ranges::Relation;
use crate::stable::Stable;
use crate::ty::{ANY_CLASS, ANY_SITE, FIRST, Kinds, MOST, SetId, Sets, Ty};

/// What is known of a value at some places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Filter {
    /// It is one of these kinds.
    Keep(Kinds),
    /// It is true.
    Truthy,
    /// It is false.
    Falsy,
    /// It has a field or method of this name.
    Member(Symbol),
    /// Whether it is of this type.
    Type(Symbol, bool),
    /// `catch` takes it.
    Caught(Symbol),
    /// It compares with a value: if both are Integers, it is one of those that do.
    Compared(Relation, Val),
}

/// Names and numbers that the tests are recognised by.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    is: Option<Symbol>,
    is_null: Option<Symbol>,
    is_not_null: Option<Symbol>,
    is_type: u32,
    of_nothing: Vec<Symbol>,
    /// Reading an element by a method; how many there are; adding one. Nothing when the program has methods of arrays.
    get: Option<Symbol>,
    lengths: Vec<Symbol>,
    pushes: Vec<Symbol>,
    stable: OnceCell<Stable>,
}

impl Words {
    pub(crate) fn new(program: &Program, classes: &Classes) -> Words {
        // A method of the program may give these names another meaning.
        let own = |name: &str| program.names.find(name).filter(|n| !classes.is_selector(*n));
        let of_nothing =
            ["toString", "type_name", "equals", "is_null", "is_not_null", "get_or_default", "fini"];
        // The names of the rows of arrays that are like that.
        let of_arrays = |is: fn(&Builtin) -> bool| -> Vec<Symbol> {
            let untouched = program.builtin_methods.is_empty();
            let rows =
                builtin::ALL.iter().filter(|row| untouched && row.owner == Owner::Method(class_id::ARRAY));
            let names = rows.filter(|row| is(row)).flat_map(|row| row.names);
            names.filter_map(|name| program.names.find(name)).collect()
        };
        Words {
            stable: OnceCell::new(),
            get: of_arrays(|row| row.gives.contains(&Gives::Outside)).first().copied(),
            lengths: of_arrays(|row| row.gives == [Gives::Length]),
            pushes: of_arrays(|row| row.names.first() == Some(&"push")),
            is: own("is"),
            is_null: own("is_null"),
            is_not_null: own("is_not_null"),
            is_type: builtin::find_function("isType").map_or(u32::MAX, |id| u32::from(id.0)),
            of_nothing: of_nothing.iter().filter_map(|n| program.names.find(n)).collect(),
        }
    }

    /// Whether `null` and `void` have a method.
    pub(crate) fn of_nothing(&self, name: Symbol) -> bool {
        self.of_nothing.contains(&name)
    }
}

impl Words {
    /// The fields that only constructors assign; few programs need to know.
    pub(crate) fn stable(&self, program: &Program) -> &Stable {
        self.stable.get_or_init(|| Stable::new(program))
    }

    /// Whether a method of an array appends its argument.
    pub(crate) fn is_push(&self, name: Symbol) -> bool {
        self.pushes.contains(&name)
    }

    /// The object and the position of which an instruction reads an element, if the object is an array.
    pub(crate) fn reads_element(&self, func: &Func, op: &Op) -> Option<(Val, Val)> {
        match *op {
            Op::GetIndex { object, index } => Some((object, index)),
            Op::CallMethod { object, name, args } if Some(name) == self.get => match func.list(args.0) {
                [index] => Some((object, Val(*index))),
                _ => None,
            },
            _ => None,
        }
    }

    /// The object that an instruction asks for its length, if the object is an array.
    pub(crate) fn asks_length(&self, func: &Func, op: &Op) -> Option<Val> {
        match *op {
            Op::CallMethod { object, name, args } => {
                (self.lengths.contains(&name) && func.list(args.0).is_empty()).then_some(object)
            }
            _ => None,
        }
    }
}

/// Every kind but `null` and `void`.
const SOMETHING: Kinds = Kinds::ANY.difference(Kinds::NOTHING);

/// What a condition says when it holds or does not hold. `defs` gives the instruction of a value.
pub(crate) fn condition(
    words: &Words,
    func: &Func,
    defs: &[u32],
    cond: Val,
    holds: bool,
    out: &mut Vec<(Val, Filter)>,
) {
    let def = |v: Val| defs.get(v.index()).and_then(|d| func.insts.get(*d as usize)).map(|i| i.op);
    let (mut cond, mut holds) = (cond, holds);
    // Conditions of conditions are few; the bound only ends the walk.
    for _ in 0..8 {
        let Some(op) = def(cond) else { return };
        match op {
            Op::Lt { a, b } => return less(a, b, holds, out),
            Op::Le { a, b } => return less(b, a, !holds, out),
            Op::Gt { a, b } => return less(b, a, holds, out),
            Op::Ge { a, b } => return less(a, b, !holds, out),
            Op::Eq { a, b } | Op::Ne { a, b } => {
                let same = holds == matches!(op, Op::Eq { .. });
                for (x, y) in [(a, b), (b, a)] {
                    match def(y) {
                        Some(Op::Null {} | Op::Void {}) if same => {
                            out.push((x, Filter::Keep(Kinds::NOTHING)))
                        }
                        Some(Op::Null {} | Op::Void {}) => out.push((x, Filter::Keep(SOMETHING))),
                        Some(Op::Int { .. }) => {
                            if same {
                                out.push((x, Filter::Keep(Kinds::NUMBER)));
                            }
                            let relation = if same { Relation::Same } else { Relation::Other };
                            out.push((x, Filter::Compared(relation, y)));
                        }
                        Some(Op::Float { .. }) if same => out.push((x, Filter::Keep(Kinds::NUMBER))),
                        Some(Op::Str { .. }) if same => out.push((x, Filter::Keep(Kinds::STR))),
                        Some(Op::Bool { .. }) if same => out.push((x, Filter::Keep(Kinds::BOOL))),
                        _ => {}
                    }
                }
                return;
            }
            Op::Truth { a } | Op::Not { a } => {
                holds = holds == matches!(op, Op::Truth { .. });
                out.push((a, if holds { Filter::Truthy } else { Filter::Falsy }));
                cond = a;
            }
            Op::Retain { a } => cond = a,
            Op::IsCaught { value, name } if holds => {
                out.push((value, Filter::Caught(name)));
                return;
            }
            Op::CallBuiltin { builtin, args } if builtin.0 == words.is_type => {
                if let &[value, name] = func.list(args.0)
                    && let Some(Op::Str { text }) = def(Val(name))
                {
                    out.push((Val(value), Filter::Type(text, holds)));
                }
                return;
            }
            Op::CallMethod { object, name, args } => {
                let args = func.list(args.0);
                if Some(name) == words.is
                    && let Some(Op::Str { text }) = args.first().and_then(|n| def(Val(*n)))
                {
                    out.push((object, Filter::Type(text, holds)));
                }
                if args.is_empty() && (Some(name) == words.is_null || Some(name) == words.is_not_null) {
                    let nothing = holds == (Some(name) == words.is_null);
                    let keep = if nothing { Kinds::NOTHING } else { SOMETHING };
                    out.push((object, Filter::Keep(keep)));
                }
                return;
            }
            _ => return,
        }
    }
}

/// What `a < b` says when it holds or does not hold.
fn less(a: Val, b: Val, holds: bool, out: &mut Vec<(Val, Filter)>) {
    let (of_a, of_b) =
        if holds { (Relation::Less, Relation::More) } else { (Relation::AtLeast, Relation::AtMost) };
    out.push((a, Filter::Compared(of_a, b)));
    out.push((b, Filter::Compared(of_b, a)));
}

/// What is known after an instruction has not thrown.
pub(crate) fn success(
    words: &Words,
    contents: bool,
    func: &Func,
    inst: &Inst,
    mut f: impl FnMut(Val, Filter),
) {
    let boxes = if contents { Kinds::USER } else { Kinds::empty() };
    let numbers = Kinds::NUMBER | boxes;
    match inst.op {
        // What `me` is, everybody knows.
        Op::GetField { object, .. } | Op::SetField { object, .. } | Op::CallMethod { object, .. }
            if func.has_me && object.0 == 0 => {}
        Op::GetField { object, name } | Op::SetField { object, name, .. } => f(object, Filter::Member(name)),
        Op::CallMethod { object, name, .. } if !words.of_nothing(name) => f(object, Filter::Member(name)),
        Op::GetIndex { object, .. } | Op::SetIndex { object, .. } => f(object, Filter::Keep(SOMETHING)),
        Op::CallValue { callee, .. } => f(callee, Filter::Keep(Kinds::FUNC)),
        Op::Sub { a, b } | Op::Div { a, b } | Op::Rem { a, b } => {
            f(a, Filter::Keep(numbers));
            f(b, Filter::Keep(numbers));
        }
        Op::Mul { a, b } => {
            f(a, Filter::Keep(numbers | Kinds::STR));
            f(b, Filter::Keep(numbers));
        }
        Op::Lt { a, b } | Op::Le { a, b } | Op::Gt { a, b } | Op::Ge { a, b } => {
            f(a, Filter::Keep(numbers | Kinds::STR));
            f(b, Filter::Keep(numbers | Kinds::STR));
        }
        Op::BitAnd { a, b }
        | Op::BitOr { a, b }
        | Op::BitXor { a, b }
        | Op::Shl { a, b }
        | Op::Shr { a, b } => {
            f(a, Filter::Keep(Kinds::INT | boxes));
            f(b, Filter::Keep(Kinds::INT | boxes));
        }
        Op::Neg { a } => f(a, Filter::Keep(numbers)),
        Op::BitNot { a } => f(a, Filter::Keep(Kinds::INT | boxes)),
        _ => {}
    }
}

/// What filters are applied with.
pub(crate) struct Context<'a> {
    pub(crate) program: &'a Program,
    pub(crate) classes: &'a Classes,
    /// The kind of each site.
    pub(crate) site_kinds: &'a [Kinds],
    /// What is left of instances of any class.
    pub(crate) of_any: &'a mut OfAny,
}

/// What filters leave of instances of any class: which classes, or nothing when they are too many. All classes of the program
/// are gone through for that, once for each filter.
pub(crate) type OfAny = HashMap<Filter, Option<SetId>>;

impl Context<'_> {
    /// What is left of a type. It grows when the type grows, and when that of the value does that it compares with.
    pub(crate) fn narrow(&mut self, sets: &mut Sets, ty: Ty, filter: Filter, other: Ty) -> Ty {
        match filter {
            Filter::Compared(relation, _) if (other.kinds - Kinds::INT).is_empty() => {
                let bounds = sets.ranges.bounds(other.ints);
                sets.compared(ty, relation, bounds)
            }
            Filter::Compared(..) => ty,
            Filter::Keep(kinds) => self.keep(sets, ty, kinds),
            Filter::Truthy => {
                let ty = sets.compared(ty, Relation::Other, (0, 0));
                self.keep(sets, ty, SOMETHING | Kinds::CELL)
            }
            Filter::Falsy => {
                let ty = sets.compared(ty, Relation::Same, (0, 0));
                let value = Kinds::NOTHING | Kinds::BOOL | Kinds::NUMBER | Kinds::STR;
                self.keep(sets, ty, value)
            }
            Filter::Member(name) => self.member(sets, ty, name),
            Filter::Type(name, holds) => self.type_test(sets, ty, name, holds),
            Filter::Caught(name) => match self.program.names.text(name) {
                "Exception" | "Error" | "ErrorBox" | "Any" => ty,
                _ => {
                    // The name may be the kind of an ErrorBox.
                    let of = self.type_test(sets, ty, name, true);
                    let error = self.keep(sets, ty, Kinds::BUILTIN);
                    sets.join(of, error)
                }
            },
        }
    }

    fn keep(&self, sets: &mut Sets, ty: Ty, kinds: Kinds) -> Ty {
        let left = ty.kinds & kinds;
        if left == ty.kinds {
            return ty;
        }
        let first_site = sets.first_site;
        let objs = sets.filter(ty.objs, |m| match m {
            ANY_SITE => left.intersects(Kinds::SITES),
            m if m >= first_site => {
                self.site_kinds.get((m - first_site) as usize).is_some_and(|k| left.intersects(*k))
            }
            _ => left.contains(Kinds::USER),
        });
        Ty { objs, ..ty.part(left) }
    }

    /// The classes of a type for which `keep` holds, as the filter says; any class becomes all those.
    fn keep_classes(&mut self, sets: &mut Sets, ty: Ty, filter: Filter, keep: impl Fn(u32) -> bool) -> Ty {
        if !ty.has(Kinds::USER) {
            return ty;
        }
        let first_site = sets.first_site;
        let objs = if sets.has_any_class(ty.objs) {
            let rest = sets.filter(ty.objs, |m| m == ANY_SITE || m >= first_site);
            let all = 0..self.classes.info.len() as u32;
            let found = *self.of_any.entry(filter).or_insert_with(|| {
                let left: Vec<u32> = all.filter(|c| keep(*c)).map(|c| FIRST + c).take(MOST + 1).collect();
                (left.len() <= MOST).then(|| sets.intern(&left))
            });
            let Some(found) = found else { return ty };
            sets.union(rest, found)
        } else {
            sets.filter(ty.objs, |m| m == ANY_SITE || m >= first_site || m > ANY_SITE && keep(m - FIRST))
        };
        let left = sets.members(objs).iter().any(|m| *m != ANY_SITE && *m < first_site || *m == ANY_CLASS);
        let kinds = if left { ty.kinds } else { ty.kinds - Kinds::USER };
        Ty { objs, ..ty.part(kinds) }
    }

    fn member(&mut self, sets: &mut Sets, ty: Ty, name: Symbol) -> Ty {
        let mut kinds = Kinds::USER;
        let rows = self.classes.rows_of(name);
        match rows {
            Some(rows) if rows.every.is_some() => kinds |= SOMETHING,
            Some(rows) => rows.methods.iter().for_each(|m| kinds |= kind_of(m.0)),
            None => {}
        }
        if !self.program.builtin_methods.is_empty()
            || matches!(self.program.names.text(name), "name" | "payload")
        {
            kinds |= SOMETHING;
        }
        let ty = self.keep(sets, ty, kinds);
        let (has_builtin, every) = (rows.is_some(), rows.is_some_and(|r| r.every.is_some()));
        let (classes, program) = (self.classes, self.program);
        self.keep_classes(sets, ty, Filter::Member(name), |c| {
            let class = mir::inst::ClassIx(c);
            let info = &classes.info[c as usize];
            has_builtin && !info.contents.is_empty()
                || every
                || classes.field(class, name).is_some()
                || classes.user_method(class, name).is_some()
                || !program.builtin_methods.is_empty()
        })
    }

    fn type_test(&mut self, sets: &mut Sets, ty: Ty, name: Symbol, holds: bool) -> Ty {
        let filter = Filter::Type(name, holds);
        let (classes, program) = (self.classes, self.program);
        let name = classes.type_name(program, name);
        let builtin = name.builtin;
        let kind = builtin.map_or(Kinds::empty(), kind_of);
        let of_type = |c: u32| classes.is_type(program, c, name);
        if holds {
            let ty = self.keep(sets, ty, kind | Kinds::USER);
            return self.keep_classes(sets, ty, filter, of_type);
        }
        // One kind stands for many builtin classes.
        let gone = if builtin.is_some_and(|b| b >= class_id::ERROR) { Kinds::empty() } else { kind };
        let ty = self.keep(sets, ty, Kinds::all() - gone);
        if sets.has_any_class(ty.objs) { ty } else { self.keep_classes(sets, ty, filter, |c| !of_type(c)) }
    }
}
