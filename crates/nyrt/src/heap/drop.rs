//! The drop machine: what happens when the last count of an object goes, and explicit `fini`.
//!
//! It is a stack of work items, so chains of any length need no native recursion. It never runs user code:
//! when a `fini` body is due, [`Heap::drop_step`] says so and the tier runs it, then calls
//! [`Heap::fini_returned`]. The body's own drops use the same stack above the item that waits for it.
//!
//! Order: `fini` first and once, with a count held for it; weak references read `null` from its end on; then the
//! fields in reverse declaration order, elements from the last to the first; then the memory. A child dies
//! completely before the next field is looked at.

use ::alloc::boxed::Box;
use ::alloc::vec::Vec;

use super::Heap;
use super::array::Elem;
use super::bytes::BYTES;
use super::cell::{BUFFERED, COUNT_ONE, DEAD, FINALIZED, HAS_WEAK, HEADER, IN_FINI, STICKY};
use super::cycle::Garbage;
use super::func::{FUNC_RECEIVER, FUTURE_VALUE};
use super::layout::SlotType;
use super::map_table::{ENTRY_VALUE, entry};
use crate::value::{FuncId, Kind, Ref, Value};

/// Why a `fini` body runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// The last count went.
    Death,
    /// The program called it.
    Explicit,
    /// Its cycle is garbage.
    Cycle,
}

/// What becomes of a cell whose content is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum After {
    /// It is freed.
    Free,
    /// The machine's count is released.
    Release,
    /// Somebody else takes care of it.
    Keep,
}

pub(crate) enum Work {
    /// The count of the cell is 0.
    Begin(Ref),
    /// A body has to run; the machine holds a count.
    Fini { obj: Ref, how: How },
    /// A body is running; the machine holds a count.
    Running { obj: Ref, how: How },
    /// Counted fields below `next` have to go.
    Fields { obj: Ref, next: u32, after: After },
    /// Values of a function, variable cell or future below `next` have to go.
    Values { cell: Ref, next: u32, after: After },
    /// Elements below `next` of a storage have to go, then the storage.
    Elements { data: Ref, elem: Elem, next: u32 },
    /// Entries of a map below `next` halves (key, value) have to go, then the storage.
    Entries { data: Ref, next: u32 },
    /// A count that the machine holds.
    Release(Ref),
    /// Finalizers of cyclic garbage.
    Cycle(Box<Garbage>),
    /// Contents of cyclic garbage below `next`.
    Members { members: Box<[Ref]>, next: u32 },
}

/// The work of one task's drops.
#[derive(Default)]
pub struct DropStack {
    pub(crate) work: Vec<Work>,
    /// The first error of the finalizers of a run, by the run's base.
    pub(crate) errors: Vec<(usize, Value)>,
}

impl DropStack {
    pub(crate) fn push_elements(&mut self, data: Ref, elem: Elem, len: u32) {
        self.work.push(Work::Elements { data, elem, next: len });
    }
    pub(crate) fn push_entries(&mut self, data: Ref, used: u32) {
        self.work.push(Work::Entries { data, next: used * 2 });
    }
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.work.is_empty() && self.errors.is_empty()
    }
}

/// What a tier has to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DropStep {
    /// Everything above the base is dropped.
    Done,
    /// Everything is dropped; a finalizer failed and this is the first error, owned by the caller.
    Failed(Value),
    /// Call `func` with the receiver `object` (borrowed; the machine holds a count), then
    /// [`Heap::fini_returned`], then [`Heap::drop_step`] again.
    RunFini {
        /// The body.
        func: FuncId,
        /// The receiver.
        object: Value,
    },
}

impl Heap {
    /// How much drop work waits. A tier notes it before an operation that may release and passes it as base.
    #[inline(always)]
    pub fn drop_depth(&self) -> usize {
        self.drops.work.len()
    }

