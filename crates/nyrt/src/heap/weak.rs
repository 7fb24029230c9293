//! Weak references: one weak cell per target, found through a side table. It does not decide when a target
//! dies; the drop machine calls [`Heap::clear_weak`].

use hashbrown::HashMap;

use super::Heap;
use super::cell::{DEAD, HAS_WEAK, HEADER, class_word};
use super::region::OutOfMemory;
use crate::value::{Kind, Ref, Value, class_id};

/// Target to weak cell.
#[derive(Default)]
pub(crate) struct WeakTable {
    cells: HashMap<u32, Ref>,
}

impl Heap {
    /// The weak reference to a value, owned. A weak reference gives itself; what has no identity (scalars,
    /// strings, `null`) and what is dead gives itself and `null`.
    pub fn weak_of(&mut self, v: Value) -> Result<Value, OutOfMemory> {
        match v.kind() {
            Kind::Arr | Kind::Map | Kind::Obj | Kind::Func | Kind::Future => {}
            _ => return Ok(self.own(v)),
        }
        let target = v.as_ref();
        if self.has_flags(target, DEAD) {
            return Ok(Value::NULL);
        }
        if self.has_flags(target, HAS_WEAK)
            && let Some(&cell) = self.weak.cells.get(&target.0)
        {
            self.retain_ref(cell);
            return Ok(Value::reference(class_id::WEAK, Kind::Weak, cell));
        }
        let cell = self.alloc(HEADER as u64 + 8, class_word(class_id::WEAK, Kind::Weak))?;
        self.mem.set::<u32>(cell.0 + HEADER, target.0);
        self.mem.set::<u32>(cell.0 + HEADER + 4, 0);
        self.weak.cells.insert(target.0, cell);
        self.set_flags(target, HAS_WEAK);
        Ok(Value::reference(class_id::WEAK, Kind::Weak, cell))
    }

    /// The target of a weak reference, owned; `null` when it is gone. Other values give themselves.
    pub fn weak_read(&self, w: Value) -> Value {
        if w.kind() != Kind::Weak {
            return self.own(w);
        }
        match self.weak_target(w.as_ref()) {
            Ref::NONE => Value::NULL,
            target => self.own(self.value_of(target)),
        }
    }

    pub(crate) fn weak_target(&self, cell: Ref) -> Ref {
        Ref(self.mem.get::<u32>(cell.0 + HEADER))
    }

    /// From now on weak references to `target` read `null`.
    pub(crate) fn clear_weak(&mut self, target: Ref) {
        if self.has_flags(target, HAS_WEAK) {
            self.clear_flags(target, HAS_WEAK);
            if let Some(cell) = self.weak.cells.remove(&target.0) {
                self.mem.set::<u32>(cell.0 + HEADER, 0);
            }
        }
    }

    /// The last weak reference to its target is gone.
    pub(crate) fn forget_weak(&mut self, cell: Ref) {
        let target = self.weak_target(cell);
        if !target.is_none() {
            self.weak.cells.remove(&target.0);
            self.clear_flags(target, HAS_WEAK);
        }
    }
}
