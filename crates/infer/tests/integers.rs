//! Which integers values can be, and where reading an element cannot give `null`; what is expected follows from reading
//! the small programs.

mod common;

use common::{Known, analyse};
use infer::Kinds;

fn range(k: &Known, func: &str, param: u32) -> (i64, i64) {
    k.facts.range(k.facts.param(k.func(func), param))
}

#[test]
fn tests_and_arithmetic_bound_integers() {
    let k = analyse(
        "function body(i) { return i }
         function after(i) { return i }
         function hash(h) { return h }
         function digit(d) { return d }
         function other(n) { return n }
         function all() {
             local i = 0
             loop(i < 8) { body(i)  i = i + 1 }
             after(i)
             local seed = 74755
             loop(seed != 1) { seed = (seed * 1309 + 13849) & 65535  hash(seed)  digit(seed % 10) }
             if i != 0 { other(i) }
         }
         all()",
    );
    assert_eq!(range(&k, "body", 0), (0, 7));
    assert_eq!(range(&k, "after", 0), (8, 8));
    assert_eq!(range(&k, "hash", 0), (0, 65535));
    assert_eq!(range(&k, "digit", 0), (0, 9));
    assert_eq!(range(&k, "other", 0), (8, 8));
}

#[test]
fn recursion_bounds_its_parameters() {
    let k = analyse(
        "function down(n) { if n != 0 { down(n - 1) } }
         function place(column) {
             local row = 0
             loop(row < 8) {
                 cell(row, column)
                 if column == 7 { return true }
                 if place(column + 1) { return true }
                 row = row + 1
             }
             return false
         }
         function cell(row, column) { return row - column + 7 }
         function endless(n) { return endless(n + 3) }
         down(6)  place(0)  if false { endless(1) }",
    );
    assert_eq!(range(&k, "down", 0), (0, 6));
    assert_eq!(range(&k, "place", 0), (0, 7));
    assert_eq!((range(&k, "cell", 0), range(&k, "cell", 1)), ((0, 7), (0, 7)));
    assert_eq!(k.facts.range(k.facts.ret(k.func("cell"))), (0, 14));
    let (lo, hi) = range(&k, "endless", 0);
    assert!(lo <= 1 && hi == i64::MAX, "{lo} {hi}");
}

#[test]
fn counters_in_fields_and_wrapping_are_any_integer() {
    let k = analyse(
        "box Counter { n birth() { me.n = 0 } more() { me.n = me.n + 1 } }
         function wraps(x) { return x }
         local c = new Counter()
         loop(c.n < 1000) { c.more() }
         local x = 1
         loop(x != 0) { x = x * 3  wraps(x) }",
    );
    let n = k.facts.range(k.field("Counter", "n"));
    assert!(n.0 <= 0 && n.1 == i64::MAX, "{n:?}");
    assert_eq!(range(&k, "wraps", 0), (i64::MIN, i64::MAX));
}

#[test]
fn floats_bound_nothing() {
    let k = analyse(
        "function body(i) { return i }
         local i = 0
         loop(i < 2.5) { body(i)  i = i + 1 }",
    );
    assert_eq!(range(&k, "body", 0).1, i64::MAX);
}

/// Whether `read(array, position)` can give `null`; the rest of the program calls it.
fn may_read_null(text: &str) -> bool {
    let k = analyse(&format!("function read(a, i) {{ return a[i] }}\n{text}"));
    let ret = k.ret("read");
    assert!(ret.contains(Kinds::INT), "{ret:?}");
    ret.contains(Kinds::NULL)
}

#[test]
fn what_lies_inside_of_a_literal_is_no_null() {
    assert!(!may_read_null("read([1, 2, 3], 2)"));
    assert!(may_read_null("read([1, 2, 3], 3)"));
    assert!(may_read_null("read([1, 2, 3], -1)"));
    assert!(may_read_null("read([1, 2, 3], 0)  read([1], 1)"));
    assert!(may_read_null("local a = [1, 2, 3]  read(a, 0)  a.pop()"));
    assert!(may_read_null("local a = [1, 2, 3]  read(a, 0)  a.remove(7)"));
    assert!(may_read_null("local a = [1, 2, 3]  read(a, 0)  a.clear()"));
    assert!(!may_read_null("local a = [1, 2, 3]  read(a, 0)  a.push(4)  a[1] = 9  a.sort()  a.reverse()"));
}

