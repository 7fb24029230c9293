//! Strings against vectors of characters, maps and arrays against vectors, under random operations; and what an
//! exhausted heap leaves behind.

use nyrt::heap::{AllocRegion, Elem, FieldSpec, Heap, HeapConfig, LayoutSpec, OutOfMemory, SlotType};
use nyrt::value::{ClassId, FuncId, Name, Value};
use proptest::prelude::*;

fn heap() -> Heap {
    let region = AllocRegion::new(16 << 20).expect("memory");
    Heap::new(Box::new(region), HeapConfig { audit: true, ..HeapConfig::default() }).expect("a heap")
}

fn audit(h: &Heap, roots: &[Value]) {
    if let Err(report) = h.audit(&mut roots.iter().copied(), &[]) {
        panic!("{report}");
    }
}

#[derive(Clone, Debug)]
enum Key {
    Int(i64),
    Bool(bool),
    Text(String),
}

#[derive(Clone, Debug)]
enum MapOp {
    Set(Key, i64),
    Remove(Key),
    Get(Key),
    Clear,
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        (-20..60i64).prop_map(Key::Int),
        any::<bool>().prop_map(Key::Bool),
        "[ab1é]{0,3}".prop_map(Key::Text),
    ]
}

fn map_op() -> impl Strategy<Value = MapOp> {
    prop_oneof![
        60 => (key(), any::<i64>()).prop_map(|(k, v)| MapOp::Set(k, v)),
        30 => key().prop_map(MapOp::Remove),
        30 => key().prop_map(MapOp::Get),
        1 => Just(MapOp::Clear),
    ]
}

fn make_key(h: &mut Heap, k: &Key) -> Value {
    match k {
        Key::Int(n) => Value::int(*n),
        Key::Bool(b) => Value::bool(*b),
        Key::Text(t) => h.str_new(t).expect("room"),
    }
}

fn same(h: &Heap, v: Value, k: &Key) -> bool {
    match k {
        Key::Int(n) => v.as_int() == Some(*n),
        Key::Bool(b) => v.as_bool() == Some(*b),
        Key::Text(t) => v.as_str().is_some_and(|s| h.str_text(s) == t),
    }
}

