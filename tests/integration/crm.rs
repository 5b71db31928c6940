//! The CRM that ships: 14,000 contacts in pages, a throttled search, batches that half-succeed, an export
//! that takes its time, and all of it as tools too.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::desk::each;
use crate::support::{Answer, Server};

const CONTACTS: &str = "/crm/v1/contacts";

fn server() -> Server {
    let clock = "frozen@2026-01-01T00:00:00Z";
    Server::with(&["--stubs", "stubs/crm", "--clock", clock])
}

/// A call of a tool through the door.
fn tool(server: &Server, tool: &str, input: &Value) -> Answer {
    server.post(&format!("/crm/tools/{tool}"), input)
}

fn advance(server: &Server, by: &str) {
    let by = json!({ "by": by });
    server.post("/__admin/clock/advance", &by).expect(200);
}

/// A refusal in the API's words: its status, its category, and a part of its message.
#[track_caller]
fn refused(answer: &Answer, status: u16, category: &str, message: &str) {
    let body = answer.expect(status);
    assert_eq!(body["status"], "error", "{body}");
    assert_eq!(body["category"], category, "{body}");
    assert!(body["correlationId"].is_string(), "{body}");
    let said = body["message"].as_str().unwrap_or_default();
    assert!(said.contains(message), "{body}");
}

/// The mail addresses of the contacts that were created, and not generated.
fn created(server: &Server) -> Vec<String> {
    let newest = server.get(&format!("{CONTACTS}?sort=-created_at&limit=20"));
    let mut rows = newest.expect(200)["results"].clone();
    let rows = rows.as_array_mut().expect("rows");
    rows.retain(|row| row["created_at"].as_str() >= Some("2026-01-01"));
    let mut emails = each(&json!(rows), "email");
    emails.sort();
    emails
}

#[test]
fn fourteen_thousand_contacts_are_seventy_pages() {
    let server = server();
    let (mut ids, mut pages) = (BTreeSet::new(), 0);
    let mut next = Some(CONTACTS.to_owned());
    while let Some(path) = next {
        let page = server.get(&path).expect(200);
        let rows = each(&page["results"], "id");
        assert_eq!(rows.len(), 200, "{path}");
        ids.extend(rows);
        let link = page["paging"]["next"]["link"].as_str();
        assert_eq!(link.is_none(), page.get("paging").is_none());
        next = link.map(|link| {
            let path = link.strip_prefix(&server.base);
            path.expect("a link to this server").to_owned()
        });
        pages += 1;
    }
    assert_eq!((pages, ids.len()), (70, 14_000));
}

#[test]
fn a_tool_is_paged_by_its_input() {
    let server = server();
    let mut input = json!({ "stage": "churned", "properties": "id,stage" });
    let (mut ids, mut pages) = (BTreeSet::new(), 0);
    loop {
        let page = tool(&server, "list_contacts", &input).expect(200);
        let rows = page["results"].as_array().expect("rows");
        for row in rows {
            assert_eq!(row["stage"], "churned");
            assert_eq!(row.as_object().map(serde_json::Map::len), Some(2));
            assert!(ids.insert(row["id"].to_string()), "{row} came twice");
        }
        pages += 1;
        let after = &page["paging"]["next"]["after"];
        if after.is_null() {
            break;
        }
        input["after"] = after.clone();
    }
    // One in ten, give or take.
    assert!((1_300..1_500).contains(&ids.len()), "{}", ids.len());
    assert_eq!(pages, ids.len().div_ceil(200));
}

#[test]
fn a_list_is_filtered_sorted_and_cut() {
    let server = server();
    let list = |query: &str| server.get(&format!("{CONTACTS}?{query}"));
    let first = list("limit=1").expect(200)["results"][0].clone();
    let (email, name) = (&first["email"], &first["name"]);
    let found = list(&format!(
        "email={}",
        email.as_str().expect("a mail address")
    ));
    assert_eq!(found.expect(200), json!({ "results": [first] }));
    let part = list("limit=1&properties=name,email").expect(200);
    assert_eq!(part["results"], json!([{ "email": email, "name": name }]));

    let names = list("sort=-name&limit=50").expect(200);
    let names = each(&names["results"], "name");
    assert!(names.is_sorted_by(|a, b| a >= b), "{names:?}");
    let never = list("sort=stage");
    refused(&never, 400, "VALIDATION_ERROR", "created_at, name, email");

    for size in ["0", "-1", "201", "1000000000", "abc", "1.5"] {
        let answer = list(&format!("limit={size}"));
        refused(&answer, 400, "VALIDATION_ERROR", "from 1 to 200");
        assert_eq!(answer.json()["errors"][0]["in"], "limit");
    }
    refused(&list("after=abc"), 400, "VALIDATION_ERROR", "after");
}

