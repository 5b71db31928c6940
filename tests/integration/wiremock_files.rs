//! `/files` and `bodyFileName`: a sandbox's own files over those of a WireMock root. The expected values
//! are those that WireMock 3.13.2 answers.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::desk::desk;
use crate::support::{Answer, Server};

fn put(server: &Server, name: &str, content: &str) -> Answer {
    server.request("PUT", &format!("/__admin/files/{name}"), &[], Some(content))
}

fn add(server: &Server, path: &str, response: &Value) {
    let stub = json!({ "request": { "urlPathPattern": path }, "response": response });
    server.post("/__admin/mappings", &stub).expect(201);
}

fn names(server: &Server) -> Value {
    server.get("/__admin/files").expect(200)
}

/// A WireMock root with these files in `__files`, and one stub, `/root`, which answers with `a.txt`.
fn root(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Nothing is left there, unless a run was broken off.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("mappings/deep/er")).expect("a folder");
    let stub = json!({ "request": { "url": "/root" }, "response": { "bodyFileName": "a.txt" } });
    std::fs::write(folder.join("mappings/deep/er/stub.json"), stub.to_string()).expect("a file");
    for (file, content) in files {
        let file = folder.join("__files").join(file);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(file, content).expect("a file");
    }
    folder
}

fn serve(folder: &Path) -> Server {
    Server::with(&["--stubs", folder.to_str().expect("a path")])
}

