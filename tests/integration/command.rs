//! The command: what it prints, what its flags and environment variables do, how it ends.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use crate::desk::{PACK, each};
use crate::launch::{Folder, Launched, eventually, run};
use crate::support::Server;

/// How many lines a screen has.
const SCREEN_LINES: usize = 24;

const ANY_PORT: [&str; 2] = ["--listen", "127.0.0.1:0"];

/// The request of a line `curl -s -X METHOD URL -d 'BODY'`, as curl sends it; without `-d`, it has
/// no body.
fn request_of(line: &str) -> (String, String, Option<String>) {
    let (words, body) = match line.split_once(" -d '") {
        None => (line, None),
        Some((words, quoted)) => (words, Some(quoted.strip_suffix('\'').expect("a quote"))),
    };
    if let Some(body) = body {
        assert!(!body.contains('\''), "a shell would read {body} otherwise");
    }
    let words: Vec<&str> = words.split(' ').collect();
    let ["curl", "-s", "-X", method, url] = words.as_slice() else {
        panic!("not the words that this test knows how to read: {line}");
    };
    (
        (*method).to_owned(),
        (*url).to_owned(),
        body.map(str::to_owned),
    )
}

#[test]
fn the_first_screen_names_the_address_the_packs_the_tools_and_a_call_that_works() {
    for (stubs, status) in [
        ("stubs/greenhelix", 200),
        (PACK, 201),
        // Where no tool says what it takes, there is a call all the same.
        ("tests/packs/pair", 200),
        ("tests/packs/wiremock", 200),
    ] {
        let server = Server::with(&["--stubs", stubs]);
        let banner = &server.banner;
        assert!(banner.contains(&server.base), "{banner}");
        assert!(banner.lines().count() <= SCREEN_LINES, "{banner}");
        let definitions = server.get("/__admin/definitions").expect(200);
        for pack in definitions["packs"].as_array().expect("packs") {
            for key in ["name", "title"] {
                let text = pack[key].as_str().expect("a text");
                assert!(banner.contains(text), "no {text:?} in {banner}");
            }
        }
        let words: Vec<&str> = banner.split_whitespace().collect();
        let tools = server.get("/__admin/tools").expect(200);
        let tools = tools["tools"].as_array().expect("tools");
        for tool in tools {
            let name = tool["name"].as_str().expect("a name");
            assert!(words.contains(&name), "no {name:?} in {banner}");
        }
        let line = banner.lines().last().expect("a last line").trim();
        let (method, url, body) = request_of(line);
        let path = url.strip_prefix(&server.base).expect("its own address");
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = server.request(&method, path, &form, body.as_deref());
        assert_eq!(answer.status, status, "{line}: {}", answer.text);
    }
}

