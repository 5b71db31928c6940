//! Faults of single items of a batch: the others are done.

use serde_json::json;

use super::note;
use crate::behaviours::batch::{Kind, Plan};
use crate::behaviours::fault::choose::{Asked, OfItem, choose};
use crate::behaviours::{Refusal, View};
use crate::definition::compiled::BatchSpec;
use crate::domain::fault::{Mode, Surface};
use crate::domain::trace::Trace;
use crate::engine::call::Called;
use crate::engine::draft::Draft;
use crate::state::faults::Calls;

/// Lets the items of a batch fail that rules are for. Of them the first, second … item is what the first,
/// second … call is to other rules.
pub(in crate::engine) fn strike(
    called: &Called<'_>,
    spec: &BatchSpec,
    plan: &mut Plan,
    draft: &mut Draft,
    view: &View<'_>,
    trace: &mut Trace,
) {
    let Some(site) = called.site else {
        return;
    };
    if draft.state().faults.concerning(site).next().is_none() {
        return;
    }
    for (at, item) in plan.items.iter_mut().enumerate() {
        let asked = Asked {
            site,
            before: Calls::default(),
            agent: called.agent,
            page: &|| None,
            item: Some(OfItem {
                nth: called.nth,
                at: u64::try_from(at).unwrap_or(u64::MAX),
            }),
        };
        let state = draft.state().clone();
        let found = choose(&state, &asked, &[Surface::Items], &|| View {
            state: &state,
            ..*view
        });
        for chosen in note::settled(found, trace) {
            if item.fails.is_some() {
                continue;
            }
            let with = &chosen.planned.rule.with;
            let cause = match (&with.cause, chosen.planned.rule.mode) {
                (Some(cause), _) => cause.as_str(),
                (None, Mode::RateLimited) => "rate_limited",
                (None, _) => "unavailable",
            };
            let message = with.message.clone();
            let message = message.unwrap_or_else(|| format!("item {} could not be done", at + 1));
            let refusal = Refusal::new(cause, message).shaped(&spec.refusals);
            item.fails = Some((refusal, Kind::Injected));
            let about = note::Subject::of(called);
            note::happened_to_item(&chosen, &about, json!({ "item": at + 1 }), draft, trace);
        }
    }
}
