//! What every store does: one suite, run on each of them.

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::{Error, Key, Snapshot, Store};
use crate::domain::name::{Name, SandboxId};
use crate::state::image::fingerprint;
use crate::state::{Effect, SandboxState};

/// What a decision changes.
pub(crate) struct Changes(pub(crate) Arc<[Effect]>);

impl AsRef<Arc<[Effect]>> for Changes {
    fn as_ref(&self) -> &Arc<[Effect]> {
        &self.0
    }
}

pub(crate) fn id(text: &str) -> SandboxId {
    SandboxId::parse(text).expect("an id")
}

/// A sandbox in which nothing has happened.
pub(crate) fn nothing() -> SandboxState {
    SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH)
}

fn things() -> Name {
    Name::new(&"pack".into(), "things")
}

/// A call that puts a record.
pub(crate) fn put(call: u64, key: &str) -> Changes {
    let record = Arc::new(json!({ "id": key, "by": call }));
    let put = Effect::RecordPut {
        collection: things(),
        key: key.into(),
        record,
    };
    Changes([Effect::CallBegan { call }, put].into())
}

/// The keys of all records.
pub(crate) fn keys(state: &SandboxState) -> Vec<String> {
    let records = state.collections.get(&things());
    let records = records.into_iter().flat_map(|records| records.iter());
    let mut keys: Vec<_> = records.map(|(key, _)| key.to_string()).collect();
    keys.sort();
    keys
}

pub(crate) fn snapshot(name: &str, state: SandboxState) -> Snapshot {
    Snapshot {
        id: name.into(),
        state,
        taken_at: Timestamp::UNIX_EPOCH,
        note: Some("a note".into()),
    }
}

/// Waits for what a store does.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

/// Runs the suite on stores that `fresh` makes, each of them empty.
pub(crate) fn check<S: Store>(fresh: impl Fn() -> S) {
    wait(async {
        changes_are_taken_in_as_one_and_shown(&fresh()).await;
        a_decision_that_changes_nothing_sees_what_is(&fresh()).await;
        commits_count_up(&fresh()).await;
        decisions_at_once_come_one_after_the_other(&fresh()).await;
        another_state_takes_its_place(&fresh()).await;
        the_past_can_be_asked_for(&fresh()).await;
        lives_end_and_begin(&fresh()).await;
        snapshots_are_kept_and_forgotten(&fresh()).await;
        sandboxes_do_not_see_each_other(&fresh()).await;
    });
}

async fn create(store: &impl Store, name: &str) -> Key {
    let created = store.create(&id(name), nothing()).await;
    created.expect("a sandbox")
}

async fn do_put(store: &impl Store, key: &Key, call: u64, record: &str) -> Vec<String> {
    let committed = store.transact(key, |_| put(call, record)).await;
    keys(&committed.expect("a commit").state)
}

async fn changes_are_taken_in_as_one_and_shown(store: &impl Store) {
    let key = create(store, "a").await;
    assert_eq!(do_put(store, &key, 1, "x").await, ["x"]);
    assert_eq!(do_put(store, &key, 2, "y").await, ["x", "y"]);
    let state = store.read(&key).expect("a state");
    assert_eq!(
        (keys(&state), state.calls),
        (vec!["x".into(), "y".into()], 2)
    );
}

async fn a_decision_that_changes_nothing_sees_what_is(store: &impl Store) {
    let key = create(store, "a").await;
    do_put(store, &key, 1, "x").await;
    let mut seen = Vec::new();
    let looked = store.transact(&key, |state| {
        seen = keys(state);
        Changes(Arc::default())
    });
    assert_eq!(keys(&looked.await.expect("a look").state), ["x"]);
    assert_eq!(seen, ["x"]);
}

async fn commits_count_up(store: &impl Store) {
    let key = create(store, "a").await;
    let mut commits = Vec::new();
    for call in 1..4 {
        let looked = store.transact(&key, |_| Changes(Arc::default())).await;
        commits.push(looked.expect("a look").commit);
        let put = store.transact(&key, |_| put(call, "x")).await;
        commits.push(put.expect("a commit").commit);
    }
    let replaced = store.replace(&key, SandboxState::clone).await;
    commits.push(replaced.expect("a replacement").commit);
    assert_eq!(commits, [1, 2, 3, 4, 5, 6, 7]);
}

