//! Programs of heap operations: what they answer, and a hash of every byte of the region after each.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use nyrt::class::{ClassDef, FieldDef, MethodDef};
use nyrt::heap::{DropStep, Elem, FieldSpec, OutOfMemory, SlotType, hash, region};
use nyrt::rt::Rt;
use nyrt::value::{ClassId, FuncId, Value};

use crate::lab::{Numbers, REGION, isolate, line, outcome, shown};

type Step = fn(&mut String, &mut Rt) -> Result<(), OutOfMemory>;

const STEPS: [(&str, Step); 10] = [
    ("strings", strings),
    ("arrays", arrays),
    ("maps", maps),
    ("objects", objects),
    ("fini order", fini_order),
    ("weak references", weak),
    ("functions and bytes", functions),
    ("cycles", cycles),
    ("long chains", chains),
    ("full heap", full),
];

pub(crate) fn report(out: &mut String) {
    for (name, step) in STEPS {
        line!(out, "== heap: {name}");
        let Some(mut rt) = isolate() else {
            line!(out, "no memory for an isolate");
            return;
        };
        if let Err(OutOfMemory) = step(out, &mut rt) {
            line!(out, "out of memory");
        }
        state(out, &mut rt, &[]);
    }
}

/// Counts, sizes and the hash of the region, while a program holds these values. Where objects lie and what their
/// bytes are is the same on every target.
fn state(out: &mut String, rt: &mut Rt, held: &[Value]) {
    drops(out, rt);
    let audit = rt.heap.audit(&mut rt.roots().chain(held.iter().copied()), &[]);
    line!(out, "{:?} {:?} live {}", rt.heap.stats(), rt.heap.gc_stats(), rt.heap.live_objects());
    line!(out, "audit {:?}", audit);
    let from = region::GUARD as usize;
    // SAFETY: the region has REGION bytes, all of them made (zeroed) by its source, and the heap is not used meanwhile.
    let image = unsafe { core::slice::from_raw_parts(rt.heap.base().add(from), REGION - from) };
    line!(out, "image {:016x}", hash::bytes(image));
}

/// Runs what waits on the drop stack, with finalizers that only report.
fn drops(out: &mut String, rt: &mut Rt) {
    loop {
        match rt.heap.drop_step(0) {
            DropStep::Done => return,
            DropStep::Failed(error) => {
                let text = shown(rt, error);
                line!(out, "failed with {text}");
                rt.heap.release(error);
            }
            DropStep::RunFini { func, object } => {
                line!(
                    out,
                    "fini {} of object {:?} at {}",
                    func.0,
                    rt.heap.serial_of(object.as_ref()),
                    object.as_ref().0
                );
                rt.heap.fini_returned(0, Ok(()));
            }
        }
    }
}

fn strings(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let pieces = ["", "a", "hello, world", "Grüße", "日本語", "🦀", "e\u{301}", "\0\u{7f}\u{80}"];
    let mut whole = rt.heap.str_empty();
    for round in 0..60 {
        let piece = rt.heap.str_new(pieces[round % pieces.len()])?;
        whole = rt.heap.str_concat_owned(whole.as_ref(), piece.as_ref())?;
        rt.heap.release(piece);
        let r = whole.as_ref();
        let (len, chars, hash) = (rt.heap.str_len(r), rt.heap.str_chars(r), rt.heap.str_hash(r));
        line!(out, "{len} bytes {chars} characters {hash:08x} at {}", r.0);
        let part = rt.heap.str_substring(r, chars / 3, chars / 2 + 1)?;
        let at = rt.heap.str_char_at(r, chars / 2);
        line!(
            out,
            "part {:?} {at:?} {:?}",
            rt.heap.str_text(part.as_ref()),
            rt.heap.str_cmp(r, part.as_ref())
        );
        rt.heap.release(part);
    }
    let long = rt.heap.str_append_owned(whole.as_ref(), &"xyz".repeat(30_000))?;
    line!(out, "{} bytes {:08x}", rt.heap.str_len(long.as_ref()), rt.heap.str_hash(long.as_ref()));
    rt.heap.release(long);
    Ok(())
}

fn arrays(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let text = rt.heap.str_new("an element")?;
    let inner = rt.heap.arr_from(&[Value::int(1), text, Value::NULL])?;
    let items = [Value::TRUE, Value::int(-7), Value::float(0.1), text, inner, Value::NULL];
    for first in items {
        for second in items {
            let a = rt.heap.arr_new()?;
            let r = a.as_ref();
            for i in 0..20u32 {
                rt.heap.arr_push(r, if i < 10 { first } else { second })?;
            }
            rt.heap.arr_insert(r, 3, second)?;
            rt.heap.arr_swap(r, 0, 20);
            rt.heap.arr_reverse(r);
            let kind: Elem = rt.heap.arr_elem(r);
            let removed = [rt.heap.arr_remove(r, 5), rt.heap.arr_pop(r)];
            let slice = rt.heap.arr_slice(r, 2, 12)?;
            let texts = [shown(rt, a), shown(rt, slice)];
            line!(out, "{kind:?} at {} {texts:?}", r.0);
            for v in removed.into_iter().flatten().chain([slice, a]) {
                rt.heap.release(v);
            }
        }
    }
    rt.heap.release(inner);
    rt.heap.release(text);
    Ok(())
}

