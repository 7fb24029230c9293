//! Arrays.

use super::{Maker, ints, some_thing};
use crate::{Datum, End, corner, float, text};

/// Positions outside of an array of two elements.
const OUTSIDE: [i64; 6] = [-1, 2, 3, i64::MAX, i64::MIN, 1 << 32];

pub(super) fn add(m: &mut Maker) {
    reads(m);
    writes(m);
    swaps(m);
    let array_of = m.func("array_of", 2, "(any, any) ref", "%2:ref = array_of (%0, %1) return move %2");
    let values =
        [Datum::Void, Datum::Null, Datum::Int(1), float(0.5), Datum::Bool(true), text("é"), some_thing()];
    for a in &values {
        for b in &values {
            m.gives(array_of, vec![a.clone(), b.clone()], Datum::Array(vec![a.clone(), b.clone()]));
        }
        m.gives(array_of, vec![a.clone(), Datum::Same(0)], Datum::Array(vec![a.clone(), a.clone()]));
    }
    let mixed = "%4:ref = array_of (%0, %1, %2, %3) return move %4";
    let mixed = m.func("array_of", 4, "(i64, f64, bool, ref) ref", mixed);
    for r in [text("a longer text"), some_thing(), Datum::Null] {
        let all = vec![Datum::Int(-7), float(1.5), Datum::Bool(true), r];
        m.gives(mixed, all.clone(), Datum::Array(all));
    }
    let empty = m.func("array_of", 0, "() ref", "%0:ref = array_of () return move %0");
    m.gives(empty, vec![], Datum::Array(vec![]));
}

fn reads(m: &mut Maker) {
    let arr_len = m.func("arr_len", 1, "(ref) i64", "%1:i64 = arr_len %0 return move %1");
    m.gives(arr_len, vec![Datum::Array(vec![])], Datum::Int(0));
    m.gives(arr_len, vec![ints([4, 5, 6])], Datum::Int(3));
    m.gives(arr_len, vec![Datum::Array(vec![text("a"), Datum::Void])], Datum::Int(2));

    // Numbers: only positions inside are asked for; a Bool is false outside.
    let get = |rep: &str| format!("%2:{rep} = arr_get %0, %1 return move %2");
    let get_i = m.func("arr_get", 2, "(ref, i64) i64", &get("i64"));
    for (i, n) in corner::INTS.into_iter().enumerate() {
        m.gives(get_i, vec![ints(corner::INTS), Datum::Int(i as i64)], Datum::Int(n));
    }
    let get_f = m.func("arr_get", 2, "(ref, i64) f64", &get("f64"));
    for (i, x) in corner::FLOATS.into_iter().enumerate() {
        let all = Datum::Array(corner::FLOATS.map(float).to_vec());
        m.gives(get_f, vec![all, Datum::Int(i as i64)], float(x));
    }
    let get_b = m.func("arr_get", 2, "(ref, i64) bool", &get("bool"));
    for (i, b) in [true, false, true].into_iter().enumerate() {
        let all = Datum::Array([true, false, true].map(Datum::Bool).to_vec());
        m.gives(get_b, vec![all, Datum::Int(i as i64)], Datum::Bool(b));
    }
    for at in OUTSIDE {
        let all = Datum::Array([true, true].map(Datum::Bool).to_vec());
        m.gives(get_b, vec![all, Datum::Int(at)], Datum::Bool(false));
        m.gives(get_b, vec![Datum::Array(vec![]), Datum::Int(at)], Datum::Bool(false));
    }
    // References and Any: zero and `null` outside.
    let get = |rep: &str| format!("%2:{rep} = arr_get %0, %1 %3:{rep} = retain %2 return move %3");
    let get_r = m.func("arr_get", 2, "(ref, i64) ref", &get("ref"));
    let get_a = m.func("arr_get", 2, "(ref, i64) any", &get("any"));
    let refs = Datum::Array(vec![text("a longer text"), some_thing()]);
    for (i, d) in [text("a longer text"), some_thing()].into_iter().enumerate() {
        m.gives(get_r, vec![refs.clone(), Datum::Int(i as i64)], d.clone());
        m.gives(get_a, vec![refs.clone(), Datum::Int(i as i64)], d);
    }
    for at in OUTSIDE {
        m.gives(get_r, vec![refs.clone(), Datum::Int(at)], Datum::Null);
        m.gives(get_a, vec![refs.clone(), Datum::Int(at)], Datum::Null);
        m.gives(get_a, vec![ints([1, 2]), Datum::Int(at)], Datum::Null);
        m.gives(get_r, vec![Datum::Array(vec![]), Datum::Int(at)], Datum::Null);
        m.gives(get_a, vec![Datum::Array(vec![]), Datum::Int(at)], Datum::Null);
    }
    // An array with `void` stores whole values; its boxes are still boxes.
    let whole = Datum::Array(vec![Datum::Void, text("é"), Datum::Null]);
    for (i, d) in [Datum::Null, text("é"), Datum::Null].into_iter().enumerate() {
        m.gives(get_r, vec![whole.clone(), Datum::Int(i as i64)], d);
    }
    let mixed = vec![
        Datum::Void,
        Datum::Int(-1),
        float(0.5),
        Datum::Bool(true),
        Datum::Null,
        text("é"),
        some_thing(),
    ];
    for (i, d) in mixed.iter().enumerate() {
        m.gives(get_a, vec![Datum::Array(mixed.clone()), Datum::Int(i as i64)], d.clone());
    }
    m.gives(get_a, vec![ints([7, 8]), Datum::Int(1)], Datum::Int(8));
}

