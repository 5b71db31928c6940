//! Calls that nothing claims: what came nearest, and what they are answered.
//!
//! A server without packs is a WireMock to its callers, and answers WireMock's text; one with packs
//! answers a problem document, which programs read, with the same text in it.

use std::borrow::Cow;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Sandbox, Service, now};
use crate::definition::compiled::{Definitions, ScenarioSpec, Target};
use crate::domain::call::Call;
use crate::domain::reply::{Body, Reply};
use crate::matching::explain::{self, NearMiss, diff};
use crate::matching::index::Index;
use crate::matching::pattern::{RequestPattern, UrlPattern};
use crate::matching::seen::Seen;
use crate::store::Store as _;

/// What is answered while there is nothing that could claim a call.
const NO_STUBS: &str =
    "No response could be served as there are no stub mappings in this WireMock instance.";

/// The header with which a caller says how wide the text may be.
const WIDTH: &str = "x-wiremock-console-width";

/// What came near to a call.
#[derive(Clone, Debug)]
pub struct Miss {
    /// What it is.
    pub target: Target,
    /// What the request must have been like, in the words of a mapping.
    pub request: Value,
    /// How far the call is from it: 0 fits, 1 is nothing alike.
    pub distance: f64,
}

impl Service {
    /// Whether a call in a sandbox is for somebody: a stub claims it, in whatever state a scenario is,
    /// a door, a route, or a cassette.
    #[must_use]
    pub fn claims(&self, sandbox: &Sandbox, call: &Call) -> bool {
        let seen = &Seen::new(call, sandbox.shows(now()));
        let definitions = self.definitions.load();
        sandbox.cassette_decides()
            || sandbox.overlay.index().find(seen).is_some()
            || definitions.index.find(seen).is_some()
    }

    /// What comes nearest to a call in a sandbox, the nearest first. The call came at the time `at`; a
    /// call without one comes now.
    #[must_use]
    pub fn near_misses(&self, sandbox: &Sandbox, call: &Call, at: Option<Timestamp>) -> Vec<Miss> {
        let seen = &Seen::new(call, at.unwrap_or_else(|| sandbox.shows(now())));
        let definitions = self.definitions.load();
        let overlay = sandbox.overlay.index();
        let misses = explain::nearest(&[&*overlay, &definitions.index], seen);
        let misses = misses.into_iter().map(|miss| Miss {
            target: miss.target.clone(),
            request: request(miss.target, miss.pattern).into_owned(),
            distance: miss.distance,
        });
        misses.collect()
    }

    /// The answer to a call that nothing claims: a 404 that says what came nearest.
    pub(super) fn unmatched(
        &self,
        sandbox: &Sandbox,
        definitions: &Definitions,
        overlay: &Index<Target>,
        seen: &Seen<'_>,
    ) -> Reply {
        let misses = explain::nearest(&[overlay, &definitions.index], seen);
        let text = match misses.first() {
            Some(nearest) => self.diff(sandbox, nearest, seen),
            None => NO_STUBS.to_owned(),
        };
        match definitions.packs.is_empty() {
            true => plain(text),
            false => problem(seen, &misses, &text),
        }
    }

    /// The call beside what came nearest to it.
    fn diff(&self, sandbox: &Sandbox, nearest: &NearMiss<'_, Target>, seen: &Seen<'_>) -> String {
        let (name, scenario) = match nearest.target {
            Target::Stub(stub) => (stub.name.as_deref().map(str::to_owned), &stub.scenario),
            Target::Door(pack, door) => (Some(format!("{}: {}", pack.name, door.route)), &None),
            Target::Route(_, tool) => (Some(tool.name.to_string()), &None),
        };
        let required = scenario.as_ref().and_then(|scenario| {
            let ScenarioSpec { name, required, .. } = scenario;
            Some((name, required.as_deref()?))
        });
        let state = required.and_then(|_| self.store.read(&sandbox.key).ok());
        let scenario = required.zip(state.as_ref());
        let scenario = scenario.map(|((name, required), state)| diff::Scenario {
            name,
            required,
            actual: state.scenarios.state(name),
        });
        let expected = diff::Expected {
            name: name.as_deref(),
            request: &request(nearest.target, nearest.pattern),
            pattern: nearest.pattern,
            scenario,
        };
        let width = seen.call.header(WIDTH).and_then(|width| width.parse().ok());
        diff::text(&expected, seen, width.unwrap_or(diff::WIDTH_DEFAULT))
    }
}

