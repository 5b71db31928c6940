//! Cassettes that are none, files that cannot be written, and servers that do not answer: each a clear
//! error, and what was recorded stays.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::cassettes::{Taped, missed, played};
use crate::launch::{Folder, Launched, run};
use crate::support::Server;
use crate::upstream::{Upstream, nobody};

/// What starting a cassette is refused with: a status, and words of its detail.
#[track_caller]
fn refused(taped: &Taped, name: &str, how: &Value, status: u16, words: &[&str]) -> Value {
    let problem = taped.start(name, how).expect(status);
    let detail = problem["detail"].as_str().expect("a detail");
    for word in words {
        assert!(detail.contains(word), "{how}: {detail}");
    }
    problem
}

#[test]
fn what_cannot_be_started_says_why() {
    let taped = Taped::new("refused");
    taped.put("escrow-flow", &[("/a", "1")]);
    let playback = json!({ "mode": "playback" });
    let problem = refused(
        &taped,
        "escrow-flaw",
        &playback,
        404,
        &["did you mean escrow-flow?"],
    );
    assert_eq!(problem["candidates"], json!(["escrow-flow"]));
    for (how, field, words) in [
        (
            json!({ "mode": "replay" }),
            "mode",
            &["replay", "playback"][..],
        ),
        (json!({}), "mode", &["missing"]),
        (
            json!({ "mode": "record", "upsteam": "x" }),
            "upsteam",
            &["unknown field"],
        ),
        (
            json!({ "mode": "record", "upstream": "not a url" }),
            "upstream",
            &["URL"],
        ),
        (
            json!({ "mode": "record", "upstream": "ftp://localhost/" }),
            "upstream",
            &["URL"],
        ),
        (
            json!({ "mode": "record", "upstream": "http://localhost/?a=b" }),
            "upstream",
            &["query"],
        ),
        (
            json!({ "mode": "record", "upstream": "https://api.test/v1" }),
            "upstream",
            &["api.test", "--proxy-targets"],
        ),
        (json!({ "mode": "passthrough" }), "upstream", &["missing"]),
        (
            json!({ "mode": "playback", "latency": "slow" }),
            "latency",
            &["slow"],
        ),
        (
            json!({ "mode": "playback", "latency": -1 }),
            "latency",
            &["-1"],
        ),
        (
            json!({ "mode": "playback", "match": "hash" }),
            "match",
            &["hash"],
        ),
        (
            json!({ "mode": "record", "redact": { "patterns": ["("] } }),
            "redact",
            &["pattern"],
        ),
        (
            json!({ "mode": "playback", "ignore": ["a..b"] }),
            "ignore",
            &["a..b"],
        ),
    ] {
        let problem = refused(&taped, "escrow-flow", &how, 422, words);
        assert_eq!(problem["errors"][0]["field"], field, "{how}");
    }
    for name in [
        ".hidden",
        "a%2Fb",
        "a%2F..%2Fb",
        "%2e%2e",
        "a%5Cb",
        "a b",
        &"x".repeat(129),
    ] {
        let name = name.replace(' ', "%20");
        let problem = refused(&taped, &name, &playback, 422, &["is no name of a cassette"]);
        assert_eq!(problem["errors"][0]["field"], "name", "{name}");
    }
    // Nothing of it runs, and nothing was written.
    let listed = taped.server.get("/__admin/cassettes").expect(200);
    assert_eq!(listed["running"], Value::Null);
    assert_eq!(
        fs::read_dir(&taped.folder.path).expect("a folder").count(),
        1
    );
}

#[test]
fn one_cassette_runs_at_a_time() {
    let taped = Taped::new("one");
    taped.put("a", &[("/a", "1")]);
    taped.started("a", &json!({ "mode": "playback" }));
    refused(
        &taped,
        "b",
        &json!({ "mode": "record" }),
        409,
        &["a is running"],
    );
    taped
        .server
        .send("POST", "/__admin/cassettes/b/stop", None)
        .expect(409);
    taped.stopped("a");
    taped
        .server
        .send("POST", "/__admin/cassettes/a/stop", None)
        .expect(409);
    assert_eq!(taped.server.get("/__admin/cassettes/b/report").status, 404);
    // What one sandbox records is nobody else's meanwhile.
    taped.started("b", &json!({ "mode": "record" }));
    let record = json!({ "mode": "record", "overwrite": true });
    let busy = |how: &Value| taped.server.post("/s/other/__admin/cassettes/b/start", how);
    for how in [record, json!({ "mode": "playback" })] {
        let problem = busy(&how).expect(409);
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|it| it.contains("default")),
            "{problem}"
        );
    }
    assert_eq!(taped.server.delete("/__admin/cassettes/b").status, 409);
    assert_eq!(
        taped.server.put("/__admin/cassettes/b", &json!({})).status,
        409
    );
}

