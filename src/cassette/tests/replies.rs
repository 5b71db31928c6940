//! What replies look like, and how they drift.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::cassette::{Response, drift, schema_of};

#[test]
fn a_schema_has_the_types_and_no_values() {
    for (value, expected) in [
        ("1", json!({"type": "integer"})),
        ("1.0", json!({"type": "number"})),
        ("[]", json!({"type": "array"})),
        ("{}", json!({"type": "object"})),
        (
            "[1, null, 1.5]",
            json!({"type": "array", "items": {"type": ["null", "number"]}}),
        ),
        (
            r#"[{"a": 1, "b": "x"}, {"a": null}]"#,
            json!({"type": "array", "items": {"type": "object",
                "properties": {"a": {"type": ["null", "integer"]}, "b": {"type": "string"}},
                "required": ["a"]}}),
        ),
        (
            r#"{"l": [[1], ["a"], []], "t": true}"#,
            json!({"type": "object",
                "properties": {
                    "l": {"type": "array", "items": {"type": "array", "items": {"type": ["integer", "string"]}}},
                    "t": {"type": "boolean"}},
                "required": ["l", "t"]}),
        ),
    ] {
        let value: Value = serde_json::from_str(value).expect(value);
        let schema = schema_of(&value);
        assert_eq!(schema, expected, "{value}");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        assert!(validator.is_valid(&value), "{value} {schema}");
    }
}

#[test]
fn a_schema_is_bounded() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert!(schema_of(&deep).to_string().len() < 1000);
    let wide: serde_json::Map<String, Value> =
        (0..5000).map(|at| (at.to_string(), json!(at))).collect();
    assert!(schema_of(&Value::Object(wide)).to_string().len() < 20_000);
}

fn response(status: u16, kind: &str, body: &str) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: Bytes::from(body.to_owned()),
        ..Response::default()
    }
}

#[test]
fn drift_is_told_by_field() {
    const JSON: &str = "application/json";
    let of = |old: &str, new: &str, values: bool| {
        let found = drift(&response(200, JSON, old), &response(200, JSON, new), values);
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        told.join("; ")
    };
    for (old, new, told, told_of_values) in [
        ("{}", "{}", "", ""),
        (r#"{"a":1}"#, r#"{"a":2}"#, "", "body.a: 1 → 2"),
        (r#"{"a":1}"#, r#"{"a":1.5}"#, "", "body.a: 1 → 1.5"),
        (
            r#"{"a":1}"#,
            r#"{"b":"x"}"#,
            "body.a: gone (was integer); body.b: new (string)",
            "body.a: gone (was integer); body.b: new (string)",
        ),
        (
            r#"{"a":{"b":1}}"#,
            r#"{"a":{"b":"1"}}"#,
            "body.a.b: integer → string",
            "body.a.b: integer → string",
        ),
        (
            r#"{"a":null}"#,
            r#"{"a":[]}"#,
            "body.a: null → array",
            "body.a: null → array",
        ),
        ("[1,2]", "[1]", "", "body[1]: gone (was integer)"),
        (
            r#"[{"a":1},{"b":1}]"#,
            r#"[{"b":2},{"a":"x"},{"a":"y"}]"#,
            "body[].a: integer → string",
            "body[0].a: gone (was integer); body[0].b: new (integer); body[1].b: gone (was integer); body[1].a: new (string); body[2]: new (object)",
        ),
        (
            "x",
            "{}",
            "body: no JSON → object",
            "body: no JSON → object",
        ),
        ("x", "y", "", "body: 1 bytes → 1 bytes"),
        ("", "{}", "body: nothing → object", "body: nothing → object"),
    ] {
        assert_eq!(of(old, new, false), told, "{old} {new}");
        assert_eq!(of(old, new, true), told_of_values, "{old} {new}");
    }
    let found = drift(
        &response(200, "application/json; charset=utf-8", "{}"),
        &response(404, "text/html", "{}"),
        false,
    );
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "status: 200 → 404",
            "headers.content-type: application/json → text/html"
        ]
    );
}
