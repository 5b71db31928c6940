//! Who may do what: tokens and keys, roles and routes, quotas, the audit log, and what no log tells.

use serde_json::{Value, json};

use crate::launch::{Folder, eventually, run};
use crate::teams::{
    ALICE, BOB, CALLER, EDITOR, KEY, KEY_OF_B, OPS, Teams, VIEWER, WATCHER, auth_file, operations,
};

const CONTACTS: &str = "/__admin/collections/contacts";

/// Routes that end the server, read its files again, or do not end.
const FINAL: [&str; 3] = [
    "/__admin/shutdown",
    "/__admin/definitions/reload",
    "/__admin/events",
];

#[test]
fn without_a_token_there_is_nothing_but_health() {
    let teams = Teams::start("access-none", "{}", &[]);
    let strangers: [&[(&str, &str)]; 7] = [
        &[],
        &[("authorization", "Bearer spt_nobody")],
        &[("sparring-token", "spt_nobody")],
        // Our own header counts alone, even if it is wrong.
        &[("sparring-token", "spt_nobody"), ("x-api-key", KEY)],
        &[("authorization", "Basic YTpi")],
        &[("x-api-key", "sk_nobody"), ("sparring-sandbox", "team-a")],
        // A token has no place in a header for keys.
        &[("x-api-key", ALICE)],
    ];
    for headers in strangers {
        for path in [
            "/__admin/calls",
            "/__admin/sandboxes",
            "/__admin/nothing",
            "/s/team-a/__admin/calls",
            "/s/team-a/__admin/health",
            "/s/team-a/desk/pay",
            "/desk/pay",
            "/",
        ] {
            let said = teams.ask("GET", path, headers, "");
            assert_eq!(said.status, 401, "{path} {headers:?}: {}", said.text);
            let challenge = said.header("www-authenticate").expect("a challenge");
            let invalid = !headers.is_empty();
            assert!(challenge.starts_with("Bearer "), "{challenge}");
            assert_eq!(challenge.contains("invalid_token"), invalid, "{headers:?}");
            assert_eq!(
                said.header("content-type"),
                Some("application/problem+json")
            );
        }
        let health = teams.ask("GET", "/__admin/health", headers, "");
        assert_eq!(health.status, 200, "{headers:?}: {}", health.text);
        assert!(!health.text.contains("team"), "{}", health.text);
    }
    // Whoever asks for health makes no sandbox.
    let ids = teams.expect((OPS, "GET", "/__admin/sandboxes"), "", 200);
    assert_eq!(ids["total"], 1, "{ids}");
}

/// Whether a role is enough for an operation, said here once more and otherwise than in the table.
fn may(token: &str, method: &str, path: &str) -> bool {
    let path = path.trim_start_matches("/__admin");
    let asks = [
        "/requests/find",
        "/requests/count",
        "/mappings/find-by-metadata",
    ];
    let reads = method == "GET" || asks.contains(&path) || path.starts_with("/near-misses");
    let server = ["/shutdown", "/definitions/reload"].contains(&path);
    let operators = server || path == "/metrics" || path == "/backup";
    let changes = ["/snapshots", "/restore"]
        .iter()
        .any(|word| path.contains(word));
    let owns = !reads && path.starts_with("/sandboxes") && !changes || path.ends_with("/fork");
    match token {
        OPS => true,
        WATCHER => reads && path != "/backup",
        ALICE => !operators,
        EDITOR => !operators && !owns,
        VIEWER => reads && !operators,
        _ => path == "/health",
    }
}

