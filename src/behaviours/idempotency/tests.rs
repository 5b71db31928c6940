use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::definition::compiled::{Pack, RefusalSpec};
use crate::domain::chance::Chance;
use crate::state::SandboxState;
use crate::state::in_flight::Held;

/// How long a key is remembered here.
const RETENTION_MS: i64 = 1_000;

fn spec(format: KeyFormat, saves: Saves, mismatch: Mismatch) -> IdempotencySpec {
    IdempotencySpec {
        key: KeySource::Header(http::HeaderName::from_static("idempotency-key")),
        format,
        length_max: 8,
        required: false,
        retention_ms: RETENTION_MS,
        scope: KeyScope::ApiKey,
        saves,
        mismatch,
        replay_headers: Vec::new(),
        posts_only: false,
        refusals: Arc::new(RefusalSpec::default()),
    }
}

fn call(number: u64, target: &str, keys: &[&str], body: &str) -> Call {
    let mut headers = HeaderMap::new();
    for key in keys {
        let value = HeaderValue::from_str(key).expect("a value");
        headers.append("idempotency-key", value);
    }
    let body = Bytes::copy_from_slice(body.as_bytes());
    let (target, base) = (target.to_owned(), String::new());
    Call::new(number, Method::POST, target, headers, body, base, "".into())
}

