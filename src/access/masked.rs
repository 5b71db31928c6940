//! What an error text of the auth file shows: never a token that somebody has written there by mistake.

use std::ops::Range;

use super::hash::SCHEME;
use crate::definition::source::{Diagnostic, Source};

/// From how many characters on a word may be a token.
const TOKEN_CHARS_MIN: usize = 24;

/// The same mistakes, without what may be a token: long words that are no hash, and the `secret` places.
/// All lengths stay, so that every place is still right.
#[must_use]
pub fn mask(mistakes: Vec<Diagnostic>, secret: &[Range<usize>]) -> Vec<Diagnostic> {
    let Some(first) = mistakes.first() else {
        return mistakes;
    };
    let mut text = without_tokens(&first.source.text).into_bytes();
    for span in secret {
        if let Some(bytes) = text.get_mut(span.clone()) {
            bytes.fill(b'*');
        }
    }
    let text = String::from_utf8(text).unwrap_or_default();
    let source = Source::new(first.source.path.clone(), text);
    let masked = mistakes.into_iter().map(|mistake| Diagnostic {
        source: source.clone(),
        message: without_tokens(&mistake.message),
        label: without_tokens(&mistake.label),
        help: mistake.help.as_deref().map(without_tokens),
        ..mistake
    });
    masked.collect()
}

/// A text in which asterisks stand for each long word that looks like chance: with digits, or with capitals.
fn without_tokens(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    let before = |rest: &str, start: usize| &text[..text.len() - rest.len() + start];
    while let Some(start) = rest.find(is_part) {
        let word = &rest[start..];
        let word = &word[..word.find(|c| !is_part(c)).unwrap_or(word.len())];
        let is_hash = before(rest, start).ends_with(SCHEME);
        let by_chance = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
        masked.push_str(&rest[..start]);
        match word.len() >= TOKEN_CHARS_MIN && !is_hash && word.contains(by_chance) {
            true => masked.extend(std::iter::repeat_n('*', word.len())),
            false => masked.push_str(word),
        }
        rest = &rest[start + word.len()..];
    }
    masked.push_str(rest);
    masked
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '=' | '~')
}
