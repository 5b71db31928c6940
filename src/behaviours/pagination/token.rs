//! Tokens: opaque texts that say where a page begins. Signed with a key that comes from the sandbox's
//! seed, so that one that was changed, or given by a sandbox of another seed, is known as such.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::canonical::canonical;
use crate::domain::signature::{hmac_sha256, sha256, verifies};

/// How many bytes of the signature a token has: too many to be guessed.
const TAG_BYTES: usize = 12;

/// The longest token that is looked at, in bytes. One that carries a query is as long as the query.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// What the key is for: no other use of the seed has the same one.
const LABEL: &[u8] = b"sparring page token v1";

/// What a token says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Token {
    /// Where the page begins.
    #[serde(rename = "p")]
    pub(super) position: Position,
    /// Whether it goes backwards from there.
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) back: bool,
    /// The number of the page that it leads to.
    #[serde(rename = "n")]
    pub(super) number: u64,
    /// When it was given, by the sandbox clock in milliseconds of the epoch; 0, if it lives for ever.
    #[serde(rename = "t", default, skip_serializing_if = "never")]
    pub(super) issued_ms: i64,
    /// What it is bound to.
    #[serde(rename = "q")]
    pub(super) bound: String,
    /// The parameters that it brings along.
    #[serde(rename = "c", default, skip_serializing_if = "Map::is_empty")]
    pub(super) carried: Map<String, Value>,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Position {
    /// At the beginning.
    #[serde(rename = "s")]
    Start,
    /// Behind a row, or where one was: what it is sorted by, and its age.
    #[serde(rename = "k")]
    Behind(Vec<Value>, u64),
    /// After so many rows.
    #[serde(rename = "o")]
    Rows(u64),
}

fn never(issued_ms: &i64) -> bool {
    *issued_ms == 0
}

/// Seals a token.
pub(super) fn seal(token: &Token, seed: u64) -> String {
    let payload = serde_json::to_vec(token).unwrap_or_default();
    let tag = hmac_sha256(&key(seed), &[&payload]);
    BASE64.encode([payload.as_slice(), &tag[..TAG_BYTES]].concat())
}

/// Opens a token; nothing, if this sandbox has not sealed it.
pub(super) fn open(text: &str, seed: u64) -> Option<Token> {
    if text.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let bytes = BASE64.decode(text).ok()?;
    let (payload, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
    if !verifies(&key(seed), &[payload], tag) {
        return None;
    }
    serde_json::from_slice(payload).ok()
}

/// What a token is bound to, as a short text: the tool, and what else it must come with again. In which
/// order a caller gives parameters says nothing.
pub(super) fn bound(tool: &str, rest: &Value) -> String {
    let hash = sha256(&[tool.as_bytes(), b"\n", canonical(rest).as_bytes()]);
    BASE64.encode(&hash[..9])
}

fn key(seed: u64) -> [u8; 32] {
    sha256(&[LABEL, &seed.to_be_bytes()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn token() -> Token {
        Token {
            position: Position::Behind(vec![json!("a"), json!(1.50), json!(null)], 7),
            back: false,
            number: 2,
            issued_ms: 1_767_225_600_000,
            bound: bound("crm.list", &json!({ "b": 1, "a": "x" })),
            carried: Map::new(),
        }
    }

    #[test]
    fn a_token_comes_back_as_it_was() {
        let sealed = seal(&token(), 5);
        assert_eq!(open(&sealed, 5), Some(token()));
        assert_eq!(open(&sealed, 6), None, "another seed");
        assert!(
            sealed
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }

    #[test]
    fn the_order_of_parameters_does_not_bind() {
        let one = bound("t", &json!({ "a": 1, "b": { "c": 1, "d": 2 } }));
        assert_eq!(one, bound("t", &json!({ "b": { "d": 2, "c": 1 }, "a": 1 })));
        assert_ne!(one, bound("u", &json!({ "a": 1, "b": { "c": 1, "d": 2 } })));
        assert_ne!(one, bound("t", &json!({ "a": 2, "b": { "c": 1, "d": 2 } })));
    }

    proptest! {
        #[test]
        fn any_change_is_seen(at in 0..200_usize, bit in 0..6_u8) {
            const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let sealed = seal(&token(), 5);
            let at = at % sealed.len();
            let mut changed = sealed.clone().into_bytes();
            let digit = DIGITS.iter().position(|digit| *digit == changed[at]).expect("a digit");
            changed[at] = DIGITS[digit ^ (1 << bit)];
            let changed = String::from_utf8(changed).expect("text");
            prop_assert_eq!(open(&changed, 5), None);
        }

        #[test]
        fn no_text_is_too_strange(text in ".{0,300}") {
            prop_assert_eq!(open(&text, 5), None);
        }
    }
}
