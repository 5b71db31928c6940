//! Arming: what will happen to a record by itself, once it is made or moved; and disarming.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::draft::Draft;
use crate::behaviours::{Refusal, Variables, View, machine};
use crate::definition::compiled::Pack;
use crate::domain::chance::Chance;
use crate::domain::name::Name;
use crate::state::Effect;
use crate::state::timers::Timer;

/// Arms what will happen by itself to a record that was made or moved. What was moved by a timer
/// that `fired` is not armed for that time or an earlier one: time goes on, it does not go round.
///
/// # Errors
/// `invalid_input`, when an instant is none.
pub(super) fn arm(
    draft: &mut Draft,
    pack: &Arc<Pack>,
    collection: &str,
    key: &Arc<str>,
    record: &Value,
    chance: Chance,
    fired: Option<Timestamp>,
) -> Result<(), Refusal> {
    let spec = pack.collections.get(collection);
    let machine = spec.and_then(|spec| spec.machine.as_ref());
    let Some(spec) = machine.and_then(|name| pack.machines.get(name)) else {
        return Ok(());
    };
    let armed = {
        let variables = Variables::new();
        let view = View {
            pack,
            state: draft.state(),
            variables: &variables,
            record: Some(record),
            chance,
        };
        machine::timers(&view, spec)?
    };
    if draft.state().timers.has(&spec.name, key) {
        draft.push(Effect::TimersCleared {
            machine: spec.name.clone(),
            key: key.clone(),
        });
    }
    for due in armed {
        if fired.is_some_and(|fired| due.at <= fired) {
            continue;
        }
        let timer = Timer {
            machine: spec.name.clone(),
            key: key.clone(),
            transition: due.transition,
            alternative: due.alternative,
        };
        draft.push(Effect::TimerSet { timer, at: due.at });
    }
    Ok(())
}

/// Takes back what would happen by itself to a record that is dropped.
pub(super) fn disarm(draft: &mut Draft, pack: &Arc<Pack>, collection: &str, key: &Arc<str>) {
    let spec = pack.collections.get(collection);
    let machine = spec.and_then(|spec| spec.machine.as_ref());
    let Some(machine) = machine.map(|machine| Name::new(&pack.name, machine)) else {
        return;
    };
    if draft.state().timers.has(&machine, key) {
        draft.push(Effect::TimersCleared {
            machine,
            key: key.clone(),
        });
    }
}