#[test]
fn filled_arrays_are_as_long_as_the_loop_says() {
    let filled = |body: &str, use_: &str| {
        may_read_null(&format!(
            "function make(n) {{ local a = new ArrayBox()  local i = 0  {body}  return a }}
             {use_}"
        ))
    };
    let plain = "loop(i < n) { a.push(i)  i = i + 1 }";
    assert!(!filled(plain, "read(make(8), 7)"));
    assert!(filled(plain, "read(make(8), 8)"));
    assert!(filled(plain, "read(make(8), 7)  make(7)"));
    assert!(!filled("loop(i <= n) { a.push(i)  i = i + 1 }", "read(make(8), 8)"));
    assert!(filled("i = 1  loop(i <= n) { a.push(i)  i = i + 1 }", "read(make(8), 8)"));
    assert!(filled("loop(i < n) { a.push(i)  i = i + 2 }", "read(make(8), 7)"), "two at once");
    assert!(filled("loop(i < n) { if i != 3 { a.push(i) }  i = i + 1 }", "read(make(8), 7)"), "not always");
    assert!(
        filled("loop(i < n) { a.push(i)  i = i + 1  if i == 3 { break } }", "read(make(8), 7)"),
        "ends early"
    );
    assert!(
        filled("loop(i < n) { a.push(i)  if i == 3 { return a }  i = i + 1 }", "read(make(8), 7)"),
        "is given away before it is full"
    );
    assert!(
        filled("loop(i < n) { read(a, i)  a.push(i)  i = i + 1 }", "make(8)"),
        "is seen before it is full"
    );
    assert!(filled("loop(i < n) { a.push(i)  i = i + 1 }", "read(make(8.5), 7)  make(1)"), "other bounds");
    assert!(filled("loop(i < n) { a.push(i)  n = n - 1  i = i + 1 }", "read(make(8), 7)"), "the end moves");
    assert!(
        filled(
            "try { loop(i < n) { a.push(i)  i = i + 1  make(i - 1) } } catch (e) { print(e) }",
            "read(make(8), 7)"
        ),
        "may end by an exception"
    );
}

#[test]
fn a_position_below_the_length_is_inside() {
    let sum = |body: &str, rest: &str| {
        let k = analyse(&format!(
            "function sum(a) {{ local s = 0  local i = 0  {body}  return s }}
             function make(n) {{ local a = new ArrayBox()  if n > 3 {{ a.push(n) }}  return a }}
             local a = make(5)
             sum(a)  {rest}"
        ));
        k.ret("sum")
    };
    let plain = "loop(i < a.length()) { s = s + a[i]  i = i + 1 }";
    // `null` has no sum with a number, so it shows in what is read last.
    let last = "loop(i < a.length()) { s = a[i]  i = i + 1 }";
    assert_eq!(sum(plain, ""), Kinds::INT);
    assert_eq!(sum(last, ""), Kinds::INT);
    assert_eq!(sum("local n = a.size()  loop(n > i) { s = a.get(i)  i = i + 1 }", ""), Kinds::INT);
    assert_eq!(sum(last, "a.pop()"), Kinds::INT | Kinds::NULL);
    assert_eq!(sum("loop(i <= a.length()) { s = a[i]  i = i + 1 }", ""), Kinds::INT | Kinds::NULL);
    assert_eq!(sum("loop(i < a.length()) { s = a[i + 1]  i = i + 1 }", ""), Kinds::INT | Kinds::NULL);
    assert_eq!(sum("i = -1  loop(i < a.length()) { s = a[i]  i = i + 1 }", ""), Kinds::INT | Kinds::NULL);
    let others = "local b = make(7)  loop(i < b.length()) { s = a[i]  i = i + 1 }";
    assert_eq!(sum(others, ""), Kinds::INT | Kinds::NULL);
    let again = "loop(i < a.length()) { a = make(1)  s = a[i]  i = i + 1 }";
    assert_eq!(sum(again, ""), Kinds::INT | Kinds::NULL);
}

#[test]
fn an_array_in_a_field_that_only_constructors_assign_is_one_array() {
    let ret = |birth: &str, body: &str, rest: &str| {
        let k = analyse(&format!(
            "box List {{
                 items other
                 birth() {{ me.items = new ArrayBox()  me.other = this  {birth} }}
                 add(x) {{ if x > 0 {{ me.items.push(x) }}  return me }}
                 last() {{ local i = 0  local s = 0  {body}  return s }}
             }}
             box Tail from List {{ birth() {{ from List.birth() }} }}
             {rest}
             print(new List().add(5).last())"
        ));
        k.ret("List.last")
    };
    let plain = "loop(i < me.items.length()) { s = me.items[i]  i = i + 1 }";
    assert_eq!(ret("", plain, ""), Kinds::INT);
    assert_eq!(
        ret("", "loop(i < me.other.items.length()) { s = me.other.items[i]  i = i + 1 }", ""),
        Kinds::INT
    );
    let or_null = Kinds::INT | Kinds::NULL;
    assert_eq!(ret("", "loop(i < me.items.length()) { s = me.other.items[i]  i = i + 1 }", ""), or_null);
    assert_eq!(ret("", plain, "box Other { set(l) { l.items = [] } }"), or_null, "another assigns it");
    assert_eq!(
        ret("", plain, "box Resets from List { again() { from List.birth() } }"),
        or_null,
        "it is constructed again"
    );
    assert_eq!(ret("", plain, "nowait task = new List()  await task"), or_null, "tasks construct, too");
    assert_eq!(ret("me.last()  me.items.pop()", plain, ""), or_null, "it gets shorter");
}
