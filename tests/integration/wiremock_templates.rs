//! Templates as WireMock renders them. What is expected was printed by WireMock 3.13.2.

use serde_json::{Value, json};

use crate::desk::{desk, desk_with};
use crate::support::Server;

/// Templates in groups, each with a call, and what WireMock prints for them.
const PRINTED: &str = include_str!("wiremock_templates.json");

const PATH: &str = "/t/9/one/two?x=1&y=a%20b&multi=1&multi=2&lt=%3Cb%3E%26%27%22";

const HEADERS: [(&str, &str); 4] = [
    ("X-Req", "v1"),
    ("X-Multi", "m1"),
    ("X-Multi", "m2"),
    ("Cookie", "sid=abc; other=o p"),
];

const JSON: &str = "application/json";

/// What a stub with this response answers to a call with this body.
fn answered(server: &Server, response: &Value, kind: &str, body: &str) -> String {
    server.delete("/__admin/mappings").expect(200);
    let stub = json!({ "request": { "urlPathPattern": "/t/.*" }, "response": response });
    server.post("/__admin/mappings", &stub).expect(201);
    let mut headers = vec![("Content-Type", kind)];
    headers.extend(HEADERS);
    let answer = server.request("POST", PATH, &headers, Some(body));
    assert_eq!(answer.status, 200, "{response}: {}", answer.text);
    answer.text
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().expect(name)
}

#[test]
fn templates_print_what_wiremock_prints() {
    let server = desk();
    let printed: Value = serde_json::from_str(PRINTED).expect("JSON");
    for group in printed["groups"].as_array().expect("groups") {
        let (kind, body) = (text(group, "contentType"), text(group, "body"));
        for case in group["cases"].as_array().expect("cases") {
            let response = json!({
                "body": case["template"],
                "transformers": ["response-template"],
                "transformerParameters": printed["parameters"],
            });
            let made = answered(&server, &response, kind, body);
            assert_eq!(made, text(case, "prints"), "{}", case["template"]);
        }
    }
}

#[test]
fn all_stubs_may_be_templates() {
    let response =
        json!({ "body": "{{request.query.x}}", "headers": { "X": "{{request.method}}" } });
    for (arguments, expected) in [
        (&["--global-response-templating"][..], "1"),
        (&["--local-response-templating"], "{{request.query.x}}"),
        (&[], "{{request.query.x}}"),
    ] {
        let server = desk_with(arguments);
        assert_eq!(
            answered(&server, &response, JSON, ""),
            expected,
            "{arguments:?}"
        );
    }
}

#[test]
fn parts_are_asked_about() {
    let server = desk();
    let body = "--BB\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhello\r\n--BB\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
        Content-Type: application/octet-stream\r\n\r\nabc\r\n--BB--\r\n";
    let kind = "multipart/form-data; boundary=BB";
    for (template, expected) in [
        (
            "{{request.parts.text.body}}|{{request.parts.text.name}}|{{request.parts.text.binary}}",
            "hello|text|true",
        ),
        (
            "{{request.parts.file.bodyAsBase64}}|{{request.parts.none.body}}|{{request.parts.file.headers.Content-Type}}",
            "YWJj||application/octet-stream",
        ),
        (
            "{{#each request.parts as |p|}}{{p.name}}:{{p.body}};{{/each}}{{size request.parts}}",
            "file:abc;text:hello;2",
        ),
    ] {
        let response = json!({ "body": template, "transformers": ["response-template"] });
        assert_eq!(
            answered(&server, &response, kind, body),
            expected,
            "{template}"
        );
    }
}

#[test]
fn a_part_is_bytes_by_its_content_type() {
    let server = desk();
    let template = "{{request.parts.a.binary}}";
    let response = json!({ "body": template, "transformers": ["response-template"] });
    for (header, expected) in [
        ("", "true"),
        ("Content-Type: text/plain\r\n", "false"),
        ("content-type: application/octet-stream\r\n", "true"),
    ] {
        let disposition = "Content-Disposition: form-data; name=\"a\"";
        let body = format!("--BB\r\n{disposition}\r\n{header}\r\nx\r\n--BB--\r\n");
        let made = answered(
            &server,
            &response,
            "multipart/form-data; boundary=BB",
            &body,
        );
        assert_eq!(made, expected, "{header}");
    }
}

#[test]
fn the_id_of_a_call_is_that_of_the_journal() {
    let server = desk();
    for base in ["", "/s/team-a"] {
        let response = json!({ "body": "{{request.id}}", "transformers": ["response-template"] });
        let stub = json!({ "request": { "url": "/id" }, "response": response });
        server
            .post(&format!("{base}/__admin/mappings"), &stub)
            .expect(201);
        let answer = server.request("GET", &format!("{base}/id"), &[], None);
        let journal = server.get(&format!("{base}/__admin/requests")).expect(200);
        assert_eq!(journal["requests"][0]["id"], answer.text, "{base}");
    }
}

#[test]
fn a_path_template_names_what_a_path_holds() {
    let server = desk();
    let stub = json!({
        "request": { "urlPathTemplate": "/t/{name}/{other}" },
        "response": {
            "body": "{{request.path.name}}|{{request.path.other}}|{{request.path}}|{{request.path.[1]}}|{{request.pathSegments.name}}|{{request.path.0}}|{{size request.path}}",
            "transformers": ["response-template"],
        },
    });
    server.post("/__admin/mappings", &stub).expect(201);
    let answer = server.request("GET", "/t/one/two", &[], None);
    assert_eq!(answer.text, "one|two|/t/one/two|one|one|t|5");
}

#[test]
fn a_json_body_is_a_template_with_its_names() {
    let server = desk();
    let response = json!({
        "jsonBody": {
            "a": "{{request.query.x}}",
            "b": ["{{request.method}}"],
            "c": "{{jsonPath request.body '$.age'}}",
            "{{request.method}}": 1,
        },
        "transformers": ["response-template"],
    });
    let made = answered(&server, &response, JSON, r#"{"age":42}"#);
    assert_eq!(made, r#"{"a":"1","b":["POST"],"c":"42","POST":1}"#);
}

#[test]
fn a_template_that_does_not_compile_is_refused() {
    let server = desk();
    for (template, part) in [
        ("{{nohelper 'x'}}", "there is no helper 'nohelper'"),
        ("{{#if request.url}}x", "syntax error"),
        ("a\nb {{> partial}}", "line 2, column 3"),
    ] {
        let stub = json!({
            "response": { "body": template, "transformers": ["response-template"] },
        });
        let answer = server.post("/__admin/mappings", &stub);
        assert_eq!(answer.status, 422, "{template}");
        assert!(answer.text.contains(part), "{template}: {}", answer.text);
    }
}
