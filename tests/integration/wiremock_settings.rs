//! `/settings`, `/scenarios` and what concerns the whole server. The expected values are those that
//! WireMock 3.13.2 answers.

use serde_json::{Value, json};

use crate::desk::{desk, each};
use crate::support::{Answer, Server};

fn settings(server: &Server) -> Value {
    server.get("/__admin/settings").expect(200)["settings"].clone()
}

#[track_caller]
fn error(answer: &Answer, status: u16) -> Value {
    answer.expect(status)["errors"][0].clone()
}

#[test]
fn settings_are_said_anew_each_time() {
    let server = desk();
    assert_eq!(settings(&server), json!({ "proxyPassThrough": true }));
    for (given, expected) in [
        (
            json!({ "fixedDelay": 10 }),
            json!({ "fixedDelay": 10, "proxyPassThrough": false }),
        ),
        (
            json!({ "settings": { "fixedDelay": 12, "delayDistribution": { "type": "uniform", "lower": 1, "upper": 2 }, "extended": { "a": { "b": 1 } } } }),
            json!({ "fixedDelay": 12, "delayDistribution": { "type": "uniform", "lower": 1, "upper": 2 }, "extended": { "a": { "b": 1 } }, "proxyPassThrough": false }),
        ),
        (
            json!({ "fixedDelay": -5, "proxyPassThrough": true }),
            json!({ "fixedDelay": -5, "proxyPassThrough": true }),
        ),
        (
            json!({ "delayDistribution": { "type": "fixed", "milliseconds": 5 } }),
            json!({ "delayDistribution": { "type": "fixed", "milliseconds": 5 }, "proxyPassThrough": false }),
        ),
        (
            json!({ "fixedDelay": null }),
            json!({ "proxyPassThrough": false }),
        ),
    ] {
        for method in ["PUT", "POST"] {
            server
                .send(method, "/__admin/settings", Some(&given))
                .expect_empty(200);
            assert_eq!(settings(&server), expected);
        }
    }
    // They are the sandbox's own.
    let other = server.get("/s/other/__admin/settings").expect(200);
    assert_eq!(other, json!({ "settings": { "proxyPassThrough": true } }));
}