#[test]
fn alone_it_serves_the_packs_in_stubs() {
    let server = Launched::with(&[], &[("SPARRING_LISTEN", "127.0.0.1:0")]);
    let stubs = Path::new(env!("CARGO_MANIFEST_DIR")).join("stubs");
    let holds_files =
        |folder: &Path| fs::read_dir(folder).is_ok_and(|mut all| all.next().is_some());
    let mut folders: Vec<String> = fs::read_dir(stubs)
        .expect("the folder of packs")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| holds_files(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        // Shipped profiles and fault plans stand there too, and are no packs.
        .filter(|name| name != "profiles" && name != "faults")
        .collect();
    folders.sort();
    assert!(folders.contains(&"greenhelix".to_owned()));
    assert_eq!(packs(&server), folders);
    assert_eq!(server.get("/__admin/clock")["mode"], "system");
}

#[test]
fn a_bare_name_means_one_thing_among_the_packs_that_ship() {
    let server = Server::with(&["--stubs", "stubs"]);
    let tools = server.get("/__admin/tools").expect(200);
    let mut names = each(&tools["tools"], "name");
    names.sort();
    let twice: Vec<_> = names.windows(2).filter(|two| two[0] == two[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let wallet = json!({ "balance": "1.00" });
    server.put("/__admin/wallets/alice", &wallet).expect(200);
}

#[test]
fn the_defaults_stand_in_the_help() {
    let said = run(&["serve", "--help"], &[]);
    assert!(said.status.success());
    for expected in [
        "SPARRING_STUBS=",
        "[default: stubs]",
        "SPARRING_LISTEN=",
        "[default: 127.0.0.1:8080]",
        "SPARRING_SEED=",
        "SPARRING_CLOCK=",
        "[default: system]",
        "SPARRING_MOUNT=",
        "SPARRING_WATCH=",
    ] {
        assert!(
            said.stdout.contains(expected),
            "{expected}: {}",
            said.stdout
        );
    }
}

fn packs(server: &Launched) -> Vec<String> {
    let definitions = server.get("/__admin/definitions");
    let packs = definitions["packs"].as_array().expect("packs");
    let name = |pack: &Value| pack["name"].as_str().expect("a name").to_owned();
    packs.iter().map(name).collect()
}

/// Gives a setting once as a flag and once as a variable; `seen` must read the same both times.
fn check_setting(
    flag: &str,
    variable: &str,
    value: &str,
    seen: impl Fn(&Launched) -> Value,
    expected: &Value,
) {
    let serve = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut all = vec!["serve"];
        all.extend(ANY_PORT);
        if flag != "--stubs" {
            all.extend(["--stubs", PACK]);
        }
        all.extend(arguments);
        Launched::with(&all, environment)
    };
    let by_flag = serve(&[flag, value], &[]);
    assert_eq!(seen(&by_flag), *expected, "{flag} {value}");
    let by_variable = serve(&[], &[(variable, value)]);
    assert_eq!(seen(&by_variable), *expected, "{variable}={value}");
}

#[test]
fn a_setting_is_a_flag_or_a_variable() {
    use check_setting as check;
    let clock = |server: &Launched| {
        let clock = server.get("/__admin/clock");
        json!([clock["mode"], clock["now"]])
    };
    let frozen = json!(["frozen", "2030-05-06T07:08:09Z"]);
    check(
        "--clock",
        "SPARRING_CLOCK",
        "frozen@2030-05-06T07:08:09Z",
        clock,
        &frozen,
    );
    check(
        "--clock",
        "SPARRING_CLOCK",
        "frozen@2030-05-06T09:08:09+02:00",
        clock,
        &frozen,
    );
    let mode = |server: &Launched| server.get("/__admin/clock")["mode"].clone();
    check(
        "--clock",
        "SPARRING_CLOCK",
        "system",
        mode,
        &json!("system"),
    );

    let moved = |server: &Launched| {
        let status = |path: &str| server.send("POST", path, "{}").0;
        json!([
            status("/moved/desk/list_contacts"),
            status("/desk/list_contacts")
        ])
    };
    check(
        "--mount",
        "SPARRING_MOUNT",
        "desk=/moved",
        moved,
        &json!([200, 404]),
    );

    let names = |server: &Launched| json!(packs(server));
    check(
        "--stubs",
        "SPARRING_STUBS",
        "tests/packs/pair",
        names,
        &json!(["left", "right"]),
    );
    let two = "tests/packs/pair/left,tests/packs/desk";
    check(
        "--stubs",
        "SPARRING_STUBS",
        two,
        names,
        &json!(["desk", "left"]),
    );

    let dropped = |server: &Launched| {
        for _ in 0..3 {
            server.send("POST", "/desk/list_contacts", "{}");
        }
        server.get("/__admin/calls")["dropped"].clone()
    };
    check("--log-calls", "SPARRING_LOG_CALLS", "2", dropped, &json!(1));
    // The newest call is kept, however large it is.
    check("--log-bytes", "SPARRING_LOG_BYTES", "1", dropped, &json!(2));

    let too_large =
        |server: &Launched| json!(server.send("POST", "/desk/list_contacts", "{    }").0);
    check(
        "--body-bytes",
        "SPARRING_BODY_BYTES",
        "6",
        too_large,
        &json!(200),
    );
    check(
        "--body-bytes",
        "SPARRING_BODY_BYTES",
        "5",
        too_large,
        &json!(413),
    );

    let served = |server: &Launched| json!(server.send("POST", "/desk/list_contacts", "{}").0);
    check("--workers", "SPARRING_WORKERS", "1", served, &json!(200));
}

#[test]
fn watching_is_switched_on_and_off_as_people_write_it() {
    let check = |arguments: &[&str], value: Option<&str>, watches: bool| {
        let folder = Folder::copied("watched", PACK);
        let mut all = vec!["serve", "--stubs", folder.argument()];
        all.extend(ANY_PORT);
        all.extend(arguments);
        let environment = value.map(|value| ("SPARRING_WATCH", value));
        let server = Launched::with(&all, environment.as_slice());
        if !watches {
            return;
        }
        folder.edit("pack.yaml", "title: Help desk", "title: Edited");
        eventually("the edit is taken up", || {
            server.get("/__admin/definitions")["packs"][0]["title"] == "Edited"
        });
    };
    check(&["--watch"], None, true);
    for value in ["1", "true", "yes", "on"] {
        check(&[], Some(value), true);
    }
    for value in ["0", "false", "no", "off", ""] {
        check(&[], Some(value), false);
        check(&["--watch"], Some(value), true);
    }
}

#[test]
fn seeds_come_from_the_flag_which_beats_the_variable() {
    let seed = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut all = vec!["serve", "--stubs", PACK];
        all.extend(ANY_PORT);
        all.extend(arguments);
        let server = Launched::with(&all, environment);
        server.get("/__admin/sandboxes/default")["seed"].clone()
    };
    let seven = seed(&["--seed", "7"], &[]);
    assert_eq!(seed(&[], &[("SPARRING_SEED", "7")]), seven);
    assert_eq!(seed(&["--seed", "7"], &[("SPARRING_SEED", "8")]), seven);
    assert_ne!(seed(&[], &[]), seven);
    assert_eq!(seed(&["--seed", "0"], &[]), seed(&[], &[]));
}

/// Runs the command, which must refuse, and say all of these.
fn check_refused(arguments: &[&str], said: &[&str]) {
    let answer = run(arguments, &[]);
    assert!(!answer.status.success(), "{arguments:?} went well");
    assert_eq!(answer.stdout, "", "{arguments:?}");
    for expected in said {
        assert!(
            answer.stderr.contains(expected),
            "{arguments:?} does not say {expected:?}: {}",
            answer.stderr
        );
    }
}

#[test]
fn what_cannot_be_served_is_refused_with_its_reason() {
    let check = check_refused;
    check(
        &["serve", "--clock", "noon"],
        &["--clock", "noon", "frozen@"],
    );
    check(
        &["serve", "--clock", "frozen@noon"],
        &["--clock", "RFC 3339"],
    );
    check(&["serve", "--seed", "-1"], &["-1"]);
    check(&["serve", "--seed", "x"], &["--seed", "x"]);
    check(&["serve", "--listen", "nowhere"], &["--listen", "nowhere"]);
    check(&["serve", "--mount", "desk"], &["--mount", "PACK=/prefix"]);
    check(
        &["serve", "--mount", "desk=x"],
        &["--mount", "PACK=/prefix"],
    );
    check(&["serve", "--stub", PACK], &["--stub", "--stubs"]);
    check(&["server"], &["server", "serve"]);
    let served = ["serve", "--stubs", PACK, "--listen", "127.0.0.1:0"];
    check(
        &[&served[..], &["--mount", "dsk=/x"]].concat(),
        &["dsk", "desk"],
    );
    let empty = Folder::new("nothing-to-serve");
    check(
        &["serve", "--stubs", empty.argument()],
        &[empty.argument(), "no definitions"],
    );
    let nowhere = format!("{}/nowhere", empty.argument());
    check(&["serve", "--stubs", &nowhere], &[&nowhere]);
    let bad = "tests/packs/bad/unknown_key";
    check(
        &["serve", "--stubs", bad],
        &["pack.yaml:2:1", "`titel`", "`title`"],
    );
}

#[test]
fn an_address_in_use_is_named() {
    let server = Server::with(&["--stubs", PACK]);
    let address = server.base.trim_start_matches("http://");
    let arguments = ["serve", "--stubs", PACK, "--listen", address];
    let said = run(&arguments, &[]);
    assert!(!said.status.success());
    assert!(said.stderr.contains(address), "{}", said.stderr);
}

#[test]
fn told_to_stop_it_finishes_what_it_began_and_ends_well() {
    let server = Launched::with(&["serve", "--stubs", PACK, "--listen", "127.0.0.1:0"], &[]);
    let slow = r#"{"status":200,"body":{"slow":true},"delayMilliseconds":300}"#;
    assert_eq!(server.send("POST", "/__admin/errors", slow).0, 201);
    thread::scope(|scope| {
        let call = scope.spawn(|| server.send("POST", "/desk/list_contacts", "{}"));
        eventually("the call is decided", || {
            server.get("/__admin/calls")["total"] == 1
        });
        server.terminate();
        let answer = call.join().expect("an answer");
        assert_eq!(answer, (200, r#"{"slow":true}"#.to_owned()));
    });
    let said = server.ended();
    assert!(said.status.success(), "{}", said.stderr);
    let after = said.stdout.lines().count();
    assert!(
        after < SCREEN_LINES,
        "more than one screen: {}",
        said.stdout
    );
    // Not on a terminal, the log is JSON, a line an event.
    assert!(said.stderr.contains("stopped"), "{}", said.stderr);
    for line in said.stderr.lines() {
        let event: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(
            event["level"].is_string() && event["timestamp"].is_string(),
            "{line}"
        );
    }
}
