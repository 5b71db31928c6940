//! Every profile of batches on the wire: all done, some done, and refused as a whole.

use serde_json::{Value, json};

use crate::desk::each;
use crate::support::{Answer, Server};

/// The pack's folder.
pub(crate) const PACK: &str = "tests/packs/batch";

/// A server with the pack of batches at a frozen clock.
pub(crate) fn server() -> Server {
    Server::with(&["--stubs", PACK, "--clock", "frozen@2026-01-01T00:00:00Z"])
}

/// What is drawn for each call: it is there, and that is all there is to say of it.
const DRAWN: [&str; 3] = ["MessageId", "SequenceNumber", "correlationId"];

fn masked(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, member)| match &member {
                    Value::String(text) if DRAWN.contains(&name.as_str()) && text.len() > 30 => {
                        (name, "*".into())
                    }
                    _ => (name, masked(member)),
                })
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(masked).collect(),
        other => other,
    }
}

/// The body is this to the byte, but for what is drawn.
#[track_caller]
fn told(answer: &Answer, status: u16, body: &Value) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let found = masked(answer.json());
    assert_eq!(found.to_string(), body.to_string());
}

/// Calls a batch in a fresh sandbox of one server, so that no test waits for a start of its own.
struct Profile<'a> {
    server: &'a Server,
    path: String,
}

impl<'a> Profile<'a> {
    fn new(server: &'a Server, name: &str) -> Self {
        server.get(&format!("/s/{name}/__admin/clock")).expect(200);
        Self {
            server,
            path: format!("/s/{name}/{name}"),
        }
    }

    #[track_caller]
    fn check(&self, body: &Value, status: u16, expected: &Value) -> Answer {
        let answer = self.server.post(&self.path, body);
        told(&answer, status, expected);
        answer
    }
}

fn contacts(server: &Server) -> Value {
    server.get("/__admin/collections/contacts").expect(200)["records"].take()
}

fn numbered(count: usize, item: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..count).map(item).collect()
}

#[test]
fn counted() {
    let server = server();
    let profile = Profile::new(&server, "counted");
    let all = json!({ "items": [{ "email": "a" }, { "email": "b" }] });
    profile.check(
        &all,
        200,
        &json!({ "created": 2, "failed": 0, "total": 2, "errors": [] }),
    );
    let some = json!({ "items": [{ "email": "c" }, { "email": "a" }, { "email": "" }] });
    let errors = json!([
        { "index": 1, "code": "already_exists", "message": "there is a contact \"a\" already" },
        { "index": 2, "code": "invalid_input", "message": "email: \"\" is shorter than 1 character" },
    ]);
    profile.check(
        &some,
        200,
        &json!({ "created": 1, "failed": 2, "total": 3, "errors": errors }),
    );
    profile.check(
        &json!({ "items": [] }),
        400,
        &json!({ "error": "batch_empty", "message": "0 items, expected 1 at least" }),
    );
}

#[test]
fn multi_status() {
    let server = server();
    let profile = Profile::new(&server, "multi-status");
    let created = json!({ "responses": [{ "index": 0, "status": 201, "body": { "id": "a" } }] });
    profile.check(&json!({ "items": [{ "email": "a" }] }), 207, &created);
    profile.check(
        &json!({ "items": [{ "email": "a" }, { "email": "b", "name": "B" }] }),
        207,
        &json!({ "responses": [
            { "index": 0, "status": 409, "body": { "error": "already_exists", "message": "there is a contact \"a\" already" } },
            { "index": 1, "status": 201, "body": { "id": "b", "name": "B" } },
        ] }),
    );
}

