//! Deaths: order, errors, discarded objects, explicit `fini`, long chains, cycles through every kind of cell.

use nyrt::heap::func::FutureState;
use nyrt::heap::{AllocRegion, DropStep, FieldSpec, Heap, HeapConfig, LayoutSpec, SlotType};
use nyrt::value::{ClassId, FuncId, Kind, Name, Ref, Value};

const NODE: ClassId = ClassId(64);
const LOUD: ClassId = ClassId(65);

/// A heap with a class of two fields, and one that also has a `fini` and an integer.
fn heap() -> Heap {
    let region = AllocRegion::new(256 << 20).expect("memory");
    let mut h =
        Heap::new(Box::new(region), HeapConfig { audit: true, ..HeapConfig::default() }).expect("a heap");
    let own = [FieldSpec::any(Name(0)), FieldSpec::any(Name(1))];
    h.layouts.define(NODE, &LayoutSpec { own: &own, ..Default::default() });
    let id = [FieldSpec { name: Name(2), slot: SlotType::I64, weak: false }];
    let spec = LayoutSpec { parent: Some(NODE), own: &id, fini: Some(FuncId(3)), native: None };
    h.layouts.define(LOUD, &spec);
    h
}

fn loud(h: &mut Heap, id: i64) -> Value {
    let v = h.obj_new(LOUD).expect("room");
    set(h, v, 2, Value::int(id));
    v
}

/// Gives an owned value to a field.
fn set(h: &mut Heap, obj: Value, slot: u32, v: Value) {
    let old = h.field_set(obj.as_ref(), slot, v).expect("room");
    h.release(old);
}

fn id(h: &Heap, v: Value) -> i64 {
    h.field_peek(v.as_ref(), 2).as_int().expect("an id")
}

/// Runs the machine; `fails` says which bodies end with an error (their id).
fn run(h: &mut Heap, base: usize, log: &mut Vec<i64>, fails: &[i64]) -> Result<(), Value> {
    loop {
        match h.drop_step(base) {
            DropStep::Done => return Ok(()),
            DropStep::Failed(e) => return Err(e),
            DropStep::RunFini { object, .. } => {
                let n = id(h, object);
                log.push(n);
                let result = if fails.contains(&n) { Err(Value::int(n)) } else { Ok(()) };
                h.fini_returned(base, result);
            }
        }
    }
}

fn drop_it(h: &mut Heap, v: Value) -> Vec<i64> {
    let mut log = Vec::new();
    h.release(v);
    run(h, 0, &mut log, &[]).expect("no body fails");
    log
}

