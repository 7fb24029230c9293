//! The one table through which every field access goes: where each field of each class lies and of what type
//! it is. A layout never changes once objects of it exist.
//!
//! Slots are numbered in declaration order with the first parent's slots in front, at the same offsets, so that
//! code for the parent's layout works on its children. It does not know methods or visibility.

use ::alloc::boxed::Box;
use ::alloc::vec::Vec;

use hashbrown::HashSet;

use super::alloc::{SMALL_MAX, size_class};
use super::cell::HEADER;
use crate::value::{BUILTIN_CLASSES, ClassId, FuncId, Kind, Name, Value, class_id};

/// Most fields that are looked through one by one.
const MOST_SEARCHED: usize = 16;

/// How a field is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SlotType {
    /// One byte.
    Bool,
    /// Four bytes, sign extended; reads as an integer. Native indices use it.
    I32,
    /// Eight bytes.
    I64,
    /// Eight bytes.
    F64,
    /// A reference to a cell of any class, four bytes; 0 is `null`.
    Ref,
    /// The same where 0 is `void`.
    RefOrVoid,
    /// A reference to a string, four bytes; 0 is `null`.
    Str,
    /// A whole value, sixteen bytes; zeros are `void`.
    Any,
}

impl SlotType {
    /// Bytes of the field.
    pub const fn size(self) -> u32 {
        match self {
            SlotType::Bool => 1,
            SlotType::I32 | SlotType::Ref | SlotType::RefOrVoid | SlotType::Str => 4,
            SlotType::I64 | SlotType::F64 => 8,
            SlotType::Any => 16,
        }
    }
    /// Alignment of the field.
    pub const fn align(self) -> u32 {
        match self {
            SlotType::Any => 8,
            other => other.size(),
        }
    }
    /// Whether the field can hold a counted reference.
    pub const fn counts(self) -> bool {
        matches!(self, SlotType::Ref | SlotType::RefOrVoid | SlotType::Str | SlotType::Any)
    }
    /// Whether the field can hold a value as it is.
    #[inline]
    pub fn fits(self, v: Value) -> bool {
        match self {
            SlotType::Bool => v.kind() == Kind::Bool,
            SlotType::I32 => v.as_int().is_some_and(|n| i32::try_from(n).is_ok()),
            SlotType::I64 => v.kind() == Kind::I64,
            SlotType::F64 => v.kind() == Kind::F64,
            SlotType::Ref => v.is_ref() || v == Value::NULL,
            SlotType::RefOrVoid => v.is_ref() || v == Value::VOID,
            SlotType::Str => v.kind() == Kind::Str || v == Value::NULL,
            SlotType::Any => true,
        }
    }
    /// What the field of a new object reads as: all its bytes are zero.
    pub fn zero(self) -> Value {
        match self {
            SlotType::Bool => Value::FALSE,
            SlotType::I32 | SlotType::I64 => Value::int(0),
            SlotType::F64 => Value::float(0.0),
            SlotType::Ref | SlotType::Str => Value::NULL,
            SlotType::RefOrVoid | SlotType::Any => Value::VOID,
        }
    }
}

/// A field as declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldSpec {
    /// Its name.
    pub name: Name,
    /// How it is stored.
    pub slot: SlotType,
    /// Declared `weak`: it holds the weak cell of what is stored. Its slot is `Any` or `Ref`; any other one counts as
    /// `Any`, because storing a box that is dead already stores `null`.
    pub weak: bool,
}

impl FieldSpec {
    /// A strong field that can hold anything.
    pub fn any(name: Name) -> FieldSpec {
        FieldSpec { name, slot: SlotType::Any, weak: false }
    }
}

/// A field with its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Bytes from the start of the cell.
    pub offset: u32,
    /// How it is stored.
    pub slot: SlotType,
    /// Reads through a weak cell.
    pub weak: bool,
}

