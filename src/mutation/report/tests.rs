//! Reports: what they count, and that machines can read them.

use std::time::Duration;

use serde_json::json;

use super::{Counts, Report, to_json, to_junit, to_text};
use crate::mutation::injection::{Got, Injection, Seen};
use crate::mutation::verdict::{Fate, Outcome};
use crate::mutation::{Aim, Target, make};

fn outcome(fate: Fate) -> Outcome {
    let target = Target {
        name: "pay <b>".into(),
        aim: Aim::Tool("pay".into()),
        writes: true,
        moves_money: true,
        ..Target::default()
    };
    let mut made = make(&target).into_iter();
    let found = made.find(|mutant| mutant.mode == "lost_reply");
    Outcome {
        mutant: found.expect("a mutant"),
        fate,
        took: Duration::from_millis(1_500),
        injections: vec![Injection {
            call: 3,
            asked: "pay".into(),
            got: Got::Nothing("the connection was reset".into()),
            clean: Some(Seen {
                status: 201,
                body: json!({"id": "p<1>"}),
            }),
        }],
        otherwise: vec!["shop.payments: 2 instead of 1".into()],
        output: "\u{1b}[31mred\u{1b}[0m & \u{0}]]> \"x\"\r\n\u{fffe}ü\n".into(),
    }
}

fn report(fates: &[Fate]) -> Report {
    Report {
        of: "shop & co".into(),
        clean: Duration::from_secs(2),
        outcomes: fates.iter().copied().map(outcome).collect(),
        uncalled: Vec::new(),
        refused: Vec::new(),
        broken_off: false,
    }
}

const ALL: [Fate; 7] = [
    Fate::Noticed,
    Fate::TimedOut,
    Fate::Coped,
    Fate::Survived,
    Fate::NeverFired { passed: true },
    Fate::NeverFired { passed: false },
    Fate::NotRun,
];

#[track_caller]
fn score(noticed: usize, timed_out: usize, survived: usize, expected: &str) {
    let counts = Counts {
        noticed,
        timed_out,
        survived,
        coped: 5,
        never_fired: 5,
        not_run: 5,
    };
    assert_eq!(counts.score(), expected);
}

#[test]
fn the_score_counts_what_was_noticed_and_what_was_not() {
    score(1, 0, 1, "50.0 %");
    score(1, 1, 1, "66.6 %");
    score(999, 0, 1, "99.9 %");
    score(1_999, 0, 1, "99.9 %");
    score(3, 0, 0, "100 %");
    score(0, 0, 3, "0.0 %");
    score(0, 0, 0, "none");
}

#[test]
fn a_survivor_is_told_with_what_came_and_what_to_test() {
    let text = to_text(&report(&ALL), false);
    for expected in [
        "SURVIVED lost_reply.pay--b-",
        "the connection was reset instead of 201 {\"id\":\"p<1>\"}",
        "ended  shop.payments: 2 instead of 1",
        "count what was made",
        "never fired, and the command failed all the same: lost_reply.pay--b-",
        "7 mutants of shop & co",
        "score 66.6 %",
    ] {
        assert!(text.contains(expected), "no {expected:?} in {text}");
    }
    assert_eq!(text.matches("SURVIVED").count(), 1);
    assert!(!text.contains("| "));
    assert!(to_text(&report(&ALL), true).contains("  | \u{fffe}ü\n"));
}

#[test]
fn junit_is_xml_whatever_the_command_said() {
    let xml = to_junit(&report(&ALL));
    let mut parsed = uppsala::parse(&xml).expect("XML");
    parsed.prepare_xpath();
    let suites = parsed.document_element().expect("a root");
    let xpath = uppsala::XPathEvaluator::new();
    let check = |path: &str, expected: &str| {
        let found = xpath.evaluate(&parsed, suites, path).expect("a value");
        assert_eq!(found.to_string_value(&parsed), expected, "{path}");
    };
    check("count(//testcase)", "7");
    check("count(//failure)", "1");
    check("count(//skipped)", "3");
    check("string(/testsuites/@failures)", "1");
    check("string(//testsuite/@name)", "shop & co");
    check("string(//testcase[1]/@classname)", "pay <b>");
    check("count(//system-out)", "7");
    let output = "noticed: pay <b> takes effect, and its reply is lost, once\n\
        \u{fffd}[31mred\u{fffd}[0m & \u{fffd}]]> \"x\"\r\n\u{fffd}ü\n";
    check("string(//testcase[1]/system-out)", output);
}

#[test]
fn json_has_what_the_text_has() {
    let shown = to_json(&report(&ALL));
    let text = shown.to_string();
    assert!(text.contains("\"scorePercent\":66.6"), "{text}");
    assert_eq!(shown["counts"]["neverFired"], 2);
    assert_eq!(shown["mutants"][3]["fate"], "survived");
    assert_eq!(
        shown["mutants"][3]["injections"][0]["insteadOf"]["status"],
        201
    );
    assert!(to_json(&report(&[]))["scorePercent"].is_null());
}
