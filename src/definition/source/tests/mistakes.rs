use super::told;
use crate::definition::source::{Source, parse};

#[test]
fn every_mistake_is_shown_with_its_line() {
    let check = |path: &str, text: &str, expected: &str| {
        let diagnostics = parse(Source::new(path, text)).expect_err(text);
        let shown: Vec<_> = diagnostics.iter().map(|told| told.render(false)).collect();
        assert_eq!(shown.join("\n"), expected.trim(), "for {text:?}");
    };
    check(
        "a.yaml",
        "a: 1\nb:\n  - {u: 1, u: 2}\n  - *a\na: 2\n",
        r#"
error: the key `u` stands twice in this object
 --> a.yaml:3:12
  |
3 |   - {u: 1, u: 2}
  |      -     ^ again here
  |      |
  |      first here
error: no anchor `&a` before this alias
 --> a.yaml:4:5
  |
4 |   - *a
  |     ^^ unknown anchor
  |
  = help: text that starts with `*` must be in quotes
error: the key `a` stands twice in this object
 --> a.yaml:5:1
  |
1 | a: 1
  | - first here
...
5 | a: 2
  | ^ again here
"#,
    );
    check(
        "a.yaml",
        "a: [1,\n  2\ny: 3\n",
        r#"
error: this list or object is not closed: expected `,` or `]`
 --> a.yaml:3:2
  |
1 | a: [1,
  |    - opened here
2 |   2
3 | y: 3
  |  ^ expected its end before this
"#,
    );
    check(
        "a.yaml",
        "a: {b: 1\n",
        r#"
error: this list or object is not closed: expected `,` or `}`
 --> a.yaml:1:4
  |
1 | a: {b: 1
  |    ^ opened here
"#,
    );
    check(
        "a.yaml",
        "a:\n\tb: 1\n",
        r#"
error: YAML is not indented by tabs
 --> a.yaml:2:1
  |
2 |     b: 1
  | ^^^^ a tab
  |
  = help: use spaces
"#,
    );
    check(
        "a.yaml",
        "body: {{input.id}} x\n",
        r#"
error: a template must be in quotes
 --> a.yaml:1:7
  |
1 | body: {{input.id}} x
  |       ^^^^^^^^^^^^ YAML reads this as an object
  |
  = help: write `"{{…}}"`
"#,
    );
    check(
        "a.yaml",
        "a: &base 1\nb: *bsae\nc: *.json\nd: !foo x\ne: !!int x\n",
        r#"
error: no anchor `&bsae` before this alias
 --> a.yaml:2:4
  |
2 | b: *bsae
  |    ^^^^^ unknown anchor
  |
  = help: did you mean `*base`?
error: no anchor `&.json` before this alias
 --> a.yaml:3:4
  |
3 | c: *.json
  |    ^^^^^^ unknown anchor
  |
  = help: text that starts with `*` must be in quotes
error: the tag `!foo` has no meaning here
 --> a.yaml:4:4
  |
4 | d: !foo x
  |    ^^^^ unknown tag
  |
  = help: text that starts with `!` must be in quotes
error: this tag needs a number, found `x`
 --> a.yaml:5:4
  |
5 | e: !!int x
  |    ^^^^^ expected a number
"#,
    );
    check(
        "a.json",
        "{\"a\": 1,\n\t\"b\": [1 2,],\n \"a\": 2}",
        r#"
error: a comma is missing
 --> a.json:2:9
  |
2 |     "b": [1 2,],
  |            ^ expected `,`
error: a comma before `]` is not JSON
 --> a.json:2:11
  |
2 |     "b": [1 2,],
  |              ^ remove this comma
error: the key `a` stands twice in this object
 --> a.json:3:2
  |
1 | {"a": 1,
  |  --- first here
2 |     "b": [1 2,],
3 |  "a": 2}
  |  ^^^ again here
"#,
    );
    check(
        "a.json",
        "{\"a\": [1",
        r#"
error: expected `,` or `]`
 --> a.json:1:9
  |
1 | {"a": [1
  |       - ^ expected it before this
  |       |
  |       opened here
"#,
    );
}

#[test]
fn mistakes_of_yaml_are_told_in_one_line_each() {
    let check =
        |text: &str, expected: &[&str]| assert_eq!(told("a.yaml", text), expected, "for {text:?}");
    check(
        "url: http://x: y\n",
        &[
            "a.yaml:1:14: a key cannot stand here; put text that contains `: ` in quotes, or check the indentation",
        ],
    );
    check(
        "a: {{x}}\n",
        &["a.yaml:1:4: a template must be in quotes; write `\"{{…}}\"`"],
    );
    check(
        "a: {{#if x}}\n",
        &[
            "a.yaml:1:6: a comment cannot start here; a template must be in quotes: write `\"{{…}}\"`",
        ],
    );
    check(
        "a: \"unclosed\nb: 1\n",
        &[
            "a.yaml:2:1: a quoted text is not closed; a quoted text may go on only on lines that are indented",
        ],
    );
    check(
        "a: 'unclosed",
        &[
            "a.yaml:1:4: a quoted text is not closed; a quoted text may go on only on lines that are indented",
        ],
    );
    check(
        "a: 1\n---\nb: 2\n",
        &["a.yaml:2:1: a file holds one document"],
    );
    check(
        "k: @x\n",
        &["a.yaml:1:4: text cannot start with `@`; put the text in quotes"],
    );
    check(
        "? [a]\n: b\n",
        &["a.yaml:1:3: a key must be text, found a list"],
    );
    check(
        "? {a: 1}\n: b\n",
        &["a.yaml:1:3: a key must be text, found an object"],
    );
    check(
        "a: 'x' y\n",
        &["a.yaml:1:8: text follows a closing quote; put the whole text in quotes"],
    );
    check(
        "a:\n  b: 1\n c: 2\n",
        &[
            "a.yaml:3:2: this does not fit the indentation of the lines above; the keys of an object, and the items of a list, start in the same column",
        ],
    );
    check(
        "a: 1\nfoo bar\nb: 2\n",
        &["a.yaml:2:1: expected `:` after this key"],
    );
    check("a: [1, 2]]\n", &["a.yaml:1:10: no bracket is open here"]);
    check("a: [b: {c]]", &["a.yaml:1:8: `{` is closed by `]`"]);
    check(
        "a: &a [*a]\n",
        &["a.yaml:1:8: the alias `*a` stands within the value that it names"],
    );
    check(
        "a: \"x\\qy\"\n",
        &[
            "a.yaml:1:4: this text has an unknown escape; write `\\\\` for a backslash, or use single quotes",
        ],
    );
    check(
        "a: \"\\ud800\"\n",
        &["a.yaml:1:4: this text has an escape that is no character"],
    );
    check(
        "a: &b 1\nx:\n  <<: *b\n",
        &["a.yaml:3:7: `<<` merges an object or a list of objects"],
    );
    check(
        "a: {<<: [1]}\n",
        &["a.yaml:1:9: `<<` merges an object or a list of objects"],
    );
    check(
        "<<: {}\n<<: {}\n",
        &["a.yaml:2:1: the key `<<` stands twice in this object"],
    );
    check(
        "a: - b\n",
        &["a.yaml:1:4: a list item cannot stand here; start the list on a line of its own"],
    );
    check(
        "a: b\n- c\n",
        &[
            "a.yaml:2:3: this does not fit the indentation of the lines above; the keys of an object, and the items of a list, start in the same column",
        ],
    );
    check(
        "a: *\n",
        &[
            "a.yaml:1:4: `&` and `*` need the name of an anchor; put text that starts with `&` or `*` in quotes",
        ],
    );
    check(
        "a: \"x\"#c\n",
        &[
            "a.yaml:1:7: a comment cannot start here; put a space before `#`, or put the text in quotes",
        ],
    );
    check(
        "a: |x\n  y\n",
        &[
            "a.yaml:1:4: this block of text is not well formed; indent every line of the text deeper than its key",
        ],
    );
    check(
        "a: !<x\n",
        &["a.yaml:1:4: this tag is not well formed; text that starts with `!` must be in quotes"],
    );
    check(
        "a: !!map 1\n",
        &["a.yaml:1:4: this tag needs an object, found `1`"],
    );
    check(
        "a: !!seq {}\n",
        &[
            "a.yaml:1:4: the tag `!!seq` has no meaning here; text that starts with `!` must be in quotes",
        ],
    );
    check(
        "1: a\n'1': b\n",
        &["a.yaml:2:1: the key `1` stands twice in this object"],
    );
    check("%FOO\na", &["a.yaml:2:1: this is not YAML"]);
}

#[test]
fn mistakes_of_json_are_told_in_one_line_each() {
    let check =
        |text: &str, expected: &[&str]| assert_eq!(told("a.json", text), expected, "for {text:?}");
    check("{'a': 1}", &["a.json:1:2: expected a key in double quotes"]);
    check(
        "{\"a\": 1,}",
        &["a.json:1:8: a comma before `}` is not JSON"],
    );
    check("{\"a\": 1 \"b\": 2}", &["a.json:1:8: a comma is missing"]);
    check(
        "{\"a\": tru}",
        &["a.json:1:7: `tru` is not a JSON value; did you mean `true`?"],
    );
    check(
        "{\"a\": yes}",
        &["a.json:1:7: `yes` is not a JSON value; put text in double quotes"],
    );
    check(
        "{\"a\": 'x'}",
        &["a.json:1:7: expected a value, found `'`; JSON texts stand in double quotes"],
    );
    check("{\"a\"", &["a.json:1:5: expected `:` after the key `a`"]);
    check("{", &["a.json:1:2: expected a key in double quotes"]);
    check(
        "{\"a\": \"x\ny\"}",
        &["a.json:1:7: this text has no closing quote"],
    );
    check(
        "{\"a\": \"\\x\"}",
        &["a.json:1:8: this escape is not JSON; write `\\\\` for a backslash"],
    );
    check(
        "\"\\u12g4\"",
        &["a.json:1:2: this escape is not JSON; write `\\\\` for a backslash"],
    );
    check(
        "{\"a\": \"\\ud800\"}",
        &["a.json:1:7: this text has an escape that is no character"],
    );
    check(
        " ",
        &["a.json:1:2: expected a value, found the end of the file"],
    );
    check("{} x", &["a.json:1:4: the JSON text has ended"]);
    check("{\"a\" 1}", &["a.json:1:6: expected `:` after the key `a`"]);
    check("[1; 2]", &["a.json:1:3: expected `,` or `]`"]);
    check(
        "[1, // one\n2]",
        &["a.json:1:5: expected a value, found `/`; JSON has no comments"],
    );
    check(
        "{// c\n}",
        &["a.json:1:2: expected a key in double quotes; JSON has no comments"],
    );
    check(
        "[01, 1., +1]",
        &[
            "a.json:1:2: `01` is not a JSON value",
            "a.json:1:6: `1.` is not a JSON value",
            "a.json:1:10: `+1` is not a JSON value",
        ],
    );
    check(
        "[\"a\tb\"]",
        &["a.json:1:4: a control character must be escaped: write `\\u0009`"],
    );
}
