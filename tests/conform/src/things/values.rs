//! Boxes, references, strings, variables and calls.

use mir::inst::FuncId;
use nyrt::value::class_id;

use super::{About, Maker, builtin, ints};
use crate::{Datum, End, corner, float, text};

/// Values that are references or nothing, without those of which there may be only one in the heap.
fn references() -> Vec<Datum> {
    vec![
        Datum::Null,
        text("a longer text"),
        Datum::Array(vec![]),
        super::some_thing(),
        Datum::Closure(1, vec![Datum::Int(1), Datum::Null]),
    ]
}

pub(super) fn add(m: &mut Maker) {
    identity(m);
    boxes(m);
    ends(m);
    strings(m);
    variables(m);
    calls(m);
    given(m);
}

fn identity(m: &mut Maker) {
    let req = m.func("req", 2, "(ref, ref) bool", "%2:bool = req %0, %1 return move %2");
    for a in references() {
        for b in references() {
            let both_zero = a == Datum::Null && b == Datum::Null;
            m.gives(req, vec![a.clone(), b], Datum::Bool(both_zero));
        }
        m.gives(req, vec![a, Datum::Same(0)], Datum::Bool(true));
    }
    let rzero = m.func("rzero", 1, "(ref) bool", "%1:bool = rzero %0 return move %1");
    for a in references() {
        m.gives(rzero, vec![a.clone()], Datum::Bool(a == Datum::Null));
    }
    let seq = m.func("seq", 2, "(ref, ref) bool", "%2:bool = seq %0, %1 return move %2");
    let texts =
        [Datum::Null, text(""), text("a"), text("b"), text("é"), text("e\u{301}"), text("ab"), text("a\0")];
    for a in &texts {
        for b in &texts {
            m.gives(seq, vec![a.clone(), b.clone()], Datum::Bool(a == b));
        }
        m.gives(seq, vec![a.clone(), Datum::Same(0)], Datum::Bool(true));
    }
    let is = "%1:bool = class_is %0, class0";
    for (rep, body) in [
        ("ref", format!("{is} return move %1")),
        ("any", format!("{is} return move %1")),
        ("ref", branching(is)),
        ("any", branching(is)),
    ] {
        let class_is = m.func("class_is", 1, &format!("({rep}) bool"), &body);
        m.gives(class_is, vec![super::some_thing()], Datum::Bool(true));
        m.gives(class_is, vec![Datum::Dead(0)], Datum::Bool(true));
        // Exactly this class, not one that comes from it.
        m.gives(class_is, vec![Datum::Dead(1)], Datum::Bool(false));
        for other in [Datum::Null, text("Thing"), Datum::Array(vec![]), Datum::Closure(1, vec![])] {
            m.gives(class_is, vec![other], Datum::Bool(false));
        }
        if rep == "any" {
            for other in [Datum::Void, Datum::Int(0), float(1.0), Datum::Bool(true)] {
                m.gives(class_is, vec![other], Datum::Bool(false));
            }
        }
    }
    let closure_is = m.func("closure_is", 1, "(ref) bool", "%1:bool = closure_is %0, @1 return move %1");
    let captured = vec![Datum::Int(4), Datum::Null];
    m.gives(closure_is, vec![Datum::Closure(1, captured.clone())], Datum::Bool(true));
    m.gives(closure_is, vec![Datum::Closure(2, captured)], Datum::Bool(false));
    for other in [Datum::Null, text("adder"), Datum::Array(vec![]), Datum::Dead(0)] {
        m.gives(closure_is, vec![other], Datum::Bool(false));
    }
}

/// A body that says by a branch what `%1` is.
fn branching(test: &str) -> String {
    format!(
        "{test} branch %1, bb1, bb2
         bb1: %2:bool = bool true return move %2
         bb2: %3:bool = bool false return move %3"
    )
}

