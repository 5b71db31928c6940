//! Faults come from the seed: the same calls meet the same ones, however many make them at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::Server;

/// How many calls each tool gets.
const CALLS: usize = 192;

/// Faults of three kinds at two tools, drawn by chance.
fn rules() -> Value {
    json!([
        { "mode": "wrong_status", "tools": ["get_balance"], "when": { "probability": 0.3 } },
        { "mode": "corrupt_field", "tools": ["get_balance", "get_trust_score"], "when": { "probability": 0.2 } },
        { "mode": "latency", "when": { "ramp": { "from": 0.0, "to": 0.5, "calls": 100 } },
          "with": { "distribution": { "type": "uniform", "lower": 0, "upper": 2 } } },
        { "mode": "null_field", "tools": ["get_trust_score"], "when": { "burst": { "calls": 2, "every": 20 } } },
    ])
}

/// Calls both tools so often over so many connections; the server afterwards.
fn run(seed: &str, connections: usize) -> Server {
    let server = Server::with(&["--clock", "frozen@2026-01-01T00:00:00Z", "--seed", seed]);
    for agent in ["alice", "bob"] {
        let money = json!({ "balance": "10.00" });
        server
            .put(&format!("/__admin/wallets/{agent}"), &money)
            .expect(200);
    }
    server.post("/__admin/faults", &rules()).expect(201);
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                for _ in 0..CALLS / connections {
                    server.tool("get_balance", &json!({ "agent_id": "alice" }));
                    server.tool("get_trust_score", &json!({ "agent_id": "bob" }));
                }
            });
        }
    });
    server
}

/// What has happened: which rule, at which call of which tool, and what exactly.
fn happened(server: &Server) -> BTreeSet<String> {
    let told = server.get("/__admin/faults/events?limit=10000").expect(200);
    let events = told["events"].as_array().expect("events");
    assert_eq!(told["total"], events.len(), "all of them are told");
    let told = |event: &Value| {
        let members = ["rule", "mode", "tool", "nth", "detail"];
        members.map(|name| event[name].to_string()).join(" ")
    };
    events.iter().map(told).collect()
}

#[test]
fn the_same_calls_meet_the_same_faults_over_1_and_64_connections() {
    let one = happened(&run("7", 1));
    assert!(one.len() > CALLS / 4, "{}", one.len());
    assert_eq!(happened(&run("7", 64)), one);
    assert_ne!(happened(&run("8", 1)), one, "another seed has others");
}

#[test]
fn two_runs_have_the_same_log() {
    let log = |server: &Server| {
        let mut calls = server.get("/__admin/calls?limit=1000").expect(200)["calls"].take();
        for call in calls.as_array_mut().expect("calls") {
            let call = call.as_object_mut().expect("a call");
            call.remove("wall");
            call["request"]["headers"]
                .as_object_mut()
                .expect("headers")
                .remove("host");
        }
        calls
    };
    let (one, other) = (log(&run("7", 1)), log(&run("7", 1)));
    let faults = |log: &Value| log.to_string().matches("\"clean\"").count();
    assert!(faults(&one) > CALLS / 4, "{}", faults(&one));
    assert_eq!(one, other);
}
