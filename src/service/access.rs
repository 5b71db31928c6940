//! Who may do what, and the keys that sandboxes were opened with.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use dashmap::DashMap;
use http::HeaderName;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Service, StageError};
use crate::access::{Access, Caps, Hash};
use crate::domain::name::SandboxId;
use crate::engine::stage;
use crate::log::Audit;

/// What is kept of who has done what, and what is not.
#[derive(Clone, Debug, Default)]
pub struct AccessSettings {
    /// Where requests to the admin API are noted.
    pub audit: Arc<Audit>,
    /// The headers whose values no log and no recording tells, beside those that carry what is ours.
    pub redact: Arc<[HeaderName]>,
}

/// What a server knows of who may do what.
#[derive(Debug, Default)]
pub(super) struct Guard {
    access: ArcSwapOption<Access>,
    /// The keys that choose a sandbox.
    keys: DashMap<Hash, SandboxId>,
    /// The sandboxes of a tenant that is bounded in their number come one at a time.
    coming: DashMap<Arc<str>, Arc<Mutex<()>>>,
}

impl Service {
    /// Who may do what; nothing, if everybody may do everything.
    #[must_use]
    pub fn access(&self) -> Option<Arc<Access>> {
        self.guard.access.load_full()
    }

    /// From now on this says who may do what.
    pub fn set_access(&self, access: Arc<Access>) {
        self.guard.access.store(Some(access));
        for sandbox in &self.sandboxes {
            sandbox.limit(self.caps_of(&sandbox.id));
        }
    }

    /// What a sandbox of this id may hold, were there one.
    #[must_use]
    pub(super) fn caps_of(&self, id: &SandboxId) -> Caps {
        let access = self.access();
        let owner = access.as_ref().and_then(|access| access.owner(id));
        owner.map(|owner| owner.caps.clone()).unwrap_or_default()
    }

    /// The headers that no log is to tell: these, and those that the server was told.
    pub(super) fn concealed(&self, headers: Vec<HeaderName>) -> Arc<[HeaderName]> {
        let always = &self.settings.access.redact;
        match headers.is_empty() {
            true => always.clone(),
            false => headers.into_iter().chain(always.iter().cloned()).collect(),
        }
    }

    /// Whether one of these keys chooses another sandbox already.
    pub(super) fn key_taken(&self, keys: &[String], id: &SandboxId) -> bool {
        let mut keys = keys.iter().filter_map(|key| key.parse::<Hash>().ok());
        let taken = |key: Hash| self.guard.keys.get(&key).is_some_and(|of| *of != *id);
        keys.any(taken)
    }

    /// From now on these keys choose a sandbox, but for those that choose another: a fork has none of the
    /// keys of the one that it was made of.
    pub(super) fn bind_keys(&self, keys: &[String], id: &SandboxId) {
        for key in keys.iter().filter_map(|key| key.parse().ok()) {
            self.guard.keys.entry(key).or_insert_with(|| id.clone());
        }
    }

    /// From now on no key chooses this sandbox.
    pub(super) fn free_keys(&self, id: &SandboxId) {
        self.guard.keys.retain(|_, of| of != id);
    }

    /// The sandbox that was opened with this key.
    #[must_use]
    pub fn sandbox_of_key(&self, key: &str) -> Option<SandboxId> {
        if self.guard.keys.is_empty() {
            return None;
        }
        self.guard.keys.get(&Hash::of(key)).map(|id| id.clone())
    }

    /// Makes sure that there is room for one more sandbox of this id. Nobody else takes it while what comes
    /// back is held.
    ///
    /// # Errors
    /// When its owner has as many as it may have.
    pub(super) async fn room_for(
        &self,
        id: &SandboxId,
    ) -> Result<Option<OwnedMutexGuard<()>>, StageError> {
        let Some(access) = self.access() else {
            return Ok(None);
        };
        let Some((owner, max)) = access
            .owner(id)
            .and_then(|owner| Some((owner, owner.sandboxes_max?)))
        else {
            return Ok(None);
        };
        let coming = self.guard.coming.entry(owner.name.clone()).or_default();
        let coming = coming.clone();
        let one = coming.lock_owned().await;
        let own = self.sandboxes.iter().filter(|it| owner.owns(it.key()));
        if own.count() >= max && self.sandbox(id).is_none() {
            let quota = "sandboxes";
            return Err(stage::Error::Quota { quota, max }.into());
        }
        Ok(Some(one))
    }
}
