//! Who may do what, and the keys that sandboxes were opened with.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use dashmap::DashMap;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Service, StageError};
use crate::access::{Access, Hash};
use crate::domain::name::SandboxId;
use crate::engine::stage;

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
