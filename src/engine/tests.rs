//! The engine alone: a small pack, a state, and calls one after the other.

mod batch;
mod misfits;
mod page;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::definition::compile::{self, PackSource, Place, Report};
use crate::definition::model::{PackFile, pack_schema};
use crate::definition::source::{self, Source};
use crate::domain::time::{Clock, parse_instant};
use crate::matching::seen::Seen;
use crate::state::errors::QueuedError;
use crate::state::ledger::audit::audit;

/// A library that lends books against a deposit, until a deadline.
const LIBRARY: &str = r#"
agent: dig(input, 'reader', '')
doors: [ { route: "POST /call/{tool}" } ]
ledger: { currencies: [EUR], wallets: { opening: { EUR: "20.00" } } }
collections:
  loans: { noun: loan, key: id, newKey: "loan_{{randomValue type='HEXADECIMAL' length=6}}" }
machines:
  loan:
    collection: loans
    field: state
    initial: out
    transitions:
      return: { from: out, to: back, by: "input.reader == record.reader", ledger: { void: deposit }, set: { returned: "{{now}}" } }
      lapse: { from: out, to: lost, at: record.due, ledger: { post: deposit }, set: { lost: "{{now}}" } }
tools:
  lend:
    description: Lends a book.
    input: { required: [reader, due], properties: { reader: { type: string }, due: { type: string }, deposit: { type: string } } }
    opens: [input.reader]
    do:
      - create: { in: loans, record: { reader: "{{input.reader}}", due: "{{input.due}}" } }
      - hold: { name: deposit, kind: deposit, from: input.reader, amount: "dig(input, 'deposit', '5.00')" }
    response: { jsonBody: "{{record}}" }
  return:
    description: Takes a book back.
    input: { required: [id, reader] }
    do: [ { find: { in: loans, key: input.id } }, { transition: loan.return } ]
    response: { jsonBody: "{{record}}" }
  ping:
    description: Says the time.
    response: { jsonBody: { now: "{{now}}", draw: "{{randomValue type='HEXADECIMAL' length=8}}" } }
"#;

/// Timers that could go wrong: one that renews itself, one whose condition fails, two of one name.
const TIMERS: &str = r#"
doors: [ { route: "POST /call/{tool}" } ]
collections:
  plans: { noun: plan, key: id, newKey: "plan_{{randomValue type='HEXADECIMAL' length=6}}" }
  seats: { noun: seat, key: id }
machines:
  plan:
    collection: plans
    field: state
    initial: active
    transitions:
      renew: { from: active, to: active, at: record.renews_at, set: { renewed: "{{now}}", code: "{{randomValue type='HEXADECIMAL' length=8}}" } }
      remind: { from: active, to: reminded, at: record.remind_at, when: "has(record.wanted)" }
      end:
        - { from: active, to: ended, when: "has(record.late)", at: record.late_at }
        - { from: active, to: lapsed, at: record.ends_at, then: [ { each: { in: seats, do: [ { transition: seat.free } ] } } ] }
  seat:
    collection: seats
    field: state
    initial: taken
    transitions:
      free: { from: taken, to: empty, by: input.someone == 'owner' }
tools:
  plan:
    description: Makes a plan.
    do: [ { create: { in: plans, record: { renews_at: "{{input.renews_at}}", remind_at: "{{input.remind_at}}", late_at: "{{input.late_at}}", ends_at: "{{input.ends_at}}", code: "{{randomValue type='HEXADECIMAL' length=6}}" } } } ]
    response: { jsonBody: "{{record}}" }
  seat:
    description: Takes a seat, and counts.
    do:
      - create: { in: seats, record: { id: "{{input.id}}", n: 0 } }
      - increment: { in: seats, key: input.id, fields: { n: 5 } }
      - update: { set: { touched: true } }
    response: { jsonBody: "{{record}}" }
  ping: { description: Does nothing. }
"#;

#[derive(Clone)]
struct Library {
    definitions: Arc<Definitions>,
    state: SandboxState,
    now: Timestamp,
}

impl Library {
    fn open() -> Self {
        Self::with(LIBRARY)
    }

