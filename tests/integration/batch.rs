//! Batches as a caller meets them: what stays of a half-failed one, money, bad input, many callers.

use serde_json::{Value, json};

use crate::batch_profiles::{PACK, server};
use crate::desk::each;
use crate::support::Server;

fn contacts(count: usize) -> Value {
    let items: Vec<Value> = (1..=count)
        .map(|at| json!({ "email": format!("c{at}") }))
        .collect();
    json!({ "items": items })
}

fn stored(server: &Server, sandbox: &str) -> Vec<String> {
    let path = format!("{sandbox}/__admin/collections/contacts");
    each(&server.get(&path).expect(200)["records"], "email")
}

fn payment(from: &str, to: &str, amount: &str) -> Value {
    json!({ "from": from, "to": to, "amount": amount })
}

#[track_caller]
fn balances(server: &Server, expected: &[(&str, &str)]) {
    for (agent, balance) in expected {
        let wallet = server.get(&format!("/__admin/wallets/{agent}")).expect(200);
        assert_eq!(wallet["balance"], *balance, "{agent}");
    }
    assert_eq!(server.get("/__admin/ledger/audit").expect(200)["ok"], true);
}

#[test]
fn seven_of_ten_are_left_and_a_retry_of_all_meets_them() {
    let server = server();
    let first = server.post("/flaky", &contacts(10)).expect(200);
    assert_eq!(
        (&first["created"], &first["failed"], &first["total"]),
        (&json!(7), &json!(3), &json!(10))
    );
    assert_eq!(each(&first["errors"], "index"), ["1", "4", "6"]);
    assert_eq!(each(&first["errors"], "code"), ["rate_limited"; 3]);
    assert_eq!(
        stored(&server, ""),
        ["c1", "c3", "c4", "c6", "c8", "c9", "c10"]
    );

    let again = server.post("/counted", &contacts(10)).expect(200);
    assert_eq!(
        (&again["created"], &again["failed"]),
        (&json!(3), &json!(7))
    );
    assert_eq!(each(&again["errors"], "code"), ["already_exists"; 7]);
    assert_eq!(
        each(&again["errors"], "index"),
        ["0", "2", "3", "5", "7", "8", "9"]
    );
    assert_eq!(stored(&server, "").len(), 10);
}

