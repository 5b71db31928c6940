//! CORS: which web pages may call from a browser. It is off unless origins are named.
//!
//! What browsers ask first is answered here, before any stub is looked for, as WireMock does. A stub
//! that plays CORS itself is left alone: its headers stay, and an origin that is not named reaches it.

use std::str::FromStr;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_TYPE, EXPIRES, LAST_MODIFIED, ORIGIN, PRAGMA, SET_COOKIE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

/// How long a browser may remember what it was told, in seconds.
const REMEMBERED_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// What pages see of an answer without being let, and what they never see.
const NOT_EXPOSED: [HeaderName; 9] = [
    CACHE_CONTROL,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    EXPIRES,
    LAST_MODIFIED,
    PRAGMA,
    SET_COOKIE,
    VARY,
];

/// The origins whose pages may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cors {
    /// Any, but without cookies.
    Anyone,
    /// These.
    Origins(Vec<HeaderValue>),
}

impl FromStr for Cors {
    type Err = String;

    /// `*`, or origins with commas between them: `https://app.example.com,http://localhost:5173`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "*" {
            return Ok(Self::Anyone);
        }
        let origins = text.split(',').map(str::trim);
        origins
            .map(origin)
            .collect::<Result<_, _>>()
            .map(Self::Origins)
    }
}

/// An origin, as browsers write it.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let wrong = || format!("{text:?} is no origin: expected *, or https://app.example.com");
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let has_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let bare = uri.path() == "/" && uri.query().is_none() && !text.ends_with('/');
    if !has_scheme || !bare || text.contains('@') {
        return Err(wrong());
    }
    HeaderValue::from_str(&text.to_ascii_lowercase()).map_err(|_| wrong())
}

impl Cors {
    /// What is told to the page that a request comes from, if it comes from one that may call.
    pub(super) fn of(&self, headers: &HeaderMap) -> Option<Page> {
        let origin = headers.get(ORIGIN)?;
        match self {
            Self::Anyone => Some(Page {
                allowed: HeaderValue::from_static("*"),
                named: false,
            }),
            Self::Origins(origins) => origins.contains(origin).then(|| Page {
                allowed: origin.clone(),
                named: true,
            }),
        }
    }
}

/// A page that may call.
pub(super) struct Page {
    allowed: HeaderValue,
    /// Whether it is one that was named.
    named: bool,
}

impl Page {
    /// The headers that answer a browser which asks whether the page may send a request, if this asks
    /// that.
    pub(super) fn preflight(&self, method: &Method, asked: &HeaderMap) -> Option<HeaderMap> {
        let wanted = asked.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        if method != Method::OPTIONS {
            return None;
        }
        let mut headers = HeaderMap::new();
        self.allow(&mut headers);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, wanted.clone());
        if let Some(wanted) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        headers.insert(ACCESS_CONTROL_MAX_AGE, REMEMBERED_SECONDS);
        Some(headers)
    }

    /// Lets the page read an answer, with all its headers, unless the answer speaks of that itself.
    pub(super) fn may_read(&self, headers: &mut HeaderMap) {
        if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        let names = headers.keys().filter(|name| !NOT_EXPOSED.contains(name));
        let names: Vec<&str> = names.map(HeaderName::as_str).collect();
        let exposed = HeaderValue::from_str(&names.join(", "));
        if let Some(exposed) = exposed.ok().filter(|exposed| !exposed.is_empty()) {
            headers
                .entry(ACCESS_CONTROL_EXPOSE_HEADERS)
                .or_insert(exposed);
        }
        self.allow(headers);
    }

    fn allow(&self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.allowed.clone());
        if self.named {
            headers.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
            // Another page would be told something else.
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        let check = |text: &str, expected: Result<usize, ()>| {
            let found: Result<Cors, _> = text.parse();
            let found = found.map(|cors| match cors {
                Cors::Anyone => 0,
                Cors::Origins(origins) => origins.len(),
            });
            assert_eq!(found.map_err(|_| ()), expected, "{text}");
        };
        check("*", Ok(0));
        check("https://a.example", Ok(1));
        check("https://a.example, http://localhost:5173", Ok(2));
        check("https://a.example/", Err(()));
        check("https://a.example/x", Err(()));
        check("https://me@a.example", Err(()));
        check("a.example", Err(()));
        check("https://a.example,*", Err(()));
        check("", Err(()));
    }

    /// What a page of an origin is told of an answer with a header, or before it asks.
    fn told(cors: &str, page: &str, preflight: bool) -> Option<HeaderMap> {
        let cors: Cors = cors.parse().expect("origins");
        let mut asked = HeaderMap::new();
        asked.insert(ORIGIN, HeaderValue::from_str(page).expect("a header"));
        if preflight {
            let method = HeaderValue::from_static("PUT");
            asked.insert(ACCESS_CONTROL_REQUEST_METHOD, method);
        }
        let page = cors.of(&asked)?;
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static("1"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        match preflight {
            true => page.preflight(&Method::OPTIONS, &asked),
            false => {
                page.may_read(&mut headers);
                Some(headers)
            }
        }
    }

    #[test]
    fn a_page_is_told_what_it_may() {
        let check = |cors, page, preflight, expected: Option<&[(&str, &str)]>| {
            let found = told(cors, page, preflight).map(|headers| {
                let told = headers
                    .iter()
                    .filter(|(name, _)| name.as_str().starts_with("access") || *name == VARY);
                let text = |(name, value): (&HeaderName, &HeaderValue)| {
                    let value = value.to_str().expect("a text");
                    (name.to_string(), value.to_owned())
                };
                told.map(text).collect::<std::collections::BTreeMap<_, _>>()
            });
            let expected = expected.map(|expected| {
                let pairs = expected.iter();
                pairs
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect()
            });
            assert_eq!(found, expected, "{cors} {page} {preflight}");
        };
        let (a, b) = ("https://a.example", "https://b.example");
        check(a, b, false, None);
        check(a, b, true, None);
        check(a, "https://a.example.evil", false, None);
        let named: &[(&str, &str)] = &[
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-origin", a),
            ("access-control-expose-headers", "retry-after"),
            ("vary", "origin"),
        ];
        check(a, a, false, Some(named));
        let asked: &[(&str, &str)] = &[
            ("access-control-allow-methods", "PUT"),
            ("access-control-allow-origin", "*"),
            ("access-control-max-age", "600"),
        ];
        check("*", b, true, Some(asked));
    }

    #[test]
    fn an_answer_that_speaks_of_cors_itself_is_left_alone() {
        let cors = Cors::Anyone;
        let mut asked = HeaderMap::new();
        asked.insert(ORIGIN, HeaderValue::from_static("https://a.example"));
        let page = cors.of(&asked).expect("a page");
        let own = HeaderValue::from_static("https://b.example");
        let mut headers = HeaderMap::new();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, own.clone());
        page.may_read(&mut headers);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], own);
        // OPTIONS without the question is a call like any other.
        assert!(page.preflight(&Method::OPTIONS, &asked).is_none());
    }
}