    fn with(pack: &str) -> Self {
        let document = source::parse(Source::new("library.yaml", pack)).expect("YAML");
        assert_eq!(source::check(&document, &pack_schema()), []);
        let file: PackFile = serde_json::from_value(document.value.clone()).expect("a pack");
        let place = Place::root(&Arc::new(document));
        let source = PackSource {
            name: "library".into(),
            files: vec![(file, place)],
            ..PackSource::default()
        };
        let mut report = Report::default();
        let pack = compile::pack(&source, &[], &mut report);
        assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
        let packs = vec![(pack.expect("a pack"), source)];
        let none = crate::definition::compiled::Files::default();
        let definitions = compile::definitions(packs, &[], Vec::new(), none, &mut report);
        let now = parse_instant("2026-01-01T00:00:00Z").expect("a time");
        let opening = Opening {
            seed: 7,
            clock: Clock::Frozen { now },
            ..Opening::default()
        };
        let state = SandboxState::new(Arc::new(opening), now);
        Self {
            definitions: Arc::new(definitions),
            state,
            now,
        }
    }

    fn at(&mut self, time: &str) -> &mut Self {
        self.now = parse_instant(time).expect("a time");
        self
    }

    fn decide(&self, tool: &str, input: &Value) -> Decision {
        let call = Call::new(
            1,
            Method::POST,
            format!("/call/{tool}"),
            HeaderMap::new(),
            Bytes::from(input.to_string()),
            String::new(),
            "".into(),
        );
        let seen = Seen::new(&call, Timestamp::UNIX_EPOCH);
        let (entry, variables) = self.definitions.index.find(&seen).expect("a door");
        let matched = Matched {
            target: &entry.target,
            variables,
        };
        let tick = Tick {
            now: self.now,
            wall: self.now,
        };
        decide(
            &self.definitions,
            &self.state,
            &Input::Call(&call, std::slice::from_ref(&matched)),
            tick,
        )
    }

    fn take(&mut self, decision: &Decision) {
        decision
            .effects
            .iter()
            .for_each(|effect| self.state.apply(effect));
        assert!(
            audit(&self.state.ledger)
                .iter()
                .all(|invariant| invariant.ok)
        );
    }

    /// Calls a tool; its status and body.
    fn call(&mut self, tool: &str, input: &Value) -> (u16, Value) {
        let decision = self.decide(tool, input);
        self.take(&decision);
        let reply = decision.reply.expect("a reply");
        let body = serde_json::from_slice(&reply.body.to_bytes()).unwrap_or(Value::Null);
        (reply.status.as_u16(), body)
    }

    fn lend(&mut self, due: &str) -> String {
        let (status, loan) = self.call("lend", &json!({ "reader": "ann", "due": due }));
        assert_eq!(status, 200, "{loan}");
        loan["id"].as_str().expect("an id").to_owned()
    }

    fn plan(&self, id: &str) -> Value {
        let record = self
            .state
            .record(&Name::new(&"library".into(), "plans"), id);
        (*record.expect("the plan")).clone()
    }

    fn available(&self, reader: &str) -> String {
        let id = crate::state::ledger::AccountId::new("library", reader, "EUR");
        let account = self.state.ledger.account(&id);
        account.map_or("-".into(), |account| account.available().to_string())
    }
}

#[test]
fn a_decision_is_a_function_and_state_the_fold_of_its_effects() {
    let mut library = Library::open();
    let input = json!({ "reader": "ann", "due": "2026-02-01T00:00:00Z" });
    let (one, other) = (
        library.decide("lend", &input),
        library.decide("lend", &input),
    );
    assert_eq!(
        (&one.effects, &one.reply, &one.trace),
        (&other.effects, &other.reply, &other.trace)
    );
    library.take(&one);
    assert_eq!(library.available("ann"), "15.00");
    assert_eq!(
        library.state.next_due(),
        parse_instant("2026-02-01T00:00:00Z")
    );
}

