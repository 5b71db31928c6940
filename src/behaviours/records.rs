//! Records: looked up, made, changed and dropped.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Refusal, View};
use crate::definition::compiled::{Change, CollectionSpec, Key, RecordDocument, Whole};
use crate::domain::merge_patch;
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

/// A record that may not be there.
///
/// # Errors
/// When the expression of its key fails.
pub fn get(view: &View<'_>, collection: &str, key: &Key) -> Result<Option<Value>, Refusal> {
    let Some(key) = view.eval_optional(key)? else {
        return Ok(None);
    };
    // What a caller gives as a key may be anything; no record stands under what is no key.
    let key = match key {
        Value::String(key) => key,
        Value::Number(key) => key.to_string(),
        _ => return Ok(None),
    };
    let record = view.state.record(&view.name(collection), &key);
    Ok(record.map(|record| (*record).clone()))
}

/// Makes a record out of the members of an object and, over them, those of a document. Its key comes
/// from there, or is made up.
///
/// # Errors
/// `already_exists`, when the key is taken and the record does not `replace` another.
pub fn create(
    view: &View<'_>,
    collection: &str,
    from: Option<&Expression>,
    document: &RecordDocument,
    replace: bool,
) -> Result<Keyed, Refusal> {
    let spec = spec(view, collection)?;
    let mut members = match from {
        Some(from) => evaluated(view, from)?,
        None => Map::new(),
    };
    members.extend(object(view.fill(document)?));
    let key: Arc<str> = match members.shift_remove(&spec.key) {
        Some(Value::String(key)) => key.into(),
        Some(Value::Number(key)) => key.to_string().into(),
        Some(_) | None => new_key(view, collection, spec)?.into(),
    };
    if !replace && view.state.record(&view.name(collection), &key).is_some() {
        let message = format!("there is {} {key:?} already", a(&spec.noun));
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
            let message = format!("there is {} with {member} {value:?} already", a(&spec.noun));
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

/// A record of a collection after a change, with the key and the state that it had.
///
/// # Errors
/// When what it is to be merged with or replaced by is no object, or an expression or a template
/// fails.
pub fn change(view: &View<'_>, collection: &str, change: &Change) -> Result<Arc<Value>, Refusal> {
    let spec = spec(view, collection)?;
    let before = object(view.record().cloned().unwrap_or(Value::Null));
    let mut record = match &change.whole {
        None => before.clone(),
        Some(Whole::Merge(patch)) => {
            let patch = Value::Object(evaluated(view, patch)?);
            object(merge_patch::merged(Value::Object(before.clone()), &patch))
        }
        Some(Whole::Replace(body)) => evaluated(view, body)?,
    };
    if change.whole.is_some() {
        let machine = spec.machine.as_ref();
        let machine = machine.and_then(|name| view.pack.machines.get(name));
        let field = machine.map(|machine| &machine.field);
        let kept = change.keep.iter().chain(field).chain([&spec.key]);
        record = with_kept(record, &before, &spec.key, kept);
    }
    record.extend(object(view.fill(&change.set)?));
    Ok(Arc::new(Value::Object(record)))
}

/// A record in which these members are as they were before: those that were not there are gone. The
/// key comes first.
fn with_kept<'a>(
    mut record: Map<String, Value>,
    before: &Map<String, Value>,
    key: &str,
    kept: impl Iterator<Item = &'a String>,
) -> Map<String, Value> {
    for name in kept {
        match before.get(name) {
            Some(value) => drop(record.insert(name.clone(), value.clone())),
            None => drop(record.shift_remove(name)),
        }
    }
    if let Some(value) = record.shift_remove(key) {
        record.shift_insert(0, key.to_owned(), value);
    }
    record
}

/// The members of the object that an expression gives.
fn evaluated(view: &View<'_>, expression: &Expression) -> Result<Map<String, Value>, Refusal> {
    match view.eval(expression)? {
        Value::Object(members) => Ok(members),
        other => {
            let message = format!("expected an object, found {other}");
            Err(Refusal::definition(expression.source(), message))
        }
    }
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

/// A noun with its article, as it is spelled: `a contact`, `an order`.
fn a(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}
