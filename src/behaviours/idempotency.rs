//! Idempotency: whether a request has come before, by its key, and what is saved of its reply.
//!
//! A request is looked up before its input is looked at, so that one that comes again is answered even
//! where it could not be done any more. Another request under the same key is told apart by a digest
//! of its method, path, query and body.

use std::sync::Arc;

use serde_json::json;

use super::{Refusal, Variables, View};
use crate::definition::compiled::{IdempotencySpec, KeySource};
use crate::definition::model::{KeyFormat, KeyScope, Mismatch, Saves};
use crate::domain::call::Call;
use crate::domain::canonical::canonical;
use crate::domain::name::Name;
use crate::domain::reply::{Reply, header_words};
use crate::domain::signature::{hex, sha256};
use crate::domain::time::shift;
use crate::state::Effect;
use crate::state::saved::{Saved, SavedId, SavedReply};

/// Whose request it is.
#[derive(Clone, Copy, Debug)]
pub struct Requester<'a> {
    /// The tool, or the stub.
    pub tool: &'a Name,
    /// The credential that the call carries.
    pub credential: Option<&'a str>,
    /// Whom it is made for.
    pub agent: Option<&'a str>,
}

/// What a key says about a request.
#[derive(Debug)]
pub enum Found {
    /// It has no key that counts: it is done, and nothing is saved. The text says why.
    Unkeyed(&'static str),
    /// It is the first one: it is done, and its reply may be saved.
    First(Key),
    /// It has come before, and was answered so.
    Again(Arc<SavedReply>, Variables),
}

/// A key that is used for the first time.
#[derive(Debug)]
pub struct Key {
    /// Which key.
    pub id: SavedId,
    fingerprint: Arc<str>,
}

/// Looks a request up by its key.
///
/// # Errors
/// The causes of `idempotency`; and when a template fails on this call.
pub fn look_up(
    view: &View<'_>,
    spec: &IdempotencySpec,
    call: &Call,
    requester: &Requester<'_>,
) -> Result<Found, Refusal> {
    if spec.posts_only && call.method != http::Method::POST {
        return Ok(Found::Unkeyed("keys count for calls by POST"));
    }
    let Some(key) = given(view, spec, call)? else {
        if spec.required {
            let message = format!("a key is required: {}", place(spec));
            return Err(refusal(spec, "idempotency_key_missing", message, None));
        }
        return Ok(Found::Unkeyed("there is no key"));
    };
    let key = checked(spec, &key)?;
    let id = SavedId {
        tool: requester.tool.clone(),
        scope: scope(spec.scope, requester).into(),
        key: key.as_str().into(),
    };
    let fingerprint = fingerprint(call);
    let Some(saved) = view.state.saved.get(&id, view.now()) else {
        return Ok(Found::First(Key { id, fingerprint }));
    };
    if saved.fingerprint != fingerprint {
        match spec.mismatch {
            Mismatch::Execute => {
                return Ok(Found::Unkeyed(
                    "another request has used the key: it is ignored",
                ));
            }
            Mismatch::Refuse => {
                let message = format!("the key {key:?} was used for another request");
                return Err(refusal(
                    spec,
                    "idempotency_mismatch",
                    message,
                    Some((&key, saved)),
                ));
            }
            Mismatch::Replay => {}
        }
    }
    match (&saved.reply, saved.in_flight) {
        (Some(reply), None) => Ok(Found::Again(
            reply.clone(),
            facts(spec, Some((&key, saved))),
        )),
        _ => {
            let message = format!("the first request with the key {key:?} is still under way");
            Err(refusal(
                spec,
                "idempotency_in_flight",
                message,
                Some((&key, saved)),
            ))
        }
    }
}

/// What is remembered of a key whose first request is decided: `executed` tells whether its steps had
/// begun, `in_flight` the call's number, where the reply leaves later. Nothing, where the next request
/// with the key is to be like a first one.
#[must_use]
pub fn save(
    view: &View<'_>,
    spec: &IdempotencySpec,
    key: Key,
    reply: &Reply,
    executed: bool,
    in_flight: Option<u64>,
) -> Option<Effect> {
    let saves = match spec.saves {
        Saves::Executed => executed,
        Saves::Success => reply.status.is_success(),
        Saves::All => true,
    };
    if !saves && in_flight.is_none() {
        return None;
    }
    let at = view.now();
    Some(Effect::ReplySaved {
        id: key.id,
        saved: Saved {
            fingerprint: key.fingerprint,
            at,
            until: shift(at, spec.retention_ms),
            in_flight,
            reply: saves.then(|| Arc::new(SavedReply::of(reply))),
        },
    })
}

/// The key as it was given; none, if there is none.
fn given(view: &View<'_>, spec: &IdempotencySpec, call: &Call) -> Result<Option<String>, Refusal> {
    let name = match &spec.key {
        KeySource::Header(name) => name,
        KeySource::Template(template) => {
            let key = view.render(template)?;
            return Ok(Some(key).filter(|key| !key.is_empty()));
        }
    };
    let mut values = call.headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let invalid = |message: String| Err(refusal(spec, "idempotency_key_invalid", message, None));
    if values.next().is_some() {
        return invalid(format!(
            "the header {} stands more than once",
            header_words(name)
        ));
    }
    match value.to_str() {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) => invalid(format!(
            "the header {} has characters that are not visible ASCII",
            header_words(name)
        )),
    }
}

