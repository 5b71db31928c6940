//! Bad input at a tool's door: a clear refusal that names the field, and no trace in the books.

use std::cell::RefCell;
use std::io::ErrorKind;

use serde_json::{Value, json};

use crate::greenhelix_script::{books_are_right, holds_to_the_wire, run, serve};
use crate::support::{Answer, Server};
use crate::wire::{self, Wire};

/// A server with something to lose: funds, a pending escrow and intent, caps, a service, a listing.
struct Stage {
    server: Server,
    /// For the many calls; a refusal must not cost the connection either.
    wire: RefCell<Wire>,
    escrow: String,
    intent: String,
    before: String,
}

impl Stage {
    fn set() -> Self {
        Self::on(serve())
    }

    fn on(server: Server) -> Self {
        let kept = run(
            &server,
            "
            create_escrow payer=alice payee=bob amount=20.00 => 200 -> E
            create_intent payer=alice payee=bob amount=30.00 => 200 -> I
            set_budget_cap agent_id=alice daily_limit=400.00 => 200
            register_service agent_id=bob name=work price=1.00 => 200
            create_listing agent_id=bob title=lamp price=1.00 => 200
            ",
        );
        let mut stage = Self {
            wire: RefCell::new(Wire::connect(&server)),
            server,
            escrow: kept["E"].clone(),
            intent: kept["I"].clone(),
            before: String::new(),
        };
        stage.before = stage.now();
        stage
    }

    /// Everything that a call could leave a trace in.
    fn now(&self) -> String {
        [
            "/__admin/wallets",
            "/__admin/ledger/transfers?limit=1000",
            "/__admin/collections/escrows",
            "/__admin/collections/intents",
            "/__admin/collections/services",
            "/__admin/collections/listings",
        ]
        .map(|path| self.server.get(path).text)
        .join("\n")
    }

    /// The tools that take money, a right input of each, and the member that is the money.
    fn money(&self) -> Vec<(&'static str, Value, &'static str)> {
        let parties = json!({ "payer": "alice", "payee": "carol", "amount": "1.00" });
        let alone = json!({ "agent_id": "alice", "amount": "1.00" });
        let capture = json!({ "intent_id": self.intent, "amount": "1.00" });
        let caps = json!({ "agent_id": "alice", "per_transaction_limit": "9.00", "daily_limit": "9.00", "monthly_limit": "9.00" });
        vec![
            ("create_escrow", parties.clone(), "amount"),
            ("create_intent", parties, "amount"),
            ("deposit", alone.clone(), "amount"),
            ("withdraw", alone, "amount"),
            ("capture_intent", capture, "amount"),
            ("set_budget_cap", caps.clone(), "per_transaction_limit"),
            ("set_budget_cap", caps.clone(), "daily_limit"),
            ("set_budget_cap", caps, "monthly_limit"),
            (
                "register_service",
                json!({ "agent_id": "alice", "name": "x", "price": "1.00" }),
                "price",
            ),
            (
                "create_listing",
                json!({ "agent_id": "alice", "title": "x", "price": "1.00" }),
                "price",
            ),
        ]
    }

    /// The call is refused with this status and names this field.
    #[track_caller]
    fn refuses(&self, tool: &str, input: &Value, status: u16, field: &str) {
        let line = format!("{tool} {input}");
        let request = wire::post(&format!("/v1/{tool}"), &[], input);
        let answer = self.wire.borrow_mut().exchange(&request);
        let answer = answer.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(answer.status, status, "{line}: {}", answer.text);
        let reply = holds_to_the_wire(&line, &answer);
        if !field.is_empty() {
            let errors = reply["errors"].as_array().expect("errors");
            let named = errors.iter().any(|error| error["field"] == field);
            assert!(named, "{line}: {field} is not named\n{reply:#}");
        }
    }

    /// Nothing has left a trace.
    #[track_caller]
    fn is_untouched(&self, by: &str) {
        assert_eq!(self.now(), self.before, "after {by}");
    }

