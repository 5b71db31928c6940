//! Records: looked up, made, changed and dropped.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Refusal, View};
use crate::definition::compiled::{CollectionSpec, Key, RecordDocument};
use crate::matching::condition::Expression;
use crate::state::Effect;
use crate::state::unique::value_of;

/// How many keys are tried for a new record before it is refused: with twelve hexadecimal digits
/// even a second try is rare.
const KEY_ATTEMPTS_MAX: u32 = 16;

/// A record, and the key that it is stored under.
pub type Keyed = (Arc<str>, Arc<Value>);

/// Looks up a record.
///
/// # Errors
/// `cause`, when there is none under this key.
pub fn find(view: &View<'_>, collection: &str, key: &Key, cause: &str) -> Result<Keyed, Refusal> {
    let key = view.text(key)?;
    match view.state.record(&view.name(collection), &key) {
        Some(record) => Ok((key.as_str().into(), record)),
        None => {
            let noun = spec(view, collection)?.noun.as_str();
            let message = format!("there is no {noun} {key:?}");
            Err(Refusal::new(cause, message)
                .with("noun", noun)
                .with("key", key))
        }
    }
}

/// The keys of the records that a condition wants, the oldest first.
///
/// # Errors
/// When the condition fails.
pub fn keys(
    view: &View<'_>,
    collection: &str,
    filter: Option<&Expression>,
) -> Result<Vec<Arc<str>>, Refusal> {
    let mut keys = Vec::new();
    let Some(records) = view.state.collections.get(&view.name(collection)) else {
        return Ok(keys);
    };
    let Some(filter) = filter else {
        return Ok(records.keys().collect());
    };
    for (key, record) in records.iter() {
        if view.of(&record).test(filter)? {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// Makes a record out of a document. Its key comes from the document, or is made up.
///
/// # Errors
/// `already_exists`, when the key is taken.
pub fn create(
    view: &View<'_>,
    collection: &str,
    document: &RecordDocument,
) -> Result<Keyed, Refusal> {
    let spec = spec(view, collection)?;
    let mut members = object(view.fill(document)?);
    let key: Arc<str> = match members.shift_remove(&spec.key) {
        Some(Value::String(key)) => key.into(),
        Some(Value::Number(key)) => key.to_string().into(),
        Some(_) | None => new_key(view, collection, spec)?.into(),
    };
    if view.state.record(&view.name(collection), &key).is_some() {
        let message = format!("there is a {} {key:?} already", spec.noun);
        return Err(Refusal::new("already_exists", message)
            .with("noun", spec.noun.as_str())
            .with("key", &*key));
    }
    let machine = spec
        .machine
        .as_ref()
        .and_then(|name| view.pack.machines.get(name));
    let mut record = Map::with_capacity(members.len() + 2);
    record.insert(spec.key.clone(), (*key).into());
    record.extend(members);
    if let Some(machine) = machine {
        record.insert(machine.field.clone(), machine.initial.as_str().into());
    }
    Ok((key, Arc::new(Value::Object(record))))
}

/// Checks that no other record has what must be unique.
///
/// # Errors
/// `already_exists`, with the `member` and its `value`.
pub fn check_unique(
    view: &View<'_>,
    collection: &str,
    key: &str,
    record: &Value,
) -> Result<(), Refusal> {
    let spec = spec(view, collection)?;
    let name = view.name(collection);
    let Some(records) = view.state.collections.get(&name) else {
        return Ok(());
    };
    for member in spec.unique.iter().map(|member| &*member.name) {
        let Some(value) = value_of(record, member) else {
            continue;
        };
        if let Some(other) = records.with_unique(member, &value)
            && &*other != key
        {
            let message = format!("there is a {} with {member} {value:?} already", spec.noun);
            return Err(Refusal::new("already_exists", message)
                .with("noun", spec.noun.as_str())
                .with("key", &*other)
                .with("member", member)
                .with("value", &*value));
        }
    }
    Ok(())
}

/// A record with some members set.
///
/// # Errors
/// When a template of the document fails.
pub fn update(view: &View<'_>, document: &RecordDocument) -> Result<Arc<Value>, Refusal> {
    let mut record = object(view.record().cloned().unwrap_or(Value::Null));
    record.extend(object(view.fill(document)?));
    Ok(Arc::new(Value::Object(record)))
}

/// Drops a record; gives its key.
///
/// # Errors
/// `not_found`, when there is none under this key.
pub fn delete(view: &View<'_>, collection: &str, key: &Key) -> Result<(Arc<str>, Effect), Refusal> {
    let (key, _) = find(view, collection, key, "not_found")?;
    let effect = Effect::RecordDeleted {
        collection: view.name(collection),
        key: key.clone(),
    };
    Ok((key, effect))
}

/// Adds to whole numbers of a record, which is made if it is not there.
///
/// # Errors
/// When a member is no whole number, or would become too large for one.
pub fn increment(
    view: &View<'_>,
    collection: &str,
    key: &Key,
    fields: &[(String, i64)],
) -> Result<Effect, Refusal> {
    let key: Arc<str> = view.text(key)?.into();
    let name = view.name(collection);
    let mut record = match view.state.record(&name, &key) {
        Some(record) => object((*record).clone()),
        None => Map::from_iter([(spec(view, collection)?.key.clone(), (*key).into())]),
    };
    for (field, added) in fields {
        let sum = match record.get(field) {
            None => Some(*added),
            Some(value) => value.as_i64().and_then(|value| value.checked_add(*added)),
        };
        let sum = sum
            .ok_or_else(|| Refusal::definition(field, "is no whole number that can be added to"))?;
        record.insert(field.clone(), sum.into());
    }
    Ok(Effect::RecordPut {
        collection: name,
        key,
        record: Arc::new(Value::Object(record)),
    })
}

fn spec<'a>(view: &View<'a>, collection: &str) -> Result<&'a CollectionSpec, Refusal> {
    view.pack
        .collections
        .get(collection)
        .ok_or_else(|| Refusal::definition(collection, "there is no such collection"))
}

fn new_key(view: &View<'_>, collection: &str, spec: &CollectionSpec) -> Result<String, Refusal> {
    let Some(template) = &spec.new_key else {
        return Err(Refusal::invalid_field(&spec.key, "is missing"));
    };
    let name = view.name(collection);
    // The other members of the record draw by the step's chance, the key by one of its own.
    let drawn = View {
        chance: view.chance.named("key"),
        ..*view
    };
    // A key that is taken, perhaps by this very call, is drawn again: so two in one call differ, and
    // what other tools have made in the meantime changes nothing.
    for attempt in 0..KEY_ATTEMPTS_MAX {
        let key = drawn.render_again(template, attempt)?;
        if view.state.record(&name, &key).is_none() {
            return Ok(key);
        }
    }
    Err(Refusal::definition(
        &spec.key,
        "newKey gives only keys that are taken",
    ))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
