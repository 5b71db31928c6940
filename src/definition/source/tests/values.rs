use serde_json::{Value, json};

use super::{read, told};
use crate::definition::source::{Source, TEXT_BYTES_MAX, VALUES_MAX, check};

#[test]
fn plain_scalars_follow_the_core_schema_with_the_numbers_of_json() {
    let check = |text: &str, expected: &str| {
        let value = read("a.yaml", &format!("[{text}, x]")).value;
        assert_eq!(value[0].to_string(), expected, "for {text}");
    };
    for null in ["null", "Null", "NULL", "~"] {
        check(null, "null");
    }
    for (text, expected) in [("true", "true"), ("TRUE", "true"), ("False", "false")] {
        check(text, expected);
    }
    for number in [
        "0",
        "-1",
        "1.50",
        "-0.0",
        "123456789012345678901234567890.10",
    ] {
        check(number, number);
    }
    check("1E3", "1e+3");
    for text in [
        "no",
        "yes",
        "on",
        "014",
        "0x1F",
        "0o7",
        ".inf",
        ".5",
        "5.",
        "+1",
        "1_000",
        "2026-01-01",
        "--1",
        "nUll",
        "1e",
        "12:30",
        "NaN",
        "1 2",
    ] {
        check(text, &format!("\"{text}\""));
    }
    check("'1'", "\"1\"");
    check("\"true\"", "\"true\"");
    check("!!str 1", "\"1\"");
    check("! 1", "\"1\"");
    check("!!int '1'", "1");
    check("!!float 1.50", "1.50");
    check("!!null ''", "null");
}

#[test]
fn yaml_is_read_as_the_json_that_it_means() {
    let check = |text: &str, expected: Value| {
        assert_eq!(read("a.yaml", text).value, expected, "for {text:?}");
    };
    check("", Value::Null);
    check("# nothing\n", Value::Null);
    check("---\n", Value::Null);
    check("\u{feff}a: é\n", json!({"a": "é"}));
    check("a:\nb: ~\n", json!({"a": null, "b": null}));
    check(
        "a: |\n  x\n  y\nb: >-\n  x\n  y\n",
        json!({"a": "x\ny\n", "b": "x y"}),
    );
    check("200: ok\nno: x\n1.50: y\n~: z\ntrue: t\n", {
        json!({"200": "ok", "no": "x", "1.50": "y", "~": "z", "true": "t"})
    });
    check("a: \"\\uD83D\\uDE00\\/\"", json!({"a": "😀/"}));
    check("{\"a\":[1,{\"b\":null}]}", json!({"a": [1, {"b": null}]}));
    check("%YAML 1.2\n---\na: 1\n...\n", json!({"a": 1}));
    check("a: !!map {b: !!seq [1]}\n", json!({"a": {"b": [1]}}));
    check("a: &x [1]\nb: *x\n", json!({"a": [1], "b": [1]}));
    check("a: &x k\n*x : v\n", json!({"a": "k", "k": "v"}));
    check("&x k: *x\n", json!({"k": "k"}));
    check("a: &x 1\nb: &x 2\nc: *x\n", json!({"a": 1, "b": 2, "c": 2}));
}