#[test]
fn made_up_failures_keep_to_their_calls() {
    let server = server();
    server.post("/flaky", &contacts(8)).expect(200);
    let second = server.post("/flaky", &contacts(8)).expect(200);
    let unavailable: Vec<&Value> = second["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter(|error| error["code"] == "unavailable")
        .collect();
    assert_eq!(
        unavailable
            .iter()
            .map(|error| &error["message"])
            .collect::<Vec<_>>(),
        ["no luck for c4", "no luck for c8"]
    );
    server.post("/flaky", &contacts(1)).expect(200);
    let fourth = server.post("/flaky", &contacts(8)).expect(200);
    assert_eq!(each(&fourth["errors"], "code"), ["already_exists"; 8]);
}

#[test]
fn a_batch_of_payments_of_which_the_fourth_lacks_funds() {
    let server = server();
    let items = json!({ "items": [
        payment("ann", "bob", "4.00"),
        payment("ann", "cid", "4.00"),
        payment("bob", "ann", "1.00"),
        payment("ann", "bob", "3.01"),
        payment("ann", "bob", "3.00"),
    ] });
    let body = server.post("/payments", &items).expect(200);
    assert_eq!((&body["created"], &body["failed"]), (&json!(4), &json!(1)));
    assert_eq!(body["errors"][0]["code"], "insufficient_funds");
    assert_eq!(body["errors"][0]["index"], 3);
    balances(
        &server,
        &[("ann", "0.00"), ("bob", "16.00"), ("cid", "14.00")],
    );
}

#[test]
fn payments_that_are_undone_leave_the_books_as_they_were() {
    let server = server();
    let items = json!({ "items": [payment("ann", "bob", "4.00"), payment("ann", "bob", "7.00")] });
    let body = server.post("/payments/all", &items).expect(200);
    assert_eq!(
        each(&body["errors"], "code"),
        ["rolled_back", "insufficient_funds"]
    );
    assert_eq!(
        server.get("/__admin/wallets/ann").status,
        404,
        "not even a wallet is left"
    );

    let mut chain = items["items"].as_array().expect("items").clone();
    chain[0]["linked"] = true.into();
    chain.push(payment("ann", "bob", "2.00"));
    let body = server
        .post("/payments/linked", &json!({ "items": chain }))
        .expect(200);
    assert_eq!(
        each(&body["results"], "result"),
        ["linked_event_failed", "exceeds_credits", "ok"]
    );
    balances(&server, &[("ann", "8.00"), ("bob", "12.00")]);

    let until = json!({ "items": [payment("ann", "bob", "1.00"), payment("ann", "bob", "9.00"), payment("ann", "bob", "1.00")] });
    let body = server.post("/payments/until", &until).expect(200);
    assert_eq!(
        body["count"],
        json!({ "total": 3, "succeeded": 1, "failed": 1, "skipped": 1 })
    );
    assert_eq!(each(&body["skipped"], "code"), ["not_tried"]);
    balances(&server, &[("ann", "7.00"), ("bob", "13.00")]);
}

#[test]
fn what_is_no_batch_is_refused_and_changes_nothing() {
    let server = server();
    let nested =
        json!([[[[{ "items": [{}] }]]], { "a": { "b": [null, true] } }, "x", 5, null, true]);
    for (body, cause) in [
        (json!({}), "malformed_batch"),
        (json!({ "items": null }), "malformed_batch"),
        (json!({ "items": "c1" }), "malformed_batch"),
        (json!({ "items": 5 }), "malformed_batch"),
        (json!({ "items": { "a": [], "b": 5 } }), "malformed_batch"),
        (json!({ "items": [] }), "batch_empty"),
        (json!({ "items": {} }), "batch_empty"),
        (contacts(10_001), "batch_too_large"),
        (json!([{ "email": "c1" }]), "invalid_input"),
        (json!("{\"items\":[{\"email\":\"c1\"}"), "malformed_body"),
    ] {
        let answer = server.post("/counted", &body);
        assert!((400..500).contains(&answer.status), "{}", answer.text);
        assert_eq!(answer.json()["error"], cause, "{}", answer.text);
    }
    let body = server
        .post("/counted", &json!({ "items": nested }))
        .expect(200);
    assert_eq!(each(&body["errors"], "code"), ["invalid_input"; 6]);
    assert!(stored(&server, "").is_empty());

    let mut one_malformed = contacts(3);
    one_malformed["items"][1] = json!(["c2"]);
    let body = server.post("/counted", &one_malformed).expect(200);
    assert_eq!(
        (&body["created"], &body["errors"][0]["index"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(stored(&server, ""), ["c1", "c3"]);
    // Items in lists of several names are taken one list after the other.
    let grouped = json!({ "items": { "b": [{ "email": "g1" }], "a": [{ "email": "g2" }, 5] } });
    let body = server.post("/counted", &grouped).expect(200);
    assert_eq!(
        (&body["created"], &body["errors"][0]["index"]),
        (&json!(2), &json!(2))
    );
}

#[test]
fn a_response_of_its_own_answers_instead() {
    let server = server();
    let answer = server.post(
        "/own",
        &json!({ "items": [{ "email": "a" }, { "email": "a" }] }),
    );
    assert_eq!(answer.header("x-total"), Some("2"));
    let body = answer.expect(202);
    assert_eq!(body["message"], "Created 1 of 2 records");
    assert_eq!(body["all"]["failed"], 1);
}

#[test]
fn a_stub_can_be_a_batch() {
    let server = server();
    let body = server
        .post("/stubbed", &json!({ "items": [{ "email": "a" }, {}] }))
        .expect(200);
    assert_eq!((&body["created"], &body["failed"]), (&json!(1), &json!(1)));
    assert_eq!(stored(&server, ""), ["a"]);
}

#[test]
fn the_call_log_has_one_call_and_says_which_items_failed() {
    let server = server();
    server
        .post(
            "/counted",
            &json!({ "items": [{ "email": "a" }, {}, { "email": "a" }] }),
        )
        .expect(200);
    let calls = server.get("/__admin/calls").expect(200);
    let calls = calls["calls"].as_array().expect("calls");
    assert_eq!(calls.len(), 1);
    let lines = calls[0]["trace"].as_array().expect("a trace");
    let line = lines
        .iter()
        .find(|line| line["step"] == "batch")
        .expect("a line");
    assert_eq!(
        line,
        &json!({ "step": "batch", "outcome": "partial", "detail": {
            "total": 3, "succeeded": 1, "failed": 2, "skipped": 0,
            "items": [
                { "item": 2, "cause": "invalid_input", "message": "email: \"email\" is a required property" },
                { "item": 3, "cause": "already_exists", "message": "there is a contact \"a\" already" },
            ],
        } })
    );
}

#[test]
fn a_queued_error_takes_the_place_of_the_whole_batch() {
    let server = server();
    server
        .post(
            "/__admin/errors",
            &json!({ "status": 503, "tool": "counted" }),
        )
        .expect(201);
    assert_eq!(server.post("/counted", &contacts(3)).status, 503);
    assert!(stored(&server, "").is_empty());
    assert_eq!(
        server.post("/counted", &contacts(3)).expect(200)["created"],
        3
    );
}

#[test]
fn every_contact_is_made_once_by_sixteen_callers() {
    let server = Server::with(&["--stubs", PACK]);
    let created: u64 = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..16)
            .map(|caller| {
                let server = &server;
                scope.spawn(move || {
                    // Each caller sends the same contacts, turned by its number.
                    let mut body = contacts(40);
                    if let Some(items) = body["items"].as_array_mut() {
                        items.rotate_left(caller * 2);
                    }
                    let body = server.post("/counted", &body).expect(200);
                    let (created, failed) = (body["created"].as_u64(), body["failed"].as_u64());
                    assert_eq!(created.zip(failed).map(|(a, b)| a + b), Some(40));
                    created.unwrap_or(0)
                })
            })
            .collect();
        callers
            .into_iter()
            .filter_map(|caller| caller.join().ok())
            .sum()
    });
    assert_eq!(created, 40);
    assert_eq!(stored(&server, "").len(), 40);
}

#[test]
fn of_sixteen_batches_that_want_all_one_gets_all() {
    let server = server();
    let items: Vec<Value> = (0..5).map(|_| payment("ann", "bob", "2.00")).collect();
    let done: usize = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..16)
            .map(|_| {
                let (server, items) = (&server, &items);
                scope.spawn(move || {
                    let body = server
                        .post("/payments/all", &json!({ "items": items }))
                        .expect(200);
                    assert!(body["created"] == 0 || body["created"] == 5, "{body}");
                    usize::from(body["created"] == 5)
                })
            })
            .collect();
        callers
            .into_iter()
            .filter_map(|caller| caller.join().ok())
            .sum()
    });
    assert_eq!(done, 1);
    balances(&server, &[("ann", "0.00"), ("bob", "20.00")]);
}