#[test]
fn who_may_act_is_asked_before_in_which_state() {
    let mut library = Library::open();
    let id = library.lend("2026-02-01T00:00:00Z");
    let mut give_back = |reader: &str, key: &str| {
        library
            .call("return", &json!({ "id": key, "reader": reader }))
            .0
    };
    assert_eq!(give_back("bob", &id), 403);
    assert_eq!(give_back("ann", &id), 200);
    assert_eq!(give_back("bob", &id), 403);
    assert_eq!(give_back("ann", &id), 409);
    assert_eq!(give_back("ann", "loan_x"), 404);
}

#[test]
fn a_due_timer_is_seen_by_the_call_that_follows_it_and_fires_at_its_own_time() {
    let mut library = Library::open();
    let id = library.lend("2026-01-02T00:00:00Z");
    library.at("2026-01-03T00:00:00Z");
    let (status, _) = library.call("return", &json!({ "id": id, "reader": "ann" }));
    assert_eq!(status, 409, "the loan lapsed before");
    let record = library
        .state
        .record(&Name::new(&"library".into(), "loans"), &id);
    let record = record.expect("the loan");
    assert_eq!(
        (&record["state"], &record["lost"]),
        (&json!("lost"), &json!("2026-01-02T00:00:00Z"))
    );
    assert_eq!(
        library.available("ann"),
        "15.00",
        "the deposit is gone for good"
    );
}

#[test]
fn a_refusal_leaves_nothing_but_what_was_due_and_the_count() {
    let mut library = Library::open();
    library.lend("2026-01-02T00:00:00Z");
    library.at("2026-01-03T00:00:00Z");
    let greedy = json!({ "reader": "zoe", "due": "2026-02-01T00:00:00Z", "deposit": "20.01" });
    let decision = library.decide("lend", &greedy);
    library.take(&decision);
    assert_eq!(decision.reply.expect("a reply").status.as_u16(), 402);
    assert_eq!(
        library.available("zoe"),
        "-",
        "a refused call opens nothing"
    );
    let loans = Name::new(&"library".into(), "loans");
    assert_eq!(library.state.collections[&loans].len(), 1);
    assert!(library.state.timers.is_empty(), "what was due has happened");
    assert_eq!(
        library.state.tool_calls[&Name::new(&"library".into(), "lend")],
        2
    );
}

#[test]
fn the_error_queue_comes_before_the_input_schema() {
    let mut library = Library::open();
    let queued = QueuedError {
        id: 1,
        status: 503,
        count: 1,
        tool: None,
        after: 0,
        headers: Arc::default(),
        body: None,
        delay_milliseconds: 250,
    };
    library.state.apply(&Effect::ErrorQueued(queued));
    let decision = library.decide("lend", &json!({ "wrong": true }));
    let reply = decision.reply.as_ref().expect("a reply");
    assert_eq!((reply.status.as_u16(), reply.delay.as_millis()), (503, 250));
    library.take(&decision);
    assert_eq!(library.call("lend", &json!({ "wrong": true })).0, 422);
}

#[test]
fn chance_depends_on_the_tools_own_calls_alone() {
    let mut quiet = Library::open();
    let mut busy = Library::open();
    for day in 2..5 {
        busy.lend(&format!("2026-02-0{day}T00:00:00Z"));
    }
    let draws = |library: &mut Library| -> Vec<Value> {
        (0..3)
            .map(|_| library.call("ping", &json!({})).1["draw"].clone())
            .collect()
    };
    let drawn = draws(&mut quiet);
    assert_eq!(drawn, draws(&mut busy));
    assert_ne!(drawn[0], drawn[1]);
}

#[test]
fn time_passes_without_calls() {
    let mut library = Library::open();
    let first = library.lend("2026-01-03T00:00:00Z");
    let second = library.lend("2026-01-02T00:00:00Z");
    library.at("2026-01-04T00:00:00Z");
    let tick = Tick {
        now: library.now,
        wall: library.now,
    };
    let woken = decide(&library.definitions, &library.state, &Input::Wake, tick);
    library.take(&woken);
    let fired: Vec<&Value> = woken
        .trace
        .0
        .iter()
        .map(|line| &line.detail["key"])
        .collect();
    assert_eq!(fired, [&json!(second), &json!(first)]);
    assert_eq!(library.state.next_due(), None);
}

