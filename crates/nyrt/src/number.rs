//! Text of numbers in both directions.
//!
//! A float is written with the fewest digits that read back to the same bits, never with an exponent and
//! never with a trailing `.0`. It knows no values and no heap.

/// Longest text: sign, `0.`, 323 zeros and 17 digits, or sign and 309 digits.
const CAPACITY: usize = 352;

/// The text of one number, on the stack.
pub struct NumberText {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl NumberText {
    const fn empty() -> NumberText {
        NumberText { bytes: [0; CAPACITY], len: 0 }
    }

    fn push(&mut self, text: &[u8]) {
        let end = self.len + text.len();
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            place.copy_from_slice(text);
            self.len = end;
        }
    }

    fn push_zeros(&mut self, count: usize) {
        let end = self.len + count;
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            place.fill(b'0');
            self.len = end;
        }
    }

    /// The text; ASCII.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.len]).unwrap_or("")
    }

    /// Text of an integer.
    pub fn int(n: i64) -> NumberText {
        let mut text = NumberText::empty();
        text.push(itoa::Buffer::new().format(n).as_bytes());
        text
    }

    /// Text of a float.
    pub fn float(x: f64) -> NumberText {
        let mut text = NumberText::empty();
        if x.is_nan() {
            text.push(b"NaN");
            return text;
        }
        if x.is_sign_negative() {
            text.push(b"-");
        }
        if x.is_infinite() {
            text.push(b"inf");
            return text;
        }
        let magnitude = libm::fabs(x);
        if magnitude == 0.0 {
            text.push(b"0");
            return text;
        }
        let (digits, count, point) = shortest_digits(magnitude);
        let digits = &digits[..count];
        if point <= 0 {
            text.push(b"0.");
            text.push_zeros(point.unsigned_abs() as usize);
            text.push(digits);
        } else if point as usize >= count {
            text.push(digits);
            text.push_zeros(point as usize - count);
        } else {
            let (whole, fraction) = digits.split_at(point as usize);
            text.push(whole);
            text.push(b".");
            text.push(fraction);
        }
        text
    }
}

/// Significant digits without zeros at either end, their number, and where the decimal point stands:
/// the value is `0.DIGITS * 10^point`. `x` is finite and positive.
fn shortest_digits(x: f64) -> ([u8; 24], usize, i32) {
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(x);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut point = whole.len() as i32 + exponent.parse::<i32>().unwrap_or(0);
    let (mut digits, mut count) = ([0u8; 24], 0);
    for byte in whole.bytes().chain(fraction.bytes()) {
        if count == 0 && byte == b'0' {
            point -= 1;
        } else if let Some(place) = digits.get_mut(count) {
            *place = byte;
            count += 1;
        }
    }
    while count > 1 && digits[count - 1] == b'0' {
        count -= 1;
    }
    (digits, count, point)
}

/// The integer that a text is: white space around it, a sign and decimal digits; `None` for anything else
/// and for numbers outside of i64.
pub fn parse_int(text: &str) -> Option<i64> {
    // The standard parser takes exactly `[+-]? digit+` and checks the range.
    text.trim().parse().ok()
}

