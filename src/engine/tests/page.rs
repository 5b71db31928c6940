//! Pages: what becomes of the sandbox when a quirk stirs its rows, and of pages that have a number.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Library;
use crate::engine::opening;

/// Members that are unique, and rows that lapse by themselves.
const CLUB: &str = r#"
doors: [ { route: "POST /call/{tool}" } ]
collections: { members: { noun: member, key: id, unique: [mail, number] } }
machines:
  member:
    collection: members
    field: state
    initial: joined
    transitions: { lapse: { from: joined, to: lapsed, at: record.until } }
tools:
  join:
    description: Takes a member in.
    do: [ { create: { in: members, record: { id: "{{input.id}}", mail: "{{input.mail}}", number: "{{input.number}}", until: "2026-01-02T00:00:00Z" } } } ]
  get:
    description: Finds a member.
    do: [ { find: { in: members, key: input.id } } ]
    response: { jsonBody: "{{record}}" }
  stirred: { description: Lists., pagination: { list: members, after: { parameter: page, as: page }, quirks: [ { insertRows: 3, times: 1 } ] } }
  short: { description: Lists., pagination: { list: members, size: { parameter: size, default: 4 }, after: { parameter: page, as: page }, quirks: [ { shortPage: 1 } ] } }
  empty: { description: Lists., pagination: { list: members, size: { default: 4 }, after: { parameter: page, as: page }, quirks: [ { emptyPage: true, times: 1 } ] } }
"#;

fn club(members: usize) -> Library {
    let mut club = Library::with(CLUB);
    let effects = opening::effects(&club.definitions, &club.state.opening, club.now);
    for effect in effects.expect("an opening") {
        club.state.apply(&effect);
    }
    for at in 1..=members {
        let mail = format!("m{at}@club.example");
        let input = json!({ "id": format!("m{at}"), "mail": mail, "number": at });
        assert_eq!(club.call("join", &input).0, 200);
    }
    club
}

fn numbers(page: &Value) -> Vec<&str> {
    let rows = page["items"].as_array().expect("rows");
    rows.iter().filter_map(|row| row["id"].as_str()).collect()
}

#[test]
fn rows_that_a_quirk_makes_keep_what_is_unique() {
    let mut club = club(1);
    // One has the key that a copy would get, and the address of another.
    for (id, mail) in [("m2-3", "m2-4@club.example"), ("m2", "m2@club.example")] {
        let input = json!({ "id": id, "mail": mail, "number": id });
        assert_eq!(club.call("join", &input).0, 200);
    }
    let (status, page) = club.call("stirred", &json!({}));
    assert_eq!(status, 200, "{page}");
    let rows = page["items"].as_array().expect("rows");
    assert_eq!(rows.len(), 6, "{page}");
    assert_eq!(numbers(&page)[3..], ["m2-5", "m2-6", "m2-7"], "{page}");
    for member in ["id", "mail", "number"] {
        let given = rows.iter().filter_map(|row| row.get(member));
        let given: Vec<String> = given.map(Value::to_string).collect();
        let distinct: BTreeSet<&String> = given.iter().collect();
        assert_eq!(given.len(), distinct.len(), "{page}");
    }
    let mails = rows.iter().filter_map(|row| row["mail"].as_str());
    assert!(
        mails.clone().all(|mail| mail.ends_with("@club.example")),
        "{page}"
    );
    assert_eq!(mails.count(), 6, "{page}");
    // What happens to rows by themselves happens to these, too.
    let made = numbers(&page)[5].to_owned();
    club.at("2026-01-03T00:00:00Z");
    let (_, row) = club.call("get", &json!({ "id": made }));
    assert_eq!(row["state"], "lapsed", "{row}");
}

#[test]
fn a_short_page_leads_to_the_page_of_the_next_number() {
    let mut club = club(10);
    let (mut input, mut pages) = (json!({}), Vec::new());
    loop {
        let (status, page) = club.call("short", &input);
        assert_eq!(status, 200, "{page}");
        pages.push(numbers(&page).join(" "));
        assert!(pages.len() <= 10, "it goes round: {pages:?}");
        let next = &page["next"];
        if next.is_null() {
            break;
        }
        assert_eq!(next, pages.len() + 1, "{page}");
        input = json!({ "page": next });
    }
    // The rows that the pages lack are on none.
    assert_eq!(pages, ["m1 m2 m3", "m5 m6 m7", "m9 m10"]);
}

#[test]
fn an_empty_page_leads_to_the_page_of_the_next_number() {
    let mut club = club(6);
    let (_, empty) = club.call("empty", &json!({}));
    assert_eq!((numbers(&empty).len(), &empty["next"]), (0, &json!(2)));
    let (_, second) = club.call("empty", &json!({ "page": 2 }));
    assert_eq!(numbers(&second), ["m5", "m6"]);
}
