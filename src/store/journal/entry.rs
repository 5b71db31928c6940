//! An entry: the effects of one commit, as they stand in the database.

use serde::{Deserialize, Serialize};

use crate::state::Effect;
use crate::state::image;

/// How an entry is written. A later version may add members, and never changes what one means.
#[derive(Serialize)]
struct Written<'a> {
    effects: &'a [Effect],
}

#[derive(Deserialize)]
struct Read {
    effects: Vec<Effect>,
}

/// An entry that is ready to be written.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    /// How many calls begin with it.
    pub(super) begun: u64,
}

/// Writes effects down; nothing, if there are none.
///
/// # Errors
/// When an effect cannot be written, which none should be.
pub(super) fn encode(effects: &[Effect]) -> Result<Option<Encoded>, serde_json::Error> {
    if effects.is_empty() {
        return Ok(None);
    }
    let bytes = serde_json::to_vec(&Written { effects })?;
    Ok(Some(Encoded {
        bytes,
        begun: begun(effects),
    }))
}

/// Reads effects. It needs a large stack, as images do.
///
/// # Errors
/// When they are not what a version up to this one has written.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Effect>, image::ImageError> {
    image::from_json(bytes).map(|read: Read| read.effects)
}

/// How many calls begin with these effects.
pub(super) fn begun(effects: &[Effect]) -> u64 {
    let begin = |effect: &&Effect| matches!(effect, Effect::CallBegan { .. });
    u64::try_from(effects.iter().filter(begin).count()).unwrap_or(u64::MAX)
}
