//! The gallery that ships, key by key: what each profile does with a payment that is sent twice. The
//! balance tells what was really paid.

use serde_json::{Value, json};

use crate::support::{Answer, Server};

fn server() -> Server {
    let clock = "frozen@2026-01-01T00:00:00Z";
    Server::with(&["--stubs", "stubs/gallery", "--clock", clock])
}

/// A profile: whether its keys stand in the body, how long they are kept, the header of a replay, and what
/// becomes of another payment under the same key.
struct Profile {
    name: &'static str,
    in_body: bool,
    kept: &'static str,
    replay: Option<(&'static str, &'static str)>,
    other: Other,
    /// What a payment without a key gets, and one with a key of 10 kB.
    bad: [(u16, &'static str); 2],
}

/// Another payment under a key that was used.
enum Other {
    /// It is refused: the status, and a part of the body.
    Refused(u16, &'static str),
    /// It is answered as the first one was, and not made.
    Replayed,
    /// It is made.
    Made,
}

const PROFILES: &[Profile] = &[
    Profile {
        name: "stripe",
        in_body: false,
        kept: "PT24H",
        replay: Some(("idempotent-replayed", "true")),
        other: Other::Refused(400, r#""type":"idempotency_error""#),
        bad: [(201, ""), (400, "at most 255 characters")],
    },
    Profile {
        name: "ietf",
        in_body: false,
        kept: "PT24H",
        replay: None,
        other: Other::Refused(422, "Idempotency-Key is already used"),
        bad: [(400, "Idempotency-Key is missing"), (400, "")],
    },
    Profile {
        name: "only-2xx",
        in_body: false,
        kept: "PT24H",
        replay: None,
        other: Other::Refused(422, "idempotency_mismatch"),
        bad: [(201, ""), (400, "")],
    },
    Profile {
        name: "replay-any",
        in_body: false,
        kept: "PT30M",
        replay: None,
        other: Other::Replayed,
        bad: [(201, ""), (400, "")],
    },
    Profile {
        name: "ignore-on-mismatch",
        in_body: false,
        kept: "PT24H",
        replay: None,
        other: Other::Made,
        bad: [(201, ""), (400, "")],
    },
    Profile {
        name: "adyen",
        in_body: false,
        kept: "P7D",
        replay: Some(("idempotency-key", "\"k1\"")),
        other: Other::Replayed,
        bad: [(201, ""), (400, "")],
    },
    Profile {
        name: "square",
        in_body: true,
        kept: "PT24H",
        replay: None,
        other: Other::Refused(400, "IDEMPOTENCY_KEY_REUSED"),
        bad: [(400, "MISSING_REQUIRED_PARAMETER"), (400, "VALUE_TOO_LONG")],
    },
];

impl Profile {
    /// Pays in a sandbox of its own.
    fn pay(&self, server: &Server, key: Option<&str>, amount: &str) -> Answer {
        let path = format!("/s/{0}/gallery/idempotency/{0}/payments", self.name);
        let mut body = json!({ "amount": amount });
        let quoted = key.map(|key| format!("\"{key}\""));
        let mut headers = Vec::new();
        match (&quoted, self.in_body) {
            (Some(_), true) => body["idempotency_key"] = json!(key),
            (Some(quoted), false) => headers.push(("Idempotency-Key", quoted.as_str())),
            (None, _) => {}
        }
        server.request("POST", &path, &headers, Some(&body.to_string()))
    }

    /// What is left of the 500.00 once this has been answered.
    fn balance(&self, server: &Server) -> Value {
        let path = format!("/s/{}/gallery/idempotency/wallet", self.name);
        server.get(&path).expect(200)["balance"].clone()
    }
}

#[test]
fn a_payment_that_is_sent_twice_is_made_once_while_its_key_is_kept() {
    let server = server();
    for profile in PROFILES {
        let name = profile.name;
        server.sandbox(name);
        let first = profile.pay(&server, Some("k1"), "5.00");
        assert_eq!(first.expect(201)["balance"], "495.00", "{name}");
        let again = profile.pay(&server, Some("k1"), "5.00");
        assert_eq!((again.status, &again.text), (201, &first.text), "{name}");
        if let Some((header, value)) = profile.replay {
            assert_eq!(first.header(header), None, "{name}");
            assert_eq!(again.header(header), Some(value), "{name}");
        }
        assert_eq!(profile.balance(&server), "495.00", "{name}");

        // Another payment under the same key.
        let other = profile.pay(&server, Some("k1"), "6.00");
        let left = match profile.other {
            Other::Refused(status, part) => {
                assert_eq!(other.status, status, "{name}: {}", other.text);
                assert!(other.text.contains(part), "{name}: {}", other.text);
                "495.00"
            }
            Other::Replayed => {
                assert_eq!((other.status, &other.text), (201, &first.text), "{name}");
                "495.00"
            }
            Other::Made => {
                assert_eq!(other.expect(201)["amount"], "6.00", "{name}");
                "489.00"
            }
        };
        assert_eq!(profile.balance(&server), left, "{name}");

        // When its time is over, the key is a new one, and the same payment is made again.
        let advance = |by: &str| {
            let path = format!("/s/{name}/__admin/clock/advance");
            server.post(&path, &json!({ "by": by })).expect(200);
        };
        advance(profile.kept);
        let late = profile.pay(&server, Some("k1"), "5.00").expect(201);
        assert_ne!(late["id"], first.json()["id"], "{name}");
        assert_ne!(profile.balance(&server), left, "{name}");
    }
}

#[test]
fn a_payment_without_a_key_or_with_an_endless_one() {
    let server = server();
    for profile in PROFILES {
        server.sandbox(profile.name);
        let endless = "k".repeat(10_000);
        for (key, (status, part)) in [None, Some(&*endless)].into_iter().zip(profile.bad) {
            let answer = profile.pay(&server, key, "5.00");
            assert_eq!(answer.status, status, "{}: {}", profile.name, answer.text);
            assert!(
                answer.text.contains(part),
                "{}: {}",
                profile.name,
                answer.text
            );
        }
        let paid = profile.bad[0].0 == 201;
        if paid {
            assert_eq!(profile.balance(&server), "495.00", "{}", profile.name);
        }
    }
}

#[test]
fn what_was_executed_is_kept_though_it_failed_unless_only_success_is() {
    let server = server();
    for profile in PROFILES {
        server.sandbox(profile.name);
        let refused = profile.pay(&server, Some("k1"), "900.00");
        assert_eq!(refused.status, 402, "{}: {}", profile.name, refused.text);
        // Now there is enough.
        let wallet = format!("/s/{}/gallery/idempotency/wallet", profile.name);
        let more = json!({ "amount": "500.00" });
        assert_eq!(
            server.post(&wallet, &more).expect(200)["balance"],
            "1000.00"
        );
        let again = profile.pay(&server, Some("k1"), "900.00");
        let only_success = matches!(profile.name, "only-2xx" | "replay-any");
        let expected = if only_success { 201 } else { 402 };
        assert_eq!(again.status, expected, "{}: {}", profile.name, again.text);
    }
}
