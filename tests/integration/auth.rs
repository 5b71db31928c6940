//! Simulated authentication over the wire: who may call, what is told to those who may not, and tokens
//! that are issued, expire and are revoked.

use serde_json::{Value, json};

use crate::desk::{MIDNIGHT, Universe};
use crate::launch::Folder;
use crate::support::{Answer, Server};

/// A server with the vault at a frozen midnight.
fn vault() -> Server {
    let clock = format!("frozen@{MIDNIGHT}");
    Server::with(&["--stubs", "tests/packs/vault", "--clock", &clock])
}

impl Universe<'_> {
    /// Switches the checking of credentials on or off.
    fn enforce(&self, pack: &str, enforced: bool) -> Answer {
        let path = format!("/__admin/auth/{pack}");
        self.put(&path, &json!({ "enforced": enforced }))
    }

    /// Calls with a bearer token; without one, if it is empty.
    fn with(&self, key: &str, method: &str, path: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str())];
        let headers = if key.is_empty() { &[][..] } else { &headers };
        let path = format!("{}{path}", self.base);
        let body = body.to_string();
        self.server.request(method, &path, headers, Some(&body))
    }
}

fn payment(amount: &str) -> Value {
    json!({ "amount": amount })
}

#[test]
fn until_a_tester_says_so_anything_passes() {
    let server = vault();
    let sandbox = server.universe();
    for key in ["", "key_all", "key_revoked", "nobody"] {
        sandbox
            .with(key, "GET", "/vault/look", &json!({}))
            .expect(200);
        sandbox
            .with(key, "POST", "/vault/pay", &payment("1.00"))
            .expect(201);
    }
    // What is known of a credential is known all the same.
    let seen = |key| {
        sandbox
            .with(key, "GET", "/vault/look", &json!({}))
            .expect(200)
    };
    assert_eq!(
        seen("key_all"),
        json!({ "key": "key_all", "scopes": ["read", "pay"], "agent": "ann", "whom": "ann" })
    );
    assert_eq!(seen("nobody"), json!({ "key": "nobody", "scopes": [] }));
    assert_eq!(seen(""), json!({ "scopes": [] }));
}

/// Statuses and the bearer's error code of calls by each key, once credentials are checked.
#[test]
fn each_key_may_do_what_it_may_do() {
    let server = vault();
    let sandbox = server.universe();
    sandbox.enforce("vault", true).expect(200);
    for (key, path, status, error) in [
        ("", "anything", 401, "unauthorized"),
        ("key_all", "anything", 200, ""),
        ("key_none", "anything", 200, ""),
        ("nobody", "anything", 401, "invalid_token"),
        ("key_past", "anything", 401, "invalid_token"),
        ("key_revoked", "anything", 401, "invalid_token"),
        ("key_broken", "anything", 500, "definition_error"),
        ("key_all", "look", 200, ""),
        ("key_read", "look", 200, ""),
        ("key_none", "look", 403, "insufficient_scope"),
        ("key_all", "pay", 201, ""),
        ("key_read", "pay", 403, "insufficient_scope"),
        // A stranger does not learn whether its input was right, or which tools there are.
        ("", "tool/pay", 401, "unauthorized"),
        ("", "tool/nothing", 401, "unauthorized"),
        ("key_none", "tool/nothing", 404, "unknown_tool"),
        // The token endpoint asks for nothing.
        ("", "token", 422, "invalid_input"),
    ] {
        let path = format!("/vault/{path}");
        let body = match path.contains("pay") {
            true => payment("1.00"),
            false => json!({}),
        };
        let answer = sandbox.with(key, "POST", &path, &body);
        assert_eq!(answer.status, status, "{key} {path}: {}", answer.text);
        if !error.is_empty() {
            assert_eq!(answer.json()["error"], error, "{key} {path}");
        }
    }
    let total = sandbox.get("/__admin/collections/payments").expect(200)["total"].clone();
    assert_eq!(total, 1);
    // What a tool does can depend on what a credential is.
    sandbox
        .with("key_all", "POST", "/vault/pay", &payment("13.00"))
        .expect(403);
    // Other places of a credential, and stubs that ask for one.
    for (name, value, status) in [
        ("x-api-key", "key_all", 200),
        ("authorization", "token key_all", 200),
        ("authorization", "Basic a2V5X2FsbDo=", 200),
        ("authorization", "Basic a2V5X3JlYWQ6", 403),
        ("x-api-key", "\u{fc}", 401),
        ("x-other", "key_all", 401),
    ] {
        let answer = server.request("GET", "/vault/stub", &[(name, value)], None);
        assert_eq!(answer.status, status, "{name}: {value}");
    }
    assert_eq!(server.get("/vault/open").text, "open");
    let long = "x".repeat(10_000);
    sandbox
        .with(&long, "POST", "/vault/anything", &json!({}))
        .expect(401);
}

