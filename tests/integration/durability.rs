//! What is kept in a data directory: it is there after a crash and after a good end, a full disk refuses
//! changes and loses nothing, and backups are whole.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::Server;

/// A folder of a test's own; gone with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("sparring-durability-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path").to_owned()
    }

    fn serve(&self, data_dir: &str) -> Server {
        Server::with(&[
            "--clock",
            "frozen@2026-01-01T00:00:00Z",
            "--data-dir",
            &self.path(data_dir),
        ])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a command of the binary; whether it went well, and all that it said.
fn sparring(arguments: &[&str]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_sparring"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the binary runs");
    let said = [done.stdout, done.stderr].concat();
    (
        done.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Puts something of every kind into a sandbox.
fn fill(server: &Server, sandbox: &str) {
    let at = |path: &str| format!("/s/{sandbox}{path}");
    let opening = json!({ "id": sandbox, "seed": 7, "clock": { "mode": "frozen", "now": "2026-03-01T00:00:00Z" } });
    server.post("/__admin/sandboxes", &opening).expect(201);
    let escrow = json!({ "payer": "alice", "payee": "bob", "amount": "5.00" });
    for _ in 0..2 {
        server.post(&at("/v1/create_escrow"), &escrow).expect(200);
    }
    let error = json!({ "tool": "withdraw", "status": 503, "count": 3 });
    server.post(&at("/__admin/errors"), &error).expect(201);
    let stub = json!({
        "id": "8c5db8b0-2db4-4ad7-a99f-38c9b00da3f7",
        "request": { "method": "GET", "url": "/story" },
        "scenarioName": "story", "requiredScenarioState": "Started", "newScenarioState": "told",
        "response": { "status": 200, "body": "once" },
    });
    server.post(&at("/__admin/mappings"), &stub).expect(201);
    assert_eq!(server.get(&at("/story")).text, "once");
    server
        .post(&at("/__admin/clock/advance"), &json!({ "by": "PT1H" }))
        .expect(200);
    let snapshot = json!({ "id": "before", "note": "a note" });
    server
        .post(
            &format!("/__admin/sandboxes/{sandbox}/snapshots"),
            &snapshot,
        )
        .expect(201);
    pay(server, sandbox);
}

/// Pays under a key: it is answered the same however often it is done.
fn pay(server: &Server, sandbox: &str) -> String {
    let path = format!("/s/{sandbox}/gallery/idempotency/stripe/payments");
    let headers = [
        ("Idempotency-Key", "k1"),
        ("content-type", "application/json"),
    ];
    let paid = server.request("POST", &path, &headers, Some(r#"{"amount":"5.00"}"#));
    assert_eq!(paid.status, 201, "{}", paid.text);
    paid.text
}

/// Everything that a sandbox shows of itself.
fn shown(server: &Server, sandbox: &str) -> Vec<Value> {
    let paths = [
        "/__admin/wallets/alice",
        "/__admin/ledger/transfers",
        "/__admin/collections/greenhelix.escrows",
        "/__admin/collections/gallery.payments",
        "/__admin/errors",
        "/__admin/mappings",
        "/__admin/scenarios",
        "/__admin/clock",
        "/__admin/limits",
    ];
    let mut shown: Vec<Value> = paths
        .iter()
        .map(|path| server.get(&format!("/s/{sandbox}{path}")).expect(200))
        .collect();
    let of_sandbox = format!("/__admin/sandboxes/{sandbox}/snapshots");
    shown.push(server.get(&of_sandbox).expect(200));
    shown
}

/// The highest number that a call has.
fn last_call(server: &Server) -> u64 {
    let calls = server.get("/s/mine/__admin/calls").expect(200);
    let calls = calls["calls"].as_array().expect("calls").iter();
    let numbers = calls.filter_map(|call| call["id"].as_u64());
    numbers.max().expect("a call")
}

#[test]
fn everything_survives_a_crash_and_a_good_end() {
    let folder = Folder::new("survives");
    let mut server = folder.serve("data");
    fill(&server, "mine");
    let (before, paid) = (shown(&server, "mine"), pay(&server, "mine"));
    server.kill();
    let mut server = folder.serve("data");
    assert_eq!(shown(&server, "mine"), before);
    assert_eq!(pay(&server, "mine"), paid, "the key is known");
    assert_eq!(server.get("/s/mine/story").status, 404, "the story is told");
    // A number is not given twice, whether or not the call has changed anything.
    let last = last_call(&server);
    assert!(last > 10_000, "{last}");
    let stopped = server.post("/__admin/shutdown", &json!({}));
    assert_eq!(stopped.status, 200);
    assert!(server.wait(), "it ends well");
    let server = folder.serve("data");
    assert_eq!(shown(&server, "mine"), before);
    server.get("/s/mine/story");
    assert_eq!(last_call(&server), last + 1, "it goes on where it ended");
    server.delete("/__admin/sandboxes/mine").expect(200);
    drop(server);
    let server = folder.serve("data");
    let sandboxes = server.get("/__admin/sandboxes").expect(200);
    assert_eq!(sandboxes["total"], 1, "{sandboxes}");
}

#[test]
fn a_data_directory_has_one_server() {
    let folder = Folder::new("one");
    let _server = folder.serve("data");
    let data = folder.path("data");
    let to = folder.path("backup");
    for command in [
        vec!["serve", "--listen", "127.0.0.1:0", "--data-dir", &data],
        vec!["verify", "--data-dir", &data],
        vec!["backup", "--data-dir", &data, "--to", &to],
    ] {
        let (well, said) = sparring(&command);
        assert!(!well && said.contains("another server uses"), "{said}");
    }
}

#[test]
fn backups_of_a_server_that_runs_and_of_one_that_does_not_are_whole() {
    let folder = Folder::new("backups");
    let server = folder.serve("data");
    fill(&server, "mine");
    let before = shown(&server, "mine");
    let wanted = json!({ "to": "first.redb" });
    let made = server.post("/__admin/backup", &wanted).expect(201);
    let first = made["to"].as_str().expect("a path").to_owned();
    server.post("/__admin/backup", &wanted).expect(409);
    server
        .post("/__admin/backup", &json!({ "to": "../x" }))
        .expect(422);
    // What comes later is not in it.
    server.delete("/s/mine/__admin/errors").expect(200);
    let later = shown(&server, "mine");
    assert_ne!(later, before);
    drop(server);
    let (data, second) = (folder.path("data"), folder.path("second"));
    let (well, said) = sparring(&["backup", "--data-dir", &data, "--to", &second]);
    assert!(well, "{said}");
    for (backup, expected) in [(&first, before), (&second, later)] {
        let to = folder.path("restored");
        let _ = std::fs::remove_dir_all(&to);
        let (well, said) = sparring(&["restore", "--from", backup, "--data-dir", &to]);
        assert!(well, "{said}");
        let (well, said) = sparring(&["verify", "--data-dir", &to]);
        assert!(well && said.contains("mine: whole; calls"), "{said}");
        assert_eq!(shown(&folder.serve("restored"), "mine"), expected);
        let (well, said) = sparring(&["restore", "--from", backup, "--data-dir", &to]);
        assert!(!well && said.contains("not empty"), "{said}");
    }
}

#[test]
fn a_server_without_a_data_directory_has_nothing_to_back_up() {
    let server = Server::start();
    let refused = server.post("/__admin/backup", &json!({ "to": "x" }));
    assert!(
        refused.expect(409)["detail"]
            .as_str()
            .is_some_and(|why| why.contains("--data-dir"))
    );
}

#[test]
fn a_damaged_journal_is_refused_and_verify_says_so() {
    let folder = Folder::new("damaged");
    let server = folder.serve("data");
    fill(&server, "mine");
    server.post("/__admin/shutdown", &json!({}));
    drop(server);
    let data = folder.path("data");
    let file = folder.path("data/journal.redb");
    let mut bytes = std::fs::read(&file).expect("the journal");
    let text = b"esc_";
    let places: Vec<_> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, here)| here == text)
        .collect();
    let places: Vec<_> = places.into_iter().map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "records stand in it");
    for at in places {
        bytes[at] = b'X';
    }
    std::fs::write(&file, bytes).expect("it is damaged");
    let (well, said) = sparring(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &data]);
    assert!(!well && said.contains("sparring verify"), "{said}");
    let (well, said) = sparring(&["verify", "--data-dir", &data]);
    assert!(!well && said.contains("damaged"), "{said}");
}

