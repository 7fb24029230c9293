//! Arrays: elements stored as narrowly as they allow, widening when another kind of value arrives.
//! It does not compare elements or raise errors for positions.

use super::Heap;
use super::cell::{HEADER, class_word};
use super::region::OutOfMemory;
use crate::value::{Kind, Ref, Value, class_id};

/// How the elements of an array are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Elem {
    /// No element yet.
    Empty = 0,
    /// One byte each.
    Bool = 1,
    /// Eight bytes each.
    I64 = 2,
    /// Eight bytes each.
    F64 = 3,
    /// References of any kind, four bytes each; 0 is `null`.
    Ref = 4,
    /// Whole values, sixteen bytes each.
    Any = 5,
}

impl Elem {
    #[inline(always)]
    pub(crate) fn from_bits(bits: u32) -> Elem {
        match bits {
            0 => Elem::Empty,
            1 => Elem::Bool,
            2 => Elem::I64,
            3 => Elem::F64,
            4 => Elem::Ref,
            _ => Elem::Any,
        }
    }
    /// Log2 of the bytes of an element.
    #[inline(always)]
    pub fn shift(self) -> u32 {
        match self {
            Elem::Empty | Elem::Bool => 0,
            Elem::I64 | Elem::F64 => 3,
            Elem::Ref => 2,
            Elem::Any => 4,
        }
    }
    /// Narrowest kind for a value.
    #[inline]
    pub fn of(v: Value) -> Elem {
        match v.kind() {
            Kind::Bool => Elem::Bool,
            Kind::I64 => Elem::I64,
            Kind::F64 => Elem::F64,
            Kind::Void => Elem::Any,
            _ => Elem::Ref,
        }
    }
    /// Whether elements can be counted references.
    #[inline]
    pub fn counts(self) -> bool {
        matches!(self, Elem::Ref | Elem::Any)
    }
}

/// Offset of the number of elements.
pub const ARR_LEN: u32 = HEADER;
/// Offset of the number of elements for which there is room.
pub const ARR_CAP: u32 = HEADER + 4;
/// Offset of the reference to the storage; its elements follow an 8-byte header.
pub const ARR_DATA: u32 = HEADER + 8;
/// Offset of the element kind.
pub const ARR_ELEM: u32 = HEADER + 12;
const ARR_SIZE: u64 = HEADER as u64 + 16;
/// Most elements.
pub const ARR_MAX: u64 = 1 << 31;

impl Heap {
    /// An empty array.
    #[inline]
    pub fn arr_new(&mut self) -> Result<Value, OutOfMemory> {
        let r = self.alloc(ARR_SIZE, class_word(class_id::ARRAY, Kind::Arr))?;
        self.mem.set::<u64>(r.0 + ARR_LEN, 0);
        self.mem.set::<u64>(r.0 + ARR_DATA, 0);
        Ok(Value::reference(class_id::ARRAY, Kind::Arr, r))
    }

    /// An array of these values (borrowed).
    pub fn arr_from(&mut self, values: &[Value]) -> Result<Value, OutOfMemory> {
        let a = self.arr_new()?;
        let first = values.first().map_or(Elem::Empty, |&v| Elem::of(v));
        let elem = if values.iter().all(|&v| Elem::of(v) == first) { first } else { Elem::Any };
        let filled = self.arr_reserve(a.as_ref(), values.len() as u64, elem);
        if let Err(e) = filled {
            self.release(a);
            return Err(e);
        }
        for (i, &v) in values.iter().enumerate() {
            self.retain(v);
            self.arr_store(a.as_ref(), elem, i as u32, v);
        }
        self.mem.set::<u32>(a.as_ref().0 + ARR_LEN, values.len() as u32);
        Ok(a)
    }

    /// Number of elements.
    #[inline(always)]
    pub fn arr_len(&self, a: Ref) -> u32 {
        self.mem.get_at::<u32>(a, ARR_LEN)
    }

    /// How the elements are stored.
    #[inline(always)]
    pub fn arr_elem(&self, a: Ref) -> Elem {
        Elem::from_bits(self.arr_elem_bits(a))
    }

    #[inline(always)]
    pub(crate) fn arr_elem_bits(&self, a: Ref) -> u32 {
        self.mem.get_at::<u32>(a, ARR_ELEM)
    }

    #[inline(always)]
    pub(crate) fn arr_data(&self, a: Ref) -> Ref {
        Ref(self.mem.get_at::<u32>(a, ARR_DATA))
    }

