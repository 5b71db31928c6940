//! How a request that is sent again is recognised, compiled.

use std::sync::Arc;

use http::HeaderName;

use super::pack::RefusalSpec;
use super::response::HeaderSpec;
use crate::definition::model::{KeyFormat, KeyScope, Mismatch, Saves};
use crate::render::Template;

/// How a request that is sent again is recognised, and what it is answered with.
#[derive(Debug)]
pub struct IdempotencySpec {
    /// Where the key stands.
    pub key: KeySource,
    /// What it looks like.
    pub format: KeyFormat,
    /// How many characters it has at the most.
    pub length_max: usize,
    /// Whether there must be one.
    pub required: bool,
    /// How long it is remembered, in milliseconds of the sandbox clock.
    pub retention_ms: i64,
    /// What it is bound to beside its tool.
    pub scope: KeyScope,
    /// Which replies are saved.
    pub saves: Saves,
    /// What becomes of another request under the same key.
    pub mismatch: Mismatch,
    /// Headers of a reply that is given again.
    pub replay_headers: Vec<HeaderSpec>,
    /// Whether it counts only for calls by POST.
    pub posts_only: bool,
    /// How a refusal looks.
    pub refusals: Arc<RefusalSpec>,
}

/// Where a key stands.
#[derive(Debug)]
pub enum KeySource {
    /// In a header.
    Header(HeaderName),
    /// Wherever a template takes it from.
    Template(Template),
}