#[test]
fn each_role_may_do_what_it_is_for_on_every_route() {
    let teams = Teams::start("access-roles", "{}", &[]);
    for id in ["team-a", "team-a-ci"] {
        teams.expect(
            (ALICE, "POST", "/__admin/sandboxes"),
            &json!({ "id": id }).to_string(),
            201,
        );
    }
    let mut asked = 0;
    for token in [OPS, WATCHER, ALICE, EDITOR, CALLER, VIEWER] {
        for (method, path) in operations() {
            if FINAL.contains(&path.as_str()) && may(token, &method, &path) {
                continue;
            }
            let target = match path.starts_with("/__admin/sandboxes/{id}") {
                // One that is not there any more after the first who may.
                true => path.replace("{id}", "team-a"),
                false => path.replace("{id}", "11111111-2222-4333-8444-555555555555"),
            };
            if path == "/__admin/sandboxes/{id}" && method == "DELETE" && may(token, &method, &path)
            {
                continue;
            }
            let target = target.replace("{name}", "x").replace("{key}", "x");
            let target = target
                .replace("{agent}", "x")
                .replace("{path}", "x")
                .replace("{pack}", "x");
            let headers = [("sparring-token", token), ("sparring-sandbox", "team-a")];
            let said = teams.ask(&method, &target, &headers, "{}");
            let allowed = ![401, 403].contains(&said.status);
            let context = format!("{token} {method} {path}: {} {}", said.status, said.text);
            assert_eq!(allowed, may(token, &method, &path), "{context}");
            if !allowed {
                assert_eq!(said.status, 403, "{context}");
                let challenge = said.header("www-authenticate").unwrap_or_default();
                assert!(challenge.contains("insufficient_scope"), "{context}");
            }
            asked += 1;
        }
        let call = teams.ask("GET", "/s/team-a/nothing", &[("sparring-token", token)], "");
        let calls = ![VIEWER, WATCHER].contains(&token);
        assert_eq!(call.status != 403, calls, "{token}: {}", call.text);
    }
    assert!(asked > 500, "{asked}");
}

