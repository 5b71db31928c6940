//! Which sandbox a request is for, and whether it is for the admin API.

use http::header::HOST;
use http::{HeaderMap, Uri};

use crate::domain::name::SandboxId;

/// The header that names a sandbox.
pub(super) const SANDBOX_HEADER: &str = "sparring-sandbox";

/// What a port serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serves {
    /// Calls and the admin API.
    All,
    /// Calls, where the admin API has a port of its own.
    Calls,
    /// The admin API alone.
    Admin,
}

/// The one admin path that calls' own port keeps: what stands before the server asks there whether
/// it is well.
const HEALTH: &str = "/__admin/health";

/// A request's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The sandbox that a prefix or a header names.
    pub(super) sandbox: Option<Named>,
    /// Path and query without the prefix.
    pub(super) target: String,
    /// Whether it is for the admin API.
    pub(super) admin: bool,
}

/// A sandbox, and what named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The path: `/s/{id}/…`.
    ByPrefix(SandboxId),
    /// The header.
    ByHeader(SandboxId),
    /// The header, with what cannot be an id.
    Badly(String),
}

/// Finds the way of a request. The prefix beats the header. `exists` says whether there is such a
/// sandbox: a prefix that names none is an ordinary path, unless it leads to the admin API.
pub(super) fn find(
    target: &str,
    headers: &HeaderMap,
    serves: Serves,
    exists: impl Fn(&SandboxId) -> bool,
) -> Way {
    let has_admin = serves != Serves::Calls;
    if !has_admin && target.split('?').next() == Some(HEALTH) {
        return Way {
            sandbox: None,
            target: target.to_owned(),
            admin: true,
        };
    }
    if let Some((id, rest)) = prefix(target) {
        let admin = has_admin && is_admin(&rest);
        if admin || exists(&id) {
            return Way {
                sandbox: Some(Named::ByPrefix(id)),
                target: rest,
                admin,
            };
        }
    }
    let named = headers.get(SANDBOX_HEADER).map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        SandboxId::parse(&text).map_or(Named::Badly(text), Named::ByHeader)
    });
    Way {
        sandbox: named,
        admin: has_admin && is_admin(target),
        target: target.to_owned(),
    }
}

/// `/s/{id}` and what follows it: a path, at least `/`.
fn prefix(target: &str) -> Option<(SandboxId, String)> {
    let rest = target.strip_prefix("/s/")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let id = SandboxId::parse(&rest[..end]).ok()?;
    let rest = &rest[end..];
    let rest = if rest.starts_with('/') {
        rest.to_owned()
    } else {
        format!("/{rest}")
    };
    Some((id, rest))
}

