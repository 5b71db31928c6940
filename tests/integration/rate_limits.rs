//! Rate limits on the wire, profile by profile: how many calls are served at a frozen clock, how the next
//! one is refused, what it is told, and that the wait it is told is exact.

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// The gallery: one endpoint for each profile.
fn gallery() -> Server {
    Server::with(&[
        "--stubs",
        "stubs/gallery",
        "--clock",
        "frozen@2026-01-01T09:30:15.250Z",
    ])
}

/// What one profile does: how many calls it serves, and how the next is refused.
struct Profile {
    name: &'static str,
    served: usize,
    status: u16,
    /// Headers of the first served call; `-` means that there is none of this name.
    told: &'static [(&'static str, &'static str)],
    /// Headers of the refusal.
    refused: &'static [(&'static str, &'static str)],
    /// What the refusal's body has: a JSON pointer, and the value there.
    body: &'static [(&'static str, &'static str)],
    /// The exact wait in milliseconds; none, where no wait helps.
    wait_ms: Option<u64>,
}

const PROFILES: &[Profile] = &[
    Profile {
        name: "stripe",
        served: 25,
        status: 429,
        told: &[("retry-after", "-"), ("x-ratelimit-limit", "-")],
        refused: &[
            ("stripe-should-retry", "true"),
            ("stripe-rate-limited-reason", "global-rate"),
            ("retry-after", "-"),
        ],
        body: &[
            ("/error/type", "\"invalid_request_error\""),
            ("/error/code", "\"rate_limit\""),
            (
                "/error/doc_url",
                "\"https://stripe.com/docs/error-codes/rate-limit\"",
            ),
        ],
        wait_ms: Some(40),
    },
    Profile {
        name: "github-primary",
        served: 5000,
        status: 403,
        told: &[
            ("x-ratelimit-limit", "5000"),
            ("x-ratelimit-remaining", "4999"),
            ("x-ratelimit-used", "1"),
            ("x-ratelimit-reset", "1767263416"),
            ("x-ratelimit-resource", "core"),
        ],
        refused: &[
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-used", "5000"),
            ("x-ratelimit-reset", "1767263416"),
            ("retry-after", "-"),
        ],
        body: &[("/status", "\"403\"")],
        wait_ms: Some(3_600_000),
    },
    Profile {
        name: "github-secondary",
        served: 900,
        status: 403,
        told: &[("x-ratelimit-remaining", "4999")],
        refused: &[("retry-after", "60"), ("x-ratelimit-remaining", "4900")],
        body: &[(
            "/message",
            "\"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.\"",
        )],
        wait_ms: Some(60_000),
    },
    Profile {
        name: "openai",
        served: 500,
        status: 429,
        told: &[
            ("x-ratelimit-limit-requests", "500"),
            ("x-ratelimit-remaining-requests", "499"),
            ("x-ratelimit-reset-requests", "120ms"),
            ("x-ratelimit-limit-tokens", "30000"),
            ("x-ratelimit-remaining-tokens", "29999"),
            ("x-ratelimit-reset-tokens", "2ms"),
        ],
        refused: &[("x-ratelimit-remaining-requests", "0")],
        body: &[
            ("/error/type", "\"requests\""),
            ("/error/param", "null"),
            ("/error/code", "\"rate_limit_exceeded\""),
        ],
        wait_ms: Some(120),
    },
    Profile {
        name: "openai-quota",
        served: 0,
        status: 429,
        told: &[],
        refused: &[("retry-after", "-")],
        body: &[
            ("/error/type", "\"insufficient_quota\""),
            ("/error/code", "\"insufficient_quota\""),
        ],
        wait_ms: None,
    },
    Profile {
        name: "anthropic",
        served: 50,
        status: 429,
        told: &[
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-01-01T09:30:17Z"),
        ],
        refused: &[("retry-after", "2")],
        body: &[
            ("/type", "\"error\""),
            ("/error/type", "\"rate_limit_error\""),
        ],
        wait_ms: Some(1200),
    },
    Profile {
        name: "slack",
        served: 50,
        status: 429,
        told: &[("retry-after", "-")],
        refused: &[("retry-after", "2")],
        body: &[("", r#"{"ok":false,"error":"ratelimited"}"#)],
        wait_ms: Some(1200),
    },
    Profile {
        name: "shopify",
        served: 40,
        status: 429,
        told: &[("x-shopify-shop-api-call-limit", "1/40")],
        refused: &[
            ("x-shopify-shop-api-call-limit", "40/40"),
            ("retry-after", "0.5"),
        ],
        body: &[(
            "/errors",
            "\"Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.\"",
        )],
        wait_ms: Some(500),
    },
    Profile {
        name: "shopify-graphql",
        served: 100,
        status: 200,
        told: &[],
        refused: &[("retry-after", "-")],
        body: &[
            ("/errors/0/message", "\"Throttled\""),
            ("/errors/0/extensions/code", "\"THROTTLED\""),
            ("/extensions/cost/requestedQueryCost", "10"),
            ("/extensions/cost/actualQueryCost", "null"),
            ("/extensions/cost/throttleStatus/currentlyAvailable", "0"),
            ("/extensions/cost/throttleStatus/maximumAvailable", "1000"),
            ("/extensions/cost/throttleStatus/restoreRate", "50"),
        ],
        wait_ms: Some(200),
    },
    Profile {
        name: "x",
        served: 900,
        status: 429,
        told: &[
            ("x-rate-limit-limit", "900"),
            ("x-rate-limit-remaining", "899"),
            ("x-rate-limit-reset", "1767260716"),
        ],
        refused: &[("x-rate-limit-remaining", "0")],
        body: &[(
            "",
            r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#,
        )],
        wait_ms: Some(900_000),
    },
    Profile {
        name: "google",
        served: 60,
        status: 429,
        told: &[("retry-after", "-")],
        refused: &[("retry-after", "-")],
        body: &[
            ("/error/code", "429"),
            ("/error/status", "\"RESOURCE_EXHAUSTED\""),
            ("/error/details/0/reason", "\"RATE_LIMIT_EXCEEDED\""),
            ("/error/details/1/retryDelay", "\"45s\""),
        ],
        wait_ms: Some(44_750),
    },
    Profile {
        name: "aws",
        served: 40,
        status: 400,
        told: &[],
        refused: &[("content-type", "application/x-amz-json-1.0")],
        body: &[(
            "/__type",
            "\"com.amazon.coral.availability#ThrottlingException\"",
        )],
        wait_ms: Some(25),
    },
    Profile {
        name: "salesforce",
        served: 5000,
        status: 403,
        told: &[("sforce-limit-info", "api-usage=1/5000")],
        refused: &[("sforce-limit-info", "api-usage=5000/5000")],
        body: &[(
            "",
            r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
        )],
        wait_ms: None,
    },
    Profile {
        name: "notion",
        served: 180,
        status: 429,
        told: &[("retry-after", "-")],
        refused: &[("retry-after", "45")],
        body: &[
            ("/object", "\"error\""),
            ("/status", "429"),
            ("/code", "\"rate_limited\""),
        ],
        wait_ms: Some(44_750),
    },
    Profile {
        name: "daily-quota",
        served: 966,
        status: 429,
        told: &[],
        // From 01:30 in Los Angeles to the next midnight there.
        refused: &[("retry-after", "80985")],
        body: &[("/error/status", "\"RESOURCE_EXHAUSTED\"")],
        wait_ms: Some(80_984_750),
    },
    Profile {
        name: "buried",
        served: 25,
        status: 200,
        told: &[("retry-after", "-")],
        refused: &[("retry-after", "-"), ("ratelimit", "-")],
        body: &[],
        wait_ms: Some(52_184_750),
    },
    Profile {
        name: "ietf",
        served: 100,
        status: 429,
        told: &[
            (
                "ratelimit-policy",
                r#""burst";q=100;w=60,"daily";q=1000;w=86400"#,
            ),
            ("ratelimit", r#""burst";r=99;t=45,"daily";r=999;t=52185"#),
        ],
        refused: &[
            ("retry-after", "45"),
            ("content-type", "application/problem+json"),
        ],
        body: &[
            (
                "/type",
                "\"https://iana.org/assignments/http-problem-types#quota-exceeded\"",
            ),
            ("/violated-policies", r#"["burst"]"#),
        ],
        wait_ms: Some(44_750),
    },
];

fn check_headers(profile: &Profile, answer: &Answer, headers: &[(&str, &str)]) {
    for (name, value) in headers {
        let found = answer.header(name).unwrap_or("-");
        assert_eq!(found, *value, "{}: {name}", profile.name);
    }
}

/// Whether a call was served: a refusal may come with a success status.
fn served(answer: &Answer) -> bool {
    answer.status == 200 && (answer.text.contains("\"ok\":true"))
}

/// So many calls are made one by one; of more, a tester says that these are left.
const CALLS_MAX: usize = 100;

fn check(server: &Server, profile: &Profile) {
    let name = profile.name;
    let path = format!("/s/{name}/gallery/limits/{name}/ping");
    for call in 0..profile.served.min(CALLS_MAX) {
        if call == 1 && profile.served > CALLS_MAX {
            let limit = match name {
                "openai" => "requests",
                "ietf" => "burst",
                one => one,
            };
            let left = json!({ "limit": limit, "remaining": CALLS_MAX - 1 });
            server
                .put(&format!("/s/{name}/__admin/limits"), &left)
                .expect(200);
        }
        let answer = server.get(&path);
        assert!(
            served(&answer),
            "{} call {call}: {}",
            profile.name,
            answer.text
        );
        if call == 0 {
            check_headers(profile, &answer, profile.told);
        }
    }
    let refused = server.get(&path);
    assert_eq!(
        refused.status, profile.status,
        "{}: {}",
        profile.name, refused.text
    );
    assert!(!served(&refused), "{}: {}", profile.name, refused.text);
    check_headers(profile, &refused, profile.refused);
    let body = refused.json();
    for (pointer, value) in profile.body {
        let expected: Value = serde_json::from_str(value).expect("a JSON value");
        let found = body.pointer(pointer);
        assert_eq!(found, Some(&expected), "{} {pointer}: {body}", profile.name);
    }
    check_wait(server, profile, &path);
}

/// A millisecond before the wait is over the call is refused, and then it is served.
fn check_wait(server: &Server, profile: &Profile, path: &str) {
    let Some(wait_ms) = profile.wait_ms else {
        return;
    };
    let admin = format!("/s/{}/__admin", profile.name);
    let number = profile.served.min(CALLS_MAX) + 1;
    let call = server.get(&format!("{admin}/calls/{number}")).expect(200);
    let trace = call["trace"].as_array().expect("a trace").clone();
    let line = trace.iter().find(|line| line["step"] == "rateLimit");
    let limits = line.expect("a line of the limits")["detail"]
        .as_array()
        .cloned();
    let waits = limits
        .into_iter()
        .flatten()
        .filter_map(|limit| limit["retryAfterMs"].as_u64());
    assert_eq!(waits.max(), Some(wait_ms), "{}: {trace:?}", profile.name);
    let advance = |ms: u64| {
        let by = json!({ "by": format!("PT{}.{:03}S", ms / 1000, ms % 1000) });
        server
            .post(&format!("{admin}/clock/advance"), &by)
            .expect(200);
    };
    advance(wait_ms - 1);
    let early = server.get(path);
    assert!(
        !served(&early),
        "{} too early: {}",
        profile.name,
        early.text
    );
    advance(1);
    let then = server.get(path);
    assert!(
        served(&then),
        "{} after the wait: {}",
        profile.name,
        then.text
    );
}

#[test]
fn every_profile_refuses_as_its_api_does_and_tells_the_exact_wait() {
    let server = gallery();
    for profile in PROFILES {
        let id = profile.name;
        server
            .post("/__admin/sandboxes", &json!({ "id": id, "clock": { "mode": "frozen", "now": "2026-01-01T09:30:15.250Z" } }))
            .expect(201);
        check(&server, profile);
    }
}
