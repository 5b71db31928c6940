//! The call log: what it keeps of a call, how it is searched and paged, and what it forgets.

use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{MIDNIGHT, Universe, desk, desk_with, each};

/// The numbers of the calls that a query finds, and what it says of the rest.
fn find(sandbox: &Universe<'_>, query: &str) -> (Vec<String>, Value) {
    let page = sandbox.get(&format!("/__admin/calls?{query}")).expect(200);
    (each(&page["calls"], "id"), page)
}

/// Seven calls, an hour apart after the fourth.
fn seven(sandbox: &Universe<'_>) {
    sandbox.call("add_contact", &json!({ "agent": "ann", "name": "Grace" })); // 1: 201
    sandbox.call("add_contact", &json!({ "agent": "bob", "name": "" })); // 2: 422
    sandbox.call("list_contacts", &json!({ "agent": "ann" })); // 3: 200
    sandbox.get("/nowhere"); // 4: 404, unmatched
    sandbox.advance("PT1H");
    sandbox.call("get_contact", &json!({ "agent": "bob", "id": "nobody" })); // 5: 404
    sandbox.call("nothing", &json!({})); // 6: 404, at a door, but no tool
    sandbox.call("list_contacts", &json!({})); // 7: 200
}

#[test]
fn calls_are_found_by_what_is_known_of_them() {
    let server = desk();
    let sandbox = server.universe();
    seven(&sandbox);
    for (query, expected) in [
        ("", &[1, 2, 3, 4, 5, 6, 7][..]),
        ("tool=add_contact", &[1, 2]),
        ("tool=desk.add_contact", &[1, 2]),
        ("tool=ADD_CONTACT", &[]),
        ("agent=ann", &[1, 3]),
        ("agent=bob&tool=add_contact", &[2]),
        ("status=404", &[4, 5, 6]),
        ("status=200&agent=ann", &[3]),
        ("status=500", &[]),
        ("matched=false", &[4]),
        ("matched=true", &[1, 2, 3, 5, 6, 7]),
        ("matched=true&status=404", &[5, 6]),
        ("since=0", &[1, 2, 3, 4, 5, 6, 7]),
        ("since=5", &[6, 7]),
        ("since=7", &[]),
        ("since=2026-01-01T00:00:00Z", &[1, 2, 3, 4, 5, 6, 7]),
        ("since=2026-01-01T00:00:00.001Z", &[5, 6, 7]),
        ("since=2026-01-01T01:00:00Z", &[5, 6, 7]),
        ("since=2026-01-01T02:00:00%2B01:00", &[5, 6, 7]),
        ("since=2026-01-01T01:00:01Z", &[]),
        ("since=3&status=404", &[4, 5, 6]),
    ] {
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        let (found, page) = find(&sandbox, query);
        assert_eq!(found, expected, "{query}");
        assert_eq!(page["total"], expected.len(), "{query}");
        assert_eq!(
            (&page["dropped"], &page["next"]),
            (&json!(0), &Value::Null),
            "{query}"
        );
    }
}