fn writes(m: &mut Maker) {
    let values: [(&str, Vec<Datum>); 5] = [
        ("i64", vec![Datum::Int(i64::MIN), Datum::Int(0)]),
        ("f64", vec![float(-0.0), float(f64::NAN)]),
        ("bool", vec![Datum::Bool(true)]),
        ("ref", vec![Datum::Null, text("another longer text"), some_thing()]),
        ("any", vec![Datum::Void, Datum::Null, Datum::Int(9), float(9.5), Datum::Bool(false), text("é")]),
    ];
    // Arrays that store integers, floats, truth values, references, whole values; and one that stores nothing yet.
    let arrays = [
        vec![Datum::Int(1), Datum::Int(2)],
        vec![float(1.0), float(2.0)],
        vec![Datum::Bool(true), Datum::Bool(false)],
        vec![text("a longer text"), Datum::Null],
        vec![Datum::Void, some_thing()],
        vec![],
    ];
    let mut forms = Vec::new();
    for (rep, values) in values {
        let body = "arr_set %0, %1, %2 %3:i64 = int 7 return move %3";
        let set = m.func("arr_set", 3, &format!("(ref, i64, {rep}) i64"), body);
        let body = "arr_push %0, %1 %2:i64 = int 7 return move %2";
        let push = m.func("arr_push", 2, &format!("(ref, {rep}) i64"), body);
        if rep == "ref" {
            // A value that brings its count has it still when the row throws.
            let after = "%4:i64 = int 7 return move %4
                         bb1(%5:any, %6:ref): release_unwinding move %6 rethrow move %5";
            let body = format!("%3:ref = retain %2 arr_set_move %0, %1, move %3 unwind bb1(exc, %3) {after}");
            let set = m.func("arr_set_move", 3, "(ref, i64, ref) i64", &body);
            let body = format!("%3:ref = retain %1 arr_push_move %0, move %3 unwind bb1(exc, %3) {after}");
            let push = m.func("arr_push_move", 2, "(ref, ref) i64", &body);
            forms.push((set, push, values.clone()));
        }
        forms.push((set, push, values));
    }
    for (set, push, values) in forms {
        for value in values {
            for array in &arrays {
                let all = || Datum::Array(array.clone());
                for at in 0..=array.len() {
                    // At the length it appends.
                    let mut after = array.clone();
                    if at == array.len() {
                        after.push(value.clone())
                    } else {
                        after[at] = value.clone()
                    }
                    let args = vec![all(), Datum::Int(at as i64), value.clone()];
                    let seen = vec![Datum::Array(after), Datum::Int(at as i64), value.clone()];
                    m.case(set, args, End::Value(Datum::Int(7)), seen);
                }
                for at in [-1, array.len() as i64 + 1, i64::MAX, i64::MIN, 1 << 32] {
                    let message =
                        format!("set: position {at} is outside of an array of length {}", array.len());
                    m.throws(set, vec![all(), Datum::Int(at), value.clone()], "IndexError", &message);
                }
                let mut after = array.clone();
                after.push(value.clone());
                let seen = vec![Datum::Array(after), value.clone()];
                m.case(push, vec![all(), value.clone()], End::Value(Datum::Int(7)), seen);
            }
        }
    }
}

fn swaps(m: &mut Maker) {
    let swap = "%3:ref = retain %2 %4:ref = arr_swap %0, %1, move %3 return move %4";
    let swap = m.func("arr_swap", 3, "(ref, i64, ref) ref", swap);
    let values = [Datum::Null, text("another longer text"), some_thing()];
    // Arrays that store references, and whole values.
    for other in [text("a longer text"), Datum::Void] {
        for old in &values {
            for new in &values {
                for at in [0, 1] {
                    let mut before = vec![other.clone(), other.clone()];
                    before[at] = old.clone();
                    let mut after = before.clone();
                    after[at] = new.clone();
                    let at = Datum::Int(at as i64);
                    let seen = vec![Datum::Array(after), at.clone(), new.clone()];
                    let args = vec![Datum::Array(before), at, new.clone()];
                    m.case(swap, args, End::Value(old.clone()), seen);
                }
            }
        }
    }
    // An element that gets back what it has.
    let again = "%1:i64 = int 0 %2:ref = arr_get %0, %1 %3:ref = retain %2 %4:ref = arr_swap %0, %1, move %3
                 return move %4";
    let again = m.func("arr_swap", 1, "(ref) ref", again);
    let array = || Datum::Array(vec![some_thing()]);
    m.case(again, vec![array()], End::Value(some_thing()), vec![array()]);
}
