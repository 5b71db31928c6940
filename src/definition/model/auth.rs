//! Simulated authentication: credentials that are checked.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::pack::Cause;
use super::shared::Cel;

/// Credentials that are checked: where a call carries one, which ones there are, and how a call is
/// refused without. They are secrets of a simulation: whoever may see the sandbox sees them.
///
/// All expressions and templates of the pack see `credential`: `key`, as the call gave it, and, where
/// it is known, its `scopes` (a list) and `agent`. Templates of `refusals` see there also `masked` (the
/// key with its middle hidden), `expiresAt`, and `expiredFor` in seconds; beside it `needed`, the scopes
/// that the tool asks for, and `missing`, those of them that the credential does not have.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Auth {
    /// The profile that it builds on.
    pub profile: Option<String>,
    /// A template of the credential. If left out: what follows the scheme in `Authorization` (of Basic,
    /// the user's name), or the key in `x-api-key` or `api-key`.
    pub from: Option<String>,
    /// The collection that holds the credentials: records whose key is the credential itself. A tool
    /// that makes such a record issues a credential.
    pub keys: Option<String>,
    /// Whether credentials are checked from the beginning; not, if left out. Until a tester switches it
    /// on, any credential passes, and none is needed.
    pub enforced: Option<bool>,
    /// The scopes of a credential, out of its `record`: a list, or a text with spaces between;
    /// its member `scopes`, if left out.
    pub scopes: Option<Cel>,
    /// When a credential expires, out of its `record`: an instant, or null for never. If left out, its
    /// member `expiresAt`, or `expiresIn`, a length of time from the sandbox's opening such as `1h`.
    pub expires: Option<Cel>,
    /// Whether a credential is revoked, out of its `record`; its member `revoked`, if left out.
    pub revoked: Option<Cel>,
    /// Whose a credential is, out of its `record`; its member `agent`, if left out.
    pub agent: Option<Cel>,
    /// How refusals look: `unauthenticated` (no credential), `invalid_credential`,
    /// `expired_credential`, `revoked_credential`, `insufficient_scope`.
    pub refusals: IndexMap<String, Cause>,
}

/// What a caller must be allowed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct AuthRule {
    /// The scopes that the credential must have: all of them.
    pub scopes: Vec<String>,
    /// Anybody may call it, without a credential: where credentials are issued, for one.
    pub public: bool,
    /// Anybody may call it without a credential; but one that is given is checked.
    pub optional: bool,
}