fn maps(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let map = rt.heap.map_new()?;
    let m = map.as_ref();
    let mut numbers = Numbers(4);
    for i in 0..3000u32 {
        let n = numbers.next() % 500;
        let key = match n % 4 {
            0 => rt.heap.str_new(&format!("key {n}"))?,
            1 => Value::bool(n % 8 == 1),
            2 => Value::int(-(n as i64)),
            _ => Value::int((n as i64) << 40),
        };
        let old = if numbers.next().is_multiple_of(3) {
            rt.heap.map_remove(m, key).map(|(key, value)| {
                rt.heap.release(key);
                value
            })
        } else {
            rt.heap.map_set(m, key, Value::int(i64::from(i)))?
        };
        if i % 10 == 0 {
            line!(out, "{} entries, {old:?}", rt.heap.map_len(m));
        }
        rt.heap.release(old.unwrap_or(Value::VOID));
        rt.heap.release(key);
    }
    let mut at = 0;
    while let Some((next, key, value)) = rt.heap.map_next(m, at) {
        let (key, value) = (shown(rt, key), shown(rt, value));
        line!(out, "{at}: {key} -> {value}");
        at = next;
    }
    state(out, rt, &[map]);
    rt.heap.release(map);
    Ok(())
}

/// A class with these fields and, if `fini` is given, a finalizer of that number.
fn class(rt: &mut Rt, name: &str, fields: &[(&str, SlotType, bool)], fini: Option<u32>) -> ClassId {
    let fields: Vec<FieldDef> = fields
        .iter()
        .map(|&(name, slot, weak)| FieldDef {
            spec: FieldSpec { name: rt.names.intern(name), slot, weak },
            public: true,
        })
        .collect();
    let fini: Vec<MethodDef> = fini
        .map(|func| MethodDef { name: rt.names.intern("fini"), func: FuncId(func), is_static: false })
        .into_iter()
        .collect();
    let name = rt.names.intern(name);
    let id = rt.classes.declare(name);
    let def = ClassDef { fields: &fields, methods: &fini, ..ClassDef::default() };
    rt.classes.define(id, &def, &mut rt.heap.layouts, &mut rt.names);
    id
}

fn set(rt: &mut Rt, object: Value, slot: u32, v: Value) -> Result<(), OutOfMemory> {
    let old = rt.heap.field_set(object.as_ref(), slot, v)?;
    rt.heap.release(old);
    Ok(())
}

fn objects(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let fields = [
        ("flag", SlotType::Bool, false),
        ("anything", SlotType::Any, false),
        ("small", SlotType::I32, false),
        ("wide", SlotType::I64, false),
        ("real", SlotType::F64, false),
        ("box", SlotType::Ref, false),
        ("text", SlotType::Str, false),
        ("none", SlotType::RefOrVoid, false),
    ];
    let class = class(rt, "Widths", &fields, None);
    for n in [0, -1, i64::from(i32::MIN), i64::MAX] {
        let object = rt.heap.obj_new(class)?;
        let text = rt.heap.str_new(&format!("text of {n}"))?;
        let array = rt.heap.arr_from(&[Value::int(n)])?;
        let values = [
            Value::bool(n < 0),
            rt.heap.own(text),
            Value::int(i64::from(n as i32)),
            Value::int(n),
            Value::float(n as f64),
            array,
            text,
            Value::VOID,
        ];
        for (slot, v) in values.into_iter().enumerate() {
            set(rt, object, slot as u32, v)?;
        }
        for slot in 0..values.len() as u32 {
            let v = rt.heap.field_get(object.as_ref(), slot);
            let text = shown(rt, v);
            line!(out, "{slot}: {text}");
            rt.heap.release(v);
        }
        state(out, rt, &[object]);
        rt.heap.release(object);
    }
    Ok(())
}

fn fini_order(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let fields = [("left", SlotType::Any, false), ("right", SlotType::Any, false)];
    let node = class(rt, "Node", &fields, Some(1));
    let plain = class(rt, "Plain", &fields, None);
    // A tree of both, the leaves in an array and a map.
    let mut layer: Vec<Value> = Vec::new();
    for _ in 0..16 {
        layer.push(rt.heap.obj_new(node)?);
    }
    let mut class = plain;
    while let [first, second, ..] = layer[..] {
        let mut upper = Vec::new();
        for pair in layer.chunks(2) {
            let object = rt.heap.obj_new(class)?;
            for (slot, child) in pair.iter().enumerate() {
                set(rt, object, slot as u32, *child)?;
            }
            upper.push(object);
        }
        let kinds = [first, second].map(|v| rt.type_name(v).len());
        line!(out, "{} of {kinds:?}", layer.len());
        class = if class == plain { node } else { plain };
        layer = upper;
    }
    let array = rt.heap.arr_from(&layer)?;
    let map = rt.heap.map_new()?;
    let leaf = rt.heap.obj_new(node)?;
    rt.heap.map_set(map.as_ref(), leaf, array)?;
    for v in [leaf, array].into_iter().chain(layer) {
        rt.heap.release(v);
    }
    rt.heap.release(map);
    drops(out, rt);
    let twice = rt.heap.obj_new(node)?;
    rt.heap.begin_fini(twice);
    drops(out, rt);
    line!(out, "dead {}", rt.heap.is_dead(twice));
    let text = outcome_of_dead(rt, twice);
    line!(out, "{text}");
    rt.heap.release(twice);
    Ok(())
}

