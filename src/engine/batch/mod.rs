//! Batches: gives the behaviour what decides about one item (`items`), and its reply to the call. What
//! a batch is and how it looks is never known here.

mod items;

use std::sync::Arc;

use serde_json::{Value, json};

use super::call::Called;
use super::draft::Draft;
use super::faults;
use super::respond;
use super::steps::Run;
use crate::behaviours::batch::{self, Model, Summary};
use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::{BatchSpec, Pack, Produce, Responses, Tool};
use crate::domain::chance::Chance;
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;
use crate::state::Effect;
use items::Items;

/// A refusal as the tool's batch says it, if the tool has one and the refusal no shape yet.
pub(super) fn shaped(tool: Option<&Arc<Tool>>, refusal: Refusal) -> Refusal {
    match tool.map(|tool| &tool.produce) {
        Some(Produce::Batch(spec)) if refusal.shape.is_none() => refusal.shaped(&spec.refusals),
        _ => refusal,
    }
}

/// Does all items of a call, and answers it. What `kept` gets stays, even if the call is refused: that
/// items have failed on purpose.
///
/// # Errors
/// What refuses the whole call: nothing of its items remains then.
pub(super) fn produce(
    called: &Called<'_>,
    spec: &BatchSpec,
    response: &Responses,
    run: &mut Run<'_>,
    draft: &mut Draft,
    trace: &mut Trace,
    kept: &mut Vec<Effect>,
) -> Result<(Reply, Option<Value>), Refusal> {
    let chance = run.view(draft.state()).chance;
    let mut variables = std::mem::take(&mut run.variables);
    let doing = (&mut *draft, &mut *trace, kept);
    let done = done(called, spec, run.pack, chance, &mut variables, doing);
    run.variables = variables;
    let summary = match done {
        Ok(summary) => summary,
        Err(refusal) => {
            let mut detail = json!({ "cause": &*refusal.cause, "message": refusal.message });
            if let Some(item) = refusal.details.get("item") {
                detail["item"] = item["number"].clone();
            }
            if let Some(expression) = refusal.details.get("expression") {
                detail["expression"] = expression.clone();
            }
            trace.note("batch", "refused", detail);
            return Err(match refusal.shape {
                Some(_) => refusal,
                None => refusal.shaped(&spec.refusals),
            });
        }
    };
    let outcome = match summary.done {
        done if done == summary.total => "ok",
        0 => "failed",
        _ => "partial",
    };
    trace.note("batch", outcome, summary.trace.clone());
    if let (Some(cause), 0) = (&spec.none_succeeded, summary.done)
        && summary.injected > 0
    {
        let message = format!("none of {} items was done", summary.total);
        return Err(Refusal::new(cause, message).shaped(&spec.refusals));
    }
    answer(spec, response, summary, run, draft)
}

fn answer(
    spec: &BatchSpec,
    response: &Responses,
    summary: Summary,
    run: &mut Run<'_>,
    draft: &Draft,
) -> Result<(Reply, Option<Value>), Refusal> {
    let look = &spec.look;
    let [all, some, none] = look.status;
    let status = match summary.done {
        done if done == summary.total => all,
        0 => none,
        _ => some,
    };
    run.variables.insert("batch".into(), summary.facts);
    let body = match &look.body {
        Some(body) => run.view(draft.state()).fill(body)?,
        None => json!({ "results": run.variables["batch"]["entries"] }),
    };
    if look.own_response {
        run.variables["batch"]["body"] = body;
        return respond::answer(response, &run.view(draft.state()));
    }
    let mut reply = Reply::json(status, &body);
    respond::headers(&mut reply, &look.headers, &run.view(draft.state()))?;
    Ok((reply, Some(body)))
}

/// Reads, plans, tries and tells all items. `variables` are those of the call; afterwards they are as
/// before.
fn done(
    called: &Called<'_>,
    spec: &BatchSpec,
    pack: &Arc<Pack>,
    chance: Chance,
    variables: &mut Variables,
    (draft, trace, kept): (&mut Draft, &mut Trace, &mut Vec<Effect>),
) -> Result<Summary, Refusal> {
    let nothing = Variables::new();
    let state = draft.state().clone();
    let view = View {
        pack,
        state: &state,
        variables: &nothing,
        record: None,
        chance,
    };
    let mut read = batch::read(&view, variables, spec)?;
    let mut plan = batch::plan(&view, variables, spec, &mut read, called.nth)?;
    let mark = draft.mark();
    faults::strike_items(called, spec, &mut plan, draft, &view, trace);
    kept.extend(draft.since(&mark).iter().cloned());
    let mut items = Items {
        called,
        spec,
        pack,
        chance: chance.named("item"),
        model: Model::new(&view, variables, &spec.look),
        request: request(pack, variables),
        variables,
        draft,
        items: read,
    };
    let outcomes = batch::run(&mut plan, &mut items)?;
    items.tell(outcomes)
}

/// The request as items see it: without the body, which is that of all of them.
fn request(pack: &Pack, variables: &Variables) -> Option<Value> {
    let mut request = variables
        .get("request")
        .filter(|_| pack.uses_request)?
        .clone();
    if let Value::Object(members) = &mut request {
        members.shift_remove("body");
    }
    Some(request)
}