#[test]
fn elasticsearch() {
    let server = server();
    let bulk = |kind: &str, lines: &str| {
        server.request("POST", "/_bulk", &[("content-type", kind)], Some(lines))
    };
    let done = |verb: &str, id: &str, result: &str, at: u32, status: u16| {
        json!({ verb: {
            "_index": "contacts", "_id": id, "_version": 1, "result": result,
            "_shards": { "total": 2, "successful": 1, "failed": 0 },
            "_seq_no": at, "_primary_term": 1, "status": status,
        } })
    };
    let lines = "{\"create\":{\"_index\":\"contacts\",\"_id\":\"1\"}}\n{\"email\":\"a\"}\n\
                 {\"delete\":{\"_index\":\"contacts\",\"_id\":\"a\"}}\n\
                 {\"index\":{\"_index\":\"contacts\",\"_id\":\"2\"}}\n{\"email\":\"a\"}\n";
    let answer = bulk("application/x-ndjson", lines);
    let items = [
        done("create", "1", "created", 0, 201),
        done("delete", "a", "deleted", 1, 200),
        done("index", "2", "created", 2, 201),
    ];
    told(
        &answer,
        200,
        &json!({ "took": 0, "errors": false, "items": items }),
    );
    assert_eq!(answer.header("x-elastic-product"), Some("Elasticsearch"));

    let lines = "{\"create\":{\"_index\":\"contacts\",\"_id\":\"3\"}}\n{\"email\":\"a\"}\n\
                 {\"create\":{\"_index\":\"contacts\",\"_id\":\"4\"}}\n{\"email\":5}\n\
                 {\"create\":{\"_index\":\"contacts\",\"_id\":\"5\"}}\n{\"email\":\"b\"}\n";
    let failed = |id: &str, status: u16, kind: &str, reason: &str| {
        json!({ "create": {
            "_index": "contacts", "_id": id, "status": status,
            "error": { "type": kind, "reason": reason },
        } })
    };
    let reason = "[3]: version conflict, document already exists (current version [1])";
    let items = [
        failed("3", 409, "version_conflict_engine_exception", reason),
        failed(
            "4",
            400,
            "document_parsing_exception",
            "email: 5 is not of type \"string\"",
        ),
        done("create", "5", "created", 2, 201),
    ];
    let some = json!({ "took": 0, "errors": true, "items": items });
    told(
        &bulk(
            "application/vnd.elasticsearch+x-ndjson; compatible-with=8",
            lines,
        ),
        200,
        &some,
    );

    let whole = |kind: &str, reason: &str| {
        let cause = json!({ "type": kind, "reason": reason });
        json!({ "error": { "root_cause": [cause], "type": kind, "reason": reason }, "status": 400 })
    };
    let unterminated = whole(
        "illegal_argument_exception",
        "The bulk request must be terminated by a newline [\\n]",
    );
    told(
        &bulk("application/x-ndjson", lines.trim_end()),
        400,
        &unterminated,
    );
    let empty = whole(
        "action_request_validation_exception",
        "Validation Failed: 1: no requests added;",
    );
    told(&bulk("application/x-ndjson", "\n"), 400, &empty);
    for lines in [
        "\"create\"\n{}\n",
        "[]\n",
        "{\"create\":{}}\n",
        "{\"create\"\n{}\n",
    ] {
        let answer = bulk("application/x-ndjson", lines);
        let error = &answer.expect(400)["error"];
        let reason = error["reason"].as_str().unwrap_or_default();
        assert!(
            reason.starts_with("Malformed action/metadata: line 1"),
            "{lines}: {error}"
        );
    }
    // Plain items have no action: their entries stand under `index`.
    let plain = server
        .post("/_bulk", &json!({ "items": [{ "email": "plain" }] }))
        .expect(200);
    assert_eq!(plain["items"][0]["index"]["status"], 201);
}

