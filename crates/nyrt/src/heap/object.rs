//! Objects with fields, and the variable cells of closures. Every access goes through the layout table.
//! It does not run constructors or check visibility.

use super::Heap;
use super::cell::{HEADER, class_word};
use super::layout::{Field, SlotType};
use super::region::OutOfMemory;
use crate::value::{ClassId, Kind, Ref, Value, class_id};

impl Heap {
    /// An object with all fields `void` (typed ones zero).
    #[inline]
    pub fn obj_new(&mut self, class: ClassId) -> Result<Value, OutOfMemory> {
        let layout = self.layouts.get(class);
        let (size, serial) = (layout.size(), layout.serial_offset());
        let word = class_word(class, Kind::Obj);
        let r = match layout.size_class() {
            0 => self.alloc_object(size, word)?,
            known => self.alloc_small(known, word)?,
        };
        self.mem.zero_cell(r, size);
        if let Some(offset) = serial {
            self.mem.set::<u64>(r.0 + offset, self.serial);
            self.serial += 1;
        }
        Ok(Value::reference(class, Kind::Obj, r))
    }

    /// An object that no size class holds.
    #[cold]
    #[inline(never)]
    fn alloc_object(&mut self, size: u32, word: u32) -> Result<Ref, OutOfMemory> {
        self.alloc(size as u64, word)
    }

    /// The creation serial of an object whose class has a `fini`.
    pub fn serial_of(&self, obj: Ref) -> Option<u64> {
        if self.kind_bits(obj) != Kind::Obj as u8 {
            return None;
        }
        let offset = self.layouts.get(self.class_of(obj)).serial_offset()?;
        Some(self.mem.get::<u64>(obj.0 + offset))
    }

    /// The value of a field, owned. A weak field gives its target, or `null` when that is gone.
    #[inline]
    pub fn field_get(&self, obj: Ref, slot: u32) -> Value {
        let field = self.layouts.field(self.class_of(obj), slot);
        if field.weak {
            return self.weak_field_get(obj, field);
        }
        self.own(self.load(obj, field))
    }

    #[inline(never)]
    fn weak_field_get(&self, obj: Ref, field: Field) -> Value {
        self.weak_read(self.load(obj, field))
    }

    /// The value of a strong field, borrowed from the object.
    #[inline]
    pub fn field_peek(&self, obj: Ref, slot: u32) -> Value {
        let field = self.layouts.field(self.class_of(obj), slot);
        self.load(obj, field)
    }

    /// Stores an owned value; the old one is handed out owned, to be released after the store. A weak field
    /// keeps the weak cell of the value instead of the value. On failure `v` still belongs to the caller.
    #[inline]
    pub fn field_set(&mut self, obj: Ref, slot: u32, v: Value) -> Result<Value, OutOfMemory> {
        let field = self.layouts.field(self.class_of(obj), slot);
        if field.slot == SlotType::Any && !field.weak {
            let at = obj.0 + field.offset;
            let old = self.mem.value(at);
            self.mem.set_value(at, v);
            return Ok(old);
        }
        self.field_set_slow(obj, field, v)
    }

    #[inline(never)]
    fn field_set_slow(&mut self, obj: Ref, field: Field, v: Value) -> Result<Value, OutOfMemory> {
        let old = self.load(obj, field);
        if field.weak {
            let w = self.weak_of(v)?;
            self.store(obj, field, w);
            // The caller's count of the target goes out together with the old content.
            self.release(v);
        } else {
            self.store(obj, field, v);
        }
        Ok(old)
    }

    /// The raw content of a field (a weak field: its weak cell), borrowed.
    #[inline(always)]
    fn load(&self, obj: Ref, field: Field) -> Value {
        match field.slot {
            SlotType::Any => self.mem.value_at(obj, field.offset),
            SlotType::I64 => Value::int(self.mem.get_at::<i64>(obj, field.offset)),
            slot => self.load_typed(obj, field.offset, slot),
        }
    }

