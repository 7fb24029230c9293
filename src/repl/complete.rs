//! Completion in the REPL: names at the start of a word, members after a dot. It knows names only, as the
//! session reports them after each input.

use reedline::{Completer, CompletionResult, Span, Suggestion};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use syntax::token::KEYWORDS;

use super::COMMANDS;

/// What a session knows by name.
#[derive(Clone, Default, Debug)]
pub(crate) struct Known {
    /// Variables, functions and boxes.
    pub names: BTreeSet<String>,
    /// Members by the variable or box in front of the dot.
    pub members: BTreeMap<String, BTreeSet<String>>,
    /// Members of anything, for receivers that are not plain names.
    pub any_member: BTreeSet<String>,
}

/// Shared by the loop, which writes it, and the completer, which the line editor owns.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<Mutex<Known>>);

impl Names {
    /// After an input that may have declared something.
    pub(super) fn update(&self, known: Known) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

/// Completes from [`Names`].
pub(super) struct NameCompleter(pub(super) Names);

impl Completer for NameCompleter {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let known = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, found) = candidates(&known, line, pos);
        let suggestions: Vec<Suggestion> = found
            .into_iter()
            .map(|value| Suggestion { value, span: Span::new(start, pos), ..Suggestion::default() })
            .collect();
        CompletionResult::fresh(suggestions)
    }
}

/// Where the word before `pos` begins and what it may become.
fn candidates(known: &Known, line: &str, pos: usize) -> (usize, Vec<String>) {
    let before = line.get(..pos).unwrap_or("");
    let start = word_start(before);
    let word = &before[start..];
    let head = &before[..start];
    let fits = |name: &str| name.starts_with(word) && name != word;
    if head == ":" {
        return (start, COMMANDS.iter().copied().filter(|c| fits(c)).map(str::to_string).collect());
    }
    if let Some(receiver) = head.strip_suffix('.') {
        let name = &receiver[word_start(receiver)..];
        // `a.b.` has a receiver that only running would tell.
        let is_plain = !receiver[..receiver.len() - name.len()].ends_with('.');
        let members = known.members.get(name).filter(|_| is_plain).unwrap_or(&known.any_member);
        return (start, members.iter().filter(|m| fits(m)).cloned().collect());
    }
    let keywords = KEYWORDS.iter().map(|k| k.to_string());
    let mut all: BTreeSet<String> = keywords.filter(|k| fits(k)).collect();
    all.extend(known.names.iter().filter(|n| fits(n)).cloned());
    (start, all.into_iter().collect())
}

fn word_start(text: &str) -> usize {
    text.char_indices()
        .rev()
        .find(|(_, c)| !c.is_alphanumeric() && *c != '_')
        .map_or(0, |(i, c)| i + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let set = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<BTreeSet<_>>();
        Known {
            names: set(&["counter", "count_all"]),
            members: [("counter".to_string(), set(&["push", "pop"]))].into(),
            any_member: set(&["length"]),
        }
    }

    #[test]
    fn names_and_keywords() {
        assert_eq!(candidates(&known(), "1 + cou", 7), (4, vec!["count_all".into(), "counter".into()]));
        assert_eq!(candidates(&known(), "whi", 3), (0, vec!["while".to_string()]));
    }

    #[test]
    fn members_of_the_receiver() {
        assert_eq!(candidates(&known(), "counter.p", 9), (8, vec!["pop".into(), "push".into()]));
        assert_eq!(candidates(&known(), "f().le", 6), (4, vec!["length".to_string()]));
        assert_eq!(candidates(&known(), "x.counter.le", 12), (10, vec!["length".to_string()]));
    }

    #[test]
    fn commands() {
        assert_eq!(candidates(&known(), ":d", 2), (1, vec!["dump".to_string()]));
    }
}
