//! Whether the calls of a sandbox are recorded.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether calls are recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Recording {
    /// They never were.
    #[default]
    NeverStarted,
    /// They are.
    Running(Arc<Running>),
    /// They were.
    Stopped,
}

/// A recording under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// What is recorded, and how, as it was given.
    pub spec: Arc<Value>,
    /// The id of the stub that sends calls on meanwhile.
    pub proxy: Option<Arc<str>>,
    /// The number of the last call before it.
    pub after: u64,
}

impl Recording {
    /// What WireMock calls it.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::NeverStarted => "NeverStarted",
            Self::Running(_) => "Recording",
            Self::Stopped => "Stopped",
        }
    }
}
