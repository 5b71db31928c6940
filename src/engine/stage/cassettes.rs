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

/// The cassette of this name ends, or whichever runs; what is reported of it is given.
pub(super) fn stop(
    draft: &mut Draft,
    name: Option<&str>,
    taken: Option<&Taken>,
    last_call: u64,
) -> Result<Value, Error> {
    let running = draft.state().cassettes.running().cloned();
    let running = match (running, name) {
        (Some(running), Some(name)) if *running.started.name != *name => {
            let running = &running.started.name;
            let message = format!("the cassette {name} is not running, but {running}");
            return Err(Error::Conflict(message));
        }
        (Some(running), _) => running,
        (None, Some(name)) => {
            return Err(Error::Conflict(format!(
                "the cassette {name} is not running"
            )));
        }
        (None, None) => return Err(Error::Conflict("no cassette is running".to_owned())),
    };
    let report = report(&running, taken, last_call);
    draft.push(Effect::CassetteStopped {
        report: Arc::new(report.clone()),
    });
    Ok(report)
}
