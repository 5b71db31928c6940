//! Two tenants on one server: whatever one asks, on every route and by every way of naming a sandbox, it finds
//! no trace of the other.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::teams::{ALICE, BOB, KEY, OPS, Said, Teams, operations};

/// A word that stands in everything of team-a's.
const MARK: &str = "zebrafish";

/// A sandbox of team-a's that there is.
const THERE: &str = "team-a-zebrafish";

/// One that there has never been, with an id that is as far from any other: near misses go by that.
const NEVER: &str = "team-a-zebrafisq";

/// The sandbox of team-b's.
const OWN: &str = "team-b-app";

const STUB: &str = "aaaaaaaa-2222-4333-8444-555555555555";
const NO_STUB: &str = "bbbbbbbb-2222-4333-8444-555555555555";

/// Routes that end the server, or read its files again: they are refused to tenants, which `access` tests.
const FINAL: [&str; 2] = ["/__admin/shutdown", "/__admin/definitions/reload"];

/// Routes whose answers move by themselves, or do not end: the tests of `access` and of events have them.
const MOVING: [&str; 3] = ["/__admin/health", "/__admin/audit", "/__admin/events"];

/// Puts something of team-a's into everything that a sandbox holds.
fn plant(teams: &Teams) {
    let put = |method: &str, path: &str, body: &Value| {
        let path = format!("/s/{THERE}{path}");
        let said = teams.by(ALICE, method, &path, &body.to_string());
        assert!(
            said.status < 300,
            "{method} {path}: {} {}",
            said.status,
            said.text
        );
    };
    let open = json!({ "id": THERE, "wallets": { MARK: { "balance": "77.00" } } });
    teams.expect(
        (ALICE, "POST", "/__admin/sandboxes"),
        &open.to_string(),
        201,
    );
    put(
        "POST",
        "/__admin/collections/contacts",
        &json!({ "id": MARK, "name": MARK }),
    );
    put("PUT", "/__admin/files/zebrafish.txt", &json!(MARK));
    let stub = json!({
        "id": STUB,
        "name": MARK,
        "request": { "urlPath": "/zebrafish" },
        "response": { "body": MARK, "headers": { "X-Mark": MARK } },
        "metadata": { "mark": MARK },
        "scenarioName": MARK,
        "serveEventListeners": [{
            "name": "webhook",
            "parameters": { "method": "POST", "url": "http://127.0.0.1:9/zebrafish", "body": MARK },
        }],
    });
    put("POST", "/__admin/mappings", &stub);
    put(
        "POST",
        "/__admin/errors",
        &json!({ "tool": "pay", "status": 500, "body": { "mark": MARK } }),
    );
    let fault = json!({ "id": MARK, "mode": "reject", "with": { "status": 503 }, "when": { "path": "/zebrafish-x" } });
    let said = teams.by(
        ALICE,
        "POST",
        &format!("/s/{THERE}/__admin/faults"),
        &fault.to_string(),
    );
    assert!(said.status < 500, "{}", said.text);
    let cassette = teams.by(
        ALICE,
        "PUT",
        &format!("/s/{THERE}/__admin/cassettes/zebrafish"),
        CASSETTE,
    );
    assert_eq!(cassette.status, 201, "{}", cassette.text);
    put(
        "POST",
        "/__admin/cassettes/taping-zebrafish/start",
        &json!({ "mode": "record" }),
    );
    for at in 0..3 {
        teams.by(
            ALICE,
            "POST",
            &format!("/s/{THERE}/zebrafish?at={at}"),
            &json!({ "mark": MARK }).to_string(),
        );
    }
    teams.by(
        ALICE,
        "POST",
        &format!("/s/{THERE}/zebrafish-unmatched"),
        MARK,
    );
}

const CASSETTE: &str = r#"{
  "sparring": "cassette/1", "name": "zebrafish",
  "entries": [{ "request": { "method": "GET", "target": "/zebrafish" }, "response": { "status": 200, "body": "zebrafish" } }]
}"#;

/// Everything that team-a can see of its sandbox, but for what moves by itself.
fn seen(teams: &Teams) -> Vec<(String, String)> {
    let reads = operations().into_iter().filter(|(method, path)| {
        method == "GET"
            && !path.contains('{')
            && path != "/__admin/metrics"
            && !MOVING.contains(&path.as_str())
    });
    let seen = reads.map(|(_, path)| {
        let way = match path.starts_with("/__admin/sandboxes")
            || path.starts_with("/__admin/definitions")
        {
            true => path.clone(),
            false => format!("/s/{THERE}{path}"),
        };
        let said = teams.by(ALICE, "GET", &way, "");
        (path, said.text)
    });
    seen.collect()
}

