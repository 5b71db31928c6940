//! Metrics: a text that a monitor can read, whose counters say what the call log says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::Server;

/// Series by name and labels, as `name{a="b"}`.
type Series = BTreeMap<String, f64>;

/// Reads metrics strictly: each series belongs to the family that was described last, and none is
/// told twice.
#[track_caller]
fn read(text: &str) -> Series {
    let mut series = Series::new();
    let (mut family, mut kind) = (String::new(), String::new());
    let mut families = BTreeSet::new();
    assert!(text.ends_with('\n'), "the last line ends");
    let text = text.strip_suffix("# EOF\n").unwrap_or(text);
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').expect("a help text");
            assert!(
                families.insert(name.to_owned()),
                "{name} is described twice"
            );
            assert!(words.ends_with('.'), "{line}");
            family = name.to_owned();
        } else if let Some(told) = line.strip_prefix("# TYPE ") {
            let (name, told) = told.split_once(' ').expect("a type");
            assert_eq!(name, family, "{line}");
            kind = told.to_owned();
        } else {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            let bare = name.split('{').next().expect("a name");
            let suffix = bare.strip_prefix(family.as_str());
            let suffix = suffix.unwrap_or_else(|| panic!("{line} is not of {family}"));
            let fits = match kind.as_str() {
                "counter" => ["_total", ""].contains(&suffix) && bare.ends_with("_total"),
                "gauge" => suffix.is_empty(),
                "histogram" => ["_sum", "_count", "_bucket"].contains(&suffix),
                _ => false,
            };
            assert!(fits, "{line} is no {kind}");
            check_labels(name);
            let value = value.parse().expect("a number");
            assert!(series.insert(name.to_owned(), value).is_none(), "{line}");
        }
    }
    series
}

/// `name`, or `name{label="value",label="value"}`.
#[track_caller]
fn check_labels(series: &str) {
    let Some((_, labels)) = series.split_once('{') else {
        return;
    };
    let labels = labels.strip_suffix('}').expect("a brace");
    for label in labels.split(',') {
        let (name, value) = label.split_once('=').unwrap_or_else(|| panic!("{series}"));
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(!name.is_empty() && name.chars().all(plain), "{series}");
        let quoted = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        assert!(quoted.is_some_and(|value| !value.contains('"')), "{series}");
    }
}

#[track_caller]
fn metrics(server: &Server) -> Series {
    let answer = server.get("/__admin/metrics");
    assert_eq!(answer.status, 200, "{}", answer.text);
    read(&answer.text)
}

/// The sum of all series of a family that have all of these labels.
fn sum(series: &Series, family: &str, labels: &[&str]) -> f64 {
    let found = series.iter().filter(|(name, _)| {
        let (bare, rest) = name.split_once('{').unwrap_or((name, ""));
        bare == family && labels.iter().all(|label| rest.contains(label))
    });
    found.map(|(_, value)| value).sum()
}

/// A sandbox of this id, in which nothing has happened.
fn fresh(server: &Server, id: &str) -> String {
    server
        .post("/__admin/sandboxes", &json!({ "id": id }))
        .expect(201);
    format!("/s/{id}")
}

