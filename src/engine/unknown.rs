//! What is said of a tool that the pack does not have.

use super::door::Entered;
use crate::definition::compiled::Pack;

/// How much of a name that no tool has is said again, in characters.
const NAMED_CHARS_MAX: usize = 128;

/// How much of a name that no tool has is compared with the names that there are, in characters.
const COMPARED_CHARS_MAX: usize = 64;

/// What the caller named the tool, cut short if it is none: a caller may have sent megabytes.
pub(super) fn named<'a>(entered: &'a Entered<'_>) -> &'a str {
    match entered.tool {
        Some(_) => &entered.named,
        None => cut(&entered.named, NAMED_CHARS_MAX),
    }
}

/// The beginning of a text, of at most so many characters.
fn cut(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map(|(at, _)| at);
    &text[..end.unwrap_or(text.len())]
}

/// What is said of a tool that there is not: the nearest, if one is near.
pub(super) fn unknown_tool(pack: &Pack, named: &str) -> String {
    let named = cut(named, COMPARED_CHARS_MAX);
    let known = pack.tools.keys().map(|name| &**name);
    let nearest = known.min_by_key(|name| strsim::levenshtein(name, named));
    match nearest {
        Some(nearest) if strsim::normalized_levenshtein(nearest, named) > 0.6 => {
            format!("there is no tool {named:?}; did you mean {nearest:?}?")
        }
        _ => format!("there is no tool {named:?}"),
    }
}
