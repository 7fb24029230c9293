//! Changes texts: bytes, tokens, lines, blocks. It knows how Nyash is spelled, not what it means.

use crate::corpus::Corpus;
use agree::rng::Rng;
use std::ops::Range;

/// Spellings that matter to the grammar.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "box", "static", "interface", "from", "override", "new", "me", "this", "local", "outbox", "global", "function",
    "fn", "print", "if", "else", "loop", "while", "break", "continue", "return", "try", "catch", "finally", "throw",
    "nowait", "await", "include", "using", "match", "and", "or", "not", "weak", "true", "false", "null", "void",
    "init", "pack", "birth", "fini", "constructor", "public", "private", "as", "implements", "assert", "toString",
    "equals", "Main", "main", "nyashstd", "env.console.log", "ArrayBox", "MapBox", "StringBox", "ErrorBox", "_",
    "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "!", "~", "&", "|", "^", "<<", ">>",
    "=", "+=", "-=", "*=", "/=", "%=", ".", ",", ":", ";", "?", "=>", "(", ")", "{", "}", "[", "]", "%{", "\n",
    "0", "1", "-1", "2.5", "1e9", "1e400", "9223372036854775807", "9223372036854775808", "0xFFFFFFFFFFFFFFFF",
    "0x1FFFFFFFFFFFFFFFF", "1.", "0x", "1abc", "\"", "'", "\"a\"", "'é\\n'", "\"\\u00e9\\ud800\"", "\"\\", "//",
    "#", "/*", "*/", "\u{FEFF}", "\u{0}", "\r\n", "\t", "é", "名前", "ⅷ", "\u{200D}", "\u{10FFFF}", "@", "$", "`",
];

/// Texts of tokens only.
pub fn tokens(rng: &mut Rng) -> Vec<u8> {
    let mut out = String::new();
    for _ in 0..rng.below(60) {
        out.push_str(rng.pick(WORDS).copied().unwrap_or(""));
        out.push_str(["", " ", " ", "\n"][rng.below(4)]);
    }
    out.into_bytes()
}

/// A text of the corpus with changed bytes.
pub fn bytes(rng: &mut Rng, corpus: &Corpus) -> Vec<u8> {
    let mut out = text(rng, corpus.wrong(), 4).into_bytes();
    for _ in 0..rng.below(4) {
        let at = rng.below(out.len() + 1);
        match rng.below(3) {
            0 => out.insert(at, rng.next() as u8),
            1 => out.truncate(at),
            _ => {
                if let Some(b) = out.get_mut(at) {
                    *b ^= 1 << rng.below(8);
                }
            }
        }
    }
    out
}

/// A text of a list with up to `changes` changes of tokens, lines and blocks.
pub fn text(rng: &mut Rng, texts: &[String], changes: usize) -> String {
    let Some(start) = rng.pick(texts) else { return String::new() };
    let mut out = start.clone();
    for _ in 0..rng.below(changes) + 1 {
        let other = rng.pick(texts).map_or("", String::as_str);
        change(rng, &mut out, other);
        if out.len() > 60_000 {
            break;
        }
    }
    out
}

/// One change; `other` is a text to take parts from.
fn change(rng: &mut Rng, text: &mut String, other: &str) {
    let tokens = split(text);
    let Some(here) = rng.pick(&tokens).cloned() else { return };
    match rng.below(16) {
        0 => text.replace_range(here, ""),
        1 => text.replace_range(here, rng.pick(WORDS).copied().unwrap_or("")),
        2 => text.insert_str(here.start, &format!(" {} ", rng.pick(WORDS).copied().unwrap_or(""))),
        // A token of the same kind in place of another: mostly still a program.
        3..6 => {
            let kind = kind_at(text, here.start);
            let like: Vec<_> = tokens.iter().filter(|t| kind_at(text, t.start) == kind).collect();
            if let Some(from) = rng.pick(&like) {
                let new = text[(*from).clone()].to_owned();
                text.replace_range(here, &new);
            }
        }
        6 => {
            let lines = lines(text);
            if let Some(line) = rng.pick(&lines).cloned() {
                text.replace_range(line, "");
            }
        }
        7 | 8 => {
            let lines = lines(text);
            if let (Some(from), Some(to)) = (rng.pick(&lines).cloned(), rng.pick(&lines).cloned()) {
                let line = text[from].to_owned();
                text.insert_str(to.start, &line);
            }
        }
        // A block or statement of another text.
        9 | 10 => {
            let lines = lines(other);
            if let (Some(from), Some(to)) = (rng.pick(&lines).cloned(), rng.pick(&self::lines(text)).cloned())
            {
                let piece = balanced(other, from.start).map_or(from.clone(), |end| from.start..end);
                text.insert_str(to.start, &format!("{}\n", &other[piece]));
            }
        }
        // Around a statement or block.
        11 | 12 => {
            let lines = lines(text);
            if let Some(line) = rng.pick(&lines).cloned() {
                let end = balanced(text, line.start).unwrap_or(line.end);
                let (before, after) = WRAPS[rng.below(WRAPS.len())];
                let piece = format!("{before}{}{after}\n", &text[line.start..end]);
                text.replace_range(line.start..end, &piece);
            }
        }
        // A piece many times.
        13 => {
            let to = (here.end + rng.below(30)).min(text.len());
            if text.is_char_boundary(to) {
                let most = if rng.one_in(20) { 400 } else { 6 };
                let piece = text[here.start..to].repeat(rng.below(most) + 1);
                text.insert_str(here.start, &piece);
            }
        }
        14 => {
            let to = tokens[rng.below(tokens.len())].start;
            text.replace_range(here.start.min(to)..here.start.max(to), "");
        }
        _ => {
            let lines = lines(other);
            let start = rng.below(lines.len());
            let end = (start + 1 + rng.below(12)).min(lines.len());
            if start < end {
                let piece = &other[lines[start].start..lines[end - 1].end];
                text.push('\n');
                text.push_str(piece);
            }
        }
    }
}