    /// Nothing has changed, the books are right, and the next call is served.
    #[track_caller]
    fn goes_on(&self) {
        self.is_untouched("all of it");
        books_are_right(&self.server);
        run(
            &self.server,
            "get_balance agent_id=alice => 200 balance=450.00",
        );
    }
}

/// What is no amount, whatever it is for.
fn no_amounts() -> Vec<Value> {
    let digits = "9".repeat(400);
    let mut amounts: Vec<Value> = [
        "-5",
        "-5.00",
        "-0.01",
        "0",
        "1.005",
        "1e3",
        "1e3.00",
        "1.0e1",
        "NaN",
        "nan",
        "Infinity",
        "inf",
        "abc",
        "",
        " ",
        "5",
        "5.",
        "5.0",
        ".50",
        "+5.00",
        " 5.00",
        "5.00 ",
        "5.00\n",
        "\n5.00",
        "5.00\0",
        "5,00",
        "1,000.00",
        "1_000.00",
        "0x10.00",
        "$5.00",
        "5.00 USD",
        "5.00.00",
        "٥.٠٠",
        "５.００",
        "5．00",
        "null",
        "99999999999999.00",
        "1e400",
        digits.as_str(),
    ]
    .map(Value::from)
    .to_vec();
    let others = [
        "-5",
        "0",
        "5",
        "5.00",
        "1.005",
        "1e3",
        "1e400",
        "99999999999999999999999999",
        "true",
        "[]",
        "{}",
        "[\"5.00\"]",
        "{\"amount\":\"5.00\"}",
    ];
    amounts.extend(others.map(|text| serde_json::from_str(text).expect("JSON")));
    amounts
}

#[test]
fn what_is_no_amount_is_refused_by_every_tool_that_takes_money() {
    let stage = Stage::set();
    for (tool, input, field) in stage.money() {
        for amount in no_amounts() {
            let mut input = input.clone();
            input[field] = amount;
            stage.refuses(tool, &input, 422, field);
        }
        stage.is_untouched(tool);
    }
    stage.goes_on();
}

#[test]
fn nothing_and_null_move_nothing() {
    let stage = Stage::set();
    for (tool, input, field) in stage.money() {
        let (mut nothing, mut null) = (input.clone(), input);
        nothing[field] = json!("0.00");
        null[field] = Value::Null;
        // A cap of 0.00 allows nothing, null lifts it; a price of 0.00 is a gift.
        if field == "amount" {
            stage.refuses(tool, &nothing, 422, field);
        }
        if tool != "set_budget_cap" {
            stage.refuses(tool, &null, 422, field);
        }
    }
    stage.goes_on();
}

#[test]
fn a_missing_field_is_named() {
    let stage = Stage::set();
    let (escrow, intent) = (&stage.escrow, &stage.intent);
    let required = [
        json!(["create_escrow", { "payer": "alice", "payee": "bob", "amount": "1.00" }]),
        json!(["create_intent", { "payer": "alice", "payee": "bob", "amount": "1.00" }]),
        json!(["deposit", { "agent_id": "alice", "amount": "1.00" }]),
        json!(["withdraw", { "agent_id": "alice", "amount": "1.00" }]),
        json!(["release_escrow", { "escrow_id": escrow, "agent_id": "alice" }]),
        json!(["cancel_escrow", { "escrow_id": escrow, "agent_id": "alice" }]),
        json!(["open_dispute", { "escrow_id": escrow, "agent_id": "alice" }]),
        json!(["resolve_dispute", { "escrow_id": escrow, "resolution": "refund" }]),
        json!(["capture_intent", { "intent_id": intent }]),
        json!(["refund_intent", { "intent_id": intent }]),
        json!(["set_budget_cap", { "agent_id": "alice" }]),
        json!(["create_wallet", { "agent_id": "alice" }]),
        json!(["get_balance", { "agent_id": "alice" }]),
    ];
    for case in required {
        let (tool, input) = (case[0].as_str().expect("a tool"), &case[1]);
        for field in input.as_object().expect("members").keys() {
            let mut without = input.clone();
            without.as_object_mut().expect("members").remove(field);
            stage.refuses(tool, &without, 422, field);
        }
        stage.is_untouched(tool);
    }
    stage.goes_on();
}

