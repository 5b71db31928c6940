//! Paging as each profile does it: from the first page to the last, all rows once and in order, and the
//! very bytes of a first, a middle and a last page.

use serde_json::{Value, json};

use crate::support::{Answer, Server};

pub(crate) fn server() -> Server {
    let clock = "frozen@2026-01-01T00:00:00Z";
    Server::with(&["--stubs", "tests/packs/pagination", "--clock", clock])
}

pub(crate) fn path(profile: &str) -> String {
    format!("/gallery/pagination/{profile}/items")
}

/// The URL of a relation in the `Link` header.
pub(crate) fn link(answer: &Answer, relation: &str) -> Option<String> {
    let wanted = format!("; rel=\"{relation}\"");
    let links = answer.header("link")?.split(", ");
    let found = links.filter_map(|link| link.strip_suffix(&wanted)).next()?;
    Some(found.trim_matches(['<', '>']).to_owned())
}

/// How a client of a profile goes from page to page.
pub(crate) struct Way {
    pub(crate) profile: &'static str,
    /// The parameter, or the header and what it begins with, that says how many.
    size: Size,
    /// The sizes that are tried, beside none, and how many pages each takes.
    pub(crate) pages: &'static [(u64, usize)],
    /// How many pages it takes without a size.
    pub(crate) default: usize,
    /// Where the rows are.
    rows: &'static str,
    /// How the next page is found.
    next: Next,
}

