//! The printer: what it prints parses to the same tree, for generated programs and for layouts that are
//! easy to get wrong.

use crate::common::{parse, tree};
use proptest::prelude::*;
use proptest::sample::select;

fn round_trip(text: &str) -> Result<(), TestCaseError> {
    let first = parse(text);
    let right = |codes: Vec<&str>| codes.iter().all(|c| ["E0303", "E0304", "E0305"].contains(c));
    prop_assert!(right(first.codes()), "{}\n{:?}", text, first.messages());
    let printed = first.print();
    let second = parse(&printed);
    prop_assert!(right(second.codes()), "{}\nprinted as\n{}\n{:?}", text, printed, second.messages());
    prop_assert_eq!(first.tree(), second.tree(), "{}\nprinted as\n{}", text, printed);
    prop_assert_eq!(&printed, &second.print(), "printing is not stable");
    Ok(())
}

#[test]
fn chosen_programs() {
    for text in [
        "",
        ";;",
        "(a.b)(c)",
        "((a.b)(c).d)[e](f)",
        "a - (b - c) - d",
        "a * (b + c) / -d",
        "-(-9223372036854775808)",
        "- -1",
        "a - -b - - -c",
        "0xFFFFFFFFFFFFFFFF - 0x8000000000000000",
        "-0x8000000000000000",
        "1e999 + 1e-999 + 0.1 + 1e16 + 123456789.125",
        "not (a and b) or !c",
        "(not a)(b)",
        "await (await a).b",
        "weak a.b",
        "(-a).b",
        "-a.b",
        "(a == b) == (c < d) != (e or f)",
        "match a { (_) => 1, _ | 2 => 3, (b | c) => 4, _ if d => 5, (b and c) | d => { } }",
        "match match a { } { }",
        "if match a { } { }",
        "x = fn() { return fn(a, b) { }(1) }",
        "fn() { }()",
        "\"\\n\\t\\r\\\\\\\"'\\0\\b\\f\\u0001\\!é\"",
        "%{ }",
        "%{ a => b, [c] => %{ } }",
        "if a { } else { if b { } }",
        "if a { } else if b { } else if c { } else { }",
        "if a { } else { if b { } c }",
        "try { } catch { } catch (e) { } catch (T e) { } finally { }",
        "local a = 1, b, c = 2 fini { }",
        "fini\n{ }",
        "return\nreturn a",
        "include \"a\\\"b\"\nusing \"f\" as X\nusing a.b as Y\nusing c",
        "box B<T> from A<C<D>>, E interface I, J { static, weak, override\n public { } birth() { } m() { } }",
        "box B { static = 1 weak weak = 2 init init = 3 public = 4 }",
        "box B { override static() { } static override() { } static static() { } birth = 1 }",
        "interface box I { a(b, c) init() static() }",
        "static function B.print(a) { }",
        "new A<B<C>, D>(1)",
        "from A.birth(1).b",
        "global a = 1\nnowait f = g()\noutbox h",
    ] {
        if let Err(e) = round_trip(text) {
            panic!("{e}");
        }
    }
}

#[test]
fn the_text_is_readable() {
    let text = "local a = 1, b = -2 if a<b { print(a*(b+1)) } else if b { return } else { f(a,[b],%{ a=>b }) } box P { x, y=1 birth(x) { me.x=x } }";
    let expected = "\
local a = 1
local b = -2
if a < b {
    print(a * (b + 1))
} else if b {
    return
} else {
    f(a, [b], %{ a => b })
}
box P {
    init { x }
    y = 1
    birth(x) {
        me.x = x
    }
}
";
    assert_eq!(parse(text).print(), expected);
}

#[test]
fn deep_trees_have_dumps_of_linear_size() {
    let n = 100_000;
    let text = format!("x = a{}", ".b()".repeat(n));
    assert!(tree(&text).len() < n * 200);
}

const NAMES: &[&str] =
    &["a", "b", "foo", "_", "_x", "init", "birth", "fini", "public", "as", "größe", "implements"];
const MEMBERS: &[&str] =
    &["m", "n", "print", "box", "static", "override", "weak", "if", "match", "private", "true", "_"];
