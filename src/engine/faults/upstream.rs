//! Faults of a reply that comes from elsewhere: which happen was decided when the call was sent on.

use std::sync::Arc;

use super::{alter, note, replace, shape};
use crate::behaviours::fault::choose::Chosen;
use crate::behaviours::fault::flat;
use crate::behaviours::fault::replace::Shape;
use crate::domain::fault::Phase;
use crate::domain::name::Name;
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;
use crate::engine::Decision;
use crate::engine::draft::Draft;
use crate::state::{Effect, SandboxState};

/// What happens to a reply that is still to come.
#[derive(Clone, Debug, Default)]
pub struct Pending {
    chosen: Vec<Chosen>,
    call: Option<u64>,
    tool: Option<Name>,
    stub: Option<Arc<str>>,
    agent: Option<Arc<str>>,
}

/// A reply that came from elsewhere, to a call at which rules happen.
#[derive(Debug)]
pub struct Upstream<'a> {
    /// What happens to it.
    pub pending: &'a Pending,
    /// The reply.
    pub reply: &'a Reply,
}

impl Pending {
    /// What of the rules that were chosen happens when the reply is there; until then it counts as happened
    /// for those that may happen only so often.
    pub(super) fn new(chosen: Vec<Chosen>, subject: note::Subject<'_>, draft: &mut Draft) -> Self {
        draft.extend(chosen.iter().map(|chosen| Effect::FaultAwaited {
            id: chosen.planned.rule.id.clone(),
        }));
        Self {
            chosen,
            call: subject.call,
            tool: subject.tool.cloned(),
            stub: subject.stub.cloned(),
            agent: subject.agent.map(Into::into),
        }
    }

    /// Whether nothing happens to it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }
}

/// Lets the faults happen to a reply that has come.
pub(in crate::engine) fn came(state: &SandboxState, upstream: &Upstream<'_>) -> Decision {
    let (mut draft, mut trace) = (Draft::new(state), Trace::default());
    let Upstream { pending, reply } = upstream;
    let clean = *reply;
    let subject = note::Subject {
        call: pending.call,
        tool: pending.tool.as_ref(),
        stub: pending.stub.as_ref(),
        agent: pending.agent.as_deref(),
    };
    let mut reply = clean.clone();
    let mut shape = |shape: Shape<'_>| shape::of_stub(shape, state);
    for chosen in &pending.chosen {
        let rule = &chosen.planned.rule;
        draft.push(Effect::FaultSettled {
            id: rule.id.clone(),
        });
        let injected = match rule.mode.phase() {
            Phase::Decide => flat::change(rule, &reply, &mut shape),
            Phase::Replace => replace(rule, &reply, &mut shape, &chosen.chance),
            Phase::Alter | Phase::Wire => alter(rule, &reply, &chosen.chance),
        };
        match injected {
            None => note::passed_over(rule, &mut trace),
            Some(injected) => {
                reply = injected.reply;
                note::happened(
                    chosen,
                    &subject,
                    clean,
                    injected.detail,
                    &mut draft,
                    &mut trace,
                );
            }
        }
    }
    Decision {
        reply: Some(reply),
        effects: draft.into_effects().into(),
        trace,
        ..Decision::default()
    }
}
