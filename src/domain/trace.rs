//! The trace: what was decided about a call, step by step, and why.

use serde::Serialize;
use serde_json::Value;

/// The step that tells of a fault on purpose.
pub const FAULT: &str = "fault";

/// What has come of a fault that has happened.
pub const INJECTED: &str = "injected";

/// All that was decided, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Trace(pub Vec<TraceLine>);

/// One thing that was decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceLine {
    /// What decided: `timers`, `errorQueue`, `inputSchema`, `do[1].require` …
    pub step: String,
    /// What came of it: `ok`, `refused`, `skipped`, `fired` …
    pub outcome: &'static str,
    /// Why, or with what.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub detail: Value,
}

impl Trace {
    /// Notes that something was decided.
    pub fn note(&mut self, step: impl Into<String>, outcome: &'static str, detail: Value) {
        self.0.push(TraceLine {
            step: step.into(),
            outcome,
            detail,
        });
    }
}
