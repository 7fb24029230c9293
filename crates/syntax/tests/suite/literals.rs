//! Literals: values of numbers and strings, and what is wrong with malformed ones.

use crate::common::{parse, same, tree};

fn value(literal: &str) -> String {
    tree(literal).trim().trim_start_matches("Expr\n").trim().to_owned()
}

#[test]
fn integers() {
    let table = [
        ("0", "Int 0"),
        ("007", "Int 7"),
        ("9223372036854775807", "Int 9223372036854775807"),
        ("-9223372036854775808", "Int -9223372036854775808"),
        ("- 9223372036854775808", "Int -9223372036854775808"),
        ("0x1F", "Int 31"),
        ("0Xff", "Int 255"),
        ("0x7FFFFFFFFFFFFFFF", "Int 9223372036854775807"),
        ("0x8000000000000000", "Int -9223372036854775808"),
        ("0xFFFFFFFFFFFFFFFF", "Int -1"),
        ("0x0000000000000000000001", "Int 1"),
    ];
    for (literal, expected) in table {
        assert_eq!(value(literal), expected, "{literal}");
    }
}

#[test]
fn the_smallest_integer_needs_its_sign_directly() {
    for text in [
        "9223372036854775808",
        "-(9223372036854775808)",
        "-9223372036854775808.abs()",
        "-9223372036854775808[0]",
        "0 - 9223372036854775808",
        "~9223372036854775808",
        "not 9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999",
        "0x10000000000000000",
    ] {
        assert_eq!(parse(text).codes(), ["E0105"], "{text}");
    }
    same("- -9223372036854775808", "-(-9223372036854775808)");
    same("-9223372036854775808\n[0]", "-9223372036854775808; [0]");
}

#[test]
fn floats() {
    let table = [
        ("1.5", "Float 1.5"),
        ("2e9", "Float 2000000000.0"),
        ("2E9", "Float 2000000000.0"),
        ("1.5e-3", "Float 0.0015"),
        ("1.5e+3", "Float 1500.0"),
        ("0.1", "Float 0.1"),
        ("9007199254740993.0", "Float 9007199254740992.0"),
    ];
    for (literal, expected) in table {
        assert_eq!(value(literal), expected, "{literal}");
    }
}

#[test]
fn strings() {
    let table: &[(&str, &str)] = &[
        (r#""""#, ""),
        (r#""a""#, "a"),
        (r#"'a"b'"#, "a\"b"),
        (r#""\n\t\r\\\"\'\0\b\f""#, "\n\t\r\\\"'\0\u{8}\u{C}"),
        (r#""\!""#, "\\!"),
        (r#""\é\x""#, "\\é\\x"),
        ("\"a\nb\"", "a\nb"),
        ("\"a\\\nb\"", "a\\\nb"),
        (r#""\u0041\u00e9\u540D""#, "Aé名"),
        (r#""\uD83D\uDE00""#, "\u{1F600}"),
        (r#""\uD800\uDC00""#, "\u{10000}"),
        (r#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
        (r#""\u00410""#, "A0"),
        (r#""\\u0041""#, "\\u0041"),
        (r#""\U0041""#, "\\U0041"),
    ];
    for (literal, expected) in table {
        assert_eq!(value(literal), format!("Str {expected:?}"), "{literal}");
    }
}

#[test]
fn malformed_literals() {
    let table = [
        (".5", "1:1 E0104 malformed number `.5`"),
        ("x = 1_000", "1:5 E0104 malformed number `1_000`"),
        ("0b11", "1:1 E0104 malformed number `0b11`"),
        ("0x", "1:1 E0104 malformed number `0x`"),
        ("0xG1", "1:1 E0104 malformed number `0xG1`"),
        ("1e", "1:1 E0104 malformed number `1e`"),
        ("1.5f", "1:1 E0104 malformed number `1.5f`"),
        ("12abc", "1:1 E0104 malformed number `12abc`"),
        (r#"x = "a\u12""#, "1:7 E0106 malformed escape `\\u`"),
        (r#""\u{41}""#, "1:2 E0106 malformed escape `\\u`"),
        (r#""\uD800""#, "1:2 E0106 half of a surrogate pair"),
        (r#""\uDC00\uD800""#, "1:2 E0106 half of a surrogate pair"),
        (r#""\uD800\u0041""#, "1:2 E0106 half of a surrogate pair"),
        ("x = \"abc", "1:5 E0102 unterminated string"),
        ("x = 'abc\"", "1:5 E0102 unterminated string"),
        ("x = \"abc\\", "1:5 E0102 unterminated string"),
        ("x = 1 /* abc", "1:7 E0103 unterminated comment"),
    ];
    for (text, expected) in table {
        let messages = parse(text).messages();
        assert_eq!(messages.first().map(String::as_str), Some(expected), "{text} gives {messages:?}");
    }
}

#[test]
fn a_dot_needs_digits_on_both_sides() {
    let s = parse("print(1.)");
    assert_eq!(s.codes(), ["E0201"]);
    let hint = s.parsed.diagnostics[0].hint.as_deref().unwrap_or("");
    assert!(hint.contains("1.0"), "{hint}");
}

#[test]
fn a_lost_quote_is_one_error() {
    // The second string swallows the line end and what follows is inside out; only one thing is wrong.
    let s = parse("local a = \"one\nprint(a)\nlocal b = \"two\"\nprint(b)\n");
    assert_eq!(s.codes(), ["E0102"]);
    let other = s.parsed.diagnostics[0].labels.first().map(|l| l.span.lo - crate::common::BASE);
    assert_eq!(other, Some(10), "the first string is shown as well");
}
