//! The checks that need only the tree: sections 10, 12, 16 and 21 of the language page.

use crate::common::{parse, right};

#[test]
fn jumps_outside_of_loops() {
    let table = [
        ("break", "1:1 E0304 `break` outside a loop"),
        ("if a { continue }", "1:8 E0304 `continue` outside a loop"),
        ("loop { f(fn() { break }) }", "1:17 E0304 `break` outside a loop"),
        ("loop { function f() { continue } }", "1:23 E0304 `continue` outside a loop"),
        ("loop { box B { m() { break } } }", "1:22 E0304 `break` outside a loop"),
        ("x = match a { 1 => { break } }", "1:22 E0304 `break` outside a loop"),
    ];
    for (text, expected) in table {
        assert_eq!(parse(text).messages(), [expected], "{text}");
    }
    right("loop { if a { break } else { { continue } } }");
    right("loop { x = match a { 1 => { break } } }");
    right("loop { try { break } catch { continue } finally { break } }");
}

#[test]
fn ways_out_of_fini_blocks() {
    let table = [
        ("fini { return }", "1:8 E0305 `return` leaves a `fini` block"),
        ("fini { throw 1 }", "1:8 E0305 `throw` leaves a `fini` block"),
        ("loop { fini { break } }", "1:15 E0305 `break` leaves a `fini` block"),
        ("loop { fini { if a { continue } } }", "1:22 E0305 `continue` leaves a `fini` block"),
        ("local x = 1 fini { return x }", "1:20 E0305 `return` leaves a `fini` block"),
        ("fini { loop { return } }", "1:15 E0305 `return` leaves a `fini` block"),
        ("fini { try { } catch { throw 1 } }", "1:24 E0305 `throw` leaves a `fini` block"),
        ("fini { break }", "1:8 E0304 `break` outside a loop"),
    ];
    for (text, expected) in table {
        assert_eq!(parse(text).messages(), [expected], "{text}");
    }
    right("fini { loop { break } loop { continue } }");
    right("loop { fini { loop { break } } }");
    right("fini { f(fn() { return 1 }) }");
    right("fini { f(fn() { throw 1 }) }");
    right("fini { try { throw 1 } catch { } }");
    right("box B { fini() { return } }");
}

#[test]
fn me_outside_of_methods() {
    for text in [
        "me",
        "x = me.y",
        "function f() { return me }",
        "f = fn() { return this.x }",
        "function f() { g(fn() { me.x = 1 }) }",
        "loop { if me { } }",
        "box B { static m() { return me } }",
        "box B { static m() { return fn() { return this } } }",
        "static box S { } static function S.m() { return me }",
    ] {
        assert_eq!(parse(text).codes(), ["E0303"], "{text}");
    }
    right("box B { x = me.y\nbirth() { me.x = 1 } m() { return fn() { return me } } }");
    right("static box S { static { me.x = 1 } main() { function f() { return me } } }");
    right("static box S { static m() { return me } }");
    right("box B { static m() { box C { n() { return me } } } }");
}

#[test]
fn several_findings_in_order() {
    let s = parse("break\nprint(me)\nfini { return }\ncontinue");
    assert_eq!(s.codes(), ["E0304", "E0303", "E0305", "E0304"]);
}

#[test]
fn checks_wait_for_a_sound_tree() {
    // The `}` too many moves `break` out of its loop; saying so would mislead.
    let s = parse("loop {\n  if a { } }\n  break\n}\n");
    assert_eq!(s.codes(), ["E0204"]);
    // A malformed number moves nothing.
    assert_eq!(parse("x = 1_0\nbreak").codes(), ["E0104", "E0304"]);
}