#[test]
fn sandboxes_come_and_go_by_owners_alone() {
    let teams = Teams::start("access-own", "{}", &[]);
    // A read makes a sandbox as it always did, but for those alone who may make one.
    teams.expect((VIEWER, "GET", "/s/team-a/__admin/clock"), "", 404);
    teams.expect((EDITOR, "PUT", "/s/team-a/__admin/clock"), "{}", 404);
    teams.expect((WATCHER, "GET", "/s/team-a/__admin/clock"), "", 404);
    teams.expect((CALLER, "GET", "/s/team-a/x"), "", 404);
    teams.expect((ALICE, "GET", "/s/team-a/__admin/clock"), "", 200);
    teams.expect((VIEWER, "GET", "/s/team-a/__admin/clock"), "", 200);
    teams.expect((EDITOR, "DELETE", "/__admin/sandboxes/team-a"), "", 403);
    teams.expect((BOB, "DELETE", "/__admin/sandboxes/team-a"), "", 404);
    let body = r#"{"id": "team-b-1"}"#;
    let refused = teams.expect((ALICE, "POST", "/__admin/sandboxes"), body, 403);
    assert!(
        refused["detail"]
            .as_str()
            .is_some_and(|it| it.contains("team-a-*")),
        "{refused}"
    );
    teams.expect((BOB, "POST", "/__admin/sandboxes"), body, 201);
    let listed = |token| {
        let listed = teams.expect((token, "GET", "/__admin/sandboxes"), "", 200);
        let ids = listed["sandboxes"].as_array().expect("a list").iter();
        ids.map(|it| it["id"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(ALICE), ["team-a"]);
    assert_eq!(listed(BOB), ["team-b-1"]);
    assert_eq!(listed(WATCHER), ["default", "team-a", "team-b-1"]);
    teams.expect((ALICE, "DELETE", "/__admin/sandboxes/team-a"), "", 200);
    teams.expect((ALICE, "DELETE", "/__admin/sandboxes/team-a"), "", 404);
}

#[test]
fn a_key_chooses_its_sandbox_wherever_a_client_puts_it() {
    let teams = Teams::start("access-keys", "{}", &[]);
    for id in ["team-a", "team-a-ci"] {
        teams.expect(
            (ALICE, "POST", "/__admin/sandboxes"),
            &json!({ "id": id }).to_string(),
            201,
        );
        let stub = json!({ "request": { "urlPath": "/who" }, "response": { "body": id } });
        let path = format!("/s/{id}/__admin/mappings");
        teams.expect((ALICE, "POST", &path), &stub.to_string(), 201);
    }
    let bearer = format!("Bearer {KEY}");
    // `sk_test_a_ci_123456:` and `user:sk_test_a_ci_123456`.
    let basic = "Basic c2tfdGVzdF9hX2NpXzEyMzQ1Njo=";
    let password = "Basic dXNlcjpza190ZXN0X2FfY2lfMTIzNDU2";
    for (headers, expected) in [
        (&[("authorization", bearer.as_str())][..], "team-a-ci"),
        (&[("authorization", basic)], "team-a-ci"),
        (&[("authorization", password)], "team-a-ci"),
        (&[("authorization", KEY)], "team-a-ci"),
        (&[("x-api-key", KEY)], "team-a-ci"),
        (&[("api-key", KEY)], "team-a-ci"),
        (&[("sparring-token", KEY)], "team-a-ci"),
        // The vendor's own credentials beside ours.
        (
            &[("authorization", "Bearer vendor"), ("x-api-key", KEY)],
            "team-a-ci",
        ),
        (
            &[
                ("sparring-token", CALLER),
                ("authorization", "Bearer vendor"),
            ],
            "team-a",
        ),
        // A key chooses for whoever may go there, and is none for others.
        (
            &[("sparring-token", ALICE), ("x-api-key", KEY)],
            "team-a-ci",
        ),
        (
            &[
                ("sparring-token", ALICE),
                ("x-api-key", KEY),
                ("sparring-sandbox", "team-a"),
            ],
            "team-a",
        ),
        (&[("sparring-token", CALLER), ("x-api-key", KEY)], "team-a"),
        (
            &[("sparring-token", CALLER), ("x-api-key", KEY_OF_B)],
            "team-a",
        ),
    ] {
        let said = teams.ask("GET", "/who", headers, "");
        assert_eq!(
            (said.status, said.text.as_str()),
            (200, expected),
            "{headers:?}"
        );
    }
    let named = teams.ask("GET", "/s/team-a-ci/who", &[("x-api-key", KEY)], "");
    assert_eq!(named.text, "team-a-ci");
    for other in ["team-a", "team-b-app", "nowhere"] {
        let headers = [("x-api-key", KEY), ("sparring-sandbox", other)];
        let said = teams.ask("GET", "/who", &headers, "");
        assert_eq!(said.status, 404, "{other}: {}", said.text);
    }
    let admin = teams.ask("GET", "/__admin/calls", &[("x-api-key", KEY)], "");
    assert_eq!(admin.status, 403, "{}", admin.text);
    // Several sandboxes, and none is named.
    let said = teams.by(ALICE, "GET", "/who", "");
    assert_eq!(said.status, 404);
    assert!(said.text.contains("Sparring-Sandbox"), "{}", said.text);
}

#[test]
fn operators_bind_keys_to_sandboxes_and_without_a_file_anybody_does() {
    let teams = Teams::start("access-bound", "{}", &[]);
    let body = json!({ "id": "team-a-x", "apiKeys": ["sk_x_1"] }).to_string();
    let refused = teams.expect((ALICE, "POST", "/__admin/sandboxes"), &body, 403);
    assert_eq!(refused["errors"][0]["field"], "apiKeys");
    teams.expect((OPS, "POST", "/__admin/sandboxes"), &body, 201);
    let other = json!({ "id": "x", "apiKeys": ["sk_x_1"] }).to_string();
    let taken = teams.expect((OPS, "POST", "/__admin/sandboxes"), &other, 409);
    assert_eq!(taken["errors"][0]["field"], "apiKeys");
    let key = [("authorization", "Bearer sk_x_1")];
    assert_eq!(teams.ask("GET", "/nothing", &key, "").status, 404);
    let calls = teams.expect((ALICE, "GET", "/s/team-a-x/__admin/calls"), "", 200);
    assert_eq!(calls["total"], 1);
    assert_eq!(
        calls["calls"][0]["request"]["headers"]["authorization"],
        "[redacted]"
    );
    assert_eq!(teams.ask("GET", "/__admin/calls", &key, "").status, 403);
    assert_eq!(teams.ask("GET", "/s/default/x", &key, "").status, 404);
    teams.expect((OPS, "DELETE", "/__admin/sandboxes/team-a-x"), "", 200);
    assert_eq!(teams.ask("GET", "/nothing", &key, "").status, 401);
    teams.expect((OPS, "POST", "/__admin/sandboxes"), &other, 201);

    let open = crate::desk::desk();
    let made = open.post(
        "/__admin/sandboxes",
        &json!({ "id": "k", "apiKeys": ["sk_k", "sk_l"] }),
    );
    made.expect(201);
    for (name, value) in [("authorization", "Bearer sk_l"), ("x-api-key", "sk_k")] {
        open.request("GET", "/nothing", &[(name, value)], None);
    }
    let elsewhere = [("x-api-key", "sk_k"), ("sparring-sandbox", "default")];
    open.request("GET", "/nothing", &elsewhere, None);
    assert_eq!(open.get("/s/k/__admin/calls").expect(200)["total"], 2);
    assert_eq!(open.get("/__admin/calls").expect(200)["total"], 1);
    for wrong in [json!([""]), json!(["a b"]), json!([1]), json!("sk")] {
        let body = json!({ "id": "w", "apiKeys": wrong });
        assert_eq!(open.post("/__admin/sandboxes", &body).status, 422, "{body}");
    }
}

#[test]
fn quotas_refuse_what_is_more_and_leave_the_rest() {
    let quotas = "{ sandboxes: 2, stubs: 2, records: 3, logBytes: 4000, bodyBytes: 2000 }";
    let teams = Teams::start("access-quotas", quotas, &[]);
    let create = |id: &str| {
        teams.by(
            ALICE,
            "POST",
            "/__admin/sandboxes",
            &json!({ "id": id }).to_string(),
        )
    };
    #[track_caller]
    fn refused(said: &crate::teams::Said, status: u16, quota: &str) {
        assert_eq!(said.status, status, "{}", said.text);
        assert_eq!(said.header("sparring-quota"), Some(quota), "{}", said.text);
        assert_eq!(said.json()["quota"], quota);
    }
    assert_eq!(create("team-a").status, 201);
    assert_eq!(create("team-a-1").status, 201);
    refused(&create("team-a-2"), 403, "sandboxes");
    // Nor by the way, nor by others in the tenant's name.
    refused(
        &teams.by(ALICE, "GET", "/s/team-a-2/__admin/clock", ""),
        403,
        "sandboxes",
    );
    refused(
        &teams.by(OPS, "GET", "/s/team-a-2/__admin/clock", ""),
        403,
        "sandboxes",
    );
    assert_eq!(
        teams.by(BOB, "GET", "/s/team-b-2/__admin/clock", "").status,
        200
    );
    teams.expect((ALICE, "DELETE", "/__admin/sandboxes/team-a-1"), "", 200);
    assert_eq!(create("team-a-2").status, 201);

    let before = teams.expect((ALICE, "GET", &format!("/s/team-a{CONTACTS}")), "", 200);
    let opened = before["total"].as_u64().expect("a number");
    let all = format!("/s/team-a{CONTACTS}");
    let records: Vec<Value> = (0..9)
        .map(|at| json!({ "id": format!("r{at}"), "name": "R" }))
        .collect();
    let many = json!(records).to_string();
    refused(&teams.by(ALICE, "POST", &all, &many), 403, "records");
    let after = teams.expect((ALICE, "GET", &all), "", 200);
    assert_eq!(after, before, "nothing was half applied");
    for at in opened..3 {
        let one = json!({ "id": format!("s{at}"), "name": "S" }).to_string();
        let said = teams.by(ALICE, "POST", &all, &one);
        assert!(said.status < 300, "{}", said.text);
    }
    let one = json!({ "id": "more", "name": "S" }).to_string();
    refused(&teams.by(EDITOR, "POST", &all, &one), 403, "records");
    // What is there may be replaced and deleted.
    let replaced = json!({ "id": "s2", "name": "T" }).to_string();
    let said = teams.by(ALICE, "PUT", &format!("{all}/s2"), &replaced);
    assert!(said.status < 300, "{}", said.text);
    let opening = json!({ "id": "team-a-2x", "collections": { "contacts": records } });
    teams.expect((ALICE, "DELETE", "/__admin/sandboxes/team-a-2"), "", 200);
    let said = teams.by(ALICE, "POST", "/__admin/sandboxes", &opening.to_string());
    refused(&said, 403, "records");

    let stub = |at: u32| {
        json!({ "request": { "urlPath": format!("/{at}") }, "response": { "status": 200 } })
            .to_string()
    };
    for at in 0..2 {
        teams.expect(
            (ALICE, "POST", "/s/team-a/__admin/mappings"),
            &stub(at),
            201,
        );
    }
    let third = teams.by(ALICE, "POST", "/s/team-a/__admin/mappings", &stub(2));
    assert_eq!(
        (third.status, third.header("sparring-quota")),
        (403, Some("stubs")),
        "{}",
        third.text
    );
    let import = json!({ "mappings": [{ "request": { "urlPath": "/8" } }, { "request": { "urlPath": "/9" } }] });
    let said = teams.by(
        ALICE,
        "POST",
        "/s/team-a/__admin/mappings/import",
        &import.to_string(),
    );
    assert_eq!(said.status, 403, "{}", said.text);
    let stubs = teams.expect((ALICE, "GET", "/s/team-a/__admin/mappings"), "", 200);
    assert_eq!(stubs["meta"]["total"], 2);
    assert_eq!(teams.by(ALICE, "GET", "/s/team-a/1", "").status, 200);

    let large = "x".repeat(3000);
    for path in ["/s/team-a/1", "/s/team-a/__admin/settings"] {
        let said = teams.by(ALICE, "POST", path, &large);
        assert_eq!(said.status, 413, "{path}: {}", said.text);
    }
    teams.expect((BOB, "POST", "/s/team-b-2/1"), &large, 404);
    for _ in 0..50 {
        teams.by(ALICE, "GET", "/s/team-a/1", "");
        teams.by(BOB, "GET", "/s/team-b-2/1", "");
    }
    let kept = |token, id: &str| {
        let path = format!("/s/{id}/__admin/calls");
        teams.expect((token, "GET", &path), "", 200)["total"]
            .as_u64()
            .expect("a number")
    };
    assert!(kept(ALICE, "team-a") < 20, "{}", kept(ALICE, "team-a"));
    assert!(kept(BOB, "team-b-2") >= 50);
}

#[test]
fn a_rate_is_a_tenants_and_its_refusal_is_told_from_the_apis() {
    let teams = Teams::start("access-rate", "{ callsPerSecond: 3 }", &[]);
    teams.expect(
        (OPS, "POST", "/__admin/sandboxes"),
        r#"{"id": "team-a"}"#,
        201,
    );
    let statuses: Vec<u16> = (0..40)
        .map(|_| teams.by(CALLER, "GET", "/x", "").status)
        .collect();
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert!(
        refused > 0 && statuses[..3] == [404, 404, 404],
        "{statuses:?}"
    );
    eventually("a refusal", || {
        let said = teams.by(CALLER, "GET", "/x", "");
        let told = said.header("sparring-quota") == Some("callsPerSecond");
        assert!(told || said.status == 404, "{}", said.text);
        told && said.header("retry-after") == Some("1") && said.json()["status"] == 429
    });
    // Operators and other tenants are not slowed down.
    for _ in 0..20 {
        assert_eq!(teams.by(OPS, "GET", "/s/team-a/x", "").status, 404);
        assert_eq!(teams.by(BOB, "GET", "/__admin/sandboxes", "").status, 200);
    }
}

#[test]
fn targets_are_those_of_the_server_that_the_tenant_may_have() {
    let quotas = "{ targets: [hooks.team-a.example] }";
    let teams = Teams::start(
        "access-targets",
        quotas,
        &["--proxy-targets", "127.0.0.0/8"],
    );
    for (token, id, denied) in [(ALICE, "team-a", true), (BOB, "team-b-1", false)] {
        teams.expect(
            (token, "POST", "/__admin/sandboxes"),
            &json!({ "id": id }).to_string(),
            201,
        );
        let stub = json!({
            "request": { "urlPath": "/on" },
            "response": { "proxyBaseUrl": "http://127.0.0.1:9" },
        });
        teams.expect(
            (token, "POST", &format!("/s/{id}/__admin/mappings")),
            &stub.to_string(),
            201,
        );
        let said = teams.by(token, "GET", &format!("/s/{id}/on"), "");
        assert_eq!(
            said.text.contains("not an allowed target"),
            denied,
            "{id}: {}",
            said.text
        );
        let start = json!({ "mode": "passthrough", "upstream": "http://127.0.0.1:9" });
        let said = teams.by(
            token,
            "POST",
            &format!("/s/{id}/__admin/cassettes/c/start"),
            &start.to_string(),
        );
        assert_eq!(said.status == 422, denied, "{id}: {}", said.text);
        teams.by(
            token,
            "POST",
            &format!("/s/{id}/__admin/cassettes/c/stop"),
            "",
        );
        let hook = json!({
            "request": { "urlPath": "/hook" },
            "response": { "status": 200 },
            "serveEventListeners": [{
                "name": "webhook",
                "parameters": { "method": "POST", "url": "http://127.0.0.1:9/hook" },
            }],
        });
        teams.expect(
            (token, "POST", &format!("/s/{id}/__admin/mappings")),
            &hook.to_string(),
            201,
        );
        teams.by(token, "GET", &format!("/s/{id}/hook"), "");
        eventually("a delivery", || {
            let path = format!("/s/{id}/__admin/webhooks/deliveries");
            let told = teams.by(token, "GET", &path, "").text;
            told.contains("failed") && (told.contains("not an allowed target") == denied)
        });
    }
}

#[test]
fn who_has_changed_what_is_noted_and_told_to_each_its_own() {
    let folder = Folder::new("access-audit-file");
    let file = folder.path.join("audit.log");
    let argument = file.display().to_string();
    let teams = Teams::start("access-audit", "{}", &["--audit-log", &argument]);
    teams.expect(
        (ALICE, "POST", "/__admin/sandboxes"),
        r#"{"id": "team-a"}"#,
        201,
    );
    teams.expect((ALICE, "GET", "/s/team-a/__admin/clock"), "", 200);
    teams.expect(
        (EDITOR, "POST", "/s/team-a/__admin/reset?secret=1"),
        "",
        422,
    );
    teams.expect((VIEWER, "POST", "/s/team-a/__admin/reset"), "", 403);
    teams.expect((BOB, "DELETE", "/__admin/sandboxes/team-a"), "", 404);
    teams.by("spt_nobody", "DELETE", "/__admin/sandboxes/team-a", "");
    teams.expect((OPS, "DELETE", "/__admin/sandboxes/team-a"), "", 200);
    let told = |token: &str| {
        let said = teams.expect((token, "GET", "/__admin/audit"), "", 200);
        let entries = said["entries"].as_array().expect("entries").clone();
        assert_eq!(said["total"], entries.len());
        let words = entries.iter().map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
            let parts = [
                text("tenant"),
                text("name"),
                text("method"),
                text("path"),
                text("sandbox"),
            ];
            assert!(text("peer").starts_with("127.0.0.1:") && text("time").starts_with("20"));
            format!("{} {}", parts.join(" "), entry["status"])
        });
        words.collect::<Vec<String>>()
    };
    let of_a = [
        "team-a alice POST /__admin/sandboxes team-a 201",
        "team-a editor POST /__admin/reset team-a 422",
        "team-a viewer POST /__admin/reset team-a 403",
    ];
    let of_b = ["team-b bob DELETE /__admin/sandboxes/team-a team-a 404"];
    let of_none = [
        "- - DELETE /__admin/sandboxes/team-a team-a 401",
        "- ops DELETE /__admin/sandboxes/team-a team-a 200",
    ];
    assert_eq!(told(VIEWER), of_a);
    assert_eq!(told(BOB), of_b);
    let all = told(WATCHER);
    assert_eq!(all.len(), 6, "{all:?}");
    let lines = || std::fs::read_to_string(&file).unwrap_or_default();
    eventually("six lines", || lines().lines().count() == 6);
    let text = lines();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert!(line["time"].is_string(), "{line}");
    }
    for part in of_a.iter().chain(&of_b).chain(&of_none) {
        assert!(all.contains(&(*part).to_owned()), "{part} in {all:?}");
    }
    for token in ["spt_", "secret"] {
        assert!(!text.contains(token), "{text}");
    }
    teams.server.terminate();
    assert!(teams.server.ended().status.success());
    // It is appended to.
    assert!(lines().starts_with(&text));
}

