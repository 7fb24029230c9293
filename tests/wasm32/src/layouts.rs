//! Sizes and offsets of everything that lies in the heap.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem::{align_of, size_of};

use nyrt::class::{ClassDef, FieldDef};
use nyrt::heap::alloc::{BUMP_ENDS, BUMPS, COUNTDOWN, FREE_HEADS, SIZES, size_class};
use nyrt::heap::{FieldSpec, SlotType, array, bytes, cell, func, region, string};
use nyrt::rt::Rt;
use nyrt::value::{BUILTIN_CLASSES, ClassId, FuncId, Ref, Value, class_id};

use crate::lab::{Numbers, isolate, line};

const SLOTS: [SlotType; 8] = [
    SlotType::Bool,
    SlotType::I32,
    SlotType::I64,
    SlotType::F64,
    SlotType::Ref,
    SlotType::RefOrVoid,
    SlotType::Str,
    SlotType::Any,
];

pub(crate) fn report(out: &mut String) {
    line!(out, "== layouts");
    let types = [(size_of::<Value>(), align_of::<Value>()), (size_of::<Ref>(), align_of::<Ref>())];
    line!(out, "value, reference: {types:?}");
    let state =
        [FREE_HEADS, BUMPS, BUMP_ENDS, COUNTDOWN, region::STATE, region::GUARD, region::PAGE, cell::HEADER];
    line!(out, "allocator: {state:?} up to {}", region::REGION_MAX);
    line!(out, "size classes: {SIZES:?}");
    for size in [1, 8, 16, 17, 24, 100, 1000, 4097, 32768] {
        line!(out, "class of {size}: {}", size_class(size));
    }
    let strings = [string::STR_LEN, string::STR_CAP, string::STR_HASH, string::STR_CHARS, string::STR_BYTES];
    let arrays = [array::ARR_LEN, array::ARR_CAP, array::ARR_DATA, array::ARR_ELEM];
    let others = [func::FUNC_RECEIVER, func::FUTURE_VALUE, bytes::BYTES.0];
    line!(out, "strings {strings:?} arrays {arrays:?} others {others:?}");
    line!(out, "limits {} {}", string::STR_MAX, array::ARR_MAX);
    for slot in SLOTS {
        line!(out, "{slot:?}: {} {} {}", slot.size(), slot.align(), slot.counts());
    }
    let Some(mut rt) = isolate() else {
        line!(out, "no memory for an isolate");
        return;
    };
    for (class, name) in BUILTIN_CLASSES {
        line!(out, "{name}");
        class_layout(out, &rt, *class);
    }
    for class in drawn_classes(&mut rt) {
        line!(out, "{}", rt.class_name(class));
        class_layout(out, &rt, class);
    }
}

fn class_layout(out: &mut String, rt: &Rt, class: ClassId) {
    let layout = rt.heap.layouts.get(class);
    let (serial, native) = (layout.serial_offset(), layout.native_offset());
    line!(
        out,
        " {} bytes, serial {serial:?}, native {native:?}, acyclic {}",
        layout.size(),
        layout.is_acyclic()
    );
    for field in layout.fields() {
        line!(out, " {} at {} {:?} {}", rt.names.text(field.name), field.offset, field.slot, field.weak);
    }
}

/// Classes with fields of every width, each with up to two parents among the ones before.
fn drawn_classes(rt: &mut Rt) -> Vec<ClassId> {
    let mut numbers = Numbers(3);
    let mut classes = Vec::new();
    for c in 0..40u64 {
        let mut parents: Vec<ClassId> = Vec::new();
        for _ in 0..numbers.next() % 3 {
            let parent = classes.get((numbers.next() % 64) as usize).copied().unwrap_or(class_id::STRING);
            if !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        let mut fields = Vec::new();
        for f in 0..numbers.next() % 9 {
            let slot = SLOTS[(numbers.next() % SLOTS.len() as u64) as usize];
            let weak = slot == SlotType::Any && numbers.next().is_multiple_of(2);
            let name = rt.names.intern(&alloc::format!("f{c}_{f}"));
            fields.push(FieldDef { spec: FieldSpec { name, slot, weak }, public: false });
        }
        let fini = rt.names.intern("fini");
        let own_fini = nyrt::class::MethodDef { name: fini, func: FuncId(c as u32), is_static: false };
        let methods: &[nyrt::class::MethodDef] =
            if numbers.next().is_multiple_of(3) { &[own_fini] } else { &[] };
        let name = rt.names.intern(&alloc::format!("Drawn{c}"));
        let class = rt.classes.declare(name);
        let def = ClassDef { parents: &parents, fields: &fields, methods, ..ClassDef::default() };
        rt.classes.define(class, &def, &mut rt.heap.layouts, &mut rt.names);
        classes.push(class);
    }
    classes
}
