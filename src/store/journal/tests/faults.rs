//! Any changes with any faults of the disk: what was told is there, what was refused is not, and nothing
//! is there by half.

use std::future::Future;

use proptest::prelude::*;

use super::*;

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    Delete(u8),
    Put(u8),
    /// Several sandboxes at a time, in one group commit or more.
    Puts(Vec<u8>),
    Look(u8),
    Replace(u8),
    Keep(u8, u8),
    Forget(u8, u8),
    FailWrites(u64, u64),
    FailSyncs(u64, u64),
    FailReads(u64, u64),
    Room(Option<u64>),
    /// The power goes.
    Crash(u64),
    /// The server is stopped and started.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let sandbox = || 0..3_u8;
    let name = || 0..2_u8;
    let after = || 0..30_u64;
    let times = || prop_oneof![Just(1_u64), Just(3), Just(40)];
    let step = prop_oneof![
        3 => sandbox().prop_map(Step::Create),
        1 => sandbox().prop_map(Step::Delete),
        12 => sandbox().prop_map(Step::Put),
        4 => prop::collection::vec(sandbox(), 2..6).prop_map(Step::Puts),
        2 => sandbox().prop_map(Step::Look),
        1 => sandbox().prop_map(Step::Replace),
        2 => (sandbox(), name()).prop_map(|(sandbox, name)| Step::Keep(sandbox, name)),
        1 => (sandbox(), name()).prop_map(|(sandbox, name)| Step::Forget(sandbox, name)),
        2 => (after(), times()).prop_map(|(after, times)| Step::FailWrites(after, times)),
        1 => (after(), times()).prop_map(|(after, times)| Step::FailSyncs(after % 4, times)),
        1 => (after(), times()).prop_map(|(after, times)| Step::FailReads(after, times)),
        1 => prop::option::of(0..40_u64).prop_map(Step::Room),
        3 => any::<u64>().prop_map(Step::Crash),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..60)
}

/// What may be true of one sandbox: one of these, each with its records and its snapshots.
#[derive(Clone, Debug, Default, PartialEq)]
struct Universe {
    records: Vec<String>,
    snapshots: Vec<(String, Vec<String>)>,
}

/// What may be true of one id: nothing, or a universe.
type Truth = Option<Universe>;

/// A journal on a disk, and what may be true of it.
struct Run {
    disk: Disk,
    journal: Option<Journal>,
    /// Of each id, what it shows, and what a doubtful write would make of that.
    possible: Vec<Vec<Truth>>,
    calls: u64,
}

const IDS: [&str; 3] = ["a", "b", "c"];

/// A commit of two records: both are there, or none.
fn pair(call: u64) -> Changes {
    let both = ["x", "y"].map(|half| put(call, &format!("{call:05}{half}")));
    let effects = both.iter().flat_map(|changes| changes.0.iter().cloned());
    Changes(effects.collect())
}

impl Universe {
    fn with(&self, call: u64) -> Self {
        let mut universe = self.clone();
        let both = ["x", "y"].map(|half| format!("{call:05}{half}"));
        universe.records.extend(both);
        universe
    }
}

impl Run {
    fn new() -> Self {
        let disk = Disk::default();
        Self {
            journal: Some(on(&disk, Self::options())),
            disk,
            possible: vec![vec![None]; IDS.len()],
            calls: 0,
        }
    }

    fn options() -> Options {
        Options {
            checkpoint_entries: 5,
            history: Bounds {
                commits: 8,
                ..Bounds::default()
            },
            ..options()
        }
    }

    fn journal(&self) -> &Journal {
        self.journal.as_ref().expect("a journal")
    }

    fn key(&self, sandbox: u8) -> Option<Key> {
        self.journal().find(&id(IDS[usize::from(sandbox)]))
    }

    /// What the journal shows of an id.
    fn shows(&self, sandbox: u8) -> Truth {
        let key = self.key(sandbox)?;
        let state = self.journal().read(&key).expect("a state");
        let snapshots = self.journal().snapshots(&key).expect("snapshots");
        let snapshots = snapshots.iter();
        Some(Universe {
            records: keys(&state),
            snapshots: snapshots
                .map(|kept| (kept.id.to_string(), keys(&kept.state)))
                .collect(),
        })
    }

