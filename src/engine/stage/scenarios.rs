//! Where a scenario stands: set by a tester, or begun again.

use std::sync::Arc;

use serde_json::Value;

use super::Error;
use crate::definition::compiled::Definitions;
use crate::engine::draft::Draft;
use crate::engine::scenario;
use crate::state::Effect;

/// Puts a scenario into a state; into its first one, if none is named.
///
/// # Errors
/// When no stub names the scenario, or none of its stubs the state.
pub(super) fn set(
    definitions: &Definitions,
    draft: &mut Draft,
    name: &Arc<str>,
    to: Option<&Arc<str>>,
) -> Result<Value, Error> {
    let known = scenario::known(definitions, draft.state());
    let Some(scenario) = known.get(name) else {
        return Err(Error::NotFound(format!("Scenario {name} does not exist")));
    };
    let Some(to) = to else {
        draft.push(Effect::ScenarioForgotten {
            scenario: name.clone(),
        });
        return Ok(Value::Null);
    };
    if !scenario.states.contains(to) {
        return Err(Error::Invalid {
            field: "state".into(),
            message: format!("Scenario {name} does not support state {to}"),
        });
    }
    draft.push(Effect::ScenarioMoved {
        scenario: name.clone(),
        to: to.clone(),
    });
    Ok(Value::Null)
}
