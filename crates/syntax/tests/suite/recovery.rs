//! Programs with several mistakes: each is reported once, and none is reported that is not there.

use crate::common::parse;

/// The lines and codes of the messages.
fn found(text: &str) -> Vec<String> {
    parse(text)
        .messages()
        .iter()
        .map(|m| {
            let (line, rest) = m.split_once(':').unwrap_or((m, ""));
            format!("{line} {}", rest.split(' ').nth(1).unwrap_or(""))
        })
        .collect()
}

#[test]
fn several_mistakes_in_one_pass() {
    let text = "\
local a = 1 +
local b = foo(1,
    2,
    , 3)
box P {
  x y z
  birth(a { me.x = a }
  m() {
    if x = 1 { return 2 }
    local c = [1 2, 3]
    return (1 + 2
  }
  5
  n() { retrun 5 }
}
print(b
loop i < 3
  print(i)
}
local z = match q {
  1 -> 2
  3 => 4
  _ 5
}
function f(x) {
  x++
  y === 3
  return x +
}
print(\"ok\")
";
    assert_eq!(
        found(text),
        [
            "1 E0201", "4 E0201", "7 E0204", "9 E0201", "10 E0201", "12 E0204", "13 E0201", "14 E0209",
            "16 E0204", "17 E0201", "21 E0208", "23 E0201", "26 E0208", "27 E0208", "28 E0201"
        ]
    );
}

#[test]
fn a_program_of_another_language() {
    let python = "\
def f(x):
    return x + 1

class A:
    def g(self):
        return 1

for i in range(10):
    print(i)
";
    assert_eq!(found(python), ["1 E0209", "4 E0209", "5 E0209", "8 E0209"]);
    let javascript = "\
class A {
  constructor(x) { this.x = x; }
  get() { return this.x; }
}
const a = new A(1);
let b = (x) => x + 1;
for (let i = 0; i < 10; i++) { console.log(i); }
if (a === null) { throw new Error(\"x\"); }
switch (a) { case 1: break; default: b(); }
var c = a ? 1 : 2;
";
    assert_eq!(
        found(javascript),
        ["1 E0209", "5 E0209", "6 E0207", "7 E0209", "8 E0208", "9 E0209", "10 E0209"]
    );
}

#[test]
fn a_lost_closing_brace() {
    let s = parse(
        "function a() {\n    if x {\n        print(1)\n\n}\n\nfunction b() {\n    return 2\n}\nprint(b())\n",
    );
    assert_eq!(s.codes(), ["E0204"]);
    let d = &s.parsed.diagnostics[0];
    let at = |needle: &str| s.text.find(needle).map(|i| i as u32 + crate::common::BASE);
    // The brace of the file that has no partner, and the one that the indentation points to.
    assert_eq!(Some(d.labels[0].span.lo), at("{\n    if"));
    assert_eq!(Some(d.labels[1].span.lo), at("{\n        print"));
    assert_eq!(Some(d.labels[2].span.lo), at("}\n\nfunction b"));
}

#[test]
fn a_lost_closing_brace_before_a_method() {
    let s =
        parse("box A {\n  birth() { me.x = 1\n  m() { return me.x }\n}\nlocal a = new A()\nprint(a.m())\n");
    assert_eq!(s.codes(), ["E0204"]);
    assert!(s.tree().contains("Func m()"), "the method is not lost: {}", s.tree());
    assert_eq!(found("box A {\n  m() {\n    if x {\n      f()\n  }\n  n() { }\n}\n"), ["5 E0204"]);
}

#[test]
fn a_lost_closing_brace_before_else_and_catch() {
    assert_eq!(found("if a {\n  b()\nelse {\n  c()\n}\nd = = 1"), ["2 E0204", "6 E0201"]);
    assert_eq!(found("try { a() catch (e) { b() }\nx = = 1"), ["1 E0204", "2 E0201"]);
}

#[test]
fn a_closing_brace_too_many() {
    assert_eq!(
        found(
            "static box M {\n  main() {\n    if x {\n      a()\n    }}\n    print(1)\n    return 0\n  }\n}\n"
        ),
        ["6 E0201"]
    );
    assert_eq!(found("if a { } }\nx = = 1"), ["1 E0204", "2 E0201"]);
}

#[test]
fn a_lost_opening_brace() {
    assert_eq!(found("loop i < 3\n  f(i)\n}\nx = = 1"), ["1 E0201", "4 E0201"]);
    assert_eq!(found("function f(a)\n  g(a)\n}\nx = = 1"), ["1 E0201", "4 E0201"]);
}

#[test]
fn lost_brackets() {
    assert_eq!(found("print(\"a\"\nlocal x = 1\ny = = 2"), ["1 E0204", "3 E0201"]);
    assert_eq!(found("f(a,\n    b\ng(c)\ny = = 2"), ["2 E0204", "4 E0201"]);
    assert_eq!(found("x = [\n  1,\n  2\n  3,\n  4\n]\ny = = 2"), ["4 E0201", "7 E0201"]);
    assert_eq!(found("m = %{\n  1 => 1\n  2 => 2,\n  3 4,\n}\ny = = 2"), ["3 E0201", "4 E0201", "6 E0201"]);
    assert_eq!(found("f((a + b)\nif c { }\ny = = 2"), ["1 E0204", "3 E0201"]);
    assert_eq!(found("f(fn() {\n  x = = 1\n  y = 2\n}, 3)\nz = = 2"), ["2 E0201", "5 E0201"]);
}

#[test]
fn mistakes_in_parts_do_not_lose_the_whole() {
    assert_eq!(
        found("match x {\n 1 => = 2\n 2 => 3 3 3\n _ => { y = = 1 }\n}\nz = = 1"),
        ["2 E0201", "3 E0201", "4 E0201", "6 E0201"]
    );
    assert_eq!(found("function f(1, b) { x = = 1 }\nz = = 1"), ["1 E0201", "1 E0201", "2 E0201"]);
    assert_eq!(found("if a + { x = = 1 } else { y = = 1 }"), ["1 E0201", "1 E0201", "1 E0201"]);
    assert_eq!(found("f(a b, c d, e)\nz = = 1"), ["1 E0201", "1 E0201", "2 E0201"]);
    let s = parse("box P {\n  5\n  m() { }\n  init { a, 5, b }\n  n( { }\n}\n");
    assert!(
        s.tree().contains("Func m()") && s.tree().contains("Field b") && s.tree().contains("Func n()"),
        "{}",
        s.tree()
    );
}

#[test]
fn unknown_characters_have_no_echo() {
    assert_eq!(found("x = 1 @ 2\ny = $\nz = = 1"), ["1 E0101", "2 E0101", "3 E0201"]);
    assert_eq!(found("\u{0}\u{1}\u{2}\u{3}"), ["1 E0101"]);
}
