//! The journal on a disk in memory.

mod disk;
mod faults;
mod formats;

use std::sync::Arc;
use std::time::Duration;

use self::disk::{Disk, Failing};
use super::*;
use crate::state::SandboxState;
use crate::state::image::fingerprint;
use crate::store::Store;
use crate::store::contract::{Changes, check, id, keys, nothing, put, snapshot, wait};

/// Nothing is ever waited for: what has failed is tried again at once.
fn options() -> Options {
    Options {
        patience: Duration::ZERO,
        ..Options::default()
    }
}

fn on(disk: &Disk, options: Options) -> Journal {
    Journal::on(Arc::new(disk.clone()), options).expect("a journal")
}

fn create(journal: &Journal, name: &str) -> Key {
    wait(journal.create(&id(name), nothing())).expect("a sandbox")
}

fn do_put(journal: &Journal, key: &Key, call: u64) -> Result<Vec<String>, Error> {
    let decide = |_: &SandboxState| put(call, &format!("{call:05}"));
    wait(journal.transact(key, decide)).map(|committed| keys(&committed.state))
}

fn shown(journal: &Journal, key: &Key) -> String {
    fingerprint(&journal.read(key).expect("a state"))
}

#[test]
fn it_keeps_the_contract() {
    check(|| on(&Disk::default(), options()));
}

#[test]
fn it_keeps_the_contract_when_checkpoints_are_made_all_the_time() {
    let options = Options {
        checkpoint_entries: 1,
        ..options()
    };
    check(|| on(&Disk::default(), options));
}

/// Does something on a fresh sandbox, and looks for it after the process was killed.
#[track_caller]
fn survives(options: Options, work: impl Fn(&Journal, &Key)) {
    let disk = Disk::default();
    let journal = on(&disk, options);
    let key = create(&journal, "a");
    work(&journal, &key);
    let all = |journal: &Journal, key: &Key| {
        let state = journal.read(key).expect("a state");
        let past: Vec<_> = (1..=state.past.len() as u64)
            .map(|calls| fingerprint(state.past.calls_ago(calls).expect("a past")))
            .collect();
        let as_of: Vec<_> = (0..=state.calls)
            .map(|call| journal.as_of(key, call).map(|state| fingerprint(&state)))
            .collect();
        let snapshots = journal.snapshots(key).expect("snapshots");
        let snapshots = snapshots
            .iter()
            .map(|kept| (kept.id.clone(), kept.note.clone(), fingerprint(&kept.state)));
        let snapshots: Vec<_> = snapshots.collect();
        (fingerprint(&state), past, as_of, snapshots)
    };
    let before = all(&journal, &key);
    disk.crash(7);
    drop(journal);
    let journal = on(&disk, options);
    let key = journal.find(&id("a")).expect("the sandbox");
    assert_eq!(all(&journal, &key), before);
}

#[test]
fn what_was_told_survives_a_crash() {
    survives(options(), |journal, key| {
        for call in 1..=20 {
            do_put(journal, key, call).expect("a commit");
        }
    });
}

#[test]
fn the_past_survives_checkpoints_and_a_crash() {
    let options = Options {
        checkpoint_entries: 10,
        history: Bounds {
            commits: 50,
            ..Bounds::default()
        },
        ..options()
    };
    let disk = Disk::default();
    let journal = on(&disk, options);
    let key = create(&journal, "a");
    for call in 1..=600 {
        do_put(&journal, &key, call).expect("a commit");
    }
    let before = journal.read(&key).expect("a state");
    // It is bounded what a restart reads.
    let marks = journal
        .cell(&key)
        .expect("a cell")
        .durable()
        .checkpoints
        .at
        .clone();
    assert!(marks[0].entry > 100, "{marks:?}");
    disk.crash(3);
    drop(journal);
    let journal = on(&disk, options);
    let key = journal.find(&id("a")).expect("the sandbox");
    let after = journal.read(&key).expect("a state");
    assert_eq!(after.past.len(), before.past.len());
    for calls in 1..=256 {
        let ago =
            |state: &SandboxState| state.past.calls_ago(calls).map(|state| fingerprint(state));
        assert_eq!(ago(&after), ago(&before), "{calls} calls ago");
    }
    for call in 560..=600 {
        let then = journal.as_of(&key, call).expect("the past");
        assert_eq!(keys(&then).len(), call as usize);
    }
}

#[test]
fn snapshots_and_replacements_survive_a_crash() {
    survives(options(), |journal, key| {
        do_put(journal, key, 1).expect("a commit");
        let state = journal.read(key).expect("a state");
        wait(journal.keep(key, snapshot("z", state.clone()))).expect("a snapshot");
        do_put(journal, key, 2).expect("a commit");
        let now = journal.read(key).expect("a state");
        wait(journal.keep(key, snapshot("a", now))).expect("a snapshot");
        let calls = |now: &SandboxState| SandboxState {
            calls: now.calls,
            ..state.clone()
        };
        wait(journal.replace(key, calls)).expect("a replacement");
        do_put(journal, key, 3).expect("a commit");
        wait(journal.keep(key, snapshot("b", state.clone()))).expect("a snapshot");
        wait(journal.forget(key, "a")).expect("it is dropped");
    });
}