/// The float that a text is: white space around it, a sign, digits with an optional point and exponent, or
/// `inf` and `NaN` as [`NumberText::float`] writes them; `None` for anything else.
pub fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    match text {
        "inf" | "+inf" => return Some(f64::INFINITY),
        "-inf" => return Some(f64::NEG_INFINITY),
        "NaN" => return Some(f64::NAN),
        _ => {}
    }
    // The standard parser knows more words for infinities; programs know only the ones above.
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    if numeric { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    fn float(x: f64) -> alloc::string::String {
        NumberText::float(x).as_str().to_string()
    }

    #[test]
    fn floats_by_table() {
        // From Python: format(Decimal(repr(x)), 'f') without a trailing ".0".
        let table: [(f64, &str); 22] = [
            (3.0, "3"),
            (0.1, "0.1"),
            (-0.0, "-0"),
            (0.0, "0"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
            (1.5, "1.5"),
            (-2.25, "-2.25"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e16, "10000000000000000"),
            (1e21, "1000000000000000000000"),
            (1.5e300, "15PAD299"),
            (1e-7, "0.0000001"),
            (1.25e-5, "0.0000125"),
            (123456.789, "123456.789"),
            (100.0, "100"),
            (-0.1690859889909308, "-0.1690859889909308"),
            (9007199254740993.0, "9007199254740992"),
            (1e15 + 0.5, "1000000000000000.5"),
            (2e9, "2000000000"),
        ];
        for (x, expected) in table {
            let expected = match expected.split_once("PAD") {
                Some((digits, zeros)) => {
                    let zeros: usize = zeros.parse().expect("a count");
                    digits.to_string() + &"0".repeat(zeros)
                }
                None => expected.to_string(),
            };
            assert_eq!(float(x), expected);
        }
    }

    #[test]
    fn extremes_fit() {
        let least = float(-5e-324);
        assert_eq!(least, "-0.".to_string() + &"0".repeat(323) + "5");
        let most = float(f64::MAX);
        assert_eq!(most, "17976931348623157".to_string() + &"0".repeat(292));
        assert!(float(-2.2250738585072014e-308).ends_with("22250738585072014"));
    }

    #[test]
    fn integers() {
        assert_eq!(NumberText::int(i64::MIN).as_str(), "-9223372036854775808");
        assert_eq!(NumberText::int(0).as_str(), "0");
    }

    #[test]
    fn what_is_an_integer() {
        let yes = [("12", 12), (" -7\n", -7), ("+3", 3), ("007", 7), ("-9223372036854775808", i64::MIN)];
        for (text, n) in yes {
            assert_eq!(parse_int(text), Some(n), "{text:?}");
        }
        for text in
            ["", " ", "-", "3.7", "1e3", "0x10", "9223372036854775808", "1 2", "1_000", "--1", "\u{663}"]
        {
            assert_eq!(parse_int(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_is_a_float() {
        let yes = [
            ("1.5", 1.5),
            (" -2 ", -2.0),
            ("2e9", 2e9),
            ("1.5E-3", 0.0015),
            (".5", 0.5),
            ("1.", 1.0),
            ("-inf", f64::NEG_INFINITY),
        ];
        for (text, x) in yes {
            assert_eq!(parse_float(text), Some(x), "{text:?}");
        }
        assert!(parse_float("NaN").is_some_and(f64::is_nan));
        for text in ["", ".", "e", "1e", "-", "infinity", "nan", "INF", "1,5", "0x1", "1.2.3"] {
            assert_eq!(parse_float(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn floats_read_back(bits: u64) {
            let x = f64::from_bits(bits);
            let text = NumberText::float(x);
            let back = parse_float(text.as_str()).expect("own text parses");
            prop_assert!(back.to_bits() == x.to_bits() || (back.is_nan() && x.is_nan()));
            prop_assert!(!text.as_str().contains('e') && !text.as_str().ends_with(".0"));
        }

        #[test]
        fn floats_are_as_short_as_the_standard_library_says(x: f64) {
            // Rust's Display is shortest without an exponent too, by another algorithm. Where two shortest texts are as near
            // it may take the other one.
            if x.is_finite() {
                let (ours, theirs) = (float(x), x.to_string());
                prop_assert_eq!(ours.len(), theirs.len());
                prop_assert_eq!(ours.parse::<f64>().map(f64::to_bits), Ok(x.to_bits()), "{} {}", ours, theirs);
            }
        }

        #[test]
        fn integers_read_back(n: i64) {
            let text = NumberText::int(n);
            prop_assert_eq!(parse_int(text.as_str()), Some(n));
            prop_assert_eq!(text.as_str(), n.to_string());
        }
    }
}
