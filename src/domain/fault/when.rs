//! When a fault happens. All that is said must hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a fault happens: at every call that its rule is for, if nothing is said. Calls are counted for
/// each tool or stub by itself, from 1, since the rule is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schemars(title = "Fault condition")]
pub struct When {
    /// How likely it is, from 0 to 1. Whether it happens at the n-th call is decided by the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// At these calls: 1 is the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<u64>,
    /// Only after so many calls have been answered with success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// At every so manieth call: 4 is the fourth, the eighth …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Only on this page of a list: 1 is the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// From then on, by the sandbox clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// Until then, by the sandbox clock, and no longer at that very time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// While a machine has a record in a state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<InState>,
    /// At some calls in a row, again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<Burst>,
    /// More and more often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ramp: Option<Ramp>,
    /// Only if this holds: an expression (CEL) over `input`, `request`, `tool`, `agent`, `call` (its
    /// number) and the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// A time by the sandbox clock: RFC 3339, or how long after the rule was made (`30s`, `5m`, `PT1H`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Moment(pub String);

/// A machine that has a record in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct InState {
    /// The machine, bare or with its pack.
    pub name: String,
    /// The state.
    pub state: String,
    /// The record: an expression (CEL) over the input. Without it, the record whose key is a member of
    /// the input; and if there is none, any record of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// At some calls in a row, and then at none for some: `{calls: 3, every: 20}` is the first three of every
/// twenty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Burst {
    /// At how many in a row.
    pub calls: u64,
    /// How many calls one round has.
    pub every: u64,
}

/// A probability that grows, or shrinks, from one call to the last of so many, and stays there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ramp {
    /// How likely it is at the first call.
    #[serde(default)]
    pub from: f64,
    /// How likely it is at the last.
    #[serde(default = "certain")]
    pub to: f64,
    /// Over how many calls.
    pub calls: u64,
}

fn certain() -> f64 {
    1.0
}
