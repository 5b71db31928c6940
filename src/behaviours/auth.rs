//! Simulated authentication: whose a call is, and whether it may be made.
//!
//! Who may act is asked before anything else: a stranger does not learn what there is. A credential is a
//! record of the pack's own collection, so it is issued, changed and revoked as any record is.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Refusal, View};
use crate::definition::compiled::{AuthSpec, ScopeRule};
use crate::domain::call::Call;
use crate::domain::time::{parse_instant, parse_length_ms, shift};
use crate::matching::condition::Expression;

/// How much of a credential stands at the beginning and at the end of it where its middle is hidden.
const SHOWN_FIRST: usize = 8;
const SHOWN_LAST: usize = 4;

/// Whose a call is.
#[derive(Debug, Default)]
pub struct Identity {
    /// The credential that it carries.
    pub key: Option<String>,
    /// What is known of it.
    known: Option<Known>,
}

/// What is known of a credential.
#[derive(Debug)]
struct Known {
    scopes: Vec<String>,
    expires: Option<Timestamp>,
    revoked: bool,
    agent: Option<String>,
}

/// Finds out whose a call is.
///
/// # Errors
/// When a template or an expression fails on this call, or a record of a credential is not as it should
/// be.
pub fn identify(view: &View<'_>, spec: &AuthSpec, call: &Call) -> Result<Identity, Refusal> {
    let key = match &spec.from {
        Some(template) => Some(view.render(template)?.trim().to_owned()),
        None => call.credential().map(std::borrow::Cow::into_owned),
    };
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        return Ok(Identity::default());
    };
    let record = view.state.record(&view.name(&spec.keys), &key);
    let known = record.map(|record| known(&view.of(&record), spec, &record));
    Ok(Identity {
        known: known.transpose()?,
        key: Some(key),
    })
}

/// Whether credentials are checked in this sandbox.
#[must_use]
pub fn is_enforced(view: &View<'_>, spec: &AuthSpec) -> bool {
    let said = view.state.auth_enforced.get(&view.pack.name);
    said.copied().unwrap_or(spec.enforced)
}

/// Checks that a call may be made.
///
/// # Errors
/// `unauthenticated`, `invalid_credential`, `revoked_credential`, `expired_credential`, or
/// `insufficient_scope`.
pub fn check(
    view: &View<'_>,
    spec: &AuthSpec,
    rule: &ScopeRule,
    identity: &Identity,
) -> Result<(), Refusal> {
    let refused = |cause: &str, message: String| {
        let refusal = Refusal::new(cause, message)
            .with("needed", rule.scopes.clone())
            .with("missing", identity.missing(rule));
        let mut shown = identity.shown();
        if let Some(expires) = identity.known.as_ref().and_then(|known| known.expires) {
            shown["expiredFor"] = (view.now().as_second() - expires.as_second()).max(0).into();
        }
        Err(refusal.with("credential", shown).shaped(&spec.refusals))
    };
    let Some(key) = &identity.key else {
        return refused("unauthenticated", "no credential was given".to_owned());
    };
    let shown = masked(key);
    let Some(known) = &identity.known else {
        let message = format!("the credential {shown} is not among {}", spec.keys);
        return refused("invalid_credential", message);
    };
    if known.revoked {
        let message = format!("the credential {shown} was revoked");
        return refused("revoked_credential", message);
    }
    if let Some(expires) = known.expires.filter(|expires| *expires <= view.now()) {
        let message = format!("the credential {shown} expired at {expires}");
        return refused("expired_credential", message);
    }
    let missing = identity.missing(rule);
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let message = format!("the credential {shown} does not have the scope {missing}");
        return refused("insufficient_scope", message);
    }
    Ok(())
}

impl Identity {
    /// Whoever has a credential, of which nothing is known.
    #[must_use]
    pub fn of_key(key: Option<String>) -> Self {
        Self { key, known: None }
    }

    /// What expressions and templates see as `credential`.
    #[must_use]
    pub fn shown(&self) -> Value {
        let mut shown = json!({ "scopes": [] });
        if let Some(key) = &self.key {
            shown["key"] = key.as_str().into();
            shown["masked"] = masked(key).into();
        }
        if let Some(known) = &self.known {
            shown["scopes"] = known.scopes.clone().into();
            if let Some(agent) = &known.agent {
                shown["agent"] = agent.as_str().into();
            }
            if let Some(expires) = known.expires {
                shown["expiresAt"] = expires.to_string().into();
            }
        }
        shown
    }

    /// The scopes that a rule asks for and the credential does not have.
    fn missing(&self, rule: &ScopeRule) -> Vec<String> {
        let has = |scope: &String| {
            let known = self.known.as_ref();
            known.is_some_and(|known| known.scopes.contains(scope))
        };
        let missing = rule.scopes.iter().filter(|scope| !has(scope));
        missing.cloned().collect()
    }
}

/// What is known of a credential, out of its record.
fn known(view: &View<'_>, spec: &AuthSpec, record: &Arc<Value>) -> Result<Known, Refusal> {
    let said = |expression: &Option<Expression>, member: &str| match expression {
        Some(expression) => view.eval_optional(expression),
        None => Ok(record.get(member).filter(|value| !value.is_null()).cloned()),
    };
    let wrong = |what: &str, found: &Value| {
        let source = format!("{what} of a record of {}", spec.keys);
        Refusal::definition(&source, format!("it is {found}"))
    };
    let scopes = match said(&spec.scopes, "scopes")? {
        None => Vec::new(),
        Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(items)) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            let texts: Option<Vec<String>> = texts.collect();
            texts.ok_or_else(|| wrong("scopes", &Value::Array(items)))?
        }
        Some(other) => return Err(wrong("scopes", &other)),
    };
    let revoked = match said(&spec.revoked, "revoked")? {
        None => false,
        Some(Value::Bool(revoked)) => revoked,
        Some(other) => return Err(wrong("revoked", &other)),
    };
    let agent = match said(&spec.agent, "agent")? {
        None => None,
        Some(Value::String(agent)) => Some(agent),
        Some(other) => return Err(wrong("agent", &other)),
    };
    let expires = match said(&spec.expires, "expiresAt")? {
        Some(Value::String(text)) => match parse_instant(&text) {
            Some(expires) => Some(expires),
            None => return Err(wrong("expiresAt", &text.into())),
        },
        Some(other) => return Err(wrong("expiresAt", &other)),
        None if spec.expires.is_some() => None,
        None => match record.get("expiresIn").filter(|value| !value.is_null()) {
            None => None,
            Some(length) => {
                let ms = length.as_str().and_then(parse_length_ms);
                let ms = ms.ok_or_else(|| wrong("expiresIn", length))?;
                Some(shift(view.state.opened, ms))
            }
        },
    };
    Ok(Known {
        scopes,
        expires,
        revoked,
        agent,
    })
}

/// A credential with its middle hidden. A short one is hidden as a whole.
fn masked(key: &str) -> String {
    let length = key.chars().count();
    if length <= SHOWN_FIRST + SHOWN_LAST {
        return "*".repeat(length);
    }
    let hidden = length - SHOWN_FIRST - SHOWN_LAST;
    let first = key.chars().take(SHOWN_FIRST);
    let last = key.chars().skip(length - SHOWN_LAST);
    first
        .chain(std::iter::repeat_n('*', hidden))
        .chain(last)
        .collect()
}
