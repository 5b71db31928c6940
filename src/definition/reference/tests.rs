//! What the reference makes of small schemas, and what holds for all of the language's own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::phrase::phrase;
use super::schema::Language;
use super::{reference, text};
use crate::definition::model::{pack_schema, stub_schema};

#[test]
fn a_type_is_told_in_words() {
    let schema = json!({ "$defs": { "RateLimit": { "type": "object" } } });
    let language = Language::new(&schema);
    let check = |schema: Value, expected: &str| {
        assert_eq!(phrase(&language, &schema), expected, "{schema}");
    };
    let block = json!({ "$ref": "#/$defs/RateLimit" });
    let name = json!({ "type": "string", "description": "The name of a profile." });
    check(json!({ "type": "string" }), "text");
    check(json!({ "type": ["string", "null"] }), "text");
    check(
        json!({ "type": ["string", "number", "null"] }),
        "text or number",
    );
    check(json!(true), "anything");
    check(json!({}), "anything");
    check(json!({ "description": "What it is." }), "anything");
    check(block.clone(), "[Rate limit](#rate-limit)");
    check(
        json!({ "anyOf": [{ "anyOf": [name, block] }, { "type": "null" }] }),
        "the name of a profile or [Rate limit](#rate-limit)",
    );
    check(
        json!({ "anyOf": [block, { "type": "array", "items": block }] }),
        "[Rate limit](#rate-limit), or a list of them",
    );
    check(
        json!({ "type": "array", "items": block }),
        "list of [Rate limit](#rate-limit)",
    );
    check(
        json!({ "type": "object", "additionalProperties": { "type": "integer" } }),
        "whole number, by name",
    );
    check(
        json!({ "type": "object", "additionalProperties": true }),
        "object",
    );
    check(json!({ "type": "array", "items": true }), "list");
    check(
        json!({ "type": "integer", "minimum": 1, "maximum": 64 }),
        "whole number (1 to 64)",
    );
    check(
        json!({ "type": "integer", "minimum": 0, "maximum": 65535 }),
        "whole number",
    );
    check(
        json!({ "enum": [true, "required"] }),
        "`true` or `required`",
    );
}

#[test]
fn blocks_come_as_they_are_met() {
    let text = |name: &str| json!({ "type": "string", "description": name });
    let schema = json!({
        "title": "Sparring pack file",
        "properties": {
            "tools": { "type": "object", "additionalProperties": { "$ref": "#/$defs/Tool" } },
            "fault": { "anyOf": [{ "$ref": "#/$defs/Mode" }, { "type": "null" }] },
        },
        "$defs": {
            "Mode": { "description": "How.", "oneOf": [
                { "const": "late", "description": "Late | never." },
                { "type": "object", "properties": { "by": text("x") }, "description": "By." },
            ] },
            "Step": { "properties": { "each": { "$ref": "#/$defs/Step" }, "in": text("In <it>.\n\nAnd `<so>`.") },
                "required": ["in"] },
            "Tool": { "description": "A\ntool.", "properties": {
                "do": { "type": "array", "items": { "$ref": "#/$defs/Step" } },
                "size": { "type": "integer", "default": 5, "description": "How many." } } },
        },
    });
    let page = reference(&schema, "command");
    let (_, sections) = page.split_once("## Contents\n\n").expect("contents");
    assert_eq!(
        sections,
        "\
- [Pack file](#pack-file)
  - [Tool](#tool)
    - [Step](#step)

## Pack file

| key | is | |
|---|---|---|
| `tools` | [Tool](#tool), by name |  |
| `fault` | [Mode](#mode) |  |

## Tool

A tool.

At `tools` of [Pack file](#pack-file).

| key | is | |
|---|---|---|
| `do` | list of [Step](#step) |  |
| `size` | whole number | How many. `5`, if left out. |

## Step

At `do` of [Tool](#tool); `each` of [Step](#step).

| key | is | |
|---|---|---|
| `each` | [Step](#step) |  |
| `in` | text; **needed** | In &lt;it>.<br>And `<so>`. |

## Mode

How.

At `fault` of [Pack file](#pack-file).

| value | |
|---|---|
| `late` | Late \\| never. |
| `by:` text | By. |
"
    );
}

#[test]
fn what_is_listed_in_a_sentence_is_a_list() {
    let check = |text: &str, expected: &str| assert_eq!(text::prose(text), expected);
    check("One.\nTwo.\n\nThree.", "One. Two.\n\nThree.\n\n");
    check("", "");
    check(
        "Functions: a(x); b; c(y; z); d.",
        "Functions:\n\n- a(x)\n- b\n- c(y\n- z)\n- d\n\n",
    );
    check("It sees: a; b.", "It sees: a; b.\n\n");
}

/// Headings and links of the whole language fit together, and nothing of the schema's own shows.
#[test]
fn the_whole_language_reads_well() {
    for schema in [pack_schema(), stub_schema().clone()] {
        let page = reference(&schema, "command");
        let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
        let mut anchors = BTreeSet::new();
        for heading in headings {
            assert!(
                anchors.insert(text::anchor(heading)),
                "{heading} stands twice"
            );
        }
        let mut links = 0;
        for link in page.split("](#").skip(1) {
            let (anchor, _) = link.split_once(')').expect("an end");
            assert!(anchors.contains(anchor), "nothing is called {anchor}");
            links += 1;
        }
        assert!(links > anchors.len(), "{links}");
        for noise in ["$defs", "uint", "int64", "anyOf"] {
            let lines = page.lines().filter(|line| line.contains(noise));
            assert_eq!(lines.collect::<Vec<_>>(), [""; 0], "{noise}");
        }
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        for row in rows {
            // An author finds something said of every key and value.
            let told = row.trim_end_matches(" |").rsplit(" | ").next();
            assert!(told.is_some_and(|told| !told.trim().is_empty()), "{row}");
        }
    }
}
