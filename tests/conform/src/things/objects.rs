//! Fields and what is tested before they are used.

use super::{Maker, some_thing, thing};
use crate::{Datum, End, corner, float, text};

pub(super) fn add(m: &mut Maker) {
    checks(m);
    loads(m);
    stores(m);
}

fn checks(m: &mut Maker) {
    for (void, nothing) in [("true", "void"), ("false", "null")] {
        for action in 0..3 {
            let body = format!("check %0, {action}, \"n\", {void} %1:i64 = int 7 return move %1");
            let check = m.func("check", 1, "(ref) i64", &body);
            for a in [some_thing(), text("a"), Datum::Array(vec![])] {
                m.gives(check, vec![a], Datum::Int(7));
            }
            let message = match action {
                2 => format!("Method 'n' called on {nothing}"),
                _ => format!("Field 'n' of {nothing}"),
            };
            m.throws(check, vec![Datum::Null], "NullReference", &message);
        }
    }
    let alive = m.func("check_alive", 1, "(ref) i64", "check_alive %0 %1:i64 = int 7 return move %1");
    for a in [some_thing(), text("a"), Datum::Array(vec![])] {
        m.gives(alive, vec![a], Datum::Int(7));
    }
    m.throws(alive, vec![Datum::Dead(0)], "UseAfterFini", "Thing is used after fini");
    m.throws(alive, vec![Datum::Dead(1)], "UseAfterFini", "Derived is used after fini");
}

fn loads(m: &mut Maker) {
    let number = |field: &str, rep: &str| format!("%1:{rep} = load %0, class0, \"{field}\" return move %1");
    let counted = |field: &str, rep: &str| {
        format!("%1:{rep} = load %0, class0, \"{field}\" %2:{rep} = retain %1 return move %2")
    };
    let n = m.func("load", 1, "(ref) i64", &number("n", "i64"));
    for value in corner::INTS {
        m.gives(n, vec![thing(value, 0.0, false, Datum::Null, Datum::Void)], Datum::Int(value));
    }
    let x = m.func("load", 1, "(ref) f64", &number("x", "f64"));
    for value in corner::FLOATS {
        m.gives(x, vec![thing(0, value, false, Datum::Null, Datum::Void)], float(value));
    }
    let b = m.func("load", 1, "(ref) bool", &number("b", "bool"));
    for value in [false, true] {
        m.gives(b, vec![thing(-1, 1.0, value, Datum::Null, Datum::Void)], Datum::Bool(value));
    }
    let next = m.func("load", 1, "(ref) ref", &counted("next", "ref"));
    for value in [Datum::Null, text("a longer text"), some_thing(), Datum::Array(vec![Datum::Int(1)])] {
        m.gives(next, vec![thing(-1, 1.0, true, value.clone(), Datum::Void)], value);
    }
    let any = m.func("load", 1, "(ref) any", &counted("any", "any"));
    for value in
        [Datum::Void, Datum::Null, Datum::Int(-1), float(0.5), Datum::Bool(true), text("é"), some_thing()]
    {
        m.gives(any, vec![thing(-1, 1.0, true, Datum::Null, value.clone())], value);
    }
    // The fields of a parent lie where they lie in the parent.
    let Datum::Object(_, mut fields) = some_thing() else { return };
    fields.push(text("extra"));
    let derived = Datum::Object(1, fields);
    m.gives(n, vec![derived.clone()], Datum::Int(i64::MIN));
    m.gives(x, vec![derived.clone()], float(-0.0));
    m.gives(next, vec![derived.clone()], text("next"));
    let extra = "%1:any = load %0, class1, \"extra\" %2:any = retain %1 return move %2";
    let extra = m.func("load", 1, "(ref) any", extra);
    m.gives(extra, vec![derived], text("extra"));
    // What a new object has.
    let fresh = |field: &str, rep: &str| {
        format!(
            "%0:ref = new_object class0 %1:{rep} = load %0, class0, \"{field}\" %2:{rep} = retain %1 release_quiet move %0 return move %2"
        )
    };
    let new = m.func("load", 0, "() ref", &fresh("next", "ref"));
    m.gives(new, vec![], Datum::Null);
    let new = m.func("load", 0, "() any", &fresh("any", "any"));
    m.gives(new, vec![], Datum::Void);
}