    /// Holds what is shown against what may be.
    fn look(&self, step: &Step) {
        for sandbox in 0..3 {
            let shown = self.shows(sandbox);
            let possible = &self.possible[usize::from(sandbox)];
            assert!(
                possible.contains(&shown),
                "{step:?}: {} shows {shown:?}, none of {possible:?}",
                IDS[usize::from(sandbox)]
            );
        }
    }

    /// Something was changed, or could not be: `then` is what it makes of what was shown before.
    fn changed(
        &mut self,
        step: &Step,
        sandbox: u8,
        done: &Result<(), Error>,
        then: impl Fn(&Truth) -> Truth,
    ) {
        let possible = &mut self.possible[usize::from(sandbox)];
        match done {
            Ok(()) => {
                // The disk was asked, so nothing is in doubt any more.
                *possible = possible.iter().map(then).collect();
                self.look(step);
                for sandbox in 0..3 {
                    self.possible[usize::from(sandbox)] = vec![self.shows(sandbox)];
                }
            }
            Err(Error::Unavailable(_)) => {
                let first = possible[0].clone();
                possible.push(then(&first));
                let shown = self.shows(sandbox);
                self.possible[usize::from(sandbox)].push(then(&shown));
                self.look(step);
            }
            Err(other) => panic!("{step:?}: {other}"),
        }
    }

    fn start(&mut self) {
        let opened = Journal::on(Arc::new(self.disk.clone()), Self::options());
        let opened = match opened {
            Err(OpenError::Corrupt(why)) => panic!("a fault of the disk has damaged it: {why}"),
            Err(_) => {
                self.disk.fail_reads(Failing::default());
                self.disk.fail_writes(Failing::default());
                self.disk.fail_syncs(Failing::default());
                self.disk.room_for(None);
                Journal::on(Arc::new(self.disk.clone()), Self::options())
            }
            opened => opened,
        };
        self.journal = Some(opened.expect("a journal on a disk that works"));
    }

    fn put_several(&mut self, step: &Step, sandboxes: &[u8]) {
        let journal = self.journal.take().expect("a journal");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let outcomes = runtime.expect("a runtime").block_on(async {
            let mut asked = Vec::new();
            for sandbox in sandboxes {
                let key = journal.find(&id(IDS[usize::from(*sandbox)]));
                let Some(key) = key else { continue };
                self.calls += 1;
                let call = self.calls;
                let journal = &journal;
                // Each is decided now; none is waited for yet.
                let mut put =
                    Box::pin(async move { journal.transact(&key, |_| pair(call)).await.map(drop) });
                let waiting = &mut std::task::Context::from_waker(std::task::Waker::noop());
                let early = match put.as_mut().poll(waiting) {
                    std::task::Poll::Ready(done) => Some(done),
                    std::task::Poll::Pending => None,
                };
                asked.push((*sandbox, call, put, early));
            }
            let mut outcomes = Vec::new();
            for (sandbox, call, put, early) in asked {
                let done = match early {
                    Some(done) => done,
                    None => put.await,
                };
                outcomes.push((sandbox, call, done));
            }
            outcomes
        });
        self.journal = Some(journal);
        for sandbox in 0..3 {
            let mine = outcomes.iter().filter(|one| one.0 == sandbox);
            let mut possible = self.possible[usize::from(sandbox)].clone();
            for (_, call, done) in mine {
                let with = possible
                    .iter()
                    .map(|truth| Some(truth.as_ref()?.with(*call)));
                let with: Vec<_> = with.collect();
                match done {
                    Ok(()) => possible = with,
                    Err(Error::Unavailable(_)) => possible.extend(with),
                    Err(other) => panic!("{step:?}: {other}"),
                }
            }
            self.possible[usize::from(sandbox)] = possible;
        }
        self.look(step);
        if outcomes.last().is_some_and(|last| last.2.is_ok()) {
            for sandbox in 0..3 {
                self.possible[usize::from(sandbox)] = vec![self.shows(sandbox)];
            }
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Create(sandbox) => {
                let created = wait(
                    self.journal()
                        .create(&id(IDS[usize::from(*sandbox)]), nothing()),
                );
                if created == Err(Error::SandboxExists) {
                    return assert!(self.key(*sandbox).is_some(), "{step:?}");
                }
                let begun = |_: &Truth| Some(Universe::default());
                self.changed(step, *sandbox, &created.map(drop), begun);
            }
            Step::Puts(sandboxes) => self.put_several(step, sandboxes),
            Step::Delete(sandbox)
            | Step::Put(sandbox)
            | Step::Look(sandbox)
            | Step::Replace(sandbox)
            | Step::Keep(sandbox, _)
            | Step::Forget(sandbox, _) => {
                if let Some(key) = self.key(*sandbox) {
                    self.take_on(step, *sandbox, &key);
                }
            }
            Step::FailWrites(after, times) => self.disk.fail_writes(failing(*after, *times)),
            Step::FailSyncs(after, times) => self.disk.fail_syncs(failing(*after, *times)),
            Step::FailReads(after, times) => self.disk.fail_reads(failing(*after, *times)),
            Step::Room(pages) => self.disk.room_for(*pages),
            Step::Crash(chance) => {
                self.disk.crash(*chance);
                self.journal = None;
                self.start();
                self.settle(step);
            }
            Step::Restart => {
                self.journal = None;
                self.start();
                self.settle(step);
            }
        }
    }