#[test]
fn of_ten_contacts_seven_are_created_and_a_retry_meets_them() {
    let server = server();
    let taken = server.get(&format!("{CONTACTS}/con_000007")).expect(200)["email"].clone();
    let mut items: Vec<Value> = (0..10)
        .map(|n| json!({ "email": format!("new{n}@example.com"), "name": format!("New {n}") }))
        .collect();
    items[2]["email"] = json!("not a mail address");
    items[5]["email"] = taken.clone();
    items[8]["email"] = json!("new0@example.com");
    let path = format!("{CONTACTS}/batch");
    let create = |items: &[Value]| server.post(&path, &json!({ "items": items })).expect(200);

    let taken = |email: &Value| format!("there is a contact with email {email} already");
    let half = create(&items);
    assert_eq!(
        half,
        json!({
            "created": 7, "failed": 3, "total": 10,
            "errors": [
                { "index": 2, "code": "invalid_input", "message": "email: \"not a mail address\" is not a \"email\"" },
                { "index": 5, "code": "already_exists", "message": taken(&items[5]["email"]) },
                { "index": 8, "code": "already_exists", "message": taken(&items[8]["email"]) },
            ],
        })
    );
    let seven = [0, 1, 3, 4, 6, 7, 9].map(|n| format!("new{n}@example.com"));
    assert_eq!(created(&server), seven);

    // Who sends all again meets the seven; nobody is there twice.
    let again = create(&items);
    assert_eq!(
        (&again["created"], &again["failed"]),
        (&json!(0), &json!(10))
    );
    assert_eq!(created(&server), seven);
    // Who mends and sends what failed has all ten.
    let mended: Vec<Value> = [2, 5, 8]
        .iter()
        .map(|n| json!({ "email": format!("new{n}@example.com"), "name": format!("New {n}") }))
        .collect();
    let mended = create(&mended);
    assert_eq!(
        (&mended["created"], &mended["failed"]),
        (&json!(3), &json!(0))
    );
}

#[test]
fn what_is_no_batch_creates_nothing() {
    let server = server();
    let item = json!({ "email": "lost@example.com", "name": "Lost" });
    let many = vec![item.clone(); 101];
    for (body, message) in [
        (json!({}), "items"),
        (json!({ "items": [] }), "0 items, expected 1 at least"),
        (json!({ "items": many }), "101 items, expected 100 at most"),
        (json!({ "items": item }), "array"),
        (json!([item]), "expected an object"),
        (json!("{\"items\":["), "not JSON"),
    ] {
        let answer = server.post(&format!("{CONTACTS}/batch"), &body);
        refused(&answer, 400, "VALIDATION_ERROR", message);
    }
    assert_eq!(created(&server), [""; 0]);
    let body = json!({ "items": [5, item, null] });
    let some = server.post(&format!("{CONTACTS}/batch"), &body).expect(200);
    assert_eq!((&some["created"], &some["failed"]), (&json!(1), &json!(2)));
}

#[test]
fn the_sixth_search_of_a_second_waits_for_the_next() {
    let server = server();
    let search = || server.get(&format!("{CONTACTS}/search?q=ADA&limit=3"));
    advance(&server, "PT0.25S");
    for left in (0..5).rev() {
        let found = search();
        assert_eq!(found.header("x-ratelimit-limit"), Some("5"));
        let remaining = found.header("x-ratelimit-remaining");
        assert_eq!(remaining, Some(left.to_string().as_str()));
        for row in found.expect(200)["results"].as_array().expect("rows") {
            let text = format!("{} {}", row["name"], row["email"]).to_lowercase();
            assert!(text.contains("ada"), "{row}");
        }
    }
    let sixth = search();
    let body = sixth.expect(429);
    assert_eq!(body["errorType"], "RATE_LIMIT");
    assert_eq!(sixth.header("retry-after"), Some("1"));
    // The exact wait stands in the call log: until the second is over.
    let log = server
        .get("/__admin/calls?tool=search_contacts")
        .expect(200);
    let calls = log["calls"].as_array().expect("calls");
    let refusal = calls.iter().find(|call| call["status"] == 429);
    let refusal = refusal.expect("a refused call").to_string();
    assert!(refusal.contains("\"retryAfterMs\":750"), "{refusal}");
    // By its other way in it is the same tool, and the same limit.
    tool(&server, "search_contacts", &json!({ "q": "ada" })).expect(429);

    advance(&server, "PT0.749S");
    search().expect(429);
    advance(&server, "PT0.001S");
    search().expect(200);

    // What the limit lets through, the search may still refuse.
    let empty = server.get(&format!("{CONTACTS}/search"));
    refused(&empty, 400, "VALIDATION_ERROR", "q");
}