/// The key itself, or why it is none.
fn checked(spec: &IdempotencySpec, given: &str) -> Result<String, Refusal> {
    let invalid = |message: String| refusal(spec, "idempotency_key_invalid", message, None);
    let key = match spec.format {
        KeyFormat::Text => given.trim().to_owned(),
        KeyFormat::StructuredString => unquoted(given.trim()).ok_or_else(|| {
            let message = "the key is not a quoted string of RFC 8941, such as \"8e03978e\"";
            invalid(message.to_owned())
        })?,
    };
    if key.is_empty() {
        return Err(invalid("the key is empty".to_owned()));
    }
    let length = key.chars().count();
    if length > spec.length_max {
        let most = spec.length_max;
        let message = format!("the key has {length} characters; at most {most} are allowed");
        let mut refusal = invalid(message);
        refusal.details["idempotency"]["tooLong"] = true.into();
        return Err(refusal);
    }
    match key.chars().find(|c| c.is_control()) {
        Some(c) => {
            let code = u32::from(c);
            let message = format!("the key has the control character U+{code:04X}");
            Err(invalid(message))
        }
        None => Ok(key),
    }
}

/// What a string of RFC 8941 (§3.3.3) says; its parameters are left aside (§3.1.2).
fn unquoted(text: &str) -> Option<String> {
    let mut rest = text.strip_prefix('"')?.chars();
    let mut string = String::new();
    loop {
        match rest.next()? {
            '"' => break,
            '\\' => string.push(rest.next().filter(|c| matches!(c, '"' | '\\'))?),
            c @ ' '..='~' => string.push(c),
            _ => return None,
        }
    }
    let rest = rest.as_str();
    (rest.is_empty() || rest.starts_with(';')).then_some(string)
}

fn scope<'a>(scope: KeyScope, requester: &Requester<'a>) -> &'a str {
    let whom = match scope {
        KeyScope::ApiKey => requester.credential,
        KeyScope::Agent => requester.agent,
        KeyScope::Sandbox => None,
    };
    whom.unwrap_or_default()
}

/// A digest by which a request is told from others. A body of JSON counts by what it says, any other by
/// its bytes.
fn fingerprint(call: &Call) -> Arc<str> {
    // A target has no white space in it, so the parts cannot be shifted against each other.
    let head = format!("{} {}\n", call.method, call.target);
    let body = call.json().map(canonical);
    let body = body.as_ref().map_or(&call.body[..], String::as_bytes);
    hex(&sha256(&[head.as_bytes(), body])).into()
}

fn refusal(
    spec: &IdempotencySpec,
    cause: &str,
    message: String,
    used: Option<(&str, &Saved)>,
) -> Refusal {
    let mut refusal = Refusal::new(cause, message).shaped(&spec.refusals);
    refusal.details = facts(spec, used);
    refusal
}

/// What templates see as `idempotency`.
fn facts(spec: &IdempotencySpec, used: Option<(&str, &Saved)>) -> Variables {
    let mut facts = json!({ "maxLength": spec.length_max });
    if let KeySource::Header(name) = &spec.key {
        facts["header"] = header_words(name).into();
    }
    if let Some((key, saved)) = used {
        facts["key"] = key.into();
        facts["firstAt"] = saved.at.to_string().into();
    }
    Variables::from_iter([("idempotency".to_owned(), facts)])
}

fn place(spec: &IdempotencySpec) -> String {
    match &spec.key {
        KeySource::Header(name) => format!("send it in the header {}", header_words(name)),
        KeySource::Template(_) => "send it in the body".to_owned(),
    }
}

#[cfg(test)]
mod tests;
