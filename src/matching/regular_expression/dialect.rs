//! Java's regular expressions, written as the engines of this crate read them.
//!
//! Only what differs is changed: `\d`, `\w` and `\s` are ASCII in Java, `\Q…\E` quotes, a hyphen
//! beside `\w` in a class is a hyphen, `U` and `d` are other flags. What is wrong in both is left for
//! the engine to refuse.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// An expression in the dialect of the engines.
#[derive(Debug, Default)]
pub(super) struct Translated {
    /// The expression.
    pub(super) text: String,
    /// Whether it looks around, refers back or never gives back what it has taken.
    pub(super) backtracks: bool,
    /// What every text that fits begins with.
    pub(super) prefix: String,
}

/// Translates an expression.
///
/// # Errors
/// A few words, when a group is closed that is not open, or an escape is not finished.
pub(super) fn translate(java: &str) -> Result<Translated, String> {
    let mut translator = Translator {
        rest: java.chars().peekable(),
        out: Translated::default(),
        groups: 0,
        literal: true,
        repeated: false,
    };
    while let Some(next) = translator.rest.next() {
        translator.outside(next)?;
    }
    Ok(translator.out)
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: Translated,
    /// How many groups are open.
    groups: usize,
    /// Whether everything so far was literal.
    literal: bool,
    /// Whether what stands before is a repetition, so that `?` or `+` says how it takes.
    repeated: bool,
}

