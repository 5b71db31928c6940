//! Every route of the admin API, with what it needs: the one place that says so. A route that does not
//! stand here is there for operators alone.

use std::borrow::Cow;

use http::Method;

use crate::access::Need;
use crate::domain::call::decode;

/// What a route is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum About {
    /// The sandbox that the request is for.
    Sandbox,
    /// The sandbox that the path names as its `{id}`.
    Named,
    /// The server: no sandbox needs to be named.
    Server,
}

use About::{Named, Sandbox, Server};
use Need::{Change, Nothing, Operate, Own, Read, Watch};

/// A route, and what each of its methods needs.
pub(in crate::http) struct Route {
    /// Its path below `/__admin`.
    pub(in crate::http) path: &'static str,
    /// What it is about.
    pub(in crate::http) about: About,
    /// Its methods. One that only reads needs [`Read`], whatever it is called.
    pub(in crate::http) methods: &'static [(&'static str, Need)],
}

const fn route(
    path: &'static str,
    about: About,
    methods: &'static [(&'static str, Need)],
) -> Route {
    Route {
        path,
        about,
        methods,
    }
}

const READ: &[(&str, Need)] = &[("GET", Read)];
const ASK: &[(&str, Need)] = &[("POST", Read)];
const POST: &[(&str, Need)] = &[("POST", Change)];
const PUT: &[(&str, Need)] = &[("PUT", Change)];
const DELETE: &[(&str, Need)] = &[("DELETE", Change)];
const GET_PUT: &[(&str, Need)] = &[("GET", Read), ("PUT", Change)];
const GET_POST: &[(&str, Need)] = &[("GET", Read), ("POST", Change)];
const GET_DELETE: &[(&str, Need)] = &[("GET", Read), ("DELETE", Change)];
const GET_POST_DELETE: &[(&str, Need)] = &[("GET", Read), ("POST", Change), ("DELETE", Change)];
const GET_PUT_DELETE: &[(&str, Need)] = &[("GET", Read), ("PUT", Change), ("DELETE", Change)];
const GET_POST_PUT: &[(&str, Need)] = &[("GET", Read), ("POST", Change), ("PUT", Change)];

