//! Any text is rows or mistakes, and what was written comes back.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::definition::source;

/// The rows of a file with the key `id`; or its mistakes, as `line:column message`.
fn read(path: &str, text: &str, types: &Value) -> Result<Vec<Value>, Vec<String>> {
    let yaml = json!({ "key": "id", "from": path, "types": types });
    let model: Collection = serde_json::from_value(yaml.clone()).expect("a collection");
    let pack = Source::new("pack.json", yaml.to_string());
    let place = Place::root(&Arc::new(source::parse(pack).expect("JSON")));
    let mut report = Report::default();
    let found = rows(&model, &Source::new(path, text), &place, &mut report);
    match found {
        Some(rows) if report.diagnostics.is_empty() => {
            let records = rows.into_iter().map(|row| Value::Object(row.members));
            Ok(records.collect())
        }
        _ => {
            let mistakes = report.diagnostics.iter().map(|mistake| {
                let (line, column) = mistake.line_column();
                format!("{line}:{column} {}", mistake.message)
            });
            Err(mistakes.collect())
        }
    }
}

#[test]
fn edges_of_files() {
    let none = json!({});
    for (path, text, rows) in [
        ("a.csv", "id\n", json!([])),
        (
            "a.csv",
            "id,n\r\na,1\r\n\r\nb,\r\n",
            json!([{ "id": "a", "n": "1" }, { "id": "b" }]),
        ),
        ("a.csv", "\u{feff}id\nä\n", json!([{ "id": "ä" }])),
        (
            "A.CSV",
            "id,\"a \"\"b\"\"\"\nx,y",
            json!([{ "id": "x", "a \"b\"": "y" }]),
        ),
        ("a.jsonl", "\u{feff}\n", json!([])),
        (
            "a.ndjson",
            "{\"id\":\"a\"}\r\n {\"id\":\"b\"}",
            json!([{ "id": "a" }, { "id": "b" }]),
        ),
        ("a.json", "[]", json!([])),
        (
            "a.json",
            "\u{feff} {\"b\": {\"x\": 1}, \"a\": {\"x\": 2}}",
            json!([{ "id": "b", "x": 1 }, { "id": "a", "x": 2 }]),
        ),
    ] {
        let read =
            read(path, text, &none).unwrap_or_else(|mistakes| panic!("{text}: {mistakes:?}"));
        assert_eq!(Value::Array(read), rows, "{text}");
    }
    for (path, text, mistake) in [
        ("a.csv", "", "1:1 no column has the key, `id`"),
        ("a.csv", "id,b\na,1\nb\n", "3:1 found 1 cells"),
        (
            "a.csv",
            "\u{feff}id\nx\nx\n",
            "3:1 the key `x` stands twice",
        ),
        ("a.json", "", "1:1 EOF while parsing a value"),
        (
            "a.json",
            "7",
            "1:1 invalid type: integer `7`, expected a sequence",
        ),
        ("a.json", "[{}] x", "1:6 trailing characters"),
        (
            "a.json",
            "[\n{\"id\": \"a\"},\n {\"id\": \"a\"}]",
            "3:2 the key `a` stands twice",
        ),
        ("a.ndjson", "\n\n  {}\n", "3:3 the row has no `id`"),
        ("a.ndjson", "{\"id\": \"\"}\n", "1:1 the row's `id` is \"\""),
    ] {
        assert_eq!(
            read(path, text, &none),
            Err(vec![mistake.to_owned()]),
            "{text}"
        );
    }
}

#[test]
fn mistakes_are_told_up_to_a_number_and_long_lines_are_not_shown() {
    let text = "{}\n".repeat(1_000);
    assert_eq!(
        read("a.ndjson", &text, &json!({})).map_err(|all| all.len()),
        Err(20)
    );
    let long = format!("[{{\"id\": \"{}\"}}, {{}}]", "x".repeat(5_000));
    let mistakes = read("a.json", &long, &json!({})).expect_err("a mistake");
    // At the place where the file is named.
    assert_eq!(mistakes, ["1:20 a.json:1:5014: the row has no `id`"]);
}

proptest! {
    #[test]
    fn any_text_is_rows_or_mistakes(text in r#"([\[\]{},:" \n\r0-9a-c.é\u{feff}]|"id"|\{"id": ?"[a-d]"\}){0,40}"#) {
        for path in ["a.csv", "a.ndjson", "a.json"] {
            let types = if path == "a.csv" { json!({ "a": "json", "b": "integer" }) } else { json!({}) };
            if let Err(mistakes) = read(path, &text, &types) {
                prop_assert!(!mistakes.is_empty());
            }
        }
    }

    #[test]
    fn what_was_written_is_read(cells in prop::collection::vec("[a-z \",\n\r;é]{1,8}", 1..20)) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let lines = cells.iter().enumerate().map(|(at, cell)| format!("k{at},{}\n", quoted(cell)));
        let text = format!("id,cell\n{}", lines.collect::<String>());
        let rows = read("a.csv", &text, &json!({})).expect("rows");
        let read: Vec<&str> = rows.iter().filter_map(|row| row["cell"].as_str()).collect();
        prop_assert_eq!(read, cells);
    }
}