#[test]
fn a_page_leads_to_the_next() {
    let server = desk();
    let sandbox = server.universe();
    seven(&sandbox);
    let mut found = Vec::new();
    let mut query = "limit=3".to_owned();
    let mut pages = 0;
    loop {
        let (ids, page) = find(&sandbox, &query);
        assert!(ids.len() <= 3);
        // What is called while a reader turns pages comes at the end.
        let all = if pages == 0 { 7 } else { 8 };
        assert_eq!(page["total"], all, "{query}");
        found.extend(ids);
        if pages == 0 {
            sandbox.call("list_contacts", &json!({}));
        }
        pages += 1;
        let Some(next) = page["next"].as_str() else {
            break;
        };
        query = format!("limit=3&cursor={next}");
    }
    assert_eq!(found, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    assert_eq!(pages, 3);
    let (ids, page) = find(&sandbox, "limit=2&status=404");
    assert_eq!(
        (ids, &page["total"]),
        (vec!["4".to_owned(), "5".to_owned()], &json!(3))
    );
    let next = page["next"].as_str().expect("a next page");
    let (ids, page) = find(&sandbox, &format!("limit=2&status=404&cursor={next}"));
    assert_eq!((ids, &page["next"]), (vec!["6".to_owned()], &Value::Null));
    // A page that is just full is the last.
    assert_eq!(find(&sandbox, "limit=8").1["next"], Value::Null);
}

#[test]
fn a_call_says_what_came_what_went_and_why() {
    let server = desk();
    let sandbox = server.universe();
    let headers = [
        ("X-Trip", "1"),
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
    ];
    let body = r#"{"agent":"ann","to":"bob","amount":"2.50"}"#;
    server
        .request("POST", "/desk/pay?x=1&y=2", &headers, Some(body))
        .expect(200);
    let call = sandbox.get("/__admin/calls/1").expect(200);
    for (pointer, expected) in [
        ("/id", json!(1)),
        ("/sandbox", json!("default")),
        ("/at", json!(MIDNIGHT)),
        ("/matched", json!(true)),
        ("/pack", json!("desk")),
        ("/tool", json!("pay")),
        ("/agent", json!("ann")),
        ("/status", json!(200)),
        ("/stub", json!(null)),
        ("/request/method", json!("POST")),
        ("/request/path", json!("/desk/pay")),
        ("/request/url", json!("/desk/pay?x=1&y=2")),
        ("/request/headers/x-trip", json!("1")),
        ("/request/body", serde_json::from_str(body).expect("JSON")),
        ("/reply/status", json!(200)),
        ("/reply/body", json!({ "balance": "7.50" })),
        ("/reply/headers/content-type", json!("application/json")),
        ("/wall/traceparent", json!(headers[1].1)),
    ] {
        assert_eq!(
            call.pointer(pointer),
            Some(&expected),
            "{pointer} of {call}"
        );
    }
    assert!(call["wall"]["durationMicros"].is_u64());
    assert!(
        call["wall"]["peer"]
            .as_str()
            .is_some_and(|peer| peer.starts_with("127.0.0.1:"))
    );
    assert!(call["wall"]["receivedAt"].is_string());
    let steps = each(&call["trace"], "step");
    assert!(steps.contains(&"inputSchema".to_owned()), "{steps:?}");
    assert!(
        steps.iter().any(|step| step.contains("transfer")),
        "{steps:?}"
    );
    let effects = call["effects"].to_string();
    assert!(
        effects.contains("ann") && effects.contains("bob") && effects.contains("2.50"),
        "{effects}"
    );
    // The listing shows the same.
    assert_eq!(
        sandbox.get("/__admin/calls").expect(200)["calls"],
        json!([call])
    );
    let mut bare = call.clone();
    bare.as_object_mut().expect("an object").remove("wall");
    assert_eq!(sandbox.get("/__admin/calls/1?wall=false").expect(200), bare);
    assert_eq!(
        sandbox.get("/__admin/calls?wall=false").expect(200)["calls"],
        json!([bare])
    );
}

#[test]
fn a_refusal_says_its_cause_and_an_unmatched_call_what_came_nearest() {
    let server = desk();
    let sandbox = server.universe();
    seven(&sandbox);
    let call = |id: u64| sandbox.get(&format!("/__admin/calls/{id}")).expect(200);
    let why = |id: u64| call(id)["trace"].to_string();
    assert!(
        why(2).contains("invalid_input") && why(2).contains("name"),
        "{}",
        why(2)
    );
    assert!(why(5).contains("not_found"), "{}", why(5));
    assert!(why(6).contains("unknown_tool"), "{}", why(6));
    for id in [2, 5, 6] {
        let effects = call(id)["effects"].to_string();
        assert!(!effects.contains("recordPut"), "{effects}");
    }
    let unmatched = call(4);
    assert_eq!(
        (&unmatched["tool"], &unmatched["pack"], &unmatched["agent"]),
        (&json!(null), &json!(null), &json!(null))
    );
    let nearest = &unmatched["reply"]["body"]["nearMisses"];
    assert!(
        nearest.as_array().is_some_and(|misses| !misses.is_empty()),
        "{unmatched}"
    );
}

#[test]
fn bodies_are_shown_as_what_they_are() {
    let server = desk();
    for (body, shown) in [
        (
            r#"{"n":1.50}"#,
            json!({ "n": serde_json::from_str::<Value>("1.50").expect("a number") }),
        ),
        ("a=b&c", json!("a=b&c")),
        ("", Value::Null),
    ] {
        server.request("POST", "/nowhere", &[], Some(body));
        let log = server.get("/__admin/calls").expect(200);
        let last = log["calls"].as_array().and_then(|calls| calls.last());
        assert_eq!(last.expect("a call")["request"]["body"], shown, "{body}");
    }
    assert!(server.get("/__admin/calls/1").text.contains("1.50"));
}

#[test]
fn a_call_whose_body_is_refused_is_a_call() {
    let server = desk_with(&["--body-bytes", "100", "--body-seconds", "1"]);
    let sandbox = server.sandbox("x1");
    let patience = Duration::from_secs(20);
    let large = "x".repeat(200);
    for (number, (status, rest)) in [
        (413, format!("content-length: 200\r\n\r\n{large}")),
        (408, "content-length: 9\r\n\r\n{".to_owned()),
        (
            400,
            "transfer-encoding: chunked\r\n\r\nno length\r\n".to_owned(),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let head = "POST /s/x1/desk/pay?x=1 HTTP/1.1\r\nhost: desk\r\nx-trip: 1\r\n";
        let answer = server.raw(format!("{head}{rest}").as_bytes(), patience);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        let call = sandbox.get(&format!("/__admin/calls/{}", number + 1));
        let call = call.expect(200);
        for (pointer, expected) in [
            ("/sandbox", json!("x1")),
            ("/at", json!(MIDNIGHT)),
            ("/matched", json!(false)),
            ("/status", json!(status)),
            ("/request/method", json!("POST")),
            ("/request/url", json!("/desk/pay?x=1")),
            ("/request/headers/x-trip", json!("1")),
            ("/request/body", Value::Null),
            ("/reply/status", json!(status)),
            ("/reply/body/status", json!(status)),
            ("/trace", json!([{ "step": "body", "outcome": "refused" }])),
            ("/effects", json!([])),
        ] {
            assert_eq!(
                call.pointer(pointer),
                Some(&expected),
                "{pointer} of {call}"
            );
        }
    }
    assert_eq!(find(&sandbox, "matched=false").0, ["1", "2", "3"]);
    assert_eq!(server.get("/__admin/calls").expect(200)["total"], 0);
}

#[test]
fn a_name_that_is_too_long_for_an_agent_is_nobodys() {
    let server = desk();
    let sandbox = server.universe();
    for (number, (length, known)) in [(256, true), (257, false), (5_000_000, false)]
        .into_iter()
        .enumerate()
    {
        let agent = "a".repeat(length);
        sandbox.call("list_contacts", &json!({ "agent": agent }));
        let call = sandbox.get(&format!("/__admin/calls/{}", number + 1));
        let call = call.expect(200);
        let expected = if known { json!(agent) } else { Value::Null };
        assert!(call["agent"] == expected, "{length}");
        let effects = call["effects"].to_string();
        assert!(effects.len() < 1_000, "{length}: {}", effects.len());
    }
}

#[test]
fn large_headers_push_others_out() {
    let server = desk_with(&["--log-bytes", "200000"]);
    let sandbox = server.universe();
    let large = "x".repeat(50_000);
    for _ in 0..10 {
        let headers = [("x-large", large.as_str())];
        server.request("POST", "/desk/list_contacts", &headers, Some("{}"));
    }
    let (ids, page) = find(&sandbox, "");
    assert_eq!((ids.len(), &page["dropped"]), (3, &json!(7)));
}

#[test]
fn admin_calls_are_no_calls() {
    let server = desk();
    for path in [
        "/__admin/calls",
        "/__admin/nothing",
        "/__admin/wallets",
        "/s/default/__admin/calls",
    ] {
        server.get(path);
    }
    assert_eq!(server.get("/__admin/calls").expect(200)["total"], 0);
}

#[test]
fn the_oldest_go_first_and_the_listing_says_so() {
    let server = desk_with(&["--log-calls", "3"]);
    let sandbox = server.universe();
    for (calls, kept, dropped) in [
        (3, &["1", "2", "3"], 0),
        (1, &["2", "3", "4"], 1),
        (4, &["6", "7", "8"], 5),
    ] {
        for _ in 0..calls {
            sandbox.call("list_contacts", &json!({}));
        }
        let (ids, page) = find(&sandbox, "");
        assert_eq!(ids, kept);
        assert_eq!(
            (&page["dropped"], &page["total"]),
            (&json!(dropped), &json!(3))
        );
    }
    assert_eq!(sandbox.get("/__admin/calls/5").status, 404);
    sandbox.get("/__admin/calls/6").expect(200);
    // It is bounded by bytes as well.
    let server = desk_with(&["--log-bytes", "20000"]);
    let sandbox = server.universe();
    for _ in 0..4 {
        sandbox.call("add_contact", &json!({ "name": "x".repeat(4_000) }));
    }
    let (ids, page) = find(&sandbox, "");
    let dropped = page["dropped"].as_u64().expect("a number");
    assert!(dropped > 0, "{} calls are kept", ids.len());
    assert_eq!(ids.len() as u64 + dropped, 4);
    assert_eq!(ids.last().map(String::as_str), Some("4"));
}

#[test]
fn numbers_never_restart() {
    let server = desk();
    let sandbox = server.sandbox("x1");
    let call = || {
        sandbox.call("list_contacts", &json!({}));
        find(&sandbox, "").0
    };
    assert_eq!(call(), ["1"]);
    sandbox.delete("/__admin/calls").expect(200);
    let (ids, page) = find(&sandbox, "");
    assert!(ids.is_empty());
    assert_eq!((&page["total"], &page["next"]), (&json!(0), &Value::Null));
    assert_eq!(call(), ["2"]);
    sandbox
        .send("POST", "/__admin/mappings/reset", None)
        .expect_empty(200);
    assert_eq!(call(), ["3"]);
    sandbox.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(call(), ["4"]);
    assert_eq!(sandbox.get("/__admin/calls/3").status, 404);
}

#[test]
fn a_bad_question_is_refused_by_its_parameter() {
    let server = desk();
    for (query, field) in [
        ("status=ok", "status"),
        ("status=-1", "status"),
        ("matched=maybe", "matched"),
        ("since=yesterday", "since"),
        ("since=-1", "since"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=100000", "limit"),
        ("cursor=x", "cursor"),
        ("wall=no", "wall"),
        ("toll=x", "toll"),
        ("tool=a&tool=b", "tool"),
    ] {
        let answer = server.get(&format!("/__admin/calls?{query}"));
        assert!(
            (400..500).contains(&answer.status),
            "{query}: {}",
            answer.status
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{query}"
        );
        assert_eq!(
            answer.json()["errors"][0]["field"],
            field,
            "{query}: {}",
            answer.text
        );
    }
    for id in ["0", "1", "x", "-1", "99999999999999999999"] {
        let answer = server.get(&format!("/__admin/calls/{id}"));
        assert_eq!(answer.status, 404, "{id}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{id}"
        );
    }
}
