//! Webhooks: what is told to whom, when, and with what going wrong.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::receiver::{Does, Receiver, Told};
use crate::support::Server;

pub(crate) const SECRET: &str = "s3cret";

/// How often is asked for what is about to be there.
const POLLS_MAX: usize = 20_000;

/// A server with the pack of the tests, at a frozen clock, and a receiver that has registered.
pub(crate) fn hooks(events: &[&str]) -> (Server, Receiver) {
    let server = Server::with(&[
        "--stubs",
        "tests/packs/hooks",
        "--clock",
        "frozen@2026-01-01T00:00:00Z",
    ]);
    let receiver = Receiver::start();
    listen(&server, &format!("{}/hook", receiver.url), events);
    (server, receiver)
}

pub(crate) fn listen(server: &Server, url: &str, events: &[&str]) {
    let input = json!({ "url": url, "secret": SECRET, "events": events });
    server.post("/hooks/listen", &input).expect(200);
}

pub(crate) fn write(server: &Server, id: &str) {
    server
        .post("/hooks/write", &json!({ "id": id }))
        .expect(200);
}

fn read(server: &Server, id: &str) {
    server.post("/hooks/read", &json!({ "id": id })).expect(200);
}

pub(crate) fn advance(server: &Server, by: &str) {
    server
        .post("/__admin/clock/advance", &json!({ "by": by }))
        .expect(200);
}

pub(crate) fn fault(server: &Server, fault: &Value) {
    server.post("/__admin/webhooks/faults", fault).expect(201);
}

pub(crate) fn deliveries(server: &Server) -> Vec<Value> {
    let listed = server.get("/__admin/webhooks/deliveries").expect(200);
    listed["deliveries"].as_array().expect("a list").clone()
}

/// A delivery, once it stands so: what came of an attempt is known a moment after it.
#[track_caller]
pub(crate) fn settled(server: &Server, id: &str, status: &str) -> Value {
    let path = format!("/__admin/webhooks/deliveries/{id}");
    for _ in 0..POLLS_MAX {
        let delivery = server.get(&path).expect(200);
        if delivery["status"] == status {
            return delivery;
        }
    }
    panic!("{id} is not {status}: {:#}", server.get(&path).json());
}

fn hex_hmac(key: &[u8], text: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(text);
    let bytes = mac.finalize().into_bytes();
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a text");
        hex
    })
}

/// Whether a request's signature fits.
fn is_signed(told: &Told) -> bool {
    let signed = format!("{}.{}", told.header("X-Time"), told.text());
    let expected = hex_hmac(SECRET.as_bytes(), signed.as_bytes());
    told.header("X-Signature") == format!("sha256={expected}")
}

/// Which events came, in their order: `note.written a`.
pub(crate) fn told(receiver: &Receiver, count: usize) -> Vec<String> {
    let came = (0..count).map(|_| receiver.next().json());
    came.map(|body| {
        format!(
            "{} {}",
            body["what"].as_str().unwrap_or_default(),
            body["note"].as_str().unwrap_or_default()
        )
    })
    .collect()
}

#[test]
fn an_event_is_told_signed_and_once() {
    let (server, receiver) = hooks(&["note.*"]);
    write(&server, "a");
    let came = receiver.next();
    assert_eq!(
        (came.method.as_str(), came.path.as_str()),
        ("POST", "/hook")
    );
    assert_eq!(came.json(), json!({ "what": "note.written", "note": "a" }));
    assert_eq!(came.header("content-type"), "application/json");
    assert_eq!(came.header("X-Event"), "note.written");
    assert_eq!(came.header("X-Attempt"), "1");
    assert_eq!(came.header("X-Time"), "1767225600");
    assert!(came.header("X-Id").starts_with("evt_"));
    assert!(is_signed(&came), "{came:?}");
    let delivery = settled(&server, "dlv_1", "delivered");
    assert_eq!(delivery["event"]["id"], came.header("X-Id"));
    assert_eq!(delivery["body"], came.text());
    assert_eq!(delivery["attempts"][0]["outcome"], json!({ "status": 200 }));
    assert!(!delivery.to_string().contains(SECRET));
    advance(&server, "P7D");
    receiver.nothing();
}

