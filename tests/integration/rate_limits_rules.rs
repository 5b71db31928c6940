//! Rate limits: how several of them count together, by whom and by what, and what a tester can set.

use serde_json::{Value, json};

use crate::support::Server;

fn serve() -> Server {
    let clock = "frozen@2026-01-01T00:00:00Z";
    Server::with(&["--stubs", "tests/packs/limits", "--clock", clock])
}

/// Calls one after the other: the tool, its input, and the status that must come. `+5s` lets time pass.
fn check(server: &Server, script: &str) {
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        if let Some(seconds) = line.strip_prefix('+') {
            let by = json!({ "by": format!("PT{}", seconds.to_uppercase()) });
            server.post("/__admin/clock/advance", &by).expect(200);
            continue;
        }
        let (call, status) = line.rsplit_once(' ').expect("a status");
        let (tool, input) = call.split_once(' ').unwrap_or((call, "{}"));
        let answer = server.send("POST", &format!("/call/{tool}"), Some(&json!(input)));
        assert_eq!(answer.status.to_string(), status, "{line}: {}", answer.text);
    }
}

#[test]
fn each_agent_has_a_counter_of_its_own() {
    check(
        &serve(),
        r#"
        by_agent {"agent":"ada"} 200
        by_agent {"agent":"ada"} 200
        by_agent {"agent":"ada"} 200
        by_agent {"agent":"ada"} 429
        by_agent {"agent":"bob"} 200
        by_agent {} 200
        +59S
        by_agent {"agent":"ada"} 429
        +1S
        by_agent {"agent":"ada"} 200
        "#,
    );
}

#[test]
fn a_call_is_served_when_all_limits_let_it_and_counts_against_none_when_one_does_not() {
    check(
        &serve(),
        r#"
        twice {} 200
        twice {} 200
        twice {} 429
        twice {} 429
        +1S
        twice {} 200
        twice {} 429
        +1S
        twice {} 429
        +86398S
        twice {} 200
        "#,
    );
}

#[test]
fn the_longest_wait_is_told() {
    let server = serve();
    check(&server, "twice {} 200\ntwice {} 200\n+1S\ntwice {} 200");
    let refused = server.post("/call/twice", &json!({}));
    assert_eq!(refused.header("retry-after"), Some("86399"));
    assert_eq!(refused.expect(429)["wait"], 86_399_000);
}

#[test]
fn calls_weigh_what_they_cost() {
    check(
        &serve(),
        r#"
        weighed {"size":7} 200
        weighed {"size":4} 429
        weighed {"size":3} 200
        weighed {"size":0} 200
        weighed {"size":1} 429
        weighed {"size":11} 429
        weighed {"size":-1} 429
        weighed {"size":"x"} 429
        "#,
    );
}

#[test]
fn a_cost_that_is_no_whole_number_is_refused_and_has_counted_as_1() {
    let server = serve();
    let refused = server.post("/call/flooded", &json!({ "size": "x" }));
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("size: expected"), "{}", refused.text);
    check(
        &server,
        r#"
        flooded {"size":1.5} 422
        flooded {"size":-1} 429
        flooded {"size":2} 429
        "#,
    );
    assert_eq!(used(&server, "limits.tokens"), [("".to_owned(), 2)]);
}

/// What each counter of a limit has used, by its key.
fn used(server: &Server, limit: &str) -> Vec<(String, u64)> {
    let listed = server.get("/__admin/limits").expect(200);
    let limits = listed["limits"].as_array().expect("limits");
    let one = limits.iter().find(|known| known["limit"] == limit);
    let counters = one.expect("the limit")["counters"].as_array().cloned();
    let counters = counters.expect("counters").into_iter();
    counters
        .map(|counter| {
            let key = counter["key"].as_str().expect("a key").to_owned();
            (key, counter["used"].as_u64().expect("a number"))
        })
        .collect()
}