/// Everything the heap knows about a class.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    fields: Box<[Field]>,
    /// Slots by ascending name, where there are many.
    by_name: Box<[(Name, u32)]>,
    /// Slots that hold counted references, ascending.
    counted: Box<[(u32, SlotType)]>,
    size: u32,
    serial: u32,
    native: u32,
    fini: Option<FuncId>,
    acyclic: bool,
    /// Death means nothing but losing the fields: no `fini`, no native index.
    plain: bool,
    /// Size class of the cell, 0 for large ones.
    size_class: u8,
}

/// What a layout is made of.
#[derive(Clone, Debug, Default)]
pub struct LayoutSpec<'a> {
    /// The class whose fields come first.
    pub parent: Option<ClassId>,
    /// Further fields in declaration order.
    pub own: &'a [FieldSpec],
    /// The `fini` that runs at death (nearest in lookup order).
    pub fini: Option<FuncId>,
    /// Which slot (counted over all) holds an index of a native side table: 0 is none, the heap reports other
    /// values when the object dies ([`super::Heap::take_dead_native`]).
    pub native: Option<u32>,
}

impl Layout {
    /// All fields by slot.
    #[inline(always)]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }
    /// Bytes of an object.
    #[inline(always)]
    pub fn size(&self) -> u32 {
        self.size
    }
    /// What runs at death.
    #[inline(always)]
    pub fn fini(&self) -> Option<FuncId> {
        self.fini
    }
    /// Offset of the creation serial that classes with `fini` have.
    pub fn serial_offset(&self) -> Option<u32> {
        if self.serial == 0 { None } else { Some(self.serial) }
    }
    /// Offset of the index into a native side table.
    pub fn native_offset(&self) -> Option<u32> {
        if self.native == 0 { None } else { Some(self.native) }
    }
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }
    #[inline(always)]
    pub(crate) fn size_class(&self) -> usize {
        self.size_class as usize
    }
    #[inline(always)]
    pub(crate) fn counted(&self) -> &[(u32, SlotType)] {
        &self.counted
    }
    /// No field can refer to a container, so no object of it is part of a cycle.
    pub fn is_acyclic(&self) -> bool {
        self.acyclic
    }
    /// The slot of a name.
    pub fn slot_of(&self, name: Name) -> Option<u32> {
        if self.by_name.is_empty() {
            return self.fields.iter().position(|f| f.name == name).map(|i| i as u32);
        }
        let at = self.by_name.binary_search_by_key(&name, |(n, _)| *n).ok()?;
        self.by_name.get(at).map(|(_, slot)| *slot)
    }

    /// The field of a name.
    pub fn field(&self, name: Name) -> Option<Field> {
        self.fields.get(self.slot_of(name)? as usize).copied()
    }

    fn build(parent: Option<&Layout>, spec: &LayoutSpec<'_>) -> Layout {
        let mut fields: Vec<Field> = parent.map_or(Vec::new(), |p| p.fields.to_vec());
        let mut end = parent.map_or(HEADER, |p| p.size);
        let mut serial = parent.map_or(0, |p| p.serial);
        if spec.fini.is_some() && serial == 0 {
            serial = end.next_multiple_of(8);
            end = serial + 8;
        }
        let first = fields.len();
        let is_large = first + spec.own.len() > MOST_SEARCHED;
        let mut known: HashSet<Name> = HashSet::new();
        if is_large {
            known.extend(fields.iter().map(|f| f.name));
        }
        for f in spec.own {
            let is_new =
                if is_large { known.insert(f.name) } else { fields.iter().all(|g| g.name != f.name) };
            if is_new {
                let slot = if f.weak && f.slot != SlotType::Ref { SlotType::Any } else { f.slot };
                fields.push(Field { name: f.name, offset: 0, slot, weak: f.weak });
            }
        }
        // Widest first: no padding between the own fields.
        let mut order: Vec<usize> = (first..fields.len()).collect();
        order.sort_by_key(|&i| core::cmp::Reverse(fields[i].slot.size()));
        for i in order {
            let slot = fields[i].slot;
            let offset = end.next_multiple_of(slot.align());
            fields[i].offset = offset;
            end = offset + slot.size();
        }
        let counted =
            fields.iter().filter(|f| f.slot.counts()).map(|f| (f.offset, f.slot)).collect::<Vec<_>>();
        let acyclic = fields.iter().all(|f| f.weak || !f.slot.counts() || f.slot == SlotType::Str);
        let native = match spec.native {
            Some(slot) => {
                fields.get(slot as usize).filter(|f| f.slot == SlotType::I32).map_or(0, |f| f.offset)
            }
            None => parent.map_or(0, |p| p.native),
        };
        let mut by_name: Vec<(Name, u32)> = Vec::new();
        if is_large {
            by_name.extend(fields.iter().zip(0..).map(|(f, slot)| (f.name, slot)));
            by_name.sort_unstable();
        }
        Layout {
            fields: fields.into(),
            by_name: by_name.into(),
            counted: counted.into(),
            size: end,
            serial,
            native,
            fini: spec.fini,
            acyclic,
            plain: spec.fini.is_none() && native == 0,
            size_class: if end <= SMALL_MAX { size_class(end) as u8 } else { 0 },
        }
    }
}