fn boxes(m: &mut Maker) {
    for (void, nothing) in [("true", Datum::Void), ("false", Datum::Null)] {
        let body = format!("%1:any = box_ref %0, {void} %2:any = retain %1 return move %2");
        let box_ref = m.func("box_ref", 1, "(ref) any", &body);
        let body = format!("%1:ref = retain %0 %2:any = box_move move %1, {void} return move %2");
        let box_move = m.func("box_move", 1, "(ref) any", &body);
        for a in references() {
            let boxed = if a == Datum::Null { nothing.clone() } else { a.clone() };
            m.gives(box_ref, vec![a.clone()], boxed.clone());
            m.gives(box_move, vec![a], boxed);
        }
    }
    let unbox_ref =
        m.func("unbox_ref", 1, "(any) ref", "%1:ref = unbox_ref %0 %2:ref = retain %1 return move %2");
    let unbox_move =
        m.func("unbox_move", 1, "(any) ref", "%1:any = retain %0 %2:ref = unbox_move move %1 return move %2");
    for a in references().into_iter().chain([Datum::Void]) {
        let zero = if a == Datum::Void { Datum::Null } else { a.clone() };
        m.gives(unbox_ref, vec![a.clone()], zero.clone());
        m.gives(unbox_move, vec![a], zero);
    }
    let literal = "%0:ref = str \"literal\" %1:any = box_lit %0,";
    for (void, nothing) in [("true", Datum::Void), ("false", Datum::Null)] {
        let box_lit = m.func("box_lit", 0, "() any", &format!("{literal} {void} return move %1"));
        m.gives(box_lit, vec![], text("literal"));
        // A zero that only the way to it decides, as the text or nothing of a `match`.
        let body = format!(
            "%1:ref = str \"literal\" %2:ref = null branch %0, bb1(%1), bb1(%2)
             bb1(%3:ref): %4:any = box_lit %3, {void} return move %4"
        );
        let box_lit = m.func("box_lit", 1, "(bool) any", &body);
        m.gives(box_lit, vec![Datum::Bool(true)], text("literal"));
        m.gives(box_lit, vec![Datum::Bool(false)], nothing);
    }
    let unbox_lit =
        m.func("unbox_lit", 0, "() ref", &format!("{literal} false %2:ref = unbox_lit %1 return move %2"));
    m.gives(unbox_lit, vec![], text("literal"));
    let none = m.func("unbox_lit", 0, "() ref", "%0:any = void %1:ref = unbox_lit %0 return move %1");
    m.gives(none, vec![], Datum::Null);
    let unbox_i = m.func("unbox_i", 1, "(any) i64", "%1:i64 = unbox_i %0 return move %1");
    for n in corner::INTS {
        m.gives(unbox_i, vec![Datum::Int(n)], Datum::Int(n));
    }
    let unbox_f = m.func("unbox_f", 1, "(any) f64", "%1:f64 = unbox_f %0 return move %1");
    for x in corner::FLOATS {
        m.gives(unbox_f, vec![float(x)], float(x));
    }
    let unbox_b = m.func("unbox_b", 1, "(any) bool", "%1:bool = unbox_b %0 return move %1");
    for b in [false, true] {
        m.gives(unbox_b, vec![Datum::Bool(b)], Datum::Bool(b));
    }
    m.gives(unbox_b, vec![Datum::Null], Datum::Bool(false));
    m.gives(unbox_b, vec![Datum::Void], Datum::Bool(false));
}

/// Values that end, and those that only seem to.
fn ends(m: &mut Maker) {
    let lend = m.func("lend", 1, "(ref) ref", "%1:ref = lend %0 %2:ref = retain %1 return move %2");
    for a in references() {
        m.gives(lend, vec![a.clone()], a);
    }
    let lend = m.func("lend", 1, "(any) any", "%1:any = lend %0 %2:any = retain %1 return move %2");
    for a in corner::any() {
        m.gives(lend, vec![corner_thing(&a)], corner_thing(&a));
    }
    let plain = m.func("plain", 1, "(any) any", "%1:any = plain %0 return move %1");
    for a in [Datum::Void, Datum::Null, Datum::Int(i64::MIN), float(-0.0), Datum::Bool(false)] {
        m.gives(plain, vec![a.clone()], a);
    }
    let forget =
        m.func("forget", 1, "(any) i64", "%1:any = retain %0 forget move %1 %2:i64 = int 7 return move %2");
    for a in [Datum::Void, Datum::Null, Datum::Int(i64::MAX), float(0.5), Datum::Bool(true)] {
        m.gives(forget, vec![a], Datum::Int(7));
    }
    let zero = m.func("forget", 0, "() i64", "%0:ref = null forget move %0 %1:i64 = int 7 return move %1");
    m.gives(zero, vec![], Datum::Int(7));
    let quiet = "%1:ref = retain %0 release_quiet move %1 %2:i64 = int 7 return move %2";
    let release_quiet = m.func("release_quiet", 1, "(ref) i64", quiet);
    for a in references() {
        m.gives(release_quiet, vec![a], Datum::Int(7));
    }
    let dies = "%0:ref = new_object class0 release_quiet move %0 %1:i64 = int 7 return move %1";
    let last = m.func("release_quiet", 0, "() i64", dies);
    m.gives(last, vec![], Datum::Int(7));
}

