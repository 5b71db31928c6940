//! Tags: those of the core schema of YAML 1.2.2, section 10.3.1; others are refused.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::Tag;
use serde_json::Value;

use crate::definition::source::diagnostic::quote;
use crate::definition::source::{Diagnostic, Source, scalar};

/// The value of a scalar with a tag.
pub(super) fn scalar_value(
    source: &Arc<Source>,
    text: &str,
    tag: &Tag,
    place: Range<usize>,
) -> Result<Value, Diagnostic> {
    let found = scalar::plain(text);
    let expected = match tag.core_suffix() {
        Some("str") => return Ok(Value::String(text.to_owned())),
        Some("null") if found.is_null() => return Ok(found),
        Some("bool") if found.is_boolean() => return Ok(found),
        Some("int" | "float") if found.is_number() => return Ok(found),
        Some("null") => "null",
        Some("bool") => "true or false",
        Some("int" | "float") => "a number",
        Some("map") => "an object",
        Some("seq") => "a list",
        _ if is_non_specific(tag) => return Ok(Value::String(text.to_owned())),
        _ => return Err(unknown(source, place)),
    };
    let message = format!("this tag needs {expected}, found {}", quote(text));
    let label = format!("expected {expected}");
    Err(Diagnostic::new(source, place, message, label))
}

/// Checks the tag of a list (`seq`) or an object (`map`).
pub(super) fn check_collection(
    source: &Arc<Source>,
    tag: &Tag,
    suffix: &str,
    place: Range<usize>,
) -> Result<(), Diagnostic> {
    if tag.core_suffix() == Some(suffix) || is_non_specific(tag) {
        Ok(())
    } else {
        Err(unknown(source, place))
    }
}

/// Whether the tag is that of bytes written as base64 (YAML 1.1).
pub(super) fn is_binary(tag: &Tag) -> bool {
    let (handle, suffix) = (tag.handle(), tag.suffix());
    const NAME: &str = "tag:yaml.org,2002:binary";
    NAME.strip_prefix(handle) == Some(suffix)
}

/// Whether the tag is `!` alone, which says «not a plain scalar» and no more.
fn is_non_specific(tag: &Tag) -> bool {
    matches!((tag.handle(), tag.suffix()), ("!", "") | ("", "!"))
}

fn unknown(source: &Arc<Source>, place: Range<usize>) -> Diagnostic {
    let name = quote(&source.text[place.clone()]);
    let message = format!("the tag {name} has no meaning here");
    Diagnostic::new(source, place, message, "unknown tag")
        .with_help("text that starts with `!` must be in quotes")
}