#[test]
fn a_refusal_says_what_is_missing_and_the_log_explains_it() {
    let server = vault();
    let sandbox = server.universe();
    sandbox.enforce("vault", true).expect(200);
    let none = sandbox.with("", "GET", "/vault/look", &json!({}));
    assert_eq!(
        none.header("www-authenticate"),
        Some("Bearer realm=\"api\"")
    );
    let refused = sandbox.with("key_read", "POST", "/vault/pay", &payment("1.00"));
    let header = refused.header("www-authenticate").expect("a header");
    assert!(header.ends_with("scope=\"read pay\""), "{header}");
    let calls = sandbox.get("/__admin/calls").expect(200)["calls"].clone();
    let traces = calls.to_string();
    assert!(traces.contains("does not have the scope pay"), "{traces}");
    assert!(traces.contains("no credential was given"), "{traces}");
}

#[test]
fn a_token_expires_in_the_middle_of_a_sequence_and_is_refreshed() {
    let server = vault();
    let sandbox = server.universe();
    sandbox.enforce("vault", true).expect(200);
    let ask = |body: Value| sandbox.post("/vault/token", &body);
    ask(
        json!({ "grant_type": "client_credentials", "client_id": "app", "client_secret": "wrong" }),
    )
    .expect(400);
    let issued = ask(json!({
        "grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret", "scope": "read pay",
    }))
    .expect(200);
    let token = issued["access_token"].as_str().expect("a token");
    let pay = |token: &str| sandbox.with(token, "POST", "/vault/pay", &payment("1.00"));
    assert_eq!(pay(token).expect(201)["by"], "app");
    sandbox.advance("PT59M59.999S");
    pay(token).expect(201);
    sandbox.advance("PT0.001S");
    let expired = pay(token);
    assert_eq!(
        expired.expect(401)["error_description"],
        "The access token expired"
    );
    // A new one with less: it may read, but not pay.
    let refresh = issued["refresh_token"].as_str().expect("a token");
    let again = json!({ "grant_type": "refresh_token", "refresh_token": refresh, "scope": "read" });
    let second = ask(again).expect(200);
    let second = second["access_token"].as_str().expect("a token");
    assert_ne!(second, token);
    sandbox
        .with(second, "GET", "/vault/look", &json!({}))
        .expect(200);
    pay(second).expect(403);
    // And revoked.
    sandbox
        .post("/vault/revoke", &json!({ "token": second }))
        .expect(200);
    let revoked = sandbox.with(second, "GET", "/vault/look", &json!({}));
    assert_eq!(
        revoked.expect(401)["error_description"],
        "The access token was revoked"
    );
    let total = sandbox.get("/__admin/collections/payments").expect(200)["total"].clone();
    assert_eq!(total, 2);
}

#[test]
fn a_life_in_minutes_begins_when_the_sandbox_opens() {
    let server = vault();
    let sandbox = server.universe();
    sandbox.enforce("vault", true).expect(200);
    let look = || {
        sandbox
            .with("key_short", "GET", "/vault/look", &json!({}))
            .status
    };
    sandbox.advance("PT29M");
    assert_eq!(look(), 200);
    sandbox.advance("PT1M");
    assert_eq!(look(), 401);
    // It begins again, and so does what was enforced.
    sandbox.send("POST", "/__admin/reset", None).expect(200);
    sandbox.enforce("vault", true).expect(200);
    assert_eq!(look(), 200);
}