fn strings(m: &mut Maker) {
    let str_len = m.func("str_len", 1, "(ref) i64", "%1:i64 = str_len %0 return move %1");
    for (s, n) in [("", 0), ("a", 1), ("é", 1), ("e\u{301}", 2), ("日本語", 3), ("👍🏽", 2), ("a\0b", 3)]
    {
        m.gives(str_len, vec![text(s)], Datum::Int(n));
    }
    // The string that is appended to is the argument, which others have too.
    let shared =
        "%2:ref = retain %0 %3:ref = append %2, %1 unwind bb1(exc, %2) release_quiet move %2 return move %3
                  bb1(%4:any, %5:ref): release_unwinding move %5 rethrow move %4";
    let shared = m.func("append", 2, "(ref, any) ref", shared);
    // The string is one that nobody else has, made by another one from a literal.
    let own = "%1:ref = str \"ab\" %2:ref = append %1, %0
               %3:ref = append %2, %0 unwind bb1(exc, %2) release_quiet move %2 return move %3
               bb1(%4:any, %5:ref): release_unwinding move %5 rethrow move %4";
    let own = m.func("append", 1, "(any) ref", own);
    let long = "a longer text that has no room where it is";
    let ends = [
        (text(""), ""),
        (text("a"), "a"),
        (text("é"), "é"),
        (text(long), long),
        (Datum::Int(0), "0"),
        (Datum::Int(i64::MIN), "-9223372036854775808"),
        (Datum::Bool(true), "true"),
        (float(2.5), "2.5"),
        (float(3.0), "3"),
        (Datum::Null, "null"),
        (Datum::Void, "void"),
    ];
    for (end, shown) in ends {
        for begin in ["", "a", "é", long] {
            m.gives(shared, vec![text(begin), end.clone()], text(&format!("{begin}{shown}")));
        }
        m.gives(own, vec![end], text(&format!("ab{shown}{shown}")));
    }
    m.gives(shared, vec![text(long), Datum::Same(0)], text(&format!("{long}{long}")));
}