#[test]
fn a_recording_replaces_another_only_when_that_is_said() {
    let taped = Taped::new("overwrite");
    taped.put("a", &[("/a", "1")]);
    refused(
        &taped,
        "a",
        &json!({ "mode": "record" }),
        409,
        &["overwrite"],
    );
    assert_eq!(
        taped.server.get("/__admin/cassettes").expect(200)["cassettes"][0]["entries"],
        1
    );
    taped.started("a", &json!({ "mode": "record", "overwrite": true }));
    taped.server.get("/x");
    taped.server.get("/y");
    taped.stopped("a");
    assert_eq!(
        taped.server.get("/__admin/cassettes").expect(200)["cassettes"][0]["entries"],
        2
    );
}

#[test]
fn a_name_that_several_files_have_is_nobodys() {
    let taped = Taped::new("several");
    taped.put("a", &[("/a", "1")]);
    fs::copy(
        taped.folder.path.join("a.yaml"),
        taped.folder.path.join("a.json"),
    )
    .expect("a copy");
    let problem = refused(
        &taped,
        "a",
        &json!({ "mode": "playback" }),
        409,
        &["a.yaml", "a.json"],
    );
    assert_eq!(problem["candidates"].as_array().map(Vec::len), Some(2));
    assert_eq!(taped.server.get("/__admin/cassettes/a").status, 409);
}

#[test]
fn files_that_are_no_cassettes_are_refused_with_the_place() {
    let taped = Taped::new("none");
    taped.put("whole", &[("/a", "1"), ("/b", "2")]);
    let whole = taped.file("whole");
    let cut = &whole[..whole.rfind("response").expect("a response") + 12];
    let lines: Vec<&str> = cut.lines().collect();
    let second = lines.iter().rposition(|line| *line == "- request:");
    let second = second.map_or(0, |before| before + 1);
    for (text, line) in [
        // The entry begins there that has no response.
        (cut, Some(second as u64)),
        ("just a text\n", Some(1)),
        ("sparring: cassette/1\nname: a\nentrees: []\n", Some(3)),
        (
            "{\"sparring\": \"cassette/1\", \"name\": \"a\", \"entries\": [{",
            None,
        ),
        ("", Some(1)),
    ] {
        taped.folder.write("bad.yaml", text);
        let problem = refused(
            &taped,
            "bad",
            &json!({ "mode": "playback" }),
            422,
            &["bad.yaml:"],
        );
        let found = &problem["diagnostics"][0];
        if let Some(line) = line {
            assert_eq!(found["line"].as_u64(), Some(line), "{text}\n{problem}");
        }
        let put = taped
            .server
            .request("PUT", "/__admin/cassettes/new", &[], Some(text));
        assert_eq!(put.status, 422, "{}", put.text);
    }
    let listed = taped.server.get("/__admin/cassettes").expect(200);
    assert!(listed["cassettes"][0]["error"].is_string(), "{listed}");
    assert_eq!(listed["cassettes"][1]["entries"], 2, "{listed}");
    assert!(!taped.folder.path.join("new.yaml").exists());
}

#[test]
fn a_file_of_two_gigabytes_is_refused_at_once() {
    let taped = Taped::new("huge");
    let file = File::create(taped.folder.path.join("huge.yaml")).expect("a file");
    file.set_len(2 << 30).expect("a file with a hole");
    let problem = refused(
        &taped,
        "huge",
        &json!({ "mode": "playback" }),
        413,
        &["2147483648 bytes"],
    );
    assert_eq!(problem["status"], 413);
    assert_eq!(taped.server.get("/__admin/cassettes/huge").status, 413);
}