#[test]
fn keys_are_records_and_a_tester_may_do_with_them_as_with_any() {
    let server = vault();
    let sandbox = server.universe();
    sandbox.enforce("vault", true).expect(200);
    let look = |key: &str| sandbox.with(key, "GET", "/vault/look", &json!({})).status;
    assert_eq!(look("key_new"), 401);
    let keys = "/__admin/collections/api_keys";
    let new = json!({ "key": "key_new", "scopes": ["read"] });
    sandbox.post(keys, &new).expect(201);
    assert_eq!(look("key_new"), 200);
    let path = format!("{keys}/key_new");
    sandbox.put(&path, &json!({ "scopes": [] })).expect(200);
    assert_eq!(look("key_new"), 403);
    sandbox
        .put(&path, &json!({ "scopes": ["read"], "revoked": true }))
        .expect(200);
    assert_eq!(look("key_new"), 401);
    sandbox.delete(&path).expect(200);
    assert_eq!(look("key_new"), 401);
}

#[test]
fn each_sandbox_has_its_own_switch() {
    let server = vault();
    let (one, two) = (server.sandbox("one"), server.sandbox("two"));
    one.enforce("vault", true).expect(200);
    let shown = |sandbox: &Universe<'_>| sandbox.get("/__admin/auth").expect(200)["packs"].clone();
    let pack = json!({ "pack": "vault", "keys": "vault.api_keys", "credentials": 7 });
    let with = |enforced: bool| {
        let mut pack = pack.clone();
        pack["enforced"] = enforced.into();
        json!([pack])
    };
    assert_eq!((shown(&one), shown(&two)), (with(true), with(false)));
    let look = |sandbox: &Universe<'_>| sandbox.with("", "GET", "/vault/look", &json!({})).status;
    assert_eq!((look(&one), look(&two)), (401, 200));
    one.enforce("vault", false).expect(200);
    assert_eq!(look(&one), 200);
    // A sandbox may open with it, and goes back to it.
    let three = json!({ "id": "three", "auth": { "vault": true } });
    server.post("/__admin/sandboxes", &three).expect(201);
    let three = server.sandbox("three");
    assert_eq!(look(&three), 401);
    three.enforce("vault", false).expect(200);
    three.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(look(&three), 401);
    // What is not there cannot be switched.
    assert_eq!(one.enforce("volt", true).status, 404);
    assert_eq!(one.put("/__admin/auth/vault", &json!({})).status, 422);
    let wrong = json!({ "enforced": "yes" });
    assert_eq!(one.put("/__admin/auth/vault", &wrong).status, 422);
    let wrong = json!({ "id": "four", "auth": { "volt": true } });
    let refused = server.post("/__admin/sandboxes", &wrong).expect(422);
    assert_eq!(refused["errors"][0]["field"], "auth.volt");
}

