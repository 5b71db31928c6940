//! What a page costs: to find the place behind a key, and the hundred records from there.
//!
//! It has to be the same on page 1 and on page 10,000, of a thousand records and of a million, held or
//! generated, whether or not some of them are changed and gone. Generated datasets of a thousand keep
//! the rows that were made, which is cheaper; those of a hundred thousand and of a million make them
//! for each page, and cost alike.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use jiff::Timestamp;
use serde_json::json;
use sparring::domain::name::Name;
use sparring::engine::Opening;
use sparring::state::collection::Collection;
use sparring::state::dataset::fake::Kind;
use sparring::state::dataset::generated::Recipe;
use sparring::state::dataset::key::KeyMaker;
use sparring::state::dataset::{Dataset, Generated, Rows};
use sparring::state::{Effect, SandboxState};

/// The server's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many records a page has.
const PAGE: u64 = 100;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(60)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for rows in [1_000, 100_000, 1_000_000] {
        for (name, collection) in [
            ("generated", over(generated(rows))),
            ("held", over(held(rows))),
            ("with-gaps", with_gaps(generated(rows))),
        ] {
            pages(&mut criterion, name, rows, &collection);
        }
    }
    criterion.final_summary();
}

fn pages(criterion: &mut Criterion, name: &str, rows: u64, collection: &Collection) {
    let mut group = criterion.benchmark_group(format!("page/{name}/{rows}"));
    for page in [1, rows / PAGE] {
        let first = (page - 1) * PAGE;
        let before = first.checked_sub(1).and_then(|age| {
            // Where a reader has come to: the last record of the page before.
            let (_, key, _) = collection.before(Some(age + 1)).next()?;
            Some(key)
        });
        group.bench_function(BenchmarkId::from_parameter(page), |bench| {
            bench.iter(|| {
                let age = before.as_ref().and_then(|key| collection.age_of(key));
                let records = collection.after(black_box(age)).take(PAGE as usize);
                records.map(|(age, ..)| age).fold(0, u64::max)
            });
        });
    }
    group.finish();
}

fn name() -> Name {
    Name::new(&"bench".into(), "records")
}

fn taken(effects: impl IntoIterator<Item = Effect>) -> Collection {
    let mut state = SandboxState::new(Arc::new(Opening::default()), Timestamp::UNIX_EPOCH);
    for effect in effects {
        state.apply(&effect);
    }
    state.collections[&name()].clone()
}

fn filled(dataset: Arc<Dataset>) -> Effect {
    Effect::CollectionFilled {
        collection: name(),
        dataset,
    }
}

fn over(dataset: Dataset) -> Collection {
    taken([filled(Arc::new(dataset))])
}

/// The same with every tenth record changed, every seventh gone, and a long run of the first ones.
fn with_gaps(dataset: Dataset) -> Collection {
    let dataset = Arc::new(dataset);
    let rows = dataset.len();
    let keys = |ages: Vec<u64>| -> Vec<Arc<str>> {
        ages.into_iter()
            .filter_map(|age| dataset.key(age))
            .collect()
    };
    let changed = keys((0..rows).step_by(10).collect());
    let gone = keys((0..rows / 10).chain((0..rows).step_by(7)).collect());
    let changed = changed.into_iter().map(|key| Effect::RecordPut {
        collection: name(),
        record: Arc::new(json!({ "id": &*key })),
        key,
    });
    let gone = gone.into_iter().map(|key| Effect::RecordDeleted {
        collection: name(),
        key,
    });
    taken(
        [filled(dataset.clone())]
            .into_iter()
            .chain(changed)
            .chain(gone),
    )
}

fn generated(count: u64) -> Dataset {
    Dataset::Generated(Generated::from(Recipe {
        count,
        seed: 7,
        key_member: "id".into(),
        key: KeyMaker::Sequence {
            prefix: "c_".into(),
            start: 1,
            width: 7,
        },
        fields: vec![
            ("name".into(), Kind::FullName),
            ("email".into(), Kind::Email),
            ("company".into(), Kind::Company),
            ("city".into(), Kind::City),
            ("score".into(), Kind::Integer { from: 0, to: 100 }),
        ],
    }))
}

fn held(count: u64) -> Dataset {
    let row = |at: u64| {
        let key = format!("c_{at:07}");
        let record = json!({ "id": key, "name": "Ada Lovelace", "score": at % 100 });
        (key.into(), Arc::new(record))
    };
    Dataset::Rows(Rows::from((0..count).map(row).collect::<Vec<_>>()))
}
