//! Tools.

use super::Names;
use super::expression::Scope;
use super::report::{Place, Report};
use super::response::{self, Kind};
use super::routes::shown;
use super::schema::{self, Schemas};
use super::step::{Context, steps};
use crate::definition::compiled::{Files, Tool};
use crate::definition::model::{self, Cel};
use crate::domain::name::Name;

/// What tools of one pack share.
pub(super) struct Shared<'a> {
    /// What the pack declares.
    pub(super) names: &'a Names,
    /// The pack's schemas.
    pub(super) schemas: &'a Schemas,
    /// Whom a call is made for, where a tool does not say, and where that stands.
    pub(super) agent: Option<&'a (Cel, Place)>,
}

/// Compiles a tool.
pub(super) fn tool(
    name: &Name,
    model: &model::Tool,
    shared: &Shared<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Tool> {
    let input = schema::object(
        model.input.as_ref(),
        shared.schemas,
        &place.at("input"),
        report,
    );
    let output = model
        .output
        .as_ref()
        .map(|output| schema::object(Some(output), shared.schemas, &place.at("output"), report));
    let agent_scope = Scope::of_call(shared.names);
    let agent = match (&model.agent, shared.agent) {
        (Some(cel), _) => agent_scope.expression(cel, &place.at("agent"), report),
        // A mistake in the pack's own expression is reported once, by the pack.
        (None, Some((cel, place))) => agent_scope.expression(cel, place, &mut Report::default()),
        (None, None) => None,
    };
    if !model.opens.is_empty() && !shared.names.wallets {
        let place = place.at("opens");
        report.error_at_key(
            &place,
            "the pack has no wallets",
            "declare `wallets:` under `ledger:`",
        );
    }
    let opens = model
        .opens
        .iter()
        .enumerate()
        .map(|(at, cel)| agent_scope.expression(cel, &place.at("opens").at(at), report))
        .collect::<Vec<_>>();
    let mut context = Context {
        names: shared.names,
        scope: agent_scope.clone(),
        collection: None,
        label: "do".to_owned(),
    };
    let steps = steps(&model.steps, &mut context, &place.at("do"), report);
    let files = Files::new();
    let place = place.at("response");
    let response = response::response(
        model.response.as_ref(),
        Kind::Tool(&context.scope),
        &files,
        &place,
        report,
    );
    Some(Tool {
        name: name.clone(),
        description: model.description.trim().to_owned(),
        input: input?,
        output: match output {
            None => None,
            Some(output) => Some(output?),
        },
        agent,
        route: model.route.as_deref().map(shown),
        opens: opens.into_iter().collect::<Option<_>>()?,
        steps: steps?,
        response: response?,
    })
}