#[test]
fn dynamodb() {
    let server = server();
    let profile = Profile::new(&server, "dynamodb");
    let put = |id: &str| json!({ "PutRequest": { "Item": { "id": { "S": id } } } });
    let busy = |id: &str| json!({ "PutRequest": { "Item": { "id": { "S": id }, "busy": { "BOOL": true } } } });
    let drop = |id: &str| json!({ "DeleteRequest": { "Key": { "id": { "S": id } } } });
    let all = json!({ "RequestItems": { "people": [put("1"), put("2")], "things": [put("3"), drop("9")] } });
    let refused = profile.check(
        &all,
        404,
        &json!({ "error": "not_found", "message": "there is no contact \"9\"" }),
    );
    assert_eq!(refused.header("content-type"), Some("application/json"));
    let all = json!({ "RequestItems": { "people": [put("1"), put("2")], "things": [put("3")] } });
    let answer = profile.check(&all, 200, &json!({ "UnprocessedItems": {} }));
    assert_eq!(
        answer.header("content-type"),
        Some("application/x-amz-json-1.0")
    );
    // What befell items on purpose has happened, even if the whole is refused for it.
    let rule = json!({
        "id": "once", "mode": "wrong_status", "surface": "items", "tools": ["dynamodb"], "times": 1,
    });
    server.post("/s/dynamodb/__admin/faults", &rule).expect(201);
    let one = json!({ "RequestItems": { "people": [put("8")] } });
    server.post(&profile.path, &one).expect(400);
    let rule = server.get("/s/dynamodb/__admin/faults/once");
    assert_eq!(rule.expect(200)["fired"], 1);
    profile.check(&one, 200, &json!({ "UnprocessedItems": {} }));
    let some = json!({ "RequestItems": { "people": [drop("1"), busy("4"), busy("5")], "things": [busy("6")] } });
    let left = json!({ "people": [busy("4"), busy("5")], "things": [busy("6")] });
    profile.check(&some, 200, &json!({ "UnprocessedItems": left }));
    let message = "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.";
    profile.check(
        &json!({ "RequestItems": left }),
        400,
        &json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "message": message,
        }),
    );
    profile.check(
        &json!({ "RequestItems": { "people": [put("7"), drop("7")] } }),
        400,
        &json!({
            "__type": "com.amazon.coral.validate#ValidationException",
            "message": "Provided list of item keys contains duplicates",
        }),
    );
    for items in [
        json!({}),
        json!({ "people": [] }),
        json!({ "people": numbered(26, |at| put(&format!("x{at}"))) }),
    ] {
        let body = server
            .post(&profile.path, &json!({ "RequestItems": items }))
            .expect(400);
        assert_eq!(
            body["__type"],
            "com.amazon.coral.validate#ValidationException"
        );
        let message = body["message"].as_str().unwrap_or_default();
        assert!(message.ends_with("[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"), "{message}");
    }
}

#[test]
fn sqs() {
    let server = server();
    let profile = Profile::new(&server, "sqs");
    let entry = |id: &str, body: &str| json!({ "Id": id, "MessageBody": body });
    let entries = |entries: Vec<Value>| json!({ "QueueUrl": "http://q", "Entries": entries });
    let sent = |id: &str| json!({ "Id": id, "MessageId": "*" });
    let answer = profile.check(
        &entries(vec![entry("m-0", "a"), entry("m-1", "b")]),
        200,
        &json!({ "Successful": [sent("m-0"), sent("m-1")], "Failed": [] }),
    );
    let sent_as = each(&answer.json()["Successful"], "MessageId");
    assert_ne!(sent_as[0], sent_as[1], "each item has chance of its own");
    let failed = json!({
        "Id": "m-0", "SenderFault": true, "Code": "InvalidParameterValue",
        "Message": "email: \"\" is shorter than 1 character",
    });
    profile.check(
        &entries(vec![entry("m-0", ""), entry("m-1", "c")]),
        200,
        &json!({ "Successful": [sent("m-1")], "Failed": [failed] }),
    );
    let eleven = numbered(11, |at| entry(&format!("m-{at}"), &format!("x{at}")));
    for (body, name, message) in [
        (
            eleven,
            "TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 11.",
        ),
        (
            vec![],
            "EmptyBatchRequest",
            "There should be at least one SendMessageBatchRequestEntry in the request.",
        ),
        (
            vec![entry("m-0", "d"), entry("m-0", "e")],
            "BatchEntryIdsNotDistinct",
            "Id m-0 repeated.",
        ),
    ] {
        let expected = json!({ "__type": format!("com.amazonaws.sqs#{name}"), "message": message });
        let answer = profile.check(&entries(body), 400, &expected);
        let header = format!("AWS.SimpleQueueService.{name};Sender");
        assert_eq!(answer.header("x-amzn-query-error"), Some(header.as_str()));
    }
}

