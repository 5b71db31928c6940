//! Authentication on the stage: whether credentials are checked.

use serde_json::{Value, json};

use super::Error;
use crate::definition::compiled::Definitions;
use crate::engine::draft::Draft;
use crate::state::Effect;

/// Says whether a pack checks credentials.
///
/// # Errors
/// When there is no such pack, or it declares no `auth`.
pub(in crate::engine) fn enforce(
    definitions: &Definitions,
    draft: &mut Draft,
    pack: &str,
    enforced: bool,
) -> Result<Value, Error> {
    let Some(found) = definitions.pack(pack) else {
        return Err(Error::NotFound(format!("there is no pack {pack:?}")));
    };
    if found.auth.is_none() {
        let message = format!("the pack {pack:?} declares no `auth`");
        return Err(Error::NotFound(message));
    }
    draft.push(Effect::AuthEnforced {
        pack: found.name.clone(),
        enforced,
    });
    Ok(json!({ "pack": pack, "enforced": enforced }))
}
