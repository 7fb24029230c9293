//! The form of golden and command line tests: a text whose lines `--- name` begin named sections. Input and
//! expectation stand in one file, so that a reader sees both.

#![allow(dead_code, unreachable_pub, reason = "a module of several harnesses; each uses a part of it")]

/// One section with the lines that follow its heading.
#[derive(Clone, Debug)]
pub struct Section {
    /// What follows `--- `; empty for the text before the first heading.
    pub heading: String,
    /// The text, with the last line end.
    pub text: String,
}

/// Splits a text.
pub fn split(text: &str) -> Vec<Section> {
    let mut sections = vec![Section { heading: String::new(), text: String::new() }];
    for line in text.split_inclusive('\n') {
        if let Some(heading) = line.strip_prefix("--- ") {
            sections.push(Section { heading: heading.trim_end().into(), text: String::new() });
        } else if let Some(last) = sections.last_mut() {
            last.text.push_str(line);
        }
    }
    sections
}

/// Puts sections together again.
pub fn join(sections: &[Section]) -> String {
    let mut out = String::new();
    for (i, section) in sections.iter().enumerate() {
        if i > 0 {
            out.push_str(&format!("--- {}\n", section.heading));
        }
        out.push_str(&section.text);
        if !section.text.is_empty() && !section.text.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}

/// Whether a text is what a pattern describes: `...` on a line of its own stands for any lines, `[..]` in a line
/// for any characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    lines_match(&pattern.lines().collect::<Vec<_>>(), &text.lines().collect::<Vec<_>>())
}

fn lines_match(pattern: &[&str], text: &[&str]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((&"...", rest)) => (0..=text.len()).any(|skip| lines_match(rest, &text[skip..])),
        Some((line, rest)) => {
            text.split_first().is_some_and(|(l, t)| line_matches(line, l) && lines_match(rest, t))
        }
    }
}

fn line_matches(pattern: &str, line: &str) -> bool {
    match pattern.split_once("[..]") {
        None => pattern == line,
        Some((head, tail)) => line.strip_prefix(head).is_some_and(|rest| {
            rest.char_indices().map(|(i, _)| i).chain([rest.len()]).any(|i| line_matches(tail, &rest[i..]))
        }),
    }
}
