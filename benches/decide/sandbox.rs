//! A sandbox with the shipped pack, filled by its own tools, and calls to ask it.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Value, json};
use sparring::definition::compiled::{Definitions, Stub, Target};
use sparring::definition::load::{self, Sources};
use sparring::domain::call::Call;
use sparring::domain::reply::Body;
use sparring::domain::time::{Clock, Tick};
use sparring::engine::{self, Decision, Input, Matched, Opening};
use sparring::matching::pattern::Variables;
use sparring::matching::seen::Seen;
use sparring::state::SandboxState;

/// How many different calls a measurement goes round: enough to touch a sandbox in many places.
const CALLS: usize = 256;

/// How many records there are for each agent: a wallet's free credits pay for all of them.
const RECORDS_PER_AGENT: usize = 100;

/// A sandbox, and what it is used with.
pub(crate) struct Sandbox {
    pub(crate) records: usize,
    pub(crate) state: SandboxState,
    definitions: Arc<Definitions>,
    /// Id and payer of some escrows that are pending.
    pending: Vec<(String, String)>,
}

/// A call and what it was matched with.
pub(crate) struct Asked {
    call: Call,
    target: Target,
    variables: Variables,
}

impl Sandbox {
    /// A sandbox in which so many escrows were made; every second one has a deadline.
    pub(crate) fn filled(definitions: &Arc<Definitions>, records: usize) -> Self {
        let opening = Arc::new(Opening {
            seed: 1,
            clock: Clock::Frozen { now: tick().now },
            ..Opening::default()
        });
        let effects = engine::opening::effects(definitions, &opening, tick().now);
        let mut state = SandboxState::new(opening, tick().now);
        for effect in effects.expect("the pack opens") {
            state.apply(&effect);
        }
        let mut sandbox = Self {
            records,
            state,
            definitions: definitions.clone(),
            pending: Vec::new(),
        };
        let spread = records.div_ceil(CALLS);
        for at in 0..records {
            let (payer, input) = escrow(sandbox.agents(), at);
            let decision = sandbox.take("create_escrow", &input);
            if at % spread == 0 {
                sandbox.pending.push((escrow_id(&decision), payer));
            }
        }
        sandbox
    }

    /// Calls of a tool that it accepts, all over the sandbox.
    pub(crate) fn calls(&self, tool: &str) -> Vec<Asked> {
        let calls: Vec<Asked> = match tool {
            "create_escrow" => (0..CALLS)
                .map(|at| self.asked(tool, &escrow(self.agents(), at * 7919).1))
                .collect(),
            "release_escrow" => (self.pending.iter())
                .map(|(id, payer)| self.asked(tool, &json!({ "escrow_id": id, "agent_id": payer })))
                .collect(),
            _ => (0..CALLS)
                .map(|at| {
                    self.asked(
                        tool,
                        &json!({ "agent_id": agent(at * 7919 % self.agents()) }),
                    )
                })
                .collect(),
        };
        for call in &calls {
            accepted(&self.decide(call), tool);
        }
        calls
    }

    /// What is measured: nothing is changed, so that it can be asked again.
    pub(crate) fn decide(&self, asked: &Asked) -> Decision {
        let matched = Matched {
            target: &asked.target,
            variables: asked.variables.clone(),
        };
        let input = Input::Call(&asked.call, std::slice::from_ref(&matched));
        engine::decide(&self.definitions, &self.state, &input, tick())
    }

    /// Calls a tool for real.
    fn take(&mut self, tool: &str, input: &Value) -> Decision {
        let decision = self.decide(&self.asked(tool, input));
        accepted(&decision, tool);
        for effect in decision.effects.iter() {
            self.state.apply(effect);
        }
        decision
    }

    fn asked(&self, tool: &str, input: &Value) -> Asked {
        let call = call(1, "POST", &format!("/v1/{tool}"), input);
        let (entry, variables) = self
            .definitions
            .index
            .find(&Seen::new(&call, tick().now))
            .expect("a door");
        Asked {
            target: entry.target.clone(),
            variables,
            call,
        }
    }

    fn agents(&self) -> usize {
        (self.records / RECORDS_PER_AGENT).max(10)
    }
}

/// The packs that ship.
pub(crate) fn shipped() -> Definitions {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stubs");
    let sources = Sources {
        folders: vec![folder],
        ..Sources::default()
    };
    load::load(&sources).unwrap_or_else(|error| panic!("{error}"))
}

/// A stub, as it comes over the admin API.
pub(crate) fn stub(mapping: &Value) -> Arc<Stub> {
    load::stub(
        &mapping.to_string(),
        &mut |_| "bench".into(),
        &Definitions::default(),
    )
    .unwrap_or_else(|mistakes| panic!("{}", mistakes[0]))
}

/// A sandbox in which nothing has happened.
pub(crate) fn empty() -> SandboxState {
    SandboxState::new(Arc::default(), tick().now)
}

/// The time of all calls.
pub(crate) fn tick() -> Tick {
    let now = Timestamp::from_second(1_767_225_600).expect("a time");
    Tick { now, wall: now }
}

/// A call as a common client sends it.
pub(crate) fn call(number: u64, method: &str, target: &str, body: &Value) -> Call {
    let body = match body {
        Value::Null => Bytes::new(),
        body => Bytes::from(body.to_string()),
    };
    let headers = [
        ("host", "127.0.0.1:8080"),
        ("user-agent", "bench/1.0"),
        ("accept", "*/*"),
        ("content-type", "application/json"),
    ];
    let headers = headers.map(|(name, value)| {
        let name = http::HeaderName::from_static(name);
        (name, HeaderValue::from_static(value))
    });
    Call::new(
        number,
        Method::from_bytes(method.as_bytes()).expect("a method"),
        target.to_owned(),
        HeaderMap::from_iter(headers),
        body,
        "http://127.0.0.1:8080".to_owned(),
        "127.0.0.1".into(),
    )
}

/// The payer of the escrow `at`, and the input that makes it.
fn escrow(agents: usize, at: usize) -> (String, Value) {
    let payer = agent(at % agents);
    let mut input = json!({
        "payer": payer,
        "payee": agent((at + 1) % agents),
        "amount": "1.00",
        "currency": "USD",
        "description": "Translate a page",
    });
    if at.is_multiple_of(2) {
        input["conditions"] = json!({ "delivery_by": "2027-01-01T00:00:00Z" });
    }
    (payer, input)
}

fn agent(at: usize) -> String {
    format!("agent-{at}")
}

fn escrow_id(decision: &Decision) -> String {
    let body = decision.reply.as_ref().map(|reply| &reply.body);
    let Some(Body::Bytes(bytes)) = body else {
        panic!("a reply at once");
    };
    let record: Value = serde_json::from_slice(bytes).expect("a record");
    record["escrow_id"].as_str().expect("an id").to_owned()
}

/// A call that is refused costs less, and would be measured as if it were a success.
fn accepted(decision: &Decision, tool: &str) {
    let reply = decision.reply.as_ref().expect("a reply");
    assert!(reply.status.is_success(), "{tool}: {reply:?}");
}
