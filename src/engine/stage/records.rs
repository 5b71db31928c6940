//! Records that are made, replaced and dropped by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Error, collection_of};
use crate::behaviours::records::check_unique;
use crate::behaviours::{Variables, View, ledger};
use crate::definition::compiled::{CollectionSpec, Definitions, Pack};
use crate::domain::chance::Chance;
use crate::domain::name::Name;
use crate::engine::arm;
use crate::engine::draft::Draft;
use crate::state::{Effect, SandboxState};

/// How many keys are tried for a new record.
const KEY_ATTEMPTS_MAX: u32 = 16;

/// Makes or replaces records by hand: all of them, or none. What is wrong with one of several is told
/// with its place, as `[1].email`.
///
/// # Errors
/// As [`put_record`]; and when two have one key.
pub(super) fn put_records(
    definitions: &Definitions,
    draft: &mut Draft,
    collection: &str,
    key: Option<&str>,
    records: &[Value],
) -> Result<Vec<Value>, Error> {
    let mut put = Vec::with_capacity(records.len());
    let mut taken = BTreeSet::new();
    for (at, record) in records.iter().enumerate() {
        let one = put_new(definitions, draft, collection, key, record, &mut taken);
        put.push(one.map_err(|error| match error {
            Error::Invalid { field, message } if records.len() > 1 => Error::Invalid {
                field: format!("[{at}].{field}"),
                message,
            },
            other => other,
        })?);
    }
    Ok(put)
}

/// Makes or replaces a record whose key is not among those that are `taken`.
fn put_new(
    definitions: &Definitions,
    draft: &mut Draft,
    collection: &str,
    key: Option<&str>,
    record: &Value,
    taken: &mut BTreeSet<String>,
) -> Result<Value, Error> {
    let record = put_record(definitions, draft, collection, key, record)?;
    let name = collection_of(definitions, collection)?;
    let pack = definitions.pack(&name.pack);
    let spec = pack.and_then(|pack| pack.collections.get(&name.name));
    if let Some(spec) = spec
        && let Some(key) = record[&spec.key].as_str()
        && !taken.insert(key.to_owned())
    {
        return Err(Error::Invalid {
            field: spec.key.clone(),
            message: format!("{key:?} is the key of a record before it in the list"),
        });
    }
    Ok(record)
}

/// Makes or replaces a record by hand.
///
/// # Errors
/// When the collection is unknown, the record is no object or has no key, or its machine does not
/// know its state.
pub(in crate::engine) fn put_record(
    definitions: &Definitions,
    draft: &mut Draft,
    collection: &str,
    key: Option<&str>,
    record: &Value,
) -> Result<Value, Error> {
    let name = collection_of(definitions, collection)?;
    let missing = || Error::NotFound(format!("there is no collection {collection:?}"));
    let pack = definitions.pack(&name.pack).ok_or_else(missing)?;
    let spec = pack.collections.get(&name.name).ok_or_else(missing)?;
    let invalid = |field: &str, message: String| Error::Invalid {
        field: field.to_owned(),
        message,
    };
    let Value::Object(given) = record else {
        return Err(invalid(
            "record",
            format!("expected an object, found {record}"),
        ));
    };
    let chance = Chance::new(draft.state().seed, &format!("stage {name}"), 0);
    let key: Arc<str> = match (key, given.get(&spec.key)) {
        (Some(key), None) => key.into(),
        (Some(key), Some(Value::String(own))) if own == key => key.into(),
        (None, Some(Value::String(own))) if !own.is_empty() => own.as_str().into(),
        (None, None) => made_key(pack, spec, &name, draft.state(), chance)?,
        (Some(key), Some(own)) => {
            let message = format!("is {own} in the record, but {key:?} in the path");
            return Err(invalid(&spec.key, message));
        }
        (None, Some(own)) => {
            return Err(invalid(&spec.key, format!("expected a text, found {own}")));
        }
    };
    let mut members = Map::new();
    members.insert(spec.key.clone(), (*key).into());
    members.extend(
        given
            .iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    if let Some(machine) = spec
        .machine
        .as_ref()
        .and_then(|machine| pack.machines.get(machine))
    {
        let state = members
            .entry(machine.field.clone())
            .or_insert_with(|| machine.initial.as_str().into());
        let known = state
            .as_str()
            .is_some_and(|state| machine.states.iter().any(|known| known == state));
        if !known {
            let message = format!(
                "expected one of {}, found {state}",
                machine.states.join(", ")
            );
            return Err(invalid(&machine.field, message));
        }
    }
    let record = Arc::new(Value::Object(members));
    let variables = Variables::new();
    let view = View {
        pack,
        state: draft.state(),
        variables: &variables,
        record: None,
        chance,
    };
    check_unique(&view, &name.name, &key, &record).map_err(|refusal| {
        let member = refusal.details.get("member").and_then(Value::as_str);
        invalid(member.unwrap_or("record"), refusal.message.clone())
    })?;
    draft.push(Effect::RecordPut {
        collection: name.clone(),
        key: key.clone(),
        record: record.clone(),
    });
    arm::arm(draft, pack, &name.name, &key, &record, chance, None)?;
    Ok((*record).clone())
}

/// A key that no record has.
fn made_key(
    pack: &Arc<Pack>,
    spec: &CollectionSpec,
    collection: &Name,
    state: &SandboxState,
    chance: Chance,
) -> Result<Arc<str>, Error> {
    let Some(template) = &spec.new_key else {
        return Err(Error::Invalid {
            field: spec.key.clone(),
            message: "is missing".into(),
        });
    };
    let variables = Variables::new();
    let view = View {
        pack,
        state,
        variables: &variables,
        record: None,
        chance,
    };
    // What is staged has no call to draw by, so it draws by how many records there are.
    let records = state.collections.get(collection);
    let first = records.map_or(0, |records| {
        u32::try_from(records.len()).unwrap_or(u32::MAX)
    });
    for attempt in 0..KEY_ATTEMPTS_MAX {
        let key = view.render_again(template, first.wrapping_add(attempt))?;
        if state.record(collection, &key).is_none() {
            return Ok(key.into());
        }
    }
    Err(Error::Invalid {
        field: spec.key.clone(),
        message: "newKey gives only keys that are taken".into(),
    })
}

/// Drops a record, and what would happen to it by itself.
pub(super) fn drop_record(
    definitions: &Definitions,
    draft: &mut Draft,
    collection: &Name,
    key: &Arc<str>,
) {
    let_go(definitions, draft, collection, key);
    draft.push(Effect::RecordDeleted {
        collection: collection.clone(),
        key: key.clone(),
    });
}

/// Takes back what a record holds, and what would happen to it by itself.
pub(super) fn let_go(
    definitions: &Definitions,
    draft: &mut Draft,
    collection: &Name,
    key: &Arc<str>,
) {
    if let Some(pack) = definitions.pack(&collection.pack) {
        // Pending holds can always be voided, so there is no refusal to tell of.
        let freed = ledger::free(pack, draft.state(), &collection.name, key);
        draft.extend(freed.unwrap_or_default());
        arm::disarm(draft, pack, &collection.name, key);
    }
}