fn variables(m: &mut Maker) {
    let cell = |d: Datum| Datum::Cell(Box::new(d));
    let cell_of = m.func("cell_of", 1, "(any) ref", "%1:ref = cell_of %0 return move %1");
    let get = m.func("cell_get", 1, "(ref) any", "%1:any = cell_get %0 %2:any = retain %1 return move %2");
    let set = "%2:any = retain %1 cell_set %0, move %2 %3:i64 = int 7 return move %3";
    let set = m.func("cell_set", 2, "(ref, any) i64", set);
    for a in corner::any() {
        m.gives(cell_of, vec![corner_thing(&a)], cell(corner_thing(&a)));
        m.gives(get, vec![cell(corner_thing(&a))], corner_thing(&a));
        for b in [Datum::Int(1), text("another longer text"), Datum::Void] {
            let (old, new) = (cell(b), corner_thing(&a));
            m.case(set, vec![old, new.clone()], End::Value(Datum::Int(7)), vec![cell(new.clone()), new]);
        }
    }
    let cell_of_f = m.func("cell_of", 1, "(f64) ref", "%1:ref = cell_of %0 return move %1");
    m.gives(cell_of_f, vec![float(-0.5)], cell(float(-0.5)));
    let cell_of_r = m.func("cell_of", 1, "(ref) ref", "%1:ref = cell_of %0 return move %1");
    for a in references() {
        m.gives(cell_of_r, vec![a.clone()], cell(a));
    }
    let get_i = m.func("cell_get", 1, "(ref) i64", "%1:i64 = cell_get %0 return move %1");
    m.gives(get_i, vec![cell(Datum::Int(i64::MIN))], Datum::Int(i64::MIN));
    let set_i = "cell_set %0, move %1 %2:i64 = cell_get %0 return move %2";
    let set_i = m.func("cell_set", 2, "(ref, i64) i64", set_i);
    let after = vec![cell(Datum::Int(5)), Datum::Int(5)];
    m.case(set_i, vec![cell(Datum::Int(1)), Datum::Int(5)], End::Value(Datum::Int(5)), after);

    let never = m.func("global_get", 0, "() i64", "%0:i64 = global_get $0 return move %0");
    m.throws(never, vec![], "UndefinedVariable", "Variable 'never' is not defined");
    let number =
        m.func("global_set", 1, "(i64) i64", "global_set $1, move %0 %1:i64 = global_get $1 return move %1");
    for n in corner::INTS {
        m.gives(number, vec![Datum::Int(n)], Datum::Int(n));
    }
    // The old box dies when the variable gets another value.
    let refs = "%1:ref = retain %0 global_set $2, move %1 %2:ref = global_get $2 %3:ref = retain %2
                %4:ref = null global_set $2, move %4 unwind bb1(exc, %3) return move %3
                bb1(%5:any, %6:ref): release_unwinding move %6 rethrow move %5";
    let refs = m.func("global_get", 1, "(ref) ref", refs);
    for a in references() {
        m.gives(refs, vec![a.clone()], a);
    }

    let adder = About { row: "capture_get", func: FuncId(1) };
    for n in [0, 1, i64::MAX] {
        let closure = Datum::Closure(1, vec![Datum::Int(1), Datum::Null]);
        m.closure(adder, closure, vec![Datum::Int(n)], Datum::Int(n.wrapping_add(1)));
    }
    let second = About { row: "capture_get", func: FuncId(2) };
    for a in references() {
        m.closure(second, Datum::Closure(2, vec![Datum::Int(1), a.clone()]), vec![], a);
    }
}

/// Corner values whose object is of the class that is meant elsewhere.
fn corner_thing(d: &Datum) -> Datum {
    if matches!(d, Datum::Object(..)) { super::some_thing() } else { d.clone() }
}

