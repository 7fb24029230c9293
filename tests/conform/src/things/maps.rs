//! Maps.

use super::{About, Maker, some_thing};
use crate::{Datum, End, corner, float, text};

/// What a key is represented as, and keys that are.
fn keys() -> [(&'static str, Vec<Datum>); 3] {
    let texts = [text(""), text("a"), text("é"), text("a longer text"), text("another longer text")];
    let ints = corner::INTS.map(Datum::Int);
    let mut any = vec![Datum::Bool(false), Datum::Bool(true)];
    any.extend(texts.iter().chain(&ints).cloned());
    [("i64", ints.to_vec()), ("ref", texts.to_vec()), ("any", any)]
}

/// A map with these keys; the values are their positions.
fn numbered(keys: &[Datum]) -> Vec<(Datum, Datum)> {
    keys.iter().cloned().zip((0..).map(Datum::Int)).collect()
}

pub(super) fn add(m: &mut Maker) {
    let len = m.func("map_len", 1, "(ref) i64", "%1:i64 = map_len %0 return move %1");
    for (_, keys) in keys() {
        m.gives(len, vec![Datum::Map(vec![])], Datum::Int(0));
        m.gives(len, vec![Datum::Map(numbered(&keys))], Datum::Int(keys.len() as i64));
    }
    for (rep, keys) in keys() {
        reads(m, rep, &keys);
        writes(m, rep, &keys);
    }
    by_identity(m);
    no_keys(m);
}

fn getter(m: &mut Maker, key: &str, value: &str) -> About {
    let body = format!("%2:{value} = map_get %0, %1 %3:{value} = retain %2 return move %3");
    m.func("map_get", 2, &format!("(ref, {key}) {value}"), &body)
}

fn asker(m: &mut Maker, key: &str) -> About {
    m.func("map_has", 2, &format!("(ref, {key}) bool"), "%2:bool = map_has %0, %1 return move %2")
}

fn setter(m: &mut Maker, key: &str, value: &str) -> About {
    let body = "map_set %0, %1, %2 %3:i64 = int 7 return move %3";
    m.func("map_set", 3, &format!("(ref, {key}, {value}) i64"), body)
}

/// Maps that are searched entry by entry and maps with an index; `1` and `"1"` are different keys.
fn reads(m: &mut Maker, rep: &str, keys: &[Datum]) {
    let (get, get_ref, has) = (getter(m, rep, "any"), getter(m, rep, "ref"), asker(m, rep));
    for few in [1, 4, keys.len()] {
        let (inside, outside) = keys.split_at(few);
        let all = Datum::Map(numbered(inside));
        for (i, key) in inside.iter().enumerate() {
            m.gives(get, vec![all.clone(), key.clone()], Datum::Int(i as i64));
            m.gives(has, vec![all.clone(), key.clone()], Datum::Bool(true));
        }
        for key in outside {
            m.gives(get, vec![all.clone(), key.clone()], Datum::Null);
            m.gives(has, vec![all.clone(), key.clone()], Datum::Bool(false));
        }
    }
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return };
    let things = Datum::Map(vec![(first.clone(), some_thing())]);
    m.gives(get_ref, vec![things.clone(), first.clone()], some_thing());
    m.gives(get_ref, vec![things, last.clone()], Datum::Null);
    let others = Datum::Map(vec![(text("1"), Datum::Int(5)), (Datum::Int(1), Datum::Int(6))]);
    let own = if rep == "ref" { (text("1"), Datum::Int(5)) } else { (Datum::Int(1), Datum::Int(6)) };
    m.gives(get, vec![others, own.0], own.1);
}

fn writes(m: &mut Maker, rep: &str, keys: &[Datum]) {
    let values: [(&str, Vec<Datum>); 5] = [
        ("i64", vec![Datum::Int(i64::MIN)]),
        ("f64", vec![float(-0.0)]),
        ("bool", vec![Datum::Bool(true)]),
        ("ref", vec![Datum::Null, text("a value"), some_thing()]),
        ("any", vec![Datum::Void, Datum::Null, Datum::Int(9), float(9.5), text("é")]),
    ];
    for (of, values) in values {
        let set = setter(m, rep, of);
        for value in values {
            for few in [0, 1, keys.len() - 1] {
                // The first key, if it is there, keeps its place and its old value dies; the last one is new.
                let mut before = numbered(&keys[..few]);
                if let Some(first) = before.first_mut() {
                    first.1 = some_thing();
                }
                for key in keys.first().into_iter().chain(keys.last()) {
                    let mut after = before.clone();
                    match after.iter_mut().find(|entry| entry.0 == *key) {
                        Some(entry) => entry.1 = value.clone(),
                        None => after.push((key.clone(), value.clone())),
                    }
                    let args = vec![Datum::Map(before.clone()), key.clone(), value.clone()];
                    let seen = vec![Datum::Map(after), key.clone(), value.clone()];
                    m.case(set, args, End::Value(Datum::Int(7)), seen);
                }
            }
        }
    }
}

/// Boxes are the same key only when they are the same box.
fn by_identity(m: &mut Maker) {
    for rep in ["ref", "any"] {
        let body = format!(
            "%2:i64 = int 3 map_set %0, %1, %2 unwind bb1(exc) %3:{rep} = lend %1 %4:any = map_get %0, %3 unwind bb1(exc)
             %5:any = retain %4 return move %5
             bb1(%6:any): rethrow move %6"
        );
        let same = m.func("map_get", 2, &format!("(ref, {rep}) any"), &body);
        let has = asker(m, rep);
        for key in [some_thing(), Datum::Array(vec![])] {
            let seen = vec![Datum::Map(vec![(key.clone(), Datum::Int(3))]), key.clone()];
            m.case(same, vec![Datum::Map(vec![]), key.clone()], End::Value(Datum::Int(3)), seen);
            let alike = Datum::Map(vec![(key.clone(), Datum::Int(1))]);
            m.gives(has, vec![alike, key], Datum::Bool(false));
        }
    }
}

/// What is no key is refused, whatever is done.
fn no_keys(m: &mut Maker) {
    let (get, has, set) = (getter(m, "any", "any"), asker(m, "any"), setter(m, "any", "i64"));
    for (key, name) in [(float(1.0), "FloatBox"), (Datum::Void, "VoidBox"), (Datum::Null, "NullBox")] {
        let message = format!("{name} cannot be the key of a MapBox");
        for all in [Datum::Map(vec![]), Datum::Map(vec![(Datum::Int(1), text("a longer text"))])] {
            m.throws(get, vec![all.clone(), key.clone()], "TypeError", &message);
            m.throws(has, vec![all.clone(), key.clone()], "TypeError", &message);
            m.throws(set, vec![all, key.clone(), Datum::Int(5)], "TypeError", &message);
        }
    }
    let (get, all) = (getter(m, "ref", "any"), Datum::Map(vec![(text("null"), Datum::Int(1))]));
    m.throws(get, vec![all, Datum::Null], "TypeError", "NullBox cannot be the key of a MapBox");
}
