//! What becomes of parameters that are not as they should be: each profile answers as its own API does.

use serde_json::{Value, json};

use crate::pagination::{path, server};
use crate::support::Server;

/// A status, and how many rows or which words.
type Answered = (u16, &'static str);

/// The profiles that are asked by query, with their size's name, and what becomes of 0, -1, 10^9 and
/// `abc`: a status, and how many rows, or a piece of the refusal.
const SIZES: &[(&str, &str, [Answered; 4])] = &[
    (
        "offset",
        "limit",
        [
            (400, "whole number from 1 to 100, not \\\"0\\\""),
            (400, "not \\\"-1\\\""),
            (400, "not \\\"1000000000\\\""),
            (400, "not \\\"abc\\\""),
        ],
    ),
    (
        "zendesk-offset",
        "per_page",
        [(200, "100"), (200, "100"), (200, "100"), (200, "100")],
    ),
    (
        "github",
        "per_page",
        [(200, "30"), (200, "30"), (200, "100"), (200, "30")],
    ),
    (
        "stripe",
        "limit",
        [
            (400, "This value must be greater than or equal to 1."),
            (400, "This value must be greater than or equal to 1."),
            (
                400,
                "This value must be less than or equal to 100 (it currently is '1000000000').",
            ),
            (400, "Invalid integer: abc"),
        ],
    ),
    (
        "slack",
        "limit",
        [
            (200, "100"),
            (200, "invalid_limit"),
            (200, "invalid_limit"),
            (200, "invalid_limit"),
        ],
    ),
    (
        "google",
        "page_size",
        [
            (200, "50"),
            (400, "INVALID_ARGUMENT"),
            (200, "250"),
            (
                400,
                "Invalid value at 'page_size' (TYPE_INT32), \\\"abc\\\"",
            ),
        ],
    ),
    (
        "relay",
        "first",
        [
            (200, "0"),
            (200, "Argument \\\"first\\\" must be a non-negative integer"),
            (200, "250"),
            (200, "Int cannot represent non-integer value: \\\"abc\\\""),
        ],
    ),
    (
        "jsonapi",
        "page[size]",
        [
            (400, "page[size] must be a positive integer; got 0"),
            (400, "page[size] must be a positive integer; got -1"),
            (400, "cursor-pagination/max-size-exceeded"),
            (400, "page[size] must be a positive integer; got abc"),
        ],
    ),
    (
        "odata",
        "$top",
        [
            (200, "0"),
            (400, "Invalid value '-1' for $top query option found."),
            (200, "20"),
            (
                400,
                "The $top query option requires a non-negative integer value.",
            ),
        ],
    ),
    (
        "notion",
        "page_size",
        [
            (200, "100"),
            (
                400,
                "query.page_size should be ≥ `1` or `undefined`, instead was `-1`.",
            ),
            (
                400,
                "query.page_size should be ≤ `100` or `undefined`, instead was `1000000000`.",
            ),
            (
                400,
                "query.page_size should be a number or `undefined`, instead was `\\\"abc\\\"`.",
            ),
        ],
    ),
    (
        "hubspot",
        "limit",
        [
            (400, "VALIDATION_ERROR"),
            (400, "VALIDATION_ERROR"),
            (400, "VALIDATION_ERROR"),
            (400, "VALIDATION_ERROR"),
        ],
    ),
    (
        "shopify",
        "limit",
        [
            (200, "50"),
            (200, "50"),
            (400, r#"{"errors":"Limit exceeds maximum limit of 250"}"#),
            (200, "50"),
        ],
    ),
    (
        "zendesk-cursor",
        "page[size]",
        [
            (
                400,
                r#"{"errors":[{"code":"InvalidPaginationParameter","title":"page[size] is not valid"}]}"#,
            ),
            (400, "InvalidPaginationParameter"),
            (400, "InvalidPaginationParameter"),
            (400, "Invalid parameter: page.size must be an integer from"),
        ],
    ),
];

/// How many rows a body has, wherever they are.
fn rows(body: &Value) -> Option<usize> {
    let named = ["items", "data", "results", "value", "edges"];
    let list = named
        .iter()
        .find_map(|name| body.get(*name))
        .unwrap_or(body);
    list.as_array().map(Vec::len)
}

#[test]
fn sizes_are_refused_or_bent_as_the_real_ones_are() {
    check_sizes(&server());
}

/// Asks every profile for sizes that it refuses or bends.
pub(crate) fn check_sizes(server: &Server) {
    for (profile, name, expected) in SIZES {
        for (size, (status, part)) in ["0", "-1", "1000000000", "abc"].into_iter().zip(expected) {
            let answer = server.get(&format!("{}?{name}={size}", path(profile)));
            let body = answer.expect(*status);
            match part.parse::<usize>() {
                Ok(count) => assert_eq!(rows(&body), Some(count), "{profile} {size}"),
                Err(_) => assert!(
                    answer.text.contains(part),
                    "{profile} {size}: {}",
                    answer.text
                ),
            }
        }
        // Of two sizes the last one holds; neither a fraction nor an endless number does harm.
        let two = server
            .get(&format!("{}?{name}=9&{name}=2", path(profile)))
            .expect(200);
        assert_eq!(rows(&two), Some(2), "{profile}");
        for size in ["1.5", "", "1e3", "%FF", &"9".repeat(10_000)] {
            let answer = server.get(&format!("{}?{name}={size}", path(profile)));
            assert!(
                [200, 400].contains(&answer.status),
                "{profile} {size:.9}: {}",
                answer.text
            );
        }
    }
}

#[test]
fn a_scan_refuses_as_its_service_does() {
    let server = server();
    let post = |body: &Value| server.post(&path("dynamodb"), body);
    let text = |value: &str| {
        format!(
            "1 validation error detected: Value '{value}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
        )
    };
    for value in [0, -1] {
        let refused = post(&json!({ "Limit": value })).expect(400);
        let expected = json!({ "__type": "com.amazon.coral.validate#ValidationException", "message": text(&value.to_string()) });
        assert_eq!(refused, expected);
    }
    assert_eq!(
        post(&json!({ "Limit": 1_000_000_000 })).expect(200)["Count"],
        250
    );
    // In a body a text that spells a number is none.
    assert_eq!(
        post(&json!({ "Limit": "23" })).expect(400),
        json!({ "__type": "com.amazon.coral.service#SerializationException", "Message": "STRING_VALUE cannot be converted to Integer" })
    );
    for key in [
        json!({}),
        json!({ "id": {} }),
        json!({ "id": { "N": "1" } }),
        json!({ "id": { "S": 5 } }),
        json!({ "id": { "S": "item_1" }, "x": 1 }),
        json!({ "id": { "S": "item_1", "N": "1" } }),
        json!("x"),
        json!(1),
    ] {
        let refused = post(&json!({ "ExclusiveStartKey": key })).expect(400);
        let text = "The provided starting key is invalid: The provided key element does not match the schema";
        assert_eq!(refused["message"], text);
    }
}

#[test]
fn positions_are_refused_each_in_its_own_way() {
    let server = server();
    for (query, status, part) in [
        (
            "stripe/items?starting_after=cus_x",
            400,
            r#""message":"No such item: 'cus_x'","param":"starting_after""#,
        ),
        (
            "stripe/items?ending_before=cus_x",
            400,
            r#""param":"ending_before""#,
        ),
        (
            "stripe/items?starting_after=item_001&ending_before=item_002",
            400,
            "You may only specify one of these parameters",
        ),
        (
            "slack/items?cursor=x",
            200,
            r#"{"ok":false,"error":"invalid_cursor"}"#,
        ),
        ("google/items?page_token=x", 400, "INVALID_PAGE_TOKEN"),
        (
            "relay/items?after=x",
            200,
            "`x` does not appear to be a valid cursor.",
        ),
        (
            "jsonapi/items?page[before]=x",
            400,
            r#""source":{"parameter":"page[before]"}"#,
        ),
        (
            "odata/items?$skiptoken=x",
            400,
            "Unable to parse the skiptoken value 'x'.",
        ),
        (
            "odata/items?$skip=-1",
            400,
            "Invalid value '-1' for $skip query option found.",
        ),
        (
            "notion/items?start_cursor=x",
            400,
            "The start_cursor provided is invalid: x",
        ),
        ("hubspot/items?after=x", 400, r#""in":"after""#),
        (
            "shopify/items?page_info=x",
            400,
            r#"{"errors":{"page_info":"Invalid value."}}"#,
        ),
        ("salesforce/items/01gx-2000", 400, "INVALID_QUERY_LOCATOR"),
        ("salesforce/items", 400, "MALFORMED_QUERY"),
        (
            "zendesk-cursor/items?page[size]=2&page[before]=x",
            400,
            "page[before] is not valid",
        ),
        (
            "zendesk-cursor/items?page=101",
            400,
            "InvalidPaginationDepth",
        ),
        (
            "zendesk-offset/items?page=101&per_page=100",
            400,
            "InvalidPaginationDepth",
        ),
        (
            "zendesk-offset/items?page=100&per_page=100",
            200,
            r#""items":[]"#,
        ),
        (
            "github-search/items?page=11&per_page=100",
            422,
            "Only the first 1000 search results are available",
        ),
        ("github/items?page=-1", 200, "item_250"),
        ("github/items?page=99999999999999999999999999", 200, "[]"),
        ("offset/items?offset=-1", 400, "`offset` is not valid"),
        ("offset/items?offset=%2B5", 400, "`offset` is not valid"),
        ("stripe/items?limit=%2B5", 400, "Invalid integer: +5"),
        (
            "offset/items?offset=99999999999999999999",
            200,
            r#""items":[]"#,
        ),
    ] {
        let answer = server.get(&format!("/gallery/pagination/{query}"));
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
        assert!(answer.text.contains(part), "{query}: {}", answer.text);
    }
}

#[test]
fn the_call_log_says_what_page_it_was_and_why() {
    let server = server();
    server
        .get(&format!(
            "{}?limit=2&starting_after=item_249",
            path("stripe")
        ))
        .expect(200);
    let calls = server.get("/__admin/calls").expect(200);
    let trace = calls["calls"][0]["trace"].as_array().expect("a trace");
    let line = trace
        .iter()
        .find(|line| line["step"] == "pagination")
        .expect("a line");
    assert_eq!(line["outcome"], "ok");
    assert_eq!(line["detail"]["rows"], 2);
    assert_eq!(line["detail"]["more"], true);
    assert_eq!(line["detail"]["position"], "row");
    server
        .get(&format!("{}?cursor=x", path("slack")))
        .expect(200);
    let calls = server.get("/__admin/calls").expect(200);
    let trace = calls["calls"][1]["trace"].to_string();
    assert!(
        trace.contains("invalid_cursor") && trace.contains("`cursor` is not valid"),
        "{trace}"
    );
}
