//! How credentials are checked, compiled.

use std::sync::Arc;

use super::pack::RefusalSpec;
use crate::matching::condition::Expression;
use crate::render::Template;

/// How a pack checks credentials.
#[derive(Debug)]
pub struct AuthSpec {
    /// Where a call carries its credential; where HTTP has it, if nothing is said.
    pub from: Option<Template>,
    /// The collection that holds the credentials.
    pub keys: Arc<str>,
    /// Whether they are checked from the beginning.
    pub enforced: bool,
    /// The scopes of a credential, out of its record.
    pub scopes: Option<Expression>,
    /// When it expires, out of its record.
    pub expires: Option<Expression>,
    /// Whether it is revoked, out of its record.
    pub revoked: Option<Expression>,
    /// Whose it is, out of its record.
    pub agent: Option<Expression>,
    /// How a refusal looks.
    pub refusals: Arc<RefusalSpec>,
}

/// What a caller must be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeRule {
    /// The scopes that the credential must have: all of them.
    pub scopes: Vec<String>,
    /// Whether anybody may call, without a credential.
    pub public: bool,
    /// Whether anybody may call without a credential, but not with a bad one.
    pub optional: bool,
}