/// The routes.
pub(in crate::http) const ROUTES: &[Route] = &[
    // The server's.
    route("/health", Server, &[("GET", Nothing)]),
    route("/version", Server, READ),
    route("/openapi.json", Server, READ),
    route("/docs", Server, READ),
    route("/docs/swagger", Server, READ),
    route("/definitions", Server, READ),
    route("/definitions/reload", Server, &[("POST", Operate)]),
    route("/shutdown", Server, &[("POST", Operate)]),
    route("/metrics", Server, &[("GET", Watch)]),
    route("/backup", Server, &[("POST", Operate), ("GET", Operate)]),
    // A tenant is told of its own.
    route("/audit", Server, READ),
    route("/sandboxes", Server, &[("GET", Read), ("POST", Own)]),
    route(
        "/sandboxes/{id}",
        Named,
        &[("GET", Read), ("PATCH", Own), ("DELETE", Own)],
    ),
    route("/sandboxes/{id}/snapshots", Named, GET_POST),
    route("/sandboxes/{id}/snapshots/{snapshot}", Named, GET_DELETE),
    route("/sandboxes/{id}/restore", Named, POST),
    // It makes a sandbox.
    route("/sandboxes/{id}/fork", Named, &[("POST", Own)]),
    route("/sandboxes/{id}/diff", Named, READ),
    // A sandbox's.
    route("", Sandbox, READ),
    route("/", Sandbox, READ),
    route("/tools", Sandbox, READ),
    route("/errors", Sandbox, GET_POST_DELETE),
    route("/errors/{id}", Sandbox, DELETE),
    route("/pagination/quirks", Sandbox, GET_POST_DELETE),
    route("/faults", Sandbox, GET_POST_DELETE),
    route("/faults/pause", Sandbox, POST),
    route("/faults/resume", Sandbox, POST),
    route("/faults/events", Sandbox, GET_DELETE),
    route("/faults/presets", Sandbox, READ),
    route("/faults/presets/{name}", Sandbox, POST),
    route("/faults/{id}", Sandbox, GET_PUT_DELETE),
    route("/auth", Sandbox, READ),
    route("/auth/{pack}", Sandbox, PUT),
    route("/events", Sandbox, READ),
    route("/calls", Sandbox, GET_DELETE),
    route("/calls/{id}", Sandbox, READ),
    route("/wallets", Sandbox, READ),
    route("/wallets/{agent}", Sandbox, GET_PUT),
    route("/ledger/transfers", Sandbox, READ),
    route("/ledger/audit", Sandbox, READ),
    route(
        "/limits",
        Sandbox,
        &[("GET", Read), ("PUT", Change), ("DELETE", Change)],
    ),
    route("/collections", Sandbox, READ),
    route("/collections/{name}", Sandbox, GET_POST_DELETE),
    route("/collections/{name}/{key}", Sandbox, GET_PUT_DELETE),
    route("/clock", Sandbox, GET_PUT),
    route("/clock/advance", Sandbox, POST),
    route("/webhooks/deliveries", Sandbox, READ),
    route("/webhooks/deliveries/{id}", Sandbox, READ),
    route("/webhooks/deliveries/{id}/redeliver", Sandbox, POST),
    route("/webhooks/faults", Sandbox, GET_POST_DELETE),
    route("/webhooks/faults/{id}", Sandbox, DELETE),
    route("/webhooks/disabled", Sandbox, DELETE),
    route("/reset", Sandbox, POST),
    route("/cassettes", Sandbox, READ),
    route("/cassettes/{name}", Sandbox, GET_PUT_DELETE),
    route("/cassettes/{name}/start", Sandbox, POST),
    route("/cassettes/{name}/stop", Sandbox, POST),
    route("/cassettes/{name}/report", Sandbox, READ),
    // WireMock's.
    route("/mappings", Sandbox, GET_POST_DELETE),
    route("/mappings/reset", Sandbox, POST),
    route("/mappings/save", Sandbox, POST),
    route("/mappings/import", Sandbox, POST),
    route("/mappings/remove", Sandbox, POST),
    route("/mappings/find-by-metadata", Sandbox, ASK),
    route("/mappings/remove-by-metadata", Sandbox, POST),
    route("/mappings/unmatched", Sandbox, GET_DELETE),
    route("/mappings/{id}", Sandbox, GET_PUT_DELETE),
    route("/recordings/status", Sandbox, READ),
    route("/recordings/start", Sandbox, POST),
    route("/recordings/stop", Sandbox, POST),
    route("/recordings/snapshot", Sandbox, POST),
    route("/requests", Sandbox, GET_DELETE),
    route("/requests/reset", Sandbox, POST),
    route("/requests/count", Sandbox, ASK),
    route("/requests/find", Sandbox, ASK),
    route("/requests/remove", Sandbox, POST),
    route("/requests/remove-by-metadata", Sandbox, POST),
    route("/requests/unmatched", Sandbox, READ),
    route("/requests/unmatched/near-misses", Sandbox, READ),
    route("/requests/{id}", Sandbox, GET_DELETE),
    route("/near-misses/request", Sandbox, ASK),
    route("/near-misses/request-pattern", Sandbox, ASK),
    route("/files", Sandbox, READ),
    route("/files/{*path}", Sandbox, GET_PUT_DELETE),
    route("/scenarios", Sandbox, READ),
    route("/scenarios/reset", Sandbox, POST),
    route("/scenarios/{name}/state", Sandbox, PUT),
    route("/settings", Sandbox, GET_POST_PUT),
    route("/settings/extended", Sandbox, &[("PATCH", Change)]),
];

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) enum Asked {
    /// A route that there is.
    Route {
        /// What it needs.
        need: Need,
        /// What it is about.
        about: About,
        /// The `{id}` of its path, decoded.
        id: Option<String>,
    },
    /// A path that there is, with a method that it has not.
    NoMethod,
    /// A path that there is not.
    Nothing,
}

/// Finds the route of a path, of which everything from `/__admin` on is given, without the query.
pub(in crate::http) fn find(method: &Method, path: &str) -> Asked {
    let path = path.strip_prefix("/__admin").unwrap_or(path);
    // As in the router, a word beats a variable.
    let mut routes = ROUTES.iter();
    let exact = routes.find(|route| route.path == path);
    let found = exact.map(|route| (route, None)).or_else(|| {
        let routes = ROUTES.iter();
        let fitting = routes.filter_map(|route| Some((route, variable(route.path, path)?)));
        fitting.max_by_key(|(route, _)| words(route.path))
    });
    let Some((route, id)) = found else {
        return Asked::Nothing;
    };
    let method = match method.as_str() {
        "HEAD" => "GET",
        method => method,
    };
    let mut methods = route.methods.iter();
    match methods.find(|(known, _)| *known == method) {
        Some((_, need)) => Asked::Route {
            need: *need,
            about: route.about,
            id: id.map(Cow::into_owned),
        },
        None => Asked::NoMethod,
    }
}

