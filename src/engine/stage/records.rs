//! Records that are made, replaced and dropped by hand.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Error, collection_of};
use crate::behaviours::{Variables, View};
use crate::definition::compiled::{CollectionSpec, Definitions, Pack};
use crate::domain::chance::Chance;
use crate::domain::name::Name;
use crate::engine::arm;
use crate::engine::draft::Draft;
use crate::state::{Effect, SandboxState};

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
    let chance = Chance::new(
        draft.state().seed,
        &format!("stage {name}"),
        draft.len() as u64,
    );
    let key: Arc<str> = match (key, given.get(&spec.key)) {
        (Some(key), None) => key.into(),
        (Some(key), Some(Value::String(own))) if own == key => key.into(),
        (None, Some(Value::String(own))) if !own.is_empty() => own.as_str().into(),
        (None, None) => made_key(pack, spec, draft.state(), chance)?,
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
    draft.push(Effect::RecordPut {
        collection: name.clone(),
        key: key.clone(),
        record: record.clone(),
    });
    arm::arm(draft, pack, &name.name, &key, &record, chance)?;
    Ok((*record).clone())
}

fn made_key(
    pack: &Arc<Pack>,
    spec: &CollectionSpec,
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
    Ok(view.render(template)?.into())
}

/// Drops a record, and what would happen to it by itself.
pub(super) fn drop_record(
    definitions: &Definitions,
    draft: &mut Draft,
    collection: &Name,
    key: &Arc<str>,
) {
    let machine = definitions
        .pack(&collection.pack)
        .and_then(|pack| pack.collections.get(&collection.name))
        .and_then(|spec| spec.machine.as_ref());
    if let Some(machine) = machine {
        let machine = Name::new(&collection.pack, machine);
        if draft.state().timers.has(&machine, key) {
            draft.push(Effect::TimersCleared {
                machine,
                key: key.clone(),
            });
        }
    }
    draft.push(Effect::RecordDeleted {
        collection: collection.clone(),
        key: key.clone(),
    });
}