const LITERALS: &[&str] = &[
    "0",
    "1",
    "9223372036854775807",
    "0xFFFFFFFFFFFFFFFF",
    "0x8000000000000000",
    "0x1f",
    "(-9223372036854775808)",
    "1.5",
    "2e30",
    "1e-9",
    "\"\"",
    "\"s\"",
    "'t'",
    "\"\\n\\\"\\!\\\\\\u0007\"",
    "\"é\n\"",
    "true",
    "false",
    "null",
    "void",
    "me",
];
const BINARY: &[&str] = &[
    "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "and", "or", "&", "|", "^", "<<",
    ">>",
];
const PREFIX: &[&str] = &["-", "!", "not ", "~", "await ", "weak "];

fn name() -> impl Strategy<Value = String> + Clone {
    select(NAMES).prop_map(str::to_owned)
}

fn member() -> impl Strategy<Value = String> + Clone {
    select(MEMBERS).prop_map(str::to_owned)
}

fn list(
    item: impl Strategy<Value = String>,
    separator: &'static str,
    most: usize,
) -> impl Strategy<Value = String> {
    prop::collection::vec(item, 0..=most).prop_map(move |v| v.join(separator))
}

/// A block of statements.
fn block(stmt: BoxedStrategy<String>) -> BoxedStrategy<String> {
    list(stmt, "\n", 3).prop_map(|s| format!("{{\n{s}\n}}")).boxed()
}