#[test]
fn no_log_and_no_recording_tells_a_token() {
    let folder = Folder::new("access-redact-data");
    let audit = folder.path.join("audit.log").display().to_string();
    let teams = Teams::start(
        "access-redact",
        "{}",
        &["--redact", "X-Session,cookie", "--audit-log", &audit],
    );
    teams.expect(
        (ALICE, "POST", "/__admin/sandboxes"),
        r#"{"id": "team-a"}"#,
        201,
    );
    teams.expect((OPS, "GET", "/s/team-a-ci/__admin/clock"), "", 200);
    let echo = json!({
        "request": { "urlPath": "/echo" },
        "response": { "body": "{{request.headers.authorization}}", "transformers": ["response-template"] },
    });
    teams.expect(
        (ALICE, "POST", "/s/team-a/__admin/mappings"),
        &echo.to_string(),
        201,
    );
    let start = json!({ "mode": "record" }).to_string();
    teams.expect(
        (ALICE, "POST", "/s/team-a/__admin/cassettes/tape/start"),
        &start,
        200,
    );
    let bearer = format!("Bearer {ALICE}");
    let session = "session-7777777";
    let headers = [
        ("authorization", bearer.as_str()),
        ("sparring-sandbox", "team-a"),
        ("x-session", session),
    ];
    // A simulated API that asks for credentials finds some.
    let said = teams.ask("GET", "/echo", &headers, "");
    assert_eq!(said.text, "Bearer sparring:team-a/alice");
    let vendor = [
        ("sparring-token", ALICE),
        ("sparring-sandbox", "team-a"),
        ("authorization", "Bearer vendor-own"),
    ];
    assert_eq!(
        teams.ask("GET", "/echo", &vendor, "").text,
        "Bearer vendor-own"
    );
    teams.ask("GET", "/unmatched", &headers, "");
    teams.ask("GET", "/unmatched", &[("x-api-key", KEY)], "");
    teams.expect(
        (ALICE, "POST", "/s/team-a/__admin/cassettes/tape/stop"),
        "",
        200,
    );
    let mut told = String::new();
    for id in ["team-a", "team-a-ci"] {
        for path in [
            "calls",
            "requests",
            "requests/unmatched",
            "requests/unmatched/near-misses",
        ] {
            told += &teams
                .by(ALICE, "GET", &format!("/s/{id}/__admin/{path}"), "")
                .text;
        }
    }
    let calls = teams.expect((ALICE, "GET", "/s/team-a/__admin/calls"), "", 200);
    let headers = |at: usize| calls["calls"][at]["request"]["headers"].clone();
    assert_eq!(headers(0)["authorization"], "[redacted]");
    assert_eq!(headers(0)["x-session"], "[redacted]");
    assert_eq!(headers(1)["authorization"], "Bearer vendor-own");
    assert_eq!(headers(1)["sparring-token"], Value::Null);
    let tape = teams.folder.path.join("cassettes/tenants/team-a/tape.yaml");
    let tape = std::fs::read_to_string(tape).expect("a cassette of the tenant's own");
    assert!(tape.contains("/echo"), "{tape}");
    eventually("a line", || {
        std::fs::read_to_string(&audit).is_ok_and(|it| it.lines().count() > 3)
    });
    told += &tape;
    told += &std::fs::read_to_string(&audit).expect("an audit log");
    told += &teams.by(OPS, "GET", "/__admin/audit", "").text;
    teams.server.terminate();
    told += &teams.server.ended().stderr;
    for secret in [ALICE, OPS, KEY, session] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[test]
fn an_edited_file_is_taken_up_and_a_bad_edit_is_not() {
    let teams = Teams::start("access-edit", "{}", &[]);
    let list = |token: &str| teams.by(token, "GET", "/__admin/sandboxes", "").status;
    assert_eq!((list(ALICE), list("spt_new")), (200, 401));
    let hash = |token: &str| sparring::access::Hash::of(token).to_string();
    teams
        .folder
        .edit("auth.yaml", &hash(ALICE), &hash("spt_new"));
    eventually("the new token", || list("spt_new") == 200);
    assert_eq!(list(ALICE), 401);
    teams.folder.edit(
        "auth.yaml",
        &hash("spt_new"),
        "spt_plain_0123456789abcdefghijkl",
    );
    eventually("a word about it", || {
        teams.server.log().contains("stays in force")
    });
    assert_eq!(list("spt_new"), 200);
    let log = teams.server.log();
    assert!(
        log.contains("sparring token") && !log.contains("spt_plain"),
        "{log}"
    );
    teams
        .folder
        .write("auth.yaml", &auth_file("{ callsPerSecond: 1 }"));
    eventually("the first again", || list(ALICE) == 200);
    eventually("its quota", || list(ALICE) == 429);
}

#[test]
fn a_file_with_a_mistake_starts_no_server_and_its_text_may_stand_in_the_environment() {
    let folder = Folder::new("access-start");
    folder.write("auth.yaml", "operators: [{ name: ops, hash: hunter2 }]\n");
    let file = folder.path.join("auth.yaml").display().to_string();
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--stubs",
        crate::desk::PACK,
    ];
    let said = run(&[&arguments[..], &["--auth", &file]].concat(), &[]);
    assert!(!said.status.success());
    assert!(
        said.stderr.contains("auth.yaml:1:32") && !said.stderr.contains("hunter2"),
        "{}",
        said.stderr
    );
    let said = run(
        &[&arguments[..], &["--auth", "/nowhere.yaml"]].concat(),
        &[],
    );
    assert!(
        !said.status.success() && said.stderr.contains("cannot be read"),
        "{}",
        said.stderr
    );
    let both = run(
        &[&arguments[..], &["--auth", &file]].concat(),
        &[("SPARRING_AUTH_YAML", "x: 1")],
    );
    assert!(
        !both.status.success() && both.stderr.contains("which one counts"),
        "{}",
        both.stderr
    );
    let text = auth_file("{}");
    let server = crate::launch::Launched::with(&arguments, &[("SPARRING_AUTH_YAML", &text)]);
    assert_eq!(server.send("GET", "/__admin/calls", "").0, 401);
    assert_eq!(server.send("GET", "/__admin/health", "").0, 200);
}

#[test]
fn tokens_are_made_with_their_hashes() {
    let made = run(&["token", "--prefix", "acme"], &[]);
    let mut lines = made.stdout.lines();
    let token = lines
        .next()
        .and_then(|line| line.strip_prefix("token: "))
        .expect("a token");
    let hash = lines
        .next()
        .and_then(|line| line.strip_prefix("hash:  "))
        .expect("a hash");
    assert!(token.starts_with("acme_") && token.len() == 48, "{token}");
    assert_eq!(hash, sparring::access::Hash::of(token).to_string());
    assert_ne!(run(&["token"], &[]).stdout, run(&["token"], &[]).stdout);
    assert!(!run(&["token", "--prefix", "a b"], &[]).status.success());
}
