//! The collector of cyclic garbage: trial deletion that only computes and changes no count while it decides.
//!
//! A release that leaves owners makes a container a candidate. From the candidates it follows all strong
//! references and counts, in tables beside the heap, how many owners of each cell lie inside what it reached. A
//! cell with more owners than that is held from outside, and so is what it reaches; the rest is garbage. Borrowed
//! values need no root: each is covered by an owner that is counted.
//!
//! Finalizers of garbage run in reverse order of creation through the drop machine while all of it is pinned;
//! then the decision is made again with what they did.

use ::alloc::boxed::Box;
use ::alloc::vec::Vec;

use hashbrown::HashMap;

use super::Heap;
use super::bytes::BYTES;
use super::cell::{BUFFERED, COUNT_SHIFT, FINALIZED, FREE_WORD, HEADER, IN_FINI, STICKY};
use super::drop::Work;
use super::layout::SlotType;
use super::map_table::{ENTRY_VALUE, entry};
use super::pages::{FREE, LARGE, TAIL};
use super::region::{PAGE, PAGE_SHIFT};
use crate::value::{Kind, Ref};

/// Fewest candidates that make a collection worth its while.
const MIN_THRESHOLD: usize = 10_000;

/// What the collector did so far, for `--gc-stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcStats {
    /// Runs.
    pub collections: u64,
    /// Candidates looked at.
    pub candidates: u64,
    /// Cells followed.
    pub visited: u64,
    /// Cells found to be garbage.
    pub garbage: u64,
    /// Finalizers that garbage had.
    pub finalizers: u64,
    /// Candidates that make the next run due.
    pub threshold: u64,
}

/// State of the collector.
pub(crate) struct Cycles {
    buffer: Vec<Ref>,
    threshold: usize,
    always: bool,
    due: bool,
    grown: u32,
    stats: GcStats,
    /// Tables for the next analysis.
    spare: Vec<Table>,
}

impl Cycles {
    pub(crate) fn new(always: bool) -> Cycles {
        Cycles {
            buffer: Vec::new(),
            threshold: if always { 1 } else { MIN_THRESHOLD },
            always,
            due: false,
            grown: 0,
            stats: GcStats::default(),
            spare: Vec::new(),
        }
    }
}

/// Garbage whose finalizers are running. The collector holds a count of every member.
pub(crate) struct Garbage {
    pub(crate) members: Vec<Ref>,
    /// The next one to run last.
    pub(crate) finis: Vec<Ref>,
}

/// Numbers of the cells of a page.
type Table = Box<[u32]>;

/// Most tables that are kept for the next analysis: as many as a small heap needs, for which clearing them would be most
/// of the work.
const SPARE: usize = 8;

/// Number of a cell in an analysis, by address: one small table per page that was reached.
struct Numbers {
    pages: Vec<Option<Table>>,
    /// Tables of zeros.
    spare: Vec<Table>,
}

impl Numbers {
    fn slot(&mut self, r: Ref) -> &mut u32 {
        let page = (r.0 >> PAGE_SHIFT) as usize;
        if page >= self.pages.len() {
            self.pages.resize_with(page + 1, || None);
        }
        let spare = &mut self.spare;
        let table = self.pages[page]
            .get_or_insert_with(|| spare.pop().unwrap_or_else(|| ::alloc::vec![0; PAGE as usize / 8].into()));
        &mut table[(r.0 & (PAGE - 1)) as usize / 8]
    }

    /// The tables to keep, when these cells have numbers.
    fn into_spare(mut self, cells: &[Ref]) -> Vec<Table> {
        let used = self.pages.iter().flatten().count();
        if used + self.spare.len() <= SPARE {
            cells.iter().for_each(|r| *self.slot(*r) = 0);
            self.spare.extend(self.pages.into_iter().flatten());
        }
        self.spare
    }
}

#[derive(Default)]
struct Analysis {
    cells: Vec<Ref>,
    /// Owners inside the set.
    inside: Vec<u32>,
    live: Vec<bool>,
}

impl Heap {
    /// Whether a collection is worth its while now. Tiers look at it at calls and back-edges.
    #[inline(always)]
    pub fn collect_due(&self) -> bool {
        self.cycles.due
    }

    /// What the collector did.
    pub fn gc_stats(&self) -> GcStats {
        GcStats { threshold: self.cycles.threshold as u64, ..self.cycles.stats }
    }

