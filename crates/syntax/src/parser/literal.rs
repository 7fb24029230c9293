//! What literals are worth: integers, floats, strings with escapes.

use super::*;

/// 2^63: allowed as a decimal literal only directly under unary minus.
pub(super) const MIN_MAGNITUDE: u64 = 1 << 63;

/// The value of a decimal literal when it fits in 64 bits without sign.
pub(super) fn decimal(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// The two's complement value of a hexadecimal literal.
fn hexadecimal(text: &str) -> Option<i64> {
    let digits = text.get(2..)?;
    u64::from_str_radix(digits, 16).ok().map(|v| v as i64)
}

impl Parser<'_, '_> {
    /// An integer literal, taken.
    pub(super) fn int_literal(&mut self) -> ExprKind {
        let text = self.word();
        let value = if text.starts_with("0x") || text.starts_with("0X") {
            hexadecimal(text)
        } else {
            decimal(text).and_then(|v| i64::try_from(v).ok())
        };
        let kind = match value {
            Some(v) => ExprKind::Int(v),
            None => {
                let hex = text.starts_with("0x") || text.starts_with("0X");
                let limit =
                    if hex { "at most 16 hexadecimal digits" } else { "the largest is 9223372036854775807" };
                let mut d = Diagnostic::new(Code::E0105, self.here(), "number too large").label(limit);
                if !hex {
                    d = d.hint("write a float, for example `1e19`, when the exact value does not matter");
                }
                self.report(d);
                ExprKind::Error
            }
        };
        self.bump();
        kind
    }

    /// A float literal, taken.
    pub(super) fn float_literal(&mut self) -> ExprKind {
        let kind = self.word().parse().map_or(ExprKind::Error, ExprKind::Float);
        self.bump();
        kind
    }

    /// Reports a malformed number and takes it.
    pub(super) fn bad_number(&mut self) -> ExprKind {
        let text = self.word();
        let lower = text.to_ascii_lowercase();
        let mut d = Diagnostic::new(
            Code::E0104,
            self.here(),
            format!("malformed number `{}`", self.excerpt(self.here())),
        )
        .label("not a number");
        let plain: String = text.chars().filter(|c| *c != '_').collect();
        if plain.len() != text.len() && plain.bytes().all(|b| b.is_ascii_digit()) {
            d = d.hint(format!("digits are not grouped: write `{plain}`"));
        } else if let Some(n) = lower.strip_prefix("0b").and_then(|b| u64::from_str_radix(b, 2).ok()) {
            d = d.hint(format!("there are no binary literals; write `0x{n:X}`"));
        } else if let Some(n) = lower.strip_prefix("0o").and_then(|b| u64::from_str_radix(b, 8).ok()) {
            d = d.hint(format!("there are no octal literals; write `{n}`"));
        } else if lower.starts_with("0x") {
            d = d.hint("hexadecimal digits are 0-9 and a-f, at least one");
        } else if lower.ends_with('e') {
            d = d.hint("an exponent needs digits: `2e9`");
        } else if let Some(n) = lower.strip_suffix(['l', 'u', 'n', 'f', 'd']) {
            if n.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
                d = d.hint(format!("numbers have no suffix: write `{n}`"));
            }
        } else {
            d = d.hint("names begin with a letter or `_`; separate number and word by a space");
        }
        self.report(d);
        self.bump();
        ExprKind::Error
    }

    /// The text of a string literal, taken. Both kinds of quotes mean the same.
    pub(super) fn string_literal(&mut self) -> Symbol {
        let t = self.cur();
        let raw = self.slice(t.span);
        let body = if t.kind == TokenKind::Unterminated {
            raw.get(1..).unwrap_or("")
        } else {
            raw.get(1..raw.len().saturating_sub(1)).unwrap_or("")
        };
        let symbol = if body.contains('\\') {
            let text = self.unescape(body, t.span.lo + 1);
            self.names.intern(&text)
        } else {
            self.names.intern(body)
        };
        self.bump();
        symbol
    }

    /// Resolves escapes; unknown ones stay with their backslash. `at` is the position of the body.
    fn unescape(&mut self, body: &str, at: u32) -> String {
        let mut out = String::with_capacity(body.len());
        let mut rest = body;
        while let Some(i) = rest.find('\\') {
            out.push_str(rest.get(..i).unwrap_or(""));
            rest = rest.get(i + 1..).unwrap_or("");
            let Some(c) = rest.chars().next() else {
                out.push('\\');
                break;
            };
            let mut taken = c.len_utf8();
            match c {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                '\\' => out.push('\\'),
                '"' => out.push('"'),
                '\'' => out.push('\''),
                '0' => out.push('\0'),
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{C}'),
                'u' => {
                    let lo = at + (body.len() - rest.len()) as u32 - 1;
                    match unicode_escape(rest) {
                        Ok((ch, len)) => {
                            out.push(ch);
                            taken = len;
                        }
                        Err(problem) => {
                            self.bad_escape(rest, lo, problem);
                            out.push(char::REPLACEMENT_CHARACTER);
                        }
                    }
                }
                other => {
                    out.push('\\');
                    out.push(other);
                }
            }
            rest = rest.get(taken..).unwrap_or("");
        }
        out.push_str(rest);
        out
    }

    fn bad_escape(&mut self, rest: &str, lo: u32, problem: BadEscape) {
        let len = 1 + rest.chars().take(5).take_while(|c| *c == 'u' || c.is_ascii_hexdigit()).count() as u32;
        let span = Span::new(lo, lo + len);
        let d = match problem {
            BadEscape::Digits => {
                let hint = if rest.starts_with("u{") {
                    "write four digits without braces: `\\u00E9`; above U+FFFF two escapes (a surrogate pair) or the character itself"
                } else {
                    "write exactly four hexadecimal digits: `\\u00E9`; for a backslash itself write `\\\\`"
                };
                Diagnostic::new(Code::E0106, span, "malformed escape `\\u`")
                    .label("four hexadecimal digits must follow")
                    .hint(hint)
            }
            BadEscape::Surrogate => Diagnostic::new(Code::E0106, span, "half of a surrogate pair")
                .label("alone this is no character")
                .hint("a character above U+FFFF is written `\\uD83D\\uDE00`, high half first, or as itself"),
        };
        self.push_diagnostic(d);
    }
}

enum BadEscape {
    Digits,
    Surrogate,
}

/// The character of an escape, `rest` beginning with the `u`, and the length without the backslash.
fn unicode_escape(rest: &str) -> std::result::Result<(char, usize), BadEscape> {
    let first = four_digits(rest.get(1..).unwrap_or("")).ok_or(BadEscape::Digits)?;
    if let Some(c) = char::from_u32(first) {
        return Ok((c, 5));
    }
    let second = rest.get(5..).and_then(|r| r.strip_prefix("\\u")).and_then(four_digits);
    match second {
        Some(low @ 0xDC00..=0xDFFF) if first < 0xDC00 => {
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00);
            char::from_u32(code).map(|c| (c, 11)).ok_or(BadEscape::Surrogate)
        }
        _ => Err(BadEscape::Surrogate),
    }
}

fn four_digits(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    if digits.bytes().all(|b| b.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
}