#[test]
fn an_export_is_started_polled_and_downloaded_in_parts() {
    let server = server();
    let started = server.post("/crm/v1/exports", &json!({}));
    let export = started.expect(202);
    assert_eq!(
        (&export["status"], &export["contacts"]),
        (&json!("queued"), &json!(14_000))
    );
    assert_eq!(started.header("retry-after"), Some("30"));
    let at = started.header("location").expect("a location");
    let at = at.strip_prefix(&server.base).expect("here").to_owned();
    let part = |number: &str| server.get(&format!("{at}/parts/{number}"));

    refused(
        &part("1"),
        409,
        "NOT_READY",
        "ask again after 2026-01-01T00:00:30Z",
    );
    for (wait, status) in [
        ("PT4.999S", "queued"),
        ("PT0.001S", "running"),
        ("PT25S", "done"),
    ] {
        advance(&server, wait);
        assert_eq!(server.get(&at).expect(200)["status"], status);
    }

    // Whoever comes later is not in it.
    let later = json!({ "email": "later@example.com", "name": "Later" });
    server.post(CONTACTS, &later).expect(201);
    let mut ids = BTreeSet::new();
    for number in 1..=14 {
        let body = part(&number.to_string()).expect(200);
        assert_eq!(
            (&body["part"], &body["parts"]),
            (&json!(number), &json!(14))
        );
        let rows = each(&body["contacts"], "id");
        assert_eq!(rows.len(), 1_000, "{number}");
        ids.extend(rows);
    }
    assert_eq!(ids.len(), 14_000);
    assert!(ids.contains("con_014000"));

    refused(
        &part("15"),
        404,
        "OBJECT_NOT_FOUND",
        "the export has 14 parts",
    );
    for number in ["0", "-1", "abc", "1000000000"] {
        refused(&part(number), 400, "VALIDATION_ERROR", "part");
    }
    let none = server.get("/crm/v1/exports/exp_0");
    refused(&none, 404, "OBJECT_NOT_FOUND", "exp_0");

    // A later export has them, and nobody who comes after its start.
    let next = tool(&server, "start_export", &json!({})).expect(202);
    assert_eq!(next["contacts"], 14_001);
    let latest = json!({ "email": "latest@example.com", "name": "Latest" });
    server.post(CONTACTS, &latest).expect(201);
    advance(&server, "PT30S");
    let last = json!({ "export_id": next["export_id"], "part": 15 });
    let last = tool(&server, "download_export", &last).expect(200);
    assert_eq!(each(&last["contacts"], "email"), ["later@example.com"]);
}

#[test]
fn who_changes_what_somebody_else_has_changed_is_told() {
    let server = server();
    let at = format!("{CONTACTS}/con_000042");
    let tag = |answer: &Answer| answer.header("etag").expect("a tag").to_owned();
    let change = |method: &str, tag: &str, body: &Value| {
        server.request(method, &at, &[("If-Match", tag)], Some(&body.to_string()))
    };

    let before = tag(&server.get(&at));
    let mine = change(
        "PATCH",
        &before,
        &json!({ "stage": "customer", "company": "Mine" }),
    );
    assert_eq!(mine.expect(200)["company"], "Mine");
    let theirs = json!({ "email": "t@example.com", "name": "Theirs" });
    for method in ["PATCH", "PUT", "DELETE"] {
        let late = change(method, &before, &theirs);
        refused(&late, 412, "PRECONDITION_FAILED", &before);
    }
    let now = server.get(&at);
    assert_eq!(now.expect(200)["company"], "Mine");
    assert_eq!(tag(&now), tag(&mine));

    let put = change("PUT", &tag(&mine), &theirs).expect(200);
    assert_eq!(put["created_at"], now.json()["created_at"]);
    assert_eq!(put.get("company"), None);
    let seen = tag(&server.get(&at));
    let same = server.request("GET", &at, &[("If-None-Match", &seen)], None);
    assert_eq!((same.status, same.text.as_str()), (304, ""));
    assert_eq!(change("DELETE", &seen, &json!({})).status, 204);
    refused(&server.get(&at), 404, "OBJECT_NOT_FOUND", "con_000042");
}

