//! The credentials that a request brings: ours are taken out of it, so that nothing behind the edge
//! ever sees a token.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, HeaderValue};

use crate::access::{Access, Holder};
use crate::domain::name::SandboxId;

/// The header for a token of ours where `Authorization` is the simulated API's.
pub(in crate::http) const TOKEN_HEADER: &str = "sparring-token";

/// The headers in which simulated APIs expect their keys.
const KEY_HEADERS: [HeaderName; 3] = [
    AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
];

/// Who is asking, as far as the request tells.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whether a credential was shown that could be one of ours.
    pub(super) shown: bool,
    /// Who holds it.
    pub(super) holder: Option<Arc<Holder>>,
    /// The sandbox that a key chooses.
    pub(super) sandbox: Option<SandboxId>,
    /// The headers that carried what is ours, and are not to be told in any log.
    pub(super) concealed: Vec<HeaderName>,
}

/// Finds out who is asking. The header for our tokens is taken out; where a token of ours stands in
/// `Authorization`, its holder's name takes its place: a simulated API that asks for credentials finds
/// some, and a template, an upstream or a log gets nothing that could be used. A key of the simulated
/// API stays as it is. `bound` are the keys that sandboxes were opened with.
pub(super) fn find(
    headers: &mut HeaderMap,
    access: Option<&Access>,
    bound: impl Fn(&str) -> Option<SandboxId>,
) -> Found {
    let mut found = Found::default();
    let own = headers.remove(TOKEN_HEADER);
    if let Some(own) = own {
        found.shown = true;
        let holder = |token: &str| access?.holder(token).cloned();
        found.holder = own.to_str().ok().and_then(|own| holder(own.trim()));
    }
    // What is said in our own header counts alone, even if it is wrong.
    let decided = found.shown;
    for name in KEY_HEADERS {
        let mut values: Vec<HeaderValue> = Vec::new();
        let (mut concealed, mut replaced) = (false, false);
        for value in headers.get_all(&name) {
            let mut kept = value.clone();
            for credential in credentials(&name, value) {
                found.shown |= !decided;
                let holder = access.and_then(|access| access.holder(&credential));
                if let Some(holder) = holder.filter(|holder| !holder.is_key) {
                    concealed = true;
                    replaced = true;
                    kept = stand_in(holder);
                    // In a header for keys it is out of place, and opens nothing.
                    if !decided && name == AUTHORIZATION {
                        found.holder.get_or_insert_with(|| holder.clone());
                    }
                    continue;
                }
                let of_key = holder.and_then(|key| key.only_sandbox().cloned());
                let Some(sandbox) = of_key.or_else(|| bound(&credential)) else {
                    continue;
                };
                concealed = true;
                found.sandbox.get_or_insert(sandbox);
                if !decided && let Some(holder) = holder {
                    found.holder.get_or_insert_with(|| holder.clone());
                }
            }
            values.push(kept);
        }
        if replaced {
            headers.remove(&name);
            for value in values {
                headers.append(name.clone(), value);
            }
        }
        if concealed {
            found.concealed.push(name);
        }
    }
    if access.is_some() && decided && found.holder.is_none() {
        // A key beside a wrong token opens nothing.
        found.sandbox = None;
    }
    found
}

/// Whom a token belongs to, in the place of the token.
fn stand_in(holder: &Holder) -> HeaderValue {
    let text = format!("Bearer sparring:{}", holder.full_name());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Bearer sparring"))
}

fn scheme(value: &HeaderValue) -> Option<(&str, &str)> {
    let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
    Some((scheme, rest.trim()))
}

/// What in a header could be a credential: a bearer's, the user or the password of `Basic`, or the whole
/// of a header for keys.
fn credentials(name: &HeaderName, value: &HeaderValue) -> Vec<String> {
    if *name != AUTHORIZATION {
        let text = value.to_str().map(str::trim).unwrap_or_default();
        return vec![text.to_owned()];
    }
    match scheme(value) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => {
            let decoded = STANDARD.decode(rest).ok();
            let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
            let parts = pair.map_or(
                [decoded.as_deref().unwrap_or_default(), ""],
                |(user, password)| [user, password],
            );
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        }
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => vec![rest.to_owned()],
        Some(_) => Vec::new(),
        // Some APIs take the bare key.
        None => vec![value.to_str().map(str::trim).unwrap_or_default().to_owned()],
    }
}