/// What a pack with a profile answers to no key, an unknown, an expired and a revoked one, and to one
/// that does not have the scope: the status, and what stands in the body.
type Wire<'a> = (&'a str, [(u16, &'a str); 5]);

const WIRES: &[Wire<'_>] = &[
    (
        "bearer",
        [
            (401, "unauthorized"),
            (401, "The access token is invalid"),
            (401, "The access token expired"),
            (401, "The access token was revoked"),
            (403, r#""scope":"write admin""#),
        ],
    ),
    (
        "stripe",
        [
            (401, "You did not provide an API key."),
            (401, "Invalid API Key provided: sk_test_********7890"),
            (401, "api_key_expired"),
            (401, "Invalid API Key provided"),
            (403, "Having the 'admin' permission"),
        ],
    ),
    (
        "github",
        [
            (401, "Requires authentication"),
            (401, "Bad credentials"),
            (401, "Bad credentials"),
            (401, "Bad credentials"),
            (403, "Resource not accessible by integration"),
        ],
    ),
    (
        "slack",
        [
            (200, r#"{"ok":false,"error":"not_authed"}"#),
            (200, r#"{"ok":false,"error":"invalid_auth"}"#),
            (200, r#"{"ok":false,"error":"token_expired"}"#),
            (200, r#"{"ok":false,"error":"token_revoked"}"#),
            (
                200,
                r#"{"ok":false,"error":"missing_scope","needed":"write,admin","provided":"read,write"}"#,
            ),
        ],
    ),
    (
        "google",
        [
            (
                401,
                "Request is missing required authentication credential.",
            ),
            (401, "Request had invalid authentication credentials."),
            (401, "UNAUTHENTICATED"),
            (401, "UNAUTHENTICATED"),
            (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        ],
    ),
    (
        "openai",
        [
            (401, "You didn't provide an API key."),
            (401, "Incorrect API key provided: sk_test_********7890."),
            (401, "invalid_api_key"),
            (401, "invalid_api_key"),
            (403, "Missing scopes: admin."),
        ],
    ),
    (
        "notion",
        [
            (401, r#""code":"unauthorized""#),
            (401, r#""code":"unauthorized""#),
            (401, r#""code":"unauthorized""#),
            (401, r#""code":"unauthorized""#),
            (403, r#""code":"restricted_resource""#),
        ],
    ),
    (
        "aws",
        [
            (400, "MissingAuthenticationTokenException"),
            (400, "UnrecognizedClientException"),
            (400, "ExpiredTokenException"),
            (400, "UnrecognizedClientException"),
            (400, "not authorized to perform: admin"),
        ],
    ),
    (
        "hubspot",
        [
            (401, "INVALID_AUTHENTICATION"),
            (401, "INVALID_AUTHENTICATION"),
            (401, "expired 60 second(s) ago."),
            (401, "INVALID_AUTHENTICATION"),
            (403, r#""requiredGranularScopes":["admin"]"#),
        ],
    ),
];

#[test]
fn each_profile_refuses_as_its_api_does() {
    let folder = Folder::copied("auth-profiles", "tests/packs/pair/left");
    std::fs::remove_file(folder.path.join("pack.yaml")).expect("a file less");
    for (profile, _) in WIRES {
        let pack = format!(
            r#"{{ "pack": "{profile}",
              "auth": {{ "profile": "{profile}", "keys": "keys", "enforced": true }},
              "collections": {{ "keys": {{ "key": "key", "records": [
                {{ "key": "sk_expired", "expiresAt": "2025-12-31T23:59:00Z" }},
                {{ "key": "sk_revoked", "revoked": true }},
                {{ "key": "sk_short_of", "scopes": ["read", "write"], "agent": "ann" }},
                {{ "key": "sk_right", "scopes": ["write", "admin"] }}
              ] }} }},
              "tools": {{ "act": {{ "description": "Acts.", "route": "POST /{profile}",
                "auth": {{ "scopes": ["write", "admin"] }}, "response": {{ "body": "done" }} }} }} }}"#
        );
        std::fs::create_dir(folder.path.join(profile)).expect("a folder");
        folder.write(&format!("{profile}/pack.json"), &pack);
    }
    let clock = format!("frozen@{MIDNIGHT}");
    let server = Server::with(&["--stubs", folder.argument(), "--clock", &clock]);
    for (profile, wires) in WIRES {
        let call = |key: &str| {
            let given = match *profile {
                "aws" => format!(
                    "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00"
                ),
                _ => format!("Bearer {key}"),
            };
            let headers = [("Authorization", given.as_str())];
            let headers = if key.is_empty() { &[][..] } else { &headers };
            server.request("POST", &format!("/{profile}"), headers, Some("{}"))
        };
        let keys = [
            "",
            "sk_test_123456787890",
            "sk_expired",
            "sk_revoked",
            "sk_short_of",
        ];
        for (key, (status, part)) in keys.into_iter().zip(wires) {
            let answer = call(key);
            assert_eq!(answer.status, *status, "{profile} {key}: {}", answer.text);
            assert!(
                answer.text.contains(part),
                "{profile} {key}: {}",
                answer.text
            );
        }
        let answer = call("sk_right");
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, "done"),
            "{profile}"
        );
    }
}