#[test]
fn keys_are_short_and_parts_of_them_do_not_run_together() {
    let server = serve();
    let long = "q".repeat(100_000);
    let other = format!("{long}r");
    for (text, status) in [(&long, 200), (&long, 429), (&other, 200)] {
        let answer = server.post("/call/by_text", &json!({ "q": text }));
        assert_eq!(answer.status, status);
    }
    let keys = used(&server, "limits.text");
    assert_eq!(keys.len(), 2);
    for (key, _) in &keys {
        assert!(key.starts_with("sha256:") && key.len() == 71);
    }
    // A caller that sends what another's key is made into does not count with it.
    let made = json!({ "q": keys[0].0 });
    server.post("/call/by_text", &made).expect(200);
    // The caller can be named as the list has it, and as it names itself.
    for key in [keys[0].0.as_str(), &long] {
        let change = json!({ "limit": "text", "key": key, "remaining": 0 });
        server.put("/__admin/limits", &change).expect(200);
    }
    assert_eq!(used(&server, "limits.text").len(), 3);
    check(
        &server,
        r#"
        by_pair {"one":"a\u001fb","other":"c"} 200
        by_pair {"one":"a","other":"b\u001fc"} 200
        by_pair {"one":"a","other":"b\u001fc"} 429
        "#,
    );
    assert_eq!(used(&server, "limits.pair").len(), 2);
}

#[test]
fn a_header_that_cannot_be_written_is_left_out_and_noted() {
    let server = serve();
    let told = server.post("/call/telling", &json!({ "agent": "zoe" }));
    assert_eq!(told.header("x-agent"), Some("zoe"));
    let told = server.post("/call/telling", &json!({ "agent": "zo\u{1}e" }));
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.header("x-agent"), None);
    assert_eq!(told.header("x-left"), Some("1"), "the others are there");
    let traced = server.get("/__admin/calls/2").expect(200);
    let traced = traced["trace"].to_string();
    assert!(
        traced.contains("leftOut") && traced.contains("x-agent"),
        "{traced}"
    );
}

#[test]
fn the_limits_of_stubs_are_listed_and_set_like_those_of_tools() {
    let server = serve();
    let added = json!({
        "request": { "method": "GET", "urlPath": "/added" },
        "response": { "status": 200, "body": "served" },
        "rateLimit": { "profile": "slack", "limit": 5 },
    });
    let added = server.post("/__admin/mappings", &added).expect(201);
    let added = added["id"].as_str().expect("an id").to_owned();
    for (path, change) in [
        ("/stub", json!({ "limit": "stub", "remaining": 1 })),
        (
            "/stub",
            json!({ "tool": "6f2c3c1e-7a52-4d6c-9a43-0c1f7f2f8a11", "remaining": 1 }),
        ),
        ("/added", json!({ "limit": "slack", "remaining": 1 })),
        ("/added", json!({ "tool": added, "remaining": 1 })),
    ] {
        server.put("/__admin/limits", &change).expect(200);
        assert_eq!(server.get(path).status, 200, "{change}");
        assert_eq!(server.get(path).status, 429, "{change}");
        server.delete("/__admin/limits").expect(200);
    }
    server.get("/stub");
    assert_eq!(used(&server, "limits.stub"), [("".to_owned(), 1)]);
    server.delete("/__admin/limits?limit=stub").expect(200);
    assert_eq!(used(&server, "limits.stub"), []);
}

#[test]
fn what_is_refused_for_another_reason_has_counted() {
    check(
        &serve(),
        "refusing {} 404\nrefusing {} 404\nrefusing {} 404\nrefusing {} 429",
    );
}

#[test]
fn limits_of_one_name_count_together_and_those_of_the_pack_over_all_tools() {
    let server = serve();
    check(
        &server,
        "shared_one {} 200\nshared_two {} 200\nshared_one {} 200\nshared_two {} 429\nshared_one {} 429",
    );
    for call in 0..17 {
        let answer = server.post("/call/sometimes", &json!({}));
        assert_eq!(answer.status, 200, "call {call}");
    }
    check(
        &server,
        "sometimes {} 429\nsometimes {\"agent\":\"ada\"} 200",
    );
}

