//! A full heap collects cyclic garbage before it says that it is full, in the middle of whatever asked for memory.

use nyrt::heap::{AllocRegion, DropStep, FieldSpec, Heap, HeapConfig, LayoutSpec, OutOfMemory};
use nyrt::value::{ClassId, FuncId, Name, Value};

const NODE: ClassId = ClassId(64);
const LOUD: ClassId = ClassId(65);

/// A heap of four megabytes with a class of two fields, and one that also has a `fini`.
fn heap() -> Heap {
    let region = AllocRegion::new(8 << 20).expect("memory");
    let config = HeapConfig { audit: true, max_bytes: 4 << 20, ..HeapConfig::default() };
    let mut h = Heap::new(Box::new(region), config).expect("a heap");
    let own = [FieldSpec::any(Name(0)), FieldSpec::any(Name(1))];
    h.layouts.define(NODE, &LayoutSpec { own: &own, ..Default::default() });
    h.layouts.define(LOUD, &LayoutSpec { parent: Some(NODE), fini: Some(FuncId(3)), ..Default::default() });
    h
}

fn set(h: &mut Heap, object: Value, slot: u32, v: Value) {
    let v = h.own(v);
    let old = h.field_set(object.as_ref(), slot, v).expect("no weak field");
    h.release(old);
}

/// Two objects that refer to each other, the second one with an array of this length; both are lost.
fn lose_a_cycle(h: &mut Heap, classes: [ClassId; 2], length: usize) -> Result<(), OutOfMemory> {
    let a = h.obj_new(classes[0])?;
    let both = h.obj_new(classes[1]).and_then(|b| match h.arr_from(&vec![a; length]) {
        Ok(array) => Ok((b, array)),
        Err(e) => {
            h.discard(b);
            Err(e)
        }
    });
    let (b, array) = match both {
        Ok(both) => both,
        Err(e) => {
            h.discard(a);
            return Err(e);
        }
    };
    set(h, a, 0, b);
    set(h, b, 1, array);
    h.release(array);
    h.release(b);
    h.release(a);
    Ok(())
}

#[test]
fn garbage_without_finalizers_makes_room_at_once() {
    for length in [1, 100, 10_000, 60_000] {
        let mut h = heap();
        let kept = h.arr_from(&[Value::int(1), Value::NULL]).expect("room");
        // Many times what the heap holds, and nobody collects.
        for _ in 0..20_000_000 / (length * 4 + 200) {
            lose_a_cycle(&mut h, [NODE, NODE], length).expect("room");
        }
        assert_eq!(h.audit(&mut [kept].into_iter(), &[]), Ok(()));
        assert!(h.gc_stats().collections > 0 && h.drop_depth() == 0);
        h.release(kept);
        h.collect();
        assert_eq!(h.live_objects(), 0);
    }
}

#[test]
fn garbage_with_finalizers_waits_for_somebody_who_runs_them() {
    for classes in [[LOUD, NODE], [NODE, LOUD]] {
        let mut h = heap();
        let mut lost = 0;
        while lose_a_cycle(&mut h, classes, 100).is_ok() {
            lost += 1;
        }
        assert!(lost > 100 && h.collect_due() && h.drop_depth() == 0);
        assert_eq!(h.audit(&mut std::iter::empty(), &[]), Ok(()));
        h.collect();
        let mut run = 0;
        while let DropStep::RunFini { .. } = h.drop_step(0) {
            h.fini_returned(0, Ok(()));
            run += 1;
        }
        assert_eq!((run, h.live_objects()), (lost, 0));
        lose_a_cycle(&mut h, classes, 100).expect("room again");
    }
}

#[test]
fn silent_garbage_that_refers_to_a_finalizer_waits_with_it() {
    let mut h = heap();
    // A cycle without a finalizer that owns a box with one: its death would run it.
    let (a, b, loud) =
        (h.obj_new(NODE).expect("room"), h.obj_new(NODE).expect("room"), h.obj_new(LOUD).expect("room"));
    set(&mut h, a, 0, b);
    set(&mut h, b, 0, a);
    set(&mut h, a, 1, loud);
    for v in [a, b, loud] {
        h.release(v);
    }
    let mut kept = Vec::new();
    while let Ok(array) = h.arr_from(&[Value::int(1); 1000]) {
        kept.push(array);
        lose_a_cycle(&mut h, [NODE, NODE], 10).unwrap_or(());
    }
    assert_eq!(h.drop_depth(), 0);
    assert_eq!((h.class_of(loud.as_ref()), h.field_peek(a.as_ref(), 1)), (LOUD, loud));
    kept.into_iter().for_each(|v| h.release(v));
    h.collect();
    assert!(matches!(h.drop_step(0), DropStep::RunFini { object, .. } if object == loud));
    h.fini_returned(0, Ok(()));
    assert_eq!((h.drop_step(0), h.live_objects()), (DropStep::Done, 0));
}

#[test]
fn what_is_owned_or_reachable_stays() {
    let mut h = heap();
    let keeper = h.map_new().expect("room");
    let mut count = 0;
    // The kept ones are cycles too, candidates like the garbage, until the heap is really full.
    while let Ok(a) = h.obj_new(NODE) {
        set(&mut h, a, 0, a);
        let kept = h.map_set(keeper.as_ref(), Value::int(count), a).is_ok();
        h.release(a);
        if !kept {
            break;
        }
        count += 1;
        if lose_a_cycle(&mut h, [NODE, NODE], 20).is_err() {
            break;
        }
    }
    assert!(count > 2_000, "{count}");
    for key in 0..count {
        let a = h.map_peek(keeper.as_ref(), Value::int(key)).expect("kept");
        assert_eq!((h.class_of(a.as_ref()), h.field_peek(a.as_ref(), 0)), (NODE, a));
    }
    assert_eq!(h.audit(&mut [keeper].into_iter(), &[]), Ok(()));
    h.release(keeper);
    h.collect();
    assert_eq!(h.live_objects(), 0);
}
