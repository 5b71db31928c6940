//! Tokens: what they are bound to, how long they live, and what becomes of those that are not right.

use serde_json::{Value, json};

use crate::pagination::{path, server};
use crate::support::Server;

/// A token for the second page, and a call that would take it.
fn second(server: &Server, prefix: &str, query: &str) -> String {
    let page = server
        .get(&format!("{prefix}{}?{query}", path("slack")))
        .expect(200);
    let token = page["response_metadata"]["next_cursor"]
        .as_str()
        .expect("a token");
    token.to_owned()
}

fn follow(server: &Server, prefix: &str, query: &str, token: &str) -> Value {
    server
        .get(&format!("{prefix}{}?{query}&cursor={token}", path("slack")))
        .expect(200)
}

const INVALID: &str = r#"{"ok":false,"error":"invalid_cursor"}"#;

#[test]
fn a_token_is_bound_to_its_query_its_tool_and_its_seed() {
    let server = server();
    let token = second(&server, "", "limit=2&stage=won");
    let taken = follow(&server, "", "limit=3&stage=won", &token);
    assert_eq!(
        taken["items"][0]["id"], "item_015",
        "another size is no other query"
    );
    let invalid: Value = serde_json::from_str(INVALID).expect("JSON");
    assert_eq!(follow(&server, "", "limit=2&stage=open", &token), invalid);
    assert_eq!(follow(&server, "", "limit=2", &token), invalid);
    assert_eq!(
        server
            .get(&format!("/lists/short?stage=won&cursor={token}"))
            .expect(200),
        invalid
    );
    for seed in [5, 6] {
        let sandbox = json!({ "id": format!("seed-{seed}"), "seed": seed });
        server.post("/__admin/sandboxes", &sandbox).expect(201);
    }
    let five = second(&server, "/s/seed-5", "limit=2");
    assert_eq!(follow(&server, "/s/seed-5", "limit=2", &five)["ok"], true);
    assert_eq!(follow(&server, "/s/seed-6", "limit=2", &five), invalid);
    assert_eq!(follow(&server, "", "limit=2", &five), invalid);
}

#[test]
fn a_token_can_be_bound_to_its_caller() {
    let server = server();
    let call = |path: &str, key: &str| {
        let header = format!("Bearer {key}");
        server.request("GET", path, &[("authorization", &header)], None)
    };
    let page = call("/lists/by_name?limit=2", "one").expect(200);
    let token = page["response_metadata"]["next_cursor"]
        .as_str()
        .expect("a token");
    let next = format!("/lists/by_name?limit=2&cursor={token}");
    assert_eq!(call(&next, "one").expect(200)["ok"], true);
    assert_eq!(call(&next, "two").expect(200)["error"], "invalid_cursor");
}

#[test]
fn a_token_lives_by_the_sandbox_clock() {
    let server = server();
    let advance = |by: &str| {
        server
            .post("/__admin/clock/advance", &json!({ "by": by }))
            .expect(200)
    };
    let page = server.get("/lists/by_name?limit=2").expect(200);
    let token = page["response_metadata"]["next_cursor"]
        .as_str()
        .expect("a token");
    let next = format!("/lists/by_name?limit=2&cursor={token}");
    advance("PT1H");
    assert_eq!(server.get(&next).expect(200)["ok"], true);
    advance("PT0.001S");
    assert_eq!(server.get(&next).expect(410)["error"], "expired_cursor");
    // Where the profile does not tell the two apart, an expired one is an invalid one.
    let path = path("salesforce");
    let first = server.get(&format!("{path}?q=all&stage=open")).expect(200);
    assert_eq!(first["done"], true);
    let small = [("sforce-query-options", "batchSize=200")];
    let first = server
        .request("GET", &format!("{path}?q=all"), &small, None)
        .expect(200);
    let locator = first["nextRecordsUrl"].as_str().expect("a path");
    assert!(locator.starts_with(&format!("{path}/01g")), "{locator}");
    assert!(locator.ends_with("-200"), "{locator}");
    let rest = server.get(locator).expect(200);
    assert_eq!(rest["records"].as_array().map(Vec::len), Some(50), "{rest}");
    assert_eq!(rest["done"], true);
    advance("P2D");
    assert_eq!(server.get(locator).expect(200)["done"], true);
    advance("PT0.001S");
    let refused = server.get(locator).expect(400);
    assert_eq!(
        refused,
        json!([{ "message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR" }])
    );
    // Another number behind the token is another locator.
    let first = server
        .request("GET", &format!("{path}?q=all"), &small, None)
        .expect(200);
    let locator = first["nextRecordsUrl"].as_str().expect("a path");
    server.get(&locator.replace("-200", "-100")).expect(400);
    let prefixed = server
        .request("GET", &format!("/s/default{path}?q=all"), &small, None)
        .expect(200);
    let locator = prefixed["nextRecordsUrl"].as_str().expect("a path");
    assert!(locator.starts_with("/s/default/"), "{locator}");
    server.get(locator).expect(200);
}

