//! A compiled rate limit.

use std::sync::Arc;

use http::StatusCode;

use super::pack::RefusalSpec;
use super::response::HeaderSpec;
use crate::matching::condition::Expression;
use crate::render::Document;
use crate::state::limits::Policy;

/// A rate limit.
#[derive(Debug)]
pub struct LimitSpec {
    /// What it is called: limits of one name in a pack count together.
    pub name: Arc<str>,
    /// How calls are counted.
    pub policy: Policy,
    /// By what is counted: all of these together.
    pub key: Vec<CounterKey>,
    /// What a call costs; 1, if there is none.
    pub cost: Option<Expression>,
    /// Which calls are counted.
    pub when: Option<Expression>,
    /// The statuses of replies that do not count.
    pub uncounted: Vec<StatusCode>,
    /// What is limited, as some APIs tell it.
    pub resource: Option<String>,
    /// What the wait is rounded up to, in milliseconds.
    pub retry_after_unit_ms: u64,
    /// Headers of every reply.
    pub headers: Vec<HeaderSpec>,
    /// Laid into the JSON of every reply that is served.
    pub body: Option<Document>,
    /// How a refusal looks.
    pub refusals: Arc<RefusalSpec>,
}

/// By what a limit counts.
#[derive(Debug)]
pub enum CounterKey {
    /// All calls of the sandbox together.
    Sandbox,
    /// The credential that the call carries.
    ApiKey,
    /// Whom the call is made for.
    Agent,
    /// The tool, or the stub.
    Tool,
    /// Method and path.
    Route,
    /// The address that the call comes from.
    Address,
    /// What an expression gives.
    Expression(Expression),
}

impl PartialEq for CounterKey {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Expression(one), Self::Expression(other)) => one.source() == other.source(),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}