async fn decisions_at_once_come_one_after_the_other(store: &impl Store) {
    let key = create(store, "a").await;
    let count = |state: &SandboxState| {
        let next = state.calls + 1;
        put(next, &format!("{next:03}"))
    };
    let mut all: Vec<_> = (0..50)
        .map(|_| Box::pin(store.transact(&key, count)))
        .collect();
    for one in &mut all {
        one.await.expect("a commit");
    }
    let state = store.read(&key).expect("a state");
    assert_eq!((state.calls, keys(&state).len()), (50, 50));
}

async fn another_state_takes_its_place(store: &impl Store) {
    let key = create(store, "a").await;
    do_put(store, &key, 1, "x").await;
    let before = store.read(&key).expect("a state");
    do_put(store, &key, 2, "y").await;
    let replaced = store
        .replace(&key, |state| SandboxState {
            calls: state.calls,
            ..before.clone()
        })
        .await;
    let state = replaced.expect("a replacement").state;
    assert_eq!((keys(&state), state.calls), (vec!["x".into()], 2));
    assert_eq!(do_put(store, &key, 3, "z").await, ["x", "z"]);
    assert_eq!(keys(&store.read(&key).expect("a state")), ["x", "z"]);
}

async fn the_past_can_be_asked_for(store: &impl Store) {
    let key = create(store, "a").await;
    for call in 1..=5 {
        do_put(store, &key, call, &call.to_string()).await;
    }
    for call in 1..=5 {
        let then = store.as_of(&key, call).expect("the past");
        assert_eq!(keys(&then).len() as u64, call);
    }
    let replaced = store.replace(&key, |_| nothing()).await;
    replaced.expect("a replacement");
    let then = store.as_of(&key, 3).expect("the past before a replacement");
    assert_eq!(keys(&then), ["1", "2", "3"]);
}

async fn lives_end_and_begin(store: &impl Store) {
    let old = create(store, "a").await;
    let again = store.create(&id("a"), nothing()).await;
    assert_eq!(again, Err(Error::SandboxExists));
    do_put(store, &old, 1, "x").await;
    assert_eq!(store.list(), [id("a")]);
    store.delete(&old).await.expect("its end");
    assert_eq!(store.list(), []);
    let new = create(store, "a").await;
    assert_ne!(old, new);
    assert_eq!(store.read(&old).err(), Some(Error::NoSuchSandbox));
    let late = store.transact(&old, |_| put(2, "y")).await;
    assert_eq!(late.err(), Some(Error::NoSuchSandbox));
    assert_eq!(store.delete(&old).await, Err(Error::NoSuchSandbox));
    let late = store.keep(&old, snapshot("s", nothing())).await;
    assert_eq!(late, Err(Error::NoSuchSandbox));
    assert_eq!(keys(&store.read(&new).expect("a new life")), [""; 0]);
}

async fn snapshots_are_kept_and_forgotten(store: &impl Store) {
    let key = create(store, "a").await;
    do_put(store, &key, 1, "x").await;
    let state = store.read(&key).expect("a state");
    let print = fingerprint(&state);
    for name in ["second", "first"] {
        let kept = store.keep(&key, snapshot(name, state.clone())).await;
        kept.expect("a snapshot");
    }
    do_put(store, &key, 2, "y").await;
    let again = store.keep(&key, snapshot("first", state)).await;
    assert_eq!(again, Err(Error::SnapshotExists));
    let kept = store.snapshots(&key).expect("snapshots");
    let names: Vec<_> = kept.iter().map(|kept| &*kept.id).collect();
    assert_eq!(names, ["second", "first"], "the oldest first");
    assert!(kept.iter().all(|kept| fingerprint(&kept.state) == print));
    store.forget(&key, "second").await.expect("it is dropped");
    let again = store.forget(&key, "second").await;
    assert_eq!(again, Err(Error::NoSuchSnapshot));
    assert_eq!(store.snapshots(&key).expect("snapshots").len(), 1);
}

async fn sandboxes_do_not_see_each_other(store: &impl Store) {
    let (a, b) = (create(store, "a").await, create(store, "b").await);
    do_put(store, &a, 1, "x").await;
    do_put(store, &b, 1, "y").await;
    store.delete(&a).await.expect("its end");
    assert_eq!(keys(&store.read(&b).expect("a state")), ["y"]);
    assert_eq!(store.list(), [id("b")]);
}

#[test]
fn memory_keeps_it() {
    check(super::Memory::default);
}