    #[inline(always)]
    fn arr_at(&self, a: Ref, elem: Elem, i: u32) -> u32 {
        self.arr_data(a).0 + HEADER + (i << elem.shift())
    }

    /// Reads an element of a storage, borrowed.
    #[inline(always)]
    pub(crate) fn elem_load(&self, at: u32, elem: Elem) -> Value {
        match elem {
            Elem::Empty => Value::NULL,
            Elem::Bool => Value::bool(self.mem.get::<u8>(at) != 0),
            Elem::I64 => Value::int(self.mem.get::<i64>(at)),
            Elem::F64 => Value::float(self.mem.get::<f64>(at)),
            Elem::Ref => match Ref(self.mem.get::<u32>(at)) {
                Ref::NONE => Value::NULL,
                r => self.value_of(r),
            },
            Elem::Any => self.mem.value(at),
        }
    }

    #[inline(always)]
    fn arr_store(&mut self, a: Ref, elem: Elem, i: u32, v: Value) {
        let at = self.arr_at(a, elem, i);
        match elem {
            Elem::Empty => {}
            Elem::Bool => self.mem.set::<u8>(at, v.payload() as u8),
            Elem::I64 | Elem::F64 => self.mem.set::<u64>(at, v.payload()),
            // `null` has payload 0.
            Elem::Ref => self.mem.set::<u32>(at, v.payload() as u32),
            Elem::Any => self.mem.set_value(at, v),
        }
    }

    /// An element, owned; `None` outside.
    #[inline]
    pub fn arr_get(&self, a: Ref, i: u32) -> Option<Value> {
        Some(self.own(self.arr_peek(a, i)?))
    }

    /// An element, borrowed from the array; `None` outside.
    #[inline]
    pub fn arr_peek(&self, a: Ref, i: u32) -> Option<Value> {
        if i >= self.arr_len(a) {
            return None;
        }
        // Each kind with its own address: shorter than a shift by a number that is looked up.
        let data = self.arr_data(a).0;
        Some(match self.arr_elem(a) {
            Elem::Empty => Value::NULL,
            Elem::Bool => Value::bool(self.mem.get_at::<u8>(Ref(data + i), HEADER) != 0),
            Elem::I64 => Value::int(self.mem.get_at::<i64>(Ref(data + (i << 3)), HEADER)),
            Elem::F64 => Value::float(self.mem.get_at::<f64>(Ref(data + (i << 3)), HEADER)),
            Elem::Ref => self.value_or_null(Ref(self.mem.get_at::<u32>(Ref(data + (i << 2)), HEADER))),
            Elem::Any => self.mem.value_at(Ref(data + (i << 4)), HEADER),
        })
    }

    /// Replaces an element (`v` borrowed); gives the old one, owned, to be released after the store.
    /// `i` must be inside; outside nothing happens and the answer is `void`.
    #[inline]
    pub fn arr_set(&mut self, a: Ref, i: u32, v: Value) -> Result<Value, OutOfMemory> {
        if i >= self.arr_len(a) {
            debug_assert!(false, "no such element");
            return Ok(Value::VOID);
        }
        let elem = self.arr_widen(a, v)?;
        let old = self.elem_load(self.arr_at(a, elem, i), elem);
        self.retain(v);
        self.arr_store(a, elem, i, v);
        Ok(old)
    }

    /// Appends (`v` borrowed).
    #[inline]
    pub fn arr_push(&mut self, a: Ref, v: Value) -> Result<(), OutOfMemory> {
        let len = self.arr_len(a);
        let elem = self.arr_widen(a, v)?;
        if len == self.mem.get::<u32>(a.0 + ARR_CAP) {
            self.arr_reserve(a, (len as u64 * 2).max(4), elem)?;
        }
        self.retain(v);
        self.arr_store(a, elem, len, v);
        self.mem.set::<u32>(a.0 + ARR_LEN, len + 1);
        Ok(())
    }

    /// Takes the last element out, owned.
    #[inline]
    pub fn arr_pop(&mut self, a: Ref) -> Option<Value> {
        let len = self.arr_len(a).checked_sub(1)?;
        let v = self.arr_peek(a, len);
        self.mem.set::<u32>(a.0 + ARR_LEN, len);
        v
    }

    /// Inserts at `i`, at most the length (`v` borrowed).
    pub fn arr_insert(&mut self, a: Ref, i: u32, v: Value) -> Result<(), OutOfMemory> {
        let len = self.arr_len(a);
        let i = i.min(len);
        let elem = self.arr_widen(a, v)?;
        if len == self.mem.get::<u32>(a.0 + ARR_CAP) {
            self.arr_reserve(a, (len as u64 * 2).max(4), elem)?;
        }
        let at = self.arr_at(a, elem, i);
        self.mem.copy(at, at + (1 << elem.shift()), (len - i) << elem.shift());
        self.retain(v);
        self.arr_store(a, elem, i, v);
        self.mem.set::<u32>(a.0 + ARR_LEN, len + 1);
        Ok(())
    }

