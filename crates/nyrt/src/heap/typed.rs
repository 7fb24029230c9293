//! Short paths for tiers that know the types: fields at offsets, elements of a known kind, references without a
//! tag. Each is a handful of instructions; what does not fit is answered, not done.
//!
//! Contract of every function here, on top of the heap's: a reference is not zero unless the documentation says so;
//! an offset is one of [`super::Field::offset`] of the object's class, and the field's slot is the one in the name of
//! the function. A dead object may be read and written: only the facts of the program can exclude it.

use super::Heap;
use super::array::{ARR_CAP, ARR_LEN, Elem};
use super::cell::{DEAD, HEADER, class_word};
use super::region::OutOfMemory;
use super::string::STR_BYTES;
use crate::value::{ClassId, Kind, Ref, Value};

/// What is needed to make objects of a class, looked up once.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    class: ClassId,
    class_word: u32,
    /// Free list of the cells; 0 when objects need more than a cell of zeros.
    size_class: u32,
    /// Bytes of an object.
    size: u32,
}

impl Heap {
    // ---- references

    /// One more owner of a cell, if there is one.
    #[inline(always)]
    pub fn retain_some(&self, r: Ref) {
        if !r.is_none() {
            self.retain_ref(r);
        }
    }

    /// One owner less of a cell, if there is one; see [`Heap::release`].
    #[inline(always)]
    pub fn release_some(&mut self, r: Ref) {
        if !r.is_none() {
            self.release_ref(r);
        }
    }

    /// The value of a reference where zero is `null`.
    #[inline(always)]
    pub fn value_or_null(&self, r: Ref) -> Value {
        if r.is_none() { Value::NULL } else { self.value_of(r) }
    }

    /// The value of a reference where zero is `void`.
    #[inline(always)]
    pub fn value_or_void(&self, r: Ref) -> Value {
        if r.is_none() { Value::VOID } else { self.value_of(r) }
    }

    /// Whether the class of an object is exactly this one; not for zero.
    #[inline(always)]
    pub fn class_is(&self, r: Ref, class: ClassId) -> bool {
        !r.is_none() && self.class_word(r) == class_word(class, Kind::Obj)
    }

    /// Whether an object was finalized explicitly.
    #[inline(always)]
    pub fn is_dead_ref(&self, r: Ref) -> bool {
        self.has_flags(r, DEAD)
    }

    /// Whether two strings have the same text; both may be zero, which equals itself only.
    #[inline(always)]
    pub fn str_same(&self, a: Ref, b: Ref) -> bool {
        a == b
            || !a.is_none() && !b.is_none() && self.str_len(a) == self.str_len(b) && self.str_bytes_eq(a, b)
    }

    #[inline(never)]
    fn str_bytes_eq(&self, a: Ref, b: Ref) -> bool {
        let len = self.str_len(a);
        if len.wrapping_sub(1) >= 8 {
            return self.str_bytes(a) == self.str_bytes(b);
        }
        // Cells end at multiples of 8: what lies behind a short text is shifted out.
        let first = |s: Ref| u64::from_le(self.mem.get_at::<u64>(s, STR_BYTES));
        (first(a) ^ first(b)) << (64 - 8 * len) == 0
    }

    /// The character at a position if it is inside and all characters are ASCII.
    #[inline(always)]
    pub fn str_ascii_at(&self, s: Ref, i: i64) -> Option<u8> {
        let len = self.str_len(s);
        if i as u64 >= u64::from(len) || len != self.str_chars(s) {
            return None;
        }
        Some(self.mem.get::<u8>(s.0 + STR_BYTES + i as u32))
    }

    // ---- fields

    /// A field with eight bytes of an integer.
    #[inline(always)]
    pub fn load_i64(&self, obj: Ref, offset: u32) -> i64 {
        self.mem.get_at::<i64>(obj, offset)
    }
    /// Stores an integer.
    #[inline(always)]
    pub fn store_i64(&mut self, obj: Ref, offset: u32, n: i64) {
        self.mem.set_at::<i64>(obj, offset, n);
    }
    /// A float field.
    #[inline(always)]
    pub fn load_f64(&self, obj: Ref, offset: u32) -> f64 {
        self.mem.get_at::<f64>(obj, offset)
    }
    /// Stores a float.
    #[inline(always)]
    pub fn store_f64(&mut self, obj: Ref, offset: u32, x: f64) {
        self.mem.set_at::<f64>(obj, offset, x);
    }
    /// A Bool field.
    #[inline(always)]
    pub fn load_bool(&self, obj: Ref, offset: u32) -> bool {
        self.mem.get_at::<u8>(obj, offset) != 0
    }
    /// Stores a Bool.
    #[inline(always)]
    pub fn store_bool(&mut self, obj: Ref, offset: u32, b: bool) {
        self.mem.set_at::<u8>(obj, offset, b as u8);
    }
    /// A strong field with a reference, borrowed; zero is what the slot says.
    #[inline(always)]
    pub fn load_ref(&self, obj: Ref, offset: u32) -> Ref {
        Ref(self.mem.get_at::<u32>(obj, offset))
    }
    /// Stores an owned reference or zero; gives the old one, owned, to be released after the store.
    #[inline(always)]
    pub fn store_ref(&mut self, obj: Ref, offset: u32, r: Ref) -> Ref {
        let old = self.load_ref(obj, offset);
        self.mem.set_at::<u32>(obj, offset, r.0);
        old
    }
    /// A strong field with a whole value, borrowed.
    #[inline(always)]
    pub fn load_any(&self, obj: Ref, offset: u32) -> Value {
        self.mem.value_at(obj, offset)
    }
    /// Stores an owned value; gives the old one, owned, to be released after the store.
    #[inline(always)]
    pub fn store_any(&mut self, obj: Ref, offset: u32, v: Value) -> Value {
        let old = self.mem.value_at(obj, offset);
        self.mem.set_value_at(obj, offset, v);
        old
    }

