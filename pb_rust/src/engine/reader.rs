//! A reader for JSON whose shape is known beforehand.
//!
//! It answers None for anything it does not plainly understand (escapes, odd numbers, unknown or repeated keys), so
//! that a caller can turn to a full parser, which then gives the answer or the error. What it does accept has exactly
//! one meaning: numbers are rounded correctly.

/// Place in `Keys::after` that stands for "no key before".
const START: usize = 63;

/// The keys of one kind of object, and which one followed which the last time.
///
/// Documents repeat the same order of keys, so that comparing with the expected one nearly always suffices.
pub struct Keys<'a> {
    names: &'a [&'a str],
    after: [u8; 64],
}

impl<'a> Keys<'a> {
    /// At most 63 names; further ones are never matched.
    pub fn new(names: &'a [&'a str]) -> Self {
        let names = &names[..names.len().min(START)];
        let mut after = [0; 64];
        for (i, slot) in after.iter_mut().enumerate().take(names.len()) {
            *slot = (i + 1).min(names.len() - 1) as u8;
        }
        Keys { names, after }
    }
}

/// A position in a text.
pub struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Reader { text, bytes: text.as_bytes(), pos: 0 }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.pos += 1;
        }
    }

    /// Takes one byte of punctuation and the space after it.
    #[inline]
    fn take(&mut self, wanted: u8) -> Option<()> {
        if self.peek()? != wanted {
            return None;
        }
        self.pos += 1;
        self.skip_space();
        Some(())
    }

    /// Takes a word such as `null` or `"normal"`.
    #[inline]
    pub fn word(&mut self, wanted: &str) -> Option<()> {
        if !self.bytes[self.pos..].starts_with(wanted.as_bytes()) {
            return None;
        }
        self.pos += wanted.len();
        self.skip_space();
        Some(())
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.pos..]
    }

    /// Passes over bytes that were understood by other means.
    pub fn skip(&mut self, count: usize) -> Option<()> {
        self.pos = self.pos.checked_add(count).filter(|&pos| pos <= self.bytes.len())?;
        Some(())
    }

    /// Whether nothing but space is left.
    pub fn is_done(&self) -> bool {
        self.pos == self.bytes.len()
    }

    pub fn skip_leading_space(&mut self) {
        self.skip_space();
    }

    /// Reads an object; `value` gets the number of each key. Answers the bits of the keys seen.
    #[inline]
    pub fn object(
        &mut self,
        keys: &mut Keys<'_>,
        mut value: impl FnMut(&mut Self, usize) -> Option<()>,
    ) -> Option<u64> {
        self.take(b'{')?;
        let (mut seen, mut previous) = (0u64, START);
        if self.peek()? == b'}' {
            return self.take(b'}').map(|()| seen);
        }
        loop {
            let key = self.key(keys, previous)?;
            if seen & (1 << key) != 0 {
                return None;
            }
            seen |= 1 << key;
            value(self, key)?;
            previous = key;
            match self.peek()? {
                b',' => self.take(b',')?,
                _ => return self.take(b'}').map(|()| seen),
            }
        }
    }

    #[inline]
    fn key(&mut self, keys: &mut Keys<'_>, previous: usize) -> Option<usize> {
        if self.peek()? != b'"' {
            return None;
        }
        let rest = &self.bytes[self.pos + 1..];
        let guess = usize::from(keys.after[previous]);
        let name = keys.names.get(guess)?;
        if rest.starts_with(name.as_bytes()) && rest[name.len()..].starts_with(b"\":") {
            self.pos += name.len() + 3;
            self.skip_space();
            return Some(guess);
        }
        let end = rest.iter().position(|&b| b == b'"')?;
        let found = keys.names.iter().position(|name| name.as_bytes() == &rest[..end])?;
        keys.after[previous] = found as u8;
        self.pos += end + 2;
        self.skip_space();
        self.take(b':')?;
        Some(found)
    }

    /// Reads a list, one `item` at a time.
    #[inline]
    pub fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        if self.peek()? == b']' {
            return self.take(b']');
        }
        loop {
            item(self)?;
            match self.peek()? {
                b',' => self.take(b',')?,
                _ => return self.take(b']'),
            }
        }
    }

    /// Reads `[number, number]`.
    #[inline]
    pub fn pair(&mut self) -> Option<(f64, f64)> {
        self.take(b'[')?;
        let first = self.float()?;
        self.take(b',')?;
        let second = self.float()?;
        self.take(b']')?;
        Some((first, second))
    }

    pub fn boolean(&mut self) -> Option<bool> {
        match self.peek()? {
            b't' => self.word("true").map(|()| true),
            _ => self.word("false").map(|()| false),
        }
    }

    /// Reads digits into `mantissa`, which wraps beyond 19 of them; answers how many there were.
    #[inline(always)]
    fn digits(&mut self, mantissa: &mut u64) -> usize {
        let rest = &self.bytes[self.pos..];
        let (mut value, mut count) = (*mantissa, 0);
        for &byte in rest {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        *mantissa = value;
        self.pos += count;
        count
    }

    /// Reads a whole number without sign, point or exponent.
    pub fn index(&mut self) -> Option<usize> {
        let start = self.pos;
        let mut value = 0;
        let count = self.digits(&mut value);
        let leading_zero = count > 1 && self.bytes[start] == b'0';
        if count == 0 || count > 18 || leading_zero || matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        self.skip_space();
        usize::try_from(value).ok()
    }

    /// Reads a number, correctly rounded; None also where it exceeds the range of a double.
    #[inline]
    pub fn float(&mut self) -> Option<f64> {
        let start = self.pos;
        let negative = self.peek()? == b'-';
        self.pos += usize::from(negative);
        let first = self.peek()?;
        let mut mantissa = 0;
        let whole = self.digits(&mut mantissa);
        if whole == 0 || (whole > 1 && first == b'0') {
            return None;
        }
        let mut fraction = 0;
        if self.peek() == Some(b'.') {
            self.pos += 1;
            fraction = self.digits(&mut mantissa);
            if fraction == 0 {
                return None;
            }
        }
        let plain = !matches!(self.peek(), Some(b'e' | b'E'));
        let value = if plain && whole + fraction <= 19 && mantissa <= EXACT && fraction < POWERS.len() {
            let value = mantissa as i64 as f64 / POWERS[fraction];
            if negative { -value } else { value }
        } else {
            self.skip_exponent()?;
            correctly_rounded(&self.text[start..self.pos])?
        };
        self.skip_space();
        Some(value)
    }

    fn skip_exponent(&mut self) -> Option<()> {
        if !matches!(self.peek(), Some(b'e' | b'E')) {
            return Some(());
        }
        self.pos += 1;
        self.pos += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
        let mut ignored = 0;
        (self.digits(&mut ignored) > 0).then_some(())
    }
}