#[test]
fn everything_is_a_tool_too() {
    let server = server();
    let ada = json!({ "email": "ada@example.com", "name": "Ada Lovelace" });
    let made = tool(&server, "create_contact", &ada).expect(201);
    refused(
        &tool(&server, "create_contact", &ada),
        409,
        "CONFLICT",
        "ada@example.com",
    );
    refused(
        &server.post(CONTACTS, &ada),
        409,
        "CONFLICT",
        "ada@example.com",
    );
    let id = json!({ "id": made["id"] });
    assert_eq!(tool(&server, "get_contact", &id).expect(200), made);

    let change = json!({ "id": made["id"], "stage": "lead" });
    assert_eq!(
        tool(&server, "update_contact", &change).expect(200)["stage"],
        "lead"
    );
    let other = json!({ "id": made["id"], "email": "l@example.com", "name": "Lovelace" });
    assert_eq!(
        tool(&server, "replace_contact", &other).expect(200)["name"],
        "Lovelace"
    );
    let batch = json!({ "items": [ada, other] });
    let batch = tool(&server, "create_contacts", &batch).expect(200);
    assert_eq!(
        (&batch["created"], &batch["failed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(tool(&server, "delete_contact", &id).status, 204);
    refused(
        &tool(&server, "get_contact", &id),
        404,
        "OBJECT_NOT_FOUND",
        "there is no contact",
    );
    refused(
        &tool(&server, "get_contcat", &id),
        404,
        "OBJECT_NOT_FOUND",
        "get_contcat",
    );
}

#[test]
fn a_key_may_read_and_not_write_once_somebody_asks_for_keys() {
    let server = server();
    let ada = json!({ "email": "ada@example.com", "name": "Ada" });
    let call = |key: Option<&str>, method: &str, path: &str, body: &Value| {
        let bearer = key.map(|key| format!("Bearer {key}"));
        let headers: Vec<(&str, &str)> = bearer
            .iter()
            .map(|bearer| ("Authorization", bearer.as_str()))
            .collect();
        let text = body.to_string();
        let body = (method != "GET").then_some(text.as_str());
        server.request(method, path, &headers, body).status
    };
    let one = format!("{CONTACTS}/con_000001");
    let batch = format!("{CONTACTS}/batch");
    let items = json!({ "items": [{ "email": "b@example.com", "name": "B" }] });
    let (reader, writer) = (Some("crm-key-reader"), Some("crm-key-full"));
    assert_eq!(call(Some("any"), "GET", &one, &json!({})), 200);

    let enforced = json!({ "enforced": true });
    server.put("/__admin/auth/crm", &enforced).expect(200);
    let search = format!("{CONTACTS}/search?q=ada&limit=1");
    for path in [one.as_str(), CONTACTS, &search] {
        assert_eq!(call(None, "GET", path, &json!({})), 401, "{path}");
        assert_eq!(call(Some("any"), "GET", path, &json!({})), 401, "{path}");
        assert_eq!(call(reader, "GET", path, &json!({})), 200, "{path}");
    }
    assert_eq!(call(reader, "POST", "/crm/v1/exports", &json!({})), 202);
    for (method, path, body, status) in [
        ("POST", CONTACTS, &ada, 201),
        ("POST", &batch, &items, 200),
        ("POST", "/crm/tools/create_contacts", &items, 200),
        ("PATCH", &one, &json!({ "stage": "lead" }), 200),
        (
            "PUT",
            &one,
            &json!({ "email": "one@example.com", "name": "One" }),
            200,
        ),
        ("DELETE", &one, &json!({}), 204),
    ] {
        assert_eq!(call(reader, method, path, body), 403, "{method} {path}");
        assert_eq!(call(writer, method, path, body), status, "{method} {path}");
    }
}