#[test]
fn an_unknown_currency_is_named() {
    let stage = Stage::set();
    let tools = stage.money().into_iter().chain([
        ("create_wallet", json!({ "agent_id": "carol" }), ""),
        ("get_balance", json!({ "agent_id": "carol" }), ""),
        ("get_budget_status", json!({ "agent_id": "carol" }), ""),
    ]);
    for (tool, input, _) in tools.filter(|(tool, ..)| *tool != "capture_intent") {
        for currency in [
            json!("ZZZ"),
            json!("usd"),
            json!(""),
            json!(null),
            json!(840),
        ] {
            let mut input = input.clone();
            input["currency"] = currency;
            stage.refuses(tool, &input, 422, "currency");
        }
        stage.is_untouched(tool);
    }
    stage.goes_on();
}

#[test]
fn what_is_no_agent_is_named() {
    let stage = Stage::set();
    let long = "a".repeat(129);
    let names = [
        json!(""),
        json!("@outside"),
        json!("a b"),
        json!("../x"),
        json!("a\0"),
        json!("а"),
        json!("a\n"),
        json!(long),
        json!(null),
        json!(5),
        json!(["alice"]),
    ];
    for (tool, input, _) in stage.money() {
        for field in ["payer", "payee", "agent_id"] {
            if input.get(field).is_some() {
                for name in &names {
                    let mut input = input.clone();
                    input[field] = name.clone();
                    stage.refuses(tool, &input, 422, field);
                }
            }
        }
        stage.is_untouched(tool);
    }
    stage.goes_on();
}

#[test]
fn what_is_not_there_is_404() {
    let stage = Stage::set();
    for id in ["esc_000000000000", "nonsense", "esc_'; --", "../alice"] {
        for tool in [
            "get_escrow",
            "release_escrow",
            "cancel_escrow",
            "open_dispute",
        ] {
            let input = json!({ "escrow_id": id, "agent_id": "alice" });
            stage.refuses(tool, &input, 404, "");
        }
        let input = json!({ "escrow_id": id, "resolution": "release" });
        stage.refuses("resolve_dispute", &input, 404, "");
        for tool in ["capture_intent", "refund_intent"] {
            stage.refuses(tool, &json!({ "intent_id": id }), 404, "");
        }
        let input = json!({ "listing_id": id, "agent_id": "carol" });
        stage.refuses("accept_listing", &input, 404, "");
    }
    // An id of one kind is none of another.
    let swapped = json!({ "intent_id": stage.escrow });
    stage.refuses("capture_intent", &swapped, 404, "");
    for tool in [
        "teleport",
        "Deposit",
        "deposit ",
        "create_escrow2",
        "%00",
        "é",
    ] {
        let path = tool.replace(' ', "%20").replace('é', "%C3%A9");
        let input = json!({ "agent_id": "alice", "amount": "1.00" });
        stage.refuses(&path, &input, 404, "");
    }
    stage.goes_on();
}

/// A `POST` with a body as it stands, on a connection of its own.
fn post(server: &Server, path: &str, body: &[u8]) -> Answer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut wire = Wire::connect(server);
    wire.send(&[head.as_bytes(), body].concat())
        .expect("the request is taken");
    wire.answer().expect("an answer")
}

