//! Scripts in the language of the agent-commerce pack: a line is a call and what must come of it.
//!
//! ```text
//! create_escrow payer=alice payee=bob amount=25.00 => 200 status=pending -> E
//! release_escrow escrow_id=$E agent_id=bob         => 403
//! wallet alice 475.00
//! advance PT1H
//! ```
//!
//! Left of `=>` stands the tool with its input (`name=text`, `name:=json`, `outer.inner=text`), right
//! of it the status and members of the reply (`name=value`, `name~part`, `name=-` for absent);
//! `-> E` keeps the record's id as `$E`. `wallet`, `fund`, `clock` and `advance` go by the admin
//! API, which opens nothing. Beside what a line asks for, every reply is held to the wire: its media
//! type, the shape of errors, amounts with two decimals. And at the end the books must be right, and
//! every reply must have fitted its tool's schema.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::support::{Answer, Server};

/// Members that are money, wherever they stand.
const MONEY: [&str; 15] = [
    "amount",
    "balance",
    "captured_amount",
    "daily_limit",
    "daily_remaining",
    "daily_spent",
    "deposited",
    "monthly_limit",
    "monthly_remaining",
    "monthly_spent",
    "per_transaction_limit",
    "price",
    "withdrawn",
    "pending",
    "available",
];

/// A server of one's own that serves this pack alone; its clock stands at 2026-01-01T00:00:00Z.
pub(crate) fn serve() -> Server {
    Server::with(&[
        "--stubs",
        "stubs/greenhelix",
        "--clock",
        "frozen@2026-01-01T00:00:00Z",
    ])
}

/// Runs a script against a server of its own.
#[track_caller]
pub(crate) fn check(script: &str) {
    run(&serve(), script);
}

/// Runs a script against a server; gives the ids that it kept.
#[track_caller]
pub(crate) fn run(server: &Server, script: &str) -> HashMap<String, String> {
    let mut kept = HashMap::new();
    for line in script.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') {
            step(server, line, &mut kept);
        }
    }
    books_are_right(server);
    replies_fit_their_schemas(server);
    kept
}

/// The books and their invariants.
#[track_caller]
pub(crate) fn books_are_right(server: &Server) {
    let audit = server.get("/__admin/ledger/audit").expect(200);
    assert_eq!(audit["ok"], true, "{audit:#}");
}

#[track_caller]
fn replies_fit_their_schemas(server: &Server) {
    let log = server.get("/__admin/calls?limit=1000").expect(200);
    for call in log["calls"].as_array().expect("calls") {
        let trace = call["trace"].as_array().expect("a trace");
        let misfit = trace.iter().find(|entry| entry["step"] == "replySchema");
        assert!(misfit.is_none(), "{}: {misfit:?}", call["tool"]);
    }
}

#[track_caller]
fn step(server: &Server, line: &str, kept: &mut HashMap<String, String>) {
    let (asked, expected) = line.split_once("=>").unwrap_or((line, ""));
    let asked: Vec<String> = words(asked).iter().map(|word| filled(word, kept)).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    match asked.as_slice() {
        ["clock", now] => {
            let clock = json!({ "mode": "frozen", "now": now });
            server.put("/__admin/clock", &clock).expect(200);
        }
        ["advance", by] => {
            let advance = json!({ "by": by });
            server.post("/__admin/clock/advance", &advance).expect(200);
        }
        ["fund", agent, balance] => {
            let wallet = json!({ "balance": balance });
            server
                .put(&format!("/__admin/wallets/{agent}"), &wallet)
                .expect(200);
        }
        ["wallet", agent, "none"] => {
            server.get(&format!("/__admin/wallets/{agent}")).expect(404);
        }
        ["wallet", agent, balance] => {
            let wallet = server.get(&format!("/__admin/wallets/{agent}")).expect(200);
            assert_eq!(wallet["balance"], **balance, "{line}");
        }
        [tool, members @ ..] => {
            let answer = server.tool(tool, &input(line, members));
            let reply = holds_to_the_wire(line, &answer);
            let (wanted, name) = expected.split_once("->").unwrap_or((expected, ""));
            let wanted: Vec<String> = words(wanted)
                .iter()
                .map(|word| filled(word, kept))
                .collect();
            let (status, members) = wanted.split_first().expect("a status");
            assert_eq!(answer.status.to_string(), *status, "{line}\n{reply:#}");
            for member in members {
                matches(line, &reply, member);
            }
            if !name.is_empty() {
                kept.insert(name.trim().to_owned(), id_of(&reply));
            }
        }
        [] => panic!("nothing is asked: {line}"),
    }
}

