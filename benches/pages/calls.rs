//! Whole calls: a page of a hundred rows, decided, rendered and turned into bytes.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use sparring::definition::load::{self, Sources};
use sparring::domain::call::Call;
use sparring::domain::time::Tick;
use sparring::engine::{self, Input, Matched, Opening};
use sparring::matching::seen::Seen;
use sparring::state::SandboxState;

/// Measures page 1 and the last page, of a thousand rows and of a million.
pub(crate) fn calls(criterion: &mut Criterion) {
    let definitions = load::load(&Sources {
        folders: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/pages/pack")],
        ..Sources::default()
    });
    let definitions = definitions.expect("the pack is right");
    let now = Timestamp::UNIX_EPOCH;
    let tick = Tick { now, wall: now };
    let opening = Arc::new(Opening::default());
    let mut state = SandboxState::new(opening.clone(), now);
    for effect in engine::opening::effects(&definitions, &opening, now).expect("the pack opens") {
        state.apply(&effect);
    }
    for (list, rows) in [("thousand", 1_000), ("million", 1_000_000)] {
        let mut group = criterion.benchmark_group(format!("call/{list}"));
        for page in [1, rows / 100] {
            let after = match page {
                1 => String::new(),
                page => format!("&starting_after=c_{:07}", (page - 1) * 100),
            };
            let call = Call::new(
                1,
                Method::GET,
                format!("/{list}?limit=100{after}"),
                HeaderMap::new(),
                Bytes::new(),
                "http://127.0.0.1:8080".into(),
                "127.0.0.1".into(),
            );
            let (entry, variables) = definitions
                .index
                .find(&Seen::new(&call, Timestamp::UNIX_EPOCH))
                .expect("a route");
            let matched = Matched {
                target: &entry.target,
                variables,
            };
            let input = Input::Call(&call, std::slice::from_ref(&matched));
            let decide = || engine::decide(&definitions, &state, &input, tick);
            let reply = decide().reply.expect("a reply");
            assert_eq!(reply.status, 200, "{:?}", reply.body);
            group.bench_function(BenchmarkId::from_parameter(page), |bench| {
                bench.iter(|| black_box(decide()));
            });
        }
        group.finish();
    }
}