/// An expression, given what smaller expressions and statements look like.
fn compound(e: BoxedStrategy<String>, s: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let p = e.clone().prop_map(|e| format!("({e})")).boxed();
    let args = list(e.clone(), ", ", 3).boxed();
    let body = block(s).boxed();
    let arm = (
        prop_oneof![Just("_".to_owned()), prop::collection::vec(p.clone(), 1..3).prop_map(|v| v.join(" | "))],
        prop::option::of(e.clone()),
        prop_oneof![e.clone(), body.clone()],
    )
        .prop_map(|(p, g, b)| format!("{p}{} => {b}", g.map_or(String::new(), |g| format!(" if {g}"))));
    prop_oneof![
        4 => (e.clone(), select(BINARY), e.clone()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        2 => (p.clone(), select(BINARY), p.clone()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        2 => (select(PREFIX), p.clone()).prop_map(|(o, a)| format!("{o}{a}")),
        1 => (select(PREFIX), name()).prop_map(|(o, a)| format!("{o}{a}")),
        2 => (p.clone(), member()).prop_map(|(a, m)| format!("{a}.{m}")),
        2 => (p.clone(), member(), args.clone()).prop_map(|(a, m, x)| format!("{a}.{m}({x})")),
        1 => (p.clone(), args.clone()).prop_map(|(a, x)| format!("{a}({x})")),
        1 => (p.clone(), member(), args.clone()).prop_map(|(a, m, x)| format!("({a}.{m})({x})")),
        1 => (p.clone(), e.clone()).prop_map(|(a, i)| format!("{a}[{i}]")),
        1 => args.clone().prop_map(|x| format!("[{x}]")),
        1 => (name(), 0_usize..3, args.clone()).prop_map(|(n, t, x)| {
            let targs = if t > 0 { format!("<{}>", vec!["A<B>"; t].join(", ")) } else { String::new() };
            format!("new {n}{targs}({x})")
        }),
        1 => (name(), member(), args).prop_map(|(n, m, x)| format!("from {n}.{m}({x})")),
        1 => list((e.clone(), e.clone()).prop_map(|(k, v)| format!("{k} => {v}")), ", ", 3).prop_map(|x| format!("%{{{x}}}")),
        1 => (list(name(), ", ", 3), body).prop_map(|(ps, b)| format!("fn({ps}) {b}")),
        1 => (e, list(arm, "\n", 3)).prop_map(|(s, arms)| format!("match {s} {{\n{arms}\n}}")),
    ]
    .boxed()
}

/// A statement that declares a box.
fn declaration(e: BoxedStrategy<String>, s: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let body = block(s);
    let method = (select(&["", "override ", "static "][..]), member(), list(name(), ", ", 3), body.clone())
        .prop_map(|(w, m, ps, b)| format!("{w}{m}({ps}) {b}"));
    let field = prop_oneof![
        member(),
        (member(), e).prop_map(|(m, e)| format!("{m} = {e}")),
        member().prop_map(|m| format!("weak {m}: A<B>")),
        list(member(), ", ", 3).prop_map(|x| format!("init {{ {x} }}")),
        list(member(), ", ", 3).prop_map(|x| format!("public {{ {x} }}")),
        list(member(), "\nweak ", 3).prop_map(|x| format!("private {{ {x} }}")),
    ];
    let constructor =
        (select(&["birth", "init", "pack", "constructor", "Foo"][..]), list(name(), ", ", 3), body)
            .prop_map(|(n, ps, b)| format!("{n}({ps}) {b}"));
    let members = list(prop_oneof![method, field, constructor], "\n", 4);
    (
        select(&["box", "static box"][..]),
        select(&["", "<T>", "<T, U>"][..]),
        select(&["", " from A<B>, C", " : D", " interface I, J"][..]),
        members,
    )
        .prop_map(|(kind, t, p, m)| format!("{kind} Foo{t}{p} {{\n{m}\n}}"))
        .boxed()
}

fn statement(e: BoxedStrategy<String>, s: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let body = block(s.clone());
    let p = e.clone().prop_map(|e| format!("({e})")).boxed();
    let place = prop_oneof![
        name(),
        (p.clone(), member()).prop_map(|(a, m)| format!("{a}.{m}")),
        (p, e.clone()).prop_map(|(a, i)| format!("{a}[{i}]"))
    ];
    prop_oneof![
        3 => (place, select(&["=", "+=", "-=", "*=", "/=", "%="][..]), e.clone()).prop_map(|(p, o, e)| format!("{p} {o} {e}")),
        2 => e.clone().prop_map(|e| format!("local a = {e}, b")),
        1 => (e.clone(), body.clone()).prop_map(|(e, b)| format!("local a = {e} fini {b}")),
        1 => e.clone().prop_map(|e| format!("global g = {e}")),
        1 => e.clone().prop_map(|e| format!("nowait f = {e}")),
        2 => e.clone(),
        1 => e.clone().prop_map(|e| format!("print({e})")),
        1 => e.clone().prop_map(|e| format!("throw {e}")),
        1 => prop::option::of(e.clone()).prop_map(|e| format!("f = fn() {{ return {} }}", e.unwrap_or_default())),
        2 => (e.clone(), body.clone(), prop::option::of(body.clone())).prop_map(|(c, t, f)| {
            format!("if {c} {t}{}", f.map_or(String::new(), |f| format!(" else {f}")))
        }),
        1 => (e.clone(), body.clone(), e.clone(), body.clone()).prop_map(|(c, t, d, f)| format!("if {c} {t} else if {d} {f}")),
        1 => (prop::option::of(e.clone()), body.clone()).prop_map(|(c, b)| format!("loop {} {b}", c.unwrap_or_default())),
        1 => (body.clone(), body.clone(), body.clone()).prop_map(|(a, b, c)| format!("try {a} catch (T e) {b} catch e {b} finally {c}")),
        1 => body.clone().prop_map(|b| format!("fini {b}")),
        1 => (list(name(), ", ", 3), body.clone()).prop_map(|(ps, b)| format!("function f({ps}) {b}")),
        1 => Just(";".to_owned()),
        1 => body,
        1 => declaration(e, s),
    ]
    .boxed()
}

/// Expressions and statements that contain each other, down to a depth.
fn levels(depth: u32) -> (BoxedStrategy<String>, BoxedStrategy<String>) {
    let leaf = prop_oneof![name(), select(LITERALS).prop_map(str::to_owned)].boxed();
    if depth == 0 {
        let simple = leaf.clone().prop_map(|e| format!("x = {e}")).boxed();
        return (leaf, simple);
    }
    let (e, s) = levels(depth - 1);
    let e = prop_oneof![1 => leaf, 3 => compound(e, s.clone())].boxed();
    (e.clone(), statement(e, s))
}

/// A whole program. `me` is legal everywhere inside a method.
fn program() -> impl Strategy<Value = String> {
    let (_, s) = levels(3);
    list(s, "\n", 4).prop_map(|s| format!("box Main {{ m() {{\n{s}\n}} }}"))
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn printed_programs_parse_to_the_same_tree(text in program()) {
        round_trip(&text)?;
    }
}
