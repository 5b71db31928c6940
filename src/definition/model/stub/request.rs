//! What a request must be like.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Pattern;

/// What a request must be like. What is left out matches anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct RequestPattern {
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// The host that the request names, without a port.
    pub host: Option<Pattern>,
    /// The port that the request names.
    pub port: Option<u16>,
    /// The address of whoever sent it: what `X-Forwarded-For` says, or the peer's.
    pub client_ip: Option<Pattern>,
    /// The method, `ANY`, or `GET_OR_HEAD`.
    pub method: Option<String>,
    /// Path and query, exactly.
    pub url: Option<String>,
    /// Path and query, as a regular expression for the whole of it.
    pub url_pattern: Option<String>,
    /// The path, exactly.
    pub url_path: Option<String>,
    /// The path, as a regular expression for the whole of it.
    pub url_path_pattern: Option<String>,
    /// The path, with variables: `/contacts/{id}`. `**` takes any number of segments.
    pub url_path_template: Option<String>,
    /// Variables of `urlPathTemplate`, by name.
    pub path_parameters: Option<IndexMap<String, Pattern>>,
    /// Headers, by name.
    pub headers: Option<IndexMap<String, Pattern>>,
    /// Query parameters, by name.
    pub query_parameters: Option<IndexMap<String, Pattern>>,
    /// Members of a form, by name.
    pub form_parameters: Option<IndexMap<String, Pattern>>,
    /// Cookies, by name.
    pub cookies: Option<IndexMap<String, Pattern>>,
    /// The credentials in `Authorization`, of the scheme Basic.
    pub basic_auth: Option<BasicAuth>,
    /// `basicAuth`, as WireMock lists it.
    pub basic_auth_credentials: Option<BasicAuth>,
    /// What the body must be like: all of these.
    pub body_patterns: Option<Vec<Pattern>>,
    /// What the parts of a multipart body must be like: all of these.
    pub multipart_patterns: Option<Vec<MultipartPattern>>,
    /// A matcher from an extension of WireMock's. There are none here.
    pub custom_matcher: Option<CustomMatcher>,
}

/// Credentials.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicAuth {
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// What one part of a multipart body must be like, or each.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct MultipartPattern {
    /// A name for people: it is not compared. To compare the part's, give a pattern for its header
    /// `Content-Disposition`.
    pub name: Option<String>,
    /// The name of the file. It is compared where headers or bodies are given too.
    pub file_name: Option<String>,
    /// Whether all parts must be like this; `ANY`, if left out.
    pub matching_type: Option<MatchingType>,
    /// Headers of the part, by name.
    pub headers: Option<IndexMap<String, Pattern>>,
    /// What the part's body must be like: all of these.
    pub body_patterns: Option<Vec<Pattern>>,
}

/// How many parts must be as a pattern has it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum MatchingType {
    /// All.
    All,
    /// One.
    Any,
}

/// A matcher by its name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CustomMatcher {
    /// Its name.
    pub name: Option<String>,
    /// What it takes.
    pub parameters: Option<Map<String, Value>>,
}
