//! What has happened of a fault rule.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::fault::Mode;
use crate::domain::name::Name;

/// One fault that has happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its number in the sandbox: 1, 2, 3 …
    pub number: u64,
    /// The rule.
    pub rule: Arc<str>,
    /// What went wrong.
    pub mode: Mode,
    /// At which call of the sandbox, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
    /// The tool that was called, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<Name>,
    /// The stub that was called, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stub: Option<Arc<str>>,
    /// For whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Arc<str>>,
    /// The how-manieth call of the tool or stub it was since the rule is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// When, by the sandbox clock.
    pub at: Timestamp,
    /// What exactly went wrong: the members, the status, the delay …
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub detail: Value,
}
