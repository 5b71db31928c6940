//! Webhooks of the agent-commerce pack: registered through a tool, signed as the open standard says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::greenhelix_script::{run, serve};
use crate::receiver::{Receiver, Told};

/// Whether a request is signed with this secret (Standard Webhooks 1.0).
fn is_signed(told: &Told, secret: &str) -> bool {
    let key = secret.strip_prefix("whsec_").expect("its prefix");
    let key = STANDARD.decode(key).expect("base64");
    assert!((24..=64).contains(&key.len()), "{} bytes", key.len());
    let (id, time) = (told.header("webhook-id"), told.header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(format!("{id}.{time}.{}", told.text()).as_bytes());
    let expected = STANDARD.encode(mac.finalize().into_bytes());
    told.header("webhook-signature") == format!("v1,{expected}")
}

#[test]
fn what_becomes_of_an_escrow_is_told() {
    let (server, receiver) = (serve(), Receiver::start());
    let input = json!({ "agent_id": "bob", "url": receiver.url, "event_types": ["escrow.*"] });
    let registered = server.tool("register_webhook", &input).expect(200);
    let secret = registered["secret"].as_str().expect("a secret").to_owned();
    run(
        &server,
        "
        create_escrow payer=alice payee=bob amount=10.00 => 200 -> A
        release_escrow escrow_id=$A agent_id=alice => 200
        create_escrow payer=alice payee=bob amount=11.00 => 200 -> B
        cancel_escrow escrow_id=$B agent_id=bob => 200
        create_escrow payer=alice payee=bob amount=12.00 conditions.delivery_by=2026-01-01T01:00:00Z => 200
        create_escrow payer=alice payee=bob amount=13.00 => 200 -> D
        open_dispute escrow_id=$D agent_id=bob => 200
        resolve_dispute escrow_id=$D agent_id=alice resolution=release => 200
        create_escrow payer=alice payee=bob amount=999.00 => 402
        advance PT1H
        ",
    );
    let expected = [
        ("escrow.created", "10.00", "pending"),
        ("escrow.released", "10.00", "released"),
        ("escrow.created", "11.00", "pending"),
        ("escrow.cancelled", "11.00", "cancelled"),
        ("escrow.created", "12.00", "pending"),
        ("escrow.created", "13.00", "pending"),
        ("escrow.released", "13.00", "released"),
        ("escrow.expired", "12.00", "expired"),
    ];
    for (kind, amount, status) in expected {
        let told = receiver.next();
        let body = told.json();
        assert_eq!(
            (body["type"].as_str(), body["data"]["amount"].as_str()),
            (Some(kind), Some(amount))
        );
        assert_eq!(body["data"]["status"], status);
        assert_eq!(body["id"], told.header("webhook-id"));
        let (at, time) = match kind {
            "escrow.expired" => ("2026-01-01T01:00:00Z", "1767229200"),
            _ => ("2026-01-01T00:00:00Z", "1767225600"),
        };
        assert_eq!(body["timestamp"], at);
        assert_eq!(told.header("webhook-timestamp"), time);
        assert!(is_signed(&told, &secret), "{told:?}");
    }
    receiver.nothing();
}

#[test]
fn a_secret_is_shown_once_and_a_given_one_is_used() {
    let (server, receiver) = (serve(), Receiver::start());
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let input = json!({ "agent_id": "bob", "url": receiver.url, "event_types": ["escrow.created"], "secret": secret });
    let registered = server.tool("register_webhook", &input).expect(200);
    assert_eq!(registered["secret"], secret);
    let others = json!({ "url": receiver.url, "event_types": ["escrow.expired"] });
    server.tool("register_webhook", &others).expect(200);
    let listed = server.tool("list_webhooks", &json!({}));
    assert!(!listed.text.contains("whsec_"), "{}", listed.text);
    assert_eq!(listed.expect(200)["total"], 2);
    let own = server.tool("list_webhooks", &json!({ "agent_id": "bob" }));
    let own = own.expect(200);
    assert_eq!(own["total"], 1);
    assert_eq!(own["webhooks"][0]["webhook_id"], registered["webhook_id"]);
    run(
        &server,
        "create_escrow payer=alice payee=bob amount=10.00 => 200",
    );
    assert!(is_signed(&receiver.next(), secret));
    receiver.nothing();
}

#[test]
fn what_cannot_be_told_cannot_be_registered() {
    let server = serve();
    for (url, events, secret, status) in [
        ("http://10.0.0.1/", json!(["*"]), None, 422),
        ("http://169.254.169.254/", json!(["*"]), None, 422),
        ("ftp://127.0.0.1/", json!(["*"]), None, 422),
        ("http://127.0.0.1:9000/", json!(["escrow.lost"]), None, 422),
        ("http://127.0.0.1:9000/", json!([]), None, 422),
        ("http://127.0.0.1:9000/", json!(["*"]), Some("plain"), 422),
        (
            "http://127.0.0.1:9000/",
            json!(["*"]),
            Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            422,
        ),
        (
            "http://127.0.0.1:9000/",
            json!(["*"]),
            Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            422,
        ),
        (
            "http://127.0.0.1:9000/",
            json!(["*"]),
            Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            422,
        ),
        (
            "http://127.0.0.1:9000/",
            json!(["*"]),
            Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=="),
            422,
        ),
        (
            "http://127.0.0.1:9000/",
            json!(["*"]),
            Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="),
            200,
        ),
        (
            "http://127.0.0.1:9000/",
            json!(["*"]),
            Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            200,
        ),
        (
            "http://127.0.0.1:9000/",
            json!(["*"]),
            Some(
                "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            ),
            200,
        ),
        (
            "http://127.0.0.1:9000/",
            json!(["*"]),
            Some(
                "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            ),
            422,
        ),
        (
            "http://127.0.0.1:9000/",
            json!(["*"]),
            Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            422,
        ),
        ("http://127.0.0.1:9000/", json!(["*"]), None, 200),
    ] {
        let mut input = json!({ "url": url, "event_types": events });
        if let Some(secret) = secret {
            input["secret"] = secret.into();
        }
        let said = server.tool("register_webhook", &input);
        assert_eq!(said.status, status, "{input}: {}", said.text);
    }
}
