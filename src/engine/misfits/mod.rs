//! Definitions that have changed under a sandbox: what of it fits them no longer, and which calls would
//! touch that.
//!
//! Records and books stay, whatever becomes of the definitions. Whatever does not fit is found when
//! definitions are loaded or a sandbox is taken up, and noted in the state; a call of a tool that reads or
//! changes it is refused, before anything else is looked at. While there are misfits, it is looked again
//! after every change that may concern one.

mod touched;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Decision;
use super::draft::Draft;
use super::timers;
use crate::behaviours::{Refusal, machine};
use crate::definition::compiled::{Definitions, Pack, Tool};
use crate::domain::name::Name;
use crate::domain::trace::Trace;
use crate::state::collection::Collection;
use crate::state::misfits::{Misfit, What};
use crate::state::timers::Timer;
use crate::state::{Effect, SandboxState};

/// The cause of the refusal of a call that touches a misfit.
const CAUSE: &str = "definitions_changed";

/// What of a sandbox does not fit these definitions, in the order of the packs. Its cost grows with the
/// number of records that were made or changed, of timers and of accounts.
#[must_use]
pub fn misfits(definitions: &Definitions, state: &SandboxState) -> Vec<Misfit> {
    let mut found = Found::default();
    for (name, collection) in &state.collections {
        of_collection(definitions, name, collection, &mut found);
    }
    for timer in state.timers.iter() {
        of_timer(definitions, timer, &mut found);
    }
    for (id, account) in state.ledger.accounts() {
        let pack = definitions.pack(&id.pack);
        let ledger = pack.and_then(|pack| pack.ledger.as_ref());
        let what = match ledger {
            None => What::Ledger,
            Some(ledger) => {
                let unit = ledger.currency(&id.currency);
                if unit.is_some_and(|unit| unit.minor_units == account.minor_units) {
                    continue;
                }
                What::Currency {
                    currency: id.currency.clone(),
                }
            }
        };
        found.add(&id.pack, what, &id.name);
    }
    found.misfits()
}

/// Notes what fits no longer, or fits again, now that these definitions are served.
pub(super) fn reloaded(
    definitions: &Definitions,
    state: &SandboxState,
    now: Timestamp,
) -> Decision {
    let mut draft = Draft::new(state);
    let mut trace = Trace::default();
    note(definitions, &mut draft);
    timers::fire_due(definitions, &mut draft, now, &mut trace);
    Decision {
        effects: draft.into_effects().into(),
        trace,
        ..Decision::default()
    }
}

/// Notes misfits, if they are others than before, and what is unique in collections.
pub(super) fn note(definitions: &Definitions, draft: &mut Draft) {
    for pack in &definitions.packs {
        for (name, spec) in &pack.collections {
            let name = Name::new(&pack.name, name);
            let collection = draft.state().collections.get(&name);
            // One that is not there yet is made when a sandbox opens.
            if collection.is_some_and(|there| !there.is_unique_in(&spec.unique)) {
                draft.push(Effect::CollectionIndexed {
                    collection: name,
                    members: spec.unique.clone(),
                });
            }
        }
    }
    let found: Arc<[Misfit]> = misfits(definitions, draft.state()).into();
    if found != draft.state().misfits {
        draft.push(Effect::MisfitsFound(found));
    }
}

/// Looks again after a decision that may have made something fit. Where all fits, it costs nothing.
pub(super) fn look_again(definitions: &Definitions, state: &SandboxState, decision: &mut Decision) {
    let concerns = |effect: &Effect| {
        matches!(
            effect,
            Effect::RecordPut { .. }
                | Effect::RecordDeleted { .. }
                | Effect::CollectionFilled { .. }
                | Effect::TimerTaken { .. }
                | Effect::TimersCleared { .. }
        )
    };
    if state.misfits.is_empty() || !decision.effects.iter().any(concerns) {
        return;
    }
    let mut draft = Draft::new(state);
    draft.extend(decision.effects.iter().cloned());
    // A reset has forgotten all.
    if draft.state().misfits.is_empty() {
        return;
    }
    note(definitions, &mut draft);
    decision.effects = draft.into_effects().into();
}

