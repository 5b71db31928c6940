//! The journal as a store: what is decided goes to the writer, and is told when it is on the disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use super::cell::{Commit, Wrote};
use super::images::closed;
use super::tables::Write;
use super::writer::Message;
use super::{Journal, Shared, entry, life};
use crate::domain::name::SandboxId;
use crate::meter::Stopwatch;
use crate::state::past::Past;
use crate::state::{Effect, SandboxState};
use crate::store::{Committed, Error, Key, Snapshot, Store};

/// A state as it is after a restart, so that it is the same before it: an image does not tell how it was
/// before the latest calls, and no entries do that come before an image.
fn as_in_an_image(state: SandboxState) -> SandboxState {
    SandboxState {
        past: Past::default(),
        ..state
    }
}

/// Waits for the disk.
pub(super) async fn told(outcome: oneshot::Receiver<Result<(), Error>>) -> Result<(), Error> {
    outcome.await.unwrap_or_else(|_| Err(closed()))
}

impl Store for Journal {
    async fn transact<D: AsRef<Arc<[Effect]>> + Send>(
        &self,
        sandbox: &Key,
        mut decide: impl FnMut(&SandboxState) -> D + Send,
    ) -> Result<Committed<D>, Error> {
        let cell = self.cell(sandbox)?;
        let open = cell.gate.read().await;
        let decided;
        let (committed, outcome, unsent) = {
            let mut latest = cell.latest();
            if latest.ending {
                return Err(Error::NoSuchSandbox);
            }
            let decision = decide(&latest.state);
            decided = Stopwatch::start();
            let effects = decision.as_ref();
            let entry = entry::encode(effects)
                .map_err(|error| Error::Unavailable(error.to_string().into()))?;
            let mut writes = Vec::new();
            let mut wrote = Wrote::Nothing;
            if let Some(entry) = entry {
                for effect in effects.iter() {
                    latest.state.apply(effect);
                }
                latest.mark.entry += 1;
                latest.mark.begun += entry.begun;
                latest.mark.bytes += u64::try_from(entry.bytes.len()).unwrap_or(u64::MAX);
                writes.push(Write::Entry {
                    life: cell.life,
                    number: latest.mark.entry,
                    effects: entry.bytes,
                });
                wrote = Wrote::Entry(effects.clone());
            }
            latest.orders += 1;
            let (mut outcome, mut unsent) = (None, None);
            if !writes.is_empty() || cell.durable().mark != latest.mark {
                let (waiter, coming) = oneshot::channel();
                outcome = Some(coming);
                let commit = Box::new(Commit {
                    shared: self.shared.clone(),
                    cell: cell.clone(),
                    fallen: latest.fallen,
                    state: latest.state.clone(),
                    mark: latest.mark,
                    wrote,
                    waiter: Some(waiter),
                });
                // Under the lock: entries go into the queue in the order of their numbers.
                unsent = self.shared.queue.send(Message::Write(writes, commit)).err();
            }
            let committed = Committed {
                decision,
                state: latest.state.clone(),
                commit: latest.orders,
            };
            (committed, outcome, unsent)
        };
        drop(open);
        Shared::refuse(unsent);
        if let Some(outcome) = outcome {
            told(outcome).await?;
        }
        self.meter.commits.add(decided.micros());
        Ok(committed)
    }

    fn read(&self, sandbox: &Key) -> Result<SandboxState, Error> {
        Ok(self.cell(sandbox)?.durable().state.clone())
    }

    fn as_of(&self, sandbox: &Key, call: u64) -> Result<SandboxState, Error> {
        let cell = self.cell(sandbox)?;
        let way = cell.durable().history.way_to(call)?;
        Ok(way.go())
    }