fn calls(m: &mut Maker) {
    let closure_of =
        m.func("closure_of", 2, "(any, any) ref", "%2:ref = closure_of @1 (%0, %1) return move %2");
    for a in references() {
        let captured = vec![Datum::Int(3), a.clone()];
        m.gives(closure_of, captured.clone(), Datum::Closure(1, captured));
    }
    let scalars = m.func("closure_of", 2, "(i64, ref) ref", "%2:ref = closure_of @1 (%0, %1) return move %2");
    for a in references() {
        let captured = vec![Datum::Int(i64::MIN), a.clone()];
        m.gives(scalars, captured.clone(), Datum::Closure(1, captured));
    }
    let closure =
        "%2:ref = call_closure %0, @2 () unwind bb1(exc) %3:i64 = call_direct @3 (%1) unwind bb2(exc, %2)
                   return move %2
                   bb1(%4:any): rethrow move %4
                   bb2(%5:any, %6:ref): release_unwinding move %6 rethrow move %5";
    let call_closure = m.func("call_closure", 2, "(ref, i64) ref", closure);
    for a in references() {
        let closure = Datum::Closure(2, vec![Datum::Int(3), a.clone()]);
        m.gives(call_closure, vec![closure.clone(), Datum::Int(1)], a);
        // What the call gave is released when the next one throws.
        m.throws(
            call_closure,
            vec![closure, Datum::Int(99)],
            "StackOverflow",
            "More than 50 calls are nested",
        );
    }
    // Called from outside a function that lends gives a result of its own.
    for (rep, values) in [("ref", references()), ("any", corner::any().iter().map(corner_thing).collect())] {
        let lends = m.func("return_lent", 1, &format!("({rep}) {rep}"), "return_lent %0");
        let lender = lends.func.0;
        let body = format!("%1:{rep} = call_lent @{lender} (%0) %2:{rep} = retain %1 return move %2");
        let calls = m.func("call_lent", 1, &format!("({rep}) {rep}"), &body);
        let passes = format!("%1:{rep} = call_lent @{lender} (%0) return_lent %1");
        let passes = m.func("call_lent", 1, &format!("({rep}) {rep}"), &passes);
        for a in values {
            for f in [lends, calls, passes] {
                m.gives(f, vec![a.clone()], a.clone());
            }
        }
    }
    let half = m.func("call_direct", 1, "(i64) f64", "%1:f64 = call_direct @0 (%0) return move %1");
    for (n, x) in [(0, 0.0), (3, 1.5), (-1, -0.5)] {
        m.gives(half, vec![Datum::Int(n)], float(x));
    }
    // The exception of a call is caught; the answer tells.
    let caught =
        "%1:ref = call_direct @5 (%0) unwind bb1(exc) release_quiet move %1 %2:i64 = int 1 return move %2
                  bb1(%3:any): %4:bool = is_caught %3, \"DivisionByZero\" release_unwinding move %3
                  branch %4, bb2, bb3
                  bb2: %5:i64 = int 2 return move %5
                  bb3: %6:i64 = int 3 return move %6";
    let caught = m.func("call_direct", 1, "(ref) i64", caught);
    m.gives(caught, vec![ints([1])], Datum::Int(2));
    // At most 50 activations: a call of `down` with n makes n + 1 of them.
    let down = About { row: "call_direct", func: FuncId(3) };
    for n in [0, 1, 49] {
        m.gives(down, vec![Datum::Int(n)], Datum::Int(n));
    }
    m.throws(down, vec![Datum::Int(50)], "StackOverflow", "More than 50 calls are nested");
    // An inlined call counts as one.
    let below = About { row: "inlined", func: FuncId(4) };
    m.gives(below, vec![Datum::Int(48)], Datum::Int(0));
    m.throws(below, vec![Datum::Int(49)], "StackOverflow", "More than 50 calls are nested");

    let abs = builtin(class_id::FLOAT, "abs");
    for rep in ["f64", "any"] {
        let body = format!("%1:{rep} = call_native builtin{abs} (%0) return move %1");
        let abs = m.func("call_native", 1, &format!("({rep}) {rep}"), &body);
        m.gives(abs, vec![float(-2.5)], float(2.5));
        m.gives(abs, vec![float(-0.0)], float(0.0));
    }
    natives(m);
}

