//! The short paths for tiers that know the types agree with the general ones.

use nyrt::heap::{AllocRegion, Elem, FieldSpec, Heap, HeapConfig, LayoutSpec, SlotType};
use nyrt::value::{ClassId, FuncId, Kind, Name, Ref, Value};

const CLASS: ClassId = ClassId(64);
const LOUD: ClassId = ClassId(65);

fn heap() -> Heap {
    let region = AllocRegion::new(16 << 20).expect("memory");
    Heap::new(Box::new(region), HeapConfig { audit: true, ..HeapConfig::default() }).expect("a heap")
}

/// An array of each kind, with its kind.
fn arrays(h: &mut Heap) -> Vec<(Value, Elem)> {
    let (s, t) = (h.str_new("text").expect("room"), h.str_new("other").expect("room"));
    let lists: [(&[Value], Elem); 6] = [
        (&[], Elem::Empty),
        (&[Value::TRUE, Value::FALSE], Elem::Bool),
        (&[Value::int(7), Value::int(i64::MIN)], Elem::I64),
        (&[Value::float(0.5), Value::float(-0.0)], Elem::F64),
        (&[s, Value::NULL, t], Elem::Ref),
        (&[Value::VOID, s, Value::int(1), Value::NULL], Elem::Any),
    ];
    let made = lists.map(|(items, elem)| (h.arr_from(items).expect("room"), elem));
    h.release(s);
    h.release(t);
    made.into()
}