fn alike(a: &Key, b: &Key) -> bool {
    match (a, b) {
        (Key::Int(a), Key::Int(b)) => a == b,
        (Key::Bool(a), Key::Bool(b)) => a == b,
        (Key::Text(a), Key::Text(b)) => a == b,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn maps_agree_with_a_vector(ops in prop::collection::vec(map_op(), 1..300)) {
        let mut h = heap();
        let map = h.map_new().expect("room");
        let m = map.as_ref();
        let mut model: Vec<(Key, i64)> = Vec::new();
        for op in ops {
            match op {
                MapOp::Set(k, v) => {
                    let key = make_key(&mut h, &k);
                    let old = h.map_set(m, key, Value::int(v)).expect("room");
                    h.release(key);
                    match model.iter_mut().find(|(mk, _)| alike(mk, &k)) {
                        Some(entry) => {
                            prop_assert_eq!(old, Some(Value::int(entry.1)));
                            entry.1 = v;
                        }
                        None => {
                            prop_assert_eq!(old, None);
                            model.push((k, v));
                        }
                    }
                }
                MapOp::Remove(k) => {
                    let key = make_key(&mut h, &k);
                    let taken = h.map_remove(m, key);
                    h.release(key);
                    let at = model.iter().position(|(mk, _)| alike(mk, &k));
                    prop_assert_eq!(taken.map(|(_, v)| v), at.map(|i| Value::int(model[i].1)));
                    at.map(|i| model.remove(i));
                    if let Some((key, _)) = taken {
                        h.release(key);
                    }
                }
                MapOp::Get(k) => {
                    let key = make_key(&mut h, &k);
                    let found = model.iter().find(|(mk, _)| alike(mk, &k)).map(|e| Value::int(e.1));
                    prop_assert_eq!(h.map_get(m, key), found);
                    prop_assert_eq!(h.map_has(m, key), found.is_some());
                    h.release(key);
                }
                MapOp::Clear => {
                    h.map_clear(m);
                    model.clear();
                }
            }
            prop_assert_eq!(h.map_len(m) as usize, model.len());
        }
        let (mut pos, mut n) = (0, 0);
        while let Some((next, k, v)) = h.map_next(m, pos) {
            pos = next;
            prop_assert!(same(&h, k, &model[n].0));
            prop_assert_eq!(v, Value::int(model[n].1));
            n += 1;
        }
        prop_assert_eq!(n, model.len());
        audit(&h, &[map]);
        h.release(map);
        prop_assert_eq!(h.live_objects(), 0);
    }

    #[test]
    fn strings_agree_with_vectors_of_characters(parts in prop::collection::vec("[a-zé漢🦀\\PC]{0,9}", 1..12), cuts in prop::collection::vec((0..60u32, 0..60u32), 1..12)) {
        let mut h = heap();
        let mut s = h.str_empty();
        let mut model: Vec<char> = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            model.extend(part.chars());
            s = match i % 3 {
                0 => h.str_append_owned(s.as_ref(), part).expect("room"),
                1 => {
                    let p = h.str_new(part).expect("room");
                    let joined = h.str_concat_owned(s.as_ref(), p.as_ref()).expect("room");
                    h.release(p);
                    joined
                }
                _ => {
                    let p = h.str_new(part).expect("room");
                    let joined = h.str_concat(s.as_ref(), p.as_ref()).expect("room");
                    h.release(p);
                    h.release(s);
                    joined
                }
            };
        }
        let text: String = model.iter().collect();
        prop_assert_eq!(h.str_text(s.as_ref()), &text);
        prop_assert_eq!(h.str_chars(s.as_ref()) as usize, model.len());
        prop_assert_eq!(h.str_is_ascii(s.as_ref()), text.is_ascii());
        let again = h.str_new(&text).expect("room");
        prop_assert!(h.str_eq(s.as_ref(), again.as_ref()));
        prop_assert_eq!(h.str_hash(s.as_ref()), h.str_hash(again.as_ref()));
        h.release(again);
        for (from, to) in cuts {
            let (a, b) = (from as usize, (to as usize).min(model.len()));
            let expected: String = if a < b { model[a..b].iter().collect() } else { String::new() };
            let cut = h.str_substring(s.as_ref(), from, to).expect("room");
            prop_assert_eq!(h.str_text(cut.as_ref()), &expected);
            prop_assert_eq!(h.str_chars(cut.as_ref()) as usize, expected.chars().count());
            h.release(cut);
            prop_assert_eq!(h.str_char_at(s.as_ref(), from), model.get(from as usize).copied());
        }
        audit(&h, &[s]);
        h.release(s);
        prop_assert_eq!(h.live_objects(), 0);
    }

    #[test]
    fn arrays_agree_with_vectors(ops in prop::collection::vec((0..7u8, 0..12u32, 0..6u8), 1..120)) {
        let mut h = heap();
        let text = h.str_new("text").expect("room");
        let inner = h.arr_new().expect("room");
        let palette = [Value::int(7), Value::float(0.5), Value::TRUE, Value::NULL, text, inner];
        let array = h.arr_new().expect("room");
        let a = array.as_ref();
        let mut model: Vec<Value> = Vec::new();
        for (op, at, which) in ops {
            let v = palette[which as usize];
            let i = at as usize;
            match op {
                0..=2 => {
                    h.arr_push(a, v).expect("room");
                    model.push(v);
                }
                3 => {
                    h.arr_insert(a, at.min(model.len() as u32), v).expect("room");
                    model.insert(i.min(model.len()), v);
                }
                4 => {
                    let taken = h.arr_remove(a, at);
                    prop_assert_eq!(taken, (i < model.len()).then(|| model.remove(i)));
                    h.release(taken.unwrap_or(Value::VOID));
                }
                5 if i < model.len() => {
                    let old = h.arr_set(a, at, v).expect("room");
                    prop_assert_eq!(old, std::mem::replace(&mut model[i], v));
                    h.release(old);
                }
                _ => {
                    h.arr_reverse(a);
                    model.reverse();
                }
            }
            let all: Vec<Value> = (0..h.arr_len(a)).filter_map(|i| h.arr_peek(a, i)).collect();
            prop_assert_eq!(&all, &model);
        }
        if h.arr_elem(a) != Elem::Any && !model.is_empty() {
            prop_assert!(model.iter().all(|&v| Elem::of(v) == h.arr_elem(a)));
        }
        let copy = h.arr_slice(a, 1, 5).expect("room");
        audit(&h, &[array, text, inner, copy]);
        for v in [array, copy, text, inner] {
            h.release(v);
        }
        prop_assert_eq!(h.live_objects(), 0);
    }
}

