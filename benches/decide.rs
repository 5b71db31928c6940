//! What deciding costs: the engine's part of a call, without sockets.
//!
//! The tools are those of the shipped pack, called in a sandbox that was filled by calling them. At
//! the end the same calls are timed in sandboxes of several sizes by turns, so that a busy machine
//! slows all alike: the ratio of the largest to the smallest is what counts.

#[path = "decide/batch.rs"]
mod batch;
#[path = "decide/matching.rs"]
mod matching;
#[path = "decide/ratio.rs"]
mod ratio;
#[path = "decide/sandbox.rs"]
mod sandbox;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion};
use serde_json::{Value, json};
use sparring::definition::compiled::Stub;
use sparring::definition::compiled::{Definitions, Target};
use sparring::engine::{self, Input, Matched};
use sparring::matching::seen::Seen;

use sandbox::{Asked, Sandbox, call, shipped, stub, tick};

/// The server's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many records the sandboxes hold that are compared.
const SIZES: [usize; 4] = [10, 100, 1_000, 100_000];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(60)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    stubs(&mut criterion);
    matching::bench(&mut criterion);
    batch::bench(&mut criterion);
    if ratio::is_wanted("batch") {
        batch::print();
    }
    let shipped = Arc::new(shipped());
    let sandboxes = SIZES.map(|records| Sandbox::filled(&shipped, records));
    tools(&mut criterion, &sandboxes);
    criterion.final_summary();
    if ratio::is_wanted("ratio") {
        ratio::print(&sandboxes);
    }
}

/// Stubs that answer by themselves: one that is always the same, one with templates.
fn stubs(criterion: &mut Criterion) {
    let fixed = stub(&json!({
        "request": { "method": "GET", "urlPath": "/greeting" },
        "response": { "jsonBody": { "message": "Hello" } }
    }));
    let templated = stub(&json!({
        "request": { "method": "POST", "urlPathTemplate": "/greetings/{name}" },
        "response": {
            "headers": { "X-Path": "{{request.path}}" },
            "jsonBody": {
                "message": "Hello {{request.pathVariables.name}}",
                "language": "{{jsonPath request.body '$.language'}}",
                "at": "{{now}}"
            },
            "transformers": ["response-template"]
        }
    }));
    let body = json!({ "language": "en" });
    let mut group = criterion.benchmark_group("stub");
    for (name, stub, method, path, body) in [
        ("static", fixed, "GET", "/greeting", &Value::Null),
        ("templated", templated, "POST", "/greetings/ada", &body),
    ] {
        bench_stub(&mut group, name, &stub, &call(1, method, path, body));
    }
    group.finish();
}

fn bench_stub(
    group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
    name: &str,
    stub: &Arc<Stub>,
    call: &sparring::domain::call::Call,
) {
    let target = Target::Stub(stub.clone());
    let variables = stub
        .pattern
        .test(&Seen::new(call, tick().now))
        .expect("the call is the stub's");
    let matched = Matched {
        target: &target,
        variables,
    };
    let definitions = Definitions::default();
    let state = sandbox::empty();
    let input = Input::Call(call, std::slice::from_ref(&matched));
    group.bench_function(name, |bencher| {
        bencher.iter(|| engine::decide(&definitions, &state, black_box(&input), tick()));
    });
    // The server's way while no tester has queued anything: without a transaction.
    group.bench_function(format!("{name}, unstaged"), |bencher| {
        bencher.iter(|| engine::answer_stub(stub, black_box(call), &matched, &state));
    });
}

/// The tools of the pack, in the smallest and in the largest sandbox.
fn tools(criterion: &mut Criterion, sandboxes: &[Sandbox]) {
    let ends = [&sandboxes[0], &sandboxes[sandboxes.len() - 1]];
    for tool in ratio::TOOLS {
        let mut group = criterion.benchmark_group(tool);
        for sandbox in ends {
            let calls = sandbox.calls(tool);
            group.bench_function(BenchmarkId::new("decide", sandbox.records), |bencher| {
                let mut asked = calls.iter().cycle();
                bencher.iter(|| asked.next().map(|call| sandbox.decide(black_box(call))));
            });
            group.bench_function(BenchmarkId::new("and apply", sandbox.records), |bencher| {
                let mut asked = calls.iter().cycle();
                bencher.iter_batched(
                    || (sandbox.state.clone(), asked.next()),
                    |(mut state, call): (_, Option<&Asked>)| {
                        let decision = call.map(|call| sandbox.decide(call));
                        for effect in decision.iter().flat_map(|decision| decision.effects.iter()) {
                            state.apply(effect);
                        }
                        (state, decision)
                    },
                    BatchSize::SmallInput,
                );
            });
        }
        group.finish();
    }
}
