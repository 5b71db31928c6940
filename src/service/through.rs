//! Seeing something through, whether or not somebody still waits for it.

use std::future::Future;
use std::panic;

/// Does something to its end. A caller that goes away meanwhile, because its client has, changes nothing:
/// what is on the disk must be in the log, too.
pub(crate) async fn see_through<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // The runtime ends, and so does whoever waits.
        Err(_) => std::future::pending().await,
    }
}