impl Translator<'_> {
    /// One construct outside of a class.
    fn outside(&mut self, next: char) -> Result<(), String> {
        let repeated = std::mem::take(&mut self.repeated);
        match next {
            '\\' => return self.escape(),
            '[' => {
                self.literal = false;
                return self.class();
            }
            '(' => {
                self.literal = false;
                self.groups += 1;
                self.group();
            }
            ')' => {
                self.literal = false;
                self.groups = self.groups.checked_sub(1).ok_or("unopened group")?;
                self.out.text.push(')');
            }
            '|' => {
                if self.groups == 0 {
                    self.out.prefix.clear();
                }
                self.literal = false;
                self.out.text.push('|');
            }
            '*' | '?' | '+' | '{' => self.repetition(next, repeated),
            // At the very beginning it says nothing new.
            '^' if self.out.text.is_empty() => self.out.text.push(next),
            '.' | '^' | '$' => {
                self.literal = false;
                self.out.text.push(next);
            }
            ']' | '}' => self.one(next),
            // Without the flag `x`, a space and `#` stand for themselves; with it they are left as
            // they are too.
            _ => {
                self.out.text.push(next);
                if self.literal {
                    self.out.prefix.push(next);
                }
            }
        }
        Ok(())
    }

    /// A character that stands for itself.
    fn one(&mut self, literal: char) {
        let mut buffer = [0; 4];
        let escaped = regex::escape(literal.encode_utf8(&mut buffer));
        self.out.text.push_str(&escaped);
        if self.literal {
            self.out.prefix.push(literal);
        }
    }

    fn repetition(&mut self, next: char, repeated: bool) {
        match next {
            // It takes as little as it can.
            '?' if repeated => self.out.text.push('?'),
            // It never gives back what it has taken.
            '+' if repeated => {
                self.out.backtracks = true;
                self.out.text.push('+');
            }
            _ => {
                if self.literal && next != '+' {
                    self.out.prefix.pop();
                }
                self.literal = false;
                self.out.text.push(next);
                while next == '{'
                    && let Some(inner) = self.rest.next()
                {
                    self.out.text.push(inner);
                    if inner == '}' {
                        break;
                    }
                }
                self.repeated = true;
            }
        }
    }

    /// What follows the opening of a group.
    fn group(&mut self) {
        self.out.text.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return;
        }
        let mut ahead = self.rest.clone();
        let kind = (ahead.next(), ahead.next());
        if let (Some('=' | '!' | '>'), _) | (Some('<'), Some('=' | '!')) = kind {
            self.out.backtracks = true;
        }
        self.out.text.push('?');
        let before = self.out.text.len();
        let flag = |next: &char| next.is_ascii_alphabetic() || *next == '-';
        while let Some(next) = self.rest.next_if(flag) {
            // They are about Unicode and line ends, and mean something else to the engines.
            if !matches!(next, 'd' | 'u' | 'U') {
                self.out.text.push(next);
            }
        }
        if self.out.text.len() == before && self.rest.peek() == Some(&')') {
            self.out.text.push(':');
        }
    }

    /// What follows a backslash outside of a class.
    fn escape(&mut self) -> Result<(), String> {
        let Some(next) = self.rest.next() else {
            return Err("incomplete escape sequence".into());
        };
        if next == 'Q' {
            self.quoted();
            return Ok(());
        }
        if !next.is_ascii_alphanumeric() {
            self.one(next);
            return Ok(());
        }
        self.literal = false;
        match next {
            'E' => {}
            'R' => self
                .out
                .text
                .push_str(r"(?:\r\n|[\n\x0B\f\r\x85\x{2028}\x{2029}])"),
            // At the end of the whole text there is nothing after it.
            'Z' => self.out.text.push_str(r"\z"),
            'k' | '1'..='9' => {
                self.out.backtracks = true;
                self.out.text.push('\\');
                self.out.text.push(next);
            }
            _ => match set(next) {
                Some((members, negated)) => {
                    let sign = if negated { "^" } else { "" };
                    let _ = write!(self.out.text, "[{sign}{members}]");
                }
                None => self.character_or_property(next),
            },
        }
        Ok(())
    }

    /// The literal text up to `\E`.
    fn quoted(&mut self) {
        // A repetition behind it takes its last character only, and is rare.
        self.literal = false;
        while let Some(next) = self.rest.next() {
            if next == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.one(next);
        }
    }

    /// An escape that is the same in a class and outside of it.
    fn character_or_property(&mut self, next: char) {
        match next {
            'e' => self.out.text.push_str(r"\x1B"),
            'c' => {
                if let Some(control) = self.rest.next() {
                    let _ = write!(self.out.text, r"\x{{{:x}}}", u32::from(control) ^ 64);
                }
            }
            '0' => {
                let mut code = 0;
                for _ in 0..3 {
                    let digit = self.rest.peek().and_then(|digit| digit.to_digit(8));
                    let Some(digit) = digit else { break };
                    code = code * 8 + digit;
                    self.rest.next();
                }
                let _ = write!(self.out.text, r"\x{{{code:x}}}");
            }
            'u' => self.unicode(),
            'p' | 'P' => self.property(next == 'P'),
            _ => {
                self.out.text.push('\\');
                self.out.text.push(next);
            }
        }
    }

    /// Four digits, or eight for a character beyond those that sixteen bits hold.
    fn unicode(&mut self) {
        let first = self.four_digits();
        let high = first.filter(|unit| (0xd800..0xdc00).contains(unit));
        let second = high.and_then(|_| {
            let mut ahead = self.rest.clone();
            (ahead.next() == Some('\\') && ahead.next() == Some('u')).then(|| {
                self.rest.next();
                self.rest.next();
                self.four_digits()
            })?
        });
        match (first, second) {
            (Some(high), Some(low)) if low >= 0xdc00 => {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                let _ = write!(self.out.text, r"\x{{{code:x}}}");
            }
            (Some(unit), _) => {
                let _ = write!(self.out.text, r"\x{{{unit:x}}}");
            }
            // The engine says what is wrong with it.
            (None, _) => self.out.text.push_str(r"\u"),
        }
    }

    fn four_digits(&mut self) -> Option<u32> {
        let mut ahead = self.rest.clone();
        let mut code = 0;
        for _ in 0..4 {
            code = code * 16 + ahead.next()?.to_digit(16)?;
        }
        self.rest = ahead;
        Some(code)
    }

    /// `\p{Alpha}`, `\pL`, `\P{IsLatin}`.
    fn property(&mut self, negated: bool) {
        let name: String = match self.rest.next_if_eq(&'{') {
            Some(_) => self.rest.by_ref().take_while(|next| *next != '}').collect(),
            None => self.rest.next().into_iter().collect(),
        };
        let sign = if negated { "^" } else { "" };
        let ascii = [
            "Lower", "Upper", "ASCII", "Alpha", "Digit", "Alnum", "Punct", "Graph", "Print",
            "Blank", "Cntrl", "XDigit", "Space",
        ];
        if ascii.contains(&name.as_str()) {
            let _ = write!(self.out.text, "[[:{sign}{}:]]", name.to_ascii_lowercase());
            return;
        }
        let name = match name.as_str() {
            "javaLowerCase" => "Lowercase",
            "javaUpperCase" => "Uppercase",
            "javaWhitespace" => "White_Space",
            name => name.strip_prefix("Is").unwrap_or(name),
        };
        let letter = if negated { 'P' } else { 'p' };
        let _ = write!(self.out.text, r"\{letter}{{{name}}}");
    }

    /// A class, from behind its opening bracket on.
    fn class(&mut self) -> Result<(), String> {
        let mut open = 1_usize;
        self.open_class();
        // Whether what stands before can begin a range.
        let mut begins = false;
        while let Some(next) = self.rest.next() {
            let began = std::mem::take(&mut begins);
            match next {
                '[' => {
                    open += 1;
                    self.open_class();
                }
                ']' => {
                    open -= 1;
                    self.out.text.push(']');
                    if open == 0 {
                        return Ok(());
                    }
                }
                '&' if self.rest.next_if_eq(&'&').is_some() => self.out.text.push_str("&&"),
                '-' => {
                    let mut ahead = self.rest.clone();
                    let ends = match ahead.next() {
                        None | Some(']' | '[') => false,
                        Some('\\') => ahead.next().is_none_or(|next| set(next).is_none()),
                        Some(_) => true,
                    };
                    if began && ends {
                        self.out.text.push('-');
                        self.end_of_range();
                    } else {
                        self.out.text.push_str(r"\-");
                    }
                }
                '\\' => begins = self.escape_in_class()?,
                _ => {
                    self.member(next);
                    begins = true;
                }
            }
        }
        Ok(())
    }

    fn open_class(&mut self) {
        self.out.text.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.text.push('^');
        }
    }

    fn end_of_range(&mut self) {
        match self.rest.next() {
            Some('\\') => match self.rest.next() {
                Some(next) if next.is_ascii_alphanumeric() => self.character_or_property(next),
                Some(next) => self.member(next),
                None => self.out.text.push('\\'),
            },
            Some(next) => self.member(next),
            None => {}
        }
    }

    /// One character of a class.
    fn member(&mut self, literal: char) {
        if literal.is_ascii_punctuation() {
            self.out.text.push('\\');
            // A backslash makes boundaries of words of these.
            if matches!(literal, '<' | '>') {
                self.out.text.pop();
            }
        }
        self.out.text.push(literal);
    }

    /// What follows a backslash in a class; whether a range can begin with it.
    fn escape_in_class(&mut self) -> Result<bool, String> {
        let Some(next) = self.rest.next() else {
            return Err("incomplete escape sequence".into());
        };
        if next == 'Q' {
            while let Some(next) = self.rest.next() {
                if next == '\\' && self.rest.next_if_eq(&'E').is_some() {
                    break;
                }
                self.member(next);
            }
            return Ok(false);
        }
        if !next.is_ascii_alphanumeric() {
            self.member(next);
            return Ok(true);
        }
        if let Some((members, negated)) = set(next) {
            match negated {
                true => drop(write!(self.out.text, "[^{members}]")),
                false => self.out.text.push_str(members),
            }
            return Ok(false);
        }
        self.character_or_property(next);
        Ok(!matches!(next, 'p' | 'P'))
    }
}

/// The characters that a letter stands for after a backslash, and whether it stands for all others.
fn set(letter: char) -> Option<(&'static str, bool)> {
    let members = match letter.to_ascii_lowercase() {
        'd' => "0-9",
        'w' => "a-zA-Z0-9_",
        's' => r" \t\n\x0B\f\r",
        'h' => r" \t\xA0\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}",
        'v' => r"\n\x0B\f\r\x85\x{2028}\x{2029}",
        _ => return None,
    };
    Some((members, letter.is_ascii_uppercase()))
}
