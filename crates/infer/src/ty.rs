//! The lattice: which kinds of values there can be, for kinds with contents or classes which abstract objects, and
//! which integers. Sets and ranges are interned, so a type is two words and compares fast. It does not know programs.

use bitflags::bitflags;
use core::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use mir::func::Rep;
use mir::inst::ClassIx;

use crate::ranges::{Bounds, Range, Ranges, Relation};

bitflags! {
    /// Kinds of values.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Kinds: u16 {
        /// `void`
        const VOID = 1;
        /// `null`
        const NULL = 2;
        /// Bool.
        const BOOL = 4;
        /// Integer.
        const INT = 8;
        /// Float.
        const FLOAT = 16;
        /// String.
        const STR = 32;
        /// ArrayBox.
        const ARR = 64;
        /// MapBox.
        const MAP = 128;
        /// Function value.
        const FUNC = 256;
        /// Future.
        const FUTURE = 512;
        /// Weak reference.
        const WEAK = 1024;
        /// Variable cell of closures.
        const CELL = 2048;
        /// Instance of another builtin class.
        const BUILTIN = 4096;
        /// Instance of a class of the program.
        const USER = 8192;
    }
}

impl Kinds {
    /// `null` and `void`.
    pub const NOTHING: Kinds = Kinds::VOID.union(Kinds::NULL);
    /// Integer and Float.
    pub const NUMBER: Kinds = Kinds::INT.union(Kinds::FLOAT);
    /// Kinds whose values are abstract objects made at a place of the program.
    pub const SITES: Kinds = Kinds::ARR
        .union(Kinds::MAP)
        .union(Kinds::FUNC)
        .union(Kinds::FUTURE)
        .union(Kinds::WEAK)
        .union(Kinds::CELL)
        .union(Kinds::BUILTIN);
    /// Counted references.
    pub const REFS: Kinds = Kinds::SITES.union(Kinds::USER).union(Kinds::STR);
    /// Every kind that a program sees.
    pub const ANY: Kinds = Kinds::all().difference(Kinds::CELL);
}

/// A set of abstract objects; 0 is the empty one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SetId(pub(crate) u32);

/// What a value can be. The default is "nothing reaches this place".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ty {
    /// Its kinds.
    pub kinds: Kinds,
    /// Which integers, when it can be one.
    pub ints: Range,
    /// Which objects, for the kinds of [`Kinds::SITES`] and [`Kinds::USER`].
    pub objs: SetId,
}

impl Ty {
    /// No value.
    pub const NONE: Ty = Ty::of(Kinds::empty());
    /// Any value.
    pub const ANY: Ty = Ty { objs: Sets::ANY, ..Ty::of(Kinds::ANY) };
    /// Values without objects.
    pub const fn of(kinds: Kinds) -> Ty {
        let ints = if kinds.contains(Kinds::INT) { Range::ALL } else { Range::NONE };
        Ty { kinds, ints, objs: SetId(0) }
    }
    /// Integers.
    pub const fn int(ints: Range) -> Ty {
        let kinds = if ints.is_none() { Kinds::empty() } else { Kinds::INT };
        Ty { kinds, ints, objs: SetId(0) }
    }
    /// Values with objects that are not integers.
    pub(crate) const fn boxes(kinds: Kinds, objs: SetId) -> Ty {
        Ty { kinds, ints: Range::NONE, objs }
    }
    /// The same, with any integers if it has some: for whoever is not told which they are.
    pub(crate) fn with_any_int(self) -> Ty {
        Ty { ints: Ty::of(self.kinds).ints, ..self }
    }
    /// Its values of some kinds. Objects of others stay in the set.
    pub(crate) fn part(self, kinds: Kinds) -> Ty {
        let kinds = self.kinds & kinds;
        let ints = if kinds.contains(Kinds::INT) { self.ints } else { Range::NONE };
        Ty { kinds, ints, objs: self.objs }
    }
    /// Whether no value reaches the place.
    pub fn is_none(self) -> bool {
        self.kinds.is_empty()
    }
    /// Whether it can be one of these kinds.
    pub fn has(self, kinds: Kinds) -> bool {
        self.kinds.intersects(kinds)
    }
    /// Whether it is nothing but these kinds, and something.
    pub fn only(self, kinds: Kinds) -> bool {
        !self.kinds.is_empty() && kinds.contains(self.kinds)
    }
    /// How it is represented outside of Any places.
    pub fn rep(self) -> Rep {
        let k = self.kinds;
        if k == Kinds::INT {
            Rep::I64
        } else if k == Kinds::FLOAT {
            Rep::F64
        } else if k == Kinds::BOOL {
            Rep::Bool
        } else if k.is_empty() || k == Kinds::VOID || k == Kinds::NULL {
            Rep::Unit
        } else if Kinds::REFS.union(Kinds::NULL).contains(k) || Kinds::REFS.union(Kinds::VOID).contains(k) {
            Rep::Ref
        } else {
            Rep::Any
        }
    }
    /// How a field of this type lies in its objects.
    pub fn slot(self) -> Slot {
        match self.rep() {
            Rep::I64 => Slot::I64,
            Rep::F64 => Slot::F64,
            Rep::Bool => Slot::Bool,
            Rep::Any => Slot::Any,
            // A field that nobody ever assigns is `void`.
            Rep::Unit if self.kinds == Kinds::NULL => Slot::Ref,
            Rep::Unit => Slot::RefOrVoid,
            Rep::Ref if self.has(Kinds::VOID) => Slot::RefOrVoid,
            Rep::Ref => Slot::Ref,
        }
    }
}