#[test]
fn merged_fields_stand_in_the_place_of_the_merge_key_and_never_win() {
    let check = |merge: &str, expected: &str| {
        let text = format!("x: &x {{a: 1, b: 1}}\ny: &y {{b: 2, c: 2}}\nz: {{{merge}}}\n");
        let value = &read("a.yaml", &text).value["z"];
        assert_eq!(value.to_string(), expected, "for {merge}");
    };
    check("<<: *x", r#"{"a":1,"b":1}"#);
    check("<<: *x, b: 3, d: 4", r#"{"a":1,"b":3,"d":4}"#);
    check("d: 4, <<: *x, b: 3", r#"{"d":4,"a":1,"b":3}"#);
    check("d: 4, <<: [*x, *y]", r#"{"d":4,"a":1,"b":1,"c":2}"#);
    check("<<: {e: 5}", r#"{"e":5}"#);
    check("<<: []", "{}");
    check("'<<': 1", r#"{"<<":1}"#);
}

#[test]
fn json_is_read_strictly() {
    let text = "\t{\n\t\"a\": [1.50, \"\\uD83D\\uDE00\\n\", true, null, {}, []],\r\n\t\"<<\": 1}\n";
    let value = read("A.JSON", text).value;
    assert_eq!(read("a.json", "\u{feff}[1]").value, json!([1]));
    assert_eq!(
        value.to_string(),
        r#"{"a":[1.50,"😀\n",true,null,{},[]],"<<":1}"#
    );
}

#[test]
fn spans_lead_to_keys_and_values() {
    let text = "a: 1\nb:\n  - é: 'x y'  # c\n  - [1, {k: v}]\n  -\nc/d: |\n  text\n\ne: &e {f: 1}\ng: *e\nh:\n";
    let document = read("a.yaml", text);
    let check = |pointer: &str, value: &str, key: &str, head: &str| {
        assert_eq!(
            &text[document.span(pointer)],
            value,
            "the value at {pointer:?}"
        );
        assert_eq!(
            &text[document.key_span(pointer)],
            key,
            "the key at {pointer:?}"
        );
        assert_eq!(
            &text[document.head_span(pointer)],
            head,
            "the head at {pointer:?}"
        );
    };
    check(
        "",
        text.trim_end_matches(":\n"),
        text.trim_end_matches(":\n"),
        "a",
    );
    check("/a", "1", "a", "a");
    check("/b", "- é: 'x y'  # c\n  - [1, {k: v}]\n  -", "b", "b");
    check("/b/0", "é: 'x y'", "b", "é");
    check("/b/0/é", "'x y'", "é", "é");
    check("/b/1", "[1, {k: v}]", "b", "[1, {k: v}]");
    check("/b/1/1", "{k: v}", "b", "k");
    check("/b/1/1/k", "v", "k", "k");
    check("/b/2", "", "b", "");
    check("/b/3", "- é: 'x y'  # c\n  - [1, {k: v}]\n  -", "b", "b");
    check("/c~1d", "text", "c/d", "c/d");
    check("/e/f", "1", "f", "f");
    check("/g", "*e", "g", "g");
    check("/g/f", "1", "f", "f");
    check("/h", "", "h", "h");
    check(
        "/none/x",
        text.trim_end_matches(":\n"),
        text.trim_end_matches(":\n"),
        "a",
    );
    check("/a/x", "1", "a", "a");

    let text = "{\n\t\"a\": [ 1, {\"b\": \"x\"} ]\n}\n";
    let document = read("a.json", text);
    assert_eq!(
        &text[document.span("")],
        "{\n\t\"a\": [ 1, {\"b\": \"x\"} ]\n}"
    );
    assert_eq!(&text[document.span("/a")], "[ 1, {\"b\": \"x\"} ]");
    assert_eq!(&text[document.span("/a/1/b")], "\"x\"");
    assert_eq!(&text[document.key_span("/a/1/b")], "\"b\"");
}

#[test]
fn columns_count_characters() {
    let source = Source::new("a.yaml", "é: 1\r\nüñ: x\n");
    let check = |needle: &str, expected: (usize, usize)| {
        let offset = source.text.find(needle).expect("the text has it");
        assert_eq!(source.line_column(offset), expected, "for {needle:?}");
    };
    check("é", (1, 1));
    check("1", (1, 4));
    check("ü", (2, 1));
    check("x", (2, 5));
    assert_eq!(source.line_column(1), (1, 1));
    assert_eq!(source.line_column(usize::MAX), (3, 1));
}

#[test]
fn what_is_too_large_is_refused_quickly() {
    let check = |path: &str, text: &str, expected: &str| {
        let told = told(path, text);
        assert!(told.iter().any(|line| line.contains(expected)), "{told:?}");
    };
    let nested = "this is nested more than 100 levels deep";
    for path in ["a.yaml", "a.json"] {
        check(path, &"[".repeat(100_000), nested);
        check(path, &"{\"a\":".repeat(100_000), nested);
        read(path, &format!("{}{}", "[".repeat(100), "]".repeat(100)));
        read(path, &format!("[{}1]", "[],".repeat(200)));
        check(
            path,
            &format!("{}{}", "[".repeat(101), "]".repeat(101)),
            nested,
        );
    }
    check("a.yaml", &"- ".repeat(100_000), nested);
    let mixed = format!("{}{}{}", "- ".repeat(60), "[".repeat(60), "]".repeat(60));
    check("a.yaml", &mixed, &format!("a.yaml:1:161: {nested}"));
    let chain: String = (1..200)
        .map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1))
        .collect();
    check("a.yaml", &format!("a0: &a0 1\n{chain}"), nested);

    let bomb = |first: &str, each: &str| -> String {
        let rest =
            (1..10).map(|n| format!("a{n}: &a{n} {}\n", each.replace('N', &(n - 1).to_string())));
        format!("a0: &a0 {first}\n{}", rest.collect::<String>())
    };
    let tenfold = format!("[{}]", ["*aN"; 10].join(","));
    check(
        "a.yaml",
        &bomb("x", &tenfold),
        &format!("more than {VALUES_MAX} values"),
    );
    let long = "x".repeat(100_000);
    check(
        "a.yaml",
        &bomb(&long, &tenfold),
        &format!("more than {TEXT_BYTES_MAX} bytes"),
    );
    let wide: String = (0..1000).map(|n| format!("k{n}: 1, ")).collect();
    let merge = format!("{{<<: [{}]}}", ["*a"; 600].join(","));
    let merges = format!("a: &a {{{wide}}}\nb: {merge}\n");
    read("a.yaml", &merges);
    check(
        "a.yaml",
        &format!("{merges}c: {merge}\n"),
        &format!("more than {VALUES_MAX} values"),
    );
}

#[test]
fn a_long_line_is_shown_in_part() {
    let text = format!("{{\"a\": \"{}\", \"b\": 1}}", "x".repeat(1_000_000));
    let diagnostics = check(&read("a.json", &text), &json!({"properties": {"b": false}}));
    let shown = diagnostics[0].render(false);
    assert!(
        shown.contains("not allowed") && shown.len() < 1_000,
        "{}",
        shown.len()
    );
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let text = "{\"a\u{1b}[31m\": 1, \"b\": \"\\u001b[31m\"}";
    let schema = json!({"additionalProperties": false, "properties": {"b": {"const": "x"}}});
    let text = text.replace('\u{1b}', "\u{9b}");
    for diagnostic in check(&read("a.json", &text), &schema) {
        let shown = format!("{diagnostic}{}", diagnostic.render(false));
        let is_clean = !shown
            .chars()
            .any(|letter| letter.is_control() && letter != '\n');
        assert!(is_clean, "{shown:?}");
    }
}
