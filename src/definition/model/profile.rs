//! Profiles: the ways in which real APIs do a behaviour, as data.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::auth::Auth;
use super::batch::Batch;
use super::idempotency::Idempotency;
use super::pagination::Pagination;
use super::rate_limit::RateLimit;
use super::webhook::WebhookProfile;

/// Profiles by name. A stub or tool names one (`pagination: NAME`), and what it says itself goes
/// before what the profile says. A pack's own profiles go before those that Sparring ships, and any
/// profile can build on another one by `profile: NAME`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Profiles {
    /// Ways of paging.
    pub pagination: IndexMap<String, Pagination>,
    /// Ways of limiting rates.
    pub rate_limit: IndexMap<String, RateLimit>,
    /// Ways of answering batches.
    pub batch: IndexMap<String, Batch>,
    /// Ways of recognising a request that is sent again.
    pub idempotency: IndexMap<String, Idempotency>,
    /// Ways of asking for credentials.
    pub auth: IndexMap<String, Auth>,
    /// Ways of signing webhooks and of trying again.
    pub webhooks: IndexMap<String, WebhookProfile>,
}
