//! What a stub is known by where it is told of.

use std::sync::Arc;

use serde_json::Value;

/// A stub's names, and its definition.
#[derive(Clone, Debug)]
pub struct StubName {
    /// Its id.
    pub id: Arc<str>,
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// Its definition, as it was given, with its id.
    pub source: Arc<Value>,
}