enum Size {
    Parameter(&'static str),
    Header(&'static str, &'static str),
}

enum Next {
    /// A URL, or a path, at this pointer.
    At(&'static str),
    /// The link `next`.
    Link,
    /// A parameter, with what is at this pointer, unless that is absent, null or empty.
    Cursor(&'static str, &'static str),
    /// A parameter, with what is at the second pointer, where the first one is true.
    If(&'static str, &'static str, &'static str),
    /// A number of rows, where the pointer is true.
    Offset(&'static str),
}

pub(crate) const WAYS: &[Way] = &[
    Way {
        profile: "offset",
        size: Size::Parameter("limit"),
        pages: &[(1, 50), (100, 3)],
        default: 13,
        rows: "/items",
        next: Next::Offset("/has_more"),
    },
    Way {
        profile: "zendesk-offset",
        size: Size::Parameter("per_page"),
        pages: &[(1, 50), (100, 3)],
        default: 3,
        rows: "/items",
        next: Next::At("/next_page"),
    },
    Way {
        profile: "github",
        size: Size::Parameter("per_page"),
        pages: &[(1, 50), (100, 3)],
        default: 9,
        rows: "",
        next: Next::Link,
    },
    Way {
        profile: "github-search",
        size: Size::Parameter("per_page"),
        pages: &[(1, 50), (100, 3)],
        default: 9,
        rows: "/items",
        next: Next::Link,
    },
    Way {
        profile: "stripe",
        size: Size::Parameter("limit"),
        pages: &[(1, 50), (100, 3)],
        default: 25,
        rows: "/data",
        next: Next::If("/has_more", "starting_after", "/data/-/id"),
    },
    Way {
        profile: "slack",
        size: Size::Parameter("limit"),
        pages: &[(1, 50), (1000, 1)],
        default: 3,
        rows: "/items",
        next: Next::Cursor("cursor", "/response_metadata/next_cursor"),
    },
    Way {
        profile: "google",
        size: Size::Parameter("page_size"),
        pages: &[(1, 50), (1000, 1)],
        default: 5,
        rows: "/items",
        next: Next::Cursor("page_token", "/next_page_token"),
    },
    Way {
        profile: "relay",
        size: Size::Parameter("first"),
        pages: &[(1, 50), (100, 3)],
        default: 13,
        rows: "/edges",
        next: Next::If("/pageInfo/hasNextPage", "after", "/pageInfo/endCursor"),
    },
    Way {
        profile: "jsonapi",
        size: Size::Parameter("page[size]"),
        pages: &[(1, 50), (100, 3)],
        default: 13,
        rows: "/data",
        next: Next::At("/links/next"),
    },
    Way {
        profile: "odata",
        size: Size::Header("Prefer", "odata.maxpagesize="),
        pages: &[(1, 50), (100, 3)],
        default: 13,
        rows: "/value",
        next: Next::At("/@odata.nextLink"),
    },
    Way {
        profile: "notion",
        size: Size::Parameter("page_size"),
        pages: &[(1, 50), (100, 3)],
        default: 3,
        rows: "/results",
        next: Next::If("/has_more", "start_cursor", "/next_cursor"),
    },
    Way {
        profile: "hubspot",
        size: Size::Parameter("limit"),
        pages: &[(1, 50), (100, 3)],
        default: 25,
        rows: "/results",
        next: Next::At("/paging/next/link"),
    },
    Way {
        profile: "shopify",
        size: Size::Parameter("limit"),
        pages: &[(1, 50), (250, 1)],
        default: 5,
        rows: "/items",
        next: Next::Link,
    },
    Way {
        profile: "salesforce",
        size: Size::Header("Sforce-Query-Options", "batchSize="),
        pages: &[(1, 1), (200, 2), (2000, 1)],
        default: 1,
        rows: "/records",
        next: Next::At("/nextRecordsUrl"),
    },
    Way {
        profile: "zendesk-cursor",
        size: Size::Parameter("page[size]"),
        pages: &[(1, 50), (100, 3)],
        // Without a size it pages by number.
        default: 3,
        rows: "/items",
        next: Next::At("/links/next"),
    },
];

impl Way {
    /// Follows all pages; the ids of all rows, and how many pages there were.
    pub(crate) fn walk(&self, server: &Server, size: Option<u64>) -> (Vec<String>, usize) {
        let stage = if size == Some(1) { "&stage=won" } else { "" };
        let mut first = format!("{}?q=all{stage}", path(self.profile));
        let mut header = None;
        match (&self.size, size) {
            (Size::Parameter(name), Some(size)) => first = format!("{first}&{name}={size}"),
            (Size::Header(name, before), Some(size)) => {
                header = Some((*name, format!("{before}{size}")))
            }
            (_, None) => {}
        }
        let (mut at, mut ids, mut pages) = (Some(first.clone()), Vec::new(), 0);
        while let Some(path) = at {
            let headers: Vec<(&str, &str)> = header
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let answer = server.request("GET", &path, &headers, None);
            let body = answer.expect(200);
            let rows = body
                .pointer(self.rows)
                .and_then(Value::as_array)
                .expect("rows");
            assert!(
                !rows.is_empty(),
                "{}: an empty page at {path}",
                self.profile
            );
            ids.extend(rows.iter().map(id));
            pages += 1;
            assert!(pages <= 250, "{}: it never ends", self.profile);
            at = self.next(&first, &answer, &body, ids.len());
            at = at.map(|next| next.trim_start_matches(&server.base).to_owned());
        }
        (ids, pages)
    }

    fn next(&self, first: &str, answer: &Answer, body: &Value, seen: usize) -> Option<String> {
        let text = |pointer: &str| body.pointer(pointer)?.as_str().map(str::to_owned);
        let more = |pointer: &str| body.pointer(pointer) == Some(&json!(true));
        match self.next {
            Next::Link => link(answer, "next"),
            Next::At(pointer) => text(pointer).or_else(|| text("/next_page")),
            Next::Offset(flag) => more(flag).then(|| format!("{first}&offset={seen}")),
            Next::Cursor(name, pointer) => {
                let cursor = text(pointer).filter(|cursor| !cursor.is_empty())?;
                Some(format!("{first}&{name}={cursor}"))
            }
            Next::If(flag, name, pointer) => {
                let last = body.pointer(self.rows)?.as_array()?.len() - 1;
                let cursor = text(&pointer.replace("/-/", &format!("/{last}/")))?;
                more(flag).then(|| format!("{first}&{name}={cursor}"))
            }
        }
    }
}

fn id(row: &Value) -> String {
    let node = row.get("node").unwrap_or(row);
    node["id"].as_str().expect("an id").to_owned()
}

/// Pages of one row are of these: a fifth of all.
fn is_won(id: &str) -> bool {
    id.ends_with(['0', '5'])
}

fn ids(numbers: impl Iterator<Item = u32>) -> Vec<String> {
    numbers.map(|number| format!("item_{number:03}")).collect()
}

#[test]
fn every_profile_gives_every_row_once() {
    let server = server();
    for way in WAYS {
        let all = match way.profile {
            "github" | "github-search" | "stripe" => ids((1..=250).rev()),
            _ => ids(1..=250),
        };
        let sizes = way.pages.iter().map(|(size, pages)| (Some(*size), *pages));
        for (size, pages) in sizes.chain([(None, way.default)]) {
            let (seen, counted) = way.walk(&server, size);
            let wanted = all
                .iter()
                .filter(|id| size != Some(1) || is_won(id))
                .cloned();
            assert_eq!(
                seen,
                wanted.collect::<Vec<_>>(),
                "{} by {size:?}",
                way.profile
            );
            assert_eq!(counted, pages, "{} by {size:?}", way.profile);
        }
    }
}

#[test]
fn a_scan_is_followed_by_its_key() {
    let server = server();
    let path = path("dynamodb");
    let (mut key, mut seen, mut pages) = (Value::Null, 0, 0);
    loop {
        let mut body = json!({ "Limit": 50 });
        if !key.is_null() {
            body["ExclusiveStartKey"] = key;
        }
        let page = server.post(&path, &body).expect(200);
        assert_eq!(page["Count"], page["ScannedCount"]);
        seen += page["Count"].as_u64().expect("a count");
        pages += 1;
        match page.get("LastEvaluatedKey") {
            Some(last) => key = last.clone(),
            None => break,
        }
    }
    // A full last page does not know that it is the last.
    assert_eq!((seen, pages), (250, 6));
    // The limit counts what is looked at, not what the filter lets through.
    let page = server
        .post(&path, &json!({ "Limit": 4, "stage": "won" }))
        .expect(200);
    assert_eq!(
        page,
        json!({
            "Count": 0, "Items": [], "ScannedCount": 4,
            "LastEvaluatedKey": { "id": { "S": "item_004" } }
        })
    );
    // A key of a row that is gone is a position still.
    server
        .delete("/__admin/collections/items/item_004")
        .expect(200);
    let next = json!({ "Limit": 1, "ExclusiveStartKey": { "id": { "S": "item_004" } } });
    assert_eq!(
        server.post(&path, &next).expect(200)["Items"][0]["id"],
        "item_005"
    );
}

fn item(number: u32) -> Value {
    let stage = if number.is_multiple_of(5) {
        "won"
    } else {
        "open"
    };
    json!({ "id": format!("item_{number:03}"), "name": format!("Item {number}"), "stage": stage })
}

#[test]
fn links_stand_as_they_do_on_the_wire() {
    let server = server();
    let host = [("host", "api.example.com:8443")];
    let get = |path: &str| server.request("GET", path, &host, None);
    let at = |query: &str| format!("<http://api.example.com:8443{}?{query}>", path("github"));
    let check = |query: &str, expected: &str| {
        let answer = get(&format!("{}?{query}", path("github")));
        assert_eq!(answer.header("link").unwrap_or(""), expected, "{query}");
    };
    let [two, three, one, last] = [2, 3, 1, 84].map(|page| at(&format!("per_page=3&page={page}")));
    check(
        "per_page=3",
        &format!("{two}; rel=\"next\", {last}; rel=\"last\""),
    );
    check(
        "per_page=3&page=2",
        &format!(
            "{one}; rel=\"prev\", {three}; rel=\"next\", {last}; rel=\"last\", {one}; rel=\"first\""
        ),
    );
    let before = at("per_page=3&page=83");
    check(
        "per_page=3&page=84",
        &format!("{before}; rel=\"prev\", {one}; rel=\"first\""),
    );
    // Behind the end, `prev` is the last page.
    check(
        "per_page=3&page=99",
        &format!("{last}; rel=\"prev\", {last}; rel=\"last\", {one}; rel=\"first\""),
    );
    // The caller's own spelling stays, and so does a filter.
    let kept = [2, 3].map(|page| at(&format!("per_page=500&stage=open&page={page}")));
    check(
        "per_page=500&stage=open",
        &format!("{}; rel=\"next\", {}; rel=\"last\"", kept[0], kept[0]),
    );
    check("stage=won&per_page=100", "");
    let sandbox = get(&format!(
        "/s/default{}?per_page=100&stage=open",
        path("github")
    ));
    let url = "http://api.example.com:8443/s/default";
    let url = format!("{url}{}?per_page=100&stage=open&page=2", path("github"));
    assert_eq!(
        sandbox.header("link"),
        Some(&*format!("<{url}>; rel=\"next\", <{url}>; rel=\"last\""))
    );
}

#[test]
fn pages_are_these_very_documents() {
    let server = server();
    let get = |query: &str| server.get(query).expect(200);
    let [stripe, offset, zendesk] = ["stripe", "offset", "zendesk-offset"].map(path);
    let first = get(&format!("{stripe}?limit=2"));
    let list = |more: bool, rows: [u32; 2]| json!({ "object": "list", "url": stripe, "has_more": more, "data": rows.map(item) });
    assert_eq!(first, list(true, [250, 249]));
    assert_eq!(
        get(&format!("{stripe}?limit=2&starting_after=item_249")),
        list(true, [248, 247])
    );
    assert_eq!(
        get(&format!("{stripe}?limit=2&starting_after=item_003")),
        list(false, [2, 1])
    );
    // Backwards: the rows just before, the newest first all the same.
    assert_eq!(
        get(&format!("{stripe}?limit=2&ending_before=item_001")),
        list(true, [3, 2])
    );
    assert_eq!(
        get(&format!("{stripe}?limit=2&ending_before=item_248")),
        list(false, [250, 249])
    );
    assert_eq!(
        get(&format!("{offset}?limit=2&offset=248")),
        json!({ "items": [item(249), item(250)], "total": 250, "offset": 248, "limit": 2, "has_more": false })
    );
    assert_eq!(
        get(&format!("{offset}?limit=2&offset=900")),
        json!({ "items": [], "total": 250, "offset": 900, "limit": 2, "has_more": false })
    );
    let base = &server.base;
    assert_eq!(
        get(&format!("{zendesk}?per_page=1&page=2")),
        json!({
            "items": [item(2)], "count": 250,
            "next_page": format!("{base}{zendesk}?per_page=1&page=3"),
            "previous_page": format!("{base}{zendesk}?per_page=1&page=1"),
        })
    );
    let last = get(&format!("{zendesk}?per_page=100&page=3"));
    assert_eq!(last["next_page"], Value::Null);
}

#[test]
fn cursors_lead_there_and_back() {
    let server = server();
    let get = |path: &str| {
        server
            .get(path.trim_start_matches(&server.base))
            .expect(200)
    };
    for profile in ["jsonapi", "zendesk-cursor"] {
        let first = get(&format!("{}?page[size]=2", path(profile)));
        assert_eq!(first["links"]["prev"], Value::Null);
        let next = first["links"]["next"].as_str().expect("a link");
        assert!(next.starts_with(&format!(
            "{}{}?page[size]=2&page[after]=",
            server.base,
            path(profile)
        )));
        let second = get(next);
        let third = get(second["links"]["next"].as_str().expect("a link"));
        let back = get(third["links"]["prev"].as_str().expect("a link"));
        assert!(back["links"]["next"].is_string());
        let rows = if profile == "jsonapi" {
            "data"
        } else {
            "items"
        };
        assert_eq!(back[rows], second[rows], "{profile}");
    }
    let relay = path("relay");
    let all = get(&format!("{relay}?first=6"));
    let cursor = |at: usize| all["edges"][at]["cursor"].as_str().expect("a cursor");
    let within = get(&format!("{relay}?after={}&before={}", cursor(0), cursor(4)));
    let nodes = |page: &Value| -> Vec<String> {
        page["edges"]
            .as_array()
            .expect("edges")
            .iter()
            .map(id)
            .collect()
    };
    assert_eq!(nodes(&within), ids(2..=4));
    let last = get(&format!("{relay}?last=2&before={}", cursor(4)));
    assert_eq!(nodes(&last), ids(3..=4));
    assert_eq!(last["pageInfo"]["hasPreviousPage"], true);
    assert_eq!(nodes(&get(&format!("{relay}?first=3&last=1"))), ids(3..=3));
    assert_eq!(nodes(&get(&format!("{relay}?last=2"))), ids(249..=250));
    let none = get(&format!("{relay}?first=0"));
    assert_eq!(none["pageInfo"]["endCursor"], Value::Null);
}

#[test]
fn a_caller_chooses_order_and_members() {
    let server = server();
    let page = server
        .get("/lists/by_name?limit=3&sort=-id&fields=id,list")
        .expect(200);
    assert_eq!(
        page["items"],
        json!([
            { "id": "item_250", "list": "by_name" },
            { "id": "item_249", "list": "by_name" },
            { "id": "item_248", "list": "by_name" }
        ])
    );
    let names = |path: &str| -> (Vec<String>, String) {
        let page = server.get(path).expect(200);
        let rows = page["items"].as_array().expect("items").iter();
        let cursor = page["response_metadata"]["next_cursor"]
            .as_str()
            .expect("a cursor");
        (
            rows.map(|row| row["name"].as_str().expect("a name").to_owned())
                .collect(),
            cursor.to_owned(),
        )
    };
    // By stage backwards, then by name: the text's order.
    let (mut seen, mut cursor) = names("/lists/by_name?limit=7");
    while !cursor.is_empty() {
        let (more, next) = names(&format!("/lists/by_name?limit=7&cursor={cursor}"));
        seen.extend(more);
        cursor = next;
    }
    let mut expected: Vec<(bool, String)> = (1..=250)
        .filter(|number| *number != 13)
        .map(|number| (number % 5 != 0, format!("Item {number}")))
        .collect();
    expected.sort();
    expected.sort_by_key(|(open, _)| *open);
    let expected: Vec<String> = expected.into_iter().map(|(_, name)| name).collect();
    assert_eq!(seen, expected);
    let refused = server.get("/lists/by_name?sort=stage").expect(400);
    assert_eq!(refused["title"], "The list cannot be sorted so");
}

#[test]
fn a_tool_and_a_stub_can_say_it_their_own_way() {
    let server = server();
    let own = server.get("/lists/own?limit=1").expect(203);
    assert_eq!(
        own,
        json!({ "rows": [item(250)], "cursor": "item_250", "more": true })
    );
    let stub = server.get("/lists/stub?limit=1&offset=249").expect(200);
    assert_eq!(stub["items"], json!([item(250)]));
    assert_eq!(stub["has_more"], false);
}

#[test]
fn a_whole_number_of_rows_can_be_asked_for() {
    let server = server();
    let path = path("odata");
    let first = server
        .get(&format!("{path}?$top=30&$count=true&$skip=5"))
        .expect(200);
    assert_eq!(first["@odata.count"], 250);
    assert_eq!(first["value"][0], item(6));
    let next = first["@odata.nextLink"].as_str().expect("a link");
    assert!(next.contains("?$top=10&$count=true&$skiptoken="), "{next}");
    let second = server
        .get(next.trim_start_matches(&server.base))
        .expect(200);
    assert_eq!(second["value"].as_array().map(Vec::len), Some(10));
    assert_eq!(second["value"][0], item(26));
    assert_eq!(second.get("@odata.nextLink"), None);
    let google = self::path("google");
    let skipped = server
        .get(&format!("{google}?page_size=1&skip=3"))
        .expect(200);
    assert_eq!(skipped["items"], json!([item(4)]));
    let token = skipped["next_page_token"].as_str().expect("a token");
    let again = server
        .get(&format!("{google}?page_size=2&skip=2&page_token={token}"))
        .expect(200);
    assert_eq!(again["items"], json!([item(7), item(8)]));
    let beyond = server.get(&format!("{google}?skip=900")).expect(200);
    assert_eq!(beyond, json!({ "items": [], "total_size": 250 }));
}
