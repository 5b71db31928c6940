//! A call that fits no entry of the cassette that is played.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A call that fits no entry, or none that is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Miss {
    /// The call's number.
    pub call: u64,
    /// Its method.
    pub method: Arc<str>,
    /// Its path and query.
    pub target: Arc<str>,
    /// The tool that it is for, where that is known.
    pub tool: Option<Arc<str>>,
    /// Why it is a miss, in a sentence without its full stop.
    pub reason: Arc<str>,
    /// The entry that comes nearest.
    pub nearest: Option<Nearest>,
    /// Where the call differs from that one.
    pub diff: Arc<Value>,
}

/// The entry that comes nearest to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Nearest {
    /// Its place in the cassette, from 1.
    pub entry: usize,
    /// Its method.
    pub method: Arc<str>,
    /// Its path and query.
    pub target: Arc<str>,
    /// Its tool, where that is known.
    pub tool: Option<Arc<str>>,
}