fn outcome_of_dead(rt: &mut Rt, dead: Value) -> String {
    let sum = nyrt::ops::arith::add(rt, dead, Value::int(1));
    outcome(rt, sum)
}

fn weak(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let fields = [("parent", SlotType::Any, true), ("name", SlotType::Any, false)];
    let class = class(rt, "Child", &fields, Some(2));
    let parent = rt.heap.obj_new(class)?;
    let child = rt.heap.obj_new(class)?;
    let owned = rt.heap.own(parent);
    set(rt, child, 0, owned)?;
    let w = rt.heap.weak_of(parent)?;
    for _ in 0..2 {
        for v in [rt.heap.weak_read(w), rt.heap.field_get(child.as_ref(), 0)] {
            let text = shown(rt, v);
            line!(out, "{text}");
            rt.heap.release(v);
        }
        if !rt.heap.is_dead(parent) {
            rt.heap.begin_fini(parent);
            drops(out, rt);
        }
    }
    for v in [w, child, parent] {
        rt.heap.release(v);
    }
    Ok(())
}

fn functions(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let cell = rt.heap.cell_new(Value::int(5))?;
    let f = rt.heap.func_new(FuncId(9), Value::NULL, &[cell, Value::TRUE])?;
    let (id, captures) = (rt.heap.func_id(f.as_ref()), rt.heap.func_captures(f.as_ref()));
    line!(out, "{id:?} with {captures} at {}", f.as_ref().0);
    rt.heap.release(cell);
    let bytes = rt.heap.bytes_new()?;
    let b = bytes.as_ref();
    for n in 0..200u8 {
        rt.heap.bytes_append(b, &[n, n ^ 0x55, 255 - n])?;
    }
    rt.heap.bytes_remove_front(b, 77);
    line!(out, "{} bytes {:016x}", rt.heap.bytes_len(b), hash::bytes(rt.heap.bytes(b)));
    state(out, rt, &[bytes, f]);
    rt.heap.release(bytes);
    rt.heap.release(f);
    Ok(())
}

fn cycles(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let fields = [("next", SlotType::Any, false), ("other", SlotType::Any, false)];
    let quiet = class(rt, "Quiet", &fields, None);
    let loud = class(rt, "Loud", &fields, Some(3));
    let mut numbers = Numbers(5);
    for round in 0..40u64 {
        let count = 2 + numbers.next() % 30;
        let mut ring: Vec<Value> = Vec::new();
        for _ in 0..count {
            ring.push(rt.heap.obj_new(if numbers.next() % 50 == round % 50 { loud } else { quiet })?);
        }
        for i in 0..ring.len() {
            let next = rt.heap.own(ring[(i + 1) % ring.len()]);
            set(rt, ring[i], 0, next)?;
            let other = rt.heap.own(ring[(numbers.next() % count) as usize]);
            set(rt, ring[i], 1, other)?;
        }
        for v in ring {
            rt.heap.release(v);
        }
        if round % 8 == 7 {
            rt.heap.collect();
            drops(out, rt);
            line!(out, "{:?} live {}", rt.heap.gc_stats(), rt.heap.live_objects());
        }
    }
    Ok(())
}

fn chains(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let link = class(rt, "Link", &[("next", SlotType::Any, false)], None);
    let mut head = Value::NULL;
    for _ in 0..100_000 {
        let object = rt.heap.obj_new(link)?;
        set(rt, object, 0, head)?;
        head = object;
    }
    line!(out, "{} live", rt.heap.live_objects());
    rt.heap.release(head);
    Ok(())
}

fn full(out: &mut String, rt: &mut Rt) -> Result<(), OutOfMemory> {
    let array = rt.heap.arr_new()?;
    let mut size = 1 << 20;
    while size >= 16 {
        let mut made = 0;
        while let Ok(text) = rt.heap.str_new(&"z".repeat(size)) {
            let pushed = rt.heap.arr_push(array.as_ref(), text);
            rt.heap.release(text);
            if pushed.is_err() {
                break;
            }
            made += 1;
        }
        line!(out, "{made} of {size}");
        size /= 4;
    }
    let sum = nyrt::ops::arith::add(rt, array, Value::int(1));
    let text = outcome(rt, sum);
    line!(out, "{text}");
    state(out, rt, &[array]);
    let error = rt.error_new("AnyError", "there is no room for its message");
    line!(out, "{error:?}");
    rt.heap.release(error.unwrap_or(Value::VOID));
    rt.heap.release(array);
    Ok(())
}
