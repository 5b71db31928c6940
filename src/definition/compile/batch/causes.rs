//! What items fail for: failures that are made up, the causes that there are, and how they look.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::StatusCode;

use super::{Compiler, Optional};
use crate::definition::compile::expression::template;
use crate::definition::compile::report::{Place, Report};
use crate::definition::compile::response;
use crate::definition::compiled::{FailureSpec, RefusalSpec};
use crate::definition::model::InjectedFailure;
use crate::definition::source::nearest;
use crate::domain::cause::cause_of_status;

impl Compiler<'_> {
    pub(super) fn failures(&self, report: &mut Report) -> Option<Vec<FailureSpec>> {
        let Some((models, place)) = self.layers.find("fail", |b| b.fail.as_ref()) else {
            return Some(Vec::new());
        };
        let mut compiled = Some(Vec::new());
        for (at, model) in models.items.iter().enumerate() {
            let place = match models.listed {
                true => place.at(at),
                false => place.clone(),
            };
            let one = self.failure(model, &place, report);
            compiled = compiled.and_then(|mut all| {
                all.push(one?);
                Some(all)
            });
        }
        compiled
    }

    fn failure(
        &self,
        model: &InjectedFailure,
        place: &Place,
        report: &mut Report,
    ) -> Option<FailureSpec> {
        let scope = &self.of_item;
        let filter = match &model.filter {
            None => Some(None),
            Some(cel) => scope.expression(cel, &place.at("where"), report).map(Some),
        };
        let message = match &model.message {
            None => Some(None),
            Some(text) => template(text, Some(scope), &place.at("message"), report).map(Some),
        };
        let chance = match &model.probability {
            None => Some(None),
            Some(number) => probability(number, &place.at("probability"), report).map(Some),
        };
        let cause = model.cause.as_deref().unwrap_or("unavailable");
        self.check_cause(cause, &place.at("cause"), report);
        if model.every == Some(0) {
            let message = "every 0th is none";
            report.error(&place.at("every"), message, "expected 1 or more");
            return None;
        }
        Some(FailureSpec {
            items: set(model.items.as_ref()),
            every: model.every,
            filter: filter?,
            chance: chance?,
            cause: cause.into(),
            message: message?,
            on_calls: set(model.on_calls.as_ref()),
        })
    }

    pub(super) fn none_succeeded(&self, report: &mut Report) -> Optional<Arc<str>> {
        let found = self
            .layers
            .find("noneSucceeded", |b| b.none_succeeded.as_deref());
        let Some((cause, place)) = found else {
            return Some(None);
        };
        self.check_cause(cause, &place, report);
        Some(Some(cause.into()))
    }

    /// A cause is one that the pack knows, or that the batch says how it looks.
    fn check_cause(&self, cause: &str, place: &Place, report: &mut Report) {
        let own = self.layers.refusals();
        let known = &self.around.names.causes;
        if !known.contains(cause) && !own.contains_key(cause) {
            let known = known.iter().map(String::as_str);
            report.unknown(place, "cause", cause, known.chain(own.keys().copied()));
        }
    }

    /// How the refusals of the batch look. It may have causes of its own, that those who name a profile
    /// let items fail for; what is nearly a cause that there is was to be that one.
    pub(super) fn refusals(&self, report: &mut Report) -> Arc<RefusalSpec> {
        let models = self.layers.refusals();
        let known = self.known_causes();
        for (name, (_, place)) in &models {
            let others = known.iter().map(String::as_str);
            if !known.contains(*name) && nearest(name, others.clone()).is_some() {
                report.unknown_key(place, "cause", name, others);
            }
        }
        response::shaped(&models, self.around.scope, report)
    }

    /// The causes that items may fail for: those of the pack, of this batch's own failures, and of the
    /// statuses that a tool declares.
    pub(super) fn known_causes(&self) -> BTreeSet<String> {
        let statuses = (400..=599).filter_map(|code| StatusCode::from_u16(code).ok());
        let statuses = statuses.filter(|status| status.canonical_reason().is_some());
        let mut known = self.around.names.causes.clone();
        known.extend(statuses.map(cause_of_status));
        let none_succeeded = self.layers.all(|batch| batch.none_succeeded.as_ref());
        known.extend(none_succeeded.cloned());
        let failures = self.layers.all(|batch| batch.fail.as_ref());
        let failures = failures.flat_map(|failures| &failures.items);
        known.extend(failures.filter_map(|failure| failure.cause.clone()));
        known
    }
}

fn set(numbers: Option<&Vec<u64>>) -> Option<BTreeSet<u64>> {
    numbers.map(|numbers| numbers.iter().copied().collect())
}

/// A probability as how many of 2⁶⁴ draws it takes.
fn probability(number: &serde_json::Number, place: &Place, report: &mut Report) -> Option<u64> {
    match number.as_f64() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the product lies between 0 and 2⁶⁴, and the largest saturates"
        )]
        Some(part) if (0.0..=1.0).contains(&part) => Some((part * u64::MAX as f64) as u64),
        _ => {
            report.error(
                place,
                format!("{number} is no probability"),
                "expected a number from 0 to 1",
            );
            None
        }
    }
}