#[test]
fn a_token_can_bring_its_query_along() {
    let server = server();
    let first = server.get(&format!("{}?limit=2&stage=won", path("shopify")));
    let next = crate::pagination::link(&first, "next").expect("a link");
    let next = next.trim_start_matches(&server.base).to_owned();
    assert!(!next.contains("stage"), "{next}");
    let second = server.get(&next);
    let rows = second.expect(200);
    assert_eq!(rows["items"][0]["id"], "item_015");
    let back = crate::pagination::link(&second, "previous").expect("a link");
    let back = server.get(back.trim_start_matches(&server.base));
    assert_eq!(back.expect(200), first.expect(200));
    assert_eq!(crate::pagination::link(&back, "previous"), None);
    let beside = server.get(&format!("{next}&stage=open")).expect(400);
    let text = "stage cannot be passed when page_info is present. See https://shopify.dev/api/usage/pagination-rest for more information.";
    assert_eq!(beside, json!({ "errors": { "stage": text } }));
}

#[test]
fn rows_that_come_and_go_move_offsets_and_no_cursors() {
    let server = server();
    let cursor = second(&server, "", "limit=100");
    let drop = |id: &str| {
        server
            .delete(&format!("/__admin/collections/items/{id}"))
            .expect(200)
    };
    // The very row that the cursor stands behind, too.
    for id in ["item_001", "item_100", "item_101"] {
        drop(id);
    }
    server
        .post(
            "/__admin/collections/items",
            &json!([{ "id": "item_new", "name": "New" }]),
        )
        .expect(201);
    let page = follow(&server, "", "limit=100", &cursor);
    assert_eq!(page["items"][0]["id"], "item_102");
    let offset = server
        .get(&format!("{}?offset=100&limit=1", path("offset")))
        .expect(200);
    assert_eq!(
        offset["items"][0]["id"], "item_104",
        "three rows before it are gone: two of the next are never seen"
    );
    // A key of a row that is gone says nothing any more.
    let gone = server
        .get(&format!("{}?starting_after=item_100", path("stripe")))
        .expect(400);
    assert_eq!(gone["error"]["code"], "resource_missing");
    assert_eq!(gone["error"]["message"], "No such item: 'item_100'");
}

#[test]
fn no_token_is_too_strange() {
    let server = server();
    let token = second(&server, "", "limit=2");
    let invalid: Value = serde_json::from_str(INVALID).expect("JSON");
    let cut = &token[..token.len() - 1];
    let turned: String = token.chars().rev().collect();
    let long = "A".repeat(10_240);
    let padded = format!("{token}==");
    for strange in [
        cut,
        &turned,
        &long,
        &padded,
        "%FF%FE",
        "%00",
        "null",
        "e30",
        "-1",
        "%F0%9F%92%A9",
    ] {
        assert_eq!(
            follow(&server, "", "limit=2", strange),
            invalid,
            "{strange:.40}"
        );
    }
    // An empty one, and a null, are the first page; but not everywhere.
    assert_eq!(
        follow(&server, "", "limit=1", "")["items"][0]["id"],
        "item_001"
    );
    let notion = |body: &Value| server.post(&path("notion"), body);
    let first = notion(&json!({ "start_cursor": null, "page_size": 1 })).expect(200);
    assert_eq!(first["results"][0]["id"], "item_001");
    for kind in [json!([]), json!({}), json!(1), json!(true)] {
        assert_eq!(
            notion(&json!({ "start_cursor": kind })).expect(400)["code"],
            "validation_error"
        );
    }
    assert_eq!(
        notion(&json!({ "page_size": 1 })).expect(200)["results"][0]["id"],
        "item_001"
    );
    let empty = server
        .get(&format!(
            "{}?page[size]=2&page[after]=",
            path("zendesk-cursor")
        ))
        .expect(400);
    assert_eq!(
        empty,
        json!({ "errors": [{ "code": "InvalidPaginationParameter", "title": "page[after] is not valid" }] })
    );
}
