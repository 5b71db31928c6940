//! Stubs that outlive the server: those of `default` that say `persistent`, or that a tester saves, stand
//! in the folder of the WireMock root that is served.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::{Sandbox, Service, StageError};
use crate::definition::load;
use crate::domain::name::SandboxId;
use crate::state::overlay::Overlay;

/// What is to be kept, and what no longer.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Definitions.
    pub(super) put: Vec<Value>,
    /// Ids.
    pub(super) gone: Vec<Arc<str>>,
}

impl Kept {
    /// What of a change concerns files: the stubs of these ids that say they are to be kept.
    pub(super) fn of<'a>(
        before: &Overlay,
        put: impl IntoIterator<Item = &'a Arc<Value>>,
        gone: impl IntoIterator<Item = &'a Arc<str>>,
    ) -> Self {
        let put = put.into_iter().filter(|mapping| is_persistent(mapping));
        let was_kept = |id: &&Arc<str>| before.get(id).is_some_and(|it| is_persistent(it));
        Self {
            put: put.map(|mapping| (**mapping).clone()).collect(),
            gone: gone.into_iter().filter(was_kept).cloned().collect(),
        }
    }
}

fn is_persistent(mapping: &Value) -> bool {
    mapping.get("persistent") == Some(&Value::Bool(true))
}

impl Service {
    /// Writes all stubs of a sandbox to files.
    ///
    /// # Errors
    /// When there is nowhere to write them to, or it fails.
    pub async fn save_stubs(&self, sandbox: &Sandbox) -> Result<(), StageError> {
        let Some(folder) = self.folder_of(sandbox) else {
            let why = "only `default` saves its stubs, and only where a WireMock root is served";
            return Err(StageError::Unsaved(why.to_owned()));
        };
        let state = self.read(sandbox).await?;
        let put = state.overlay.iter().map(|(_, mapping)| {
            let mut mapping = (**mapping).clone();
            mapping["persistent"] = Value::Bool(true);
            mapping
        });
        let kept = Kept {
            put: put.collect(),
            gone: Vec::new(),
        };
        self.write(folder, kept).await
    }

    /// Where the stubs of a sandbox are kept, if they are.
    fn folder_of(&self, sandbox: &Sandbox) -> Option<PathBuf> {
        let is_default = sandbox.id == SandboxId::default_sandbox();
        // The files are every sandbox's: what a tenant kept there would be told to all others.
        let access = self.access();
        let is_tenants = access.is_some_and(|access| access.owner(&sandbox.id).is_some());
        (is_default && !is_tenants)
            .then(|| load::mappings_folder(&self.settings.sources))
            .flatten()
    }

    /// Keeps what a change of a sandbox's stubs says is to be kept. Where nothing is kept, a stub may
    /// say so all the same.
    pub(super) async fn keep(&self, sandbox: &Sandbox, kept: Kept) -> Result<(), StageError> {
        if kept.put.is_empty() && kept.gone.is_empty() {
            return Ok(());
        }
        match self.folder_of(sandbox) {
            Some(folder) => self.write(folder, kept).await,
            None => Ok(()),
        }
    }

    async fn write(&self, folder: PathBuf, kept: Kept) -> Result<(), StageError> {
        let written = tokio::task::spawn_blocking(move || {
            let gone: Vec<&str> = kept.gone.iter().map(|id| &**id).collect();
            load::keep(&folder, &kept.put, &gone)
        });
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(StageError::Unsaved(error.to_string())),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
        // From now on the files say so, in every sandbox and after a reset.
        let me = self.me.upgrade();
        let Some(me) = me else { return Ok(()) };
        let reloaded = me.reload().await;
        reloaded
            .map(drop)
            .map_err(|error| StageError::Unsaved(error.to_string()))
    }
}