#[test]
fn only_who_wants_an_event_is_told_and_a_refused_call_tells_nobody() {
    let (server, receiver) = hooks(&["note.read"]);
    let other = Receiver::start();
    listen(&server, &other.url, &[]);
    write(&server, "a");
    assert_eq!(told(&other, 1), ["note.written a"]);
    let refused = json!({ "id": "b", "fail": true });
    assert_eq!(server.post("/hooks/write", &refused).status, 422);
    read(&server, "a");
    assert_eq!(told(&receiver, 1), ["note.read a"]);
    assert_eq!(told(&other, 1), ["note.read a"]);
    assert_eq!(deliveries(&server).len(), 3);
}

#[test]
fn what_fails_is_tried_again_on_the_sandbox_clock_until_the_schedule_ends() {
    let (server, receiver) = hooks(&["*"]);
    receiver.then(&[Does::Answer(500), Does::Answer(302), Does::Answer(200)]);
    write(&server, "a");
    let first = receiver.next();
    let waiting = settled(&server, "dlv_1", "pending");
    assert_eq!(waiting["nextAttemptAt"], "2026-01-01T00:00:10Z");
    advance(&server, "PT9.999S");
    receiver.nothing();
    advance(&server, "PT0.001S");
    let second = receiver.next();
    assert_eq!(second.header("X-Id"), first.header("X-Id"));
    assert_eq!(second.header("X-Time"), "1767225610");
    assert_eq!(second.header("X-Attempt"), "2");
    assert!(is_signed(&second));
    let waiting = settled(&server, "dlv_1", "pending");
    assert_eq!(waiting["nextAttemptAt"], "2026-01-01T00:01:10Z");
    advance(&server, "PT1M");
    receiver.next();
    settled(&server, "dlv_1", "delivered");

    receiver.then(&[Does::Answer(500); 3]);
    write(&server, "b");
    for by in ["PT10S", "PT1M"] {
        receiver.next();
        settled(&server, "dlv_2", "pending");
        advance(&server, by);
    }
    receiver.next();
    let failed = settled(&server, "dlv_2", "failed");
    assert_eq!(failed["attempts"].as_array().map(Vec::len), Some(3));
    assert_eq!(failed["nextAttemptAt"], Value::Null);
    advance(&server, "P1D");
    receiver.nothing();
}

#[test]
fn a_retry_that_waits_lets_the_next_event_pass() {
    let (server, receiver) = hooks(&["*"]);
    receiver.then(&[Does::Answer(503)]);
    write(&server, "a");
    assert_eq!(told(&receiver, 1), ["note.written a"]);
    settled(&server, "dlv_1", "pending");
    write(&server, "b");
    assert_eq!(told(&receiver, 1), ["note.written b"]);
    advance(&server, "PT10S");
    assert_eq!(told(&receiver, 1), ["note.written a"]);
}

#[test]
fn events_come_one_after_the_other() {
    let (server, receiver) = hooks(&["*"]);
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    ids.iter().for_each(|id| write(&server, id));
    let expected = ids.map(|id| format!("note.written {id}"));
    assert_eq!(told(&receiver, ids.len()), expected);
}

#[test]
fn an_endpoint_that_is_gone_is_told_nothing_more() {
    let (server, receiver) = hooks(&["*"]);
    receiver.then(&[Does::Answer(500), Does::Answer(410)]);
    write(&server, "a");
    receiver.next();
    settled(&server, "dlv_1", "pending");
    write(&server, "b");
    receiver.next();
    settled(&server, "dlv_2", "disabled");
    settled(&server, "dlv_1", "disabled");
    write(&server, "c");
    advance(&server, "P1D");
    receiver.nothing();
    let listed = server.get("/__admin/webhooks/deliveries").expect(200);
    assert_eq!(listed["total"], 2);
    assert_eq!(
        listed["disabledEndpoints"][0]["disabledAt"],
        "2026-01-01T00:00:00Z"
    );
}

