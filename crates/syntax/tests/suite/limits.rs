//! Depth and length: nesting ends in an error, chains of any length are fine, nothing overflows the
//! stack. Test threads have 2 MiB of it.

use crate::common::{Source, parse, right};

const MANY: usize = 100_000;

/// Parses and uses the whole tree, so that every pass of the crate sees the depth.
fn all_passes(text: &str) -> Source {
    let s = parse(text);
    s.tree();
    s.print();
    s
}

#[test]
fn nesting_up_to_the_limit_is_fine() {
    let n = syntax::MAX_NESTING as usize;
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("f(", "1", ")"),
        ("a[", "1", "]"),
        ("%{ 1 => ", "1", "}"),
        ("- ", "1", ""),
        ("not ", "a", ""),
        ("new A(", "1", ")"),
        ("from A.m(", "1", ")"),
    ] {
        right(&format!("x = {}{inner}{}", open.repeat(n), close.repeat(n)));
        let s = all_passes(&format!("x = {}{inner}{}", open.repeat(n + 1), close.repeat(n + 1)));
        assert_eq!(s.codes(), ["E0202"], "{open}");
    }
    for (open, close) in [
        ("{", "}"),
        ("if a {", "}"),
        ("loop {", "}"),
        ("try { } catch {", "}"),
        ("function f() {", "}"),
        ("if a { } else {", "}"),
    ] {
        right(&format!("{}{}", open.repeat(n), close.repeat(n)));
        let s = all_passes(&format!("{}{}", open.repeat(n + 1), close.repeat(n + 1)));
        assert_eq!(s.codes(), ["E0202"], "{open}");
    }
    right(&format!("x = {}{}", "fn() { return ".repeat(n), "}".repeat(n)));
    right(&format!("x = {}1{}", "match a { 1 => ".repeat(n), "}".repeat(n)));
    right(&format!("{}{}", "box A { m() {".repeat(n / 2), "} }".repeat(n / 2)));
}

#[test]
fn deep_nesting_is_one_error() {
    for open in [
        "(",
        "[",
        "{",
        "%{",
        "f(",
        "a[",
        "- ",
        "-",
        "!",
        "~",
        "not ",
        "await ",
        "weak ",
        "-(",
        "([{",
        "fn() {",
        "x = fn() {\n",
        "match a { 1 =>",
        "match ",
        "if a {",
        "loop {",
        "try {",
        "box A { m() {",
        "function f() {",
        "new A(",
        "%{ 1 =>",
        "catch {",
        "if a { } else {",
        "f(\n",
        "fini {",
    ] {
        for prefix in ["", "x = "] {
            let s = all_passes(&format!("{prefix}{}", open.repeat(MANY)));
            assert!(s.codes().iter().filter(|c| **c == "E0202").count() <= 1, "{open}: {:?}", s.messages());
            assert!(!s.codes().is_empty(), "{open}");
        }
    }
}

#[test]
fn what_follows_a_deep_group_is_parsed() {
    let s = parse(&format!("x = {}1{}\ny = = 2\n", "(".repeat(MANY), ")".repeat(MANY)));
    assert_eq!(s.messages()[1..], ["2:5 E0201 expected an expression, found `=`".to_owned()]);
    assert_eq!(s.codes(), ["E0202", "E0201"]);
}

#[test]
fn long_chains_are_fine() {
    for (first, link) in [
        ("x = a", " + b"),
        ("x = a", " and b"),
        ("x = a", " == b * c"),
        ("x = a", ".b()"),
        ("x = a", ".b"),
        ("x = a", "[0]"),
        ("x = a", "(1)"),
        ("x = [1", ", 2]\n y = [1"),
        ("if a { }", " else if b { }"),
        ("try { }", " catch e { }"),
        ("", "x = 1 "),
        ("", ";"),
        ("local a", ", b"),
        ("f(", "1, "),
        ("local x: A", ".B"),
    ] {
        let mut text = format!("{first}{}", link.repeat(MANY));
        match first {
            "f(" => text.push(')'),
            "x = [1" => text.push(']'),
            _ => {}
        }
        let s = all_passes(&text);
        assert!(s.codes().is_empty(), "{first}{link}: {:?}", s.messages().first());
    }
    right(&format!("local x: {}B{} = 1", "A<".repeat(MANY), ">".repeat(MANY)));
    right(&format!("match a {{ 1{} => 2 }}", " | 1".repeat(MANY)));
    right(&format!("x = match a {{ {} }}", "1 => 2 ".repeat(MANY)));
    right(&format!("box A {{ {} }}", "a ".repeat(MANY)));
}

#[test]
fn errors_are_bounded() {
    for piece in [
        "x = = 1\n",
        "@ ",
        ")",
        "let x = 1\n",
        "foo bar {\n",
        "f(1\n",
        "\"\\u12\" ",
        "1_0\n",
        "else ",
        "box 1\n",
        "f(,",
        "{)",
    ] {
        let s = all_passes(&piece.repeat(MANY));
        assert!(s.codes().len() <= syntax::MAX_DIAGNOSTICS, "{piece}");
        assert!(!s.codes().is_empty(), "{piece}");
    }
}