/// What every reply of the pack has in common.
#[track_caller]
pub(crate) fn holds_to_the_wire(line: &str, answer: &Answer) -> Value {
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{line}"
    );
    let reply = answer.json();
    if answer.status >= 400 {
        assert_eq!(reply["type"], "error", "{line}\n{reply:#}");
        assert_eq!(reply["status"], answer.status, "{line}\n{reply:#}");
        let title = reply["title"].as_str().expect("a title");
        assert!(!title.trim().is_empty(), "{line}\n{reply:#}");
        let whole = reply.to_string();
        assert!(!whole.contains("{{"), "a template shows: {line}\n{reply:#}");
    }
    money_has_two_decimals(line, &reply);
    reply
}

#[track_caller]
fn money_has_two_decimals(line: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if MONEY.contains(&name.as_str()) && !member.is_null() {
                    assert!(is_money(member), "{line}: {name} is {member}");
                }
                money_has_two_decimals(line, member);
            }
        }
        Value::Array(items) => {
            for item in items {
                money_has_two_decimals(line, item);
            }
        }
        _ => {}
    }
}

fn is_money(value: &Value) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts = value.as_str().and_then(|text| text.split_once('.'));
    parts.is_some_and(|(whole, cents)| digits(whole) && digits(cents) && cents.len() == 2)
}

/// Words, at spaces; what stands between backticks keeps its spaces.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '`' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().expect("a word").push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A word with its `$NAME` replaced.
fn filled(word: &str, kept: &HashMap<String, String>) -> String {
    let Some((before, name)) = word.split_once('$') else {
        return word.to_owned();
    };
    let id = kept
        .get(name)
        .unwrap_or_else(|| panic!("nothing was kept as {name}"));
    format!("{before}{id}")
}

#[track_caller]
fn input(line: &str, members: &[&str]) -> Value {
    let mut input = json!({});
    for member in members {
        let (path, text) = member
            .split_once('=')
            .unwrap_or_else(|| panic!("no member: {line}"));
        let (path, value) = match path.strip_suffix(':') {
            Some(path) => (path, serde_json::from_str(text).expect("JSON")),
            None => (path, Value::String(text.to_owned())),
        };
        let mut place = &mut input;
        for part in path.split('.') {
            place = place
                .as_object_mut()
                .expect("an object")
                .entry(part)
                .or_insert_with(|| Value::Object(Map::new()));
        }
        *place = value;
    }
    input
}

#[track_caller]
fn matches(line: &str, reply: &Value, wanted: &str) {
    let at = wanted.find(['=', '~']).unwrap_or_else(|| panic!("{line}"));
    let (path, expected) = (&wanted[..at], &wanted[at + 1..]);
    let found = reply.pointer(&format!("/{}", path.replace('.', "/")));
    let text = match found {
        None => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if wanted.as_bytes()[at] == b'=' {
        assert_eq!(text, expected, "{line}: {path}\n{reply:#}");
    } else {
        assert!(text.contains(expected), "{line}: {path}\n{reply:#}");
    }
}

/// The id of the record in a reply: its prefix, and twelve hexadecimal digits.
#[track_caller]
fn id_of(reply: &Value) -> String {
    let members = reply.as_object().expect("a record");
    let (_, id) = members.iter().next().expect("a member");
    let id = id.as_str().expect("an id");
    let digits = id.split_once('_').map_or("", |(_, digits)| digits);
    let hexadecimal = digits
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    assert!(digits.len() == 12 && hexadecimal, "{id}");
    id.to_owned()
}
