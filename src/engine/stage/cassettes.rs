//! Cassettes begin and end: one at a time in a sandbox.

use std::sync::Arc;

use serde_json::Value;

use super::super::cassette::{Taken, report};
use super::super::draft::Draft;
use super::Error;
use crate::state::Effect;
use crate::state::cassette::Started;

/// A cassette begins.
pub(super) fn start(draft: &mut Draft, started: &Arc<Started>) -> Result<Value, Error> {
    if let Some(running) = draft.state().cassettes.running() {
        let name = &running.started.name;
        return Err(Error::Conflict(format!(
            "the cassette {name} is running: stop it first"
        )));
    }
    draft.push(Effect::CassetteStarted(started.clone()));
    Ok(Value::Null)
}

/// The cassette of this name ends; what is reported of it is given.
pub(super) fn stop(
    draft: &mut Draft,
    name: &str,
    taken: Option<&Taken>,
    last_call: u64,
) -> Result<Value, Error> {
    let running = draft.state().cassettes.running().cloned();
    let Some(running) = running.filter(|running| *running.started.name == *name) else {
        let other = draft.state().cassettes.running();
        let other = other.map_or(String::new(), |other| {
            format!(", but {}", other.started.name)
        });
        return Err(Error::Conflict(format!(
            "the cassette {name} is not running{other}"
        )));
    };
    let report = report(&running, taken, last_call);
    draft.push(Effect::CassetteStopped {
        report: Arc::new(report.clone()),
    });
    Ok(report)
}
