//! Which quirks of paging can be put in line.

use super::Error;
use crate::definition::compiled::{Definitions, Produce};
use crate::domain::name::Name;
use crate::domain::quirk::Quirk;

/// Refuses a quirk that cannot be, on any page or on those of the tool that is named.
///
/// # Errors
/// With the member of the quirk that cannot be.
pub(super) fn check(
    definitions: &Definitions,
    quirk: &Quirk,
    tool: Option<&Name>,
) -> Result<(), Error> {
    let named = tool.and_then(|name| {
        let pack = definitions
            .packs
            .iter()
            .find(|pack| pack.name == name.pack)?;
        pack.tools.get(&name.name)
    });
    let misfits = match named.map(|tool| &tool.produce) {
        Some(Produce::Page(spec)) => quirk.misfits(&spec.ways()),
        _ => Vec::new(),
    };
    match quirk.mistakes().into_iter().chain(misfits).next() {
        None => Ok(()),
        Some((field, message)) => Err(Error::Invalid {
            field: format!("quirk.{field}"),
            message,
        }),
    }
}