#[test]
fn an_expression_is_a_key_and_a_condition() {
    check(
        &serve(),
        r#"
        by_address {"room":1} 200
        by_address {"room":1} 200
        by_address {"room":1} 200
        by_address {"room":1} 429
        by_address {"room":2} 200
        by_address {} 200
        sometimes {"counted":1} 200
        sometimes {"counted":1} 429
        sometimes {} 200
        "#,
    );
}

#[test]
fn a_call_without_a_delay_holds_no_slot() {
    check(&serve(), "slow {} 200\nslow {} 200\nslow {} 200");
}

#[test]
fn a_stub_may_have_a_limit_and_so_may_one_that_a_tester_adds() {
    let server = serve();
    for left in ["2", "1", "0"] {
        let answer = server.get("/stub");
        assert_eq!((answer.status, answer.text.as_str()), (200, "served"));
        assert_eq!(answer.header("x-left"), Some(left));
    }
    assert_eq!(server.get("/stub").status, 429);
    let stub = json!({
        "request": { "method": "GET", "urlPath": "/added" },
        "response": { "status": 200, "body": "served" },
        "rateLimit": { "profile": "slack", "limit": 1 },
    });
    server.post("/__admin/mappings", &stub).expect(201);
    assert_eq!(server.get("/added").text, "served");
    let refused = server.get("/added");
    assert_eq!(
        refused.expect(429),
        json!({ "ok": false, "error": "ratelimited" })
    );
    let wrong = json!({ "request": {}, "response": {}, "rateLimit": "slak" });
    let refused = server.post("/__admin/mappings", &wrong);
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("slack"), "{}", refused.text);
}

