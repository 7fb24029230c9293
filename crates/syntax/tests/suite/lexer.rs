//! Tokens: kinds, extents, trivia. Section 1 of the language page.

use crate::common::{BASE, parse, right, same, wrong};
use proptest::prelude::*;

/// The tokens of a text without white space, as `Kind text`.
fn tokens(text: &str) -> Vec<String> {
    let s = parse(text);
    s.parsed
        .tokens
        .iter()
        .map(|t| (t.kind.name(), &text[(t.span.lo - BASE) as usize..(t.span.hi - BASE) as usize]))
        .filter(|(kind, _)| *kind != "Space")
        .map(|(kind, piece)| format!("{kind} {piece}"))
        .collect()
}

#[test]
fn kinds_of_tokens() {
    let table: &[(&str, &[&str])] = &[
        ("a _b c1 _", &["Ident a", "Ident _b", "Ident c1", "Ident _"]),
        ("größe 名前 ñ1", &["Ident größe", "Ident 名前", "Ident ñ1"]),
        ("boxé", &["Ident boxé"]),
        ("box Box", &["Box box", "Ident Box"]),
        ("0 12 0x1F 0Xff", &["Int 0", "Int 12", "Int 0x1F", "Int 0Xff"]),
        ("1.5 2e9 1.5e-3 1E+2", &["Float 1.5", "Float 2e9", "Float 1.5e-3", "Float 1E+2"]),
        ("1.x", &["Int 1", "Dot .", "Ident x"]),
        ("1..2", &["Int 1", "Dot .", "Dot .", "Int 2"]),
        ("12ab 1e 0x 1_0", &["BadNumber 12ab", "BadNumber 1e", "BadNumber 0x", "BadNumber 1_0"]),
        ("1é", &["BadNumber 1é"]),
        (r#""a" 'b'"#, &[r#"Str "a""#, "Str 'b'"]),
        (r#""a\"b" 'a"b'"#, &[r#"Str "a\"b""#, r#"Str 'a"b'"#]),
        ("\"two\nlines\"", &["Str \"two\nlines\""]),
        (r#""\é""#, &[r#"Str "\é""#]),
        ("a // b\nc # d", &["Ident a", "LineComment // b", "Newline \n", "Ident c", "LineComment # d"]),
        ("/* a\n* b */c", &["BlockComment /* a\n* b */", "Ident c"]),
        ("/* /* */ x */", &["BlockComment /* /* */", "Ident x", "Star *", "Slash /"]),
        ("<<= >>= == =>", &["Shl <<", "Assign =", "Shr >>", "Assign =", "EqEq ==", "FatArrow =>"]),
        ("%{ % {", &["MapOpen %{", "Percent %", "LBrace {"]),
        ("a\r\nb", &["Ident a", "Newline \n", "Ident b"]),
        ("!a!=b", &["Bang !", "Ident a", "BangEq !=", "Ident b"]),
        ("&& & || |", &["AmpAmp &&", "Amp &", "PipePipe ||", "Pipe |"]),
    ];
    for (text, expected) in table {
        assert_eq!(&tokens(text), expected, "{text:?}");
    }
}

#[test]
fn byte_order_mark_is_skipped_at_the_beginning_only() {
    same("\u{FEFF}x = 1", "x = 1");
    wrong("x = \u{FEFF}1");
}

#[test]
fn a_carriage_return_is_no_line_end() {
    wrong("x = 1\r2");
    right("x = 1\r\n2");
}

#[test]
fn a_shebang_line_is_a_comment() {
    same("#!/usr/bin/env nyash\nx = 1", "x = 1");
}

#[test]
fn a_block_comment_with_a_line_end_ends_a_statement() {
    wrong("x = 1 /* a */ 2");
    same("x = 1 /*\n*/ 2", "x = 1\n2");
}

#[test]
fn spans_are_positions_of_the_whole_program() {
    let s = parse("ab = 1");
    let first = s.parsed.tokens.first().map(|t| (t.span.lo, t.span.hi));
    assert_eq!(first, Some((BASE, BASE + 2)));
    let stmt = s.parsed.ast.stmts[0].span;
    assert_eq!((stmt.lo, stmt.hi), (BASE, BASE + 6));
}

#[test]
fn the_dump_of_tokens_has_offsets_of_the_file() {
    let s = parse("a\n");
    let dump = syntax::dump::tokens(&s.parsed.tokens, &s.text, BASE);
    assert_eq!(dump, "0..1 Ident \"a\"\n1..2 Newline \"\\n\"\n");
}

#[test]
fn bytes_that_are_not_utf8() {
    let (text, d) = syntax::decode(b"ok = \xFF\xFE", BASE);
    let d = d.expect("invalid bytes");
    assert_eq!(d.code.name(), "E0107");
    assert!(d.title.contains("offset 5"), "{}", d.title);
    assert_eq!((d.span.lo, d.span.hi), (BASE + 5, BASE + 8));
    assert_eq!(&text[..8], "ok = \u{FFFD}");
    assert!(syntax::decode("größe".as_bytes(), 0).1.is_none());
}

#[test]
fn a_source_that_does_not_fit_is_refused() {
    let mut names = syntax::intern::Interner::new();
    let p = syntax::parse("x = 1", u32::MAX - 3, &mut names);
    assert_eq!(p.diagnostics.len(), 1);
    assert_eq!(p.diagnostics[0].code.name(), "E0108");
}

proptest! {
    /// Whatever the text: no panic, tokens without gaps, spans inside the text.
    #[test]
    fn any_text_is_covered(text in "(?s).{0,200}") {
        check_cover(&text)?;
    }

    /// The same with texts made of pieces that mean something.
    #[test]
    fn any_pieces_are_covered(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..120)) {
        check_cover(&pieces.concat())?;
    }
}

const PIECES: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "%{",
    "=>",
    "=",
    "==",
    "+",
    "-",
    "*",
    "!",
    "|",
    "||",
    "<",
    ">",
    ">>",
    ".",
    ",",
    ";",
    ":",
    "?",
    "\n",
    "\n",
    " ",
    " ",
    "a",
    "b",
    "1",
    "2.5",
    "0x1",
    "\"s\"",
    "'",
    "\"",
    "\\",
    "if ",
    "else ",
    "loop ",
    "match ",
    "box ",
    "B",
    "init ",
    "birth",
    "fini ",
    "static ",
    "function ",
    "fn ",
    "local ",
    "return ",
    "try ",
    "catch ",
    "finally ",
    "new ",
    "from ",
    "me",
    "print",
    "nowait ",
    "await ",
    "weak ",
    "interface ",
    "override ",
    "public ",
    "using ",
    "as ",
    "include ",
    "throw ",
    "//",
    "/*",
    "*/",
    "é",
    "名",
    "@",
    "\u{0}",
    "let ",
    "for ",
    "_",
    "break ",
    "continue ",
    "global ",
    "outbox ",
    "not ",
    "and ",
    "or ",
    "9223372036854775808",
    "\\u12",
];

fn check_cover(text: &str) -> Result<(), TestCaseError> {
    let s = parse(text);
    let mut at = BASE;
    for t in &s.parsed.tokens {
        prop_assert_eq!(t.span.lo, at, "gap before {:?}", t);
        prop_assert!(t.span.hi > t.span.lo);
        at = t.span.hi;
    }
    prop_assert_eq!(at, BASE + text.len() as u32);
    let inside = |lo: u32, hi: u32| lo >= BASE && lo <= hi && hi <= at;
    for d in &s.parsed.diagnostics {
        prop_assert!(inside(d.span.lo, d.span.hi), "{:?}", d);
        prop_assert!(text.is_char_boundary((d.span.lo - BASE) as usize), "{:?}", d);
        prop_assert!(text.is_char_boundary((d.span.hi - BASE) as usize), "{:?}", d);
        for l in &d.labels {
            prop_assert!(inside(l.span.lo, l.span.hi), "{:?}", d);
        }
    }
    for e in &s.parsed.ast.exprs {
        prop_assert!(inside(e.span.lo, e.span.hi), "{:?}", e);
    }
    for e in &s.parsed.ast.stmts {
        prop_assert!(inside(e.span.lo, e.span.hi), "{:?}", e);
    }
    // Neither of these may fail on a damaged tree.
    s.tree();
    s.print();
    Ok(())
}
