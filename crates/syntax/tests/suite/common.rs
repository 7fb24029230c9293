//! What the tests share: parsing with positions people can read.

use syntax::Parsed;
use syntax::intern::Interner;

/// A parsed text with everything needed to talk about it.
pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) names: Interner,
    pub(crate) parsed: Parsed,
}

/// Positions begin here, so that a test notices when the base is forgotten.
pub(crate) const BASE: u32 = 1000;

pub(crate) fn parse(text: &str) -> Source {
    let mut names = Interner::new();
    let parsed = syntax::parse(text, BASE, &mut names);
    Source { text: text.to_owned(), names, parsed }
}

impl Source {
    /// The dump of the tree.
    pub(crate) fn tree(&self) -> String {
        syntax::dump::tree(&self.parsed.ast, &self.names)
    }

    /// The tree as source.
    pub(crate) fn print(&self) -> String {
        syntax::print::print(&self.parsed.ast, &self.names)
    }

    /// Every diagnostic as `line:column CODE title`.
    pub(crate) fn messages(&self) -> Vec<String> {
        let locate = |pos: u32| {
            let before = self.text.get(..(pos - BASE) as usize).unwrap_or(&self.text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            format!("{line}:{column}")
        };
        self.parsed
            .diagnostics
            .iter()
            .map(|d| format!("{} {} {}", locate(d.span.lo), d.code.name(), d.title))
            .collect()
    }

    /// The codes of all diagnostics.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.parsed.diagnostics.iter().map(|d| d.code.name()).collect()
    }
}

/// The tree of a text that must be right.
pub(crate) fn tree(text: &str) -> String {
    let s = parse(text);
    assert!(s.parsed.diagnostics.is_empty(), "{text:?} gives {:#?}", s.messages());
    s.tree()
}

/// Asserts that two texts have one meaning.
pub(crate) fn same(a: &str, b: &str) {
    assert_eq!(tree(a), tree(b), "{a:?} and {b:?} differ");
}

/// Asserts that two right texts have different meanings.
pub(crate) fn differ(a: &str, b: &str) {
    assert_ne!(tree(a), tree(b), "{a:?} and {b:?} are the same");
}

/// Asserts that a text has no diagnostics.
pub(crate) fn right(text: &str) {
    tree(text);
}

/// Asserts that a text has some error.
pub(crate) fn wrong(text: &str) {
    let s = parse(text);
    assert!(!s.parsed.diagnostics.is_empty(), "{text:?} is accepted as\n{}", s.tree());
}