    /// Takes an element out, owned; `None` outside.
    pub fn arr_remove(&mut self, a: Ref, i: u32) -> Option<Value> {
        let len = self.arr_len(a);
        let v = self.arr_peek(a, i)?;
        let elem = self.arr_elem(a);
        let at = self.arr_at(a, elem, i);
        self.mem.copy(at + (1 << elem.shift()), at, (len - i - 1) << elem.shift());
        self.mem.set::<u32>(a.0 + ARR_LEN, len - 1);
        Some(v)
    }

    /// Exchanges two elements; positions outside are ignored.
    pub fn arr_swap(&mut self, a: Ref, i: u32, j: u32) {
        let elem = self.arr_elem(a);
        if let (Some(x), Some(y)) = (self.arr_peek(a, i), self.arr_peek(a, j)) {
            self.arr_store(a, elem, i, y);
            self.arr_store(a, elem, j, x);
        }
    }

    /// Turns the order around.
    pub fn arr_reverse(&mut self, a: Ref) {
        let len = self.arr_len(a);
        for i in 0..len / 2 {
            self.arr_swap(a, i, len - 1 - i);
        }
    }

    /// A copy of the elements from one position to another.
    pub fn arr_slice(&mut self, a: Ref, from: u32, to: u32) -> Result<Value, OutOfMemory> {
        let to = to.min(self.arr_len(a));
        let from = from.min(to);
        let elem = self.arr_elem(a);
        let copy = self.arr_new()?;
        if from == to {
            return Ok(copy);
        }
        let c = copy.as_ref();
        if let Err(e) = self.arr_reserve(c, (to - from) as u64, elem) {
            self.release(copy);
            return Err(e);
        }
        self.mem.copy(self.arr_at(a, elem, from), self.arr_at(c, elem, 0), (to - from) << elem.shift());
        self.mem.set::<u32>(c.0 + ARR_LEN, to - from);
        if elem.counts() {
            for i in 0..to - from {
                self.retain(self.elem_load(self.arr_at(c, elem, i), elem));
            }
        }
        Ok(copy)
    }

    /// Empties an array; its elements are dropped from the last to the first and its memory goes back.
    pub fn arr_clear(&mut self, a: Ref) {
        let base = self.drop_depth();
        self.detach_elements(a);
        self.run_quiet(base);
    }

    /// Makes room for `cap` elements of a kind that is at least as wide as the present one.
    fn arr_reserve(&mut self, a: Ref, cap: u64, elem: Elem) -> Result<(), OutOfMemory> {
        if cap > ARR_MAX {
            return Err(OutOfMemory);
        }
        if elem == Elem::Empty {
            return Ok(());
        }
        let now = self.arr_elem(a);
        let old = self.arr_data(a);
        let size = HEADER as u64 + (cap << elem.shift());
        let room = (Heap::rounded(size) - HEADER as u64) >> elem.shift();
        if now == elem && !old.is_none() && self.extend(old, size) {
            self.mem.set::<u32>(a.0 + ARR_CAP, room.min(ARR_MAX) as u32);
            return Ok(());
        }
        let data = self.alloc_storage(cap << elem.shift())?;
        let len = self.arr_len(a);
        if len == 0 {
            // Nothing to move, and perhaps no storage to move it from.
        } else if now == elem {
            self.mem.copy(old.0 + HEADER, data.0 + HEADER, len << elem.shift());
        } else {
            for i in 0..len {
                let v = self.elem_load(self.arr_at(a, now, i), now);
                let at = data.0 + HEADER + (i << elem.shift());
                match elem {
                    Elem::Any => self.mem.set_value(at, v),
                    // Only empty arrays change to another kind than `Any`.
                    _ => debug_assert!(false, "narrowed"),
                }
            }
        }
        if !old.is_none() {
            self.free(old);
        }
        self.mem.set::<u32>(a.0 + ARR_DATA, data.0);
        self.mem.set::<u32>(a.0 + ARR_CAP, room.min(ARR_MAX) as u32);
        self.mem.set::<u32>(a.0 + ARR_ELEM, elem as u32);
        Ok(())
    }