fn seen<T>(state: &SandboxState, look: impl FnOnce(&View<'_>) -> T) -> T {
    let (pack, variables) = (Arc::new(Pack::nameless()), Variables::new());
    look(&View {
        pack: &pack,
        state,
        variables: &variables,
        record: None,
        chance: Chance::new(0, "", 0),
    })
}

#[test]
fn a_structured_string_is_read_as_the_rfc_says() {
    for (text, expected) in [
        (r#""a""#, Some("a")),
        (r#""""#, Some("")),
        (r#""a b~ ""#, Some("a b~ ")),
        (r#""a\"b\\c""#, Some(r#"a"b\c"#)),
        (r#""a";p=1;q"#, Some("a")),
        ("a", None),
        (r#""a"#, None),
        (r#"a""#, None),
        (r#"""#, None),
        (r#""a\"#, None),
        (r#""a\n""#, None),
        ("\"a\tb\"", None),
        ("\"é\"", None),
        (r#""a" b"#, None),
        (r#""a""b""#, None),
        ("", None),
    ] {
        assert_eq!(unquoted(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn two_requests_are_the_same_or_they_are_not() {
    let print = |target: &str, body: &str| fingerprint(&call(1, target, &[], body));
    let first = print("/pay?a=1", r#"{"amount":"5.00","to":{"b":1,"a":[1,2]}}"#);
    for (target, body, same) in [
        (
            "/pay?a=1",
            r#"{ "to": {"a":[1, 2], "b":1}, "amount": "5\u002e00" }"#,
            true,
        ),
        (
            "/pay?a=1",
            r#"{"amount":"5.00","to":{"b":1,"a":[2,1]}}"#,
            false,
        ),
        (
            "/pay?a=1",
            r#"{"amount":"5.00","to":{"b":1.0,"a":[1,2]}}"#,
            false,
        ),
        ("/pay?a=1", r#"{"amount":"5.00"}"#, false),
        ("/pay?a=1", "", false),
        ("/pay?a=1", "not JSON", false),
        (
            "/pay?a=2",
            r#"{"amount":"5.00","to":{"b":1,"a":[1,2]}}"#,
            false,
        ),
        ("/pay", r#"{"amount":"5.00","to":{"b":1,"a":[1,2]}}"#, false),
    ] {
        assert_eq!(print(target, body) == first, same, "{target} {body}");
    }
    assert_ne!(
        print("/a", "x"),
        print("/a", "x "),
        "bytes that are no JSON"
    );
    assert_eq!(print("/a", "x"), print("/a", "x"));
}

#[test]
fn what_is_no_key_is_refused_with_its_reason() {
    let state = SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH);
    let tool = Name::new(&"pack".into(), "pay");
    for (format, keys, expected) in [
        (KeyFormat::Text, &["a"][..], "first a"),
        (KeyFormat::Text, &["\"a\""], "first \"a\""),
        (KeyFormat::Text, &["12345678"], "first 12345678"),
        (KeyFormat::Text, &[], "there is no key"),
        (
            KeyFormat::Text,
            &["123456789"],
            "the key has 9 characters; at most 8 are allowed",
        ),
        (KeyFormat::Text, &[""], "the key is empty"),
        (
            KeyFormat::Text,
            &["a", "a"],
            "the header Idempotency-Key stands more than once",
        ),
        (
            KeyFormat::Text,
            &["é"],
            "the header Idempotency-Key has characters that are not visible ASCII",
        ),
        (
            KeyFormat::Text,
            &["a\tb"],
            "the key has the control character U+0009",
        ),
        (
            KeyFormat::StructuredString,
            &["\"12345678\""],
            "first 12345678",
        ),
        (KeyFormat::StructuredString, &["\"\""], "the key is empty"),
        (
            KeyFormat::StructuredString,
            &["a"],
            "the key is not a quoted string of RFC 8941, such as \"8e03978e\"",
        ),
    ] {
        let spec = spec(format, Saves::Executed, Mismatch::Refuse);
        let requester = Requester {
            tool: &tool,
            credential: None,
            agent: None,
        };
        let call = call(1, "/pay", keys, "{}");
        let found = seen(&state, |view| look_up(view, &spec, &call, &requester));
        let said = match found {
            Ok(Found::First(key)) => format!("first {}", key.id.key),
            Ok(Found::Unkeyed(why)) => why.to_owned(),
            Ok(Found::Again(..)) => "again".to_owned(),
            Err(refusal) => {
                assert_eq!(&*refusal.cause, "idempotency_key_invalid");
                refusal.message
            }
        };
        assert_eq!(said, expected, "{keys:?}");
    }
}

/// What happens to a sandbox.
#[derive(Clone, Debug)]
enum Happening {
    /// A request: of which tool, by whom, with which key and body; what it is answered with, whether its
    /// steps begin, and whether its reply leaves later.
    Request {
        tool: u8,
        credential: u8,
        key: u8,
        body: u8,
        status: u16,
        begun: bool,
        later: bool,
    },
    /// The reply of the call of this number leaves, if it has not left.
    Leaves(u64),
    /// Milliseconds pass.
    Passes(i64),
    /// The sandbox begins again.
    Reset,
}

fn happening() -> impl Strategy<Value = Happening> {
    let request = (
        (0..2_u8, 0..2_u8, 0..3_u8, 0..2_u8),
        prop::sample::select(vec![201, 402, 422, 500]),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.3),
    );
    let request = request.prop_map(|((tool, credential, key, body), status, begun, later)| {
        Happening::Request {
            tool,
            credential,
            key,
            body,
            status,
            begun,
            later,
        }
    });
    prop_oneof![
        12 => request,
        4 => (1..60_u64).prop_map(Happening::Leaves),
        3 => prop::sample::select(vec![1, 499, 500, 999, 1_000]).prop_map(Happening::Passes),
        1 => Just(Happening::Reset),
    ]
}

/// What the model remembers of a key: written down anew, without a look at the code above.
#[derive(Debug)]
struct Remembered {
    body: u8,
    since_ms: i64,
    /// What was answered, where that is saved.
    answer: Option<u16>,
    under_way: Option<u64>,
}

proptest! {
    #[test]
    fn keys_do_what_their_model_says(
        saves in prop::sample::select(vec![Saves::Executed, Saves::Success, Saves::All]),
        mismatch in prop::sample::select(vec![Mismatch::Refuse, Mismatch::Replay, Mismatch::Execute]),
        happenings in prop::collection::vec(happening(), 1..60),
    ) {
        let spec = spec(KeyFormat::Text, saves, mismatch);
        let mut state = SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH);
        let mut model: BTreeMap<(u8, u8, u8), Remembered> = BTreeMap::new();
        let (mut now_ms, mut number) = (0, 0);
        for happening in &happenings {
            match happening {
                Happening::Passes(ms) => {
                    now_ms += ms;
                    let to = Timestamp::from_millisecond(now_ms).expect("a time");
                    state.apply(&Effect::TimePassed { to });
                }
                Happening::Reset => {
                    let now = state.now;
                    state.apply(&Effect::Cleared { opening: Arc::default(), now });
                    model.clear();
                }
                Happening::Leaves(call) => {
                    state.apply(&Effect::CallEnded { call: *call });
                    model.retain(|_, known| {
                        let is_it = known.under_way == Some(*call);
                        if is_it {
                            known.under_way = None;
                        }
                        !is_it || known.answer.is_some()
                    });
                }
                Happening::Request { tool, credential, key, body, status, begun, later } => {
                    number += 1;
                    let id = (*tool, *credential, *key);
                    let forgotten = |known: &Remembered| {
                        known.under_way.is_none() && now_ms - known.since_ms >= RETENTION_MS
                    };
                    if model.get(&id).is_some_and(forgotten) {
                        model.remove(&id);
                    }
                    let expected = match model.get(&id) {
                        None => "done".to_owned(),
                        Some(known) if known.body != *body && mismatch == Mismatch::Refuse => {
                            "idempotency_mismatch".to_owned()
                        }
                        Some(known) if known.body != *body && mismatch == Mismatch::Execute => {
                            "done aside".to_owned()
                        }
                        Some(Remembered { under_way: Some(_), .. }) => {
                            "idempotency_in_flight".to_owned()
                        }
                        Some(known) => format!("{:?}", known.answer),
                    };
                    let name = Name::new(&"pack".into(), &tool.to_string());
                    let credential = credential.to_string();
                    let requester = Requester {
                        tool: &name,
                        credential: Some(&credential),
                        agent: None,
                    };
                    let text = format!("{{\"body\":{body}}}");
                    let call = call(number, "/pay", &[&key.to_string()], &text);
                    let found = seen(&state, |view| look_up(view, &spec, &call, &requester));
                    let said = match found {
                        Err(refusal) => refusal.cause.to_string(),
                        Ok(Found::Unkeyed(_)) => "done aside".to_owned(),
                        Ok(Found::Again(saved, _)) => format!("{:?}", Some(saved.status())),
                        Ok(Found::First(key)) => {
                            let status = StatusCode::from_u16(*status).expect("a status");
                            let reply = Reply::empty(status);
                            let under_way = later.then_some(number);
                            let held = Held { key: Some(key.id.clone()), slots: Vec::new() };
                            let effect = seen(&state, |view| {
                                save(view, &spec, key, &reply, *begun, under_way)
                            });
                            let kept = match saves {
                                Saves::Executed => *begun,
                                Saves::Success => status == StatusCode::CREATED,
                                Saves::All => true,
                            };
                            prop_assert_eq!(effect.is_some(), kept || *later);
                            if let Some(effect) = effect {
                                state.apply(&effect);
                                if *later {
                                    state.apply(&Effect::CallHeld { call: number, held });
                                }
                                model.insert(id, Remembered {
                                    body: *body,
                                    since_ms: now_ms,
                                    answer: kept.then_some(status.as_u16()),
                                    under_way,
                                });
                            }
                            "done".to_owned()
                        }
                    };
                    prop_assert_eq!(said, expected, "{:?} at {}", happening, now_ms);
                }
            }
        }
        let under_way = model.values().filter(|known| known.under_way.is_some());
        prop_assert_eq!(state.in_flight.len(), under_way.count());
    }
}
