//! Scripts in the language of the web shop's pack: a line is a request and what must come of it.
//!
//! ```text
//! POST /orders customer=ada                      => 201 status=cart -> O
//! POST /orders/$O/lines sku=mug quantity:=2      => 201 total=25.00 -> L:lines.0.line_id
//! POST /orders/$O/pay amount=1.00 …              => 422 wrong_amount
//! stock mug 23 2 0
//! till 25.00
//! advance PT30M
//! ```
//!
//! Left of `=>` stand method, path and the members of the body (`name=text`, `name:=json`; none at
//! all is no body), right of it the status, the problem of a refusal, and members of the reply
//! (`path=value`, `path=-` for absent); `-> O` keeps the order's id as `$O`, `-> L:path` what is at
//! that path. `stock` is what can be ordered, what is reserved and what is sold of a product, `till`
//! what the shop's account holds. Beside what a line asks for, every reply is held to the wire and
//! every order to its own sums; at the end the books must be right, and every reply must have fitted
//! its tool's schema.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::support::{Answer, Server};

/// The pack's folder.
pub(crate) const PACK: &str = "stubs/orders";

/// Where the types of its problems are.
pub(crate) const PROBLEMS: &str = "https://shop.example/problems/";

/// What a script has kept, by name.
pub(crate) type Kept = BTreeMap<String, String>;

/// A server of one's own that serves this pack alone; its clock stands at 2026-01-01T00:00:00Z.
pub(crate) fn serve() -> Server {
    Server::with(&["--stubs", PACK, "--clock", "frozen@2026-01-01T00:00:00Z"])
}

/// Runs a script against a server of its own.
#[track_caller]
pub(crate) fn check(script: &str) {
    run(&serve(), script);
}

/// Runs a script against a server; gives what it kept.
#[track_caller]
pub(crate) fn run(server: &Server, script: &str) -> Kept {
    let mut kept = Kept::new();
    for line in script.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') {
            step(server, line, &mut kept);
        }
    }
    books_are_right(server);
    kept
}

/// Every invariant of the books holds, and every reply fitted its tool's schema.
#[track_caller]
pub(crate) fn books_are_right(server: &Server) {
    let audit = server.get("/__admin/ledger/audit").expect(200);
    assert_eq!(audit["ok"], true, "{audit:#}");
    let log = server.get("/__admin/calls?limit=1000").expect(200);
    for call in log["calls"].as_array().expect("calls") {
        let trace = call["trace"].to_string();
        assert!(!trace.contains("replySchema"), "{call:#}");
    }
}

#[track_caller]
fn step(server: &Server, line: &str, kept: &mut Kept) {
    let mut filled = line.to_owned();
    for (name, value) in kept.iter() {
        filled = filled.replace(&format!("${name}"), value);
    }
    let words: Vec<&str> = filled.split_whitespace().collect();
    match words.as_slice() {
        ["stock", sku, expected @ ..] => {
            assert_eq!(stock(server, sku), expected, "{line}");
        }
        ["till", expected] => assert_eq!(till(server), *expected, "{line}"),
        ["advance", by] => {
            let by = json!({ "by": by });
            server.post("/__admin/clock/advance", &by).expect(200);
        }
        _ => request(server, &filled, kept),
    }
}

#[track_caller]
fn request(server: &Server, line: &str, kept: &mut Kept) {
    let (asked, expected) = line
        .split_once("=>")
        .unwrap_or_else(|| panic!("no =>: {line}"));
    let (expected, keep) = match expected.split_once("->") {
        Some((expected, keep)) => (expected, Some(keep.trim())),
        None => (expected, None),
    };
    let mut words = asked.split_whitespace();
    let method = words.next().expect("a method");
    let path = words.next().expect("a path");
    let members: Vec<&str> = words.collect();
    let body = (!members.is_empty()).then(|| body(&members));
    let answer = server.send(method, path, body.as_ref());

    let mut words = expected.split_whitespace();
    let status: u16 = words
        .next()
        .and_then(|word| word.parse().ok())
        .expect("a status");
    assert_eq!(answer.status, status, "{line}: {}", answer.text);
    let reply = on_the_wire(path, &answer);
    for word in words {
        match word.split_once('=') {
            Some((at, value)) => assert_eq!(text(at_path(&reply, at)), value, "{line}: {reply:#}"),
            None => assert_eq!(
                reply["type"],
                format!("{PROBLEMS}{word}"),
                "{line}: {reply:#}"
            ),
        }
    }
    if let Some(keep) = keep {
        let (name, at) = keep.split_once(':').unwrap_or((keep, "order_id"));
        kept.insert(name.to_owned(), text(at_path(&reply, at)));
    }
}

fn body(members: &[&str]) -> Value {
    let mut body = Map::new();
    for member in members {
        let (name, value) = member.split_once('=').expect("name=value");
        match name.strip_suffix(':') {
            Some(name) => body.insert(name.into(), value.parse().expect("JSON")),
            None => body.insert(name.into(), value.into()),
        };
    }
    Value::Object(body)
}

/// What is at a path such as `lines.0.sku`.
fn at_path<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    value.pointer(&format!("/{}", path.replace('.', "/")))
}

