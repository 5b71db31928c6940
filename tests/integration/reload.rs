//! Edited files are taken up, by a call and by `--watch`; a bad edit keeps the old set and says why.

use serde_json::{Value, json};

use crate::desk::{MIDNIGHT, PACK, each};
use crate::launch::{Folder, Launched, eventually};
use crate::support::Server;

fn serving(folder: &Folder) -> Server {
    let clock = format!("frozen@{MIDNIGHT}");
    Server::with(&["--stubs", folder.argument(), "--clock", &clock])
}

fn reload(server: &Server) -> crate::support::Answer {
    server.send("POST", "/__admin/definitions/reload", None)
}

#[test]
fn an_edit_is_taken_up_and_what_has_happened_stays() {
    let folder = Folder::copied("reload-edit", PACK);
    let server = serving(&folder);
    let contact = server.post("/desk/add_contact", &json!({ "name": "Grace" }));
    let contact = contact.expect(201);
    folder.edit("pack.yaml", "title: Help desk", "title: Front desk");
    folder.edit(
        "pack.yaml",
        "status: 201, jsonBody",
        "status: 200, jsonBody",
    );
    folder.write(
        "more.yaml",
        "tools:\n  wave:\n    description: Waves.\n    response: { jsonBody: { wave: true } }\n",
    );
    // Nothing is read again before somebody says so.
    assert_eq!(server.post("/desk/wave", &json!({})).status, 404);
    let served = reload(&server).expect(200);
    assert_eq!(served["packs"][0]["title"], "Front desk");
    assert_eq!(server.get("/__admin/definitions").expect(200), served);
    assert_eq!(
        server.post("/desk/wave", &json!({})).expect(200),
        json!({ "wave": true })
    );
    server
        .post("/desk/add_contact", &json!({ "name": "Alan" }))
        .expect(200);
    let found = server.post("/desk/get_contact", &json!({ "id": contact["id"] }));
    assert_eq!(found.expect(200), contact);

    std::fs::remove_file(folder.path.join("more.yaml")).expect("a file less");
    reload(&server).expect(200);
    assert_eq!(server.post("/desk/wave", &json!({})).status, 404);
}

/// Makes one bad edit: the answer names each of these places, and the old set goes on.
fn check_bad_edit(name: &str, from: &str, to: &str, places: &[(u64, u64, &str)]) {
    let folder = Folder::copied(name, PACK);
    let server = serving(&folder);
    let before = server.get("/__admin/tools").expect(200);
    folder.edit("pack.yaml", from, to);
    let answer = reload(&server);
    let problem = answer.expect(422);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(problem["status"], 422);
    let mistakes = problem["diagnostics"].as_array().expect("mistakes");
    assert_eq!(mistakes.len(), places.len(), "{problem}");
    for (mistake, (line, column, says)) in mistakes.iter().zip(places) {
        let file = mistake["file"].as_str().expect("a file");
        assert!(file.ends_with("pack.yaml"), "{mistake}");
        assert_eq!(
            (&mistake["line"], &mistake["column"]),
            (&json!(line), &json!(column))
        );
        assert!(
            mistake.to_string().contains(says),
            "no {says:?} in {mistake}"
        );
    }
    assert_eq!(server.get("/__admin/tools").expect(200), before);
    server.post("/desk/list_contacts", &json!({})).expect(200);
    // Once it is mended, the same call takes it up.
    folder.edit("pack.yaml", to, from);
    reload(&server).expect(200);
}

#[test]
fn a_bad_edit_keeps_the_old_set_and_says_why() {
    let check = check_bad_edit;
    check(
        "reload-key",
        "\ntitle: Help",
        "\ntitel: Help",
        &[(6, 1, "did you mean `title`?")],
    );
    check(
        "reload-several",
        "- transition: ticket.close",
        "- transition: ticket.clsoe\n      - find: { in: tickets, key: inptu.id }",
        &[
            (95, 21, "did you mean `close`?"),
            (96, 35, "did you mean `input`?"),
        ],
    );
    check(
        "reload-syntax",
        "title: Help desk",
        "title: Help: desk",
        &[(6, 12, "quotes")],
    );
}