/// What the request must be like, in the words of a mapping. What stands in a pack was written without
/// the prefix below which the pack is served.
fn request<'a>(target: &'a Target, pattern: &RequestPattern) -> Cow<'a, Value> {
    let written = match target {
        Target::Stub(stub) => stub.source.get("request").map(|request| (stub, request)),
        Target::Door(..) | Target::Route(..) => None,
    };
    match written {
        Some((stub, request)) if stub.pack.is_none() => Cow::Borrowed(request),
        Some((_, Value::Object(request))) => {
            let others = request.iter().filter(|(key, _)| !key.starts_with("url"));
            let others = others.map(|(key, value)| (key.clone(), value.clone()));
            let url = url(&pattern.url).into_iter().chain(others);
            Cow::Owned(Value::Object(url.collect()))
        }
        _ => {
            let mut request: Map<String, Value> = url(&pattern.url).into_iter().collect();
            let method = pattern
                .method
                .as_ref()
                .map_or("ANY", |method| method.as_str());
            request.insert("method".into(), method.into());
            Cow::Owned(Value::Object(request))
        }
    }
}

fn url(pattern: &UrlPattern) -> Option<(String, Value)> {
    let key = match pattern {
        UrlPattern::Any => return None,
        UrlPattern::Url(_) => "url",
        UrlPattern::UrlRegex(_) => "urlPattern",
        UrlPattern::Path(_) => "urlPath",
        UrlPattern::PathRegex(_) => "urlPathPattern",
        UrlPattern::Template(_) => "urlPathTemplate",
    };
    let text = pattern.describe();
    let text = text.strip_prefix("matches ").unwrap_or(&text);
    Some((key.to_owned(), text.into()))
}

fn plain(text: String) -> Reply {
    let mut reply = Reply::empty(StatusCode::NOT_FOUND);
    reply.set_header("content-type", "text/plain;charset=UTF-8");
    reply.body = Body::Bytes(text.into());
    reply
}

fn problem(seen: &Seen<'_>, misses: &[NearMiss<'_, Target>], text: &str) -> Reply {
    let misses: Vec<Value> = misses.iter().map(|miss| described(miss, seen)).collect();
    let problem = json!({
        "type": "about:blank",
        "title": "No stub, door or route claims this call",
        "status": 404,
        "detail": format!("{} {} matches nothing in this sandbox", seen.call.method, seen.call.path()),
        "nearMisses": misses,
        "diff": text,
    });
    let mut reply = Reply::json(StatusCode::NOT_FOUND, &problem);
    reply.set_header("content-type", "application/problem+json");
    reply
}

/// A near miss, with every part of it that the call does not fit.
fn described(miss: &NearMiss<'_, Target>, seen: &Seen<'_>) -> Value {
    let differences = miss.pattern.differences(seen);
    let differences: Vec<Value> = differences
        .into_iter()
        .map(|difference| {
            json!({
                "part": difference.part,
                "expected": difference.expected,
                "actual": difference.actual,
            })
        })
        .collect();
    json!({ "stub": named(miss.target), "differences": differences })
}

/// What a target is called where a caller is told how near it came.
fn named(target: &Target) -> Value {
    match target {
        Target::Stub(stub) => json!({ "id": &*stub.id, "name": stub.name.as_deref() }),
        Target::Door(pack, door) => json!({ "pack": &*pack.name, "door": door.route }),
        Target::Route(pack, tool) => {
            json!({ "pack": &*pack.name, "tool": &*tool.name.name, "route": tool.routes.first() })
        }
    }
}