#[test]
fn a_server_behind_that_gives_no_answer_is_recorded_as_that() {
    let hanging = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = hanging.local_addr().expect("an address");
    // It accepts, and says nothing.
    let kept = thread::spawn(move || hanging.incoming().take(1).collect::<Vec<_>>());
    let taped = Taped::with("lost", &["--proxy-timeout", "200"]);
    for (name, upstream, status, lost) in [
        ("refused", nobody(), 502, "closed"),
        ("hangs", format!("http://{address}"), 504, "timedOut"),
    ] {
        taped.started(name, &json!({ "mode": "record", "upstream": upstream }));
        let answer = taped.server.get("/text");
        let problem = answer.expect(status);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains(&upstream), "{detail}");
        let report = taped.stopped(name);
        assert_eq!(
            (&report["recorded"], &report["passed"]),
            (&json!(1), &json!(true))
        );
        let file = taped.file(name);
        assert!(file.contains(&format!("lost: {lost}")), "{file}");
        // Played back, nothing comes either.
        taped.started(name, &json!({ "mode": "playback", "latency": "none" }));
        let request = b"GET /text HTTP/1.1\r\nhost: a\r\n\r\n";
        assert_eq!(
            taped
                .server
                .raw(request, std::time::Duration::from_secs(20)),
            ""
        );
        assert_eq!(taped.stopped(name)["passed"], true);
    }
    drop(kept);
}

#[test]
fn a_full_disk_harms_no_call() {
    let taped = Taped::new("full");
    // Writing there always fails for want of room, but for what makes no room necessary.
    std::os::unix::fs::symlink("/dev/full", taped.folder.path.join("full.yaml")).expect("a link");
    let how = json!({ "mode": "record", "overwrite": true });
    // Not even the head can be written.
    refused(&taped, "full", &how, 500, &["full.yaml", "No space left"]);
    assert_eq!(
        taped.server.get("/__admin/cassettes").expect(200)["running"],
        Value::Null
    );
}

#[test]
fn a_recording_that_runs_out_of_room_keeps_what_it_has() {
    // A limit on the size of files is to a process what a full disk is to all of them.
    let folder = Folder::new("cassettes-limit");
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--cassettes",
        folder.argument(),
    ];
    let limited = Launched::limited(&arguments, 16);
    let send = |method: &str, path: &str, body: &str| limited.send(method, path, body);
    let (status, told) = send("POST", "/__admin/cassettes/l/start", r#"{"mode":"record"}"#);
    assert_eq!(status, 200, "{told}");
    let large = "x".repeat(6 << 10);
    for _ in 0..4 {
        let (status, _) = send("POST", "/anything", &large);
        assert_eq!(status, 404);
    }
    let listed = limited.get("/__admin/cassettes");
    let error = listed["running"]["error"].as_str().expect("an error");
    assert!(
        error.contains("l.yaml") && error.contains("File too large"),
        "{error}"
    );
    let (_, report) = send("POST", "/__admin/cassettes/l/stop", "");
    let report: Value = serde_json::from_str(&report).expect("a report");
    assert_eq!(report["passed"], false, "{report}");
    let recorded = report["recorded"].as_u64().expect("a number");
    assert!((1..4).contains(&recorded), "{report}");
    assert_eq!(report["unrecorded"].as_u64(), Some(4 - recorded));
    assert!(
        limited
            .log()
            .contains("a recording cannot be written any further"),
        "{}",
        limited.log()
    );
    // What there is is a whole cassette.
    let listed = limited.get("/__admin/cassettes");
    assert_eq!(
        listed["cassettes"][0]["entries"].as_u64(),
        Some(recorded),
        "{listed}"
    );
}

#[test]
fn a_recording_that_cannot_even_begin_leaves_no_file() {
    let folder = Folder::new("cassettes-no-room");
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--cassettes",
        folder.argument(),
    ];
    let limited = Launched::limited(&arguments, 0);
    let start = "/__admin/cassettes/l/start";
    let (status, told) = limited.send("POST", start, r#"{"mode":"record"}"#);
    assert_eq!(status, 500, "{told}");
    assert!(told.contains("File too large"), "{told}");
    assert_eq!(limited.get("/__admin/cassettes")["cassettes"], json!([]));
}

#[test]
fn a_folder_that_cannot_be_is_an_error_at_the_start() {
    let folder = Folder::new("cassettes-no-folder");
    folder.write("file", "no folder");
    let path = folder.path.join("file");
    let server = Server::with(&["--cassettes", path.to_str().expect("a path")]);
    let start = "/__admin/cassettes/a/start";
    let problem = server.post(start, &json!({ "mode": "record" })).expect(500);
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains(path.to_str().expect("a path")), "{detail}");
    assert_eq!(server.get("/anything").status, 404);
    // Nobody has to record.
    let said = run(&["--help"], &[]);
    assert!(said.stdout.contains("--cassettes"), "{}", said.stdout);
}