    /// A container has lost an owner and keeps others.
    #[inline(never)]
    pub(crate) fn candidate(&mut self, r: Ref) {
        let can_be_in_cycle = match self.kind_bits(r) {
            k if k == Kind::Obj as u8 => !self.layouts.get(self.class_of(r)).is_acyclic(),
            k if k == Kind::Arr as u8 => self.arr_elem(r).counts(),
            k if k == Kind::Weak as u8 || k == Kind::Str as u8 => false,
            _ => self.class_of(r) != BYTES,
        };
        if can_be_in_cycle {
            self.set_flags(r, BUFFERED);
            self.cycles.buffer.push(r);
            if self.cycles.buffer.len() >= self.cycles.threshold {
                self.cycles.due = true;
            }
        }
    }

    /// A candidate has died. Its entry is taken out if that is cheap, else it goes stale; but nothing stale may
    /// point to a large cell, because its pages can get another layout.
    #[inline]
    pub(crate) fn uncandidate(&mut self, r: Ref) {
        if self.cycles.buffer.last() == Some(&r) {
            self.cycles.buffer.pop();
        } else if self.pages.tag(r.0 >> PAGE_SHIFT) == LARGE {
            self.forget_candidates(r.0 >> PAGE_SHIFT);
        }
    }

    /// A page changes its layout: stale entries must not point into it.
    #[cold]
    pub(crate) fn forget_candidates(&mut self, page: u32) {
        self.cycles.buffer.retain(|r| r.0 >> PAGE_SHIFT != page);
    }

    /// The heap grows by pages; a program that makes few but large cycles is collected by size.
    pub(crate) fn note_growth(&mut self, pages: u32) {
        self.cycles.grown += pages;
        if self.cycles.grown > self.pages.limit() / 8 && !self.cycles.buffer.is_empty() {
            self.cycles.due = true;
        }
    }

    /// Collects. Garbage without finalizers is freed before this returns; finalizers wait on the drop stack, so
    /// the caller goes on with [`Heap::drop_step`] from the depth before the call.
    pub fn collect(&mut self) {
        let base = self.drop_depth();
        self.cycles.due = false;
        self.cycles.grown = 0;
        let buffer = core::mem::take(&mut self.cycles.buffer);
        let mut roots = Vec::new();
        for &r in &buffer {
            if self.is_candidate(r) {
                self.clear_flags(r, BUFFERED);
                roots.push(r);
            }
        }
        let candidates = buffer.len();
        if !roots.is_empty() {
            let analysis = self.analyse(&roots, false);
            let garbage: Vec<Ref> = analysis.garbage().map(|(r, _)| r).collect();
            self.adapt(candidates, analysis.cells.len(), garbage.len());
            for &r in &garbage {
                self.retain_ref(r);
            }
            self.finalize_garbage(garbage);
        }
        self.run_quiet(base);
    }

    /// Whether the collector runs as often as it can, to find out what it breaks.
    pub(crate) fn collects_always(&self) -> bool {
        self.cycles.always
    }

    /// The heap is full in the middle of an operation: frees the cyclic garbage without finalizers, because
    /// nobody is there to run one. What hangs together with one waits for the next collection, which is due. Whether anything
    /// was freed.
    ///
    /// That is safe within any operation that allocates: what it holds is counted, and what it borrows has an owner
    /// outside of all garbage.
    #[cold]
    pub(crate) fn collect_silent(&mut self) -> bool {
        let buffer = core::mem::take(&mut self.cycles.buffer);
        let roots: Vec<Ref> = buffer.into_iter().filter(|&r| self.is_candidate(r)).collect();
        if roots.is_empty() {
            return false;
        }
        let analysis = self.analyse(&roots, false);
        let (silent, rest) = self.split_garbage(&analysis);
        // Live candidates lose the flag; they come back when they lose another owner.
        for &r in &roots {
            self.clear_flags(r, BUFFERED);
        }
        for &r in &rest {
            self.set_flags(r, BUFFERED);
        }
        self.cycles.due = !rest.is_empty();
        self.cycles.buffer = rest;
        self.cycles.stats.collections += 1;
        self.cycles.stats.garbage += silent.len() as u64;
        let freed = !silent.is_empty();
        let base = self.drop_depth();
        for &r in &silent {
            self.retain_ref(r);
        }
        self.free_garbage(silent);
        self.run_quiet(base);
        freed
    }

