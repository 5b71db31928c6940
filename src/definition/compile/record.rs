//! Members of records that a pack may not give, or must.

use serde_json::{Map, Value};

use super::Names;
use super::report::{Place, Report};

/// A record without a key cannot be stored.
pub(super) fn check_created(
    record: &Map<String, Value>,
    collection: &str,
    names: &Names,
    place: &Place,
    report: &mut Report,
) {
    let Some(key) = names.keys.get(collection) else {
        return;
    };
    if !names.makers.contains(collection) && !record.contains_key(key) {
        let message = format!("the record has no `{key}`, and `{collection}` makes none");
        report.error(place, message, "give the key, or the collection a `newKey`");
    }
}

/// Members that `update` must leave alone.
pub(super) fn check_set(
    set: &Map<String, Value>,
    collection: &str,
    names: &Names,
    place: &Place,
    report: &mut Report,
) {
    check_key(set, collection, names, place, report);
    if let Some(field) = names.states.get(collection)
        && set.contains_key(field)
    {
        let message = format!("`{field}` holds the state and cannot be set");
        report.error_at_key(
            &place.at(field),
            message,
            "the state is moved by `transition`",
        );
    }
}

/// A record stays under the key that it was made with.
pub(super) fn check_key(
    set: &Map<String, Value>,
    collection: &str,
    names: &Names,
    place: &Place,
    report: &mut Report,
) {
    if let Some(key) = names.keys.get(collection)
        && set.contains_key(key)
    {
        let message = format!("`{key}` is the record's key and cannot be set");
        report.error_at_key(&place.at(key), message, "a record keeps its key");
    }
}