    // ---- variable cells

    /// The variable's value, borrowed.
    #[inline(always)]
    pub fn cell_peek(&self, cell: Ref) -> Value {
        self.mem.value_at(cell, HEADER)
    }

    // ---- objects

    /// What is needed to make objects of a class.
    pub fn shape(&self, class: ClassId) -> Shape {
        let layout = self.layouts.get(class);
        let simple = layout.serial_offset().is_none();
        Shape {
            class,
            class_word: class_word(class, Kind::Obj),
            size_class: if simple { layout.size_class() as u32 } else { 0 },
            size: layout.size(),
        }
    }

    /// A new object, all zeros, owned; the same as [`Heap::obj_new`].
    #[inline(always)]
    pub fn obj_of(&mut self, shape: Shape) -> Result<Ref, OutOfMemory> {
        if shape.size_class == 0 {
            return self.obj_of_slow(shape);
        }
        let r = self.alloc_small(shape.size_class as usize, shape.class_word)?;
        self.mem.zero_cell(r, shape.size);
        Ok(r)
    }

    #[inline(never)]
    fn obj_of_slow(&mut self, shape: Shape) -> Result<Ref, OutOfMemory> {
        self.obj_new(shape.class).map(Value::as_ref)
    }
}

/// Accesses to elements of one kind: load, replace, append.
macro_rules! elements {
    ($($elem:ident $bits:ty as $raw:ty, $get:ident $set:ident $push:ident, $from:expr, $to:expr;)*) => {
        impl Heap {$(
            /// The element at a position if it is inside and the elements are stored as this kind.
            #[inline(always)]
            pub fn $get(&self, a: Ref, i: i64) -> Option<$bits> {
                let at = self.place(a, i, Elem::$elem)?;
                Some($from(self.mem.get_at::<$raw>(Ref(at), HEADER)))
            }
            /// Replaces the element at a position if it is inside and the elements are stored as this kind; whether
            /// it was.
            #[inline(always)]
            pub fn $set(&mut self, a: Ref, i: i64, x: $bits) -> bool {
                let Some(at) = self.place(a, i, Elem::$elem) else { return false };
                self.mem.set_at::<$raw>(Ref(at), HEADER, $to(x));
                true
            }
            /// Appends if the elements are stored as this kind and there is room; whether it was done.
            #[inline(always)]
            pub fn $push(&mut self, a: Ref, x: $bits) -> bool {
                let Some(at) = self.place_behind(a, Elem::$elem) else { return false };
                self.mem.set_at::<$raw>(Ref(at), HEADER, $to(x));
                true
            }
        )*}
    };
}

elements! {
    I64 i64 as i64, arr_get_i64 arr_set_i64 arr_push_i64, |n| n, |n| n;
    F64 f64 as f64, arr_get_f64 arr_set_f64 arr_push_f64, |x| x, |x| x;
    Bool bool as u8, arr_get_bool arr_set_bool arr_push_bool, |b| b != 0, |b| b as u8;
}

impl Heap {
    /// Where an element lies, if it is inside and of this kind: the header of the storage in front.
    #[inline(always)]
    fn place(&self, a: Ref, i: i64, elem: Elem) -> Option<u32> {
        if i as u64 >= self.arr_len(a) as u64 || self.arr_elem_bits(a) != elem as u32 {
            return None;
        }
        Some(self.arr_data(a).0 + ((i as u32) << elem.shift()))
    }

    /// Makes an array of this kind longer by one if there is room; where the new last element lies,
    /// the header of the storage in front.
    #[inline(always)]
    fn place_behind(&mut self, a: Ref, elem: Elem) -> Option<u32> {
        let len = self.arr_len(a);
        if len == self.mem.get_at::<u32>(a, ARR_CAP) || self.arr_elem_bits(a) != elem as u32 {
            return None;
        }
        self.mem.set_at::<u32>(a, ARR_LEN, len + 1);
        Some(self.arr_data(a).0 + (len << elem.shift()))
    }

