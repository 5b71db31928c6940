//! How a sandbox begins: with what the packs declare, and what its maker adds.

use std::sync::Arc;

use jiff::Timestamp;

use super::arm;
use super::draft::Draft;
use super::stage::{self, Error};
use crate::behaviours::ledger;
use crate::definition::compiled::{Definitions, Pack};
use crate::domain::chance::Chance;
use crate::domain::name::Name;
use crate::state::dataset::Dataset;
use crate::state::errors::QueuedError;
pub use crate::state::opening::{Opening, OpeningWallet};
use crate::state::{Effect, SandboxState};

/// The effects that make a sandbox out of nothing (or out of what it has become).
///
/// # Errors
/// When the opening names a collection, currency or pack that there is not, or a balance is no amount.
pub fn effects(
    definitions: &Definitions,
    opening: &Arc<Opening>,
    wall: Timestamp,
) -> Result<Vec<Effect>, Error> {
    let now = opening.clock.read(wall);
    let nothing = SandboxState::new(opening.clone(), now);
    let mut draft = Draft::new(&nothing);
    draft.push(Effect::Cleared {
        opening: opening.clone(),
        now,
    });
    draft.extend(root_stubs(definitions));
    declared(definitions, &mut draft)?;
    for (agent, wallet) in &opening.wallets {
        let (pack, agent) = stage::wallet_of(definitions, draft.state(), agent)?;
        let currency = wallet.currency.as_deref();
        let effects = ledger::set_balance(pack, draft.state(), agent, &wallet.balance, currency)
            .map_err(|refusal| Error::from(refusal).within(&format!("wallets.{agent}")))?;
        draft.extend(effects);
    }
    for (pack, enforced) in &opening.auth {
        stage::enforce(definitions, &mut draft, pack, *enforced)
            .map_err(|error| error.within(&format!("auth.{pack}")))?;
    }
    for (collection, records) in &opening.collections {
        // A mistyped name is one without records, too.
        stage::collection_of(definitions, collection)
            .map_err(|error| error.within(&format!("collections.{collection}")))?;
        for (at, record) in records.iter().enumerate() {
            let place = format!("collections.{collection}[{at}]");
            stage::put_record(definitions, &mut draft, collection, None, record)
                .map_err(|error| error.within(&place))?;
        }
    }
    for error in &opening.errors {
        draft.push(Effect::ErrorQueued(QueuedError {
            id: draft.state().errors.next_id(),
            ..error.clone()
        }));
    }
    stage::put_stub_faults(&mut draft, &definitions.mappings)?;
    stage::put_faults(&mut draft, &definitions.faults, true)?;
    stage::put_faults(&mut draft, &opening.faults, true)?;
    Ok(draft.into_effects())
}

/// The stubs of WireMock roots, the first of them the oldest.
pub(super) fn root_stubs(definitions: &Definitions) -> impl Iterator<Item = Effect> {
    definitions.mappings.iter().map(|stub| Effect::RootStubPut {
        id: stub.id.clone(),
        mapping: stub.source.clone(),
    })
}

/// What the packs declare: rows, records and balances.
fn declared(definitions: &Definitions, draft: &mut Draft) -> Result<(), Error> {
    for pack in &definitions.packs {
        for (name, spec) in &pack.collections {
            if !spec.unique.is_empty() {
                draft.push(Effect::CollectionIndexed {
                    collection: Name::new(&pack.name, name),
                    members: spec.unique.clone(),
                });
            }
            if let Some(base) = &spec.base {
                fill(draft, pack, name, base)?;
            }
            for (key, record) in &spec.records {
                draft.push(Effect::RecordPut {
                    collection: Name::new(&pack.name, name),
                    key: key.clone(),
                    record: record.clone(),
                });
                let chance = Chance::new(draft.state().seed, "opening", 0);
                arm::arm(draft, pack, name, key, record, chance, None)?;
            }
        }
        let effects = ledger::opening(pack, draft.state())?;
        draft.extend(effects);
    }
    Ok(())
}

/// A collection with the rows of a dataset; what would happen to them by itself is armed.
fn fill(
    draft: &mut Draft,
    pack: &Arc<Pack>,
    collection: &Arc<str>,
    base: &Arc<Dataset>,
) -> Result<(), Error> {
    draft.push(Effect::CollectionFilled {
        collection: Name::new(&pack.name, collection),
        dataset: base.clone(),
    });
    let mut machines = pack.machines.values();
    let over = machines.find(|machine| machine.collection == *collection);
    if over.is_none_or(|machine| !machine.has_timers()) {
        return Ok(());
    }
    let chance = Chance::new(draft.state().seed, "opening", 0);
    for (key, record) in (0..base.len()).map_while(|row| base.row(row)) {
        arm::arm(draft, pack, collection, &key, &record, chance, None)?;
    }
    Ok(())
}