fn text(value: Option<&Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// What holds for every reply of this API, whatever it says.
#[track_caller]
pub(crate) fn on_the_wire(path: &str, answer: &Answer) -> Value {
    let reply = answer.json();
    let media_type = answer.header("content-type").unwrap_or_default();
    if answer.status >= 400 {
        assert_eq!(media_type, "application/problem+json", "{}", answer.text);
        assert_eq!(reply["status"], answer.status, "{}", answer.text);
        for member in ["type", "title", "detail"] {
            let said = reply[member].as_str().unwrap_or_default();
            assert!(
                !said.trim().is_empty() && !said.contains("{{"),
                "{}",
                answer.text
            );
        }
        let ours = reply["type"]
            .as_str()
            .is_some_and(|kind| kind.starts_with(PROBLEMS));
        let path = path.split('?').next().expect("a path");
        assert!(!ours || reply["instance"] == path, "{}", answer.text);
    } else {
        assert_eq!(media_type, "application/json", "{}", answer.text);
        if reply["lines"].is_array() {
            adds_up(&reply);
        }
    }
    reply
}

/// The amounts of an order follow from its prices, in whole cents.
#[track_caller]
fn adds_up(order: &Value) {
    let digits = order["order_id"]
        .as_str()
        .and_then(|id| id.strip_prefix("ord_"));
    let digits = digits.unwrap_or_default();
    assert!(
        digits.len() == 10 && digits.bytes().all(|digit| digit.is_ascii_digit()),
        "{order:#}"
    );
    let mut total = 0;
    for line in order["lines"].as_array().expect("lines") {
        let quantity = line["quantity"].as_i64().expect("a whole number");
        let amount = cents(&line["amount"]);
        assert_eq!(amount, cents(&line["unit_price"]) * quantity, "{line:#}");
        total += amount;
    }
    assert_eq!(cents(&order["total"]), total, "{order:#}");
    assert!(
        (0..=total).contains(&cents(&order["refunded"])),
        "{order:#}"
    );
}

/// An amount spelled with exactly two decimals, in its smallest unit.
#[track_caller]
fn cents(amount: &Value) -> i64 {
    let spelled = amount
        .as_str()
        .unwrap_or_else(|| panic!("no text: {amount}"));
    let parts = spelled
        .split_once('.')
        .filter(|(_, cents)| cents.len() == 2);
    let (euros, cents) = parts.unwrap_or_else(|| panic!("not two decimals: {spelled}"));
    let whole: Option<(i64, i64)> = euros.parse().ok().zip(cents.parse().ok());
    let (euros, cents) = whole.unwrap_or_else(|| panic!("no amount: {spelled}"));
    euros * 100 + cents
}

/// What can be ordered, what is reserved and what is sold of a product.
pub(crate) fn stock(server: &Server, sku: &str) -> Vec<String> {
    let product = server.get(&format!("/products/{sku}")).expect(200);
    let listed = server.get("/products").expect(200);
    let listed = listed["products"].as_array().expect("products");
    let same = listed
        .iter()
        .find(|one| one["sku"] == sku)
        .expect("the product");
    assert_eq!(same["available"], product["stock"]["available"]);
    ["available", "reserved", "sold"]
        .map(|kind| product["stock"][kind].to_string())
        .to_vec()
}

/// What the shop's account holds, added up from the journal.
pub(crate) fn till(server: &Server) -> String {
    let journal = server
        .get("/__admin/ledger/transfers?account=shop&limit=1000")
        .expect(200);
    let transfers = journal["transfers"].as_array().expect("transfers");
    let moved = transfers
        .iter()
        .map(|transfer| match transfer["credit"]["name"] == "shop" {
            true => cents(&transfer["amount"]),
            false => -cents(&transfer["amount"]),
        });
    let held: i64 = moved.sum();
    format!("{}.{:02}", held / 100, held % 100)
}

/// Brings an order of one mug into a state; gives its id.
pub(crate) fn order_in(server: &Server, state: &str) -> String {
    let way: &[&str] = match state {
        "cart" => &[],
        "placed" | "expired" => &["place"],
        "paid" => &["place", "pay"],
        "shipped" => &["place", "pay", "ship"],
        "returned" => &["place", "pay", "ship", "return"],
        _ => &["cancel"],
    };
    let made = server
        .post("/orders", &json!({ "customer": "ada" }))
        .expect(201);
    let id = made["order_id"].as_str().expect("an id").to_owned();
    let line = json!({ "sku": "mug", "quantity": 1 });
    server
        .post(&format!("/orders/{id}/lines"), &line)
        .expect(201);
    for step in way {
        act(server, &id, step);
    }
    if state == "expired" {
        server
            .post("/__admin/clock/advance", &json!({ "by": "PT30M" }))
            .expect(200);
    }
    assert_eq!(
        server.get(&format!("/orders/{id}")).expect(200)["status"],
        state
    );
    id
}

/// Asks for one of the things that can be done to an order of one mug.
pub(crate) fn act(server: &Server, id: &str, action: &str) -> (u16, Value) {
    let body = match action {
        "lines" => json!({ "sku": "tee", "quantity": 1 }),
        "pay" => json!({ "amount": "12.50", "payment_method": "pm_card" }),
        "refund" => json!({ "amount": "1.00" }),
        _ => json!({}),
    };
    let path = format!("/orders/{id}/{action}");
    let answer = server.post(&path, &body);
    (answer.status, on_the_wire(&path, &answer))
}
