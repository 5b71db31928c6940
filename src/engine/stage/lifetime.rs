//! How long a sandbox lives.

use jiff::Timestamp;
use serde_json::Value;

use crate::engine::draft::Draft;
use crate::state::Effect;

/// It lives until then, by the machine's clock; for ever, if there is no time.
pub(super) fn set(draft: &mut Draft, until: Option<Timestamp>) -> Value {
    draft.push(Effect::LifetimeSet { until });
    Value::Null
}