#[test]
fn an_endpoint_that_hangs_is_given_up_and_tried_again() {
    let (server, receiver) = hooks(&["*"]);
    receiver.then(&[Does::Hang]);
    write(&server, "a");
    // The call is answered while the endpoint still keeps us waiting.
    assert_eq!(deliveries(&server)[0]["status"], "inFlight");
    receiver.next();
    let waiting = settled(&server, "dlv_1", "pending");
    let reason = &waiting["attempts"][0]["outcome"]["failed"];
    assert_eq!(reason, "no answer within 0.4 s");
    advance(&server, "PT10S");
    receiver.next();
    settled(&server, "dlv_1", "delivered");
}

#[test]
fn where_webhooks_may_not_go_they_do_not_go() {
    let (server, _receiver) = hooks(&["none"]);
    let refused = [
        ("http://10.0.0.1/hook", "not an allowed target"),
        ("http://169.254.169.254/latest", "not an allowed target"),
        ("http://[::ffff:127.0.0.1]/", "unusual form"),
        ("http://2130706433/", "unusual form"),
        ("http://user@127.0.0.1/", "user name"),
        ("http://example.com/", "not an allowed target"),
        ("ftp://127.0.0.1/", "neither of http"),
        ("file:///etc/passwd", "absolute"),
        ("nonsense", "absolute"),
    ];
    for (url, _) in refused {
        listen(&server, url, &["note.written"]);
    }
    write(&server, "a");
    let deliveries = deliveries(&server);
    for (url, why) in refused {
        let of = deliveries.iter().find(|one| one["endpoint"]["url"] == url);
        let of = of.unwrap_or_else(|| panic!("{url}"));
        assert_eq!(of["status"], "failed", "{url}");
        let reason = &of["attempts"][0]["outcome"]["failed"];
        assert!(
            reason.as_str().is_some_and(|text| text.contains(why)),
            "{url}: {reason}"
        );
    }
    // A list of one's own takes the place of the loopback.
    let server = Server::with(&[
        "--stubs",
        "tests/packs/hooks",
        "--webhook-targets",
        "10.0.0.0/8,localhost:1",
    ]);
    listen(&server, "http://127.0.0.1:9/", &["*"]);
    write(&server, "a");
    let deliveries = self::deliveries(&server);
    assert_eq!(deliveries[0]["status"], "failed");
}

#[test]
fn nobody_there_is_tried_again() {
    let (server, _receiver) = hooks(&["none"]);
    // Port 9 is reserved for discarding, and nothing listens to it here.
    listen(&server, "http://127.0.0.1:9/", &["*"]);
    write(&server, "a");
    let waiting = settled(&server, "dlv_1", "pending");
    let reason = waiting["attempts"][0]["outcome"]["failed"].to_string();
    assert!(reason.contains("cannot connect"), "{reason}");
}

#[test]
fn a_delivery_goes_again_when_a_tester_wants_it() {
    let (server, receiver) = hooks(&["*"]);
    write(&server, "a");
    let first = receiver.next();
    settled(&server, "dlv_1", "delivered");
    advance(&server, "PT1H");
    let path = "/__admin/webhooks/deliveries/dlv_1/redeliver";
    let again = server.send("POST", path, None).expect(202);
    assert_eq!(again["id"], "dlv_1");
    let second = receiver.next();
    assert_eq!(second.header("X-Id"), first.header("X-Id"));
    assert_eq!(second.header("X-Time"), "1767229200");
    assert_eq!(second.text(), first.text());
    let delivered = settled(&server, "dlv_1", "delivered");
    assert_eq!(delivered["attempts"].as_array().map(Vec::len), Some(2));
    for id in ["dlv_2", "2", "x", "dlv_"] {
        let path = format!("/__admin/webhooks/deliveries/{id}/redeliver");
        assert_eq!(server.send("POST", &path, None).status, 404, "{id}");
    }
}

