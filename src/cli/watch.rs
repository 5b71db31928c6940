//! `--watch`: takes up edited files.
//!
//! It compares sizes and times of all files twice a second. That costs little for the few files of
//! packs, needs no library, and works where notifications do not arrive: on mounted volumes.

use std::sync::Weak;
use std::time::Duration;

use sparring::definition::load::{Sources, fingerprint};
use sparring::service::Service;
use tokio::time::sleep;

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_millis(500);

/// What tells an edited set of files from the set before.
pub(super) type Fingerprint = Vec<(std::path::PathBuf, u64, Option<std::time::SystemTime>)>;

/// Reloads when a file is no longer as it was `seen` last, as long as the service lives.
pub(super) async fn run(service: Weak<Service>, mut seen: Fingerprint) {
    let Some(sources) = service
        .upgrade()
        .map(|service| service.settings().sources.clone())
    else {
        return;
    };
    loop {
        sleep(PERIOD).await;
        let now = look(&sources).await;
        if now == seen {
            continue;
        }
        seen = now;
        let Some(service) = service.upgrade() else {
            return;
        };
        match service.reload().await {
            Ok(definitions) => {
                tracing::info!(packs = definitions.packs.len(), "definitions reloaded");
            }
            Err(error) => {
                tracing::error!(%error, "the edited definitions have mistakes; the old ones stay");
            }
        }
    }
}

async fn look(sources: &Sources) -> Fingerprint {
    let sources = sources.clone();
    tokio::task::spawn_blocking(move || fingerprint(&sources))
        .await
        .unwrap_or_default()
}
