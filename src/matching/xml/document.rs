//! Reading a text as XML, within bounds.

use uppsala::{Document, Parser};

use super::{ATTRIBUTES_MAX, DEPTH_MAX, ENTITY_BYTES_MAX};

/// Reads `text`. Without `namespaces`, prefixes are parts of names and need no declaration.
///
/// Says why if it is no XML, or more than the bounds allow.
pub(super) fn parse(text: &str, namespaces: bool) -> Result<Document<'_>, String> {
    if text.starts_with('\u{feff}') {
        return Err("Content is not allowed in prolog.".to_owned());
    }
    if is_crowded(text) {
        return Err(format!(
            "an element has more than {ATTRIBUTES_MAX} attributes"
        ));
    }
    Parser::with_namespace_aware(namespaces)
        .with_max_depth(DEPTH_MAX)
        .with_max_entity_expansion(ENTITY_BYTES_MAX)
        .parse(text)
        .map_err(|error| error.to_string())
}

/// Whether a tag has more attributes than may be. The parser compares each name with all before
/// it, so this must be known first. A value cannot hold a `<`: what stands between one and the next
/// holds all attributes of a tag. A text in which `="` stands that often is taken for one.
fn is_crowded(text: &str) -> bool {
    text.split('<').any(|part| {
        part.len() > 4 * ATTRIBUTES_MAX
            && part.matches(['"', '\'']).count() > 2 * ATTRIBUTES_MAX
            && {
                let mut previous = ' ';
                let opened = part.chars().filter(|&character| {
                    let opens = matches!(character, '"' | '\'') && previous == '=';
                    if !character.is_ascii_whitespace() {
                        previous = character;
                    }
                    opens
                });
                opened.count() > ATTRIBUTES_MAX
            }
    })
}
