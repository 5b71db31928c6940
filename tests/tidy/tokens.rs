//! Rust text as tokens. Comments, literal texts and lifetimes are none, and so set no check off.

/// A word, a `::`, or one mark. Comments, literal texts and lifetimes are no tokens.
#[derive(Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let raw_name = rest.strip_prefix("r#").map_or(0, |_| 2);
        let (start, end) = if let Some(length) = comment(rest).or_else(|| literal(rest)) {
            (length, length)
        } else if is_word(first) {
            let word = &rest[raw_name..];
            let length = word.find(|mark| !is_word(mark)).unwrap_or(word.len());
            (raw_name, raw_name + length)
        } else if rest.starts_with("::") {
            (0, 2)
        } else if first.is_whitespace() {
            (first.len_utf8(), first.len_utf8())
        } else {
            (0, first.len_utf8())
        };
        if start < end {
            let text = &rest[start..end];
            tokens.push(Token { text, line });
        }
        line += rest[..end].matches('\n').count();
        rest = &rest[end..];
    }
    tokens
}

pub(crate) fn is_word(mark: char) -> bool {
    mark.is_alphanumeric() || mark == '_'
}

/// The length of the comment with which `rest` begins. Block comments nest.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if !rest.starts_with("/*") {
        return None;
    }
    let (mut at, mut depth) = (0, 0);
    while let Some(next) = rest[at..].find(['/', '*']) {
        at += next;
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
        if depth == 0 {
            return Some(at);
        }
    }
    Some(rest.len())
}

/// The length of the string, character or lifetime with which `rest` begins.
fn literal(rest: &str) -> Option<usize> {
    let unprefixed = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    if let Some(raw) = unprefixed.strip_prefix('r') {
        let text = raw.trim_start_matches('#');
        let hashes = &raw[..raw.len() - text.len()];
        if let Some(text) = text.strip_prefix('"') {
            let end = text.split_once(&format!("\"{hashes}"));
            return Some(end.map_or(rest.len(), |(_, after)| rest.len() - after.len()));
        }
    }
    if let Some(text) = unprefixed.strip_prefix('"') {
        return Some(rest.len() - after_quote(text, '"').len());
    }
    let text = rest.strip_prefix('\'')?;
    if text.starts_with('\\') {
        return Some(rest.len() - after_quote(text, '\'').len());
    }
    let mut marks = text.chars();
    let mark = marks.next()?;
    if marks.next() == Some('\'') {
        return Some(1 + mark.len_utf8() + 1);
    }
    let lifetime = text.find(|mark| !is_word(mark)).unwrap_or(text.len());
    Some(1 + lifetime)
}

/// What follows the first `quote` that no backslash escapes.
fn after_quote(text: &str, quote: char) -> &str {
    let mut marks = text.chars();
    while let Some(mark) = marks.next() {
        if mark == quote {
            break;
        }
        if mark == '\\' {
            marks.next();
        }
    }
    marks.as_str()
}

/// Whether the tokens from `at` on read `words`, which are parted by spaces.
pub(crate) fn reads(tokens: &[Token<'_>], at: usize, words: &str) -> bool {
    let mut rest = tokens.iter().skip(at);
    words
        .split(' ')
        .all(|word| rest.next().is_some_and(|token| token.text == word))
}

/// The position after the bracket that closes the one at `open`.
pub(crate) fn after_bracket(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth <= 0 {
            return at + 1;
        }
    }
    tokens.len()
}
