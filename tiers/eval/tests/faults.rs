//! What the evaluator refuses: promises of the lowering that are broken, and what needs a machine. And the suite must see
//! wrong functions about references.

mod support;

use conform::{Backend, Datum, End, Suite, Unit, check, float, text, things};
use mir::func::Rep;
use mir::inst::FuncId;
use support::Evaluator;

/// Runs the body of a function.
fn run(params: u32, signature: &str, body: &str, args: &[Datum]) -> End {
    let text = format!(
        "class class0 \"Thing\" {{ field \"n\" field \"w\" weak }}
         class class1 \"Loud\" {{ method \"fini\" @1 0 }}
         class class2 \"Quiet\" {{}}
         func @0 \"f\" user params {params} typed {signature} {{ bb0: {body} }}
         func @1 \"Loud.fini\" user class class1 params 1 me {{ bb0: %1 = void return move %1 }}"
    );
    let unit = Unit::read(&text, &[], &[&[Rep::I64, Rep::Any], &[], &[]]);
    let mut evaluator = Evaluator::default();
    evaluator.load(&unit);
    evaluator.run(FuncId(0), args, None).end
}

#[test]
fn broken_promises() {
    let load = "%1:i64 = load %0, class0, \"n\" return move %1";
    let get = "%2:i64 = arr_get %0, %1 return move %2";
    let ints = Datum::Array(vec![Datum::Int(1)]);
    let other = Datum::Object(2, vec![]);
    let swap = "%2:ref = null %3:ref = arr_swap %0, %1, move %2 return move %3";
    let things = || Datum::Array(vec![Datum::Object(2, vec![])]);
    let cases: [(u32, &str, &str, Vec<Datum>, &str); 18] = [
        (1, "(ref) i64", load, vec![Datum::Null], "%0 is zero"),
        (1, "(ref) i64", load, vec![Datum::Dead(0)], "%0 is dead"),
        (1, "(ref) i64", load, vec![other.clone()], "%0 is of another class"),
        (
            1,
            "(ref) f64",
            "%1:f64 = load %0, class0, \"n\" return move %1",
            vec![Datum::Object(0, vec![])],
            "the field is stored as i64 and used as f64",
        ),
        (
            1,
            "(ref) i64",
            "%1:any = load %0, class0, \"w\" %2:i64 = int 1 return move %2",
            vec![Datum::Object(0, vec![])],
            "the field is weak",
        ),
        (2, "(ref, i64) i64", get, vec![Datum::Null, Datum::Int(0)], "%0 is zero"),
        (2, "(ref, i64) i64", get, vec![ints.clone(), Datum::Int(1)], "outside of an array of numbers"),
        (2, "(ref, i64) i64", get, vec![ints.clone(), Datum::Int(-1)], "outside of an array of numbers"),
        (
            2,
            "(ref, i64) f64",
            "%2:f64 = arr_get %0, %1 return move %2",
            vec![ints, Datum::Int(0)],
            "and not f64",
        ),
        (2, "(ref, i64) ref", swap, vec![Datum::Null, Datum::Int(0)], "%0 is zero"),
        (2, "(ref, i64) ref", swap, vec![things(), Datum::Int(1)], "there is no such element"),
        (2, "(ref, i64) ref", swap, vec![things(), Datum::Int(-1)], "there is no such element"),
        (2, "(ref, i64) ref", swap, vec![Datum::Array(vec![Datum::Int(1)]), Datum::Int(0)], "and not ref"),
        (
            1,
            "(ref) ref",
            "%1:ref = null %2:ref = swap %0, class0, \"n\", move %1 return move %2",
            vec![Datum::Object(0, vec![])],
            "the field is stored as i64 and used as ref",
        ),
        (1, "(any) i64", "%1:i64 = unbox_i %0 return move %1", vec![float(1.0)], "%0 is Any"),
        (1, "(ref) i64", "%1:i64 = str_len %0 return move %1", vec![Datum::Array(vec![])], "must be Str"),
        (
            1,
            "(ref) i64",
            "%1:ref = retain %0 forget move %1 %2:i64 = int 1 return move %2",
            vec![text("a longer text")],
            "it holds a reference",
        ),
        (
            0,
            "() i64",
            "%0:ref = new_object class1 release_quiet move %0 %1:i64 = int 1 return move %1",
            vec![],
            "somebody observes this death",
        ),
    ];
    for (params, signature, body, args, expected) in cases {
        match run(params, signature, body, &args) {
            End::Fault(what) => assert!(what.contains(expected), "{body}: {what}"),
            end => panic!("{body}: {end:?}"),
        }
    }
}

#[test]
fn what_needs_a_machine() {
    let dies = "%0:ref = new_object class1 release move %0 %1:i64 = int 1 return move %1";
    assert_eq!(run(0, "() i64", dies, &[]), End::NotHere("the body of a fini".into()));
    let method = "%1:any = call_method %0, \"m\" () return move %1";
    assert_eq!(run(1, "(any) any", method, &[Datum::Int(1)]), End::NotHere("call_method".into()));
}

#[test]
fn what_does_not_end_is_stopped() {
    let round = "jump bb1 bb1: jump bb1";
    assert_eq!(run(0, "() i64", round, &[]), End::Limit);
}

/// Each of these changes makes functions of the suite wrong, and the suite has to see it.
#[test]
fn the_suite_sees_planted_faults() {
    let planted = [
        ("box_ref %0, true", "box_ref %0, false"),
        ("box_ref %0, false", "box_ref %0, true"),
        ("box_move move %1, true", "box_move move %1, false"),
        ("class_is %0, class0", "class_is %0, class1"),
        ("closure_is %0, @1", "closure_is %0, @2"),
        ("req %0, %1", "req %0, %0"),
        ("seq %0, %1", "req %0, %1"),
        ("seq %0, %1", "seq %1, %1"),
        ("check %0, 0, \"n\", true", "check %0, 2, \"n\", true"),
        ("check %0, 1, \"n\", false", "check %0, 1, \"n\", true"),
        ("check_alive %0", "check %0, 0, \"n\", true"),
        ("load %0, class0, \"next\"", "null"),
        ("capture_get 0", "int 1000"),
        ("capture_get 1", "null"),
        ("bb1: inlined @4 return", "bb1: return"),
        ("arr_set %0, %1, %2", "arr_push %0, %2"),
        ("arr_len %0", "int 3"),
        ("str_len %0", "int 1"),
        ("global_set $1, move %0", "global_set $0, move %0"),
        ("store_raw %0, class0, \"n\", %1", "check_alive %0"),
        ("release_quiet move %0", "forget move %0"),
    ];
    let right = things::suite();
    let mut missed = Vec::new();
    for (from, to) in planted {
        let source = right.unit.source.replace(from, to);
        assert_ne!(source, right.unit.source, "{from} is nowhere");
        let unit = Unit::read(&source, &[Rep::I64, Rep::Ref], &things::FIELDS);
        let changed = Suite { unit, cases: right.cases.clone() };
        if check(&mut Evaluator::default(), &changed, 1).is_empty() {
            missed.push(format!("{from} done as {to}"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
