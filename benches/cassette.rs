//! What a call costs that a cassette answers: of ten entries and of a hundred thousand, beside a stub
//! whose answer is always the same. Both are decided on and taken in as the store does it.
//!
//! At the end they are timed by turns, so that a busy machine slows all alike: the ratios are what
//! counts.

#[path = "decide/ratio.rs"]
#[expect(dead_code, reason = "another benchmark uses the rest")]
mod ratio;
#[path = "decide/sandbox.rs"]
#[expect(dead_code, reason = "another benchmark uses the rest")]
mod sandbox;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;
use sparring::cassette::{Cassette, Entry, Request, Response};
use sparring::definition::compiled::{Definitions, Target};
use sparring::domain::call::Call;
use sparring::engine::{self, Input, Matched};
use sparring::matching::seen::Seen;
use sparring::state::cassette::{Loaded, Matching, Mode, Settings, Started};
use sparring::state::{Effect, SandboxState};

use ratio::{elapsed, median, stopwatch};
use sandbox::{stub, tick};

/// The server's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many entries the cassettes have.
const ENTRIES: [usize; 2] = [10, 100_000];

/// How often all are timed by turns.
const ROUNDS: usize = 101;

/// How many calls are timed at once.
const CALLS: usize = 1_000;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(60)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let mut cases = vec![Case::stub()];
    for matching in [Matching::Request, Matching::Order] {
        cases.extend(ENTRIES.map(|entries| Case::cassette(entries, matching, false)));
    }
    cases.extend(ENTRIES.map(|entries| Case::cassette(entries, Matching::Request, true)));
    let mut group = criterion.benchmark_group("cassette");
    for case in &cases {
        group.bench_function(BenchmarkId::from_parameter(&case.name), |bencher| {
            let (mut state, mut next) = (case.state.clone(), 0);
            bencher.iter(|| {
                if next == case.calls.len() {
                    (state, next) = (case.state.clone(), 0);
                }
                next += 1;
                case.call(&mut state, &case.calls[next - 1])
            });
        });
    }
    group.finish();
    criterion.final_summary();
    if ratio::is_wanted("ratio") {
        print(&cases);
    }
}

/// A sandbox that answers calls in one way.
struct Case {
    name: String,
    state: SandboxState,
    calls: Vec<Call>,
    /// What claims them, if no cassette does.
    target: Option<Target>,
}

impl Case {
    fn stub() -> Self {
        let stub = stub(&json!({
            "request": { "method": "POST", "urlPath": "/orders" },
            "response": { "headers": { "Content-Type": "application/json" }, "body": body(1) }
        }));
        Self {
            name: "a static stub".into(),
            state: sandbox::empty(),
            calls: (0..CALLS).map(|at| call(at, "/orders", body(at))).collect(),
            target: Some(Target::Stub(stub)),
        }
    }

    /// A cassette; the calls may differ from the entries in what does not count.
    fn cassette(entries: usize, matching: Matching, differs: bool) -> Self {
        let cassette = Cassette {
            name: "bench".into(),
            entries: (0..entries).map(entry).collect(),
            ..Cassette::default()
        };
        let loaded = Loaded::new(cassette, Settings::default(), |_| None).expect("it is ready");
        let started = Started {
            name: "bench".into(),
            mode: Mode::Playback,
            upstream: None,
            matching,
            strict: true,
            latency: 0.0,
            after: 0,
            loaded: Some(Arc::new(loaded)),
        };
        let mut state = sandbox::empty();
        state.apply(&Effect::CassetteStarted(Arc::new(started)));
        let count = entries.min(CALLS);
        let spread = match matching {
            Matching::Request => entries / count,
            Matching::Order => 1,
        };
        let calls = (0..count).map(|at| {
            let at = at * spread;
            let body = match differs {
                true => body(at).replace("monday", "tuesday"),
                false => body(at),
            };
            call(at, &target(at), body)
        });
        let calls = calls.collect();
        let kind = match (matching, differs) {
            (Matching::Order, _) => "in order",
            (Matching::Request, false) => "by request",
            (Matching::Request, true) => "by request, but for what is volatile",
        };
        Self {
            name: format!("{entries} entries, {kind}"),
            state,
            calls,
            target: None,
        }
    }

    /// Decides on a call and takes its effects in.
    fn call(&self, state: &mut SandboxState, call: &Call) -> (engine::Decision, SandboxState) {
        let definitions = Definitions::default();
        let matched = self.target.as_ref().map(|target| {
            let variables = match target {
                Target::Stub(stub) => stub.pattern.test(&Seen::new(call, tick().now)),
                Target::Door(..) | Target::Route(..) => None,
            };
            let variables = variables.expect("the call is the stub's");
            Matched { target, variables }
        });
        let input = Input::Call(call, matched.as_slice());
        let decision = engine::decide(&definitions, state, black_box(&input), tick());
        for effect in decision.effects.iter() {
            state.apply(effect);
        }
        let status = decision.reply.as_ref().map(|reply| reply.status.as_u16());
        assert_eq!(status, Some(200));
        (decision, state.clone())
    }

    fn micros_a_call(&self) -> f64 {
        let mut taken = Duration::ZERO;
        for _ in 0..CALLS / self.calls.len() {
            let mut state = self.state.clone();
            let started = stopwatch();
            for call in &self.calls {
                black_box(self.call(&mut state, call));
            }
            taken += elapsed(started);
        }
        taken.as_secs_f64() * 1e6 / CALLS as f64
    }
}

fn target(at: usize) -> String {
    format!("/orders/{at}?page={}", at % 7)
}

fn body(at: usize) -> String {
    json!({ "order": { "id": at, "items": ["a", "b"] }, "timestamp": "monday" }).to_string()
}

fn entry(at: usize) -> Arc<Entry> {
    let kind = ("content-type".to_owned(), "application/json".to_owned());
    Arc::new(Entry {
        tool: None,
        request: Request {
            method: "POST".into(),
            target: target(at),
            headers: vec![kind.clone()],
            body: body(at).into(),
            ..Request::default()
        },
        response: Response {
            status: 200,
            headers: vec![kind],
            body: body(at).into(),
            ..Response::default()
        },
        at: None,
        latency: Duration::from_millis(3),
    })
}

fn call(at: usize, target: &str, body: String) -> Call {
    let kind = HeaderValue::from_static("application/json");
    Call::new(
        at as u64,
        Method::POST,
        target.into(),
        HeaderMap::from_iter([(http::header::CONTENT_TYPE, kind)]),
        Bytes::from(body),
        "http://localhost:8080".into(),
        "127.0.0.1".into(),
    )
}

/// Prints the median cost of a call of each, and in terms of the first.
#[expect(
    clippy::print_stdout,
    reason = "a benchmark's result is what it prints"
)]
fn print(cases: &[Case]) {
    let rounds: Vec<Vec<f64>> = (0..ROUNDS)
        .map(|_| cases.iter().map(Case::micros_a_call).collect())
        .collect();
    println!("\n{:<56}{:>9}   ratio", "µs a call", "");
    for (at, case) in cases.iter().enumerate() {
        let cost = median(rounds.iter().map(|round| round[at]));
        let ratio = median(rounds.iter().map(|round| round[at] / round[0]));
        println!("{:<56}{cost:>9.2}{ratio:>8.2}", case.name);
    }
}