/// Any number by the standard library; None beyond the range of a double.
fn correctly_rounded(text: &str) -> Option<f64> {
    // Stands for "nothing seen yet" in every flat coin's trailing extremes.
    if matches!(text, "1.7976931348623157e308" | "1.7976931348623157e+308") {
        return Some(f64::MAX);
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Largest whole number below which all are exact as doubles.
const EXACT: u64 = 1 << 53;

/// Powers of ten that are exact as doubles: a quotient of two exact numbers is rounded once, hence correctly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn learns_the_order_of_keys() {
        let names = ["a", "b", "c"];
        let mut keys = Keys::new(&names);
        for text in [r#"{"c":1,"a":2 , "b":3}"#, r#"{"c":1,"a":2,"b":3}"#, r#"{ "b":3,"c":1,"a":2}"#] {
            let mut reader = Reader::new(text);
            let mut values = [0.0; 3];
            let seen = reader.object(&mut keys, |r, i| {
                values[i] = r.float()?;
                Some(())
            });
            assert_eq!((seen, values, reader.is_done()), (Some(7), [2.0, 3.0, 1.0], true));
        }
    }

    #[test]
    fn declines_what_is_not_plain() {
        let names = ["a", "b"];
        for text in
            ["", "{", r#"{"a":1"#, r#"{"a":1,}"#, r#"{"a":1,"a":1}"#, r#"{"x":1}"#, r#"{"\u0061":1}"#, r#"{a:1}"#]
        {
            let mut keys = Keys::new(&names);
            assert_eq!(Reader::new(text).object(&mut keys, |r, _| r.float().map(drop)), None, "{text}");
        }
        for text in ["", "-", "+1", ".5", "1.", "01", "-01", "1e", "1e+", "NaN", "1e999", "-1e999", "null"] {
            assert_eq!(Reader::new(text).float(), None, "{text}");
        }
        for text in ["", "-1", "1.0", "1e3", "01", "99999999999999999999"] {
            assert_eq!(Reader::new(text).index(), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_read_back_to_the_same_bits(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            for text in [format!("{value}"), format!("{value:?}"), format!("{value:e}")] {
                prop_assert_eq!(Reader::new(&text).float().map(f64::to_bits), Some(value.to_bits()), "{}", text);
            }
        }

        #[test]
        fn numbers_agree_with_the_full_parser(text in r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?") {
            let full = serde_json::from_str::<f64>(&text).ok();
            let ours = Reader::new(&text).float();
            prop_assert_eq!(ours.map(f64::to_bits), full.map(f64::to_bits), "{}", text);
        }
    }
}