/// How many of a route's segments are words.
fn words(template: &str) -> usize {
    template
        .split('/')
        .filter(|part| !part.starts_with('{'))
        .count()
}

/// The first variable of a path that fits a template.
fn variable<'a>(template: &str, path: &'a str) -> Option<Option<Cow<'a, str>>> {
    let (mut parts, mut found) = (path.split('/'), None);
    for wanted in template.split('/') {
        let part = parts.next()?;
        if wanted.starts_with("{*") {
            return (!part.is_empty()).then_some(found);
        }
        if wanted.starts_with('{') {
            if part.is_empty() {
                return None;
            }
            found = found.or_else(|| Some(decode(part, false)));
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::http::admin::openapi_document;

    /// Routes that are the document, show it, or are another name of one that is in it.
    const UNTOLD: [&str; 4] = ["/openapi.json", "/docs", "/docs/swagger", "/"];

    /// Routes of a sandbox that the document has below `/sandboxes/{id}`, and those that not every server has.
    const ELSEWHERE: [&str; 5] = ["/snapshots", "/restore", "/fork", "/diff", "/backup"];

    #[test]
    fn every_route_says_what_it_needs_and_is_there() {
        let document: Value = serde_json::from_str(&openapi_document()).expect("a document");
        let mut told = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().expect("paths") {
            let path = path.strip_prefix("/__admin").expect("an admin path");
            for method in operations.as_object().expect("operations").keys() {
                told.insert((path.replace("{path}", "{*path}"), method.to_uppercase()));
            }
        }
        let mut listed = BTreeSet::new();
        for route in ROUTES {
            for (method, need) in route.methods {
                let new = listed.insert((route.path.to_owned(), (*method).to_owned()));
                assert!(new, "{method} {} stands there twice", route.path);
                assert!(*need != Need::Call, "{}", route.path);
                let changes = !matches!(need, Read | Watch | Nothing);
                assert!(
                    !changes || *method != "GET" || *need == Operate,
                    "{}",
                    route.path
                );
            }
        }
        let missing: Vec<_> = told.difference(&listed).collect();
        assert!(missing.is_empty(), "what do these need? {missing:?}");
        let known = |path: &str| {
            let path = path.trim_end_matches("/{snapshot}");
            let path = path.trim_start_matches("/sandboxes/{id}");
            UNTOLD.contains(&path) || ELSEWHERE.contains(&path)
        };
        let gone: Vec<_> = listed
            .difference(&told)
            .filter(|(path, _)| !known(path))
            .collect();
        assert!(gone.is_empty(), "these are not there: {gone:?}");
    }

    #[track_caller]
    fn check(method: &str, path: &str, expected: Option<(Need, About, Option<&str>)>) {
        let method = method.parse().expect("a method");
        let expected = match expected {
            None => Asked::Nothing,
            Some((need, about, id)) => Asked::Route {
                need,
                about,
                id: id.map(str::to_owned),
            },
        };
        assert_eq!(
            find(&method, &format!("/__admin{path}")),
            expected,
            "{method} {path}"
        );
    }

    #[test]
    fn a_path_is_found_as_the_router_finds_it() {
        check("GET", "/calls", Some((Read, Sandbox, None)));
        check("HEAD", "/calls", Some((Read, Sandbox, None)));
        check("GET", "/faults/events", Some((Read, Sandbox, None)));
        check("PUT", "/faults/x", Some((Change, Sandbox, Some("x"))));
        check("DELETE", "/sandboxes/a", Some((Own, Named, Some("a"))));
        check("DELETE", "/sandboxes/%61", Some((Own, Named, Some("a"))));
        check("GET", "/sandboxes/a%2Fb", Some((Read, Named, Some("a/b"))));
        check("PUT", "/files/a/b.txt", Some((Change, Sandbox, None)));
        check("POST", "/requests/find", Some((Read, Sandbox, None)));
        check("GET", "", Some((Read, Sandbox, None)));
        check("GET", "/", Some((Read, Sandbox, None)));
        for nothing in [
            "/sandboxes/",
            "//sandboxes",
            "/calls/",
            "/Calls",
            "/x",
            "/files/",
            "/c%61lls",
        ] {
            check("GET", nothing, None);
        }
        let method = Method::PATCH;
        assert_eq!(find(&method, "/__admin/calls"), Asked::NoMethod);
        assert_eq!(find(&method, "/__admin/sandboxes"), Asked::NoMethod);
    }
}
