//! `sparring mutate`: lists of mutants, and runs of commands against them.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::launch::{Folder, Said, eventually, run};

const PACK: &str = "stubs/greenhelix";

fn lines(said: &Said) -> Vec<&str> {
    assert!(said.status.success(), "{}", said.stderr);
    said.stdout.lines().collect()
}

fn first_words(said: &Said) -> Vec<&str> {
    let lines = lines(said).into_iter();
    lines.filter_map(|line| line.split(' ').next()).collect()
}

#[test]
fn mutants_are_listed_in_one_order() {
    let said = run(&["mutate", PACK], &[]);
    let ids = first_words(&said);
    assert_eq!(ids.len(), 100);
    let line = lines(&said)[0];
    let expected = "takes effect, and its reply is lost, once (connections break";
    assert!(
        ids[0].starts_with("lost_reply.") && line.contains(expected),
        "{line}"
    );
    assert_eq!(first_words(&run(&["mutate", PACK], &[])), ids);
    let by_name = run(&["mutate", "greenhelix", "--max", "3"], &[]);
    assert_eq!(first_words(&by_name), ids[..3]);
}

#[test]
fn mutants_are_chosen_by_mode_and_tool() {
    let only = [
        "mutate",
        PACK,
        "--only",
        "renamed_field,null_field",
        "--tools",
        "get_balance",
    ];
    let ids = run(&only, &[]);
    let expected = [
        "null_field.get_balance.balance",
        "renamed_field.get_balance.balance",
        "null_field.get_balance.agent_id",
        "renamed_field.get_balance.agent_id",
        "null_field.get_balance.currency",
        "renamed_field.get_balance.currency",
    ];
    assert_eq!(first_words(&ids), expected);
    let shown = run(&[&only[..], &["--json"]].concat(), &[]);
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(shown["total"], 6);
    let rule = json!({"id": "mutant", "mode": "null_field", "tools": ["get_balance"],
        "with": {"fields": ["balance"]}});
    assert_eq!(shown["mutants"][0]["rule"], rule);
}

#[test]
fn what_cannot_be_mutated_is_told() {
    for (arguments, expected) in [
        (&["mutate"][..], "name a cassette or a pack"),
        (
            &["mutate", "grenhelix"],
            "\"grenhelix\" is neither a file, nor a folder, nor a pack",
        ),
        (&["mutate", "Cargo.toml"], "Cargo.toml:"),
        (&["mutate", "docs"], "docs"),
        (
            &["mutate", PACK, "--only", "lost_replies"],
            "there are rate_limited, wrong_status",
        ),
        (
            &["mutate", PACK, "--tools", "get_balanc"],
            "there is no \"get_balanc\"; there are",
        ),
        (&["mutate", "run", PACK], "COMMAND"),
        (
            &["mutate", "run", PACK, "--min-score", "101", "--", "true"],
            "0..=100",
        ),
        (
            &["mutate", "run", PACK, "--jobs", "0", "--", "true"],
            "--jobs",
        ),
        (
            &["mutate", "run", PACK, "--", "no-such-command"],
            "\"no-such-command\" is not found",
        ),
        (
            &[
                "mutate",
                "run",
                PACK,
                "--junit",
                "no/such/folder",
                "--",
                "true",
            ],
            "no/such/folder",
        ),
    ] {
        let said = run(arguments, &[]);
        assert_eq!(
            said.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said.stderr
        );
        assert!(
            said.stderr.contains(expected),
            "{arguments:?}: {}",
            said.stderr
        );
    }
}

/// What the command of a run does.
const CALLER: &str = "SPARRING_TEST_CALLER";

/// The arguments of a run whose command is [`caller`] in this very binary.
fn arguments(more: &[&str]) -> Vec<String> {
    let binary = std::env::current_exe().expect("a binary");
    let mut all = vec!["mutate".to_owned(), "run".into(), PACK.into()];
    all.extend(more.iter().map(|more| (*more).to_owned()));
    all.push("--".into());
    all.push(binary.to_str().expect("a path of text").into());
    let test = [
        "--exact",
        "mutate_command::caller",
        "--ignored",
        "--nocapture",
    ];
    all.extend(test.map(str::to_owned));
    all
}

