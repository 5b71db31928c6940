//! The gallery that ships, page by page: all 250 items once in every profile, sizes that are refused or
//! bent, and positions that are forged, borrowed or too old.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::pagination::{WAYS, link, path};
use crate::pagination_refusals::check_sizes;
use crate::support::{Answer, Server};

fn server() -> Server {
    let clock = "frozen@2026-01-01T00:00:00Z";
    Server::with(&["--stubs", "stubs/gallery", "--clock", clock])
}

#[test]
fn every_profile_gives_all_items_once() {
    let server = server();
    for way in WAYS {
        let (size, pages) = way.pages[way.pages.len() - 1];
        for (size, pages) in [(None, way.default), (Some(size), pages)] {
            let (ids, counted) = way.walk(&server, size);
            let different: BTreeSet<&String> = ids.iter().collect();
            let seen = (ids.len(), different.len(), counted);
            assert_eq!(seen, (250, 250, pages), "{} by {size:?}", way.profile);
        }
    }
}

#[test]
fn sizes_are_refused_or_bent_as_the_real_ones_are() {
    check_sizes(&server());
}

#[test]
fn a_scan_is_followed_by_get_and_by_post() {
    let server = server();
    let path = path("dynamodb");
    let get = |key: &Value| {
        let key = key.to_string().replace('"', "%22");
        let key = key.replace('{', "%7B").replace('}', "%7D");
        server.get(&format!("{path}?Limit=40&ExclusiveStartKey={key}"))
    };
    let post = |key: &Value| server.post(&path, &json!({ "Limit": 40, "ExclusiveStartKey": key }));
    for follow in [&get as &dyn Fn(&Value) -> Answer, &post] {
        let first = server.post(&path, &json!({ "Limit": 40 })).expect(200);
        let (mut ids, mut page) = (BTreeSet::new(), first);
        loop {
            let items = page["Items"].as_array().expect("items");
            assert_eq!(page["Count"], items.len());
            ids.extend(items.iter().map(|item| item["id"].to_string()));
            match page.get("LastEvaluatedKey") {
                Some(key) => page = follow(key).expect(200),
                None => break,
            }
        }
        assert_eq!(ids.len(), 250);
    }
    for forged in [json!({ "name": { "S": "x" } }), json!("x"), json!({})] {
        for answer in [get(&forged), post(&forged)] {
            let kind = &answer.expect(400)["__type"];
            assert_eq!(kind, "com.amazon.coral.validate#ValidationException");
        }
    }
}

/// A profile's first page of two, where its cursor is, how it is sent back, and what one gets for a wrong
/// one.
const CURSORS: &[(&str, &str, &str, &str, u16, &str)] = &[
    (
        "slack",
        "?limit=2",
        "/response_metadata/next_cursor",
        "&cursor=",
        200,
        r#"{"ok":false,"error":"invalid_cursor"}"#,
    ),
    (
        "google",
        "?page_size=2",
        "/next_page_token",
        "&page_token=",
        400,
        r#""status":"INVALID_ARGUMENT""#,
    ),
    (
        "relay",
        "?first=2",
        "/pageInfo/endCursor",
        "&after=",
        200,
        "does not appear to be a valid cursor",
    ),
    (
        "jsonapi",
        "?page[size]=2",
        "/links/next",
        "&page[after]=",
        400,
        r#""source":{"parameter":"page[after]"}"#,
    ),
    (
        "odata",
        "?$count=true",
        "/@odata.nextLink",
        "&$skiptoken=",
        400,
        "Unable to parse the skiptoken value",
    ),
    (
        "notion",
        "?page_size=2",
        "/next_cursor",
        "&start_cursor=",
        400,
        "The start_cursor provided is invalid",
    ),
    (
        "hubspot",
        "?limit=2",
        "/paging/next/after",
        "&after=",
        400,
        "VALIDATION_ERROR",
    ),
    (
        "shopify",
        "?limit=2",
        "",
        "&page_info=",
        400,
        r#"{"errors":{"page_info":"Invalid value."}}"#,
    ),
    (
        "zendesk-cursor",
        "?page[size]=2",
        "/meta/after_cursor",
        "&page[after]=",
        400,
        "page[after] is not valid",
    ),
];

/// The cursor of a first page: at the pointer, or at the end of the link there.
fn cursor(first: &Answer, pointer: &str, parameter: &str) -> String {
    let found = match pointer {
        "" => link(first, "next"),
        _ => first
            .json()
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned),
    };
    let found = found.expect("a cursor");
    let found = found
        .rsplit_once(parameter)
        .map_or(&*found, |(_, cursor)| cursor);
    found.to_owned()
}

#[test]
fn cursors_are_the_sandboxs_own_and_nobody_elses() {
    let server = server();
    server
        .post("/__admin/sandboxes", &json!({ "id": "other", "seed": 7 }))
        .expect(201);
    for (profile, query, pointer, parameter, status, part) in CURSORS {
        let first = format!("{}{query}", path(profile));
        let token = cursor(&server.get(&first), pointer, parameter);
        let follow =
            |prefix: &str, token: &str| server.get(&format!("{prefix}{first}{parameter}{token}"));
        let good = follow("", &token);
        assert!(!good.text.contains(part), "{profile}: {}", good.text);
        good.expect(200);

        let (head, last) = token.split_at(token.len() - 2);
        let forged = format!("{head}{}", if last == "AA" { "BB" } else { "AA" });
        let cut = &token[..token.len() / 2];
        let theirs = cursor(&server.get(&format!("/s/other{first}")), pointer, parameter);
        assert_ne!(theirs, token, "{profile}");
        for (what, wrong) in [
            ("forged", forged.as_str()),
            ("cut", cut),
            ("another's", &theirs),
        ] {
            let answer = follow("", wrong);
            assert_eq!(answer.status, *status, "{profile} {what}: {}", answer.text);
            assert!(
                answer.text.contains(part),
                "{profile} {what}: {}",
                answer.text
            );
        }
        let other = follow("/s/other", &theirs);
        assert!(!other.text.contains(part), "{profile}: {}", other.text);
    }
}

#[test]
fn tokens_that_live_for_days_are_refused_a_millisecond_later() {
    let server = server();
    let advance = |by: &str| {
        let by = json!({ "by": by });
        server.post("/__admin/clock/advance", &by).expect(200);
    };
    let google = format!("{}?page_size=100", path("google"));
    let token = cursor(&server.get(&google), "/next_page_token", "&page_token=");
    let google = format!("{google}&page_token={token}");
    let salesforce = || {
        let first = format!("{}?q=SELECT+Id+FROM+Item", path("salesforce"));
        let size = [("Sforce-Query-Options", "batchSize=200")];
        let page = server.request("GET", &first, &size, None).expect(200);
        assert_eq!(
            (&page["totalSize"], &page["done"]),
            (&json!(250), &json!(false))
        );
        page["nextRecordsUrl"]
            .as_str()
            .expect("a locator")
            .to_owned()
    };
    let next = salesforce();
    advance("P2D");
    assert_eq!(server.get(&next).expect(200)["done"], true);
    advance("PT0.001S");
    let expired =
        json!([{ "message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR" }]);
    assert_eq!(server.get(&next).expect(400), expired);
    server.get(&salesforce()).expect(200);

    advance("PT23H59M59.999S");
    server.get(&google).expect(200);
    advance("PT0.001S");
    let body = server.get(&google).expect(400);
    assert_eq!(body["error"]["status"], "INVALID_ARGUMENT");
}