    fn load_typed(&self, obj: Ref, offset: u32, slot: SlotType) -> Value {
        if offset == 0 {
            debug_assert!(false, "no such slot");
            return Value::VOID;
        }
        let reference = || Ref(self.mem.get_at::<u32>(obj, offset));
        match slot {
            SlotType::Bool => Value::bool(self.mem.get_at::<u8>(obj, offset) != 0),
            SlotType::I32 => Value::int(self.mem.get_at::<i32>(obj, offset) as i64),
            SlotType::I64 => Value::int(self.mem.get_at::<i64>(obj, offset)),
            SlotType::F64 => Value::float(self.mem.get_at::<f64>(obj, offset)),
            SlotType::Ref | SlotType::Str => self.value_or_null(reference()),
            SlotType::RefOrVoid => self.value_or_void(reference()),
            SlotType::Any => self.mem.value_at(obj, offset),
        }
    }

    #[inline(always)]
    fn store(&mut self, obj: Ref, field: Field, v: Value) {
        let at = obj.0 + field.offset;
        match field.slot {
            SlotType::Any => self.mem.set_value(at, v),
            _ => self.store_typed(at, field, v),
        }
    }

    /// The analysis that gave the field its type guarantees that the value fits.
    fn store_typed(&mut self, at: u32, field: Field, v: Value) {
        if field.offset == 0 {
            debug_assert!(false, "no such slot");
            return;
        }
        let v = if field.slot.fits(v) { v } else { self.misfit(field, v) };
        match field.slot {
            SlotType::Bool => self.mem.set::<u8>(at, v.payload() as u8),
            SlotType::I32 => self.mem.set::<i32>(at, v.payload() as i32),
            SlotType::I64 | SlotType::F64 => self.mem.set::<u64>(at, v.payload()),
            // `null` and `void` have payload 0.
            SlotType::Ref | SlotType::RefOrVoid | SlotType::Str => {
                self.mem.set::<u32>(at, v.payload() as u32)
            }
            SlotType::Any => self.mem.set_value(at, v),
        }
    }

    /// A value came to a field that cannot hold it: a wrong fact about the program. The next audit says so; what
    /// is stored instead keeps the heap whole.
    #[cold]
    #[inline(never)]
    fn misfit(&mut self, field: Field, v: Value) -> Value {
        debug_assert!(self.audit_mode, "{v:?} does not fit {:?}", field.slot);
        self.misfit = Some((field.slot, v.kind()));
        self.release(v);
        field.slot.zero()
    }

    /// Takes the content of a counted place (offset from the cell) and leaves nothing there.
    #[inline(always)]
    pub(crate) fn take_counted(&mut self, cell: Ref, offset: u32, slot: SlotType) -> Ref {
        let at = cell.0 + offset;
        if slot == SlotType::Any {
            let v = self.mem.value(at);
            if !v.is_ref() {
                return Ref::NONE;
            }
            self.mem.set_value(at, Value::VOID);
            v.as_ref()
        } else {
            let r = Ref(self.mem.get::<u32>(at));
            self.mem.set::<u32>(at, 0);
            r
        }
    }

    /// A variable cell for closures; owns `v` from then on.
    pub fn cell_new(&mut self, v: Value) -> Result<Value, OutOfMemory> {
        let r = self.alloc(HEADER as u64 + 16, class_word(class_id::CELL, Kind::Cell))?;
        self.mem.set_value(r.0 + HEADER, v);
        Ok(Value::reference(class_id::CELL, Kind::Cell, r))
    }

    /// The variable's value, owned.
    #[inline]
    pub fn cell_get(&self, cell: Ref) -> Value {
        self.own(self.mem.value(cell.0 + HEADER))
    }

    /// Stores an owned value; gives the old one, owned.
    #[inline]
    pub fn cell_set(&mut self, cell: Ref, v: Value) -> Value {
        let old = self.mem.value(cell.0 + HEADER);
        self.mem.set_value(cell.0 + HEADER, v);
        old
    }

    /// The native index in an object's layout (0 is none).
    pub fn native_get(&self, obj: Ref) -> u32 {
        match self.layouts.get(self.class_of(obj)).native_offset() {
            Some(offset) => self.mem.get::<u32>(obj.0 + offset),
            None => 0,
        }
    }

    /// Sets the native index of an object; the heap reports it when the object dies.
    pub fn native_set(&mut self, obj: Ref, index: u32) {
        if let Some(offset) = self.layouts.get(self.class_of(obj)).native_offset() {
            self.mem.set::<u32>(obj.0 + offset, index);
        }
    }
}