#[test]
fn counters_say_what_the_call_log_says() {
    let server = Server::start();
    let at = fresh(&server, "adds-up");
    let call = |tool: &str, input: &Value| server.post(&format!("{at}/v1/{tool}"), input).status;
    call("get_balance", &json!({ "agent_id": "ann" }));
    call("get_balance", &json!({ "agent_id": "ann" }));
    call("get_balance", &json!({}));
    server.get(&format!("{at}/nobody/home"));
    let stub = json!({
        "request": { "urlPath": "/plain" }, "response": { "status": 304 },
    });
    server
        .post(&format!("{at}/__admin/mappings"), &stub)
        .expect(201);
    server.get(&format!("{at}/plain"));
    let queued = json!({ "tool": "get_balance", "status": 503 });
    server
        .post(&format!("{at}/__admin/errors"), &queued)
        .expect(201);
    call("get_balance", &json!({ "agent_id": "ann" }));
    // What failed is tried again, once.
    call("get_balance", &json!({ "agent_id": "ann" }));
    call("get_balance", &json!({ "agent_id": "ann" }));
    let waits = json!({ "tool": "release_escrow", "status": 503, "count": 1 });
    server
        .post(&format!("{at}/__admin/errors"), &waits)
        .expect(201);

    let told = metrics(&server);
    let here = "sandbox=\"adds-up\"";
    let log = server
        .get(&format!("{at}/__admin/calls?limit=1000"))
        .expect(200);
    let calls = log["calls"].as_array().expect("calls");
    assert_eq!(calls.len(), 8);
    for (class, label) in [(2, "2xx"), (3, "3xx"), (4, "4xx"), (5, "5xx")] {
        let logged = calls
            .iter()
            .filter(|call| call["status"].as_u64().expect("a status") / 100 == class);
        let class = format!("status_class=\"{label}\"");
        assert_eq!(
            sum(&told, "sparring_calls_total", &[here, &class]),
            logged.count() as f64,
            "{label}"
        );
    }
    for (labels, expected) in [
        (vec!["tool=\"get_balance\""], 6.0),
        (vec!["tool=\"get_balance\"", "error=\"\""], 4.0),
        (vec!["tool=\"get_balance\"", "error=\"queued\""], 1.0),
        (vec!["tool=\"get_balance\"", "error=\"invalid_input\""], 1.0),
        (vec!["error=\"unmatched\"", "pack=\"\""], 1.0),
    ] {
        let labels: Vec<&str> = labels.into_iter().chain([here]).collect();
        assert_eq!(
            sum(&told, "sparring_calls_total", &labels),
            expected,
            "{labels:?}"
        );
    }
    for (family, labels, expected) in [
        ("sparring_retries_seen_total", vec![here], 1.0),
        ("sparring_unmatched_total", vec![here], 1.0),
        ("sparring_rate_limited_total", vec![here], 0.0),
        ("sparring_queue_depth", vec![here, "queue=\"errors\""], 1.0),
        ("sparring_queue_depth", vec![here, "queue=\"quirks\""], 0.0),
        ("sparring_log_entries", vec![here], 8.0),
        ("sparring_call_duration_seconds_count", vec![here], 8.0),
        (
            "sparring_call_duration_seconds_bucket",
            vec![here, "le=\"+Inf\""],
            8.0,
        ),
        ("sparring_sandboxes", vec![], 2.0),
        ("sparring_requests_in_flight", vec![], 1.0),
    ] {
        assert_eq!(sum(&told, family, &labels), expected, "{family} {labels:?}");
    }
    assert!(sum(&told, "sparring_log_bytes", &[here]) > 1000.0);
    assert!(sum(&told, "sparring_connections", &[]) >= 1.0);
    assert!(sum(&told, "sparring_store_commit_seconds_count", &[]) >= 6.0);
    assert!(sum(&told, "process_start_time_seconds", &[]) > 1.6e9);
    // Emptying the log takes nothing back.
    server.delete(&format!("{at}/__admin/calls")).expect(200);
    server.post(&format!("{at}/__admin/reset"), &json!({}));
    let after = metrics(&server);
    assert_eq!(sum(&after, "sparring_calls_total", &[here]), 8.0);
    assert_eq!(sum(&after, "sparring_log_entries", &[here]), 0.0);
}

