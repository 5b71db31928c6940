//! What goes wrong with an event's deliveries: what a tester has put in line comes first, then the
//! pack's rules in their order.

use crate::behaviours::View;
use crate::definition::compiled::{FaultSpec, WebhookSpec, Which};
use crate::domain::chance::Chance;
use crate::domain::event_pattern::any_fits;
use crate::state::Effect;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::faults::FaultMode;

/// A fault that has struck, and how many seconds it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Struck {
    pub(super) mode: FaultMode,
    pub(super) seconds: i64,
}

/// What strikes an event, if anything does. Every rule counts the events that it meets, whether or
/// not another one has struck.
pub(super) fn strike(
    view: &View<'_>,
    spec: &WebhookSpec,
    event: &str,
    nth: u64,
    effects: &mut Vec<Effect>,
) -> Option<Struck> {
    let queued = view.state.webhooks.faults.first_for(event);
    if let Some(fault) = queued {
        let taken = WebhookEffect::FaultTaken { id: fault.id };
        effects.push(Effect::Webhook(taken));
    }
    let mut struck = queued.map(|fault| Struck {
        mode: fault.mode,
        seconds: fault.seconds,
    });
    for rule in spec
        .faults
        .iter()
        .filter(|rule| any_fits(&rule.events, event))
    {
        let met = view.state.webhooks.met(&rule.name) + 1;
        let name = rule.name.clone();
        effects.push(Effect::Webhook(WebhookEffect::FaultRuleMet { rule: name }));
        if struck.is_none() && strikes(rule, view.state.seed, event, nth, met) {
            struck = Some(Struck {
                mode: rule.mode,
                seconds: rule.seconds,
            });
        }
    }
    struck
}

fn strikes(rule: &FaultSpec, seed: u64, event: &str, nth: u64, met: u64) -> bool {
    match &rule.which {
        Which::All => true,
        Which::Every(every) => met.is_multiple_of(*every),
        Which::Nth(these) => these.contains(&met),
        Which::Chance(of_a_million) => {
            let chance = Chance::new(seed, &format!("fault {} {event}", rule.name), nth);
            chance.draw("strikes", 0) % 1_000_000 < u64::from(*of_a_million)
        }
    }
}