#[test]
fn a_tester_says_how_much_is_left_and_forgets_what_was_counted() {
    let server = serve();
    server
        .put(
            "/__admin/limits",
            &json!({ "limit": "day", "remaining": 1 }),
        )
        .expect(200);
    check(&server, "twice {} 200\ntwice {} 429\n+1S\ntwice {} 429");
    // A day later the limit is what the pack says.
    check(&server, "+86399S\ntwice {} 200\ntwice {} 200");
    server
        .put(
            "/__admin/limits",
            &json!({ "limit": "polite", "key": "ada", "remaining": 1 }),
        )
        .expect(200);
    check(
        &server,
        "by_agent {\"agent\":\"ada\"} 200\nby_agent {\"agent\":\"ada\"} 429\nby_agent {\"agent\":\"bob\"} 200",
    );
    let listed = server.get("/__admin/limits").expect(200);
    let limits = listed["limits"].as_array().expect("limits");
    let one = limits
        .iter()
        .find(|limit| limit["limit"] == "limits.polite");
    let counters = &one.expect("the limit")["counters"];
    assert_eq!(
        counters,
        &json!([
            { "key": "ada", "limit": 3, "used": 3, "remaining": 0, "resetAt": "2026-01-02T00:01:00Z" },
            { "key": "bob", "limit": 3, "used": 1, "remaining": 2, "resetAt": "2026-01-02T00:01:00Z" },
        ])
    );
    server.delete("/__admin/limits?limit=polite").expect(200);
    check(&server, "by_agent {\"agent\":\"ada\"} 200");
    server.delete("/__admin/limits").expect(200);
    let listed = server.get("/__admin/limits").expect(200);
    let counted = |limit: &Value| {
        limit["counters"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    };
    assert!(
        !listed["limits"]
            .as_array()
            .is_some_and(|all| all.iter().any(counted))
    );
}

#[test]
fn what_a_tester_says_wrong_is_refused() {
    let server = serve();
    for (body, status) in [
        (json!({ "limit": "nothing", "remaining": 1 }), 404),
        (json!({ "tool": "nothing", "remaining": 1 }), 404),
        (json!({ "remaining": 1 }), 422),
        (json!({ "limit": "day", "remaining": 4 }), 422),
        (json!({ "limit": "day", "remaining": -1 }), 422),
        (json!({ "limit": "day" }), 422),
        (json!({ "limit": "day", "remaining": 1, "left": 1 }), 422),
    ] {
        let answer = server.put("/__admin/limits", &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
    }
    assert_eq!(server.delete("/__admin/limits?limit=nothing").status, 404);
    assert_eq!(server.delete("/__admin/limits?limits=day").status, 422);
}

#[test]
fn where_no_wait_helps_none_is_told() {
    let server = serve();
    let never = server.post("/call/weighed", &json!({ "size": 11 }));
    assert_eq!((never.status, never.header("retry-after")), (429, None));
    for (profile, part, said) in [
        ("openai", "/error/message", "Request too large for"),
        ("google", "/error/message", "Quota exceeded"),
        ("anthropic", "/error/type", "rate_limit_error"),
        ("notion", "/code", "rate_limited"),
    ] {
        let path = format!("/never/{profile}");
        let limit = match profile {
            "openai" => json!({ "profile": profile, "cost": "40000" }),
            _ => json!({ "profile": profile, "limit": 0 }),
        };
        let stub = json!({
            "request": { "urlPath": path }, "response": { "body": "served" }, "rateLimit": limit,
        });
        server.post("/__admin/mappings", &stub).expect(201);
        let refused = server.get(&path);
        let body = refused.expect(429);
        let found = body.pointer(part).and_then(Value::as_str);
        assert!(found.unwrap_or_default().contains(said), "{body}");
        for header in ["retry-after", "retry-after-ms"] {
            assert_eq!(refused.header(header), None, "{profile}");
        }
        for word in ["try again", "retryDelay", "\"\""] {
            let told = refused.text.contains(word) && profile != "notion";
            assert!(!told, "{profile}: {body}");
        }
    }
}

#[test]
fn a_limit_that_there_is_not_is_named_by_its_member() {
    let server = serve();
    for (body, field) in [
        (json!({ "limit": "nothing", "remaining": 1 }), "limit"),
        (json!({ "tool": "nothing", "remaining": 1 }), "tool"),
    ] {
        let problem = server.put("/__admin/limits", &body).expect(404);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let gone = server.delete("/__admin/limits?limit=nothing");
    assert_eq!(gone.json()["errors"][0]["field"], "limit", "{}", gone.text);
}

#[test]
fn replies_of_some_statuses_do_not_count() {
    let server = serve();
    let tag = server
        .get("/asked")
        .header("etag")
        .expect("a tag")
        .to_owned();
    let ask = |tag: &str, path: &str| server.request("GET", path, &[("if-none-match", tag)], None);
    // One of three has counted. What has not changed counts against neither limit, and tells so.
    for _ in 0..10 {
        let same = ask(&tag, "/asked");
        assert_eq!(same.status, 304, "{}", same.text);
        assert_eq!(same.header("x-left"), Some("2"));
        assert_eq!(same.header("x-log"), Some("1"));
    }
    // A failure counts against one of them.
    for used in 2..=4 {
        let failed = server.get("/asked?status=503");
        assert_eq!(failed.status, 503, "{}", failed.text);
        assert_eq!(failed.header("x-left"), Some("2"));
        assert_eq!(failed.header("x-log"), Some(used.to_string().as_str()));
    }
    let changed = ask("\"another\"", "/asked");
    assert_eq!(changed.status, 200);
    assert_eq!(changed.header("x-left"), Some("1"));
    let limits = server.get("/__admin/limits").expect(200);
    assert!(limits.to_string().contains("asked"), "{limits}");
    // A limit that is reached refuses before anybody knows what the status were.
    let refused = ask(&tag, "/asked");
    assert_eq!(refused.status, 429, "{}", refused.text);
    let calls = server.get("/__admin/calls?limit=100").expect(200);
    assert_eq!(calls.to_string().matches("\"uncounted\"").count(), 23);
}
