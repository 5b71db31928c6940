//! What a tool answers: one response, or one of several; and the names that a response gives.

use std::sync::Arc;

use indexmap::IndexMap;

use super::expression::Scope;
use super::report::{Place, Report};
use super::response::{Kind, response};
use super::step::TAKEN;
use super::stream::report_no_names;
use crate::definition::compiled::{Files, Responses};
use crate::definition::model::{Cel, OneOrMany, Response};
use crate::matching::condition::Expression;

/// Compiles what a tool answers: one response, or the first of several that holds.
pub(super) fn responses(
    model: Option<&OneOrMany<Response>>,
    scope: &Scope,
    place: &Place,
    report: &mut Report,
) -> Option<Responses> {
    let (kind, files) = (Kind::Tool(scope), Files::default());
    let models = model.map_or(&[][..], |model| &model.items);
    let Some((last, before)) = models.split_last() else {
        return response(None, kind, &files, place, report).map(Responses::from);
    };
    let listed = model.is_some_and(|model| model.listed);
    let place_of = |at: usize| match listed {
        true => place.at(at),
        false => place.clone(),
    };
    let mut alternatives = Some(Vec::new());
    for (at, model) in before.iter().enumerate() {
        let place = place_of(at);
        let when = match &model.when {
            Some(when) => scope.expression(when, &place.at("when"), report),
            None => {
                let message = "no response after this one would ever answer";
                report.error(&place, message, "expected `when`: only the last has none");
                None
            }
        };
        let made = response(Some(model), kind, &files, &place, report);
        alternatives = alternatives.zip(when.zip(made)).map(|(mut all, made)| {
            all.push(made);
            all
        });
    }
    let place = place_of(before.len());
    if last.when.is_some() {
        let (message, label) = match listed {
            true => (
                "the last response answers where no other does",
                "leave `when` out, or add a response without it",
            ),
            false => (
                "a response alone always answers",
                "leave `when` out, or make a list of responses",
            ),
        };
        report.error_at_key(&place.at("when"), message, label);
    }
    let otherwise = response(Some(last), kind, &files, &place, report);
    Some(Responses {
        alternatives: alternatives?,
        otherwise: otherwise?,
    })
}

/// Compiles the names that a response or a refusal gives, and takes them into its scope. A stub has no expressions.
pub(super) fn names(
    models: &IndexMap<String, Cel>,
    mut scope: Option<&mut Scope>,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<(Arc<str>, Expression)>> {
    let mut names = Some(Vec::new());
    for (name, cel) in models {
        let place = place.at(name);
        let Some(scope) = &mut scope else {
            report_no_names("let", &place, report);
            return None;
        };
        if TAKEN.contains(&name.as_str()) {
            let message = format!("`{name}` has a meaning already");
            report.error_at_key(&place, message, "choose another name");
        }
        let expression = scope.expression(cel, &place, report);
        names = names.zip(expression).map(|(mut names, expression)| {
            names.push((Arc::from(name.as_str()), expression));
            names
        });
        scope.add(name);
    }
    names
}