#[test]
fn time_never_runs_back_unless_the_clock_is_set() {
    let mut library = Library::open();
    library.at("2026-01-02T00:00:00Z").call("ping", &json!({}));
    library.at("2026-01-01T00:00:00Z");
    assert_eq!(
        library.call("ping", &json!({})).1["now"],
        "2026-01-02T00:00:00Z"
    );
    let back = Stage::SetClock {
        mode: stage::ClockMode::Frozen,
        now: parse_instant("2025-06-01T00:00:00Z"),
    };
    let tick = Tick {
        now: library.now,
        wall: library.now,
    };
    let decision = decide(
        &library.definitions,
        &library.state,
        &Input::Stage(&back),
        tick,
    );
    library.take(&decision);
    assert_eq!(
        library
            .at("2025-06-01T00:00:00Z")
            .call("ping", &json!({}))
            .1["now"],
        "2025-06-01T00:00:00Z"
    );
}

#[test]
fn a_timer_that_renews_itself_goes_on_and_not_round() {
    let mut plans = Library::with(TIMERS);
    let made = plans
        .call("plan", &json!({ "renews_at": "2025-06-01T00:00:00Z" }))
        .1;
    plans.at("2026-01-02T00:00:00Z").call("ping", &json!({}));
    let plan = plans.plan(made["id"].as_str().expect("an id"));
    assert_eq!(
        plan["renewed"], "2026-01-01T00:00:00Z",
        "due in the past, it happened at once"
    );
    assert!(plans.state.timers.is_empty());
}

#[test]
fn a_timer_that_cannot_fire_leaves_the_others() {
    let mut plans = Library::with(TIMERS);
    let input = json!({ "remind_at": "2026-01-01T01:00:00Z", "ends_at": "2026-01-01T02:00:00Z" });
    let made = plans.call("plan", &input).1;
    plans.at("2026-01-01T01:30:00Z").call("ping", &json!({}));
    assert_eq!(
        plans.plan(made["id"].as_str().expect("an id"))["state"],
        "active"
    );
    plans.at("2026-01-01T03:00:00Z").call("ping", &json!({}));
    assert_eq!(
        plans.plan(made["id"].as_str().expect("an id"))["state"],
        "lapsed"
    );
}

#[test]
fn a_timer_fires_its_own_alternative_and_what_follows_asks_nobody() {
    let mut plans = Library::with(TIMERS);
    plans.call("seat", &json!({ "id": "a1" }));
    let input = json!({ "late_at": "2026-01-01T09:00:00Z", "ends_at": "2026-01-01T01:00:00Z" });
    let made = plans.call("plan", &input).1;
    plans.at("2026-01-01T01:00:00Z").call("ping", &json!({}));
    assert_eq!(
        plans.plan(made["id"].as_str().expect("an id"))["state"],
        "lapsed"
    );
    let seat = plans
        .state
        .record(&Name::new(&"library".into(), "seats"), "a1");
    assert_eq!(seat.expect("the seat")["state"], "empty");
}

#[test]
fn every_step_and_every_timer_draws_for_itself() {
    let mut plans = Library::with(TIMERS);
    let mut codes = std::collections::BTreeSet::new();
    for hour in 1..=3 {
        let made = plans
            .call(
                "plan",
                &json!({ "renews_at": format!("2026-01-01T0{hour}:00:00Z") }),
            )
            .1;
        let id = made["id"].as_str().expect("an id").to_owned();
        assert_ne!(
            id.trim_start_matches("plan_"),
            made["code"].as_str().expect("a code")
        );
        codes.insert(id);
    }
    plans.at("2026-01-02T00:00:00Z").call("ping", &json!({}));
    let ids: Vec<String> = codes.iter().cloned().collect();
    for id in ids {
        codes.insert(plans.plan(&id)["code"].to_string());
    }
    assert_eq!(codes.len(), 6);
}

#[test]
fn a_step_sees_what_the_one_before_did_to_its_record() {
    let mut plans = Library::with(TIMERS);
    let seat = plans.call("seat", &json!({ "id": "a1" })).1;
    assert_eq!((&seat["n"], &seat["touched"]), (&json!(5), &json!(true)));
}
