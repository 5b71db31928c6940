//! Which entry a call gets, and what is left: by a table of calls.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::json;

use super::{Found, Loaded, Matching, Mode, Running, Settings, Started};
use crate::cassette::{Cassette, Entry, Request, Response};
use crate::domain::call::Call;
use crate::domain::name::Name;
use crate::state::{Effect, SandboxState};

/// A cassette of GETs of these targets. A word before a target is a tool.
fn loaded(entries: &str) -> Loaded {
    let entry = |entry: &str| {
        let (tool, target) = match entry.split_once(':') {
            Some((tool, target)) => (Some(tool.to_owned()), target),
            None => (None, entry),
        };
        let request = Request {
            method: "GET".into(),
            target: target.into(),
            ..Request::default()
        };
        Arc::new(Entry {
            tool,
            request,
            response: Response {
                status: 200,
                ..Response::default()
            },
            at: None,
            latency: Duration::from_millis(40),
        })
    };
    let cassette = Cassette {
        name: "c".into(),
        entries: entries.split_whitespace().map(entry).collect(),
        ..Cassette::default()
    };
    let pack = |tool: &str| (tool == "known").then(|| Name::new(&"shop".into(), tool));
    Loaded::new(cassette, Settings::default(), pack).expect("a cassette that is ready")
}

fn started(loaded: Loaded, matching: Matching, strict: bool) -> Arc<Started> {
    Arc::new(Started {
        name: "c".into(),
        mode: Mode::Playback,
        upstream: None,
        matching,
        strict,
        latency: 2.5,
        after: 0,
        loaded: Some(Arc::new(loaded)),
    })
}

fn state(started: Arc<Started>) -> SandboxState {
    let mut state = SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH);
    state.apply(&Effect::CassetteStarted(started));
    state
}

fn call(target: &str) -> Call {
    let (headers, body) = (HeaderMap::new(), Bytes::new());
    let none = String::new();
    Call::new(
        1,
        Method::GET,
        target.into(),
        headers,
        body,
        none,
        "".into(),
    )
}

fn running(state: &SandboxState) -> &Running {
    state.cassettes.running().expect("a cassette")
}

/// Asks for each target, and tells which entry it gets: `2` for the second, `2+` for that one again, `-`
/// for none; behind a bar, the entries that nobody has asked for.
#[track_caller]
fn check(entries: &str, matching: Matching, strict: bool, asked: &str, expected: &str) {
    let started = started(loaded(entries), matching, strict);
    let loaded = started.loaded.clone().expect("a cassette");
    let mut state = state(started);
    let mut found = Vec::new();
    for target in asked.split_whitespace() {
        let fitting = loaded.fitting(&call(target));
        let (entry, again) = match running(&state).find(&loaded, fitting) {
            Found::Fresh(entry) => (entry, false),
            Found::Again(entry) => (entry, true),
            _ => {
                found.push("-".to_owned());
                continue;
            }
        };
        let sign = if again { "+" } else { "" };
        found.push(format!("{}{sign}", entry + 1));
        state.apply(&Effect::CassettePlayed { entry, again });
    }
    let never = running(&state).never_asked();
    let never: Vec<String> = never.map(|entry| (entry + 1).to_string()).collect();
    let found = format!("{} | {}", found.join(" "), never.join(" "));
    assert_eq!(found.trim(), expected, "{entries}: {asked}");
}

#[test]
fn calls_get_the_entries_that_are_asked_alike_in_their_order() {
    use Matching::Request;
    check("/a /b /a", Request, true, "/b /a /a", "2 1 3 |");
    check("/a /b /a", Request, true, "/a /a /a /c", "1 3 - - | 2");
    check(
        "/a /b /a",
        Request,
        false,
        "/a /a /a /b /b /c",
        "1 3 3+ 2 2+ - |",
    );
    // The order of a query does not count, nor does what differs from call to call.
    check("/a?x=1&y=2", Request, true, "/a?y=2&x=1", "1 |");
    check("/a?x=1&ts=2", Request, true, "/a?ts=3&x=1 /a?x=2", "1 - |");
    check("", Request, true, "/a", "- |");
}

#[test]
fn calls_get_the_next_entry_where_the_order_counts() {
    use Matching::Order;
    check("/a /b /a", Order, true, "/a /b /a /a", "1 2 3 - |");
    check("/a /b /a", Order, true, "/b /a /a", "- 1 - | 2 3");
    check("/a /b /a", Order, false, "/a /a /b /b /a", "1 1+ 2 2+ 3 |");
    check("/a /a", Order, true, "/a", "1 | 2");
    check("", Order, true, "/a", "- |");
}

#[test]
fn tools_are_named_as_packs_name_them() {
    let loaded = loaded("known:/a other:/b /c");
    let of = |at| loaded.tool(at).map(ToString::to_string);
    assert_eq!(of(0).as_deref(), Some("shop.known"));
    assert_eq!(of(1).as_deref(), Some("cassette.other"));
    assert_eq!(of(2), None);
}

#[test]
fn a_delay_is_a_multiple_of_the_latency_and_has_an_end() {
    let started = started(loaded(""), Matching::Request, true);
    let check = |latency, expected| assert_eq!(started.delay(latency), expected);
    check(Duration::ZERO, Duration::ZERO);
    check(Duration::from_millis(40), Duration::from_millis(100));
    check(Duration::from_secs(7_200), super::DELAY_MAX);
    check(Duration::MAX, super::DELAY_MAX);
}

#[test]
fn an_effect_is_written_and_read_again_with_its_cassette() {
    let started = started(loaded("known:/a /b /a"), Matching::Order, false);
    let effect = Effect::CassetteStarted(started);
    let written = serde_json::to_string(&effect).expect("a text");
    let read: Effect = serde_json::from_str(&written).expect("an effect");
    assert_eq!(read, effect);
}

#[test]
fn the_oldest_reports_go_first() {
    let mut state = SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH);
    for at in 0..=super::REPORTS_MAX {
        let mut one = Started::clone(&started(loaded("/a"), Matching::Request, true));
        one.name = format!("c{at}").into();
        state.apply(&Effect::CassetteStarted(Arc::new(one)));
        let report = Arc::new(json!(at));
        state.apply(&Effect::CassetteStopped { report });
    }
    assert_eq!(state.cassettes.report("c0"), None);
    assert_eq!(
        state.cassettes.report("c1").map(|it| (**it).clone()),
        Some(json!(1))
    );
}
