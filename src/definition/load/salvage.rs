//! What is left of a file without its mistakes of shape, so that its other mistakes can be found too.

use serde_json::Value;

use crate::definition::source::{Diagnostic, Document};

/// The value without the members that the mistakes point at; nothing, where more than single
/// texts, numbers and the like would go: then other parts would seem to miss what is only mistyped.
pub(super) fn without(document: &Document, mistakes: &[Diagnostic]) -> Option<Value> {
    let mut value = document.value.clone();
    for mistake in mistakes {
        let pointer = document.pointer_at(mistake.span.start);
        let (parent, member) = pointer.rsplit_once('/')?;
        let member = member.replace("~1", "/").replace("~0", "~");
        // An item of a list cannot go: those behind it would stand at other places.
        let members = value.pointer_mut(parent)?.as_object_mut()?;
        let gone = members.shift_remove(&member);
        // What is empty then would seem to miss something.
        if members.is_empty() || gone.is_some_and(|gone| gone.is_object() || gone.is_array()) {
            return None;
        }
    }
    Some(value)
}