    /// Makes sure that `v` can be stored; the kind of the elements afterwards.
    #[inline(always)]
    fn arr_widen(&mut self, a: Ref, v: Value) -> Result<Elem, OutOfMemory> {
        let now = self.arr_elem(a);
        if now == Elem::Any || Elem::of(v) == now { Ok(now) } else { self.arr_widen_slow(a, v) }
    }

    #[cold]
    fn arr_widen_slow(&mut self, a: Ref, v: Value) -> Result<Elem, OutOfMemory> {
        let len = self.arr_len(a) as u64;
        // An array that lost all its elements starts anew, but not narrower than what compiled code may have
        // seen of it while it had some.
        let elem = if self.arr_elem(a) == Elem::Empty { Elem::of(v) } else { Elem::Any };
        self.arr_reserve(a, len.max(4), elem)?;
        Ok(elem)
    }

    /// Makes the array empty and puts its storage on the drop stack.
    pub(crate) fn detach_elements(&mut self, a: Ref) {
        let (data, elem, len) = (self.arr_data(a), self.arr_elem(a), self.arr_len(a));
        self.mem.set::<u64>(a.0 + ARR_LEN, 0);
        self.mem.set::<u32>(a.0 + ARR_DATA, 0);
        if elem.counts() && len > 0 {
            self.drops.push_elements(data, elem, len);
        } else if !data.is_none() {
            self.free(data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_heap;
    use super::*;

    #[test]
    fn kinds_widen_upwards_only() {
        let mut h = test_heap();
        let a = h.arr_new().unwrap();
        let r = a.as_ref();
        assert_eq!(h.arr_elem(r), Elem::Empty);
        h.arr_push(r, Value::int(1)).unwrap();
        h.arr_push(r, Value::int(i64::MIN)).unwrap();
        assert_eq!(h.arr_elem(r), Elem::I64);
        h.arr_push(r, Value::float(0.5)).unwrap();
        assert_eq!(h.arr_elem(r), Elem::Any);
        assert_eq!(h.arr_get(r, 1), Some(Value::int(i64::MIN)));
        assert_eq!(h.arr_get(r, 3), None);
        let b = h.arr_from(&[Value::TRUE, Value::FALSE]).unwrap();
        assert_eq!(h.arr_elem(b.as_ref()), Elem::Bool);
        let s = h.str_new("text").unwrap();
        let c = h.arr_from(&[s, Value::NULL, a]).unwrap();
        assert_eq!(h.arr_elem(c.as_ref()), Elem::Ref);
        assert_eq!(h.arr_peek(c.as_ref(), 0), Some(s));
        assert_eq!(h.arr_peek(c.as_ref(), 1), Some(Value::NULL));
        assert_eq!(h.arr_peek(c.as_ref(), 2), Some(a));
        h.arr_push(c.as_ref(), Value::VOID).unwrap();
        assert_eq!(h.arr_elem(c.as_ref()), Elem::Any);
        assert_eq!(h.arr_peek(c.as_ref(), 3), Some(Value::VOID));
        for v in [a, b, c, s] {
            h.release(v);
        }
        assert_eq!(h.live_objects(), 0);
    }

    #[test]
    fn positions() {
        let mut h = test_heap();
        let a = h.arr_from(&[1, 2, 3, 4].map(Value::int)).unwrap();
        let r = a.as_ref();
        h.arr_insert(r, 1, Value::int(9)).unwrap();
        assert_eq!(h.arr_remove(r, 3), Some(Value::int(3)));
        assert_eq!(h.arr_pop(r), Some(Value::int(4)));
        h.arr_reverse(r);
        let all: ::alloc::vec::Vec<_> = (0..h.arr_len(r)).filter_map(|i| h.arr_get(r, i)?.as_int()).collect();
        assert_eq!(all, [2, 9, 1]);
        assert_eq!(h.arr_set(r, 0, Value::int(5)), Ok(Value::int(2)));
        let s = h.arr_slice(r, 1, 99).unwrap();
        assert_eq!(h.arr_len(s.as_ref()), 2);
        h.arr_clear(r);
        assert_eq!(h.arr_pop(r), None);
        h.release(a);
        h.release(s);
        assert_eq!(h.live_objects(), 0);
    }

    #[test]
    fn large_arrays_grow_in_place_or_move() {
        let mut h = test_heap();
        let a = h.arr_new().unwrap();
        for i in 0..1_000_000 {
            h.arr_push(a.as_ref(), Value::int(i)).unwrap();
        }
        assert_eq!(h.arr_get(a.as_ref(), 999_999), Some(Value::int(999_999)));
        h.release(a);
        assert_eq!(h.live_objects(), 0);
    }
}