    /// The element at a position, borrowed, where all elements are references or `null`: zero for `null` and outside.
    /// `None` when the array stores whole values.
    #[inline(always)]
    pub fn arr_get_ref(&self, a: Ref, i: i64) -> Option<Ref> {
        match self.place(a, i, Elem::Ref) {
            Some(at) => Some(Ref(self.mem.get_at::<u32>(Ref(at), HEADER))),
            None => self.arr_get_ref_rest(a, i),
        }
    }

    /// Outside of the array, or another kind: the elements that an array of whole values has may be references too.
    #[inline(never)]
    fn arr_get_ref_rest(&self, a: Ref, i: i64) -> Option<Ref> {
        match u32::try_from(i).ok().and_then(|i| self.arr_peek(a, i)) {
            None | Some(Value::NULL) => Some(Ref::NONE),
            Some(v) if v.is_ref() => Some(v.as_ref()),
            Some(_) => None,
        }
    }

    /// Replaces an element by a reference (borrowed; zero is `null`) if it is inside and the elements are stored as
    /// references; gives the old one, owned, to be released after the store.
    #[inline(always)]
    pub fn arr_set_ref(&mut self, a: Ref, i: i64, r: Ref) -> Option<Ref> {
        let old = self.arr_set_ref_move(a, i, r)?;
        self.retain_some(r);
        Some(old)
    }

    /// The same for a reference that is owned, and is so no more when it was done.
    #[inline(always)]
    pub fn arr_set_ref_move(&mut self, a: Ref, i: i64, r: Ref) -> Option<Ref> {
        let at = self.place(a, i, Elem::Ref)?;
        let old = Ref(self.mem.get_at::<u32>(Ref(at), HEADER));
        self.mem.set_at::<u32>(Ref(at), HEADER, r.0);
        Some(old)
    }

    /// Appends a reference (borrowed; zero is `null`) if the elements are stored as references and there is room;
    /// whether it was done.
    #[inline(always)]
    pub fn arr_push_ref(&mut self, a: Ref, r: Ref) -> bool {
        let done = self.arr_push_ref_move(a, r);
        if done {
            self.retain_some(r);
        }
        done
    }

    /// The same for a reference that is owned, and is so no more when it was done.
    #[inline(always)]
    pub fn arr_push_ref_move(&mut self, a: Ref, r: Ref) -> bool {
        let Some(at) = self.place_behind(a, Elem::Ref) else { return false };
        self.mem.set_at::<u32>(Ref(at), HEADER, r.0);
        true
    }

    /// The element at a position, borrowed; `null` outside. Short for whole values, integers and references, right
    /// for all.
    #[inline(always)]
    pub fn arr_get_any(&self, a: Ref, i: i64) -> Value {
        if let Some(at) = self.place(a, i, Elem::Any) {
            return self.mem.value_at(Ref(at), HEADER);
        }
        if let Some(n) = self.arr_get_i64(a, i) {
            return Value::int(n);
        }
        match self.place(a, i, Elem::Ref) {
            Some(at) => self.value_or_null(Ref(self.mem.get_at::<u32>(Ref(at), HEADER))),
            None => self.arr_get_any_rest(a, i),
        }
    }

    #[inline(never)]
    fn arr_get_any_rest(&self, a: Ref, i: i64) -> Value {
        u32::try_from(i).ok().and_then(|i| self.arr_peek(a, i)).unwrap_or(Value::NULL)
    }

    /// Replaces an element (`v` borrowed) if it is inside and its array stores such values, whole or as integers; gives the
    /// old one, owned, to be released after the store.
    #[inline(always)]
    pub fn arr_set_any(&mut self, a: Ref, i: i64, v: Value) -> Option<Value> {
        if let Some(at) = self.place(a, i, Elem::Any) {
            let old = self.mem.value_at(Ref(at), HEADER);
            self.retain(v);
            self.mem.set_value_at(Ref(at), HEADER, v);
            return Some(old);
        }
        // An integer that goes has no count.
        self.arr_set_i64(a, i, v.as_int()?).then_some(Value::VOID)
    }

    /// Appends a value (borrowed) if its array stores such values, whole or as integers, and there is room; whether it
    /// was done.
    #[inline(always)]
    pub fn arr_push_any(&mut self, a: Ref, v: Value) -> bool {
        if let Some(at) = self.place_behind(a, Elem::Any) {
            self.retain(v);
            self.mem.set_value_at(Ref(at), HEADER, v);
            return true;
        }
        v.as_int().is_some_and(|n| self.arr_push_i64(a, n))
    }
}