    /// Garbage that hangs together with no finalizer, and the rest: the death of what refers to a box with a
    /// finalizer would let it run, and a finalizer may look at everything that its box refers to.
    fn split_garbage(&self, analysis: &Analysis) -> (Vec<Ref>, Vec<Ref>) {
        let cells: Vec<Ref> = analysis.garbage().map(|(r, _)| r).collect();
        let numbers: HashMap<Ref, usize> = cells.iter().copied().zip(0..).collect();
        // A forest: what hangs together has one root.
        let mut parent: Vec<usize> = (0..cells.len()).collect();
        fn root(parent: &mut [usize], mut i: usize) -> usize {
            while parent[i] != i {
                parent[i] = parent[parent[i]];
                i = parent[i];
            }
            i
        }
        for (i, &r) in cells.iter().enumerate() {
            self.each_child(r, |child| {
                if let Some(&j) = numbers.get(&child) {
                    let (x, y) = (root(&mut parent, i), root(&mut parent, j));
                    parent[x] = y;
                }
            });
        }
        let mut heard = ::alloc::vec![false; cells.len()];
        for (i, &r) in cells.iter().enumerate() {
            if self.has_finalizer(r) {
                heard[root(&mut parent, i)] = true;
            }
        }
        let (mut silent, mut rest) = (Vec::new(), Vec::new());
        for (i, r) in cells.into_iter().enumerate() {
            if heard[root(&mut parent, i)] { rest.push(r) } else { silent.push(r) }
        }
        (silent, rest)
    }

    fn has_finalizer(&self, r: Ref) -> bool {
        self.kind_bits(r) == Kind::Obj as u8
            && !self.has_flags(r, FINALIZED | IN_FINI)
            && self.layouts.get(self.class_of(r)).fini().is_some()
    }

    /// Lets pinned garbage without finalizers go.
    fn free_garbage(&mut self, members: Vec<Ref>) {
        let next = members.len() as u32;
        if next > 0 {
            // The flag without an entry: losing each other must not make candidates of them again.
            members.iter().for_each(|&r| self.set_flags(r, BUFFERED));
            self.drops.work.push(Work::Members { members: members.into(), next });
        }
    }

    fn adapt(&mut self, candidates: usize, visited: usize, garbage: usize) {
        let c = &mut self.cycles;
        c.stats.collections += 1;
        c.stats.candidates += candidates as u64;
        c.stats.visited += visited as u64;
        c.stats.garbage += garbage as u64;
        if c.always {
            return;
        }
        // Following live cells has to be paid for by candidates: at least one for each cell visited in vain.
        c.threshold = if garbage * 2 >= visited { c.threshold / 2 } else { c.threshold * 2 };
        c.threshold = c.threshold.min(visited.max(candidates)).max(visited - garbage).max(MIN_THRESHOLD);
    }

    /// Whether a buffer entry still means the candidate it was made for (or another one at its place).
    fn is_candidate(&self, r: Ref) -> bool {
        let tag = self.pages.tag(r.0 >> PAGE_SHIFT);
        tag != FREE
            && tag != TAIL
            && self.class_word(r) != FREE_WORD
            && self.kind_bits(r) >= Kind::FIRST_REF
            && self.has_flags(r, BUFFERED)
            && self.count_word(r) >> COUNT_SHIFT > 0
    }

    /// Calls `f` for every strong reference in a cell.
    pub(crate) fn each_child(&self, r: Ref, mut f: impl FnMut(Ref)) {
        match self.kind_bits(r) {
            k if k == Kind::Obj as u8 => {
                for &(offset, slot) in self.layouts.get(self.class_of(r)).counted() {
                    let child = if slot == SlotType::Any {
                        self.child_at(r.0 + offset)
                    } else {
                        Ref(self.mem.get::<u32>(r.0 + offset))
                    };
                    if !child.is_none() {
                        f(child);
                    }
                }
            }
            k if k == Kind::Arr as u8 => {
                let elem = self.arr_elem(r);
                if elem.counts() {
                    self.each_element(self.arr_data(r), elem, self.arr_len(r), f);
                }
            }
            k if k == Kind::Map as u8 => self.each_entry(self.map_storage(r), self.map_used(r) * 2, f),
            k if k == Kind::Str as u8 || k == Kind::Weak as u8 => {}
            k if k < Kind::FIRST_REF => {}
            _ if self.class_of(r) == BYTES => {}
            _ => {
                let base = r.0 + self.value_base(r);
                (0..self.value_count(r))
                    .map(|i| self.child_at(base + 16 * i))
                    .filter(|c| !c.is_none())
                    .for_each(f);
            }
        }
    }

    /// The reference in a whole value, or none.
    fn child_at(&self, at: u32) -> Ref {
        let v = self.mem.value(at);
        if v.is_ref() { v.as_ref() } else { Ref::NONE }
    }

