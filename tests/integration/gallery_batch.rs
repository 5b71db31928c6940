//! The gallery that ships, batch by batch: each profile takes plain items and its vendor's own request,
//! says which are done as its vendor does, and leaves what it says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::desk::each;
use crate::support::{Answer, Server};

fn server() -> Server {
    let clock = "frozen@2026-01-01T00:00:00Z";
    Server::with(&["--stubs", "stubs/gallery", "--clock", clock])
}

/// Calls a profile's batch in a sandbox of its own.
fn send(server: &Server, sandbox: &str, profile: &str, body: &Value) -> Answer {
    server.sandbox(sandbox);
    server.post(&format!("/s/{sandbox}/gallery/batch/{profile}"), body)
}

/// The ids of the entries that a sandbox has.
fn left(server: &Server, sandbox: &str) -> BTreeSet<String> {
    let all = server.get(&format!("/s/{sandbox}/gallery/entries?limit=100"));
    each(&all.expect(200)["items"], "id").into_iter().collect()
}

/// What an answer has: JSON pointers, and what is there. `-` is nothing.
type Told = &'static [(&'static str, &'static str)];

/// A status, and words of the body.
type Answered = (u16, &'static str);

#[track_caller]
fn told(what: &str, answer: &Answer, status: u16, expected: Told) {
    let body = answer.expect(status);
    for (pointer, value) in expected {
        let found = body
            .pointer(pointer)
            .map_or("-".to_owned(), Value::to_string);
        assert_eq!(&found, value, "{what} {pointer}: {body}");
    }
}

/// Of ten entries `e0` to `e9`, `e2` has no name and `e5` is there already: the status, what is told, and
/// how many of the others are made.
const PLAIN: &[(&str, u16, Told, usize)] = &[
    (
        "counted",
        200,
        &[
            ("/created", "8"),
            ("/failed", "2"),
            ("/total", "10"),
            ("/errors/0/index", "2"),
            ("/errors/0/code", "\"invalid_input\""),
            ("/errors/1/index", "5"),
            ("/errors/1/message", r#""there is an entry \"e5\" already""#),
            ("/errors/2", "-"),
        ],
        8,
    ),
    (
        "multi-status",
        207,
        &[
            ("/responses/0/status", "201"),
            ("/responses/2/status", "422"),
            ("/responses/5/status", "409"),
            ("/responses/9/body/id", "\"e9\""),
        ],
        8,
    ),
    (
        "elasticsearch",
        200,
        &[
            ("/took", "0"),
            ("/errors", "true"),
            ("/items/0/index/_id", "\"e0\""),
            ("/items/0/index/status", "201"),
            ("/items/0/index/result", "\"created\""),
            ("/items/2/index/status", "400"),
            ("/items/5/index/status", "409"),
            (
                "/items/5/index/error/type",
                "\"version_conflict_engine_exception\"",
            ),
            ("/items/9/index/_id", "\"e9\""),
        ],
        8,
    ),
    // An id that is taken is written over; what cannot be written refuses all.
    (
        "dynamodb",
        400,
        &[(
            "/__type",
            "\"com.amazon.coral.validate#ValidationException\"",
        )],
        0,
    ),
    (
        "sqs",
        200,
        &[
            ("/Successful/0/Id", "\"e0\""),
            ("/Successful/7/Id", "\"e9\""),
            ("/Failed/0/Id", "\"e2\""),
            ("/Failed/0/SenderFault", "true"),
            ("/Failed/0/Code", "\"InvalidParameterValue\""),
            ("/Failed/1/Id", "\"e5\""),
        ],
        8,
    ),
    (
        "kinesis",
        200,
        &[
            ("/FailedRecordCount", "2"),
            ("/Records/0/ShardId", "\"shardId-000000000000\""),
            ("/Records/0/ErrorCode", "-"),
            ("/Records/2/ErrorCode", "\"InternalFailure\""),
            ("/Records/5/SequenceNumber", "-"),
        ],
        8,
    ),
    (
        "google",
        400,
        &[
            ("/error/status", "\"INVALID_ARGUMENT\""),
            (
                "/error/details/0/fieldViolations/0/field",
                "\"requests[2].name\"",
            ),
        ],
        0,
    ),
    // In any order: what is told of each stands below.
    (
        "ms-graph",
        200,
        &[("/responses/9/headers/Content-Type", "\"application/json\"")],
        8,
    ),
    (
        "salesforce",
        200,
        &[
            ("/0", r#"{"id":"e0","success":true,"errors":[]}"#),
            ("/2/errors/0/statusCode", "\"REQUIRED_FIELD_MISSING\""),
            ("/2/errors/0/fields", "[\"name\"]"),
            ("/5/success", "false"),
            ("/5/errors/0/statusCode", "\"DUPLICATE_VALUE\""),
        ],
        8,
    ),
    (
        "hubspot",
        207,
        &[
            ("/status", "\"COMPLETE\""),
            ("/numErrors", "2"),
            ("/results/0/id", "\"e0\""),
            ("/results/7/id", "\"e9\""),
            ("/errors/0/category", "\"VALIDATION_ERROR\""),
            ("/errors/1/category", "\"CONFLICT\""),
        ],
        8,
    ),
    // One bad row stops the others.
    (
        "bigquery",
        200,
        &[
            ("/insertErrors/0/index", "2"),
            ("/insertErrors/0/errors/0/reason", "\"invalid\""),
            ("/insertErrors/2/index", "0"),
            ("/insertErrors/2/errors/0/reason", "\"stopped\""),
        ],
        0,
    ),
    (
        "graphql",
        200,
        &[
            ("/data/items/0/id", "\"e0\""),
            ("/data/items/2", "null"),
            ("/errors/0/path", "[\"items\",2]"),
            ("/errors/0/extensions/code", "\"BAD_USER_INPUT\""),
            ("/errors/1/extensions/code", "\"CONFLICT\""),
        ],
        8,
    ),
    (
        "linked",
        200,
        &[
            ("/results/0/result", "\"ok\""),
            ("/results/2/result", "\"invalid_input\""),
            ("/results/5/result", "\"exists\""),
            ("/results/9/result", "\"ok\""),
        ],
        8,
    ),
];

#[test]
fn of_ten_plain_items_each_profile_makes_what_it_says() {
    let server = server();
    for (profile, status, expected, made) in PLAIN {
        let taken = json!({ "items": [{ "id": "e5", "name": "Taken" }] });
        send(&server, profile, "counted", &taken).expect(200);
        let mut items: Vec<Value> = (0..10)
            .map(|n| json!({ "id": format!("e{n}"), "name": format!("Entry {n}") }))
            .collect();
        items[2] = json!({ "id": "e2" });
        let answer = send(&server, profile, profile, &json!({ "items": items }));
        told(profile, &answer, *status, expected);
        let ids = left(&server, profile);
        assert_eq!(ids.len(), made + 1, "{profile}: {ids:?}");
        assert!(!ids.contains("e2"), "{profile}");

        // Who sends all again makes nothing twice, and nothing more.
        send(&server, profile, profile, &json!({ "items": items }));
        assert_eq!(left(&server, profile), ids, "{profile}");
    }
}

fn put(id: &str) -> Value {
    json!({ "PutRequest": { "Item": { "id": { "S": id }, "name": { "S": "x" } } } })
}

#[test]
fn each_profile_takes_its_vendors_request() {
    let server = server();
    let requests: [(&str, Value, u16, Told, &[&str]); 9] = [
        (
            "sqs",
            json!({ "Entries": [{ "Id": "a", "MessageBody": "x" }, { "Id": "b", "MessageBody": "" }] }),
            200,
            &[("/Successful/0/Id", "\"a\""), ("/Failed/0/Id", "\"b\"")],
            &["a"],
        ),
        (
            "google",
            json!({ "requests": [{ "id": "a", "name": "x" }, { "id": "b", "name": "x" }] }),
            200,
            &[("/entries/1", r#"{"id":"b","name":"x"}"#)],
            &["a", "b"],
        ),
        (
            "salesforce",
            json!({ "allOrNone": true, "records": [{ "id": "a", "name": "x" }, { "id": "b" }] }),
            200,
            &[
                (
                    "/0/errors/0/statusCode",
                    "\"ALL_OR_NONE_OPERATION_ROLLED_BACK\"",
                ),
                ("/1/errors/0/statusCode", "\"REQUIRED_FIELD_MISSING\""),
            ],
            &[],
        ),
        (
            "hubspot",
            json!({ "inputs": [
                { "objectWriteTraceId": "1", "properties": { "id": "a", "name": "x" } },
                { "objectWriteTraceId": "2", "properties": { "id": "a", "name": "x" } },
            ] }),
            207,
            &[
                ("/results/0/id", "\"a\""),
                ("/errors/0/context/objectWriteTraceId", "[\"2\"]"),
            ],
            &["a"],
        ),
        (
            "hubspot",
            json!({ "inputs": [{ "properties": { "id": "b", "name": "x" } }, { "properties": { "id": "a", "name": "x" } }] }),
            409,
            &[("/category", "\"CONFLICT\"")],
            &["a"],
        ),
        (
            "bigquery",
            json!({ "skipInvalidRows": true, "rows": [{ "json": { "id": "a", "name": "x" } }, { "json": { "id": 5 } }] }),
            200,
            &[("/insertErrors/0/index", "1"), ("/insertErrors/1", "-")],
            &["a"],
        ),
        (
            "graphql",
            json!({ "query": "mutation", "variables": { "input": [{ "id": "a", "name": "x" }, { "id": "b" }] } }),
            200,
            &[
                ("/data/items/0/id", "\"a\""),
                ("/errors/0/path", "[\"items\",1]"),
            ],
            &["a"],
        ),
        (
            "linked",
            json!({ "events": [
                { "id": "a", "name": "x", "flags": { "linked": true } },
                { "id": "b" },
                { "id": "c", "name": "x" },
            ] }),
            200,
            &[
                ("/results/0/result", "\"linked_event_failed\""),
                ("/results/1/result", "\"invalid_input\""),
                ("/results/2/result", "\"ok\""),
            ],
            &["c"],
        ),
        (
            "kinesis",
            json!({ "Records": [
                { "PartitionKey": "p", "Data": "eA==" },
                { "PartitionKey": "hot", "Data": "eA==" },
            ] }),
            200,
            &[
                ("/FailedRecordCount", "1"),
                (
                    "/Records/1/ErrorCode",
                    "\"ProvisionedThroughputExceededException\"",
                ),
            ],
            &["*"],
        ),
    ];
    for (profile, body, status, expected, made) in requests {
        let answer = send(&server, profile, profile, &body);
        told(profile, &answer, status, expected);
        let ids = left(&server, profile);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        match made {
            ["*"] => assert_eq!(ids.len(), 1, "{profile}"),
            made => assert_eq!(ids, made, "{profile}"),
        }
    }
}

#[test]
fn lines_are_an_action_and_its_source() {
    let server = server();
    let lines = [
        r#"{"create":{"_index":"entries","_id":"a"}}"#,
        r#"{"name":"x"}"#,
        r#"{"create":{"_index":"entries","_id":"a"}}"#,
        r#"{"name":"y"}"#,
        r#"{"index":{"_index":"entries","_id":"a"}}"#,
        r#"{"name":"z"}"#,
        r#"{"index":{"_index":"entries"}}"#,
        r#"{"name":"made up"}"#,
        r#"{"delete":{"_index":"entries","_id":"a"}}"#,
        r#"{"delete":{"_index":"entries","_id":"b"}}"#,
        "",
    ];
    let kind = [("content-type", "application/x-ndjson")];
    let path = "/gallery/batch/elasticsearch";
    let answer = server.request("POST", path, &kind, Some(&lines.join("\n")));
    told(
        "elasticsearch",
        &answer,
        200,
        &[
            ("/errors", "true"),
            ("/items/0/create/status", "201"),
            ("/items/1/create/status", "409"),
            ("/items/2/index/_id", "\"a\""),
            ("/items/2/index/status", "201"),
            ("/items/4/delete/status", "200"),
            ("/items/5/delete/status", "404"),
        ],
    );
    let entries = server.get("/gallery/entries").expect(200);
    assert_eq!(each(&entries["items"], "name"), ["made up"]);
    let made = &answer.json()["items"][3]["index"]["_id"];
    assert_eq!(made, &entries["items"][0]["id"]);
}

#[test]
fn what_a_table_has_no_room_for_is_sent_again_until_nothing_is_left() {
    let server = server();
    let puts: Vec<Value> = (0..25).map(|n| put(&format!("d{n}"))).collect();
    let mut request = json!({ "entries": puts });
    let mut calls = Vec::new();
    while request != json!({}) {
        let body = json!({ "RequestItems": request });
        let answer = send(&server, "default", "dynamodb", &body).expect(200);
        request = answer["UnprocessedItems"].clone();
        calls.push(request["entries"].as_array().map_or(0, Vec::len));
    }
    assert_eq!(calls, [15, 5, 0]);
    assert_eq!(left(&server, "default").len(), 25);

    // Of nothing but a hot key nothing is processed, and the whole is refused.
    let hot = json!({ "RequestItems": { "entries": [put("hot")] } });
    let refused = send(&server, "default", "dynamodb", &hot).expect(400);
    let kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
    assert_eq!(refused["__type"], kind);
    let some = json!({ "RequestItems": { "entries": [put("hot"), put("d0")] } });
    let some = send(&server, "default", "dynamodb", &some).expect(200);
    assert_eq!(some["UnprocessedItems"], json!({ "entries": [put("hot")] }));
}

#[test]
fn requests_in_a_request_are_answered_in_any_order() {
    let server = server();
    let entry = json!({ "id": "a", "name": "x" });
    let body = json!({ "requests": [
        { "id": "1", "method": "POST", "url": "/gallery/entries", "body": entry },
        { "id": "2", "method": "GET", "url": "/gallery/entries/a", "dependsOn": ["1"] },
        { "id": "3", "method": "POST", "url": "/gallery/entries", "body": entry },
        { "id": "4", "method": "DELETE", "url": "/gallery/entries/a", "dependsOn": ["3"] },
        { "id": "5", "method": "GET", "url": "/gallery/entries/none" },
        { "id": "6", "method": "GET", "url": "/elsewhere" },
    ] });
    let answer = send(&server, "default", "ms-graph", &body).expect(200);
    let mut responses = answer["responses"].as_array().expect("responses").clone();
    let order = each(&answer["responses"], "id");
    assert!(!order.is_sorted(), "{order:?}");
    responses.sort_by_key(|one| one["id"].to_string());
    let status: Vec<u64> = responses
        .iter()
        .filter_map(|one| one["status"].as_u64())
        .collect();
    assert_eq!(status, [201, 200, 409, 424, 404, 404]);
    assert_eq!(responses[1]["body"], entry);
}

#[test]
fn a_whole_that_is_no_batch_is_refused_and_nothing_is_made() {
    let server = server();
    // How many are too many; the statuses of no items, too many, and no list; and words of each.
    let bounds: &[(&str, usize, [Answered; 3])] = &[
        (
            "counted",
            10_001,
            [
                (400, "batch_empty"),
                (400, "batch_too_large"),
                (400, "malformed_batch"),
            ],
        ),
        (
            "multi-status",
            10_001,
            [
                (400, "batch_empty"),
                (400, "batch_too_large"),
                (400, "malformed_batch"),
            ],
        ),
        (
            "elasticsearch",
            50_001,
            [(400, "no requests added"), (413, ""), (400, "Malformed")],
        ),
        (
            "dynamodb",
            26,
            [
                (400, "less than or equal to 25"),
                (400, "less than or equal to 25"),
                (400, "ValidationException"),
            ],
        ),
        (
            "sqs",
            11,
            [
                (400, "EmptyBatchRequest"),
                (400, "TooManyEntriesInBatchRequest"),
                (400, "SerializationException"),
            ],
        ),
        (
            "kinesis",
            501,
            [
                (400, "greater than or equal to 1"),
                (400, "less than or equal to 500"),
                (400, "SerializationException"),
            ],
        ),
        (
            "google",
            1_001,
            [
                (400, "at least 1"),
                (400, "at most 1000"),
                (400, "INVALID_ARGUMENT"),
            ],
        ),
        (
            "ms-graph",
            21,
            [
                (400, "Invalid batch payload"),
                (400, "exceeds the limit"),
                (400, "Invalid batch payload"),
            ],
        ),
        (
            "salesforce",
            201,
            [
                (400, "JSON_PARSER_ERROR"),
                (400, "EXCEEDED_ID_LIMIT"),
                (400, "JSON_PARSER_ERROR"),
            ],
        ),
        (
            "hubspot",
            101,
            [
                (400, "VALIDATION_ERROR"),
                (400, "VALIDATION_ERROR"),
                (400, "VALIDATION_ERROR"),
            ],
        ),
        (
            "bigquery",
            50_001,
            [(400, "invalid"), (400, "invalid"), (400, "invalid")],
        ),
        (
            "graphql",
            10_001,
            [
                (200, "BAD_USER_INPUT"),
                (200, "BAD_USER_INPUT"),
                (200, "BAD_USER_INPUT"),
            ],
        ),
        (
            "linked",
            8_191,
            [
                (400, "batch_empty"),
                (400, "batch_too_large"),
                (400, "malformed_batch"),
            ],
        ),
    ];
    for (profile, many, expected) in bounds {
        let items = vec![json!({}); *many];
        let bodies = [
            json!({ "items": [] }),
            json!({ "items": items }),
            json!({ "items": "a" }),
        ];
        for (body, (status, part)) in bodies.iter().zip(expected) {
            let answer = send(&server, "default", profile, body);
            assert_eq!(answer.status, *status, "{profile}: {}", answer.text);
            assert!(answer.text.contains(part), "{profile}: {}", answer.text);
        }
        let torn = send(&server, "default", profile, &json!("{\"items\":["));
        assert_eq!(torn.status, 400, "{profile}: {}", torn.text);
    }
    assert_eq!(left(&server, "default"), BTreeSet::new());
}