#[test]
fn elements_are_read_only_as_what_they_are() {
    let mut h = heap();
    let all = arrays(&mut h);
    for &(array, elem) in &all {
        let a = array.as_ref();
        assert_eq!(h.arr_elem(a), elem);
        for i in [-1, 0, 1, 2, 3, 4, i64::MAX, i64::MIN, 1 << 32] {
            let at = u32::try_from(i).ok().and_then(|i| h.arr_peek(a, i));
            assert_eq!(h.arr_get_any(a, i), at.unwrap_or(Value::NULL));
            let kind = |wanted| if elem == wanted { at } else { None };
            assert_eq!(h.arr_get_i64(a, i), kind(Elem::I64).and_then(Value::as_int));
            assert_eq!(h.arr_get_f64(a, i).map(f64::to_bits), kind(Elem::F64).map(Value::payload));
            assert_eq!(h.arr_get_bool(a, i), kind(Elem::Bool).and_then(Value::as_bool));
            let reference = match at {
                None | Some(Value::NULL) => Some(Ref::NONE),
                Some(v) if v.is_ref() => Some(v.as_ref()),
                Some(_) => None,
            };
            assert_eq!(h.arr_get_ref(a, i), reference);
        }
    }
    for (a, _) in all {
        h.release(a);
    }
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn elements_are_replaced_only_by_what_fits() {
    let mut h = heap();
    for n in 0..6 {
        let mut all = arrays(&mut h);
        let (array, elem) = all.swap_remove(n);
        let a = array.as_ref();
        let text = h.str_new("new").expect("room");
        let len = i64::from(h.arr_len(a));
        for i in [0, len - 1, len, -1] {
            let inside = (0..len).contains(&i);
            assert_eq!(h.arr_set_i64(a, i, 5), inside && elem == Elem::I64);
            assert_eq!(h.arr_set_f64(a, i, 5.5), inside && elem == Elem::F64);
            assert_eq!(h.arr_set_bool(a, i, true), inside && elem == Elem::Bool);
            let old = h.arr_set_ref(a, i, text.as_ref());
            assert_eq!(old.is_some(), inside && elem == Elem::Ref);
            h.release_some(old.unwrap_or(Ref::NONE));
            let old = h.arr_set_any(a, i, text);
            assert_eq!(old.is_some(), inside && elem == Elem::Any);
            h.release(old.unwrap_or(Value::VOID));
            if inside {
                let now = h.arr_get_any(a, i);
                let wanted = [Value::TRUE, Value::int(5), Value::float(5.5), text];
                assert!(wanted.contains(&now), "{now:?}");
            }
        }
        h.release(array);
        h.release(text);
        for (a, _) in all {
            h.release(a);
        }
        assert_eq!(h.live_objects(), 0);
    }
}

#[test]
fn appending_needs_the_kind_and_room() {
    let mut h = heap();
    let all = arrays(&mut h);
    let text = h.str_new("new").expect("room");
    for &(array, elem) in &all {
        let a = array.as_ref();
        let before = h.arr_len(a);
        let mut pushed = 0;
        for _ in 0..50 {
            let tried = [
                (Elem::I64, h.arr_push_i64(a, 3)),
                (Elem::F64, h.arr_push_f64(a, 3.5)),
                (Elem::Bool, h.arr_push_bool(a, true)),
                (Elem::Ref, h.arr_push_ref(a, text.as_ref())),
                (Elem::Any, h.arr_push_any(a, text)),
            ];
            for (kind, done) in tried {
                assert!(!done || kind == elem);
                pushed += u32::from(done);
            }
        }
        assert!(pushed < 50 && h.arr_len(a) == before + pushed);
        // When there is no room the general way makes some.
        let last = match elem {
            Elem::Bool => Value::TRUE,
            Elem::F64 => Value::float(3.5),
            Elem::Ref | Elem::Any => text,
            Elem::Empty | Elem::I64 => Value::int(3),
        };
        h.arr_push(a, last).expect("room");
        assert_eq!(h.arr_peek(a, before + pushed), Some(last));
    }
    let roots: Vec<Value> = all.iter().map(|&(a, _)| a).chain([text]).collect();
    assert_eq!(h.audit(&mut roots.iter().copied(), &[]), Ok(()));
    roots.into_iter().for_each(|v| h.release(v));
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn fields_at_offsets() {
    let mut h = heap();
    let slots =
        [SlotType::I64, SlotType::F64, SlotType::Bool, SlotType::Ref, SlotType::RefOrVoid, SlotType::Any];
    let own: Vec<FieldSpec> =
        slots.iter().zip(0..).map(|(&slot, n)| FieldSpec { name: Name(n), slot, weak: false }).collect();
    let layout = h.layouts.define(CLASS, &LayoutSpec { own: &own, ..Default::default() });
    let at: Vec<u32> = layout.fields().iter().map(|f| f.offset).collect();
    let shape = h.shape(CLASS);
    let o = h.obj_of(shape).expect("room");
    let (a, b) = (h.arr_new().expect("room"), h.str_new("b").expect("room"));
    assert_eq!((h.load_ref(o, at[3]), h.load_ref(o, at[4])), (Ref::NONE, Ref::NONE));
    h.store_i64(o, at[0], -9);
    h.store_f64(o, at[1], 1.5);
    h.store_bool(o, at[2], true);
    assert_eq!(h.store_ref(o, at[3], a.as_ref()), Ref::NONE);
    assert_eq!(h.store_ref(o, at[4], b.as_ref()), Ref::NONE);
    h.retain(a);
    assert_eq!(h.store_any(o, at[5], a), Value::VOID);
    let general: Vec<Value> = (0..6).map(|slot| h.field_peek(o, slot)).collect();
    assert_eq!(general, [Value::int(-9), Value::float(1.5), Value::TRUE, a, b, a]);
    assert_eq!((h.load_i64(o, at[0]), h.load_f64(o, at[1]), h.load_bool(o, at[2])), (-9, 1.5, true));
    assert_eq!((h.load_ref(o, at[3]), h.load_any(o, at[5])), (a.as_ref(), a));
    assert_eq!((h.value_or_null(o).kind(), h.value_or_null(Ref::NONE)), (Kind::Obj, Value::NULL));
    assert_eq!(h.value_or_void(Ref::NONE), Value::VOID);
    assert!(h.class_is(o, CLASS) && !h.class_is(o, LOUD) && !h.class_is(Ref::NONE, CLASS));
    h.retain_some(o);
    h.retain_some(Ref::NONE);
    h.release_some(o);
    h.release_some(Ref::NONE);
    h.release_some(o);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn objects_of_every_size_are_zeros() {
    let mut h = heap();
    for n in 0..40 {
        let class = ClassId(100 + n);
        let own: Vec<FieldSpec> = (0..n)
            .map(|i| FieldSpec {
                name: Name(i),
                slot: if n % 2 == 0 { SlotType::I64 } else { SlotType::Ref },
                weak: false,
            })
            .collect();
        h.layouts.define(class, &LayoutSpec { own: &own, ..Default::default() });
        let shape = h.shape(class);
        // The audit mode fills freed cells, so the second round finds them dirty.
        for _ in 0..2 {
            let objects: Vec<Ref> = (0..3).map(|_| h.obj_of(shape).expect("room")).collect();
            let general = h.obj_new(class).expect("room");
            for &o in objects.iter().chain([&general.as_ref()]) {
                assert_eq!((h.class_of(o), h.is_unique(o)), (class, true));
                assert!((0..n).all(|slot| h.field_peek(o, slot) == own[slot as usize].slot.zero()));
            }
            objects.into_iter().for_each(|o| h.release_ref(o));
            h.release(general);
        }
    }
    // With a `fini` an object has its place in the order of creation.
    h.layouts.define(LOUD, &LayoutSpec { fini: Some(FuncId(1)), ..Default::default() });
    let shape = h.shape(LOUD);
    let (first, second) = (h.obj_of(shape).expect("room"), h.obj_of(shape).expect("room"));
    assert!(h.serial_of(first) < h.serial_of(second));
    for o in [first, second] {
        h.discard(h.value_of(o));
    }
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn a_full_heap_makes_no_object() {
    let mut h = heap();
    h.layouts.define(CLASS, &LayoutSpec { own: &[FieldSpec::any(Name(0))], ..Default::default() });
    let shape = h.shape(CLASS);
    h.fail_allocation(Some(2));
    let o = h.obj_of(shape).expect("the first one");
    assert!(h.obj_of(shape).is_err());
    h.release_ref(o);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn texts_are_compared_by_identity_length_and_bytes() {
    let mut h = heap();
    let texts: Vec<Value> = ["", "a", "b", "ab", "ab", "é"].map(|t| h.str_new(t).expect("room")).into();
    for x in &texts {
        for y in &texts {
            let (x, y) = (x.as_ref(), y.as_ref());
            assert_eq!(h.str_same(x, y), h.str_text(x) == h.str_text(y));
        }
        assert!(!h.str_same(x.as_ref(), Ref::NONE) && !h.str_same(Ref::NONE, x.as_ref()));
    }
    assert!(h.str_same(Ref::NONE, Ref::NONE));
    texts.into_iter().for_each(|t| h.release(t));
}