    /// Continues the drop work above `base` until it is done or a `fini` body has to run.
    pub fn drop_step(&mut self, base: usize) -> DropStep {
        loop {
            self.run_quiet(base);
            if self.drops.work.len() <= base {
                return match self.drops.errors.last() {
                    Some(&(b, v)) if b == base => {
                        self.drops.errors.pop();
                        DropStep::Failed(v)
                    }
                    _ => DropStep::Done,
                };
            }
            match self.drops.work.pop() {
                Some(Work::Fini { obj, how }) => {
                    self.drops.work.push(Work::Running { obj, how });
                    match self.layouts.get(self.class_of(obj)).fini() {
                        Some(func) => return DropStep::RunFini { func, object: self.value_of(obj) },
                        None => self.fini_ended(),
                    }
                }
                Some(Work::Cycle(mut garbage)) => match garbage.finis.pop() {
                    Some(obj) => {
                        self.drops.work.push(Work::Cycle(garbage));
                        if !self.has_flags(obj, FINALIZED | IN_FINI) {
                            self.set_flags(obj, IN_FINI);
                            self.drops.work.push(Work::Fini { obj, how: How::Cycle });
                        }
                    }
                    None => self.recheck(*garbage),
                },
                Some(other) => {
                    debug_assert!(false, "a step below a running body");
                    self.drops.work.push(other);
                    return DropStep::Done;
                }
                None => return DropStep::Done,
            }
        }
    }

    /// The body announced by [`Heap::drop_step`] has ended. An error is owned by the machine from now on:
    /// the first one of the run comes back as [`DropStep::Failed`].
    pub fn fini_returned(&mut self, base: usize, result: Result<(), Value>) {
        self.fini_ended();
        if let Err(error) = result {
            if self.drops.errors.last().is_some_and(|&(b, _)| b == base) {
                self.release(error);
            } else {
                self.drops.errors.push((base, error));
            }
        }
    }

    fn fini_ended(&mut self) {
        let Some(Work::Running { obj, how }) = self.drops.work.pop() else {
            debug_assert!(false, "no body was running");
            return;
        };
        self.clear_flags(obj, IN_FINI);
        match how {
            How::Death => {
                self.set_flags(obj, FINALIZED);
                // Somebody else owns it now: it lives on, and its next death drops only fields.
                if self.decrement(obj) {
                    self.drops.work.push(Work::Begin(obj));
                }
            }
            How::Explicit => self.die_explicitly(obj),
            How::Cycle => self.set_flags(obj, FINALIZED),
        }
    }

    fn die_explicitly(&mut self, obj: Ref) {
        self.set_flags(obj, FINALIZED | DEAD);
        self.clear_weak(obj);
        self.drop_content(obj, After::Release);
    }

    /// `x.fini()`: finalizes at once; the caller runs [`Heap::drop_step`] afterwards. Does nothing for a dead
    /// box, for one whose `fini` is running, and for values that have no content to drop.
    pub fn begin_fini(&mut self, v: Value) {
        if !matches!(v.kind(), Kind::Obj | Kind::Arr | Kind::Map) {
            return;
        }
        let obj = v.as_ref();
        if self.has_flags(obj, DEAD | IN_FINI) {
            return;
        }
        self.retain_ref(obj);
        let runs = v.kind() == Kind::Obj
            && !self.has_flags(obj, FINALIZED)
            && self.layouts.get(v.class()).fini().is_some();
        if runs {
            self.set_flags(obj, IN_FINI);
            self.drops.work.push(Work::Fini { obj, how: How::Explicit });
        } else {
            self.die_explicitly(obj);
        }
    }

    /// Releases an object whose constructor threw: its `fini` never runs.
    pub fn discard(&mut self, v: Value) {
        if v.kind() == Kind::Obj {
            self.set_flags(v.as_ref(), FINALIZED);
        }
        self.release(v);
    }

    /// Hands out the drop work of the current task; the scheduler gives it back with
    /// [`Heap::resume_drops`] when the task goes on.
    pub fn suspend_drops(&mut self) -> DropStack {
        core::mem::take(&mut self.drops)
    }

    /// Makes the drop work of a task the current one; gives what was current.
    pub fn resume_drops(&mut self, drops: DropStack) -> DropStack {
        core::mem::replace(&mut self.drops, drops)
    }

    /// The count of `r` has just become 0.
    #[inline(never)]
    pub(crate) fn dying(&mut self, r: Ref) {
        let kind = self.kind_bits(r);
        if kind == Kind::Str as u8 {
            return self.str_free(r);
        }
        // An object that nothing special is known about and that refers to nothing.
        if kind == Kind::Obj as u8 && self.count_word(r) & !BUFFERED == 0 && self.refers_to_nothing(r) {
            if self.count_word(r) & BUFFERED != 0 {
                self.uncandidate(r);
            }
            return self.free(r);
        }
        let base = self.drops.work.len();
        self.begin(r);
        if self.drops.work.len() > base {
            self.run_quiet(base);
        }
    }

