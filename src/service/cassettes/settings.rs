//! How a cassette is to be started, as it is asked for.

use serde::Deserialize;
use serde_json::Value;

use super::CassetteError;
use crate::cassette::{MatchingSettings, RedactionSettings};
use crate::state::cassette::{Matching, Mode, Settings};

/// The largest factor of a latency.
const FACTOR_MAX: f64 = 1_000.0;

/// How a cassette is to be started.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Start {
    /// Where calls are answered.
    pub mode: Mode,
    /// The server that they are sent on to, while they are recorded or passed through.
    pub upstream: Option<String>,
    /// How the entry for a call is found.
    #[serde(default, rename = "match")]
    pub matching: Matching,
    /// Whether each entry is played only once: true, if left out.
    #[serde(default = "yes")]
    pub strict: bool,
    /// `recorded` (if left out), `none`, or what the recorded latency is multiplied by.
    pub latency: Option<Value>,
    /// What of a request does not count: `query.NAME`, `body.PATH`, or a path that is looked for in both.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// The headers that count.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Whether what usually differs from call to call counts, too.
    #[serde(default)]
    pub volatile: bool,
    /// What is taken out before anything is written down.
    #[serde(default)]
    pub redact: RedactionSettings,
    /// Whether a cassette that there is may be recorded anew.
    #[serde(default)]
    pub overwrite: bool,
}

fn yes() -> bool {
    true
}

impl Start {
    /// By how much recorded latencies are multiplied.
    pub(super) fn factor(&self) -> Result<f64, CassetteError> {
        let factor = match &self.latency {
            None => Some(1.0),
            Some(Value::String(word)) => match word.as_str() {
                "recorded" => Some(1.0),
                "none" => Some(0.0),
                _ => None,
            },
            Some(number) => number.as_f64(),
        };
        let factor = factor.filter(|factor| (0.0..=FACTOR_MAX).contains(factor));
        factor.ok_or_else(|| {
            let given = self.latency.clone().unwrap_or_default();
            let message = format!(
                "expected recorded, none, or a number from 0 to {FACTOR_MAX}, found {given}"
            );
            CassetteError::invalid("latency", message)
        })
    }

    /// What of a request counts.
    pub(super) fn settings(&self) -> Settings {
        let mut matching = MatchingSettings {
            headers: self.headers.clone(),
            volatile: self.volatile,
            ..MatchingSettings::default()
        };
        for path in &self.ignore {
            match (path.strip_prefix("query."), path.strip_prefix("body.")) {
                (Some(name), _) => matching.ignored_query.push(name.to_owned()),
                (None, Some(path)) => matching.ignored_body.push(path.to_owned()),
                (None, None) => {
                    matching.ignored_query.push(path.clone());
                    matching.ignored_body.push(path.clone());
                }
            }
        }
        Settings {
            matching,
            redaction: self.redact.clone(),
        }
    }
}