/// What can stand around a statement.
const WRAPS: &[(&str, &str)] = &[
    ("{ ", " }"),
    ("loop (true) { ", " break }"),
    ("if 1 < 2 { ", " } else { }"),
    ("try { ", " } catch (e) { print(e) }"),
    ("try { ", " } finally { }"),
    ("local w = fn() { ", " }\nw()"),
    ("function wf() { ", " }\nwf()"),
    ("fini { ", " }"),
    ("nowait w = ", "\nawait w"),
    ("print(", ")"),
    ("print(match 1 { 1 => { ", " } })"),
    ("box W { m() { ", " } fini() { print(1) } }\nnew W().m()"),
    ("static box Main { main() { ", " } }"),
    ("", "\nreturn"),
    ("local w = ", " fini { print(2) }"),
];

/// Lines with their ends.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            at += line.len();
            at - line.len()..at
        })
        .collect()
}

/// Where the braces that open in the line at `start` are closed.
fn balanced(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0;
    for (i, b) in text.as_bytes()[start..].iter().enumerate() {
        match b {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth <= 0 {
                    return (depth == 0).then_some(start + i + 1);
                }
            }
            b'\n' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The kind of token that begins at a position, roughly.
fn kind_at(text: &str, at: usize) -> u8 {
    match text.as_bytes().get(at) {
        Some(b) if b.is_ascii_digit() => 1,
        Some(b) if b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80 => {
            let word = &text[at..];
            let end = word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
            if WORDS[..38].contains(&&word[..end]) { 3 } else { 2 }
        }
        Some(b'"' | b'\'') => 4,
        Some(b'(' | b'[' | b'{') => 5,
        Some(b')' | b']' | b'}') => 6,
        _ => 7,
    }
}

/// Words, numbers, strings and marks of a text.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        if c.is_alphanumeric() || c == '_' {
            while let Some((i, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_') {
                end = i + c.len_utf8();
            }
        } else if c == '"' || c == '\'' {
            for (i, d) in chars.by_ref() {
                end = i + d.len_utf8();
                if d == c || d == '\n' {
                    break;
                }
            }
        }
        out.push(start..end);
    }
    out
}

/// A text of the middle language with changed numbers, names and lines.
pub fn mir(rng: &mut Rng, corpus: &Corpus) -> String {
    let Some(start) = rng.pick(corpus.mir()) else { return String::new() };
    let mut out = start.clone();
    for _ in 0..rng.below(8) + 1 {
        let tokens = split(&out);
        let Some(here) = rng.pick(&tokens).cloned() else { break };
        match rng.below(10) {
            0 => out.replace_range(here, ""),
            1..5 => {
                let kind = kind_at(&out, here.start);
                let like: Vec<_> = tokens.iter().filter(|t| kind_at(&out, t.start) == kind).collect();
                if let Some(from) = rng.pick(&like) {
                    let new = out[(*from).clone()].to_owned();
                    out.replace_range(here, &new);
                }
            }
            5 => {
                let numbers =
                    ["0", "1", "7", "4294967295", "4294967294", "4294967293", "99999999999", "-", "%0"];
                out.replace_range(here, numbers[rng.below(numbers.len())]);
            }
            6 | 7 => {
                let lines = lines(&out);
                if let Some(line) = rng.pick(&lines).cloned() {
                    out.replace_range(line, "");
                }
            }
            8 => {
                let lines = lines(&out);
                if let (Some(from), Some(to)) = (rng.pick(&lines).cloned(), rng.pick(&lines).cloned()) {
                    let line = out[from].to_owned();
                    out.insert_str(to.start, &line);
                }
            }
            _ => {
                let row = rng.pick(mir::inst::TABLE).map_or("", |row| row.mnemonic);
                out.replace_range(here, row);
            }
        }
    }
    out
}

/// A pattern for `scale`: something, something to repeat, something.
pub fn pattern(rng: &mut Rng, corpus: &Corpus) -> String {
    let mut piece = |most: usize, in_corpus: bool| {
        let mut out = String::new();
        if in_corpus && let Some(text) = rng.pick(corpus.wrong()) {
            let lines = lines(text);
            if let Some(line) = rng.pick(&lines).cloned() {
                let end = balanced(text, line.start).unwrap_or(line.end);
                out.push_str(&text[line.start..end]);
                out.push('\n');
            }
            return out;
        }
        for _ in 0..rng.below(most) {
            out.push_str(rng.pick(WORDS).copied().unwrap_or(""));
            out.push_str(["", " ", " "][rng.below(3)]);
        }
        out
    };
    let before = piece(4, false);
    let whole = before.len() % 3 == 0;
    let unit = piece(9, whole);
    let after = piece(4, false);
    if whole && before.len() % 2 == 0 {
        return unit;
    }
    format!("{before}#--- repeat\n{unit}#--- repeat\n{after}")
}