#[test]
fn kinesis() {
    let server = server();
    let profile = Profile::new(&server, "kinesis");
    let records = |keys: &[&str]| {
        let records = keys
            .iter()
            .map(|key| json!({ "Data": "aGk=", "PartitionKey": key }));
        json!({ "StreamName": "demo", "Records": records.collect::<Vec<_>>() })
    };
    let done = json!({ "SequenceNumber": "*", "ShardId": "shardId-000000000000" });
    profile.check(
        &records(&["a"]),
        200,
        &json!({ "FailedRecordCount": 0, "Records": [done] }),
    );
    let throttled = json!({
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream demo under account 000000000000.",
    });
    profile.check(
        &records(&["b", "c", "d"]),
        200,
        &json!({ "FailedRecordCount": 1, "Records": [done, throttled, done] }),
    );
    let keys: Vec<String> = (0..501).map(|at| format!("x{at}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    profile.check(
        &records(&keys),
        400,
        &json!({
            "__type": "ValidationException",
            "message": "1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have length less than or equal to 500",
        }),
    );
}

#[test]
fn google() {
    let server = server();
    let profile = Profile::new(&server, "google");
    let requests = |emails: &[&str]| {
        let requests = emails.iter().map(|email| json!({ "email": email }));
        json!({ "requests": requests.collect::<Vec<_>>() })
    };
    let all = json!({ "contacts": [{ "id": "a" }, { "id": "b" }] });
    profile.check(&requests(&["a", "b"]), 200, &all);
    let violation =
        json!({ "field": "requests[1].email", "description": "\"\" is shorter than 1 character" });
    profile.check(
        &requests(&["c", ""]),
        400,
        &json!({ "error": {
            "code": 400,
            "message": "requests[1]: email: \"\" is shorter than 1 character. No resources were created.",
            "status": "INVALID_ARGUMENT",
            "details": [{ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation] }],
        } }),
    );
    profile.check(
        &requests(&["c", "a"]),
        409,
        &json!({ "error": {
            "code": 409,
            "message": "requests[1]: there is a contact \"a\" already. No resources were created.",
            "status": "ALREADY_EXISTS",
            "details": [],
        } }),
    );
    let message = "The number of requests must be at most 1000, got 1001.";
    profile.check(
        &json!({ "requests": numbered(1001, |at| json!({ "email": format!("x{at}") })) }),
        400,
        &json!({ "error": { "code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [] } }),
    );
    profile.check(
        &requests(&["c"]),
        200,
        &json!({ "contacts": [{ "id": "c" }] }),
    );
}

#[test]
fn ms_graph() {
    let server = server();
    let profile = Profile::new(&server, "ms-graph");
    let create = |id: &str, email: &str| {
        json!({
            "id": id, "method": "POST", "url": "/contacts",
            "headers": { "Content-Type": "application/json" }, "body": { "email": email },
        })
    };
    let read = |id: &str, email: &str, after: &[&str]| json!({ "id": id, "method": "GET", "url": format!("contacts/{email}"), "dependsOn": after });
    let body = json!({ "requests": [
        create("A", "a"),
        read("b", "a", &["a"]),
        create("c", "a"),
        read("d", "a", &["c"]),
        read("e", "a", &["D", "a"]),
        { "id": "f", "method": "GET", "url": "https://example.com/contacts/a" },
        { "id": "g", "method": "POST", "url": "/counted", "body": { "items": [] } },
        { "id": "h", "method": "GET", "url": "/nowhere" },
    ] });
    let answer = server.post(&profile.path, &body).expect(200);
    let mut responses = answer["responses"].as_array().expect("responses").clone();
    let order: Vec<String> = responses.iter().map(|one| one["id"].to_string()).collect();
    assert!(!order.is_sorted(), "{order:?}");
    responses.sort_by_key(|one| one["id"].as_str().map(str::to_lowercase));
    let headers = json!({ "Content-Type": "application/json" });
    let failed = json!({ "error": { "code": "FailedDependency", "message": "The request failed because a request it depends on failed." } });
    let exists =
        json!({ "error": "already_exists", "message": "there is a contact \"a\" already" });
    let expected = [
        ("A", 201, json!({ "id": "a" })),
        ("b", 200, json!({ "email": "a" })),
        ("c", 409, exists),
        ("d", 424, failed.clone()),
        ("e", 424, failed),
    ];
    for (response, (id, status, body)) in responses.iter().zip(expected) {
        let expected = json!({ "id": id, "status": status, "headers": headers, "body": body });
        assert_eq!(response.to_string(), expected.to_string());
    }
    let status: Vec<&Value> = responses[5..].iter().map(|one| &one["status"]).collect();
    assert_eq!(status, [&json!(422), &json!(422), &json!(404)]);

    let many = json!({ "requests": numbered(21, |at| create(&at.to_string(), "z")) });
    let message = "Number of requests inside batch exceeds the limit.";
    profile.check(
        &many,
        400,
        &json!({ "error": { "code": "BadRequest", "message": message } }),
    );
    let twice = json!({ "requests": [create("x", "p"), create("X", "q")] });
    server.post(&profile.path, &twice).expect(400);
}

#[test]
fn salesforce() {
    let server = server();
    let profile = Profile::new(&server, "salesforce");
    let records = |emails: &[&str], all: bool| {
        let records = emails.iter().map(|email| json!({ "email": email }));
        json!({ "allOrNone": all, "records": records.collect::<Vec<_>>() })
    };
    let done = |id: &str| json!({ "id": id, "success": true, "errors": [] });
    let failed = |code: &str, message: &str, fields: Value| {
        let error = json!({ "statusCode": code, "message": message, "fields": fields });
        json!({ "success": false, "errors": [error] })
    };
    profile.check(
        &records(&["a", "b"], true),
        200,
        &json!([done("a"), done("b")]),
    );
    let missing = failed(
        "REQUIRED_FIELD_MISSING",
        "email: \"\" is shorter than 1 character",
        json!(["email"]),
    );
    profile.check(
        &records(&["", "c"], false),
        200,
        &json!([missing, done("c")]),
    );
    let rolled_back = failed(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
        json!([]),
    );
    profile.check(
        &records(&["d", ""], true),
        200,
        &json!([rolled_back, missing]),
    );
    profile.check(&records(&["d"], true), 200, &json!([done("d")]));
    let many = json!({ "records": numbered(201, |at| json!({ "email": format!("x{at}") })) });
    let message = "record limit reached. cannot submit more than 200 records into this call";
    profile.check(
        &many,
        400,
        &json!([{ "message": message, "errorCode": "EXCEEDED_ID_LIMIT" }]),
    );
}

#[test]
fn hubspot() {
    let server = server();
    let profile = Profile::new(&server, "hubspot");
    let input = |trace: &str, email: &str| json!({ "objectWriteTraceId": trace, "properties": { "email": email } });
    let midnight = "2026-01-01T00:00:00Z";
    profile.check(
        &json!({ "inputs": [input("1", "a")] }),
        201,
        &json!({ "status": "COMPLETE", "results": [{ "id": "a" }], "startedAt": midnight, "completedAt": midnight }),
    );
    let error = json!({
        "status": "error", "category": "VALIDATION_ERROR",
        "message": "email: \"\" is shorter than 1 character",
        "context": { "objectWriteTraceId": ["2"] },
    });
    profile.check(
        &json!({ "inputs": [input("1", "b"), input("2", "")] }),
        207,
        &json!({
            "status": "COMPLETE", "results": [{ "id": "b" }], "numErrors": 1, "errors": [error],
            "startedAt": midnight, "completedAt": midnight,
        }),
    );
    let untraced = json!({ "properties": { "email": "c" } });
    let whole = json!({
        "status": "error", "message": "there is a contact \"a\" already",
        "correlationId": "*", "category": "CONFLICT",
    });
    profile.check(
        &json!({ "inputs": [untraced, input("1", "a")] }),
        409,
        &whole,
    );
    let some = server.post(
        &profile.path,
        &json!({ "items": [{ "email": "c" }, { "email": "c" }] }),
    );
    assert_eq!(some.expect(207)["numErrors"], 1);
    let many = json!({ "inputs": numbered(101, |at| input(&at.to_string(), "x")) });
    assert_eq!(
        server.post(&profile.path, &many).expect(400)["category"],
        "VALIDATION_ERROR"
    );
}

#[test]
fn bigquery() {
    let server = server();
    let profile = Profile::new(&server, "bigquery");
    let rows = |rows: &[Value], skip: bool| {
        let rows = rows
            .iter()
            .map(|email| json!({ "json": { "email": email } }));
        json!({ "skipInvalidRows": skip, "rows": rows.collect::<Vec<_>>() })
    };
    let kind = "bigquery#tableDataInsertAllResponse";
    profile.check(&rows(&[json!("a")], false), 200, &json!({ "kind": kind }));
    let error = |index: usize, reason: &str, location: &str, message: &str| {
        let error =
            json!({ "reason": reason, "location": location, "debugInfo": "", "message": message });
        json!({ "index": index, "errors": [error] })
    };
    let invalid = error(1, "invalid", "email", "email: 5 is not of type \"string\"");
    let errors = json!([
        invalid,
        error(0, "stopped", "", ""),
        error(2, "stopped", "", "")
    ]);
    let mixed = [json!("b"), json!(5), json!("c")];
    profile.check(
        &rows(&mixed, false),
        200,
        &json!({ "kind": kind, "insertErrors": errors }),
    );
    profile.check(
        &rows(&mixed, true),
        200,
        &json!({ "kind": kind, "insertErrors": [invalid] }),
    );
    let body = server
        .post(&profile.path, &json!({ "rows": [] }))
        .expect(400);
    assert_eq!(body["error"]["errors"][0]["reason"], "invalid");
}

#[test]
fn graphql() {
    let server = server();
    let profile = Profile::new(&server, "graphql");
    let mutation = |emails: &[&str]| {
        let items = emails.iter().map(|email| json!({ "email": email }));
        json!({ "query": "mutation", "variables": { "input": items.collect::<Vec<_>>() } })
    };
    profile.check(
        &mutation(&["a"]),
        200,
        &json!({ "data": { "items": [{ "id": "a" }] } }),
    );
    let error = json!({
        "message": "there is a contact \"a\" already",
        "path": ["items", 1],
        "extensions": { "code": "CONFLICT" },
    });
    profile.check(
        &mutation(&["b", "a"]),
        200,
        &json!({ "data": { "items": [{ "id": "b" }, null] }, "errors": [error] }),
    );
    let whole = json!({ "errors": [{
        "message": "expected a list of items, found none",
        "extensions": { "code": "BAD_USER_INPUT" },
    }] });
    profile.check(&json!({ "query": "mutation" }), 200, &whole);
}

#[test]
fn linked() {
    let server = server();
    let profile = Profile::new(&server, "linked");
    let event =
        |email: &str, linked: bool| json!({ "email": email, "flags": { "linked": linked } });
    let results = |results: &[&str]| {
        let results = results.iter().enumerate();
        let results = results.map(|(index, result)| json!({ "index": index, "result": result }));
        json!({ "results": results.collect::<Vec<_>>() })
    };
    let all = json!({ "events": [event("a", true), event("b", false)] });
    profile.check(&all, 200, &results(&["ok", "ok"]));
    let some = json!({ "events": [
        event("c", false), event("d", true), event("a", true), event("e", false), event("f", true)
    ] });
    let chained = "linked_event_failed";
    profile.check(
        &some,
        200,
        &results(&["ok", chained, "exists", chained, "linked_event_chain_open"]),
    );
    let many = json!({ "events": numbered(8191, |at| event(&format!("x{at}"), false)) });
    let body = server.post(&profile.path, &many).expect(400);
    assert_eq!(body["error"], "batch_too_large");
}

#[test]
fn what_an_expression_makes_of_the_input_is_the_callers_to_mend() {
    let server = server();
    let one = json!([{ "email": "a" }]);
    for (path, body, said) in [
        (
            "salesforce",
            json!({ "records": one, "allOrNone": "yes" }),
            "/0/message",
        ),
        (
            "bigquery",
            json!({ "rows": one, "skipInvalidRows": "x" }),
            "/error/message",
        ),
        ("graphql", json!({ "variables": 5 }), "/errors/0/message"),
        ("hubspot", json!({ "inputs": 5 }), "/message"),
        (
            "ms-graph",
            json!({ "requests": [{ "id": "1", "method": "GET", "url": "/contacts/a", "dependsOn": "x" }] }),
            "/error/message",
        ),
    ] {
        let answer = server.post(&format!("/{path}"), &body);
        let status = if path == "graphql" { 200 } else { 400 };
        let refusal = answer.expect(status);
        let found = refusal.pointer(said).and_then(Value::as_str);
        let found = found.unwrap_or_default();
        let member = match path {
            "salesforce" => "allOrNone",
            "bigquery" => "skipInvalidRows",
            "graphql" => "variables",
            "hubspot" => "inputs",
            _ => "dependsOn",
        };
        assert!(found.contains(member), "{path}: {refusal}");
        for source in ["dig(", "has(", "map(", "`", "item."] {
            assert!(!found.contains(source), "{path}: {refusal}");
        }
    }
    assert_eq!(contacts(&server), json!([]));
}

#[test]
fn errors_stand_in_the_order_of_the_items() {
    let server = server();
    let body = json!({ "items": [
        { "from": "a", "to": "b", "amount": "1.00" },
        { "from": "a", "to": "b", "amount": "2.00" },
        { "from": "a", "to": "b", "amount": "99.00" },
        { "from": "a", "to": "b", "amount": "3.00" },
    ] });
    let refused = server.post("/payments/all", &body).expect(200);
    let places = each(&refused["errors"], "index");
    assert_eq!(places, ["0", "1", "2", "3"]);
    let codes = each(&refused["errors"], "code");
    assert_eq!(codes[2], "insufficient_funds", "{refused}");
}

#[test]
fn an_entry_without_an_id_refuses_all() {
    let server = server();
    let entries = json!({ "Entries": [{ "Id": "a", "MessageBody": "a" }, { "MessageBody": "b" }] });
    let answer = server.post("/sqs", &entries);
    told(
        &answer,
        400,
        &json!({
            "__type": "com.amazonaws.sqs#MissingParameter",
            "message": "The request must contain the parameter SendMessageBatchRequestEntry.2.Id.",
        }),
    );
    let header = answer.header("x-amzn-query-error");
    assert_eq!(header, Some("MissingParameter;Sender"));
    let call = json!({ "method": "POST", "url": "/contacts", "body": { "email": "a" } });
    let refused = server.post("/ms-graph", &json!({ "requests": [call] }));
    let message = "Invalid batch payload format: item 1 has no id.";
    told(
        &refused,
        400,
        &json!({ "error": { "code": "BadRequest", "message": message } }),
    );
    assert_eq!(contacts(&server), json!([]));
}

#[test]
fn bulk_entries_name_what_was_made() {
    let server = server();
    let bulk = |path: &str, lines: &str| {
        let kind = [("content-type", "application/x-ndjson")];
        server.request("POST", path, &kind, Some(lines))
    };
    let made = bulk("/_bulk", "{\"index\":{}}\n{\"email\":\"a\"}\n").expect(200);
    assert_eq!(made["items"][0]["index"]["_id"], "a", "{made}");
    let lines =
        "{\"index\":{}}\n{\"email\":\"b\"}\n{\"create\":{\"_index\":\"own\"}}\n{\"email\":\"c\"}\n";
    let made = bulk("/people/_bulk", lines).expect(200);
    assert_eq!(made["items"][0]["index"]["_index"], "people", "{made}");
    assert_eq!(made["items"][1]["create"]["_index"], "own", "{made}");

    let whole = |line: u32| {
        let kind = "illegal_argument_exception";
        let reason = format!(
            "Malformed action/metadata line [{line}], expected field [create], [delete], [index] or [update] but found [zap]"
        );
        let cause = json!({ "type": kind, "reason": reason });
        json!({ "error": { "root_cause": [cause], "type": kind, "reason": reason }, "status": 400 })
    };
    told(
        &bulk("/_bulk", "{\"zap\":{}}\n{\"email\":\"z\"}\n"),
        400,
        &whole(1),
    );
    let second = "{\"index\":{}}\n{\"email\":\"y\"}\n{\"zap\":{}}\n{\"email\":\"z\"}\n";
    told(&bulk("/_bulk", second), 400, &whole(3));
    assert_eq!(each(&contacts(&server), "email"), ["a", "b", "c"]);
}