#[test]
fn only_the_root_reloads() {
    let folder = Folder::copied("reload-root", PACK);
    let server = serving(&folder);
    let answer = server.send("POST", "/s/x1/__admin/definitions/reload", None);
    assert_eq!(answer.status, 404, "{}", answer.text);
}

#[test]
fn stubs_of_a_wiremock_root_follow_their_files() {
    let folder = Folder::new("reload-root-stubs");
    let stub = |path: &str, says: &str| {
        json!({ "name": path, "request": { "urlPath": path }, "response": { "body": says } })
            .to_string()
    };
    folder.write("mappings/a.json", &stub("/a", "old"));
    folder.write("mappings/b.json", &stub("/b", "old"));
    let server = serving(&folder);
    let names = |server: &Server| {
        let listed = server.get("/__admin/mappings").expect(200);
        let mut names = each(&listed["mappings"], "name");
        names.sort();
        names
    };
    let own = json!({ "name": "own", "request": { "urlPath": "/own" } });
    server.post("/__admin/mappings", &own).expect(201);
    assert_eq!(names(&server), ["/a", "/b", "own"]);
    folder.write("mappings/a.json", &stub("/a", "new"));
    std::fs::remove_file(folder.path.join("mappings/b.json")).expect("a file less");
    folder.write("mappings/c.json", &stub("/c", "new"));
    let answer = reload(&server);
    assert_eq!(answer.status, 200, "{}", answer.text);
    // A tester's own stub is none of the files' business.
    assert_eq!(names(&server), ["/a", "/c", "own"]);
    assert_eq!(server.get("/a").text, "new");
    assert_eq!(server.get("/b").status, 404);
}

/// A server that watches a copy of the desk, told so by a flag or a variable.
fn watching(folder: &Folder, flag: &[&str], variable: &[(&str, &str)]) -> Launched {
    let mut arguments = vec![
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--stubs",
        folder.argument(),
    ];
    arguments.extend(flag);
    Launched::with(&arguments, variable)
}

fn title(server: &Launched) -> Value {
    server.get("/__admin/definitions")["packs"][0]["title"].clone()
}

#[test]
fn watching_takes_up_edits_by_itself_and_tells_of_bad_ones() {
    let folder = Folder::copied("reload-watch", PACK);
    let server = watching(&folder, &["--watch"], &[]);
    assert_eq!(title(&server), "Help desk");
    folder.edit("pack.yaml", "title: Help desk", "titel: Back desk");
    eventually("the bad edit is told", || {
        let log = server.log();
        log.contains("pack.yaml:6:1") && log.contains("`title`")
    });
    assert_eq!(title(&server), "Help desk");
    folder.edit("pack.yaml", "titel: Back desk", "title: Side desk");
    eventually("the mended edit is served", || {
        title(&server) == "Side desk"
    });
}

#[test]
fn watching_can_be_a_variable() {
    let folder = Folder::copied("reload-watch-variable", PACK);
    let server = watching(&folder, &[], &[("SPARRING_WATCH", "true")]);
    folder.write("more.yaml", "tools: { wave: { description: Waves. } }\n");
    eventually("the new file is served", || {
        server.send("POST", "/desk/wave", "{}").0 == 200
    });
}

#[test]
fn unwatched_files_stay_as_they_were_read() {
    let folder = Folder::copied("reload-unwatched", PACK);
    let server = serving(&folder);
    folder.edit("pack.yaml", "title: Help desk", "titel: Help desk");
    let definitions = server.get("/__admin/definitions").expect(200);
    assert_eq!(definitions["packs"][0]["title"], "Help desk");
}
