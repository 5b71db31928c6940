//! Merge keys: `<<: *base` brings the fields of another object in.

use std::ops::Range;

use crate::definition::source::node::{Content, Fields, Node};

/// The key that merges the fields of other objects into its own.
pub(super) const MERGE_KEY: &str = "<<";

/// A merge key: what it merges, and before which of the object's own fields it stood.
pub(super) struct Merge {
    pub(super) key_span: Range<usize>,
    before: usize,
    objects: Vec<Node>,
}

impl Merge {
    /// The merge of an object, or of a list of objects; `None` for any other value.
    pub(super) fn new(key_span: Range<usize>, before: usize, value: &Node) -> Option<Merge> {
        let objects = match &*value.content {
            Content::Object(_) => vec![value.clone()],
            Content::List(items) => items.clone(),
            Content::Scalar(_) => return None,
        };
        let are_objects = objects
            .iter()
            .all(|object| matches!(&*object.content, Content::Object(_)));
        are_objects.then_some(Merge {
            key_span,
            before,
            objects,
        })
    }

    /// How many fields are looked at to merge.
    pub(super) fn fields_len(&self) -> usize {
        let lengths = self.objects.iter().map(|object| match &*object.content {
            Content::Object(fields) => fields.len(),
            Content::Scalar(_) | Content::List(_) => 0,
        });
        lengths.fold(0, usize::saturating_add)
    }

    /// The object's own fields with those that it merges, which stand in the place of the key.
    ///
    /// Its own fields win; of merged objects the earlier wins.
    pub(super) fn apply(&self, own: &Fields) -> Fields {
        let mut all = Fields::default();
        for (place, field) in own.iter().enumerate() {
            if place == self.before {
                self.bring_in(&mut all, own);
            }
            // Own keys are unique, and `bring_in` leaves them out.
            let _ = all.insert(field.clone());
        }
        if self.before == own.len() {
            self.bring_in(&mut all, own);
        }
        all
    }

    fn bring_in(&self, all: &mut Fields, own: &Fields) {
        for object in &self.objects {
            let Content::Object(fields) = &*object.content else {
                continue;
            };
            for field in fields.iter().filter(|field| own.get(&field.key).is_none()) {
                // A key that an earlier object brought in stays.
                let _ = all.insert(field.clone());
            }
        }
    }
}
