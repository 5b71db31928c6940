//! Literals in filters and arguments: JSON that may quote its strings singly.

use serde_json::{Map, Number, Value};

use super::PathError;
use super::parse::Parser;

impl Parser<'_> {
    /// Reads a string, number, `true`, `false`, `null`, array or object.
    pub(super) fn literal(&mut self) -> Result<Value, PathError> {
        self.skip_blanks();
        match self.peek() {
            Some('\'' | '"') => self.quoted().map(Value::String),
            Some('[') => self.nested(Self::array),
            Some('{') => self.nested(Self::object),
            Some('-' | '0'..='9') => self.number(),
            _ => self.keyword(),
        }
    }

    /// Reads a quoted string, from its opening quote.
    pub(super) fn quoted(&mut self) -> Result<String, PathError> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.text[start..].char_indices();
        let quote = chars.next().map_or('\'', |(_, quote)| quote);
        while let Some((offset, next)) = chars.next() {
            if next == quote {
                self.at = start + offset + next.len_utf8();
                return Ok(text);
            }
            if next != '\\' {
                text.push(next);
                continue;
            }
            match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'b')) => text.push('\u{8}'),
                Some((_, 'f')) => text.push('\u{c}'),
                Some((at, 'u')) => {
                    let (decoded, length) = unicode_escape(&self.text[start + at..])
                        .ok_or_else(|| self.error_at(start + offset, "no Unicode character"))?;
                    text.push(decoded);
                    // The `u` itself is read already.
                    chars.by_ref().take(length - 1).for_each(drop);
                }
                Some((_, escaped)) => text.push(escaped),
                None => break,
            }
        }
        Err(self.error_at(start, format!("a string without its closing {quote}")))
    }

    fn array(&mut self) -> Result<Value, PathError> {
        let mut items = Vec::new();
        self.expect('[')?;
        self.skip_blanks();
        if self.take(']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.literal()?);
            self.skip_blanks();
            if !self.take(',') {
                break;
            }
        }
        self.expect(']')?;
        Ok(Value::Array(items))
    }

    fn object(&mut self) -> Result<Value, PathError> {
        let mut fields = Map::new();
        self.expect('{')?;
        self.skip_blanks();
        if self.take('}') {
            return Ok(Value::Object(fields));
        }
        loop {
            self.skip_blanks();
            if !matches!(self.peek(), Some('\'' | '"')) {
                return Err(self.error("expected a quoted key"));
            }
            let key = self.quoted()?;
            self.expect(':')?;
            fields.insert(key, self.literal()?);
            self.skip_blanks();
            if !self.take(',') {
                break;
            }
        }
        self.expect('}')?;
        Ok(Value::Object(fields))
    }

    fn number(&mut self) -> Result<Value, PathError> {
        let start = self.at;
        let text = self.take_while(|next| next.is_ascii_digit() || "+-.eE".contains(next));
        let number = text.parse::<Number>().ok();
        number
            .map(Value::Number)
            .ok_or_else(|| self.error_at(start, "no number"))
    }

    fn keyword(&mut self) -> Result<Value, PathError> {
        let start = self.at;
        let value = match self.take_while(char::is_alphanumeric) {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            _ => None,
        };
        value.ok_or_else(|| self.error_at(start, "expected a path or a literal"))
    }
}

/// Decodes `uXXXX`, or two of them that make one character; with how many characters were read.
fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let unit = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let first = unit(text)?;
    if let Some(decoded) = char::from_u32(u32::from(first)) {
        return Some((decoded, 5));
    }
    let second = unit(text.get(5..)?.strip_prefix('\\')?)?;
    let decoded = char::decode_utf16([first, second]).next()?.ok()?;
    Some((decoded, 11))
}
