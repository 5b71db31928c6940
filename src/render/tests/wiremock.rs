//! What WireMock's dialect reads and prints otherwise. Its helpers and its model are tried as black
//! boxes.

use super::*;
use crate::render::{many, path};

fn call() -> Value {
    let texts = |texts: &[&str]| many(texts.iter().map(|text| Value::from(*text)).collect());
    let segments = vec!["a".into(), "b".into()];
    json!({
        "request": {
            "method": texts(&["GET"]),
            "path": path("/a/b", segments, None),
            "query": { "x": texts(&["1"]), "m": texts(&["1", "2"]) },
        },
        "p": { "a": 1, "b": [1, "x", null] },
        "s": "text",
    })
}

fn printed(source: &str) -> Result<String, String> {
    let template = Template::of_wiremock(source).map_err(|error| error.to_string())?;
    let made = template.render(&call(), &env(&Mixed(7)));
    made.map_err(|error| error.to_string())
}

#[track_caller]
fn check_wiremock(rows: &[(&str, &str)]) {
    for (source, expected) in rows {
        assert_eq!(printed(source).as_deref(), Ok(*expected), "{source}");
    }
}

#[test]
fn values_print_as_those_of_java() {
    check_wiremock(&[
        ("{{p}} {{p.b}}", "{a=1, b=[1, x, null]} [1, x, null]"),
        (
            "{{request.path}} {{request.path.[1]}} {{size request.path}}",
            "/a/b b 2",
        ),
        ("{{request.query}} {{request.query.m.last}}", "{x=1, m=1} 2"),
        (
            "{{val 1.50}} {{val 10000000.0}} {{val 0.0001}}",
            "1.5 1.0E7 1.0E-4",
        ),
        ("{{jsonPath '{\"a\":{\"b\":[1.50]}}' '$.a.b'}}", "[1.5]"),
        (
            "{{eq request.query.x '1'}} {{eq request.query.x.[0] '1'}}",
            "false true",
        ),
    ]);
}

#[test]
fn texts_around_tags_stay_as_they_are() {
    check_wiremock(&[
        ("{{ no tag", "{{ no tag"),
        ("a {{s}} b {{ no tag", "a text b {{ no tag"),
        (r"\{{s}} \{{s}} \\{{s}}x{{s}}", r"\text {{s}} \{{s}}xtext"),
        ("a\n{{#if s}}\nb\n{{else}}\nc\n{{/if}}\nd", "a\n\nb\n\nd"),
        (
            "{{s}} \n {{~#if s~}} \n b \n {{~/if~}} \n c {{! x }} d",
            "textbc  d",
        ),
        ("{{trim 'a\\d\n'}}", r"a\d"),
        ("\u{fdd0}{{#if s}}\u{fdd0}{{/if}}", "\u{fdd0}\u{fdd0}"),
    ]);
}

#[test]
fn names_are_looked_up_outward() {
    check_wiremock(&[
        ("{{#p}}{{a}}{{s}}{{this.s}}{{../s}}{{/p}}", "1texttext"),
        (
            "{{#p.b}}<{{.}}{{@index}}>{{/p.b}}{{^none}}-{{/none}}",
            "<10><x1><2>-",
        ),
        (
            "{{#each p.b}}{{#if @first}}f{{/if}}{{#if @last}}l{{/if}}{{@odd}}{{/each}}",
            "foddl",
        ),
        (
            "{{#with p as |q|}}{{#each q.b as |i|}}{{i}}{{q.a}}{{a}}{{/each}}{{/with}}",
            "111x1111",
        ),
    ]);
}

#[test]
fn loops_come_to_an_end() {
    let rings = "{{#each (range 1 5000)}}".repeat(8) + &"{{/each}}".repeat(8);
    let deep = "{{#s}}".repeat(40) + &"{{/s}}".repeat(40);
    assert_eq!(printed(&rings), Err(RenderError::TooMuchWork.to_string()));
    assert!(printed(&deep).is_err_and(|error| error.contains("no deeper")));
}

#[test]
fn what_xpath_finds_has_a_name_a_text_and_attributes() {
    check_wiremock(&[
        (
            r#"{{#each (xPath '<a><b x="1">t</b><b/></a>' '/a/b') as |n|}}{{n.name}}={{n.text}}:{{n.attributes.x}} {{n.attributes}};{{/each}}"#,
            "b=t:1 {x=1};b=: {};",
        ),
        (
            "{{#each (xPath '<a>t</a>' '/a/text()') as |n|}}{{n}} {{n.name}} {{n.text}}{{/each}}",
            "t #text t",
        ),
        ("{{xPath '<a><b>1</b></a>' '/a/b'}}", "<b>1</b>\n"),
    ]);
}

#[test]
fn an_object_of_nulls_is_written_as_an_empty_one() {
    check_wiremock(&[
        (r#"{{{toJson (parseJson '{"a":null}')}}}"#, "{ }"),
        (
            r#"{{{toJson (parseJson '{"a":{"b":null},"c":1}')}}}"#,
            "{\n  \"a\" : { },\n  \"c\" : 1\n}",
        ),
    ]);
}
