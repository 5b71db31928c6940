//! The document's `AgentTestHarness`, ported member by member; its assertions are collected, and asked for at the end.
//!
//! Its base URL ends in `/v1` and it posts envelopes to that URL and `/v1` once more. It reads the
//! reply only where the media type is `application/json`.

use serde_json::{Value, json};

use crate::support::Server;

/// What `execute` gives: status, body, headers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status_code: u16,
    pub(crate) body: Value,
    pub(crate) headers: Vec<(String, String)>,
}

/// A recorded interaction.
pub(crate) struct CassetteEntry {
    pub(crate) request_tool: String,
    pub(crate) request_input: Value,
    pub(crate) response: Reply,
}

/// Where answers come from.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Record,
    Playback,
    Passthrough,
}

/// `AgentTestHarness`: calls tools, and records or plays back.
pub(crate) struct AgentTestHarness<'a> {
    server: &'a Server,
    base_url: String,
    api_key: &'a str,
    pub(crate) mode: Mode,
    pub(crate) cassette: Vec<CassetteEntry>,
    playback_index: usize,
    call_count: usize,
    assertion_count: usize,
    failures: Vec<String>,
}

impl<'a> AgentTestHarness<'a> {
    /// `prefix` is what stands before `/v1` in the base URL: nothing, or a sandbox's path.
    pub(crate) fn new(server: &'a Server, prefix: &str, mode: Mode) -> Self {
        Self {
            server,
            base_url: format!("{prefix}/v1"),
            api_key: "test-key",
            mode,
            cassette: Vec::new(),
            playback_index: 0,
            call_count: 0,
            assertion_count: 0,
            failures: Vec::new(),
        }
    }

    pub(crate) fn execute(&mut self, tool: &str, input: Value) -> Reply {
        self.call_count += 1;
        match self.mode {
            Mode::Playback => self.playback(tool),
            Mode::Passthrough => self.live_call(tool, &input),
            Mode::Record => {
                let response = self.live_call(tool, &input);
                self.cassette.push(CassetteEntry {
                    request_tool: tool.to_owned(),
                    request_input: input,
                    response: response.clone(),
                });
                response
            }
        }
    }

    fn live_call(&self, tool: &str, input: &Value) -> Reply {
        let authorization = format!("Bearer {}", self.api_key);
        let headers = [
            ("content-type", "application/json"),
            ("authorization", authorization.as_str()),
        ];
        let envelope = json!({ "tool": tool, "input": input }).to_string();
        let url = format!("{}/v1", self.base_url);
        let answer = self.server.request("POST", &url, &headers, Some(&envelope));
        let json = answer
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"));
        Reply {
            status_code: answer.status,
            body: if json { answer.json() } else { json!({}) },
            headers: answer.headers,
        }
    }

    fn playback(&mut self, tool: &str) -> Reply {
        let entry = &self.cassette[self.playback_index];
        self.playback_index += 1;
        if entry.request_tool != tool {
            self.failures.push(format!(
                "Call #{}: expected tool '{}', got '{tool}'",
                self.playback_index, entry.request_tool
            ));
        }
        entry.response.clone()
    }

    fn assert(&mut self, holds: bool, detail: impl FnOnce() -> String) {
        self.assertion_count += 1;
        if !holds {
            self.failures.push(detail());
        }
    }

    pub(crate) fn assert_success(&mut self, result: &Reply) {
        self.assert_status(result, 200);
    }

    pub(crate) fn assert_status(&mut self, result: &Reply, expected: u16) {
        self.assert(result.status_code == expected, || {
            format!("Expected {expected}, got {result:?}")
        });
    }

    pub(crate) fn assert_field(&mut self, result: &Reply, field: &str) {
        self.assert(result.body.get(field).is_some(), || {
            format!("Field '{field}' not found in response: {result:?}")
        });
    }

    pub(crate) fn assert_escrow_state(&mut self, result: &Reply, expected: &str) {
        let state = result.body.get("status").or(result.body.get("state"));
        self.assert(state == Some(&expected.into()), || {
            format!("Escrow state: expected '{expected}', got {state:?}")
        });
    }

    pub(crate) fn assert_balance_changed(
        &mut self,
        before: &Reply,
        after: &Reply,
        expected_delta: i64,
    ) {
        let delta = cents(&after.body["balance"]) - cents(&before.body["balance"]);
        self.assert(delta == expected_delta, || {
            format!("Balance delta: expected {expected_delta} cents, got {delta}")
        });
    }

    /// The harness's report: nothing has failed.
    #[track_caller]
    pub(crate) fn assert_passed(&self, calls: usize, assertions: usize) {
        assert!(
            self.failures.is_empty(),
            "Test failures: {:#?}",
            self.failures
        );
        assert_eq!((self.call_count, self.assertion_count), (calls, assertions));
    }
}

/// An amount with two decimals, in its smallest unit.
#[track_caller]
fn cents(amount: &Value) -> i64 {
    let text = amount.as_str().expect("an amount is a text");
    text.replace('.', "").parse().expect("digits")
}