#[test]
fn a_duplicate_is_the_same_event_twice() {
    let (server, receiver) = hooks(&["*"]);
    fault(&server, &json!({ "mode": "duplicate" }));
    write(&server, "a");
    let (one, two) = (receiver.next(), receiver.next());
    assert_eq!(one.header("X-Id"), two.header("X-Id"));
    assert_eq!(one.text(), two.text());
    write(&server, "b");
    assert_ne!(receiver.next().header("X-Id"), one.header("X-Id"));
    receiver.nothing();
}

#[test]
fn an_event_that_is_out_of_order_goes_after_the_next() {
    let (server, receiver) = hooks(&["*"]);
    fault(
        &server,
        &json!({ "mode": "reorder", "events": ["note.written"] }),
    );
    write(&server, "a");
    receiver.nothing();
    assert_eq!(deliveries(&server)[0]["waitsFor"], "nextDelivery");
    write(&server, "b");
    assert_eq!(told(&receiver, 2), ["note.written b", "note.written a"]);
    // Where nothing follows, it goes in the end.
    fault(&server, &json!({ "mode": "reorder", "seconds": 60 }));
    write(&server, "c");
    advance(&server, "PT59S");
    receiver.nothing();
    advance(&server, "PT1S");
    assert_eq!(told(&receiver, 1), ["note.written c"]);
}

#[test]
fn a_delay_is_one_of_the_sandbox_clock() {
    let (server, receiver) = hooks(&["*"]);
    fault(&server, &json!({ "mode": "delay", "seconds": 30 }));
    write(&server, "a");
    write(&server, "b");
    assert_eq!(told(&receiver, 1), ["note.written b"]);
    advance(&server, "PT30S");
    let late = receiver.next();
    assert_eq!(late.json()["note"], "a");
    assert_eq!(late.header("X-Time"), "1767225630");
    assert!(is_signed(&late));
}

#[test]
fn what_is_dropped_is_never_sent() {
    let (server, receiver) = hooks(&["*"]);
    fault(&server, &json!({ "mode": "drop", "times": 2 }));
    for id in ["a", "b", "c"] {
        write(&server, id);
    }
    assert_eq!(told(&receiver, 1), ["note.written c"]);
    let filtered = server.get("/__admin/webhooks/deliveries?status=dropped&event=note.*&limit=1");
    let filtered = filtered.expect(200);
    assert_eq!(filtered["total"], 2);
    assert_eq!(filtered["deliveries"][0]["id"], "dlv_2");
}

#[test]
fn what_is_late_comes_after_the_next_of_the_same_record() {
    let (server, receiver) = hooks(&["*"]);
    fault(&server, &json!({ "mode": "late" }));
    write(&server, "a");
    write(&server, "b");
    assert_eq!(told(&receiver, 1), ["note.written b"]);
    receiver.nothing();
    read(&server, "a");
    assert_eq!(told(&receiver, 2), ["note.read a", "note.written a"]);
}

#[test]
fn a_signature_or_a_time_is_wrong_on_purpose() {
    let (server, receiver) = hooks(&["*"]);
    fault(&server, &json!({ "mode": "bad_signature" }));
    fault(&server, &json!({ "mode": "clock_skew", "seconds": -600 }));
    write(&server, "a");
    assert!(!is_signed(&receiver.next()));
    write(&server, "b");
    let skewed = receiver.next();
    assert_eq!(skewed.header("X-Time"), "1767225000");
    assert!(is_signed(&skewed));
    settled(&server, "dlv_1", "delivered");
    let path = "/__admin/webhooks/deliveries/dlv_1/redeliver";
    server.send("POST", path, None).expect(202);
    assert!(
        is_signed(&receiver.next()),
        "what a tester sends again is right"
    );
}

