//! The auth file as it is written. From these structs come both its reading and its JSON Schema.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::LazyLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::role::Role;

/// Who may do what.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AuthFile {
    /// Those who run the server.
    #[serde(default)]
    pub operators: Vec<Operator>,
    /// The teams that share it, by name.
    #[serde(default)]
    pub tenants: IndexMap<String, Tenant>,
}

/// Somebody who runs the server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Operator {
    /// What it is called in the audit log.
    pub name: String,
    /// The hash of its token, as `sparring token` prints it.
    pub hash: String,
    /// `owner` (everything, if left out) or `viewer` (reads everything).
    #[serde(default)]
    pub role: Option<OperatorRole>,
}

/// What an operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OperatorRole {
    /// Everything.
    Owner,
    /// Reads everything, and changes nothing.
    Viewer,
}

/// A team that has some of the sandboxes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Tenant {
    /// Its sandboxes: ids, and beginnings of ids such as `team-a-*`. No two tenants share one.
    pub sandboxes: Vec<String>,
    /// What it may take.
    #[serde(default)]
    pub quotas: Quotas,
    /// Who is in it.
    #[serde(default)]
    pub tokens: Vec<Token>,
    /// Keys of the simulated API, which choose a sandbox and may call it.
    #[serde(default)]
    pub keys: Vec<Key>,
}

/// What a tenant may take. What is left out is not bounded.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Quotas {
    /// How many sandboxes there may be at a time.
    #[serde(default)]
    pub sandboxes: Option<usize>,
    /// How many stubs of its own each sandbox may have.
    #[serde(default)]
    pub stubs: Option<usize>,
    /// How many records each sandbox may hold, those of generated datasets not counted.
    #[serde(default)]
    pub records: Option<usize>,
    /// About how many bytes of its call log each sandbox keeps.
    #[serde(default)]
    pub log_bytes: Option<usize>,
    /// How many requests all tokens and keys together may send in a second.
    #[serde(default)]
    pub calls_per_second: Option<NonZeroU32>,
    /// The largest body, in bytes.
    #[serde(default)]
    pub body_bytes: Option<NonZeroUsize>,
    /// Where webhooks and proxied calls may go, of what the server allows: as `--webhook-targets` lists it.
    #[serde(default)]
    pub targets: Option<Vec<String>>,
}

/// Somebody of a tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Token {
    /// What it is called in the audit log.
    pub name: String,
    /// The hash of the token, as `sparring token` prints it.
    pub hash: String,
    /// `owner`, `editor`, `caller` or `viewer`.
    pub role: Role,
    /// Which of the tenant's sandboxes it is for; all, if left out.
    #[serde(default)]
    pub sandboxes: Option<Vec<String>>,
}

/// A key of the simulated API.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Key {
    /// What it is called.
    pub name: String,
    /// The hash of the key, as `sparring token` prints it.
    pub hash: String,
    /// The sandbox that it chooses.
    pub sandbox: String,
    /// What it may take, beside the tenant's quotas.
    #[serde(default)]
    pub quotas: KeyQuotas,
}

/// What a key may take.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyQuotas {
    /// How many calls in a second.
    #[serde(default)]
    pub calls_per_second: Option<NonZeroU32>,
    /// The largest body, in bytes.
    #[serde(default)]
    pub body_bytes: Option<NonZeroUsize>,
}

/// The JSON Schema of the auth file.
#[must_use]
pub fn auth_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(AuthFile).to_value());
    &SCHEMA
}