/// Lets the files of a server grow to so many bytes and no further, as a disk that is full does.
fn limit_files(server: &Server, limit: &str) {
    let limited = Command::new("prlimit")
        .args(["--pid", &server.pid().to_string()])
        .arg(format!("--fsize={limit}:unlimited"))
        .status();
    assert!(limited.is_ok_and(|status| status.success()), "prlimit");
}

#[test]
fn a_full_disk_refuses_changes_and_loses_nothing() {
    let folder = Folder::new("full");
    let mut server = folder.serve("data");
    let deposit = |server: &Server| {
        let input = json!({ "agent_id": "alice", "amount": "1.00" });
        server.tool("deposit", &input)
    };
    let balance = |server: &Server| {
        let told = server.tool("get_balance", &json!({ "agent_id": "alice" }));
        told.json()["balance"].as_str().map(str::to_owned)
    };
    deposit(&server).expect(200);
    limit_files(&server, "4096");
    let refused = deposit(&server).expect(503);
    let why = refused["detail"].as_str().expect("a reason");
    assert!(why.contains("nothing can be kept"), "{why}");
    // What reads goes on.
    let wallet = server.get("/__admin/wallets/alice").expect(200);
    assert_eq!(wallet["balance"], "501.00");
    assert_eq!(server.get("/__admin/health").status, 200);
    limit_files(&server, "unlimited");
    crate::launch::eventually("there is room again", || deposit(&server).status == 200);
    assert_eq!(balance(&server).as_deref(), Some("502.00"));
    server.kill();
    let server = folder.serve("data");
    assert_eq!(balance(&server).as_deref(), Some("502.00"));
}

#[test]
fn it_is_killed_a_few_times_and_loses_nothing() {
    crate::crash::run(3, 11);
}