fn stores(m: &mut Maker) {
    let raw = |field: &str| format!("store_raw %0, class0, \"{field}\", %1 %2:i64 = int 7 return move %2");
    let done = || End::Value(Datum::Int(7));
    let n = m.func("store_raw", 2, "(ref, i64) i64", &raw("n"));
    for value in corner::INTS {
        let after = thing(value, 1.0, true, text("next"), Datum::Int(2));
        let before = thing(3, 1.0, true, text("next"), Datum::Int(2));
        m.case(n, vec![before, Datum::Int(value)], done(), vec![after, Datum::Int(value)]);
    }
    let x = m.func("store_raw", 2, "(ref, f64) i64", &raw("x"));
    for value in corner::FLOATS {
        let after = thing(3, value, true, text("next"), Datum::Int(2));
        let before = thing(3, 1.0, true, text("next"), Datum::Int(2));
        m.case(x, vec![before, float(value)], done(), vec![after, float(value)]);
    }
    let b = m.func("store_raw", 2, "(ref, bool) i64", &raw("b"));
    for value in [false, true] {
        let after = thing(-1, 1.0, value, text("next"), Datum::Int(2));
        let before = thing(-1, 1.0, !value, text("next"), Datum::Int(2));
        m.case(b, vec![before, Datum::Bool(value)], done(), vec![after, Datum::Bool(value)]);
    }
    let counted = |field: &str, rep: &str| {
        format!("%2:{rep} = retain %1 store %0, class0, \"{field}\", move %2 %3:i64 = int 7 return move %3")
    };
    let next = m.func("store", 2, "(ref, ref) i64", &counted("next", "ref"));
    let values = [Datum::Null, text("a longer text"), some_thing(), Datum::Array(vec![Datum::Int(1)])];
    for old in &values {
        for new in &values {
            // The old value dies when nobody else has it.
            let before = thing(1, 2.0, true, old.clone(), Datum::Int(2));
            let after = thing(1, 2.0, true, new.clone(), Datum::Int(2));
            m.case(next, vec![before, new.clone()], done(), vec![after, new.clone()]);
        }
    }
    let any = m.func("store", 2, "(ref, any) i64", &counted("any", "any"));
    let values =
        [Datum::Void, Datum::Null, Datum::Int(-1), float(0.5), Datum::Bool(true), text("é"), some_thing()];
    for old in &values {
        for new in &values {
            let before = thing(1, 2.0, true, Datum::Null, old.clone());
            let after = thing(1, 2.0, true, Datum::Null, new.clone());
            m.case(any, vec![before, new.clone()], done(), vec![after, new.clone()]);
        }
    }
    let swap = "%2:ref = retain %1 %3:ref = swap %0, class0, \"next\", move %2 return move %3";
    let swap = m.func("swap", 2, "(ref, ref) ref", swap);
    let values = [Datum::Null, text("a longer text"), some_thing(), Datum::Array(vec![Datum::Int(1)])];
    for old in &values {
        for new in &values {
            let before = thing(1, 2.0, true, old.clone(), Datum::Int(2));
            let after = thing(1, 2.0, true, new.clone(), Datum::Int(2));
            m.case(swap, vec![before, new.clone()], End::Value(old.clone()), vec![after, new.clone()]);
        }
    }
    // A field that gets back what it has.
    let again = "%1:ref = load %0, class0, \"next\" %2:ref = retain %1 store %0, class0, \"next\", move %2
                 %3:i64 = int 7 return move %3";
    let again = m.func("store", 1, "(ref) i64", again);
    m.case(again, vec![some_thing()], done(), vec![some_thing()]);
}
