//! The documents and the sandbox that the tests share, and how they check an expression.

mod bounds;
mod documented;
mod items;
mod made;
mod refusals;
mod values;

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::*;

const STACK_BYTES: usize = 256 << 20;

const VARIABLES: [&str; 3] = ["input", "record", "agent"];

/// The documents of the tests.
struct Documents(Json);

impl Documents {
    fn new() -> Self {
        Self(json(
            r#"{
            "agent": "alice",
            "record": {"payer": "alice", "price": "12345678901234567890.12", "gone": null},
            "input": {
                "agent_id": "alice", "amount": 12345678901234567890.12, "n": 3, "half": 0.5,
                "tenth": 0.10, "note": "", "name": " Ann ", "big": 9223372036854775808,
                "big2": 9223372036854775809, "yes": true, "none": null, "huge": 1e999,
                "tags": ["a", "b"], "mixed": [1, "x", null], "empty": [],
                "items": [{"id": "a", "qty": 2}, {"id": "b", "qty": 5}, {"qty": 7}],
                "deep": {"a": {"b": [10, {"c": "found"}]}, "x-y": 1},
                "at": "2024-05-01T10:00:00Z"
            }
        }"#,
        ))
    }
}

impl Scope for Documents {
    fn variable(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }

    fn world(&self) -> &dyn World {
        self
    }
}

impl World for Documents {
    fn record(&self, collection: &str, key: &str) -> Option<Arc<Json>> {
        match (collection, key) {
            ("orders", "e1") => Some(Arc::new(json(r#"{"status": "open", "n": [1, 2]}"#))),
            ("orders", "7") => Some(Arc::new(json(r#"{"status": "paid"}"#))),
            _ => None,
        }
    }

    fn balance(&self, account: &str, currency: Option<&str>) -> Option<Decimal> {
        match (account, currency) {
            ("alice", None | Some("USD")) => Some(Decimal::new(1050, 2)),
            ("alice", Some("EUR")) => Some(Decimal::new(7, 0)),
            _ => None,
        }
    }

    fn account_exists(&self, account: &str) -> bool {
        account == "alice"
    }

    fn calls(&self, agent: &str, window_seconds: i64) -> (u64, u64) {
        match agent {
            "alice" => (window_seconds.unsigned_abs(), 2),
            _ => (0, 0),
        }
    }

    fn now(&self) -> Timestamp {
        "2024-05-01T12:00:00Z".parse().unwrap()
    }

    fn target_allowed(&self, url: &str) -> bool {
        url == "http://localhost/"
    }
}

/// Runs what compiles deep sources, with the stack that the loader gives it.
fn with_large_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let running = thread.spawn(run).unwrap();
    if let Err(panic) = running.join() {
        std::panic::resume_unwind(panic);
    }
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

/// Checks that `source` comes to the JSON `expected`, or to an error of that text.
fn check(source: &str, expected: &str) {
    let expression = match Expression::compile(source, &VARIABLES) {
        Ok(expression) => expression,
        Err(error) => panic!("{source}: {error} at {}", error.offset),
    };
    let found = match expression.eval(&Documents::new()) {
        Ok(value) => value.to_string(),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(found, expected, "{source}");
}

fn check_all(cases: &'static [(&'static str, &'static str)]) {
    with_large_stack(move || {
        for (source, expected) in cases {
            check(source, expected);
        }
    });
}
