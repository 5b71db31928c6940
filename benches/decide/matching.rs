//! What finding the stub for a call costs, beside the shipped packs and few or many other stubs.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion};
use serde_json::{Value, json};
use sparring::definition::compiled::Target;
use sparring::domain::call::Call;
use sparring::matching::index::{Entry, Index};
use sparring::matching::pattern::{PathTemplate, UrlPattern};
use sparring::matching::seen::Seen;

use super::sandbox::{call, shipped, stub, tick};

/// What is looked for: its kind, how it is asked for, and whether there is one.
const LOOKUPS: &[(&str, &str, &str, bool)] = &[
    ("path", "GET", "/things/0", true),
    ("template", "GET", "/collection-0/17", true),
    ("family", "GET", "/accounts/17/part-0", true),
    ("door", "POST", "/v1/create_escrow", true),
    ("nothing", "GET", "/nowhere/at/all", false),
];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("matching");
    for stubs in [1, 10_000] {
        let index = index(stubs);
        for (kind, method, target, is_there) in LOOKUPS {
            let call = call(1, method, target, &Value::Null);
            let find = |call: &Call| index.find(&Seen::new(call, tick().now)).is_some();
            assert_eq!(find(&call), *is_there, "{target}");
            group.bench_function(BenchmarkId::new(*kind, stubs), |bencher| {
                bencher.iter(|| find(black_box(&call)));
            });
        }
    }
    group.finish();
}

/// The shipped packs, so many stubs with a path of their own, so many with a template whose first
/// segment is its own, and so many whose templates differ in their last segment only.
fn index(stubs: usize) -> Index<Target> {
    let stub = stub(&json!({ "request": { "method": "GET" }, "response": {} }));
    let entry = |age: usize, url: UrlPattern| Entry {
        pattern: Arc::new(sparring::matching::pattern::RequestPattern {
            url,
            ..(*stub.pattern).clone()
        }),
        priority: stub.priority,
        age: age as u64,
        target: Target::Stub(Arc::clone(&stub)),
    };
    let shipped = shipped();
    let shipped = shipped.index.entries().into_iter();
    let mut entries: Vec<Entry<Target>> = shipped.cloned().collect();
    for at in 0..stubs {
        entries.push(entry(at, UrlPattern::Path(format!("/things/{at}"))));
        entries.push(entry(at, template(&format!("/collection-{at}/{{id}}"))));
        entries.push(entry(at, template(&format!("/accounts/{{id}}/part-{at}"))));
    }
    Index::new(entries)
}

fn template(text: &str) -> UrlPattern {
    UrlPattern::Template(PathTemplate::parse(text).expect("a template"))
}
