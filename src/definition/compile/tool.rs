//! Tools.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::Names;
use super::answer;
use super::auth;
use super::batch::{self, Around, Tools};
use super::expression::Scope;
use super::idempotency::{self, OfPack};
use super::merged::{Merged, PackSource};
use super::pagination::{self, Context as PageContext};
use super::profiles::Profiles;
use super::rate_limit::{self, Beside};
use super::report::{Place, Report};
use super::response::{self, Kind};
use super::routes::shown;
use super::schema::{self, Schemas};
use super::step::{Context, steps};
use super::stub::Owner;
use crate::definition::compiled::{CauseSpec, Files, Guards, LimitSpec, Produce, Tool};
use crate::definition::model::{self, Batch, Cel, Named, Pagination};
use crate::domain::name::Name;

/// What tools of one pack share.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    /// What the pack declares.
    pub(super) names: &'a Names,
    /// The pack's schemas.
    pub(super) schemas: &'a Schemas,
    /// Whom a call is made for, where a tool does not say, and where that stands.
    pub(super) agent: Option<&'a (Cel, Place)>,
    /// The profiles that they may name.
    pub(super) profiles: &'a Profiles<'a>,
    /// The limits that all of them meet.
    pub(super) limits: &'a [Arc<LimitSpec>],
    /// The limits of the pack and of the tools before.
    pub(super) other_limits: &'a [Arc<LimitSpec>],
    /// All of them, as they are written.
    pub(super) tools: &'a Tools<'a>,
    /// How all of them recognise a request that is sent again, where they are called by POST.
    pub(super) idempotency: &'a OfPack<'a>,
    /// Whether their pack checks credentials.
    pub(super) checked: bool,
    /// Whether their pack declares references.
    pub(super) refers: bool,
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
        open: Vec::new(),
    };
    let steps = steps(&model.steps, &mut context, &place.at("do"), report);
    let limits = rate_limit::limits(
        model.rate_limit.as_ref(),
        &place.at("rateLimit"),
        Beside {
            tool: Some(&name.name),
            met: shared.limits,
            others: shared.other_limits,
        },
        shared.profiles,
        &agent_scope,
        report,
    );
    let around = Around {
        names: shared.names,
        profiles: shared.profiles,
        tools: shared.tools,
        scope: &context.scope,
        own_response: model.response.is_some(),
    };
    let made = (model.pagination.as_ref(), model.batch.as_ref());
    let text = model
        .response
        .as_ref()
        .map(|response| format!("{response:?}"));
    let produce = produce(made, text.as_deref(), &around, place, report);
    if model.pagination.is_some() {
        context.scope.add("page");
    }
    if model.batch.is_some() {
        context.scope.add("batch");
    }
    let key = idempotency::idempotency(
        model.idempotency.as_ref(),
        &place.at("idempotency"),
        shared.idempotency,
        shared.profiles,
        &agent_scope,
        report,
    );
    let expand_place = place.at("expand");
    let expand = model.expand.as_ref();
    if expand.is_some() && !shared.refers {
        let message = "the pack has no references";
        report.error_at_key(&expand_place, message, "declare `references:`");
    }
    let expand = context.scope.optional(expand, &expand_place, report);
    let auth_place = place.at("auth");
    let rule = auth::rule(model.auth.as_ref(), &auth_place, shared.checked, report);
    let own = &place.at("refusals");
    let refusals = refusals(model.refusals.as_ref(), &context, own, report);
    let place = place.at("response");
    let response = answer::responses(model.response.as_ref(), &context.scope, &place, report);
    let input = input?;
    Some(Tool {
        name: name.clone(),
        description: model.description.trim().to_owned(),
        query: model.query.unwrap_or(true),
        defaults: schema::has_defaults(&input.schema),
        etag: model.etag,
        internal: model.internal,
        input,
        output: match output {
            None => None,
            Some(output) => Some(output?),
        },
        agent,
        routes: model
            .route
            .iter()
            .flat_map(|routes| &routes.items)
            .map(|route| shown(route))
            .collect(),
        opens: opens.into_iter().collect::<Option<_>>()?,
        steps: steps?,
        guards: Guards {
            auth: Some(rule),
            limits: shared.limits.iter().cloned().chain(limits).collect(),
            idempotency: key,
        },
        refusals,
        produce: produce?,
        expand,
        response: response?,
    })
}

