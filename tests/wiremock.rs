//! The proof that Sparring is a drop-in for WireMock: the same mappings and the same calls go to the
//! real one and to ours, and the answers are compared.
//!
//! It fetches and runs WireMock, and therefore runs only when asked for:
//! `cargo test --test wiremock -- --ignored`. It needs Java 17, and npm, which brings the jar (or a
//! jar that `SPARRING_WIREMOCK_JAR` names). `SPARRING_CASES` is the number of generated cases,
//! `SPARRING_CASE_SEED` the seed of the generator, `SPARRING_CASE` a pattern of the names of the
//! cases of the corpus that are asked.

#[path = "wiremock/bout.rs"]
mod bout;
#[path = "wiremock/case.rs"]
mod case;
#[path = "wiremock/client.rs"]
mod client;
#[path = "wiremock/compare.rs"]
mod compare;
#[path = "wiremock/corpus.rs"]
mod corpus;
#[path = "wiremock/dice.rs"]
mod dice;
#[path = "wiremock/generate.rs"]
mod generate;
#[path = "wiremock/known.rs"]
mod known;
#[path = "wiremock/matchers.rs"]
mod matchers;
#[path = "wiremock/referee.rs"]
mod referee;
#[path = "wiremock/sparring.rs"]
mod sparring;
#[path = "wiremock/upstream.rs"]
mod upstream;
#[path = "wiremock/wire.rs"]
mod wire;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bout::{Report, Ring, cut};
use case::Case;
use known::Known;
use referee::Referee;
use regex::Regex;
use sparring::Sparring;

/// What stands around the table in the documentation.
const TABLE_BEGINS: &str = "<!-- known differences: made by tests/wiremock from known.yaml -->";
const TABLE_ENDS: &str = "<!-- end -->";

/// One test at a time: each starts a Java machine.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The cases of the corpus that are wanted.
fn wanted_cases() -> Vec<Case> {
    let mut cases = corpus::cases();
    if let Ok(pattern) = std::env::var("SPARRING_CASE") {
        let pattern = Regex::new(&pattern).expect("SPARRING_CASE is a pattern");
        cases.retain(|case| pattern.is_match(&format!("{}: {}", case.group, case.name)));
    }
    cases
}

/// Asks all cases; what is answered otherwise goes to a file, and fails the test.
fn hold(ring: &mut Ring, name: &str, cases: &[Case], known: &Known) {
    let reports: Vec<Report> = cases
        .iter()
        .filter_map(|case| ring.judge(case, known))
        .collect();
    let mut text = format!("# {name}: {} of {} cases\n\n", reports.len(), cases.len());
    text.push_str(&summary(&reports));
    for report in &reports {
        text.push_str(&report.shown());
    }
    let path = referee::scratch().join(format!("{name}.md"));
    fs::write(&path, &text).expect("the report is written");
    let cut: String = text.chars().take(20_000).collect();
    assert!(
        reports.is_empty(),
        "{} of {} cases are answered otherwise; all of them: {}\n\n{cut}",
        reports.len(),
        cases.len(),
        path.display()
    );
}

/// What differs most often: the group of cases, the place without its numbers, and both values.
fn summary(reports: &[Report]) -> String {
    let number = Regex::new("[0-9]+").expect("a pattern");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for report in reports {
        for found in &report.differences {
            let (theirs, ours) = cut(&found.wiremock, &found.sparring);
            let (theirs, ours): (String, String) = (
                theirs.chars().take(90).collect(),
                ours.chars().take(90).collect(),
            );
            let place = number.replace_all(&found.place, "#");
            let group = &report.case.group;
            let line = format!("{group}, {place}: WireMock `{theirs}`, ours `{ours}`");
            *counts.entry(line).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let lines = counts.iter().take(60);
    let lines: String = lines
        .map(|(line, count)| format!("- {count} × {line}\n"))
        .collect();
    lines + "\n"
}

#[test]
#[ignore = "slow: runs WireMock"]
fn the_corpus_is_answered_alike() {
    let _alone = alone();
    let (wiremock, sparring) = (Referee::start(&[]), Sparring::start(&[]));
    let mut ring = Ring::new(&wiremock.authority, &sparring.authority, true);
    hold(&mut ring, "corpus", &wanted_cases(), &Known::list());
}

#[test]
#[ignore = "slow: runs WireMock"]
fn generated_cases_are_answered_alike() {
    let _alone = alone();
    let (wiremock, sparring) = (Referee::start(&[]), Sparring::start(&[]));
    let mut ring = Ring::new(&wiremock.authority, &sparring.authority, true);
    hold(&mut ring, "generated", &generate::cases(), &Known::list());
}

#[test]
#[ignore = "slow: runs WireMock twice"]
fn wiremock_answers_like_wiremock() {
    let _alone = alone();
    let (one, other) = (Referee::start(&[]), Referee::start(&[]));
    let mut ring = Ring::new(&one.authority, &other.authority, false);
    let mut cases = wanted_cases();
    cases.extend(generate::cases().into_iter().take(300));
    hold(&mut ring, "itself", &cases, &Known::nothing());
}

#[test]
#[ignore = "slow: runs WireMock, and installs its Python client"]
fn the_python_client_works() {
    let _alone = alone();
    let (wiremock, sparring) = (Referee::start(&[]), Sparring::start(&[]));
    client::check(&format!("http://{}", wiremock.authority), "wiremock");
    client::check(&format!("http://{}", sparring.authority), "sparring");
    // A sandbox is a WireMock of its own: all that changes is the base URL.
    client::check(&format!("http://{}/s/py", sparring.authority), "sparring");
}

#[test]
fn the_known_differences_are_published() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/wiremock.md");
    let text = fs::read_to_string(path).expect("the documentation");
    let (head, rest) = text
        .split_once(TABLE_BEGINS)
        .expect("where the table begins");
    let (_, tail) = rest.split_once(TABLE_ENDS).expect("where the table ends");
    let table = Known::list().table();
    let wanted = format!("{head}{TABLE_BEGINS}\n{table}{TABLE_ENDS}{tail}");
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        fs::write(path, &wanted).expect("the documentation is written");
    } else {
        assert!(
            text == wanted,
            "docs/wiremock.md has another table than tests/wiremock/known.yaml; if that is as it \
             should be: UPDATE_GOLDEN=1 cargo test --test wiremock"
        );
    }
}

#[test]
#[ignore = "slow: runs WireMock"]
fn known_differences_still_occur() {
    let _alone = alone();
    let known = Known::list();
    let (wiremock, sparring) = (Referee::start(&[]), Sparring::start(&[]));
    let mut ring = Ring::new(&wiremock.authority, &sparring.authority, true);
    let mut gone = Vec::new();
    for entry in &known.entries {
        let found = ring.ask(&entry.case);
        if !found.iter().any(|found| entry.explains(&entry.case, found)) {
            gone.push(entry.id.clone());
        }
    }
    assert!(
        gone.is_empty(),
        "these differences are no more, strike them: {gone:?}"
    );
}