fn is_admin(target: &str) -> bool {
    target
        .strip_prefix("/__admin")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// What stands before a path in an absolute link to this sandbox: from the request's own host. In
/// HTTP/2 it is not a header, but a part of the address.
pub(super) fn base_url(
    secure: bool,
    uri: &Uri,
    headers: &HeaderMap,
    sandbox: Option<&Named>,
) -> String {
    let scheme = if secure { "https" } else { "http" };
    let header = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = || {
        let authority = uri.authority()?.as_str();
        // Who calls is nobody else's business.
        Some(authority.rsplit('@').next().unwrap_or(authority))
    };
    let host = header.or_else(authority).unwrap_or("localhost");
    match sandbox {
        Some(Named::ByPrefix(id)) => format!("{scheme}://{host}/s/{id}"),
        _ => format!("{scheme}://{host}"),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(target: &str, header: Option<&str>, expected: (&str, &str, bool)) {
        check_on(Serves::All, target, header, expected);
    }

    fn check_on(serves: Serves, target: &str, header: Option<&str>, expected: (&str, &str, bool)) {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(
                SANDBOX_HEADER,
                HeaderValue::from_str(header).expect("a header"),
            );
        }
        let way = find(target, &headers, serves, |id| id.as_str() == "known");
        let named = match &way.sandbox {
            None => String::new(),
            Some(Named::ByPrefix(id)) => format!("prefix {id}"),
            Some(Named::ByHeader(id)) => format!("header {id}"),
            Some(Named::Badly(text)) => format!("bad {text}"),
        };
        assert_eq!(
            (named.as_str(), way.target.as_str(), way.admin),
            expected,
            "{target}"
        );
    }

    #[test]
    fn links_lead_where_the_request_was_sent() {
        let id = SandboxId::parse("x1").expect("an id");
        let prefix = Named::ByPrefix(id.clone());
        let header = Named::ByHeader(id);
        for (uri, host, named, expected) in [
            ("/v1", Some("a:1"), None, "http://a:1"),
            ("/v1", Some("a:1"), Some(&prefix), "http://a:1/s/x1"),
            ("/v1", Some("a:1"), Some(&header), "http://a:1"),
            ("http://b:2/v1", None, None, "http://b:2"),
            ("http://b:2/v1", None, Some(&prefix), "http://b:2/s/x1"),
            ("http://me:it@b:2/v1", None, None, "http://b:2"),
            ("http://b:2/v1", Some("a:1"), None, "http://a:1"),
            ("/v1", None, None, "http://localhost"),
            ("/v1", Some("tls:1"), None, "https://tls:1"),
            ("/v1", Some("tls:1"), Some(&prefix), "https://tls:1/s/x1"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(host) = host {
                headers.insert(HOST, HeaderValue::from_static(host));
            }
            let uri: Uri = uri.parse().expect("an address");
            let secure = host == Some("tls:1");
            let found = base_url(secure, &uri, &headers, named);
            assert_eq!(found, expected, "{uri} {host:?}");
        }
    }

    #[test]
    fn the_prefix_beats_the_header_and_only_admin_paths_name_what_is_not_there() {
        check("/v1/x?y=1", None, ("", "/v1/x?y=1", false));
        check(
            "/s/known/v1/x?y=1",
            None,
            ("prefix known", "/v1/x?y=1", false),
        );
        check("/s/known", None, ("prefix known", "/", false));
        check("/s/known?a=b", None, ("prefix known", "/?a=b", false));
        check("/s/typo/v1", None, ("", "/s/typo/v1", false));
        check(
            "/s/typo/__admin/calls",
            None,
            ("prefix typo", "/__admin/calls", true),
        );
        check("/s/a b/__admin", None, ("", "/s/a b/__admin", false));
        check("/v1", Some("known"), ("header known", "/v1", false));
        check("/v1", Some("a b"), ("bad a b", "/v1", false));
        check("/s/known/v1", Some("other"), ("prefix known", "/v1", false));
        check("/__admin", None, ("", "/__admin", true));
        check("/__admins", None, ("", "/__admins", false));
    }

    #[test]
    fn calls_have_no_admin_api_beside_them_where_that_has_a_port_of_its_own() {
        let check = |target, header, expected| check_on(Serves::Calls, target, header, expected);
        check("/v1", Some("known"), ("header known", "/v1", false));
        check("/__admin/calls", None, ("", "/__admin/calls", false));
        check("/__admin", None, ("", "/__admin", false));
        let known = ("prefix known", "/__admin/calls", false);
        check("/s/known/__admin/calls", None, known);
        let typo = ("", "/s/typo/__admin/calls", false);
        check("/s/typo/__admin/calls", None, typo);
        // Whoever asks how the server is makes no sandbox.
        check("/__admin/health", Some("x"), ("", "/__admin/health", true));
        check("/__admin/health?a", None, ("", "/__admin/health?a", true));
        let typo = ("", "/s/typo/__admin/health", false);
        check("/s/typo/__admin/health", None, typo);
        check("/__admin/healthy", None, ("", "/__admin/healthy", false));
        check_on(Serves::Admin, "/__admin", None, ("", "/__admin", true));
        check_on(Serves::Admin, "/v1", None, ("", "/v1", false));
    }
}
