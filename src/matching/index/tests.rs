//! Which entry a call finds.

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;

use super::super::pattern::{PathTemplate, UrlPattern};
use super::super::regular_expression::Whole;
use super::*;
use crate::domain::call::Call;

fn entry(url: UrlPattern, priority: u32, age: u64, target: &'static str) -> Entry<&'static str> {
    Entry {
        pattern: Arc::new(RequestPattern {
            url,
            ..RequestPattern::default()
        }),
        priority,
        age,
        target,
    }
}

fn call(target: &str) -> Call {
    let (headers, body) = (HeaderMap::new(), Bytes::new());
    let base = String::new();
    Call::new(
        1,
        Method::GET,
        target.into(),
        headers,
        body,
        base,
        "".into(),
    )
}

fn find(index: &Index<&'static str>, target: &str) -> Option<&'static str> {
    let call = call(target);
    let seen = Seen::new(&call, Timestamp::UNIX_EPOCH);
    index.find(&seen).map(|(entry, _)| entry.target)
}

#[test]
fn the_highest_priority_answers_and_the_newest_among_equals() {
    let path = || UrlPattern::Path("/a".into());
    let regex = |text: &str| UrlPattern::PathRegex(Whole::compile(text).expect("a pattern"));
    let template =
        |text: &str| UrlPattern::Template(PathTemplate::parse(text).expect("a template"));
    let index = Index::new(vec![
        entry(path(), 5, 1, "old"),
        entry(path(), 5, 2, "new"),
        entry(UrlPattern::Url("/a?x=1".into()), 1, 0, "url"),
        entry(regex("/b.*"), 5, 3, "regex"),
        entry(template("/b/{id}"), 5, 4, "template"),
        entry(template("/{any}/z"), 5, 5, "first variable"),
        entry(template("/{any}"), 9, 6, "only variable"),
        entry(template("/c/{id}/d"), 5, 6, "one part"),
        entry(template("/c/{id}/e"), 5, 7, "another part"),
        entry(template("/c/{id}/{part}"), 5, 8, "any part"),
        entry(template("/c/{id}/f"), 1, 0, "an old part of high priority"),
        entry(template("/c/{id}/g"), 5, 9, "a new part"),
        entry(UrlPattern::Any, 9, 9, "any"),
    ]);
    for (target, expected) in [
        ("/a", "new"),
        ("/a?x=2", "new"),
        ("/a?x=1", "url"),
        ("/bb", "regex"),
        ("/b/1", "template"),
        ("/b/1/2", "regex"),
        ("/q/z", "first variable"),
        ("/b/z", "first variable"),
        ("/c/1/d", "any part"),
        ("/c/1/f", "an old part of high priority"),
        ("/c/1/g", "a new part"),
        ("/c/d/1/2", "any"),
        ("/c//g", "any"),
        ("/other", "any"),
        ("//", "any"),
        ("", "any"),
        ("c/1/g", "any"),
    ] {
        assert_eq!(find(&index, target), Some(expected), "{target}");
    }
    assert_eq!(find(&Index::default(), "/a"), None);
}

#[test]
fn all_that_a_call_may_be_for_is_found_in_order_up_to_the_first_that_is_certain() {
    let path = || UrlPattern::Path("/a".into());
    let index = Index::new(vec![
        entry(path(), 5, 1, "old"),
        entry(path(), 5, 2, "new"),
        entry(UrlPattern::Any, 1, 0, "first"),
        entry(UrlPattern::Path("/b".into()), 1, 0, "other"),
        entry(UrlPattern::Any, 9, 0, "last"),
    ]);
    for (certain, expected) in [
        ("first", &["first"][..]),
        ("new", &["first", "new"]),
        ("other", &["first", "new", "old", "last"]),
    ] {
        let call = call("/a");
        let seen = Seen::new(&call, Timestamp::UNIX_EPOCH);
        let found = index.candidates(&seen, |target| *target == certain);
        let found: Vec<_> = found.iter().map(|(entry, _)| entry.target).collect();
        assert_eq!(found, expected, "{certain}");
    }
}

#[test]
fn expressions_are_found_by_what_they_begin_with() {
    let path = |text: &str| UrlPattern::PathRegex(Whole::compile(text).expect("a pattern"));
    let url = |text: &str| UrlPattern::UrlRegex(Whole::compile(text).expect("a pattern"));
    let open = |text: &str| UrlPattern::Template(PathTemplate::loose(text).expect("a template"));
    let index = Index::new(vec![
        entry(path("/things/[0-9]+"), 5, 1, "numbers"),
        entry(path("/things/[a-z]+"), 5, 2, "letters"),
        entry(path("/thing.*"), 6, 3, "all things"),
        entry(url(r"/find\?q=.*"), 5, 4, "query"),
        entry(path("/a|/b"), 5, 5, "either"),
        entry(path("(?i)/Case"), 5, 6, "any case"),
        entry(path("/é/.*"), 5, 7, "accented"),
        entry(open("/open/**/end"), 5, 8, "open"),
        entry(path(".*tail"), 5, 9, "tail"),
    ]);
    for (target, expected) in [
        ("/things/1", Some("numbers")),
        ("/things/x?y", Some("letters")),
        ("/things/X", Some("all things")),
        ("/thing", Some("all things")),
        ("/find?q=1", Some("query")),
        ("/find", None),
        ("/a", Some("either")),
        ("/b", Some("either")),
        ("/cASE", Some("any case")),
        ("/é/x", Some("accented")),
        ("/€", None),
        ("/open/1/2/end", Some("open")),
        ("/open/end", None),
        ("/things/1tail", Some("tail")),
        ("", None),
    ] {
        assert_eq!(find(&index, target), expected, "{target}");
    }
    assert!(
        index.others.len() == 3,
        "those without a beginning: {:?}",
        index.others
    );
}
