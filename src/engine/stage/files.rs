//! Files that a tester lays over those beside the definitions.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::Error;
use crate::definition::compiled::Definitions;
use crate::engine::draft::Draft;
use crate::state::Effect;
use crate::state::files::FILES_BYTES_MAX;

/// The longest name of a file, in bytes.
const NAME_BYTES_MAX: usize = 1024;

/// A file is there, or has another content.
///
/// # Errors
/// When the sandbox would hold too much.
pub(super) fn put(draft: &mut Draft, name: &Arc<str>, content: &Bytes) -> Result<Value, Error> {
    if name.len() > NAME_BYTES_MAX {
        return Err(Error::Invalid {
            field: "name".into(),
            message: format!("longer than {NAME_BYTES_MAX} bytes"),
        });
    }
    if draft.state().files.bytes_with(name, content) > FILES_BYTES_MAX {
        return Err(Error::Invalid {
            field: "body".into(),
            message: format!("the files of a sandbox take {FILES_BYTES_MAX} bytes at the most"),
        });
    }
    draft.push(Effect::FilePut {
        name: name.clone(),
        content: content.clone().into(),
    });
    Ok(Value::Null)
}

/// A file is not there; one that lies beside the definitions is hidden.
pub(super) fn remove(definitions: &Definitions, draft: &mut Draft, name: &Arc<str>) {
    draft.push(Effect::FileRemoved {
        name: name.clone(),
        hidden: definitions.files.get(name).is_some(),
    });
}