#[test]
fn a_file_is_put_read_listed_and_deleted() {
    let server = desk();
    assert_eq!(names(&server), json!([]));
    let answer = put(&server, "b.txt", "hello");
    assert_eq!(answer.expect(200), json!("aGVsbG8="));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    put(&server, "a/c.txt", "hello2").expect(200);
    put(&server, "emp.txt", "").expect(200);
    put(&server, "with%20space.txt", "x").expect(200);
    put(&server, "a/../y.txt", "y").expect(200);
    let all = json!(["a/c.txt", "b.txt", "emp.txt", "with%20space.txt", "y.txt"]);
    assert_eq!(names(&server), all);
    let answer = server.get("/__admin/files/a/c.txt");
    assert_eq!((answer.status, answer.text.as_str()), (200, "hello2"));
    assert_eq!(answer.header("content-type"), None);
    server.get("/__admin/files/emp.txt").expect_empty(200);
    server.get("/__admin/files/nope").expect_empty(404);
    for name in ["b.txt", "nope.txt", "a"] {
        server
            .delete(&format!("/__admin/files/{name}"))
            .expect_empty(200);
    }
    server.get("/__admin/files/b.txt").expect_empty(404);
    // Another sandbox has its own, and a reset leaves files alone.
    assert_eq!(server.get("/s/other/__admin/files").expect(200), json!([]));
    server.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(
        names(&server),
        json!(["a/c.txt", "emp.txt", "with%20space.txt", "y.txt"])
    );
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let server = desk();
    for name in ["../x.txt", "a/../../x.txt", "/etc/zz", "a/"] {
        for method in ["GET", "PUT", "DELETE"] {
            let line = format!(
                "{method} /__admin/files/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            );
            let answer = server.raw(line.as_bytes(), std::time::Duration::from_secs(5));
            assert!(
                answer.starts_with("HTTP/1.1 400"),
                "{method} {name}: {answer}"
            );
        }
    }
    assert_eq!(names(&server), json!([]));
}

#[test]
fn a_body_comes_from_the_file_that_is_there_at_the_time() {
    let server = desk();
    add(&server, "/f", &json!({ "bodyFileName": "b.txt" }));
    let answer = server.get("/f");
    assert_eq!(answer.status, 500);
    assert!(answer.text.contains("b.txt"), "{}", answer.text);
    for content in ["hello", "{{request.path}}", ""] {
        put(&server, "b.txt", content).expect(200);
        let answer = server.get("/f");
        assert_eq!((answer.status, answer.text.as_str()), (200, content));
    }
    server.delete("/__admin/files/b.txt").expect_empty(200);
    assert_eq!(server.get("/f").status, 500);
    // Of several bodies the first counts.
    add(
        &server,
        "/both",
        &json!({ "bodyFileName": "b.txt", "body": "body" }),
    );
    assert_eq!(server.get("/both").text, "body");
    put(&server, "q.txt", "q").expect(200);
    add(&server, "/dot", &json!({ "bodyFileName": "./q.txt" }));
    assert_eq!(server.get("/dot").text, "q");
    for (path, name) in [("/up", "../q.txt"), ("/abs", "/q.txt")] {
        add(&server, path, &json!({ "bodyFileName": name }));
        assert_eq!(server.get(path).status, 500, "{name}");
    }
}

#[test]
fn names_and_contents_are_templates_where_the_stub_says_so() {
    let server = desk();
    put(&server, "b.txt", "hello").expect(200);
    put(&server, "q.txt", "q {{request.path}}").expect(200);
    put(&server, "bad.txt", "{{#if}}").expect(200);
    let named = json!({ "bodyFileName": "{{request.pathSegments.[1]}}.txt", "transformers": ["response-template"] });
    add(&server, "/t/.*", &named);
    for (path, status, text) in [
        ("/t/b", 200, "hello"),
        ("/t/q", 200, "q /t/q"),
        ("/t/nope", 500, ""),
        ("/t/bad", 500, ""),
        ("/t/..%2fx", 500, ""),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert!(
            text.is_empty() || answer.text == text,
            "{path}: {}",
            answer.text
        );
    }
    let content = json!({ "bodyFileName": "q.txt", "transformers": ["response-template"] });
    add(&server, "/c", &content);
    assert_eq!(server.get("/c").text, "q /c");
    put(&server, "q.txt", "now {{request.method}}").expect(200);
    assert_eq!(server.get("/c").text, "now GET");
}

#[test]
fn a_sandbox_lays_its_files_over_those_of_a_root() {
    let folder = root(
        "files-over",
        &[("a.txt", "of the root"), ("deep/b.txt", "b")],
    );
    let server = serve(&folder);
    assert_eq!(names(&server), json!(["a.txt", "deep/b.txt"]));
    assert_eq!(server.get("/__admin/files/a.txt").text, "of the root");
    assert_eq!(server.get("/root").text, "of the root");
    put(&server, "a.txt", "mine").expect(200);
    assert_eq!(
        (server.get("/root").text, server.get("/s/default/root").text),
        ("mine".into(), "mine".into())
    );
    server.get("/s/other/__admin/files").expect(200);
    assert_eq!(server.get("/s/other/root").text, "of the root");
    server.delete("/__admin/files/a.txt").expect_empty(200);
    assert_eq!(names(&server), json!(["deep/b.txt"]));
    assert_eq!(server.get("/root").status, 500);
    server.get("/__admin/files/a.txt").expect_empty(404);
    let kept = std::fs::read_to_string(folder.join("__files/a.txt")).expect("a file");
    assert_eq!(kept, "of the root");
}

#[test]
fn a_reload_brings_the_files_of_the_root_to_all_stubs() {
    let folder = root(
        "files-reload",
        &[("a.txt", "before"), ("t.txt", "{{request.path}} before")],
    );
    let server = serve(&folder);
    add(&server, "/mine", &json!({ "bodyFileName": "a.txt" }));
    let templated = json!({ "bodyFileName": "t.txt", "transformers": ["response-template"] });
    add(&server, "/templated", &templated);
    let texts = || ["/root", "/mine", "/templated"].map(|path| server.get(path).text);
    assert_eq!(texts(), ["before", "before", "/templated before"]);
    std::fs::write(folder.join("__files/a.txt"), "after").expect("a file");
    std::fs::write(folder.join("__files/t.txt"), "{{request.path}} after").expect("a file");
    server
        .send("POST", "/__admin/definitions/reload", None)
        .expect(200);
    assert_eq!(texts(), ["after", "after", "/templated after"]);
}

#[test]
fn a_root_without_files_is_served() {
    let server = serve(&root("files-none", &[]));
    assert_eq!(names(&server), json!([]));
    assert_eq!(server.get("/root").status, 500);
    put(&server, "a.txt", "now").expect(200);
    assert_eq!(server.get("/root").text, "now");
}
