//! `sparring check`: good packs pass, and of bad ones every mistake is told with its place.

use std::fs;
use std::path::Path;

use crate::desk::PACK;
use crate::launch::{Folder, run};

/// A mistake as an author is to be told it.
pub(crate) struct Mistake<'a> {
    /// File, line and column.
    place: &'a str,
    /// What is wrong.
    says: &'a str,
    /// What was expected, or the nearest name that there is; empty, where nothing comes near.
    expected: &'a str,
}

pub(crate) const fn mistake<'a>(place: &'a str, says: &'a str, expected: &'a str) -> Mistake<'a> {
    Mistake {
        place,
        says,
        expected,
    }
}

/// Checks a folder of `tests/packs/bad`, which has exactly these mistakes.
#[track_caller]
pub(crate) fn check(folder: &str, mistakes: &[Mistake<'_>]) {
    let folder = format!("tests/packs/bad/{folder}");
    let said = run(&["check", &folder], &[]);
    assert_eq!(said.status.code(), Some(1), "{folder}");
    assert_eq!(said.stdout, "", "{folder}");
    let told: Vec<&str> = said.stderr.split("error: ").skip(1).collect();
    for mistake in mistakes {
        let place = format!("{folder}/{}", mistake.place);
        let of_place = |told: &&&str| {
            told.lines()
                .any(|line| line.trim_end().ends_with(&format!("--> {place}")))
        };
        let Some(told) = told.iter().find(of_place) else {
            panic!("nothing is told of {place}:\n{}", said.stderr);
        };
        assert!(
            told.contains(mistake.says),
            "{place} does not say {:?}:\n{told}",
            mistake.says
        );
        assert!(
            told.contains(mistake.expected),
            "{place} does not say what was expected ({:?}):\n{told}",
            mistake.expected
        );
        let line = source_line(&place);
        assert!(
            told.contains(&line),
            "{place} does not show {line:?}:\n{told}"
        );
    }
    assert_eq!(told.len(), mistakes.len(), "{}", said.stderr);
}

/// The line of the file that a place names.
fn source_line(place: &str) -> String {
    let mut parts = place.rsplitn(3, ':');
    let (_, line) = (parts.next(), parts.next().expect("a line"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(parts.next().expect("a path"));
    let text = fs::read_to_string(path).expect("the file");
    let line: usize = line.parse().expect("a number");
    text.lines().nth(line - 1).expect("the line").to_owned()
}

#[test]
fn good_packs_pass() {
    for (folders, named) in [
        (&[PACK][..], &["desk"][..]),
        (&["tests/packs/pair"], &["left", "right"]),
        (&["tests/packs/resources"], &["resources: 18 tools"]),
        (&["tests/packs/wiremock"], &["8"]),
        (&["stubs/greenhelix"], &["greenhelix"]),
        (
            &[PACK, "tests/packs/pair", "tests/packs/wiremock"],
            &["desk", "left", "right", "8"],
        ),
    ] {
        let mut arguments = vec!["check"];
        arguments.extend(folders);
        let said = run(&arguments, &[]);
        assert!(said.status.success(), "{folders:?}: {}", said.stderr);
        for name in named {
            assert!(said.stdout.contains(name), "{name}: {}", said.stdout);
        }
    }
}

#[test]
fn names_and_types_of_keys() {
    check(
        "unknown_key",
        &[
            mistake(
                "pack.yaml:2:1",
                "unknown key `titel`",
                "did you mean `title`?",
            ),
            mistake(
                "pack.yaml:6:5",
                "unknown key `respons` in tools.read_note",
                "did you mean `response`?",
            ),
        ],
    );
    check(
        "wrong_type",
        &[
            mistake("pack.yaml:2:8", "found a list", "expected a string"),
            mistake(
                "pack.yaml:6:56",
                "found a string",
                "expected a whole number",
            ),
        ],
    );
}

#[test]
fn names_that_stand_for_nothing() {
    check(
        "unknown_state",
        &[
            mistake(
                "pack.yaml:11:22",
                "unknown state `opne`",
                "did you mean `open`?",
            ),
            mistake(
                "pack.yaml:12:37",
                "unknown state `clozed`",
                "did you mean `closed`?",
            ),
        ],
    );
    check(
        "unknown_names",
        &[
            mistake(
                "pack.yaml:6:17",
                "unknown collection `notse`",
                "did you mean `notes`?",
            ),
            mistake(
                "pack.yaml:14:40",
                "unknown schema `noteId`",
                "did you mean `noteID`?",
            ),
            mistake(
                "pack.yaml:16:21",
                "unknown collection `nots`",
                "did you mean `notes`?",
            ),
            mistake(
                "pack.yaml:17:49",
                "unknown cause `not_fuond`",
                "did you mean `not_found`?",
            ),
            mistake(
                "pack.yaml:18:21",
                "unknown transition `clsoe`",
                "did you mean `close`?",
            ),
            mistake(
                "pack.yaml:19:21",
                "unknown machine `nota`",
                "did you mean `note`?",
            ),
            mistake(
                "pack.yaml:20:48",
                "unknown cause `invalid_imput`",
                "did you mean `invalid_input`?",
            ),
        ],
    );
}

#[test]
fn names_that_stand_twice() {
    check(
        "twice_in_file",
        &[mistake(
            "pack.yaml:7:3",
            "`read_note` stands twice",
            "3 |   read_note:",
        )],
    );
    check(
        "twice_across_files",
        &[
            mistake(
                "notes.yaml:3:3",
                "collection `notes` is declared twice",
                "more.yaml:6:3",
            ),
            mistake(
                "notes.yaml:5:3",
                "tool `read_note` is declared twice",
                "more.yaml:3:3",
            ),
        ],
    );
    check(
        "twice_packs",
        &[mistake(
            "two/pack.yaml:2:1",
            "pack `notes` is declared twice",
            "one/pack.yaml:2:1",
        )],
    );
}

#[test]
fn what_has_no_end() {
    check(
        "schema_cycle",
        &[
            mistake(
                "pack.yaml:3:40",
                "cycle: note → reply → note",
                "closes here",
            ),
            mistake(
                "pack.yaml:4:40",
                "cycle: reply → note → reply",
                "closes here",
            ),
        ],
    );
    check(
        "alias_cycle",
        &[mistake(
            "pack.yaml:6:28",
            "`*input`",
            "a value cannot hold itself",
        )],
    );
}

#[test]
fn expressions_and_templates() {
    check(
        "cel",
        &[
            mistake("pack.yaml:8:39", "ends too early", ""),
            mistake("pack.yaml:9:38", "unknown variable `recrod`", ""),
            mistake(
                "pack.yaml:10:26",
                "unknown function `moeny`",
                "did you mean `money`?",
            ),
            mistake(
                "pack.yaml:11:33",
                "unknown variable `inptu`",
                "did you mean `input`?",
            ),
        ],
    );
    check(
        "template",
        &[
            mistake("pack.yaml:6:27", "never closed", "in this template"),
            mistake(
                "pack.yaml:9:16",
                "no helper 'capitalise'",
                "did you mean 'capitalize'?",
            ),
        ],
    );
}

#[test]
fn stubs() {
    const FILE: &str = "mappings/stubs.json";
    let at = |place: &str| format!("{FILE}:{place}");
    let places = [
        "3:38", "4:73", "5:77", "6:20", "7:55", "8:31", "8:51", "9:63", "10:45", "11:43",
    ]
    .map(at);
    let [
        class,
        group,
        path,
        url,
        json,
        status,
        body,
        header,
        operator,
        none,
    ] = &places;
    check(
        "stubs",
        &[
            mistake(
                class,
                "not a regular expression: unclosed character class",
                "",
            ),
            mistake(group, "not a regular expression: unclosed group", ""),
            mistake(path, "not a JSONPath", "expected a path or a literal"),
            mistake(url, "one URL, not `url` and `urlPath`", ""),
            mistake(json, "not JSON", "expected a document"),
            mistake(status, "1700 is not a status", "expected 200 to 999"),
            mistake(body, "not Base64", "Invalid symbol 33, offset 1"),
            mistake(header, "`a b` is not a name of a header", "not a token"),
            mistake(operator, "one operator, not `equalTo` and `contains`", ""),
            mistake(none, "no operator", "expected one of equalTo, contains"),
        ],
    );
    check(
        "stub_keys",
        &[
            mistake(
                "mappings/stub.json:1:33",
                "unknown key `urll`",
                "did you mean `url`?",
            ),
            mistake(
                "mappings/stub.json:1:78",
                "unknown key `equalsTo`",
                "did you mean `equalTo`?",
            ),
            mistake(
                "mappings/stub.json:2:17",
                "unknown key `statsu`",
                "did you mean `status`?",
            ),
        ],
    );
}

#[test]
fn what_is_no_yaml_and_no_json() {
    check(
        "syntax",
        &[mistake(
            "pack.yaml:5:24",
            "`[` is closed by `}`",
            "wrong bracket",
        )],
    );
    check(
        "json_syntax",
        &[mistake(
            "pack.json:4:52",
            "a comma before `}` is not JSON",
            "remove this comma",
        )],
    );
}

#[test]
fn all_mistakes_at_once() {
    check(
        "several",
        &[
            mistake("a.yaml:2:1", "unknown key `titel`", "did you mean `title`?"),
            mistake(
                "a.yaml:9:33",
                "unknown variable `inptu`",
                "did you mean `input`?",
            ),
            mistake(
                "a.yaml:10:34",
                "no helper 'capitalise'",
                "did you mean 'capitalize'?",
            ),
            mistake(
                "b.yaml:8:22",
                "unknown state `opne`",
                "did you mean `open`?",
            ),
            mistake("b.yaml:8:40", "unknown key `bye`", "did you mean `by`?"),
            mistake(
                "b.yaml:13:31",
                "unknown collection `notse`",
                "did you mean `notes`?",
            ),
        ],
    );
    // Of several folders, each tells its own.
    let said = run(
        &[
            "check",
            "tests/packs/bad/cel",
            PACK,
            "tests/packs/bad/template",
        ],
        &[],
    );
    assert_eq!(said.status.code(), Some(1));
    for place in ["cel/pack.yaml:8:39", "template/pack.yaml:6:27"] {
        assert!(said.stderr.contains(place), "{place}: {}", said.stderr);
    }
    assert!(
        said.stderr.trim_end().ends_with("6 mistakes"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_mistake_in_one_file_makes_none_in_another() {
    check(
        "innocent",
        &[mistake(
            "notes.yaml:2:1",
            "unknown key `titel`",
            "did you mean `title`?",
        )],
    );
}

#[test]
fn what_is_not_there_cannot_be_checked() {
    let empty = Folder::new("nothing-to-check");
    let nowhere = format!("{}/nowhere", empty.argument());
    for (arguments, says) in [
        (&["check"][..], "DIR"),
        (&["check", empty.argument()], "no definitions"),
        (&["check", &nowhere], "nowhere"),
        (&["check", "--watch", PACK], "--watch"),
    ] {
        let said = run(arguments, &[]);
        assert!(!said.status.success(), "{arguments:?}");
        assert!(said.stderr.contains(says), "{arguments:?}: {}", said.stderr);
    }
}

#[test]
fn names_in_templates() {
    check(
        "template_names",
        &[
            mistake(
                "pack.yaml:7:27",
                "unknown name `inptu`",
                "did you mean `input`?",
            ),
            mistake("pack.yaml:8:25", "unknown name `record`", "expected one of"),
        ],
    );
}

#[test]
fn routes_that_no_call_could_choose_between() {
    const ADMIN: &str = "is the admin API's";
    check(
        "routes",
        &[
            mistake("pack.yaml:4:7", "declared twice", "pack.yaml:3:7"),
            mistake("pack.yaml:5:14", ADMIN, "expected another path"),
            mistake("pack.yaml:8:44", "declared twice", "pack.yaml:7:44"),
            mistake("pack.yaml:9:56", ADMIN, "expected another path"),
        ],
    );
    check(
        "twice_routes",
        &[mistake(
            "two/pack.yaml:3:12",
            "declared twice",
            "one/pack.yaml:3:12",
        )],
    );
    check(
        "unreached",
        &[mistake(
            "pack.yaml:4:3",
            "no call reaches tool `show_note`",
            "a `route`",
        )],
    );
}

#[test]
fn what_is_only_sometimes_found_is_no_record() {
    const PERHAPS: &str = "may be passed over";
    check(
        "perhaps",
        &[
            mistake("pack.yaml:10:9", "there is no record yet", PERHAPS),
            mistake("pack.yaml:11:26", "unknown variable `record`", PERHAPS),
            mistake("pack.yaml:12:35", "no `record` here", PERHAPS),
        ],
    );
}

#[test]
fn literals_and_members() {
    check(
        "literals",
        &[
            mistake("pack.yaml:7:25", "is no instant", "RFC 3339"),
            mistake("pack.yaml:16:62", "the record's key", ""),
            mistake("pack.yaml:19:15", "`@outside` cannot be opened", ""),
            mistake(
                "pack.yaml:24:69",
                "unknown currency `EURO`",
                "did you mean `EUR`?",
            ),
            mistake(
                "pack.yaml:25:26",
                "unknown collection `notse`",
                "did you mean `notes`?",
            ),
            mistake(
                "pack.yaml:26:55",
                "unknown collection `nots`",
                "did you mean `notes`?",
            ),
            mistake("pack.yaml:27:38", "the record has no `id`", "`newKey`"),
            mistake("pack.yaml:28:26", "the record's key", ""),
            mistake("pack.yaml:28:37", "holds the state", "`transition`"),
        ],
    );
    check(
        "pack_name",
        &[mistake(
            "pack.yaml:2:7",
            "`notes.v1` is no name for a pack",
            "without dots",
        )],
    );
}

#[test]
fn webhooks() {
    check(
        "webhooks",
        &[
            mistake("pack.yaml:7:22", "no span of time", "5s, 30m or 2h"),
            mistake("pack.yaml:7:37", "no part of a wait", "0 to 1"),
            mistake("pack.yaml:7:49", "no time to wait", "at most 120s"),
            mistake("pack.yaml:9:12", "unknown profile", "`standard`"),
            mistake("pack.yaml:10:28", "unknown collection `hook`", "`hooks`"),
            mistake("pack.yaml:10:51", "ends too early", "record"),
            mistake("pack.yaml:11:22", "absolute", "nothing is ever sent"),
            mistake("pack.yaml:11:54", "\"*.told\" fits no event", "order.*"),
            mistake("pack.yaml:12:15", "unknown name `events`", "`event`"),
            mistake("pack.yaml:14:31", "`every` and `calls`", "one too many"),
            mistake("pack.yaml:15:31", "too far", "expected 0 to"),
            mistake("pack.yaml:16:34", "no probability", "0 to 1"),
            mistake("pack.yaml:17:44", "fits no event", "order.*"),
            mistake("pack.yaml:22:24", "no name of an event", "order.paid"),
            mistake("pack.yaml:22:44", "unknown name `inptu`", "`input`"),
            mistake("pack.yaml:23:9", "no record to tell of", "`data`"),
        ],
    );
    check(
        "untold",
        &[mistake(
            "pack.yaml:6:9",
            "no webhooks",
            "declare `webhooks:`",
        )],
    );
}

#[test]
fn ids_of_stubs() {
    const FILE: &str = "mappings/stubs.json";
    check(
        "stub_ids",
        &[
            mistake(
                &format!("{FILE}:4:7"),
                "declared twice",
                &format!("{FILE}:3:7"),
            ),
            mistake(&format!("{FILE}:5:13"), "`first` is not a UUID", "such as"),
        ],
    );
}

#[test]
fn one_mistake_hides_no_other() {
    check(
        "hidden_mistakes",
        &[
            mistake("pack.yaml:2:52", "`POST` is not a route", ""),
            mistake("pack.yaml:9:17", "unknown variable `inptu`", ""),
            mistake("pack.yaml:9:39", "unknown collection `notse`", ""),
            mistake("pack.yaml:9:51", "unknown variable `inptu`", ""),
            mistake("pack.yaml:10:33", "no helper 'capitalise'", ""),
            mistake("pack.yaml:10:61", "unknown name `inptu`", ""),
            mistake("pack.yaml:10:80", "never closed", ""),
            mistake("pack.yaml:12:18", "a request has one URL", ""),
        ],
    );
}

#[test]
fn mistakes_in_resources_are_told() {
    let path = "a path begins with /";
    let known = "expected one of id, email, stage, created_at";
    check(
        "resources",
        &[
            mistake(
                "pack.yaml:12:16",
                "unknown member `emial`",
                "did you mean `email`?",
            ),
            mistake(
                "pack.yaml:13:22",
                "unknown member `staeg`",
                "did you mean `stage`?",
            ),
            mistake("pack.yaml:14:12", "unknown member `created`", known),
            mistake(
                "pack.yaml:15:24",
                "unknown name `nwo`",
                "did you mean `now`?",
            ),
            mistake(
                "pack.yaml:16:17",
                "`id` is the record's key",
                "keeps its key",
            ),
            mistake(
                "pack.yaml:19:7",
                "unknown operation `delete`",
                "list, get, create, replace",
            ),
            mistake(
                "pack.yaml:20:42",
                "unknown name `recrod`",
                "did you mean `record`?",
            ),
            mistake(
                "pack.yaml:21:7",
                "tool `close_up` is declared twice",
                "pack.yaml:31:3",
            ),
            mistake(
                "pack.yaml:22:3",
                "unknown collection `contcats`",
                "did you mean `contacts`?",
            ),
            mistake(
                "pack.yaml:24:38",
                "unknown collection `bear`",
                "contacts, bare",
            ),
            mistake("pack.yaml:25:21", path, "expected such as /v1/contacts"),
            mistake(
                "pack.yaml:26:21",
                "has no variables",
                "expected such as /v1/contacts",
            ),
            mistake("pack.yaml:27:18", "does not end with /", "one too many"),
            mistake("pack.yaml:28:48", "`bare` makes no keys", "nobody gives"),
            mistake(
                "pack.yaml:29:11",
                "route `GET /contacts` is declared twice",
                "pack.yaml:9:5",
            ),
            mistake(
                "pack.yaml:29:77",
                "unknown rateLimit profile `nothing`",
                "expected one of ietf",
            ),
            mistake(
                "pack.yaml:35:9",
                "there is no record yet",
                "`find` or `create`",
            ),
            mistake("pack.yaml:36:25", "no record without `key`", "give both"),
            mistake(
                "pack.yaml:37:47",
                "`input` has a meaning already",
                "another name",
            ),
            mistake(
                "pack.yaml:38:47",
                "only where `when` holds",
                "gives no name",
            ),
            mistake(
                "pack.yaml:40:17",
                "the update changes nothing",
                "set, merge or replace",
            ),
            mistake(
                "pack.yaml:41:33",
                "one of `merge` and `replace`",
                "one too many",
            ),
            mistake("pack.yaml:42:38", "`keep` says what", "there is neither"),
            mistake(
                "pack.yaml:43:35",
                "unknown variable `inptu`",
                "did you mean `input`?",
            ),
            mistake("pack.yaml:45:34", "`fields` says what", "there is neither"),
            mistake(
                "pack.yaml:46:14",
                "a query looks for one thing",
                "account, pick",
            ),
        ],
    );
    check(
        "resource_keys",
        &[
            mistake("pack.yaml:4:37", "found `lsit`", "did you mean `list`?"),
            mistake("pack.yaml:4:50", "found `maybe`", "true, false, required"),
            mistake(
                "pack.yaml:5:44",
                "unknown key `filter`",
                "did you mean `filters`?",
            ),
        ],
    );
}

#[test]
fn mistakes_in_batches_are_told_where_they_stand() {
    check(
        "batches",
        &[
            mistake(
                "pack.yaml:5:76",
                "the tool `many` is a batch itself",
                "an item of a batch cannot be a batch",
            ),
            mistake(
                "pack.yaml:6:52",
                "unknown batch profile `countd`",
                "did you mean `counted`?",
            ),
            mistake(
                "pack.yaml:7:66",
                "unknown tool `nte`",
                "did you mean `note`?",
            ),
            mistake(
                "pack.yaml:8:37",
                "nothing says what does an item",
                "expected `tool`, or `call`",
            ),
            mistake("pack.yaml:9:71", "by `tool` or by `call`", "one too many"),
            mistake(
                "pack.yaml:10:40",
                "no `items`",
                "expected what its items are",
            ),
            mistake("pack.yaml:11:74", "50001 items", "at most 50000 items"),
            mistake("pack.yaml:12:94", "1.5 is no probability", "from 0 to 1"),
            mistake(
                "pack.yaml:13:83",
                "unknown cause `unavailabel`",
                "did you mean `unavailable`?",
            ),
            mistake(
                "pack.yaml:14:85",
                "unknown tool `nte`",
                "did you mean `note`?",
            ),
            mistake(
                "pack.yaml:14:114",
                "unknown name `itm`",
                "did you mean `item`?",
            ),
        ],
    );
}

#[test]
fn limits_that_would_share_a_counter() {
    const OWN: &str = "give it a `name` of its own";
    check(
        "limits",
        &[
            mistake("pack.yaml:8:25", "a call meets two limits `stripe`", OWN),
            mistake("pack.yaml:11:16", "a call meets two limits `wide`", OWN),
            mistake("pack.yaml:20:16", "`slack` counts otherwise", OWN),
            mistake("pack.yaml:23:16", "`slack` counts otherwise", OWN),
            mistake(
                "pack.yaml:29:67",
                "counted before there is a status",
                "not with `concurrency`",
            ),
            mistake("pack.yaml:32:67", "99 is not a status", "200 to 599"),
        ],
    );
    check(
        "stub_limits",
        &[
            mistake("pack.yaml:11:16", "`slack` counts otherwise", OWN),
            mistake("pack.yaml:17:16", "`x` counts otherwise", OWN),
        ],
    );
}

#[test]
fn rounds_are_checked_when_they_are_loaded() {
    check(
        "rounds",
        &[
            mistake(
                "pack.yaml:9:15",
                "the rounds go over nothing",
                "expected `in`",
            ),
            mistake(
                "pack.yaml:10:28",
                "not over both",
                "leave this out, or `in`",
            ),
            mistake(
                "pack.yaml:11:17",
                "the elements have no name",
                "expected `as`",
            ),
            mistake(
                "pack.yaml:12:38",
                "`record` has a meaning already",
                "another name",
            ),
            mistake(
                "pack.yaml:13:51",
                "`note` is the element already",
                "another name",
            ),
            mistake(
                "pack.yaml:14:51",
                "unknown variable `noet`",
                "did you mean `note`?",
            ),
            mistake(
                "pack.yaml:15:35",
                "unknown variable `record`",
                "the names here are",
            ),
            mistake(
                "pack.yaml:16:45",
                "unknown variable `recrod`",
                "did you mean `record`?",
            ),
            mistake(
                "pack.yaml:17:60",
                "unknown variable `ntoe`",
                "did you mean `note`?",
            ),
            mistake(
                "pack.yaml:18:55",
                "`tool` has a meaning already",
                "another name",
            ),
            mistake(
                "pack.yaml:20:21",
                "unknown variable `keptt`",
                "did you mean `kept`?",
            ),
            mistake(
                "pack.yaml:21:22",
                "unknown variable `note`",
                "the names here are",
            ),
        ],
    );
}
