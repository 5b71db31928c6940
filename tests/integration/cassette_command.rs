//! `sparring cassette`: files are converted, shown, compared, and checked against a live API.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::launch::{Folder, Said, run};
use crate::support::Server;
use crate::upstream::{Upstream, nobody};

const OWN: &str = "tests/integration/cassettes/pay.yaml";
const SAMPLES: [(&str, &str); 5] = [
    (OWN, "yaml"),
    ("tests/integration/cassettes/browser.har", "har"),
    ("tests/integration/cassettes/requests.yaml", "vcr"),
    ("tests/integration/cassettes/harness.json", "document"),
    ("tests/integration/cassettes/mappings.json", "wiremock"),
];

#[track_caller]
fn cassette(arguments: &[&str], code: i32) -> Said {
    let said = run(&[&["cassette"], arguments].concat(), &[]);
    assert_eq!(
        said.status.code(),
        Some(code),
        "{}{}",
        said.stdout,
        said.stderr
    );
    said
}

fn path(folder: &Folder, name: &str) -> String {
    folder.path.join(name).display().to_string()
}

#[test]
fn every_format_becomes_the_own_one_and_itself_again() {
    let folder = Folder::new("cassette-convert");
    for (sample, format) in SAMPLES {
        for own in ["yaml", "json"] {
            let (ours, again) = (path(&folder, "ours"), path(&folder, "again"));
            cassette(&["convert", sample, "--to", own, "-o", &ours], 0);
            cassette(&["convert", &ours, "--to", format, "-o", &again], 0);
            assert_eq!(
                cassette(&["diff", sample, &again], 0).stdout,
                "",
                "{sample}"
            );
            assert_eq!(cassette(&["diff", sample, &ours], 0).stdout, "", "{sample}");
            let shown = cassette(&["show", &again], 0).stdout;
            assert!(shown.contains(&format!("({format})")), "{shown}");
            fs::remove_file(ours).expect("it is there");
            fs::remove_file(again).expect("it is there");
        }
    }
    assert_eq!(fs::read_dir(&folder.path).expect("a folder").count(), 0);
}

