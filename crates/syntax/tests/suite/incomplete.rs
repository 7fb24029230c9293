//! Which texts a prompt should ask to be continued.

use crate::common::parse;

#[test]
fn open_constructs_are_incomplete() {
    for text in [
        "(",
        "x = ",
        "x = 1 +",
        "f(a,",
        "f(a",
        "[1,\n2",
        "%{ 1 =>",
        "if a {",
        "if a",
        "loop {\n  x = 1\n",
        "box B {",
        "box B",
        "box B {\n m(",
        "function f(a) {",
        "function f(a)",
        "function",
        "try {",
        "try { } catch (",
        "match a {",
        "match a { 1 =>",
        "x = fn() {",
        "a.",
        "not",
        "-",
        "local",
        "local a =",
        "local a,",
        "throw",
        "new",
        "new A(",
        "from A.",
        "using",
        "include",
        "\"abc",
        "'abc\n",
        "/* abc",
        "global g =",
        "nowait f =",
        "if a { } else",
        "while a",
        "static",
        "interface box I {",
        "x = a and",
        "fini {",
        "local x = 1 fini {",
    ] {
        assert!(parse(text).parsed.is_incomplete(), "{text:?}");
    }
}

#[test]
fn complete_and_wrong_texts_are_not() {
    for text in [
        "",
        "x",
        "x = 1",
        "if a { }",
        "box B { }",
        "print(1)",
        "// (",
        "\"(\"",
        "x = 1;",
        "return",
        "try { }",
        "break",
        ")",
        "x = )",
        "f(1 2",
        "{ ) ",
        "x = 1_0 + ",
        "}\n{",
        "@ (",
        "x = = \n{",
        "let x = ",
    ] {
        assert!(!parse(text).parsed.is_incomplete(), "{text:?}");
    }
}