/// Makes a bit of everything; on failure everything made so far is released.
fn a_bit_of_everything(h: &mut Heap) -> Result<(), OutOfMemory> {
    let mut kept = Vec::new();
    let result = build(h, &mut kept);
    for v in kept.into_iter().rev() {
        h.release(v);
    }
    result
}

fn build(h: &mut Heap, kept: &mut Vec<Value>) -> Result<(), OutOfMemory> {
    let class = ClassId(64);
    let s = h.str_new("some text")?;
    kept.push(s);
    let a = h.arr_new()?;
    kept.push(a);
    for i in 0..40 {
        h.arr_push(a.as_ref(), Value::int(i))?;
    }
    h.arr_push(a.as_ref(), s)?;
    kept.push(h.arr_slice(a.as_ref(), 3, 41)?);
    kept.push(h.arr_from(&[s, a])?);
    let m = h.map_new()?;
    kept.push(m);
    for i in 0..30 {
        h.map_set(m.as_ref(), Value::int(i), a)?;
    }
    h.map_set(m.as_ref(), s, s)?;
    let o = h.obj_new(class)?;
    kept.push(o);
    let given = h.own(a);
    match h.field_set(o.as_ref(), 0, given) {
        Ok(old) => h.release(old),
        Err(e) => {
            h.release(given);
            return Err(e);
        }
    }
    let f = h.func_new(FuncId(1), o, &[s, m])?;
    kept.push(f);
    kept.push(h.weak_of(f)?);
    let b = h.bytes_new()?;
    kept.push(b);
    h.bytes_append(b.as_ref(), &[7; 100])?;
    kept.push(h.future_new(0)?);
    let joined = h.str_concat(s.as_ref(), s.as_ref())?;
    kept.push(joined);
    kept.pop();
    match h.str_append_owned(joined.as_ref(), "and a longer text than fits") {
        Ok(longer) => kept.push(longer),
        Err(e) => {
            kept.push(joined);
            return Err(e);
        }
    }
    Ok(())
}

#[test]
fn every_allocation_may_fail() {
    let mut h = heap();
    let weak = FieldSpec { name: Name(1), slot: SlotType::Any, weak: true };
    h.layouts.define(ClassId(64), &LayoutSpec { own: &[weak], ..Default::default() });
    let before = h.allocations();
    a_bit_of_everything(&mut h).expect("room");
    let n = h.allocations() - before;
    assert!(n > 20);
    for i in 1..=n {
        h.fail_allocation(Some(i));
        // Growing a string asks for less when there is no room for twice its size.
        let survives = i == n;
        assert_eq!(a_bit_of_everything(&mut h).is_ok(), survives, "allocation {i}");
        audit(&h, &[]);
        assert_eq!(h.live_objects(), 0, "allocation {i}: {:?}", h.live_by_class());
        // It fails once.
        a_bit_of_everything(&mut h).expect("room");
    }
}

#[test]
fn memory_goes_from_one_size_to_another() {
    let region = AllocRegion::new(64 << 20).expect("memory");
    let config = HeapConfig { max_bytes: 8 << 20, ..HeapConfig::default() };
    let mut h = Heap::new(Box::new(region), config).expect("a heap");
    for size in [20usize, 100, 3000, 40_000, 700_000, 33] {
        let text = "x".repeat(size);
        let mut all = Vec::new();
        while let Ok(v) = h.str_new(&text) {
            all.push(v);
        }
        let used: usize = all.len() * (size + 24);
        assert!(used > 6 << 20 || size == 40_000 && used > 4 << 20, "{size}: {used}");
        assert!(h.stats().bytes <= 8 << 20);
        for v in all {
            h.release(v);
        }
        assert_eq!(h.live_objects(), 0);
    }
}
