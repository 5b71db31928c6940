//! Who is told of what happens: the meter, who listens, and the call log.

use super::events::{self, Told};
use super::{Sandbox, Service};
use crate::definition::compiled::Definitions;
use crate::engine::{Decision, Input};
use crate::log::Logged;
use crate::service::End;
use crate::state::SandboxState;
use crate::store::Committed;

impl Sandbox {
    /// Tells of a call that was answered.
    pub(super) fn tell(&self, logged: Logged<'_>) {
        self.meter.called(&logged);
        let told = self.events.listened();
        let told = told.then(|| Told::of_call(&self.id, &logged));
        tracing::debug!(
            sandbox.id = self.id.as_str(),
            call.number = logged.call.number,
            call.method = %logged.call.method,
            call.path = logged.call.path(),
            status = logged.reply.status.as_u16(),
            duration.micros = logged.duration_micros,
            trace.id = logged.call.span().map(|span| span.trace_id()),
            span.id = logged.call.span().map(|span| span.span_id()),
            "answered"
        );
        self.log.add(logged);
        // Afterwards: who is told of a call may look it up.
        self.events.tell(told);
    }

    /// Tells of what was decided. `before` is how the sandbox was, if somebody listened then.
    pub(super) fn happened(
        &self,
        definitions: &Definitions,
        input: &Input<'_>,
        before: Option<&SandboxState>,
        committed: &Committed<Decision>,
    ) {
        self.meter.happened(&committed.decision.effects);
        if let Some(before) = before {
            let told = events::of_decision(definitions, input, before, committed);
            self.events.tell(told);
        }
    }
}

impl Service {
    /// Ends all that would go on as long as the server does: it stops.
    pub fn end_streams(&self) {
        for sandbox in &self.sandboxes {
            sandbox.events.end(End::Stopped);
        }
    }
}
