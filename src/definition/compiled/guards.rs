//! What stands before a tool, and what its answer is made of.

use std::sync::Arc;

use super::auth::ScopeRule;
use super::batch::BatchSpec;
use super::idempotency::IdempotencySpec;
use super::pagination::PageSpec;
use super::rate_limit::LimitSpec;

/// What stands before a tool.
#[derive(Debug, Default)]
pub struct Guards {
    /// What a caller must be allowed, where the pack checks credentials; nothing is checked, if there
    /// is none.
    pub auth: Option<ScopeRule>,
    /// The limits that its calls meet, the pack's before its own.
    pub limits: Vec<Arc<LimitSpec>>,
    /// How a request that is sent again is recognised.
    pub idempotency: Option<Arc<IdempotencySpec>>,
}

/// What an answer is made of, once the steps are done.
#[derive(Debug, Default)]
pub enum Produce {
    /// The response.
    #[default]
    Response,
    /// A page of a list.
    Page(Arc<PageSpec>),
    /// Many items, each done by another tool.
    Batch(Box<BatchSpec>),
}
