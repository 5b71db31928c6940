//! What a bare name stands for.

use std::sync::Arc;

use super::Error;
use crate::definition::compiled::{Definitions, Pack};
use crate::domain::name::Name;
use crate::state::SandboxState;

/// The one thing that a name stands for.
pub(super) fn only(name: &str, mut found: Vec<Name>, kind: &str) -> Result<Name, Error> {
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Error::NotFound(format!("there is no {kind} {name:?}"))),
        _ => Err(Error::Ambiguous {
            name: name.to_owned(),
            candidates: found.iter().map(Name::to_string).collect(),
        }),
    }
}

/// The collection that a name stands for, bare or with its pack.
///
/// # Errors
/// When there is none, or several packs have one of this name.
pub fn collection_of(definitions: &Definitions, name: &str) -> Result<Name, Error> {
    let found = definitions.resolve(name, |pack| pack.collections.keys().map(|name| &**name));
    only(name, found, "collection")
}

/// The pack and bare name of the agent whose wallet is meant.
///
/// A bare name means its only holder. Where nobody has it yet, it means the only pack with wallets.
///
/// # Errors
/// When no pack has wallets, or several could be meant.
pub fn wallet_of<'d, 'n>(
    definitions: &'d Definitions,
    state: &SandboxState,
    agent: &'n str,
) -> Result<(&'d Arc<Pack>, &'n str), Error> {
    let with_wallets = || {
        let has = |pack: &&Arc<Pack>| {
            pack.ledger
                .as_ref()
                .is_some_and(|ledger| ledger.wallets.is_some())
        };
        definitions.packs.iter().filter(has)
    };
    let qualified = with_wallets().find_map(|pack| {
        let rest = agent.strip_prefix(&*pack.name)?.strip_prefix('.')?;
        Some((pack, rest))
    });
    let holders: Vec<_> = with_wallets()
        .filter(|pack| {
            state
                .ledger
                .accounts_named(&pack.name, agent)
                .next()
                .is_some()
        })
        .collect();
    let candidates = if holders.is_empty() {
        if let Some(found) = qualified {
            return Ok(found);
        }
        with_wallets().collect()
    } else {
        holders
    };
    match candidates.as_slice() {
        [pack] => Ok((pack, agent)),
        [] => Err(Error::NotFound("no pack has wallets".into())),
        several => Err(Error::Ambiguous {
            name: agent.to_owned(),
            candidates: several
                .iter()
                .map(|pack| format!("{}.{agent}", pack.name))
                .collect(),
        }),
    }
}
