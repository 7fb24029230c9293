//! Text to tokens and tree: nothing panics, every place lies inside the text, the tokens cover it, and what was
//! understood can be printed and read again.

use syntax::ast::{Ast, List};
use syntax::intern::Interner;
use syntax::span::Span;
use syntax::{Parsed, dump, print};

/// Where the text begins among the positions of a program.
const BASE: u32 = 77;

/// Checks a text.
pub fn run(data: &[u8]) {
    let (text, broken) = syntax::decode(data, BASE);
    assert_eq!(broken.is_some(), std::str::from_utf8(data).is_err(), "what is UTF-8");
    if let Some(d) = &broken {
        inside(&text, d.span, "the place that is not UTF-8");
    }
    let mut names = Interner::new();
    let parsed = syntax::parse(&text, BASE, &mut names);
    tokens(&text, &parsed);
    diagnostics(&text, &parsed);
    places(&text, &parsed.ast);
    let tree = dump::tree(&parsed.ast, &names);
    let printed = print::print(&parsed.ast, &names);
    dump::tokens(&parsed.tokens, &text, BASE);
    if parsed.has_errors() {
        return;
    }
    assert!(!parsed.is_incomplete(), "a text without errors is incomplete");
    let mut names = Interner::new();
    let again = syntax::parse(&printed, BASE, &mut names);
    if let Some(d) = again.diagnostics.iter().find(|d| d.severity() == syntax::diag::Severity::Error) {
        let at = (d.span.lo - BASE) as usize;
        panic!("the printed tree has an error in `{}` at {at}:\n{printed}", d.title);
    }
    let tree_again = dump::tree(&again.ast, &names);
    if tree != tree_again {
        let line = tree.lines().zip(tree_again.lines()).position(|(a, b)| a != b).unwrap_or(0);
        let at = |tree: &str| tree.lines().nth(line).unwrap_or("").to_owned();
        panic!("another tree after printing in `{}`, now `{}`, of\n{printed}", at(&tree), at(&tree_again));
    }
    assert_eq!(printed, print::print(&again.ast, &names), "printed twice");
}

/// Asserts that a place lies inside the text and does not cut a character.
fn inside(text: &str, span: Span, what: &str) {
    let found = span.lo >= BASE
        && span.hi >= span.lo
        && text.get((span.lo - BASE) as usize..(span.hi - BASE) as usize).is_some();
    assert!(
        found,
        "{what} is outside in {span:?} of a text that begins at {BASE} and has {} bytes",
        text.len()
    );
}

fn tokens(text: &str, parsed: &Parsed) {
    let mut at = BASE;
    for token in &parsed.tokens {
        assert!(token.span.lo == at, "a gap or an overlap in front of {token:?}");
        inside(text, token.span, "a token");
        at = token.span.hi;
    }
    assert_eq!((at - BASE) as usize, text.len(), "the tokens end before the text");
}

fn diagnostics(text: &str, parsed: &Parsed) {
    assert!(parsed.diagnostics.len() <= syntax::MAX_DIAGNOSTICS, "too many diagnostics");
    assert!(parsed.diagnostics.is_sorted_by_key(|d| d.span.lo), "diagnostics out of order");
    for d in &parsed.diagnostics {
        inside(text, d.span, d.code.name());
        d.labels.iter().for_each(|l| inside(text, l.span, d.code.name()));
        assert!(!d.title.contains('\n') && !d.title.is_empty(), "title {:?}", d.title);
    }
}

/// Asserts that all places of a tree are in the text and all its lists in their pools.
fn places(text: &str, ast: &Ast) {
    let list = |l: List, len: usize, what: &str| {
        assert!(l.start as usize + l.len as usize <= len, "{what} {l:?} of {len}");
    };
    list(ast.items, ast.stmt_lists.len(), "items");
    ast.exprs.iter().for_each(|e| inside(text, e.span, "an expression"));
    ast.stmts.iter().for_each(|s| inside(text, s.span, "a statement"));
    for b in &ast.blocks {
        inside(text, b.span, "a block");
        list(b.stmts, ast.stmt_lists.len(), "a block");
    }
    for f in &ast.funcs {
        inside(text, f.span, "a function");
        f.name.iter().for_each(|n| inside(text, n.span, "a function's name"));
        f.params.iter().for_each(|p| inside(text, p.span, "a parameter"));
    }
    for b in &ast.boxes {
        inside(text, b.span, "a box");
        inside(text, b.name.span, "a box's name");
        b.parents.iter().for_each(|p| inside(text, p.name.span, "a parent"));
        b.interfaces.iter().for_each(|i| inside(text, i.span, "an interface"));
    }
    for m in &ast.matches {
        m.arms.iter().for_each(|a| list(a.patterns, ast.expr_lists.len(), "patterns"));
    }
}