#[test]
fn a_server_that_is_killed_has_kept_what_was_answered() {
    let folder = Folder::new("cassettes-killed");
    let upstream = Upstream::start();
    {
        let server = Server::with(&["--cassettes", folder.argument()]);
        let how = json!({ "mode": "record", "upstream": upstream.url });
        server.post("/__admin/cassettes/k/start", &how).expect(200);
        for path in ["/text?1", "/text?2", "/text?3"] {
            assert_eq!(server.get(path).text, "hello");
        }
        let pid = server.pid().to_string();
        assert!(
            Command::new("kill")
                .args(["-KILL", &pid])
                .status()
                .is_ok_and(|it| it.success())
        );
    }
    let server = Server::with(&["--cassettes", folder.argument()]);
    server
        .post("/__admin/cassettes/k/start", &json!({ "mode": "playback" }))
        .expect(200);
    for path in ["/text?3", "/text?1", "/text?2"] {
        assert_eq!(server.get(path).text, "hello");
    }
    let report = server
        .send("POST", "/__admin/cassettes/k/stop", None)
        .expect(200);
    assert_eq!(report["passed"], true, "{report}");
}

#[test]
fn a_server_that_ends_finishes_its_recordings_in_the_order_of_the_calls() {
    let folder = Folder::new("cassettes-ended");
    let launched = Launched::with(
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--cassettes",
            folder.argument(),
        ],
        &[],
    );
    let slow = Slow::start();
    let how = json!({ "mode": "record", "upstream": slow.url }).to_string();
    let (status, told) = launched.send("POST", "/__admin/cassettes/e/start", &how);
    assert_eq!(status, 200, "{told}");
    thread::scope(|scope| {
        let first = scope.spawn(|| launched.send("GET", "/first", ""));
        // The first call is under way, and answered after the second.
        slow.asked();
        assert_eq!(launched.send("GET", "/second", "").0, 200);
        slow.go_on();
        assert_eq!(first.join().expect("an answer").0, 200);
    });
    let before = read(&folder, "e.yaml");
    assert!(before.find("/second") < before.find("/first"), "{before}");
    launched.terminate();
    assert!(launched.ended().status.success());
    let after = read(&folder, "e.yaml");
    assert!(after.find("/first") < after.find("/second"), "{after}");
    assert_eq!(after.len(), before.len());
    assert_eq!(fs::read_dir(&folder.path).expect("a folder").count(), 1);
}

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(Path::new(&folder.path).join(name)).expect("a file")
}

/// A server that answers its first call when it is told to, and all others at once.
struct Slow {
    url: String,
    asked: std::sync::mpsc::Receiver<()>,
    go_on: std::sync::mpsc::Sender<()>,
}

impl Slow {
    fn start() -> Self {
        use std::io::{Read, Write};
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (told, asked) = std::sync::mpsc::channel();
        let (go_on, going) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let mut going = Some(going);
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let (first, told) = (going.take(), told.clone());
                thread::spawn(move || {
                    let mut seen = [0; 4096];
                    let _ = stream.read(&mut seen);
                    if let Some(going) = first {
                        let _ = told.send(());
                        let _ = going.recv();
                    }
                    let answer =
                        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
                    let _ = stream.write_all(answer.as_bytes());
                });
            }
        });
        Self { url, asked, go_on }
    }

    fn asked(&self) {
        self.asked.recv().expect("a call");
    }

    fn go_on(&self) {
        self.go_on.send(()).expect("a server");
    }
}

#[test]
fn a_cassette_is_read_put_and_deleted() {
    let taped = Taped::new("files");
    let server = &taped.server;
    taped.put("a", &[("/a", "1")]);
    let yaml = server.get("/__admin/cassettes/a");
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    assert_eq!(yaml.text, taped.file("a"));
    let accept = [("Accept", "application/json")];
    let as_json = server.request("GET", "/__admin/cassettes/a", &accept, None);
    assert_eq!(as_json.expect(200)["entries"][0]["response"]["body"], "1");
    assert_eq!(
        server.get("/__admin/cassettes/a?format=json").text,
        as_json.text
    );
    server.get("/__admin/cassettes/a?format=xml").expect(422);
    let told = server.request("PUT", "/__admin/cassettes/a", &[], Some(&as_json.text));
    assert_eq!(told.expect(200), json!({ "name": "a", "entries": 1 }));
    assert_eq!(taped.file("a"), yaml.text);
    // What is deleted while it is played is played on.
    taped.started("a", &json!({ "mode": "playback" }));
    server.delete("/__admin/cassettes/a").expect_empty(204);
    server.delete("/__admin/cassettes/a").expect(404);
    assert_eq!(taped.get_all(&["/a", "/a"]), [played("1"), missed()]);
}