#[test]
fn nonsense_is_answered_with_a_clear_4xx_or_item_by_item() {
    let server = server();
    let items = json!([null, 5, "x", [], {}, [[{}]], { "id": [] }, { "id": "a", "dependsOn": { "b": [1] } },
        { "id": "b", "dependsOn": [5, null] }, { "id": {}, "url": {}, "method": [], "headers": 5, "body": [] },
        { "PutRequest": 5 }, { "DeleteRequest": { "Key": [] } }, { "flags": 5 }, { "flags": { "linked": "x" } },
        { "action": 5, "source": 6 }, { "index": "x", "number": {}, "given": 5, "cause": [], "status": "y" },
        { "json": [] }, { "properties": "p", "objectWriteTraceId": {} }]);
    let profiles = [
        ("counted", "items"),
        ("multi-status", "items"),
        ("_bulk", "lines"),
        ("dynamodb", "RequestItems"),
        ("sqs", "Entries"),
        ("kinesis", "Records"),
        ("google", "requests"),
        ("ms-graph", "requests"),
        ("salesforce", "records"),
        ("hubspot", "inputs"),
        ("bigquery", "rows"),
        ("graphql", "variables"),
        ("linked", "events"),
    ];
    let one_by_one: Vec<Value> = items
        .as_array()
        .expect("items")
        .iter()
        .map(|item| json!([item]))
        .collect();
    for (profile, own) in profiles {
        for member in ["items", own] {
            let lists = one_by_one.iter().chain([&items]);
            let shapes = [
                json!(null),
                json!(5),
                json!("x"),
                json!({ "a": { "b": [] } }),
                json!({ "a": items }),
            ];
            for value in lists.chain(&shapes) {
                let flags = json!({ "allOrNone": "x", "skipInvalidRows": [] });
                for mut body in [json!({}), flags] {
                    body[member] = value.clone();
                    let answer = server.post(&format!("/{profile}"), &body);
                    assert!(
                        answer.status < 500,
                        "{profile} {body}: {} {}",
                        answer.status,
                        answer.text
                    );
                }
            }
        }
    }
    for line in [
        "{}",
        "{\"create\":5}",
        "{\"create\":{},\"index\":{}}",
        "{\"create\":[]}",
    ] {
        let lines = format!("{line}\n[]\n");
        let answer = server.request(
            "POST",
            "/_bulk",
            &[("content-type", "application/x-ndjson")],
            Some(&lines),
        );
        assert!(answer.status < 500, "{line}: {}", answer.text);
    }
}