    /// Calls `f` for the references among the first elements of a storage.
    pub(crate) fn each_element(&self, data: Ref, elem: super::Elem, len: u32, mut f: impl FnMut(Ref)) {
        for i in 0..len {
            let v = self.elem_load(data.0 + HEADER + (i << elem.shift()), elem);
            if v.is_ref() {
                f(v.as_ref());
            }
        }
    }

    /// Calls `f` for the references among the first halves of the entries of a storage.
    pub(crate) fn each_entry(&self, data: Ref, halves: u32, mut f: impl FnMut(Ref)) {
        for i in 0..halves {
            let v = self.mem.value(entry(data, i / 2) + if i % 2 == 1 { ENTRY_VALUE } else { 0 });
            if v.is_ref() {
                f(v.as_ref());
            }
        }
    }

    /// What is garbage among everything reachable from `roots`. With `pinned`, each root has one count that
    /// the collector itself holds.
    fn analyse(&mut self, roots: &[Ref], pinned: bool) -> Analysis {
        let mut numbers = Numbers { pages: Vec::new(), spare: core::mem::take(&mut self.cycles.spare) };
        let analysis = self.follow(roots, pinned, &mut numbers);
        self.cycles.spare = numbers.into_spare(&analysis.cells);
        analysis
    }

    /// The same with tables that are empty when it begins.
    fn follow(&self, roots: &[Ref], pinned: bool, numbers: &mut Numbers) -> Analysis {
        let mut a = Analysis::default();
        let own = pinned as u32;
        for &r in roots {
            let n = numbers.slot(r);
            if *n == 0 {
                a.cells.push(r);
                a.inside.push(own);
                *n = a.cells.len() as u32;
            }
        }
        let mut at = 0;
        while at < a.cells.len() {
            let r = a.cells[at];
            at += 1;
            self.each_child(r, |child| {
                let kind = self.kind_bits(child);
                if kind == Kind::Str as u8 || kind == Kind::Weak as u8 {
                    return;
                }
                let n = numbers.slot(child);
                if *n == 0 {
                    a.cells.push(child);
                    a.inside.push(0);
                    *n = a.cells.len() as u32;
                }
                a.inside[*n as usize - 1] += 1;
            });
        }
        a.live = ::alloc::vec![false; a.cells.len()];
        let mut todo = Vec::new();
        for i in 0..a.cells.len() {
            let word = self.count_word(a.cells[i]);
            if !a.live[i] && (word & STICKY != 0 || word >> COUNT_SHIFT > a.inside[i]) {
                a.live[i] = true;
                todo.push(i);
            }
            while let Some(i) = todo.pop() {
                self.each_child(a.cells[i], |child| {
                    let n = *numbers.slot(child) as usize;
                    if n != 0 && !a.live[n - 1] {
                        a.live[n - 1] = true;
                        todo.push(n - 1);
                    }
                });
            }
        }
        a
    }

    /// Lets the finalizers of pinned garbage run, or frees it when there are none left.
    fn finalize_garbage(&mut self, members: Vec<Ref>) {
        let mut finis: Vec<(u64, Ref)> = members
            .iter()
            .filter(|&&r| self.has_finalizer(r))
            .map(|&r| (self.serial_of(r).unwrap_or(0), r))
            .collect();
        finis.sort_unstable();
        self.cycles.stats.finalizers += finis.len() as u64;
        if finis.is_empty() {
            self.free_garbage(members);
        } else {
            let finis = finis.into_iter().map(|(_, r)| r).collect();
            self.drops.work.push(Work::Cycle(Box::new(Garbage { members, finis })));
        }
    }

    /// The finalizers have run: what they made reachable lives on, the rest goes; what they made anew
    /// and only garbage refers to goes with it.
    pub(crate) fn recheck(&mut self, garbage: Garbage) {
        let roots = garbage.members;
        let analysis = self.analyse(&roots, true);
        let mut members = Vec::new();
        for (r, i) in analysis.garbage() {
            if i >= roots.len() {
                self.retain_ref(r);
            }
            members.push(r);
        }
        for (i, &r) in roots.iter().enumerate() {
            if analysis.live[i] {
                self.drops.work.push(Work::Release(r));
            }
        }
        self.finalize_garbage(members);
    }
}

impl Analysis {
    /// Garbage cells with their numbers; the roots have the first numbers.
    fn garbage(&self) -> impl Iterator<Item = (Ref, usize)> + '_ {
        self.cells.iter().copied().zip(0..).filter(|&(_, i)| !self.live[i])
    }
}