/// How a tool's own refusals look.
fn refusals(
    model: Option<&model::ToolRefusals>,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> BTreeMap<Arc<str>, CauseSpec> {
    let mut models = IndexMap::new();
    for (name, cause) in model.iter().flat_map(|model| &model.causes) {
        let place = place.at("causes").at(name);
        if !context.names.causes.contains(name) {
            let known = context.names.causes.iter().map(String::as_str);
            report.unknown_key(&place, "cause", name, known);
        }
        models.insert(name.as_str(), (cause, place));
    }
    // What steps within others have named is there, too, where one of them refuses.
    let mut scope = context.scope.of_refusal().with("record");
    let names = context.names.bound.iter().chain(&context.names.said);
    names.for_each(|name| scope.add(name));
    response::causes(&models, &scope, true, report)
}

/// What an answer is made of. `response` is the text of the tool's own response, if it has one.
fn produce(
    (pagination, batch): (Option<&Named<Pagination>>, Option<&Named<Batch>>),
    response: Option<&str>,
    around: &Around<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Produce> {
    let Some(pagination) = pagination else {
        return batch::produce(batch, around, &place.at("batch"), report);
    };
    let place = place.at("pagination");
    if batch.is_some() {
        let message = "an answer is a page or a batch, not both";
        report.error_at_key(&place, message, "one too many");
        return None;
    }
    let context = PageContext {
        names: around.names,
        profiles: around.profiles,
        scope: around.scope,
        response,
    };
    let pages = pagination::pages(pagination, &place, &context, report)?;
    Some(Produce::Page(Arc::new(pages)))
}

/// A stub that does more than answer is called as a tool is: this is that tool, named by its id.
pub(super) fn of_stub(
    model: &model::StubMapping,
    id: &Arc<str>,
    owner: Option<Owner<'_>>,
    files: &Files,
    place: &Place,
    report: &mut Report,
) -> Option<Tool> {
    let nothing = PackSource::default();
    let others = owner.map_or_else(Vec::new, |owner| owner.limits());
    let (pack, source, shared) = match owner {
        Some(owner) => (owner.pack.name.clone(), owner.source, owner.shared),
        None => ("".into(), &nothing, [].as_slice()),
    };
    // The pack has reported its own mistakes.
    let merged = Merged::of(source, &mut Report::default());
    let names = super::pack::names(&merged);
    let profiles = Profiles::of(&merged, shared);
    let scope = Scope::of_call(&names);
    let response = response::response(
        model.response.as_ref(),
        Kind::Stub,
        files,
        &place.at("response"),
        // The stub itself reports these.
        &mut Report::default(),
    );
    let limits = rate_limit::limits(
        model.rate_limit.as_ref(),
        &place.at("rateLimit"),
        Beside {
            tool: Some(id),
            met: &[],
            others: &others,
        },
        &profiles,
        &scope,
        report,
    );
    let around = Around {
        names: &names,
        profiles: &profiles,
        tools: &merged.tools,
        scope: &scope,
        own_response: model.response.is_some(),
    };
    let made = (model.pagination.as_ref(), model.batch.as_ref());
    let text = model
        .response
        .as_ref()
        .map(|response| format!("{response:?}"));
    let produce = produce(made, text.as_deref(), &around, place, report);
    let key = idempotency::idempotency(
        model.idempotency.as_ref(),
        &place.at("idempotency"),
        &OfPack::default(),
        &profiles,
        &scope,
        report,
    );
    let checked = merged.auth.is_some();
    let auth_place = place.at("auth");
    let rule = model.auth.as_ref();
    let rule = rule.map(|rule| auth::rule(Some(rule), &auth_place, checked, report));
    let schemas = schema::Schemas::default();
    Some(Tool {
        name: Name::new(&pack, id),
        description: String::new(),
        query: true,
        defaults: false,
        etag: model::TagOf::Nothing,
        internal: false,
        input: schema::object(None, &schemas, place, report)?,
        output: None,
        agent: None,
        routes: Vec::new(),
        opens: Vec::new(),
        steps: Vec::new(),
        guards: Guards {
            auth: rule,
            limits,
            idempotency: key,
        },
        refusals: BTreeMap::new(),
        produce: produce?,
        expand: None,
        response: response?.into(),
    })
}