#[test]
fn a_rule_of_the_pack_strikes_every_so_manieth_event() {
    let (server, receiver) = hooks(&["note.pinged"]);
    for _ in 0..7 {
        server.post("/hooks/ping", &json!({})).expect(200);
    }
    let statuses = deliveries(&server);
    let dropped: Vec<&str> = statuses
        .iter()
        .filter(|one| one["status"] == "dropped")
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert_eq!(dropped, ["dlv_3", "dlv_6"]);
    assert_eq!(told(&receiver, 5).len(), 5);
}

#[test]
fn faults_are_listed_taken_back_and_held_to_their_shape() {
    let (server, _receiver) = hooks(&["*"]);
    fault(&server, &json!({ "mode": "drop" }));
    fault(&server, &json!({ "mode": "late", "seconds": 5 }));
    let listed = server.get("/__admin/webhooks/faults").expect(200);
    assert_eq!(
        listed["faults"][1],
        json!({ "id": 2, "mode": "late", "times": 1, "events": [], "seconds": 5 })
    );
    server.delete("/__admin/webhooks/faults/1").expect(200);
    assert_eq!(server.delete("/__admin/webhooks/faults/1").status, 404);
    server.delete("/__admin/webhooks/faults").expect(200);
    let listed = server.get("/__admin/webhooks/faults").expect(200);
    assert_eq!(listed["faults"], json!([]));
    for (bad, status) in [
        (json!({ "mode": "explode" }), 422),
        (json!({ "mode": "drop", "times": 0 }), 422),
        (json!({ "mode": "delay", "seconds": -1 }), 422),
        (json!({ "mode": "delay", "second": 1 }), 422),
        (json!({}), 422),
    ] {
        let said = server.post("/__admin/webhooks/faults", &bad);
        assert_eq!(said.status, status, "{bad}: {}", said.text);
        assert_eq!(
            said.header("content-type"),
            Some("application/problem+json")
        );
    }
    for query in ["status=lost", "limit=0", "limit=x", "since=1"] {
        let path = format!("/__admin/webhooks/deliveries?{query}");
        assert_eq!(server.get(&path).status, 422, "{query}");
    }
}

#[test]
fn time_tells_by_itself() {
    let server = Server::with(&["--stubs", "tests/packs/hooks"]);
    let receiver = Receiver::start();
    listen(&server, &receiver.url, &["note.stale"]);
    let now = server.get("/__admin/clock").expect(200)["now"].clone();
    let now: jiff::Timestamp = now.as_str().expect("a text").parse().expect("a time");
    let until = now + jiff::SignedDuration::from_millis(300);
    let input = json!({ "id": "a", "until": until.to_string() });
    server.post("/hooks/write", &input).expect(200);
    // No call follows.
    assert_eq!(told(&receiver, 1), ["note.stale a"]);
}