#[test]
fn the_own_format_stays_as_it_is_but_for_its_looks() {
    let text = cassette(&["convert", OWN, "--to", "yaml"], 0).stdout;
    let again = Folder::new("cassette-stable");
    again.write("a.yaml", &text);
    let twice = cassette(&["convert", &path(&again, "a.yaml"), "--to", "yaml"], 0);
    assert_eq!(twice.stdout, text);
    for line in [
        "- tool: transfer",
        "    target: /v1/transfer?x=1",
        "    body: |",
        "      {",
        "  latencyMilliseconds: 12",
        "    lost: timedOut",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    // An entry that changes is a block that changes.
    let json = text.replace("\"id\": \"tr_1\",", "\"id\": \"tr_2\",");
    let differs = text
        .lines()
        .zip(json.lines())
        .filter(|(one, other)| one != other);
    assert_eq!(differs.count(), 1);
}

#[test]
fn a_file_is_written_over_only_by_force_and_whole() {
    let folder = Folder::new("cassette-force");
    folder.write("there.json", "mine");
    let there = path(&folder, "there.json");
    let said = cassette(&["convert", OWN, "--to", "json", "-o", &there], 2);
    assert!(
        said.stderr
            .contains("is there already; --force writes over it"),
        "{}",
        said.stderr
    );
    assert_eq!(fs::read_to_string(&there).expect("a file"), "mine");
    cassette(
        &["convert", OWN, "--to", "json", "-o", &there, "--force"],
        0,
    );
    assert!(
        fs::read_to_string(&there)
            .expect("a file")
            .starts_with("{\n  \"sparring\"")
    );
    let missing = path(&folder, "no/such/folder.json");
    let said = cassette(&["convert", OWN, "--to", "json", "-o", &missing], 2);
    assert!(said.stderr.contains("No such file"), "{}", said.stderr);
    let said = cassette(
        &["convert", OWN, "--to", "json", "-o", &path(&folder, ".")],
        2,
    );
    assert!(said.stderr.contains("is a folder"), "{}", said.stderr);
    assert_eq!(fs::read_dir(&folder.path).expect("a folder").count(), 1);
}

#[test]
fn what_a_format_cannot_carry_is_told() {
    let said = cassette(&["convert", OWN, "--to", "document"], 0);
    assert!(
        said.stderr
            .contains("note: entry 2 (GET /v1/status) is left out: it got no reply"),
        "{}",
        said.stderr
    );
    let found: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(found["entries"][0]["request_tool"], "transfer");
    assert_eq!(
        found["entries"][0]["request_input"]["amount"].to_string(),
        "10.50"
    );
    let said = cassette(
        &[
            "convert",
            "tests/integration/cassettes/browser.har",
            "--to",
            "yaml",
        ],
        0,
    );
    assert!(
        said.stderr
            .contains("1 entry holds what looks like credentials"),
        "{}",
        said.stderr
    );
    assert!(said.stdout.contains("cookie: session=abc"));
    let said = cassette(
        &[
            "convert",
            "tests/integration/cassettes/browser.har",
            "--to",
            "yaml",
            "--redact",
        ],
        0,
    );
    assert!(
        said.stdout.contains("cookie: \"[redacted]\"") && !said.stdout.contains("session=abc"),
        "{}",
        said.stdout
    );
}

#[test]
fn mappings_that_were_written_replay_a_cassette_in_its_order() {
    let folder = Folder::new("cassette-wiremock");
    folder.write(
        "own.yaml",
        "sparring: cassette/1\nname: jobs\nentries:\n\
        - request: {method: GET, target: '/jobs/7?x=a%20b'}\n  response: {status: 200, body: first}\n\
        - request: {method: POST, target: /jobs}\n  response: {status: 201, body: empty}\n\
        - request: {method: POST, target: /jobs, body: '{\"a\": 1.0}'}\n  response: {status: 202, headers: {x-a: [b, c]}, base64Body: AAE=}\n\
        - request: {method: GET, target: '/jobs/7?x=a%20b'}\n  response: {status: 200, body: second}\n\
        - request: {method: GET, target: '/jobs/7?x=a%20b'}\n  response: {status: 200, body: third}\n\
        - request: {method: PUT, target: /jobs, body: plain}\n  response: {status: 200, body: text}\n",
    );
    fs::create_dir_all(folder.path.join("root/mappings")).expect("a folder");
    let written = path(&folder, "root/mappings/jobs.json");
    cassette(
        &[
            "convert",
            &path(&folder, "own.yaml"),
            "--to",
            "wiremock",
            "-o",
            &written,
        ],
        0,
    );
    let server = Server::with(&["--stubs", &path(&folder, "root")]);
    for expected in ["first", "second", "third", "third"] {
        assert_eq!(server.get("/jobs/7?x=a%20b").text, expected);
    }
    for (method, body, status) in [
        ("POST", "", 201),
        ("POST", r#"{"a":1}"#, 202),
        ("POST", "{}", 404),
        ("PUT", "plain", 200),
    ] {
        let answer = server.request(method, "/jobs", &[], Some(body));
        assert_eq!(answer.status, status, "{method} {body}: {}", answer.text);
    }
}

#[test]
fn show_is_a_table() {
    assert_eq!(
        cassette(&["show", OWN], 0).stdout,
        "pay (yaml): 3 entries, recorded of https://api.pay.test\n\
         n  call            status      latency  body\n\
         1  transfer        201           12 ms  38 B\n\
         2  GET /v1/status  timed out  30000 ms   0 B\n\
         3  GET /v1/status  200            0 ms   4 B\n"
    );
}

#[test]
fn diff_tells_what_is_gone_new_and_changed_by_field() {
    let folder = Folder::new("cassette-diff");
    let before = "sparring: cassette/1\nname: a\nentries:\n\
        - request: {method: GET, target: /a}\n  response: {status: 200, headers: {etag: x, date: now}, body: '{\"n\": 1}'}\n\
        - request: {method: GET, target: /gone}\n  response: {status: 200}\n\
        - tool: pay\n  request: {method: POST, target: /v1/pay, body: '{\"n\": 1}'}\n  response: {status: 200}\n";
    let after = "sparring: cassette/1\nname: a\nentries:\n\
        - request: {method: GET, target: /new}\n  response: {status: 200}\n\
        - request: {method: GET, target: /a}\n  response: {status: 404, headers: {etag: y, date: then}, body: '{\"m\": 1, \"n\": 2}'}\n\
        - tool: pay\n  request: {method: POST, target: /v1/pay, body: '{\"n\": 2}'}\n  response: {status: 200}\n";
    folder.write("before.yaml", before);
    folder.write("after.yaml", after);
    let (before, after) = (path(&folder, "before.yaml"), path(&folder, "after.yaml"));
    assert_eq!(
        cassette(&["diff", &before, &after], 1).stdout,
        "~ 1 → 2  GET /a\n    \
             response headers.etag: x → y\n    \
             response status: 200 → 404\n    \
             response body.n: 1 → 2\n    \
             response body.m: new (integer)\n\
         - 2  GET /gone\n\
         ~ 3  pay\n    \
             request input.n: 1 → 2\n\
         + 1  GET /new\n"
    );
    let json = cassette(&["diff", &before, &after, "--json"], 1).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["differences"].as_array().map(Vec::len), Some(4));
    assert_eq!(cassette(&["diff", &before, &before], 0).stdout, "");
}

#[test]
fn what_is_no_cassette_is_refused_with_its_place() {
    let folder = Folder::new("cassette-mistakes");
    folder.write(
        "half.json",
        "{\"sparring\": \"cassette/1\", \"entries\": [\n{\"request\": {\"method\": \"GET\"",
    );
    folder.write("other.yaml", "tools: []\n");
    folder.write("empty.yaml", "");
    folder.write("typo.yaml", "sparring: cassette/1\nentries:\n- request: {method: GET, targte: /}\n  response: {status: 200}\n");
    for (file, says) in [
        ("missing.yaml", "missing.yaml: No such file"),
        ("half.json", "half.json:2:29: expected `,` or `}`"),
        ("other.yaml", "other.yaml:1:1: this is no cassette"),
        ("empty.yaml", "empty.yaml:1:1: this is no cassette"),
        (
            "typo.yaml",
            "typo.yaml:3:26: there is no member `targte` here; did you mean `target`?",
        ),
        (".", "Is a directory"),
    ] {
        let file = path(&folder, file);
        for command in [
            &["show", &file][..],
            &["convert", &file, "--to", "yaml"],
            &["diff", &file, OWN],
            &["check", &file, "--against", "http://127.0.0.1:1"],
        ] {
            let said = cassette(command, 2);
            assert!(said.stderr.contains(says), "{command:?}: {}", said.stderr);
            assert_eq!(said.stdout, "");
        }
    }
}

#[test]
fn a_file_of_two_gigabytes_is_refused_before_it_fills_the_memory() {
    let folder = Folder::new("cassette-large");
    let file = path(&folder, "large.yaml");
    folder.write("large.yaml", "sparring: cassette/1\nentries:\n- request: {method: GET, target: /}\n  response: {status: 200, body: '");
    // What follows takes no place on the disk.
    let sparse = fs::OpenOptions::new()
        .write(true)
        .open(&file)
        .expect("the file");
    sparse.set_len(2 << 30).expect("a sparse file");
    let limited = format!(
        "ulimit -v 1000000; exec {} cassette show {file}",
        env!("CARGO_BIN_EXE_sparring")
    );
    let said = Command::new("sh")
        .args(["-c", &limited])
        .output()
        .expect("a shell");
    assert_eq!(said.status.code(), Some(2));
    let told = String::from_utf8_lossy(&said.stderr);
    assert!(
        told.contains("large.yaml:3:1: what begins here is larger than"),
        "{told}"
    );
    let said = cassette(&["show", OWN, "--max-size", "0"], 2);
    assert!(
        said.stderr.contains("the cassette holds more than 0 bytes"),
        "{}",
        said.stderr
    );
}

/// A cassette of what a server answers, as its entries.
fn recorded(folder: &Folder, entries: &str) -> String {
    folder.write(
        "live.yaml",
        &format!("sparring: cassette/1\nname: live\nentries:\n{entries}"),
    );
    path(folder, "live.yaml")
}

#[test]
fn check_tells_how_a_live_api_has_drifted() {
    let server = Server::with(&["--stubs", "tests/packs/desk"]);
    for stub in [
        r#"{"request": {"method": "GET", "url": "/a"}, "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "jsonBody": {"id": 7, "new": true}}}"#,
        r#"{"request": {"method": "POST", "url": "/b?x=1", "headers": {"Authorization": {"equalTo": "Bearer live"}, "X-Recorded": {"equalTo": "yes"}}, "bodyPatterns": [{"equalTo": "text"}]}, "response": {"status": 201}}"#,
    ] {
        let stub: Value = serde_json::from_str(stub).expect("JSON");
        server.post("/__admin/mappings", &stub).expect(201);
    }
    let folder = Folder::new("cassette-check");
    let file = recorded(
        &folder,
        "\
        - request: {method: GET, target: /a}\n  response: {status: 200, headers: {content-type: application/json}, body: '{\"id\": 1, \"old\": null}'}\n\
        - tool: b\n  request: {method: POST, target: /b?x=1, headers: {authorization: '[redacted]', x-recorded: 'yes', host: elsewhere, content-length: '99'}, body: text}\n  response: {status: 201}\n\
        - request: {method: GET, target: /lost}\n  response: {lost: closed}\n",
    );
    let base = server.base.as_str();
    let check = |more: &[&str], code: i32| {
        cassette(&[&["check", &file, "--against", base], more].concat(), code)
    };
    let said = check(&["--header", "Authorization: Bearer live"], 1);
    assert_eq!(
        said.stdout,
        "entry 1  GET /a\n    body.old: gone (was null)\n    body.new: new (boolean)\n2 asked, 1 drifted, 1 skipped\n"
    );
    let said = check(&["--only-reads", "--values", "--json"], 1);
    let json: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(
        (&json["asked"], &json["skipped"]),
        (&Value::from(1), &Value::from(2))
    );
    let drift = json["entries"][0]["drift"].as_array().expect("a list");
    let at: Vec<&str> = drift
        .iter()
        .filter_map(|drift| drift["at"].as_str())
        .collect();
    assert_eq!(at, ["body.id", "body.old", "body.new"]);
    // Without the credential the API answers otherwise.
    let said = check(&[], 1);
    assert!(
        said.stdout.contains("entry 2  b\n    status: 201 → 404"),
        "{}",
        said.stdout
    );
}

#[test]
fn check_reaches_an_api_over_tls() {
    let upstream = Upstream::secure();
    let folder = Folder::new("cassette-tls");
    folder.write(
        "ca.pem",
        upstream.authority.as_deref().expect("an authority"),
    );
    let file = recorded(
        &folder,
        "- request: {method: GET, target: /a}\n  response: {status: 418}\n",
    );
    let ca = path(&folder, "ca.pem");
    let said = cassette(
        &["check", &file, "--against", &upstream.url, "--ca", &ca],
        1,
    );
    assert!(said.stdout.contains("status: 418 → 200"), "{}", said.stdout);
    cassette(
        &["check", &file, "--against", &upstream.url, "--insecure"],
        1,
    );
    let said = cassette(&["check", &file, "--against", &upstream.url], 2);
    assert!(
        said.stderr.contains("error: entry 1 (GET /a)"),
        "{}",
        said.stderr
    );
}

#[test]
fn an_api_that_is_not_there_or_never_answers_is_told() {
    let folder = Folder::new("cassette-unreached");
    let file = recorded(
        &folder,
        "- request: {method: GET, target: /a}\n  response: {status: 200}\n",
    );
    for (url, says) in [
        (nobody().as_str(), "cannot connect to"),
        ("nonsense", "is not an absolute one"),
        ("ftp://a", "is neither of http nor of https"),
        ("http://a?b", "has a query"),
    ] {
        let said = cassette(&["check", &file, "--against", url], 2);
        assert!(said.stderr.contains(says), "{url}: {}", said.stderr);
    }
    // Connections wait in its queue, and nobody takes them.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let said = cassette(&["check", &file, "--against", &url, "--timeout", "0.2"], 2);
    assert!(
        said.stderr
            .contains("no answer within 0.2 s: see --timeout"),
        "{}",
        said.stderr
    );
}