/// How a field lies in its objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// One byte.
    Bool,
    /// 64 bits.
    I64,
    /// 64 bits.
    F64,
    /// A reference; zero is `null`.
    Ref,
    /// A reference; zero is `void`.
    RefOrVoid,
    /// A value with class and kind.
    Any,
}

/// Members of a set below [`FIRST`] are classes of the program or one of the first two.
pub(crate) const ANY_CLASS: u32 = 0;
pub(crate) const ANY_SITE: u32 = 1;
pub(crate) const FIRST: u32 = 2;
/// While solving, larger sets become "any".
pub(crate) const MOST: usize = 32;

const CACHE_BITS: u32 = 11;

/// The interned sets. Members ascend. A set with [`ANY_CLASS`] has no class, one with [`ANY_SITE`] no site.
#[derive(Debug)]
pub(crate) struct Sets {
    /// The members of all sets, one set after the other, and where each of them ends.
    members: Vec<u32>,
    ends: Vec<u32>,
    /// Those with other than one member.
    by_members: HashTable<SetId>,
    hasher: DefaultHashBuilder,
    /// Those with one member, by it; the empty set where there is none yet.
    singles: Vec<SetId>,
    unions: Vec<(SetId, SetId, SetId)>,
    /// Larger sets become "any".
    pub(crate) most: usize,
    /// The first member that is a site.
    pub(crate) first_site: u32,
    /// Sites that went into "any site" and were not taken out of here yet.
    pub(crate) lost: Vec<u32>,
    pub(crate) ranges: Ranges,
    /// What sets are made in.
    scratch: Vec<u32>,
    /// What was done so far to join types: how many members the sets have had that were made of two others, and what the
    /// solver adds.
    pub(crate) joined: u64,
}

impl Sets {
    pub(crate) const ANY: SetId = SetId(1);

    pub(crate) fn new(classes: usize) -> Sets {
        let mut sets = Sets {
            members: Vec::new(),
            ends: Vec::new(),
            by_members: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            singles: vec![SetId(0); FIRST as usize + classes],
            unions: vec![(SetId(0), SetId(0), SetId(0)); 1 << CACHE_BITS],
            most: MOST,
            first_site: FIRST + classes as u32,
            lost: Vec::new(),
            ranges: Ranges::default(),
            scratch: Vec::new(),
            joined: 0,
        };
        sets.intern(&[]);
        sets.intern(&[ANY_CLASS, ANY_SITE]);
        sets
    }