#[test]
fn what_becomes_of_a_sandbox_becomes_of_its_deliveries() {
    let (server, receiver) = hooks(&["none"]);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let team = "/s/team";
        server.get(&format!("{team}/__admin/clock"));
        let input = json!({ "url": receiver.url, "secret": SECRET });
        server
            .post(&format!("{team}/hooks/listen"), &input)
            .expect(200);
        receiver.then(&[Does::Hang]);
        let note = json!({ "id": "a" });
        server
            .post(&format!("{team}/hooks/write"), &note)
            .expect(200);
        ids.push(receiver.next().header("X-Id").to_owned());
        assert_eq!(server.delete("/__admin/sandboxes/team").status, 200);
    }
    assert_eq!(ids[0], ids[1], "equal runs tell equal events");
    assert_eq!(deliveries(&server).len(), 0);
    // A reset forgets what is under way, and what comes of it later means nothing.
    let input = json!({ "url": receiver.url, "secret": SECRET });
    server.post("/hooks/listen", &input).expect(200);
    receiver.then(&[Does::Hang]);
    write(&server, "a");
    receiver.next();
    server.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(deliveries(&server).len(), 0);
    server.post("/hooks/listen", &input).expect(200);
    write(&server, "a");
    receiver.next();
    let delivery = settled(&server, "dlv_1", "delivered");
    assert_eq!(delivery["attempts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_stub_of_wiremock_sends_when_it_has_answered() {
    let (server, receiver) = hooks(&["none"]);
    let parameters = json!({
        "method": "PUT",
        "url": format!("{}/after/{{{{originalRequest.query.id}}}}", receiver.url),
        "headers": { "X-From": "{{originalRequest.path}}", "Content-Type": "text/plain" },
        "body": "got {{jsonPath originalRequest.body '$.name'}} {{parameters.mine.[1]}}",
        "mine": ["one", "two"],
        "delay": { "type": "fixed", "milliseconds": 20 }
    });
    let mapping = |listeners: Value, key: &str| {
        json!({
            "request": { "method": "POST", "urlPath": format!("/{key}") },
            "response": { "status": 202 },
            key: listeners
        })
    };
    let listed = json!([{ "name": "webhook", "parameters": parameters }]);
    let base64 =
        json!({ "webhook": { "url": format!("{}/raw", receiver.url), "base64Body": "AAH/" } });
    for (listeners, key) in [
        (listed, "serveEventListeners"),
        (base64, "postServeActions"),
    ] {
        server
            .post("/__admin/mappings", &mapping(listeners, key))
            .expect(201);
    }
    let answer = server.post("/serveEventListeners?id=7", &json!({ "name": "x" }));
    assert_eq!(answer.status, 202);
    let came = receiver.next();
    assert_eq!(
        (came.method.as_str(), came.path.as_str()),
        ("PUT", "/after/7")
    );
    assert_eq!(came.header("X-From"), "/serveEventListeners");
    assert_eq!(came.header("content-type"), "text/plain");
    assert_eq!(came.text(), "got x two");
    server.post("/postServeActions", &json!({}));
    let came = receiver.next();
    assert_eq!(
        (came.path.as_str(), came.body.as_slice()),
        ("/raw", &[0, 1, 255][..])
    );
    settled(&server, "dlv_2", "delivered");
    for bad in [
        json!([{ "name": "smoke-signal", "parameters": { "url": "http://localhost/" } }]),
        json!([{ "name": "webhook", "parameters": { "url": "{{#if x}}", } }]),
        json!([{ "name": "webhook", "parameters": { "url": "http://localhost/", "base64Body": "?" } }]),
    ] {
        let said = server.post("/__admin/mappings", &mapping(bad, "serveEventListeners"));
        assert_eq!(said.status, 422, "{}", said.text);
    }
    let nowhere = json!([{ "name": "webhook", "parameters": { "method": "GET" } }]);
    let mapping = mapping(nowhere, "nowhere");
    let listeners =
        json!({ "request": mapping["request"], "serveEventListeners": mapping["nowhere"] });
    server.post("/__admin/mappings", &listeners).expect(201);
    assert_eq!(server.post("/nowhere", &json!({})).status, 200);
    receiver.nothing();
}

#[test]
fn a_clock_advanced_over_all_attempts_sees_each_at_its_own_time() {
    let (server, receiver) = hooks(&["note.*"]);
    receiver.then(&[Does::Answer(500); 3]);
    write(&server, "one");
    let first = receiver.next();
    settled(&server, "dlv_1", "pending");
    advance(&server, "P3D");
    let others = [receiver.next(), receiver.next()];
    let times = [&first, &others[0], &others[1]].map(|told| told.header("x-time").to_owned());
    assert_eq!(times, ["1767225600", "1767225610", "1767225670"]);
    settled(&server, "dlv_1", "failed");
    receiver.nothing();
}