/// The refusal of a call that would touch a misfit.
pub(super) fn refusal(state: &SandboxState, pack: &Pack, tool: &Tool) -> Option<Refusal> {
    let own = || state.misfits.iter().filter(|one| one.pack == pack.name);
    own().next()?;
    let touched = touched::by(pack, tool);
    let misfit = own().find(|misfit| {
        let blocked = |name: &&Arc<str>| misfit.blocks_collection(name);
        touched.collections.iter().any(|name| blocked(&name))
            || (touched.ledger && misfit.blocks_ledger())
    })?;
    let message = format!("{CAUSE}: {}. To go on: {}", misfit.told(), misfit.advice());
    Some(Refusal::new(CAUSE, message))
}

/// What is found, put together by what it is.
#[derive(Default)]
struct Found(BTreeMap<(Arc<str>, What), (u64, Arc<str>)>);

impl Found {
    fn add(&mut self, pack: &Arc<str>, what: What, example: &Arc<str>) {
        self.add_all(pack, what, 1, example);
    }

    fn add_all(&mut self, pack: &Arc<str>, what: What, count: u64, example: &Arc<str>) {
        let entry = self.0.entry((pack.clone(), what));
        entry.or_insert_with(|| (0, example.clone())).0 += count;
    }

    fn misfits(self) -> Vec<Misfit> {
        let found = self.0.into_iter();
        found
            .map(|((pack, what), (count, example))| Misfit {
                pack,
                what,
                count,
                example,
            })
            .collect()
    }
}

fn of_collection(
    definitions: &Definitions,
    name: &Name,
    collection: &Collection,
    found: &mut Found,
) {
    let pack = definitions.pack(&name.pack);
    let spec = pack.and_then(|pack| pack.collections.get(&name.name));
    let (Some(pack), Some(spec)) = (pack, spec) else {
        let Some(example) = collection.keys().next() else {
            return;
        };
        let of = name.name.clone();
        let what = match pack {
            None => What::Pack { collection: of },
            Some(_) => What::Collection { collection: of },
        };
        let count = u64::try_from(collection.len()).unwrap_or(u64::MAX);
        return found.add_all(&name.pack, what, count, &example);
    };
    let machine = spec.machine.as_ref();
    let Some(machine) = machine.and_then(|machine| pack.machines.get(machine)) else {
        return;
    };
    // Rows that the pack itself declares are the pack's own affair.
    for (key, record) in collection.put_over(spec.base.as_deref()) {
        let state = machine::state_of(machine, Some(&*record));
        if !state.is_empty() && !machine.states.iter().any(|one| one == state) {
            let what = What::State {
                machine: machine.name.name.clone(),
                collection: name.name.clone(),
                state: state.into(),
            };
            found.add(&name.pack, what, &key);
        }
    }
}

fn of_timer(definitions: &Definitions, timer: &Timer, found: &mut Found) {
    let pack = definitions.pack(&timer.machine.pack);
    let machine = pack.and_then(|pack| pack.machines.get(&timer.machine.name));
    let Some(machine) = machine else {
        let what = What::Machine {
            machine: timer.machine.name.clone(),
        };
        return found.add(&timer.machine.pack, what, &timer.key);
    };
    let transition = machine.transitions.get(&timer.transition);
    let alternative = transition.and_then(|it| it.alternatives.get(timer.alternative));
    if alternative.is_none_or(|alternative| alternative.at.is_none()) {
        let what = What::Transition {
            machine: timer.machine.name.clone(),
            collection: machine.collection.clone(),
            transition: timer.transition.clone(),
        };
        found.add(&timer.machine.pack, what, &timer.key);
    }
}
