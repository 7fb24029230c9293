//! Names and literal texts as small numbers. It does not know what they mean.

use hashbrown::HashMap;
use std::rc::Rc;

/// An interned text; equal texts have equal symbols within one [`Interner`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Symbol(pub u32);

/// Texts by number and numbers by text.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    texts: Vec<Rc<str>>,
    by_text: HashMap<Rc<str>, Symbol>,
}

impl Interner {
    /// No texts.
    pub fn new() -> Interner {
        Interner::default()
    }
    /// The symbol of a text.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(s) = self.by_text.get(text) {
            return *s;
        }
        let s = Symbol(self.texts.len() as u32);
        let text: Rc<str> = text.into();
        self.texts.push(text.clone());
        self.by_text.insert(text, s);
        s
    }
    /// The symbol of a text that was interned before.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.by_text.get(text).copied()
    }
    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> &str {
        &self.texts[symbol.0 as usize]
    }
    /// Number of texts.
    pub fn len(&self) -> usize {
        self.texts.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}