    #[inline(always)]
    fn refers_to_nothing(&self, obj: Ref) -> bool {
        let layout = self.layouts.get(self.class_of(obj));
        layout.is_plain()
            && layout.counted().iter().all(|&(offset, slot)| match slot {
                SlotType::Any => !self.mem.value(obj.0 + offset).is_ref(),
                _ => self.mem.get::<u32>(obj.0 + offset) == 0,
            })
    }

    /// Works down to `base` or to the first item that needs the tier.
    pub(crate) fn run_quiet(&mut self, base: usize) {
        while self.drops.work.len() > base {
            match self.drops.work.pop() {
                Some(Work::Begin(r)) => self.begin(r),
                Some(Work::Fields { obj, next, after }) => self.drop_fields(obj, next, after),
                Some(Work::Values { cell, next, after }) => self.drop_values(cell, next, after),
                Some(Work::Elements { data, elem, next }) => self.drop_elements(data, elem, next),
                Some(Work::Entries { data, next }) => self.drop_entries(data, next),
                Some(Work::Release(r)) => {
                    if self.decrement(r) {
                        self.drops.work.push(Work::Begin(r));
                    }
                }
                Some(Work::Members { members, next }) => self.drop_members(members, next),
                Some(tier @ (Work::Fini { .. } | Work::Running { .. } | Work::Cycle(_))) => {
                    self.drops.work.push(tier);
                    return;
                }
                None => return,
            }
        }
    }

    /// Starts the death of a cell with count 0.
    fn begin(&mut self, r: Ref) {
        let word = self.count_word(r);
        // The entry in the candidate buffer becomes stale; the collector sees that by the flag.
        if word & BUFFERED != 0 {
            self.set_count_word(r, word & !BUFFERED);
            self.uncandidate(r);
        }
        let kind = self.kind_bits(r);
        if kind == Kind::Obj as u8
            && word & FINALIZED == 0
            && self.layouts.get(self.class_of(r)).fini().is_some()
        {
            // The count held for the body keeps weak readers from bringing it to 0 a second time.
            self.set_count_word(r, ((word & !BUFFERED) + COUNT_ONE) | IN_FINI);
            self.drops.work.push(Work::Fini { obj: r, how: How::Death });
            return;
        }
        if word & HAS_WEAK != 0 {
            self.clear_weak(r);
        }
        self.drop_content(r, After::Free);
    }

    /// Drops what a cell refers to.
    fn drop_content(&mut self, r: Ref, after: After) {
        match self.kind_bits(r) {
            k if k == Kind::Obj as u8 => {
                let n = self.layouts.get(self.class_of(r)).counted().len() as u32;
                self.drop_fields(r, n, after);
            }
            k if k == Kind::Arr as u8 => {
                self.push_end(r, after);
                self.detach_elements(r);
                self.free_if(r, after);
            }
            k if k == Kind::Map as u8 => {
                self.push_end(r, after);
                self.detach_entries(r);
                self.free_if(r, after);
            }
            k if k == Kind::Weak as u8 => {
                self.forget_weak(r);
                self.free_if(r, after);
            }
            k if k == Kind::Str as u8 => {
                debug_assert!(after == After::Free);
                self.str_free(r);
            }
            _ if self.class_of(r) == BYTES => {
                let data = self.bytes_data(r);
                if !data.is_none() {
                    self.free(data);
                }
                self.free_if(r, after);
            }
            _ => {
                let n = self.value_count(r);
                self.drop_values(r, n, after);
            }
        }
    }

    fn push_end(&mut self, r: Ref, after: After) {
        if after == After::Release {
            self.drops.work.push(Work::Release(r));
        }
    }

    fn free_if(&mut self, r: Ref, after: After) {
        if after == After::Free {
            self.free(r);
        }
    }

    /// Takes a count; whether the cell is a container that dies now. Strings are freed here.
    #[inline(always)]
    fn drop_child(&mut self, child: Ref) -> bool {
        if child.is_none() || !self.decrement(child) {
            return false;
        }
        if self.kind_bits(child) == Kind::Str as u8 {
            self.str_free(child);
            return false;
        }
        true
    }

