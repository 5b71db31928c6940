//! The end: SIGTERM is obeyed within a second, and whoever is being answered still gets the answer.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::launch::eventually;
use crate::support::Server;
use crate::wire::{Wire, post};

/// How long the server may take to end.
const WITHIN: Duration = Duration::from_secs(1);

/// How often a slow end is forgiven: the machine has other things to do, too.
const ATTEMPTS: usize = 3;

/// Tells a server to end while it has something going on; what `before` gives, `after` looks at.
#[track_caller]
fn check<T>(before: impl Fn(&Server) -> T, after: impl Fn(T)) {
    let mut took = Duration::MAX;
    for _ in 0..ATTEMPTS {
        let mut server = Server::with(&["--stubs", "stubs/greenhelix"]);
        let going_on = before(&server);
        took = took.min(end(&mut server));
        after(going_on);
        if took < WITHIN {
            return;
        }
    }
    panic!("the quickest end took {took:?}");
}

/// Tells a server to end, and waits until it has, well; how long that took.
#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "how soon a process ends is measured on the machine's clock"
)]
fn end(server: &mut Server) -> Duration {
    let told = Instant::now();
    let kill = Command::new("kill")
        .args(["-TERM", &server.pid().to_string()])
        .status();
    assert!(kill.is_ok_and(|status| status.success()), "kill -TERM");
    assert!(server.wait(), "it did not end with exit code 0");
    told.elapsed()
}

/// Puts an answer in line that comes after so many milliseconds.
fn queue_delayed(server: &Server, delay_milliseconds: u64) {
    let error = json!({ "status": 503, "delayMilliseconds": delay_milliseconds });
    server.post("/__admin/errors", &error).expect(201);
}

/// Sends a call, and waits until the server has decided about it: it only has to be answered.
fn in_flight(server: &Server) -> Wire {
    let mut wire = Wire::connect(server);
    let call = post("/v1/get_balance", &[], &json!({ "agent_id": "alice" }));
    wire.send(&call).expect("the call is sent");
    eventually("the call is in the log", || {
        server.get("/__admin/calls").json()["total"] == 1
    });
    wire
}

/// A connection on which a call was answered, and nothing happens now.
fn idle(server: &Server) -> Wire {
    let mut wire = Wire::connect(server);
    let health = b"GET /__admin/health HTTP/1.1\r\nhost: test\r\n\r\n";
    let answer = wire.exchange(health).expect("an answer");
    answer.expect(200);
    assert_ne!(answer.header("connection"), Some("close"));
    wire
}

#[test]
fn a_server_that_has_nothing_to_do_ends() {
    check(|_| {}, |()| {});
}

#[test]
fn connections_on_which_nothing_happens_hold_nothing_up() {
    check(
        |server| [idle(server), idle(server), Wire::connect(server)],
        |wires| {
            for mut wire in wires {
                assert!(wire.is_closed());
            }
        },
    );
}

#[test]
fn a_call_in_flight_is_answered_first() {
    check(
        |server| {
            queue_delayed(server, 300);
            [in_flight(server), idle(server)]
        },
        |[mut called, mut idle]| {
            let answer = called.answer().expect("the answer");
            assert_eq!(answer.expect(503)["status"], 503);
            assert!(called.is_closed(), "nothing more can be asked");
            assert!(idle.is_closed());
        },
    );
}

#[test]
fn what_does_not_come_to_an_end_is_not_waited_for() {
    check(
        |server| {
            queue_delayed(server, 60_000);
            let mut half_a_head = Wire::connect(server);
            let mut half_a_body = Wire::connect(server);
            let head = "POST /v1/deposit HTTP/1.1\r\nhost: test\r\n";
            let body = format!("{head}content-length: 100\r\n\r\n{{");
            half_a_head.send(head.as_bytes()).expect("it is sent");
            half_a_body.send(body.as_bytes()).expect("it is sent");
            [in_flight(server), half_a_head, half_a_body]
        },
        |wires| {
            for mut wire in wires {
                if let Ok(answer) = wire.answer() {
                    assert!(answer.status >= 400, "half a call succeeded: {answer:?}");
                }
            }
        },
    );
}
