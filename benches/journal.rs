//! Commits per second in memory and on the disk: many callers at a time, in several sandboxes.
//!
//! The disk is the one that holds the folder for temporary files.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use sparring::domain::name::{Name, SandboxId};
use sparring::state::{Effect, SandboxState};
use sparring::store::{Any, Journal, Key, Store};

/// How long each is measured.
const LONG: Duration = Duration::from_secs(2);

struct Changes(Arc<[Effect]>);

impl AsRef<Arc<[Effect]>> for Changes {
    fn as_ref(&self) -> &Arc<[Effect]> {
        &self.0
    }
}

/// A call that puts a record.
fn put(state: &SandboxState) -> Changes {
    let call = state.calls + 1;
    let key: Arc<str> = format!("{:05}", call % 50_000).into();
    let record =
        Arc::new(json!({ "id": *key, "amount": "12.50", "status": "pending", "by": call }));
    let collection = Name::new(&"pack".into(), "things");
    let put = Effect::RecordPut {
        collection,
        key,
        record,
    };
    Changes([Effect::CallBegan { call }, put].into())
}

#[expect(clippy::disallowed_methods, reason = "it is measured by the clock")]
fn now() -> Instant {
    Instant::now()
}

async fn callers(store: Any, keys: Arc<[Key]>, callers: usize) -> u64 {
    let end = now() + LONG;
    let calling = (0..callers).map(|at| {
        let (store, key) = (store.clone(), keys[at % keys.len()].clone());
        tokio::spawn(async move {
            let mut done = 0;
            while now() < end {
                store.transact(&key, put).await.expect("a commit");
                done += 1;
            }
            done
        })
    });
    let calling: Vec<_> = calling.collect();
    let mut done = 0;
    for caller in calling {
        done += caller.await.expect("a caller");
    }
    done
}

#[expect(clippy::print_stdout, reason = "that is what it is for")]
fn main() {
    let folder = std::env::temp_dir().join(format!("sparring-bench-{}", std::process::id()));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().build().expect("a runtime");
    for at_a_time in [1, 64] {
        let journal = Journal::open(&folder).expect("a journal");
        for (name, store) in [
            ("memory", Any::default()),
            ("journal", Any::Journal(Arc::new(journal))),
        ] {
            let done = runtime.block_on(async {
                let mut keys = Vec::new();
                for sandbox in 0..4 {
                    let id = SandboxId::parse(&format!("s{sandbox}-{at_a_time}")).expect("an id");
                    let state = SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH);
                    keys.push(store.create(&id, state).await.expect("a sandbox"));
                }
                callers(store.clone(), keys.into(), at_a_time).await
            });
            let each = done / LONG.as_secs();
            println!("{name:8} {at_a_time:3} at a time: {each} commits/s");
            store.close();
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
}
