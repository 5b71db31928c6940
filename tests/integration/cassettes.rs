//! Cassettes: calls are recorded, of a server behind or of the simulation, and played back.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::launch::Folder;
use crate::support::{Answer, Server};
use crate::upstream::Upstream;

/// A server with a folder of cassettes of its own.
pub(crate) struct Taped {
    pub(crate) server: Server,
    pub(crate) folder: Folder,
}

impl Taped {
    /// The name is one that no other test uses.
    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, &[])
    }

    pub(crate) fn with(name: &str, arguments: &[&str]) -> Self {
        let folder = Folder::new(&format!("cassettes-{name}"));
        let mut all = vec!["--clock", "frozen@2026-01-01T00:00:00Z", "--cassettes"];
        all.push(folder.argument());
        all.extend(arguments);
        let server = Server::with(&all);
        Self { server, folder }
    }

    pub(crate) fn start(&self, name: &str, how: &Value) -> Answer {
        let path = format!("/__admin/cassettes/{name}/start");
        self.server.post(&path, how)
    }

    #[track_caller]
    pub(crate) fn started(&self, name: &str, how: &Value) {
        self.start(name, how).expect(200);
    }

    #[track_caller]
    pub(crate) fn stopped(&self, name: &str) -> Value {
        let path = format!("/__admin/cassettes/{name}/stop");
        self.server.send("POST", &path, None).expect(200)
    }

    pub(crate) fn report(&self, name: &str) -> Value {
        let path = format!("/__admin/cassettes/{name}/report");
        self.server.get(&path).expect(200)
    }

    /// The text of a recorded file.
    pub(crate) fn file(&self, name: &str) -> String {
        let path = self.folder.path.join(format!("{name}.yaml"));
        fs::read_to_string(path).expect("a file")
    }

    /// A cassette with a GET of each of these paths, answered with these texts.
    pub(crate) fn put(&self, name: &str, entries: &[(&str, &str)]) {
        let entries = entries.iter().map(|(target, body)| {
            json!({
                "request": { "method": "GET", "target": target },
                "response": { "status": 200, "headers": { "content-type": "text/plain" }, "body": body },
            })
        });
        let entries: Vec<Value> = entries.collect();
        let cassette = json!({ "sparring": "cassette/1", "name": name, "entries": entries });
        let path = format!("/__admin/cassettes/{name}");
        self.server.put(&path, &cassette).expect(201);
    }

    /// What GETs of these paths are answered with: statuses and bodies.
    pub(crate) fn get_all(&self, paths: &[&str]) -> Vec<(u16, String)> {
        let answers = paths.iter().map(|path| self.server.get(path));
        let answers = answers.map(|answer| match answer.status {
            418 => (418, String::new()),
            status => (status, answer.text),
        });
        answers.collect()
    }
}

pub(crate) fn played(text: &str) -> (u16, String) {
    (200, text.to_owned())
}

pub(crate) fn missed() -> (u16, String) {
    (418, String::new())
}

/// An answer as it came over the wire, but for the time at which it did.
fn wire(server: &Server, request: &str) -> String {
    let request = request.replace('\n', "\r\n");
    let answer = server.raw(request.as_bytes(), Duration::from_secs(20));
    let lines = answer.split_inclusive("\r\n");
    lines.filter(|line| !line.starts_with("date: ")).collect()
}