#[test]
fn a_body_that_is_no_json_is_400() {
    let stage = Stage::set();
    let deep_list = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_object = format!(
        "{{\"agent_id\":\"alice\",\"amount\":\"1.00\",\"x\":{}1{}}}",
        "{\"a\":".repeat(10_000),
        "}".repeat(10_000)
    );
    let bodies: [&[u8]; 18] = [
        b"nonsense",
        b"{",
        b"{\"agent_id\":\"alice\",\"amount\":",
        b"{\"agent_id\":\"alice\",\"amount\":\"1.00\"",
        b"{\"agent_id\":\"alice\",\"amount\":\"1.00\",}",
        b"{'agent_id':'alice','amount':'1.00'}",
        b"{\"agent_id\":\"alice\",\"amount\":\"1.00\"} x",
        b"{\"agent_id\":\"alice\",\"amount\":\"1.00\"}{}",
        b"{\"agent_id\":\"alice\",\"amount\":NaN}",
        b"agent_id=alice&amount=1.00",
        // Duplicate keys: whichever counted, the other one meant something.
        b"{\"agent_id\":\"alice\",\"amount\":\"1.00\",\"amount\":\"9.00\"}",
        b"{\"agent_id\":\"alice\",\"amount\":\"1.00\",\"\\u0061mount\":\"9.00\"}",
        b"{\"agent_id\":\"alice\",\"amount\":\"1.00\",\"x\":{\"y\":1,\"y\":2}}",
        // Invalid UTF-8, and an escape that is half a character.
        b"{\"agent_id\":\"alice\xff\",\"amount\":\"1.00\"}",
        b"{\"agent_id\":\"alice\",\"amount\":\"1.00\",\"x\":\"\\ud800\"}",
        b"\xff\xfe{\0}\0",
        deep_list.as_bytes(),
        deep_object.as_bytes(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        for path in ["/v1/deposit", "/v1", "/v1/v1"] {
            let answer = post(&stage.server, path, body);
            assert_eq!(answer.status, 400, "{path} {shown}: {}", answer.text);
            holds_to_the_wire(&shown, &answer);
        }
        stage.is_untouched(&shown);
    }
    stage.goes_on();
}

#[test]
fn a_path_that_names_nothing_is_404() {
    let stage = Stage::set();
    let body = b"{\"agent_id\":\"alice\",\"amount\":\"1.00\"}";
    for path in [
        "/v1/deposit%00",
        "/v1/%00deposit",
        "/v1/%00",
        "/%00",
        "/v1/%ff",
        "/v1/%zz",
        "/v1/deposit/",
        "/v1/deposit/more",
        "/v2/deposit",
    ] {
        let answer = post(&stage.server, path, body);
        let refused = matches!(answer.status, 400 | 404);
        assert!(refused, "{path}: {} {}", answer.status, answer.text);
    }
    stage.goes_on();
}

#[test]
fn a_body_that_is_too_large_is_413() {
    let stage = Stage::set();
    let padding = "x".repeat(50 << 20);
    let body = format!("{{\"agent_id\":\"alice\",\"amount\":\"1.00\",\"padding\":\"{padding}\"}}");
    let answer = stage
        .server
        .request("POST", "/v1/deposit", &[], Some(&body));
    assert_eq!(answer.status, 413, "{}", answer.text);
    stage.goes_on();
}

#[test]
fn half_a_body_is_never_taken_for_a_whole() {
    let patient = [
        "--stubs",
        "stubs/greenhelix",
        "--clock",
        "frozen@2026-01-01T00:00:00Z",
        "--body-seconds",
        "1",
    ];
    let stage = Stage::on(Server::with(&patient));
    // What has arrived would be a whole call by itself.
    let half = "POST /v1/deposit HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\n{\"agent_id\":\"alice\",\"amount\":\"1.00\"}";
    let mut silent = Wire::connect(&stage.server);
    silent.send(half.as_bytes()).expect("half a request");
    let mut gone = Wire::connect(&stage.server);
    gone.send(half.as_bytes()).expect("half a request");
    gone.end();
    match gone.answer() {
        Ok(answer) => assert_eq!(answer.status, 400, "{}", answer.text),
        Err(error) => assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{error}"),
    }
    // Others are served while one dawdles.
    run(&stage.server, "get_balance agent_id=alice => 200");
    let answer = silent.answer().expect("an answer");
    assert_eq!(answer.status, 408, "{}", answer.text);
    stage.goes_on();
}