#[test]
fn fields_die_in_reverse_and_completely_one_after_the_other() {
    let mut h = heap();
    let ids: Vec<Value> = (0..7).map(|i| loud(&mut h, i)).collect();
    // 0 -> (1 -> (3, 4), 2 -> (5, 6))
    for (parent, slot, child) in [(0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 4), (2, 0, 5), (2, 1, 6)] {
        set(&mut h, ids[parent], slot, ids[child]);
    }
    assert_eq!(drop_it(&mut h, ids[0]), [0, 2, 6, 5, 1, 4, 3]);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn elements_and_entries_die_from_the_last_to_the_first() {
    let mut h = heap();
    let a = h.arr_new().expect("room");
    let m = h.map_new().expect("room");
    for i in 0..4 {
        let v = loud(&mut h, i);
        h.arr_push(a.as_ref(), v).expect("room");
        h.release(v);
        let v = loud(&mut h, 10 + i);
        h.map_set(m.as_ref(), Value::int(i), v).expect("room");
        h.release(v);
    }
    let mut log = Vec::new();
    h.arr_clear(a.as_ref());
    run(&mut h, 0, &mut log, &[]).expect("no body fails");
    assert_eq!(log, [3, 2, 1, 0]);
    assert_eq!(drop_it(&mut h, m), [13, 12, 11, 10]);
    h.release(a);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn the_first_error_goes_on_and_the_others_still_run() {
    let mut h = heap();
    let a = h.arr_new().expect("room");
    for i in 0..4 {
        let v = loud(&mut h, i);
        h.arr_push(a.as_ref(), v).expect("room");
        h.release(v);
    }
    let mut log = Vec::new();
    h.release(a);
    assert_eq!(run(&mut h, 0, &mut log, &[2, 1]), Err(Value::int(2)));
    assert_eq!(log, [3, 2, 1, 0]);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn explicit_fini_leaves_a_dead_box() {
    let mut h = heap();
    let (v, child) = (loud(&mut h, 1), loud(&mut h, 2));
    set(&mut h, v, 0, child);
    let w = h.weak_of(v).expect("room");
    let mut log = Vec::new();
    h.begin_fini(v);
    assert_eq!(run(&mut h, 0, &mut log, &[1]), Err(Value::int(1)), "a failing body still kills");
    assert_eq!(log, [1, 2]);
    assert!(h.is_dead(v));
    assert_eq!(h.weak_read(w), Value::NULL);
    assert_eq!(h.weak_of(v), Ok(Value::NULL));
    h.begin_fini(v);
    run(&mut h, 0, &mut log, &[]).expect("nothing happens");
    assert!(drop_it(&mut h, v).is_empty());
    h.release(w);
    assert_eq!(log, [1, 2]);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn an_object_whose_constructor_threw_has_no_fini() {
    let mut h = heap();
    let (v, child) = (loud(&mut h, 1), loud(&mut h, 2));
    set(&mut h, v, 0, child);
    let mut log = Vec::new();
    h.discard(v);
    run(&mut h, 0, &mut log, &[]).expect("no body fails");
    assert_eq!(log, [2]);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn chains_of_a_million_need_no_stack() {
    for slot in [0, 1] {
        let mut h = heap();
        let mut head = Value::NULL;
        for _ in 0..1_000_000 {
            let v = h.obj_new(NODE).expect("room");
            set(&mut h, v, slot, head);
            head = v;
        }
        h.release(head);
        assert_eq!(h.drop_depth(), 0);
        assert_eq!(h.live_objects(), 0);
    }
    let mut h = heap();
    let mut head = Value::NULL;
    for i in 0..200_000 {
        let v = loud(&mut h, i);
        set(&mut h, v, 1, head);
        head = v;
    }
    let log = drop_it(&mut h, head);
    assert!(log.iter().rev().copied().eq(0..200_000));
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn nested_arrays_of_any_depth_die() {
    let mut h = heap();
    let mut inner = h.arr_new().expect("room");
    for _ in 0..300_000 {
        let outer = h.arr_from(&[Value::int(1), inner]).expect("room");
        h.release(inner);
        inner = outer;
    }
    h.release(inner);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn cycles_through_every_kind_of_cell_are_collected() {
    let mut h = heap();
    // object -> array -> map -> function -> cell -> future -> object
    let o = loud(&mut h, 9);
    let future = h.future_new(0).expect("room");
    let given = h.own(o);
    let old = h.future_finish(future.as_ref(), FutureState::Ready, given);
    h.release(old);
    let cell = h.cell_new(future).expect("room");
    let func = h.func_new(FuncId(1), Value::VOID, &[cell]).expect("room");
    let m = h.map_new().expect("room");
    h.map_set(m.as_ref(), func, func).expect("room");
    let a = h.arr_from(&[m]).expect("room");
    for v in [cell, func, m] {
        h.release(v);
    }
    set(&mut h, o, 0, a);
    h.collect();
    assert_eq!(h.drop_depth(), 0, "all of it is alive");
    h.release(o);
    assert_eq!(h.live_objects(), 6);
    h.collect();
    let mut log = Vec::new();
    run(&mut h, 0, &mut log, &[]).expect("no body fails");
    assert_eq!(log, [9]);
    assert_eq!(h.live_objects(), 0);
    assert_eq!(h.gc_stats().garbage, 6);
}

#[test]
fn finalizers_of_a_cycle_run_in_reverse_creation_order() {
    let mut h = heap();
    let ring: Vec<Value> = (0..10).map(|i| loud(&mut h, i)).collect();
    for i in 0..10 {
        let next = h.own(ring[(i * 7 + 3) % 10]);
        set(&mut h, ring[i], 0, next);
    }
    // What only the cycle reaches goes with it.
    let leaf = loud(&mut h, 10);
    set(&mut h, ring[4], 1, leaf);
    for v in ring {
        h.release(v);
    }
    h.collect();
    let mut log = Vec::new();
    assert_eq!(run(&mut h, 0, &mut log, &[5]), Err(Value::int(5)));
    assert_eq!(log, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn garbage_makes_a_collection_due() {
    let mut h = heap();
    let mut made = 0;
    while !h.collect_due() {
        let v = h.obj_new(NODE).expect("room");
        let me = h.own(v);
        set(&mut h, v, 0, me);
        h.release(v);
        made += 1;
        assert!(made < 1_000_000);
    }
    h.collect();
    assert!(!h.collect_due());
    assert_eq!(h.live_objects(), 0);
    assert_eq!(h.gc_stats().garbage, made);
}

#[test]
fn a_weak_reader_cannot_kill_twice() {
    let mut h = heap();
    let (a, b) = (loud(&mut h, 1), loud(&mut h, 2));
    let w = h.weak_of(a).expect("room");
    // Both wait for their bodies; the later one runs first and looks at the other.
    h.release(a);
    h.release(b);
    let mut log = Vec::new();
    loop {
        match h.drop_step(0) {
            DropStep::RunFini { object, .. } => {
                log.push(id(&h, object));
                let seen = h.weak_read(w);
                assert_eq!(seen, a);
                h.release(seen);
                h.fini_returned(0, Ok(()));
            }
            step => break assert_eq!(step, DropStep::Done),
        }
    }
    assert_eq!(log, [2, 1]);
    assert_eq!(h.weak_read(w), Value::NULL);
    h.release(w);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn suspended_drops_belong_to_their_task() {
    let mut h = heap();
    let (a, b) = (loud(&mut h, 1), loud(&mut h, 2));
    h.release(a);
    let first = h.suspend_drops();
    assert_eq!(h.drop_depth(), 0);
    assert_eq!(drop_it(&mut h, b), [2]);
    assert!(h.audit(&mut core::iter::empty(), &[&first]).is_ok());
    assert!(h.audit(&mut core::iter::empty(), &[]).is_err());
    assert!(h.resume_drops(first).is_empty());
    let mut log = Vec::new();
    run(&mut h, 0, &mut log, &[]).expect("no body fails");
    assert_eq!(log, [1]);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn natives_are_reported_when_their_object_dies() {
    let mut h = heap();
    let class = ClassId(70);
    let own = [FieldSpec { name: Name(5), slot: SlotType::I32, weak: false }];
    h.layouts.define(class, &LayoutSpec { own: &own, native: Some(0), ..Default::default() });
    let (a, b) = (h.obj_new(class).expect("room"), h.obj_new(class).expect("room"));
    h.native_set(a.as_ref(), 41);
    assert_eq!(h.native_get(a.as_ref()), 41);
    h.release(a);
    h.release(b);
    assert_eq!(h.take_dead_native(), Some((class, 41)));
    assert_eq!(h.take_dead_native(), None);
}

#[test]
fn typed_fields_of_every_width() {
    let mut h = heap();
    let class = ClassId(71);
    let kinds = [
        SlotType::Bool,
        SlotType::I32,
        SlotType::I64,
        SlotType::F64,
        SlotType::Ref,
        SlotType::Str,
        SlotType::Any,
        SlotType::Bool,
        SlotType::RefOrVoid,
    ];
    let own: Vec<FieldSpec> =
        kinds.iter().zip(0..).map(|(&slot, n)| FieldSpec { name: Name(n), slot, weak: false }).collect();
    let size = h.layouts.define(class, &LayoutSpec { own: &own, ..Default::default() }).size();
    assert_eq!(size, 8 + 16 + 8 + 8 + 4 + 4 + 4 + 4 + 1 + 1);
    let o = h.obj_new(class).expect("room");
    let fresh = [
        Value::FALSE,
        Value::int(0),
        Value::int(0),
        Value::float(0.0),
        Value::NULL,
        Value::NULL,
        Value::VOID,
        Value::FALSE,
        Value::VOID,
    ];
    let map = h.map_new().expect("room");
    let text = h.str_new("text").expect("room");
    let array = h.arr_new().expect("room");
    let values = [
        Value::TRUE,
        Value::int(-5),
        Value::int(i64::MIN),
        Value::float(-0.0),
        array,
        text,
        Value::float(f64::INFINITY),
        Value::TRUE,
        map,
    ];
    for (slot, v) in kinds.iter().zip(fresh) {
        assert_eq!(slot.zero(), v);
    }
    for (slot, v) in (0..).zip(fresh) {
        assert_eq!(h.field_get(o.as_ref(), slot), v);
    }
    for (slot, v) in (0..).zip(values) {
        let old = h.field_set(o.as_ref(), slot, v).expect("room");
        assert_eq!(old, fresh[slot as usize]);
    }
    for (slot, v) in (0..).zip(values) {
        assert_eq!(h.field_peek(o.as_ref(), slot), v);
    }
    assert_eq!(h.field_peek(o.as_ref(), 4).kind(), Kind::Arr);
    assert!(h.audit(&mut [o].into_iter(), &[]).is_ok());
    h.release(o);
    assert_eq!(h.live_objects(), 0);
}

#[test]
fn a_value_that_does_not_fit_is_seen_by_the_audit() {
    let class = ClassId(71);
    let cases = [
        (SlotType::Bool, Value::VOID),
        (SlotType::I32, Value::int(1 << 40)),
        (SlotType::I64, Value::float(1.0)),
        (SlotType::F64, Value::int(1)),
        (SlotType::Ref, Value::VOID),
        (SlotType::RefOrVoid, Value::NULL),
        (SlotType::Str, Value::VOID),
    ];
    for (slot, wrong) in cases {
        let mut h = heap();
        let own = [FieldSpec { name: Name(5), slot, weak: false }];
        h.layouts.define(class, &LayoutSpec { own: &own, ..Default::default() });
        let o = h.obj_new(class).expect("room");
        assert!(h.audit(&mut [o].into_iter(), &[]).is_ok());
        assert_eq!(h.field_set(o.as_ref(), 0, wrong), Ok(slot.zero()));
        assert!(h.audit(&mut [o].into_iter(), &[]).is_err(), "{slot:?} held {wrong:?}");
        // A reference is not lost either.
        let array = h.arr_new().expect("room");
        assert_eq!(h.field_set(o.as_ref(), 0, array), Ok(slot.zero()));
        h.release(o);
        assert_eq!(h.live_objects(), 0);
    }
}

#[test]
fn weak_fields_hold_weak_cells_in_any_slot() {
    for slot in [SlotType::Any, SlotType::Ref, SlotType::RefOrVoid] {
        let mut h = heap();
        let class = ClassId(71);
        let own = [FieldSpec { name: Name(5), slot, weak: true }];
        let layout = h.layouts.define(class, &LayoutSpec { own: &own, ..Default::default() });
        assert_eq!(layout.fields()[0].slot, if slot == SlotType::Ref { slot } else { SlotType::Any });
        let unset = layout.fields()[0].slot.zero();
        let o = h.obj_new(class).expect("room");
        let (target, dead) = (h.obj_new(NODE).expect("room"), h.obj_new(NODE).expect("room"));
        assert_eq!(h.field_get(o.as_ref(), 0), unset);
        h.retain(target);
        set(&mut h, o, 0, target);
        assert_eq!(h.field_get(o.as_ref(), 0), target);
        h.release(target);
        h.release(target);
        assert_eq!(h.field_get(o.as_ref(), 0), Value::NULL);
        h.begin_fini(dead);
        h.drop_step(0);
        set(&mut h, o, 0, dead);
        assert_eq!(h.field_get(o.as_ref(), 0), Value::NULL);
        h.release(o);
        assert_eq!(h.live_objects(), 0);
    }
}

#[test]
fn an_audit_finds_a_wrong_count() {
    let mut h = heap();
    let a = h.arr_new().expect("room");
    assert!(h.audit(&mut [a].into_iter(), &[]).is_ok());
    h.retain(a);
    let report = h.audit(&mut [a].into_iter(), &[]).expect_err("one count too many");
    assert!(report.contains("count 2, owners 1"), "{report}");
    h.release(a);
    h.release(a);
    assert!(h.audit(&mut [a].into_iter(), &[]).is_err(), "a reference to a freed cell");
}

#[test]
fn a_count_that_overflows_sticks() {
    let mut h = heap();
    let v = h.obj_new(NODE).expect("room");
    for _ in 1..1 << 25 {
        h.retain(v);
    }
    assert_eq!(h.count_of(v.as_ref()), None);
    for _ in 0..1 << 26 {
        h.release(v);
    }
    assert_eq!(h.class_of(v.as_ref()), NODE);
    assert_ne!(v.as_ref(), Ref::NONE);
}
