//! The log keeps what it should and says what it does not.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::domain::call::Call;
use crate::domain::name::{Name, SandboxId};
use crate::domain::reply::{Body, Reply};
use crate::domain::trace::Trace;
use crate::state::Effect;

/// A call, and what is told of it.
struct Fixture {
    call: Call,
    reply: Reply,
    tool: Name,
    agent: Arc<str>,
    trace: Trace,
    effects: Arc<[Effect]>,
}

impl Fixture {
    fn logged(self, log: &CallLog) {
        let number = self.call.number;
        log.add(Logged {
            call: &self.call,
            version: Version::HTTP_11,
            reply: &self.reply,
            prepared: None,
            at: Timestamp::from_second(number as i64).expect("a time"),
            received_at: Timestamp::UNIX_EPOCH,
            duration_micros: 1,
            peer: "127.0.0.1:1".into(),
            matched: self.reply.status != StatusCode::NOT_FOUND,
            stub: None,
            pack: None,
            tool: Some(self.tool),
            agent: Some(self.agent),
            trace: self.trace,
            effects: self.effects,
            proxied: None,
        });
    }
}

fn log(bounds: Bounds) -> CallLog {
    CallLog::new(SandboxId::default_sandbox(), bounds)
}

fn entry(number: u64, tool: &str, status: u16, body: usize) -> Fixture {
    Fixture {
        call: Call::new(
            number,
            Method::POST,
            "/x?y=1".into(),
            HeaderMap::new(),
            vec![b'x'; body].into(),
            "http://a".into(),
            "127.0.0.1".into(),
        ),
        reply: Reply::empty(StatusCode::from_u16(status).expect("a status")),
        tool: Name::new(&"p".into(), tool),
        agent: "alice".into(),
        trace: Trace::default(),
        effects: Arc::default(),
    }
}

fn numbers(page: &Page) -> Vec<u64> {
    page.calls.iter().map(|call| call.number).collect()
}

#[test]
fn the_oldest_calls_go_first_and_are_counted() {
    let log = log(Bounds {
        calls: 3,
        bytes: usize::MAX,
    });
    (1..=5).for_each(|number| entry(number, "a", 200, 0).logged(&log));
    let page = log.find(&Query {
        limit: 10,
        ..Query::default()
    });
    assert_eq!(numbers(&page), [3, 4, 5]);
    assert_eq!((page.total, page.dropped, page.next), (3, 2, None));
    assert!(log.get(2).is_none() && log.get(3).is_some());
}

#[test]
fn large_bodies_push_others_out_but_the_last_call_stays() {
    let log = log(Bounds {
        calls: 100,
        bytes: 5_000,
    });
    (1..=3).for_each(|number| entry(number, "a", 200, 0).logged(&log));
    entry(4, "a", 200, 100_000).logged(&log);
    let page = log.find(&Query {
        limit: 10,
        ..Query::default()
    });
    assert_eq!((numbers(&page), page.dropped), (vec![4], 3));
}

/// Two of these do not fit into a bound that one of them nearly fills.
fn check_counted(what: &str, mut bring: impl FnMut(&mut Fixture)) {
    let log = log(Bounds {
        calls: 100,
        bytes: 60_000,
    });
    for number in 1..=2 {
        let mut entry = entry(number, "a", 200, 0);
        bring(&mut entry);
        entry.logged(&log);
    }
    let page = log.find(&Query {
        limit: 10,
        ..Query::default()
    });
    assert_eq!((numbers(&page), page.dropped), (vec![2], 1), "{what}");
}

#[test]
fn whatever_a_call_brings_is_counted() {
    const LENGTH: usize = 40_000;
    use check_counted as check;
    let long = || "x".repeat(LENGTH);
    let value = || HeaderValue::from_str(&long()).expect("a value");
    let named = Name::new(&"p".into(), "a");
    check("nothing but a body", |entry| {
        entry.call.body = vec![0; LENGTH].into();
    });
    check("a path", |entry| entry.call.target = long());
    check("a header", |entry| {
        entry.call.headers.insert("x-a", value());
    });
    check("a header's name", |entry| {
        let name = HeaderName::from_bytes(long().as_bytes()).expect("a name");
        entry
            .call
            .headers
            .insert(name, HeaderValue::from_static("1"));
    });
    check("a header of the reply", |entry| {
        entry.reply.headers.insert("x-a", value());
    });
    check("the reply's body", |entry| {
        entry.reply.body = Body::Bytes(vec![0; LENGTH].into());
    });
    check("a trace's text", |entry| {
        entry
            .trace
            .note("refusal", "refused", json!({ "message": long() }));
    });
    check("a trace's many numbers", |entry| {
        entry.trace.note("many", "ok", json!(vec![1; LENGTH / 64]));
    });
    check("a record", |entry| {
        entry.effects = [Effect::RecordPut {
            collection: named.clone(),
            key: "k".into(),
            record: Arc::new(json!({ "note": long() })),
        }]
        .into();
    });
    check("an effect's agent", |entry| {
        entry.effects = [Effect::ToolCalled {
            tool: named.clone(),
            agent: Some(long().into()),
            refused: true,
        }]
        .into();
    });
}

#[test]
fn calls_that_finish_late_stand_where_they_belong() {
    let log = log(Bounds::default());
    for number in [2, 1, 4, 3] {
        entry(number, "a", 200, 0).logged(&log);
    }
    let page = log.find(&Query {
        limit: 10,
        ..Query::default()
    });
    assert_eq!(numbers(&page), [1, 2, 3, 4]);
}

#[test]
fn numbers_never_restart() {
    let log = log(Bounds::default());
    assert_eq!((log.next_number(), log.next_number()), (1, 2));
    log.clear();
    assert_eq!(log.next_number(), 3);
}

#[test]
fn a_query_filters_and_pages() {
    let log = log(Bounds::default());
    for number in 1..=6 {
        let tool = if number % 2 == 0 { "even" } else { "odd" };
        entry(number, tool, if number == 6 { 409 } else { 200 }, 0).logged(&log);
    }
    let check = |query: Query, expected: &[u64], total: usize, next: Option<u64>| {
        let page = log.find(&query);
        assert_eq!(
            (numbers(&page).as_slice(), page.total, page.next),
            (expected, total, next)
        );
    };
    let all = || Query {
        limit: 10,
        ..Query::default()
    };
    let some = |text: &str| Some(text.to_owned());
    check(
        Query {
            tool: some("even"),
            ..all()
        },
        &[2, 4, 6],
        3,
        None,
    );
    check(
        Query {
            tool: some("p.odd"),
            limit: 2,
            ..all()
        },
        &[1, 3],
        3,
        Some(3),
    );
    check(
        Query {
            tool: some("p.odd"),
            limit: 2,
            after: Some(3),
            ..all()
        },
        &[5],
        3,
        None,
    );
    check(
        Query {
            agent: some("bob"),
            ..all()
        },
        &[],
        0,
        None,
    );
    check(
        Query {
            status: Some(409),
            ..all()
        },
        &[6],
        1,
        None,
    );
    check(
        Query {
            matched: Some(false),
            ..all()
        },
        &[],
        0,
        None,
    );
    check(
        Query {
            since: Some(Since::Number(4)),
            ..all()
        },
        &[5, 6],
        2,
        None,
    );
    let fourth = Timestamp::from_second(4).expect("a time");
    check(
        Query {
            since: Some(Since::Time(fourth)),
            ..all()
        },
        &[4, 5, 6],
        3,
        None,
    );
    check(Query { limit: 0, ..all() }, &[], 6, None);
}