/// Builtins with receivers, arguments and results in every representation.
fn natives(m: &mut Maker) {
    let index_of = builtin(class_id::STRING, "indexOf");
    let body = |rep: &str| format!("%3:{rep} = call_native builtin{index_of} (%0, %1, %2) return move %3");
    let find = m.func("call_native", 3, "(ref, ref, i64) i64", &body("i64"));
    let find_any = m.func("call_native", 3, "(any, any, any) any", &body("any"));
    let wrong = "StringBox.find: argument 2 (from) must be an IntegerBox, got FloatBox";
    for f in [find, find_any] {
        m.gives(f, vec![text("a longer text"), text("e"), Datum::Int(0)], Datum::Int(6));
        m.gives(f, vec![text("a longer text"), text("e"), Datum::Int(7)], Datum::Int(10));
        m.gives(f, vec![text("éé"), text("x"), Datum::Int(-1)], Datum::Int(-1));
    }
    m.throws(find_any, vec![text("a"), text("a"), float(1.0)], "TypeError", wrong);
    let char_at = builtin(class_id::STRING, "charAt");
    let body = format!("%2:ref = call_native builtin{char_at} (%0, %1) return move %2");
    let char_at = m.func("call_native", 2, "(ref, i64) ref", &body);
    for (at, c) in [(0, text("x")), (1, text("é")), (2, Datum::Null), (-1, Datum::Null)] {
        m.gives(char_at, vec![text("xé"), Datum::Int(at)], c);
    }
    let starts = builtin(class_id::STRING, "startsWith");
    let body = format!("%2:bool = call_native builtin{starts} (%0, %1) return move %2");
    let starts = m.func("call_native", 2, "(ref, ref) bool", &body);
    m.gives(starts, vec![text("a longer text"), text("a long")], Datum::Bool(true));
    m.gives(starts, vec![text("a longer text"), text("long")], Datum::Bool(false));
    let and = builtin(class_id::BOOL, "and");
    let body = format!("%2:bool = call_native builtin{and} (%0, %1) return move %2");
    let and = m.func("call_native", 2, "(bool, any) bool", &body);
    for (a, b, both) in [(true, Datum::Int(1), true), (true, text(""), false), (false, text("a"), false)] {
        m.gives(and, vec![Datum::Bool(a), b], Datum::Bool(both));
    }
    let clear = builtin(class_id::ARRAY, "clear");
    let body = format!("%1:unit = call_native builtin{clear} (%0) %2:i64 = int 7 return move %2");
    let clear = m.func("call_native", 1, "(ref) i64", &body);
    let emptied = vec![Datum::Array(vec![])];
    m.case(
        clear,
        vec![Datum::Array(vec![text("a longer text"), text("é")])],
        End::Value(Datum::Int(7)),
        emptied,
    );
}

/// Calls that bring counts along, and functions that take them.
fn given(m: &mut Maker) {
    // Kept in an array. Called from outside it takes a count of its own.
    let body = "%2:ref = take %0 arr_push_move %1, move %2 unwind bb1(exc) %3:ref = retain %1 return move %3
                bb1(%4:any): release_quiet move %2 rethrow move %4";
    let keeps = m.func("take", 2, "(ref, ref) ref", body);
    let body =
        format!("%2:ref = retain %0 %3:ref = call_giving @{} (%2, %1), 1 return move %3", keeps.func.0);
    let gives = m.func("call_giving", 2, "(ref, ref) ref", &body);
    for a in references() {
        for f in [keeps, gives] {
            let kept = Datum::Array(vec![a.clone()]);
            m.case(f, vec![a.clone(), Datum::Array(vec![])], End::Value(kept.clone()), vec![a.clone(), kept]);
        }
    }
    // Neither kept nor thrown back: gone.
    let body = "%2:ref = take %0 %3:ref = take %1 release_quiet move %3 %4:i64 = int 0
                %5:i64 = idiv %4, %4 unwind bb1(exc) release_quiet move %2 return move %5
                bb1(%6:any): release_quiet move %2 rethrow move %6";
    let fails = m.func("take", 2, "(ref, ref) i64", body);
    let body = format!(
        "%2:ref = retain %0 %3:ref = retain %1 %4:i64 = call_giving @{} (%2, %3), 3 return move %4",
        fails.func.0
    );
    let gives = m.func("call_giving", 2, "(ref, ref) i64", &body);
    for a in references() {
        for f in [fails, gives] {
            m.throws(f, vec![a.clone(), Datum::Same(0)], "DivisionByZero", "Division by zero");
        }
    }
    // A call that does not happen takes what it is given, too. The second parameter stays with who has it.
    let id = m.next;
    let body = format!(
        "%3:ref = take %2 %4:i64 = int 0 %5:bool = ieq %0, %4 branch %5, bb1, bb2
         bb1: release_quiet move %3 return move %0
         bb2: %6:i64 = int 1 %7:i64 = isub %0, %6 %8:i64 = call_giving @{id} (%7, %1, %3), 4
         %9:i64 = iadd %8, %6 return move %9"
    );
    let down = m.func("call_giving", 3, "(i64, ref, ref) i64", &body);
    for a in references() {
        for n in [0, 1, 49] {
            m.gives(down, vec![Datum::Int(n), a.clone(), Datum::Same(1)], Datum::Int(n));
        }
        let args = vec![Datum::Int(50), a, Datum::Same(1)];
        m.throws(down, args, "StackOverflow", "More than 50 calls are nested");
    }
}