/// Runs mutants against a caller; the report, and how it ended.
fn report(caller: &str, more: &[&str]) -> (Value, Said) {
    let all = arguments(&[&["--json", "-"], more].concat());
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let said = run(&all, &[(CALLER, caller)]);
    let report = serde_json::from_str(&said.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {}{}", said.stdout, said.stderr));
    (report, said)
}

#[track_caller]
fn fates(report: &Value, expected: &[(&str, &str)]) {
    let mutants = report["mutants"].as_array().expect("mutants");
    let found: Vec<(&str, &str)> = mutants
        .iter()
        .filter_map(|mutant| Some((mutant["id"].as_str()?, mutant["fate"].as_str()?)))
        .collect();
    assert_eq!(found, expected, "{report:#}");
}

const THREE: &[&str] = &[
    "--only",
    "lost_reply,duplicate_delivery,null_field",
    "--tools",
    "deposit",
    "--max",
    "3",
];

#[test]
fn who_looks_at_nothing_notices_nothing() {
    let (told, said) = report("careless", THREE);
    fates(
        &told,
        &[
            ("lost_reply.deposit", "survived"),
            ("null_field.deposit.balance", "survived"),
            ("duplicate_delivery.deposit", "survived"),
        ],
    );
    assert_eq!(told["scorePercent"], json!(0.0));
    assert_eq!(said.status.code(), Some(0));
    let twice = &told["mutants"][2]["otherwise"];
    assert_eq!(
        twice,
        &json!(["greenhelix/alice/USD: 510.00 instead of 505.00"])
    );
    let lost = &told["mutants"][0]["injections"][0];
    assert_eq!(lost["got"]["wire"], "the connection was reset");
    assert_eq!(lost["insteadOf"]["body"]["balance"], "505.00");
    let null = &told["mutants"][1]["injections"][0];
    assert_eq!(null["got"]["body"]["balance"], Value::Null);
    let enough = report("careless", &[THREE, &["--min-score", "0"]].concat()).1;
    assert_eq!(enough.status.code(), Some(0));
    let low = report("careless", &[THREE, &["--min-score", "1"]].concat()).1;
    assert_eq!(low.status.code(), Some(1));
}

#[test]
fn who_looks_at_everything_notices_everything() {
    let (told, said) = report("careful", &[THREE, &["--min-score", "100"]].concat());
    fates(
        &told,
        &[
            ("lost_reply.deposit", "noticed"),
            ("null_field.deposit.balance", "noticed"),
            ("duplicate_delivery.deposit", "noticed"),
        ],
    );
    assert_eq!(told["scorePercent"], json!(100.0));
    assert_eq!(said.status.code(), Some(0), "{}", said.stderr);
    // Of 28 other tools nothing is run.
    let (told, _) = report("careful", &["--only", "lost_reply", "--max", "1"]);
    let uncalled = told["uncalled"].as_array().expect("a list");
    assert!(
        uncalled.contains(&json!("lost_reply.withdraw")),
        "{uncalled:?}"
    );
    assert!(
        !uncalled.contains(&json!("lost_reply.deposit")),
        "{uncalled:?}"
    );
}

#[test]
fn who_pays_twice_has_not_coped() {
    let only = [
        "--only",
        "lost_reply,lost_request,wrong_status",
        "--tools",
        "deposit",
    ];
    fates(
        &report("retrying", &only).0,
        &[
            ("lost_reply.deposit", "survived"),
            ("wrong_status.deposit", "coped"),
            ("lost_request.deposit", "coped"),
        ],
    );
}

#[test]
fn a_fault_outlives_a_reset_and_one_that_never_comes_is_told_apart() {
    let only = [
        "--only",
        "duplicate_delivery,empty_list,looping_cursor",
        "--tools",
        "deposit,list_escrows",
    ];
    fates(
        &report("resetting", &only).0,
        &[
            ("duplicate_delivery.deposit", "survived"),
            // There is nothing in the list that could be left out.
            ("empty_list.list_escrows.escrows", "never_fired"),
        ],
    );
}

#[test]
fn a_command_that_never_ends_is_ended_with_all_that_it_started() {
    let folder = Folder::new("mutate-hanging");
    let pids = folder.path.join("pids");
    let only = [
        "--only",
        "duplicate_delivery",
        "--tools",
        "deposit",
        "--timeout",
        "2",
    ];
    let all = arguments(&[&["--json", "-"], &only[..]].concat());
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let environment = [
        (CALLER, "hanging"),
        ("SPARRING_TEST_PIDS", pids.to_str().expect("a path")),
    ];
    let said = run(&all, &environment);
    let told: Value = serde_json::from_str(&said.stdout).expect("JSON");
    fates(&told, &[("duplicate_delivery.deposit", "timed_out")]);
    assert_eq!(told["scorePercent"], json!(100.0));
    let pid = std::fs::read_to_string(pids).expect("the process that it started");
    eventually("what the command started has ended", || !runs(pid.trim()));
}

/// Whether a process runs, and is not just waiting to be forgotten.
fn runs(pid: &str) -> bool {
    let told = Command::new("ps").args(["-o", "stat=", "-p", pid]).output();
    let told = told.expect("ps runs");
    let state = String::from_utf8_lossy(&told.stdout);
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

#[test]
fn the_clean_run_must_pass() {
    let script = "echo \"at $SPARRING_URL in $SPARRING_SANDBOX of ($SPARRING_MUTANT)\"; exit 3";
    let said = run(&["mutate", "run", PACK, "--", "sh", "-c", script], &[]);
    assert_eq!(said.status.code(), Some(2));
    assert!(
        said.stderr.contains("must pass while nothing is wrong"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("/s/mutate-clean in mutate-clean of ()"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("at http://127.0.0.1:"),
        "{}",
        said.stderr
    );
    let endless = [
        "mutate",
        "run",
        PACK,
        "--timeout",
        "1",
        "--",
        "sh",
        "-c",
        "echo begun; sleep 1000",
    ];
    let said = run(&endless, &[]);
    assert_eq!(said.status.code(), Some(2));
    assert!(
        said.stderr.contains("did not end within 1 s"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("begun"), "{}", said.stderr);
}

#[test]
fn a_command_that_calls_nothing_has_no_score() {
    let said = run(
        &["mutate", "run", PACK, "--min-score", "100", "--", "true"],
        &[],
    );
    assert_eq!(said.status.code(), Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("score none"), "{}", said.stdout);
    assert!(
        said.stdout.contains("of what the clean run never calls"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("SPARRING_URL"), "{}", said.stdout);
}

#[test]
fn the_report_is_text_and_junit_too() {
    let folder = Folder::new("mutate-junit");
    let junit = folder.path.join("report.xml");
    let more = [
        THREE,
        &["--verbose", "--junit", junit.to_str().expect("a path")],
    ]
    .concat();
    let all = arguments(&more);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let said = run(&all, &[(CALLER, "careless")]);
    assert_eq!(said.status.code(), Some(0), "{}", said.stderr);
    for expected in [
        "SURVIVED lost_reply.deposit\n",
        "  got    call 1 (deposit): the connection was reset instead of 200 {\"agent_id\":\"alice\"",
        "  ended  greenhelix/alice/USD: 510.00 instead of 505.00",
        "  | said by the caller",
        "3 survived     the command passed",
        "score 0.0 %",
    ] {
        assert!(
            said.stdout.contains(expected),
            "no {expected:?}: {}",
            said.stdout
        );
    }
    // One line for each, in whatever order they came.
    assert!(
        said.stderr.contains("SURVIVED    lost_reply.deposit ("),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("[3/3] "), "{}", said.stderr);
    assert!(!said.stderr.contains('\u{1b}'), "{}", said.stderr);
    let xml = std::fs::read_to_string(&junit).expect("a report");
    for expected in [
        "<testsuite name=\"stubs/greenhelix\" tests=\"3\" failures=\"3\"",
        "classname=\"deposit\" name=\"lost_reply.deposit\"",
        "said by the caller &lt;&amp;\u{fffd}&gt;",
    ] {
        assert!(xml.contains(expected), "no {expected:?}: {xml}");
    }
}

#[test]
fn whoever_interrupts_is_told_what_is_known_so_far() {
    let all = arguments(&[
        "--only",
        "duplicate_delivery,null_field",
        "--tools",
        "deposit",
        "--jobs",
        "1",
    ]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_sparring"))
        .args(&all)
        .env(CALLER, "hanging at a duplicate")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // The first of them has been told of: the next one hangs.
    let mut errors = std::io::BufReader::new(child.stderr.take().expect("errors"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut errors, &mut line).expect("a line");
    assert!(line.contains("null_field.deposit.balance"), "{line}");
    let pid = child.id().to_string();
    let told = Command::new("kill").args(["-INT", &pid]).status();
    assert!(told.is_ok_and(|status| status.success()));
    let output = child.wait_with_output().expect("an end");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{stdout}");
    assert!(stdout.contains("broken off"), "{stdout}");
    assert!(
        stdout.contains("SURVIVED null_field.deposit.balance"),
        "{stdout}"
    );
}

const CASSETTE: &str = r#"sparring: cassette/1
name: shop
entries:
- tool: pay
  request: {method: POST, target: /v1/pay, body: '{"amount": "5.00"}'}
  response: {status: 200, headers: {content-type: application/json}, body: '{"id": "p1", "status": "paid"}'}
- request: {method: GET, target: /orders?page=1}
  response: {status: 200, headers: {content-type: application/json}, body: '{"orders": [{"id": "o1"}], "next": "2"}'}
"#;

#[test]
fn a_cassette_is_mutated_as_a_pack_is() {
    let folder = Folder::new("mutate-cassette");
    folder.write("shop.yaml", CASSETTE);
    let file = folder.path.join("shop.yaml");
    let file = file.to_str().expect("a path");
    let ids = run(&["mutate", file], &[]);
    let ids = first_words(&ids);
    for expected in [
        "lost_reply.pay",
        "null_field.pay.status",
        "missing_has_more.GET-/orders",
    ] {
        assert!(ids.contains(&expected), "no {expected} in {ids:?}");
    }
    assert!(!ids.contains(&"stale_read.GET-/orders"), "{ids:?}");
    let only = [
        "--only",
        "lost_reply,null_field,empty_list,missing_has_more,wrong_status",
    ];
    let mut all = arguments(&[&["--json", "-"], &only[..]].concat());
    all[2] = file.to_owned();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let said = run(&all, &[(CALLER, "shopping")]);
    let told: Value = serde_json::from_str(&said.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said.stderr));
    for (id, expected) in [
        ("lost_reply.pay", "noticed"),
        ("null_field.pay.status", "noticed"),
        ("null_field.pay.id", "survived"),
        ("empty_list.GET-/orders.orders", "noticed"),
        ("missing_has_more.GET-/orders", "survived"),
        ("wrong_status.GET-/orders", "coped"),
    ] {
        assert_eq!(fate(&told, id), expected, "{id}: {told:#}");
    }
}

#[test]
fn what_is_no_cassette_is_told_with_its_place() {
    let folder = Folder::new("mutate-bad-cassette");
    folder.write("half.yaml", &CASSETTE[..CASSETTE.len() - 40]);
    let file = folder.path.join("half.yaml");
    let said = run(&["mutate", file.to_str().expect("a path")], &[]);
    assert_eq!(said.status.code(), Some(2));
    assert!(said.stderr.contains("half.yaml:"), "{}", said.stderr);
}

/// Runs the example of `docs/mutation.md` against the mutants that matter to it.
fn example(tests: &str) -> Value {
    let file = format!("docs/mutation/agent/{tests}.py");
    let said = run(
        &[
            "mutate",
            "run",
            "greenhelix",
            "crm",
            "--json",
            "-",
            "--only",
            "short_page,lost_reply,error_in_ok",
            "--tools",
            "list_contacts,create_escrow,deposit",
            "--",
            "python3",
            &file,
        ],
        &[("PYTHONDONTWRITEBYTECODE", "1")],
    );
    let report = serde_json::from_str(&said.stdout);
    report.unwrap_or_else(|error| panic!("{error}: {}", said.stderr))
}

fn fate<'a>(report: &'a Value, id: &str) -> &'a str {
    let mutants = report["mutants"].as_array().expect("mutants");
    let found = mutants.iter().find(|mutant| mutant["id"] == id);
    let found = found.unwrap_or_else(|| panic!("no {id}: {report:#}"));
    found["fate"].as_str().expect("a fate")
}

/// A page that is short is taken for the last one; what was lost is done twice; an error is taken for
/// success.
const BUGS: [&str; 4] = [
    "short_page.list_contacts",
    "lost_reply.create_escrow",
    "lost_reply.deposit",
    "error_in_ok.deposit",
];

#[test]
#[ignore = "slow: runs the example agent, which needs python3, twelve times"]
fn the_survivors_name_the_bugs_of_the_example() {
    let buggy = example("test_agent");
    for bug in BUGS {
        assert_eq!(fate(&buggy, bug), "survived", "{bug}");
    }
    let fixed = example("test_agent_fixed");
    for bug in BUGS {
        assert!(
            ["noticed", "coped"].contains(&fate(&fixed, bug)),
            "{bug}: {fixed:#}"
        );
    }
    assert_eq!(fixed["scorePercent"], json!(100.0), "{fixed:#}");
}

#[test]
#[ignore = "no test: the command of the others, which say what it does"]
fn caller() {
    let Ok(kind) = std::env::var(CALLER) else {
        return;
    };
    let mut output = std::io::stdout().lock();
    std::io::Write::write_all(&mut output, b"said by the caller <&\x01>\n").expect("an output");
    drop(output);
    let in_mutant = std::env::var("SPARRING_MUTANT").expect("a name, or none");
    let call = |path: &str, body: Value| -> Option<Value> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(5)))
            .build()
            .into();
        let base = std::env::var("SPARRING_URL").expect("a base URL");
        let answer = agent.post(format!("{base}{path}")).send_json(body).ok();
        answer.and_then(|mut answer| answer.body_mut().read_json().ok())
    };
    let orders = || -> Option<Value> {
        let base = std::env::var("SPARRING_URL").expect("a base URL");
        let answer = ureq::get(format!("{base}/orders?page=1")).call().ok();
        answer.and_then(|mut answer| answer.body_mut().read_json().ok())
    };
    let deposit = || {
        call(
            "/v1/deposit",
            json!({"agent_id": "alice", "amount": "5.00"}),
        )
    };
    let alice = || json!({"agent_id": "alice"});
    match kind.as_str() {
        "careless" => drop(deposit()),
        "careful" => {
            let expected = json!({"agent_id": "alice", "deposited": "5.00", "balance": "505.00", "currency": "USD"});
            assert_eq!(deposit(), Some(expected));
            let balance = call("/v1/get_balance", alice()).expect("a reply");
            assert_eq!(balance["balance"], "505.00");
        }
        "retrying" => assert!(deposit().or_else(deposit).is_some()),
        "shopping" => {
            let paid = call("/v1/pay", json!({"amount": "5.00"})).expect("a reply");
            assert_eq!(paid["status"], "paid");
            let orders = orders().or_else(orders).expect("a reply");
            assert_eq!(orders["orders"][0]["id"], "o1");
        }
        "resetting" => {
            call("/__admin/reset", json!({}));
            drop(deposit());
            call("/__admin/reset", json!({}));
            call("/v1/list_escrows", json!({"agent_id": "nobody"}));
        }
        "hanging" | "hanging at a duplicate" => {
            drop(deposit());
            let hangs = match kind.as_str() {
                "hanging" => !in_mutant.is_empty(),
                _ => in_mutant.starts_with("duplicate_delivery"),
            };
            if hangs {
                let mut child = Command::new("sleep").arg("1000").spawn().expect("a sleep");
                if let Ok(file) = std::env::var("SPARRING_TEST_PIDS") {
                    std::fs::write(file, child.id().to_string()).expect("a note");
                }
                let _ = child.wait();
            }
        }
        other => panic!("no caller is called {other:?}"),
    }
}
