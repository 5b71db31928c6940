//! Distances are WireMock's, and a call with many stubs costs little more than one with few.

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::json;

use super::super::index::Entry;
use super::super::operator::{BodyOperator, Operator};
use super::super::pattern::{PathTemplate, UrlPattern};
use super::super::regular_expression::Whole;
use super::*;

fn call(method: Method, target: &str) -> Call {
    Call::new(
        1,
        method,
        target.into(),
        HeaderMap::new(),
        Bytes::from_static(b"{\"a\":1}"),
        String::new(),
        "".into(),
    )
}

fn seen(call: &Call) -> Seen<'_> {
    Seen::new(call, Timestamp::UNIX_EPOCH)
}

fn get(url: UrlPattern) -> RequestPattern {
    RequestPattern {
        method: Some(Method::GET),
        url,
        ..RequestPattern::default()
    }
}

fn path(text: &str) -> UrlPattern {
    UrlPattern::Path(text.into())
}

#[test]
fn a_distance_is_what_wiremock_measures() {
    let regex = UrlPattern::PathRegex(Whole::compile("/[a-z]+").expect("a pattern"));
    let template = UrlPattern::Template(PathTemplate::parse("/things/{id}").expect("a template"));
    for (url, method, target, expected) in [
        (path("/a"), Method::GET, "/a", 0.0),
        (path("/a"), Method::PUT, "/ab", 0.162_393_162_393_162_4),
        (path("/aa"), Method::GET, "/ab", 0.085_470_085_470_085_46),
        (path("/a"), Method::PUT, "/a?b=c", 0.076_923_076_923_076_93),
        (UrlPattern::Any, Method::PUT, "/x", 0.076_923_076_923_076_93),
        (regex.clone(), Method::GET, "/1", 10.0 / 39.0),
        (regex, Method::GET, "/abc", 0.0),
        (
            template.clone(),
            Method::GET,
            "/aa",
            0.227_920_227_920_227_92,
        ),
        (template, Method::GET, "/things/7", 0.0),
    ] {
        let (pattern, call) = (get(url), call(method, target));
        let found = pattern.distance(&seen(&call));
        assert!((found - expected).abs() < 1e-9, "{call:?} {found}");
        // What fits is estimated to fit, and what does not, not.
        assert_eq!(
            estimate(&pattern, &seen(&call)) == 0,
            expected == 0.0,
            "{call:?}"
        );
    }
}

#[test]
fn a_body_counts_only_where_method_and_url_fit() {
    let contains = || BodyOperator::Text(Operator::Contains("zzz".into()));
    let mut pattern = get(path("/a"));
    pattern.body = vec![contains()];
    for (target, expected) in [("/a", 1.0 / 46.0), ("/b", 5.0 / 39.0)] {
        let found = pattern.distance(&seen(&call(Method::GET, target)));
        assert!((found - expected).abs() < 1e-9, "{target} {found}");
    }
}

#[test]
fn the_nearest_come_first_however_many_there_are() {
    let entry = |at: usize| Entry {
        pattern: get(path(&format!("/things/{at:05}/parts"))).into(),
        priority: 5,
        age: at as u64,
        target: at,
    };
    let index = Index::new((0..10_000).map(entry).collect());
    let empty = Index::default();
    let call = call(Method::GET, "/things/012345/parts");
    let misses = nearest(&[&index, &empty], &seen(&call));
    let found: Vec<usize> = misses.iter().map(|miss| *miss.target).collect();
    // Equally far ones stand in the order in which they are asked: the newest first.
    assert_eq!(found, [2345, 1345, 1245]);
    let none: Vec<NearMiss<'_, usize>> = nearest(&[], &seen(&call));
    assert!(none.is_empty());
}

#[test]
fn the_nearest_calls_are_found_too() {
    let targets = ["/b", "/zzzz", "/a", "/ab", "/a"];
    let calls = targets.map(|target| (call(Method::GET, target), Timestamp::UNIX_EPOCH));
    let found = nearest_calls(&get(path("/a")), &calls);
    let places: Vec<usize> = found.iter().map(|(at, _)| *at).collect();
    assert_eq!(places, [2, 4, 3]);
}

#[test]
fn a_diff_shows_both_sides() {
    let request = json!({ "method": "GET", "urlPath": "/a" });
    let expected = diff::Expected {
        name: Some("a stub"),
        request: &request,
        pattern: &get(path("/a")),
        scenario: None,
    };
    let text = diff::text(
        &expected,
        &seen(&call(Method::PUT, "/a")),
        diff::WIDTH_DEFAULT,
    );
    let rule = "-".repeat(119);
    let empty = format!("{:59}|\n", "");
    let expected = [
        format!("\n{:47}Request was not matched\n", ""),
        format!("{:47}=======================\n\n{rule}\n", ""),
        format!("|{:58}|{:58}|\n{rule}\n", " Closest stub", " Request"),
        empty.clone(),
        format!("{:59}|\n", "a stub"),
        empty.clone(),
        format!(
            "{:59}| {:52}<<<<< HTTP method does not match\n",
            "GET", "PUT"
        ),
        format!("{:59}| /a\n", "[path] /a"),
        empty.clone(),
        empty,
        format!("{rule}\n"),
    ];
    assert_eq!(text, expected.concat());
}

#[test]
fn texts_of_any_length_are_compared_in_bounded_time() {
    let long = format!("/{}", "ab".repeat(500_000));
    let other = format!("/{}", "ba".repeat(500_000));
    let apart = get(UrlPattern::Url(long)).distance(&seen(&call(Method::GET, &other)));
    assert!(apart > 0.0 && apart <= 10.0 / 39.0, "{apart}");
}