#[test]
fn a_dropped_sandbox_stays_away() {
    let disk = Disk::default();
    let journal = on(&disk, options());
    let key = create(&journal, "a");
    create(&journal, "b");
    do_put(&journal, &key, 1).expect("a commit");
    wait(journal.delete(&key)).expect("its end");
    disk.crash(1);
    drop(journal);
    assert_eq!(on(&disk, options()).list(), [id("b")]);
}

#[test]
fn numbers_of_calls_that_are_set_aside_are_not_given_again() {
    let disk = Disk::default();
    let journal = on(&disk, options());
    let key = create(&journal, "a");
    assert_eq!(journal.reserved(&key), 0);
    drop(journal);
    let journal = on(&disk, options());
    let key = journal.find(&id("a")).expect("the sandbox");
    assert_eq!(journal.reserved(&key), CALLS_AHEAD);
    wait(journal.reserve(&key, 123)).expect("it is written");
    drop(journal);
    let journal = on(&disk, options());
    assert_eq!(journal.reserved(&journal.find(&id("a")).expect("it")), 123);
}

#[test]
fn a_full_disk_refuses_changes_and_goes_on_when_there_is_room() {
    let disk = Disk::default();
    let journal = on(&disk, options());
    let key = create(&journal, "a");
    do_put(&journal, &key, 1).expect("a commit");
    disk.fail_writes(Failing {
        after: 0,
        times: u64::MAX,
    });
    let full = Err(Error::Unavailable("no space left on the device".into()));
    assert_eq!(do_put(&journal, &key, 2), full);
    let again = do_put(&journal, &key, 3);
    assert!(matches!(again, Err(Error::Unavailable(_))), "{again:?}");
    let created = wait(journal.create(&id("b"), nothing()));
    assert!(matches!(created, Err(Error::Unavailable(_))), "{created:?}");
    // What reads goes on.
    assert_eq!(keys(&journal.read(&key).expect("a state")), ["00001"]);
    let looked = wait(journal.transact(&key, |_| Changes(Arc::default())));
    assert_eq!(keys(&looked.expect("a look").state), ["00001"]);
    disk.fail_writes(Failing::default());
    assert_eq!(
        do_put(&journal, &key, 4).expect("a commit"),
        ["00001", "00004"]
    );
    create(&journal, "b");
}

#[test]
fn what_has_failed_is_left_alone_for_a_while() {
    let disk = Disk::default();
    let options = Options {
        patience: Duration::MAX,
        ..options()
    };
    let journal = on(&disk, options);
    let key = create(&journal, "a");
    disk.fail_writes(Failing { after: 0, times: 1 });
    let full = Err(Error::Unavailable("no space left on the device".into()));
    assert_eq!(do_put(&journal, &key, 1), full);
    // The disk would take it, but nobody asks.
    assert_eq!(do_put(&journal, &key, 2), full);
}

#[test]
fn a_closed_journal_refuses_and_does_not_hang() {
    let disk = Disk::default();
    let journal = on(&disk, options());
    let key = create(&journal, "a");
    journal.close();
    let closed = Error::Unavailable("the journal is closed".into());
    assert_eq!(do_put(&journal, &key, 1), Err(closed.clone()));
    let created = wait(journal.create(&id("b"), nothing()));
    assert_eq!(created, Err(closed.clone()));
    let replaced = wait(journal.replace(&key, SandboxState::clone));
    assert_eq!(replaced.err(), Some(closed.clone()));
    assert_eq!(wait(journal.delete(&key)), Err(closed));
    assert_eq!(keys(&journal.read(&key).expect("a state")), [""; 0]);
}

#[test]
fn a_damaged_file_is_refused_and_says_what_to_do() {
    let disk = Disk::default();
    let journal = on(&disk, options());
    let key = create(&journal, "a");
    for call in 1..=50 {
        do_put(&journal, &key, call).expect("a commit");
    }
    drop(journal);
    let mut refused = 0;
    for page in 1..disk.len() / 4096 {
        let at = page * 4096 + 100;
        disk.rot(at);
        match Journal::on(Arc::new(disk.clone()), options()) {
            // Nothing lies there.
            Ok(journal) => {
                let key = journal.find(&id("a")).expect("the sandbox");
                assert_eq!(keys(&journal.read(&key).expect("a state")).len(), 50);
                // It may have written elsewhere meanwhile.
                drop(journal);
                continue;
            }
            Err(error) => {
                assert!(error.to_string().contains("sparring verify"), "{error}");
                refused += 1;
            }
        }
        disk.rot(at);
    }
    assert!(refused > 2, "{refused}");
}

#[test]
fn images_to_which_nothing_refers_are_dropped() {
    let disk = Disk::default();
    let journal = on(&disk, options());
    let key = create(&journal, "a");
    let state = journal.read(&key).expect("a state");
    for number in [100, 200] {
        let rest = images::write(&journal.shared.queue, number, &state).expect("an image");
        let (told, outcome) = oneshot::channel();
        journal
            .shared
            .post(rest.writes, Box::new(life::Wait(Some(told))));
        wait(super::told(outcome)).expect("it is written");
    }
    drop(journal);
    let journal = on(&disk, options());
    assert_eq!(journal.shared.image(), 201);
    drop(journal);
    // They were dropped, so their numbers are free.
    assert!(on(&disk, options()).shared.image() < 100);
}