#[test]
fn settings_that_are_none_are_refused_with_their_place() {
    let server = desk();
    for (body, pointer) in [
        (r#"{"foo":1}"#, "/foo"),
        (r#"{"fixedDelay":"x"}"#, "/fixedDelay"),
        (r#"{"settings":{"fixedDelay":"x"}}"#, "/settings/fixedDelay"),
        (
            r#"{"delayDistribution":{"type":"foo"}}"#,
            "/delayDistribution",
        ),
        (r#"{"fixedDelay":3000000000}"#, "/fixedDelay"),
        ("[]", "/"),
        ("", "/"),
        ("{", "/"),
        ("null", "/"),
    ] {
        let answer = server.request("PUT", "/__admin/settings", &[], Some(body));
        let error = error(&answer, 422);
        assert_eq!(
            (&error["code"], &error["source"]["pointer"]),
            (&json!(10), &json!(pointer)),
            "{body}"
        );
    }
    assert_eq!(settings(&server), json!({ "proxyPassThrough": true }));
}

#[test]
fn extended_settings_are_laid_over_one_another() {
    let server = desk();
    let extend = |more: &Value| server.send("PATCH", "/__admin/settings/extended", Some(more));
    let first = json!({ "proxyPassThrough": true, "extended": { "a": 1 } });
    server.put("/__admin/settings", &first).expect_empty(200);
    assert_eq!(
        extend(&json!({ "extended": { "b": { "c": 1 } } })).expect(200),
        json!({})
    );
    extend(&json!({ "extended": { "b": { "d": 1 }, "a": null } })).expect(200);
    assert_eq!(settings(&server)["extended"], json!({ "b": { "d": 1 } }));
    let refused = error(&extend(&json!({ "a": 1 })), 422);
    assert_eq!(refused["source"]["pointer"], "/a");
}

/// What the last answer was delayed by.
fn delay(server: &Server, path: &str) -> Value {
    assert_eq!(server.get(path).status, 200, "{path}");
    let listed = server.get("/__admin/requests?limit=1").expect(200);
    listed["requests"][0]["timing"]["addedDelay"].clone()
}

#[test]
fn all_answers_wait_that_say_nothing_themselves() {
    let server = desk();
    let stub =
        |path: &str, response: Value| json!({ "request": { "url": path }, "response": response });
    for stub in [
        stub("/plain", json!({})),
        stub("/own", json!({ "fixedDelayMilliseconds": 1 })),
        stub(
            "/templated",
            json!({ "body": "{{request.path}}", "transformers": ["response-template"] }),
        ),
    ] {
        server.post("/__admin/mappings", &stub).expect(201);
    }
    let delays = || ["/plain", "/own", "/templated"].map(|path| delay(&server, path));
    assert_eq!(delays(), [0, 1, 0]);
    for (settings, expected) in [
        (json!({ "fixedDelay": 3 }), [3, 1, 3]),
        (
            json!({ "delayDistribution": { "type": "fixed", "milliseconds": 4 } }),
            [4, 5, 4],
        ),
        (
            json!({ "fixedDelay": 3, "delayDistribution": { "type": "uniform", "lower": 4, "upper": 4 } }),
            [7, 5, 7],
        ),
        (json!({ "fixedDelay": -3 }), [0, 1, 0]),
        (json!({}), [0, 1, 0]),
    ] {
        server.put("/__admin/settings", &settings).expect_empty(200);
        assert_eq!(delays(), expected, "{settings}");
    }
    // As in WireMock, a reset leaves them alone.
    server
        .put("/__admin/settings", &json!({ "fixedDelay": 3 }))
        .expect_empty(200);
    server.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(settings(&server)["fixedDelay"], 3);
}

#[test]
fn scenarios_are_listed_moved_and_begin_again() {
    let server = desk();
    assert_eq!(
        server.get("/__admin/scenarios").expect(200),
        json!({ "scenarios": [] })
    );
    let stub = |name: &str, states: [Value; 2]| {
        let [required, next] = states;
        let stub = json!({
            "scenarioName": name, "requiredScenarioState": required, "newScenarioState": next, "request": { "url": "/1" },
        });
        server.post("/__admin/mappings", &stub).expect(201)["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let first = stub("my sc", [json!("Started"), json!("two")]);
    let second = stub("my sc", [json!("two"), json!("three")]);
    stub("other", [Value::Null, Value::Null]);
    let listed = server.get("/__admin/scenarios").expect(200)["scenarios"].clone();
    let (mine, other) = (&listed[0], &listed[1]);
    for (scenario, name, states) in [
        (mine, "my sc", json!(["Started", "two", "three"])),
        (other, "other", json!([])),
    ] {
        assert_eq!(
            (&scenario["id"], &scenario["name"]),
            (&json!(name), &json!(name))
        );
        assert_eq!(
            (&scenario["state"], &scenario["possibleStates"]),
            (&json!("Started"), &states)
        );
    }
    assert_eq!(each(&mine["mappings"], "id"), [first, second]);
    let set = |name: &str, body: &str| {
        server.request(
            "PUT",
            &format!("/__admin/scenarios/{name}/state"),
            &[],
            Some(body),
        )
    };
    let state = || server.get("/__admin/scenarios").expect(200)["scenarios"][0]["state"].clone();
    assert_eq!(set("my%20sc", r#"{"state":"two"}"#).expect(200), json!({}));
    assert_eq!(state(), "two");
    assert_eq!(set("my%20sc", "").expect(200), json!({}));
    assert_eq!(state(), "Started");
    for body in ["", r#"{"state":"two"}"#] {
        let error = error(&set("nope", body), 404);
        assert_eq!(
            error,
            json!({ "code": 404, "title": "Scenario nope does not exist" })
        );
    }
    for (body, named) in [
        (r#"{"state":"nope"}"#, "nope"),
        ("{}", "null"),
        (r#"{"state":null}"#, "null"),
        (r#"{"state":5}"#, "5"),
    ] {
        let title = format!("Scenario other does not support state {named}");
        assert_eq!(
            error(&set("other", body), 422),
            json!({ "code": 11, "title": title })
        );
    }
    assert_eq!(
        error(&set("other", r#"{"foo":1}"#), 422)["source"]["pointer"],
        "/foo"
    );
    assert_eq!(error(&set("other", "{"), 422)["code"], 10);
    set("my%20sc", r#"{"state":"three"}"#).expect(200);
    assert_eq!(
        server
            .send("POST", "/__admin/scenarios/reset", None)
            .expect(200),
        json!({})
    );
    assert_eq!(state(), "Started");
}

#[test]
fn health_and_version_have_wiremocks_members() {
    let server = desk();
    for prefix in ["", "/s/other"] {
        let health = server.get(&format!("{prefix}/__admin/health")).expect(200);
        let members: Vec<&String> = health.as_object().expect("an object").keys().collect();
        assert_eq!(
            members,
            [
                "status",
                "message",
                "version",
                "uptimeInSeconds",
                "timestamp"
            ]
        );
        assert_eq!(health["status"], "healthy");
        assert!(health["uptimeInSeconds"].is_u64());
    }
    let version = server.get("/__admin/version").expect(200)["version"].clone();
    let plain = server.request("GET", "/__admin/version", &[("accept", "text/plain")], None);
    assert_eq!(
        (Some(plain.text.as_str()), plain.header("content-type")),
        (version.as_str(), Some("text/plain"))
    );
    assert_eq!(
        server.get("/__admin/docs/swagger").expect(200)["info"]["title"],
        "Sparring admin API"
    );
}

#[test]
fn only_the_root_shuts_the_server_down() {
    let mut server = desk();
    let refused = server.send("POST", "/s/other/__admin/shutdown", None);
    assert_eq!(refused.expect(404)["status"], 404);
    assert_eq!(server.get("/__admin/health").status, 200);
    server
        .send("POST", "/__admin/shutdown", None)
        .expect_empty(200);
    assert!(server.wait(), "it ended badly");
}
