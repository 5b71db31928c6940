//! A call: one request, as the engine sees it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

/// One request that arrived at a sandbox.
#[derive(Debug)]
pub struct Call {
    /// Its number in the sandbox: 1, 2, 3 … A number is never given twice.
    pub number: u64,
    /// The request method.
    pub method: Method,
    /// Path and query as received, without the sandbox's prefix.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Bytes,
    /// The address that it came from, without its port.
    pub peer: Arc<str>,
    /// What stands before `target` in an absolute link to this sandbox: `http://host:8080/s/team-a`.
    pub base_url: String,
    json: OnceLock<Option<Value>>,
}

impl Call {
    /// A call with everything that was received.
    #[must_use]
    pub fn new(
        number: u64,
        method: Method,
        target: String,
        headers: HeaderMap,
        body: Bytes,
        base_url: String,
        peer: Arc<str>,
    ) -> Self {
        Self {
            number,
            method,
            target,
            headers,
            body,
            base_url,
            peer,
            json: OnceLock::new(),
        }
    }

    /// The path, as received: percent-encoded, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The query parameters in their order, decoded.
    pub fn query(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        pairs(self.target.split_once('?').map_or("", |(_, query)| query))
    }

    /// The members of a form (`application/x-www-form-urlencoded`) in their order, decoded; nothing,
    /// when the body is none. What begins as JSON does is JSON: some clients call everything a form.
    #[must_use]
    pub fn form(&self) -> Option<impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)>> {
        let kind = self.header("content-type")?.split(';').next()?.trim();
        let is_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
            && !matches!(self.body.trim_ascii_start().first(), Some(b'{' | b'['));
        let text = is_form.then(|| std::str::from_utf8(&self.body).ok())??;
        Some(pairs(text.trim_ascii_end()))
    }

    /// A header's first value, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The credential that it carries: what follows the scheme in `Authorization`, or the key in
    /// `x-api-key` or `api-key`. Of the scheme Basic (RFC 7617) it is the user's name, which is where
    /// APIs take a key from.
    #[must_use]
    pub fn credential(&self) -> Option<Cow<'_, str>> {
        let header = self.header("authorization").map(str::trim);
        let given = header.map(|text| match text.split_once(' ') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => user(rest.trim()),
            Some((_, rest)) => Cow::Borrowed(rest.trim()),
            None => Cow::Borrowed(text),
        });
        given
            .or_else(|| self.header("x-api-key").map(Cow::Borrowed))
            .or_else(|| self.header("api-key").map(Cow::Borrowed))
            .filter(|credential| !credential.is_empty())
    }

    /// The body as JSON, read once; nothing, when it is not JSON.
    #[must_use]
    pub fn json(&self) -> Option<&Value> {
        self.json
            .get_or_init(|| serde_json::from_slice(&self.body).ok())
            .as_ref()
    }
}

/// The address of a peer, without its port.
#[must_use]
pub fn address(peer: &str) -> &str {
    peer.rsplit_once(':').map_or(peer, |(host, _)| host)
}

/// The pairs of a query or a form, decoded.
pub fn pairs(text: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name, true), decode(value, true))
    })
}

/// The user's name in the credentials of the scheme Basic; what is not encoded as it should be stays as
/// it is.
fn user(encoded: &str) -> Cow<'_, str> {
    let Ok(decoded) = STANDARD_NO_PAD.decode(encoded.trim_end_matches('=')) else {
        return Cow::Borrowed(encoded);
    };
    let text = String::from_utf8_lossy(&decoded);
    let user = text.split_once(':').map_or(&*text, |(user, _)| user);
    Cow::Owned(user.to_owned())
}

/// Undoes percent-encoding (RFC 3986 §2.1); with `plus`, also `+` for a space as forms have it.
/// What is not valid UTF-8 afterwards is replaced, what is no escape stays.
#[must_use]
pub fn decode(text: &str, plus: bool) -> Cow<'_, str> {
    let escaped = text.contains('%') || (plus && text.contains('+'));
    if !escaped {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escape {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(if plus && bytes[at] == b'+' {
                    b' '
                } else {
                    bytes[at]
                });
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn a_query_is_decoded_and_keeps_its_order() {
        let call = Call::new(
            1,
            Method::GET,
            "/a%2Fb?x=1&y=a+b&x=%C3%A9&flag&bad=%zz".into(),
            HeaderMap::new(),
            Bytes::new(),
            String::new(),
            "".into(),
        );
        assert_eq!(call.path(), "/a%2Fb");
        let query: Vec<_> = call.query().collect();
        assert_eq!(
            query,
            [
                ("x", "1"),
                ("y", "a b"),
                ("x", "é"),
                ("flag", ""),
                ("bad", "%zz")
            ]
            .map(|(name, value)| (name.into(), value.into()))
        );
    }

    #[test]
    fn a_credential_is_what_follows_the_scheme_and_of_basic_the_user() {
        for (header, value, expected) in [
            ("authorization", "Bearer sk_1", Some("sk_1")),
            ("authorization", "bearer  sk_1 ", Some("sk_1")),
            ("authorization", "token sk_1", Some("sk_1")),
            ("authorization", "sk_1", Some("sk_1")),
            ("authorization", "Basic c2tfMTo=", Some("sk_1")),
            ("authorization", "basic c2tfMTpwYXNz", Some("sk_1")),
            ("authorization", "Basic c2tfMQ", Some("sk_1")),
            ("authorization", "Basic OnBhc3M=", None),
            ("authorization", "Basic !", Some("!")),
            ("authorization", "Bearer ", Some("Bearer")),
            ("authorization", "", None),
            ("x-api-key", "sk_1", Some("sk_1")),
            ("api-key", "sk_1", Some("sk_1")),
            ("x-key", "sk_1", None),
        ] {
            let name = http::HeaderName::from_static(header);
            let value = http::HeaderValue::from_static(value);
            let call = Call::new(
                1,
                Method::GET,
                "/".into(),
                HeaderMap::from_iter([(name, value.clone())]),
                Bytes::new(),
                String::new(),
                "".into(),
            );
            assert_eq!(
                call.credential().as_deref(),
                expected,
                "{header}: {value:?}"
            );
        }
    }

    #[test]
    fn a_form_is_read_where_the_body_is_one() {
        for (kind, body, expected) in [
            (FORM, "a=1&b=x+y%21&a=2", Some("a=1 b=x y! a=2")),
            (
                "Application/X-WWW-Form-Urlencoded; charset=utf-8",
                "a=1\n",
                Some("a=1"),
            ),
            (FORM, "", Some("")),
            (FORM, " {\"a\": 1}", None),
            (FORM, "[1]", None),
            ("application/json", "a=1", None),
        ] {
            let kind = http::HeaderValue::from_static(kind);
            let call = Call::new(
                1,
                Method::POST,
                "/".into(),
                HeaderMap::from_iter([(http::header::CONTENT_TYPE, kind.clone())]),
                Bytes::from_static(body.as_bytes()),
                String::new(),
                "".into(),
            );
            let found = call.form().map(|pairs| {
                let pairs: Vec<_> = pairs
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                pairs.join(" ")
            });
            assert_eq!(found.as_deref(), expected, "{kind:?} {body}");
        }
    }

    #[test]
    fn decoding_never_fails() {
        for (text, decoded) in [
            ("%00", "\0"),
            ("%", "%"),
            ("%4", "%4"),
            ("%ff", "\u{fffd}"),
            ("%+1", "%+1"),
        ] {
            assert_eq!(decode(text, false), decoded);
        }
    }
}