/// The same answer to one who asked for something else: equal but for what was asked for.
fn same(there: &Said, never: &Said) -> Result<(), String> {
    let neutral = |said: &Said| {
        let text = |text: &str| {
            text.replace(THERE, "IT")
                .replace(NEVER, "IT")
                .replace(STUB, "ID")
                .replace(NO_STUB, "ID")
        };
        let headers: Vec<(String, String)> = said
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect();
        (said.status, headers, text(&said.text))
    };
    let (one, other) = (neutral(there), neutral(never));
    match one == other {
        true => Ok(()),
        false => Err(format!("{one:?}\nis not\n{other:?}")),
    }
}

/// Ways of naming a sandbox: the prefix of the path, and the headers.
fn ways(id: &str) -> Vec<(String, Vec<(&'static str, String)>)> {
    let token = ("sparring-token", BOB.to_owned());
    let bearer = ("authorization", format!("Bearer {BOB}"));
    vec![
        (format!("/s/{id}"), vec![token.clone()]),
        (
            String::new(),
            vec![token.clone(), ("sparring-sandbox", id.to_owned())],
        ),
        (
            String::new(),
            vec![bearer.clone(), ("sparring-sandbox", id.to_owned())],
        ),
        (
            format!("/s/{id}"),
            vec![bearer, ("sparring-sandbox", OWN.to_owned())],
        ),
    ]
}

fn ask(teams: &Teams, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Said {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    teams.ask(method, path, &headers, body)
}

#[test]
fn no_route_tells_one_tenant_of_another() {
    let teams = Teams::start("isolation", "{}", &[]);
    teams.expect(
        (BOB, "POST", "/__admin/sandboxes"),
        &json!({ "id": OWN }).to_string(),
        201,
    );
    plant(&teams);
    let before = seen(&teams);
    let marked = before
        .iter()
        .filter(|(_, text)| text.contains(MARK))
        .count();
    assert!(
        marked > 12,
        "so little is planted that nothing could be found: {marked}"
    );
    let mut trouble = Vec::new();
    let mut asked = 0;
    let mut check = |what: String, there: &Said, never: &Said| {
        asked += 1;
        if let Err(difference) = same(there, never) {
            trouble.push(format!("{what}: {difference}"));
        }
        // What was asked for is told again, and nothing else.
        let told = format!("{:?}{}", there.headers, there.text).replace(THERE, "");
        let told = told.replace("/zebrafish", "");
        if told.contains(MARK) {
            trouble.push(format!("{what}: {told}"));
        }
    };
    for (method, path) in operations() {
        if FINAL.contains(&path.as_str()) || MOVING.contains(&path.as_str()) {
            continue;
        }
        let target = |stub: &str, id: &str| {
            let target = path.replace(
                "/__admin/sandboxes/{id}",
                &format!("/__admin/sandboxes/{id}"),
            );
            target
                .replace("{id}", stub)
                .replace("{pack}", "desk")
                .replace("{name}", "contacts")
                .replace("{key}", "ada")
                .replace("{agent}", "ann")
                .replace("{path}", "a.txt")
        };
        for body in ["", "{}"] {
            for ((there, with), (never, without)) in ways(THERE).iter().zip(ways(NEVER)) {
                let one = ask(
                    &teams,
                    &method,
                    &format!("{there}{}", target(STUB, THERE)),
                    with,
                    body,
                );
                let other = ask(
                    &teams,
                    &method,
                    &format!("{never}{}", target(STUB, NEVER)),
                    &without,
                    body,
                );
                check(format!("{method} {there}{path} {body:?}"), &one, &other);
            }
        }
    }
    // Calls, by each way and by a key of the other's.
    for path in ["/zebrafish", "/desk/pay", "/", "/s/x/y"] {
        for ((there, with), (never, without)) in ways(THERE).iter().zip(ways(NEVER)) {
            let one = ask(&teams, "POST", &format!("{there}{path}"), with, "{}");
            let other = ask(&teams, "POST", &format!("{never}{path}"), &without, "{}");
            check(format!("call {there}{path}"), &one, &other);
        }
        let with_key = |key: &str| {
            teams.ask(
                "POST",
                path,
                &[("sparring-token", BOB), ("x-api-key", key)],
                "{}",
            )
        };
        check(
            format!("key {path}"),
            &with_key(KEY),
            &with_key("sk_test_x_ci_123456"),
        );
    }
    // Bodies that name it.
    for method in ["POST", "GET"] {
        let make = |id: &str| {
            teams.by(
                BOB,
                method,
                "/__admin/sandboxes",
                &json!({ "id": id }).to_string(),
            )
        };
        check(format!("{method} body"), &make(THERE), &make(NEVER));
    }
    assert!(asked > 800, "{asked}");
    assert!(
        trouble.is_empty(),
        "{} of {asked}:\n{}",
        trouble.len(),
        trouble.join("\n")
    );
    let after = seen(&teams);
    for ((path, before), (_, after)) in before.iter().zip(&after) {
        assert_eq!(before, after, "{path}");
    }
    let ids = teams.expect((OPS, "GET", "/__admin/sandboxes"), "", 200);
    let ids: BTreeSet<&str> = ids["sandboxes"]
        .as_array()
        .expect("ids")
        .iter()
        .filter_map(|it| it["id"].as_str())
        .collect();
    assert_eq!(
        ids,
        BTreeSet::from(["default", THERE, OWN]),
        "nobody made another"
    );
}

#[test]
fn what_one_has_is_in_no_answer_to_the_other_from_its_own_sandbox() {
    let teams = Teams::start("isolation-own", "{}", &[]);
    teams.expect(
        (BOB, "POST", "/__admin/sandboxes"),
        &json!({ "id": OWN }).to_string(),
        201,
    );
    // As it is before there is anything of another's.
    let walk = || {
        let mut said = Vec::new();
        for (method, path) in operations() {
            if method != "GET" || MOVING.contains(&path.as_str()) {
                continue;
            }
            for (stub, number) in [(STUB, "1"), (NO_STUB, "2")] {
                for id in [stub, number, MARK, "fault-1"] {
                    let target =
                        path.replace("/__admin/sandboxes/{id}", "/__admin/sandboxes/team-b-app");
                    let target = target
                        .replace("{id}", id)
                        .replace("{key}", MARK)
                        .replace("{agent}", MARK);
                    let target = target
                        .replace("{path}", "zebrafish.txt")
                        .replace("{pack}", "desk");
                    for name in ["contacts", MARK, "taping-zebrafish"] {
                        let target = format!("/s/{OWN}{}", target.replace("{name}", name));
                        let target = match target.contains("/sandboxes")
                            || target.contains("/definitions")
                        {
                            true => target.trim_start_matches(&format!("/s/{OWN}")).to_owned(),
                            false => target,
                        };
                        said.push((target.clone(), teams.by(BOB, "GET", &target, "")));
                    }
                }
            }
        }
        said
    };
    let before = walk();
    plant(&teams);
    let after = walk();
    assert!(before.len() > 300, "{}", before.len());
    for ((target, before), (_, after)) in before.iter().zip(&after) {
        assert_eq!(before, after, "{target}");
    }
    // The same names are free to both.
    let stub =
        json!({ "id": STUB, "request": { "urlPath": "/own" }, "response": { "body": "own" } });
    teams.expect(
        (BOB, "POST", &format!("/s/{OWN}/__admin/mappings")),
        &stub.to_string(),
        201,
    );
    let start = json!({ "mode": "record" }).to_string();
    let path = format!("/s/{OWN}/__admin/cassettes/taping-zebrafish/start");
    teams.expect((BOB, "POST", &path), &start, 200);
    let path = format!("/s/{OWN}/__admin/cassettes/zebrafish");
    assert_eq!(
        teams.by(BOB, "PUT", &path, CASSETTE).status,
        201,
        "a new one"
    );
    assert_eq!(teams.by(BOB, "DELETE", &path, "").status, 204);
    let still = teams.by(
        ALICE,
        "GET",
        &format!("/s/{THERE}/__admin/cassettes/zebrafish"),
        "",
    );
    assert_eq!(still.status, 200, "{}", still.text);
    // An operator sees what nobody owns at the top, and a tenant's in its sandbox.
    let top = teams.by(OPS, "GET", "/__admin/cassettes", "");
    assert!(!top.text.contains(MARK), "{}", top.text);
}