    /// Number of sets.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn members(&self, id: SetId) -> &[u32] {
        part(&self.members, &self.ends, id)
    }

    /// The members that are classes (as their numbers), or `None` when it may be any.
    pub(crate) fn classes(&self, id: SetId) -> Option<impl Iterator<Item = u32> + '_> {
        let members = self.members(id);
        if members.first() == Some(&ANY_CLASS) {
            return None;
        }
        let end = self.first_site;
        Some(members.iter().copied().filter(move |m| (FIRST..end).contains(m)).map(|m| m - FIRST))
    }

    pub(crate) fn has_any_class(&self, id: SetId) -> bool {
        self.members(id).first() == Some(&ANY_CLASS)
    }

    pub(crate) fn has_any_site(&self, id: SetId) -> bool {
        self.members(id).iter().take(2).any(|m| *m == ANY_SITE)
    }

    /// The sites, as numbers from 0.
    pub(crate) fn sites(&self, id: SetId) -> impl Iterator<Item = u32> + '_ {
        let end = self.first_site;
        let members = self.members(id);
        let from = members.partition_point(|m| *m < end);
        members[from..].iter().map(move |m| m - end)
    }

    /// Where the sites of a set lie among the members of all sets, for whoever makes sets while it goes through them.
    pub(crate) fn site_positions(&self, id: SetId) -> core::ops::Range<usize> {
        let end = self.ends[id.0 as usize] as usize;
        let members = self.members(id);
        end - members.len() + members.partition_point(|m| *m < self.first_site)..end
    }

    /// The same for classes; `None` when it may be any.
    pub(crate) fn class_positions(&self, id: SetId) -> Option<core::ops::Range<usize>> {
        let members = self.members(id);
        if members.first() == Some(&ANY_CLASS) {
            return None;
        }
        let start = self.ends[id.0 as usize] as usize - members.len();
        let (from, to) = (
            members.iter().take_while(|m| **m < FIRST).count(),
            members.partition_point(|m| *m < self.first_site),
        );
        Some(start + from..start + to)
    }

    /// The class at such a position.
    pub(crate) fn class_at(&self, position: usize) -> ClassIx {
        ClassIx(self.members[position] - FIRST)
    }

    /// The site at such a position.
    pub(crate) fn site_at(&self, position: usize) -> u32 {
        self.members[position] - self.first_site
    }

    pub(crate) fn intern(&mut self, members: &[u32]) -> SetId {
        if let [member] = members {
            return self.single(*member);
        }
        let hash = self.hasher.hash_one(members);
        if let Some(id) = self.by_members.find(hash, |id| self.members(*id) == members) {
            return *id;
        }
        let id = self.push(members);
        let (all, ends, hasher) = (&self.members, &self.ends, &self.hasher);
        self.by_members.insert_unique(hash, id, |id| hasher.hash_one(part(all, ends, *id)));
        id
    }

    fn single(&mut self, member: u32) -> SetId {
        let at = member as usize;
        if at >= self.singles.len() {
            self.singles.resize(at + 1, SetId(0));
        }
        if self.singles[at] == SetId(0) {
            self.singles[at] = self.push(&[member]);
        }
        self.singles[at]
    }

    fn push(&mut self, members: &[u32]) -> SetId {
        let id = SetId(self.ends.len() as u32);
        self.members.extend_from_slice(members);
        self.ends.push(self.members.len() as u32);
        id
    }

    pub(crate) fn class(&mut self, class: u32) -> SetId {
        self.single(FIRST + class)
    }

    pub(crate) fn site(&mut self, site: u32) -> SetId {
        self.single(self.first_site + site)
    }

    /// The set of one site, if there is such a set.
    pub(crate) fn find_site(&self, site: u32) -> Option<SetId> {
        let found = self.singles.get((self.first_site + site) as usize).copied();
        found.filter(|set| *set != SetId(0))
    }

    #[inline]
    pub(crate) fn union(&mut self, a: SetId, b: SetId) -> SetId {
        if a == b || b.0 == 0 {
            a
        } else if a.0 == 0 {
            b
        } else {
            self.find_union(a, b)
        }
    }

    fn find_union(&mut self, a: SetId, b: SetId) -> SetId {
        let (a, b) = if a.0 < b.0 { (a, b) } else { (b, a) };
        let at = (a.0.wrapping_mul(0x9E37_79B1) ^ b.0.wrapping_mul(0x85EB_CA6B)) >> (32 - CACHE_BITS);
        let line = self.unions[at as usize];
        if line.0 == a && line.1 == b {
            return line.2;
        }
        let made = self.make_union(a, b);
        self.unions[at as usize] = (a, b, made);
        made
    }

    fn make_union(&mut self, a: SetId, b: SetId) -> SetId {
        let mut all = core::mem::take(&mut self.scratch);
        merge(self.members(a), self.members(b), &mut all);
        self.joined += all.len() as u64;
        // Often one has all of the other. What was lost is not lost again.
        for set in [a, b] {
            if self.members(set).len() == all.len() {
                self.scratch = all;
                return set;
            }
        }
        let first_site = self.first_site;
        let first = all.partition_point(|m| *m < FIRST);
        let classes = all.partition_point(|m| *m < first_site) - first;
        let sites = all.len() - first - classes;
        if all.first() == Some(&ANY_CLASS) || classes > self.most {
            all.retain(|m| !(FIRST..first_site).contains(m));
            if all.first() != Some(&ANY_CLASS) {
                all.insert(0, ANY_CLASS);
            }
        }
        let any_site = all.iter().take(2).any(|m| *m == ANY_SITE);
        if any_site || sites > self.most {
            self.lost.extend(all.iter().filter(|m| **m >= first_site).map(|m| m - first_site));
            all.retain(|m| *m < first_site);
            if !any_site {
                let at = usize::from(all.first() == Some(&ANY_CLASS));
                all.insert(at, ANY_SITE);
            }
        }
        let made = self.intern(&all);
        self.scratch = all;
        made
    }

    /// The members for which `keep` holds.
    pub(crate) fn filter(&mut self, id: SetId, keep: impl Fn(u32) -> bool) -> SetId {
        let Some(gone) = self.members(id).iter().position(|m| !keep(*m)) else { return id };
        let mut kept = core::mem::take(&mut self.scratch);
        let members = self.members(id);
        kept.clear();
        kept.extend_from_slice(&members[..gone]);
        kept.extend(members[gone + 1..].iter().copied().filter(|m| keep(*m)));
        let found = self.intern(&kept);
        self.scratch = kept;
        found
    }

    pub(crate) fn join(&mut self, a: Ty, b: Ty) -> Ty {
        let ints = self.ranges.join(a.ints, b.ints);
        Ty { kinds: a.kinds | b.kinds, ints, objs: self.union(a.objs, b.objs) }
    }

    /// A type with those of its integers that compare with one of some others like that.
    pub(crate) fn compared(&mut self, ty: Ty, relation: Relation, with: Bounds) -> Ty {
        if !ty.has(Kinds::INT) {
            return ty;
        }
        let ints = self.ranges.of(relation.narrow(self.ranges.bounds(ty.ints), with));
        let kinds = if ints == Range::NONE { ty.kinds - Kinds::INT } else { ty.kinds };
        Ty { kinds, ints, ..ty }
    }
}

/// The members of a set, among those of all sets, which end where `ends` says.
fn part<'a>(members: &'a [u32], ends: &[u32], id: SetId) -> &'a [u32] {
    let at = id.0 as usize;
    let from = if at == 0 { 0 } else { ends[at - 1] };
    &members[from as usize..ends[at] as usize]
}

/// The members of both, ascending.
fn merge(a: &[u32], b: &[u32], all: &mut Vec<u32>) {
    all.clear();
    let (mut i, mut k) = (0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(k)) {
        all.push(*x.min(y));
        i += usize::from(x <= y);
        k += usize::from(y <= x);
    }
    all.extend_from_slice(&a[i..]);
    all.extend_from_slice(&b[k..]);
}
