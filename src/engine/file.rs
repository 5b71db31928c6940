//! Bodies that come from files: the sandbox's own before those beside the definitions.

use bytes::Bytes;

use crate::behaviours::{Fills, Refusal};
use crate::definition::compiled::{FileName, FileSpec};
use crate::state::files::{Laid, plain_name};

/// The body that a file makes.
///
/// # Errors
/// When there is no such file, or a template fails on this call.
pub(super) fn content(spec: &FileSpec, view: &dyn Fills) -> Result<Bytes, Refusal> {
    let content = match &spec.name {
        FileName::Static(name) => found(name, spec, view)?,
        FileName::Template(template) => found(&view.text_of(template)?, spec, view)?,
    };
    let Some(template) = &spec.template else {
        return Ok(content);
    };
    if let Some(template) = template.ready(&content) {
        return Ok(view.text_of(template)?.into());
    }
    // Bytes are no template, whatever they look like.
    let Ok(text) = std::str::from_utf8(&content) else {
        return Ok(content);
    };
    let template = template.compile(text);
    let template = template.map_err(|error| Refusal::definition("bodyFileName", error))?;
    Ok(view.text_of(&template)?.into())
}

fn found(name: &str, spec: &FileSpec, view: &dyn Fills) -> Result<Bytes, Refusal> {
    let laid = |name: &str| match spec.beside.is_open() {
        true => view.state().files.get(name),
        false => Laid::Nothing,
    };
    if let Laid::Content(content) = laid(name) {
        return Ok(content.clone());
    }
    let missing = || {
        let message = format!("there is no file {name:?}");
        Refusal::definition("bodyFileName", message)
    };
    let plain = plain_name(name).ok_or_else(missing)?;
    match laid(&plain) {
        Laid::Content(content) => Ok(content.clone()),
        Laid::Gone => Err(missing()),
        Laid::Nothing => spec.beside.get(&plain).cloned().ok_or_else(missing),
    }
}
