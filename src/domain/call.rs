//! A call: one request, as the engine sees it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::chance::sandbox_seed;
use super::name::SandboxId;
use super::request_id::request_id;
use super::traceparent::TraceParent;

/// What stands in the place of what is not told.
const CONCEALED: HeaderValue = HeaderValue::from_static("[redacted]");

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
    sandbox: Option<SandboxId>,
    /// The headers whose values no log and no recording is to tell.
    concealed: Arc<[HeaderName]>,
    json: OnceLock<Option<Value>>,
}

/// The span of call `number` of a sandbox below its caller's: equal runs have equal spans.
#[must_use]
pub fn span_of(sandbox: &SandboxId, number: u64, parent: TraceParent) -> TraceParent {
    parent.child(sandbox_seed(0, sandbox.as_str()), "call", number)
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
            sandbox: None,
            concealed: Arc::default(),
            json: OnceLock::new(),
        }
    }

    /// The same call, in a sandbox other than the one that always exists.
    #[must_use]
    pub fn within(mut self, sandbox: Option<&SandboxId>) -> Self {
        self.sandbox = sandbox.cloned();
        self
    }

    /// The same call, of which no log and no recording tells the values of these headers.
    #[must_use]
    pub fn concealing(mut self, headers: Arc<[HeaderName]>) -> Self {
        self.concealed = headers;
        self
    }

    /// The headers as they may be told.
    #[must_use]
    pub fn told_headers(&self) -> Cow<'_, HeaderMap> {
        let mut told = Cow::Borrowed(&self.headers);
        for name in &*self.concealed {
            if self.headers.contains_key(name) {
                // One in the place of all.
                told.to_mut().insert(name.clone(), CONCEALED);
            }
        }
        told
    }

    /// The sandbox that it is in, if it was told one.
    #[must_use]
    pub fn sandbox(&self) -> Option<&SandboxId> {
        self.sandbox.as_ref()
    }

    /// Its id, under which the journal has it.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match &self.sandbox {
            Some(sandbox) => request_id(sandbox, self.number),
            None => request_id(&SandboxId::default_sandbox(), self.number),
        }
    }

    /// What the server does for the caller, as a span of the caller's trace, if it has told of one.
    #[must_use]
    pub fn span(&self) -> Option<TraceParent> {
        let parent = TraceParent::of(&self.headers)?;
        Some(match &self.sandbox {
            Some(sandbox) => span_of(sandbox, self.number, parent),
            None => span_of(&SandboxId::default_sandbox(), self.number, parent),
        })
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

    /// The same for whoever takes the header's word for it: whatever the body looks like.
    #[must_use]
    pub fn form_parameters(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        let kind = self.header("content-type").map(str::to_ascii_lowercase);
        let is_form = kind.is_some_and(|kind| kind.contains("application/x-www-form-urlencoded"));
        let text = is_form
            .then(|| std::str::from_utf8(&self.body).ok())
            .flatten();
        pairs(text.unwrap_or("")).collect()
    }

    /// The cookies in their order (RFC 6265 §4.2.1), without the quotes around a value.
    #[must_use]
    pub fn cookies(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        let headers = self.headers.get_all(header::COOKIE).iter();
        let texts = headers.filter_map(|value| value.to_str().ok());
        let pairs = texts.flat_map(|text| text.split(';'));
        pairs
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| {
                let value = value.trim();
                let quoted = value
                    .strip_prefix('"')
                    .and_then(|rest| rest.strip_suffix('"'));
                (name.trim().into(), quoted.unwrap_or(value).into())
            })
            .collect()
    }

    /// The scheme by which it came: `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.base_url
            .split_once("://")
            .map_or("http", |(scheme, _)| scheme)
    }

    /// The host that it names, without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.authority().0
    }

    /// The port that it names, or the usual one of its scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        let usual = if self.scheme() == "https" { 443 } else { 80 };
        let given = self.authority().1.and_then(|port| port.parse().ok());
        given.unwrap_or(usual)
    }

    fn authority(&self) -> (&str, Option<&str>) {
        let rest = self.base_url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or("");
        // An address of IPv6 has colons of its own, and brackets around them.
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        }
    }

    /// The address of whoever sent it: what a proxy says in `X-Forwarded-For`, or the peer's.
    #[must_use]
    pub fn client_ip(&self) -> &str {
        let forwarded = self.header("x-forwarded-for");
        forwarded
            .filter(|address| !address.is_empty())
            .unwrap_or(&self.peer)
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
        // In a point in time `+` is the sign of its offset, as WireMock reads it.
        let plus = !is_point_in_time(value);
        (decode(name, true), decode(value, plus))
    })
}

/// Whether a text is a date and a time with an offset from UTC: `2024-05-01T10:00:00+02:00`.
fn is_point_in_time(text: &str) -> bool {
    let date = text.split_once('T').is_some() && text.contains('+');
    date && text.parse::<Timestamp>().is_ok()
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
    fn an_offset_in_a_query_keeps_its_sign() {
        for (value, expected) in [
            ("2024-05-01T10:00:00+02:00", "2024-05-01T10:00:00+02:00"),
            ("2024-05-01T10:00:00%2B02:00", "2024-05-01T10:00:00+02:00"),
            ("2024-05-01+T", "2024-05-01 T"),
        ] {
            let query = format!("at={value}");
            let (_, found) = pairs(&query).next().expect("a pair");
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_base_url_tells_scheme_host_and_port() {
        for (base, expected) in [
            ("http://a.example", ("http", "a.example", 80)),
            ("http://a.example:8080/s/x", ("http", "a.example", 8080)),
            ("https://a.example/s/x", ("https", "a.example", 443)),
            ("http://[::1]:81", ("http", "[::1]", 81)),
            ("http://[::1]", ("http", "[::1]", 80)),
            ("", ("http", "", 80)),
        ] {
            let call = received(HeaderMap::new(), base);
            assert_eq!(
                (call.scheme(), call.host(), call.port()),
                expected,
                "{base}"
            );
        }
    }

    #[test]
    fn cookies_are_read_from_all_headers_and_without_their_quotes() {
        for (headers, expected) in [
            (&["a=1; b=2"][..], "a=1 b=2"),
            (&["a=1", "a=2"], "a=1 a=2"),
            (&["a=\"x y\";b = 3 ;c"], "a=x y b=3"),
            (&["a=1,b=2"], "a=1,b=2"),
            (&["a=b=c; d="], "a=b=c d="),
            (&[], ""),
        ] {
            let values = headers.iter().map(|text| {
                let value = http::HeaderValue::from_str(text).expect("a value");
                (header::COOKIE, value)
            });
            let mut map = HeaderMap::new();
            for (name, value) in values {
                map.append(name, value);
            }
            let call = received(map, "");
            let found: Vec<_> = call
                .cookies()
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            assert_eq!(found.join(" "), expected, "{headers:?}");
        }
    }

    fn received(headers: HeaderMap, base: &str) -> Call {
        let (target, body) = ("/".to_owned(), Bytes::new());
        Call::new(
            1,
            Method::GET,
            target,
            headers,
            body,
            base.into(),
            "".into(),
        )
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