#[test]
fn what_a_server_behind_has_answered_is_played_back_to_the_byte() {
    let (taped, upstream) = (Taped::new("upstream"), Upstream::start());
    let requests = [
        "GET /text?b=2&a=1 HTTP/1.1\nhost: a\nconnection: close\n\n",
        "GET /gone HTTP/1.1\nhost: a\nconnection: close\n\n",
        "GET /binary HTTP/1.1\nhost: a\nconnection: close\n\n",
        "GET /chunked HTTP/1.1\nhost: a\nconnection: close\n\n",
        "POST /echo HTTP/1.1\nhost: a\ncontent-type: application/json\ncontent-length: 11\nconnection: close\n\n{\"a\": 1.50}",
        "HEAD /text HTTP/1.1\nhost: a\nconnection: close\n\n",
    ];
    let how = json!({
        "mode": "record", "upstream": upstream.url, "redact": { "keep": ["set-cookie"] },
    });
    taped.started("real", &how);
    let recorded = requests.map(|request| wire(&taped.server, request));
    assert!(
        recorded[1].starts_with("HTTP/1.1 410 Quite gone\r\n"),
        "{}",
        recorded[1]
    );
    assert!(recorded[4].contains(r#"\"a\": 1.50"#), "{}", recorded[4]);
    let report = taped.stopped("real");
    assert_eq!(report["total_calls"], 6, "{report}");
    assert_eq!(report["recorded"], 6);
    assert_eq!(report["passed"], true);
    let before = upstream.accepted();
    taped.started("real", &json!({ "mode": "playback", "latency": "none" }));
    // The order is another one: entries are found by what is asked.
    let mut played = requests;
    played.reverse();
    let mut played = played.map(|request| wire(&taped.server, request));
    played.reverse();
    assert_eq!(played, recorded);
    assert_eq!(upstream.accepted(), before);
    let report = taped.stopped("real");
    assert_eq!(report["matched"], 6, "{report}");
    assert_eq!(report["neverAsked"], json!([]));
    assert_eq!(report["passed"], true);
    // Afterwards the simulation answers again.
    assert_eq!(taped.server.get("/text").status, 404);
}

#[test]
fn what_the_simulation_has_answered_is_played_back_through_any_door() {
    let taped = Taped::new("simulation");
    let input = json!({ "agent_id": "test-agent-a" });
    taped.started("own", &json!({ "mode": "record" }));
    let first = taped.server.tool("get_balance", &input);
    let second = taped.server.tool("no_such_tool", &json!({}));
    let nothing = taped.server.get("/nothing/here");
    let report = taped.stopped("own");
    assert_eq!(report["recorded"], 3, "{report}");
    let file = taped.file("own");
    assert!(file.contains("tool: get_balance"), "{file}");
    taped.started("own", &json!({ "mode": "playback" }));
    // Nothing of the sandbox's state shows.
    taped
        .server
        .put(
            "/__admin/wallets/test-agent-a",
            &json!({ "balance": "77.00" }),
        )
        .expect(200);
    let envelope = json!({ "tool": "get_balance", "input": input });
    let again = taped.server.post("/v1", &envelope);
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    let again = taped.server.tool("no_such_tool", &json!({}));
    assert_eq!((again.status, &again.text), (second.status, &second.text));
    assert_eq!(taped.server.get("/nothing/here").text, nothing.text);
    let calls = taped.server.get("/__admin/calls").expect(200);
    let call = calls["calls"].as_array().expect("calls").iter();
    let call = call.rev().nth(2).expect("three calls");
    assert_eq!(call["trace"][0]["step"], "cassette", "{call}");
    assert_eq!(call["trace"][0]["outcome"], "played");
    let told = json!({ "name": "own", "mode": "playback", "entry": 1 });
    assert_eq!(call["trace"][0]["detail"], told);
    assert_eq!(taped.stopped("own")["passed"], true);
}

#[test]
fn equal_seeds_record_equal_cassettes() {
    let record = |name: &str| {
        let taped = Taped::new(name);
        taped.started("same", &json!({ "mode": "record" }));
        for agent in ["a", "b"] {
            let input = json!({ "agent_id": agent });
            taped.server.tool("create_wallet", &input);
        }
        taped.stopped("same");
        taped.file("same")
    };
    assert_eq!(record("equal-1"), record("equal-2"));
}

#[test]
fn entries_that_are_asked_alike_come_in_their_order() {
    let taped = Taped::new("repeats");
    taped.put("r", &[("/a", "1"), ("/b", "2"), ("/a", "3")]);
    let paths = ["/a", "/a", "/b", "/a"];
    taped.started("r", &json!({ "mode": "playback" }));
    let strict = [played("1"), played("3"), played("2"), missed()];
    assert_eq!(taped.get_all(&paths), strict);
    let report = taped.stopped("r");
    assert_eq!(report["passed"], false);
    assert_eq!(
        report["unmatched"][0]["reason"],
        "all 2 entries that fit were asked for before"
    );
    assert_eq!(report["unmatched"][0]["nearest"]["entry"], 3);
    taped.started("r", &json!({ "mode": "playback", "strict": false }));
    let lax = [played("1"), played("3"), played("2"), played("3")];
    assert_eq!(taped.get_all(&paths), lax);
    let report = taped.stopped("r");
    assert_eq!(
        (&report["passed"], &report["repeated"]),
        (&json!(true), &json!(1))
    );
}

#[test]
fn the_order_can_be_what_counts() {
    let taped = Taped::new("order");
    taped.put("o", &[("/a", "1"), ("/b", "2"), ("/a", "3")]);
    taped.started("o", &json!({ "mode": "playback", "match": "order" }));
    let found = taped.get_all(&["/a", "/a", "/b", "/a", "/a"]);
    assert_eq!(
        found,
        [played("1"), missed(), played("2"), played("3"), missed()]
    );
    let report = taped.stopped("o");
    assert_eq!(
        report["unmatched"][0]["reason"],
        "the order wants entry 2 next"
    );
    assert_eq!(report["unmatched"][0]["nearest"]["target"], "/b");
    assert_eq!(report["unmatched"][0]["diff"][0]["at"], "path", "{report}");
    assert_eq!(
        report["unmatched"][1]["reason"],
        "all 3 entries were asked for before"
    );
    taped.started(
        "o",
        &json!({ "mode": "playback", "match": "order", "strict": false }),
    );
    let found = taped.get_all(&["/a", "/a", "/b", "/a", "/a"]);
    assert_eq!(
        found,
        [
            played("1"),
            played("1"),
            played("2"),
            played("3"),
            played("3")
        ]
    );
    assert_eq!(taped.stopped("o")["passed"], true);
}

#[test]
fn what_is_said_to_be_volatile_does_not_count() {
    let taped = Taped::new("volatile");
    taped.put(
        "v",
        &[("/a?page=1&token=x", "1"), ("/a?page=2&token=y", "2")],
    );
    taped.started("v", &json!({ "mode": "playback" }));
    assert_eq!(taped.server.get("/a?page=1&token2=other").status, 418);
    taped.stopped("v");
    taped.started(
        "v",
        &json!({ "mode": "playback", "ignore": ["query.token", "body.at"] }),
    );
    let found = taped.get_all(&["/a?token=z&page=2", "/a?page=1"]);
    assert_eq!(found, [played("2"), played("1")]);
    assert_eq!(taped.stopped("v")["passed"], true);
}

#[test]
fn a_call_that_fits_no_entry_fails_loudly() {
    let taped = Taped::new("miss");
    let entry = json!({
        "request": {
            "method": "POST", "target": "/orders", "headers": { "content-type": "application/json" },
            "body": "{\"amount\":1,\"to\":\"a\"}",
        },
        "response": { "status": 201, "body": "{}" },
    });
    let cassette = json!({ "sparring": "cassette/1", "name": "m", "entries": [entry] });
    taped
        .server
        .put("/__admin/cassettes/m", &cassette)
        .expect(201);
    taped.started("m", &json!({ "mode": "playback" }));
    let asked = json!({ "amount": 2, "to": "a" });
    let kind = [("content-type", "application/json")];
    let body = asked.to_string();
    let answer = taped.server.request("POST", "/orders", &kind, Some(&body));
    let problem = answer.expect(418);
    assert_eq!(answer.header("sparring-cassette"), Some("unmatched"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(problem["nearest"]["entry"], 1, "{problem}");
    let diff = json!([{ "at": "body.amount", "recorded": "1", "asked": "2" }]);
    assert_eq!(problem["diff"], diff);
    let report = taped.report("m");
    assert_eq!(
        (&report["passed"], &report["running"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(report["total_calls"], 1);
    // One call that fits nothing, and one entry that nobody has asked for.
    assert_eq!(report["failures"], 2);
    assert_eq!(report["neverAsked"][0]["target"], "/orders");
    assert_eq!(report["unmatched"][0]["diff"], diff);
    assert_eq!(report["unmatched"][0]["call"], problem["call"]);
    let details = report["failure_details"].as_array().expect("details");
    assert_eq!(details.len(), 2, "{report}");
    let unmatched = taped.server.get("/__admin/requests/unmatched").expect(200);
    assert_eq!(unmatched["requests"].as_array().map(Vec::len), Some(1));
    taped.stopped("m");
    let kept = taped.report("m");
    assert_eq!(
        (&kept["failures"], &kept["running"]),
        (&json!(2), &Value::Null)
    );
}

#[test]
fn entries_that_nobody_asks_for_are_reported() {
    let taped = Taped::new("never");
    taped.put("n", &[("/a", "1"), ("/b", "2"), ("/a", "3"), ("/c", "4")]);
    for (how, paths, expected) in [
        ("request", &["/a", "/c"][..], json!([2, 3])),
        ("order", &["/a", "/b"], json!([3, 4])),
        ("request", &["/c", "/b", "/a", "/a"], json!([])),
        ("request", &[], json!([1, 2, 3, 4])),
    ] {
        taped.started("n", &json!({ "mode": "playback", "match": how }));
        taped.get_all(paths);
        let report = taped.stopped("n");
        let never = report["neverAsked"].as_array().expect("a list").iter();
        let never: Value = never.map(|entry| entry["entry"].clone()).collect();
        assert_eq!(never, expected, "{how} {paths:?}");
        assert_eq!(report["passed"], expected == json!([]), "{how} {paths:?}");
    }
}

#[test]
fn replies_take_as_long_as_they_took_or_a_multiple_of_that() {
    let taped = Taped::new("latency");
    let stub = json!({
        "request": { "urlPath": "/slow" },
        "response": { "status": 200, "fixedDelayMilliseconds": 20 },
    });
    taped.server.post("/__admin/mappings", &stub).expect(201);
    taped.started("l", &json!({ "mode": "record" }));
    taped.server.get("/slow");
    taped.stopped("l");
    for (latency, expected) in [
        (json!("recorded"), 20),
        (json!("none"), 0),
        (json!(2.5), 50),
        (Value::Null, 20),
    ] {
        taped.started("l", &json!({ "mode": "playback", "latency": latency }));
        assert_eq!(taped.server.get("/slow").status, 200);
        let calls = taped.server.get("/__admin/requests").expect(200);
        let delay = &calls["requests"][0]["timing"]["addedDelay"];
        assert_eq!(delay.as_u64().unwrap_or(0), expected, "{latency}: {calls}");
        taped.stopped("l");
    }
}

#[test]
fn secrets_never_reach_the_disk() {
    let (taped, upstream) = (Taped::new("secrets"), Upstream::start());
    let how = json!({
        "mode": "record", "upstream": upstream.url, "redact": { "names": ["x-tenant"] },
    });
    taped.started("s", &how);
    let headers = [
        ("Authorization", "Bearer hush-1"),
        ("Cookie", "session=hush-2"),
        ("X-Tenant", "hush-3"),
        ("X-Plain", "loud"),
        ("Content-Type", "application/json"),
    ];
    let body = r#"{"password": "hush-4", "amount": 7}"#;
    let target = "/text?api_key=hush-5";
    let asked = taped.server.request("POST", target, &headers, Some(body));
    assert_eq!(asked.text, "hello");
    // What is written is written before the answer leaves.
    let while_running = taped.file("s");
    taped.stopped("s");
    for file in [while_running, taped.file("s")] {
        assert!(!file.contains("hush"), "{file}");
        assert!(file.contains("loud") && file.contains("hello"), "{file}");
    }
    // Whoever asks with other secrets asks for the same.
    taped.started(
        "s",
        &json!({ "mode": "playback", "redact": { "names": ["x-tenant"] } }),
    );
    let other = body.replace("hush-4", "other");
    let again = taped
        .server
        .request("POST", "/text?api_key=other", &headers, Some(&other));
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(taped.stopped("s")["passed"], true);
}

#[test]
fn two_sandboxes_play_the_same_cassette_by_themselves() {
    let taped = Taped::new("two");
    taped.put("t", &[("/a", "1"), ("/a", "2")]);
    let how = json!({ "mode": "playback" });
    for sandbox in ["one", "two"] {
        let path = format!("/s/{sandbox}/__admin/cassettes/t/start");
        taped.server.post(&path, &how).expect(200);
    }
    let paths = ["/s/one/a", "/s/two/a", "/s/two/a", "/s/one/a", "/s/one/a"];
    let found = taped.get_all(&paths);
    assert_eq!(
        found,
        [played("1"), played("1"), played("2"), played("2"), missed()]
    );
    let report = |sandbox: &str| {
        let path = format!("/s/{sandbox}/__admin/cassettes/t/report");
        taped.server.get(&path).expect(200)["passed"].clone()
    };
    assert_eq!((report("one"), report("two")), (json!(false), json!(true)));
    // `default` plays nothing.
    assert_eq!(
        taped.server.get("/__admin/cassettes").expect(200)["running"],
        Value::Null
    );
    assert_eq!(taped.server.get("/a").status, 404);
}

#[test]
fn sixty_four_connections_get_each_entry_once() {
    const ENTRIES: usize = 512;
    let taped = Taped::new("many");
    let bodies: Vec<String> = (0..ENTRIES).map(|at| at.to_string()).collect();
    let entries: Vec<(&str, &str)> = bodies.iter().map(|body| ("/a", body.as_str())).collect();
    taped.put("many", &entries);
    taped.started("many", &json!({ "mode": "playback" }));
    let seen: Arc<Vec<AtomicUsize>> = Arc::new((0..ENTRIES).map(|_| AtomicUsize::new(0)).collect());
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                for _ in 0..ENTRIES / 64 {
                    let answer = taped.server.get("/a");
                    let at: usize = answer.text.parse().expect("a number");
                    seen[at].fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert!(seen.iter().all(|times| times.load(Ordering::SeqCst) == 1));
    assert_eq!(taped.stopped("many")["passed"], true);
}

#[test]
fn queued_errors_come_first_and_use_no_entry_up() {
    let taped = Taped::new("queued");
    taped.put("q", &[("/a", "1")]);
    taped.started("q", &json!({ "mode": "playback" }));
    taped
        .server
        .post("/__admin/errors", &json!({ "status": 503 }))
        .expect(201);
    assert_eq!(taped.server.get("/a").status, 503);
    assert_eq!(taped.get_all(&["/a"]), [played("1")]);
    assert_eq!(taped.stopped("q")["passed"], true);
}

#[test]
fn a_reset_stops_what_runs_and_keeps_its_file() {
    let taped = Taped::new("reset");
    taped.started("kept", &json!({ "mode": "record" }));
    taped.server.get("/a");
    taped
        .server
        .send("POST", "/__admin/reset", None)
        .expect(200);
    taped.server.get("/b");
    assert_eq!(
        taped.server.get("/__admin/cassettes/kept/report").status,
        404
    );
    let listed = taped.server.get("/__admin/cassettes").expect(200);
    assert_eq!(listed["running"], Value::Null);
    assert_eq!(listed["cassettes"][0]["entries"], 1, "{listed}");
    // Its name is free again.
    taped.started("kept", &json!({ "mode": "record", "overwrite": true }));
    assert_eq!(taped.stopped("kept")["recorded"], 0);
}

#[test]
fn a_deleted_sandbox_ends_its_recording() {
    let taped = Taped::new("deleted");
    let how = json!({ "mode": "record" });
    taped
        .server
        .post("/s/gone/__admin/cassettes/d/start", &how)
        .expect(200);
    taped.server.get("/s/gone/a");
    assert_eq!(taped.server.delete("/__admin/sandboxes/gone").status, 200);
    crate::launch::eventually("the name is free", || {
        let listed = taped.server.get("/__admin/cassettes").expect(200);
        listed["cassettes"][0]["recordingIn"] == Value::Null
    });
    assert_eq!(taped.file("d").matches("target: ").count(), 1);
}

#[test]
fn calls_pass_through_unrecorded() {
    let (taped, upstream) = (Taped::new("through"), Upstream::start());
    taped.started(
        "p",
        &json!({ "mode": "passthrough", "upstream": upstream.url }),
    );
    let asked = taped
        .server
        .request("GET", "/a?b", &[("Accept-Encoding", "br")], None)
        .expect(200);
    assert_eq!(asked["path"], "/a?b");
    let headers = asked["headers"].as_array().expect("headers");
    assert!(headers.contains(&json!("accept-encoding: br")), "{asked}");
    let report = taped.stopped("p");
    assert_eq!(
        (&report["total_calls"], &report["passed"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(
        fs::read_dir(&taped.folder.path).expect("a folder").count(),
        0
    );
}

#[test]
fn live_is_the_simulation() {
    let taped = Taped::new("live");
    taped.started(
        "l",
        &json!({ "mode": "live", "upstream": "http://localhost:1" }),
    );
    taped
        .server
        .tool("create_wallet", &json!({ "agent_id": "a" }));
    let report = taped.stopped("l");
    assert_eq!(
        (&report["mode"], &report["total_calls"]),
        (&json!("live"), &json!(1))
    );
}

#[test]
fn the_server_itself_is_no_server_behind() {
    let taped = Taped::new("own");
    let own = taped.server.base.clone();
    for upstream in [own.clone(), own.replace("127.0.0.1", "localhost")] {
        let how = json!({ "mode": "record", "upstream": upstream });
        let problem = taped.start("own", &how).expect(422);
        assert!(problem.to_string().contains("own address"), "{problem}");
    }
}
