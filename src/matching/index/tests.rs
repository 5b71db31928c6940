//! Which entry a call finds.

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;

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

fn find(index: &Index<&'static str>, target: &str) -> Option<&'static str> {
    let call = Call::new(
        1,
        Method::GET,
        target.into(),
        HeaderMap::new(),
        Bytes::new(),
        String::new(),
        "".into(),
    );
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