    async fn create(&self, sandbox: &SandboxId, state: SandboxState) -> Result<Key, Error> {
        {
            let mut coming = self.shared.coming();
            if self.shared.sandboxes.contains_key(sandbox) || !coming.insert(sandbox.clone()) {
                return Err(Error::SandboxExists);
            }
        }
        let life = self.shared.next_life.fetch_add(1, Ordering::Relaxed);
        let state = as_in_an_image(state);
        let (waiter, outcome) = oneshot::channel();
        let (shared, id) = (self.shared.clone(), sandbox.clone());
        let job = move || life::begin(&shared, id, life, state, Some(waiter));
        if let Err(error) = self.shared.image_job(job) {
            self.shared.coming().remove(sandbox);
            return Err(error);
        }
        told(outcome).await?;
        Ok(Key {
            id: sandbox.clone(),
            generation: life,
        })
    }

    async fn replace(
        &self,
        sandbox: &Key,
        mut become_: impl FnMut(&SandboxState) -> SandboxState + Send,
    ) -> Result<Committed<()>, Error> {
        let cell = self.cell(sandbox)?;
        let closed = cell.gate.clone().write_owned().await;
        let (state, fallen) = {
            let latest = cell.latest();
            if latest.ending {
                return Err(Error::NoSuchSandbox);
            }
            (as_in_an_image(become_(&latest.state)), latest.fallen)
        };
        let (waiter, outcome) = oneshot::channel();
        let (ordered, order) = oneshot::channel();
        let (shared, became) = (self.shared.clone(), state.clone());
        self.shared.image_job(move || {
            let order = life::replace(&shared, &cell, became, fallen, Some(waiter));
            drop(closed);
            let _ = ordered.send(order);
        })?;
        told(outcome).await?;
        Ok(Committed {
            decision: (),
            state,
            commit: order.await.unwrap_or_default(),
        })
    }

    async fn delete(&self, sandbox: &Key) -> Result<(), Error> {
        let cell = self.cell(sandbox)?;
        let (waiter, outcome) = oneshot::channel();
        {
            let mut latest = cell.latest();
            if latest.ending {
                return Err(Error::NoSuchSandbox);
            }
            latest.ending = true;
        }
        let life = cell.life;
        let end = life::End {
            shared: self.shared.clone(),
            cell,
            waiter: Some(waiter),
        };
        self.shared.post(vec![Write::End { life }], Box::new(end));
        told(outcome).await
    }

    fn list(&self) -> Vec<SandboxId> {
        let ids = self.shared.sandboxes.iter();
        let mut ids: Vec<_> = ids.map(|cell| cell.id.clone()).collect();
        ids.sort();
        ids
    }

    async fn keep(&self, sandbox: &Key, mut snapshot: Snapshot) -> Result<(), Error> {
        let cell = self.cell(sandbox)?;
        snapshot.state = as_in_an_image(snapshot.state);
        {
            let mut kept = cell.kept();
            let exists = kept.snapshots.iter().any(|kept| kept.id == snapshot.id);
            if exists || !kept.coming.insert(snapshot.id.clone()) {
                return Err(Error::SnapshotExists);
            }
        }
        let (waiter, outcome) = oneshot::channel();
        let (shared, keeper, id) = (self.shared.clone(), cell.clone(), snapshot.id.clone());
        let job = move || life::keep(&shared, keeper, snapshot, Some(waiter));
        if let Err(error) = self.shared.image_job(job) {
            cell.kept().coming.remove(&id);
            return Err(error);
        }
        told(outcome).await
    }

    fn snapshots(&self, sandbox: &Key) -> Result<Vec<Snapshot>, Error> {
        Ok(self.cell(sandbox)?.kept().snapshots.clone())
    }

    async fn forget(&self, sandbox: &Key, snapshot: &str) -> Result<(), Error> {
        let cell = self.cell(sandbox)?;
        let found = {
            let kept = cell.kept();
            let mut snapshots = kept.snapshots.iter();
            snapshots
                .find(|kept| &*kept.id == snapshot)
                .map(|kept| kept.id.clone())
        };
        let id = found.ok_or(Error::NoSuchSnapshot)?;
        let (waiter, outcome) = oneshot::channel();
        let life = cell.life;
        let write = Write::Forget {
            life,
            id: id.to_string(),
        };
        let forget = life::Forget {
            cell,
            id,
            waiter: Some(waiter),
        };
        self.shared.post(vec![write], Box::new(forget));
        told(outcome).await
    }
}
