//! What is no cassette is refused with its place.

use crate::cassette::{Bounds, Kind, read};

/// What a text is refused with, where that is not what it should be.
fn check(text: &str, place: &str, says: &str) -> Option<String> {
    let told = match read("a.yaml", text.as_bytes(), Bounds::default()) {
        Ok(_) => "it was read".to_owned(),
        Err(error) => error.to_string(),
    };
    let is_right = told.starts_with(&format!("a.yaml:{place}: ")) && told.contains(says);
    (!is_right).then(|| format!("{told}\nnot {place} {says}\n{text}\n"))
}

#[test]
fn mistakes_are_told_with_their_place() {
    const HEAD: &str = "sparring: cassette/1\nname: x\nentries:\n";
    const FIRST: &str =
        "\n- request:\n    method: GET\n    target: /a\n  response:\n    status: 200\n";
    let wrong = [
        (
            "",
            "1:1",
            "this is no cassette; expected `sparring: cassette/1`",
        ),
        ("hello\n", "1:1", "this is no cassette"),
        ("[1, 2]", "1:1", "this is no cassette"),
        ("{\"a\": 1}", "1:2", "this is no cassette"),
        (
            "entrys: []\nname: x\n",
            "1:1",
            "did you mean `entries` by `entrys`?",
        ),
        (
            "sparring: cassette/2\nentries: []\n",
            "1:11",
            "`cassette/2` is no version",
        ),
        (
            "sparring: cassette/1\nnaem: x\nentries: []\n",
            "2:1",
            "did you mean `name`?",
        ),
        (
            "entries:\n- request: {method: GET, target: /}\n  response: {status: 200}\n",
            "1:1",
            "`sparring` is missing; a cassette begins with",
        ),
        (
            &format!("{HEAD}{FIRST}\n- request:\n    method: GET\n    targte: /a\n"),
            "13:5",
            "`targte`",
        ),
        (
            &format!("{HEAD}- request: {{method: GET, target: /}}\n"),
            "4:3",
            "`response` is missing",
        ),
        (
            &format!(
                "{HEAD}{FIRST}\n- request: {{method: GET, targte: /}}\n  response: {{status: 200}}\n"
            ),
            "11:26",
            "did you mean `target`?",
        ),
        (
            &format!(
                "{HEAD}{FIRST}\n- request: {{method: GET, target: /}}\n  response: {{status: 20}}\n"
            ),
            "12:22",
            "`status` must be a status from 100 to 999",
        ),
        (
            &format!(
                "{HEAD}{FIRST}\n- request: {{method: GET, target: x}}\n  response: {{status: 200}}\n"
            ),
            "11:34",
            "`x` is no path; a target begins with `/`",
        ),
        (
            &format!(
                "{HEAD}{FIRST}\n- request: {{method: GET, target: /}}\n  response: {{lost: rest}}\n"
            ),
            "12:20",
            "did you mean `reset`?",
        ),
        (
            &format!("{HEAD}{FIRST}\n- request: {{method: GET, target: /\n"),
            "11:12",
            "not closed",
        ),
        (
            &format!("{HEAD}{FIRST}nmae: y\n"),
            "10:1",
            "there is no member `nmae` here; did you mean `name`?",
        ),
        (
            &format!("{HEAD}{FIRST}---\nname: y\n"),
            "10:1",
            "a file holds one document",
        ),
        (
            &format!(
                "{HEAD}{FIRST}\n- at: 2026-01-01T00:00:00Z\n  request: {{method: GET, target: /}}\n  response:\n    status: 200\n    body: |\n      a\n      b\n"
            ),
            "11:3",
            "was the file cut off here?",
        ),
        // JSON. Columns count characters.
        (
            "{\"sparring\": \"cassette/1\", \"name\": \"é\", \"entries\": [{}]}",
            "1:53",
            "`request` is missing",
        ),
        (
            "{\"sparring\": \"cassette/1\", \"entries\": [",
            "1:40",
            "expected a value, found the end of the file",
        ),
        (
            "{\"sparring\": \"cassette/1\", \"entries\": [\n{\"request\": {\"method\": \"GET\"",
            "2:29",
            "expected `,` or `}`",
        ),
        (
            "{\"sparring\": \"cassette/1\", \"entries\": [\n{\"request\": {\"method\": \"GET\", \"target\": \"/\"}, \"response\": {\"status\": 200}},\n]}",
            "3:1",
            "expected a value",
        ),
        (
            "{\"sparring\": \"cassette/1\", \"entries\": [\n], \n\"nmae\": 1}",
            "3:1",
            "did you mean `name`?",
        ),
        (
            "{\"sparring\": \"cassette/1\", \"entries\": [ {}\n, {}], \"nmae\": 1}",
            "1:41",
            "`request` is missing",
        ),
    ]
    .map(|(text, place, says)| check(text, place, says));
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let text = b"sparring: cassette/1\nentries:\n- request:\n    method: \xff\n";
    let error = read("a", text, Bounds::default()).expect_err("no text");
    assert_eq!(
        error.to_string(),
        "a:4:13: this is no text: these bytes are not UTF-8"
    );
}

#[test]
fn a_file_that_is_too_large_is_refused_as_soon_as_that_is_known() {
    let bounds = Bounds {
        held_bytes: 3000,
        entry_bytes: 500,
        entries: 3,
    };
    let entry = |body: &str| {
        format!(
            "- request: {{method: GET, target: /}}\n  response: {{status: 200, body: {body}}}\n"
        )
    };
    let head = "sparring: cassette/1\nentries:\n".to_owned();
    for (text, place, says) in [
        (
            head.clone() + &entry("a").repeat(4),
            "9:3",
            "more than 3 entries",
        ),
        (
            head.clone() + &entry("a") + &entry(&"a".repeat(600)),
            "5:1",
            "larger than 500 bytes",
        ),
        (
            head.clone() + &entry(&"a".repeat(400)).repeat(9),
            "",
            "more than",
        ),
        ("a".repeat(2000), "1:1", "larger than 500 bytes"),
        (" ".repeat(2000), "1:1", "larger than 500 bytes"),
        (
            format!("{{{}", " ".repeat(2000)),
            "1:1",
            "larger than 500 bytes",
        ),
    ] {
        let error = read("a", text.as_bytes(), bounds).expect_err(&text);
        let told = error.to_string();
        assert_eq!(error.kind, Kind::TooLarge, "{told}");
        assert!(
            told.starts_with(&format!("a:{place}")) && told.contains(says),
            "{told}"
        );
    }
}

#[test]
fn what_is_cut_off_anywhere_is_read_or_refused_within_its_lines() {
    for sample in [
        include_str!("../../../tests/integration/cassettes/browser.har"),
        include_str!("../../../tests/integration/cassettes/requests.yaml"),
        include_str!("../../../tests/integration/cassettes/harness.json"),
        include_str!("../../../tests/integration/cassettes/mappings.json"),
        include_str!("../../../tests/integration/cassettes/pay.yaml"),
    ] {
        let is_json = sample.starts_with('{');
        for length in (0..sample.trim_end().len()).step_by(7) {
            let half = &sample.as_bytes()[..length];
            match read("a", half, Bounds::default()) {
                Ok(_) => assert!(!is_json, "{length}"),
                Err(error) => {
                    let lines = half.split(|byte| *byte == b'\n').count();
                    assert!((1..=lines).contains(&error.line), "{length}: {error}");
                }
            }
        }
    }
}
