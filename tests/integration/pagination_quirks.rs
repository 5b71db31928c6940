//! Quirks: declared by a pack, for one page, or queued by a tester.

use serde_json::{Value, json};

use crate::pagination::{link, path, server};
use crate::support::Server;

fn queue(server: &Server, tool: &str, quirk: &Value) -> Value {
    let body = json!({ "tool": tool, "quirk": quirk });
    server.post("/__admin/pagination/quirks", &body).expect(201)
}

/// The numbers of the rows of a page, and its cursor.
fn slack(server: &Server, query: &str) -> (Vec<u32>, String) {
    let page = server
        .get(&format!("{}?{query}", path("slack")))
        .expect(200);
    let rows = page["items"]
        .as_array()
        .unwrap_or_else(|| panic!("{page}"))
        .iter();
    let number = |row: &Value| row["id"].as_str()?.strip_prefix("item_")?.parse().ok();
    let cursor = page["response_metadata"]["next_cursor"]
        .as_str()
        .unwrap_or_default();
    (rows.filter_map(number).collect(), cursor.to_owned())
}

#[test]
fn a_pack_declares_quirks_of_single_pages() {
    let server = server();
    let (mut seen, mut sizes, mut cursor) = (0, Vec::new(), String::new());
    loop {
        let page = server
            .get(&format!("/lists/short?cursor={cursor}"))
            .expect(200);
        if page.get("response_metadata").is_none() {
            // The first page, once, has lost it.
            assert!(sizes.is_empty());
            continue_after_loss(&server);
            cursor = String::new();
            sizes.push(0);
            continue;
        }
        let count = page["items"].as_array().expect("items").len();
        sizes.push(count);
        seen += count;
        cursor = page["response_metadata"]["next_cursor"]
            .as_str()
            .expect("a cursor")
            .to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(sizes, [0, 50, 47, 0, 50, 50, 50, 3]);
    assert_eq!(seen, 250);
}

/// The call log says which quirk a page had.
fn continue_after_loss(server: &Server) {
    let calls = server.get("/__admin/calls").expect(200);
    let trace = calls["calls"][0]["trace"].to_string();
    assert!(trace.contains(r#""outcome":"quirk""#), "{trace}");
    assert!(trace.contains("/response_metadata"), "{trace}");
}

#[test]
fn a_queued_quirk_concerns_the_next_page_of_its_tool() {
    let server = server();
    let queued = queue(&server, "slack", &json!({ "shortPage": 4 }));
    assert_eq!(queued["tool"], "gallery.slack");
    assert_eq!(queued["id"], 1);
    server.get(&path("google")).expect(200);
    assert_eq!(
        server.get("/__admin/pagination/quirks").expect(200)["quirks"][0],
        queued
    );
    let (rows, cursor) = slack(&server, "limit=10");
    assert_eq!(rows, (1..=6).collect::<Vec<_>>());
    let (rows, _) = slack(&server, &format!("limit=2&cursor={cursor}"));
    assert_eq!(rows, [7, 8]);
    assert_eq!(
        server.get("/__admin/pagination/quirks").expect(200),
        json!({ "quirks": [] })
    );
}

#[test]
fn quirks_do_what_they_say() {
    let server = server();
    queue(&server, "slack", &json!({ "emptyPage": true }));
    let (rows, cursor) = slack(&server, "limit=2");
    assert_eq!(rows, [] as [u32; 0]);
    assert_eq!(
        slack(&server, &format!("limit=2&cursor={cursor}")).0,
        [1, 2]
    );

    queue(&server, "slack", &json!({ "loop": true, "onPage": 3 }));
    let (_, first) = slack(&server, "limit=100");
    let (_, second) = slack(&server, &format!("limit=100&cursor={first}"));
    let (last, turn) = slack(&server, &format!("limit=100&cursor={second}"));
    assert_eq!(last.first(), Some(&201));
    assert_eq!(turn, first, "the last page leads to the second one again");

    queue(&server, "slack", &json!({ "clampSize": 5, "times": 2 }));
    assert_eq!(slack(&server, "limit=100").0.len(), 5);
    assert_eq!(slack(&server, "").0.len(), 5);
    assert_eq!(slack(&server, "").0.len(), 100);

    queue(&server, "slack", &json!({ "expireToken": true }));
    let refused = server
        .get(&format!("{}?limit=100&cursor={first}", path("slack")))
        .expect(200);
    assert_eq!(refused, json!({ "ok": false, "error": "invalid_cursor" }));
    // It is used up although the call was refused, and the token is as good as before.
    assert_eq!(
        slack(&server, &format!("limit=100&cursor={first}"))
            .0
            .first(),
        Some(&101)
    );

    queue(&server, "slack", &json!({ "malformedNext": true }));
    let (_, cut) = slack(&server, "limit=2");
    let refused = server
        .get(&format!("{}?limit=2&cursor={cut}", path("slack")))
        .expect(200);
    assert_eq!(refused["error"], "invalid_cursor");

    queue(&server, "github", &json!({ "omit": ["Link"] }));
    assert_eq!(link(&server.get(&path("github")), "next"), None);
    assert!(link(&server.get(&path("github")), "next").is_some());

    queue(&server, "google", &json!({ "totalDrift": -7, "times": 3 }));
    let mut totals = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let page = server
            .get(&format!("{}?page_token={token}", path("google")))
            .expect(200);
        totals.push(page["total_size"].as_u64().expect("a total"));
        token = page["next_page_token"]
            .as_str()
            .expect("a token")
            .to_owned();
    }
    assert_eq!(totals, [250, 243, 236]);
}

#[test]
fn an_emptied_page_leads_on_by_every_cursor() {
    let server = server();
    let empty = |tool: &str, query: &str| {
        queue(&server, tool, &json!({ "emptyPage": true }));
        server.get(&format!("{}?{query}", path(tool))).expect(200)
    };
    let get = |tool: &str, query: &str| server.get(&format!("{}?{query}", path(tool))).expect(200);
    let cursor = |page: &Value, pointer: &str| -> String {
        let cursor = page.pointer(pointer).and_then(Value::as_str);
        cursor.unwrap_or_else(|| panic!("{page}")).to_owned()
    };
    let node = |page: &Value| page["edges"][0]["node"]["id"].clone();
    let page = empty("relay", "first=2");
    assert_eq!(page["edges"], json!([]));
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let first = cursor(&page, "/pageInfo/endCursor");
    let page = get("relay", &format!("first=2&after={first}"));
    assert_eq!(node(&page), "item_001");
    let second = cursor(&page, "/pageInfo/endCursor");
    let page = empty("relay", &format!("first=2&after={second}"));
    let again = cursor(&page, "/pageInfo/endCursor");
    let page = get("relay", &format!("first=2&after={again}"));
    assert_eq!(node(&page), "item_003");
    // Backwards it is the other cursor.
    let third = cursor(&page, "/pageInfo/startCursor");
    let page = empty("relay", &format!("last=1&before={third}"));
    assert_eq!(page["pageInfo"]["hasPreviousPage"], true);
    let back = cursor(&page, "/pageInfo/startCursor");
    let page = get("relay", &format!("last=1&before={back}"));
    assert_eq!(node(&page), "item_002");

    queue(&server, "zendesk_cursor", &json!({ "emptyPage": true }));
    let page = get("zendesk-cursor", "page[size]=2");
    let after = cursor(&page, "/meta/after_cursor");
    let page = get(
        "zendesk-cursor",
        &format!("page[size]=2&page[after]={after}"),
    );
    assert_eq!(page["items"][0]["id"], "item_001");

    // One that is meant for any page does nothing where no cursor leads on from an empty one.
    let any = json!({ "quirk": { "emptyPage": true } });
    server.post("/__admin/pagination/quirks", &any).expect(201);
    assert_ne!(get("stripe", "limit=2")["data"], json!([]));
}

#[test]
fn rows_really_come_and_go() {
    let server = server();
    let (rows, cursor) = slack(&server, "limit=3");
    assert_eq!(rows, [1, 2, 3]);
    queue(&server, "slack", &json!({ "deleteRows": 5 }));
    assert_eq!(
        slack(&server, &format!("limit=2&cursor={cursor}")).0,
        [6, 7]
    );
    server
        .get("/__admin/collections/items/item_005")
        .expect(404);

    // At the front of what is listed newest first, an insert shows a row twice by numbers …
    let github = |page: u32| {
        server
            .get(&format!("{}?per_page=2&page={page}", path("github")))
            .expect(200)
    };
    let id = |page: &Value, at: usize| page[at]["id"].as_str().expect("an id").to_owned();
    let first = github(1);
    queue(&server, "github", &json!({ "insertRows": 1 }));
    assert_eq!(id(&github(2), 0), id(&first, 1));
    // … and not by keys.
    let stripe = |after: &str| {
        server
            .get(&format!("{}?limit=2{after}", path("stripe")))
            .expect(200)
    };
    let first = stripe("");
    let last = id(&first["data"], 1);
    queue(&server, "stripe", &json!({ "insertRows": 3 }));
    let second = stripe(&format!("&starting_after={last}"));
    assert_ne!(id(&second["data"], 0), last);
    assert_eq!(
        server.get("/__admin/collections/items?limit=1").expect(200)["total"],
        249
    );
}

#[test]
fn a_page_of_keys_has_a_number_when_a_quirk_asks() {
    let server = server();
    queue(&server, "stripe", &json!({ "shortPage": 1, "onPage": 2 }));
    let rows = |query: &str| {
        let page = server
            .get(&format!("{}?limit=2{query}", path("stripe")))
            .expect(200);
        page["data"].as_array().expect("rows").len()
    };
    assert_eq!(rows(""), 2);
    assert_eq!(rows("&starting_after=item_247"), 2);
    assert_eq!(rows("&starting_after=item_249"), 1);
    assert_eq!(rows("&starting_after=item_249"), 2);
}

#[test]
fn the_line_is_the_sandboxs_own() {
    let server = server();
    queue(&server, "gallery.slack", &json!({ "shortPage": 1 }));
    let other = server.get("/s/other/__admin/pagination/quirks").expect(200);
    assert_eq!(other, json!({ "quirks": [] }));
    server.delete("/__admin/pagination/quirks").expect(200);
    assert_eq!(slack(&server, "limit=3").0.len(), 3);
    for (body, field) in [
        (
            json!({ "tool": "nobody", "quirk": { "loop": true } }),
            "tool",
        ),
        (json!({ "quirk": {} }), "quirk"),
        (json!({ "quirk": { "onPage": 2 } }), "quirk"),
        (
            json!({ "quirk": { "loop": true, "times": 0 } }),
            "quirk.times",
        ),
        (
            json!({ "quirk": { "loop": true, "onPage": 0 } }),
            "quirk.onPage",
        ),
        (json!({ "quirk": { "shrtPage": 1 } }), "quirk.shrtPage"),
        (
            json!({ "tool": "stripe", "quirk": { "emptyPage": true } }),
            "quirk.emptyPage",
        ),
        (
            json!({ "tool": "offset", "quirk": { "expireToken": true } }),
            "quirk.expireToken",
        ),
        (
            json!({ "quirk": { "insertRows": 1001 } }),
            "quirk.insertRows",
        ),
        (
            json!({ "quirk": { "deleteRows": 1001 } }),
            "quirk.deleteRows",
        ),
        (json!({ "quirk": { "clampSize": 0 } }), "quirk.clampSize"),
        (json!({ "quirk": { "omit": ["a/b"] } }), "quirk.omit"),
        (json!({ "quirk": { "omit": ["/a~2"] } }), "quirk.omit"),
        (json!({ "quirk": { "omit": [""] } }), "quirk.omit"),
        (json!({ "quirk": { "shortPage": -1 } }), "quirk.shortPage"),
    ] {
        let refused = server.post("/__admin/pagination/quirks", &body).expect(422);
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    server
        .post(
            "/__admin/pagination/quirks",
            &json!({ "quirk": { "shortPage": 1 } }),
        )
        .expect(201);
    assert_eq!(slack(&server, "limit=3").0.len(), 2);
}