#[test]
fn faults_are_counted_and_so_is_the_retry_of_one() {
    let server = Server::start();
    let at = fresh(&server, "goes-wrong");
    let rule =
        json!({ "mode": "wrong_status", "tools": ["get_balance"], "when": { "calls": [1] } });
    server
        .post(&format!("{at}/__admin/faults"), &rule)
        .expect(201);
    let ask = json!({ "agent_id": "ann" });
    server.post(&format!("{at}/v1/get_balance"), &ask);
    server.post(&format!("{at}/v1/get_balance"), &ask);
    let told = metrics(&server);
    let here = "sandbox=\"goes-wrong\"";
    let mode = [here, "mode=\"wrong_status\""];
    assert_eq!(sum(&told, "sparring_faults_injected_total", &mode), 1.0);
    let fault = [here, "error=\"fault\""];
    assert_eq!(sum(&told, "sparring_calls_total", &fault), 1.0);
    assert_eq!(sum(&told, "sparring_retries_seen_total", &[here]), 1.0);
}

#[test]
fn the_text_comes_in_two_forms() {
    let server = Server::start();
    for (accept, kind) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.1",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ] {
        let answer = server.request("GET", "/metrics", &[("accept", accept)], None);
        assert_eq!(answer.header("content-type"), Some(kind));
        let newer = kind.contains("openmetrics");
        assert_eq!(answer.text.ends_with("# EOF\n"), newer);
        let family = match newer {
            true => "# TYPE sparring_calls counter\n",
            false => "# TYPE sparring_calls_total counter\n",
        };
        assert!(answer.text.contains(family), "{}", answer.text);
        read(&answer.text);
    }
    // A scrape is no call.
    assert_eq!(server.get("/__admin/calls").expect(200)["total"], 0);
}

#[test]
fn metrics_at_the_root_yield_to_a_stub() {
    let server = Server::start();
    assert!(server.get("/metrics?x=1").text.contains("sparring_calls"));
    // It is of the whole server: a sandbox has none, and only who asks for it gets it.
    assert_eq!(server.get("/s/default/metrics").status, 404);
    assert_eq!(server.get("/s/default/__admin/metrics").status, 404);
    assert_eq!(server.post("/metrics", &json!({})).status, 404);
    let named = [("sparring-sandbox", "default")];
    let answer = server.request("GET", "/metrics", &named, None);
    assert_eq!(answer.status, 404);
    let stub = json!({
        "request": { "urlPath": "/metrics" }, "response": { "body": "mine" },
    });
    server.post("/__admin/mappings", &stub).expect(201);
    assert_eq!(server.get("/metrics").text, "mine");
    assert!(
        server
            .get("/__admin/metrics")
            .text
            .contains("sparring_calls")
    );
}

#[test]
fn the_number_of_sandboxes_with_a_label_is_bounded() {
    let server = Server::start();
    let (labels, extra) = (200, 20);
    // `default` has one.
    for number in 0..labels - 1 + extra {
        let at = fresh(&server, &format!("many-{number}"));
        server.get(&format!("{at}/nowhere"));
    }
    let told = metrics(&server);
    let unmatched = |told: &Series| {
        let all = told
            .keys()
            .filter(|name| name.starts_with("sparring_unmatched_total"));
        all.count()
    };
    assert_eq!(unmatched(&told), labels + 1);
    let other = ["sandbox=\"other\""];
    assert_eq!(sum(&told, "sparring_unmatched_total", &other), extra as f64);
    assert_eq!(sum(&told, "sparring_log_entries", &other), extra as f64);
    // A counter does not run back when who has counted is gone.
    server.delete(&format!("/__admin/sandboxes/many-{}", labels + 5));
    server.delete("/__admin/sandboxes/many-3");
    let after = metrics(&server);
    assert_eq!(
        sum(&after, "sparring_unmatched_total", &other),
        extra as f64
    );
    assert_eq!(sum(&after, "sparring_unmatched_total", &["many-3\""]), 1.0);
    // A newcomer gets the place.
    fresh(&server, "newcomer");
    let after = metrics(&server);
    assert_eq!(unmatched(&after), labels + 1);
    assert!(after.contains_key("sparring_unmatched_total{sandbox=\"newcomer\"}"));
}
