//! Characters of texts, and texts that become one.

use super::Maker;
use crate::{Datum, End, corner, text};

const TEXTS: [&str; 6] = ["", "a", "a longer text", "é", "añb", "漢🦀x"];

pub(super) fn add(m: &mut Maker) {
    characters(m);
    joins(m);
    appends(m);
}

fn characters(m: &mut Maker) {
    let at = m.func("str_at", 2, "(ref, i64) ref", "%2:ref = str_at %0, %1 return move %2");
    let code = m.func("str_code", 2, "(ref, i64) i64", "%2:i64 = str_code %0, %1 return move %2");
    for all in TEXTS {
        let chars: Vec<char> = all.chars().collect();
        for (i, c) in chars.iter().enumerate() {
            m.gives(at, vec![text(all), Datum::Int(i as i64)], text(&c.to_string()));
            m.gives(code, vec![text(all), Datum::Int(i as i64)], Datum::Int(i64::from(u32::from(*c))));
        }
        for outside in [-1, chars.len() as i64, i64::MAX, i64::MIN, 1 << 32] {
            m.gives(at, vec![text(all), Datum::Int(outside)], Datum::Null);
            m.gives(code, vec![text(all), Datum::Int(outside)], Datum::Int(-1));
        }
    }
}

fn joins(m: &mut Maker) {
    let body = "%2:ref = str_join %0, %1 return move %2";
    let both = m.func("str_join", 2, "(ref, ref) ref", body);
    let with_int = m.func("str_join", 2, "(ref, i64) ref", body);
    let after_int = m.func("str_join", 2, "(i64, ref) ref", body);
    let any = m.func("str_join", 2, "(any, any) ref", body);
    for a in TEXTS {
        for b in TEXTS {
            let joined = text(&[a, b].concat());
            m.gives(both, vec![text(a), text(b)], joined.clone());
            m.gives(any, vec![text(a), text(b)], joined);
        }
        m.gives(both, vec![text(a), Datum::Same(0)], text(&[a, a].concat()));
        for n in corner::INTS {
            // `to_string` of the standard library is the independent computation.
            let number = n.to_string();
            m.gives(with_int, vec![text(a), Datum::Int(n)], text(&[a, &number].concat()));
            m.gives(after_int, vec![Datum::Int(n), text(a)], text(&[&number, a].concat()));
        }
    }
}

/// What is appended is known: the string that grows is one that nobody else has, or one that its owner keeps.
fn appends(m: &mut Maker) {
    let values: [(&str, Vec<(Datum, &str)>); 2] = [
        ("i64", vec![(Datum::Int(i64::MIN), "-9223372036854775808"), (Datum::Int(7), "7")]),
        ("ref", TEXTS.map(|t| (text(t), t)).into_iter().chain([(Datum::Null, "null")]).collect()),
    ];
    for (rep, values) in values {
        let shared = "%2:ref = retain %0 %3:ref = append %2, %1 unwind bb1(exc, %2) release_quiet move %2
                      return move %3 bb1(%4:any, %5:ref): release_quiet move %5 rethrow move %4";
        let shared = m.func("append", 2, &format!("(ref, {rep}) ref"), shared);
        let own = "%2:ref = str_join %0, %0 %3:ref = append %2, %1 unwind bb1(exc, %2) release_quiet move %2
                   return move %3 bb1(%4:any, %5:ref): release_quiet move %5 rethrow move %4";
        let own = m.func("append", 2, &format!("(ref, {rep}) ref"), own);
        for (value, as_text) in values {
            for a in TEXTS {
                let right = text(&[a, as_text].concat());
                m.case(shared, vec![text(a), value.clone()], End::Value(right), vec![text(a), value.clone()]);
                m.gives(own, vec![text(a), value.clone()], text(&[a, a, as_text].concat()));
            }
        }
    }
}