    /// After a start nothing is in doubt.
    fn settle(&mut self, step: &Step) {
        self.look(step);
        for sandbox in 0..3 {
            self.possible[usize::from(sandbox)] = vec![self.shows(sandbox)];
        }
    }

    fn take_on(&mut self, step: &Step, sandbox: u8, key: &Key) {
        let journal = self.journal();
        let name = |name: &u8| format!("s{name}");
        let shown = self.shows(sandbox).expect("a sandbox");
        match step {
            Step::Put(_) => {
                self.calls += 1;
                let call = self.calls;
                let put = wait(self.journal().transact(key, |_| pair(call))).map(drop);
                self.changed(step, sandbox, &put, |truth| {
                    Some(truth.as_ref()?.with(call))
                });
            }
            Step::Look(_) => {
                let looked = wait(journal.transact(key, |_| Changes(Arc::default())));
                if let Ok(looked) = looked {
                    assert_eq!(keys(&looked.state), shown.records, "{step:?}");
                }
            }
            Step::Delete(_) => {
                let deleted = wait(journal.delete(key));
                self.changed(step, sandbox, &deleted, |_| None);
            }
            Step::Replace(_) => {
                let replaced = wait(journal.replace(key, |_| nothing())).map(drop);
                self.changed(step, sandbox, &replaced, |truth| {
                    Some(Universe {
                        records: Vec::new(),
                        ..truth.clone()?
                    })
                });
            }
            Step::Keep(_, number) => {
                let state = journal.read(key).expect("a state");
                let (name, records) = (name(number), keys(&state));
                let kept = wait(journal.keep(key, snapshot(&name, state)));
                if kept == Err(Error::SnapshotExists) {
                    return;
                }
                self.changed(step, sandbox, &kept, |truth| {
                    let mut universe = truth.clone()?;
                    universe.snapshots.push((name.clone(), records.clone()));
                    Some(universe)
                });
            }
            Step::Forget(_, number) => {
                let name = name(number);
                let dropped = wait(journal.forget(key, &name));
                if dropped == Err(Error::NoSuchSnapshot) {
                    return;
                }
                self.changed(step, sandbox, &dropped, |truth| {
                    let mut universe = truth.clone()?;
                    universe.snapshots.retain(|kept| kept.0 != name);
                    Some(universe)
                });
            }
            _ => {}
        }
    }
}

fn failing(after: u64, times: u64) -> Failing {
    Failing { after, times }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_was_told_is_there_and_what_was_refused_is_not(steps in steps()) {
        let mut run = Run::new();
        for step in &steps {
            run.take(step);
        }
        run.take(&Step::Crash(steps.len() as u64));
    }
}