    fn drop_fields(&mut self, obj: Ref, next: u32, after: After) {
        let class = self.class_of(obj);
        let mut i = next;
        while i > 0 {
            i -= 1;
            let (offset, slot) = self.layouts.get(class).counted()[i as usize];
            let child = self.take_counted(obj, offset, slot);
            if self.drop_child(child) {
                if i == 0 {
                    // Nothing is left to come back to: a chain needs no stack.
                    self.end_object(obj, after);
                } else {
                    self.drops.work.push(Work::Fields { obj, next: i, after });
                }
                self.drops.work.push(Work::Begin(child));
                return;
            }
        }
        self.end_object(obj, after);
    }

    fn end_object(&mut self, obj: Ref, after: After) {
        let class = self.class_of(obj);
        if let Some(offset) = self.layouts.get(class).native_offset() {
            let index = self.mem.get::<u32>(obj.0 + offset);
            if index != 0 {
                self.mem.set::<u32>(obj.0 + offset, 0);
                self.dead_natives.push((class, index));
            }
        }
        self.push_end(obj, after);
        self.free_if(obj, after);
    }

    /// Number of whole values in a function, variable cell or future.
    pub(crate) fn value_count(&self, cell: Ref) -> u32 {
        if self.kind_bits(cell) == Kind::Func as u8 { 1 + self.func_captures(cell) } else { 1 }
    }

    /// Offset of the first of them.
    pub(crate) fn value_base(&self, cell: Ref) -> u32 {
        match self.kind_bits(cell) {
            k if k == Kind::Func as u8 => FUNC_RECEIVER,
            k if k == Kind::Future as u8 => FUTURE_VALUE,
            _ => HEADER,
        }
    }

    fn drop_values(&mut self, cell: Ref, next: u32, after: After) {
        let base = self.value_base(cell);
        let mut i = next;
        while i > 0 {
            i -= 1;
            let child = self.take_counted(cell, base + 16 * i, SlotType::Any);
            if self.drop_child(child) {
                if i == 0 {
                    self.push_end(cell, after);
                    self.free_if(cell, after);
                } else {
                    self.drops.work.push(Work::Values { cell, next: i, after });
                }
                self.drops.work.push(Work::Begin(child));
                return;
            }
        }
        self.push_end(cell, after);
        self.free_if(cell, after);
    }

    fn drop_elements(&mut self, data: Ref, elem: Elem, next: u32) {
        let mut i = next;
        while i > 0 {
            i -= 1;
            let v = self.elem_load(data.0 + HEADER + (i << elem.shift()), elem);
            let child = if v.is_ref() { v.as_ref() } else { Ref::NONE };
            if self.drop_child(child) {
                if i == 0 {
                    self.free(data);
                } else {
                    self.drops.work.push(Work::Elements { data, elem, next: i });
                }
                self.drops.work.push(Work::Begin(child));
                return;
            }
        }
        self.free(data);
    }

    fn drop_entries(&mut self, data: Ref, next: u32) {
        let mut i = next;
        while i > 0 {
            i -= 1;
            let at = entry(data, i / 2) + if i % 2 == 1 { ENTRY_VALUE } else { 0 };
            let v = self.mem.value(at);
            let child = if v.is_ref() { v.as_ref() } else { Ref::NONE };
            if self.drop_child(child) {
                if i == 0 {
                    self.free(data);
                } else {
                    self.drops.work.push(Work::Entries { data, next: i });
                }
                self.drops.work.push(Work::Begin(child));
                return;
            }
        }
        self.free(data);
    }

    /// First all contents go, then the counts that the collector holds.
    fn drop_members(&mut self, members: Box<[Ref]>, next: u32) {
        if next > 0 {
            let r = members[next as usize - 1];
            self.drops.work.push(Work::Members { members, next: next - 1 });
            self.clear_weak(r);
            self.drop_content(r, After::Keep);
        } else {
            for &r in &members {
                debug_assert!(
                    self.count_word(r) & STICKY != 0 || self.is_unique(r),
                    "freed with owners: {:#x}",
                    r.0
                );
                self.drops.work.push(Work::Release(r));
            }
        }
    }
}
