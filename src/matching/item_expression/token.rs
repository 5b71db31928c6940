//! Tokens: the words and marks of an expression, each with its place.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word: letters, digits and underscores, of which the first is a letter.
    Word,
    /// A placeholder of a name: `#` and a word.
    Name,
    /// A placeholder of a value: `:` and a word.
    Value,
    /// Digits.
    Number,
    /// One of the marks that the language knows.
    Mark,
    /// Any other character.
    Unknown,
    /// The end of the expression.
    End,
}

/// A piece of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// Where it begins, in bytes.
    pub(super) start: usize,
}

impl Token<'_> {
    fn end(&self) -> usize {
        match self.kind {
            Kind::End => self.start,
            _ => self.start + self.text.len(),
        }
    }

    /// Whether it is this mark.
    pub(super) fn is_mark(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    /// Whether it is this word, in any case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }
}

/// The marks; where two begin alike, the longer stands first.
const MARKS: [&str; 14] = [
    "<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-",
];

/// The text of the token at the end.
const END: &str = "<EOF>";

/// Cuts an expression into its tokens, of which the last is [`Kind::End`].
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = source[start..].chars().next() {
        if first.is_ascii_whitespace() {
            start += 1;
            continue;
        }
        let rest = &source[start..];
        let (kind, length) = token(first, rest);
        let text = &rest[..length];
        tokens.push(Token { kind, text, start });
        start += length;
    }
    tokens.push(Token {
        kind: Kind::End,
        text: END,
        start: source.len(),
    });
    tokens
}

fn token(first: char, rest: &str) -> (Kind, usize) {
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let run = |from: usize| rest.bytes().skip(from).take_while(in_word).count();
    match first {
        '#' | ':' if run(1) > 0 => {
            let kind = if first == '#' {
                Kind::Name
            } else {
                Kind::Value
            };
            (kind, 1 + run(1))
        }
        _ if first.is_ascii_alphabetic() => (Kind::Word, run(0)),
        _ if first.is_ascii_digit() => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            (Kind::Number, digits)
        }
        _ => match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            Some(mark) => (Kind::Mark, mark.len()),
            None => (Kind::Unknown, first.len_utf8()),
        },
    }
}

/// What is told of the token at which reading stopped, with its neighbours.
pub(super) fn syntax_error(source: &str, tokens: &[Token<'_>], at: usize) -> String {
    let Some(token) = tokens.get(at) else {
        return "Syntax error".to_owned();
    };
    let from = at.checked_sub(1).and_then(|before| tokens.get(before));
    let to = tokens.get(at + 1).unwrap_or(token);
    let near = source.get(from.unwrap_or(token).start..to.end());
    let near = near.unwrap_or_default().trim_end();
    format!("Syntax error; token: \"{}\", near: \"{near}\"", token.text)
}