/// Layouts by class id.
#[derive(Debug)]
pub struct LayoutTable {
    layouts: Vec<Layout>,
}

/// The answer for slots that do not exist.
const NO_FIELD: Field = Field { name: Name(u32::MAX), offset: 0, slot: SlotType::I32, weak: false };

impl LayoutTable {
    /// Empty layouts for the builtin classes; [`LayoutTable::define`] fills them.
    pub(crate) fn new() -> LayoutTable {
        let n = class_id::FIRST_USER.0.max(BUILTIN_CLASSES.len() as u32) as usize;
        let empty = Layout::build(None, &LayoutSpec::default());
        LayoutTable { layouts: ::alloc::vec![empty; n] }
    }

    /// Gives a class its layout. Fields with a name the parent already has share the parent's slot.
    /// A class gets its layout once, before its first object.
    pub fn define(&mut self, class: ClassId, spec: &LayoutSpec<'_>) -> &Layout {
        let built = Layout::build(spec.parent.map(|p| self.get(p)), spec);
        let at = class.0 as usize;
        if at >= self.layouts.len() {
            let empty = Layout::build(None, &LayoutSpec::default());
            self.layouts.resize(at + 1, empty);
        }
        self.layouts[at] = built;
        &self.layouts[at]
    }

    /// The layout of a class.
    #[inline(always)]
    pub fn get(&self, class: ClassId) -> &Layout {
        &self.layouts[class.0 as usize]
    }

    /// A field of a class. Slots come from [`Layout::slot_of`]; for another number the answer is a field
    /// that no load or store accepts.
    #[inline(always)]
    pub(crate) fn field(&self, class: ClassId, slot: u32) -> Field {
        match self.layouts[class.0 as usize].fields.get(slot as usize) {
            Some(&f) => f,
            None => NO_FIELD,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: u32, slot: SlotType) -> FieldSpec {
        FieldSpec { name: Name(name), slot, weak: false }
    }

    #[test]
    fn children_extend_their_parent() {
        let mut t = LayoutTable::new();
        let own =
            [spec(1, SlotType::Bool), spec(2, SlotType::Any), spec(3, SlotType::Ref), spec(4, SlotType::I64)];
        let p = t.define(ClassId(64), &LayoutSpec { own: &own, ..Default::default() }).clone();
        // Any 8..24, I64 24..32, Ref 32..36, Bool 36.
        assert_eq!(p.fields().iter().map(|f| f.offset).collect::<Vec<_>>(), [36, 8, 32, 24]);
        assert_eq!(p.size(), 37);
        let own = [spec(5, SlotType::F64), spec(2, SlotType::Any)];
        let spec = LayoutSpec { parent: Some(ClassId(64)), own: &own, fini: Some(FuncId(7)), native: None };
        let c = t.define(ClassId(65), &spec);
        assert_eq!(&c.fields()[..4], p.fields());
        assert_eq!(c.fields().len(), 5);
        assert_eq!(c.serial_offset(), Some(40));
        assert_eq!(c.fields()[4].offset, 48);
    }
}
